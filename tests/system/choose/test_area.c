/* runtool -a: the servers of an area by their records, and the first one where there is none. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "system/fleet.h"
#include "system/proc.h"
#include "system/run.h"
#include "system/script.h"
#include "system/suites.h"

#define AREA FLEET_AREA
#define MANY testing_times(40, 100)

/* A server, registered there by us: it knows nothing of it. */
static void
start(struct server *s, const char *dir, const char *settings)
{
	struct record r;

	script_server(s, "5", settings);
	r = fleet_forged(s, 1000);
	fleet_write(dir, &r);
}

static const char *
at(const struct server *s)
{
	return (harness_text("127.0.0.1:%d", s->port));
}

static const char *
with(const char *dir, const char *lines, const char *text)
{
	return (fleet_script(dir, harness_text("ping_timeout = 20\n%s", lines), text));
}

static struct shown
run_with(const char *dir, const char *lines, const char *text)
{
	struct server none = {0};

	return (script_run(&none, with(dir, lines, text)));
}

#define RUN_A "runtool -a " AREA " "

/* It runs on this server, and nothing is said but this. */
static void
goes_to(const struct server *s, const char *dir, const char *lines, const char *words)
{
	ck_assert_str_eq(
	    script_goes_to(s, with(dir, lines, RUN_A "--json=/dev/stdout /bin/true")), words);
}

/* It runs nowhere: what it says has these words. */
static void
goes_nowhere(const char *dir, const char *lines, const char *words)
{
	struct shown shown = run_with(dir, lines, RUN_A "/bin/true");

	ck_assert_int_eq(shown.status, STATUS_TROUBLE);
	ck_assert_contains(shown.err, words);
}

static void
touch(const char *path)
{
	FILE *f = fopen(path, "we");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fclose(f), 0);
}

/* An address that was in use; nobody will listen there soon. */
static int
unused_port(void)
{
	struct server s;

	script_server(&s, "5", "");
	server_stop(&s);
	return (s.port);
}

/* ---- which servers there are ---------------------------------------------------------------- */

START_TEST(the_servers_of_an_area_are_found_by_their_records)
{
	const char *dir = fleet_directory();
	struct server s;

	goes_nowhere(dir, "",
	    "runtool: area " AREA ": no server is registered: start a RunToolServer, or say by "
	    "[Run_Tool_Fleet]start_command how\n");
	start(&s, dir, "");
	goes_to(&s, dir, "", "");
	goes_to(&s, dir, "area = other", "");
	server_stop(&s);
}
END_TEST

START_TEST(a_record_may_have_an_ipv6_address)
{
	const char *dir = fleet_directory();
	struct record known, r;
	struct server s;
	struct shown shown;
	char why[1000];

	script_server(&s, "5", "listen = 127.0.0.1 ::1\n");
	known = fleet_forged(&s, 1000);
	ck_assert_int_eq(record_make(&r, "::1", (unsigned int)s.port, server_pid(&s), AREA,
			     known.id, why, sizeof(why)),
	    0);
	r.started = known.started;
	fleet_write(dir, &r);
	shown = run_with(dir, "", RUN_A "--json=/dev/stdout /bin/true");
	ck_assert_msg(shown.status == 0, "%s", shown.err);
	ck_assert_contains(shown.out, harness_text("\"server\":\"[::1]:%d\"", s.port));
	server_stop(&s);
}
END_TEST

START_TEST(what_cannot_be_an_area_is_told)
{
	const char *dir = fleet_directory();
	struct server s;
	struct shown shown;

	goes_nowhere(
	    "/nonexistent", "", "area " AREA ": /nonexistent: No such file or directory\n");
	goes_nowhere(
	    dir, "dir =", ": [Run_Tool_Fleet]dir is not set, and thus there is no area " AREA);
	goes_nowhere(dir, "derr = x", "[Run_Tool_Fleet]derr is not known");
	shown = run_with(dir, "", "runtool -a a/b /bin/true");
	ck_assert_str_eq(shown.err, "runtool: -a a/b: must be letters, digits, `.`, `_` and `-`\n"
				    "try 'runtool --help'\n");
	shown = run_with(dir, "", "unset RUNTOOL_SERVER; RUNTOOL_AREA=a/b runtool /bin/true");
	ck_assert_contains(shown.err, "runtool: RUNTOOL_AREA=a/b: must be letters, ");
	shown = run_with(dir, "", "runtool -a x -p y /bin/true");
	ck_assert_contains(shown.err, "-s, -p or -a: only one of them\n");
	/* A platform has its hosts still. */
	start(&s, dir, "");
	shown = run_with("/nonexistent", harness_text("[test]\nhosts = %s\narea = " AREA, at(&s)),
	    "runtool -p test /bin/true && runtool -v -p test /bin/true");
	ck_assert_int_eq(shown.status, 0);
	ck_assert_ptr_eq(
	    strstr(shown.err, "runtool: area " AREA ": /nonexistent: No such file or directory\n"
			      "runtool: /bin/true: asking "),
	    shown.err);
	server_stop(&s);
}
END_TEST

START_TEST(the_environment_names_an_area_where_nothing_else_does)
{
	const char *dir = fleet_directory();
	const char *platform;
	struct server a, b;
	const struct {
		const char *script;
		const struct server *server;
	} all[] = {
	    {"RUNTOOL_AREA=" AREA " runtool", &a},
	    {"RUNTOOL_AREA=none RUNTOOL_PLATFORM=test runtool", &b},
	    {"RUNTOOL_AREA=none RUNTOOL_SERVER=$B runtool", &b},
	    {"RUNTOOL_AREA=none runtool -a " AREA, &a},
	    {"RUNTOOL_AREA=none RUNTOOL_SERVER=$B runtool --area " AREA, &a},
	    {"RUNTOOL_AREA=none runtool -p test", &b},
	    {"RUNTOOL_AREA=none runtool -s $B", &b},
	};
	size_t i;

	start(&a, dir, "");
	script_server(&b, "5", "");
	platform = harness_text("[test]\nhosts = %s", at(&b));
	for (i = 0; i < LENGTH(all); i++) {
		script_goes_to(
		    all[i].server, with(dir, platform,
				       harness_text("B=%s; %s --json=/dev/stdout /bin/true", at(&b),
					   all[i].script)));
	}
	server_stop(&a);
	server_stop(&b);
}
END_TEST

START_TEST(a_malformed_record_is_told_where_that_helps)
{
	const char *dir = fleet_directory(), *told;
	struct server s;
	struct shown shown;

	touch(harness_text("%s/nonsense:" AREA, dir));
	touch(harness_text("%s/nonsense:other", dir));
	touch(harness_text("%s/other", dir));
	ck_assert_int_eq(mkdir(harness_text("%s/127.0.0.1:17-1:" AREA, dir), 0755), 0);
	told = harness_text("runtool: %s/nonsense:" AREA ": ", dir);
	shown = run_with(dir, "", RUN_A "/bin/true");
	ck_assert_int_eq(shown.status, STATUS_TROUBLE);
	ck_assert_contains(shown.err, told);
	ck_assert_contains(shown.err, harness_text("%s/127.0.0.1:17-1:" AREA ": ", dir));
	ck_assert_ptr_null(strstr(shown.err, "other"));
	start(&s, dir, "");
	goes_to(&s, dir, "", "");
	shown = run_with(dir, "", RUN_A "-v /bin/true");
	ck_assert_contains(shown.err, told);
	server_stop(&s);
}
END_TEST

START_TEST(the_record_of_a_dead_server_is_passed_over)
{
	const char *dir = fleet_directory(), *told;
	int port = unused_port();
	struct record dead = fleet_invented(port, 2000);
	struct server s;
	struct shown shown;

	fleet_write(dir, &dead);
	told = harness_text(
	    "runtool: 127.0.0.1:%d: cannot connect (127.0.0.1: Connection refused)\n", port);
	shown = run_with(dir, "", RUN_A "/bin/true");
	ck_assert_int_eq(shown.status, STATUS_TROUBLE);
	ck_assert_str_eq(shown.err,
	    harness_text("%sruntool: area " AREA ": no host answers: start a RunToolServer, or say "
			 "by [Run_Tool_Fleet]start_command how\n",
		told));
	start(&s, dir, "");
	goes_to(&s, dir, "", "");
	ck_assert_contains(run_with(dir, "", RUN_A "-v /bin/true").err, told);
	server_stop(&s);
}
END_TEST

START_TEST(a_server_that_its_record_does_not_mean_is_not_taken)
{
	const char *dir = fleet_directory(), *told;
	struct server other, s;
	struct record wrong;

	script_server(&other, "5", "");
	wrong = fleet_invented(other.port, 2000);
	fleet_write(dir, &wrong);
	told = harness_text(
	    "runtool: %s: is not the server that its record says: it is not taken\n", at(&other));
	goes_nowhere(dir, "", told);
	start(&s, dir, "");
	goes_to(&s, dir, "", "");
	ck_assert_contains(run_with(dir, "", RUN_A "-v /bin/true").err, told);
	ck_assert_int_eq(script_ran_on(&other), 0);
	server_stop(&other);
	server_stop(&s);
}
END_TEST

/* It died, and another one has its address now. */
START_TEST(of_two_records_for_one_address_the_newer_one_counts)
{
	const char *dir = fleet_directory();
	struct record old;
	struct server s;

	start(&s, dir, "");
	old = fleet_invented(s.port, 999);
	fleet_write(dir, &old);
	goes_to(&s, dir, "", "");
	server_stop(&s);
}
END_TEST

START_TEST(a_platform_may_have_an_area)
{
	const char *dir = fleet_directory(), *lines;
	struct server a, b;
	struct shown shown;

	start(&a, dir, "sysname = Acorn\n");
	start(&b, dir, "sysname = Burroughs\n");
	ck_assert_str_eq(script_goes_to(&b, with(dir, "[test]\narea = " AREA "\nsysname = B*",
						"runtool -p test --json=/dev/stdout /bin/true")),
	    "");
	/* Beside hosts; of these one is of the area as well. */
	lines = harness_text("[test]\nhosts = %s\narea = " AREA "\nsysname = A*", at(&a));
	ck_assert_contains(
	    script_goes_to(&a, with(dir, lines, "runtool -v -p test --json=/dev/stdout /bin/true")),
	    harness_text("%s: is the same server as %s", at(&a), at(&a)));
	shown = run_with(dir, "[test]\narea = " AREA "\nsysname = X", "runtool -p test /bin/true");
	ck_assert_int_eq(shown.status, STATUS_TROUBLE);
	ck_assert_contains(shown.err, "[test]: no host matches: ");
	ck_assert_contains(shown.err, "its sysname is Acorn");
	ck_assert_contains(shown.err, "its sysname is Burroughs");
	server_stop(&a);
	server_stop(&b);
}
END_TEST

/* ---- which of them -------------------------------------------------------------------------- */

START_TEST(the_server_with_the_fewest_requests_is_taken)
{
	const char *dir = fleet_directory();
	struct program busy[3];
	struct server a, b;

	start(&a, dir, "");
	start(&b, dir, "server_max_threads = 64\n");
	busy[0] = script_occupy(&a);
	busy[1] = script_occupy(&b);
	busy[2] = script_occupy(&b);
	goes_to(&a, dir, "", "");
	script_leave(&busy[1]);
	script_leave(&busy[2]);
	ck_assert_soon(call_cur_tools(&b) == 0);
	goes_to(&b, dir, "", "");
	script_leave(&busy[0]);
	server_stop(&a);
	server_stop(&b);
}
END_TEST

START_TEST(a_loaded_server_is_taken_last)
{
	const char *dir = fleet_directory();
	struct program busy[3];
	struct server a, b;

	start(&a, dir, "[Run_Tool_Fleet]\nloaded_at = 0\n");
	start(&b, dir, "");
	busy[0] = script_occupy(&a);
	busy[1] = script_occupy(&b);
	busy[2] = script_occupy(&b);
	goes_to(&b, dir, "", "");
	script_leave(&busy[0]);
	script_leave(&busy[1]);
	script_leave(&busy[2]);
	server_stop(&a);
	server_stop(&b);
}
END_TEST

START_TEST(more_work_waits_while_all_servers_have_enough)
{
	const char *dir = fleet_directory();
	struct server s, none = {0};
	struct program busy, p;
	int64_t begin;

	start(&s, dir, "server_max_threads = 1\n");
	busy = script_occupy(&s);
	/* Up to so much it goes into the queue at once. */
	p = script(&none, with(dir, "wait_load = 1", "exec " RUN_A "/bin/true"));
	program_start(&p);
	ck_assert_soon(call_cur_pending(&s) == 1);
	ck_assert_int_eq(kill(p.pid, SIGTERM), 0);
	ck_assert(program_wait(&p, HARNESS_PATIENCE));
	program_free(&p);
	ck_assert_soon(call_cur_pending(&s) == 0);
	/* And after so many seconds, more or less, it goes there all the same. */
	p = script(&none, with(dir, "wait_load = 0\nwait_tries = 2", "exec " RUN_A "-v /bin/true"));
	begin = harness_now();
	program_start(&p);
	ck_assert_soon(strstr(program_err(&p), "area " AREA ": all servers have much to do"));
	ck_assert_soon(call_cur_pending(&s) == 1);
	ck_assert_int_ge(harness_now() - begin, 1500);
	script_leave(&busy);
	ck_assert(program_wait(&p, HARNESS_PATIENCE));
	ck_assert_int_eq(p.status, 0);
	program_free(&p);
	server_stop(&s);
}
END_TEST

START_TEST(many_at_once_keep_both_servers_busy)
{
	const char *makefile =
	    harness_file(harness_text("all: $(addprefix t,$(shell seq %d))\n"
				      "t%%: ; @" RUN_A "/bin/sh -c 'echo $*; exec sleep 0.1'\n",
		MANY));
	const char *dir = fleet_directory();
	struct server a, b;
	struct shown shown;

	start(&a, dir, "");
	start(&b, dir, "");
	shown = run_with(
	    dir, "", harness_text("make -s -j100 -f %s | sort -n | uniq | wc -l", makefile));
	ck_assert_int_eq(shown.status, 0);
	ck_assert_str_eq(shown.out, harness_text("%d\n", MANY));
	ck_assert_str_eq(shown.err, "");
	ck_assert_soon(script_ran_on(&a) + script_ran_on(&b) == MANY);
	ck_assert_int_ge(script_ran_on(&a), MANY / 4);
	ck_assert_int_ge(script_ran_on(&b), MANY / 4);
	server_stop(&a);
	server_stop(&b);
}
END_TEST

/* The directory is read anew each time that the servers are asked. */
START_TEST(a_server_that_registers_later_is_taken)
{
	const char *dir = fleet_directory();
	struct server full, late, none = {0};
	struct program busy, p;

	start(&full, dir, "server_max_threads = 1\nserver_max_pending = 0\n");
	busy = script_occupy(&full);
	p = script(&none, with(dir, "", "exec " RUN_A "--json=/dev/stdout /bin/true"));
	program_start(&p);
	ck_assert(!program_wait(&p, 1));
	start(&late, dir, "");
	ck_assert(program_wait(&p, HARNESS_PATIENCE));
	ck_assert_contains(program_out(&p), at(&late));
	program_free(&p);
	script_leave(&busy);
	server_stop(&full);
	server_stop(&late);
}
END_TEST

/* ---- the first server ----------------------------------------------------------------------- */

/*
 * A server that is not registered, and the command that registers it: instead of starting it, which is
 * the same for runtool. Each time the command leaves its pid.
 */
struct first {
	const char *dir, *record, *hidden;
	struct server server;
};

static void
first_prepare(struct first *f)
{
	struct record r;

	f->dir = fleet_directory();
	start(&f->server, f->dir, "");
	r = fleet_forged(&f->server, 1000);
	f->record = fleet_path(f->dir, &r);
	f->hidden = harness_text("%s/.hidden", f->dir);
	ck_assert_int_eq(rename(f->record, f->hidden), 0);
}

static const char *
command(const struct first *f, const char *before, const char *behind)
{
	return (harness_text("start_command = echo $$ >>%s/.ran; %s mv %s %s; %s", f->dir, before,
	    f->hidden, f->record, behind));
}

/* How often it did; calls with each pid. */
static int
ran(const struct first *f, void (*call)(pid_t))
{
	FILE *list = fopen(harness_text("%s/.ran", f->dir), "re");
	char line[32];
	int n = 0;

	while (list != NULL && fgets(line, sizeof(line), list) != NULL) {
		n++;
		if (call != NULL)
			call((pid_t)strtol(line, NULL, 10));
	}
	if (list != NULL)
		fclose(list);
	return (n);
}

static void
end(pid_t pid)
{
	if (strcmp(proc_status(pid, "Name"), "sleep") == 0)
		ck_assert_int_eq(kill(pid, SIGKILL), 0);
}

static void
check_descriptors(pid_t pid)
{
	ck_assert_uint_eq(proc_descriptors(pid), 3);
}

static void
first_finish(struct first *f)
{
	ran(f, end);
	server_stop(&f->server);
}

START_TEST(a_first_server_is_started_once_for_all_who_wait)
{
	const char *makefile = harness_file("all: $(addprefix t,$(shell seq 20))\n"
					    "t%: ; @" RUN_A "/bin/echo $*\n");
	struct server none = {0};
	struct first f;
	struct shown shown;
	const char *log;

	first_prepare(&f);
	shown = run_with(f.dir, command(&f, "sleep 1; echo starting;", ""),
	    harness_text(
		"export RUNTOOL_LOG=$tmp/first; make -s -j20 -f %s | sort -n | uniq | wc -l",
		makefile));
	ck_assert_int_eq(shown.status, 0);
	ck_assert_str_eq(shown.out, "20\n");
	ck_assert_int_eq(ran(&f, NULL), 1);
	/* The one who does it says so, and what the command says: in the log. */
	ck_assert_str_eq(shown.err, "");
	log = script_run(&none, "cat $tmp/first; rm $tmp/first").out;
	ck_assert_contains(log, "]: area " AREA " has no server: starting one: echo $$");
	ck_assert_contains(log, "]: starting\n");
	first_finish(&f);
}
END_TEST

START_TEST(a_real_server_is_started_and_found)
{
	const char *dir = fleet_directory(), *command = fleet_start_command(dir);
	const char *makefile = harness_file("all: $(addprefix t,$(shell seq 20))\n"
					    "t%: ; @" RUN_A "/bin/echo $*\n");
	struct shown shown;

	/* The server's own configuration is what the command gets by %c. */
	shown = run_with(dir,
	    harness_text(
		"%s\n%s", command, server_config(harness_mode(), "max_interface_version = 5\n")),
	    harness_text("make -s -j20 -f %s | sort -n | uniq | wc -l", makefile));
	ck_assert_msg(strcmp(shown.out, "20\n") == 0, "%s%s", shown.err, fleet_started_log(dir));
	ck_assert_uint_eq(fleet_started(dir), 1);
	fleet_end(dir);
}
END_TEST

START_TEST(a_start_that_fails_ends_the_waiting)
{
	struct first f;
	struct shown shown;
	int64_t begin = harness_now();

	first_prepare(&f);
	shown = run_with(f.dir, "start_command = sleep 1; echo no room >&2; exit 3",
	    /* Appended: they all write at the same moment. */
	    "for i in 1 2 3 4 5; do " RUN_A "/bin/true 2>>$tmp/err & pids=\"$pids $!\"; done; "
	    "for i in $pids; do wait $i; echo $?; done; cat $tmp/err >&2; rm $tmp/err");
	ck_assert_str_eq(shown.out, "125\n125\n125\n125\n125\n");
	ck_assert_contains(shown.err, "\nno room\n");
	ck_assert_contains(shown.err,
	    "runtool: area " AREA
	    " has no server: [Run_Tool_Fleet]start_command failed: exit status 3\n");
	ck_assert_int_lt(harness_now() - begin, 20000);
	goes_nowhere(f.dir, "start_command = kill -9 $$", "start_command failed: signal 9\n");
	first_finish(&f);
}
END_TEST

START_TEST(who_waits_takes_over_from_one_that_is_killed)
{
	struct server none = {0};
	struct program leader, follower;
	struct first f;
	const char *lines;

	first_prepare(&f);
	lines = command(&f, harness_text("test -e %s/.go || exec sleep 60;", f.dir), "");
	leader = script(&none, with(f.dir, lines, "exec " RUN_A "/bin/true"));
	program_start(&leader);
	ck_assert_soon(ran(&f, NULL) == 1);
	follower = script(&none, with(f.dir, lines, "exec " RUN_A "/bin/echo done"));
	program_start(&follower);
	ck_assert(!program_wait(&follower, 1));
	touch(harness_text("%s/.go", f.dir));
	ck_assert_int_eq(kill(leader.pid, SIGKILL), 0);
	ck_assert(program_wait(&leader, HARNESS_PATIENCE));
	ck_assert_msg(program_wait(&follower, HARNESS_PATIENCE), "%s", program_err(&follower));
	ck_assert_str_eq(program_out(&follower), "done\n");
	ck_assert_int_eq(ran(&f, NULL), 2);
	program_free(&leader);
	program_free(&follower);
	first_finish(&f);
}
END_TEST

/* Nor does it hold what its starter was given. */
START_TEST(a_server_may_stay_in_the_foreground)
{
	struct first f;
	struct shown shown;

	first_prepare(&f);
	shown = run_with(f.dir, command(&f, "pwd;", "exec sleep 60"),
	    "cd $tmp; exec 9<.; " RUN_A "-v /bin/echo done 2>&1 | cat");
	ck_assert_contains(shown.out, "\n/\nruntool: /bin/echo: asking ");
	ck_assert_contains(shown.out, "\ndone\n");
	ck_assert_int_eq(ran(&f, check_descriptors), 1);
	first_finish(&f);
}
END_TEST

/* The command's own output is whole on a terminal, too. */
START_TEST(a_terminal_shows_how_long_a_first_server_takes)
{
	struct first f;
	struct shown shown;
	const char *done;

	first_prepare(&f);
	shown = run_with(f.dir, command(&f, "sleep 3; echo starting;", ""),
	    "script -qec '" RUN_A "-v /bin/echo done' /dev/null");
	ck_assert_int_eq(shown.status, 0);
	ck_assert_contains(
	    shown.out, "\rruntool: area " AREA ": waiting for its first server: 2 s");
	ck_assert_contains(shown.out, "\r\033[Kstarting\r\n");
	/* It may come so soon after that output that there is no line to clear. */
	ck_assert_ptr_nonnull(done = strstr(shown.out, "done\r\n"));
	ck_assert(done[-1] == 'K' || done[-1] == '\n');
	first_finish(&f);
}
END_TEST

START_TEST(a_platform_without_any_server_has_one_started)
{
	struct first f;

	first_prepare(&f);
	script_goes_to(&f.server, with(f.dir,
				      harness_text("%s\n[test]\nhosts = 127.0.0.1:%d\narea = " AREA,
					  command(&f, "", ""), unused_port()),
				      "runtool -p test --json=/dev/stdout /bin/true"));
	ck_assert_int_eq(ran(&f, NULL), 1);
	first_finish(&f);
}
END_TEST

START_TEST(the_command_learns_area_host_and_configuration)
{
	struct first f;
	struct shown shown;
	char host[256];

	ck_assert_int_eq(gethostname(host, sizeof(host)), 0);
	first_prepare(&f);
	shown = run_with(f.dir, command(&f, "echo area=%a host=%h, 100%%; grep -c ^dir %c;", ""),
	    "cp $VESTACONFIG $tmp/vesta.cfg; cd $tmp; " RUN_A
	    "-v -c vesta.cfg /bin/true; rm vesta.cfg");
	ck_assert_int_eq(shown.status, 0);
	ck_assert_contains(shown.err, harness_text("\narea=" AREA " host=%s, 100%%\n1\n", host));
	first_finish(&f);
}
END_TEST

START_TEST(no_command_is_taken_from_the_current_directory)
{
	struct first f;
	struct shown shown;

	first_prepare(&f);
	shown = run_with(f.dir, command(&f, "", ""),
	    "mkdir $tmp/here; cp $VESTACONFIG $tmp/here/vesta.cfg; cd $tmp/here; "
	    "unset VESTACONFIG; " RUN_A "/bin/true; s=$?; rm -r $tmp/here; exit $s");
	ck_assert_int_eq(shown.status, STATUS_TROUBLE);
	ck_assert_contains(shown.err, "no server is registered: start a RunToolServer, or name the "
				      "configuration with -c: start_command is not taken");
	ck_assert_int_eq(ran(&f, NULL), 0);
	first_finish(&f);
}
END_TEST

START_TEST(a_signal_ends_one_that_waits_for_a_first_server)
{
	struct server none = {0};
	struct program p[2];
	struct first f;
	int i;

	first_prepare(&f);
	for (i = 0; i < 2; i++) {
		p[i] = script(&none,
		    with(f.dir, command(&f, "exec sleep 60;", ""), "exec " RUN_A "/bin/true"));
		program_start(&p[i]);
		ck_assert_soon(ran(&f, NULL) == 1);
	}
	ck_assert(!program_wait(&p[1], 1));
	for (i = 1; i >= 0; i--) {
		ck_assert_int_eq(kill(p[i].pid, SIGTERM), 0);
		ck_assert(program_wait(&p[i], HARNESS_PATIENCE));
		ck_assert(WIFSIGNALED(p[i].status) && WTERMSIG(p[i].status) == SIGTERM);
		program_free(&p[i]);
	}
	first_finish(&f);
}
END_TEST

/* ---- a server that dies --------------------------------------------------------------------- */

START_TEST(a_lost_run_is_repeated_by_another_server_of_the_area)
{
	struct server s, none = {0};
	struct program p;
	struct first f;

	first_prepare(&f);
	start(&s, f.dir, "");
	/* There is none, but for the record of the dead one: another is started. */
	p = script(&none, with(f.dir, command(&f, "", ""),
			      "exec " RUN_A "-v --retry=1 --json=/dev/stdout "
			      "/bin/sh -c 'echo ready; exec sleep 60'"));
	program_start(&p);
	ck_assert_soon(strcmp(program_out(&p), "ready\n") == 0);
	ck_assert_int_eq(kill(server_pid(&s), SIGKILL), 0);
	ck_assert(program_wait(&s.program, HARNESS_PATIENCE));
	program_free(&s.program);
	ck_assert_soon(strcmp(program_out(&p), "ready\nready\n") == 0);
	ck_assert_contains(program_err(&p), ": the run of /bin/sh is lost\n");
	ck_assert_int_eq(call_cur_tools(&f.server), 1);
	script_leave(&p);
	first_finish(&f);
}
END_TEST

Suite *
area_suite(void)
{
	Suite *suite = suite_create("area");
	TCase *tc = tcase_create("records");

	tcase_set_timeout(tc, 120);
	testing_from(tc, TESTING_QUICK);
	tcase_add_test(tc, the_servers_of_an_area_are_found_by_their_records);
	testing_from(tc, TESTING_CHECK);
	testing_add_ipv6(tc, a_record_may_have_an_ipv6_address, 0, 1);
	tcase_add_test(tc, what_cannot_be_an_area_is_told);
	tcase_add_test(tc, the_environment_names_an_area_where_nothing_else_does);
	tcase_add_test(tc, a_malformed_record_is_told_where_that_helps);
	tcase_add_test(tc, the_record_of_a_dead_server_is_passed_over);
	tcase_add_test(tc, a_server_that_its_record_does_not_mean_is_not_taken);
	tcase_add_test(tc, of_two_records_for_one_address_the_newer_one_counts);
	tcase_add_test(tc, a_platform_may_have_an_area);
	suite_add_tcase(suite, tc);

	tc = tcase_create("load");
	tcase_set_timeout(tc, 120);
	testing_from(tc, TESTING_QUICK);
	tcase_add_test(tc, the_server_with_the_fewest_requests_is_taken);
	testing_from(tc, TESTING_CHECK);
	tcase_add_test(tc, a_loaded_server_is_taken_last);
	tcase_add_test(tc, more_work_waits_while_all_servers_have_enough);
	tcase_add_test(tc, many_at_once_keep_both_servers_busy);
	tcase_add_test(tc, a_server_that_registers_later_is_taken);
	suite_add_tcase(suite, tc);

	tc = tcase_create("first");
	tcase_set_timeout(tc, 120);
	testing_from(tc, TESTING_QUICK);
	tcase_add_test(tc, a_platform_without_any_server_has_one_started);
	testing_from(tc, TESTING_CHECK);
	tcase_add_test(tc, a_first_server_is_started_once_for_all_who_wait);
	tcase_add_test(tc, a_real_server_is_started_and_found);
	tcase_add_test(tc, a_start_that_fails_ends_the_waiting);
	tcase_add_test(tc, who_waits_takes_over_from_one_that_is_killed);
	tcase_add_test(tc, a_server_may_stay_in_the_foreground);
	tcase_add_test(tc, a_terminal_shows_how_long_a_first_server_takes);
	tcase_add_test(tc, the_command_learns_area_host_and_configuration);
	tcase_add_test(tc, no_command_is_taken_from_the_current_directory);
	tcase_add_test(tc, a_signal_ends_one_that_waits_for_a_first_server);
	tcase_add_test(tc, a_lost_run_is_repeated_by_another_server_of_the_area);
	suite_add_tcase(suite, tc);

	return (suite);
}
