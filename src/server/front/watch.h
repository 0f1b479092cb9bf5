/*
 * watch.h: calls those who wait for a descriptor (epoll(7)). Where the system has no more watches
 * for this user, a few descriptors are polled instead. One thread uses it.
 */
#ifndef WATCH_H
#define WATCH_H

#include <stdbool.h>
#include <stdint.h>

#define WATCH_POLLED 32

struct watch;
struct watcher {
	int epoll;
	struct watch *polled[WATCH_POLLED]; /* the first `npolled` */
	unsigned int npolled;
	int64_t look_at; /* monotonic milliseconds: whether there are watches again */
};

/* A watched descriptor; a member of its owner, who keeps it until the round is over. */
struct watch {
	void (*ready)(struct watch *, uint32_t events); /* EPOLL* */
	int fd;
	uint32_t events; /* what it is watched for */
	bool is_polled;
};

/* 0, or -1 with errno. */
int watcher_open(struct watcher *);
void watcher_close(struct watcher *);

/*
 * One round: waits for `timeout_ms` at most (-1: for ever), and calls ready() for each descriptor
 * that has something. A watch that was ended during the round may still be called in it.
 */
void watcher_wait(struct watcher *, int timeout_ms);

/* Begin to watch for `events`; watch for others; end it. 0, or -1 with errno. */
int watch_begin(struct watcher *, struct watch *, uint32_t events);
int watch_change(struct watcher *, struct watch *, uint32_t events);
void watch_end(struct watcher *, struct watch *);

#endif
