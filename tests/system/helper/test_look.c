/* tool_launcher -look: what a tool would find, told in its place. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "system/helper.h"
#include "system/suites.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* What -look says in the box, with this exit status. */
static const char *
look(int kind, int status, const char *directory, const char *path, const char *tool)
{
	struct launch l = helper_launch((enum helper_kind)kind);

	return (OUTPUT(&l, status, "-look", "-path", "-root", "box", "-wd", directory, "-env", path,
	    "-cmd", tool, "-x"));
}

/* A new directory of the host, with this mode and, if we are root, of root's. */
static const char *
host_directory(mode_t mode)
{
	const char *dir = harness_installed(harness_text("work/%s", harness_unique("host")));

	ck_assert_int_eq(mkdir(dir, 0700), 0);
	ck_assert_int_eq(chmod(dir, mode), 0);
	return (dir);
}

static void
box(void)
{
	helper_box(harness_text("rw %s as /src\nro %s as /ro\ntmpfs /tmp\nsymlink src /.WD\n"
				"symlink none /gone\nro %s as /shut\nrw %s as /mine\n",
	    host_directory(0777), host_directory(0777), host_directory(0000),
	    host_directory(0555)));
}
#define LINE(n) (HELPER_BOX_LINE + (n))

/* ---- the working directory ------------------------------------------------------------------ */

START_TEST(a_directory_that_can_be_written_is_fine)
{
	static const char *const good[] = {"/src", "src", "/.WD", "/tmp", "//src/"};
	size_t i;

	box();
	for (i = 0; i < LENGTH(good); i++)
		ck_assert_str_eq(look(_i, 0, good[i], "PATH=/bin", ""),
		    harness_text("ok: /%s is in root box, and writable for tool\n",
			good[i] + strspn(good[i], "/")));
}
END_TEST

START_TEST(what_is_wrong_with_a_directory_is_said_with_its_line)
{
	const char *said;

	box();
	ck_assert_str_eq(look(_i, LAUNCHER_LOOK_NO_DIRECTORY, "/home/me/lua", "PATH=/bin", ""),
	    harness_text(
		"wrong: /home/me/lua is not in root box: its block has no line for it\n"
		"  say `rw /home/me/lua`, or a directory above it, in `root box`, %s:%d on "
		"the server's host\n",
		harness_installed("etc/tool_launcher.conf"), LINE(-6)));
	said = look(_i, LAUNCHER_LOOK_NO_DIRECTORY, "/src/lua/sub", "PATH=/bin", "");
	ck_assert_contains(
	    said, harness_text("wrong: /src/lua/sub is not in root box: line %d shows ", LINE(0)));
	ck_assert_contains(said, "/lua/sub\n");
	ck_assert_contains(look(_i, LAUNCHER_LOOK_NO_DIRECTORY, "/tmp/x", "PATH=/bin", ""),
	    harness_text("wrong: /tmp/x is not in root box: line %d makes /tmp, empty\n", LINE(2)));
	ck_assert_contains(look(_i, LAUNCHER_LOOK_NO_DIRECTORY, "/gone", "PATH=/bin", ""),
	    harness_text(
		"wrong: /gone is not in root box: line %d links /gone to none\n", LINE(4)));
	ck_assert_contains(look(_i, LAUNCHER_LOOK_NO_DIRECTORY, "../..", "PATH=/bin", ""),
	    "wrong: /../.. leads out of root box\n");
	ck_assert_contains(look(_i, LAUNCHER_LOOK_READ_ONLY, "/ro", "PATH=/bin", ""),
	    harness_text("wrong: /ro is not writable for tool: line %d shows ", LINE(1)));
	ck_assert_contains(look(_i, LAUNCHER_LOOK_READ_ONLY, "/", "PATH=/bin", ""),
	    "wrong: / is not writable for tool: root box is read-only there\n");
}
END_TEST

START_TEST(what_the_user_may_not_is_said_with_owner_and_mode)
{
	const char *said;

	box();
	said = look(_i, LAUNCHER_LOOK_READ_ONLY, "/mine", "PATH=/bin", "");
	ck_assert_contains(said, "wrong: /mine is not writable for tool: uid ");
	ck_assert_contains(said, " mode 0555\n");
	ck_assert_contains(said, harness_text("let uid %u write there: setfacl -m u:%u:rwx\n",
				     harness_user(), harness_user()));
	ck_assert_contains(look(_i, LAUNCHER_LOOK_NO_DIRECTORY, "/shut/x", "PATH=/bin", ""),
	    "wrong: /shut/x cannot be entered by tool: Permission denied\n");
}
END_TEST

/* In a root with `directory here` it is the client's own. */
START_TEST(the_clients_own_directory_counts_where_the_block_says_so)
{
	const char *lines = harness_text("rw %s as /src\n", host_directory(0777)), *words;
	struct launch l;
	int here;

	for (here = 0; here < 2; here++) {
		helper_box(harness_text("%s%s", lines, here ? "directory here\n" : ""));
		l = helper_launch((enum helper_kind)_i);
		ck_assert_str_eq(OUTPUT(&l, 0, "-root", "box", "-own", "/src", "-wd", "/usr",
				     "-cmd", "/bin/pwd"),
		    here ? "/src\n" : "/usr\n");
		/* Without one it is as ever. */
		l = helper_launch((enum helper_kind)_i);
		ck_assert_str_eq(
		    OUTPUT(&l, 0, "-root", "box", "-wd", "/usr", "-cmd", "/bin/pwd"), "/usr\n");
	}
	l = helper_launch((enum helper_kind)_i);
	words = FAILURE(&l, LAUNCHER_NO_OWN, "-root", "box", "-own", "/home/me", "-wd", "/usr",
	    "-cmd", "/bin/pwd");
	ck_assert_contains(words,
	    "working directory /home/me, the client's own, since the root has "
	    "`directory here`: No such file");
	l = helper_launch((enum helper_kind)_i);
	FAILURE(&l, LAUNCHER_OUTSIDE, "-root", "box", "-own", "/src/../..", "-wd", "/usr", "-cmd",
	    "/bin/pwd");
	l = helper_launch((enum helper_kind)_i);
	ck_assert_contains(OUTPUT(&l, LAUNCHER_LOOK_NO_DIRECTORY, "-look", "-root", "box", "-own",
			       "/home/me", "-wd", "/usr", "-cmd", ""),
	    "wrong: /home/me is not in root box: ");
}
END_TEST

/* ---- the command ---------------------------------------------------------------------------- */

START_TEST(a_command_is_looked_up_as_for_a_run)
{
	static const struct {
		const char *path, *tool, *words;
		int status;
	} commands[] = {
	    {"PATH=/none:/bin", "sh", "ok: sh is /bin/sh in root box\n", 0},
	    {"PATH=/bin", "/usr/bin/sh", "ok: /usr/bin/sh is /usr/bin/sh in root box\n", 0},
	    {"A=1", "sh", "ok: sh is /bin/sh in root box\n", 0},
	    {"PATH=/none", "sh",
		"wrong: sh cannot be executed in root box: No such file or directory\n"
		"  It is not in its PATH, /none\n"
		"  the root has to have it, and its environment a PATH that leads to it\n",
		LAUNCHER_LOOK_NO_COMMAND},
	    {"PATH=/bin", "/bin/none",
		"wrong: /bin/none cannot be executed in root box: No such file or directory\n"
		"  the root has to have it\n",
		LAUNCHER_LOOK_NO_COMMAND},
	    {"PATH=/bin", "/src", "wrong: /src cannot be executed in root box: Permission denied\n",
		LAUNCHER_LOOK_NO_COMMAND},
	    {"PATH=/", "src",
		"wrong: src cannot be executed in root box: Permission denied\n  It is //src\n",
		LAUNCHER_LOOK_NO_COMMAND},
	};
	size_t i;

	box();
	for (i = 0; i < LENGTH(commands); i++)
		ck_assert_str_eq(
		    look(_i, commands[i].status, "/src", commands[i].path, commands[i].tool),
		    harness_text(
			"ok: /src is in root box, and writable for tool\n%s", commands[i].words));
}
END_TEST

static void
put(const char *dir, const char *name, const char *text)
{
	const char *path = harness_text("%s/%s", dir, name);

	ck_assert_int_eq(rename(harness_file(text), path), 0);
	ck_assert_int_eq(chmod(path, 0755), 0);
}

START_TEST(what_a_program_needs_is_looked_up_too)
{
	const char *dir = host_directory(0777);

	helper_box(harness_text("rw %s as /src\n", dir));
	put(dir, "good", "#! /bin/sh -e\n");
	put(dir, "bad", "#!/none/perl -w\n");
	put(dir, "plain", "echo x\n");
	put(dir, "short", "");
	ck_assert_contains(look(_i, 0, "/src", "PATH=/src", "good"), "ok: good is /src/good in");
	ck_assert_contains(look(_i, 0, "/src", "PATH=/src", "plain"), "ok: plain is /src/plain in");
	ck_assert_contains(look(_i, 0, "/src", "PATH=/src", "short"), "ok: short is /src/short in");
	ck_assert_contains(look(_i, LAUNCHER_LOOK_NO_COMMAND, "/src", "PATH=/src", "bad"),
	    "wrong: bad is /src/bad, which needs /none/perl: No such file or directory\n");
	/* A program, whose loader the root lacks. */
	helper_policy = helper_policy_file(harness_text(
	    "root box\nbase tmpfs\nrw %s as /src\nro %s/usr/bin as /bin\n", dir, helper_root()));
	ck_assert_contains(look(_i, LAUNCHER_LOOK_NO_COMMAND, "/src", "PATH=/bin", "sh"),
	    "wrong: sh is /bin/sh, which needs /lib");
}
END_TEST

/* Both are said, and nothing is executed. */
START_TEST(all_that_is_wrong_is_said_and_nothing_runs)
{
	const char *dir = host_directory(0777), *said;

	helper_box(harness_text("rw %s as /src\n", dir));
	put(dir, "tool", "#!/bin/sh\necho ran >/src/ran\n");
	said = look(_i, LAUNCHER_LOOK_NO_DIRECTORY | LAUNCHER_LOOK_NO_COMMAND, "/x", "PATH=/", "y");
	ck_assert_contains(said, "wrong: /x is not in root box: ");
	ck_assert_contains(said, "wrong: y cannot be executed in root box: ");
	look(_i, 0, "/src", "PATH=/bin", "/src/tool");
	ck_assert_int_eq(access(harness_text("%s/ran", dir), F_OK), -1);
}
END_TEST

Suite *
look_suite(void)
{
	Suite *suite = suite_create("look");
	TCase *tc = tcase_create("look");

	tcase_set_timeout(tc, 60);
	helper_add_kinds(tc, a_directory_that_can_be_written_is_fine);
	helper_add_kinds(tc, what_is_wrong_with_a_directory_is_said_with_its_line);
	helper_add_kinds_by_root(tc, what_the_user_may_not_is_said_with_owner_and_mode);
	helper_add_kinds(tc, the_clients_own_directory_counts_where_the_block_says_so);
	helper_add_kinds(tc, a_command_is_looked_up_as_for_a_run);
	helper_add_kinds(tc, what_a_program_needs_is_looked_up_too);
	helper_add_kinds(tc, all_that_is_wrong_is_said_and_nothing_runs);
	suite_add_tcase(suite, tc);
	return (suite);
}
