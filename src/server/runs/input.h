/* input.h: the tool's standard input, a file that the client names. */
#ifndef INPUT_H
#define INPUT_H

#include <stddef.h>

#include "server/base/settings.h"

/*
 * Opens a regular file by its full path name, "" being /dev/null; never one of a kernel file
 * system, nor through a magic link. With stdin_dirs the name begins with one of these, and nothing
 * behind that leads out of it. A blocking descriptor, which the caller closes; or -1 with the
 * reason in `why`.
 */
int input_open(const struct settings *, const char *path, char *why, size_t size);

#endif
