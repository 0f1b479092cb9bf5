/* relay.h: the connection over which the server sends one stream of a tool's output. */
#ifndef RELAY_H
#define RELAY_H

#include "call.h"

struct relay {
	const char *name; /* of its stream */
	int fd;		  /* listening, then connected; -1: no output, or at its end */
	bool connected;
	int broken;		 /* the errno that broke it off before its end */
	struct in_addr stranger; /* who else connected; 0.0.0.0: nobody */
};

/*
 * Begins to wait for the connection at `listener`, which is opened, at an address that leads to us,
 * if it is not open. 0, or -1 with *err. relay_close() must follow in either case; it leaves the
 * listener open.
 */
int relay_open(
    struct relay *, const struct runtool *, struct listener *listener, struct runtool_error *err);
void relay_close(struct relay *);

/* To be called when poll(2) reports a connection. 0, or -1 with *err. */
int relay_accept(struct relay *, struct runtool *, struct runtool_error *err);

/* The same for output of a connected one; it goes to `request` as `stream`. */
int relay_read(struct relay *, struct runtool *, const struct runtool_request *request, int stream,
    struct runtool_error *err);

/*
 * relay_fail_missing(): -1 with *err: the server did not connect. relay_check(): -1 with *err if
 * the stream broke off, else 0.
 */
int relay_fail_missing(const struct relay *, struct runtool_error *err);
int relay_check(const struct relay *, struct runtool_error *err);

#endif
