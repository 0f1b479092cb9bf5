/* How a server ends: at once, or when its tools have ended. */
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "system/harness.h"
#include "system/proc.h"
#include "system/run.h"
#include "system/suites.h"

#define LONG_WAITS "drain_timeout = 60\nkill_grace = 60\n"
#define AT_ONCE_MS 20000 /* what it must not wait for takes a minute */

static void
send_signal(const struct server *s, int sig)
{
	ck_assert_int_eq(kill(server_pid(s), sig), 0);
}

static void
run_until_ready(const struct server *s, struct run *r)
{
	run_start(s, r);
	run_await(r, "ready");
}

/* The server ends, and its tool with this tag too: after so many milliseconds. */
static int64_t
ends_with_its_tool(struct server *s, int sig, const char *tag)
{
	int64_t start = harness_now();

	send_signal(s, sig);
	server_ends(s, 0);
	ck_assert(!proc_runs(tag));
	return (harness_now() - start);
}

START_TEST(an_idle_server_ends_at_once)
{
	static const int signals[] = {SIGTERM, SIGINT};
	struct server s;
	struct rpc_info info;
	int64_t start;
	struct run r = RUN("/bin/true");
	struct buf request = {0};
	int fd, half;

	server_start_best(&s, LONG_WAITS);
	run_encode(&r, &request);
	half = call_connect(&s);
	ck_assert(call_send(half, request.data, request.len / 2));
	fd = call_connect(&s);
	call_info_on(fd, true, RPC_VERSION, &info);
	rpc_info_free(&info);
	start = harness_now();
	send_signal(&s, signals[_i]);
	server_ends(&s, 0);
	ck_assert_int_lt(harness_now() - start, AT_ONCE_MS);
	ck_assert(call_ended(fd, CALL_MS));
	ck_assert(call_ended(half, CALL_MS));
	close(fd);
	close(half);
	buf_free(&request);
	run_free(&r);
}
END_TEST

START_TEST(a_draining_server_waits_for_its_tools)
{
	const char *file = harness_unique("go");
	struct server s;
	struct run r = RUN_ARGV(run_patient(file));

	server_start_mode(&s, (enum mode)_i, LONG_WAITS);
	run_until_ready(&s, &r);
	send_signal(&s, SIGTERM);
	ck_assert_soon(!server_listens(&s));
	run_let_go(file);
	run_finish(&r);
	ck_assert_msg(!r.failed, "failure %d '%s'", r.failure.code, r.failure.message);
	ck_assert_int_eq(r.status, 3);
	run_free(&r);
	server_ends(&s, 0);
}
END_TEST

START_TEST(a_draining_server_takes_no_new_connection)
{
	const char *file = harness_unique("go");
	struct server s;
	struct run r = RUN_ARGV(run_patient(file));

	server_start_best(&s, LONG_WAITS);
	run_until_ready(&s, &r);
	ck_assert(server_listens(&s));
	send_signal(&s, SIGTERM);
	ck_assert_soon(!server_listens(&s));
	ck_assert(!r.replied);
	run_let_go(file);
	run_finish(&r);
	run_free(&r);
	server_ends(&s, 0);
}
END_TEST

START_TEST(without_a_drain_timeout_tools_are_ended)
{
	const char *tag = harness_unique("tree");
	struct server s;
	struct run r = RUN(harness_tool((enum mode)_i, "tree"), "session", tag);

	server_start_mode(&s, (enum mode)_i, "drain_timeout = 0\nkill_grace = 60\n");
	run_until_ready(&s, &r);
	ck_assert_int_lt(ends_with_its_tool(&s, SIGTERM, tag), AT_ONCE_MS);
	run_free(&r);
}
END_TEST

START_TEST(the_client_of_an_ended_tool_gets_a_failure)
{
	struct server s;
	struct run r = RUN(harness_tool(harness_mode(), "tree"), "plain");

	server_start_best(&s, NULL);
	run_until_ready(&s, &r);
	send_signal(&s, SIGTERM);
	run_finish(&r);
	ck_assert(r.failed);
	ck_assert_msg(r.failure.code != 0, "the connection ended without a word");
	run_free(&r);
	server_ends(&s, 0);
}
END_TEST

START_TEST(a_waiting_request_does_not_start_any_more)
{
	const char *mark = harness_unique("mark");
	struct server s;
	struct run first = RUN(harness_tool(harness_mode(), "tree"), "plain");
	struct run waiting = RUN("/bin/sh", "-c", harness_text("echo >%s", mark));

	server_start_best(&s, "server_max_threads = 1\n");
	run_until_ready(&s, &first);
	run_start(&s, &waiting);
	ck_assert_soon(call_cur_pending(&s) == 1);
	send_signal(&s, SIGTERM);
	run_finish(&waiting);
	ck_assert(waiting.failed);
	ck_assert_soon(strstr(server_log(&s),
			   "failure=10 why=\"request denied: server is shutting down\"") != NULL);
	ck_assert_int_eq(access(harness_in_root(harness_text(".WD/%s", mark)), F_OK), -1);
	run_free(&first);
	run_free(&waiting);
	server_ends(&s, 0);
}
END_TEST

START_TEST(after_the_drain_timeout_tools_are_ended)
{
	const char *tag = harness_unique("tree");
	struct server s;
	struct run r = RUN(harness_tool(harness_mode(), "tree"), "plain", tag);
	int64_t took;

	server_start_best(&s, "drain_timeout = 1\n");
	run_until_ready(&s, &r);
	took = ends_with_its_tool(&s, SIGTERM, tag);
	ck_assert_int_ge(took, 900);
	ck_assert_int_lt(took, 1000 + AT_ONCE_MS);
	run_free(&r);
}
END_TEST

START_TEST(tools_that_ignore_sigterm_are_ended_after_the_grace)
{
	const char *tag = harness_unique("tree");
	struct server s;
	struct run r = RUN(harness_tool((enum mode)_i, "tree"), "deaf", tag);

	server_start_mode(&s, (enum mode)_i, NULL);
	run_until_ready(&s, &r);
	ends_with_its_tool(&s, SIGTERM, tag);
	run_free(&r);
}
END_TEST

/* No drain, no grace: with tools that ignore SIGTERM it would take two minutes. */
START_TEST(the_second_sigterm_or_a_sigint_ends_everything_at_once)
{
	static const int second[] = {SIGTERM, SIGINT};
	const char *tag = harness_unique("tree");
	struct server s;
	struct run r = RUN(harness_tool((enum mode)(_i / 2), "tree"), "deaf", tag);

	server_start_mode(&s, (enum mode)(_i / 2), LONG_WAITS);
	run_until_ready(&s, &r);
	send_signal(&s, SIGTERM);
	ck_assert_soon(!server_listens(&s));
	ck_assert_int_lt(ends_with_its_tool(&s, second[_i % 2], tag), AT_ONCE_MS);
	run_free(&r);
}
END_TEST

START_TEST(a_first_sigint_ends_everything_at_once)
{
	const char *tag = harness_unique("tree");
	struct server s;
	struct run r = RUN(harness_tool(harness_mode(), "tree"), "deaf", tag);

	server_start_best(&s, LONG_WAITS);
	run_until_ready(&s, &r);
	ck_assert_int_lt(ends_with_its_tool(&s, SIGINT, tag), AT_ONCE_MS);
	run_free(&r);
}
END_TEST

Suite *
shutdown_suite(void)
{
	Suite *suite = suite_create("shutdown");
	TCase *tc = tcase_create("shutdown");

	tcase_set_timeout(tc, 60);
	testing_from(tc, TESTING_QUICK);
	tcase_add_loop_test(tc, an_idle_server_ends_at_once, 0, 2);
	harness_add_modes(tc, a_draining_server_waits_for_its_tools, 1);
	tcase_add_test(tc, a_first_sigint_ends_everything_at_once);
	testing_from(tc, TESTING_CHECK);
	tcase_add_test(tc, a_draining_server_takes_no_new_connection);
	harness_add_modes(tc, without_a_drain_timeout_tools_are_ended, 1);
	tcase_add_test(tc, the_client_of_an_ended_tool_gets_a_failure);
	tcase_add_test(tc, a_waiting_request_does_not_start_any_more);
	tcase_add_test(tc, after_the_drain_timeout_tools_are_ended);
	harness_add_modes(tc, tools_that_ignore_sigterm_are_ended_after_the_grace, 1);
	harness_add_modes(tc, the_second_sigterm_or_a_sigint_ends_everything_at_once, 2);
	suite_add_tcase(suite, tc);
	return (suite);
}
