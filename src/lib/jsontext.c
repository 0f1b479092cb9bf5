#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "jsontext.h"

#define DIGITS 12 /* of a number with a fraction: a microsecond in ten days */

json_t *
jsontext_string(const char *text)
{
	json_t *value;
	char *copy, *p;

	if (text == NULL)
		return (json_null());
	if ((value = json_string(text)) != NULL || (copy = strdup(text)) == NULL)
		return (value);
	for (p = copy; *p != '\0'; p++)
		if ((unsigned char)*p > 0x7f)
			*p = '?';
	value = json_string(copy);
	free(copy);
	return (value);
}

json_t *
jsontext_error(const struct runtool_error *err)
{
	char words[sizeof(err->message)];
	json_t *value;

	value = json_pack(
	    "{s:i, s:o}", "code", err->code, "message", jsontext_string(error_words(err, words)));
	if (err->exec_errno != 0)
		json_object_set_new(value, "errno", json_integer(err->exec_errno));
	return (value);
}

int
jsontext_write(FILE *f, json_t *value, size_t flags)
{
	char *text;
	int rc;

	text = json_dumps(value, flags | JSON_REAL_PRECISION(DIGITS));
	json_decref(value);
	if (text == NULL) {
		errno = ENOMEM;
		return (-1);
	}
	/* In one write, so that the lines of several programs do not mix. */
	rc = fprintf(f, "%s\n", text) < 0 || fflush(f) == EOF ? -1 : 0;
	free(text);
	return (rc);
}
