/* A section [PLATFORM] of vesta.cfg: what is read, in which order, and which hosts match. */
#include <bsd/string.h>
#include <stdio.h>

#include "client/choose/platform.h"
#include "lib/config.h"
#include "unit/scratch.h"
#include "unit/suites.h"

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

static const struct defaults defaults = {.port = "21776"};
static struct config *config;
static struct platform platform;
static char why[1000];

static void
teardown(void)
{
	platform_free(&platform);
	config_free(config);
	config = NULL;
}

/* Reads [linux] of a file with this text. */
static int
read_text(const char *text)
{
	const char *path = scratch_put("vesta.cfg", text);

	ck_assert_msg((config = config_load(path, why, sizeof(why))) != NULL, "%s", why);
	return (platform_read(&platform, config, path, "linux", &defaults, why, sizeof(why)));
}

static void
reads(const char *text)
{
	ck_assert_msg(read_text(text) == 0, "%s", why);
}

static void
fails(const char *text, const char *words)
{
	ck_assert_int_eq(read_text(text), -1);
	ck_assert_msg(
	    strncmp(why, scratch_path("vesta.cfg"), strlen(scratch_path("vesta.cfg"))) == 0,
	    "no file in '%s'", why);
	ck_assert_msg(strstr(why, words) != NULL, "'%s' is not in '%s'", words, why);
	teardown();
}

/* The hosts in their order, as HOST:PORT. */
static const char *
hosts(void)
{
	static char list[4096];
	char name[ENDPOINT_NAME_SIZE];
	size_t i, n = 0;

	list[0] = '\0';
	for (i = 0; i < platform.n_hosts; i++)
		n += (size_t)snprintf(list + n, sizeof(list) - n, "%s%s", i == 0 ? "" : " ",
		    endpoint_name(&platform.hosts[i], name));
	return (list);
}

START_TEST(hosts_are_read_with_and_without_ports)
{
	reads("[linux]\nhosts = a \t b:17   [::1]:18 ::2 \n");
	ck_assert_str_eq(hosts(), "a:21776 b:17 [::1]:18 [::2]:21776");
	ck_assert(platform.negligible > 0.7499 && platform.negligible < 0.7501);
	ck_assert_int_eq(platform.where->line, 2);
}
END_TEST

START_TEST(the_last_value_counts)
{
	reads("[linux]\nhosts = a\ncpus = x\n[other]\nhosts = b\n[linux]\nhosts = c\ncpus = 2\n"
	      "[Evaluator]\nNegligibleExternalLoadPerCPU = .5\n");
	ck_assert_str_eq(hosts(), "c:21776");
	ck_assert_int_eq(platform.least[PLATFORM_CPUS], 2);
	ck_assert(platform.negligible > 0.4999 && platform.negligible < 0.5001);
}
END_TEST

START_TEST(an_area_stands_beside_hosts_or_instead_of_them)
{
	reads("[linux]\nhosts = a\n");
	ck_assert_ptr_null(platform.area);
	teardown();
	reads("[linux]\narea = farm.7_a-b\nhosts = a\n");
	ck_assert_str_eq(hosts(), "a:21776");
	ck_assert_str_eq(platform.area, "farm.7_a-b");
	ck_assert_int_eq(platform.where->line, 3);
	teardown();
	reads("[linux]\narea = farm\n");
	ck_assert_uint_eq(platform.n_hosts, 0);
	ck_assert_str_eq(platform.area, "farm");
	ck_assert_int_eq(platform.where->line, 2);
	platform_rotate(&platform, "build1");
}
END_TEST

static const struct {
	const char *text, *words;
} wrong[] = {
    {"[Linux]\nhosts = a\n", "no section [linux]"},
    {"[linux]\nhost = a\n", ":2: [linux]: no hosts"},
    {"[linux]\nhosts =\n", ":2: [linux]: no hosts"},
    {"[linux]\nhosts =\narea =\n", ":2: [linux]: no hosts: add a line hosts = HOST ..., or area"},
    {"[linux]\narea = a:b\n", ":2: [linux]area = a:b: must be letters, digits"},
    {"[linux]\nhosts = a\narea = a/b\n", ":3: [linux]area = a/b: must be letters, digits"},
    {"[linux]\nhosts = a b:c\n", ":2: [linux]hosts: b:c: must be HOST, HOST:PORT"},
    {"[linux]\nhosts = a:0\n", ":2: [linux]hosts: a:0: must be"},
    {"[linux]\nhosts = a:65536\n", "must be"},
    {"[linux]\nhosts = a\n\ncpus = two\n",
	":4: [linux]cpus = two: must be a number from 0 to 2147483647"},
    {"[linux]\nhosts = a\ncpuMHz = -1\n", ":3: [linux]cpuMHz = -1: must be a number"},
    {"[linux]\nhosts = a\nmemKB = 2147483648\n", ":3: [linux]memKB = 2147483648: must be"},
    {"[linux]\nhosts = a\nmemKB = 1 GB\n", ":3: [linux]memKB = 1 GB: must be"},
    {"[linux]\nhosts = a\n[Evaluator]\nNegligibleExternalLoadPerCPU = much\n",
	":4: [Evaluator]NegligibleExternalLoadPerCPU = much: must be a number"},
    {"[linux]\nhosts = a\n[Evaluator]\nNegligibleExternalLoadPerCPU = -1\n", "must be a number"},
    {"[linux]\nhosts = a\n[Evaluator]\nNegligibleExternalLoadPerCPU = 1.2.3\n", "must be a number"},
    {"[linux]\nhosts = a\n[Evaluator]\nNegligibleExternalLoadPerCPU = .\n", "must be a number"},
};

START_TEST(what_is_wrong_is_told_with_file_and_line)
{
	fails(wrong[_i].text, wrong[_i].words);
}
END_TEST

START_TEST(there_are_no_more_hosts_than_can_be_asked)
{
	static char text[16384] = "[linux]\nhosts =";
	int i;

	for (i = 0; i < 1000; i++)
		strlcat(text, " h", sizeof(text));
	reads(text);
	ck_assert_uint_eq(platform.n_hosts, 1000);
	teardown();
	strlcat(text, " h", sizeof(text));
	fails(text, "too many hosts");
}
END_TEST

/* ---- the order ---------------------------------------------------------------------------- */

static size_t
find_text(const char *const *texts, size_t n, const char *text)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(texts[i], text) == 0)
			return (i);
	ck_abort_msg("not expected: %s", text);
}

START_TEST(hosts_of_different_names_begin_with_different_ones)
{
	static const char *const rotations[] = {
	    "a:1 b:1 c:1 d:1", "b:1 c:1 d:1 a:1", "c:1 d:1 a:1 b:1", "d:1 a:1 b:1 c:1"};
	int seen[LENGTH(rotations)] = {0};
	char name[32];
	size_t i;

	for (i = 0; i < 64; i++) {
		reads("[linux]\nhosts = a:1 b:1 c:1 d:1\n");
		snprintf(name, sizeof(name), "build%zu", i);
		platform_rotate(&platform, name);
		seen[find_text(rotations, LENGTH(rotations), hosts())]++;
		teardown();
	}
	for (i = 0; i < LENGTH(rotations); i++)
		ck_assert_int_gt(seen[i], 4);
}
END_TEST

START_TEST(a_host_always_has_the_same_order)
{
	char first[256];

	reads("[linux]\nhosts = a:1 b:1 c:1 d:1\n");
	platform_rotate(&platform, "build7");
	snprintf(first, sizeof(first), "%s", hosts());
	teardown();
	reads("[linux]\nhosts = a:1 b:1 c:1 d:1\n");
	platform_rotate(&platform, "build7");
	ck_assert_str_eq(hosts(), first);
}
END_TEST

START_TEST(localhost_stays_first_under_this_hosts_name)
{
	char name[32];
	int i;

	for (i = 0; i < 8; i++) {
		reads("[linux]\nhosts = localhost:17 b c\n");
		snprintf(name, sizeof(name), "build%d", i);
		platform_rotate(&platform, name);
		ck_assert_str_eq(platform.hosts[0].host, name);
		ck_assert_str_eq(platform.hosts[0].port, "17");
		teardown();
	}
	reads("[linux]\nhosts = localhost\n");
	platform_rotate(&platform, "own");
	ck_assert_str_eq(hosts(), "own:21776");
}
END_TEST

START_TEST(localhost_elsewhere_is_a_host_like_others)
{
	reads("[linux]\nhosts = a localhost\n");
	platform_rotate(&platform, "own");
	ck_assert_ptr_nonnull(strstr(hosts(), "localhost:21776"));
	ck_assert_ptr_null(strstr(hosts(), "own"));
}
END_TEST

/* ---- matching ----------------------------------------------------------------------------- */

static const struct runtool_info some_host = {
    .sysname = "Linux",
    .release = "6.1.0-18-amd64",
    .version = "#1 SMP Debian 6.1.76-1",
    .machine = "x86_64",
    .cpus = 8,
    .cpu_mhz = 3000,
    .mem_kb = 16000000,
};

static const struct {
	const char *line, *why; /* NULL: it matches */
} rules[] = {
    {"", NULL},
    {"sysname = Linux", NULL},
    {"sysname = linux", "its sysname is Linux, and "},
    {"sysname = *", NULL},
    {"sysname =", NULL},
    {"release = 6.*", NULL},
    {"release = 5.*", "wants 5.*"},
    {"release = 6.[01].?-*-amd64", NULL},
    {"release = 6.[!1].*", "its release is 6.1.0-18-amd64"},
    {"version = #1 SMP*", NULL},
    {"version = #2*", "its version is #1 SMP Debian 6.1.76-1"},
    {"machine = x86_64", NULL},
    {"machine = x86", "its machine is x86_64"},
    {"machine = i?86", "its machine is x86_64"},
    {"cpus = 8", NULL},
    {"cpus = 9", "its cpus is 8, and "},
    {"cpus = 0", NULL},
    {"cpuMHz = 3000", NULL},
    {"cpuMHz = 3001", "wants at least 3001"},
    {"memKB = 16000000", NULL},
    {"memKB = 16000001", "its memKB is 16000000"},
    {"sysname = L*\ncpus = 4\nmemKB = 17000000", "its memKB"},
};

START_TEST(a_host_matches_when_every_rule_holds)
{
	char text[256];

	snprintf(text, sizeof(text), "[linux]\nhosts = a\n%s\n", rules[_i].line);
	reads(text);
	ck_assert_msg(
	    platform_matches(&platform, &some_host, why, sizeof(why)) == (rules[_i].why == NULL),
	    "%s", rules[_i].line);
	if (rules[_i].why == NULL)
		return;
	ck_assert_msg(strstr(why, rules[_i].why) != NULL, "'%s' not in '%s'", rules[_i].why, why);
	/* And where that is asked for. */
	ck_assert_msg(strstr(why, "vesta.cfg:") != NULL, "%s", why);
}
END_TEST

Suite *
platform_suite(void)
{
	Suite *suite = suite_create("platform");
	TCase *tc = tcase_create("platform");

	scratch_use(tc);
	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_add_test(tc, hosts_are_read_with_and_without_ports);
	tcase_add_test(tc, the_last_value_counts);
	tcase_add_test(tc, an_area_stands_beside_hosts_or_instead_of_them);
	tcase_add_loop_test(tc, what_is_wrong_is_told_with_file_and_line, 0, (int)LENGTH(wrong));
	tcase_add_test(tc, there_are_no_more_hosts_than_can_be_asked);
	tcase_add_test(tc, hosts_of_different_names_begin_with_different_ones);
	tcase_add_test(tc, a_host_always_has_the_same_order);
	tcase_add_test(tc, localhost_stays_first_under_this_hosts_name);
	tcase_add_test(tc, localhost_elsewhere_is_a_host_like_others);
	tcase_add_loop_test(tc, a_host_matches_when_every_rule_holds, 0, (int)LENGTH(rules));
	suite_add_tcase(suite, tc);
	return (suite);
}
