/* stats.h: what the server has done since its start. For any thread. */
#ifndef STATS_H
#define STATS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/rpc5.h"

/* Tools that ended, run calls that failed, those refused for lack of room, connections. */
enum stats { STATS_RUNS, STATS_FAILURES, STATS_REFUSED, STATS_CONNECTIONS, STATS_NUMBER };

void stats_count(enum stats);
int64_t stats_get(enum stats);

/* A call has ended: one that began at `began` (monotonic microseconds), of any version. */
void stats_call(enum rpc5_call, bool error, int64_t began);
void stats_calls(struct rpc5_stats *);

#endif
