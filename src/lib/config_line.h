/* config_line.h: the grammar of a line of vesta.cfg. For config.c only. */
#ifndef CONFIG_LINE_H
#define CONFIG_LINE_H

#include <stdbool.h>

struct config_files;

/* A [section], or a name and its value. Valid until the next one is read. */
struct config_line {
	const char *section;
	const char *name, *value;
	const char *file;
	int line;
};

/* The next line that is neither empty, comment nor include. False behind the last, or failed. */
bool config_line_next(struct config_files *, struct config_line *);

#endif
