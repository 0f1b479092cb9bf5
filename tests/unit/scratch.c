#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scratch.h"

#define MAX_OPEN 16

static char base[256]; /* of all tests of a case */
static char dir[272];  /* of this one */

static void
make_base(void)
{
	const char *tmp = getenv("TMPDIR");

	ck_assert_int_lt(
	    snprintf(base, sizeof(base), "%s/runtool-unit.XXXXXX", tmp != NULL ? tmp : "/tmp"),
	    (int)sizeof(base));
	ck_assert_ptr_nonnull(mkdtemp(base));
	ck_assert_int_eq(chmod(base, 0755), 0);
}

static void
make(void)
{
	snprintf(dir, sizeof(dir), "%s/XXXXXX", base);
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(chmod(dir, 0755), 0);
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
remove_base(void)
{
	nftw(base, remove_one, MAX_OPEN, FTW_DEPTH | FTW_PHYS);
}

void
scratch_use(TCase *tc)
{
	tcase_add_unchecked_fixture(tc, make_base, remove_base);
	tcase_add_checked_fixture(tc, make, NULL);
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
scratch_put_bytes(const char *name, const void *data, size_t len)
{
	const char *path = scratch_path(name);
	FILE *f = fopen(path, "we");

	ck_assert_msg(f != NULL, "%s", path);
	ck_assert_uint_eq(fwrite(data, 1, len, f), len);
	ck_assert_int_eq(fclose(f), 0);
	return (path);
}

const char *
scratch_put(const char *name, const char *text)
{
	return (scratch_put_bytes(name, text, strlen(text)));
}
