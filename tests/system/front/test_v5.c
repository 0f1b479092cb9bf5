/* Version 5 of the interface: what is asked for, what comes back, and who may ask. */
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "system/harness.h"
#include "system/proc.h"
#include "system/run5.h"
#include "system/suites.h"

/* ---- runs */

START_TEST(each_output_comes_in_order)
{
	struct server s;
	struct run5 r = RUN5("/bin/sh", "-c", "echo 1; echo one >&2; echo 2; echo two >&2; exit 3");

	run5_server(&s, (enum mode)_i, NULL);
	run5_do(&s, &r);
	run5_exited(&r, 3, "ended");
	ck_assert_str_eq(run5_out(&r), "1\n2\n");
	ck_assert_str_eq(run5_err(&r), "one\ntwo\n");
	ck_assert_int_eq(run5_number(&r, "core"), 0);
	ck_assert_str_eq(run5_text(&r, "state"), "ok");
	run5_free(&r);
	server_stop(&s);
}
END_TEST

START_TEST(merged_outputs_come_as_they_were_written)
{
	struct server s;
	struct run5 r = RUN5("/bin/sh", "-c",
	    "i=0; while [ $i -lt 300 ]; do echo $i; echo $i. >&2; i=$((i + 1)); done");
	const char *all = "";

	for (int i = 0; i < 300; i++)
		all = harness_text("%s%d\n%d.\n", all, i, i);
	run5_server(&s, (enum mode)_i, NULL);
	r.must = LIST5("stderr=stdout");
	run5_do(&s, &r);
	run5_exited(&r, 0, "ended");
	ck_assert_str_eq(run5_out(&r), all);
	ck_assert_str_eq(run5_err(&r), "");
	run5_free(&r);
	server_stop(&s);
}
END_TEST

START_TEST(a_tool_gets_its_arguments_environment_and_directory)
{
	struct server s;
	struct run5 r = RUN5("/bin/sh", "-c", "echo $0; echo $#; echo \"$A\"; pwd", "", "a b", "");

	run5_server(&s, (enum mode)_i, NULL);
	r.env = LIST5("A=b = c", "B=");
	run5_do(&s, &r);
	ck_assert_contains(run5_out(&r), "\n2\nb = c\n");
	ck_assert_contains(run5_out(&r), "/.WD\n");

	r = run5_next(&r, RUN5("/bin/sh", "-c", "pwd"));
	r.must = LIST5("directory=tmp");
	run5_do(&s, &r);
	ck_assert_contains(run5_out(&r), "/tmp\n");
	run5_free(&r);
	server_stop(&s);
}
END_TEST

START_TEST(only_what_was_asked_for_is_in_the_environment)
{
	struct server s;
	struct run5 r = RUN5(harness_tool(harness_mode(), "show"), "env");

	run5_server_best(&s, NULL);
	r.env = LIST5("ONE=1", "TWO=2");
	run5_do(&s, &r);
	ck_assert_str_eq(run5_out(&r), "[ONE=1]\n[TWO=2]\n");
	run5_free(&r);
	server_stop(&s);
}
END_TEST

/* A tool has the three descriptors and no other, and none of them is a socket or does not block. */
START_TEST(a_tool_has_pipes)
{
	struct server s;
	struct run5 r = RUN5(harness_tool((enum mode)_i, "show"), "state");

	run5_server(&s, (enum mode)_i, NULL);
	r.must = LIST5("stdin=stream");
	run5_do(&s, &r);
	ck_assert_contains(run5_out(&r), "descriptors 0 1 2\nsockets\n");
	run5_free(&r);
	server_stop(&s);
}
END_TEST

/* Where there are /proc and /dev. */
START_TEST(a_tool_can_open_its_streams_by_name)
{
	struct server s;
	struct run5 r = RUN5("/bin/sh", "-c",
	    "echo out >/dev/stdout; echo err >/dev/stderr; cat /dev/stdin; echo more "
	    ">>/dev/stdout");

	run5_server(&s, (enum mode)_i, NULL);
	r.must = LIST5("stdin=stream");
	run5_start(&s, &r);
	run5_feed(&r, "in\n", 3);
	run5_finish(&r);
	ck_assert_str_eq(run5_err(&r), "err\n");
	ck_assert_str_eq(run5_out(&r), "out\nin\nmore\n");
	run5_exited(&r, 0, "ended");
	run5_free(&r);
	server_stop(&s);
}
END_TEST

START_TEST(a_root_may_be_named)
{
	struct server s;
	struct run5 r = RUN5("/bin/ls", "/dev/null");

	run5_server(&s, (enum mode)_i, NULL);
	r.no_root = true;
	r.must = LIST5("root_name=" HARNESS_NAMED);
	run5_do(&s, &r);
	ck_assert_str_eq(run5_err(&r), "");
	ck_assert_str_eq(run5_out(&r), "/dev/null\n");
	run5_free(&r);
	server_stop(&s);
}
END_TEST

START_TEST(an_unknown_root_is_told_with_those_that_are_known)
{
	struct run5 r = RUN5("/bin/true");
	struct server s;

	run5_server(&s, (enum mode)_i, NULL);
	r.no_root = true;
	r.must = LIST5("root_name=nohost");
	run5_fails(
	    &s, &r, SRPC_INTERNAL_TROUBLE, "no such root: nohost (known: " HARNESS_NAMED ")");
	ck_assert_ptr_null(strstr(run5_text(&r, "words"), ".WD"));
	run5_free(&r);
	server_stop(&s);
}
END_TEST

START_TEST(a_directory_that_a_root_lacks_is_told_with_the_root)
{
	struct run5 r = RUN5("/bin/true");
	struct server s;

	run5_server(&s, (enum mode)_i, NULL);
	r.no_root = true;
	r.must = LIST5("root_name=" HARNESS_NAMED, "directory=/tmp/none");
	run5_fails(&s, &r, SRPC_INTERNAL_TROUBLE,
	    "Can't establish working directory /tmp/none in root " HARNESS_NAMED " (");
	r = run5_next(&r, RUN5("/bin/true"));
	r.must = LIST5("directory=/tmp/none");
	run5_fails(&s, &r, SRPC_INTERNAL_TROUBLE, "/tmp/none (");
	ck_assert_ptr_null(strstr(run5_text(&r, "words"), "//"));
	run5_free(&r);
	server_stop(&s);
}
END_TEST

/* ---- what a tool used */

static struct run5
user(enum mode mode, const char *ms, const char *kb)
{
	const char **argv = (const char **)(void *)harness_alloc(7 * sizeof(*argv));

	argv[0] = "/bin/sh";
	argv[1] = "-c";
	argv[2] = "$0 $1 $2; sleep 0.05; exit 3";
	argv[3] = harness_tool(mode, "use");
	argv[4] = ms;
	argv[5] = kb;
	return (RUN5_ARGV(argv));
}

START_TEST(what_a_tool_and_its_children_used_is_told)
{
	struct server s;
	long ms = (enum mode)_i == harness_mode() ? 300 : 100;
	struct run5 r = user((enum mode)_i, harness_text("%ld", ms), "50000");

	run5_server(&s, (enum mode)_i, NULL);
	run5_do(&s, &r);
	run5_exited(&r, 3, "ended");
	ck_assert_int_ge(run5_number(&r, "user_us"), ms * 1000);
	ck_assert_int_ge(run5_number(&r, "system_us"), 0);
	ck_assert_int_ge(run5_number(&r, "max_rss_kb"), 50000);
	ck_assert_int_ge(run5_number(&r, "wall_us"), ms * 1000 + 50000);
	ck_assert_int_ge(run5_number(&r, "queue_us"), 0);

	/* Nobody else's. */
	r = run5_next(&r, user((enum mode)_i, "0", "0"));
	run5_do(&s, &r);
	ck_assert_int_lt(run5_number(&r, "user_us"), ms * 1000);
	ck_assert_int_lt(run5_number(&r, "max_rss_kb"), 50000);
	run5_free(&r);
	server_stop(&s);
}
END_TEST

/* Not that of its output's way to the client. */
START_TEST(the_wall_time_is_the_tools)
{
	const char *tag = harness_unique("flood");
	struct run5 r = RUN5("/bin/sh", "-c", "timeout 0.2 $0 1000000000 $1; exit 3",
	    harness_tool(harness_mode(), "flood"), tag);
	int64_t start = harness_now(), took;
	struct server s;

	run5_server_best(&s, NULL);
	r.env = LIST5("PATH=/bin");
	run5_start(&s, &r);
	r.keep_nothing = true;
	run5_await_something(&r);
	ck_assert_soon(!proc_runs(tag));
	took = harness_now() - start;
	nanosleep(&(struct timespec){.tv_sec = 2, .tv_nsec = 500000000}, NULL);
	run5_finish(&r);
	run5_exited(&r, 3, "ended");
	ck_assert_int_ge(run5_number(&r, "wall_us"), 200000);
	ck_assert_int_lt(run5_number(&r, "wall_us"), (took + 2000) * 1000);
	run5_free(&r);
	server_stop(&s);
}
END_TEST

/* ---- options */

#define MAX_LABEL 128

/* A run with these options; another one behind it, on the same connection, goes through. */
static void
is_refused(const struct server *s, struct run5 *r, const char *const *must, const char *const *may,
    const char *words)
{
	*r = run5_next(r, RUN5("/bin/true"));
	r->no_root = true;
	r->must = must;
	r->may = may;
	run5_fails(s, r, SRPC_INVALID_PARAMETER, words);
	*r = run5_next(r, RUN5("/bin/sh", "-c", "exit 3"));
	run5_do(s, r);
	run5_exited(r, 3, "ended");
}

START_TEST(a_wrong_option_is_refused_by_its_name)
{
	/* One of them must be `root`, or it is something else that is wrong. */
	static const char *const bad[] = {"root=0", "root=-1", "root=4294967296", "root=1x",
	    "root=", "root=+1", "root= 1", "root=0x1", "root=99999999999999999999",
	    "root_name=", "root_name=a/b", "root_name=/", "stdin=maybe", "stdin=", "stdin=None",
	    "stdin_file=", "stderr=stderr", "stderr=1", "time_limit_ms=0", "time_limit_ms=-1",
	    "time_limit_ms=2147483648", "time_limit_ms=1.5", "time_limit_ms=", "keep_alive_ms=99",
	    "keep_alive_ms=600001", "keep_alive_ms=1s", "umask=512", "umask=-1", "umask=022x",
	    "limit_core=-1", "limit_as=9007199254740993", "limit_cpu=", "closed=0", "closed=8"};
	struct run5 r = RUN5("/bin/true");
	struct server s;

	run5_server_best(&s, NULL);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *name = harness_text("%.*s", (int)strcspn(bad[i], "="), bad[i]);
		bool is_root = strncmp(name, "root", 4) == 0;

		is_refused(&s, &r, LIST5(bad[i], is_root ? NULL : "root=1"), run_no_env, name);
		is_refused(&s, &r, is_root ? run_no_env : LIST5("root=1"), LIST5(bad[i]), name);
	}
	is_refused(&s, &r,
	    LIST5("root=1", harness_text("label=%s", harness_letters(MAX_LABEL + 1))), run_no_env,
	    "option label");
	run5_free(&r);
	server_stop(&s);
}
END_TEST

START_TEST(options_that_make_no_sense_together_are_refused)
{
	struct run5 r = RUN5("/bin/true");
	struct server s;

	run5_server_best(&s, NULL);
	is_refused(&s, &r, run_no_env, run_no_env, "exactly one");
	is_refused(&s, &r, LIST5("root=1", "root_name=tests"), run_no_env, "exactly one");
	is_refused(&s, &r, LIST5("root=1"), LIST5("root_name=tests"), "exactly one");
	is_refused(&s, &r, LIST5("root=1", "root=1"), run_no_env, "root");
	is_refused(&s, &r, LIST5("root=1"), LIST5("label=a", "label=b"), "label");
	is_refused(
	    &s, &r, LIST5("root=1", "stdin=stream", "stdin_file=/etc/passwd"), run_no_env, "stdin");
	is_refused(&s, &r, LIST5("root=1", "stdin=stream"), LIST5("closed=1"), "closed");
	is_refused(&s, &r, LIST5("root=1", "stderr=stdout"), LIST5("closed=4"), "closed");
	run5_free(&r);
	server_stop(&s);
}
END_TEST

START_TEST(what_is_no_pair_is_refused)
{
	static const char *const bad[] = {"", "label", "=x", "Label=x", "la bel=x", "label-=x"};
	struct run5 r = RUN5("/bin/true");
	struct server s;

	run5_server_best(&s, NULL);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		is_refused(&s, &r, LIST5("root=1", bad[i]), run_no_env, bad[i]);
		is_refused(&s, &r, LIST5("root=1"), LIST5(bad[i]), bad[i]);
	}
	run5_free(&r);
	server_stop(&s);
}
END_TEST

START_TEST(the_outermost_values_are_good)
{
	const char *named = "root_name=" HARNESS_NAMED;
	const char *label = harness_text("label=%s", harness_letters(MAX_LABEL));
	const char *const good[] = {label, "time_limit_ms=2147483647", "keep_alive_ms=100",
	    "keep_alive_ms=600000", "label=\001=\377 \n", "stdin=none", "stdin=stream",
	    "stderr=separate", "stderr=stdout", "directory=", "directory=.", "directory=/tmp",
	    "directory=.WD/../tmp", "umask=0", "umask=511", "limit_core=0",
	    "limit_cpu=9007199254740992", "limit_stack=9007199254740992", "closed=7", named};
	struct server s;
	struct run5 r;

	run5_server_best(&s, NULL);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		r = RUN5("/bin/sh", "-c", "exit 3");
		r.must = LIST5(good[i]);
		if (good[i] == named) {
			if (!harness_can(MODE_NAMED) || geteuid() != 0)
				continue;
			r.no_root = true;
		}
		run5_start(&s, &r);
		run5_finish(&r);
		ck_assert_msg(r.results != NULL && !run5_has(&r, "failure"), "%s: %s", good[i],
		    run5_has(&r, "words") ? run5_text(&r, "words") : r.failure.message);
		run5_exited(&r, 3, "ended");
		run5_free(&r);
	}
	server_stop(&s);
}
END_TEST

START_TEST(an_unknown_option_that_must_be_understood_is_refused)
{
	struct server s;
	struct run5 r = RUN5("/bin/true");

	run5_server_best(&s, NULL);
	r.must = LIST5("stderr=stdout", "flavour=red");
	run5_fails(&s, &r, SRPC_NOT_IMPLEMENTED, "flavour");
	r = run5_next(&r, RUN5("/bin/true"));
	run5_do(&s, &r);
	r = run5_next(&r, CALL5(RPC5_PING));
	r.must = LIST5("flavour=red");
	run5_fails(&s, &r, SRPC_NOT_IMPLEMENTED, "flavour");
	run5_free(&r);
	server_stop(&s);
}
END_TEST

START_TEST(an_unknown_option_that_may_be_ignored_is_ignored)
{
	static const int32_t procs[] = {RPC5_INFO, RPC5_PING};
	struct server s;
	struct run5 r = RUN5("/bin/sh", "-c", "echo out; echo err >&2");

	run5_server_best(&s, NULL);
	r.may = LIST5("flavour=red", "stderr=stdout", "x1_=");
	run5_do(&s, &r);
	ck_assert_str_eq(run5_out(&r), "out\nerr\n");
	for (size_t i = 0; i < sizeof(procs) / sizeof(procs[0]); i++) {
		r = run5_next(&r, CALL5(procs[i]));
		r.may = LIST5("flavour=red");
		run5_do(&s, &r);
	}
	run5_free(&r);
	server_stop(&s);
}
END_TEST

START_TEST(umask_and_soft_limits_are_the_clients)
{
	static const char script[] = "umask; ulimit -Sc; ulimit -St; ulimit -Sd; ulimit -Sf; "
				     "ulimit -Ss; ulimit -Sv; ulimit -Sn";
	struct run5 r = RUN5("/bin/sh", "-c", script);
	const char *files;
	struct server s;

	run5_server(&s, (enum mode)_i, "coredumpsize_limit = -1\n");
	run5_do(&s, &r);
	ck_assert_int_eq(strncmp(run5_out(&r), "0022\n", 5), 0);
	ck_assert_ptr_nonnull(
	    files =
		strrchr(harness_text("%.*s", (int)strlen(run5_out(&r)) - 1, run5_out(&r)), '\n'));
	r = run5_next(&r, RUN5("/bin/sh", "-c", script));
	r.may = LIST5("umask=63", "limit_core=0", "limit_cpu=30", "limit_data=1073741824",
	    "limit_fsize=1048576", "limit_stack=1048576", "limit_as=536870912", "limit_nofile=1");
	run5_do(&s, &r);
	ck_assert_str_eq(
	    run5_out(&r), harness_text("0077\n0\n30\n1048576\n2048\n1024\n524288%s\n", files));
	run5_free(&r);
	server_stop(&s);
}
END_TEST

/* By EBADF, as what is closed; the others are what they were. */
START_TEST(what_the_client_has_closed_cannot_be_used)
{
	static const char script[] = "/bin/cat; echo read $? >&2; echo out; echo wrote $? >&2; "
				     "echo err >&2 || echo no err; exit 3";
	static const struct {
		const char *option, *out, *err;
	} closed[] = {
	    {"closed=1", "out\n", "Bad file descriptor\nread 1\nwrote 0\nerr\n"},
	    {"closed=2", "", "wrote 1\nerr\n"},
	    {"closed=4", "out\nno err\n", ""},
	    {"closed=7", "", ""},
	};
	struct run5 r = RUN5("/bin/sh", "-c", script);
	struct server s;

	run5_server(&s, (enum mode)_i, NULL);
	for (size_t i = 0; i < sizeof(closed) / sizeof(closed[0]); i++) {
		r = run5_next(&r, RUN5("/bin/sh", "-c", script));
		r.may = LIST5(closed[i].option);
		run5_do(&s, &r);
		run5_exited(&r, 3, "ended");
		ck_assert_str_eq(run5_out(&r), closed[i].out);
		ck_assert_msg(*closed[i].err == '\0' ? *run5_err(&r) == '\0'
						     : strstr(run5_err(&r), closed[i].err) != NULL,
		    "%s: %s", closed[i].option, run5_err(&r));
		r = run5_next(&r, RUN5(harness_tool((enum mode)_i, "show"), "state"));
		r.may = LIST5("closed=5");
		run5_do(&s, &r);
		ck_assert_contains(run5_out(&r), "descriptors 0 1 2\nsockets\n");
	}
	run5_free(&r);
	server_stop(&s);
}
END_TEST

/* With bytes that would make a line of their own. */
START_TEST(a_label_stands_in_the_log)
{
	struct server s;
	struct run5 r = RUN5("/bin/true");

	run5_server_best(&s, NULL);
	r.may = LIST5("label=my own\nrun id=7");
	run5_do(&s, &r);
	server_logs(&s, "label=\"my own");
	ck_assert_ptr_null(strstr(server_log(&s), "\nrun id=7"));
	run5_free(&r);
	server_stop(&s);
}
END_TEST

/* ---- runs that do not happen */

struct failing {
	const char *tool, *directory, *stdin_file;
	uint32_t root;
	int error; /* what `errno` is, or 0 */
};

static const char *
option(const char *name, const char *value)
{
	return (value == NULL ? NULL : harness_text("%s=%s", name, value));
}

/* Codes and words are those of version 4; the connection lives on. */
static void
fails_as_in_version_4(const struct server *s, struct run5 *r, const struct failing *f)
{
	struct run old = RUN(f->tool);
	const char *options[3] = {NULL};
	size_t n = 0;

	if (f->directory != NULL)
		options[n++] = option("directory", f->directory);
	if (f->stdin_file != NULL)
		options[n++] = option("stdin_file", f->stdin_file);
	old.directory = f->directory != NULL ? f->directory : ".WD";
	old.stdin_file = f->stdin_file != NULL ? f->stdin_file : "";
	old.root = r->root = f->root != 0 ? f->root : harness_root(s->mode);
	run_start(s, &old);
	run_finish(&old);
	ck_assert(old.failed);

	*r = run5_next(r, RUN5(f->tool));
	r->root = old.root;
	r->must = options;
	run5_start(s, r);
	run5_finish(r);
	run5_failed(r, old.failure.code, old.failure.message);
	ck_assert_str_eq(run5_text(r, "words"), old.failure.message);
	ck_assert_msg(run5_has(r, "errno") == (f->error != 0), "%s", old.failure.message);
	if (f->error != 0)
		ck_assert_int_eq(run5_number(r, "errno"), f->error);
	ck_assert(!run5_has(r, "retry_ms"));
	run_free(&old);

	*r = run5_next(r, RUN5("/bin/true"));
	run5_do(s, r);
}

START_TEST(a_run_that_cannot_be_leaves_the_connection_usable)
{
	const char *plain = harness_unique("plain");
	const char *path = harness_in_root(harness_text(".WD/%s", plain));
	const struct failing all[] = {
	    {.tool = "/bin/no-such-tool", .error = 2},
	    {.tool = "no-such-tool", .error = 2},
	    {.tool = harness_text("./%s", plain), .error = 13},
	    {.tool = "/bin/true", .directory = "no/such/directory"},
	    {.tool = "/bin/true", .directory = "../.."},
	    {.tool = "/bin/true", .stdin_file = "/no/such/file"},
	    {.tool = "/bin/true", .stdin_file = "relative"},
	    {.tool = "/bin/true", .stdin_file = "/"},
	    {.tool = "/bin/true", .root = 9999},
	};
	int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
	struct run5 r = RUN5("/bin/true");
	struct server s;

	ck_assert_int_ne(fd, -1);
	close(fd);
	run5_server(&s, (enum mode)_i, NULL);
	run5_do(&s, &r);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		/* No root is entered there. */
		if (s.mode == MODE_TESTING && all[i].directory != NULL)
			continue;
		fails_as_in_version_4(&s, &r, &all[i]);
	}
	run5_free(&r);
	unlink(path);
	server_stop(&s);
}
END_TEST

START_TEST(an_unknown_named_root_leaves_the_connection_usable)
{
	struct server s;
	struct run5 r = RUN5("/bin/true");

	run5_server_best(&s, NULL);
	r.no_root = true;
	r.must = LIST5("root_name=no-such-root");
	run5_start(&s, &r);
	run5_finish(&r);
	ck_assert(run5_has(&r, "failure"));
	ck_assert_contains(run5_text(&r, "words"), "no-such-root");
	r = run5_next(&r, RUN5("/bin/true"));
	run5_do(&s, &r);
	run5_free(&r);
	server_stop(&s);
}
END_TEST

START_TEST(a_command_of_no_words_is_a_failure)
{
	struct server s;
	struct run5 r = RUN5_ARGV(run_no_env);

	run5_server_best(&s, NULL);
	run5_fails(&s, &r, SRPC_INTERNAL_TROUBLE, "Null command");
	r = run5_next(&r, RUN5("/bin/true"));
	run5_do(&s, &r);
	run5_free(&r);
	server_stop(&s);
}
END_TEST

/* A client may take its time to acknowledge, and its call may come in pieces. */
START_TEST(after_a_failure_there_is_no_hurry)
{
	struct server s;
	struct run5 r = RUN5("/bin/true");
	struct buf b = {0};

	run5_server_best(&s, "request_timeout = 2\n");
	r.must = LIST5("flavour=red");
	r.conn = call_connect(&s);
	run5_encode(&r, &b);
	ck_assert(call_send(r.conn, b.data, b.len - 1));
	usleep(100000);
	ck_assert(call_send(r.conn, b.data + b.len - 1, 1));
	run5_finish(&r);
	run5_failed(&r, SRPC_NOT_IMPLEMENTED, "flavour");
	ck_assert_int_eq(call_receive(r.conn, &r.in, 2800), -1);
	r = run5_next(&r, RUN5("/bin/true"));
	run5_do(&s, &r);
	buf_free(&b);
	run5_free(&r);
	server_stop(&s);
}
END_TEST

START_TEST(a_request_that_is_not_to_wait_on_is_refused_and_never_runs)
{
	struct server s;
	struct run5 busy = RUN5("/bin/sh", "-c", "echo ready; exec sleep 60"),
		    r = RUN5("/bin/true");
	int64_t begin;

	run5_server_best(&s, "server_max_threads = 1\n");
	run5_start(&s, &busy);
	run5_await(&busy, "ready\n");
	r.may = LIST5("queue_ms=300");
	begin = harness_now();
	run5_fails(&s, &r, SRPC_CLIENT_ERROR, "request denied: server too busy");
	ck_assert_int_ge(harness_now() - begin, 300);
	ck_assert_int_ge(run5_number(&r, "retry_ms"), 100);
	ck_assert_uint_ge(r.waits, 1);
	ck_assert_int_eq(call_cur_pending(&s), 0);
	ck_assert(run5_order(&busy, SIGTERM));
	run5_finish(&busy);
	ck_assert_soon(call_cur_tools(&s) == 0);
	/* Who has not been made to wait is not refused, however long its tool takes. */
	r = run5_next(&r, RUN5("/bin/sleep", "1"));
	r.may = LIST5("queue_ms=300");
	run5_do(&s, &r);
	run5_exited(&r, 0, "ended");
	ck_assert_ptr_null(strstr(server_log(&s), "tool=/bin/true status=0"));
	run5_free(&busy);
	run5_free(&r);
	server_stop(&s);
}
END_TEST

/* ---- versions */

START_TEST(a_newer_version_is_refused_with_both_numbers)
{
	static const struct {
		int max, asked;
	} all[] = {{4, 5}, {5, 6}, {5, INT_MAX}, {3, 5}, {0, 5}};
	static const int32_t procs[] = {RPC5_RUN, RPC5_INFO, RPC5_PING, RPC5_STOP};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		struct server s;

		run5_server_best(&s, harness_text("max_interface_version = %d\n", all[i].max));
		for (size_t p = 0; p < sizeof(procs) / sizeof(procs[0]); p++) {
			struct run5 r = CALL5(procs[p]);

			r.argv = LIST5("/bin/true");
			r.env = run_no_env;
			r.version = all[i].asked;
			/* It begins as the original's does. */
			run5_breaks(&s, &r, SRPC_VERSION_SKEW,
			    harness_text("RunToolServer: Unsupported interface version %d: this "
					 "server speaks %d and older",
				all[i].asked, all[i].max));
			run5_free(&r);
		}
		server_stop(&s);
	}
}
END_TEST

START_TEST(an_unknown_procedure_is_refused)
{
	static const int32_t procs[] = {-1, 0, 2, 3, 8, INT_MAX, INT_MIN};
	struct server s;

	run5_server_best(&s, NULL);
	for (size_t i = 0; i < sizeof(procs) / sizeof(procs[0]); i++) {
		struct run5 r = CALL5(procs[i]);

		run5_breaks(&s, &r, SRPC_VERSION_SKEW,
		    harness_text("Unknown proc_id %d of interface version 5", procs[i]));
		run5_free(&r);
	}
	server_stop(&s);
}
END_TEST

/* A run of version 4, without relays, on a connection where something was said before. */
static void
old_run(struct run5 *on)
{
	struct run r = RUN("/bin/sh", "-c", "exit 4");
	struct buf hello = {0}, ack = {0}, call = {0};

	srpc_put_hello(&hello);
	r.no_out = r.no_err = true;
	r.root = on->root;
	run_encode(&r, &call);
	srpc_put_code(&ack, SRPC_END_ACK);
	buf_append(&ack, call.data + hello.len, call.len - hello.len);
	ck_assert(call_send_buf(on->conn, &ack));
	r.conn = on->conn;
	r.reply = hello;
	run_finish(&r);
	ck_assert(!r.failed);
	ck_assert_int_eq(r.status, 4);
	r.conn = -1;
	buf_free(&call);
	run_free(&r);
}

START_TEST(versions_4_and_5_share_a_connection)
{
	struct rpc_info info;
	struct server s;
	struct run5 r = CALL5(RPC5_PING);

	run5_server_best(&s, NULL);
	r.conn = call_connect(&s);
	call_info_on(r.conn, true, RPC_VERSION, &info);
	rpc_info_free(&info);
	r.greeted[0] = r.greeted[1] = true;
	run5_do(&s, &r);
	for (int i = 0; i < 2; i++) {
		old_run(&r);
		r = run5_next(&r, RUN5("/bin/sh", "-c", "echo 5; exit 5"));
		run5_do(&s, &r);
		run5_exited(&r, 5, "ended");
		ck_assert_str_eq(run5_out(&r), "5\n");
		call_info_on(r.conn, false, RPC_VERSION, &info);
		rpc_info_free(&info);
	}
	run5_free(&r);
	server_stop(&s);
}
END_TEST

/* ---- information, ping */

static const char *
in_hex(const uint8_t *bytes, size_t n)
{
	const char *text = "";

	while (n-- > 0)
		text = harness_text("%s%02x", text, *bytes++);
	return (text);
}

static struct run5
told(const struct server *s, int32_t proc)
{
	struct run5 r = CALL5(proc);

	run5_do(s, &r);
	run5_free(&r);
	return (r);
}

START_TEST(information_is_that_of_version_4_by_name)
{
	struct server s;
	struct rpc_info old;
	struct run5 r;

	run5_server_best(&s, "sysname = Testix = x\nrelease = 1.2\nversion =  of # today\n"
			     "machine = abacus\ncpus = 17\ncpuMHz = 18\nmemKB = 19\n");
	call_info(&s, &old);
	r = told(&s, RPC5_INFO);
	ck_assert_str_eq(run5_text(&r, "sysname"), old.sysname);
	ck_assert_str_eq(run5_text(&r, "release"), old.release);
	ck_assert_str_eq(run5_text(&r, "version"), old.version);
	ck_assert_str_eq(run5_text(&r, "machine"), old.machine);
	ck_assert_int_eq(run5_number(&r, "cpus"), 17);
	ck_assert_int_eq(run5_number(&r, "cpu_mhz"), 18);
	ck_assert_int_eq(run5_number(&r, "mem_kb"), 19);
	ck_assert_int_eq(run5_number(&r, "max_tools"), old.max_tools);
	ck_assert_int_eq(run5_number(&r, "cur_tools"), 0);
	ck_assert_int_eq(run5_number(&r, "cur_pending"), 0);
	ck_assert_int_eq(run5_number(&r, "max_pending"), old.max_pending);
	ck_assert_str_eq(run5_text(&r, "unique_id"), in_hex(old.unique, sizeof(old.unique)));
	/* In hundredths; it changes every few seconds. */
	ck_assert_int_ge(run5_number(&r, "load_percent"), 0);
	ck_assert_int_lt(llabs(run5_number(&r, "load_percent") - (long long)(old.load * 100)), 200);
	rpc_info_free(&old);
	server_stop(&s);
}
END_TEST

START_TEST(information_tells_what_version_4_does_not)
{
	struct server s;
	int64_t before = time(NULL), after;
	struct run5 r;

	run5_server_best(&s, NULL);
	after = time(NULL);
	r = told(&s, RPC5_INFO);
	ck_assert_str_eq(run5_text(&r, "state"), "ok");
	ck_assert_int_eq(run5_number(&r, "in_flight"), 0);
	ck_assert_str_eq(run5_text(&r, "area"), "default");
	ck_assert_str_eq(run5_text(&r, "software"), "RunToolServer 0.1.0");
	ck_assert_int_eq(run5_number(&r, "interface"), 5);
	ck_assert_int_ge(run5_number(&r, "started"), before);
	ck_assert_int_le(run5_number(&r, "started"), after);
	server_stop(&s);

	run5_server_best(&s, "[Run_Tool_Fleet]\narea = chip-design_2\n");
	r = told(&s, RPC5_INFO);
	ck_assert_str_eq(run5_text(&r, "area"), "chip-design_2");
	server_stop(&s);
}
END_TEST

START_TEST(information_counts_what_was_done)
{
	struct server s;
	struct run5 hold = RUN5(harness_tool(harness_mode(), "tree"), "plain");
	struct run5 r = RUN5("/bin/sh", "-c", "kill -9 $$"), info;

	run5_server_best(&s, "server_max_threads = 1\nserver_max_pending = 0\n");
	run5_do(&s, &r);
	r = run5_next(&r, RUN5("/bin/true"));
	run5_do(&s, &r);
	r = run5_next(&r, RUN5("/no/such/tool"));
	run5_fails(&s, &r, SRPC_CLIENT_ERROR, "/no/such/tool");
	run5_start(&s, &hold);
	run5_await(&hold, "ready");
	r = run5_next(&r, RUN5("/bin/true"));
	run5_fails(&s, &r, SRPC_CLIENT_ERROR, "server too busy");
	info = told(&s, RPC5_INFO);
	ck_assert_int_eq(run5_number(&info, "runs"), 2);
	ck_assert_int_eq(run5_number(&info, "failures"), 1);
	ck_assert_int_eq(run5_number(&info, "refused"), 1);
	ck_assert_int_eq(run5_number(&info, "connections"), 3);
	ck_assert_int_eq(run5_number(&info, "cur_tools"), 1);
	ck_assert_int_eq(run5_number(&info, "in_flight"), 1);
	run5_free(&r);
	run5_free(&hold);
	server_stop(&s);
}
END_TEST

START_TEST(a_ping_tells_who_and_how_busy)
{
	struct server s;
	struct run5 a = RUN5(harness_tool(harness_mode(), "tree"), "plain"), b = a, ping, info, r;

	run5_server_best(&s, "server_max_threads = 1\n[Run_Tool_Fleet]\nloaded_at = 1\n");
	ping = told(&s, RPC5_PING);
	info = told(&s, RPC5_INFO);
	ck_assert_uint_eq(strlen(run5_text(&ping, "id")), 32);
	ck_assert_str_eq(run5_text(&ping, "id"), run5_text(&info, "unique_id"));
	ck_assert_str_eq(run5_text(&ping, "state"), "ok");
	ck_assert_int_eq(run5_number(&ping, "in_flight"), 0);

	/* As many as it likes; one more, which waits. */
	run5_start(&s, &a);
	run5_await(&a, "ready");
	ping = told(&s, RPC5_PING);
	ck_assert_str_eq(run5_text(&ping, "state"), "ok");
	ck_assert_int_eq(run5_number(&ping, "in_flight"), 1);
	run5_start(&s, &b);
	ck_assert_soon(call_cur_pending(&s) == 1);
	ping = told(&s, RPC5_PING);
	ck_assert_str_eq(run5_text(&ping, "state"), "loaded");
	ck_assert_int_eq(run5_number(&ping, "in_flight"), 2);
	info = told(&s, RPC5_INFO);
	ck_assert_str_eq(run5_text(&info, "state"), "loaded");
	ck_assert_int_eq(run5_number(&info, "in_flight"), 2);
	run5_free(&a);
	run5_free(&b);
	ck_assert_soon(call_cur_tools(&s) == 0 && call_cur_pending(&s) == 0);
	server_stop(&s);

	/* Every server is another. */
	r = ping;
	run5_server_best(&s, NULL);
	ping = told(&s, RPC5_PING);
	ck_assert_str_ne(run5_text(&ping, "id"), run5_text(&r, "id"));
	server_stop(&s);
}
END_TEST

/* Not of itself: it has ended, or was refused. */
START_TEST(results_and_refusals_tell_what_is_in_flight)
{
	struct server s;
	struct run5 hold = RUN5(harness_tool(harness_mode(), "tree"), "plain"), also = hold;
	struct run5 r = RUN5("/bin/true");

	run5_server_best(&s,
	    "server_max_threads = 2\nserver_max_pending = 0\n[Run_Tool_Fleet]\nloaded_at = 1\n");
	run5_do(&s, &r);
	ck_assert_int_eq(run5_number(&r, "in_flight"), 0);
	run5_start(&s, &hold);
	run5_await(&hold, "ready");
	r = run5_next(&r, RUN5("/bin/true"));
	run5_do(&s, &r);
	ck_assert_int_eq(run5_number(&r, "in_flight"), 1);
	r = run5_next(&r, RUN5("/no/such/tool"));
	run5_fails(&s, &r, SRPC_CLIENT_ERROR, "/no/such/tool");
	ck_assert_int_eq(run5_number(&r, "in_flight"), 1);
	ck_assert_str_eq(run5_text(&r, "state"), "ok");

	run5_start(&s, &also);
	run5_await(&also, "ready");
	r = run5_next(&r, RUN5("/bin/true"));
	run5_fails(&s, &r, SRPC_CLIENT_ERROR, "server too busy");
	ck_assert_int_eq(run5_number(&r, "in_flight"), 2);
	ck_assert_str_eq(run5_text(&r, "state"), "loaded");
	r = run5_next(&r, CALL5(RPC5_STATS));
	run5_do(&s, &r);
	ck_assert_int_eq(run5_number(&r, "in_flight"), 2);
	ck_assert_str_eq(run5_text(&r, "state"), "loaded");
	run5_free(&r);
	run5_free(&hold);
	run5_free(&also);
	server_stop(&s);
}
END_TEST

START_TEST(results_tell_of_a_loaded_server)
{
	struct server s;
	struct run5 hold = RUN5(harness_tool(harness_mode(), "tree"), "plain");
	struct run5 r = RUN5("/bin/true");

	run5_server_best(&s, "[Run_Tool_Fleet]\nloaded_at = 0\n");
	run5_do(&s, &r);
	/* It is over itself. */
	ck_assert_str_eq(run5_text(&r, "state"), "ok");
	run5_start(&s, &hold);
	run5_await(&hold, "ready");
	r = run5_next(&r, RUN5("/bin/true"));
	run5_do(&s, &r);
	ck_assert_str_eq(run5_text(&r, "state"), "loaded");
	run5_free(&r);
	run5_free(&hold);
	server_stop(&s);
}
END_TEST

/* Where a tool finds /proc and /dev: in the tests' named root, or as it is on this host. */
static void
add_with_proc(TCase *tc, const TTest *test)
{
	static const enum mode modes[] = {MODE_NAMED, MODE_ROOTLESS_NAMED, MODE_TESTING};

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		testing_add_if(tc, test, (int)modes[i], (int)modes[i] + 1, harness_can(modes[i]),
		    "root with CAP_SYS_ADMIN, or user namespaces");
}

static void
add_named(TCase *tc, const TTest *test)
{
	static const enum mode modes[] = {MODE_NAMED, MODE_ROOTLESS_NAMED};

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		testing_add_if(tc, test, (int)modes[i], (int)modes[i] + 1, harness_can(modes[i]),
		    "root with CAP_SYS_ADMIN, or user namespaces");
}

Suite *
v5_suite(void)
{
	Suite *suite = suite_create("v5");
	TCase *tc = tcase_create("run");

	tcase_set_timeout(tc, 60);
	testing_from(tc, TESTING_QUICK);
	harness_add_modes(tc, each_output_comes_in_order, 1);
	harness_add_modes(tc, a_tool_gets_its_arguments_environment_and_directory, 1);
	testing_from(tc, TESTING_CHECK);
	harness_add_modes(tc, merged_outputs_come_as_they_were_written, 1);
	tcase_add_test(tc, only_what_was_asked_for_is_in_the_environment);
	harness_add_modes(tc, a_tool_has_pipes, 1);
	add_with_proc(tc, a_tool_can_open_its_streams_by_name);
	add_named(tc, a_root_may_be_named);
	add_named(tc, an_unknown_root_is_told_with_those_that_are_known);
	add_named(tc, a_directory_that_a_root_lacks_is_told_with_the_root);
	harness_add_modes(tc, what_a_tool_and_its_children_used_is_told, 1);
	tcase_add_test(tc, the_wall_time_is_the_tools);
	suite_add_tcase(suite, tc);

	tc = tcase_create("options");
	tcase_set_timeout(tc, 60);
	testing_from(tc, TESTING_QUICK);
	tcase_add_test(tc, a_label_stands_in_the_log);
	testing_from(tc, TESTING_CHECK);
	tcase_add_test(tc, a_wrong_option_is_refused_by_its_name);
	tcase_add_test(tc, options_that_make_no_sense_together_are_refused);
	harness_add_modes(tc, umask_and_soft_limits_are_the_clients, 1);
	harness_add_modes(tc, what_the_client_has_closed_cannot_be_used, 1);
	tcase_add_test(tc, what_is_no_pair_is_refused);
	tcase_add_test(tc, the_outermost_values_are_good);
	tcase_add_test(tc, an_unknown_option_that_must_be_understood_is_refused);
	tcase_add_test(tc, an_unknown_option_that_may_be_ignored_is_ignored);
	suite_add_tcase(suite, tc);

	tc = tcase_create("failures");
	tcase_set_timeout(tc, 60);
	testing_from(tc, TESTING_QUICK);
	tcase_add_test(tc, an_unknown_named_root_leaves_the_connection_usable);
	testing_from(tc, TESTING_CHECK);
	harness_add_modes(tc, a_run_that_cannot_be_leaves_the_connection_usable, 1);
	tcase_add_test(tc, a_command_of_no_words_is_a_failure);
	tcase_add_test(tc, after_a_failure_there_is_no_hurry);
	tcase_add_test(tc, a_request_that_is_not_to_wait_on_is_refused_and_never_runs);
	suite_add_tcase(suite, tc);

	tc = tcase_create("versions");
	tcase_set_timeout(tc, 60);
	testing_from(tc, TESTING_QUICK);
	tcase_add_test(tc, versions_4_and_5_share_a_connection);
	testing_from(tc, TESTING_CHECK);
	tcase_add_test(tc, a_newer_version_is_refused_with_both_numbers);
	tcase_add_test(tc, an_unknown_procedure_is_refused);
	suite_add_tcase(suite, tc);

	tc = tcase_create("information");
	tcase_set_timeout(tc, 60);
	testing_from(tc, TESTING_QUICK);
	tcase_add_test(tc, information_is_that_of_version_4_by_name);
	tcase_add_test(tc, a_ping_tells_who_and_how_busy);
	testing_from(tc, TESTING_CHECK);
	tcase_add_test(tc, information_tells_what_version_4_does_not);
	tcase_add_test(tc, information_counts_what_was_done);
	tcase_add_test(tc, results_and_refusals_tell_what_is_in_flight);
	tcase_add_test(tc, results_tell_of_a_loaded_server);
	suite_add_tcase(suite, tc);
	return (suite);
}
