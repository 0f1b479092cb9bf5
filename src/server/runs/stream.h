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
	bool deaf; /* the client sends no more, or nonsense: nothing is read */
};

/* One without pipes, for which stream_close() has nothing to do. */
void stream_init(struct stream *, struct request *);

/*
 * Makes the pipes that the request asks for: `files` gets the tool's ends, which the caller closes, and
 * keeps a descriptor that is there already. 0, or -1 with errno; stream_close() in any case.
 */
int stream_open(struct stream *, int files[3]);
void stream_close(struct stream *);

/* The tool runs: what the client sends is for it. */
void stream_start(struct stream *, int life);

/* What to wait for; until when at most, in monotonic milliseconds (0: no matter). */
int64_t stream_events(const struct stream *, struct pollfd fds[STREAM_FDS]);

/* After that: does what can be done. */
void stream_move(struct stream *, const struct pollfd fds[STREAM_FDS]);

/* No more signals; whatever the tool has written is still to be delivered. */
void stream_tool_ended(struct stream *);

/* All output is with the client, or nobody wants it. */
bool stream_is_done(const struct stream *);

#endif
