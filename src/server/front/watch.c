#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "lib/deadline.h"
#include "watch.h"

#define MAX_EVENTS 256
#define LOOK_MS	   1000 /* between two looks whether there are watches again */

int
watcher_open(struct watcher *w)
{
	*w = (struct watcher){.epoll = epoll_create1(EPOLL_CLOEXEC)};
	return (w->epoll == -1 ? -1 : 0);
}

void
watcher_close(struct watcher *w)
{
	close(w->epoll);
	w->epoll = -1;
}

/* ---- those that are polled --------------------------------------------------------------- */

static int
poll_begin(struct watcher *w, struct watch *watch)
{
	if (w->npolled == WATCH_POLLED) {
		errno = ENOSPC;
		return (-1);
	}
	if (w->npolled == 0)
		w->look_at = deadline_in(LOOK_MS);
	w->polled[w->npolled++] = watch;
	watch->is_polled = true;
	return (0);
}

static void
poll_end(struct watcher *w, struct watch *watch)
{
	unsigned int i = 0;

	while (w->polled[i] != watch)
		i++;
	w->polled[i] = w->polled[--w->npolled];
	watch->is_polled = false;
}

static int
add(struct watcher *w, struct watch *watch)
{
	struct epoll_event event = {.events = watch->events, .data.ptr = watch};

	return (epoll_ctl(w->epoll, EPOLL_CTL_ADD, watch->fd, &event));
}

/* Now and then, until all of them are watched as others are. */
static void
poll_no_more(struct watcher *w)
{
	struct watch *watch;

	if (!deadline_over(w->look_at))
		return;
	w->look_at = deadline_in(LOOK_MS);
	while (w->npolled > 0 && add(w, watch = w->polled[w->npolled - 1]) == 0)
		poll_end(w, watch);
}

/* One round with the epoll descriptor among the others. */
static void
wait_polling(struct watcher *w, int timeout_ms)
{
	struct pollfd fds[WATCH_POLLED + 1];
	struct watch *watches[WATCH_POLLED];
	unsigned int n = w->npolled, i;

	fds[n] = (struct pollfd){.fd = w->epoll, .events = POLLIN};
	for (i = 0; i < n; i++) {
		watches[i] = w->polled[i];
		/* The bits of epoll and of poll are the same. */
		fds[i] = (struct pollfd){.fd = watches[i]->fd, .events = (short)watches[i]->events};
	}
	if (poll(fds, n + 1, timeout_ms < 0 || timeout_ms > LOOK_MS ? LOOK_MS : timeout_ms) <= 0)
		return;
	for (i = 0; i < n; i++)
		if (fds[i].revents != 0)
			watches[i]->ready(watches[i], (uint32_t)fds[i].revents);
}

/* ---- for others -------------------------------------------------------------------------- */

void
watcher_wait(struct watcher *w, int timeout_ms)
{
	struct epoll_event events[MAX_EVENTS];
	struct watch *watch;
	int n, i;

	if (w->npolled > 0) {
		poll_no_more(w);
		wait_polling(w, timeout_ms);
		timeout_ms = 0;
	}
	n = epoll_wait(w->epoll, events, MAX_EVENTS, timeout_ms);
	for (i = 0; i < n; i++) {
		watch = events[i].data.ptr;
		watch->ready(watch, events[i].events);
	}
}

int
watch_begin(struct watcher *w, struct watch *watch, uint32_t events)
{
	watch->events = events;
	if (add(w, watch) == 0)
		return (0);
	return (errno == ENOSPC || errno == ENOMEM ? poll_begin(w, watch) : -1);
}

int
watch_change(struct watcher *w, struct watch *watch, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = watch};

	if (watch->events == events)
		return (0);
	watch->events = events;
	if (watch->is_polled)
		return (0);
	return (epoll_ctl(w->epoll, EPOLL_CTL_MOD, watch->fd, &event));
}

void
watch_end(struct watcher *w, struct watch *watch)
{
	if (watch->is_polled)
		poll_end(w, watch);
	else
		epoll_ctl(w->epoll, EPOLL_CTL_DEL, watch->fd, NULL);
}
