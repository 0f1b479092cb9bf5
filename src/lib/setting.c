#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <bsd/stdlib.h>
#include <bsd/string.h>

#include "setting.h"

#define MAX_DECIMAL 1e6
#define WHY_SIZE    256

static void *
field_of(void *object, const struct setting *what)
{
	return ((char *)object + what->offset);
}

static const void *
value_of(const void *object, const struct setting *what)
{
	return ((const char *)object + what->offset);
}

/* ---- types -------------------------------------------------------------------------------- */

static int
set_int(void *object, const struct setting *what, const char *value, char *why, size_t size)
{
	const char *bad;
	long long n = strtonum(value, what->min, what->max, &bad);

	if (bad != NULL) {
		snprintf(why, size, "must be a number between %lld and %lld", what->min, what->max);
		return (-1);
	}
	*(int *)field_of(object, what) = (int)n;
	return (0);
}

static void
print_int(const void *object, const struct setting *what, FILE *out)
{
	fprintf(out, "%d", *(const int *)value_of(object, what));
}

const struct setting_type setting_int = {set_int, print_int, NULL};

static int
set_decimal(void *object, const struct setting *what, const char *value, char *why, size_t size)
{
	char *end;
	double n = strtod(value, &end);

	if (*value == '\0' || value[strspn(value, "0123456789.")] != '\0' || *end != '\0' ||
	    n > MAX_DECIMAL) {
		snprintf(why, size, "must be a number from 0 to %.0f, such as 4.0", MAX_DECIMAL);
		return (-1);
	}
	*(double *)field_of(object, what) = n;
	return (0);
}

static void
print_decimal(const void *object, const struct setting *what, FILE *out)
{
	fprintf(out, "%.10g", *(const double *)value_of(object, what));
}

const struct setting_type setting_decimal = {set_decimal, print_decimal, NULL};

static int
set_bool(void *object, const struct setting *what, const char *value, char *why, size_t size)
{
	bool *field = field_of(object, what);

	*field = strcmp(value, "yes") == 0;
	if (*field || strcmp(value, "no") == 0)
		return (0);
	strlcpy(why, "must be yes or no", size);
	return (-1);
}

static void
print_bool(const void *object, const struct setting *what, FILE *out)
{
	fputs(*(const bool *)value_of(object, what) ? "yes" : "no", out);
}

const struct setting_type setting_bool = {set_bool, print_bool, NULL};

int
setting_set_string(
    void *object, const struct setting *what, const char *value, char *why, size_t size)
{
	char **field = field_of(object, what), *copy = NULL;

	if (*value == '\0')
		value = what->standard;
	if (value != NULL && (copy = strdup(value)) == NULL) {
		strlcpy(why, strerror(errno), size);
		return (-1);
	}
	free(*field);
	*field = copy;
	return (0);
}

void
setting_print_string(const void *object, const struct setting *what, FILE *out)
{
	const char *text = *(char *const *)value_of(object, what);

	fputs(text == NULL ? "" : text, out);
}

void
setting_clear_string(void *object, const struct setting *what)
{
	char **field = field_of(object, what);

	free(*field);
	*field = NULL;
}

const struct setting_type setting_string = {
    setting_set_string, setting_print_string, setting_clear_string};

/* ---- tables ------------------------------------------------------------------------------- */

const struct setting *
setting_find(const struct setting_table *table, const char *section, const char *name)
{
	const struct setting *what;

	for (what = table->settings; what < table->settings + table->n; what++)
		if (strcmp(what->section, section) == 0 && strcmp(what->name, name) == 0)
			return (what);
	return (NULL);
}

int
setting_defaults(const struct setting_table *table, void *object, char *err, size_t errsize)
{
	const struct setting *what;

	for (what = table->settings; what < table->settings + table->n; what++)
		if (what->standard != NULL &&
		    what->type->set(object, what, what->standard, err, errsize) == -1)
			return (-1);
	return (0);
}

int
setting_read(const struct setting_table *table, void *object, const struct config *config,
    bool in_cwd, void (*skipped)(const struct config_value *), char *err, size_t errsize)
{
	const struct config_value *v;
	const struct setting *what;
	char why[WHY_SIZE];
	size_t i;

	for (i = 0; (v = config_at(config, i)) != NULL; i++) {
		if ((what = setting_find(table, v->section, v->name)) == NULL)
			continue;
		if (what->command && in_cwd) {
			if (skipped != NULL)
				skipped(v);
			continue;
		}
		/* Only the last value of a name counts: earlier ones may be wrong. */
		if (config_get(config, v->section, v->name) != v ||
		    what->type->set(object, what, v->value, why, sizeof(why)) == 0)
			continue;
		snprintf(err, errsize, "%s:%d: [%s]%s = %s: %s", v->file, v->line, v->section,
		    v->name, v->value, why);
		return (-1);
	}
	return (0);
}

int
setting_override(
    const struct setting *what, void *object, const char *text, char *err, size_t errsize)
{
	const char *value = strchr(text, '=') + 1;
	char why[WHY_SIZE];

	if (what->type->set(object, what, value, why, sizeof(why)) == 0)
		return (0);
	snprintf(
	    err, errsize, "-o %s: [%s]%s = %s: %s", text, what->section, what->name, value, why);
	return (-1);
}

void
setting_clear(const struct setting_table *table, void *object)
{
	const struct setting *what;

	for (what = table->settings; what < table->settings + table->n; what++)
		if (what->type->clear != NULL)
			what->type->clear(object, what);
}

const struct config_value *
setting_unknown(
    const struct setting_table *table, const struct config *config, const char *section, size_t *i)
{
	const struct config_value *v;

	while ((v = config_at(config, (*i)++)) != NULL)
		if (strcmp(v->section, section) == 0 &&
		    setting_find(table, section, v->name) == NULL)
			break;
	return (v);
}

void
setting_print(const struct setting_table *table, const void *object, FILE *out)
{
	const struct setting *what;

	for (what = table->settings; what < table->settings + table->n; what++) {
		fprintf(out, "[%s]%s = ", what->section, what->name);
		what->type->print(object, what, out);
		fputc('\n', out);
	}
}
