#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <time.h>

#include "deadline.h"

int64_t
deadline_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000);
}

int64_t
deadline_in(int ms)
{
	return (ms > 0 ? deadline_now() + ms : DEADLINE_NONE);
}

int64_t
deadline_part(int64_t deadline, int parts)
{
	int64_t start = deadline_now();

	return (deadline == DEADLINE_NONE ? DEADLINE_NONE : start + (deadline - start) / parts);
}

int64_t
deadline_sooner(int64_t a, int64_t b)
{
	if (a == DEADLINE_NONE || b == DEADLINE_NONE)
		return (a == DEADLINE_NONE ? b : a);
	return (a < b ? a : b);
}

bool
deadline_over(int64_t deadline)
{
	return (deadline != DEADLINE_NONE && deadline <= deadline_now());
}

int
deadline_left(int64_t deadline)
{
	int64_t left;

	if (deadline == DEADLINE_NONE)
		return (-1);
	left = deadline - deadline_now();
	return (left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left);
}

int
deadline_poll(struct pollfd *fds, nfds_t n, int64_t deadline)
{
	int rc;

	do
		rc = poll(fds, n, deadline_left(deadline));
	while (rc == -1 && errno == EINTR);
	return (rc);
}

int
deadline_about(int ms)
{
	return (ms - ms / 4 + (int)arc4random_uniform((uint32_t)ms / 2 + 1));
}
