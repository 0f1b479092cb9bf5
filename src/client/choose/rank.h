/* rank.h: which of several servers is the best one for a tool, by what they tell of themselves. */
#ifndef RANK_H
#define RANK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rank_server {
	bool usable; /* the rest counts */
	int in_flight, max_tools, max_pending;
	int cpus;
	double load; /* load average of the last minute */
	bool loaded; /* it says that it has more in flight than it likes */
};

enum rank_room {
	RANK_FULL, /* none would take it */
	RANK_QUEUE,
	RANK_START
};

/*
 * What the best one can do for a tool: start it at once, or let it wait for its turn; then its index is
 * in *best. Among equals it is taken by chance: `below` returns a number from 0 to its argument - 1, as
 * arc4random_uniform(3) does.
 *
 * On a platform: the first that runs nothing and has a load average below `negligible` for each of its
 * processors; or else the least loaded.
 */
enum rank_room rank_platform(const struct rank_server *, size_t n, double negligible,
    uint32_t (*below)(uint32_t), size_t *best);

/* In an area: one that is not loaded, if there is such a one with as much room; of these the one with the
 * fewest requests in flight. */
enum rank_room rank_area(
    const struct rank_server *, size_t n, uint32_t (*below)(uint32_t), size_t *best);

/* Requests in flight where there are fewest; -1 where no server can be used. */
int rank_fewest(const struct rank_server *, size_t n);

#endif
