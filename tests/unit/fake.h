/*
 * fake.h: a server that keeps to a script, in a thread, and the client's side of a test of
 * libruntool.
 */
#ifndef FAKE_H
#define FAKE_H

#include "common/testing.h"
#include <netinet/in.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdint.h>

#include "lib/rpc5.h"
#include "runtool.h"

#define MEGABYTE   ((size_t)1 << 20)
#define SHORT_MS   200	 /* a timeout that is to pass */
#define LONG_MS	   10000 /* one that is not */
#define FAKE_LIMIT (64U << 20)
#define LENGTH(a)  (sizeof(a) / sizeof((a)[0]))

struct fake {
	int listener, fd;
	char port[8];
	bool old; /* refuses version 5 on a connection before the script's */
	void (*script)(struct fake *);
	pthread_t thread;
	bool met;		      /* the client's hello has come, ours is sent */
	struct buf in;		      /* all that the client sent */
	struct srpc_reader reader;    /* of it */
	struct sockaddr_in relays[2]; /* of the last run call */
};

extern struct fake fake; /* each test is a process of its own */

/* Listens on a numeric address, any port; false where the host has no such address. */
bool fake_listen(struct fake *, const char *address);

/* Runs the script for the connection that is made here, to `host`; the other two listen first. */
struct runtool *fake_serve(const char *host, void (*script)(struct fake *), int timeout_ms);
struct runtool *fake_start(void (*script)(struct fake *), int timeout_ms);
struct runtool *fake_start_old(void (*script)(struct fake *), int timeout_ms);

/* Closes the connection and waits for the script's end. */
void fake_finish(struct runtool *);

/*
 * For scripts, which are threads and assert by thread.h: fake_finish() fails when they did. The next connection;
 * false when there is none and the client is done.
 */
bool fake_again(struct fake *);

void fake_send(int fd, const void *data, size_t len);
void fake_reset(int fd); /* closes it so that the other side gets ECONNRESET */

/* True once the other side has closed, in whichever way; what it sent is dropped. */
bool fake_at_end(int fd);

/* The next item, which must have this code; SRPC_START_CALL waits for the hello before it. */
struct srpc_item fake_take(struct fake *, uint8_t code);
void fake_take_start(struct fake *, int32_t proc, int32_t version);
void fake_take_ack(struct fake *);

/* For one more connection of a client that may speak version 5, when the server is `old`. */
void fake_refuse_version(struct fake *);

/* The client has taken all that was sent, and waits for more. */
void fake_await_read(struct fake *);

/* Nothing comes from the client for so long. */
bool fake_hears_nothing(struct fake *, int ms);

/* Sends the reply, behind our hello if it is the first one, and empties it. */
void fake_reply(struct fake *, struct buf *);
void fake_reply_failure(struct fake *, int32_t code, const char *words);

/* What a tool printed. */
struct sink {
	struct buf streams[2];
	bool blocks; /* the first output: until `go` */
	sem_t blocked, go;
};

extern struct sink sink;

void sink_prepare(void); /* for `blocks` */
runtool_output_fn sink_collect, sink_refuse;
void sink_printed(int stream, const char *text); /* it did print this */

/* Runs /bin/true, which must fail so; runs a request that succeeds. */
extern const struct runtool_request run_true;
void run_fails(struct runtool *, int code, const char *words);
void run_fails_with(struct runtool *, const struct runtool_request *, int code, const char *words);
void run_succeeds(struct runtool *, const struct runtool_request *, int status);

int64_t now_ms(void);

/* Bytes of which no two stretches are alike for long; a string of `len` bytes: the caller frees. */
uint8_t *noise(size_t len);
char *long_argument(size_t len);

size_t count_descriptors(void);

/* A case of the suite, with what `add` adds. */
void fake_add_case(Suite *, const char *name, void (*add)(TCase *));

#endif
