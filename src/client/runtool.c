/* runtool: runs a command through a RunToolServer as if it ran here. */
#include <err.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmdline.h"
#include "output.h"
#include "report.h"
#include "signals.h"

#define CONNECT_TIMEOUT_MS 30000

__attribute__((format(printf, 3, 4))) static void
fail(struct outcome *o, int code, const char *fmt, ...)
{
	va_list ap;

	o->local = true;
	o->error = (struct runtool_error){.code = code};
	va_start(ap, fmt);
	vsnprintf(o->error.message, sizeof(o->error.message), fmt, ap);
	va_end(ap);
}

/* Fills in the port. 0, or -1 with the error. */
static int
find_server(struct cmdline *cmd, struct outcome *o)
{
	struct options_defaults defaults;
	char why[1000];

	if (cmd->config == NULL && cmd->server.port[0] != '\0')
		return (0);
	if (options_load(cmd->config, &defaults, why, sizeof(why)) == 0 &&
	    options_port(&cmd->server, &defaults, why, sizeof(why)) == 0)
		return (0);
	fail(o, RUNTOOL_INVALID, "%s", why);
	return (-1);
}

/* Why a call ended that we ended: the output could not be written, or a signal wanted it. */
static void
explain(const struct cmdline *cmd, const struct output *output, struct outcome *o)
{
	bool hung_up = output->error == EINTR || signals_cancelled();

	if (output->error != 0 && output->error != EINTR) {
		fail(o, RUNTOOL_CANCELLED, "%s: %s",
		    output->stream == STDOUT_FILENO ? "stdout" : "stderr", strerror(output->error));
	} else if (signals_ending() != 0 && (hung_up || o->error.code == RUNTOOL_CANCELLED)) {
		o->signal = signals_ending();
		fail(o, RUNTOOL_CANCELLED, "%s: %s signal %d (%s)", cmd->request.argv[0],
		    hung_up ? "hung up, since it did not end at" : "not run at", o->signal,
		    strsignal(o->signal));
	}
}

static void
run(struct cmdline *cmd, struct outcome *o)
{
	char name[OPTIONS_NAME_SIZE];
	struct output output = {0};
	struct runtool *c;

	if (find_server(cmd, o) == -1)
		return;
	if (cmd->verbose)
		warnx("%s: asking %s", cmd->request.argv[0], options_name(&cmd->server, name));
	c = runtool_connect(cmd->server.host, cmd->server.port, CONNECT_TIMEOUT_MS, &o->error);
	if (c == NULL)
		return;
	cmd->request.merge_stderr = output_is_one();
	cmd->request.output = output_write;
	cmd->request.arg = &output;
	signals_forward(c);
	o->ran = runtool_run(c, &cmd->request, &o->result, &o->error) == 0;
	signals_keep();
	runtool_close(c);
	if (!o->ran)
		explain(cmd, &output, o);
	else if (o->result.why == RUNTOOL_CLIENT_SIGNAL && signals_came(o->result.signal))
		o->signal = o->result.signal;
}

/* NULL: none is wanted. Opened before the run, since a file that cannot be is no reason for one. */
static FILE *
open_json(const struct cmdline *cmd)
{
	FILE *f;

	if (!cmd->json || cmd->json_file == NULL)
		return (cmd->json ? stderr : NULL);
	if ((f = fopen(cmd->json_file, "we")) == NULL)
		err(EXIT_TROUBLE, "--json=%s", cmd->json_file);
	return (f);
}

/* 0, or -1 with errno. */
static int
write_json(const struct cmdline *cmd, const struct outcome *o, FILE *f)
{
	int rc = f == NULL ? 0 : report_json(cmd, o, f);

	if (f != NULL && f != stderr && fclose(f) == EOF)
		rc = -1;
	return (rc);
}

int
main(int argc, char *argv[])
{
	struct outcome outcome = {0};
	struct cmdline cmd;
	FILE *json;
	int status;

	output_open();
	setlinebuf(stderr); /* lines stay whole, also of a hundred at once */
	cmdline_parse(&cmd, argc, argv);
	json = open_json(&cmd);
	run(&cmd, &outcome);
	report_words(&cmd, &outcome);
	status = report_exit_status(&outcome);
	if (write_json(&cmd, &outcome, json) == -1) {
		warn("--json");
		status = status == EXIT_SUCCESS ? EXIT_TROUBLE : status;
	}
	cmdline_free(&cmd);
	if (outcome.signal != 0)
		signals_die(outcome.signal);
	return (status);
}
