#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "spawn.h"

#define STACK_SIZE 16384

/* clone(2) by its other name in libc: TSan wraps the first one, and takes CLONE_VM for a fork. */
int __clone(int (*fn)(void *), void *stack, int flags, void *arg, ...);

struct child {
	const struct spawn *how;
	char **argv;
	int error; /* why it could not be executed; 0: it was */
};

/*
 * In the child, which uses our memory until its exec, while our thread is suspended. So it only
 * makes raw system calls: a sanitizer may have wrapped libc's.
 */
__attribute__((no_sanitize("address", "thread"))) static int
become(void *arg)
{
	struct child *child = arg;
	const struct spawn *s = child->how;
	char *const no_env[] = {NULL};
	int i;

	if (syscall(SYS_setpgid, 0, 0) == -1 || syscall(SYS_dup3, s->in, 0, 0) == -1 ||
	    syscall(SYS_dup3, s->out, 1, 0) == -1 || syscall(SYS_dup3, s->err, 2, 0) == -1)
		goto fail;
	for (i = 0; i < SPAWN_MAX_KEPT; i++)
		if (s->kept[i] != -1 && syscall(SYS_fcntl, s->kept[i], F_SETFD, 0) == -1)
			goto fail;
	syscall(SYS_execve, child->argv[0], child->argv, no_env);
fail:
	child->error = errno;
	syscall(SYS_exit_group, 127);
	return (0);
}

pid_t
spawn_run(const struct spawn *s)
{
	_Alignas(16) char stack[STACK_SIZE];
	struct child child = {.how = s};
	sigset_t all, before;
	pid_t pid;

	memcpy(&child.argv, &s->argv, sizeof(child.argv)); /* execve(2) does not write to them */
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	pid = __clone(become, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | SIGCHLD, &child);
	if (pid == -1)
		child.error = errno;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (child.error == 0)
		return (pid);
	if (pid != -1)
		waitpid(pid, NULL, 0);
	errno = child.error;
	return (-1);
}
