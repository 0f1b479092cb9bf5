#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/log.h"
#include "listen.h"

#define MAX_TRIES 20 /* for one free port on all addresses */

/*
 * `early`: also on an address that this host does not have (yet). Clients reach it once it does. A
 * descriptor, or -1 with errno.
 */
static int
open_one(const struct sockaddr_storage *addr, bool early)
{
	const int on = 1;
	int fd, saved;

	fd = socket(addr->ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return (-1);
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
	    (addr->ss_family != AF_INET6 ||
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) == 0) &&
	    (!early || setsockopt(fd, IPPROTO_IP, IP_FREEBIND, &on, sizeof(on)) == 0) &&
	    bind(fd, (const struct sockaddr *)addr, addr_len(addr)) == 0 &&
	    listen(fd, LISTEN_BACKLOG) == 0)
		return (fd);
	saved = errno;
	close(fd);
	errno = saved;
	return (-1);
}

unsigned int
listen_port(int fd)
{
	struct sockaddr_storage addr = {0};
	socklen_t len = sizeof(addr);

	getsockname(fd, (struct sockaddr *)&addr, &len);
	return (addr_port(&addr));
}

static void
close_all(const int *fds, int n)
{
	while (n > 0)
		close(fds[--n]);
}

/*
 * Opens all addresses on one port; port 0 becomes the first socket's. `optional`: those that this
 * host does not have are left out. The number of descriptors, or -1 with the reason in `err`.
 */
static int
open_all(const struct sockaddr_storage *addrs, size_t n, bool optional, unsigned int port, int *fds,
    bool *early, char *err, size_t size)
{
	struct sockaddr_storage addr;
	char text[ADDR_TEXT_SIZE];
	int opened = 0, fd;
	size_t i;

	for (i = 0; i < n; i++) {
		addr = addrs[i];
		addr_set_port(&addr, port);
		fd = open_one(&addr, false);
		early[opened] = fd == -1 && errno == EADDRNOTAVAIL && !optional;
		if (early[opened])
			fd = open_one(&addr, true);
		if (fd == -1) {
			if (optional && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL))
				continue;
			snprintf(err, size, "cannot listen on %s port %u: %s",
			    addr_format_host(&addr, text, sizeof(text)), port, strerror(errno));
			close_all(fds, opened);
			return (-1);
		}
		fds[opened++] = fd;
		port = listen_port(fd);
	}
	if (opened == 0)
		snprintf(err, size, "cannot listen: this host has neither IPv4 nor IPv6");
	return (opened == 0 ? -1 : opened);
}

static void
log_all(const int *fds, const bool *early, int n)
{
	struct sockaddr_storage addr;
	char text[ADDR_TEXT_SIZE];
	socklen_t len;
	int i;

	for (i = 0; i < n; i++) {
		len = sizeof(addr);
		getsockname(fds[i], (struct sockaddr *)&addr, &len);
		log_info("listening on %s port %u%s", addr_format_host(&addr, text, sizeof(text)),
		    addr_port(&addr), early[i] ? ": this host does not have that address yet" : "");
	}
}

int
listen_open(const struct settings *s, int fds[LISTEN_MAX], char *err, size_t size)
{
	struct sockaddr_storage any[2] = {{.ss_family = AF_INET}, {.ss_family = AF_INET6}};
	bool all = s->nlisten == 0, early[LISTEN_MAX];
	int n = -1, tries;

	/* A port that is free on one address may be taken on the next. */
	for (tries = 0; n == -1 && tries < MAX_TRIES; tries++) {
		n = open_all(all ? any : s->listen, all ? 2 : s->nlisten, all,
		    (unsigned int)s->port, fds, early, err, size);
		if (s->port != 0)
			break;
	}
	if (n > 0)
		log_all(fds, early, n);
	return (n);
}
