/*
 * Hostile callers, and what they put around a launch. Elsewhere: hostile tools (test_escape.c); other
 * users, bad roots and descriptors (test_helper.c, test_isolation.c); policies (test_policy.c);
 * links in the place of mount points (test_roots.c).
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/testing.h"
#include "system/attack.h"
#include "system/proc.h"
#include "system/run.h"
#include "system/suites.h"

/* In a volatile root only; of these, those that need privilege. */
static bool
is_volatile(enum mode mode)
{
	return (mode != MODE_TESTING && !attack_is_named(mode));
}

static const char *
in_roots(const char *name)
{
	return (harness_installed(harness_text("roots/%s", name)));
}

static const char *
in_work(const char *name)
{
	return (harness_installed(harness_text("work/%s", name)));
}

/* A directory that a tool can run in, and whose file `mark` says this; the caller's own. */
static const char *
marked_root(const char *dir, const char *mark)
{
	ck_assert_int_eq(
	    system(harness_text("mkdir -p '%s/bin' '%s/tmp' && cp '%s' '%s' '%s/bin' && "
				"echo %s >'%s/mark' && chown -R %u:%u '%s'",
		dir, dir, harness_in_root("bin/race"), harness_in_root("bin/show"), dir, mark, dir,
		harness_user(), harness_user(), dir)),
	    0);
	return (dir);
}

static const char *
linked(const char *name, const char *target)
{
	ck_assert_int_eq(symlink(target, name), 0);
	ck_assert_int_eq(lchown(name, harness_user(), harness_user()), 0);
	return (name);
}

/* ---- what is exchanged while it launches ---- */

#define RACE_MS	     testing_ms(500, 20000)
#define RACE_SECONDS 90 /* it goes on until it has met with all that it is for */

struct race {
	int inside, outside, refused, odd;
};

static int
count(const char *out, const char *word)
{
	const char *at = strstr(out, word);

	ck_assert_ptr_nonnull(at);
	return ((int)strtol(at + strlen(word), NULL, 10));
}

/* As this user; the command begins with the launcher. */
static struct race
run_race(
    uid_t uid, int ms, const char *wanted, const char *const *exchanged, const char *const *command)
{
	const char *argv[HELPER_MAX_ARGS] = {harness_in_root("bin/race"), harness_text("%d", ms),
	    wanted, exchanged[0], exchanged[1]};
	struct program p = {.argv = argv, .uid = uid, .pass = -1};
	const char *out;
	struct race r;

	for (size_t n = 5; *command != NULL && n < HELPER_MAX_ARGS - 1; n++)
		argv[n] = *command++;
	program_start(&p);
	ck_assert_msg(program_wait(&p, RACE_SECONDS), "it never met with all of: %s", wanted);
	out = program_out(&p);
	r = (struct race){count(out, "inside "), count(out, "outside "), count(out, "refused "),
	    count(out, "odd ")};
	program_free(&p);
	return (r);
}

/* Launches into this root and directory, of a tool that says what `mark` says. */
static struct race
race(enum mode mode, const char *const *exchanged, const char *root, const char *directory,
    const char *mark)
{
	const char *argv[HELPER_MAX_ARGS - 5] = {helper_setuid(), "-err", "2", "-life", "3", "-u"};
	size_t n = attack_is_rootless(mode) ? 6 : 5;

	if (attack_is_rootless(mode))
		argv[0] = helper_plain();
	attack_args(argv + n, sizeof(argv) / sizeof(argv[0]) - n, mode, root, directory,
	    COMMAND("/bin/race", "mark", mark));
	return (run_race(harness_user(), RACE_MS, "ir", exchanged, argv));
}

static void
never_outside(const struct race *r)
{
	ck_assert_msg(r->outside == 0 && r->odd == 0, "inside %d outside %d refused %d odd %d",
	    r->inside, r->outside, r->refused, r->odd);
	ck_assert_int_gt(r->inside, 0);
	ck_assert_int_gt(r->refused, 0);
}

/* A root, and a link to a directory elsewhere that looks like one. */
static const char *const *
root_and_link(void)
{
	static const char *exchanged[2];
	const char *name = harness_unique("race");

	/* Everybody may rename what is his. */
	ck_assert_int_eq(chmod(harness_installed("roots"), 01777), 0);
	exchanged[0] = marked_root(in_roots(name), "inside");
	exchanged[1] =
	    linked(in_roots(harness_unique("link")), marked_root(in_work(name), "outside"));
	return (exchanged);
}

START_TEST(a_root_that_is_swapped_for_a_link_is_never_left)
{
	const char *const *exchanged = root_and_link();
	struct race r = race((enum mode)_i, exchanged, exchanged[0], "/tmp", "/mark");

	never_outside(&r);
	ck_assert_int_eq(chmod(harness_installed("roots"), 0755), 0);
}
END_TEST

/*
 * The same race, won against a launcher that looks at a name and then uses it. In a directory where
 * everybody may write, the kernel itself may follow no link (fs.protected_symlinks).
 */
START_TEST(a_naive_launcher_would_leave_it)
{
	const char *const *exchanged = root_and_link();
	struct race r;

	ck_assert_int_eq(chmod(harness_installed("roots"), 0755), 0);
	r = run_race(0, 0, "io", exchanged,
	    COMMAND(harness_in_root("bin/naive"), exchanged[0], "/bin/race", "mark", "/mark"));
	ck_assert_int_gt(r.outside, 0);
	ck_assert_int_gt(r.inside, 0);
}
END_TEST

/* A name for the permitted directory, and one for another. */
START_TEST(a_swapped_parent_of_a_root_does_not_lead_elsewhere)
{
	const char *dir = marked_root(in_work(harness_unique("swap")), "here");
	const char *name = harness_unique("race"), *exchanged[2];
	struct race r;

	marked_root(in_roots(name), "inside");
	marked_root(harness_text("%s/%s", dir, name), "outside");
	exchanged[0] = linked(harness_text("%s/a", dir), harness_installed("roots"));
	exchanged[1] = linked(harness_text("%s/b", dir), dir);
	r = race(
	    (enum mode)_i, exchanged, harness_text("%s/%s", exchanged[0], name), "/tmp", "/mark");
	never_outside(&r);
}
END_TEST

/* In what is /tmp for the tool: a link that leads out if it is followed before the root is entered. */
START_TEST(a_swapped_working_directory_does_not_lead_out)
{
	const char *name = harness_unique("race"), *exchanged[2];
	const char *outside = marked_root(in_work(name), "outside");
	struct race r;

	exchanged[0] = marked_root(harness_in_root(harness_text("tmp/%s", name)), "inside");
	exchanged[1] =
	    linked(harness_in_root(harness_text("tmp/%s", harness_unique("link"))), outside);
	r = race((enum mode)_i, exchanged, NULL, harness_text("/tmp/%s", name), "mark");
	never_outside(&r);
}
END_TEST

/* ---- a launcher that stands still in the middle of its work ---- */

static const char *fifo; /* full, so that -dbg 4 waits */

static void
put_fifo(void)
{
	static const char block[4096];
	int fd = open(fifo, O_RDWR | O_NONBLOCK);

	if (fd == -1)
		_exit(PROGRAM_NOT_RUN);
	while (write(fd, block, sizeof(block)) > 0)
		continue;
	if (fcntl(fd, F_SETFL, 0) == -1 || (fd != 4 && dup2(fd, 4) == -1))
		_exit(PROGRAM_NOT_RUN);
}

/* It has opened its root then, and has still got its capabilities. */
static struct launch
standing(enum mode mode, const char *root, const char *const *command)
{
	struct launch l = helper_launch(attack_is_rootless(mode) ? HELPER_ROOTLESS : HELPER_SETUID);
	const char *args[HELPER_MAX_ARGS - 8] = {"-dbg", "4"};

	fifo = in_work(harness_unique("fifo"));
	ck_assert_int_eq(mkfifo(fifo, 0600), 0);
	l.program.prepare = put_fifo;
	attack_args(args + 2, sizeof(args) / sizeof(args[0]) - 2, mode, root, NULL, command);
	helper_start(&l, args);
	ck_assert_soon(strcmp(proc_status(l.program.pid, "Name"), "tool_launcher") == 0 ||
		       strcmp(proc_status(l.program.pid, "Name"), "tool_launcher-p") == 0);
	ck_assert_soon(proc_status(l.program.pid, "State")[0] == 'S');
	ck_assert_str_ne(proc_status(l.program.pid, "CapPrm"), "0000000000000000");
	ck_assert_int_eq(proc_number(l.program.pid, "Uid"), harness_user());
	return (l);
}

static const char *
goes_on(struct launch *l)
{
	int fd = open(fifo, O_RDONLY | O_NONBLOCK | O_CLOEXEC), status;
	static char block[65536];

	ck_assert_int_ne(fd, -1);
	ck_assert_int_gt(read(fd, block, sizeof(block)), 0);
	status = helper_finish(l);
	close(fd);
	ck_assert_msg(
	    status == 0, "wait status %#x: %s", (unsigned int)status, program_err(&l->program));
	return (program_out(&l->program));
}

START_TEST(a_launcher_with_privilege_cannot_be_looked_into)
{
	struct launch l = standing((enum mode)_i, NULL, COMMAND("/bin/true"));
	struct program p = {.argv = COMMAND(harness_in_root("bin/attack"), "peek",
				harness_text("%d", l.program.pid)),
	    .uid = harness_user(),
	    .pass = -1};

	ck_assert_int_eq(program_run(&p), 0);
	attack_refused(program_out(&p), "EPERM EACCES");
	goes_on(&l);
	program_free(&p);
	program_free(&l.program);
}
END_TEST

START_TEST(a_root_that_is_replaced_once_it_was_opened_stays_the_root)
{
	const char *const *exchanged = root_and_link();
	struct launch l =
	    standing((enum mode)_i, exchanged[0], COMMAND("/bin/race", "mark", "/mark"));

	ck_assert_int_eq(rename(exchanged[0], in_roots(harness_unique("away"))), 0);
	ck_assert_int_eq(rename(exchanged[1], exchanged[0]), 0);
	ck_assert_str_eq(goes_on(&l), "inside\n");
	program_free(&l.program);
}
END_TEST

/* ---- what the caller is, and brings along ---- */

/* Everything that the setuid launcher does for its caller, for root, a system user and a stranger. */
START_TEST(nobody_else_gets_anything_from_the_launcher)
{
	static const char *const what[][6] = {{"-root", HARNESS_NAMED}, {"-root", "/none/00000011"},
	    {"-check"}, {"-check", "-isolate", "pid"},
	    {"-isolate", "pid", "-root", "/none/00000011"}, {"-hold", "-root", HARNESS_NAMED}};
	const uid_t others[] = {0, 65534, harness_stranger()};
	size_t i, j;

	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		for (j = 0; j < sizeof(what) / sizeof(what[0]); j++) {
			struct call c = helper_by_user();
			const char *args[16] = {"-err", "3"}, *const *word = what[j];
			size_t n = 2;

			while (*word != NULL)
				args[n++] = *word++;
			args[n++] = "-cmd";
			args[n] = "/bin/true";
			c.program.uid = others[i];
			c.program.gid = harness_user();
			/* Root may ask what the caller could do, and gets nothing by that. */
			if (others[i] == 0 && strcmp(what[j][0], "-check") == 0) {
				STATUS(&c, 0, "-check", "-err", "3");
				continue;
			}
			ck_assert_int_eq(helper_call(&c, args), LAUNCHER_REFUSED);
			ck_assert_contains(c.words, "may not call this");
			program_free(&c.program);
		}
	}
}
END_TEST

/* In a namespace of his own he can mount over the policy, but there root's files are nobody's. */
static const struct {
	const char *way;
	int status;
	const char *words;
} ways[] = {
    {"traced", LAUNCHER_NO_CHROOT, "not setuid root"},
    {"no-new-privs", LAUNCHER_NO_CHROOT, "not setuid root"},
    {"namespace", LAUNCHER_REFUSED, "must belong to root"},
};

START_TEST(a_caller_who_meddles_gets_an_unprivileged_launcher)
{
	const char *argv[HELPER_MAX_ARGS] = {harness_in_root("bin/caller"), ways[_i].way,
	    harness_file(
		harness_text("caller %u\nroots %s\n", harness_user(), harness_installed("work"))),
	    harness_installed("etc/tool_launcher.conf")};
	const char *launch[] = {helper_setuid(), "-err", "2", "-root", helper_root(), "-wd", "/",
	    "-cmd", "/bin/show", "state", NULL};
	struct program p = {.argv = argv, .uid = harness_user(), .pass = -1};

	memcpy(argv + (_i == 2 ? 4 : 2), launch, sizeof(launch));
	ck_assert_msg(program_run(&p) == ways[_i].status, "status %#x: %s%s",
	    (unsigned int)p.status, program_out(&p), program_err(&p));
	ck_assert_contains(program_err(&p), ways[_i].words);
	program_free(&p);
}
END_TEST

static const char *trap; /* a file, or a directory with `file` */

/* Whatever a libc or a loader is told by, to read files or to write some. */
static void
set_traps(void)
{
	static const char *const files[] = {"LD_PRELOAD", "LD_AUDIT", "LD_PROFILE", "HOSTALIASES",
	    "RESOLV_HOST_CONF", "MALLOC_TRACE", "LD_DEBUG_OUTPUT", "ENV", "BASH_ENV", "TZ",
	    "GETCONF_DIR", "LD_ORIGIN_PATH"};
	static const char *const directories[] = {"LD_LIBRARY_PATH", "GCONV_PATH", "LOCPATH",
	    "MUSL_LOCPATH", "NLSPATH", "TMPDIR", "TZDIR", "PATH", "NIS_PATH", "HOME"};
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		setenv(files[i], harness_text("%s/file", trap), 1);
	for (i = 0; i < sizeof(directories) / sizeof(directories[0]); i++)
		setenv(directories[i], trap, 1);
	setenv("LD_DEBUG", "all", 1);
	setenv("LD_BIND_NOW", "1", 1);
	setenv("GLIBC_TUNABLES", "glibc.malloc.check=3:glibc.rtld.nns=99", 1);
	setenv("LANG", "xx_XX", 1);
	setenv("LC_ALL", "xx_XX", 1);
}

static int
watch(const char *path)
{
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_ne(
	    inotify_add_watch(fd, path, IN_OPEN | IN_ACCESS | IN_CREATE | IN_MODIFY), -1);
	return (fd);
}

static bool
is_touched(int watched)
{
	char event[4096];

	return (read(watched, event, sizeof(event)) > 0);
}

static void
make_trap(void)
{
	trap = in_work(harness_unique("trap"));
	ck_assert_int_eq(mkdir(trap, 0755), 0);
	ck_assert_int_eq(chmod(trap, 0777), 0);
	ck_assert_int_eq(rename(harness_file("text\n"), harness_text("%s/file", trap)), 0);
}

START_TEST(the_callers_environment_is_not_looked_at)
{
	int watched;

	make_trap();
	watched = watch(trap);
	ck_assert_str_eq(
	    attack_run((enum mode)_i, NULL, set_traps, COMMAND("/bin/show", "env")), "");
	ck_assert(!is_touched(watched));
	close(watched);
}
END_TEST

START_TEST(other_programs_fall_into_the_trap)
{
	struct program p = {.argv = COMMAND("/bin/sh", "-c", ":"),
	    .uid = harness_user(),
	    .pass = -1,
	    .prepare = set_traps};
	int watched;

	make_trap();
	watched = watch(trap);
	program_run(&p);
	ck_assert(is_touched(watched));
	program_free(&p);
	close(watched);
}
END_TEST

static void
leak_directories(void)
{
	int fd = open("/", O_RDONLY | O_DIRECTORY), i;

	for (i = 4; i < 40; i++)
		if (dup2(fd, i) == -1)
			_exit(PROGRAM_NOT_RUN);
}

START_TEST(directories_that_the_caller_has_open_do_not_reach_a_tool)
{
	attack_refused(attack_run((enum mode)_i, NULL, leak_directories,
			   COMMAND("/bin/attack", "escape", harness_file("secret\n"))),
	    "EPERM EACCES ENOENT EBADF");
}
END_TEST

START_TEST(nor_do_those_of_the_server)
{
	struct server s = {.mode = (enum mode)_i, .prepare = leak_directories};
	struct run r = RUN("/bin/attack", "escape", harness_file("secret\n"));

	server_start(&s);
	run_do(&s, &r);
	attack_refused(run_out(&r), "EPERM EACCES ENOENT EBADF");
	run_free(&r);
	server_stop(&s);
}
END_TEST

static const struct {
	const char *name;
	int resource;
} resources[] = {
    {"as", RLIMIT_AS},
    {"core", RLIMIT_CORE},
    {"cpu", RLIMIT_CPU},
    {"data", RLIMIT_DATA},
    {"fsize", RLIMIT_FSIZE},
    {"memlock", RLIMIT_MEMLOCK},
    {"msgqueue", RLIMIT_MSGQUEUE},
    {"nofile", RLIMIT_NOFILE},
    {"nproc", RLIMIT_NPROC},
    {"sigpending", RLIMIT_SIGPENDING},
    {"stack", RLIMIT_STACK},
};
#define RESOURCES ((int)(sizeof(resources) / sizeof(resources[0])))

static struct {
	int resource;
	rlim_t value;
} tight;

static void
put_limit(void)
{
	struct rlimit r = {.rlim_cur = tight.value, .rlim_max = tight.value};

	if (setrlimit(tight.resource, &r) == -1)
		_exit(PROGRAM_NOT_RUN);
}

/* What the tool prints under this limit; "" if anything ends before it has. */
static const char *
state_under(enum mode mode, rlim_t value)
{
	const char *args[HELPER_MAX_ARGS - 8], *out;
	struct launch l = helper_launch(attack_is_rootless(mode) ? HELPER_ROOTLESS : HELPER_SETUID);

	tight.value = value;
	l.program.prepare = put_limit;
	attack_args(
	    args, sizeof(args) / sizeof(args[0]), mode, NULL, NULL, COMMAND("/bin/show", "state"));
	helper_start(&l, args);
	while (helper_message(&l))
		continue;
	close(l.life);
	ck_assert(program_wait(&l.program, HARNESS_PATIENCE));
	out = harness_text("\n%s", program_out(&l.program));
	program_free(&l.program);
	return (strstr(out, "\ncore ") != NULL ? out : "");
}

/* The tool runs as it should, or not at all. */
START_TEST(no_limit_makes_it_keep_a_privilege)
{
	static const rlim_t values[] = {0, 1, 5, 64, 4096, 262144, 16777216, 1073741824};
	const char *out,
	    *ids = harness_text("\nuids %u %u %u\ngids %u %u %u\n", harness_user(), harness_user(),
		harness_user(), harness_user(), harness_user(), harness_user());
	size_t step = (size_t)testing_times(2, 1);
	int ran = 0;

	tight.resource = resources[_i % RESOURCES].resource;
	/* In make check every other one. */
	for (size_t i = step - 1; i < sizeof(values) / sizeof(values[0]); i += step) {
		out = state_under((enum mode)(_i / RESOURCES), values[i]);
		if (*out == '\0')
			continue;
		ck_assert_contains(out, ids);
		ck_assert_contains(out, "\neffective 000000000\npermitted 000000000\n");
		ck_assert_contains(out, "\nno_new_privs 1\n");
		ran++;
	}
	ck_assert_int_gt(ran, 0);
}
END_TEST

#define TOO_LONG 5000

START_TEST(what_is_too_long_is_an_error)
{
	const char *x = harness_letters(TOO_LONG);
	const char *const args[][4] = {{"-root", harness_text("/%s", x)},
	    {"-root", harness_text("%s/%s", harness_installed("roots"), x)}, {"-root", x},
	    {"-root", helper_root(), "-wd", x}, {"-root", helper_root(), "-isolate", x},
	    {"-root", helper_root(), x, x}, {"-root", helper_root(), "-nofile", x},
	    {"-root", helper_root(), "-cmd", x}};

	for (size_t i = 0; i < sizeof(args) / sizeof(args[0]); i++) {
		struct call c = helper_by_user();

		REFUSED(&c, "-err", "3", args[i][0], args[i][1],
		    args[i][2] == NULL ? "-env" : args[i][2], args[i][3] == NULL ? "" : args[i][3]);
		ck_assert_uint_le(strlen(c.words), LAUNCHER_MAX_WORDS);
	}
}
END_TEST

static int closed;

static void
close_one(void)
{
	close(closed);
}

/* For a setuid program it is the libc, before main(), that opens /dev/null there. */
START_TEST(a_closed_descriptor_is_not_filled_with_a_file)
{
	struct call c = helper_by_user();

	closed = _i;
	c.argv[0] = helper_plain();
	c.program.prepare = close_one;
	STATUS(&c, LAUNCHER_BAD_DESCRIPTOR, "-u", "-err", "3", "-root", helper_root(), "-cmd",
	    "/bin/true");
}
END_TEST

/* ---- what is in the root ---- */

/* Files that a careless program would read once it is in there. */
static const char *const hostile_files[] = {"etc/passwd", "etc/group", "etc/nsswitch.conf",
    "etc/ld.so.preload", "etc/ld.so.cache", "etc/localtime", "etc/tool_launcher.conf",
    "etc/ld-musl-x86_64.path", "lib/libnss_files.so.2", "usr/lib/locale/locale-archive"};
#define HOSTILE_FILES (sizeof(hostile_files) / sizeof(hostile_files[0]))

static const char *
hostile_root(void)
{
	const char *dir = in_roots(harness_unique("hostile")), *line;

	ck_assert_int_eq(system(harness_text("cp -a '%s' '%s' && mkdir -p '%s/usr/lib/locale'",
			     helper_root(), dir, dir)),
	    0);
	line = harness_text(
	    "root::%u:%u::/:/bin/sh\nuser::0:0::/:/bin/sh\n", harness_user(), harness_user());
	for (size_t i = 0; i < HOSTILE_FILES; i++)
		ck_assert_int_eq(
		    rename(harness_file(line), harness_text("%s/%s", dir, hostile_files[i])), 0);
	return (dir);
}

/* The loader of this machine's programs. */
static const char *
loader_in(const char *dir)
{
	glob_t found = {0};
	const char *path;

	ck_assert_int_eq(glob(harness_text("%s/lib*/ld-linux*", dir), 0, NULL, &found), 0);
	path = harness_text("%s", found.gl_pathv[0]);
	globfree(&found);
	return (path);
}

START_TEST(nothing_in_a_root_is_read_for_a_launch)
{
	enum mode mode = (enum mode)_i;
	const char *dir = hostile_root(), *out;
	int watched[HOSTILE_FILES + 1];
	size_t i;

	for (i = 0; i < HOSTILE_FILES; i++)
		watched[i] = watch(harness_text("%s/%s", dir, hostile_files[i]));
	watched[i] = watch(loader_in(dir));
	if (attack_is_named(mode))
		helper_policy = helper_policy_file(harness_text(
		    "root " HARNESS_NAMED "\nbase %s\nrw %s/tmp as /tmp\nproc\ndev\n", dir, dir));
	out = attack_run(
	    mode, attack_is_named(mode) ? NULL : dir, NULL, COMMAND("/bin/show", "state"));
	ck_assert_contains(
	    out, harness_text("\nuids %u %u %u\n", harness_user(), harness_user(), harness_user()));
	for (i = 0; i <= HOSTILE_FILES; i++)
		ck_assert_msg(!is_touched(watched[i]), "read: %s",
		    i < HOSTILE_FILES ? hostile_files[i] : "the loader");
	/* A tool that is not static needs its loader, and that reads more. */
	attack_run(mode, attack_is_named(mode) ? NULL : dir, NULL, COMMAND("/bin/true"));
	ck_assert(is_touched(watched[HOSTILE_FILES]) && is_touched(watched[3]));
	for (i = 0; i <= HOSTILE_FILES; i++)
		close(watched[i]);
	ck_assert_int_eq(system(harness_text("rm -rf '%s'", dir)), 0);
}
END_TEST

/* ---- what a client names ---- */

/*
 * The file is the host's, and may be writable for the server's user: where there is a /proc, even a
 * descriptor for reading could be opened once more.
 */
START_TEST(a_tool_cannot_write_the_file_that_it_reads)
{
	struct server s;
	struct run r = RUN("/bin/attack", "stdin");
	const char *file = harness_file("text\n");

	ck_assert_int_eq(chmod(file, 0666), 0);
	r.stdin_file = file;
	server_start_mode(&s, (enum mode)_i, NULL);
	run_do(&s, &r);
	attack_refused(run_out(&r), "EBADF EINVAL ENOENT EPERM EACCES EROFS");
	run_free(&r);
	server_stop(&s);
}
END_TEST

static void
add_volatile(TCase *tc, const TTest *test)
{
	for (int mode = 0; mode < MODES; mode++)
		if (is_volatile((enum mode)mode))
			testing_add_if(tc, test, mode, mode + 1,
			    geteuid() == 0 && harness_can((enum mode)mode),
			    "root, and what this mode needs");
}

Suite *
attack_suite(void)
{
	Suite *suite = suite_create("attack");
	TCase *tc = tcase_create("races");

	tcase_set_timeout(tc, 120);
	add_volatile(tc, a_root_that_is_swapped_for_a_link_is_never_left);
	testing_add_root(tc, a_naive_launcher_would_leave_it);
	add_volatile(tc, a_swapped_parent_of_a_root_does_not_lead_elsewhere);
	harness_add_roots(tc, a_swapped_working_directory_does_not_lead_out, 1);
	suite_add_tcase(suite, tc);

	tc = tcase_create("launcher");
	tcase_set_timeout(tc, 60);
	testing_from(tc, TESTING_QUICK);
	add_volatile(tc, a_root_that_is_replaced_once_it_was_opened_stays_the_root);
	testing_add_root(tc, nobody_else_gets_anything_from_the_launcher);
	testing_from(tc, TESTING_CHECK);
	harness_add_admin_loop(
	    tc, a_launcher_with_privilege_cannot_be_looked_into, MODE_PID, MODE_NONE);
	testing_add_root_loop(
	    tc, a_launcher_with_privilege_cannot_be_looked_into, MODE_NONE, MODE_NONE + 1);
	harness_add_mounts_loop(
	    tc, a_launcher_with_privilege_cannot_be_looked_into, MODE_NAMED, MODE_NAMED + 1);
	testing_add_root_loop(tc, a_caller_who_meddles_gets_an_unprivileged_launcher, 0, 2);
	testing_add_if(tc, a_caller_who_meddles_gets_an_unprivileged_launcher, 2, 3,
	    geteuid() == 0 && harness_can(MODE_ROOTLESS), "root, and user namespaces");
	suite_add_tcase(suite, tc);

	tc = tcase_create("caller");
	tcase_set_timeout(tc, 60);
	testing_from(tc, TESTING_QUICK);
	harness_add_roots(tc, the_callers_environment_is_not_looked_at, 1);
	testing_from(tc, TESTING_CHECK);
	tcase_add_test(tc, other_programs_fall_into_the_trap);
	harness_add_roots(tc, directories_that_the_caller_has_open_do_not_reach_a_tool, 1);
	harness_add_roots(tc, nor_do_those_of_the_server, 1);
	harness_add_roots(tc, no_limit_makes_it_keep_a_privilege, RESOURCES);
	testing_add_root(tc, what_is_too_long_is_an_error);
	testing_add_root_loop(tc, a_closed_descriptor_is_not_filled_with_a_file, 0, 3);
	suite_add_tcase(suite, tc);

	tc = tcase_create("root");
	tcase_set_timeout(tc, 60);
	testing_from(tc, TESTING_QUICK);
	harness_add_roots(tc, a_tool_cannot_write_the_file_that_it_reads, 1);
	testing_from(tc, TESTING_CHECK);
	attack_add_modes(tc, nothing_in_a_root_is_read_for_a_launch, 0, MODE_TESTING);
	suite_add_tcase(suite, tc);
	return (suite);
}
