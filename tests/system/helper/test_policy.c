/* tool_launcher.conf: whose it must be, and what it may say. */
#include <bsd/string.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "system/helper.h"
#include "system/suites.h"

/* One in place of etc. */
static const char *
policy_directory(const char *text, mode_t mode)
{
	const char *dir = harness_installed(harness_text("work/%s", harness_unique("etc")));

	ck_assert_int_eq(mkdir(dir, 0755), 0);
	if (text != NULL)
		ck_assert_int_eq(
		    rename(harness_file(text), harness_text("%s/tool_launcher.conf", dir)), 0);
	ck_assert_int_eq(chmod(dir, mode), 0);
	return (dir);
}

START_TEST(the_same_policy_elsewhere_is_as_good)
{
	struct call c = helper_under_policy(policy_directory(helper_usual_policy(), 0755));

	STATUS(&c, 7, "-err", "3", "-root", helper_root(), "-cmd", "/bin/sh", "-c", "exit 7");
}
END_TEST

START_TEST(a_policy_that_others_can_write_is_refused)
{
	static const mode_t modes[] = {0664, 0646, 0666};
	struct call c = helper_under_policy(harness_file(helper_usual_policy()));

	ck_assert_int_eq(chmod(helper_policy, modes[_i]), 0);
	REFUSED(&c, "-err", "3", "-root", helper_root());
}
END_TEST

START_TEST(a_policy_that_is_not_roots_is_refused)
{
	struct call c = helper_under_policy(harness_file(helper_usual_policy()));

	ck_assert_int_eq(chown(helper_policy, harness_user(), 0), 0);
	REFUSED(&c, "-err", "3", "-root", helper_root());
}
END_TEST

START_TEST(a_policy_in_a_directory_that_others_can_write_is_refused)
{
	static const mode_t modes[] = {0775, 0757, 01777};
	struct call c = helper_under_policy(policy_directory(helper_usual_policy(), modes[_i]));

	REFUSED(&c, "-err", "3", "-root", helper_root());
}
END_TEST

START_TEST(a_policy_in_somebodys_directory_is_refused)
{
	struct call c = helper_under_policy(policy_directory(helper_usual_policy(), 0755));

	ck_assert_int_eq(chown(helper_policy, harness_user(), 0), 0);
	REFUSED(&c, "-err", "3", "-root", helper_root());
}
END_TEST

START_TEST(a_missing_policy_is_a_refusal)
{
	struct call c = helper_under_policy(policy_directory(NULL, 0755));

	REFUSED(&c, "-err", "3", "-root", helper_root());
}
END_TEST

static const char *const bad_policies[] = {
    "",
    "# nothing\n",
    "caller %1$u\n",
    "roots %2$s\n",
    "caller no-such-user\nroots %2$s\n",
    "caller\nroots %2$s\n",
    "caller -1\nroots %2$s\n",
    "caller %1$ux\nroots %2$s\n",
    "caller 4294967295\nroots %2$s\n",
    "caller 65534\nroots %2$s\n",
    "caller %1$u\nroots\n",
    "caller %1$u\nroots /none\n",
    "caller %1$u\nroots roots\n",
    "caller %1$u\nroots %2$s\nallow everybody\n",
    "caller %1$u\nroots %2$s\ngroups no-such-group\n",
};

START_TEST(a_policy_that_does_not_permit_it_is_a_refusal)
{
	char text[8192] = "";
	const char *in = bad_policies[_i];
	struct call c;

	/* Written out here, as a format must be a literal. */
	while (*in != '\0') {
		const char *part = harness_text("%.1s", in);
		size_t taken = 1;

		if (strncmp(in, "%1$u", 4) == 0) {
			part = harness_text("%u", harness_user());
			taken = 4;
		} else if (strncmp(in, "%2$s", 4) == 0) {
			part = harness_installed("roots");
			taken = 4;
		}
		ck_assert_uint_lt(strlen(text) + strlen(part), sizeof(text));
		strlcat(text, part, sizeof(text));
		in += taken;
	}
	c = helper_under_policy(harness_file(text));
	REFUSED(&c, "-err", "3", "-root", helper_root());
}
END_TEST

START_TEST(a_policy_is_freely_laid_out)
{
	struct call c =
	    helper_under_policy(harness_file(harness_text("# who\n\n \tcaller\t %u  \n"
							  "\t# where\n  roots /none  %s\n"
							  "\troots /none/either\n",
		harness_user(), harness_installed("roots"))));

	STATUS(&c, 7, "-err", "3", "-root", helper_root(), "-cmd", "/bin/sh", "-c", "exit 7");
}
END_TEST

/* Those of another block would make the root a mount, in which no current directory lies. */
START_TEST(a_block_has_only_the_namespaces_that_it_needs)
{
	struct call c = helper_under_policy(harness_file(
	    harness_text("%svolatile\nnofile 50\nroot x\nbase tmpfs\n", helper_usual_policy())));

	STATUS(&c, 50, "-err", "3", "-root", helper_root(), "-cmd", "/bin/sh", "-c",
	    "exit $(ulimit -n)");
}
END_TEST

START_TEST(a_caller_may_be_named)
{
	struct call c = helper_under_policy(
	    harness_file(harness_text("caller nobody\nroots %s\n", harness_installed("roots"))));

	c.program.uid = 65534;
	c.program.gid = harness_user();
	STATUS(&c, 7, "-err", "3", "-root", helper_root(), "-cmd", "/bin/sh", "-c", "exit 7");
}
END_TEST

static const char *other_users; /* an /etc/passwd */

static void
put_users(void)
{
	helper_put_policy();
	if (mount(other_users, "/etc/passwd", NULL, MS_BIND, NULL) == -1)
		_exit(PROGRAM_NOT_RUN);
}

/* Without a password the fourth field, the group's number, is still not the user's. */
START_TEST(a_named_caller_without_a_password_is_the_right_one)
{
	uid_t uid = harness_user(), gid = harness_stranger();
	struct call right = helper_under_policy(harness_file(
			harness_text("caller runner\nroots %s\n", harness_installed("roots")))),
		    wrong = right;

	other_users = harness_file(harness_text("root::0:0:root:/root:/bin/sh\n\n"
						"runner::%u:%u::/:\n",
	    uid, gid));
	right.program.prepare = wrong.program.prepare = put_users;
	right.program.gid = wrong.program.gid = uid;
	wrong.program.uid = gid;
	STATUS(&right, 7, "-err", "3", "-root", helper_root(), "-cmd", "/bin/sh", "-c", "exit 7");
	REFUSED(&wrong, "-err", "3", "-root", helper_root());
}
END_TEST

/* One on a file system that does not answer would hang all tools: here, one that is an error. */
START_TEST(of_roots_only_the_one_that_is_meant_is_touched)
{
	const char *endless = harness_text("%s/endless", harness_installed("work"));
	const char *link = harness_installed(harness_text("work/%s", harness_unique("roots")));
	const char *path = harness_file(harness_text("caller %u\nroots %s /none %s/./\n",
	    harness_user(), endless, harness_installed("/roots")));
	struct call same = helper_under_policy(path), check = same, by_link = same;

	ck_assert_int_eq(symlink("endless", endless), 0);
	ck_assert_int_eq(symlink(harness_installed("roots"), link), 0);
	STATUS(&same, 7, "-err", "3", "-root", helper_root(), "-cmd", "/bin/sh", "-c", "exit 7");
	STATUS(&check, 0, "-check", "-err", "3", "-root", harness_installed("roots"));
	/* By another name it could be any of them. */
	STATUS(&by_link, LAUNCHER_BAD_ROOT, "-err", "3", "-root", harness_text("%s/00000001", link),
	    "-cmd", "/bin/true");
	ck_assert_contains(by_link.words, endless);
	ck_assert_int_eq(unlink(endless), 0);
	by_link = helper_under_policy(path);
	STATUS(&by_link, 7, "-err", "3", "-root", harness_text("%s/00000001", link), "-cmd",
	    "/bin/sh", "-c", "exit 7");
}
END_TEST

/* ---- the grammar */

/* What `-check` says about a policy: its exit status. */
static int
check(struct call *c)
{
	return (CALL(c, "-check", "-err", "3"));
}

static void
accepts(const char *text)
{
	struct call c = helper_under_policy(harness_file(text));

	ck_assert_msg(check(&c) == 0, "%.200s%s", text, helper_what(&c));
	program_free(&c.program);
}

/* The words are the path of the policy, the line, and what is wrong. */
static void
refuses(const char *text, int line, const char *why)
{
	struct call c = helper_under_policy(harness_file(text));

	ck_assert_msg(check(&c) == LAUNCHER_REFUSED, "%.200s%s", text, helper_what(&c));
	ck_assert_contains(c.words, harness_text("tool_launcher: %s:%d: ",
					harness_installed("etc/tool_launcher.conf"), line));
	ck_assert_contains(c.words, why);
	program_free(&c.program);
}

static const char *const words_of_roots[] = {"base tmpfs", "ro /usr", "rw /tmp", "symlink a /b",
    "hostname h", "handle 1", "ro-try /usr /none", "rw-try /tmp", "users", "tmpfs /t", "proc",
    "dev", "isolate none", "nofile 9", "nproc 9", "as 9", "fsize 9", "cpu 9", "core 9", "stack 9"};
#define NWORDS	   (sizeof(words_of_roots) / sizeof(words_of_roots[0]))
#define NAMED_ONLY 9 /* of them, the first */

static const char *
first_word(const char *line)
{
	return (harness_text("%.*s", (int)strcspn(line, " "), line));
}

START_TEST(every_word_has_its_place)
{
	static const char *const firsts[] = {"caller 1", "groups 1", "roots /x"};
	const char *usual = helper_usual_policy();

	for (size_t i = 0; i < NWORDS; i++) {
		const char *line = words_of_roots[i];
		const char *base = i == 0 ? "" : "base tmpfs\n";

		refuses(harness_text("%s%s\n", usual, line), 3, first_word(line));
		if (i < NAMED_ONLY)
			refuses(harness_text("%svolatile\n%s\n", usual, line), 4, first_word(line));
		else
			accepts(harness_text("%svolatile\n%s\n", usual, line));
		accepts(harness_text("%sroot r\n%s%s\n", usual, base, line));
	}
	for (size_t i = 0; i < 3; i++) {
		refuses(
		    harness_text("%svolatile\n%s\n", usual, firsts[i]), 4, first_word(firsts[i]));
		refuses(harness_text("%sroot r\nbase tmpfs\n%s\n", usual, firsts[i]), 5,
		    first_word(firsts[i]));
	}
}
END_TEST

START_TEST(every_word_is_followed_by_as_many_as_it_needs)
{
	static const char *const wrong[] = {"root", "root a b", "volatile x", "base", "base a b",
	    "ro", "rw", "ro-try", "rw-try", "users x", "symlink", "symlink a", "symlink a /b /c",
	    "tmpfs", "tmpfs /a 1M x", "proc /proc", "dev x", "hostname", "hostname a b", "isolate",
	    "handle", "handle 1 2", "nofile", "nofile 1 2", "nproc", "as", "fsize 1 K", "cpu",
	    "core", "caller", "caller 1 2", "groups", "roots"};
	static const char *const unknown[] = {
	    "Root r", "mount /x", "include /x", "r", "=", "\"ro\" /x"};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		refuses(harness_text("%sroot r\nbase tmpfs\n%s\n", helper_usual_policy(), wrong[i]),
		    5, first_word(wrong[i]));
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		refuses(
		    harness_text("%sroot r\nbase tmpfs\n%s\n", helper_usual_policy(), unknown[i]),
		    5, harness_text("unknown word %s", first_word(unknown[i])));
}
END_TEST

START_TEST(paths_are_absolute_and_not_the_hosts_root)
{
	static const char *const wrong[] = {"ro usr", "ro /", "ro /a b", "rw /a as b", "ro /a as",
	    "ro as /a", "ro /a as /", "ro ./a", "tmpfs tmp", "tmpfs /", "symlink a b",
	    "symlink /a /"};
	static const char *const bases[] = {"usr", "ramfs", "TMPFS", "."};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		refuses(harness_text("%sroot r\nbase tmpfs\n%s\n", helper_usual_policy(), wrong[i]),
		    5, "must be an absolute path");
	for (size_t i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
		struct call c = helper_under_policy(
		    helper_policy_file(harness_text("root r\nbase %s\nproc\n", bases[i])));

		ck_assert_msg(check(&c) == LAUNCHER_REFUSED, "%s: %s", bases[i], helper_what(&c));
		ck_assert_contains(c.words, "base");
		program_free(&c.program);
	}
}
END_TEST

START_TEST(numbers_are_numbers_that_fit)
{
	static const char *const wrong[] = {"-1", "+1", "1.5", "x", "1k", "1KK", "1T", "0x", "0xg",
	    "18446744073709551616", "17179869184G", "99999999999999999999999", "''"};
	static const char *const right[] = {
	    "0", "1K", "0x10", "0x1fM", "007", "17179869183G", "18446744073709551614"};
	static const char *const limits[] = {
	    "nofile", "nproc", "as", "fsize", "cpu", "core", "stack"};
	const char *usual = helper_usual_policy();

	for (size_t k = 0; k < sizeof(limits) / sizeof(limits[0]); k++) {
		for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
			refuses(harness_text("%svolatile\n%s %s\n", usual, limits[k], wrong[i]), 4,
			    wrong[i]);
		for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++)
			accepts(harness_text("%svolatile\n%s %s\n", usual, limits[k], right[i]));
	}
	accepts(harness_text("%sroot r\nbase tmpfs\nhandle 4294967295\n", usual));
	refuses(harness_text("%sroot r\nbase tmpfs\nhandle 4294967296\n", usual), 5, "4294967296");
	refuses(harness_text("%sroot r\nbase tmpfs\nisolate pid mnt\n", usual), 5, "mnt");
}
END_TEST

/* The line is the one in which the block begins. */
START_TEST(a_root_without_a_base_is_refused_wherever_it_ends)
{
	const char *usual = helper_usual_policy();

	refuses(harness_text("%sroot r\nproc\n", usual), 3, "root r");
	refuses(harness_text("%sroot r\nroot q\nbase tmpfs\n", usual), 3, "root r");
	refuses(harness_text("%sroot r\nvolatile\n", usual), 3, "root r");
	refuses(harness_text("%sroot r/s\nbase tmpfs\n", usual), 3, "root r/s");
}
END_TEST

/* Whether they are asked for or not. */
START_TEST(blocks_have_different_names_and_handles)
{
	const char *usual = helper_usual_policy();

	refuses(harness_text("%svolatile\nproc\nroot r\nbase tmpfs\nvolatile\ndev\n", usual), 7,
	    "line 3");
	refuses(harness_text("%sroot r\nbase tmpfs\nroot r\nbase tmpfs\n", usual), 5, "line 3");
	refuses(harness_text("%sroot r\nbase tmpfs\nhandle 17\nvolatile\nroot q\nbase tmpfs\n"
			     "handle 0x11\n",
		    usual),
	    7, "line 3");
	accepts(harness_text("%sroot r\nbase tmpfs\nhandle 0\nroot q\nbase tmpfs\n", usual));
}
END_TEST

/* As many, and one more: in one line and in several. What is mounted has different places. */
START_TEST(there_are_64_of_a_kind)
{
	const char *dir = harness_installed(harness_text("work/%s", harness_unique("many")));
	const struct {
		const char *line;
		bool in_block;
	} all[] = {{"groups 1", false}, {"roots /x", false}, {"tmpfs /x", true},
	    {harness_text("ro %s/", dir), true}, {"ro /usr as /y", true}, {"symlink a /x", true}};

	ck_assert_int_eq(mkdir(dir, 0755), 0);
	for (int i = 0; i <= 64; i++)
		ck_assert_int_eq(mkdir(harness_text("%s/%d", dir, i), 0755), 0);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		char text[16384] = "";
		int n, line = all[i].in_block ? 5 : 3;

		/* The usual policy has one directory of roots. */
		strlcat(text, helper_usual_policy(), sizeof(text));
		if (all[i].in_block)
			strlcat(text, "root r\nbase tmpfs\n", sizeof(text));
		for (n = strncmp(all[i].line, "roots", 5) == 0; n < 64; n++, line++)
			strlcat(text, harness_text("%s%d\n", all[i].line, n), sizeof(text));
		accepts(text);
		strlcat(text, harness_text("%s64\n", all[i].line), sizeof(text));
		refuses(text, line, "more than 64");
	}
}
END_TEST

START_TEST(there_are_64_blocks)
{
	const char *text = harness_text("%svolatile\n", helper_usual_policy());

	for (int i = 1; i < 64; i++)
		text = harness_text("%sroot r%d\nbase tmpfs\n", text, i);
	accepts(text);
	/* The line is the one that is too many, wherever the block and the file end. */
	refuses(harness_text("%sroot r64\nbase tmpfs\n", text), 130, "more than 64");
}
END_TEST

static const char *
repeated(const char *what, size_t n)
{
	size_t len = strlen(what) * n;
	char *text = harness_alloc(len + 1);

	for (size_t i = 0; i < len; i++)
		text[i] = what[i % strlen(what)];
	return (text);
}

START_TEST(lines_may_be_long_and_have_64_words)
{
	const char *usual = helper_usual_policy();

	accepts(harness_text("%s# %s\n", usual, harness_letters(200000)));
	accepts(harness_text("%s%s\n", usual, repeated(" \t", 60000)));
	accepts(harness_text("%sgroups%s\n", usual, repeated(" 1", 64)));
	refuses(harness_text("%sgroups%s\n", usual, repeated(" 1", 65)), 3, "groups");
	refuses(harness_text("%sgroups%s\n", usual, repeated(" 1", 60000)), 3, "groups");
	refuses(harness_text("%svolatile\nisolate%s\n", usual, repeated(" pid", 65)), 4, "isolate");
	accepts(harness_text("%svolatile\nisolate%s\n", usual, repeated(" pid", 64)));
	/* Words are cut, too, so that they fit into a pipe. */
	refuses(harness_text("%s%s\n", usual, harness_letters(200000)), 3, "unknown word xxx");
	refuses(harness_text("%sroots /%s\n", usual, harness_letters(4096)), 3, "/xxx");
	accepts(harness_text("%sroots /%s\n", usual, harness_letters(4094)));
	refuses(harness_text("%sroot %s\nproc\n", usual, harness_letters(200000)), 3, "root xxx");
}
END_TEST

START_TEST(comments_and_line_ends_are_free)
{
	const char *usual = helper_usual_policy();

	accepts(harness_text("%sroot r # a root\r\n  base\ttmpfs#on a tmpfs\r\n#proc x\r\n\r\n"
			     "proc\r\n",
	    usual));
	accepts(harness_text("%svolatile\nproc", usual));
	refuses(harness_text("%svolatile\nproc x", usual), 4, "proc");
	refuses(harness_text("%sroot # r\n", usual), 3, "root");
	/* Found by its name without what is around it. */
	helper_policy =
	    harness_file(harness_text("%sroot\tbox \r\nbase %s # here\r\n", usual, helper_root()));
	helper_in_box(HELPER_SETUID, "true");
}
END_TEST

START_TEST(a_zero_byte_ends_no_policy)
{
	const char *path = helper_policy_file("volatile\nproc\n?\nxyz 1\n");
	FILE *f = fopen(path, "r+e");
	struct call c = helper_under_policy(path);

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(
	    fseek(f, (long)strlen(harness_text("%svolatile\nproc\n", helper_usual_policy())),
		SEEK_SET),
	    0);
	ck_assert_int_eq(fputc('\0', f), 0);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_msg(check(&c) == LAUNCHER_REFUSED, "%s", helper_what(&c));
	ck_assert_contains(c.words, ":6: unknown word xyz");
	program_free(&c.program);
}
END_TEST

/* Also where links, repeated slashes and steps `.` are in the way; a link hides nothing. */
START_TEST(a_mount_that_hides_an_earlier_one_is_refused)
{
	static const char *const hiding[] = {"rw /tmp as /tmp/me\ntmpfs /tmp\n",
	    "ro /usr\nro /bin as /usr\n", "tmpfs /a//b/\ntmpfs /./a/./\n",
	    "symlink x /tmp/y\ntmpfs /tmp\n", "tmpfs /dev/x\ndev\n", "tmpfs /proc\nproc\n",
	    "ro /usr as /a /bin as /b /lib as /a\n"};
	static const char *const fine[] = {"tmpfs /tmp\nrw /tmp as /tmp/me\n",
	    "tmpfs /a\ntmpfs /ab\n", "tmpfs /a/b\ntmpfs /a/c\n", "dev\ntmpfs /dev/shm 1M\n",
	    "symlink a /b/c\nsymlink a /b/d\n"};
	const char *usual = helper_usual_policy();
	size_t i;

	for (i = 0; i < sizeof(hiding) / sizeof(hiding[0]); i++) {
		const char *second = strchr(hiding[i], '\n') + 1;

		refuses(harness_text("%sroot r\nbase tmpfs\n%s", usual, hiding[i]),
		    *second == '\0' ? 5 : 6, "of line 5");
	}
	refuses(harness_text("%svolatile\ntmpfs /tmp/x\nproc\ntmpfs /tmp\n", usual), 6,
	    "/tmp hides /tmp/x of line 4");
	for (i = 0; i < sizeof(fine) / sizeof(fine[0]); i++)
		accepts(harness_text("%sroot r\nbase tmpfs\n%s", usual, fine[i]));
}
END_TEST

/* ---- what -check finds without a tool */

static const struct {
	const char *lines, *words; /* of the blocks; what is said of them */
	int status;
} checked[] = {
    {"root a\nbase tmpfs\nro /none\nroot b\nbase tmpfs\nro /usr\ntmpfs /tmp 1X\n",
	"tool_launcher.conf:5: /none: No such file or directory (root a)\n"
	"tool_launcher: ",
	LAUNCHER_BAD_BLOCK},
    {"root b\nbase tmpfs\nro /usr\ntmpfs /tmp 1X\n",
	":6: /tmp: size 1X: Invalid argument (root b)\n", LAUNCHER_BAD_BLOCK},
    {"root a\nbase /none\n", ":3: base /none: No such file or directory (root a)\n",
	LAUNCHER_BAD_BLOCK},
    {"root a\nbase /usr\ntmpfs /no-such-place\n",
	":5: /no-such-place in the root: ", LAUNCHER_BAD_BLOCK},
    {"volatile\ntmpfs /tmp 1X\nproc\n", "Invalid argument (volatile)\n", LAUNCHER_BAD_BLOCK},
    {"volatile\nproc\ndev\ntmpfs /tmp\nroot a\nbase tmpfs\nro /usr\nproc\ndev\n", "", 0},
    {"root a\nbase tmpfs\nhostname "
     "0123456789012345678901234567890123456789012345678901234567890123456789\n",
	": Invalid argument (root a)\n", LAUNCHER_BAD_BLOCK},
};

/* By the caller, and by root, who sees what the caller would. */
START_TEST(the_check_tries_each_block)
{
	const char *policy = helper_policy_file(checked[_i].lines);
	uid_t users[] = {harness_user(), 0};

	for (size_t i = 0; i < 2; i++) {
		struct call c = helper_under_policy(policy);

		c.program.uid = users[i];
		c.program.gid = harness_user();
		STATUS(&c, checked[_i].status, "-check", "-err", "3");
		ck_assert_contains(c.words, checked[_i].words);
	}
}
END_TEST

START_TEST(the_check_by_root_has_the_callers_rights)
{
	const char *dir = harness_installed(harness_text("work/%s", harness_unique("closed")));
	struct call c;

	ck_assert_int_eq(mkdir(dir, 0700), 0);
	c = helper_under_policy(
	    helper_policy_file(harness_text("root a\nbase tmpfs\nro %s/. as /x\n", dir)));
	c.program.uid = 0;
	STATUS(&c, LAUNCHER_BAD_BLOCK, "-check", "-err", "3");
	ck_assert_contains(c.words, "Permission denied (root a)");
}
END_TEST

/* ---- at random */

#define MUTATIONS ((unsigned int)testing_times(200, 1500))

static unsigned int seed = 1;

static unsigned int
any(unsigned int n)
{
	seed = seed * 1103515245 + 12345;
	return ((seed >> 8) % n);
}

/* Some of what stands there becomes something else, goes, or comes twice. */
static size_t
mutate(char *text, size_t len, size_t size)
{
	static const char *const words[] = {" as ", "\n", "root x\n", "volatile\n", "tmpfs", "/",
	    "..", "#", "4294967296", "\"", "base tmpfs\n", "proc\n", "dev\n", "\r",
	    "isolate none\n", "handle 0\n", "/dev", "/proc", "ro ", "symlink . /"};
	unsigned int times = 1 + any(4);

	while (times-- > 0) {
		size_t at = any((unsigned int)len), n = 1 + any(20);
		const char *word = words[any(sizeof(words) / sizeof(words[0]))];

		n = n > len - at ? len - at : n;
		switch (any(4)) {
		case 0:
			text[at] = (char)any(256);
			break;
		case 1:
			memmove(text + at, text + at + n, len - at - n);
			len -= n;
			break;
		case 2:
			if (len + n > size)
				break;
			memmove(text + at + n, text + at, len - at);
			len += n;
			break;
		default:
			n = strlen(word);
			if (len + n > size)
				break;
			memmove(text + at + n, text + at, len - at);
			memcpy(text + at, word, n);
			len += n;
		}
		if (len == 0)
			return (0);
	}
	return (len);
}

/* Once for -check, which reads all, and once for launches, which assemble what is left. */
START_TEST(no_policy_crashes_the_launcher)
{
	const char *good = harness_text("%sgroups 1 2\nvolatile\nproc\ndev\ntmpfs /tmp 1M\n"
					"root other\nbase tmpfs\nhandle 0x11\nsymlink a /b\n"
					"root box\nbase tmpfs\nro %s/usr as /usr\nro /etc/passwd\n"
					"symlink usr/bin /bin\nsymlink usr/lib /lib\n"
					"symlink usr/lib64 /lib64\nisolate none\ndev\ntmpfs /x\n"
					"hostname h\n%s",
	    helper_usual_policy(), helper_root(),
	    _i % 2 == 0 ? "isolate uts\nnofile 9\nas 1G\nproc\n" : "");
	const char *path = harness_file(good);
	int statuses[PROGRAM_NOT_RUN + 1] = {0};

	seed = (unsigned int)_i + 1;
	helper_policy = path;
	helper_put_policy();
	for (unsigned int i = 0; i < MUTATIONS; i++) {
		char text[4096];
		struct call c = helper_by_user();
		int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC), status;
		size_t len = strlcpy(text, good, sizeof(text));

		len = mutate(text, len, sizeof(text));
		ck_assert_int_eq(write(fd, text, len), (ssize_t)len);
		close(fd);
		status = _i % 2 == 0 ? check(&c)
				     : CALL(&c, "-err", "3", "-root", "box", "-wd", "/", "-cmd",
					   "/bin/true");
		ck_assert_msg(status >= 0 && status <= LAUNCHER_BAD_BLOCK, "status %d of %.*s: %s",
		    status, (int)len, text, helper_what(&c));
		ck_assert_msg((status == 0) == (*c.words == '\0'), "status %d of %.*s: %s", status,
		    (int)len, text, helper_what(&c));
		statuses[status]++;
		program_free(&c.program);
	}
	/* Neither too wild nor too tame. */
	ck_assert_uint_gt(statuses[0], MUTATIONS / 50);
	ck_assert_uint_gt(statuses[LAUNCHER_REFUSED], MUTATIONS / 20);
}
END_TEST

Suite *
policy_suite(void)
{
	Suite *suite = suite_create("policy");
	TCase *tc = tcase_create("file");
	tcase_set_timeout(tc, 60);
	testing_from(tc, TESTING_QUICK);
	harness_add_mounts_loop(tc, a_policy_that_others_can_write_is_refused, 0, 3);
	harness_add_mounts_loop(tc, a_policy_that_does_not_permit_it_is_a_refusal, 0,
	    (int)(sizeof(bad_policies) / sizeof(bad_policies[0])));
	harness_add_mounts(tc, a_policy_is_freely_laid_out);
	testing_from(tc, TESTING_CHECK);
	harness_add_mounts(tc, the_same_policy_elsewhere_is_as_good);
	harness_add_mounts(tc, a_policy_that_is_not_roots_is_refused);
	harness_add_mounts_loop(tc, a_policy_in_a_directory_that_others_can_write_is_refused, 0, 3);
	harness_add_mounts(tc, a_policy_in_somebodys_directory_is_refused);
	harness_add_mounts(tc, a_missing_policy_is_a_refusal);
	harness_add_mounts(tc, a_block_has_only_the_namespaces_that_it_needs);
	harness_add_mounts(tc, a_caller_may_be_named);
	harness_add_mounts(tc, a_named_caller_without_a_password_is_the_right_one);
	harness_add_mounts(tc, of_roots_only_the_one_that_is_meant_is_touched);
	suite_add_tcase(suite, tc);

	tc = tcase_create("grammar");
	tcase_set_timeout(tc, 60);
	testing_from(tc, TESTING_QUICK);
	harness_add_mounts(tc, paths_are_absolute_and_not_the_hosts_root);
	testing_from(tc, TESTING_CHECK);
	harness_add_mounts(tc, every_word_has_its_place);
	harness_add_mounts(tc, every_word_is_followed_by_as_many_as_it_needs);
	harness_add_mounts(tc, numbers_are_numbers_that_fit);
	harness_add_mounts(tc, a_root_without_a_base_is_refused_wherever_it_ends);
	harness_add_mounts(tc, blocks_have_different_names_and_handles);
	harness_add_mounts(tc, there_are_64_of_a_kind);
	harness_add_mounts(tc, there_are_64_blocks);
	harness_add_mounts(tc, lines_may_be_long_and_have_64_words);
	harness_add_mounts(tc, comments_and_line_ends_are_free);
	harness_add_mounts(tc, a_zero_byte_ends_no_policy);
	harness_add_mounts(tc, a_mount_that_hides_an_earlier_one_is_refused);
	harness_add_mounts_loop(
	    tc, the_check_tries_each_block, 0, (int)(sizeof(checked) / sizeof(checked[0])));
	harness_add_mounts(tc, the_check_by_root_has_the_callers_rights);
	harness_add_mounts_loop(tc, no_policy_crashes_the_launcher, 0, 2);
	suite_add_tcase(suite, tc);
	return (suite);
}
