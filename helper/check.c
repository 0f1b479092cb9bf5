/*
 * check.c: with -check, takes the steps of a launch in processes that end before there is a tool:
 * first those for the command line, then for each block its own.
 */
#include <sys/wait.h>

#include "helper.h"

/* Waits for such a process: its exit status. */
static int
status_of(pid_t pid)
{
	int status = 0;

	need(pid != -1 && waitpid(pid, &status, 0) == pid, NO_PROCESS,
	    "cannot start a process for the check");
	return (WIFEXITED(status) ? WEXITSTATUS(status) : LAUNCHER_NO_PROCESS);
}

static _Noreturn void
try_command_line(const struct policy *p, struct launch *l)
{
	privilege_become_caller(p, l);
	namespaces_make(l);
	root_open(l, p);
	_exit(0);
}

/* A volatile root would have places of its own: here an empty one takes all. */
static _Noreturn void
try_block(const struct policy *p, struct launch *l, struct block b)
{
	pid_t pid;

	if (b.base == NULL)
		b.base = "tmpfs";
	l->block = &b;
	l->root = b.name;
	privilege_become_caller(p, l);
	namespaces_make(l);
	/* A new process is in the PID namespace, which /proc shows. */
	if ((pid = fork()) == 0) {
		if ((l->isolate & CLONE_NEWNS) != 0)
			mounts_assemble(l);
		_exit(0);
	}
	_exit(status_of(pid));
}

void
check(const struct policy *p, struct launch *l)
{
	const struct block *b;
	bool good = true;
	pid_t pid;
	int status;

	if ((pid = fork()) == 0)
		try_command_line(p, l);
	if ((status = status_of(pid)) != 0)
		_exit(status);
	for (b = p->blocks + 1; b <= p->blocks + p->nblocks; b++) {
		policy_use(l, b);
		if ((pid = fork()) == 0)
			try_block(p, l, *b);
		if (status_of(pid) == 0)
			continue;
		good = false;
		dprintf(l->err, " (%s%s)\n", *b->name == '\0' ? "volatile" : "root ", b->name);
	}
	_exit(good ? 0 : LAUNCHER_BAD_BLOCK);
}
