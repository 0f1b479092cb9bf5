/* choose: what it tells of servers that cannot be used, to whom it is handed, and in which words. */
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "client/choose/choose.h"
#include "lib/error.h"
#include "unit/scratch.h"
#include "unit/suites.h"

#define N_HOSTS	   3
#define TIMEOUT_MS 1000

/* Servers without a network: each says this of itself, or why not. */
static struct host {
	struct endpoint at;
	const char *failure; /* NULL: it answers */
	struct runtool_info info;
} hosts[N_HOSTS];
static struct endpoint endpoints[N_HOSTS];

static const struct config_value where = {
    .section = "test", .name = "hosts", .file = "/etc/vesta.cfg", .line = 7};
static struct config_value machine = {
    .section = "test", .name = "machine", .value = "x86_64", .file = "/etc/vesta.cfg", .line = 8};
static struct platform platform;
static struct choose *chooser; /* stays, as its threads may */

/* What was told: lines of remarks, the output of a command, and the end of waiting. */
static char remarks[4096], output[4096];
static int ends_of_waiting;

static _Atomic int wrong_questions; /* threads ask, which must not assert */

static struct runtool *
connect_host(const char *name, const char *port, int timeout_ms, struct runtool_error *err)
{
	size_t i;

	for (i = 0; i < N_HOSTS - 1; i++)
		if (strcmp(hosts[i].at.host, name) == 0)
			break;
	if (strcmp(hosts[i].at.host, name) != 0 || strcmp(hosts[i].at.port, port) != 0 ||
	    timeout_ms != TIMEOUT_MS)
		wrong_questions++;
	if (hosts[i].failure == NULL)
		return ((struct runtool *)&hosts[i]);
	error_set(err, RUNTOOL_TRANSPORT, "%s", hosts[i].failure);
	return (NULL);
}

static int
ask_info(struct runtool *r, struct runtool_info *info, struct runtool_error *err)
{
	(void)err;
	*info = ((const struct host *)r)->info;
	return (0);
}

static void
close_host(struct runtool *r)
{
	(void)r;
}

static void
append(char text[4096], const void *data, size_t len)
{
	size_t used = strlen(text);

	ck_assert_uint_lt(used + len, 4096);
	memcpy(text + used, data, len);
	text[used + len] = '\0';
}

static void
remark(void *arg, const char *line)
{
	append(arg, line, strlen(line));
	append(arg, "\n", 1);
}

static void
waiting(void *arg, const char *area, int64_t seconds)
{
	(void)arg;
	ck_assert_ptr_nonnull(area);
	ck_assert_int_ge(seconds, 0);
}

static void
waited(void *arg)
{
	(void)arg;
	ends_of_waiting++;
}

static void
take_output(void *arg, const void *data, size_t len)
{
	(void)arg;
	append(output, data, len);
}

static const struct hooks hooks = {.connect = connect_host,
    .info = ask_info,
    .close = close_host,
    .remark = remark,
    .waiting = waiting,
    .waited = waited,
    .output = take_output,
    .arg = remarks};

static void
set_up(void)
{
	static const char *const names[N_HOSTS] = {"a", "b", "c"};
	size_t i;

	remarks[0] = output[0] = '\0';
	ends_of_waiting = 0;
	for (i = 0; i < N_HOSTS; i++) {
		snprintf(hosts[i].at.host, sizeof(hosts[i].at.host), "%s", names[i]);
		snprintf(hosts[i].at.port, sizeof(hosts[i].at.port), "17");
		hosts[i].failure = NULL;
		hosts[i].info = (struct runtool_info){.sysname = "Linux",
		    .release = "6",
		    .version = "1",
		    .machine = "x86_64",
		    .cpus = 1,
		    .max_tools = 4,
		    .unique = {(uint8_t)(i + 1)}};
		endpoints[i] = hosts[i].at;
	}
	platform = (struct platform){.name = "test",
	    .where = &where,
	    .negligible = 1000,
	    .hosts = endpoints,
	    .n_hosts = N_HOSTS,
	    .patterns = {[PLATFORM_MACHINE] = &machine}};
}

static void
tear_down(void)
{
	ck_assert_int_eq(wrong_questions, 0);
}

/* Chooses among the hosts. Returns as choose_next() does. */
static int
choose(bool verbose, struct endpoint *chosen, struct runtool_error *err)
{
	int queue_ms;

	if (chooser == NULL)
		chooser = choose_new(&platform, NULL, TIMEOUT_MS, verbose, &hooks);
	ck_assert_ptr_nonnull(chooser);
	return (choose_next(chooser, chosen, &queue_ms, err));
}

START_TEST(a_server_that_cannot_be_used_is_told_of_once)
{
	const struct runtool_error lost = {.lost = true};
	struct endpoint chosen;
	struct runtool_error err;

	hosts[0].failure = " cannot connect\n";
	hosts[1].info.machine = "riscv64";
	ck_assert_int_eq(choose(false, &chosen, &err), 0);
	ck_assert_str_eq(chosen.host, "c");
	choose_failed(chooser, &lost);
	ck_assert_int_eq(choose(false, &chosen, &err), 0);
	ck_assert_str_eq(remarks, "a:17: cannot connect\n"
				  "b:17: its machine is riscv64, and /etc/vesta.cfg:8 wants "
				  "x86_64\n");
}
END_TEST

static const struct {
	bool answer, match;
	const char *words;
} none[] = {
    {false, false, "no host answers"},
    {true, false, "no host matches"},
    {false, true, NULL},
};

START_TEST(that_none_can_be_used_is_told_with_the_place_in_the_configuration)
{
	struct endpoint chosen;
	struct runtool_error err;
	char words[128];
	size_t i;

	for (i = 0; i < N_HOSTS; i++) {
		hosts[i].failure = none[_i].answer ? NULL : "cannot connect";
		hosts[i].info.machine = "riscv64";
	}
	/* One that answers, and is not as it must be. */
	if (none[_i].match)
		hosts[1].failure = NULL;
	ck_assert_int_eq(choose(false, &chosen, &err), -1);
	snprintf(words, sizeof(words), "/etc/vesta.cfg:7: [test]: %s",
	    none[_i].words == NULL ? "no host can be used: some do not answer, the others do not"
				   : none[_i].words);
	ck_assert_msg(strncmp(err.message, words, strlen(words)) == 0, "%s", err.message);
	ck_assert_int_eq(err.code, RUNTOOL_TRANSPORT);
	ck_assert_ptr_nonnull(strstr(remarks, "a:17: "));
	ck_assert_ptr_nonnull(strstr(remarks, "b:17: "));
	ck_assert_ptr_nonnull(strstr(remarks, "c:17: "));
}
END_TEST

START_TEST(one_server_under_two_names_is_told_of_where_all_is_to_be_told)
{
	struct endpoint chosen;
	struct runtool_error err;

	hosts[2].info.unique[0] = hosts[0].info.unique[0];
	hosts[1].info.in_flight = 1;
	ck_assert_int_eq(choose(_i == 1, &chosen, &err), 0);
	ck_assert_str_eq(chosen.host, "a");
	ck_assert_str_eq(remarks, _i == 1 ? "c:17: is the same server as a:17\n" : "");
}
END_TEST

/* ---- the first server of an area ---------------------------------------------------------- */

/* An area without servers, and a command that is to start one. */
static struct area *
empty_area(char *command)
{
	static char name[32], dir[1024];
	static struct area area;

	snprintf(name, sizeof(name), "unit-%d", (int)getpid());
	snprintf(dir, sizeof(dir), "%s", scratch_path("."));
	area = (struct area){
	    .config = {.dir = dir, .area = name, .start_command = command, .ping_timeout = 1},
	    .file = "/etc/vesta.cfg",
	    .why_no_start = command == NULL ? "start one" : NULL};
	platform = (struct platform){.area = name};
	return (&area);
}

static void
fails_in(const struct area *area, const char *words)
{
	struct endpoint chosen;
	struct runtool_error err;
	int queue_ms;

	chooser = choose_new(&platform, area, TIMEOUT_MS, false, &hooks);
	ck_assert_ptr_nonnull(chooser);
	ck_assert_int_eq(choose_next(chooser, &chosen, &queue_ms, &err), -1);
	ck_assert_msg(strstr(err.message, words) != NULL, "%s", err.message);
}

START_TEST(what_a_failing_start_command_says_is_handed_on)
{
	char command[] = "echo no slot for %a; exit 3", text[256];
	const struct area *area = empty_area(command);

	fails_in(area, "[Run_Tool_Fleet]start_command failed: exit status 3");
	snprintf(text, sizeof(text),
	    "area %s has no server: starting one: echo no slot for %s; exit 3\n", area->config.area,
	    area->config.area);
	ck_assert_str_eq(remarks, text);
	snprintf(text, sizeof(text), "no slot for %s\n", area->config.area);
	ck_assert_str_eq(output, text);
	ck_assert_int_gt(ends_of_waiting, 0);
}
END_TEST

START_TEST(an_area_without_a_start_command_says_what_to_do)
{
	fails_in(empty_area(NULL), "no server is registered: start one");
	ck_assert_str_eq(remarks, "");
}
END_TEST

START_TEST(records_that_cannot_be_read_are_told_of)
{
	struct area *area = empty_area(NULL);
	char gone[1040], text[1200];

	snprintf(gone, sizeof(gone), "%s/gone", area->config.dir);
	area->config.dir = gone;
	fails_in(area, "its records cannot be read: [Run_Tool_Fleet]dir must be");
	snprintf(text, sizeof(text), "area %s: %s: ", area->config.area, gone);
	ck_assert_msg(strncmp(remarks, text, strlen(text)) == 0, "%s", remarks);
	ck_assert_ptr_eq(strchr(remarks, '\n'), remarks + strlen(remarks) - 1);
}
END_TEST

Suite *
troubles_suite(void)
{
	Suite *suite = suite_create("troubles");
	TCase *tc = tcase_create("platform");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, a_server_that_cannot_be_used_is_told_of_once);
	tcase_add_loop_test(tc, that_none_can_be_used_is_told_with_the_place_in_the_configuration,
	    0, sizeof(none) / sizeof(none[0]));
	tcase_add_loop_test(
	    tc, one_server_under_two_names_is_told_of_where_all_is_to_be_told, 0, 2);
	suite_add_tcase(suite, tc);

	tc = tcase_create("area");
	scratch_use(tc);
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, what_a_failing_start_command_says_is_handed_on);
	tcase_add_test(tc, an_area_without_a_start_command_says_what_to_do);
	tcase_add_test(tc, records_that_cannot_be_read_are_told_of);
	suite_add_tcase(suite, tc);
	return (suite);
}
