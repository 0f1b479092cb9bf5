/* wire.h: bytes for a decoder. */
#ifndef WIRE_H
#define WIRE_H

#include <stddef.h>
#include <stdint.h>

/* The bytes of pairs of hex digits, up to the end or a '"': their number, at most `size`. */
size_t wire_from_hex(const char *hex, uint8_t *out, size_t size);

/*
 * A copy of exactly that size, so that a step too far is seen by sanitizers; good until the next
 * call.
 */
const uint8_t *wire_received(const void *data, size_t len);

#endif
