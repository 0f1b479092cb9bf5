/*
 * fleet.h: this server's place among the servers of its area, which share a directory. A thread
 * keeps its record there, watches the records of the others, starts another server when this one
 * has too much to do, and finds out when it is not needed any more. The loop's thread uses it. NULL
 * stands for a server without a fleet, which has left already.
 */
#ifndef FLEET_H
#define FLEET_H

#include <stdbool.h>

#include "server/base/settings.h"

struct fleet;
struct queue;

/*
 * For a server that listens on `port`; NULL where the settings know of no fleet. `changed` is
 * called in the fleet's thread when it wants to leave, or has left. fatal when it cannot start.
 */
struct fleet *fleet_start(
    const struct settings *, unsigned int port, struct queue *, void (*changed)(void));

/* Why the server should leave, valid until fleet_free(); NULL: it should stay. */
const char *fleet_wants_to_leave(const struct fleet *);

/* The server ends, for this reason: removes the record. Waits for nothing. */
void fleet_leave(struct fleet *, const char *why);

/* The record has gone, or cannot be removed. */
bool fleet_has_left(const struct fleet *);

/*
 * After fleet_leave(). False when the thread hangs in a directory that does not answer: then all
 * that it uses must stay until the process ends.
 */
bool fleet_free(struct fleet *);

#endif
