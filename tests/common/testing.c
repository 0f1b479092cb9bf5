#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "testing.h"

#define TEST_LIMIT "60" /* seconds */

static int skipped;

/* The case that testing_from() was told of last, and its level; for all others `usual`. */
static const TCase *marked;
static enum testing_level level_of_marked, usual;

enum testing_level
testing_level(void)
{
	const char *s = getenv("RUNTOOL_LEVEL");

	if (s == NULL || *s == '\0' || strcmp(s, "check") == 0)
		return (TESTING_CHECK);
	if (strcmp(s, "quick") == 0)
		return (TESTING_QUICK);
	if (strcmp(s, "long") == 0)
		return (TESTING_LONG);
	fprintf(stderr, "RUNTOOL_LEVEL=%s: must be quick, check or long\n", s);
	exit(1);
}

void
testing_from(TCase *tc, enum testing_level level)
{
	marked = tc;
	level_of_marked = level;
}

int
testing_ms(int check_ms, int long_ms)
{
	return (testing_times(check_ms, long_ms));
}

int
testing_times(int check_times, int long_times)
{
	return (testing_level() == TESTING_LONG ? long_times : check_times);
}

static bool
is_wanted(const TCase *tc)
{
	return (testing_level() >= (tc == marked ? level_of_marked : usual));
}

void
testing_add(TCase *tc, const TTest *test, int start, int end)
{
	if (is_wanted(tc))
		_tcase_add_test(tc, test, 0, 0, start, end);
}

void
testing_add_if(TCase *tc, const TTest *test, int start, int end, bool can, const char *needs)
{
	if (!is_wanted(tc))
		return;
	if (can) {
		testing_add(tc, test, start, end);
		return;
	}
	printf("skipped (needs %s): %s", needs, test->name);
	if (end - start > 1)
		printf(" (%d times)", end - start);
	printf("\n");
	skipped += end - start;
}

void
testing_add_root_loop(TCase *tc, const TTest *test, int start, int end)
{
	testing_add_if(tc, test, start, end, geteuid() == 0, "root");
}

void
testing_add_root(TCase *tc, const TTest *test)
{
	testing_add_root_loop(tc, test, 0, 1);
}

static int
may_skip(void)
{
	const char *ci = getenv("CI");

	return ((ci == NULL || strcmp(ci, "true") != 0) && getenv("RUNTOOL_NO_SKIP") == NULL);
}

int
testing_run(const char *name, Suite *(*const *suites)(void), size_t n, enum testing_level from)
{
	SRunner *sr = srunner_create(NULL);
	int failed, run;
	size_t i;

	/* Every test is a fork: what is still buffered then would be printed by each of them. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	usual = from;
	/* For the cases that do not say how long a test may take: that bounds hanging, and nothing else. */
	setenv("CK_DEFAULT_TIMEOUT", TEST_LIMIT, 0);
	for (i = 0; i < n; i++)
		srunner_add_suite(sr, suites[i]());
	srunner_run_all(sr, CK_SILENT);
	run = srunner_ntests_run(sr);
	failed = srunner_ntests_failed(sr);
	if (failed > 0)
		srunner_print(sr, CK_NORMAL);
	srunner_free(sr);
	printf("%s: %d passed, %d failed, %d skipped\n", name, run - failed, failed, skipped);
	return (failed > 0 || (skipped > 0 && !may_skip()));
}
