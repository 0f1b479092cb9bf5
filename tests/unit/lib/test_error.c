/* error: how a struct runtool_error is filled in and read. */
#include <string.h>

#include "lib/error.h"
#include "unit/suites.h"

START_TEST(all_of_it_is_filled_in)
{
	struct runtool_error err;

	memset(&err, 0xff, sizeof(err));
	ck_assert_int_eq(error_set(&err, RUNTOOL_CLIENT, "%s %d", "words", 1), -1);
	ck_assert_int_eq(err.code, RUNTOOL_CLIENT);
	ck_assert_int_eq(err.exec_errno, 0);
	ck_assert_int_eq(err.retry_ms, 0);
	ck_assert_int_eq(err.in_flight, -1);
	ck_assert(!err.refused && !err.loaded && !err.lost && !err.input_read);
	ck_assert_str_eq(err.message, "words 1");
	error_add(&err, ", %s", "more");
	ck_assert_str_eq(err.message, "words 1, more");
}
END_TEST

START_TEST(words_that_do_not_fit_are_cut)
{
	char text[sizeof(((struct runtool_error *)NULL)->message) + 10];
	struct runtool_error err;

	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	error_set(&err, RUNTOOL_CLIENT, "%s", text);
	ck_assert_uint_eq(strlen(err.message), sizeof(err.message) - 1);
	error_add(&err, "b");
	ck_assert_ptr_null(strchr(err.message, 'b'));
}
END_TEST

static const struct {
	const char *message, *words;
} cases[] = {
    {"plain", "plain"},
    {"  two words \n\n", "two words"},
    {"\n", ""},
    {"", ""},
};

START_TEST(blanks_at_either_end_are_no_words)
{
	char words[ERROR_WORDS_SIZE];
	struct runtool_error err;

	error_set(&err, RUNTOOL_CLIENT, "%s", cases[_i].message);
	ck_assert_str_eq(error_words(&err, words), cases[_i].words);
}
END_TEST

Suite *
error_suite(void)
{
	Suite *suite = suite_create("error");
	TCase *tc = tcase_create("error");

	tcase_add_test(tc, all_of_it_is_filled_in);
	tcase_add_test(tc, words_that_do_not_fit_are_cut);
	tcase_add_loop_test(
	    tc, blanks_at_either_end_are_no_words, 0, sizeof(cases) / sizeof(cases[0]));
	suite_add_tcase(suite, tc);
	return (suite);
}
