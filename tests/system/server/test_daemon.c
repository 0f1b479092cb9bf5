/* The server as a daemon: detached, and honest to whoever starts it. */
#include <signal.h>
#include <unistd.h>

#include "system/daemon.h"
#include "system/harness.h"
#include "system/proc.h"
#include "system/run.h"
#include "system/suites.h"

#define MANY 1024 /* servers on this machine */

static const char *
fine_config(void)
{
	return (
	    server_config(harness_mode(), harness_text("SRPC_port = %d\n", daemon_free_port())));
}

START_TEST(the_command_succeeds_once_the_daemon_listens)
{
	struct daemon d;
	struct run r = RUN("/bin/sh", "-c", "exit 3");

	daemon_start(&d);
	r.conn = call_connect(&d.server);
	close(r.conn);
	run_start(&d.server, &r);
	run_finish(&r);
	ck_assert(!r.failed);
	ck_assert_int_eq(r.status, 3);
	run_free(&r);
	daemon_stop(&d);
}
END_TEST

START_TEST(the_pid_file_goes_with_the_daemon)
{
	struct daemon d;

	daemon_start(&d);
	ck_assert(daemon_runs(d.pid));
	daemon_stop(&d);
	ck_assert_int_eq(access(d.pidfile, F_OK), -1);
}
END_TEST

static const char *
link_of(pid_t pid, const char *name)
{
	char *target = harness_alloc(4097);

	if (readlink(harness_text("/proc/%d/%s", (int)pid, name), target, 4096) == -1)
		return ("");
	return (target);
}

START_TEST(a_daemon_is_detached)
{
	struct daemon d;

	daemon_start(&d);
	ck_assert_int_ne(proc_number(d.pid, "NSsid"), getsid(0));
	ck_assert_int_ne(proc_number(d.pid, "PPid"), getpid());
	daemon_stop(&d);
}
END_TEST

/* For root to see. */
START_TEST(a_daemon_holds_no_directory_and_no_terminal)
{
	struct daemon d;

	daemon_start(&d);
	ck_assert_str_eq(link_of(d.pid, "cwd"), "/");
	ck_assert_str_eq(link_of(d.pid, "fd/0"), "/dev/null");
	ck_assert_str_eq(link_of(d.pid, "fd/1"), "/dev/null");
	ck_assert_str_eq(link_of(d.pid, "fd/2"), "/dev/null");
	daemon_stop(&d);
}
END_TEST

static bool
kill_child(pid_t parent, const char *tag)
{
	pid_t pids[8];
	size_t n = proc_tagged(tag, pids, 8);

	for (size_t i = 0; i < n && i < 8; i++)
		if (proc_number(pids[i], "PPid") == parent)
			return (kill(pids[i], SIGKILL) == 0);
	return (false);
}

START_TEST(a_daemon_sweeps_up_what_a_killed_keeper_leaves)
{
	enum mode mode = harness_can(MODE_NONE) ? MODE_NONE : MODE_TESTING;
	const char *tag = harness_unique("kept");
	struct run r = RUN(harness_tool(mode, "tree"), "children", tag);
	struct daemon d;

	d = (struct daemon){.server = {.mode = mode}};
	daemon_start_as(&d);
	run_start(&d.server, &r);
	run_await(&r, "ready");
	ck_assert(kill_child(d.pid, tag));
	ck_assert_soon(!proc_runs(tag));
	run_finish(&r);
	run_free(&r);
	daemon_stop(&d);
}
END_TEST

START_TEST(a_daemon_says_what_it_is_in_its_title)
{
	struct daemon d;
	pid_t pids[MANY];
	size_t n;
	bool found = false;

	daemon_start(&d);
	n = proc_tagged("RunToolServer: ", pids, MANY);
	for (size_t i = 0; i < n && i < MANY; i++)
		found |= pids[i] == d.pid;
	ck_assert(found);
	daemon_stop(&d);
}
END_TEST

START_TEST(a_daemon_that_cannot_listen_fails_with_the_reason)
{
	const char *pidfile = harness_text("%s/pid", daemon_directory());
	struct program p = {0};
	struct server s;

	server_start_best(&s, NULL);
	ck_assert_int_eq(
	    daemon_command(
		&p, server_config(s.mode, harness_text("SRPC_port = %d\n", s.port)), pidfile),
	    1);
	ck_assert_contains(program_err(&p), "Address already in use");
	ck_assert_int_eq(access(pidfile, F_OK), -1);
	program_free(&p);
	server_stop(&s);
}
END_TEST

START_TEST(a_second_daemon_leaves_the_first_ones_pid_file_alone)
{
	struct daemon d;
	struct program p = {0};

	daemon_start(&d);
	ck_assert_int_eq(daemon_command(&p, fine_config(), d.pidfile), 1);
	ck_assert_contains(program_err(&p), d.pidfile);
	ck_assert_int_eq(daemon_pid_in(d.pidfile), d.pid);
	ck_assert(daemon_runs(d.pid));
	program_free(&p);
	daemon_stop(&d);
}
END_TEST

START_TEST(a_pid_file_that_cannot_be_made_is_an_error)
{
	struct program p = {0};

	ck_assert_int_eq(daemon_command(&p, fine_config(), "/none/pid"), 1);
	ck_assert_contains(program_err(&p), "/none/pid");
	program_free(&p);
}
END_TEST

Suite *
daemon_suite(void)
{
	Suite *suite = suite_create("daemon");
	TCase *tc = tcase_create("daemon");

	tcase_set_timeout(tc, 60);
	testing_from(tc, TESTING_QUICK);
	tcase_add_test(tc, the_command_succeeds_once_the_daemon_listens);
	tcase_add_test(tc, a_second_daemon_leaves_the_first_ones_pid_file_alone);
	testing_from(tc, TESTING_CHECK);
	tcase_add_test(tc, the_pid_file_goes_with_the_daemon);
	tcase_add_test(tc, a_daemon_is_detached);
	testing_add_root(tc, a_daemon_holds_no_directory_and_no_terminal);
	tcase_add_test(tc, a_daemon_sweeps_up_what_a_killed_keeper_leaves);
	tcase_add_test(tc, a_daemon_says_what_it_is_in_its_title);
	tcase_add_test(tc, a_daemon_that_cannot_listen_fails_with_the_reason);
	tcase_add_test(tc, a_pid_file_that_cannot_be_made_is_an_error);
	suite_add_tcase(suite, tc);
	return (suite);
}
