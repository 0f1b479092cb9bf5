#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"

int
buf_reserve(struct buf *b, size_t more)
{
	uint8_t *data;
	size_t size;

	if (b->failed)
		goto fail;
	if (more <= b->size - b->len)
		return (0);
	if (more > SIZE_MAX / 2 - b->len)
		goto fail;
	size = b->size == 0 ? 512 : b->size;
	while (size - b->len < more)
		size *= 2;
	if ((data = realloc(b->data, size)) == NULL)
		goto fail;
	b->data = data;
	b->size = size;
	return (0);
fail:
	b->failed = true;
	errno = ENOMEM;
	return (-1);
}

void
buf_append(struct buf *b, const void *data, size_t len)
{
	if (len == 0 || buf_reserve(b, len) == -1)
		return;
	memcpy(b->data + b->len, data, len);
	b->len += len;
}

void
buf_consume(struct buf *b, size_t n)
{
	b->len -= n;
	if (b->len == 0)
		buf_free(b);
	else if (n > 0)
		memmove(b->data, b->data + n, b->len);
}

void
buf_free(struct buf *b)
{
	free(b->data);
	*b = (struct buf){0};
}
