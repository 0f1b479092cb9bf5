#include <glob.h>
#include <stdlib.h>

#include "common/testing.h"
#include "clock.h"

const char *clock_setting;

/* Its library; NULL: there is none. */
static const char *
find(void)
{
	static const char *path;
	glob_t found;

	if (path == NULL && glob("/usr/lib/*/faketime/libfaketimeMT.so.1", 0, NULL, &found) == 0) {
		path = harness_text("%s", found.gl_pathv[0]);
		globfree(&found);
	}
	return (path);
}

void
clock_add(TCase *tc, const TTest *test, void (*add)(TCase *, const TTest *))
{
	if (getenv("RUNTOOL_SERVER_ONLY") != NULL)
		return;
	if (find() == NULL)
		testing_add_if(tc, test, 0, 1, false, "faketime");
	else
		add(tc, test);
}

void
clock_set(void)
{
	setenv("FAKETIME", clock_setting, 1);
	if (strchr(clock_setting, 'x') == NULL) {
		setenv("NO_FAKE_STAT", "1", 1);
		setenv("FAKE_UTIME", "1", 1);
		setenv("FAKETIME_DONT_FAKE_MONOTONIC", "1", 1);
	}
	setenv("LD_PRELOAD", find(), 1);
}
