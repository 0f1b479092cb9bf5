/*
 * pairs.h: lists of name=value, each a chars_seq item. Version 5 of the interface uses them for
 * what may grow. Names are lower-case letters, digits and `_`; values are anything but NUL. Errors
 * begin with the name at fault; see pairs_blame().
 */
#ifndef PAIRS_H
#define PAIRS_H

#include <stdint.h>

#include "srpc.h"

#define PAIRS_MAX      64 /* in one list */
#define PAIRS_NAME_MAX 64 /* bytes */

/*
 * A list that is being made; zero-initialised is empty. If memory runs short, pairs_put() sets the
 * buf's `failed`.
 */
struct pairs {
	struct buf text; /* the strings, each with its NUL */
	int32_t number;
};

void pairs_add(struct pairs *, const char *name, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Appends the item to the buf, and frees the list. */
void pairs_put(struct buf *, struct pairs *);

/*
 * Whether a received chars_seq is such a list: at most PAIRS_MAX, no name twice. 0, or -1 with
 * *err.
 */
int pairs_check(const struct srpc_item *, struct srpc_error *err);

/* The value of a name in a list that was checked, in the reader's data; NULL: it is not there. */
const char *pairs_get(const struct srpc_item *, const char *name);

/*
 * The same for a decimal number: digits, with `-` before them or not. 0, also without that name (*n
 * stays as it is); -1 with *err.
 */
int pairs_get_number(const struct srpc_item *, const char *name, int64_t min, int64_t max,
    int64_t *n, struct srpc_error *err);

/*
 * To be called after -1. If the list is at fault, puts `what` and a blank before the words, and
 * sets this code. Returns -1.
 */
int pairs_blame(const char *what, int32_t code, struct srpc_error *err);

#endif
