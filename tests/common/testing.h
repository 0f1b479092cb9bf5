/* testing.h: one test program's suites, run and summed up in one line. */
#ifndef TESTING_H
#define TESTING_H

#include <check.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * Runs all suites (CK_RUN_SUITE and CK_RUN_CASE choose among them), prints the tests that failed
 * and as the last line `NAME: N passed, N failed, N skipped`. The program's exit status: 0, or 1
 * when one failed or, with CI=true or RUNTOOL_NO_SKIP set, was skipped.
 */
int testing_run(const char *name, Suite *(*const *suites)(void), size_t n);

/*
 * Adds a test for every `_i` with start <= _i < end where it can run. Elsewhere the run says that
 * it skips it, and what it needs, and counts it as that many.
 */
void testing_add_if(TCase *, const TTest *, int start, int end, bool can, const char *needs);

/* For tests that need root: once, and as often as end - start. */
void testing_add_root(TCase *, const TTest *);
void testing_add_root_loop(TCase *, const TTest *, int start, int end);

#endif
