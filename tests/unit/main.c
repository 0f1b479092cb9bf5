/* The unit tests: one program, one suite for each module. */
#include "common/testing.h"
#include "suites.h"

#define SUITE_LIST(name, seconds) {#name, name##_suite, seconds, false},
static const struct testing_suite suites[] = {SUITES(SUITE_LIST)};

int
main(int argc, char **argv)
{
	static const struct testing_program unit = {.name = "unit",
	    .suites = suites,
	    .n = sizeof(suites) / sizeof(suites[0]),
	    .from = TESTING_QUICK};

	return (testing_main(argc, argv, &unit));
}
