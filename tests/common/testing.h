/* testing.h: one test program's suites, run and summed up in one line. */
#ifndef TESTING_H
#define TESTING_H

#include <check.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * How much is tested, by $RUNTOOL_LEVEL: `quick` for the hand that edits (the unit tests, and each
 * system suite's main cases), `check` (the default), `long` for everything at its full length.
 */
enum testing_level { TESTING_QUICK, TESTING_CHECK, TESTING_LONG };
enum testing_level testing_level(void);

/*
 * The tests that are added to this case from here on run at this level and above. Without it they run from
 * TESTING_CHECK on, unless testing_run() is told another one. What a level leaves out is not skipped: nobody
 * hears of it.
 */
void testing_from(TCase *, enum testing_level);

/* How long, in milliseconds, a race is run: the second at TESTING_LONG only. */
int testing_ms(int check_ms, int long_ms);

/* For loops that are too short to have a time: the second at TESTING_LONG only. */
int testing_times(int check_times, int long_times);

/*
 * Runs all suites (CK_RUN_SUITE and CK_RUN_CASE choose among them), prints the tests that failed
 * and as the last line `NAME: N passed, N failed, N skipped`. A test whose case says nothing runs from level
 * `from` on. The program's exit status: 0, or 1 when one failed or, with CI=true or RUNTOOL_NO_SKIP set,
 * was skipped.
 */
int testing_run(const char *name, Suite *(*const *suites)(void), size_t n, enum testing_level from);

/*
 * Adds a test for every `_i` with start <= _i < end. libcheck's own ways to add are turned into this one, by
 * which tests can be chosen.
 */
void testing_add(TCase *, const TTest *test, int start, int end);
#undef tcase_add_test
#undef tcase_add_loop_test
#define tcase_add_test(tc, test)		  testing_add((tc), (test), 0, 1)
#define tcase_add_loop_test(tc, test, start, end) testing_add((tc), (test), (start), (end))

/* The same where it can run. Elsewhere the run says that it skips it, and what it needs, and counts it as that
 * many. */
void testing_add_if(TCase *, const TTest *test, int start, int end, bool can, const char *needs);

/* For tests that need root: once, and as often as end - start. */
void testing_add_root(TCase *, const TTest *);
void testing_add_root_loop(TCase *, const TTest *, int start, int end);

#endif
