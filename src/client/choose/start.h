/* start.h: starts the first server of an area, once for all who wait for it on this host. */
#ifndef START_H
#define START_H

#include "area.h"
#include "runtool.h"

struct start;

/* NULL with errno. The area outlives it. */
struct start *start_new(const struct area *);

/*
 * Gets nearer to a first server, or waits a moment for the one who does. 0: look whether there is one, or
 * come again; -1 with *err: there will be none.
 */
int start_step(struct start *, struct runtool_error *err);

/* There is one: for those who wait as well. */
void start_end(struct start *);

#endif
