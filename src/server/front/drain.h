/*
 * drain.h: the way out of the server: nothing runs any more that does not run yet, its record leaves
 * the fleet's directory, then its port closes, and what runs finishes. Only the loop's thread calls these.
 */
#ifndef DRAIN_H
#define DRAIN_H

#include <stdbool.h>

#include "server/base/settings.h"

struct fleet;
struct killer;
struct queue;

/* `fleet` may be NULL. Before any of the others. */
void drain_init(const struct settings *, struct queue *, struct killer *, struct fleet *);

/* Begins it, once. `why` is for the log. What runs may take as long as it takes. */
void drain_begin(const char *why);

/* TERM begins it too, and ends what runs after drain_timeout; INT and a second TERM end it at once. */
void drain_signal(int signal);

/* Does what is due, also because the fleet wants so. Milliseconds until it has to be called again, or -1. */
int drain_check(void);

/* The port is closed, and nothing runs. */
bool drain_is_over(void);

#endif
