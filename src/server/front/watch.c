#include <sys/epoll.h>
#include <unistd.h>

#include "watch.h"

#define MAX_EVENTS 256

int
watcher_open(struct watcher *w)
{
	w->epoll = epoll_create1(EPOLL_CLOEXEC);
	return (w->epoll == -1 ? -1 : 0);
}

void
watcher_close(struct watcher *w)
{
	close(w->epoll);
	w->epoll = -1;
}

void
watcher_wait(struct watcher *w, int timeout_ms)
{
	struct epoll_event events[MAX_EVENTS];
	struct watch *watch;
	int n, i;

	n = epoll_wait(w->epoll, events, MAX_EVENTS, timeout_ms);
	for (i = 0; i < n; i++) {
		watch = events[i].data.ptr;
		watch->ready(watch, events[i].events);
	}
}

int
watch_begin(struct watcher *w, struct watch *watch, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = watch};

	watch->events = events;
	return (epoll_ctl(w->epoll, EPOLL_CTL_ADD, watch->fd, &event));
}

int
watch_change(struct watcher *w, struct watch *watch, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = watch};

	if (watch->events == events)
		return (0);
	watch->events = events;
	return (epoll_ctl(w->epoll, EPOLL_CTL_MOD, watch->fd, &event));
}

void
watch_end(struct watcher *w, struct watch *watch)
{
	epoll_ctl(w->epoll, EPOLL_CTL_DEL, watch->fd, NULL);
}
