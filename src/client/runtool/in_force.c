#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "in_force.h"
#include "lib/config.h"

int
in_force_note(struct in_force *f, enum preference i, const char *from, const char *text)
{
	char *old = f->texts[i];

	if (asprintf(&f->texts[i], "%s%s%s", old == NULL ? "" : old, old == NULL ? "" : " ",
		text) == -1) {
		f->texts[i] = old;
		return (-1);
	}
	free(old);
	f->from[i] = from;
	return (0);
}

/* `FILE:LINE: [runtool]root = ` or `RUNTOOL_ROOT=`, up to where a value begins. */
static int
place_length(const char *from)
{
	const char *colon = strstr(from, ": [");

	return ((int)(colon != NULL ? (size_t)(colon - from) : strcspn(from, "= ")));
}

static void
print_file(const char *path, const char *what)
{
	printf("# %s: %s\n", what, *path == '\0' ? "none" : path);
}

void
in_force_print(const struct in_force *f, const struct preferences *p, const char *directory,
    const char *config)
{
	char path[PATH_MAX];
	enum preference i;
	bool in_cwd;

	for (i = 0; i < PREFERENCES; i++) {
		if (f->texts[i] == NULL)
			continue;
		printf("%s = %s  # %.*s", preference_key(i), f->texts[i], place_length(f->from[i]),
		    f->from[i]);
		if (i == PREFER_DIRECTORY && directory != NULL)
			printf(": %s", directory);
		putchar('\n');
	}
	print_file(p->paths[SOURCE_USER], "the user's file");
	print_file(p->paths[SOURCE_SITE], "vesta.cfg");
	if (config_find(config, path, sizeof(path), &in_cwd) == 0 && in_cwd)
		printf("# %s, found in the current directory, has no say in this\n", path);
}

void
in_force_free(struct in_force *f)
{
	enum preference i;

	for (i = 0; i < PREFERENCES; i++)
		free(f->texts[i]);
	*f = (struct in_force){0};
}
