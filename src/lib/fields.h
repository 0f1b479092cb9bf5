/*
 * fields.h: structs as lists of name=value. A table says which member has which name, so both sides
 * encode, decode and check by the same line.
 */
#ifndef FIELDS_H
#define FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pairs.h"

enum field_type {
	FIELD_TEXT,    /* char *, with `min` to `max` bytes; NULL or shorter: not given */
	FIELD_INT,     /* int32_t; below `min`: not given */
	FIELD_UINT,    /* uint32_t; the same */
	FIELD_LONG,    /* int64_t; the same */
	FIELD_NUMBER,  /* struct field_number: one that may be 0 and given */
	FIELD_PERCENT, /* float >= 0, in hundredths: independent of the locale */
	FIELD_CHOICE,  /* int: index into `words` */
	FIELD_ID       /* uint8_t[16], in hexadecimal */
};

struct field {
	const char *name;
	enum field_type type;
	size_t offset;
	int64_t min, max;
	const char *const *words; /* NULL-terminated */
};

#define FIELDS_ID_SIZE 16

/* Zero-initialised it is not given. */
struct field_number {
	bool given;
	int64_t n;
};

/* Adds all members that are given. */
void fields_put(struct pairs *, const struct field *, size_t n, const void *from);

/*
 * Fills in what the list has; members that it does not name stay as they are. Texts are allocated:
 * fields_free() frees and clears them, also after -1 with *err.
 */
int fields_get(
    const struct srpc_item *list, const struct field *, size_t n, void *to, struct srpc_error *err);
void fields_free(const struct field *, size_t n, void *);

/* The first name in the list that the table does not have; NULL: it has them all. */
const char *fields_unknown(const struct srpc_item *list, const struct field *, size_t n);

/* The first name of the table that the list does not have; NULL: it has them all. */
const char *fields_missing(const struct srpc_item *list, const struct field *, size_t n);

#endif
