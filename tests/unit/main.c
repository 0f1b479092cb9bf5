/* The unit tests: one program, one suite for each module. */
#include "common/testing.h"
#include "suites.h"

#define SUITE_LIST(name) name##_suite,
static Suite *(*const suites[])(void) = {SUITES(SUITE_LIST)};

int
main(void)
{
	return (testing_run("unit", suites, sizeof(suites) / sizeof(suites[0]), TESTING_QUICK));
}
