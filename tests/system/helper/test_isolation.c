/* What a tool has for itself, how it is limited, and that its end is told the same everywhere. */
#include <errno.h>
#include <fcntl.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "system/helper.h"
#include "system/proc.h"
#include "system/run.h"
#include "system/suites.h"

#define SOME_GROUP 1879052399
#define MAX_TAGGED 8

/* Root 1 as a named root, with these lines; or the block `volatile`, which may be left out. */
static void
named_block(const char *lines)
{
	helper_policy =
	    helper_policy_file(harness_text("root box\nbase %s\n%s", helper_root(), lines));
}

static void
volatile_block(const char *lines)
{
	helper_policy =
	    helper_policy_file(lines == NULL ? "" : harness_text("volatile\n%s", lines));
}

/* ---- namespaces */

enum { PID = 1, MNT = 2, IPC = 4, UTS = 8, NET = 16, USER = 32 };
static const char *const namespaces[] = {"pid", "mnt", "ipc", "uts", "net", "user"};
#define NNAMESPACES (sizeof(namespaces) / sizeof(namespaces[0]))

static const char *
namespace_of(pid_t pid, const char *name)
{
	char *target = harness_alloc(64);

	ck_assert_int_gt(readlink(harness_text("/proc/%d/ns/%s", (int)pid, name), target, 63), 0);
	return (target);
}

/* The tool among the processes with its command line: its keeper has the same. */
static pid_t
tool_of(const char *tag)
{
	pid_t pids[MAX_TAGGED];
	size_t n = proc_tagged(tag, pids, MAX_TAGGED);

	ck_assert_uint_le(n, MAX_TAGGED);
	for (size_t i = 0; i < n; i++)
		if (strcmp(proc_status(pids[i], "Name"), "tree") == 0)
			return (pids[i]);
	ck_abort_msg("the tool %s does not run", tag);
}

/* Which namespaces a tool has that are not ours. */
static unsigned int
own_namespaces(pid_t pid)
{
	unsigned int own = 0;

	for (size_t i = 0; i < NNAMESPACES; i++)
		if (strcmp(namespace_of(pid, namespaces[i]),
			namespace_of(getpid(), namespaces[i])) != 0)
			own |= 1U << i;
	return (own);
}

static const char *
list(unsigned int set)
{
	const char *text = "";

	for (size_t i = 0; i < NNAMESPACES; i++)
		if ((set & 1U << i) != 0)
			text = harness_text("%s %s", text, namespaces[i]);
	return (text);
}

/* A line of a block, what the server asks for, and what the tool has. */
struct isolation {
	const char *block, *asked[4];
	unsigned int own;
};

static void
is_isolated(enum helper_kind kind, const char *root, const struct isolation *wanted)
{
	struct launch l = helper_launch(kind);
	const char *args[32] = {"-root", root, "-wd", "/"}, *tag = harness_unique("tree");
	unsigned int own, all = wanted->own | (kind == HELPER_ROOTLESS ? USER | MNT : 0);
	size_t n = 4;

	/* Our own mount namespace is the one to compare with. */
	helper_put_policy();
	l.program.prepare = NULL;
	for (size_t i = 0; i < 4 && wanted->asked[i] != NULL; i++) {
		args[n++] = "-isolate";
		args[n++] = wanted->asked[i];
	}
	args[n++] = "-cmd";
	args[n++] = "/bin/tree";
	args[n++] = "plain";
	args[n] = tag;
	helper_start(&l, args);
	ck_assert_soon(strstr(program_out(&l.program), "ready") != NULL);
	own = own_namespaces(tool_of(tag));
	helper_order(&l, SIGKILL);
	helper_finish(&l);
	program_free(&l.program);
	ck_assert_msg(own == all, "'%s' with%s%s%s: own%s, not%s",
	    wanted->block == NULL ? "" : wanted->block, wanted->asked[0] ? " -isolate " : "out",
	    wanted->asked[0] ? wanted->asked[0] : "", wanted->asked[1] ? " ..." : "", list(own),
	    list(all));
}

START_TEST(a_named_root_has_what_its_block_and_the_server_ask_for)
{
	static const struct isolation all[] = {
	    {"", {NULL}, MNT | PID | IPC},
	    {"", {"none"}, MNT | PID | IPC},
	    {"", {"net"}, MNT | PID | IPC | NET},
	    {"isolate none\n", {NULL}, MNT},
	    {"isolate none\n", {"none"}, MNT},
	    {"isolate none\n", {"pid"}, MNT | PID},
	    {"isolate none\n", {"ipc", "uts"}, MNT | IPC | UTS},
	    {"isolate uts\n", {NULL}, MNT | UTS},
	    {"isolate net\nisolate uts\n", {"ipc"}, MNT | NET | UTS | IPC},
	    {"isolate pid ipc uts net\n", {"none"}, MNT | PID | IPC | UTS | NET},
	    {"isolate none\nproc\n", {NULL}, MNT | PID},
	    {"isolate none\ntmpfs /tmp\ndev\n", {NULL}, MNT},
	    {"isolate none\nhostname box\n", {NULL}, MNT | UTS},
	    {"hostname box\n", {NULL}, MNT | PID | IPC | UTS},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		named_block(all[i].block);
		is_isolated((enum helper_kind)_i, "box", &all[i]);
	}
}
END_TEST

START_TEST(a_volatile_root_has_what_its_block_and_the_server_ask_for)
{
	static const struct isolation all[] = {
	    {NULL, {NULL}, 0},
	    {NULL, {"none"}, 0},
	    {NULL, {"pid"}, PID},
	    {NULL, {"net"}, NET},
	    {NULL, {"pid", "ipc", "uts", "net"}, PID | IPC | UTS | NET},
	    {"", {"ipc"}, IPC},
	    {"isolate none\n", {NULL}, 0},
	    {"isolate none\n", {"net"}, NET},
	    {"isolate ipc\n", {"none"}, IPC},
	    {"isolate ipc uts\n", {"pid"}, PID | IPC | UTS},
	    {"tmpfs /tmp\n", {NULL}, MNT},
	    {"dev\n", {"ipc"}, MNT | IPC},
	    {"isolate none\nproc\n", {"none"}, MNT | PID},
	    {"proc\n", {"uts"}, MNT | PID | UTS},
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		volatile_block(all[i].block);
		is_isolated((enum helper_kind)_i, helper_root(), &all[i]);
	}
}
END_TEST

START_TEST(the_server_asks_for_what_its_setting_says)
{
	static const struct {
		const char *setting;
		unsigned int own;
	} all[] = {{"isolate = none\n", 0}, {"isolate = ipc net\n", IPC | NET},
	    {"isolate = pid ipc uts net\n", PID | IPC | UTS | NET}};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		const char *tag = harness_unique("tree");
		struct run r = RUN("/bin/tree", "plain", tag);
		struct server s;
		unsigned int own;

		server_start_mode(&s, MODE_PID, all[i].setting);
		run_start(&s, &r);
		run_await(&r, "ready");
		own = own_namespaces(tool_of(tag));
		run_free(&r);
		server_stop(&s);
		ck_assert_msg(own == all[i].own, "%s: own%s", all[i].setting, list(own));
	}
}
END_TEST

/* What a program prints in the named root. */
static const char *
probe(enum helper_kind kind, const char *what, const char *arg)
{
	struct launch l = helper_launch(kind);

	return (OUTPUT(&l, 0, "-root", "box", "-wd", "/", "-cmd", "/bin/probe", what, arg));
}

START_TEST(a_network_of_ones_own_has_a_loopback_and_nothing_else)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(sin);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const char *port;

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	ck_assert_int_eq(listen(fd, 4), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	port = harness_text("%d", ntohs(sin.sin_port));

	named_block("");
	ck_assert_str_eq(probe((enum helper_kind)_i, "reach", port), "reached\n");
	named_block("isolate net\n");
	ck_assert_str_eq(probe((enum helper_kind)_i, "loopback", ""), "interface lo\nreached\n");
	ck_assert_str_eq(probe((enum helper_kind)_i, "reach", port), "Connection refused\n");
	close(fd);
}
END_TEST

START_TEST(ipc_of_ones_own_does_not_show_the_hosts)
{
	key_t key = 0x52540000 | (getpid() & 0xffff);
	int id = shmget(key, 4096, IPC_CREAT | IPC_EXCL | 0666);
	const char *name = harness_text("/%s", harness_unique("mq")), *seen[4];
	mqd_t queue = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0666, NULL);
	const char *number = harness_text("%d", (int)key);

	ck_assert_int_ne(id, -1);
	ck_assert_int_ne(queue, (mqd_t)-1);
	named_block("isolate none\n");
	seen[0] = probe((enum helper_kind)_i, "shm", number);
	seen[1] = probe((enum helper_kind)_i, "mq", name);
	named_block("isolate ipc\n");
	seen[2] = probe((enum helper_kind)_i, "shm", number);
	seen[3] = probe((enum helper_kind)_i, "mq", name);
	shmctl(id, IPC_RMID, NULL);
	mq_close(queue);
	mq_unlink(name);
	ck_assert_str_eq(seen[0], "seen\n");
	ck_assert_str_eq(seen[2], "No such file or directory\n");
	ck_assert_str_eq(seen[3], "No such file or directory\n");
	/* umask: it is there, and closed. */
	ck_assert_str_ne(seen[1], "No such file or directory\n");
}
END_TEST

/* ---- limits */

static const char *
limits_of(enum helper_kind kind, const char *root)
{
	struct launch l = helper_launch(kind);

	return (OUTPUT(
	    &l, 0, "-nofile", "33", "-root", root, "-wd", "/", "-cmd", "/bin/probe", "limits"));
}

START_TEST(limits_hold_for_good_and_know_units)
{
	static const char lines[] = "nofile 64\nnproc 100\nas 3G\nfsize 4K\ncpu 0x10\ncore 2M\n";
	static const char wanted[] = "nofile 64 64\nnproc 100 100\nas 3221225472 3221225472\n"
				     "fsize 4096 4096\ncpu 16 17\ncore 2097152 2097152\n";

	helper_prepare = NULL;
	named_block(lines);
	ck_assert_str_eq(limits_of((enum helper_kind)_i, "box"), wanted);
	volatile_block(lines);
	ck_assert_str_eq(limits_of((enum helper_kind)_i, helper_root()), wanted);
}
END_TEST

/* Hard limits that the server has, soft ones of half of that. */
static void
limit_server(void)
{
	static const struct {
		int resource;
		rlim_t hard;
	} limits[] = {{RLIMIT_NOFILE, 50}, {RLIMIT_NPROC, 1000}, {RLIMIT_AS, 1 << 30},
	    {RLIMIT_FSIZE, 1 << 30}, {RLIMIT_CPU, 50}, {RLIMIT_CORE, 50}};

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		struct rlimit r = {.rlim_cur = limits[i].hard / 2, .rlim_max = limits[i].hard};

		if (setrlimit((__rlimit_resource_t)limits[i].resource, &r) == -1)
			_exit(PROGRAM_NOT_RUN);
	}
}

START_TEST(a_block_limits_the_stack)
{
	struct launch l = helper_launch((enum helper_kind)_i);

	helper_prepare = NULL;
	named_block("stack 3M\n");
	l = helper_launch((enum helper_kind)_i);
	ck_assert_str_eq(OUTPUT(&l, 0, "-stack", "1000000", "-root", "box", "-wd", "/", "-cmd",
			     "/bin/sh", "-c", "ulimit -Ss; ulimit -Hs"),
	    "3072\n3072\n");
}
END_TEST

START_TEST(no_limit_exceeds_the_servers_hard_one)
{
	helper_prepare = limit_server;
	named_block("nofile 51\nnproc 2G\nas 2G\nfsize 17179869183G\ncpu 1000\ncore 1G\n");
	ck_assert_str_eq(limits_of((enum helper_kind)_i, "box"),
	    "nofile 50 50\nnproc 1000 1000\nas 1073741824 1073741824\n"
	    "fsize 1073741824 1073741824\ncpu 50 50\ncore 50 50\n");
	/* Without a word of the policy they are the server's, but for what it asks for. */
	named_block("");
	ck_assert_str_eq(limits_of((enum helper_kind)_i, "box"),
	    "nofile 33 50\nnproc 500 1000\nas 536870912 1073741824\n"
	    "fsize 536870912 1073741824\ncpu 25 50\ncore 25 50\n");
}
END_TEST

/* Soft limits alone, below what the server and the root's block say, never above; the lowest counts. */
START_TEST(a_switch_only_lowers_soft_limits)
{
	static const char *const soft[] = {"-Sc", "-St", "-Sd", "-Sf", "-Ss", "-Sv"};
	static const char *const hard[] = {"-Hc", "-Ht", "-Hd", "-Hf", "-Hs", "-Hv"};
	struct launch l;
	const char *before, *script = "";
	size_t i;

	for (i = 0; i < sizeof(soft) / sizeof(soft[0]); i++)
		script = harness_text("%sulimit %s; ulimit %s\n", script, soft[i], hard[i]);
	helper_prepare = limit_server;
	named_block("core 1K\ncpu 20\nfsize 1M\nstack 3M\nas 512M\n");
	l = helper_launch((enum helper_kind)_i);
	before = OUTPUT(&l, 0, "-root", "box", "-wd", "/", "-cmd", "/bin/sh", "-c", script);
	l = helper_launch((enum helper_kind)_i);
	ck_assert_str_eq(OUTPUT(&l, 0, "-limit", "core=1G", "-limit", "cpu=21", "-limit",
			     "fsize=2M", "-limit", "stack=4M", "-limit", "as=513M", "-root", "box",
			     "-wd", "/", "-cmd", "/bin/sh", "-c", script),
	    before);
	l = helper_launch((enum helper_kind)_i);
	ck_assert_str_eq(OUTPUT(&l, 0, "-limit", "core=0", "-limit", "cpu=19", "-limit", "cpu=30",
			     "-limit", "data=256M", "-limit", "fsize=512K", "-limit",
			     "stack=0x100000", "-limit", "as=256M", "-limit", "as=128M", "-root",
			     "box", "-wd", "/", "-cmd", "/bin/sh", "-c", script),
	    "0\n0\n19\n21\n262144\nunlimited\n1024\n2048\n1024\n3072\n131072\n524288\n");
}
END_TEST

/* The wait status of a shell's script in the named root. */
static int
ends_with(enum helper_kind kind, const char *script)
{
	struct launch l = helper_launch(kind);
	int status;

	START(&l, "-root", "box", "-wd", "/tmp", "-env", "PATH=/bin", "-cmd", "/bin/sh", "-c",
	    script);
	status = helper_finish(&l);
	ck_assert_msg(status != -1, "%s", program_err(&l.program));
	program_free(&l.program);
	return (status);
}

START_TEST(a_file_beyond_fsize_is_a_signal)
{
	named_block("tmpfs /tmp\nfsize 4K\n");
	ck_assert_int_eq(ends_with((enum helper_kind)_i, "yes | head -c 4096 >x"), 0);
	ck_assert_int_eq(
	    WTERMSIG(ends_with((enum helper_kind)_i, "exec head -c 4097 /bin/sh >x")), SIGXFSZ);
}
END_TEST

/* The hard limit is a second later, and kills. */
START_TEST(a_tool_beyond_cpu_is_told_and_killed)
{
	named_block("tmpfs /tmp\ncpu 1\n");
	ck_assert_int_eq(ends_with((enum helper_kind)_i, "while :; do :; done"), SIGXCPU);
	ck_assert_int_eq(
	    ends_with((enum helper_kind)_i, "trap : XCPU; while :; do :; done"), SIGKILL);
}
END_TEST

START_TEST(a_tool_beyond_as_has_no_memory)
{
	named_block("dev\ntmpfs /tmp\nas 100M\n");
	ck_assert_int_eq(
	    ends_with((enum helper_kind)_i, "dd if=/dev/zero of=/dev/null bs=10M count=1"), 0);
	ck_assert_int_ne(
	    ends_with((enum helper_kind)_i, "dd if=/dev/zero of=/dev/null bs=200M count=1"), 0);
}
END_TEST

START_TEST(a_tool_beyond_nproc_cannot_fork)
{
	named_block("tmpfs /tmp\nnproc 1\n");
	ck_assert_int_ne(ends_with((enum helper_kind)_i, "true && /bin/true; /bin/true"), 0);
	named_block("tmpfs /tmp\nnproc 1000\n");
	ck_assert_int_eq(ends_with((enum helper_kind)_i, "true && /bin/true; /bin/true"), 0);
}
END_TEST

START_TEST(a_tool_beyond_nofile_cannot_open)
{
	named_block("tmpfs /tmp\nnofile 4\n");
	ck_assert_int_eq(ends_with((enum helper_kind)_i, "true"), 0);
	/* The dynamic loader needs one more. */
	named_block("tmpfs /tmp\nnofile 3\n");
	ck_assert_int_ne(ends_with((enum helper_kind)_i, "true"), 0);
}
END_TEST

/* ---- the end */

static bool with_cores;

/* A session of its own, as the tool has: a signal that stops it then does not. */
static void
limit_cores(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_CORE, &r) == -1)
		_exit(PROGRAM_NOT_RUN);
	r.rlim_cur = with_cores ? r.rlim_max : 0;
	if (setrlimit(RLIMIT_CORE, &r) == -1)
		_exit(PROGRAM_NOT_RUN);
	setsid();
	signal(SIGPIPE, SIG_DFL); /* the harness ignores it */
}

/* 32 and 33 are the C library's; SIGSTOP ends nothing. */
static bool
is_tried(int sig)
{
	return (sig != 32 && sig != 33 && sig != SIGSTOP);
}

/* What the signal does to a process here, without us. */
static int
native_status(int sig)
{
	const char *argv[] = {harness_in_root("bin/probe"), "raise", harness_text("%d", sig), NULL};
	struct program p = {.argv = argv,
	    .uid = harness_user(),
	    .pass = -1,
	    .prepare = limit_cores,
	    .directory = harness_in_root(".WD")};

	program_run(&p);
	program_free(&p);
	return (p.status);
}

/* Kinds of roots and isolation: a block, or NULL for a volatile root without one. */
static const struct {
	const char *block;
	bool named;
	const char *asked[4];
} manners[] = {
    {NULL, false, {"none"}},
    {NULL, false, {"pid"}},
    {NULL, false, {"ipc", "uts", "net"}},
    {NULL, false, {"pid", "ipc", "uts", "net"}},
    {"proc\ndev\ntmpfs /tmp\n", false, {"none"}},
    {"isolate none\n", true, {"none"}},
    {"proc\ndev\nhostname box\n", true, {"none"}},
    {"isolate pid ipc uts net\n", true, {"none"}},
};
#define NMANNERS ((int)(sizeof(manners) / sizeof(manners[0])))

static void
put_manner(int i)
{
	if (manners[i].named)
		named_block(
		    harness_text("rw %s as /.WD\n%s", harness_in_root(".WD"), manners[i].block));
	else
		volatile_block(manners[i].block);
}

static int
status_of(enum helper_kind kind, int manner, const char *what, int n)
{
	const char *args[32] = {
	    "-root", manners[manner].named ? "box" : helper_root(), "-wd", "/.WD"};
	struct launch l = helper_launch(kind);
	size_t used = 4;
	int status;

	for (size_t i = 0; i < 4 && manners[manner].asked[i] != NULL; i++) {
		args[used++] = "-isolate";
		args[used++] = manners[manner].asked[i];
	}
	args[used++] = "-cmd";
	args[used++] = "/bin/probe";
	args[used++] = what;
	args[used] = harness_text("%d", n);
	helper_start(&l, args);
	status = helper_finish(&l);
	ck_assert_msg(status != -1, "%s", program_err(&l.program));
	program_free(&l.program);
	return (status);
}

static void
is_told(enum helper_kind kind, int manner, const char *what, int n, int wanted)
{
	int status;

	put_manner(manner);
	status = status_of(kind, manner, what, n);
	ck_assert_msg(status == wanted, "manner %d: %s %d: wait status %#x, not %#x", manner, what,
	    n, (unsigned int)status, (unsigned int)wanted);
}

/* In make check each signal is tried in two of all manners, or modes. */
static bool
is_their_turn(int sig, int manner)
{
	return (testing_level() == TESTING_LONG || (sig + manner) % 4 == 0);
}

START_TEST(every_signal_is_told_as_it_was)
{
	int manner, sig, wanted;

	with_cores = _i % 2 == 1;
	helper_prepare = limit_cores;
	for (sig = 1; sig <= SIGRTMAX; sig++) {
		if (!is_tried(sig))
			continue;
		wanted = native_status(sig);
		for (manner = 0; manner < NMANNERS; manner++)
			if (is_their_turn(sig, manner))
				is_told((enum helper_kind)(_i / 2), manner, "raise", sig, wanted);
	}
	harness_remove_cores();
}
END_TEST

START_TEST(every_exit_status_is_told_as_it_was)
{
	int manner, n;

	for (n = 0; n < 256; n += testing_times(5, 1))
		is_told((enum helper_kind)_i, n % NMANNERS, "exit", n, n << 8);
	for (manner = 0; manner < NMANNERS; manner++)
		is_told((enum helper_kind)_i, manner, "exit", 255, 255 << 8);
}
END_TEST

START_TEST(the_server_tells_every_signal_as_it_was)
{
	enum mode mode = (enum mode)(_i / 2);
	struct server s;

	with_cores = _i % 2 == 1;
	server_start_mode(
	    &s, mode, with_cores ? "coredumpsize_limit = -1\n" : "coredumpsize_limit = 0\n");
	for (int sig = 1; sig <= SIGRTMAX; sig++) {
		struct run r = RUN(harness_tool(mode, "probe"), "raise", harness_text("%d", sig));
		int wanted;

		if (!is_tried(sig) || !is_their_turn(sig, (int)mode))
			continue;
		wanted = native_status(sig);
		run_do(&s, &r);
		ck_assert_msg(r.signal == (WIFSIGNALED(wanted) ? WTERMSIG(wanted) : 0) &&
				  r.status == (WIFEXITED(wanted) ? WEXITSTATUS(wanted) : 0) &&
				  r.core == (WIFSIGNALED(wanted) && WCOREDUMP(wanted)),
		    "signal %d: status %d, signal %d, core %d, not wait status %#x", sig, r.status,
		    r.signal, r.core, (unsigned int)wanted);
		run_free(&r);
	}
	harness_remove_cores();
	server_stop(&s);
}
END_TEST

/* ---- without privilege */

static const char *
rootless_state(gid_t group)
{
	struct launch l = helper_launch(HELPER_ROOTLESS);

	l.program.group = group;
	return (harness_text("\n%s",
	    OUTPUT(&l, 0, "-root", HARNESS_NAMED, "-wd", "/.WD", "-cmd", "/bin/show", "state")));
}

START_TEST(a_rootless_tool_is_its_caller_without_privilege)
{
	unsigned int u = harness_user();
	const char *s = rootless_state(0);

	ck_assert_contains(s, harness_text("\nuids %u %u %u\n", u, u, u));
	ck_assert_contains(s, harness_text("\ngids %u %u %u\n", u, u, u));
	ck_assert_contains(s, "\npermitted 000000000\n");
	ck_assert_contains(s, "\neffective 000000000\n");
	ck_assert_contains(s, "\nno_new_privs 1\n");
	ck_assert_contains(s, "\ndescriptors 0 1 2\n");
}
END_TEST

/* They have no number in there, and count. */
START_TEST(a_rootless_tool_keeps_its_callers_groups)
{
	const char *file = harness_file("for the group\n");
	struct launch with, without;

	ck_assert_contains(rootless_state(SOME_GROUP), "\ngroups 65534\n");
	ck_assert_int_eq(chown(file, 0, SOME_GROUP), 0);
	ck_assert_int_eq(chmod(file, 0640), 0);
	named_block(harness_text("rw %s as /tmp\n", harness_installed("work")));
	file = harness_text("/tmp%s", strrchr(file, '/'));
	with = without = helper_launch(HELPER_ROOTLESS);
	with.program.group = SOME_GROUP;
	ck_assert_str_eq(OUTPUT(&with, 0, "-root", "box", "-wd", "/", "-cmd", "/bin/cat", file),
	    "for the group\n");
	OUTPUT(&without, 1, "-root", "box", "-wd", "/", "-cmd", "/bin/cat", file);
}
END_TEST

START_TEST(a_setuid_launcher_refuses_u)
{
	struct call c = helper_by_user();

	STATUS(
	    &c, LAUNCHER_REFUSED, "-u", "-err", "3", "-root", helper_root(), "-cmd", "/bin/true");
	ck_assert_contains(c.words, "-u is not for a setuid launcher");
}
END_TEST

/* A setgid one is not plain either. */
START_TEST(a_setgid_launcher_refuses_u)
{
	const char *copy = harness_installed(harness_text("work/%s", harness_unique("helper")));
	struct call c = helper_by_user();

	ck_assert_int_eq(system(harness_text("cp '%s' '%s' && chgrp %u '%s' && chmod 2755 '%s'",
			     helper_plain(), copy, SOME_GROUP, copy, copy)),
	    0);
	c.argv[0] = copy;
	STATUS(
	    &c, LAUNCHER_REFUSED, "-u", "-err", "3", "-root", helper_root(), "-cmd", "/bin/true");
}
END_TEST

START_TEST(without_privilege_root_and_strangers_are_refused_too)
{
	const uid_t others[] = {0, harness_stranger(), 65534};

	for (size_t i = 0; i < 3; i++) {
		struct call c = helper_by_user();

		c.argv[0] = helper_plain();
		c.program.uid = others[i];
		c.program.gid = harness_user();
		STATUS(&c, LAUNCHER_REFUSED, "-u", "-err", "3", "-root", helper_root(), "-cmd",
		    "/bin/true");
		ck_assert_contains(c.words, harness_text("uid %u may not call this", others[i]));
	}
}
END_TEST

static void
forbid_user_namespaces(void)
{
	helper_own_user_namespace();
	helper_write("/proc/sys/user/max_user_namespaces", "0");
}

START_TEST(a_site_without_user_namespaces_is_told_which_sysctl)
{
	struct call c = helper_by_user();

	c.argv[0] = helper_plain();
	c.program.prepare = forbid_user_namespaces;
	STATUS(&c, LAUNCHER_NO_ISOLATION, "-u", "-err", "3", "-root", HARNESS_NAMED, "-cmd",
	    "/bin/true");
	ck_assert_contains(c.words, "user.max_user_namespaces");
	ck_assert_contains(c.words, "kernel.unprivileged_userns_clone");
	ck_assert_contains(c.words, "No space left on device");
}
END_TEST

START_TEST(without_privilege_the_policy_may_be_the_callers_own)
{
	static const struct {
		uid_t plus; /* beyond the user */
		mode_t mode;
		bool accepted;
	} all[] = {
	    {0, 0644, true}, {0, 0600, true}, {1, 0644, false}, {0, 0664, false}, {0, 0646, false}};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct launch l;

		named_block("");
		ck_assert_int_eq(chown(helper_policy, harness_user() + all[i].plus, 0), 0);
		ck_assert_int_eq(chmod(helper_policy, all[i].mode), 0);
		l = helper_launch(HELPER_ROOTLESS);
		if (all[i].accepted)
			OUTPUT(&l, 0, "-root", "box", "-wd", "/", "-cmd", "/bin/true");
		else
			ck_assert_contains(FAILURE(&l, LAUNCHER_REFUSED, "-root", "box", "-wd", "/",
					       "-cmd", "/bin/true"),
			    "tool_launcher.conf must belong to root");
	}
}
END_TEST

/* With -u only. */
START_TEST(the_callers_own_policy_is_not_for_the_setuid_launcher)
{
	struct launch l;

	named_block("");
	ck_assert_int_eq(chown(helper_policy, harness_user(), 0), 0);
	l = helper_launch(HELPER_SETUID);
	FAILURE(&l, LAUNCHER_REFUSED, "-root", "box", "-wd", "/", "-cmd", "/bin/true");
}
END_TEST

Suite *
isolation_suite(void)
{
	Suite *suite = suite_create("isolation");
	TCase *tc = tcase_create("namespaces");

	tcase_set_timeout(tc, 60);
	testing_from(tc, TESTING_QUICK);
	helper_add_kinds(tc, a_named_root_has_what_its_block_and_the_server_ask_for);
	testing_from(tc, TESTING_CHECK);
	helper_add_kinds(tc, a_volatile_root_has_what_its_block_and_the_server_ask_for);
	harness_add_admin(tc, the_server_asks_for_what_its_setting_says);
	helper_add_kinds(tc, a_network_of_ones_own_has_a_loopback_and_nothing_else);
	helper_add_kinds(tc, ipc_of_ones_own_does_not_show_the_hosts);
	suite_add_tcase(suite, tc);

	tc = tcase_create("limits");
	tcase_set_timeout(tc, 60);
	testing_from(tc, TESTING_QUICK);
	helper_add_kinds(tc, limits_hold_for_good_and_know_units);
	testing_from(tc, TESTING_CHECK);
	helper_add_kinds(tc, a_block_limits_the_stack);
	helper_add_kinds(tc, no_limit_exceeds_the_servers_hard_one);
	helper_add_kinds(tc, a_switch_only_lowers_soft_limits);
	helper_add_kinds(tc, a_file_beyond_fsize_is_a_signal);
	harness_add_mounts_loop(
	    tc, a_tool_beyond_cpu_is_told_and_killed, HELPER_SETUID, HELPER_SETUID + 1);
	helper_add_kinds(tc, a_tool_beyond_as_has_no_memory);
	helper_add_kinds(tc, a_tool_beyond_nproc_cannot_fork);
	helper_add_kinds(tc, a_tool_beyond_nofile_cannot_open);
	/* It takes three seconds of a processor. */
	testing_from(tc, TESTING_LONG);
	helper_add_rootless(
	    tc, a_tool_beyond_cpu_is_told_and_killed, HELPER_ROOTLESS, HELPER_ROOTLESS + 1);
	suite_add_tcase(suite, tc);

	tc = tcase_create("end");
	tcase_set_timeout(tc, 60);
	harness_add_mounts_loop(tc, every_signal_is_told_as_it_was, 0, 2);
	helper_add_rootless(tc, every_signal_is_told_as_it_was, 2, 4);
	helper_add_kinds(tc, every_exit_status_is_told_as_it_was);
	harness_add_modes(tc, the_server_tells_every_signal_as_it_was, 2);
	suite_add_tcase(suite, tc);

	tc = tcase_create("rootless");
	tcase_set_timeout(tc, 60);
	testing_from(tc, TESTING_QUICK);
	helper_add_rootless(tc, a_rootless_tool_is_its_caller_without_privilege, 0, 1);
	testing_from(tc, TESTING_CHECK);
	helper_add_rootless_by_root(tc, a_rootless_tool_keeps_its_callers_groups, 0, 1);
	testing_add_root(tc, a_setuid_launcher_refuses_u);
	testing_add_root(tc, a_setgid_launcher_refuses_u);
	testing_add_root(tc, without_privilege_root_and_strangers_are_refused_too);
	helper_add_rootless(tc, a_site_without_user_namespaces_is_told_which_sysctl, 0, 1);
	helper_add_rootless_by_root(tc, without_privilege_the_policy_may_be_the_callers_own, 0, 1);
	harness_add_mounts(tc, the_callers_own_policy_is_not_for_the_setuid_launcher);
	suite_add_tcase(suite, tc);
	return (suite);
}
