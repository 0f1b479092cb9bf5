#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <bsd/string.h>

#include "process.h"

bool
process_look(pid_t pid, struct process *p)
{
	char path[32], text[256], *name, *next;
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if ((f = fopen(path, "re")) == NULL)
		return (false);
	n = fread(text, 1, sizeof(text) - 1, f);
	fclose(f);
	text[n] = '\0';
	/* `pid (name) state parent group`; the name may hold parentheses. */
	if ((name = strchr(text, '(')) == NULL || (next = strrchr(text, ')')) == NULL ||
	    strlen(next) < sizeof(") S "))
		return (false);
	*next = '\0';
	strlcpy(p->name, name + 1, sizeof(p->name));
	p->parent = (pid_t)strtol(next + strlen(") S "), &next, 10);
	p->group = (pid_t)strtol(next, NULL, 10);
	return (true);
}

static bool
is_named(pid_t pid, struct process *p, const char *name)
{
	return (process_look(pid, p) && strcmp(p->name, name) == 0);
}

unsigned int
process_count(const char *name)
{
	struct dirent *entry;
	struct process p;
	unsigned int n = 0;
	pid_t pid;
	DIR *proc;

	if ((proc = opendir("/proc")) == NULL)
		return (0);
	while ((entry = readdir(proc)) != NULL) {
		pid = (pid_t)strtol(entry->d_name, NULL, 10);
		if (pid > 0 && is_named(pid, &p, name) && !is_named(p.parent, &p, name))
			n++;
	}
	closedir(proc);
	return (n);
}
