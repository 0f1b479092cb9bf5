/* runtool: runs a command through a RunToolServer as if it ran here. */
#include <err.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "choose.h"
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
	} else if (signals_ending() != 0 &&
		   (hung_up || o->error.refused || o->error.code == RUNTOOL_CANCELLED)) {
		o->signal = signals_ending();
		fail(o, RUNTOOL_CANCELLED, "%s: %s signal %d (%s)", cmd->request.argv[0],
		    hung_up ? "hung up, since it did not end at" : "not run at", o->signal,
		    strsignal(o->signal));
	}
}

/* False where the request was not taken, and another server may take it. */
static bool
run_there(struct cmdline *cmd, struct outcome *o)
{
	char name[OPTIONS_NAME_SIZE];
	struct output output = {0};
	struct runtool *c;

	if (cmd->verbose)
		warnx("%s: asking %s", cmd->request.argv[0], options_name(&cmd->server, name));
	c = runtool_connect(cmd->server.host, cmd->server.port, CONNECT_TIMEOUT_MS, &o->error);
	if (c == NULL)
		return (false);
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
	return (o->ran || !o->error.refused);
}

static double
now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((double)ts.tv_sec + (double)ts.tv_nsec / 1e9);
}

static void
run_on(const struct platform *platform, int info_timeout_ms, struct cmdline *cmd, struct outcome *o)
{
	static struct choose *choose; /* not freed: as the platform */
	double first = now_s(), last;
	int refusals = 0;

	if ((choose = choose_new(platform, info_timeout_ms, cmd->verbose)) == NULL)
		err(EXIT_TROUBLE, "platform");
	cmd->request.busy_timeout_ms = -1;
	while (choose_next(choose, &cmd->server, &cmd->request.queue_timeout_ms, &o->error) == 0) {
		last = now_s();
		if (run_there(cmd, o)) {
			o->result.refusals += refusals;
			if (o->result.interface >= REPORT_USAGE_INTERFACE)
				o->result.queue_s += last - first;
			return;
		}
		if (cmd->verbose)
			options_complain(&cmd->server, &o->error);
		refusals++;
	}
	cmd->server = (struct options_server){0};
	o->local = true;
}

/* The platform and how to ask for it. 0, or -1 with the reason in `why`. */
static int
read_platform(const struct cmdline *cmd, struct platform *platform,
    struct options_defaults *defaults, char *why, size_t size)
{
	static struct config *config; /* the platform leads into it */
	char path[PATH_MAX];

	if (options_open(cmd->config, &config, path, why, size) == -1)
		return (-1);
	if (config != NULL && options_read(config, defaults, why, size) == 0)
		return (platform_read(platform, config, path, cmd->platform, defaults, why, size));
	if (config == NULL)
		snprintf(why, size,
		    "no vesta.cfg, and thus no platform %s: name one with -c, or a server with -s",
		    cmd->platform);
	return (-1);
}

static void
run_on_platform(struct cmdline *cmd, struct outcome *o)
{
	/* Not freed: threads that ask silent servers use it until the program ends. */
	static struct platform platform;
	struct options_defaults defaults;
	char name[HOST_NAME_MAX + 1], why[1000];

	if (read_platform(cmd, &platform, &defaults, why, sizeof(why)) == -1) {
		fail(o, RUNTOOL_INVALID, "%s", why);
	} else if (gethostname(name, sizeof(name)) == -1) {
		fail(o, RUNTOOL_INTERNAL, "name of this host: %s", strerror(errno));
	} else {
		platform_rotate(&platform, name);
		run_on(&platform, defaults.info_timeout_ms, cmd, o);
	}
}

static void
run(struct cmdline *cmd, struct outcome *o)
{
	if (cmd->platform != NULL)
		run_on_platform(cmd, o);
	else if (find_server(cmd, o) == 0)
		run_there(cmd, o);
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
