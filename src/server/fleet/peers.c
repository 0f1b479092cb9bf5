#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "lib/fleet_config.h"
#include "peers.h"

#define SECOND	   INT64_C(1000) /* ms */
#define TRY_APART  SECOND	 /* from the beginning of a try to that of the next */
#define GAP(touch) (2 * (touch)) /* of the time between two looks, so much counts */

struct peer {
	struct record record;
	bool unfinished; /* a record .NAME.tmp: no server to ask yet */

	bool changed;	   /* at least once since the first look */
	int64_t unchanged; /* ms, since it changed or was first seen */

	/*
	 * What asking has shown: the result of the last round; before the first round has ended,
	 * its tries.
	 */
	enum { NOT_ASKED, NO_ANSWER_YET, ANSWERS, SILENT } verdict;
	bool warned; /* that it does not answer, or that another server does */
	bool dead;   /* to be removed */

	/*
	 * Why it is being asked now: it is new, or its record is stale and may have to be removed.
	 */
	enum { NO_ROUND, FIRST_ROUND, STALE_ROUND } round;
	bool in_flight; /* a try; it may outlive its round */
	int tries;	/* without an answer, in this round */
	int64_t next_try;
	int64_t next_round; /* while it is stale */
};

struct odd {
	struct records_odd odd;
	bool told;
};

struct peers {
	int64_t stale_after, touch_interval;
	int ping_tries;
	uint8_t self[RECORD_ID_SIZE];

	struct peer *list; /* by name */
	size_t n;
	struct odd *odd; /* by name */
	size_t n_odd;

	bool has_looked;
	int64_t looked;

	size_t ping_at, dead_at, odd_at; /* where the next search goes on */
};

struct peers *
peers_new(const struct fleet_config *config, const uint8_t self[RECORD_ID_SIZE])
{
	struct peers *p;

	if ((p = calloc(1, sizeof(*p))) == NULL)
		return (NULL);
	p->stale_after = config->stale_after * SECOND;
	p->touch_interval = config->touch_interval * SECOND;
	p->ping_tries = config->ping_tries;
	memcpy(p->self, self, sizeof(p->self));
	return (p);
}

void
peers_free(struct peers *p)
{
	if (p == NULL)
		return;
	free(p->list);
	free(p->odd);
	free(p);
}

/* ---- looking ------------------------------------------------------------------------------- */

/* The elements of both tables begin with a name. */
static_assert(offsetof(struct peer, record.name) == 0 && offsetof(struct odd, odd.name) == 0, "");

static int
by_name(const void *a, const void *b)
{
	return (strcmp(a, b));
}

static void *
find(const char *name, void *table, size_t n, size_t size)
{
	return (n == 0 ? NULL : bsearch(name, table, n, size, by_name));
}

static bool
is_stale(const struct peers *p, const struct peer *peer)
{
	return (peer->unchanged >= p->stale_after);
}

/* Its server lives: what was found out while the record was stale no longer counts. */
static void
note_change(struct peer *peer)
{
	peer->changed = true;
	peer->unchanged = 0;
	peer->next_round = 0;
	peer->dead = false;
	if (peer->round == STALE_ROUND)
		peer->round = NO_ROUND;
}

/*
 * What is known of a peer now, `gap` ms after the last look. Another id under the name is a new
 * peer.
 */
static struct peer
see(struct peers *p, const struct record *r, int64_t gap)
{
	const struct peer *old = find(r->name, p->list, p->n, sizeof(*p->list));
	struct peer peer = {0};

	if (old == NULL || !record_same_id(&old->record, r)) {
		peer.record = *r;
		return (peer);
	}
	peer = *old;
	peer.record = *r;
	if (record_same_state(&old->record, r))
		peer.unchanged += gap;
	else
		note_change(&peer);
	return (peer);
}

/*
 * There is no server to ask: the record is dead once it is stale, and once more every stale_after.
 */
static void
judge_unfinished(const struct peers *p, struct peer *peer, int64_t now)
{
	peer->unfinished = true;
	if (!is_stale(p, peer) || now < peer->next_round)
		return;
	peer->dead = true;
	peer->next_round = now + p->stale_after;
}

static void
fill_peers(struct peers *p, struct peer *list, size_t *n, const struct records *records,
    int64_t gap, int64_t now)
{
	const struct peer *old;
	size_t i;

	for (i = 0; i < records->n; i++)
		if (memcmp(records->list[i].id, p->self, sizeof(p->self)) != 0)
			list[(*n)++] = see(p, &records->list[i], gap);
	for (i = 0; i < records->n_unfinished; i++) {
		list[*n] = see(p, &records->unfinished[i], gap);
		judge_unfinished(p, &list[(*n)++], now);
	}
	for (i = 0; i < records->n_odd; i++) {
		old = find(records->odd[i].name, p->list, p->n, sizeof(*p->list));
		if (records->odd[i].unreadable && old != NULL)
			list[(*n)++] = see(p, &old->record, gap);
	}
	qsort(list, *n, sizeof(*list), by_name);
}

static void
fill_odd(struct peers *p, struct odd *odd, const struct records *records)
{
	const struct odd *old;
	size_t i;

	for (i = 0; i < records->n_odd; i++) {
		old = find(records->odd[i].name, p->odd, p->n_odd, sizeof(*p->odd));
		odd[i].odd = records->odd[i];
		odd[i].told = old != NULL && old->told;
	}
	qsort(odd, records->n_odd, sizeof(*odd), by_name);
}

int
peers_look(struct peers *p, const struct records *records, int64_t now)
{
	int64_t gap = p->has_looked ? now - p->looked : 0;
	struct peer *list;
	struct odd *odd;
	size_t n = 0;

	if (gap > GAP(p->touch_interval))
		gap = GAP(p->touch_interval);
	/* At least one each, since calloc() may return NULL for none. */
	list = calloc(records->n + records->n_unfinished + records->n_odd + 1, sizeof(*list));
	odd = calloc(records->n_odd + 1, sizeof(*odd));
	if (list == NULL || odd == NULL) {
		free(list);
		free(odd);
		return (-1);
	}
	fill_peers(p, list, &n, records, gap, now);
	fill_odd(p, odd, records);
	free(p->list);
	free(p->odd);
	p->list = list;
	p->n = n;
	p->odd = odd;
	p->n_odd = records->n_odd;
	p->dead_at = p->odd_at = 0;
	p->has_looked = true;
	p->looked = now;
	return (0);
}

/* ---- what follows -------------------------------------------------------------------------- */

static bool
is_registered(const struct peers *p, const struct peer *peer)
{
	return (peer->verdict == ANSWERS || (peer->changed && !is_stale(p, peer)));
}

void
peers_summarize(const struct peers *p, const struct record *self, struct peers_summary *sum)
{
	const struct peer *peer;

	*sum = (struct peers_summary){.settled = true};
	for (peer = p->list; peer < p->list + p->n; peer++) {
		if (peer->unfinished)
			continue;
		if (peer->verdict == NOT_ASKED)
			sum->settled = false;
		if (!is_registered(p, peer))
			continue;
		sum->registered++;
		if (record_is_ahead(&peer->record, self))
			sum->ahead++;
		if (peer->verdict != ANSWERS)
			continue;
		sum->good++;
		if (sum->first == NULL || record_is_ahead(&peer->record, sum->first))
			sum->first = &peer->record;
	}
}

const struct record *
peers_next_dead(struct peers *p)
{
	struct peer *peer;

	while (p->dead_at < p->n) {
		peer = &p->list[p->dead_at++];
		if (peer->dead) {
			peer->dead = false;
			return (&peer->record);
		}
	}
	p->dead_at = 0;
	return (NULL);
}

const struct records_odd *
peers_next_odd(struct peers *p)
{
	struct odd *odd;

	while (p->odd_at < p->n_odd) {
		odd = &p->odd[p->odd_at++];
		if (!odd->told) {
			odd->told = true;
			return (&odd->odd);
		}
	}
	return (NULL);
}

/* ---- pinging ------------------------------------------------------------------------------- */

/* Whether a try is due, of the present round or of one that must begin. */
static bool
is_due(const struct peers *p, const struct peer *peer, int64_t now)
{
	if (peer->unfinished || peer->in_flight || now < peer->next_try)
		return (false);
	return (peer->round != NO_ROUND || peer->verdict < ANSWERS ||
		(is_stale(p, peer) && now >= peer->next_round));
}

static void
begin_try(const struct peers *p, struct peer *peer, int64_t now)
{
	if (peer->round == NO_ROUND) {
		peer->round = is_stale(p, peer) ? STALE_ROUND : FIRST_ROUND;
		peer->tries = 0;
	}
	peer->in_flight = true;
	peer->next_try = now + TRY_APART;
}

const struct record *
peers_next_ping(struct peers *p, int64_t now)
{
	struct peer *peer;
	size_t i;

	for (i = 0; i < p->n; i++) {
		peer = &p->list[p->ping_at++ % p->n];
		if (is_due(p, peer, now)) {
			begin_try(p, peer, now);
			return (&peer->record);
		}
	}
	return (NULL);
}

static void
end_round(const struct peers *p, struct peer *peer, bool answered, int64_t now)
{
	if (peer->round == STALE_ROUND) {
		peer->dead = !answered;
		peer->next_round = now + p->stale_after;
	}
	peer->round = NO_ROUND;
	peer->verdict = answered ? ANSWERS : SILENT;
}

bool
peers_answer(struct peers *p, const char *name, const uint8_t id[RECORD_ID_SIZE],
    enum peers_answer answer, int64_t now)
{
	struct peer *peer = find(name, p->list, p->n, sizeof(*p->list));
	bool odd = answer == PEERS_OTHER_ID, warn;

	if (peer == NULL || !peer->in_flight ||
	    memcmp(peer->record.id, id, sizeof(peer->record.id)) != 0)
		return (false);
	peer->in_flight = false;
	if (answer == PEERS_NOT_ASKED)
		return (false);
	if (peer->verdict == NOT_ASKED)
		peer->verdict = NO_ANSWER_YET;
	if (answer == PEERS_ANSWERED) {
		end_round(p, peer, true, now);
	} else if (peer->round != NO_ROUND && ++peer->tries >= p->ping_tries) {
		end_round(p, peer, false, now);
		odd = true;
	}
	warn = odd && !peer->warned;
	peer->warned |= odd;
	return (warn);
}
