/*
 * fuzz_record: whatever lies in a fleet's directory, it is a record only if writing it anew gives the same
 * name and the same bytes. The input is a name, a newline and the content.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
must(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "fuzz_record: %s\n", what);
	abort();
}

/* What is read is what would be written. */
static void
check(const char *name, const char *line, size_t len, bool is_record)
{
	char again[RECORD_LINE_MAX], err[512];
	struct record r, made;
	const char *why = NULL;

	if (record_parse(&r, name, line, len, &why) == -1) {
		must(!is_record, "a record that is none");
		must(why != NULL, "no reason");
		return;
	}
	must(record_host_ok(r.host) && record_area_ok(r.area), "a wild host or area");
	must(record_make(&made, r.host, (unsigned int)strtoul(r.port, NULL, 10), r.pid, r.area,
		 r.id, err, sizeof(err)) == 0,
	    err);
	must(strcmp(made.name, name) == 0, "another name");
	made.started = r.started;
	must(record_format(&made, again) == len && memcmp(again, line, len) == 0, "another line");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *newline = memchr(data, '\n', size), *content;
	char name[NAME_MAX + 1], line[RECORD_LINE_MAX];
	struct record r;
	const char *why;
	size_t len;

	if (newline == NULL || (len = (size_t)(newline - data)) >= sizeof(name))
		return (0);
	memcpy(name, data, len);
	name[len] = '\0';
	content = newline + 1;
	len = size - len - 1;
	check(name, (const char *)content, len, false);

	/* A good name has a good line as well, with an id and a time from the content. */
	if (strlen(name) != (size_t)(newline - data) || record_parse_name(&r, name, &why) == -1)
		return (0);
	memcpy(r.id, content, len < sizeof(r.id) ? len : sizeof(r.id));
	if (len >= sizeof(r.started))
		memcpy(&r.started, content + len - sizeof(r.started), sizeof(r.started));
	r.started &= INT64_MAX;
	check(name, line, record_format(&r, line), true);
	return (0);
}
