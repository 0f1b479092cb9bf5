/* conn_state.h: a connection as conn.c, which moves its bytes, and calls.c, which reads them, share it. */
#ifndef CONN_STATE_H
#define CONN_STATE_H

#include <bsd/sys/queue.h>

#include "conn.h"
#include "loop.h"

enum conn_state {
	CONN_HELLO,   /* nothing was received yet */
	CONN_IDLE,    /* between calls */
	CONN_CALL,    /* a call has begun to arrive */
	CONN_ACK,     /* the results are sent, the end_ack is due */
	CONN_RUNNING, /* its request is with the queue or a worker: nothing is read */
	CONN_CLOSING, /* our side is shut down; the client's bytes are dropped */
	CONN_CLOSED,  /* waits for conn_collect() */
};

struct conn {
	struct watch watch; /* first */
	const struct conn_context *context;
	struct sockaddr_storage client;
	char client_text[ADDR_TEXT_SIZE];
	enum conn_state state;
	bool said_hello; /* we have */
	bool drain;	 /* close once the reply is out */
	bool stop;	 /* the same, and end the server */
	int32_t proc, version;
	unsigned int step; /* of the call's arguments */
	size_t start;	   /* in `in`: of the call's arguments */
	size_t pos;	   /* in `in`: what is decoded of the call */
	struct buf in, out;
	int64_t deadline; /* monotonic milliseconds; 0: none */
	TAILQ_ENTRY(conn) entry;
};

/* 0: none any more. */
void conn_set_deadline(struct conn *, int64_t ms);

/* Sends what goes of `out`. Afterwards it may be closed. */
void conn_flush(struct conn *);

/*
 * Says that we are done, and reads on for a while: a connection that is closed while bytes of the
 * client are unread is reset, and the client loses our failure.
 */
void conn_start_closing(struct conn *);

/*
 * From here on the descriptor, what was received and what is not sent yet are the request's, which is
 * others'; until conn_finished(), or conn_take_back(): 0, or -1 when the connection is closed.
 */
void conn_lend(struct conn *, struct request *);
int conn_take_back(struct conn *, struct request *);

#endif
