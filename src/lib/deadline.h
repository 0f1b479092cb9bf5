/* deadline.h: moments when something is due, on the monotonic clock in milliseconds; 0: never. */
#ifndef DEADLINE_H
#define DEADLINE_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#define DEADLINE_NONE 0

int64_t deadline_now(void);

/* `ms` from now; DEADLINE_NONE if `ms` is 0. */
int64_t deadline_in(int ms);

/* When the first of `parts` equal parts of the remaining time is over. */
int64_t deadline_part(int64_t deadline, int parts);

/* The sooner one of two. */
int64_t deadline_sooner(int64_t, int64_t);

/* Whether it has come. */
bool deadline_over(int64_t deadline);

/* Milliseconds until then, at least 0, for epoll_wait(2); -1 (for ever) for DEADLINE_NONE. */
int deadline_left(int64_t deadline);

/* poll(2) until then: how many descriptors are ready, 0 at the deadline, -1 with errno. */
int deadline_poll(struct pollfd *, nfds_t, int64_t deadline);

/*
 * `ms`, up to a quarter more or less at random, so that those who began to wait together do not
 * come back together.
 */
int deadline_about(int ms);

#endif
