/* The server as a daemon: detached, and honest to whoever starts it. */
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "system/harness.h"
#include "system/proc.h"
#include "system/run.h"
#include "system/suites.h"

#define MANY 1024 /* servers on this machine */

/* A daemon, and who ends it should this process die: it is nobody's child. */
struct daemon {
	struct server server; /* its port */
	const char *pidfile;
	pid_t pid;
	pid_t guard;
	int leash; /* the guard acts when it is closed without a word */
};

/* A port that was free a moment ago: a daemon does not tell us which one it took. */
static int
free_port(void)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(sin);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	close(fd);
	return (ntohs(sin.sin_port));
}

static void
watch(struct daemon *d)
{
	int ends[2];
	char c;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	if ((d->guard = fork()) == 0) {
		close(ends[1]);
		if (read(ends[0], &c, 1) == 0)
			kill(d->pid, SIGKILL);
		_exit(0);
	}
	close(ends[0]);
	d->leash = ends[1];
}

static void
unwatch(struct daemon *d)
{
	ck_assert_int_eq(write(d->leash, "", 1), 1);
	close(d->leash);
	ck_assert_int_eq(waitpid(d->guard, NULL, 0), d->guard);
}

/* The number in the file; 0 when there is none. */
static pid_t
pid_in(const char *path)
{
	char text[32] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd == -1)
		return (0);
	if (read(fd, text, sizeof(text) - 1) == -1)
		text[0] = '\0';
	close(fd);
	return ((pid_t)strtol(text, NULL, 10));
}

/* A directory in which the server may make its pid file. */
static const char *
run_directory(void)
{
	const char *dir = harness_installed(harness_text("work/%s", harness_unique("run")));

	ck_assert_int_eq(mkdir(dir, 0755), 0);
	ck_assert_int_eq(chown(dir, harness_user(), harness_user()), 0);
	return (dir);
}

/* Runs the command that starts a daemon: its exit status, and what it said in *p. */
static int
start_command(struct program *p, enum mode mode, int port, const char *pidfile)
{
	const char *argv[] = {harness_installed("sbin/RunToolServer"), "-p", pidfile, "-c",
	    harness_file(server_config(mode, harness_text("SRPC_port = %d\n", port))), NULL};

	*p = (struct program){.argv = argv, .uid = harness_user(), .pass = -1};
	return (program_run(p));
}

static void
daemon_start_mode(struct daemon *d, enum mode mode)
{
	struct program p;

	*d = (struct daemon){.pidfile = harness_text("%s/pid", run_directory())};
	d->server.mode = mode;
	d->server.port = free_port();
	ck_assert_msg(
	    start_command(&p, mode, d->server.port, d->pidfile) == 0, "%s", program_err(&p));
	d->pid = pid_in(d->pidfile);
	ck_assert_int_gt(d->pid, 1);
	watch(d);
	program_free(&p);
}

static void
daemon_start(struct daemon *d)
{
	daemon_start_mode(d, harness_mode());
}

static bool
is_running(pid_t pid)
{
	return (kill(pid, 0) == 0 && proc_status(pid, "State")[0] != 'Z');
}

static void
daemon_stop(struct daemon *d)
{
	ck_assert_int_eq(kill(d->pid, SIGTERM), 0);
	ck_assert_soon(!is_running(d->pid));
	unwatch(d);
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
	ck_assert(is_running(d.pid));
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

	daemon_start_mode(&d, mode);
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
	const char *pidfile = harness_text("%s/pid", run_directory());
	struct program p;
	struct server s;

	server_start_best(&s, NULL);
	ck_assert_int_eq(start_command(&p, s.mode, s.port, pidfile), 1);
	ck_assert_contains(program_err(&p), "Address already in use");
	ck_assert_int_eq(access(pidfile, F_OK), -1);
	program_free(&p);
	server_stop(&s);
}
END_TEST

START_TEST(a_second_daemon_leaves_the_first_ones_pid_file_alone)
{
	struct daemon d;
	struct program p;

	daemon_start(&d);
	ck_assert_int_eq(start_command(&p, harness_mode(), free_port(), d.pidfile), 1);
	ck_assert_contains(program_err(&p), d.pidfile);
	ck_assert_int_eq(pid_in(d.pidfile), d.pid);
	ck_assert(is_running(d.pid));
	program_free(&p);
	daemon_stop(&d);
}
END_TEST

START_TEST(a_pid_file_that_cannot_be_made_is_an_error)
{
	struct program p;

	ck_assert_int_eq(start_command(&p, harness_mode(), free_port(), "/none/pid"), 1);
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
