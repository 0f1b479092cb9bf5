/* Which file a command without a slash is: from version 5 on, and up to version 4. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "system/run5.h"
#include "system/suites.h"

#define SAYS_WHERE "#!/bin/sh\necho $0 $1\n"
#define NO_PROGRAM "echo $0 $1\n"

enum { VERSION_4, VERSION_5, VERSIONS };

/* A path of root 1 as its tools see it. */
static const char *
inside(const char *path)
{
	return (harness_mode() == MODE_TESTING ? harness_in_root(path) : harness_text("/%s", path));
}

/* A new file of that name in a directory of root 1. */
static void
put(const char *dir, const char *name, const char *text, mode_t mode)
{
	int fd = open(harness_in_root(harness_text("%s/%s", dir, name)),
	    O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	ck_assert_int_eq(fchmod(fd, mode), 0);
	close(fd);
}

static const char *
new_directory(void)
{
	const char *dir = harness_text("tmp/%s", harness_unique("dir"));

	ck_assert_int_eq(mkdir(harness_in_root(dir), 0755), 0);
	return (dir);
}

static const char *
call_4(const struct server *s, const char *const *env, const char *const *argv, int *status)
{
	struct run r = RUN_ARGV(argv);
	const char *words;

	r.env = env;
	run_start(s, &r);
	run_finish(&r);
	*status = r.failed ? -1 : r.status;
	words = r.failed ? harness_text("%s", r.failure.message) : run_out(&r);
	run_free(&r);
	return (words);
}

static const char *
call_5(const struct server *s, const char *const *env, const char *const *argv, int *status)
{
	struct run5 r = RUN5_ARGV(argv);
	const char *words;

	r.env = env;
	run5_start(s, &r);
	run5_finish(&r);
	*status = run5_has(&r, "status") ? (int)run5_number(&r, "status") : -1;
	words = harness_text("%s", *status == -1 ? run5_text(&r, "words") : run5_out(&r));
	run5_free(&r);
	return (words);
}

/* One call by this version, in .WD of root 1, with this environment of at most one line. */
static const char *
call(int version, const char *path, const char *const *argv, int *status)
{
	const char *env[] = {path, NULL};
	struct server s;
	const char *words;

	run5_server_best(&s, NULL);
	words = (version == VERSION_4 ? call_4 : call_5)(&s, env, argv, status);
	server_stop(&s);
	return (words);
}

static void
prints(int version, const char *path, const char *name, const char *wanted)
{
	int status;

	ck_assert_str_eq(call(version, path, LIST5(name, "arg"), &status), wanted);
	ck_assert_int_eq(status, 0);
}

static void
fails(int version, const char *path, const char *name, const char *wanted)
{
	int status;
	const char *words = call(version, path, LIST5(name, "arg"), &status);

	ck_assert_msg(status == -1, "%s ran: status %d, %s", name, status, words);
	ck_assert_contains(words, wanted);
}

START_TEST(the_working_directory_comes_first_up_to_version_4_only)
{
	const char *name = harness_unique("tool"), *dir = new_directory();

	put(".WD", name, SAYS_WHERE, 0755);
	prints(VERSION_4, "PATH=/bin", name, harness_text("%s arg\n", name));
	fails(VERSION_5, "PATH=/bin", name,
	    harness_text("%s: Execve failure, No such file or directory (errno = 2)\n"
			 "  It is not in its PATH, /bin",
		name));
	put(dir, name, SAYS_WHERE, 0755);
	prints(VERSION_5, harness_text("PATH=%s:/bin", inside(dir)), name,
	    harness_text("%s/%s arg\n", inside(dir), name));
}
END_TEST

START_TEST(a_directory_of_that_name_is_in_the_way_up_to_version_4_only)
{
	const char *name = harness_unique("tool"), *dir = new_directory();

	ck_assert_int_eq(mkdir(harness_in_root(harness_text(".WD/%s", name)), 0755), 0);
	put(dir, name, SAYS_WHERE, 0755);
	fails(VERSION_4, harness_text("PATH=%s", inside(dir)), name,
	    "Permission denied (errno = 13)\n  It is in the working directory");
	prints(VERSION_5, harness_text("PATH=%s", inside(dir)), name,
	    harness_text("%s/%s arg\n", inside(dir), name));
}
END_TEST

START_TEST(without_a_path_a_tool_is_in_bin_or_usr_bin)
{
	int status;

	call(_i, NULL, LIST5("sh", "-c", "exit 7"), &status);
	ck_assert_int_eq(status, 7);
	fails(_i, NULL, "no-such-tool",
	    "(errno = 2)\n  Without PATH it is looked for in /bin:/usr/bin");
}
END_TEST

/* By any version; version 4 would find it there in any case. */
START_TEST(an_empty_or_relative_entry_of_the_path_is_the_working_directorys)
{
	const char *name = harness_unique("tool"), *dir = harness_unique("sub");

	put(".WD", name, SAYS_WHERE, 0755);
	prints(VERSION_5, "PATH=", name, harness_text("%s arg\n", name));
	prints(VERSION_5, "PATH=/none:", name, harness_text("%s arg\n", name));
	prints(VERSION_5, "PATH=/none::/bin", name, harness_text("%s arg\n", name));
	prints(VERSION_5, "PATH=.", name, harness_text("./%s arg\n", name));
	ck_assert_int_eq(mkdir(harness_in_root(harness_text(".WD/%s", dir)), 0755), 0);
	put(harness_text(".WD/%s", dir), harness_text("%s-2", name), SAYS_WHERE, 0755);
	for (int version = 0; version < VERSIONS; version++)
		prints(version, harness_text("PATH=%s", dir), harness_text("%s-2", name),
		    harness_text("%s/%s-2 arg\n", dir, name));
}
END_TEST

START_TEST(what_may_not_be_executed_gives_way_to_what_comes_later)
{
	const char *name = harness_unique("tool"), *first = new_directory(),
		   *last = new_directory();

	put(first, name, SAYS_WHERE, 0644);
	fails(_i, harness_text("PATH=/none:%s:/bin", inside(first)), name,
	    harness_text("Permission denied (errno = 13)\n  It is %s/%s", inside(first), name));
	put(last, name, SAYS_WHERE, 0755);
	prints(_i, harness_text("PATH=/none:%s:%s", inside(first), inside(last)), name,
	    harness_text("%s/%s arg\n", inside(last), name));
}
END_TEST

START_TEST(a_missing_interpreter_is_told_with_the_file)
{
	const char *name = harness_unique("tool"), *dir = new_directory();

	put(dir, name, "#!/none\n", 0755);
	fails(_i, harness_text("PATH=%s:/bin", inside(dir)), name,
	    harness_text("(errno = 2)\n  It is %s/%s\n  The file is there: its interpreter",
		inside(dir), name));
}
END_TEST

START_TEST(what_is_no_program_is_a_script_unless_it_is_named_with_a_slash)
{
	const char *name = harness_unique("tool"), *dir = new_directory();

	put(dir, name, NO_PROGRAM, 0755);
	for (int version = 0; version < VERSIONS; version++) {
		prints(version, harness_text("PATH=%s", inside(dir)), name,
		    harness_text("%s/%s arg\n", inside(dir), name));
		fails(version, "PATH=/bin", harness_text("%s/%s", inside(dir), name),
		    "Exec format error (errno = 8)");
	}
	put(".WD", name, NO_PROGRAM, 0755);
	prints(VERSION_4, "PATH=/bin", name, harness_text("%s arg\n", name));
	fails(VERSION_4, "PATH=/bin", harness_text("./%s", name), "(errno = 8)");
}
END_TEST

Suite *
path_suite(void)
{
	Suite *suite = suite_create("path");
	TCase *tc = tcase_create("path");

	tcase_set_timeout(tc, 60);
	testing_from(tc, TESTING_QUICK);
	tcase_add_test(tc, the_working_directory_comes_first_up_to_version_4_only);
	tcase_add_loop_test(tc, without_a_path_a_tool_is_in_bin_or_usr_bin, 0, VERSIONS);
	testing_from(tc, TESTING_CHECK);
	tcase_add_test(tc, a_directory_of_that_name_is_in_the_way_up_to_version_4_only);
	tcase_add_test(tc, an_empty_or_relative_entry_of_the_path_is_the_working_directorys);
	tcase_add_loop_test(
	    tc, what_may_not_be_executed_gives_way_to_what_comes_later, 0, VERSIONS);
	tcase_add_loop_test(tc, a_missing_interpreter_is_told_with_the_file, 0, VERSIONS);
	tcase_add_test(tc, what_is_no_program_is_a_script_unless_it_is_named_with_a_slash);
	suite_add_tcase(suite, tc);
	return (suite);
}
