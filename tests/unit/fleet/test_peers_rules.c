/*
 * peers, in simulated hours: servers start, die, leave, and lose the directory, the network or both; the
 * one that judges them hangs, is suspended, cut off and started anew. Whatever happens in which order: no
 * record of a live server is removed but by the rule, a dead one's always is, in bounded time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/fleet/peers.h"
#include "lib/fleet_config.h"
#include "unit/suites.h"

#define SECOND	1000
#define SERVERS 12
#define HOURS	6

#define STALE	360
#define TOUCH	15
#define TRIES	5
#define TIMEOUT 5
#define LOOK	7 /* seconds from one look at the directory to the next */

/* A round of pings, and what is lost by looking only now and then. */
#define ROUND (TRIES * (TIMEOUT + 1) + 2 * LOOK)
/* While it is watched: stale, asked in vain; and before that it may have answered when it was stale. */
#define BOUND (2 * (STALE + ROUND))

static const struct fleet_config config = {
    .stale_after = STALE, .touch_interval = TOUCH, .ping_tries = TRIES, .ping_timeout = TIMEOUT};
static const struct record self = {.id = {0xff}};

static struct server {
	struct record record; /* as it is in its file */
	bool alive, file;
	int dir_back, net_back;	 /* when it is no longer cut off */
	int touched, registered; /* when it did last; since when it touches without a break */
	int died;
	int watched;   /* seconds since then, by somebody who looks */
	int silent;    /* tries in vain since it touched or answered */
	int reply_due; /* to a ping; 0: none is under way */
	struct record asked;
} servers[SERVERS];

static struct peers *peers;
static int now; /* seconds */
static struct {
	int64_t clock; /* ms; stands still while it is suspended */
	int back;      /* when it runs on */
	bool suspended;
	int net_back;
	int born, looked, running; /* since when: it exists; nothing stopped it */
} reader;
static int removed_dead;
static uint32_t seed;

static int
below(int n)
{
	seed = seed * 1664525 + 1013904223;
	return ((int)((uint64_t)seed * (uint32_t)n >> 32));
}

/* About once in so many seconds. */
static bool
once_in(int seconds)
{
	return (below(seconds) == 0);
}

static void
put_file(struct server *s)
{
	s->file = true;
	s->touched = now;
	s->silent = 0;
	s->record.touched.tv_sec = 1000000 - now; /* whatever this clock does */
}

static void
start(struct server *s)
{
	int i;

	s->alive = true;
	s->dir_back = s->net_back = 0;
	s->registered = now;
	snprintf(s->record.name, sizeof(s->record.name), "h%d:80-1:x", (int)(s - servers));
	s->record.started = now;
	for (i = 0; i < 8; i++)
		s->record.id[i] = (uint8_t)below(256);
	put_file(s);
}

static void
stop(struct server *s, bool leaves)
{
	s->alive = false;
	s->died = now;
	s->watched = 0;
	if (leaves)
		s->file = false;
}

static void
live(struct server *s)
{
	if (once_in(3000))
		stop(s, false);
	else if (once_in(9000) && s->dir_back <= now)
		stop(s, true);
	if (once_in(2000))
		s->dir_back = now + below(3 * STALE);
	if (once_in(2000))
		s->net_back = now + below(3 * STALE);
	if (!s->alive)
		return;
	if (s->dir_back > now)
		s->registered = now + TOUCH;
	else if (now - s->touched >= TOUCH || !s->file)
		put_file(s);
}

static void
world(void)
{
	struct server *s;

	for (s = servers; s < servers + SERVERS; s++) {
		if (s->alive)
			live(s);
		else if (once_in(3000))
			start(s);
	}
}

static void
look(void)
{
	struct record list[SERVERS];
	struct records all = {.list = list};
	const struct server *s;

	for (s = servers; s < servers + SERVERS; s++)
		if (s->file)
			list[all.n++] = s->record;
	ck_assert_int_eq(peers_look(peers, &all, reader.clock), 0);
	reader.looked = now;
}

static struct server *
server_of(const struct record *r)
{
	return (&servers[strtol(r->name + 1, NULL, 10)]);
}

static void
ping(void)
{
	const struct record *r;
	struct server *s;

	while ((r = peers_next_ping(peers, reader.clock)) != NULL) {
		s = server_of(r);
		s->reply_due = now + below(TIMEOUT + 1);
		s->asked = *r;
	}
	for (s = servers; s < servers + SERVERS; s++) {
		bool same = record_same_id(&s->asked, &s->record), reached;

		if (s->reply_due == 0 || s->reply_due > now)
			continue;
		reached = s->alive && s->net_back <= now && reader.net_back <= now;
		s->reply_due = 0;
		s->silent = reached ? 0 : s->silent + 1;
		peers_answer(peers, s->asked.name, s->asked.id,
		    !reached ? PEERS_SILENT
		    : same   ? PEERS_ANSWERED
			     : PEERS_OTHER_ID,
		    reader.clock);
	}
}

static void
bury(void)
{
	const struct record *r;
	struct server *s;

	while ((r = peers_next_dead(peers)) != NULL) {
		s = server_of(r);
		/* As records_remove() does. */
		if (!s->file || !record_same_id(r, &s->record) ||
		    r->touched.tv_sec != s->record.touched.tv_sec)
			continue;
		ck_assert_int_ge(now - s->touched, STALE);
		ck_assert_int_ge(s->silent, TRIES);
		s->file = false;
		removed_dead += !s->alive;
	}
}

static void
check(void)
{
	unsigned int least = 0, most = 0;
	struct peers_summary sum;
	struct server *s;

	for (s = servers; s < servers + SERVERS; s++) {
		if (s->file && !s->alive)
			ck_assert_msg(++s->watched <= BOUND, "%s is dead, and still here at %d",
			    s->record.name, now);
		/* It has touched its record under our eyes. */
		if (s->alive && s->file && now - s->registered > 2 * TOUCH + LOOK &&
		    now - reader.running > 2 * TOUCH + LOOK)
			least++;
		/* Those that were dead when we came never count. */
		if (s->file && (s->alive || s->died >= reader.born))
			most++;
	}
	if (reader.looked != now)
		return;
	peers_summarize(peers, &self, &sum);
	ck_assert_msg(sum.registered >= least && sum.registered <= most,
	    "%u count at %d, not %u to %u", sum.registered, now, least, most);
	ck_assert_uint_le(sum.good, sum.registered);
	ck_assert((sum.first != NULL) == (sum.good > 0));
}

static void
reader_begins(void)
{
	struct server *s;

	peers_free(peers);
	peers = peers_new(&config, self.id);
	ck_assert_ptr_nonnull(peers);
	reader.born = reader.running = now;
	for (s = servers; s < servers + SERVERS; s++)
		s->reply_due = s->watched = 0;
	look();
}

static void
read_and_judge(void)
{
	if (once_in(6000))
		reader_begins();
	if (once_in(3000)) {
		reader.back = now + 1 + below(2 * STALE);
		reader.suspended = once_in(2);
	}
	if (once_in(3000))
		reader.net_back = now + below(3 * STALE);
	if (reader.back > now) {
		reader.running = now + 1;
		if (!reader.suspended)
			reader.clock += SECOND;
		return;
	}
	reader.clock += SECOND;
	if (now - reader.looked >= LOOK)
		look();
	ping();
	bury();
	check();
}

START_TEST(only_dead_servers_lose_their_records_and_all_of_them_do)
{
	int i;

	seed = (uint32_t)_i;
	for (i = 0; i < SERVERS; i++)
		start(&servers[i]);
	reader_begins();
	for (now = 1; now < HOURS * 3600; now++) {
		world();
		read_and_judge();
	}
	peers_free(peers);
	ck_assert_int_gt(removed_dead, 3);
}
END_TEST

Suite *
peers_rules_suite(void)
{
	Suite *suite = suite_create("peers_rules");
	TCase *tc = tcase_create("peers_rules");

	tcase_add_loop_test(
	    tc, only_dead_servers_lose_their_records_and_all_of_them_do, 0, testing_times(12, 100));
	suite_add_tcase(suite, tc);
	return (suite);
}
