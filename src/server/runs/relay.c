#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "lib/addr.h"
#include "server/base/access.h"
#include "server/base/clock.h"
#include "relay.h"

#define LOOK_MS 200 /* between two looks whether it is still wanted; most connect at once */

/* 0 once the descriptor is ready, else -1 with errno. */
static int
await(int fd, int timeout_ms, bool (*wanted)(void *), void *arg)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};
	int64_t end = clock_ms() + timeout_ms, left;

	for (;;) {
		left = end - clock_ms();
		if (poll(&p, 1, left < LOOK_MS ? (int)(left > 0 ? left : 0) : LOOK_MS) > 0)
			return (0);
		if (left <= 0 || !wanted(arg)) {
			errno = left <= 0 ? ETIMEDOUT : ECANCELED;
			return (-1);
		}
	}
}

/* How the connecting ended: 0, or -1 with errno. */
static int
connected(int fd)
{
	socklen_t len = sizeof(int);
	int error;

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1)
		return (-1);
	errno = error;
	return (error == 0 ? 0 : -1);
}

bool
relay_may_go(const struct settings *s, const struct sockaddr_storage *client,
    const struct sockaddr_storage *to)
{
	return (s->relay_any || addr_same_host(client, to) || access_is_allowed(s, to) ||
		(access_is_this_host(client) && access_is_this_host(to)));
}

int
relay_connect(const struct sockaddr_storage *to, int timeout_ms, bool (*wanted)(void *), void *arg)
{
	const int on = 1;
	int fd, saved;

	fd = socket(to->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return (-1);
	if (connect(fd, (const struct sockaddr *)to, addr_len(to)) == -1 &&
	    (errno != EINPROGRESS || await(fd, timeout_ms, wanted, arg) == -1 ||
		connected(fd) == -1))
		goto fail;
	/* So that output is seen at once; if this fails, it only comes later. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	/* The tool gets it: tools expect writes that block. */
	if (fcntl(fd, F_SETFL, 0) == -1)
		goto fail;
	return (fd);
fail:
	saved = errno;
	close(fd);
	errno = saved;
	return (-1);
}
