#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "connect.h"
#include "lib/error.h"
#include "relay.h"
#include "run_request.h"

#define BACKLOG 8

static void
listener_close(struct listener *l)
{
	close(l->fd);
	l->fd = -1;
}

static int
listener_open(struct listener *l, struct in_addr local)
{
	socklen_t len = sizeof(l->at);

	l->at = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = local};
	l->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (l->fd == -1)
		return (-1);
	connect_keep_alive(l->fd); /* accepted connections inherit that */
	if (bind(l->fd, (struct sockaddr *)&l->at, len) == 0 && listen(l->fd, BACKLOG) == 0 &&
	    getsockname(l->fd, (struct sockaddr *)&l->at, &len) == 0)
		return (0);
	listener_close(l);
	return (-1);
}

/* A connection made before we sent the request is not the server's: closes it. */
static void
turn_away_early(const struct listener *l)
{
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	int fd;

	while ((fd = accept4(l->fd, (struct sockaddr *)&from, &len, SOCK_CLOEXEC)) != -1)
		close(fd);
}

int
relay_open(
    struct relay *relay, const struct runtool *c, struct listener *l, struct runtool_error *err)
{
	/* The new connection may have another local address. */
	if (l->fd != -1 && l->at.sin_addr.s_addr != c->local.s_addr)
		listener_close(l);
	if (l->fd != -1)
		turn_away_early(l);
	else if (listener_open(l, c->local) == -1)
		return (error_set(err, RUNTOOL_TRANSPORT, "cannot listen for the tool's %s: %s",
		    relay->name, strerror(errno)));
	relay->fd = l->fd;
	return (0);
}

void
relay_close(struct relay *relay)
{
	if (relay->connected)
		close(relay->fd);
	relay->connected = false;
	relay->fd = -1;
}

/*
 * A connection to 127.0.1.1 (Debian's address for the host's own name) comes from 127.0.0.1. Then
 * the server's connection back to us does so too.
 */
static bool
from_server(const struct runtool *c, struct in_addr from)
{
	bool loopback = ntohl(c->peer.s_addr) >> IN_CLASSA_NSHIFT == IN_LOOPBACKNET;

	return (from.s_addr == c->peer.s_addr || (loopback && from.s_addr == c->local.s_addr));
}

int
relay_accept(struct relay *relay, struct runtool *c, struct runtool_error *err)
{
	struct sockaddr_in from = {0};
	socklen_t len = sizeof(from);
	int fd;

	fd = accept4(relay->fd, (struct sockaddr *)&from, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd == -1) {
		/*
		 * Without descriptors or memory poll(2) would report it again and again; other
		 * errors pass.
		 */
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
			return (error_set(err, RUNTOOL_TRANSPORT, "cannot accept the tool's %s: %s",
			    relay->name, strerror(errno)));
		return (0);
	}
	if (!from_server(c, from.sin_addr)) {
		relay->stranger = from.sin_addr;
		close(fd);
		return (0);
	}
	relay->fd = fd;
	relay->connected = true;
	c->heard = true;
	return (0);
}

int
relay_read(struct relay *relay, struct runtool *c, const struct runtool_request *request,
    int stream, struct runtool_error *err)
{
	ssize_t n;
	int rc;

	n = recv(relay->fd, c->block, sizeof(c->block), 0);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return (0);
	if (n > 0) {
		/* The tool's next write to the closed connection is a broken pipe. */
		rc = run_request_output(request, stream, c->block, (size_t)n, err);
		if (rc == RUNTOOL_CLOSE_STREAM)
			relay_close(relay);
		return (rc == -1 ? -1 : 0);
	}
	/* The server may still say why; if not, its result is refused. */
	if (n == -1)
		relay->broken = errno;
	relay_close(relay);
	return (0);
}

int
relay_fail_missing(const struct relay *relay, struct runtool_error *err)
{
	char address[INET_ADDRSTRLEN];

	error_set(
	    err, RUNTOOL_TRANSPORT, "the server never connected for the tool's %s", relay->name);
	if (relay->stranger.s_addr != INADDR_ANY)
		error_add(err, "; a connection from %s was turned away",
		    inet_ntop(AF_INET, &relay->stranger, address, sizeof(address)));
	return (-1);
}

int
relay_check(const struct relay *relay, struct runtool_error *err)
{
	if (relay->broken == 0)
		return (0);
	return (error_set(err, RUNTOOL_TRANSPORT, "the tool's %s broke off: %s", relay->name,
	    strerror(relay->broken)));
}
