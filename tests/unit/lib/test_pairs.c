/* Lists of name=value, what may stand in them, and the structs that are made of them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/fields.h"
#include "lib/pairs.h"
#include "unit/suites.h"
#include "unit/wire.h"

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))
#define LIMIT	  ((size_t)256 << 20)
#define MEGABYTES ((size_t)16 << 20)

#define NAME_16 "abcdefghijklm_09"
#define NAME_64 NAME_16 NAME_16 NAME_16 NAME_16

static struct srpc_error err;

/* A received list; good until the next one. */
static struct srpc_item
received(const struct buf *b)
{
	struct srpc_reader r = {
	    .data = wire_received(b->data, b->len), .len = b->len, .limit = LIMIT};
	struct srpc_item list;

	ck_assert(!b->failed);
	ck_assert_int_eq(srpc_next(&r, SRPC_CHARS_SEQ, &list, &err), SRPC_OK);
	ck_assert_uint_eq(r.pos, r.len);
	return (list);
}

static struct srpc_item
list_of(const char *const *strings)
{
	struct srpc_item list;
	struct buf b = {0};

	srpc_put_chars_seq(&b, strings);
	list = received(&b);
	buf_free(&b);
	return (list);
}

static struct srpc_item
list_of_one(const char *pair)
{
	const char *const strings[] = {pair, NULL};

	return (list_of(strings));
}

static void
refused(int rc, const char *words)
{
	ck_assert_int_eq(rc, -1);
	ck_assert_int_eq(err.code, SRPC_INVALID_PARAMETER);
	ck_assert(!err.from_peer);
	ck_assert_str_eq(err.message, words);
}

/* ---- lists -------------------------------------------------------------------------------- */

START_TEST(a_pair_is_split_at_its_first_equals_sign)
{
	static const char *const strings[] = {
	    "a=1", "b=", "c==", "d=x=y", "e= ", "f=\n\xff\x01=", "ab=2", NULL};
	struct srpc_item list = list_of(strings);

	ck_assert_int_eq(pairs_check(&list, &err), 0);
	ck_assert_str_eq(pairs_get(&list, "a"), "1");
	ck_assert_str_eq(pairs_get(&list, "b"), "");
	ck_assert_str_eq(pairs_get(&list, "c"), "=");
	ck_assert_str_eq(pairs_get(&list, "d"), "x=y");
	ck_assert_str_eq(pairs_get(&list, "e"), " ");
	ck_assert_str_eq(pairs_get(&list, "f"), "\n\xff\x01=");
	ck_assert_str_eq(pairs_get(&list, "ab"), "2");
	ck_assert_ptr_null(pairs_get(&list, "abc"));
	ck_assert_ptr_null(pairs_get(&list, ""));
}
END_TEST

START_TEST(an_empty_list_has_nothing_and_is_good)
{
	static const char *const strings[] = {NULL};
	struct srpc_item list = list_of(strings);

	ck_assert_int_eq(pairs_check(&list, &err), 0);
	ck_assert_ptr_null(pairs_get(&list, "a"));
}
END_TEST

static const char *const good_names[] = {"a=", "z=1", "_=1", "0=1", "a_b0=1", NAME_64 "=1"};

START_TEST(a_name_has_lower_case_letters_digits_and_underscores)
{
	struct srpc_item list = list_of_one(good_names[_i]);

	ck_assert_int_eq(pairs_check(&list, &err), 0);
}
END_TEST

static const struct {
	const char *pair, *words;
} bad_names[] = {
    {"", ": not NAME=VALUE"},
    {"=", "=: not NAME=VALUE"},
    {"=x", "=x: not NAME=VALUE"},
    {"root", "root: not NAME=VALUE"},
    {"A=1", "A=1: not NAME=VALUE"},
    {"aB=1", "aB=1: not NAME=VALUE"},
    {"a-b=1", "a-b=1: not NAME=VALUE"},
    {"a.b=1", "a.b=1: not NAME=VALUE"},
    {" a=1", " a=1: not NAME=VALUE"},
    {"a =1", "a =1: not NAME=VALUE"},
    {"a\n=1", "a\n=1: not NAME=VALUE"},
    {"\xc3\xa4=1", "\xc3\xa4=1: not NAME=VALUE"},
    {NAME_64 "x=1", NAME_64 ": not NAME=VALUE"},
    {NAME_64, NAME_64 ": not NAME=VALUE"},
};

START_TEST(another_name_is_refused)
{
	struct srpc_item list = list_of_one(bad_names[_i].pair);

	refused(pairs_check(&list, &err), bad_names[_i].words);
}
END_TEST

START_TEST(a_name_may_be_given_once)
{
	static const char *const prefixes[] = {"a=1", "ab=1", "abc=a=1", "b=a=1", NULL};
	static const char *const twice[] = {"a=1", "b=1", "a=2", NULL};
	static const char *const same[] = {"long_name=1", "long_name=1", NULL};
	struct srpc_item list = list_of(prefixes);

	ck_assert_int_eq(pairs_check(&list, &err), 0);
	list = list_of(twice);
	refused(pairs_check(&list, &err), "a: given twice");
	list = list_of(same);
	refused(pairs_check(&list, &err), "long_name: given twice");
}
END_TEST

START_TEST(a_list_has_64_pairs_at_most)
{
	static char names[PAIRS_MAX + 1][16];
	const char *strings[PAIRS_MAX + 2] = {NULL};
	struct srpc_item list;
	size_t i;

	for (i = 0; i < LENGTH(names); i++) {
		snprintf(names[i], sizeof(names[i]), "n%zu=%zu", i, i);
		strings[i] = names[i];
	}
	list = list_of(strings);
	refused(pairs_check(&list, &err), "65: there may be 64 at most");
	strings[PAIRS_MAX] = NULL;
	list = list_of(strings);
	ck_assert_int_eq(pairs_check(&list, &err), 0);
	ck_assert_str_eq(pairs_get(&list, "n63"), "63");
}
END_TEST

/* What is behind a NUL is no part of the value, and strings may share their bytes. */
START_TEST(a_value_ends_at_its_nul)
{
	uint8_t wire[64];
	size_t len = wire_from_hex("210000000200000008"
				   "78613d3100623d00" /* xa=1 NUL b= NUL */
				   "0000000000000001",
	    wire, sizeof(wire));
	struct buf b = {0};
	struct srpc_item list;

	buf_append(&b, wire, len);
	list = received(&b);
	ck_assert_int_eq(pairs_check(&list, &err), 0);
	ck_assert_str_eq(pairs_get(&list, "xa"), "1");
	ck_assert_str_eq(pairs_get(&list, "a"), "1");
	ck_assert_ptr_null(pairs_get(&list, "b"));
	buf_free(&b);
}
END_TEST

/* All the same bytes, each one byte shorter: every two of them are alike for megabytes. */
START_TEST(names_of_megabytes_cost_no_time)
{
	static const uint8_t head[] = {SRPC_CHARS_SEQ, 0, 0, 0, PAIRS_MAX, 1, 0, 0, 2};
	struct srpc_item list;
	struct buf b = {0};
	uint8_t offset[4] = {0};

	buf_append(&b, head, sizeof(head));
	ck_assert_int_eq(buf_reserve(&b, MEGABYTES), 0);
	memset(b.data + b.len, 'a', MEGABYTES);
	b.len += MEGABYTES;
	buf_append(&b, "=", sizeof("="));
	for (; offset[3] < PAIRS_MAX; offset[3]++)
		buf_append(&b, offset, sizeof(offset));
	list = received(&b);
	ck_assert_int_eq(pairs_check(&list, &err), -1);
	buf_free(&b);
}
END_TEST

static const struct {
	const char *value;
	int64_t min, max, number;
} good_numbers[] = {
    {"0", 0, 0, 0},
    {"-0", 0, 0, 0},
    {"1", 1, 2, 1},
    {"2", 1, 2, 2},
    {"007", 1, 10, 7},
    {"-3", -3, 3, -3},
    {"4294967295", 1, UINT32_MAX, UINT32_MAX},
    {"9223372036854775807", 0, INT64_MAX, INT64_MAX},
    {"-9223372036854775808", INT64_MIN, 0, INT64_MIN},
};

static void
number_pair(char *pair, size_t size, const char *value)
{
	ck_assert_int_lt(snprintf(pair, size, "n=%s", value), (int)size);
}

START_TEST(a_number_is_decimal)
{
	char pair[64];
	struct srpc_item list;
	int64_t n = -99;

	number_pair(pair, sizeof(pair), good_numbers[_i].value);
	list = list_of_one(pair);
	ck_assert_int_eq(
	    pairs_get_number(&list, "n", good_numbers[_i].min, good_numbers[_i].max, &n, &err), 0);
	ck_assert_int_eq(n, good_numbers[_i].number);
}
END_TEST

static const char *const bad_numbers[] = {"", "-", "+1", " 1", "1 ", "\t1", "1\n", "--1", "1-",
    "0x10", "1e3", "1.0", "1,000", "one", "4", "-1", "9223372036854775808", "-9223372036854775809",
    "18446744073709551617"};

START_TEST(another_number_is_refused)
{
	char pair[64], words[128];
	struct srpc_item list;
	int64_t n = -99;

	number_pair(pair, sizeof(pair), bad_numbers[_i]);
	snprintf(words, sizeof(words), "%s: must be a number from 0 to 3", pair);
	list = list_of_one(pair);
	refused(pairs_get_number(&list, "n", 0, 3, &n, &err), words);
	ck_assert_int_eq(n, -99);
}
END_TEST

START_TEST(a_number_that_is_not_given_stays)
{
	struct srpc_item list = list_of_one("number=1");
	int64_t n = -99;

	ck_assert_int_eq(pairs_get_number(&list, "n", 0, 3, &n, &err), 0);
	ck_assert_int_eq(n, -99);
}
END_TEST

START_TEST(a_list_encodes_to_its_bytes)
{
	uint8_t wire[64];
	size_t len = wire_from_hex("21000000020000000a"
				   "613d3100625f323d7800"
				   "0000000000000004",
	    wire, sizeof(wire));
	struct pairs p = {0};
	struct buf b = {0};

	pairs_add(&p, "a", "%d", 1);
	pairs_add(&p, "b_2", "%s", "x");
	pairs_put(&b, &p);
	ck_assert(!b.failed);
	ck_assert_uint_eq(b.len, len);
	ck_assert_mem_eq(b.data, wire, len);
	ck_assert_int_eq(p.number, 0);
	ck_assert_ptr_null(p.text.data);
	buf_free(&b);

	pairs_put(&b, &p);
	ck_assert_uint_eq(b.len, wire_from_hex("210000000000000000", wire, sizeof(wire)));
	ck_assert_mem_eq(b.data, wire, b.len);
	buf_free(&b);
}
END_TEST

START_TEST(more_pairs_than_a_list_has_are_not_encoded)
{
	struct pairs p = {0};
	struct buf b = {0};
	char name[16];
	int i;

	for (i = 0; i <= PAIRS_MAX; i++) {
		snprintf(name, sizeof(name), "n%d", i);
		pairs_add(&p, name, "%d", i);
	}
	pairs_put(&b, &p);
	ck_assert(b.failed);
	ck_assert_ptr_null(p.text.data);
	buf_free(&b);
}
END_TEST

/* ---- structs ------------------------------------------------------------------------------ */

enum { SMALL_MIN = -5, SMALL_MAX = 10 };

struct sample {
	char *text, *name;
	int32_t number;
	uint32_t large;
	int64_t huge;
	float load;
	int choice;
	uint8_t id[FIELDS_ID_SIZE];
};

static const char *const colours[] = {"red", "green", "blue", NULL};

#define AT(member) offsetof(struct sample, member)
static const struct field fields[] = {
    {"text", FIELD_TEXT, AT(text), 0, 8, NULL},
    {"name", FIELD_TEXT, AT(name), 2, 4, NULL},
    {"number", FIELD_INT, AT(number), SMALL_MIN, SMALL_MAX, NULL},
    {"large", FIELD_UINT, AT(large), 1, UINT32_MAX, NULL},
    {"huge", FIELD_LONG, AT(huge), 0, INT64_MAX, NULL},
    {"load", FIELD_PERCENT, AT(load), 0, INT32_MAX, NULL},
    {"choice", FIELD_CHOICE, AT(choice), 0, 0, colours},
    {"id", FIELD_ID, AT(id), 0, 0, NULL},
};

static const char *const full[] = {"text=", "name=abcd", "number=10", "large=4294967295",
    "huge=9223372036854775807", "load=242", "choice=blue", "id=00112233445566778899aabbccddeeff",
    NULL};

static struct sample
sample_of(const struct srpc_item *list)
{
	struct sample s = {0};

	ck_assert_int_eq(pairs_check(list, &err), 0);
	ck_assert_int_eq(fields_get(list, fields, LENGTH(fields), &s, &err), 0);
	return (s);
}

static void
check_strings(const struct srpc_item *list, const char *const *expected)
{
	int32_t i;

	for (i = 0; i < list->number; i++) {
		ck_assert_ptr_nonnull(expected[i]);
		ck_assert_str_eq(srpc_string(list, i), expected[i]);
	}
	ck_assert_ptr_null(expected[i]);
}

static void
check_encoded(const struct sample *s, const char *const *expected)
{
	struct srpc_item list;
	struct pairs p = {0};
	struct buf b = {0};

	fields_put(&p, fields, LENGTH(fields), s);
	pairs_put(&b, &p);
	list = received(&b);
	check_strings(&list, expected);
	buf_free(&b);
}

START_TEST(a_struct_goes_round)
{
	struct srpc_item list = list_of(full);
	struct sample s = sample_of(&list);

	ck_assert_str_eq(s.text, "");
	ck_assert_str_eq(s.name, "abcd");
	ck_assert_int_eq(s.number, 10);
	ck_assert_uint_eq(s.large, UINT32_MAX);
	ck_assert_int_eq(s.huge, INT64_MAX);
	ck_assert_float_eq_tol(s.load, 2.42F, 1e-6F);
	ck_assert_int_eq(s.choice, 2);
	ck_assert_mem_eq(s.id, "\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff",
	    FIELDS_ID_SIZE);
	check_encoded(&s, full);
	fields_free(fields, LENGTH(fields), &s);
	ck_assert_ptr_null(s.text);
	ck_assert_ptr_null(s.name);
	ck_assert_int_eq(s.number, 10);
}
END_TEST

START_TEST(what_is_below_its_bound_is_not_sent)
{
	static const char *const least[] = {
	    "choice=red", "id=00000000000000000000000000000000", NULL};
	char x[] = "x";
	struct sample s = {
	    .name = x, .number = SMALL_MIN - 1, .large = 0, .huge = -1, .load = -1, .choice = 0};

	check_encoded(&s, least);
}
END_TEST

START_TEST(a_load_is_rounded_to_hundredths)
{
	static const struct {
		float load;
		const char *text;
	} loads[] = {{0, "0"}, {0.75F, "75"}, {1, "100"}, {2.424F, "242"}, {2.426F, "243"},
	    {0.004F, "0"}, {12345.67F, "1234567"}};
	struct srpc_item list;
	struct pairs p = {0};
	struct buf b = {0};
	struct sample s = {.load = loads[_i].load};

	fields_put(&p, fields, LENGTH(fields), &s);
	pairs_put(&b, &p);
	list = received(&b);
	ck_assert_str_eq(pairs_get(&list, "load"), loads[_i].text);
	buf_free(&b);
}
END_TEST

START_TEST(what_the_list_does_not_name_stays)
{
	struct srpc_item list = list_of_one("other=1");
	char text[] = "old", name[] = "older";
	struct sample s = {.text = text,
	    .name = name,
	    .number = -99,
	    .large = 99,
	    .huge = -99,
	    .load = 9,
	    .choice = 99,
	    .id = {9}};
	const struct sample before = s;

	ck_assert_int_eq(fields_get(&list, fields, LENGTH(fields), &s, &err), 0);
	ck_assert_mem_eq(&s, &before, sizeof(s));
}
END_TEST

START_TEST(a_text_that_is_given_again_takes_the_place_of_the_first)
{
	struct srpc_item list = list_of_one("name=abc");
	struct sample s = sample_of(&list);

	list = list_of_one("name=xyz");
	ck_assert_int_eq(fields_get(&list, fields, LENGTH(fields), &s, &err), 0);
	ck_assert_str_eq(s.name, "xyz");
	fields_free(fields, LENGTH(fields), &s);
}
END_TEST

static const struct {
	const char *pair, *words;
} wrong[] = {
    {"text=123456789", "text: must have 0 to 8 bytes"},
    {"name=", "name: must have 2 to 4 bytes"},
    {"name=a", "name: must have 2 to 4 bytes"},
    {"name=abcde", "name: must have 2 to 4 bytes"},
    {"number=-6", "number=-6: must be a number from -5 to 10"},
    {"number=11", "number=11: must be a number from -5 to 10"},
    {"number=4294967296", "number=4294967296: must be a number from -5 to 10"},
    {"large=0", "large=0: must be a number from 1 to 4294967295"},
    {"large=4294967296", "large=4294967296: must be a number from 1 to 4294967295"},
    {"large=-1", "large=-1: must be a number from 1 to 4294967295"},
    {"huge=9223372036854775808",
	"huge=9223372036854775808: must be a number from 0 to 9223372036854775807"},
    {"load=2.42", "load=2.42: must be a number from 0 to 2147483647"},
    {"load=-1", "load=-1: must be a number from 0 to 2147483647"},
    {"choice=", "choice=: must be red or green or blue"},
    {"choice=Red", "choice=Red: must be red or green or blue"},
    {"choice=re", "choice=re: must be red or green or blue"},
    {"choice=redd", "choice=redd: must be red or green or blue"},
    {"id=", "id=: must be 32 hexadecimal digits"},
    {"id=00112233445566778899aabbccddeef",
	"id=00112233445566778899aabbccddeef: must be 32 hexadecimal digits"},
    {"id=00112233445566778899aabbccddeeff0",
	"id=00112233445566778899aabbccddeeff0: must be 32 hexadecimal digits"},
    {"id=00112233445566778899AABBCCDDEEFF",
	"id=00112233445566778899AABBCCDDEEFF: must be 32 hexadecimal digits"},
    {"id=g0112233445566778899aabbccddeeff",
	"id=g0112233445566778899aabbccddeeff: must be 32 hexadecimal digits"},
};

/* Alone, and behind what was good; texts that were taken before are freed all the same. */
START_TEST(a_wrong_value_is_refused_by_its_name)
{
	const char *both[] = {"text=good", wrong[_i].pair, NULL};
	bool is_text = strncmp(wrong[_i].pair, "text", 4) == 0;
	struct srpc_item list = list_of(&both[is_text ? 1 : 0]);
	struct sample s = {0};

	refused(fields_get(&list, fields, LENGTH(fields), &s, &err), wrong[_i].words);
	if (!is_text)
		ck_assert_str_eq(s.text, "good");
	fields_free(fields, LENGTH(fields), &s);
	ck_assert_ptr_null(s.text);
}
END_TEST

START_TEST(a_long_value_is_told_in_part)
{
	static char pair[5000] = "choice=";
	struct srpc_item list;
	struct sample s = {0};

	memset(pair + strlen("choice="), 'x', sizeof(pair) - strlen("choice=") - 1);
	list = list_of_one(pair);
	refused(fields_get(&list, fields, LENGTH(fields), &s, &err),
	    "choice=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx: "
	    "must be red or green or blue");
}
END_TEST

START_TEST(unknown_and_missing_names_are_found)
{
	static const char *const some[] = {"name=ab", "names=1", "nam=1", NULL};
	struct srpc_item list = list_of(full);

	ck_assert_ptr_null(fields_unknown(&list, fields, LENGTH(fields)));
	ck_assert_ptr_null(fields_missing(&list, fields, LENGTH(fields)));
	ck_assert_str_eq(fields_unknown(&list, fields, LENGTH(fields) - 1),
	    "id=00112233445566778899aabbccddeeff");
	ck_assert_str_eq(fields_unknown(&list, NULL, 0), "text=");

	list = list_of(some);
	ck_assert_str_eq(fields_unknown(&list, fields, LENGTH(fields)), "names=1");
	ck_assert_str_eq(fields_missing(&list, fields, LENGTH(fields)), "text");
	ck_assert_str_eq(fields_missing(&list, fields + 1, LENGTH(fields) - 1), "number");
	ck_assert_ptr_null(fields_missing(&list, fields, 0));
}
END_TEST

Suite *
pairs_suite(void)
{
	Suite *suite = suite_create("pairs");
	TCase *tc = tcase_create("lists");

	tcase_add_test(tc, a_pair_is_split_at_its_first_equals_sign);
	tcase_add_test(tc, an_empty_list_has_nothing_and_is_good);
	tcase_add_loop_test(
	    tc, a_name_has_lower_case_letters_digits_and_underscores, 0, LENGTH(good_names));
	tcase_add_loop_test(tc, another_name_is_refused, 0, LENGTH(bad_names));
	tcase_add_test(tc, a_name_may_be_given_once);
	tcase_add_test(tc, a_list_has_64_pairs_at_most);
	tcase_add_test(tc, a_value_ends_at_its_nul);
	tcase_add_test(tc, names_of_megabytes_cost_no_time);
	tcase_add_loop_test(tc, a_number_is_decimal, 0, LENGTH(good_numbers));
	tcase_add_loop_test(tc, another_number_is_refused, 0, LENGTH(bad_numbers));
	tcase_add_test(tc, a_number_that_is_not_given_stays);
	tcase_add_test(tc, a_list_encodes_to_its_bytes);
	tcase_add_test(tc, more_pairs_than_a_list_has_are_not_encoded);
	suite_add_tcase(suite, tc);

	tc = tcase_create("structs");
	tcase_add_test(tc, a_struct_goes_round);
	tcase_add_test(tc, what_is_below_its_bound_is_not_sent);
	tcase_add_loop_test(tc, a_load_is_rounded_to_hundredths, 0, 7);
	tcase_add_test(tc, what_the_list_does_not_name_stays);
	tcase_add_test(tc, a_text_that_is_given_again_takes_the_place_of_the_first);
	tcase_add_loop_test(tc, a_wrong_value_is_refused_by_its_name, 0, LENGTH(wrong));
	tcase_add_test(tc, a_long_value_is_told_in_part);
	tcase_add_test(tc, unknown_and_missing_names_are_found);
	suite_add_tcase(suite, tc);
	return (suite);
}
