/* Pings of other servers: what each answer means, and that nobody waits for them. */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <bsd/string.h>

#include "server/fleet/ping.h"
#include "unit/fake.h"
#include "unit/suites.h"
#include "unit/thread.h"

#define FEW_DESCRIPTORS 64

static const uint8_t its_id[RECORD_ID_SIZE] = {1, 2, 3};

/* A record whose server listens here, under this number. */
static struct record
record_at(const char *port, int number)
{
	struct record r = {.host = "127.0.0.1"};

	strlcpy(r.port, port, sizeof(r.port));
	snprintf(r.name, sizeof(r.name), "127.0.0.1:%s-%d:test", port, number);
	memcpy(r.id, its_id, sizeof(r.id));
	return (r);
}

/* Answers pings, one a connection, as long as there are any. */
static void
answer_pings(struct fake *f)
{
	struct rpc5_ping ping = {.load.in_flight = 7};
	struct buf b = {0};

	memcpy(ping.unique, its_id, sizeof(ping.unique));
	while (fake_again(f)) {
		fake_take_start(f, RPC5_PING, RPC5_VERSION);
		fake_take(f, SRPC_CHARS_SEQ);
		fake_take(f, SRPC_CHARS_SEQ);
		fake_take(f, SRPC_END_CALL);
		rpc5_put_ping(&b, &ping);
		fake_reply(f, &b);
		fake_take_ack(f);
	}
}

/* As long as there is a connection. */
static void
say_nothing(struct fake *f)
{
	while (fake_again(f))
		fake_at_end(f->fd);
}

/* Keeps all connections open as long as the listener is. */
static void
hold_all(struct fake *f)
{
	int fds[PING_MAX + 1];
	size_t n = 0;

	for (; f->fd != -1; f->fd = accept(f->listener, NULL, NULL)) {
		thread_assert(n < LENGTH(fds));
		fds[n++] = f->fd;
	}
	while (n > 0)
		close(fds[--n]);
}

/* The client that comes with the server has nothing to ask. */
static void
serve(void (*script)(struct fake *))
{
	ck_assert(fake_listen(&fake, "127.0.0.1"));
	runtool_close(fake_serve("127.0.0.1", script, LONG_MS));
}

static struct ping_answer
take(struct pinger *p)
{
	struct pollfd pfd = {.fd = pinger_fd(p), .events = POLLIN};
	struct ping_answer a;

	while (!pinger_take(p, &a))
		ck_assert_int_eq(poll(&pfd, 1, LONG_MS), 1);
	return (a);
}

/* Asks for the answer to one ping. */
static struct ping_answer
ping(const struct record *r, int timeout_ms)
{
	struct pinger *p = pinger_new(timeout_ms);
	struct ping_answer a;

	ck_assert_ptr_nonnull(p);
	ck_assert_int_eq(pinger_ask(p, r), 0);
	ck_assert_uint_eq(pinger_busy(p), 1);
	a = take(p);
	ck_assert_uint_eq(pinger_busy(p), 0);
	ck_assert_str_eq(a.name, r->name);
	ck_assert_mem_eq(a.id, r->id, sizeof(a.id));
	pinger_free(p);
	return (a);
}

START_TEST(a_server_that_is_there_answers)
{
	struct record r;

	serve(answer_pings);
	r = record_at(fake.port, 1);
	ck_assert_int_eq(ping(&r, LONG_MS).answer, PEERS_ANSWERED);
	fake_finish(NULL);
}
END_TEST

START_TEST(another_server_in_its_place_is_not_it)
{
	struct record r;

	serve(answer_pings);
	r = record_at(fake.port, 1);
	r.id[RECORD_ID_SIZE - 1]++;
	ck_assert_int_eq(ping(&r, LONG_MS).answer, PEERS_OTHER_ID);
	fake_finish(NULL);
}
END_TEST

START_TEST(a_refused_connection_is_an_answer_at_once)
{
	struct ping_answer a;
	struct record r;
	int64_t begin = now_ms();

	ck_assert(fake_listen(&fake, "127.0.0.1"));
	r = record_at(fake.port, 1);
	close(fake.listener);
	a = ping(&r, 2 * LONG_MS);
	ck_assert_int_eq(a.answer, PEERS_SILENT);
	ck_assert_msg(strstr(a.why, "Connection refused") != NULL, "%s", a.why);
	ck_assert_int_lt(now_ms() - begin, LONG_MS);
}
END_TEST

START_TEST(silence_has_an_end)
{
	struct record r;

	serve(say_nothing);
	r = record_at(fake.port, 1);
	ck_assert_int_eq(ping(&r, SHORT_MS).answer, PEERS_SILENT);
	fake_finish(NULL);
}
END_TEST

/* That says nothing about the server, whose record must not suffer from it. */
START_TEST(without_descriptors_nobody_is_asked)
{
	const struct rlimit limit = {FEW_DESCRIPTORS, FEW_DESCRIPTORS};
	struct pinger *p = pinger_new(LONG_MS);
	struct record r = record_at("9", 1);

	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	while (dup(pinger_fd(p)) != -1)
		;
	ck_assert_int_eq(pinger_ask(p, &r), 0);
	ck_assert_int_eq(take(p).answer, PEERS_NOT_ASKED);
	pinger_free(p);
}
END_TEST

START_TEST(many_are_asked_at_once)
{
	struct pinger *p = pinger_new(LONG_MS);
	bool answered[PING_MAX] = {false};
	struct ping_answer a;
	struct record r;
	long number;
	int i;

	serve(answer_pings);
	for (i = 0; i < PING_MAX; i++) {
		r = record_at(fake.port, i);
		ck_assert_int_eq(pinger_ask(p, &r), 0);
	}
	ck_assert_uint_eq(pinger_busy(p), PING_MAX);
	for (i = 0; i < PING_MAX; i++) {
		a = take(p);
		ck_assert_int_eq(a.answer, PEERS_ANSWERED);
		number = strtol(strchr(a.name, '-') + 1, NULL, 10);
		ck_assert(!answered[number]);
		answered[number] = true;
	}
	ck_assert_uint_eq(pinger_busy(p), 0);
	pinger_free(p);
	fake_finish(NULL);
}
END_TEST

/* What it leaves behind ends by itself, as the leak checkers of a sanitizer run confirm. */
START_TEST(nobody_waits_for_pings_under_way)
{
	size_t before = count_descriptors();
	struct pinger *p = pinger_new(LONG_MS);
	struct record r;
	int64_t begin;
	int i;

	serve(hold_all);
	r = record_at(fake.port, 1);
	for (i = 0; i < PING_MAX; i++)
		ck_assert_int_eq(pinger_ask(p, &r), 0);
	begin = now_ms();
	pinger_free(p);
	ck_assert_int_lt(now_ms() - begin, LONG_MS);
	fake_finish(NULL);
	while (count_descriptors() > before) {
		ck_assert_int_lt(now_ms() - begin, INT64_C(2) * LONG_MS);
		usleep(1000);
	}
}
END_TEST

/* The signal would end the process: nobody else has it unblocked when the thread starts. */
START_TEST(signals_do_not_reach_the_threads)
{
	const struct timespec at_once = {0};
	struct pinger *p = pinger_new(SHORT_MS);
	struct record r;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	ck_assert_int_eq(pthread_sigmask(SIG_BLOCK, &set, NULL), 0);
	serve(say_nothing);
	r = record_at(fake.port, 1);
	ck_assert_int_eq(pthread_sigmask(SIG_UNBLOCK, &set, NULL), 0);
	ck_assert_int_eq(pinger_ask(p, &r), 0);
	ck_assert_int_eq(pthread_sigmask(SIG_BLOCK, &set, NULL), 0);
	ck_assert_int_eq(kill(getpid(), SIGUSR1), 0);
	ck_assert_int_eq(take(p).answer, PEERS_SILENT);
	ck_assert_int_eq(sigtimedwait(&set, NULL, &at_once), SIGUSR1);
	pinger_free(p);
	fake_finish(NULL);
}
END_TEST

static void
add_answers(TCase *tc)
{
	tcase_add_test(tc, a_server_that_is_there_answers);
	tcase_add_test(tc, another_server_in_its_place_is_not_it);
	tcase_add_test(tc, a_refused_connection_is_an_answer_at_once);
	tcase_add_test(tc, silence_has_an_end);
	tcase_add_test(tc, without_descriptors_nobody_is_asked);
}

static void
add_threads(TCase *tc)
{
	tcase_add_test(tc, many_are_asked_at_once);
	tcase_add_test(tc, nobody_waits_for_pings_under_way);
	tcase_add_test(tc, signals_do_not_reach_the_threads);
}

Suite *
ping_suite(void)
{
	Suite *suite = suite_create("ping");

	fake_add_case(suite, "answers", add_answers);
	fake_add_case(suite, "threads", add_threads);
	return (suite);
}
