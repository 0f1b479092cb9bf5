/* relay.h: the connection over which the server sends one stream of a tool's output. */
#ifndef RELAY_H
#define RELAY_H

#include "call.h"

struct relay {
	const char *name; /* of its stream */
	int fd;		  /* listening, then connected; -1 without output, and after its end */
	bool connected;
	int broken;		 /* the errno that ended it before its end of file */
	struct in_addr stranger; /* who else came for it; 0.0.0.0: nobody */
};

/*
 * Awaits the connection at `listener`, made at an address that leads to us if it is not open. 0, or
 * -1 with *err; relay_close() wants to be called in either case, and leaves the listener open.
 */
int relay_open(
    struct relay *, const struct runtool *, struct listener *listener, struct runtool_error *err);
void relay_close(struct relay *);

/* poll(2) says that it is there. 0, or -1 with *err. */
int relay_accept(struct relay *, struct runtool *, struct runtool_error *err);

/* The same of a connected one's output, which goes to `request` as `stream`. */
int relay_read(struct relay *, struct runtool *, const struct runtool_request *request, int stream,
    struct runtool_error *err);

/* -1 with *err: that the server did not come, or that the stream is not all there (else 0). */
int relay_fail_missing(const struct relay *, struct runtool_error *err);
int relay_check(const struct relay *, struct runtool_error *err);

#endif
