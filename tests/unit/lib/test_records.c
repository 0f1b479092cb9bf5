/* records: the files of an area in a directory where anything may lie. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "lib/records.h"
#include "common/fault.h"
#include "unit/scratch.h"
#include "unit/suites.h"

#define AREA "default"
#define DIR  scratch_path("")

static const uint8_t zero_id[RECORD_ID_SIZE];

/* A server on port 80 of host hN with the id N, which began at `started`. */
static struct record
server(int n, int64_t started, const char *area)
{
	char host[16], err[256];
	struct record r;

	snprintf(host, sizeof(host), "h%d", n);
	ck_assert_int_eq(record_make(&r, host, 80, 100, area, zero_id, err, sizeof(err)), 0);
	r.id[0] = (uint8_t)(n >> 8);
	r.id[1] = (uint8_t)n;
	r.started = started;
	return (r);
}

static void
put(const struct record *r)
{
	char line[RECORD_LINE_MAX];

	record_format(r, line);
	scratch_put(r->name, line);
}

/* Puts the file's time to this second, long ago. */
static void
touch(const char *name, time_t seconds)
{
	struct timespec times[2] = {{seconds, 0}, {seconds, 0}};

	ck_assert_int_eq(utimensat(AT_FDCWD, scratch_path(name), times, 0), 0);
}

static void
make_socket(const char *path)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_lt(
	    snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path), (int)sizeof(addr.sun_path));
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	close(fd);
}

static const struct records_odd *
odd_one(const struct records *all, const char *name)
{
	size_t i;

	for (i = 0; i < all->n_odd; i++)
		if (strcmp(all->odd[i].name, name) == 0)
			return (&all->odd[i]);
	ck_abort_msg("%s is not told", name);
}

START_TEST(records_come_newest_first_with_their_times)
{
	struct record list[] = {
	    server(1, 50, AREA), server(2, 70, AREA), server(3, 60, AREA), server(4, 60, AREA)};
	struct records all;
	size_t i;

	for (i = 0; i < 4; i++) {
		put(&list[i]);
		touch(list[i].name, 1000 + (time_t)i);
	}
	ck_assert_int_eq(records_read(DIR, AREA, &all), 0);
	ck_assert_uint_eq(all.n, 4);
	ck_assert_uint_eq(all.n_odd + all.n_unfinished, 0);
	ck_assert_str_eq(all.list[0].host, "h2");
	ck_assert_str_eq(all.list[1].host, "h4");
	ck_assert_str_eq(all.list[2].host, "h3");
	ck_assert_str_eq(all.list[3].host, "h1");
	ck_assert_int_eq(all.list[3].touched.tv_sec, 1000);
	ck_assert_int_eq(all.list[0].touched.tv_sec, 1001);
	ck_assert_mem_eq(all.list[1].id, list[3].id, RECORD_ID_SIZE);
	records_free(&all);
}
END_TEST

START_TEST(other_areas_and_hidden_files_are_nobodys_business)
{
	struct record other = server(1, 5, "other"), longer = server(2, 5, "not-" AREA);
	struct records all;

	put(&other);
	put(&longer);
	scratch_put(".nfs000000000001", "x");
	scratch_put(".hidden:80-1:" AREA, "x");
	scratch_put("README", "x");
	scratch_put(AREA, "x");
	scratch_put(".tmp", "x");
	scratch_put(".x.tmp", "x");
	scratch_put(".x:80-1:other.tmp", "x");
	scratch_put("x:80-1:" AREA "~", "x");
	ck_assert_int_eq(records_read(DIR, AREA, &all), 0);
	ck_assert_uint_eq(all.n + all.n_odd + all.n_unfinished, 0);
	records_free(&all);
}
END_TEST

START_TEST(what_is_called_a_record_and_is_none_is_told_with_the_reason)
{
	static char megabyte[1 << 20];
	struct record good = server(1, 5, AREA), fifo = server(2, 5, AREA),
		      dir = server(3, 5, AREA), link = server(4, 5, AREA),
		      socket_one = server(5, 5, AREA), big = server(6, 5, AREA),
		      empty = server(7, 5, AREA), nul = server(8, 5, AREA),
		      loop = server(9, 5, AREA);
	struct records all;
	size_t i;

	put(&good);
	ck_assert_int_eq(mkfifo(scratch_path(fifo.name), 0600), 0);
	ck_assert_int_eq(mkdir(scratch_path(dir.name), 0700), 0);
	ck_assert_int_eq(symlink(good.name, scratch_path(link.name)), 0);
	ck_assert_int_eq(symlink(loop.name, scratch_path(loop.name)), 0);
	make_socket(scratch_path(socket_one.name));
	memset(megabyte, 'x', sizeof(megabyte));
	scratch_put_bytes(big.name, megabyte, sizeof(megabyte));
	scratch_put(empty.name, "");
	scratch_put_bytes(nul.name, "\0\0\0\0", 4);
	scratch_put("evil\n\x1b[2J:" AREA, "x");

	ck_assert_int_eq(records_read(DIR, AREA, &all), 0);
	ck_assert_uint_eq(all.n, 1);
	ck_assert_str_eq(all.list[0].name, good.name);
	ck_assert_uint_eq(all.n_odd, 9);
	for (i = 0; i < all.n_odd; i++)
		ck_assert(all.odd[i].why != NULL && !all.odd[i].unreadable);
	ck_assert_ptr_nonnull(strstr(odd_one(&all, fifo.name)->why, "regular"));
	ck_assert_ptr_nonnull(strstr(odd_one(&all, link.name)->why, "regular"));
	ck_assert_ptr_nonnull(strstr(odd_one(&all, socket_one.name)->why, "regular"));
	ck_assert_ptr_nonnull(strstr(odd_one(&all, big.name)->why, "long"));
	ck_assert_ptr_nonnull(strstr(odd_one(&all, empty.name)->why, "line"));
	ck_assert_ptr_nonnull(strstr(odd_one(&all, "evil\n\x1b[2J:" AREA)->why, "name"));
	records_free(&all);
}
END_TEST

START_TEST(a_record_that_cannot_be_read_now_may_be_one)
{
	struct record r = server(1, 5, AREA);
	uid_t uid = geteuid();
	struct records all;

	put(&r);
	ck_assert_int_eq(chmod(scratch_path(r.name), 0), 0);
	if (uid == 0)
		ck_assert_int_eq(seteuid(65534), 0);
	ck_assert_int_eq(records_read(DIR, AREA, &all), 0);
	ck_assert_int_eq(seteuid(uid), 0);
	ck_assert_uint_eq(all.n, 0);
	ck_assert_uint_eq(all.n_odd, 1);
	ck_assert(all.odd[0].unreadable);
	ck_assert_str_eq(all.odd[0].why, "Permission denied");
	records_free(&all);
}
END_TEST

START_TEST(a_stale_handle_makes_no_malformed_record)
{
	struct record r = server(1, 5, AREA);
	struct records all;

	put(&r);
	fault_always(SYS_statx, ESTALE);
	ck_assert_int_eq(records_read(DIR, AREA, &all), 0);
	ck_assert_uint_eq(all.n, 0);
	ck_assert_uint_eq(all.n_odd, 1);
	ck_assert(all.odd[0].unreadable);
	ck_assert_str_eq(all.odd[0].why, "Stale file handle");
	ck_assert_int_eq(records_remove(DIR, &r), -1);
	ck_assert_int_eq(access(scratch_path(r.name), F_OK), 0);
	records_free(&all);
}
END_TEST

START_TEST(an_unfinished_record_is_listed_as_such)
{
	struct record r = server(1, 5, AREA);
	char name[NAME_MAX + 8];
	struct records all;

	snprintf(name, sizeof(name), ".%s.tmp", r.name);
	scratch_put(name, "SERVER STAR");
	touch(name, 77);
	ck_assert_int_eq(records_read(DIR, AREA, &all), 0);
	ck_assert_uint_eq(all.n + all.n_odd, 0);
	ck_assert_uint_eq(all.n_unfinished, 1);
	ck_assert_str_eq(all.unfinished[0].name, name);
	ck_assert_int_eq(all.unfinished[0].touched.tv_sec, 77);
	ck_assert_int_eq(all.unfinished[0].started, 0);

	ck_assert_int_eq(records_remove(DIR, &all.unfinished[0]), 0);
	ck_assert_int_eq(access(scratch_path(name), F_OK), -1);
	records_free(&all);
}
END_TEST

START_TEST(a_directory_that_cannot_be_read_is_an_error)
{
	struct records all;

	ck_assert_int_eq(records_read(scratch_path("none"), AREA, &all), -1);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(records_read(scratch_put("file", "x"), AREA, &all), -1);
	ck_assert_int_eq(errno, ENOTDIR);
	ck_assert_uint_eq(all.n, 0);
}
END_TEST

START_TEST(thousands_are_read_and_more_than_the_bound_is_an_error)
{
	const struct record r = server(0, 5, AREA);
	char line[RECORD_LINE_MAX], name[64];
	struct records all;
	int i, dir;

	record_format(&r, line);
	dir = open(DIR, O_DIRECTORY | O_RDONLY | O_CLOEXEC);
	put(&r);
	for (i = 1; i < RECORDS_MAX; i++) {
		snprintf(name, sizeof(name), "h:80-%d:" AREA, i);
		ck_assert_int_eq(linkat(dir, r.name, dir, name, 0), 0);
	}
	ck_assert_int_eq(records_read(DIR, AREA, &all), 0);
	ck_assert_uint_eq(all.n, 1);
	ck_assert_uint_eq(all.n_odd, RECORDS_MAX - 1);
	records_free(&all);

	snprintf(name, sizeof(name), "h:80-%d:" AREA, RECORDS_MAX);
	ck_assert_int_eq(linkat(dir, r.name, dir, name, 0), 0);
	ck_assert_int_eq(records_read(DIR, AREA, &all), -1);
	ck_assert_int_eq(errno, E2BIG);
	close(dir);
}
END_TEST

/* The one record, as it is read. */
static struct record
read_one(void)
{
	struct records all;
	struct record r;

	ck_assert_int_eq(records_read(DIR, AREA, &all), 0);
	ck_assert_uint_eq(all.n, 1);
	r = all.list[0];
	records_free(&all);
	return (r);
}

START_TEST(a_record_is_removed_as_it_was_read)
{
	struct record r = server(1, 5, AREA);

	put(&r);
	r = read_one();
	ck_assert_int_eq(records_remove(DIR, &r), 0);
	ck_assert_int_eq(access(scratch_path(r.name), F_OK), -1);
	ck_assert_int_eq(records_remove(DIR, &r), -1);
	ck_assert_int_eq(errno, ENOENT);
}
END_TEST

START_TEST(a_record_that_changed_since_it_was_read_stays)
{
	struct record r = server(1, 5, AREA), other = r;

	put(&r);
	touch(r.name, 1000);
	r = read_one();

	touch(r.name, 1001);
	ck_assert_int_eq(records_remove(DIR, &r), -1);
	ck_assert_int_eq(errno, EAGAIN);

	/* A new server of the same name, in the same moment. */
	other.id[5] = 1;
	put(&other);
	touch(r.name, 1000);
	ck_assert_int_eq(records_remove(DIR, &r), -1);
	ck_assert_int_eq(errno, EAGAIN);

	scratch_put(r.name, "half a li");
	touch(r.name, 1000);
	ck_assert_int_eq(records_remove(DIR, &r), -1);
	ck_assert_int_eq(access(scratch_path(r.name), F_OK), 0);
}
END_TEST

START_TEST(one_record_is_opened_for_those_who_touch_it)
{
	struct record r = server(1, 5, AREA), found;
	const char *why = NULL;
	int fd;

	put(&r);
	touch(r.name, 1000);
	fd = records_open(DIR, r.name, &found, &why);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(found.touched.tv_sec, 1000);
	ck_assert_int_eq(futimens(fd, NULL), 0);
	close(fd);
	ck_assert_int_gt(read_one().touched.tv_sec, 1000);

	ck_assert_int_eq(records_open(DIR, "none:80-1:" AREA, &found, &why), -1);
	ck_assert_int_eq(errno, ENOENT);
	scratch_put(r.name, "x");
	ck_assert_int_eq(records_open(DIR, r.name, &found, &why), -1);
	ck_assert_int_eq(errno, EBADMSG);
	ck_assert_ptr_nonnull(why);
}
END_TEST

Suite *
records_suite(void)
{
	Suite *suite = suite_create("records");
	TCase *tc = tcase_create("records");

	scratch_use(tc);
	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, records_come_newest_first_with_their_times);
	tcase_add_test(tc, other_areas_and_hidden_files_are_nobodys_business);
	tcase_add_test(tc, what_is_called_a_record_and_is_none_is_told_with_the_reason);
	tcase_add_test(tc, a_record_that_cannot_be_read_now_may_be_one);
	tcase_add_test(tc, a_stale_handle_makes_no_malformed_record);
	tcase_add_test(tc, an_unfinished_record_is_listed_as_such);
	tcase_add_test(tc, a_directory_that_cannot_be_read_is_an_error);
	tcase_add_test(tc, thousands_are_read_and_more_than_the_bound_is_an_error);
	tcase_add_test(tc, a_record_is_removed_as_it_was_read);
	tcase_add_test(tc, a_record_that_changed_since_it_was_read_stays);
	tcase_add_test(tc, one_record_is_opened_for_those_who_touch_it);
	suite_add_tcase(suite, tc);
	return (suite);
}
