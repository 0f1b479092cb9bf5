/* The system tests: the installed programs, driven and looked at from outside. */
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "recorded.h"
#include "suites.h"

/* Of these the privileged launcher is the subject, which is never built with a sanitizer. */
static Suite *(*const launcher_suites[])(void) = {helper_suite, policy_suite, roots_suite,
    isolation_suite, hold_suite, escape_suite, attack_suite, leftovers_suite};

/* A line for each, so that changes do not meet. */
/* clang-format off */
static Suite *(*const server_suites[])(void) = {
    wire_suite,
    run_suite,
    tool_suite,
    stdin_suite,
    limits_suite,
    killer_suite,
    shutdown_suite,
    start_suite,
    daemon_suite,
    access_suite,
    clients_suite,
    v5_suite,
    v5_stream_suite,
    v5_end_suite,
    v5_network_suite,
    runtool_suite,
    platform_suite,
    area_suite,
    fleet_leave_suite,
    fleet_start_suite,
    fleet_rules_suite,
    fleet_hosts_suite,
    fleet_churn_suite,
    signals_suite,
    library_suite,
    stats_suite,
    probe_suite,
};
/* clang-format on */

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

int
main(void)
{
	Suite *(*suites[LENGTH(launcher_suites) + LENGTH(server_suites)])(void);
	size_t n = LENGTH(server_suites);
	int status;

	memcpy(suites, server_suites, sizeof(server_suites));
	if (getenv("RUNTOOL_SERVER_ONLY") == NULL) {
		memcpy(suites + n, launcher_suites, sizeof(launcher_suites));
		n += LENGTH(launcher_suites);
	}
	if (harness_setup() == -1)
		return (1);
	status = testing_run("system", suites, n, TESTING_CHECK);
	recorded_free();
	harness_teardown();
	return (status);
}
