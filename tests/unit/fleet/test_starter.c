/* The starter: what commands are run with, what is said of them, and that they outlive the server. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <bsd/string.h>

#include "server/base/clock.h"
#include "server/runs/orphans.h"
#include "server/fleet/starter.h"
#include "unit/scratch.h"
#include "unit/suites.h"

#define PATIENCE_MS 10000
#define SHORT_MS    100

static char command[4096], words[65536];

/* The text of a file in the test's directory; "" when there is none. */
static const char *
text_of(const char *name)
{
	FILE *f = fopen(scratch_path(name), "re");
	size_t n = 0;

	if (f != NULL) {
		n = fread(words, 1, sizeof(words) - 1, f);
		fclose(f);
	}
	words[n] = '\0';
	return (words);
}

/* A line that is complete, or NULL. */
static char *
nth_line(const char *name, int n)
{
	char *p = words, *end;

	text_of(name);
	while ((end = strchr(p, '\n')) != NULL && n-- > 0)
		p = end + 1;
	return (end == NULL ? NULL : p);
}

static bool
has(const char *name, const char *text)
{
	return (strstr(text_of(name), text) != NULL);
}

#define await(condition)                                                                          \
	do {                                                                                      \
		int64_t end_ = clock_ms() + PATIENCE_MS;                                          \
		while (!(condition)) {                                                            \
			starter_look();                                                           \
			ck_assert_msg(                                                            \
			    clock_ms() < end_, "never: %s; log: %s", #condition, text_of("log")); \
			usleep(1000);                                                             \
		}                                                                                 \
	} while (0)

/* The command finds itself in the test's directory. */
static void
open_starter(const char *format, int patience_ms)
{
	ck_assert_int_lt(snprintf(command, sizeof(command), "cd %s; %s", scratch_path(""), format),
	    (int)sizeof(command));
	ck_assert_ptr_nonnull(freopen(scratch_path("log"), "w", stderr));
	setvbuf(stderr, NULL, _IONBF, 0);
	signal(SIGPIPE, SIG_IGN);
	starter_open(command, patience_ms);
}

static void
run(void)
{
	ck_assert_int_eq(starter_run(), 0);
	ck_assert(starter_busy());
	ck_assert_uint_ge(starter_running(), 1);
}

/* To its end; what the log says of it. */
static const char *
outcome_of(const char *what)
{
	open_starter(what, PATIENCE_MS);
	run();
	await(!starter_busy());
	ck_assert_uint_eq(starter_running(), 0);
	starter_close();
	return (text_of("log"));
}

static pid_t
pid_in(const char *name)
{
	return ((pid_t)strtol(text_of(name), NULL, 10));
}

/* Those that so many commands have written, a line each. */
static void
await_pids(pid_t *pids, int n)
{
	char *p, *end;
	int i;

	for (i = 0; i < n; i++) {
		await((p = nth_line("pids", i)) != NULL);
		pids[i] = (pid_t)strtol(p, &end, 10);
		ck_assert(pids[i] > 0 && *end == '\n');
	}
}

/* ---- what comes of it --------------------------------------------------------------------- */

START_TEST(a_command_is_run_each_time_that_it_is_ordered)
{
	open_starter("echo once >>runs", PATIENCE_MS);
	ck_assert(!starter_busy());
	run();
	await(!starter_busy());
	ck_assert_str_eq(text_of("runs"), "once\n");
	run();
	await(!starter_busy());
	ck_assert_str_eq(text_of("runs"), "once\nonce\n");
	starter_close();
}
END_TEST

START_TEST(a_failure_is_logged_with_its_status_and_first_words)
{
	ck_assert_str_eq(outcome_of("echo; echo no partition >&2; echo more; exit 3"),
	    "RunToolServer: fleet: start_command failed: exit status 3: \"no partition\"\n");
}
END_TEST

START_TEST(a_command_that_is_killed_is_logged_with_the_signal)
{
	ck_assert_ptr_nonnull(strstr(outcome_of("kill -9 $$"), "was killed by signal 9 (Killed)"));
}
END_TEST

START_TEST(what_a_command_says_that_succeeds_is_logged_too)
{
	ck_assert_str_eq(outcome_of("printf Job\\ 12"),
	    "RunToolServer: fleet: start_command is done: \"Job 12\"\n");
}
END_TEST

START_TEST(a_command_that_says_nothing_is_logged_without_words)
{
	ck_assert_str_eq(outcome_of("true"), "RunToolServer: fleet: start_command is done\n");
}
END_TEST

START_TEST(megabytes_of_output_hold_nobody_up_and_are_cut)
{
	const char *log = outcome_of("head -c 8000000 /dev/zero | tr '\\0' x; exit 1");

	ck_assert_ptr_nonnull(strstr(log, "exit status 1: xxx"));
	ck_assert_uint_lt(strlen(log), 1024);
}
END_TEST

/* ---- those that do not end ---------------------------------------------------------------- */

START_TEST(a_command_that_hangs_is_left_alone)
{
	pid_t pids[2];

	open_starter("echo $$ >>pids; exec sleep 100", SHORT_MS);
	run();
	await(!starter_busy());
	ck_assert(has("log", "start_command has not ended: it is left alone"));
	ck_assert_uint_eq(starter_running(), 1);
	run();
	await(!starter_busy());
	ck_assert_uint_eq(starter_running(), 2);
	await_pids(pids, 2);
	ck_assert_int_eq(kill(pids[0], SIGKILL), 0);
	await(starter_running() == 1);
	ck_assert_int_eq(kill(pids[1], SIGKILL), 0);
	await(starter_running() == 0);
	starter_close();
}
END_TEST

START_TEST(the_end_of_one_left_alone_is_not_taken_for_that_of_the_next)
{
	pid_t first;

	open_starter("echo $$ >>pids; test -e second || exec sleep 100; exec cat fifo", SHORT_MS);
	ck_assert_int_eq(mkfifo(scratch_path("fifo"), 0644), 0);
	run();
	await(!starter_busy());
	await_pids(&first, 1);
	scratch_put("second", "");
	run();
	ck_assert_int_eq(kill(first, SIGKILL), 0);
	await(starter_running() == 1);
	await(!starter_busy());
	ck_assert_uint_eq(starter_running(), 1);
	ck_assert_ptr_null(strstr(text_of("log"), "killed"));
	fclose(fopen(scratch_path("fifo"), "we"));
	await(starter_running() == 0);
	starter_close();
}
END_TEST

START_TEST(a_command_has_ended_when_its_children_have_not)
{
	const char *log = outcome_of("mkfifo fifo; (read line <fifo; echo $line >answer) & "
				     "echo off; exit 2");

	ck_assert_str_eq(log, "RunToolServer: fleet: start_command failed: exit status 2: off\n");
	scratch_put("fifo", "alive\n");
	await(strcmp(text_of("answer"), "alive\n") == 0);
}
END_TEST

/* ---- when the server ends ----------------------------------------------------------------- */

static const char server_in_the_foreground[] =
    "mkfifo fifo; echo $$ >pid; read line <fifo; i=0; "
    "while [ $i -lt 20000 ]; do echo a line that nobody wants || exit; i=$((i + 1)); done; "
    "echo $line >answer";

START_TEST(what_was_started_lives_on_and_can_still_say_what_it_likes)
{
	open_starter(server_in_the_foreground, _i == 0 ? SHORT_MS : PATIENCE_MS);
	run();
	await(*text_of("pid") != '\0');
	if (_i == 0)
		await(!starter_busy());
	starter_close();
	scratch_put("fifo", "alive\n");
	await(strcmp(text_of("answer"), "alive\n") == 0);
}
END_TEST

/* Of the starter, while it runs a command that writes it down. */
#define STARTER_PID "cut -d ' ' -f 4 /proc/$PPID/stat >pid"

/* Or a zombie, which is init's business. */
static bool
is_gone(pid_t pid)
{
	char path[64], state = 'Z';
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if ((f = fopen(path, "re")) != NULL) {
		(void)!fscanf(f, "%*d (%*[^)]) %c", &state);
		fclose(f);
	}
	return (state == 'Z');
}

START_TEST(the_process_ends_with_the_server)
{
	open_starter(STARTER_PID, PATIENCE_MS);
	run();
	await(!starter_busy());
	ck_assert(!is_gone(pid_in("pid")));
	starter_close();
	await(is_gone(pid_in("pid")));
}
END_TEST

START_TEST(a_process_that_was_killed_is_noticed)
{
	open_starter(STARTER_PID, PATIENCE_MS);
	run();
	await(!starter_busy());
	ck_assert(starter_is_there());
	ck_assert_int_eq(kill(pid_in("pid"), SIGKILL), 0);
	/* A sanitizer's thread in it may end later than the rest. */
	await(starter_run() == -1);
	ck_assert_int_eq(errno, EPIPE);
}
END_TEST

START_TEST(what_it_started_is_no_orphan_when_it_is_killed)
{
	open_starter(STARTER_PID "; sleep 100 & echo $! >child", PATIENCE_MS);
	ck_assert_int_eq(orphans_init(), 0);
	run();
	await(!starter_busy());
	ck_assert_int_eq(kill(pid_in("pid"), SIGKILL), 0);
	await(is_gone(pid_in("pid")));
	orphans_sweep();
	ck_assert_int_eq(kill(pid_in("child"), SIGKILL), 0);
}
END_TEST

START_TEST(a_sweep_of_orphans_spares_it_and_what_it_started)
{
	ck_assert_int_eq(orphans_init(), 0);
	open_starter("sleep 100 & echo $! >pid", PATIENCE_MS);
	run();
	await(!starter_busy());
	orphans_sweep();
	ck_assert_int_eq(kill(pid_in("pid"), SIGKILL), 0);
	run();
	await(!starter_busy());
	ck_assert_int_eq(kill(pid_in("pid"), SIGKILL), 0);
	starter_close();
}
END_TEST

/* ---- what it is run with ------------------------------------------------------------------- */

/* A set of signals in a status of /proc; without 32 and 33, which are the C library's own. */
static unsigned long long
signals_in(const char *name, const char *set)
{
	const char *line = strstr(text_of(name), set);

	ck_assert_ptr_nonnull(line);
	return (strtoull(line + strlen(set), NULL, 16) & ~(3ULL << 31));
}

/* As the server changes them, after. */
static void
change_everything(void)
{
	struct rlimit r = {.rlim_cur = 77, .rlim_max = 77};
	sigset_t all;

	umask(077);
	setrlimit(RLIMIT_CORE, &r);
	signal(SIGPIPE, SIG_IGN);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
}

START_TEST(nothing_of_the_server_is_inherited)
{
	umask(022);
	open_starter(
	    "umask >umask; ulimit -Hc >core; exec cat /proc/self/status >status", PATIENCE_MS);
	change_everything();
	run();
	await(!starter_busy());
	ck_assert_str_eq(text_of("umask"), "0022\n");
	ck_assert_str_ne(text_of("core"), "77\n");
	ck_assert_uint_eq(signals_in("status", "SigBlk:\t"), 0);
	ck_assert_uint_eq(signals_in("status", "SigIgn:\t"), 0);
	starter_close();
}
END_TEST

/* Those of the test's surroundings are not all closed by an exec. */
START_TEST(no_descriptor_is_inherited_but_what_there_was_before)
{
	static const char look[] = "exec ls /proc/self/fd >fds";
	char before[sizeof(words)];

	ck_assert_int_eq(chdir(scratch_path("")), 0);
	ck_assert_int_eq(system(look), 0);
	strlcpy(before, text_of("fds"), sizeof(before));
	open_starter(look, PATIENCE_MS);
	run();
	await(!starter_busy());
	ck_assert_str_eq(text_of("fds"), before);
	starter_close();
}
END_TEST

START_TEST(signals_that_the_server_was_started_without_are_there_again)
{
	signal(SIGHUP, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	open_starter("exec cat /proc/self/status >status", PATIENCE_MS);
	run();
	await(!starter_busy());
	ck_assert_uint_eq(signals_in("status", "SigIgn:\t"), 0);
	starter_close();
}
END_TEST

START_TEST(it_is_in_a_session_of_its_own_and_not_called_a_server)
{
	open_starter("cut -d ' ' -f 6 /proc/$$/stat >session; echo $PPID >pid; "
		     "cat /proc/$PPID/comm >name",
	    PATIENCE_MS);
	run();
	await(!starter_busy());
	ck_assert_str_eq(text_of("name"), "runtool-starter\n");
	ck_assert_int_ne(pid_in("session"), getsid(0));
	ck_assert_int_eq(pid_in("session"), pid_in("pid"));
	starter_close();
}
END_TEST

Suite *
starter_suite(void)
{
	Suite *suite = suite_create("starter");
	TCase *tc = tcase_create("starter");

	scratch_use(tc);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, a_command_is_run_each_time_that_it_is_ordered);
	tcase_add_test(tc, a_failure_is_logged_with_its_status_and_first_words);
	tcase_add_test(tc, a_command_that_is_killed_is_logged_with_the_signal);
	tcase_add_test(tc, what_a_command_says_that_succeeds_is_logged_too);
	tcase_add_test(tc, a_command_that_says_nothing_is_logged_without_words);
	tcase_add_test(tc, megabytes_of_output_hold_nobody_up_and_are_cut);
	tcase_add_test(tc, a_command_that_hangs_is_left_alone);
	tcase_add_test(tc, the_end_of_one_left_alone_is_not_taken_for_that_of_the_next);
	tcase_add_test(tc, a_command_has_ended_when_its_children_have_not);
	tcase_add_loop_test(tc, what_was_started_lives_on_and_can_still_say_what_it_likes, 0, 2);
	tcase_add_test(tc, the_process_ends_with_the_server);
	tcase_add_test(tc, a_process_that_was_killed_is_noticed);
	tcase_add_test(tc, what_it_started_is_no_orphan_when_it_is_killed);
	tcase_add_test(tc, a_sweep_of_orphans_spares_it_and_what_it_started);
	tcase_add_test(tc, nothing_of_the_server_is_inherited);
	tcase_add_test(tc, no_descriptor_is_inherited_but_what_there_was_before);
	tcase_add_test(tc, signals_that_the_server_was_started_without_are_there_again);
	tcase_add_test(tc, it_is_in_a_session_of_its_own_and_not_called_a_server);
	suite_add_tcase(suite, tc);
	return (suite);
}
