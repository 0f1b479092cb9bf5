/* Whether a loaded server starts another one: each limit, its words, and how often they are said. */
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "server/fleet/multiply.h"
#include "server/base/process.h"
#include "unit/scratch.h"
#include "unit/suites.h"

#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

static const struct fleet_config config = {
    .max_servers = 4, .start_interval = 5, .start_load_limit = 4.0, .max_processes = 100};

/* At every limit, beyond none. */
static const struct multiply_facts may_start = {
    .command = true, .starter = true, .last_ms = 5000, .load = 4.0, .servers = 100, .others = 2};

static enum multiply
judge(struct multiply_facts facts)
{
	return (multiply_judge(&config, &facts));
}

START_TEST(at_every_limit_one_is_started)
{
	struct multiply_facts facts = may_start;

	ck_assert_int_eq(judge(facts), MULTIPLY_START);
	facts.last_ms = -1;
	ck_assert_int_eq(judge(facts), MULTIPLY_START);
}
END_TEST

#define BEYOND(last, what)                                                \
	{                                                                 \
		.command = true, .starter = true, .last_ms = (last), what \
	}

static const struct {
	struct multiply_facts facts;
	enum multiply why;
	const char *words;
} limits[] = {
    {{.last_ms = -1}, MULTIPLY_NO_COMMAND, "start_command is not set"},
    {{.command = true, .last_ms = -1}, MULTIPLY_NO_STARTER,
	"runtool-starter is gone: restart this server"},
    {BEYOND(-1, .others = 3), MULTIPLY_ENOUGH, "3 others are registered (max_servers = 4)"},
    {BEYOND(-1, .under_way = true), MULTIPLY_UNDER_WAY, "start_command has not ended"},
    {BEYOND(4999, .others = 0), MULTIPLY_TOO_SOON,
	"start_command was run 5.0 s ago (start_interval = 5)"},
    {BEYOND(-1, .load = 4.01), MULTIPLY_LOAD,
	"the load average is 4.01 for each processor (start_load_limit = 4)"},
    {BEYOND(-1, .servers = 101), MULTIPLY_PROCESSES,
	"101 servers run on this host (max_processes = 100)"},
};

START_TEST(beyond_a_limit_none_is_started_and_the_words_name_it)
{
	char text[256];

	ck_assert_int_eq(judge(limits[_i].facts), limits[_i].why);
	ck_assert_str_eq(
	    multiply_words(limits[_i].why, &config, &limits[_i].facts, text, sizeof(text)),
	    limits[_i].words);
}
END_TEST

START_TEST(a_fleet_of_one_starts_none)
{
	struct fleet_config one = config;
	struct multiply_facts facts = may_start;

	one.max_servers = 1;
	facts.others = 0;
	ck_assert_int_eq(multiply_judge(&one, &facts), MULTIPLY_ENOUGH);
}
END_TEST

/* ---- refusals are said once a minute ------------------------------------------------------ */

START_TEST(the_same_reason_is_said_once_a_minute)
{
	ck_assert(multiply_say(MULTIPLY_LOAD, 1000));
	ck_assert(!multiply_say(MULTIPLY_LOAD, 1001));
	ck_assert(multiply_say(MULTIPLY_ENOUGH, 1002));
	ck_assert(!multiply_say(MULTIPLY_LOAD, 60999));
	ck_assert(multiply_say(MULTIPLY_LOAD, 61000));
	ck_assert(!multiply_say(MULTIPLY_LOAD, 120999));
}
END_TEST

static void
log_to_file(void)
{
	ck_assert_ptr_nonnull(freopen(scratch_path("log"), "w", stderr));
	setvbuf(stderr, NULL, _IONBF, 0);
}

static size_t
lines_logged(void)
{
	FILE *f = fopen(scratch_path("log"), "re");
	char line[256];
	size_t n = 0;

	while (fgets(line, sizeof(line), f) != NULL)
		n++;
	fclose(f);
	return (n);
}

START_TEST(a_refused_wish_is_logged_once_a_minute)
{
	for (int64_t now = 2000; now < 122000; now += 1000)
		multiply_act(&config, 0, now);
	ck_assert_uint_eq(lines_logged(), 2);
}
END_TEST

/* ---- wishes ------------------------------------------------------------------------------- */

START_TEST(without_a_wish_there_is_nothing_to_wait_for)
{
	ck_assert_int_eq(multiply_due(5000), 0);
}
END_TEST

START_TEST(a_wish_is_acted_upon_within_a_second_and_not_by_all_at_once)
{
	int64_t least = 1000, most = 0, wait;

	for (int64_t now = 10000; now < 1000000; now += 10000) {
		multiply_wish();
		wait = multiply_due(now) - now;
		ck_assert_int_ge(wait, 0);
		ck_assert_int_le(wait, 1000);
		ck_assert_int_eq(multiply_due(now + wait), now + wait);
		multiply_act(&config, 0, now + wait);
		least = wait < least ? wait : least;
		most = wait > most ? wait : most;
	}
	ck_assert_int_lt(least, 300);
	ck_assert_int_gt(most, 700);
}
END_TEST

START_TEST(many_wishes_are_one)
{
	multiply_wish();
	multiply_wish();
	ck_assert_int_ge(multiply_due(5000), 5000);
	multiply_wish();
	multiply_act(&config, 0, 6000);
	ck_assert_int_eq(multiply_due(9000), 0);
}
END_TEST

START_TEST(the_next_wish_waits_for_a_second)
{
	multiply_act(&config, 0, 5000);
	multiply_wish();
	ck_assert_int_eq(multiply_due(5999), 0);
	ck_assert_int_ge(multiply_due(6000), 6000);
}
END_TEST

/* ---- how many there are ------------------------------------------------------------------- */

START_TEST(a_process_counts_once_with_what_it_forks)
{
	char name[16] = "";
	int fds[2];
	pid_t pid;

	ck_assert_int_eq(pipe(fds), 0);
	snprintf(name, sizeof(name), "count%d", (int)getpid());
	ck_assert_uint_eq(process_count(name), 0);
	ck_assert_int_eq(prctl(PR_SET_NAME, name), 0);
	ck_assert_uint_eq(process_count(name), 1);
	if ((pid = fork()) == 0) {
		close(fds[1]);
		(void)!read(fds[0], name, 1);
		_exit(0);
	}
	ck_assert_uint_eq(process_count(name), 1);
	close(fds[1]);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
}
END_TEST

START_TEST(a_name_may_hold_anything)
{
	struct process p;

	ck_assert_int_eq(prctl(PR_SET_NAME, ") S 1 (2 3"), 0);
	ck_assert(process_look(getpid(), &p));
	ck_assert_str_eq(p.name, ") S 1 (2 3");
	ck_assert_int_eq(p.parent, getppid());
	ck_assert_int_eq(p.group, getpgrp());
	ck_assert(!process_look(0, &p));
}
END_TEST

Suite *
multiply_suite(void)
{
	Suite *suite = suite_create("multiply");
	TCase *tc = tcase_create("decision");

	tcase_add_test(tc, at_every_limit_one_is_started);
	tcase_add_loop_test(
	    tc, beyond_a_limit_none_is_started_and_the_words_name_it, 0, (int)LENGTH(limits));
	tcase_add_test(tc, a_fleet_of_one_starts_none);
	tcase_add_test(tc, the_same_reason_is_said_once_a_minute);
	suite_add_tcase(suite, tc);

	tc = tcase_create("wishes");
	scratch_use(tc);
	tcase_add_checked_fixture(tc, log_to_file, NULL);
	tcase_add_test(tc, a_refused_wish_is_logged_once_a_minute);
	tcase_add_test(tc, without_a_wish_there_is_nothing_to_wait_for);
	tcase_add_test(tc, a_wish_is_acted_upon_within_a_second_and_not_by_all_at_once);
	tcase_add_test(tc, many_wishes_are_one);
	tcase_add_test(tc, the_next_wish_waits_for_a_second);
	suite_add_tcase(suite, tc);

	tc = tcase_create("processes");
	tcase_add_test(tc, a_process_counts_once_with_what_it_forks);
	tcase_add_test(tc, a_name_may_hold_anything);
	suite_add_tcase(suite, tc);
	return (suite);
}
