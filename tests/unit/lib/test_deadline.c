/* deadline: moments and waits, and what holds where there is none. */
#include <time.h>

#include "lib/deadline.h"
#include "unit/suites.h"

START_TEST(no_deadline_never_comes)
{
	ck_assert_int_eq(deadline_in(0), DEADLINE_NONE);
	ck_assert_int_eq(deadline_part(DEADLINE_NONE, 3), DEADLINE_NONE);
	ck_assert(!deadline_over(DEADLINE_NONE));
	ck_assert_int_eq(deadline_left(DEADLINE_NONE), -1);
}
END_TEST

START_TEST(a_deadline_comes)
{
	int64_t begin = deadline_now(), end = deadline_in(20);

	ck_assert_int_ge(end, begin + 20);
	ck_assert(deadline_over(begin));
	ck_assert(!deadline_over(deadline_in(60000)));
	ck_assert_int_eq(deadline_left(begin), 0);
	ck_assert_int_gt(deadline_left(deadline_in(60000)), 50000);
	ck_assert_int_eq(deadline_poll(NULL, 0, end), 0);
	ck_assert_int_ge(deadline_now(), end);
	ck_assert_int_eq(deadline_poll(NULL, 0, begin), 0);
}
END_TEST

START_TEST(what_is_left_is_shared_in_equal_parts)
{
	int64_t end = deadline_in(60000), part = deadline_part(end, 3);

	ck_assert_int_le(part, end - 39000);
	ck_assert_int_ge(part, end - 41000);
	ck_assert_int_eq(deadline_part(end, 1), end);
}
END_TEST

START_TEST(of_two_the_sooner_one_counts_and_any_is_sooner_than_none)
{
	ck_assert_int_eq(deadline_sooner(3, 7), 3);
	ck_assert_int_eq(deadline_sooner(7, 3), 3);
	ck_assert_int_eq(deadline_sooner(DEADLINE_NONE, 3), 3);
	ck_assert_int_eq(deadline_sooner(3, DEADLINE_NONE), 3);
	ck_assert_int_eq(deadline_sooner(DEADLINE_NONE, DEADLINE_NONE), DEADLINE_NONE);
}
END_TEST

START_TEST(about_is_a_quarter_more_or_less)
{
	bool differs = false;
	int i, ms;

	for (i = 0; i < 100; i++) {
		ms = deadline_about(1000);
		ck_assert_int_ge(ms, 750);
		ck_assert_int_le(ms, 1250);
		differs |= ms != 1000;
	}
	ck_assert(differs);
	ck_assert_int_eq(deadline_about(0), 0);
}
END_TEST

Suite *
deadline_suite(void)
{
	Suite *suite = suite_create("deadline");
	TCase *tc = tcase_create("deadline");

	tcase_add_test(tc, no_deadline_never_comes);
	tcase_add_test(tc, a_deadline_comes);
	tcase_add_test(tc, what_is_left_is_shared_in_equal_parts);
	tcase_add_test(tc, of_two_the_sooner_one_counts_and_any_is_sooner_than_none);
	tcase_add_test(tc, about_is_a_quarter_more_or_less);
	suite_add_tcase(suite, tc);
	return (suite);
}
