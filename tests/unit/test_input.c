/*
 * A tool's standard input: only a file of a file system that holds files, whatever a client names.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <bsd/string.h>

#include "../../src/server/input.h"
#include "scratch.h"
#include "suites.h"

#define LENGTH(a)  (sizeof(a) / sizeof((a)[0]))
#define WORDS	   "what the tool reads\n"
#define TEST_LIMIT 5 /* seconds for a test; an open that blocks takes for ever */

static void
opens(const char *path, const char *content)
{
	char why[256] = "", text[64] = "";
	int fd = input_open(path, why, sizeof(why));

	ck_assert_msg(fd != -1, "%s: %s", path, why);
	ck_assert_int_eq(fcntl(fd, F_GETFL) & (O_NONBLOCK | O_ACCMODE), O_RDONLY);
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	ck_assert_int_eq(read(fd, text, sizeof(text) - 1), (ssize_t)strlen(content));
	ck_assert_str_eq(text, content);
	close(fd);
}

static void
refused(const char *path, const char *words)
{
	char why[256] = "";

	ck_assert_msg(input_open(path, why, sizeof(why)) == -1, "%s was opened", path);
	ck_assert_str_eq(why, words);
}

START_TEST(a_regular_file_is_read_and_its_descriptor_blocks)
{
	opens(scratch_put("file", WORDS), WORDS);
	opens(scratch_put("empty", ""), "");
	opens("", "");
}
END_TEST

START_TEST(an_ordinary_link_leads_to_its_file)
{
	const char *link = scratch_path("link");

	ck_assert_int_eq(symlink(scratch_put("linked", WORDS), link), 0);
	opens(link, WORDS);
}
END_TEST

static const struct {
	const char *path, *words;
} wrong_paths[] = {
    {"file", "not a full path name"},
    {"./file", "not a full path name"},
    {"~/file", "not a full path name"},
    {"/", "Is a directory"},
    {"/proc", "Is a directory"},
    {"/no/such/file", "No such file or directory"},
    {"/etc/passwd/x", "Not a directory"},
    {"/dev/null", "not a regular file"},
    {"/dev/zero", "not a regular file"},
    {"/dev/tty", NULL},
    {"/proc/version", "a file of a kernel file system"},
    {"/proc/self/environ", "a file of a kernel file system"},
    {"/proc/self/mem", "a file of a kernel file system"},
    {"/proc/1/status", "a file of a kernel file system"},
    {"/proc/self/exe", "Too many levels of symbolic links"},
    {"/proc/self/fd/0", "Too many levels of symbolic links"},
    {"/proc/self/root/etc/passwd", "Too many levels of symbolic links"},
    {"/proc/self/cwd/Makefile", "Too many levels of symbolic links"},
    {"/dev/stdin", "Too many levels of symbolic links"},
    {"/dev/fd/0", "Too many levels of symbolic links"},
    {"/sys/kernel/uevent_seqnum", "a file of a kernel file system"},
};

START_TEST(what_is_no_file_for_clients_is_refused_with_the_reason)
{
	char why[256] = "";

	if (wrong_paths[_i].words != NULL)
		refused(wrong_paths[_i].path, wrong_paths[_i].words);
	else /* with a terminal or without, in other words */
		ck_assert_int_eq(input_open(wrong_paths[_i].path, why, sizeof(why)), -1);
}
END_TEST

/* Named as itself, and through an ordinary link to it. */
START_TEST(a_link_to_what_is_refused_is_refused)
{
	static const char *const targets[] = {"/proc/self/mem", "/proc/self/exe", "/dev/zero"};
	static const char *const words[] = {"a file of a kernel file system",
	    "Too many levels of symbolic links", "not a regular file"};
	const char *link = scratch_path("bad-link");

	ck_assert_int_eq(symlink(targets[_i], link), 0);
	refused(link, words[_i]);
	ck_assert_int_eq(unlink(link), 0);
}
END_TEST

START_TEST(the_servers_own_open_files_are_out_of_reach)
{
	char path[64];
	int fd = open(scratch_put("secret", WORDS), O_RDONLY | O_CLOEXEC);

	ck_assert_int_ne(fd, -1);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	refused(path, "Too many levels of symbolic links");
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", getpid(), fd);
	refused(path, "Too many levels of symbolic links");
	close(fd);
}
END_TEST

/* Opening one for reading would wait for a writer. */
START_TEST(a_fifo_is_refused_without_blocking)
{
	const char *fifo = scratch_path("fifo");

	ck_assert_int_eq(mkfifo(fifo, 0600), 0);
	refused(fifo, "not a regular file");
}
END_TEST

/* A process that does nothing but open this for writing. */
static pid_t
writer(const char *fifo)
{
	pid_t parent = getpid(), pid = fork();
	int fd;

	ck_assert_int_ne(pid, -1);
	if (pid == 0) {
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 || getppid() != parent)
			_exit(1);
		fd = open(fifo, O_WRONLY | O_CLOEXEC);
		_exit(fd == -1 ? 1 : 0);
	}
	return (pid);
}

/* A process that is woken up is not asleep any more, even before it runs. */
static bool
is_asleep(pid_t pid)
{
	char path[64], line[512] = "";
	const char *name_end;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	ck_assert_ptr_nonnull(f = fopen(path, "re"));
	ck_assert_ptr_nonnull(fgets(line, sizeof(line), f));
	fclose(f);
	ck_assert_ptr_nonnull(name_end = strrchr(line, ')'));
	return (strncmp(name_end, ") S", 3) == 0);
}

/* To open one, if only for a moment, lets a writer go on: into nothing. */
START_TEST(a_fifo_is_refused_without_a_writer_noticing)
{
	const char *fifo = scratch_path("fifo-of-another");
	pid_t pid;

	ck_assert_int_eq(mkfifo(fifo, 0600), 0);
	pid = writer(fifo);
	while (!is_asleep(pid)) /* the test's time limit is its bound */
		poll(NULL, 0, 1);
	refused(fifo, "not a regular file");
	ck_assert(is_asleep(pid));
	ck_assert_int_eq(open(fifo, O_WRONLY | O_NONBLOCK | O_CLOEXEC), -1);
	ck_assert_int_eq(errno, ENXIO);
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}
END_TEST

START_TEST(a_socket_and_a_directory_are_refused)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	const char *path = scratch_path("socket");
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ne(fd, -1);
	ck_assert_uint_lt(strlcpy(at.sun_path, path, sizeof(at.sun_path)), sizeof(at.sun_path));
	ck_assert_int_eq(bind(fd, (const struct sockaddr *)&at, sizeof(at)), 0);
	refused(path, "not a regular file");
	close(fd);
	ck_assert_int_eq(mkdir(scratch_path("dir"), 0700), 0);
	refused(scratch_path("dir"), "Is a directory");
}
END_TEST

START_TEST(without_descriptors_it_fails_with_that_reason)
{
	struct rlimit before, none;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	none = (struct rlimit){.rlim_max = before.rlim_max};
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	refused("", "Too many open files");
	refused("/etc/passwd", "Too many open files");
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
}
END_TEST

Suite *
input_suite(void)
{
	Suite *suite = suite_create("input");
	TCase *tc = tcase_create("input");

	scratch_use(tc);
	tcase_set_timeout(tc, TEST_LIMIT);
	tcase_add_test(tc, a_regular_file_is_read_and_its_descriptor_blocks);
	tcase_add_test(tc, an_ordinary_link_leads_to_its_file);
	tcase_add_loop_test(tc, what_is_no_file_for_clients_is_refused_with_the_reason, 0,
	    (int)LENGTH(wrong_paths));
	tcase_add_loop_test(tc, a_link_to_what_is_refused_is_refused, 0, 3);
	tcase_add_test(tc, the_servers_own_open_files_are_out_of_reach);
	tcase_add_test(tc, a_fifo_is_refused_without_blocking);
	tcase_add_test(tc, a_fifo_is_refused_without_a_writer_noticing);
	tcase_add_test(tc, without_descriptors_it_fails_with_that_reason);
	tcase_add_test(tc, a_socket_and_a_directory_are_refused);
	suite_add_tcase(suite, tc);
	return (suite);
}
