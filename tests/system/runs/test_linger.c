/* Output of what a tool leaves running when its own process ends. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "system/proc.h"
#include "system/run5.h"
#include "system/script.h"
#include "system/suites.h"

#define LATE  "(/bin/sleep 0.4; echo late; echo worse >&2) & echo soon; exit 3"
#define NEVER "/bin/sleep 60 & echo soon; exit 3"
#define LONG  "linger = 40\n"
#define SOON  20000 /* milliseconds: less than LONG, however busy the host is */

enum { VERSION_4, VERSION_5, VERSIONS };

/* A shell wants it as the input of what it leaves running; a volatile root may have no other. */
static void
server_and_null(struct server *s, enum mode mode, const char *settings)
{
	int fd = open(harness_in_root("dev/null"), O_CREAT | O_WRONLY | O_CLOEXEC, 0666);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(fchmod(fd, 0666), 0);
	close(fd);
	run5_server(s, mode, settings);
}

/* What came of a script, by either version. */
struct came {
	const char *out, *err;
	int status;
	int64_t ms;		    /* from the call to its end */
	int64_t wall_ms, linger_ms; /* by version 5: as the reply has it */
};

static struct came
run_script(const struct server *s, int version, const char *script)
{
	struct came came = {0};
	int64_t start = harness_now();

	if (version == VERSION_4) {
		struct run r = RUN("/bin/sh", "-c", script);

		run_do(s, &r);
		came = (struct came){.out = run_out(&r), .err = run_err(&r), .status = r.status};
		run_free(&r);
	} else {
		struct run5 r = RUN5("/bin/sh", "-c", script);

		run5_do(s, &r);
		came = (struct came){.out = run5_out(&r),
		    .err = run5_err(&r),
		    .status = (int)run5_number(&r, "status"),
		    .wall_ms = run5_number(&r, "wall_us") / 1000,
		    .linger_ms =
			run5_has(&r, "linger_us") ? run5_number(&r, "linger_us") / 1000 : 0};
		run5_free(&r);
	}
	came.ms = harness_now() - start;
	return (came);
}

START_TEST(output_of_what_is_left_running_arrives)
{
	struct server s;

	server_and_null(&s, (enum mode)_i, LONG);
	for (int version = 0; version < VERSIONS; version++) {
		struct came came = run_script(&s, version, LATE);

		ck_assert_str_eq(came.out, "soon\nlate\n");
		ck_assert_str_eq(came.err, "worse\n");
		ck_assert_int_eq(came.status, 3);
		ck_assert_int_lt(came.ms, SOON);
	}
	server_stop(&s);
}
END_TEST

START_TEST(a_pipe_in_the_background_is_emptied)
{
	static const char script[] = "exec 3>&1; { /bin/sleep 0.2; echo a; echo b; } | "
				     "(while read -r x; do echo $x; done >&3) & exit 0";
	struct server s;

	server_and_null(&s, harness_mode(), LONG);
	for (int version = 0; version < VERSIONS; version++)
		ck_assert_str_eq(run_script(&s, version, script).out, "a\nb\n");
	server_stop(&s);
}
END_TEST

START_TEST(nothing_waits_for_what_has_redirected_its_output)
{
	static const char script[] = "/bin/sleep 60 >/dev/null 2>&1 & echo soon; exit 3";
	struct server s;

	server_and_null(&s, (enum mode)_i, LONG);
	for (int version = 0; version < VERSIONS; version++) {
		struct came came = run_script(&s, version, script);

		ck_assert_str_eq(came.out, "soon\n");
		ck_assert_int_eq(came.status, 3);
		ck_assert_int_lt(came.ms, SOON);
	}
	server_stop(&s);
}
END_TEST

START_TEST(what_holds_the_output_for_longer_is_ended)
{
	struct server s;

	server_and_null(&s, (enum mode)_i, "linger = 2\n");
	for (int version = 0; version < VERSIONS; version++) {
		struct came came = run_script(&s, version, NEVER);

		ck_assert_str_eq(came.out, "soon\n");
		ck_assert_int_eq(came.status, 3);
		ck_assert_int_ge(came.ms, 2000);
		ck_assert_int_lt(came.ms, SOON);
		/* The reply's times are those of the tool's own end. */
		ck_assert_int_le(came.wall_ms, came.ms - 2000);
		if (version != VERSION_4)
			ck_assert_int_ge(came.linger_ms, 2000);
	}
	server_stop(&s);
}
END_TEST

START_TEST(runtool_tells_for_how_long)
{
	struct server s;
	struct shown shown;

	server_and_null(&s, harness_mode(), LONG);
	shown = script_run(&s, "runtool -v -r 1 /bin/sh -c '(/bin/sleep 0.3; echo late) &'");
	ck_assert_str_eq(shown.out, "late\n");
	ck_assert_contains(shown.err, ", output of what it left running for 0.");
	shown = script_run(&s, "runtool -v -r 1 /bin/true");
	ck_assert_msg(strstr(shown.err, "left running") == NULL, "%s", shown.err);
	server_stop(&s);
}
END_TEST

START_TEST(with_linger_0_it_is_ended_with_the_tool)
{
	struct server s;

	server_and_null(&s, harness_mode(), "linger = 0\n");
	for (int version = 0; version < VERSIONS; version++) {
		struct came came = run_script(&s, version, NEVER);

		ck_assert_str_eq(came.out, "soon\n");
		ck_assert_int_eq(came.status, 3);
		ck_assert_int_lt(came.ms, SOON);
	}
	server_stop(&s);
}
END_TEST

/* The server moves its output, since it must not hold a socket of the host's. */
START_TEST(output_of_a_tool_with_a_network_of_its_own_arrives_too)
{
	struct server s;

	server_and_null(&s, MODE_PID, "isolate = pid net\n" LONG);
	for (int version = 0; version < VERSIONS; version++)
		ck_assert_str_eq(run_script(&s, version, LATE).out, "soon\nlate\n");
	server_stop(&s);
}
END_TEST

START_TEST(a_time_limit_counts_meanwhile)
{
	struct server s;
	struct run5 r = RUN5("/bin/sh", "-c", NEVER);
	int64_t start = harness_now();

	server_and_null(&s, (enum mode)_i, LONG);
	r.may = LIST5("time_limit_ms=1000");
	run5_do(&s, &r);
	ck_assert_int_lt(harness_now() - start, SOON);
	ck_assert_int_eq(run5_number(&r, "status"), 3);
	ck_assert_str_eq(run5_out(&r), "soon\n");
	run5_free(&r);
	server_stop(&s);
}
END_TEST

START_TEST(a_clients_end_ends_it)
{
	const char *tag = harness_unique("left");
	struct server s;

	server_and_null(&s, (enum mode)_i, LONG);
	for (int version = 0; version < VERSIONS; version++) {
		const char *script = "/bin/sh -c 'while :; do /bin/sleep 0.1; done' $0 & echo soon";
		struct run r4 = RUN("/bin/sh", "-c", script, tag);
		struct run5 r5 = RUN5("/bin/sh", "-c", script, tag);

		if (version == VERSION_4) {
			run_start(&s, &r4);
			run_await(&r4, "soon");
		} else {
			run5_start(&s, &r5);
			run5_await(&r5, "soon");
		}
		ck_assert(proc_runs(tag));
		run_free(&r4);
		run5_free(&r5);
		ck_assert_soon(!proc_runs(tag));
	}
	server_stop(&s);
}
END_TEST

Suite *
linger_suite(void)
{
	Suite *suite = suite_create("linger");
	TCase *tc = tcase_create("linger");

	tcase_set_timeout(tc, 60);
	testing_from(tc, TESTING_CHECK);
	harness_add_modes(tc, output_of_what_is_left_running_arrives, 1);
	tcase_add_test(tc, a_pipe_in_the_background_is_emptied);
	harness_add_modes(tc, nothing_waits_for_what_has_redirected_its_output, 1);
	harness_add_modes(tc, what_holds_the_output_for_longer_is_ended, 1);
	tcase_add_test(tc, runtool_tells_for_how_long);
	tcase_add_test(tc, with_linger_0_it_is_ended_with_the_tool);
	harness_add_admin(tc, output_of_a_tool_with_a_network_of_its_own_arrives_too);
	harness_add_modes(tc, a_time_limit_counts_meanwhile, 1);
	harness_add_modes(tc, a_clients_end_ends_it, 1);
	suite_add_tcase(suite, tc);
	return (suite);
}
