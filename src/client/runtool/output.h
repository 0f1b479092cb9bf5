/* output.h: runtool's standard descriptors, to which a tool's output goes. */
#ifndef OUTPUT_H
#define OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Opens /dev/null for those of descriptors 0 to 2 that are closed, so that no connection gets their
 * number: for the wrong direction, so that using them still fails. Ignores SIGPIPE.
 */
void output_prepare(void);

/* Whether stdout and stderr are the same file: then the order of writes counts. */
bool output_is_one(void);

/*
 * Why a tool's output could not be written: its stream, and the errno; 0: nothing failed. EINTR: it
 * was given up after an ending signal, when the run had had its time.
 */
struct output {
	int stream;
	int error;
};

/* A runtool_output_fn; `arg` is a struct output. */
int output_write(void *arg, int stream, const void *data, size_t len);

#endif
