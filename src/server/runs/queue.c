#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "queue.h"
#include "request.h"

/* The waiting requests of one client host. Hosts are few: a list will do. */
struct host {
	struct sockaddr_storage addr;
	struct request_list requests;
	TAILQ_ENTRY(host) entry;
};

struct queue {
	pthread_mutex_t lock;
	pthread_cond_t ready;
	TAILQ_HEAD(, host) hosts; /* the first has its turn; none has an empty list */
	unsigned int workers, limit;
	int loaded_at;
	unsigned int waiting; /* in the lists */
	unsigned int serving; /* popped and not done */
	uint64_t turns;	      /* popped so far */
	bool closed;
};

struct queue *
queue_new(unsigned int workers, unsigned int limit, int loaded_at)
{
	struct queue *q;

	if ((q = calloc(1, sizeof(*q))) == NULL)
		return (NULL);
	pthread_mutex_init(&q->lock, NULL);
	pthread_cond_init(&q->ready, NULL);
	TAILQ_INIT(&q->hosts);
	q->workers = workers;
	q->limit = limit;
	q->loaded_at = loaded_at;
	return (q);
}

void
queue_free(struct queue *q)
{
	if (q == NULL)
		return;
	pthread_cond_destroy(&q->ready);
	pthread_mutex_destroy(&q->lock);
	free(q);
}

/* The host's list, made if need be; NULL when memory is short. */
static struct host *
host_of(struct queue *q, const struct request *r)
{
	struct host *h;

	TAILQ_FOREACH (h, &q->hosts, entry) {
		if (addr_same_host(&h->addr, &r->client))
			return (h);
	}
	if ((h = calloc(1, sizeof(*h))) == NULL)
		return (NULL);
	h->addr = r->client;
	TAILQ_INIT(&h->requests);
	TAILQ_INSERT_TAIL(&q->hosts, h, entry);
	return (h);
}

static void
take_out(struct queue *q, struct host *h, struct request *r)
{
	TAILQ_REMOVE(&h->requests, r, entry);
	q->waiting--;
	if (TAILQ_EMPTY(&h->requests)) {
		TAILQ_REMOVE(&q->hosts, h, entry);
		free(h);
	}
}

/* Takes the first request of the host whose turn it is. The host goes to the end of the line. */
static struct request *
take_next(struct queue *q)
{
	struct host *h = TAILQ_FIRST(&q->hosts);
	struct request *r = TAILQ_FIRST(&h->requests);

	TAILQ_REMOVE(&q->hosts, h, entry);
	TAILQ_INSERT_TAIL(&q->hosts, h, entry);
	take_out(q, h, r);
	return (r);
}

int
queue_push(struct queue *q, struct request *r)
{
	struct host *h;
	int error = 0;

	pthread_mutex_lock(&q->lock);
	if (q->closed) {
		error = ESHUTDOWN;
	} else if (q->waiting + q->serving >= q->workers + q->limit) {
		error = EAGAIN;
	} else if ((h = host_of(q, r)) == NULL) {
		error = ENOMEM;
	} else {
		TAILQ_INSERT_TAIL(&h->requests, r, entry);
		q->waiting++;
		pthread_cond_signal(&q->ready);
	}
	pthread_mutex_unlock(&q->lock);

	errno = error;
	return (error == 0 ? 0 : -1);
}

struct request *
queue_pop(struct queue *q)
{
	struct request *r = NULL;

	pthread_mutex_lock(&q->lock);
	while (q->waiting == 0 && !q->closed)
		pthread_cond_wait(&q->ready, &q->lock);
	if (q->waiting > 0) {
		r = take_next(q);
		q->serving++;
		q->turns++;
	}
	pthread_mutex_unlock(&q->lock);
	return (r);
}

void
queue_done(struct queue *q)
{
	pthread_mutex_lock(&q->lock);
	q->serving--;
	pthread_mutex_unlock(&q->lock);
}

bool
queue_remove(struct queue *q, struct request *wanted)
{
	struct request *r = NULL;
	struct host *h;

	pthread_mutex_lock(&q->lock);
	TAILQ_FOREACH (h, &q->hosts, entry) {
		TAILQ_FOREACH (r, &h->requests, entry) {
			if (r == wanted)
				break;
		}
		if (r != NULL)
			break;
	}
	if (r != NULL)
		take_out(q, h, r);
	pthread_mutex_unlock(&q->lock);
	return (r != NULL);
}

void
queue_close(struct queue *q)
{
	pthread_mutex_lock(&q->lock);
	q->closed = true;
	pthread_cond_broadcast(&q->ready);
	pthread_mutex_unlock(&q->lock);
}

struct request *
queue_flush(struct queue *q)
{
	struct request *r = NULL;

	pthread_mutex_lock(&q->lock);
	if (q->waiting > 0)
		r = take_next(q);
	pthread_mutex_unlock(&q->lock);
	return (r);
}

struct queue_load
queue_load(struct queue *q)
{
	struct queue_load load;
	unsigned int all;

	pthread_mutex_lock(&q->lock);
	all = q->serving + q->waiting;
	/* What a free worker is about to take counts as running. */
	load.running = all < q->workers ? all : q->workers;
	load.waiting = all - load.running;
	load.turns = q->turns;
	load.told.in_flight = (int32_t)all;
	load.told.loaded = q->closed || load.told.in_flight > q->loaded_at;
	pthread_mutex_unlock(&q->lock);
	return (load);
}
