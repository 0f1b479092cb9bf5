#include <signal.h>
#include <sys/socket.h>

#include "lib/log.h"
#include "server/base/clock.h"
#include "ending.h"

#define LAST_RESORT_MS 2000 /* from the order SIGKILL to SIGKILL for the keeper itself */

static void
tell(const struct request *r, unsigned char sig)
{
	/* Errors do not matter: a keeper that is gone has ended its tree. */
	(void)!send(r->life, &sig, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void
ending_kill(struct request *r)
{
	tell(r, SIGKILL);
	if (r->kills > 0 && r->group > 0)
		kill(-r->group, SIGKILL);
	if (r->kills++ == 1)
		log_warn("kill id=%llu client=%s: its keeper does not answer: SIGKILL to it",
		    (unsigned long long)r->id, r->client_text);
	r->kill_at = clock_ms() + LAST_RESORT_MS;
}

/* A stopped process must be continued to see SIGTERM. */
static void
begin_gently(struct request *r, int grace)
{
	tell(r, SIGTERM);
	tell(r, SIGCONT);
	r->kill_at = clock_ms() + grace * 1000LL;
}

static const char *
words_for(enum request_end why)
{
	switch (why) {
	case END_CLIENT_GONE:
		return ("its client is gone");
	case END_TIME_LIMIT:
		return ("its time is up");
	default:
		return ("the server ends");
	}
}

void
ending_begin(struct request *r, enum request_end why, int grace, bool at_once)
{
	if (r->end == END_NOT)
		r->end = why;
	if (r->life == -1)
		return;
	log_debug("kill id=%llu client=%s: %s", (unsigned long long)r->id, r->client_text,
	    words_for(why));
	if (at_once || grace == 0)
		ending_kill(r);
	else if (r->kill_at == 0)
		begin_gently(r, grace);
}
