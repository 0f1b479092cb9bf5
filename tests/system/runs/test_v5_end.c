/* Version 5: who has to wait, and what ends: clients, tools, servers. */
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "system/harness.h"
#include "system/proc.h"
#include "system/run5.h"
#include "system/suites.h"

#define SOON_MS	     20000 /* the tests' kill_grace is one second; a last resort has two more */
#define AT_ONCE_MS   20000 /* what it must not wait for takes a minute */
#define LONG_WAITS   "drain_timeout = 60\nkill_grace = 60\n"
#define ONE	     "server_max_threads = 1\n"
#define RETRY_MS     100 /* for each request too many */
#define MAX_RETRY_MS 5000
#define HALF_CALLS   300

/* A tool that runs until it is ended. */
static struct run5
endless(const struct server *s, const char *tag)
{
	const char **argv = (const char **)(void *)harness_alloc(4 * sizeof(*argv));

	argv[0] = harness_tool(s->mode, "tree");
	argv[1] = "session";
	argv[2] = tag;
	return (RUN5_ARGV(argv));
}

static void
run_until_ready(const struct server *s, struct run5 *r)
{
	run5_start(s, r);
	run5_await(r, "ready");
}

/* What the server has when nothing is going on. */
struct rest {
	size_t threads, descriptors;
};

static struct rest
at_rest(const struct server *s)
{
	struct rest rest;

	ck_assert_int_eq(call_cur_tools(s), 0);
	rest.threads = proc_threads(server_pid(s));
	rest.descriptors = proc_descriptors(server_pid(s));
	return (rest);
}

/* It has no more than that again, no children, and it runs tools. */
static void
is_well(const struct server *s, struct rest before)
{
	struct run5 r = RUN5("/bin/sh", "-c", "echo well; exit 3");

	ck_assert_soon(call_cur_tools(s) == 0 && call_cur_pending(s) == 0);
	run5_do(s, &r);
	run5_exited(&r, 3, "ended");
	ck_assert_str_eq(run5_out(&r), "well\n");
	run5_free(&r);
	ck_assert_soon(proc_descriptors(server_pid(s)) <= before.descriptors);
	ck_assert_uint_eq(proc_threads(server_pid(s)), before.threads);
	ck_assert_soon(proc_children(server_pid(s)) == 0);
}

/* ---- the queue */

START_TEST(who_has_to_wait_is_told_and_when_it_is_over)
{
	struct server s;
	struct run5 first, r = RUN5("/bin/sh", "-c", "echo mine");

	run5_server_best(&s, ONE);
	first = endless(&s, NULL);
	run_until_ready(&s, &first);
	ck_assert_uint_eq(first.waits + first.going_on, 0);
	run5_start(&s, &r);
	ck_assert_soon((run5_pump(&r, 100), r.waits == 1));
	run5_pump_for(&r, 300);
	ck_assert(!r.ended);
	ck_assert_uint_eq(r.waits, 1);
	ck_assert_uint_eq(r.going_on, 0);
	run5_free(&first);
	run5_finish(&r);
	run5_exited(&r, 0, "ended");
	ck_assert_uint_eq(r.going_on, 1);
	ck_assert_str_eq(run5_out(&r), "mine\n");
	ck_assert_int_ge(run5_number(&r, "queue_us"), 300000);
	run5_free(&r);
	server_stop(&s);
}
END_TEST

START_TEST(who_waits_hears_of_it_again_and_again)
{
	struct server s;
	struct run5 first, r = RUN5("/bin/sleep", "1"), patient = RUN5("/bin/true");
	int64_t begin;

	run5_server_best(&s, ONE);
	first = endless(&s, NULL);
	run_until_ready(&s, &first);
	r.must = LIST5("keep_alive_ms=100");
	begin = harness_now();
	run5_start(&s, &r);
	run5_start(&s, &patient);
	ck_assert_soon((run5_pump(&r, 100), r.waits >= 6));
	/* One at once, and then no more than one in 100 ms. */
	ck_assert_int_le(r.waits, 1 + (harness_now() - begin) / 100);
	ck_assert_soon((run5_pump(&patient, 100), patient.waits == 1));
	run5_pump_for(&patient, 50);
	ck_assert_uint_eq(patient.waits, 1);
	run5_free(&first);
	run5_finish(&r);
	run5_exited(&r, 0, "ended");
	ck_assert_uint_ge(r.going_on, 3);
	run5_finish(&patient);
	run5_exited(&patient, 0, "ended");
	run5_free(&r);
	run5_free(&patient);
	server_stop(&s);
}
END_TEST

/* By 100 ms for each request too many, up to 5 s. */
START_TEST(a_full_server_says_when_to_try_again)
{
	static const int places[] = {0, 3, 60};
	const int waiting = places[_i];
	const struct run5 short_one = RUN5("/bin/true");
	struct run5 first, more = short_one;
	struct run5 *r = (struct run5 *)(void *)harness_alloc((size_t)(waiting + 1) * sizeof(*r));
	struct server s;
	int wanted = RETRY_MS * (waiting + 1);

	run5_server_best(&s, harness_text(ONE "server_max_pending = %d\n", waiting));
	first = endless(&s, NULL);
	run_until_ready(&s, &first);
	for (int i = 0; i < waiting; i++) {
		r[i] = short_one;
		run5_start(&s, &r[i]);
	}
	ck_assert_soon(call_cur_pending(&s) == waiting);
	for (int i = 0; i < 3; i++) {
		run5_fails(&s, &more, SRPC_CLIENT_ERROR, "request denied: server too busy");
		ck_assert_int_eq(
		    run5_number(&more, "retry_ms"), wanted < MAX_RETRY_MS ? wanted : MAX_RETRY_MS);
		ck_assert(!run5_has(&more, "errno"));
		/* It did not wait. */
		ck_assert_uint_eq(more.waits, 0);
		more = run5_next(&more, short_one);
	}
	/* There is room again. */
	run5_free(&first);
	for (int i = 0; i < waiting; i++) {
		run5_finish(&r[i]);
		run5_exited(&r[i], 0, "ended");
		run5_free(&r[i]);
	}
	ck_assert_soon(call_cur_tools(&s) == 0);
	run5_do(&s, &more);
	run5_exited(&more, 0, "ended");
	run5_free(&more);
	server_stop(&s);
}
END_TEST

/* ---- clients that go away */

static void
close_connection(struct run5 *r)
{
	close(r->conn);
	r->conn = -1;
}

static void
half_close(struct run5 *r)
{
	ck_assert_int_eq(shutdown(r->conn, SHUT_WR), 0);
}

static void
reset(struct run5 *r)
{
	struct linger now = {.l_onoff = 1};

	ck_assert_int_eq(setsockopt(r->conn, SOL_SOCKET, SO_LINGER, &now, sizeof(now)), 0);
	close_connection(r);
}

/* A process has the connection, and is killed. */
static void
be_killed(struct run5 *r)
{
	pid_t pid = fork();

	ck_assert_int_ne(pid, -1);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	close_connection(r);
	usleep(20000);
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}

static const struct {
	const char *name;
	void (*go)(struct run5 *);
} ways[] = {{"closed", close_connection}, {"half-closed", half_close}, {"reset", reset},
    {"killed", be_killed}};
#define WAYS   ((int)(sizeof(ways) / sizeof(ways[0])))
#define SHAPES 3

static void
is_gone(const struct server *s, const char *tag, const char *phase)
{
	int64_t end = harness_now() + SOON_MS;

	while (proc_runs(tag)) {
		ck_assert_msg(
		    harness_now() < end, "%s, %s: it runs on", mode_names[s->mode], phase);
		harness_pause();
	}
	ck_assert_soon(call_cur_tools(s) == 0 && call_cur_pending(s) == 0);
}

/* Every shape goes in every way, at the same time. */
START_TEST(the_trees_of_clients_that_are_gone_are_ended)
{
	static const char *const shapes[] = {"children", "session", "stopped"};
	const char *tag = harness_unique("tree");
	struct run5 r[SHAPES][WAYS];
	struct server s;

	run5_server(&s, (enum mode)_i, harness_text("server_max_threads = %d\n", SHAPES * WAYS));
	for (int shape = 0; shape < SHAPES; shape++)
		for (int way = 0; way < WAYS; way++) {
			r[shape][way] = RUN5(harness_tool(s.mode, "tree"), shapes[shape], tag);
			run_until_ready(&s, &r[shape][way]);
		}
	for (int shape = 0; shape < SHAPES; shape++)
		for (int way = 0; way < WAYS; way++)
			ways[way].go(&r[shape][way]);
	is_gone(&s, tag, "running");
	for (int shape = 0; shape < SHAPES; shape++)
		for (int way = 0; way < WAYS; way++)
			run5_free(&r[shape][way]);
	server_stop(&s);
}
END_TEST

/* ---- the same at other times, in one way after the other */

static void
goes_while_it_waits(const struct server *s, int way)
{
	const char *tag = harness_unique("tree"), *mark = harness_unique("mark");
	struct run5 first = endless(s, tag);
	struct run5 r = RUN5("/bin/sh", "-c", "echo >$0", mark), last = RUN5("/bin/true");

	run_until_ready(s, &first);
	run5_start(s, &r);
	ck_assert_soon((run5_pump(&r, 100), r.waits == 1));
	ways[way].go(&r);
	ck_assert_soon(call_cur_pending(s) == 0);
	run5_free(&first);
	is_gone(s, tag, "waiting");
	run5_do(s, &last);
	ck_assert_msg(access(harness_in_root(harness_text(".WD/%s", mark)), F_OK) == -1,
	    "connection %s: it ran", ways[way].name);
	run5_free(&r);
	run5_free(&last);
}

/* With output under way that the client reads, or does not. */
static void
goes_during_output(const struct server *s, int way, bool reads)
{
	const char *tag = harness_unique("flood");
	struct run5 r = RUN5(harness_tool(s->mode, "flood"), "100000000000", tag);

	r.keep_nothing = true;
	run5_start(s, &r);
	ck_assert_soon((run5_pump(&r, 100), r.received[0] > 1000000));
	run5_pump_for(&r, reads ? 100 : 0);
	if (!reads)
		usleep(100000);
	ways[way].go(&r);
	is_gone(s, tag, reads ? "during output" : "with output that it does not read");
	run5_free(&r);
}

/* With input under way that the tool does not read; half of an item is there. */
static void
goes_during_input(const struct server *s, int way)
{
	const char *tag = harness_unique("tree");
	struct run5 r = endless(s, tag);
	char *data = harness_alloc(100000);
	struct buf b = {0};

	r.must = LIST5("stdin=stream");
	run_until_ready(s, &r);
	ck_assert_soon((run5_pump(&r, 100), r.welcome > 0));
	ck_assert(run5_send(&r, data, 100000));
	srpc_put_bytes(&b, data, 1000);
	ck_assert(call_send(r.conn, b.data, b.len / 2));
	ways[way].go(&r);
	is_gone(s, tag, "during input");
	buf_free(&b);
	run5_free(&r);
}

/* What the tool left in its pipes is nobody's now; not at the time limit either. */
static void
goes_after_the_tool(const struct server *s, int way, const char *const *options)
{
	const char *tag = harness_unique("flood");
	struct run5 r =
	    RUN5("/bin/timeout", "0.3", harness_tool(s->mode, "flood"), "100000000000", tag);

	r.must = options;
	run5_start(s, &r);
	run5_await_something(&r);
	ck_assert_soon(!proc_runs(tag));
	usleep(50000);
	ways[way].go(&r);
	is_gone(s, tag, "after the tool");
	run5_free(&r);
}

static void
goes_after_the_results(const struct server *s, int way)
{
	struct run5 r = RUN5("/bin/true");

	run5_do(s, &r);
	ways[way].go(&r);
	run5_free(&r);
}

/* A single worker, so that whoever keeps it is noticed. */
START_TEST(a_client_may_go_away_at_any_time)
{
	struct server s;
	struct rest rest;

	run5_server_best(&s, ONE);
	rest = at_rest(&s);
	goes_while_it_waits(&s, _i);
	goes_during_output(&s, _i, true);
	goes_during_output(&s, _i, false);
	goes_during_input(&s, _i);
	goes_after_the_tool(&s, _i, run_no_env);
	goes_after_the_tool(&s, _i, LIST5("time_limit_ms=200"));
	goes_after_the_results(&s, _i);
	is_well(&s, rest);
	server_stop(&s);
}
END_TEST

START_TEST(the_end_of_a_client_leaves_others_alone)
{
	const char *tag = harness_unique("tree");
	struct run5 gone, other;
	struct server s;
	size_t before;

	run5_server(&s, (enum mode)_i, NULL);
	gone = endless(&s, NULL);
	other = endless(&s, tag);
	run_until_ready(&s, &gone);
	run_until_ready(&s, &other);
	before = proc_tagged(tag, NULL, 0);
	run5_free(&gone);
	ck_assert_soon(call_cur_tools(&s) == 1);
	ck_assert_uint_eq(proc_tagged(tag, NULL, 0), before);
	ck_assert(run5_order(&other, SIGTERM));
	run5_finish(&other);
	run5_signalled(&other, SIGTERM, "client-signal");
	run5_free(&other);
	server_stop(&s);
}
END_TEST

/* ---- servers that end */

/* Ways to tell a server that it should end when its tools have. */
static void
by_signal(const struct server *s)
{
	ck_assert_int_eq(kill(server_pid(s), SIGTERM), 0);
}

static void
by_call(const struct server *s)
{
	struct run5 stop = CALL5(RPC5_STOP);

	run5_do(s, &stop);
	ck_assert_int_ge(run5_number(&stop, "in_flight"), 1);
	run5_free(&stop);
}

static void (*const drains[])(const struct server *) = {by_signal, by_call};

/* Output and results come whole, and then the end of the connection, whoever else still runs. */
START_TEST(a_draining_server_sees_its_tools_through)
{
	struct server s;
	struct run5 other, r = RUN5("/bin/sh", "-c", "echo ready; read line; echo $line; exit 3");

	run5_server(&s, (enum mode)(_i / 2), LONG_WAITS);
	other = endless(&s, NULL);
	run_until_ready(&s, &other);
	r.must = LIST5("stdin=stream");
	run_until_ready(&s, &r);
	drains[_i % 2](&s);
	ck_assert_soon(!server_listens(&s));
	run5_pump_for(&r, 100);
	ck_assert(!r.ended);
	run5_feed(&r, "go\n", 3);
	run5_finish(&r);
	run5_exited(&r, 3, "ended");
	ck_assert_str_eq(run5_out(&r), "ready\ngo\n");
	ck_assert(call_ended(r.conn, CALL_MS));
	ck_assert(!other.ended);
	run5_free(&r);
	ck_assert(run5_order(&other, SIGTERM));
	run5_finish(&other);
	run5_signalled(&other, SIGTERM, "client-signal");
	run5_free(&other);
	server_ends(&s, 0);
}
END_TEST

START_TEST(a_draining_server_refuses_who_waits)
{
	struct server s;
	struct run5 first, r = RUN5("/bin/true");

	run5_server_best(&s, ONE LONG_WAITS);
	first = endless(&s, NULL);
	run_until_ready(&s, &first);
	run5_start(&s, &r);
	ck_assert_soon((run5_pump(&r, 100), r.waits == 1));
	drains[_i](&s);
	run5_finish(&r);
	run5_failed(&r, SRPC_CLIENT_ERROR, "request denied: server is shutting down");
	ck_assert(!run5_has(&r, "retry_ms"));
	ck_assert(call_ended(r.conn, CALL_MS));
	ck_assert(!first.ended);
	run5_free(&first);
	run5_free(&r);
	server_ends(&s, 0);
}
END_TEST

START_TEST(after_the_drain_timeout_tools_are_ended)
{
	const char *tag = harness_unique("tree");
	struct server s;
	struct run5 r,
	    tidy = RUN5("/bin/sh", "-c",
		"trap 'echo tidy; exit 5' TERM; echo ready; while :; do sleep 0.02; done");

	run5_server(&s, (enum mode)_i, "drain_timeout = 0\n");
	r = endless(&s, tag);
	run_until_ready(&s, &r);
	run_until_ready(&s, &tidy);
	ck_assert_int_eq(kill(server_pid(&s), SIGTERM), 0);
	run5_finish(&r);
	run5_signalled(&r, SIGTERM, "server-shutdown");
	run5_finish(&tidy);
	run5_exited(&tidy, 5, "server-shutdown");
	ck_assert_str_eq(run5_out(&tidy), "ready\ntidy\n");
	ck_assert(call_ended(r.conn, CALL_MS));
	run5_free(&r);
	run5_free(&tidy);
	server_ends(&s, 0);
	ck_assert(!proc_runs(tag));
}
END_TEST

START_TEST(a_sigint_ends_all_tools_at_once)
{
	const char *tag = harness_unique("tree");
	struct server s;
	struct run5 r;
	int64_t start;

	run5_server(&s, (enum mode)_i, LONG_WAITS);
	r = RUN5(harness_tool(s.mode, "tree"), "deaf", tag);
	run_until_ready(&s, &r);
	start = harness_now();
	ck_assert_int_eq(kill(server_pid(&s), SIGINT), 0);
	run5_finish(&r);
	run5_signalled(&r, SIGKILL, "server-shutdown");
	ck_assert(call_ended(r.conn, CALL_MS));
	server_ends(&s, 0);
	ck_assert_int_lt(harness_now() - start, AT_ONCE_MS);
	ck_assert(!proc_runs(tag));
	run5_free(&r);
}
END_TEST

/* Nor does a client hold it up that does not read. */
START_TEST(a_sigint_ends_a_server_whose_client_does_not_read)
{
	struct server s;
	struct run5 r;
	int64_t start;

	run5_server_best(&s, LONG_WAITS);
	r = RUN5(harness_tool(s.mode, "flood"), "100000000000");
	run5_start(&s, &r);
	ck_assert_soon(call_cur_tools(&s) == 1);
	usleep(300000);
	start = harness_now();
	ck_assert_int_eq(kill(server_pid(&s), SIGINT), 0);
	server_ends(&s, 0);
	ck_assert_int_lt(harness_now() - start, AT_ONCE_MS);
	run5_free(&r);
}
END_TEST

START_TEST(no_tool_survives_its_server)
{
	const char *tag = harness_unique("tree");
	struct server s;
	struct run5 r;

	run5_server(&s, (enum mode)_i, LONG_WAITS);
	r = RUN5(harness_tool(s.mode, "tree"), "deaf", tag);
	run_until_ready(&s, &r);
	ck_assert_int_eq(kill(server_pid(&s), SIGKILL), 0);
	ck_assert(program_wait(&s.program, HARNESS_PATIENCE));
	run5_broke(&r, 0, "");
	ck_assert_soon(!proc_runs(tag));
	program_free(&s.program);
	run5_free(&r);
}
END_TEST

START_TEST(a_stop_call_ends_an_idle_server)
{
	struct server s;
	struct run5 idle = CALL5(RPC5_PING), r = CALL5(RPC5_STOP);

	run5_server_best(&s, LONG_WAITS);
	run5_do(&s, &idle);
	run5_do(&s, &r);
	ck_assert_int_eq(run5_number(&r, "in_flight"), 0);
	ck_assert(call_ended(r.conn, CALL_MS));
	ck_assert(call_ended(idle.conn, CALL_MS));
	server_ends(&s, 0);
	run5_free(&r);
	run5_free(&idle);
}
END_TEST

/* With another behind it in the same segment, too. */
START_TEST(a_stop_call_tells_what_is_under_way)
{
	struct server s;
	struct run5 first, waiting = RUN5("/bin/true"), r = CALL5(RPC5_STOP);
	struct buf b = {0};

	run5_server_best(&s, ONE LONG_WAITS);
	first = endless(&s, NULL);
	run_until_ready(&s, &first);
	run5_start(&s, &waiting);
	ck_assert_soon(call_cur_pending(&s) == 1);
	srpc_put_code(&b, SRPC_END_ACK);
	rpc5_put_call(&b, RPC5_STOP);
	r.behind = b.data;
	r.behind_length = b.len;
	run5_do(&s, &r);
	ck_assert_int_eq(run5_number(&r, "in_flight"), 2);
	ck_assert(call_ended(r.conn, CALL_MS));
	run5_finish(&waiting);
	run5_failed(&waiting, SRPC_CLIENT_ERROR, "shutting down");
	ck_assert(!first.ended);
	ck_assert(run5_order(&first, SIGTERM));
	run5_finish(&first);
	run5_signalled(&first, SIGTERM, "client-signal");
	server_ends(&s, 0);
	buf_free(&b);
	run5_free(&first);
	run5_free(&waiting);
	run5_free(&r);
}
END_TEST

START_TEST(a_stop_call_that_is_not_understood_stops_nothing)
{
	struct server s;
	struct run5 r = CALL5(RPC5_STOP);

	run5_server_best(&s, NULL);
	r.must = LIST5("when=never");
	run5_fails(&s, &r, SRPC_NOT_IMPLEMENTED, "when");
	r = run5_next(&r, RUN5("/bin/true"));
	run5_do(&s, &r);
	run5_free(&r);
	server_stop(&s);
}
END_TEST

/* ---- hostile clients */

START_TEST(a_call_may_arrive_byte_by_byte)
{
	struct server s;
	struct run5 r = RUN5("/bin/sh", "-c", "echo $0; exit 3", "arg");
	struct buf b = {0};

	run5_server_best(&s, NULL);
	r.must = LIST5("stdin=stream", "stderr=stdout");
	r.conn = call_connect(&s);
	run5_encode(&r, &b);
	for (size_t i = 0; i < b.len; i++)
		ck_assert(call_send(r.conn, b.data + i, 1));
	run5_finish(&r);
	run5_exited(&r, 3, "ended");
	ck_assert_str_eq(run5_out(&r), "arg\n");
	buf_free(&b);
	run5_free(&r);
	server_stop(&s);
}
END_TEST

/* Some call. */
static struct run5
any_run(void)
{
	static const char *const argv[] = {"/bin/true", "x", NULL};
	static const char *const options[] = {"stdin=stream", "stderr=stdout", NULL};
	struct run5 r = RUN5_ARGV(argv);

	r.must = options;
	return (r);
}

START_TEST(any_cut_of_a_call_is_dropped_in_silence)
{
	struct server s;
	struct rest rest;
	struct run5 r = any_run();
	struct buf whole = {0}, in = {0};

	run5_server_best(&s, NULL);
	rest = at_rest(&s);
	run5_encode(&r, &whole);
	for (size_t cut = 0; cut < whole.len; cut++) {
		int fd = call_connect(&s);

		call_send(fd, whole.data, cut);
		ck_assert_int_eq(shutdown(fd, SHUT_WR), 0);
		ck_assert_msg(call_receive(fd, &in, CALL_MS) == 0, "cut at %zu of %zu: an answer",
		    cut, whole.len);
		close(fd);
	}
	buf_free(&whole);
	buf_free(&in);
	is_well(&s, rest);
	server_stop(&s);
}
END_TEST

/* Others are served meanwhile, and in the end they are told. */
START_TEST(many_calls_that_stop_half_way_hold_nobody_up)
{
	int *fds = (int *)(void *)harness_alloc(HALF_CALLS * sizeof(*fds));
	struct run5 call = any_run(), r = RUN5("/bin/true");
	struct srpc_error failure;
	struct buf whole = {0};
	struct server s;
	struct rest rest;

	run5_server_best(&s, "request_timeout = 1\n");
	rest = at_rest(&s);
	run5_encode(&call, &whole);
	for (size_t i = 0; i < HALF_CALLS; i++) {
		fds[i] = call_connect(&s);
		ck_assert(call_send(fds[i], whole.data, 20 + i % (whole.len - 20)));
	}
	run5_do(&s, &r);
	run5_exited(&r, 0, "ended");
	run5_free(&r);
	for (size_t i = 0; i < HALF_CALLS; i++) {
		call_failure(fds[i], &failure);
		ck_assert_int_eq(failure.code, SRPC_READ_TIMEOUT);
		close(fds[i]);
	}
	buf_free(&whole);
	is_well(&s, rest);
	server_stop(&s);
}
END_TEST

/* All that a worker meets, but no tool comes of it: again and again, and none is lost. */
START_TEST(clients_that_go_at_once_cost_nothing)
{
	struct server s;
	struct rest rest;

	run5_server(&s, (enum mode)_i, NULL);
	rest = at_rest(&s);
	for (int i = 0; i < 200; i++) {
		struct run5 r = endless(&s, NULL);

		run5_start(&s, &r);
		if (i % 3 == 1)
			usleep((unsigned int)(i * 10));
		ways[i % 2 == 0 ? 0 : 2].go(&r);
		run5_free(&r);
	}
	is_well(&s, rest);
	server_stop(&s);
}
END_TEST

Suite *
v5_end_suite(void)
{
	Suite *suite = suite_create("v5_end");
	TCase *tc = tcase_create("queue");

	tcase_set_timeout(tc, 60);
	testing_from(tc, TESTING_QUICK);
	tcase_add_test(tc, who_has_to_wait_is_told_and_when_it_is_over);
	testing_from(tc, TESTING_CHECK);
	tcase_add_test(tc, who_waits_hears_of_it_again_and_again);
	tcase_add_loop_test(tc, a_full_server_says_when_to_try_again, 0, 3);
	suite_add_tcase(suite, tc);

	tc = tcase_create("client");
	tcase_set_timeout(tc, 60);
	testing_from(tc, TESTING_QUICK);
	harness_add_modes(tc, the_end_of_a_client_leaves_others_alone, 1);
	testing_from(tc, TESTING_CHECK);
	harness_add_modes(tc, the_trees_of_clients_that_are_gone_are_ended, 1);
	tcase_add_loop_test(tc, a_client_may_go_away_at_any_time, 0, WAYS);
	suite_add_tcase(suite, tc);

	tc = tcase_create("server");
	tcase_set_timeout(tc, 60);
	testing_from(tc, TESTING_QUICK);
	tcase_add_loop_test(tc, a_draining_server_refuses_who_waits, 0, 2);
	tcase_add_test(tc, a_stop_call_ends_an_idle_server);
	testing_from(tc, TESTING_CHECK);
	harness_add_modes(tc, a_draining_server_sees_its_tools_through, 2);
	harness_add_modes(tc, after_the_drain_timeout_tools_are_ended, 1);
	harness_add_modes(tc, a_sigint_ends_all_tools_at_once, 1);
	tcase_add_test(tc, a_sigint_ends_a_server_whose_client_does_not_read);
	harness_add_modes(tc, no_tool_survives_its_server, 1);
	tcase_add_test(tc, a_stop_call_tells_what_is_under_way);
	tcase_add_test(tc, a_stop_call_that_is_not_understood_stops_nothing);
	suite_add_tcase(suite, tc);

	tc = tcase_create("hostile");
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, a_call_may_arrive_byte_by_byte);
	tcase_add_test(tc, any_cut_of_a_call_is_dropped_in_silence);
	tcase_add_test(tc, many_calls_that_stop_half_way_hold_nobody_up);
	harness_add_modes(tc, clients_that_go_at_once_cost_nothing, 1);
	suite_add_tcase(suite, tc);
	return (suite);
}
