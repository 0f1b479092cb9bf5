#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "lib/deadline.h"
#include "lib/log.h"
#include "server/base/clock.h"
#include "server/fleet/ping.h"
#include "accept.h"

#define MAX_ACCEPTS  64	   /* at a time, so that others have their turn */
#define BACK_OFF_MS  1000  /* without accepting, when descriptors or memory ran out */
#define SAY_AGAIN_MS 60000 /* between two lines in the log about that */

/* Descriptors that connections must leave free: for ourselves, for pings, and for each tool. */
#define OWN_DESCRIPTORS	 64
#define PING_DESCRIPTORS 3
#define TOOL_DESCRIPTORS 8

/* A client's host that fell silent is given up after about a minute: 30 + 3 x 10 seconds. */
#define KEEP_IDLE     30
#define KEEP_INTERVAL 10
#define KEEP_COUNT    3

/* Errors do not matter: these only make a good connection better. */
static void
tune(int fd)
{
	const int on = 1, idle = KEEP_IDLE, interval = KEEP_INTERVAL, count = KEEP_COUNT;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof(interval));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count));
}

static void
listen_for(struct acceptor *a, uint32_t events)
{
	int i;

	for (i = 0; i < a->nlisteners; i++)
		watch_change(a->watcher, &a->listeners[i].watch, events);
}

static void
pause_accepting(struct acceptor *a, const char *why)
{
	if (a->said_at == 0 || a->said_at + SAY_AGAIN_MS <= clock_ms()) {
		log_warn(
		    "accept: %s (%u connections): new ones have to wait", why, a->crowd->total);
		a->said_at = clock_ms();
	}
	listen_for(a, 0);
	a->resume_at = clock_ms() + BACK_OFF_MS;
}

static void
take(struct acceptor *a, int fd, struct sockaddr_storage *client)
{
	addr_unmap(client);
	if (!admit_client(&a->admit, a->settings, a->crowd, client)) {
		close(fd);
		return;
	}
	tune(fd);
	if (a->opened(a->arg, fd, client) == -1)
		pause_accepting(a, strerror(errno));
}

static void
accept_some(struct acceptor *a, int listener, int max)
{
	struct sockaddr_storage client;
	socklen_t len;
	int i, fd;

	for (i = 0; i < max && a->resume_at == 0; i++) {
		if (a->crowd->total >= a->max_connections) {
			pause_accepting(a, "the limit of descriptors is near");
			return;
		}
		memset(&client, 0, sizeof(client));
		len = sizeof(client);
		fd = accept4(
		    listener, (struct sockaddr *)&client, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd != -1)
			take(a, fd, &client);
		else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
			pause_accepting(a, strerror(errno));
		else if (errno == EAGAIN)
			return;
	}
}

static void
listener_ready(struct watch *w, uint32_t events)
{
	struct listener *l = (struct listener *)w;

	(void)events;
	/* An earlier event of this round may have closed it. */
	if (w->fd != -1)
		accept_some(l->acceptor, w->fd, MAX_ACCEPTS);
}

static void
limit_connections(struct acceptor *a, const struct settings *s)
{
	rlim_t reserve = OWN_DESCRIPTORS + (rlim_t)TOOL_DESCRIPTORS * (rlim_t)s->max_threads;
	struct rlimit r;

	if (s->fleet.dir != NULL)
		reserve += (rlim_t)PING_DESCRIPTORS * PING_MAX;
	if (getrlimit(RLIMIT_NOFILE, &r) == -1)
		fatal("limit of descriptors: %s", strerror(errno));
	a->max_connections = r.rlim_cur > 2 * reserve ? r.rlim_cur - reserve : r.rlim_cur / 2;
	if ((rlim_t)s->max_connections > a->max_connections)
		log_warn("max_connections = %d: the limit of descriptors is enough for %llu",
		    s->max_connections, (unsigned long long)a->max_connections);
}

int
accept_begin(struct acceptor *a, const struct settings *s, struct watcher *watcher,
    const struct crowd *crowd, const int *listeners, int nlisteners,
    int (*opened)(void *arg, int fd, const struct sockaddr_storage *client), void *arg)
{
	struct listener *l;

	*a = (struct acceptor){
	    .settings = s, .watcher = watcher, .crowd = crowd, .opened = opened, .arg = arg};
	limit_connections(a, s);
	for (; a->nlisteners < nlisteners; a->nlisteners++) {
		l = &a->listeners[a->nlisteners];
		l->watch = (struct watch){.ready = listener_ready, .fd = listeners[a->nlisteners]};
		l->acceptor = a;
		if (watch_begin(watcher, &l->watch, EPOLLIN) == -1)
			return (-1);
	}
	return (0);
}

void
accept_end(struct acceptor *a)
{
	struct watch *w;

	while (a->nlisteners > 0) {
		w = &a->listeners[--a->nlisteners].watch;
		accept_some(a, w->fd, LISTEN_BACKLOG);
		watch_end(a->watcher, w);
		close(w->fd);
		w->fd = -1;
	}
	a->resume_at = 0;
}

int64_t
accept_check(struct acceptor *a)
{
	if (deadline_over(a->resume_at)) {
		a->resume_at = 0;
		listen_for(a, EPOLLIN);
	}
	return (deadline_sooner(a->resume_at, admit_check_log(&a->admit)));
}
