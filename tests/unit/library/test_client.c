/* libruntool against a server of version 4: what it sends, and what it survives. */
#include <arpa/inet.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/testing.h"
#include "unit/fake.h"
#include "unit/suites.h"
#include "unit/thread.h"

#define EXCHANGES "tests/wire/exchanges.txt"
#define RECORDED  "## do_it\n"

static const char *const true_argv[] = {"/bin/true", NULL};

/* ---- what servers of version 4 say ---- */

static void
take_start(struct fake *f, int32_t proc)
{
	fake_take_start(f, proc, RPC_VERSION);
}

/* A run call as far as the addresses of its relays. */
static void
take_relays(struct fake *f)
{
	struct srpc_item item;

	take_start(f, RPC_RUN);
	fake_take(f, SRPC_TEXT);
	item = fake_take(f, SRPC_SOCKET);
	f->relays[0] = srpc_socket(&item);
	item = fake_take(f, SRPC_SOCKET);
	f->relays[1] = srpc_socket(&item);
}

static void
take_rest(struct fake *f)
{
	fake_take(f, SRPC_SOCKET);
	fake_take(f, SRPC_BYTES);
	fake_take(f, SRPC_TEXT);
	fake_take(f, SRPC_CHARS_SEQ);
	fake_take(f, SRPC_CHARS_SEQ);
	fake_take(f, SRPC_END_CALL);
}

static void
take_run(struct fake *f)
{
	take_relays(f);
	take_rest(f);
}

static void
reply_result(struct fake *f, int status, int signal, bool core)
{
	struct rpc_run_result result = {.status = status, .signal = signal, .core = core};
	struct buf b = {0};

	rpc_put_run_result(&b, RPC_VERSION, &result);
	fake_reply(f, &b);
}

static void
put_some_info(struct buf *b)
{
	char sysname[] = "Linux", release[] = "6.1", version[] = "#1 SMP", machine[] = "x86_64";
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
	    .unique = {0xee, 0x51}};

	rpc_put_info(b, RPC_INFO, RPC_VERSION, &info);
}

static int
connect_relay(const struct fake *f, int stream, const char *source)
{
	struct sockaddr_in from = {.sin_family = AF_INET};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	thread_assert(fd != -1);
	thread_assert_int_eq(inet_pton(AF_INET, source, &from.sin_addr), 1);
	thread_assert_int_eq(bind(fd, (const struct sockaddr *)&from, sizeof(from)), 0);
	thread_assert_int_eq(
	    connect(fd, (const struct sockaddr *)&f->relays[stream - 1], sizeof(f->relays[0])), 0);
	return (fd);
}

/* A whole stream. */
static void
relay_text(const struct fake *f, int stream, const char *text)
{
	int fd = connect_relay(f, stream, "127.0.0.1");

	fake_send(fd, text, strlen(text));
	close(fd);
}

/* ---- connecting ---- */

static void
say_info(struct fake *f)
{
	struct buf b = {0};

	take_start(f, RPC_INFO);
	fake_take(f, SRPC_END_CALL);
	put_some_info(&b);
	fake_reply(f, &b);
	fake_take_ack(f);
}

START_TEST(localhost_is_found_where_the_server_has_ipv4_only)
{
	struct runtool_error err = {.size = sizeof(err)};
	struct runtool_info info = {.size = sizeof(info)};
	struct runtool *c;

	ck_assert(fake_listen(&fake, "127.0.0.1"));
	fake.old = true;
	c = fake_serve("localhost", say_info, LONG_MS);
	ck_assert_msg(runtool_info(c, &info, &err) == 0, "%s", err.message);
	fake_finish(c);
}
END_TEST

START_TEST(a_refused_connection_is_told_with_its_address)
{
	struct runtool_error err = {.size = sizeof(err)};

	ck_assert(fake_listen(&fake, "127.0.0.1"));
	close(fake.listener);
	ck_assert_ptr_null(runtool_connect("127.0.0.1", fake.port, LONG_MS, &err));
	ck_assert_int_eq(err.code, RUNTOOL_TRANSPORT);
	ck_assert_str_eq(err.message, "cannot connect (127.0.0.1: Connection refused)");
}
END_TEST

static void
say_nothing(struct fake *f)
{
	while (fake_again(f))
		;
}

START_TEST(a_server_that_closes_at_once_may_not_allow_us)
{
	struct runtool *c = fake_start(say_nothing, LONG_MS);

	run_fails(c, RUNTOOL_TRANSPORT, "allow");
	run_fails(c, RUNTOOL_TRANSPORT, "allow");
	fake_finish(c);
}
END_TEST

static void
say_http(struct fake *f)
{
	static const char words[] = "HTTP/1.1 400 Bad Request\r\n";

	fake_send(f->fd, words, strlen(words));
	thread_assert(fake_at_end(f->fd));
}

static void
say_old_hello(struct fake *f)
{
	static const char hello[] = "\n\0\0\0\12SRPC V1.3";

	fake_send(f->fd, hello, sizeof(hello));
	thread_assert(fake_at_end(f->fd));
}

START_TEST(what_is_no_server_is_told_apart)
{
	static void (*const scripts[])(struct fake *) = {say_http, say_old_hello};
	static const char *const words[] = {"expected item code 10, got 72", "SRPC V1.4"};
	struct runtool *c = fake_start(scripts[_i], LONG_MS);

	run_fails(c, RUNTOOL_PROTOCOL_VIOLATION, words[_i]);
	fake_finish(c);
}
END_TEST

/* ---- information ---- */

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
}

static void
dribble_info(struct fake *f)
{
	struct buf b = {0};
	size_t i;

	take_start(f, RPC_INFO);
	fake_take(f, SRPC_END_CALL);
	srpc_put_hello(&b);
	put_some_info(&b);
	for (i = 0; i < b.len; i++)
		fake_send(f->fd, b.data + i, 1);
	buf_free(&b);
	f->met = true;
	fake_take_ack(f);
	say_info(f);
}

START_TEST(information_is_read_whole_however_it_comes)
{
	struct runtool *c = fake_start_old(dribble_info, LONG_MS);
	struct runtool_info info = {.size = sizeof(info)};
	struct runtool_error err = {.size = sizeof(err)};
	int i;

	for (i = 0; i < 2; i++) {
		ck_assert_msg(runtool_info(c, &info, &err) == 0, "%s", err.message);
		check_info(&info);
	}
	fake_finish(c);
}
END_TEST

static void
stay_silent(struct fake *f)
{
	thread_assert(fake_at_end(f->fd));
}

START_TEST(a_server_that_never_answers_is_given_up_in_time)
{
	struct runtool *c = fake_start(stay_silent, SHORT_MS);
	struct runtool_info info = {.size = sizeof(info)};
	struct runtool_error err = {.size = sizeof(err)};
	int64_t start = now_ms();

	ck_assert_int_eq(runtool_info(c, &info, &err), -1);
	ck_assert_int_eq(err.code, RUNTOOL_TIMEOUT);
	ck_assert_int_ge(now_ms() - start, SHORT_MS);
	ck_assert_int_lt(now_ms() - start, LONG_MS);
	fake_finish(c);
}
END_TEST

/* ---- the request ---- */

/* The bytes of the first segment that the client sent in the recorded exchange. */
static void
read_recorded(struct buf *out)
{
	FILE *f = fopen(EXCHANGES, "r");
	char line[512], *p, *end;
	bool ours = false, sending = false;
	uint8_t byte;

	thread_assert_msg(f != NULL, "%s: start the tests in the top directory", EXCHANGES);
	while (fgets(line, sizeof(line), f) != NULL) {
		if (line[0] == '#')
			ours = strcmp(line, RECORDED) == 0;
		if (line[0] != ' ')
			sending = ours && strstr(line, "client->server") != NULL && out->len == 0;
		/* Other lines of an item begin with its decimal code, fewer blanks before it. */
		if (!sending || strspn(line, " ") != 12)
			continue;
		for (p = line; byte = (uint8_t)strtoul(p, &end, 16), end != p; p = end)
			buf_append(out, &byte, 1);
	}
	fclose(f);
	thread_assert(out->len > 0);
}

static void
compare_strings(const struct srpc_item *a, const struct srpc_item *b)
{
	int32_t i;

	thread_assert_int_eq(a->number, b->number);
	for (i = 0; i < a->number; i++)
		thread_assert_str_eq(srpc_string(a, i), srpc_string(b, i));
}

/* Byte for byte, save what may differ: ports, and the order of strings within an item. */
static void
compare_items(struct srpc_reader *a, struct srpc_reader *b)
{
	static const uint8_t codes[] = {SRPC_HELLO, SRPC_START_CALL, SRPC_TEXT, SRPC_SOCKET,
	    SRPC_SOCKET, SRPC_SOCKET, SRPC_BYTES, SRPC_TEXT, SRPC_CHARS_SEQ, SRPC_CHARS_SEQ,
	    SRPC_END_CALL};
	struct srpc_item x, y;
	struct srpc_error err;
	size_t i, at_a, at_b;

	for (i = 0; i < LENGTH(codes); i++) {
		at_a = a->pos;
		at_b = b->pos;
		thread_assert_int_eq(srpc_next(a, codes[i], &x, &err), SRPC_OK);
		thread_assert_int_eq(srpc_next(b, codes[i], &y, &err), SRPC_OK);
		thread_assert_int_eq(a->pos - at_a, b->pos - at_b);
		if (codes[i] == SRPC_CHARS_SEQ)
			compare_strings(&x, &y);
		else if (codes[i] != SRPC_SOCKET)
			thread_assert(memcmp(a->data + at_a, b->data + at_b, a->pos - at_a) == 0);
	}
	thread_assert_int_eq(a->pos, a->len);
	thread_assert_int_eq(b->pos, b->len);
}

static void
compare_with_recorded(struct fake *f)
{
	struct srpc_reader ours, theirs;
	struct buf recorded = {0};

	take_run(f);
	read_recorded(&recorded);
	ours = (struct srpc_reader){.data = f->in.data, .len = f->in.len, .limit = FAKE_LIMIT};
	theirs =
	    (struct srpc_reader){.data = recorded.data, .len = recorded.len, .limit = FAKE_LIMIT};
	compare_items(&ours, &theirs);
	buf_free(&recorded);

	thread_assert_int_eq(ntohl(f->relays[0].sin_addr.s_addr), INADDR_LOOPBACK);
	thread_assert_int_eq(ntohl(f->relays[1].sin_addr.s_addr), INADDR_LOOPBACK);
	relay_text(f, 1, "out\nvm\n");
	relay_text(f, 2, "err\n");
	reply_result(f, 3, 0, false);
	fake_take_ack(f);
}

START_TEST(a_request_has_the_recorded_bytes)
{
	static const char *const env[] = {"FOO=bar", "PATH=/bin", NULL};
	static const char *const argv[] = {"sh", "-c", "echo out; echo err >&2; cat; exit 3", NULL};
	struct runtool_request request = {.size = sizeof(request),
	    .root = 1,
	    .stdin_file = "/etc/hostname",
	    .directory = ".WD",
	    .env = env,
	    .argv = argv,
	    .output = sink_collect,
	    .arg = &sink};
	struct runtool *c = fake_start_old(compare_with_recorded, LONG_MS);

	run_succeeds(c, &request, 3);
	sink_printed(1, "out\nvm\n");
	sink_printed(2, "err\n");
	fake_finish(c);
}
END_TEST

START_TEST(a_request_without_a_command_is_refused_here)
{
	static const char *const nothing[] = {NULL};
	const char *const *const argvs[] = {NULL, nothing};
	struct runtool_request request = {.size = sizeof(request), .root = 1, .argv = argvs[_i]};
	struct runtool *c = fake_start(stay_silent, LONG_MS);
	struct runtool_result result = {.size = sizeof(result)};
	struct runtool_error err = {.size = sizeof(err)};

	ck_assert_int_eq(runtool_run(c, &request, &result, &err), -1);
	ck_assert_int_eq(err.code, RUNTOOL_INVALID);
	ck_assert_str_eq(err.message, "no command");
	fake_finish(c);
}
END_TEST

static void
expect_no_relays(struct fake *f)
{
	int i;

	take_run(f);
	for (i = 0; i < 2; i++) {
		thread_assert_int_eq(f->relays[i].sin_addr.s_addr, INADDR_ANY);
		thread_assert_int_eq(f->relays[i].sin_port, 0);
	}
	reply_result(f, 0, 0, false);
	fake_take_ack(f);
}

START_TEST(without_output_no_relay_is_asked_for)
{
	struct runtool_request request = {.size = sizeof(request), .root = 1, .argv = true_argv};
	struct runtool *c = fake_start_old(expect_no_relays, LONG_MS);

	run_succeeds(c, &request, 0);
	fake_finish(c);
}
END_TEST

START_TEST(over_ipv6_tools_run_without_output_only)
{
	struct runtool_request request = {.size = sizeof(request), .root = 1, .argv = true_argv};
	struct runtool *c;

	ck_assert(fake_listen(&fake, "::1"));
	fake.old = true;
	c = fake_serve("::1", _i == 0 ? expect_no_relays : stay_silent, LONG_MS);
	if (_i == 0)
		run_succeeds(c, &request, 0);
	else
		run_fails(c, RUNTOOL_INVALID, "name an IPv4 address");
	fake_finish(c);
}
END_TEST

/* Sends much before it reads the request's end, as a server may whose tool is not the first one. */
static void
send_before_reading(struct fake *f)
{
	uint8_t *data = noise(8 * MEGABYTE);
	int fd;

	take_relays(f);
	fd = connect_relay(f, 1, "127.0.0.1");
	fake_send(fd, data, 8 * MEGABYTE);
	free(data);
	take_rest(f);
	close(fd);
	relay_text(f, 2, "");
	reply_result(f, 0, 0, false);
	fake_take_ack(f);
}

START_TEST(a_large_request_is_written_while_output_is_read)
{
	struct runtool *c = fake_start_old(send_before_reading, LONG_MS);
	char *argument = long_argument(8 * MEGABYTE);
	const char *argv[] = {"echo", argument, NULL};
	struct runtool_request request = {
	    .size = sizeof(request), .root = 1, .argv = argv, .output = sink_collect, .arg = &sink};

	run_succeeds(c, &request, 0);
	ck_assert_uint_eq(sink.streams[0].len, 8 * MEGABYTE);
	free(argument);
	fake_finish(c);
}
END_TEST

/* ---- output ---- */

static void
send_much(struct fake *f)
{
	uint8_t *data = noise(8 * MEGABYTE);
	int out, err;
	size_t i;

	take_run(f);
	out = connect_relay(f, 1, "127.0.0.1");
	err = connect_relay(f, 2, "127.0.0.1");
	for (i = 0; i < 8; i++) {
		fake_send(out, data + i * MEGABYTE, MEGABYTE);
		fake_send(err, data + i * 1000, 1000);
		if (i == 4)
			reply_result(f, 0, 0, false);
	}
	free(data);
	close(err);
	close(out);
	fake_take_ack(f);
}

START_TEST(output_is_complete_and_in_order_though_the_result_overtakes_it)
{
	struct runtool *c = fake_start_old(send_much, LONG_MS);
	uint8_t *data = noise(8 * MEGABYTE);

	run_succeeds(c, &run_true, 0);
	ck_assert_uint_eq(sink.streams[0].len, 8 * MEGABYTE);
	ck_assert(memcmp(sink.streams[0].data, data, 8 * MEGABYTE) == 0);
	ck_assert_uint_eq(sink.streams[1].len, 8000);
	ck_assert(memcmp(sink.streams[1].data, data, 8000) == 0);
	free(data);
	fake_finish(c);
}
END_TEST

static void
finish_while_client_is_busy(struct fake *f)
{
	int out;

	take_run(f);
	out = connect_relay(f, 1, "127.0.0.1");
	fake_send(out, "first", strlen("first"));
	thread_assert(sem_wait(&sink.blocked) == 0);
	relay_text(f, 2, "second");
	close(out);
	reply_result(f, 0, 0, false);
	thread_assert(sem_post(&sink.go) == 0);
	fake_take_ack(f);
}

START_TEST(a_relay_is_accepted_after_the_result_and_its_end)
{
	struct runtool *c;

	sink_prepare();
	c = fake_start_old(finish_while_client_is_busy, LONG_MS);
	run_succeeds(c, &run_true, 0);
	sink_printed(1, "first");
	sink_printed(2, "second");
	fake_finish(c);
}
END_TEST

static void
let_a_stranger_go_first(struct fake *f)
{
	int fd;

	take_run(f);
	fd = connect_relay(f, 1, "127.0.0.2");
	fake_send(fd, "forged", strlen("forged"));
	thread_assert(fake_at_end(fd));
	close(fd);
	relay_text(f, 1, "real");
	relay_text(f, 2, "");
	reply_result(f, 0, 0, false);
	fake_take_ack(f);
}

START_TEST(a_strangers_output_is_turned_away)
{
	struct runtool *c = fake_start_old(let_a_stranger_go_first, LONG_MS);

	run_succeeds(c, &run_true, 0);
	sink_printed(1, "real");
	fake_finish(c);
}
END_TEST

static void
let_only_a_stranger_come(struct fake *f)
{
	int fd;

	take_run(f);
	relay_text(f, 1, "");
	fd = connect_relay(f, 2, "127.0.0.2");
	thread_assert(fake_at_end(fd));
	close(fd);
	reply_result(f, 0, 0, false);
	thread_assert(fake_at_end(f->fd));
}

/* This one takes as long as the library waits. */
START_TEST(a_relay_that_never_comes_ends_the_call_and_names_the_stranger)
{
	struct runtool *c = fake_start_old(let_only_a_stranger_come, LONG_MS);

	run_fails(c, RUNTOOL_TRANSPORT,
	    "never connected for the tool's stderr; a connection from 127.0.0.2");
	fake_finish(c);
}
END_TEST

static void
serve_plainly(struct fake *f)
{
	take_run(f);
	relay_text(f, 1, "out");
	relay_text(f, 2, "err");
	reply_result(f, 0, 0, false);
	fake_take_ack(f);
}

/* Debian's /etc/hosts gives this address to the host's own name; nobody connects from it. */
START_TEST(a_server_reached_at_127_0_1_1_may_come_from_127_0_0_1)
{
	struct runtool *c;

	ck_assert(fake_listen(&fake, "127.0.1.1"));
	fake.old = true;
	c = fake_serve("127.0.1.1", serve_plainly, LONG_MS);
	run_succeeds(c, &run_true, 0);
	sink_printed(1, "out");
	fake_finish(c);
}
END_TEST

static void
await_hang_up(struct fake *f)
{
	int fd;

	take_run(f);
	fd = connect_relay(f, 1, "127.0.0.1");
	fake_send(fd, "x", 1);
	thread_assert(fake_at_end(f->fd));
	thread_assert(fake_at_end(fd));
	close(fd);
}

START_TEST(output_that_is_refused_ends_the_call_and_the_connection)
{
	struct runtool_request request = {
	    .size = sizeof(request), .root = 1, .argv = true_argv, .output = sink_refuse};
	struct runtool *c = fake_start_old(await_hang_up, LONG_MS);
	struct runtool_result result = {.size = sizeof(result)};
	struct runtool_error err = {.size = sizeof(err)};

	ck_assert_int_eq(runtool_run(c, &request, &result, &err), -1);
	ck_assert_int_eq(err.code, RUNTOOL_CLIENT);
	ck_assert_str_eq(err.message, "output could not be delivered");
	fake_finish(c);
}
END_TEST

/* ---- results and failures ---- */

static void
die_of_a_signal(struct fake *f)
{
	take_run(f);
	relay_text(f, 1, "");
	relay_text(f, 2, "");
	reply_result(f, 0, 11, true);
	fake_take_ack(f);
}

START_TEST(a_signal_and_its_core_are_told)
{
	struct runtool *c = fake_start_old(die_of_a_signal, LONG_MS);
	struct runtool_result result = {.size = sizeof(result)};
	struct runtool_error err = {.size = sizeof(err)};

	ck_assert_msg(runtool_run(c, &run_true, &result, &err) == 0, "%s", err.message);
	ck_assert_int_eq(result.status, 0);
	ck_assert_int_eq(result.signal, 11);
	ck_assert(result.core);
	fake_finish(c);
}
END_TEST

static void
serve_three_calls(struct fake *f)
{
	serve_plainly(f);
	say_info(f);
	serve_plainly(f);
}

START_TEST(a_connection_carries_one_call_after_the_other)
{
	struct runtool *c = fake_start_old(serve_three_calls, LONG_MS);
	struct runtool_info info = {.size = sizeof(info)};
	struct runtool_error err = {.size = sizeof(err)};

	run_succeeds(c, &run_true, 0);
	ck_assert_msg(runtool_info(c, &info, &err) == 0, "%s", err.message);
	check_info(&info);
	run_succeeds(c, &run_true, 0);
	sink_printed(1, "outout");
	sink_printed(2, "errerr");
	fake_finish(c);
}
END_TEST

static int relays_before_failure; /* set before the thread starts */

static void
fail_at_some_point(struct fake *f)
{
	int i, fds[2];

	take_run(f);
	for (i = 0; i < relays_before_failure; i++)
		fds[i] = connect_relay(f, 1 + i, "127.0.0.1");
	fake_reply_failure(f, RUNTOOL_CLIENT, "request denied: server is shutting down");
	thread_assert(fake_at_end(f->fd));
	while (i-- > 0)
		close(fds[i]);
}

START_TEST(a_failure_is_told_however_many_relays_are_there)
{
	struct runtool *c;

	relays_before_failure = _i;
	c = fake_start_old(fail_at_some_point, LONG_MS);
	run_fails(c, RUNTOOL_CLIENT, "request denied: server is shutting down");
	fake_finish(c);
}
END_TEST

/* Closing a connection with unread bytes sends a reset behind the failure. */
static void
fail_and_reset(struct fake *f)
{
	take_relays(f);
	fake_reply_failure(f, RUNTOOL_INVALID, "too large");
	close(f->fd);
	f->fd = -1;
}

START_TEST(a_failure_is_read_from_a_server_that_resets)
{
	struct runtool *c = fake_start_old(fail_and_reset, LONG_MS);
	char *argument = long_argument(4 * MEGABYTE);
	const char *argv[] = {"echo", argument, NULL};
	struct runtool_request request = {
	    .size = sizeof(request), .root = 1, .argv = argv, .output = sink_collect, .arg = &sink};
	struct runtool_result result = {.size = sizeof(result)};
	struct runtool_error err = {.size = sizeof(err)};

	ck_assert_int_eq(runtool_run(c, &request, &result, &err), -1);
	ck_assert_str_eq(err.message, "too large");
	ck_assert_int_eq(err.code, RUNTOOL_INVALID);
	free(argument);
	fake_finish(c);
}
END_TEST

static bool failure_follows; /* set before the thread starts */

static void
break_a_relay(struct fake *f)
{
	int fd;

	take_run(f);
	relay_text(f, 2, "");
	fd = connect_relay(f, 1, "127.0.0.1");
	fake_send(fd, "half", strlen("half"));
	thread_assert(sem_wait(&sink.blocked) == 0);
	fake_reset(fd);
	if (failure_follows)
		fake_reply_failure(f, RUNTOOL_INTERNAL, "the disk is full");
	else
		reply_result(f, 0, 0, false);
	thread_assert(sem_post(&sink.go) == 0);
	thread_assert(fake_at_end(f->fd));
}

START_TEST(a_result_is_worth_nothing_without_all_output_but_a_failure_is)
{
	static const char *const words[] = {
	    "the tool's stdout broke off: Connection reset by peer", "the disk is full"};
	static const int codes[] = {RUNTOOL_TRANSPORT, RUNTOOL_INTERNAL};
	struct runtool *c;

	failure_follows = _i == 1;
	sink_prepare();
	c = fake_start_old(break_a_relay, LONG_MS);
	run_fails(c, codes[_i], words[_i]);
	sink_printed(1, "half");
	fake_finish(c);
}
END_TEST

/* What a server must not send; the call has to fail at once, in words. */
static const struct {
	const char *bytes;
	size_t len;
	const char *words;
} wrong_replies[] = {
    {"\x24\0\0\0\0", 5, "expected item code 30, got 36"},
    {"\x1e\0\0\0\0\x1e\0\0\0\0\x0c", 11, "expected item code 44, got 12"},
    {"\xff\0\0\0\x0a\x7f\xff\xff\xff", 9, "too large"},
    {"\xff\0\0\0\x0a\xff\xff\xff\xff", 9, "length"},
};

static int wrong_reply; /* set before the thread starts */

static void
reply_wrongly(struct fake *f)
{
	struct buf b = {0};

	take_run(f);
	buf_append(&b, wrong_replies[wrong_reply].bytes, wrong_replies[wrong_reply].len);
	fake_reply(f, &b);
	thread_assert(fake_at_end(f->fd));
}

START_TEST(a_wrong_reply_ends_the_call)
{
	struct runtool *c;

	wrong_reply = _i;
	c = fake_start_old(reply_wrongly, LONG_MS);
	run_fails(c,
	    _i < 2    ? RUNTOOL_PROTOCOL_VIOLATION
	    : _i == 2 ? RUNTOOL_INVALID
		      : RUNTOOL_INTERNAL,
	    wrong_replies[_i].words);
	fake_finish(c);
}
END_TEST

static void
go_away(struct fake *f)
{
	take_run(f);
	relay_text(f, 1, "");
	fake_reset(f->fd);
	f->fd = -1;
}

START_TEST(a_server_that_dies_is_told_apart_from_one_that_does_not_allow_us)
{
	struct runtool *c = fake_start_old(go_away, LONG_MS);

	run_fails(c, RUNTOOL_TRANSPORT, "the server closed the connection: Connection reset");
	fake_finish(c);
}
END_TEST

START_TEST(no_descriptor_stays_open_after_good_and_bad_calls)
{
	void (*const scripts[])(struct fake *) = {serve_plainly, go_away, fail_and_reset};
	struct runtool_result result = {.size = sizeof(result)};
	size_t before = count_descriptors(), i;
	struct runtool_error err = {.size = sizeof(err)};
	struct runtool *c;

	for (i = 0; i < LENGTH(scripts); i++) {
		fake = (struct fake){0};
		c = fake_start_old(scripts[i], LONG_MS);
		ck_assert_int_eq(runtool_run(c, &run_true, &result, &err), i == 0 ? 0 : -1);
		fake_finish(c);
	}
	ck_assert_uint_eq(count_descriptors(), before);
}
END_TEST

/* ---- what is different for a client of version 5 ---- */

static struct runtool *client; /* for scripts: set before they can know of it */
static pthread_mutex_t client_lock = PTHREAD_MUTEX_INITIALIZER;

static struct runtool *
start(void (*script)(struct fake *))
{
	struct runtool *c;

	pthread_mutex_lock(&client_lock);
	client = c = fake_start_old(script, LONG_MS);
	pthread_mutex_unlock(&client_lock);
	return (c);
}

static struct runtool *
the_client(void)
{
	struct runtool *c;

	pthread_mutex_lock(&client_lock);
	c = client;
	pthread_mutex_unlock(&client_lock);
	return (c);
}

static void
serve_again_and_again(struct fake *f)
{
	serve_plainly(f);
	take_run(f);
	fake_reply_failure(f, RUNTOOL_INTERNAL, "some trouble");
	thread_assert(fake_again(f));
	serve_plainly(f);
}

START_TEST(an_older_server_is_remembered)
{
	struct runtool *c = start(serve_again_and_again);
	struct runtool_result result = {.size = sizeof(result)};
	struct runtool_error err = {.size = sizeof(err)};

	ck_assert_msg(runtool_run(c, &run_true, &result, &err) == 0, "%s", err.message);
	ck_assert_int_eq(result.interface, 4);
	ck_assert_int_eq(result.in_flight, -1);
	run_fails(c, RUNTOOL_INTERNAL, "some trouble");
	run_succeeds(c, &run_true, 0);
	sink_printed(1, "outout");
	fake_finish(c);
}
END_TEST

START_TEST(a_large_request_is_refused_and_made_anew)
{
	char *argument = long_argument(8 * MEGABYTE);
	const char *argv[] = {"echo", argument, NULL};
	struct runtool_request request = {
	    .size = sizeof(request), .root = 1, .argv = argv, .output = sink_collect, .arg = &sink};
	struct runtool *c = start(serve_plainly);

	run_succeeds(c, &request, 0);
	free(argument);
	fake_finish(c);
}
END_TEST

static const struct {
	struct runtool_request request;
	const char *words;
} impossible[] = {
    {{.root_name = "host"}, "no named roots: give the root's index"},
    {{.root_name = "host", .best_effort = true}, "no named roots"},
    {{.root = 1, .stream_stdin = true}, "no streamed input: "},
    {{.root = 1, .merge_stderr = true}, "no merging of stderr into stdout: "},
    {{.root = 1, .stream_stdin = true, .merge_stderr = true}, "no streamed input: "},
};

START_TEST(what_an_older_server_cannot_do_is_told_before_anything_runs)
{
	struct runtool_request request = impossible[_i].request;
	struct runtool *c = start(stay_silent);

	request.size = sizeof(request);
	request.argv = true_argv;
	run_fails_with(c, &request, RUNTOOL_INVALID, impossible[_i].words);
	run_fails_with(c, &request, RUNTOOL_INVALID, "version 4 of the interface at most");
	run_fails_with(c, &request, RUNTOOL_INVALID,
	    "or, for version 5, update the server, or raise its max_interface_version");
	fake_finish(c);
}
END_TEST

START_TEST(an_older_server_does_what_it_can)
{
	struct runtool_request request = run_true;
	struct runtool *c = start(serve_plainly);

	request.stream_stdin = request.merge_stderr = request.best_effort = true;
	request.label = "ignored";
	request.keep_alive_ms = 100;
	run_succeeds(c, &request, 0);
	sink_printed(1, "out");
	sink_printed(2, "err");
	fake_finish(c);
}
END_TEST

/* Output that never ends must not keep the limit from being seen. */
static void
print_until_hung_up(struct fake *f)
{
	int fd;

	take_run(f);
	fd = connect_relay(f, 1, "127.0.0.1");
	while (send(fd, "x", 1, MSG_NOSIGNAL) == 1)
		;
	close(fd);
	thread_assert(fake_at_end(f->fd));
}

START_TEST(a_time_limit_holds_for_an_older_server_too)
{
	struct runtool_request request = run_true;
	struct runtool *c = start(print_until_hung_up);
	struct runtool_result result = {.size = sizeof(result)};
	struct runtool_error err = {.size = sizeof(err)};

	request.time_limit_ms = SHORT_MS;
	ck_assert_msg(runtool_run(c, &request, &result, &err) == 0, "%s", err.message);
	ck_assert_int_eq(result.why, RUNTOOL_TIME_LIMIT);
	ck_assert_int_eq(result.signal, SIGKILL);
	ck_assert_int_eq(result.status, 0);
	ck_assert_int_eq(result.interface, 4);
	ck_assert_double_ge(result.wall_s, SHORT_MS / 1e3);
	ck_assert_double_lt(result.wall_s, LONG_MS / 1e3);
	fake_finish(c);
}
END_TEST

static int signal_to_send; /* set before the thread starts; 0: cancel */

static void
signal_and_await_hang_up(struct fake *f)
{
	take_run(f);
	/* There is no way to pass this one on. */
	thread_assert_int_eq(runtool_signal(the_client(), SIGUSR1), 0);
	thread_assert(fake_hears_nothing(f, SHORT_MS));
	if (signal_to_send == 0)
		runtool_cancel(the_client());
	else
		thread_assert_int_eq(runtool_signal(the_client(), signal_to_send), 0);
	thread_assert(fake_at_end(f->fd));
}

START_TEST(signals_that_end_a_tool_hang_up_on_an_older_server)
{
	static const int ending[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGKILL};
	struct runtool_result result = {.size = sizeof(result)};
	struct runtool_error err = {.size = sizeof(err)};
	struct runtool *c;

	signal_to_send = ending[_i];
	c = start(signal_and_await_hang_up);
	ck_assert_msg(runtool_run(c, &run_true, &result, &err) == 0, "%s", err.message);
	ck_assert_int_eq(result.why, RUNTOOL_CLIENT_SIGNAL);
	ck_assert_int_eq(result.signal, ending[_i]);
	ck_assert_int_eq(result.status, 0);
	fake_finish(c);
}
END_TEST

START_TEST(a_call_to_an_older_server_can_be_cancelled)
{
	struct runtool *c = start(signal_and_await_hang_up);

	run_fails(c, RUNTOOL_CANCELLED, "cancelled");
	fake_finish(c);
}
END_TEST

#define BUSY "request denied: server too busy"

static void
be_busy_twice(struct fake *f)
{
	int i;

	for (i = 0; i < 2; i++) {
		take_run(f);
		fake_reply_failure(f, RUNTOOL_CLIENT, BUSY);
		thread_assert(fake_again(f));
	}
	serve_plainly(f);
}

START_TEST(an_older_server_without_room_is_asked_again)
{
	struct runtool *c = start(be_busy_twice);
	int64_t begin = now_ms();

	run_succeeds(c, &run_true, 0);
	ck_assert_int_ge(now_ms() - begin, (100 + 200) * 3 / 4);
	fake_finish(c);
}
END_TEST

static void
be_busy(struct fake *f)
{
	do {
		take_run(f);
		fake_reply_failure(f, RUNTOOL_CLIENT, BUSY);
	} while (fake_again(f));
}

START_TEST(patience_with_an_older_server_has_its_limit)
{
	struct runtool_request request = run_true;
	struct runtool *c = start(be_busy);
	int64_t begin = now_ms(), took;

	request.busy_timeout_ms = _i == 0 ? -1 : SHORT_MS;
	run_fails_with(c, &request, RUNTOOL_CLIENT, BUSY);
	took = now_ms() - begin;
	ck_assert_int_ge(took, _i == 0 ? 0 : SHORT_MS);
	ck_assert_int_lt(took, LONG_MS);
	fake_finish(c);
}
END_TEST

static void
fail_to_execute(struct fake *f)
{
	take_run(f);
	fake_reply_failure(f, RUNTOOL_CLIENT,
	    "/usr/libexec/tool_launcher: Execve failure, No such file or directory (errno = 2)\n"
	    "  Possible cause: perhaps tool pathname is invalid or file system is incomplete?");
}

START_TEST(an_older_server_tells_in_words_why_a_tool_was_not_executed)
{
	struct runtool *c = start(fail_to_execute);
	struct runtool_result result = {.size = sizeof(result)};
	struct runtool_error err = {.size = sizeof(err)};

	ck_assert_int_eq(runtool_run(c, &run_true, &result, &err), -1);
	ck_assert_int_eq(err.code, RUNTOOL_CLIENT);
	ck_assert_int_eq(err.exec_errno, 2);
	fake_finish(c);
}
END_TEST

static int
close_first(void *arg, int stream, const void *data, size_t len)
{
	sink_collect(arg, stream, data, len);
	return (stream == 1 ? RUNTOOL_CLOSE_STREAM : 0);
}

static void
await_the_relays_end(struct fake *f)
{
	int fd;

	take_run(f);
	fd = connect_relay(f, 1, "127.0.0.1");
	fake_send(fd, "first", 5);
	thread_assert(fake_at_end(fd));
	close(fd);
	relay_text(f, 2, "err");
	reply_result(f, 0, 0, false);
	fake_take_ack(f);
}

START_TEST(a_closed_stream_closes_its_relay)
{
	struct runtool_request request = run_true;
	struct runtool *c = start(await_the_relays_end);

	request.output = close_first;
	run_succeeds(c, &request, 0);
	sink_printed(1, "first");
	sink_printed(2, "err");
	fake_finish(c);
}
END_TEST

START_TEST(information_of_an_older_server_has_what_it_knows)
{
	struct runtool *c = start(say_info);
	struct runtool_info info = {.size = sizeof(info)};
	struct runtool_error err = {.size = sizeof(err)};

	ck_assert_msg(runtool_info(c, &info, &err) == 0, "%s", err.message);
	check_info(&info);
	ck_assert_int_eq(info.interface, 4);
	ck_assert_int_eq(info.in_flight, info.cur_tools + info.cur_pending);
	ck_assert(!info.loaded);
	ck_assert_str_eq(info.area, "");
	ck_assert_str_eq(info.software, "");
	ck_assert_int_eq(info.runs, 0);
	fake_finish(c);
}
END_TEST

START_TEST(an_older_server_is_pinged_by_asking_for_information)
{
	struct runtool *c = start(say_info);
	struct runtool_ping ping = {.size = sizeof(ping)};
	struct runtool_error err = {.size = sizeof(err)};

	ck_assert_msg(runtool_ping(c, &ping, &err) == 0, "%s", err.message);
	ck_assert_uint_eq(ping.unique[0], 0xee);
	ck_assert_int_eq(ping.in_flight, 3 + 1);
	ck_assert(!ping.loaded);
	fake_finish(c);
}
END_TEST

static const char
    *skew; /* what a server says that speaks neither 5, as it has said already, nor 4 */

static void
refuse_version_4(struct fake *f)
{
	fake_take_start(f, RPC_INFO, RPC_VERSION);
	fake_reply_failure(f, RUNTOOL_VERSION_SKEW, skew);
}

/* The original, this server, and one that is newer than this client. */
START_TEST(a_server_without_a_version_in_common_is_told_with_ours_and_its)
{
	static const char *const words[] = {"RunToolServer: Unsupported interface version",
	    "RunToolServer: Unsupported interface version 4: this server speaks 3 and older",
	    "this server speaks 7 to 9"};
	struct runtool_info info = {.size = sizeof(info)};
	struct runtool_error err = {.size = sizeof(err)};
	struct runtool *c;

	skew = words[_i];
	c = start(refuse_version_4);
	ck_assert_int_eq(runtool_info(c, &info, &err), -1);
	ck_assert_int_eq(err.code, RUNTOOL_VERSION_SKEW);
	ck_assert_ptr_nonnull(strstr(err.message, "this client speaks versions 5 and 4"));
	ck_assert_ptr_nonnull(strstr(err.message, words[_i]));
	fake_finish(c);
}
END_TEST

/* The client asks whether it is the version that is not known, or the call. */
static void
refuse_once_more(struct fake *f)
{
	fake_refuse_version(f);
	thread_assert(fake_again(f));
	say_info(f);
}

START_TEST(an_older_server_has_no_statistics)
{
	struct runtool *c = start(refuse_once_more);
	struct runtool_stats stats = {.size = sizeof(stats)};
	struct runtool_error err = {.size = sizeof(err)};

	ck_assert_int_eq(runtool_stats(c, &stats, &err), -1);
	ck_assert_int_eq(err.code, RUNTOOL_VERSION_SKEW);
	ck_assert_ptr_nonnull(strstr(err.message, "version 4 of the interface at most"));
	ck_assert_ptr_nonnull(strstr(err.message, "version 5: update the server"));
	fake_finish(c);
}
END_TEST

START_TEST(an_older_server_cannot_be_stopped)
{
	struct runtool *c = start(stay_silent);
	struct runtool_error err = {.size = sizeof(err)};
	int in_flight;

	ck_assert_int_eq(runtool_stop(c, &in_flight, &err), -1);
	ck_assert_int_eq(err.code, RUNTOOL_VERSION_SKEW);
	ck_assert_ptr_nonnull(strstr(err.message, "version 4 of the interface at most"));
	ck_assert_ptr_nonnull(strstr(err.message, "version 5: stop it on its host"));
	fake_finish(c);
}
END_TEST

/* A bare chroot has no /etc/hosts. */
static bool
localhost_is_known(void)
{
	struct addrinfo *found;

	if (getaddrinfo("localhost", NULL, NULL, &found) != 0)
		return (false);
	freeaddrinfo(found);
	return (true);
}

/* The reset races with what is written. */
static int
reset_rounds(void)
{
	return (testing_times(5, 20));
}

static void
add_connecting(TCase *tc)
{
	testing_add_if(tc, localhost_is_found_where_the_server_has_ipv4_only, 0, 1,
	    localhost_is_known(), "the name localhost");
	tcase_add_test(tc, a_refused_connection_is_told_with_its_address);
	tcase_add_test(tc, a_server_that_closes_at_once_may_not_allow_us);
	tcase_add_loop_test(tc, what_is_no_server_is_told_apart, 0, 2);
}

static void
add_information(TCase *tc)
{
	tcase_add_test(tc, information_is_read_whole_however_it_comes);
	tcase_add_test(tc, a_server_that_never_answers_is_given_up_in_time);
}

static void
add_requests(TCase *tc)
{
	tcase_add_test(tc, a_request_has_the_recorded_bytes);
	tcase_add_loop_test(tc, a_request_without_a_command_is_refused_here, 0, 2);
	tcase_add_test(tc, without_output_no_relay_is_asked_for);
	testing_add_ipv6(tc, over_ipv6_tools_run_without_output_only, 0, 2);
	tcase_add_test(tc, a_large_request_is_written_while_output_is_read);
}

static void
add_output(TCase *tc)
{
	tcase_add_test(tc, output_is_complete_and_in_order_though_the_result_overtakes_it);
	tcase_add_test(tc, a_relay_is_accepted_after_the_result_and_its_end);
	tcase_add_test(tc, a_strangers_output_is_turned_away);
	tcase_add_test(tc, a_relay_that_never_comes_ends_the_call_and_names_the_stranger);
	tcase_add_test(tc, a_server_reached_at_127_0_1_1_may_come_from_127_0_0_1);
	tcase_add_test(tc, output_that_is_refused_ends_the_call_and_the_connection);
}

static void
add_results(TCase *tc)
{
	tcase_add_test(tc, a_signal_and_its_core_are_told);
	tcase_add_test(tc, a_connection_carries_one_call_after_the_other);
	tcase_add_loop_test(tc, a_failure_is_told_however_many_relays_are_there, 0, 3);
	tcase_add_loop_test(tc, a_failure_is_read_from_a_server_that_resets, 0, reset_rounds());
	tcase_add_loop_test(
	    tc, a_result_is_worth_nothing_without_all_output_but_a_failure_is, 0, 2);
	tcase_add_loop_test(tc, a_wrong_reply_ends_the_call, 0, (int)LENGTH(wrong_replies));
	tcase_add_test(tc, a_server_that_dies_is_told_apart_from_one_that_does_not_allow_us);
	tcase_add_test(tc, no_descriptor_stays_open_after_good_and_bad_calls);
}

static void
add_fallback(TCase *tc)
{
	tcase_add_test(tc, an_older_server_is_remembered);
	tcase_add_loop_test(tc, a_large_request_is_refused_and_made_anew, 0, reset_rounds());
	tcase_add_loop_test(tc, what_an_older_server_cannot_do_is_told_before_anything_runs, 0,
	    (int)LENGTH(impossible));
	tcase_add_test(tc, an_older_server_does_what_it_can);
	tcase_add_test(tc, a_time_limit_holds_for_an_older_server_too);
	tcase_add_loop_test(tc, signals_that_end_a_tool_hang_up_on_an_older_server, 0, 5);
	tcase_add_test(tc, a_call_to_an_older_server_can_be_cancelled);
	tcase_add_test(tc, an_older_server_without_room_is_asked_again);
	tcase_add_loop_test(tc, patience_with_an_older_server_has_its_limit, 0, 2);
	tcase_add_test(tc, an_older_server_tells_in_words_why_a_tool_was_not_executed);
	tcase_add_test(tc, a_closed_stream_closes_its_relay);
	tcase_add_test(tc, information_of_an_older_server_has_what_it_knows);
	tcase_add_test(tc, an_older_server_is_pinged_by_asking_for_information);
	tcase_add_loop_test(
	    tc, a_server_without_a_version_in_common_is_told_with_ours_and_its, 0, 3);
	tcase_add_test(tc, an_older_server_has_no_statistics);
	tcase_add_test(tc, an_older_server_cannot_be_stopped);
}

Suite *
client_suite(void)
{
	Suite *suite = suite_create("client");

	fake_add_case(suite, "connecting", add_connecting);
	fake_add_case(suite, "information", add_information);
	fake_add_case(suite, "requests", add_requests);
	fake_add_case(suite, "output", add_output);
	fake_add_case(suite, "results", add_results);
	fake_add_case(suite, "fallback", add_fallback);
	return (suite);
}
