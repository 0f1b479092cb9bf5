#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "connect.h"
#include "lib/error.h"

/* Seconds of silence before the peer's host is probed, between probes, and how many of those. */
#define KEEP_IDLE     30
#define KEEP_INTERVAL 10
#define KEEP_COUNT    3

int
connect_open(const char *host, const char *port, int family, const struct race_rules *rules,
    struct runtool_error *err)
{
	struct addrinfo hints = {.ai_family = family, .ai_socktype = SOCK_STREAM}, *list;
	int fd, rc;

	if ((rc = getaddrinfo(host, port, &hints, &list)) != 0)
		return (error_set(err, RUNTOOL_TRANSPORT, "cannot find its address: %s",
		    rc == EAI_SYSTEM ? strerror(errno) : gai_strerror(rc)));
	fd = race(list, rules, err);
	freeaddrinfo(list);
	return (fd);
}

/* ---- options ------------------------------------------------------------------------------ */

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
