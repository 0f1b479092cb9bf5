#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "rpc.h"
#include "runtool.h"

#define REPLY_MAX     (1U << 20) /* bytes of a reply, its strings included */
#define RECEIVE_SIZE  4096	 /* bytes read from the server at a time */
#define OUTPUT_SIZE   65536	 /* bytes of a tool's output handed on at a time */
#define RELAY_BACKLOG 8
#define RELAY_WAIT_MS 10000 /* after the results, for a relay that has not come yet */

/* Seconds of silence before the peer's host is probed, between probes, and how many of those. */
#define KEEP_IDLE     30
#define KEEP_INTERVAL 10
#define KEEP_COUNT    3

enum { STREAMS = 2 }; /* stdout and stderr */
static const char *const stream_names[STREAMS] = {"stdout", "stderr"};

struct runtool {
	int fd; /* non-blocking; -1 once a call has failed */
	int timeout_ms;
	bool greeted; /* our hello is under way */
	bool met;     /* the server's hello has come */
	bool heard;   /* so has anything at all, a relay included */
	bool ipv4;    /* `local` and `peer` are the connection's ends */
	struct in_addr local, peer;
	struct buf out;
	size_t sent; /* of `out` */
	int send_error;
	struct buf in;
	struct rpc_info info; /* the strings of the last information call */
	uint8_t output[OUTPUT_SIZE];
};

__attribute__((format(printf, 3, 4))) static int
fail(struct runtool_error *err, int code, const char *fmt, ...)
{
	va_list ap;

	err->code = code;
	va_start(ap, fmt);
	vsnprintf(err->message, sizeof(err->message), fmt, ap);
	va_end(ap);
	return (-1);
}

__attribute__((format(printf, 2, 3))) static void
add_words(struct runtool_error *err, const char *fmt, ...)
{
	size_t used = strlen(err->message);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err->message + used, sizeof(err->message) - used, fmt, ap);
	va_end(ap);
}

/* What went wrong in an answer, or what the server says went wrong. */
static int
fail_reply(struct runtool_error *err, const struct srpc_error *why)
{
	static const char prefix[] = "[from other end] ";
	const char *words = why->message;

	if (why->from_peer)
		return (fail(err, why->code, "%s", words));
	if (strncmp(words, prefix, sizeof(prefix) - 1) == 0)
		words += sizeof(prefix) - 1;
	return (fail(err, why->code, "not an answer of a RunToolServer: %s", words));
}

/* ---- time: deadlines in milliseconds of the monotonic clock, 0 for none ---- */

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000);
}

static int64_t
deadline_in(int ms)
{
	return (ms > 0 ? now_ms() + ms : 0);
}

/* Waits: the number of descriptors that are ready, 0 at the deadline, -1 with errno. */
static int
poll_until(struct pollfd *fds, nfds_t n, int64_t deadline)
{
	int64_t left;
	int rc;

	do {
		left = deadline == 0 ? -1 : deadline - now_ms();
		if (deadline != 0 && left < 0)
			left = 0;
		rc = poll(fds, n, (int)left);
	} while (rc == -1 && errno == EINTR);
	return (rc);
}

/* ---- connecting ---- */

/* A connected non-blocking descriptor, or -1 with errno. */
static int
connect_until(const struct addrinfo *ai, int64_t deadline)
{
	struct pollfd pfd = {.events = POLLOUT};
	socklen_t len = sizeof(int);
	int error = 0, n;

	pfd.fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (pfd.fd == -1)
		return (-1);
	if (connect(pfd.fd, ai->ai_addr, ai->ai_addrlen) == 0)
		return (pfd.fd);
	if ((error = errno) != EINPROGRESS)
		goto fail;
	if ((n = poll_until(&pfd, 1, deadline)) == 0)
		error = ETIMEDOUT;
	else if (n == -1 || getsockopt(pfd.fd, SOL_SOCKET, SO_ERROR, &error, &len) == -1)
		error = errno;
	if (error == 0)
		return (pfd.fd);
fail:
	close(pfd.fd);
	errno = error;
	return (-1);
}

/* Tries every address of a family; each gets its share of the time that is left. */
static int
connect_family(const struct addrinfo *list, int family, int *untried, int64_t deadline,
    struct runtool_error *err)
{
	char address[NI_MAXHOST];
	const struct addrinfo *ai;
	int64_t now;
	int fd, saved;

	for (ai = list; ai != NULL; ai = ai->ai_next) {
		if (ai->ai_family != family)
			continue;
		now = now_ms();
		fd = connect_until(ai, deadline == 0 ? 0 : now + (deadline - now) / (*untried)--);
		if (fd != -1)
			return (fd);
		saved = errno;
		if (getnameinfo(ai->ai_addr, ai->ai_addrlen, address, sizeof(address), NULL, 0,
			NI_NUMERICHOST) != 0)
			continue;
		add_words(err, " (%s: %s)", address, strerror(saved));
	}
	return (-1);
}

/* IPv4 goes first: version 4 of the interface can name no other address for the relays. */
static int
connect_host(const char *host, const char *port, int64_t deadline, struct runtool_error *err)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list, *ai;
	int fd, rc, untried = 0;

	if ((rc = getaddrinfo(host, port, &hints, &list)) != 0)
		return (fail(err, RUNTOOL_TRANSPORT, "cannot find its address: %s",
		    rc == EAI_SYSTEM ? strerror(errno) : gai_strerror(rc)));
	for (ai = list; ai != NULL; ai = ai->ai_next)
		untried++;
	fail(err, RUNTOOL_TRANSPORT, "cannot connect");
	if ((fd = connect_family(list, AF_INET, &untried, deadline, err)) == -1)
		fd = connect_family(list, AF_INET6, &untried, deadline, err);
	freeaddrinfo(list);
	return (fd);
}

static void
set_option(int fd, int level, int name, int value)
{
	setsockopt(fd, level, name, &value, sizeof(value));
}

/* Notices within about a minute that the peer's host is gone. */
static void
set_keepalive(int fd)
{
	set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, KEEP_IDLE);
	set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, KEEP_INTERVAL);
	set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, KEEP_COUNT);
}

/* The IPv4 address of one end, also a v4-mapped one; false for a native IPv6 address. */
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

struct runtool *
runtool_connect(const char *host, const char *port, int timeout_ms, struct runtool_error *err)
{
	struct runtool *c;

	if ((c = calloc(1, sizeof(*c))) == NULL) {
		fail(err, RUNTOOL_INTERNAL, "out of memory");
		return (NULL);
	}
	c->timeout_ms = timeout_ms;
	c->fd = connect_host(
	    host, port == NULL ? RUNTOOL_DEFAULT_PORT : port, deadline_in(timeout_ms), err);
	if (c->fd == -1) {
		free(c);
		return (NULL);
	}
	set_keepalive(c->fd);
	/* An end_ack with a call behind it must not wait for the ack of a segment. */
	set_option(c->fd, IPPROTO_TCP, TCP_NODELAY, 1);
	c->ipv4 = ipv4_end(c->fd, getsockname, &c->local) && ipv4_end(c->fd, getpeername, &c->peer);
	return (c);
}

/* After a failed call: the server ends what it still does for us. */
static void
hang_up(struct runtool *c)
{
	if (c->fd != -1)
		close(c->fd);
	c->fd = -1;
	buf_free(&c->out);
	buf_free(&c->in);
}

void
runtool_close(struct runtool *c)
{
	if (c == NULL)
		return;
	hang_up(c);
	rpc_info_free(&c->info);
	free(c);
}

/* ---- the conversation with the server ---- */

static int
begin_call(struct runtool *c, struct runtool_error *err)
{
	rpc_info_free(&c->info);
	if (c->fd == -1)
		return (fail(err, RUNTOOL_TRANSPORT, "an earlier call closed the connection"));
	if (!c->greeted)
		srpc_put_hello(&c->out);
	c->greeted = true;
	return (0);
}

static bool
unsent(const struct runtool *c)
{
	return (c->sent < c->out.len);
}

/*
 * Sends as much as the socket takes. An error is only noted: a server that gave up may have said
 * why before it did, and that is still to be read.
 */
static void
send_some(struct runtool *c)
{
	ssize_t n;

	while (unsent(c)) {
		n = send(c->fd, c->out.data + c->sent, c->out.len - c->sent, MSG_NOSIGNAL);
		if (n >= 0) {
			c->sent += (size_t)n;
			continue;
		}
		if (errno == EINTR)
			continue;
		if (errno == EAGAIN)
			return;
		c->send_error = errno;
		break;
	}
	buf_free(&c->out);
	c->sent = 0;
}

static int
receive_some(struct runtool *c, struct runtool_error *err)
{
	ssize_t n;

	if (buf_reserve(&c->in, RECEIVE_SIZE) == -1)
		return (fail(err, RUNTOOL_INTERNAL, "out of memory"));
	n = recv(c->fd, c->in.data + c->in.len, RECEIVE_SIZE, 0);
	if (n > 0) {
		c->in.len += (size_t)n;
		c->heard = true;
		return (0);
	}
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return (0);
	if (n == 0)
		errno = c->send_error;
	return (fail(err, RUNTOOL_TRANSPORT, "the server closed the connection%s%s%s",
	    errno == 0 ? "" : ": ", errno == 0 ? "" : strerror(errno),
	    c->heard ? "" : " (and said nothing: does its `allow' name this host?)"));
}

/* What poll(2) should wait for, and what to do once it says that something of it is there. */
static struct pollfd
conversation(const struct runtool *c)
{
	return (
	    (struct pollfd){.fd = c->fd, .events = (short)(POLLIN | (unsent(c) ? POLLOUT : 0))});
}

static int
converse(struct runtool *c, struct runtool_error *err)
{
	send_some(c);
	return (receive_some(c, err));
}

/* Sets up a reader behind the server's hello. SRPC_OK, SRPC_MORE or -1. */
static int
open_reply(struct runtool *c, struct srpc_reader *r, struct srpc_error *why)
{
	struct srpc_item hello;
	int rc;

	*r = (struct srpc_reader){.data = c->in.data, .len = c->in.len, .limit = REPLY_MAX};
	if (c->met)
		return (SRPC_OK);
	if ((rc = srpc_next(r, SRPC_HELLO, &hello, why)) != SRPC_OK)
		return (rc);
	/* Only what stands before the first NUL counts, and there may be none. */
	if (strnlen((const char *)hello.bytes, hello.length) != strlen(SRPC_VERSION) ||
	    memcmp(hello.bytes, SRPC_VERSION, strlen(SRPC_VERSION)) != 0)
		return (
		    srpc_fail(why, SRPC_PROTOCOL_VIOLATION, "it does not speak %s", SRPC_VERSION));
	c->met = true;
	buf_consume(&c->in, r->pos);
	*r = (struct srpc_reader){.data = c->in.data, .len = c->in.len, .limit = REPLY_MAX};
	return (SRPC_OK);
}

/* The results are read: take them out and acknowledge them. What does not go out now does later. */
static void
close_reply(struct runtool *c, const struct srpc_reader *r)
{
	buf_consume(&c->in, r->pos);
	srpc_put_code(&c->out, SRPC_END_ACK);
	send_some(c);
}

/* ---- information ---- */

static int
read_info(struct runtool *c, struct srpc_error *why)
{
	struct srpc_reader r;
	int rc;

	if ((rc = open_reply(c, &r, why)) == SRPC_OK &&
	    (rc = rpc_get_info(&r, RPC_VERSION, &c->info, why)) == SRPC_OK)
		close_reply(c, &r);
	return (rc);
}

static int
ask_info(struct runtool *c, struct runtool_error *err)
{
	int64_t deadline = deadline_in(c->timeout_ms);
	struct srpc_error why;
	struct pollfd pfd;
	int n, rc;

	rpc_put_info_call(&c->out, RPC_VERSION);
	if (c->out.failed)
		return (fail(err, RUNTOOL_INTERNAL, "out of memory"));
	send_some(c);
	while ((rc = read_info(c, &why)) == SRPC_MORE) {
		pfd = conversation(c);
		if ((n = poll_until(&pfd, 1, deadline)) == -1)
			return (fail(err, RUNTOOL_INTERNAL, "poll: %s", strerror(errno)));
		if (n == 0)
			return (
			    fail(err, RUNTOOL_TIMEOUT, "no answer within %d ms", c->timeout_ms));
		if (converse(c, err) == -1)
			return (-1);
	}
	return (rc == -1 ? fail_reply(err, &why) : 0);
}

int
runtool_info(struct runtool *c, struct runtool_info *info, struct runtool_error *err)
{
	if (begin_call(c, err) == -1)
		return (-1);
	if (ask_info(c, err) == -1) {
		hang_up(c);
		return (-1);
	}
	*info = (struct runtool_info){
	    .sysname = c->info.sysname,
	    .release = c->info.release,
	    .version = c->info.version,
	    .machine = c->info.machine,
	    .cpus = c->info.cpus,
	    .cpu_mhz = c->info.cpu_mhz,
	    .mem_kb = c->info.mem_kb,
	    .max_tools = c->info.max_tools,
	    .cur_tools = c->info.cur_tools,
	    .cur_pending = c->info.cur_pending,
	    .max_pending = c->info.max_pending,
	    .load = (double)c->info.load,
	};
	memcpy(info->unique, c->info.unique, sizeof(info->unique));
	return (0);
}

/* ---- runs ---- */

/* The server connects to a relay and sends one stream of the tool's output through it. */
struct relay {
	int fd; /* listening, then connected; -1 without output, and after its end */
	bool connected;
	int broken;		 /* the errno that ended it before its end of file */
	struct in_addr stranger; /* who else came for it; 0.0.0.0: nobody */
};

struct run {
	struct runtool *c;
	const struct runtool_request *request;
	struct relay relays[STREAMS];
	struct rpc_run_result result;
	bool answered;
	int64_t deadline; /* for relays that have not come when the results have */
};

static int
relay_listen(struct relay *relay, struct in_addr local, struct sockaddr_in *at)
{
	socklen_t len = sizeof(*at);

	*at = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = local};
	relay->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (relay->fd == -1 || bind(relay->fd, (struct sockaddr *)at, len) == -1 ||
	    listen(relay->fd, RELAY_BACKLOG) == -1)
		return (-1);
	return (getsockname(relay->fd, (struct sockaddr *)at, &len));
}

static void
relay_close(struct relay *relay)
{
	if (relay->fd != -1)
		close(relay->fd);
	relay->fd = -1;
}

/*
 * On one host a connection to 127.0.1.1 (Debian's address for its own name) comes from 127.0.0.1,
 * and so does the server's back to us.
 */
static bool
from_server(const struct runtool *c, struct in_addr from)
{
	bool loopback = ntohl(c->peer.s_addr) >> IN_CLASSA_NSHIFT == IN_LOOPBACKNET;

	return (from.s_addr == c->peer.s_addr || (loopback && from.s_addr == c->local.s_addr));
}

/* Takes the server's connection; anybody else's is closed. */
static int
relay_accept(struct run *run, int stream, struct runtool_error *err)
{
	struct relay *relay = &run->relays[stream];
	struct sockaddr_in from = {0};
	socklen_t len = sizeof(from);
	int fd;

	fd = accept4(relay->fd, (struct sockaddr *)&from, &len, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd == -1) {
		/* Running out of something would be reported again and again; the rest passes. */
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
			return (fail(err, RUNTOOL_TRANSPORT, "cannot accept the tool's %s: %s",
			    stream_names[stream], strerror(errno)));
		return (0);
	}
	if (!from_server(run->c, from.sin_addr)) {
		relay->stranger = from.sin_addr;
		close(fd);
		return (0);
	}
	set_keepalive(fd);
	close(relay->fd);
	relay->fd = fd;
	relay->connected = true;
	run->c->heard = true;
	return (0);
}

static int
relay_read(struct run *run, int stream, struct runtool_error *err)
{
	struct relay *relay = &run->relays[stream];
	const struct runtool_request *request = run->request;
	uint8_t *data = run->c->output;
	ssize_t n;

	n = recv(relay->fd, data, OUTPUT_SIZE, 0);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return (0);
	if (n > 0) {
		if (request->output(request->arg, stream + 1, data, (size_t)n) != 0)
			return (fail(err, RUNTOOL_CLIENT, "output could not be delivered"));
		return (0);
	}
	/* The server may yet say why; the result is refused if it does not. */
	if (n == -1)
		relay->broken = errno;
	relay_close(relay);
	return (0);
}

static int
open_relays(struct run *run, struct rpc_run *call, struct runtool_error *err)
{
	struct sockaddr_in *const at[STREAMS] = {&call->out, &call->err};
	int i;

	if (run->request->output == NULL)
		return (0);
	if (!run->c->ipv4)
		return (fail(err, RUNTOOL_INVALID,
		    "output cannot be sent over IPv6 in version %d of the interface: "
		    "name an IPv4 address of the server",
		    RPC_VERSION));
	for (i = 0; i < STREAMS; i++)
		if (relay_listen(&run->relays[i], run->c->local, at[i]) == -1)
			return (fail(err, RUNTOOL_TRANSPORT, "cannot listen for the tool's %s: %s",
			    stream_names[i], strerror(errno)));
	return (0);
}

/* A list of the same strings that rpc_run_free() may free; NULL is an empty one. */
static const char **
list_copy(const char *const *list)
{
	const char **copy;
	size_t n = 0;

	while (list != NULL && list[n] != NULL)
		n++;
	if ((copy = calloc(n + 1, sizeof(*copy))) != NULL && n > 0)
		memcpy(copy, list, n * sizeof(*copy));
	return (copy);
}

static int
send_request(struct run *run, struct runtool_error *err)
{
	const struct runtool_request *request = run->request;
	struct rpc_run call = {0};
	int rc = -1;

	if (request->argv == NULL || request->argv[0] == NULL)
		return (fail(err, RUNTOOL_INVALID, "no command"));
	if (open_relays(run, &call, err) == -1)
		return (-1);
	rpc_handle_make(call.handle, request->root);
	call.stdin_file = strdup(request->stdin_file == NULL ? "" : request->stdin_file);
	call.directory = strdup(request->directory == NULL ? ".WD" : request->directory);
	call.env = list_copy(request->env);
	call.argv = list_copy(request->argv);
	if (call.stdin_file == NULL || call.directory == NULL || call.env == NULL ||
	    call.argv == NULL)
		goto out;
	rpc_put_run(&run->c->out, RPC_VERSION, &call);
	if (run->c->out.failed)
		goto out;
	send_some(run->c);
	rc = 0;
out:
	rpc_run_free(&call);
	return (rc == 0 ? 0 : fail(err, RUNTOOL_INTERNAL, "the request does not fit into memory"));
}

static int
read_result(struct run *run, struct runtool_error *err)
{
	struct srpc_reader r;
	struct srpc_error why;
	int rc;

	if (converse(run->c, err) == -1)
		return (-1);
	if ((rc = open_reply(run->c, &r, &why)) == SRPC_OK &&
	    (rc = rpc_get_run_result(&r, RPC_VERSION, &run->result, &why)) == SRPC_OK) {
		close_reply(run->c, &r);
		run->answered = true;
		run->deadline = deadline_in(RELAY_WAIT_MS);
	}
	return (rc == -1 ? fail_reply(err, &why) : 0);
}

static bool
relays_open(const struct run *run)
{
	return (run->relays[0].fd != -1 || run->relays[1].fd != -1);
}

/* The server connects before it starts the tool: who has not come after its end never will. */
static int
fail_missing(const struct run *run, struct runtool_error *err)
{
	char address[INET_ADDRSTRLEN];
	const struct relay *relay;
	int i;

	i = run->relays[0].fd != -1 && !run->relays[0].connected ? 0 : 1;
	relay = &run->relays[i];
	fail(err, RUNTOOL_TRANSPORT, "the server never connected for the tool's %s",
	    stream_names[i]);
	if (relay->stranger.s_addr != INADDR_ANY)
		add_words(err, "; a connection from %s was turned away",
		    inet_ntop(AF_INET, &relay->stranger, address, sizeof(address)));
	return (-1);
}

/* The next that comes, of the server's answer and the tool's output. */
static int
run_step(struct run *run, struct runtool_error *err)
{
	struct pollfd fds[1 + STREAMS];
	bool waiting = false;
	struct relay *relay;
	int i, n;

	fds[0] = conversation(run->c);
	if (run->answered)
		fds[0].fd = -1;
	for (i = 0; i < STREAMS; i++) {
		relay = &run->relays[i];
		fds[1 + i] = (struct pollfd){.fd = relay->fd, .events = POLLIN};
		waiting |= relay->fd != -1 && !relay->connected;
	}
	if ((n = poll_until(fds, 1 + STREAMS, waiting ? run->deadline : 0)) == -1)
		return (fail(err, RUNTOOL_INTERNAL, "poll: %s", strerror(errno)));
	if (n == 0)
		return (fail_missing(run, err));
	for (i = 0; i < STREAMS; i++) {
		if (fds[1 + i].revents == 0)
			continue;
		relay = &run->relays[i];
		if ((relay->connected ? relay_read : relay_accept)(run, i, err) == -1)
			return (-1);
	}
	return (fds[0].revents != 0 ? read_result(run, err) : 0);
}

static int
check_relays(const struct run *run, struct runtool_error *err)
{
	int i;

	for (i = 0; i < STREAMS; i++)
		if (run->relays[i].broken != 0)
			return (fail(err, RUNTOOL_TRANSPORT, "the tool's %s broke off: %s",
			    stream_names[i], strerror(run->relays[i].broken)));
	return (0);
}

int
runtool_run(struct runtool *c, const struct runtool_request *request, struct runtool_result *result,
    struct runtool_error *err)
{
	static const struct relay none = {.fd = -1};
	struct run run = {
	    .c = c, .request = request, .relays = {none, none}
	      };
	int rc = -1;

	if (begin_call(c, err) == -1)
		return (-1);
	if (send_request(&run, err) == -1)
		goto out;
	while (!run.answered || relays_open(&run))
		if (run_step(&run, err) == -1)
			goto out;
	if (check_relays(&run, err) == -1)
		goto out;
	*result = (struct runtool_result){
	    .status = run.result.status, .signal = run.result.signal, .core = run.result.core};
	rc = 0;
out:
	relay_close(&run.relays[0]);
	relay_close(&run.relays[1]);
	if (rc == -1)
		hang_up(c);
	return (rc);
}
