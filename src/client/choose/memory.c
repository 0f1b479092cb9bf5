#include <bsd/string.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "memory.h"

#define FILE_NAME    "hosts"
#define NEW_NAME     "hosts.new" /* only who holds the lock writes it */
#define FILE_SIZE    (64 << 10)	 /* more than MEMORY_MAX entries take */
#define BOOT_ID	     "/proc/sys/kernel/random/boot_id"
#define BOOT_ID_SIZE 64
#define HEADER	     "runtool 1 "
#define OTHERS	     (S_IRWXG | S_IRWXO)

int64_t
memory_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	return ((int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000);
}

/* ---- the directory and the file ------------------------------------------------------------ */

/* Whether it is of this type and ours alone. */
static bool
is_own(const struct stat *st, mode_t type)
{
	return ((st->st_mode & S_IFMT) == type && st->st_uid == geteuid() &&
		(st->st_mode & OTHERS) == 0);
}

/* The descriptor if what it is open to is ours alone; else -1, and it is closed. */
static int
check_own(int fd, mode_t type)
{
	struct stat st;

	if (fd == -1 || (fstat(fd, &st) == 0 && is_own(&st, type)))
		return (fd);
	close(fd);
	return (-1);
}

static int
open_directory(bool make)
{
	const char *run = secure_getenv("XDG_RUNTIME_DIR");
	char path[PATH_MAX];
	struct stat st;
	int len;

	/* That of another user may have come with the environment. */
	if (run != NULL && *run == '/' && lstat(run, &st) == 0 && is_own(&st, S_IFDIR))
		len = snprintf(path, sizeof(path), "%s/runtool", run);
	else
		len = snprintf(path, sizeof(path), "/tmp/runtool-%u", (unsigned int)geteuid());
	if (len < 0 || (size_t)len >= sizeof(path))
		return (-1);
	if (make)
		(void)mkdir(path, S_IRWXU);
	return (check_own(open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), S_IFDIR));
}

/* Reads all of it, as a string. NULL: it cannot be read, or is too large. The caller frees it. */
static char *
read_text(int dir)
{
	int fd = check_own(
	    openat(dir, FILE_NAME, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC),
	    S_IFREG);
	char *text;
	ssize_t n;

	if (fd == -1)
		return (NULL);
	if ((text = malloc(FILE_SIZE)) != NULL) {
		n = read(fd, text, FILE_SIZE);
		if (n < 0 || n == FILE_SIZE) {
			free(text);
			text = NULL;
		} else {
			text[n] = '\0';
		}
	}
	close(fd);
	return (text);
}

/* Another boot of this host, or another host, has other moments. False if it is not known. */
static bool
get_boot_id(char id[BOOT_ID_SIZE])
{
	int fd = open(BOOT_ID, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd == -1)
		return (false);
	n = read(fd, id, BOOT_ID_SIZE - 1);
	close(fd);
	if (n <= 0)
		return (false);
	id[n] = '\0';
	id[strcspn(id, "\n")] = '\0';
	return (true);
}

/* ---- what it says -------------------------------------------------------------------------- */

static void
clean(char *text)
{
	for (; *text != '\0'; text++)
		if (iscntrl((unsigned char)*text))
			*text = ' ';
}

/* Takes a number and the blank behind it. */
static bool
take_number(char **at, int64_t *n)
{
	char *begin = *at;

	errno = 0;
	*n = strtoll(begin, at, 10);
	return (errno == 0 && *at != begin && *(*at)++ == ' ');
}

static bool
parse(struct memory_entry *e, char *line, int64_t now)
{
	int64_t silent;
	char *server;

	clean(line);
	if (!take_number(&line, &e->since) || !take_number(&line, &e->asked) ||
	    !take_number(&line, &e->awaited) || !take_number(&line, &silent) ||
	    (server = strsep(&line, " ")) == NULL || line == NULL)
		return (false);
	e->silent = silent != 0;
	return (strlcpy(e->server, server, sizeof(e->server)) < sizeof(e->server) &&
		strlcpy(e->why, line, sizeof(e->why)) < sizeof(e->why) && e->since >= 0 &&
		e->since <= e->awaited && e->awaited <= e->asked && e->asked <= now &&
		now - e->asked <= MEMORY_KEEP_MS);
}

static void
read_from(int dir, const char *boot_id, struct memory *m)
{
	char *text = read_text(dir), *rest = text, *line;
	int64_t now = memory_now();

	m->n = 0;
	if (text == NULL)
		return;
	line = strsep(&rest, "\n");
	if (strncmp(line, HEADER, strlen(HEADER)) == 0 &&
	    strcmp(line + strlen(HEADER), boot_id) == 0)
		while (m->n < MEMORY_MAX && (line = strsep(&rest, "\n")) != NULL)
			m->n += parse(&m->list[m->n], line, now);
	free(text);
}

static void
write_to(int dir, const char *boot_id, const struct memory *m)
{
	const struct memory_entry *e;
	FILE *f;
	int fd;
	bool good;

	(void)unlinkat(dir, NEW_NAME, 0);
	fd = openat(
	    dir, NEW_NAME, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR);
	if (fd == -1)
		return;
	if ((f = fdopen(fd, "w")) == NULL) {
		close(fd);
		return;
	}
	fprintf(f, HEADER "%s\n", boot_id);
	for (e = m->list; e < m->list + m->n; e++)
		fprintf(f, "%" PRId64 " %" PRId64 " %" PRId64 " %d %s %s\n", e->since, e->asked,
		    e->awaited, e->silent, e->server, e->why);
	good = fflush(f) == 0;
	good &= fclose(f) == 0;
	if (!good || renameat(dir, NEW_NAME, dir, FILE_NAME) == -1)
		(void)unlinkat(dir, NEW_NAME, 0);
}

/* A new entry, perhaps in place of the one that was asked longest ago. */
static struct memory_entry *
add(struct memory *m)
{
	struct memory_entry *oldest = &m->list[0];
	size_t i;

	if (m->n < MEMORY_MAX)
		return (&m->list[m->n++]);
	for (i = 1; i < m->n; i++)
		if (m->list[i].asked < oldest->asked)
			oldest = &m->list[i];
	return (oldest);
}

/* ---- reading and changing it --------------------------------------------------------------- */

void
memory_read(struct memory *m)
{
	char boot_id[BOOT_ID_SIZE];
	int dir = open_directory(false);

	m->n = 0;
	if (dir == -1)
		return;
	if (get_boot_id(boot_id))
		read_from(dir, boot_id, m);
	close(dir);
}

struct memory_entry *
memory_find(struct memory *m, const char *server)
{
	size_t i;

	for (i = 0; i < m->n; i++)
		if (strcmp(m->list[i].server, server) == 0)
			return (&m->list[i]);
	return (NULL);
}

/* A change: returns whether there is something to be written. */
struct change {
	bool (*make)(struct memory *, const struct change *);
	const char *server, *why;
	bool silent;
	enum memory_advice *advice;
};

/* Reads the file, changes what it says, and writes it; no other process does so meanwhile. */
static void
change(const struct change *c)
{
	char boot_id[BOOT_ID_SIZE];
	struct memory *m;
	int dir;

	if (!get_boot_id(boot_id) || (m = calloc(1, sizeof(*m))) == NULL)
		return;
	if ((dir = open_directory(true)) != -1) {
		if (flock(dir, LOCK_EX | LOCK_NB) == 0) {
			read_from(dir, boot_id, m);
			if (c->make(m, c))
				write_to(dir, boot_id, m);
		}
		close(dir);
	}
	free(m);
}

static bool
note(struct memory *m, const struct change *c)
{
	struct memory_entry *e = memory_find(m, c->server);
	int64_t now = memory_now();
	char why[MEMORY_WHY_SIZE];

	strlcpy(why, c->why, sizeof(why));
	clean(why);
	/* Not each run writes it again. */
	if (e != NULL && e->silent == c->silent && strcmp(e->why, why) == 0 &&
	    now - e->awaited < MEMORY_ASK_MS)
		return (false);
	if (e == NULL) {
		e = add(m);
		*e = (struct memory_entry){.since = now};
		strlcpy(e->server, c->server, sizeof(e->server));
	}
	e->asked = e->awaited = now;
	e->silent = c->silent;
	strlcpy(e->why, why, sizeof(e->why));
	return (true);
}

/* Whether it can stand in the file. */
static bool
is_name(const char *server)
{
	size_t len = strlen(server);

	return (len > 0 && len < MEMORY_NAME_SIZE && strpbrk(server, " \t\n\v\f\r") == NULL);
}

void
memory_note(const char *server, const char *why, bool silent)
{
	if (is_name(server))
		change(&(struct change){.make = note,
		    .server = server,
		    .why = *why == '\0' ? "?" : why,
		    .silent = silent});
}

static bool
forget(struct memory *m, const struct change *c)
{
	struct memory_entry *e = memory_find(m, c->server);

	if (e == NULL)
		return (false);
	*e = m->list[--m->n];
	return (true);
}

void
memory_forget(const char *server)
{
	change(&(struct change){.make = forget, .server = server});
}

static enum memory_advice
advise(const struct memory_entry *e, int64_t now)
{
	if (!e->silent || now - e->awaited >= MEMORY_AWAIT_MS)
		return (MEMORY_AWAIT);
	return (now - e->asked >= MEMORY_ASK_MS ? MEMORY_ASK_BESIDE : MEMORY_LEAVE);
}

static bool
claim(struct memory *m, const struct change *c)
{
	struct memory_entry *e = memory_find(m, c->server);
	int64_t now = memory_now();

	/* It answered meanwhile, or another process has just claimed it. */
	*c->advice = e == NULL ? MEMORY_AWAIT : advise(e, now);
	if (e == NULL || *c->advice == MEMORY_LEAVE)
		return (false);
	e->asked = now;
	if (*c->advice == MEMORY_AWAIT)
		e->awaited = now;
	return (true);
}

enum memory_advice
memory_claim(const struct memory_entry *e)
{
	int64_t now = memory_now();
	enum memory_advice advice = advise(e, now);

	if (!e->silent || advice == MEMORY_LEAVE)
		return (advice);
	/* Where that cannot be written down, all runs would ask, and wait. */
	advice = now - e->awaited >= MEMORY_LEAVE_MS ? MEMORY_AWAIT : MEMORY_LEAVE;
	change(&(struct change){.make = claim, .server = e->server, .advice = &advice});
	return (advice);
}
