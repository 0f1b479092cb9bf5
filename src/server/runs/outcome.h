/* outcome.h: how a run went, for the log and for its client. */
#ifndef OUTCOME_H
#define OUTCOME_H

#include <stdbool.h>
#include <stdint.h>

#include "request.h"

/* How a run went. */
struct outcome {
	int wait_status;	/* where there was a tool */
	enum request_end end;	/* why it was told to end, while it ran */
	enum request_end cut;	/* why its output was not delivered to the end */
	int64_t paused_us;	/* that somebody looked into its root (pause.h) */
	int64_t started, ended; /* monotonic microseconds */
	int64_t linger_us;	/* after that, for output of what it left running */
	int64_t user_us, system_us, max_rss_kb;
	uint64_t signals;   /* that the client sent: a bit each */
	int64_t stdin_read; /* bytes of the input that the client sent; -1: not known */
};

/*
 * Logs a run. NULL: there was no tool, and `err` says why. `us`: how long it took, in microseconds.
 */
void outcome_log(
    const struct request *, const struct outcome *, const struct srpc_error *err, int64_t us);

/*
 * Appends the results to the reply, with the server's load. Up to version 4 a tool ended by a
 * shutdown is a failure, with the words of outcome_say_end().
 */
void outcome_reply(struct request *, const struct outcome *, struct rpc5_load);

/*
 * There is no result, for this reason (not END_NOT): says so in *err, and returns -1. `begun`: the
 * tool may have run. Nothing failed where the client is gone.
 */
int outcome_say_end(struct srpc_error *err, enum request_end why, bool begun);

/* A request is refused for lack of room, with so many before it: says so, and when to ask again. */
void outcome_say_busy(struct srpc_error *err, unsigned int waiting);

#endif
