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
};

enum rank_room {
	RANK_FULL, /* none would take it */
	RANK_QUEUE,
	RANK_START
};

/*
 * What the best one can do for a tool: start it at once, or let it wait for its turn; then its index is
 * in *best. The first that runs nothing and has a load average below `negligible` for each of its
 * processors; or else the least loaded, among equals by chance: `below` returns a number from 0 to its
 * argument - 1, as arc4random_uniform(3) does.
 */
enum rank_room rank_best(const struct rank_server *, size_t n, double negligible,
    uint32_t (*below)(uint32_t), size_t *best);

#endif
