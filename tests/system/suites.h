/* suites.h: the system tests by theme; each file has one suite. */
#ifndef SUITES_H
#define SUITES_H

#include "common/testing.h"

Suite *wire_suite(void);
Suite *run_suite(void);
Suite *tool_suite(void);
Suite *stdin_suite(void);
Suite *limits_suite(void);
Suite *killer_suite(void);
Suite *shutdown_suite(void);
Suite *start_suite(void);
Suite *daemon_suite(void);
Suite *helper_suite(void);
Suite *policy_suite(void);
Suite *roots_suite(void);
Suite *isolation_suite(void);
Suite *hold_suite(void);
Suite *leftovers_suite(void);
Suite *escape_suite(void);
Suite *attack_suite(void);
Suite *access_suite(void);
Suite *clients_suite(void);
Suite *v5_suite(void);
Suite *v5_stream_suite(void);
Suite *v5_end_suite(void);
Suite *v5_network_suite(void);
Suite *runtool_suite(void);
Suite *platform_suite(void);
Suite *area_suite(void);
Suite *fleet_leave_suite(void);
Suite *fleet_start_suite(void);
Suite *fleet_rules_suite(void);
Suite *fleet_hosts_suite(void);
Suite *fleet_churn_suite(void);
Suite *signals_suite(void);
Suite *library_suite(void);
Suite *stats_suite(void);
Suite *probe_suite(void);

#endif
