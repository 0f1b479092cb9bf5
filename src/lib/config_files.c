#include <sys/stat.h>

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "config_files.h"

#define MAX_DEPTH 10	/* of includes within includes */
#define MAX_FILES 10000 /* and directories, in all: ends includes that form a circle */
#define MAX_BYTES (64 << 20)
#define READ_SIZE 65536

#define DIGITS "0123456789"
#define BOM    "\xef\xbb\xbf"

/* A file that is being read, or a directory whose files are being read. */
struct config_source {
	struct config_source *up; /* what included it */
	char *path;
	int depth;

	char *text; /* of a file */
	char *rest;
	int line;

	struct dirent **names; /* of a directory */
	int n_names, next_name;
};

void
config_files_fail(struct config_files *f, const char *fmt, ...)
{
	const struct config_source *s = f->top;
	va_list ap;
	int n = 0;

	if (f->failed)
		return;
	f->failed = true;
	while (s != NULL && s->text == NULL)
		s = s->up;
	if (s != NULL)
		n = snprintf(f->err, f->errsize, "%s:%d: ", s->path, s->line);
	if (n < 0 || (size_t)n >= f->errsize)
		return;
	va_start(ap, fmt);
	vsnprintf(f->err + n, f->errsize - (size_t)n, fmt, ap);
	va_end(ap);
}

static void
fail_path(struct config_files *f, const char *path)
{
	config_files_fail(f, "%s: cannot be read: %s", path, strerror(errno));
}

void
config_files_fail_memory(struct config_files *f)
{
	config_files_fail(f, "out of memory");
}

/* As strcmp(3), but runs of digits are compared as numbers. */
static int
compare_names(const char *a, const char *b)
{
	const char *x = a, *y = b;
	size_t n, m;
	int diff = 0;

	while (diff == 0 && *x != '\0' && *y != '\0') {
		if (!isdigit((unsigned char)*x) || !isdigit((unsigned char)*y)) {
			diff = (unsigned char)*x++ - (unsigned char)*y++;
			continue;
		}
		x += strspn(x, "0");
		y += strspn(y, "0");
		n = strspn(x, DIGITS);
		m = strspn(y, DIGITS);
		diff = n != m ? (n > m) - (n < m) : memcmp(x, y, n);
		x += n;
		y += m;
	}
	if (diff == 0)
		diff = (*x != '\0') - (*y != '\0');
	return (diff != 0 ? diff : strcmp(a, b));
}

static int
compare_entries(const struct dirent **a, const struct dirent **b)
{
	return (compare_names((*a)->d_name, (*b)->d_name));
}

static int
is_entry(const struct dirent *d)
{
	return (strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0);
}

/* All of a file into *out. */
static void
read_file(struct config_files *f, const char *path, struct buf *out)
{
	ssize_t n = 0;
	int fd;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)) == -1) {
		fail_path(f, path);
		return;
	}
	while (buf_reserve(out, READ_SIZE) == 0 &&
	       (n = read(fd, out->data + out->len, READ_SIZE)) > 0 && f->n_bytes <= MAX_BYTES) {
		out->len += (size_t)n;
		f->n_bytes += (size_t)n;
	}
	if (n == -1)
		fail_path(f, path);
	else if (f->n_bytes > MAX_BYTES)
		config_files_fail(
		    f, "%s: the files have more than %d bytes together", path, MAX_BYTES);
	close(fd);
}

static void
open_file(struct config_files *f, struct config_source *s)
{
	struct buf b = {0};
	const char *nul;

	read_file(f, s->path, &b);
	buf_append(&b, "", 1);
	if (b.failed)
		config_files_fail_memory(f);
	if (f->failed) {
		buf_free(&b);
		return;
	}
	s->text = s->rest = (char *)b.data;
	if (strncmp(s->text, BOM, strlen(BOM)) == 0)
		s->rest += strlen(BOM);
	if (strlen(s->text) + 1 == b.len)
		return;
	s->line = 1;
	for (nul = s->text + strlen(s->text); nul > s->text; nul--)
		s->line += nul[-1] == '\n';
	config_files_fail(f, "a NUL byte: this is no text file");
}

static void
open_directory(struct config_files *f, struct config_source *s)
{
	s->n_names = scandir(s->path, &s->names, is_entry, compare_entries);
	if (s->n_names == -1)
		fail_path(f, s->path);
}

static void
pop(struct config_files *f)
{
	struct config_source *s = f->top;

	f->top = s->up;
	f->in_section = false;
	while (s->n_names > 0)
		free(s->names[--s->n_names]);
	free(s->names);
	free(s->text);
	free(s->path);
	free(s);
}

/* Reads on in `path`, which is `depth` includes deep. */
static void
push(struct config_files *f, const char *path, mode_t mode, int depth)
{
	struct config_source *s;

	if (++f->n_files > MAX_FILES) {
		config_files_fail(
		    f, "%s: more than %d files: do they include each other?", path, MAX_FILES);
		return;
	}
	if ((s = calloc(1, sizeof(*s))) == NULL) {
		config_files_fail_memory(f);
		return;
	}
	s->up = f->top;
	s->depth = depth;
	f->top = s;
	f->in_section = false;
	if ((s->path = strdup(path)) == NULL) {
		config_files_fail_memory(f);
		return;
	}
	if (S_ISDIR(mode))
		open_directory(f, s);
	else
		open_file(f, s);
}

/* `name` as seen from the first `len` bytes of `path`. NULL when memory is short. */
static char *
join(struct config_files *f, const char *path, size_t len, const char *slash, const char *name)
{
	char *joined;

	if (asprintf(&joined, "%.*s%s%s", (int)len, path, slash, name) == -1) {
		config_files_fail_memory(f);
		return (NULL);
	}
	return (joined);
}

static void
push_entry(struct config_files *f, struct config_source *dir)
{
	const char *name = dir->names[dir->next_name++]->d_name;
	size_t len = strlen(dir->path);
	struct stat st;
	char *path;

	if ((path = join(f, dir->path, len, dir->path[len - 1] == '/' ? "" : "/", name)) == NULL)
		return;
	if (stat(path, &st) == -1)
		fail_path(f, path);
	else if (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode))
		push(f, path, st.st_mode, dir->depth);
	free(path);
}

void
config_files_include(struct config_files *f, const char *name)
{
	const struct config_source *s = f->top;
	const char *slash = strrchr(s->path, '/');
	size_t len = *name == '/' || slash == NULL ? 0 : (size_t)(slash - s->path) + 1;
	struct stat st;
	char *path;

	if ((path = join(f, s->path, len, "", name)) == NULL)
		return;
	if (s->depth == MAX_DEPTH)
		config_files_fail(f, "[include %s]: more than %d deep: does a file include itself?",
		    name, MAX_DEPTH);
	else if (stat(path, &st) == -1)
		fail_path(f, path);
	else
		push(f, path, st.st_mode, s->depth + 1);
	free(path);
}

void
config_files_open(struct config_files *f, const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		config_files_fail(
		    f, "%s: is a directory: name a file (it may [include %s])", path, path);
	else
		push(f, path, S_IFREG, 0);
}

char *
config_files_line(struct config_files *f, const char **path, int *line)
{
	struct config_source *s;

	while ((s = f->top) != NULL && !f->failed) {
		if (s->next_name < s->n_names)
			push_entry(f, s);
		else if (s->rest != NULL) {
			*path = s->path;
			*line = ++s->line;
			return (strsep(&s->rest, "\n"));
		} else
			pop(f);
	}
	return (NULL);
}

void
config_files_close(struct config_files *f)
{
	while (f->top != NULL)
		pop(f);
}
