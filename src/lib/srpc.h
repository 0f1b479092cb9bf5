/*
 * srpc.h: the items of SRPC V1.4, one at a time. A codec: it neither reads nor writes descriptors,
 * and never logs. All integers on the wire are big-endian.
 */
#ifndef SRPC_H
#define SRPC_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"

#define SRPC_VERSION "SRPC V1.4"

enum srpc_code {
	SRPC_HELLO = 10,
	SRPC_START_CALL = 11,
	SRPC_END_CALL = 12,
	SRPC_END_ACK = 13,
	SRPC_SEQ_START = 20,
	SRPC_SEQ_END = 21,
	SRPC_INT16 = 28,
	SRPC_INT16_ARRAY = 29,
	SRPC_INT32 = 30,
	SRPC_INT32_SEQ = 31,
	SRPC_CHARS = 32,
	SRPC_CHARS_SEQ = 33,
	SRPC_BYTES = 34,
	SRPC_BYTES_SEQ = 35,
	SRPC_TEXT = 36,
	SRPC_SOCKET = 40,
	SRPC_INT64 = 41,
	SRPC_INT32_ARRAY = 42,
	SRPC_INT64_ARRAY = 43,
	SRPC_TRUE = 44,
	SRPC_FALSE = 45,
	SRPC_FAILURE = 255,
};

/* What a failure item's code may be. */
enum srpc_failure {
	SRPC_UNKNOWN_HOST = -1,
	SRPC_UNKNOWN_INTERFACE = -2,
	SRPC_VERSION_SKEW = -3,
	SRPC_PROTOCOL_VIOLATION = -4,
	SRPC_BUFFER_TOO_SMALL = -5,
	SRPC_TRANSPORT_FAILURE = -6,
	SRPC_INTERNAL_TROUBLE = -7,
	SRPC_INVALID_PARAMETER = -8,
	SRPC_PARTNER_WENT_AWAY = -9,
	SRPC_NOT_IMPLEMENTED = -10,
	SRPC_READ_TIMEOUT = -11,
	SRPC_CLIENT_ERROR = 10,
	SRPC_CONFIGURATION_ERROR = 11,
};

/* Why a call failed: what we send to the peer, or what it sent. */
struct srpc_error {
	int32_t code;
	bool from_peer; /* the peer sent a failure item: do not answer it */
	char message[1024];

	/* From version 5 of the interface on. */
	int32_t exec_errno; /* why a tool could not be executed; 0: something else */
	int32_t retry_ms;   /* no room: try again after so long; 0: do not */
};

/* Fills in `err` (the members of version 5 are 0) and returns -1. */
int srpc_fail(struct srpc_error *err, int32_t code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Received bytes and how far they are decoded; owned by whoever received them. */
struct srpc_reader {
	const uint8_t *data;
	size_t len;
	size_t pos;
	size_t limit; /* an item that would end behind data[limit] is refused before it arrives */
};

/* One decoded item; its pointers point into the reader's data. */
struct srpc_item {
	uint8_t code;
	int32_t number;	      /* int32; start_call: proc; failure: code; sequences: the count n */
	int32_t version;      /* start_call */
	const uint8_t *bytes; /* the byte string: hello, text, chars, bytes, failure, chars_seq */
	size_t length;	      /* its length */
	const uint8_t *table; /* chars_seq: n big-endian offsets into bytes, all checked */
};

enum { SRPC_OK = 0, SRPC_MORE = 1 };

/*
 * Decodes the next item, which must be `code` (SRPC_TRUE stands for both bools). SRPC_OK: *item is
 * filled in, and the reader has moved on. SRPC_MORE: the item is not complete; the reader has not
 * moved. -1 with *err: it is another item, malformed, or beyond the limit; err->from_peer if the
 * peer sent a failure instead.
 */
int srpc_next(struct srpc_reader *, uint8_t code, struct srpc_item *item, struct srpc_error *err);

/* String `i` (0 <= i < number) of a chars_seq: NUL-terminated, in the reader's data. */
const char *srpc_string(const struct srpc_item *, int32_t i);

/* Encoders: append one item. If memory runs short, buf->failed is set. */
void srpc_put_code(struct buf *, uint8_t code); /* an item without payload */
void srpc_put_hello(struct buf *);
void srpc_put_start_call(struct buf *, int32_t proc, int32_t version);
void srpc_put_int32(struct buf *, int32_t);
void srpc_put_float(struct buf *, float);
void srpc_put_bool(struct buf *, bool);
void srpc_put_text(struct buf *, const char *);
void srpc_put_bytes(struct buf *, const void *, size_t len); /* len <= INT32_MAX */
void srpc_put_head(struct buf *, uint8_t code, size_t len);  /* of a byte string that follows */
void srpc_put_socket(struct buf *, const struct sockaddr_in *);
void srpc_put_failure(struct buf *, int32_t code, const char *message);

/* `strings` ends with NULL. More than INT32_MAX bytes in all set buf->failed. */
void srpc_put_chars_seq(struct buf *, const char *const *strings);

/* The float in an int32 item, and the address in a socket item. */
float srpc_float(const struct srpc_item *);
struct sockaddr_in srpc_socket(const struct srpc_item *);

#endif
