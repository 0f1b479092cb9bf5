#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "error.h"

int
error_set(struct runtool_error *err, int code, const char *fmt, ...)
{
	va_list ap;

	err->code = code;
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

int
error_reply(struct runtool_error *err, const struct srpc_error *why)
{
	static const char prefix[] = "[from other end] ";
	const char *words = why->message;

	if (why->from_peer)
		return (error_set(err, why->code, "%s", words));
	/* The codec words what it finds for the other side; here we are the one who reads it. */
	if (strncmp(words, prefix, sizeof(prefix) - 1) == 0)
		words += sizeof(prefix) - 1;
	return (error_set(err, why->code, "not an answer of a RunToolServer: %s", words));
}
