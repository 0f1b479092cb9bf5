/* libruntool against a server of version 5: what it sends, and what it survives. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/testing.h"
#include "paths.h"
#include "unit/fake.h"
#include "unit/scratch.h"
#include "unit/suites.h"
#include "unit/thread.h"

#define MOMENT_MS  100
#define KEEP_ALIVE 500	/* ms */
#define SILENCE	   1500 /* after which a server is given up */
#define PATIENCE   400	/* ms: asking again and again */

static const char *const true_argv[] = {"/bin/true", NULL};

/* Scripts use it in their own thread. */
static _Atomic(struct runtool *) client;

static struct runtool *
start(void (*script)(struct fake *))
{
	struct runtool *c = fake_start(script, LONG_MS);

	atomic_store(&client, c);
	return (c);
}

/* ---- what servers of version 5 say ---- */

/* A run call; *run leads into what was received. */
static void
take_request(struct fake *f, struct rpc_run *run)
{
	struct srpc_reader r;
	struct srpc_error err;
	size_t at;
	int i;

	fake_take_start(f, RPC5_RUN, RPC5_VERSION);
	at = f->reader.pos;
	for (i = 0; i < 4; i++)
		fake_take(f, SRPC_CHARS_SEQ);
	fake_take(f, SRPC_END_CALL);
	r = f->reader;
	r.pos = at;
	thread_assert_msg(rpc5_get_run(&r, run, &err) == 0, "%s", err.message);
}

static void
take_run(struct fake *f)
{
	struct rpc_run run;

	take_request(f, &run);
	rpc_run_free(&run);
}

static void
take_call(struct fake *f, int32_t proc)
{
	fake_take_start(f, proc, RPC5_VERSION);
	fake_take(f, SRPC_CHARS_SEQ);
	fake_take(f, SRPC_CHARS_SEQ);
	fake_take(f, SRPC_END_CALL);
}

static void
take_number(struct fake *f, int32_t n)
{
	thread_assert_int_eq(fake_take(f, SRPC_INT32).number, n);
}

static void
put_output(struct buf *b, int stream, const char *text)
{
	size_t at = b->len;

	srpc_put_bytes(b, text, strlen(text));
	b->data[at] = stream == 1 ? RPC5_STDOUT : RPC5_STDERR;
}

static void
say_output(struct fake *f, int stream, const char *text)
{
	struct buf b = {0};

	put_output(&b, stream, text);
	fake_reply(f, &b);
}

static void
say_code(struct fake *f, uint8_t code)
{
	struct buf b = {0};

	srpc_put_code(&b, code);
	fake_reply(f, &b);
}

static void
say_credit(struct fake *f, int32_t n)
{
	struct buf b = {0};

	srpc_put_int32(&b, n);
	fake_reply(f, &b);
}

static const struct rpc5_result some_result = {.status = 3,
    .why = RPC5_ENDED,
    .user_us = 1500000,
    .system_us = 250000,
    .max_rss_kb = 12345,
    .wall_us = 2750000,
    .queue_us = 500000,
    .load = {1, 21}};

static void
say_result(struct fake *f, const struct rpc5_result *result)
{
	struct buf b = {0};

	rpc5_put_result(&b, result);
	fake_reply(f, &b);
}

static void
end_with(struct fake *f, const struct rpc5_result *result)
{
	say_result(f, result);
	fake_take_ack(f);
}

static void
end_well(struct fake *f)
{
	end_with(f, &(struct rpc5_result){0});
}

static void
say_failure(struct fake *f, int32_t code, const char *words, int32_t exec_errno, int32_t retry_ms)
{
	struct srpc_error failure;
	struct buf b = {0};

	srpc_fail(&failure, code, "%s", words);
	failure.exec_errno = exec_errno;
	failure.retry_ms = retry_ms;
	rpc5_put_failure(&b, &failure, (struct rpc5_load){1, 22});
	fake_reply(f, &b);
}

static void
say_pairs(struct fake *f, const char *const *pairs)
{
	struct buf b = {0};

	srpc_put_chars_seq(&b, pairs);
	srpc_put_code(&b, SRPC_END_CALL);
	fake_reply(f, &b);
}

static void
serve(struct fake *f)
{
	take_run(f);
	say_output(f, 1, "out");
	say_output(f, 2, "err");
	end_well(f);
}

static void
expect_nothing(struct fake *f)
{
	thread_assert(fake_at_end(f->fd));
}

/* ---- the request ---- */

static void
check_strings(const char *const *got, const char *const *wanted)
{
	for (; *wanted != NULL; wanted++)
		thread_assert_str_eq(*got++, *wanted);
	thread_assert(*got == NULL);
}

static const char *const some_env[] = {"A=1", "B=", "A=2", NULL};
static const char *const some_argv[] = {"cc", "-c", "", "x y", NULL};

static void
expect_all_options(struct fake *f)
{
	struct rpc_run run;

	take_request(f, &run);
	thread_assert_int_eq(run.root, 0);
	thread_assert_str_eq(run.root_name, "host");
	thread_assert_str_eq(run.directory, "src");
	thread_assert_str_eq(run.stdin_file, "/dev/zero");
	thread_assert_int_eq(run.stream_stdin, 0);
	thread_assert_int_eq(run.merge, 1);
	thread_assert_int_eq(run.time_limit_ms, 5000);
	thread_assert_int_eq(run.keep_alive_ms, 300);
	thread_assert_str_eq(run.label, "a label");
	thread_assert_int_eq(run.queue_ms, 70);
	thread_assert(run.umask.given && run.umask.n == 027);
	thread_assert(run.limits[RPC_LIMIT_CORE].given && run.limits[RPC_LIMIT_CORE].n == 0);
	thread_assert_int_eq(run.limits[RPC_LIMIT_STACK].n, 1 << 20);
	/* Too much to be a limit. */
	thread_assert(!run.limits[RPC_LIMIT_AS].given);
	thread_assert(!run.limits[RPC_LIMIT_CPU].given);
	thread_assert_int_eq(run.closed, RUNTOOL_CLOSED_STDOUT);
	thread_assert_int_eq(run.check, 1);
	thread_assert_str_eq(run.own, "/own");
	check_strings(run.env, some_env);
	check_strings(run.argv, some_argv);
	rpc_run_free(&run);
	end_well(f);
}

static void
expect_defaults(struct fake *f)
{
	static const char *const nothing[] = {NULL};
	struct rpc_run run;
	size_t i;

	take_request(f, &run);
	thread_assert_int_eq(run.root, UINT32_MAX);
	thread_assert(run.root_name == NULL);
	thread_assert_str_eq(run.directory, ".WD");
	thread_assert_str_eq(run.stdin_file, "");
	thread_assert_int_eq(run.stream_stdin, 0);
	thread_assert_int_eq(run.merge, 0);
	thread_assert_int_eq(run.time_limit_ms, 0);
	thread_assert_int_eq(run.keep_alive_ms, 20000);
	thread_assert(run.label == NULL);
	thread_assert_int_eq(run.queue_ms, 0);
	thread_assert(!run.umask.given);
	for (i = 0; i < RPC_NLIMITS; i++)
		thread_assert(!run.limits[i].given);
	thread_assert_int_eq(run.closed, 0);
	thread_assert_int_eq(run.check, 0);
	thread_assert(run.own == NULL);
	check_strings(run.env, nothing);
	check_strings(run.argv, true_argv);
	rpc_run_free(&run);
	end_well(f);
}

START_TEST(a_request_says_all_that_was_asked_for)
{
	struct runtool_request request = {.size = sizeof(request),
	    .root_name = "host",
	    .directory = "src",
	    .stdin_file = "/dev/zero",
	    .merge_stderr = true,
	    .time_limit_ms = 5000,
	    .keep_alive_ms = 300,
	    .label = "a label",
	    .queue_timeout_ms = 70,
	    .umask = {.given = true, .n = 027},
	    .limits = {[RUNTOOL_LIMIT_CORE] = {.given = true},
		[RUNTOOL_LIMIT_STACK] = {.given = true, .n = 1 << 20},
		[RUNTOOL_LIMIT_AS] = {.given = true, .n = UINT64_MAX},
		[RUNTOOL_LIMIT_CPU] = {.given = false, .n = 7}},
	    .closed = RUNTOOL_CLOSED_STDOUT,
	    .check = true,
	    .own_directory = "/own",
	    .env = some_env,
	    .argv = some_argv};
	struct runtool *c = start(expect_all_options);

	run_succeeds(c, &request, 0);
	fake_finish(c);
}
END_TEST

START_TEST(a_request_of_zeros_is_the_plain_one)
{
	struct runtool_request request = {
	    .size = sizeof(request), .root = UINT32_MAX, .argv = true_argv};
	struct runtool *c = start(expect_defaults);

	run_succeeds(c, &request, 0);
	fake_finish(c);
}
END_TEST

#define X8  "xxxxxxxx"
#define X64 X8 X8 X8 X8 X8 X8 X8 X8
static const char x256[] = X64 X64 X64 X64;
static const char *const no_argv[] = {NULL};
static const struct {
	struct runtool_request request;
	const char *words;
} wrong_requests[] = {
    {{.root = 1}, "no command"},
    {{.root = 1, .argv = no_argv}, "no command"},
    {{.argv = true_argv}, "one of root and root_name"},
    {{.argv = true_argv, .root = 1, .root_name = "host"}, "one of root and root_name"},
    {{.argv = true_argv, .root_name = ""}, "root_name: must have 1 to 255 bytes"},
    {{.argv = true_argv, .root_name = x256}, "root_name: must have 1 to 255 bytes"},
    {{.argv = true_argv, .root = 1, .label = x256}, "label: must have at most 128 bytes"},
    {{.argv = true_argv, .root = 1, .stream_stdin = true, .stdin_file = "/x"}, "stdin_file"},
    {{.argv = true_argv, .root = 1, .stream_stdin = true, .stdin_fd = -1}, "stdin_fd = -1"},
    {{.argv = true_argv, .root = 1, .time_limit_ms = -1}, "time_limit_ms = -1"},
    {{.argv = true_argv, .root = 1, .queue_timeout_ms = -1}, "queue_timeout_ms = -1"},
    {{.argv = true_argv, .root = 1, .keep_alive_ms = 99}, "from 100 to 600000"},
    {{.argv = true_argv, .root = 1, .keep_alive_ms = -1}, "from 100 to 600000"},
    {{.argv = true_argv, .root = 1, .keep_alive_ms = 600001}, "from 100 to 600000"},
    {{.argv = true_argv, .root = 1, .umask = {.given = true, .n = 01000}}, "umask = 01000"},
    {{.argv = true_argv, .root = 1, .closed = 8}, "closed = 8: has an unknown bit"},
    {{.argv = true_argv, .root = 1, .closed = 1, .stdin_file = "/x"}, "stdin can be closed or"},
    {{.argv = true_argv, .root = 1, .closed = 7, .stream_stdin = true}, "stdin can be closed or"},
    {{.argv = true_argv, .root = 1, .closed = 4, .merge_stderr = true}, "stderr can be closed or"},
};

START_TEST(a_request_that_makes_no_sense_is_refused_here)
{
	struct runtool_request request = wrong_requests[_i].request;
	struct runtool *c = start(expect_nothing);

	request.size = sizeof(request);
	run_fails_with(c, &request, RUNTOOL_INVALID, wrong_requests[_i].words);
	fake_finish(c);
}
END_TEST

/* Slower than a silence may last, but never for so long without progress. */
static void
read_slowly(struct fake *f)
{
	ssize_t n;
	size_t room = 2 * MEGABYTE;
	int rounds = 12;

	while (rounds-- > 0) {
		thread_assert_int_eq(buf_reserve(&f->in, room), 0);
		n = recv(f->fd, f->in.data + f->in.len, room, MSG_WAITALL);
		thread_assert(n > 0);
		f->in.len += (size_t)n;
		poll(NULL, 0, SILENCE / 8);
	}
	serve(f);
}

START_TEST(a_large_request_may_take_longer_than_a_silence)
{
	char *argument = long_argument(40 * MEGABYTE);
	const char *argv[] = {"echo", argument, NULL};
	struct runtool_request request = {.size = sizeof(request),
	    .root = 1,
	    .argv = argv,
	    .keep_alive_ms = KEEP_ALIVE,
	    .output = sink_collect,
	    .arg = &sink};
	struct runtool *c = start(read_slowly);

	run_succeeds(c, &request, 0);
	sink_printed(1, "out");
	free(argument);
	fake_finish(c);
}
END_TEST

/* ---- output ---- */

static void
interleave(struct fake *f)
{
	struct buf b = {0};

	take_run(f);
	put_output(&b, 1, "a");
	put_output(&b, 2, "1");
	put_output(&b, 1, "");
	put_output(&b, 1, "b");
	put_output(&b, 2, "2");
	srpc_put_code(&b, RPC5_RUNNING);
	put_output(&b, 2, "3");
	put_output(&b, 1, "c");
	rpc5_put_result(&b, &some_result);
	fake_reply(f, &b);
	fake_take_ack(f);
}

START_TEST(both_streams_come_in_order)
{
	struct runtool *c = start(interleave);

	run_succeeds(c, &run_true, 3);
	sink_printed(1, "abc");
	sink_printed(2, "123");
	fake_finish(c);
}
END_TEST

static void
dribble(struct fake *f)
{
	struct buf b = {0};
	size_t i;

	take_run(f);
	srpc_put_hello(&b);
	srpc_put_code(&b, RPC5_QUEUED);
	srpc_put_code(&b, RPC5_RUNNING);
	put_output(&b, 1, "some output");
	put_output(&b, 2, "some errors");
	rpc5_put_result(&b, &some_result);
	for (i = 0; i < b.len; i++)
		fake_send(f->fd, b.data + i, 1);
	buf_free(&b);
	f->met = true;
	fake_take_ack(f);
}

START_TEST(it_does_not_matter_in_which_pieces_things_come)
{
	struct runtool *c = start(dribble);

	run_succeeds(c, &run_true, 3);
	sink_printed(1, "some output");
	sink_printed(2, "some errors");
	fake_finish(c);
}
END_TEST

/* The client must have handed on what is there before the rest is sent. */
static void
send_an_item_in_halves(struct fake *f)
{
	static const uint8_t head[] = {RPC5_STDOUT, 0, 0, 0, 8};

	take_run(f);
	fake_reply(f, &(struct buf){0});
	fake_send(f->fd, head, sizeof(head));
	fake_send(f->fd, "half", 4);
	thread_assert(sem_wait(&sink.blocked) == 0);
	thread_assert(sem_post(&sink.go) == 0);
	fake_send(f->fd, "more", 4);
	end_well(f);
}

START_TEST(output_is_handed_on_before_its_item_is_complete)
{
	struct runtool *c;

	sink_prepare();
	c = start(send_an_item_in_halves);
	run_succeeds(c, &run_true, 0);
	sink_printed(1, "halfmore");
	fake_finish(c);
}
END_TEST

#define MUCH (64 * MEGABYTE)

static void
send_much(struct fake *f)
{
	uint8_t *data = noise(MEGABYTE);
	static const uint8_t head[] = {RPC5_STDERR, MUCH >> 24, (MUCH >> 16) & 0xff, 0, 0};
	size_t sent;

	take_run(f);
	fake_reply(f, &(struct buf){0});
	fake_send(f->fd, head, sizeof(head));
	for (sent = 0; sent < MUCH; sent += MEGABYTE)
		fake_send(f->fd, data, MEGABYTE);
	free(data);
	end_well(f);
}

/* Checks, counts and forgets. */
struct count {
	uint8_t *expected; /* again and again */
	size_t received, largest;
};

static int
count(void *arg, int stream, const void *data, size_t len)
{
	struct count *n = arg;
	size_t at, left;

	ck_assert_int_eq(stream, 2);
	if (len > n->largest)
		n->largest = len;
	for (left = len; left > 0; left -= at) {
		at = MEGABYTE - n->received % MEGABYTE;
		if (at > left)
			at = left;
		ck_assert(memcmp(data, n->expected + n->received % MEGABYTE, at) == 0);
		data = (const uint8_t *)data + at;
		n->received += at;
	}
	return (0);
}

START_TEST(a_huge_item_takes_no_more_memory_than_a_small_one)
{
	struct count n = {.expected = noise(MEGABYTE)};
	struct runtool_request request = {
	    .size = sizeof(request), .root = 1, .argv = true_argv, .output = count, .arg = &n};
	struct runtool *c = start(send_much);

	run_succeeds(c, &request, 0);
	ck_assert_uint_eq(n.received, MUCH);
	ck_assert_uint_le(n.largest, MEGABYTE);
	free(n.expected);
	fake_finish(c);
}
END_TEST

START_TEST(without_a_callback_output_is_discarded)
{
	struct runtool_request request = {.size = sizeof(request), .root = 1, .argv = true_argv};
	struct runtool *c = start(serve);

	run_succeeds(c, &request, 0);
	fake_finish(c);
}
END_TEST

static int closed_stream; /* set before the thread starts */

static int
close_first(void *arg, int stream, const void *data, size_t len)
{
	sink_collect(arg, stream, data, len);
	return (stream == closed_stream ? RUNTOOL_CLOSE_STREAM : 0);
}

static void
expect_close(struct fake *f)
{
	take_run(f);
	say_output(f, 1, "1");
	say_output(f, 2, "2");
	take_number(f, -closed_stream);
	say_output(f, 1, "11");
	say_output(f, 2, "22");
	end_well(f);
}

START_TEST(of_a_closed_stream_nothing_more_is_handed_on)
{
	struct runtool_request request = {.size = sizeof(request),
	    .root = 1,
	    .argv = true_argv,
	    .output = close_first,
	    .arg = &sink};
	struct runtool *c;

	closed_stream = _i;
	c = start(expect_close);
	run_succeeds(c, &request, 0);
	sink_printed(1, _i == 1 ? "1" : "111");
	sink_printed(2, _i == 2 ? "2" : "222");
	fake_finish(c);
}
END_TEST

/* A server that does not know how to close it for its tool. */
START_TEST(of_a_stream_that_was_closed_from_the_start_nothing_is_handed_on)
{
	struct runtool_request request = {.size = sizeof(request),
	    .root = 1,
	    .argv = true_argv,
	    .output = sink_collect,
	    .arg = &sink};
	struct runtool *c;

	closed_stream = _i;
	request.closed = _i == 1 ? RUNTOOL_CLOSED_STDOUT : RUNTOOL_CLOSED_STDERR;
	c = start(expect_close);
	run_succeeds(c, &request, 0);
	sink_printed(1, _i == 1 ? "" : "111");
	sink_printed(2, _i == 2 ? "" : "222");
	fake_finish(c);
}
END_TEST

static void
await_hang_up(struct fake *f)
{
	take_run(f);
	say_output(f, 1, "x");
	thread_assert(fake_at_end(f->fd));
}

START_TEST(output_that_is_refused_ends_the_call_and_the_connection)
{
	struct runtool_request request = {
	    .size = sizeof(request), .root = 1, .argv = true_argv, .output = sink_refuse};
	struct runtool *c = start(await_hang_up);

	run_fails_with(c, &request, RUNTOOL_CLIENT, "output could not be delivered");
	fake_finish(c);
}
END_TEST

/* ---- input ---- */

/* Takes items of input until their end; *b has all of it. */
static void
take_input(struct fake *f, struct buf *b, size_t welcome)
{
	struct srpc_item item;

	while ((item = fake_take(f, SRPC_BYTES)).length > 0) {
		thread_assert(item.length <= welcome);
		welcome -= item.length;
		buf_append(b, item.bytes, item.length);
	}
}

static const char *wanted_input; /* set before the thread starts */

static void
expect_input(struct fake *f)
{
	struct rpc_run run;
	struct buf got = {0};

	take_request(f, &run);
	thread_assert_int_eq(run.stream_stdin, 1);
	rpc_run_free(&run);
	thread_assert(fake_hears_nothing(f, MOMENT_MS));
	say_credit(f, 100);
	take_input(f, &got, 100);
	thread_assert_int_eq(got.len, strlen(wanted_input));
	thread_assert(
	    memcmp(got.data == NULL ? (const void *)"" : got.data, wanted_input, got.len) == 0);
	buf_free(&got);
	end_well(f);
}

static void
stream_input(int fd)
{
	struct runtool_request request = {.size = sizeof(request),
	    .root = 1,
	    .argv = true_argv,
	    .stream_stdin = true,
	    .stdin_fd = fd};
	struct runtool *c = start(expect_input);

	run_succeeds(c, &request, 0);
	fake_finish(c);
}

static int
pipe_with(const char *text, int flags, int *writer)
{
	int fds[2];

	ck_assert_int_eq(pipe2(fds, flags), 0);
	ck_assert_int_eq(write(fds[1], text, strlen(text)), (ssize_t)strlen(text));
	*writer = fds[1];
	return (fds[0]);
}

START_TEST(input_comes_from_a_pipe_blocking_or_not)
{
	int fd, writer;

	wanted_input = "some input";
	fd = pipe_with(wanted_input, _i == 0 ? 0 : O_NONBLOCK, &writer);
	close(writer);
	stream_input(fd);
	ck_assert_int_ne(fcntl(fd, F_GETFD), -1);
	close(fd);
}
END_TEST

START_TEST(input_comes_from_a_file)
{
	int fd;

	wanted_input = "some input";
	fd = open(scratch_put("input", wanted_input), O_RDONLY);
	ck_assert_int_ne(fd, -1);
	stream_input(fd);
	close(fd);
}
END_TEST

START_TEST(what_cannot_be_read_is_empty_input)
{
	static const char *const paths[] = {"/dev/null", "/", NULL};
	int fd;

	wanted_input = "";
	if (paths[_i] != NULL) {
		ck_assert_int_ne(fd = open(paths[_i], O_RDONLY), -1);
		stream_input(fd);
		close(fd);
	} else {
		stream_input(1000); /* nobody's */
	}
}
END_TEST

static int64_t
    was_read; /* what the server says of the input; -1: nothing. Set before the thread starts */

/* A server that takes all input, and says how much of it the tool has read. */
static void
tell_what_was_read(struct fake *f)
{
	struct rpc5_result result = {.stdin_read = {.given = was_read >= 0, .n = was_read}};

	take_run(f);
	say_credit(f, 1000000);
	while (fake_take(f, SRPC_BYTES).length > 0)
		continue;
	end_with(f, &result);
}

/* Beyond what was sent, there is nothing to be given back. */
START_TEST(a_file_stands_behind_what_the_tool_has_read)
{
	static const struct {
		int64_t said;
		off_t begin, position;
		bool read;
	} cases[] = {{0, 0, 0, false}, {3, 0, 3, true}, {3, 2, 5, true}, {10, 0, 10, true},
	    {0, 7, 7, false}, {-1, 2, 10, true}, {11, 0, 10, true}, {9, 2, 10, true}};
	struct runtool_request request = {
	    .size = sizeof(request), .root = 1, .argv = true_argv, .stream_stdin = true};
	struct runtool_result result = {.size = sizeof(result)};
	struct runtool_error err = {.size = sizeof(err)};
	struct runtool *c;

	request.stdin_fd = open(scratch_put("input", "0123456789"), O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(lseek(request.stdin_fd, cases[_i].begin, SEEK_SET), cases[_i].begin);
	was_read = cases[_i].said;
	c = start(tell_what_was_read);
	ck_assert_msg(runtool_run(c, &request, &result, &err) == 0, "%s", err.message);
	ck_assert_int_eq(lseek(request.stdin_fd, 0, SEEK_CUR), cases[_i].position);
	ck_assert_int_eq(result.input_read, cases[_i].read);
	close(request.stdin_fd);
	fake_finish(c);
}
END_TEST

START_TEST(of_a_pipe_nothing_is_given_back)
{
	struct runtool_request request = {
	    .size = sizeof(request), .root = 1, .argv = true_argv, .stream_stdin = true};
	struct runtool_result result = {.size = sizeof(result)};
	struct runtool_error err = {.size = sizeof(err)};
	struct runtool *c;
	int writer;

	request.stdin_fd = pipe_with("0123456789", O_CLOEXEC, &writer);
	close(writer);
	c = start(tell_what_was_read);
	ck_assert_msg(runtool_run(c, &request, &result, &err) == 0, "%s", err.message);
	ck_assert(result.input_read);
	close(request.stdin_fd);
	fake_finish(c);
}
END_TEST

static void
fail_after_input(struct fake *f)
{
	take_run(f);
	say_credit(f, 1000000);
	while (fake_take(f, SRPC_BYTES).length > 0)
		continue;
	say_failure(f, SRPC_INTERNAL_TROUBLE, "no tool", 0, 0);
	fake_take_ack(f);
}

static void
die_after_input(struct fake *f)
{
	take_run(f);
	say_credit(f, 1000000);
	fake_take(f, SRPC_BYTES);
	fake_reset(f->fd);
	f->fd = -1;
}

/* It failed, or is lost; or it did not even begin. */
START_TEST(a_file_stands_where_it_stood_without_a_result)
{
	static void (*const scripts[])(struct fake *) = {fail_after_input, die_after_input};
	struct runtool_request request = {
	    .size = sizeof(request), .root = 1, .argv = true_argv, .stream_stdin = true};
	struct runtool_result result = {.size = sizeof(result)};
	struct runtool_error err = {.size = sizeof(err)};
	struct runtool *c = start(scripts[_i]);

	request.stdin_fd = open(scratch_put("input", "0123456789"), O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(lseek(request.stdin_fd, 4, SEEK_SET), 4);
	ck_assert_int_eq(runtool_run(c, &request, &result, &err), -1);
	ck_assert_int_eq(lseek(request.stdin_fd, 0, SEEK_CUR), 4);
	ck_assert(!err.input_read);
	shutdown(fake.listener, SHUT_RDWR);
	if (_i == 1) {
		ck_assert_int_eq(runtool_run(c, &request, &result, &err), -1);
		ck_assert_int_eq(lseek(request.stdin_fd, 0, SEEK_CUR), 4);
		ck_assert(!err.input_read);
	}
	close(request.stdin_fd);
	fake_finish(c);
}
END_TEST

static void
welcome_little(struct fake *f)
{
	struct buf got = {0};

	take_run(f);
	say_credit(f, 3);
	while (got.len < 3)
		buf_append(&got, fake_take(f, SRPC_BYTES).bytes, 3);
	thread_assert_int_eq(got.len, 3);
	thread_assert(fake_hears_nothing(f, MOMENT_MS));
	say_credit(f, 1);
	say_credit(f, 1);
	while (got.len < 5)
		buf_append(&got, fake_take(f, SRPC_BYTES).bytes, 1);
	thread_assert(fake_hears_nothing(f, MOMENT_MS));
	thread_assert(memcmp(got.data, "01234", 5) == 0);
	buf_free(&got);
	end_well(f);
}

START_TEST(no_more_input_is_read_than_is_welcome)
{
	struct runtool_request request = {
	    .size = sizeof(request), .root = 1, .argv = true_argv, .stream_stdin = true};
	struct runtool *c;
	int writer, left;

	request.stdin_fd = pipe_with("0123456789", 0, &writer);
	c = start(welcome_little);
	run_succeeds(c, &request, 0);
	ck_assert_int_eq(ioctl(request.stdin_fd, FIONREAD, &left), 0);
	ck_assert_int_eq(left, 5);
	close(request.stdin_fd);
	close(writer);
	fake_finish(c);
}
END_TEST

#define MUCH_INPUT (8 * MEGABYTE)

static void
echo(struct fake *f)
{
	struct srpc_item item;
	struct buf b = {0};

	take_run(f);
	say_credit(f, 65536);
	while ((item = fake_take(f, SRPC_BYTES)).length > 0) {
		srpc_put_bytes(&b, item.bytes, item.length);
		srpc_put_int32(&b, (int32_t)item.length);
		fake_reply(f, &b);
		/* It would become too long to keep. */
		f->in.len -= f->reader.pos;
		memmove(f->in.data, f->in.data + f->reader.pos, f->in.len);
		f->reader.pos = 0;
	}
	end_well(f);
}

static void *
write_much(void *arg)
{
	uint8_t *data = noise(MUCH_INPUT);
	int fd = *(const int *)arg;
	size_t done;
	ssize_t n;

	for (done = 0; done < MUCH_INPUT; done += (size_t)n)
		thread_assert((n = write(fd, data + done, MUCH_INPUT - done)) > 0);
	free(data);
	close(fd);
	return (NULL);
}

START_TEST(input_and_output_flow_at_the_same_time)
{
	struct runtool_request request = {.size = sizeof(request),
	    .root = 1,
	    .argv = true_argv,
	    .stream_stdin = true,
	    .output = sink_collect,
	    .arg = &sink};
	uint8_t *data = noise(MUCH_INPUT);
	pthread_t thread;
	struct runtool *c;
	int writer;

	request.stdin_fd = pipe_with("", 0, &writer);
	c = start(echo);
	ck_assert_int_eq(pthread_create(&thread, NULL, write_much, &writer), 0);
	run_succeeds(c, &request, 0);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	thread_verify();
	ck_assert_uint_eq(sink.streams[0].len, MUCH_INPUT);
	ck_assert(memcmp(sink.streams[0].data, data, MUCH_INPUT) == 0);
	free(data);
	close(request.stdin_fd);
	fake_finish(c);
}
END_TEST

/* ---- signs of life ---- */

static struct runtool_request
impatient(void)
{
	struct runtool_request request = run_true;

	request.keep_alive_ms = KEEP_ALIVE;
	return (request);
}

static void
fall_silent(struct fake *f)
{
	take_run(f);
	say_output(f, 1, "x");
	thread_assert(fake_at_end(f->fd));
}

START_TEST(a_silent_server_is_given_up)
{
	struct runtool_request request = impatient();
	struct runtool *c = start(fall_silent);
	int64_t begin = now_ms();

	run_fails_with(c, &request, RUNTOOL_TIMEOUT, "the server has been silent for 1.5 s");
	ck_assert_int_ge(now_ms() - begin, SILENCE);
	ck_assert_int_lt(now_ms() - begin, LONG_MS);
	sink_printed(1, "x");
	fake_finish(c);
}
END_TEST

static void
keep_alive(struct fake *f)
{
	int i;

	take_run(f);
	for (i = 0; i < 12; i++) {
		say_code(f, i < 6 ? RPC5_QUEUED : RPC5_RUNNING);
		poll(NULL, 0, SILENCE / 8);
	}
	end_well(f);
}

START_TEST(signs_of_life_keep_a_call_alive)
{
	struct runtool_request request = impatient();
	struct runtool *c = start(keep_alive);

	run_succeeds(c, &request, 0);
	fake_finish(c);
}
END_TEST

static void
wait_for_client(struct fake *f)
{
	take_run(f);
	say_output(f, 1, "x");
	thread_assert(sem_wait(&sink.blocked) == 0);
	poll(NULL, 0, 2 * SILENCE);
	thread_assert(sem_post(&sink.go) == 0);
	poll(NULL, 0, SILENCE / 4);
	end_well(f);
}

START_TEST(time_in_the_callback_is_no_silence)
{
	struct runtool_request request = impatient();
	struct runtool *c;

	sink_prepare();
	c = start(wait_for_client);
	run_succeeds(c, &request, 0);
	fake_finish(c);
}
END_TEST

/* ---- signals and cancelling ---- */

static void
expect_signals(struct fake *f)
{
	static const int sent[] = {SIGUSR1, SIGTERM, 64, 1};
	size_t i;

	take_run(f);
	for (i = 0; i < LENGTH(sent); i++) {
		thread_assert_int_eq(runtool_signal(client, sent[i]), 0);
		take_number(f, sent[i]);
	}
	end_with(f, &(struct rpc5_result){.signal = SIGTERM, .why = RPC5_CLIENT_SIGNAL});
}

START_TEST(signals_reach_the_tool)
{
	struct runtool *c = start(expect_signals);
	struct runtool_result result = {.size = sizeof(result)};
	struct runtool_error err = {.size = sizeof(err)};

	ck_assert_msg(runtool_run(c, &run_true, &result, &err) == 0, "%s", err.message);
	ck_assert_int_eq(result.signal, SIGTERM);
	ck_assert_int_eq(result.why, RUNTOOL_CLIENT_SIGNAL);
	fake_finish(c);
}
END_TEST

static int starts;

static void
count_start(void *arg)
{
	(void)arg;
	starts++;
}

/* Of those before its start the last one. */
static void
expect_sizes(struct fake *f)
{
	struct rpc_run run;

	take_request(f, &run);
	thread_assert_int_eq(run.tty, 1);
	thread_assert_int_eq(run.rows, 24);
	rpc_run_free(&run);
	thread_assert_int_eq(runtool_resize(client, 25, 80), 0);
	thread_assert_int_eq(runtool_resize(client, 26, 81), 0);
	say_credit(f, 65536);
	take_number(f, 1073741824 + 26 * 32768 + 81);
	thread_assert_int_eq(runtool_resize(client, 32767, 0), 0);
	take_number(f, 1073741824 + 32767 * 32768);
	end_with(f, &(struct rpc5_result){.status = 0});
}

static int keys[2]; /* a pipe */

/* Where this is typed at once. */
static void
run_in_terminal(struct runtool *c, struct runtool_request *request, const char *typed)
{
	struct runtool_result result = {.size = sizeof(result)};
	struct runtool_error err = {.size = sizeof(err)};

	ck_assert_int_eq(pipe(keys), 0);
	ck_assert_int_eq(write(keys[1], typed, strlen(typed)), (ssize_t)strlen(typed));
	request->tty = request->stream_stdin = true;
	request->stdin_fd = keys[0];
	ck_assert_msg(runtool_run(c, request, &result, &err) == 0, "%s", err.message);
	close(keys[0]);
	close(keys[1]);
}

START_TEST(a_terminals_size_reaches_the_tool)
{
	struct runtool *c = start(expect_sizes);
	struct runtool_request request = run_true;

	request.rows = 24;
	request.started = count_start;
	run_in_terminal(c, &request, "");
	ck_assert_int_eq(starts, 1);
	ck_assert_int_eq(runtool_resize(c, 25, 80), -1);
	ck_assert_int_eq(errno, ESRCH);
	ck_assert_int_eq(runtool_resize(c, -1, 80), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(runtool_resize(c, 25, 32768), -1);
	ck_assert_int_eq(errno, EINVAL);
	fake_finish(c);
}
END_TEST

/* The terminal has a new size just before what is typed. */
static ptrdiff_t
resize_and_type(void *arg, void *data, size_t size)
{
	ck_assert_int_eq(runtool_resize(arg, 26, 81), 0);
	return (read(keys[0], data, size));
}

static void
expect_size_and_key(struct fake *f)
{
	struct rpc_run run;

	take_request(f, &run);
	rpc_run_free(&run);
	say_credit(f, 65536);
	take_number(f, 1073741824 + 26 * 32768 + 81);
	thread_assert_int_eq(fake_take(f, SRPC_BYTES).length, 1);
	end_with(f, &(struct rpc5_result){.status = 0});
}

START_TEST(a_new_size_is_there_before_what_is_typed_then)
{
	struct runtool *c = start(expect_size_and_key);
	struct runtool_request request = run_true;

	request.input = resize_and_type;
	request.arg = c;
	run_in_terminal(c, &request, "x");
	fake_finish(c);
}
END_TEST

START_TEST(a_terminal_needs_input_and_nothing_closed)
{
	struct runtool *c = start(expect_nothing);
	struct runtool_request request = run_true;
	struct runtool_result result = {.size = sizeof(result)};
	struct runtool_error err = {.size = sizeof(err)};

	request.tty = true;
	if (_i == 1)
		request.stream_stdin = true;
	request.closed = _i == 1 ? RUNTOOL_CLOSED_STDERR : 0;
	ck_assert_int_eq(runtool_run(c, &request, &result, &err), -1);
	ck_assert_int_eq(err.code, RUNTOOL_INVALID);
	fake_finish(c);
}
END_TEST

START_TEST(what_is_no_signal_is_refused)
{
	static const int wrong[] = {0, -1, 65};
	struct runtool *c = start(expect_nothing);

	errno = 0;
	ck_assert_int_eq(runtool_signal(c, wrong[_i]), -1);
	ck_assert_int_eq(errno, EINVAL);
	fake_finish(c);
}
END_TEST

START_TEST(nothing_is_signalled_between_calls)
{
	struct runtool *c = start(serve);

	errno = 0;
	ck_assert_int_eq(runtool_signal(c, SIGTERM), -1);
	ck_assert_int_eq(errno, ESRCH);
	run_succeeds(c, &run_true, 0);
	errno = 0;
	ck_assert_int_eq(runtool_signal(c, SIGTERM), -1);
	ck_assert_int_eq(errno, ESRCH);
	fake_finish(c);
}
END_TEST

/* That call asks no server: the next one is the first that it hears of. */
START_TEST(a_cancel_between_calls_is_used_up_by_the_next_one)
{
	struct runtool *c = start(serve);

	runtool_cancel(c);
	runtool_cancel(c);
	run_fails(c, RUNTOOL_CANCELLED, "cancelled");
	run_succeeds(c, &run_true, 0);
	runtool_cancel(c);
	run_fails(c, RUNTOOL_CANCELLED, "cancelled");
	fake_finish(c);
}
END_TEST

START_TEST(the_header_has_the_version_of_the_library)
{
	char text[32];

	snprintf(text, sizeof(text), "%d.%d.%d", RUNTOOL_VERSION / 10000,
	    RUNTOOL_VERSION / 100 % 100, RUNTOOL_VERSION % 100);
	ck_assert_str_eq(text, VERSION);
}
END_TEST

/* Set before the thread starts. */
static int signal_to_send; /* 0: cancel */
static pthread_t main_thread;

static void
order(void)
{
	if (signal_to_send == 0)
		runtool_cancel(client);
	else
		(void)runtool_signal(client, signal_to_send);
}

static void
handle(int signal)
{
	(void)signal;
	order();
}

/* From a signal handler, in the thread that runs the call. */
static void
interrupt(void)
{
	thread_assert_int_eq(pthread_kill(main_thread, SIGUSR1), 0);
}

static void
prepare_interrupt(int signal)
{
	struct sigaction action = {.sa_handler = handle};

	signal_to_send = signal;
	main_thread = pthread_self();
	ck_assert_int_eq(sigaction(SIGUSR1, &action, NULL), 0);
}

static void
interrupt_running(struct fake *f)
{
	take_run(f);
	say_output(f, 1, "x");
	interrupt();
	if (signal_to_send != 0) {
		take_number(f, signal_to_send);
		end_well(f);
	} else {
		thread_assert(fake_at_end(f->fd));
	}
}

START_TEST(signal_handlers_may_signal_and_cancel)
{
	struct runtool *c;

	prepare_interrupt(_i == 0 ? SIGTERM : 0);
	c = start(interrupt_running);
	if (_i == 0)
		run_succeeds(c, &run_true, 0);
	else
		run_fails(c, RUNTOOL_CANCELLED, "cancelled");
	fake_finish(c);
}
END_TEST

static void
ignore(int signal)
{
	(void)signal;
}

static void
interrupt_again_and_again(struct fake *f)
{
	int i;

	take_run(f);
	for (i = 0; i < 100; i++) {
		interrupt();
		say_output(f, 1, "x");
		interrupt();
		poll(NULL, 0, 1);
	}
	end_well(f);
}

START_TEST(interrupts_do_not_disturb_a_call)
{
	struct sigaction action = {.sa_handler = ignore};
	struct runtool *c;

	main_thread = pthread_self();
	ck_assert_int_eq(sigaction(SIGUSR1, &action, NULL), 0);
	c = start(interrupt_again_and_again);
	run_succeeds(c, &run_true, 0);
	ck_assert_uint_eq(sink.streams[0].len, 100);
	fake_finish(c);
}
END_TEST

/* ---- waiting for one's turn ---- */

static void
wait_and_order(struct fake *f)
{
	take_run(f);
	say_code(f, RPC5_QUEUED);
	fake_await_read(f);
	order();
	thread_assert(fake_at_end(f->fd));
}

static const int ending[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGKILL};

START_TEST(a_waiting_request_is_cancelled_by_ending_signals)
{
	struct runtool *c;

	signal_to_send = ending[_i];
	c = start(wait_and_order);
	run_fails(c, RUNTOOL_CANCELLED, "before the tool started");
	fake_finish(c);
}
END_TEST

START_TEST(a_waiting_request_can_be_cancelled)
{
	struct runtool *c = start(wait_and_order);

	run_fails(c, RUNTOOL_CANCELLED, "cancelled");
	fake_finish(c);
}
END_TEST

static void
wait_and_run(struct fake *f)
{
	take_run(f);
	say_code(f, RPC5_QUEUED);
	fake_await_read(f);
	thread_assert_int_eq(runtool_signal(client, SIGUSR1), 0);
	thread_assert(fake_hears_nothing(f, MOMENT_MS));
	say_code(f, RPC5_RUNNING);
	fake_await_read(f);
	thread_assert_int_eq(runtool_signal(client, SIGINT), 0);
	take_number(f, SIGINT);
	end_well(f);
}

START_TEST(other_signals_are_for_started_tools)
{
	struct runtool *c = start(wait_and_run);

	run_succeeds(c, &run_true, 0);
	fake_finish(c);
}
END_TEST

/* A signal that was sent before the client knew that the request waits. */
static void
wait_after_a_signal(struct fake *f)
{
	struct buf b = {0};

	take_run(f);
	thread_assert_int_eq(runtool_signal(client, SIGTERM), 0);
	take_number(f, SIGTERM);
	srpc_put_code(&b, RPC5_QUEUED);
	srpc_put_code(&b, RPC5_RUNNING);
	fake_reply(f, &b);
	thread_assert(fake_at_end(f->fd));
}

START_TEST(a_request_that_turns_out_to_wait_is_cancelled_by_an_earlier_signal)
{
	struct runtool *c = start(wait_after_a_signal);

	run_fails(c, RUNTOOL_CANCELLED, "SIGTERM");
	fake_finish(c);
}
END_TEST

/* ---- no room ---- */

static const char busy_words[] = "request denied: server too busy";

static void
be_busy_twice(struct fake *f)
{
	int i;

	for (i = 0; i < 2; i++) {
		take_run(f);
		say_failure(f, RUNTOOL_CLIENT, busy_words, 0, MOMENT_MS);
		fake_take_ack(f);
	}
	take_run(f);
	end_with(f, &some_result);
}

START_TEST(a_refused_request_is_repeated_on_the_same_connection)
{
	struct runtool *c = start(be_busy_twice);
	struct runtool_result result = {.size = sizeof(result)};
	struct runtool_error err = {.size = sizeof(err)};
	int64_t begin = now_ms();

	ck_assert_msg(runtool_run(c, &run_true, &result, &err) == 0, "%s", err.message);
	ck_assert_int_ge(now_ms() - begin, 2 * MOMENT_MS * 3 / 4);
	ck_assert_int_eq(result.refusals, 2);
	ck_assert_double_ge(result.queue_s, 0.5 + 2 * MOMENT_MS * 0.75 / 1e3 - 0.002);
	ck_assert_double_le(result.queue_s, 0.5 + (double)(now_ms() - begin) / 1e3);
	fake_finish(c);
}
END_TEST

static void
be_busy(struct fake *f)
{
	char byte;

	do {
		take_run(f);
		say_failure(f, RUNTOOL_CLIENT, busy_words, 0, MOMENT_MS);
		fake_take_ack(f);
	} while (recv(f->fd, &byte, 1, MSG_PEEK) > 0);
}

START_TEST(patience_has_its_limit)
{
	struct runtool_request request = run_true;
	struct runtool_result result = {.size = sizeof(result)};
	struct runtool_error err = {.size = sizeof(err)};
	struct runtool *c;
	int64_t begin, took;

	request.busy_timeout_ms = _i == 0 ? -1 : PATIENCE;
	c = start(be_busy);
	begin = now_ms();
	ck_assert_int_eq(runtool_run(c, &request, &result, &err), -1);
	took = now_ms() - begin;
	ck_assert_str_eq(err.message, busy_words);
	ck_assert(err.refused && !err.lost);
	ck_assert_int_eq(err.retry_ms, MOMENT_MS);
	ck_assert(err.loaded);
	ck_assert_int_eq(err.in_flight, 22);
	if (_i == 1)
		ck_assert_int_ge(took, PATIENCE);
	ck_assert_int_lt(took, LONG_MS);
	fake_finish(c);
}
END_TEST

static void
be_busy_for_long(struct fake *f)
{
	take_run(f);
	say_failure(f, RUNTOOL_CLIENT, busy_words, 0, 60000);
	fake_take_ack(f);
	fake_await_read(f);
	order();
	thread_assert(fake_at_end(f->fd));
}

START_TEST(waiting_for_room_can_be_cancelled)
{
	struct runtool *c;

	signal_to_send = _i == 0 ? 0 : SIGINT;
	c = start(be_busy_for_long);
	run_fails(c, RUNTOOL_CANCELLED, _i == 0 ? "cancelled" : "SIGINT");
	fake_finish(c);
}
END_TEST

/* The tool that this signal was for has not started. */
static void
be_busy_after_a_signal(struct fake *f)
{
	take_run(f);
	thread_assert_int_eq(runtool_signal(client, SIGTERM), 0);
	take_number(f, SIGTERM);
	say_failure(f, RUNTOOL_CLIENT, busy_words, 0, 1);
	fake_take_ack(f);
	thread_assert(fake_at_end(f->fd));
}

START_TEST(a_signal_ends_the_asking_too)
{
	struct runtool *c = start(be_busy_after_a_signal);

	run_fails(c, RUNTOOL_CANCELLED, "SIGTERM");
	fake_finish(c);
}
END_TEST

static void
close_between_refusals(struct fake *f)
{
	take_run(f);
	say_failure(f, RUNTOOL_CLIENT, busy_words, 0, MOMENT_MS);
	fake_take_ack(f);
	thread_assert(fake_again(f));
	serve(f);
}

START_TEST(a_server_may_close_the_connection_of_those_who_wait_for_room)
{
	struct runtool *c = start(close_between_refusals);

	run_succeeds(c, &run_true, 0);
	fake_finish(c);
}
END_TEST

#define SYN_SENT 2 /* in /proc/net/tcp */

/* Connections that are being made to the listener. */
static size_t
count_connecting(const struct fake *f)
{
	FILE *file = fopen("/proc/net/tcp", "re");
	unsigned long wanted = strtoul(f->port, NULL, 10);
	char line[512], *p, *end;
	size_t n = 0;
	int i;

	thread_assert(file != NULL);
	/* NUMBER: ADDRESS:PORT ADDRESS:PORT STATE ... */
	while (fgets(line, sizeof(line), file) != NULL) {
		for (i = 0, p = line; i < 3 && (p = strchr(p, ':')) != NULL; i++)
			p++;
		n += p != NULL && strtoul(p, &end, 16) == wanted &&
		     strtoul(end, NULL, 16) == SYN_SENT;
	}
	fclose(file);
	return (n);
}

/* A server that does not accept: its backlog is full, and connecting hangs. */
static void
cancel_connecting(struct fake *f)
{
	struct sockaddr_storage at = {0};
	socklen_t len = sizeof(at);
	struct pollfd pfd = {.events = POLLOUT};
	int fds[64];
	size_t n = 0, before;

	close(f->fd);
	f->fd = -1;
	thread_assert_int_eq(getsockname(f->listener, (struct sockaddr *)&at, &len), 0);
	thread_assert_int_eq(listen(f->listener, 0), 0);
	do {
		thread_assert(n < LENGTH(fds));
		fds[n] = socket(at.ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)connect(fds[n], (struct sockaddr *)&at, len);
		pfd.fd = fds[n++];
	} while (poll(&pfd, 1, MOMENT_MS) == 1);
	before = count_connecting(f);
	thread_assert(sem_post(&sink.go) == 0);
	while (count_connecting(f) == before)
		poll(NULL, 0, 1);
	order();
	thread_assert(sem_wait(&sink.blocked) == 0);
	while (n > 0)
		close(fds[--n]);
}

START_TEST(connecting_can_be_cancelled)
{
	struct runtool *c;
	int64_t begin;

	sink_prepare();
	signal_to_send = _i == 0 ? 0 : SIGTERM;
	c = start(cancel_connecting);
	ck_assert_int_eq(sem_wait(&sink.go), 0);
	begin = now_ms();
	run_fails(c, RUNTOOL_CANCELLED, "cancelled");
	ck_assert_int_lt(now_ms() - begin, LONG_MS);
	ck_assert_int_eq(sem_post(&sink.blocked), 0);
	fake_finish(c);
}
END_TEST

/* ---- results ---- */

static void
say_some_result(struct fake *f)
{
	take_run(f);
	end_with(f, &some_result);
}

START_TEST(a_result_is_told_whole)
{
	struct runtool *c = start(say_some_result);
	struct runtool_result result = {.size = sizeof(result)};
	struct runtool_error err = {.size = sizeof(err)};

	ck_assert_msg(runtool_run(c, &run_true, &result, &err) == 0, "%s", err.message);
	ck_assert_int_eq(result.status, 3);
	ck_assert_int_eq(result.signal, 0);
	ck_assert(!result.core);
	ck_assert_int_eq(result.why, RUNTOOL_ENDED);
	ck_assert_int_eq(result.interface, 5);
	ck_assert_double_eq(result.user_s, 1.5);
	ck_assert_double_eq(result.system_s, 0.25);
	ck_assert_double_eq(result.wall_s, 2.75);
	ck_assert_double_eq(result.queue_s, 0.5);
	ck_assert_int_eq(result.max_rss_kb, 12345);
	ck_assert(result.loaded);
	ck_assert_int_eq(result.in_flight, 21);
	ck_assert_int_eq(result.refusals, 0);
	fake_finish(c);
}
END_TEST

static const struct {
	struct rpc5_result said;
	struct runtool_result told;
} ends[] = {
    {{.signal = 11, .core = 1}, {.signal = 11, .core = true}},
    {{.signal = 9, .why = RPC5_TIME_LIMIT}, {.signal = 9, .why = RUNTOOL_TIME_LIMIT}},
    {{.signal = 2, .why = RPC5_CLIENT_SIGNAL}, {.signal = 2, .why = RUNTOOL_CLIENT_SIGNAL}},
    {{.status = 255, .why = RPC5_SHUTDOWN}, {.status = 255, .why = RUNTOOL_SERVER_SHUTDOWN}},
};

static int end; /* set before the thread starts */

static void
say_end(struct fake *f)
{
	take_run(f);
	end_with(f, &ends[end].said);
}

START_TEST(it_is_told_how_and_why_a_tool_ended)
{
	const struct runtool_result *told = &ends[_i].told;
	struct runtool_result result = {.size = sizeof(result)};
	struct runtool_error err = {.size = sizeof(err)};
	struct runtool *c;

	end = _i;
	c = start(say_end);
	ck_assert_msg(runtool_run(c, &run_true, &result, &err) == 0, "%s", err.message);
	ck_assert_int_eq(result.status, told->status);
	ck_assert_int_eq(result.signal, told->signal);
	ck_assert_int_eq(result.core, told->core);
	ck_assert_int_eq(result.why, told->why);
	fake_finish(c);
}
END_TEST

static void
say_what_is_not_invented_yet(struct fake *f)
{
	static const char *const pairs[] = {"flavour=blue", "status=7", "signal=0", "core=0",
	    "why=ended", "state=ok", "nothing=", NULL};

	take_run(f);
	say_pairs(f, pairs);
	fake_take_ack(f);
}

START_TEST(results_may_have_unknown_names)
{
	struct runtool *c = start(say_what_is_not_invented_yet);

	run_succeeds(c, &run_true, 7);
	fake_finish(c);
}
END_TEST

static void
tell_no_requests_in_flight(struct fake *f)
{
	static const char *const pairs[] = {"status=0", "signal=0", "state=loaded", NULL};

	take_run(f);
	say_pairs(f, pairs);
	fake_take_ack(f);
}

START_TEST(an_older_server_does_not_say_what_is_in_flight)
{
	struct runtool *c = start(tell_no_requests_in_flight);
	struct runtool_result result = {.size = sizeof(result)};
	struct runtool_error err = {.size = sizeof(err)};

	ck_assert_msg(runtool_run(c, &run_true, &result, &err) == 0, "%s", err.message);
	ck_assert(result.loaded);
	ck_assert_int_eq(result.in_flight, -1);
	fake_finish(c);
}
END_TEST

static void
fail_twice(struct fake *f)
{
	static const char *const wordless[] = {"failure=-7", NULL};

	take_run(f);
	say_failure(f, RUNTOOL_CLIENT, "Execve failure, tool = x (errno = 2)", ENOENT, 0);
	fake_take_ack(f);
	take_run(f);
	say_pairs(f, wordless);
	fake_take_ack(f);
	serve(f);
}

START_TEST(a_run_that_did_not_happen_leaves_the_connection_usable)
{
	struct runtool *c = start(fail_twice);
	struct runtool_result result = {.size = sizeof(result)};
	struct runtool_error err = {.size = sizeof(err)};

	ck_assert_int_eq(runtool_run(c, &run_true, &result, &err), -1);
	ck_assert_int_eq(err.code, RUNTOOL_CLIENT);
	ck_assert_int_eq(err.exec_errno, ENOENT);
	ck_assert_str_eq(err.message, "Execve failure, tool = x (errno = 2)");
	ck_assert_int_eq(runtool_run(c, &run_true, &result, &err), -1);
	ck_assert_int_eq(err.code, RUNTOOL_INTERNAL);
	ck_assert_int_eq(err.exec_errno, 0);
	ck_assert(!err.loaded);
	ck_assert_int_eq(err.in_flight, -1);
	ck_assert_uint_gt(strlen(err.message), 0);
	run_succeeds(c, &run_true, 0);
	fake_finish(c);
}
END_TEST

/* What a server must not send; the call has to fail at once, in words. */
static const struct {
	const char *bytes;
	size_t len;
	int code;
	const char *words;
} wrong_items[] = {
    {"\x24\0\0\0\0", 5, RUNTOOL_PROTOCOL_VIOLATION, "expected item code 33, got 36"},
    {"\x0c", 1, RUNTOOL_PROTOCOL_VIOLATION, "expected item code 33, got 12"},
    {"\0", 1, RUNTOOL_PROTOCOL_VIOLATION, "got 0"},
    {"\x22\x80\0\0\0", 5, RUNTOOL_PROTOCOL_VIOLATION, "negative length"},
    {"\x20\xff\xff\xff\xff", 5, RUNTOOL_PROTOCOL_VIOLATION, "negative length"},
    {"\x1e\0\0\0\1", 5, RUNTOOL_PROTOCOL_VIOLATION, "was told that there is none"},
    {"\xff\0\0\0\x0a\xff\xff\xff\xff", 9, RUNTOOL_INTERNAL, "length"},
    {"\xff\0\0\0\x0a\x7f\xff\xff\xff", 9, RUNTOOL_INVALID, "too large"},
    {"\xff\0\0\0\x0b\0\0\0\4word", 13, RUNTOOL_CONFIGURATION, "word"},
    {"\xff\0\0\0\x64\0\0\0\4word", 13, RUNTOOL_PROTOCOL_VIOLATION, "word"},
    {"\x21\xff\xff\xff\xff", 5, RUNTOOL_INTERNAL, "count"},
    {"\x21\0\0\0\1\x7f\xff\xff\xff", 9, RUNTOOL_INVALID, "too large"},
    {"\x21\x7f\xff\xff\xff\0\0\0\0", 9, RUNTOOL_INVALID, "too large"},
    {"\x21\0\0\0\1\0\0\0\2x\0\0\0\0\0\x0c", 16, RUNTOOL_PROTOCOL_VIOLATION, "NAME=VALUE"},
    {"\x21\0\0\0\1\0\0\0\2x\0\0\0\0\1\x0c", 16, RUNTOOL_PROTOCOL_VIOLATION, "NAME=VALUE"},
    {"\x21\0\0\0\1\0\0\0\2x\0\0\0\0\2\x0c", 16, RUNTOOL_INTERNAL, "offset"},
    {"\x21\0\0\0\0\0\0\0\0\x0d", 10, RUNTOOL_PROTOCOL_VIOLATION, "expected item code 12"},
};

static int wrong_item; /* set before the thread starts */

static void
say_wrong_item(struct fake *f)
{
	struct buf b = {0};

	take_run(f);
	put_output(&b, 1, "before");
	buf_append(&b, wrong_items[wrong_item].bytes, wrong_items[wrong_item].len);
	fake_reply(f, &b);
	thread_assert(fake_at_end(f->fd));
}

START_TEST(a_wrong_item_ends_the_call)
{
	struct runtool *c;

	wrong_item = _i;
	c = start(say_wrong_item);
	run_fails(c, wrong_items[_i].code, wrong_items[_i].words);
	sink_printed(1, "before");
	fake_finish(c);
}
END_TEST

static const struct {
	const char *pairs[3];
	const char *words;
} wrong_results[] = {
    {{"status=x", "signal=0"}, "status=x"},
    {{"status=0", "signal=65"}, "signal=65"},
    {{"status=-1", "signal=0"}, "status=-1"},
    {{"status=0", "status=0"}, "twice"},
    {{"status=0", "why"}, "NAME=VALUE"},
    {{"failure=x", NULL}, "failure=x"},
    {{"failure=99999999999", NULL}, "failure=99999999999"},
    {{"failure=0", NULL}, "failure=0"},
    {{"failure=10", "retry_ms=-5"}, "retry_ms=-5"},
};

static void
say_wrong_result(struct fake *f)
{
	take_run(f);
	say_pairs(f, wrong_results[wrong_item].pairs);
	thread_assert(fake_at_end(f->fd));
}

START_TEST(a_wrong_result_ends_the_call)
{
	struct runtool *c;

	wrong_item = _i;
	c = start(say_wrong_result);
	run_fails(c, RUNTOOL_PROTOCOL_VIOLATION, wrong_results[_i].words);
	fake_finish(c);
}
END_TEST

static int32_t wrong_credit; /* set before the thread starts */

static void
say_wrong_credit(struct fake *f)
{
	take_run(f);
	say_credit(f, wrong_credit);
	thread_assert(fake_at_end(f->fd));
}

START_TEST(a_wrong_credit_ends_the_call)
{
	static const int32_t credits[] = {0, -1, INT32_MIN};
	struct runtool_request request = {
	    .size = sizeof(request), .root = 1, .argv = true_argv, .stream_stdin = true};
	struct runtool *c;

	wrong_credit = credits[_i];
	c = start(say_wrong_credit);
	run_fails_with(c, &request, RUNTOOL_PROTOCOL_VIOLATION, "bytes of input");
	fake_finish(c);
}
END_TEST

/* A whole reply. */
static void
put_all(struct buf *b)
{
	srpc_put_hello(b);
	srpc_put_code(b, RPC5_QUEUED);
	srpc_put_code(b, RPC5_RUNNING);
	put_output(b, 1, "out");
	put_output(b, 2, "err");
	rpc5_put_result(b, &(struct rpc5_result){0});
}

/* Closes each connection one byte later than the one before; then serves. */
static void
close_ever_later(struct fake *f)
{
	struct buf b = {0};
	size_t n;

	put_all(&b);
	for (n = 0; n < b.len; n++) {
		take_run(f);
		fake_send(f->fd, b.data, n);
		thread_assert(fake_again(f));
	}
	buf_free(&b);
	serve(f);
}

START_TEST(a_connection_may_end_at_every_point)
{
	struct buf b = {0};
	struct runtool *c;
	size_t n;

	put_all(&b);
	c = start(close_ever_later);
	for (n = 0; n < b.len; n++)
		run_fails(c, RUNTOOL_TRANSPORT, "the server closed the connection");
	buf_free(&b);
	run_succeeds(c, &run_true, 0);
	fake_finish(c);
}
END_TEST

static void
fail_and_reset(struct fake *f)
{
	fake_take(f, SRPC_HELLO);
	fake_take(f, SRPC_START_CALL);
	fake_reply_failure(f, RUNTOOL_INVALID, "too large");
	close(f->fd);
	f->fd = -1;
}

START_TEST(a_failure_is_read_from_a_server_that_resets)
{
	char *argument = long_argument(4 * MEGABYTE);
	const char *argv[] = {"echo", argument, NULL};
	struct runtool_request request = {.size = sizeof(request), .root = 1, .argv = argv};
	struct runtool *c = start(fail_and_reset);

	run_fails_with(c, &request, RUNTOOL_INVALID, "too large");
	free(argument);
	fake_finish(c);
}
END_TEST

/* ---- connections ---- */

static void
close_after_each_call(struct fake *f)
{
	int i;

	for (i = 0; i < 2; i++) {
		serve(f);
		close(f->fd);
		f->fd = -1;
		thread_assert(sem_post(&sink.go) == 0);
		thread_assert(fake_again(f));
	}
	serve(f);
}

START_TEST(a_connection_that_was_closed_between_two_calls_is_made_anew)
{
	struct runtool *c;
	int i;

	ck_assert_int_eq(sem_init(&sink.go, 0, 0), 0);
	c = start(close_after_each_call);
	for (i = 0; i < 2; i++) {
		run_succeeds(c, &run_true, 0);
		ck_assert_int_eq(sem_wait(&sink.go), 0);
	}
	run_succeeds(c, &run_true, 0);
	sink_printed(1, "outoutout");
	fake_finish(c);
}
END_TEST

static int requests; /* of the script's thread, until it has ended */

static void
die_while_it_runs(struct fake *f)
{
	take_run(f);
	requests++;
	say_code(f, RPC5_RUNNING);
	fake_reset(f->fd);
	f->fd = -1;
	while (fake_again(f)) {
		serve(f);
		requests++;
	}
}

START_TEST(a_tool_that_may_have_run_is_not_run_again)
{
	struct runtool *c = start(die_while_it_runs);

	run_fails(c, RUNTOOL_TRANSPORT, "the server closed the connection: Connection reset");
	fake_finish(c);
	ck_assert_int_eq(requests, 1);
}
END_TEST

START_TEST(only_a_run_that_was_asked_for_can_be_lost)
{
	struct runtool *c = start(die_while_it_runs);
	struct runtool_result result = {.size = sizeof(result)};
	struct runtool_error err = {.size = sizeof(err)};

	ck_assert_int_eq(runtool_run(c, &run_true, &result, &err), -1);
	ck_assert(err.lost && !err.refused);
	shutdown(fake.listener, SHUT_RDWR);
	ck_assert_int_eq(runtool_run(c, &run_true, &result, &err), -1);
	ck_assert_int_eq(err.code, RUNTOOL_TRANSPORT);
	ck_assert(!err.lost && !err.refused);
	fake_finish(c);
}
END_TEST

static void
die_of_input(struct fake *f)
{
	take_run(f);
	say_credit(f, 1000);
	fake_take(f, SRPC_BYTES);
	fake_reset(f->fd);
	f->fd = -1;
}

START_TEST(a_lost_run_says_whether_it_has_read_input)
{
	struct runtool_request request = {
	    .size = sizeof(request), .root = 1, .argv = true_argv, .stream_stdin = true};
	struct runtool *c = start(die_of_input);
	struct runtool_result result = {.size = sizeof(result)};
	struct runtool_error err = {.size = sizeof(err)};
	int fds[2];

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	if (_i == 1)
		ck_assert_int_eq(write(fds[1], "x", 1), 1);
	close(fds[1]);
	request.stdin_fd = fds[0];
	ck_assert_int_eq(runtool_run(c, &request, &result, &err), -1);
	ck_assert(err.lost);
	ck_assert_int_eq(err.input_read, _i);
	close(fds[0]);
	fake_finish(c);
}
END_TEST

START_TEST(after_a_failed_call_there_is_a_new_connection)
{
	struct runtool *c = start(die_while_it_runs);

	run_fails(c, RUNTOOL_TRANSPORT, "Connection reset");
	run_succeeds(c, &run_true, 0);
	fake_finish(c);
	ck_assert_int_eq(requests, 2);
}
END_TEST

static void
forget_the_version(struct fake *f)
{
	serve(f);
	take_run(f);
	fake_reply_failure(f, RUNTOOL_VERSION_SKEW, "some trouble");
	thread_assert(fake_again(f));
	take_run(f);
	say_code(f, RPC5_RUNNING);
	fake_reply_failure(f, RUNTOOL_VERSION_SKEW, "some trouble");
	thread_assert(fake_again(f));
	serve(f);
}

START_TEST(only_the_first_answer_of_a_connection_tells_of_an_older_server)
{
	struct runtool *c = start(forget_the_version);

	run_succeeds(c, &run_true, 0);
	run_fails(c, RUNTOOL_VERSION_SKEW, "some trouble");
	run_fails(c, RUNTOOL_VERSION_SKEW, "some trouble");
	run_succeeds(c, &run_true, 0);
	fake_finish(c);
}
END_TEST

static void
serve_once(struct fake *f)
{
	serve(f);
	(void)fake_at_end(f->fd);
}

START_TEST(no_descriptor_stays_open_after_good_and_bad_calls)
{
	void (*const scripts[])(struct fake *) = {serve_once, die_while_it_runs, fail_and_reset};
	size_t before = count_descriptors(), i;
	struct runtool_result result = {.size = sizeof(result)};
	struct runtool_error err = {.size = sizeof(err)};
	struct runtool *c;

	for (i = 0; i < LENGTH(scripts); i++) {
		fake = (struct fake){0};
		c = start(scripts[i]);
		ck_assert_int_eq(runtool_run(c, &run_true, &result, &err), i == 0 ? 0 : -1);
		fake_finish(c);
	}
	ck_assert_uint_eq(count_descriptors(), before);
}
END_TEST

/* ---- the other calls ---- */

static void
put_some_info(struct buf *b)
{
	char sysname[] = "Linux", release[] = "6.1", version[] = "#1 SMP", machine[] = "x86_64";
	char area[] = "here", software[] = "RunToolServer 9";
	struct rpc_info info = {.sysname = sysname,
	    .release = release,
	    .version = version,
	    .machine = machine,
	    .cpus = 2,
	    .cpu_mhz = 2300,
	    .mem_kb = 4096,
	    .max_tools = 4,
	    .cur_tools = 3,
	    .load = 2.5F,
	    .cur_pending = 1,
	    .max_pending = 8,
	    .unique = {0xee, 0x51},
	    .loaded = 1,
	    .in_flight = 21,
	    .interface = 6,
	    .area = area,
	    .software = software,
	    .started = 1234567890,
	    .runs = 1,
	    .failures = 2,
	    .refused = 3,
	    .connections = 4};

	rpc5_put_info(b, &info);
}

static void
say_info(struct fake *f)
{
	struct buf b = {0};

	take_call(f, RPC5_INFO);
	put_some_info(&b);
	fake_reply(f, &b);
	fake_take_ack(f);
}

static void
check_info(const struct runtool_info *info)
{
	ck_assert_str_eq(info->sysname, "Linux");
	ck_assert_str_eq(info->release, "6.1");
	ck_assert_str_eq(info->version, "#1 SMP");
	ck_assert_str_eq(info->machine, "x86_64");
	ck_assert_int_eq(info->cpus, 2);
	ck_assert_int_eq(info->cpu_mhz, 2300);
	ck_assert_int_eq(info->mem_kb, 4096);
	ck_assert_int_eq(info->max_tools, 4);
	ck_assert_int_eq(info->cur_tools, 3);
	ck_assert_int_eq(info->cur_pending, 1);
	ck_assert_int_eq(info->max_pending, 8);
	ck_assert_double_eq(info->load, 2.5);
	ck_assert_uint_eq(info->unique[0], 0xee);
	ck_assert_uint_eq(info->unique[1], 0x51);
	ck_assert_int_eq(info->interface, 5); /* we speak no newer one */
	ck_assert(info->loaded);
	ck_assert_int_eq(info->in_flight, 21);
	ck_assert_str_eq(info->area, "here");
	ck_assert_str_eq(info->software, "RunToolServer 9");
	ck_assert_int_eq(info->started, 1234567890);
	ck_assert_int_eq(info->runs, 1);
	ck_assert_int_eq(info->failures, 2);
	ck_assert_int_eq(info->refused, 3);
	ck_assert_int_eq(info->connections, 4);
}

static void
serve_three_calls(struct fake *f)
{
	say_info(f);
	serve(f);
	say_info(f);
}

START_TEST(a_connection_carries_one_call_after_the_other)
{
	struct runtool *c = start(serve_three_calls);
	struct runtool_info info = {.size = sizeof(info)};
	struct runtool_error err = {.size = sizeof(err)};

	ck_assert_msg(runtool_info(c, &info, &err) == 0, "%s", err.message);
	check_info(&info);
	run_succeeds(c, &run_true, 0);
	ck_assert_msg(runtool_info(c, &info, &err) == 0, "%s", err.message);
	check_info(&info);
	fake_finish(c);
}
END_TEST

static void
say_ping_and_stop(struct fake *f)
{
	struct rpc5_ping ping = {.unique = {1, 2, 3}, .load = {1, 7}};
	struct buf b = {0};

	take_call(f, RPC5_PING);
	rpc5_put_ping(&b, &ping);
	fake_reply(f, &b);
	fake_take_ack(f);
	take_call(f, RPC5_STOP);
	rpc5_put_stop(&b, (struct rpc5_load){.in_flight = 5});
	fake_reply(f, &b);
	fake_take_ack(f);
}

START_TEST(a_server_is_pinged_and_stopped)
{
	struct runtool *c = start(say_ping_and_stop);
	struct runtool_ping ping = {.size = sizeof(ping)};
	struct runtool_error err = {.size = sizeof(err)};
	int in_flight;

	ck_assert_msg(runtool_ping(c, &ping, &err) == 0, "%s", err.message);
	ck_assert_mem_eq(ping.unique, "\1\2\3\0\0\0\0\0\0\0\0\0\0\0\0", 16);
	ck_assert(ping.loaded);
	ck_assert_int_eq(ping.in_flight, 7);
	ck_assert_msg(runtool_stop(c, &in_flight, &err) == 0, "%s", err.message);
	ck_assert_int_eq(in_flight, 5);
	fake_finish(c);
}
END_TEST

static void
say_stats(struct fake *f)
{
	const struct rpc5_stats stats = {{[RPC5_CALL_RUN] = {4, 1, 2500000, 1500000},
					     [RPC5_CALL_INFO] = {5, 0, 0, 0},
					     [RPC5_CALL_PING] = {6, 0, 0, 0},
					     [RPC5_CALL_STOP] = {7, 0, 0, 0},
					     [RPC5_CALL_STATS] = {8, 0, 0, 0}},
	    {0}};
	struct buf b = {0};

	take_call(f, RPC5_STATS);
	rpc5_put_stats(&b, &stats);
	fake_reply(f, &b);
	fake_take_ack(f);
}

START_TEST(a_servers_statistics_are_told_by_call)
{
	struct runtool *c = start(say_stats);
	struct runtool_stats stats = {.size = sizeof(stats)};
	struct runtool_error err = {.size = sizeof(err)};

	ck_assert_msg(runtool_stats(c, &stats, &err) == 0, "%s", err.message);
	ck_assert_int_eq(stats.run.count, 4);
	ck_assert_int_eq(stats.run.errors, 1);
	ck_assert_double_eq_tol(stats.run.total_s, 2.5, 1e-9);
	ck_assert_double_eq_tol(stats.run.longest_s, 1.5, 1e-9);
	ck_assert_int_eq(stats.info.count, 5);
	ck_assert_int_eq(stats.ping.count, 6);
	ck_assert_int_eq(stats.stop.count, 7);
	ck_assert_int_eq(stats.stats.count, 8);
	fake_finish(c);
}
END_TEST

/* Its version 5 is that of a time before the call. */
static void
know_no_stats(struct fake *f)
{
	struct rpc5_ping ping = {0};
	struct buf b = {0};

	fake_take_start(f, RPC5_STATS, RPC5_VERSION);
	fake_reply_failure(f, RUNTOOL_VERSION_SKEW, "Unknown proc_id");
	thread_assert(fake_again(f));
	take_call(f, RPC5_PING);
	rpc5_put_ping(&b, &ping);
	fake_reply(f, &b);
	fake_take_ack(f);
	serve(f);
}

START_TEST(a_server_without_statistics_is_still_one_of_version_5)
{
	struct runtool *c = start(know_no_stats);
	struct runtool_stats stats = {.size = sizeof(stats)};
	struct runtool_error err = {.size = sizeof(err)};

	ck_assert_int_eq(runtool_stats(c, &stats, &err), -1);
	ck_assert_int_eq(err.code, RUNTOOL_VERSION_SKEW);
	ck_assert_ptr_nonnull(strstr(err.message, "the server is older than this client"));
	run_succeeds(c, &run_true, 0);
	fake_finish(c);
}
END_TEST

static void
refuse_to_stop(struct fake *f)
{
	take_call(f, RPC5_STOP);
	say_failure(f, RUNTOOL_INVALID, "stop: only from the server's own host", 0, 0);
	fake_take_ack(f);
	serve(f);
}

START_TEST(a_refused_stop_is_told)
{
	struct runtool *c = start(refuse_to_stop);
	struct runtool_error err = {.size = sizeof(err)};
	int in_flight;

	ck_assert_int_eq(runtool_stop(c, &in_flight, &err), -1);
	ck_assert_int_eq(err.code, RUNTOOL_INVALID);
	ck_assert_str_eq(err.message, "stop: only from the server's own host");
	run_succeeds(c, &run_true, 0);
	fake_finish(c);
}
END_TEST

START_TEST(a_server_that_never_answers_is_given_up_in_time)
{
	struct runtool *c = fake_start(expect_nothing, SHORT_MS);
	struct runtool_ping ping = {.size = sizeof(ping)};
	struct runtool_error err = {.size = sizeof(err)};
	int64_t begin = now_ms();

	ck_assert_int_eq(runtool_ping(c, &ping, &err), -1);
	ck_assert_int_eq(err.code, RUNTOOL_TIMEOUT);
	ck_assert_int_ge(now_ms() - begin, SHORT_MS);
	ck_assert_int_lt(now_ms() - begin, LONG_MS);
	fake_finish(c);
}
END_TEST

static void
add_requests(TCase *tc)
{
	tcase_add_test(tc, a_request_says_all_that_was_asked_for);
	tcase_add_test(tc, a_request_of_zeros_is_the_plain_one);
	tcase_add_loop_test(
	    tc, a_request_that_makes_no_sense_is_refused_here, 0, (int)LENGTH(wrong_requests));
	tcase_add_test(tc, a_large_request_may_take_longer_than_a_silence);
}

static void
add_output(TCase *tc)
{
	tcase_add_test(tc, both_streams_come_in_order);
	tcase_add_test(tc, it_does_not_matter_in_which_pieces_things_come);
	tcase_add_test(tc, output_is_handed_on_before_its_item_is_complete);
	tcase_add_test(tc, a_huge_item_takes_no_more_memory_than_a_small_one);
	tcase_add_test(tc, without_a_callback_output_is_discarded);
	tcase_add_loop_test(tc, of_a_closed_stream_nothing_more_is_handed_on, 1, 3);
	tcase_add_loop_test(
	    tc, of_a_stream_that_was_closed_from_the_start_nothing_is_handed_on, 1, 3);
	tcase_add_test(tc, output_that_is_refused_ends_the_call_and_the_connection);
}

static void
add_input(TCase *tc)
{
	scratch_use(tc);
	tcase_add_loop_test(tc, input_comes_from_a_pipe_blocking_or_not, 0, 2);
	tcase_add_test(tc, input_comes_from_a_file);
	tcase_add_loop_test(tc, what_cannot_be_read_is_empty_input, 0, 3);
	tcase_add_loop_test(tc, a_file_stands_behind_what_the_tool_has_read, 0, 8);
	tcase_add_test(tc, of_a_pipe_nothing_is_given_back);
	tcase_add_loop_test(tc, a_file_stands_where_it_stood_without_a_result, 0, 2);
	tcase_add_test(tc, no_more_input_is_read_than_is_welcome);
	tcase_add_test(tc, input_and_output_flow_at_the_same_time);
}

static void
add_life(TCase *tc)
{
	tcase_add_test(tc, a_silent_server_is_given_up);
	tcase_add_test(tc, signs_of_life_keep_a_call_alive);
	tcase_add_test(tc, time_in_the_callback_is_no_silence);
}

static void
add_control(TCase *tc)
{
	tcase_add_test(tc, signals_reach_the_tool);
	tcase_add_test(tc, a_terminals_size_reaches_the_tool);
	tcase_add_test(tc, a_new_size_is_there_before_what_is_typed_then);
	tcase_add_loop_test(tc, a_terminal_needs_input_and_nothing_closed, 0, 2);
	tcase_add_loop_test(tc, what_is_no_signal_is_refused, 0, 3);
	tcase_add_test(tc, nothing_is_signalled_between_calls);
	tcase_add_test(tc, a_cancel_between_calls_is_used_up_by_the_next_one);
	tcase_add_test(tc, the_header_has_the_version_of_the_library);
	tcase_add_loop_test(tc, signal_handlers_may_signal_and_cancel, 0, 2);
	tcase_add_test(tc, interrupts_do_not_disturb_a_call);
	tcase_add_loop_test(
	    tc, a_waiting_request_is_cancelled_by_ending_signals, 0, (int)LENGTH(ending));
	tcase_add_test(tc, a_waiting_request_can_be_cancelled);
	tcase_add_test(tc, other_signals_are_for_started_tools);
	tcase_add_test(tc, a_request_that_turns_out_to_wait_is_cancelled_by_an_earlier_signal);
	tcase_add_loop_test(tc, connecting_can_be_cancelled, 0, 2);
}

static void
add_room(TCase *tc)
{
	tcase_add_test(tc, a_refused_request_is_repeated_on_the_same_connection);
	tcase_add_loop_test(tc, patience_has_its_limit, 0, 2);
	tcase_add_loop_test(tc, waiting_for_room_can_be_cancelled, 0, 2);
	tcase_add_test(tc, a_signal_ends_the_asking_too);
	tcase_add_test(tc, a_server_may_close_the_connection_of_those_who_wait_for_room);
}

static void
add_results(TCase *tc)
{
	tcase_add_test(tc, a_result_is_told_whole);
	tcase_add_loop_test(tc, it_is_told_how_and_why_a_tool_ended, 0, (int)LENGTH(ends));
	tcase_add_test(tc, results_may_have_unknown_names);
	tcase_add_test(tc, an_older_server_does_not_say_what_is_in_flight);
	tcase_add_test(tc, a_run_that_did_not_happen_leaves_the_connection_usable);
	tcase_add_loop_test(tc, a_wrong_item_ends_the_call, 0, (int)LENGTH(wrong_items));
	tcase_add_loop_test(tc, a_wrong_result_ends_the_call, 0, (int)LENGTH(wrong_results));
	tcase_add_loop_test(tc, a_wrong_credit_ends_the_call, 0, 3);
}

static void
add_connections(TCase *tc)
{
	tcase_add_test(tc, a_connection_may_end_at_every_point);
	tcase_add_loop_test(
	    tc, a_failure_is_read_from_a_server_that_resets, 0, testing_times(5, 20));
	tcase_add_test(tc, a_connection_that_was_closed_between_two_calls_is_made_anew);
	tcase_add_test(tc, a_tool_that_may_have_run_is_not_run_again);
	tcase_add_test(tc, only_a_run_that_was_asked_for_can_be_lost);
	tcase_add_loop_test(tc, a_lost_run_says_whether_it_has_read_input, 0, 2);
	tcase_add_test(tc, after_a_failed_call_there_is_a_new_connection);
	tcase_add_test(tc, only_the_first_answer_of_a_connection_tells_of_an_older_server);
	tcase_add_test(tc, no_descriptor_stays_open_after_good_and_bad_calls);
}

static void
add_other_calls(TCase *tc)
{
	tcase_add_test(tc, a_connection_carries_one_call_after_the_other);
	tcase_add_test(tc, a_server_is_pinged_and_stopped);
	tcase_add_test(tc, a_refused_stop_is_told);
	tcase_add_test(tc, a_servers_statistics_are_told_by_call);
	tcase_add_test(tc, a_server_without_statistics_is_still_one_of_version_5);
	tcase_add_test(tc, a_server_that_never_answers_is_given_up_in_time);
}

Suite *
client5_suite(void)
{
	Suite *suite = suite_create("client5");

	fake_add_case(suite, "requests", add_requests);
	fake_add_case(suite, "output", add_output);
	fake_add_case(suite, "input", add_input);
	fake_add_case(suite, "life", add_life);
	fake_add_case(suite, "control", add_control);
	fake_add_case(suite, "room", add_room);
	fake_add_case(suite, "results", add_results);
	fake_add_case(suite, "connections", add_connections);
	fake_add_case(suite, "other calls", add_other_calls);
	return (suite);
}
