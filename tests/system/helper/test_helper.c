/* tool_launcher, called as its contract has it: by anybody, with anything. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "system/helper.h"
#include "system/run.h"
#include "system/suites.h"

#define SOME_GROUP 1879052399

START_TEST(it_becomes_the_tool)
{
	struct call c = helper_by_user(), killed = helper_by_user();

	STATUS(&c, 7, "-err", "3", "-root", helper_root(), "-cmd", "/bin/sh", "-c", "exit 7");
	ck_assert_str_eq(c.words, "");
	STATUS(&killed, 128 + SIGTERM, "-err", "3", "-root", helper_root(), "-cmd", "/bin/sh", "-c",
	    "kill -TERM $$");
}
END_TEST

START_TEST(a_missing_switch_is_status_1)
{
	struct call a = helper_by_user(), b = helper_by_user();

	STATUS(&a, LAUNCHER_MISSING_SWITCH, "-err", "3", "-cmd", "/bin/true");
	STATUS(&b, LAUNCHER_MISSING_SWITCH, "-root", helper_root(), "-cmd", "/bin/true");
}
END_TEST

START_TEST(a_bad_descriptor_is_status_2)
{
	static const char *const bad[] = {"77", "-1", "x", "", "3x", "99999999999999999999"};
	struct call a = helper_by_user(), b = helper_by_user();

	STATUS(&a, LAUNCHER_BAD_DESCRIPTOR, "-err", bad[_i], "-root", helper_root(), "-cmd",
	    "/bin/true");
	STATUS(&b, LAUNCHER_BAD_DESCRIPTOR, "-dbg", bad[_i], "-err", "3", "-root", helper_root(),
	    "-cmd", "/bin/true");
}
END_TEST

START_TEST(a_bad_root_is_status_3)
{
	struct call a = helper_by_user(), b = helper_by_user();

	STATUS(&a, LAUNCHER_BAD_ROOT, "-err", "3", "-root", harness_installed("roots/none"), "-cmd",
	    "/bin/true");
	STATUS(&b, LAUNCHER_BAD_ROOT, "-err", "3", "-root", "", "-cmd", "/bin/true");
}
END_TEST

START_TEST(no_command_is_status_4)
{
	struct call a = helper_by_user(), b = helper_by_user();

	STATUS(&a, LAUNCHER_NO_COMMAND, "-err", "3", "-root", helper_root());
	STATUS(&b, LAUNCHER_NO_COMMAND, "-err", "3", "-root", helper_root(), "-cmd");
}
END_TEST

START_TEST(an_unknown_switch_is_status_7)
{
	struct call a = helper_by_user(), b = helper_by_user();

	STATUS(&a, LAUNCHER_UNKNOWN_SWITCH, "-err", "3", "-root", helper_root(), "-zzz", "-cmd",
	    "/bin/true");
	ck_assert_contains(a.words, "-zzz");
	STATUS(&b, LAUNCHER_UNKNOWN_SWITCH, "-err", "3", "-root", helper_root(), "stray", "-cmd",
	    "/bin/true");
}
END_TEST

START_TEST(without_setuid_it_is_status_8)
{
	const char *copy = harness_installed(harness_text("work/%s", harness_unique("helper")));
	struct call c = helper_by_user();

	ck_assert_int_eq(system(harness_text("cp '%s' '%s' && chmod 0755 '%s'",
			     harness_installed("libexec/runtool/tool_launcher"), copy, copy)),
	    0);
	c.argv[0] = copy;
	STATUS(&c, LAUNCHER_NO_CHROOT, "-err", "3", "-root", helper_root(), "-cmd", "/bin/true");
	ck_assert_str_ne(c.words, "");
}
END_TEST

START_TEST(a_tool_that_cannot_be_executed_is_status_9)
{
	struct call a = helper_by_user(), b = helper_by_user();

	STATUS(&a, LAUNCHER_NO_EXEC, "-err", "3", "-root", helper_root(), "-cmd", "/bin/none");
	ck_assert_contains(a.words, "Execve failure");
	STATUS(&b, LAUNCHER_NO_EXEC, "-err", "3", "-root", helper_root(), "-cmd", "");
}
END_TEST

static void
stand_nowhere(void)
{
	const char *dir = harness_in_root(harness_text("tmp/%s", harness_unique("gone")));

	if (mkdir(dir, 0777) == -1 || chdir(dir) == -1 || rmdir(dir) == -1)
		_exit(PROGRAM_NOT_RUN);
}

START_TEST(a_working_directory_that_is_gone_is_status_10)
{
	struct call c = helper_by_user();

	c.program.directory = NULL;
	c.program.prepare = stand_nowhere;
	STATUS(&c, LAUNCHER_NO_DIRECTORY, "-err", "3", "-root", helper_root(), "-cmd", "/bin/true");
}
END_TEST

START_TEST(a_working_directory_outside_the_root_is_status_11)
{
	static const char *const outside[] = {"/", "/usr", NULL};
	struct call c = helper_by_user();

	c.program.directory = outside[_i] != NULL ? outside[_i] : harness_installed("roots");
	STATUS(&c, LAUNCHER_OUTSIDE, "-err", "3", "-root", helper_root(), "-cmd", "/bin/true");
}
END_TEST

START_TEST(root_and_strangers_are_refused)
{
	static const uid_t others[] = {0, 65534};
	struct call c = helper_by_user();

	/* A stranger in the right group: the file's mode lets them in. */
	c.program.uid = _i < 2 ? others[_i] : harness_stranger();
	c.program.gid = harness_user();
	REFUSED(&c, "-err", "3", "-root", helper_root());
}
END_TEST

START_TEST(the_files_mode_keeps_others_out)
{
	struct call c = helper_by_user();

	c.program.uid = harness_stranger();
	ck_assert_int_eq(
	    CALL(&c, "-err", "3", "-root", helper_root(), "-cmd", "/bin/true"), PROGRAM_NOT_RUN);
	program_free(&c.program);
}
END_TEST

enum {
	ELSEWHERE,
	HOST_ROOT,
	A_SYMLINK,
	DOT_DOT,
	DOT,
	THE_ROOTS_THEMSELVES,
	A_FILE,
	DEEPER,
	TRAILING_SLASH,
	RELATIVE,
	FOREIGN_OWNER,
	BAD_ROOTS
};

static const char *
made_directory(const char *path, mode_t mode)
{
	ck_assert_int_eq(mkdir(path, mode), 0);
	return (path);
}

static const char *
bad_root(int kind)
{
	const char *name = harness_installed(harness_text("roots/%s", harness_unique("root")));

	switch (kind) {
	case ELSEWHERE:
		return (made_directory(
		    harness_installed(harness_text("work/%s", harness_unique("root"))), 0755));
	case HOST_ROOT:
		return ("/");
	case A_SYMLINK:
		ck_assert_int_eq(symlink("00000001", name), 0);
		return (name);
	case DOT_DOT:
		return (harness_installed("roots/00000001/.."));
	case DOT:
		return (harness_installed("roots/."));
	case THE_ROOTS_THEMSELVES:
		return (harness_installed("roots"));
	case A_FILE:
		ck_assert_int_eq(rename(harness_file("text"), name), 0);
		return (name);
	case DEEPER:
		return (harness_installed("roots/00000001/tmp"));
	case RELATIVE:
		return ("../../00000001");
	case FOREIGN_OWNER: /* the caller may not enter it, though root may */
		return (made_directory(name, 0700));
	default:
		return (harness_installed("roots/none/"));
	}
}

START_TEST(a_root_is_a_directory_right_below_those_in_the_policy)
{
	struct call c = helper_by_user();

	REFUSED(&c, "-err", "3", "-root", bad_root(_i));
}
END_TEST

/* What `show state` says when the helper starts it. */
static const char *
state_of(struct call *c, const char *first)
{
	if (first != NULL)
		ck_assert_int_eq(CALL(c, first, "-err", "3", "-root", helper_root(), "-cmd",
				     harness_in_root("bin/show"), "state"),
		    0);
	else
		ck_assert_msg(
		    CALL(c, "-err", "3", "-root", helper_root(), "-cmd", "/bin/show", "state") == 0,
		    "%s", helper_what(c));
	return (harness_text("\n%s", program_out(&c->program)));
}

START_TEST(a_tool_keeps_only_the_policys_groups)
{
	struct call with = helper_under_policy(
	    harness_file(harness_text("%sgroups %u\n", helper_usual_policy(), SOME_GROUP)));
	struct call without = helper_by_user();

	with.program.group = without.program.group = SOME_GROUP;
	ck_assert_contains(state_of(&with, NULL), harness_text("\ngroups %u\n", SOME_GROUP));
	ck_assert_contains(state_of(&without, NULL), "\ngroups\n");
	program_free(&with.program);
	program_free(&without.program);
}
END_TEST

static void
bad_inheritance(void)
{
	struct sigaction sa = {.sa_handler = SIG_IGN};
	sigset_t all;
	int i;

	/* Not close-on-exec. */
	for (i = 3; i < 50; i++)
		if (dup2(0, i + 1) == -1)
			_exit(PROGRAM_NOT_RUN);
	for (i = 1; i < NSIG; i++)
		sigaction(i, &sa, NULL);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	umask(0);
	setenv("SECRET", "of the caller", 1);
	setenv("LD_PRELOAD", "/none.so", 1);
}

START_TEST(nothing_of_the_caller_reaches_the_tool)
{
	struct call c = helper_by_user();
	const char *s;

	c.program.prepare = bad_inheritance;
	s = state_of(&c, NULL);
	ck_assert_contains(s, "\ndescriptors 0 1 2\n");
	ck_assert_contains(s, "\nblocked\n");
	ck_assert_contains(s, "\nignored\n");
	ck_assert_contains(s, "\numask 022\n");
	program_free(&c.program);
}
END_TEST

START_TEST(the_umask_is_what_the_switch_says)
{
	static const char *const masks[][2] = {
	    {"0", "000"}, {"0777", "777"}, {"27", "027"}, {"0000", "000"}};
	struct call c;

	for (size_t i = 0; i < sizeof(masks) / sizeof(masks[0]); i++) {
		c = helper_by_user();
		c.program.prepare = bad_inheritance;
		ck_assert_int_eq(CALL(&c, "-umask", masks[i][0], "-err", "3", "-root",
				     helper_root(), "-cmd", "/bin/show", "state"),
		    0);
		ck_assert_contains(
		    program_out(&c.program), harness_text("\numask %s\n", masks[i][1]));
		program_free(&c.program);
	}
}
END_TEST

START_TEST(a_wrong_umask_or_limit_is_status_7)
{
	static const char *const wrong[][2] = {{"-umask", ""}, {"-umask", "8"}, {"-umask", "01000"},
	    {"-umask", "00022"}, {"-umask", "-1"}, {"-umask", "022 "}, {"-umask", "0x12"},
	    {"-umask", "777777777777777777777777"}, {"-limit", ""}, {"-limit", "core"},
	    {"-limit", "core="}, {"-limit", "core=-1"}, {"-limit", "core=x"}, {"-limit", "=0"},
	    {"-limit", "nproc=1"}, {"-limit", "nofile=1"}, {"-limit", "memlock=1"},
	    {"-limit", "cor=1"}, {"-limit", "core=1 "}, {"-limit", "as=99999999999999999999"},
	    {"-limit", "as=99999999999G"}};
	struct call c;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		c = helper_by_user();
		STATUS(&c, LAUNCHER_UNKNOWN_SWITCH, "-err", "3", "-root", helper_root(),
		    wrong[i][0], wrong[i][1], "-cmd", "/bin/true");
		ck_assert_contains(c.words, harness_text("%s %s: ", wrong[i][0], wrong[i][1]));
	}
}
END_TEST

START_TEST(the_environment_is_what_env_says)
{
	struct call c = helper_by_user(), none = helper_by_user();

	c.program.prepare = none.program.prepare = bad_inheritance;
	ck_assert_int_eq(CALL(&c, "-err", "3", "-root", helper_root(), "-env", "A=1", "B=2", "-cmd",
			     "/bin/show", "env"),
	    0);
	ck_assert_str_eq(program_out(&c.program), "[A=1]\n[B=2]\n");
	ck_assert_int_eq(
	    CALL(&none, "-err", "3", "-root", helper_root(), "-cmd", "/bin/show", "env"), 0);
	ck_assert_str_eq(program_out(&none.program), "");
	program_free(&c.program);
	program_free(&none.program);
}
END_TEST

START_TEST(privilege_is_gone_for_good)
{
	struct call c = helper_by_user();
	const char *s = state_of(&c, NULL);
	unsigned int u = harness_user();

	ck_assert_contains(s, harness_text("\nuids %u %u %u\n", u, u, u));
	ck_assert_contains(s, harness_text("\ngids %u %u %u\n", u, u, u));
	ck_assert_contains(s, "\npermitted 000000000\n");
	ck_assert_contains(s, "\neffective 000000000\n");
	ck_assert_contains(s, "\nno_new_privs 1\n");
	program_free(&c.program);
}
END_TEST

/* Without a chroot, and wherever it stands. */
START_TEST(testing_mode_drops_privilege_and_needs_no_policy)
{
	struct call c = helper_by_user();
	const char *s;
	unsigned int u = harness_user();

	if (harness_mode() == MODE_PID)
		c = helper_under_policy(made_directory(
		    harness_installed(harness_text("work/%s", harness_unique("etc"))), 0777));
	c.program.directory = "/";
	s = state_of(&c, "-t");
	ck_assert_contains(s, harness_text("\nuids %u %u %u\n", u, u, u));
	ck_assert_contains(s, "\npermitted 000000000\n");
	ck_assert_contains(s, "\ndescriptors 0 1 2\n");
	ck_assert_contains(s, "\ncwd /\n");
	program_free(&c.program);
}
END_TEST

START_TEST(debugging_output_goes_to_its_descriptor)
{
	struct call c = helper_by_user();

	ck_assert_int_eq(
	    CALL(&c, "-dbg", "2", "-err", "3", "-root", helper_root(), "-cmd", "/bin/true"), 0);
	ck_assert_contains(program_err(&c.program), "/bin/true");
	program_free(&c.program);
}
END_TEST

/* A root that only the server's user may read: a repository that refuses root looks like this. */
START_TEST(a_root_that_only_its_caller_may_read_works)
{
	const char *dir = harness_installed("roots/00000002");
	struct server s;
	struct run r = RUN("/bin/show", "args", "works");

	ck_assert_int_eq(
	    system(harness_text("rm -rf '%s' && mkdir -p '%s/bin' '%s/.WD' && "
				"cp '%s/show' '%s/bin' && chown -R %u:%u '%s' && chmod -R go= '%s'",
		dir, dir, dir, harness_in_root("bin"), dir, harness_user(), harness_user(), dir,
		dir)),
	    0);
	r.root = 2;
	server_start_mode(&s, (enum mode)_i, NULL);
	run_do(&s, &r);
	ck_assert_str_eq(run_out(&r), "[works]\n");
	run_free(&r);
	server_stop(&s);
}
END_TEST

static rlim_t few;

static void
few_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		_exit(PROGRAM_NOT_RUN);
	limit.rlim_cur = few;
	if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
		_exit(PROGRAM_NOT_RUN);
}

/* Whether a tool that prints "ran" was launched, with so few descriptors, as the server is told. */
static bool
is_launched(struct call *c)
{
	const char *argv[] = {harness_installed("libexec/runtool/tool_launcher"), "-err", "2",
	    "-life", "3", "-isolate", "none", "-nofile", "64", "-root", helper_root(), "-cmd",
	    "/bin/show", "args", "ran", NULL};
	struct launcher_message m = {0};
	int life[2], status;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, life), 0);
	c->program.argv = argv;
	c->program.pass = life[1];
	c->program.prepare = few_descriptors;
	status = program_run(&c->program);
	(void)!recv(life[0], &m, sizeof(m), MSG_DONTWAIT);
	close(life[0]);
	close(life[1]);
	ck_assert_int_ne(status, PROGRAM_NOT_RUN);
	ck_assert(m.kind == LAUNCHER_ENDED || status != 0);
	return (m.kind == LAUNCHER_ENDED);
}

/*
 * Wherever the descriptors run out. A tool may be dead before it prints, but its file was opened.
 */
START_TEST(a_launch_that_failed_has_run_nothing)
{
	int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	bool launched = false, failed = false, executed;
	char event[4096];
	struct call c;

	ck_assert_int_ne(inotify_add_watch(watch, harness_in_root("bin/show"), IN_OPEN), -1);
	for (few = 4; few <= 16; few++) {
		c = helper_by_user();
		if (is_launched(&c))
			launched = true;
		else
			failed = true;
		executed = read(watch, event, sizeof(event)) > 0;
		ck_assert_msg(executed == launched, "%llu descriptors: %s: %s",
		    (unsigned long long)few,
		    executed ? "executed, but is said to have failed" : "not executed",
		    program_err(&c.program));
		ck_assert_str_eq(program_out(&c.program), launched ? "[ran]\n" : "");
		program_free(&c.program);
	}
	ck_assert(launched && failed);
	close(watch);
}
END_TEST

/* ---- what a tool used */

#define TAIL_KB INT64_C(12000) /* what tail(1) keeps in memory */

/* Itself, a child that is killed, and a pipeline. */
static const char burning[] =
    "i=0; while [ $i -lt 400000 ]; do i=$((i + 1)); done\n"
    "sh -c 'i=0; while [ $i -lt 200000 ]; do i=$((i + 1)); done; kill -KILL $$'\n"
    "yes | head -c 15000K | tail -c 12000K | wc -c";

static int64_t
processor_us(const struct rusage *r)
{
	return ((int64_t)(r->ru_utime.tv_sec + r->ru_stime.tv_sec) * 1000000 + r->ru_utime.tv_usec +
		r->ru_stime.tv_usec);
}

/* We wait for all that the keeper waited for, and for little else. */
START_TEST(the_keeper_tells_what_the_tool_used)
{
	static const char *const isolations[] = {"none", "pid"};

	for (size_t i = 0; i < 2; i++) {
		struct launch l = helper_launch((enum helper_kind)_i);
		struct rusage before, after;
		int64_t told_us, seen_us;

		ck_assert_int_eq(getrusage(RUSAGE_CHILDREN, &before), 0);
		OUTPUT(&l, 0, "-isolate", isolations[i], "-root", helper_root(), "-wd", "/", "-env",
		    "PATH=/bin", "-cmd", "/bin/sh", "-c", burning);
		ck_assert_int_eq(getrusage(RUSAGE_CHILDREN, &after), 0);
		told_us = l.last.user_us + l.last.system_us;
		seen_us = processor_us(&after) - processor_us(&before);
		ck_assert_int_gt(l.last.system_us, 0);
		ck_assert_int_gt(l.last.user_us, l.last.system_us);
		ck_assert_msg(told_us <= seen_us && told_us > seen_us * 3 / 4,
		    "%s: %lld us are told, %lld us were used", isolations[i], (long long)told_us,
		    (long long)seen_us);
		ck_assert_int_ge(l.last.max_rss_kb, TAIL_KB);
		ck_assert_int_lt(l.last.max_rss_kb, 2 * TAIL_KB);
	}
}
END_TEST

/* What the test, the server's part, and the launcher use is not the tool's. */
START_TEST(a_small_tool_used_little)
{
	struct launch l = helper_launch((enum helper_kind)_i);
	size_t much = 2000 * TAIL_KB;

	memset(harness_alloc(much), 1, much);
	OUTPUT(&l, 0, "-root", helper_root(), "-wd", "/", "-cmd", "/bin/show", "env");
	ck_assert_int_gt(l.last.max_rss_kb, 0);
	ck_assert_int_lt(l.last.max_rss_kb, TAIL_KB / 2);
	ck_assert_int_lt(l.last.user_us + l.last.system_us, 500000);
}
END_TEST

static int64_t
told(const struct launch *l)
{
	return (l->last.user_us + l->last.system_us + l->last.max_rss_kb);
}

START_TEST(only_the_end_tells_what_was_used)
{
	static const int kinds[] = {LAUNCHER_HELD, LAUNCHER_ENDED, LAUNCHER_HELD};
	struct launch l = helper_launch((enum helper_kind)_i), failed = l;

	FAILURE(&failed, LAUNCHER_NO_EXEC, "-isolate", "pid", "-root", helper_root(), "-wd", "/",
	    "-cmd", "/bin/none");
	ck_assert_int_eq(told(&failed), 0);
	ck_assert_int_eq(failed.last.error, ENOENT);
	START(&l, "-hold", "-isolate", "pid", "-root", helper_root(), "-wd", "/", "-cmd",
	    "/bin/true");
	for (size_t i = 0; i < 3; i++) {
		ck_assert(helper_message(&l));
		ck_assert_int_eq(l.last.kind, kinds[i]);
		ck_assert((told(&l) != 0) == (kinds[i] == LAUNCHER_ENDED));
		if (kinds[i] == LAUNCHER_HELD)
			helper_order(&l, 0);
	}
	helper_finish(&l);
	program_free(&l.program);
}
END_TEST

START_TEST(the_installed_helper_has_no_interpreter)
{
	int fd = open(harness_installed("libexec/runtool/tool_launcher"), O_RDONLY | O_CLOEXEC);
	Elf64_Ehdr head;
	Elf64_Phdr part;

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(read(fd, &head, sizeof(head)), sizeof(head));
	ck_assert_int_eq(memcmp(head.e_ident, ELFMAG, SELFMAG), 0);
	ck_assert_int_eq(head.e_ident[EI_CLASS], ELFCLASS64);
	for (int i = 0; i < head.e_phnum; i++) {
		ck_assert_int_eq(pread(fd, &part, sizeof(part),
				     (off_t)(head.e_phoff + (Elf64_Off)i * head.e_phentsize)),
		    sizeof(part));
		ck_assert_uint_ne(part.p_type, PT_INTERP);
	}
	close(fd);
}
END_TEST

START_TEST(the_installed_helper_is_for_its_group_only)
{
	struct stat st;

	ck_assert_int_eq(stat(harness_installed("libexec/runtool/tool_launcher"), &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 04750);
	ck_assert_uint_eq(st.st_uid, 0);
	ck_assert_uint_eq(st.st_gid, harness_user());
}
END_TEST

Suite *
helper_suite(void)
{
	Suite *suite = suite_create("helper");
	TCase *tc = tcase_create("statuses");

	tcase_set_timeout(tc, 60);
	testing_from(tc, TESTING_QUICK);
	testing_add_root(tc, it_becomes_the_tool);
	testing_add_root(tc, a_missing_switch_is_status_1);
	testing_from(tc, TESTING_CHECK);
	testing_add_root_loop(tc, a_bad_descriptor_is_status_2, 0, 6);
	testing_add_root(tc, a_bad_root_is_status_3);
	testing_add_root(tc, no_command_is_status_4);
	testing_add_root(tc, an_unknown_switch_is_status_7);
	testing_add_root(tc, a_wrong_umask_or_limit_is_status_7);
	testing_add_root(tc, without_setuid_it_is_status_8);
	testing_add_root(tc, a_tool_that_cannot_be_executed_is_status_9);
	testing_add_root(tc, a_working_directory_that_is_gone_is_status_10);
	testing_add_root_loop(tc, a_working_directory_outside_the_root_is_status_11, 0, 3);
	suite_add_tcase(suite, tc);

	tc = tcase_create("refused");
	tcase_set_timeout(tc, 60);
	testing_from(tc, TESTING_QUICK);
	testing_add_root_loop(tc, root_and_strangers_are_refused, 0, 3);
	testing_from(tc, TESTING_CHECK);
	testing_add_root(tc, the_files_mode_keeps_others_out);
	testing_add_root_loop(
	    tc, a_root_is_a_directory_right_below_those_in_the_policy, 0, BAD_ROOTS);
	suite_add_tcase(suite, tc);

	tc = tcase_create("tool");
	tcase_set_timeout(tc, 60);
	testing_from(tc, TESTING_QUICK);
	testing_add_root(tc, nothing_of_the_caller_reaches_the_tool);
	testing_add_root(tc, privilege_is_gone_for_good);
	testing_from(tc, TESTING_CHECK);
	harness_add_mounts(tc, a_tool_keeps_only_the_policys_groups);
	testing_add_root(tc, the_umask_is_what_the_switch_says);
	testing_add_root(tc, the_environment_is_what_env_says);
	tcase_add_test(tc, testing_mode_drops_privilege_and_needs_no_policy);
	testing_add_root(tc, debugging_output_goes_to_its_descriptor);
	testing_add_root(tc, a_launch_that_failed_has_run_nothing);
	harness_add_admin_loop(tc, a_root_that_only_its_caller_may_read_works, MODE_PID, MODE_NONE);
	testing_add_root_loop(
	    tc, a_root_that_only_its_caller_may_read_works, MODE_NONE, MODE_TESTING);
	suite_add_tcase(suite, tc);

	tc = tcase_create("usage");
	tcase_set_timeout(tc, 60);
	testing_from(tc, TESTING_QUICK);
	helper_add_kinds(tc, only_the_end_tells_what_was_used);
	testing_from(tc, TESTING_CHECK);
	helper_add_kinds(tc, the_keeper_tells_what_the_tool_used);
	helper_add_kinds(tc, a_small_tool_used_little);
	suite_add_tcase(suite, tc);

	tc = tcase_create("installed");
	tcase_add_test(tc, the_installed_helper_has_no_interpreter);
	testing_add_root(tc, the_installed_helper_is_for_its_group_only);
	suite_add_tcase(suite, tc);
	return (suite);
}
