#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "srpc.h"

#define SOCKET_SIZE 6
#define INT_SIZE    4

int
srpc_fail(struct srpc_error *err, int32_t code, const char *fmt, ...)
{
	va_list ap;

	err->code = code;
	err->from_peer = false;
	err->exec_errno = err->retry_ms = 0;
	va_start(ap, fmt);
	vsnprintf(err->message, sizeof(err->message), fmt, ap);
	va_end(ap);
	return (-1);
}

static int32_t
get_int32(const uint8_t *p)
{
	return (
	    (int32_t)((uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]));
}

/* Where a decoder is in an item. */
struct cursor {
	const struct srpc_reader *r;
	size_t pos;
	struct srpc_error *err;
};

static void
too_large(struct cursor *c)
{
	srpc_fail(c->err, SRPC_INVALID_PARAMETER,
	    "[from other end] Request too large: more than %zu bytes", c->r->limit);
}

static int
take(struct cursor *c, size_t len, const uint8_t **out)
{
	if (len > c->r->limit || c->pos > c->r->limit - len) {
		too_large(c);
		return (-1);
	}
	if (len > c->r->len || c->pos > c->r->len - len)
		return (SRPC_MORE);
	*out = c->r->data + c->pos;
	c->pos += len;
	return (SRPC_OK);
}

static int
take_int32(struct cursor *c, int32_t *out)
{
	const uint8_t *p = NULL;
	int rc;

	if ((rc = take(c, INT_SIZE, &p)) == SRPC_OK)
		*out = get_int32(p);
	return (rc);
}

/* The length of a byte string; `what` names it in the error. */
static int
take_length(struct cursor *c, struct srpc_item *item, const char *what)
{
	int32_t len;
	int rc;

	if ((rc = take_int32(c, &len)) != SRPC_OK)
		return (rc);
	if (len < 0)
		return (srpc_fail(
		    c->err, SRPC_INTERNAL_TROUBLE, "[from other end] Malformed %s length", what));
	item->length = (size_t)len;
	return (SRPC_OK);
}

static int
take_bs(struct cursor *c, struct srpc_item *item, const char *what)
{
	int rc;

	if ((rc = take_length(c, item, what)) != SRPC_OK)
		return (rc);
	return (take(c, item->length, &item->bytes));
}

static int
take_text(struct cursor *c, struct srpc_item *item)
{
	int rc;

	if ((rc = take_bs(c, item, "Text")) != SRPC_OK)
		return (rc);
	if (memchr(item->bytes, '\0', item->length) != NULL)
		return (srpc_fail(
		    c->err, SRPC_INTERNAL_TROUBLE, "[from other end] Malformed Text (NUL inside)"));
	return (SRPC_OK);
}

static int
take_socket(struct cursor *c, struct srpc_item *item)
{
	int rc;

	/* The length is checked before the bytes arrive, as in the original. */
	int32_t len;
	if ((rc = take_int32(c, &len)) != SRPC_OK)
		return (rc);
	if (len != SOCKET_SIZE)
		return (
		    srpc_fail(c->err, SRPC_INTERNAL_TROUBLE, "[from other end] Malformed socket"));
	item->length = SOCKET_SIZE;
	return (take(c, SOCKET_SIZE, &item->bytes));
}

/* Every offset must be within the bodies, and have a NUL behind it there. */
static int
take_chars_seq(struct cursor *c, struct srpc_item *item)
{
	size_t last_nul, table_size;
	int32_t i, offset;
	int rc;

	if ((rc = take_int32(c, &item->number)) != SRPC_OK)
		return (rc);
	if (item->number < 0)
		return (srpc_fail(
		    c->err, SRPC_INTERNAL_TROUBLE, "[from other end] Malformed chars_seq count"));
	/* So that the sum below fits into a size_t of 32 bits. */
	if ((size_t)item->number > c->r->limit / INT_SIZE) {
		too_large(c);
		return (-1);
	}
	/* Bodies and table are taken together, so that nobody waits for too large a table. */
	table_size = (size_t)item->number * INT_SIZE;
	if ((rc = take_length(c, item, "chars_seq")) != SRPC_OK ||
	    (rc = take(c, item->length + table_size, &item->bytes)) != SRPC_OK)
		return (rc);
	item->table = item->bytes + item->length;

	for (last_nul = item->length; last_nul > 0 && item->bytes[last_nul - 1] != '\0';)
		last_nul--;
	for (i = 0; i < item->number; i++) {
		offset = get_int32(item->table + (size_t)i * INT_SIZE);
		if (offset < 0 || (size_t)offset >= last_nul)
			return (srpc_fail(c->err, SRPC_INTERNAL_TROUBLE,
			    "[from other end] Malformed chars_seq: offset %d of string %d", offset,
			    i));
	}
	return (SRPC_OK);
}

static int
take_payload(struct cursor *c, struct srpc_item *item)
{
	int rc;

	switch (item->code) {
	case SRPC_END_CALL:
	case SRPC_END_ACK:
	case SRPC_TRUE:
	case SRPC_FALSE:
		return (SRPC_OK);
	case SRPC_START_CALL:
		if ((rc = take_int32(c, &item->number)) != SRPC_OK)
			return (rc);
		return (take_int32(c, &item->version));
	case SRPC_INT32:
		return (take_int32(c, &item->number));
	case SRPC_TEXT:
		return (take_text(c, item));
	case SRPC_SOCKET:
		return (take_socket(c, item));
	case SRPC_CHARS_SEQ:
		return (take_chars_seq(c, item));
	case SRPC_HELLO:
		return (take_bs(c, item, "hello"));
	case SRPC_BYTES:
		return (take_bs(c, item, "bytes"));
	case SRPC_CHARS:
		return (take_bs(c, item, "chars"));
	case SRPC_FAILURE:
		if ((rc = take_int32(c, &item->number)) != SRPC_OK)
			return (rc);
		return (take_bs(c, item, "failure"));
	default:
		return (srpc_fail(c->err, SRPC_PROTOCOL_VIOLATION,
		    "[from other end] Item code %d is not used by this interface", item->code));
	}
}

static bool
is_code(uint8_t got, uint8_t expected)
{
	return (got == expected || (expected == SRPC_TRUE && got == SRPC_FALSE));
}

int
srpc_next(struct srpc_reader *r, uint8_t code, struct srpc_item *item, struct srpc_error *err)
{
	struct cursor c = {.r = r, .pos = r->pos, .err = err};
	const uint8_t *p;
	int rc;

	*item = (struct srpc_item){0};
	if ((rc = take(&c, 1, &p)) != SRPC_OK)
		return (rc);
	item->code = *p;
	if (!is_code(item->code, code) && item->code != SRPC_FAILURE)
		return (srpc_fail(err, SRPC_PROTOCOL_VIOLATION,
		    "[from other end] Mix-up: expected item code %d, got %d", code, item->code));
	if ((rc = take_payload(&c, item)) != SRPC_OK)
		return (rc);
	r->pos = c.pos;
	if (item->code == SRPC_FAILURE && code != SRPC_FAILURE) {
		srpc_fail(err, item->number, "%.*s", (int)item->length, (const char *)item->bytes);
		err->from_peer = true;
		return (-1);
	}
	return (SRPC_OK);
}

const char *
srpc_string(const struct srpc_item *item, int32_t i)
{
	return ((const char *)item->bytes + get_int32(item->table + (size_t)i * INT_SIZE));
}

float
srpc_float(const struct srpc_item *item)
{
	float f;

	_Static_assert(sizeof(f) == sizeof(item->number), "a float is an IEEE single");
	memcpy(&f, &item->number, sizeof(f));
	return (f);
}

struct sockaddr_in
srpc_socket(const struct srpc_item *item)
{
	struct sockaddr_in sin = {.sin_family = AF_INET};

	memcpy(&sin.sin_addr, item->bytes, 4);
	memcpy(&sin.sin_port, item->bytes + 4, 2);
	return (sin);
}

static void
put_raw32(struct buf *b, int32_t n)
{
	uint32_t v = htonl((uint32_t)n);

	buf_append(b, &v, sizeof(v));
}

static void
put_length(struct buf *b, size_t len)
{
	if (len > INT32_MAX)
		b->failed = true;
	else
		put_raw32(b, (int32_t)len);
}

static void
put_bs(struct buf *b, const void *data, size_t len)
{
	put_length(b, len);
	buf_append(b, data, len);
}

void
srpc_put_code(struct buf *b, uint8_t code)
{
	buf_append(b, &code, 1);
}

void
srpc_put_head(struct buf *b, uint8_t code, size_t len)
{
	srpc_put_code(b, code);
	put_length(b, len);
}

void
srpc_put_hello(struct buf *b)
{
	srpc_put_code(b, SRPC_HELLO);
	put_bs(b, SRPC_VERSION, sizeof(SRPC_VERSION));
}

void
srpc_put_start_call(struct buf *b, int32_t proc, int32_t version)
{
	srpc_put_code(b, SRPC_START_CALL);
	put_raw32(b, proc);
	put_raw32(b, version);
}

void
srpc_put_int32(struct buf *b, int32_t n)
{
	srpc_put_code(b, SRPC_INT32);
	put_raw32(b, n);
}

void
srpc_put_float(struct buf *b, float f)
{
	int32_t n;

	memcpy(&n, &f, sizeof(n));
	srpc_put_int32(b, n);
}

void
srpc_put_bool(struct buf *b, bool v)
{
	srpc_put_code(b, v ? SRPC_TRUE : SRPC_FALSE);
}

void
srpc_put_text(struct buf *b, const char *s)
{
	srpc_put_code(b, SRPC_TEXT);
	put_bs(b, s, strlen(s));
}

void
srpc_put_bytes(struct buf *b, const void *data, size_t len)
{
	srpc_put_code(b, SRPC_BYTES);
	put_bs(b, data, len);
}

void
srpc_put_socket(struct buf *b, const struct sockaddr_in *sin)
{
	srpc_put_code(b, SRPC_SOCKET);
	put_raw32(b, SOCKET_SIZE);
	buf_append(b, &sin->sin_addr, 4);
	buf_append(b, &sin->sin_port, 2);
}

void
srpc_put_failure(struct buf *b, int32_t code, const char *message)
{
	srpc_put_code(b, SRPC_FAILURE);
	put_raw32(b, code);
	put_bs(b, message, strlen(message));
}

void
srpc_put_chars_seq(struct buf *b, const char *const *strings)
{
	size_t total = 0, n;
	int32_t offset = 0;

	for (n = 0; strings[n] != NULL; n++)
		total += strlen(strings[n]) + 1;
	if (total > INT32_MAX || n > INT32_MAX / INT_SIZE) {
		b->failed = true;
		return;
	}
	srpc_put_code(b, SRPC_CHARS_SEQ);
	put_raw32(b, (int32_t)n);
	put_raw32(b, (int32_t)total);
	for (n = 0; strings[n] != NULL; n++)
		buf_append(b, strings[n], strlen(strings[n]) + 1);
	for (n = 0; strings[n] != NULL; n++) {
		put_raw32(b, offset);
		offset += (int32_t)strlen(strings[n]) + 1;
	}
}
