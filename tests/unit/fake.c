#include <dirent.h>
#include <errno.h>
#include <linux/sockios.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "fake.h"
#include "thread.h"

#define TEST_LIMIT  30 /* seconds for a test */
#define BACKLOG	    64
#define RECEIVE_MAX 65536
#define MAX_FD	    256

struct fake fake;
struct sink sink;

/* ---- the server ---- */

static void
forget(struct fake *f)
{
	buf_free(&f->in);
	f->reader = (struct srpc_reader){.limit = FAKE_LIMIT};
	f->met = false;
}

bool
fake_again(struct fake *f)
{
	if (f->fd != -1)
		close(f->fd);
	forget(f);
	f->fd = accept(f->listener, NULL, NULL);
	return (f->fd != -1);
}

/* As the original does: it does not read on. */
void
fake_refuse_version(struct fake *f)
{
	struct srpc_item item;

	fake_take(f, SRPC_HELLO);
	item = fake_take(f, SRPC_START_CALL);
	thread_assert_int_eq(item.version, RPC5_VERSION);
	fake_reply_failure(f, SRPC_VERSION_SKEW, "RunToolServer: Unsupported interface version");
}

static void
serve(struct fake *f)
{
	/* A client may have nothing to ask, or nothing more. */
	if (!fake_again(f))
		return;
	if (f->old) {
		fake_refuse_version(f);
		if (!fake_again(f))
			return;
	}
	f->script(f);
}

/* Of one that ends early nobody waits for more. */
static void
break_off(void *arg)
{
	struct fake *f = arg;

	if (f->fd != -1)
		close(f->fd);
	shutdown(f->listener, SHUT_RDWR);
	sem_post(&sink.blocked);
	sem_post(&sink.go);
}

static void *
fake_main(void *arg)
{
	struct fake *f = arg;

	pthread_cleanup_push(break_off, f);
	serve(f);
	pthread_cleanup_pop(0);
	if (f->fd != -1)
		close(f->fd);
	return (NULL);
}

bool
fake_listen(struct fake *f, const char *address)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST},
			*ai = NULL;
	struct sockaddr_in6 at = {0}; /* the port stands at the same place as in an IPv4 address */
	socklen_t len = sizeof(at);
	bool bound;

	ck_assert_int_eq(getaddrinfo(address, "0", &hints, &ai), 0);
	f->listener = socket(ai->ai_family, SOCK_STREAM, 0);
	bound = f->listener != -1 && bind(f->listener, ai->ai_addr, ai->ai_addrlen) == 0;
	freeaddrinfo(ai);
	if (!bound)
		return (false);
	ck_assert_int_eq(listen(f->listener, BACKLOG), 0);
	ck_assert_int_eq(getsockname(f->listener, (struct sockaddr *)&at, &len), 0);
	snprintf(f->port, sizeof(f->port), "%d", ntohs(at.sin6_port));
	return (true);
}

struct runtool *
fake_serve(const char *host, void (*script)(struct fake *), int timeout_ms)
{
	struct runtool_error err = {.size = sizeof(err)};
	struct runtool *c;

	fake.fd = -1;
	fake.script = script;
	ck_assert_int_eq(pthread_create(&fake.thread, NULL, fake_main, &fake), 0);
	c = runtool_connect(host, fake.port, timeout_ms, &err);
	ck_assert_msg(c != NULL, "%s", err.message);
	return (c);
}

struct runtool *
fake_start(void (*script)(struct fake *), int timeout_ms)
{
	ck_assert(fake_listen(&fake, "127.0.0.1"));
	return (fake_serve("127.0.0.1", script, timeout_ms));
}

struct runtool *
fake_start_old(void (*script)(struct fake *), int timeout_ms)
{
	fake.old = true;
	return (fake_start(script, timeout_ms));
}

void
fake_finish(struct runtool *c)
{
	runtool_close(c);
	shutdown(fake.listener, SHUT_RDWR);
	ck_assert_int_eq(pthread_join(fake.thread, NULL), 0);
	close(fake.listener);
	forget(&fake);
	thread_verify();
}

void
fake_send(int fd, const void *data, size_t len)
{
	const char *p = data;
	ssize_t n;

	for (; len > 0; p += n, len -= (size_t)n)
		thread_assert((n = send(fd, p, len, MSG_NOSIGNAL)) > 0);
}

bool
fake_at_end(int fd)
{
	char drop[256];
	ssize_t n;

	while ((n = recv(fd, drop, sizeof(drop), 0)) > 0)
		;
	return (n == 0 || errno == ECONNRESET);
}

void
fake_reset(int fd)
{
	struct linger linger = {.l_onoff = 1};

	thread_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)), 0);
	close(fd);
}

struct srpc_item
fake_take(struct fake *f, uint8_t code)
{
	struct srpc_error err = {0};
	struct srpc_item item;
	ssize_t n;
	int rc;

	for (;;) {
		f->reader.data = f->in.data;
		f->reader.len = f->in.len;
		if ((rc = srpc_next(&f->reader, code, &item, &err)) == SRPC_OK)
			return (item);
		thread_assert_msg(rc == SRPC_MORE, "%s", err.message);
		thread_assert_int_eq(buf_reserve(&f->in, RECEIVE_MAX), 0);
		n = recv(f->fd, f->in.data + f->in.len, RECEIVE_MAX, 0);
		thread_assert(n > 0);
		f->in.len += (size_t)n;
	}
}

void
fake_take_start(struct fake *f, int32_t proc, int32_t version)
{
	struct srpc_item item;

	/* It comes once, before the first call. */
	if (!f->met)
		fake_take(f, SRPC_HELLO);
	item = fake_take(f, SRPC_START_CALL);
	thread_assert_int_eq(item.number, proc);
	thread_assert_int_eq(item.version, version);
}

void
fake_take_ack(struct fake *f)
{
	fake_take(f, SRPC_END_ACK);
}

bool
fake_hears_nothing(struct fake *f, int ms)
{
	struct pollfd pfd = {.fd = f->fd, .events = POLLIN};

	return (f->reader.pos == f->in.len && poll(&pfd, 1, ms) == 0);
}

/* The client's end of the connection; it is a descriptor of this process, too. */
static int
client_end(const struct fake *f)
{
	struct sockaddr_in6 its = {0}, at;
	socklen_t its_len = sizeof(its), len;
	int fd;

	thread_assert(getpeername(f->fd, (struct sockaddr *)&its, &its_len) == 0);
	for (fd = 3; fd < MAX_FD; fd++) {
		at = (struct sockaddr_in6){0};
		len = sizeof(at);
		if (fd != f->fd && getsockname(fd, (struct sockaddr *)&at, &len) == 0 &&
		    len == its_len && memcmp(&at, &its, len) == 0)
			return (fd);
	}
	thread_broke(__FILE__, __LINE__, "the client's end is not found");
}

/* The test's main thread, which makes the calls. */
static bool
main_sleeps(void)
{
	char path[64], state = '?';
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", (int)getpid());
	thread_assert((file = fopen(path, "re")) != NULL);
	(void)!fscanf(file, "%*d (%*[^)]) %c", &state);
	fclose(file);
	return (state == 'S');
}

void
fake_await_read(struct fake *f)
{
	int fd = client_end(f), unsent, unread;

	for (;; poll(NULL, 0, 1)) {
		thread_assert(ioctl(f->fd, SIOCOUTQ, &unsent) == 0);
		thread_assert(ioctl(fd, FIONREAD, &unread) == 0);
		if (unsent == 0 && unread == 0 && main_sleeps())
			return;
	}
}

/* At once: what Nagle's algorithm holds back is lost when the server resets the connection. */
void
fake_reply(struct fake *f, struct buf *b)
{
	struct buf all = {0};

	if (!f->met)
		srpc_put_hello(&all);
	f->met = true;
	buf_append(&all, b->data, b->len);
	fake_send(f->fd, all.data, all.len);
	buf_free(&all);
	buf_free(b);
}

void
fake_reply_failure(struct fake *f, int32_t code, const char *words)
{
	struct buf b = {0};

	srpc_put_failure(&b, code, words);
	fake_reply(f, &b);
}

/* ---- the client's side ---- */

void
sink_prepare(void)
{
	sink.blocks = true;
	ck_assert_int_eq(sem_init(&sink.blocked, 0, 0), 0);
	ck_assert_int_eq(sem_init(&sink.go, 0, 0), 0);
}

int
sink_collect(void *arg, int stream, const void *data, size_t len)
{
	struct sink *s = arg;

	if (s->blocks) {
		s->blocks = false;
		ck_assert_int_eq(sem_post(&s->blocked), 0);
		ck_assert_int_eq(sem_wait(&s->go), 0);
	}
	ck_assert_uint_gt(len, 0);
	buf_append(&s->streams[stream - 1], data, len);
	return (0);
}

int
sink_refuse(void *arg, int stream, const void *data, size_t len)
{
	(void)arg;
	(void)stream;
	(void)data;
	(void)len;
	return (-1);
}

void
sink_printed(int stream, const char *text)
{
	const struct buf *b = &sink.streams[stream - 1];

	ck_assert_uint_eq(b->len, strlen(text));
	ck_assert_mem_eq(b->data == NULL ? (const void *)"" : b->data, text, b->len);
}

static const char *const true_argv[] = {"/bin/true", NULL};
const struct runtool_request run_true = {
    .size = sizeof(run_true), .root = 1, .argv = true_argv, .output = sink_collect, .arg = &sink};

void
run_fails_with(
    struct runtool *c, const struct runtool_request *request, int code, const char *words)
{
	struct runtool_result result = {.size = sizeof(result)};
	struct runtool_error err = {.size = sizeof(err)};

	ck_assert_int_eq(runtool_run(c, request, &result, &err), -1);
	thread_verify(); /* else the reason would not be told */
	ck_assert_msg(strstr(err.message, words) != NULL, "no '%s' in: %s", words, err.message);
	ck_assert_int_eq(err.code, code);
}

void
run_fails(struct runtool *c, int code, const char *words)
{
	run_fails_with(c, &run_true, code, words);
}

void
run_succeeds(struct runtool *c, const struct runtool_request *request, int status)
{
	struct runtool_result result = {.size = sizeof(result)};
	struct runtool_error err = {.size = sizeof(err)};

	if (runtool_run(c, request, &result, &err) == -1) {
		thread_verify(); /* else the reason would not be told */
		ck_abort_msg("%s", err.message);
	}
	ck_assert_int_eq(result.status, status);
}

int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000);
}

uint8_t *
noise(size_t len)
{
	uint8_t *data = malloc(len);
	uint32_t x = 1;
	size_t i;

	if (data == NULL)
		abort(); /* scripts use it, too */
	for (i = 0; i < len; i++)
		data[i] = (uint8_t)((x = x * 1664525 + 1013904223) >> 24);
	return (data);
}

char *
long_argument(size_t len)
{
	char *s = malloc(len + 1);

	ck_assert_ptr_nonnull(s);
	memset(s, 'x', len);
	s[len] = '\0';
	return (s);
}

size_t
count_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t n = 0;

	ck_assert_ptr_nonnull(dir);
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return (n);
}

void
fake_add_case(Suite *suite, const char *name, void (*add)(TCase *))
{
	TCase *tc = tcase_create(name);

	tcase_set_timeout(tc, TEST_LIMIT);
	add(tc);
	suite_add_tcase(suite, tc);
}
