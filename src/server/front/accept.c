#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
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
say(const struct acceptor *a, int64_t *said_at, const char *why, const char *what)
{
	if (*said_at != 0 && *said_at + SAY_AGAIN_MS > clock_ms())
		return;
	log_warn("accept: %s (%u connections): %s", why, a->crowd->total, what);
	*said_at = clock_ms();
}

static void
pause_accepting(struct acceptor *a, const char *why)
{
	say(a, &a->said_paused, why, "new ones have to wait");
	listen_for(a, 0);
	a->resume_at = clock_ms() + BACK_OFF_MS;
}

static void
refill_later(struct acceptor *a)
{
	if (a->refill_at == 0)
		a->refill_at = clock_ms() + BACK_OFF_MS;
}

static void
take(struct acceptor *a, int fd, struct sockaddr_storage *client)
{
	const char *lack;
	bool tell;

	addr_unmap(client);
	if (!admit_client(&a->admit, a->settings, a->crowd, client, &tell)) {
		if (tell && reserve_lack(&a->reserve) == NULL)
			a->hooks.denied(a->hooks.arg, fd, client);
		else
			close(fd);
		return;
	}
	tune(fd);
	if (a->hooks.opened(a->hooks.arg, fd, client) == -1) {
		pause_accepting(a, strerror(errno));
		return;
	}
	if ((lack = reserve_lack(&a->reserve)) != NULL) {
		refill_later(a);
		say(a, &a->said_lack, lack, "runs of new ones are refused");
	}
}

static bool
is_shortage(int error)
{
	return (error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM);
}

/* Whether accept(2) can be tried again. */
static bool
give_way(struct acceptor *a, int error)
{
	bool given = error == EMFILE || error == ENFILE ? reserve_give_descriptor(&a->reserve)
							: reserve_give_memory(&a->reserve);

	if (given)
		refill_later(a);
	errno = error;
	return (given);
}

static void
accept_some(struct acceptor *a, int listener, int max)
{
	struct sockaddr_storage client;
	const char *gone;
	socklen_t len;
	int i, fd;

	for (i = 0; i < max && a->resume_at == 0; i++) {
		if ((gone = reserve_gone(&a->reserve)) != NULL) {
			pause_accepting(a, gone);
			return;
		}
		memset(&client, 0, sizeof(client));
		len = sizeof(client);
		fd = accept4(
		    listener, (struct sockaddr *)&client, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd != -1)
			take(a, fd, &client);
		else if (is_shortage(errno) && !give_way(a, errno))
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

/* That leave descriptors for ourselves and the tools. */
static unsigned int
most_connections(const struct settings *s)
{
	rlim_t max, reserve = OWN_DESCRIPTORS + (rlim_t)TOOL_DESCRIPTORS * (rlim_t)s->max_threads;
	struct rlimit r;

	if (s->fleet.dir != NULL)
		reserve += (rlim_t)PING_DESCRIPTORS * PING_MAX;
	if (getrlimit(RLIMIT_NOFILE, &r) == -1)
		fatal("limit of descriptors: %s", strerror(errno));
	max = r.rlim_cur > 2 * reserve ? r.rlim_cur - reserve : r.rlim_cur / 2;
	if ((rlim_t)s->max_connections > max)
		log_warn("max_connections = %d: the limit of descriptors is enough for %llu",
		    s->max_connections, (unsigned long long)max);
	return (max < UINT_MAX ? (unsigned int)max : UINT_MAX);
}

int
accept_begin(struct acceptor *a, const struct settings *s, struct watcher *watcher,
    const struct crowd *crowd, const int *listeners, int nlisteners, struct accept_hooks hooks)
{
	struct listener *l;

	*a = (struct acceptor){.settings = s, .watcher = watcher, .crowd = crowd, .hooks = hooks};
	reserve_init(&a->reserve, crowd, watcher, most_connections(s));
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
	a->resume_at = a->refill_at = 0;
	reserve_free(&a->reserve);
}

int64_t
accept_check(struct acceptor *a)
{
	if (deadline_over(a->refill_at)) {
		reserve_refill(&a->reserve);
		a->refill_at = reserve_lack(&a->reserve) == NULL ? 0 : clock_ms() + BACK_OFF_MS;
	}
	if (deadline_over(a->resume_at)) {
		a->resume_at = 0;
		listen_for(a, EPOLLIN);
	}
	return (deadline_sooner(
	    a->refill_at, deadline_sooner(a->resume_at, admit_check_log(&a->admit))));
}
