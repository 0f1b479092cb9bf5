#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "testing.h"

static int skipped;

void
testing_add_if(TCase *tc, const TTest *test, int start, int end, bool can, const char *needs)
{
	if (can) {
		tcase_add_loop_test(tc, test, start, end);
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
testing_run(const char *name, Suite *(*const *suites)(void), size_t n)
{
	SRunner *sr = srunner_create(NULL);
	int failed, run;
	size_t i;

	/* Every test is a fork: what is still buffered then would be printed by each of them. */
	setvbuf(stdout, NULL, _IOLBF, 0);
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
