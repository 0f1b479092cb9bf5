/* The root `host` of etc/tool_launcher.conf, as it is shipped, with real programs of this host. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "system/helper.h"
#include "system/suites.h"

#define WORK "/var/lib/vruntool/work"

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

/* The lines that an administrator gets by taking away each # with no space behind it. */
static const char *
shipped_root(const char *work)
{
	const char *path = harness_text("%s/../etc/tool_launcher.conf", getenv("RUNTOOL_TESTS"));
	FILE *f = fopen(path, "re");
	const char *text = "";
	bool in_root = false;
	char line[512], *at;

	ck_assert_msg(f != NULL, "%s", path);
	while (fgets(line, sizeof(line), f) != NULL) {
		in_root |= strcmp(line, "#root host\n") == 0;
		if (!in_root || line[0] != '#' || line[1] == ' ')
			continue;
		if ((at = strstr(line, WORK)) != NULL)
			text = harness_text("%s%.*s%s%s", text, (int)(at - line - 1), line + 1,
			    work, at + strlen(WORK));
		else
			text = harness_text("%s%s", text, line + 1);
	}
	fclose(f);
	return (text);
}

START_TEST(real_programs_run_in_the_shipped_root)
{
	const char *work = harness_installed(harness_text("work/%s", harness_unique("shipped")));
	struct launch l;

	ck_assert_int_eq(mkdir(work, 0755), 0);
	ck_assert_int_eq(chmod(work, 01777), 0);
	helper_policy = helper_policy_file(shipped_root(work));
	l = helper_launch(HELPER_SETUID);
	ck_assert_str_eq(
	    OUTPUT(&l, 0, "-path", "-root", "host", "-wd", ".WD", "-env", "PATH=/usr/bin:/bin",
		"HOME=/work", "-cmd", "sh", "-c", real[_i].script),
	    real[_i].out);
}
END_TEST

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
	return (suite);
}
