/* A fleet and a platform on several hosts: network namespaces on one switch, with one directory. */
#include <signal.h>

#include "network.h"
#include "script.h"
#include "suites.h"

/* ---- a platform ------------------------------------------------------------------------------ */

/* A server on host n, to be reached at every address of it. */
static void
start_on(struct server *s, int n, const char *settings)
{
	*s = (struct server){.mode = harness_mode(),
	    .prepare = network_go,
	    .settings = harness_text("max_interface_version = 5\ncoredumpsize_limit = 0\n"
				     "listen = 0.0.0.0\nallow = 127.0.0.0/8 " NETWORK_BLOCK "\n%s",
		settings)};
	network_target = n;
	server_start(s);
}

static const char *
at(int n, const struct server *s)
{
	return (harness_text("%s:%d", NETWORK_ADDRESS(n), s->port));
}

/* A script, run on the switch, that knows the platform `test`. */
static struct program
with_platform(const char *hosts, const char *rules, const char *text)
{
	struct server none = {0};
	const char *config = harness_file(harness_text(
	    "[Evaluator]\nNegligibleExternalLoadPerCPU = 1000\n[test]\nhosts = %s\n%s\n", hosts,
	    rules));

	return (script(
	    &none, harness_text("VESTACONFIG=%s; export VESTACONFIG; unset RUNTOOL_SERVER; cd /; "
				"exec </dev/null\n%s",
		       config, text)));
}

/* Two of its four places are the same server; of the others none will do. */
START_TEST(a_platform_of_hosts_that_are_silent_or_do_not_match_or_are_the_same_twice)
{
	struct server good, wrong, silent;
	struct program p;
	const char *words;

	network_make(4);
	start_on(&good, 1, "sysname = Good\n");
	start_on(&wrong, 2, "sysname = Wrong\n");
	start_on(&silent, 3, "sysname = Good\n");
	network_unplug(3);
	p = with_platform(harness_text("%s:%d %s %s %s %s:1", NETWORK_OTHER_ADDRESS(1), good.port,
			      at(3, &silent), at(2, &wrong), at(1, &good), NETWORK_ADDRESS(4)),
	    "sysname = Goo?",
	    "for i in 1 2 3; do runtool -v -p test --json=/dev/stdout /bin/true || exit; done");
	ck_assert_int_eq(program_run(&p), 0);
	words = program_err(&p);
	ck_assert_contains(words, harness_text("%s: its sysname is Wrong", at(2, &wrong)));
	ck_assert_contains(words, harness_text("%s: ", at(3, &silent)));
	ck_assert_contains(words, harness_text("%s:1: cannot connect", NETWORK_ADDRESS(4)));
	ck_assert_contains(words, " is the same server as ");
	program_free(&p);
	ck_assert_int_eq(script_ran_on(&good), 3);
	server_stop(&good);
	server_stop(&wrong);
	server_stop(&silent);
}
END_TEST

START_TEST(a_host_that_was_away_is_taken_when_it_is_back)
{
	struct server full, away;
	struct program busy, p;

	network_make(2);
	start_on(&full, 1, "server_max_threads = 1\nserver_max_pending = 0\n");
	start_on(&away, 2, "");
	network_unplug(2);
	busy = script(
	    &full, harness_text("exec runtool -s %s /bin/sh -c '" SCRIPT_LINGER "'", at(1, &full)));
	program_start(&busy);
	ck_assert_within(10, strstr(program_out(&busy), "ready") != NULL);
	p = with_platform(harness_text("%s %s", at(1, &full), at(2, &away)), "",
	    "exec runtool -p test --json=/dev/stdout /bin/true");
	program_start(&p);
	ck_assert_within(20, strstr(program_err(&p), at(2, &away)) != NULL);
	network_plug(2);
	ck_assert(program_wait(&p, 20));
	ck_assert_int_eq(p.status, 0);
	ck_assert_contains(program_out(&p), at(2, &away));
	program_free(&p);
	ck_assert_int_eq(kill(busy.pid, SIGTERM), 0);
	ck_assert(program_wait(&busy, 10));
	program_free(&busy);
	server_stop(&full);
	server_stop(&away);
}
END_TEST

Suite *
fleet_hosts_suite(void)
{
	Suite *suite = suite_create("fleet_hosts");
	TCase *tc = tcase_create("platform");

	tcase_set_timeout(tc, 120);
	network_add(tc, a_platform_of_hosts_that_are_silent_or_do_not_match_or_are_the_same_twice);
	network_add(tc, a_host_that_was_away_is_taken_when_it_is_back);
	suite_add_tcase(suite, tc);

	return (suite);
}
