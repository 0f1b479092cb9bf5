/* choose.h: says which server of a platform is to run a tool. */
#ifndef CHOOSE_H
#define CHOOSE_H

#include "platform.h"

struct choose;

/*
 * For a platform in this host's order; arguments and result are as those of candidates_init(). The
 * object stays until the program ends. NULL with errno.
 */
struct choose *choose_new(const struct platform *, int timeout_ms, bool verbose);

/*
 * The server to try next, and how long the request may wait there for its turn. Waits where none has
 * room. 0, or -1 with *err: none can be used.
 */
int choose_next(struct choose *, struct options_server *, int *queue_ms, struct runtool_error *err);

/* Why that one did not run the tool to its end. */
void choose_failed(struct choose *, const struct runtool_error *);

#endif
