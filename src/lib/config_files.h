/*
 * config_files.h: the lines of vesta.cfg, through all the files and directories it includes.
 * For config.c and config_line.c only.
 */
#ifndef CONFIG_FILES_H
#define CONFIG_FILES_H

#include <stdbool.h>
#include <stddef.h>

struct config_source;

/* The caller sets err and errsize, zeroes the rest, and calls config_files_close() at the end. */
struct config_files {
	char *err; /* says why, once it has failed */
	size_t errsize;
	bool failed;
	bool in_section; /* the reader sets it; false again where a file begins, ends or goes on */

	/* For config_files.c only. */
	struct config_source *top;
	unsigned int n_files;
	size_t n_bytes;
};

/* Begins with this file, which is to be the first. */
void config_files_open(struct config_files *, const char *path);

/*
 * The next line, without its newline; the caller may change it. And where it stands. All three are
 * valid until the next call. NULL behind the last line, or when it has failed.
 */
char *config_files_line(struct config_files *, const char **path, int *line);

/*
 * Reads on in this file, or in all files below this directory. The name is relative to the file
 * being read.
 */
void config_files_include(struct config_files *, const char *name);

/* Fails, with FILE:LINE of the present line before the words. Only the first failure counts. */
void config_files_fail(struct config_files *, const char *, ...)
    __attribute__((format(printf, 2, 3)));
void config_files_fail_memory(struct config_files *);

void config_files_close(struct config_files *);

#endif
