#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "clock.h"
#include "killer.h"
#include "log.h"
#include "queue.h"
#include "request.h"

#define MAX_EVENTS 64
#define WAKE_ID	   0 /* no request has it */

#define LAST_RESORT_MS 2000 /* from SIGKILL's order to SIGKILL of the supervisor */

struct killer {
	pthread_t thread;
	pthread_mutex_t lock; /* of all below, and of each request's part that is ours */
	struct request_list watched;
	struct queue *queue;
	void (*dropped)(struct request *);
	int epoll;
	int wake; /* a deadline came up, or stop is set */
	int grace;
	bool ending; /* the server is */
	bool stop;
};

static void
tell(const struct request *r, unsigned char sig)
{
	/* A supervisor that is gone has ended its tree. */
	(void)!send(r->life, &sig, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* By way of the supervisor; and where that did not help, the supervisor itself. */
static void
order_kill(struct request *r)
{
	tell(r, SIGKILL);
	if (r->kills > 0 && r->group > 0)
		kill(-r->group, SIGKILL);
	if (r->kills++ == 1)
		log_warn("kill id=%llu client=%s: its supervisor does not answer: SIGKILL to it",
		    (unsigned long long)r->id, r->client_text);
	r->kill_at = clock_ms() + LAST_RESORT_MS;
}

/* SIGTERM to the tool's tree, and SIGCONT lest a stopped one not hear it. */
static void
order_term(struct killer *k, struct request *r)
{
	tell(r, SIGTERM);
	tell(r, SIGCONT);
	r->kill_at = clock_ms() + k->grace * 1000LL;
}

static void
order_end(struct killer *k, struct request *r, enum request_end why, bool at_once)
{
	if (r->end == END_NOT)
		r->end = why;
	if (r->life == -1)
		return;
	log_debug("kill id=%llu client=%s: %s", (unsigned long long)r->id, r->client_text,
	    why == END_CLIENT_GONE ? "its client is gone" : "the server ends");
	if (at_once || k->grace == 0)
		order_kill(r);
	else if (r->kill_at == 0)
		order_term(k, r);
}

static void
unwatch(struct killer *k, struct request *r)
{
	if (!r->watched)
		return;
	epoll_ctl(k->epoll, EPOLL_CTL_DEL, r->fd, NULL);
	TAILQ_REMOVE(&k->watched, r, watch);
	r->watched = false;
}

static struct request *
find(struct killer *k, uint64_t id)
{
	struct request *r;

	TAILQ_FOREACH (r, &k->watched, watch) {
		if (r->id == id)
			return (r);
	}
	return (NULL);
}

/* Returns the request if it was still waiting: it is the caller's to drop. */
static struct request *
client_gone(struct killer *k, uint64_t id)
{
	struct request *r;

	/* An event may be stale: its request ended while we waited for the lock. */
	if ((r = find(k, id)) == NULL)
		return (NULL);
	epoll_ctl(k->epoll, EPOLL_CTL_DEL, r->fd, NULL);
	r->gone = true;
	if (queue_remove(k->queue, r)) {
		TAILQ_REMOVE(&k->watched, r, watch);
		r->watched = false;
		r->end = END_CLIENT_GONE;
		return (r);
	}
	order_end(k, r, END_CLIENT_GONE, false);
	return (NULL);
}

static void
look_at_event(struct killer *k, uint64_t id)
{
	struct request *waiting;
	uint64_t count;

	if (id == WAKE_ID) {
		(void)!read(k->wake, &count, sizeof(count));
		return;
	}
	pthread_mutex_lock(&k->lock);
	waiting = client_gone(k, id);
	pthread_mutex_unlock(&k->lock);
	if (waiting != NULL)
		k->dropped(waiting);
}

/* SIGKILL to those whose time is up. Milliseconds to the next, or -1. */
static int
kill_due(struct killer *k)
{
	int64_t now = clock_ms(), next = -1;
	struct request *r;

	TAILQ_FOREACH (r, &k->watched, watch) {
		if (r->kill_at == 0)
			continue;
		if (r->kill_at <= now)
			order_kill(r);
		if (next == -1 || r->kill_at - now < next)
			next = r->kill_at - now;
	}
	return ((int)next);
}

static void *
run(void *arg)
{
	struct epoll_event events[MAX_EVENTS];
	struct killer *k = arg;
	int n, i, timeout;
	bool stop;

	for (;;) {
		pthread_mutex_lock(&k->lock);
		timeout = kill_due(k);
		stop = k->stop;
		pthread_mutex_unlock(&k->lock);
		if (stop)
			return (NULL);
		n = epoll_wait(k->epoll, events, MAX_EVENTS, timeout);
		for (i = 0; i < n; i++)
			look_at_event(k, events[i].data.u64);
	}
}

static void
wake_up(struct killer *k)
{
	const uint64_t one = 1;

	(void)!write(k->wake, &one, sizeof(one));
}

struct killer *
killer_new(struct queue *queue, int grace, void (*dropped)(struct request *))
{
	struct epoll_event event = {.events = EPOLLIN, .data.u64 = WAKE_ID};
	struct killer *k;
	int error;

	if ((k = calloc(1, sizeof(*k))) == NULL)
		return (NULL);
	pthread_mutex_init(&k->lock, NULL);
	TAILQ_INIT(&k->watched);
	k->queue = queue;
	k->dropped = dropped;
	k->grace = grace;
	k->epoll = epoll_create1(EPOLL_CLOEXEC);
	k->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (k->epoll == -1 || k->wake == -1 ||
	    epoll_ctl(k->epoll, EPOLL_CTL_ADD, k->wake, &event) == -1)
		error = errno;
	else
		error = pthread_create(&k->thread, NULL, run, k);
	if (error == 0)
		return (k);
	if (k->epoll != -1)
		close(k->epoll);
	if (k->wake != -1)
		close(k->wake);
	pthread_mutex_destroy(&k->lock);
	free(k);
	errno = error;
	return (NULL);
}

void
killer_free(struct killer *k)
{
	if (k == NULL)
		return;
	pthread_mutex_lock(&k->lock);
	k->stop = true;
	pthread_mutex_unlock(&k->lock);
	wake_up(k);
	pthread_join(k->thread, NULL);
	close(k->epoll);
	close(k->wake);
	pthread_mutex_destroy(&k->lock);
	free(k);
}

int
killer_watch(struct killer *k, struct request *r)
{
	struct epoll_event event = {.events = EPOLLRDHUP, .data.u64 = r->id};
	int rc;

	pthread_mutex_lock(&k->lock);
	/* On the list first: the client may be gone already. */
	TAILQ_INSERT_TAIL(&k->watched, r, watch);
	r->watched = true;
	if ((rc = epoll_ctl(k->epoll, EPOLL_CTL_ADD, r->fd, &event)) == -1) {
		TAILQ_REMOVE(&k->watched, r, watch);
		r->watched = false;
	}
	pthread_mutex_unlock(&k->lock);
	return (rc);
}

bool
killer_may_start(struct killer *k, struct request *r)
{
	bool may;

	pthread_mutex_lock(&k->lock);
	if (k->ending && r->end == END_NOT)
		r->end = END_SHUTDOWN;
	may = r->end == END_NOT;
	pthread_mutex_unlock(&k->lock);
	return (may);
}

void
killer_started(struct killer *k, struct request *r, int life, pid_t group)
{
	pthread_mutex_lock(&k->lock);
	r->life = life;
	r->group = group;
	if (k->ending && r->end == END_NOT)
		r->end = END_SHUTDOWN;
	if (r->end != END_NOT) {
		order_end(k, r, r->end, false);
		wake_up(k);
	}
	pthread_mutex_unlock(&k->lock);
}

void
killer_forget(struct killer *k, struct request *r)
{
	pthread_mutex_lock(&k->lock);
	unwatch(k, r);
	r->life = -1;
	r->kill_at = 0;
	pthread_mutex_unlock(&k->lock);
}

void
killer_end_all(struct killer *k, bool at_once)
{
	struct request *r;

	pthread_mutex_lock(&k->lock);
	k->ending = true;
	TAILQ_FOREACH (r, &k->watched, watch) {
		order_end(k, r, END_SHUTDOWN, at_once);
	}
	pthread_mutex_unlock(&k->lock);
	wake_up(k);
}
