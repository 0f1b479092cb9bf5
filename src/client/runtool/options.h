/* options.h: which options there are: their names, their help, and the preferences for some. */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <limits.h>

#include "preferences.h"

/* Those without a letter of their own. */
enum {
	OPTION_JSON = UCHAR_MAX + 1,
	OPTION_KEEP_ALIVE,
	OPTION_RETRY,
	OPTION_WAIT,
	OPTION_FALLBACK,
	OPTION_LOG,
	OPTION_SHOW,
	OPTION_CHECK,
	OPTION_LINKS,
	OPTION_COLOUR,
	OPTION_TTY
};

/* As getopt_long(3), up to the first argument that is none. */
int options_next(int argc, char *argv[]);

/*
 * What a preference stands for: the option, and what people write before its value. Of an option
 * the preference; PREFERENCES: it has none.
 */
int options_letter(enum preference);
const char *options_words(enum preference);
enum preference options_preference(int letter);

/* Prints the help. */
void options_help(void);

#endif
