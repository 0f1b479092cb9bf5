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
 * Opens what the request asks for. Input is a file, /dev/null or a pipe of `stream`. Outputs are
 * connections back to the client up to version 4, tried while `wanted(arg)` is true; from version 5
 * on, pipes of `stream`. What the client has closed cannot be used. 0, or -1 with *err;
 * files_close() in any case.
 */
int files_open(struct files *, const struct settings *, const struct request *,
    struct stream *stream, bool (*wanted)(void *), void *arg, struct srpc_error *err);

/* To be called once the tool has them: its output ends only when nobody else holds it open. */
void files_close(struct files *);

#endif
