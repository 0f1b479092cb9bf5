/* The system tests: the installed programs, driven and looked at from outside. */
#include "harness.h"
#include "recorded.h"
#include "suites.h"

int
main(void)
{
	static Suite *(*const suites[])(void) = {wire_suite, run_suite, tool_suite, stdin_suite,
	    limits_suite, killer_suite, shutdown_suite, start_suite, daemon_suite, helper_suite,
	    policy_suite, roots_suite, isolation_suite, hold_suite, escape_suite, attack_suite,
	    access_suite, clients_suite, leftovers_suite};
	int status;

	if (harness_setup() == -1)
		return (1);
	status = testing_run("system", suites, sizeof(suites) / sizeof(suites[0]));
	recorded_free();
	harness_teardown();
	return (status);
}
