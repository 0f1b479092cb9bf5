/* suites.h: every suite of the unit tests, tests/unit/test_NAME.c, stands here once. */
#ifndef SUITES_H
#define SUITES_H

#include "common/testing.h"

#define SUITES(X)        \
	X(addr)          \
	X(ask)           \
	X(choose)        \
	X(client)        \
	X(client5)       \
	X(config)        \
	X(deadline)      \
	X(endpoint)      \
	X(error)         \
	X(input)         \
	X(killer)        \
	X(launcher_doc)  \
	X(log)           \
	X(multiply)      \
	X(pairs)         \
	X(peers)         \
	X(peers_rules)   \
	X(ping)          \
	X(platform)      \
	X(queue)         \
	X(rank)          \
	X(record)        \
	X(records)       \
	X(registry)      \
	X(rpc)           \
	X(rpc5)          \
	X(settings)      \
	X(srpc)          \
	X(start_command) \
	X(starter)       \
	X(stats)         \
	X(troubles)      \
	X(wire5)

#define SUITE_DECLARE(name) Suite *name##_suite(void);
SUITES(SUITE_DECLARE)
#undef SUITE_DECLARE

#endif
