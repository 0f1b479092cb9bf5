/* rank: which server is the best one for a tool. */
#include "client/choose/rank.h"
#include "unit/suites.h"

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))
#define NONE	  SIZE_MAX

/* What it is given, and what it returns. */
static uint32_t asked[8], chance;
static size_t nasked;

static uint32_t
below(uint32_t n)
{
	ck_assert_uint_lt(nasked, LENGTH(asked));
	asked[nasked++] = n;
	return (chance < n ? chance : n - 1);
}

static size_t
best_of(const struct rank_server *servers, size_t n, enum rank_room room)
{
	size_t best = NONE;

	ck_assert_int_eq(rank_platform(servers, n, 0.75, below, &best), room);
	return (best);
}
#define BEST(room, ...)                                    \
	best_of((const struct rank_server[]){__VA_ARGS__}, \
	    LENGTH(((const struct rank_server[]){__VA_ARGS__})), (room))

/* in_flight, max_tools, max_pending; cpus, load average */
#define SERVER(...) ((const struct rank_server){true, __VA_ARGS__, false})
#define UNUSABLE    ((const struct rank_server){false, 0, 4, 8, 4, 0.0, false})

START_TEST(the_first_that_runs_nothing_is_taken)
{
	chance = 0;
	ck_assert_uint_eq(BEST(RANK_START, SERVER(1, 4, 8, 4, 0.0), SERVER(0, 4, 8, 4, 2.9),
			      SERVER(0, 64, 8, 64, 0.0)),
	    1);
	ck_assert_uint_eq(nasked, 0);
}
END_TEST

START_TEST(one_that_is_busy_with_something_else_is_not)
{
	ck_assert_uint_eq(BEST(RANK_START, SERVER(0, 4, 8, 4, 3.0), SERVER(0, 4, 8, 4, 2.9)), 1);
	/* Then it is a matter of load. */
	ck_assert_uint_eq(BEST(RANK_START, SERVER(0, 4, 8, 4, 3.0), SERVER(1, 4, 8, 4, 2.0)), 1);
	ck_assert_uint_eq(
	    BEST(RANK_START, SERVER(0, 10, 8, 10, 8.0), SERVER(9, 10, 8, 10, 0.0)), 0);
}
END_TEST

START_TEST(what_it_runs_counts_against_what_it_may_run)
{
	ck_assert_uint_eq(BEST(RANK_START, SERVER(2, 4, 8, 4, 0.0), SERVER(3, 16, 8, 16, 0.0)), 1);
}
END_TEST

START_TEST(of_two_under_the_same_load_the_one_that_runs_less_is_taken)
{
	ck_assert_uint_eq(BEST(RANK_START, SERVER(3, 4, 8, 2, 9.0), SERVER(1, 4, 8, 2, 9.0)), 1);
}
END_TEST

START_TEST(equals_are_taken_by_chance)
{
	static const size_t expected[] = {2, 0};

	/* The last of all numbers never replaces the first server, 0 always. */
	chance = _i == 0 ? 0 : UINT32_MAX;
	ck_assert_uint_eq(BEST(RANK_START, SERVER(1, 4, 8, 4, 0.0), SERVER(1, 4, 0, 8, 0.0),
			      SERVER(2, 8, 8, 4, 0.0), SERVER(2, 4, 8, 4, 0.0)),
	    expected[_i]);
	ck_assert_uint_eq(nasked, 2);
	ck_assert_uint_eq(asked[0], 2);
	ck_assert_uint_eq(asked[1], 3);
}
END_TEST

START_TEST(a_better_one_begins_a_new_count_of_equals)
{
	chance = UINT32_MAX;
	ck_assert_uint_eq(BEST(RANK_START, SERVER(2, 4, 8, 4, 0.0), SERVER(2, 4, 8, 4, 0.0),
			      SERVER(1, 4, 8, 4, 0.0), SERVER(1, 4, 8, 4, 0.0)),
	    2);
	ck_assert_uint_eq(nasked, 2);
	ck_assert_uint_eq(asked[1], 2);
}
END_TEST

START_TEST(a_slot_beats_a_queue_under_any_load)
{
	ck_assert_uint_eq(BEST(RANK_START, SERVER(4, 4, 8, 4, 0.0), SERVER(3, 4, 8, 1, 50.0)), 1);
}
END_TEST

START_TEST(the_shorter_queue_is_taken_when_there_is_no_slot)
{
	ck_assert_uint_eq(BEST(RANK_QUEUE, SERVER(8, 4, 8, 4, 0.0), SERVER(20, 16, 8, 4, 0.0)), 1);
}
END_TEST

START_TEST(no_more_is_given_than_a_server_takes)
{
	ck_assert_uint_eq(BEST(RANK_QUEUE, SERVER(4, 4, 0, 4, 0.0), SERVER(31, 4, 28, 4, 0.0)), 1);
	ck_assert_uint_eq(
	    BEST(RANK_FULL, SERVER(4, 4, 0, 4, 0.0), SERVER(32, 4, 28, 4, 0.0)), NONE);
}
END_TEST

START_TEST(what_cannot_be_used_is_not)
{
	ck_assert_uint_eq(BEST(RANK_FULL, UNUSABLE), NONE);
	ck_assert_uint_eq(BEST(RANK_QUEUE, UNUSABLE, SERVER(4, 4, 8, 4, 0.0)), 1);
}
END_TEST

START_TEST(nonsense_from_a_server_does_no_harm)
{
	ck_assert_uint_eq(BEST(RANK_FULL, SERVER(0, 0, 8, 4, 0.0)), NONE);
	ck_assert_uint_eq(BEST(RANK_FULL, SERVER(0, -1, 8, 4, 0.0)), NONE);
	ck_assert_uint_eq(BEST(RANK_START, SERVER(0, 1, 0, 0, 0.0)), 0);
	ck_assert_uint_eq(BEST(RANK_QUEUE, SERVER(INT32_MAX, 1, INT32_MAX, 1, 0.0)), 0);
}
END_TEST

/* ---- in an area --------------------------------------------------------------------------- */

/* in_flight, max_tools, max_pending; loaded */
#define MEMBER(flight, tools, pending, loaded) \
	((const struct rank_server){true, (flight), (tools), (pending), 4, 0.0, (loaded)})

static size_t
best_member(const struct rank_server *servers, size_t n, enum rank_room room)
{
	size_t best = NONE;

	ck_assert_int_eq(rank_area(servers, n, below, &best), room);
	return (best);
}
#define BEST_MEMBER(room, ...)                                 \
	best_member((const struct rank_server[]){__VA_ARGS__}, \
	    LENGTH(((const struct rank_server[]){__VA_ARGS__})), (room))

START_TEST(the_server_with_the_fewest_requests_is_taken)
{
	ck_assert_uint_eq(
	    BEST_MEMBER(RANK_START, MEMBER(3, 4, 8, false), MEMBER(2, 4, 8, false)), 1);
	/* Whatever share of it that is. */
	ck_assert_uint_eq(
	    BEST_MEMBER(RANK_START, MEMBER(3, 64, 8, false), MEMBER(2, 4, 8, false)), 1);
	ck_assert_uint_eq(
	    BEST_MEMBER(RANK_QUEUE, MEMBER(6, 4, 8, false), MEMBER(5, 4, 8, false)), 1);
}
END_TEST

START_TEST(a_server_that_is_not_loaded_beats_one_that_is)
{
	ck_assert_uint_eq(
	    BEST_MEMBER(RANK_START, MEMBER(2, 8, 8, true), MEMBER(6, 8, 8, false)), 1);
	ck_assert_uint_eq(
	    BEST_MEMBER(RANK_QUEUE, MEMBER(4, 4, 8, true), MEMBER(6, 4, 8, false)), 1);
	ck_assert_uint_eq(BEST_MEMBER(RANK_START, MEMBER(3, 8, 8, true), MEMBER(2, 8, 8, true)), 1);
}
END_TEST

START_TEST(a_free_slot_beats_all_else)
{
	ck_assert_uint_eq(
	    BEST_MEMBER(RANK_START, MEMBER(2, 2, 8, false), MEMBER(60, 64, 8, true)), 1);
	ck_assert_uint_eq(
	    BEST_MEMBER(RANK_QUEUE, MEMBER(2, 2, 0, false), MEMBER(64, 64, 8, true)), 1);
	ck_assert_uint_eq(BEST_MEMBER(RANK_FULL, MEMBER(2, 2, 0, false), UNUSABLE), NONE);
}
END_TEST

START_TEST(equal_members_are_taken_by_chance)
{
	chance = _i == 0 ? 0 : UINT32_MAX;
	ck_assert_uint_eq(BEST_MEMBER(RANK_START, MEMBER(1, 4, 8, false), MEMBER(1, 64, 0, false)),
	    _i == 0 ? 1 : 0);
	ck_assert_uint_eq(nasked, 1);
}
END_TEST

START_TEST(the_fewest_requests_are_those_of_a_server_that_can_be_used)
{
	const struct rank_server servers[] = {
	    UNUSABLE, MEMBER(9, 4, 8, false), MEMBER(7, 4, 0, true)};

	ck_assert_int_eq(rank_fewest(servers, 3), 7);
	ck_assert_int_eq(rank_fewest(servers, 2), 9);
	ck_assert_int_eq(rank_fewest(servers, 1), -1);
}
END_TEST

Suite *
rank_suite(void)
{
	Suite *suite = suite_create("rank");
	TCase *tc = tcase_create("rank");

	tcase_add_test(tc, the_first_that_runs_nothing_is_taken);
	tcase_add_test(tc, one_that_is_busy_with_something_else_is_not);
	tcase_add_test(tc, what_it_runs_counts_against_what_it_may_run);
	tcase_add_test(tc, of_two_under_the_same_load_the_one_that_runs_less_is_taken);
	tcase_add_loop_test(tc, equals_are_taken_by_chance, 0, 2);
	tcase_add_test(tc, a_better_one_begins_a_new_count_of_equals);
	tcase_add_test(tc, a_slot_beats_a_queue_under_any_load);
	tcase_add_test(tc, the_shorter_queue_is_taken_when_there_is_no_slot);
	tcase_add_test(tc, no_more_is_given_than_a_server_takes);
	tcase_add_test(tc, what_cannot_be_used_is_not);
	tcase_add_test(tc, nonsense_from_a_server_does_no_harm);
	suite_add_tcase(suite, tc);

	tc = tcase_create("area");
	tcase_add_test(tc, the_server_with_the_fewest_requests_is_taken);
	tcase_add_test(tc, a_server_that_is_not_loaded_beats_one_that_is);
	tcase_add_test(tc, a_free_slot_beats_all_else);
	tcase_add_loop_test(tc, equal_members_are_taken_by_chance, 0, 2);
	tcase_add_test(tc, the_fewest_requests_are_those_of_a_server_that_can_be_used);
	suite_add_tcase(suite, tc);
	return (suite);
}
