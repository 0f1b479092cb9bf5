/*
 * reserve.h: a little of what connections need, kept for when it runs out: then they are still
 * accepted, and information is answered, but run calls are refused for lack of room. One thread
 * uses it.
 */
#ifndef RESERVE_H
#define RESERVE_H

#include <stdbool.h>

#include "crowd.h"
#include "watch.h"

#define RESERVE_DESCRIPTORS 4

struct reserve {
	const struct crowd *crowd;
	const struct watcher *watcher;
	unsigned int connections;	      /* from this number on there is no room */
	unsigned int more;		      /* so many more are still accepted */
	int descriptors[RESERVE_DESCRIPTORS]; /* -1: in use */
	void *memory;			      /* NULL: in use */
};

/*
 * Of at most `connections`. What cannot be had now is taken later, by reserve_refill(); until then
 * it counts as in use.
 */
void reserve_init(
    struct reserve *, const struct crowd *, const struct watcher *, unsigned int connections);
void reserve_free(struct reserve *);

/* What has run out, for people; NULL: nothing, and runs may be taken. */
const char *reserve_lack(const struct reserve *);

/* What even the reserve has no more of, so that no connection may be accepted; NULL: nothing. */
const char *reserve_gone(const struct reserve *);

/* A descriptor, or memory, ran out: gives up some of it, so that it can be tried again, or false. */
bool reserve_give_descriptor(struct reserve *);
bool reserve_give_memory(struct reserve *);

/* Takes back what there is again. */
void reserve_refill(struct reserve *);

#endif
