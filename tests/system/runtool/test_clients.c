/* runtool and RunToolProbe, as people use them. */
#include <jansson.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "system/harness.h"
#include "system/proc.h"
#include "system/run.h"
#include "runtool.h"
#include "system/script.h"
#include "system/suites.h"

#define MAX_ARGS 24

enum { NOT_RUN = 125, NOT_EXECUTABLE = 126, NOT_FOUND = 127 };

struct client {
	struct program program;
	const char *argv[MAX_ARGS];
	const char *out, *err;
};

/* A client's command line: the program, `-s SERVER` or just the server, the rest. */
static void
client_prepare(struct client *c, const char *name, const char *const *args)
{
	size_t n = 0;

	*c = (struct client){.program = {.uid = harness_user(), .pass = -1}};
	c->argv[n++] = harness_installed(harness_text("bin/%s", name));
	while (*args != NULL) {
		ck_assert_uint_lt(n, MAX_ARGS - 1);
		c->argv[n++] = *args++;
	}
	c->program.argv = c->argv;
}

static int
client_run(struct client *c, const char *name, const char *const *args)
{
	int status;

	client_prepare(c, name, args);
	status = program_run(&c->program);
	c->out = program_out(&c->program);
	c->err = program_err(&c->program);
	program_free(&c->program);
	return (status);
}

static const char *
place(const struct server *s)
{
	return (harness_text("127.0.0.1:%d", s->port));
}

#define RUNTOOL(c, s, ...) \
	client_run((c), "runtool", (const char *const[]){"-s", place(s), __VA_ARGS__, NULL})
#define PROBE(c, ...) client_run((c), "RunToolProbe", (const char *const[]){__VA_ARGS__, NULL})

START_TEST(runtool_exits_with_the_tools_status)
{
	struct server s;
	struct client c;

	server_start_best(&s, NULL);
	ck_assert_int_eq(RUNTOOL(&c, &s, "/bin/sh", "-c", "echo out; echo err >&2; exit 3"), 3);
	ck_assert_str_eq(c.out, "out\n");
	ck_assert_str_eq(c.err, "err\n");
	ck_assert_int_eq(RUNTOOL(&c, &s, "--", "/bin/true"), 0);
	server_stop(&s);
}
END_TEST

START_TEST(runtool_exits_with_128_and_the_tools_signal)
{
	struct server s;
	struct client c;

	server_start_best(&s, NULL);
	ck_assert_int_eq(RUNTOOL(&c, &s, "/bin/sh", "-c", "kill -9 $$"), 128 + SIGKILL);
	server_stop(&s);
}
END_TEST

START_TEST(runtool_exits_with_125_when_the_server_cannot_run_it)
{
	struct server s;
	struct client c;

	server_start_best(&s, NULL);
	ck_assert_int_eq(RUNTOOL(&c, &s, "-r", "0x99", "/bin/true"), NOT_RUN);
	ck_assert_contains(c.err, "Can't establish working directory");
	ck_assert_contains(c.err, "00000099");
	server_stop(&s);
}
END_TEST

START_TEST(runtool_exits_with_125_when_no_server_answers)
{
	struct server s;
	struct client c;

	server_start_best(&s, NULL);
	server_stop(&s);
	ck_assert_int_eq(RUNTOOL(&c, &s, "/bin/true"), NOT_RUN);
	ck_assert_contains(c.err, harness_text("%d", s.port));
}
END_TEST

START_TEST(runtool_tells_what_is_missing_from_what_cannot_be_executed)
{
	struct server s;
	struct client c;

	server_start_best(&s, NULL);
	ck_assert_int_eq(RUNTOOL(&c, &s, "/bin/none"), NOT_FOUND);
	ck_assert_int_eq(RUNTOOL(&c, &s, "/tmp"), NOT_EXECUTABLE);
	server_stop(&s);
}
END_TEST

START_TEST(runtool_passes_the_request_on)
{
	const char *input = harness_file("input\n");
	const char *dir = harness_unique("dir");
	struct server s;
	struct client c;

	server_start_best(&s, NULL);
	ck_assert_int_eq(mkdir(harness_in_root(harness_text("tmp/%s", dir)), 0755), 0);
	ck_assert_int_eq(
	    RUNTOOL(&c, &s, "-r", "1", "-w", harness_text("tmp/%s", dir), "-e", "A=1", "-e",
		"PATH=/bin:/usr/bin", "-i", input, "sh", "-c", "echo $A; cat; pwd"),
	    0);
	ck_assert_contains(c.out, "1\ninput\n");
	ck_assert_contains(c.out, harness_text("/tmp/%s\n", dir));
	server_stop(&s);
}
END_TEST

START_TEST(runtool_takes_the_server_from_vesta_cfg)
{
	struct server s;
	struct client c;
	const char *config;

	server_start_best(&s, NULL);
	config = harness_file(harness_text("[Run_Tool]\nSRPC_port = %d\n", s.port));
	ck_assert_int_eq(client_run(&c, "runtool",
			     (const char *const[]){
				 "-c", config, "-s", "127.0.0.1", "/bin/sh", "-c", "exit 3", NULL}),
	    3);
	server_stop(&s);
}
END_TEST

START_TEST(runtool_relays_a_large_output_completely)
{
	struct server s;
	struct client c;
	struct stat st;

	server_start_best(&s, NULL);
	client_prepare(&c, "runtool",
	    (const char *const[]){
		"-s", place(&s), harness_tool(s.mode, "flood"), "50000000", NULL});
	ck_assert_int_eq(program_run(&c.program), 0);
	ck_assert_int_eq(fstat(c.program.out, &st), 0);
	ck_assert_int_eq(st.st_size, 50000000);
	program_free(&c.program);
	server_stop(&s);
}
END_TEST

START_TEST(a_killed_runtool_takes_its_tool_with_it)
{
	const char *tag = harness_unique("tree");
	struct server s;
	struct client c;

	server_start_best(&s, NULL);
	client_prepare(&c, "runtool",
	    (const char *const[]){
		"-s", place(&s), harness_tool(s.mode, "tree"), "session", tag, NULL});
	program_start(&c.program);
	ck_assert_soon(strstr(program_out(&c.program), "ready") != NULL);
	ck_assert_int_eq(kill(c.program.pid, SIGKILL), 0);
	ck_assert(program_wait(&c.program, HARNESS_PATIENCE));
	ck_assert_soon(!proc_runs(tag));
	program_free(&c.program);
	server_stop(&s);
}
END_TEST

START_TEST(runtool_without_a_command_says_how_it_is_used)
{
	struct client c;

	ck_assert_int_eq(
	    client_run(&c, "runtool", (const char *const[]){"-s", "127.0.0.1:1", NULL}), NOT_RUN);
	ck_assert_contains(c.err, "no command");
	ck_assert_contains(c.err, "try 'runtool --help'");
}
END_TEST

START_TEST(the_probe_prints_what_the_server_says)
{
	struct server s;
	struct client c;

	server_start_best(&s, "sysname = Testix\ncpus = 17\n");
	ck_assert_int_eq(PROBE(&c, place(&s)), 0);
	ck_assert_contains(c.out, "Testix");
	ck_assert_contains(c.out, "17");
	server_stop(&s);
}
END_TEST

START_TEST(the_probe_fails_when_one_of_several_hosts_does_not_answer)
{
	struct server a, b;
	struct client c;

	server_start_best(&a, "sysname = First\n");
	server_start_best(&b, "sysname = Second\n");
	ck_assert_int_eq(PROBE(&c, place(&a), place(&b)), 0);
	ck_assert_contains(c.out, "First");
	ck_assert_contains(c.out, "Second");
	server_stop(&b);
	ck_assert_int_eq(PROBE(&c, place(&a), place(&b)), 1);
	ck_assert_contains(c.out, "First");
	ck_assert_contains(c.err, harness_text("%d", b.port));
	server_stop(&a);
}
END_TEST

/* One that speaks version 5. */
static void
start_new(struct server *s)
{
	*s = (struct server){.mode = harness_mode(),
	    .args = (const char *const[]){"-o", "max_interface_version=5", "-o", "sysname=Testix",
		"-o", "drain_timeout=10", NULL}};
	server_start(s);
}

/* The value of a line of the probe's output; "" without it. */
static const char *
value(const struct client *c, const char *name)
{
	const char *line = strstr(c->out, harness_text("%s ", name));

	if (line == NULL || (line != c->out && line[-1] != '\n'))
		return ("");
	line += strcspn(line, " ");
	line += strspn(line, " ");
	return (harness_text("%.*s", (int)strcspn(line, "\n"), line));
}

START_TEST(the_probe_shows_what_version_5_tells)
{
	struct server s;
	struct client c;
	struct tm tm;

	start_new(&s);
	ck_assert_int_eq(RUNTOOL(&c, &s, "/bin/true"), 0);
	ck_assert_int_eq(RUNTOOL(&c, &s, "/bin/none"), NOT_FOUND);
	ck_assert_int_eq(PROBE(&c, place(&s)), 0);
	ck_assert_str_eq(value(&c, "interface"), "5");
	ck_assert_str_eq(value(&c, "state"), "ok");
	ck_assert_str_eq(value(&c, "in_flight"), "0");
	ck_assert_str_eq(value(&c, "area"), "default");
	ck_assert_contains(value(&c, "software"), "RunToolServer ");
	ck_assert_str_eq(value(&c, "runs"), "1");
	ck_assert_str_eq(value(&c, "failures"), "1");
	ck_assert_str_eq(value(&c, "refused"), "0");
	ck_assert_int_ge(strtol(value(&c, "connections"), NULL, 10), 3);
	ck_assert_int_lt(strtol(value(&c, "uptime"), NULL, 10), 60);
	ck_assert_ptr_nonnull(strptime(value(&c, "started"), "%Y-%m-%dT%H:%M:%S%z", &tm));
	server_stop(&s);
}
END_TEST

START_TEST(the_probe_shows_of_a_version_4_server_what_there_is)
{
	struct server s;
	struct client c;

	server_start_best(&s, NULL);
	ck_assert_int_eq(PROBE(&c, place(&s)), 0);
	ck_assert_str_eq(value(&c, "interface"), "4");
	ck_assert_str_eq(value(&c, "state"), "");
	ck_assert_str_eq(value(&c, "area"), "");
	server_stop(&s);
}
END_TEST

START_TEST(the_probe_writes_json_also_about_servers_that_do_not_answer)
{
	struct server s;
	struct client c;
	const json_t *one;
	json_t *all;

	start_new(&s);
	ck_assert_int_eq(PROBE(&c, "--json", place(&s), "127.0.0.1:1", "a:b"), 1);
	ck_assert_str_eq(c.err, "");
	ck_assert_ptr_nonnull(all = json_loads(c.out, 0, NULL));
	ck_assert_uint_eq(json_array_size(all), 3);
	one = json_array_get(all, 0);
	ck_assert_str_eq(json_string_value(json_object_get(one, "server")), place(&s));
	ck_assert_str_eq(json_string_value(json_object_get(one, "sysname")), "Testix");
	ck_assert_int_eq(json_integer_value(json_object_get(one, "interface")), 5);
	ck_assert(json_is_real(json_object_get(one, "load")));
	ck_assert_ptr_null(json_object_get(one, "error"));
	one = json_array_get(all, 1);
	ck_assert_str_eq(json_string_value(json_object_get(one, "server")), "127.0.0.1:1");
	one = json_object_get(one, "error");
	ck_assert_int_eq(json_integer_value(json_object_get(one, "code")), RUNTOOL_TRANSPORT);
	ck_assert_contains(
	    json_string_value(json_object_get(one, "message")), "Connection refused");
	one = json_array_get(all, 2);
	ck_assert_str_eq(json_string_value(json_object_get(one, "server")), "a:b");
	ck_assert_ptr_nonnull(json_object_get(one, "error"));
	json_decref(all);
	server_stop(&s);
}
END_TEST

START_TEST(the_probe_pings)
{
	struct server s, old;
	struct client c;

	start_new(&s);
	server_start_best(&old, NULL);
	ck_assert_int_eq(PROBE(&c, "--ping", place(&s)), 0);
	ck_assert_uint_eq(strlen(value(&c, "unique_id")), 32);
	ck_assert_str_eq(value(&c, "state"), "ok");
	ck_assert_str_eq(value(&c, "in_flight"), "0");
	ck_assert_str_eq(value(&c, "sysname"), "");
	ck_assert_int_eq(PROBE(&c, "--ping", place(&old)), 0);
	ck_assert_str_eq(value(&c, "in_flight"), "0");
	server_stop(&s);
	server_stop(&old);
	ck_assert_int_eq(PROBE(&c, "--ping", place(&s)), 1);
	ck_assert_contains(c.err, "Connection refused");
	ck_assert_int_eq(PROBE(&c, "--ping", "--stop", place(&s)), 1);
	ck_assert_contains(c.err, "only one of them");
}
END_TEST

START_TEST(the_probe_has_a_server_drain)
{
	struct server s;
	struct client tool, c;

	start_new(&s);
	client_prepare(&tool, "runtool",
	    (const char *const[]){
		"-s", place(&s), "/bin/sh", "-c", "echo ready; sleep 1; exit 3", NULL});
	program_start(&tool.program);
	ck_assert_soon(strstr(program_out(&tool.program), "ready") != NULL);
	ck_assert_int_eq(PROBE(&c, "--stop", place(&s)), 0);
	ck_assert_str_eq(value(&c, "in_flight"), "1");
	ck_assert(program_wait(&tool.program, HARNESS_PATIENCE));
	ck_assert_int_eq(tool.program.status, 3 << 8);
	program_free(&tool.program);
	server_ends(&s, 0);
}
END_TEST

START_TEST(the_probe_says_that_an_old_server_cannot_be_stopped)
{
	struct server s;
	struct client c;

	server_start_best(&s, NULL);
	ck_assert_int_eq(PROBE(&c, "--stop", place(&s)), 1);
	ck_assert_contains(c.err, place(&s));
	ck_assert_int_eq(PROBE(&c, "--ping", place(&s)), 0);
	server_stop(&s);
}
END_TEST

START_TEST(runtool_says_both_versions_where_the_servers_is_too_old_for_the_request)
{
	struct server s;
	struct client c;

	server_start_best(&s, "max_interface_version = 4\n");
	ck_assert_int_eq(RUNTOOL(&c, &s, "-r", HARNESS_NAMED, "/bin/true"), NOT_RUN);
	ck_assert_contains(c.err, "the server speaks version 4 of the interface at most");
	ck_assert_contains(c.err, "or, for version 5, update the server");
	server_stop(&s);
}
END_TEST

/* ---- a name with an IPv6 and an IPv4 address */

static const char *hosts; /* the file, in the place of /etc/hosts */

static void
put_hosts(void)
{
	harness_own_mounts();
	if (mount(hosts, "/etc/hosts", NULL, MS_BIND, NULL) == -1)
		_exit(PROGRAM_NOT_RUN);
}

static int
listen_by_ipv6(int port)
{
	struct sockaddr_in6 at = {.sin6_family = AF_INET6,
	    .sin6_addr = IN6ADDR_LOOPBACK_INIT,
	    .sin6_port = htons((uint16_t)port)};
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	ck_assert_int_eq(listen(fd, 4), 0);
	return (fd);
}

/* A child that passes all on between the next connection and the server at 127.0.0.2, until one ends it. */
static pid_t
pass_on(int listener, int port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1),
	    .sin_port = htons((uint16_t)port)};
	struct pollfd fds[2] = {{.fd = listener, .events = POLLIN}, {.events = POLLIN}};
	char bytes[4096];
	ssize_t n = 1;
	pid_t pid;

	ck_assert_int_eq(poll(fds, 1, HARNESS_PATIENCE * 1000), 1);
	fds[0].fd = accept(listener, NULL, NULL);
	if ((pid = fork()) == 0) {
		fds[1].fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (connect(fds[1].fd, (struct sockaddr *)&to, sizeof(to)) == -1)
			_exit(1);
		while (n > 0 && poll(fds, 2, -1) > 0)
			for (int i = 0; i < 2 && n > 0; i++)
				if (fds[i].revents != 0 &&
				    (n = read(fds[i].fd, bytes, sizeof(bytes))) > 0)
					n = send(fds[1 - i].fd, bytes, (size_t)n, MSG_NOSIGNAL);
		_exit(0);
	}
	close(fds[0].fd);
	return (pid);
}

/* Its IPv4 address does not answer until the other one has, for both versions of the interface. */
START_TEST(a_server_of_version_4_that_is_reached_by_ipv6_is_reached_again_by_ipv4)
{
	struct server s = {.mode = harness_mode(),
	    .args = (const char *const[]){
		"-o", "listen=127.0.0.2", "-o", "max_interface_version=4", NULL}};
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int64_t end = harness_now() + INT64_C(1000) * HARNESS_PATIENCE;
	struct pollfd four = {.events = POLLIN};
	int six, fds[RUN_SILENT];
	struct client c;
	pid_t pids[16];
	size_t n = 0;

	server_start(&s);
	hosts = harness_file("127.0.0.1 both.test\n::1 both.test\n");
	at.sin_port = htons((uint16_t)s.port);
	run_silent_listener(fds, &at);
	six = listen_by_ipv6(s.port);
	client_prepare(&c, "runtool",
	    (const char *const[]){"-s", harness_text("both.test:%d", s.port), "/bin/sh", "-c",
		"echo out; echo err >&2; exit 3", NULL});
	c.program.prepare = put_hosts;
	program_start(&c.program);
	pids[n++] = pass_on(six, s.port);
	pids[n++] = pass_on(six, s.port);
	/* Now it does; what filled its queue may be in there still. */
	ck_assert_int_eq(listen(fds[0], 16), 0);
	for (size_t i = 1; i < RUN_SILENT; i++)
		close(fds[i]);
	four.fd = fds[0];
	while (!program_wait(&c.program, 0)) {
		ck_assert(harness_now() < end);
		if (n < LENGTH(pids) && poll(&four, 1, 50) == 1)
			pids[n++] = pass_on(four.fd, s.port);
	}
	ck_assert_str_eq(program_out(&c.program), "out\n");
	ck_assert_str_eq(program_err(&c.program), "err\n");
	ck_assert_int_eq(WEXITSTATUS(c.program.status), 3);
	program_free(&c.program);
	close(six);
	close(four.fd);
	server_stop(&s);
	while (n > 0)
		ck_assert_int_gt(waitpid(pids[--n], NULL, 0), 0);
}
END_TEST

/* Without any it says what it needs. */
START_TEST(a_server_of_version_4_with_ipv6_only_is_told_from_one_that_is_not_there)
{
	struct server s = {.mode = harness_mode(),
	    .args =
		(const char *const[]){"-o", "listen=::1", "-o", "max_interface_version=4", NULL}};
	struct client c;

	server_start(&s);
	hosts = harness_file("127.0.0.1 both.test\n::1 both.test\n");
	client_prepare(&c, "runtool",
	    (const char *const[]){
		"-s", harness_text("both.test:%d", s.port), "/bin/echo", "out", NULL});
	c.program.prepare = put_hosts;
	ck_assert_int_eq(program_run(&c.program), NOT_RUN);
	ck_assert_contains(program_err(&c.program),
	    "sends no output over IPv6 (and by IPv4: cannot connect "
	    "(127.0.0.1: Connection refused)");
	ck_assert_contains(program_err(&c.program),
	    "name an IPv4 address of it, or, for version 5, update the server");
	program_free(&c.program);
	server_stop(&s);
}
END_TEST

static void
add_both(TCase *tc, const TTest *test)
{
	if (harness_can_mount())
		testing_add_ipv6(tc, test, 0, 1);
	else
		testing_add_if(tc, test, 0, 1, false, "mounts in a namespace of its own");
}

/* Every program, whatever it asks. */
START_TEST(without_a_version_in_common_both_sides_say_the_others)
{
	static const char ours[] = "this client speaks versions 5 and 4 of the interface",
			  theirs[] = "Unsupported interface version 4: this server speaks 3 and "
				     "older (max_interface_version)";
	struct server s;
	struct client c;

	server_start_best(&s, "max_interface_version = 3\n");
	ck_assert_int_eq(RUNTOOL(&c, &s, "/bin/true"), NOT_RUN);
	ck_assert_contains(c.err, ours);
	ck_assert_contains(c.err, theirs);
	ck_assert_int_eq(PROBE(&c, place(&s)), 1);
	ck_assert_contains(c.err, ours);
	ck_assert_contains(c.err, theirs);
	ck_assert_int_eq(PROBE(&c, "--ping", place(&s)), 1);
	ck_assert_contains(c.err, theirs);
	server_logs(&s, theirs);
	server_stop(&s);
}
END_TEST

START_TEST(the_probe_asks_the_server_of_the_environment)
{
	struct server s;
	struct client c;

	start_new(&s);
	ck_assert_int_eq(setenv("RUNTOOL_SERVER", place(&s), 1), 0);
	ck_assert_int_eq(client_run(&c, "RunToolProbe", (const char *const[]){NULL}), 0);
	ck_assert_str_eq(value(&c, "server"), place(&s));
	ck_assert_int_eq(unsetenv("RUNTOOL_SERVER"), 0);
	server_stop(&s);
}
END_TEST

Suite *
clients_suite(void)
{
	Suite *suite = suite_create("clients");
	TCase *tc = tcase_create("runtool");

	tcase_set_timeout(tc, 60);
	testing_from(tc, TESTING_QUICK);
	tcase_add_test(tc, runtool_exits_with_the_tools_status);
	tcase_add_test(tc, runtool_passes_the_request_on);
	testing_from(tc, TESTING_CHECK);
	tcase_add_test(tc, runtool_exits_with_128_and_the_tools_signal);
	tcase_add_test(tc, runtool_exits_with_125_when_the_server_cannot_run_it);
	tcase_add_test(tc, runtool_exits_with_125_when_no_server_answers);
	tcase_add_test(tc, runtool_tells_what_is_missing_from_what_cannot_be_executed);
	tcase_add_test(tc, runtool_takes_the_server_from_vesta_cfg);
	tcase_add_test(tc, runtool_relays_a_large_output_completely);
	tcase_add_test(tc, a_killed_runtool_takes_its_tool_with_it);
	tcase_add_test(tc, runtool_without_a_command_says_how_it_is_used);
	tcase_add_test(tc, runtool_says_both_versions_where_the_servers_is_too_old_for_the_request);
	add_both(tc, a_server_of_version_4_that_is_reached_by_ipv6_is_reached_again_by_ipv4);
	add_both(tc, a_server_of_version_4_with_ipv6_only_is_told_from_one_that_is_not_there);
	tcase_add_test(tc, without_a_version_in_common_both_sides_say_the_others);
	suite_add_tcase(suite, tc);

	tc = tcase_create("probe");
	tcase_set_timeout(tc, 60);
	testing_from(tc, TESTING_QUICK);
	tcase_add_test(tc, the_probe_pings);
	testing_from(tc, TESTING_CHECK);
	tcase_add_test(tc, the_probe_prints_what_the_server_says);
	tcase_add_test(tc, the_probe_fails_when_one_of_several_hosts_does_not_answer);
	tcase_add_test(tc, the_probe_shows_what_version_5_tells);
	tcase_add_test(tc, the_probe_shows_of_a_version_4_server_what_there_is);
	tcase_add_test(tc, the_probe_writes_json_also_about_servers_that_do_not_answer);
	tcase_add_test(tc, the_probe_has_a_server_drain);
	tcase_add_test(tc, the_probe_says_that_an_old_server_cannot_be_stopped);
	tcase_add_test(tc, the_probe_asks_the_server_of_the_environment);
	suite_add_tcase(suite, tc);
	return (suite);
}
