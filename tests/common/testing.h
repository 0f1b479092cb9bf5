/*
 * testing.h: a test program. It has suites, each of which is libcheck's; the runner starts it once for each
 * of them, or for a part of one (see tests/README.md).
 */
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
 * that of their program on. What a level leaves out is not skipped: nobody hears of it.
 */
void testing_from(TCase *, enum testing_level);

/* How long, in milliseconds, a race is run: the second at TESTING_LONG only. */
int testing_ms(int check_ms, int long_ms);

/* For loops that are too short to have a time: the second at TESTING_LONG only. */
int testing_times(int check_times, int long_times);

struct testing_suite {
	const char *name;
	Suite *(*make)(void); /* called for each of its tests, and adds the same ones each time */
	int seconds; /* that it takes at `check`, about: the long ones begin first, in several parts */
	bool alone; /* nothing else runs beside it: it measures the machine, or changes it */
};

struct testing_program {
	const char *name;
	const struct testing_suite *suites;
	size_t n;
	enum testing_level from; /* of a test whose case says nothing */
	bool (*set_up)(void);	 /* in each process of one that needs an installation; or NULL */
	void (*tear_down)(void); /* or NULL */
};

/*
 * The main() of a test program:
 *
 *     PROGRAM [-p PART/PARTS] [-f FIRST] [SUITE...]    runs them, or all, in this process
 *     PROGRAM -l                                       lists them: NAME SECONDS PARTS ALONE INSTALLED
 *
 * of each suite only every PARTS-th test, and these from number FIRST on; $RUNTOOL_TEST chooses tests by
 * the names that failures print. It reports to descriptor $RUNTOOL_REPORT, or on stdout, one line each:
 *
 *     test NUMBER NAME       begins, and ends with one of
 *     passed MILLISECONDS
 *     failed MILLISECONDS
 *     skipped NUMBER NEEDS   so many tests cannot run here
 *     | TEXT                 what is to be said of the test that failed
 *     end                    of all of them
 *
 * Returns 0 when it came to its end, and, without $RUNTOOL_REPORT, nothing failed.
 */
int testing_main(int argc, char **argv, const struct testing_program *);

/*
 * Adds a test for every `_i` with start <= _i < end. libcheck's own ways to add are turned into this one, by
 * which tests can be chosen.
 */
void testing_add(TCase *, const TTest *test, int start, int end);
#undef tcase_add_test
#undef tcase_add_loop_test
#define tcase_add_test(tc, test)		  testing_add((tc), (test), 0, 1)
#define tcase_add_loop_test(tc, test, start, end) testing_add((tc), (test), (start), (end))

/* The same where it can run. Elsewhere it counts as skipped, and the run says what it needs. */
void testing_add_if(TCase *, const TTest *test, int start, int end, bool can, const char *needs);

/* For tests that need root: once, and as often as end - start. */
void testing_add_root(TCase *, const TTest *);
void testing_add_root_loop(TCase *, const TTest *, int start, int end);

/* For tests that need the address ::1. */
void testing_add_ipv6(TCase *, const TTest *, int start, int end);

/*
 * In a test: shows the end of this file, under this title, if the test fails. The descriptor is the caller's,
 * who may close it; the file must be open for reading, too.
 */
void testing_show(const char *title, int fd);

#endif
