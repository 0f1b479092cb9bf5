/* conn.h: a client's connection, as the event loop sees it. Only the loop's thread uses these. */
#ifndef CONN_H
#define CONN_H

#include "server/runs/killer.h"
#include "server/runs/queue.h"
#include "server/runs/request.h"
#include "server/base/settings.h"

struct conn;

/* What all connections need. */
struct conn_context {
	const struct settings *settings;
	struct queue *queue;
	struct killer *killer;
};

/* Takes over the accepted, non-blocking descriptor. 0, or -1 with errno (it is closed then). */
int conn_open(const struct conn_context *, int fd, const struct sockaddr_storage *client);

/* Its request comes back: sends what of the reply is unsent, and reads on. Frees the request. */
void conn_finished(struct request *);

/* Closes those whose time is up. Milliseconds until it has to be called again, or -1. */
int conn_check_deadlines(void);

/* Closes those that no run call is under way on, and those others once they have their reply. */
void conn_drain(void);

/* Closes and frees all of them; no run call is under way. */
void conn_close_all(void);

/* Frees closed connections: after a round of events, none of which may lead to them any more. */
void conn_collect(void);

/* Those with a run call under way. */
unsigned int conn_running(void);

#endif
