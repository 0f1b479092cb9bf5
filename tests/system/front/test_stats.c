/* What a server counts of each call, whoever makes it and however it ends. */
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "system/proc.h"
#include "system/run5.h"
#include "system/suites.h"

static struct run5
stats_of(const struct server *s)
{
	struct run5 r = CALL5(RPC5_STATS);

	run5_do(s, &r);
	return (r);
}

static int64_t
number(const struct server *s, const char *name)
{
	struct run5 r = stats_of(s);
	int64_t n = run5_number(&r, name);

	run5_free(&r);
	return (n);
}

static void
make_call(const struct server *s, int32_t proc)
{
	struct run5 r = CALL5(proc);

	run5_do(s, &r);
	run5_free(&r);
}

START_TEST(each_call_counts_once_it_has_ended)
{
	static const char *const zero[] = {
	    "run_count", "run_errors", "ping_errors", "stop_count", "stats_errors"};
	struct server s;
	struct run5 r;

	run5_server_best(&s, NULL);
	make_call(&s, RPC5_PING);
	make_call(&s, RPC5_PING);
	make_call(&s, RPC5_INFO);
	ck_assert_int_eq(number(&s, "stats_count"), 0);
	r = stats_of(&s);
	ck_assert_int_eq(run5_number(&r, "ping_count"), 2);
	ck_assert_int_eq(run5_number(&r, "info_count"), 1);
	ck_assert_int_eq(run5_number(&r, "stats_count"), 1);
	for (size_t i = 0; i < sizeof(zero) / sizeof(zero[0]); i++)
		ck_assert_int_eq(run5_number(&r, zero[i]), 0);
	ck_assert_int_le(run5_number(&r, "ping_longest_us"), run5_number(&r, "ping_total_us"));
	run5_free(&r);
	server_stop(&s);
}
END_TEST

START_TEST(calls_of_older_versions_count_with_their_equals)
{
	static const int32_t procs[] = {RPC_INFO, RPC_INFO_OLD};
	struct run old = RUN("/bin/true");
	struct run5 new = RUN5("/bin/true");
	struct buf b = {0}, in = {0};
	struct rpc_info info;
	struct server s;
	int fd;

	run5_server_best(&s, NULL);
	for (size_t i = 0; i < sizeof(procs) / sizeof(procs[0]); i++) {
		fd = call_connect(&s);
		srpc_put_hello(&b);
		srpc_put_start_call(&b, procs[i], 2);
		srpc_put_code(&b, SRPC_END_CALL);
		ck_assert(call_send_buf(fd, &b));
		ck_assert_int_gt(call_receive(fd, &in, CALL_MS), 0);
		close(fd);
	}
	buf_free(&in);
	call_info(&s, &info);
	rpc_info_free(&info);
	run_do(&s, &old);
	run_free(&old);
	run5_do(&s, &new);
	run5_free(&new);
	ck_assert_int_eq(number(&s, "info_count"), 3);
	ck_assert_int_eq(number(&s, "run_count"), 2);
	ck_assert_int_eq(number(&s, "run_errors"), 0);
	server_stop(&s);
}
END_TEST

START_TEST(a_runs_time_is_that_from_request_to_reply)
{
	struct run5 first = RUN5("/bin/sh", "-c", "echo on; sleep 1"), second = RUN5("/bin/true");
	struct server s;
	int64_t longest;

	run5_server_best(&s, "server_max_threads = 1\n");
	run5_start(&s, &first);
	run5_await(&first, "on");
	run5_do(&s, &second);
	run5_finish(&first);
	ck_assert_int_eq(number(&s, "run_count"), 2);
	longest = number(&s, "run_longest_us");
	ck_assert_int_ge(longest, 1000000);
	ck_assert_int_lt(longest, 60000000);
	/* The second one waited for most of that. */
	ck_assert_int_ge(number(&s, "run_total_us"), longest + 100000);
	run5_free(&first);
	run5_free(&second);
	server_stop(&s);
}
END_TEST

START_TEST(a_tools_own_status_is_no_error)
{
	struct run5 exits = RUN5("/bin/sh", "-c", "exit 3"),
		    dies = RUN5("/bin/sh", "-c", "kill $$");
	struct server s;

	run5_server_best(&s, NULL);
	run5_do(&s, &exits);
	run5_do(&s, &dies);
	ck_assert_int_eq(number(&s, "run_count"), 2);
	ck_assert_int_eq(number(&s, "run_errors"), 0);
	run5_free(&exits);
	run5_free(&dies);
	server_stop(&s);
}
END_TEST

/* Not executed, not understood, no room, no turn in time: each of both versions where it has that. */
START_TEST(a_run_that_fails_is_an_error_wherever_it_does)
{
	struct run5 holds = RUN5("/bin/sh", "-c", "echo on; sleep 60"), absent = RUN5("/bin/none"),
		    odd = RUN5("/bin/true"), late = RUN5("/bin/true"), waits = RUN5("/bin/true"),
		    many = RUN5("/bin/true");
	struct run old = RUN("/bin/none");
	struct server s;

	run5_server_best(&s, "server_max_threads = 1\nserver_max_pending = 1\n");
	run5_fails(&s, &absent, SRPC_CLIENT_ERROR, "Execve failure");
	run_fails(&s, &old, SRPC_CLIENT_ERROR);
	odd.must = LIST5("flavour=blue");
	run5_fails(&s, &odd, SRPC_NOT_IMPLEMENTED, "flavour");
	ck_assert_int_eq(number(&s, "run_errors"), 3);
	run5_start(&s, &holds);
	run5_await(&holds, "on");
	late.may = LIST5("queue_ms=1");
	run5_fails(&s, &late, SRPC_CLIENT_ERROR, "request denied");
	run5_start(&s, &waits);
	ck_assert_soon(call_cur_pending(&s) == 1);
	run5_fails(&s, &many, SRPC_CLIENT_ERROR, "request denied");
	ck_assert_int_eq(number(&s, "run_errors"), 5);
	ck_assert_int_eq(number(&s, "run_count"), 5);
	/* Clients that go away, while they wait and while their tool runs. */
	run5_free(&waits);
	ck_assert_soon(number(&s, "run_errors") == 6);
	run5_free(&holds);
	ck_assert_soon(number(&s, "run_errors") == 7);
	ck_assert_int_eq(number(&s, "run_count"), 7);
	run5_free(&absent);
	run5_free(&odd);
	run5_free(&late);
	run5_free(&many);
	run_free(&old);
	server_stop(&s);
}
END_TEST

/* While it waits, and while its output is being connected: version 4's. Not of a server that ends. */
START_TEST(a_client_that_left_is_no_failure_and_the_log_says_so)
{
	struct sockaddr_in silent = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct run5 holds = RUN5("/bin/sh", "-c", "echo on; sleep 60"), waits = RUN5("/bin/true"),
		    info = CALL5(RPC5_INFO);
	struct run connects = RUN("/bin/true");
	int fds[RUN_SILENT];
	struct server s;

	run_silent_listener(fds, &silent);
	run5_server_best(&s, "server_max_threads = 1\nrelay_timeout = 60\n");
	run5_start(&s, &holds);
	run5_await(&holds, "on");
	run5_start(&s, &waits);
	ck_assert_soon(call_cur_pending(&s) == 1);
	run5_free(&waits);
	ck_assert_soon(strstr(server_log(&s), "failure=-9 why=\"its client is gone\"") != NULL);
	run5_free(&holds);
	ck_assert_soon(strstr(server_log(&s), " ended: its client is gone\n") != NULL);

	run_ask_for_relay(&s, &connects, "127.0.0.1", ntohs(silent.sin_port));
	ck_assert_soon(call_cur_tools(&s) == 1);
	run_free(&connects);
	ck_assert_soon(call_cur_tools(&s) == 0);
	ck_assert_soon(harness_count(server_log(&s), "failure=-9 why=\"its client is gone\"") == 2);
	ck_assert_ptr_null(strstr(server_log(&s), "shutting down"));
	run5_do(&s, &info);
	ck_assert_int_eq(run5_number(&info, "failures"), 0);
	ck_assert_int_eq(run5_number(&info, "refused"), 0);
	ck_assert_int_eq(run5_number(&info, "runs"), 1);
	run5_free(&info);
	for (int i = 0; i < RUN_SILENT; i++)
		close(fds[i]);
	server_stop(&s);
}
END_TEST

/* The tool had ended by itself; only output was left, more than all buffers between take. */
START_TEST(output_that_nobody_takes_any_more_is_cut)
{
	const char *tag = harness_unique("writes");
	struct run5 r = RUN5("/bin/sh", "-c", "timeout 3 yes; exit 3", tag);
	struct server s;

	run5_server_best(&s, NULL);
	run5_start(&s, &r);
	ck_assert_soon(proc_runs(tag));
	ck_assert_soon(!proc_runs(tag));
	harness_wait(500);
	run5_free(&r);
	ck_assert_soon(strstr(server_log(&s), " status=3 ") != NULL);
	server_logs(&s, " output cut: its client is gone\n");
	ck_assert_ptr_null(strstr(server_log(&s), "ended: "));
	server_stop(&s);
}
END_TEST

START_TEST(another_call_that_fails_is_an_error)
{
	static const struct {
		int32_t proc;
		const char *name;
	} all[] = {{RPC5_INFO, "info_errors"}, {RPC5_PING, "ping_errors"},
	    {RPC5_STOP, "stop_errors"}, {RPC5_STATS, "stats_errors"}};
	struct server s;

	run5_server_best(&s, NULL);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct run5 r = CALL5(all[i].proc);

		r.must = LIST5("flavour=blue");
		run5_fails(&s, &r, SRPC_NOT_IMPLEMENTED, "flavour");
		run5_free(&r);
		ck_assert_int_eq(number(&s, all[i].name), 1);
	}
	server_stop(&s);
}
END_TEST

Suite *
stats_suite(void)
{
	Suite *suite = suite_create("stats");
	TCase *tc = tcase_create("calls");

	tcase_set_timeout(tc, 60);
	testing_from(tc, TESTING_QUICK);
	tcase_add_test(tc, each_call_counts_once_it_has_ended);
	tcase_add_test(tc, a_tools_own_status_is_no_error);
	testing_from(tc, TESTING_CHECK);
	tcase_add_test(tc, calls_of_older_versions_count_with_their_equals);
	tcase_add_test(tc, a_runs_time_is_that_from_request_to_reply);
	tcase_add_test(tc, a_run_that_fails_is_an_error_wherever_it_does);
	tcase_add_test(tc, a_client_that_left_is_no_failure_and_the_log_says_so);
	tcase_add_test(tc, output_that_nobody_takes_any_more_is_cut);
	tcase_add_test(tc, another_call_that_fails_is_an_error);
	suite_add_tcase(suite, tc);
	return (suite);
}
