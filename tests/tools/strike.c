/*
 * strike: kill -9 -1. strike PID...: tries to signal, to trace and to read each of them; says what
 * was allowed, and at last `struck`.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <unistd.h>

static void
strike(pid_t pid)
{
	char byte;
	struct iovec here = {&byte, 1}, there = {&byte, 1};

	/* EFAULT: nothing is there, but it may look. */
	if (process_vm_readv(pid, &here, 1, &there, 1, 0) != -1 || errno == EFAULT)
		printf("read %d\n", (int)pid);
	if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) == 0)
		printf("traced %d\n", (int)pid);
	if (kill(pid, SIGCONT) == 0)
		printf("signalled %d\n", (int)pid);
}

int
main(int argc, char **argv)
{
	if (argc == 1)
		kill(-1, SIGKILL);
	for (int i = 1; i < argc; i++)
		strike((pid_t)strtol(argv[i], NULL, 10));
	printf("struck\n");
	return (0);
}
