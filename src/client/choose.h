/* choose.h: asks the servers of a platform how they are, and says which is to run a tool. */
#ifndef CHOOSE_H
#define CHOOSE_H

#include "platform.h"

struct choose;

/*
 * For a platform in this host's order, which has to outlive the program's other threads. `timeout_ms`
 * bounds each asking of a server, 0: nothing does; `verbose`: also what is no trouble is told on
 * stderr, behind a server's name. The object stays, like the threads that wait for silent servers,
 * until the program ends. NULL with errno.
 */
struct choose *choose_new(const struct platform *, int timeout_ms, bool verbose);

/*
 * The server to try next, and how long the request may wait there for its turn. Called again, the last
 * one did not take the request. Waits where none has room. 0, or -1 with *err: none can be used.
 */
int choose_next(struct choose *, struct options_server *, int *queue_ms, struct runtool_error *err);

#endif
