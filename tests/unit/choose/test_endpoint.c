/* endpoint: where a server listens, read and written; and a port that vesta.cfg fills in. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/choose/defaults.h"
#include "lib/endpoint.h"
#include "lib/config.h"
#include "unit/scratch.h"
#include "unit/suites.h"

static const struct {
	const char *text, *host, *port, *name; /* no host: it is none */
} places[] = {
    {"a", "a", "", "a:"},
    {"a:17", "a", "17", "a:17"},
    {"a:65535", "a", "65535", "a:65535"},
    {"192.0.2.1:017", "192.0.2.1", "17", "192.0.2.1:17"},
    {"::1", "::1", "", "[::1]:"},
    {"[::1]", "::1", "", "[::1]:"},
    {"[::1]:17", "::1", "17", "[::1]:17"},
    {"[a]:17", "a", "17", "a:17"},
    {"", NULL, NULL, NULL},
    {":17", NULL, NULL, NULL},
    {"[]", NULL, NULL, NULL},
    {"[::1", NULL, NULL, NULL},
    {"[::1]17", NULL, NULL, NULL},
    {"a:", NULL, NULL, NULL},
    {"a:0", NULL, NULL, NULL},
    {"a:65536", NULL, NULL, NULL},
    {"a:b", NULL, NULL, NULL},
    {"a:-1", NULL, NULL, NULL},
};

START_TEST(a_place_is_read_and_written)
{
	char name[ENDPOINT_NAME_SIZE];
	struct endpoint e;

	ck_assert_int_eq(endpoint_parse(&e, places[_i].text), places[_i].host == NULL ? -1 : 0);
	if (places[_i].host == NULL)
		return;
	ck_assert_str_eq(e.host, places[_i].host);
	ck_assert_str_eq(e.port, places[_i].port);
	ck_assert_str_eq(endpoint_name(&e, name), places[_i].name);
}
END_TEST

START_TEST(a_name_that_is_too_long_is_none)
{
	char text[NI_MAXHOST + 1];
	struct endpoint e;

	memset(text, 'a', NI_MAXHOST);
	text[NI_MAXHOST] = '\0';
	ck_assert_int_eq(endpoint_parse(&e, text), -1);
	text[NI_MAXHOST - 1] = '\0';
	ck_assert_int_eq(endpoint_parse(&e, text), 0);
}
END_TEST

static int
load(struct defaults *d, const char *path, struct defaults_file *file, char *why, size_t size)
{
	struct config *config;
	int rc;

	if (defaults_open(path, &config, file, why, size) == -1)
		return (-1);
	rc = defaults_read(d, config, why, size);
	config_free(config);
	return (rc);
}

START_TEST(a_port_that_was_not_given_is_the_configurations)
{
	struct endpoint with = {"a", "17"}, without = {"b", ""};
	struct defaults defaults;
	struct defaults_file file;
	char why[256];

	ck_assert_int_eq(load(&defaults,
			     scratch_put("vesta.cfg", "[Run_Tool]\nSRPC_port = 1234\n"
						      "info_read_timeout = 3\n"),
			     &file, why, sizeof(why)),
	    0);
	ck_assert(defaults.port_set && !file.in_cwd);
	ck_assert_int_eq(defaults.info_timeout_ms, 3000);
	ck_assert_int_eq(defaults_port(&defaults, &with, why, sizeof(why)), 0);
	ck_assert_str_eq(with.port, "17");
	ck_assert_int_eq(defaults_port(&defaults, &without, why, sizeof(why)), 0);
	ck_assert_str_eq(without.port, "1234");
}
END_TEST

START_TEST(whichever_port_was_free_is_none_to_connect_to)
{
	struct endpoint with = {"a", "17"}, without = {"b", ""};
	struct defaults defaults;
	struct defaults_file file;
	char why[256];

	ck_assert_int_eq(load(&defaults, scratch_put("vesta.cfg", "[Run_Tool]\nSRPC_port = 0\n"),
			     &file, why, sizeof(why)),
	    0);
	ck_assert_int_eq(defaults_port(&defaults, &with, why, sizeof(why)), 0);
	ck_assert_int_eq(defaults_port(&defaults, &without, why, sizeof(why)), -1);
	ck_assert_ptr_nonnull(strstr(why, "say b:PORT"));
}
END_TEST

START_TEST(without_a_configuration_there_are_built_in_defaults)
{
	struct defaults defaults;
	char why[256];

	ck_assert_int_eq(defaults_read(&defaults, NULL, why, sizeof(why)), 0);
	ck_assert_str_eq(defaults.port, "21776");
	ck_assert(!defaults.port_set);
	ck_assert_int_eq(defaults.info_timeout_ms, 120000);
	ck_assert_int_eq(setenv("RUNTOOL_SERVER", "", 1), 0);
	ck_assert_str_eq(defaults_server(), "localhost");
	ck_assert_int_eq(setenv("RUNTOOL_SERVER", "b:18", 1), 0);
	ck_assert_str_eq(defaults_server(), "b:18");
}
END_TEST

START_TEST(what_is_no_number_is_told_with_file_and_line)
{
	struct defaults defaults;
	struct defaults_file file;
	char why[1024];

	ck_assert_int_eq(load(&defaults, scratch_put("vesta.cfg", "[Run_Tool]\n\nSRPC_port = x\n"),
			     &file, why, sizeof(why)),
	    -1);
	ck_assert_ptr_nonnull(strstr(why, "vesta.cfg:3: [Run_Tool]SRPC_port = x: must be"));
}
END_TEST

Suite *
endpoint_suite(void)
{
	Suite *suite = suite_create("endpoint");
	TCase *tc = tcase_create("endpoint");

	tcase_add_loop_test(tc, a_place_is_read_and_written, 0, sizeof(places) / sizeof(places[0]));
	tcase_add_test(tc, a_name_that_is_too_long_is_none);
	suite_add_tcase(suite, tc);

	tc = tcase_create("defaults");
	scratch_use(tc);
	tcase_add_test(tc, a_port_that_was_not_given_is_the_configurations);
	tcase_add_test(tc, whichever_port_was_free_is_none_to_connect_to);
	tcase_add_test(tc, without_a_configuration_there_are_built_in_defaults);
	tcase_add_test(tc, what_is_no_number_is_told_with_file_and_line);
	suite_add_tcase(suite, tc);
	return (suite);
}
