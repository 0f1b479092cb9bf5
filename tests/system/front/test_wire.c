/* The bytes on the wire: what was recorded, and what must not hurt. */
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "system/harness.h"
#include "system/proc.h"
#include "system/recorded.h"
#include "system/run.h"
#include "system/suites.h"

#define RECORDINGS "tests/wire/requests.json"
#define OPEN_MS	   150 /* a connection that is to stay open is watched for so long */

static const struct recorded *recordings;
static size_t recording_count;

static const char *
code_name(uint8_t code)
{
	switch (code) {
	case SRPC_HELLO:
		return ("hello");
	case SRPC_END_CALL:
		return ("end_call");
	case SRPC_INT32:
		return ("int32");
	case SRPC_BYTES:
		return ("bytes");
	case SRPC_TEXT:
		return ("text");
	case SRPC_TRUE:
		return ("true");
	case SRPC_FALSE:
		return ("false");
	case SRPC_FAILURE:
		return ("failure");
	default:
		return ("another item");
	}
}

/*
 * The hello's NUL is not part of its recorded text. Of a tool's failure to start only the kind counts, and
 * other failures may say more than the original's did.
 */
static void
match_text(const char *name, const struct recorded_item *want, const struct srpc_item *got)
{
	const char *text = harness_text("%.*s", (int)got->length, (const char *)got->bytes);

	if (got->code == SRPC_FAILURE && got->number == SRPC_CLIENT_ERROR)
		ck_assert_contains(text, "Execve failure");
	else if (got->code == SRPC_FAILURE)
		ck_assert_msg(strncmp(text, want->text, strlen(want->text)) == 0,
		    "%s: '%s', not '%s'", name, text, want->text);
	else
		ck_assert_msg(
		    strcmp(text, want->text) == 0, "%s: '%s', not '%s'", name, text, want->text);
}

static void
match(const char *name, const struct recorded_item *want, const struct srpc_item *got)
{
	ck_assert_msg(strcmp(want->code, code_name(got->code)) == 0, "%s: %s, not %s", name,
	    code_name(got->code), want->code);
	if (want->text != NULL && strcmp(want->text, "*") == 0)
		return;
	if (got->code == SRPC_INT32 || got->code == SRPC_FAILURE)
		ck_assert_msg(got->number == want->number, "%s: %s %d, not %d", name, want->code,
		    got->number, want->number);
	if (want->text != NULL)
		match_text(name, want, got);
}

static void
match_reply(const struct recorded *r, const struct buf *in)
{
	struct srpc_reader reader = call_reader(in);
	struct srpc_item item;
	size_t i;

	for (i = 0; call_item(&reader, &item); i++) {
		ck_assert_msg(i < r->items, "%s: more items than recorded", r->name);
		match(r->name, &r->reply[i], &item);
	}
	ck_assert_msg(i == r->items, "%s: %zu items instead of %zu", r->name, i, r->items);
	ck_assert_uint_eq(reader.pos, reader.len);
}

static size_t
count_items(const struct buf *in)
{
	struct srpc_reader reader = call_reader(in);
	struct srpc_item item;
	size_t n = 0;

	while (call_item(&reader, &item))
		n++;
	return (n);
}

START_TEST(a_recorded_request_gets_the_recorded_answer)
{
	const struct recorded *r = &recordings[_i];
	struct server s;
	struct buf in = {0};
	int64_t end = harness_now() + CALL_MS;
	int fd, n = -1;

	server_start_best(&s, NULL);
	fd = call_connect(&s);
	call_send(fd, r->sent, r->sent_len);
	if (r->half_close)
		ck_assert_int_eq(shutdown(fd, SHUT_WR), 0);
	while (n != 0 && harness_now() < end && (r->closed || count_items(&in) < r->items))
		n = call_receive(fd, &in, 100);
	match_reply(r, &in);
	if (!r->closed)
		n = call_receive(fd, &in, OPEN_MS);
	ck_assert_msg(
	    (n == 0) == r->closed, "%s: the connection is %s", r->name, n == 0 ? "closed" : "open");
	close(fd);
	buf_free(&in);
	server_stop(&s);
}
END_TEST

#define HELLO	   "0a 0000000a 535250432056312e3400 "
#define START_RUN  HELLO "0b 00000001 00000004 "
#define SOCKETS	   "28 00000006 000000000000 28 00000006 000000000000 28 00000006 000000000000 "
#define ZEROS_29   "0000000000000000000000000000000000000000000000000000000000 "
#define ZEROS_30   "00" ZEROS_29
#define HANDLE	   "22 00000020 000201" ZEROS_29
#define BEFORE_ENV START_RUN "24 00000000 " SOCKETS HANDLE "24 00000003 2e5744 "
#define NO_ENV	   "21 00000000 00000000 "
#define TRUE	   "2f62696e2f7472756500 "

/* What makes the original crash, corrupt its heap, or hang. `code` 0: nothing need be said. */
#define KILLER(what, bytes, code) \
	{                         \
		what, bytes, code \
	}
static const struct {
	const char *what;
	const char *bytes;
	int32_t code;
} killers[] = {
    KILLER("hello of length -1", "0a ffffffff 535250432056312e3400 000000000000", 0),
    KILLER("hello of the smallest length", "0a 80000000 535250432056312e3400 000000000000", 0),
    KILLER("hello of 2 GB", "0a 7fffffff 535250432056312e3400 000000000000", 0),
    KILLER("hello of 4 MB", "0a 003fffff 535250432056312e3400 000000000000", 0),
    KILLER("failure of length -1", START_RUN "ff 00000001 ffffffff 61", 0),
    KILLER("failure of 2 GB", START_RUN "ff 00000001 7fffffff 61", 0),
    KILLER("failure before hello", "ff 00000001 ffffffff 616161616161616161616161", 0),
    KILLER("text of length -1", START_RUN "24 ffffffff 61", SRPC_INTERNAL_TROUBLE),
    KILLER("text of the smallest length", START_RUN "24 80000000 61", SRPC_INTERNAL_TROUBLE),
    KILLER("text of 2 GB", START_RUN "24 7fffffff 61", SRPC_INVALID_PARAMETER),
    KILLER("text instead of hello", "24 ffffffff 616161616161616161616161", 0),
    KILLER("socket of length -1", START_RUN "24 00000000 28 ffffffff", SRPC_INTERNAL_TROUBLE),
    KILLER("socket of 2 GB", START_RUN "24 00000000 28 7fffffff", SRPC_INTERNAL_TROUBLE),
    KILLER(
	"socket of 5 bytes", START_RUN "24 00000000 28 00000005 0000000000", SRPC_INTERNAL_TROUBLE),
    KILLER("handle of length -1", START_RUN "24 00000000 " SOCKETS "22 ffffffff",
	SRPC_INTERNAL_TROUBLE),
    KILLER("handle of 2 GB", START_RUN "24 00000000 " SOCKETS "22 7fffffff", 0),
    KILLER("handle of 33 bytes",
	START_RUN "24 00000000 " SOCKETS "22 00000021 000201" ZEROS_30 "24 00000003 2e5744 " NO_ENV
		  "21 00000001 0000000a " TRUE "00000000 0c",
	SRPC_BUFFER_TOO_SMALL),
    KILLER("-1 strings", BEFORE_ENV "21 ffffffff 00000000", SRPC_INTERNAL_TROUBLE),
    KILLER("the fewest strings", BEFORE_ENV "21 80000000 00000000", SRPC_INTERNAL_TROUBLE),
    KILLER("2^31 - 1 strings", BEFORE_ENV "21 7fffffff 00000000", SRPC_INVALID_PARAMETER),
    KILLER(
	"2^30 strings (times 4 is 0)", BEFORE_ENV "21 40000000 00000000", SRPC_INVALID_PARAMETER),
    KILLER(
	"bodies of length -1", BEFORE_ENV "21 00000001 ffffffff 00000000", SRPC_INTERNAL_TROUBLE),
    KILLER("bodies of 2 GB", BEFORE_ENV "21 00000001 7fffffff 00000000", SRPC_INVALID_PARAMETER),
    KILLER("an offset far outside", BEFORE_ENV NO_ENV "21 00000001 0000000a " TRUE "7ffffff0 0c",
	SRPC_INTERNAL_TROUBLE),
    KILLER("a negative offset", BEFORE_ENV NO_ENV "21 00000001 0000000a " TRUE "fffffff0 0c",
	SRPC_INTERNAL_TROUBLE),
    KILLER("an offset just behind", BEFORE_ENV NO_ENV "21 00000001 0000000a " TRUE "0000000a 0c",
	SRPC_INTERNAL_TROUBLE),
    KILLER("a string without its NUL",
	BEFORE_ENV NO_ENV "21 00000001 00000009 2f62696e2f74727565 "
			  "00000000 0c",
	SRPC_INTERNAL_TROUBLE),
    KILLER("a string behind the last NUL",
	BEFORE_ENV NO_ENV "21 00000001 0000000b " TRUE "61 0000000a 0c", SRPC_INTERNAL_TROUBLE),
    KILLER("no command", BEFORE_ENV NO_ENV NO_ENV "0c", SRPC_INTERNAL_TROUBLE),
    KILLER("an item code that does not exist", HELLO "63 00000000", SRPC_PROTOCOL_VIOLATION),
    KILLER("results instead of arguments", START_RUN "1e 00000000", SRPC_PROTOCOL_VIOLATION),
    KILLER("an end without a beginning", HELLO "0c", SRPC_PROTOCOL_VIOLATION),
    KILLER("hello twice", HELLO HELLO, SRPC_PROTOCOL_VIOLATION),
};

/* What it costs the server must show no later than in the calls after it. */
static void
is_as_before(const struct server *s, size_t threads, size_t descriptors)
{
	struct rpc_info info;

	call_info(s, &info);
	ck_assert_int_eq(info.cur_tools, 0);
	ck_assert_int_eq(info.cur_pending, 0);
	rpc_info_free(&info);
	ck_assert_uint_eq(proc_threads(server_pid(s)), threads);
	ck_assert_soon(proc_descriptors(server_pid(s)) <= descriptors);
}

START_TEST(bytes_that_kill_the_original_do_nothing)
{
	struct srpc_error failure;
	struct server s;
	size_t threads, descriptors, len;
	uint8_t *bytes = recorded_hex(killers[_i].bytes, &len);
	int fd;

	server_start_best(&s, NULL);
	ck_assert_int_eq(call_cur_tools(&s), 0);
	threads = proc_threads(server_pid(&s));
	descriptors = proc_descriptors(server_pid(&s));

	fd = call_connect(&s);
	call_send(fd, bytes, len);
	call_failure(fd, &failure);
	ck_assert_msg(killers[_i].code == 0 || failure.code == killers[_i].code,
	    "%s: failure %d '%s', not %d", killers[_i].what, failure.code, failure.message,
	    killers[_i].code);
	close(fd);

	is_as_before(&s, threads, descriptors);
	free(bytes);
	server_stop(&s);
}
END_TEST

START_TEST(any_cut_of_a_request_is_dropped_in_silence)
{
	struct server s;
	struct run r = RUN("true");
	struct buf whole = {0}, in = {0};
	int fd;

	server_start_best(&s, NULL);
	r.no_out = r.no_err = true;
	run_encode(&r, &whole);
	for (size_t cut = 0; cut < whole.len; cut++) {
		fd = call_connect(&s);
		call_send(fd, whole.data, cut);
		ck_assert_int_eq(shutdown(fd, SHUT_WR), 0);
		ck_assert_msg(call_receive(fd, &in, CALL_MS) == 0, "cut at %zu of %zu: an answer",
		    cut, whole.len);
		close(fd);
	}
	buf_free(&whole);
	buf_free(&in);
	server_stop(&s);
}
END_TEST

START_TEST(a_request_may_arrive_byte_by_byte)
{
	struct server s;
	struct run r = RUN("/bin/sh", "-c", "exit 3");
	struct buf whole = {0};

	server_start_best(&s, NULL);
	r.no_out = r.no_err = true;
	run_encode(&r, &whole);
	r.conn = call_connect(&s);
	for (size_t i = 0; i < whole.len; i++)
		ck_assert(call_send(r.conn, whole.data + i, 1));
	run_finish(&r);
	ck_assert(!r.failed);
	ck_assert_int_eq(r.status, 3);
	buf_free(&whole);
	run_free(&r);
	server_stop(&s);
}
END_TEST

/* Handles without an index; what the original makes of them is whatever was in its memory. */
static const char *const bad_handles[] = {"000000", "000200", "000401", "010201", "000080"};

START_TEST(a_handle_without_an_index_is_invalid)
{
	struct srpc_error failure;
	struct server s;
	size_t len;
	uint8_t *bytes =
	    recorded_hex(harness_text(START_RUN "24 00000000 " SOCKETS "22 00000020 %s" ZEROS_29
						"24 00000003 2e5744 " NO_ENV
						"21 00000001 0000000a " TRUE "00000000 0c",
			     bad_handles[_i]),
		&len);
	int fd;

	server_start_best(&s, NULL);
	fd = call_connect(&s);
	call_send(fd, bytes, len);
	call_failure(fd, &failure);
	ck_assert_int_eq(failure.code, SRPC_INTERNAL_TROUBLE);
	ck_assert_contains(failure.message, "Invalid fsroot");
	close(fd);
	free(bytes);
	server_stop(&s);
}
END_TEST

/* The second request is there before the first tool has ended; it is neither lost nor taken for a
 * client that goes. */
START_TEST(pipelined_runs_are_answered_in_turn)
{
	struct server s;
	struct run a = RUN("/bin/sh", "-c", "sleep 0.2; exit 3"),
		   b = RUN("/bin/sh", "-c", "exit 4");
	struct buf hello = {0}, first = {0}, second = {0};

	server_start_best(&s, NULL);
	a.no_out = a.no_err = b.no_out = b.no_err = true;
	srpc_put_hello(&hello);
	run_encode(&a, &first);
	run_encode(&b, &second);
	srpc_put_code(&first, SRPC_END_ACK);
	buf_append(&first, second.data + hello.len, second.len - hello.len);
	a.conn = call_connect(&s);
	ck_assert(call_send_buf(a.conn, &first));
	run_finish(&a);
	ck_assert(!a.failed);
	ck_assert_int_eq(a.status, 3);
	b.conn = a.conn;
	b.reply = hello;
	run_finish(&b);
	ck_assert(!b.failed);
	ck_assert_int_eq(b.status, 4);
	a.conn = -1;
	buf_free(&second);
	run_free(&a);
	run_free(&b);
	server_stop(&s);
}
END_TEST

static int
port_of(int listener)
{
	struct sockaddr_in sin = {0};
	socklen_t len = sizeof(sin);

	ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&sin, &len), 0);
	return (ntohs(sin.sin_port));
}

/* The original's client fills its sequences from their end, so the offsets descend. */
START_TEST(the_original_clients_request_runs_its_tool)
{
	static const char args[] = "21 00000003 0000002a 6563686f206f75743b206563686f20657272203e26"
				   "323b206361743b2065786974203300 2d6300 736800"
				   "00000027 00000024 00000000";
	static const char env[] = "21 00000002 00000012 504154483d2f62696e00 464f4f3d62617200"
				  "0000000a 00000000";
	const char *input = harness_file("input\n"), *hex = "";
	struct run r = RUN("sh");
	struct server s;
	struct buf unused = {0};
	uint8_t *bytes;
	size_t len;

	server_start_best(&s, NULL);
	run_encode(&r, &unused);
	for (const char *p = input; *p != '\0'; p++)
		hex = harness_text("%s%02x", hex, *p);
	bytes = recorded_hex(
	    harness_text(START_RUN
		"24 %08zx %s 28 00000006 7f000001 %04x 28 00000006 7f000001 %04x "
		"28 00000006 7f000001 550d " HANDLE "24 00000003 2e5744 %s %s 0c",
		strlen(input), hex, port_of(r.listener[0]), port_of(r.listener[1]), env, args),
	    &len);
	r.conn = call_connect(&s);
	ck_assert(call_send(r.conn, bytes, len));
	run_finish(&r);
	ck_assert_msg(!r.failed, "failure %d '%s'", r.failure.code, r.failure.message);
	ck_assert_int_eq(r.status, 3);
	ck_assert_str_eq(run_out(&r), "out\ninput\n");
	ck_assert_str_eq(run_err(&r), "err\n");
	free(bytes);
	buf_free(&unused);
	run_free(&r);
	server_stop(&s);
}
END_TEST

START_TEST(information_and_runs_share_a_connection)
{
	struct server s;
	struct rpc_info first, second;
	struct buf ack = {0}, request = {0};
	struct run r = RUN("/bin/sh", "-c", "exit 3");

	server_start_best(&s, NULL);
	r.no_out = r.no_err = true;
	r.conn = call_connect(&s);
	call_info_on(r.conn, true, RPC_VERSION, &first);

	/* As an evaluator does: the end_ack and the next call in one segment; no second hello. */
	run_encode(&r, &request);
	srpc_put_hello(&ack);
	buf_consume(&request, ack.len);
	ack.len = 0;
	srpc_put_code(&ack, SRPC_END_ACK);
	buf_append(&ack, request.data, request.len);
	ck_assert(call_send_buf(r.conn, &ack));
	srpc_put_hello(&r.reply); /* it came with the first answer */
	run_finish(&r);
	ck_assert(!r.failed);
	ck_assert_int_eq(r.status, 3);

	call_info_on(r.conn, false, RPC_VERSION, &second);
	ck_assert_mem_eq(first.unique, second.unique, sizeof(first.unique));
	rpc_info_free(&first);
	rpc_info_free(&second);
	buf_free(&request);
	run_free(&r);
	server_stop(&s);
}
END_TEST

START_TEST(information_says_what_is_configured)
{
	struct server s;
	struct rpc_info info;

	server_start_best(&s, "sysname = Testix\nrelease = 1.2 (three)\nversion = ; of # today\n"
			      "machine = abacus\ncpus = 17\ncpuMHz = 18\nmemKB = 19\n");
	call_info(&s, &info);
	ck_assert_str_eq(info.sysname, "Testix");
	ck_assert_str_eq(info.release, "1.2 (three)");
	ck_assert_str_eq(info.version, "; of # today");
	ck_assert_str_eq(info.machine, "abacus");
	ck_assert_int_eq(info.cpus, 17);
	ck_assert_int_eq(info.cpu_mhz, 18);
	ck_assert_int_eq(info.mem_kb, 19);
	rpc_info_free(&info);
	server_stop(&s);
}
END_TEST

START_TEST(information_says_what_the_host_is)
{
	struct server s;
	struct rpc_info info;
	struct utsname host;

	ck_assert_int_eq(uname(&host), 0);
	server_start_best(&s, NULL);
	call_info(&s, &info);
	ck_assert_str_eq(info.sysname, host.sysname);
	ck_assert_str_eq(info.release, host.release);
	ck_assert_str_eq(info.version, host.version);
	ck_assert_str_eq(info.machine, host.machine);
	ck_assert_int_eq(info.cpus, sysconf(_SC_NPROCESSORS_ONLN));
	ck_assert_int_gt(info.mem_kb, 1000);
	rpc_info_free(&info);
	server_stop(&s);
}
END_TEST

START_TEST(two_servers_have_two_identities)
{
	struct server a, b;
	struct rpc_info first, second;

	server_start_best(&a, NULL);
	server_start_best(&b, NULL);
	call_info(&a, &first);
	call_info(&b, &second);
	ck_assert_mem_ne(first.unique, second.unique, sizeof(first.unique));
	rpc_info_free(&first);
	rpc_info_free(&second);
	server_stop(&a);
	server_stop(&b);
}
END_TEST

Suite *
wire_suite(void)
{
	Suite *suite = suite_create("wire");
	TCase *tc;

	if ((recordings = recorded_load(RECORDINGS, &recording_count)) == NULL)
		exit(1);
	tc = tcase_create("recorded");
	tcase_set_timeout(tc, 30);
	tcase_add_loop_test(
	    tc, a_recorded_request_gets_the_recorded_answer, 0, (int)recording_count);
	suite_add_tcase(suite, tc);

	tc = tcase_create("killers");
	tcase_set_timeout(tc, 30);
	testing_from(tc, TESTING_QUICK);
	tcase_add_test(tc, any_cut_of_a_request_is_dropped_in_silence);
	testing_from(tc, TESTING_CHECK);
	tcase_add_loop_test(tc, bytes_that_kill_the_original_do_nothing, 0,
	    (int)(sizeof(killers) / sizeof(killers[0])));
	suite_add_tcase(suite, tc);

	tc = tcase_create("exchanges");
	tcase_set_timeout(tc, 30);
	testing_from(tc, TESTING_QUICK);
	tcase_add_test(tc, pipelined_runs_are_answered_in_turn);
	tcase_add_test(tc, the_original_clients_request_runs_its_tool);
	tcase_add_test(tc, information_says_what_is_configured);
	testing_from(tc, TESTING_CHECK);
	tcase_add_loop_test(tc, a_handle_without_an_index_is_invalid, 0,
	    (int)(sizeof(bad_handles) / sizeof(bad_handles[0])));
	tcase_add_test(tc, a_request_may_arrive_byte_by_byte);
	tcase_add_test(tc, information_and_runs_share_a_connection);
	tcase_add_test(tc, information_says_what_the_host_is);
	tcase_add_test(tc, two_servers_have_two_identities);
	suite_add_tcase(suite, tc);
	return (suite);
}
