/* call.h: calls over one connection, one after the other: connecting, sending, receiving. */
#ifndef CALL_H
#define CALL_H

#include <netinet/in.h>
#include <poll.h>

#include "control.h"
#include "lib/rpc5.h"
#include "runtool.h"

#define CALL_STREAMS	2     /* of output: stdout and stderr */
#define CALL_BLOCK_SIZE 65536 /* bytes of a tool's input or output handed on at a time */

/* Version 4: where the server connects for one stream of output. Kept from call to call. */
struct listener {
	int fd; /* -1 before the first */
	struct sockaddr_in at;
};

struct background;
struct servers;

struct runtool {
	char *host, *port;	       /* the server; NULL: none has been chosen */
	struct servers *servers;       /* where it comes from; NULL: runtool_connect() */
	struct background *background; /* for runs in a thread; NULL: there never was one */
	bool busy;		       /* there is one */
	int timeout_ms;
	int version; /* of the interface, for the next call */
	struct control control;
	int64_t asked;	 /* when the last run call was sent; DEADLINE_NONE: it was not */
	bool unanswered; /* the connection broke, and nothing had come over it */
	bool input_read; /* this run call has read some of its input, and could not give it back */

	/* The connection, and how far it has come. */
	int fd;	       /* non-blocking; -1: none */
	bool greeted;  /* our hello is in `out`, or sent */
	bool met;      /* the server's hello has come */
	bool heard;    /* something has come, perhaps only a relay */
	bool answered; /* the server has done more than refuse the first call */
	bool ipv4;     /* `local` and `peer` are the connection's ends */
	struct in_addr local, peer;
	struct buf out;
	size_t sent; /* bytes of `out` */
	int send_error;
	struct buf in;
	size_t taken;	   /* bytes of `in` */
	uint64_t received; /* bytes in all */

	struct listener listeners[CALL_STREAMS];
	struct rpc_info info; /* the strings of the last information call */
	uint8_t block[CALL_BLOCK_SIZE];
};

/* Whether another call may be made. 0, or -1 with *err. */
int call_check_free(const struct runtool *, struct runtool_error *err);

/*
 * From now on calls go there; NULL: nowhere. A connection to another server is closed. 0, or -1
 * without memory.
 */
int call_change_server(struct runtool *, const char *host, const char *port);

/* Makes the connection. 0, or -1 with *err. */
int call_connect(struct runtool *, struct runtool_error *err);

/*
 * Connects if there is no connection, or if the server has closed it. 0, or -1 with *err.
 * call_begin() does so, too, and is to be called before a call is appended to `out`.
 */
int call_prepare(struct runtool *, struct runtool_error *err);
int call_begin(struct runtool *, struct runtool_error *err);

/* To be called behind it, for a call that needs IPv4 (`ipv4` is not set). 0, or -1 with *err. */
int call_change_to_ipv4(struct runtool *, struct runtool_error *err);

/*
 * Sends as much as the socket takes. An error is only noted: if the server gave up, its reason may
 * still be there to be read.
 */
void call_send(struct runtool *);
bool call_unsent(const struct runtool *); /* something is not sent yet */

/* What poll(2) should wait for; and to be called when any of it is there: 0, or -1 with *err. */
struct pollfd call_awaits(const struct runtool *);
int call_go_on(struct runtool *, struct runtool_error *err);

/* Sets up a reader of what came behind the server's hello. SRPC_OK, SRPC_MORE or -1. */
int call_open_reply(struct runtool *, struct srpc_reader *, struct srpc_error *why);

/* The reader's bytes have been used: drops them. */
void call_take(struct runtool *, const struct srpc_reader *);

/* The results have been used: drops them, and sends an end_ack, now or with the next call. */
void call_close_reply(struct runtool *, const struct srpc_reader *);

/*
 * There are no results, for this reason. If the server does not know the version, the next call is
 * made by an older one. Returns -1 with *err.
 */
int call_fail(struct runtool *, const struct srpc_error *why, struct runtool_error *err);

/* After a failure: closes the connection, so that the server ends what it still does for us. */
void call_hang_up(struct runtool *);

#endif
