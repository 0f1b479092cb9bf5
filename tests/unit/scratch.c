#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scratch.h"

#define MAX_OPEN 16

static char dir[256];

static void
make(void)
{
	const char *tmp = getenv("TMPDIR");

	ck_assert_int_lt(
	    snprintf(dir, sizeof(dir), "%s/runtool-unit.XXXXXX", tmp != NULL ? tmp : "/tmp"),
	    (int)sizeof(dir));
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return (remove(path));
}

static void
clear(void)
{
	nftw(dir, remove_one, MAX_OPEN, FTW_DEPTH | FTW_PHYS);
}

void
scratch_use(TCase *tc)
{
	tcase_add_unchecked_fixture(tc, make, clear);
}

const char *
scratch_path(const char *name)
{
	static char paths[2][PATH_MAX];
	static unsigned int turn;
	char *path = paths[turn++ % 2];

	snprintf(path, PATH_MAX, "%s/%s", dir, name);
	return (path);
}

const char *
scratch_put(const char *name, const char *text)
{
	const char *path = scratch_path(name);
	FILE *f = fopen(path, "we");

	ck_assert_msg(f != NULL, "%s", path);
	ck_assert_uint_eq(fwrite(text, 1, strlen(text), f), strlen(text));
	ck_assert_int_eq(fclose(f), 0);
	return (path);
}
