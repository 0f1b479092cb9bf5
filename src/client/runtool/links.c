#include <err.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include "links.h"

#define OWN_NAME "runtool"
#define OWN_FILE "/proc/self/exe"
#define STEP	 '/' /* between the names of the guard: no name has it */

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return (slash == NULL ? path : slash + 1);
}

static bool
is_own_name(const char *name)
{
	return (strncmp(name, OWN_NAME, strlen(OWN_NAME)) == 0);
}

const char *
links_command(const char *argv0)
{
	const char *name = argv0 == NULL ? "" : base_name(argv0);

	return (*name == '\0' || is_own_name(name) ? NULL : name);
}

const char *
links_path(void)
{
	/* What execve(2) was given. NOLINTNEXTLINE(performance-no-int-to-ptr) */
	const char *path = (const char *)getauxval(AT_EXECFN);

	return (path == NULL ? "" : path);
}

/* ---- links that lead to themselves --------------------------------------------------------- */

static bool
is_under_way(const char *guard, const char *command)
{
	size_t len = strlen(command);

	for (; guard != NULL; guard = strchr(guard, STEP)) {
		guard += *guard == STEP;
		if (strncmp(guard, command, len) == 0 && (guard[len] == STEP || guard[len] == '\0'))
			return (true);
	}
	return (false);
}

char *
links_guard(const char *command)
{
	const char *before = getenv(LINKS_GUARD);
	char *guard;

	if (is_under_way(before, command)) {
		errno = ELOOP;
		return (NULL);
	}
	if (asprintf(&guard, LINKS_GUARD "=%s%s%s", before == NULL ? "" : before,
		before == NULL || *before == '\0' ? "" : (char[]){STEP, '\0'}, command) == -1)
		return (NULL);
	return (guard);
}

static bool
is_same(const char *path, const struct stat *other)
{
	struct stat st;

	return (stat(path, &st) == 0 && st.st_dev == other->st_dev && st.st_ino == other->st_ino);
}

/* Whether `path` is the directory of the link that was started. */
static bool
is_own_directory(const char *path)
{
	const char *own = links_path();
	char dir[PATH_MAX];
	struct stat st;

	/* A relative one may be another directory by now. */
	if (*own != '/' || links_command(own) == NULL)
		return (false);
	snprintf(dir, sizeof(dir), "%.*s/", (int)(base_name(own) - own), own);
	return (stat(dir, &st) == 0 && is_same(path, &st));
}

static bool
leads_to_us(const char *dir, const char *command)
{
	char file[PATH_MAX];
	struct stat st;
	int n;

	if (is_own_directory(dir))
		return (true);
	n = snprintf(file, sizeof(file), "%s/%s", dir, command);
	return (n < (int)sizeof(file) && stat(OWN_FILE, &st) == 0 && is_same(file, &st));
}

char *
links_skip(const char *path, const char *command)
{
	char dir[PATH_MAX], *kept, *end;
	const char *colon;
	size_t len;

	if ((kept = end = malloc(2 * strlen(path) + 3)) == NULL)
		return (NULL);
	*kept = '\0';
	for (;; path = colon + 1) {
		colon = strchrnul(path, ':');
		/* An empty entry is the working directory. */
		len = colon == path ? 1 : (size_t)(colon - path);
		if (len < sizeof(dir)) {
			snprintf(dir, sizeof(dir), "%.*s", (int)len, colon == path ? "." : path);
			if (links_command(command) == NULL || !leads_to_us(dir, command))
				end += sprintf(end, "%s%s", end == kept ? "" : ":", dir);
		}
		if (*colon == '\0')
			return (kept);
	}
}

/* ---- making them --------------------------------------------------------------------------- */

/* Whether a link leads to a runtool: to this one, or to one that is, or was, called so. */
static bool
is_ours(const char *path)
{
	char target[PATH_MAX];
	struct stat own;
	ssize_t n;

	if ((n = readlink(path, target, sizeof(target) - 1)) == -1)
		return (false);
	target[n] = '\0';
	return (
	    is_own_name(base_name(target)) || (stat(OWN_FILE, &own) == 0 && is_same(path, &own)));
}

/* The path of runtool as it was called, so that links outlive what is behind it. */
static bool
find_own_path(char path[PATH_MAX])
{
	const char *called = links_path();

	if (*called != '/' || !is_own_name(base_name(called)))
		return (realpath(OWN_FILE, path) != NULL);
	return (snprintf(path, PATH_MAX, "%s", called) < PATH_MAX);
}

static bool
is_command_name(const char *name)
{
	return (*name != '\0' && *name != '-' && strchr(name, '/') == NULL &&
		strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && !is_own_name(name));
}

/* Whether there may be such a link. If not, that is told. */
static bool
may_be(const char *dir, const char *name)
{
	char path[PATH_MAX];
	struct stat st;

	if (!is_command_name(name)) {
		warnx(
		    "--links: %s: must be the name of a command, and not begin with - or " OWN_NAME,
		    name);
		return (false);
	}
	if (snprintf(path, sizeof(path), "%s/%s", dir, name) >= (int)sizeof(path)) {
		warnx("--links: %s/%s: is too long", dir, name);
		return (false);
	}
	if (lstat(path, &st) == -1 && errno == ENOENT)
		return (true);
	if (is_ours(path))
		return (true);
	warnx("--links: %s is no link to " OWN_NAME ": nothing was changed", path);
	return (false);
}

/* In one step, so that a build that is under way always finds the one or the other. */
static int
make_link(const char *dir, const char *name, const char *target)
{
	char path[PATH_MAX], temporary[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (snprintf(temporary, sizeof(temporary), "%s/." OWN_NAME "-%d", dir, getpid()) >=
	    (int)sizeof(temporary))
		errno = ENAMETOOLONG;
	else if (symlink(target, temporary) == 0 && rename(temporary, path) == 0)
		return (0);
	warn("--links: %s", path);
	unlink(temporary);
	return (-1);
}

int
links_make(const char *dir, char *const *names)
{
	char target[PATH_MAX];
	char *const *name;
	bool good = true;

	if (!find_own_path(target)) {
		warn("--links: the path of " OWN_NAME);
		return (-1);
	}
	for (name = names; *name != NULL; name++)
		good &= may_be(dir, *name);
	if (!good)
		return (-1);
	if (mkdir(dir, 0777) == -1 && errno != EEXIST) {
		warn("--links: %s", dir);
		return (-1);
	}
	for (name = names; *name != NULL; name++)
		if (make_link(dir, *name, target) == -1)
			return (-1);
	return (0);
}
