#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <bsd/stdlib.h>

#include "pairs.h"

#define DIGITS "0123456789"

void
pairs_add(struct pairs *p, const char *name, const char *fmt, ...)
{
	char *value;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&value, fmt, ap);
	va_end(ap);
	if (n == -1) {
		p->text.failed = true;
		return;
	}
	buf_append(&p->text, name, strlen(name));
	buf_append(&p->text, "=", 1);
	buf_append(&p->text, value, (size_t)n + 1);
	p->number++;
	free(value);
}

void
pairs_put(struct buf *b, struct pairs *p)
{
	const char *strings[PAIRS_MAX + 1] = {NULL}, *next = (const char *)p->text.data;
	int32_t i;

	b->failed |= p->text.failed || p->number > PAIRS_MAX;
	for (i = 0; i < p->number && !b->failed; i++) {
		strings[i] = next;
		next += strlen(next) + 1;
	}
	srpc_put_chars_seq(b, strings);
	buf_free(&p->text);
	p->number = 0;
}

/* The length of a pair's name; 0: this is no pair. No locale is asked. */
static size_t
name_length(const char *pair)
{
	static const char bytes[] = "abcdefghijklmnopqrstuvwxyz_" DIGITS;
	size_t len;

	for (len = 0; len <= PAIRS_NAME_MAX; len++)
		if (pair[len] == '\0' || strchr(bytes, pair[len]) == NULL)
			break;
	return (len > PAIRS_NAME_MAX || pair[len] != '=' ? 0 : len);
}

int
pairs_check(const struct srpc_item *list, struct srpc_error *err)
{
	const char *pair, *earlier;
	int32_t i, j;
	size_t len;

	if (list->number > PAIRS_MAX)
		return (srpc_fail(err, SRPC_INVALID_PARAMETER, "%d: there may be %d at most",
		    list->number, PAIRS_MAX));
	for (i = 0; i < list->number; i++) {
		pair = srpc_string(list, i);
		if ((len = name_length(pair)) == 0)
			return (
			    srpc_fail(err, SRPC_INVALID_PARAMETER, "%.64s: not NAME=VALUE", pair));
		for (j = 0; j < i; j++) {
			earlier = srpc_string(list, j);
			if (strncmp(earlier, pair, len + 1) == 0)
				return (srpc_fail(err, SRPC_INVALID_PARAMETER, "%.*s: given twice",
				    (int)len, pair));
		}
	}
	return (0);
}

const char *
pairs_get(const struct srpc_item *list, const char *name)
{
	size_t len = strlen(name);
	const char *pair;
	int32_t i;

	for (i = 0; i < list->number; i++) {
		pair = srpc_string(list, i);
		if (strncmp(pair, name, len) == 0 && pair[len] == '=')
			return (pair + len + 1);
	}
	return (NULL);
}

/* strtonum(3) takes blanks and `+` as well, and asks the locale what a blank is. */
static bool
is_decimal(const char *s)
{
	s += *s == '-';
	return (*s != '\0' && s[strspn(s, DIGITS)] == '\0');
}

int
pairs_get_number(const struct srpc_item *list, const char *name, int64_t min, int64_t max,
    int64_t *n, struct srpc_error *err)
{
	const char *value = pairs_get(list, name), *wrong;
	int64_t got;

	if (value == NULL)
		return (0);
	got = strtonum(value, min, max, &wrong);
	if (wrong != NULL || !is_decimal(value))
		return (srpc_fail(err, SRPC_INVALID_PARAMETER,
		    "%s=%.64s: must be a number from %lld to %lld", name, value, (long long)min,
		    (long long)max));
	*n = got;
	return (0);
}

int
pairs_blame(const char *what, int32_t code, struct srpc_error *err)
{
	struct srpc_error wrong = *err;

	if (wrong.code != SRPC_INVALID_PARAMETER)
		return (-1);
	return (srpc_fail(err, code, "%s %s", what, wrong.message));
}
