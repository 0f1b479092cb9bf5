/* outcome.h: how a run went, for the log and for its client. */
#ifndef OUTCOME_H
#define OUTCOME_H

#include <stdbool.h>
#include <stdint.h>

#include "request.h"

/* A tool that ran. */
struct outcome {
	int wait_status;
	int64_t started, ended; /* monotonic microseconds */
	int64_t user_us, system_us, max_rss_kb;
	uint64_t signals; /* that the client sent: a bit each */
};

/* A line in the log; NULL: there was no tool, for the reason in `err`. `us`: from the queue on. */
void outcome_log(
    const struct request *, const struct outcome *, const struct srpc_error *err, int64_t us);

/*
 * Appends the results to the reply, with the server's load; up to version 4 a tool ended by a shutdown
 * is a failure.
 */
void outcome_reply(struct request *, const struct outcome *, struct rpc5_load);
void outcome_say_shutdown(struct srpc_error *err);

/* There is no room for a request, with so many before it. */
void outcome_say_busy(struct srpc_error *err, unsigned int waiting);

#endif
