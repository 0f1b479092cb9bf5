/* A fleet and a platform on several hosts: network namespaces on one switch, with one directory. */
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "system/clock.h"
#include "system/fleet.h"
#include "system/network.h"
#include "system/script.h"
#include "system/suites.h"

/* ---- a platform ------------------------------------------------------------------------------ */

/* A server on host n, to be reached at every address of it. */
static void
start_on(struct server *s, int n, const char *settings)
{
	*s = (struct server){.mode = harness_mode(),
	    .prepare = network_go,
	    .settings = harness_text("max_interface_version = 5\ncoredumpsize_limit = 0\n"
				     "listen = 0.0.0.0\nallow = 127.0.0.0/8 " NETWORK_BLOCK "\n%s",
		settings)};
	network_target = n;
	server_start(s);
}

static const char *
at(int n, const struct server *s)
{
	return (harness_text("%s:%d", NETWORK_ADDRESS(n), s->port));
}

/* A script, run on the switch, that knows the platform `test`. */
static struct program
with_platform(const char *hosts, const char *rules, const char *text)
{
	struct server none = {0};
	const char *config = harness_file(harness_text(
	    "[Evaluator]\nNegligibleExternalLoadPerCPU = 1000\n[test]\nhosts = %s\n%s\n", hosts,
	    rules));

	return (script(
	    &none, harness_text("VESTACONFIG=%s; export VESTACONFIG; unset RUNTOOL_SERVER; cd /; "
				"exec </dev/null\n%s",
		       config, text)));
}

/* Two of its four places are the same server; of the others none will do. */
START_TEST(a_platform_of_hosts_that_are_silent_or_do_not_match_or_are_the_same_twice)
{
	struct server good, wrong, silent;
	struct program p;
	const char *words;

	network_make(4);
	start_on(&good, 1, "sysname = Good\n");
	start_on(&wrong, 2, "sysname = Wrong\n");
	start_on(&silent, 3, "sysname = Good\n");
	network_unplug(3);
	p = with_platform(harness_text("%s:%d %s %s %s %s:1", NETWORK_OTHER_ADDRESS(1), good.port,
			      at(3, &silent), at(2, &wrong), at(1, &good), NETWORK_ADDRESS(4)),
	    "sysname = Goo?",
	    "for i in 1 2 3; do runtool -v -p test --json=/dev/stdout /bin/true || exit; done");
	ck_assert_int_eq(program_run(&p), 0);
	words = program_err(&p);
	ck_assert_contains(words, harness_text("%s: its sysname is Wrong", at(2, &wrong)));
	ck_assert_contains(words, harness_text("%s: ", at(3, &silent)));
	ck_assert_contains(words, harness_text("%s:1: cannot connect", NETWORK_ADDRESS(4)));
	ck_assert_contains(words, " is the same server as ");
	program_free(&p);
	ck_assert_soon(script_ran_on(&good) == 3);
	server_stop(&good);
	server_stop(&wrong);
	server_stop(&silent);
}
END_TEST

START_TEST(a_host_that_was_away_is_taken_when_it_is_back)
{
	struct server full, away;
	struct program busy, p;

	network_make(2);
	start_on(&full, 1, "server_max_threads = 1\nserver_max_pending = 0\n");
	start_on(&away, 2, "");
	network_unplug(2);
	busy = script(
	    &full, harness_text("exec runtool -s %s /bin/sh -c '" SCRIPT_LINGER "'", at(1, &full)));
	program_start(&busy);
	ck_assert_soon(strstr(program_out(&busy), "ready") != NULL);
	p = with_platform(harness_text("%s %s", at(1, &full), at(2, &away)), "",
	    "exec runtool -v -p test --json=/dev/stdout /bin/true");
	program_start(&p);
	ck_assert_soon(strstr(program_err(&p), at(2, &away)) != NULL);
	network_plug(2);
	ck_assert(program_wait(&p, HARNESS_PATIENCE));
	ck_assert_int_eq(p.status, 0);
	ck_assert_contains(program_out(&p), at(2, &away));
	program_free(&p);
	ck_assert_int_eq(kill(busy.pid, SIGTERM), 0);
	ck_assert(program_wait(&busy, HARNESS_PATIENCE));
	program_free(&busy);
	server_stop(&full);
	server_stop(&away);
}
END_TEST

/* ---- a fleet ---------------------------------------------------------------------------------- */

static struct server
member(int n, const char *dir, const char *lines)
{
	struct server s =
	    fleet_server(dir, harness_text("advertise = %s\n%s[Run_Tool]\nlisten = 0.0.0.0\n"
					   "allow = 127.0.0.0/8 " NETWORK_BLOCK "\n",
				  NETWORK_ADDRESS(n), lines));

	network_target = n;
	s.prepare = network_go;
	return (s);
}

static void
join(struct server *s, int n, const char *dir, const char *lines)
{
	*s = member(n, dir, lines);
	server_start(s);
	ck_assert_soon(fleet_record(dir, server_pid(s)) != NULL);
}

/* A run on the server's own host. */
static void
run_at(const struct server *s, int n)
{
	struct program p =
	    script(s, harness_text("exec runtool -s 127.0.0.1:%d /bin/true", s->port));

	network_target = n;
	p.prepare = network_go;
	ck_assert_msg(program_run(&p) == 0, "%s", program_err(&p));
	program_free(&p);
}

/* Whether the server on the second of these hosts can be reached from the first. */
static bool
reaches(int from, int to, const struct server *s)
{
	struct program p = script(s, harness_text("exec RunToolProbe --ping %s", at(to, s)));
	bool there;

	network_target = from;
	p.prepare = network_go;
	there = program_run(&p) == 0;
	program_free(&p);
	return (there);
}

/*
 * All have a record, and want neither to leave nor to remove anybody's. Of a log as much is shown as a failed
 * assertion can bear.
 */
static void
all_is_well(const char *dir, const struct server *s, int n)
{
	for (int i = 0; i < n; i++) {
		ck_assert_msg(fleet_record(dir, server_pid(&s[i])) != NULL, "no record: %.3000s",
		    server_log(&s[i]));
		ck_assert_msg(!fleet_says(&s[i], "leaving") && !fleet_says(&s[i], "vanished") &&
				  !fleet_says(&s[i], "removed"),
		    "%.3000s", server_log(&s[i]));
	}
}

START_TEST(a_host_that_is_cut_off_keeps_its_place_and_knows_that_it_is_not_alone)
{
	const char *dir = fleet_directory(), *diary = harness_text("%s/../diary", dir);
	const char *lines =
	    harness_text("max_servers = 2\nloaded_at = 0\nstart_interval = 1\n"
			 "start_load_limit = 1000\nstart_command = echo started >>%s\n",
		diary);
	struct server s[2], newcomer;
	int64_t end;

	network_make(3);
	join(&s[0], 1, dir, lines);
	join(&s[1], 2, dir, lines);
	network_unplug(2);

	/* Long enough for each to find out, and to forget. */
	for (end = harness_now() + 2500L * FLEET_STALE; harness_now() < end; usleep(200000)) {
		all_is_well(dir, s, 2);
		run_at(&s[0], 1);
		run_at(&s[1], 2);
	}
	for (int i = 0; i < 2; i++)
		server_logs(&s[i], "fleet: no other server is started: 1 others are registered");
	ck_assert_int_eq(access(diary, F_OK), -1);

	/* There is no room for one that cannot reach it either. */
	newcomer = member(3, dir, "max_servers = 2\n");
	server_start(&newcomer);
	fleet_leaves(&newcomer, dir, "fleet: leaving: enough others started earlier: 2");

	/* And when it is back, it answers. */
	network_plug(2);
	ck_assert_soon(reaches(3, 2, &s[1]));
	newcomer = member(3, dir, "max_servers = 2\n");
	server_start(&newcomer);
	fleet_leaves(&newcomer, dir, "fleet: leaving: enough others answer: 2");
	all_is_well(dir, s, 2);
	fleet_stop(&s[0], dir);
	fleet_stop(&s[1], dir);
	fleet_end(dir);
}
END_TEST

/* ---- clocks ----------------------------------------------------------------------------------- */

/* Neither the files' times nor the time since the start: these do not come from a host's clock. */
static void
set_clock(void)
{
	clock_set();
	network_go();
}

/* The year in which a server was started, as its host has it. */
static int
start_year(int n, const struct server *s)
{
	struct program p =
	    script(s, harness_text("RunToolProbe %s | sed -n 's/^started *//p'", at(n, s)));
	int year;

	ck_assert_int_eq(program_run(&p), 0);
	year = (int)strtol(program_out(&p), NULL, 10);
	program_free(&p);
	return (year);
}

START_TEST(a_clock_that_is_far_off_changes_neither_the_order_nor_who_lives)
{
	static const char *const offsets[] = {"+1000d", "+0d", "-1000d"};
	enum { HOSTS = LENGTH(offsets) };
	const char *dir = fleet_directory();
	struct record r[HOSTS], first;
	struct server s[HOSTS];
	struct stat now;
	int64_t end;

	network_make(HOSTS);
	for (int i = 0; i < HOSTS; i++) {
		s[i] = member(i + 1, dir, harness_text("max_servers = %d\n", HOSTS));
		clock_setting = offsets[i];
		s[i].prepare = set_clock;
		server_start(&s[i]);
		ck_assert_soon(fleet_record(dir, server_pid(&s[i])) != NULL);
		r[i] = *fleet_record(dir, server_pid(&s[i]));
		ck_assert_int_eq(stat(dir, &now), 0);
		ck_assert_int_le(llabs(now.st_mtime - r[i].started), 2);
		/* The next one does not start in the same second. */
		ck_assert_soon(time(NULL) > r[i].started);
	}
	ck_assert_int_gt(start_year(1, &s[0]), start_year(2, &s[1]));
	ck_assert_int_gt(start_year(2, &s[1]), start_year(3, &s[2]));
	ck_assert_int_lt(r[0].started, r[1].started);
	ck_assert_int_lt(r[1].started, r[2].started);
	for (end = harness_now() + 2500L * FLEET_STALE; harness_now() < end; usleep(200000))
		all_is_well(dir, s, HOSTS);

	/* One too many: the last leaves, whatever its clock says. */
	first = fleet_invented(1, r[0].started - 1);
	fleet_write(dir, &first);
	for (end = harness_now() + 1000L * HARNESS_PATIENCE; harness_now() < end; usleep(200000)) {
		fleet_touch(dir, &first);
		if (program_wait(&s[2].program, 0))
			break;
	}
	fleet_leaves(&s[2], dir, "fleet: leaving: enough others started earlier: 3");
	ck_assert_int_eq(unlink(fleet_path(dir, &first)), 0);

	/* Who is dead goes. */
	fleet_kill(&s[1]);
	ck_assert_soon(fleet_count(dir) == 1);
	fleet_stop(&s[0], dir);
	fleet_end(dir);
}
END_TEST

Suite *
fleet_hosts_suite(void)
{
	Suite *suite = suite_create("fleet_hosts");
	TCase *tc = tcase_create("platform");

	tcase_set_timeout(tc, 120);
	testing_from(tc, TESTING_QUICK);
	network_add(tc, a_platform_of_hosts_that_are_silent_or_do_not_match_or_are_the_same_twice);
	testing_from(tc, TESTING_CHECK);
	network_add(tc, a_host_that_was_away_is_taken_when_it_is_back);
	suite_add_tcase(suite, tc);

	tc = tcase_create("fleet");
	tcase_set_timeout(tc, 120);
	network_add(tc, a_host_that_is_cut_off_keeps_its_place_and_knows_that_it_is_not_alone);
	clock_add(tc, a_clock_that_is_far_off_changes_neither_the_order_nor_who_lives, network_add);
	suite_add_tcase(suite, tc);

	return (suite);
}
