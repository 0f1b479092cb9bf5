#include "common/testing.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"
#include "program.h"

#define RUN_SECONDS 60

/* In a user namespace the tests have capabilities, and pass them on; a user has none. */
static void
drop_capabilities(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	const struct __user_cap_data_struct none[2] = {{0}};

	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == -1 ||
	    syscall(SYS_capset, &head, none) == -1)
		_exit(PROGRAM_NOT_RUN);
}

static void
become(const struct program *p)
{
	gid_t gid = p->gid != 0 ? p->gid : (gid_t)p->uid;

	if (geteuid() != 0) {
		drop_capabilities();
		return;
	}
	if (setgroups(p->group != 0, &p->group) == -1 || setresgid(gid, gid, gid) == -1 ||
	    setresuid(p->uid, p->uid, p->uid) == -1)
		_exit(PROGRAM_NOT_RUN);
}

static _Noreturn void
child(const struct program *p, pid_t parent)
{
	char *const *argv;
	int null = open("/dev/null", O_RDWR);

	if (dup2(null, 0) == -1 || dup2(p->out, 1) == -1 || dup2(p->err, 2) == -1)
		_exit(PROGRAM_NOT_RUN);
	if (p->pass != -1 && dup2(p->pass, 3) == -1)
		_exit(PROGRAM_NOT_RUN);
	close_range(p->pass == -1 ? 3 : 4, ~0U, 0);
	if (p->prepare != NULL)
		p->prepare();
	become(p);
	/* A change of user clears it, and the parent may be gone by now. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 || getppid() != parent)
		_exit(PROGRAM_NOT_RUN);
	if (p->directory != NULL && chdir(p->directory) == -1)
		_exit(PROGRAM_NOT_RUN);
	memcpy(&argv, &p->argv, sizeof(argv));
	execv(argv[0], argv);
	dprintf(2, "%s: %s\n", argv[0], strerror(errno));
	_exit(PROGRAM_NOT_RUN);
}

void
program_start(struct program *p)
{
	pid_t parent = getpid();

	p->out = memfd_create("out", MFD_CLOEXEC);
	p->err = memfd_create("err", MFD_CLOEXEC);
	ck_assert(p->out != -1 && p->err != -1);
	/* The child must not assert, not even what holds: each assertion writes to a file of the parent. */
	if ((p->pid = fork()) == 0)
		child(p, parent);
	ck_assert_msg(p->pid != -1, "fork: %s", strerror(errno));
}

bool
program_wait(struct program *p, int seconds)
{
	int64_t end = harness_now() + (int64_t)seconds * 1000;
	pid_t pid;

	if (p->pid == -1)
		return (true);
	while ((pid = waitpid(p->pid, &p->status, WNOHANG)) == 0) {
		if (harness_now() >= end)
			return (false);
		harness_pause();
	}
	ck_assert_int_eq(pid, p->pid);
	p->pid = -1;
	return (true);
}

int
program_run(struct program *p)
{
	program_start(p);
	if (!program_wait(p, RUN_SECONDS)) {
		kill(p->pid, SIGKILL);
		ck_abort_msg("%s runs on: %s", p->argv[0], program_err(p));
	}
	return (WIFEXITED(p->status) ? WEXITSTATUS(p->status) : 128 + WTERMSIG(p->status));
}

static const char *
contents(int fd)
{
	struct stat st;
	ssize_t n;
	char *s;

	ck_assert_int_eq(fstat(fd, &st), 0);
	s = harness_alloc((size_t)st.st_size + 1);
	n = pread(fd, s, (size_t)st.st_size, 0);
	s[n > 0 ? n : 0] = '\0';
	return (s);
}

const char *
program_out(const struct program *p)
{
	return (contents(p->out));
}

const char *
program_err(const struct program *p)
{
	return (contents(p->err));
}

void
program_free(struct program *p)
{
	close(p->out);
	close(p->err);
}
