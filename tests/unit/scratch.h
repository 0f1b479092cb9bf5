/* scratch.h: a directory for the files of a test, which others may read too. */
#ifndef SCRATCH_H
#define SCRATCH_H

#include "common/testing.h"
#include <stddef.h>

/*
 * Makes a directory for each test of this case, and removes them and all that is in them after the
 * last, also where a test dies.
 */
void scratch_use(TCase *);

/* The full name of a file in it; good until the second call after this one. */
const char *scratch_path(const char *name);

/* Writes the file; returns its full name, as scratch_path() does. */
const char *scratch_put(const char *name, const char *text);
const char *scratch_put_bytes(const char *name, const void *data, size_t len);

#endif
