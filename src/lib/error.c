#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "error.h"

int
error_set(struct runtool_error *err, int code, const char *fmt, ...)
{
	va_list ap;

	err->code = code;
	err->exec_errno = err->retry_ms = err->lost_before = 0;
	err->refused = err->loaded = err->lost = err->unanswered = err->input_read = false;
	err->in_flight = -1;
	va_start(ap, fmt);
	vsnprintf(err->message, sizeof(err->message), fmt, ap);
	va_end(ap);
	return (-1);
}

void
error_add(struct runtool_error *err, const char *fmt, ...)
{
	size_t used = strlen(err->message);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err->message + used, sizeof(err->message) - used, fmt, ap);
	va_end(ap);
}

const char *
error_words(const struct runtool_error *err, char words[ERROR_WORDS_SIZE])
{
	static const char blanks[] = " \n";
	const char *start = err->message + strspn(err->message, blanks);
	size_t len = strlen(start);

	while (len > 0 && strchr(blanks, start[len - 1]) != NULL)
		len--;
	memcpy(words, start, len);
	words[len] = '\0';
	return (words);
}
