/*
 * drain.h: how the server ends: no new runs, then its record leaves the fleet's directory, then its
 * port closes, and what runs finishes. Only the loop's thread uses it.
 */
#ifndef DRAIN_H
#define DRAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "server/base/settings.h"

struct fleet;
struct killer;
struct queue;
struct request;

/* What others do for it; each is called with `arg`. */
struct drain_hooks {
	void *arg;
	void (*refused)(void *arg, struct request *); /* its reply is a failure: takes it over */
	void (*close_port)(void *arg);		      /* no more connections */
	void (*close_idle)(void *arg);		      /* connections on which nothing runs */
	unsigned int (*running)(void *arg);	      /* requests under way */
};

/* The stages of ending, in this order. */
enum drain_stage {
	DRAIN_NOT,     /* it serves */
	DRAIN_RECORD,  /* its record is being removed */
	DRAIN_PORT,    /* its port is closed; earlier connections are still told to go elsewhere */
	DRAIN_RUNNING, /* what runs finishes */
};

/* Moments are monotonic milliseconds; 0: none. */
struct drain {
	const struct settings *settings;
	struct queue *queue;
	struct killer *killer;
	struct fleet *fleet; /* may be NULL */
	struct drain_hooks hooks;
	enum drain_stage stage;
	int64_t record_until;	  /* by then the record has left, or the directory is given up */
	int64_t latecomers_until; /* until then earlier connections are served */
	bool terminated;	  /* a SIGTERM has come */
	int64_t tools_until;	  /* when running tools are ended */
	int64_t give_up_at;	  /* exit although something is stuck */
};

/* Begins it, once. `why` is for the log. Running tools have as long as they need. */
void drain_begin(struct drain *, const char *why);

/* TERM begins it, and ends tools after drain_timeout; INT, or TERM again, ends them at once. */
void drain_signal(struct drain *, int signal);

/* Does what is due; begins it if the fleet wants to leave. When to call it again; 0: need not. */
int64_t drain_check(struct drain *);

/* The port is closed, and nothing runs. */
bool drain_is_over(const struct drain *);

#endif
