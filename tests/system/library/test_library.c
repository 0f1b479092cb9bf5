/* The library as it is installed: what others link with, and what it does with a server. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "lib/buf.h"
#include "system/harness.h"
#include "system/proc.h"
#include "runtool.h"
#include "system/suites.h"

#define TEST_LIMIT 120	 /* seconds */
#define CONNECT_MS 10000 /* also for calls but runtool_run() */

/* What is linked with a library under a sanitizer has to have it too. */
#ifdef __SANITIZE_ADDRESS__
#define SANITIZE "-fsanitize=address,undefined"
#elif defined(__SANITIZE_THREAD__)
#define SANITIZE "-fsanitize=thread"
#else
#define SANITIZE ""
#define PLAIN
#endif

/* ---- building ---- */

/* Runs a shell command; what it printed. */
static const char *
shell(const char *command)
{
	const char *argv[] = {"/bin/sh", "-c", command, NULL}, *out;
	struct program p = {.argv = argv, .uid = geteuid(), .pass = -1};
	int status = program_run(&p);

	ck_assert_msg(status == 0, "%s: status %d: %s", command, status, program_err(&p));
	out = program_out(&p);
	program_free(&p);
	return (out);
}

enum linking { SHARED, STATIC };
#ifdef PLAIN
static const int linkings = STATIC + 1;
#else
static const int linkings = SHARED + 1; /* there are no static sanitizers */
#endif

/* The path of an example that was linked with the installed library. */
static const char *
build_example(const char *name, enum linking linking)
{
	const char *path = harness_installed(harness_text("work/%s", harness_unique(name)));
	const char *how = linking == STATIC ? "-static" : "-Wl,-rpath,$lib";

	shell(harness_text("set -e; lib=%s; export PKG_CONFIG_PATH=$lib/pkgconfig; "
			   "cc -std=gnu17 -O -Wall -Wextra -Wpedantic -Werror " SANITIZE
			   " $(pkg-config --cflags runtool) tests/examples/%s.c -pthread %s "
			   "$(pkg-config --libs %s runtool) -o %s",
	    harness_installed("lib"), name, how, linking == STATIC ? "--static" : "", path));
	return (path);
}

START_TEST(the_header_stands_alone)
{
	const char *file = harness_installed(harness_text("work/%s.c", harness_unique("header")));

	shell(harness_text("printf '#include <runtool.h>\\nint x;\\n' > %s && "
			   "cc -std=c99 -Wall -Wextra -pedantic -Werror -fsyntax-only -I%s %s",
	    file, harness_installed("include"), file));
}
END_TEST

#ifdef PLAIN
/* Every function of the header, sorted, a line each. */
static const char *
functions_of_the_header(void)
{
	return (shell(harness_text(
	    "sed -n '/^RUNTOOL_API/,/;/p' %s | grep -o 'runtool_[a-z]*(' | tr -d '(' | sort -u",
	    harness_installed("include/runtool.h"))));
}

START_TEST(the_libraries_show_the_headers_functions_and_nothing_else)
{
	const char *list = _i == SHARED ? "nm -D --defined-only" : "nm -g --defined-only";
	const char *file = _i == SHARED ? "lib/libruntool.so" : "lib/libruntool.a";
	const char *wanted = functions_of_the_header();

	ck_assert_contains(wanted, "runtool_run\n");
	ck_assert_str_eq(shell(harness_text("%s %s | awk 'NF == 3 { print $3 }' | sort", list,
			     harness_installed(file))),
	    wanted);
}
END_TEST

START_TEST(the_shared_library_needs_libc_libbsd_and_inih_only)
{
	ck_assert_str_eq(
	    shell(harness_text(
		"readelf -d %s | sed -n 's/.*(\\(NEEDED\\|SONAME\\)).*\\[\\(.*\\)\\]/\\2/p'"
		" | sort",
		harness_installed("lib/libruntool.so"))),
	    "libbsd.so.0\nlibc.so.6\nlibinih.so.1\nlibruntool.so.0\n");
}
END_TEST
#endif

START_TEST(programs_are_bound_to_the_major_version)
{
	const char *example = build_example("compile", SHARED);

	ck_assert_contains(shell(harness_text("readelf -d %s", example)), "[libruntool.so.0]");
	ck_assert_contains(shell(harness_text("ldd %s", example)),
	    harness_text("libruntool.so.0 => %s", harness_installed("lib/libruntool.so.0")));
}
END_TEST

/* Each of these commands prints names in the header, and the page has to have all of them. */
START_TEST(the_manual_page_has_all_that_the_header_has)
{
	static const char *const commands[] = {
	    "grep -o 'RUNTOOL_[A-Z_]*\\b' $h | grep -v '_H$\\|_API$'",
	    "grep -o 'runtool_[a-z]*(' $h | tr -d '('",
	    "sed -n '/^struct.*{/,/^}/ { s|/\\*.*||; p }' $h | tr -s '[0-9]' ' ' | grep -o "
	    "'[a-z_]* *[,;]' | "
	    "tr -d ',;'"};

	ck_assert_str_eq(
	    shell(harness_text("h=%s; names=$(%s) && [ -n \"$names\" ] && "
			       "for n in $names; do grep -qw \"$n\" %s || echo $n; done",
		harness_installed("include/runtool.h"), commands[_i],
		harness_installed("share/man/man3/runtool.3"))),
	    "");
}
END_TEST

START_TEST(pkg_config_tells_the_version)
{
	ck_assert_str_eq(shell(harness_text("PKG_CONFIG_PATH=%s pkg-config --modversion runtool",
			     harness_installed("lib/pkgconfig"))),
	    shell(harness_text("%s --version | sed 's/.* //'", harness_installed("bin/runtool"))));
}
END_TEST

/* ---- the examples ---- */

static void
start_server(struct server *s, int version, const char *settings)
{
	server_start_best(s, harness_text("max_interface_version = %d\n%s", version, settings));
}

struct example {
	int status;
	const char *out, *err;
};

static struct example
run_example(const char *const *argv)
{
	struct program p = {.argv = argv, .uid = harness_user(), .pass = -1};
	struct example e;

	e.status = program_run(&p);
	e.out = program_out(&p);
	e.err = program_err(&p);
	program_free(&p);
	return (e);
}

#define EXAMPLE(...) run_example((const char *const[]){__VA_ARGS__, NULL})

static const char *
port_of(const struct server *s)
{
	return (harness_text("%d", s->port));
}

static void
check_compile(const char *example, int version)
{
	struct server s;
	struct example e;
	const char *port;

	start_server(&s, version, "");
	port = port_of(&s);
	e = EXAMPLE(example, "127.0.0.1", port, "1", "/bin/sh", "-c",
	    "echo hello.c: warning >&2; echo done; exit 3");
	ck_assert_int_eq(e.status, 3);
	ck_assert_str_eq(e.out, "done\n");
	ck_assert_contains(e.err, "hello.c: warning\n");
	ck_assert_contains(e.err, "exit status 3\n");
	e = EXAMPLE(example, "127.0.0.1", port, "1", "sh", "-c", "kill -9 $$");
	ck_assert_int_eq(e.status, 128 + SIGKILL);
	ck_assert_contains(e.err, "killed by signal 9\n");
	e = EXAMPLE(example, "127.0.0.1", port, "no-such-root", "true");
	ck_assert_int_eq(e.status, 125);
	ck_assert_contains(e.err, version == 4 ? "no named roots" : "no-such-root");
	server_stop(&s);
}

START_TEST(the_example_of_a_compiler_works)
{
	const char *example = build_example("compile", (enum linking)_i);

	check_compile(example, 5);
	check_compile(example, 4);
}
END_TEST

/* How often the text is in the other one. */
static int
count(const char *whole, const char *part)
{
	int n = 0;

	for (; (whole = strstr(whole, part)) != NULL; whole += strlen(part))
		n++;
	return (n);
}

START_TEST(the_example_of_many_threads_works)
{
	const char *example = build_example("parallel", (enum linking)_i);
	const char *argv[64] = {example, "-j", "8", "-s", NULL, "-s", NULL};
	struct server a, b;
	struct example e;
	size_t n;
	int i;

	/* There is less room than there are threads. */
	start_server(&a, 5, "server_max_threads = 2\nserver_max_pending = 0\n");
	start_server(&b, 4, "server_max_threads = 2\nserver_max_pending = 2\n");
	argv[4] = harness_text("127.0.0.1:%d", a.port);
	argv[6] = harness_text("127.0.0.1:%d", b.port);
	for (n = 7, i = 0; i < 40; i++)
		argv[n++] = harness_text("echo 'line %d'; printf %%05000d 0", i);
	e = run_example(argv);
	ck_assert_msg(e.status == 0, "%s%s", e.out, e.err);
	for (i = 0; i < 40; i++)
		ck_assert_int_eq(count(e.out, harness_text("\nline %d\n", i)), 1);
	ck_assert_int_eq(count(e.out, " KB, status 0, signal 0\n"), 40);
	ck_assert_int_gt(count(e.out, harness_text("== 127.0.0.1:%d: ", a.port)), 0);
	ck_assert_int_gt(count(e.out, harness_text("== 127.0.0.1:%d: ", b.port)), 0);
	e = EXAMPLE(example, "-s", argv[4], "true", "exit 7");
	ck_assert_int_eq(e.status, 1);
	ck_assert_contains(e.out, "status 7");
	server_stop(&a);
	server_stop(&b);
}
END_TEST

/* ---- calls to a server ---- */

static struct runtool *
connect_to(const struct server *s)
{
	struct runtool_error err = {.size = sizeof(err)};
	struct runtool *c = runtool_connect("127.0.0.1", port_of(s), CONNECT_MS, &err);

	ck_assert_msg(c != NULL, "%s", err.message);
	return (c);
}

#define REQUEST(...)                                                                             \
	{                                                                                        \
		.size = sizeof(struct runtool_request), .root = 1, .argv = (const char *const[]) \
		{                                                                                \
			__VA_ARGS__, NULL                                                        \
		}                                                                                \
	}

static struct runtool_result
run(struct runtool *c, const struct runtool_request *request)
{
	struct runtool_result result = {.size = sizeof(result)};
	struct runtool_error err = {.size = sizeof(err)};

	ck_assert_msg(runtool_run(c, request, &result, &err) == 0, "%s", err.message);
	return (result);
}

static int
append(void *arg, int stream, const void *data, size_t len)
{
	(void)stream;
	buf_append(arg, data, len);
	return (0);
}

/* What a program has whose header is older, or newer. */
START_TEST(programs_of_other_versions_run_tools)
{
	struct {
		struct runtool_request request;
		char more[40];
	} newer = {.request = REQUEST("/bin/sh", "-c", "umask")};
	struct {
		struct runtool_result result;
		char more[40];
	} told = {.result = {.size = sizeof(told)}};
	struct runtool_result older = {
	    .size = offsetof(struct runtool_result, linger_s), .linger_s = -1};
	struct runtool_error err = {.size = sizeof(err)};
	struct buf output = {0};
	struct server s;
	struct runtool *c;

	start_server(&s, 5, "");
	c = connect_to(&s);
	newer.request.umask = (struct runtool_number){.given = true, .n = 077};
	newer.request.output = append;
	newer.request.arg = &output;
	newer.request.size = offsetof(struct runtool_request, umask);
	ck_assert_int_eq(runtool_run(c, &newer.request, &older, &err), 0);
	ck_assert_double_eq(older.linger_s, -1);
	newer.request.size = sizeof(newer);
	ck_assert_int_eq(runtool_run(c, &newer.request, &told.result, &err), 0);
	ck_assert_int_eq(told.result.interface, 5);
	ck_assert_int_eq(told.more[0], 0);
	buf_append(&output, "", 1);
	ck_assert_str_eq((const char *)output.data, "0022\n0077\n");
	newer.more[0] = 1;
	ck_assert_int_eq(runtool_run(c, &newer.request, &older, &err), -1);
	ck_assert_int_eq(err.code, RUNTOOL_INVALID);
	buf_free(&output);
	runtool_close(c);
	server_stop(&s);
}
END_TEST

#define INPUT_SIZE (32U << 20)

START_TEST(input_comes_back_as_it_went)
{
	const char *path = harness_file("");
	struct runtool_request request = REQUEST("/bin/cat");
	struct buf input = {0}, output = {0};
	struct server s;
	struct runtool *c;
	uint32_t x = 1;

	ck_assert_int_eq(buf_reserve(&input, INPUT_SIZE), 0);
	for (input.len = 0; input.len < INPUT_SIZE; input.len++)
		input.data[input.len] = (uint8_t)((x = x * 1664525 + 1013904223) >> 24);
	ck_assert_int_ne(request.stdin_fd = open(path, O_RDWR | O_CLOEXEC), -1);
	ck_assert_int_eq(write(request.stdin_fd, input.data, INPUT_SIZE), INPUT_SIZE);
	ck_assert_int_eq(lseek(request.stdin_fd, 0, SEEK_SET), 0);

	start_server(&s, 5, "");
	c = connect_to(&s);
	request.stream_stdin = true;
	request.output = append;
	request.arg = &output;
	ck_assert_int_eq(run(c, &request).status, 0);
	ck_assert_uint_eq(output.len, INPUT_SIZE);
	ck_assert(memcmp(output.data, input.data, INPUT_SIZE) == 0);
	runtool_close(c);
	close(request.stdin_fd);
	buf_free(&input);
	buf_free(&output);
	server_stop(&s);
}
END_TEST

START_TEST(an_object_outlives_its_server)
{
	struct runtool_request request = REQUEST("/bin/true");
	struct server s;
	struct runtool *c;
	int port;

	start_server(&s, _i, "");
	port = s.port;
	c = connect_to(&s);
	ck_assert_int_eq(run(c, &request).interface, _i);
	server_stop(&s);
	start_server(&s, _i, harness_text("SRPC_port = %d\n", port));
	ck_assert_int_eq(run(c, &request).interface, _i);
	runtool_close(c);
	server_stop(&s);
}
END_TEST

START_TEST(a_result_tells_what_a_tool_used)
{
	struct runtool_request request = REQUEST(
	    "/bin/sh", "-c", "i=0; while [ $i -lt 200000 ]; do i=$((i + 1)); done; sleep 0.3");
	struct runtool_result result = {.size = sizeof(result)};
	struct server s;
	struct runtool *c;

	start_server(&s, 5, "");
	c = connect_to(&s);
	result = run(c, &request);
	ck_assert_double_ge(result.wall_s, 0.3);
	ck_assert_double_lt(result.wall_s, 60);
	ck_assert_double_gt(result.user_s, 0.01);
	ck_assert_double_ge(result.wall_s + 0.05, result.user_s + result.system_s);
	ck_assert_int_gt(result.max_rss_kb, 100);
	ck_assert_double_ge(result.queue_s, 0);
	ck_assert_double_lt(result.queue_s, 60);
	ck_assert_int_eq(result.why, RUNTOOL_ENDED);
	runtool_close(c);
	server_stop(&s);
}
END_TEST

START_TEST(a_time_limit_ends_a_tool)
{
	const char *tag = harness_unique("limit");
	struct runtool_request request = REQUEST("/bin/sh", "-c", "sleep 60 & sleep 60; :", tag);
	struct runtool_result result = {.size = sizeof(result)};
	struct server s;
	struct runtool *c;

	start_server(&s, _i, "");
	c = connect_to(&s);
	request.time_limit_ms = 300;
	result = run(c, &request);
	ck_assert_int_eq(result.why, RUNTOOL_TIME_LIMIT);
	ck_assert_int_ne(result.signal, 0);
	/* The limit is kept in milliseconds, the time in microseconds. */
	ck_assert_double_ge(result.wall_s, 0.29);
	ck_assert_soon(!proc_runs(tag));
	runtool_close(c);
	server_stop(&s);
}
END_TEST

/* Does something to the call once the tool says that it is ready. */
struct order {
	struct runtool *client;
	int signal; /* 0: cancel; -1: close the stream */
	struct buf output;
};

static int
give_order(void *arg, int stream, const void *data, size_t len)
{
	struct order *o = arg;

	(void)stream;
	buf_append(&o->output, data, len);
	if (o->output.len != len)
		return (0);
	if (o->signal == -1)
		return (RUNTOOL_CLOSE_STREAM);
	if (o->signal == 0)
		runtool_cancel(o->client);
	else
		ck_assert_int_eq(runtool_signal(o->client, o->signal), 0);
	return (0);
}

START_TEST(a_signal_reaches_the_tools_tree)
{
	struct runtool_request request = REQUEST("/bin/sh", "-c",
	    "trap 'echo got it; exit 5' USR1; echo ready; while :; do sleep 0.05; done");
	struct order order = {.signal = SIGUSR1};
	struct runtool_result result = {.size = sizeof(result)};
	struct server s;

	start_server(&s, 5, "");
	order.client = connect_to(&s);
	request.output = give_order;
	request.arg = &order;
	result = run(order.client, &request);
	ck_assert_int_eq(result.status, 5);
	buf_append(&order.output, "", 1);
	ck_assert_contains((const char *)order.output.data, "ready\n");
	ck_assert_contains((const char *)order.output.data, "got it\n");
	buf_free(&order.output);
	runtool_close(order.client);
	server_stop(&s);
}
END_TEST

START_TEST(a_tool_that_a_signal_ends_is_told_apart)
{
	struct runtool_request request = REQUEST("/bin/sh", "-c", "echo ready; exec sleep 60");
	struct order order = {.signal = SIGINT};
	struct runtool_result result = {.size = sizeof(result)};
	struct server s;

	start_server(&s, _i, "");
	order.client = connect_to(&s);
	request.output = give_order;
	request.arg = &order;
	result = run(order.client, &request);
	ck_assert_int_eq(result.signal, SIGINT);
	ck_assert_int_eq(result.why, RUNTOOL_CLIENT_SIGNAL);
	buf_free(&order.output);
	runtool_close(order.client);
	server_stop(&s);
}
END_TEST

START_TEST(a_cancelled_tool_is_ended_by_the_server)
{
	const char *tag = harness_unique("cancel");
	struct runtool_request request = REQUEST("/bin/sh", "-c", "echo ready; sleep 60; :", tag);
	struct order order = {0};
	struct runtool_result result = {.size = sizeof(result)};
	struct runtool_error err = {.size = sizeof(err)};
	struct server s;

	start_server(&s, _i, "");
	order.client = connect_to(&s);
	request.output = give_order;
	request.arg = &order;
	ck_assert_int_eq(runtool_run(order.client, &request, &result, &err), -1);
	ck_assert_int_eq(err.code, RUNTOOL_CANCELLED);
	ck_assert_soon(!proc_runs(tag));
	buf_free(&order.output);
	runtool_close(order.client);
	server_stop(&s);
}
END_TEST

START_TEST(a_closed_stream_breaks_the_tools_pipe)
{
	struct runtool_request request = REQUEST("/bin/yes");
	struct order order = {.signal = -1};
	struct runtool_result result = {.size = sizeof(result)};
	struct server s;

	start_server(&s, _i, "");
	order.client = connect_to(&s);
	request.output = give_order;
	request.arg = &order;
	result = run(order.client, &request);
	ck_assert_msg(result.signal == SIGPIPE || result.status == 1, "signal %d, status %d",
	    result.signal, result.status);
	buf_free(&order.output);
	runtool_close(order.client);
	server_stop(&s);
}
END_TEST

START_TEST(a_tool_that_cannot_be_executed_is_told_with_its_errno)
{
	struct runtool_request missing = REQUEST("/bin/none"), directory = REQUEST("/bin");
	struct runtool_result result = {.size = sizeof(result)};
	struct runtool_error err = {.size = sizeof(err)};
	struct server s;
	struct runtool *c;

	start_server(&s, _i, "");
	c = connect_to(&s);
	ck_assert_int_eq(runtool_run(c, &missing, &result, &err), -1);
	ck_assert_int_eq(err.code, RUNTOOL_CLIENT);
	ck_assert_int_eq(err.exec_errno, ENOENT);
	ck_assert_int_eq(runtool_run(c, &directory, &result, &err), -1);
	ck_assert_int_eq(err.exec_errno, EACCES);
	runtool_close(c);
	server_stop(&s);
}
END_TEST

START_TEST(a_server_tells_what_it_is_and_stops_when_asked)
{
	struct runtool_request request = REQUEST("/bin/true");
	struct runtool_info info = {.size = sizeof(info)};
	struct runtool_ping ping = {.size = sizeof(ping)};
	struct runtool_error err = {.size = sizeof(err)};
	struct server s;
	struct runtool *c;
	int in_flight = -1;

	start_server(&s, 5, "sysname = Testix\n");
	c = connect_to(&s);
	run(c, &request);
	ck_assert_msg(runtool_info(c, &info, &err) == 0, "%s", err.message);
	ck_assert_str_eq(info.sysname, "Testix");
	ck_assert_int_eq(info.interface, 5);
	ck_assert_int_eq(info.max_tools, 4);
	ck_assert_int_eq(info.in_flight, 0);
	ck_assert_str_eq(info.area, "default");
	ck_assert_contains(info.software, "RunToolServer ");
	ck_assert_int_eq(info.runs, 1);
	ck_assert_int_eq(info.connections, 1);
	ck_assert_msg(runtool_ping(c, &ping, &err) == 0, "%s", err.message);
	ck_assert_mem_eq(ping.unique, info.unique, sizeof(ping.unique));
	ck_assert(!ping.loaded);
	ck_assert_msg(runtool_stop(c, &in_flight, &err) == 0, "%s", err.message);
	ck_assert_int_eq(in_flight, 0);
	server_ends(&s, 0);
	runtool_close(c);
}
END_TEST

Suite *
library_suite(void)
{
	Suite *suite = suite_create("library");
	TCase *tc = tcase_create("building");

	tcase_set_timeout(tc, TEST_LIMIT);
	testing_from(tc, TESTING_QUICK);
	tcase_add_test(tc, the_header_stands_alone);
	testing_from(tc, TESTING_CHECK);
	tcase_add_test(tc, programs_are_bound_to_the_major_version);
	tcase_add_loop_test(tc, the_manual_page_has_all_that_the_header_has, 0, 3);
	tcase_add_test(tc, pkg_config_tells_the_version);
	tcase_add_loop_test(tc, the_example_of_a_compiler_works, SHARED, linkings);
	tcase_add_loop_test(tc, the_example_of_many_threads_works, SHARED, linkings);
#ifdef PLAIN
	tcase_add_loop_test(
	    tc, the_libraries_show_the_headers_functions_and_nothing_else, SHARED, linkings);
	tcase_add_test(tc, the_shared_library_needs_libc_libbsd_and_inih_only);
#endif
	suite_add_tcase(suite, tc);

	tc = tcase_create("calls");
	tcase_set_timeout(tc, TEST_LIMIT);
	testing_from(tc, TESTING_QUICK);
	tcase_add_test(tc, input_comes_back_as_it_went);
	tcase_add_test(tc, programs_of_other_versions_run_tools);
	tcase_add_loop_test(tc, a_tool_that_cannot_be_executed_is_told_with_its_errno, 4, 6);
	testing_from(tc, TESTING_CHECK);
	tcase_add_loop_test(tc, an_object_outlives_its_server, 4, 6);
	tcase_add_test(tc, a_result_tells_what_a_tool_used);
	tcase_add_loop_test(tc, a_time_limit_ends_a_tool, 4, 6);
	tcase_add_test(tc, a_signal_reaches_the_tools_tree);
	tcase_add_loop_test(tc, a_tool_that_a_signal_ends_is_told_apart, 4, 6);
	tcase_add_loop_test(tc, a_cancelled_tool_is_ended_by_the_server, 4, 6);
	tcase_add_loop_test(tc, a_closed_stream_breaks_the_tools_pipe, 4, 6);
	tcase_add_test(tc, a_server_tells_what_it_is_and_stops_when_asked);
	suite_add_tcase(suite, tc);
	return (suite);
}
