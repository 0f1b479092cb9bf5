/* libruntool chooses servers: runtool_open(), and the runs of such an object. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtool.h"
#include "system/fleet.h"
#include "system/harness.h"
#include "system/suites.h"

#define TEST_LIMIT 120 /* seconds */
#define CONNECT_MS 10000

/* What people are told. */
static struct told {
	struct runtool *cancel; /* at the first word of a wait; NULL: not at all */
	char remarks[8192];
	int waits;
} told;

static void
remark(void *arg, const char *line)
{
	struct told *t = arg;
	size_t used = strlen(t->remarks);

	snprintf(t->remarks + used, sizeof(t->remarks) - used, "%s\n", line);
}

static void
waiting(void *arg, const char *line, int64_t seconds)
{
	struct told *t = arg;

	(void)line;
	(void)seconds;
	t->waits++;
	if (t->cancel != NULL)
		runtool_cancel(t->cancel);
}

/* Who did not answer is not remembered for other programs of this user. */
static void
set_up(void)
{
	const char *dir = harness_installed(harness_text("work/%s", harness_unique("memory")));

	ck_assert_int_eq(mkdir(dir, 0700), 0);
	ck_assert_int_eq(setenv("XDG_RUNTIME_DIR", dir, 1), 0);
}

static struct runtool_servers
servers(void)
{
	told = (struct told){0};
	return ((struct runtool_servers){.size = sizeof(struct runtool_servers),
	    .timeout_ms = CONNECT_MS,
	    .remark = remark,
	    .waiting = waiting,
	    .arg = &told});
}

static struct runtool *
open_these(const struct runtool_servers *s)
{
	struct runtool_error err = {.size = sizeof(err)};
	struct runtool *c = runtool_open(s, &err);

	ck_assert_msg(c != NULL, "%s", err.message);
	return (c);
}

static const char *const true_argv[] = {"/bin/true", NULL};
static const struct runtool_request run_true = {
    .size = sizeof(run_true), .root = 1, .argv = true_argv};

static void
runs(struct runtool *c)
{
	struct runtool_result result = {.size = sizeof(result)};
	struct runtool_error err = {.size = sizeof(err)};

	ck_assert_msg(
	    runtool_run(c, &run_true, &result, &err) == 0, "%s\n%s", err.message, told.remarks);
	ck_assert_int_eq(result.status, 0);
}

static void
fails(struct runtool *c, int code, const char *words)
{
	struct runtool_result result = {.size = sizeof(result)};
	struct runtool_error err = {.size = sizeof(err)};

	ck_assert_int_eq(runtool_run(c, &run_true, &result, &err), -1);
	ck_assert_contains(err.message, words);
	ck_assert_int_eq(err.code, code);
}

/* A port of this host that refuses connections, as long as the descriptor is open. */
static int
closed_port(int *fd)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(sin);

	*fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ne(*fd, -1);
	ck_assert_int_eq(bind(*fd, (const struct sockaddr *)&sin, sizeof(sin)), 0);
	ck_assert_int_eq(getsockname(*fd, (struct sockaddr *)&sin, &len), 0);
	return (ntohs(sin.sin_port));
}

static const char *
platform_of(int port, int other)
{
	return (harness_file(harness_text("[Run_Tool]\ninfo_read_timeout = 60\n[Evaluator]\n"
					  "NegligibleExternalLoadPerCPU = 1000\n"
					  "[test]\nhosts = 127.0.0.1:%d 127.0.0.1:%d\n",
	    port, other)));
}

/* ---- a platform ----------------------------------------------------------------------------- */

START_TEST(a_platforms_servers_are_chosen_for_each_run)
{
	struct runtool_servers s = servers();
	struct runtool_ping ping = {.size = sizeof(ping)};
	struct runtool_error err = {.size = sizeof(err)};
	struct server a, b;
	struct runtool *c;
	int port;

	server_start_best(&a, "");
	server_start_best(&b, "");
	s.config = platform_of(a.port, b.port);
	s.platform = "test";
	c = open_these(&s);
	ck_assert_ptr_null(runtool_host(c));
	ck_assert_int_eq(runtool_ping(c, &ping, &err), -1);
	ck_assert_int_eq(err.code, RUNTOOL_INVALID);
	runs(c);
	ck_assert_str_eq(runtool_host(c), "127.0.0.1");
	ck_assert_int_eq(runtool_ping(c, &ping, &err), 0);
	/* Whichever it was: the next run goes to the other one, once that is away. */
	port = (int)strtol(runtool_port(c), NULL, 10);
	server_stop(port == a.port ? &a : &b);
	runs(c);
	ck_assert_int_eq(strtol(runtool_port(c), NULL, 10), a.port + b.port - port);
	ck_assert_str_eq(told.remarks,
	    harness_text("127.0.0.1:%d: cannot connect (127.0.0.1: Connection refused)\n", port));
	server_stop(port == a.port ? &b : &a);
	fails(c, RUNTOOL_TRANSPORT, "[test]: no host answers: ");
	ck_assert_ptr_null(runtool_host(c));
	runtool_close(c);
}
END_TEST

START_TEST(a_run_that_waits_for_a_server_can_be_cancelled)
{
	struct runtool_servers s = servers();
	int fds[2], port;

	port = closed_port(&fds[0]);
	if (_i == 0) {
		s.platform = "test";
		s.config = platform_of(port, closed_port(&fds[1]));
	} else {
		s.host = "127.0.0.1";
		s.port = harness_text("%d", port);
	}
	s.wait_ms = 1000 * TEST_LIMIT;
	told.cancel = open_these(&s);
	fails(told.cancel, RUNTOOL_CANCELLED, "cancelled");
	ck_assert_int_eq(told.waits, 1);
	runtool_close(told.cancel);
	close(fds[0]);
	if (_i == 0)
		close(fds[1]);
}
END_TEST

/* Runs its tool in a thread, until it is cancelled. */
static void *
occupy(void *arg)
{
	struct runtool_result result = {.size = sizeof(result)};
	struct runtool_error err = {.size = sizeof(err)};
	const char *const argv[] = {"/bin/sh", "-c", "sleep 600; :", "occupied", NULL};
	struct runtool_request sleeps = run_true;

	sleeps.argv = argv;
	(void)runtool_run(arg, &sleeps, &result, &err);
	return (NULL);
}

static bool
is_full(struct runtool *c)
{
	struct runtool_ping ping = {.size = sizeof(ping)};
	struct runtool_error err = {.size = sizeof(err)};

	return (runtool_ping(c, &ping, &err) == 0 && ping.in_flight > 0);
}

static const int busy_timeouts[] = {-1, 300};

START_TEST(servers_without_room_are_waited_for_as_long_as_is_wanted)
{
	struct runtool_request impatient = run_true;
	struct runtool_result result = {.size = sizeof(result)};
	struct runtool_error err = {.size = sizeof(err)};
	struct runtool_servers s = servers();
	struct runtool *c, *other;
	struct server only;
	pthread_t thread;

	server_start_best(&only, "server_max_threads = 1\nserver_max_pending = 0\n");
	s.config = platform_of(only.port, only.port);
	s.platform = "test";
	c = open_these(&s);
	other = open_these(&s);
	runs(c);
	ck_assert_int_eq(pthread_create(&thread, NULL, occupy, other), 0);
	ck_assert_soon(is_full(c));
	impatient.busy_timeout_ms = busy_timeouts[_i];
	ck_assert_int_eq(runtool_run(c, &impatient, &result, &err), -1);
	ck_assert_int_eq(err.code, RUNTOOL_CLIENT);
	ck_assert(err.refused);
	ck_assert_contains(err.message, "request denied: ");
	runtool_cancel(other);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	/* There is room again. */
	runs(c);
	runtool_close(other);
	runtool_close(c);
	server_stop(&only);
}
END_TEST

static const struct runtool_request new_needs[] = {
    {.size = sizeof(run_true), .root = 1, .argv = true_argv, .check = true},
    {.size = sizeof(run_true), .root = 1, .argv = true_argv, .merge_stderr = true},
    {.size = sizeof(run_true), .root = 1, .argv = true_argv, .stream_stdin = true},
    {.size = sizeof(run_true), .root = 1, .argv = true_argv, .stream_stdin = true, .tty = true},
};

/* Whichever of the two this host would ask first. */
START_TEST(servers_too_old_for_a_run_are_passed_over)
{
	struct runtool_request request = new_needs[_i];
	struct runtool_result result = {.size = sizeof(result)};
	struct runtool_error err = {.size = sizeof(err)};
	struct runtool_servers s = servers();
	struct server old, new;
	struct runtool *c;
	int i;

	server_start_best(&old, "max_interface_version = 4\n");
	server_start_best(&new, "max_interface_version = 5\n");
	ck_assert_int_ne(request.stdin_fd = open("/dev/null", O_RDONLY | O_CLOEXEC), -1);
	s.platform = "test";
	for (i = 0; i < 2; i++) {
		s.config = platform_of((i == 0 ? &old : &new)->port, (i == 0 ? &new : &old)->port);
		c = open_these(&s);
		ck_assert_msg(runtool_run(c, &request, &result, &err) == 0, "%s", err.message);
		ck_assert_int_eq(result.interface, 5);
		runtool_close(c);
	}
	server_stop(&new);

	s.config = platform_of(old.port, old.port);
	c = open_these(&s);
	ck_assert_int_eq(runtool_run(c, &request, &result, &err), -1);
	ck_assert_contains(err.message, "[test]: no host matches: ");
	ck_assert_contains(told.remarks, ": speaks version 4 of the interface, which has no ");
	runs(c);
	runtool_close(c);
	close(request.stdin_fd);
	server_stop(&old);
}
END_TEST

/* ---- an area -------------------------------------------------------------------------------- */

START_TEST(a_first_server_is_started_only_where_that_is_asked_for)
{
	const char *dir = fleet_directory(), *sign = harness_text("%s.started", dir);
	struct runtool_servers s = servers();
	struct runtool *c;

	s.config = harness_file(harness_text(
	    "[Run_Tool_Fleet]\ndir = %s\nstart_command = touch %s; exit 7\n", dir, sign));
	s.area = "nobody";
	c = open_these(&s);
	fails(c, RUNTOOL_TRANSPORT, "no server is registered: start a RunToolServer");
	ck_assert_int_eq(access(sign, F_OK), -1);
	runtool_close(c);
	s.start = true;
	c = open_these(&s);
	fails(c, RUNTOOL_TRANSPORT, "start_command failed: exit status 7");
	ck_assert_int_eq(access(sign, F_OK), 0);
	runtool_close(c);
	unlink(sign);
}
END_TEST

/* A process that has ended counts. */
static bool
has_children(void)
{
	siginfo_t info;

	return (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0);
}

START_TEST(a_start_command_that_outlives_its_object_becomes_no_zombie)
{
	const char *dir = fleet_directory(), *sign = harness_text("%s.started", dir);
	struct runtool_result result = {.size = sizeof(result)};
	struct runtool_error err = {.size = sizeof(err)};
	struct runtool_servers s = servers();
	struct runtool *c;

	s.config = harness_file(harness_text("[Run_Tool_Fleet]\ndir = %s\nstart_command = "
					     "touch %s; while test -e %s; do sleep 0.05; done\n",
	    dir, sign, sign));
	s.area = "nobody";
	s.start = true;
	c = open_these(&s);
	ck_assert_int_eq(runtool_start(c, &run_true, &err), 0);
	ck_assert_soon(access(sign, F_OK) == 0);
	runtool_cancel(c);
	ck_assert_soon(runtool_process(c, &result, &err) == -1);
	ck_assert_int_eq(err.code, RUNTOOL_CANCELLED);
	runtool_close(c);
	ck_assert(has_children());
	ck_assert_int_eq(unlink(sign), 0);
	ck_assert_soon(!has_children());
}
END_TEST

/* ---- what is asked for ---------------------------------------------------------------------- */

static const struct {
	struct runtool_servers servers;
	const char *words;
} wrong[] = {
    {{.size = sizeof(struct runtool_servers)}, "one of host, platform and area"},
    {{.size = sizeof(struct runtool_servers), .host = "a", .area = "b"}, "and only one"},
    {{.size = sizeof(struct runtool_servers), .area = "a", .port = "1"}, "there is no host"},
    {{.size = sizeof(struct runtool_servers), .host = "a", .wait_ms = -1}, "is negative"},
    {{.size = sizeof(struct runtool_servers), .area = "a", .config = "/none"}, "/none"},
    {{.size = sizeof(struct runtool_servers), .platform = "a", .config = "/dev/null"}, "[a]"},
    {{.host = "a"}, "must be sizeof(struct runtool_servers)"},
};

START_TEST(servers_that_make_no_sense_are_refused)
{
	struct runtool_error err = {.size = sizeof(err)};

	ck_assert_ptr_null(runtool_open(&wrong[_i].servers, &err));
	ck_assert_int_eq(err.code, RUNTOOL_INVALID);
	ck_assert_contains(err.message, wrong[_i].words);
}
END_TEST

Suite *
servers_suite(void)
{
	Suite *suite = suite_create("servers");
	TCase *tc = tcase_create("servers");

	tcase_set_timeout(tc, TEST_LIMIT);
	tcase_add_checked_fixture(tc, set_up, NULL);
	testing_from(tc, TESTING_QUICK);
	tcase_add_test(tc, a_platforms_servers_are_chosen_for_each_run);
	testing_from(tc, TESTING_CHECK);
	tcase_add_loop_test(tc, a_run_that_waits_for_a_server_can_be_cancelled, 0, 2);
	tcase_add_loop_test(tc, servers_without_room_are_waited_for_as_long_as_is_wanted, 0, 2);
	tcase_add_loop_test(tc, servers_too_old_for_a_run_are_passed_over, 0,
	    (int)(sizeof(new_needs) / sizeof(new_needs[0])));
	tcase_add_test(tc, a_first_server_is_started_only_where_that_is_asked_for);
	tcase_add_test(tc, a_start_command_that_outlives_its_object_becomes_no_zombie);
	tcase_add_loop_test(
	    tc, servers_that_make_no_sense_are_refused, 0, (int)(sizeof(wrong) / sizeof(wrong[0])));
	suite_add_tcase(suite, tc);
	return (suite);
}
