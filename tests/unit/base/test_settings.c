/*
 * The server's settings: what is allowed, what is in force otherwise, and that all is documented.
 */
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <bsd/string.h>

#include "server/base/settings.h"
#include "paths.h"
#include "unit/scratch.h"
#include "unit/suites.h"

#define LENGTH(a)  (sizeof(a) / sizeof((a)[0]))
#define MANUAL	   "man/vesta.cfg.5"
#define INSTALLED  "etc/vesta.cfg"
#define FILE_NAME  "vesta.cfg"
#define TEXT_SIZE  65536
#define MAX_LIST   64 /* addresses in one value */
#define TEST_LIMIT 30 /* seconds for a test */

static struct settings s;
static char err[8192];

/* ---- loading and looking at it ---- */

/* The settings of a file that holds `text` (NULL: there is no file) and of -o. */
static int
load(const char *text, bool in_cwd, const char *const *overrides, size_t n)
{
	struct config *config = NULL;
	int rc;

	if (text != NULL) {
		config = config_load(scratch_put(FILE_NAME, text), err, sizeof(err));
		ck_assert_msg(config != NULL, "%s", err);
	}
	settings_free(&s);
	rc = settings_load(&s, config, in_cwd, overrides, n, err, sizeof(err));
	config_free(config);
	return (rc);
}

static void
load_file(const char *text)
{
	ck_assert_msg(load(text, false, NULL, 0) == 0, "%s", err);
}

/* No name stands in both. */
static const char *
section_of(const char *name)
{
	return (setting_find(&fleet_config_table, FLEET_CONFIG_SECTION, name) != NULL
		    ? FLEET_CONFIG_SECTION
		    : "Run_Tool");
}

static const char *
line_of(const char *name, const char *value)
{
	static char text[TEXT_SIZE];

	snprintf(text, sizeof(text), "[%s]\n%s = %s\n", section_of(name), name, value);
	return (text);
}

static void
load_one(const char *name, const char *value)
{
	load_file(line_of(name, value));
}

/* The value is refused, with these words behind where it stands. */
static void
refused(const char *name, const char *value, const char *words)
{
	char expected[sizeof(err)];

	ck_assert_int_eq(load(line_of(name, value), false, NULL, 0), -1);
	snprintf(expected, sizeof(expected), "%s:2: [%s]%s = %s: %s", scratch_path(FILE_NAME),
	    section_of(name), name, value, words);
	ck_assert_str_eq(err, expected);
}

/* What settings_print() says; good until the next call. */
static char *
print(void)
{
	static char text[TEXT_SIZE];
	FILE *f = fmemopen(text, sizeof(text), "w");

	ck_assert_ptr_nonnull(f);
	settings_print(&s, f);
	ck_assert_int_eq(fclose(f), 0);
	return (text);
}

/* In force is `[Section]name = value`. */
static void
in_force(const char *name, const char *value)
{
	char line[TEXT_SIZE];
	const char *text = print();

	snprintf(line, sizeof(line), "[%s]%s = %s\n", section_of(name), name, value);
	ck_assert_msg(strstr(text, line) != NULL, "no '%s' in\n%s", line, text);
}

/* ---- what is logged ---- */

static int saved_stderr, log_file;

static void
catch_log(void)
{
	ck_assert_int_ne(log_file = memfd_create("log", MFD_CLOEXEC), -1);
	ck_assert_int_ne(saved_stderr = dup(STDERR_FILENO), -1);
	ck_assert_int_ne(dup2(log_file, STDERR_FILENO), -1);
}

static const char *
caught_log(void)
{
	static char text[4096];
	ssize_t n = pread(log_file, text, sizeof(text) - 1, 0);

	ck_assert_int_ge(n, 0);
	text[n] = '\0';
	ck_assert_int_ne(dup2(saved_stderr, STDERR_FILENO), -1);
	close(saved_stderr);
	close(log_file);
	return (text);
}

/* ---- numbers ---- */

#define FIELD(f) offsetof(struct settings, f)
#define HOST	 INT_MIN /* the default depends on the host */

static const struct number {
	const char *name;
	size_t field;
	long long min, max;
	int preset;
} numbers[] = {
    {"SRPC_port", FIELD(port), 0, 65535, 21776},
    {"server_max_threads", FIELD(max_threads), 1, 4096, HOST},
    {"server_max_pending", FIELD(max_pending), 0, 1000000, HOST},
    {"volatile_root_inode", FIELD(volatile_root_inode), 0, INT32_MAX, 0},
    {"cpus", FIELD(cpus), 1, INT32_MAX, HOST},
    {"cpuMHz", FIELD(cpu_mhz), 0, INT32_MAX, HOST},
    {"memKB", FIELD(mem_kb), 0, INT32_MAX, HOST},
    {"sync_after_tool", FIELD(sync_after_tool), 0, 10, 1},
    {"kill_grace", FIELD(kill_grace), 0, 3600, 10},
    {"linger", FIELD(linger), 0, 3600, 10},
    {"drain_timeout", FIELD(drain_timeout), 0, 604800, 600},
    {"relay_timeout", FIELD(relay_timeout), 1, 3600, 10},
    {"request_timeout", FIELD(request_timeout), 1, 86400, 30},
    {"max_request_bytes", FIELD(max_request_bytes), 1024, 1073741824, 4194304},
    {"max_connections", FIELD(max_connections), 0, 1000000, 0},
    {"max_connections_per_host", FIELD(max_connections_per_host), 0, 1000000, 0},
    {"max_interface_version", FIELD(max_version), 0, 5, 5},
    {"info_read_timeout", FIELD(info_read_timeout), 0, 86400, 120},
    {"max_servers", FIELD(fleet.max_servers), 1, 1000000, 4},
    {"start_interval", FIELD(fleet.start_interval), 1, 604800, 5},
    {"max_processes", FIELD(fleet.max_processes), 1, 1000000, 100},
    {"loaded_at", FIELD(fleet.loaded_at), 0, 1000000, 20},
    {"idle_timeout", FIELD(fleet.idle_timeout), 0, 604800, 0},
    {"ping_tries", FIELD(fleet.ping_tries), 1, 100, 5},
    {"ping_timeout", FIELD(fleet.ping_timeout), 1, 600, 5},
    {"wait_load", FIELD(fleet.wait_load), 0, 1000000, 5},
    {"wait_tries", FIELD(fleet.wait_tries), 0, 1000000, 10},
};

static int
field(const struct number *n)
{
	return (*(const int *)((const char *)&s + n->field));
}

static void
number_is_taken(const struct number *n, long long value)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld", value);
	load_one(n->name, text);
	/* What the host is like is found out where it is 0. */
	if (value == 0 && n->preset == HOST && n->field != FIELD(max_pending))
		return;
	ck_assert_int_eq(field(n), value);
	in_force(n->name, text);
}

static void
number_is_refused(const struct number *n, const char *value)
{
	char words[128];

	snprintf(words, sizeof(words), "must be a number between %lld and %lld", n->min, n->max);
	refused(n->name, value, words);
}

START_TEST(a_number_is_taken_from_its_lowest_to_its_highest_value)
{
	const struct number *n = &numbers[_i];
	static const char *const wrong[] = {
	    "", "x", "1x", "1.5", "0x10", "1 1", "99999999999999999999", "-99999999999999999999"};
	char text[32];
	size_t i;

	number_is_taken(n, n->min);
	number_is_taken(n, n->min + 1);
	number_is_taken(n, n->max);
	snprintf(text, sizeof(text), "%lld", n->min - 1);
	number_is_refused(n, text);
	snprintf(text, sizeof(text), "%lld", n->max + 1);
	number_is_refused(n, text);
	for (i = 0; i < LENGTH(wrong); i++)
		number_is_refused(n, wrong[i]);
}
END_TEST

START_TEST(a_number_that_is_not_set_has_its_default)
{
	const struct number *n = &numbers[_i];

	load_file(NULL);
	if (n->preset != HOST)
		ck_assert_int_eq(field(n), n->preset);
	else
		ck_assert_int_ge(field(n), n->min);
}
END_TEST

/* ---- other values ---- */

static const struct {
	const char *name, *value, *printed;
} taken[] = {
    {"isolate", "pid", "pid"},
    {"isolate", "none", "none"},
    {"isolate", "net  uts\tipc pid", "pid ipc uts net"},
    {"relay_hosts", "any", "any"},
    {"relay_hosts", "", ""},
    {"coredumpsize_limit", "", ""},
    {"coredumpsize_limit", "0", "0"},
    {"coredumpsize_limit", "-1", "-1"},
    {"coredumpsize_limit", "9223372036854775807", "9223372036854775807"},
    {"listen", "", ""},
    {"listen", "127.0.0.1", "127.0.0.1"},
    {"listen", "127.0.0.1  ::1\t2001:DB8::7", "127.0.0.1 ::1 2001:db8::7"},
    {"allow", "", ""},
    {"allow", "127.0.0.0/8 ::1 192.0.2.7", "127.0.0.0/8 ::1/128 192.0.2.7/32"},
    {"allow", "::ffff:192.0.2.0/120", "192.0.2.0/24"},
    {"allow", "0.0.0.0/0 ::/0", "0.0.0.0/0 ::/0"},
    {"stdin_dirs", "", ""},
    {"stdin_dirs", "/", "/"},
    {"stdin_dirs", "/a  /b/\t/c;d", "/a /b/ /c;d"},
    {"helper", "/opt/a b/tool_launcher", "/opt/a b/tool_launcher"},
    {"helper", "", LIBEXECDIR "/tool_launcher"},
    {"helper_switches", "-t -d", "-t -d"},
    {"VolatileRootName", "/a;b # c", "/a;b # c"},
    {"sysname", "Plan 9", "Plan 9"},
    {"release", "4", "4"},
    {"version", "#1 SMP", "#1 SMP"},
    {"machine", "vax", "vax"},
};

START_TEST(a_value_is_taken_and_shown_as_it_is_understood)
{
	load_one(taken[_i].name, taken[_i].value);
	in_force(taken[_i].name, taken[_i].printed);
}
END_TEST

#define ISOLATIONS "must be none, or some of pid, ipc, uts and net, separated by blanks"
#define WRONG_CORE "must be a number of bytes, 0 for none, or negative for the maximum"

static const struct {
	const char *name, *value, *words;
} wrong_values[] = {
    {"isolate", "", ISOLATIONS},
    {"isolate", "PID", "PID: " ISOLATIONS},
    {"isolate", "pid none", "none: " ISOLATIONS},
    {"relay_hosts", "all", "must be any, or empty"},
    {"relay_hosts", "any 127.0.0.1", "must be any, or empty"},
    {"coredumpsize_limit", "unlimited", WRONG_CORE},
    {"coredumpsize_limit", "9223372036854775808", WRONG_CORE},
    {"listen", "localhost", "localhost: must be an IPv4 or IPv6 address"},
    {"listen", "::1 127.0.0.1:80", "127.0.0.1:80: must be an IPv4 or IPv6 address"},
    {"listen", "127.0.0.0/8", "127.0.0.0/8: must be an IPv4 or IPv6 address"},
    {"allow", "127.0.0.0/8,::1", "127.0.0.0/8,::1: must be an address or ADDRESS/BITS"},
    {"allow", "::1 192.0.2.1/24", "192.0.2.1/24: has bits set behind its prefix"},
    {"allow", "192.0.2.0/33", "192.0.2.0/33: must be an address or ADDRESS/BITS"},
    {"stdin_dirs", "srv", "srv: must be an absolute path name"},
    {"stdin_dirs", "/srv ./b /c", "./b: must be an absolute path name"},
    {"stdin_dirs", "/srv,/c ~", "~: must be an absolute path name"},
};

START_TEST(a_wrong_value_is_told_with_its_place_and_what_is_allowed)
{
	refused(wrong_values[_i].name, wrong_values[_i].value, wrong_values[_i].words);
}
END_TEST

static const struct {
	const char *name, *word, *words;
	size_t count;
} lists[] = {
    {"listen", "127.0.0.1", "127.0.0.1: too many addresses", FIELD(nlisten)},
    {"allow", "127.0.0.1", "127.0.0.1: too many addresses", FIELD(nallow)},
    {"stdin_dirs", "/srv", "/srv: too many directories", FIELD(nstdin_dirs)},
};

START_TEST(a_list_has_64_members_at_most)
{
	char list[(MAX_LIST + 1) * 16] = "";
	int i;

	for (i = 0; i < MAX_LIST; i++) {
		strlcat(list, i > 0 ? " " : "", sizeof(list));
		strlcat(list, lists[_i].word, sizeof(list));
	}
	load_one(lists[_i].name, list);
	ck_assert_uint_eq(
	    *(const size_t *)(const void *)((const char *)&s + lists[_i].count), MAX_LIST);
	strlcat(list, " ", sizeof(list));
	strlcat(list, lists[_i].word, sizeof(list));
	refused(lists[_i].name, list, lists[_i].words);
}
END_TEST

START_TEST(an_empty_string_is_the_same_as_none)
{
	struct settings preset;

	load_file("[Run_Tool]\n");
	preset = s;
	s = (struct settings){0};
	load_file("[Run_Tool]\nhelper =\nhelper_switches =\nVolatileRootName =\nsysname =\n"
		  "release =\nversion =\nmachine =\n[Repository]\nruntool_user =\n");
	ck_assert_str_eq(s.helper, preset.helper);
	ck_assert_str_eq(s.helper_switches, preset.helper_switches);
	ck_assert_str_eq(s.volatile_root, preset.volatile_root);
	ck_assert_str_eq(s.sysname, preset.sysname);
	ck_assert_str_eq(s.release, preset.release);
	ck_assert_str_eq(s.version, preset.version);
	ck_assert_str_eq(s.machine, preset.machine);
	ck_assert_ptr_null(s.runtool_user);
	settings_free(&preset);
}
END_TEST

START_TEST(the_fields_hold_what_the_names_say)
{
	load_file("[Run_Tool]\nhelper = /h\nhelper_switches = -x\nVolatileRootName = /v\n"
		  "sysname = s\nrelease = r\nversion = v\nmachine = m\nlisten = 127.0.0.9\n"
		  "allow = 127.0.0.8\nrelay_hosts = any\nstdin_dirs = /a /b\n"
		  "coredumpsize_limit = 7\nisolate = none\n"
		  "[Repository]\nruntool_user = u@realm\n");
	ck_assert_str_eq(s.helper, "/h");
	ck_assert_str_eq(s.helper_switches, "-x");
	ck_assert_str_eq(s.volatile_root, "/v");
	ck_assert_str_eq(s.sysname, "s");
	ck_assert_str_eq(s.release, "r");
	ck_assert_str_eq(s.version, "v");
	ck_assert_str_eq(s.machine, "m");
	ck_assert_uint_eq(s.nlisten, 1);
	ck_assert_uint_eq(s.nallow, 1);
	ck_assert_uint_eq(s.nstdin_dirs, 2);
	ck_assert_str_eq(s.stdin_dirs[0], "/a");
	ck_assert_str_eq(s.stdin_dirs[1], "/b");
	ck_assert(s.relay_any && s.has_core_limit && s.isolate == ISOLATE_NONE);
	ck_assert(!s.testing && !s.helper_debug);
	ck_assert_int_eq(s.core_limit, 7);
	ck_assert_str_eq(s.runtool_user, "u@realm");
}
END_TEST

/* ---- defaults that depend on something ---- */

START_TEST(without_a_file_this_host_is_described)
{
	struct utsname u;

	load_file(NULL);
	ck_assert_int_eq(uname(&u), 0);
	ck_assert_str_eq(s.sysname, u.sysname);
	ck_assert_str_eq(s.release, u.release);
	ck_assert_str_eq(s.version, u.version);
	ck_assert_str_eq(s.machine, u.machine);
	ck_assert_int_eq(s.cpus, sysconf(_SC_NPROCESSORS_ONLN));
	ck_assert_int_gt(s.mem_kb, 0);
	ck_assert_str_eq(s.helper, LIBEXECDIR "/tool_launcher");
	ck_assert_str_eq(s.helper_switches, "");
	ck_assert_str_eq(s.volatile_root, "");
	ck_assert_ptr_null(s.runtool_user);
	ck_assert_uint_eq(s.nlisten + s.nallow + s.nstdin_dirs, 0);
	ck_assert(!s.relay_any && !s.has_core_limit && s.isolate == ISOLATE_PID);
}
END_TEST

static const struct {
	const char *text;
	int threads, pending;
} sizes[] = {
    {"cpus = 5", 5, 40},
    {"cpus = 5\nserver_max_threads = 3", 3, 24},
    {"server_max_threads = 3\nserver_max_pending = 0", 3, 0},
    {"cpus = 5\nserver_max_pending = 7", 5, 7},
    {"cpus = 100000", 4096, 32768},
};

START_TEST(as_many_tools_as_processors_and_eight_times_that_waiting)
{
	char text[128];

	snprintf(text, sizeof(text), "[Run_Tool]\n%s\n", sizes[_i].text);
	load_file(text);
	ck_assert_int_eq(s.max_threads, sizes[_i].threads);
	ck_assert_int_eq(s.max_pending, sizes[_i].pending);
}
END_TEST

static const struct {
	const char *text;
	bool testing, rootless, debug;
	unsigned int isolate;
} switches[] = {
    {"helper_switches = -t", true, false, false, ISOLATE_NONE},
    {"helper_switches = -u", false, true, false, ISOLATE_PID},
    {"helper_switches = -d", false, false, true, ISOLATE_PID},
    {"helper_switches = -x\t-d  -t", true, false, true, ISOLATE_NONE},
    {"helper_switches = -td", false, false, false, ISOLATE_PID},
    {"helper_switches = -t\nisolate = none", true, false, false, ISOLATE_NONE},
    {"helper_switches = -t\nisolate = pid", true, false, false, ISOLATE_PID},
};

START_TEST(testing_mode_does_not_isolate_unless_asked_to)
{
	char text[128];

	snprintf(text, sizeof(text), "[Run_Tool]\n%s\n", switches[_i].text);
	load_file(text);
	ck_assert(s.testing == switches[_i].testing);
	ck_assert(s.rootless == switches[_i].rootless);
	ck_assert(s.helper_debug == switches[_i].debug);
	ck_assert_uint_eq(s.isolate, switches[_i].isolate);
}
END_TEST

/* ---- which value counts ---- */

START_TEST(the_last_value_wins_and_earlier_ones_may_be_wrong)
{
	load_file("[Run_Tool]\nkill_grace = soon\nallow = nobody\nkill_grace = 5\n"
		  "stdin_dirs = here\n[Other]\nkill_grace = later\n"
		  "[Run_Tool]\nallow = ::1\nkill_grace = 7\nstdin_dirs = /a\n");
	ck_assert_int_eq(s.kill_grace, 7);
	in_force("stdin_dirs", "/a");
	in_force("allow", "::1/128");
}
END_TEST

START_TEST(a_wrong_last_value_is_told_though_an_earlier_one_is_right)
{
	ck_assert_int_eq(
	    load("[Run_Tool]\nkill_grace = 5\n\nkill_grace = soon\n", false, NULL, 0), -1);
	ck_assert_msg(strstr(err, ":4: [Run_Tool]kill_grace = soon: ") != NULL, "%s", err);
}
END_TEST

START_TEST(values_of_other_sections_are_not_the_servers)
{
	catch_log();
	load_file("[Evaluator]\nSRPC_port = 1\n[run_tool]\nSRPC_port = 2\n"
		  "[Repository]\nSRPC_port = wrong\n[Run_Tool]\nruntool_user = nobody\n");
	caught_log();
	ck_assert_int_eq(s.port, 21776);
	ck_assert_ptr_null(s.runtool_user);
}
END_TEST

START_TEST(an_option_goes_over_the_file_and_the_last_option_over_earlier_ones)
{
	static const char *const options[] = {"kill_grace=5", "listen=127.0.0.1 ::1",
	    "kill_grace=6", "VolatileRootName=/a=b", "allow=", "stdin_dirs=/c /d"};

	ck_assert_msg(load("[Run_Tool]\nkill_grace = 4\ndrain_timeout = 9\nlisten = 192.0.2.7\n"
			   "allow = 192.0.2.7\nstdin_dirs = /a /b\n",
			  false, options, LENGTH(options)) == 0,
	    "%s", err);
	ck_assert_int_eq(s.kill_grace, 6);
	ck_assert_int_eq(s.drain_timeout, 9);
	in_force("listen", "127.0.0.1 ::1");
	in_force("allow", "");
	in_force("stdin_dirs", "/c /d");
	ck_assert_str_eq(s.volatile_root, "/a=b");
}
END_TEST

static const struct {
	const char *option, *words;
} wrong_options[] = {
    {"kill_grace", "-o kill_grace: must be NAME=VALUE"},
    {"", "-o : must be NAME=VALUE"},
    {"kill_grace=x",
	"-o kill_grace=x: [Run_Tool]kill_grace = x: must be a number between 0 and 3600"},
    {"kill_grace=3601",
	"-o kill_grace=3601: [Run_Tool]kill_grace = 3601: must be a number between 0 and 3600"},
    {"kill_grade=1", "-o kill_grade=1: [Run_Tool]kill_grade is not known"},
    {"stdin_dirs=a", "-o stdin_dirs=a: [Run_Tool]stdin_dirs = a: a: must be an absolute path name"},
    {"runtool_user=me", "-o runtool_user=me: [Run_Tool]runtool_user is not known"},
    {"=1", "-o =1: [Run_Tool] is not known"},
};

START_TEST(a_wrong_option_is_told)
{
	ck_assert_int_eq(load(NULL, false, &wrong_options[_i].option, 1), -1);
	ck_assert_str_eq(err, wrong_options[_i].words);
}
END_TEST

START_TEST(a_file_that_was_merely_found_names_no_command)
{
	static const char *const options[] = {"helper=/chosen"};
	const char *text = "[Run_Tool]\nhelper = /evil\nkill_grace = 3\nhelper_switches = -t\n";
	size_t i;

	for (i = 0; i < 2; i++) {
		catch_log();
		ck_assert_int_eq(load(text, true, options, i), 0);
		err[0] = '\0';
		snprintf(err, sizeof(err),
		    "RunToolServer: %s:2: [Run_Tool]helper is not taken from a file found in the "
		    "current directory: name it with -c\n"
		    "RunToolServer: %s:4: [Run_Tool]helper_switches is not taken from a file found "
		    "in the current directory: name it with -c\n",
		    scratch_path(FILE_NAME), scratch_path(FILE_NAME));
		ck_assert_str_eq(caught_log(), err);
		ck_assert_str_eq(s.helper, i == 0 ? LIBEXECDIR "/tool_launcher" : "/chosen");
		ck_assert_str_eq(s.helper_switches, "");
		ck_assert(!s.testing);
		ck_assert_int_eq(s.kill_grace, 3);
	}
	load_file(text);
	ck_assert_str_eq(s.helper, "/evil");
}
END_TEST

START_TEST(an_unknown_name_is_a_warning_in_our_section_and_nothing_elsewhere)
{
	catch_log();
	load_file("[Run_Tool]\nkill_grade = 1\nkill_grace = 2\n[Evaluator]\nkill_grade = 1\n");
	snprintf(err, sizeof(err), "RunToolServer: %s:2: [Run_Tool]kill_grade is not known here\n",
	    scratch_path(FILE_NAME));
	ck_assert_str_eq(caught_log(), err);
	ck_assert_int_eq(s.kill_grace, 2);
}
END_TEST

START_TEST(an_unknown_name_is_an_error_in_the_fleets_section)
{
	ck_assert_int_eq(load("[Run_Tool_Fleet]\naera = x\n", false, NULL, 0), -1);
	ck_assert_ptr_nonnull(strstr(err, ":2: [Run_Tool_Fleet]aera is not known"));
}
END_TEST

START_TEST(an_area_is_one_word_of_few_characters)
{
	static const char *const wrong[] = {"", "a b", "a/b", "a:b", "\303\244"};
	char text[64];

	load_file("[Run_Tool]\n");
	ck_assert_str_eq(s.fleet.area, "default");
	load_file("[Run_Tool_Fleet]\narea = Linux-x86_64.v2\nloaded_at = 3\n");
	ck_assert_str_eq(s.fleet.area, "Linux-x86_64.v2");
	ck_assert_int_eq(s.fleet.loaded_at, 3);
	snprintf(text, sizeof(text), "[Run_Tool_Fleet]\narea = %s\n", wrong[_i]);
	ck_assert_int_eq(load(text, false, NULL, 0), -1);
	ck_assert_ptr_nonnull(strstr(err, "must be letters, digits, `.`, `_` and `-`"));
}
END_TEST

START_TEST(a_record_is_stale_after_two_touches_were_missed)
{
	load_file("[Run_Tool_Fleet]\ntouch_interval = 30\nstale_after = 60\n");
	ck_assert_int_eq(s.fleet.stale_after, 60);
	ck_assert_int_eq(
	    load("[Run_Tool_Fleet]\ntouch_interval = 30\nstale_after = 59\n", false, NULL, 0), -1);
	ck_assert_str_eq(err,
	    "[Run_Tool_Fleet]stale_after = 59: must be at least twice touch_interval, which is 30");
}
END_TEST

static const struct {
	const char *name, *right, *wrong, *words;
} fleet_values[] = {
    {"dir", "/share/fleet", "fleet", "must be an absolute path name"},
    {"advertise", "build7.example.org", "build7.example.org/1",
	"must be a host name or an address, without a port"},
    {"advertise", "2001:db8::7", "-x", "must be a host name or an address, without a port"},
    {"start_command", "ssh %h start %a -c %c 100%%", "start %p", "%p: must be %a, %h, %c or %%"},
    {"start_load_limit", "2.5", "2,5", "must be a number from 0 to 1000000, such as 4.0"},
    {"start_load_limit", "0", "", "must be a number from 0 to 1000000, such as 4.0"},
    {"start_load_limit", "4", "1000001", "must be a number from 0 to 1000000, such as 4.0"},
    {"one_host", "yes", "true", "must be yes or no"},
    {"one_host", "no", "", "must be yes or no"},
};

START_TEST(a_value_of_the_fleet_is_checked)
{
	load_one(fleet_values[_i].name, fleet_values[_i].right);
	in_force(fleet_values[_i].name, fleet_values[_i].right);
	refused(fleet_values[_i].name, fleet_values[_i].wrong, fleet_values[_i].words);
}
END_TEST

START_TEST(a_fleets_command_is_not_taken_from_a_file_in_the_current_directory)
{
	const char *text = "[Run_Tool_Fleet]\nstart_command = evil\nmax_servers = 2\n";

	catch_log();
	ck_assert_int_eq(load(text, true, NULL, 0), 0);
	ck_assert_ptr_nonnull(strstr(caught_log(), "[Run_Tool_Fleet]start_command is not taken"));
	ck_assert_ptr_null(s.fleet.start_command);
	ck_assert_int_eq(s.fleet.max_servers, 2);
	load_file(text);
	ck_assert_str_eq(s.fleet.start_command, "evil");
}
END_TEST

/* ---- what is printed ---- */

/* As a file: `[Section]name = value` becomes two lines. */
static const char *
as_file(const char *printed)
{
	static char text[TEXT_SIZE];
	char *out = text;

	for (; *printed != '\0'; printed++) {
		*out++ = *printed;
		if (*printed == ']' && out - text < TEXT_SIZE / 2)
			*out++ = '\n';
	}
	*out = '\0';
	return (text);
}

static const char *const configurations[] = {
    NULL,
    "[Run_Tool]\nSRPC_port = 1\nserver_max_threads = 2\nserver_max_pending = 3\nhelper = /h\n"
    "helper_switches = -t -d\nVolatileRootName = /v w\nvolatile_root_inode = 3\nsysname = s\n"
    "release = r\nversion = v ; w\nmachine = m\ncpus = 4\ncpuMHz = 5\nmemKB = 6\n"
    "sync_after_tool = 7\ncoredumpsize_limit = -8\nisolate = none\nkill_grace = 9\n"
    "drain_timeout = 10\nlisten = 127.0.0.1 ::1\nallow = 127.0.0.0/8 ::1\nrelay_timeout = 11\n"
    "relay_hosts = any\nrequest_timeout = 12\nmax_request_bytes = 1313\n"
    "max_connections = 15\nmax_connections_per_host = 16\nstdin_dirs = /i /j\n"
    "max_interface_version = 2\ninfo_read_timeout = 14\n"
    "[Run_Tool_Fleet]\ndir = /d e\narea = a-1.b_c\nadvertise = ::1\nstart_command = x %c ; y\n"
    "max_servers = 18\nstart_interval = 19\nstart_load_limit = 2.25\nmax_processes = 20\n"
    "one_host = yes\nloaded_at = 17\nidle_timeout = 21\nstale_after = 22\n"
    "touch_interval = 10\nping_tries = 23\nping_timeout = 24\nwait_load = 25\n"
    "wait_tries = 26\n[Repository]\nruntool_user = u\n",
};

START_TEST(what_is_printed_is_a_file_with_the_same_settings)
{
	char before[TEXT_SIZE];

	load_file(configurations[_i]);
	strlcpy(before, print(), sizeof(before));
	load_file(as_file(before));
	ck_assert_str_eq(print(), before);
}
END_TEST

/* ---- what is written about them ---- */

#define MAX_NAMES 128
#define NAME_SIZE 64

/* Names as `[Section]name`. */
struct names {
	char name[MAX_NAMES][NAME_SIZE];
	size_t n;
};

static void
add_name(struct names *names, const char *section, const char *name, size_t len)
{
	ck_assert_uint_lt(names->n, MAX_NAMES);
	snprintf(names->name[names->n++], NAME_SIZE, "[%s]%.*s", section, (int)len, name);
}

static size_t
count_name(const struct names *names, const char *name)
{
	size_t i, n = 0;

	for (i = 0; i < names->n; i++)
		n += strcmp(names->name[i], name) == 0;
	return (n);
}

static const char *
read_text(const char *path)
{
	static char text[TEXT_SIZE];
	FILE *f = fopen(path, "re");
	size_t n;

	ck_assert_msg(f != NULL, "%s: start the tests in the top directory", path);
	n = fread(text, 1, sizeof(text) - 1, f);
	ck_assert_uint_lt(n, sizeof(text) - 1);
	fclose(f);
	text[n] = '\0';
	return (text);
}

/* Who stops a server waits for as long as it may take by default. */
static const struct {
	const char *file, *words;
} patience[] = {
    {"etc/systemd/runtoolserver.service", "\nTimeoutStopSec="},
    {"etc/slurm/runtool-server.sbatch", "\n#SBATCH --signal=B:TERM@"},
    {"etc/init.d/vruntool", "\nDEFAULT_DRAIN="},
    {"etc/init.d/vruntool", "\nDEFAULT_GRACE="},
};

START_TEST(what_stops_a_server_waits_long_enough)
{
	long seconds[LENGTH(patience)];
	const char *found;
	size_t i;

	load_file(NULL);
	for (i = 0; i < LENGTH(patience); i++) {
		found = strstr(read_text(patience[i].file), patience[i].words);
		ck_assert_msg(found != NULL, "%s: %s", patience[i].file, patience[i].words);
		seconds[i] = strtol(found + strlen(patience[i].words), NULL, 10);
	}
	ck_assert_int_gt(seconds[0], s.drain_timeout + s.kill_grace);
	ck_assert_int_gt(seconds[1], s.drain_timeout + s.kill_grace);
	ck_assert_int_eq(seconds[2], s.drain_timeout);
	ck_assert_int_eq(seconds[3], s.kill_grace);
}
END_TEST

static size_t
name_length(const char *text)
{
	size_t n = 0;

	while (isalnum((unsigned char)text[n]) || text[n] == '_')
		n++;
	return (n);
}

static const char *
next_line(const char *text)
{
	text += strcspn(text, "\n");
	return (*text == '\0' ? NULL : text + 1);
}

static void
printed_names(struct names *names)
{
	const char *line;

	load_file(NULL);
	for (line = print(); line != NULL; line = next_line(line))
		if (*line == '[')
			snprintf(names->name[names->n++], NAME_SIZE, "%.*s",
			    (int)strcspn(line, " "), line);
	ck_assert_uint_gt(names->n, LENGTH(numbers));
}

/*
 * The list items of the manual: `.It Va name , name` and `.It Li [Section] Ns Va name`, up to where it
 * goes on with what is the clients'.
 */
static void
manual_names(struct names *names)
{
	static const char item[] = ".It Va ", other[] = ".It Li [", va[] = "] Ns Va ",
			  clients[] = ".Ss Platforms\n";
	char section[NAME_SIZE];
	const char *line, *p;

	line = read_text(MANUAL);
	ck_assert_ptr_nonnull(strstr(line, clients));
	for (; strncmp(line, clients, strlen(clients)) != 0; line = next_line(line)) {
		if (strncmp(line, other, strlen(other)) == 0) {
			p = line + strlen(other);
			snprintf(section, sizeof(section), "%.*s", (int)strcspn(p, "]"), p);
			p += strlen(section) + strlen(va);
			add_name(names, section, p, name_length(p));
		}
		if (strncmp(line, item, strlen(item)) != 0)
			continue;
		for (p = line + strlen(item); *p != '\n'; p += strspn(p, " ,")) {
			ck_assert_uint_gt(name_length(p), 0);
			add_name(names, "Run_Tool", p, name_length(p));
			p += name_length(p);
		}
	}
}

/* The lines `name = value` of the installed file, also behind `; `. */
static void
installed_names(struct names *names)
{
	char section[NAME_SIZE] = "";
	const char *line, *p;

	for (line = read_text(INSTALLED); line != NULL; line = next_line(line)) {
		if (*line == '[')
			snprintf(section, sizeof(section), "%.*s", (int)strcspn(line + 1, "]"),
			    line + 1);
		p = strncmp(line, "; ", 2) == 0 ? line + 2 : line;
		if (name_length(p) > 0 && strncmp(p + name_length(p), " =", 2) == 0)
			add_name(names, section, p, name_length(p));
	}
}

START_TEST(every_setting_is_documented_and_nothing_else_is)
{
	static void (*const collect[])(struct names *) = {manual_names, installed_names};
	static struct names printed, written;
	size_t i;

	printed_names(&printed);
	collect[_i](&written);
	for (i = 0; i < printed.n; i++)
		ck_assert_msg(count_name(&written, printed.name[i]) >= 1, "%s is not documented",
		    printed.name[i]);
	for (i = 0; i < written.n; i++)
		ck_assert_msg(count_name(&printed, written.name[i]) == 1,
		    "%s is documented but not known", written.name[i]);
}
END_TEST

/* What the manual says about a name, on one line. */
static const char *
paragraph(const char *name)
{
	static char text[TEXT_SIZE];
	char item[NAME_SIZE];
	const char *start, *end;
	char *p;

	if (strcmp(section_of(name), FLEET_CONFIG_SECTION) == 0)
		snprintf(item, sizeof(item), "\n.It Li [%s] Ns Va %s\n", section_of(name), name);
	else
		snprintf(item, sizeof(item), "\n.It Va %s\n", name);
	start = strstr(read_text(MANUAL), item);
	ck_assert_msg(start != NULL, "%s", name);
	start += strlen(item);
	end = start - 1;
	while (strncmp(end, "\n.It", 4) != 0 && strncmp(end, "\n.El", 4) != 0)
		ck_assert_ptr_nonnull(end = strchr(end + 1, '\n'));
	snprintf(text, sizeof(text), "%.*s", (int)(end - start), start);
	for (p = text; *p != '\0'; p++)
		if (*p == '\n')
			*p = ' ';
	return (text);
}

START_TEST(the_manual_tells_the_bounds_and_defaults_that_hold)
{
	const struct number *n = &numbers[_i];
	const char *text = paragraph(n->name);
	char bounds[64], default_1[64], default_2[64];

	snprintf(bounds, sizeof(bounds), "%lld to %lld", n->min, n->max);
	snprintf(default_1, sizeof(default_1), "Default: %d.", n->preset);
	snprintf(default_2, sizeof(default_2), "%d, the default,", n->preset);
	if (n->max != INT32_MAX || n->preset != HOST)
		ck_assert_msg(strstr(text, bounds) != NULL, "no '%s' in: %s", bounds, text);
	if (n->preset != HOST)
		ck_assert_msg(strstr(text, default_1) != NULL || strstr(text, default_2) != NULL,
		    "no '%s' in: %s", default_1, text);
}
END_TEST

START_TEST(the_installed_file_shows_the_defaults_that_hold)
{
	const struct number *n = &numbers[_i];
	char line[NAME_SIZE];

	if (n->preset == HOST)
		return;
	snprintf(line, sizeof(line), "\n; %s = %d\n", n->name, n->preset);
	ck_assert_msg(strstr(read_text(INSTALLED), line) != NULL, "no%s", line);
}
END_TEST

/* With the comment taken off each `; name = value`, and as it is. */
START_TEST(the_installed_file_is_right_with_and_without_its_comments)
{
	static char text[TEXT_SIZE];
	char *p;

	strlcpy(text, read_text(INSTALLED), sizeof(text));
	catch_log();
	load_file(text);
	for (p = text; (p = strstr(p, "\n; ")) != NULL; p++)
		if (name_length(p + 3) > 0 && strncmp(p + 3 + name_length(p + 3), " =", 2) == 0)
			p[1] = ' ';
	load_file(text);
	ck_assert_str_eq(caught_log(), "");
}
END_TEST

static void
add_values(TCase *tc)
{
	const int n = (int)LENGTH(numbers);

	tcase_add_loop_test(tc, a_number_is_taken_from_its_lowest_to_its_highest_value, 0, n);
	tcase_add_loop_test(tc, a_number_that_is_not_set_has_its_default, 0, n);
	tcase_add_loop_test(
	    tc, a_value_is_taken_and_shown_as_it_is_understood, 0, (int)LENGTH(taken));
	tcase_add_loop_test(tc, a_wrong_value_is_told_with_its_place_and_what_is_allowed, 0,
	    (int)LENGTH(wrong_values));
	tcase_add_loop_test(tc, a_list_has_64_members_at_most, 0, (int)LENGTH(lists));
	tcase_add_test(tc, an_empty_string_is_the_same_as_none);
	tcase_add_test(tc, the_fields_hold_what_the_names_say);
	tcase_add_test(tc, without_a_file_this_host_is_described);
	tcase_add_loop_test(
	    tc, as_many_tools_as_processors_and_eight_times_that_waiting, 0, (int)LENGTH(sizes));
	tcase_add_loop_test(
	    tc, testing_mode_does_not_isolate_unless_asked_to, 0, (int)LENGTH(switches));
}

static void
add_sources(TCase *tc)
{
	tcase_add_test(tc, the_last_value_wins_and_earlier_ones_may_be_wrong);
	tcase_add_test(tc, a_wrong_last_value_is_told_though_an_earlier_one_is_right);
	tcase_add_test(tc, values_of_other_sections_are_not_the_servers);
	tcase_add_test(tc, an_option_goes_over_the_file_and_the_last_option_over_earlier_ones);
	tcase_add_loop_test(tc, a_wrong_option_is_told, 0, (int)LENGTH(wrong_options));
	tcase_add_test(tc, a_file_that_was_merely_found_names_no_command);
	tcase_add_test(tc, an_unknown_name_is_a_warning_in_our_section_and_nothing_elsewhere);
	tcase_add_test(tc, an_unknown_name_is_an_error_in_the_fleets_section);
	tcase_add_loop_test(tc, an_area_is_one_word_of_few_characters, 0, 5);
	tcase_add_test(tc, a_record_is_stale_after_two_touches_were_missed);
	tcase_add_loop_test(tc, a_value_of_the_fleet_is_checked, 0, LENGTH(fleet_values));
	tcase_add_test(tc, a_fleets_command_is_not_taken_from_a_file_in_the_current_directory);
}

static void
add_documents(TCase *tc)
{
	const int n = (int)LENGTH(numbers);

	tcase_add_loop_test(
	    tc, what_is_printed_is_a_file_with_the_same_settings, 0, (int)LENGTH(configurations));
	tcase_add_loop_test(tc, every_setting_is_documented_and_nothing_else_is, 0, 2);
	tcase_add_loop_test(tc, the_manual_tells_the_bounds_and_defaults_that_hold, 0, n);
	tcase_add_loop_test(tc, the_installed_file_shows_the_defaults_that_hold, 0, n);
	tcase_add_test(tc, the_installed_file_is_right_with_and_without_its_comments);
	tcase_add_test(tc, what_stops_a_server_waits_long_enough);
}

static void
free_settings(void)
{
	settings_free(&s);
}

static void
add_case(Suite *suite, const char *name, void (*add)(TCase *))
{
	TCase *tc = tcase_create(name);

	scratch_use(tc);
	tcase_add_checked_fixture(tc, NULL, free_settings);
	tcase_set_timeout(tc, TEST_LIMIT);
	add(tc);
	suite_add_tcase(suite, tc);
}

Suite *
settings_suite(void)
{
	Suite *suite = suite_create("settings");

	add_case(suite, "values", add_values);
	add_case(suite, "sources", add_sources);
	add_case(suite, "documents", add_documents);
	return (suite);
}
