/*
 * thread.h: assertions of threads. Those of libcheck write to the file that the test's result is read from,
 * so only the test makes them. A thread keeps what does not hold, and ends; the test fails with that.
 */
#ifndef THREAD_H
#define THREAD_H

#include <stdint.h>
#include <string.h>

#define thread_assert_msg(condition, ...)                              \
	do {                                                           \
		if (!(condition))                                      \
			thread_broke(__FILE__, __LINE__, __VA_ARGS__); \
	} while (0)
#define thread_assert(condition) thread_assert_msg((condition), "%s", #condition)
#define thread_assert_int_eq(a, b)                                                     \
	do {                                                                           \
		intmax_t a_ = (a), b_ = (b);                                           \
		thread_assert_msg(a_ == b_, "%s is %jd, not %s, %jd", #a, a_, #b, b_); \
	} while (0)
#define thread_assert_str_eq(a, b)                                                    \
	do {                                                                          \
		const char *a_ = (a), *b_ = (b);                                      \
		thread_assert_msg(                                                    \
		    strcmp(a_, b_) == 0, "%s is '%s', not %s, '%s'", #a, a_, #b, b_); \
	} while (0)

/* Of the words of all threads the first are kept; all are printed. Ends the thread. */
_Noreturn void thread_broke(const char *file, int line, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* For the test: fails when a thread's assertion did. */
void thread_verify(void);

#endif
