/* recorded.h: the requests and answers in tests/wire/requests.json. */
#ifndef RECORDED_H
#define RECORDED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RECORDED_MAX_ITEMS 64

struct recorded_item {
	const char *code; /* "hello", "int32", "end_call" ... */
	const char *text; /* "*": any value; NULL: it has none */
	int32_t number;	  /* of int32; of failure its code */
};

struct recorded {
	const char *name;
	uint8_t *sent;
	size_t sent_len;
	bool half_close; /* after it, the client shut down its side */
	struct recorded_item reply[RECORDED_MAX_ITEMS];
	size_t items;
	bool closed; /* by the server, in the end */
};

/* All entries and their number; NULL with words on stderr when the file is not as expected. */
const struct recorded *recorded_load(const char *path, size_t *n);
void recorded_free(void);

/* The bytes that a string of hex digits (blanks ignored) stands for; the caller frees them. */
uint8_t *recorded_hex(const char *digits, size_t *len);

#endif
