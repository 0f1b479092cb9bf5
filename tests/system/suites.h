/*
 * suites.h: the system tests by theme; of each its name, the seconds that it takes at `check`,
 * about, and whether it has to run alone, since it measures the machine or changes it.
 */
#ifndef SUITES_H
#define SUITES_H

#include "common/testing.h"

/* Of these the privileged launcher is the subject, which is never built with a sanitizer. */
#define LAUNCHER_SUITES(X)      \
	X(helper, 13, false)    \
	X(policy, 15, false)    \
	X(roots, 10, false)     \
	X(look, 4, false)       \
	X(shipped, 10, false)   \
	X(isolation, 40, false) \
	X(hold, 6, false)       \
	X(escape, 16, false)    \
	X(attack, 40, false)    \
	X(leftovers, 40, false)

#define SERVER_SUITES(X)          \
	X(wire, 8, false)         \
	X(run, 16, false)         \
	X(path, 5, false)         \
	X(linger, 20, false)      \
	X(tool, 3, false)         \
	X(dumpable, 2, true)      \
	X(stdin, 3, false)        \
	X(limits, 14, false)      \
	X(killer, 38, false)      \
	X(shutdown, 10, false)    \
	X(start, 3, false)        \
	X(daemon, 3, false)       \
	X(journal, 12, false)     \
	X(access, 5, false)       \
	X(clients, 3, false)      \
	X(v5, 20, false)          \
	X(v5_stream, 40, false)   \
	X(v5_end, 20, false)      \
	X(v5_network, 6, false)   \
	X(runtool, 15, false)     \
	X(links, 8, false)        \
	X(check, 3, false)        \
	X(terminal, 40, false)    \
	X(platform, 18, false)    \
	X(area, 18, false)        \
	X(fleet_leave, 30, false) \
	X(fleet_start, 48, false) \
	X(fleet_rules, 48, false) \
	X(fleet_hosts, 30, false) \
	X(fleet_churn, 24, false) \
	X(signals, 16, false)     \
	X(library, 16, false)     \
	X(servers, 6, false)      \
	X(events, 8, false)       \
	X(stats, 3, false)        \
	X(probe, 6, false)

#define SUITE_DECLARE(name, seconds, alone) Suite *name##_suite(void);
LAUNCHER_SUITES(SUITE_DECLARE)
SERVER_SUITES(SUITE_DECLARE)
#undef SUITE_DECLARE

#endif
