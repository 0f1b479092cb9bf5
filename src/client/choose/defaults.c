#include <bsd/stdlib.h>
#include <bsd/string.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "defaults.h"
#include "lib/config.h"
#include "lib/endpoint.h"
#include "runtool.h"

#define SECTION	      "Run_Tool"
#define MAX_PORT      65535
#define INFO_TIMEOUT  120 /* seconds */
#define MAX_TIMEOUT   86400
#define MS_PER_SECOND 1000

const char *
defaults_server(void)
{
	const char *named = getenv("RUNTOOL_SERVER");

	return (named != NULL && *named != '\0' ? named : "localhost");
}

/* A number from vesta.cfg; *n stays as it is if there is none. */
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
defaults_open(
    const char *file, struct config **config, struct defaults_file *found, char *why, size_t size)
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
defaults_read(struct defaults *d, const struct config *config, char *why, size_t size)
{
	int port = -1, timeout = INFO_TIMEOUT;

	strlcpy(d->port, RUNTOOL_DEFAULT_PORT, sizeof(d->port));
	if (config != NULL &&
	    (get_number(config, "SRPC_port", MAX_PORT, &port, why, size) == -1 ||
		get_number(config, "info_read_timeout", MAX_TIMEOUT, &timeout, why, size) == -1))
		return (-1);
	d->port_set = port != -1;
	if (d->port_set)
		snprintf(d->port, sizeof(d->port), "%d", port);
	d->info_timeout_ms = timeout * MS_PER_SECOND;
	return (0);
}

int
defaults_port(const struct defaults *d, struct endpoint *server, char *why, size_t size)
{
	if (server->port[0] != '\0')
		return (0);
	if (strcmp(d->port, "0") == 0) {
		snprintf(why, size,
		    "[%s]SRPC_port = 0 in vesta.cfg is whichever port was free: say %s:PORT",
		    SECTION, server->host);
		return (-1);
	}
	strlcpy(server->port, d->port, sizeof(server->port));
	return (0);
}
