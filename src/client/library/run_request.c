#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "lib/error.h"
#include "lib/rpc5.h"
#include "run_request.h"

static bool
is_given(const char *text)
{
	return (text != NULL && *text != '\0');
}

/* Checks the root and the command. */
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
	if (request->umask.given && request->umask.n > RPC5_MAX_UMASK)
		return (error_set(err, RUNTOOL_INVALID, "umask = %#llo: must be at most %#o",
		    (unsigned long long)request->umask.n, RPC5_MAX_UMASK));
	if (is_given(request->label) && strlen(request->label) > RPC5_MAX_LABEL)
		return (error_set(
		    err, RUNTOOL_INVALID, "label: must have at most %d bytes", RPC5_MAX_LABEL));
	return (0);
}

/* A caller may know more of them. */
static int
check_limits(const struct runtool_request *request, struct runtool_error *err)
{
	int i;

	for (i = RUNTOOL_LIMITS; i < RUNTOOL_LIMITS_MAX; i++)
		if (request->limits[i].given)
			return (error_set(err, RUNTOOL_INVALID,
			    "limits[%d]: this version of the library does not know it", i));
	return (0);
}

static int
check_closed(const struct runtool_request *request, struct runtool_error *err)
{
	if (request->closed > RPC5_MAX_CLOSED)
		return (error_set(
		    err, RUNTOOL_INVALID, "closed = %u: has an unknown bit", request->closed));
	if ((request->closed & RUNTOOL_CLOSED_STDIN) != 0 &&
	    (request->stream_stdin || is_given(request->stdin_file)))
		return (error_set(err, RUNTOOL_INVALID,
		    "stdin can be closed or have input, by stdin_file or stream_stdin"));
	if ((request->closed & RUNTOOL_CLOSED_STDERR) != 0 && request->merge_stderr)
		return (error_set(err, RUNTOOL_INVALID, "stderr can be closed or go into stdout"));
	return (0);
}

static int
check_terminal(const struct runtool_request *request, struct runtool_error *err)
{
	if (request->rows < 0 || request->rows > RPC5_MAX_SIDE || request->columns < 0 ||
	    request->columns > RPC5_MAX_SIDE)
		return (
		    error_set(err, RUNTOOL_INVALID, "rows = %d, columns = %d: must be from 0 to %d",
			request->rows, request->columns, RPC5_MAX_SIDE));
	if (request->tty && (!request->stream_stdin || request->closed != 0))
		return (error_set(
		    err, RUNTOOL_INVALID, "tty: needs stream_stdin, and nothing that is closed"));
	return (0);
}

int
run_request_check(const struct runtool_request *request, struct runtool_error *err)
{
	if (check_tool(request, err) == -1 || check_options(request, err) == -1 ||
	    check_limits(request, err) == -1)
		return (-1);
	return (check_closed(request, err) == -1 ? -1 : check_terminal(request, err));
}

/* A copy of the list, not of its strings, as rpc_run_free() expects; NULL is an empty list. */
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

/* A limit that is beyond all numbers of the interface is none. */
static void
set_inherited(const struct runtool_request *request, struct rpc_run *call)
{
#define SAME(NAME, name) \
	_Static_assert((int)RUNTOOL_LIMIT_##NAME == (int)RPC_LIMIT_##NAME, "the same order");
	RPC_LIMITS(SAME)
#undef SAME
	_Static_assert((int)RUNTOOL_LIMITS == (int)RPC_NLIMITS, "all of the interface's");
	_Static_assert(RUNTOOL_CLOSED_STDERR == RPC5_CLOSED(2), "the interface's bits");
	const struct runtool_number *limit;
	int i;

	call->umask.given = request->umask.given;
	call->umask.n = (int64_t)request->umask.n;
	for (i = 0; i < RPC_NLIMITS; i++) {
		limit = &request->limits[i];
		call->limits[i].given = limit->given && limit->n <= RPC5_MAX_LIMIT;
		call->limits[i].n = call->limits[i].given ? (int64_t)limit->n : 0;
	}
}

int
run_request_arguments(const struct runtool_request *request, struct rpc_run *call)
{
	*call = (struct rpc_run){
	    .root = request->root,
	    .stream_stdin = request->stream_stdin,
	    .merge = request->merge_stderr,
	    .time_limit_ms = request->time_limit_ms,
	    .keep_alive_ms = request->keep_alive_ms,
	    .queue_ms = request->queue_timeout_ms,
	    .closed = (int32_t)request->closed,
	    .check = request->check,
	    .tty = request->tty,
	    .colour = request->colour,
	    .rows = request->rows,
	    .columns = request->columns,
	};
	set_inherited(request, call);
	rpc_handle_make(call->handle, request->root);
	if (!text_copy(request->stdin_file == NULL ? "" : request->stdin_file, &call->stdin_file) ||
	    !text_copy(request->directory == NULL ? ".WD" : request->directory, &call->directory) ||
	    !text_copy(request->root_name, &call->root_name) ||
	    !text_copy(request->label, &call->label) ||
	    !text_copy(request->own_directory, &call->own) ||
	    (call->env = list_copy(request->env)) == NULL ||
	    (call->argv = list_copy(request->argv)) == NULL)
		return (-1);
	return (0);
}

int
run_request_output(const struct runtool_request *request, int stream, const void *data, size_t len,
    struct runtool_error *err)
{
	int rc = 0;

	/* From a server that does not know how to close it for the tool. */
	if ((request->closed & (unsigned int)RPC5_CLOSED(stream)) != 0)
		rc = RUNTOOL_CLOSE_STREAM;
	else if (request->output != NULL)
		rc = request->output(request->arg, stream, data, len);
	if (rc == 0 || rc == RUNTOOL_CLOSE_STREAM)
		return (rc);
	return (run_request_undelivered(err));
}

int
run_request_undelivered(struct runtool_error *err)
{
	return (error_set(err, RUNTOOL_CLIENT, "output could not be delivered"));
}
