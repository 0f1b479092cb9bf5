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
	if (is_given(request->label) && strlen(request->label) > RPC5_MAX_LABEL)
		return (error_set(
		    err, RUNTOOL_INVALID, "label: must have at most %d bytes", RPC5_MAX_LABEL));
	return (0);
}

int
run_request_check(const struct runtool_request *request, struct runtool_error *err)
{
	return (check_tool(request, err) == -1 ? -1 : check_options(request, err));
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
run_request_output(const struct runtool_request *request, int stream, const void *data, size_t len,
    struct runtool_error *err)
{
	int rc = request->output == NULL ? 0 : request->output(request->arg, stream, data, len);

	if (rc == 0 || rc == RUNTOOL_CLOSE_STREAM)
		return (rc);
	return (error_set(err, RUNTOOL_CLIENT, "output could not be delivered"));
}
