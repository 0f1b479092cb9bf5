#include <stddef.h>

#include "lib/log.h"
#include "stall.h"

bool
stall_look(struct stall *s, const struct queue_load *load, int64_t now)
{
	if (load->waiting == 0) {
		*s = (struct stall){0};
		return (false);
	}
	if (s->since == 0 || s->turns != load->turns)
		*s = (struct stall){.since = now, .turns = load->turns};
	if (s->told || now - s->since < STALL_MS)
		return (false);
	s->told = true;
	return (true);
}

/* The runs that have had their slots for the longest time, oldest first. How many. */
static size_t
find_oldest(const struct request_list *requests, const struct request *oldest[STALL_RUNS])
{
	const struct request *r;
	size_t n = 0, i;

	TAILQ_FOREACH (r, requests, killer_entry) {
		if (r->taken_at == 0)
			continue;
		for (i = n; i > 0 && oldest[i - 1]->taken_at > r->taken_at; i--)
			if (i < STALL_RUNS)
				oldest[i] = oldest[i - 1];
		if (i < STALL_RUNS)
			oldest[i] = r;
		n += n < STALL_RUNS;
	}
	return (n);
}

void
stall_tell(const struct request_list *requests, const struct queue_load *load, int64_t now)
{
	const struct request *oldest[STALL_RUNS];
	size_t n = find_oldest(requests, oldest), i;
	char run[REQUEST_WORDS];

	log_warn(
	    "slots: none of %u has come free for %d s while requests waited, %u now: if these runs "
	    "wait for those, they do for ever; the oldest are",
	    load->running, STALL_MS / 1000, load->waiting);
	for (i = 0; i < n; i++)
		log_warn("slots: run %s secs=%lld", request_words(oldest[i], run),
		    (long long)(now - oldest[i]->taken_at) / 1000);
}
