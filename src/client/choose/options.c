#include <bsd/stdlib.h>
#include <bsd/string.h>
#include <err.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/config.h"
#include "options.h"

#define SECTION	      "Run_Tool"
#define MAX_PORT      65535
#define INFO_TIMEOUT  120 /* seconds */
#define MAX_TIMEOUT   86400
#define MS_PER_SECOND 1000

static int
split_port(const char *text, struct options_server *server)
{
	const char *wrong;
	int port;

	port = (int)strtonum(text, 1, MAX_PORT, &wrong);
	if (wrong != NULL)
		return (-1);
	snprintf(server->port, sizeof(server->port), "%d", port);
	return (0);
}

const char *
options_default_server(void)
{
	const char *named = getenv("RUNTOOL_SERVER");

	return (named != NULL && *named != '\0' ? named : "localhost");
}

int
options_split(const char *argument, struct options_server *server)
{
	const char *host = argument, *rest;
	size_t len;

	if (*argument == '[') {
		host++;
		if ((rest = strchr(host, ']')) == NULL)
			return (-1);
		len = (size_t)(rest++ - host);
	} else {
		/* With more than one colon it is an IPv6 address without brackets. */
		if ((rest = strchr(host, ':')) == NULL || strchr(rest + 1, ':') != NULL)
			rest = host + strlen(host);
		len = (size_t)(rest - host);
	}
	if (len == 0 || len >= sizeof(server->host))
		return (-1);
	memcpy(server->host, host, len);
	server->host[len] = '\0';
	server->port[0] = '\0';
	if (*rest == '\0')
		return (0);
	return (*rest == ':' ? split_port(rest + 1, server) : -1);
}

const char *
options_name(const struct options_server *server, char name[OPTIONS_NAME_SIZE])
{
	bool brackets = strchr(server->host, ':') != NULL;

	snprintf(name, OPTIONS_NAME_SIZE, "%s%s%s:%s", brackets ? "[" : "", server->host,
	    brackets ? "]" : "", server->port);
	return (name);
}

/* A number of vesta.cfg; *n stays as it is where there is none. */
static int
get_number(const struct config *config, const char *name, int max, int *n, char *why, size_t size)
{
	const struct config_value *v = config_get(config, SECTION, name);
	const char *wrong;
	int got;

	if (v == NULL)
		return (0);
	got = (int)strtonum(v->value, 0, max, &wrong);
	if (wrong != NULL) {
		snprintf(why, size, "%s:%d: [%s]%s = %s: must be a number from 0 to %d", v->file,
		    v->line, SECTION, name, v->value, max);
		return (-1);
	}
	*n = got;
	return (0);
}

int
options_open(
    const char *file, struct config **config, struct options_file *found, char *why, size_t size)
{
	*config = NULL;
	if (config_find(file, found->path, sizeof(found->path), &found->in_cwd) == -1) {
		if (errno == ENOENT)
			return (0);
		snprintf(why, size, "cannot find vesta.cfg: %s", strerror(errno));
		return (-1);
	}
	*config = config_load(found->path, why, size);
	return (*config == NULL ? -1 : 0);
}

int
options_read(const struct config *config, struct options_defaults *defaults, char *why, size_t size)
{
	int port = -1, timeout = INFO_TIMEOUT;

	strlcpy(defaults->port, RUNTOOL_DEFAULT_PORT, sizeof(defaults->port));
	if (config != NULL &&
	    (get_number(config, "SRPC_port", MAX_PORT, &port, why, size) == -1 ||
		get_number(config, "info_read_timeout", MAX_TIMEOUT, &timeout, why, size) == -1))
		return (-1);
	if (port != -1)
		snprintf(defaults->port, sizeof(defaults->port), "%d", port);
	defaults->info_timeout_ms = timeout * MS_PER_SECOND;
	return (0);
}

int
options_load(const char *file, struct options_defaults *defaults, char *why, size_t size)
{
	struct config *config;
	struct options_file found;
	int rc;

	if (options_open(file, &config, &found, why, size) == -1)
		return (-1);
	rc = options_read(config, defaults, why, size);
	config_free(config);
	return (rc);
}

int
options_port(
    struct options_server *server, const struct options_defaults *defaults, char *why, size_t size)
{
	if (server->port[0] != '\0')
		return (0);
	if (strcmp(defaults->port, "0") == 0) {
		snprintf(why, size,
		    "[%s]SRPC_port = 0 in vesta.cfg is whichever port was free: say %s:PORT",
		    SECTION, server->host);
		return (-1);
	}
	strlcpy(server->port, defaults->port, sizeof(server->port));
	return (0);
}

const char *
options_words(const struct runtool_error *err, char words[OPTIONS_WORDS_SIZE])
{
	static const char blanks[] = " \n";
	const char *start = err->message + strspn(err->message, blanks);
	size_t len = strlen(start);

	while (len > 0 && strchr(blanks, start[len - 1]) != NULL)
		len--;
	memcpy(words, start, len);
	words[len] = '\0';
	return (words);
}

int
options_fail(struct runtool_error *err, int code, const char *fmt, ...)
{
	va_list ap;

	*err = (struct runtool_error){.code = code, .in_flight = -1};
	va_start(ap, fmt);
	vsnprintf(err->message, sizeof(err->message), fmt, ap);
	va_end(ap);
	return (-1);
}

void
options_complain(const struct options_server *server, const struct runtool_error *err)
{
	char name[OPTIONS_NAME_SIZE], words[OPTIONS_WORDS_SIZE];

	warnx("%s: %s", options_name(server, name), options_words(err, words));
}
