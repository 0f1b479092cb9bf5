/*
 * stream.h: the connection of a version 5 run while its tool runs: output to the client, input and
 * signals from it. The tool's ends are pipes; nothing here waits but for poll(2).
 */
#ifndef STREAM_H
#define STREAM_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "request.h"

#define STREAM_FDS 5

struct stream {
	struct request *request; /* whose `in` and `reply` hold what is not decoded or sent yet */
	int life;	/* takes signals for the tool's tree; -1: there is none (any more) */
	int outputs[2]; /* stdout and stderr, -1: over or none */
	bool large[2];	/* these pipes have been made larger */
	int turn;	/* whose it was last */
	size_t owed; /* bytes of its that go behind the reply: announced there, and not sent yet */
	bool unwanted[2]; /* the client wants no more of it */
	int input;	  /* the tool's stdin; -1: over or none */
	struct buf data;  /* on its way there */
	size_t taken;	  /* bytes of it that are there already */
	size_t welcome;	  /* bytes that the client may send */
	bool input_ended; /* the client said so */
	bool deaf;	  /* the client sends no more, or nonsense: nothing is read */
	bool broken;	  /* nothing can be sent any more */
	uint64_t signals; /* that the client sent: a bit each */
	uint64_t unsent;  /* those that the tool has not got yet */
	int64_t speak_at; /* monotonic milliseconds of the next keep-alive */
};

/*
 * Makes the pipes that the request asks for: `files` gets the tool's ends, which the caller closes, and
 * keeps a descriptor that is there already. 0, or -1 with errno; stream_close() in any case.
 */
int stream_open(struct stream *, struct request *, int files[3]);
void stream_close(struct stream *);

/* The tool runs: what the client sends is for it. */
void stream_start(struct stream *, int life);

/* What to wait for, and how many milliseconds at most. */
int stream_events(const struct stream *, struct pollfd fds[STREAM_FDS]);

/* After that: does what can be done. */
void stream_move(struct stream *, const struct pollfd fds[STREAM_FDS]);

/* No more signals; whatever the tool has written is still to be delivered. */
void stream_tool_ended(struct stream *);

/* All output is with the client, or nobody wants it. */
bool stream_is_done(const struct stream *);

#endif
