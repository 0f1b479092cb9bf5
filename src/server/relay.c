#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "addr.h"
#include "clock.h"
#include "relay.h"

/* 0 once connected, else -1 with errno. */
static int
await(int fd, int timeout_ms)
{
	struct pollfd p = {.fd = fd, .events = POLLOUT};
	int64_t end = clock_ms() + timeout_ms, left;
	socklen_t len = sizeof(int);
	int error;

	do {
		left = end - clock_ms();
		if (left <= 0 || poll(&p, 1, (int)left) == 0) {
			errno = ETIMEDOUT;
			return (-1);
		}
	} while (p.revents == 0);
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1)
		return (-1);
	errno = error;
	return (error == 0 ? 0 : -1);
}

int
relay_connect(const struct sockaddr_storage *to, int timeout_ms)
{
	const int on = 1;
	int fd, saved;

	fd = socket(to->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return (-1);
	if (connect(fd, (const struct sockaddr *)to, addr_len(to)) == -1 &&
	    (errno != EINPROGRESS || await(fd, timeout_ms) == -1))
		goto fail;
	/* What the tool writes shall be seen at once; if not, no harm is done. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	/* It becomes the tool's own: tools expect writes that block. */
	if (fcntl(fd, F_SETFL, 0) == -1)
		goto fail;
	return (fd);
fail:
	saved = errno;
	close(fd);
	errno = saved;
	return (-1);
}
