#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "server/base/clock.h"
#include "killer.h"
#include "lib/log.h"
#include "outcome.h"
#include "queue.h"
#include "request.h"
#include "lib/rpc5.h"
#include "server/base/stats.h"

#define MAX_EVENTS 64
#define WAKE_ID	   0 /* no request has it */

#define LAST_RESORT_MS 2000 /* from SIGKILL's order to SIGKILL of the keeper */
#define LOOK_MS	       5000 /* between two looks whether clients still acknowledge; no less often */
#define MUTE_MS	       60000 /* without any acknowledgement a client is gone */

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
	/* A keeper that is gone has ended its tree. */
	(void)!send(r->life, &sig, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* By way of the keeper; and where that did not help, the keeper itself. */
static void
order_kill(struct request *r)
{
	tell(r, SIGKILL);
	if (r->kills > 0 && r->group > 0)
		kill(-r->group, SIGKILL);
	if (r->kills++ == 1)
		log_warn("kill id=%llu client=%s: its keeper does not answer: SIGKILL to it",
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
	    why == END_CLIENT_GONE  ? "its client is gone"
	    : why == END_TIME_LIMIT ? "its time is up"
				    : "the server ends");
	if (at_once || k->grace == 0)
		order_kill(r);
	else if (r->kill_at == 0)
		order_term(k, r);
}

/* As often as its client wants to hear of us, if not more. */
static int
look_interval(const struct request *r)
{
	return (r->run.keep_alive_ms < LOOK_MS ? r->run.keep_alive_ms : LOOK_MS);
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

/* True if it was still waiting: it is the caller's to drop. */
static bool
client_gone(struct killer *k, struct request *r)
{
	epoll_ctl(k->epoll, EPOLL_CTL_DEL, r->fd, NULL);
	r->gone = true;
	r->look_at = 0;
	if (queue_remove(k->queue, r)) {
		TAILQ_REMOVE(&k->watched, r, watch);
		r->watched = false;
		r->end = END_CLIENT_GONE;
		return (true);
	}
	order_end(k, r, END_CLIENT_GONE, false);
	return (false);
}

/*
 * Whether the client's host has gone, whatever the client does: one that does not read acknowledges
 * our probes (of which one may get lost), and TCP itself would go on asking for a quarter of an hour.
 */
static bool
is_mute(const struct request *r)
{
	struct tcp_info info = {0};
	socklen_t len = sizeof(info);

	return (getsockopt(r->fd, IPPROTO_TCP, TCP_INFO, &info, &len) == 0 &&
		(info.tcpi_retransmits > 0 || info.tcpi_probes > 1) &&
		info.tcpi_last_ack_recv >= MUTE_MS);
}

/* From version 5 on. True if the request is the caller's to drop. */
static bool
look_after_client(struct killer *k, struct request *r, int64_t now)
{
	static const uint8_t queued = RPC5_QUEUED;

	r->look_at = now + look_interval(r);
	if (is_mute(r)) {
		log_info("kill id=%llu client=%s: acknowledges nothing", (unsigned long long)r->id,
		    r->client_text);
		shutdown(r->fd, SHUT_RDWR);
		return (client_gone(k, r));
	}
	/* A single byte is sent whole or not at all. */
	if (r->waiting && r->reply.len == 0)
		(void)!send(r->fd, &queued, sizeof(queued), MSG_DONTWAIT | MSG_NOSIGNAL);
	return (false);
}

/*
 * Its client would rather be refused than wait on. True if the request is the caller's to drop, with
 * its reply.
 */
static bool
refuse_late(struct killer *k, struct request *r, int64_t now)
{
	struct srpc_error err = {0};

	r->turn_by = r->waiting ? now + 1 : 0;
	/* It is not there when its turn has just come, or is about to be put there. */
	if (!r->waiting || !queue_remove(k->queue, r))
		return (false);
	unwatch(k, r);
	outcome_say_busy(&err, queue_load(k->queue).waiting);
	outcome_log(r, NULL, &err, clock_us() - r->start);
	stats_count(STATS_REFUSED);
	request_fail(r, &err);
	return (true);
}

static void
look_at_event(struct killer *k, uint64_t id)
{
	struct request *r;
	uint64_t count;
	bool drop;

	if (id == WAKE_ID) {
		(void)!read(k->wake, &count, sizeof(count));
		return;
	}
	pthread_mutex_lock(&k->lock);
	/* An event may be stale: its request ended while we waited for the lock. */
	drop = (r = find(k, id)) != NULL && client_gone(k, r);
	pthread_mutex_unlock(&k->lock);
	if (drop)
		k->dropped(r);
}

static int64_t
sooner(int64_t a, int64_t b)
{
	return (b != 0 && b < a ? b : a);
}

/*
 * Does for each request what is due; *next is when that has to be done again. Returns one that is the
 * caller's to drop, if any: then there may be more.
 */
static struct request *
do_due(struct killer *k, int64_t now, int64_t *next)
{
	struct request *r;

	*next = now + LOOK_MS;
	TAILQ_FOREACH (r, &k->watched, watch) {
		if (r->limit_at != 0 && r->limit_at <= now) {
			r->limit_at = 0;
			order_end(k, r, END_TIME_LIMIT, false);
		}
		if (r->kill_at != 0 && r->kill_at <= now)
			order_kill(r);
		if (r->look_at != 0 && r->look_at <= now && look_after_client(k, r, now))
			return (r);
		if (r->turn_by != 0 && r->turn_by <= now && refuse_late(k, r, now))
			return (r);
		*next = sooner(sooner(*next, r->kill_at), r->limit_at);
		*next = sooner(sooner(*next, r->look_at), r->turn_by);
	}
	return (NULL);
}

/* Milliseconds until something is due again; -1 once we have to stop. */
static int
look_at_requests(struct killer *k)
{
	int64_t now = clock_ms(), next;
	struct request *dropped;
	bool stop;

	do {
		pthread_mutex_lock(&k->lock);
		dropped = do_due(k, now, &next);
		stop = k->stop;
		pthread_mutex_unlock(&k->lock);
		if (dropped != NULL)
			k->dropped(dropped);
	} while (dropped != NULL);
	return (stop ? -1 : (int)(next - now));
}

static void *
run(void *arg)
{
	struct epoll_event events[MAX_EVENTS];
	struct killer *k = arg;
	int n, i, timeout;

	while ((timeout = look_at_requests(k)) != -1) {
		n = epoll_wait(k->epoll, events, MAX_EVENTS, timeout);
		for (i = 0; i < n; i++)
			look_at_event(k, events[i].data.u64);
	}
	return (NULL);
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
	bool wake;
	int rc;

	pthread_mutex_lock(&k->lock);
	/* On the list first: the client may be gone already. */
	TAILQ_INSERT_TAIL(&k->watched, r, watch);
	r->watched = true;
	if (r->version >= RPC5_VERSION) {
		r->waiting = true;
		r->look_at = clock_ms() + look_interval(r);
		r->turn_by = r->run.queue_ms > 0 ? clock_ms() + r->run.queue_ms : 0;
	}
	wake = r->turn_by != 0 || (r->version >= RPC5_VERSION && look_interval(r) < LOOK_MS);
	if ((rc = epoll_ctl(k->epoll, EPOLL_CTL_ADD, r->fd, &event)) == -1) {
		TAILQ_REMOVE(&k->watched, r, watch);
		r->watched = false;
	}
	pthread_mutex_unlock(&k->lock);
	/* It looks every LOOK_MS anyway. */
	if (wake)
		wake_up(k);
	return (rc);
}

void
killer_taken(struct killer *k, struct request *r)
{
	pthread_mutex_lock(&k->lock);
	r->waiting = false;
	pthread_mutex_unlock(&k->lock);
}

bool
killer_may_start(struct killer *k, struct request *r)
{
	bool may;

	pthread_mutex_lock(&k->lock);
	if (k->ending && r->end == END_NOT)
		r->end = END_SHUTDOWN;
	may = !r->gone && (r->end == END_NOT || r->end == END_TIME_LIMIT);
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
	if (r->run.time_limit_ms > 0)
		r->limit_at = clock_ms() + r->run.time_limit_ms;
	if (r->end != END_NOT)
		order_end(k, r, r->end, false);
	if (r->end != END_NOT || r->limit_at != 0)
		wake_up(k);
	pthread_mutex_unlock(&k->lock);
}

void
killer_ended(struct killer *k, struct request *r)
{
	pthread_mutex_lock(&k->lock);
	r->life = -1;
	r->kill_at = r->limit_at = 0;
	pthread_mutex_unlock(&k->lock);
}

void
killer_forget(struct killer *k, struct request *r)
{
	pthread_mutex_lock(&k->lock);
	unwatch(k, r);
	r->life = -1;
	r->kill_at = r->limit_at = r->look_at = r->turn_by = 0;
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
