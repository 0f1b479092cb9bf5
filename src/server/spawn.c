#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "spawn.h"

/* In the child, which has our memory until it executes: it may call the system and nothing else. */
static _Noreturn void
become(const struct spawn *s, char **argv, volatile int *error)
{
	char *const no_env[] = {NULL};
	int i;

	if (setpgid(0, 0) == -1 || dup2(s->in, 0) == -1 || dup2(s->out, 1) == -1 ||
	    dup2(s->err, 2) == -1)
		goto fail;
	for (i = 0; i < SPAWN_MAX_KEPT; i++)
		if (s->kept[i] != -1 && fcntl(s->kept[i], F_SETFD, 0) == -1)
			goto fail;
	execve(argv[0], argv, no_env);
fail:
	*error = errno;
	_exit(127);
}

pid_t
spawn_run(const struct spawn *s)
{
	sigset_t all, before;
	volatile int error = 0;
	char **argv;
	pid_t pid;

	memcpy(&argv, &s->argv, sizeof(argv)); /* execve(2) does not write to them */
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	if ((pid = vfork()) == 0)	 /* NOLINT(clang-analyzer-security.insecureAPI.vfork) */
		become(s, argv, &error); /* NOLINT(clang-analyzer-unix.Vfork) */
	if (pid == -1)
		error = errno;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error == 0)
		return (pid);
	if (pid != -1)
		waitpid(pid, NULL, 0);
	errno = error;
	return (-1);
}
