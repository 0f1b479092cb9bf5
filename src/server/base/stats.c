#include <stdatomic.h>

#include "clock.h"
#include "stats.h"

/* There is one only: these are the process's own numbers, counted wherever something ends. */
static _Atomic int64_t counters[STATS_NUMBER];
static struct {
	_Atomic int64_t count, errors, total_us, longest_us;
} calls[RPC5_CALLS];

void
stats_count(enum stats what)
{
	atomic_fetch_add_explicit(&counters[what], 1, memory_order_relaxed);
}

int64_t
stats_get(enum stats what)
{
	return (atomic_load_explicit(&counters[what], memory_order_relaxed));
}

void
stats_call(enum rpc5_call call, bool error, int64_t began)
{
	int64_t us = clock_us() - began, longest = calls[call].longest_us;

	calls[call].count++;
	calls[call].errors += error;
	calls[call].total_us += us;
	while (us > longest && !atomic_compare_exchange_weak(&calls[call].longest_us, &longest, us))
		;
}

/*
 * In the reverse order of stats_call(), so that errors never exceed the calls, and a longest time
 * has its call.
 */
void
stats_calls(struct rpc5_stats *to)
{
	int i;

	for (i = 0; i < RPC5_CALLS; i++) {
		to->calls[i].longest_us = calls[i].longest_us;
		to->calls[i].total_us = calls[i].total_us;
		to->calls[i].errors = calls[i].errors;
		to->calls[i].count = calls[i].count;
	}
}
