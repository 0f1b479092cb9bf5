/* What the tool finds in a named root, and what a block `volatile` adds to a volatile one. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "system/helper.h"
#include "system/suites.h"

#define READ_ONLY "Read-only file system"

/* A new directory of the host with a file `file` that says `outside`; anybody may write there. */
static const char *
host_directory(void)
{
	const char *dir = harness_installed(harness_text("work/%s", harness_unique("host")));

	ck_assert_int_eq(mkdir(dir, 0755), 0);
	ck_assert_int_eq(chmod(dir, 01777), 0);
	ck_assert_int_eq(rename(harness_file("outside\n"), harness_text("%s/file", dir)), 0);
	ck_assert_int_eq(chmod(harness_text("%s/file", dir), 0666), 0);
	return (dir);
}

static const char *
contents(const char *path)
{
	char text[256];
	ssize_t n;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	ck_assert_msg(fd != -1, "%s: %s", path, strerror(errno));
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	ck_assert_int_ge(n, 0);
	return (harness_text("%.*s", (int)n, text));
}

/* The launcher says which line of the policy it could not follow. */
static void
no_box_at_line(enum helper_kind kind, int n, const char *why)
{
	const char *words = helper_no_box(kind, LAUNCHER_NO_MOUNT);

	ck_assert_contains(words, harness_text("tool_launcher.conf:%d: ", HELPER_BOX_LINE + n));
	ck_assert_contains(words, why);
}

/* ---- bases */

START_TEST(a_root_on_a_tmpfs_has_what_its_block_says_and_nothing_else)
{
	const char *dir = host_directory();

	helper_box(harness_text("ro %s as /data\ntmpfs /tmp\n", dir));
	ck_assert_str_eq(helper_in_box((enum helper_kind)_i, "ls -A /; ls -A /data /tmp"),
	    "bin\ndata\nlib\nlib64\ntmp\nusr\n/data:\nfile\n\n/tmp:\n");
}
END_TEST

START_TEST(a_root_on_a_tmpfs_is_read_only_itself)
{
	helper_box("dev\ntmpfs /a/b\n");
	ck_assert_str_eq(
	    helper_in_box((enum helper_kind)_i, "exec 2>&1; for d in / /a/ /usr/ /dev/ /dev/null/; "
						"do mkdir ${d}new; touch ${d}new; done; rm /bin; "
						"mv /a /c; touch /a/b/works; true"),
	    "mkdir: cannot create directory '/new': " READ_ONLY "\n"
	    "touch: cannot touch '/new': " READ_ONLY "\n"
	    "mkdir: cannot create directory '/a/new': " READ_ONLY "\n"
	    "touch: cannot touch '/a/new': " READ_ONLY "\n"
	    "mkdir: cannot create directory '/usr/new': " READ_ONLY "\n"
	    "touch: cannot touch '/usr/new': " READ_ONLY "\n"
	    "mkdir: cannot create directory '/dev/new': " READ_ONLY "\n"
	    "touch: cannot touch '/dev/new': " READ_ONLY "\n"
	    "mkdir: cannot create directory '/dev/null/new': Not a directory\n"
	    "touch: cannot touch '/dev/null/new': Not a directory\n"
	    "rm: cannot remove '/bin': " READ_ONLY "\n"
	    "mv: cannot move '/a' to '/c': " READ_ONLY "\n");
}
END_TEST

/* Root 1 as it is, or with a few lines more. */
static void
based_on_root_1(const char *lines)
{
	helper_policy =
	    helper_policy_file(harness_text("root box\nbase %s\n%s", helper_root(), lines));
}

START_TEST(a_root_on_a_directory_shows_it_read_only)
{
	based_on_root_1("tmpfs /tmp\n");
	ck_assert_str_eq(helper_in_box((enum helper_kind)_i,
			     "exec 2>&1; touch /etc/new /.WD/new; ls /etc/passwd; touch /tmp/new; "
			     "ls /tmp"),
	    "touch: cannot touch '/etc/new': " READ_ONLY "\n"
	    "touch: cannot touch '/.WD/new': " READ_ONLY "\n"
	    "/etc/passwd\nnew\n");
	ck_assert_int_eq(access(harness_in_root("tmp/new"), F_OK), -1);
}
END_TEST

START_TEST(a_base_may_be_the_hosts_root)
{
	helper_policy = helper_policy_file("root box\nbase /\ntmpfs /tmp\n");
	ck_assert_str_eq(helper_in_box((enum helper_kind)_i,
			     "exec 2>&1; ls -d /usr; touch /tmp/x; touch /var/tmp/x; ls /tmp"),
	    "/usr\ntouch: cannot touch '/var/tmp/x': " READ_ONLY "\nx\n");
}
END_TEST

/* The lines of the usual policy, of the block's beginning, and then the one at fault. */
START_TEST(a_place_that_a_base_directory_lacks_is_status_16)
{
	static const char *const lines[] = {"tmpfs /none/at/all\n", "ro /etc/passwd as /none\n"};

	for (size_t i = 0; i < 2; i++) {
		const char *words;

		based_on_root_1(lines[i]);
		words = helper_no_box((enum helper_kind)_i, LAUNCHER_NO_MOUNT);
		ck_assert_contains(words, "tool_launcher.conf:5: /none");
		ck_assert_contains(words, "No such file or directory");
		ck_assert_int_eq(access(harness_in_root("none"), F_OK), -1);
	}
}
END_TEST

START_TEST(a_place_in_a_tmpfs_of_a_base_directory_is_made)
{
	const char *dir = host_directory();

	based_on_root_1(harness_text(
	    "tmpfs /tmp\nro %s as /tmp/a/b %s/file as /tmp/c/file\nsymlink a /tmp/d\n", dir, dir));
	ck_assert_str_eq(helper_in_box((enum helper_kind)_i, "ls /tmp /tmp/d/b; cat /tmp/c/file"),
	    "/tmp:\na\nc\nd\n\n/tmp/d/b:\nfile\noutside\n");
	ck_assert_int_eq(access(harness_in_root("tmp/a"), F_OK), -1);
}
END_TEST

START_TEST(a_base_that_is_missing_or_a_file_is_status_16)
{
	const char *const bases[] = {harness_installed("none"), harness_file("text")};

	for (size_t i = 0; i < 2; i++) {
		helper_policy = helper_policy_file(harness_text("root box\nbase %s\n", bases[i]));
		ck_assert_contains(
		    helper_no_box((enum helper_kind)_i, LAUNCHER_NO_MOUNT), bases[i]);
	}
}
END_TEST

/* ---- ro and rw */

START_TEST(sources_appear_under_their_own_names_or_others)
{
	const char *a = host_directory(), *b = host_directory(), *c = host_directory();

	helper_box(harness_text("ro %s %s as /deep/down/there %s/file\n", a, b, c));
	ck_assert_str_eq(
	    helper_in_box((enum helper_kind)_i,
		harness_text(
		    "cat %s/file /deep/down/there/file %s/file; ls -A /deep; ls -A %s", a, c, c)),
	    "outside\noutside\noutside\ndown\nfile\n");
}
END_TEST

START_TEST(ro_cannot_be_written_and_rw_can)
{
	const char *a = host_directory(), *b = host_directory();

	helper_box(harness_text(
	    "dev\nro %s as /a %s/file as /af\nrw %s as /b %s/file as /bf\n", a, a, b, b));
	ck_assert_str_eq(
	    helper_in_box((enum helper_kind)_i,
		"exec 2>&1; for x in a b; do touch /$x/new; (echo inside >/$x/file) 2>/dev/null || "
		"echo no; (echo inside >>/${x}f) 2>/dev/null || echo no; done; cat /b/file"),
	    "touch: cannot touch '/a/new': " READ_ONLY "\nno\nno\ninside\ninside\n");
	ck_assert_str_eq(contents(harness_text("%s/file", a)), "outside\n");
	ck_assert_str_eq(contents(harness_text("%s/file", b)), "inside\ninside\n");
	ck_assert_int_eq(access(harness_text("%s/new", a), F_OK), -1);
	ck_assert_int_eq(access(harness_text("%s/new", b), F_OK), 0);
}
END_TEST

/* As on Debian, where /bin and /lib lead to /usr. */
START_TEST(sources_that_are_links_show_what_they_lead_to)
{
	const char *dir = host_directory(), *to_dir = harness_text("%s-link", dir),
		   *to_file = harness_text("%s/link", dir);

	ck_assert_int_eq(symlink(dir, to_dir), 0);
	ck_assert_int_eq(symlink("file", to_file), 0);
	helper_box(harness_text("ro %s as /d %s as /f /bin as /hosts\n", to_dir, to_file));
	ck_assert_str_eq(
	    helper_in_box((enum helper_kind)_i, "stat -c '%n: %F' /d /f /hosts; cat /d/file /f; "
						"ls /hosts/sh"),
	    "/d: directory\n/f: regular file\n/hosts: directory\noutside\noutside\n/hosts/sh\n");
}
END_TEST

static const char *below; /* a directory to mount a file system on, which anybody may write */

static void
mount_below(void)
{
	if (mount("tmpfs", below, "tmpfs", 0, "mode=1777") == -1 ||
	    mknod(harness_text("%s/node", below), S_IFCHR | 0666, makedev(1, 3)) == -1 ||
	    chmod(harness_text("%s/node", below), 0666) == -1)
		_exit(PROGRAM_NOT_RUN);
}

START_TEST(what_is_mounted_below_a_source_comes_along_with_its_restrictions)
{
	const char *dir = host_directory();

	below = harness_text("%s/sub", dir);
	ck_assert_int_eq(mkdir(below, 0755), 0);
	helper_prepare = mount_below;
	helper_box(harness_text("ro %s as /a\nrw %s as /b\n", dir, dir));
	ck_assert_str_eq(
	    helper_in_box((enum helper_kind)_i,
		"exec 2>&1; touch /a/sub/new; touch /b/sub/new && ls /a/sub; cat /a/sub/node; "
		"cat /b/sub/node; true"),
	    "touch: cannot touch '/a/sub/new': " READ_ONLY "\nnew\nnode\n"
	    "cat: /a/sub/node: Permission denied\ncat: /b/sub/node: Permission denied\n");
}
END_TEST

START_TEST(a_source_that_is_missing_is_status_16)
{
	helper_box("tmpfs /tmp\nro /none\n");
	no_box_at_line((enum helper_kind)_i, 1, "/none: No such file or directory");
}
END_TEST

/* As the caller: what it may not read is not shown either. */
START_TEST(a_source_below_a_closed_directory_is_status_16)
{
	const char *dir = host_directory();

	ck_assert_int_eq(chmod(dir, 0700), 0);
	helper_box(harness_text("ro %s/file as /f\n", dir));
	no_box_at_line((enum helper_kind)_i, 0, "Permission denied");
}
END_TEST

START_TEST(what_may_be_missing_is_left_out)
{
	const char *dir = host_directory();

	helper_box(harness_text("ro-try /none %s/file as /f /none as /x/y\n"
				"rw-try %s as /d /none/either\n",
	    dir, dir));
	ck_assert_str_eq(helper_in_box((enum helper_kind)_i,
			     "exec 2>&1; ls -A /; cat /f; touch /f; touch /d/new && ls /d"),
	    "bin\nd\nf\nlib\nlib64\nusr\noutside\n"
	    "touch: cannot touch '/f': " READ_ONLY "\nfile\nnew\n");
}
END_TEST

START_TEST(what_may_be_missing_is_an_error_if_it_is_closed)
{
	const char *dir = host_directory();

	ck_assert_int_eq(chmod(dir, 0700), 0);
	helper_box(harness_text("ro-try %s/file as /f\n", dir));
	no_box_at_line((enum helper_kind)_i, 0, "Permission denied");
}
END_TEST

/* ---- users */

#define TOOLS_PASSWD "root:x:0:0:root:/:/bin/sh\n%s:x:%u:%u::/:/bin/sh\nnobody:x:65534:65534:"
#define TOOLS_GROUP  "root:x:0:\n%s:x:%u:\nnogroup:x:65534:\n"

START_TEST(users_are_the_tools_own)
{
	static const char script[] =
	    "cat /etc/passwd /etc/group; exec 2>&1; "
	    "for f in passwd group; do echo x >>/etc/$f; done; ls -A / /etc";
	unsigned int id = harness_user();
	const char *out;

	helper_box("users\n");
	out = helper_in_box((enum helper_kind)_i, script);
	ck_assert_contains(out, harness_text(TOOLS_PASSWD, "tool", id, id));
	ck_assert_contains(out, harness_text(TOOLS_GROUP, "tool", id));
	ck_assert_contains(out,
	    "/etc/passwd: " READ_ONLY "\n/bin/sh: 1: cannot create /etc/group: " READ_ONLY "\n"
	    "/:\nbin\netc\nlib\nlib64\nusr\n\n/etc:\ngroup\npasswd\n");
}
END_TEST

/* Over the base's own, which stay as they are. */
START_TEST(users_hide_those_of_a_base_directory)
{
	const char *before = contents(harness_in_root("etc/passwd"));
	unsigned int id = harness_user();

	helper_policy = helper_policy_file(
	    harness_text("root box\nbase tmpfs\nro %s/usr as /usr %s/etc as /etc\nusers\n"
			 "symlink usr/bin /bin\nsymlink usr/lib /lib\nsymlink usr/lib64 /lib64\n",
		helper_root(), helper_root()));
	ck_assert_int_eq(system(harness_text("touch '%s'", harness_in_root("etc/group"))), 0);
	ck_assert_contains(helper_in_box((enum helper_kind)_i, "cat /etc/passwd"),
	    harness_text(TOOLS_PASSWD, "tool", id, id));
	ck_assert_str_eq(contents(harness_in_root("etc/passwd")), before);
}
END_TEST

/* ---- places */

START_TEST(no_link_or_dots_lead_to_a_place)
{
	static const char *const lines[] = {
	    "symlink usr /to\ntmpfs /to/x\n",
	    "symlink nowhere /to\ntmpfs /to/x\n",
	    "symlink /usr /to\nro /etc/passwd as /to/x\n",
	    "symlink usr /to\nro /usr as /to\n",
	    "symlink nowhere /to\nro /etc/passwd as /to\n",
	    "tmpfs /a\ntmpfs /a/../b\n",
	    "tmpfs /a\nro /etc as /../etc\n",
	    "tmpfs /a\nsymlink /etc /../../etc\n",
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		helper_box(lines[i]);
		no_box_at_line((enum helper_kind)_i, 1, " in the root: ");
	}
}
END_TEST

/* A base may be the tools' own to write: a link there must not choose what is mounted over. */
START_TEST(a_link_in_a_base_directory_is_not_followed)
{
	const char *dir = host_directory();

	ck_assert_int_eq(mkdir(harness_text("%s/real", dir), 0755), 0);
	ck_assert_int_eq(symlink("real", harness_text("%s/link", dir)), 0);
	helper_policy = helper_policy_file(harness_text("root box\nbase %s\ntmpfs /link\n", dir));
	ck_assert_contains(helper_no_box((enum helper_kind)_i, LAUNCHER_NO_MOUNT),
	    "tool_launcher.conf:5: /link in the root: ");
}
END_TEST

/* A directory over a file, and the other way round; a link where something is. */
START_TEST(a_place_of_the_wrong_kind_is_status_16)
{
	static const char *const lines[] = {"ro /etc as /x\ntmpfs /x/passwd\n",
	    "ro /etc as /x\nro /etc/passwd as /x/init.d\n", "ro /etc/passwd as /x\ntmpfs /x/y\n",
	    "tmpfs /x\nsymlink y /x\n"};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		helper_box(lines[i]);
		no_box_at_line((enum helper_kind)_i, 1, "/x");
	}
}
END_TEST

/* Where the tool may write, the place of a mount is made as the tool would make it, and stays. */
START_TEST(a_place_in_an_rw_is_made_there_and_in_an_ro_missed)
{
	const char *dir = host_directory();

	helper_box(harness_text("ro %s as /r\ntmpfs /r/new\n", dir));
	no_box_at_line((enum helper_kind)_i, 1, "/r/new");
	ck_assert_int_eq(access(harness_text("%s/new", dir), F_OK), -1);
	helper_box(harness_text("rw %s as /w\ntmpfs /w/new\n", dir));
	ck_assert_str_eq(helper_in_box((enum helper_kind)_i, "touch /w/new/x; ls /w/new"), "x\n");
	ck_assert_int_eq(rmdir(harness_text("%s/new", dir)), 0);
}
END_TEST

/* ---- tmpfs, symlink, hostname */

START_TEST(a_tmpfs_is_anybodys_and_as_large_as_it_says)
{
	helper_box("tmpfs /small 1M\ntmpfs /large\n");
	ck_assert_str_eq(
	    helper_in_box((enum helper_kind)_i,
		"stat -c '%n %a' /small /large; yes | head -c 1048576 >/small/fits && echo fits; "
		"rm /small/fits; (yes | head -c 1052672 2>&- >/small/more) || "
		"stat -c %s /small/more; yes | head -c 4000000 >/large/more && echo fits"),
	    "/small 1777\n/large 1777\nfits\n1048576\nfits\n");
}
END_TEST

START_TEST(a_bad_size_is_status_16)
{
	static const char *const sizes[] = {"1X", "-1", "x", "1M2", "1,mode=777"};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		helper_box(harness_text("tmpfs /tmp %s\n", sizes[i]));
		no_box_at_line((enum helper_kind)_i, 0, "/tmp: ");
	}
}
END_TEST

START_TEST(a_symlink_is_made_as_it_stands_there)
{
	helper_box("symlink ../any/where /a/b/link\nsymlink /abs /c\n");
	ck_assert_str_eq(helper_in_box((enum helper_kind)_i, "stat -c %N /a/b/link /c"),
	    "'/a/b/link' -> '../any/where'\n'/c' -> '/abs'\n");
}
END_TEST

START_TEST(a_hostname_is_seen_inside_only)
{
	char before[256], after[256];

	ck_assert_int_eq(gethostname(before, sizeof(before)), 0);
	helper_box("hostname box.example\n");
	ck_assert_str_eq(helper_in_box((enum helper_kind)_i, "hostname; uname -n"),
	    "box.example\nbox.example\n");
	ck_assert_int_eq(gethostname(after, sizeof(after)), 0);
	ck_assert_str_eq(before, after);
}
END_TEST

START_TEST(a_hostname_that_is_too_long_is_an_error)
{
	helper_box(harness_text("hostname %s\n", harness_letters(65)));
	ck_assert_contains(
	    helper_no_box((enum helper_kind)_i, LAUNCHER_NO_ISOLATION), "hostname xxx");
}
END_TEST

/* ---- proc and dev */

/* Process 1 is the tool's keeper. */
START_TEST(proc_shows_the_tools_processes_only)
{
	helper_box("proc\n");
	ck_assert_str_eq(
	    helper_in_box((enum helper_kind)_i, "echo $$; cd /proc; echo [0-9]*"), "2\n1 2\n");
}
END_TEST

START_TEST(dev_has_these_files_and_no_others)
{
	helper_box("proc\ndev\n");
	ck_assert_str_eq(helper_in_box((enum helper_kind)_i, "ls -A /dev; ls -A /dev/shm /dev/pts"),
	    "fd\nfull\nnull\nptmx\npts\nrandom\nshm\nstderr\nstdin\nstdout\ntty\nurandom\nzero\n"
	    "/dev/pts:\nptmx\n\n/dev/shm:\n");
}
END_TEST

/* That there is one is for the server to see to: tests/system/runtool/test_terminal.c. */
START_TEST(what_is_no_terminal_cannot_be_the_tools)
{
	struct launch named, other;

	helper_box("proc\ndev\n");
	named = helper_launch((enum helper_kind)_i);
	other = helper_launch((enum helper_kind)_i);
	ck_assert_str_eq(FAILURE(&named, LAUNCHER_NO_MOUNT, "-tty", "-root", "box", "-wd", "/",
			     "-cmd", "/bin/true"),
	    "tool_launcher: descriptor 0 is no terminal");
	ck_assert_contains(FAILURE(&other, LAUNCHER_NO_PROCESS, "-tty", "-root", helper_root(),
			       "-wd", "/", "-cmd", "/bin/true"),
	    "tool_launcher: descriptor 0 as terminal: ");
}
END_TEST

START_TEST(the_devices_work)
{
	helper_box("proc\ndev\n");
	ck_assert_str_eq(
	    helper_in_box((enum helper_kind)_i,
		"exec 2>&1; echo x >/dev/null; cat /dev/null; head -c 5 /dev/zero | wc -c; "
		"(echo x >/dev/full) || echo full; head -c 5 /dev/full | wc -c; "
		"head -c 5 /dev/random | wc -c; head -c 5 /dev/urandom | wc -c; "
		"echo s >/dev/shm/s; cat /dev/shm/s; stat -c %a /dev/shm; (: </dev/tty); true"),
	    "5\n/bin/sh: 1: echo: echo: I/O error\nfull\n5\n5\n5\ns\n1777\n"
	    "/bin/sh: 1: cannot open /dev/tty: No such device or address\n");
}
END_TEST

START_TEST(dev_stdin_stdout_and_stderr_are_the_tools_own)
{
	helper_box("proc\ndev\n");
	ck_assert_str_eq(helper_in_box((enum helper_kind)_i,
			     "(echo out >/dev/stdout; echo err >/dev/stderr) 2>&1 | cat; "
			     "echo in | cat /dev/stdin; echo fd | cat /dev/fd/0"),
	    "out\nerr\nin\nfd\n");
}
END_TEST

static size_t
terminals(void)
{
	struct stat st;
	size_t n = 0;

	for (int i = 0; i < 256; i++)
		n += stat(harness_text("/dev/pts/%d", i), &st) == 0;
	return (n);
}

/* Not the host's, where those of others come and go: ours are those of a file system of this test's own. */
START_TEST(terminals_are_the_roots_own)
{
	size_t before;

	harness_own_mounts();
	ck_assert_int_eq(mount("devpts", "/dev/pts", "devpts", 0, "ptmxmode=0666"), 0);
	before = terminals();
	helper_box("proc\ndev\n");
	ck_assert_str_eq(
	    helper_in_box((enum helper_kind)_i, "exec probe pty"), "/dev/pts/0 hi\ntty opens\n");
	ck_assert_uint_eq(terminals(), before);
}
END_TEST

/* ---- the host */

static const char *
mounts(void)
{
	size_t len = 0;
	char *text = harness_alloc(65536);
	FILE *f = fopen("/proc/self/mountinfo", "re");

	ck_assert_ptr_nonnull(f);
	len = fread(text, 1, 65535, f);
	fclose(f);
	ck_assert_uint_lt(len, 65535);
	return (text);
}

START_TEST(nothing_that_is_mounted_is_seen_outside)
{
	struct launch l = helper_launch((enum helper_kind)_i);
	const char *before = mounts();

	helper_box("proc\ndev\ntmpfs /tmp\n");
	l.program.prepare = helper_put_policy;
	START(&l, "-root", "box", "-wd", "/", "-cmd", "/bin/tree", "plain");
	ck_assert_soon(strstr(program_out(&l.program), "ready") != NULL);
	ck_assert_str_eq(mounts(), before);
	helper_order(&l, SIGKILL);
	ck_assert_int_eq(helper_finish(&l), SIGKILL);
	program_free(&l.program);
	ck_assert_str_eq(mounts(), before);
}
END_TEST

/* ---- names and handles */

static void
put_many_roots(void)
{
	const char *base = helper_root();

	helper_policy =
	    helper_policy_file(harness_text("root one\nbase %s\nhandle 0x11\nhostname one\n"
					    "root two\nbase %s\nhandle 18\nhostname two\n"
					    "root 00000013\nbase %s\nhostname three\n",
		base, base, base));
}

START_TEST(a_named_root_is_found_by_name_and_by_handle)
{
	static const struct {
		const char *root, *is;
	} known[] = {{"one", "one\n"}, {"two", "two\n"}, {"/any/00000011", "one\n"},
	    {"/00000012", "two\n"}, {"00000013", "three\n"}};
	struct launch l;

	put_many_roots();
	l = helper_launch((enum helper_kind)_i);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		ck_assert_str_eq(
		    OUTPUT(&l, 0, "-root", known[i].root, "-wd", "/", "-cmd", "/bin/hostname"),
		    known[i].is);
}
END_TEST

START_TEST(a_root_that_is_not_known_is_status_3)
{
	static const char *const roots[] = {"three", "00000012x", "12", "18", "0x11", "onee", "on",
	    "/any/one", "/any/00000013", "00000000", "volatile", "root", "", "/any/"};
	struct launch l;

	put_many_roots();
	l = helper_launch((enum helper_kind)_i);
	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++)
		FAILURE(
		    &l, LAUNCHER_BAD_ROOT, "-root", roots[i], "-wd", "/", "-cmd", "/bin/hostname");
}
END_TEST

START_TEST(a_name_that_is_not_known_is_told_with_those_that_are)
{
	struct launch l;

	put_many_roots();
	l = helper_launch((enum helper_kind)_i);
	ck_assert_contains(
	    FAILURE(&l, LAUNCHER_BAD_ROOT, "-root", "three", "-wd", "/", "-cmd", "/bin/true"),
	    "tool_launcher: no such root: three (known: one, two, 00000013)");
	helper_policy = helper_policy_file("volatile\nproc\n");
	l = helper_launch((enum helper_kind)_i);
	ck_assert_contains(
	    FAILURE(&l, LAUNCHER_BAD_ROOT, "-root", "one", "-wd", "/", "-cmd", "/bin/true"),
	    "no such root: one (known: none");
}
END_TEST

/* What the server's start could ask: its namespaces are made, and nothing is mounted. */
START_TEST(a_named_root_can_be_checked)
{
	const char *plain = _i == HELPER_ROOTLESS ? "-u" : "-check";
	struct call good, bad;

	put_many_roots();
	good = helper_under_policy(helper_policy);
	if (_i == HELPER_ROOTLESS)
		good.argv[0] = helper_plain();
	bad = good;
	STATUS(&good, 0, plain, "-check", "-err", "3", "-root", "one");
	STATUS(&bad, LAUNCHER_BAD_ROOT, plain, "-check", "-err", "3", "-root", "none");
}
END_TEST

START_TEST(a_handle_wins_over_the_directory_of_that_number)
{
	const char *dir = harness_installed("roots/00000011");
	struct launch l;

	put_many_roots();
	l = helper_launch((enum helper_kind)_i);
	mkdir(dir, 0755);
	ck_assert_str_eq(OUTPUT(&l, 0, "-root", dir, "-wd", "/", "-cmd", "/bin/hostname"), "one\n");
	ck_assert_int_eq(rmdir(dir), 0);
}
END_TEST

START_TEST(two_roots_of_one_name_or_handle_are_refused)
{
	static const char *const second[] = {
	    "root one\nbase tmpfs\n", "root two\nbase tmpfs\nhandle 17\n"};
	static const char *const asked[] = {"one", "/any/00000011"};
	struct launch l;

	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		helper_policy = helper_policy_file(
		    harness_text("root one\nhandle 17\nbase %s\n%s", helper_root(), second[i]));
		l = helper_launch((enum helper_kind)_i);
		ck_assert_contains(FAILURE(&l, LAUNCHER_REFUSED, "-root", asked[i], "-wd", "/",
				       "-cmd", "/bin/true"),
		    "tool_launcher.conf:6: ");
	}
}
END_TEST

/* ---- volatile roots */

/* A copy of root 1, without its libraries, with these directories. */
static const char *
volatile_root(const char *directories)
{
	const char *dir = harness_installed(harness_text("roots/%s", harness_unique("v")));

	ck_assert_int_eq(
	    system(harness_text("cp -a '%s' '%s' && cd '%s' && rmdir proc dev && mkdir "
				"-p %s",
		helper_root(), dir, dir, directories)),
	    0);
	return (dir);
}

static const char *
in_volatile(enum helper_kind kind, const char *root, const char *script)
{
	struct launch l = helper_launch(kind);

	return (OUTPUT(&l, 0, "-root", root, "-wd", "/", "-env", "PATH=/bin", "-cmd", "/bin/sh",
	    "-c", script));
}

static void
volatile_block(const char *lines)
{
	helper_policy = helper_policy_file(harness_text("volatile\n%s", lines));
}

START_TEST(a_volatile_root_gets_what_it_has_a_place_for)
{
	const char *all = volatile_root("proc dev scratch/deep"), *none = volatile_root(".WD");

	volatile_block("proc\ndev\ntmpfs /scratch/deep 1M\n");
	ck_assert_str_eq(in_volatile((enum helper_kind)_i, all,
			     "cat /proc/2/comm; stat -c %a /scratch/deep; echo x >/dev/null; "
			     "ls /dev/full; stat -f -c %T /scratch /scratch/deep | tail -n 1; "
			     "touch /scratch/deep/new"),
	    "sh\n1777\n/dev/full\ntmpfs\n");
	ck_assert_str_eq(
	    in_volatile((enum helper_kind)_i, none, "ls -d /proc /dev /scratch 2>&1; true"),
	    "ls: cannot access '/proc': No such file or directory\n"
	    "ls: cannot access '/dev': No such file or directory\n"
	    "ls: cannot access '/scratch': No such file or directory\n");
	ck_assert_int_eq(access(harness_text("%s/scratch/deep/new", all), F_OK), -1);
	ck_assert_int_eq(access(harness_text("%s/dev/null", all), F_OK), -1);
	ck_assert_int_eq(system(harness_text("rm -r '%s' '%s'", all, none)), 0);
}
END_TEST

START_TEST(the_rest_of_a_volatile_root_stays_writable)
{
	const char *root = volatile_root("proc dev");

	volatile_block("proc\ndev\n");
	ck_assert_str_eq(in_volatile((enum helper_kind)_i, root,
			     "echo kept >/.WD/file; mkdir /tmp/made; cat /.WD/file"),
	    "kept\n");
	ck_assert_str_eq(contents(harness_text("%s/.WD/file", root)), "kept\n");
	ck_assert_int_eq(access(harness_text("%s/tmp/made", root), F_OK), 0);
	ck_assert_int_eq(system(harness_text("rm -r '%s'", root)), 0);
}
END_TEST

/* Its owner, an evaluator, chooses what is in the directory: no link is followed out of it. */
START_TEST(a_link_in_a_volatile_root_is_not_followed)
{
	static const char *const links[] = {"/proc", "tmp", "none", "/"};
	static const char *const names[] = {"proc", "dev", "scratch"};
	const char *root = volatile_root(".WD");
	struct launch l;

	volatile_block("proc\ndev\ntmpfs /scratch\n");
	l = helper_launch((enum helper_kind)_i);
	for (size_t i = 0; i < 12; i++) {
		const char *name = harness_text("%s/%s", root, names[i % 3]);

		ck_assert_int_eq(symlink(links[i / 3], name), 0);
		ck_assert_contains(
		    FAILURE(&l, LAUNCHER_NO_MOUNT, "-root", root, "-wd", "/", "-cmd", "/bin/true"),
		    harness_text("/%s in the root: ", names[i % 3]));
		ck_assert_int_eq(unlink(name), 0);
	}
	ck_assert_int_eq(system(harness_text("rm -r '%s'", root)), 0);
}
END_TEST

START_TEST(a_file_in_the_place_of_a_directory_is_status_16)
{
	const char *root = volatile_root(".WD");
	struct launch l;

	volatile_block("dev\n");
	l = helper_launch((enum helper_kind)_i);
	ck_assert_int_eq(rename(harness_file(""), harness_text("%s/dev", root)), 0);
	FAILURE(&l, LAUNCHER_NO_MOUNT, "-root", root, "-wd", "/", "-cmd", "/bin/true");
	ck_assert_int_eq(system(harness_text("rm -r '%s'", root)), 0);
}
END_TEST

Suite *
roots_suite(void)
{
	Suite *suite = suite_create("roots");
	TCase *tc = tcase_create("base");

	tcase_set_timeout(tc, 60);
	testing_from(tc, TESTING_QUICK);
	helper_add_kinds(tc, a_root_on_a_tmpfs_has_what_its_block_says_and_nothing_else);
	testing_from(tc, TESTING_CHECK);
	helper_add_kinds(tc, a_root_on_a_tmpfs_is_read_only_itself);
	helper_add_kinds(tc, a_root_on_a_directory_shows_it_read_only);
	helper_add_kinds(tc, a_base_may_be_the_hosts_root);
	helper_add_kinds(tc, a_place_that_a_base_directory_lacks_is_status_16);
	helper_add_kinds(tc, a_place_in_a_tmpfs_of_a_base_directory_is_made);
	helper_add_kinds(tc, a_base_that_is_missing_or_a_file_is_status_16);
	suite_add_tcase(suite, tc);

	tc = tcase_create("sources");
	tcase_set_timeout(tc, 60);
	testing_from(tc, TESTING_QUICK);
	helper_add_kinds(tc, ro_cannot_be_written_and_rw_can);
	testing_from(tc, TESTING_CHECK);
	helper_add_kinds(tc, sources_appear_under_their_own_names_or_others);
	helper_add_kinds(tc, sources_that_are_links_show_what_they_lead_to);
	helper_add_kinds_by_root(
	    tc, what_is_mounted_below_a_source_comes_along_with_its_restrictions);
	helper_add_kinds(tc, a_source_that_is_missing_is_status_16);
	helper_add_kinds(tc, what_may_be_missing_is_left_out);
	helper_add_kinds_by_root(tc, what_may_be_missing_is_an_error_if_it_is_closed);
	helper_add_kinds(tc, users_are_the_tools_own);
	helper_add_kinds(tc, users_hide_those_of_a_base_directory);
	helper_add_kinds_by_root(tc, a_source_below_a_closed_directory_is_status_16);
	suite_add_tcase(suite, tc);

	tc = tcase_create("places");
	tcase_set_timeout(tc, 60);
	testing_from(tc, TESTING_QUICK);
	helper_add_kinds(tc, no_link_or_dots_lead_to_a_place);
	testing_from(tc, TESTING_CHECK);
	helper_add_kinds(tc, a_link_in_a_base_directory_is_not_followed);
	helper_add_kinds(tc, a_place_of_the_wrong_kind_is_status_16);
	helper_add_kinds(tc, a_place_in_an_rw_is_made_there_and_in_an_ro_missed);
	suite_add_tcase(suite, tc);

	tc = tcase_create("kinds");
	tcase_set_timeout(tc, 60);
	helper_add_kinds(tc, a_tmpfs_is_anybodys_and_as_large_as_it_says);
	helper_add_kinds(tc, a_bad_size_is_status_16);
	helper_add_kinds(tc, a_symlink_is_made_as_it_stands_there);
	helper_add_kinds(tc, a_hostname_is_seen_inside_only);
	helper_add_kinds(tc, a_hostname_that_is_too_long_is_an_error);
	suite_add_tcase(suite, tc);

	tc = tcase_create("devices");
	tcase_set_timeout(tc, 60);
	testing_from(tc, TESTING_QUICK);
	helper_add_kinds(tc, dev_has_these_files_and_no_others);
	helper_add_kinds(tc, what_is_no_terminal_cannot_be_the_tools);
	helper_add_kinds(tc, nothing_that_is_mounted_is_seen_outside);
	testing_from(tc, TESTING_CHECK);
	helper_add_kinds(tc, proc_shows_the_tools_processes_only);
	helper_add_kinds(tc, the_devices_work);
	helper_add_kinds(tc, dev_stdin_stdout_and_stderr_are_the_tools_own);
	helper_add_kinds(tc, terminals_are_the_roots_own);
	suite_add_tcase(suite, tc);

	tc = tcase_create("names");
	tcase_set_timeout(tc, 60);
	testing_from(tc, TESTING_QUICK);
	helper_add_kinds(tc, a_named_root_is_found_by_name_and_by_handle);
	testing_from(tc, TESTING_CHECK);
	helper_add_kinds(tc, a_root_that_is_not_known_is_status_3);
	helper_add_kinds(tc, a_name_that_is_not_known_is_told_with_those_that_are);
	helper_add_kinds(tc, a_named_root_can_be_checked);
	helper_add_kinds(tc, a_handle_wins_over_the_directory_of_that_number);
	helper_add_kinds(tc, two_roots_of_one_name_or_handle_are_refused);
	suite_add_tcase(suite, tc);

	tc = tcase_create("volatile");
	tcase_set_timeout(tc, 60);
	testing_from(tc, TESTING_QUICK);
	helper_add_kinds(tc, a_volatile_root_gets_what_it_has_a_place_for);
	testing_from(tc, TESTING_CHECK);
	helper_add_kinds(tc, the_rest_of_a_volatile_root_stays_writable);
	helper_add_kinds(tc, a_link_in_a_volatile_root_is_not_followed);
	helper_add_kinds(tc, a_file_in_the_place_of_a_directory_is_status_16);
	suite_add_tcase(suite, tc);
	return (suite);
}
