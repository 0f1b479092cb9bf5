/* The RunTool calls: what is encoded decodes, whole or in parts, and recorded requests do too. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/rpc.h"
#include "unit/suites.h"
#include "unit/wire.h"

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))
#define LIMIT	  4194304
#define MAX_WIRE  65536
#define RECORDED  "tests/wire/requests.json" /* the tests run at the top of the tree */

static const int32_t versions[] = {-1, 0, 1, 2, 3, 4};

static struct srpc_error err;

static void
receive(struct srpc_reader *r, const uint8_t *data, size_t len)
{
	r->data = wire_received(data, len);
	r->len = len;
	r->limit = LIMIT;
}

/* ---- a server's side of a stream, up to what it cannot decode -------------------------------- */

struct stream {
	struct srpc_reader r;
	enum { AT_HELLO, AT_START, AT_ARGUMENTS, AT_ACK } at;
	int32_t proc, version;
	size_t arguments;
	unsigned int step;

	int calls;
	int rc; /* SRPC_MORE, or -1 for good */
};

static int
read_hello(struct stream *s)
{
	struct srpc_item item;
	int rc;

	if ((rc = srpc_next(&s->r, SRPC_HELLO, &item, &err)) != SRPC_OK)
		return (rc);
	if (item.length < strlen(SRPC_VERSION) ||
	    memcmp(item.bytes, SRPC_VERSION, strlen(SRPC_VERSION)) != 0)
		return (srpc_fail(&err, 0, "wrong hello"));
	s->at = AT_START;
	return (SRPC_OK);
}

static int
read_start(struct stream *s)
{
	struct srpc_item item = {.number = -1, .version = -1};
	int rc;

	if (s->r.pos == s->r.len)
		return (SRPC_MORE);
	if (s->r.data[s->r.pos] == SRPC_START_CALL &&
	    (rc = srpc_next(&s->r, SRPC_START_CALL, &item, &err)) != SRPC_OK)
		return (rc);
	if (!rpc_known(item.number))
		return (srpc_fail(&err, SRPC_VERSION_SKEW, "Unknown proc_id"));
	s->proc = item.number;
	s->version = item.version;
	s->arguments = s->r.pos;
	s->step = 0;
	s->at = AT_ARGUMENTS;
	return (SRPC_OK);
}

static int
read_arguments(struct stream *s)
{
	struct srpc_reader again;
	struct rpc_run run;
	int rc;

	if ((rc = rpc_scan_call(&s->r, s->proc, &s->step, &err)) != SRPC_OK)
		return (rc);
	s->at = AT_ACK;
	if (s->proc == RPC_RUN || s->proc == RPC_RUN_DEFAULT) {
		again = s->r;
		again.pos = s->arguments;
		rc = rpc_get_run(&again, &run, &err);
		if (rc == 0) {
			ck_assert_uint_eq(again.pos, s->r.pos);
			ck_assert_ptr_nonnull(run.argv[0]);
		}
		rpc_run_free(&run);
	}
	s->calls += rc == 0;
	return (rc);
}

static int
read_ack(struct stream *s)
{
	struct srpc_item item;
	int rc;

	if ((rc = srpc_next(&s->r, SRPC_END_ACK, &item, &err)) == SRPC_OK)
		s->at = AT_START;
	return (rc);
}

/* `len` bytes are there by now. */
static void
stream_read(struct stream *s, const uint8_t *data, size_t len)
{
	static int (*const readers[])(struct stream *) = {
	    [AT_HELLO] = read_hello,
	    [AT_START] = read_start,
	    [AT_ARGUMENTS] = read_arguments,
	    [AT_ACK] = read_ack,
	};

	if (s->rc == -1)
		return;
	receive(&s->r, data, len);
	while ((s->rc = readers[s->at](s)) == SRPC_OK)
		;
}

static struct stream
whole(const uint8_t *data, size_t len)
{
	struct stream s = {0};

	err = (struct srpc_error){0};
	stream_read(&s, data, len);
	return (s);
}

static void
same(const struct stream *a, const struct srpc_error *a_err, const struct stream *b)
{
	ck_assert_int_eq(a->rc, b->rc);
	ck_assert_int_eq(a->calls, b->calls);
	ck_assert_uint_eq(a->r.pos, b->r.pos);
	ck_assert_int_eq(a_err->code, err.code);
	ck_assert_int_eq(a_err->from_peer, err.from_peer);
	ck_assert_str_eq(a_err->message, err.message);
}

/* However the bytes arrive, the result is that of the whole. */
static void
split_everywhere(const uint8_t *data, size_t len)
{
	struct stream expected = whole(data, len), s;
	struct srpc_error expected_err = err;
	size_t at;

	for (at = 0; at <= len; at++) {
		s = whole(data, at);
		stream_read(&s, data, len);
		same(&expected, &expected_err, &s);
	}
	s = whole(data, 0);
	for (at = 1; at <= len; at++)
		stream_read(&s, data, at);
	same(&expected, &expected_err, &s);
}

/* ---- recorded requests -------------------------------------------------------------------- */

/* One line of the file is one case: where its value of `key` begins. */
static const char *
value_of(const char *line, const char *key)
{
	const char *s = strstr(line, key);

	ck_assert_msg(s != NULL, "%s: no %s in: %s", RECORDED, key, line);
	return (s + strlen(key));
}

static int
count(const char *line, const char *word)
{
	int n = 0;

	while ((line = strstr(line, word)) != NULL) {
		line++;
		n++;
	}
	return (n);
}

/* The recorded failure is one that the decoder finds: it must find it with the same words. */
static bool
is_ours(const char *words)
{
	static const char *const ours[] = {"[from other end]", "Invalid fsroot", "Unknown proc_id"};
	size_t i;

	for (i = 0; i < LENGTH(ours); i++)
		if (strncmp(words, ours[i], strlen(ours[i])) == 0)
			return (true);
	return (false);
}

static void
check_recorded_failure(const struct stream *s, const char *failure)
{
	const char *words = value_of(failure, ", \"");
	size_t len = strcspn(words, "\"");

	if (!is_ours(words)) {
		ck_assert_int_eq(s->calls, 1);
		return;
	}
	ck_assert_int_eq(s->rc, -1);
	ck_assert_int_eq(s->calls, 0);
	ck_assert_int_eq(err.code, (int32_t)strtol(failure, NULL, 10));
	ck_assert_uint_eq(strlen(err.message), len);
	ck_assert_mem_eq(err.message, words, len);
}

static void
check_recorded(const char *line)
{
	const char *failure = strstr(line, "[\"failure\", ");
	bool half_closed = strstr(line, "\"half-close\"") != NULL;
	uint8_t sent[MAX_WIRE];
	size_t len = wire_from_hex(value_of(line, "\"sent\": \""), sent, sizeof(sent));
	struct stream s = whole(sent, len);

	if (failure != NULL)
		check_recorded_failure(&s, failure + strlen("[\"failure\", "));
	else if (strstr(line, "\"reply\": []") != NULL)
		ck_assert_int_eq(s.rc, half_closed ? SRPC_MORE : -1);
	else {
		ck_assert_int_eq(s.rc, SRPC_MORE);
		ck_assert_int_eq(s.calls, count(line, "[\"end_call\"]"));
	}
	split_everywhere(sent, len);
}

START_TEST(recorded_requests_decode_however_they_are_split)
{
	FILE *f = fopen(RECORDED, "re");
	char *line = NULL;
	size_t size = 0;
	int cases = 0;

	ck_assert_msg(f != NULL, "%s: run the tests at the top of the tree", RECORDED);
	while (getline(&line, &size, f) != -1) {
		if (strstr(line, "{\"name\": ") == NULL)
			continue;
		check_recorded(line);
		cases++;
	}
	free(line);
	fclose(f);
	ck_assert_int_ge(cases, 30);
}
END_TEST

/* ---- bytes that kill the original ----------------------------------------------------------- */

#define HELLO	  "0a0000000a535250432056312e3400"
#define START	  "0b0000000100000004"
#define STDIN	  "2400000000"
#define NULL_3	  "280000000600000000000028000000060000000000002800000006000000000000"
#define HANDLE	  "22000000200002010000000000000000000000000000000000000000000000000000000000"
#define WD	  "24000000032e5744"
#define NO_ENV	  "210000000000000000"
#define UP_TO_ENV HELLO START STDIN NULL_3 HANDLE WD

static const struct killer {
	const char *wire, *words;
} killers[] = {
    {"0a7fffffff"
     "535250432056312e3400000000000000",
	"Request too large"},
    {"0affffffff"
     "535250432056312e3400000000000000",
	"Malformed hello length"},
    {"0a80000000"
     "535250432056312e3400000000000000",
	"Malformed hello length"},
    {HELLO "24"
	   "7fffffff"
	   "00",
	"Request too large"},
    {HELLO "24"
	   "ffffffff"
	   "00",
	"Malformed Text length"},
    {HELLO "24"
	   "80000000"
	   "00",
	"Malformed Text length"},
    {HELLO START "24"
		 "7fffffff",
	"Request too large"},
    {HELLO START "24"
		 "ffffffff",
	"Malformed Text length"},
    {"ff00000001"
     "7fffffff"
     "000000000000000000000000",
	"Request too large"},
    {"ff00000001"
     "ffffffff"
     "000000000000000000000000",
	"Malformed failure length"},
    {HELLO START "ff00000001"
		 "7fffffff",
	"Request too large"},
    {HELLO START "ff00000001"
		 "ffffffff",
	"Malformed failure length"},
    {HELLO START "ff00000001"
		 "80000000",
	"Malformed failure length"},
    {HELLO START STDIN "287fffffff", "Malformed socket"},
    {HELLO START STDIN "28ffffffff", "Malformed socket"},
    {HELLO START STDIN NULL_3 "227fffffff", "Request too large"},
    {HELLO START STDIN NULL_3 "22ffffffff", "Malformed bytes length"},
    {UP_TO_ENV "21ffffffff", "Malformed chars_seq count"},
    {UP_TO_ENV "2180000000", "Malformed chars_seq count"},
    {UP_TO_ENV "217fffffff00000000", "Request too large"},
    {UP_TO_ENV "2100000001ffffffff", "Malformed chars_seq length"},
    {UP_TO_ENV "21000000017fffffff", "Request too large"},
    {UP_TO_ENV "210000000100000004"
	       "61626300"
	       "7fffffff",
	"offset 2147483647 of string 0"},
    {UP_TO_ENV "210000000100000004"
	       "61626300"
	       "ffffff00",
	"offset -256 of string 0"},
    {UP_TO_ENV NO_ENV "210000000200000004"
		      "61006200"
		      "0000000000000004",
	"offset 4 of string 1"},
    {UP_TO_ENV NO_ENV "210000000100000004"
		      "61626364"
		      "00000000",
	"offset 0 of string 0"},
    {UP_TO_ENV NO_ENV NO_ENV "0c", "Null command"},
};

START_TEST(bytes_that_kill_the_original_are_refused)
{
	uint8_t wire[256];
	size_t len = wire_from_hex(killers[_i].wire, wire, sizeof(wire));
	struct stream s = whole(wire, len);

	ck_assert_int_eq(s.rc, -1);
	ck_assert_int_eq(s.calls, 0);
	ck_assert(!err.from_peer);
	ck_assert_msg(strstr(err.message, killers[_i].words) != NULL, "%s", err.message);
	split_everywhere(wire, len);
}
END_TEST

/* ---- run ---------------------------------------------------------------------------------- */

static const char *const no_strings[] = {NULL};

static struct sockaddr_in
address(uint32_t host, uint16_t port)
{
	return ((struct sockaddr_in){
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(host), .sin_port = htons(port)});
}

static void
check_address(const struct sockaddr_in *a, const struct sockaddr_in *b)
{
	ck_assert_int_eq(a->sin_family, AF_INET);
	ck_assert_uint_eq(a->sin_addr.s_addr, b->sin_addr.s_addr);
	ck_assert_uint_eq(a->sin_port, b->sin_port);
}

static void
check_strings(const char *const *a, const char *const *b)
{
	size_t i;

	for (i = 0; b[i] != NULL; i++)
		ck_assert_str_eq(a[i], b[i]);
	ck_assert_ptr_null(a[i]);
}

/* What was encoded, as the server sees it. */
static void
check_run(const struct buf *b, int32_t version, const struct rpc_run *expected)
{
	struct stream s = {.at = AT_START};
	struct rpc_run run;

	ck_assert(!b->failed);
	stream_read(&s, b->data, b->len);
	ck_assert_int_eq(s.rc, SRPC_MORE);
	ck_assert_int_eq(s.calls, 1);
	ck_assert_int_eq(s.proc, RPC_RUN);
	ck_assert_int_eq(s.version, version);
	ck_assert_uint_eq(s.r.pos, b->len);

	s.r.pos = s.arguments;
	ck_assert_int_eq(rpc_get_run(&s.r, &run, &err), 0);
	ck_assert_str_eq(run.stdin_file, expected->stdin_file);
	check_address(&run.out, &expected->out);
	check_address(&run.err, &expected->err);
	check_address(&run.files, &expected->files);
	ck_assert_mem_eq(run.handle, expected->handle, RPC_HANDLE_SIZE);
	ck_assert_str_eq(run.directory, expected->directory);
	check_strings(run.env, expected->env);
	check_strings(run.argv, expected->argv);
	rpc_run_free(&run);
}

START_TEST(a_run_request_goes_round_at_every_version)
{
	const char *env[] = {"A=1", "B=", "=", "-cmd", NULL}, *argv[] = {"/bin/cc", "", "-c", NULL};
	char in[] = "/etc/hostname", wd[] = ".WD/sub";
	struct rpc_run run = {.stdin_file = in,
	    .out = address(INADDR_LOOPBACK, 1),
	    .err = address(0xc0000207, 65535),
	    .files = address(0, 0),
	    .directory = wd,
	    .env = env,
	    .argv = argv};
	struct buf b = {0};

	rpc_handle_make(run.handle, 0x12345678);
	rpc_put_run(&b, versions[_i], &run);
	check_run(&b, versions[_i], &run);
	buf_free(&b);
}
END_TEST

START_TEST(a_run_request_of_megabytes_goes_round)
{
	enum { STRINGS = 20000 };
	static char strings[STRINGS][64];
	static const char *argv[STRINGS + 1];
	const char *env[] = {NULL};
	char in[] = "", wd[] = "";
	struct rpc_run run = {.stdin_file = in, .directory = wd, .env = env, .argv = argv};
	struct buf b = {0};
	int i;

	for (i = 0; i < STRINGS; i++) {
		snprintf(strings[i], sizeof(strings[i]), "argument %050d", i);
		argv[i] = strings[i];
	}
	rpc_put_run(&b, RPC_VERSION, &run);
	ck_assert_uint_gt(b.len, 1 << 20);
	check_run(&b, RPC_VERSION, &run);
	buf_free(&b);
}
END_TEST

START_TEST(a_request_split_anywhere_is_the_same_request)
{
	const char *env[] = {"A=1", "B=2", NULL}, *argv[] = {"/bin/cc", "-c", "a.c", NULL};
	char in[] = "/in", wd[] = ".WD";
	struct rpc_run run = {.stdin_file = in, .directory = wd, .env = env, .argv = argv};
	struct stream s;
	struct buf b = {0};

	rpc_handle_make(run.handle, 1);
	srpc_put_hello(&b);
	rpc_put_run(&b, RPC_VERSION, &run);
	srpc_put_code(&b, SRPC_END_ACK);
	rpc_put_info_call(&b, RPC_VERSION);
	srpc_put_code(&b, SRPC_END_ACK);
	rpc_put_run(&b, 2, &run);
	s = whole(b.data, b.len);
	ck_assert_int_eq(s.calls, 3);
	ck_assert_int_eq(s.rc, SRPC_MORE);
	split_everywhere(b.data, b.len);
	buf_free(&b);
}
END_TEST

/* A run request with a handle of that many bytes. */
static int
get_run_with_handle(size_t len, struct rpc_run *run)
{
	static const uint8_t handle[64] = {0, 2, 1};
	static const char *const argv[] = {"/bin/true", NULL};
	struct sockaddr_in none = address(0, 0);
	struct srpc_reader r = {0};
	struct buf b = {0};

	srpc_put_text(&b, "");
	srpc_put_socket(&b, &none);
	srpc_put_socket(&b, &none);
	srpc_put_socket(&b, &none);
	srpc_put_bytes(&b, handle, len);
	srpc_put_text(&b, "");
	srpc_put_chars_seq(&b, no_strings);
	srpc_put_chars_seq(&b, argv);
	srpc_put_code(&b, SRPC_END_CALL);
	receive(&r, b.data, b.len);
	buf_free(&b);
	return (rpc_get_run(&r, run, &err));
}

START_TEST(a_handle_has_32_bytes)
{
	struct rpc_run run;

	ck_assert_int_eq(get_run_with_handle(RPC_HANDLE_SIZE, &run), 0);
	rpc_run_free(&run);
	ck_assert_int_eq(get_run_with_handle(RPC_HANDLE_SIZE - 1, &run), -1);
	rpc_run_free(&run);
	ck_assert_int_eq(err.code, -7);
	ck_assert_str_eq(err.message, "Invalid fsroot");
	ck_assert_int_eq(get_run_with_handle(0, &run), -1);
	rpc_run_free(&run);
	ck_assert_int_eq(err.code, -7);
	ck_assert_int_eq(get_run_with_handle(RPC_HANDLE_SIZE + 1, &run), -1);
	rpc_run_free(&run);
	ck_assert_int_eq(err.code, -5);
	ck_assert_str_eq(err.message, "[from other end] Buffer too small");
}
END_TEST

START_TEST(only_the_interfaces_procedures_are_known)
{
	static const int32_t known[] = {-1, 1, 3, 4};
	static const int32_t unknown[] = {0, 2, 5, 99, -2, INT32_MIN, INT32_MAX};
	size_t i;

	for (i = 0; i < LENGTH(known); i++)
		ck_assert(rpc_known(known[i]));
	for (i = 0; i < LENGTH(unknown); i++)
		ck_assert(!rpc_known(unknown[i]));
}
END_TEST

/* ---- results ------------------------------------------------------------------------------ */

/* The codes of a reply's items, one behind the other, in hex. */
static void
codes_of(const struct buf *b, char *out, size_t size)
{
	struct srpc_item item;
	struct srpc_reader r = {0};
	size_t n = 0;
	uint8_t code;

	receive(&r, b->data, b->len);
	while (r.pos < r.len) {
		code = r.data[r.pos] == SRPC_FALSE ? SRPC_TRUE : r.data[r.pos];
		n += (size_t)snprintf(out + n, size - n, "%02x", r.data[r.pos]);
		ck_assert_uint_lt(n, size);
		ck_assert_int_eq(srpc_next(&r, code, &item, &err), SRPC_OK);
	}
}

START_TEST(a_run_result_goes_round_at_every_version)
{
	static const struct rpc_run_result results[] = {
	    {0, 0, false}, {1, 0, false}, {255, 0, false}, {0, 9, false}, {0, 11, true}};
	static const char *const cores[2][2] = {{"", ""}, {"2d", "2c"}};
	int32_t version = versions[_i];
	struct rpc_run_result got;
	char codes[32], expected[32];
	size_t i, n;

	for (i = 0; i < LENGTH(results); i++) {
		struct srpc_reader r = {0};
		struct buf b = {0};

		rpc_put_run_result(&b, version, &results[i]);
		codes_of(&b, codes, sizeof(codes));
		snprintf(
		    expected, sizeof(expected), "1e1e%s0c", cores[version >= 4][results[i].core]);
		ck_assert_str_eq(codes, expected);
		for (n = 0; n < b.len; n++) {
			receive(&r, b.data, n);
			ck_assert_int_eq(rpc_get_run_result(&r, version, &got, &err), SRPC_MORE);
			ck_assert_uint_eq(r.pos, 0);
		}
		receive(&r, b.data, b.len);
		ck_assert_int_eq(rpc_get_run_result(&r, version, &got, &err), SRPC_OK);
		ck_assert_uint_eq(r.pos, b.len);
		ck_assert_int_eq(got.status, results[i].status);
		ck_assert_int_eq(got.signal, results[i].signal);
		ck_assert_int_eq(got.core, version >= 4 && results[i].core);
		buf_free(&b);
	}
}
END_TEST

static void
fill_info(struct rpc_info *info)
{
	static char sysname[] = "Linux", release[] = "6.1", version[] = "", machine[] = "x86_64";

	*info = (struct rpc_info){.sysname = sysname,
	    .release = release,
	    .version = version,
	    .machine = machine,
	    .cpus = 2,
	    .cpu_mhz = 2300,
	    .mem_kb = 24684096,
	    .max_tools = 4,
	    .cur_tools = 3,
	    .load = 2.42F,
	    .cur_pending = 7,
	    .max_pending = 8};
	memcpy(info->unique, "0123456789abcdef", RPC_UNIQUE_SIZE);
}

START_TEST(an_information_has_the_items_of_its_procedure_and_version)
{
	int32_t version = versions[_i], proc;
	struct rpc_info info;
	char codes[64], expected[64];

	fill_info(&info);
	for (proc = RPC_INFO_OLD; proc <= RPC_INFO; proc++) {
		struct buf b = {0};

		rpc_put_info(&b, proc, version, &info);
		codes_of(&b, codes, sizeof(codes));
		snprintf(expected, sizeof(expected), "242424241e1e1e1e1e%s%s0c",
		    version >= 3 ? "1e1e1e" : "", proc == RPC_INFO ? "22" : "");
		ck_assert_str_eq(codes, expected);
		buf_free(&b);
	}
}
END_TEST

static void
check_info(const struct rpc_info *got, const struct rpc_info *info, int32_t version)
{
	bool has_load = version >= 3;

	ck_assert_str_eq(got->sysname, info->sysname);
	ck_assert_str_eq(got->release, info->release);
	ck_assert_str_eq(got->version, info->version);
	ck_assert_str_eq(got->machine, info->machine);
	ck_assert_int_eq(got->cpus, info->cpus);
	ck_assert_int_eq(got->cpu_mhz, info->cpu_mhz);
	ck_assert_int_eq(got->mem_kb, info->mem_kb);
	ck_assert_int_eq(got->max_tools, info->max_tools);
	ck_assert_int_eq(got->cur_tools, info->cur_tools);
	ck_assert_float_eq(got->load, has_load ? info->load : 0);
	ck_assert_int_eq(got->cur_pending, has_load ? info->cur_pending : 0);
	ck_assert_int_eq(got->max_pending, has_load ? info->max_pending : 0);
	ck_assert_mem_eq(got->unique, info->unique, RPC_UNIQUE_SIZE);
}

START_TEST(an_information_goes_round_at_every_version)
{
	struct rpc_info info, got;
	struct srpc_reader r = {0};
	struct buf b = {0};
	size_t n;

	fill_info(&info);
	rpc_put_info(&b, RPC_INFO, versions[_i], &info);
	for (n = 0; n < b.len; n++) {
		receive(&r, b.data, n);
		ck_assert_int_eq(rpc_get_info(&r, versions[_i], &got, &err), SRPC_MORE);
		ck_assert_uint_eq(r.pos, 0);
	}
	receive(&r, b.data, b.len);
	ck_assert_int_eq(rpc_get_info(&r, versions[_i], &got, &err), SRPC_OK);
	ck_assert_uint_eq(r.pos, b.len);
	check_info(&got, &info, versions[_i]);
	rpc_info_free(&got);
	buf_free(&b);
}
END_TEST

START_TEST(an_identifier_of_another_size_is_refused)
{
	struct rpc_info got;
	struct srpc_reader r = {0};
	struct buf b = {0};
	int i;

	for (i = 0; i < 4; i++)
		srpc_put_text(&b, "x");
	for (i = 0; i < 5; i++)
		srpc_put_int32(&b, i);
	srpc_put_bytes(&b, "0123456789abcde", 15);
	srpc_put_code(&b, SRPC_END_CALL);
	receive(&r, b.data, b.len);
	ck_assert_int_eq(rpc_get_info(&r, 2, &got, &err), -1);
	ck_assert_int_eq(err.code, SRPC_PROTOCOL_VIOLATION);
	buf_free(&b);
}
END_TEST

/* As the first item, and behind one of the results. */
START_TEST(a_failure_in_place_of_results_has_the_servers_words)
{
	struct rpc_run_result result;
	struct rpc_info info;
	struct srpc_reader r = {0};
	struct buf b = {0};

	if (_i == 1)
		srpc_put_int32(&b, 0);
	srpc_put_failure(&b, 10, "request denied: server too busy");
	receive(&r, b.data, b.len);
	ck_assert_int_eq(rpc_get_run_result(&r, RPC_VERSION, &result, &err), -1);
	ck_assert(err.from_peer);
	ck_assert_int_eq(err.code, 10);
	ck_assert_str_eq(err.message, "request denied: server too busy");
	buf_free(&b);

	if (_i == 1)
		srpc_put_text(&b, "Linux");
	srpc_put_failure(&b, -3, "RunToolServer: Unsupported interface version");
	r = (struct srpc_reader){0};
	receive(&r, b.data, b.len);
	ck_assert_int_eq(rpc_get_info(&r, RPC_VERSION, &info, &err), -1);
	ck_assert(err.from_peer);
	ck_assert_int_eq(err.code, -3);
	buf_free(&b);
}
END_TEST

/* ---- handles ------------------------------------------------------------------------------ */

static const struct {
	const char *hex; /* zeros follow */
	uint32_t index;
} handles[] = {
    {"000201", 1},
    {"00027f", 0x7f},
    {"00028001", 0x80},
    {"0002ff7f", 0x3fff},
    {"0002808001", 0x4000},
    {"0002ffff7f", 0x1fffff},
    {"000280808001", 0x200000},
    {"0002f8acd19101", 0x12345678},
    {"0002ffffffff07", 0x7fffffff},
    {"00028080808008", 0x80000000},
    {"0002ffffffff0f", UINT32_MAX},
};

static void
make_handle(uint8_t handle[RPC_HANDLE_SIZE], const char *hex)
{
	memset(handle, 0, RPC_HANDLE_SIZE);
	wire_from_hex(hex, handle, RPC_HANDLE_SIZE);
}

START_TEST(an_index_is_read_from_its_handle)
{
	uint8_t handle[RPC_HANDLE_SIZE];
	uint32_t index;

	make_handle(handle, handles[_i].hex);
	ck_assert_int_eq(rpc_handle_index(handle, &index), 0);
	ck_assert_uint_eq(index, handles[_i].index);
}
END_TEST

START_TEST(a_handle_is_made_of_its_index)
{
	uint8_t handle[RPC_HANDLE_SIZE], expected[RPC_HANDLE_SIZE];

	make_handle(expected, handles[_i].hex);
	memset(handle, 0xff, sizeof(handle));
	rpc_handle_make(handle, handles[_i].index);
	ck_assert_mem_eq(handle, expected, RPC_HANDLE_SIZE);
}
END_TEST

START_TEST(with_several_numbers_the_last_one_counts)
{
	static const struct {
		const char *hex;
		uint32_t index;
	} several[] = {
	    {"00020105", 5},
	    {"0002810205", 5},
	    {"0002f8acd1910107", 7},
	    {"000205f8acd19101", 0x12345678},
	    {"0002000007", 7},
	    {"0002010101010101010101010101010101010101010101010101010101018001", 0x80},
	};
	uint8_t handle[RPC_HANDLE_SIZE];
	uint32_t index;
	size_t i;

	for (i = 0; i < LENGTH(several); i++) {
		make_handle(handle, several[i].hex);
		ck_assert_int_eq(rpc_handle_index(handle, &index), 0);
		ck_assert_uint_eq(index, several[i].index);
	}
}
END_TEST

START_TEST(a_handle_without_an_index_is_invalid)
{
	static const char *const invalid[] = {"", "0002", "0004", "000401", "0102", "010201", "02",
	    "ff0201", "0002ffffffff1f", "0002ffffffffff01", "00028080808010",
	    "0002ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"};
	uint8_t handle[RPC_HANDLE_SIZE];
	uint32_t index;
	size_t i;

	for (i = 0; i < LENGTH(invalid); i++) {
		make_handle(handle, invalid[i]);
		ck_assert_msg(rpc_handle_index(handle, &index) == -1, "%s", invalid[i]);
	}
}
END_TEST

static TCase *
add_case(Suite *suite, const char *name)
{
	TCase *tc = tcase_create(name);

	tcase_set_timeout(tc, 60);
	suite_add_tcase(suite, tc);
	return (tc);
}

Suite *
rpc_suite(void)
{
	Suite *suite = suite_create("rpc");
	TCase *tc;

	tc = add_case(suite, "requests");
	tcase_add_test(tc, recorded_requests_decode_however_they_are_split);
	tcase_add_loop_test(tc, bytes_that_kill_the_original_are_refused, 0, LENGTH(killers));
	tcase_add_loop_test(tc, a_run_request_goes_round_at_every_version, 0, LENGTH(versions));
	tcase_add_test(tc, a_run_request_of_megabytes_goes_round);
	tcase_add_test(tc, a_request_split_anywhere_is_the_same_request);
	tcase_add_test(tc, a_handle_has_32_bytes);
	tcase_add_test(tc, only_the_interfaces_procedures_are_known);

	tc = add_case(suite, "results");
	tcase_add_loop_test(tc, a_run_result_goes_round_at_every_version, 0, LENGTH(versions));
	tcase_add_loop_test(
	    tc, an_information_has_the_items_of_its_procedure_and_version, 0, LENGTH(versions));
	tcase_add_loop_test(tc, an_information_goes_round_at_every_version, 0, LENGTH(versions));
	tcase_add_test(tc, an_identifier_of_another_size_is_refused);
	tcase_add_loop_test(tc, a_failure_in_place_of_results_has_the_servers_words, 0, 2);

	tc = add_case(suite, "handles");
	tcase_add_loop_test(tc, an_index_is_read_from_its_handle, 0, LENGTH(handles));
	tcase_add_loop_test(tc, a_handle_is_made_of_its_index, 0, LENGTH(handles));
	tcase_add_test(tc, with_several_numbers_the_last_one_counts);
	tcase_add_test(tc, a_handle_without_an_index_is_invalid);
	return (suite);
}
