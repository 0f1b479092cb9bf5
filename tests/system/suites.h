/*
 * suites.h: the system tests by theme; each file has one suite. Its name, the seconds that it takes at `check`,
 * about, and whether it has to run alone, since it measures the machine or changes it.
 */
#ifndef SUITES_H
#define SUITES_H

#include "common/testing.h"

/* Of these the privileged launcher is the subject, which is never built with a sanitizer. */
#define LAUNCHER_SUITES(X)      \
	X(helper, 3, false)     \
	X(policy, 3, false)     \
	X(roots, 10, false)     \
	X(isolation, 10, false) \
	X(hold, 10, false)      \
	X(escape, 10, false)    \
	X(attack, 60, false)    \
	X(leftovers, 60, false)

#define SERVER_SUITES(X)          \
	X(wire, 3, false)         \
	X(run, 14, false)         \
	X(tool, 3, false)         \
	X(stdin, 3, false)        \
	X(limits, 16, false)      \
	X(killer, 38, false)      \
	X(shutdown, 10, false)    \
	X(start, 3, false)        \
	X(daemon, 3, false)       \
	X(access, 5, false)       \
	X(clients, 3, false)      \
	X(v5, 11, false)          \
	X(v5_stream, 34, false)   \
	X(v5_end, 16, false)      \
	X(v5_network, 20, false)  \
	X(runtool, 9, false)      \
	X(platform, 19, false)    \
	X(area, 15, false)        \
	X(fleet_leave, 40, false) \
	X(fleet_start, 65, false) \
	X(fleet_rules, 64, false) \
	X(fleet_hosts, 31, false) \
	X(fleet_churn, 40, false) \
	X(signals, 4, false)      \
	X(library, 20, false)     \
	X(stats, 3, false)        \
	X(probe, 10, false)

#define SUITE_DECLARE(name, seconds, alone) Suite *name##_suite(void);
LAUNCHER_SUITES(SUITE_DECLARE)
SERVER_SUITES(SUITE_DECLARE)
#undef SUITE_DECLARE

#endif
