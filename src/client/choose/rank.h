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
	bool loaded; /* it says that it has more in flight than its `loaded_at` */
};

enum rank_room {
	RANK_FULL, /* it would not take the tool */
	RANK_QUEUE,
	RANK_START
};

/*
 * Finds the best server; its index goes to *best. Returns what it can do for a tool: start it at
 * once, or let it wait for its turn. Among equals one is taken at random: `below` returns a number
 * from 0 to its argument - 1, like arc4random_uniform(3).
 *
 * On a platform: the first server that runs nothing and has a load average below `negligible` for
 * each processor; or else the least loaded one.
 */
enum rank_room rank_platform(const struct rank_server *, size_t n, double negligible,
    uint32_t (*below)(uint32_t), size_t *best);

/*
 * In an area: those with most room; of these, those that are not loaded; of these, the one with
 * fewest requests in flight.
 */
enum rank_room rank_area(
    const struct rank_server *, size_t n, uint32_t (*below)(uint32_t), size_t *best);

/* The fewest requests in flight of any server; -1 where none can be used. */
int rank_fewest(const struct rank_server *, size_t n);

#endif
