/*
 * A tool's standard input: only a file of a file system that holds files, whatever a client names.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <bsd/string.h>

#include "server/base/clock.h"
#include "server/runs/input.h"
#include "common/fault.h"
#include "unit/scratch.h"
#include "unit/suites.h"

#define LENGTH(a)  (sizeof(a) / sizeof((a)[0]))
#define WORDS	   "what the tool reads\n"
#define OUTSIDE	   "what it must not read\n"
#define TEST_LIMIT 60 /* seconds for a test; an open that blocks takes for ever */

/* What is in force: stdin_dirs, if any. */
static struct settings s;

static void
opens(const char *path, const char *content)
{
	char why[256] = "", text[64] = "";
	int fd = input_open(&s, path, why, sizeof(why));

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

	ck_assert_msg(input_open(&s, path, why, sizeof(why)) == -1, "%s was opened", path);
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
		ck_assert_int_eq(input_open(&s, wrong_paths[_i].path, why, sizeof(why)), -1);
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

/* A process that does nothing but this. */
static pid_t
start(void (*work)(const char *), const char *path)
{
	pid_t parent = getpid(), pid = fork();

	ck_assert_int_ne(pid, -1);
	if (pid == 0) {
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 || getppid() != parent)
			_exit(1);
		work(path);
		_exit(1);
	}
	return (pid);
}

static void
end(pid_t pid)
{
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}

static void
write_to(const char *fifo)
{
	int fd = open(fifo, O_WRONLY | O_CLOEXEC);

	_exit(fd == -1 ? 1 : 0);
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
	pid = start(write_to, fifo);
	while (!is_asleep(pid)) /* the test's time limit is its bound */
		poll(NULL, 0, 1);
	refused(fifo, "not a regular file");
	ck_assert(is_asleep(pid));
	ck_assert_int_eq(open(fifo, O_WRONLY | O_NONBLOCK | O_CLOEXEC), -1);
	ck_assert_int_eq(errno, ENXIO);
	end(pid);
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

/* ---- stdin_dirs ---- */

static char *dirs[2];

static void
permit_anywhere(void)
{
	s = (struct settings){0};
}

static void
permit(const char *a, const char *b)
{
	static char text[2][4096];

	strlcpy(text[0], a, sizeof(text[0]));
	strlcpy(text[1], b != NULL ? b : "", sizeof(text[1]));
	dirs[0] = text[0];
	dirs[1] = text[1];
	s.stdin_dirs = dirs;
	s.nstdin_dirs = b != NULL ? 2 : 1;
}

static void
make_dir(const char *name)
{
	ck_assert_int_eq(mkdir(scratch_path(name), 0755), 0);
}

static void
make_link(const char *target, const char *name)
{
	ck_assert_int_eq(symlink(target, scratch_path(name)), 0);
}

/* Files in `in`, which is permitted, beside it, and links between them. */
static void
make_tree(void)
{
	make_dir("in");
	make_dir("in/sub");
	make_dir("in/sub/deep");
	make_dir("out");
	make_dir("inside");
	scratch_put("in/file", WORDS);
	scratch_put("in/sub/file", WORDS);
	scratch_put("file", OUTSIDE);
	scratch_put("out/file", OUTSIDE);
	scratch_put("inside/file", OUTSIDE);
	make_link("sub/file", "in/link");
	make_link("../sub/../file", "in/sub/up");
	make_link("../out/file", "in/out-link");
	make_link("../out", "in/out-dir");
	make_link("../in/file", "in/around");
	make_link(scratch_path("in/file"), "in/absolute");
	make_link("in", "alias");
	ck_assert_int_eq(mkfifo(scratch_path("in/fifo"), 0600), 0);
	permit(scratch_path("in"), NULL);
}

#define NOT_BELOW "not below one of stdin_dirs"

static const struct {
	const char *name, *words; /* NULL: it is opened */
} below[] = {
    {"in/file", NULL},
    {"in/sub/file", NULL},
    {"in//sub///./file", NULL},
    {"in/sub/../file", NULL},
    {"in/link", NULL},
    {"in/sub/up", NULL},
    {"file", NOT_BELOW},
    {"out/file", NOT_BELOW},
    {"out/none", NOT_BELOW},
    {"inside/file", NOT_BELOW},
    {"in", NOT_BELOW},
    {"in/", NOT_BELOW},
    {"./in/file", NOT_BELOW},
    {"alias/file", NOT_BELOW},
    {"in/../file", NOT_BELOW},
    {"in/../in/file", NOT_BELOW},
    {"in/sub/../../out/file", NOT_BELOW},
    {"in/out-link", NOT_BELOW},
    {"in/out-dir/file", NOT_BELOW},
    {"in/out-dir/none", NOT_BELOW},
    {"in/around", NOT_BELOW},
    {"in/absolute", NOT_BELOW},
    {"in/none", "No such file or directory"},
    {"in/file/x", "Not a directory"},
    {"in/sub", "Is a directory"},
    {"in/.", "Is a directory"},
    {"in/fifo", "not a regular file"},
};

START_TEST(a_file_must_be_below_a_permitted_directory)
{
	make_tree();
	if (below[_i].words == NULL)
		opens(scratch_path(below[_i].name), WORDS);
	else
		refused(scratch_path(below[_i].name), below[_i].words);
}
END_TEST

START_TEST(no_input_is_permitted_everywhere)
{
	make_tree();
	opens("", "");
	permit("/no/such/directory", NULL);
	opens("", "");
}
END_TEST

START_TEST(a_permitted_directory_is_compared_as_it_is_spelt)
{
	make_tree();
	permit(scratch_path("in///"), NULL);
	opens(scratch_path("in/file"), WORDS);
	permit(scratch_path("alias"), NULL);
	opens(scratch_path("alias/file"), WORDS);
	refused(scratch_path("in/file"), NOT_BELOW);
	permit("/", NULL);
	opens(scratch_path("out/file"), OUTSIDE);
	refused("/", NOT_BELOW);
	permit(scratch_path("in/file"), NULL);
	refused(scratch_path("in/file/x"), "Not a directory");
	permit(scratch_path("none"), NULL);
	refused(scratch_path("none/x"), "No such file or directory");
}
END_TEST

START_TEST(any_permitted_directory_will_do)
{
	make_tree();
	permit(scratch_path("in/sub"), scratch_path("in"));
	opens(scratch_path("in/file"), WORDS);
	opens(scratch_path("in/sub/up"), WORDS); /* out of the one, within the other */
	permit(scratch_path("in"), scratch_path("in/sub"));
	opens(scratch_path("in/sub/up"), WORDS);
	permit(scratch_path("none"), scratch_path("out"));
	opens(scratch_path("out/file"), OUTSIDE);
	refused(scratch_path("in/file"), NOT_BELOW);
}
END_TEST

START_TEST(what_is_no_file_for_clients_is_so_in_a_permitted_directory)
{
	permit("/proc", "/dev");
	refused("/proc/version", "a file of a kernel file system");
	refused("/proc/self/mem", "a file of a kernel file system");
	refused("/proc/self/exe", "Too many levels of symbolic links");
	refused("/dev/null", "not a regular file");
}
END_TEST

static void
exchange(const char *a, const char *b)
{
	if (syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE) == -1)
		_exit(1);
}

/* `door` is a link that leads in or out; `deep` is here or elsewhere, and so is what is above. */
static void
swap_links(const char *scratch)
{
	if (chdir(scratch) == -1)
		return;
	for (;;)
		exchange("in/door", "in/other-door");
}

static void
swap_directories(const char *scratch)
{
	if (chdir(scratch) == -1)
		return;
	for (;;)
		exchange("in/sub/deep", "out/deep");
}

static const struct {
	void (*swap)(const char *);
	const char *name;
} races[] = {
    {swap_links, "in/door/file"},
    {swap_directories, "in/sub/deep/../file"},
    {swap_directories, "in/sub/deep/../../file"},
};

/* The content of what was opened; fails on a reason that is none in a race. */
static bool
opened_in_time(const char *path)
{
	char why[256] = "", text[64] = "";
	int fd = input_open(&s, path, why, sizeof(why));

	if (fd == -1) {
		ck_assert_str_eq(why, NOT_BELOW);
		return (false);
	}
	ck_assert_int_gt(read(fd, text, sizeof(text) - 1), 0);
	close(fd);
	ck_assert_str_eq(text, WORDS);
	return (true);
}

START_TEST(what_is_swapped_meanwhile_does_not_lead_out)
{
	char path[4096];
	int64_t until;
	int n = 0;
	pid_t pid;

	make_tree();
	make_dir("out/deep");
	make_link("sub", "in/door");
	make_link("../out", "in/other-door");
	strlcpy(path, scratch_path(races[_i].name), sizeof(path));
	pid = start(races[_i].swap, scratch_path("."));
	for (until = clock_ms() + testing_ms(400, 5000); n == 0 || clock_ms() < until;)
		n += opened_in_time(path);
	ck_assert_int_eq(waitpid(pid, NULL, WNOHANG), 0);
	end(pid);
}
END_TEST

/* Each makes the kernel doubt what is above a directory: it asks to be asked again. */
static void
rename_something(const char *scratch)
{
	if (chdir(scratch) == -1)
		return;
	for (;;)
		exchange("out", "inside");
}

START_TEST(renames_elsewhere_refuse_nothing)
{
	char path[4096];
	int64_t until;
	pid_t pid;

	make_tree();
	strlcpy(path, scratch_path("in/sub/../sub/../sub/../file"), sizeof(path));
	pid = start(rename_something, scratch_path("."));
	until = clock_ms() + testing_ms(400, 5000);
	do {
		opens(path, WORDS);
	} while (clock_ms() < until);
	ck_assert_int_eq(waitpid(pid, NULL, WNOHANG), 0);
	end(pid);
}
END_TEST

START_TEST(renames_without_end_are_given_up)
{
	char path[4096];

	make_tree();
	strlcpy(path, scratch_path("in/file"), sizeof(path));
	fault_always(SYS_openat2, EAGAIN);
	refused(path, "Resource temporarily unavailable");
}
END_TEST

static void
add_permitted(TCase *tc)
{
	tcase_add_loop_test(tc, a_file_must_be_below_a_permitted_directory, 0, (int)LENGTH(below));
	tcase_add_test(tc, no_input_is_permitted_everywhere);
	tcase_add_test(tc, a_permitted_directory_is_compared_as_it_is_spelt);
	tcase_add_test(tc, any_permitted_directory_will_do);
	tcase_add_test(tc, what_is_no_file_for_clients_is_so_in_a_permitted_directory);
	tcase_add_loop_test(tc, what_is_swapped_meanwhile_does_not_lead_out, 0, (int)LENGTH(races));
	tcase_add_test(tc, renames_elsewhere_refuse_nothing);
	tcase_add_test(tc, renames_without_end_are_given_up);
}

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

	tc = tcase_create("stdin_dirs");
	scratch_use(tc);
	tcase_add_checked_fixture(tc, permit_anywhere, NULL);
	tcase_set_timeout(tc, TEST_LIMIT);
	add_permitted(tc);
	suite_add_tcase(suite, tc);
	return (suite);
}
