/*
 * feed.h: what a version 5 client sends for its tool while it runs: input for its stdin, and signals for
 * its tree. Nothing here waits.
 */
#ifndef FEED_H
#define FEED_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/srpc.h"

#define FEED_WINDOW ((size_t)256 * 1024) /* bytes of input under way at most */

struct feed {
	int pipe;	  /* to the tool's stdin; -1: over, or none */
	struct buf data;  /* on its way there */
	size_t taken;	  /* bytes of `data` that are there already */
	size_t welcome;	  /* bytes that the client may send */
	bool ended;	  /* the client said that there is no more */
	int life;	  /* takes signals for the tool's tree; -1: there is none (any more) */
	uint64_t signals; /* that the client sent: a bit each */
	uint64_t unsent;  /* those that the tool has not got yet */
};

void feed_init(struct feed *); /* the pipe is the caller's to fill in */
void feed_close(struct feed *);

/* No more input, and no more signals: the tool has ended. */
void feed_tool_ended(struct feed *);

/* Takes input; none is its end. 0, or -1 with *err: more than was welcome, or memory is short. */
int feed_take_input(struct feed *, const struct srpc_item *, struct srpc_error *err);

/*
 * How much more the client may send, in bytes, which are welcome from here on; 0: it is not worth saying
 * yet. Only when the client can be told.
 */
size_t feed_invite(struct feed *);

/* Takes a signal, 1 to RPC5_MAX_SIGNAL. One that comes often before the tool gets it is one. */
void feed_take_signal(struct feed *, int signal);

/* Whether there is input for the tool. */
bool feed_has_input(const struct feed *);

/* The pipe, or the life line, takes something: gives it what there is. */
void feed_write(struct feed *);
void feed_send_signals(struct feed *);

#endif
