/* RunToolProbe -a, --stats: a fleet at a glance, and what its servers count. */
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "system/fleet.h"
#include "system/script.h"
#include "system/suites.h"

#define SERVERS 3

/* RunToolProbe -a with these options, and these lines of a vesta.cfg. */
static struct shown
probe_with(const char *dir, const char *lines, const char *options)
{
	static const struct server nobody = {.port = 1};

	return (script_run(
	    &nobody, fleet_script(dir, lines,
			 harness_text("TZ=UTC exec RunToolProbe -a " FLEET_AREA " %s", options))));
}

static struct shown
probe(const char *dir, const char *options)
{
	return (probe_with(dir, "", options));
}

/* Servers that know nothing of the directory, and their records in it, of 1970. */
static void
start_all(struct server servers[SERVERS], const char *dir)
{
	struct record r;

	for (int i = 0; i < SERVERS; i++) {
		script_server(&servers[i], "5", "server_max_threads = 7\n");
		r = fleet_forged(&servers[i], i);
		fleet_write(dir, &r);
	}
}

static void
end_all(struct server servers[SERVERS], const char *dir)
{
	for (int i = 0; i < SERVERS; i++)
		server_stop(&servers[i]);
	ck_assert_int_eq(system(harness_text("rm -r \"$(dirname %s)\"", dir)), 0);
}

/* A row of a table with single blanks: the one that begins with these words; "" without one. */
static const char *
row(const struct shown *shown, const char *words)
{
	const char *line = shown->out, *end;

	for (; (end = strchr(line, '\n')) != NULL; line = end + 1) {
		char *text = harness_text("%.*s", (int)(end - line), line), *to = text;

		for (const char *from = text; *from != '\0'; from++)
			if (*from != ' ' || from[1] != ' ')
				*to++ = *from;
		*to = '\0';
		if (strncmp(text, words, strlen(words)) == 0)
			return (text);
	}
	return ("");
}

static const char *
place(const struct server *s)
{
	return (harness_text("127.0.0.1:%d", s->port));
}

static const char *
row_of(const struct shown *shown, const struct server *s)
{
	return (row(shown, harness_text("%s ", place(s))));
}

/* ---- the fleet ---------------------------------------------------------------------------- */

START_TEST(a_fleet_is_shown_as_a_table)
{
	const char *dir = fleet_directory(), *second;
	struct server servers[SERVERS];
	struct program tool;
	struct shown shown;

	start_all(servers, dir);
	tool = script_occupy(&servers[1]);
	shown = probe(dir, "");
	ck_assert_int_eq(shown.status, 0);
	ck_assert_str_eq(shown.err, "");
	ck_assert_str_eq(row(&shown, "SERVER"), "SERVER STATE IN_FLIGHT LOAD STARTED PID");
	ck_assert_contains(row_of(&shown, &servers[0]), " ok 0/7 ");
	second = row_of(&shown, &servers[1]);
	ck_assert_contains(second, " ok 1/7 ");
	ck_assert_contains(
	    second, harness_text(" 1970-01-01T00:00:01+00:00 %d", (int)server_pid(&servers[1])));
	/* Those that started last come first. */
	ck_assert(strstr(shown.out, place(&servers[2])) < strstr(shown.out, place(&servers[0])));
	shown = probe(dir, "--ping");
	ck_assert_int_eq(shown.status, 0);
	ck_assert_contains(row_of(&shown, &servers[1]), " ok 1 - 1970-");
	script_leave(&tool);
	end_all(servers, dir);
}
END_TEST

START_TEST(a_server_that_does_not_answer_is_shown_with_the_reason)
{
	const char *dir = fleet_directory();
	struct record r = fleet_invented(1, 5);
	struct server servers[SERVERS];
	struct shown shown;

	start_all(servers, dir);
	fleet_write(dir, &r);
	shown = probe(dir, "");
	ck_assert_int_eq(shown.status, 1);
	ck_assert_contains(row(&shown, "127.0.0.1:1 "),
	    "127.0.0.1:1 silent - - 1970-01-01T00:00:05+00:00 1 cannot connect");
	ck_assert_contains(row(&shown, "127.0.0.1:1 "), "Connection refused");
	ck_assert_contains(row_of(&shown, &servers[2]), " ok 0/7 ");
	shown = probe(dir, "--stats");
	ck_assert_int_eq(shown.status, 1);
	ck_assert_contains(row(&shown, "127.0.0.1:1 "), "silent - - - - - cannot connect");
	end_all(servers, dir);
}
END_TEST

/* It is there. */
START_TEST(a_server_too_old_to_tell_is_not_silent)
{
	const char *dir = fleet_directory();
	struct server old;
	struct shown shown;
	struct record r;

	script_server(&old, "4", "");
	r = fleet_forged(&old, 1);
	fleet_write(dir, &r);
	shown = probe(dir, "--stats");
	ck_assert_int_eq(shown.status, 1);
	ck_assert_contains(
	    row_of(&shown, &old), "failed - - - - - the server speaks version 4 of the interface");
	server_stop(&old);
	ck_assert_int_eq(system(harness_text("rm -r \"$(dirname %s)\"", dir)), 0);
}
END_TEST

START_TEST(servers_are_asked_all_at_once)
{
	const char *dir = fleet_directory();
	struct server servers[SERVERS];
	struct shown shown;
	int64_t start;

	start_all(servers, dir);
	for (int i = 0; i < SERVERS; i++)
		ck_assert_int_eq(kill(server_pid(&servers[i]), SIGSTOP), 0);
	start = harness_now();
	shown = probe_with(dir, "ping_timeout = 3\n", "");
	ck_assert_int_lt(harness_now() - start, INT64_C(3000) * SERVERS);
	ck_assert_int_eq(shown.status, 1);
	for (int i = 0; i < SERVERS; i++) {
		ck_assert_contains(row_of(&shown, &servers[i]), "no answer within 3000 ms");
		ck_assert_int_eq(kill(server_pid(&servers[i]), SIGCONT), 0);
	}
	end_all(servers, dir);
}
END_TEST

START_TEST(another_server_at_the_place_of_a_record_is_left_alone)
{
	const char *dir = fleet_directory();
	struct server servers[SERVERS];
	struct shown shown;
	struct record r;

	start_all(servers, dir);
	r = fleet_forged(&servers[0], 0);
	r.id[0] ^= 1;
	fleet_write(dir, &r);
	shown = probe(dir, "--stop");
	ck_assert_int_eq(shown.status, 1);
	ck_assert_contains(row_of(&shown, &servers[0]), "silent");
	ck_assert_contains(row_of(&shown, &servers[0]), "another server answers there");
	server_ends(&servers[1], 0);
	server_ends(&servers[2], 0);
	ck_assert(server_listens(&servers[0]));
	server_stop(&servers[0]);
	ck_assert_int_eq(system(harness_text("rm -r \"$(dirname %s)\"", dir)), 0);
}
END_TEST

START_TEST(a_fleet_is_stopped_and_leaves)
{
	const char *dir = fleet_directory();
	struct server first, second;
	struct shown shown;

	fleet_start(&first, dir, "");
	fleet_start(&second, dir, "");
	shown = probe(dir, "--stop");
	ck_assert_int_eq(shown.status, 0);
	ck_assert_contains(row_of(&shown, &first), " - 0 - ");
	fleet_leaves(&first, dir, "stop call");
	fleet_leaves(&second, dir, "stop call");
	shown = probe(dir, "");
	ck_assert_int_eq(shown.status, 0);
	ck_assert_str_eq(shown.out, "SERVER  STATE  IN_FLIGHT  LOAD  STARTED  PID\n");
	fleet_end(dir);
}
END_TEST

START_TEST(json_has_the_whole_fleet)
{
	const char *dir = fleet_directory(), *odd = harness_text("a b:1-1:%s", FLEET_AREA);
	struct record r = fleet_invented(1, 9);
	struct server servers[SERVERS];
	struct shown shown;
	const json_t *one;
	json_t *all;

	start_all(servers, dir);
	fleet_write(dir, &r);
	ck_assert_int_eq(system(harness_text("echo junk >'%s/%s'", dir, odd)), 0);
	shown = probe(dir, "--json");
	ck_assert_int_eq(shown.status, 1);
	ck_assert_str_eq(shown.err, "");
	ck_assert_ptr_nonnull(all = json_loads(shown.out, 0, NULL));
	ck_assert_uint_eq(json_array_size(all), SERVERS + 2);
	one = json_array_get(all, 0);
	ck_assert_str_eq(json_string_value(json_object_get(one, "server")), "127.0.0.1:1");
	ck_assert_int_eq(
	    json_integer_value(json_object_get(json_object_get(one, "error"), "code")), -6);
	one = json_array_get(all, 1);
	ck_assert_str_eq(
	    json_string_value(json_object_get(one, "server")), place(&servers[SERVERS - 1]));
	ck_assert_str_eq(json_string_value(json_object_get(one, "host")), "127.0.0.1");
	ck_assert_str_eq(json_string_value(json_object_get(one, "state")), "ok");
	ck_assert_int_eq(
	    json_integer_value(json_object_get(one, "pid")), server_pid(&servers[SERVERS - 1]));
	ck_assert_int_eq(json_integer_value(json_object_get(one, "max_tools")), 7);
	ck_assert_contains(json_string_value(json_object_get(one, "registered")), "1970-01-01T");
	ck_assert(json_is_real(json_object_get(one, "load")));
	one = json_array_get(all, SERVERS + 1);
	ck_assert_contains(json_string_value(json_object_get(one, "record")), odd);
	ck_assert_contains(
	    json_string_value(json_object_get(json_object_get(one, "error"), "message")),
	    "malformed: ");
	json_decref(all);
	end_all(servers, dir);
}
END_TEST

/* It says nothing about a server, so that the others are all. */
START_TEST(a_malformed_record_is_told)
{
	const char *dir = fleet_directory();
	struct server servers[SERVERS];
	struct shown shown;

	start_all(servers, dir);
	ck_assert_int_eq(
	    system(harness_text("echo junk >'%s/%s'", dir, "127.0.0.1:1-1:" FLEET_AREA)), 0);
	shown = probe(dir, "");
	ck_assert_int_eq(shown.status, 0);
	ck_assert_contains(
	    shown.err, harness_text("%s/127.0.0.1:1-1:%s: malformed: ", dir, FLEET_AREA));
	ck_assert_str_eq(row(&shown, "127.0.0.1:1 "), "");
	end_all(servers, dir);
}
END_TEST

static const struct {
	const char *script, *words;
} refused[] = {
    {"RunToolProbe -a a/b", "-a a/b: must be letters, digits"},
    {"RunToolProbe -a a localhost", "--area or hosts: not both"},
    {"RunToolProbe --ping --stats", "only one of them"},
    {"f=$tmp/$$; echo '[Run_Tool]' >$f; RunToolProbe -c $f -a a; s=$?; rm $f; exit $s",
	"[Run_Tool_Fleet]dir is not set"},
    {"f=$tmp/$$; printf '[Run_Tool_Fleet]\ndir = /none\n' >$f; RunToolProbe -c $f -a a; s=$?; "
     "rm $f; exit $s",
	"/none: No such file or directory"},
};

START_TEST(a_fleet_that_cannot_be_looked_at_is_told)
{
	static const struct server nobody = {.port = 1};
	struct shown shown = script_run(&nobody, refused[_i].script);

	ck_assert_int_eq(shown.status, 1);
	ck_assert_str_eq(shown.out, "");
	ck_assert_contains(shown.err, refused[_i].words);
}
END_TEST

/* ---- statistics --------------------------------------------------------------------------- */

START_TEST(statistics_are_shown_call_by_call)
{
	struct server s;
	struct shown shown;
	json_t *all, *run;

	script_server(&s, "5", "");
	shown = script_run(&s,
	    "runtool -- /bin/true; runtool -- /bin/none 2>/dev/null; RunToolProbe --ping >$tmp/$$; "
	    "rm $tmp/$$; RunToolProbe --stats && RunToolProbe --stats --json >&2");
	ck_assert_int_eq(shown.status, 0);
	ck_assert_str_eq(
	    row(&shown, "SERVER"), "SERVER CALL COUNT ERRORS TOTAL_S MEAN_MS LONGEST_MS");
	ck_assert_str_ne(row(&shown, harness_text("%s run 2 1 0.", place(&s))), "");
	ck_assert_str_ne(row(&shown, harness_text("%s ping 1 0 0.", place(&s))), "");
	ck_assert_str_ne(
	    row(&shown, harness_text("%s stats 0 0 0.000 0.000 0.000", place(&s))), "");
	ck_assert_ptr_nonnull(all = json_loads(shown.err, 0, NULL));
	run = json_object_get(json_object_get(json_array_get(all, 0), "calls"), "run");
	ck_assert_int_eq(json_integer_value(json_object_get(run, "count")), 2);
	ck_assert_int_eq(json_integer_value(json_object_get(run, "errors")), 1);
	ck_assert_double_gt(json_real_value(json_object_get(run, "longest_s")), 0);
	ck_assert_double_le(json_real_value(json_object_get(run, "longest_s")),
	    json_real_value(json_object_get(run, "total_s")));
	json_decref(all);
	server_stop(&s);
}
END_TEST

START_TEST(an_older_server_has_no_statistics_to_show)
{
	struct server s;
	struct shown shown;

	script_server(&s, "4", "");
	shown = script_run(&s, "RunToolProbe --stats");
	ck_assert_int_eq(shown.status, 1);
	ck_assert_contains(row(&shown, place(&s)), "version 4 of the interface at most");
	ck_assert_contains(row(&shown, place(&s)), "version 5: update the server");
	server_stop(&s);
}
END_TEST

START_TEST(a_platform_is_shown_with_what_is_remembered)
{
	struct server gone, well;
	const char *config, *text, *was;
	struct shown shown;
	json_t *all, *known;

	script_server(&gone, "5", "");
	script_server(&well, "5", "");
	was = place(&gone);
	server_stop(&gone);
	config = harness_file(harness_text("[test]\nhosts = %s %s\n", was, place(&well)));
	text = harness_text("export VESTACONFIG=%s; unset RUNTOOL_SERVER; cd /\n"
			    "runtool -p test -i /dev/null /bin/true; RunToolProbe -p test",
	    config);
	shown = script_run(&well, text);
	ck_assert_int_eq(shown.status, 1);
	ck_assert_str_eq(shown.err, "");
	ck_assert_str_eq(row(&shown, "SERVER"), "SERVER STATE IN_FLIGHT LOAD REMEMBERED");
	ck_assert_contains(row(&shown, was), harness_text("%s silent - - failed for ", was));
	ck_assert_contains(row(&shown, was), "cannot connect");
	ck_assert_contains(row(&shown, place(&well)), harness_text("%s ok 0/", place(&well)));
	ck_assert_contains(row(&shown, place(&well)), " -");
	ck_assert_ptr_null(strstr(row(&shown, place(&well)), "failed"));
	shown = script_run(&well, harness_text("%s --json", text));
	ck_assert_ptr_nonnull(all = json_loads(shown.out, 0, NULL));
	known = json_object_get(json_array_get(all, 0), "remembered");
	ck_assert_str_eq(json_string_value(json_object_get(known, "state")), "failed");
	ck_assert_int_ge(json_integer_value(json_object_get(known, "seconds")), 0);
	ck_assert_contains(
	    json_string_value(json_object_get(known, "message")), "cannot connect (127.0.0.1: ");
	ck_assert_ptr_null(json_object_get(json_array_get(all, 1), "remembered"));
	json_decref(all);
	server_stop(&well);
}
END_TEST

START_TEST(a_platform_with_hosts_and_an_area_is_shown_with_both)
{
	const char *dir = fleet_directory(), *text;
	struct server servers[SERVERS], other;
	struct shown shown;

	start_all(servers, dir);
	script_server(&other, "5", "");
	text = fleet_script(dir,
	    harness_text("[test]\nhosts = %s\narea = " FLEET_AREA "\n", place(&other)),
	    "RunToolProbe -p test");
	shown = script_run(&other, text);
	ck_assert_int_eq(shown.status, 0);
	ck_assert_contains(row_of(&shown, &other), " ok ");
	for (int i = 0; i < SERVERS; i++)
		ck_assert_contains(row_of(&shown, &servers[i]), " ok ");
	server_stop(&other);
	end_all(servers, dir);
}
END_TEST

static const struct promise no_platforms[] = {
    {"cd /; exec env -u VESTACONFIG HOME=/ RunToolProbe -p test -a x", 1, "",
	"RunToolProbe: --area, --platform or hosts: only one of them\n"},
    {"cd /; exec env -u VESTACONFIG HOME=/ RunToolProbe -p test 127.0.0.1", 1, "",
	"RunToolProbe: --area, --platform or hosts: only one of them\n"},
    {"echo '[other]' >$tmp/c; RunToolProbe -c $tmp/c -p test 2>&1 | grep -c 'test'", 0, "1\n", ""},
};

START_TEST(what_is_no_platform_is_told)
{
	SCRIPT_KEEP("5", no_platforms);
}
END_TEST

Suite *
probe_suite(void)
{
	Suite *suite = suite_create("probe");
	TCase *tc = tcase_create("fleet");

	tcase_set_timeout(tc, 60);
	testing_from(tc, TESTING_QUICK);
	tcase_add_test(tc, a_fleet_is_shown_as_a_table);
	testing_from(tc, TESTING_CHECK);
	tcase_add_test(tc, a_server_that_does_not_answer_is_shown_with_the_reason);
	tcase_add_test(tc, a_server_too_old_to_tell_is_not_silent);
	tcase_add_test(tc, servers_are_asked_all_at_once);
	tcase_add_test(tc, another_server_at_the_place_of_a_record_is_left_alone);
	tcase_add_test(tc, a_fleet_is_stopped_and_leaves);
	tcase_add_test(tc, json_has_the_whole_fleet);
	tcase_add_test(tc, a_malformed_record_is_told);
	tcase_add_loop_test(tc, a_fleet_that_cannot_be_looked_at_is_told, 0, LENGTH(refused));
	suite_add_tcase(suite, tc);

	tc = tcase_create("platform");
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, a_platform_is_shown_with_what_is_remembered);
	tcase_add_test(tc, a_platform_with_hosts_and_an_area_is_shown_with_both);
	tcase_add_test(tc, what_is_no_platform_is_told);
	suite_add_tcase(suite, tc);

	tc = tcase_create("statistics");
	tcase_set_timeout(tc, 60);
	testing_from(tc, TESTING_QUICK);
	tcase_add_test(tc, statistics_are_shown_call_by_call);
	testing_from(tc, TESTING_CHECK);
	tcase_add_test(tc, an_older_server_has_no_statistics_to_show);
	suite_add_tcase(suite, tc);
	return (suite);
}
