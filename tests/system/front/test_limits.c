/* How much at once: tools, waiting requests, connections, descriptors, bytes, time. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/fault.h"
#include "system/harness.h"
#include "system/proc.h"
#include "system/run5.h"
#include "system/suites.h"

#define TOOLS	2
#define PENDING 3
#define FULL	"server_max_threads = 2\nserver_max_pending = 3\n"
#define ONE	"server_max_threads = 1\nserver_max_pending = 8\n"

#define IDLE_CONNECTIONS 2000
#define HALF_REQUESTS	 300
#define ANSWER_MS	 20000 /* what it must not wait for has no end */

/* Tools that run until their clients go: TOOLS of them run, PENDING wait. */
static void
fill(const struct server *s, struct run r[TOOLS + PENDING])
{
	for (int i = 0; i < TOOLS + PENDING; i++) {
		r[i] = RUN(harness_tool(s->mode, "tree"), "plain");
		run_start(s, &r[i]);
		if (i < TOOLS)
			run_await(&r[i], "ready");
		else
			ck_assert_soon(call_cur_pending(s) == i + 1 - TOOLS);
	}
}

static void
empty(const struct server *s, struct run r[TOOLS + PENDING])
{
	for (int i = TOOLS + PENDING - 1; i >= 0; i--)
		run_free(&r[i]);
	ck_assert_soon(call_cur_tools(s) == 0 && call_cur_pending(s) == 0);
}

START_TEST(a_request_too_many_is_refused)
{
	struct server s;
	struct run r[TOOLS + PENDING], more = RUN("/bin/true");

	server_start_best(&s, FULL);
	fill(&s, r);
	run_fails(&s, &more, SRPC_CLIENT_ERROR);
	ck_assert_contains(more.failure.message, "request denied: server too busy");
	run_free(&more);
	empty(&s, r);
	server_stop(&s);
}
END_TEST

START_TEST(there_is_room_again_after_a_refusal)
{
	struct server s;
	struct run r[TOOLS + PENDING], more = RUN("/bin/true"), again = RUN("/bin/true");

	server_start_best(&s, FULL);
	fill(&s, r);
	run_fails(&s, &more, SRPC_CLIENT_ERROR);
	run_free(&more);
	empty(&s, r);
	run_do(&s, &again);
	run_free(&again);
	server_stop(&s);
}
END_TEST

START_TEST(information_counts_tools_and_waiting_requests)
{
	struct server s;
	struct run r[TOOLS + PENDING];
	struct rpc_info info;

	server_start_best(&s, FULL);
	fill(&s, r);
	call_info(&s, &info);
	ck_assert_int_eq(info.max_tools, TOOLS);
	ck_assert_int_eq(info.cur_tools, TOOLS);
	ck_assert_int_eq(info.max_pending, PENDING);
	ck_assert_int_eq(info.cur_pending, PENDING);
	rpc_info_free(&info);
	empty(&s, r);
	server_stop(&s);
}
END_TEST

START_TEST(old_information_counts_both_as_tools)
{
	struct server s;
	struct run r[TOOLS + PENDING];
	struct rpc_info info;
	int fd;

	server_start_best(&s, FULL);
	fill(&s, r);
	fd = call_connect(&s);
	call_info_on(fd, true, 2, &info);
	ck_assert_int_eq(info.max_tools, TOOLS);
	ck_assert_int_eq(info.cur_tools, TOOLS + PENDING);
	rpc_info_free(&info);
	close(fd);
	empty(&s, r);
	server_stop(&s);
}
END_TEST

START_TEST(information_is_answered_at_once_by_a_full_server)
{
	struct server s;
	struct run r[TOOLS + PENDING];
	struct rpc_info info;
	int64_t start;

	server_start_best(&s, FULL);
	fill(&s, r);
	start = harness_now();
	call_info(&s, &info);
	ck_assert_int_lt(harness_now() - start, ANSWER_MS);
	rpc_info_free(&info);
	empty(&s, r);
	server_stop(&s);
}
END_TEST

START_TEST(nothing_waits_where_nothing_may)
{
	struct server s;
	struct run r = RUN(harness_tool(harness_mode(), "tree"), "plain"), more = RUN("/bin/true");

	server_start_best(&s, "server_max_threads = 1\nserver_max_pending = 0\n");
	run_start(&s, &r);
	run_await(&r, "ready");
	run_fails(&s, &more, SRPC_CLIENT_ERROR);
	run_free(&more);
	run_free(&r);
	server_stop(&s);
}
END_TEST

/* Queues tools that note their names, in this order, while a first one keeps the only thread. */
static const char *
order_of(const char *const *froms, const char *names)
{
	const char *file = harness_unique("order");
	size_t n = strlen(names);
	struct server s;
	struct run first = RUN(harness_tool(harness_mode(), "tree"), "plain");
	struct run *r = (struct run *)(void *)harness_alloc(n * sizeof(*r));
	char order[64] = "";
	FILE *f;

	server_start_best(&s, ONE);
	run_start(&s, &first);
	run_await(&first, "ready");
	for (size_t i = 0; i < n; i++) {
		const char **argv = (const char **)(void *)harness_alloc(4 * sizeof(*argv));

		argv[0] = "/bin/sh";
		argv[1] = "-c";
		argv[2] = harness_text("printf %c >>%s", names[i], file);
		r[i] = RUN_ARGV(argv);
		r[i].from = froms[i];
		run_start(&s, &r[i]);
		ck_assert_soon(call_cur_pending(&s) == (int)i + 1);
	}
	run_free(&first);
	for (size_t i = 0; i < n; i++) {
		run_finish(&r[i]);
		ck_assert(!r[i].failed);
		run_free(&r[i]);
	}
	server_stop(&s);
	f = fopen(harness_in_root(harness_text(".WD/%s", file)), "re");
	ck_assert_ptr_nonnull(f);
	ck_assert_ptr_nonnull(fgets(order, sizeof(order), f));
	fclose(f);
	return (harness_text("%s", order));
}

START_TEST(the_first_to_come_is_the_first_served)
{
	static const char *const froms[] = {"127.0.0.1", "127.0.0.1", "127.0.0.1", "127.0.0.1"};

	ck_assert_str_eq(order_of(froms, "abcd"), "abcd");
}
END_TEST

START_TEST(one_host_does_not_starve_another)
{
	static const char *const froms[] = {"127.0.0.1", "127.0.0.1", "127.0.0.1", "127.0.0.1",
	    "127.0.0.1", "127.0.0.2", "127.0.0.2"};
	const char *order = order_of(froms, "abcdeXY");

	ck_assert_msg(strchr(order, 'X') - order <= 1, "%s", order);
	ck_assert_msg(strchr(order, 'Y') - order <= 3, "%s", order);
}
END_TEST

/* As many as this process may have, at most `n`. */
static int
open_connections(const struct server *s, int *fds, int n)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_max < (rlim_t)n + 100)
		n = (int)limit.rlim_max - 100;
	for (int i = 0; i < n; i++)
		fds[i] = call_connect(s);
	return (n);
}

static void
close_all(const int *fds, int n)
{
	for (int i = 0; i < n; i++)
		close(fds[i]);
}

/* Information and a run, both soon, and no more threads than before. */
static void
serves(const struct server *s, size_t threads)
{
	struct run r = RUN("/bin/sh", "-c", "exit 3");
	int64_t start = harness_now();

	ck_assert_int_eq(call_cur_tools(s), 0);
	ck_assert_int_lt(harness_now() - start, ANSWER_MS);
	run_do(s, &r);
	ck_assert_int_eq(r.status, 3);
	run_free(&r);
	ck_assert_uint_eq(proc_threads(server_pid(s)), threads);
}

START_TEST(idle_connections_cost_no_thread_and_hold_up_nobody)
{
	static int fds[IDLE_CONNECTIONS];
	struct rpc_info info;
	struct server s;
	size_t threads;
	int n;

	server_start_best(&s, NULL);
	ck_assert_int_eq(call_cur_tools(&s), 0);
	threads = proc_threads(server_pid(&s));
	n = open_connections(&s, fds, IDLE_CONNECTIONS);
	for (int i = 0; i < n; i += 2) {
		call_info_on(fds[i], true, RPC_VERSION, &info);
		rpc_info_free(&info);
	}
	serves(&s, threads);
	call_info_on(fds[n - 1], true, RPC_VERSION, &info);
	rpc_info_free(&info);
	close_all(fds, n);
	server_stop(&s);
}
END_TEST

START_TEST(half_sent_requests_cost_no_thread_and_hold_up_nobody)
{
	static int fds[HALF_REQUESTS];
	struct run r = RUN("/bin/true");
	struct buf request = {0};
	struct server s;
	size_t threads;
	int n;

	server_start_best(&s, NULL);
	ck_assert_int_eq(call_cur_tools(&s), 0);
	threads = proc_threads(server_pid(&s));
	run_encode(&r, &request);
	n = open_connections(&s, fds, HALF_REQUESTS);
	for (int i = 0; i < n; i++)
		call_send(fds[i], request.data, request.len / 2 + (size_t)i % 20);
	serves(&s, threads);
	close_all(fds, n);
	buf_free(&request);
	run_free(&r);
	server_stop(&s);
}
END_TEST

#define SLOW 90

/* Clients that say nothing, stop in the middle, and send a byte now and then. */
static void
send_slowly(const int *fds, const struct buf *request, size_t byte)
{
	ck_assert_uint_lt(byte, request->len - 1);
	for (int i = 1; i < SLOW; i += 3)
		call_send(fds[i], request->data + byte, 1);
	for (int i = 2; byte == 0 && i < SLOW; i += 3)
		call_send(fds[i], request->data, request->len - 1);
}

START_TEST(silent_and_trickling_clients_leave_all_threads_free)
{
	struct run r[TOOLS], slow = RUN("/bin/true");
	struct buf request = {0};
	struct server s;
	size_t byte = 0;
	int fds[SLOW];

	server_start_best(&s, "server_max_threads = 2\nserver_max_pending = 0\n");
	run_encode(&slow, &request);
	for (int i = 0; i < SLOW; i++)
		fds[i] = call_connect(&s);
	send_slowly(fds, &request, byte++);
	for (int i = 0; i < TOOLS; i++) {
		r[i] = RUN(harness_tool(s.mode, "tree"), "plain");
		run_start(&s, &r[i]);
		send_slowly(fds, &request, byte++);
		run_await(&r[i], "ready");
	}
	ck_assert_int_eq(call_cur_tools(&s), TOOLS);
	for (int i = 0; i < SLOW; i++)
		ck_assert(!call_ended(fds[i], 1));
	close_all(fds, SLOW);
	for (int i = 0; i < TOOLS; i++)
		run_free(&r[i]);
	buf_free(&request);
	run_free(&slow);
	server_stop(&s);
}
END_TEST

/* A client that asks and asks, and does not read. */
START_TEST(unread_answers_hold_up_nobody)
{
	struct server s;
	struct buf call = {0};
	size_t threads;
	long before;
	int fd, calls;

	server_start_best(&s, NULL);
	ck_assert_int_eq(call_cur_tools(&s), 0);
	threads = proc_threads(server_pid(&s));
	before = proc_number(server_pid(&s), "VmRSS");
	fd = call_connect(&s);
	srpc_put_hello(&call);
	call_send(fd, call.data, call.len);
	call.len = 0;
	for (int i = 0; i < 1000; i++) {
		rpc_put_info_call(&call, RPC_VERSION);
		srpc_put_code(&call, SRPC_END_ACK);
	}
	for (calls = 0; calls < 300; calls++)
		if (send(fd, call.data, call.len, MSG_DONTWAIT | MSG_NOSIGNAL) <= 0)
			break;
	serves(&s, threads);
	ck_assert_int_lt(proc_number(server_pid(&s), "VmRSS"), before + 32768);
	close(fd);
	buf_free(&call);
	server_stop(&s);
}
END_TEST

#define FEW 60

static void
few_descriptors(void)
{
	struct rlimit limit = {FEW, FEW};

	setrlimit(RLIMIT_NOFILE, &limit);
}

START_TEST(running_out_of_descriptors_is_survived_and_said)
{
	struct server s = {.mode = harness_mode(), .prepare = few_descriptors};
	int fds[FEW];
	int64_t until;
	unsigned long before;

	server_start(&s);
	for (int i = 0; i < FEW; i++)
		fds[i] = call_connect(&s);
	ck_assert_soon(strstr(server_log(&s), "escriptor") != NULL ||
		       strstr(server_log(&s), "open files") != NULL);

	/* It waits then; a listener that polls eats the processor. */
	before = proc_ticks(server_pid(&s));
	for (until = harness_now() + 500; harness_now() < until;)
		harness_pause();
	ck_assert_uint_lt(
	    proc_ticks(server_pid(&s)) - before, (unsigned long)sysconf(_SC_CLK_TCK) / 5);

	close_all(fds, FEW);
	ck_assert_soon(call_cur_tools(&s) == 0);
	server_stop(&s);
}
END_TEST

#define REFUSED "request denied: server too busy"

/* What has run out does not matter: who comes in is told what he asks, and that no tool can run. */
static void
answers_but_runs_nothing(const struct server *s)
{
	struct run old = RUN("/bin/true");
	struct run5 new = RUN5("/bin/true");
	struct rpc_info info;

	call_info(s, &info);
	ck_assert_int_eq(info.cur_tools, 0);
	rpc_info_free(&info);
	run_fails(s, &old, SRPC_CLIENT_ERROR);
	ck_assert_str_eq(old.failure.message, REFUSED);
	run_free(&old);
	run5_fails(s, &new, SRPC_CLIENT_ERROR, REFUSED);
	ck_assert_int_gt(run5_number(&new, "retry_ms"), 0);
	new = run5_next(&new, CALL5(RPC5_STATS));
	run5_do(s, &new);
	run5_free(&new);
}

/* Both that came before and those that come now. */
static void
is_well_again(const struct server *s)
{
	struct run5 r = RUN5("/bin/sh", "-c", "exit 3");

	ck_assert_soon(call_cur_tools(s) == 0);
	/* The reserve is looked at now and then. */
	harness_wait(1500);
	run5_do(s, &r);
	run5_exited(&r, 3, "ended");
	r = run5_next(&r, RUN5("/bin/true"));
	run5_do(s, &r);
	run5_free(&r);
}

#define SAID_REFUSED "runs of new ones are refused\n"
#define SAID_WAIT    "new ones have to wait\n"

/*
 * Opens connections until the server has logged this, and closes those that it had not yet when it
 * did: the reserve is small, and the log may come late. The number of those that are left.
 */
static int
open_until(const struct server *s, const char *said, int *fds, int n, int max)
{
	static const char count[] = " connections): ";
	const char *log;
	int had;

	while (strstr(log = server_log(s), harness_text("%s%s", count, said)) == NULL) {
		ck_assert_int_lt(n, max);
		fds[n++] = call_connect(s);
		harness_pause();
	}
	for (log = strstr(log, harness_text("%s%s", count, said)); log[-1] != '('; log--)
		continue;
	had = (int)strtol(log, NULL, 10);
	ck_assert(had > 0 && had <= n);
	close_all(fds + had, n - had);
	return (had);
}

START_TEST(near_the_limit_of_descriptors_information_is_still_answered)
{
	struct server s = {.mode = harness_mode(),
	    .prepare = few_descriptors,
	    .settings = "max_interface_version = 5\n"};
	int fds[FEW], n;

	server_start(&s);
	n = open_until(&s, SAID_REFUSED, fds, 0, FEW);
	answers_but_runs_nothing(&s);
	close_all(fds, n);
	is_well_again(&s);
	server_stop(&s);
}
END_TEST

#define UNWATCHED     45 /* descriptors from this one on find no watch */
#define UNWATCHED_MAX 100

static void
no_watches(void)
{
	if (fault_no_watch(UNWATCHED) == -1)
		_exit(PROGRAM_NOT_RUN);
}

START_TEST(without_watches_information_is_still_answered)
{
	struct server s = {.mode = harness_mode(),
	    .prepare = no_watches,
	    .settings = "max_interface_version = 5\n"};
	struct run5 first = RUN5("/bin/sh", "-c", "exit 3");
	int fds[UNWATCHED_MAX], n;
	struct rpc_info info;

	server_start(&s);
	fds[0] = call_connect(&s);
	n = open_until(&s, SAID_REFUSED, fds, 1, UNWATCHED_MAX);
	answers_but_runs_nothing(&s);
	call_info_on(fds[n - 1], true, RPC_VERSION, &info);
	rpc_info_free(&info);

	/* One that has a watch is served as ever. */
	first.from = NULL;
	first.conn = fds[0];
	run5_do(&s, &first);
	run5_exited(&first, 3, "ended");
	first = run5_next(&first, RUN5("/bin/true"));
	run5_do(&s, &first);
	run5_free(&first);
	n = open_until(&s, SAID_WAIT, fds, n, UNWATCHED_MAX);
	close_all(fds + 1, n - 1);
	is_well_again(&s);
	server_stop(&s);
}
END_TEST

#define MANY_CONNECTIONS 20000

/* As the server's user: root of a container may not. */
static void
limit_memory(const struct server *s, rlim_t bytes)
{
	struct rlimit limit;
	int status = 1;
	pid_t pid = fork();

	if (pid == 0) {
		if (setresgid(harness_user(), harness_user(), harness_user()) == -1 ||
		    setresuid(harness_user(), harness_user(), harness_user()) == -1 ||
		    prlimit(server_pid(s), RLIMIT_AS, NULL, &limit) == -1)
			_exit(1);
		limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
		_exit(prlimit(server_pid(s), RLIMIT_AS, &limit, NULL) == 0 ? 0 : 1);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}

START_TEST(without_memory_information_is_still_answered)
{
	static int fds[MANY_CONNECTIONS];
	struct server s;
	int n;

	run5_server_best(&s, NULL);
	ck_assert_int_eq(call_cur_tools(&s), 0);
	open_connections(&s, fds, 0);
	limit_memory(&s, 1024 * (rlim_t)proc_number(server_pid(&s), "VmSize"));
	n = open_until(&s, SAID_REFUSED, fds, 0, MANY_CONNECTIONS);
	ck_assert_contains(server_log(&s), "no more memory");
	answers_but_runs_nothing(&s);
	limit_memory(&s, RLIM_INFINITY);
	close_all(fds, n);
	is_well_again(&s);
	server_stop(&s);
}
END_TEST

START_TEST(more_connections_than_descriptors_allow_are_a_warning)
{
	struct server s = {.mode = harness_mode(),
	    .prepare = few_descriptors,
	    .settings = "max_connections = 61\n"};

	server_start(&s);
	server_logs(&s, "max_connections = 61: the limit of descriptors is enough for ");
	server_stop(&s);
}
END_TEST

/* How many are left when the runs come depends on _i; the first may get through, the last not. */
START_TEST(a_run_short_of_descriptors_is_answered)
{
	struct server s = {.mode = harness_mode(), .prepare = few_descriptors};
	struct run runs[4], last = RUN("/bin/sh", "-c", "exit 3");
	int fds[FEW], n;

	server_start(&s);
	n = FEW - (int)proc_descriptors(server_pid(&s)) - 3 * (_i + 1);
	ck_assert_int_gt(n, 0);
	for (int i = 0; i < n; i++)
		fds[i] = call_connect(&s);
	for (int i = 0; i < 4; i++) {
		runs[i] = RUN("/bin/true");
		run_start(&s, &runs[i]);
	}
	for (int i = 0; i < 4; i++)
		run_pump(&runs[i], 100);
	close_all(fds, n);
	for (int i = 0; i < 4; i++) {
		run_finish(&runs[i]);
		run_free(&runs[i]);
	}
	run_do(&s, &last);
	ck_assert_int_eq(last.status, 3);
	run_free(&last);
	server_stop(&s);
}
END_TEST

START_TEST(a_request_too_large_is_refused_with_the_limit)
{
	struct server s;
	struct run small = RUN("/bin/true"), large = RUN("/bin/true", harness_letters(3000));

	server_start_best(&s, "max_request_bytes = 2000\n");
	run_do(&s, &small);
	run_start(&s, &large);
	run_finish(&large);
	ck_assert(large.failed);
	ck_assert_int_ne(large.failure.code, 0);
	ck_assert_contains(large.failure.message, "2000");
	run_free(&small);
	run_free(&large);
	server_stop(&s);
}
END_TEST

START_TEST(a_refused_client_that_still_sends_can_read_why)
{
	struct server s;
	struct run r = RUN("/bin/true", harness_letters(6000000));

	server_start_best(&s, NULL);
	run_start(&s, &r);
	run_finish(&r);
	ck_assert(r.failed);
	ck_assert_msg(r.failure.code != 0, "the connection ended without a word");
	run_free(&r);
	server_stop(&s);
}
END_TEST

START_TEST(a_request_that_does_not_go_on_is_given_up)
{
	struct server s;
	struct run r = RUN("/bin/true");
	struct buf request = {0};
	int64_t start;
	int fd;

	server_start_best(&s, "request_timeout = 1\n");
	run_encode(&r, &request);
	fd = call_connect(&s);
	start = harness_now();
	call_send(fd, request.data, request.len / 2);
	ck_assert(call_ended(fd, CALL_MS));
	ck_assert_int_ge(harness_now() - start, 900);
	close(fd);
	buf_free(&request);
	run_free(&r);
	server_stop(&s);
}
END_TEST

START_TEST(a_trickling_request_is_given_up)
{
	struct server s;
	struct run r = RUN("/bin/true");
	struct buf request = {0}, in = {0};
	int64_t end = harness_now() + CALL_MS;
	size_t sent = 0;
	int fd, n = -1;

	server_start_best(&s, "request_timeout = 1\n");
	run_encode(&r, &request);
	fd = call_connect(&s);
	while (n != 0 && sent < request.len - 1 && harness_now() < end) {
		call_send(fd, request.data + sent++, 1);
		n = call_receive(fd, &in, 50);
	}
	ck_assert_msg(n == 0 || call_ended(fd, CALL_MS), "the request may go on for ever");
	close(fd);
	buf_free(&request);
	buf_free(&in);
	run_free(&r);
	server_stop(&s);
}
END_TEST

START_TEST(an_idle_connection_has_no_timeout)
{
	struct server s;
	struct rpc_info info;
	int fd;

	server_start_best(&s, "request_timeout = 1\n");
	fd = call_connect(&s);
	call_info_on(fd, true, RPC_VERSION, &info);
	rpc_info_free(&info);
	ck_assert(call_send(fd, &(uint8_t){SRPC_END_ACK}, 1));
	ck_assert(!call_ended(fd, 2500));
	close(fd);
	server_stop(&s);
}
END_TEST

/* The timeout is for requests, not for what they start. */
START_TEST(a_run_may_take_longer_than_its_request_may)
{
	struct server s;
	struct run r = RUN("/bin/sh", "-c", "sleep 2; exit 3");

	server_start_best(&s, "request_timeout = 1\n");
	run_do(&s, &r);
	ck_assert_int_eq(r.status, 3);
	run_free(&r);
	server_stop(&s);
}
END_TEST

Suite *
limits_suite(void)
{
	Suite *suite = suite_create("limits");
	TCase *tc = tcase_create("tools");

	tcase_set_timeout(tc, 60);
	testing_from(tc, TESTING_QUICK);
	tcase_add_test(tc, a_request_too_many_is_refused);
	tcase_add_test(tc, the_first_to_come_is_the_first_served);
	testing_from(tc, TESTING_CHECK);
	tcase_add_test(tc, there_is_room_again_after_a_refusal);
	tcase_add_test(tc, information_counts_tools_and_waiting_requests);
	tcase_add_test(tc, old_information_counts_both_as_tools);
	tcase_add_test(tc, information_is_answered_at_once_by_a_full_server);
	tcase_add_test(tc, nothing_waits_where_nothing_may);
	tcase_add_test(tc, one_host_does_not_starve_another);
	suite_add_tcase(suite, tc);

	tc = tcase_create("connections");
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, idle_connections_cost_no_thread_and_hold_up_nobody);
	tcase_add_test(tc, half_sent_requests_cost_no_thread_and_hold_up_nobody);
	tcase_add_test(tc, silent_and_trickling_clients_leave_all_threads_free);
	tcase_add_test(tc, unread_answers_hold_up_nobody);
	tcase_add_test(tc, running_out_of_descriptors_is_survived_and_said);
	tcase_add_test(tc, more_connections_than_descriptors_allow_are_a_warning);
	tcase_add_test(tc, near_the_limit_of_descriptors_information_is_still_answered);
	harness_add_admin(tc, without_watches_information_is_still_answered);
	/* A sanitizer has terabytes of address space. */
	if (getenv("RUNTOOL_SERVER_ONLY") == NULL)
		testing_add_root(tc, without_memory_information_is_still_answered);
	testing_add_root_loop(tc, a_run_short_of_descriptors_is_answered, 0, 5);
	suite_add_tcase(suite, tc);

	tc = tcase_create("requests");
	tcase_set_timeout(tc, 60);
	testing_from(tc, TESTING_QUICK);
	tcase_add_test(tc, a_request_too_large_is_refused_with_the_limit);
	testing_from(tc, TESTING_CHECK);
	tcase_add_test(tc, a_refused_client_that_still_sends_can_read_why);
	tcase_add_test(tc, a_request_that_does_not_go_on_is_given_up);
	tcase_add_test(tc, a_trickling_request_is_given_up);
	tcase_add_test(tc, an_idle_connection_has_no_timeout);
	tcase_add_test(tc, a_run_may_take_longer_than_its_request_may);
	suite_add_tcase(suite, tc);
	return (suite);
}
