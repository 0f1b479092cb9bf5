/*
 * drain.h: the way out of the server: nothing runs any more that does not run yet, its record leaves
 * the fleet's directory, then its port closes, and what runs finishes. Only the loop's thread uses it.
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

/* What is to be done outside, all with `arg`. */
struct drain_hooks {
	void *arg;
	void (*refused)(void *arg, struct request *); /* its reply is a failure: takes it over */
	void (*close_port)(void *arg);		      /* no more connections */
	void (*close_idle)(void *arg);		      /* connections on which nothing runs */
	unsigned int (*running)(void *arg);	      /* requests under way */
};

/* On the way out a server goes through these, one after the other. */
enum drain_stage {
	DRAIN_NOT,    /* it serves */
	DRAIN_RECORD, /* its record is being removed */
	DRAIN_PORT,   /* its port is closed; those who came before are still told to go elsewhere */
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
	int64_t record_until;	  /* the directory has not answered by then */
	int64_t latecomers_until; /* who came before the port closed has been told by then */
	bool terminated;	  /* by a first SIGTERM */
	int64_t tools_until;	  /* when running tools are ended */
	int64_t give_up_at;	  /* exit although something is stuck */
};

/* Begins it, once. `why` is for the log. What runs may take as long as it takes. */
void drain_begin(struct drain *, const char *why);

/* TERM begins it too, and ends what runs after drain_timeout; INT and a second TERM end it at once. */
void drain_signal(struct drain *, int signal);

/* Does what is due, also because the fleet wants so. When it has to be called again; 0: need not. */
int64_t drain_check(struct drain *);

/* The port is closed, and nothing runs. */
bool drain_is_over(const struct drain *);

#endif
