/* How a server starts, and the reasons for which it does not. */
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <linux/capability.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "system/harness.h"
#include "system/helper.h"
#include "system/run.h"
#include "system/suites.h"

/* The server's exit status, with these lines in [Run_Tool] and up to two further arguments. */
static int
start_with(struct program *p, const char *settings, const char *arg, const char *value)
{
	const char *argv[] = {harness_installed("sbin/RunToolServer"), "-f", "-c",
	    harness_file(server_config(harness_mode(), settings)), arg, value, NULL};

	p->argv = argv;
	return (program_run(p));
}

static struct program
as_user(void)
{
	return ((struct program){.uid = harness_user(), .pass = -1});
}

/* It ends with 1, and says this on stderr. */
static void
refuses(struct program p, const char *settings, const char *words)
{
	ck_assert_int_eq(start_with(&p, settings, NULL, NULL), 1);
	ck_assert_contains(program_err(&p), words);
	program_free(&p);
}

START_TEST(a_port_in_use_is_named)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(sin);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const char *port;

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&sin, &len), 0);
	port = harness_text("%d", ntohs(sin.sin_port));
	refuses(as_user(), harness_text("SRPC_port = %s\n", port), port);
	refuses(as_user(), harness_text("SRPC_port = %s\n", port), "Address already in use");
	close(fd);
}
END_TEST

START_TEST(an_address_that_is_not_ours_is_named)
{
	struct server s;

	server_start_best(&s, "listen = 127.0.0.1 192.0.2.1\n");
	server_logs(
	    &s, harness_text(
		    "listening on 192.0.2.1 port %d: this host does not have that address yet\n",
		    s.port));
	server_logs(&s, harness_text("listening on 127.0.0.1 port %d\n", s.port));
	server_stop(&s);
}
END_TEST

START_TEST(the_wrong_user_is_refused)
{
	refuses(as_user(), "[Repository]\nruntool_user = nobody@example.org\n", "nobody");
}
END_TEST

START_TEST(root_is_refused)
{
	struct program p = as_user();

	p.uid = 0;
	refuses(p, NULL, "root");
}
END_TEST

START_TEST(a_missing_helper_is_named)
{
	refuses(as_user(), "helper = /none/tool_launcher\n", "/none/tool_launcher");
}
END_TEST

/* A site's old vesta.cfg may name the original server's. */
START_TEST(a_helper_that_is_not_ours_is_refused_with_its_line)
{
	static const char *const helpers[] = {"/bin/true", "/bin/false", "/bin/cat"};
	const char *settings = harness_text("helper = %s\n", helpers[_i]);
	const char *config = server_config(harness_mode(), settings), *file = harness_file(config);
	const char *argv[] = {harness_installed("sbin/RunToolServer"), "-f", "-c", file, NULL};
	struct program p = as_user();
	int line = 1;

	for (const char *c = config; c < strstr(config, settings); c++)
		line += *c == '\n';
	p.argv = argv;
	ck_assert_int_eq(program_run(&p), 1);
	ck_assert_contains(program_err(&p),
	    harness_text("%s:%d: [Run_Tool]helper = %s: not this server's launcher", file, line,
		helpers[_i]));
	ck_assert_contains(program_err(&p), harness_installed("libexec/runtool/tool_launcher"));
	program_free(&p);
}
END_TEST

START_TEST(a_helper_of_an_option_that_is_not_ours_is_refused)
{
	struct program p = as_user();

	ck_assert_int_eq(start_with(&p, "helper = /bin/cat\n", "-o", "helper=/bin/true"), 1);
	ck_assert_contains(
	    program_err(&p), "-o: [Run_Tool]helper = /bin/true: not this server's launcher");
	program_free(&p);
}
END_TEST

/* Copies the installed helper; the copy is nobody's setuid program. */
static const char *
copied_helper(void)
{
	const char *copy = harness_installed(harness_text("work/%s", harness_unique("helper")));

	ck_assert_int_eq(system(harness_text("cp '%s' '%s' && chmod 0755 '%s'",
			     harness_installed("libexec/runtool/tool_launcher"), copy, copy)),
	    0);
	return (copy);
}

START_TEST(a_switch_that_the_helper_does_not_know_is_named)
{
	refuses(as_user(), harness_text("helper_switches = %s -zzz\n", server_switch()), "-zzz");
}
END_TEST

START_TEST(a_helper_without_setuid_is_refused)
{
	const char *helper = copied_helper();

	refuses(as_user(), harness_text("helper = %s\n", helper), helper);
	refuses(as_user(), harness_text("helper = %s\n", helper), "not setuid root");
}
END_TEST

static void
no_new_privileges(void)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		_exit(PROGRAM_NOT_RUN);
}

START_TEST(no_new_privs_is_refused)
{
	struct program p = as_user();

	p.prepare = no_new_privileges;
	refuses(p, NULL, "no_new_privs");
}
END_TEST

static void
mount_nosuid(void)
{
	const char *dir = harness_installed("libexec");

	harness_own_mounts();
	if (mount(dir, dir, NULL, MS_BIND, NULL) == -1 ||
	    mount(NULL, dir, NULL, MS_BIND | MS_REMOUNT | MS_NOSUID, NULL) == -1)
		_exit(PROGRAM_NOT_RUN);
}

START_TEST(a_nosuid_mount_is_refused)
{
	struct program p = as_user();

	p.prepare = mount_nosuid;
	refuses(p, NULL, "nosuid");
}
END_TEST

static void
drop_admin(void)
{
	if (prctl(PR_CAPBSET_DROP, CAP_SYS_ADMIN, 0, 0, 0) == -1)
		_exit(PROGRAM_NOT_RUN);
}

START_TEST(isolation_that_cannot_work_is_refused_with_the_remedy)
{
	struct program p = as_user();

	p.prepare = drop_admin;
	refuses(p, NULL, "isolate = none");
}
END_TEST

START_TEST(without_that_capability_isolate_none_works)
{
	struct server s = {.mode = MODE_NONE, .prepare = drop_admin};
	struct run r = RUN("/bin/sh", "-c", "exit 3");

	server_start(&s);
	run_do(&s, &r);
	ck_assert_int_eq(r.status, 3);
	run_free(&r);
	server_stop(&s);
}
END_TEST

START_TEST(a_missing_volatile_root_is_named)
{
	refuses(as_user(), "VolatileRootName = /none/roots\n", "/none/roots");
}
END_TEST

START_TEST(another_inode_than_the_repositorys_is_refused)
{
	refuses(as_user(), "volatile_root_inode = 3\n", "volatile_root_inode");
}
END_TEST

START_TEST(the_wanted_inode_is_accepted)
{
	struct server s;
	struct stat st;

	ck_assert_int_eq(stat(harness_installed("roots"), &st), 0);
	server_start_best(
	    &s, harness_text("volatile_root_inode = %llu\n", (unsigned long long)st.st_ino));
	server_stop(&s);
}
END_TEST

START_TEST(a_root_that_the_policy_does_not_name_is_refused)
{
	refuses(as_user(), "VolatileRootName = /usr\n", "/usr");
}
END_TEST

/* It is only that root, which stays one until its block is mended. */
START_TEST(a_root_that_cannot_be_assembled_is_a_warning)
{
	const char *warning = ":6: /none/at/all: No such file or directory (root broken)\n";
	struct server s = {.mode = MODE_PID, .prepare = helper_put_policy};
	struct program p = as_user();
	struct run r = RUN("/bin/true");

	helper_policy = helper_policy_file("volatile\nroot broken\nbase tmpfs\nro /none/at/all\n"
					   "root good\nbase tmpfs\nro /usr\n");
	server_start(&s);
	ck_assert_soon(strstr(server_log(&s), warning) != NULL);
	ck_assert_ptr_null(strstr(server_log(&s), "root good"));
	run_do(&s, &r);
	ck_assert_int_eq(r.status, 0);
	run_free(&r);
	server_stop(&s);

	p.prepare = helper_put_policy;
	ck_assert_int_eq(start_with(&p, NULL, "-n", NULL), 0);
	ck_assert_contains(program_err(&p), warning);
	ck_assert_contains(program_out(&p), "[Run_Tool]");
	ck_assert_ptr_null(strstr(program_out(&p), "broken"));
	program_free(&p);
}
END_TEST

static const char *const bad_values[][2] = {
    {"SRPC_port", "70000"},
    {"SRPC_port", "port"},
    {"SRPC_port", "-1"},
    {"SRPC_port", ""},
    {"server_max_threads", "0"},
    {"server_max_threads", "4 tools"},
    {"server_max_pending", "-1"},
    {"isolate", "chroot"},
    {"kill_grace", "soon"},
    {"drain_timeout", "-5"},
    {"listen", "localhost.example:80"},
    {"allow", "192.0.2.0/33"},
    {"allow", "192.0.2.256"},
    {"relay_timeout", "0x10"},
    {"relay_hosts", "some"},
    {"request_timeout", "forever"},
    {"max_request_bytes", "lots"},
    {"max_interface_version", "99"},
    {"sync_after_tool", "yes"},
    {"coredumpsize_limit", "all"},
    {"volatile_root_inode", "three"},
};

/* The line follows those of server_config(). */
START_TEST(a_bad_value_is_refused_with_its_place)
{
	const char *name = bad_values[_i][0], *value = bad_values[_i][1];
	const char *settings = harness_text("%s = %s\n", name, value);
	const char *config = server_config(harness_mode(), settings), *file = harness_file(config);
	const char *argv[] = {harness_installed("sbin/RunToolServer"), "-f", "-c", file, NULL};
	struct program p = as_user();
	int line = 1;

	for (const char *c = config; c < strstr(config, settings); c++)
		line += *c == '\n';
	p.argv = argv;
	ck_assert_int_eq(program_run(&p), 1);
	ck_assert_contains(program_err(&p), harness_text("%s:%d: ", file, line));
	ck_assert_contains(program_err(&p), harness_text("[Run_Tool]%s = %s", name, value));
	program_free(&p);
}
END_TEST

START_TEST(an_unknown_name_is_only_a_warning)
{
	struct server s;

	server_start_best(&s, "no_such_setting = 1\n");
	server_logs(&s, "no_such_setting");
	server_stop(&s);
}
END_TEST

START_TEST(an_unknown_option_is_refused)
{
	struct program p = as_user();

	ck_assert_int_eq(start_with(&p, NULL, "-Z", NULL), 1);
	ck_assert_contains(program_err(&p), "usage");
	program_free(&p);
}
END_TEST

START_TEST(a_missing_configuration_is_named)
{
	const char *argv[] = {
	    harness_installed("sbin/RunToolServer"), "-f", "-c", "/none/vesta.cfg", NULL};
	struct program p = as_user();

	p.argv = argv;
	ck_assert_int_eq(program_run(&p), 1);
	ck_assert_contains(program_err(&p), "/none/vesta.cfg");
	program_free(&p);
}
END_TEST

/* What -n prints, as `\n[Run_Tool]name = value\n`. */
static const char *
printed(const char *settings, const char *arg, const char *value)
{
	const char *argv[] = {harness_installed("sbin/RunToolServer"), "-n", "-c",
	    harness_file(server_config(harness_mode(), settings)), arg, value, NULL};
	struct program p = as_user();
	const char *out;

	p.argv = argv;
	ck_assert_msg(program_run(&p) == 0, "%s", program_err(&p));
	out = harness_text("\n%s", program_out(&p));
	program_free(&p);
	return (out);
}

START_TEST(the_check_prints_what_is_in_force)
{
	const char *out =
	    printed("kill_grace = 3\nserver_max_threads = 1\nserver_max_threads = 7\n", NULL, NULL);

	ck_assert_contains(out, "\n[Run_Tool]kill_grace = 3\n");
	ck_assert_contains(out, "\n[Run_Tool]server_max_threads = 7\n");
	ck_assert_contains(out, "\n[Run_Tool]drain_timeout = 0\n");
	ck_assert_contains(out, "\n[Run_Tool]relay_timeout = 10\n");
	ck_assert_contains(out, "\n[Run_Tool]max_request_bytes = 4194304\n");
	ck_assert_contains(
	    out, harness_text("\n[Run_Tool]VolatileRootName = %s\n", harness_installed("roots")));
}
END_TEST

START_TEST(without_a_configuration_the_defaults_are_in_force)
{
	const char *argv[] = {
	    harness_installed("sbin/RunToolServer"), "-n", "-c", "/dev/null", NULL};
	struct program p = as_user();

	p.argv = argv;
	ck_assert_msg(program_run(&p) == 0, "%s", program_err(&p));
	ck_assert_contains(program_out(&p), "\n[Run_Tool]drain_timeout = 600\n");
	ck_assert_contains(program_out(&p), "\n[Run_Tool]kill_grace = 10\n");
	program_free(&p);
}
END_TEST

/* Every line of it is a setting, so that its output is a vesta.cfg in the one-line form. */
START_TEST(the_check_prints_nothing_but_settings)
{
	char *out = harness_text("%s", printed(NULL, NULL, NULL)), *line, *rest;

	for (line = strtok_r(out, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest))
		ck_assert_msg(*line == '[' && strstr(line, " = ") != NULL, "%s", line);
}
END_TEST

START_TEST(an_option_overrides_the_file)
{
	const char *out = printed("kill_grace = 3\n", "-o", "kill_grace=77");

	ck_assert_contains(out, "\n[Run_Tool]kill_grace = 77\n");
	ck_assert_ptr_null(strstr(out, "kill_grace = 3\n"));
}
END_TEST

START_TEST(a_bad_option_value_is_refused)
{
	struct program p = as_user();

	ck_assert_int_eq(start_with(&p, NULL, "-o", "kill_grace=soon"), 1);
	ck_assert_contains(program_err(&p), "kill_grace");
	ck_assert_contains(program_err(&p), "soon");
	program_free(&p);
}
END_TEST

START_TEST(the_check_fails_on_a_bad_value)
{
	struct program p = as_user();

	ck_assert_int_eq(start_with(&p, "kill_grace = soon\n", "-n", NULL), 1);
	ck_assert_contains(program_err(&p), "kill_grace");
	program_free(&p);
}
END_TEST

START_TEST(the_check_needs_neither_the_user_nor_the_port)
{
	struct server s;
	struct program p = {.pass = -1};

	server_start_best(&s, NULL);
	p.uid = geteuid();
	ck_assert_msg(
	    start_with(&p,
		harness_text("SRPC_port = %d\n[Repository]\nruntool_user = nobody\n", s.port), "-n",
		NULL) == 0,
	    "%s", program_err(&p));
	program_free(&p);
	server_stop(&s);
}
END_TEST

START_TEST(the_version_is_printed)
{
	const char *argv[] = {harness_installed("sbin/RunToolServer"), "-V", NULL};
	struct program p = as_user();

	p.argv = argv;
	ck_assert_int_eq(program_run(&p), 0);
	ck_assert_contains(program_out(&p), ".");
	program_free(&p);
}
END_TEST

static void
forget_configuration(void)
{
	unsetenv("VESTACONFIG");
	unsetenv("HOME");
}

/* It may be anybody's; the file named with -c, or in the environment, is the administrator's. */
START_TEST(a_configuration_found_by_chance_names_no_program)
{
	const char *dir = harness_installed(harness_text("work/%s", harness_unique("dir")));
	const char *argv[] = {harness_installed("sbin/RunToolServer"), "-n", NULL};
	struct program p = as_user();
	const char *file =
	    harness_file(server_config(harness_mode(), "helper = /tmp/evil\nkill_grace = 4321\n"));

	ck_assert_int_eq(mkdir(dir, 0755), 0);
	ck_assert_int_eq(rename(file, harness_text("%s/vesta.cfg", dir)), 0);
	p.argv = argv;
	p.directory = dir;
	p.prepare = forget_configuration;
	if (program_run(&p) == 0) {
		ck_assert_contains(program_out(&p), "kill_grace = 4321");
		ck_assert_ptr_null(strstr(program_out(&p), "/tmp/evil"));
	} else
		ck_assert_contains(program_err(&p), "helper");
	program_free(&p);
}
END_TEST

static void
stop_before(void)
{
	setenv("STOP_BEFORE_TOOL", "1", 1);
}

START_TEST(stopping_before_tools_without_a_terminal_is_said_and_passed_over)
{
	struct server s = {.mode = harness_mode(), .prepare = stop_before};
	struct run r = RUN("/bin/sh", "-c", "exit 3");

	server_start(&s);
	run_do(&s, &r);
	ck_assert_int_eq(r.status, 3);
	server_logs(&s, "STOP_BEFORE_TOOL");
	run_free(&r);
	server_stop(&s);
}
END_TEST

START_TEST(the_helpers_debugging_output_goes_to_the_standard_output)
{
	struct server s;
	struct run r = RUN("/bin/sh", "-c", "exit 3", "an-argument");

	server_start_best(&s, harness_text("helper_switches = %s -d\n", server_switch()));
	run_do(&s, &r);
	ck_assert_contains(program_out(&s.program), "an-argument");
	run_free(&r);
	server_stop(&s);
}
END_TEST

#define MOST_SWITCHES 32 /* of helper_switches */

/*
 * A line of so many words, each of which stands for two; where the mode needs one it is the first.
 */
static const char *
many_switches(int n)
{
	const char *line = "helper_switches =";

	for (int i = 0; i < n; i++)
		line = harness_text(
		    "%s %s", line, i == 0 && *server_switch() != '\0' ? server_switch() : "-d");
	return (harness_text("%s\n", line));
}

START_TEST(as_many_switches_as_there_may_be_work)
{
	struct server s;
	struct run r = RUN("/bin/sh", "-c", "exit 3");

	server_start_best(&s, many_switches(MOST_SWITCHES));
	run_do(&s, &r);
	ck_assert_int_eq(r.status, 3);
	run_free(&r);
	server_stop(&s);
}
END_TEST

START_TEST(too_many_switches_are_refused)
{
	refuses(as_user(), many_switches(MOST_SWITCHES + 1), "must be at most 32 words");
}
END_TEST

START_TEST(who_is_let_in_is_said_at_start)
{
	struct server s;

	server_start_best(&s, NULL);
	server_logs(&s, "allow");
	server_stop(&s);
}
END_TEST

Suite *
start_suite(void)
{
	Suite *suite = suite_create("start");
	TCase *tc = tcase_create("refused");

	tcase_set_timeout(tc, 60);
	testing_from(tc, TESTING_QUICK);
	tcase_add_test(tc, a_port_in_use_is_named);
	tcase_add_test(tc, a_missing_helper_is_named);
	testing_from(tc, TESTING_CHECK);
	tcase_add_test(tc, the_wrong_user_is_refused);
	testing_add_root(tc, root_is_refused);
	tcase_add_test(tc, a_switch_that_the_helper_does_not_know_is_named);
	tcase_add_test(tc, too_many_switches_are_refused);
	testing_add_root(tc, a_helper_without_setuid_is_refused);
	tcase_add_loop_test(tc, a_helper_that_is_not_ours_is_refused_with_its_line, 0, 3);
	tcase_add_test(tc, a_helper_of_an_option_that_is_not_ours_is_refused);
	testing_add_root(tc, no_new_privs_is_refused);
	harness_add_mounts(tc, a_nosuid_mount_is_refused);
	harness_add_admin(tc, isolation_that_cannot_work_is_refused_with_the_remedy);
	harness_add_admin(tc, without_that_capability_isolate_none_works);
	tcase_add_test(tc, a_missing_volatile_root_is_named);
	tcase_add_test(tc, another_inode_than_the_repositorys_is_refused);
	tcase_add_test(tc, the_wanted_inode_is_accepted);
	testing_add_root(tc, a_root_that_the_policy_does_not_name_is_refused);
	harness_add_mounts(tc, a_root_that_cannot_be_assembled_is_a_warning);
	suite_add_tcase(suite, tc);

	tc = tcase_create("configuration");
	tcase_set_timeout(tc, 60);
	testing_from(tc, TESTING_QUICK);
	tcase_add_test(tc, the_check_prints_what_is_in_force);
	tcase_add_test(tc, an_option_overrides_the_file);
	testing_from(tc, TESTING_CHECK);
	tcase_add_loop_test(tc, a_bad_value_is_refused_with_its_place, 0,
	    (int)(sizeof(bad_values) / sizeof(bad_values[0])));
	tcase_add_test(tc, an_unknown_name_is_only_a_warning);
	tcase_add_test(tc, an_unknown_option_is_refused);
	tcase_add_test(tc, a_missing_configuration_is_named);
	tcase_add_test(tc, without_a_configuration_the_defaults_are_in_force);
	tcase_add_test(tc, the_check_prints_nothing_but_settings);
	tcase_add_test(tc, a_bad_option_value_is_refused);
	tcase_add_test(tc, the_check_fails_on_a_bad_value);
	tcase_add_test(tc, the_check_needs_neither_the_user_nor_the_port);
	tcase_add_test(tc, the_version_is_printed);
	tcase_add_test(tc, a_configuration_found_by_chance_names_no_program);
	suite_add_tcase(suite, tc);

	tc = tcase_create("said");
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, an_address_that_is_not_ours_is_named);
	tcase_add_test(tc, stopping_before_tools_without_a_terminal_is_said_and_passed_over);
	tcase_add_test(tc, the_helpers_debugging_output_goes_to_the_standard_output);
	tcase_add_test(tc, as_many_switches_as_there_may_be_work);
	tcase_add_test(tc, who_is_let_in_is_said_at_start);
	suite_add_tcase(suite, tc);
	return (suite);
}
