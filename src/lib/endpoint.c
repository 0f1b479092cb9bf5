#include <bsd/stdlib.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "endpoint.h"

#define MAX_PORT 65535

static int
parse_port(struct endpoint *e, const char *text)
{
	const char *wrong;
	int port;

	port = (int)strtonum(text, 1, MAX_PORT, &wrong);
	if (wrong != NULL)
		return (-1);
	snprintf(e->port, sizeof(e->port), "%d", port);
	return (0);
}

int
endpoint_parse(struct endpoint *e, const char *text)
{
	const char *host = text, *rest;
	size_t len;

	if (*text == '[') {
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
	if (len == 0 || len >= sizeof(e->host))
		return (-1);
	memcpy(e->host, host, len);
	e->host[len] = '\0';
	e->port[0] = '\0';
	if (*rest == '\0')
		return (0);
	return (*rest == ':' ? parse_port(e, rest + 1) : -1);
}

const char *
endpoint_name(const struct endpoint *e, char name[ENDPOINT_NAME_SIZE])
{
	bool brackets = strchr(e->host, ':') != NULL;

	snprintf(name, ENDPOINT_NAME_SIZE, "%s%s%s:%s", brackets ? "[" : "", e->host,
	    brackets ? "]" : "", e->port);
	return (name);
}
