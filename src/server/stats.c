#include <stdatomic.h>

#include "stats.h"

static _Atomic int64_t counters[STATS_NUMBER];

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
