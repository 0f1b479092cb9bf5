/* libruntool in an event loop: runtool_start() and what belongs to it. */
#include <dirent.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/buf.h"
#include "runtool.h"
#include "system/harness.h"
#include "system/proc.h"
#include "system/suites.h"

#define TEST_LIMIT 120 /* seconds */
#define CONNECT_MS 10000
#define MUCH	   (64 << 20) /* bytes: more than is kept anywhere on the way */

/* A run, and what has come of it. */
struct task {
	struct runtool *c;
	const char *argv[5];
	struct runtool_request request;
	struct buf output;
	int answer; /* to output */
	pthread_t thread;
	bool elsewhere; /* output came in another thread */
	int rc;
	struct runtool_result result;
	struct runtool_error err;
};

static int
take(void *arg, int stream, const void *data, size_t len)
{
	struct task *t = arg;

	(void)stream;
	t->elsewhere |= !pthread_equal(pthread_self(), t->thread);
	buf_append(&t->output, data, len);
	return (t->answer);
}

static void
serve(struct server *s, int version)
{
	server_start_best(s, harness_text("max_interface_version = %d\n", version));
}

static void
start(struct task *t, const struct server *s, const char *script, const char *tag)
{
	*t = (struct task){.argv = {"/bin/sh", "-c", script, tag},
	    .thread = pthread_self(),
	    .rc = 1,
	    .result = {.size = sizeof(t->result)},
	    .err = {.size = sizeof(t->err)}};
	t->request = (struct runtool_request){
	    .size = sizeof(t->request), .root = 1, .argv = t->argv, .output = take, .arg = t};
	t->c = runtool_connect("127.0.0.1", harness_text("%d", s->port), CONNECT_MS, &t->err);
	ck_assert_msg(t->c != NULL, "%s", t->err.message);
	ck_assert_int_eq(runtool_fd(t->c), -1);
	ck_assert_int_eq(runtool_start(t->c, &t->request, &t->err), 0);
}

static struct pollfd
awaits(const struct task *t)
{
	return ((struct pollfd){
	    .fd = t->rc == 1 ? runtool_fd(t->c) : -1, .events = runtool_events(t->c)});
}

static void
process(struct task *t, const struct pollfd *pfd)
{
	if (pfd->revents != 0)
		t->rc = runtool_process(t->c, &t->result, &t->err);
}

/* One turn of the event loop. */
static void
turn(struct task *t)
{
	struct pollfd pfd = awaits(t);

	ck_assert_int_eq(poll(&pfd, 1, -1), 1);
	process(t, &pfd);
}

static void
await_end(struct task *t)
{
	while (t->rc == 1)
		turn(t);
	ck_assert(!t->elsewhere);
}

static void
await_output(struct task *t)
{
	while (t->output.len == 0) {
		ck_assert_int_eq(t->rc, 1);
		turn(t);
	}
}

static void
end(struct task *t)
{
	runtool_close(t->c);
	buf_free(&t->output);
}

static int
count_threads(void)
{
	DIR *dir = opendir("/proc/self/task");
	const struct dirent *e;
	int n = 0;

	ck_assert_ptr_nonnull(dir);
	while ((e = readdir(dir)) != NULL)
		n += e->d_name[0] != '.';
	closedir(dir);
	return (n);
}

static void *
do_nothing(void *arg)
{
	return (arg);
}

/* How many there are without a run. A sanitizer has one of its own from the first other one on. */
static int
count_threads_before(void)
{
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, do_nothing, NULL), 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	return (count_threads());
}

/* All numbers, in order. */
static void
check_numbers(const struct task *t, const char *name, int n)
{
	struct buf expected = {0};
	const char *line;

	for (int i = 1; i <= n; i++) {
		line = harness_text("%s %d\n", name, i);
		buf_append(&expected, line, strlen(line));
	}
	ck_assert_uint_eq(t->output.len, expected.len);
	ck_assert_mem_eq(t->output.data, expected.data, expected.len);
	buf_free(&expected);
}

#define NUMBERS 2000
#define COUNT(name) \
	"i=1; while [ $i -le 2000 ]; do echo " name " $i; i=$((i + 1)); done; exit " name

START_TEST(two_runs_share_an_event_loop)
{
	struct task a, b;
	struct pollfd fds[2];
	struct server s;

	serve(&s, _i);
	start(&a, &s, COUNT("3"), "a");
	start(&b, &s, COUNT("4"), "b");
	while (a.rc == 1 || b.rc == 1) {
		fds[0] = awaits(&a);
		fds[1] = awaits(&b);
		ck_assert_int_gt(poll(fds, 2, -1), 0);
		process(&a, &fds[0]);
		process(&b, &fds[1]);
	}
	ck_assert_msg(a.rc == 0 && b.rc == 0, "%s%s", a.err.message, b.err.message);
	ck_assert_int_eq(a.result.status, 3);
	ck_assert_int_eq(b.result.status, 4);
	ck_assert_int_eq(a.result.interface, _i);
	check_numbers(&a, "3", NUMBERS);
	check_numbers(&b, "4", NUMBERS);
	ck_assert(!a.elsewhere && !b.elsewhere);
	/* The object can do all that it could before, and run another one. */
	ck_assert_int_eq(runtool_run(a.c, &a.request, &a.result, &a.err), 0);
	buf_free(&a.output);
	ck_assert_int_eq(runtool_start(a.c, &a.request, &a.err), 0);
	a.rc = 1;
	await_end(&a);
	check_numbers(&a, "3", NUMBERS);
	end(&a);
	end(&b);
	server_stop(&s);
}
END_TEST

START_TEST(a_tool_waits_for_who_does_not_fetch_its_output)
{
	const char *tag = harness_unique("much");
	struct server s;
	struct task t;

	serve(&s, 5);
	start(&t, &s, harness_text("yes | head -c %d; :", MUCH), tag);
	ck_assert_soon(proc_runs(tag));
	/* Much longer than it would take. */
	harness_wait(500);
	ck_assert(proc_runs(tag));
	await_end(&t);
	ck_assert_msg(t.rc == 0, "%s", t.err.message);
	ck_assert_uint_eq(t.output.len, MUCH);
	end(&t);
	server_stop(&s);
}
END_TEST

static const char *const scripts[] = {
    "echo ready; sleep 600; :", "while :; do yes | head -c 1000000; done"};

/* Also while it waits for its output to be fetched. */
START_TEST(a_run_in_an_event_loop_can_be_cancelled)
{
	const char *tag = harness_unique("cancel");
	int threads = count_threads_before();
	struct server s;
	struct task t;

	serve(&s, 5);
	start(&t, &s, scripts[_i], tag);
	await_output(&t);
	runtool_cancel(t.c);
	await_end(&t);
	ck_assert_int_eq(t.rc, -1);
	ck_assert_int_eq(t.err.code, RUNTOOL_CANCELLED);
	ck_assert_soon(!proc_runs(tag));
	ck_assert_soon(count_threads() == threads);
	end(&t);
	server_stop(&s);
}
END_TEST

START_TEST(closing_in_the_middle_leaves_no_thread_and_no_tool)
{
	const char *tag = harness_unique("close");
	int threads = count_threads_before();
	struct server s;
	struct task t;

	serve(&s, 5);
	start(&t, &s, scripts[_i], tag);
	await_output(&t);
	end(&t);
	ck_assert_soon(count_threads() == threads);
	ck_assert_soon(!proc_runs(tag));
	server_stop(&s);
}
END_TEST

START_TEST(a_run_that_began_just_now_can_be_closed)
{
	int threads = count_threads_before();
	struct server s;
	struct task t;

	serve(&s, 5);
	start(&t, &s, "exit 0", "now");
	end(&t);
	ck_assert_soon(count_threads() == threads);
	server_stop(&s);
}
END_TEST

START_TEST(a_signal_reaches_a_tool_in_an_event_loop)
{
	struct server s;
	struct task t;

	serve(&s, 5);
	start(&t, &s, "trap 'echo got it; exit 5' USR1; echo ready; while :; do sleep 0.05; done",
	    "signal");
	await_output(&t);
	ck_assert_int_eq(runtool_signal(t.c, SIGUSR1), 0);
	await_end(&t);
	ck_assert_int_eq(t.rc, 0);
	ck_assert_int_eq(t.result.status, 5);
	buf_append(&t.output, "", 1);
	ck_assert_contains((const char *)t.output.data, "ready\n");
	ck_assert_contains((const char *)t.output.data, "got it\n");
	ck_assert_int_eq(runtool_signal(t.c, SIGUSR1), -1);
	end(&t);
	server_stop(&s);
}
END_TEST

/* 0: its stream is closed; 1: it is ended; 2: likewise, if it writes no more. */
START_TEST(what_the_output_function_says_counts)
{
	struct server s;
	struct task t;

	serve(&s, 5);
	start(&t, &s, _i == 2 ? "echo one; exec sleep 600" : "exec yes", "answer");
	t.answer = _i == 0 ? RUNTOOL_CLOSE_STREAM : -1;
	await_end(&t);
	if (_i == 0)
		ck_assert_msg(t.rc == 0 && (t.result.signal == SIGPIPE || t.result.status == 1),
		    "signal %d, status %d: %s", t.result.signal, t.result.status, t.err.message);
	else
		ck_assert_str_eq(t.err.message, "output could not be delivered");
	/* That was for this run alone. */
	t.argv[2] = "exit 3";
	t.rc = 1;
	ck_assert_int_eq(runtool_start(t.c, &t.request, &t.err), 0);
	await_end(&t);
	ck_assert_int_eq(t.rc, 0);
	ck_assert_int_eq(t.result.status, 3);
	end(&t);
	server_stop(&s);
}
END_TEST

static void
note_started(void *arg)
{
	(void)arg;
}

START_TEST(other_calls_wait_for_the_end_of_the_run)
{
	struct runtool_ping ping = {.size = sizeof(ping)};
	struct runtool_request wrong;
	struct server s;
	struct task t;

	serve(&s, 5);
	start(&t, &s, "sleep 600", "busy");
	ck_assert_int_eq(runtool_ping(t.c, &ping, &t.err), -1);
	ck_assert_int_eq(t.err.code, RUNTOOL_INVALID);
	ck_assert_int_eq(runtool_run(t.c, &t.request, &t.result, &t.err), -1);
	ck_assert_int_eq(t.err.code, RUNTOOL_INVALID);
	ck_assert_int_eq(runtool_start(t.c, &t.request, &t.err), -1);
	ck_assert_int_eq(t.err.code, RUNTOOL_INVALID);
	runtool_cancel(t.c);
	await_end(&t);
	ck_assert_int_eq(t.err.code, RUNTOOL_CANCELLED);
	ck_assert_int_eq(runtool_process(t.c, &t.result, &t.err), -1);
	ck_assert_int_eq(t.err.code, RUNTOOL_INVALID);
	wrong = t.request;
	wrong.started = note_started;
	ck_assert_int_eq(runtool_start(t.c, &wrong, &t.err), -1);
	ck_assert_contains(t.err.message, "input, started");
	wrong.argv = NULL;
	ck_assert_int_eq(runtool_start(t.c, &wrong, &t.err), -1);
	ck_assert_str_eq(t.err.message, "no command");
	ck_assert_msg(runtool_ping(t.c, &ping, &t.err) == 0, "%s", t.err.message);
	end(&t);
	server_stop(&s);
}
END_TEST

static int waits;
static char remarks[1024];

static void
note_remark(void *arg, const char *line)
{
	snprintf(arg, sizeof(remarks), "%s", line);
}

static void
note_wait(void *arg, const char *line, int64_t seconds)
{
	(void)arg;
	(void)seconds;
	waits += strncmp(line, "waiting for the server ", 23) == 0;
}

START_TEST(what_is_to_be_told_comes_by_the_event_loop_too)
{
	struct runtool_servers servers = {.size = sizeof(servers),
	    .host = "127.0.0.1",
	    .port = "1", /* tcpmux, which nobody has */
	    .wait_ms = 1000 * TEST_LIMIT,
	    .remark = note_remark,
	    .waiting = note_wait,
	    .arg = remarks};
	struct task t = {.argv = {"/bin/true"},
	    .thread = pthread_self(),
	    .rc = 1,
	    .result = {.size = sizeof(t.result)},
	    .err = {.size = sizeof(t.err)}};

	t.request = (struct runtool_request){.size = sizeof(t.request), .root = 1, .argv = t.argv};
	ck_assert_ptr_nonnull(t.c = runtool_open(&servers, &t.err));
	ck_assert_int_eq(runtool_start(t.c, &t.request, &t.err), 0);
	while (waits < 2) {
		ck_assert_int_eq(t.rc, 1);
		turn(&t);
	}
	ck_assert_str_eq(remarks, "127.0.0.1:1: cannot connect (127.0.0.1: Connection refused)");
	runtool_cancel(t.c);
	await_end(&t);
	ck_assert_int_eq(t.err.code, RUNTOOL_CANCELLED);
	end(&t);
}
END_TEST

Suite *
events_suite(void)
{
	Suite *suite = suite_create("events");
	TCase *tc = tcase_create("events");

	tcase_set_timeout(tc, TEST_LIMIT);
	testing_from(tc, TESTING_QUICK);
	tcase_add_loop_test(tc, two_runs_share_an_event_loop, 4, 6);
	testing_from(tc, TESTING_CHECK);
	tcase_add_test(tc, a_tool_waits_for_who_does_not_fetch_its_output);
	tcase_add_loop_test(tc, a_run_in_an_event_loop_can_be_cancelled, 0, 2);
	tcase_add_loop_test(tc, closing_in_the_middle_leaves_no_thread_and_no_tool, 0, 2);
	tcase_add_test(tc, a_run_that_began_just_now_can_be_closed);
	tcase_add_test(tc, a_signal_reaches_a_tool_in_an_event_loop);
	tcase_add_loop_test(tc, what_the_output_function_says_counts, 0, 3);
	tcase_add_test(tc, other_calls_wait_for_the_end_of_the_run);
	tcase_add_test(tc, what_is_to_be_told_comes_by_the_event_loop_too);
	suite_add_tcase(suite, tc);
	return (suite);
}
