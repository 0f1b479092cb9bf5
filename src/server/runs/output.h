/*
 * output.h: the output of a version 5 tool on its way to the client: from two pipes, or terminals,
 * to frames on the connection. Nothing here waits.
 */
#ifndef OUTPUT_H
#define OUTPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "request.h"

/*
 * A large frame is announced before its bytes leave the pipe: its head is in the request's reply,
 * and `frame.left` bytes of it are still in the pipe. Until they are sent nobody else may read or
 * close that pipe, and nothing else may be appended to the reply. The same holds while the reply is
 * unsent.
 */
struct output {
	struct request *request; /* whose `reply` holds what is not sent yet */
	int pipes[2];	  /* from the tool's stdout and stderr; -1: there is none (any more) */
	int held[2];	  /* the tool's ends of terminals, until it has ended; -1: none */
	bool large[2];	  /* these pipes have been made larger */
	bool unwanted[2]; /* the client wants no more of these */
	int turn;	  /* which of them was looked at last: the other one is next */
	struct {
		int which;
		size_t left; /* bytes; 0: no frame is under way */
	} frame;
	bool broken;	  /* nothing can be sent any more */
	int64_t speak_at; /* monotonic milliseconds of the next keep-alive */
};

/* For a request. The caller fills in the pipes. */
void output_init(struct output *, struct request *);
void output_close(struct output *);

/* Whether all is sent, so that something may be appended to the reply. */
bool output_is_clear(const struct output *);

/* Sends as much of the reply and the frame as goes. An error is an output_break(). */
void output_flush(struct output *);

/* Gives the client up: nothing more is sent, and the tool's next write is a broken pipe. */
void output_break(struct output *);

/* The client wants no more of one output: closes its pipe, but first finishes a frame under way. */
void output_refuse(struct output *, int which);

/* One output has something: sends it. Only when output_is_clear(). */
void output_deliver(struct output *, int which);

/* The tool has ended: what it has written is all. */
void output_tool_ended(struct output *);

/* Tells the client that the tool runs. Only when output_is_clear(). */
void output_say_running(struct output *);

#endif
