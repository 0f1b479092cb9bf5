/* registry: the server's own record, in a directory that others and accidents change. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/base/clock.h"
#include "server/fleet/registry.h"
#include "common/testing.h"
#include "common/fault.h"
#include "lib/fleet_config.h"
#include "lib/records.h"
#include "unit/scratch.h"
#include "unit/suites.h"

#define SECOND INT64_C(1000)
#define STALE  360
#define TOUCH  15
#define AREA   "x"
#define NAME   "host:80-7:" AREA
#define TMP    "." NAME ".tmp"

static const uint8_t id[RECORD_ID_SIZE] = {1, 2, 3};
static char path[PATH_MAX];
static struct fleet_config config = {.dir = path, .stale_after = STALE, .touch_interval = TOUCH};
static struct registry *registry;
static struct record self;
static int64_t now = 5000;

static void
set_up(void)
{
	char err[256];

	snprintf(path, sizeof(path), "%s", scratch_path("fleet"));
	ck_assert_int_eq(mkdir(path, 0755), 0);
	ck_assert_int_eq(record_make(&self, "host", 80, 7, AREA, id, err, sizeof(err)), 0);
	ck_assert_ptr_nonnull(registry = registry_new(&config, &self));
}

static void
tear_down(void)
{
	registry_free(registry);
}

static const char *
in_dir(const char *name)
{
	static char file[PATH_MAX + NAME_MAX + 2];

	snprintf(file, sizeof(file), "%s/%s", path, name);
	return (file);
}

static bool
exists(const char *name)
{
	struct stat st;

	return (lstat(in_dir(name), &st) == 0);
}

/* The only record there is; what is there is well-formed, and nothing else lies around. */
static struct record
found(void)
{
	struct records all;
	struct record r;

	ck_assert_int_eq(records_read(path, AREA, &all), 0);
	ck_assert_uint_eq(all.n, 1);
	ck_assert_uint_eq(all.n_odd + all.n_unfinished, 0);
	r = all.list[0];
	records_free(&all);
	return (r);
}

static enum registry_state
tick_after(int seconds)
{
	now += seconds * SECOND;
	return (registry_tick(registry, now));
}

static void
expect_registered(void)
{
	struct record r = found();

	ck_assert_str_eq(r.name, NAME);
	ck_assert_mem_eq(r.id, id, sizeof(id));
}

/* Another server's record under our name. */
static void
overwrite(uint8_t other)
{
	struct record r = self;
	char line[RECORD_LINE_MAX];
	FILE *f = fopen(in_dir(NAME), "we");

	ck_assert_ptr_nonnull(f);
	r.id[0] = other;
	r.started = 1;
	record_format(&r, line);
	fputs(line, f);
	fclose(f);
}

static void
set_times(time_t seconds)
{
	struct timespec times[2] = {{seconds, 0}, {seconds, 0}};

	ck_assert_int_eq(utimensat(AT_FDCWD, in_dir(NAME), times, 0), 0);
}

START_TEST(the_record_is_there_after_one_tick_and_for_all_to_read)
{
	struct timespec before;
	struct stat st;
	struct record r;

	umask(077);
	clock_gettime(CLOCK_REALTIME_COARSE, &before);
	ck_assert_int_eq(tick_after(0), REGISTRY_THERE);
	expect_registered();
	r = found();
	ck_assert_int_ge(r.started, before.tv_sec);
	ck_assert_int_le(r.started, before.tv_sec + 60);
	ck_assert_int_eq(registry_record(registry)->started, r.started);
	ck_assert_int_eq(stat(in_dir(NAME), &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0644);
}
END_TEST

START_TEST(it_is_touched_every_touch_interval)
{
	int i;

	tick_after(0);
	for (i = 0; i < 3; i++) {
		set_times(1000);
		ck_assert_int_eq(tick_after(TOUCH - 1), REGISTRY_THERE);
		ck_assert_int_eq(found().touched.tv_sec, 1000);
		ck_assert_int_eq(tick_after(1), REGISTRY_THERE);
		ck_assert_int_gt(found().touched.tv_sec, 1000);
	}
}
END_TEST

START_TEST(a_record_that_vanished_is_looked_for_twice_and_written_anew_once)
{
	/* As if it had registered long ago. */
	registry_free(registry);
	self.started = 42;
	ck_assert_ptr_nonnull(registry = registry_new(&config, &self));
	tick_after(0);
	unlink(in_dir(NAME));
	ck_assert_int_eq(tick_after(TOUCH), REGISTRY_THERE);
	ck_assert(!exists(NAME));
	ck_assert_int_eq(tick_after(1), REGISTRY_THERE);
	expect_registered();
	/* In its old place in the order. */
	ck_assert_int_eq(found().started, 42);

	unlink(in_dir(NAME));
	ck_assert_int_eq(tick_after(TOUCH), REGISTRY_THERE);
	ck_assert_int_eq(tick_after(1), REGISTRY_LOST);
	ck_assert_int_eq(tick_after(TOUCH), REGISTRY_LOST);
	ck_assert(!exists(NAME));
}
END_TEST

START_TEST(one_look_that_does_not_find_it_is_no_reason)
{
	tick_after(0);
	ck_assert_int_eq(rename(in_dir(NAME), scratch_path("away")), 0);
	ck_assert_int_eq(tick_after(TOUCH), REGISTRY_THERE);
	ck_assert_int_eq(rename(scratch_path("away"), in_dir(NAME)), 0);
	ck_assert_int_eq(tick_after(1), REGISTRY_THERE);
	/* And is forgotten: both times. */
	unlink(in_dir(NAME));
	ck_assert_int_eq(tick_after(TOUCH), REGISTRY_THERE);
	ck_assert(!exists(NAME));
	ck_assert_int_eq(tick_after(1), REGISTRY_THERE);
	expect_registered();
}
END_TEST

START_TEST(a_record_that_vanishes_again_after_stale_after_is_written_anew_again)
{
	int i;

	tick_after(0);
	for (i = 0; i < 3; i++) {
		unlink(in_dir(NAME));
		tick_after(STALE);
		ck_assert_int_eq(tick_after(1), REGISTRY_THERE);
		expect_registered();
	}
}
END_TEST

START_TEST(an_overwritten_record_has_vanished)
{
	tick_after(0);
	overwrite(9);
	set_times(1000);
	tick_after(TOUCH);
	/* What is another's is not touched. */
	ck_assert_int_eq(found().touched.tv_sec, 1000);
	ck_assert_int_eq(tick_after(1), REGISTRY_THERE);
	expect_registered();
	overwrite(9);
	tick_after(TOUCH);
	ck_assert_int_eq(tick_after(1), REGISTRY_LOST);
	/* The other one stays, also when this server leaves. */
	ck_assert_int_eq(registry_remove(registry), 0);
	ck_assert_uint_eq(found().id[0], 9);
}
END_TEST

START_TEST(errors_that_say_nothing_about_the_record_do_not_count)
{
	int i;

	tick_after(0);
	ck_assert_int_eq(rename(path, scratch_path("away")), 0);
	scratch_put("fleet", "no directory");
	for (i = 0; i < 1000; i++)
		ck_assert_int_eq(tick_after(1), REGISTRY_THERE);
	ck_assert_int_eq(registry_remove(registry), -1);
	unlink(path);
	ck_assert_int_eq(rename(scratch_path("away"), path), 0);
	set_times(1000);
	/* Tried every second. */
	ck_assert_int_eq(tick_after(1), REGISTRY_THERE);
	ck_assert_int_gt(found().touched.tv_sec, 1000);
}
END_TEST

static const struct {
	long syscall;
	int error;
} faults[] = {
    /* to look */
    {SYS_statx, ESTALE},
    {SYS_read, EIO},
    {SYS_utimensat, EROFS},
    /* to write */
    {SYS_fchmod, EPERM},
    {SYS_write, EDQUOT},
    {SYS_fsync, ENOSPC},
    {SYS_renameat, ESTALE},
};
#define LOOKING 3

START_TEST(a_record_that_cannot_be_looked_at_or_touched_has_not_vanished)
{
	int i;

	tick_after(0);
	fault_always(faults[_i].syscall, faults[_i].error);
	for (i = 0; i < 2 * STALE; i++)
		ck_assert_int_eq(tick_after(1), REGISTRY_THERE);
	ck_assert(exists(NAME));
}
END_TEST

START_TEST(whatever_fails_while_it_is_written_leaves_nothing)
{
	fault_always(faults[_i].syscall, faults[_i].error);
	ck_assert_int_eq(tick_after(0), REGISTRY_PENDING);
	ck_assert_int_eq(tick_after(1), REGISTRY_PENDING);
	ck_assert(!exists(NAME));
	ck_assert(!exists(TMP));
}
END_TEST

START_TEST(what_cannot_be_written_now_is_tried_every_second)
{
	ck_assert_int_eq(rmdir(path), 0);
	ck_assert_int_eq(tick_after(0), REGISTRY_PENDING);
	ck_assert_int_eq(tick_after(1), REGISTRY_PENDING);
	ck_assert_int_eq(mkdir(path, 0755), 0);
	ck_assert_int_eq(tick_after(1), REGISTRY_THERE);
	expect_registered();
}
END_TEST

START_TEST(what_is_in_its_way_is_waited_for)
{
	int i;

	tick_after(0);
	unlink(in_dir(NAME));
	ck_assert_int_eq(mkdir(in_dir(NAME), 0755), 0);
	tick_after(TOUCH);
	ck_assert_int_eq(tick_after(1), REGISTRY_PENDING); /* EISDIR */
	for (i = 0; i < 5; i++)
		ck_assert_int_eq(tick_after(1), REGISTRY_PENDING);
	ck_assert_int_eq(rmdir(in_dir(NAME)), 0);
	ck_assert_int_eq(tick_after(1), REGISTRY_THERE);
	expect_registered();
}
END_TEST

START_TEST(what_a_dead_server_left_under_the_same_names_is_no_obstacle)
{
	overwrite(9);
	ck_assert_int_eq(symlink("/etc/passwd", in_dir(TMP)), 0);
	ck_assert_int_eq(tick_after(0), REGISTRY_THERE);
	expect_registered();
	ck_assert(!exists(TMP));
}
END_TEST

START_TEST(nothing_half_done_is_left_of_what_cannot_be_written)
{
	struct rlimit little = {20, RLIM_INFINITY};

	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &little), 0);
	ck_assert_int_eq(tick_after(0), REGISTRY_PENDING);
	ck_assert(!exists(NAME));
	ck_assert(!exists(TMP));
	little.rlim_cur = RLIM_INFINITY;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &little), 0);
	ck_assert_int_eq(tick_after(1), REGISTRY_THERE);
	expect_registered();
}
END_TEST

START_TEST(a_full_disk_delays_registration_and_leaves_nothing)
{
	static char page[65536];
	int fd;

	ck_assert_int_eq(unshare(CLONE_NEWNS), 0);
	ck_assert_int_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	ck_assert_int_eq(mount("fleet", path, "tmpfs", 0, "size=16k"), 0);
	fd = open(in_dir("filler"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_gt(write(fd, page, sizeof(page)), 0);
	close(fd);
	ck_assert_int_eq(tick_after(0), REGISTRY_PENDING);
	ck_assert(!exists(NAME));
	ck_assert(!exists(TMP));
	unlink(in_dir("filler"));
	ck_assert_int_eq(tick_after(1), REGISTRY_THERE);
	expect_registered();
}
END_TEST

START_TEST(a_server_that_leaves_takes_its_record_along)
{
	ck_assert_int_eq(registry_remove(registry), 0);
	tick_after(0);
	ck_assert_int_eq(registry_remove(registry), 0);
	ck_assert(!exists(NAME));
	/* Also one that others have removed meanwhile. */
	ck_assert_int_eq(registry_remove(registry), 0);
}
END_TEST

/* Servers of the same name that come and go, in a process of their own, until it is killed. */
static _Noreturn void
come_and_go(void)
{
	dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDERR_FILENO);
	for (;;) {
		self.id[0]++;
		registry_free(registry);
		registry = registry_new(&config, &self);
		tick_after(0);
		if (self.id[0] % 4 == 0)
			registry_remove(registry);
	}
}

START_TEST(readers_never_see_half_a_record)
{
	struct records all;
	int64_t until = clock_ms() + testing_ms(500, 5000);
	size_t seen = 0;
	pid_t pid = fork();

	if (pid == 0)
		come_and_go();
	while (seen == 0 || clock_ms() < until) {
		ck_assert_int_eq(records_read(path, AREA, &all), 0);
		ck_assert_uint_eq(all.n_odd, 0);
		ck_assert_uint_le(all.n, 1);
		seen += all.n;
		records_free(&all);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}
END_TEST

START_TEST(a_trouble_is_told_once)
{
	char text[4096], expected[sizeof(path) + 256];
	int i, saved = dup(STDERR_FILENO);
	FILE *log = tmpfile();

	ck_assert_int_eq(rmdir(path), 0);
	dup2(fileno(log), STDERR_FILENO);
	for (i = 0; i < 20; i++)
		tick_after(1);
	mkdir(path, 0755);
	tick_after(1);
	dup2(saved, STDERR_FILENO);
	rewind(log);
	text[fread(text, 1, sizeof(text) - 1, log)] = '\0';
	fclose(log);
	snprintf(expected, sizeof(expected),
	    "RunToolServer: fleet: %s/" NAME ": cannot be written: No such file or directory\n"
	    "RunToolServer: fleet: registered as " NAME "\n",
	    path);
	ck_assert_str_eq(text, expected);
}
END_TEST

Suite *
registry_suite(void)
{
	Suite *suite = suite_create("registry");
	TCase *tc = tcase_create("registry");

	scratch_use(tc);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, the_record_is_there_after_one_tick_and_for_all_to_read);
	tcase_add_test(tc, it_is_touched_every_touch_interval);
	tcase_add_test(tc, a_record_that_vanished_is_looked_for_twice_and_written_anew_once);
	tcase_add_test(tc, one_look_that_does_not_find_it_is_no_reason);
	tcase_add_test(tc, a_record_that_vanishes_again_after_stale_after_is_written_anew_again);
	tcase_add_test(tc, an_overwritten_record_has_vanished);
	tcase_add_test(tc, errors_that_say_nothing_about_the_record_do_not_count);
	tcase_add_loop_test(
	    tc, a_record_that_cannot_be_looked_at_or_touched_has_not_vanished, 0, LOOKING);
	tcase_add_loop_test(tc, whatever_fails_while_it_is_written_leaves_nothing, LOOKING,
	    sizeof(faults) / sizeof(faults[0]));
	tcase_add_test(tc, what_cannot_be_written_now_is_tried_every_second);
	tcase_add_test(tc, what_is_in_its_way_is_waited_for);
	tcase_add_test(tc, what_a_dead_server_left_under_the_same_names_is_no_obstacle);
	tcase_add_test(tc, nothing_half_done_is_left_of_what_cannot_be_written);
	testing_add_root(tc, a_full_disk_delays_registration_and_leaves_nothing);
	tcase_add_test(tc, a_server_that_leaves_takes_its_record_along);
	tcase_add_test(tc, readers_never_see_half_a_record);
	tcase_add_test(tc, a_trouble_is_told_once);
	suite_add_tcase(suite, tc);
	return (suite);
}
