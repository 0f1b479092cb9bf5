#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "run.h"

#define ANSWER_MS    30000
#define FINISH_MS    60000
#define AWAIT_MS     30000
#define READ_SIZE    262144
#define ANY_LIMIT    SIZE_MAX
#define SEND_SECONDS 30

const char *const run_no_env[] = {NULL};

static struct sockaddr_in
address(const char *ip, int port)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};

	ck_assert_int_eq(inet_pton(AF_INET, ip, &sin.sin_addr), 1);
	return (sin);
}

int
call_connect_from(const struct server *s, const char *from)
{
	struct sockaddr_in self = address(from, 0), to = address("127.0.0.1", s->port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&self, sizeof(self)), 0);
	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &(struct timeval){SEND_SECONDS, 0},
			     sizeof(struct timeval)),
	    0);
	ck_assert_msg(
	    connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0, "connect: %s", strerror(errno));
	return (fd);
}

int
call_connect(const struct server *s)
{
	return (call_connect_from(s, "127.0.0.1"));
}

bool
call_send(int fd, const void *data, size_t len)
{
	const uint8_t *p = data;
	ssize_t n;

	while (len > 0) {
		if ((n = send(fd, p, len, MSG_NOSIGNAL)) <= 0) {
			ck_assert_msg(
			    errno == EPIPE || errno == ECONNRESET, "send: %s", strerror(errno));
			return (false);
		}
		p += n;
		len -= (size_t)n;
	}
	return (true);
}

bool
call_send_buf(int fd, struct buf *b)
{
	bool sent;

	ck_assert(!b->failed);
	sent = call_send(fd, b->data, b->len);
	buf_free(b);
	return (sent);
}

int
call_receive(int fd, struct buf *in, int ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	ssize_t n;

	if (poll(&p, 1, ms) <= 0)
		return (-1);
	ck_assert_int_eq(buf_reserve(in, READ_SIZE), 0);
	if ((n = recv(fd, in->data + in->len, READ_SIZE, 0)) <= 0)
		return (0);
	in->len += (size_t)n;
	return ((int)n);
}

bool
call_ended(int fd, int ms)
{
	int64_t end = harness_now() + ms;
	struct buf in = {0};
	int n = 1;

	while (n != 0 && harness_now() < end) {
		n = call_receive(fd, &in, (int)(end - harness_now()));
		buf_free(&in);
	}
	return (n == 0);
}

struct srpc_reader
call_reader(const struct buf *b)
{
	return ((struct srpc_reader){.data = b->data, .len = b->len, .limit = ANY_LIMIT});
}

bool
call_item(struct srpc_reader *r, struct srpc_item *item)
{
	struct srpc_error err;
	int rc;

	if (r->pos == r->len)
		return (false);
	rc = srpc_next(r, r->data[r->pos], item, &err);
	ck_assert_msg(rc != -1, "malformed item %d in the reply: %s", r->data[r->pos], err.message);
	return (rc == SRPC_OK);
}

/* Past the hello that begins every answer. SRPC_MORE, or SRPC_OK. */
static int
skip_hello(struct srpc_reader *r)
{
	struct srpc_item item;

	if (!call_item(r, &item))
		return (SRPC_MORE);
	ck_assert_int_eq(item.code, SRPC_HELLO);
	ck_assert_uint_eq(item.length, sizeof(SRPC_VERSION));
	ck_assert_mem_eq(item.bytes, SRPC_VERSION, sizeof(SRPC_VERSION));
	return (SRPC_OK);
}

void
call_failure(int fd, struct srpc_error *failure)
{
	struct srpc_reader r;
	struct srpc_item item;
	struct buf in = {0};
	int64_t end = harness_now() + ANSWER_MS;

	while (call_receive(fd, &in, 100) != 0)
		ck_assert_msg(harness_now() < end, "the connection stays open");
	r = call_reader(&in);
	*failure = (struct srpc_error){0};
	if (in.len > 0) {
		ck_assert_int_eq(skip_hello(&r), SRPC_OK);
		ck_assert(call_item(&r, &item));
		ck_assert_int_eq(item.code, SRPC_FAILURE);
		ck_assert_uint_eq(r.pos, r.len);
		srpc_fail(failure, item.number, "%.*s", (int)item.length, (const char *)item.bytes);
	}
	buf_free(&in);
}

void
call_info_on(int fd, bool hello, int32_t version, struct rpc_info *info)
{
	struct srpc_error err = {0};
	struct srpc_reader r;
	struct buf b = {0};
	int64_t end = harness_now() + ANSWER_MS;
	int rc = SRPC_MORE;

	if (hello)
		srpc_put_hello(&b);
	else
		srpc_put_code(&b, SRPC_END_ACK);
	rpc_put_info_call(&b, version);
	ck_assert(call_send_buf(fd, &b));
	while (rc == SRPC_MORE) {
		ck_assert_msg(harness_now() < end, "no answer to an information call");
		ck_assert_msg(
		    call_receive(fd, &b, 100) != 0, "an information call is not answered");
		r = call_reader(&b);
		if (!hello || skip_hello(&r) == SRPC_OK)
			rc = rpc_get_info(&r, version, info, &err);
	}
	ck_assert_msg(rc == SRPC_OK, "information: %s", err.message);
	ck_assert_uint_eq(r.pos, r.len);
	buf_free(&b);
}

void
call_info(const struct server *s, struct rpc_info *info)
{
	int fd = call_connect(s);

	call_info_on(fd, true, RPC_VERSION, info);
	close(fd);
}

int
call_cur_tools(const struct server *s)
{
	struct rpc_info info;
	int n;

	call_info(s, &info);
	n = info.cur_tools;
	rpc_info_free(&info);
	return (n);
}

int
call_cur_pending(const struct server *s)
{
	struct rpc_info info;
	int n;

	call_info(s, &info);
	n = info.cur_pending;
	rpc_info_free(&info);
	return (n);
}

/* A listener for a relay; its address goes into the request. */
static int
open_listener(const char *ip, struct sockaddr_in *sin)
{
	socklen_t len = sizeof(*sin);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ne(fd, -1);
	*sin = address(ip, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)sin, sizeof(*sin)), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)sin, &len), 0);
	return (fd);
}

/* rpc_put_run() only reads; its struct is the decoder's, too, which has no use for const. */
static char *
unconst(const char *s)
{
	char *p;

	memcpy(&p, &s, sizeof(p));
	return (p);
}

const char *const *
run_patient(const char *file)
{
	const char **argv = (const char **)(void *)harness_alloc(5 * sizeof(*argv));

	argv[0] = "/bin/sh";
	argv[1] = "-c";
	argv[2] = "echo ready; while [ ! -e $0 ]; do sleep 0.02; done; exit 3";
	argv[3] = file;
	return (argv);
}

void
run_let_go(const char *file)
{
	int fd = open(
	    harness_in_root(harness_text(".WD/%s", file)), O_CREAT | O_WRONLY | O_CLOEXEC, 0644);

	ck_assert_int_ne(fd, -1);
	close(fd);
}

void
run_encode(struct run *r, struct buf *b)
{
	struct rpc_run call = {
	    .stdin_file = unconst(r->stdin_file), .directory = unconst(r->directory)};

	memcpy(&call.env, &r->env, sizeof(call.env));
	memcpy(&call.argv, &r->argv, sizeof(call.argv));
	rpc_handle_make(call.handle, r->root);
	if (!r->no_out)
		r->listener[0] = open_listener(r->from, &call.out);
	if (!r->no_err)
		r->listener[1] = open_listener(r->from, &call.err);
	srpc_put_hello(b);
	rpc_put_run(b, r->version, &call);
}

void
run_start(const struct server *s, struct run *r)
{
	struct buf b = {0};

	if (r->root == 1)
		r->root = harness_root(s->mode);
	r->conn = call_connect_from(s, r->from);
	run_encode(r, &b);
	call_send_buf(r->conn, &b);
}

static void
decode_reply(struct run *r, bool closed)
{
	struct srpc_reader in = call_reader(&r->reply);
	struct rpc_run_result result;
	int rc;

	if (in.len == 0 && closed) {
		r->replied = r->failed = true;
		r->failure = (struct srpc_error){0};
		return;
	}
	if (skip_hello(&in) == SRPC_MORE)
		return;
	rc = rpc_get_run_result(&in, r->version, &result, &r->failure);
	if (rc == SRPC_MORE) {
		ck_assert_msg(!closed, "the server closed the connection within its reply");
		return;
	}
	r->replied = true;
	r->failed = rc == -1;
	if (r->failed) {
		ck_assert_msg(r->failure.from_peer, "bad reply: %s", r->failure.message);
		return;
	}
	ck_assert_uint_eq(in.pos, in.len);
	r->status = result.status;
	r->signal = result.signal;
	r->core = result.core;
}

/* One of the relays has something, or its listener. */
static void
pump_relay(struct run *r, int i)
{
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	int n;

	if (r->relay[i] == -1) {
		r->relay[i] = accept4(r->listener[i], (struct sockaddr *)&from, &len, SOCK_CLOEXEC);
		ck_assert_int_ne(r->relay[i], -1);
		return;
	}
	if ((n = call_receive(r->relay[i], &r->output[i], 0)) == 0)
		r->ended[i] = true;
	if (n > 0)
		r->received[i] += (uint64_t)n;
	if (r->keep_nothing)
		r->output[i].len = 0;
}

void
run_ask_for_relay(const struct server *s, struct run *r, const char *ip, int port)
{
	static const char *const argv[] = {"/bin/true", NULL};
	static const char *const env[] = {NULL};
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	char none[] = "", directory[] = ".WD";
	struct rpc_run call = {.stdin_file = none, .directory = directory};
	struct buf b = {0};

	*r = RUN("/bin/true");
	r->no_out = r->no_err = true;
	ck_assert_int_eq(inet_pton(AF_INET, ip, &to.sin_addr), 1);
	call.out = to;
	memcpy(&call.argv, &(const char *const *){argv}, sizeof(call.argv));
	memcpy(&call.env, &(const char *const *){env}, sizeof(call.env));
	rpc_handle_make(call.handle, 1);
	srpc_put_hello(&b);
	rpc_put_run(&b, RPC_VERSION, &call);
	r->conn = call_connect(s);
	call_send_buf(r->conn, &b);
}

void
run_silent_listener(int fds[RUN_SILENT], struct sockaddr_in *sin)
{
	socklen_t len = sizeof(*sin);

	fds[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(fds[0], (struct sockaddr *)sin, len), 0);
	ck_assert_int_eq(listen(fds[0], 0), 0);
	ck_assert_int_eq(getsockname(fds[0], (struct sockaddr *)sin, &len), 0);
	for (int i = 1; i < RUN_SILENT; i++) {
		fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		ck_assert(
		    connect(fds[i], (struct sockaddr *)sin, len) == 0 || errno == EINPROGRESS);
	}
}

void
run_pump(struct run *r, int ms)
{
	struct pollfd p[3] = {{.fd = r->replied ? -1 : r->conn, .events = POLLIN}};
	int i, n;

	for (i = 0; i < 2; i++) {
		p[i + 1].events = POLLIN;
		p[i + 1].fd = r->relay[i] != -1 ? r->relay[i] : r->listener[i];
		if (r->ended[i] || (r->unread && r->relay[i] != -1))
			p[i + 1].fd = -1;
	}
	if (poll(p, 3, ms) <= 0)
		return;
	for (i = 0; i < 2; i++)
		if (p[i + 1].revents != 0)
			pump_relay(r, i);
	if (p[0].revents != 0 && (n = call_receive(r->conn, &r->reply, 0)) != -1)
		decode_reply(r, n == 0);
}

/* Both outputs are complete; one that was not asked for is so from the start. */
static bool
outputs_ended(const struct run *r)
{
	return ((r->ended[0] || r->no_out) && (r->ended[1] || r->no_err));
}

void
run_finish(struct run *r)
{
	int64_t end = harness_now() + FINISH_MS;

	while (!r->replied || (!r->failed && !outputs_ended(r))) {
		ck_assert_msg(harness_now() < end, "no %s within %d s",
		    r->replied ? "end of the output" : "reply", FINISH_MS / 1000);
		run_pump(r, 100);
	}
}

void
run_await(struct run *r, const char *text)
{
	int64_t end = harness_now() + AWAIT_MS;

	while (r->output[0].len == 0 ||
	       memmem(r->output[0].data, r->output[0].len, text, strlen(text)) == NULL) {
		ck_assert_msg(!r->replied, "the run ended before '%s': %s", text,
		    r->failed ? r->failure.message : run_err(r));
		ck_assert_msg(harness_now() < end, "no '%s' from the tool", text);
		run_pump(r, 100);
	}
}

void
run_do(const struct server *s, struct run *r)
{
	run_start(s, r);
	run_finish(r);
	ck_assert_msg(!r->failed, "not run: failure %d '%s'; log: %s", r->failure.code,
	    r->failure.message, server_log(s));
}

void
run_fails(const struct server *s, struct run *r, int32_t code)
{
	run_start(s, r);
	run_finish(r);
	ck_assert_msg(r->failed, "it ran, with status %d signal %d", r->status, r->signal);
	ck_assert_msg(r->failure.code == code, "failure %d '%s', not %d", r->failure.code,
	    r->failure.message, code);
}

static const char *
text_of(const struct buf *b)
{
	char *s = harness_alloc(b->len + 1);

	if (b->len > 0)
		memcpy(s, b->data, b->len);
	s[b->len] = '\0';
	return (s);
}

const char *
run_out(const struct run *r)
{
	return (text_of(&r->output[0]));
}

const char *
run_err(const struct run *r)
{
	return (text_of(&r->output[1]));
}

static void
close_one(int *fd)
{
	if (*fd != -1)
		close(*fd);
	*fd = -1;
}

void
run_free(struct run *r)
{
	close_one(&r->conn);
	for (int i = 0; i < 2; i++) {
		close_one(&r->listener[i]);
		close_one(&r->relay[i]);
		buf_free(&r->output[i]);
	}
	buf_free(&r->reply);
}
