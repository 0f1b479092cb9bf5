/*
 * fuzz_config: whatever vesta.cfg holds, reading it ends in values or in words, and each value is
 * one that its line holds.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "fuzz_config: %s\n", what);
	abort();
}

static bool
is_trimmed(const char *s)
{
	static const char blanks[] = " \t\r\f\v";

	return (
	    *s == '\0' || (strchr(blanks, *s) == NULL && strchr(blanks, s[strlen(s) - 1]) == NULL));
}

static void
check_value(const struct config *config, const struct config_value *v, const char *path,
    const uint8_t *data, size_t size)
{
	must(strcmp(v->file, path) == 0 && v->line > 0, "a value without a place");
	must(*v->section != '\0' && *v->name != '\0', "a value without a name");
	must(is_trimmed(v->section) && is_trimmed(v->name) && is_trimmed(v->value), "a blank");
	must(memmem(data, size, v->value, strlen(v->value)) != NULL, "a value from nowhere");
	must(config_get(config, v->section, v->name) != NULL, "a value that cannot be found");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	static char path[32];
	const struct config_value *v;
	struct config *config;
	char err[256] = "";
	size_t i;

	/* Includes would lead the fuzzer through the machine's files. */
	if (memmem(data, size, "include", strlen("include")) != NULL)
		return (0);
	if (fd == -1) {
		fd = memfd_create("vesta.cfg", MFD_CLOEXEC);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	if (ftruncate(fd, 0) == -1 || pwrite(fd, data, size, 0) != (ssize_t)size)
		abort();

	config = config_load(path, err, sizeof(err));
	must((config == NULL) == (err[0] != '\0'), "neither values nor words, or both");
	if (config == NULL)
		must(strncmp(err, path, strlen(path)) == 0, "words without a place");
	else
		for (i = 0; (v = config_at(config, i)) != NULL; i++)
			check_value(config, v, path, data, size);
	config_free(config);
	return (0);
}
