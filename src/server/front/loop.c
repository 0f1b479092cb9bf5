#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "lib/deadline.h"
#include "lib/log.h"
#include "server/base/fd.h"
#include "server/base/stats.h"
#include "server/runs/request.h"
#include "server/runs/trace.h"
#include "accept.h"
#include "calls.h"
#include "drain.h"
#include "loop.h"
#include "watch.h"

/* There is one, since signals are the process's, and other threads find it without being told. */
static struct {
	struct watcher watcher;
	struct watch signals, woken, trace;
	struct acceptor acceptor;
	struct calls calls;
	struct drain drain;
	pthread_mutex_t lock; /* of what other threads have finished */
	struct request_list finished;
} loop = {
    .watcher = {.epoll = -1},
    .signals = {.fd = -1},
    .woken = {.fd = -1},
    .lock = PTHREAD_MUTEX_INITIALIZER,
    .finished = TAILQ_HEAD_INITIALIZER(loop.finished),
};

/* ---- for other threads ------------------------------------------------------------------------ */

void
loop_wake(void)
{
	(void)eventfd_write(loop.woken.fd, 1);
}

void
loop_finished(struct request *r)
{
	pthread_mutex_lock(&loop.lock);
	TAILQ_INSERT_TAIL(&loop.finished, r, entry);
	pthread_mutex_unlock(&loop.lock);
	loop_wake();
}

/* ---- what is watched, beside listeners and connections ---------------------------------------- */

static struct request *
next_finished(void)
{
	struct request *r;

	pthread_mutex_lock(&loop.lock);
	if ((r = TAILQ_FIRST(&loop.finished)) != NULL)
		TAILQ_REMOVE(&loop.finished, r, entry);
	pthread_mutex_unlock(&loop.lock);
	return (r);
}

static void
woken_ready(struct watch *w, uint32_t events)
{
	struct request *r;
	eventfd_t count;

	(void)events;
	(void)eventfd_read(w->fd, &count);
	while ((r = next_finished()) != NULL)
		calls_finished(r);
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
	drain_signal(&loop.drain, (int)info.ssi_signo);
}

static void
trace_ready(struct watch *w, uint32_t events)
{
	(void)w;
	(void)events;
	trace_take();
}

static int
open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	return (signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
}

/* ---- what accept and drain are told to call ------------------------------------------------ */

static int
opened(void *arg, int fd, const struct sockaddr_storage *client)
{
	struct calls *calls = arg;

	if (conn_open(&calls->conns, fd, client) == NULL)
		return (-1);
	stats_count(STATS_CONNECTIONS);
	return (0);
}

static void
denied(void *arg, int fd, const struct sockaddr_storage *client)
{
	calls_deny(arg, fd, client);
}

static void
drain_refused(void *arg, struct request *r)
{
	(void)arg;
	calls_finished(r);
}

static void
drain_close_port(void *arg)
{
	(void)arg;
	accept_end(&loop.acceptor);
}

static void
drain_close_idle(void *arg)
{
	calls_drain(arg);
}

static unsigned int
drain_running(void *arg)
{
	return (calls_running(arg));
}

/* ---- the loop --------------------------------------------------------------------------------- */

int
loop_init(const struct settings *s, const int *listeners, int nlisteners)
{
	struct watcher *w = &loop.watcher;

	loop.signals = (struct watch){.ready = signals_ready, .fd = open_signals()};
	loop.woken =
	    (struct watch){.ready = woken_ready, .fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
	loop.trace = (struct watch){.ready = trace_ready, .fd = trace_source()};
	if (loop.signals.fd == -1 || loop.woken.fd == -1 || watcher_open(w) == -1 ||
	    watch_begin(w, &loop.signals, EPOLLIN) == -1 ||
	    watch_begin(w, &loop.woken, EPOLLIN) == -1 ||
	    (loop.trace.fd != -1 && watch_begin(w, &loop.trace, EPOLLIN) == -1))
		return (-1);
	calls_init(&loop.calls, s, w);
	loop.calls.conns.reserve = &loop.acceptor.reserve;
	return (accept_begin(&loop.acceptor, s, w, &loop.calls.conns.crowd, listeners, nlisteners,
	    (struct accept_hooks){&loop.calls, opened, denied}));
}

/* Does what is due. When something is due again; 0: nothing. */
static int64_t
check_time(void)
{
	int64_t next = accept_check(&loop.acceptor);

	next = deadline_sooner(next, drain_check(&loop.drain));
	return (deadline_sooner(next, conns_check_deadlines(&loop.calls.conns)));
}

void
loop_run(struct queue *queue, struct killer *killer, struct fleet *fleet)
{
	loop.calls.queue = queue;
	loop.calls.killer = killer;
	loop.calls.drain = &loop.drain;
	loop.drain = (struct drain){
	    .settings = loop.calls.settings,
	    .queue = queue,
	    .killer = killer,
	    .fleet = fleet,
	    .hooks = {&loop.calls, drain_refused, drain_close_port, drain_close_idle,
		drain_running},
	};
	while (!drain_is_over(&loop.drain)) {
		watcher_wait(&loop.watcher, deadline_left(check_time()));
		conns_collect(&loop.calls.conns);
	}
	conns_close_all(&loop.calls.conns);
}

void
loop_close(void)
{
	watcher_close(&loop.watcher);
	fd_close(&loop.signals.fd);
	fd_close(&loop.woken.fd);
}
