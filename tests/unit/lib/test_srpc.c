/* The items of SRPC, byte for byte, and what becomes of malformed ones; and the buffer below. */
#include <arpa/inet.h>
#include <bsd/string.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/srpc.h"
#include "unit/suites.h"
#include "unit/wire.h"

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))
#define LIMIT	  4096
#define MAX_WIRE  128

static const uint8_t used_codes[] = {SRPC_HELLO, SRPC_START_CALL, SRPC_END_CALL, SRPC_END_ACK,
    SRPC_INT32, SRPC_CHARS, SRPC_CHARS_SEQ, SRPC_BYTES, SRPC_TEXT, SRPC_SOCKET, SRPC_TRUE,
    SRPC_FAILURE};

static struct srpc_error err;
static struct srpc_item item;

static struct srpc_reader
reader(const void *bytes, size_t len)
{
	return (
	    (struct srpc_reader){.data = wire_received(bytes, len), .len = len, .limit = LIMIT});
}

static struct srpc_reader
hex_reader(const char *hex)
{
	uint8_t bytes[MAX_WIRE];

	return (reader(bytes, wire_from_hex(hex, bytes, sizeof(bytes))));
}

static void
fails(struct srpc_reader *r, uint8_t code, int32_t failure, const char *words)
{
	size_t pos = r->pos;

	memset(&err, 0xff, sizeof(err));
	ck_assert_int_eq(srpc_next(r, code, &item, &err), -1);
	ck_assert_int_eq(err.code, failure);
	ck_assert(!err.from_peer);
	ck_assert_str_eq(err.message, words);
	ck_assert_uint_eq(r->pos, pos);
}

/* ---- good items --------------------------------------------------------------------------- */

#define NO_STRING NULL, 0
#define STRING(s) s, sizeof(s) - 1

static const struct good {
	const char *wire;
	uint8_t code;
	int32_t number, version;
	const char *bytes;
	size_t length;
} good[] = {
    {"0a0000000a535250432056312e3400", SRPC_HELLO, 0, 0, STRING("SRPC V1.4\0")},
    {"0b0000000400000003", SRPC_START_CALL, 4, 3, NO_STRING},
    {"0bffffffffffffffff", SRPC_START_CALL, -1, -1, NO_STRING},
    {"0b800000007fffffff", SRPC_START_CALL, INT32_MIN, INT32_MAX, NO_STRING},
    {"0c", SRPC_END_CALL, 0, 0, NO_STRING},
    {"0d", SRPC_END_ACK, 0, 0, NO_STRING},
    {"1e01020304", SRPC_INT32, 0x01020304, 0, NO_STRING},
    {"1effffffff", SRPC_INT32, -1, 0, NO_STRING},
    {"1e80000000", SRPC_INT32, INT32_MIN, 0, NO_STRING},
    {"2000000000", SRPC_CHARS, 0, 0, STRING("")},
    {"2000000003ff0001", SRPC_CHARS, 0, 0, STRING("\xff\0\1")},
    {"210000000000000000", SRPC_CHARS_SEQ, 0, 0, STRING("")},
    {"21000000010000000100"
     "00000000",
	SRPC_CHARS_SEQ, 1, 0, STRING("\0")},
    {"210000000200000005"
     "6162006300"
     "0000000000000003",
	SRPC_CHARS_SEQ, 2, 0, STRING("ab\0c\0")},
    {"2200000000", SRPC_BYTES, 0, 0, STRING("")},
    {"2200000003ff0001", SRPC_BYTES, 0, 0, STRING("\xff\0\1")},
    {"2400000000", SRPC_TEXT, 0, 0, STRING("")},
    {"24000000032e5744", SRPC_TEXT, 0, 0, STRING(".WD")},
    {"2800000006"
     "7f000001550d",
	SRPC_SOCKET, 0, 0, STRING("\x7f\0\0\1\x55\x0d")},
    {"2c", SRPC_TRUE, 0, 0, NO_STRING},
    {"2d", SRPC_FALSE, 0, 0, NO_STRING},
    {"ff"
     "fffffff9"
     "00000003"
     "776879",
	SRPC_FAILURE, -7, 0, STRING("why")},
    {"ff"
     "0000000a"
     "00000000",
	SRPC_FAILURE, 10, 0, STRING("")},
};

static uint8_t
expected_code(const struct good *g)
{
	return (g->code == SRPC_FALSE ? SRPC_TRUE : g->code);
}

START_TEST(an_item_decodes_to_its_values)
{
	const struct good *g = &good[_i];
	struct srpc_reader r = hex_reader(g->wire);

	ck_assert_int_eq(srpc_next(&r, expected_code(g), &item, &err), SRPC_OK);
	ck_assert_uint_eq(r.pos, r.len);
	ck_assert_uint_eq(item.code, g->code);
	ck_assert_int_eq(item.number, g->number);
	ck_assert_int_eq(item.version, g->version);
	ck_assert_uint_eq(item.length, g->length);
	if (g->length > 0)
		ck_assert_mem_eq(item.bytes, g->bytes, g->length);
}
END_TEST

/* The sequence's strings, which stand one behind the other. */
static void
put_strings(struct buf *b, const struct good *g)
{
	const char *strings[8] = {NULL}, *s = g->bytes;
	int32_t i;

	for (i = 0; i < g->number; i++, s += strlen(s) + 1)
		strings[i] = s;
	srpc_put_chars_seq(b, strings);
}

static void
put(struct buf *b, const struct good *g)
{
	struct sockaddr_in sin = {.sin_family = AF_INET};

	switch (g->code) {
	case SRPC_HELLO:
		srpc_put_hello(b);
		break;
	case SRPC_START_CALL:
		srpc_put_start_call(b, g->number, g->version);
		break;
	case SRPC_INT32:
		srpc_put_int32(b, g->number);
		break;
	case SRPC_CHARS: /* servers make its head themselves */
		srpc_put_bytes(b, g->bytes, g->length);
		b->data[0] = SRPC_CHARS;
		break;
	case SRPC_CHARS_SEQ:
		put_strings(b, g);
		break;
	case SRPC_BYTES:
		srpc_put_bytes(b, g->bytes, g->length);
		break;
	case SRPC_TEXT:
		srpc_put_text(b, g->bytes);
		break;
	case SRPC_SOCKET:
		sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		sin.sin_port = htons(21773);
		srpc_put_socket(b, &sin);
		break;
	case SRPC_TRUE:
	case SRPC_FALSE:
		srpc_put_bool(b, g->code == SRPC_TRUE);
		break;
	case SRPC_FAILURE:
		srpc_put_failure(b, g->number, g->bytes);
		break;
	default:
		srpc_put_code(b, g->code);
	}
}

START_TEST(values_encode_to_the_items_bytes)
{
	uint8_t wire[MAX_WIRE];
	size_t len = wire_from_hex(good[_i].wire, wire, sizeof(wire));
	struct buf b = {0};

	put(&b, &good[_i]);
	ck_assert(!b.failed);
	ck_assert_uint_eq(b.len, len);
	ck_assert_mem_eq(b.data, wire, len);
	buf_free(&b);
}
END_TEST

START_TEST(a_part_of_an_item_asks_for_more_and_moves_nothing)
{
	const struct good *g = &good[_i];
	uint8_t wire[MAX_WIRE];
	size_t len = wire_from_hex(g->wire, wire, sizeof(wire)), n;

	for (n = 0; n < len; n++) {
		struct srpc_reader r = reader(wire, n);

		ck_assert_int_eq(srpc_next(&r, expected_code(g), &item, &err), SRPC_MORE);
		ck_assert_uint_eq(r.pos, 0);
	}
}
END_TEST

START_TEST(an_item_is_taken_from_where_the_reader_stands)
{
	const struct good *g = &good[_i];
	uint8_t wire[3 * MAX_WIRE];
	size_t len = wire_from_hex(g->wire, wire + 3, MAX_WIRE);
	struct srpc_reader r;

	memset(wire, 0xee, 3);
	memset(wire + 3 + len, 0xee, 5);
	r = reader(wire, 3 + len + 5);
	r.pos = 3;
	ck_assert_int_eq(srpc_next(&r, expected_code(g), &item, &err), SRPC_OK);
	ck_assert_uint_eq(r.pos, 3 + len);
	ck_assert_uint_eq(item.length, g->length);
}
END_TEST

START_TEST(a_float_travels_as_an_int32)
{
	static const float floats[] = {0.0F, -0.0F, 0.75F, 2.42F, 1e30F};
	struct srpc_reader r;
	struct buf b = {0};
	float f;

	srpc_put_float(&b, floats[_i]);
	r = reader(b.data, b.len);
	ck_assert_int_eq(srpc_next(&r, SRPC_INT32, &item, &err), SRPC_OK);
	f = srpc_float(&item);
	ck_assert_mem_eq(&f, &floats[_i], sizeof(f));
	buf_free(&b);
}
END_TEST

START_TEST(a_recorded_load_is_2_42)
{
	struct srpc_reader r = hex_reader("1e401ae148");

	ck_assert_int_eq(srpc_next(&r, SRPC_INT32, &item, &err), SRPC_OK);
	ck_assert_float_eq_tol(srpc_float(&item), 2.42F, 1e-6F);
}
END_TEST

START_TEST(a_socket_is_an_ipv4_address)
{
	struct srpc_reader r = hex_reader("2800000006c00002071234");
	struct sockaddr_in sin;
	char text[INET_ADDRSTRLEN];

	ck_assert_int_eq(srpc_next(&r, SRPC_SOCKET, &item, &err), SRPC_OK);
	sin = srpc_socket(&item);
	ck_assert_int_eq(sin.sin_family, AF_INET);
	ck_assert_str_eq(inet_ntop(AF_INET, &sin.sin_addr, text, sizeof(text)), "192.0.2.7");
	ck_assert_uint_eq(ntohs(sin.sin_port), 0x1234);
}
END_TEST

/* ---- what may not be ---------------------------------------------------------------------- */

START_TEST(another_item_is_a_mix_up)
{
	uint8_t expected = used_codes[_i], got;
	char words[128];
	int c;

	for (c = 0; c < 256; c++) {
		struct srpc_reader r;

		got = (uint8_t)c;
		if (got == expected || got == SRPC_FAILURE ||
		    (expected == SRPC_TRUE && got == SRPC_FALSE))
			continue;
		r = reader(&got, 1);
		snprintf(words, sizeof(words),
		    "[from other end] Mix-up: expected item code %d, got %d", expected, got);
		fails(&r, expected, SRPC_PROTOCOL_VIOLATION, words);
	}
}
END_TEST

START_TEST(an_item_that_no_call_has_is_refused)
{
	static const uint8_t unused[] = {0, SRPC_SEQ_START, SRPC_SEQ_END, SRPC_INT16,
	    SRPC_INT16_ARRAY, SRPC_INT32_SEQ, SRPC_BYTES_SEQ, SRPC_INT64, SRPC_INT32_ARRAY,
	    SRPC_INT64_ARRAY, 254};
	struct srpc_reader r;
	char words[128];
	size_t i;

	for (i = 0; i < LENGTH(unused); i++) {
		r = reader(&unused[i], 1);
		snprintf(words, sizeof(words),
		    "[from other end] Item code %d is not used by this interface", unused[i]);
		fails(&r, unused[i], SRPC_PROTOCOL_VIOLATION, words);
	}
}
END_TEST

#define TOO_LARGE SRPC_INVALID_PARAMETER, "[from other end] Request too large: more than 4096 bytes"
#define BAD(what) SRPC_INTERNAL_TROUBLE, "[from other end] Malformed " what

static const struct {
	const char *wire; /* as much as it takes to see it */
	uint8_t code;
	int32_t failure;
	const char *words;
} malformed[] = {
    {"0affffffff", SRPC_HELLO, BAD("hello length")},
    {"0a80000000", SRPC_HELLO, BAD("hello length")},
    {"0a7fffffff", SRPC_HELLO, TOO_LARGE},
    {"24ffffffff", SRPC_TEXT, BAD("Text length")},
    {"2480000000", SRPC_TEXT, BAD("Text length")},
    {"247fffffff", SRPC_TEXT, TOO_LARGE},
    {"240000000261"
     "00",
	SRPC_TEXT, BAD("Text (NUL inside)")},
    {"240000000100", SRPC_TEXT, BAD("Text (NUL inside)")},
    {"22ffffffff", SRPC_BYTES, BAD("bytes length")},
    {"2280000000", SRPC_BYTES, BAD("bytes length")},
    {"227fffffff", SRPC_BYTES, TOO_LARGE},
    {"20ffffffff", SRPC_CHARS, BAD("chars length")},
    {"2080000000", SRPC_CHARS, BAD("chars length")},
    {"207fffffff", SRPC_CHARS, TOO_LARGE},
    {"ff00000001ffffffff", SRPC_FAILURE, BAD("failure length")},
    {"ff0000000180000000", SRPC_FAILURE, BAD("failure length")},
    {"ff000000017fffffff", SRPC_FAILURE, TOO_LARGE},
    {"ff000000017fffffff", SRPC_TEXT, TOO_LARGE},
    {"ff00000001ffffffff", SRPC_TEXT, BAD("failure length")},
    {"2800000005", SRPC_SOCKET, BAD("socket")},
    {"2800000007", SRPC_SOCKET, BAD("socket")},
    {"2800000000", SRPC_SOCKET, BAD("socket")},
    {"28ffffffff", SRPC_SOCKET, BAD("socket")},
    {"287fffffff", SRPC_SOCKET, BAD("socket")},
    {"21ffffffff", SRPC_CHARS_SEQ, BAD("chars_seq count")},
    {"2180000000", SRPC_CHARS_SEQ, BAD("chars_seq count")},
    {"2100000000ffffffff", SRPC_CHARS_SEQ, BAD("chars_seq length")},
    {"21000000007fffffff", SRPC_CHARS_SEQ, TOO_LARGE},
    {"217fffffff", SRPC_CHARS_SEQ, TOO_LARGE},
    {"2140000000", SRPC_CHARS_SEQ, TOO_LARGE},
    {"2100000401", SRPC_CHARS_SEQ, TOO_LARGE},
    {"210000040000000010", SRPC_CHARS_SEQ, TOO_LARGE},
};

START_TEST(a_malformed_item_is_refused_as_soon_as_it_shows)
{
	struct srpc_reader r = hex_reader(malformed[_i].wire);

	fails(&r, malformed[_i].code, malformed[_i].failure, malformed[_i].words);
}
END_TEST

static const struct {
	const char *wire;
	const char *strings; /* separated by ','; NULL: refused */
} offsets[] = {
    {"210000000200000004"
     "62006100"
     "0000000200000000",
	"a,b"},
    {"210000000200000004"
     "62006100"
     "0000000000000002",
	"b,a"},
    {"210000000200000004"
     "62006100"
     "0000000000000000",
	"b,b"},
    {"210000000300000004"
     "61626300"
     "000000000000000100000002",
	"abc,bc,c"},
    {"210000000100000004"
     "61626300"
     "00000003",
	""},
    {"210000000100000005"
     "6100626364"
     "00000000",
	"a"},
    {"210000000000000003"
     "616263",
	""},
    {"210000000100000004"
     "61626300"
     "ffffffff",
	NULL},
    {"210000000100000004"
     "61626300"
     "80000000",
	NULL},
    {"210000000100000004"
     "61626300"
     "7fffffff",
	NULL},
    {"210000000100000004"
     "61626300"
     "00000004",
	NULL},
    {"210000000100000004"
     "61626300"
     "00000400",
	NULL},
    {"210000000100000004"
     "61626364"
     "00000000",
	NULL},
    {"210000000100000005"
     "6100626364"
     "00000002",
	NULL},
    {"210000000100000000"
     "00000000",
	NULL},
    {"210000000200000004"
     "61006200"
     "0000000000000004",
	NULL},
};

START_TEST(every_offset_must_lead_to_a_string)
{
	struct srpc_reader r = hex_reader(offsets[_i].wire);
	char joined[64] = "";
	int32_t i;

	if (offsets[_i].strings == NULL) {
		ck_assert_int_eq(srpc_next(&r, SRPC_CHARS_SEQ, &item, &err), -1);
		ck_assert_int_eq(err.code, SRPC_INTERNAL_TROUBLE);
		ck_assert_ptr_eq(
		    strstr(err.message, "[from other end] Malformed chars_seq: offset"),
		    err.message);
		return;
	}
	ck_assert_int_eq(srpc_next(&r, SRPC_CHARS_SEQ, &item, &err), SRPC_OK);
	for (i = 0; i < item.number; i++) {
		strlcat(joined, i == 0 ? "" : ",", sizeof(joined));
		strlcat(joined, srpc_string(&item, i), sizeof(joined));
	}
	ck_assert_str_eq(joined, offsets[_i].strings);
}
END_TEST

START_TEST(an_item_may_end_at_the_limit_but_not_behind_it)
{
	const struct good *g = &good[_i];
	struct srpc_reader r = hex_reader(g->wire);

	r.limit = r.len;
	ck_assert_int_eq(srpc_next(&r, expected_code(g), &item, &err), SRPC_OK);
	r.pos = 0;
	r.limit = r.len - 1;
	ck_assert_int_eq(srpc_next(&r, expected_code(g), &item, &err), -1);
	ck_assert_int_eq(err.code, SRPC_INVALID_PARAMETER);
	ck_assert_uint_eq(r.pos, 0);
}
END_TEST

START_TEST(an_item_beyond_the_limit_is_refused_from_its_header)
{
	static const struct {
		const char *header;
		uint8_t code;
	} headers[] = {
	    {"0a00000ffc", SRPC_HELLO},
	    {"2400000ffc", SRPC_TEXT},
	    {"2200000ffc", SRPC_BYTES},
	    {"ff0000000100000ff8", SRPC_FAILURE},
	    {"210000000000000ff8", SRPC_CHARS_SEQ},
	    {"210000000100000ff4", SRPC_CHARS_SEQ},
	};
	uint8_t bytes[MAX_WIRE];
	struct srpc_reader r;
	size_t i, len;

	for (i = 0; i < LENGTH(headers); i++) {
		r = hex_reader(headers[i].header);
		fails(&r, headers[i].code, TOO_LARGE);
		/* A byte less fits. */
		len = wire_from_hex(headers[i].header, bytes, sizeof(bytes));
		bytes[len - 1]--;
		r = reader(bytes, len);
		ck_assert_int_eq(srpc_next(&r, headers[i].code, &item, &err), SRPC_MORE);
	}
}
END_TEST

/* ---- the peer's failure ------------------------------------------------------------------- */

START_TEST(a_failure_may_come_in_place_of_any_item)
{
	struct srpc_reader r = hex_reader("ff"
					  "fffffffc"
					  "00000006"
					  "612573256e62");

	if (used_codes[_i] == SRPC_FAILURE) {
		ck_assert_int_eq(srpc_next(&r, SRPC_FAILURE, &item, &err), SRPC_OK);
		ck_assert_int_eq(item.number, -4);
		return;
	}
	ck_assert_int_eq(srpc_next(&r, used_codes[_i], &item, &err), -1);
	ck_assert(err.from_peer);
	ck_assert_int_eq(err.code, -4);
	ck_assert_str_eq(err.message, "a%s%nb");
}
END_TEST

START_TEST(a_part_of_a_failure_asks_for_more)
{
	static const uint8_t wire[] = {0xff, 0xff, 0xff, 0xff, 0xfc, 0, 0, 0, 2, 'n', 'o'};
	size_t n;

	for (n = 0; n < sizeof(wire); n++) {
		struct srpc_reader r = reader(wire, n);

		ck_assert_int_eq(srpc_next(&r, SRPC_TEXT, &item, &err), SRPC_MORE);
		ck_assert_uint_eq(r.pos, 0);
	}
}
END_TEST

START_TEST(a_long_failure_is_cut)
{
	uint8_t wire[9 + 3000] = {0xff, 0, 0, 0, 10, 0, 0, 3000 >> 8, 3000 & 0xff};
	struct srpc_reader r;

	memset(wire + 9, 'x', 3000);
	r = reader(wire, sizeof(wire));
	ck_assert_int_eq(srpc_next(&r, SRPC_TEXT, &item, &err), -1);
	ck_assert(err.from_peer);
	ck_assert_uint_eq(strlen(err.message), sizeof(err.message) - 1);
}
END_TEST

START_TEST(our_own_failure_has_code_and_words)
{
	memset(&err, 0xff, sizeof(err));
	ck_assert_int_eq(srpc_fail(&err, SRPC_CLIENT_ERROR, "%s %d", "limit", 7), -1);
	ck_assert_int_eq(err.code, 10);
	ck_assert(!err.from_peer);
	ck_assert_str_eq(err.message, "limit 7");
}
END_TEST

/* ---- the buffer --------------------------------------------------------------------------- */

START_TEST(a_buffer_grows_and_gives_back)
{
	struct buf b = {0};
	uint8_t byte;
	int i;

	for (i = 0; i < 100000; i++) {
		byte = (uint8_t)(i % 251);
		buf_append(&b, &byte, 1);
	}
	ck_assert(!b.failed);
	ck_assert_uint_eq(b.len, 100000);
	buf_consume(&b, 99999);
	ck_assert_uint_eq(b.len, 1);
	ck_assert_uint_eq(b.data[0], 99999 % 251);
	buf_consume(&b, 0);
	ck_assert_uint_eq(b.len, 1);
	buf_consume(&b, 1);
	ck_assert_ptr_null(b.data);
	ck_assert_uint_eq(b.size, 0);
	buf_append(&b, "", 0);
	ck_assert_ptr_null(b.data);
	buf_append(&b, "again", 5);
	ck_assert_mem_eq(b.data, "again", 5);
	buf_free(&b);
}
END_TEST

START_TEST(a_buffer_out_of_memory_stays_failed)
{
	struct buf b = {0};

	buf_append(&b, "kept", 4);
	errno = 0;
	ck_assert_int_eq(buf_reserve(&b, SIZE_MAX - 2), -1);
	ck_assert_int_eq(errno, ENOMEM);
	ck_assert(b.failed);
	buf_append(&b, "lost", 4);
	ck_assert_uint_eq(b.len, 4);
	ck_assert_int_eq(buf_reserve(&b, 1), -1);
	buf_free(&b);
	ck_assert(!b.failed);
}
END_TEST

START_TEST(a_string_too_long_for_its_length_fails)
{
	struct buf b = {0};

	srpc_put_bytes(&b, "", (size_t)INT32_MAX + 1);
	ck_assert(b.failed);
	buf_free(&b);
}
END_TEST

static TCase *
add_case(Suite *suite, const char *name)
{
	TCase *tc = tcase_create(name);

	suite_add_tcase(suite, tc);
	return (tc);
}

Suite *
srpc_suite(void)
{
	Suite *suite = suite_create("srpc");
	TCase *tc;

	tc = add_case(suite, "items");
	tcase_add_loop_test(tc, an_item_decodes_to_its_values, 0, LENGTH(good));
	tcase_add_loop_test(tc, values_encode_to_the_items_bytes, 0, LENGTH(good));
	tcase_add_loop_test(tc, a_part_of_an_item_asks_for_more_and_moves_nothing, 0, LENGTH(good));
	tcase_add_loop_test(tc, an_item_is_taken_from_where_the_reader_stands, 0, LENGTH(good));
	tcase_add_loop_test(tc, a_float_travels_as_an_int32, 0, 5);
	tcase_add_test(tc, a_recorded_load_is_2_42);
	tcase_add_test(tc, a_socket_is_an_ipv4_address);

	tc = add_case(suite, "malformed");
	tcase_add_loop_test(tc, another_item_is_a_mix_up, 0, LENGTH(used_codes));
	tcase_add_test(tc, an_item_that_no_call_has_is_refused);
	tcase_add_loop_test(
	    tc, a_malformed_item_is_refused_as_soon_as_it_shows, 0, LENGTH(malformed));
	tcase_add_loop_test(tc, every_offset_must_lead_to_a_string, 0, LENGTH(offsets));
	tcase_add_loop_test(tc, an_item_may_end_at_the_limit_but_not_behind_it, 0, LENGTH(good));
	tcase_add_test(tc, an_item_beyond_the_limit_is_refused_from_its_header);

	tc = add_case(suite, "failure");
	tcase_add_loop_test(tc, a_failure_may_come_in_place_of_any_item, 0, LENGTH(used_codes));
	tcase_add_test(tc, a_part_of_a_failure_asks_for_more);
	tcase_add_test(tc, a_long_failure_is_cut);
	tcase_add_test(tc, our_own_failure_has_code_and_words);

	tc = add_case(suite, "buf");
	tcase_add_test(tc, a_buffer_grows_and_gives_back);
	tcase_add_test(tc, a_buffer_out_of_memory_stays_failed);
	tcase_add_test(tc, a_string_too_long_for_its_length_fails);
	return (suite);
}
