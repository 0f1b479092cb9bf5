#include <stdarg.h>
#include <stdio.h>

#include "lib/deadline.h"
#include "lib/log.h"
#include "server/base/access.h"
#include "server/base/clock.h"
#include "admit.h"

#define QUIET_MS 1000 /* between two lines in the log */

/* So many clients that are not allowed are told so in so long. */
#define MAX_TOLD 8
#define TOLD_MS	 1000

enum { NOT_ALLOWED, TOO_MANY, TOO_MANY_OF_HOST };

/* Logs what is new, unless it is too soon. When it may be logged, or 0 when nothing is left. */
static int64_t
say(struct admit_refusals *r)
{
	int64_t now;

	if (r->told == r->count)
		return (0);
	if ((now = clock_ms()) < r->quiet_until)
		return (r->quiet_until);
	log_info("conn client=%s %s (%lu so far)", r->client, r->why, r->count);
	r->told = r->count;
	r->quiet_until = now + QUIET_MS;
	return (0);
}

__attribute__((format(printf, 4, 5))) static bool
refuse(struct admit *a, int reason, const struct sockaddr_storage *client, const char *fmt, ...)
{
	struct admit_refusals *r = &a->refusals[reason];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(r->why, sizeof(r->why), fmt, ap);
	va_end(ap);
	addr_format(client, r->client, sizeof(r->client));
	r->count++;
	say(r);
	return (false);
}

static bool
is_full(int limit, unsigned int n)
{
	return (limit != 0 && n >= (unsigned int)limit);
}

static bool
may_be_told(struct admit *a, const struct settings *s, const struct crowd *crowd)
{
	int64_t now = clock_ms();

	if (a->told_from + TOLD_MS <= now) {
		a->told_from = now;
		a->told = 0;
	}
	if (a->told >= MAX_TOLD || is_full(s->max_connections, 2 * crowd->total))
		return (false);
	a->told++;
	return (true);
}

bool
admit_client(struct admit *a, const struct settings *s, const struct crowd *crowd,
    const struct sockaddr_storage *client, bool *tell)
{
	*tell = false;
	if (!access_is_allowed(s, client)) {
		*tell = may_be_told(a, s, crowd);
		return (refuse(a, NOT_ALLOWED, client, "denied: not in `allow`"));
	}
	if (is_full(s->max_connections, crowd->total))
		return (refuse(a, TOO_MANY, client, "refused: max_connections = %d are open",
		    s->max_connections));
	if (is_full(s->max_connections_per_host, crowd_size_from(crowd, client)))
		return (refuse(a, TOO_MANY_OF_HOST, client,
		    "refused: max_connections_per_host = %d are open",
		    s->max_connections_per_host));
	return (true);
}

int64_t
admit_check_log(struct admit *a)
{
	int64_t next = 0;
	int i;

	for (i = 0; i < ADMIT_REASONS; i++)
		next = deadline_sooner(next, say(&a->refusals[i]));
	return (next);
}
