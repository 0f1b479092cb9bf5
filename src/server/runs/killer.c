#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/deadline.h"
#include "lib/log.h"
#include "server/base/clock.h"
#include "server/base/stats.h"
#include "ending.h"
#include "killer.h"
#include "liveness.h"
#include "outcome.h"
#include "queue.h"
#include "request.h"
#include "stall.h"

#define MAX_EVENTS   64
#define WAKE_ID	     0 /* no request has it */
#define TRY_AGAIN_MS 1 /* to refuse a request, where that was not possible yet */

struct killer {
	pthread_t thread;
	pthread_mutex_t lock; /* of all below, and of the killer's part of each request */
	struct request_list requests;
	struct queue *queue;
	void (*dropped)(struct request *);
	int epoll;
	int wake; /* a deadline came up, or stop is set */
	int grace;
	struct stall stall;
	bool ending; /* all tools, because the server ends */
	bool stop;
};

static void
leave(struct killer *k, struct request *r)
{
	TAILQ_REMOVE(&k->requests, r, killer_entry);
	r->has_killer = false;
}

static struct request *
find(struct killer *k, uint64_t id)
{
	struct request *r;

	TAILQ_FOREACH (r, &k->requests, killer_entry) {
		if (r->id == id)
			return (r);
	}
	return (NULL);
}

/* True if no worker has the request: the caller must drop it. */
static bool
client_gone(struct killer *k, struct request *r)
{
	epoll_ctl(k->epoll, EPOLL_CTL_DEL, r->fd, NULL);
	r->gone = true;
	r->look_at = 0;
	if (queue_remove(k->queue, r)) {
		leave(k, r);
		r->end = END_CLIENT_GONE;
		return (true);
	}
	ending_begin(r, END_CLIENT_GONE, k->grace, false);
	return (false);
}

/* From version 5 on. True if the caller must drop the request. */
static bool
look_after_client(struct killer *k, struct request *r, int64_t now)
{
	r->look_at = now + liveness_interval(r);
	if (liveness_is_mute(r)) {
		log_info("kill id=%llu client=%s: acknowledges nothing", (unsigned long long)r->id,
		    r->client_text);
		shutdown(r->fd, SHUT_RDWR);
		return (client_gone(k, r));
	}
	if (r->waiting)
		liveness_say_queued(r);
	return (false);
}

/*
 * Its turn did not come in time: the client wants it refused then. True if the caller must drop it,
 * with its reply.
 */
static bool
refuse_late(struct killer *k, struct request *r, int64_t now)
{
	struct queue_load load = queue_load(k->queue);
	struct srpc_error err = {0};

	/* Either a free worker is about to take it, or one did and has not said so yet. */
	if (load.waiting == 0 || !queue_remove(k->queue, r)) {
		r->turn_by = now + TRY_AGAIN_MS;
		return (false);
	}
	epoll_ctl(k->epoll, EPOLL_CTL_DEL, r->fd, NULL);
	leave(k, r);
	load = queue_load(k->queue);
	outcome_say_busy(&err, load.waiting);
	outcome_log(r, NULL, &err, clock_us() - r->start);
	stats_count(STATS_REFUSED);
	request_fail(r, &err, load.told);
	return (true);
}

/* Hands over a request that was taken out of the queue, without the lock. */
static void
drop_request(struct killer *k, struct request *r)
{
	struct srpc_error err;

	if (r->gone) {
		outcome_say_end(&err, END_CLIENT_GONE, false);
		outcome_log(r, NULL, &err, clock_us() - r->start);
	}
	k->dropped(r);
}

static void
look_at_event(struct killer *k, uint64_t id)
{
	struct request *r;
	eventfd_t count;
	bool drop;

	if (id == WAKE_ID) {
		(void)eventfd_read(k->wake, &count);
		return;
	}
	pthread_mutex_lock(&k->lock);
	/* An event may be stale: its request ended while we waited for the lock. */
	drop = (r = find(k, id)) != NULL && client_gone(k, r);
	pthread_mutex_unlock(&k->lock);
	if (drop)
		drop_request(k, r);
}

static bool
is_due(int64_t moment, int64_t now)
{
	return (moment != 0 && moment <= now);
}

/* Does what is due for one request. True if the caller must drop it. */
static bool
do_due(struct killer *k, struct request *r, int64_t now)
{
	if (is_due(r->limit_at, now)) {
		r->limit_at = 0;
		ending_begin(r, END_TIME_LIMIT, k->grace, false);
	}
	if (is_due(r->kill_at, now))
		ending_kill(r);
	return ((is_due(r->look_at, now) && look_after_client(k, r, now)) ||
		(is_due(r->turn_by, now) && refuse_late(k, r, now)));
}

/*
 * Does what is due, and sets *next to when something is due again. Returns a request that the
 * caller must drop, and stops there: then it must be called again. NULL: all is done.
 */
static struct request *
do_all_due(struct killer *k, int64_t now, int64_t *next)
{
	struct request *r;

	/*
	 * Clients that are added meanwhile need not wake us, unless they want more looks than this.
	 */
	*next = now + LIVENESS_LOOK_MS;
	TAILQ_FOREACH (r, &k->requests, killer_entry) {
		if (do_due(k, r, now))
			return (r);
		*next = deadline_sooner(*next, deadline_sooner(r->kill_at, r->limit_at));
		*next = deadline_sooner(*next, deadline_sooner(r->look_at, r->turn_by));
	}
	return (NULL);
}

/* Under the lock: nobody waits for the log. */
static void
look_at_slots(struct killer *k, int64_t now)
{
	struct queue_load load = queue_load(k->queue);

	if (stall_look(&k->stall, &load, now))
		stall_tell(&k->requests, &load, now);
}

/* When something is due again; 0 once we have to stop. */
static int64_t
look_at_requests(struct killer *k)
{
	int64_t now = clock_ms(), next;
	struct request *dropped;
	bool stop;

	do {
		pthread_mutex_lock(&k->lock);
		if ((dropped = do_all_due(k, now, &next)) == NULL)
			look_at_slots(k, now);
		stop = k->stop;
		pthread_mutex_unlock(&k->lock);
		if (dropped != NULL)
			drop_request(k, dropped);
	} while (dropped != NULL);
	return (stop ? 0 : next);
}

static void *
run(void *arg)
{
	struct epoll_event events[MAX_EVENTS];
	struct killer *k = arg;
	int64_t next;
	int n, i;

	while ((next = look_at_requests(k)) != 0) {
		n = epoll_wait(k->epoll, events, MAX_EVENTS, deadline_left(next));
		for (i = 0; i < n; i++)
			look_at_event(k, events[i].data.u64);
	}
	return (NULL);
}

static void
wake_up(struct killer *k)
{
	(void)eventfd_write(k->wake, 1);
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
	TAILQ_INIT(&k->requests);
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
killer_enqueue(struct killer *k, struct request *r)
{
	struct epoll_event event = {.events = EPOLLRDHUP, .data.u64 = r->id};
	bool wake;
	int error;

	/*
	 * Both under the lock: if the client is gone already, its event comes at once, and must
	 * find the request in the queue.
	 */
	pthread_mutex_lock(&k->lock);
	TAILQ_INSERT_TAIL(&k->requests, r, killer_entry);
	r->has_killer = true;
	if (k->ending)
		r->end = END_SHUTDOWN;
	if (r->version >= RPC5_VERSION) {
		r->waiting = true;
		r->look_at = clock_ms() + liveness_interval(r);
		r->turn_by = deadline_in(r->run.queue_ms);
	}
	wake = r->turn_by != 0 ||
	       (r->version >= RPC5_VERSION && liveness_interval(r) < LIVENESS_LOOK_MS);
	error = epoll_ctl(k->epoll, EPOLL_CTL_ADD, r->fd, &event) == -1 ? errno : 0;
	if (error == 0 && queue_push(k->queue, r) == -1) {
		error = errno;
		epoll_ctl(k->epoll, EPOLL_CTL_DEL, r->fd, NULL);
	}
	if (error != 0)
		leave(k, r);
	pthread_mutex_unlock(&k->lock);
	if (error == 0 && wake)
		wake_up(k);
	errno = error;
	return (error == 0 ? 0 : -1);
}

void
killer_taken(struct killer *k, struct request *r)
{
	pthread_mutex_lock(&k->lock);
	r->waiting = false;
	r->taken_at = clock_ms();
	r->turn_by = 0;
	pthread_mutex_unlock(&k->lock);
}

/* Why the run is not wanted any more. */
static enum request_end
why_unwanted(const struct request *r)
{
	return (r->gone ? END_CLIENT_GONE : r->end);
}

bool
killer_run_is_wanted(struct killer *k, struct request *r)
{
	bool wanted;

	pthread_mutex_lock(&k->lock);
	wanted = why_unwanted(r) == END_NOT;
	pthread_mutex_unlock(&k->lock);
	return (wanted);
}

void
killer_started(struct killer *k, struct request *r, int life, pid_t group)
{
	pthread_mutex_lock(&k->lock);
	r->life = life;
	r->group = group;
	r->limit_at = deadline_in(r->run.time_limit_ms);
	if (r->end != END_NOT)
		ending_begin(r, r->end, k->grace, false);
	if (r->end != END_NOT || r->limit_at != 0)
		wake_up(k);
	pthread_mutex_unlock(&k->lock);
}

enum request_end
killer_ended(struct killer *k, struct request *r)
{
	enum request_end end;

	pthread_mutex_lock(&k->lock);
	r->life = -1;
	r->kill_at = r->limit_at = 0;
	end = r->end;
	/* Its client still waits for the output, until the server ends. */
	if (end == END_TIME_LIMIT)
		r->end = END_NOT;
	pthread_mutex_unlock(&k->lock);
	return (end);
}

enum request_end
killer_unregister(struct killer *k, struct request *r)
{
	enum request_end why;

	pthread_mutex_lock(&k->lock);
	if (r->has_killer) {
		epoll_ctl(k->epoll, EPOLL_CTL_DEL, r->fd, NULL);
		leave(k, r);
	}
	r->life = -1;
	r->kill_at = r->limit_at = r->look_at = r->turn_by = 0;
	why = why_unwanted(r);
	pthread_mutex_unlock(&k->lock);
	return (why);
}

void
killer_end_all(struct killer *k, bool at_once)
{
	struct request *r;

	pthread_mutex_lock(&k->lock);
	k->ending = true;
	TAILQ_FOREACH (r, &k->requests, killer_entry) {
		ending_begin(r, END_SHUTDOWN, k->grace, at_once);
	}
	pthread_mutex_unlock(&k->lock);
	wake_up(k);
}
