#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "background.h"
#include "call.h"
#include "lib/buf.h"
#include "lib/error.h"
#include "lib/thread.h"
#include "run.h"
#include "run_request.h"
#include "servers.h"
#include "sizes.h"

#define KEPT_MAX   ((size_t)256 << 10) /* bytes that wait for the caller; then the tool waits */
#define STACK_SIZE ((size_t)1 << 20)

/* What is said, for functions of the caller: these heads, each with its bytes behind it. */
enum what { STDOUT = 1, STDERR = 2, REMARK, WAITING, WAITED, START_OUTPUT };
struct message {
	enum what what;
	int64_t seconds;
	size_t len;
};

struct background {
	struct runtool *c;
	struct runtool_request request; /* its output comes to us */
	runtool_output_fn *output;	/* the caller's */
	void *arg;
	struct runtool_servers told; /* those of the caller; if the object was opened */
	int fd;			     /* readable when something waits for the caller */
	int room;		     /* readable when there is room again, or none is needed */
	pthread_t thread;	     /* while the object is busy */

	pthread_mutex_t lock; /* of all that follows */
	struct buf kept;
	bool over; /* the run is, and what came of it is valid */
	bool unwanted[CALL_STREAMS], failed;

	int rc;
	struct runtool_result result;
	struct runtool_error error;
};

/* ---- in the run's thread ------------------------------------------------------------------- */

/* With the lock. */
static bool
has_room(const struct background *b, size_t len)
{
	return (b->kept.len == 0 || b->kept.len + sizeof(struct message) + len <= KEPT_MAX);
}

/* With the lock, which it gives up while it waits. False: the run is cancelled, and says no more. */
static bool
await_room(struct background *b, size_t len)
{
	struct pollfd pfd = {.fd = b->room, .events = POLLIN};
	eventfd_t count;

	while (!has_room(b, len) && !control_cancelled(&b->c->control)) {
		pthread_mutex_unlock(&b->lock);
		(void)poll(&pfd, 1, -1);
		(void)eventfd_read(b->room, &count);
		pthread_mutex_lock(&b->lock);
	}
	return (!control_cancelled(&b->c->control));
}

/* With the lock. False without memory. */
static bool
append(struct background *b, const struct message *m, const void *data)
{
	if (buf_reserve(&b->kept, sizeof(*m) + m->len) == -1)
		return (false);
	buf_append(&b->kept, m, sizeof(*m));
	buf_append(&b->kept, data, m->len);
	return (true);
}

static void
say(struct background *b, const struct message *m, const void *data)
{
	pthread_mutex_lock(&b->lock);
	if (await_room(b, m->len) && !append(b, m, data))
		b->failed = true;
	pthread_mutex_unlock(&b->lock);
	(void)eventfd_write(b->fd, 1);
}

static int
take_output(void *arg, int stream, const void *data, size_t len)
{
	struct background *b = arg;
	bool failed, unwanted;

	say(b, &(struct message){.what = (enum what)stream, .len = len}, data);
	pthread_mutex_lock(&b->lock);
	failed = b->failed;
	unwanted = b->unwanted[stream - 1];
	pthread_mutex_unlock(&b->lock);
	return (failed ? -1 : unwanted ? RUNTOOL_CLOSE_STREAM : 0);
}

static void
take_remark(void *arg, const char *line)
{
	say(arg, &(struct message){.what = REMARK, .len = strlen(line) + 1}, line);
}

static void
take_waiting(void *arg, const char *line, int64_t seconds)
{
	say(arg, &(struct message){.what = WAITING, .seconds = seconds, .len = strlen(line) + 1},
	    line);
}

static void
take_waited(void *arg)
{
	say(arg, &(struct message){.what = WAITED}, "");
}

static void
take_start_output(void *arg, const void *data, size_t len)
{
	say(arg, &(struct message){.what = START_OUTPUT, .len = len}, data);
}

static void *
run_thread(void *arg)
{
	struct background *b = arg;
	int rc = run_to_end(b->c, &b->request, &b->result, &b->error);

	pthread_mutex_lock(&b->lock);
	b->rc = rc;
	b->over = true;
	pthread_mutex_unlock(&b->lock);
	(void)eventfd_write(b->fd, 1);
	return (NULL);
}

/* ---- in the caller's ----------------------------------------------------------------------- */

static void
background_free(struct background *b)
{
	if (b->fd != -1)
		close(b->fd);
	if (b->room != -1)
		close(b->room);
	pthread_mutex_destroy(&b->lock);
	buf_free(&b->kept);
	free(b);
}

/* NULL without memory or descriptors. */
static struct background *
background_new(struct runtool *c)
{
	struct background *b;

	if ((b = calloc(1, sizeof(*b))) == NULL)
		return (NULL);
	b->c = c;
	pthread_mutex_init(&b->lock, NULL);
	b->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	b->room = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (b->fd != -1 && b->room != -1)
		return (b);
	background_free(b);
	return (NULL);
}

/* Lets the run talk to us in place of the caller. */
static void
come_between(struct background *b, const struct runtool_request *request)
{
	struct runtool_servers *asked;

	b->request = *request;
	b->output = request->output;
	b->arg = request->arg;
	if (request->output != NULL)
		b->request.output = take_output;
	b->request.arg = b;
	if (b->c->servers == NULL)
		return;
	asked = &b->c->servers->asked;
	b->told = *asked;
	asked->remark = take_remark;
	asked->waiting = take_waiting;
	asked->waited = take_waited;
	asked->output = take_start_output;
	asked->arg = b;
}

static int
start(struct runtool *c, const struct runtool_request *request, struct runtool_error *err)
{
	struct background *b;
	int error;

	if (call_check_free(c, err) == -1 || run_request_check(request, err) == -1)
		return (-1);
	if (request->input != NULL || request->started != NULL)
		return (error_set(err, RUNTOOL_INVALID,
		    "input, started: are called by runtool_run() only, in its thread"));
	if (c->background == NULL && (c->background = background_new(c)) == NULL)
		return (error_set(err, RUNTOOL_INTERNAL, "out of memory or descriptors"));
	b = c->background;
	b->over = b->failed = false;
	memset(b->unwanted, 0, sizeof(b->unwanted));
	buf_free(&b->kept);
	come_between(b, request);
	control_also(&c->control, b->room);
	run_begin(c);
	if ((error = thread_start(&b->thread, STACK_SIZE, run_thread, b)) == 0) {
		c->busy = true;
		return (0);
	}
	control_end(&c->control);
	if (c->servers != NULL)
		c->servers->asked = b->told;
	return (error_set(err, RUNTOOL_INTERNAL, "no thread: %s", strerror(error)));
}

int
runtool_start(struct runtool *c, const struct runtool_request *request, struct runtool_error *err)
{
	struct runtool_request whole;
	struct runtool_error why;

	if (sizes_check(&sizes_error, err, &why) == -1 ||
	    sizes_take(&sizes_request, &whole, request, &why) == -1 || start(c, &whole, &why) == -1)
		return (sizes_fail(&why, err));
	return (0);
}

int
runtool_fd(const struct runtool *c)
{
	return (c->background == NULL ? -1 : c->background->fd);
}

short
runtool_events(const struct runtool *c)
{
	(void)c;
	return (POLLIN);
}

/* Hands output to the caller's function, and heeds what that says. */
static void
hand_on(struct background *b, int stream, const void *data, size_t len)
{
	bool wanted;
	int rc;

	pthread_mutex_lock(&b->lock);
	wanted = !b->unwanted[stream - 1] && !b->failed;
	pthread_mutex_unlock(&b->lock);
	if (!wanted || (rc = b->output(b->arg, stream, data, len)) == 0)
		return;
	pthread_mutex_lock(&b->lock);
	if (rc == RUNTOOL_CLOSE_STREAM)
		b->unwanted[stream - 1] = true;
	else
		b->failed = true;
	pthread_mutex_unlock(&b->lock);
	/* The tool may write nothing more by which its run would notice. */
	if (rc != RUNTOOL_CLOSE_STREAM)
		control_cancel(&b->c->control);
}

static void
tell(struct background *b, const struct message *m, const void *data)
{
	const struct runtool_servers *told = &b->told;

	switch (m->what) {
	case STDOUT:
	case STDERR:
		hand_on(b, (int)m->what, data, m->len);
		break;
	case REMARK:
		if (told->remark != NULL)
			told->remark(told->arg, data);
		break;
	case WAITING:
		if (told->waiting != NULL)
			told->waiting(told->arg, data, m->seconds);
		break;
	case WAITED:
		if (told->waited != NULL)
			told->waited(told->arg);
		break;
	case START_OUTPUT:
		if (told->output != NULL)
			told->output(told->arg, data, m->len);
		break;
	}
}

/* Takes all that is kept, and tells it. */
static void
tell_all(struct background *b)
{
	struct buf said;
	struct message m;
	eventfd_t count;
	size_t at;

	(void)eventfd_read(b->fd, &count);
	pthread_mutex_lock(&b->lock);
	said = b->kept;
	b->kept = (struct buf){0};
	pthread_mutex_unlock(&b->lock);
	(void)eventfd_write(b->room, 1);
	for (at = 0; at < said.len; at += sizeof(m) + m.len) {
		memcpy(&m, said.data + at, sizeof(m));
		tell(b, &m, said.data + at + sizeof(m));
	}
	buf_free(&said);
}

static void
end_thread(struct background *b)
{
	pthread_join(b->thread, NULL);
	b->c->busy = false;
	if (b->c->servers != NULL)
		b->c->servers->asked = b->told;
}

/* 1: the run goes on; 0 with the result, or -1 with *err. */
static int
process(struct runtool *c, struct runtool_result *result, struct runtool_error *err)
{
	struct background *b = c->background;
	bool over;

	if (!c->busy)
		return (error_set(err, RUNTOOL_INVALID, "no run was started"));
	tell_all(b);
	pthread_mutex_lock(&b->lock);
	over = b->over && b->kept.len == 0;
	pthread_mutex_unlock(&b->lock);
	if (!over)
		return (1);
	end_thread(b);
	if (b->failed) {
		/* Ours may have come too late for this run, and is not meant for the next one. */
		control_end(&c->control);
		return (run_request_undelivered(err));
	}
	*result = b->result;
	*err = b->error;
	return (b->rc);
}

int
runtool_process(struct runtool *c, struct runtool_result *result, struct runtool_error *err)
{
	struct runtool_result got;
	struct runtool_error why;
	int rc = -1;

	if (sizes_check(&sizes_error, err, &why) == 0 &&
	    sizes_check(&sizes_result, result, &why) == 0)
		rc = process(c, &got, &why);
	if (rc == 0)
		sizes_give(&sizes_result, &got, result);
	return (rc == -1 ? sizes_fail(&why, err) : rc);
}

void
background_close(struct background *b)
{
	if (b == NULL)
		return;
	if (b->c->busy) {
		control_cancel(&b->c->control);
		end_thread(b);
	}
	control_also(&b->c->control, -1);
	background_free(b);
}
