/*
 * What a hostile tool tries, in roots of all kinds. Elsewhere: hostile callers and surroundings
 * (test_attack.c); signals, tracing and kill(-1) (test_tool.c); what a request may name
 * (test_stdin.c, test_run.c); who may call, and with which root and policy (test_helper.c,
 * test_policy.c).
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "common/testing.h"
#include "system/attack.h"
#include "system/proc.h"
#include "system/run.h"
#include "system/suites.h"

/* Where there is no /proc, a name in it is ENOENT. */
static const char nothing_there[] = "EPERM EACCES ENOENT EBADF";

static const char *
secret(void)
{
	return (harness_file("secret\n"));
}

START_TEST(a_tool_cannot_leave_its_root)
{
	attack_refused(ATTACK((enum mode)_i, "escape", secret()), nothing_there);
}
END_TEST

START_TEST(a_tool_cannot_mount)
{
	attack_refused(ATTACK((enum mode)_i, "mounts"), "EPERM");
}
END_TEST

START_TEST(a_tool_makes_and_enters_no_namespace)
{
	attack_refused(ATTACK((enum mode)_i, "namespaces"), nothing_there);
}
END_TEST

START_TEST(a_tool_gains_no_privilege)
{
	attack_refused(ATTACK((enum mode)_i, "privileges"), "EPERM EINVAL");
}
END_TEST

START_TEST(a_tool_cannot_look_into_its_keeper)
{
	attack_refused(ATTACK((enum mode)_i, "peek"), nothing_there);
}
END_TEST

START_TEST(proc_and_dev_in_a_volatile_root_open_no_way)
{
	enum mode mode = (enum mode)_i;

	attack_policy("proc\ndev\ntmpfs /tmp 1M\n");
	attack_refused(ATTACK(mode, "escape", secret()), "EPERM EACCES ENOENT EBADF");
	attack_refused(ATTACK(mode, "mounts"), "EPERM");
	attack_refused(ATTACK(mode, "namespaces"), "EPERM EACCES");
	attack_refused(ATTACK(mode, "privileges"), "EPERM EINVAL");
	attack_refused(ATTACK(mode, "peek"), "EPERM EACCES");
	attack_refused(ATTACK(mode, "terminals"), "ENXIO ENOENT ENOTTY");
	attack_refused(ATTACK(mode, "write", "/dev"), "EROFS ENOENT");
}
END_TEST

/* A volatile root beside root 1. */
static const char *
other_root(void)
{
	const char *dir = harness_installed(harness_text("roots/%s", harness_unique("other")));

	ck_assert_int_eq(system(harness_text("mkdir -p '%s/bin' '%s/tmp' && cp '%s' '%s/bin'", dir,
			     dir, harness_in_root("bin/attack"), dir)),
	    0);
	return (dir);
}

/* What `attack take` says in this mode, or by root on the host, when a tool in that one passes its /. */
static const char *
take(enum mode taker, enum mode passer)
{
	const char *name = harness_unique("gift"), *args[HELPER_MAX_ARGS - 8], *out;
	struct launch l =
	    helper_launch(attack_is_rootless(passer) ? HELPER_ROOTLESS : HELPER_SETUID);

	attack_args(args, HELPER_MAX_ARGS - 8, passer,
	    attack_is_named(passer) ? NULL : other_root(), NULL,
	    COMMAND("/bin/attack", "pass", name));
	helper_start(&l, args);
	ck_assert_soon(strcmp(program_out(&l.program), "passes\n") == 0);
	if (taker == MODE_TESTING)
		out =
		    attack_outside(COMMAND(harness_in_root("bin/attack"), "take", secret(), name));
	else
		out = ATTACK(taker, "take", secret(), name);
	helper_order(&l, SIGKILL);
	helper_finish(&l);
	program_free(&l.program);
	return (out);
}

static const char no_gift[] = "ENOENT ECONNREFUSED EACCES EPERM";

/*
 * `..` of another root's directory does not end at one's own, but at that of its mounts. Without
 * isolation there is no such promise: a tool could as well trace the other one.
 */
START_TEST(a_descriptor_from_a_volatile_root_does_not_lead_out)
{
	bool rootless = attack_is_rootless((enum mode)_i);
	enum mode passer = rootless ? MODE_ROOTLESS : MODE_PID;

	attack_refused(take((enum mode)_i, _i == MODE_ALL ? MODE_ALL : passer), no_gift);
}
END_TEST

START_TEST(a_descriptor_from_a_root_with_mounts_of_its_own_does_not_lead_out)
{
	attack_policy("tmpfs /tmp 1M\n");
	attack_refused(take((enum mode)_i, (enum mode)_i), no_gift);
}
END_TEST

/* From a plain chroot to somebody who has no root that he could not leave. */
START_TEST(a_descriptor_can_be_passed_on)
{
	attack_allowed(take(MODE_TESTING, MODE_NONE), "");
}
END_TEST

/*
 * One that can be entered (STOP_BEFORE_TOOL and the like) waits before and after its tool. A rootless
 * one would be open to its tool meanwhile; without a PID namespace it has the host's /proc.
 */
START_TEST(a_keeper_that_holds_on_is_closed_to_its_tool)
{
	enum mode mode = (enum mode)_i;
	const char *args[HELPER_MAX_ARGS - 8] = {"-hold"};
	struct launch l = helper_launch(attack_is_rootless(mode) ? HELPER_ROOTLESS : HELPER_SETUID);

	attack_args(
	    args + 1, HELPER_MAX_ARGS - 9, mode, NULL, NULL, COMMAND("/bin/attack", "peek"));
	helper_start(&l, args);
	do {
		ck_assert(helper_message(&l));
		if (l.last.kind == LAUNCHER_HELD)
			helper_order(&l, 0);
	} while (l.last.kind != LAUNCHER_ENDED);
	ck_assert(helper_message(&l));
	ck_assert_int_eq(l.last.kind, LAUNCHER_HELD);
	helper_order(&l, 0);
	helper_finish(&l);
	attack_refused(program_out(&l.program), nothing_there);
	program_free(&l.program);
}
END_TEST

/* In a user namespace, but with the host's processes; no server needs to ask for that. */
START_TEST(a_rootless_tool_without_isolation_is_no_freer)
{
	static const char *const themes[] = {
	    "mounts", "namespaces", "privileges", "peek", "escape"};
	const char *args[HELPER_MAX_ARGS - 8], *file = secret();
	struct launch l;

	for (size_t i = 0; i < sizeof(themes) / sizeof(themes[0]); i++) {
		l = helper_launch(HELPER_ROOTLESS);
		attack_args(args, HELPER_MAX_ARGS - 8, MODE_NONE, NULL, NULL,
		    COMMAND("/bin/attack", themes[i], i == 4 ? file : NULL));
		attack_refused(helper_output(&l, 0, args), "EPERM EACCES ENOENT EBADF EINVAL");
	}
}
END_TEST

/* Another tool, the server, and a process of root's. */
START_TEST(a_tool_reaches_nobody_outside)
{
	enum mode mode = (enum mode)_i;
	const char *tag = harness_unique("tree");
	struct server s;
	struct run other = RUN(harness_tool(mode, "tree"), "plain", tag), attacker;
	pid_t pids[8];

	server_start_mode(&s, mode, NULL);
	run_start(&s, &other);
	run_await(&other, "ready");
	ck_assert_uint_ge(proc_tagged(tag, pids, 8), 1);
	attacker = RUN(harness_tool(mode, "attack"), "touch", harness_text("%d", server_pid(&s)),
	    harness_text("%d", pids[0]), harness_text("%d", getpid()));
	run_do(&s, &attacker);
	attack_refused(run_out(&attacker), "ESRCH");
	run_free(&attacker);
	run_free(&other);
	server_stop(&s);
}
END_TEST

/* ---- privileged files in the root ---- */

enum { SU, SETUID, SETGID, CAPABLE, PRIVILEGED_FILES };

static const char *
privileged_file(int kind)
{
	static const struct vfs_cap_data caps = {
	    .magic_etc = VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE,
	    .data = {{.permitted = 1U << CAP_SYS_CHROOT}}};
	static const mode_t modes[] = {04755, 06755, 02755, 0755};
	const char *name = kind == SU ? "su" : harness_unique("privileged");
	const char *path = harness_in_root(harness_text("bin/%s", name));

	ck_assert_int_eq(
	    system(harness_text("cp '%s' '%s'", harness_in_root("bin/show"), path)), 0);
	ck_assert_int_eq(chmod(path, modes[kind]), 0);
	if (kind == CAPABLE)
		ck_assert_int_eq(setxattr(path, "security.capability", &caps, sizeof(caps), 0), 0);
	return (name);
}

static const char *
usual_ids(const char *out)
{
	const char *ids = harness_text("\nuids %u %u %u\ngids %u %u %u\ngroups", harness_user(),
	    harness_user(), harness_user(), harness_user(), harness_user(), harness_user());

	return (strstr(out, ids));
}

START_TEST(a_privileged_file_gives_a_tool_nothing)
{
	const char *name = privileged_file(_i % PRIVILEGED_FILES), *out, *outside;
	enum mode mode = (enum mode)(_i / PRIVILEGED_FILES);
	struct program control = {
	    .argv = COMMAND(harness_in_root(harness_text("bin/%s", name)), "state"),
	    .uid = harness_user(),
	    .pass = -1};

	ck_assert_int_eq(program_run(&control), 0);
	outside = program_out(&control);
	program_free(&control);
	ck_assert(usual_ids(outside) == NULL || strstr(outside, "\npermitted 000000000\n") == NULL);

	out = attack_run(mode, NULL, NULL, COMMAND(harness_text("/bin/%s", name), "state"));
	ck_assert_msg(usual_ids(out) != NULL, "%s", out);
	ck_assert_contains(out, "\npermitted 000000000\n");
	ck_assert_contains(out, "\neffective 000000000\n");
	ck_assert_int_eq(unlink(harness_in_root(harness_text("bin/%s", name))), 0);
}
END_TEST

/* ---- what is read-only ---- */

/*
 * A directory that the tool's user owns, and a file in it: only the mount protects them. Asserts nothing
 * that holds.
 */
static bool
make_free(const char *dir)
{
	const char *file = harness_text("%s/file", dir);
	uid_t uid = harness_user();

	return ((mkdir(dir, 0777) == 0 || errno == EEXIST) && chown(dir, uid, uid) == 0 &&
		mknod(file, S_IFREG | 0666, 0) == 0 && chown(file, uid, uid) == 0);
}

START_TEST(what_is_read_only_stays_so)
{
	enum mode mode = (enum mode)_i;
	const char *name = harness_unique("free"), *out;

	ck_assert(make_free(harness_in_root(name)));
	out = ATTACK(mode, "write", harness_text("/%s", name));
	if (attack_is_named(mode))
		attack_refused(out, "EROFS");
	else /* there is no /proc, and perhaps a file system without such attributes */
		attack_allowed(out, "reopen setxattr");
}
END_TEST

static const char *host_directory; /* a mount is put on `sub` in it */

static void
put_mount(void)
{
	const char *sub = harness_text("%s/sub", host_directory);

	if (mount("none", sub, "tmpfs", 0, "mode=1777") == -1 || !make_free(sub))
		_exit(PROGRAM_NOT_RUN);
}

START_TEST(a_mount_below_what_is_read_only_is_read_only_too)
{
	enum mode mode = (enum mode)_i;
	const char *name = harness_unique("host"), *out;

	host_directory = harness_in_root(name);
	ck_assert_int_eq(mkdir(host_directory, 0755), 0);
	ck_assert_int_eq(mkdir(harness_text("%s/sub", host_directory), 0755), 0);
	helper_prepare = put_mount;
	attack_policy("");
	out = ATTACK(mode, "write", harness_text("/%s/sub", name));
	if (attack_is_named(mode))
		attack_refused(out, "EROFS");
	else
		attack_allowed(out, "reopen setxattr");
}
END_TEST

static const char *
in_box(enum helper_kind kind, const char *lines, const char *theme, const char *arg)
{
	struct launch l;

	helper_box(lines);
	l = helper_launch(kind);
	return (OUTPUT(&l, 0, "-root", "box", "-wd", "/", "-cmd", "/bin/attack", theme, arg));
}

START_TEST(a_mount_below_a_ro_line_is_read_only_too)
{
	const char *lines;

	host_directory = harness_installed(harness_text("work/%s", harness_unique("host")));
	ck_assert_int_eq(mkdir(host_directory, 0755), 0);
	ck_assert_int_eq(mkdir(harness_text("%s/sub", host_directory), 0755), 0);
	helper_prepare = put_mount;
	lines = harness_text("proc\nro %s as /ro\nrw %s as /rw\n", host_directory, host_directory);
	attack_refused(in_box((enum helper_kind)_i, lines, "write", "/ro/sub"), "EROFS");
	attack_allowed(in_box((enum helper_kind)_i, lines, "write", "/rw/sub"), "setxattr");
}
END_TEST

/* Its file system and /dev's belong to the caller's user, as who makes them. */
START_TEST(nothing_can_be_put_into_an_assembled_root)
{
	static const char *const places[] = {"/", "/dev", "/dev/pts", "/proc", "/proc/sys/kernel"};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		attack_refused(in_box((enum helper_kind)_i, "proc\ndev\n", "write", places[i]),
		    "EROFS ENOENT EPERM EACCES EOPNOTSUPP EOVERFLOW");
}
END_TEST

START_TEST(devices_of_a_named_root_do_not_open)
{
	enum mode mode = (enum mode)_i;
	const char *name = harness_unique("device"), *out;
	const char *ro = harness_in_root(name), *rw = harness_in_root(harness_text("tmp/%s", name));

	ck_assert_int_eq(mknod(ro, S_IFCHR | 0666, makedev(1, 3)), 0);
	ck_assert_int_eq(mknod(rw, S_IFCHR | 0666, makedev(1, 3)), 0);
	ck_assert(chmod(ro, 0666) == 0 && chmod(rw, 0666) == 0);
	out = ATTACK(mode, "devices", harness_text("/%s", name), harness_text("/tmp/%s", name));
	if (attack_is_named(mode))
		attack_refused(out, "EACCES");
	else /* what is in a volatile root is its evaluator's */
		attack_allowed(out, "");
	ck_assert(unlink(ro) == 0 && unlink(rw) == 0);
}
END_TEST

/* ---- terminals ---- */

static const char *terminal;

/* A terminal of the tests' own, and its name. */
static int
new_terminal(void)
{
	int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(grantpt(fd), 0);
	ck_assert_int_eq(unlockpt(fd), 0);
	terminal = harness_text("%s", ptsname(fd));
	ck_assert_int_eq(chmod(terminal, 0666), 0);
	return (fd);
}

/* What it prints that is run as the helper's user in a terminal, with `life` as its descriptor 3. */
static const char *
in_terminal(const char *const *command, int life)
{
	const char *argv[HELPER_MAX_ARGS] = {harness_in_root("bin/seat"), NULL};
	struct program p = {.argv = argv, .uid = harness_user(), .pass = life};
	size_t n = 2;
	int fd = new_terminal();

	argv[1] = terminal;
	while (*command != NULL && n < HELPER_MAX_ARGS - 1)
		argv[n++] = *command++;
	argv[n] = NULL;
	ck_assert_msg(program_run(&p) == 0, "%s", program_err(&p));
	close(fd);
	return (program_out(&p));
}

/* The kernel may have no TIOCSTI for anybody (dev.tty.legacy_tiocsti). */
static const char no_terminal[] = "ENXIO ENOENT EPERM EACCES ENOTTY EIO";

/* Even if it reads from it. */
START_TEST(a_tool_cannot_type_into_its_callers_terminal)
{
	enum mode mode = (enum mode)_i;
	bool rootless = attack_is_rootless(mode);
	const char *argv[HELPER_MAX_ARGS] = {
	    rootless ? helper_plain() : helper_setuid(), "-err", "2", "-life", "3", "-u"};
	size_t n = rootless ? 6 : 5;
	int life[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, life), 0);
	attack_args(
	    argv + n, HELPER_MAX_ARGS - 8, mode, NULL, NULL, COMMAND("/bin/attack", "terminals"));
	attack_refused(in_terminal(argv, life[1]), no_terminal);
	close(life[0]);
	close(life[1]);
}
END_TEST

/*
 * Without a keeper the launcher itself becomes the tool: as a job of a shell it leads its process
 * group, and so stays in its session.
 */
START_TEST(nor_where_no_keeper_stays)
{
	attack_refused(in_terminal(COMMAND(helper_setuid(), "-err", "2", "-root", helper_root(),
				       "-wd", "/tmp", "-cmd", "/bin/attack", "terminals"),
			   -1),
	    no_terminal);
}
END_TEST

/* It could take the terminal again after giving it up. */
START_TEST(who_leads_a_terminals_session_is_refused)
{
	int fd = new_terminal();
	const char *argv[] = {harness_in_root("bin/seat"), "-l", terminal, helper_setuid(), "-err",
	    "2", "-root", helper_root(), "-wd", "/tmp", "-cmd", "/bin/true", NULL};
	struct program p = {.argv = argv, .uid = harness_user(), .pass = -1};

	ck_assert_int_eq(program_run(&p), LAUNCHER_NO_PROCESS);
	ck_assert_contains(program_err(&p), "leads a terminal's session");
	program_free(&p);
	close(fd);
}
END_TEST

/* ---- resources ---- */

#define MAX_PROCESSES 64

START_TEST(a_fork_bomb_ends_at_its_limit_and_is_gone)
{
	enum mode mode = (enum mode)_i;
	const char *tag = harness_unique("bomb"), *out;
	char *error;
	long n;

	attack_policy(harness_text("nproc %d\n", MAX_PROCESSES));
	out = attack_run(mode, NULL, NULL, COMMAND("/bin/strain", "bomb", tag));
	ck_assert(!proc_runs(tag));
	n = strtol(out, &error, 10);
	ck_assert_str_eq(error, " EAGAIN\n");
	ck_assert_int_gt(n, 1);
	ck_assert_int_le(n, MAX_PROCESSES);
}
END_TEST

#define MAX_BYTES 1048576

static const char *
mounts(void)
{
	char *text = harness_alloc(65536);
	FILE *f = fopen("/proc/self/mountinfo", "re");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_gt(fread(text, 1, 65535, f), 0);
	fclose(f);
	return (text);
}

START_TEST(a_full_tmpfs_is_full_for_its_tool_only)
{
	enum mode mode = (enum mode)_i;
	const char *name = harness_unique("full"), *before = mounts(), *out;
	long bytes;
	char *error;

	attack_policy("tmpfs /tmp 1M\n");
	out = attack_run(mode, NULL, NULL, COMMAND("/bin/strain", "fill", name));
	bytes = strtol(out, &error, 10);
	ck_assert_str_eq(error, " ENOSPC\n");
	ck_assert_int_le(bytes, MAX_BYTES);
	ck_assert_int_gt(bytes, MAX_BYTES / 2);
	ck_assert_int_eq(access(harness_in_root(harness_text("tmp/%s", name)), F_OK), -1);
	ck_assert_str_eq(mounts(), before);
	/* The next one has its own. */
	ck_assert_str_eq(attack_run(mode, NULL, NULL, COMMAND("/bin/strain", "fill", name)), out);
}
END_TEST

/* ---- the attacks work where they may ---- */

START_TEST(root_can_do_what_tools_cannot)
{
	attack_allowed(attack_by_root(COMMAND("/bin/attack", "escape", secret())), "dotdot");
	attack_allowed(attack_by_root(COMMAND("/bin/attack", "mounts")), "");
	attack_allowed(attack_by_root(COMMAND("/bin/attack", "privileges")), "");
	attack_allowed(attack_by_root(COMMAND("/bin/attack", "peek")), "");
	attack_allowed(
	    attack_by_root(COMMAND("/bin/attack", "touch", harness_text("%d", getpid()))), "");
	attack_allowed(attack_outside(COMMAND(harness_in_root("bin/attack"), "namespaces")), "");
}
END_TEST

START_TEST(one_can_type_into_ones_own_terminal)
{
	const char *out = in_terminal(COMMAND(harness_in_root("bin/attack"), "terminals"), -1);
	FILE *f = fopen("/proc/sys/dev/tty/legacy_tiocsti", "re");
	bool can = f == NULL || fgetc(f) == '1';

	if (f != NULL)
		fclose(f);
	ck_assert_contains(out, "open allowed\n");
	ck_assert_contains(out, can ? "type-descriptors allowed\n" : "type-descriptors EIO\n");
}
END_TEST

Suite *
escape_suite(void)
{
	Suite *suite = suite_create("escape");
	TCase *tc = tcase_create("attempts");

	tcase_set_timeout(tc, 60);
	testing_from(tc, TESTING_QUICK);
	harness_add_roots(tc, a_tool_cannot_leave_its_root, 1);
	harness_add_roots(tc, a_tool_gains_no_privilege, 1);
	testing_from(tc, TESTING_CHECK);
	harness_add_roots(tc, a_tool_cannot_mount, 1);
	harness_add_roots(tc, a_tool_makes_and_enters_no_namespace, 1);
	harness_add_roots(tc, a_tool_cannot_look_into_its_keeper, 1);
	harness_add_roots(tc, a_keeper_that_holds_on_is_closed_to_its_tool, 1);
	attack_add_modes(
	    tc, a_descriptor_from_a_volatile_root_does_not_lead_out, MODE_PID, MODE_NONE);
	attack_add_modes(
	    tc, a_descriptor_from_a_volatile_root_does_not_lead_out, MODE_ALL, MODE_TESTING);
	attack_add_modes(
	    tc, a_descriptor_from_a_root_with_mounts_of_its_own_does_not_lead_out, 0, MODE_TESTING);
	harness_add_mounts(tc, a_descriptor_can_be_passed_on);
	testing_add_if(tc, a_rootless_tool_without_isolation_is_no_freer, 0, 1,
	    harness_can(MODE_ROOTLESS), "user namespaces");
	harness_add_isolated(tc, a_tool_reaches_nobody_outside);
	attack_add_modes(tc, proc_and_dev_in_a_volatile_root_open_no_way, MODE_PID, MODE_NAMED);
	attack_add_modes(
	    tc, proc_and_dev_in_a_volatile_root_open_no_way, MODE_ROOTLESS, MODE_ROOTLESS_NAMED);
	harness_add_mounts(tc, root_can_do_what_tools_cannot);
	suite_add_tcase(suite, tc);

	tc = tcase_create("files");
	tcase_set_timeout(tc, 60);
	testing_from(tc, TESTING_QUICK);
	attack_add_modes(tc, what_is_read_only_stays_so, 0, MODE_TESTING);
	testing_from(tc, TESTING_CHECK);
	for (int mode = 0; mode < MODE_TESTING; mode++)
		testing_add_if(tc, a_privileged_file_gives_a_tool_nothing, mode * PRIVILEGED_FILES,
		    (mode + 1) * PRIVILEGED_FILES, geteuid() == 0 && harness_can((enum mode)mode),
		    "root, and what the mode needs");
	attack_add_modes(tc, a_mount_below_what_is_read_only_is_read_only_too, 0, MODE_TESTING);
	helper_add_kinds(tc, a_mount_below_a_ro_line_is_read_only_too);
	helper_add_kinds(tc, nothing_can_be_put_into_an_assembled_root);
	attack_add_modes_by_root(tc, devices_of_a_named_root_do_not_open, 0, MODE_TESTING);
	suite_add_tcase(suite, tc);

	tc = tcase_create("terminals");
	tcase_set_timeout(tc, 60);
	harness_add_roots(tc, a_tool_cannot_type_into_its_callers_terminal, 1);
	testing_add_root(tc, nor_where_no_keeper_stays);
	testing_add_root(tc, who_leads_a_terminals_session_is_refused);
	tcase_add_test(tc, one_can_type_into_ones_own_terminal);
	suite_add_tcase(suite, tc);

	tc = tcase_create("resources");
	tcase_set_timeout(tc, 60);
	attack_add_modes(tc, a_fork_bomb_ends_at_its_limit_and_is_gone, 0, MODE_TESTING);
	attack_add_modes(tc, a_full_tmpfs_is_full_for_its_tool_only, 0, MODE_TESTING);
	suite_add_tcase(suite, tc);
	return (suite);
}
