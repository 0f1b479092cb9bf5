/* record: a file's name and its line, which others may have written. */
#include <stdio.h>
#include <string.h>

#include "lib/record.h"
#include "unit/suites.h"

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

#define ID_TEXT "000102030405060708090a0b0c0d0eff"
static const uint8_t id[RECORD_ID_SIZE] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0xff};

#define NAME "build-7.example.org:21776-4711:chip_A"
#define LINE(seconds)                                                                  \
	"SERVER STARTED: build-7.example.org:21776 AT " seconds " server-id: " ID_TEXT \
	" pid: 4711 dbfname: chip_A\n"
#define GOOD LINE("1700000000")

static int
parse(struct record *r, const char *name, const char *line)
{
	const char *why = NULL;
	int rc = record_parse(r, name, line, strlen(line), &why);

	ck_assert(rc == 0 || (why != NULL && *why != '\0'));
	return (rc);
}

START_TEST(a_record_reads_as_the_table_says)
{
	struct record r;

	ck_assert_int_eq(parse(&r, NAME, GOOD), 0);
	ck_assert_str_eq(r.name, NAME);
	ck_assert_str_eq(r.host, "build-7.example.org");
	ck_assert_str_eq(r.port, "21776");
	ck_assert_str_eq(r.area, "chip_A");
	ck_assert_int_eq(r.pid, 4711);
	ck_assert_int_eq(r.started, 1700000000);
	ck_assert_mem_eq(r.id, id, sizeof(id));
}
END_TEST

static const struct {
	const char *host, *name, *address;
} hosts[] = {
    {"a", "a:80-1:x", "a:80"},
    {"192.0.2.7", "192.0.2.7:80-1:x", "192.0.2.7:80"},
    {"2001:db8::7", "[2001:db8::7]:80-1:x", "[2001:db8::7]:80"},
    {"::1", "[::1]:80-1:x", "[::1]:80"},
    {"a-1.b_2-3", "a-1.b_2-3:80-1:x", "a-1.b_2-3:80"},
};

START_TEST(what_is_written_is_read_again)
{
	char err[256], line[RECORD_LINE_MAX], begin[64];
	struct record r, again;

	ck_assert_int_eq(record_make(&r, hosts[_i].host, 80, 1, "x", id, err, sizeof(err)), 0);
	ck_assert_str_eq(r.name, hosts[_i].name);
	r.started = 12;
	ck_assert_uint_eq(record_format(&r, line), strlen(line));
	snprintf(begin, sizeof(begin), "SERVER STARTED: %s AT 12 ", hosts[_i].address);
	ck_assert_mem_eq(line, begin, strlen(begin));
	ck_assert_int_eq(parse(&again, r.name, line), 0);
	ck_assert_mem_eq(&again, &r, sizeof(r));
}
END_TEST

static const char *const bad_names[] = {
    "",
    "x",
    ":",
    ":-:",
    "host:80-1:",
    "host:80-1",
    "host:80:x",
    "host-1:x",
    ":80-1:x",
    "host:0-1:x",
    "host:65536-1:x",
    "host:080-1:x",
    "host:+80-1:x",
    "host: 80-1:x",
    "host:80-0:x",
    "host:80--1:x",
    "host:80-01:x",
    "host:80-2147483648:x",
    "host:80-99999999999999999999:x",
    "host:80-1:a b",
    "host:80-1:a\n",
    "host:80-1:\xc3\xa4",
    "host:80-1:a/b",
    "ho st:80-1:x",
    "ho\tst:80-1:x",
    "-host:80-1:x",
    ".host:80-1:x",
    "[host]:80-1:x",
    "[192.0.2.7]:80-1:x",
    "2001:db8::7:80-1:x",
    "[2001:db8::7:80-1:x",
    "2001:db8::7]:80-1:x",
    "[[2001:db8::7]]:80-1:x",
    "[2001:db8::7]]:80-1:x",
    "[]:80-1:x",
    "[fe80::1%eth0]:80-1:x",
};

START_TEST(what_is_no_records_name_is_refused)
{
	const char *why = NULL;
	struct record r;

	ck_assert_int_eq(record_parse_name(&r, bad_names[_i], &why), -1);
	ck_assert_ptr_nonnull(why);
}
END_TEST

static const char *const bad_lines[] = {
    "",
    "\n",
    "SERVER STARTED: ",
    LINE(""),
    LINE("-1"),
    LINE("+1"),
    LINE("01"),
    LINE(" 1"),
    LINE("1.0"),
    LINE("9999999999999999999"),
    LINE("99999999999999999999999999"),
    GOOD "\n",
    GOOD GOOD,
    " " GOOD,
    /* another host, port, pid, area than the name's */
    "SERVER STARTED: build-8.example.org:21776 AT 1 server-id: " ID_TEXT
    " pid: 4711 dbfname: chip_A\n",
    "SERVER STARTED: build-7.example.org:21777 AT 1 server-id: " ID_TEXT
    " pid: 4711 dbfname: chip_A\n",
    "SERVER STARTED: build-7.example.org:21776 AT 1 server-id: " ID_TEXT
    " pid: 4712 dbfname: chip_A\n",
    "SERVER STARTED: build-7.example.org:21776 AT 1 server-id: " ID_TEXT
    " pid: 4711 dbfname: chip_B\n",
    /* an id too short, too long, in capitals, with something else in it; no end */
    "SERVER STARTED: build-7.example.org:21776 AT 1 server-id: 00 pid: 4711 dbfname: chip_A\n",
    "SERVER STARTED: build-7.example.org:21776 AT 1 server-id: " ID_TEXT
    "0 pid: 4711 dbfname: chip_A\n",
    "SERVER STARTED: build-7.example.org:21776 AT 1 server-id: 000102030405060708090A0B0C0D0EFF"
    " pid: 4711 dbfname: chip_A\n",
    "SERVER STARTED: build-7.example.org:21776 AT 1 server-id: 00010203040506070809 a0b0c0d0e0f"
    " pid: 4711 dbfname: chip_A\n",
    "SERVER STARTED: build-7.example.org:21776 AT 1 server-id: " ID_TEXT
    " pid: 4711 dbfname: chip_A",
    "SERVER STARTED: build-7.example.org:21776 AT 1 server-id: " ID_TEXT
    " pid: 4711 dbfname: chip_A \n",
};

START_TEST(a_line_that_is_not_exactly_the_names_is_refused)
{
	struct record r;

	ck_assert_int_eq(parse(&r, NAME, bad_lines[_i]), -1);
}
END_TEST

START_TEST(a_nul_byte_or_a_megabyte_is_no_record)
{
	static char big[1 << 20];
	char line[] = GOOD;
	const char *why;
	struct record r;
	size_t i;

	for (i = 0; i < sizeof(line) - 1; i++) {
		line[i] = '\0';
		ck_assert_int_eq(record_parse(&r, NAME, line, sizeof(line) - 1, &why), -1);
		line[i] = GOOD[i];
	}
	/* The end of the string is not the end of the line. */
	ck_assert_int_eq(record_parse(&r, NAME, line, sizeof(line), &why), -1);
	memset(big, ' ', sizeof(big));
	memcpy(big, GOOD, sizeof(GOOD) - 1);
	ck_assert_int_eq(record_parse(&r, NAME, big, sizeof(big), &why), -1);
}
END_TEST

START_TEST(every_name_that_fits_has_a_line_that_fits)
{
	char host[NAME_MAX + 1] = "", err[512] = "", line[RECORD_LINE_MAX];
	struct record r, again;
	size_t len = RECORD_NAME_MAX - strlen(":65535-2147483647:x");

	memset(host, 'h', len);
	ck_assert_int_eq(record_make(&r, host, 65535, INT_MAX, "x", id, err, sizeof(err)), 0);
	ck_assert_uint_eq(strlen(r.name), RECORD_NAME_MAX);
	r.started = INT64_MAX;
	ck_assert_uint_lt(record_format(&r, line), sizeof(line));
	ck_assert_int_eq(parse(&again, r.name, line), 0);
	ck_assert_mem_eq(&again, &r, sizeof(r));

	host[len] = 'h';
	ck_assert_int_eq(record_make(&r, host, 65535, INT_MAX, "x", id, err, sizeof(err)), -1);
	ck_assert_ptr_nonnull(strstr(err, "too long"));
	ck_assert_ptr_nonnull(strstr(err, "advertise"));
}
END_TEST

static const char *const bad_hosts[] = {"", " ", "a b", "-a", ".a", "a/b", "1:2", "[::1]", "a\n"};

START_TEST(a_host_that_could_not_be_read_again_is_refused_with_the_remedy)
{
	char err[256] = "";
	struct record r;

	ck_assert(!record_host_ok(bad_hosts[_i]));
	ck_assert_int_eq(record_make(&r, bad_hosts[_i], 80, 1, "x", id, err, sizeof(err)), -1);
	ck_assert_ptr_nonnull(strstr(err, "advertise"));
}
END_TEST

START_TEST(the_one_that_started_earlier_is_ahead_and_ties_go_by_id)
{
	struct record a = {.started = 5, .id = {9}}, b = {.started = 6, .id = {1}};

	ck_assert(record_is_ahead(&a, &b));
	ck_assert(!record_is_ahead(&b, &a));
	b.started = 5;
	ck_assert(record_is_ahead(&b, &a));
	ck_assert(!record_is_ahead(&a, &b));
	ck_assert(!record_is_ahead(&a, &a));
	ck_assert(!record_same_id(&a, &b));
	ck_assert(record_same_id(&a, &a));
}
END_TEST

Suite *
record_suite(void)
{
	Suite *suite = suite_create("record");
	TCase *tc = tcase_create("record");

	tcase_add_test(tc, a_record_reads_as_the_table_says);
	tcase_add_loop_test(tc, what_is_written_is_read_again, 0, LENGTH(hosts));
	tcase_add_loop_test(tc, what_is_no_records_name_is_refused, 0, LENGTH(bad_names));
	tcase_add_loop_test(
	    tc, a_line_that_is_not_exactly_the_names_is_refused, 0, LENGTH(bad_lines));
	tcase_add_test(tc, a_nul_byte_or_a_megabyte_is_no_record);
	tcase_add_test(tc, every_name_that_fits_has_a_line_that_fits);
	tcase_add_loop_test(tc, a_host_that_could_not_be_read_again_is_refused_with_the_remedy, 0,
	    LENGTH(bad_hosts));
	tcase_add_test(tc, the_one_that_started_earlier_is_ahead_and_ties_go_by_id);
	suite_add_tcase(suite, tc);
	return (suite);
}
