/* runtool in front of a tool, as in shells and Makefiles. */
#include <jansson.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "system/script.h"
#include "system/suites.h"

/* ---- exit statuses and words ------------------------------------------------------------- */

static const struct promise ends[] = {
    {"runtool /bin/true", 0, "", ""},
    {"runtool -- /bin/sh -c 'echo out; echo err >&2; exit 3'", 3, "out\n", "err\n"},
    {"runtool /bin/sh -c 'exit 255'", 255, "", ""},
    {"runtool /bin/sh -c 'kill -9 $$'", STATUS_SIGNAL + SIGKILL, "",
	"runtool: /bin/sh: killed by signal 9 (Killed)\n"},
    {"runtool /bin/sh -c 'kill -SEGV $$'", STATUS_SIGNAL + SIGSEGV, "",
	"runtool: /bin/sh: killed by signal 11 (Segmentation fault)\n"},
    {"runtool -q /bin/sh -c 'kill -SEGV $$'", STATUS_SIGNAL + SIGSEGV, "", ""},
    {"runtool --quiet /bin/sh -c 'kill -9 $$'", STATUS_SIGNAL + SIGKILL, "", ""},
    {"runtool /bin/sh -c 'kill -INT $$'", STATUS_SIGNAL + SIGINT, "", ""},
    {"runtool /bin/sh -c 'kill -PIPE $$'", STATUS_SIGNAL + SIGPIPE, "", ""},
    {"runtool -t 0.2 /bin/sleep 60", STATUS_TIME_LIMIT, "",
	"runtool: /bin/sleep: ended at the time limit of 0.2 s\n"},
    {"runtool -q --time-limit 0.2 /bin/sleep 60", STATUS_TIME_LIMIT, "", ""},
    {"runtool -t .2 /bin/sh -c 'trap \"exit 0\" TERM; while :; do :; done'", STATUS_TIME_LIMIT, "",
	"runtool: /bin/sh: ended at the time limit of 0.2 s\n"},
    {"runtool -t 60 /bin/true", 0, "", ""},
    {"runtool -t 0 /bin/true", 0, "", ""},
    {"runtool /bin/none", STATUS_NOT_FOUND, "", NULL},
    {"runtool -q /tmp", STATUS_NOT_EXECUTABLE, "", NULL},
};

START_TEST(runtool_exits_as_the_tool_does_and_says_what_else_happened)
{
	SCRIPT_KEEP("5", ends);
}
END_TEST

START_TEST(a_version_4_server_makes_no_difference_to_that)
{
	SCRIPT_KEEP("4", ends);
}
END_TEST

START_TEST(a_dumped_core_is_told)
{
	struct server s = {.mode = harness_mode(),
	    .args = (const char *const[]){"-o", "max_interface_version=5", NULL}};
	struct shown shown;
	json_t *result;
	bool core;

	server_start(&s);
	shown = script_run(&s, "runtool --json=$tmp/core.json /bin/sh -c 'kill -ABRT $$'; "
			       "e=$?; cat $tmp/core.json; rm $tmp/core.json; exit $e");
	ck_assert_int_eq(shown.status, STATUS_SIGNAL + SIGABRT);
	/* Whether there is one is for the limits of this host to say. */
	ck_assert_ptr_nonnull(result = json_loads(shown.out, 0, NULL));
	core = json_is_true(json_object_get(result, "core"));
	ck_assert_str_eq(
	    shown.err, harness_text("runtool: /bin/sh: killed by signal 6 (Aborted)%s\n",
			   core ? ", core dumped" : ""));
	json_decref(result);
	server_stop(&s);
}
END_TEST

START_TEST(an_error_is_told_with_the_servers_name_and_words)
{
	struct server s;
	struct shown shown;

	script_server(&s, "5", "");
	shown = script_run(&s, "runtool -q /bin/none");
	ck_assert_contains(shown.err, harness_text("runtool: 127.0.0.1:%d: ", s.port));
	ck_assert_contains(
	    shown.err, "/bin/none: Execve failure, No such file or directory (errno = 2)\n");
	shown = script_run(&s, "runtool -q -w /none/here /bin/true");
	ck_assert_int_eq(shown.status, STATUS_TROUBLE);
	ck_assert_contains(shown.err, harness_text("runtool: 127.0.0.1:%d: ", s.port));
	ck_assert_contains(shown.err, "/none/here");
	ck_assert_ptr_null(strstr(shown.err, "asked for"));
	shown = script_run(&s, "cd $tmp; pwd; runtool -q -w here:/=/none /bin/true");
	ck_assert_int_eq(shown.status, STATUS_TROUBLE);
	ck_assert_contains(
	    shown.err, harness_text("/none%.*s (", (int)strcspn(shown.out, "\n"), shown.out));
	ck_assert_contains(
	    shown.err, harness_text(": asked for was the current directory, %.*s (-w here:/=/none)",
			   (int)strcspn(shown.out, "\n"), shown.out));
	server_stop(&s);
}
END_TEST

static const struct promise misuses[] = {
    {"runtool", STATUS_TROUBLE, "", "runtool: no command\ntry 'runtool --help'\n"},
    {"runtool -r 0803 x", STATUS_TROUBLE, "",
	"runtool: -r 0803: has leading zeros: say 803, or 0x803 if it is hexadecimal\n"
	"try 'runtool --help'\n"},
    {"runtool -r 0 x", STATUS_TROUBLE, "",
	"runtool: -r 0: must be from 1 to 0xffffffff\ntry 'runtool --help'\n"},
    {"runtool --root=0x100000000 x", STATUS_TROUBLE, "",
	"runtool: -r 0x100000000: must be from 1 to 0xffffffff\ntry 'runtool --help'\n"},
    {"runtool -r a/b x", STATUS_TROUBLE, "",
	"runtool: -r a/b: must be a root's number or its name\ntry 'runtool --help'\n"},
    {"runtool -r '' x", STATUS_TROUBLE, "",
	"runtool: -r : must be a root's number or its name\ntry 'runtool --help'\n"},
    {"runtool -e =1 x", STATUS_TROUBLE, "",
	"runtool: -e =1: must be NAME, NAME=VALUE, PATTERN, !NAME or !PATTERN\n"
	"try 'runtool --help'\n"},
    {"runtool -e '!A=1' x 2>&1 | grep -c 'must be NAME'", 0, "1\n", ""},
    {"runtool -e '!' x 2>&1 | grep -c 'must be NAME'", 0, "1\n", ""},
    {"runtool -e '' x 2>&1 | grep -c 'must be NAME'", 0, "1\n", ""},
    {"runtool -e 'A CARGO_*' x", STATUS_TROUBLE, "",
	"runtool: -e A CARGO_*: has blanks: say -e for each name or pattern\n"
	"try 'runtool --help'\n"},
    {"runtool -w '' x", STATUS_TROUBLE, "",
	"runtool: -w : must name a directory: the current one is here, the root is .\n"
	"try 'runtool --help'\n"},
    {"runtool -w here:sub x", STATUS_TROUBLE, "",
	"runtool: -w here:sub: must be here:/FROM=/TO; a directory of that name is ./here:sub\n"
	"try 'runtool --help'\n"},
    {"cd /usr; runtool -w here:/us=/src x", STATUS_TROUBLE, "",
	"runtool: -w here:/us=/src: the current directory, /usr, is not below /us\n"
	"try 'runtool --help'\n"},
    {"mkdir $tmp/gone; cd $tmp/gone; rmdir $tmp/gone; runtool -w here x", STATUS_TROUBLE, "",
	"runtool: -w here: the current directory: No such file or directory\n"
	"try 'runtool --help'\n"},
    {"runtool -i words x", STATUS_TROUBLE, "",
	"runtool: -i words: must be a full path name on the server, or - for this stdin\n"
	"try 'runtool --help'\n"},
    {"runtool -t 1e3 x", STATUS_TROUBLE, "",
	"runtool: -t 1e3: must be a number of seconds from 0 to 2147483.647\n"
	"try 'runtool --help'\n"},
    {"runtool -t -1 x", STATUS_TROUBLE, "", NULL},
    {"runtool -t 1.2.3 x", STATUS_TROUBLE, "", NULL},
    {"runtool -t . x", STATUS_TROUBLE, "", NULL},
    {"runtool -t '' x", STATUS_TROUBLE, "", NULL},
    {"runtool -t 99999999 x", STATUS_TROUBLE, "", NULL},
    {"runtool --keep-alive 0.01 x", STATUS_TROUBLE, "",
	"runtool: --keep-alive 0.01: must be a number of seconds from 0.1 to 600\n"
	"try 'runtool --help'\n"},
    {"runtool -l $(printf %0129d 0) x", STATUS_TROUBLE, "",
	"runtool: -l: must be at most 128 bytes long\ntry 'runtool --help'\n"},
    {"runtool -s host:port x", STATUS_TROUBLE, "",
	"runtool: -s host:port: must be HOST, HOST:PORT or [ADDRESS]:PORT\n"
	"try 'runtool --help'\n"},
    {"RUNTOOL_SERVER=[::1 runtool x", STATUS_TROUBLE, "",
	"runtool: RUNTOOL_SERVER=[::1: must be HOST, HOST:PORT or [ADDRESS]:PORT\n"
	"try 'runtool --help'\n"},
    {"runtool --none x 2>&1 | grep -c '^try '", 0, "1\n", ""},
    {"runtool --json=/none/here x", STATUS_TROUBLE, "",
	"runtool: --json=/none/here: No such file or directory\n"},
};

START_TEST(a_wrong_command_line_exits_with_125_and_says_what_is_wrong)
{
	SCRIPT_KEEP("5", misuses);
}
END_TEST

START_TEST(a_server_that_is_shut_down_is_told)
{
	struct server s;
	struct program p;

	script_server(&s, "5", "");
	p = script_tool(&s, "-q", SCRIPT_LINGER, "");
	server_stop(&s);
	ck_assert(program_wait(&p, HARNESS_PATIENCE));
	ck_assert_int_eq(WEXITSTATUS(p.status), STATUS_TROUBLE);
	ck_assert_str_eq(program_err(&p),
	    harness_text("runtool: /bin/sh: ended because the server was shut down: "
			 "127.0.0.1:%d\n",
		s.port));
	program_free(&p);
}
END_TEST

START_TEST(a_lost_connection_is_told)
{
	struct server s;
	struct program p;

	script_server(&s, "5", "");
	p = script_tool(&s, "-q", SCRIPT_LINGER, "");
	ck_assert_int_eq(kill(server_pid(&s), SIGKILL), 0);
	ck_assert(program_wait(&p, HARNESS_PATIENCE));
	ck_assert_int_eq(WEXITSTATUS(p.status), STATUS_TROUBLE);
	ck_assert_contains(program_err(&p),
	    harness_text("runtool: 127.0.0.1:%d: the server closed the connection", s.port));
	program_free(&p);
	ck_assert(program_wait(&s.program, HARNESS_PATIENCE));
	program_free(&s.program);
}
END_TEST

START_TEST(a_silent_server_is_told)
{
	struct server s;
	struct program p;

	script_server(&s, "5", "");
	p = script_tool(&s, "--keep-alive 1", SCRIPT_LINGER, "");
	ck_assert(!program_wait(&p, 1));
	ck_assert_int_eq(kill(server_pid(&s), SIGSTOP), 0);
	ck_assert(program_wait(&p, HARNESS_PATIENCE));
	ck_assert_int_eq(kill(server_pid(&s), SIGCONT), 0);
	ck_assert_int_eq(WEXITSTATUS(p.status), STATUS_TROUBLE);
	ck_assert_contains(program_err(&p), "silent");
	program_free(&p);
	server_stop(&s);
}
END_TEST

START_TEST(no_server_is_told)
{
	struct server s;
	struct shown shown;

	script_server(&s, "5", "");
	server_stop(&s);
	shown = script_run(&s, "runtool -q /bin/true");
	ck_assert_int_eq(shown.status, STATUS_TROUBLE);
	ck_assert_contains(shown.err,
	    harness_text(
		"runtool: 127.0.0.1:%d: cannot connect (127.0.0.1: Connection refused)", s.port));
}
END_TEST

/* ---- options ----------------------------------------------------------------------------- */

static const struct promise options[] = {
    {"runtool -w /tmp /bin/pwd | grep -c '/tmp$'", 0, "1\n", ""},
    {"runtool --directory=/tmp /bin/pwd | grep -c '/tmp$'", 0, "1\n", ""},
    {"cd /tmp; runtool -w here /bin/pwd | grep -c '/tmp$'", 0, "1\n", ""},
    {"cd /tmp; PWD=/usr runtool -w here /bin/pwd | grep -c '/tmp$'", 0, "1\n", ""},
    {"cd /; PWD=/tmp/.. runtool -w here /bin/ls -d tmp", 0, "tmp\n", ""},
    {"cd /usr; runtool -w here:/usr=/tmp /bin/pwd | grep -c '/tmp$'", 0, "1\n", ""},
    {"cd /usr/bin; runtool -w here:/usr/=/ /bin/ls -d sh", 0, "sh\n", ""},
    {"cd /usr; runtool -w here:/=/ /bin/pwd | grep -c '/usr$'", 0, "1\n", ""},
    {"cd /usr; runtool -w here:/usr=/ /bin/ls -d tmp", 0, "tmp\n", ""},
    {"ln -s /usr $tmp/link; cd $tmp/link; runtool -w here:$tmp/link=/tmp /bin/pwd | "
     "grep -c '/tmp$'; runtool -w here:/usr=/tmp /bin/pwd | grep -c '/tmp$'; rm $tmp/link",
	0, "1\n1\n", ""},
    {"cd /; for d in tmp usr; do (cd $d; runtool -w here /bin/pwd | grep -o '[a-z]*$'); done", 0,
	"tmp\nusr\n", ""},
    {"cd /tmp; runtool -w ./here /bin/true", STATUS_TROUBLE, "", NULL},
    {"runtool -e A=1 --env B= -e C=x=y /usr/bin/env | sort", 0, "A=1\nB=\nC=x=y\n", ""},
    {"A=here B='' runtool -e A -e B -e C /usr/bin/env | sort", 0, "A=here\nB=\n", ""},
    {"B=2 runtool -e A=1 -e A=2 -e B=1 -e B -e C=1 -e C /usr/bin/env | sort", 0, "A=2\nB=2\n", ""},
    {"env -i B_1=1 B_2=2 A=3 $(which runtool) -s $RUNTOOL_SERVER -e 'B_*' /usr/bin/env", 0,
	"B_1=1\nB_2=2\n", ""},
    {"env -i B_1=1 B_2=2 A=3 $(which runtool) -s $RUNTOOL_SERVER -e B_1=0 -e '*' -e '!?_2' "
     "-e '!A' -e C=4 /usr/bin/env",
	0, "B_1=1\nC=4\n", ""},
    {"env -i A=1 B=2 $(which runtool) -s $RUNTOOL_SERVER -e '[A-Z]' -e '!*' -e '!none' "
     "/usr/bin/env",
	0, "", ""},
    {"env -i A=1 LD_X=2 MAKEFLAGS=' -j --jobserver-auth=3,4' MFLAGS='-j --jobserver-fds=3,4' "
     "CARGO_MAKEFLAGS='-j --jobserver-auth=8,9' $(which runtool) -s $RUNTOOL_SERVER -e '*' "
     "/usr/bin/env",
	0, "A=1\n", ""},
    {"env -i LD_X=2 MAKEFLAGS=' -j --jobserver-auth=3,4' $(which runtool) -s $RUNTOOL_SERVER "
     "-e 'LD_*' -e MAKEFLAGS /usr/bin/env",
	0, "LD_X=2\nMAKEFLAGS= -j --jobserver-auth=3,4\n", ""},
    {"env -i LD_X=2 MAKEFLAGS=' -j --jobserver-auth=fifo:/tmp/x' MFLAGS=-k $(which runtool) "
     "-s $RUNTOOL_SERVER -e LD_X -e 'M*' /usr/bin/env",
	0, "LD_X=2\nMAKEFLAGS= -j --jobserver-auth=fifo:/tmp/x\nMFLAGS=-k\n", ""},
    {"runtool $(seq 500 | sed 's|.*|-e V&=&|') /usr/bin/env | wc -l", 0, "500\n", ""},
    {"runtool -e PATH=/bin sh -c 'exit 4'", 4, "", ""},
    {"runtool -e PATH=/bin sh -e -c 'false; true'", 1, "", ""},
    {"runtool -r 1 /bin/true", 0, "", ""},
    {"runtool --root 0x00000001 /bin/true", 0, "", ""},
    {"runtool -r 0X1 -r 1 /bin/true", 0, "", ""},
    {"runtool -s $RUNTOOL_SERVER /bin/true", 0, "", ""},
    {"RUNTOOL_SERVER=127.0.0.1:1 runtool --server $RUNTOOL_SERVER /bin/true", 0, "", ""},
    {"printf '[Run_Tool]\\nSRPC_port = %s\\n' ${RUNTOOL_SERVER#*:} >$tmp/vesta.cfg\n"
     "RUNTOOL_SERVER=127.0.0.1 runtool -c $tmp/vesta.cfg /bin/true",
	0, "", ""},
    {"RUNTOOL_SERVER= VESTACONFIG=$tmp/vesta.cfg runtool /bin/sh -c 'exit 3'", 3, "", ""},
    {"runtool --config=$tmp/vesta.cfg --server=127.0.0.1 /bin/true; e=$?; rm $tmp/vesta.cfg; exit "
     "$e",
	0, "", ""},
    {"runtool -c $tmp/none.cfg /bin/true", STATUS_TROUBLE, "", NULL},
    {"runtool --version | grep -c '^runtool [0-9.]*$'", 0, "1\n", ""},
    {"runtool -V | grep -c '^runtool [0-9.]*$'", 0, "1\n", ""},
    {"runtool -h | cmp - $tmp/none 2>/dev/null; runtool --help | head -n 1", 0,
	"usage: runtool [OPTION]... [--] COMMAND [ARGUMENT]...\n", ""},
};

START_TEST(every_option_does_what_it_says)
{
	SCRIPT_KEEP("5", options);
}
END_TEST

/* ---- preferences -------------------------------------------------------------------------- */

/* A home with both files, and a directory with a vesta.cfg of somebody's. Behind it, $S is the server. */
static const char home[] =
    "S=$RUNTOOL_SERVER; unset RUNTOOL_SERVER VESTACONFIG XDG_CONFIG_HOME\n"
    "h=$tmp/home; mkdir -p $h/.config $h/other $h/cwd; HOME=$h; export HOME; cd /\n"
    "user() { printf '[runtool]\\n%s\\n' \"$1\" >$h/.config/runtool.cfg; }\n"
    "site() { printf '[runtool]\\n%s\\n' \"$1\" >$h/vesta.cfg; }\n"
    "trap 'rm -r $h' EXIT\n";

static const struct promise preferences[] = {
    /* Each variable. */
    {"RUNTOOL_SERVER=$S RUNTOOL_ROOT=0x1 RUNTOOL_DIRECTORY=/tmp runtool /bin/pwd | "
     "grep -c '/tmp$'",
	0, "1\n", ""},
    {"A=1 B_1=2 B_2=3 RUNTOOL_SERVER=$S RUNTOOL_ENV=' A\tB_* C=x  !B_2' runtool /usr/bin/env", 0,
	"A=1\nB_1=2\nC=x\n", ""},
    {"cd /tmp; RUNTOOL_SERVER=$S RUNTOOL_DIRECTORY=here runtool /bin/pwd | grep -c '/tmp$'", 0,
	"1\n", ""},
    /* An option counts before a variable, that before the user's file, that before vesta.cfg. */
    {"site \"server = $S\"; runtool /bin/true", 0, "", ""},
    {"site 'server = 127.0.0.1:1'; user \"server = $S\"; runtool /bin/true", 0, "", ""},
    {"user 'server = 127.0.0.1:1'; RUNTOOL_SERVER=$S runtool /bin/true", 0, "", ""},
    {"user 'platform = none'; RUNTOOL_SERVER=$S runtool /bin/true", 0, "", ""},
    {"user \"server = $S\"; RUNTOOL_PLATFORM=none runtool -s $S /bin/true", 0, "", ""},
    {"site 'env = A=site'; user 'env = A=user'; RUNTOOL_ENV=A=variable runtool -s $S -e A=option "
     "/usr/bin/env; RUNTOOL_ENV=A=variable runtool -s $S /usr/bin/env; "
     "RUNTOOL_ENV= runtool -s $S /usr/bin/env; user 'env ='; runtool -s $S /usr/bin/env",
	0, "A=option\nA=variable\nA=user\nA=site\n", ""},
    {"user 'root = none'; XDG_CONFIG_HOME=$h/other runtool -s $S /bin/true", 0, "", ""},
    {"user 'root = none'; XDG_CONFIG_HOME=other runtool -s $S -r 1 --show | grep -c config/runtool",
	0, "1\n", ""},
    /* A vesta.cfg of the current directory has no say. */
    {"site \"server = $S\"; cd $h/cwd; printf '[runtool]\\nserver = 127.0.0.1:1\\nenv = *\\n' "
     ">vesta.cfg; runtool /usr/bin/env; runtool --show",
	0, NULL, ""},
    {"cd $h/cwd; printf '[runtool]\\nserver = 127.0.0.1:1\\n' >vesta.cfg; "
     "runtool -c vesta.cfg /bin/true",
	STATUS_TROUBLE, "", NULL},
    /* What is in force. */
    {"site 'env = A\nroot = 7'; user 'directory = /x'; RUNTOOL_SERVER=a:1 runtool -r sdk --show | "
     "sed \"s|$h|HOME|\"",
	0,
	"server = a:1  # RUNTOOL_SERVER\nroot = sdk  # -r\n"
	"directory = /x  # HOME/.config/runtool.cfg:2\nenv = A  # HOME/vesta.cfg:2\n"
	"# the user's file: HOME/.config/runtool.cfg\n# vesta.cfg: HOME/vesta.cfg\n",
	""},
    {"cd /tmp; user 'area = x'; rm -f $h/vesta.cfg; runtool -w here:/tmp=/src -e A -e 'B*' --show "
     "| "
     "grep -v '^#' | sed \"s|$h|HOME|\"",
	0,
	"area = x  # HOME/.config/runtool.cfg:2\nroot = 1  # default\n"
	"directory = here:/tmp=/src  # -w: /src\nenv = A B*  # -e\n",
	""},
    /* What is wrong is told with its place. */
    {"RUNTOOL_ROOT=0 runtool /bin/true 2>&1 | head -n 1", 0,
	"runtool: RUNTOOL_ROOT=0: must be from 1 to 0xffffffff\n", ""},
    {"user 'root = a/b'; runtool /bin/true 2>&1 | head -n 1 | sed \"s|$h|HOME|\"", 0,
	"runtool: HOME/.config/runtool.cfg:2: [runtool]root = a/b: must be a root's number or its "
	"name\n",
	""},
    {"user 'rot = 1'; runtool /bin/true 2>&1 | sed \"s|$h|HOME|\"", 0,
	"runtool: HOME/.config/runtool.cfg:2: [runtool]rot is not known\n", ""},
    {"printf '[Run_Tool]\\na = 1\\n' >$h/.config/runtool.cfg; runtool /bin/true 2>&1 | "
     "sed \"s|$h|HOME|\"",
	0, "runtool: HOME/.config/runtool.cfg:2: [Run_Tool]: only [runtool] counts in this file\n",
	""},
    {"RUNTOOL_DIRECTORY=here:x runtool /bin/true 2>&1 | head -n 1 | cut -d : -f 1-3", 0,
	"runtool: RUNTOOL_DIRECTORY=here:x\n", ""},
};

START_TEST(what_the_command_line_does_not_say_comes_from_the_preferences)
{
	struct server s;
	struct promise p;
	size_t i;

	script_server(&s, "5", "");
	for (i = 0; i < LENGTH(preferences); i++) {
		p = preferences[i];
		p.script = harness_text("%s%s", home, p.script);
		script_keeps(&s, &p);
	}
	server_stop(&s);
}
END_TEST

START_TEST(a_vesta_cfg_that_was_merely_found_is_named_where_it_says_which_server)
{
	static const char word[] =
	    "./vesta.cfg has a say in which server it is: it was found in the "
	    "current directory\n";
	struct server s;
	struct shown shown;

	script_server(&s, "5", "");
	shown = script_run(&s, harness_text("%scd $h/cwd; printf '[Run_Tool]\\nSRPC_port = 1\\n' "
					    ">vesta.cfg; runtool -s 127.0.0.1 /bin/true",
				   home));
	ck_assert_int_eq(shown.status, STATUS_TROUBLE);
	ck_assert_contains(shown.err, "127.0.0.1:1: cannot connect");
	ck_assert_contains(shown.err, word);
	shown =
	    script_run(&s, harness_text("%scd $h/cwd; printf '[Run_Tool]\\nSRPC_port = %d\\n' "
					">vesta.cfg; runtool -v -s 127.0.0.1 /bin/true; runtool "
					"-s 127.0.0.1 /bin/true",
			       home, s.port));
	ck_assert_int_eq(shown.status, 0);
	ck_assert_contains(shown.err, word);
	ck_assert_ptr_null(strstr(strstr(shown.err, word) + 1, word));
	shown = script_run(&s, harness_text("%scd $h/cwd; printf '[p]\\nhosts = 127.0.0.1:1\\n' "
					    ">vesta.cfg; runtool -p p /bin/true",
				   home));
	ck_assert_contains(shown.err, word);
	server_stop(&s);
}
END_TEST

START_TEST(a_root_can_be_named)
{
	struct server s = {.mode = harness_can(MODE_NAMED) ? MODE_NAMED : MODE_ROOTLESS_NAMED,
	    .args = (const char *const[]){"-o", "max_interface_version=5", NULL}};

	server_start(&s);
	script_keeps(
	    &s, &(struct promise){"runtool -r " HARNESS_NAMED " /bin/sh -c 'exit 3'", 3, "", ""});
	script_keeps(&s, &(struct promise){"runtool -r 0x11 /bin/sh -c 'exit 4'", 4, "", ""});
	script_keeps(
	    &s, &(struct promise){"runtool -r nobody /bin/true", STATUS_TROUBLE, "", NULL});
	ck_assert_contains(script_run(&s, "runtool -r nobody /bin/true").err, "nobody");
	server_stop(&s);
}
END_TEST

START_TEST(a_label_is_in_the_servers_log)
{
	struct server s;

	script_server(&s, "5", "");
	script_keeps(&s, &(struct promise){"runtool -l 'job 17' /bin/true", 0, "", ""});
	script_keeps(&s, &(struct promise){"runtool --label=job-18 /bin/true", 0, "", ""});
	server_logs(&s, "job 17");
	server_logs(&s, "job-18");
	server_stop(&s);
}
END_TEST

START_TEST(verbose_tells_server_version_times_and_usage)
{
	struct server s;
	struct shown shown;

	script_server(&s, "5", "");
	shown = script_run(&s, "runtool -v /bin/sh -c 'exit 3'");
	ck_assert_int_eq(shown.status, 3);
	ck_assert_contains(shown.err, harness_text("asking 127.0.0.1:%d\n", s.port));
	ck_assert_contains(shown.err, "interface 5: status 3 after ");
	ck_assert_contains(shown.err, " KB\n");
	shown = script_run(&s, "runtool --verbose -q /bin/sh -c 'kill -9 $$'");
	ck_assert_contains(shown.err, "interface 5: signal 9 after ");
	server_stop(&s);
}
END_TEST

START_TEST(a_server_without_room_is_asked_again)
{
	struct program busy, p;
	struct server s;

	script_server(&s, "5", "server_max_threads = 1\nserver_max_pending = 0\n");
	busy = script_tool(&s, "", SCRIPT_LINGER, "");
	p = script(&s, "runtool -v --json /bin/true");
	program_start(&p);
	ck_assert_soon(strstr(script_run(&s, "RunToolProbe | grep refused").out, " 0\n") == NULL);
	ck_assert_int_eq(kill(busy.pid, SIGTERM), 0);
	ck_assert(program_wait(&busy, HARNESS_PATIENCE));
	ck_assert(program_wait(&p, HARNESS_PATIENCE));
	ck_assert_int_eq(p.status, 0);
	ck_assert_contains(program_err(&p), " times before\n");
	ck_assert_ptr_null(strstr(program_err(&p), "\"refusals\":0"));
	program_free(&p);
	program_free(&busy);
	server_stop(&s);
}
END_TEST

START_TEST(many_at_once_all_run)
{
	struct server s;
	int many = testing_times(40, 100);
	const char *makefile =
	    harness_file(harness_text("all: $(addprefix t,$(shell seq %d))\n"
				      "t%%: ; @runtool -i /dev/null /bin/sh -c 'echo $*'\n",
		many));

	script_server(&s, "5", "");
	script_keeps(&s, &(struct promise){
			     harness_text("make -s -j100 -f %s | sort -n | uniq | wc -l", makefile),
			     0, harness_text("%d\n", many), ""});
	server_stop(&s);
}
END_TEST

START_TEST(a_server_can_be_asked_over_ipv6)
{
	struct server s = {.mode = harness_mode(),
	    .args =
		(const char *const[]){"-o", "listen=::1", "-o", "max_interface_version=5", NULL}};

	server_start(&s);
	script_keeps(&s, &(struct promise){"runtool -s [::1]:${RUNTOOL_SERVER#*:} "
					   "/bin/sh -c 'echo out; exit 3'",
			     3, "out\n", ""});
	server_stop(&s);
}
END_TEST

/* ---- a server that is not there ------------------------------------------------------------ */

/* Ways to name the server at a port. */
static const char *
at_port(int way, int port)
{
	const char *config = harness_file(harness_text("[here]\nhosts = 127.0.0.1:%d\n", port));

	switch (way) {
	case 0:
		return (harness_text("exec runtool -s 127.0.0.1:%d --wait 60 --retry 1", port));
	case 1:
		return (harness_text("RUNTOOL_SERVER=127.0.0.1:%d RUNTOOL_WAIT=60 RUNTOOL_RETRY=1 "
				     "exec runtool",
		    port));
	default:
		return (harness_text(
		    "cd /; unset RUNTOOL_SERVER; exec runtool -c %s -p here --wait 60 --retry 1",
		    config));
	}
}
#define WAYS 3

static void
start_at(struct server *s, int port)
{
	script_server(s, "5", harness_text("SRPC_port = %d\n", port));
}

START_TEST(a_server_that_is_not_there_yet_is_waited_for)
{
	struct server s, none = {0};
	struct program p;
	int port;

	script_server(&s, "5", "");
	port = s.port;
	server_stop(&s);
	p = script(&none, harness_text("%s /bin/echo back", at_port(_i, port)));
	program_start(&p);
	ck_assert(!program_wait(&p, 1));
	start_at(&s, port);
	ck_assert(program_wait(&p, HARNESS_PATIENCE));
	ck_assert_msg(p.status == 0, "%s", program_err(&p));
	ck_assert_str_eq(program_out(&p), "back\n");
	ck_assert_str_eq(program_err(&p), "");
	program_free(&p);
	server_stop(&s);
}
END_TEST

START_TEST(a_run_that_a_restart_interrupted_is_repeated)
{
	struct server s, none = {0};
	struct program p;
	int port;

	script_server(&s, "5", "");
	port = s.port;
	p = script(&none, harness_text("%s /bin/sh -c 'echo ready; exec sleep 60' </dev/null",
			      at_port(_i, port)));
	program_start(&p);
	ck_assert_soon(strcmp(program_out(&p), "ready\n") == 0);
	ck_assert_int_eq(kill(server_pid(&s), SIGKILL), 0);
	ck_assert(program_wait(&s.program, HARNESS_PATIENCE));
	program_free(&s.program);
	start_at(&s, port);
	ck_assert_soon(
	    strcmp(program_out(&p), "ready\nready\n") == 0 || program_err(&p)[0] != '\0');
	ck_assert_str_eq(program_err(&p), "");
	script_leave(&p);
	server_stop(&s);
}
END_TEST

static const struct promise absences[] = {
    {"runtool -s 127.0.0.1:1 --wait 0.3 /bin/true", STATUS_TROUBLE, "",
	"runtool: 127.0.0.1:1: cannot connect (127.0.0.1: Connection refused)\n"},
    {"runtool --wait 0 /bin/true", 0, "", ""},
    {"runtool --wait 1 /bin/none 2>&1 | grep -c 'No such file'", 0, "1\n", ""},
    /* What was wrong is in the log, and on stderr with -v. */
    {"cd /tmp; runtool -s 127.0.0.1:1 --fallback local -w here --log $tmp/log /bin/true; "
     "cut -d ' ' -f 3- $tmp/log",
	0, "/bin/true: is run here: cannot connect (127.0.0.1: Connection refused)\n", ""},
    {"rm $tmp/log; RUNTOOL_LOG=$tmp/log runtool -s 127.0.0.1:1 /bin/true 2>/dev/null; "
     "sed 's/^[-0-9T:+]* runtool.[0-9]*.: //' $tmp/log; rm $tmp/log",
	0, "127.0.0.1:1: cannot connect (127.0.0.1: Connection refused)\n", ""},
    {"runtool --log /none/here /bin/true", STATUS_TROUBLE, "",
	"runtool: --log /none/here: No such file or directory\n"},
    {"runtool --log syslog /bin/echo x", 0, "x\n", ""},
    /* Here: with the same environment, umask, directory and input. */
    {"A=1 B=2; export A B; cd /tmp; runtool -s 127.0.0.1:1 --fallback local -w here -e A "
     "/bin/sh -c 'echo $A$B; pwd; umask; cat' </dev/null",
	0, "1\n/tmp\n0022\n", ""},
    {"umask 077; echo in | runtool -s 127.0.0.1:1 --fallback local -w /usr -e PATH=/usr/bin "
     "sh -c 'pwd; umask; cat; exit 3'",
	3, "/usr\n0077\nin\n", ""},
    {"runtool -s 127.0.0.1:1 --fallback local -w / /bin/sh -c '/bin/cat 2>/dev/null || echo "
     "closed' "
     "<&-",
	0, "closed\n", ""},
    {"cd /tmp; echo in | RUNTOOL_FALLBACK=local runtool -s 127.0.0.1:1 -i /dev/null -w "
     "here:/tmp=/tmp /bin/cat",
	0, "", ""},
    {"runtool -s 127.0.0.1:1 --fallback local -w / -e PATH=/none true", STATUS_NOT_FOUND, "",
	"runtool: true: is run here: cannot connect (127.0.0.1: Connection refused)\n"
	"runtool: true: No such file or directory\n"},
    {"runtool -s 127.0.0.1:1 --fallback local -w / /tmp", STATUS_NOT_EXECUTABLE, "",
	"runtool: /tmp: is run here: cannot connect (127.0.0.1: Connection refused)\n"
	"runtool: /tmp: Permission denied\n"},
    {"runtool -s 127.0.0.1:1 --fallback none -w / /bin/true", STATUS_TROUBLE, "", NULL},
    /* Not where a server has run it, or would not. */
    {"runtool --fallback local -w / /bin/sh -c 'echo over there; exit 125'", STATUS_TROUBLE,
	"over there\n", ""},
    {"runtool --fallback local -w /none /bin/echo here", STATUS_TROUBLE, "", NULL},
    /* Not as something else than over there. */
    {"runtool -s 127.0.0.1:1 --fallback local /bin/true", STATUS_TROUBLE, "",
	"runtool: --fallback local: needs a working directory that is the same here: say -w "
	"here\n"},
    {"cd /tmp; runtool -s 127.0.0.1:1 --fallback local -w here:/tmp=/src /bin/true", STATUS_TROUBLE,
	"",
	"runtool: --fallback local: the working directory must be the same here, and -w maps it to "
	"another one\n"},
    {"runtool --fallback local -w / -t 1 x", STATUS_TROUBLE, "",
	"runtool: --fallback local: not together with -t\n"},
    {"runtool --fallback local -w / --json x", STATUS_TROUBLE, "",
	"runtool: --fallback local: not together with --json\n"},
    {"runtool --fallback local -w / -i /etc/passwd x 2>&1 | grep -c 'not together with -i FILE'", 0,
	"1\n", ""},
    {"runtool --fallback remote x 2>&1 | head -n 1", 0,
	"runtool: --fallback remote: must be local or none\n", ""},
    {"RUNTOOL_WAIT=x runtool x 2>&1 | head -n 1", 0,
	"runtool: RUNTOOL_WAIT=x: must be a number of seconds from 0 to 86400\n", ""},
    {"RUNTOOL_RETRY=-1 runtool x 2>&1 | head -n 1", 0,
	"runtool: RUNTOOL_RETRY=-1: must be a number from 0 to 1000\n", ""},
};

START_TEST(where_there_is_no_server_it_is_as_the_options_say)
{
	SCRIPT_KEEP("5", absences);
}
END_TEST

START_TEST(a_run_that_has_begun_does_not_begin_again_here)
{
	struct server s;
	struct program p;

	script_server(&s, "5", "");
	p = script_tool(&s, "--fallback local -w / -q", SCRIPT_LINGER, "");
	ck_assert_int_eq(kill(server_pid(&s), SIGKILL), 0);
	ck_assert(program_wait(&p, HARNESS_PATIENCE));
	ck_assert_int_eq(WEXITSTATUS(p.status), STATUS_TROUBLE);
	ck_assert_str_eq(program_out(&p), "ready\n");
	program_free(&p);
	ck_assert(program_wait(&s.program, HARNESS_PATIENCE));
	program_free(&s.program);
}
END_TEST

/* ---- streams ----------------------------------------------------------------------------- */

static const struct promise inheritances[] = {
    {"umask 0; runtool /bin/sh -c umask", 0, "0000\n", ""},
    {"umask 027; runtool /bin/sh -c umask", 0, "0027\n", ""},
    {"umask 077; runtool --json=$tmp/umask.json /bin/true; ls -l $tmp/umask.json | cut -c 1-10; rm "
     "$tmp/umask.json",
	0, "-rw-------\n", ""},
    /* The soft ones alone. */
    {"ulimit -Sc 0; ulimit -St 100; ulimit -Sd 2097152; ulimit -Sf 2048; ulimit -Ss 1024; "
     "ulimit -Sv 4194304; runtool /bin/sh -c 'ulimit -Sc; ulimit -St; ulimit -Sd; ulimit -Sf; "
     "ulimit -Ss; ulimit -Sv'",
	0, "0\n100\n2097152\n2048\n1024\n4194304\n", ""},
    {"a=$(runtool /bin/sh -c 'ulimit -Sn; ulimit -Sl'); ulimit -Sn 20; ulimit -Sl 0; "
     "b=$(runtool /bin/sh -c 'ulimit -Sn; ulimit -Sl'); test \"$a\" = \"$b\"",
	0, "", ""},
    {"ulimit -Sf 1; runtool -w /tmp /bin/sh -c '/usr/bin/head -c 513 /bin/sh >fsize.$$; e=$?; "
     "/bin/rm fsize.$$; exit $e'",
	STATUS_SIGNAL + SIGXFSZ, "", NULL},
};

START_TEST(umask_and_soft_limits_are_those_of_runtool)
{
	SCRIPT_KEEP("5", inheritances);
}
END_TEST

static const struct promise streams[] = {
    {"echo in | runtool /bin/cat", 0, "in\n", ""},
    {"echo in | runtool -i - /bin/cat", 0, "in\n", ""},
    {"echo in >$tmp/in; runtool /bin/cat <$tmp/in", 0, "in\n", ""},
    {"runtool --input=$tmp/in /bin/cat; rm $tmp/in", 0, "in\n", ""},
    {"printf '' | runtool /bin/cat", 0, "", ""},
    {"runtool /bin/cat </dev/null", 0, "", ""},
    {"runtool /bin/cat <&-", 1, "", "/bin/cat: -: Bad file descriptor\n"},
    {"runtool /bin/cat <>/dev/null", 0, "", ""},
    {"runtool /bin/cat 0>/dev/null", 1, "", "/bin/cat: -: Bad file descriptor\n"},
    {"runtool -i /dev/null /bin/cat <&-", 0, "", ""},
    {"runtool -i - /bin/cat <&-", 0, "", ""},
    {"head -c 10000000 /dev/zero | runtool /usr/bin/wc -c", 0, "10000000\n", ""},
    {"yes 2>/dev/null | runtool /bin/true", 0, "", ""},
    {"yes 2>/dev/null | runtool /usr/bin/head -n 1", 0, "y\n", ""},
    {"printf 'a\\nb\\n' | while read -r x; do runtool -i /dev/null /bin/echo $x; done", 0, "a\nb\n",
	""},
    {"{ runtool /bin/yes; echo $? >&2; } | head -n 1", 0, "y\n", "141\n"},
    /* As here: to write there is an error, which the tool sees, and its status is told. */
    {"runtool /bin/echo x >&-", 1, "", "/bin/echo: write error: Bad file descriptor\n"},
    {"runtool /bin/echo x 1</dev/null", 1, "", "/bin/echo: write error: Bad file descriptor\n"},
    {"runtool /bin/sh -c '/bin/echo x >&2; echo status $?; exit 5' 2>&-", 5, "status 1\n", ""},
    {"runtool /bin/sh -c '/bin/echo x >&2; echo status $?; exit 5' 2>&- >/dev/null", 5, "", ""},
    {"runtool /bin/sh -c 'echo x; echo y >&2; exit 4' >&- 2>&-", 4, "", ""},
    {"runtool /bin/sh -c 'kill -9 $$' 2>&-", STATUS_SIGNAL + SIGKILL, "", ""},
    {"runtool /bin/none 2>&-", STATUS_NOT_FOUND, "", ""},
    {"runtool /bin/sh -c 'echo x >&2' >&-", 0, "", "x\n"},
    {"runtool /bin/true >&-", 0, "", ""},
    {"runtool /bin/sh -c 'echo x >&2; echo y' 2>&-", 0, "y\n", ""},
    {"runtool /bin/sh -c 'echo x' 2>&-", 0, "x\n", ""},
    {"runtool /bin/sh -c 'exit 3' <&- >&- 2>&-", 3, "", ""},
    {"runtool /bin/yes >/dev/full", STATUS_TROUBLE, "",
	"runtool: stdout: No space left on device\n"},
    {"runtool -q /bin/sh -c 'echo x >&2' 2>/dev/full", STATUS_TROUBLE, "", ""},
    {"runtool /bin/sh -c 'i=0; while [ $i -lt 300 ]; do i=$((i + 1)); echo $i; i=$((i + 1)); "
     "echo $i >&2; done' 2>&1 | sort -n -c && echo sorted",
	0, "sorted\n", ""},
    {"runtool /bin/sh -c 'echo out; echo err >&2' 2>/dev/null", 0, "out\n", ""},
    {"runtool /bin/sh -c 'echo out; echo err >&2' >/dev/null", 0, "", "err\n"},
};

START_TEST(standard_streams_are_those_of_the_tool)
{
	SCRIPT_KEEP("5", streams);
}
END_TEST

/* Where input is a file, it stands where it would stand if the tool had read it here. */
static const char digits[] = "cd $tmp; printf 0123456789 >digits; trap 'rm digits' EXIT\n";
static const struct promise positions[] = {
    {"{ runtool /bin/true; cat; } <digits", 0, "0123456789", ""},
    {"{ runtool /usr/bin/head -c 3; echo; cat; } <digits", 0, "012\n3456789", ""},
    {"{ head -c 2; echo; runtool -i - /usr/bin/head -c 3; echo; cat; } <digits", 0,
	"01\n234\n56789", ""},
    {"{ runtool /bin/cat; echo; cat; } <digits", 0, "0123456789\n", ""},
    {"{ runtool -q /bin/sh -c '/usr/bin/head -c 3; kill -9 $$'; echo; cat; } <digits", 0,
	"012\n3456789", ""},
    {"{ runtool -q -t 3 /bin/sh -c '/usr/bin/head -c 3; exec /bin/sleep 60'; echo; cat; } <digits",
	0, "012\n3456789", ""},
    {"{ runtool /bin/sh -c '/usr/bin/head -c 3; exec <&-; exit 3'; echo $?; cat; } <digits", 0,
	"0123\n3456789", ""},
    {"head -c 1000000 /dev/zero >zeros; { runtool /bin/true; runtool /usr/bin/head -c 300000 | wc "
     "-c; "
     "wc -c; } <zeros; rm zeros",
	0, "300000\n700000\n", ""},
    {"printf 'a\nb\nc\n' >lines; while read -r x; do runtool /bin/echo $x; done <lines; rm lines",
	0, "a\nb\nc\n", ""},
    /* What did not begin has read nothing. */
    {"{ runtool /bin/none 2>/dev/null; runtool -w /none /bin/cat 2>/dev/null; "
     "runtool -s 127.0.0.1:1 /bin/cat 2>/dev/null; runtool -r 77 /bin/cat 2>/dev/null; cat; } "
     "<digits",
	0, "0123456789", ""},
    {"{ runtool -i /dev/null /bin/cat; cat; } <digits", 0, "0123456789", ""},
    {"{ runtool -s 127.0.0.1:1 --fallback local -w / /usr/bin/dd bs=1 count=3 2>/dev/null; echo; "
     "cat; } "
     "<digits",
	0, "012\n3456789", ""},
    /* What came from a pipe, and was read ahead, is gone. */
    {"printf 0123456789 | { runtool /usr/bin/head -c 3; echo; cat; }", 0, "012\n", ""},
};

START_TEST(a_file_stands_behind_what_the_tool_has_read)
{
	struct server s;

	script_server(&s, "5", "");
	for (size_t i = 0; i < LENGTH(positions); i++) {
		struct promise p = positions[i];

		p.script = harness_text("%s%s", digits, p.script);
		script_keeps(&s, &p);
	}
	server_stop(&s);
}
END_TEST

#define READ_3 "/bin/sh -c '/usr/bin/head -c 3; echo ready; exec sleep 60'"

/* A repeated run begins with the same input; of a lost one nobody knows what it has read. */
START_TEST(a_lost_run_gives_its_input_back)
{
	struct server s, none = {0};
	struct program p;
	int port;

	script_server(&s, "5", "");
	port = s.port;
	p = script(&none, harness_text("%s{ runtool -s 127.0.0.1:%d --wait 60 --retry %d " READ_3
				       " 2>/dev/null; echo; cat; } <digits",
			      digits, port, _i));
	program_start(&p);
	ck_assert_soon(strcmp(program_out(&p), "012ready\n") == 0);
	ck_assert_int_eq(kill(server_pid(&s), SIGKILL), 0);
	ck_assert(program_wait(&s.program, HARNESS_PATIENCE));
	program_free(&s.program);
	if (_i == 1) {
		start_at(&s, port);
		ck_assert_soon(strcmp(program_out(&p), "012ready\n012ready\n") == 0);
		/* It ends with a result. */
		server_stop(&s);
	}
	ck_assert(program_wait(&p, HARNESS_PATIENCE));
	ck_assert_str_eq(
	    program_out(&p), _i == 1 ? "012ready\n012ready\n\n3456789" : "012ready\n\n0123456789");
	program_free(&p);
}
END_TEST

START_TEST(a_terminal_is_no_input_unless_it_is_asked_for)
{
	struct server s;
	struct program p;
	int master, slave;

	script_server(&s, "5", "");
	ck_assert_int_eq(openpty(&master, &slave, NULL, NULL, NULL), 0);
	p = script(&s, "runtool /bin/cat <&3 && echo end");
	p.pass = slave;
	ck_assert_int_eq(program_run(&p), 0);
	ck_assert_str_eq(program_out(&p), "end\n");
	program_free(&p);

	p = script(&s, "exec runtool -i - /bin/cat <&3");
	p.pass = slave;
	program_start(&p);
	ck_assert_int_eq(write(master, "in\n\4", 4), 4);
	ck_assert(program_wait(&p, HARNESS_PATIENCE));
	ck_assert_int_eq(p.status, 0);
	ck_assert_str_eq(program_out(&p), "in\n");
	program_free(&p);
	close(master);
	close(slave);
	server_stop(&s);
}
END_TEST

/* ---- a server that speaks version 4 only ------------------------------------------------- */

static const struct promise version_4[] = {
    {"umask 077; ulimit -Sc 0; runtool /bin/sh -c umask", 0, "0022\n", ""},
    {"runtool /bin/sh -c 'echo x >&2; echo y; exit 3' 2>&-", 3, "y\n", ""},
    {"runtool /bin/sh -c 'echo x; echo y >&2; exit 3' >&-", 3, "", "y\n"},
    {"runtool /bin/sh -c 'exit 3' <&- >&- 2>&-", 3, "", ""},
    {"echo in | runtool /bin/cat", 0, "", ""},
    {"runtool /bin/sh -c 'echo out; echo err >&2' 2>&1 | sort", 0, "err\nout\n", ""},
    {"runtool -l label /bin/true", 0, "", ""},
    {"echo in >$tmp/in4; runtool -i $tmp/in4 /bin/cat; rm $tmp/in4", 0, "in\n", ""},
};

START_TEST(what_version_4_cannot_do_is_left_out)
{
	SCRIPT_KEEP("4", version_4);
}
END_TEST

START_TEST(what_version_4_cannot_do_is_refused_when_it_was_asked_for)
{
	struct server s;
	struct shown shown;

	script_server(&s, "4", "");
	shown = script_run(&s, "echo in | runtool -i - /bin/cat 2>&1");
	ck_assert_int_eq(shown.status, STATUS_TROUBLE);
	ck_assert_contains(shown.out, "4");
	shown = script_run(&s, "runtool -r name /bin/true");
	ck_assert_int_eq(shown.status, STATUS_TROUBLE);
	ck_assert_contains(shown.err, "4");
	server_stop(&s);
}
END_TEST

START_TEST(what_version_4_does_not_tell_is_null)
{
	struct server s;
	json_t *result;

	script_server(&s, "4", "");
	ck_assert_ptr_nonnull(
	    result = json_loads(script_run(&s, "runtool --json /bin/true").err, 0, NULL));
	ck_assert_int_eq(json_integer_value(json_object_get(result, "interface")), 4);
	ck_assert(json_is_real(json_object_get(result, "wall_s")));
	ck_assert(json_is_null(json_object_get(result, "user_s")));
	ck_assert(json_is_null(json_object_get(result, "max_rss_kb")));
	ck_assert(json_is_null(json_object_get(result, "loaded")));
	ck_assert(json_is_null(json_object_get(result, "in_flight")));
	json_decref(result);
	server_stop(&s);
}
END_TEST

/* ---- JSON -------------------------------------------------------------------------------- */

static const char *
text_of(const json_t *result, const char *name)
{
	const char *text = json_string_value(json_object_get(result, name));

	return (text == NULL ? "" : text);
}

static json_int_t
number_of(const json_t *result, const char *name)
{
	return (json_is_integer(json_object_get(result, name))
		    ? json_integer_value(json_object_get(result, name))
		    : -1);
}

static json_t *
parse(const char *text)
{
	json_error_t error;
	json_t *result = json_loads(text, 0, &error);

	ck_assert_msg(result != NULL, "%s: %s", error.text, text);
	return (result);
}

START_TEST(the_result_can_be_had_as_json)
{
	struct server s;
	struct shown shown;
	json_t *result;

	script_server(&s, "5", "");
	shown = script_run(&s, "runtool --json -l $(printf 'a\\377b') /bin/sh -c 'exit 3'");
	ck_assert_int_eq(shown.status, 3);
	ck_assert_ptr_eq(strchr(shown.err, '\n') + 1, shown.err + strlen(shown.err));
	result = parse(shown.err);
	ck_assert_str_eq(text_of(result, "tool"), "/bin/sh");
	ck_assert_str_eq(text_of(result, "why"), "ended");
	ck_assert_str_eq(text_of(result, "label"), "a?b");
	ck_assert_str_eq(text_of(result, "server"), harness_text("127.0.0.1:%d", s.port));
	ck_assert_int_eq(number_of(result, "status"), 3);
	ck_assert_int_eq(number_of(result, "exit_status"), 3);
	ck_assert_int_eq(number_of(result, "signal"), 0);
	ck_assert_int_eq(number_of(result, "root"), 1);
	ck_assert_int_eq(number_of(result, "interface"), 5);
	ck_assert_int_eq(number_of(result, "refusals"), 0);
	ck_assert_int_gt(number_of(result, "max_rss_kb"), 0);
	ck_assert(json_is_false(json_object_get(result, "core")));
	ck_assert(json_is_false(json_object_get(result, "loaded")));
	ck_assert_int_eq(number_of(result, "in_flight"), 0);
	ck_assert(json_is_real(json_object_get(result, "wall_s")));
	ck_assert(json_is_real(json_object_get(result, "queue_s")));
	ck_assert(json_is_real(json_object_get(result, "user_s")));
	ck_assert(json_is_real(json_object_get(result, "system_s")));
	ck_assert_ptr_null(json_object_get(result, "error"));
	json_decref(result);
	server_stop(&s);
}
END_TEST

START_TEST(json_tells_how_a_tool_ended)
{
	struct server s;
	json_t *result;

	script_server(&s, "5", "");
	result = parse(script_run(&s, "runtool -q --json /bin/sh -c 'kill -9 $$'").err);
	ck_assert_int_eq(number_of(result, "signal"), SIGKILL);
	ck_assert_int_eq(number_of(result, "status"), 0);
	ck_assert_int_eq(number_of(result, "exit_status"), STATUS_SIGNAL + SIGKILL);
	json_decref(result);
	result = parse(script_run(&s, "runtool -q --json -t 0.2 /bin/sleep 60").err);
	ck_assert_str_eq(text_of(result, "why"), "time-limit");
	ck_assert_int_eq(number_of(result, "exit_status"), STATUS_TIME_LIMIT);
	ck_assert(json_real_value(json_object_get(result, "wall_s")) > 0.19);
	ck_assert(json_real_value(json_object_get(result, "wall_s")) < 10);
	json_decref(result);
	server_stop(&s);
}
END_TEST

START_TEST(json_is_written_to_a_file_also_when_the_run_failed)
{
	struct server s;
	const json_t *error;
	struct shown shown;
	json_t *result;

	script_server(&s, "5", "");
	shown = script_run(&s, "runtool --json=$tmp/x.json /bin/none 2>&1; cat $tmp/x.json >&2");
	ck_assert_contains(shown.out, "No such file or directory");
	result = parse(shown.err);
	error = json_object_get(result, "error");
	ck_assert_str_eq(text_of(result, "why"), "failed");
	ck_assert_int_eq(number_of(result, "exit_status"), STATUS_NOT_FOUND);
	ck_assert(json_is_null(json_object_get(result, "status")));
	ck_assert_int_eq(number_of(error, "errno"), 2);
	ck_assert(json_is_false(json_object_get(result, "loaded")));
	ck_assert_int_eq(number_of(result, "in_flight"), 0);
	ck_assert_contains(text_of(error, "message"), "No such file or directory");
	json_decref(result);
	server_stop(&s);

	result = parse(script_run(&s, "runtool --json=$tmp/x.json -r name x 2>/dev/null; "
				      "cat $tmp/x.json >&2; rm $tmp/x.json")
			   .err);
	error = json_object_get(result, "error");
	ck_assert_str_eq(text_of(result, "root"), "name");
	ck_assert_int_eq(number_of(result, "exit_status"), STATUS_TROUBLE);
	ck_assert_int_eq(number_of(error, "code"), -6);
	ck_assert(json_is_null(json_object_get(result, "loaded")));
	ck_assert(json_is_null(json_object_get(result, "in_flight")));
	ck_assert_contains(text_of(error, "message"), "Connection refused");
	json_decref(result);
}
END_TEST

START_TEST(json_that_cannot_be_written_is_an_error)
{
	struct server s;

	script_server(&s, "5", "");
	script_keeps(&s, &(struct promise){"runtool --json=/dev/full /bin/true", STATUS_TROUBLE, "",
			     "runtool: --json: No space left on device\n"});
	script_keeps(&s, &(struct promise){"runtool --json=/dev/full /bin/sh -c 'exit 3'", 3, "",
			     "runtool: --json: No space left on device\n"});
	server_stop(&s);
}
END_TEST

/* ---- the manual -------------------------------------------------------------------------- */

/* The options of a line, as ` c -config `: of `.It Fl c Ar file , Fl -config Ar file`. */
static const char *
of_manual_line(const char *line)
{
	const char *end = line + strcspn(line, "\n"), *list = " ";

	while ((line = memmem(line, (size_t)(end - line), "Fl ", 3)) != NULL) {
		line += 3;
		list = harness_text("%s%.*s ", list, (int)strcspn(line, " \n"), line);
	}
	return (list);
}

/* The same of `  -c, --config FILE`. */
static const char *
of_help_line(const char *line)
{
	const char *name = line + strlen("  -c, --");
	const char *list = harness_text(" -%.*s ", (int)strcspn(name, " [\n"), name);

	return (line[2] == '-' ? harness_text(" %c%s", line[3], list) : list);
}

/* All options that stand in lines that begin with one of these. */
static const char *
options_of(const char *text, const char *one, const char *other, const char *(*of)(const char *))
{
	const char *list = " ", *line = text;

	while ((line = strchr(line, '\n')) != NULL) {
		line++;
		if (strncmp(line, one, strlen(one)) == 0 ||
		    strncmp(line, other, strlen(other)) == 0)
			list = harness_text("%s%s", list, of(line));
	}
	return (list);
}

static void
all_in(const char *some, const char *all, const char *where)
{
	char *rest = harness_text("%s", some), *word;
	int n = 0;

	while ((word = strsep(&rest, " ")) != NULL) {
		if (*word == '\0')
			continue;
		ck_assert_msg(strstr(all, harness_text(" %s ", word)) != NULL, "-%s is not in %s",
		    word, where);
		n++;
	}
	ck_assert_int_gt(n, 5);
}

START_TEST(manual_and_help_name_the_same_options)
{
	static const char *const programs[] = {"runtool", "RunToolProbe"};
	const char *page, *manual, *help;
	struct server none = {0};

	page = script_run(
	    &none, harness_text("cat '%s'/../man/%s.1", getenv("RUNTOOL_TESTS"), programs[_i]))
		   .out;
	manual = options_of(page, ".It Fl ", ".It Fl ", of_manual_line);
	help = options_of(script_run(&none, harness_text("%s --help", programs[_i])).out, "  -",
	    "      --", of_help_line);
	all_in(manual, help, "the help text");
	all_in(help, manual, "the manual");
}
END_TEST

Suite *
runtool_suite(void)
{
	Suite *suite = suite_create("runtool");
	TCase *tc = tcase_create("ends");

	tcase_set_timeout(tc, 120);
	testing_from(tc, TESTING_QUICK);
	tcase_add_test(tc, a_wrong_command_line_exits_with_125_and_says_what_is_wrong);
	testing_from(tc, TESTING_CHECK);
	tcase_add_test(tc, runtool_exits_as_the_tool_does_and_says_what_else_happened);
	tcase_add_test(tc, a_version_4_server_makes_no_difference_to_that);
	tcase_add_test(tc, an_error_is_told_with_the_servers_name_and_words);
	tcase_add_test(tc, a_dumped_core_is_told);
	tcase_add_test(tc, a_server_that_is_shut_down_is_told);
	tcase_add_test(tc, a_lost_connection_is_told);
	tcase_add_test(tc, a_silent_server_is_told);
	tcase_add_test(tc, no_server_is_told);
	suite_add_tcase(suite, tc);

	tc = tcase_create("options");
	tcase_set_timeout(tc, 120);
	testing_from(tc, TESTING_QUICK);
	tcase_add_test(tc, a_label_is_in_the_servers_log);
	testing_from(tc, TESTING_CHECK);
	tcase_add_test(tc, every_option_does_what_it_says);
	testing_add_if(tc, a_root_can_be_named, 0, 1,
	    harness_can(MODE_NAMED) || harness_can(MODE_ROOTLESS_NAMED),
	    "root with CAP_SYS_ADMIN, or user namespaces");
	tcase_add_test(tc, what_the_command_line_does_not_say_comes_from_the_preferences);
	tcase_add_test(tc, a_vesta_cfg_that_was_merely_found_is_named_where_it_says_which_server);
	tcase_add_test(tc, verbose_tells_server_version_times_and_usage);
	tcase_add_test(tc, a_server_without_room_is_asked_again);
	tcase_add_test(tc, many_at_once_all_run);
	testing_add_ipv6(tc, a_server_can_be_asked_over_ipv6, 0, 1);
	tcase_add_loop_test(tc, manual_and_help_name_the_same_options, 0, 2);
	suite_add_tcase(suite, tc);

	tc = tcase_create("absence");
	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, a_server_that_is_not_there_yet_is_waited_for, 0, WAYS);
	tcase_add_loop_test(tc, a_run_that_a_restart_interrupted_is_repeated, 0, WAYS);
	tcase_add_test(tc, where_there_is_no_server_it_is_as_the_options_say);
	tcase_add_test(tc, a_run_that_has_begun_does_not_begin_again_here);
	suite_add_tcase(suite, tc);

	tc = tcase_create("streams");
	tcase_set_timeout(tc, 120);
	testing_from(tc, TESTING_QUICK);
	tcase_add_test(tc, umask_and_soft_limits_are_those_of_runtool);
	tcase_add_test(tc, a_file_stands_behind_what_the_tool_has_read);
	tcase_add_loop_test(tc, a_lost_run_gives_its_input_back, 0, 2);
	tcase_add_test(tc, a_terminal_is_no_input_unless_it_is_asked_for);
	testing_from(tc, TESTING_CHECK);
	tcase_add_test(tc, standard_streams_are_those_of_the_tool);
	tcase_add_test(tc, what_version_4_cannot_do_is_left_out);
	tcase_add_test(tc, what_version_4_cannot_do_is_refused_when_it_was_asked_for);
	suite_add_tcase(suite, tc);

	tc = tcase_create("json");
	tcase_set_timeout(tc, 120);
	testing_from(tc, TESTING_QUICK);
	tcase_add_test(tc, json_tells_how_a_tool_ended);
	testing_from(tc, TESTING_CHECK);
	tcase_add_test(tc, the_result_can_be_had_as_json);
	tcase_add_test(tc, json_is_written_to_a_file_also_when_the_run_failed);
	tcase_add_test(tc, json_that_cannot_be_written_is_an_error);
	tcase_add_test(tc, what_version_4_does_not_tell_is_null);
	suite_add_tcase(suite, tc);

	return (suite);
}
