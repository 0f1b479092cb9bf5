/*
 * rpc5.h: the calls of version 5 of the RunTool interface, runtool-srpc(7): one connection, options
 * and results by name. Calls are in rpc5.c, results in rpc5_results.c. Decoders return SRPC_OK,
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
#define RPC5_MAX_UMASK		0777
#define RPC5_MAX_LIMIT		(1LL << 53) /* bytes, or seconds */
#define RPC5_MAX_SIDE		32767	    /* rows or columns of a terminal */
#define RPC5_CLOSED(fd)		(1 << (fd)) /* a bit of `closed` */
#define RPC5_MAX_CLOSED		(RPC5_CLOSED(0) | RPC5_CLOSED(1) | RPC5_CLOSED(2))

enum rpc5_proc { RPC5_RUN = 1, RPC5_INFO = 4, RPC5_PING = 5, RPC5_STOP = 6, RPC5_STATS = 7 };

/* What client and server send between a run call and its results, beside bytes and int32. */
#define RPC5_STDOUT  SRPC_BYTES
#define RPC5_STDERR  SRPC_CHARS
#define RPC5_RUNNING SRPC_TRUE
#define RPC5_QUEUED  SRPC_FALSE

/* An int32 from the client is a signal, or one of these: it wants no more of this output. */
enum { RPC5_NO_STDOUT = -1, RPC5_NO_STDERR = -2 };
#define RPC5_MAX_SIGNAL 64

/* Or, with a terminal, the size that it has now. */
#define RPC5_SIZE(rows, columns) (1 << 30 | (rows) << 15 | (columns))
#define RPC5_IS_SIZE(order)	 ((order) >= RPC5_SIZE(0, 0))
#define RPC5_ROWS(order)	 ((order) >> 15 & RPC5_MAX_SIDE)
#define RPC5_COLUMNS(order)	 ((order)&RPC5_MAX_SIDE)

/* Why a run ended; rpc5_why_words has the words for it. */
enum rpc5_why { RPC5_ENDED, RPC5_TIME_LIMIT, RPC5_CLIENT_SIGNAL, RPC5_SHUTDOWN };
extern const char *const rpc5_why_words[];

/* How busy the server is; part of each of its answers. */
struct rpc5_load {
	int loaded; /* more requests in flight than `loaded_at`, or the server is about to end */
	int32_t in_flight; /* run calls waiting or running; -1: an older server does not say */
};

struct rpc5_result {
	int32_t status, signal, core;
	int why; /* enum rpc5_why */
	int64_t user_us, system_us, max_rss_kb;
	int64_t wall_us;		/* of the tool */
	int64_t queue_us;		/* from the request to the tool's start */
	struct field_number stdin_read; /* bytes of the input that the client sent */
	struct field_number linger_us;	/* after the tool's end, for output of what it left */
	struct rpc5_load load;
};

/* What comes instead of results when a call failed. */
struct rpc5_failure {
	int32_t code;	  /* 0: it did not fail */
	char *words;	  /* may be NULL; rpc5_failure_free() frees it; NULL after -1 */
	int32_t error;	  /* the errno of a tool that could not be executed; 0: not known */
	int32_t retry_ms; /* no room: try again after so long; 0: do not */
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

/* Like rpc_known(), rpc_scan_call(), rpc_get_run() and rpc_put_run(). */
bool rpc5_known(int32_t proc);
int rpc5_scan_call(struct srpc_reader *, int32_t proc, unsigned int *step, struct srpc_error *);
int rpc5_get_run(struct srpc_reader *, struct rpc_run *run, struct srpc_error *);
void rpc5_put_run(struct buf *, const struct rpc_run *);

/* The other calls have no arguments but options, and no options exist yet. */
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
 * For the client. `failure` has a code if the call failed, and then the results are not filled in.
 * After SRPC_MORE the reader is where it was. Results that lack what a client needs, or are out of
 * bounds, are a protocol violation, and nothing is left to free.
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
