/* queue.h: requests waiting for a worker, fair between client hosts. Thread-safe. */
#ifndef QUEUE_H
#define QUEUE_H

#include <stdbool.h>

#include "lib/rpc5.h"

struct queue;
struct request;

/*
 * For `workers` threads, each serving one request at a time. At most `limit` more requests wait (0:
 * what cannot start at once is refused). With more than `loaded_at` requests, waiting and running,
 * clients are told that it is loaded, so that they go elsewhere. NULL with errno when memory is
 * short. queue_free() wants it empty.
 */
struct queue *queue_new(unsigned int workers, unsigned int limit, int loaded_at);
void queue_free(struct queue *);

/*
 * 0, and the queue owns the request; or -1 with errno EAGAIN (full), ESHUTDOWN (closed) or ENOMEM:
 * the request stays the caller's.
 */
int queue_push(struct queue *, struct request *);

/*
 * The next request in turn: first come first served within a host, the hosts one after the other.
 * Waits; NULL once the queue is closed and empty. The caller owns it, and calls queue_done() when
 * its tool has ended, before the client is told.
 */
struct request *queue_pop(struct queue *);
void queue_done(struct queue *);

/* Takes a request out again, for a client that is gone. True if it was still waiting. */
bool queue_remove(struct queue *, struct request *);

/*
 * From queue_close() on queue_push() refuses. queue_flush() hands out what still waits; NULL:
 * nothing.
 */
void queue_close(struct queue *);
struct request *queue_flush(struct queue *);

/* Tools that run, and requests that wait; and what clients are told of it. */
struct queue_load {
	unsigned int running, waiting;
	uint64_t turns;	       /* requests that workers have taken so far */
	struct rpc5_load told; /* a closed queue is always loaded */
};
struct queue_load queue_load(struct queue *);

#endif
