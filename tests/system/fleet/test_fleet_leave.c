/* A server of a fleet: how it comes to its record, keeps it, and leaves. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/testing.h"
#include "system/clock.h"
#include "system/fleet.h"
#include "system/proc.h"
#include "system/run5.h"
#include "runtool.h"
#include "system/script.h"
#include "system/suites.h"

#define AT_ONCE_MS  20000 /* what it must not wait for takes a minute */
#define REGISTER_MS 30000 /* a server has so long to register, */
#define GIVE_UP_MS  10000 /* and so long to remove its record */

/* What the directory says of this server. */
static struct record
record_of(const struct server *s, const char *dir)
{
	const struct record *r = fleet_record(dir, server_pid(s));

	ck_assert_ptr_nonnull(r);
	return (*r);
}

static void
write_file(const char *path, const char *text, size_t len)
{
	int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0644);

	ck_assert_msg(fd != -1, "%s: %s", path, strerror(errno));
	ck_assert_int_eq(write(fd, text, len), (ssize_t)len);
	close(fd);
}

/* Writes a record anew, as it is in *r. */
static void
put_record(const char *dir, const struct record *r)
{
	char line[RECORD_LINE_MAX];
	size_t len = record_format(r, line);

	write_file(fleet_path(dir, r), line, len);
}

static struct runtool *
client_of(const struct server *s)
{
	struct runtool_error why = {.size = sizeof(why)};
	struct runtool *c = runtool_connect(
	    "127.0.0.1", harness_text("%d", s->port), 1000 * HARNESS_PATIENCE, &why);

	ck_assert_msg(c != NULL, "%s", why.message);
	return (c);
}

/* ---- the record ---------------------------------------------------------------------------- */

START_TEST(a_server_that_listens_is_registered)
{
	const char *dir = fleet_directory();
	struct runtool_error why = {.size = sizeof(why)};
	struct runtool_ping ping = {.size = sizeof(ping)};
	struct runtool *c;
	struct record r;
	struct server s;

	fleet_start(&s, dir, "");
	r = record_of(&s, dir);
	ck_assert_str_eq(
	    r.name, harness_text("127.0.0.1:%d-%d:" FLEET_AREA, s.port, (int)server_pid(&s)));
	ck_assert_soon(fleet_says(&s, harness_text("fleet: registered as %s\n", r.name)));
	c = client_of(&s);
	ck_assert_int_eq(runtool_ping(c, &ping, &why), 0);
	ck_assert_mem_eq(ping.unique, r.id, sizeof(r.id));
	ck_assert(!ping.loaded);
	runtool_close(c);
	fleet_stop(&s, dir);
	fleet_end(dir);
}
END_TEST

START_TEST(its_record_is_touched_as_long_as_it_runs)
{
	const char *dir = fleet_directory();
	struct record first, next;
	struct server s;
	int changes;

	fleet_start(&s, dir, "");
	for (changes = 0; changes < 2; changes++) {
		first = record_of(&s, dir);
		do {
			harness_pause();
			next = record_of(&s, dir);
		} while (next.touched.tv_sec == first.touched.tv_sec &&
			 next.touched.tv_nsec == first.touched.tv_nsec);
		ck_assert_int_eq(next.started, first.started);
	}
	fleet_stop(&s, dir);
	fleet_end(dir);
}
END_TEST

START_TEST(a_name_that_does_not_lead_to_the_server_is_told)
{
	const char *dir = fleet_directory();
	struct server s;

	fleet_start(&s, dir, "advertise = 127.0.0.2\n");
	ck_assert_soon(fleet_says(&s, "127.0.0.2 port "));
	server_logs(&s, "does not lead to this server: cannot connect "
			"(127.0.0.2: Connection refused) (see advertise");
	fleet_stop(&s, dir);
	fleet_end(dir);
}
END_TEST

START_TEST(a_server_that_lets_no_others_in_is_told_of_by_them)
{
	const char *dir = fleet_directory();
	struct server closed = fleet_server(dir, ""), s;

	/* Before the fleet's section. */
	closed.settings = harness_text("allow = 192.0.2.1\n%s", closed.settings);
	server_start(&closed);
	ck_assert_soon(fleet_count(dir) == 1);
	fleet_start(&s, dir, "");
	ck_assert_soon(fleet_says(&s,
	    harness_text("%s: does not answer: ", fleet_record(dir, server_pid(&closed))->name)));
	server_logs(&s, "this host is not in the server's `allow`");
	fleet_stop(&s, dir);
	fleet_stop(&closed, dir);
	fleet_end(dir);
}
END_TEST

static void
make_none(const char *path)
{
	(void)path;
}

static void
make_file(const char *path)
{
	write_file(path, "", 0);
}

static void
make_locked(const char *path)
{
	ck_assert_int_eq(mkdir(path, 0500), 0);
}

START_TEST(without_a_directory_to_write_it_does_not_start)
{
	static const struct {
		void (*make)(const char *path);
		const char *why;
	} wrong[] = {{make_none, "No such file or directory: make it"},
	    {make_file, "not a directory"}, {make_locked, "Permission denied"}};
	const char *path = harness_text("%s/dir", fleet_directory());
	const char *argv[] = {harness_installed("sbin/RunToolServer"), "-f", "-c",
	    harness_file(server_config(harness_mode(), NULL)), "-o", harness_text("dir=%s", path),
	    NULL};
	struct program p = {.argv = argv, .uid = harness_user(), .pass = -1};

	wrong[_i].make(path);
	ck_assert_int_eq(program_run(&p), 1);
	ck_assert_contains(
	    program_err(&p), harness_text("[Run_Tool_Fleet]dir = %s: %s", path, wrong[_i].why));
	program_free(&p);
}
END_TEST

START_TEST(a_vanished_record_is_written_anew_once)
{
	const char *dir = fleet_directory();
	struct record r;
	struct server s;

	fleet_start(&s, dir, "stale_after = 60\n");
	r = record_of(&s, dir);
	ck_assert_int_eq(unlink(fleet_path(dir, &r)), 0);
	ck_assert_soon(fleet_record(dir, server_pid(&s)) != NULL);
	server_logs(&s, "fleet: our record vanished: registering anew");
	ck_assert_int_eq(record_of(&s, dir).started, r.started);
	ck_assert_int_eq(unlink(fleet_path(dir, &r)), 0);
	fleet_leaves(&s, dir, "fleet: leaving: our record vanished again");
	fleet_end(dir);
}
END_TEST

/* ---- leaving ------------------------------------------------------------------------------- */

static void
send_term(const struct server *s)
{
	ck_assert_int_eq(kill(server_pid(s), SIGTERM), 0);
}

static void
send_int(const struct server *s)
{
	ck_assert_int_eq(kill(server_pid(s), SIGINT), 0);
}

static void
call_stop(const struct server *s)
{
	struct runtool *c = client_of(s);
	struct runtool_error why = {.size = sizeof(why)};
	int left;

	ck_assert_msg(runtool_stop(c, &left, &why) == 0, "%s", why.message);
	runtool_close(c);
}

static const struct {
	void (*tell)(const struct server *);
	const char *reason;
} orders[] = {{send_term, "SIGTERM"}, {send_int, "SIGINT"}, {call_stop, "stop call"}};
#define ORDERS ((int)(sizeof(orders) / sizeof(*orders)))

START_TEST(told_to_stop_it_leaves)
{
	const char *dir = fleet_directory();
	struct server s;

	fleet_start(&s, dir, "");
	orders[_i].tell(&s);
	/* First the record, then the port. */
	while (server_listens(&s))
		;
	ck_assert_uint_eq(fleet_count(dir), 0);
	fleet_leaves(&s, dir, harness_text("fleet: leaving: %s\n", orders[_i].reason));
	fleet_end(dir);
}
END_TEST

/* Their connections are made, but not accepted yet. */
START_TEST(who_asks_just_before_the_port_closes_is_told_to_go_elsewhere)
{
	const char *dir = fleet_directory();
	struct run5 runs[100];
	struct server s;
	size_t i;

	fleet_start(&s, dir, "");
	ck_assert_int_eq(kill(server_pid(&s), SIGSTOP), 0);
	for (i = 0; i < LENGTH(runs); i++) {
		runs[i] = RUN5("/bin/true");
		run5_start(&s, &runs[i]);
	}
	send_term(&s);
	ck_assert_int_eq(kill(server_pid(&s), SIGCONT), 0);
	for (i = 0; i < LENGTH(runs); i++) {
		run5_finish(&runs[i]);
		run5_failed(&runs[i], RUNTOOL_CLIENT, "request denied: server is shutting down");
		run5_free(&runs[i]);
	}
	fleet_leaves(&s, dir, "fleet: leaving: SIGTERM");
	fleet_end(dir);
}
END_TEST

/* A server that takes connections and does not answer. */
static void
start_silent(struct server *s, const char *dir)
{
	fleet_start(s, dir, "");
	ck_assert_int_eq(kill(server_pid(s), SIGSTOP), 0);
}

static void
stop_silent(struct server *s, const char *dir)
{
	ck_assert_int_eq(kill(server_pid(s), SIGCONT), 0);
	fleet_stop(s, dir);
}

START_TEST(told_to_stop_while_it_starts_it_leaves)
{
	const char *dir = fleet_directory();
	struct server silent, s;
	int64_t begin;

	start_silent(&silent, dir);
	s = fleet_server(dir, "ping_timeout = 60\n");
	server_start(&s);
	begin = harness_now();
	orders[_i].tell(&s);
	fleet_leaves(&s, dir, harness_text("fleet: leaving: %s\n", orders[_i].reason));
	ck_assert_int_lt(harness_now() - begin, AT_ONCE_MS);
	stop_silent(&silent, dir);
	fleet_end(dir);
}
END_TEST

START_TEST(a_silent_server_holds_up_a_start_for_one_ping_timeout)
{
	const char *dir = fleet_directory();
	struct server silent, s;
	int64_t begin;

	start_silent(&silent, dir);
	begin = harness_now();
	fleet_start(&s, dir, "ping_timeout = 5\n");
	ck_assert_int_ge(harness_now() - begin, 4900);
	ck_assert_int_lt(harness_now() - begin, 9800);
	fleet_stop(&s, dir);
	stop_silent(&silent, dir);
	fleet_end(dir);
}
END_TEST

START_TEST(where_there_are_enough_it_leaves_before_it_registers)
{
	const char *dir = fleet_directory();
	struct server first, s;

	fleet_start(&first, dir, "");
	s = fleet_server(dir, "max_servers = 1\n");
	server_start(&s);
	ck_assert(program_wait(&s.program, HARNESS_PATIENCE));
	ck_assert(!fleet_says(&s, "registered"));
	fleet_leaves(&s, dir, "fleet: leaving: enough others answer: 1 (max_servers = 1)\n");
	fleet_stop(&first, dir);
	fleet_end(dir);
}
END_TEST

/* It did start: whoever starts it must not try again. */
START_TEST(a_daemon_that_leaves_has_started)
{
	const char *dir = fleet_directory(), *pidfile = harness_text("%s/../pid", dir);
	struct server first, s = fleet_server(dir, "max_servers = 1\n");
	const char *argv[] = {harness_installed("sbin/RunToolServer"), "-p", pidfile, "-c",
	    harness_file(server_config(s.mode, s.settings)), NULL};
	struct program p = {.argv = argv, .uid = harness_user(), .pass = -1};

	fleet_start(&first, dir, "");
	ck_assert_int_eq(program_run(&p), 0);
	ck_assert_soon(access(pidfile, F_OK) == -1);
	program_free(&p);
	fleet_stop(&first, dir);
	fleet_end(dir);
}
END_TEST

START_TEST(with_one_host_it_leaves_when_the_first_is_elsewhere)
{
	const char *dir = fleet_directory();
	struct server first, same, other;

	fleet_start(&first, dir, "");
	fleet_start(&same, dir, "one_host = yes\n");
	other = fleet_server(dir, "one_host = yes\nadvertise = localhost\n");
	server_start(&other);
	fleet_leaves(
	    &other, dir, "fleet: leaving: the first server is on 127.0.0.1 (one_host = yes)\n");
	fleet_stop(&same, dir);
	fleet_stop(&first, dir);
	fleet_end(dir);
}
END_TEST

/* Both look as long, and neither is there to be seen. */
START_TEST(with_one_host_one_stays_of_two_that_started_at_once)
{
	const char *dir = fleet_directory(), *why = "fleet: leaving: the first server is on ";
	struct server silent, here, there;
	bool left_here;

	start_silent(&silent, dir);
	here = fleet_server(dir, "one_host = yes\n");
	there = fleet_server(dir, "one_host = yes\nadvertise = localhost\n");
	server_start(&here);
	server_start(&there);
	ck_assert_soon(fleet_says(&here, why) || fleet_says(&there, why));
	left_here = fleet_says(&here, why);
	fleet_leaves(left_here ? &here : &there, dir, "(one_host = yes)\n");
	fleet_stop(left_here ? &there : &here, dir);
	stop_silent(&silent, dir);
	fleet_end(dir);
}
END_TEST

/* Another one turns out to have started earlier. */
START_TEST(of_too_many_the_last_leaves_and_finishes_what_it_runs)
{
	const char *dir = fleet_directory(), *file = harness_unique("go");
	struct run5 r = RUN5_ARGV(run_patient(file));
	struct server early, late;
	struct record record;

	fleet_start(&late, dir, "max_servers = 1\n");
	run5_start(&late, &r);
	run5_await(&r, "ready");
	fleet_start(&early, dir, "");
	record = record_of(&early, dir);
	record.started -= 100;
	put_record(dir, &record);
	ck_assert_soon(!server_listens(&late));
	ck_assert_ptr_null(fleet_record(dir, server_pid(&late)));
	ck_assert(!r.ended);
	run_let_go(file);
	run5_finish(&r);
	run5_exited(&r, 3, "ended");
	ck_assert_str_eq(run5_text(&r, "state"), "loaded");
	run5_free(&r);
	fleet_leaves(
	    &late, dir, "fleet: leaving: enough others started earlier: 1 (max_servers = 1)\n");
	fleet_stop(&early, dir);
	fleet_end(dir);
}
END_TEST

START_TEST(an_idle_server_leaves_after_its_last_run)
{
	const char *dir = fleet_directory();
	struct run5 r = RUN5("/bin/sleep", "2");
	struct server s;
	int64_t begin;

	s = fleet_server(dir, "idle_timeout = 1\n");
	server_start(&s);
	begin = harness_now();
	run5_do(&s, &r);
	run5_exited(&r, 0, "ended");
	run5_free(&r);
	fleet_leaves(&s, dir, "fleet: leaving: idle for 1 s (idle_timeout)\n");
	ck_assert_int_ge(harness_now() - begin, 2000 + 900);
	ck_assert_int_lt(harness_now() - begin, 2000 + 1000 + AT_ONCE_MS);
	fleet_end(dir);
}
END_TEST

/* ---- a directory that hangs ---------------------------------------------------------------- */

/* For this server, whose mounts are its own: until the descriptor that this returns is closed. */
static int
hang(const struct server *s, const char *dir)
{
	const char *argv[] = {"/usr/bin/nsenter",
	    harness_text("--mount=/proc/%d/ns/mnt", (int)server_pid(s)), "mount", "-i", "-t",
	    "fuse", "-o", "fd=3,rootmode=40000,user_id=0,group_id=0,allow_other", "hang", dir,
	    NULL};
	struct program p = {.argv = argv, .pass = open("/dev/fuse", O_RDWR | O_CLOEXEC)};

	ck_assert_int_ne(p.pass, -1);
	ck_assert_msg(program_run(&p) == 0, "%s", program_err(&p));
	program_free(&p);
	return (p.pass);
}

START_TEST(a_directory_that_hangs_does_not_hang_the_exit)
{
	const char *dir = fleet_directory();
	struct run5 r = RUN5(harness_tool(harness_mode(), "tree"), "deaf"),
		    next = RUN5("/bin/true");
	struct server s = fleet_server(dir, "");
	struct runtool_ping ping = {.size = sizeof(ping)};
	struct runtool_error why = {.size = sizeof(why)};
	struct runtool *c;
	int64_t begin;
	int fuse;

	s.prepare = harness_own_mounts;
	server_start(&s);
	ck_assert_soon(fleet_count(dir) == 1);
	run5_start(&s, &r);
	run5_await(&r, "ready");
	c = client_of(&s);
	ck_assert_int_eq(runtool_ping(c, &ping, &why), 0);
	fuse = hang(&s, dir);
	begin = harness_now();
	send_int(&s);
	/* Its tools end without delay; until the record is given up clients are sent elsewhere. */
	run5_finish(&r);
	run5_free(&r);
	ck_assert_int_lt(harness_now() - begin, GIVE_UP_MS);
	run5_fails(&s, &next, RUNTOOL_CLIENT, "request denied: server is shutting down");
	run5_free(&next);
	ck_assert_int_eq(runtool_ping(c, &ping, &why), 0);
	ck_assert(ping.loaded);
	runtool_close(c);
	ck_assert(program_wait(&s.program, HARNESS_PATIENCE));
	ck_assert_int_ge(harness_now() - begin, GIVE_UP_MS - 100);
	ck_assert_int_lt(harness_now() - begin, GIVE_UP_MS + AT_ONCE_MS);
	server_logs(&s, "fleet: the directory does not answer: our record is left to the others");
	server_ends(&s, 0);
	close(fuse);
	ck_assert_int_eq(unlink(fleet_path(dir, &fleet_records(dir)->list[0])), 0);
	fleet_end(dir);
}
END_TEST

/* ---- a directory that cannot be written ---------------------------------------------------- */

static const char *full_dir;

/* There is room for the name of a file, and for no file. */
static void
mount_full(void)
{
	harness_own_mounts();
	if (mount("full", full_dir, "tmpfs", 0, "size=4k,nr_inodes=1,mode=777") == -1)
		_exit(PROGRAM_NOT_RUN);
}

static void
mount_full_and_hurry(void)
{
	mount_full();
	clock_set();
}

static void
leaves_unregistered(void (*prepare)(void), int faster)
{
	const char *dir = fleet_directory();
	struct server s = fleet_server(dir, "");
	int64_t begin = harness_now();

	full_dir = dir;
	s.prepare = prepare;
	server_start(&s);
	ck_assert(program_wait(&s.program, 2 * REGISTER_MS / 1000));
	ck_assert_int_ge(harness_now() - begin, REGISTER_MS / faster);
	ck_assert(!fleet_says(&s, "registered as"));
	server_logs(&s, "No space left on device");
	fleet_leaves(&s, dir, "fleet: leaving: not registered after 30 s\n");
	fleet_end(dir);
}

START_TEST(not_registered_half_a_minute_after_the_start_it_leaves)
{
	leaves_unregistered(mount_full, 1);
}
END_TEST

/* The same by a clock that is ten times as fast. */
START_TEST(not_registered_half_a_minute_of_its_clock_after_the_start_it_leaves)
{
	clock_setting = "+0 x10";
	leaves_unregistered(mount_full_and_hurry, 10);
}
END_TEST

static bool
can_open_fuse(void)
{
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);

	if (fd != -1)
		close(fd);
	return (fd != -1);
}

Suite *
fleet_leave_suite(void)
{
	Suite *suite = suite_create("fleet_leave");
	TCase *tc = tcase_create("fleet_leave");

	tcase_set_timeout(tc, 90);
	testing_from(tc, TESTING_QUICK);
	tcase_add_test(tc, a_server_that_listens_is_registered);
	tcase_add_loop_test(tc, told_to_stop_it_leaves, 0, ORDERS);
	testing_from(tc, TESTING_CHECK);
	tcase_add_test(tc, its_record_is_touched_as_long_as_it_runs);
	tcase_add_test(tc, a_name_that_does_not_lead_to_the_server_is_told);
	tcase_add_test(tc, a_server_that_lets_no_others_in_is_told_of_by_them);
	tcase_add_loop_test(tc, without_a_directory_to_write_it_does_not_start, 0, 3);
	tcase_add_test(tc, a_vanished_record_is_written_anew_once);
	tcase_add_test(tc, who_asks_just_before_the_port_closes_is_told_to_go_elsewhere);
	tcase_add_loop_test(tc, told_to_stop_while_it_starts_it_leaves, 0, ORDERS);
	tcase_add_test(tc, a_silent_server_holds_up_a_start_for_one_ping_timeout);
	tcase_add_test(tc, where_there_are_enough_it_leaves_before_it_registers);
	tcase_add_test(tc, a_daemon_that_leaves_has_started);
	tcase_add_test(tc, with_one_host_it_leaves_when_the_first_is_elsewhere);
	tcase_add_test(tc, with_one_host_one_stays_of_two_that_started_at_once);
	tcase_add_test(tc, of_too_many_the_last_leaves_and_finishes_what_it_runs);
	tcase_add_test(tc, an_idle_server_leaves_after_its_last_run);
	if (can_open_fuse())
		harness_add_mounts(tc, a_directory_that_hangs_does_not_hang_the_exit);
	else
		testing_add_if(
		    tc, a_directory_that_hangs_does_not_hang_the_exit, 0, 1, false, "/dev/fuse");
	clock_add(tc, not_registered_half_a_minute_of_its_clock_after_the_start_it_leaves,
	    harness_add_namespaces);
	testing_from(tc, TESTING_LONG);
	harness_add_namespaces(tc, not_registered_half_a_minute_after_the_start_it_leaves);
	suite_add_tcase(suite, tc);
	return (suite);
}
