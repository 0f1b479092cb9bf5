/* choose.h: says which server of a platform or an area is to run a tool. */
#ifndef CHOOSE_H
#define CHOOSE_H

#include "area.h"
#include "hooks.h"
#include "platform.h"

struct choose;

/*
 * For a platform in this host's order, and its area if it has one (else NULL). `timeout_ms` bounds each
 * asking of a host, 0: nothing does; `verbose`: also what is no trouble is told. The hooks are copied. The
 * object stays until the program ends, and so have to do platform, area and what the hooks use: threads
 * may be asking silent servers. NULL with errno.
 */
struct choose *choose_new(const struct platform *, const struct area *, int timeout_ms,
    bool verbose, const struct hooks *);

/*
 * The server to try next, and how long the request may wait there for its turn. Waits where none has
 * room, or an area no server yet: then it has a first one started. 0, or -1 with *err: none can be used.
 */
int choose_next(struct choose *, struct endpoint *, int *queue_ms, struct runtool_error *err);

/* Why that one did not run the tool to its end. */
void choose_failed(struct choose *, const struct runtool_error *);

#endif
