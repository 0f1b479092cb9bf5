/* A loaded server starts another one: by which command, within which limits, and what they say. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "system/fleet.h"
#include "system/proc.h"
#include "system/run.h"
#include "system/script.h"
#include "system/suites.h"

/* Every request finds the server loaded; what fails to be ended leaves by itself. */
#define LOADED "loaded_at = 0\nstart_load_limit = 1000\nstart_interval = 1\nidle_timeout = 60\n"

#define STARTED "fleet: starting another server: "
#define REFUSED "fleet: no other server is started: "

static const char *dir;

/* A file beside the directory, for what a start_command does with it. */
static const char *
beside(const char *name)
{
	return (harness_text("%s/../%s", dir, name));
}

/* A server of a fleet, in `dir`, whose start_command is this, and has that file in place of an @. */
static struct server
server_with_file(const char *command, const char *name, const char *lines)
{
	const char *at = strchr(command, '@');
	struct server s;

	dir = fleet_directory();
	if (at != NULL)
		command =
		    harness_text("%.*s%s%s", (int)(at - command), command, beside(name), at + 1);
	fleet_start(&s, dir, harness_text(LOADED "%s\nstart_command = %s\n", lines, command));
	return (s);
}

static struct server
server_with(const char *command, const char *lines)
{
	return (server_with_file(command, "go", lines));
}

/* A request, and with it a wish. */
static void
load(const struct server *s)
{
	struct run r = RUN("/bin/sh", "-c", "exit 0");

	run_do(s, &r);
	run_free(&r);
}

/* The same until it has logged this so many times. */
static void
load_until(const struct server *s, const char *words, int times)
{
	ck_assert_soon((load(s), fleet_says_times(s, words) >= times));
}

static void
finish(struct server *s)
{
	fleet_stop(s, dir);
	fleet_end(dir);
}

/* ---- started ------------------------------------------------------------------------------ */

static const char *const ways[] = {"", "-f"};

/* The command that starts a server in one of these ways. */
static const char *
start_of(int way)
{
	return (harness_text(
	    "%s %s -c %%c -o SRPC_port=0", harness_installed("sbin/RunToolServer"), ways[way]));
}

START_TEST(a_loaded_server_starts_another_that_registers)
{
	struct server s = server_with(start_of(_i), "");

	load(&s);
	ck_assert_soon(fleet_count(dir) == 2);
	server_logs(&s,
	    harness_text(STARTED "%s %s -c /", harness_installed("sbin/RunToolServer"), ways[_i]));
	finish(&s);
}
END_TEST

START_TEST(what_was_started_outlives_who_started_it)
{
	struct server s = server_with(start_of(_i), "");
	const struct record *other;
	struct server started = {0};

	load(&s);
	ck_assert_soon(fleet_count(dir) == 2);
	fleet_stop(&s, dir);
	ck_assert_uint_eq(fleet_count(dir), 1);
	other = &fleet_records(dir)->list[0];
	started.mode = s.mode;
	started.port = (int)strtol(other->port, NULL, 10);
	load(&started);
	fleet_end(dir);
}
END_TEST

START_TEST(a_server_that_is_full_starts_another_too)
{
	struct server s =
	    server_with(start_of(0), "loaded_at = 20\n[Run_Tool]\nserver_max_threads = 1\n"
				     "server_max_pending = 0\n[Run_Tool_Fleet]");
	struct run busy = RUN("/bin/sh", "-c", "echo running; exec sleep 30"),
		   turned_away = RUN("/bin/sh", "-c", "exit 0");

	run_start(&s, &busy);
	run_await(&busy, "running");
	ck_assert_ptr_null(strstr(server_log(&s), "another server"));
	run_fails(&s, &turned_away, SRPC_CLIENT_ERROR);
	run_free(&turned_away);
	ck_assert_soon(fleet_count(dir) == 2);
	run_free(&busy);
	finish(&s);
}
END_TEST

/* ---- limits ------------------------------------------------------------------------------- */

static const struct {
	const char *command, *lines, *words;
	bool starts; /* one, at first */
} limits[] = {
    {"", "", "start_command is not set", false},
    {"true", "start_interval = 1000", "(start_interval = 1000)", true},
    {"while ! test -e @; do sleep 0.1; done", "", "start_command has not ended", true},
    {"true", "max_servers = 1", "0 others are registered (max_servers = 1)", false},
};

START_TEST(beyond_a_limit_none_is_started_and_the_log_says_why)
{
	struct server s = server_with(limits[_i].command, limits[_i].lines);

	load_until(&s, limits[_i].words, 1);
	server_logs(&s, REFUSED);
	ck_assert_int_eq(fleet_says_times(&s, STARTED), limits[_i].starts);
	fleet_make(beside("go"));
	finish(&s);
}
END_TEST

START_TEST(none_is_started_where_enough_others_are_registered)
{
	struct server s = server_with("true", "max_servers = 2"), other;

	fleet_start(&other, dir, "max_servers = 2\n");
	load_until(&s, REFUSED "1 others are registered (max_servers = 2)", 1);
	ck_assert_int_eq(fleet_says_times(&s, STARTED), 0);
	fleet_stop(&other, dir);
	load_until(&s, STARTED, 1);
	finish(&s);
}
END_TEST

START_TEST(none_is_started_where_too_many_servers_run)
{
	struct server s = server_with("true", "max_processes = 1"), other;

	/* Of no fleet, and yet one. */
	server_start_best(&other, NULL);
	load_until(&s, "servers run on this host (max_processes = 1)", 1);
	ck_assert_int_eq(fleet_says_times(&s, STARTED), 0);
	server_stop(&other);
	finish(&s);
}
END_TEST

static double
load_average(void)
{
	double average;

	return (getloadavg(&average, 1) == 1 ? average : 0);
}

START_TEST(none_is_started_above_the_load_limit)
{
	struct server s = server_with("true", "start_load_limit = 0");

	/* Looking for it makes it so. */
	while (load_average() == 0)
		continue;
	load_until(&s, "for each processor (start_load_limit = 0)", 1);
	server_logs(&s, REFUSED "the load average is ");
	ck_assert_int_eq(fleet_says_times(&s, STARTED), 0);
	finish(&s);
}
END_TEST

START_TEST(the_same_refusal_is_logged_once_a_minute)
{
	struct server s = server_with("true", "start_interval = 2");

	load_until(&s, STARTED, 3);
	ck_assert_int_eq(fleet_says_times(&s, REFUSED), 1);
	finish(&s);
}
END_TEST

/* ---- commands that do not start a server --------------------------------------------------- */

static const struct {
	const char *command, *words;
} failures[] = {
    {"echo no room here; exit 3", "failed: exit status 3: \"no room here\""},
    {"/none/RunToolServer", "failed: exit status 127: "},
    {"kill -9 $$", "was killed by signal 9"},
    {"yes | head -c 3000000; exit 4", "failed: exit status 4: y"},
    {"(exec sleep 2) & echo off; exit 5", "failed: exit status 5: off"},
};

START_TEST(what_comes_of_a_command_that_fails_is_logged)
{
	struct server s = server_with(failures[_i].command, "");

	load(&s);
	ck_assert_soon(fleet_says(&s, harness_text("fleet: start_command %s", failures[_i].words)));
	ck_assert_uint_eq(fleet_count(dir), 1);
	finish(&s);
}
END_TEST

START_TEST(a_command_that_fails_is_tried_again)
{
	struct server s = server_with("exit 3", "");

	load_until(&s, STARTED, 2);
	finish(&s);
}
END_TEST

START_TEST(a_wrong_command_is_refused_at_start)
{
	struct server s;

	dir = fleet_directory();
	s = fleet_server(dir, "start_command = start %x\n");
	const char *argv[] = {harness_installed("sbin/RunToolServer"), "-n", "-c",
	    harness_file(server_config(s.mode, s.settings)), NULL};
	struct program p = {.argv = argv, .uid = harness_user(), .pass = -1};

	ck_assert_int_eq(program_run(&p), 1);
	ck_assert_contains(program_err(&p),
	    "[Run_Tool_Fleet]start_command = start %x: %x: must be %a, %h, %c or %%");
	program_free(&p);
	fleet_end(dir);
}
END_TEST

/* ---- what it runs with -------------------------------------------------------------------- */

/* What the command found, in a file beside the directory. */
static const char *
found_by(const char *command)
{
	struct server s;
	const char *file;

	dir = fleet_directory();
	file = beside("found");
	fleet_start(&s, dir, harness_text(LOADED "start_command = exec >%s; %s\n", file, command));
	load(&s);
	ck_assert_soon(fleet_says(&s, "fleet: start_command is done"));
	file = fleet_text(file);
	finish(&s);
	return (file);
}

START_TEST(it_has_no_descriptor_of_the_server)
{
	const char *fds = found_by("ls -l /proc/$$/fd");

	ck_assert_contains(fds, " 0 -> /dev/null\n");
	ck_assert_contains(fds, " 2 -> pipe:");
	ck_assert_ptr_null(strstr(fds, " 3 -> "));
	ck_assert_ptr_null(strstr(fds, "socket:"));
}
END_TEST

/* Signals 32 and 33 are the C library's own. */
START_TEST(it_has_what_the_server_was_started_with)
{
	mode_t mask = umask(022);
	struct rlimit r;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &r), 0);
	ck_assert_str_eq(found_by("umask; ulimit -Sn; pwd; grep SigBlk /proc/self/status; "
				  "ignored=$(sed -n 's/^SigIgn:./0x/p' /proc/self/status); "
				  "echo ignored: $((ignored & 0x7fffffff))"),
	    harness_text("0022\n%llu\n/\nSigBlk:\t0000000000000000\nignored: 0\n",
		(unsigned long long)r.rlim_cur));
	umask(mask);
}
END_TEST

START_TEST(a_command_of_a_file_found_by_chance_is_never_run)
{
	const char *here = harness_installed(harness_text("work/%s", harness_unique("here")));
	const char *argv[] = {harness_installed("sbin/RunToolServer"), "-n", NULL};
	struct server s;
	struct program p = {.argv = argv, .uid = harness_user(), .pass = -1, .directory = here};

	dir = fleet_directory();
	s = fleet_server(dir, "start_command = true\n");
	ck_assert_int_eq(mkdir(here, 0755), 0);
	ck_assert_int_eq(rename(harness_file(server_config(s.mode, s.settings)),
			     harness_text("%s/vesta.cfg", here)),
	    0);
	ck_assert_int_eq(unsetenv("VESTACONFIG"), 0);
	ck_assert_int_eq(program_run(&p), 0);
	ck_assert_contains(program_err(&p), "start_command is not taken");
	ck_assert_contains(program_out(&p), "start_command = \n");
	program_free(&p);
	fleet_end(dir);
}
END_TEST

/* ---- the process that runs them ------------------------------------------------------------ */

/* A server, and the process that runs its start_command: which tells its parent's parent. */
static struct server
server_with_starter(pid_t *starter)
{
	struct server s = server_with_file(
	    "cut -d ' ' -f 4 /proc/$PPID/stat >@", "starter", "start_interval = 1");

	load(&s);
	ck_assert_soon(fleet_says(&s, "fleet: start_command is done"));
	*starter = (pid_t)strtol(fleet_text(beside("starter")), NULL, 10);
	ck_assert_int_gt(*starter, 1);
	return (s);
}

static bool
is_gone(pid_t pid)
{
	return (*proc_status(pid, "Name") == '\0' || proc_status(pid, "State")[0] == 'Z');
}

START_TEST(it_ends_with_the_server_however_that_ends)
{
	pid_t pid;
	struct server s = server_with_starter(&pid);

	ck_assert_str_eq(proc_status(pid, "Name"), "runtool-starter");
	ck_assert_uint_eq(proc_children(server_pid(&s)), 0);
	fleet_kill(&s);
	ck_assert_soon(is_gone(pid));
	s = server_with_starter(&pid);
	fleet_stop(&s, dir);
	ck_assert_soon(is_gone(pid));
}
END_TEST

START_TEST(without_it_the_server_goes_on_and_says_so)
{
	pid_t pid;
	struct server s = server_with_starter(&pid);

	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	load_until(&s, REFUSED "runtool-starter is gone: restart this server", 1);
	load(&s);
	finish(&s);
}
END_TEST

START_TEST(there_is_none_where_there_is_no_command)
{
	struct server s = server_with("", "");

	ck_assert_uint_eq(proc_children(server_pid(&s)), 0);
	finish(&s);
}
END_TEST

Suite *
fleet_start_suite(void)
{
	Suite *suite = suite_create("fleet_start");
	TCase *tc = tcase_create("started");

	tcase_set_timeout(tc, 60);
	testing_from(tc, TESTING_QUICK);
	tcase_add_loop_test(
	    tc, a_loaded_server_starts_another_that_registers, 0, (int)LENGTH(ways));
	testing_from(tc, TESTING_CHECK);
	tcase_add_loop_test(tc, what_was_started_outlives_who_started_it, 0, (int)LENGTH(ways));
	tcase_add_test(tc, a_server_that_is_full_starts_another_too);
	suite_add_tcase(suite, tc);

	tc = tcase_create("limits");
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(
	    tc, beyond_a_limit_none_is_started_and_the_log_says_why, 0, (int)LENGTH(limits));
	tcase_add_test(tc, none_is_started_where_enough_others_are_registered);
	tcase_add_test(tc, none_is_started_where_too_many_servers_run);
	tcase_add_test(tc, none_is_started_above_the_load_limit);
	tcase_add_test(tc, the_same_refusal_is_logged_once_a_minute);
	suite_add_tcase(suite, tc);

	tc = tcase_create("commands");
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(
	    tc, what_comes_of_a_command_that_fails_is_logged, 0, (int)LENGTH(failures));
	tcase_add_test(tc, a_command_that_fails_is_tried_again);
	tcase_add_test(tc, a_wrong_command_is_refused_at_start);
	tcase_add_test(tc, it_has_no_descriptor_of_the_server);
	tcase_add_test(tc, it_has_what_the_server_was_started_with);
	tcase_add_test(tc, a_command_of_a_file_found_by_chance_is_never_run);
	suite_add_tcase(suite, tc);

	tc = tcase_create("starter");
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, it_ends_with_the_server_however_that_ends);
	tcase_add_test(tc, without_it_the_server_goes_on_and_says_so);
	tcase_add_test(tc, there_is_none_where_there_is_no_command);
	suite_add_tcase(suite, tc);
	return (suite);
}
