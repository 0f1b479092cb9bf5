#include <sys/queue.h>

#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "config.h"
#include "config_files.h"
#include "config_line.h"
#include "paths.h"

/*
 * inih silently splits long lines, cuts values at a ';', takes ':' for '=' and cuts long names. So
 * it is given lines of our own that it cannot misread: a letter for the field, '=', and a piece of
 * the field's bytes in hexadecimal. A small letter says that more of the field follows.
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

struct field {
	char kind;
	const char *bytes;
	size_t len;
};

struct parser {
	struct config *config;
	struct config_files files;

	struct config_line line; /* the line that is handed to inih, as these fields */
	struct field fields[2];
	size_t n_fields, next_field;

	struct buf piece; /* what has come back of a field */
	const char *section, *name;
};

/* NULL when memory is short, and then the parser has failed. */
static const char *
keep(struct parser *p, const char *s)
{
	size_t size = strlen(s) + 1;
	struct text *t;

	if ((t = malloc(sizeof(*t) + size)) == NULL) {
		config_files_fail_memory(&p->files);
		return (NULL);
	}
	memcpy(t->bytes, s, size);
	SLIST_INSERT_HEAD(&p->config->texts, t, next);
	return (t->bytes);
}

/* ---- through inih ------------------------------------------------------------------------- */

static void
add_field(struct parser *p, char kind, const char *bytes)
{
	p->fields[p->n_fields++] = (struct field){kind, bytes, strlen(bytes)};
}

/* Reads on to the next line. False at the end, or when it failed. */
static bool
next_line(struct parser *p)
{
	p->n_fields = p->next_field = 0;
	if (!config_line_next(&p->files, &p->line))
		return (false);
	if (p->line.section != NULL)
		add_field(p, FIELD_SECTION, p->line.section);
	else {
		add_field(p, FIELD_NAME, p->line.name);
		add_field(p, FIELD_VALUE, p->line.value);
	}
	return (true);
}

/* An ini_reader: the next piece as a line. */
static char *
give_piece(char *line, int size, void *arg)
{
	struct parser *p = arg;
	static const char digits[] = "0123456789abcdef";
	struct field *f;
	size_t n;
	char *end = line;

	if (size < PIECE_LINE || p->files.failed || (p->next_field == p->n_fields && !next_line(p)))
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

/* All values of a file share one copy of its name. */
static const char *
keep_file(struct parser *p)
{
	const struct config *c = p->config;

	if (c->n > 0 && strcmp(c->values[c->n - 1].file, p->line.file) == 0)
		return (c->values[c->n - 1].file);
	return (keep(p, p->line.file));
}

static void
add_value(struct parser *p, const char *value)
{
	struct config *c = p->config;
	struct config_value *values;
	const char *file;
	size_t size = c->size == 0 ? 64 : c->size * 2;

	if (c->n == c->size) {
		if ((values = reallocarray(c->values, size, sizeof(*values))) == NULL) {
			config_files_fail_memory(&p->files);
			return;
		}
		c->values = values;
		c->size = size;
	}
	if ((file = keep_file(p)) == NULL)
		return;
	c->values[c->n++] = (struct config_value){p->section, p->name, value, file, p->line.line};
}

static void
take_field(struct parser *p, char kind)
{
	const char *s;

	buf_append(&p->piece, "", 1);
	if (p->piece.failed) {
		config_files_fail_memory(&p->files);
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
	return (!p->files.failed);
}

struct config *
config_load(const char *path, char *err, size_t errsize)
{
	struct parser p = {.files = {.err = err, .errsize = errsize}};

	if ((p.config = calloc(1, sizeof(*p.config))) == NULL) {
		config_files_fail_memory(&p.files);
		return (NULL);
	}
	config_files_open(&p.files, path);
	if (ini_parse_stream(give_piece, &p, take_piece, &p) != 0)
		config_files_fail_memory(&p.files);
	config_files_close(&p.files);
	buf_free(&p.piece);
	if (p.files.failed) {
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

/* Looks in these directories; NULL or empty: not there. The index of the one that has it, or -1. */
static int
find_in(const char *const *dirs, int n, char *path, size_t size)
{
	int i;

	for (i = 0; i < n; i++) {
		if (dirs[i] == NULL || *dirs[i] == '\0')
			continue;
		if (set_path(path, size, dirs[i], "/vesta.cfg") == -1)
			return (-1);
		if (access(path, F_OK) == 0)
			return (i);
	}
	errno = ENOENT;
	return (-1);
}

/* `option`, or what the environment says instead; NULL: neither. */
static const char *
named(const char *option)
{
	const char *variable = getenv("VESTACONFIG");

	if (option == NULL && variable != NULL && *variable != '\0')
		return (variable);
	return (option);
}

int
config_find(const char *option, char *path, size_t size, bool *in_cwd)
{
	const char *const dirs[] = {".", getenv("HOME"), SYSCONFDIR};
	int i;

	*in_cwd = false;
	if ((option = named(option)) != NULL)
		return (set_path(path, size, "", option));
	i = find_in(dirs, sizeof(dirs) / sizeof(dirs[0]), path, size);
	*in_cwd = i == 0;
	return (i == -1 ? -1 : 0);
}

int
config_find_elsewhere(const char *option, char *path, size_t size)
{
	const char *home = getenv("HOME");
	const char *const dirs[] = {home == NULL || *home != '/' ? NULL : home, SYSCONFDIR};

	if ((option = named(option)) != NULL)
		return (set_path(path, size, "", option));
	return (find_in(dirs, sizeof(dirs) / sizeof(dirs[0]), path, size) == -1 ? -1 : 0);
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
