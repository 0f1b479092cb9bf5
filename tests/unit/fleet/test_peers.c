/* peers: who counts, who is asked, whose record goes, step by step on a clock of the test's own. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <bsd/string.h>

#include "lib/fleet_config.h"
#include "server/fleet/peers.h"
#include "unit/suites.h"

#define SECOND INT64_C(1000)
#define STALE  360
#define TOUCH  15
#define TRIES  5

#define STALE_MS (STALE * SECOND)
#define TOUCH_MS (TOUCH * SECOND)

static const struct fleet_config config = {
    .stale_after = STALE, .touch_interval = TOUCH, .ping_tries = TRIES};
static const struct record self = {.id = {0xff}, .started = 100};

/* What the directory holds, and the time. */
static struct record list[4], unfinished[1];
static struct records_odd odd[2];
static struct records dir;
static struct peers *peers;
static int64_t now;

static void
set_up(void)
{
	peers = peers_new(&config, self.id);
	ck_assert_ptr_nonnull(peers);
}

static void
tear_down(void)
{
	peers_free(peers);
}

/* A server with this id; `started` is its place in the order. */
static struct record *
put(uint8_t id, int64_t started)
{
	struct record *r = &list[dir.n++];

	*r = (struct record){.id = {id}, .started = started};
	snprintf(r->name, sizeof(r->name), "host%d:80-1:x", id);
	dir.list = list;
	return (r);
}

static void
look(void)
{
	ck_assert_int_eq(peers_look(peers, &dir, now), 0);
}

/* Looks as often as a server does, for so long. */
static void
look_for(int seconds)
{
	int64_t end = now + seconds * SECOND;

	while (now < end) {
		now += end - now < TOUCH_MS ? end - now : TOUCH_MS;
		look();
	}
}

static struct peers_summary
summary(void)
{
	struct peers_summary sum;

	peers_summarize(peers, &self, &sum);
	return (sum);
}

static void
touch(struct record *r)
{
	r->touched.tv_nsec++;
}

static bool
answer(const struct record *r, enum peers_answer how)
{
	return (peers_answer(peers, r->name, r->id, how, now));
}

/* It has to be asked now, and nobody else. */
static void
expect_ping(const struct record *r)
{
	const struct record *asked = peers_next_ping(peers, now);

	ck_assert_ptr_nonnull(asked);
	ck_assert_str_eq(asked->name, r->name);
	ck_assert_ptr_null(peers_next_ping(peers, now));
}

static void
ping(const struct record *r, enum peers_answer how)
{
	expect_ping(r);
	answer(r, how);
}

/* A whole round that nobody answers. */
static void
silent_round(const struct record *r)
{
	int i;

	for (i = 0; i < TRIES; i++) {
		ping(r, PEERS_SILENT);
		now += SECOND;
	}
}

START_TEST(a_new_server_is_asked_at_once_and_counts_when_it_answers)
{
	struct record *r = put(1, 50);

	ck_assert(summary().settled);
	look();
	ck_assert(!summary().settled);
	ck_assert_uint_eq(summary().registered, 0);
	ping(r, PEERS_ANSWERED);
	ck_assert(summary().settled);
	ck_assert_uint_eq(summary().good, 1);
	ck_assert_uint_eq(summary().registered, 1);
	ck_assert_uint_eq(summary().ahead, 1);
	ck_assert_str_eq(summary().first->name, r->name);
	look_for(STALE - 1);
	ck_assert_ptr_null(peers_next_ping(peers, now));
}
END_TEST

START_TEST(its_tries_are_a_second_apart_and_the_first_settles_it)
{
	struct record *r = put(1, 50);

	look();
	ping(r, PEERS_SILENT);
	ck_assert(summary().settled);
	now += SECOND - 1;
	ck_assert_ptr_null(peers_next_ping(peers, now));
	now += 1;
	expect_ping(r);
	/* One at a time, however long it takes. */
	now += 60 * SECOND;
	ck_assert_ptr_null(peers_next_ping(peers, now));
	answer(r, PEERS_SILENT);
	expect_ping(r);
	answer(r, PEERS_ANSWERED);
	ck_assert_uint_eq(summary().good, 1);
}
END_TEST

START_TEST(one_that_did_not_answer_a_round_is_left_alone_until_its_record_is_stale)
{
	struct record *r = put(1, 50);

	look();
	silent_round(r);
	look_for(STALE - TRIES - 1);
	ck_assert_ptr_null(peers_next_ping(peers, now));
	ck_assert_ptr_null(peers_next_dead(peers));
	ck_assert_uint_eq(summary().registered, 0);
	look_for(TRIES + 1);
	expect_ping(r);
}
END_TEST

START_TEST(a_record_counts_for_stale_after_once_it_was_seen_to_change)
{
	struct record *r = put(1, 50);

	look();
	silent_round(r);
	look_for(60);
	ck_assert_uint_eq(summary().registered, 0);
	touch(r);
	look();
	ck_assert_uint_eq(summary().registered, 1);
	ck_assert_uint_eq(summary().good, 0);
	ck_assert_ptr_null(summary().first);
	look_for(STALE - 1);
	ck_assert_uint_eq(summary().registered, 1);
	look_for(1);
	ck_assert_uint_eq(summary().registered, 0);
}
END_TEST

START_TEST(a_silent_untouched_servers_record_goes_when_a_whole_round_has_failed_since)
{
	struct record *r = put(1, 50);
	const struct record *dead;

	look();
	ping(r, PEERS_ANSWERED);
	look_for(STALE);
	ck_assert_uint_eq(summary().registered, 1);
	silent_round(r);
	look();
	ck_assert_uint_eq(summary().registered, 0);
	dead = peers_next_dead(peers);
	ck_assert_ptr_nonnull(dead);
	ck_assert_str_eq(dead->name, r->name);
	ck_assert_ptr_null(peers_next_dead(peers));

	/* If it could not be removed it comes again, after another round. */
	look_for(STALE - 30);
	ck_assert_ptr_null(peers_next_ping(peers, now));
	look_for(30);
	silent_round(r);
	ck_assert_ptr_nonnull(peers_next_dead(peers));
}
END_TEST

START_TEST(a_round_that_began_before_the_record_was_stale_does_not_condemn_it)
{
	struct record *r = put(1, 50);
	int i;

	look();
	for (i = 0; i < TRIES - 1; i++) {
		ping(r, PEERS_SILENT);
		now += SECOND;
	}
	look_for(STALE);
	ping(r, PEERS_SILENT);
	ck_assert_ptr_null(peers_next_dead(peers));
	now += SECOND;
	silent_round(r);
	ck_assert_ptr_nonnull(peers_next_dead(peers));
}
END_TEST

START_TEST(an_answer_saves_a_record_that_nobody_touches)
{
	struct record *r = put(1, 50);
	int i;

	look();
	ping(r, PEERS_ANSWERED);
	for (i = 0; i < 3; i++) {
		look_for(STALE);
		ping(r, PEERS_SILENT);
		now += SECOND;
		ping(r, PEERS_ANSWERED);
		look();
		ck_assert_ptr_null(peers_next_dead(peers));
		ck_assert_uint_eq(summary().good, 1);
	}
	look_for(STALE);
	silent_round(r);
	ck_assert_ptr_nonnull(peers_next_dead(peers));
}
END_TEST

START_TEST(a_touch_saves_a_server_that_does_not_answer)
{
	struct record *r = put(1, 50);
	int i;

	look();
	silent_round(r);
	look_for(STALE);
	for (i = 0; i < TRIES - 1; i++) {
		ping(r, PEERS_SILENT);
		now += SECOND;
	}
	/* With the last try under way. */
	expect_ping(r);
	touch(r);
	look();
	answer(r, PEERS_SILENT);
	ck_assert_ptr_null(peers_next_dead(peers));
	now += SECOND;
	ck_assert_ptr_null(peers_next_ping(peers, now));

	look_for(STALE);
	silent_round(r);
	touch(r);
	look();
	ck_assert_ptr_null(peers_next_dead(peers));
	ck_assert_uint_eq(summary().registered, 1);
}
END_TEST

START_TEST(another_server_in_its_place_is_no_answer_and_a_warning_once)
{
	struct record *r = put(1, 50);
	int i;

	look();
	for (i = 0; i < TRIES; i++) {
		expect_ping(r);
		ck_assert_int_eq(answer(r, PEERS_OTHER_ID), i == 0);
		now += SECOND;
	}
	ck_assert_uint_eq(summary().good, 0);
	ck_assert_ptr_null(peers_next_ping(peers, now));
}
END_TEST

START_TEST(a_silent_server_is_a_warning_once)
{
	struct record *r = put(1, 50);
	int i;

	look();
	for (i = 0; i < TRIES; i++) {
		expect_ping(r);
		ck_assert_int_eq(answer(r, PEERS_SILENT), i == TRIES - 1);
		now += SECOND;
	}
	look_for(STALE);
	for (i = 0; i < TRIES; i++) {
		expect_ping(r);
		ck_assert(!answer(r, PEERS_SILENT));
		now += SECOND;
	}
}
END_TEST

START_TEST(what_could_not_be_asked_is_no_try)
{
	struct record *r = put(1, 50);
	int i;

	look();
	for (i = 0; i < 3 * TRIES; i++) {
		ping(r, PEERS_NOT_ASKED);
		ck_assert(!summary().settled);
		now += SECOND;
	}
	silent_round(r);
	ck_assert_ptr_null(peers_next_ping(peers, now));
}
END_TEST

START_TEST(a_result_of_no_try_is_none)
{
	struct record *r = put(1, 50);
	int i;

	look();
	ping(r, PEERS_SILENT);
	for (i = 0; i < TRIES; i++)
		answer(r, PEERS_SILENT);
	now += SECOND;
	expect_ping(r);
}
END_TEST

START_TEST(a_new_server_under_the_same_name_is_a_new_one)
{
	struct record *r = put(1, 50), old;

	look();
	ping(r, PEERS_ANSWERED);
	look_for(STALE);
	expect_ping(r);
	old = *r;
	r->id[0] = 2;
	look();
	ck_assert_uint_eq(summary().registered, 0);
	/* What the old one is said to have done is not the new one's. */
	answer(&old, PEERS_ANSWERED);
	ck_assert_uint_eq(summary().good, 0);
	ping(r, PEERS_SILENT);
	look_for(STALE - 1);
	ck_assert_ptr_null(peers_next_dead(peers));
}
END_TEST

START_TEST(one_that_left_and_came_back_is_a_new_one)
{
	struct record *r = put(1, 50);

	look();
	ping(r, PEERS_ANSWERED);
	dir.n = 0;
	look();
	ck_assert_uint_eq(summary().registered, 0);
	ck_assert(!answer(r, PEERS_ANSWERED));
	dir.n = 1;
	look();
	ck_assert_uint_eq(summary().registered, 0);
	expect_ping(r);
}
END_TEST

START_TEST(what_is_known_of_a_file_that_cannot_be_read_now_stays)
{
	struct record *r = put(1, 50);

	look();
	ping(r, PEERS_ANSWERED);
	odd[0] = (struct records_odd){.why = "Stale file handle", .unreadable = true};
	strlcpy(odd[0].name, r->name, sizeof(odd[0].name));
	dir.odd = odd;
	dir.n_odd = 1;
	dir.n = 0;
	look_for(STALE - TOUCH);
	ck_assert_uint_eq(summary().good, 1);
	ck_assert_str_eq(peers_next_odd(peers)->name, r->name);
	dir.n_odd = 0;
	dir.n = 1;
	look_for(TOUCH);
	expect_ping(r);

	/* A malformed one is not a record any more. */
	odd[0].unreadable = false;
	dir.n_odd = 1;
	dir.n = 0;
	look();
	ck_assert_uint_eq(summary().good, 0);
}
END_TEST

START_TEST(an_unfinished_record_goes_without_a_question)
{
	unfinished[0] = (struct record){.name = ".host:80-1:x.tmp"};
	dir.unfinished = unfinished;
	dir.n_unfinished = 1;
	look();
	ck_assert(summary().settled);
	look_for(STALE - 1);
	touch(unfinished);
	look_for(STALE);
	ck_assert_ptr_null(peers_next_dead(peers));
	look_for(TOUCH);
	ck_assert_ptr_null(peers_next_ping(peers, now));
	ck_assert_str_eq(peers_next_dead(peers)->name, unfinished[0].name);
	look();
	ck_assert_ptr_null(peers_next_dead(peers));
	look_for(STALE);
	ck_assert_ptr_nonnull(peers_next_dead(peers));
	ck_assert_uint_eq(summary().registered, 0);
}
END_TEST

START_TEST(our_own_record_is_no_peer)
{
	*put(0xff, 100) = self;
	look();
	ck_assert_ptr_null(peers_next_ping(peers, now));
	look_for(2 * STALE);
	ck_assert_ptr_null(peers_next_dead(peers));
	ck_assert_uint_eq(summary().registered, 0);
}
END_TEST

START_TEST(those_that_started_before_us_are_ahead_and_the_first_is_the_oldest_good_one)
{
	const struct record *asked;
	int i;

	put(1, 99);
	put(2, 100);
	put(3, 101);
	put(4, 42);
	look();
	for (i = 0; i < 4; i++) {
		asked = peers_next_ping(peers, now);
		ck_assert_ptr_nonnull(asked);
		answer(asked, asked->id[0] == 4 ? PEERS_SILENT : PEERS_ANSWERED);
	}
	ck_assert_uint_eq(summary().registered, 3);
	ck_assert_uint_eq(summary().ahead, 2);
	ck_assert_str_eq(summary().first->name, list[0].name);
	touch(&list[3]);
	look();
	ck_assert_uint_eq(summary().registered, 4);
	ck_assert_uint_eq(summary().ahead, 3);
	ck_assert_uint_eq(summary().good, 3);
	ck_assert_str_eq(summary().first->name, list[0].name);
}
END_TEST

/* The directory hung, or this process was stopped: when it looks at last, all others look dead. */
START_TEST(time_in_which_nobody_looked_says_nothing)
{
	struct record *r = put(1, 50);
	int i;

	look();
	ping(r, PEERS_ANSWERED);
	touch(r);
	look();
	for (i = 1; i < STALE / (2 * TOUCH); i++) {
		now += 100 * STALE_MS;
		look();
		ck_assert_ptr_null(peers_next_ping(peers, now));
		ck_assert_uint_eq(summary().registered, 1);
	}
	now += 2 * TOUCH_MS;
	look();
	expect_ping(r);
}
END_TEST

/* The host was suspended, and its clock with it: others have touched their records long ago and since. */
START_TEST(a_clock_that_stood_still_makes_nobody_older)
{
	struct record *r = put(1, 50);

	look();
	silent_round(r);
	r->touched.tv_sec += 100000;
	look();
	ck_assert_uint_eq(summary().registered, 1);
	look();
	ck_assert_ptr_null(peers_next_dead(peers));
}
END_TEST

/* The file server's clock is nobody's business, backwards or not. */
START_TEST(any_change_of_a_records_time_is_a_touch)
{
	struct record *r = put(1, 50);

	r->touched.tv_sec = 1000000;
	look();
	silent_round(r);
	look_for(STALE - 10);
	r->touched.tv_sec = 5;
	look();
	ck_assert_uint_eq(summary().registered, 1);
	look_for(STALE - 1);
	ck_assert_ptr_null(peers_next_ping(peers, now));
}
END_TEST

START_TEST(what_is_no_record_is_told_once_as_long_as_it_is_there)
{
	odd[0] = (struct records_odd){.name = "b:x", .why = "bad"};
	odd[1] = (struct records_odd){.name = "a:x", .why = "bad"};
	dir.odd = odd;
	dir.n_odd = 2;
	look();
	ck_assert_ptr_nonnull(peers_next_odd(peers));
	look();
	ck_assert_ptr_nonnull(peers_next_odd(peers));
	ck_assert_ptr_null(peers_next_odd(peers));
	look();
	ck_assert_ptr_null(peers_next_odd(peers));
	dir.n_odd = 1;
	look();
	dir.n_odd = 2;
	look();
	ck_assert_str_eq(peers_next_odd(peers)->name, "a:x");
	ck_assert_ptr_null(peers_next_odd(peers));
}
END_TEST

START_TEST(ten_thousand_are_no_trouble)
{
	const struct record *asked;
	size_t i, n;

	dir.n = RECORDS_MAX;
	dir.list = calloc(dir.n, sizeof(*dir.list));
	ck_assert_ptr_nonnull(dir.list);
	for (i = 0; i < dir.n; i++) {
		memcpy(dir.list[i].id + 1, &i, sizeof(i));
		snprintf(dir.list[i].name, sizeof(dir.list[i].name), "h:80-%zu:x", dir.n - i);
	}
	for (i = 0; i < TRIES; i++) {
		look();
		for (n = 0; (asked = peers_next_ping(peers, now)) != NULL; n++)
			answer(asked, PEERS_SILENT);
		ck_assert_uint_eq(n, dir.n);
		now += SECOND;
	}
	ck_assert_ptr_null(peers_next_ping(peers, now));
	free(dir.list);
}
END_TEST

Suite *
peers_suite(void)
{
	Suite *suite = suite_create("peers");
	TCase *tc = tcase_create("peers");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, a_new_server_is_asked_at_once_and_counts_when_it_answers);
	tcase_add_test(tc, its_tries_are_a_second_apart_and_the_first_settles_it);
	tcase_add_test(tc, one_that_did_not_answer_a_round_is_left_alone_until_its_record_is_stale);
	tcase_add_test(tc, a_record_counts_for_stale_after_once_it_was_seen_to_change);
	tcase_add_test(
	    tc, a_silent_untouched_servers_record_goes_when_a_whole_round_has_failed_since);
	tcase_add_test(tc, a_round_that_began_before_the_record_was_stale_does_not_condemn_it);
	tcase_add_test(tc, an_answer_saves_a_record_that_nobody_touches);
	tcase_add_test(tc, a_touch_saves_a_server_that_does_not_answer);
	tcase_add_test(tc, another_server_in_its_place_is_no_answer_and_a_warning_once);
	tcase_add_test(tc, a_silent_server_is_a_warning_once);
	tcase_add_test(tc, what_could_not_be_asked_is_no_try);
	tcase_add_test(tc, a_result_of_no_try_is_none);
	tcase_add_test(tc, a_new_server_under_the_same_name_is_a_new_one);
	tcase_add_test(tc, one_that_left_and_came_back_is_a_new_one);
	tcase_add_test(tc, what_is_known_of_a_file_that_cannot_be_read_now_stays);
	tcase_add_test(tc, an_unfinished_record_goes_without_a_question);
	tcase_add_test(tc, our_own_record_is_no_peer);
	tcase_add_test(
	    tc, those_that_started_before_us_are_ahead_and_the_first_is_the_oldest_good_one);
	tcase_add_test(tc, time_in_which_nobody_looked_says_nothing);
	tcase_add_test(tc, a_clock_that_stood_still_makes_nobody_older);
	tcase_add_test(tc, any_change_of_a_records_time_is_a_touch);
	tcase_add_test(tc, what_is_no_record_is_told_once_as_long_as_it_is_there);
	tcase_add_test(tc, ten_thousand_are_no_trouble);
	suite_add_tcase(suite, tc);
	return (suite);
}
