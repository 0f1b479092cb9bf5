/*
 * loop.h: the event loop, the main thread: listeners, connections that are idle or send a call,
 * signals and deadlines. There is one. Other threads may call only the functions that say so.
 */
#ifndef LOOP_H
#define LOOP_H

#include "server/base/settings.h"

struct fleet;
struct killer;
struct queue;
struct request;

/*
 * Takes over the listeners. TERM, INT and HUP must be blocked: they are read here. 0, or -1 with
 * errno. Before any thread starts that calls loop_finished() or loop_wake().
 */
int loop_init(const struct settings *, const int *listeners, int nlisteners);

/* Runs until the server has drained, with `fleet` (NULL: none); then closes all connections. */
void loop_run(struct queue *, struct killer *, struct fleet *fleet);

/* Once no thread is left that calls loop_finished(). */
void loop_close(void);

/* Any thread: a request with its reply, or one whose client is gone. Takes it over. */
void loop_finished(struct request *);

/* Any thread: the fleet has something to say. */
void loop_wake(void);

#endif
