#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proc.h"

/* The pid that a directory of /proc is named after, or 0. */
static pid_t
entry_pid(const struct dirent *e)
{
	return (isdigit((unsigned char)e->d_name[0]) ? (pid_t)strtol(e->d_name, NULL, 10) : 0);
}

static bool
command_contains(pid_t pid, const char *tag)
{
	char path[64], line[8192];
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	if ((f = fopen(path, "re")) == NULL)
		return (false);
	n = fread(line, 1, sizeof(line), f);
	fclose(f);
	return (memmem(line, n, tag, strlen(tag)) != NULL);
}

/* Calls `wanted` for every process; how many it wants, up to `max` of them in pids[]. */
static size_t
each_process(bool (*wanted)(pid_t, const char *), const char *arg, pid_t *pids, size_t max)
{
	DIR *d = opendir("/proc");
	struct dirent *e;
	size_t n = 0;
	pid_t pid;

	while (d != NULL && (e = readdir(d)) != NULL) {
		if ((pid = entry_pid(e)) == 0 || !wanted(pid, arg))
			continue;
		if (n < max)
			pids[n] = pid;
		n++;
	}
	if (d != NULL)
		closedir(d);
	return (n);
}

size_t
proc_tagged(const char *tag, pid_t *pids, size_t max)
{
	return (each_process(command_contains, tag, pids, max));
}

bool
proc_runs(const char *tag)
{
	return (proc_tagged(tag, NULL, 0) > 0);
}

const char *
proc_status(pid_t pid, const char *name)
{
	static char line[256];
	const char *value = "";
	char path[64];
	size_t len = strlen(name);
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	if ((f = fopen(path, "re")) == NULL)
		return ("");
	while (fgets(line, sizeof(line), f) != NULL) {
		if (strncmp(line, name, len) != 0 || line[len] != ':')
			continue;
		line[strcspn(line, "\n")] = '\0';
		value = line + len + 1 + strspn(line + len + 1, " \t");
		break;
	}
	fclose(f);
	return (value);
}

long
proc_number(pid_t pid, const char *name)
{
	return (strtol(proc_status(pid, name), NULL, 10));
}

/* Fields 14 and 15 of /proc/PID/stat; the second one, a name, may contain blanks. */
unsigned long
proc_ticks(pid_t pid)
{
	char path[64], line[1024] = "", *field, *rest;
	unsigned long ticks = 0;
	int n = 3;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if ((f = fopen(path, "re")) == NULL)
		return (0);
	if (fgets(line, sizeof(line), f) == NULL || (field = strrchr(line, ')')) == NULL)
		field = line;
	fclose(f);
	for (field = strtok_r(field + 1, " ", &rest); field != NULL;
	     field = strtok_r(NULL, " ", &rest), n++)
		if (n == 14 || n == 15)
			ticks += strtoul(field, NULL, 10);
	return (ticks);
}

static bool
program_is_below(pid_t pid, const char *directory)
{
	struct stat running, named;
	char path[64], exe[4096];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	if ((n = readlink(path, exe, sizeof(exe) - 1)) == -1)
		return (false);
	exe[n] = '\0';
	if (strncmp(exe, directory, strlen(directory)) != 0)
		return (false);
	/* A process outside of our root may have a program of that name there. */
	return (stat(exe, &named) == -1 ||
		(stat(path, &running) == 0 && running.st_dev == named.st_dev &&
		    running.st_ino == named.st_ino));
}

size_t
proc_below(const char *directory)
{
	return (each_process(program_is_below, directory, NULL, 0));
}

static bool
is_child_of(pid_t pid, const char *parent)
{
	return (strcmp(proc_status(pid, "PPid"), parent) == 0);
}

size_t
proc_children(pid_t parent)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", (int)parent);
	return (each_process(is_child_of, text, NULL, 0));
}

static size_t
count_entries(pid_t pid, const char *what)
{
	struct dirent *e;
	char path[64];
	size_t n = 0;
	DIR *d;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, what);
	if ((d = opendir(path)) == NULL)
		return (0);
	while ((e = readdir(d)) != NULL)
		if (entry_pid(e) != 0 || strcmp(e->d_name, "0") == 0)
			n++;
	closedir(d);
	return (n);
}

size_t
proc_threads(pid_t pid)
{
	return (count_entries(pid, "task"));
}

size_t
proc_descriptors(pid_t pid)
{
	return (count_entries(pid, "fd"));
}
