/* request.h: one run call, from its last byte to its reply. */
#ifndef REQUEST_H
#define REQUEST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <bsd/sys/queue.h>

#include "lib/addr.h"
#include "lib/buf.h"
#include "lib/rpc5.h"

struct conn;

/* Why a tool was told to end before its time. */
enum request_end { END_NOT, END_CLIENT_GONE, END_SHUTDOWN, END_TIME_LIMIT };

/*
 * Belongs to one at a time: the event loop makes it, the queue holds it, a worker serves it, and
 * the loop takes its reply and frees it. The child killer only touches the killer's part below, and
 * that under the killer's lock.
 */
struct request {
	uint64_t id;
	struct conn *conn;		/* used by the loop only */
	int fd;				/* the client's connection; the conn owns it */
	struct sockaddr_storage client; /* unmapped */
	char client_text[ADDR_TEXT_SIZE];
	int32_t version; /* of the interface */
	int64_t start;	 /* monotonic microseconds */
	struct buf raw;	 /* the received call; `run` points into it */
	struct buf in;	 /* received after the call; version 5: what came while the tool runs */
	struct rpc_run run;
	bool queued;	  /* version 5: its client was told that it waits */
	struct buf reply; /* what is to be sent, without what is sent already */
	bool failed;	  /* the reply is a failure item: the connection is over after it */
	bool gone;	  /* its client is: there is nobody to reply to */
	bool counted;	  /* it is in the statistics of calls already */

	TAILQ_ENTRY(request) entry; /* in the queue, or among the finished */

	/* The killer's. Moments are monotonic milliseconds; 0: none. */
	TAILQ_ENTRY(request) killer_entry; /* among those whose clients it watches */
	bool has_killer;
	int64_t taken_at;     /* when a worker took it */
	int life;	      /* to the tool's keeper; -1 while no tool runs */
	enum request_end end; /* why it was told to end */
	pid_t group;	      /* the process group of launcher and keeper */
	unsigned int kills;   /* how often SIGKILL was ordered */
	int64_t kill_at;      /* of the next, stronger order */
	int64_t limit_at;     /* of the time limit */
	bool waiting;	      /* version 5: no worker has it, so the killer writes to the client */
	int64_t look_at;      /* version 5: of the next look whether the client is still there */
	int64_t turn_by;      /* version 5: it is refused if no worker has it by then */
};

TAILQ_HEAD(request_list, request);

/* NULL with errno when memory is short. */
struct request *request_new(void);
void request_free(struct request *);

/* Fills in `run` from `raw`, whose arguments begin at `start`. 0, or -1 with *err. */
int request_decode(struct request *, size_t start, struct srpc_error *err);

/*
 * Appends a failure to the reply, with the server's load; what the reply held before (a hello)
 * stays. The caller logs it.
 */
void request_fail(struct request *, const struct srpc_error *, struct rpc5_load);

/*
 * Sends as much of the reply as goes at once; who has the request next sends the rest. Errors are
 * noticed by those who watch the client.
 */
void request_send(struct request *);

/* For the log: `id=N client=ADDRESS[ label=LABEL] root=ROOT tool=TOOL`. Returns text. */
#define REQUEST_WORDS 2048
const char *request_words(const struct request *, char text[REQUEST_WORDS]);

#endif
