/* What the server counts, from several threads. */
#include <pthread.h>

#include "server/base/clock.h"
#include "server/base/stats.h"
#include "unit/suites.h"

#define THREADS 4
#define CALLS	2000LL

static struct rpc5_counts
counts(enum rpc5_call call)
{
	struct rpc5_stats stats;

	stats_calls(&stats);
	return (stats.calls[call]);
}

START_TEST(a_call_is_counted_with_its_time)
{
	struct rpc5_counts run;

	stats_call(RPC5_CALL_RUN, false, clock_us() - 3000000);
	stats_call(RPC5_CALL_RUN, true, clock_us() - 1000000);
	run = counts(RPC5_CALL_RUN);
	ck_assert_int_eq(run.count, 2);
	ck_assert_int_eq(run.errors, 1);
	ck_assert_int_ge(run.total_us, 4000000);
	ck_assert_int_lt(run.total_us, 60000000);
	ck_assert_int_ge(run.longest_us, 3000000);
	ck_assert_int_le(run.longest_us, run.total_us - 1000000);
	ck_assert_int_eq(counts(RPC5_CALL_INFO).count, 0);
	ck_assert_int_eq(counts(RPC5_CALL_STATS).longest_us, 0);
}
END_TEST

/* Each thread has times of its own; `arg` is which. */
static void *
call_often(void *arg)
{
	const int *thread = arg;
	int i;

	for (i = 0; i < CALLS; i++)
		stats_call(RPC5_CALL_PING, i % 2 == 0, clock_us() - 1000000LL * (*thread + 1));
	return (NULL);
}

START_TEST(no_call_of_any_thread_is_lost)
{
	pthread_t threads[THREADS];
	struct rpc5_counts ping;
	int numbers[THREADS], i;

	for (i = 0; i < THREADS; i++) {
		numbers[i] = i;
		ck_assert_int_eq(pthread_create(&threads[i], NULL, call_often, &numbers[i]), 0);
	}
	do {
		ping = counts(RPC5_CALL_PING);
		ck_assert_int_le(ping.errors, ping.count);
		ck_assert_int_le(ping.longest_us, ping.total_us);
	} while (ping.count < THREADS * CALLS);
	for (i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	ping = counts(RPC5_CALL_PING);
	ck_assert_int_eq(ping.count, THREADS * CALLS);
	ck_assert_int_eq(ping.errors, THREADS * CALLS / 2);
	ck_assert_int_ge(ping.longest_us, 1000000LL * THREADS);
	ck_assert_int_ge(ping.total_us, 1000000LL * CALLS * THREADS * (THREADS + 1) / 2);
}
END_TEST

Suite *
stats_suite(void)
{
	Suite *suite = suite_create("stats");
	TCase *tc = tcase_create("calls");

	tcase_add_test(tc, a_call_is_counted_with_its_time);
	tcase_add_test(tc, no_call_of_any_thread_is_lost);
	suite_add_tcase(suite, tc);
	return (suite);
}
