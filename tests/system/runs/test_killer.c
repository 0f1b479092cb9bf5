/* What ends with its client, with its tool, with its server: everything that a tool started. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "system/harness.h"
#include "system/proc.h"
#include "system/run.h"
#include "system/suites.h"

#define SOON_MS	   20000 /* the tests' kill_grace is one second; a last resort has two more */
#define LONG_GRACE "kill_grace = 60\n"
#define SIGHTINGS  10 /* so often must nothing be seen of processes that come and go */

static const char *const shapes[] = {
    "plain", "children", "deaf", "session", "daemon", "endless", "stopped"};
#define SHAPES (sizeof(shapes) / sizeof(shapes[0]))

/* A loop's _i, over the modes and the shapes. */
#define MODE_OF(i)  ((enum mode)((size_t)(i) / SHAPES))
#define SHAPE_OF(i) (shapes[(size_t)(i) % SHAPES])

/* Ways for a client to go. */
static void
close_connection(struct run *r)
{
	close(r->conn);
	r->conn = -1;
}

static void
half_close(struct run *r)
{
	ck_assert_int_eq(shutdown(r->conn, SHUT_WR), 0);
}

static void
reset(struct run *r)
{
	struct linger now = {.l_onoff = 1};

	ck_assert_int_eq(setsockopt(r->conn, SOL_SOCKET, SO_LINGER, &now, sizeof(now)), 0);
	close_connection(r);
}

static const struct {
	const char *name;
	void (*go)(struct run *);
} ways[] = {{"closed", close_connection}, {"half-closed", half_close}, {"reset", reset}};
#define WAYS ((int)(sizeof(ways) / sizeof(ways[0])))

/* Nothing of it is seen, again and again: one look may miss what starts and ends quickly. */
static bool
is_gone(const char *tag)
{
	for (int i = 0; i < SIGHTINGS; i++) {
		if (proc_runs(tag))
			return (false);
		harness_pause();
	}
	return (true);
}

static bool
gone_within(const char *tag, int ms)
{
	int64_t end = harness_now() + ms;

	while (!is_gone(tag))
		if (harness_now() > end)
			return (false);
	return (true);
}

START_TEST(the_tools_of_a_client_that_is_gone_are_ended)
{
	const char *tags[WAYS];
	struct run r[WAYS];
	struct server s;

	server_start_mode(&s, MODE_OF(_i), NULL);
	for (int i = 0; i < WAYS; i++) {
		tags[i] = harness_unique("tree");
		r[i] = RUN(harness_tool(s.mode, "tree"), SHAPE_OF(_i), tags[i]);
		run_start(&s, &r[i]);
		run_await(&r[i], "ready");
	}
	for (int i = 0; i < WAYS; i++)
		ways[i].go(&r[i]);
	for (int i = 0; i < WAYS; i++) {
		ck_assert_msg(gone_within(tags[i], SOON_MS), "%s, connection %s: %s runs on",
		    mode_names[s.mode], ways[i].name, SHAPE_OF(_i));
		run_free(&r[i]);
	}
	ck_assert_soon(call_cur_tools(&s) == 0);
	server_stop(&s);
}
END_TEST

/* And at once, though `kill_grace` is long. */
START_TEST(what_a_tool_leaves_running_is_dead_before_the_reply)
{
	const char *tag = harness_unique("tree");
	struct server s;
	struct run r =
	    RUN(harness_tool(MODE_OF(_i), "tree"), harness_text("leave-%s", SHAPE_OF(_i)), tag);
	int64_t start;

	server_start_mode(&s, MODE_OF(_i), LONG_GRACE);
	start = harness_now();
	run_do(&s, &r);
	ck_assert_msg(is_gone(tag), "%s: %s is left", mode_names[s.mode], SHAPE_OF(_i));
	ck_assert_int_eq(r.status, 0);
	ck_assert_int_eq(r.signal, 0);
	ck_assert_str_eq(run_out(&r), "ready\n");
	ck_assert_int_lt(harness_now() - start, SOON_MS);
	run_free(&r);
	server_stop(&s);
}
END_TEST

START_TEST(no_tool_survives_its_server)
{
	const char *tag = harness_unique("tree");
	struct server s;
	struct run r = RUN(harness_tool(MODE_OF(_i), "tree"), SHAPE_OF(_i), tag);

	server_start_mode(&s, MODE_OF(_i), LONG_GRACE);
	run_start(&s, &r);
	run_await(&r, "ready");
	ck_assert_int_eq(kill(server_pid(&s), SIGKILL), 0);
	ck_assert(program_wait(&s.program, HARNESS_PATIENCE));
	ck_assert_msg(
	    gone_within(tag, SOON_MS), "%s: %s runs on", mode_names[s.mode], SHAPE_OF(_i));
	program_free(&s.program);
	run_free(&r);
}
END_TEST

/* SIGTERM comes at once, and gives a tool the time to tidy up. */
START_TEST(a_gone_clients_tool_can_tidy_up)
{
	const char *mark = harness_unique("mark");
	const char *script = harness_text("trap 'echo tidy >%s; exit 0' TERM; echo ready; "
					  "while :; do sleep 0.02; done",
	    mark);
	struct server s;
	struct run r = RUN("/bin/sh", "-c", script);
	struct stat st;

	server_start_mode(&s, (enum mode)_i, LONG_GRACE);
	run_start(&s, &r);
	run_await(&r, "ready");
	close_connection(&r);
	ck_assert_soon(stat(harness_in_root(harness_text(".WD/%s", mark)), &st) == 0);
	ck_assert_soon(call_cur_tools(&s) == 0);
	run_free(&r);
	server_stop(&s);
}
END_TEST

START_TEST(a_request_whose_client_is_gone_never_runs)
{
	const char *mark = harness_unique("mark");
	struct server s;
	struct run first = RUN(harness_tool(harness_mode(), "tree"), "plain");
	struct run waiting = RUN("/bin/sh", "-c", harness_text("echo >%s", mark));
	struct run last = RUN("/bin/true");
	struct stat st;

	server_start_best(&s, "server_max_threads = 1\n");
	run_start(&s, &first);
	run_await(&first, "ready");
	run_start(&s, &waiting);
	ck_assert_soon(call_cur_pending(&s) == 1);
	ways[_i].go(&waiting);
	ck_assert_soon(call_cur_pending(&s) == 0);
	run_free(&first);
	run_do(&s, &last);
	ck_assert_msg(stat(harness_in_root(harness_text(".WD/%s", mark)), &st) == -1,
	    "connection %s: it ran", ways[_i].name);
	run_free(&waiting);
	run_free(&last);
	server_stop(&s);
}
END_TEST

START_TEST(the_end_of_one_client_leaves_the_others_alone)
{
	const char *tag = harness_unique("tree");
	struct server s;
	struct run gone = RUN(harness_tool((enum mode)_i, "tree"), "children");
	struct run other = RUN(harness_tool((enum mode)_i, "tree"), "children", tag);
	size_t before;

	server_start_mode(&s, (enum mode)_i, NULL);
	run_start(&s, &gone);
	run_start(&s, &other);
	run_await(&gone, "ready");
	run_await(&other, "ready");
	before = proc_tagged(tag, NULL, 0);
	run_free(&gone);
	ck_assert_soon(call_cur_tools(&s) == 1);
	ck_assert_uint_eq(proc_tagged(tag, NULL, 0), before);
	ck_assert(!other.replied);
	run_free(&other);
	server_stop(&s);
}
END_TEST

/*
 * Whether a connection of the server has a keep-alive timer of at most so many seconds: 2, and the
 * ticks left, in the sixth field of /proc/net/tcp; the second is its address, the fourth 1.
 */
static bool
is_probed(const struct server *s, long seconds)
{
	const char *port = harness_text(":%04X", (unsigned int)s->port);
	char line[512], *field[6], *rest;
	bool found = false;
	FILE *f = fopen("/proc/net/tcp", "re");

	ck_assert_ptr_nonnull(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		for (int i = 0; i < 6; i++)
			field[i] = strtok_r(i == 0 ? line : NULL, " ", &rest);
		if (field[5] != NULL && strstr(field[1], port) != NULL &&
		    strcmp(field[3], "01") == 0 && strncmp(field[5], "02:", 3) == 0)
			found |= strtol(field[5] + 3, NULL, 16) <= seconds * sysconf(_SC_CLK_TCK);
	}
	fclose(f);
	return (found);
}

/* A host that has vanished says nothing at all: it must be asked, within a minute in all. */
START_TEST(a_silent_client_is_probed)
{
	struct server s;
	struct run r = RUN(harness_tool(harness_mode(), "tree"), "plain");

	server_start_best(&s, NULL);
	run_start(&s, &r);
	run_await(&r, "ready");
	ck_assert_soon(is_probed(&s, 60));
	run_free(&r);
	server_stop(&s);
}
END_TEST

/* A client that has no time for the output now is alive. */
START_TEST(a_client_that_does_not_read_is_not_gone)
{
	struct server s;
	struct run r = RUN(harness_tool(harness_mode(), "flood"), "50000000");
	int64_t end;

	r.unread = r.keep_nothing = true;
	server_start_best(&s, "relay_timeout = 1\nrequest_timeout = 1\n");
	run_start(&s, &r);
	for (end = harness_now() + 2500; harness_now() < end;)
		run_pump(&r, 100);
	ck_assert(!r.replied);
	ck_assert_int_eq(call_cur_tools(&s), 1);
	r.unread = false;
	run_finish(&r);
	ck_assert(!r.failed);
	ck_assert_int_eq(r.status, 0);
	ck_assert_uint_eq(r.received[0], 50000000);
	run_free(&r);
	server_stop(&s);
}
END_TEST

START_TEST(a_tool_without_output_runs_on)
{
	struct server s;
	struct run r = RUN("/bin/sh", "-c", "exec >&- 2>&-; sleep 0.3; exit 3");

	server_start_best(&s, NULL);
	run_do(&s, &r);
	ck_assert_int_eq(r.status, 3);
	run_free(&r);
	server_stop(&s);
}
END_TEST

START_TEST(a_tool_cannot_kill_its_launcher)
{
	struct server s;
	struct run r = RUN("/bin/sh", "-c", "kill -9 $PPID 1; exit 3");

	server_start_mode(&s, MODE_PID, NULL);
	run_do(&s, &r);
	ck_assert_int_eq(r.status, 3);
	run_free(&r);
	server_stop(&s);
}
END_TEST

/* Where it can, it ends itself with its launcher: the server says so and goes on. */
START_TEST(a_tool_that_kills_its_launcher_harms_nobody_else)
{
	const char *tag = harness_unique("tree");
	struct server s;
	struct run r = RUN("/bin/sh", "-c", "kill -9 $PPID; sleep 60", tag);
	struct run next = RUN("/bin/sh", "-c", "exit 3");

	server_start_mode(&s, MODE_NONE, NULL);
	run_start(&s, &r);
	run_finish(&r);
	run_do(&s, &next);
	ck_assert_int_eq(next.status, 3);
	run_free(&r);
	run_free(&next);
	ck_assert_soon(!proc_runs(tag));
	server_stop(&s);
}
END_TEST

#define STOP_LAUNCHER "kill -STOP $PPID; exec /bin/tree children $0" /* which says `ready` */

START_TEST(a_tool_that_stops_its_launcher_ends_with_its_client_all_the_same)
{
	const char *tag = harness_unique("tree");
	struct server s;
	struct run r = RUN("/bin/sh", "-c", STOP_LAUNCHER, tag);
	struct run next = RUN("/bin/sh", "-c", "exit 3");

	server_start_mode(&s, MODE_NONE, NULL);
	run_start(&s, &r);
	run_await(&r, "ready");
	ways[_i].go(&r);
	ck_assert_msg(gone_within(tag, SOON_MS), "connection %s: it runs on", ways[_i].name);
	ck_assert_soon(call_cur_tools(&s) == 0);
	server_logs(&s, "its keeper does not answer");
	run_do(&s, &next);
	ck_assert_int_eq(next.status, 3);
	run_free(&r);
	run_free(&next);
	server_stop(&s);
}
END_TEST

START_TEST(a_tool_that_stops_its_launcher_does_not_hold_up_the_servers_end)
{
	const char *tag = harness_unique("tree");
	struct server s;
	struct run r = RUN("/bin/sh", "-c", STOP_LAUNCHER, tag);

	server_start_mode(&s, MODE_NONE, NULL);
	run_start(&s, &r);
	run_await(&r, "ready");
	server_stop(&s);
	ck_assert(!proc_runs(tag));
	run_free(&r);
}
END_TEST

Suite *
killer_suite(void)
{
	Suite *suite = suite_create("killer");
	TCase *tc = tcase_create("client");

	tcase_set_timeout(tc, 60);
	testing_from(tc, TESTING_QUICK);
	harness_add_modes(tc, a_gone_clients_tool_can_tidy_up, 1);
	harness_add_modes(tc, the_end_of_one_client_leaves_the_others_alone, 1);
	tcase_add_loop_test(tc, a_request_whose_client_is_gone_never_runs, 0, WAYS);
	testing_from(tc, TESTING_CHECK);
	harness_add_modes(tc, the_tools_of_a_client_that_is_gone_are_ended, (int)SHAPES);
	tcase_add_test(tc, a_silent_client_is_probed);
	tcase_add_test(tc, a_client_that_does_not_read_is_not_gone);
	suite_add_tcase(suite, tc);

	tc = tcase_create("tool");
	tcase_set_timeout(tc, 60);
	harness_add_modes(tc, what_a_tool_leaves_running_is_dead_before_the_reply, (int)SHAPES);
	tcase_add_test(tc, a_tool_without_output_runs_on);
	harness_add_admin(tc, a_tool_cannot_kill_its_launcher);
	testing_add_root(tc, a_tool_that_kills_its_launcher_harms_nobody_else);
	testing_add_root_loop(
	    tc, a_tool_that_stops_its_launcher_ends_with_its_client_all_the_same, 0, WAYS);
	testing_add_root(tc, a_tool_that_stops_its_launcher_does_not_hold_up_the_servers_end);
	suite_add_tcase(suite, tc);

	tc = tcase_create("server");
	tcase_set_timeout(tc, 60);
	harness_add_modes(tc, no_tool_survives_its_server, (int)SHAPES);
	suite_add_tcase(suite, tc);
	return (suite);
}
