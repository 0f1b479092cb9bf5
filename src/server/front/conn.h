/*
 * conn.h: clients' connections: bytes in and out, deadlines, closing. It knows nothing of calls:
 * conns_init() is told whom to call when bytes have come. One thread uses it, but for what
 * conn_lend() lends.
 */
#ifndef CONN_H
#define CONN_H

#include <stdbool.h>
#include <stdint.h>
#include <bsd/sys/queue.h>

#include "lib/addr.h"
#include "lib/buf.h"
#include "crowd.h"
#include "reserve.h"
#include "watch.h"

enum conn_state {
	CONN_OPEN,
	CONN_LENT,    /* a request has the descriptor: nothing is read or sent here */
	CONN_CLOSING, /* our side is, or will be, shut down; the client's bytes are dropped */
	CONN_CLOSED,  /* waits for conns_collect() */
};

/* The first member of what its user keeps for a connection. */
struct conn {
	struct watch watch; /* first */
	struct conns *all;
	struct sockaddr_storage client; /* unmapped */
	char client_text[ADDR_TEXT_SIZE];
	enum conn_state state;
	bool spare;	    /* it was accepted although there was no room: see reserve.h */
	struct buf in, out; /* received and not used yet; not sent yet */
	int64_t deadline;   /* monotonic milliseconds; 0: none */
	TAILQ_ENTRY(conn) entry;
};
TAILQ_HEAD(conn_list, conn);

struct conns {
	struct watcher *watcher;
	struct reserve *reserve;
	size_t size; /* of what its user keeps for a connection */
	void (*received)(struct conn *);
	void (*expired)(struct conn *);
	struct conn_list open, closed;
	struct crowd crowd;	    /* of those in `open` */
	unsigned int lent, waiting; /* how many of `open` are lent; how many have a deadline */
};

/*
 * Makes an empty set; the caller fills in `reserve` before the first connection. Each connection
 * begins a zeroed object of `size` bytes. `received`: `in` has grown; `expired`: the deadline is
 * over. Both leave what they want to say in `out`, and may close.
 */
void conns_init(struct conns *, struct watcher *, size_t size, void (*received)(struct conn *),
    void (*expired)(struct conn *));

/* Takes over the accepted, non-blocking descriptor. NULL with errno: it is closed then. */
struct conn *conn_open(struct conns *, int fd, const struct sockaddr_storage *client);

/* Sets the deadline, in so many milliseconds; 0: none. */
void conn_set_deadline(struct conn *, int64_t ms);

/* Sends as much of `out` as goes. The connection may be closed afterwards. */
void conn_flush(struct conn *);

/*
 * Shuts down our side, and reads on for a while: closing a connection while bytes of the client are
 * unread resets it, and the client loses our failure.
 */
void conn_start_closing(struct conn *);

/* Closes it at once, whatever is unsent. */
void conn_close(struct conn *);

/* Lends the descriptor, and hands over what `in` and `out` held; both are empty then. */
void conn_lend(struct conn *, struct buf *in, struct buf *out);

/*
 * Takes it back, with the rest of `in` and `out`, which are empty then. 0; or -1: it is closed,
 * because it is not to be kept, or memory was short, or it cannot be watched.
 */
int conn_take_back(struct conn *, bool keep, struct buf *in, struct buf *out);

/* Expires those whose time is up. When to call it again, in monotonic milliseconds; 0: need not. */
int64_t conns_check_deadlines(struct conns *);

/* Closes and frees all of them; none is lent. */
void conns_close_all(struct conns *);

/* Frees closed connections. Only after a round of events: none may lead to them any more. */
void conns_collect(struct conns *);

#endif
