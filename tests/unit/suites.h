/* suites.h: every suite of the unit tests, test_NAME.c of some folder, stands here once, with its seconds. */
#ifndef SUITES_H
#define SUITES_H

#include "common/testing.h"

#define SUITES(X)           \
	X(addr, 1)          \
	X(ask, 1)           \
	X(choose, 1)        \
	X(clean, 1)         \
	X(client, 12)       \
	X(client5, 12)      \
	X(config, 5)        \
	X(connect, 5)       \
	X(deadline, 1)      \
	X(endpoint, 1)      \
	X(error, 1)         \
	X(feed, 1)          \
	X(input, 3)         \
	X(keys, 1)          \
	X(killer, 12)       \
	X(launcher_doc, 1)  \
	X(log, 1)           \
	X(memory, 2)        \
	X(multiply, 1)      \
	X(pairs, 1)         \
	X(peers, 1)         \
	X(peers_rules, 1)   \
	X(ping, 1)          \
	X(platform, 1)      \
	X(queue, 1)         \
	X(rank, 1)          \
	X(record, 1)        \
	X(records, 1)       \
	X(registry, 1)      \
	X(rpc, 1)           \
	X(rpc5, 3)          \
	X(settings, 4)      \
	X(sizes, 1)         \
	X(srpc, 4)          \
	X(stall, 1)         \
	X(watch, 2)         \
	X(start_command, 1) \
	X(starter, 3)       \
	X(stats, 1)         \
	X(troubles, 1)      \
	X(wire5, 1)

#define SUITE_DECLARE(name, seconds) Suite *name##_suite(void);
SUITES(SUITE_DECLARE)
#undef SUITE_DECLARE

#endif
