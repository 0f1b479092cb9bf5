/*
 * calls.h: what clients say on their connections, and what they get: hello, calls, end_acks. Runs go to
 * the queue, other calls are answered. Only the loop's thread uses it.
 */
#ifndef CALLS_H
#define CALLS_H

#include "server/base/settings.h"
#include "conn.h"

struct drain;
struct killer;
struct queue;
struct request;

struct calls {
	const struct settings *settings;
	struct queue *queue;
	struct killer *killer;
	struct drain *drain;
	struct conns conns;
	uint64_t last_id; /* of a run request */
};

/* The others are to be filled in before the first connection. */
void calls_init(struct calls *, const struct settings *, struct watcher *);

/* Its request comes back: sends what of the reply is unsent, and reads on. Frees the request. */
void calls_finished(struct request *);

/* Closes connections on which no run call is under way, and the others once they have their reply. */
void calls_drain(struct calls *);

/* How many run calls are under way. */
unsigned int calls_running(const struct calls *);

#endif
