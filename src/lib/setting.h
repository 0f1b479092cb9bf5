/*
 * setting.h: tables of what may be set in vesta.cfg or by -o, each with its type, bounds and
 * default; and functions that read and print them. Nothing here logs.
 */
#ifndef SETTING_H
#define SETTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "config.h"

struct setting;

/* A value is stored in an object, at the setting's offset. */
struct setting_type {
	/* 0, or -1 with `why`: what the value must be. */
	int (*set)(void *, const struct setting *, const char *value, char *why, size_t size);
	void (*print)(const void *, const struct setting *, FILE *);
	void (*clear)(void *, const struct setting *); /* frees it; NULL: nothing to free */
};

struct setting {
	const char *section, *name;
	size_t offset;
	const struct setting_type *type;
	const char *standard; /* the default, as one would write it; NULL: none, or set elsewhere */
	long long min, max;   /* of numbers */
	bool command;	      /* it runs a command: not taken from a file merely found */
};

struct setting_table {
	const struct setting *settings;
	size_t n;
};

extern const struct setting_type setting_int;	  /* int */
extern const struct setting_type setting_decimal; /* double, not negative */
extern const struct setting_type setting_bool;	  /* bool: yes or no */
extern const struct setting_type setting_string;  /* char *; an empty one is the default, or NULL */

/* For further types whose value is a char * copy: the functions of setting_string. */
int setting_set_string(void *, const struct setting *, const char *value, char *why, size_t size);
void setting_print_string(const void *, const struct setting *, FILE *);
void setting_clear_string(void *, const struct setting *);

const struct setting *setting_find(
    const struct setting_table *, const char *section, const char *name);

/*
 * Set values in a zero-initialised object: the defaults, then what the file says, then NAME=VALUE
 * of -o. 0, or -1 with the reason in `err`; setting_clear() in any case. `in_cwd`: the file was
 * merely found in the current directory; `skipped`, if not NULL, gets what is not taken from it for
 * that reason.
 */
int setting_defaults(const struct setting_table *, void *, char *err, size_t errsize);
int setting_read(const struct setting_table *, void *, const struct config *, bool in_cwd,
    void (*skipped)(const struct config_value *), char *err, size_t errsize);
int setting_override(const struct setting *, void *, const char *text, char *err, size_t errsize);
void setting_clear(const struct setting_table *, void *);

/*
 * The next value in the section that no setting has the name of, from value number *i on; or NULL.
 */
const struct config_value *setting_unknown(
    const struct setting_table *, const struct config *, const char *section, size_t *i);

/* One `[Section]name = value` a line. */
void setting_print(const struct setting_table *, const void *, FILE *);

#endif
