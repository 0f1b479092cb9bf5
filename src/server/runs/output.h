/*
 * output.h: the output of a version 5 tool on its way to the client: from two pipes to frames on the
 * connection. Nothing here waits.
 */
#ifndef OUTPUT_H
#define OUTPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "request.h"

/*
 * A large frame is announced before its bytes leave the pipe: its head is in the request's reply, and
 * `frame.left` bytes of it are still in the pipe, which nobody else may read or close until then. Nothing
 * may get between: while something is unsent, a frame or the reply, nothing else is appended to the reply.
 */
struct output {
	struct request *request; /* whose `reply` holds what is not sent yet */
	int pipes[2];		 /* of the tool's stdout and stderr; -1: over, or none */
	bool large[2];		 /* these pipes have been made larger */
	bool unwanted[2];	 /* the client wants no more of it */
	int turn;		 /* which of them was looked at last: the other one is next */
	struct {
		int which;
		size_t left; /* bytes; 0: no frame is under way */
	} frame;
	bool broken;	  /* nothing can be sent any more */
	int64_t speak_at; /* monotonic milliseconds of the next keep-alive */
};

/* For a request; the pipes are the caller's to fill in. */
void output_init(struct output *, struct request *);
void output_close(struct output *);

/* Whether all is sent, so that something can be appended to the reply. */
bool output_is_clear(const struct output *);

/* Sends what goes of the reply and the frame. An error breaks it off. */
void output_flush(struct output *);

/* Nobody listens any more: the tool's next write is a broken pipe. */
void output_break(struct output *);

/* The client wants no more of one: it is closed, once nothing of it is owed any more. */
void output_refuse(struct output *, int which);

/* One of them has something: sends it. Only when it is clear. */
void output_deliver(struct output *, int which);

/* The tool still runs: says so to the client. Only when it is clear. */
void output_say_running(struct output *);

#endif
