/* process.h: processes of this host, as far as /proc shows them. */
#ifndef PROCESS_H
#define PROCESS_H

#include <stdbool.h>
#include <sys/types.h>

struct process {
	char name[16]; /* as much of its program's name as the kernel keeps */
	pid_t parent, group;
};

/* False: there is none (any more). */
bool process_look(pid_t, struct process *);

/* How many processes have this name. One whose parent has it too was just forked: not counted. */
unsigned int process_count(const char *name);

#endif
