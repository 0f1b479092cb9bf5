/*
 * rpc5.h: the calls of version 5 of the RunTool interface, runtool-srpc(7): one connection, options
 * and results by name. Decoders of calls (rpc5.c) and results (rpc5_results.c) alike return SRPC_OK,
 * SRPC_MORE or -1.
 */
#ifndef RPC5_H
#define RPC5_H

#include "rpc.h"

#define RPC5_VERSION 5

/* Bounds of a run's options. */
#define RPC5_MAX_LABEL		128 /* bytes */
#define RPC5_MIN_KEEP_ALIVE	100 /* ms */
#define RPC5_MAX_KEEP_ALIVE	600000
#define RPC5_DEFAULT_KEEP_ALIVE 20000

enum rpc5_proc { RPC5_RUN = 1, RPC5_INFO = 4, RPC5_PING = 5, RPC5_STOP = 6, RPC5_STATS = 7 };

/* What client and server send between a run call and its results, beside bytes and int32. */
#define RPC5_STDOUT  SRPC_BYTES
#define RPC5_STDERR  SRPC_CHARS
#define RPC5_RUNNING SRPC_TRUE
#define RPC5_QUEUED  SRPC_FALSE

/* As an int32 of the client, what is no signal: no more of this output is wanted. */
enum { RPC5_NO_STDOUT = -1, RPC5_NO_STDERR = -2 };
#define RPC5_MAX_SIGNAL 64

/* How a run came to its end; rpc5_why_words has the words for it. */
enum rpc5_why { RPC5_ENDED, RPC5_TIME_LIMIT, RPC5_CLIENT_SIGNAL, RPC5_SHUTDOWN };
extern const char *const rpc5_why_words[];

/* How busy the server is: all that it answers says so. */
struct rpc5_load {
	int loaded;	   /* it has more requests in flight than it likes, or is about to end */
	int32_t in_flight; /* run calls waiting or running; -1: an older server does not say */
};

struct rpc5_result {
	int32_t status, signal, core;
	int why; /* enum rpc5_why */
	int64_t user_us, system_us, max_rss_kb;
	int64_t wall_us;  /* of the tool */
	int64_t queue_us; /* from the request to the tool's start */
	struct rpc5_load load;
};

/* What a call has instead of results when it failed. */
struct rpc5_failure {
	int32_t code;	  /* 0: nothing did */
	char *words;	  /* may be NULL; rpc5_failure_free() frees it; NULL after -1 */
	int32_t error;	  /* the errno of a tool that could not be executed; 0: not known */
	int32_t retry_ms; /* there is no room: try again after that; 0: do not */
	struct rpc5_load load;
};
void rpc5_failure_free(struct rpc5_failure *);

/* The answer to a ping. */
struct rpc5_ping {
	uint8_t unique[RPC_UNIQUE_SIZE];
	struct rpc5_load load;
};

/* What became of each call since the server's start. */
enum rpc5_call { RPC5_CALL_RUN, RPC5_CALL_INFO, RPC5_CALL_PING, RPC5_CALL_STOP, RPC5_CALL_STATS };
#define RPC5_CALLS (RPC5_CALL_STATS + 1)
struct rpc5_stats {
	struct rpc5_counts {
		int64_t count, errors, total_us, longest_us; /* of those that have ended */
	} calls[RPC5_CALLS];
	struct rpc5_load load;
};

/* As rpc_known() and rpc_scan_call(), rpc_get_run() and rpc_put_run(). */
bool rpc5_known(int32_t proc);
int rpc5_scan_call(struct srpc_reader *, int32_t proc, unsigned int *step, struct srpc_error *);
int rpc5_get_run(struct srpc_reader *, struct rpc_run *run, struct srpc_error *);
void rpc5_put_run(struct buf *, const struct rpc_run *);

/* The other calls have no arguments but options, of which there are none as yet. */
int rpc5_get_options(struct srpc_reader *, struct srpc_error *);
void rpc5_put_call(struct buf *, int32_t proc);

/* Results with their end_call. */
void rpc5_put_result(struct buf *, const struct rpc5_result *);
void rpc5_put_failure(struct buf *, const struct srpc_error *, struct rpc5_load);
void rpc5_put_info(struct buf *, const struct rpc_info *);
void rpc5_put_ping(struct buf *, const struct rpc5_ping *);
void rpc5_put_stop(struct buf *, struct rpc5_load);
void rpc5_put_stats(struct buf *, const struct rpc5_stats *);

/*
 * The other side of that. `failure` has a code where the call failed, and then the rest of the
 * results is not filled in. Where there is more to come the reader stays where it was. Results that
 * lack what a client needs, or are out of their bounds, are a protocol violation; nothing is left to
 * free then.
 */
int rpc5_get_result(
    struct srpc_reader *, struct rpc5_result *, struct rpc5_failure *failure, struct srpc_error *);
int rpc5_get_info(
    struct srpc_reader *, struct rpc_info *, struct rpc5_failure *failure, struct srpc_error *);
int rpc5_get_ping(
    struct srpc_reader *, struct rpc5_ping *, struct rpc5_failure *failure, struct srpc_error *);
int rpc5_get_stop(
    struct srpc_reader *, struct rpc5_load *, struct rpc5_failure *failure, struct srpc_error *);
int rpc5_get_stats(
    struct srpc_reader *, struct rpc5_stats *, struct rpc5_failure *failure, struct srpc_error *);

#endif
