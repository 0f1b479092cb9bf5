#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "lib/deadline.h"
#include "lib/error.h"
#include "lib/rpc5.h"
#include "run.h"

/* A list of the same strings that rpc_run_free() may free; NULL is an empty one. */
static const char **
list_copy(const char *const *list)
{
	const char **copy;
	size_t n = 0;

	while (list != NULL && list[n] != NULL)
		n++;
	if ((copy = calloc(n + 1, sizeof(*copy))) != NULL && n > 0)
		memcpy(copy, list, n * sizeof(*copy));
	return (copy);
}

/* False without memory. */
static bool
text_copy(const char *text, char **copy)
{
	return (text == NULL || (*copy = strdup(text)) != NULL);
}

int
run_arguments(const struct runtool_request *request, struct rpc_run *call)
{
	*call = (struct rpc_run){
	    .root = request->root,
	    .stream_stdin = request->stream_stdin,
	    .merge = request->merge_stderr,
	    .time_limit_ms = request->time_limit_ms,
	    .keep_alive_ms = request->keep_alive_ms,
	    .queue_ms = request->queue_timeout_ms,
	};
	rpc_handle_make(call->handle, request->root);
	if (!text_copy(request->stdin_file == NULL ? "" : request->stdin_file, &call->stdin_file) ||
	    !text_copy(request->directory == NULL ? ".WD" : request->directory, &call->directory) ||
	    !text_copy(request->root_name, &call->root_name) ||
	    !text_copy(request->label, &call->label) ||
	    (call->env = list_copy(request->env)) == NULL ||
	    (call->argv = list_copy(request->argv)) == NULL)
		return (-1);
	return (0);
}

int
run_output(const struct runtool_request *request, int stream, const void *data, size_t len,
    struct runtool_error *err)
{
	int rc = request->output == NULL ? 0 : request->output(request->arg, stream, data, len);

	if (rc == 0 || rc == RUNTOOL_CLOSE_STREAM)
		return (rc);
	return (error_set(err, RUNTOOL_CLIENT, "output could not be delivered"));
}

static bool
is_given(const char *text)
{
	return (text != NULL && *text != '\0');
}

/* Where the tool lives and what it is. */
static int
check_tool(const struct runtool_request *request, struct runtool_error *err)
{
	const char *name = request->root_name;

	if (request->argv == NULL || request->argv[0] == NULL)
		return (error_set(err, RUNTOOL_INVALID, "no command"));
	if ((request->root == 0) == (name == NULL))
		return (error_set(
		    err, RUNTOOL_INVALID, "one of root and root_name must be given, and only one"));
	if (name != NULL && (*name == '\0' || strlen(name) > NAME_MAX))
		return (error_set(
		    err, RUNTOOL_INVALID, "root_name: must have 1 to %d bytes", NAME_MAX));
	return (0);
}

static int
check_options(const struct runtool_request *request, struct runtool_error *err)
{
	int keep_alive = request->keep_alive_ms;

	if (request->stream_stdin && is_given(request->stdin_file))
		return (error_set(
		    err, RUNTOOL_INVALID, "only one of stdin_file and stream_stdin can be given"));
	if (request->stream_stdin && request->stdin_fd < 0)
		return (error_set(
		    err, RUNTOOL_INVALID, "stdin_fd = %d: is no descriptor", request->stdin_fd));
	if (request->time_limit_ms < 0)
		return (error_set(err, RUNTOOL_INVALID, "time_limit_ms = %d: is negative",
		    request->time_limit_ms));
	if (request->queue_timeout_ms < 0)
		return (error_set(err, RUNTOOL_INVALID, "queue_timeout_ms = %d: is negative",
		    request->queue_timeout_ms));
	if (keep_alive != 0 &&
	    (keep_alive < RPC5_MIN_KEEP_ALIVE || keep_alive > RPC5_MAX_KEEP_ALIVE))
		return (error_set(err, RUNTOOL_INVALID, "keep_alive_ms = %d: must be from %d to %d",
		    keep_alive, RPC5_MIN_KEEP_ALIVE, RPC5_MAX_KEEP_ALIVE));
	if (is_given(request->label) && strlen(request->label) > RPC5_MAX_LABEL)
		return (error_set(
		    err, RUNTOOL_INVALID, "label: must have at most %d bytes", RPC5_MAX_LABEL));
	return (0);
}

/* One attempt. 0, or -1 with *err and *retry_ms. */
static int
run_once(struct runtool *c, const struct runtool_request *request, struct runtool_result *result,
    int *retry_ms, struct runtool_error *err)
{
	int rc = -1;

	c->asked = DEADLINE_NONE;
	if (c->version == RPC5_VERSION)
		rc = run5(c, request, result, retry_ms, err);
	/* That may just have been found out. */
	if (c->version != RPC5_VERSION) {
		c->asked = DEADLINE_NONE;
		rc = run4(c, request, result, retry_ms, err);
	}
	if (rc == 0)
		return (0);
	err->retry_ms = *retry_ms;
	err->lost = c->asked != DEADLINE_NONE &&
		    (err->code == RUNTOOL_TRANSPORT || err->code == RUNTOOL_TIMEOUT);
	return (-1);
}

static int
run_when_there_is_room(struct runtool *c, const struct runtool_request *request,
    struct runtool_result *result, struct runtool_error *err)
{
	int64_t until = deadline_in(request->busy_timeout_ms), first, next;
	int retry_ms = 0, refusals = 0, rc;

	rc = run_once(c, request, result, &retry_ms, err);
	first = c->asked;
	while (rc == -1 && retry_ms > 0 && request->busy_timeout_ms >= 0 && !deadline_over(until)) {
		refusals++;
		next = deadline_sooner(until, deadline_in(deadline_about(retry_ms)));
		if (control_wait(&c->control, next, err) == -1)
			return (-1);
		rc = run_once(c, request, result, &retry_ms, err);
	}
	if (rc == -1)
		return (-1);
	result->refusals = refusals;
	if (result->interface == RPC5_VERSION)
		result->queue_s += (double)(c->asked - first) / 1e3;
	return (0);
}

int
runtool_run(struct runtool *c, const struct runtool_request *request, struct runtool_result *result,
    struct runtool_error *err)
{
	int rc;

	/* First of all: from here on no signal gets lost. */
	control_begin(&c->control);
	c->input_read = false;
	rc = check_tool(request, err) == -1 ? -1 : check_options(request, err);
	if (rc == 0)
		rc = run_when_there_is_room(c, request, result, err);
	control_end(&c->control);
	*(rc == 0 ? &result->input_read : &err->input_read) = c->input_read;
	return (rc);
}
