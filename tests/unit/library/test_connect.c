/* race.c: the addresses of a server; and call.c, which changes from one to the other. */
#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/choose/memory.h"
#include "client/library/call.h"
#include "client/library/race.h"
#include "lib/deadline.h"
#include "unit/fake.h"
#include "unit/scratch.h"
#include "unit/suites.h"

#define FILLERS 8 /* more than a listener's backlog of 1 takes */

/* An address of this host, and who listens there. */
struct place {
	struct sockaddr_storage at;
	struct addrinfo ai;
	int listener; /* -1: nobody */
	int fillers[FILLERS];
};

static struct control control;
static struct race_rules rules = {.control = &control};
static struct runtool_error err = {.size = sizeof(err)};

static bool
bind_place(struct place *p, int family, in_port_t port)
{
	struct sockaddr_in *in = (struct sockaddr_in *)&p->at;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&p->at;
	socklen_t len = family == AF_INET ? sizeof(*in) : sizeof(*in6);

	*p = (struct place){.listener = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)};
	memset(p->fillers, -1, sizeof(p->fillers));
	if (family == AF_INET)
		*in = (struct sockaddr_in){.sin_family = AF_INET,
		    .sin_port = port,
		    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	else
		*in6 = (struct sockaddr_in6){
		    .sin6_family = AF_INET6, .sin6_port = port, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	p->ai = (struct addrinfo){.ai_family = family,
	    .ai_socktype = SOCK_STREAM,
	    .ai_addr = (struct sockaddr *)&p->at,
	    .ai_addrlen = len};
	return (p->listener != -1 && bind(p->listener, p->ai.ai_addr, len) == 0 &&
		getsockname(p->listener, p->ai.ai_addr, &len) == 0);
}

static void
open_place(struct place *p)
{
	ck_assert(bind_place(p, AF_INET, 0));
	ck_assert_int_eq(listen(p->listener, FILLERS), 0);
}

/* Its port is taken, and nobody listens there. */
static void
refusing_place(struct place *p)
{
	ck_assert(bind_place(p, AF_INET, 0));
}

/* Nobody accepts, and there is no room: the kernel does not answer. */
static void
silent_place(struct place *p)
{
	int i;

	ck_assert(bind_place(p, AF_INET, 0));
	ck_assert_int_eq(listen(p->listener, 0), 0);
	for (i = 0; i < FILLERS; i++) {
		p->fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		ck_assert_int_ne(p->fillers[i], -1);
		(void)connect(p->fillers[i], p->ai.ai_addr, p->ai.ai_addrlen);
	}
}

static void
close_place(struct place *p)
{
	int i;

	for (i = 0; i < FILLERS; i++)
		if (p->fillers[i] != -1)
			close(p->fillers[i]);
	close(p->listener);
}

static int
run_race(struct place *places, int n, int64_t deadline)
{
	int i;

	for (i = 0; i < n - 1; i++)
		places[i].ai.ai_next = &places[i + 1].ai;
	rules.deadline = deadline;
	return (race(&places[0].ai, &rules, &err));
}

static void
leads_to(int fd, const struct place *p)
{
	struct sockaddr_storage peer = {0};
	socklen_t len = sizeof(peer);

	ck_assert_msg(fd != -1, "%s", err.message);
	ck_assert_int_eq(getpeername(fd, (struct sockaddr *)&peer, &len), 0);
	ck_assert_int_eq(len, p->ai.ai_addrlen);
	ck_assert(memcmp(&peer, &p->at, len) == 0);
	close(fd);
}

START_TEST(addresses_that_do_not_answer_are_not_waited_for)
{
	struct place places[3];
	int64_t begin = deadline_now();

	silent_place(&places[0]);
	silent_place(&places[1]);
	open_place(&places[2]);
	/* Without a deadline it would take minutes, with one a third of it for each of them. */
	leads_to(run_race(places, 3, _i == 0 ? DEADLINE_NONE : deadline_in(180000)), &places[2]);
	ck_assert_int_lt(deadline_now() - begin, 55000);
	close_place(&places[0]);
	close_place(&places[1]);
	close_place(&places[2]);
}
END_TEST

START_TEST(an_address_that_answers_late_is_still_taken)
{
	struct place places[2];
	pid_t pid;
	int status;

	silent_place(&places[0]);
	refusing_place(&places[1]);
	/* The kernel asks again after a second: by then there is room. */
	if ((pid = fork()) == 0) {
		usleep(500000);
		_exit(listen(places[0].listener, 10 * FILLERS) == -1 ? 1 : 0);
	}
	ck_assert_int_ne(pid, -1);
	leads_to(run_race(places, 2, deadline_in(60000)), &places[0]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	close_place(&places[0]);
	close_place(&places[1]);
}
END_TEST

START_TEST(ipv4_comes_first)
{
	struct place places[2];

	ck_assert(bind_place(&places[0], AF_INET6, 0));
	ck_assert_int_eq(listen(places[0].listener, 1), 0);
	open_place(&places[1]);
	leads_to(run_race(places, 2, deadline_in(60000)), &places[1]);
	close_place(&places[1]);
	leads_to(run_race(places, 2, deadline_in(60000)), &places[0]);
	close_place(&places[0]);
}
END_TEST

START_TEST(what_became_of_each_address_is_told)
{
	struct place places[3];
	size_t open;

	refusing_place(&places[0]);
	silent_place(&places[1]);
	silent_place(&places[2]);
	open = count_descriptors();
	ck_assert_int_eq(run_race(places, 3, deadline_in(SHORT_MS)), -1);
	ck_assert_int_eq(err.code, RUNTOOL_TRANSPORT);
	ck_assert_str_eq(err.message,
	    "cannot connect (127.0.0.1: Connection refused) (127.0.0.1: Connection timed out) "
	    "(127.0.0.1: Connection timed out)");
	ck_assert_uint_eq(count_descriptors(), open);
	close_place(&places[0]);
	close_place(&places[1]);
	close_place(&places[2]);
}
END_TEST

START_TEST(cancelling_ends_a_race)
{
	struct place places[2];
	size_t open;

	silent_place(&places[0]);
	silent_place(&places[1]);
	open = count_descriptors();
	control_begin(&control);
	control_cancel(&control);
	ck_assert_int_eq(run_race(places, 2, DEADLINE_NONE), -1);
	ck_assert_int_eq(err.code, RUNTOOL_CANCELLED);
	ck_assert_uint_eq(count_descriptors(), open);
	close_place(&places[0]);
	close_place(&places[1]);
}
END_TEST

/* In place of a name with both addresses there is first the one, then the other. */
START_TEST(a_connection_by_ipv6_is_changed_for_one_by_ipv4)
{
	struct place six, four;
	struct runtool *c;
	char port[8];

	ck_assert(bind_place(&six, AF_INET6, 0));
	ck_assert_int_eq(listen(six.listener, 10), 0);
	snprintf(port, sizeof(port), "%d", ntohs(((struct sockaddr_in6 *)&six.at)->sin6_port));
	c = runtool_connect("::1", port, LONG_MS, &err);
	ck_assert_msg(c != NULL, "%s", err.message);
	ck_assert_int_eq(call_begin(c, &err), 0);
	ck_assert(!c->ipv4);
	free(c->host);
	c->host = strdup("127.0.0.1");
	ck_assert_int_eq(call_change_to_ipv4(c, &err), -1);
	ck_assert_str_eq(err.message, "cannot connect (127.0.0.1: Connection refused)");
	ck_assert(bind_place(&four, AF_INET, ((struct sockaddr_in6 *)&six.at)->sin6_port));
	ck_assert_int_eq(listen(four.listener, 10), 0);
	ck_assert_msg(call_change_to_ipv4(c, &err) == 0, "%s", err.message);
	ck_assert(c->ipv4 && c->greeted);
	runtool_close(c);
	close_place(&six);
	close_place(&four);
}
END_TEST

/* ---- what is remembered ------------------------------------------------------------------- */

static void
prepare_memory(void)
{
	const char *run = scratch_path("run");

	ck_assert_int_eq(mkdir(run, 0700), 0);
	ck_assert_int_eq(setenv("XDG_RUNTIME_DIR", run, 1), 0);
	rules.remembers = true;
}

/* NULL: nothing is known against it. */
static const struct memory_entry *
known(const struct place *p)
{
	static struct memory memory;
	char name[32];

	snprintf(name, sizeof(name), "127.0.0.1:%d",
	    ntohs(((const struct sockaddr_in *)&p->at)->sin_port));
	memory_read(&memory);
	return (memory_find(&memory, name));
}

/* There is room, and who asks again is answered. */
static void
recover(struct place *p)
{
	ck_assert_int_eq(listen(p->listener, 10 * FILLERS), 0);
}

START_TEST(an_address_that_kept_others_waiting_comes_last_until_it_answers)
{
	struct place places[2];
	int64_t end = deadline_in(60000);

	silent_place(&places[0]);
	open_place(&places[1]);
	leads_to(run_race(places, 2, end), &places[1]);
	ck_assert_ptr_nonnull(known(&places[0]));
	ck_assert(known(&places[0])->silent);
	ck_assert_str_eq(known(&places[0])->why, "has not answered in time");
	ck_assert_ptr_null(known(&places[1]));

	/* It is well, and yet the other one is still taken, at once. */
	recover(&places[0]);
	leads_to(run_race(places, 2, end), &places[1]);
	ck_assert_ptr_nonnull(known(&places[0]));

	/* Without the other one it is taken, and nothing is held against it any more. */
	close_place(&places[1]);
	leads_to(run_race(places, 2, end), &places[0]);
	ck_assert_ptr_null(known(&places[0]));
	close_place(&places[0]);
}
END_TEST

START_TEST(what_cost_no_time_or_was_alone_is_not_remembered)
{
	struct place places[2];

	refusing_place(&places[0]);
	open_place(&places[1]);
	leads_to(run_race(places, 2, deadline_in(60000)), &places[1]);
	ck_assert_ptr_null(known(&places[0]));
	close_place(&places[0]);

	silent_place(&places[0]);
	ck_assert_int_eq(run_race(places, 1, deadline_in(SHORT_MS)), -1);
	ck_assert_ptr_null(known(&places[0]));
	rules.remembers = false;
	leads_to(run_race(places, 2, deadline_in(60000)), &places[1]);
	ck_assert_ptr_null(known(&places[0]));
	close_place(&places[0]);
	close_place(&places[1]);
}
END_TEST

static void
prepare(void)
{
	ck_assert_int_eq(control_open(&control), 0);
}

Suite *
connect_suite(void)
{
	Suite *suite = suite_create("connect");
	TCase *tc = tcase_create("race");

	tcase_add_checked_fixture(tc, prepare, NULL);
	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, addresses_that_do_not_answer_are_not_waited_for, 0, 2);
	tcase_add_test(tc, an_address_that_answers_late_is_still_taken);
	testing_add_ipv6(tc, ipv4_comes_first, 0, 1);
	tcase_add_test(tc, what_became_of_each_address_is_told);
	tcase_add_test(tc, cancelling_ends_a_race);
	testing_add_ipv6(tc, a_connection_by_ipv6_is_changed_for_one_by_ipv4, 0, 1);
	suite_add_tcase(suite, tc);

	tc = tcase_create("memory");
	tcase_add_checked_fixture(tc, prepare, NULL);
	scratch_use(tc);
	tcase_add_checked_fixture(tc, prepare_memory, NULL);
	tcase_set_timeout(tc, 120);
	tcase_add_test(tc, an_address_that_kept_others_waiting_comes_last_until_it_answers);
	tcase_add_test(tc, what_cost_no_time_or_was_alone_is_not_remembered);
	suite_add_tcase(suite, tc);
	return (suite);
}
