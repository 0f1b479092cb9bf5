/* sizes.c: callers whose structs have fewer members than this version knows, or more. */
#include <string.h>

#include "client/library/sizes.h"
#include "unit/suites.h"

#define UNTOUCHED 0x5a

/* A caller's struct, with room for members of later versions. */
union request {
	struct runtool_request r;
	char bytes[sizeof(struct runtool_request) + 64];
};
union result {
	struct runtool_result r;
	char bytes[sizeof(struct runtool_result) + 64];
};
union error {
	struct runtool_error e;
	char bytes[sizeof(struct runtool_error) + 64];
};

static void
check_untouched(const char *bytes, size_t from, size_t to)
{
	for (; from < to; from++)
		ck_assert_msg(bytes[from] == UNTOUCHED, "byte %zu", from);
}

START_TEST(what_an_older_caller_does_not_know_is_not_given)
{
	union request theirs;
	struct runtool_request ours;
	struct runtool_error err;

	memset(&theirs, UNTOUCHED, sizeof(theirs));
	theirs.r.size = offsetof(struct runtool_request, umask);
	theirs.r.root = 7;
	memset(&ours, UNTOUCHED, sizeof(ours));
	ck_assert_int_eq(sizes_take(&sizes_request, &ours, &theirs, &err), 0);
	ck_assert_uint_eq(ours.root, 7);
	ck_assert(!ours.umask.given);
	ck_assert(!ours.limits[RUNTOOL_LIMIT_AS].given);
	ck_assert_uint_eq(ours.closed, 0);
	ck_assert_ptr_null(ours.own_directory);
}
END_TEST

START_TEST(what_a_newer_caller_asks_for_is_refused)
{
	union request theirs = {.bytes = {0}};
	struct runtool_request ours;
	struct runtool_error err;

	theirs.r.size = sizeof(theirs);
	theirs.r.root = 7;
	ck_assert_int_eq(sizes_take(&sizes_request, &ours, &theirs, &err), 0);
	ck_assert_uint_eq(ours.root, 7);
	theirs.bytes[sizeof(theirs) - 1] = 1;
	ck_assert_int_eq(sizes_take(&sizes_request, &ours, &theirs, &err), -1);
	ck_assert_int_eq(err.code, RUNTOOL_INVALID);
	ck_assert_ptr_nonnull(strstr(err.message, "runtool_request"));
	ck_assert_ptr_nonnull(strstr(err.message, "update the library"));
}
END_TEST

START_TEST(a_result_fills_what_its_struct_has_room_for)
{
	const size_t sizes[] = {offsetof(struct runtool_result, linger_s),
	    sizeof(struct runtool_result), sizeof(union result)};
	struct runtool_result ours = {.status = 3, .linger_s = 1};
	union result theirs;
	size_t end;

	memset(&theirs, UNTOUCHED, sizeof(theirs));
	theirs.r.size = sizes[_i];
	sizes_give(&sizes_result, &ours, &theirs);
	ck_assert_uint_eq(theirs.r.size, sizes[_i]);
	ck_assert_int_eq(theirs.r.status, 3);
	end = sizes[_i] < sizeof(ours) ? sizes[_i] : sizeof(ours);
	check_untouched(theirs.bytes, end, sizeof(theirs));
	if (_i > 0)
		ck_assert_double_eq(theirs.r.linger_s, 1);
}
END_TEST

static const size_t wrong_sizes[] = {0, 8, sizeof(struct runtool_ping) - 8, 65537, SIZE_MAX};
#define WRONG_SIZES (sizeof(wrong_sizes) / sizeof(wrong_sizes[0]))

START_TEST(a_size_that_no_version_had_is_told)
{
	struct runtool_ping ping = {.size = wrong_sizes[_i]};
	struct runtool_error err;

	ck_assert_int_eq(sizes_check(&sizes_ping, &ping, &err), -1);
	ck_assert_int_eq(err.code, RUNTOOL_INVALID);
	ck_assert_ptr_nonnull(strstr(err.message, "must be sizeof(struct runtool_ping)"));
}
END_TEST

START_TEST(an_error_of_a_wrong_size_has_the_words_of_it)
{
	union error theirs;

	memset(&theirs, UNTOUCHED, sizeof(theirs));
	theirs.e.size = wrong_sizes[_i];
	ck_assert_ptr_null(runtool_connect("localhost", NULL, 1, &theirs.e));
	ck_assert_int_eq(theirs.e.code, RUNTOOL_INVALID);
	ck_assert_ptr_nonnull(strstr(theirs.e.message, "must be sizeof(struct runtool_error)"));
	ck_assert_uint_eq(theirs.e.size, wrong_sizes[_i]);
	check_untouched(theirs.bytes, sizeof(theirs.e), sizeof(theirs));
}
END_TEST

Suite *
sizes_suite(void)
{
	Suite *suite = suite_create("sizes");
	TCase *tc = tcase_create("sizes");

	tcase_add_test(tc, what_an_older_caller_does_not_know_is_not_given);
	tcase_add_test(tc, what_a_newer_caller_asks_for_is_refused);
	tcase_add_loop_test(tc, a_result_fills_what_its_struct_has_room_for, 0, 3);
	tcase_add_loop_test(tc, a_size_that_no_version_had_is_told, 0, (int)WRONG_SIZES);
	tcase_add_loop_test(tc, an_error_of_a_wrong_size_has_the_words_of_it, 0, (int)WRONG_SIZES);
	suite_add_tcase(suite, tc);
	return (suite);
}
