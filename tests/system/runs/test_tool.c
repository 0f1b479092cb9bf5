/* What a tool finds when it starts: the state of its process, from inside. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "system/harness.h"
#include "system/proc.h"
#include "system/run.h"
#include "system/suites.h"

/* Starts the server as badly as it can be started; none of it may reach a tool. */
static void
bad_start(void)
{
	struct sigaction sa = {.sa_handler = SIG_IGN};
	struct rlimit files = {.rlim_cur = 200, .rlim_max = 3000};
	struct rlimit stack = {.rlim_cur = 3145728, .rlim_max = 16777216};
	sigset_t all;
	int sig, fd;

	for (sig = 1; sig < NSIG; sig++)
		sigaction(sig, &sa, NULL);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	umask(077);
	setrlimit(RLIMIT_NOFILE, &files);
	setrlimit(RLIMIT_STACK, &stack);
	setenv("SECRET", "of the server", 1);
	/* Not close-on-exec. */
	for (fd = 3; fd < 20; fd++)
		if (dup2(0, fd + 1) == -1)
			_exit(PROGRAM_NOT_RUN);
}

/* What `show state` says. */
static const char *
state(void)
{
	struct server s = {.mode = harness_mode(), .prepare = bad_start};
	struct run r = RUN(harness_tool(harness_mode(), "show"), "state");
	const char *out;

	server_start(&s);
	run_do(&s, &r);
	ck_assert_int_eq(r.status, 0);
	out = run_out(&r);
	run_free(&r);
	server_stop(&s);
	return (harness_text("\n%s", out));
}

START_TEST(a_tool_has_descriptors_0_to_2_and_they_block)
{
	ck_assert_contains(state(), "\ndescriptors 0 1 2\n");
}
END_TEST

START_TEST(a_tool_starts_with_default_signals)
{
	const char *s = state();

	ck_assert_contains(s, "\nblocked\n");
	ck_assert_contains(s, "\nignored\n");
}
END_TEST

START_TEST(a_tool_starts_with_umask_022)
{
	ck_assert_contains(state(), "\numask 022\n");
}
END_TEST

START_TEST(a_tool_has_no_terminal)
{
	ck_assert_contains(state(), "\nterminal none\n");
}
END_TEST

START_TEST(a_tool_has_the_limits_that_the_server_was_started_with)
{
	const char *s = state();

	ck_assert_contains(s, "\nnofile 200 3000\n");
	ck_assert_contains(s, "\nstack 3145728 16777216\n");
}
END_TEST

START_TEST(a_tool_is_the_servers_user_and_nobody_else)
{
	const char *s = state();

	ck_assert_contains(
	    s, harness_text("\nuids %u %u %u\n", harness_user(), harness_user(), harness_user()));
	ck_assert_contains(
	    s, harness_text("\ngids %u %u %u\n", harness_user(), harness_user(), harness_user()));
	ck_assert_contains(s, "\ngroups\n");
}
END_TEST

START_TEST(a_tool_has_no_capability_and_gets_none)
{
	const char *s = state();

	ck_assert_contains(s, "\neffective 000000000\n");
	ck_assert_contains(s, "\npermitted 000000000\n");
	ck_assert_contains(s, "\ninheritable 000000000\n");
	ck_assert_contains(s, "\nno_new_privs 1\n");
}
END_TEST

START_TEST(a_tool_is_in_its_root)
{
	struct stat st;
	const char *s = state();

	ck_assert_int_eq(stat(harness_in_root(""), &st), 0);
	ck_assert_contains(s, "\ncwd /.WD\n");
	ck_assert_contains(s, harness_text("\nroot %llu %llu\n", (unsigned long long)st.st_dev,
				  (unsigned long long)st.st_ino));
}
END_TEST

/* The server's and another tool's are others. */
START_TEST(a_tool_has_a_session_of_its_own)
{
	const char *tag = harness_unique("tree");
	struct server s;
	struct run a = RUN(harness_tool((enum mode)_i, "tree"), "plain", tag), b = a;
	pid_t pids[16];
	size_t n;
	long server;
	bool same = false;

	server_start_mode(&s, (enum mode)_i, NULL);
	run_start(&s, &a);
	run_start(&s, &b);
	run_await(&a, "ready");
	run_await(&b, "ready");
	server = proc_number(server_pid(&s), "NSsid");
	n = proc_tagged(tag, pids, 16);
	ck_assert_uint_ge(n, 2);
	ck_assert_uint_le(n, 16);
	for (size_t i = 0; i < n; i++)
		if (strncmp(proc_status(pids[i], "Name"), "tool_launcher",
			strlen("tool_launcher")) != 0)
			same |= proc_number(pids[i], "NSsid") == server;
	ck_assert_msg(!same, "a tool is in the server's session");
	run_free(&a);
	run_free(&b);
	ck_assert_soon(!proc_runs(tag));
	server_stop(&s);
}
END_TEST

/* What it is allowed to do to the server, to another tool and to their launchers. */
START_TEST(a_tool_cannot_reach_the_server_or_another_tool)
{
	const char *tag = harness_unique("tree");
	struct server s;
	struct run other = RUN(harness_tool((enum mode)_i, "tree"), "plain", tag);
	struct run striker;
	const char *argv[20] = {harness_tool((enum mode)_i, "strike")};
	pid_t pids[16];
	size_t n;

	server_start_mode(&s, (enum mode)_i, NULL);
	run_start(&s, &other);
	run_await(&other, "ready");
	n = proc_tagged(tag, pids, 16);
	ck_assert_uint_ge(n, 1);
	ck_assert_uint_le(n, 16);
	for (size_t i = 0; i < n; i++)
		argv[i + 1] = harness_text("%d", (int)pids[i]);
	argv[n + 1] = harness_text("%d", (int)server_pid(&s));
	striker = RUN_ARGV(argv);
	run_do(&s, &striker);
	ck_assert_str_eq(run_out(&striker), "struck\n");
	run_free(&striker);
	run_free(&other);
	server_stop(&s);
}
END_TEST

/* The launchers among the processes with this tag: how many of them, and the last one. */
static size_t
launchers(const char *tag, pid_t *last)
{
	static const char name[] = "tool_launcher";
	pid_t pids[16];
	size_t n = proc_tagged(tag, pids, 16), found = 0;

	ck_assert_uint_le(n, 16);
	for (size_t i = 0; i < n; i++) {
		if (strncmp(proc_status(pids[i], "Name"), name, strlen(name)) != 0)
			continue;
		*last = pids[i];
		found++;
	}
	return (found);
}

/* A command line in /proc is everybody's to read, an environment is not. */
START_TEST(a_launcher_does_not_show_its_tools_environment)
{
	const char *tag = harness_unique("tree"), *secret = harness_unique("secret");
	const char *env[] = {"A=1", harness_text("B=%s", secret), "C=3", NULL};
	struct server s;
	struct run r = RUN(harness_tool((enum mode)_i, "tree"), "plain", tag);
	pid_t launcher = 0;

	r.env = env;
	server_start_mode(&s, (enum mode)_i, NULL);
	run_start(&s, &r);
	run_await(&r, "ready");
	/* It tidies up while the tool starts. */
	ck_assert_soon(!proc_runs(secret));
	ck_assert_uint_eq(launchers(tag, &launcher), 1);
	run_free(&r);
	server_stop(&s);
}
END_TEST

/* The files of an undumpable process in /proc are root's. */
START_TEST(a_launcher_has_no_privilege_and_cannot_be_looked_into)
{
	static const char *const capabilities[] = {"CapInh", "CapPrm", "CapEff", "CapAmb"};
	const char *tag = harness_unique("tree");
	struct server s;
	struct run r = RUN(harness_tool((enum mode)_i, "tree"), "plain", tag);
	struct stat st;
	pid_t keeper = 0;

	server_start_mode(&s, (enum mode)_i, NULL);
	run_start(&s, &r);
	run_await(&r, "ready");
	ck_assert_soon(launchers(tag, &keeper) == 1);
	for (size_t i = 0; i < sizeof(capabilities) / sizeof(capabilities[0]); i++)
		ck_assert_str_eq(proc_status(keeper, capabilities[i]), "0000000000000000");
	ck_assert_str_eq(proc_status(keeper, "NoNewPrivs"), "1");
	ck_assert_int_eq(proc_number(keeper, "Uid"), harness_user());
	ck_assert_int_eq(stat(harness_text("/proc/%d/environ", (int)keeper), &st), 0);
	ck_assert(harness_is_root(st.st_uid));
	run_free(&r);
	server_stop(&s);
}
END_TEST

/* The launcher of a tool is its parent; process 1 of its namespace. */
START_TEST(a_tool_cannot_trace_its_launcher)
{
	struct server s;
	struct run r = RUN("/bin/sh", "-c", "exec /bin/strike $PPID 1");

	server_start_mode(&s, (enum mode)_i, NULL);
	run_do(&s, &r);
	ck_assert_ptr_null(strstr(run_out(&r), "read"));
	ck_assert_ptr_null(strstr(run_out(&r), "traced"));
	ck_assert_contains(run_out(&r), "struck\n");
	run_free(&r);
	server_stop(&s);
}
END_TEST

START_TEST(kill_minus_1_reaches_nothing_outside_the_tools_tree)
{
	const char *tag = harness_unique("tree");
	struct server s;
	struct run other = RUN(harness_tool((enum mode)_i, "tree"), "children", tag);
	struct run striker = RUN(harness_tool((enum mode)_i, "strike"));
	size_t before;

	server_start_mode(&s, (enum mode)_i, NULL);
	run_start(&s, &other);
	run_await(&other, "ready");
	before = proc_tagged(tag, NULL, 0);
	run_do(&s, &striker);
	ck_assert_int_eq(striker.signal, 0);
	ck_assert_str_eq(run_out(&striker), "struck\n");
	ck_assert_uint_eq(proc_tagged(tag, NULL, 0), before);
	ck_assert(!other.replied);
	run_free(&striker);
	run_free(&other);
	server_stop(&s);
}
END_TEST

Suite *
tool_suite(void)
{
	Suite *suite = suite_create("tool");
	TCase *tc = tcase_create("state");

	tcase_set_timeout(tc, 60);
	testing_from(tc, TESTING_QUICK);
	tcase_add_test(tc, a_tool_has_descriptors_0_to_2_and_they_block);
	tcase_add_test(tc, a_tool_starts_with_default_signals);
	testing_add_root(tc, a_tool_is_the_servers_user_and_nobody_else);
	testing_add_root(tc, a_tool_has_no_capability_and_gets_none);
	testing_from(tc, TESTING_CHECK);
	tcase_add_test(tc, a_tool_starts_with_umask_022);
	tcase_add_test(tc, a_tool_has_no_terminal);
	tcase_add_test(tc, a_tool_has_the_limits_that_the_server_was_started_with);
	testing_add_root(tc, a_tool_is_in_its_root);
	harness_add_modes(tc, a_tool_has_a_session_of_its_own, 1);
	suite_add_tcase(suite, tc);

	tc = tcase_create("isolation");
	tcase_set_timeout(tc, 60);
	harness_add_isolated(tc, a_tool_cannot_reach_the_server_or_another_tool);
	harness_add_roots(tc, a_tool_cannot_trace_its_launcher, 1);
	harness_add_roots(tc, a_launcher_has_no_privilege_and_cannot_be_looked_into, 1);
	harness_add_isolated(tc, kill_minus_1_reaches_nothing_outside_the_tools_tree);
	harness_add_modes(tc, a_launcher_does_not_show_its_tools_environment, 1);
	suite_add_tcase(suite, tc);
	return (suite);
}

/* With 1 here, a process that gave up privilege can be traced, unless it objects. */
#define DUMPABLE "/proc/sys/fs/suid_dumpable"

static char dumpable_before[16];
static int dumpable_lock;

static bool
put_dumpable(const char *value)
{
	FILE *f = fopen(DUMPABLE, "we");
	bool put = f != NULL && fputs(value, f) >= 0;

	return ((f != NULL && fclose(f) == 0) && put);
}

/* It is the whole host's: another run of the tests, elsewhere, waits here until it is put back. */
static void
set_dumpable(void)
{
	FILE *f;

	ck_assert_int_ne(dumpable_lock = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC), -1);
	ck_assert_int_eq(flock(dumpable_lock, LOCK_EX), 0);
	ck_assert_ptr_nonnull(f = fopen(DUMPABLE, "re"));
	ck_assert_ptr_nonnull(fgets(dumpable_before, sizeof(dumpable_before), f));
	fclose(f);
	ck_assert(put_dumpable("1"));
}

static void
restore_dumpable(void)
{
	ck_assert(put_dumpable(dumpable_before));
	close(dumpable_lock);
}

/* The same where a setuid program is dumpable; a container has no say in that. */
Suite *
dumpable_suite(void)
{
	Suite *suite = suite_create("dumpable");
	TCase *tc = tcase_create("suid_dumpable");

	if (harness_mode() != MODE_PID || access(DUMPABLE, W_OK) == -1)
		return (suite);
	tcase_set_timeout(tc, 60);
	/* In the process that starts the tests: it is put back also when one of them dies. */
	tcase_add_unchecked_fixture(tc, set_dumpable, restore_dumpable);
	tcase_add_test(tc, a_launcher_has_no_privilege_and_cannot_be_looked_into);
	tcase_add_test(tc, a_tool_cannot_trace_its_launcher);
	tcase_add_test(tc, a_tool_cannot_reach_the_server_or_another_tool);
	suite_add_tcase(suite, tc);
	return (suite);
}
