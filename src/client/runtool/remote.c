#include <bsd/string.h>
#include <errno.h>
#include <unistd.h>

#include "remote.h"
#include "lib/error.h"
#include "output.h"
#include "remarks.h"
#include "signals.h"
#include "terminal.h"

#define CONNECT_TIMEOUT_MS 30000

/* Explains a call that we ended ourselves: the output could not be written, or a signal came. */
static void
explain(const struct cmdline *cmd, const struct output *output, struct remote_result *o)
{
	bool hung_up = output->error == EINTR || signals_cancelled();

	if (output->error != 0 && output->error != EINTR) {
		o->local = true;
		error_set(&o->error, RUNTOOL_CANCELLED, "%s: %s",
		    output->stream == STDOUT_FILENO ? "stdout" : "stderr", strerror(output->error));
	} else if (terminal_was_left()) {
		o->local = true;
		error_set(&o->error, RUNTOOL_CANCELLED, "%s: left by ~.", cmd->request.argv[0]);
	} else if (signals_ending() != 0 &&
		   (hung_up || o->error.refused || o->error.code == RUNTOOL_CANCELLED)) {
		o->signal = signals_ending();
		o->local = true;
		error_set(&o->error, RUNTOOL_CANCELLED, "%s: %s signal %d (%s)",
		    cmd->request.argv[0],
		    hung_up ? "hung up, since it did not end at" : "not run at", o->signal,
		    strsignal(o->signal));
	}
}

/* What the command line says of servers. */
static struct runtool *
open_servers(const struct cmdline *cmd, struct runtool_error *err)
{
	const struct endpoint *server = &cmd->server;
	bool named = cmd->platform == NULL && cmd->area == NULL;
	struct runtool_servers servers = {.size = sizeof(servers),
	    .host = named ? server->host : NULL,
	    .port = named && server->port[0] != '\0' ? server->port : NULL,
	    .platform = cmd->platform,
	    .area = cmd->area,
	    .config = cmd->config,
	    .start = true,
	    .verbose = cmd->verbose,
	    .timeout_ms = CONNECT_TIMEOUT_MS,
	    .wait_ms = cmd->wait_ms,
	    .retries = cmd->retries};

	remarks_hear(&servers);
	return (runtool_open(&servers, err));
}

/* The server that it was. */
static void
take_server(struct cmdline *cmd, const struct runtool *c)
{
	const char *host = runtool_host(c);

	strlcpy(cmd->server.host, host == NULL ? "" : host, sizeof(cmd->server.host));
	strlcpy(cmd->server.port, host == NULL ? "" : runtool_port(c), sizeof(cmd->server.port));
}

void
remote_run(struct cmdline *cmd, struct remote_result *o)
{
	struct output output = {0};
	struct runtool *c;

	o->local = true;
	if ((c = open_servers(cmd, &o->error)) == NULL)
		return;
	cmd->request.merge_stderr = !cmd->request.tty &&
				    (cmd->request.closed & RUNTOOL_CLOSED_STDERR) == 0 &&
				    output_is_one();
	cmd->request.output = output_write;
	cmd->request.arg = &output;
	signals_forward(c);
	if (cmd->request.tty)
		terminal_lend(c);
	o->ran = runtool_run(c, &cmd->request, &o->result, &o->error) == 0;
	terminal_give_back();
	signals_stop_forwarding();
	take_server(cmd, c);
	runtool_close(c);
	o->local = cmd->server.host[0] == '\0';
	if (!o->ran)
		explain(cmd, &output, o);
	else if (o->result.why == RUNTOOL_CLIENT_SIGNAL && signals_came(o->result.signal))
		o->signal = o->result.signal;
}
