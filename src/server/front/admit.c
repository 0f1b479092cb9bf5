#include <stdarg.h>
#include <stdio.h>

#include "access.h"
#include "admit.h"
#include "server/base/clock.h"
#include "crowd.h"
#include "lib/log.h"

#define QUIET_MS 1000 /* between two lines in the log */
#define WHY_SIZE 80

/* Those that were turned away for one reason. */
struct refusals {
	unsigned long count, told; /* since the start; those that the log knows of */
	int64_t quiet_until;	   /* monotonic milliseconds */
	char client[ADDR_TEXT_SIZE], why[WHY_SIZE]; /* the last one's */
};

enum { NOT_ALLOWED, TOO_MANY, TOO_MANY_OF_HOST, REASONS };
static struct refusals refusals[REASONS];

/* Logs it if it may; milliseconds until it may, or -1 when nothing is left to log. */
static int
tell(struct refusals *r)
{
	int64_t now;

	if (r->told == r->count)
		return (-1);
	if ((now = clock_ms()) < r->quiet_until)
		return ((int)(r->quiet_until - now));
	log_info("conn client=%s %s (%lu so far)", r->client, r->why, r->count);
	r->told = r->count;
	r->quiet_until = now + QUIET_MS;
	return (-1);
}

__attribute__((format(printf, 3, 4))) static bool
refuse(int reason, const struct sockaddr_storage *client, const char *fmt, ...)
{
	struct refusals *r = &refusals[reason];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(r->why, sizeof(r->why), fmt, ap);
	va_end(ap);
	addr_format(client, r->client, sizeof(r->client));
	r->count++;
	tell(r);
	return (false);
}

static bool
is_full(int limit, unsigned int n)
{
	return (limit != 0 && n >= (unsigned int)limit);
}

bool
admit_client(const struct settings *s, const struct sockaddr_storage *client)
{
	if (!access_client(s, client))
		return (refuse(NOT_ALLOWED, client, "denied: not in `allow`"));
	if (is_full(s->max_connections, crowd_size()))
		return (refuse(TOO_MANY, client, "refused: max_connections = %d are open",
		    s->max_connections));
	if (is_full(s->max_connections_per_host, crowd_size_from(client)))
		return (refuse(TOO_MANY_OF_HOST, client,
		    "refused: max_connections_per_host = %d are open",
		    s->max_connections_per_host));
	return (true);
}

int
admit_check_log(void)
{
	int i, ms, soonest = -1;

	for (i = 0; i < REASONS; i++) {
		ms = tell(&refusals[i]);
		if (ms != -1 && (soonest == -1 || ms < soonest))
			soonest = ms;
	}
	return (soonest);
}
