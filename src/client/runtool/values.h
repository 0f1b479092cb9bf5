/*
 * values.h: what the values of options and preferences mean. `what` is what stands before a value
 * where it was said. One that is wrong ends the program.
 */
#ifndef VALUES_H
#define VALUES_H

#include <stdbool.h>

#include "environment.h"
#include "lib/endpoint.h"
#include "runtool.h"

/* Ends the program with these words: what was asked for is wrong. values_try_help() only hints. */
_Noreturn void values_refuse(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void values_try_help(void);

/* Seconds with a decimal fraction, in milliseconds, rounded up. */
int values_ms(const char *what, const char *text, int min_ms, int max_ms);
int values_count(const char *what, const char *text, int max);

/* Whether that is the first of these words; it must be one of the two. */
bool values_either(const char *what, const char *text, const char *yes, const char *no);

/* Whether the tool may use colours. */
bool values_colour(const char *what, const char *text);

/* A root's number, decimal or hexadecimal after 0x, or its name. */
void values_root(const char *what, const char *text, struct runtool_request *);
void values_input(const char *text, struct runtool_request *);
void values_label(const char *text, struct runtool_request *);
void values_server(const char *what, const char *text, struct endpoint *);
void values_area(const char *what, const char *text);

/* Words for the environment, which must live as long; of a list they are cut apart at blanks. */
void values_variable(const char *what, const char *text, struct environment *);
void values_variables(const char *what, char *list, struct environment *);

#endif
