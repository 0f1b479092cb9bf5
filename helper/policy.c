/*
 * policy.c: tool_launcher.conf, and the two system files that give names numbers. There is no NSS
 * here: it would load code and read environment variables.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "helper.h"
#include "paths.h"

#define POLICY_FILE SYSCONFDIR "/tool_launcher.conf"
#define POLICY_SIZE 65536
#define NAMES_SIZE  (1024 * 1024)
#define BLANKS	    " \t\r"
#define ID_MAX	    4294967294UL /* (uid_t)-1 means "unchanged" to the system calls */

static char policy_text[POLICY_SIZE]; /* the policy's strings lead into it */
static char names_text[NAMES_SIZE];

static void
check_trusted(int fd, const char *path, const char *part)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		fail(LAUNCHER_REFUSED, errno, "%s: %s", path, part);
	if (st.st_uid != 0 || (st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		fail(LAUNCHER_REFUSED, 0,
		    "%s: %s must belong to root and be writable by nobody else", path, part);
}

/*
 * Opens a file that nobody but root can have put or changed there: every step of its path counts.
 */
static int
open_trusted(const char *path)
{
	char copy[PATH_MAX], *part, *next, *rest;
	int fd, above;

	if (strlen(path) >= sizeof(copy))
		fail(LAUNCHER_REFUSED, ENAMETOOLONG, "%s", path);
	memcpy(copy, path, strlen(path) + 1);
	if ((fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)) == -1)
		fail(LAUNCHER_REFUSED, errno, "/");
	check_trusted(fd, path, "/");
	for (part = strtok_r(copy, "/", &rest); part != NULL; part = next) {
		next = strtok_r(NULL, "/", &rest);
		above = fd;
		fd = openat(above, part,
		    O_NOFOLLOW | O_CLOEXEC |
			(next != NULL ? O_PATH | O_DIRECTORY : O_RDONLY | O_NONBLOCK));
		if (fd == -1)
			fail(LAUNCHER_REFUSED, errno, "%s: %s", path, part);
		check_trusted(fd, path, part);
		close(above);
	}
	return (fd);
}

/* The whole file as one string. */
static void
read_trusted(const char *path, char *text, size_t size)
{
	size_t len = 0;
	ssize_t n;
	int fd = open_trusted(path);

	while ((n = read(fd, text + len, size - len)) > 0)
		len += (size_t)n;
	if (n == -1)
		fail(LAUNCHER_REFUSED, errno, "%s", path);
	if (len == size)
		fail(LAUNCHER_REFUSED, EFBIG, "%s", path);
	if (memchr(text, '\0', len) != NULL)
		fail(LAUNCHER_REFUSED, 0, "%s: not a text file", path);
	text[len] = '\0';
	close(fd);
}

static bool
number(const char *s, unsigned long *out)
{
	char *end;

	if (*s < '0' || *s > '9')
		return (false);
	errno = 0;
	*out = strtoul(s, &end, 10);
	return (errno == 0 && *end == '\0' && *out <= ID_MAX);
}

/*
 * The third field of the line `name:...` in /etc/passwd or /etc/group; a number is itself. Fields
 * may be empty, so no strtok_r(3).
 */
static unsigned long
id_of(const char *file, const char *name, int line)
{
	char *text = names_text, *row, *third;
	unsigned long id;

	if (number(name, &id))
		return (id);
	read_trusted(file, names_text, sizeof(names_text));
	while ((row = strsep(&text, "\n")) != NULL) {
		if (strcmp(strsep(&row, ":"), name) != 0 || strsep(&row, ":") == NULL)
			continue;
		if ((third = strsep(&row, ":")) != NULL && number(third, &id))
			return (id);
	}
	fail(LAUNCHER_REFUSED, 0, POLICY_FILE ":%d: %s is not in %s: use a name there or a number",
	    line, name, file);
}

static void
set_caller(struct policy *p, const char *name, int line)
{
	if (p->has_caller)
		fail(LAUNCHER_REFUSED, 0, POLICY_FILE ":%d: one caller only", line);
	p->caller = (uid_t)id_of("/etc/passwd", name, line);
	p->has_caller = true;
}

static void
add_group(struct policy *p, const char *name, int line)
{
	if (p->ngroups == POLICY_MAX_GROUPS)
		fail(LAUNCHER_REFUSED, 0, POLICY_FILE ":%d: too many groups", line);
	p->groups[p->ngroups++] = (gid_t)id_of("/etc/group", name, line);
}

static void
add_root(struct policy *p, const char *dir, int line)
{
	if (*dir != '/')
		fail(LAUNCHER_REFUSED, 0, POLICY_FILE ":%d: %s: not an absolute path", line, dir);
	if (p->nroots == POLICY_MAX_ROOTS)
		fail(LAUNCHER_REFUSED, 0, POLICY_FILE ":%d: too many roots", line);
	p->roots[p->nroots++] = dir;
}

static const struct keyword {
	const char *name;
	void (*take)(struct policy *, const char *value, int line);
} keywords[] = {
    {"caller", set_caller},
    {"groups", add_group},
    {"roots", add_root},
};

static void
read_line(struct policy *p, char *text, int line)
{
	char *word, *value, *rest;
	size_t i;

	text[strcspn(text, "#")] = '\0';
	if ((word = strtok_r(text, BLANKS, &rest)) == NULL)
		return;
	for (i = 0; strcmp(word, keywords[i].name) != 0;)
		if (++i == sizeof(keywords) / sizeof(*keywords))
			fail(LAUNCHER_REFUSED, 0, POLICY_FILE ":%d: unknown word %s", line, word);
	if ((value = strtok_r(NULL, BLANKS, &rest)) == NULL)
		fail(LAUNCHER_REFUSED, 0, POLICY_FILE ":%d: %s needs a value", line, word);
	for (; value != NULL; value = strtok_r(NULL, BLANKS, &rest))
		keywords[i].take(p, value, line);
}

void
policy_read(struct policy *p)
{
	char *text, *next;
	int line;

	*p = (struct policy){0};
	read_trusted(POLICY_FILE, policy_text, sizeof(policy_text));
	for (line = 1, text = policy_text; text != NULL; line++, text = next) {
		if ((next = strchr(text, '\n')) != NULL)
			*next++ = '\0';
		read_line(p, text, line);
	}
	if (!p->has_caller)
		fail(LAUNCHER_REFUSED, 0, POLICY_FILE ": no line `caller USER`");
}
