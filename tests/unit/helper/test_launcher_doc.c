/* tool_launcher(8) tells every exit status of the helper. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "launcher.h"
#include "unit/suites.h"

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))
#define MANUAL	  "man/tool_launcher.8"
#define MAX_TEXT  65536

#define STATUS(name, number, text) {#name, name},
static const struct {
	const char *name;
	int number;
} statuses[] = {LAUNCHER_STATUSES(STATUS)};

/* The section EXIT STATUS of the manual. */
static char *
section(void)
{
	static char text[MAX_TEXT];
	FILE *f = fopen(MANUAL, "re");
	char *start, *end;
	size_t n;

	ck_assert_msg(f != NULL, "%s: start the tests in the top directory", MANUAL);
	n = fread(text, 1, sizeof(text) - 1, f);
	ck_assert_uint_lt(n, sizeof(text) - 1);
	fclose(f);
	ck_assert_ptr_nonnull(start = strstr(text, ".Sh EXIT STATUS\n"));
	ck_assert_ptr_nonnull(end = strstr(start + 1, ".Sh "));
	*end = '\0';
	return (start);
}

/* Each once, with words behind it, and no status that the helper does not have. */
START_TEST(every_exit_status_stands_in_the_manual)
{
	unsigned int told[LENGTH(statuses)] = {0}, items = 0;
	char *line;
	size_t i;
	long n;

	for (line = section(); (line = strstr(line, "\n.It ")) != NULL; items++) {
		line += strlen("\n.It ");
		n = strtol(line, &line, 10);
		ck_assert_int_eq(*line, '\n');
		ck_assert_int_ne(line[1], '.');
		for (i = 0; i < LENGTH(statuses); i++)
			told[i] += statuses[i].number == n;
	}
	for (i = 0; i < LENGTH(statuses); i++)
		ck_assert_msg(told[i] == 1, "%s (%d) stands there %u times", statuses[i].name,
		    statuses[i].number, told[i]);
	ck_assert_uint_eq(items, LENGTH(statuses));
}
END_TEST

START_TEST(no_two_statuses_are_alike_and_none_means_success)
{
	size_t i, k;

	for (i = 0; i < LENGTH(statuses); i++) {
		ck_assert_int_gt(statuses[i].number, 0);
		ck_assert_int_lt(statuses[i].number, 126);
		for (k = 0; k < i; k++)
			ck_assert_int_ne(statuses[i].number, statuses[k].number);
	}
}
END_TEST

Suite *
launcher_doc_suite(void)
{
	Suite *suite = suite_create("launcher_doc");
	TCase *tc = tcase_create("statuses");

	tcase_add_test(tc, every_exit_status_stands_in_the_manual);
	tcase_add_test(tc, no_two_statuses_are_alike_and_none_means_success);
	suite_add_tcase(suite, tc);
	return (suite);
}
