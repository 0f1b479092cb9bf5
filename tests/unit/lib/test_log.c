/*
 * log_quote(): what a client sent becomes one harmless word of a line, of a length that is known.
 */
#include <stdio.h>
#include <string.h>
#include <bsd/string.h>

#include "lib/log.h"
#include "unit/suites.h"

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))
#define LEAST	  16 /* bytes that log_quote() wants */
#define MOST	  300
#define CANARY	  0x5a

static const struct {
	const char *src, *quoted;
} plain[] = {
    {"/usr/bin/cc", "/usr/bin/cc"},
    {"a=b;c#d'e", "a=b;c#d'e"},
    {"", "\"\""},
    {" ", "\" \""},
    {"two words", "\"two words\""},
    {"\"", "\"\\\"\""},
    {"say \"hi\"", "\"say \\\"hi\\\"\""},
    {"back\\slash", "back\\\\slash"},
    {"a\nid=17 client=x", "\"a\\nid=17 client=x\""},
    {"tab\there", "tab\\there"},
    {"\r\b\a\v\f", "\\r\\b\\a\\v\\f"},
    {"\x1b[31m", "\\^[[31m"},
    {"\x7f", "\\^?"},
};

START_TEST(a_value_is_quoted_where_it_has_to_be_and_control_characters_always)
{
	char text[MOST];

	ck_assert_ptr_eq(log_quote(text, sizeof(text), plain[_i].src), text);
	ck_assert_str_eq(text, plain[_i].quoted);
}
END_TEST

START_TEST(every_byte_becomes_printable_ascii)
{
	char text[MOST], src[2] = "";
	const char *p;
	int byte;

	for (byte = 1; byte <= 0xff; byte++) {
		src[0] = (char)byte;
		log_quote(text, sizeof(text), src);
		ck_assert_uint_gt(strlen(text), 0);
		for (p = text; *p != '\0'; p++)
			ck_assert_msg(*p >= ' ' && *p <= '~', "byte %d: %s", byte, text);
	}
}
END_TEST

/* Repeated to be longer than any room there is; each grows in another way. */
static const char *const units[] = {"x", "\n", "\x01", "\xff", "\\", "\"", "x ", "ab\x80"};

static bool
ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), at = strlen(end);

	return (len >= at && strcmp(text + len - at, end) == 0);
}

START_TEST(what_does_not_fit_is_cut_and_says_so_and_no_size_overflows)
{
	const char *unit = units[_i], *end = strpbrk(unit, " \"") != NULL ? "...\"" : "...";
	char src[MOST + 8] = "", text[MOST + 1];
	size_t size;

	while (strlen(src) < MOST)
		strlcat(src, unit, sizeof(src));
	for (size = LEAST; size <= MOST; size++) {
		memset(text, CANARY, sizeof(text));
		log_quote(text, size, src);
		ck_assert_ptr_nonnull(memchr(text, '\0', size));
		ck_assert_int_eq(text[size], CANARY);
		ck_assert_msg(ends_with(text, end), "%zu: %s", size, text);
		/* Little is given away: less than an escaped byte and the marks of the cut. */
		ck_assert_uint_ge(strlen(text), size - LEAST / 2);
	}
}
END_TEST

START_TEST(a_text_of_any_length_fits_any_size)
{
	char src[MOST + 1] = "", text[MOST + 1];
	size_t len, size;

	for (len = 0; len < MOST; len++) {
		for (size = LEAST; size <= MOST; size += 7) {
			memset(text, CANARY, sizeof(text));
			log_quote(text, size, src);
			ck_assert_uint_lt(strnlen(text, size), size);
			ck_assert_int_eq(text[size], CANARY);
			if (strstr(text, "...") == NULL)
				ck_assert_str_eq(text, len == 0 ? "\"\"" : src);
			else
				ck_assert_uint_gt(len + LEAST / 2, size);
		}
		src[len] = 'x';
	}
}
END_TEST

Suite *
log_suite(void)
{
	Suite *suite = suite_create("log");
	TCase *tc = tcase_create("quote");

	tcase_add_loop_test(tc, a_value_is_quoted_where_it_has_to_be_and_control_characters_always,
	    0, (int)LENGTH(plain));
	tcase_add_test(tc, every_byte_becomes_printable_ascii);
	tcase_add_loop_test(
	    tc, what_does_not_fit_is_cut_and_says_so_and_no_size_overflows, 0, (int)LENGTH(units));
	tcase_add_test(tc, a_text_of_any_length_fits_any_size);
	suite_add_tcase(suite, tc);
	return (suite);
}
