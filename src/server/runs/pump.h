/*
 * pump.h: moves a tool's output from a pipe to its relay, where the tool must not hold the relay
 * itself, a socket of the host's network, or could not open that by name (/dev/stdout).
 */
#ifndef PUMP_H
#define PUMP_H

#include <poll.h>
#include <stdbool.h>

struct pump {
	int from, to; /* -1: there is none, or it is done */
	bool full;    /* the relay takes no more for now */
};

void pump_init(struct pump *); /* there is none */
bool pump_is_on(const struct pump *);

/* Takes both descriptors over; `to` must be nobody else's, and does not block from here on. */
void pump_start(struct pump *, int from, int to);

/* What to wait for: fd -1 where there is nothing. */
struct pollfd pump_event(const struct pump *);

/* After poll(2): moves what can be moved, and stops at the end of the output or of the relay. */
void pump_move(struct pump *);
void pump_stop(struct pump *);

#endif
