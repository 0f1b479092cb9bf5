/* directory.h: the tool's working directory, where -w names the current one here. */
#ifndef DIRECTORY_H
#define DIRECTORY_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

struct directory {
	const char *asked;   /* as it was asked for; NULL: the server's default */
	bool here;	     /* by the current directory */
	char own[PATH_MAX];  /* the current directory; only if `here`, or nothing was asked for */
	char path[PATH_MAX]; /* if `here`: the same in the root */
};

/*
 * Finds out what `asked` means: `here`, `here:FROM=TO` with absolute path names, where the current
 * directory must be FROM or below it, and is TO or below it in the root; or any other directory,
 * which stands for itself. NULL: the server's default, or that of the root, for which `own` is found
 * as well, if that can be. 0, or -1 with the reason in `why`. `asked` must live as long.
 */
int directory_find(struct directory *, const char *asked, char *why, size_t size);

/* The directory in the root, or NULL. */
const char *directory_name(const struct directory *);

#endif
