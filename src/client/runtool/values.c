#include <bsd/stdlib.h>
#include <err.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/record.h"
#include "status.h"
#include "terminal.h"
#include "values.h"

#define LABEL_MAX 128

void
values_try_help(void)
{
	fputs("try 'runtool --help'\n", stderr);
	exit(EXIT_TROUBLE);
}

void
values_refuse(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vwarnx(fmt, ap);
	va_end(ap);
	values_try_help();
}

/* Whether a text has only these characters, and at least one. */
static bool
consists_of(const char *text, const char *characters)
{
	return (*text != '\0' && text[strspn(text, characters)] == '\0');
}

void
values_root(const char *what, const char *text, struct runtool_request *request)
{
	bool hex = strncasecmp(text, "0x", 2) == 0;
	unsigned long long n;

	request->root = 0;
	request->root_name = NULL;
	if (*text == '\0' || strchr(text, '/') != NULL)
		values_refuse("%s%s: must be a root's number or its name", what, text);
	if (!consists_of(text + (hex ? 2 : 0), hex ? "0123456789abcdefABCDEF" : "0123456789")) {
		request->root_name = text;
		return;
	}
	n = strtoull(text, NULL, hex ? 16 : 10);
	if (n == 0 || n > UINT32_MAX)
		values_refuse("%s%s: must be from 1 to 0xffffffff", what, text);
	/* 0803 may be meant as the directory 00000803, which is 0x803. */
	if (!hex && *text == '0' && text[1] != '\0')
		values_refuse("%s%s: has leading zeros: say %s, or 0x%s if it is hexadecimal", what,
		    text, text + strspn(text, "0"), text + strspn(text, "0"));
	request->root = (uint32_t)n;
}

int
values_ms(const char *what, const char *text, int min_ms, int max_ms)
{
	const char *dot = strchr(text, '.');
	double ms;

	ms = strtod(text, NULL) * 1000;
	if (!consists_of(text, "0123456789.") || strcmp(text, ".") == 0 ||
	    (dot != NULL && strchr(dot + 1, '.') != NULL) || ms < min_ms || ms > max_ms)
		values_refuse("%s%s: must be a number of seconds from %g to %.10g", what, text,
		    min_ms / 1000.0, max_ms / 1000.0);
	ms += 0.999999;
	return (ms < max_ms ? (int)ms : max_ms);
}

int
values_count(const char *what, const char *text, int max)
{
	const char *wrong;
	int n = (int)strtonum(text, 0, max, &wrong);

	if (wrong != NULL)
		values_refuse("%s%s: must be a number from 0 to %d", what, text, max);
	return (n);
}

void
values_variable(const char *what, const char *text, struct environment *env)
{
	const char *why;

	if (environment_take(env, text, &why) == -1)
		values_refuse("%s%s: %s", what, text, why);
}

void
values_variables(const char *what, char *list, struct environment *env)
{
	char *word;

	while ((word = strsep(&list, " \t")) != NULL)
		if (*word != '\0')
			values_variable(what, word, env);
}

void
values_input(const char *text, struct runtool_request *request)
{
	request->closed &= ~(unsigned int)RUNTOOL_CLOSED_STDIN;
	request->stream_stdin = strcmp(text, "-") == 0;
	request->stdin_file = NULL;
	if (request->stream_stdin || strcmp(text, "/dev/null") == 0)
		return;
	if (*text != '/')
		values_refuse(
		    "-i %s: must be a full path name on the server, or - for this stdin", text);
	request->stdin_file = text;
}

void
values_label(const char *text, struct runtool_request *request)
{
	if (strlen(text) > LABEL_MAX)
		values_refuse("-l: must be at most %d bytes long", LABEL_MAX);
	request->label = *text == '\0' ? NULL : text;
}

bool
values_either(const char *what, const char *text, const char *yes, const char *no)
{
	bool is = strcmp(text, yes) == 0;

	if (!is && strcmp(text, no) != 0)
		values_refuse("%s%s: must be %s or %s", what, text, yes, no);
	return (is);
}

bool
values_colour(const char *what, const char *text)
{
	if (strcmp(text, "auto") == 0)
		return (terminal_has_outputs());
	if (strcmp(text, "always") != 0 && strcmp(text, "never") != 0)
		values_refuse("%s%s: must be always, auto or never", what, text);
	return (strcmp(text, "always") == 0);
}

void
values_server(const char *what, const char *text, struct endpoint *server)
{
	if (endpoint_parse(server, text) == -1)
		values_refuse("%s%s: must be HOST, HOST:PORT or [ADDRESS]:PORT", what, text);
}

void
values_area(const char *what, const char *text)
{
	if (!record_area_ok(text))
		values_refuse("%s%s: must be letters, digits, `.`, `_` and `-`", what, text);
}
