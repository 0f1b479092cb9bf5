/* Looking into a root before and after its tool: -hold, and STOP_* at the server's terminal. */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "system/helper.h"
#include "system/proc.h"
#include "system/run.h"
#include "system/suites.h"

#define SCRIPT "echo $0 >/tmp/made; sleep 100 & echo running"

/* What a file says, as root sees it; "" when there is none. */
static const char *
contents(const char *path)
{
	char text[256];
	ssize_t n = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd != -1) {
		n = read(fd, text, sizeof(text));
		close(fd);
	}
	return (harness_text("%.*s", n > 0 ? (int)n : 0, text));
}

static pid_t
holder(const struct launch *l)
{
	return (l->keeper != 0 ? l->keeper : l->program.pid);
}

static const char *
held_path(const struct launch *l, const char *path)
{
	return (harness_text("/proc/%d/root%s", (int)holder(l), path));
}

/* The next message says that the launch is held, in a mount namespace or not. */
static void
is_held(struct launch *l, bool mounts)
{
	ck_assert_msg(helper_message(l), "%s", program_err(&l->program));
	ck_assert_msg(l->last.kind == LAUNCHER_HELD && l->last.value == mounts, "message %d %d: %s",
	    l->last.kind, l->last.value, program_err(&l->program));
}

static void
start_held(struct launch *l, enum helper_kind kind, const char *root, const char *isolate,
    const char *script)
{
	*l = helper_launch(kind);
	START(l, "-hold", "-isolate", isolate, "-root", root, "-wd", "/tmp", "-env", "PATH=/bin",
	    "-cmd", "/bin/sh", "-c", script, "made");
	is_held(l, kind == HELPER_ROOTLESS || strchr(root, '/') == NULL);
}

START_TEST(a_named_root_is_there_before_and_after_its_tool)
{
	static const char *const blocks[] = {
	    "dev\ntmpfs /tmp\n", "isolate none\ndev\ntmpfs /tmp\n"};
	struct launch l;

	for (size_t i = 0; i < 2; i++) {
		helper_box(blocks[i]);
		start_held(&l, (enum helper_kind)_i, "box", "none", SCRIPT);
		ck_assert_int_eq(access(held_path(&l, "/bin/sh"), X_OK), 0);
		ck_assert_int_eq(access(held_path(&l, "/tmp/made"), F_OK), -1);
		ck_assert_int_eq(access(held_path(&l, "/home"), F_OK), -1);
		ck_assert_str_eq(program_out(&l.program), "");

		helper_order(&l, 0);
		ck_assert(helper_message(&l));
		ck_assert_int_eq(l.last.kind, LAUNCHER_ENDED);
		ck_assert_int_eq(l.last.value, 0);
		is_held(&l, true);
		ck_assert_str_eq(program_out(&l.program), "running\n");
		ck_assert_str_eq(contents(held_path(&l, "/tmp/made")), "made\n");
		/* Of what the tool left running only its keeper is there. */
		ck_assert_uint_eq(proc_children(holder(&l)), 0);

		helper_order(&l, 0);
		ck_assert_int_eq(helper_finish(&l), -1);
		program_free(&l.program);
	}
}
END_TEST

/* As a site without the setuid helper has it. */
START_TEST(a_rootless_root_can_be_entered_by_its_user)
{
	const char *argv[] = {"/bin/cat", NULL, NULL};
	struct program cat = {.argv = argv, .uid = harness_user(), .pass = -1};
	struct launch l;

	helper_box("tmpfs /tmp\n");
	start_held(&l, HELPER_ROOTLESS, "box", "none", SCRIPT);
	helper_order(&l, 0);
	ck_assert(helper_message(&l));
	is_held(&l, true);
	argv[1] = held_path(&l, "/tmp/made");
	ck_assert_msg(program_run(&cat) == 0, "%s", program_err(&cat));
	ck_assert_str_eq(program_out(&cat), "made\n");
	program_free(&cat);
	helper_order(&l, 0);
	helper_finish(&l);
	program_free(&l.program);
}
END_TEST

/* A rootless one has a mount namespace in any case. */
START_TEST(a_volatile_root_is_held_in_its_directory)
{
	static const char *const isolations[] = {"none", "pid", "net"};
	struct launch l;

	helper_policy = helper_policy_file("");
	for (size_t i = 0; i < 3; i++) {
		start_held(&l, (enum helper_kind)_i, helper_root(), isolations[i], "exit 3");
		helper_order(&l, 0);
		ck_assert(helper_message(&l));
		ck_assert_int_eq(l.last.kind, LAUNCHER_ENDED);
		ck_assert_int_eq(WEXITSTATUS(l.last.value), 3);
		is_held(&l, _i == HELPER_ROOTLESS);
		helper_order(&l, 0);
		helper_finish(&l);
		program_free(&l.program);
	}
}
END_TEST

START_TEST(a_volatile_root_with_mounts_is_held_in_its_namespace)
{
	struct launch l;

	helper_policy = helper_policy_file("volatile\ntmpfs /tmp\n");
	l = helper_launch((enum helper_kind)_i);
	START(&l, "-hold", "-root", helper_root(), "-wd", "/", "-cmd", "/bin/sh", "-c",
	    "echo made >/tmp/made");
	is_held(&l, true);
	helper_order(&l, 0);
	ck_assert(helper_message(&l));
	is_held(&l, true);
	ck_assert_str_eq(contents(held_path(&l, "/tmp/made")), "made\n");
	helper_order(&l, SIGKILL);
	helper_finish(&l);
	program_free(&l.program);
}
END_TEST

/* Before the tool and after it; by an order and by the end of the server. */
START_TEST(what_is_held_ends_with_sigkill_or_its_server)
{
	static const char *const blocks[] = {"tmpfs /tmp\n", "isolate none\ntmpfs /tmp\n"};
	enum helper_kind kind = (enum helper_kind)_i;
	struct launch l;

	for (int i = 0; i < 8; i++) {
		bool after = (i & 1) != 0, order = (i & 2) != 0;

		helper_box(blocks[i >> 2]);
		start_held(&l, kind, "box", "none", SCRIPT);
		if (after) {
			helper_order(&l, 0);
			ck_assert(helper_message(&l));
			is_held(&l, true);
		}
		if (order)
			helper_order(&l, SIGKILL);
		else
			ck_assert_int_eq(shutdown(l.life, SHUT_RDWR), 0);
		ck_assert(!helper_message(&l));
		ck_assert(program_wait(&l.program, HARNESS_PATIENCE));
		if (l.keeper != 0)
			ck_assert_soon(waitpid(l.keeper, NULL, WNOHANG) != 0);
		ck_assert_uint_eq(proc_below(harness_installed("libexec/")), 0);
		ck_assert_str_eq(program_out(&l.program), after ? "running\n" : "");
		close(l.life);
		program_free(&l.program);
	}
}
END_TEST

START_TEST(other_signals_do_not_end_the_holding)
{
	struct launch l;

	helper_box("tmpfs /tmp\n");
	start_held(&l, (enum helper_kind)_i, "box", "none", "exit 5");
	helper_order(&l, SIGTERM);
	helper_order(&l, SIGCONT);
	helper_order(&l, 0);
	ck_assert(helper_message(&l));
	ck_assert_int_eq(l.last.kind, LAUNCHER_ENDED);
	ck_assert_int_eq(WEXITSTATUS(l.last.value), 5);
	is_held(&l, true);
	helper_order(&l, 0);
	helper_finish(&l);
	program_free(&l.program);
}
END_TEST

START_TEST(a_tool_that_cannot_be_executed_is_told_after_the_holding)
{
	struct launch l;

	helper_box("tmpfs /tmp\n");
	l = helper_launch((enum helper_kind)_i);
	START(&l, "-hold", "-root", "box", "-wd", "/", "-cmd", "/bin/none");
	is_held(&l, true);
	helper_order(&l, 0);
	ck_assert_int_eq(helper_finish(&l), -1);
	ck_assert_int_eq(l.last.kind, LAUNCHER_FAILED);
	ck_assert_int_eq(l.last.value, LAUNCHER_NO_EXEC);
	program_free(&l.program);
}
END_TEST

/* ---- at the server's terminal */

#define LOOK_MS 1000

static const char *variable; /* of the server's environment */
static const char *terminal; /* its name; the tests' end is `master` */
static int master;

static void
take_terminal(void)
{
	int fd = open(terminal, O_RDWR | O_NOCTTY);

	if (fd == -1 || dup2(fd, 0) == -1 || dup2(fd, 1) == -1)
		_exit(PROGRAM_NOT_RUN);
	close(fd);
	setenv(variable, "1", 1);
}

static void
start_stopping(struct server *s, enum mode mode, const char *name)
{
	struct termios t;

	master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	ck_assert_int_ne(master, -1);
	ck_assert_int_eq(unlockpt(master), 0);
	ck_assert_int_eq(tcgetattr(master, &t), 0);
	t.c_lflag &= ~(tcflag_t)ECHO;
	ck_assert_int_eq(tcsetattr(master, TCSANOW, &t), 0);
	terminal = harness_text("%s", ptsname(master));
	ck_assert_int_eq(chown(terminal, harness_user(), (gid_t)-1), 0);
	variable = name;
	/* What is held takes no SIGTERM. */
	*s =
	    (struct server){.mode = mode, .settings = "kill_grace = 0\n", .prepare = take_terminal};
	server_start(s);
}

/* What the server prints, up to its prompt; fails without one. */
static const char *
prompt(void)
{
	struct pollfd p = {.fd = master, .events = POLLIN};
	char text[4096] = "";
	size_t len = 0;

	while (strstr(text, "go on: ") == NULL) {
		ssize_t n;

		ck_assert_msg(poll(&p, 1, 15000) == 1, "no prompt: '%s'", text);
		n = read(master, text + len, sizeof(text) - 1 - len);
		ck_assert_int_gt(n, 0);
		len += (size_t)n;
		text[len] = '\0';
	}
	return (harness_text("%s", text));
}

static void
press_enter(void)
{
	ck_assert_int_eq(write(master, "\n", 1), 1);
}

static bool
is_named(enum mode mode)
{
	return (mode == MODE_NAMED || mode == MODE_ROOTLESS_NAMED);
}

/* The path in `VARIABLE: PATH WHAT; press Enter to go on: `. */
static const char *
path_in(const char *text)
{
	const char *path = strstr(text, ": ");

	ck_assert_ptr_nonnull(path);
	return (harness_text("%.*s", (int)strcspn(path + 2, " ;"), path + 2));
}

static bool
has_mounts(enum mode mode)
{
	return (is_named(mode) || mode == MODE_ROOTLESS);
}

/* Where root 1 is: its directory, or a process in its mount namespace. */
static const char *
right_path(enum mode mode, const char *text)
{
	const char *path = path_in(text);
	char *end;

	if (!has_mounts(mode)) {
		ck_assert_str_eq(path, helper_root());
		return (path);
	}
	ck_assert_msg(strncmp(path, "/proc/", 6) == 0, "%s", text);
	ck_assert_int_gt(strtol(path + 6, &end, 10), 0);
	ck_assert_str_eq(end, "/root");
	ck_assert_int_eq(access(harness_text("%s/bin/show", path), X_OK), 0);
	return (path);
}

/* A place that a named root has for itself, seen from within the root. */
static const char *
private_file(enum mode mode, const char *name)
{
	return (harness_text("%s/%s", is_named(mode) ? "/dev/shm" : "/tmp", name));
}

/* The same as the tool sees it: in testing mode that is the host's file system. */
static const char *
tools_file(enum mode mode, const char *file)
{
	return (mode == MODE_TESTING ? harness_in_root(file + 1) : file);
}

/* By somebody who looks into the root: the server's user where it is that user's own. */
static void
touch(enum mode mode, const char *path)
{
	const char *argv[] = {"/bin/touch", path, NULL};
	struct program p = {.argv = argv, .pass = -1};

	p.uid = mode == MODE_ROOTLESS_NAMED ? harness_user() : 0;
	ck_assert_msg(program_run(&p) == 0, "%s", program_err(&p));
	program_free(&p);
}

START_TEST(the_root_can_be_looked_at_before_a_tool)
{
	enum mode mode = (enum mode)_i;
	const char *file = private_file(mode, harness_unique("before")), *path;
	struct run r =
	    RUN(harness_tool(mode, "sh"), "-c", harness_text("test -e %s", tools_file(mode, file)));
	struct server s;

	start_stopping(&s, mode, "STOP_BEFORE_TOOL");
	run_start(&s, &r);
	path = prompt();
	ck_assert_contains(path, "STOP_BEFORE_TOOL: ");
	path = harness_text("%s%s", right_path(mode, path), file);
	/* What is put there the tool finds. */
	touch(mode, path);
	press_enter();
	run_finish(&r);
	ck_assert(!r.failed);
	ck_assert_int_eq(r.status, 0);
	unlink(harness_in_root(file + 1));
	run_free(&r);
	server_stop(&s);
}
END_TEST

/* Of the first run, without the time that somebody looked at it. */
static double
logged_seconds(const struct server *s)
{
	const char *secs;

	ck_assert_soon(strstr(server_log(s), " secs=") != NULL);
	secs = strstr(server_log(s), " secs=");
	return (strtod(secs + strlen(" secs="), NULL));
}

START_TEST(the_root_can_be_looked_at_after_a_tool)
{
	enum mode mode = (enum mode)_i;
	const char *file = private_file(mode, harness_unique("after")), *text, *path;
	struct run r = RUN(harness_tool(mode, "sh"), "-c",
	    harness_text("echo output; echo made >%s; exit 3", tools_file(mode, file)));
	struct server s;
	int64_t start;

	start_stopping(&s, mode, "STOP_AFTER_TOOL");
	start = harness_now();
	run_start(&s, &r);
	text = prompt();
	ck_assert_contains(text, "STOP_AFTER_TOOL: ");
	ck_assert_contains(text, " status 3;");
	path = harness_text("%s%s", right_path(mode, text), file);
	ck_assert_str_eq(contents(path), "made\n");
	harness_wait(LOOK_MS);
	ck_assert(!r.replied);
	press_enter();
	run_finish(&r);
	ck_assert_double_lt(
	    logged_seconds(&s), (double)(harness_now() - start - LOOK_MS) / 1e3 + 0.01);
	ck_assert_int_eq(r.status, 3);
	ck_assert_str_eq(run_out(&r), "output\n");
	if (has_mounts(mode))
		ck_assert_int_eq(access(path, F_OK), -1);
	if (!is_named(mode))
		ck_assert_int_eq(unlink(harness_in_root(file + 1)), 0);
	run_free(&r);
	server_stop(&s);
}
END_TEST

/* Only tools for which it was asked. */
START_TEST(it_stops_after_errors_or_signals_only)
{
	static const struct {
		const char *variable, *script, *says;
	} all[] = {{"STOP_AFTER_TOOL_ERROR", "exit 4", " status 4;"},
	    {"STOP_AFTER_TOOL_SIGNALED", "kill -TERM $$", " signal 15 (Terminated);"}};
	enum mode mode = (enum mode)_i;

	for (size_t i = 0; i < 2; i++) {
		struct run fine = RUN(harness_tool(mode, "sh"), "-c", "exit 0"),
			   other = RUN(harness_tool(mode, "sh"), "-c", all[1 - i].script),
			   r = RUN(harness_tool(mode, "sh"), "-c", all[i].script);
		struct server s;

		start_stopping(&s, mode, all[i].variable);
		run_do(&s, &fine);
		run_do(&s, &other);
		run_start(&s, &r);
		ck_assert_contains(prompt(), all[i].says);
		press_enter();
		run_finish(&r);
		ck_assert(!r.failed);
		run_free(&fine);
		run_free(&other);
		run_free(&r);
		server_stop(&s);
		close(master);
	}
}
END_TEST

/* Whoever looks keeps the terminal, but nothing of the root stays for a client that is gone. */
START_TEST(a_client_that_goes_while_its_root_is_looked_at_leaves_nothing)
{
	static const char *const variables[] = {"STOP_BEFORE_TOOL", "STOP_AFTER_TOOL"};
	enum mode mode = (enum mode)_i;

	for (size_t i = 0; i < 2; i++) {
		struct run r = RUN(harness_tool(mode, "sh"), "-c", "exit 0"),
			   next = RUN(harness_tool(mode, "sh"), "-c", "exit 6");
		struct server s;

		start_stopping(&s, mode, variables[i]);
		run_start(&s, &r);
		right_path(mode, prompt());
		run_free(&r);
		ck_assert_soon(proc_below(harness_installed("libexec/")) == 0);
		press_enter();

		run_start(&s, &next);
		right_path(mode, prompt());
		press_enter();
		run_finish(&next);
		ck_assert_int_eq(next.status, 6);
		run_free(&next);
		server_stop(&s);
		close(master);
	}
}
END_TEST

/* SIGTERM drains: the tool that is looked at ends, and the server. */
START_TEST(a_server_can_be_stopped_while_a_root_is_looked_at)
{
	enum mode mode = (enum mode)_i;
	struct run r = RUN(harness_tool(mode, "sh"), "-c", "exit 0");
	struct server s;

	start_stopping(&s, mode, "STOP_BEFORE_TOOL");
	run_start(&s, &r);
	prompt();
	ck_assert_int_eq(kill(server_pid(&s), SIGTERM), 0);
	ck_assert_soon(proc_below(harness_installed("libexec/")) == 0);
	press_enter();
	ck_assert(program_wait(&s.program, HARNESS_PATIENCE));
	run_free(&r);
}
END_TEST

Suite *
hold_suite(void)
{
	Suite *suite = suite_create("hold");
	TCase *tc = tcase_create("helper");

	tcase_set_timeout(tc, 60);
	testing_from(tc, TESTING_QUICK);
	helper_add_kinds(tc, a_named_root_is_there_before_and_after_its_tool);
	testing_from(tc, TESTING_CHECK);
	helper_add_rootless(tc, a_rootless_root_can_be_entered_by_its_user, 0, 1);
	helper_add_kinds(tc, a_volatile_root_is_held_in_its_directory);
	helper_add_kinds(tc, a_volatile_root_with_mounts_is_held_in_its_namespace);
	helper_add_kinds(tc, what_is_held_ends_with_sigkill_or_its_server);
	helper_add_kinds(tc, other_signals_do_not_end_the_holding);
	helper_add_kinds(tc, a_tool_that_cannot_be_executed_is_told_after_the_holding);
	suite_add_tcase(suite, tc);

	tc = tcase_create("terminal");
	tcase_set_timeout(tc, 60);
	testing_from(tc, TESTING_QUICK);
	harness_add_modes(tc, the_root_can_be_looked_at_after_a_tool, 1);
	testing_from(tc, TESTING_CHECK);
	harness_add_modes(tc, the_root_can_be_looked_at_before_a_tool, 1);
	harness_add_modes(tc, it_stops_after_errors_or_signals_only, 1);
	harness_add_modes(tc, a_client_that_goes_while_its_root_is_looked_at_leaves_nothing, 1);
	harness_add_modes(tc, a_server_can_be_stopped_while_a_root_is_looked_at, 1);
	suite_add_tcase(suite, tc);
	return (suite);
}
