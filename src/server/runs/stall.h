/*
 * stall.h: notices that no slot has come free for a minute while requests waited. That may be as it
 * should be, with long runs; or these are runs that wait for those requests, and for ever. It has no
 * clock of its own.
 */
#ifndef STALL_H
#define STALL_H

#include <stdbool.h>
#include <stdint.h>

#include "queue.h"
#include "request.h"

#define STALL_MS   60000
#define STALL_RUNS 5 /* so many of the oldest are told */

/* Zero-initialised: nothing waits. */
struct stall {
	int64_t since;	/* the first look at it; 0: there was none */
	uint64_t turns; /* of queue_load(), at that time */
	bool told;
};

/*
 * To be called every few seconds with the queue's load and the moment, in milliseconds. True when it
 * has been so for a minute: once, until a slot comes free or nothing waits any more.
 */
bool stall_look(struct stall *, const struct queue_load *, int64_t now);

/* Logs that, with the oldest runs among the killer's requests. */
void stall_tell(const struct request_list *, const struct queue_load *, int64_t now);

#endif
