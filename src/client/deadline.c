#include <errno.h>
#include <time.h>

#include "deadline.h"

static int64_t
now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000);
}

int64_t
deadline_in(int ms)
{
	return (ms > 0 ? now() + ms : 0);
}

int64_t
deadline_part(int64_t deadline, int parts)
{
	int64_t start = now();

	return (deadline == 0 ? 0 : start + (deadline - start) / parts);
}

int
deadline_poll(struct pollfd *fds, nfds_t n, int64_t deadline)
{
	int64_t left = -1;
	int rc;

	do {
		if (deadline != 0 && (left = deadline - now()) < 0)
			left = 0;
		rc = poll(fds, n, (int)left);
	} while (rc == -1 && errno == EINTR);
	return (rc);
}
