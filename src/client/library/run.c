/* runtool_run(): from one server to the next, until one has run the tool or no more is to be done. */
#include <stdio.h>
#include <unistd.h>

#include "attempt.h"
#include "client/choose/choose.h"
#include "client/choose/patience.h"
#include "lib/deadline.h"
#include "lib/endpoint.h"
#include "lib/error.h"
#include "run.h"
#include "run4.h"
#include "run_request.h"
#include "servers.h"
#include "sizes.h"

struct course {
	struct runtool *c;
	struct runtool_request request; /* as it is put to the next server */
	const struct runtool_request *asked;
	off_t input;		  /* where its input begins; -1: nobody can go back there */
	struct patience patience; /* for a server that is named */
	int64_t begin, last;	  /* the beginning of the first attempt, and of the last one */
	int64_t room_until;	  /* for those to choose from */
	bool connected;		  /* the last attempt has found its server */
	int refusals, lost;
};

static struct choose *
chooser(const struct course *r)
{
	return (r->c->servers == NULL ? NULL : r->c->servers->choose);
}

static const char *
server_name(const struct course *r, char name[ENDPOINT_NAME_SIZE])
{
	struct endpoint server;

	snprintf(server.host, sizeof(server.host), "%s", r->c->host);
	snprintf(server.port, sizeof(server.port), "%s", r->c->port);
	return (endpoint_name(&server, name));
}

/* ---- one server after the other ------------------------------------------------------------ */

/* Goes to the server that is to run it. 0, or -1 with *err. */
static int
next_server(struct course *r, struct runtool_error *err)
{
	struct runtool *c = r->c;
	struct endpoint server;
	int queue_ms, own_ms = r->asked->queue_timeout_ms;

	if (chooser(r) == NULL)
		return (0);
	if (choose_next(chooser(r), &server, &queue_ms, err) == -1) {
		(void)call_change_server(c, NULL, NULL);
		return (control_ends(&c->control) ? control_words(&c->control, err) : -1);
	}
	if (call_change_server(c, server.host, server.port) == -1)
		return (error_set(err, RUNTOOL_INTERNAL, "out of memory"));
	/* Not longer than that will it wait for its turn there. */
	r->request.queue_timeout_ms = own_ms != 0 && own_ms < queue_ms ? own_ms : queue_ms;
	return (0);
}

/* 0 with *result, or -1 with *err. */
static int
ask_server(struct course *r, struct runtool_result *result, struct runtool_error *err)
{
	const struct servers *s = r->c->servers;
	char name[ENDPOINT_NAME_SIZE];

	r->last = deadline_now();
	if (s != NULL && s->asked.verbose)
		servers_remark(s, "%s: asking %s", r->request.argv[0], server_name(r, name));
	r->connected = call_prepare(r->c, err) == 0;
	if (!r->connected)
		return (-1);
	if (s != NULL)
		s->hooks.waited(s->hooks.arg);
	return (attempt(r->c, &r->request, result, err));
}

static void
tell_refusal(const struct course *r, const struct runtool_error *err)
{
	char name[ENDPOINT_NAME_SIZE], words[ERROR_WORDS_SIZE];

	servers_remark(r->c->servers, "%s: %s", server_name(r, name), error_words(err, words));
}

/* Waits a moment for the server that is named. False if it has been long enough. */
static bool
await_server(struct course *r, const struct runtool_error *err)
{
	const struct servers *s = r->c->servers;
	char name[ENDPOINT_NAME_SIZE], line[ENDPOINT_NAME_SIZE + 32];

	if (r->patience.ms == 0)
		return (false);
	if (!r->patience.waiting)
		tell_refusal(r, err);
	if (!patience_wait(&r->patience, &s->hooks))
		return (false);
	snprintf(line, sizeof(line), "waiting for the server %s", server_name(r, name));
	if (s->asked.waiting != NULL)
		s->asked.waiting(s->asked.arg, line, patience_seconds(&r->patience));
	return (true);
}

/* The server did not run it. Whether to go on; if that is another one, it is chosen. */
static bool
goes_on(struct course *r, const struct runtool_error *err)
{
	if (chooser(r) == NULL)
		return (await_server(r, err));
	if (err->refused && deadline_over(r->room_until))
		return (false);
	if (r->c->servers->asked.verbose)
		tell_refusal(r, err);
	r->refusals++;
	return (true);
}

/* ---- runs that are lost -------------------------------------------------------------------- */

static int
retries(const struct course *r)
{
	return (r->c->servers == NULL ? 0 : r->c->servers->asked.retries);
}

/*
 * Whether the request met a server that was just going, it seems: that is no run to be counted. But
 * who does not want a run repeated must not have it begin twice, either.
 */
static bool
may_not_have_begun(struct course *r, const struct runtool_error *err)
{
	return (err->unanswered && retries(r) > 0 && !control_ends(&r->c->control));
}

/* Whether its input can be read again. */
static bool
rewind_input(struct course *r)
{
	if (!r->c->input_read ||
	    (r->input != -1 && lseek(r->request.stdin_fd, r->input, SEEK_SET) != -1))
		return (true);
	servers_remark(r->c->servers,
	    "%s: is not run again: what it has read of its input came from a pipe",
	    r->request.argv[0]);
	return (false);
}

/*
 * Whether it is run again, because there is no result (NULL) or none of the tool's own, and that is
 * the server's fault.
 */
static bool
repeats(struct course *r, const struct runtool_result *result, const struct runtool_error *err)
{
	bool is_lost = result == NULL ? err->lost : result->why == RUNTOOL_SERVER_SHUTDOWN;
	const char *tool = r->request.argv[0];
	char name[ENDPOINT_NAME_SIZE], words[ERROR_WORDS_SIZE];

	if (!is_lost || r->lost == retries(r) || control_ends(&r->c->control) || !rewind_input(r))
		return (false);
	if (result == NULL)
		servers_remark(r->c->servers, "%s: %s: the run of %s is lost", server_name(r, name),
		    error_words(err, words), tool);
	else
		servers_remark(r->c->servers, "%s: ended because the server was shut down: %s",
		    tool, server_name(r, name));
	r->lost++;
	servers_remark(r->c->servers, "%s: is run again, time %d of %d", tool, r->lost, retries(r));
	patience_end(&r->patience);
	return (true);
}

/* ---- the course of a run ------------------------------------------------------------------- */

static int
run_on(struct course *r, struct runtool_result *result, struct runtool_error *err)
{
	struct runtool_error lost = {.lost = true};
	int rc;

	while (next_server(r, err) == 0) {
		rc = ask_server(r, result, err);
		if (rc == -1 && err->code == RUNTOOL_CANCELLED)
			return (-1);
		if (rc == -1 && (!r->connected || err->refused)) {
			if (!goes_on(r, err))
				return (-1);
		} else if (rc == -1 && may_not_have_begun(r, err) && await_server(r, err)) {
			r->refusals += chooser(r) != NULL;
		} else if (!repeats(r, rc == 0 ? result : NULL, err)) {
			return (rc);
		}
		if (chooser(r) != NULL)
			choose_failed(chooser(r), rc == 0 ? &lost : err);
	}
	return (-1);
}

static void
begin(struct course *r, struct runtool *c, const struct runtool_request *request)
{
	const char *remedy;

	*r = (struct course){.c = c, .request = *request, .asked = request, .input = -1};
	r->begin = deadline_now();
	r->patience.ms = c->servers == NULL ? 0 : c->servers->asked.wait_ms;
	if (request->stream_stdin)
		r->input = lseek(request->stdin_fd, 0, SEEK_CUR);
	if (chooser(r) == NULL)
		return;
	/* Another server may have room: none is asked again and again. */
	r->request.busy_timeout_ms = -1;
	r->room_until =
	    request->busy_timeout_ms < 0 ? r->begin : deadline_in(request->busy_timeout_ms);
	choose_begin(chooser(r), r->room_until, run4_lacks(request, &remedy));
}

void
run_begin(struct runtool *c)
{
	control_begin(&c->control);
	c->input_read = false;
}

int
run_to_end(struct runtool *c, const struct runtool_request *request, struct runtool_result *result,
    struct runtool_error *err)
{
	struct course r;
	int rc;

	begin(&r, c, request);
	if (control_cancelled(&c->control))
		rc = control_words(&c->control, err);
	else
		rc = run_request_check(request, err);
	if (rc == 0)
		rc = run_on(&r, result, err);
	control_end(&c->control);
	if (rc != 0) {
		err->input_read = c->input_read;
		err->lost_before = r.lost;
		return (-1);
	}
	result->input_read = c->input_read;
	result->lost_before = r.lost;
	result->refusals += r.refusals;
	if (c->servers != NULL && result->interface == RPC5_VERSION)
		result->queue_s += (double)(r.last - r.begin) / 1e3;
	return (0);
}

static int
run(struct runtool *c, const struct runtool_request *request, struct runtool_result *result,
    struct runtool_error *err)
{
	if (call_check_free(c, err) == -1)
		return (-1);
	/* First, so that no signal is lost from here on. */
	run_begin(c);
	return (run_to_end(c, request, result, err));
}

int
runtool_run(struct runtool *c, const struct runtool_request *request, struct runtool_result *result,
    struct runtool_error *err)
{
	struct runtool_request whole;
	struct runtool_result got;
	struct runtool_error why;

	if (sizes_check(&sizes_error, err, &why) == -1 ||
	    sizes_check(&sizes_result, result, &why) == -1 ||
	    sizes_take(&sizes_request, &whole, request, &why) == -1 ||
	    run(c, &whole, &got, &why) == -1)
		return (sizes_fail(&why, err));
	sizes_give(&sizes_result, &got, result);
	return (0);
}
