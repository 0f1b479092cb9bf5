/* What is left of many launches, and of those that were killed at any moment: nothing. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "system/helper.h"
#include "system/proc.h"
#include "system/run.h"
#include "system/suites.h"

#define LAUNCHES ((unsigned int)testing_times(60, 1000)) /* of each kind */
#define STREAMS	 4U
#define KILLS_MS testing_ms(400, 5000) /* for so long somebody is killed, again and again */
#define MANY	 4096		       /* processes that a test looks at */

/* ---- what there is */

struct traces {
	size_t mounts, our_mounts; /* of the test program's namespace, and of this test's */
	size_t processes;	   /* of the server's user, and children of ours */
	size_t files;		   /* below the prefix; the user's in directories for everybody */
};

/* Whether it has the mounts of the host, where others come and go; also if that is not to be known. */
static bool
has_hosts_mounts(pid_t pid)
{
	struct stat its, hosts;

	return (stat(harness_text("/proc/%d/ns/mnt", (int)pid), &its) == -1 ||
		stat("/proc/1/ns/mnt", &hosts) == -1 || its.st_ino == hosts.st_ino);
}

/* What a process sees: all of a namespace of our own, of the host's those of our directories. */
static size_t
mounts_of(pid_t pid)
{
	const char *path = harness_text("/proc/%d/mountinfo", (int)pid);
	const char *ours = has_hosts_mounts(pid) ? harness_installed("") : "";
	FILE *f = fopen(path, "re");
	char *line = NULL;
	size_t size = 0, n = 0;

	ck_assert_msg(f != NULL, "%s: %s", path, strerror(errno));
	while (getline(&line, &size, f) != -1)
		n += strstr(line, ours) != NULL;
	free(line);
	fclose(f);
	return (n);
}

static size_t nfiles;

static int
count_file(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)path;
	(void)st;
	(void)type;
	(void)where;
	nfiles++;
	return (0);
}

/*
 * Others work on this host, too: what belongs to the server's user counts, where nobody else is that. Where
 * the tests have a user of their own, that is so.
 */
static bool
is_ours(const struct stat *st)
{
	return (st->st_uid == harness_user() && harness_user() != geteuid());
}

static size_t
users_files_in(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *e;
	struct stat st;
	size_t n = 0;

	while (d != NULL && (e = readdir(d)) != NULL)
		n += fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && is_ours(&st);
	if (d != NULL)
		closedir(d);
	return (n);
}

/* In namespaces of their own, too. */
static size_t
users_processes(void)
{
	DIR *d = opendir("/proc");
	struct dirent *e;
	struct stat st;
	size_t n = 0;

	while (d != NULL && (e = readdir(d)) != NULL)
		n += e->d_name[0] >= '1' && e->d_name[0] <= '9' &&
		     fstatat(dirfd(d), e->d_name, &st, 0) == 0 && is_ours(&st);
	if (d != NULL)
		closedir(d);
	return (n);
}

static struct traces
look(void)
{
	static const char *const places[] = {
	    "/tmp", "/var/tmp", "/dev/shm", "/dev/pts", "/dev/mqueue"};
	struct traces t = {0};

	t.mounts = mounts_of(getppid());
	t.our_mounts = mounts_of(getpid());
	t.processes =
	    users_processes() + proc_below(harness_installed("")) + proc_children(getpid());
	nfiles = 0;
	ck_assert_int_eq(nftw(harness_installed(""), count_file, 16, FTW_PHYS), 0);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		nfiles += users_files_in(places[i]);
	t.files = nfiles;
	return (t);
}

/* What ends does so within a moment. */
static void
is_as_before(const struct traces *before)
{
	struct traces now;

	ck_assert_soon((now = look()).processes <= before->processes);
	ck_assert_uint_eq(now.mounts, before->mounts);
	ck_assert_uint_eq(now.our_mounts, before->our_mounts);
	ck_assert_uint_eq(now.files, before->files);
}

/* ---- kinds of launches */

static const struct {
	enum helper_kind kind;
	const char *block; /* of root `box`, or of volatile roots if that begins so */
	const char *isolate;
	bool pid; /* the kernel ends all of it together */
} kinds[] = {
    {HELPER_SETUID, NULL, "none", false},
    {HELPER_SETUID, NULL, "pid", true},
    {HELPER_SETUID, "volatile\nproc\ndev\ntmpfs /tmp\nisolate pid ipc uts net\n", "none", true},
    {HELPER_SETUID, "isolate none\n", "none", false},
    {HELPER_SETUID, "proc\ndev\ntmpfs /scratch\nhostname box\nisolate pid ipc uts net\n", "none",
	true},
    {HELPER_ROOTLESS, NULL, "none", false},
    {HELPER_ROOTLESS, NULL, "pid", true},
    {HELPER_ROOTLESS, "proc\ndev\ntmpfs /scratch\nhostname box\nisolate pid ipc uts net\n", "none",
	true},
};
#define NKINDS	       ((int)(sizeof(kinds) / sizeof(kinds[0])))
#define FIRST_ROOTLESS 5

/* The policy, in a mount namespace of ours: once for all launches. Where root `box` or root 1 is. */
static const char *
put_kind(int i)
{
	bool named = kinds[i].block != NULL && strncmp(kinds[i].block, "volatile", 8) != 0;

	if (named)
		helper_box(kinds[i].block);
	else
		helper_policy = helper_policy_file(kinds[i].block == NULL ? "" : kinds[i].block);
	helper_put_policy();
	return (named ? "box" : helper_root());
}

static void
launch(struct launch *l, int i, const char *root, const char *tool, const char *arg)
{
	*l = helper_launch(kinds[i].kind);
	l->program.prepare = NULL;
	START(l, "-isolate", kinds[i].isolate, "-root", root, "-wd", "/", "-cmd", tool, arg);
}

#define NO_NAMESPACE "No space left on device"

/*
 * Waits for the end of a launch; false when there were too many namespaces, which the kernel may not have
 * disposed of yet.
 */
static bool
has_ended(struct launch *l)
{
	int status = helper_finish(l);
	const char *words = program_err(&l->program);

	program_free(&l->program);
	if (status == -1 && strstr(words, NO_NAMESPACE) != NULL)
		return (false);
	ck_assert_msg(status == 0, "wait status %#x: %s", (unsigned int)status, words);
	return (true);
}

static void
launch_many(int kind, const char *root)
{
	struct launch l[STREAMS];
	unsigned int done = 0, s;
	int64_t patience = harness_now() + 20000;

	while (done < LAUNCHES) {
		for (s = 0; s < STREAMS; s++)
			launch(&l[s], kind, root, "/bin/probe", "exit");
		for (s = 0; s < STREAMS; s++) {
			if (!has_ended(&l[s]))
				continue;
			done++;
			patience = harness_now() + 20000;
		}
		ck_assert_msg(harness_now() < patience, NO_NAMESPACE " after %u launches", done);
	}
}

START_TEST(nothing_is_left_of_many_launches)
{
	const char *root = put_kind(_i);
	struct traces before = look();

	launch_many(_i, root);
	is_as_before(&before);
}
END_TEST

/*
 * The kernel counts them for each user namespace: there can be fewer than there are launches. It takes a while
 * to dispose of networks.
 */
START_TEST(no_namespace_is_left_of_many_launches)
{
	static const char *const names[] = {"cgroup", "ipc", "mnt", "net", "pid", "user", "uts"};

	helper_own_user_namespace();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		helper_write(harness_text("/proc/sys/user/max_%s_namespaces", names[i]),
		    harness_text("%u", LAUNCHES / 3));
	launch_many(_i, put_kind(_i));
}
END_TEST

static unsigned int seed;

/* Up to some 4 ms: as long as a launch takes. */
static void
wait_at_random(void)
{
	seed = seed * 1103515245 + 12345;
	nanosleep(&(struct timespec){.tv_nsec = (long)(seed >> 8) % 4000000}, NULL);
}

/* Its own process reaps what comes to it, as the server does. */
static void
reap_all(void)
{
	while (waitpid(-1, NULL, WNOHANG) > 0)
		continue;
}

enum { THE_SERVER, THE_LAUNCHER, THE_INIT, VICTIMS };

/* The keeper is another child of ours, whose pid only the last message tells. */
static void
kill_children_but(pid_t launcher)
{
	pid_t pids[MANY];
	char self[16];
	size_t n = proc_tagged("tool_launcher", pids, MANY);

	snprintf(self, sizeof(self), "%d", (int)getpid());
	ck_assert_uint_le(n, MANY);
	for (size_t i = 0; i < n; i++)
		if (pids[i] != launcher && strcmp(proc_status(pids[i], "PPid"), self) == 0)
			kill(pids[i], SIGKILL);
}

static void
strike(struct launch *l, int victim)
{
	wait_at_random();
	if (victim == THE_SERVER)
		return;
	if (victim == THE_LAUNCHER)
		kill(l->program.pid, SIGKILL);
	else
		kill_children_but(l->program.pid);
}

/*
 * The end of the server is the end of file for those. A keeper that is killed without a PID
 * namespace leaves the tool's children to the server, which is tested below.
 */
START_TEST(nothing_is_left_of_launches_that_are_killed_at_any_moment)
{
	int kind = _i / VICTIMS, victim = _i % VICTIMS;
	const char *root = put_kind(kind);
	const char *shape = kinds[kind].pid || victim == THE_SERVER ? "children" : "plain";
	struct traces before = look();
	struct launch l;
	int64_t end = harness_now() + KILLS_MS;

	seed = (unsigned int)_i;
	do {
		launch(&l, kind, root, "/bin/tree", shape);
		strike(&l, victim);
		close(l.life);
		ck_assert(program_wait(&l.program, HARNESS_PATIENCE));
		program_free(&l.program);
		reap_all();
	} while (harness_now() < end);
	ck_assert_soon((reap_all(), proc_children(getpid())) == 0);
	is_as_before(&before);
}
END_TEST

/* ---- by a server */

#define SERVER_LAUNCHES testing_times(50, 250)

START_TEST(a_server_keeps_nothing_of_its_tools)
{
	enum mode mode = (enum mode)_i;
	size_t descriptors = 0, mounts = 0, threads = 0;
	struct traces before = {0};
	struct server s;

	server_start_mode(&s, mode, NULL);
	for (int n = 0; n < SERVER_LAUNCHES + 10; n++) {
		struct run r = RUN(harness_tool(mode, "show"), "args", "x");

		/* The first ones make what stays. */
		if (n == 10) {
			before = look();
			descriptors = proc_descriptors(server_pid(&s));
			threads = proc_threads(server_pid(&s));
			mounts = mounts_of(server_pid(&s));
		}
		run_do(&s, &r);
		ck_assert_str_eq(run_out(&r), "[x]\n");
		run_free(&r);
	}
	is_as_before(&before);
	ck_assert_soon(proc_descriptors(server_pid(&s)) <= descriptors);
	ck_assert_uint_eq(proc_threads(server_pid(&s)), threads);
	ck_assert_uint_eq(proc_children(server_pid(&s)), 0);
	ck_assert_uint_eq(mounts_of(server_pid(&s)), mounts);
	server_stop(&s);
}
END_TEST

/* A child of the server that has this tag, if there is one, or any process that has: a tool's. */
static void
kill_one(pid_t server, const char *tag)
{
	pid_t pids[MANY];
	size_t n = proc_tagged(tag, pids, MANY), i = 0;

	ck_assert_uint_le(n, MANY);
	while (i < n && proc_number(pids[i], "PPid") != server)
		i++;
	if (n > 0)
		kill(pids[i < n ? i : 0], SIGKILL);
}

/*
 * The launcher as long as there is one, then the keeper. A launcher that has made the keeper has
 * nothing to do any more, and the tool runs on: that is killed in the end.
 */
START_TEST(a_server_leaves_nothing_of_tools_whose_keeper_is_killed)
{
	enum mode mode = (enum mode)_i;
	struct traces before;
	struct server s;
	int64_t end;

	server_start_mode(&s, mode, NULL);
	before = look();
	seed = (unsigned int)_i;
	end = harness_now() + KILLS_MS;
	do {
		const char *tag = harness_unique("kept");
		struct run r = RUN(harness_tool(mode, "tree"), "children", tag);

		run_start(&s, &r);
		ck_assert_soon(proc_runs(tag));
		wait_at_random();
		ck_assert_soon((kill_one(server_pid(&s), tag), !proc_runs(tag)));
		run_finish(&r);
		run_free(&r);
	} while (harness_now() < end);
	is_as_before(&before);
	ck_assert_uint_eq(proc_children(server_pid(&s)), 0);
	server_stop(&s);
}
END_TEST

START_TEST(nothing_is_left_of_servers_that_are_killed)
{
	enum mode mode = (enum mode)_i;
	struct traces before = look();
	int64_t end = harness_now() + KILLS_MS;

	seed = (unsigned int)_i;
	do {
		const char *tag = harness_unique("server");
		struct run r[STREAMS];
		struct server s;

		server_start_mode(&s, mode, NULL);
		for (unsigned int i = 0; i < STREAMS; i++) {
			r[i] = RUN(harness_tool(mode, "tree"), "children", tag);
			run_start(&s, &r[i]);
		}
		for (int i = 0; i < 3; i++)
			wait_at_random();
		kill(server_pid(&s), SIGKILL);
		ck_assert(program_wait(&s.program, HARNESS_PATIENCE));
		for (unsigned int i = 0; i < STREAMS; i++)
			run_free(&r[i]);
		ck_assert_soon(!proc_runs(tag));
		program_free(&s.program);
		/* Its configuration. */
		before.files++;
	} while (harness_now() < end);
	is_as_before(&before);
}
END_TEST

Suite *
leftovers_suite(void)
{
	Suite *suite = suite_create("leftovers");
	TCase *tc = tcase_create("launches");

	tcase_set_timeout(tc, 120);
	testing_from(tc, TESTING_QUICK);
	harness_add_modes(tc, a_server_keeps_nothing_of_its_tools, 1);
	testing_from(tc, TESTING_CHECK);
	harness_add_mounts_loop(tc, nothing_is_left_of_many_launches, 0, FIRST_ROOTLESS);
	helper_add_rootless(tc, nothing_is_left_of_many_launches, FIRST_ROOTLESS, NKINDS);
	helper_add_rootless_by_root(tc, no_namespace_is_left_of_many_launches, 0, FIRST_ROOTLESS);
	helper_add_rootless(tc, no_namespace_is_left_of_many_launches, FIRST_ROOTLESS, NKINDS);
	suite_add_tcase(suite, tc);

	tc = tcase_create("kills");
	tcase_set_timeout(tc, 120);
	testing_from(tc, TESTING_QUICK);
	harness_add_modes(tc, nothing_is_left_of_servers_that_are_killed, 1);
	testing_from(tc, TESTING_CHECK);
	harness_add_mounts_loop(tc, nothing_is_left_of_launches_that_are_killed_at_any_moment, 0,
	    FIRST_ROOTLESS * VICTIMS);
	helper_add_rootless(tc, nothing_is_left_of_launches_that_are_killed_at_any_moment,
	    FIRST_ROOTLESS * VICTIMS, NKINDS * VICTIMS);
	harness_add_modes(tc, a_server_leaves_nothing_of_tools_whose_keeper_is_killed, 1);
	suite_add_tcase(suite, tc);
	return (suite);
}
