#include <sys/queue.h>
#include <sys/stat.h>

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "config.h"
#include "paths.h"

#define MAX_DEPTH 10	/* of includes within includes */
#define MAX_FILES 10000 /* and directories, all together: includes in a circle come to an end */
#define MAX_BYTES (64 << 20)
#define READ_SIZE 65536

#define BLANKS " \t\r\f\v"
#define DIGITS "0123456789"
#define BOM    "\xef\xbb\xbf"

/*
 * inih splits long lines in silence, cuts values at a ';', takes ':' for '=' and cuts long names.
 * So it is handed lines of our own that it cannot misread: a letter for the field, '=', and a piece
 * of the field's bytes in hex. A small letter says that more of the field follows.
 */
#define FIELD_SECTION 'S'
#define FIELD_NAME    'N'
#define FIELD_VALUE   'V'
#define PIECE	      64 /* bytes of a field, so that a line is far below inih's 200 */
#define PIECE_LINE    (2 + 2 * PIECE + 2)

/* A string that lives as long as the configuration. */
struct text {
	SLIST_ENTRY(text) next;
	char bytes[];
};
SLIST_HEAD(texts, text);

struct config {
	struct texts texts;
	struct config_value *values;
	size_t n, size;
};

/* A file that is being read, or a directory whose files are. */
struct source {
	struct source *up; /* what included it */
	const char *path;
	int depth;

	char *text; /* of a file */
	char *rest;
	int line;

	struct dirent **names; /* of a directory */
	int n_names, next_name;
};

struct field {
	char kind;
	const char *bytes;
	size_t len;
};

struct parser {
	struct config *config;
	struct source *top;
	unsigned int n_files;
	size_t n_bytes;

	struct field fields[2]; /* of the line that is being handed to inih */
	size_t n_fields, next_field;

	struct buf piece; /* of the field that comes back */
	const char *section, *name;

	char *err;
	size_t errsize;
	bool failed;
};

static void fail(struct parser *, const char *, ...) __attribute__((format(printf, 2, 3)));

/* Errors are reported where the file that is being read stands; only the first one counts. */
static void
fail(struct parser *p, const char *fmt, ...)
{
	const struct source *s = p->top;
	va_list ap;
	int n = 0;

	if (p->failed)
		return;
	p->failed = true;
	while (s != NULL && s->text == NULL)
		s = s->up;
	if (s != NULL)
		n = snprintf(p->err, p->errsize, "%s:%d: ", s->path, s->line);
	if (n < 0 || (size_t)n >= p->errsize)
		return;
	va_start(ap, fmt);
	vsnprintf(p->err + n, p->errsize - (size_t)n, fmt, ap);
	va_end(ap);
}

static void
fail_path(struct parser *p, const char *path)
{
	fail(p, "%s: cannot be read: %s", path, strerror(errno));
}

static void
fail_memory(struct parser *p)
{
	fail(p, "out of memory");
}

/* NULL when memory is short, and then the parser has failed. */
static const char *
keep(struct parser *p, const char *s)
{
	size_t size = strlen(s) + 1;
	struct text *t;

	if ((t = malloc(sizeof(*t) + size)) == NULL) {
		fail_memory(p);
		return (NULL);
	}
	memcpy(t->bytes, s, size);
	SLIST_INSERT_HEAD(&p->config->texts, t, next);
	return (t->bytes);
}

static char *
trim(char *s)
{
	size_t len;

	s += strspn(s, BLANKS);
	for (len = strlen(s); len > 0 && strchr(BLANKS, s[len - 1]) != NULL;)
		len--;
	s[len] = '\0';
	return (s);
}

/* ---- files and directories ---------------------------------------------------------------- */

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
read_file(struct parser *p, const char *path, struct buf *out)
{
	ssize_t n = 0;
	int fd;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)) == -1) {
		fail_path(p, path);
		return;
	}
	while (buf_reserve(out, READ_SIZE) == 0 &&
	       (n = read(fd, out->data + out->len, READ_SIZE)) > 0 && p->n_bytes <= MAX_BYTES) {
		out->len += (size_t)n;
		p->n_bytes += (size_t)n;
	}
	if (n == -1)
		fail_path(p, path);
	else if (p->n_bytes > MAX_BYTES)
		fail(p, "%s: the files have more than %d bytes together", path, MAX_BYTES);
	close(fd);
}

static void
open_file(struct parser *p, struct source *s)
{
	struct buf b = {0};
	const char *nul;

	read_file(p, s->path, &b);
	buf_append(&b, "", 1);
	if (b.failed)
		fail_memory(p);
	if (p->failed) {
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
	fail(p, "a NUL byte: this is no text file");
}

static void
open_directory(struct parser *p, struct source *s)
{
	s->n_names = scandir(s->path, &s->names, is_entry, compare_entries);
	if (s->n_names == -1)
		fail_path(p, s->path);
}

static void
pop(struct parser *p)
{
	struct source *s = p->top;

	p->top = s->up;
	p->section = NULL;
	while (s->n_names > 0)
		free(s->names[--s->n_names]);
	free(s->names);
	free(s->text);
	free(s);
}

/* Goes on with `path`, at `depth` includes. */
static void
push(struct parser *p, const char *path, mode_t mode, int depth)
{
	struct source *s;

	if (++p->n_files > MAX_FILES) {
		fail(p, "%s: more than %d files: do they include each other?", path, MAX_FILES);
		return;
	}
	if ((s = calloc(1, sizeof(*s))) == NULL) {
		fail_memory(p);
		return;
	}
	s->up = p->top;
	s->depth = depth;
	p->top = s;
	p->section = NULL;
	if ((s->path = keep(p, path)) == NULL)
		return;
	if (S_ISDIR(mode))
		open_directory(p, s);
	else
		open_file(p, s);
}

/* `name` as seen from the first `len` bytes of `path`. NULL when memory is short. */
static char *
join(struct parser *p, const char *path, size_t len, const char *slash, const char *name)
{
	char *joined;

	if (asprintf(&joined, "%.*s%s%s", (int)len, path, slash, name) == -1) {
		fail_memory(p);
		return (NULL);
	}
	return (joined);
}

static void
push_entry(struct parser *p, struct source *dir)
{
	const char *name = dir->names[dir->next_name++]->d_name;
	size_t len = strlen(dir->path);
	struct stat st;
	char *path;

	if ((path = join(p, dir->path, len, dir->path[len - 1] == '/' ? "" : "/", name)) == NULL)
		return;
	if (stat(path, &st) == -1)
		fail_path(p, path);
	else if (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode))
		push(p, path, st.st_mode, dir->depth);
	free(path);
}

static void
push_include(struct parser *p, const char *name)
{
	const struct source *s = p->top;
	const char *slash = strrchr(s->path, '/');
	size_t len = *name == '/' || slash == NULL ? 0 : (size_t)(slash - s->path) + 1;
	struct stat st;
	char *path;

	if ((path = join(p, s->path, len, "", name)) == NULL)
		return;
	if (s->depth == MAX_DEPTH)
		fail(p, "[include %s]: more than %d deep: does a file include itself?", name,
		    MAX_DEPTH);
	else if (stat(path, &st) == -1)
		fail_path(p, path);
	else
		push(p, path, st.st_mode, s->depth + 1);
	free(path);
}

static void
push_main(struct parser *p, const char *path)
{
	struct stat st;

	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		fail(p, "%s: is a directory: name a file (it may [include %s])", path, path);
	else
		push(p, path, S_IFREG, 0);
}

/* ---- lines -------------------------------------------------------------------------------- */

static void
add_field(struct parser *p, char kind, const char *bytes)
{
	p->fields[p->n_fields++] = (struct field){kind, bytes, strlen(bytes)};
}

/* A section line behind its '['. Only an include's file name may hold a ']' of its own. */
static void
parse_section(struct parser *p, char *line)
{
	static const char include[] = "include";
	size_t len = strlen(line), word;

	if (len == 0 || line[len - 1] != ']') {
		fail(p, "a line that begins with '[' must end with ']'");
		return;
	}
	line[len - 1] = '\0';
	line = trim(line);
	word = strcspn(line, BLANKS);
	if (word == strlen(include) && strncmp(line, include, word) == 0) {
		if (line[word] == '\0')
			fail(p, "[include] names no file: write [include FILE]");
		else
			push_include(p, trim(line + word));
	} else if (*line == '\0')
		fail(p, "a section without a name: write [name]");
	else if (strchr(line, ']') != NULL)
		fail(p, "words behind [name]: a comment needs a line of its own");
	else
		add_field(p, FIELD_SECTION, line);
}

static void
parse_option(struct parser *p, char *line)
{
	char *value = strchr(line, '=');

	if (value == NULL && *line == '#')
		fail(p, "'#' does not begin a comment: use ';' or '//'");
	else if (value == NULL)
		fail(p, "neither [section] nor NAME = VALUE; comments begin with ';' or '//'");
	else if (value == line)
		fail(p, "no name before '=': write NAME = VALUE");
	else if (p->section == NULL)
		fail(p, "in no section: write [section] before it (anew after an include)");
	else {
		*value++ = '\0';
		add_field(p, FIELD_NAME, trim(line));
		add_field(p, FIELD_VALUE, trim(value));
	}
}

static void
parse_line(struct parser *p, char *line)
{
	line = trim(line);
	if (*line == '\0' || *line == ';' || strncmp(line, "//", 2) == 0)
		return;
	if (*line == '[')
		parse_section(p, line + 1);
	else
		parse_option(p, line);
}

/* Reads on to the next line that says something. False at the end, or when it failed. */
static bool
next_line(struct parser *p)
{
	struct source *s;

	p->n_fields = p->next_field = 0;
	while ((s = p->top) != NULL && p->n_fields == 0 && !p->failed) {
		if (s->next_name < s->n_names)
			push_entry(p, s);
		else if (s->rest != NULL) {
			s->line++;
			parse_line(p, strsep(&s->rest, "\n"));
		} else
			pop(p);
	}
	return (p->n_fields > 0 && !p->failed);
}

/* ---- through inih ------------------------------------------------------------------------- */

/* An ini_reader: the next piece as a line. */
static char *
give_piece(char *line, int size, void *arg)
{
	struct parser *p = arg;
	static const char digits[] = "0123456789abcdef";
	struct field *f;
	size_t n;
	char *end = line;

	if (size < PIECE_LINE || p->failed || (p->next_field == p->n_fields && !next_line(p)))
		return (NULL);
	f = &p->fields[p->next_field];
	*end++ = (char)(f->len > PIECE ? tolower(f->kind) : f->kind);
	*end++ = '=';
	for (n = 0; n < PIECE && f->len > 0; n++, f->len--) {
		*end++ = digits[(uint8_t)*f->bytes >> 4];
		*end++ = digits[(uint8_t)*f->bytes++ & 0xf];
	}
	*end++ = '\n';
	*end = '\0';
	if (f->len == 0)
		p->next_field++;
	return (line);
}

static void
add_value(struct parser *p, const char *value)
{
	struct config *c = p->config;
	struct config_value *values;
	size_t size = c->size == 0 ? 64 : c->size * 2;

	if (c->n == c->size) {
		if ((values = reallocarray(c->values, size, sizeof(*values))) == NULL) {
			fail_memory(p);
			return;
		}
		c->values = values;
		c->size = size;
	}
	c->values[c->n++] =
	    (struct config_value){p->section, p->name, value, p->top->path, p->top->line};
}

static void
take_field(struct parser *p, char kind)
{
	const char *s;

	buf_append(&p->piece, "", 1);
	if (p->piece.failed) {
		fail_memory(p);
		return;
	}
	s = keep(p, (const char *)p->piece.data);
	p->piece.len = 0;
	if (s == NULL)
		return;
	if (kind == FIELD_SECTION)
		p->section = s;
	else if (kind == FIELD_NAME)
		p->name = s;
	else
		add_value(p, s);
}

static unsigned int
hex_digit(char c)
{
	return ((unsigned int)(isdigit((unsigned char)c) ? c - '0' : c - 'a' + 10));
}

/* An ini_handler: puts the pieces together. */
static int
take_piece(void *arg, const char *section, const char *key, const char *hex)
{
	struct parser *p = arg;
	uint8_t byte;

	(void)section;
	for (; *hex != '\0'; hex += 2) {
		byte = (uint8_t)(hex_digit(hex[0]) << 4 | hex_digit(hex[1]));
		buf_append(&p->piece, &byte, 1);
	}
	if (isupper((unsigned char)*key))
		take_field(p, *key);
	return (!p->failed);
}

struct config *
config_load(const char *path, char *err, size_t errsize)
{
	struct parser p = {.err = err, .errsize = errsize};

	if ((p.config = calloc(1, sizeof(*p.config))) == NULL) {
		fail_memory(&p);
		return (NULL);
	}
	push_main(&p, path);
	if (ini_parse_stream(give_piece, &p, take_piece, &p) != 0)
		fail_memory(&p);
	while (p.top != NULL)
		pop(&p);
	buf_free(&p.piece);
	if (p.failed) {
		config_free(p.config);
		return (NULL);
	}
	return (p.config);
}

void
config_free(struct config *c)
{
	struct text *t;

	if (c == NULL)
		return;
	while ((t = SLIST_FIRST(&c->texts)) != NULL) {
		SLIST_REMOVE_HEAD(&c->texts, next);
		free(t);
	}
	free(c->values);
	free(c);
}

/* ---- finding it, and what was read -------------------------------------------------------- */

static int
set_path(char *path, size_t size, const char *dir, const char *file)
{
	int n = snprintf(path, size, "%s%s", dir, file);

	if (n < 0 || (size_t)n >= size) {
		errno = ENAMETOOLONG;
		return (-1);
	}
	return (0);
}

int
config_find(const char *option, char *path, size_t size, bool *in_cwd)
{
	const char *dirs[] = {".", getenv("HOME"), SYSCONFDIR};
	const char *variable = getenv("VESTACONFIG");
	size_t i;

	*in_cwd = false;
	if (option == NULL && variable != NULL && *variable != '\0')
		option = variable;
	if (option != NULL)
		return (set_path(path, size, "", option));
	for (i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		if (dirs[i] == NULL || *dirs[i] == '\0')
			continue;
		if (set_path(path, size, dirs[i], "/vesta.cfg") == -1)
			return (-1);
		*in_cwd = i == 0;
		if (access(path, F_OK) == 0)
			return (0);
	}
	errno = ENOENT;
	return (-1);
}

const struct config_value *
config_at(const struct config *c, size_t i)
{
	return (i < c->n ? &c->values[i] : NULL);
}

const struct config_value *
config_get(const struct config *c, const char *section, const char *name)
{
	size_t i;

	for (i = c->n; i > 0; i--) {
		const struct config_value *v = &c->values[i - 1];

		if (strcmp(v->section, section) == 0 && strcmp(v->name, name) == 0)
			return (v);
	}
	return (NULL);
}
