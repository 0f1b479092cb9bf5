#include <bsd/string.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "directory.h"

#define HERE "here"

/* The length without slashes at the end. */
static size_t
length(const char *path, size_t len)
{
	while (len > 0 && path[len - 1] == '/')
		len--;
	return (len);
}

/* What follows in `path` behind the directory `from`; NULL: it is not below it. */
static const char *
rest_of(const char *path, const char *from, size_t len)
{
	if (strncmp(path, from, len) != 0 || (path[len] != '/' && path[len] != '\0'))
		return (NULL);
	return (path + len);
}

static bool
has_dots(const char *path)
{
	const char *last = strrchr(path, '/');

	return (strstr(path, "/./") != NULL || strstr(path, "/../") != NULL ||
		strcmp(last, "/.") == 0 || strcmp(last, "/..") == 0);
}

/* The shell's name for the current directory, as in pwd(1); NULL if it is another one's. */
static const char *
logical_name(void)
{
	const char *name = getenv("PWD");
	struct stat here, named;

	if (name == NULL || *name != '/' || strlen(name) >= PATH_MAX || has_dots(name) ||
	    stat(name, &named) == -1 || stat(".", &here) == -1 || named.st_dev != here.st_dev ||
	    named.st_ino != here.st_ino)
		return (NULL);
	return (name);
}

/* Puts TO in the place of FROM. False if `own` is not below FROM, or the path gets too long. */
static bool
map(struct directory *d, const char *from, const char *equals)
{
	const char *to = equals + 1, *rest = rest_of(d->own, from, length(from, equals - from));
	int n;

	if (rest == NULL)
		return (false);
	n = snprintf(d->path, sizeof(d->path), "%.*s%s", (int)length(to, strlen(to)), to, rest);
	if (n == 0)
		strlcpy(d->path, "/", sizeof(d->path));
	return (n < (int)sizeof(d->path));
}

/* `from` is FROM=TO. */
static int
find_mapped(struct directory *d, const char *from, char *why, size_t size)
{
	const char *equals = strstr(from, "=/");

	if (*from != '/' || equals == NULL) {
		snprintf(why, size, "must be here:/FROM=/TO; a directory of that name is ./%s",
		    d->asked);
		return (-1);
	}
	if (map(d, from, equals))
		return (0);
	/* A path of FROM's own kind: without symbolic links. */
	if (getcwd(d->own, sizeof(d->own)) != NULL && map(d, from, equals))
		return (0);
	snprintf(why, size, "the current directory, %s, is not below %.*s", d->own,
	    (int)(equals - from), from);
	return (-1);
}

/* 0, or -1 with errno. */
static int
find_own(struct directory *d)
{
	const char *name = logical_name();

	if (name != NULL)
		strlcpy(d->own, name, sizeof(d->own));
	else if (getcwd(d->own, sizeof(d->own)) == NULL)
		return (-1);
	return (0);
}

int
directory_find(struct directory *d, const char *asked, char *why, size_t size)
{
	const char *rest;

	d->asked = asked;
	if (asked == NULL) {
		if (find_own(d) == -1)
			d->own[0] = '\0';
		return (0);
	}
	/* An unset variable of a script. The root itself would be a surprise. */
	if (*asked == '\0') {
		strlcpy(why, "must name a directory: the current one is here, the root is .", size);
		return (-1);
	}
	d->here = strncmp(asked, HERE, strlen(HERE)) == 0 &&
		  (asked[strlen(HERE)] == '\0' || asked[strlen(HERE)] == ':');
	if (!d->here)
		return (0);
	if (find_own(d) == -1) {
		snprintf(why, size, "the current directory: %s", strerror(errno));
		return (-1);
	}
	rest = asked + strlen(HERE);
	if (*rest == ':')
		return (find_mapped(d, rest + 1, why, size));
	strlcpy(d->path, d->own, sizeof(d->path));
	return (0);
}

const char *
directory_name(const struct directory *d)
{
	return (d->here ? d->path : d->asked);
}
