#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "recorded.h"

#define MAX_ENTRIES 256
#define MAX_FILE    1048576

/* The file's text; strings are unescaped in place, and entries point into it. */
static char *file;
static struct recorded entries[MAX_ENTRIES];

struct scanner {
	char *at;
	bool failed;
};

static void
skip_blanks(struct scanner *s)
{
	while (isspace((unsigned char)*s->at))
		s->at++;
}

/* Whether the next token is `c`; if so it is taken. */
static bool
take(struct scanner *s, char c)
{
	skip_blanks(s);
	if (*s->at != c)
		return (false);
	s->at++;
	return (true);
}

static void
want(struct scanner *s, char c)
{
	if (!take(s, c))
		s->failed = true;
}

/* A string; of the escapes only those that the file uses. */
static const char *
string(struct scanner *s)
{
	char *start, *to;

	want(s, '"');
	for (start = to = s->at; *s->at != '"' && *s->at != '\0'; s->at++) {
		if (*s->at == '\\' && *++s->at == 'n')
			*s->at = '\n';
		*to++ = *s->at;
	}
	want(s, '"');
	*to = '\0';
	return (start);
}

static int32_t
number(struct scanner *s)
{
	char *end;
	long n = strtol(s->at, &end, 10);

	if (end == s->at)
		s->failed = true;
	s->at = end;
	return ((int32_t)n);
}

/* [ CODE, NUMBER?, TEXT? ] */
static void
item(struct scanner *s, struct recorded_item *it)
{
	want(s, '[');
	it->code = string(s);
	while (!s->failed && take(s, ',')) {
		skip_blanks(s);
		if (*s->at == '"')
			it->text = string(s);
		else
			it->number = number(s);
	}
	want(s, ']');
}

static void
reply(struct scanner *s, struct recorded *r)
{
	want(s, '[');
	if (take(s, ']'))
		return;
	do {
		if (r->items == RECORDED_MAX_ITEMS)
			s->failed = true;
		else
			item(s, &r->reply[r->items++]);
	} while (!s->failed && take(s, ','));
	want(s, ']');
}

uint8_t *
recorded_hex(const char *digits, size_t *len)
{
	uint8_t *out = malloc(strlen(digits) / 2 + 1);
	char pair[3] = "";

	for (*len = 0; out != NULL; digits += 2) {
		digits += strspn(digits, " \t\n");
		if (digits[0] == '\0' || digits[1] == '\0')
			break;
		memcpy(pair, digits, 2);
		out[(*len)++] = (uint8_t)strtoul(pair, NULL, 16);
	}
	return (out);
}

static void
entry(struct scanner *s, struct recorded *r)
{
	const char *key;

	want(s, '{');
	do {
		key = string(s);
		want(s, ':');
		if (strcmp(key, "reply") == 0)
			reply(s, r);
		else if (strcmp(key, "name") == 0)
			r->name = string(s);
		else if (strcmp(key, "sent") == 0)
			r->sent = recorded_hex(string(s), &r->sent_len);
		else if (strcmp(key, "then") == 0)
			r->half_close = strcmp(string(s), "half-close") == 0;
		else if (strcmp(key, "connection") == 0)
			r->closed = strcmp(string(s), "closed") == 0;
		else
			s->failed = true;
	} while (!s->failed && take(s, ','));
	want(s, '}');
}

const struct recorded *
recorded_load(const char *path, size_t *n)
{
	static size_t loaded;
	struct scanner s = {0};
	FILE *f;

	/* Once: a suite asks for each of its tests. */
	if (file != NULL) {
		*n = loaded;
		return (entries);
	}
	*n = 0;
	f = fopen(path, "re");
	file = calloc(1, MAX_FILE + 1);
	if (f == NULL || file == NULL || fread(file, 1, MAX_FILE, f) == 0)
		s.failed = true;
	if (f != NULL)
		fclose(f);
	if ((s.at = file) != NULL)
		want(&s, '[');
	while (!s.failed && *n < MAX_ENTRIES) {
		entry(&s, &entries[(*n)++]);
		if (!take(&s, ','))
			break;
	}
	if (!s.failed)
		want(&s, ']');
	if (s.failed) {
		fprintf(stderr, "%s: cannot be read, behind entry %zu\n", path, *n);
		recorded_free();
		return (NULL);
	}
	loaded = *n;
	return (entries);
}

void
recorded_free(void)
{
	for (size_t i = 0; i < MAX_ENTRIES; i++)
		free(entries[i].sent);
	memset(entries, 0, sizeof(entries));
	free(file);
	file = NULL;
}
