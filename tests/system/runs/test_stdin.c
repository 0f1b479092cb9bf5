/* A tool's input: which files of the server's host a client may name. */
#include <bsd/string.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "system/harness.h"
#include "system/run.h"
#include "system/suites.h"

#define SOME_DATA "first line\nsecond line\n"

static void
reads(const char *path, const char *expected)
{
	struct server s;
	struct run r = RUN("/bin/cat");

	r.stdin_file = path;
	server_start_best(&s, NULL);
	run_do(&s, &r);
	ck_assert_str_eq(run_out(&r), expected);
	ck_assert_int_eq(r.status, 0);
	run_free(&r);
	server_stop(&s);
}

START_TEST(a_regular_file_is_the_tools_input)
{
	reads(harness_file(SOME_DATA), SOME_DATA);
}
END_TEST

START_TEST(an_empty_file_is_the_tools_input)
{
	reads(harness_file(""), "");
}
END_TEST

START_TEST(a_symlink_to_a_regular_file_is_followed)
{
	const char *link = harness_installed(harness_text("work/%s", harness_unique("link")));

	ck_assert_int_eq(symlink(harness_file(SOME_DATA), link), 0);
	reads(link, SOME_DATA);
}
END_TEST

enum {
	MEMORY,
	PROCFS,
	SYSFS,
	DESCRIPTOR,
	STANDARD_INPUT,
	MAGIC_ROOT,
	MAGIC_FILE,
	LINK_TO_MEMORY,
	LINK_TO_MAGIC,
	FIFO,
	SOCKET,
	DEVICE,
	TERMINAL,
	DIRECTORY,
	MISSING,
	BELOW_A_FILE,
	RELATIVE,
	RELATIVE_LINK,
	LOOP,
	TOO_LONG,
	REFUSED
};

static const char *
path_to(const char *target)
{
	const char *path = harness_installed(harness_text("work/%s", harness_unique("link")));

	ck_assert_int_eq(symlink(target, path), 0);
	return (path);
}

static const char *
make_fifo(void)
{
	const char *path = harness_installed(harness_text("work/%s", harness_unique("fifo")));

	ck_assert_int_eq(mkfifo(path, 0666), 0);
	ck_assert_int_eq(chmod(path, 0666), 0);
	return (path);
}

static const char *
make_socket(void)
{
	const char *path = harness_installed(harness_text("work/%s", harness_unique("socket")));
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_uint_lt(strlcpy(sun.sun_path, path, sizeof(sun.sun_path)), sizeof(sun.sun_path));
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	close(fd);
	return (path);
}

static const char *
make_loop(void)
{
	const char *path = harness_installed(harness_text("work/%s", harness_unique("loop")));

	ck_assert_int_eq(symlink(path, path), 0);
	return (path);
}

static const char *
make_long(void)
{
	char *path = harness_alloc(6001);

	memset(path, '/', 6000);
	return (path);
}

static const char *
refused(int kind)
{
	switch (kind) {
	case MEMORY:
		return ("/proc/self/mem");
	case PROCFS:
		return ("/proc/version");
	case SYSFS:
		return ("/sys/devices/system/cpu/online");
	case DESCRIPTOR:
		return ("/proc/self/fd/0");
	case STANDARD_INPUT:
		return ("/dev/stdin");
	case MAGIC_ROOT:
		return (harness_text("/proc/self/root/%s", harness_file(SOME_DATA)));
	case MAGIC_FILE:
		return ("/proc/self/exe");
	case LINK_TO_MEMORY:
		return (path_to("/proc/self/mem"));
	case LINK_TO_MAGIC:
		return (path_to("/proc/self/exe"));
	case FIFO:
		return (make_fifo());
	case SOCKET:
		return (make_socket());
	case DEVICE:
		return ("/dev/zero");
	case TERMINAL:
		return ("/dev/tty");
	case DIRECTORY:
		return (harness_installed("work"));
	case MISSING:
		return (harness_installed("work/none"));
	case BELOW_A_FILE:
		return (harness_text("%s/x", harness_file(SOME_DATA)));
	case RELATIVE:
		return ("etc/passwd");
	case RELATIVE_LINK:
		return (path_to("../../../../../../../../proc/self/mem"));
	case LOOP:
		return (make_loop());
	default:
		return (make_long());
	}
}

START_TEST(what_is_no_regular_file_is_refused_without_waiting)
{
	const char *path = refused(_i);
	struct server s;
	struct run r = RUN("/bin/cat");

	r.stdin_file = path;
	server_start_best(&s, NULL);
	run_fails(&s, &r, SRPC_INTERNAL_TROUBLE);
	ck_assert_contains(r.failure.message, "Can't open stdin file");
	run_free(&r);
	server_stop(&s);
}
END_TEST

START_TEST(a_file_that_the_server_may_not_read_is_refused)
{
	struct server s;
	struct run r = RUN("/bin/cat");

	r.stdin_file = harness_file(SOME_DATA);
	ck_assert_int_eq(chmod(r.stdin_file, 0600), 0);
	server_start_best(&s, NULL);
	run_fails(&s, &r, SRPC_INTERNAL_TROUBLE);
	ck_assert_contains(r.failure.message, "Permission denied");
	run_free(&r);
	server_stop(&s);
}
END_TEST

START_TEST(the_refusal_names_the_file)
{
	struct server s;
	struct run r = RUN("/bin/cat");

	r.stdin_file = harness_installed("work/none");
	server_start_best(&s, NULL);
	run_fails(&s, &r, SRPC_INTERNAL_TROUBLE);
	ck_assert_contains(r.failure.message,
	    harness_text("Can't open stdin file %s (No such file or directory)", r.stdin_file));
	run_free(&r);
	server_stop(&s);
}
END_TEST

START_TEST(input_cannot_be_written_to)
{
	const char *path = harness_file(SOME_DATA);
	struct server s;
	struct run r = RUN("/bin/sh", "-c", "echo spoilt >&0");

	ck_assert_int_eq(chmod(path, 0666), 0);
	r.stdin_file = path;
	server_start_best(&s, NULL);
	run_do(&s, &r);
	ck_assert_int_ne(r.status, 0);
	run_free(&r);
	server_stop(&s);
	reads(path, SOME_DATA);
}
END_TEST

/* A server that permits a directory in the work directory, which is returned. */
static const char *
start_permitting(struct server *s)
{
	const char *dir = harness_installed(harness_text("work/%s", harness_unique("permitted")));

	ck_assert_int_eq(mkdir(dir, 0755), 0);
	server_start_best(s, harness_text("stdin_dirs = /none %s\n", dir));
	return (dir);
}

START_TEST(input_comes_from_permitted_directories_only)
{
	const char *outside = harness_file("secret\n"), *file, *link;
	struct server s;
	struct run inside = RUN("/bin/cat"), beside = RUN("/bin/cat"), none = RUN("/bin/cat");
	struct run led_out = RUN("/bin/cat");

	file = harness_text("%s/file", start_permitting(&s));
	link = harness_text("%s-link", file);
	ck_assert_int_eq(rename(harness_file(SOME_DATA), file), 0);
	ck_assert_int_eq(symlink(outside, link), 0);

	inside.stdin_file = file;
	run_do(&s, &inside);
	ck_assert_str_eq(run_out(&inside), SOME_DATA);
	run_do(&s, &none);
	ck_assert_str_eq(run_out(&none), "");
	beside.stdin_file = outside;
	run_fails(&s, &beside, SRPC_INTERNAL_TROUBLE);
	ck_assert_contains(beside.failure.message,
	    harness_text("Can't open stdin file %s (not below one of stdin_dirs)", outside));
	led_out.stdin_file = link;
	run_fails(&s, &led_out, SRPC_INTERNAL_TROUBLE);
	ck_assert_contains(led_out.failure.message, "(not below one of stdin_dirs)");

	run_free(&inside);
	run_free(&beside);
	run_free(&none);
	run_free(&led_out);
	server_stop(&s);
}
END_TEST

Suite *
stdin_suite(void)
{
	Suite *suite = suite_create("stdin");
	TCase *tc = tcase_create("accepted");

	tcase_set_timeout(tc, 30);
	testing_from(tc, TESTING_QUICK);
	tcase_add_test(tc, a_regular_file_is_the_tools_input);
	testing_from(tc, TESTING_CHECK);
	tcase_add_test(tc, an_empty_file_is_the_tools_input);
	tcase_add_test(tc, a_symlink_to_a_regular_file_is_followed);
	tcase_add_test(tc, input_cannot_be_written_to);
	suite_add_tcase(suite, tc);

	tc = tcase_create("refused");
	tcase_set_timeout(tc, 30);
	testing_from(tc, TESTING_QUICK);
	tcase_add_test(tc, the_refusal_names_the_file);
	testing_from(tc, TESTING_CHECK);
	tcase_add_loop_test(tc, what_is_no_regular_file_is_refused_without_waiting, 0, REFUSED);
	testing_add_root(tc, a_file_that_the_server_may_not_read_is_refused);
	tcase_add_test(tc, input_comes_from_permitted_directories_only);
	suite_add_tcase(suite, tc);
	return (suite);
}
