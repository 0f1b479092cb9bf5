#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "connect.h"
#include "lib/deadline.h"
#include "lib/error.h"

/* Seconds of silence before the peer's host is probed, between probes, and how many of those. */
#define KEEP_IDLE     30
#define KEEP_INTERVAL 10
#define KEEP_COUNT    3

/* Waits until the connection is made or has failed. 0, or the errno. */
static int
connect_finish(int fd, int64_t deadline, struct control *control)
{
	struct pollfd fds[] = {
	    {.fd = fd, .events = POLLOUT}, {.fd = control->fd, .events = POLLIN}};
	socklen_t len = sizeof(int);
	int error = 0, n;

	do {
		if (control_ends(control))
			return (ECANCELED);
		if ((n = deadline_poll(fds, 2, deadline)) == 0)
			return (ETIMEDOUT);
	} while (n > 0 && fds[0].revents == 0);
	if (n == -1 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1)
		return (errno);
	return (error);
}

static int
connect_until(const struct addrinfo *ai, int64_t deadline, struct control *control)
{
	int fd, error;

	fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return (-1);
	error = connect(fd, ai->ai_addr, ai->ai_addrlen) == 0 ? 0 : errno;
	if (error == EINPROGRESS)
		error = connect_finish(fd, deadline, control);
	if (error == 0)
		return (fd);
	close(fd);
	errno = error;
	return (-1);
}

/* Tries every address of a family; each gets an equal share of the time that is left. */
static int
connect_family(const struct addrinfo *list, int family, int *untried, int64_t deadline,
    struct control *control, struct runtool_error *err)
{
	char address[NI_MAXHOST];
	const struct addrinfo *ai;
	int fd, saved;

	for (ai = list; ai != NULL; ai = ai->ai_next) {
		if (ai->ai_family != family)
			continue;
		fd = connect_until(ai, deadline_part(deadline, (*untried)--), control);
		if (fd != -1)
			return (fd);
		saved = errno;
		if (getnameinfo(ai->ai_addr, ai->ai_addrlen, address, sizeof(address), NULL, 0,
			NI_NUMERICHOST) == 0)
			error_add(err, " (%s: %s)", address, strerror(saved));
	}
	return (-1);
}

int
connect_open(const char *host, const char *port, int64_t deadline, struct control *control,
    struct runtool_error *err)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list, *ai;
	int fd, rc, untried = 0;

	if ((rc = getaddrinfo(host, port, &hints, &list)) != 0)
		return (error_set(err, RUNTOOL_TRANSPORT, "cannot find its address: %s",
		    rc == EAI_SYSTEM ? strerror(errno) : gai_strerror(rc)));
	for (ai = list; ai != NULL; ai = ai->ai_next)
		untried++;
	error_set(err, RUNTOOL_TRANSPORT, "cannot connect");
	if ((fd = connect_family(list, AF_INET, &untried, deadline, control, err)) == -1)
		fd = connect_family(list, AF_INET6, &untried, deadline, control, err);
	freeaddrinfo(list);
	if (fd == -1 && control_ends(control))
		return (control_words(control, err));
	return (fd);
}

static void
set_option(int fd, int level, int name, int value)
{
	setsockopt(fd, level, name, &value, sizeof(value));
}

void
connect_keep_alive(int fd)
{
	set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEP_IDLE);
	set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEP_INTERVAL);
	set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, KEEP_COUNT);
}

static bool
ipv4_end(int fd, int (*end)(int, struct sockaddr *, socklen_t *), struct in_addr *out)
{
	union {
		struct sockaddr sa;
		struct sockaddr_in sin;
		struct sockaddr_in6 sin6;
	} u;
	socklen_t len = sizeof(u);

	if (end(fd, &u.sa, &len) == -1)
		return (false);
	if (u.sa.sa_family == AF_INET)
		*out = u.sin.sin_addr;
	else if (u.sa.sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&u.sin6.sin6_addr))
		memcpy(out, &u.sin6.sin6_addr.s6_addr[12], sizeof(*out));
	else
		return (false);
	return (true);
}

bool
connect_ipv4(int fd, struct in_addr *local, struct in_addr *peer)
{
	return (ipv4_end(fd, getsockname, local) && ipv4_end(fd, getpeername, peer));
}
