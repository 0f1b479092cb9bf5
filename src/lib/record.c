#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <bsd/stdlib.h>
#include <bsd/string.h>

#include "record.h"

#define ALPHANUMERIC "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
#define HEX_DIGITS   "0123456789abcdef"
#define SECONDS_MAX  INT64_MAX
#define PORT_MAX     65535

#define NO_NAME "its name is not HOST:PORT-PID:AREA"
#define NO_LINE "its line is not that of a record, or says something else than its name"

static bool
is_ipv6(const char *host)
{
	struct in6_addr addr;

	return (inet_pton(AF_INET6, host, &addr) == 1);
}

bool
record_area_ok(const char *area)
{
	return (*area != '\0' && area[strspn(area, ALPHANUMERIC "._-")] == '\0');
}

bool
record_host_ok(const char *host)
{
	/* A leading `-` would make it an option of some start_command, a `.` a hidden file. */
	return ((*host != '\0' && strchr("._-", *host) == NULL &&
		    host[strspn(host, ALPHANUMERIC "._-")] == '\0') ||
		is_ipv6(host));
}

/* HOST:PORT, as both the name and the line have it. */
static void
format_address(const struct record *r, char *address, size_t size)
{
	snprintf(
	    address, size, strchr(r->host, ':') != NULL ? "[%s]:%s" : "%s:%s", r->host, r->port);
}

/* False when the name is too long. */
static bool
fill(struct record *r, const char *host, unsigned int port, pid_t pid, const char *area)
{
	char address[sizeof(r->name)];

	*r = (struct record){.pid = pid};
	if (strlcpy(r->host, host, sizeof(r->host)) >= sizeof(r->host) ||
	    strlcpy(r->area, area, sizeof(r->area)) >= sizeof(r->area))
		return (false);
	snprintf(r->port, sizeof(r->port), "%u", port % (PORT_MAX + 1));
	format_address(r, address, sizeof(address));
	return (snprintf(r->name, sizeof(r->name), "%s-%d:%s", address, (int)pid, area) <=
		RECORD_NAME_MAX);
}

int
record_make(struct record *r, const char *host, unsigned int port, pid_t pid, const char *area,
    const uint8_t id[RECORD_ID_SIZE], char *err, size_t errsize)
{
	if (!record_host_ok(host)) {
		snprintf(err, errsize,
		    "%s can be neither a host's name nor an address: set [Run_Tool_Fleet]advertise "
		    "to one of this host's",
		    host);
		return (-1);
	}
	if (!fill(r, host, port, pid, area)) {
		snprintf(err, errsize,
		    "the name of a file would be too long (%d bytes at most) for %s:%u-%d:%s: set "
		    "[Run_Tool_Fleet]advertise to an address of this host",
		    RECORD_NAME_MAX, host, port, (int)pid, area);
		return (-1);
	}
	memcpy(r->id, id, sizeof(r->id));
	return (0);
}

/* Ends the text before the last `c`, and returns what is behind it; NULL when there is none. */
static char *
cut(char *text, int c)
{
	char *at = strrchr(text, c);

	if (at != NULL)
		*at++ = '\0';
	return (at);
}

/* Numbers and brackets can be written in several ways. fill() writes the one that is valid. */
int
record_parse_name(struct record *r, const char *name, const char **why)
{
	char host[NAME_MAX + 1], *area, *pid, *port, *end;
	const char *bad_port, *bad_pid;
	long long port_number, pid_number;

	*why = NO_NAME;
	if (strlcpy(host, name, sizeof(host)) >= sizeof(host))
		return (-1);
	if ((area = cut(host, ':')) == NULL || (pid = cut(host, '-')) == NULL ||
	    (port = cut(host, ':')) == NULL)
		return (-1);
	port_number = strtonum(port, 1, PORT_MAX, &bad_port);
	pid_number = strtonum(pid, 1, INT_MAX, &bad_pid);
	if (bad_port != NULL || bad_pid != NULL)
		return (-1);
	if (*host == '[' && (end = cut(host, ']')) != NULL && *end == '\0')
		memmove(host, host + 1, strlen(host));
	if (!record_host_ok(host) || !record_area_ok(area) ||
	    !fill(r, host, (unsigned int)port_number, (pid_t)pid_number, area) ||
	    strcmp(r->name, name) != 0)
		return (-1);
	return (0);
}

static unsigned int
hex_value(char digit)
{
	return ((unsigned int)(strchr(HEX_DIGITS, digit) - HEX_DIGITS));
}

int
record_parse(struct record *r, const char *name, const char *line, size_t len, const char **why)
{
	char text[RECORD_LINE_MAX + 1], again[RECORD_LINE_MAX];
	char seconds[20], id[2 * RECORD_ID_SIZE + 1];
	const char *at, *bad;
	size_t i;

	if (record_parse_name(r, name, why) == -1)
		return (-1);
	*why = NO_LINE;
	if (len >= sizeof(text))
		return (-1);
	memcpy(text, line, len);
	text[len] = '\0';
	if ((at = strstr(text, " AT ")) == NULL ||
	    sscanf(at, " AT %19[0-9] server-id: %32[" HEX_DIGITS "]", seconds, id) != 2 ||
	    strlen(id) != sizeof(id) - 1)
		return (-1);
	r->started = strtonum(seconds, 0, SECONDS_MAX, &bad);
	if (bad != NULL)
		return (-1);
	for (i = 0; i < RECORD_ID_SIZE; i++)
		r->id[i] = (uint8_t)(hex_value(id[2 * i]) << 4 | hex_value(id[2 * i + 1]));
	if (record_format(r, again) != len || memcmp(again, line, len) != 0)
		return (-1);
	return (0);
}

size_t
record_format(const struct record *r, char line[RECORD_LINE_MAX])
{
	char address[sizeof(r->name)], id[2 * RECORD_ID_SIZE + 1];
	size_t i;

	format_address(r, address, sizeof(address));
	for (i = 0; i < RECORD_ID_SIZE; i++)
		snprintf(id + 2 * i, 3, "%02x", r->id[i]);
	return ((size_t)snprintf(line, RECORD_LINE_MAX,
	    "SERVER STARTED: %s AT %lld server-id: %s pid: %d dbfname: %s\n", address,
	    (long long)r->started, id, (int)r->pid, r->area));
}

bool
record_is_ahead(const struct record *a, const struct record *b)
{
	if (a->started != b->started)
		return (a->started < b->started);
	return (memcmp(a->id, b->id, sizeof(a->id)) < 0);
}

bool
record_same_id(const struct record *a, const struct record *b)
{
	return (memcmp(a->id, b->id, sizeof(a->id)) == 0);
}

bool
record_same_state(const struct record *a, const struct record *b)
{
	return (record_same_id(a, b) && a->started == b->started &&
		a->touched.tv_sec == b->touched.tv_sec && a->touched.tv_nsec == b->touched.tv_nsec);
}
