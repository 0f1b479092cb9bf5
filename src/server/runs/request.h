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
 * the loop takes its reply and frees it. The child killer only touches what is the killer's below,
 * under its own lock.
 */
struct request {
	uint64_t id;
	struct conn *conn;		/* the loop's: for the others a mere token */
	int fd;				/* the client's connection: the conn's */
	struct sockaddr_storage client; /* unmapped */
	char client_text[ADDR_TEXT_SIZE];
	int32_t version; /* of the interface */
	int64_t start;	 /* monotonic microseconds */
	struct buf raw;	 /* the received call; run's strings lead into it */
	struct buf in;	 /* received behind it; version 5: while the tool runs */
	struct rpc_run run;
	bool queued;	  /* version 5: its client was told that it waits */
	struct buf reply; /* to be sent, or what of it is not sent yet */
	bool failed;	  /* the reply is a failure item: the connection is over after it */
	bool gone;	  /* the client is: there is nobody to reply to */
	bool counted;	  /* in the statistics of calls, before the reply was sent */

	TAILQ_ENTRY(request) entry; /* in the queue, or among the finished */

	/* The killer's. Moments are monotonic milliseconds; 0: none. */
	TAILQ_ENTRY(request) killer_entry; /* among those whose clients it watches */
	bool has_killer;
	int life;	      /* to the tool's keeper; -1 while no tool runs */
	enum request_end end; /* what it was told, if anything */
	pid_t group;	      /* the process group of launcher and keeper */
	unsigned int kills;   /* how often SIGKILL was ordered */
	int64_t kill_at;      /* of the next, stronger order */
	int64_t limit_at;     /* of the time limit */
	bool waiting;	      /* version 5: no worker has it, so the killer writes to the client */
	int64_t look_at;      /* version 5: of the next look whether the client is still there */
	int64_t turn_by;      /* version 5: when a worker has to have it, or it is refused */
};

TAILQ_HEAD(request_list, request);

/* NULL with errno when memory is short. */
struct request *request_new(void);
void request_free(struct request *);

/* Fills in `run` from `raw`, whose arguments begin at `start`. 0, or -1 with *err. */
int request_decode(struct request *, size_t start, struct srpc_error *err);

/*
 * Makes the reply a failure, with the server's load; what the reply held before (a hello) stays. Logged
 * by the caller.
 */
void request_fail(struct request *, const struct srpc_error *, struct rpc5_load);

/*
 * Sends what goes of the reply at once; what does not, whoever has the request sends later. An error
 * is noticed by those who watch the client.
 */
void request_send(struct request *);

/* The tool's root, for people. Returns text. */
const char *request_root(const struct request *, char *text, size_t size);

#endif
