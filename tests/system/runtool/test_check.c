/* runtool --check: what is not right for a run, without a shell in the root. */
#include <stdio.h>

#include "system/script.h"
#include "system/suites.h"

static void
start(struct server *s, const char *version)
{
	*s = (struct server){.mode = harness_can(MODE_NAMED) ? MODE_NAMED : MODE_ROOTLESS_NAMED,
	    .args = (const char *const[]){
		"-o", harness_text("max_interface_version=%s", version), NULL}};
	server_start(s);
	s->args = NULL;
}

#define CHECK "runtool -r " HARNESS_NAMED " --check "
#define HERE  "cd $tmp; " CHECK "-w here:$tmp=/tmp "

static const struct promise checks[] = {
    {HERE "-e PATH=/bin sh -c 'exit 3' | sed 's|127[0-9.:]*|SERVER|'", 0,
	"ok: /tmp is in root " HARNESS_NAMED ", and writable for tool\n"
	"ok: sh is /bin/sh in root " HARNESS_NAMED "\n"
	"ok: SERVER answers\n",
	""},
    {HERE " | sed 's|127[0-9.:]*|SERVER|'", 0,
	"ok: /tmp is in root " HARNESS_NAMED ", and writable for tool\n"
	"ok: SERVER answers\n",
	""},
    {HERE "-- /bin/sh >/dev/null", 0, "", ""},
    {CHECK "-w /home/me/lua", 1, NULL, ""},
    {CHECK "-w /home/me/lua | head -n 1", 0,
	"wrong: /home/me/lua is not in root " HARNESS_NAMED ": its block has no line for it\n", ""},
    {CHECK "-w /none | tail -n 1", 0,
	"  directory: -w says which it is; -w here is the current one\n", ""},
    {"mkdir $tmp/none; cd $tmp/none; " CHECK "-w here:$tmp=/ | tail -n 1 | sed \"s|$tmp|TMP|\"; "
     "rmdir $tmp/none",
	0, "  directory: where the root has TMP/none by another path, say -w here:/FROM=/TO\n", ""},
    {CHECK "-w / | head -n 1", 0,
	"wrong: / is not writable for tool: root " HARNESS_NAMED " is read-only there\n", ""},
    {HERE "-e PATH=/none cc", 1,
	"ok: /tmp is in root " HARNESS_NAMED ", and writable for tool\n"
	"wrong: cc cannot be executed in root " HARNESS_NAMED ": No such file or directory\n"
	"  It is not in its PATH, /none\n"
	"  the root has to have it, and its environment a PATH that leads to it\n"
	"  command: -e sets its variables, as -e PATH or -e PATH=/usr/bin:/bin\n",
	""},
    {HERE "-e PATH=/none /none/cc", 1,
	"ok: /tmp is in root " HARNESS_NAMED ", and writable for tool\n"
	"wrong: /none/cc cannot be executed in root " HARNESS_NAMED ": No such file or directory\n"
	"  the root has to have it\n",
	""},
    {CHECK "''", 125, "", "runtool: --check: the command is empty\ntry 'runtool --help'\n"},
    /* What the server says before it comes to that. */
    {"runtool --check -r none sh 2>/dev/null", 1,
	"  -r says which root it is: a name, or a number; default: 1\n", ""},
    {"runtool --check -r none sh 2>&1 | grep -c 'no such root: none (known: '", 0, "1\n", ""},
    {"runtool --check -r 77 sh 2>/dev/null", 1,
	"  -r says which root it is: a name, or a number; default: 1\n", ""},
    {"runtool -s 127.0.0.1:1 --check sh", 1,
	"  a RunToolServer has to run there, and to admit this host: see DIAGNOSTICS in "
	"runtool(1)\n",
	"runtool: 127.0.0.1:1: cannot connect (127.0.0.1: Connection refused)\n"},
    {"cd /; runtool -s 127.0.0.1:1 --fallback local -w here --check /bin/echo x 2>/dev/null", 1,
	"  a RunToolServer has to run there, and to admit this host: see DIAGNOSTICS in "
	"runtool(1)\n",
	""},
    {"runtool --check --json x 2>&1 | head -n 1", 0, "runtool: --check: not together with --json\n",
	""},
};

START_TEST(what_is_not_right_for_a_run_is_told_with_a_remedy)
{
	struct server s;
	size_t i;

	start(&s, "5");
	for (i = 0; i < LENGTH(checks); i++)
		script_keeps(&s, &checks[i]);
	server_logs(&s, "check id=1 client=127.0.0.1:");
	ck_assert_int_eq(script_ran_on(&s), 0);
	server_stop(&s);
}
END_TEST

#define POINTER "runtool: try 'runtool --check' with the same options\n"

static const struct promise pointers[] = {
    {"runtool -r " HARNESS_NAMED " /bin/none 2>&1 >/dev/null | tail -n 1", 0, POINTER, ""},
    {"runtool -r " HARNESS_NAMED " -e PATH=/none cc 2>&1 | tail -n 1", 0, POINTER, ""},
    {"runtool -r " HARNESS_NAMED " -w /none /bin/true 2>&1 | tail -n 1", 0, POINTER, ""},
    {"runtool -r 78 /bin/true 2>&1 | tail -n 1", 0, POINTER, ""},
    /* Not where there is something else. */
    {"runtool -r " HARNESS_NAMED " /tmp 2>&1 | grep -c check", 1, "0\n", ""},
    {"runtool -r " HARNESS_NAMED " /bin/sh -c 'exit 127'", 127, "", ""},
    {"runtool -r " HARNESS_NAMED " --check -w /none /bin/none 2>&1 | grep -c 'try '", 1, "0\n", ""},
};

START_TEST(errors_of_a_first_build_lead_there)
{
	struct server s;
	size_t i;

	start(&s, "5");
	for (i = 0; i < LENGTH(pointers); i++)
		script_keeps(&s, &pointers[i]);
	server_stop(&s);
}
END_TEST

START_TEST(an_older_server_cannot_and_that_is_said)
{
	struct server s;
	struct shown shown;

	start(&s, "4");
	shown = script_run(&s, "runtool --check /bin/sh");
	ck_assert_int_eq(shown.status, 1);
	ck_assert_contains(shown.err, "which has no check: ");
	server_stop(&s);
}
END_TEST

/* ---- directory here ------------------------------------------------------------------------- */

/* One more root in the policy of this room. */
static void
add_root(const char *block)
{
	FILE *f = fopen(harness_installed("etc/tool_launcher.conf"), "ae");

	ck_assert_ptr_nonnull(f);
	fprintf(f, "%s", block);
	ck_assert_int_eq(fclose(f), 0);
}

#define OWN "runtool -r own "

static const struct promise owns[] = {
    {"cd $tmp; [ $(" OWN "/bin/pwd) = $tmp ]", 0, "", ""},
    {"mkdir $tmp/sub; cd $tmp/sub; [ $(" OWN
     "/bin/pwd) = $tmp/sub ]; e=$?; rmdir $tmp/sub; exit $e",
	0, "", ""},
    {"cd $tmp; " OWN "--check >/dev/null", 0, "", ""},
    /* What is asked for counts all the same, also by the preferences. */
    {"cd $tmp; " OWN "-w /usr /bin/pwd; RUNTOOL_DIRECTORY=/usr/bin " OWN "/bin/pwd", 0,
	"/usr\n/usr/bin\n", ""},
    {"cd /etc; " OWN
     "-q /bin/pwd 2>&1 | grep -c \"Can't establish working directory /etc in root own\"",
	0, "1\n", ""},
    {"cd /etc; " OWN "--check | head -n 1", 0,
	"wrong: /etc is not in root own: its block has no line for it\n", ""},
    /* Other roots take no notice. */
    {"cd /etc; runtool -r " HARNESS_NAMED " /bin/pwd", 0, "/.WD\n", ""},
};

START_TEST(a_root_can_take_the_directory_of_its_client)
{
	const char *root = harness_in_root("");
	struct server s;
	size_t i;

	add_root(harness_text("root own\nbase tmpfs\nro %s/usr as /usr\nsymlink usr/bin /bin\n"
			      "symlink usr/lib /lib\nsymlink usr/lib64 /lib64\nrw %s\n"
			      "directory here\n",
	    root, harness_in_root("tmp")));
	start(&s, "5");
	for (i = 0; i < LENGTH(owns); i++)
		script_keeps(&s, &owns[i]);
	server_stop(&s);
}
END_TEST

Suite *
check_suite(void)
{
	Suite *suite = suite_create("check");
	TCase *tc = tcase_create("check");
	bool can = harness_can(MODE_NAMED) || harness_can(MODE_ROOTLESS_NAMED);
	const char *need = "root with CAP_SYS_ADMIN, or user namespaces";

	tcase_set_timeout(tc, 120);
	testing_from(tc, TESTING_QUICK);
	testing_add_if(tc, what_is_not_right_for_a_run_is_told_with_a_remedy, 0, 1, can, need);
	testing_from(tc, TESTING_CHECK);
	testing_add_if(tc, errors_of_a_first_build_lead_there, 0, 1, can, need);
	testing_add_if(tc, a_root_can_take_the_directory_of_its_client, 0, 1, can, need);
	testing_add_if(tc, an_older_server_cannot_and_that_is_said, 0, 1, can, need);
	suite_add_tcase(suite, tc);
	return (suite);
}
