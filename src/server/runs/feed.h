/*
 * feed.h: what a version 5 client sends for its tool while it runs: input for its stdin, and
 * signals for its tree. Nothing here waits.
 */
#ifndef FEED_H
#define FEED_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/srpc.h"

#define FEED_WINDOW ((size_t)256 * 1024) /* bytes of input under way at most */

struct feed {
	int pipe;	  /* to the tool's stdin; -1: there is none (any more) */
	bool terminal;	  /* it is no pipe, but our end of a terminal */
	int rest;	  /* the other end of that one, which is closed now; -1: there is none */
	int64_t passed;	  /* bytes that went into it */
	struct buf data;  /* input that the pipe has not taken yet */
	size_t taken;	  /* but for so many bytes at its start */
	size_t welcome;	  /* bytes that the client may send */
	bool ended;	  /* the client said that there is no more */
	int life;	  /* takes signals for the tool's tree; -1: there is none (any more) */
	uint64_t signals; /* that the client sent: a bit each */
	uint64_t unsent;  /* those that are not passed on yet */
};

void feed_init(struct feed *); /* the pipe is the caller's to fill in */
void feed_close(struct feed *);

/* No more input, but what the pipe has can still be read: the tool has closed it. */
void feed_end_input(struct feed *);

/* No more input, and no more signals: the tool has ended. */
void feed_tool_ended(struct feed *);

/*
 * Before feed_close(), and when nobody reads any more: how many bytes of input were read from the
 * pipe; -1: there was none, or it is not known.
 */
int64_t feed_was_read(const struct feed *);

/*
 * Takes input; an empty item is its end. 0, or -1 with *err: more than was welcome, or memory is
 * short.
 */
int feed_take_input(struct feed *, const struct srpc_item *, struct srpc_error *err);

/*
 * Welcomes more input. Returns by how many bytes, which the client must be told now; 0: not yet
 * worth it.
 */
size_t feed_invite(struct feed *);

/* Takes a signal, 1 to RPC5_MAX_SIGNAL. One that comes again before it is passed on counts once. */
void feed_take_signal(struct feed *, int signal);

/* Whether there is input for the tool. */
bool feed_has_input(const struct feed *);

/* Write what there is, once the pipe, or the life line, can take something. */
void feed_write(struct feed *);
void feed_send_signals(struct feed *);

#endif
