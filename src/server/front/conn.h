/*
 * conn.h: clients' connections: their bytes in and out, their deadlines, their end. What the bytes say is
 * somebody else's: conns_init() is told whose. One thread uses it, but for what conn_lend() lends.
 */
#ifndef CONN_H
#define CONN_H

#include <stdbool.h>
#include <stdint.h>
#include <bsd/sys/queue.h>

#include "lib/addr.h"
#include "lib/buf.h"
#include "crowd.h"
#include "watch.h"

enum conn_state {
	CONN_OPEN,
	CONN_LENT,    /* others have the descriptor: nothing is read or sent here */
	CONN_CLOSING, /* our side is, or will be, shut down; the client's bytes are dropped */
	CONN_CLOSED,  /* waits for conns_collect() */
};

/* Embedded first in what it is used for. */
struct conn {
	struct watch watch; /* first */
	struct conns *all;
	struct sockaddr_storage client; /* unmapped */
	char client_text[ADDR_TEXT_SIZE];
	enum conn_state state;
	struct buf in, out; /* received, and not used yet; to be sent */
	int64_t deadline;   /* monotonic milliseconds; 0: none */
	TAILQ_ENTRY(conn) entry;
};
TAILQ_HEAD(conn_list, conn);

struct conns {
	struct watcher *watcher;
	size_t size; /* of what a conn is embedded in */
	void (*received)(struct conn *);
	void (*expired)(struct conn *);
	struct conn_list open, closed;
	struct crowd crowd;	    /* of those in `open` */
	unsigned int lent, waiting; /* of those: how many are lent, and have a deadline */
};

/*
 * Connections are parts of zeroed objects of `size` bytes. `received`: `in` has grown; `expired`: the
 * deadline is over. Both leave what they want to say in `out`, and may close.
 */
void conns_init(struct conns *, struct watcher *, size_t size, void (*received)(struct conn *),
    void (*expired)(struct conn *));

/* Takes over the accepted, non-blocking descriptor. 0, or -1 with errno (it is closed then). */
int conn_open(struct conns *, int fd, const struct sockaddr_storage *client);

/* In so many milliseconds; 0: none any more. */
void conn_set_deadline(struct conn *, int64_t ms);

/* Sends what goes of `out`. Afterwards it may be closed. */
void conn_flush(struct conn *);

/*
 * Says that we are done, and reads on for a while: a connection that is closed while bytes of the
 * client are unread is reset, and the client loses our failure.
 */
void conn_start_closing(struct conn *);

/* At once, whatever is unsent. */
void conn_close(struct conn *);

/* From here on the descriptor is somebody else's, with what `in` and `out` held; both are empty. */
void conn_lend(struct conn *, struct buf *in, struct buf *out);

/*
 * It comes back, with what is not used and not sent of `in` and `out`, which are empty then. 0, or -1: it
 * is closed, since it is of no use any more, or cannot be watched.
 */
int conn_take_back(struct conn *, bool of_use, struct buf *in, struct buf *out);

/* Expires those whose time is up. When to call it again, in monotonic milliseconds; 0: need not. */
int64_t conns_check_deadlines(struct conns *);

/* Closes and frees all of them; none is lent. */
void conns_close_all(struct conns *);

/* Frees closed connections: after a round of events, none of which may lead to them any more. */
void conns_collect(struct conns *);

#endif
