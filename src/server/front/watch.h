/* watch.h: calls those who wait for a descriptor (epoll(7)). One thread uses it. */
#ifndef WATCH_H
#define WATCH_H

#include <stdint.h>

struct watcher {
	int epoll;
};

/* A watched descriptor; a member of its owner, who keeps it until the round is over. */
struct watch {
	void (*ready)(struct watch *, uint32_t events); /* EPOLL* */
	int fd;
	uint32_t events; /* what it is watched for */
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
