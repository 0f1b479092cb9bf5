/* The system tests: the installed programs, driven and looked at from outside. */
#include <stdlib.h>

#include "harness.h"
#include "recorded.h"
#include "suites.h"

#define SUITE_LIST(name, seconds, alone) {#name, name##_suite, seconds, alone},
static const struct testing_suite suites[] = {
    LAUNCHER_SUITES(SUITE_LIST) SERVER_SUITES(SUITE_LIST)};

#define ONE(name, seconds, alone) +1 /* NOLINT(bugprone-macro-parentheses): they are summed up */
enum { LAUNCHERS = LAUNCHER_SUITES(ONE) };

static void
tear_down(void)
{
	recorded_free();
	harness_teardown();
}

int
main(int argc, char **argv)
{
	size_t first = getenv("RUNTOOL_SERVER_ONLY") == NULL ? 0 : LAUNCHERS;
	const struct testing_program system = {.name = "system",
	    .suites = suites + first,
	    .n = sizeof(suites) / sizeof(suites[0]) - first,
	    .from = TESTING_CHECK,
	    .set_up = harness_setup,
	    .tear_down = tear_down};

	return (testing_main(argc, argv, &system));
}
