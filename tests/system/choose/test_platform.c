/* runtool -p: the right server out of several, also where a hundred choose at once. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "system/fleet.h"
#include "system/run.h"
#include "system/script.h"
#include "system/suites.h"

#define MANY testing_times(40, 100)

/* A server of this version that says it is called so, with settings of its own. */
static void
start(struct server *s, const char *version, const char *name, const char *settings)
{
	script_server(s, version, harness_text("sysname = %s\n%s", name, settings));
}

static const char *
at(const struct server *s)
{
	return (harness_text("127.0.0.1:%d", s->port));
}

/* Lines of a shell script behind which runtool finds the platform `test`. */
static const char *
with(const char *section, const char *text)
{
	const char *config = harness_file(harness_text(
	    "[Run_Tool]\ninfo_read_timeout = 60\n[Evaluator]\nNegligibleExternalLoadPerCPU = 1000\n"
	    "[test]\n%s\n",
	    section));

	return (harness_text("VESTACONFIG=%s; export VESTACONFIG; unset RUNTOOL_SERVER; "
			     "cd /; exec </dev/null\n%s",
	    config, text));
}

static struct shown
run_with(const char *section, const char *text)
{
	struct server none = {0};

	return (script_run(&none, with(section, text)));
}

/* It runs on this server, and nothing is said. */
static void
goes_to(const struct server *s, const char *section)
{
	script_goes_to(s, with(section, "runtool -p test --json=/dev/stdout /bin/true"));
}

/* It runs nowhere: what it says has these words, and those. */
static void
goes_nowhere(const char *section, const char *some, const char *others)
{
	struct shown shown = run_with(section, "runtool -p test /bin/true");

	ck_assert_int_eq(shown.status, STATUS_TROUBLE);
	ck_assert_contains(shown.err, some);
	ck_assert_contains(shown.err, others);
}

/* A place that accepts connections and says nothing, or one that refuses them. */
static int
listen_anywhere(int *port)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(sin);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(bind(fd, (const struct sockaddr *)&sin, sizeof(sin)), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	*port = ntohs(sin.sin_port);
	return (fd);
}

static int
listen_silently(int *port)
{
	int fd = listen_anywhere(port);

	ck_assert_int_eq(listen(fd, MANY), 0);
	return (fd);
}

/* ---- which host ---------------------------------------------------------------------------- */

static const struct {
	const char *settings, *rule, *why;
} rules[] = {
    {"release = 9.1\n", "release = 9.*", "its release is"},
    {"version = #7 Test\n", "version = #7*", "its version is"},
    {"machine = mips64\n", "machine = m[hi]ps??", "its machine is"},
    {"cpus = 1000\n", "cpus = 1000", "its cpus is"},
    {"cpuMHz = 99000\n", "cpuMHz = 99000", "its cpuMHz is"},
    {"memKB = 2000000000\n", "memKB = 2000000000", "its memKB is"},
};

START_TEST(only_a_host_that_matches_is_taken)
{
	struct server plain, special;
	struct shown shown;
	const char *section;
	size_t i;

	start(&plain, "5", "Plain", "");
	goes_to(&plain, harness_text("hosts = %s\nsysname = Pl*", at(&plain)));
	for (i = 0; i < LENGTH(rules); i++) {
		start(&special, "5", "Special", rules[i].settings);
		section =
		    harness_text("hosts = %s %s\n%s", at(&plain), at(&special), rules[i].rule);
		goes_to(&special, section);
		shown = run_with(section, "runtool -v -p test /bin/true");
		ck_assert_contains(
		    shown.err, harness_text("runtool: %s: %s", at(&plain), rules[i].why));
		server_stop(&special);
	}
	goes_nowhere(harness_text("hosts = %s\nsysname = Pla", at(&plain)),
	    "its sysname is Plain, and ", "[test]: no host matches");
	server_stop(&plain);
}
END_TEST

START_TEST(a_host_that_does_not_answer_is_passed_over)
{
	struct shown shown;
	struct server s;
	int refuses, port;

	refuses = listen_anywhere(&port);
	start(&s, "5", "Only", "");
	goes_to(&s, harness_text("hosts = 127.0.0.1:%d %s", port, at(&s)));
	goes_to(&s, harness_text("hosts = %s 127.0.0.1:%d", at(&s), port));
	shown = run_with(
	    harness_text("hosts = 127.0.0.1:%d %s", port, at(&s)), "runtool -p test /bin/true");
	ck_assert_str_eq(shown.err, "");
	shown = run_with(
	    harness_text("hosts = 127.0.0.1:%d %s", port, at(&s)), "runtool -v -p test /bin/true");
	ck_assert_contains(shown.err,
	    harness_text(
		"runtool: 127.0.0.1:%d: cannot connect (127.0.0.1: Connection refused)\n", port));
	shown = run_with(harness_text("hosts = 127.0.0.1:%d %s", port, at(&s)),
	    "runtool -p test --log $tmp/log /bin/true; runtool -p test --log=$tmp/log /bin/true; "
	    "cat $tmp/log; rm $tmp/log");
	ck_assert_str_eq(shown.err, "");
	ck_assert_contains(shown.out,
	    harness_text(
		"]: 127.0.0.1:%d: cannot connect (127.0.0.1: Connection refused)\n2", port));
	goes_nowhere(harness_text("hosts = 127.0.0.1:%d", port), "Connection refused",
	    "[test]: no host answers");
	goes_nowhere(harness_text("hosts = 127.0.0.1:%d %s\nsysname = X", port, at(&s)),
	    "its sysname is Only", "[test]: no host can be used");
	close(refuses);
	server_stop(&s);
}
END_TEST

START_TEST(a_silent_host_is_not_waited_for)
{
	struct server s;
	int silent, port;
	int64_t begin;

	silent = listen_silently(&port);
	start(&s, "5", "Talking", "");
	begin = harness_now();
	goes_to(&s, harness_text("hosts = 127.0.0.1:%d %s", port, at(&s)));
	ck_assert_int_lt(harness_now() - begin, 50000); /* info_read_timeout is a minute */
	ck_assert_contains(run_with(harness_text("hosts = 127.0.0.1:%d %s", port, at(&s)),
			       "runtool -v -p test /bin/true")
			       .err,
	    harness_text("127.0.0.1:%d: has not answered yet", port));
	close(silent);
	server_stop(&s);
}
END_TEST

/* A run, and the server that it went to. */
#define WHERE "runtool -p test --json=/dev/stdout /bin/true | grep -o '\"server\":\"[^\"]*\"'; "

START_TEST(who_is_silent_is_remembered_and_comes_back)
{
	struct server hung, well;
	struct shown shown;

	start(&hung, "5", "Hung", "");
	start(&well, "5", "Well", "server_max_threads = 1\n");
	shown = run_with(harness_text("hosts = %s %s", at(&hung), at(&well)),
	    harness_text("memory=$XDG_RUNTIME_DIR/runtool/hosts\n"
			 "kill -STOP %d; " WHERE "grep -c ' 1 %s has not' $memory; " WHERE
			 "kill -CONT %d\n"
			 "while test -s $memory && grep -q ' %s ' $memory; do " WHERE
			 "sleep 1; done >/dev/null\n"
			 "kill -STOP %d; " WHERE "kill -CONT %d\n",
		(int)server_pid(&hung), at(&hung), (int)server_pid(&hung), at(&hung),
		(int)server_pid(&well), (int)server_pid(&well)));
	ck_assert_str_eq(shown.err, "");
	ck_assert_str_eq(
	    shown.out, harness_text("\"server\":\"%s\"\n1\n\"server\":\"%s\"\n\"server\":\"%s\"\n",
			   at(&well), at(&well), at(&hung)));
	server_stop(&hung);
	server_stop(&well);
}
END_TEST

START_TEST(without_a_runtime_directory_the_memory_is_in_tmp)
{
	int refuses, port;
	struct server s;
	struct shown shown;

	refuses = listen_anywhere(&port);
	start(&s, "5", "Talking", "");
	shown = run_with(harness_text("hosts = 127.0.0.1:%d %s", port, at(&s)),
	    harness_text("d=/tmp/runtool-$(id -u); for XDG_RUNTIME_DIR in '' . / /nowhere; do "
			 "rm -rf $d; runtool -p test /bin/true && stat -c %%a $d $d/hosts && "
			 "grep -c ' 0 127.0.0.1:%d cannot connect' $d/hosts; done; rm -rf $d",
		port));
	ck_assert_str_eq(shown.err, "");
	ck_assert_str_eq(shown.out, "700\n600\n1\n700\n600\n1\n700\n600\n1\n700\n600\n1\n");
	close(refuses);
	server_stop(&s);
}
END_TEST

START_TEST(silence_of_all_hosts_has_an_end)
{
	struct server none = {0};
	struct shown shown;
	int silent, port;

	silent = listen_silently(&port);
	shown = script_run(&none,
	    with(harness_text("hosts = 127.0.0.1:%d\n[Run_Tool]\ninfo_read_timeout = 1", port),
		"runtool -p test /bin/true"));
	ck_assert_int_eq(shown.status, STATUS_TROUBLE);
	ck_assert_contains(shown.err, "no answer within 1000 ms");
	ck_assert_contains(shown.err, "[test]: no host answers");
	close(silent);
}
END_TEST

START_TEST(a_server_under_two_names_counts_once)
{
	struct server s;
	struct shown shown;

	start(&s, "5", "Same", "");
	shown = run_with(harness_text("hosts = %s localhost:%d", at(&s), s.port),
	    "runtool -v -p test /bin/true");
	ck_assert_int_eq(shown.status, 0);
	ck_assert_contains(shown.err, " is the same server as ");
	shown = run_with(
	    harness_text("hosts = %s localhost:%d", at(&s), s.port), "runtool -p test /bin/true");
	ck_assert_str_eq(shown.err, "");
	server_stop(&s);
}
END_TEST

static void
be_localhost(void)
{
	if (unshare(CLONE_NEWUTS) == -1 || sethostname("localhost", strlen("localhost")) == -1)
		_exit(PROGRAM_NOT_RUN);
}

START_TEST(localhost_comes_first)
{
	struct server near, far[3], none = {0};
	struct program p;
	const char *list;
	int i, passed_over;

	for (i = 0; i < 3; i++)
		start(&far[i], "5", "Far", "");
	start(&near, "5", "Near", "");
	list = harness_text(
	    "hosts = localhost:%d %s %s %s", near.port, at(&far[0]), at(&far[1]), at(&far[2]));
	/* So that its own name leads to the loopback interface, wherever the test is. */
	p = script(&none,
	    with(list, "for i in 1 2 3 4 5 6 7 8; do runtool -p test /bin/true || exit; done"));
	p.prepare = be_localhost;
	ck_assert_msg(program_run(&p) == 0, "%s", program_err(&p));
	/* On a busy host it may be late to answer, which is told; then another one is taken. */
	passed_over = fleet_times(program_err(&p), "has not answered yet");
	program_free(&p);
	ck_assert_int_lt(passed_over, 8);
	ck_assert_soon(script_ran_on(&near) + passed_over >= 8);
	server_stop(&near);
	for (i = 0; i < 3; i++)
		server_stop(&far[i]);
}
END_TEST

/* ---- which server is named ------------------------------------------------------------------ */

START_TEST(the_command_line_beats_the_environment_and_a_server_a_platform)
{
	struct server a, b;
	const struct {
		const char *script;
		const struct server *server;
	} all[] = {
	    {"RUNTOOL_PLATFORM=test runtool", &a},
	    {"RUNTOOL_PLATFORM= RUNTOOL_SERVER=$B runtool", &b},
	    {"RUNTOOL_PLATFORM=none runtool -p test", &a},
	    {"RUNTOOL_PLATFORM=none runtool --platform=test", &a},
	    {"RUNTOOL_PLATFORM=test RUNTOOL_SERVER=$B runtool", &b},
	    {"RUNTOOL_PLATFORM=test RUNTOOL_SERVER= runtool", &a},
	    {"RUNTOOL_PLATFORM=test runtool -s $B", &b},
	    {"RUNTOOL_SERVER=$B runtool -p test", &a},
	};
	size_t i;

	start(&a, "5", "A", "");
	start(&b, "5", "B", "");
	for (i = 0; i < LENGTH(all); i++) {
		script_goes_to(
		    all[i].server, with(harness_text("hosts = %s", at(&a)),
				       harness_text("B=%s; %s --json=/dev/stdout /bin/true", at(&b),
					   all[i].script)));
	}
	server_stop(&a);
	server_stop(&b);
}
END_TEST

START_TEST(what_cannot_be_a_platform_is_told)
{
	static const char *const trouble[][2] = {
	    {"runtool -p test -s x /bin/true",
		"runtool: -s, -p or -a: only one of them\ntry 'runtool --help'\n"},
	    {"runtool -p '' /bin/true", "-p: must be the name of a section of vesta.cfg"},
	    {"runtool -p none /bin/true", ": no section [none]: write one"},
	    {"runtool -p Evaluator /bin/true", "[Evaluator]: no hosts: add a line"},
	    {"runtool -p test /bin/true", "[test]cpus = x: must be a number from 0 to"},
	    {"unset VESTACONFIG; HOME=/ runtool -c /none/vesta.cfg -p test /bin/true",
		"/none/vesta.cfg: cannot be read"},
	};
	struct shown shown;
	size_t i;

	for (i = 0; i < LENGTH(trouble); i++) {
		shown = run_with("hosts = 127.0.0.1:1\ncpus = x", trouble[i][0]);
		ck_assert_int_eq(shown.status, STATUS_TROUBLE);
		ck_assert_contains(shown.err, trouble[i][1]);
	}
	shown = run_with("hosts = 127.0.0.1:1", "runtool -p test --json=/dev/stdout /bin/true");
	ck_assert_contains(shown.out, "\"server\":null");
	ck_assert_contains(shown.out, "no host answers");
}
END_TEST

/* ---- room ----------------------------------------------------------------------------------- */

START_TEST(a_full_server_is_avoided)
{
	struct program busy;
	struct server a, b;
	const char *list;

	start(&a, _i == 4 ? "4" : "5", "A", "server_max_threads = 1\n");
	start(&b, _i == 4 ? "4" : "5", "B", "server_max_threads = 1\n");
	list = harness_text("hosts = %s %s", at(&a), at(&b));
	busy = script_occupy(&a);
	goes_to(&b, list);
	script_leave(&busy);
	ck_assert_soon(call_cur_tools(&a) == 0);
	busy = script_occupy(&b);
	goes_to(&a, list);
	script_leave(&busy);
	server_stop(&a);
	server_stop(&b);
}
END_TEST

START_TEST(the_server_with_the_smaller_share_taken_is_preferred)
{
	struct program busy[2];
	struct server a, b;

	start(&a, "5", "A", "server_max_threads = 2\ncpus = 1000\n");
	start(&b, "5", "B", "server_max_threads = 16\ncpus = 1000\n");
	busy[0] = script_occupy(&a);
	busy[1] = script_occupy(&b);
	goes_to(&b, harness_text("hosts = %s %s", at(&a), at(&b)));
	script_leave(&busy[0]);
	script_leave(&busy[1]);
	server_stop(&a);
	server_stop(&b);
}
END_TEST

/* It waits in the queue of one server, or outside of all, and runs on the one that is free first. */
START_TEST(a_slot_that_becomes_free_is_taken_wherever_it_is)
{
	const char *settings =
	    harness_text("server_max_threads = 1\nserver_max_pending = %d\n", _i);
	struct program busy[2], p;
	struct server s[2], none = {0};
	int first, i;

	for (first = 0; first < 2; first++) {
		for (i = 0; i < 2; i++) {
			start(&s[i], "5", "Full", settings);
			busy[i] = script_occupy(&s[i]);
		}
		p = script(&none, with(harness_text("hosts = %s %s", at(&s[0]), at(&s[1])),
				      "exec runtool -p test --json=/dev/stdout /bin/true"));
		program_start(&p);
		ck_assert(!program_wait(&p, 1));
		script_leave(&busy[first]);
		ck_assert(program_wait(&p, HARNESS_PATIENCE));
		ck_assert_int_eq(p.status, 0);
		ck_assert_contains(program_out(&p), at(&s[first]));
		ck_assert_soon(script_ran_on(&s[first]) == 1);
		program_free(&p);
		script_leave(&busy[1 - first]);
		server_stop(&s[0]);
		server_stop(&s[1]);
	}
}
END_TEST

START_TEST(a_server_that_comes_back_is_taken)
{
	struct program busy, p;
	struct server full, late, none = {0};
	const char *told;
	int port;

	start(&full, "5", "Full", "server_max_threads = 1\nserver_max_pending = 0\n");
	start(&late, "5", "Late", "");
	port = late.port;
	server_stop(&late);
	busy = script_occupy(&full);
	p = script(&none, with(harness_text("hosts = %s 127.0.0.1:%d", at(&full), port),
			      "exec runtool -v -p test --json=/dev/stdout /bin/true"));
	program_start(&p);
	ck_assert_soon(strstr(program_err(&p), "Connection refused") != NULL);
	start(&late, "5", "Late", harness_text("SRPC_port = %d\n", port));
	ck_assert(program_wait(&p, HARNESS_PATIENCE));
	ck_assert_int_eq(p.status, 0);
	ck_assert_contains(program_out(&p), harness_text("127.0.0.1:%d\"", port));
	/* However often it was asked. */
	told = harness_text(
	    "runtool: 127.0.0.1:%d: cannot connect (127.0.0.1: Connection refused)\n", port);
	ck_assert_contains(program_err(&p), told);
	ck_assert_ptr_null(strstr(strstr(program_err(&p), told) + 1, told));
	program_free(&p);
	script_leave(&busy);
	server_stop(&full);
	server_stop(&late);
}
END_TEST

START_TEST(a_signal_ends_one_that_waits)
{
	struct server s, none = {0};
	struct program busy, p;

	start(
	    &s, "5", "Full", harness_text("server_max_threads = 1\nserver_max_pending = %d\n", _i));
	busy = script_occupy(&s);
	p = script(
	    &none, with(harness_text("hosts = %s", at(&s)), "exec runtool -p test /bin/true"));
	program_start(&p);
	ck_assert(!program_wait(&p, 1));
	ck_assert_int_eq(kill(p.pid, SIGTERM), 0);
	ck_assert(program_wait(&p, HARNESS_PATIENCE));
	ck_assert(WIFSIGNALED(p.status) && WTERMSIG(p.status) == SIGTERM);
	program_free(&p);
	script_leave(&busy);
	ck_assert_int_eq(script_ran_on(&s), 0);
	server_stop(&s);
}
END_TEST

START_TEST(a_run_that_has_begun_is_not_repeated)
{
	struct server a, b, none = {0};
	struct program p;

	start(&a, "5", "A", "");
	p = script(&none, with(harness_text("hosts = %s", at(&a)),
			      "exec runtool -p test /bin/sh -c 'echo ready; exec sleep 60'"));
	start(&b, "5", "B", "");
	program_start(&p);
	ck_assert_soon(strstr(program_out(&p), "ready") != NULL);
	ck_assert_int_eq(kill(server_pid(&a), SIGKILL), 0);
	ck_assert(program_wait(&p, HARNESS_PATIENCE));
	ck_assert_int_eq(WEXITSTATUS(p.status), STATUS_TROUBLE);
	ck_assert_str_eq(program_out(&p), "ready\n");
	ck_assert_contains(program_err(&p), "the server closed the connection");
	ck_assert_contains(program_err(&p), ": the run of /bin/sh is lost\n");
	program_free(&p);
	ck_assert(program_wait(&a.program, HARNESS_PATIENCE));
	program_free(&a.program);
	ck_assert_int_eq(script_ran_on(&b), 0);
	server_stop(&b);
}
END_TEST

/* ---- --retry -------------------------------------------------------------------------------- */

/* Two servers, and a run on the first of them while the second had no room. */
struct pair {
	struct server first, second;
	struct program p;
};

static void
start_pair(struct pair *pair, const char *script_text)
{
	const char *settings = "server_max_threads = 1\nserver_max_pending = 0\n";
	struct server none = {0};
	struct program busy;

	start(&pair->first, "5", "First", settings);
	start(&pair->second, "5", "Second", settings);
	busy = script_occupy(&pair->second);
	pair->p = script(&none,
	    with(harness_text("hosts = %s %s", at(&pair->first), at(&pair->second)), script_text));
	program_start(&pair->p);
	ck_assert_soon(strstr(program_out(&pair->p), "ready") != NULL);
	script_leave(&busy);
}

static void
end_first(struct pair *pair, int signal)
{
	ck_assert_int_eq(kill(server_pid(&pair->first), signal), 0);
	ck_assert(program_wait(&pair->first.program, HARNESS_PATIENCE));
	program_free(&pair->first.program);
}

static const struct {
	int signal;
	const char *words;
} losses[] = {
    {SIGKILL, ": the server closed the connection"},
    {SIGTERM, ": ended because the server was shut down: "},
};

START_TEST(a_lost_run_is_repeated_elsewhere_if_that_is_wanted)
{
	const char *file = harness_file("input\n");
	struct pair pair;

	start_pair(&pair,
	    harness_text("exec <%s runtool -v -p test --retry=1 --json=/dev/stdout /bin/sh -c "
			 "'read -r line; echo ready $line; exec sleep 60'",
		file));
	end_first(&pair, losses[_i].signal);
	/* With the same input, behind the output that there was. */
	ck_assert_soon(strcmp(program_out(&pair.p), "ready input\nready input\n") == 0);
	ck_assert_contains(program_err(&pair.p), losses[_i].words);
	ck_assert_contains(program_err(&pair.p), "/bin/sh: is run again, time 1 of 1\n");
	ck_assert_int_eq(kill(server_pid(&pair.second), SIGKILL), 0);
	ck_assert(program_wait(&pair.p, HARNESS_PATIENCE));
	ck_assert_int_eq(WEXITSTATUS(pair.p.status), STATUS_TROUBLE);
	ck_assert_contains(program_out(&pair.p), "\"exit_status\":125,\"why\":\"lost\"");
	ck_assert_contains(program_out(&pair.p), "\"lost\":1");
	program_free(&pair.p);
	ck_assert(program_wait(&pair.second.program, HARNESS_PATIENCE));
	program_free(&pair.second.program);
}
END_TEST

START_TEST(a_run_is_not_repeated_without_its_input)
{
	struct pair pair;

	start_pair(&pair, "echo input | runtool -p test --retry=1 /bin/sh -c "
			  "'read -r line; echo ready; exec sleep 60'");
	end_first(&pair, SIGKILL);
	ck_assert(program_wait(&pair.p, HARNESS_PATIENCE));
	ck_assert_int_eq(WEXITSTATUS(pair.p.status), STATUS_TROUBLE);
	ck_assert_str_eq(program_out(&pair.p), "ready\n");
	ck_assert_contains(program_err(&pair.p), "/bin/sh: is not run again: what it has read");
	program_free(&pair.p);
	server_stop(&pair.second);
}
END_TEST

/* As make -j gives it to all but one of its children. */
START_TEST(an_empty_pipe_can_be_read_once_more)
{
	struct pair pair;

	start_pair(&pair, ": | runtool -p test --retry=9 /bin/sh -c "
			  "'read -r line || echo ready; exec sleep 60'");
	end_first(&pair, SIGKILL);
	ck_assert_soon(strcmp(program_out(&pair.p), "ready\nready\n") == 0);
	script_leave(&pair.p);
	server_stop(&pair.second);
}
END_TEST

/* ---- many ----------------------------------------------------------------------------------- */

/* Each server has four slots, so that neither alone could be as fast. */
START_TEST(many_at_once_keep_both_servers_busy)
{
	const char *version = _i == 4 ? "4" : "5";
	const char *makefile = harness_file(
	    harness_text("all: $(addprefix t,$(shell seq %d))\n"
			 "t%%: ; @runtool -p test /bin/sh -c 'echo $*; exec sleep 0.1'\n",
		MANY));
	struct server a, b, none = {0};
	struct shown shown;
	int on_a, on_b;

	start(&a, version, "A", "");
	start(&b, version, "B", "");
	shown = script_run(
	    &none, with(harness_text("hosts = %s %s", at(&a), at(&b)),
		       harness_text("make -s -j100 -f %s | sort -n | uniq | wc -l", makefile)));
	ck_assert_int_eq(shown.status, 0);
	ck_assert_str_eq(shown.out, harness_text("%d\n", MANY));
	/* A run is logged when its client has been told. */
	ck_assert_soon((on_a = script_ran_on(&a), on_b = script_ran_on(&b), on_a + on_b >= MANY));
	ck_assert_int_eq(on_a + on_b, MANY);
	ck_assert_int_ge(on_a, MANY / 4);
	ck_assert_int_ge(on_b, MANY / 4);
	server_stop(&a);
	server_stop(&b);
}
END_TEST

START_TEST(no_server_idles_while_another_has_a_queue)
{
	const char *go = harness_unique("go");
	const char *makefile =
	    harness_file(harness_text("all: $(addprefix t,$(shell seq 12))\n"
				      "t%%: ; @runtool -p test /bin/sh -c 'while ! test -e %s; do "
				      "sleep 0.1; done'\n",
		go));
	struct server a, b, none = {0};
	struct program p;

	/* A dozen tools fit at once, and none of them has to wait for its turn. */
	start(&a, "5", "A", "server_max_threads = 8\n");
	start(&b, "5", "B", "server_max_threads = 4\n");
	p = script(&none, with(harness_text("hosts = %s %s", at(&a), at(&b)),
			      harness_text("make -s -j12 -f %s", makefile)));
	program_start(&p);
	ck_assert_soon(call_cur_tools(&a) == 8 && call_cur_tools(&b) == 4);
	run_let_go(go);
	ck_assert(program_wait(&p, HARNESS_PATIENCE));
	ck_assert_msg(p.status == 0, "%s", program_err(&p));
	program_free(&p);
	ck_assert_soon(script_ran_on(&a) == 8);
	ck_assert_soon(script_ran_on(&b) == 4);
	server_stop(&a);
	server_stop(&b);
}
END_TEST

Suite *
platform_suite(void)
{
	Suite *suite = suite_create("platform");
	TCase *tc = tcase_create("hosts");

	tcase_set_timeout(tc, 120);
	testing_from(tc, TESTING_QUICK);
	tcase_add_test(tc, only_a_host_that_matches_is_taken);
	tcase_add_test(tc, a_host_that_does_not_answer_is_passed_over);
	testing_from(tc, TESTING_CHECK);
	tcase_add_test(tc, a_silent_host_is_not_waited_for);
	tcase_add_test(tc, who_is_silent_is_remembered_and_comes_back);
	tcase_add_test(tc, without_a_runtime_directory_the_memory_is_in_tmp);
	tcase_add_test(tc, silence_of_all_hosts_has_an_end);
	tcase_add_test(tc, a_server_under_two_names_counts_once);
	harness_add_namespaces(tc, localhost_comes_first);
	tcase_add_test(tc, the_command_line_beats_the_environment_and_a_server_a_platform);
	tcase_add_test(tc, what_cannot_be_a_platform_is_told);
	suite_add_tcase(suite, tc);

	tc = tcase_create("room");
	tcase_set_timeout(tc, 120);
	testing_from(tc, TESTING_QUICK);
	tcase_add_test(tc, the_server_with_the_smaller_share_taken_is_preferred);
	testing_from(tc, TESTING_CHECK);
	tcase_add_loop_test(tc, a_full_server_is_avoided, 4, 6);
	tcase_add_loop_test(tc, a_slot_that_becomes_free_is_taken_wherever_it_is, 0, 2);
	tcase_add_test(tc, a_server_that_comes_back_is_taken);
	tcase_add_loop_test(tc, a_signal_ends_one_that_waits, 0, 2);
	tcase_add_test(tc, a_run_that_has_begun_is_not_repeated);
	suite_add_tcase(suite, tc);

	tc = tcase_create("retry");
	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(
	    tc, a_lost_run_is_repeated_elsewhere_if_that_is_wanted, 0, (int)LENGTH(losses));
	tcase_add_test(tc, a_run_is_not_repeated_without_its_input);
	tcase_add_test(tc, an_empty_pipe_can_be_read_once_more);
	suite_add_tcase(suite, tc);

	tc = tcase_create("many");
	tcase_set_timeout(tc, 120);
	tcase_add_loop_test(tc, many_at_once_keep_both_servers_busy, 4, 6);
	tcase_add_test(tc, no_server_idles_while_another_has_a_queue);
	suite_add_tcase(suite, tc);

	return (suite);
}
