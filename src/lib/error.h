/* error.h: fills in the struct runtool_error of runtool.h, and reads its words. */
#ifndef ERROR_H
#define ERROR_H

#include "runtool.h"

#define ERROR_WORDS_SIZE sizeof(((struct runtool_error *)NULL)->message)

/*
 * Fills in all of `err`. Words that do not fit are cut. `err->message` must not be an argument.
 * Returns -1.
 */
int error_set(struct runtool_error *err, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Appends words to those of error_set(). */
void error_add(struct runtool_error *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The words, without the blanks and newlines that a server put around them. Returns `words`. */
const char *error_words(const struct runtool_error *, char words[ERROR_WORDS_SIZE]);

#endif
