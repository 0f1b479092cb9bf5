/* choose.h: chooses the server of a platform or an area that is to run a tool. */
#ifndef CHOOSE_H
#define CHOOSE_H

#include "area.h"
#include "hooks.h"
#include "platform.h"

struct choose;

/*
 * For a platform in this host's order, and its area (NULL: none). `timeout_ms` bounds each asking
 * of a host; 0: no bound. `verbose`: also tells what is no trouble. The hooks are copied. NULL with
 * errno.
 */
struct choose *choose_new(const struct platform *, const struct area *, int timeout_ms,
    bool verbose, const struct hooks *);

/*
 * Threads may still be asking silent servers: platform and area must last until gone(arg) is called,
 * perhaps by the last of these. The hooks tell nobody any more.
 */
void choose_free(struct choose *, void (*gone)(void *arg), void *arg);

/* To be called first: remembers between runs which servers do not answer (see memory.h). */
void choose_remember(struct choose *);

/* For so long choose_next() waits for a server when none can be used, each time; 0: not at all. */
void choose_wait(struct choose *, int ms);

/*
 * Another run begins: all are asked anew. From `room_until` on, a moment of deadline.h, choose_next()
 * fails where no server has room. Servers below version 5 of the interface are passed over if it
 * needs something that they have not: `lacking` says so in words ("no terminals"), which must last;
 * NULL: it does not.
 */
void choose_begin(struct choose *, int64_t room_until, const char *lacking);

/*
 * The server to try next, and how long the request may wait there for its turn. Waits while none
 * has room, and has a first server started where the area has none. 0, or -1 with *err: none can be
 * used.
 */
int choose_next(struct choose *, struct endpoint *, int *queue_ms, struct runtool_error *err);

/* Says why that server did not run the tool to its end. */
void choose_failed(struct choose *, const struct runtool_error *);

#endif
