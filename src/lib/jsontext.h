/* jsontext.h: what runtool and RunToolProbe write as JSON. */
#ifndef JSONTEXT_H
#define JSONTEXT_H

#include <jansson.h>
#include <stdio.h>

#include "runtool.h"

/*
 * A string of any bytes; null for NULL. In what is not UTF-8, each byte above 0x7f becomes a
 * question mark.
 */
json_t *jsontext_string(const char *);

/* {"code": ..., "message": ...}, with "errno" where a tool could not be executed. */
json_t *jsontext_error(const struct runtool_error *);

/*
 * Writes a value and a newline, and frees it. NULL: there was no memory for it. 0, or -1 with
 * errno.
 */
int jsontext_write(FILE *, json_t *, size_t flags);

#endif
