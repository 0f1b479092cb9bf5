#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "server/base/clock.h"
#include "server/base/stats.h"
#include "killer.h"
#include "outcome.h"
#include "queue.h"
#include "request.h"
#include "run.h"
#include "worker.h"

#define STACK_SIZE ((size_t)512 * 1024)

struct worker_pool {
	const struct settings *settings;
	struct queue *queue;
	struct killer *killer;
	void (*finished)(struct request *);
	pthread_t *threads;
	int nthreads;
};

/* Makes the reply, unless the client broke the protocol and has its answer already. */
static void
reply(
    struct worker_pool *p, struct request *r, const struct outcome *o, const struct srpc_error *err)
{
	struct rpc5_load load = queue_load(p->queue).told;

	if (r->failed)
		return;
	if (o != NULL)
		outcome_reply(r, o, load);
	else
		request_fail(r, err, load);
}

static void
serve(struct worker_pool *p, struct request *r)
{
	struct srpc_error err = {0};
	struct outcome o = {0};
	int64_t start = clock_us(), us;
	int rc;

	killer_taken(p->killer, r);
	rc = run_tool(p->settings, p->killer, r, &o, &err);
	queue_done(p->queue);
	/* A client that left before there was a result is nobody's failure. */
	if (rc == 0 || err.code != SRPC_PARTNER_WENT_AWAY)
		stats_count(rc == 0 ? STATS_RUNS : STATS_FAILURES);
	us = clock_us() - start - o.paused_us;
	reply(p, r, rc == 0 ? &o : NULL, &err);
	/*
	 * Before the reply is sent: a client that asks for the statistics next must find the run
	 * counted.
	 */
	stats_call(RPC5_CALL_RUN, rc == -1 || r->failed || r->gone, r->start);
	r->counted = true;
	if (!r->gone)
		request_send(r);
	outcome_log(r, rc == 0 ? &o : NULL, &err, us);
	p->finished(r);
}

static void *
work(void *arg)
{
	struct worker_pool *p = arg;
	struct request *r;

	while ((r = queue_pop(p->queue)) != NULL)
		serve(p, r);
	return (NULL);
}

struct worker_pool *
worker_start(const struct settings *s, struct queue *queue, struct killer *killer,
    void (*finished)(struct request *))
{
	struct worker_pool *p;
	pthread_attr_t attr;
	int error = 0;

	if ((p = calloc(1, sizeof(*p))) == NULL)
		return (NULL);
	p->settings = s;
	p->queue = queue;
	p->killer = killer;
	p->finished = finished;
	if ((p->threads = calloc((size_t)s->max_threads, sizeof(*p->threads))) == NULL) {
		free(p);
		return (NULL);
	}
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	while (error == 0 && p->nthreads < s->max_threads)
		if ((error = pthread_create(&p->threads[p->nthreads], &attr, work, p)) == 0)
			p->nthreads++;
	pthread_attr_destroy(&attr);
	if (error == 0)
		return (p);
	queue_close(queue);
	worker_join(p);
	errno = error;
	return (NULL);
}

void
worker_join(struct worker_pool *p)
{
	int i;

	if (p == NULL)
		return;
	for (i = 0; i < p->nthreads; i++)
		pthread_join(p->threads[i], NULL);
	free(p->threads);
	free(p);
}
