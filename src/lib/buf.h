/* buf.h: a byte buffer that grows, for what was received or will be sent. */
#ifndef BUF_H
#define BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Zero-initialised is empty. `failed` is sticky: once memory ran short, every append does nothing,
 * so an encoder checks it once, at its end.
 */
struct buf {
	uint8_t *data;
	size_t len;
	size_t size; /* allocated bytes */
	bool failed;
};

void buf_append(struct buf *, const void *data, size_t len);

/* Room for `more` bytes behind data[len]: 0, or -1 with errno ENOMEM (and failed set). */
int buf_reserve(struct buf *, size_t more);

/* Drops the first `n` bytes; n <= len. An emptied buffer gives its memory back. */
void buf_consume(struct buf *, size_t n);

/* Frees the memory; the buffer is empty and usable again. */
void buf_free(struct buf *);

#endif
