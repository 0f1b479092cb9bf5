/* race.h: a connection to whichever of a server's addresses answers first. */
#ifndef RACE_H
#define RACE_H

#include <netdb.h>
#include <stdbool.h>
#include <stdint.h>

#include "control.h"

struct race_rules {
	int64_t deadline; /* a moment of deadline.h */
	struct control *control;
	bool remembers; /* which addresses do not answer, from one run to the next */
};

/*
 * A non-blocking, close-on-exec connection to any of these addresses, of which there is one at
 * least; the caller closes it; or -1 with *err. IPv4 comes first: version 4 of the interface needs
 * it for the relays. The next one is tried when the last one has failed or has not answered for a
 * moment; then the first to answer is taken, and the others are closed. Those that are remembered
 * come last.
 */
int race(const struct addrinfo *, const struct race_rules *, struct runtool_error *err);

#endif
