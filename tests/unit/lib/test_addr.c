/*
 * Addresses and blocks of them: what is taken for one, how it is written, and what a block holds.
 */
#include <netinet/in.h>
#include <string.h>

#include "lib/addr.h"
#include "unit/suites.h"

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

static struct sockaddr_storage
address(const char *text)
{
	struct sockaddr_storage ss;

	ck_assert_msg(addr_parse(text, &ss) == 0, "%s", text);
	return (ss);
}

static const struct {
	const char *text, *host, *with_port;
} addresses[] = {
    {"192.0.2.7", "192.0.2.7", "192.0.2.7:4711"},
    {"0.0.0.0", "0.0.0.0", "0.0.0.0:4711"},
    {"255.255.255.255", "255.255.255.255", "255.255.255.255:4711"},
    {"::1", "::1", "[::1]:4711"},
    {"::", "::", "[::]:4711"},
    {"2001:DB8:0::07", "2001:db8::7", "[2001:db8::7]:4711"},
    {"::ffff:192.0.2.7", "::ffff:192.0.2.7", "[::ffff:192.0.2.7]:4711"},
    {"fe80::1%lo", "fe80::1%lo", "[fe80::1%lo]:4711"},
};

START_TEST(an_address_is_written_as_people_do)
{
	struct sockaddr_storage ss = address(addresses[_i].text);
	char text[ADDR_TEXT_SIZE];

	ck_assert_uint_eq(addr_port(&ss), 0);
	addr_set_port(&ss, 4711);
	ck_assert_uint_eq(addr_port(&ss), 4711);
	ck_assert_str_eq(addr_format_host(&ss, text, sizeof(text)), addresses[_i].host);
	ck_assert_str_eq(addr_format(&ss, text, sizeof(text)), addresses[_i].with_port);
}
END_TEST

static const char *const no_addresses[] = {"", " ", "localhost", "192.0.2", "10", "0x7f.1",
    "192.0.2.256", "192.0.2.7.", "192.0.2.7:80", "[::1]", ":::1", "2001:db8::7::1",
    "2001:db8:::", "12345::", "::1/128", "-1", "any", "fe80::1%no-such-link"};

START_TEST(what_is_no_numeric_address_is_refused)
{
	struct sockaddr_storage ss;

	ck_assert_int_eq(addr_parse(no_addresses[_i], &ss), -1);
}
END_TEST

static const struct {
	const char *from, *to;
} unmapped[] = {
    {"::ffff:192.0.2.7", "192.0.2.7"},
    {"::ffff:c000:207", "192.0.2.7"},
    {"192.0.2.7", "192.0.2.7"},
    {"::192.0.2.7", "::192.0.2.7"},
    {"2001:db8::7", "2001:db8::7"},
    {"::1", "::1"},
};

START_TEST(a_v4_address_in_v6_clothes_becomes_itself_and_keeps_its_port)
{
	struct sockaddr_storage ss = address(unmapped[_i].from);
	char text[ADDR_TEXT_SIZE];

	addr_set_port(&ss, 4711);
	addr_unmap(&ss);
	ck_assert_str_eq(addr_format_host(&ss, text, sizeof(text)), unmapped[_i].to);
	ck_assert_uint_eq(addr_port(&ss), 4711);
	ck_assert_uint_eq(addr_len(&ss),
	    ss.ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6));
}
END_TEST

START_TEST(the_same_host_may_have_any_port_but_no_other_address)
{
	static const char *const texts[] = {
	    "192.0.2.7", "192.0.2.8", "0.0.0.0", "::", "2001:db8::7", "2001:db8:0:1::7"};
	struct sockaddr_storage a, b;
	size_t i, k;

	for (i = 0; i < LENGTH(texts); i++) {
		for (k = 0; k < LENGTH(texts); k++) {
			a = address(texts[i]);
			b = address(texts[k]);
			addr_set_port(&b, 4711);
			ck_assert(addr_same_host(&a, &b) == (i == k));
		}
	}
}
END_TEST

static const struct {
	const char *text;
	bool is;
} loopbacks[] = {
    {"127.0.0.1", true},
    {"127.0.1.1", true},
    {"127.255.255.255", true},
    {"::1", true},
    {"128.0.0.1", false},
    {"126.255.255.255", false},
    {"192.0.2.7", false},
    {"::", false},
    {"::2", false},
    {"1.0.0.127", false},
};

START_TEST(all_of_127_and_one_of_v6_are_this_host)
{
	struct sockaddr_storage ss = address(loopbacks[_i].text);

	ck_assert(addr_is_loopback(&ss) == loopbacks[_i].is);
}
END_TEST

/* ---- blocks ---- */

static const struct {
	const char *text;
	unsigned int bits;
	const char *within[3], *outside[3];
} blocks[] = {
    {"192.0.2.7", 32, {"192.0.2.7"}, {"192.0.2.6", "192.0.2.8", "::"}},
    {"192.0.2.0/24", 24, {"192.0.2.0", "192.0.2.255"}, {"192.0.1.255", "192.0.3.0", "2001:db8::"}},
    {"192.0.2.128/25", 25, {"192.0.2.128", "192.0.2.255"}, {"192.0.2.127", "192.0.3.0"}},
    {"172.16.0.0/12", 12, {"172.16.0.0", "172.31.255.255"}, {"172.15.255.255", "172.32.0.0"}},
    {"0.0.0.0/0", 0, {"0.0.0.0", "255.255.255.255"}, {"::", "2001:db8::7"}},
    {"128.0.0.0/1", 1, {"128.0.0.0", "255.255.255.255"}, {"127.255.255.255"}},
    {"192.0.2.6/31", 31, {"192.0.2.6", "192.0.2.7"}, {"192.0.2.5", "192.0.2.8"}},
    {"2001:db8::7", 128, {"2001:db8::7"}, {"2001:db8::6", "2001:db8::8", "192.0.2.7"}},
    {"2001:db8::/32", 32, {"2001:db8::", "2001:db8:ffff::"}, {"2001:db7:ffff::", "2001:db9::"}},
    {"2001:db8:0:8000::/49", 49, {"2001:db8:0:8000::", "2001:db8:0:ffff::1"},
	{"2001:db8:0:7fff::"}},
    {"::/0", 0, {"::", "2001:db8::7"}, {"192.0.2.7"}},
    {"::ffff:192.0.2.7", 32, {"192.0.2.7"}, {"192.0.2.8"}},
    {"::ffff:192.0.2.7/128", 32, {"192.0.2.7"}, {"192.0.2.8"}},
    {"::ffff:192.0.2.0/120", 24, {"192.0.2.0", "192.0.2.255"}, {"192.0.3.0"}},
    {"::ffff:0.0.0.0/96", 0, {"0.0.0.0", "255.255.255.255"}, {"2001:db8::7"}},
};

START_TEST(a_block_has_the_addresses_of_its_prefix_and_no_others)
{
	struct addr_block block;
	struct sockaddr_storage ss;
	const char *why;
	size_t i;

	ck_assert_int_eq(addr_block_parse(blocks[_i].text, &block, &why), 0);
	ck_assert_uint_eq(block.bits, blocks[_i].bits);
	for (i = 0; i < 3 && blocks[_i].within[i] != NULL; i++) {
		ss = address(blocks[_i].within[i]);
		ck_assert_msg(addr_block_has(&block, &ss), "%s", blocks[_i].within[i]);
	}
	for (i = 0; i < 3 && blocks[_i].outside[i] != NULL; i++) {
		ss = address(blocks[_i].outside[i]);
		ck_assert_msg(!addr_block_has(&block, &ss), "%s", blocks[_i].outside[i]);
	}
}
END_TEST

#define NO_BLOCK "must be an address or ADDRESS/BITS"
#define BEHIND	 "has bits set behind its prefix"

static const struct {
	const char *text, *why;
} no_blocks[] = {
    {"", NO_BLOCK},
    {"/", NO_BLOCK},
    {"/24", NO_BLOCK},
    {"192.0.2.0/", NO_BLOCK},
    {"192.0.2.0/33", NO_BLOCK},
    {"192.0.2.0/-1", NO_BLOCK},
    {"192.0.2.0/24/24", NO_BLOCK},
    {"192.0.2.0/24x", NO_BLOCK},
    {"192.0.2.0/255.255.255.0", NO_BLOCK},
    {"2001:db8::/129", NO_BLOCK},
    {"localhost", NO_BLOCK},
    {"localhost/8", NO_BLOCK},
    {"192.0.2.1/24", BEHIND},
    {"192.0.2.0/22", BEHIND},
    {"0.0.0.1/0", BEHIND},
    {"192.0.2.7/31", BEHIND},
    {"2001:db8::1/64", BEHIND},
    {"2001:db8::/28", BEHIND},
    {"::1/127", BEHIND},
    {"::ffff:192.0.2.1/120", BEHIND},
    {"::ffff:0.0.0.0/95", BEHIND},
};

START_TEST(what_is_no_block_is_refused_in_words)
{
	struct addr_block block;
	const char *why = NULL;

	ck_assert_int_eq(addr_block_parse(no_blocks[_i].text, &block, &why), -1);
	ck_assert_str_eq(why, no_blocks[_i].why);
}
END_TEST

Suite *
addr_suite(void)
{
	Suite *suite = suite_create("addr");
	TCase *tc = tcase_create("addr");

	tcase_add_loop_test(tc, an_address_is_written_as_people_do, 0, (int)LENGTH(addresses));
	tcase_add_loop_test(
	    tc, what_is_no_numeric_address_is_refused, 0, (int)LENGTH(no_addresses));
	tcase_add_loop_test(tc, a_v4_address_in_v6_clothes_becomes_itself_and_keeps_its_port, 0,
	    (int)LENGTH(unmapped));
	tcase_add_test(tc, the_same_host_may_have_any_port_but_no_other_address);
	tcase_add_loop_test(tc, all_of_127_and_one_of_v6_are_this_host, 0, (int)LENGTH(loopbacks));
	tcase_add_loop_test(
	    tc, a_block_has_the_addresses_of_its_prefix_and_no_others, 0, (int)LENGTH(blocks));
	tcase_add_loop_test(tc, what_is_no_block_is_refused_in_words, 0, (int)LENGTH(no_blocks));
	suite_add_tcase(suite, tc);
	return (suite);
}
