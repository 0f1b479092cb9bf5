#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "admit.h"
#include "server/base/clock.h"
#include "conn.h"
#include "crowd.h"
#include "drain.h"
#include "listen.h"
#include "lib/log.h"
#include "loop.h"
#include "server/fleet/ping.h"
#include "server/runs/queue.h"

#define MAX_EVENTS   256
#define MAX_ACCEPTS  64	   /* at a time, so that others have their turn */
#define BACK_OFF_MS  1000  /* without accepting, when descriptors or memory ran out */
#define SAY_AGAIN_MS 60000 /* between two lines in the log about that */

/* Descriptors that connections must leave: for ourselves, for pings, and for each tool that starts. */
#define OWN_DESCRIPTORS	 64
#define PING_DESCRIPTORS 3
#define TOOL_DESCRIPTORS 8

/* A client's host that fell silent is given up after about a minute: 30 + 3 x 10 seconds. */
#define KEEP_IDLE     30
#define KEEP_INTERVAL 10
#define KEEP_COUNT    3

static int epoll = -1;
static struct watch listeners[LISTEN_MAX];
static int nlisteners;
static struct watch signals = {.fd = -1}, finished = {.fd = -1};
static struct conn_context context;

static pthread_mutex_t finished_lock = PTHREAD_MUTEX_INITIALIZER;
static struct request_list finished_list = TAILQ_HEAD_INITIALIZER(finished_list);

static int64_t accept_after; /* monotonic milliseconds; 0: accepting */
static int64_t said_at;	     /* that accepting is paused; 0: not yet */
static rlim_t max_conns;

int
loop_watch(struct watch *w, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = w};

	w->events = events;
	return (epoll_ctl(epoll, EPOLL_CTL_ADD, w->fd, &event));
}

int
loop_change(struct watch *w, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = w};

	if (w->events == events)
		return (0);
	w->events = events;
	return (epoll_ctl(epoll, EPOLL_CTL_MOD, w->fd, &event));
}

void
loop_unwatch(struct watch *w)
{
	epoll_ctl(epoll, EPOLL_CTL_DEL, w->fd, NULL);
}

void
loop_wake(void)
{
	const uint64_t one = 1;

	(void)!write(finished.fd, &one, sizeof(one));
}

void
loop_finished(struct request *r)
{
	pthread_mutex_lock(&finished_lock);
	TAILQ_INSERT_TAIL(&finished_list, r, entry);
	pthread_mutex_unlock(&finished_lock);
	loop_wake();
}

static struct request *
next_finished(void)
{
	struct request *r;

	pthread_mutex_lock(&finished_lock);
	if ((r = TAILQ_FIRST(&finished_list)) != NULL)
		TAILQ_REMOVE(&finished_list, r, entry);
	pthread_mutex_unlock(&finished_lock);
	return (r);
}

static void
finished_ready(struct watch *w, uint32_t events)
{
	struct request *r;
	uint64_t count;

	(void)events;
	(void)!read(w->fd, &count, sizeof(count));
	while ((r = next_finished()) != NULL)
		conn_finished(r);
}

static void
tune(int fd)
{
	const int on = 1, idle = KEEP_IDLE, interval = KEEP_INTERVAL, count = KEEP_COUNT;

	/* Each only makes a good connection better. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof(interval));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof(count));
}

static void
pause_accepting(const char *why)
{
	int i;

	if (said_at == 0 || said_at + SAY_AGAIN_MS <= clock_ms()) {
		log_warn("accept: %s (%u connections): new ones have to wait", why, crowd_size());
		said_at = clock_ms();
	}
	for (i = 0; i < nlisteners; i++)
		loop_change(&listeners[i], 0);
	accept_after = clock_ms() + BACK_OFF_MS;
}

static void
resume_accepting(void)
{
	int i;

	accept_after = 0;
	for (i = 0; i < nlisteners; i++)
		loop_change(&listeners[i], EPOLLIN);
}

static void
admit(int fd, struct sockaddr_storage *client)
{
	addr_unmap(client);
	if (!admit_client(context.settings, client)) {
		close(fd);
		return;
	}
	tune(fd);
	if (conn_open(&context, fd, client) == -1)
		pause_accepting(strerror(errno));
}

static void
accept_some(const struct watch *w, int max)
{
	struct sockaddr_storage client;
	socklen_t len;
	int i, fd;

	for (i = 0; i < max && accept_after == 0 && w->fd != -1; i++) {
		if (crowd_size() >= max_conns) {
			pause_accepting("the limit of descriptors is near");
			return;
		}
		memset(&client, 0, sizeof(client));
		len = sizeof(client);
		fd = accept4(w->fd, (struct sockaddr *)&client, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd != -1)
			admit(fd, &client);
		else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
			pause_accepting(strerror(errno));
		else if (errno == EAGAIN)
			return;
	}
}

static void
listener_ready(struct watch *w, uint32_t events)
{
	(void)events;
	accept_some(w, MAX_ACCEPTS);
}

void
loop_close_listeners(void)
{
	while (nlisteners > 0) {
		accept_some(&listeners[--nlisteners], LISTEN_BACKLOG);
		loop_unwatch(&listeners[nlisteners]);
		close(listeners[nlisteners].fd);
		listeners[nlisteners].fd = -1;
	}
	accept_after = 0;
}

static void
signals_ready(struct watch *w, uint32_t events)
{
	struct signalfd_siginfo info;

	(void)events;
	if (read(w->fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (info.ssi_signo == SIGHUP) {
		log_info("SIGHUP: the configuration is read at start only: restart the server");
		return;
	}
	drain_signal((int)info.ssi_signo);
}

static void
limit_connections(const struct settings *s)
{
	rlim_t reserve = OWN_DESCRIPTORS + (rlim_t)TOOL_DESCRIPTORS * (rlim_t)s->max_threads;
	struct rlimit r;

	if (s->fleet.dir != NULL)
		reserve += (rlim_t)PING_DESCRIPTORS * PING_MAX;
	if (getrlimit(RLIMIT_NOFILE, &r) == -1)
		fatal("limit of descriptors: %s", strerror(errno));
	max_conns = r.rlim_cur > 2 * reserve ? r.rlim_cur - reserve : r.rlim_cur / 2;
	if ((rlim_t)s->max_connections > max_conns)
		log_warn("max_connections = %d: the limit of descriptors is enough for %llu",
		    s->max_connections, (unsigned long long)max_conns);
}

int
loop_init(const struct settings *s, const int *fds, int nfds)
{
	sigset_t set;
	int i;

	context.settings = s;
	limit_connections(s);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	signals = (struct watch){
	    .ready = signals_ready, .fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK)};
	finished =
	    (struct watch){.ready = finished_ready, .fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
	epoll = epoll_create1(EPOLL_CLOEXEC);
	if (epoll == -1 || signals.fd == -1 || finished.fd == -1 ||
	    loop_watch(&signals, EPOLLIN) == -1 || loop_watch(&finished, EPOLLIN) == -1)
		return (-1);
	for (i = 0; i < nfds; i++) {
		listeners[i] = (struct watch){.ready = listener_ready, .fd = fds[i]};
		if (loop_watch(&listeners[i], EPOLLIN) == -1)
			return (-1);
	}
	nlisteners = nfds;
	return (0);
}

/* Does what is due; milliseconds to the next time, or -1. */
static int
check_time(void)
{
	int next;

	if (clock_until(accept_after) == 0)
		resume_accepting();
	next = drain_check();
	next = clock_sooner(next, conn_check_deadlines());
	next = clock_sooner(next, admit_check_log());
	return (clock_sooner(next, clock_until(accept_after)));
}

void
loop_run(struct queue *queue, struct killer *killer)
{
	struct epoll_event events[MAX_EVENTS];
	struct watch *w;
	int n, i;

	context.queue = queue;
	context.killer = killer;
	while (!drain_is_over()) {
		n = epoll_wait(epoll, events, MAX_EVENTS, check_time());
		for (i = 0; i < n; i++) {
			w = events[i].data.ptr;
			w->ready(w, events[i].events);
		}
		conn_collect();
	}
	conn_close_all();
}

void
loop_close(void)
{
	close(epoll);
	close(signals.fd);
	close(finished.fd);
}
