/* watch.h: who is told when a descriptor has something (epoll(7)). One thread uses it. */
#ifndef WATCH_H
#define WATCH_H

#include <stdint.h>

struct watcher {
	int epoll;
};

/* A descriptor that is watched; embedded in its owner, who keeps it until the round is over. */
struct watch {
	void (*ready)(struct watch *, uint32_t events); /* EPOLL* */
	int fd;
	uint32_t events; /* what it is watched for */
};

/* 0, or -1 with errno. */
int watcher_open(struct watcher *);
void watcher_close(struct watcher *);

/*
 * A round: waits for `timeout_ms` at most (-1: for ever), and calls ready() of all that have something.
 * A descriptor whose watch ended during the round may still be called in it.
 */
void watcher_wait(struct watcher *, int timeout_ms);

/* Watch for `events`; for others; no longer. 0, or -1 with errno. */
int watch_begin(struct watcher *, struct watch *, uint32_t events);
int watch_change(struct watcher *, struct watch *, uint32_t events);
void watch_end(struct watcher *, struct watch *);

#endif
