#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "call.h"
#include "deadline.h"
#include "error.h"
#include "relay.h"

#define RELAY_WAIT_MS 10000 /* after the results, for a relay that has not come yet */

enum { OUT, ERR }; /* for the caller they are 1 and 2 */

struct run {
	struct runtool *c;
	const struct runtool_request *request;
	struct relay relays[CALL_STREAMS];
	struct rpc_run_result result;
	bool answered;
	int64_t deadline; /* for relays that have not come when the results have */
};

static int
open_relays(struct run *run, struct rpc_run *call, struct runtool_error *err)
{
	int i;

	if (run->request->output == NULL)
		return (0);
	if (!run->c->ipv4)
		return (error_set(err, RUNTOOL_INVALID,
		    "output cannot be sent over IPv6 in version %d of the interface: "
		    "name an IPv4 address of the server",
		    RPC_VERSION));
	for (i = 0; i < CALL_STREAMS; i++)
		if (relay_open(&run->relays[i], run->c, &run->c->listeners[i], err) == -1)
			return (-1);
	call->out = run->c->listeners[OUT].at;
	call->err = run->c->listeners[ERR].at;
	return (0);
}

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

static int
send_request(struct run *run, struct runtool_error *err)
{
	const struct runtool_request *request = run->request;
	struct rpc_run call = {0};
	int rc = -1;

	if (request->argv == NULL || request->argv[0] == NULL)
		return (error_set(err, RUNTOOL_INVALID, "no command"));
	if (open_relays(run, &call, err) == -1)
		return (-1);
	rpc_handle_make(call.handle, request->root);
	call.stdin_file = strdup(request->stdin_file == NULL ? "" : request->stdin_file);
	call.directory = strdup(request->directory == NULL ? ".WD" : request->directory);
	call.env = list_copy(request->env);
	call.argv = list_copy(request->argv);
	if (call.stdin_file == NULL || call.directory == NULL || call.env == NULL ||
	    call.argv == NULL)
		goto out;
	rpc_put_run(&run->c->out, RPC_VERSION, &call);
	if (run->c->out.failed)
		goto out;
	call_send(run->c);
	rc = 0;
out:
	rpc_run_free(&call);
	if (rc == -1)
		error_set(err, RUNTOOL_INTERNAL, "the request does not fit into memory");
	return (rc);
}

static int
read_result(struct run *run, struct runtool_error *err)
{
	struct srpc_reader r;
	struct srpc_error why;
	int rc;

	if (call_go_on(run->c, err) == -1)
		return (-1);
	if ((rc = call_open_reply(run->c, &r, &why)) == SRPC_OK &&
	    (rc = rpc_get_run_result(&r, RPC_VERSION, &run->result, &why)) == SRPC_OK) {
		call_close_reply(run->c, &r);
		run->answered = true;
		run->deadline = deadline_in(RELAY_WAIT_MS);
	}
	return (rc == -1 ? error_reply(err, &why) : 0);
}

static bool
is_missing(const struct relay *relay)
{
	return (relay->fd != -1 && !relay->connected);
}

/* The next that comes, of the server's answer and the tool's output. */
static int
step(struct run *run, struct runtool_error *err)
{
	struct pollfd fds[CALL_STREAMS + 1], *answer = &fds[CALL_STREAMS];
	const struct relay *missing = NULL;
	struct relay *relay;
	int i, n;

	for (i = 0; i < CALL_STREAMS; i++) {
		relay = &run->relays[i];
		fds[i] = (struct pollfd){.fd = relay->fd, .events = POLLIN};
		if (missing == NULL && is_missing(relay))
			missing = relay;
	}
	*answer = call_awaits(run->c);
	if (run->answered)
		answer->fd = -1;
	if ((n = deadline_poll(fds, CALL_STREAMS + 1, missing != NULL ? run->deadline : 0)) == -1)
		return (error_set(err, RUNTOOL_INTERNAL, "poll: %s", strerror(errno)));
	/* The server connects before it starts the tool: after its end nobody comes any more. */
	if (n == 0)
		return (relay_fail_missing(missing, err));
	for (i = 0; i < CALL_STREAMS; i++) {
		relay = &run->relays[i];
		if (fds[i].revents == 0)
			continue;
		if ((relay->connected ? relay_read(relay, run->c, run->request, i + 1, err)
				      : relay_accept(relay, run->c, err)) == -1)
			return (-1);
	}
	return (answer->revents != 0 ? read_result(run, err) : 0);
}

static int
run_to_end(struct run *run, struct runtool_error *err)
{
	if (send_request(run, err) == -1)
		return (-1);
	while (!run->answered || run->relays[OUT].fd != -1 || run->relays[ERR].fd != -1)
		if (step(run, err) == -1)
			return (-1);
	if (relay_check(&run->relays[OUT], err) == -1)
		return (-1);
	return (relay_check(&run->relays[ERR], err));
}

int
runtool_run(struct runtool *c, const struct runtool_request *request, struct runtool_result *result,
    struct runtool_error *err)
{
	struct run run = {.c = c, .request = request};
	int rc;

	if (call_begin(c, err) == -1)
		return (-1);
	run.relays[OUT] = (struct relay){.name = "stdout", .fd = -1};
	run.relays[ERR] = (struct relay){.name = "stderr", .fd = -1};
	rc = run_to_end(&run, err);
	relay_close(&run.relays[OUT]);
	relay_close(&run.relays[ERR]);
	if (rc == -1) {
		call_hang_up(c);
		return (-1);
	}
	*result = (struct runtool_result){
	    .status = run.result.status, .signal = run.result.signal, .core = run.result.core};
	return (0);
}
