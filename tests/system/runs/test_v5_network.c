/* Version 5 over a network that the tests can take away: one of their own, with two hosts. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "system/harness.h"
#include "system/network.h"
#include "system/proc.h"
#include "system/run5.h"
#include "system/script.h"
#include "system/suites.h"

#define EVERYWHERE "listen = 0.0.0.0\nallow = 127.0.0.0/8 10.99.0.0/16\n"
#define FLOOD	   "50000000" /* more than all buffers hold */
#define PATIENCE   50000      /* ms; a network may be away for so long at least, */
#define GONE	   75000      /* a client that is slow, longer than this */

/* The server's host, where the test itself is, and the client's. */
static int here = -1, there = -1;

/* Link number n: 10.99.n.1 here, 10.99.n.2 there. */
static void
add_link(int n)
{
	network_command(
	    harness_text("ip link add name h%d type veth peer name t%d netns /proc/%d/fd/%d", n, n,
		(int)getpid(), there));
	network_command(
	    harness_text("ip addr add 10.99.%d.1/24 dev h%d && ip link set h%d up", n, n, n));
	network_command_at(there,
	    harness_text("ip addr add 10.99.%d.2/24 dev t%d && ip link set t%d up", n, n, n));
}

static void
make_network(int links)
{
	here = network_host();
	there = network_host();
	network_enter(here);
	for (int n = 1; n <= links; n++)
		add_link(n);
}

/* From this host's namespace, by way of link n. */
static int
connect_from(int host, const struct server *s, int n)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)s->port)};
	int fd;

	ck_assert_int_eq(inet_pton(AF_INET, harness_text("10.99.%d.1", n), &to.sin_addr), 1);
	network_enter(host);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	network_enter(here);
	ck_assert_msg(
	    connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0, "connect: %s", strerror(errno));
	return (fd);
}

/* ---- who may stop a server */

START_TEST(only_the_servers_own_host_may_stop_it)
{
	struct server s;
	struct run5 r = CALL5(RPC5_STOP);

	make_network(1);
	run5_server_best(&s, EVERYWHERE);
	r.conn = connect_from(there, &s, 1);
	run5_fails(&s, &r, SRPC_INVALID_PARAMETER, "host");
	r = run5_next(&r, CALL5(RPC5_PING));
	run5_do(&s, &r);
	r = run5_next(&r, RUN5("/bin/true"));
	run5_do(&s, &r);
	run5_free(&r);

	/* By its other address. */
	r = CALL5(RPC5_STOP);
	r.conn = connect_from(here, &s, 1);
	run5_do(&s, &r);
	run5_free(&r);
	server_ends(&s, 0);
}
END_TEST

/* ---- a network that is gone */

/* On link 1 the carrier is lost, on link 2 the client's host is not there any more; 3 is well. */
enum { NO_CARRIER = 1, NO_HOST, WELL, LINKS = WELL };

static struct client {
	const char *what;
	int link;
	bool writes; /* the tool does, all the time */
	bool reads;  /* the client does, until its network is gone */
	const char *option;
	bool runtool; /* the client is that program */
	/* How it goes. */
	const char *tag;
	struct run5 run;
	int64_t took; /* until the tool was gone; 0: it runs */
} clients[] = {
    {"silent, no carrier", NO_CARRIER, false, false, NULL, false, .took = 0},
    {"silent, no host", NO_HOST, false, false, NULL, false, .took = 0},
    {"silent, no host, often asked", NO_HOST, false, false, "keep_alive_ms=1000", false, .took = 0},
    {"silent, no host, never asked", NO_HOST, false, false, "keep_alive_ms=600000", false,
	.took = 0},
    {"writes, no carrier", NO_CARRIER, true, true, NULL, false, .took = 0},
    {"writes, no host", NO_HOST, true, true, NULL, false, .took = 0},
    {"writes, not read, no host", NO_HOST, true, false, NULL, false, .took = 0},
    {"writes, not read, but well", WELL, true, false, NULL, false, .took = 0},
    {"silent, not read, but well", WELL, false, false, "keep_alive_ms=100", false, .took = 0},
    {"silent, no host, runtool", NO_HOST, false, false, NULL, true, .took = 0},
    {"waits, no host", NO_HOST, true, false, NULL, false, .took = 0},
};
#define NCLIENTS ((int)(sizeof(clients) / sizeof(clients[0])))
#define WAITING	 (&clients[NCLIENTS - 1])

static struct program runtool;

static void
go_there(void)
{
	if (setns(3, CLONE_NEWNET) == -1)
		_exit(PROGRAM_NOT_RUN);
}

static void
start_runtool(const struct server *s, const struct client *c)
{
	const char *const argv[] = {harness_installed("bin/runtool"), "--keep-alive", "1", "-r",
	    harness_text("%u", harness_root(s->mode)), "-s",
	    harness_text("10.99.%d.1:%d", c->link, s->port), "--", harness_tool(s->mode, "tree"),
	    "plain", c->tag, NULL};

	runtool = (struct program){
	    .argv = argv, .uid = harness_user(), .prepare = go_there, .pass = there};
	program_start(&runtool);
	runtool.argv = NULL;
	ck_assert_soon(strcmp(program_out(&runtool), "ready\n") == 0);
}

/* After three signs of life that did not come. */
static void
runtool_gives_up(void)
{
	ck_assert(program_wait(&runtool, HARNESS_PATIENCE));
	ck_assert(WIFEXITED(runtool.status));
	ck_assert_int_eq(WEXITSTATUS(runtool.status), STATUS_TROUBLE);
	ck_assert_contains(program_err(&runtool), "silent for 3 s");
	program_free(&runtool);
}

static void
start_client(const struct server *s, struct client *c)
{
	const char **argv = (const char **)(void *)harness_alloc(4 * sizeof(*argv));
	const char **options = (const char **)(void *)harness_alloc(2 * sizeof(*options));

	c->tag = harness_unique("dead");
	c->run.conn = -1;
	if (c->runtool) {
		start_runtool(s, c);
		return;
	}
	argv[0] = harness_tool(s->mode, c->writes ? "flood" : "tree");
	argv[1] = !c->writes ? "plain" : c->link == WELL ? FLOOD : FLOOD "000";
	argv[2] = c->tag;
	options[0] = c->option;
	c->run = RUN5_ARGV(argv);
	c->run.must = options;
	c->run.keep_nothing = true;
	c->run.conn = connect_from(there, s, c->link);
	run5_start(s, &c->run);
	if (c == WAITING)
		ck_assert_soon(call_cur_pending(s) == 1);
	else
		ck_assert_soon(proc_runs(c->tag));
}

static void
read_for(int ms)
{
	int64_t end = harness_now() + ms;

	while (harness_now() < end)
		for (struct client *c = clients; c < clients + NCLIENTS; c++)
			if (c->reads)
				run5_pump(&c->run, 1);
}

/* Until all that should end has ended, and for at least GONE. */
static void
watch_them_end(const struct server *s, int64_t start)
{
	int64_t past;
	int left;

	do {
		left = 0;
		past = harness_now() - start;
		for (struct client *c = clients; c < clients + NCLIENTS; c++) {
			if (c->took == 0 &&
			    (c == WAITING ? call_cur_pending(s) == 0 : !proc_runs(c->tag)))
				c->took = past;
			left += c->took == 0 && c->link != WELL;
		}
		usleep(200000);
	} while (past < GONE || (left > 0 && past < 2L * GONE));
}

/* As a client does that was stopped, and is continued. */
static void
read_on(struct client *c)
{
	if (!c->writes)
		ck_assert(run5_order(&c->run, SIGTERM));
	run5_finish(&c->run);
	if (c->writes)
		run5_exited(&c->run, 0, "ended");
	else
		run5_signalled(&c->run, SIGTERM, "client-signal");
	ck_assert_uint_eq(
	    c->run.received[0], c->writes ? strtoul(FLOOD, NULL, 10) : strlen("ready\n"));
}

static void
lose_network(void)
{
	network_command_at(there, harness_text("ip link set t%d down", NO_CARRIER));
	network_command_at(there, harness_text("ip addr flush dev t%d", NO_HOST));
}

static void
get_network_back(void)
{
	network_command_at(there, harness_text("ip link set t%d up", NO_CARRIER));
	network_command_at(
	    there, harness_text("ip addr add 10.99.%d.2/24 dev t%d", NO_HOST, NO_HOST));
}

/* It loses who does not wait for it, and nobody else. */
START_TEST(a_network_that_is_back_soon_was_not_dead)
{
	static struct client few[] = {
	    {"silent, no carrier", NO_CARRIER, false, false, NULL, false, .took = 0},
	    {"silent, no host", NO_HOST, false, false, NULL, false, .took = 0},
	    {"writes, no carrier", NO_CARRIER, true, false, NULL, false, .took = 0},
	    {"silent, no host, runtool", NO_HOST, false, false, NULL, true, .took = 0}};
	struct server s;
	struct client *c;

	make_network(NO_HOST);
	run5_server_best(&s, EVERYWHERE);
	for (c = few; c < few + LENGTH(few); c++)
		start_client(&s, c);
	lose_network();
	runtool_gives_up();
	for (c = few; c < few + LENGTH(few); c++)
		ck_assert_msg(proc_runs(c->tag), "%s: ended", c->what);
	get_network_back();
	for (c = few; c < few + LENGTH(few) - 1; c++) {
		ck_assert(run5_order(&c->run, SIGTERM));
		run5_finish(&c->run);
		run5_signalled(&c->run, SIGTERM, "client-signal");
		run5_free(&c->run);
	}
	ck_assert_soon(!proc_runs(c->tag));
	server_stop(&s);
}
END_TEST

/* All at the same time: it takes long. */
START_TEST(a_dead_network_ends_the_tool_and_a_slow_client_does_not)
{
	struct server s;
	size_t descriptors;
	int64_t start;

	make_network(LINKS);
	run5_server_best(&s, harness_text(EVERYWHERE "server_max_threads = %d\n", NCLIENTS - 1));
	ck_assert_int_eq(call_cur_tools(&s), 0);
	descriptors = proc_descriptors(server_pid(&s));
	for (struct client *c = clients; c < clients + NCLIENTS; c++)
		start_client(&s, c);
	read_for(500);
	lose_network();
	start = harness_now();
	runtool_gives_up();
	watch_them_end(&s, start);
	for (struct client *c = clients; c < clients + NCLIENTS; c++) {
		ck_assert_msg(
		    (c->took == 0) == (c->link == WELL) && (c->took == 0 || c->took >= PATIENCE),
		    "%s: ended after %lld ms (0: it runs)", c->what, (long long)c->took);
		if (c->link == WELL)
			read_on(c);
		run5_free(&c->run);
	}
	ck_assert_soon(proc_descriptors(server_pid(&s)) <= descriptors);
	server_stop(&s);
}
END_TEST

Suite *
v5_network_suite(void)
{
	Suite *suite = suite_create("v5_network");
	TCase *tc = tcase_create("stop");

	tcase_set_timeout(tc, 60);
	testing_from(tc, TESTING_QUICK);
	network_add(tc, only_the_servers_own_host_may_stop_it);
	testing_from(tc, TESTING_CHECK);
	network_add(tc, a_network_that_is_back_soon_was_not_dead);
	suite_add_tcase(suite, tc);
	/* A sanitizer finds nothing in the waiting. */
	if (getenv("RUNTOOL_SERVER_ONLY") != NULL)
		return (suite);

	tc = tcase_create("dead");
	tcase_set_timeout(tc, 240);
	testing_from(tc, TESTING_LONG);
	network_add(tc, a_dead_network_ends_the_tool_and_a_slow_client_does_not);
	suite_add_tcase(suite, tc);
	return (suite);
}
