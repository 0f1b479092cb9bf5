#include <bsd/string.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "call.h"
#include "client/choose/choose.h"
#include "client/choose/defaults.h"
#include "lib/deadline.h"
#include "lib/error.h"
#include "servers.h"

#define WHY_SIZE 1000

/* ---- the hooks ----------------------------------------------------------------------------- */

/* The first question connects it; what does not answer is remembered, as for the server chosen. */
static struct runtool *
open_named(const char *host, const char *port, int timeout_ms, struct runtool_error *err)
{
	const struct runtool_servers named = {
	    .size = sizeof(named), .host = host, .port = port, .timeout_ms = timeout_ms};

	return (runtool_open(&named, err));
}

/* Until the run call must end, which is all that choosing is for. */
static bool
wait_for(void *arg, int fd, int ms)
{
	struct runtool *c = arg;
	struct pollfd fds[] = {
	    {.fd = fd, .events = POLLIN}, {.fd = c->control.fd, .events = POLLIN}};
	int64_t until = ms < 0 ? DEADLINE_NONE : deadline_now() + ms;

	while (!control_ends(&c->control)) {
		if (deadline_poll(fds, 2, until) <= 0 || fds[0].revents != 0)
			return (!control_ends(&c->control));
	}
	return (false);
}

static void
remark(void *arg, const char *line)
{
	const struct runtool *c = arg;
	const struct runtool_servers *asked = &c->servers->asked;

	if (asked->remark != NULL)
		asked->remark(asked->arg, line);
}

static void
waiting(void *arg, const char *area, int64_t seconds)
{
	const struct runtool *c = arg;
	const struct runtool_servers *asked = &c->servers->asked;
	char line[NAME_MAX + 64] = "waiting for a server";

	if (asked->waiting == NULL)
		return;
	if (area != NULL)
		snprintf(line, sizeof(line), "area %s: waiting for its first server", area);
	asked->waiting(asked->arg, line, seconds);
}

static void
waited(void *arg)
{
	const struct runtool *c = arg;
	const struct runtool_servers *asked = &c->servers->asked;

	if (asked->waited != NULL)
		asked->waited(asked->arg);
}

static void
output(void *arg, const void *data, size_t len)
{
	const struct runtool *c = arg;
	const struct runtool_servers *asked = &c->servers->asked;

	if (asked->output != NULL)
		asked->output(asked->arg, data, len);
}

void
servers_remark(const struct servers *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	hooks_vremark(&s->hooks, fmt, ap);
	va_end(ap);
}

/* ---- what vesta.cfg says ------------------------------------------------------------------- */

/* Threads that ask silent servers use it, perhaps longer than the object lasts. */
struct source {
	struct config *config;
	struct defaults_file file;
	struct defaults defaults;
	struct platform platform;
	struct area area;
	char *name; /* the platform's */
	char *area_name;
};

static void
source_free(void *arg)
{
	struct source *s = arg;

	platform_free(&s->platform);
	area_close(&s->area);
	config_free(s->config);
	free(s->name);
	free(s->area_name);
	free(s);
}

static bool
copy(const char *text, char **to)
{
	return (text == NULL || (*to = strdup(text)) != NULL);
}

/* The platform's hosts and area. 0, or -1 with the reason in `why`. */
static int
read_sections(struct source *s, const struct runtool_servers *asked, char *why, size_t size)
{
	if (s->config == NULL) {
		snprintf(why, size,
		    "no vesta.cfg, and thus no %s %s: name one with -c, or a server with -s",
		    asked->platform != NULL ? "platform" : "area",
		    asked->platform != NULL ? asked->platform : asked->area);
		return (-1);
	}
	if (!copy(asked->platform, &s->name) || !copy(asked->area, &s->area_name)) {
		snprintf(why, size, "out of memory");
		return (-1);
	}
	s->platform.area = s->area_name;
	if (s->name != NULL && platform_read(&s->platform, s->config, s->file.path, s->name,
				   &s->defaults, why, size) == -1)
		return (-1);
	if (s->platform.area == NULL)
		return (0);
	if (area_open(&s->area, s->platform.area, s->config, s->file.path, s->file.in_cwd, why,
		size) == -1)
		return (-1);
	if (!asked->start)
		s->area.why_no_start = "start a RunToolServer";
	return (0);
}

/* NULL with the reason in `why`. */
static struct source *
source_read(const struct runtool_servers *asked, char *why, size_t size)
{
	struct source *s;

	if ((s = calloc(1, sizeof(*s))) == NULL) {
		snprintf(why, size, "out of memory");
		return (NULL);
	}
	if (defaults_open(asked->config, &s->config, &s->file, why, size) == 0 &&
	    defaults_read(&s->defaults, s->config, why, size) == 0 &&
	    (asked->host != NULL || read_sections(s, asked, why, size) == 0))
		return (s);
	source_free(s);
	return (NULL);
}

/* A file that was merely found may be anybody's. */
static void
tell_found(const struct servers *s, const struct source *source)
{
	if (source->file.in_cwd && (s->asked.host == NULL || source->defaults.port_set))
		servers_remark(s, "./vesta.cfg has a say in which server it is: it was found in "
				  "the current directory");
}

/* ---- opening ------------------------------------------------------------------------------- */

/* What is not said comes from vesta.cfg. 0, or -1 with the reason in `why`. */
static int
open_one(struct runtool *c, const struct source *source, char *why, size_t size)
{
	const struct runtool_servers *asked = &c->servers->asked;
	struct endpoint server = {0};

	if (strlcpy(server.host, asked->host, sizeof(server.host)) >= sizeof(server.host) ||
	    strlcpy(server.port, asked->port == NULL ? "" : asked->port, sizeof(server.port)) >=
		sizeof(server.port)) {
		snprintf(why, size, "the name of the host or its port is too long");
		return (-1);
	}
	if (source != NULL && defaults_port(&source->defaults, &server, why, size) == -1)
		return (-1);
	if (call_change_server(c, server.host, server.port) == 0)
		return (0);
	snprintf(why, size, "out of memory");
	return (-1);
}

/* Takes over the source. 0, or -1 with the reason in `why`. */
static int
open_several(struct servers *s, struct source *source, char *why, size_t size)
{
	char name[HOST_NAME_MAX + 1];

	if (gethostname(name, sizeof(name)) == 0) {
		platform_rotate(&source->platform, name);
		s->choose = choose_new(&source->platform,
		    source->platform.area == NULL ? NULL : &source->area,
		    source->defaults.info_timeout_ms, s->asked.verbose, &s->hooks);
	}
	if (s->choose == NULL) {
		snprintf(why, size, "cannot choose a server: %s", strerror(errno));
		source_free(source);
		return (-1);
	}
	s->source = source;
	choose_remember(s->choose);
	choose_wait(s->choose, s->asked.wait_ms);
	return (0);
}

static int
open_by_config(struct runtool *c, char *why, size_t size)
{
	struct servers *s = c->servers;
	struct source *source;
	int rc;

	if ((source = source_read(&s->asked, why, size)) == NULL)
		return (-1);
	tell_found(s, source);
	if (s->asked.host == NULL)
		return (open_several(s, source, why, size));
	rc = open_one(c, source, why, size);
	source_free(source);
	return (rc);
}

/* Whether it can be meant. 0, or -1 with the reason in `why`. */
static int
check(const struct runtool_servers *asked, char *why, size_t size)
{
	if ((asked->host != NULL) + (asked->platform != NULL) + (asked->area != NULL) != 1)
		snprintf(why, size, "one of host, platform and area must be given, and only one");
	else if (asked->port != NULL && asked->host == NULL)
		snprintf(why, size, "port: there is no host");
	else if (asked->timeout_ms < 0 || asked->wait_ms < 0 || asked->retries < 0)
		snprintf(why, size, "timeout_ms, wait_ms or retries is negative");
	else
		return (0);
	return (-1);
}

int
servers_open(struct runtool *c, const struct runtool_servers *asked, struct runtool_error *err)
{
	char why[WHY_SIZE];
	struct servers *s;
	int rc;

	if ((s = c->servers = calloc(1, sizeof(*s))) == NULL)
		return (error_set(err, RUNTOOL_INTERNAL, "out of memory"));
	s->asked = *asked;
	s->hooks = (struct hooks){.connect = open_named,
	    .info = runtool_info,
	    .close = runtool_close,
	    .wait = wait_for,
	    .remark = remark,
	    .waiting = waiting,
	    .waited = waited,
	    .output = output,
	    .arg = c};
	if ((rc = check(asked, why, sizeof(why))) == 0) {
		/* Who says host and port needs no vesta.cfg, but one that is named must be right. */
		if (asked->host != NULL && asked->port != NULL && asked->config == NULL)
			rc = open_one(c, NULL, why, sizeof(why));
		else
			rc = open_by_config(c, why, sizeof(why));
	}
	return (rc == 0 ? 0 : error_set(err, RUNTOOL_INVALID, "%s", why));
}

void
servers_close(struct runtool *c)
{
	struct servers *s = c->servers;

	if (s != NULL && s->choose != NULL)
		choose_free(s->choose, source_free, s->source);
	free(s);
	c->servers = NULL;
}
