/* run5.h: calls of version 5, item by item, over sockets of the tests' own. */
#ifndef RUN5_H
#define RUN5_H

#include "harness.h"
#include "lib/pairs.h"
#include "lib/rpc5.h"
#include "run.h"

/* As server_start_mode() and server_start_best(), and it speaks version 5. */
void run5_server(struct server *, enum mode, const char *settings);
void run5_server_best(struct server *, const char *settings);

/*
 * A call and how it goes. RUN5(...) asks for a command line in root 1, CALL5(proc) for something
 * else. run5_next() makes another call of it that goes over the same connection.
 */
struct run5 {
	/* What to ask for. */
	int32_t proc, version;
	const char *const *argv;
	const char *const *env;
	const char *const *must, *const *may; /* options: LIST5("name=value", ...) */
	bool no_root;			      /* the options say which */
	const char *from;   /* the client's address; NULL: conn is connected already */
	const void *behind; /* bytes to be sent in one go with the call */
	size_t behind_length;
	bool keep_nothing; /* count the output only, for a lot of it */
	/* How it stands. */
	int conn;
	bool greeted[2]; /* we have said hello, the server has */
	uint32_t root;
	struct buf in; /* received, not decoded yet */
	struct buf output[2];
	uint64_t received[2];
	size_t welcome;	       /* bytes of stdin that may be sent */
	unsigned int invited;  /* how often more became welcome */
	unsigned int waits;    /* how often the server said `false` */
	unsigned int going_on; /* how often it said `true` */
	/* The result. */
	bool ended;		    /* one of these is there */
	const char *const *results; /* name=value, NULL-terminated; or NULL */
	struct srpc_error failure; /* a failure item; code 0: the connection ended without a word */
};

#define LIST5(...) ((const char *const[]){__VA_ARGS__, NULL})
#define RUN5(...)  RUN5_ARGV(LIST5(__VA_ARGS__))
#define RUN5_ARGV(list)                                                                       \
	(struct run5)                                                                         \
	{                                                                                     \
		.proc = RPC5_RUN, .version = RPC5_VERSION, .argv = (list), .env = run_no_env, \
		.must = run_no_env, .may = run_no_env, .from = "127.0.0.1", .conn = -1        \
	}
#define CALL5(number)                                                                             \
	(struct run5)                                                                             \
	{                                                                                         \
		.proc = (number), .version = RPC5_VERSION, .must = run_no_env, .may = run_no_env, \
		.no_root = true, .from = "127.0.0.1", .conn = -1                                  \
	}

/* Sends the call, on a new connection if there is none; behind another's results with its end_ack. */
void run5_start(const struct server *, struct run5 *);
void run5_encode(struct run5 *, struct buf *); /* the bytes of that */

/* Reads and decodes what comes for at most `ms`; returns early when anything came. */
void run5_pump(struct run5 *, int ms);

/* Reads on for so long; it may end meanwhile. */
void run5_pump_for(struct run5 *, int ms);

/* Waits (up to a minute) for results, a failure item, or the end of the connection. */
void run5_finish(struct run5 *);

/* Waits (up to 30 s) until this has come on the tool's stdout. */
void run5_await(struct run5 *, const char *text);

/* Waits (up to 30 s) until anything has come, and does not read it. */
void run5_await_something(const struct run5 *);

/* run5_start() and run5_finish(); fails when there are no results, or when they tell of a failure. */
void run5_do(const struct server *, struct run5 *);

/* The same, but the results tell of a failure with this code, and words that contain these. */
void run5_fails(const struct server *, struct run5 *, int code, const char *words);
void run5_failed(const struct run5 *, int code, const char *words);

/* The same, but there is a failure item, and the connection ends. */
void run5_breaks(const struct server *, struct run5 *, int code, const char *words);
void run5_broke(struct run5 *, int code, const char *words);

/* During a run: an input item, as it is; a signal, or a stream that is closed. */
bool run5_send(struct run5 *, const void *, size_t);
bool run5_order(struct run5 *, int32_t);

/* Sends that much input as it becomes welcome, and then its end. */
void run5_feed(struct run5 *, const void *, size_t);

/* A result; a failed test when it is not there, or no number. run5_has(): whether it is. */
bool run5_has(const struct run5 *, const char *name);
const char *run5_text(const struct run5 *, const char *name);
int64_t run5_number(const struct run5 *, const char *name);

/* Fails when the tool did not end so. */
void run5_exited(const struct run5 *, int status, const char *why);
void run5_signalled(const struct run5 *, int sig, const char *why);

/* What came on stdout and stderr; lives until the test ends. */
const char *run5_out(const struct run5 *);
const char *run5_err(const struct run5 *);

/* Another call, with another command or procedure, on the connection of the last one. */
struct run5 run5_next(struct run5 *last, struct run5 next);

/* Closes everything and frees it. */
void run5_free(struct run5 *);

#endif
