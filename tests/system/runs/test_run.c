/* What a client gets for its request: results, output, failures. */
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "system/harness.h"
#include "system/helper.h"
#include "system/proc.h"
#include "system/run5.h"
#include "system/suites.h"

#define LARGE	     (200LL * 1000 * 1000)
#define WARM_UP	     50
#define LAUNCHES     testing_times(100, 1000)
#define MOST_MORE_KB 300 /* after that many the server takes at most so much more */
#define PERIOD	     251 /* flood's */
#define MANY	     12	 /* server_config(): 4 tools and 8 that wait */

/* Does this run alone on a server of its own, with these settings. */
static void
run_alone(struct run *r, const char *settings)
{
	struct server s;

	server_start_best(&s, settings);
	run_do(&s, r);
	server_stop(&s);
}

/* The same for a run that fails with this code, and these words. */
static void
fails_alone(struct run *r, int32_t code, const char *words)
{
	struct server s;

	server_start_best(&s, NULL);
	run_fails(&s, r, code);
	ck_assert_contains(r->failure.message, words);
	server_stop(&s);
}

START_TEST(the_exit_status_is_reported)
{
	struct run r = RUN("/bin/sh", "-c", "exit 3");

	run_alone(&r, NULL);
	ck_assert_int_eq(r.status, 3);
	ck_assert_int_eq(r.signal, 0);
	ck_assert(!r.core);
	run_free(&r);
}
END_TEST

START_TEST(the_signal_is_reported)
{
	struct run r = RUN("/bin/sh", "-c", "kill -9 $$");

	run_alone(&r, NULL);
	ck_assert_int_eq(r.status, 0);
	ck_assert_int_eq(r.signal, SIGKILL);
	ck_assert(!r.core);
	run_free(&r);
}
END_TEST

/* Whether a process of this host leaves a core file where it stands, if its limit lets it. */
static bool
cores_are_files(void)
{
	struct rlimit limit;
	char pattern[128] = "|";
	int fd = open("/proc/sys/kernel/core_pattern", O_RDONLY | O_CLOEXEC);

	if (fd != -1 && read(fd, pattern, sizeof(pattern)) <= 0)
		pattern[0] = '|';
	if (fd != -1)
		close(fd);
	return (getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_max > 0 && pattern[0] != '|' &&
		pattern[0] != '/');
}

START_TEST(a_core_dump_is_reported)
{
	struct run r = RUN("/bin/sh", "-c", "kill -6 $$");
	glob_t cores;

	run_alone(&r, "coredumpsize_limit = -1\n");
	ck_assert_int_eq(r.signal, SIGABRT);
	ck_assert_int_eq(r.core, cores_are_files());
	if (glob(harness_in_root(".WD/core*"), 0, NULL, &cores) == 0) {
		for (size_t i = 0; i < cores.gl_pathc; i++)
			unlink(cores.gl_pathv[i]);
		globfree(&cores);
	}
	run_free(&r);
}
END_TEST

START_TEST(core_dumps_can_be_turned_off)
{
	struct run r = RUN("/bin/sh", "-c", "kill -6 $$");

	run_alone(&r, "coredumpsize_limit = 0\n");
	ck_assert_int_eq(r.signal, SIGABRT);
	ck_assert(!r.core);
	run_free(&r);
}
END_TEST

/*
 * The tool's output is the relay itself; or a pipe that leads to it, since the tool has a network of
 * its own (_i = 1), or /dev/stdout (_i = 2).
 */
static enum mode
output_mode(int i)
{
	static const enum mode with_pipes[] = {MODE_ALL, MODE_NAMED};

	return (i == 0 ? harness_mode() : with_pipes[i - 1]);
}

static void
add_output(TCase *tc, const TTest *test)
{
	tcase_add_test(tc, test);
	harness_add_admin_loop(tc, test, 1, 2);
	harness_add_mounts_loop(tc, test, 2, 3);
}

START_TEST(stdout_and_stderr_are_kept_apart)
{
	struct server s;
	struct run r = RUN("/bin/sh", "-c", "echo out; echo err >&2; echo out again");

	server_start_mode(&s, output_mode(_i), NULL);
	run_do(&s, &r);
	server_stop(&s);
	ck_assert_str_eq(run_out(&r), "out\nout again\n");
	ck_assert_str_eq(run_err(&r), "err\n");
	run_free(&r);
}
END_TEST

START_TEST(output_comes_while_the_tool_runs)
{
	struct server s;
	struct run r = RUN("/bin/sh", "-c", "echo now; sleep 60");

	server_start_mode(&s, output_mode(_i), NULL);
	run_start(&s, &r);
	run_await(&r, "now\n");
	ck_assert(!r.replied);
	run_free(&r);
	ck_assert_soon(call_cur_tools(&s) == 0);
	server_stop(&s);
}
END_TEST

START_TEST(output_nobody_wants_is_discarded)
{
	struct run r = RUN("/bin/sh", "-c", "echo out && echo err >&2");

	r.no_out = r.no_err = true;
	run_alone(&r, NULL);
	ck_assert_int_eq(r.status, 0);
	run_free(&r);
}
END_TEST

START_TEST(no_input_is_the_null_device)
{
	struct run r = RUN("/bin/sh", "-c", "cat");

	run_alone(&r, NULL);
	ck_assert_int_eq(r.status, 0);
	ck_assert_str_eq(run_out(&r), "");
	run_free(&r);
}
END_TEST

START_TEST(the_environment_is_the_requests_and_no_more)
{
	struct run r = RUN(harness_tool(harness_mode(), "show"), "env");

	r.env =
	    (const char *const[]){"A=1", "-cmd", "no equals sign", "A=2", "", "-env", "B==", NULL};
	run_alone(&r, NULL);
	ck_assert_str_eq(
	    run_out(&r), "[A=1]\n[-cmd]\n[no equals sign]\n[A=2]\n[]\n[-env]\n[B==]\n");
	run_free(&r);
}
END_TEST

START_TEST(an_empty_environment_stays_empty)
{
	struct run r = RUN(harness_tool(harness_mode(), "show"), "env");

	run_alone(&r, NULL);
	ck_assert_str_eq(run_out(&r), "");
	run_free(&r);
}
END_TEST

START_TEST(arguments_arrive_as_they_were_sent)
{
	struct run r = RUN(harness_tool(harness_mode(), "show"), "args", "", "-cmd", " a  b ", "",
	    "-root", "--", "new\nline", "*", "\xff\x01", "");

	run_alone(&r, NULL);
	ck_assert_str_eq(run_out(&r),
	    "[]\n[-cmd]\n[ a  b ]\n[]\n[-root]\n[--]\n[new\nline]\n[*]\n[\xff\x01]\n[]\n");
	run_free(&r);
}
END_TEST

/* argv for show: `n` arguments of `len` bytes. */
static const char *const *
long_arguments(size_t n, size_t len)
{
	const char **argv = (const char **)(void *)harness_alloc((n + 3) * sizeof(*argv));
	char *arg = harness_alloc(len + 1);

	memset(arg, 'x', len);
	argv[0] = harness_tool(harness_mode(), "show");
	argv[1] = "lengths";
	for (size_t i = 0; i < n; i++)
		argv[i + 2] = arg;
	return (argv);
}

START_TEST(a_megabyte_and_a_half_of_arguments_arrives)
{
	static const size_t counts[] = {12, 15000};
	size_t n = counts[_i], len = 1500000 / n;
	struct run r = RUN_ARGV(long_arguments(n, len));

	run_alone(&r, NULL);
	ck_assert_str_eq(run_out(&r), harness_text("%zu %zu\n", n, n * len));
	run_free(&r);
}
END_TEST

START_TEST(too_long_arguments_are_a_failure_of_the_configuration)
{
	static const size_t sizes[][2] = {{1, 200000}, {30, 120000}};
	struct run r = RUN_ARGV(long_arguments(sizes[_i][0], sizes[_i][1]));

	fails_alone(&r, SRPC_CONFIGURATION_ERROR, "Argument list too long");
	run_free(&r);
}
END_TEST

/* Working directories: those where the tool runs, and what they are to it; and those refused. */
#define RUNS_IN(wd, seen)   \
	{                   \
		wd, 0, seen \
	}
#define REFUSED_IN(wd, code, words) \
	{                           \
		wd, code, words     \
	}
static const struct {
	const char *wd;
	int32_t code;	   /* 0: the tool runs */
	const char *words; /* its working directory; of a refusal, part of the message */
} places[] = {
    RUNS_IN(".WD", "/.WD"),
    RUNS_IN("/.WD", "/.WD"),
    RUNS_IN(".WD/", "/.WD"),
    RUNS_IN("tmp", "/tmp"),
    RUNS_IN(".", "/"),
    RUNS_IN("tmp/../.WD", "/.WD"),
    REFUSED_IN("..", SRPC_CONFIGURATION_ERROR, ""),
    REFUSED_IN("../..", SRPC_CONFIGURATION_ERROR, ""),
    REFUSED_IN(".WD/../../../work", SRPC_CONFIGURATION_ERROR, ""),
    REFUSED_IN("none", SRPC_INTERNAL_TROUBLE, "Can't establish working directory"),
    REFUSED_IN("none", SRPC_INTERNAL_TROUBLE, "No such file or directory"),
    REFUSED_IN("bin/true", SRPC_INTERNAL_TROUBLE, "Can't establish working directory"),
};

START_TEST(a_working_directory_is_below_the_root)
{
	struct server s;
	struct run r = RUN("pwd");

	r.env = (const char *const[]){"PATH=/bin", NULL};
	r.directory = places[_i].wd;
	server_start_best(&s, NULL);
	if (places[_i].code != 0) {
		run_fails(&s, &r, places[_i].code);
		ck_assert_contains(r.failure.message, places[_i].words);
	} else {
		run_do(&s, &r);
		ck_assert_str_eq(run_out(&r), harness_text("%s\n", places[_i].words));
	}
	run_free(&r);
	server_stop(&s);
}
END_TEST

/* Outside of it there is nothing to be had, whichever way the link is read. */
START_TEST(a_symlink_does_not_lead_out_of_the_root)
{
	static const char *const targets[] = {"../../../work", "/../../../../../proc", NULL};
	const char *name = harness_unique("link");
	const char *target = targets[_i] != NULL ? targets[_i] : harness_installed("work");
	struct server s;
	struct run r = RUN("/bin/true");

	ck_assert_int_eq(symlink(target, harness_in_root(harness_text("tmp/%s", name))), 0);
	r.directory = harness_text("tmp/%s", name);
	server_start_best(&s, NULL);
	run_start(&s, &r);
	run_finish(&r);
	ck_assert_msg(r.failed, "a tool ran in %s", target);
	ck_assert(
	    r.failure.code == SRPC_CONFIGURATION_ERROR || r.failure.code == SRPC_INTERNAL_TROUBLE);
	run_free(&r);
	server_stop(&s);
}
END_TEST

START_TEST(a_missing_root_is_named)
{
	struct run r = RUN("/bin/true");

	r.root = 0x99;
	fails_alone(&r, SRPC_INTERNAL_TROUBLE, "Can't establish working directory");
	ck_assert_contains(r.failure.message, "/00000099");
	ck_assert_contains(r.failure.message, "No such file or directory");
	run_free(&r);
}
END_TEST

/* A file for the tests that execute one: its path as the tool's root sees it. */
static const char *
program_file(const char *name, const char *text, mode_t mode)
{
	const char *path = harness_in_root(name);
	int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	ck_assert_int_eq(fchmod(fd, mode), 0);
	close(fd);
	return (harness_mode() == MODE_TESTING ? path : harness_text("/%s", name));
}

START_TEST(a_tool_without_a_slash_is_found_in_its_path)
{
	struct run r = RUN("sh", "-c", "exit 3");

	r.env = (const char *const[]){"PATH=/none:/etc:/bin", NULL};
	run_alone(&r, NULL);
	ck_assert_int_eq(r.status, 3);
	run_free(&r);
}
END_TEST

START_TEST(the_working_directory_comes_before_the_path)
{
	const char *name = harness_unique("tool");
	struct run r = RUN(name);

	program_file(harness_text(".WD/%s", name), "#!/bin/sh\necho here\n", 0755);
	r.env = (const char *const[]){"PATH=/bin", NULL};
	run_alone(&r, NULL);
	ck_assert_str_eq(run_out(&r), "here\n");
	run_free(&r);
}
END_TEST

enum { NOT_THERE, NOT_IN_PATH, A_DIRECTORY, NOT_EXECUTABLE, NO_INTERPRETER, NO_PROGRAM, NO_TOOLS };

static const char *
no_tool(int kind)
{
	const char *name = harness_text("tmp/%s", harness_unique("tool"));

	switch (kind) {
	case NOT_THERE:
		return ("/bin/none");
	case NOT_IN_PATH:
		return ("none");
	case A_DIRECTORY:
		return ("/tmp");
	case NOT_EXECUTABLE:
		return (program_file(name, "#!/bin/sh\n", 0644));
	case NO_INTERPRETER:
		return (program_file(name, "#!/bin/none\n", 0755));
	default:
		return (program_file(name, "neither a script nor a program\n", 0755));
	}
}

START_TEST(a_tool_that_cannot_be_executed_is_a_failure)
{
	struct run r = RUN(no_tool(_i));

	r.env = (const char *const[]){"PATH=/bin", NULL};
	fails_alone(&r, SRPC_CLIENT_ERROR, "Execve failure");
	run_free(&r);
}
END_TEST

START_TEST(a_large_output_is_complete)
{
	static uint8_t pattern[PERIOD * 1100];
	struct server s;
	struct run r = RUN(harness_tool(harness_mode(), "flood"), harness_text("%lld", LARGE));
	uint64_t seen = 0;
	int64_t end = harness_now() + INT64_C(2) * CALL_MS;

	for (size_t i = 0; i < sizeof(pattern); i++)
		pattern[i] = (uint8_t)(i % PERIOD);
	server_start_mode(&s, output_mode(_i), NULL);
	run_start(&s, &r);
	while (!r.replied || !r.ended[0]) {
		ck_assert(harness_now() < end);
		run_pump(&r, 100);
		ck_assert_uint_le(r.output[0].len, sizeof(pattern) - PERIOD);
		if (r.output[0].len > 0)
			ck_assert(memcmp(r.output[0].data, pattern + seen % PERIOD,
				      r.output[0].len) == 0);
		seen += r.output[0].len;
		r.output[0].len = 0;
	}
	ck_assert(!r.failed);
	ck_assert_int_eq(r.status, 0);
	ck_assert_uint_eq(seen, LARGE);
	run_free(&r);
	server_stop(&s);
}
END_TEST

/* All that may run or wait at once. */
START_TEST(tools_that_run_at_once_do_not_mix_their_output)
{
	struct server s;
	struct run r[MANY];

	server_start_mode(&s, output_mode(_i), NULL);
	for (int i = 0; i < MANY; i++) {
		const char **argv = (const char **)(void *)harness_alloc(4 * sizeof(*argv));

		argv[0] = "/bin/sh";
		argv[1] = "-c";
		argv[2] = harness_text("echo out %d; echo err %d >&2; exit %d", i, i, i);
		r[i] = RUN_ARGV(argv);
		run_start(&s, &r[i]);
	}
	for (int i = 0; i < MANY; i++) {
		run_finish(&r[i]);
		ck_assert_msg(
		    !r[i].failed, "failure %d '%s'", r[i].failure.code, r[i].failure.message);
		ck_assert_int_eq(r[i].status, i);
		ck_assert_str_eq(run_out(&r[i]), harness_text("out %d\n", i));
		ck_assert_str_eq(run_err(&r[i]), harness_text("err %d\n", i));
		run_free(&r[i]);
	}
	server_stop(&s);
}
END_TEST

/* Nobody reads it any more; a tool that inherits SIGPIPE ignored would go on. */
START_TEST(a_tool_whose_output_is_closed_gets_sigpipe)
{
	struct server s;
	struct run r = RUN(harness_tool(harness_mode(), "flood"), "1000000000");

	r.keep_nothing = true;
	server_start_mode(&s, output_mode(_i), NULL);
	run_start(&s, &r);
	while (r.received[0] == 0)
		run_pump(&r, 1000);
	close(r.relay[0]);
	r.relay[0] = -1;
	r.ended[0] = true;
	run_finish(&r);
	ck_assert(!r.failed);
	ck_assert_int_eq(r.signal, SIGPIPE);
	run_free(&r);
	server_stop(&s);
}
END_TEST

/* Otherwise it could be connected to elsewhere, by way of the host's network. */
START_TEST(a_tool_with_a_network_of_its_own_holds_no_socket)
{
	struct server s;
	struct run r = RUN("/bin/show", "state");

	server_start_mode(&s, MODE_ALL, NULL);
	run_do(&s, &r);
	ck_assert_contains(run_out(&r), "\nsockets\n");
	run_free(&r);
	server_stop(&s);
}
END_TEST

/*
 * Over either version, in a named root that has proc and dev; or, from MODES on, in the volatile one
 * that the policy gives them.
 */
START_TEST(a_tool_can_open_its_output_by_name)
{
	static const char script[] =
	    "echo a >/dev/stdout && echo b >/proc/self/fd/1 && echo c >>/dev/fd/1 && "
	    "echo d >/dev/stderr && echo e | tee /dev/stderr && cat </dev/stdin && exec 2>&1 && "
	    "echo f >&2 && echo g >/dev/stdout && echo h >/dev/stderr";
	struct server s = {
	    .mode = (enum mode)(_i % MODES), .settings = "max_interface_version = 5\n"};
	struct run r = RUN("/bin/sh", "-c", script);
	struct run5 r5 = RUN5("/bin/sh", "-c", script);

	if (_i >= MODES) {
		helper_policy = helper_policy_file("volatile\nproc\ndev\n");
		s.prepare = helper_put_policy;
	}
	r.env = r5.env = (const char *const[]){"PATH=/bin", NULL};
	server_start(&s);
	run_do(&s, &r);
	run5_do(&s, &r5);
	server_stop(&s);
	ck_assert_str_eq(run_err(&r), "d\ne\n");
	ck_assert_str_eq(run_out(&r), "a\nb\nc\ne\nf\ng\nh\n");
	ck_assert_int_eq(r.status, 0);
	ck_assert_str_eq(run5_err(&r5), "d\ne\n");
	ck_assert_str_eq(run5_out(&r5), "a\nb\nc\ne\nf\ng\nh\n");
	run_free(&r);
	run5_free(&r5);
}
END_TEST

/* Its client lives, but does not read. */
START_TEST(output_that_nobody_reads_does_not_hold_up_the_servers_end)
{
	struct server s;
	struct run r = RUN(harness_tool(harness_mode(), "flood"), "1000000000");

	r.unread = true;
	server_start_mode(&s, output_mode(_i), NULL);
	run_start(&s, &r);
	ck_assert_soon(call_cur_tools(&s) == 1);
	server_stop(&s);
	run_free(&r);
}
END_TEST

static void
add_names(TCase *tc, const TTest *test)
{
	static const int modes[] = {MODE_NAMED, MODES + MODE_PID, MODES + MODE_NONE};
	static const int rootless[] = {MODE_ROOTLESS_NAMED, MODES + MODE_ROOTLESS};

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		harness_add_mounts_loop(tc, test, modes[i], modes[i] + 1);
	for (size_t i = 0; i < sizeof(rootless) / sizeof(rootless[0]); i++)
		helper_add_rootless(tc, test, rootless[i], rootless[i] + 1);
}

static void
launch_some(const struct server *s, int n)
{
	while (n-- > 0) {
		struct run r = RUN("/bin/sh", "-c", "exit 3");

		run_do(s, &r);
		ck_assert_int_eq(r.status, 3);
		run_free(&r);
	}
}

START_TEST(launches_leave_no_process_and_no_thread)
{
	struct server s;
	size_t threads, children;

	server_start_best(&s, NULL);
	launch_some(&s, WARM_UP);
	threads = proc_threads(server_pid(&s));
	children = proc_children(server_pid(&s));
	launch_some(&s, LAUNCHES);
	ck_assert_uint_eq(proc_threads(server_pid(&s)), threads);
	ck_assert_uint_eq(proc_children(server_pid(&s)), children);
	server_stop(&s);
}
END_TEST

/* The server's descriptors are for root to see. */
START_TEST(launches_leave_no_descriptor_open)
{
	struct server s;
	size_t before;

	server_start_best(&s, NULL);
	launch_some(&s, WARM_UP);
	before = proc_descriptors(server_pid(&s));
	ck_assert_uint_gt(before, 0);
	launch_some(&s, LAUNCHES);
	ck_assert_soon(proc_descriptors(server_pid(&s)) <= before);
	server_stop(&s);
}
END_TEST

/* In kB. The shadow memory of a sanitizer is beyond it; there, leaks are found at the exit. */
#define PLAIN_SIZE 1000000000L

START_TEST(launches_take_no_memory)
{
	struct server s;
	long before;

	server_start_best(&s, NULL);
	launch_some(&s, WARM_UP);
	before = proc_number(server_pid(&s), "VmRSS");
	launch_some(&s, LAUNCHES);
	if (proc_number(server_pid(&s), "VmSize") < PLAIN_SIZE)
		ck_assert_int_le(proc_number(server_pid(&s), "VmRSS"), before + MOST_MORE_KB);
	server_stop(&s);
}
END_TEST

/* A line for each tool; what the client sent cannot forge one. */
START_TEST(each_run_is_logged_on_one_line)
{
	struct server s;
	struct run r = RUN("/bin/sh", "-c", "exit 3", "\nrun id=forged\033[1m");
	struct run named = RUN("/bin/none\nrun id=forged\033[1m");

	server_start_best(&s, NULL);
	run_do(&s, &r);
	run_fails(&s, &named, SRPC_CLIENT_ERROR);
	ck_assert_soon(strstr(server_log(&s), "status=3") != NULL);
	server_logs(&s, "client=127.0.0.1:");
	server_logs(&s, "root=00000001");
	server_logs(&s, "tool=/bin/sh");
	server_logs(&s, "secs=");
	ck_assert_ptr_null(strstr(server_log(&s), "\nrun id=forged"));
	ck_assert_ptr_null(strchr(server_log(&s), '\033'));
	run_free(&r);
	run_free(&named);
	server_stop(&s);
}
END_TEST

Suite *
run_suite(void)
{
	Suite *suite = suite_create("run");
	TCase *tc;

	tc = tcase_create("results");
	tcase_set_timeout(tc, 60);
	testing_from(tc, TESTING_QUICK);
	tcase_add_test(tc, the_exit_status_is_reported);
	tcase_add_test(tc, the_signal_is_reported);
	tcase_add_test(tc, each_run_is_logged_on_one_line);
	testing_from(tc, TESTING_CHECK);
	tcase_add_test(tc, a_core_dump_is_reported);
	tcase_add_test(tc, core_dumps_can_be_turned_off);
	suite_add_tcase(suite, tc);

	tc = tcase_create("output");
	tcase_set_timeout(tc, 60);
	testing_from(tc, TESTING_QUICK);
	add_output(tc, stdout_and_stderr_are_kept_apart);
	add_names(tc, a_tool_can_open_its_output_by_name);
	testing_from(tc, TESTING_CHECK);
	add_output(tc, output_comes_while_the_tool_runs);
	tcase_add_test(tc, output_nobody_wants_is_discarded);
	add_output(tc, a_large_output_is_complete);
	add_output(tc, tools_that_run_at_once_do_not_mix_their_output);
	add_output(tc, a_tool_whose_output_is_closed_gets_sigpipe);
	harness_add_admin(tc, a_tool_with_a_network_of_its_own_holds_no_socket);
	add_output(tc, output_that_nobody_reads_does_not_hold_up_the_servers_end);
	tcase_add_test(tc, launches_leave_no_process_and_no_thread);
	testing_add_root(tc, launches_leave_no_descriptor_open);
	tcase_add_test(tc, launches_take_no_memory);
	suite_add_tcase(suite, tc);

	tc = tcase_create("arguments");
	tcase_set_timeout(tc, 60);
	testing_from(tc, TESTING_QUICK);
	tcase_add_test(tc, the_environment_is_the_requests_and_no_more);
	testing_from(tc, TESTING_CHECK);
	tcase_add_test(tc, no_input_is_the_null_device);
	tcase_add_test(tc, an_empty_environment_stays_empty);
	tcase_add_test(tc, arguments_arrive_as_they_were_sent);
	tcase_add_loop_test(tc, a_megabyte_and_a_half_of_arguments_arrives, 0, 2);
	tcase_add_loop_test(tc, too_long_arguments_are_a_failure_of_the_configuration, 0, 2);
	suite_add_tcase(suite, tc);

	tc = tcase_create("places");
	tcase_set_timeout(tc, 60);
	testing_from(tc, TESTING_QUICK);
	tcase_add_test(tc, a_tool_without_a_slash_is_found_in_its_path);
	testing_from(tc, TESTING_CHECK);
	testing_add_root_loop(tc, a_working_directory_is_below_the_root, 0,
	    (int)(sizeof(places) / sizeof(places[0])));
	testing_add_root_loop(tc, a_symlink_does_not_lead_out_of_the_root, 0, 3);
	tcase_add_test(tc, a_missing_root_is_named);
	tcase_add_test(tc, the_working_directory_comes_before_the_path);
	tcase_add_loop_test(tc, a_tool_that_cannot_be_executed_is_a_failure, 0, NO_TOOLS);
	suite_add_tcase(suite, tc);
	return (suite);
}
