/* runtool --colour and --tty: a tool whose outputs are terminals, or that has one. */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <unistd.h>

#include "system/run5.h"
#include "system/screen.h"
#include "system/suites.h"

/* Roots with programs of this host, with devices and without. */
#define REAL "runtool -r real -w /tmp -e PATH=/usr/bin:/bin "
#define BARE "runtool -r bare -w /tmp -e PATH=/usr/bin:/bin "

/* Adds them to the policy of this room, where tests before this one may have done so. */
static void
add_roots(void)
{
	const char *path = harness_installed("etc/tool_launcher.conf");
	const char *const names[] = {"real", "bare"}, *const more[] = {"proc\ndev\n", ""};
	FILE *f = fopen(path, "a+e");
	bool there = false;
	char line[4096];
	int i;

	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f) != NULL)
		there |= strcmp(line, "root real\n") == 0;
	ck_assert_int_eq(fseek(f, 0, SEEK_END), 0);
	for (i = 0; i < 2 && !there; i++)
		fprintf(f,
		    "root %s\nbase tmpfs\nro /usr /bin /lib\nro-try /lib64 /etc/alternatives "
		    "/etc/ld.so.cache\nusers\nrw %s as /tmp\n%s",
		    names[i], harness_in_root("tmp"), more[i]);
	ck_assert_int_eq(fclose(f), 0);
}

/* A server of this version that has these roots. */
static void
start(struct server *s, const char *version)
{
	*s = (struct server){.mode = harness_can(MODE_NAMED) ? MODE_NAMED : MODE_ROOTLESS_NAMED,
	    .settings = "linger = 10\n",
	    .args = (const char *const[]){
		"-o", harness_text("max_interface_version=%s", version), NULL}};
	add_roots();
	server_start(s);
	s->args = NULL;
}

static struct screen *
new_screen(void)
{
	return ((struct screen *)(void *)harness_alloc(sizeof(struct screen)));
}

/* ---- colour --------------------------------------------------------------------------------- */

#define WHAT "/bin/sh -c 'for i in 0 1 2; do test -t $i && printf $i; done; echo; exit 3'"

static const struct promise colours[] = {
    {"runtool --colour " WHAT, 3, "12\n", ""},
    {"runtool --colour=always " WHAT " </dev/null", 3, "12\n", ""},
    {"runtool --colour=auto " WHAT, 3, "\n", ""},
    {"runtool --colour --colour=never " WHAT, 3, "\n", ""},
    {"RUNTOOL_COLOUR=always runtool " WHAT, 3, "12\n", ""},
    {"RUNTOOL_COLOUR=always runtool --colour=never " WHAT, 3, "\n", ""},
    {"runtool --colour " WHAT " 2>&-", 3, "1\n", ""},
    {"runtool --colour=green x 2>&1 | head -n 1", 0,
	"runtool: --colour=green: must be always, auto or never\n", ""},
    {"RUNTOOL_COLOUR=green runtool x 2>&1 | head -n 1", 0,
	"runtool: RUNTOOL_COLOUR=green: must be always, auto or never\n", ""},
    {"RUNTOOL_COLOUR=auto runtool --show | grep colour", 0, "colour = auto  # RUNTOOL_COLOUR\n",
	""},
    {"runtool --colour --show | grep colour", 0, "colour = always  # --colour\n", ""},
    /* They stay two, as long as they are two here. */
    {"runtool --colour /bin/sh -c 'echo out; echo err >&2'", 0, "out\n", "err\n"},
    {"runtool --colour /bin/sh -c 'echo 1; echo 2 >&2; echo 3' 2>&1", 0, "1\n2\n3\n", ""},
    /* TERM goes with it, unless -e says otherwise. */
    {"TERM=x; export TERM; for e in -q '-e TERM' '-e TERM=y' '-e !TERM' '-e *'; do set -f\n"
     "runtool $e --colour /bin/sh -c 'echo ${TERM-none}'; done",
	0, "x\nx\ny\nnone\nx\n", ""},
    {"TERM=x; export TERM; runtool /bin/sh -c 'echo ${TERM-none}'; "
     "runtool -e TERM /bin/sh -c 'echo ${TERM-none}'",
	0, "none\nx\n", ""},
    {"unset TERM; runtool --colour /bin/sh -c 'echo ${TERM-none}'", 0, "none\n", ""},
    /* Stdin is what it was. */
    {"echo in | runtool --colour /bin/cat", 0, "in\n", ""},
    {"runtool --colour /bin/yes 2>/dev/null | head -n 1", 0, "y\n", ""},
    {"runtool --colour -t 1 -q /bin/sh -c 'echo ready; exec sleep 60'", STATUS_TIME_LIMIT,
	"ready\n", ""},
    {"runtool --colour --check /bin/sh >/dev/null", 0, "", ""},
    {"runtool -s 127.0.0.1:1 -w / --fallback local --colour /bin/sh -c 'test -t 1 || echo none'", 0,
	"none\n", ""},
};

START_TEST(a_tool_may_write_to_terminals)
{
	SCRIPT_KEEP("5", colours);
}
END_TEST

START_TEST(an_older_server_runs_it_without)
{
	static const struct promise promises[] = {
	    {"runtool --colour " WHAT, 3, "\n", ""},
	};

	SCRIPT_KEEP("4", promises);
}
END_TEST

/* All bytes, alone and many at a time, also by a network of its own. */
START_TEST(no_byte_is_changed)
{
	static const struct promise promises[] = {
	    {"i=0; while [ $i -lt 256 ]; do printf \"\\\\$(printf %o $i)\"; i=$((i+1)); done "
	     ">$tmp/b; "
	     "wc -c <$tmp/b; runtool --colour /bin/cat <$tmp/b | cmp - $tmp/b",
		0, "256\n", ""},
	    {"i=0; cp $tmp/b $tmp/c; while [ $i -lt 12 ]; do cat $tmp/c $tmp/c >$tmp/b; "
	     "mv $tmp/b $tmp/c; i=$((i+1)); done; wc -c <$tmp/c; "
	     "runtool --colour /bin/cat <$tmp/c | cmp - $tmp/c",
		0, "1048576\n", ""},
	    {"runtool --colour /bin/sh -c 'cat >&2' <$tmp/c 2>&1 >/dev/null | cmp - $tmp/c", 0, "",
		""},
	    {"rm $tmp/c", 0, "", ""},
	};
	struct server s;
	size_t i;

	run5_server(&s, (enum mode)_i, "");
	for (i = 0; i < LENGTH(promises); i++)
		script_keeps(
		    &s, &(struct promise){harness_text("RUNTOOL_ROOT=%u; export RUNTOOL_ROOT\n%s",
					      harness_root((enum mode)_i), promises[i].script),
			    promises[i].status, promises[i].out, promises[i].err});
	server_stop(&s);
}
END_TEST

#define MINE                                                                                      \
	"/bin/sh -c 'for i in 0 1 2; do test -t $i && printf $i; done; echo; echo out; echo err " \
	">&2'"

/* Stdout and stderr are one terminal here and so there; it is not touched. */
START_TEST(auto_is_for_a_terminal)
{
	struct screen *screen = new_screen();
	struct server s;

	script_server(&s, "5", "");
	screen_start(screen, &s,
	    "RUNTOOL_COLOUR=auto; export RUNTOOL_COLOUR; runtool " MINE "; runtool " MINE
	    " | cat; runtool " MINE " 2>&1 | cat; echo end");
	screen_await(screen, "12\r\nout\r\nerr\r\n");
	ck_assert(screen_echoes(screen));
	/* Of a pipe and a terminal, and of one pipe, none is one. */
	screen_await(screen, "err\r\n");
	screen_await(screen, "out\r\nerr\r\nend\r\n");
	ck_assert_ptr_null(strstr(screen->text + 20, "12\r\n"));
	ck_assert_int_eq(screen_end(screen), 0);
	server_stop(&s);
}
END_TEST

#define BAD  "cd $tmp; echo 'int x = ;' >bad.c; "
#define SAYS "-c bad.c 2>&1 | tr '\\033' E | grep -c 'E.*error'; rm bad.c"

START_TEST(compilers_use_colours)
{
	static const struct promise promises[] = {
	    {BAD "TERM=xterm " REAL "--colour gcc " SAYS, 0, "1\n", ""},
	    {BAD "TERM=xterm " BARE "--colour gcc " SAYS, 0, "1\n", ""},
	    {BAD "TERM=xterm " REAL "gcc " SAYS, 0, "0\n", ""},
	    /* Under make, by a link. */
	    {BAD "runtool --links links gcc; printf 'all: ; gcc -c bad.c\\n' >Makefile; "
		 "PATH=$tmp/links:$PATH RUNTOOL_ROOT=real RUNTOOL_DIRECTORY=/tmp "
		 "RUNTOOL_ENV=PATH=/usr/bin:/bin RUNTOOL_COLOUR=always TERM=xterm "
		 "make -j2 2>&1 | tr '\\033' E | grep -c 'E.*error'; rm -r links Makefile bad.c",
		0, "1\n", ""},
	    /* Output of what is left running arrives. */
	    {REAL "--colour sh -c '{ sleep 0.2; echo late; } & echo soon'", 0, "soon\nlate\n", ""},
	};
	struct server s;
	size_t i;

	start(&s, "5");
	for (i = 0; i < LENGTH(promises); i++)
		script_keeps(&s, &promises[i]);
	server_stop(&s);
}
END_TEST

/* ---- tty ------------------------------------------------------------------------------------ */

static const char *const roots[] = {"runtool -r 1 ", REAL, BARE};
enum { ROOTS = LENGTH(roots), IN_REAL = 1, IN_BARE = 2 };

/* A script in which `T` is runtool with this root and --tty, and S says how it ended. */
static struct screen *
sit_down(const struct server *s, int root, const char *text)
{
	struct screen *screen = new_screen();

	screen_start(screen, s,
	    harness_text("T() { %s--tty \"$@\"; echo status $?; }\n%s", roots[root], text));
	return (screen);
}

/* How it ended, and that the terminal is as it was; so does the script. */
static void
got_up(struct screen *screen, const char *status)
{
	screen_await(screen, harness_text("status %s\r\n", status));
	ck_assert(screen_echoes(screen));
	ck_assert_int_eq(screen_end(screen), 0);
}

#define TALK                                                                         \
	"/bin/sh -c 'for i in 0 1 2; do test -t $i && printf $i; done; echo $TERM; " \
	"read x; echo got $x; exit 7'"

START_TEST(a_tool_has_a_terminal)
{
	struct screen *screen = new_screen();
	struct server s;

	run5_server(&s, (enum mode)_i, "");
	screen_start(screen, &s,
	    harness_text(
		"runtool -r %u --tty " TALK "; echo status $?", harness_root((enum mode)_i)));
	screen_await(screen, "012vt100\r\n");
	/* All keys are the tool's. */
	ck_assert(!screen_echoes(screen));
	screen_type(screen, "hellp\177o\r");
	screen_await(screen, "hellp\b \bo\r\ngot hello\r\n");
	got_up(screen, "7");
	server_stop(&s);
}
END_TEST

/* What it is called, and how large. */
START_TEST(it_is_the_console_of_a_root_with_devices)
{
	struct screen *screen;
	struct server s;

	start(&s, "5");
	screen = sit_down(&s, IN_REAL,
	    "T sh -c 'tty; stty size; test -c /dev/console && echo x >/dev/tty; exit 3'");
	screen_await(screen, "/dev/console\r\n33 77\r\nx\r\n");
	got_up(screen, "3");
	/* Those that a tool opens for others are its root's own. */
	screen = sit_down(&s, IN_REAL, "T script -qec 'tty; exit 4' /dev/null");
	screen_await(screen, "/dev/pts/0\r\n");
	got_up(screen, "4");
	screen = sit_down(&s, IN_BARE, "T sh -c 'tty; stty size; ls /dev 2>&1'");
	screen_await(screen, "not a tty\r\n33 77\r\n");
	screen_await(screen, "No such file");
	got_up(screen, "2");
	server_stop(&s);
}
END_TEST

START_TEST(a_new_size_is_the_tools)
{
	struct screen *screen;
	struct server s;

	start(&s, "5");
	screen = sit_down(&s, IN_REAL,
	    "T bash -c 'trap \"stty size\" WINCH; echo ready; while sleep 0.1; do :; done'");
	screen_await(screen, "ready");
	screen_resize(screen, 40, 100);
	screen_await(screen, "40 100");
	screen_type(screen, "\r~.");
	got_up(screen, "125");
	/* It is there before a key that is typed afterwards. */
	screen = sit_down(&s, IN_REAL, "T sh -c 'echo ready; while read x; do stty size; done'");
	screen_await(screen, "ready");
	screen_resize(screen, 25, 80);
	screen_type(screen, "\r");
	screen_await(screen, "25 80");
	screen_resize(screen, 32767, 1);
	screen_type(screen, "\r");
	screen_await(screen, "32767 1");
	screen_type(screen, "\004");
	got_up(screen, "0");
	server_stop(&s);
}
END_TEST

/* In each root, with the shell that it has. */
START_TEST(keys_are_for_the_jobs_of_a_shell)
{
	static const char *const shells[] = {"/bin/sh", "bash --norc", "/bin/sh"};
	struct screen *screen;
	struct server s;

	start(&s, "5");
	screen = sit_down(&s, _i, harness_text("T %s -i", shells[_i]));
	/* What is typed is shown, too: it has quotes where what is said has none. */
	screen_type(screen, "echo rea''dy\r");
	screen_await(screen, "ready\r\n");
	screen_type(screen, "(echo in''terrupt me; exec sleep 60)\r");
	screen_await(screen, "interrupt me\r\n");
	/* The prompt may come before ^C is shown. */
	screen_type(screen, "\003");
	screen_await(screen, "$ ");
	screen_type(screen, "echo goes o''n $?\r");
	screen_await(screen, "goes on 130\r\n");
	screen_type(screen, "/bin/sh -c 'trap \"echo awa\\\"\\\"ke\" CONT; echo st\"\"op me; "
			    "while :; do read x; done'\r");
	screen_await(screen, "stop me\r\n");
	screen_type(screen, "\032");
	screen_await(screen, "Stopped");
	screen_type(screen, "fg\r");
	/* What fg says comes before the job has the terminal. */
	screen_await(screen, "awake\r\n");
	screen_type(screen, "\003");
	screen_await(screen, "$ ");
	screen_type(screen, "echo fore''ground $?\r");
	screen_await(screen, "foreground 130\r\n");
	screen_await(screen, "$ ");
	screen_type(screen, "\004");
	got_up(screen, "0");
	server_stop(&s);
}
END_TEST

START_TEST(a_hung_tool_can_be_left)
{
	struct screen *screen;
	struct server s;

	start(&s, "5");
	screen = sit_down(&s, _i, "T /bin/sh -c 'trap \"\" INT HUP; echo ready; exec sleep 60'");
	screen_await(screen, "ready");
	screen_type(screen, "\003~?x\r");
	screen_await(screen, "^C~?x\r\n");
	screen_type(screen, "~?");
	screen_await(screen, "leave, and end");
	screen_type(screen, "~.");
	screen_await(screen, "runtool: /bin/sh: left by ~.\r\n");
	got_up(screen, "125");
	server_logs(&s, "run id=1");
	server_stop(&s);
}
END_TEST

START_TEST(it_can_be_suspended)
{
	struct screen *screen;
	struct server s;

	start(&s, "5");
	screen = sit_down(&s, _i, "T /bin/cat; echo back; read x; fg; echo status $?");
	screen_await_echo(screen, false);
	screen_type(screen, "~~one\r");
	screen_await(screen, "~one\r\n~one\r\n");
	screen_type(screen, "~\032");
	screen_await(screen, "back\r\n");
	ck_assert(screen_echoes(screen));
	screen_type(screen, "go\r");
	screen_await_echo(screen, false);
	screen_type(screen, "two\r");
	screen_await(screen, "two\r\ntwo\r\n");
	screen_type(screen, "\004");
	got_up(screen, "0");
	server_stop(&s);
}
END_TEST

/* Also what the tool writes just before its end, and after that has closed some of it. */
START_TEST(all_of_it_arrives)
{
	struct screen *screen;
	struct server s;

	start(&s, "5");
	screen = sit_down(&s, IN_REAL,
	    "T sh -c 'trap \"sleep 0.3; exit 5\" HUP; seq 9000; exec <&- >&- 2>&-; sleep 0.2; exit "
	    "4'");
	screen_await(screen, "\r\n8999\r\n9000\r\n");
	got_up(screen, "4");
	ck_assert_uint_eq(harness_count(screen->text, "\r\n"), 9001);
	server_stop(&s);
}
END_TEST

/* It has its terminal also while it holds no descriptor of it. */
START_TEST(a_tool_may_open_its_terminal_again)
{
	struct screen *screen;
	struct server s;

	start(&s, "5");
	screen = sit_down(&s, IN_REAL,
	    "T bash -c 'exec <&- >&- 2>&-; sleep 0.3; exec </dev/tty >/dev/tty; echo again; "
	    "stty size; read x; echo got $x; exit 6'");
	screen_await(screen, "again\r\n33 77\r\n");
	screen_type(screen, "it\r");
	screen_await(screen, "it\r\ngot it\r\n");
	got_up(screen, "6");
	server_stop(&s);
}
END_TEST

/* Whoever ends the server ends its tools, and all that is in them. */
START_TEST(with_the_server_the_tool_ends)
{
	struct screen *screen;
	struct server s;

	start(&s, "5");
	screen = sit_down(&s, IN_REAL, "T sh -c 'sleep 60 & trap \"\" HUP; echo ready; cat'");
	screen_await(screen, "ready");
	server_stop(&s);
	screen_await(screen, "ended because the server was shut down");
	got_up(screen, "125");
}
END_TEST

START_TEST(in_the_background_it_stops)
{
	struct screen *screen;
	struct server s;

	start(&s, "5");
	screen = sit_down(&s, IN_REAL,
	    REAL "--tty sh -c 'echo ran; read x; echo $x' & pid=$!\n"
		 "until grep -q '^State:.T' /proc/$pid/status; do sleep 0.1; done\n"
		 "echo stopped; fg >/dev/null; echo status $?");
	screen_await(screen, "stopped\r\n");
	screen_await(screen, "ran\r\n");
	screen_await_echo(screen, false);
	screen_type(screen, "x\r");
	screen_await(screen, "x\r\nx\r\n");
	got_up(screen, "0");
	ck_assert_soon(script_ran_on(&s) == 1);
	server_stop(&s);
}
END_TEST

/* The pid of the runtool that `T` starts then is shown first. */
#define TELL "T() { sh -c 'echo pid $$; exec " REAL "--tty \"$@\"' sh \"$@\"; echo status $?; }\n"

static pid_t
runtools_pid(struct screen *screen)
{
	screen_await(screen, "pid ");
	screen_await(screen, "ready\r\n");
	return ((pid_t)strtol(strstr(screen->text, "pid ") + strlen("pid "), NULL, 10));
}

START_TEST(the_terminal_is_restored_at_any_end)
{
	struct screen *screen;
	struct server s;
	pid_t pid;

	start(&s, "5");
	screen = sit_down(&s, IN_REAL, TELL "T sh -c 'echo ready; exec cat'");
	ck_assert_int_eq(kill(runtools_pid(screen), SIGTERM), 0);
	got_up(screen, "143");
	/* A tool that does not end. */
	screen = sit_down(&s, IN_REAL, TELL "T sh -c 'trap \"\" TERM; echo ready; cat'");
	pid = runtools_pid(screen);
	ck_assert_soon(kill(pid, SIGTERM) == -1);
	got_up(screen, "143");
	screen = sit_down(&s, IN_REAL, "T /none");
	got_up(screen, "127");
	screen =
	    sit_down(&s, IN_REAL, "T() { " REAL "-t 1 --tty \"$@\"; echo status $?; }; T sleep 60");
	got_up(screen, "124");
	screen = sit_down(&s, IN_REAL, "T sh -c 'echo ready; exec cat'");
	screen_await(screen, "ready");
	ck_assert(!screen_echoes(screen));
	ck_assert_int_eq(kill(server_pid(&s), SIGKILL), 0);
	got_up(screen, "125");
	ck_assert(program_wait(&s.program, HARNESS_PATIENCE));
	program_free(&s.program);
}
END_TEST

/* Nothing of it is left: see server_stop(). */
START_TEST(with_the_window_the_tool_ends)
{
	struct screen *screen;
	struct server s;

	start(&s, "5");
	screen = sit_down(&s, _i, "T /bin/sh -c 'echo ready; exec sleep 60'");
	screen_await(screen, "ready");
	screen_close(screen);
	ck_assert_soon(call_cur_tools(&s) == 0);
	server_stop(&s);
}
END_TEST

START_TEST(what_cannot_be_is_said)
{
	static const struct promise promises[] = {
	    {"runtool --tty x", STATUS_TROUBLE, "",
		"runtool: --tty: stdin and stdout must be a terminal: Inappropriate ioctl for "
		"device\n"},
	    {"runtool --tty -i - x 2>&1 | head -n 1", 0,
		"runtool: --tty: not together with -i: its input is this terminal\n", ""},
	};
	struct screen *screen = new_screen();
	struct server s;

	SCRIPT_KEEP("4", promises);
	script_server(&s, "4", "");
	screen_start(screen, &s, "runtool --tty /bin/sh; echo status $?");
	screen_await(screen, "which has no terminals: do without, or, ");
	got_up(screen, "125");
	/* It may run here. */
	screen_start(screen, &s,
	    "runtool -s 127.0.0.1:1 -w / --fallback local --tty /bin/sh -c 'read x; echo $x'; "
	    "echo status $?");
	screen_type(screen, "here\r");
	screen_await(screen, "here\r\nhere\r\n");
	got_up(screen, "0");
	server_stop(&s);
}
END_TEST

/* ---- how many there are --------------------------------------------------------------------- */

static const char *devpts;

static void
own_terminals(void)
{
	harness_own_mounts();
	if (mount("devpts", "/dev/pts", "devpts", 0, devpts) == -1)
		_exit(PROGRAM_NOT_RUN);
}

/* A server that has terminals of its own. */
static void
start_with(struct server *s, const char *options)
{
	devpts = options;
	*s = (struct server){.mode = harness_can(MODE_NAMED) ? MODE_NAMED : MODE_ROOTLESS_NAMED,
	    .prepare = own_terminals,
	    .args = (const char *const[]){"-o", "max_interface_version=5", NULL}};
	add_roots();
	server_start(s);
	s->args = NULL;
}

START_TEST(without_any_left_that_is_said)
{
	struct screen *screen, *last;
	struct server s;

	start_with(&s, "ptmxmode=0666,max=1");
	last = sit_down(&s, IN_REAL, "T sh -c 'echo ready; read x'");
	screen_await(last, "ready");
	screen = sit_down(&s, IN_REAL, "T true");
	screen_await(
	    screen, "pseudo-terminal: No space left on device (the sysctl kernel.pty.max ");
	got_up(screen, "125");
	/* Without colours a tool does what it does. */
	script_keeps(
	    &s, &(struct promise){REAL "--colour sh -c 'test -t 1 || echo out'", 0, "out\n", ""});
	screen_type(last, "\r");
	got_up(last, "0");
	server_logs(&s, "no terminal for its output: No space left on device (");
	server_stop(&s);
}
END_TEST

/* Terminals of the server that are in use. */
static int
terminals(const struct server *s)
{
	DIR *dir = opendir(harness_text("/proc/%d/root/dev/pts", server_pid(s)));
	int n = -1; /* without ptmx */

	ck_assert_ptr_nonnull(dir);
	for (struct dirent *e; (e = readdir(dir)) != NULL;)
		n += *e->d_name != '.';
	closedir(dir);
	return (n);
}

START_TEST(none_is_left_behind)
{
	struct screen *screen;
	struct program p;
	struct server s;

	start_with(&s, "ptmxmode=0666");
	ck_assert_int_eq(terminals(&s), 0);
	screen = sit_down(&s, IN_REAL, TELL "T sh -c 'echo ready; exec cat'");
	ck_assert_int_eq(kill(runtools_pid(screen), SIGKILL), 0);
	ck_assert_int_eq(terminals(&s), 1);
	screen_await(screen, "status 137");
	ck_assert_int_eq(screen_end(screen), 0);
	ck_assert_soon(terminals(&s) == 0);
	p = script_tool(&s, "-r real -w /tmp -e PATH=/usr/bin --colour", SCRIPT_LINGER, "");
	ck_assert_int_eq(terminals(&s), 2);
	script_leave(&p);
	ck_assert_soon(terminals(&s) == 0);
	screen = sit_down(&s, IN_REAL, "T none; T sleep 0");
	screen_await(screen, "status 127\r\n");
	got_up(screen, "0");
	ck_assert_int_eq(terminals(&s), 0);
	server_stop(&s);
}
END_TEST

/* ---- the suite ------------------------------------------------------------------------------ */

Suite *
terminal_suite(void)
{
	Suite *suite = suite_create("terminal");
	TCase *tc = tcase_create("colour");
	bool can = (harness_can(MODE_NAMED) || harness_can(MODE_ROOTLESS_NAMED)) &&
		   access("/usr/bin/gcc", X_OK) == 0;
	const char *need = "gcc, and root with CAP_SYS_ADMIN, or user namespaces";

	tcase_set_timeout(tc, 120);
	testing_from(tc, TESTING_QUICK);
	tcase_add_test(tc, a_tool_may_write_to_terminals);
	testing_from(tc, TESTING_CHECK);
	tcase_add_test(tc, an_older_server_runs_it_without);
	harness_add_modes(tc, no_byte_is_changed, 1);
	tcase_add_test(tc, auto_is_for_a_terminal);
	testing_add_if(tc, compilers_use_colours, 0, 1, can, need);
	suite_add_tcase(suite, tc);
	tc = tcase_create("tty");
	tcase_set_timeout(tc, 120);
	testing_from(tc, TESTING_QUICK);
	harness_add_modes(tc, a_tool_has_a_terminal, 1);
	testing_from(tc, TESTING_CHECK);
	testing_add_if(tc, it_is_the_console_of_a_root_with_devices, 0, 1, can, need);
	testing_add_if(tc, a_new_size_is_the_tools, 0, 1, can, need);
	testing_add_if(tc, keys_are_for_the_jobs_of_a_shell, 0, ROOTS, can, need);
	testing_add_if(tc, a_hung_tool_can_be_left, 0, ROOTS, can, need);
	testing_add_if(tc, it_can_be_suspended, 0, ROOTS, can, need);
	testing_add_if(tc, all_of_it_arrives, 0, 1, can, need);
	testing_add_if(tc, a_tool_may_open_its_terminal_again, 0, 1, can, need);
	testing_add_if(tc, with_the_server_the_tool_ends, 0, 1, can, need);
	testing_add_if(tc, in_the_background_it_stops, 0, 1, can, need);
	testing_add_if(tc, the_terminal_is_restored_at_any_end, 0, 1, can, need);
	testing_add_if(tc, with_the_window_the_tool_ends, 0, ROOTS, can, need);
	tcase_add_test(tc, what_cannot_be_is_said);
	harness_add_mounts(tc, without_any_left_that_is_said);
	harness_add_mounts(tc, none_is_left_behind);
	suite_add_tcase(suite, tc);
	return (suite);
}
