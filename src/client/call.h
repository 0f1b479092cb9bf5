/*
 * call.h: one call after the other over one connection: what is sent, what comes back, and what
 * stands before and behind it.
 */
#ifndef CALL_H
#define CALL_H

#include <netinet/in.h>
#include <poll.h>

#include "rpc.h"
#include "runtool.h"

#define CALL_STREAMS	 2     /* of output: stdout and stderr */
#define CALL_OUTPUT_SIZE 65536 /* bytes of a tool's output handed on at a time */

/* Where the server connects for one stream of output; kept from call to call. */
struct listener {
	int fd; /* -1 before the first */
	struct sockaddr_in at;
};

struct runtool {
	int fd; /* non-blocking; -1 once a call has failed */
	int timeout_ms;
	bool greeted; /* our hello is under way */
	bool met;     /* the server's hello has come */
	bool heard;   /* so has anything at all, a relay included */
	bool ipv4;    /* `local` and `peer` are the connection's ends */
	struct in_addr local, peer;
	struct listener listeners[CALL_STREAMS];
	struct buf out;
	size_t sent; /* of `out` */
	int send_error;
	struct buf in;
	struct rpc_info info; /* the strings of the last information call */
	uint8_t output[CALL_OUTPUT_SIZE];
};

/* Before the call is appended to `out`. 0, or -1 with *err: an earlier one has failed. */
int call_begin(struct runtool *, struct runtool_error *err);

/*
 * Sends as much as the socket takes. An error is only noted: a server that gave up may have said
 * why before it did, and that is still to be read.
 */
void call_send(struct runtool *);

/* What poll(2) should wait for, and what to do once any of it is there: 0, or -1 with *err. */
struct pollfd call_awaits(const struct runtool *);
int call_go_on(struct runtool *, struct runtool_error *err);

/* Sets up a reader of the results, behind the server's hello. SRPC_OK, SRPC_MORE or -1. */
int call_open_reply(struct runtool *, struct srpc_reader *, struct srpc_error *why);

/* The results are read: takes them out and acknowledges them. What does not go out now, will. */
void call_close_reply(struct runtool *, const struct srpc_reader *);

/* After a failure: closes the connection, so that the server ends what it still does for us. */
void call_hang_up(struct runtool *);

#endif
