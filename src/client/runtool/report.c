#include <err.h>
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "lib/error.h"
#include "lib/jsontext.h"
#include "remarks.h"
#include "report.h"
#include "status.h"

/* How servers of any version say that the root has no such directory. */
#define NO_DIRECTORY "Can't establish working directory "

#define LINGER_SEEN_S 0.001 /* less is not worth a word */

static const char *const why_words[] = {
    [RUNTOOL_ENDED] = "ended",
    [RUNTOOL_TIME_LIMIT] = "time-limit",
    [RUNTOOL_CLIENT_SIGNAL] = "client-signal",
    [RUNTOOL_SERVER_SHUTDOWN] = "server-shutdown",
};

static int
error_status(const struct runtool_error *error)
{
	if (error->exec_errno == 0)
		return (EXIT_TROUBLE);
	return (error->exec_errno == ENOENT ? EXIT_NOT_FOUND : EXIT_NO_EXEC);
}

int
report_exit_status(const struct remote_result *o)
{
	if (o->signal != 0)
		return (EXIT_SIGNAL + o->signal);
	if (!o->ran)
		return (error_status(&o->error));
	if (o->result.why == RUNTOOL_TIME_LIMIT)
		return (EXIT_TIME_LIMIT);
	if (o->result.why == RUNTOOL_SERVER_SHUTDOWN)
		return (EXIT_TROUBLE);
	return (o->result.signal != 0 ? EXIT_SIGNAL + o->result.signal : o->result.status);
}

/* The server says which directory the root has not; the user knows it by another name. */
static bool
is_about_here(const struct cmdline *cmd, const char *words)
{
	return (cmd->directory.here && strstr(words, NO_DIRECTORY) != NULL);
}

static void
tell_servers_error(const struct cmdline *cmd, const struct runtool_error *error)
{
	char server[ENDPOINT_NAME_SIZE], words[ERROR_WORDS_SIZE];

	endpoint_name(&cmd->server, server);
	error_words(error, words);
	if (is_about_here(cmd, words))
		remarks_fail("%s: %s: asked for was the current directory, %s (-w %s)", server,
		    words, cmd->directory.own, cmd->directory.asked);
	else
		remarks_fail("%s: %s", server, words);
}

/* Whether it is an error of those who use a root for the first time. */
static bool
is_about_root(const struct runtool_error *error)
{
	return (error->exec_errno == ENOENT || strstr(error->message, NO_DIRECTORY) != NULL);
}

static void
tell_error(const struct cmdline *cmd, const struct remote_result *o)
{
	char server[ENDPOINT_NAME_SIZE], words[ERROR_WORDS_SIZE];

	/* As a shell, we say nothing about an interrupt. */
	if (o->signal == SIGINT)
		return;
	if (o->local)
		remarks_fail("%s", o->error.message);
	else if (o->error.lost)
		remarks_fail("%s: %s: the run of %s is lost", endpoint_name(&cmd->server, server),
		    error_words(&o->error, words), cmd->request.argv[0]);
	else
		tell_servers_error(cmd, &o->error);
	if (!o->local && !cmd->request.check && is_about_root(&o->error))
		remarks_fail("try 'runtool --check' with the same options");
}

static void
tell_end(const struct cmdline *cmd, const struct runtool_result *r)
{
	const char *tool = cmd->request.argv[0];
	char server[ENDPOINT_NAME_SIZE];

	if (r->why == RUNTOOL_SERVER_SHUTDOWN)
		remarks_fail("%s: ended because the server was shut down: %s", tool,
		    endpoint_name(&cmd->server, server));
	else if (cmd->quiet)
		return;
	else if (r->why == RUNTOOL_TIME_LIMIT)
		warnx("%s: ended at the time limit of %.10g s", tool,
		    cmd->request.time_limit_ms / 1000.0);
	else if (r->signal != 0 && r->signal != SIGPIPE && r->signal != SIGINT)
		warnx("%s: killed by signal %d (%s)%s", tool, r->signal, strsignal(r->signal),
		    r->core ? ", core dumped" : "");
}

static void
tell_usage(const struct cmdline *cmd, const struct runtool_result *r)
{
	char server[ENDPOINT_NAME_SIZE];

	fprintf(stderr, "%s: %s: on %s by interface %d: %s %d after %.3f s",
	    program_invocation_short_name, cmd->request.argv[0],
	    endpoint_name(&cmd->server, server), r->interface, r->signal != 0 ? "signal" : "status",
	    r->signal != 0 ? r->signal : r->status, r->wall_s);
	if (r->interface >= REPORT_USAGE_INTERFACE)
		fprintf(stderr, ", queued %.3f s, user %.3f s, system %.3f s, %lld KB", r->queue_s,
		    r->user_s, r->system_s, (long long)r->max_rss_kb);
	if (r->linger_s >= LINGER_SEEN_S)
		fprintf(stderr, ", output of what it left running for %.3f s more", r->linger_s);
	if (r->refusals > 0)
		fprintf(stderr, ", refused %d times before", r->refusals);
	fputc('\n', stderr);
}

void
report_words(const struct cmdline *cmd, const struct remote_result *o)
{
	if (!o->ran) {
		tell_error(cmd, o);
		return;
	}
	tell_end(cmd, &o->result);
	if (cmd->verbose)
		tell_usage(cmd, &o->result);
}

static const char *
why_word(const struct remote_result *o)
{
	if (o->ran)
		return (why_words[o->result.why]);
	return (o->error.lost ? "lost" : "failed");
}

/* null if it is not known. */
static json_t *
number_if(bool known, int64_t n)
{
	return (known ? json_integer(n) : json_null());
}

static json_t *
seconds_if(bool known, double seconds)
{
	return (known ? json_real(seconds) : json_null());
}

/* What the server said last of its load; failures have that, too. */
static void
add_load(json_t *object, const struct remote_result *o)
{
	int in_flight = o->ran ? o->result.in_flight : o->error.in_flight;
	bool loaded = o->ran ? o->result.loaded : o->error.loaded;
	/* Results of a server of version 5 that does not tell the number yet. */
	bool known = in_flight != -1 || (o->ran && o->result.interface >= REPORT_USAGE_INTERFACE);

	json_object_set_new(object, "loaded", known ? json_boolean(loaded) : json_null());
	json_object_set_new(object, "in_flight", number_if(in_flight != -1, in_flight));
}

int
report_json(const struct cmdline *cmd, const struct remote_result *o, FILE *f)
{
	const struct runtool_request *request = &cmd->request;
	const struct runtool_result *r = &o->result;
	bool usage = o->ran && r->interface >= REPORT_USAGE_INTERFACE;
	char server[ENDPOINT_NAME_SIZE];
	json_t *object;

	endpoint_name(&cmd->server, server);
	object = json_pack("{s:o, s:o, s:o, s:o, s:i, s:s, s:o, s:o, s:o}", "tool",
	    jsontext_string(request->argv[0]), "root",
	    request->root_name != NULL ? jsontext_string(request->root_name)
				       : json_integer(request->root),
	    "label", jsontext_string(request->label), "server",
	    jsontext_string(cmd->server.host[0] == '\0' ? NULL : server), "exit_status",
	    report_exit_status(o), "why", why_word(o), "status", number_if(o->ran, r->status),
	    "signal", number_if(o->ran, r->signal), "core",
	    o->ran ? json_boolean(r->core) : json_null());
	if (object == NULL)
		return (jsontext_write(f, NULL, 0));
	json_object_set_new(object, "wall_s", seconds_if(o->ran, r->wall_s));
	json_object_set_new(object, "queue_s", seconds_if(usage, r->queue_s));
	json_object_set_new(object, "linger_s", seconds_if(usage, r->linger_s));
	json_object_set_new(object, "user_s", seconds_if(usage, r->user_s));
	json_object_set_new(object, "system_s", seconds_if(usage, r->system_s));
	json_object_set_new(object, "max_rss_kb", number_if(usage, r->max_rss_kb));
	add_load(object, o);
	json_object_set_new(object, "refusals", number_if(o->ran, r->refusals));
	json_object_set_new(
	    object, "lost", json_integer(o->ran ? r->lost_before : o->error.lost_before));
	json_object_set_new(object, "interface", number_if(o->ran, r->interface));
	if (!o->ran)
		json_object_set_new(object, "error", jsontext_error(&o->error));
	return (jsontext_write(f, object, JSON_COMPACT));
}
