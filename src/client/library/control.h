/* control.h: what other threads and signal handlers want of the run call that is under way. */
#ifndef CONTROL_H
#define CONTROL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "runtool.h"

struct control {
	int fd;		 /* readable when something is wanted */
	atomic_int also; /* readable when the call is cancelled; -1: none */
	atomic_bool active, cancelled;
	_Atomic(uint64_t) signals; /* CONTROL_BIT of those not taken yet */
	_Atomic(int32_t) size;	   /* RPC5_SIZE of the terminal that is not taken yet; 0: none */
	int ending;		   /* the first one taken that ends a tool; 0: none */
};

#define CONTROL_BIT(signal) (UINT64_C(1) << ((signal)-1))

/* 0, or -1 with errno. */
int control_open(struct control *);
void control_close(struct control *);

/* Another eventfd, which becomes readable, too, when a call is cancelled; -1: none. */
void control_also(struct control *, int fd);

/*
 * A run call is under way between these two. Only then a signal can be wanted; cancelling counts for
 * the next call as well, and its end has used it up.
 */
void control_begin(struct control *);
void control_end(struct control *);

/*
 * For any thread, and for signal handlers; `signal` is 1 to 64. False if no call is under way.
 */
bool control_signal(struct control *, int signal);
void control_cancel(struct control *);

/* The same for the size of a terminal; taking it: 0 is none. */
bool control_resize(struct control *, int32_t size);
int32_t control_take_size(struct control *);

/* Makes `fd` readable, as if something was wanted. */
void control_wake(struct control *);

/* The signals that have come since the last time. */
uint64_t control_take(struct control *);

bool control_cancelled(const struct control *);

/*
 * While no tool runs: whether the call must end; and why, in words (returns -1). Only signals that
 * end a tool count.
 */
bool control_ends(struct control *);
int control_words(const struct control *, struct runtool_error *err);

/* Waits. 0 at the deadline, or -1 with *err when the call must end. */
int control_wait(struct control *, int64_t deadline, struct runtool_error *err);

#endif
