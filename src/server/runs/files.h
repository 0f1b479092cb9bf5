/* files.h: the tool's standard input, output and error, opened before it starts. */
#ifndef FILES_H
#define FILES_H

#include <stdbool.h>

#include "server/base/settings.h"
#include "request.h"
#include "stream.h"

/* The tool's ends: descriptors, or -1. */
struct files {
	int in, out, err;
};

/*
 * What the request asks for: a file or /dev/null as input; for outputs connections back to the client
 * (up to version 4), made for as long as `wanted(arg)` says, or the pipes of `stream`. 0, or -1 with *err;
 * files_close() in any case.
 */
int files_open(struct files *, const struct settings *, const struct request *,
    struct stream *stream, bool (*wanted)(void *), void *arg, struct srpc_error *err);

/* Once the tool holds them by itself: its output ends when it says so. */
void files_close(struct files *);

#endif
