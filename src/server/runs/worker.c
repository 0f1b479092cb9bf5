#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <bsd/string.h>

#include "server/front/access.h"
#include "server/base/clock.h"
#include "debug.h"
#include "killer.h"
#include "launch.h"
#include "lib/log.h"
#include "orphans.h"
#include "outcome.h"
#include "queue.h"
#include "request.h"
#include "relay.h"
#include "lib/rpc5.h"
#include "input.h"
#include "server/base/stats.h"
#include "stop.h"
#include "stream.h"
#include "worker.h"

#define STACK_SIZE ((size_t)512 * 1024)
#define WHY_SIZE   256
#define ROOT_SIZE  4096

struct worker_pool {
	const struct settings *settings;
	struct queue *queue;
	struct killer *killer;
	void (*finished)(struct request *);
	pthread_t *threads;
	int nthreads;
};

/* What the waiting for a relay, or until all output is out, is for. */
struct waiting {
	struct worker_pool *pool;
	struct request *request;
};

static bool
still_wanted(void *arg)
{
	const struct waiting *w = arg;

	return (killer_may_start(w->pool->killer, w->request));
}

/* Where the tool's output goes: a connection to the client, or /dev/null. */
static int
open_output(
    struct worker_pool *p, struct request *r, const struct sockaddr_in *to, struct srpc_error *err)
{
	const struct settings *s = p->settings;
	struct waiting waiting = {.pool = p, .request = r};
	struct sockaddr_storage addr = {0};
	char text[ADDR_TEXT_SIZE];
	const char *why;
	int fd;

	if (to->sin_addr.s_addr == 0 && to->sin_port == 0) {
		if ((fd = open("/dev/null", O_WRONLY | O_CLOEXEC)) == -1)
			srpc_fail(err, SRPC_INTERNAL_TROUBLE, "/dev/null: %s", strerror(errno));
		return (fd);
	}
	memcpy(&addr, to, sizeof(*to));
	if (!access_relay(s, &r->client, &addr)) {
		why = "neither the client's address nor one that `allow` admits: see relay_hosts";
	} else {
		fd = relay_connect(&addr, s->relay_timeout * 1000, still_wanted, &waiting);
		if (fd != -1)
			return (fd);
		why = strerror(errno);
	}
	return (srpc_fail(err, SRPC_INTERNAL_TROUBLE, "TCP failure: Can't connect to %s (%s)",
	    addr_format(&addr, text, sizeof(text)), why));
}

static int
open_input(const struct settings *s, const struct request *r, int *fd, struct srpc_error *err)
{
	char why[WHY_SIZE];

	if ((*fd = input_open(s, r->run.stdin_file, why, sizeof(why))) != -1)
		return (0);
	return (srpc_fail(
	    err, SRPC_INTERNAL_TROUBLE, "Can't open stdin file %s (%s)", r->run.stdin_file, why));
}

static int
open_files(struct worker_pool *p, struct request *r, struct launch_files *files,
    struct stream *stream, struct srpc_error *err)
{
	int fds[3] = {-1, -1, -1}, rc;

	if (!r->run.stream_stdin && open_input(p->settings, r, &files->in, err) == -1)
		return (-1);
	if (r->version < RPC5_VERSION) {
		if ((files->out = open_output(p, r, &r->run.out, err)) == -1 ||
		    (files->err = open_output(p, r, &r->run.err, err)) == -1)
			return (-1);
		return (0);
	}
	fds[0] = files->in;
	if ((rc = stream_open(stream, r, fds)) == -1)
		srpc_fail(err, SRPC_INTERNAL_TROUBLE, "pipe: %s", strerror(errno));
	*files = (struct launch_files){fds[0], fds[1], fds[2]};
	return (rc);
}

/* The tool holds them by itself now: its output ends when it says so. */
static void
close_files(struct launch_files *files)
{
	if (files->in != -1)
		close(files->in);
	if (files->out != -1)
		close(files->out);
	if (files->err != -1)
		close(files->err);
	*files = (struct launch_files){-1, -1, -1};
}

/* For somebody who wants to look into the root, before the tool and after it. */
static void
stop_around_tool(struct launch *l, const char *root)
{
	char path[ROOT_SIZE];

	if (!launch_held(l, root, path, sizeof(path)))
		return;
	stop_before_tool(path);
	launch_go_on(l);
	if (!launch_held(l, root, path, sizeof(path)))
		return;
	stop_after_tool(path, l->outcome.value);
	launch_go_on(l);
}

/* Starts the tool and sees it through. 0, or -1 with *err. */
static int
run_tool(struct worker_pool *p, struct request *r, const char *root, struct launch_files *files,
    struct stream *stream, struct outcome *o, struct srpc_error *err)
{
	struct waiting waiting = {.pool = p, .request = r};
	const struct settings *s = p->settings;
	struct launch l;
	int rc;

	orphans_spawn_begin();
	if ((rc = launch_start(&l, s, &r->run, root, files, err)) == 0)
		orphans_adopt(l.launcher);
	orphans_spawn_end();
	close_files(files);
	if (rc == -1)
		return (-1);

	o->started = clock_us();
	killer_started(p->killer, r, l.life, l.launcher);
	if (r->version >= RPC5_VERSION)
		launch_serve(&l, stream);
	if (stop_wanted())
		stop_around_tool(&l, root);
	launch_wait(&l);
	o->ended = clock_us();
	killer_ended(p->killer, r);
	launch_deliver(&l, still_wanted, &waiting);
	killer_forget(p->killer, r);
	rc = launch_result(&l, &r->run, root, &o->wait_status, err);
	if (rc == -1 && r->end == END_SHUTDOWN)
		outcome_say_shutdown(err);
	o->user_us = l.outcome.user_us;
	o->system_us = l.outcome.system_us;
	o->max_rss_kb = l.outcome.max_rss_kb;
	o->signals = stream->signals;
	debug_say("RunToolServer: run id=%llu completed: wait status %#x",
	    (unsigned long long)r->id, rc == 0 ? (unsigned int)o->wait_status : 0);
	orphans_disown(l.launcher);
	if (l.orphaned)
		orphans_sweep();
	launch_close(&l);
	return (rc);
}

/* By path, or by name, as the launcher takes it. */
static void
root_of(const struct worker_pool *p, const struct request *r, char root[ROOT_SIZE])
{
	if (r->run.root_name != NULL)
		strlcpy(root, r->run.root_name, ROOT_SIZE);
	else
		snprintf(root, ROOT_SIZE, "%s/%08x", p->settings->volatile_root, r->run.root);
}

/* Everything between a request and its result. 0, or -1 with *err. */
static int
run_request(struct worker_pool *p, struct request *r, struct outcome *o, struct srpc_error *err)
{
	struct launch_files files = {-1, -1, -1};
	struct stream stream = {.input = -1, .outputs = {-1, -1}};
	char root[ROOT_SIZE];
	int i, rc;

	root_of(p, r, root);
	rc = open_files(p, r, &files, &stream, err);
	if (rc == 0 && killer_may_start(p->killer, r))
		rc = run_tool(p, r, root, &files, &stream, o, err);
	else if (rc == 0)
		rc = srpc_fail(err, SRPC_CLIENT_ERROR, "request denied: server is shutting down");
	close_files(&files);
	stream_close(&stream);
	killer_forget(p->killer, r);
	for (i = 0; rc == 0 && i < p->settings->sync_after_tool; i++)
		sync();
	return (rc);
}

static void
serve(struct worker_pool *p, struct request *r)
{
	struct srpc_error err = {0};
	struct outcome o = {0};
	int64_t start = clock_us();
	int rc;

	killer_taken(p->killer, r);
	rc = run_request(p, r, &o, &err);
	queue_done(p->queue);
	stats_count(rc == 0 ? STATS_RUNS : STATS_FAILURES);
	outcome_log(r, rc == 0 ? &o : NULL, &err, clock_us() - start);
	/* A client that broke the rules meanwhile has its answer. */
	if (rc == 0 && !r->failed)
		outcome_reply(r, &o);
	else if (!r->failed)
		request_fail(r, &err);
	/* Whoever has the reply finds it counted. */
	stats_call(RPC5_CALL_RUN, rc == -1 || r->failed || r->gone, r->start);
	r->counted = true;
	if (!r->gone)
		request_send(r);
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
