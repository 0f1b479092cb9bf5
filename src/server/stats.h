/* stats.h: what the server has done since its start. For any thread. */
#ifndef STATS_H
#define STATS_H

#include <stdint.h>

/* Tools that ended, run calls that failed, those refused for lack of room, connections. */
enum stats { STATS_RUNS, STATS_FAILURES, STATS_REFUSED, STATS_CONNECTIONS, STATS_NUMBER };

void stats_count(enum stats);
int64_t stats_get(enum stats);

#endif
