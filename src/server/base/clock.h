/* clock.h: time that only goes forward. */
#ifndef CLOCK_H
#define CLOCK_H

#include <stdint.h>
#include <time.h>

static inline int64_t
clock_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return ((int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000);
}

static inline int64_t
clock_ms(void)
{
	return (clock_us() / 1000);
}

/* Milliseconds from now until `when`, at least 0, as for poll(2); -1 where that is 0, for never. */
static inline int
clock_until(int64_t when)
{
	int64_t left;

	if (when == 0)
		return (-1);
	left = when - clock_ms();
	return (left > 0 ? (int)left : 0);
}

/* The shorter one of two such times. */
static inline int
clock_sooner(int a, int b)
{
	if (a == -1 || (b != -1 && b < a))
		return (b);
	return (a);
}

#endif
