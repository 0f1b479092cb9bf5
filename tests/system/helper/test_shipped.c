/*
 * The roots of etc/tool_launcher.conf, as they are shipped: `host` with real programs of this host, and
 * `sdk` with those of a distribution.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "system/helper.h"
#include "system/suites.h"

#define WORK "/var/lib/vruntool/work"
#define SDK  "/srv/sdk"

static const struct {
	const char *program, *script, *out;
	bool slow;
} real[] = {
    {"getent", "getent hosts localhost | grep -c localhost", "1\n", false},
    {"id", "id -un; id -gn; touch x; stat -c %U:%G x; stat -c %U:%G /usr",
	"tool\ntool\ntool:tool\nroot:root\n", false},
    {"date", "test $(TZ=Asia/Tokyo date +%z) = +0900 && echo tokyo", "tokyo\n", false},
    {"locale", "LC_ALL=C.UTF-8 locale charmap", "UTF-8\n", false},
    {"update-ca-certificates", "test -s /etc/ssl/certs/ca-certificates.crt && echo certificates",
	"certificates\n", false},
    {"cc", "echo 'int main(void){return 7;}' >x.c && cc -o x x.c && { ./x; echo $?; }", "7\n",
	false},
    {"perl",
	"perl -MSocket -e 'print scalar(getpwuid($<)), \" \", "
	"inet_ntoa(inet_aton(\"localhost\")), \"\\n\"'",
	"tool 127.0.0.1\n", false},
    {"git",
	"git init -q r 2>log && cd r && echo a >a && git add a && "
	"git -c user.name=a -c user.email=a@b commit -qm first && git log --format=%s",
	"first\n", false},
    {"python3",
	"printf 'import multiprocessing as m, pwd, os, ssl\\n"
	"if __name__ == \"__main__\":\\n"
	" print(m.Pool(2).map(abs, [-1, -2]), pwd.getpwuid(os.getuid())[0])\\n' >x.py && "
	"python3 x.py",
	"[1, 2] tool\n", true},
    {"cmake",
	"printf 'cmake_minimum_required(VERSION 3.5)\\nproject(x C)\\n"
	"add_executable(x x.c)\\n' >CMakeLists.txt; "
	"echo 'int main(void){return 0;}' >x.c; cmake -B b >log 2>&1 && "
	"cmake --build b >>log 2>&1 && b/x && echo built || cat log",
	"built\n", true},
    {"meson",
	"printf \"project('x', 'c')\\nexecutable('x', 'x.c')\\n\" >meson.build; "
	"echo 'int main(void){return 0;}' >x.c; meson setup b >log 2>&1 && "
	"meson compile -C b >>log 2>&1 && b/x && echo built || cat log",
	"built\n", true},
    {"cargo", "cargo init -q --vcs none --name x && cargo build -q && target/debug/x",
	"Hello, world!\n", true},
    {"javac",
	"echo 'class A { public static void main(String[] a) { System.out.println(1); } }' "
	">A.java && javac A.java && java -cp . A",
	"1\n", true},
};
#define REAL ((int)(sizeof(real) / sizeof(real[0])))

/* The text with `by` in the place of what it has once, or not at all. */
static const char *
put_in(const char *text, const char *what, const char *by)
{
	const char *at = strstr(text, what);

	return (at == NULL
		    ? text
		    : harness_text("%.*s%s%s", (int)(at - text), text, by, at + strlen(what)));
}

/*
 * The lines of a block that an administrator gets by taking away each # with no space behind it, with
 * these directories in the place of those which are named there.
 */
static const char *
shipped_root(const char *name, const char *work, const char *sdk)
{
	const char *path = harness_text("%s/../etc/tool_launcher.conf", getenv("RUNTOOL_TESTS"));
	const char *begin = harness_text("#root %s\n", name), *text = "";
	FILE *f = fopen(path, "re");
	bool in_root = false;
	char line[512];

	ck_assert_msg(f != NULL, "%s", path);
	while (fgets(line, sizeof(line), f) != NULL) {
		if (strncmp(line, "# ----", 6) == 0)
			in_root = false;
		in_root |= strcmp(line, begin) == 0;
		if (in_root && line[0] == '#' && line[1] != ' ')
			text = harness_text("%s%s", text, line + 1);
	}
	fclose(f);
	return (put_in(put_in(text, WORK, work), SDK, sdk));
}

/* A directory for tools to write in. */
static const char *
work_directory(void)
{
	const char *work = harness_installed(harness_text("work/%s", harness_unique("shipped")));

	ck_assert_int_eq(mkdir(work, 0755), 0);
	ck_assert_int_eq(chmod(work, 01777), 0);
	return (work);
}

START_TEST(real_programs_run_in_the_shipped_root)
{
	struct launch l;

	helper_policy = helper_policy_file(shipped_root("host", work_directory(), ""));
	l = helper_launch(HELPER_SETUID);
	ck_assert_str_eq(
	    OUTPUT(&l, 0, "-path", "-root", "host", "-wd", ".WD", "-env", "PATH=/usr/bin:/bin",
		"HOME=/work", "-cmd", "sh", "-c", real[_i].script),
	    real[_i].out);
}
END_TEST

/* The shipped lines, and one as builds need it. */
static const char *
in_sdk(const char *sdk, const char *script)
{
	const char *work = work_directory();
	struct launch l;

	helper_policy = helper_policy_file(
	    harness_text("%s\trw %s as /home/me/src\n", shipped_root("sdk", work, sdk), work));
	l = helper_launch(HELPER_SETUID);
	return (OUTPUT(&l, 0, "-path", "-root", "sdk", "-wd", ".WD", "-env", "PATH=/usr/bin:/bin",
	    "-cmd", "sh", "-c", script));
}

/* On a directory that has but a shell: a copy of root 1, with the places that a distribution has. */
START_TEST(the_shipped_sdk_shows_a_directory)
{
	const char *sdk = harness_installed(harness_unique("sdk"));

	ck_assert_int_eq(system(harness_text("cp -a '%s' '%s' && cd '%s' && mkdir home && "
					     "touch etc/group && echo is the sdk >etc/name",
			     helper_root(), sdk, sdk)),
	    0);
	ck_assert_str_eq(in_sdk(sdk, "cat /etc/name; id -un; pwd; echo a >a && cat /home/me/src/a; "
				     "echo b >/tmp/b && (echo c >/dev/stdout) | cat; ls /home/me; "
				     "(echo d >/etc/d) 2>&1"
				     " || echo no; ls /srv 2>&1 || true"),
	    "is the sdk\ntool\n/.WD\na\nc\nsrc\n"
	    "sh: 1: cannot create /etc/d: Read-only file system\nno\n"
	    "ls: cannot access '/srv': No such file or directory\n");
	ck_assert_int_eq(access(harness_text("%s/home/me", sdk), F_OK), -1);
	ck_assert_int_eq(system(harness_text("rm -r '%s'", sdk)), 0);
}
END_TEST

static const char *distribution; /* made by the commands which that file gives */

static void
show_distribution(void)
{
	if (mount(distribution, harness_installed("sdk"), NULL, MS_BIND, NULL) == -1)
		_exit(PROGRAM_NOT_RUN);
}

START_TEST(a_compiler_of_a_distribution_runs_in_the_shipped_sdk)
{
	const char *sdk = harness_installed("sdk");

	distribution = getenv("RUNTOOL_SDK");
	ck_assert_int_eq(mkdir(sdk, 0755), 0);
	helper_prepare = show_distribution;
	ck_assert_str_eq(in_sdk(sdk, "id -un && getent hosts localhost | grep -c localhost && "
				     "cd /home/me/src && "
				     "printf '#include <stdio.h>\\nint main(void)"
				     "{return puts(\"hello\") < 0;}\\n' >x.c && "
				     "printf 'x: x.c\\n\\tgcc -o x x.c\\n' >Makefile && "
				     "make && ./x && cat /proc/self/comm /etc/debian_version | "
				     "sed 's/^12\\..*/bookworm/'"),
	    "tool\n1\ngcc -o x x.c\nhello\ncat\nbookworm\n");
	ck_assert_int_eq(rmdir(sdk), 0);
}
END_TEST

static bool
has_distribution(void)
{
	const char *sdk = getenv("RUNTOOL_SDK");

	return (sdk != NULL && access(sdk, F_OK) == 0);
}

Suite *
shipped_suite(void)
{
	Suite *suite = suite_create("shipped");
	TCase *tc = tcase_create("programs");

	tcase_set_timeout(tc, 120);
	testing_from(tc, TESTING_CHECK);
	for (int slow = 0; slow < 2; slow++) {
		for (int i = 0; i < REAL; i++) {
			const char *program = harness_text("/usr/bin/%s", real[i].program);

			if (real[i].slow == (slow == 1) &&
			    (access(program, X_OK) == 0 ||
				access(harness_text("/usr/sbin/%s", real[i].program), X_OK) == 0))
				harness_add_mounts_loop(
				    tc, real_programs_run_in_the_shipped_root, i, i + 1);
		}
		testing_from(tc, TESTING_LONG);
	}
	suite_add_tcase(suite, tc);

	tc = tcase_create("sdk");
	tcase_set_timeout(tc, 120);
	testing_from(tc, TESTING_CHECK);
	harness_add_mounts(tc, the_shipped_sdk_shows_a_directory);
	testing_from(tc, TESTING_LONG);
	testing_add_if(tc, a_compiler_of_a_distribution_runs_in_the_shipped_sdk, 0, 1,
	    has_distribution() && harness_can_mount(),
	    "root, and debootstrap with its network (make deps-long)");
	suite_add_tcase(suite, tc);
	return (suite);
}
