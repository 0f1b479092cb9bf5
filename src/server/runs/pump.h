/*
 * pump.h: output of a tool that may not hold the relay itself, as a socket of the host's network:
 * from its pipe to the relay.
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

/* After that: moves what can be moved. At the end of the output, or of the relay, it stops. */
void pump_move(struct pump *);
void pump_stop(struct pump *);

#endif
