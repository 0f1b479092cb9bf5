#include <stdlib.h>
#include <string.h>
#include <bsd/string.h>

#include "fields.h"

#define MAX_WORDS 128 /* bytes of all words of a choice, in a message */

static const void *
member_of(const struct field *f, const void *from)
{
	return ((const char *)from + f->offset);
}

/* The value of a member that is a number; one that is not given is below `min`. */
static int64_t
number_of(const struct field *f, const void *from)
{
	const void *member = member_of(f, from);
	const struct field_number *number = member;

	switch (f->type) {
	case FIELD_INT:
	case FIELD_CHOICE:
		return (*(const int32_t *)member);
	case FIELD_UINT:
		return (*(const uint32_t *)member);
	case FIELD_NUMBER:
		return (number->given ? number->n : f->min - 1);
	case FIELD_PERCENT:
		return ((int64_t)(100 * *(const float *)member + 0.5F));
	default:
		return (*(const int64_t *)member);
	}
}

static void
put_id(struct pairs *p, const char *name, const uint8_t id[FIELDS_ID_SIZE])
{
	static const char digits[] = "0123456789abcdef";
	char text[2 * FIELDS_ID_SIZE + 1] = "";
	size_t i;

	for (i = 0; i < FIELDS_ID_SIZE; i++) {
		text[2 * i] = digits[id[i] >> 4];
		text[2 * i + 1] = digits[id[i] & 0xf];
	}
	pairs_add(p, name, "%s", text);
}

void
fields_put(struct pairs *p, const struct field *f, size_t n, const void *from)
{
	const char *text;

	for (; n-- > 0; f++) {
		switch (f->type) {
		case FIELD_TEXT:
			text = *(char *const *)member_of(f, from);
			if (text != NULL && strlen(text) >= (size_t)f->min)
				pairs_add(p, f->name, "%s", text);
			break;
		case FIELD_ID:
			put_id(p, f->name, member_of(f, from));
			break;
		case FIELD_CHOICE:
			pairs_add(p, f->name, "%s", f->words[number_of(f, from)]);
			break;
		default:
			if (number_of(f, from) >= f->min)
				pairs_add(p, f->name, "%lld", (long long)number_of(f, from));
		}
	}
}

static int
wrong_value(const struct field *f, const char *value, const char *must, struct srpc_error *err)
{
	return (
	    srpc_fail(err, SRPC_INVALID_PARAMETER, "%s=%.64s: must be %s", f->name, value, must));
}

static int
get_text(const struct field *f, const char *value, char **text, struct srpc_error *err)
{
	size_t len = strlen(value);

	if (len < (size_t)f->min || len > (size_t)f->max)
		return (srpc_fail(err, SRPC_INVALID_PARAMETER, "%s: must have %lld to %lld bytes",
		    f->name, (long long)f->min, (long long)f->max));
	free(*text);
	if ((*text = strdup(value)) == NULL)
		return (srpc_fail(err, SRPC_INTERNAL_TROUBLE, "Out of memory"));
	return (0);
}

static int
get_number(
    const struct field *f, const struct srpc_item *list, void *member, struct srpc_error *err)
{
	int64_t n = 0;

	if (pairs_get_number(list, f->name, f->min, f->max, &n, err) == -1)
		return (-1);
	if (f->type == FIELD_INT)
		*(int32_t *)member = (int32_t)n;
	else if (f->type == FIELD_UINT)
		*(uint32_t *)member = (uint32_t)n;
	else if (f->type == FIELD_NUMBER)
		*(struct field_number *)member = (struct field_number){.given = true, .n = n};
	else if (f->type == FIELD_PERCENT)
		*(float *)member = (float)n / 100;
	else
		*(int64_t *)member = n;
	return (0);
}

static int
get_choice(const struct field *f, const char *value, int *choice, struct srpc_error *err)
{
	char words[MAX_WORDS] = "";
	int i;

	for (i = 0; f->words[i] != NULL; i++) {
		if (strcmp(f->words[i], value) == 0) {
			*choice = i;
			return (0);
		}
		strlcat(words, i == 0 ? "" : " or ", sizeof(words));
		strlcat(words, f->words[i], sizeof(words));
	}
	return (wrong_value(f, value, words, err));
}

static int
nibble(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c == '\0' ? NULL : strchr(digits, c);

	return (at == NULL ? -1 : (int)(at - digits));
}

static int
get_id(const struct field *f, const char *value, uint8_t *id, struct srpc_error *err)
{
	int high, low;
	size_t i;

	for (i = 0; i < FIELDS_ID_SIZE; i++) {
		if ((high = nibble(value[2 * i])) == -1 || (low = nibble(value[2 * i + 1])) == -1)
			return (wrong_value(f, value, "32 hexadecimal digits", err));
		id[i] = (uint8_t)(high << 4 | low);
	}
	return (value[2 * i] == '\0' ? 0 : wrong_value(f, value, "32 hexadecimal digits", err));
}

int
fields_get(
    const struct srpc_item *list, const struct field *f, size_t n, void *to, struct srpc_error *err)
{
	const char *value;
	void *member;
	int rc = 0;

	for (; n-- > 0 && rc == 0; f++) {
		if ((value = pairs_get(list, f->name)) == NULL)
			continue;
		member = (char *)to + f->offset;
		if (f->type == FIELD_TEXT)
			rc = get_text(f, value, member, err);
		else if (f->type == FIELD_ID)
			rc = get_id(f, value, member, err);
		else if (f->type == FIELD_CHOICE)
			rc = get_choice(f, value, member, err);
		else
			rc = get_number(f, list, member, err);
	}
	return (rc);
}

void
fields_free(const struct field *f, size_t n, void *from)
{
	char **text;

	for (; n-- > 0; f++) {
		if (f->type != FIELD_TEXT)
			continue;
		text = (char **)(void *)((char *)from + f->offset);
		free(*text);
		*text = NULL;
	}
}

const char *
fields_unknown(const struct srpc_item *list, const struct field *f, size_t n)
{
	const char *pair;
	int32_t i;
	size_t j, len;

	for (i = 0; i < list->number; i++) {
		pair = srpc_string(list, i);
		len = strcspn(pair, "=");
		for (j = 0; j < n; j++)
			if (strlen(f[j].name) == len && strncmp(f[j].name, pair, len) == 0)
				break;
		if (j == n)
			return (pair);
	}
	return (NULL);
}

const char *
fields_missing(const struct srpc_item *list, const struct field *f, size_t n)
{
	for (; n-- > 0; f++)
		if (pairs_get(list, f->name) == NULL)
			return (f->name);
	return (NULL);
}
