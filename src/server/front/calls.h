/*
 * calls.h: what clients say on their connections: hello, calls, end_acks; and what they get. Runs
 * go to the queue, other calls are answered. Only the loop's thread uses it.
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

/* The caller fills in queue, killer and drain before the first connection. */
void calls_init(struct calls *, const struct settings *, struct watcher *);

/*
 * A client that may not connect: is told so, whatever it says, and nothing else. Takes over the
 * descriptor.
 */
void calls_deny(struct calls *, int fd, const struct sockaddr_storage *client);

/* A request comes back: sends the rest of its reply, and reads on. Frees the request. */
void calls_finished(struct request *);

/* Closes connections without a run call now, and the others once they have their reply. */
void calls_drain(struct calls *);

/* How many run calls are under way. */
unsigned int calls_running(const struct calls *);

#endif
