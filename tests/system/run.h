/* run.h: calls to a server, item by item, over sockets of the tests' own. */
#ifndef RUN_H
#define RUN_H

#include <stdbool.h>
#include <stdint.h>
#include <netinet/in.h>

#include "lib/buf.h"
#include "harness.h"
#include "lib/rpc.h"
#include "lib/srpc.h"

/* A connected socket; from 127.0.0.1 if `from` is NULL. The caller closes it. */
int call_connect(const struct server *);
int call_connect_from(const struct server *, const char *from);

/* Sends all; false when the server has closed the connection. */
bool call_send(int fd, const void *data, size_t len);
bool call_send_buf(int fd, struct buf *); /* and frees the buffer */

/* For what has to come: it ends what hangs, and measures nothing. */
#define CALL_MS 30000

/*
 * Appends what has arrived to *in, waiting up to `ms` for it: bytes received, 0 at the end of the
 * stream (also a reset one), -1 when nothing came.
 */
int call_receive(int fd, struct buf *in, int ms);
bool call_ended(int fd, int ms); /* the stream ends within `ms`; what still comes is dropped */

/* Decodes the next item of what has arrived, whatever it is. Fails on a malformed one. */
bool call_item(struct srpc_reader *, struct srpc_item *);
struct srpc_reader call_reader(const struct buf *);

/* Waits for the whole answer, and decodes it: a failure item, or the end of the connection. */
void call_failure(int fd, struct srpc_error *);

/* An information call on a connection of its own; on this one (with hello, if it is the first). */
void call_info(const struct server *, struct rpc_info *); /* rpc_info_free() it */
void call_info_on(int fd, bool hello, int32_t version, struct rpc_info *);
int call_cur_tools(const struct server *);
int call_cur_pending(const struct server *);

/* A tool's run. RUN(...) asks for a command line in root 1, directory .WD, with both relays. */
struct run {
	/* What to ask for. */
	const char *const *argv;
	const char *const *env;
	const char *stdin_file;
	const char *directory;
	const char *from; /* the client's address, and its relays' */
	uint32_t root;
	int32_t version;
	bool no_out, no_err; /* no relay: all zero */
	bool unread;	     /* do not read the relays until this is false again */
	bool keep_nothing;   /* count the output only, for a lot of it */
	/* How it stands. */
	int conn;
	int listener[2];
	int relay[2];
	bool ended[2]; /* the relay's end of file has come */
	uint64_t received[2];
	struct buf output[2];
	struct buf reply;
	/* The result. */
	bool replied;
	bool failed; /* then only .failure counts; code 0: the connection ended without a word */
	struct srpc_error failure;
	int status, signal;
	bool core;
};

extern const char *const run_no_env[];
#define RUN(...) RUN_ARGV(((const char *const[]){__VA_ARGS__, NULL}))
#define RUN_ARGV(list)                                                                   \
	(struct run)                                                                     \
	{                                                                                \
		.argv = (list), .env = run_no_env, .stdin_file = "", .directory = ".WD", \
		.from = "127.0.0.1", .root = 1, .version = RPC_VERSION, .conn = -1,      \
		.listener = {-1, -1}, .relay = {                                         \
			-1,                                                              \
			-1                                                               \
		}                                                                        \
	}

/* The command of a tool that says `ready`, and ends with status 3 after run_let_go() with this name. */
const char *const *run_patient(const char *file);
void run_let_go(const char *file);

/* The bytes of the request, hello included; opens the relays' listeners. */
void run_encode(struct run *, struct buf *);

/* Sends the request; root 1 is what it is in the server's mode. */
void run_start(const struct server *, struct run *);

/* The request of a run whose stdout goes to this address; no tool need ever start. */
void run_ask_for_relay(const struct server *, struct run *, const char *ip, int port);

/* A listener that does not answer at all, since its queue is full. The caller closes all of them. */
#define RUN_SILENT 5
void run_silent_listener(int fds[RUN_SILENT], struct sockaddr_in *);

/* Reads what comes for at most `ms`; returns early when anything came. */
void run_pump(struct run *, int ms);

/* Waits (up to a minute) for the reply and, if the tool ran, the end of both outputs. */
void run_finish(struct run *);

/* Waits (up to 30 s) until this has come on the tool's stdout. */
void run_await(struct run *, const char *text);

/* run_start() and run_finish(); fails when the server did not run it. */
void run_do(const struct server *, struct run *);

/* run_start() and run_finish(); fails when the server ran it, or the code is another. */
void run_fails(const struct server *, struct run *, int32_t code);

/* What came on stdout and stderr; lives until the test ends. */
const char *run_out(const struct run *);
const char *run_err(const struct run *);

/* Closes everything and frees it. */
void run_free(struct run *);

#endif
