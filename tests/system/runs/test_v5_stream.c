/* Version 5: what goes to a tool and what comes from it while it runs. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "system/harness.h"
#include "system/proc.h"
#include "system/run5.h"
#include "system/suites.h"

#define LARGE	20000000
#define A_LOT	testing_times(300000000, 1000000000)
#define MEMORY	16384L	 /* kB that a server may have at most, whatever it relays */
#define PLAIN	1000000L /* kB of addresses; with the shadow of a sanitizer it is more */
#define SIGNALS 31
#define MANY	10000

static const char *
best_tool(const char *name)
{
	return (harness_tool(harness_mode(), name));
}

/* What flood writes. */
static const char *
flood(size_t len)
{
	char *data = harness_alloc(len + 1);

	for (size_t i = 0; i < len; i++)
		data[i] = (char)(i % 251);
	return (data);
}

/* The server still runs tools, for the same client. */
static void
goes_on(const struct server *s, struct run5 *r)
{
	*r = run5_next(r, RUN5("/bin/sh", "-c", "echo next; exit 3"));
	run5_do(s, r);
	run5_exited(r, 3, "ended");
	ck_assert_str_eq(run5_out(r), "next\n");
}

/* ---- stdin */

START_TEST(without_input_stdin_is_empty)
{
	static const char *const options[] = {"stdin=none", NULL};
	struct run5 r = RUN5("/bin/cat");
	struct server s;

	run5_server_best(&s, NULL);
	r.must = options + _i;
	run5_do(&s, &r);
	run5_exited(&r, 0, "ended");
	ck_assert_str_eq(run5_out(&r), "");
	ck_assert_uint_eq(r.invited, 0);
	run5_free(&r);
	server_stop(&s);
}
END_TEST

START_TEST(stdin_may_be_a_file_of_the_servers_host)
{
	struct run5 r = RUN5("/bin/cat");
	struct server s;

	run5_server_best(&s, NULL);
	r.must = LIST5(harness_text("stdin_file=%s", harness_file("the file\n")));
	run5_do(&s, &r);
	run5_exited(&r, 0, "ended");
	ck_assert_str_eq(run5_out(&r), "the file\n");
	ck_assert_uint_eq(r.invited, 0);
	run5_free(&r);
	server_stop(&s);
}
END_TEST

/* Little, nothing, and more than all the buffers hold; it comes back at the same time. */
START_TEST(input_comes_from_the_client)
{
	static const size_t sizes[] = {6, 0, LARGE};
	struct run5 r = RUN5("/bin/cat");
	struct server s;

	run5_server(&s, (enum mode)_i, NULL);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		const char *data = flood(sizes[i]);

		r = run5_next(&r, RUN5("/bin/cat"));
		r.must = LIST5("stdin=stream");
		run5_start(&s, &r);
		run5_feed(&r, data, sizes[i]);
		run5_finish(&r);
		run5_exited(&r, 0, "ended");
		ck_assert_uint_eq(r.received[0], sizes[i]);
		ck_assert(sizes[i] == 0 || memcmp(r.output[0].data, data, sizes[i]) == 0);
	}
	run5_free(&r);
	server_stop(&s);
}
END_TEST

START_TEST(input_may_come_byte_by_byte)
{
	struct server s;
	struct run5 r = RUN5("/bin/cat");
	struct buf b = {0};

	run5_server_best(&s, NULL);
	r.must = LIST5("stdin=stream");
	run5_start(&s, &r);
	ck_assert_soon((run5_pump(&r, 100), r.welcome > 0));
	for (int i = 0; i < 300; i++)
		srpc_put_bytes(&b, "x", 1);
	srpc_put_bytes(&b, "", 0);
	for (size_t i = 0; i < b.len; i++)
		ck_assert(call_send(r.conn, b.data + i, 1));
	run5_finish(&r);
	ck_assert_str_eq(run5_out(&r), harness_letters(300));
	buf_free(&b);
	run5_free(&r);
	server_stop(&s);
}
END_TEST

/* It may all be taken, or not; the tool ends in its own time, and what comes late is dropped. */
START_TEST(a_tool_need_not_read_its_input)
{
	struct server s;
	struct run5 r = RUN5("/bin/sh", "-c", "echo ready; sleep 0.3; exit 4");
	const char *data = flood(LARGE);
	size_t sent;

	run5_server_best(&s, NULL);
	r.must = LIST5("stdin=stream");
	run5_start(&s, &r);
	run5_await(&r, "ready");
	ck_assert_soon((run5_pump(&r, 10), r.welcome > 0));
	for (sent = 0; !r.ended; run5_pump(&r, 10)) {
		if (r.welcome == 0)
			continue;
		ck_assert(run5_send(&r, data, r.welcome));
		sent += r.welcome;
		r.welcome = 0;
	}
	ck_assert_uint_lt(sent, LARGE);
	run5_finish(&r);
	run5_exited(&r, 4, "ended");
	/* The client does not know yet. */
	run5_send(&r, data, 1000);
	run5_order(&r, SIGTERM);
	run5_order(&r, RPC5_NO_STDOUT);
	run5_send(&r, "", 0);
	goes_on(&s, &r);
	run5_free(&r);
	server_stop(&s);
}
END_TEST

/* Before anything came, and in the middle of much. */
START_TEST(a_tool_may_close_its_input)
{
	/* The server asks for input first. */
	static const char *const tools[] = {"sleep 0.5; exec <&-; echo closed; sleep 0.3; exit 4",
	    "head -c 100000; exec <&-; echo closed; sleep 0.3; exit 4"};
	struct server s;
	struct run5 r = RUN5("/bin/sh", "-c", tools[_i]);
	const char *data = flood(LARGE);

	run5_server_best(&s, NULL);
	r.must = LIST5("stdin=stream");
	run5_start(&s, &r);
	ck_assert_soon((run5_pump(&r, 10), r.welcome > 0));
	if (_i == 1)
		ck_assert(run5_send(&r, data, 100000));
	run5_await(&r, "closed");
	/* All that is welcome. */
	ck_assert(run5_send(&r, data, 100));
	ck_assert(run5_send(&r, "", 0));
	run5_finish(&r);
	run5_exited(&r, 4, "ended");
	goes_on(&s, &r);
	run5_free(&r);
	server_stop(&s);
}
END_TEST

/* However much was sent, and however the tool ended. Without input there is nothing to tell. */
START_TEST(results_tell_how_much_input_was_read)
{
	static const struct {
		const char *script;
		int64_t read;
	} tools[] = {
	    {"exit 0", 0},
	    {"head -c 1000", 1000},
	    {"head -c 1000; exec <&-; sleep 0.2", 1000},
	    {"head -c 150000", 150000},
	    {"head -c 7; kill -9 $$", 7},
	    {"exec head -c 300000", 200000},
	};
	const char *data = flood(200000);
	struct run5 r = RUN5("/bin/true");
	struct server s;

	run5_server(&s, (enum mode)_i, NULL);
	run5_do(&s, &r);
	ck_assert(!run5_has(&r, "stdin_read"));
	for (size_t i = 0; i < sizeof(tools) / sizeof(tools[0]); i++) {
		r = run5_next(&r, RUN5("/bin/sh", "-c", tools[i].script));
		r.must = LIST5("stdin=stream");
		run5_start(&s, &r);
		run5_feed(&r, data, 200000);
		run5_finish(&r);
		ck_assert_msg(run5_number(&r, "stdin_read") == tools[i].read, "%s: %s",
		    tools[i].script, run5_text(&r, "stdin_read"));
	}
	run5_free(&r);
	server_stop(&s);
}
END_TEST

START_TEST(the_end_of_input_may_come_after_the_tools)
{
	struct server s;
	struct run5 r = RUN5("/bin/true");

	run5_server_best(&s, NULL);
	r.must = LIST5("stdin=stream");
	run5_do(&s, &r);
	ck_assert(run5_send(&r, "", 0));
	goes_on(&s, &r);
	run5_free(&r);
	server_stop(&s);
}
END_TEST

/* With the call, in one segment. */
START_TEST(what_comes_with_the_call_is_for_the_tool)
{
	struct server s;
	struct run5 r = RUN5("/bin/sh", "-c", "exec sleep 60");
	struct buf b = {0};

	run5_server_best(&s, NULL);
	srpc_put_int32(&b, SIGTERM);
	r.behind = b.data;
	r.behind_length = b.len;
	run5_do(&s, &r);
	run5_signalled(&r, SIGTERM, "client-signal");
	buf_free(&b);
	goes_on(&s, &r);
	run5_free(&r);
	server_stop(&s);
}
END_TEST

/* ---- output */

START_TEST(much_on_both_streams_comes_whole)
{
	const char *tool = harness_tool((enum mode)_i, "flood");
	struct run5 r = RUN5("/bin/sh", "-c", "$0 10000000 >&2 | $0 10000000", tool);
	const char *data = flood(10000000);
	struct server s;

	run5_server(&s, (enum mode)_i, NULL);
	run5_do(&s, &r);
	run5_exited(&r, 0, "ended");
	for (int i = 0; i < 2; i++) {
		ck_assert_uint_eq(r.received[i], 10000000);
		ck_assert_mem_eq(r.output[i].data, data, 10000000);
	}
	run5_free(&r);
	server_stop(&s);
}
END_TEST

/* Bytes that processes with this tag have written, or tried to. */
static long long
written_by(const char *tag)
{
	long long sum = 0;
	char line[256];
	pid_t pids[16];
	size_t found = proc_tagged(tag, pids, 16);

	ck_assert_uint_le(found, 16);
	for (size_t i = 0; i < found; i++) {
		FILE *f = fopen(harness_text("/proc/%d/io", (int)pids[i]), "re");

		while (f != NULL && fgets(line, sizeof(line), f) != NULL)
			if (strncmp(line, "wchar: ", 7) == 0)
				sum += strtoll(line + 7, NULL, 10);
		if (f != NULL)
			fclose(f);
	}
	return (sum);
}

/* Whether all processes with this tag that run this program, of which there are some, are in this state. */
static bool
all_are(const char *tag, const char *program, char state)
{
	pid_t pids[16];
	size_t found = proc_tagged(tag, pids, 16), n = 0;

	for (size_t i = 0; i < found && i < 16; i++) {
		if (strcmp(proc_status(pids[i], "Name"), program) != 0)
			continue;
		if (proc_status(pids[i], "State")[0] != state)
			return (false);
		n++;
	}
	return (n > 0);
}

/* It has written as much as goes, and then nothing for a while, since it cannot. */
static void
stands_still(const char *tag)
{
	long long before = -1, now;
	int64_t end = harness_now() + CALL_MS, still = harness_now();

	while (harness_now() < still + 300) {
		if ((now = written_by(tag)) != before || now == 0 || !all_are(tag, "flood", 'S'))
			still = harness_now();
		ck_assert_msg(harness_now() < end, "it goes on: %lld bytes", now);
		before = now;
		harness_pause();
	}
}

START_TEST(a_client_that_does_not_read_slows_its_tool_and_nobody_else)
{
	const char *tag = harness_unique("flood");
	struct run5 r = RUN5(best_tool("flood"), "100000000", tag), other = RUN5("/bin/true");
	struct server s;
	unsigned long ticks;

	run5_server_best(&s, "server_max_threads = 2\n");
	run5_start(&s, &r);
	stands_still(tag);
	/* Nor does the server wait for it by asking again and again. */
	ticks = proc_ticks(server_pid(&s));
	usleep(500000);
	ck_assert_uint_le(proc_ticks(server_pid(&s)) - ticks, 10);
	for (int i = 0; i < 20; i++) {
		other = run5_next(&other, RUN5("/bin/sh", "-c", "echo me too; exit 3"));
		run5_do(&s, &other);
		run5_exited(&other, 3, "ended");
		ck_assert_str_eq(run5_out(&other), "me too\n");
	}
	ck_assert_int_eq(call_cur_tools(&s), 1);
	r.keep_nothing = true;
	run5_finish(&r);
	run5_exited(&r, 0, "ended");
	ck_assert_uint_eq(r.received[0], 100000000);
	run5_free(&r);
	run5_free(&other);
	server_stop(&s);
}
END_TEST

static void
is_small(const struct server *s)
{
	if (proc_number(server_pid(s), "VmSize") < PLAIN)
		ck_assert_int_lt(proc_number(server_pid(s), "VmHWM"), MEMORY);
}

/* To a client that stops reading now and then. */
START_TEST(the_server_stays_small_whatever_it_relays)
{
	const uint64_t much = (uint64_t)A_LOT;
	struct run5 r = RUN5(best_tool("flood"), harness_text("%d", A_LOT));
	struct server s;

	run5_server_best(&s, NULL);
	run5_start(&s, &r);
	r.keep_nothing = true;
	for (uint64_t stop_at = 0; !r.ended; run5_pump(&r, 100))
		if (r.received[0] >= stop_at) {
			usleep(50000);
			stop_at += much / 10;
		}
	run5_exited(&r, 0, "ended");
	ck_assert_uint_eq(r.received[0], much);
	is_small(&s);
	run5_free(&r);

	/* And whatever it is sent. */
	r = RUN5("/bin/sleep", "0.5");
	r.must = LIST5("stdin=stream");
	run5_start(&s, &r);
	while (!r.ended) {
		run5_pump(&r, 100);
		if (r.welcome == 0 || r.ended)
			continue;
		run5_send(&r, flood(r.welcome), r.welcome);
		r.welcome = 0;
	}
	run5_exited(&r, 0, "ended");
	is_small(&s);
	run5_free(&r);
	server_stop(&s);
}
END_TEST

START_TEST(a_closed_stream_is_a_broken_pipe_and_the_other_goes_on)
{
	static const char *const scripts[] = {
	    "echo out; echo ready; $0 1000000000; echo $? >&2; sleep 0.1; echo more >&2; exit 3",
	    "echo ready; $0 1000000000 >&2; echo $?; sleep 0.1; echo more; exit 3"};
	const enum mode mode = (enum mode)(_i / 2);
	const int which = _i % 2;
	struct run5 r = RUN5("/bin/sh", "-c", scripts[which], harness_tool(mode, "flood"));
	struct server s;

	run5_server(&s, mode, NULL);
	run5_start(&s, &r);
	run5_await(&r, "ready");
	ck_assert_soon((run5_pump(&r, 100), r.received[which] > 100000));
	ck_assert(run5_order(&r, which == 0 ? RPC5_NO_STDOUT : RPC5_NO_STDERR));
	run5_finish(&r);
	run5_exited(&r, 3, "ended");
	ck_assert_contains(which == 0 ? run5_err(&r) : run5_out(&r), "141\nmore\n");
	run5_free(&r);
	server_stop(&s);
}
END_TEST

START_TEST(a_tool_whose_streams_are_both_closed_runs_on)
{
	struct run5 r =
	    RUN5("/bin/sh", "-c", "trap '' PIPE; echo ready; cat; echo x; echo y >&2; exit 3");
	struct server s;

	run5_server_best(&s, NULL);
	r.must = LIST5("stdin=stream");
	run5_start(&s, &r);
	run5_await(&r, "ready");
	ck_assert(run5_order(&r, RPC5_NO_STDERR));
	ck_assert(run5_order(&r, RPC5_NO_STDOUT));
	ck_assert(run5_order(&r, RPC5_NO_STDOUT));
	run5_pump_for(&r, 300);
	ck_assert(!r.ended);
	run5_feed(&r, "", 0);
	run5_finish(&r);
	run5_exited(&r, 3, "ended");
	ck_assert_str_eq(run5_out(&r), "ready\n");
	ck_assert_str_eq(run5_err(&r), "");
	run5_free(&r);
	server_stop(&s);
}
END_TEST

START_TEST(a_tool_that_writes_nothing_more_runs_on)
{
	struct run5 r = RUN5("/bin/sh", "-c", "exec >&- 2>&-; sleep 0.3; exit 3");
	struct server s;

	run5_server_best(&s, NULL);
	run5_do(&s, &r);
	run5_exited(&r, 3, "ended");
	ck_assert_int_ge(run5_number(&r, "wall_us"), 300000);
	run5_free(&r);
	server_stop(&s);
}
END_TEST

/*
 * A tool with a /proc can read what it has written itself: that is its own affair. The client does not
 * read first, so that something is under way.
 */
START_TEST(a_tool_that_takes_its_output_back_harms_nobody)
{
	const char *mark = harness_unique("mark");
	const char *script = "$0 100000000 & sleep 0.3; kill $!; exec 3</dev/stdout; "
			     "cat <&3 >/dev/null & sleep 0.1; echo >$1; sleep 0.5";
	struct run5 r = RUN5("/bin/sh", "-c", script, harness_tool((enum mode)_i, "flood"), mark);
	struct run5 other = RUN5("/bin/true");
	struct buf unused = {0};
	unsigned long ticks;
	struct server s;

	run5_server(&s, (enum mode)_i, NULL);
	run5_start(&s, &r);
	ck_assert_soon(access(harness_in_root(harness_text(".WD/%s", mark)), F_OK) == 0);
	ticks = proc_ticks(server_pid(&s));
	for (int64_t end = harness_now() + 500; harness_now() < end; unused.len = 0)
		if (call_receive(r.conn, &unused, 100) == 0)
			break;
	ck_assert_uint_le(proc_ticks(server_pid(&s)) - ticks, 20);
	run5_do(&s, &other);
	buf_free(&unused);
	run5_free(&r);
	run5_free(&other);
	ck_assert_soon(call_cur_tools(&s) == 0);
	server_stop(&s);
}
END_TEST

/* ---- who breaks the rules */

#define NONSENSE(what, bytes, code)                  \
	{                                            \
		what, bytes, sizeof(bytes) - 1, code \
	}
static const struct {
	const char *what, *bytes;
	size_t length;
	int32_t code;
} nonsense[] = {
    NONSENSE("signal 0", "\036\0\0\0\0", SRPC_PROTOCOL_VIOLATION),
    NONSENSE("signal 65", "\036\0\0\0\101", SRPC_PROTOCOL_VIOLATION),
    NONSENSE("signal -3", "\036\377\377\377\375", SRPC_PROTOCOL_VIOLATION),
    NONSENSE("signal 2^31 - 1", "\036\177\377\377\377", SRPC_PROTOCOL_VIOLATION),
    NONSENSE("signal -2^31", "\036\200\0\0\0", SRPC_PROTOCOL_VIOLATION),
    NONSENSE("input that nobody asked for", "\042\0\0\0\001x", SRPC_PROTOCOL_VIOLATION),
    NONSENSE("input of length -1", "\042\377\377\377\377", SRPC_INTERNAL_TROUBLE),
    NONSENSE("input of 2 GB", "\042\177\377\377\377", SRPC_PROTOCOL_VIOLATION),
    NONSENSE("an end_ack", "\015", SRPC_PROTOCOL_VIOLATION),
    NONSENSE("an end_call", "\014", SRPC_PROTOCOL_VIOLATION),
    NONSENSE("another call", "\013\0\0\0\005\0\0\0\005", SRPC_PROTOCOL_VIOLATION),
    NONSENSE("a second hello", "\012\0\0\0\012SRPC V1.4\0", SRPC_PROTOCOL_VIOLATION),
    NONSENSE("a text", "\044\0\0\0\001x", SRPC_PROTOCOL_VIOLATION),
    NONSENSE("the size of no terminal", "\036\100\014\0\120", SRPC_PROTOCOL_VIOLATION),
    NONSENSE("true", "\054", SRPC_PROTOCOL_VIOLATION),
    NONSENSE("no item", "\143\0\0\0\0", SRPC_PROTOCOL_VIOLATION),
    NONSENSE("zeros", "\0\0\0\0\0\0\0\0\0\0\0\0\0", SRPC_PROTOCOL_VIOLATION),
    NONSENSE("a failure of its own", "\377\377\377\377\377\0\0\0\002no", 0),
};
#define NNONSENSE (sizeof(nonsense) / sizeof(nonsense[0]))

/* While the tool runs; and in one go with the call. */
START_TEST(nonsense_during_a_run_ends_it)
{
	struct server s;

	run5_server_best(&s, NULL);
	for (size_t i = 0; i < NNONSENSE; i++) {
		const char *tag = harness_unique("tree");
		struct run5 r = RUN5(best_tool("tree"), "children", tag);

		if (_i == 1) {
			r.behind = nonsense[i].bytes;
			r.behind_length = nonsense[i].length;
		}
		run5_start(&s, &r);
		if (_i == 0) {
			run5_await(&r, "ready");
			call_send(r.conn, nonsense[i].bytes, nonsense[i].length);
		}
		run5_finish(&r);
		ck_assert_msg(r.results == NULL && r.failure.code == nonsense[i].code,
		    "%s: %s, failure item %d '%s'", nonsense[i].what,
		    r.results != NULL ? "results" : "no results", r.failure.code,
		    r.failure.message);
		ck_assert_soon(!proc_runs(tag));
		run5_free(&r);
	}
	ck_assert_soon(call_cur_tools(&s) == 0);
	server_stop(&s);
}
END_TEST

/* What is welcome, and a byte more; in one item, or in the next one. */
START_TEST(more_input_than_is_welcome_ends_the_run)
{
	const char *tag = harness_unique("tree");
	struct run5 r = RUN5(best_tool("tree"), "children", tag);
	struct server s;

	run5_server_best(&s, NULL);
	r.must = LIST5("stdin=stream");
	run5_start(&s, &r);
	run5_await(&r, "ready");
	ck_assert_soon((run5_pump(&r, 10), r.welcome > 0));
	if (_i == 0) {
		run5_send(&r, flood(r.welcome + 1), r.welcome + 1);
	} else {
		size_t most = r.welcome;

		run5_send(&r, flood(most), most);
		r.welcome = 0;
		/* What the tool's pipe took is welcome again; in all never more than at first. */
		run5_pump_for(&r, 300);
		run5_send(&r, flood(most + 1), most + 1);
	}
	run5_broke(&r, SRPC_PROTOCOL_VIOLATION, "input");
	ck_assert_soon(!proc_runs(tag));
	run5_free(&r);
	server_stop(&s);
}
END_TEST

START_TEST(there_is_no_input_after_its_end)
{
	struct run5 r = RUN5("/bin/sh", "-c", "echo ready; exec sleep 60");
	struct server s;

	run5_server_best(&s, NULL);
	r.must = LIST5("stdin=stream");
	run5_start(&s, &r);
	run5_await(&r, "ready");
	run5_send(&r, "", 0);
	run5_send(&r, "x", 1);
	run5_broke(&r, SRPC_PROTOCOL_VIOLATION, "input");
	run5_free(&r);
	ck_assert_soon(call_cur_tools(&s) == 0);
	server_stop(&s);
}
END_TEST

START_TEST(many_empty_inputs_end_the_run)
{
	const char *tag = harness_unique("tree");
	struct run5 r = RUN5(best_tool("tree"), "plain", tag);
	struct server s;
	struct buf b = {0};

	run5_server_best(&s, NULL);
	r.must = LIST5("stdin=stream");
	run5_start(&s, &r);
	run5_await(&r, "ready");
	for (int i = 0; i < MANY; i++)
		srpc_put_bytes(&b, "", 0);
	call_send_buf(r.conn, &b);
	run5_finish(&r);
	ck_assert(r.results == NULL);
	ck_assert_soon(!proc_runs(tag));
	run5_free(&r);
	r = RUN5("/bin/true");
	run5_do(&s, &r);
	run5_free(&r);
	server_stop(&s);
}
END_TEST

/* ---- signals */

static bool
ends_by_default(int sig)
{
	return (sig != SIGCHLD && sig != SIGCONT && sig != SIGURG && sig != SIGWINCH &&
		sig != SIGSTOP && sig != SIGTSTP && sig != SIGTTIN && sig != SIGTTOU);
}

/* Whether there was a core dump is what version 4 says of the same. */
static bool
dumps_core(const struct server *s, int sig)
{
	struct run r = RUN("/bin/sh", "-c", harness_text("kill -%d $$", sig));
	bool core;

	run_do(s, &r);
	ck_assert_int_eq(r.signal, sig);
	core = r.core;
	run_free(&r);
	return (core);
}

/* In make check the modes share them, but for the strongest one. */
static bool
is_tried(enum mode mode, int sig)
{
	return (
	    testing_level() == TESTING_LONG || mode == harness_mode() || sig % 3 == (int)mode % 3);
}

/* In all modes; and where tools may dump core. */
START_TEST(each_signal_that_ends_processes_ends_the_tool)
{
	bool cores = _i == MODES;
	struct run5 r = RUN5("/bin/true");
	struct server s;

	run5_server(&s, cores ? harness_mode() : (enum mode)_i,
	    cores ? "coredumpsize_limit = -1\n" : "coredumpsize_limit = 0\n");
	for (int sig = 1; sig <= SIGNALS; sig++) {
		if (!ends_by_default(sig) || !is_tried(s.mode, sig))
			continue;
		/* Several would dump their cores into one file. */
		r = run5_next(&r, RUN5(harness_tool(s.mode, "tree"), cores ? "plain" : "children"));
		run5_start(&s, &r);
		run5_await(&r, "ready");
		ck_assert(run5_order(&r, sig));
		run5_finish(&r);
		run5_signalled(&r, sig, "client-signal");
		ck_assert_int_eq(run5_number(&r, "core"), dumps_core(&s, sig));
		ck_assert(cores || run5_number(&r, "core") == 0);
	}
	harness_remove_cores();
	run5_free(&r);
	server_stop(&s);
}
END_TEST

/* A shell that is told of it, and of what it did to its child. */
START_TEST(a_signal_goes_to_the_whole_tree)
{
	const char *script = "trap t=told USR1; sh -c 'echo ready; exec sleep 60'; echo $?; "
			     "while [ -z $t ]; do sleep 0.01; done; echo $t; exit 3";
	struct run5 r = RUN5("/bin/sh", "-c", script);
	struct server s;

	run5_server(&s, (enum mode)_i, NULL);
	r.env = LIST5("PATH=/bin");
	run5_start(&s, &r);
	run5_await(&r, "ready");
	ck_assert(run5_order(&r, SIGUSR1));
	run5_finish(&r);
	/* It has ended by itself. */
	run5_exited(&r, 3, "ended");
	ck_assert_str_eq(run5_out(&r), harness_text("ready\n%d\ntold\n", 128 + SIGUSR1));
	run5_free(&r);
	server_stop(&s);
}
END_TEST

START_TEST(a_tool_that_ends_after_such_a_signal_ended_by_it)
{
	static const int ending[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
	struct run5 r = RUN5("/bin/true");
	struct server s;

	run5_server_best(&s, NULL);
	for (size_t i = 0; i < sizeof(ending) / sizeof(ending[0]); i++) {
		r = run5_next(&r, RUN5("/bin/sh", "-c",
				      "trap 'echo bye; exit 5' INT TERM HUP QUIT; echo ready; "
				      "while :; do sleep 0.02; done"));
		run5_start(&s, &r);
		run5_await(&r, "ready");
		ck_assert(run5_order(&r, ending[i]));
		run5_finish(&r);
		run5_exited(&r, 5, "client-signal");
		ck_assert_str_eq(run5_out(&r), "ready\nbye\n");
	}
	run5_free(&r);
	server_stop(&s);
}
END_TEST

START_TEST(a_tools_own_signal_is_not_the_clients)
{
	struct run5 r = RUN5("/bin/sh", "-c", "kill -KILL $$");
	struct server s;

	run5_server_best(&s, NULL);
	run5_do(&s, &r);
	run5_signalled(&r, SIGKILL, "ended");
	r = run5_next(&r, RUN5("/bin/sh", "-c",
			      "trap 'kill -KILL $$' USR1; echo ready; "
			      "while :; do sleep 0.02; done"));
	run5_start(&s, &r);
	run5_await(&r, "ready");
	ck_assert(run5_order(&r, SIGUSR1));
	run5_finish(&r);
	run5_signalled(&r, SIGKILL, "ended");
	run5_free(&r);
	server_stop(&s);
}
END_TEST

START_TEST(a_tool_can_be_stopped_and_continued)
{
	const char *tag = harness_unique("count");
	struct run5 r = RUN5("/bin/sh", "-c", "i=0; while :; do i=$((i + 1)); echo $i; done", tag);
	struct server s;
	uint64_t before;

	run5_server(&s, (enum mode)_i, NULL);
	run5_start(&s, &r);
	r.keep_nothing = true;
	ck_assert_soon((run5_pump(&r, 10), r.received[0] > 10000));
	ck_assert(run5_order(&r, SIGSTOP));
	do {
		before = r.received[0];
		run5_pump_for(&r, 150);
	} while (r.received[0] > before);
	ck_assert(run5_order(&r, SIGCONT));
	ck_assert_soon((run5_pump(&r, 10), r.received[0] > before + 10000));
	ck_assert(run5_order(&r, SIGKILL));
	run5_finish(&r);
	run5_signalled(&r, SIGKILL, "client-signal");
	run5_free(&r);
	server_stop(&s);
}
END_TEST

START_TEST(a_stopped_tool_ends_with_its_client)
{
	const char *tag = harness_unique("tree");
	struct run5 r = RUN5(harness_tool((enum mode)_i, "tree"), "children", tag);
	struct server s;

	run5_server(&s, (enum mode)_i, NULL);
	run5_start(&s, &r);
	run5_await(&r, "ready");
	ck_assert(run5_order(&r, SIGSTOP));
	ck_assert_soon(all_are(tag, "tree", 'T'));
	run5_free(&r);
	ck_assert_soon(!proc_runs(tag));
	server_stop(&s);
}
END_TEST

/* None that matters is lost among them. */
START_TEST(many_signals_do_no_harm)
{
	struct run5 r = RUN5(harness_tool((enum mode)_i, "tree"), "children");
	struct server s;
	struct buf b = {0};

	run5_server(&s, (enum mode)_i, NULL);
	run5_start(&s, &r);
	run5_await(&r, "ready");
	for (int i = 0; i < MANY; i++)
		srpc_put_int32(&b, i % 2 == 0 ? SIGCONT : SIGWINCH);
	srpc_put_int32(&b, SIGTERM);
	ck_assert(call_send_buf(r.conn, &b));
	run5_finish(&r);
	run5_signalled(&r, SIGTERM, "client-signal");
	goes_on(&s, &r);
	run5_free(&r);
	server_stop(&s);
}
END_TEST

/* ---- time limits */

START_TEST(a_tool_ends_at_its_time_limit)
{
	const char *tag = harness_unique("tree");
	struct run5 r = RUN5(harness_tool((enum mode)_i, "tree"), "children", tag);
	struct server s;

	run5_server(&s, (enum mode)_i, NULL);
	r.must = LIST5("time_limit_ms=2000");
	run5_do(&s, &r);
	run5_signalled(&r, SIGTERM, "time-limit");
	ck_assert(!proc_runs(tag));
	ck_assert_str_eq(run5_out(&r), "ready\n");
	ck_assert_int_ge(run5_number(&r, "wall_us"), 1999000);
	goes_on(&s, &r);
	run5_free(&r);
	server_stop(&s);
}
END_TEST

START_TEST(a_tool_that_ignores_sigterm_ends_after_the_grace)
{
	const char *tag = harness_unique("tree");
	struct run5 r = RUN5(harness_tool((enum mode)_i, "tree"), "deaf", tag);
	struct server s;

	/* kill_grace is a second. */
	run5_server(&s, (enum mode)_i, NULL);
	r.must = LIST5("time_limit_ms=2000");
	run5_do(&s, &r);
	run5_signalled(&r, SIGKILL, "time-limit");
	ck_assert(!proc_runs(tag));
	ck_assert_str_eq(run5_out(&r), "ready\n");
	ck_assert_int_ge(run5_number(&r, "wall_us"), 2999000);
	run5_free(&r);
	server_stop(&s);
}
END_TEST

START_TEST(a_tool_can_tidy_up_at_its_time_limit)
{
	struct run5 r = RUN5("/bin/sh", "-c",
	    "trap 'echo tidy; exit 5' TERM; echo ready; while :; do sleep 0.02; done");
	struct server s;

	run5_server_best(&s, "kill_grace = 60\n");
	r.may = LIST5("time_limit_ms=2000");
	run5_do(&s, &r);
	run5_exited(&r, 5, "time-limit");
	ck_assert_str_eq(run5_out(&r), "ready\ntidy\n");
	run5_free(&r);
	server_stop(&s);
}
END_TEST

/* Also what lies in the pipes still, for a client that does not read now. */
START_TEST(all_output_until_the_time_limit_comes)
{
	struct run5 r = RUN5("/bin/sh", "-c",
	    "trap 'echo last >&2; exit 5' TERM; $0 1000000000; :", best_tool("flood"));
	struct server s;
	const uint8_t *data;

	run5_server_best(&s, NULL);
	r.must = LIST5("time_limit_ms=1000");
	run5_start(&s, &r);
	ck_assert_soon(call_cur_tools(&s) == 1);
	nanosleep(&(struct timespec){.tv_sec = 1, .tv_nsec = 500000000}, NULL);
	run5_finish(&r);
	run5_exited(&r, 5, "time-limit");
	ck_assert_contains(run5_err(&r), "last\n");
	ck_assert_uint_gt(r.received[0], 100000);
	data = r.output[0].data;
	for (size_t i = 0; i < r.output[0].len; i++)
		if (data[i] != i % 251)
			ck_abort_msg("byte %zu is %d", i, data[i]);
	run5_free(&r);
	server_stop(&s);
}
END_TEST

/* The time in the queue is not the tool's. */
START_TEST(a_time_limit_begins_with_the_tool)
{
	struct run5 first = RUN5("/bin/sleep", "3");
	struct run5 r = RUN5("/bin/sh", "-c", "sleep 0.1; exit 3"), next = r;
	struct server s;

	run5_server_best(&s, "server_max_threads = 1\n");
	run5_start(&s, &first);
	ck_assert_soon(call_cur_tools(&s) == 1);
	r.must = LIST5("time_limit_ms=2500");
	run5_do(&s, &r);
	run5_exited(&r, 3, "ended");
	ck_assert_uint_ge(r.waits, 1);
	ck_assert_int_ge(run5_number(&r, "queue_us"), 300000);
	run5_finish(&first);
	run5_free(&first);

	/* And one that is far away does nothing. */
	next.must = LIST5("time_limit_ms=2147483647");
	run5_do(&s, &next);
	run5_exited(&next, 3, "ended");
	run5_free(&r);
	run5_free(&next);
	server_stop(&s);
}
END_TEST

/* ---- keep-alive */

START_TEST(a_silent_server_says_that_the_tool_runs)
{
	struct run5 r = RUN5("/bin/sleep", "1");
	struct server s;

	run5_server_best(&s, NULL);
	r.must = LIST5("keep_alive_ms=100");
	run5_do(&s, &r);
	ck_assert_uint_ge(r.going_on, 3);
	ck_assert_int_le(r.going_on, 1 + run5_number(&r, "wall_us") / 100000);
	ck_assert_uint_eq(r.waits, 0);

	/* Not more often than asked for. */
	r = run5_next(&r, RUN5("/bin/sleep", "0.5"));
	run5_do(&s, &r);
	ck_assert_uint_eq(r.going_on, 0);
	run5_free(&r);
	server_stop(&s);
}
END_TEST

START_TEST(a_stream_of_output_is_sign_of_life_enough)
{
	struct run5 r =
	    RUN5("/bin/sh", "-c", "for i in 1 2 3 4 5 6 7 8 9 10; do echo $i; sleep 0.25; done");
	struct server s;

	run5_server_best(&s, NULL);
	r.must = LIST5("keep_alive_ms=2000");
	run5_do(&s, &r);
	ck_assert_uint_eq(r.going_on, 0);
	run5_free(&r);
	server_stop(&s);
}
END_TEST

Suite *
v5_stream_suite(void)
{
	static const enum mode with_proc[] = {MODE_NAMED, MODE_TESTING};
	Suite *suite = suite_create("v5_stream");
	TCase *tc = tcase_create("input");

	tcase_set_timeout(tc, 60);
	testing_from(tc, TESTING_QUICK);
	tcase_add_test(tc, stdin_may_be_a_file_of_the_servers_host);
	tcase_add_test(tc, input_may_come_byte_by_byte);
	testing_from(tc, TESTING_CHECK);
	tcase_add_loop_test(tc, without_input_stdin_is_empty, 0, 2);
	harness_add_modes(tc, input_comes_from_the_client, 1);
	tcase_add_test(tc, a_tool_need_not_read_its_input);
	tcase_add_loop_test(tc, a_tool_may_close_its_input, 0, 2);
	harness_add_modes(tc, results_tell_how_much_input_was_read, 1);
	tcase_add_test(tc, the_end_of_input_may_come_after_the_tools);
	tcase_add_test(tc, what_comes_with_the_call_is_for_the_tool);
	suite_add_tcase(suite, tc);

	tc = tcase_create("output");
	tcase_set_timeout(tc, 60);
	testing_from(tc, TESTING_QUICK);
	tcase_add_test(tc, a_tool_whose_streams_are_both_closed_runs_on);
	testing_from(tc, TESTING_CHECK);
	harness_add_modes(tc, much_on_both_streams_comes_whole, 1);
	tcase_add_test(tc, a_client_that_does_not_read_slows_its_tool_and_nobody_else);
	tcase_add_test(tc, the_server_stays_small_whatever_it_relays);
	harness_add_modes(tc, a_closed_stream_is_a_broken_pipe_and_the_other_goes_on, 2);
	tcase_add_test(tc, a_tool_that_writes_nothing_more_runs_on);
	for (size_t i = 0; i < sizeof(with_proc) / sizeof(with_proc[0]); i++)
		testing_add_if(tc, a_tool_that_takes_its_output_back_harms_nobody,
		    (int)with_proc[i], (int)with_proc[i] + 1, harness_can(with_proc[i]),
		    "root with CAP_SYS_ADMIN, or user namespaces");
	suite_add_tcase(suite, tc);

	tc = tcase_create("rules");
	tcase_set_timeout(tc, 60);
	testing_from(tc, TESTING_QUICK);
	tcase_add_test(tc, there_is_no_input_after_its_end);
	testing_from(tc, TESTING_CHECK);
	tcase_add_loop_test(tc, nonsense_during_a_run_ends_it, 0, 2);
	tcase_add_loop_test(tc, more_input_than_is_welcome_ends_the_run, 0, 2);
	tcase_add_test(tc, many_empty_inputs_end_the_run);
	suite_add_tcase(suite, tc);

	tc = tcase_create("signals");
	tcase_set_timeout(tc, 60);
	testing_from(tc, TESTING_QUICK);
	harness_add_modes(tc, a_signal_goes_to_the_whole_tree, 1);
	testing_from(tc, TESTING_CHECK);
	harness_add_modes(tc, each_signal_that_ends_processes_ends_the_tool, 1);
	tcase_add_loop_test(tc, each_signal_that_ends_processes_ends_the_tool, MODES, MODES + 1);
	tcase_add_test(tc, a_tool_that_ends_after_such_a_signal_ended_by_it);
	tcase_add_test(tc, a_tools_own_signal_is_not_the_clients);
	harness_add_modes(tc, a_tool_can_be_stopped_and_continued, 1);
	harness_add_modes(tc, a_stopped_tool_ends_with_its_client, 1);
	harness_add_modes(tc, many_signals_do_no_harm, 1);
	suite_add_tcase(suite, tc);

	tc = tcase_create("time");
	tcase_set_timeout(tc, 60);
	testing_from(tc, TESTING_QUICK);
	harness_add_modes(tc, a_tool_ends_at_its_time_limit, 1);
	testing_from(tc, TESTING_CHECK);
	tcase_add_loop_test(tc, a_tool_that_ignores_sigterm_ends_after_the_grace,
	    (int)harness_mode(), (int)harness_mode() + 1);
	testing_add_root_loop(
	    tc, a_tool_that_ignores_sigterm_ends_after_the_grace, MODE_NONE, MODE_NONE + 1);
	tcase_add_test(tc, a_tool_can_tidy_up_at_its_time_limit);
	tcase_add_test(tc, all_output_until_the_time_limit_comes);
	tcase_add_test(tc, a_time_limit_begins_with_the_tool);
	tcase_add_test(tc, a_silent_server_says_that_the_tool_runs);
	tcase_add_test(tc, a_stream_of_output_is_sign_of_life_enough);
	suite_add_tcase(suite, tc);
	return (suite);
}
