/*
 * stream.h: the connection of a version 5 run while its tool runs: output to the client, input and
 * signals from it. The tool's ends are pipes; nothing here waits but for poll(2).
 */
#ifndef STREAM_H
#define STREAM_H

#include <poll.h>

#include "feed.h"
#include "output.h"

#define STREAM_FDS 5

struct stream {
	struct request *request; /* whose `in` holds what is not decoded yet */
	struct output output;
	struct feed feed;
	bool deaf; /* the client has closed, or broke the protocol: nothing more is read */
};

/* Makes one without pipes: stream_close() has nothing to do yet. */
void stream_init(struct stream *, struct request *);

/*
 * Makes the pipes or terminals that the request asks for. `files` gets the tool's ends, which the
 * caller closes; a descriptor that is there already stays. 0, or -1 with errno; stream_close() in
 * any case.
 */
int stream_open(struct stream *, int files[3]);
void stream_close(struct stream *);

/* The tool runs: what the client sends is passed on to it. `life` takes signals. */
void stream_start(struct stream *, int life);

/*
 * Fills in what to wait for. Returns until when at most, in monotonic milliseconds (0: no limit).
 */
int64_t stream_events(const struct stream *, struct pollfd fds[STREAM_FDS]);

/* After poll(2): does what can be done. */
void stream_move(struct stream *, const struct pollfd fds[STREAM_FDS]);

/* The tool has ended: no more signals, but what it has written is still delivered. */
void stream_tool_ended(struct stream *);

/* Whether all output is sent, or nobody wants it. */
bool stream_is_done(const struct stream *);

#endif
