#include <string.h>

#include "config_files.h"
#include "config_line.h"

#define BLANKS " \t\r\f\v"

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

/* A section line behind its '['. Only an include's file name may hold a ']' of its own. */
static void
parse_section(struct config_files *f, char *line, struct config_line *out)
{
	static const char include[] = "include";
	size_t len = strlen(line), word;

	if (len == 0 || line[len - 1] != ']') {
		config_files_fail(f, "a line that begins with '[' must end with ']'");
		return;
	}
	line[len - 1] = '\0';
	line = trim(line);
	word = strcspn(line, BLANKS);
	if (word == strlen(include) && strncmp(line, include, word) == 0) {
		if (line[word] == '\0')
			config_files_fail(f, "[include] names no file: write [include FILE]");
		else
			config_files_include(f, trim(line + word));
	} else if (*line == '\0')
		config_files_fail(f, "a section without a name: write [name]");
	else if (strchr(line, ']') != NULL)
		config_files_fail(f, "words behind [name]: a comment needs a line of its own");
	else {
		out->section = line;
		f->in_section = true;
	}
}

static void
parse_option(struct config_files *f, char *line, struct config_line *out)
{
	char *value = strchr(line, '=');

	if (value == NULL && *line == '#')
		config_files_fail(f, "'#' does not begin a comment: use ';' or '//'");
	else if (value == NULL)
		config_files_fail(
		    f, "neither [section] nor NAME = VALUE; comments begin with ';' or '//'");
	else if (value == line)
		config_files_fail(f, "no name before '=': write NAME = VALUE");
	else if (!f->in_section)
		config_files_fail(
		    f, "in no section: write [section] before it (anew after an include)");
	else {
		*value++ = '\0';
		out->name = trim(line);
		out->value = trim(value);
	}
}

bool
config_line_next(struct config_files *f, struct config_line *out)
{
	char *line;

	*out = (struct config_line){0};
	while (out->section == NULL && out->name == NULL &&
	       (line = config_files_line(f, &out->file, &out->line)) != NULL) {
		line = trim(line);
		if (*line == '\0' || *line == ';' || strncmp(line, "//", 2) == 0)
			continue;
		if (*line == '[')
			parse_section(f, line + 1, out);
		else
			parse_option(f, line, out);
	}
	return (out->section != NULL || out->name != NULL);
}
