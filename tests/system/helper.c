#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/testing.h"
#include "helper.h"

#define POLICY	    "etc/tool_launcher.conf"
#define MESSAGE_MS  60000
#define END_SECONDS 30

const char *helper_policy;
void (*helper_prepare)(void);

const char *
helper_root(void)
{
	return (harness_installed("roots/00000001"));
}

const char *
helper_setuid(void)
{
	return (harness_installed("libexec/runtool/tool_launcher"));
}

const char *
helper_plain(void)
{
	return (harness_installed("libexec/runtool/tool_launcher-plain"));
}

static struct program
user_in_wd(void)
{
	return ((struct program){
	    .uid = harness_user(), .pass = -1, .directory = harness_in_root(".WD")});
}

struct call
helper_by_user(void)
{
	return ((struct call){.program = user_in_wd()});
}

/* Behind the first `n` that are there already. */
static void
fill_argv(const char **argv, size_t n, const char *const *args)
{
	if (argv[0] == NULL)
		argv[0] = helper_setuid();
	for (; *args != NULL; args++) {
		ck_assert_uint_lt(n, HELPER_MAX_ARGS - 1);
		argv[n++] = *args;
	}
	argv[n] = NULL;
}

int
helper_call(struct call *c, const char *const *args)
{
	int err = memfd_create("words", MFD_CLOEXEC);
	struct stat st;
	char *words;

	fill_argv(c->argv, 1, args);
	c->program.argv = c->argv;
	c->program.pass = err;
	program_run(&c->program);
	ck_assert_int_eq(fstat(err, &st), 0);
	words = harness_alloc((size_t)st.st_size + 1);
	ck_assert_int_eq(pread(err, words, (size_t)st.st_size, 0), st.st_size);
	c->words = words;
	close(err);
	return (WIFEXITED(c->program.status) ? WEXITSTATUS(c->program.status)
					     : 128 + WTERMSIG(c->program.status));
}

const char *
helper_what(const struct call *c)
{
	return (harness_text("err: '%s' stderr: '%s'", c->words, program_err(&c->program)));
}

void
helper_put_policy(void)
{
	struct stat st;
	bool dir = stat(helper_policy, &st) == 0 && S_ISDIR(st.st_mode);
	const char *over = harness_installed(dir ? "etc" : POLICY);

	harness_own_mounts();
	if (mount(helper_policy, over, NULL, MS_BIND, NULL) == -1)
		_exit(PROGRAM_NOT_RUN);
	if (helper_prepare != NULL)
		helper_prepare();
}

struct call
helper_under_policy(const char *path)
{
	struct call c = helper_by_user();

	helper_policy = path;
	c.program.prepare = helper_put_policy;
	return (c);
}

const char *
helper_usual_policy(void)
{
	return (harness_text("caller %u\nroots %s\n", harness_user(), harness_installed("roots")));
}

const char *
helper_policy_file(const char *lines)
{
	return (harness_file(harness_text("%s%s", helper_usual_policy(), lines)));
}

struct launch
helper_launch(enum helper_kind kind)
{
	struct launch l = {.kind = kind, .program = user_in_wd(), .life = -1};

	if (helper_policy != NULL)
		l.program.prepare = helper_put_policy;
	return (l);
}

void
helper_start(struct launch *l, const char *const *args)
{
	const char *first[] = {l->kind == HELPER_ROOTLESS ? helper_plain() : helper_setuid(),
	    "-err", "2", "-life", "3"};
	size_t n = sizeof(first) / sizeof(first[0]);
	int life[2];

	memcpy(l->argv, first, sizeof(first));
	if (l->kind == HELPER_ROOTLESS)
		l->argv[n++] = "-u";
	fill_argv(l->argv, n, args);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, life), 0);
	l->life = life[0];
	l->program.argv = l->argv;
	l->program.pass = life[1];
	program_start(&l->program);
	close(life[1]);
}

bool
helper_message(struct launch *l)
{
	struct pollfd life = {.fd = l->life, .events = POLLIN};
	struct launcher_message m;
	ssize_t n;

	ck_assert_msg(poll(&life, 1, MESSAGE_MS) == 1, "no message, nor the end: %s",
	    program_err(&l->program));
	n = recv(l->life, &m, sizeof(m), MSG_DONTWAIT | MSG_TRUNC);
	if (n <= 0)
		return (false);
	ck_assert_int_eq(n, sizeof(m));
	if (m.kind != LAUNCHER_PIPE)
		l->last = m;
	if (m.keeper != 0)
		l->keeper = m.keeper;
	return (true);
}

void
helper_order(const struct launch *l, int order)
{
	unsigned char byte = (unsigned char)order;

	ck_assert_int_eq(send(l->life, &byte, 1, MSG_NOSIGNAL), 1);
}

int
helper_finish(struct launch *l)
{
	while (helper_message(l))
		continue;
	close(l->life);
	l->life = -1;
	ck_assert(program_wait(&l->program, HARNESS_PATIENCE));
	ck_assert_msg(l->program.status == 0 || l->last.kind != 0,
	    "the launcher ended with wait status %#x without a message: %s",
	    (unsigned int)l->program.status, program_err(&l->program));
	if (l->keeper != 0)
		ck_assert_soon(waitpid(l->keeper, NULL, WNOHANG) != 0);
	return (l->last.kind == LAUNCHER_ENDED ? l->last.value : -1);
}

static const char *
joined(const char *const *args)
{
	const char *line = "";

	for (; *args != NULL; args++)
		line = harness_text("%s '%s'", line, *args);
	return (line);
}

const char *
helper_output(struct launch *l, int status, const char *const *args)
{
	const char *out, *err;
	int ended;

	helper_start(l, args);
	ended = helper_finish(l);
	out = program_out(&l->program);
	err = program_err(&l->program);
	program_free(&l->program);
	ck_assert_msg(ended != -1 && WIFEXITED(ended) && WEXITSTATUS(ended) == status,
	    "%s: message %d %d (wait status %#x), not exit status %d: %s%s", joined(args),
	    l->last.kind, l->last.value, (unsigned int)ended, status, out, err);
	return (out);
}

const char *
helper_failure(struct launch *l, int status, const char *const *args)
{
	const char *err;
	int ended;

	helper_start(l, args);
	ended = helper_finish(l);
	err = program_err(&l->program);
	program_free(&l->program);
	ck_assert_msg(ended == -1 && l->last.kind == LAUNCHER_FAILED && l->last.value == status,
	    "%s: message %d %d, not a failure with status %d: %s", joined(args), l->last.kind,
	    l->last.value, status, err);
	ck_assert_str_ne(err, "");
	return (err);
}

void
helper_box(const char *lines)
{
	helper_policy =
	    helper_policy_file(harness_text("root box\nbase tmpfs\nro %s/usr as /usr\n"
					    "symlink usr/bin /bin\nsymlink usr/lib /lib\n"
					    "symlink usr/lib64 /lib64\n%s",
		helper_root(), lines));
}

const char *
helper_in_box(enum helper_kind kind, const char *script)
{
	struct launch l = helper_launch(kind);

	return (OUTPUT(&l, 0, "-root", "box", "-wd", "/", "-env", "PATH=/bin", "-cmd", "/bin/sh",
	    "-c", script));
}

const char *
helper_no_box(enum helper_kind kind, int status)
{
	struct launch l = helper_launch(kind);

	return (FAILURE(&l, status, "-root", "box", "-wd", "/", "-cmd", "/bin/true"));
}

void
helper_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd == -1 || write(fd, text, strlen(text)) == -1)
		_exit(PROGRAM_NOT_RUN);
	close(fd);
}

/* More than one's own id can only be mapped from outside. */
void
helper_own_user_namespace(void)
{
	const char *map = harness_text(
	    geteuid() == 0 ? "0 0 1\n%u %u 1" : "%u %u 1", harness_user(), harness_user());
	pid_t parent = getpid(), pid;
	int ready[2], status;
	char byte;

	if (pipe2(ready, O_CLOEXEC) == -1 || (pid = fork()) == -1)
		_exit(PROGRAM_NOT_RUN);
	if (pid == 0) {
		if (read(ready[0], &byte, 1) != 1)
			_exit(PROGRAM_NOT_RUN);
		helper_write(harness_text("/proc/%d/uid_map", (int)parent), map);
		helper_write(harness_text("/proc/%d/gid_map", (int)parent), map);
		_exit(0);
	}
	if (unshare(CLONE_NEWUSER) == -1 || write(ready[1], "", 1) != 1 ||
	    waitpid(pid, &status, 0) != pid || status != 0)
		_exit(PROGRAM_NOT_RUN);
	close(ready[0]);
	close(ready[1]);
}

void
helper_add_rootless(TCase *tc, const TTest *test, int start, int end)
{
	testing_add_if(tc, test, start, end,
	    harness_can_mount() && harness_can(MODE_ROOTLESS_NAMED),
	    "user namespaces, and / to be a mount point");
}

void
helper_add_rootless_by_root(TCase *tc, const TTest *test, int start, int end)
{
	testing_add_if(tc, test, start, end,
	    harness_can(MODE_NAMED) && harness_can(MODE_ROOTLESS_NAMED),
	    "root with CAP_SYS_ADMIN, user namespaces, and / to be a mount point");
}

void
helper_add_kinds_by_root(TCase *tc, const TTest *test)
{
	harness_add_mounts_loop(tc, test, HELPER_SETUID, HELPER_SETUID + 1);
	helper_add_rootless_by_root(tc, test, HELPER_ROOTLESS, HELPER_ROOTLESS + 1);
}

void
helper_add_kinds(TCase *tc, const TTest *test)
{
	harness_add_mounts_loop(tc, test, HELPER_SETUID, HELPER_SETUID + 1);
	helper_add_rootless(tc, test, HELPER_ROOTLESS, HELPER_ROOTLESS + 1);
}
