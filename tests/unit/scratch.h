/* scratch.h: a directory for the files of a test. */
#ifndef SCRATCH_H
#define SCRATCH_H

#include <check.h>

/*
 * Makes the directory before the tests of this case, which share it, and removes it and all that is
 * in it after them, also where one of them dies.
 */
void scratch_use(TCase *);

/* The full name of a file in it; good until the second call after this one. */
const char *scratch_path(const char *name);

/* Writes the file; returns its full name, as scratch_path() does. */
const char *scratch_put(const char *name, const char *text);

#endif
