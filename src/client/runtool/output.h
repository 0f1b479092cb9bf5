/* output.h: runtool's standard descriptors, to which a tool's output goes. */
#ifndef OUTPUT_H
#define OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Fills descriptors 0 to 2 where they are closed, the wrong way round, so that using them fails as
 * it would have, and no connection gets their number. Ignores SIGPIPE.
 */
void output_prepare(void);

/* Whether stdout and stderr are one file, in which the order counts. */
bool output_is_one(void);

/*
 * Why a tool's output could not be written: its stream, and the errno; 0: nothing failed. EINTR: an
 * ending signal came while it could not, and the run had its time.
 */
struct output {
	int stream;
	int error;
};

/* A runtool_output_fn; `arg` is a struct output. */
int output_write(void *arg, int stream, const void *data, size_t len);

#endif
