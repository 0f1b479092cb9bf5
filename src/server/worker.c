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

#include "access.h"
#include "clock.h"
#include "debug.h"
#include "killer.h"
#include "launch.h"
#include "log.h"
#include "orphans.h"
#include "queue.h"
#include "request.h"
#include "relay.h"
#include "input.h"
#include "stop.h"
#include "worker.h"

#define STACK_SIZE ((size_t)512 * 1024)
#define SHOWN	   512 /* bytes of what a client sent, in the log */
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
open_files(
    struct worker_pool *p, struct request *r, struct launch_files *files, struct srpc_error *err)
{
	char why[WHY_SIZE];

	if ((files->in = input_open(p->settings, r->run.stdin_file, why, sizeof(why))) == -1)
		return (srpc_fail(err, SRPC_INTERNAL_TROUBLE, "Can't open stdin file %s (%s)",
		    r->run.stdin_file, why));
	if ((files->out = open_output(p, r, &r->run.out, err)) == -1 ||
	    (files->err = open_output(p, r, &r->run.err, err)) == -1)
		return (-1);
	return (0);
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

/* Starts the tool and sees it through. 0 with its wait(2) status, or -1 with *err. */
static int
run_tool(struct worker_pool *p, struct request *r, const char *root, struct launch_files *files,
    int *status, struct srpc_error *err)
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

	killer_started(p->killer, r, l.life, l.launcher);
	if (stop_wanted())
		stop_around_tool(&l, root);
	launch_wait(&l, still_wanted, &waiting);
	killer_forget(p->killer, r);
	rc = launch_result(&l, &r->run, root, status, err);
	debug_say("RunToolServer: run id=%llu completed: wait status %#x",
	    (unsigned long long)r->id, rc == 0 ? (unsigned int)*status : 0);
	orphans_disown(l.launcher);
	if (l.orphaned)
		orphans_sweep();
	launch_close(&l);
	return (rc);
}

/* Everything between a request and its result. 0, or -1 with *err. */
static int
run_request(struct worker_pool *p, struct request *r, int *status, struct srpc_error *err)
{
	struct launch_files files = {-1, -1, -1};
	const struct settings *s = p->settings;
	char root[ROOT_SIZE];
	int i, rc;

	snprintf(root, sizeof(root), "%s/%08x", s->volatile_root, r->root);
	rc = open_files(p, r, &files, err);
	if (rc == 0 && killer_may_start(p->killer, r))
		rc = run_tool(p, r, root, &files, status, err);
	else if (rc == 0)
		rc = srpc_fail(err, SRPC_INTERNAL_TROUBLE, "not started");
	close_files(&files);
	killer_forget(p->killer, r);
	for (i = 0; rc == 0 && i < s->sync_after_tool; i++)
		sync();
	return (rc);
}

static void
log_run(const struct request *r, int rc, int status, const struct srpc_error *err, double secs)
{
	char tool[SHOWN], args[SHOWN] = "", words[SHOWN], joined[SHOWN] = "", result[2 * SHOWN];
	const char *const *arg;

	for (arg = (const char *const *)r->run.argv + 1; *arg != NULL; arg++) {
		if (arg != (const char *const *)r->run.argv + 1)
			strlcat(joined, " ", sizeof(joined));
		if (strlcat(joined, *arg, sizeof(joined)) >= sizeof(joined))
			break;
	}
	if (rc == -1)
		snprintf(result, sizeof(result), "failure=%d why=%s", err->code,
		    log_quote(words, sizeof(words), err->message));
	else if (WIFSIGNALED(status))
		snprintf(result, sizeof(result), "signal=%d core=%d", WTERMSIG(status),
		    WCOREDUMP(status) != 0);
	else
		snprintf(result, sizeof(result), "status=%d", WEXITSTATUS(status));
	log_info("run id=%llu client=%s root=%08x tool=%s %s secs=%.2f args=%s%s",
	    (unsigned long long)r->id, r->client_text, r->root,
	    log_quote(tool, sizeof(tool), r->run.argv[0]), result, secs,
	    log_quote(args, sizeof(args), joined),
	    r->end == END_CLIENT_GONE ? " ended: its client is gone"
	    : r->end == END_SHUTDOWN  ? " ended: the server ends"
				      : "");
}

static void
put_reply(struct request *r, int rc, int status, struct srpc_error *err)
{
	struct rpc_run_result result = {0};

	if (r->end == END_SHUTDOWN)
		rc = srpc_fail(err, SRPC_INTERNAL_TROUBLE,
		    "RunToolServer: the server was shut down while the tool ran");
	if (rc == -1) {
		request_fail(r, err);
		return;
	}
	if (WIFSIGNALED(status)) {
		result.signal = WTERMSIG(status);
		result.core = WCOREDUMP(status) != 0;
	} else {
		result.status = WEXITSTATUS(status);
	}
	rpc_put_run_result(&r->reply, r->version, &result);
}

/* Saves the client a switch to the event loop, which sends what does not go at once. */
static void
send_reply(struct request *r)
{
	ssize_t n;

	if (r->reply.failed || r->gone)
		return;
	n = send(r->fd, r->reply.data, r->reply.len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n > 0)
		buf_consume(&r->reply, (size_t)n);
}

static void
serve(struct worker_pool *p, struct request *r)
{
	struct srpc_error err = {0};
	int64_t start = clock_ms();
	int status = 0, rc;

	rc = run_request(p, r, &status, &err);
	queue_done(p->queue);
	log_run(r, rc, status, &err, (double)(clock_ms() - start) / 1000);
	put_reply(r, rc, status, &err);
	send_reply(r);
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
