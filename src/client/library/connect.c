#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "connect.h"
#include "lib/deadline.h"
#include "lib/error.h"

#define PACE_MS 250 /* after which the next address is tried beside those before it */

/* Seconds of silence before the peer's host is probed, between probes, and how many of those. */
#define KEEP_IDLE     30
#define KEEP_INTERVAL 10
#define KEEP_COUNT    3

/* ---- addresses, raced --------------------------------------------------------------------- */

struct attempt {
	const struct addrinfo *ai;
	int fd;	   /* -1: not begun, or over */
	int error; /* an errno: why it is over; 0: it is not */
};

struct race {
	struct attempt *list; /* in the order in which they begin */
	struct pollfd *fds;   /* one for each of them, and the control's behind */
	size_t n, begun, under_way;
	int64_t next; /* when the next one is to begin */
};

static void
end_attempt(struct race *r, struct attempt *a, int error)
{
	close(a->fd);
	a->fd = -1;
	a->error = error;
	r->under_way--;
	/* There is nothing to wait for, then. */
	r->next = deadline_now();
}

static void
begin_next(struct race *r, int64_t deadline)
{
	struct attempt *a = &r->list[r->begun++];
	const struct addrinfo *ai = a->ai;

	r->next = deadline_sooner(
	    deadline_in(PACE_MS), deadline_part(deadline, (int)(r->n - r->begun) + 1));
	a->fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (a->fd == -1) {
		a->error = errno;
		return;
	}
	r->under_way++;
	if (connect(a->fd, ai->ai_addr, ai->ai_addrlen) == -1 && errno != EINPROGRESS)
		end_attempt(r, a, errno);
}

/* Waits until an attempt has come to something, or it is time for another one. 0, or an errno. */
static int
await(struct race *r, int64_t deadline, struct control *control)
{
	int64_t until = r->begun < r->n ? deadline_sooner(deadline, r->next) : deadline;
	size_t i;

	for (i = 0; i < r->n; i++)
		r->fds[i] = (struct pollfd){.fd = r->list[i].fd, .events = POLLOUT};
	r->fds[r->n] = (struct pollfd){.fd = control->fd, .events = POLLIN};
	return (deadline_poll(r->fds, r->n + 1, until) == -1 ? errno : 0);
}

/* The connection of the first attempt that has one, no more the race's; or -1. */
static int
take_first(struct race *r)
{
	socklen_t len = sizeof(int);
	struct attempt *a;
	int error, fd;
	size_t i;

	for (i = 0; i < r->n; i++) {
		a = &r->list[i];
		if (a->fd == -1 || r->fds[i].revents == 0)
			continue;
		if (getsockopt(a->fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1)
			error = errno;
		if (error != 0) {
			end_attempt(r, a, error);
			continue;
		}
		fd = a->fd;
		a->fd = -1;
		return (fd);
	}
	return (-1);
}

static void
end_all(struct race *r, int error)
{
	size_t i;

	for (i = 0; i < r->begun; i++)
		if (r->list[i].fd != -1)
			end_attempt(r, &r->list[i], error);
}

static int
run_race(struct race *r, int64_t deadline, struct control *control)
{
	int error = 0, fd = -1;

	while (fd == -1 && error == 0) {
		while (r->begun < r->n && (r->under_way == 0 || deadline_over(r->next)))
			begin_next(r, deadline);
		if (r->under_way == 0)
			return (-1);
		error = await(r, deadline, control);
		if (control_ends(control))
			error = ECANCELED;
		else if (error == 0 && (fd = take_first(r)) == -1 && deadline_over(deadline))
			error = ETIMEDOUT;
	}
	end_all(r, error);
	return (fd);
}

static void
add_family(struct race *r, const struct addrinfo *list, bool ipv4)
{
	const struct addrinfo *ai;

	for (ai = list; ai != NULL; ai = ai->ai_next)
		if ((ai->ai_family == AF_INET) == ipv4)
			r->list[r->n++] = (struct attempt){.ai = ai, .fd = -1};
}

static void
add_words(const struct race *r, struct runtool_error *err)
{
	char address[NI_MAXHOST];
	const struct attempt *a;

	for (a = r->list; a < r->list + r->begun; a++)
		if (getnameinfo(a->ai->ai_addr, a->ai->ai_addrlen, address, sizeof(address), NULL,
			0, NI_NUMERICHOST) == 0)
			error_add(err, " (%s: %s)", address, strerror(a->error));
}

int
connect_race(const struct addrinfo *list, int64_t deadline, struct control *control,
    struct runtool_error *err)
{
	const struct addrinfo *ai;
	struct race r = {0};
	size_t n = 1;
	int fd = -1;

	for (ai = list->ai_next; ai != NULL; ai = ai->ai_next)
		n++;
	r.list = calloc(n, sizeof(*r.list));
	r.fds = calloc(n + 1, sizeof(*r.fds));
	if (r.list == NULL || r.fds == NULL) {
		error_set(err, RUNTOOL_INTERNAL, "out of memory");
	} else {
		add_family(&r, list, true);
		add_family(&r, list, false);
		if ((fd = run_race(&r, deadline, control)) == -1) {
			error_set(err, RUNTOOL_TRANSPORT, "cannot connect");
			add_words(&r, err);
		}
	}
	free(r.list);
	free(r.fds);
	if (fd == -1 && control_ends(control))
		return (control_words(control, err));
	return (fd);
}

int
connect_open(const char *host, const char *port, int family, int64_t deadline,
    struct control *control, struct runtool_error *err)
{
	struct addrinfo hints = {.ai_family = family, .ai_socktype = SOCK_STREAM}, *list;
	int fd, rc;

	if ((rc = getaddrinfo(host, port, &hints, &list)) != 0)
		return (error_set(err, RUNTOOL_TRANSPORT, "cannot find its address: %s",
		    rc == EAI_SYSTEM ? strerror(errno) : gai_strerror(rc)));
	fd = connect_race(list, deadline, control, err);
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
