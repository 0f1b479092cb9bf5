#include "common/testing.h"
#include <stdlib.h>
#include <string.h>

#include "wire.h"

static uint8_t
digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *d = strchr(digits, c);

	ck_assert(c != '\0' && d != NULL);
	return ((uint8_t)(d - digits));
}

size_t
wire_from_hex(const char *hex, uint8_t *out, size_t size)
{
	size_t n;

	for (n = 0; hex[2 * n] != '\0' && hex[2 * n] != '"'; n++) {
		ck_assert_uint_lt(n, size);
		out[n] = (uint8_t)(digit(hex[2 * n]) << 4 | digit(hex[2 * n + 1]));
	}
	return (n);
}

const uint8_t *
wire_received(const void *data, size_t len)
{
	static uint8_t *received;

	free(received);
	received = malloc(len > 0 ? len : 1);
	ck_assert_ptr_nonnull(received);
	memcpy(received, data, len);
	return (received);
}
