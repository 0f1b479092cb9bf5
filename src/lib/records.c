#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <bsd/string.h>

#include "records.h"

#define TRIES 2 /* ESTALE may come once, when another host replaced the file */

#define NOT_REGULAR "it is not a regular file"
#define TOO_LONG    "it is too long for a record"

static const char suffix[] = ".tmp";

/* Asks the file server, not a cache. Regular files only. 0, or -1 with errno. */
static int
look_at(int fd, const char *name, struct statx *st)
{
	if (statx(fd, name, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW | AT_STATX_FORCE_SYNC,
		STATX_TYPE | STATX_MTIME | STATX_SIZE, st) == -1)
		return (-1);
	if (S_ISREG(st->stx_mode))
		return (0);
	errno = EBADMSG;
	return (-1);
}

static void
set_touched(struct record *r, const struct statx *st)
{
	r->touched.tv_sec = st->stx_mtime.tv_sec;
	r->touched.tv_nsec = st->stx_mtime.tv_nsec;
}

/* 0, or -1 with errno. EBADMSG: it is no record; *why says so, unless it is no regular file. */
static int
read_record(int fd, const char *name, struct record *r, const char **why)
{
	char line[RECORD_LINE_MAX + 1];
	struct statx st;
	size_t len = 0;
	ssize_t n;

	if (look_at(fd, "", &st) == -1)
		return (-1);
	while (len < sizeof(line) && (n = read(fd, line + len, sizeof(line) - len)) != 0) {
		if (n == -1)
			return (-1);
		len += (size_t)n;
	}
	*why = TOO_LONG;
	errno = EBADMSG;
	if (len == sizeof(line) || record_parse(r, name, line, len, why) == -1)
		return (-1);
	set_touched(r, &st);
	return (0);
}

/* Like records_open(), but relative to the open directory. */
static int
open_in(int dir, const char *name, struct record *r, const char **why)
{
	int fd, saved, tries;

	for (tries = 0; tries < TRIES; tries++) {
		*why = NOT_REGULAR;
		fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
		if (fd != -1 && read_record(fd, name, r, why) == 0)
			return (fd);
		saved = errno;
		if (fd != -1)
			close(fd);
		errno = saved;
		if (errno != ESTALE)
			break;
	}
	/* Symbolic links, sockets. */
	if (errno == ELOOP || errno == ENXIO)
		errno = EBADMSG;
	if (errno != EBADMSG)
		*why = strerrordesc_np(errno);
	return (-1);
}

static int
open_dir(const char *dir)
{
	return (open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

int
records_open(const char *dir, const char *name, struct record *r, const char **why)
{
	int dirfd, fd, saved;

	if ((dirfd = open_dir(dir)) == -1) {
		*why = strerrordesc_np(errno);
		return (-1);
	}
	fd = open_in(dirfd, name, r, why);
	saved = errno;
	close(dirfd);
	errno = saved;
	return (fd);
}

/* The list, with room for one more. NULL: no memory, and the list is as it was. */
static void *
grow(void *list, size_t n, size_t size)
{
	/* In steps: n is a power of two, or 0. */
	return ((n & (n - 1)) == 0 ? reallocarray(list, n == 0 ? 1 : 2 * n, size) : list);
}

static int
add_record(struct record **list, size_t *n, const struct record *r)
{
	struct record *more;

	if ((more = grow(*list, *n, sizeof(*more))) == NULL)
		return (-1);
	*list = more;
	more[(*n)++] = *r;
	return (0);
}

static int
add_odd(struct records *records, const char *name, const char *why, bool unreadable)
{
	struct records_odd *more;

	if ((more = grow(records->odd, records->n_odd, sizeof(*more))) == NULL)
		return (-1);
	records->odd = more;
	more += records->n_odd++;
	*more = (struct records_odd){.why = why, .unreadable = unreadable};
	strlcpy(more->name, name, sizeof(more->name));
	return (0);
}

static bool
ends_with(const char *name, const char *end)
{
	size_t len = strlen(name), endlen = strlen(end);

	return (len > endlen && strcmp(name + len - endlen, end) == 0);
}

static bool
is_of_area(const char *name, const char *area)
{
	size_t len = strlen(name), arealen = strlen(area);

	return (ends_with(name, area) && name[len - arealen - 1] == ':');
}

/* The record's name in that of a file .NAME.tmp; or NULL. */
static const char *
name_in(const char *file, char name[NAME_MAX + 1])
{
	if (!ends_with(file, suffix))
		return (NULL);
	strlcpy(name, file + 1, NAME_MAX + 1);
	name[strlen(name) - strlen(suffix)] = '\0';
	return (name);
}

static int
take_unfinished(struct records *records, int dir, const char *file, const char *area)
{
	char name[NAME_MAX + 1];
	struct record r;
	struct statx st;
	const char *why;

	if (name_in(file, name) == NULL || !is_of_area(name, area) ||
	    record_parse_name(&r, name, &why) == -1 || look_at(dir, file, &st) == -1)
		return (0);
	strlcpy(r.name, file, sizeof(r.name));
	set_touched(&r, &st);
	return (add_record(&records->unfinished, &records->n_unfinished, &r));
}

/* 0, or -1 with errno: no memory. */
static int
take(struct records *records, int dir, const char *name, const char *area)
{
	const char *why;
	struct record r;
	int fd;

	if (*name == '.')
		return (take_unfinished(records, dir, name, area));
	if (!is_of_area(name, area))
		return (0);
	if ((fd = open_in(dir, name, &r, &why)) != -1) {
		close(fd);
		return (add_record(&records->list, &records->n, &r));
	}
	if (errno == ENOENT)
		return (0);
	return (add_odd(records, name, why, errno != EBADMSG));
}

static int
by_age(const void *a, const void *b)
{
	const struct record *x = a, *y = b;

	if (record_is_ahead(x, y))
		return (1);
	return (record_is_ahead(y, x) ? -1 : strcmp(x->name, y->name));
}

/* A directory that changes while it is read may show a file twice. */
static size_t
drop_doubles(struct record *list, size_t n)
{
	size_t i, kept = 0;

	for (i = 0; i < n; i++)
		if (kept == 0 || strcmp(list[i].name, list[kept - 1].name) != 0)
			list[kept++] = list[i];
	return (kept);
}

int
records_read(const char *dir, const char *area, struct records *records)
{
	struct dirent *entry;
	DIR *d;
	int saved;

	*records = (struct records){0};
	if ((d = opendir(dir)) == NULL)
		return (-1);
	while (errno = 0, (entry = readdir(d)) != NULL) {
		if (take(records, dirfd(d), entry->d_name, area) == -1)
			break;
		errno = E2BIG;
		if (records->n + records->n_odd + records->n_unfinished > RECORDS_MAX)
			break;
	}
	saved = errno;
	closedir(d);
	if (saved != 0) {
		records_free(records);
		errno = saved;
		return (-1);
	}
	if (records->n > 0)
		qsort(records->list, records->n, sizeof(*records->list), by_age);
	records->n = drop_doubles(records->list, records->n);
	return (0);
}

const char *
records_words(int error)
{
	return (error == E2BIG ? "too many records" : strerror(error));
}

void
records_free(struct records *records)
{
	free(records->list);
	free(records->odd);
	free(records->unfinished);
	*records = (struct records){0};
}

/* 0, or -1 with errno. */
static int
still_the_same(int dir, const struct record *r)
{
	struct record now = *r;
	struct statx st;
	const char *why;
	int fd;

	if (*r->name == '.') {
		if (look_at(dir, r->name, &st) == -1)
			return (-1);
		set_touched(&now, &st);
	} else {
		if ((fd = open_in(dir, r->name, &now, &why)) == -1)
			return (-1);
		close(fd);
	}
	errno = EAGAIN;
	return (record_same_state(&now, r) ? 0 : -1);
}

int
records_remove(const char *dir, const struct record *r)
{
	int dirfd, rc, saved;

	if ((dirfd = open_dir(dir)) == -1)
		return (-1);
	rc = still_the_same(dirfd, r);
	if (rc == 0)
		rc = unlinkat(dirfd, r->name, 0);
	saved = errno;
	close(dirfd);
	errno = saved;
	return (rc);
}
