/* Signals that runtool gets, and what becomes of its tool. */
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "system/proc.h"
#include "system/script.h"
#include "system/suites.h"

static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2};
static const char *const names[] = {"INT", "TERM", "HUP", "QUIT", "USR1", "USR2"};
#define SIGNALS	     ((int)LENGTH(signals))
#define SIGNALS_BY_4 4 /* the first of them, which the library replaces by hanging up */

#define PROMPTLY 8 /* seconds: ten after a signal runtool hangs up by itself */

START_TEST(a_signal_that_ends_the_tool_ends_runtool)
{
	int sig = signals[_i % SIGNALS];
	const char *tag = harness_unique("signalled");
	struct server s;
	struct program p;

	script_server(&s, _i < SIGNALS ? "5" : "4", "");
	p = script_tool(&s, "-q", SCRIPT_LINGER, tag);
	ck_assert_int_eq(kill(p.pid, sig), 0);
	ck_assert(program_wait(&p, PROMPTLY));
	ck_assert_msg(WIFSIGNALED(p.status) && WTERMSIG(p.status) == sig, "wait status %#x: %s",
	    (unsigned int)p.status, program_err(&p));
	ck_assert(!WCOREDUMP(p.status));
	ck_assert_str_eq(program_err(&p), "");
	ck_assert_soon(!proc_runs(tag));
	program_free(&p);
	server_stop(&s);
}
END_TEST

START_TEST(a_signal_that_the_tool_handles_does_not_end_runtool)
{
	struct server s;
	struct program p;

	script_server(&s, "5", "");
	p = script_tool(&s, "",
	    harness_text(
		"trap \"echo got; exit 5\" %s; echo ready; while :; do :; done", names[_i]),
	    "");
	ck_assert_int_eq(kill(p.pid, signals[_i]), 0);
	ck_assert(program_wait(&p, PROMPTLY));
	ck_assert_int_eq(p.status, 5 << 8);
	ck_assert_str_eq(program_out(&p), "ready\ngot\n");
	ck_assert_str_eq(program_err(&p), "");
	program_free(&p);
	server_stop(&s);
}
END_TEST

static void
ignore_hup(void)
{
	signal(SIGHUP, SIG_IGN);
}

START_TEST(a_signal_that_was_ignored_stays_so)
{
	struct server s;
	struct program p;

	script_server(&s, "5", "");
	p = script(&s, "exec runtool /bin/sh -c '" SCRIPT_LINGER "'");
	p.prepare = ignore_hup;
	program_start(&p);
	ck_assert_soon(strstr(program_out(&p), "ready\n") != NULL);
	ck_assert_int_eq(kill(p.pid, SIGHUP), 0);
	ck_assert_int_eq(kill(p.pid, SIGTERM), 0);
	ck_assert(program_wait(&p, PROMPTLY));
	ck_assert(WIFSIGNALED(p.status) && WTERMSIG(p.status) == SIGTERM);
	ck_assert_str_eq(program_err(&p), "runtool: /bin/sh: killed by signal 15 (Terminated)\n");
	program_free(&p);
	server_stop(&s);
}
END_TEST

#define DEAF "trap \"\" TERM INT; echo ready; while :; do sleep 1; done"

START_TEST(a_second_signal_hangs_up)
{
	const char *tag = harness_unique("deaf");
	struct server s;
	struct program p;

	script_server(&s, "5", "");
	p = script_tool(&s, "", DEAF, tag);
	ck_assert_int_eq(kill(p.pid, SIGTERM), 0);
	ck_assert(!program_wait(&p, 1));
	ck_assert_int_eq(kill(p.pid, SIGTERM), 0);
	ck_assert(program_wait(&p, PROMPTLY));
	ck_assert(WIFSIGNALED(p.status) && WTERMSIG(p.status) == SIGTERM);
	ck_assert_str_eq(program_err(&p),
	    "runtool: /bin/sh: hung up, since it did not end at signal 15 (Terminated)\n");
	ck_assert_soon(!proc_runs(tag));
	program_free(&p);
	server_stop(&s);
}
END_TEST

START_TEST(ten_seconds_after_a_signal_runtool_hangs_up)
{
	const char *tag = harness_unique("deaf");
	int64_t begin = harness_now();
	struct server s;
	struct program p;

	script_server(&s, "5", "");
	p = script_tool(&s, "", DEAF, tag);
	ck_assert_int_eq(kill(p.pid, SIGINT), 0);
	ck_assert(program_wait(&p, HARNESS_PATIENCE));
	ck_assert_int_ge(harness_now() - begin, 9000);
	ck_assert(WIFSIGNALED(p.status) && WTERMSIG(p.status) == SIGINT);
	ck_assert_str_eq(program_err(&p), "");
	ck_assert_soon(!proc_runs(tag));
	program_free(&p);
	server_stop(&s);
}
END_TEST

/* It takes its time to end, and the second signal comes meanwhile. */
START_TEST(timeout_which_signals_twice_lets_the_tool_end_by_itself)
{
	struct server s;

	script_server(&s, "5", "");
	script_keeps(
	    &s, &(struct promise){"timeout 1 runtool /bin/sh -c 'trap \"i=0; "
				  "while [ \\$i -lt 300000 ]; do i=\\$((i + 1)); done; "
				  "echo done; exit 5\" TERM; while :; do :; done'; echo $?",
		    0, "done\n124\n", ""});
	server_stop(&s);
}
END_TEST

START_TEST(a_request_that_waits_ends_at_once)
{
	struct server s;
	struct program busy, p;

	script_server(&s, "5", "server_max_threads = 1\n");
	busy = script_tool(&s, "-q", SCRIPT_LINGER, "");
	p = script(&s, "exec runtool --json /bin/true");
	program_start(&p);
	ck_assert_soon(strstr(script_run(&s, "RunToolProbe | grep cur_pending").out, " 1\n"));
	ck_assert_int_eq(kill(p.pid, SIGTERM), 0);
	ck_assert(program_wait(&p, PROMPTLY));
	ck_assert(WIFSIGNALED(p.status) && WTERMSIG(p.status) == SIGTERM);
	ck_assert_contains(program_err(&p),
	    "runtool: /bin/true: not run at signal 15 (Terminated)\n{\"tool\":\"/bin/true\"");
	ck_assert_contains(program_err(&p), "\"exit_status\":143,\"why\":\"failed\"");
	ck_assert_int_eq(kill(busy.pid, SIGTERM), 0);
	ck_assert(program_wait(&busy, HARNESS_PATIENCE));
	program_free(&p);
	program_free(&busy);
	server_stop(&s);
}
END_TEST

/* A server that accepts nobody; the connection is made all the same. */
START_TEST(a_server_that_says_nothing_can_be_left_by_a_second_signal)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t len = sizeof(sin);
	struct server s = {0};
	struct program p;

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	s.port = ntohs(sin.sin_port);
	p = script(&s, "exec runtool -v /bin/true");
	program_start(&p);
	ck_assert_soon(strstr(program_err(&p), "asking") != NULL);
	ck_assert(!program_wait(&p, 1));
	ck_assert_int_eq(kill(p.pid, SIGINT), 0);
	ck_assert(!program_wait(&p, 1));
	ck_assert_int_eq(kill(p.pid, SIGTERM), 0);
	ck_assert(program_wait(&p, PROMPTLY));
	ck_assert(WIFSIGNALED(p.status) && WTERMSIG(p.status) == SIGINT);
	program_free(&p);
	close(fd);
}
END_TEST

START_TEST(a_signal_is_not_lost_while_nobody_reads_the_output)
{
	const char *tag = harness_unique("unread");
	struct server s;
	struct program p;
	int fds[2];

	script_server(&s, "5", "");
	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	p = script(&s, harness_text("exec runtool /bin/yes %s >&3 3>&-", tag));
	p.pass = fds[1];
	program_start(&p);
	/* It has filled the pipe and waits in write(2). */
	ck_assert_soon(strncmp(proc_status(p.pid, "State"), "S", 1) == 0 && proc_runs(tag));
	ck_assert(!program_wait(&p, 1));
	ck_assert_int_eq(kill(p.pid, SIGTERM), 0);
	ck_assert(program_wait(&p, PROMPTLY));
	ck_assert(WIFSIGNALED(p.status) && WTERMSIG(p.status) == SIGTERM);
	ck_assert_soon(!proc_runs(tag));
	close(fds[0]);
	close(fds[1]);
	program_free(&p);
	server_stop(&s);
}
END_TEST

START_TEST(runtool_can_be_stopped_and_continued)
{
	struct server s;
	struct program p;

	script_server(&s, "5", "");
	p = script_tool(&s, "--keep-alive 0.5", "echo ready; sleep 3; exit 3", "");
	ck_assert_int_eq(kill(p.pid, SIGTSTP), 0);
	ck_assert_soon(strncmp(proc_status(p.pid, "State"), "T", 1) == 0);
	/* Longer than it waits for signs of life. */
	ck_assert(!program_wait(&p, 2));
	ck_assert_int_eq(kill(p.pid, SIGCONT), 0);
	ck_assert(program_wait(&p, HARNESS_PATIENCE));
	ck_assert_msg(p.status == 3 << 8, "%#x: %s", (unsigned int)p.status, program_err(&p));
	program_free(&p);
	server_stop(&s);
}
END_TEST

Suite *
signals_suite(void)
{
	Suite *suite = suite_create("signals");
	TCase *tc = tcase_create("signals");

	tcase_set_timeout(tc, 60);
	testing_from(tc, TESTING_QUICK);
	tcase_add_test(tc, a_signal_that_was_ignored_stays_so);
	tcase_add_test(tc, a_request_that_waits_ends_at_once);
	testing_from(tc, TESTING_CHECK);
	tcase_add_loop_test(
	    tc, a_signal_that_ends_the_tool_ends_runtool, 0, SIGNALS + SIGNALS_BY_4);
	tcase_add_loop_test(tc, a_signal_that_the_tool_handles_does_not_end_runtool, 0, SIGNALS);
	tcase_add_test(tc, a_second_signal_hangs_up);
	tcase_add_test(tc, ten_seconds_after_a_signal_runtool_hangs_up);
	tcase_add_test(tc, timeout_which_signals_twice_lets_the_tool_end_by_itself);
	tcase_add_test(tc, a_server_that_says_nothing_can_be_left_by_a_second_signal);
	tcase_add_test(tc, a_signal_is_not_lost_while_nobody_reads_the_output);
	tcase_add_test(tc, runtool_can_be_stopped_and_continued);
	suite_add_tcase(suite, tc);
	return (suite);
}
