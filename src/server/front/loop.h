/*
 * loop.h: the event loop, the main thread: listeners, connections that are idle or send a call,
 * signals and deadlines. Only the functions that say so may be called by other threads.
 */
#ifndef LOOP_H
#define LOOP_H

#include <stdint.h>

#include "server/runs/request.h"
#include "server/base/settings.h"

struct killer;
struct queue;

/* Something with a descriptor; embedded first in its owner. */
struct watch {
	void (*ready)(struct watch *, uint32_t events); /* EPOLL* */
	int fd;
	uint32_t events; /* what it is watched for */
};

/*
 * Takes over the listeners. TERM, INT and HUP must be blocked: they are read here. 0, or -1 with
 * errno. Before any thread starts that calls loop_finished() or loop_wake().
 */
int loop_init(const struct settings *, const int *listeners, int nlisteners);

/* Until drain_is_over(); then all connections are closed. */
void loop_run(struct queue *, struct killer *);

/* Once no thread is left that calls loop_finished(). */
void loop_close(void);

/* No more connections; those that clients have made already are accepted. */
void loop_close_listeners(void);

/* Any thread: a request with its reply, or one whose client is gone. Takes it over. */
void loop_finished(struct request *);

/* Any thread: there is something for drain_check(). */
void loop_wake(void);

/* Watch for `events`, for others, no longer. 0, or -1 with errno. */
int loop_watch(struct watch *, uint32_t events);
int loop_change(struct watch *, uint32_t events);
void loop_unwatch(struct watch *);

#endif
