#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "common/testing.h"
#include "attack.h"

bool
attack_is_named(enum mode mode)
{
	return (mode == MODE_NAMED || mode == MODE_ROOTLESS_NAMED);
}

bool
attack_is_rootless(enum mode mode)
{
	return (mode == MODE_ROOTLESS || mode == MODE_ROOTLESS_NAMED);
}

static size_t
append(const char **argv, size_t n, size_t max, const char *const *words)
{
	for (; *words != NULL; words++) {
		ck_assert_uint_lt(n, max - 1);
		argv[n++] = *words;
	}
	argv[n] = NULL;
	return (n);
}

void
attack_args(const char **argv, size_t max, enum mode mode, const char *root, const char *directory,
    const char *const *command)
{
	static const char *const none[] = {NULL}, *const pid[] = {"-isolate", "pid", NULL};
	static const char *const all[] = {
	    "-isolate", "pid", "-isolate", "ipc", "-isolate", "uts", "-isolate", "net", NULL};
	static const char *const *const isolations[MODES] = {pid, none, all, none, pid, none, none};
	size_t n = append(argv, 0, max, isolations[mode]);

	if (root == NULL)
		root = attack_is_named(mode) ? HARNESS_NAMED : helper_root();
	n = append(argv, n, max,
	    COMMAND("-wd", directory != NULL ? directory : "/tmp", "-root", root, "-cmd"));
	append(argv, n, max, command);
}

const char *
attack_run(enum mode mode, const char *root, void (*prepare)(void), const char *const *command)
{
	struct launch l = helper_launch(attack_is_rootless(mode) ? HELPER_ROOTLESS : HELPER_SETUID);
	const char *argv[HELPER_MAX_ARGS - 8];

	if (prepare != NULL)
		l.program.prepare = prepare;
	attack_args(argv, sizeof(argv) / sizeof(argv[0]), mode, root, NULL, command);
	return (helper_output(&l, 0, argv));
}

void
attack_policy(const char *lines)
{
	const char *root = helper_root();
	const char *tmp =
	    strstr(lines, "tmpfs /tmp") != NULL ? "" : harness_text("rw %s/tmp as /tmp\n", root);
	const char *always = strstr(lines, "proc\ndev\n") != NULL ? "" : "proc\ndev\n";

	helper_policy =
	    helper_policy_file(harness_text("volatile\n%sroot " HARNESS_NAMED "\nbase %s\n%s%s%s",
		lines, root, tmp, always, lines));
}

/* Whether the word is one of the blank-separated ones. */
static bool
is_among(const char *word, size_t len, const char *words)
{
	const char *at;

	for (at = words; (at = strstr(at, harness_text("%.*s", (int)len, word))) != NULL; at++)
		if ((at == words || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0'))
			return (true);
	return (false);
}

/* Each line is `NAME OUTCOME`, but for the last. */
static void
check(const char *out, const char *outcomes, const char *except)
{
	const char *line = out, *blank, *end;
	size_t n = 0;

	for (; (end = strchr(line, '\n')) != NULL && strncmp(line, "attacked\n", 9) != 0;
	     line = end + 1, n++) {
		blank = memchr(line, ' ', (size_t)(end - line));
		ck_assert_ptr_nonnull(blank);
		if (is_among(line, (size_t)(blank - line), except))
			continue;
		ck_assert_msg(is_among(blank + 1, (size_t)(end - blank - 1), outcomes),
		    "'%.*s', not %s, in: %s", (int)(end - line), line, outcomes, out);
	}
	ck_assert_str_eq(line, "attacked\n");
	ck_assert_uint_gt(n, 0);
}

void
attack_refused(const char *out, const char *errnos)
{
	check(out, errnos, "");
}

void
attack_allowed(const char *out, const char *except)
{
	check(out, "allowed", except);
}

/* / is a mount point there, so that it can be mounted anew. */
static void
enter_root(void)
{
	const char *root = helper_root();

	harness_own_mounts();
	if (unshare(CLONE_NEWUTS) == -1 || mount(root, root, NULL, MS_BIND, NULL) == -1 ||
	    mount("proc", harness_in_root("proc"), "proc", 0, NULL) == -1 || chroot(root) == -1 ||
	    chdir("/tmp") == -1)
		_exit(PROGRAM_NOT_RUN);
}

static const char *
run_as_root(const char *const *command, void (*prepare)(void))
{
	struct program p = {.argv = command, .prepare = prepare};
	const char *out;

	p.pass = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ne(p.pass, -1);
	ck_assert_int_eq(program_run(&p), 0);
	out = program_out(&p);
	close(p.pass);
	program_free(&p);
	return (out);
}

const char *
attack_by_root(const char *const *command)
{
	return (run_as_root(command, enter_root));
}

const char *
attack_outside(const char *const *command)
{
	return (run_as_root(command, harness_own_mounts));
}

void
attack_add_modes(TCase *tc, const TTest *test, enum mode first, enum mode end)
{
	for (int mode = (int)first; mode < (int)end; mode++)
		testing_add_if(tc, test, mode, mode + 1,
		    harness_can_mount() && harness_can((enum mode)mode),
		    attack_is_rootless((enum mode)mode)
			? "user namespaces, and / to be a mount point"
			: "root with CAP_SYS_ADMIN, and / to be a mount point");
}

void
attack_add_modes_by_root(TCase *tc, const TTest *test, enum mode first, enum mode end)
{
	for (int mode = (int)first; mode < (int)end; mode++)
		testing_add_if(tc, test, mode, mode + 1,
		    harness_can(MODE_NAMED) && harness_can((enum mode)mode),
		    "root with CAP_SYS_ADMIN, / to be a mount point, and perhaps user namespaces");
}
