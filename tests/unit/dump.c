#include "common/testing.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dump.h"

#define SAME 3 /* bytes that headings begin with alike */

/* The bytes of a line, where it has nothing else before two blanks. */
static void
append_line(struct buf *out, const char *s)
{
	struct buf bytes = {0};
	char pair[3] = "";
	uint8_t byte;

	for (s += strspn(s, " "); isxdigit((unsigned char)s[0]); s += *s == ' ') {
		if (!isxdigit((unsigned char)s[1]) || strchr(" \n", s[2]) == NULL)
			break;
		memcpy(pair, s, 2);
		byte = (uint8_t)strtoul(pair, NULL, 16);
		buf_append(&bytes, &byte, 1);
		s += 2;
	}
	if (*s == '\0' || *s == '\n' || *s == ' ')
		buf_append(out, bytes.data, bytes.len);
	buf_free(&bytes);
}

struct buf
dump_read(const char *path, const char *heading, const char *sender)
{
	FILE *f = fopen(path, "re");
	bool found = false, ours = false, sending = false;
	struct buf out = {0};
	char *line = NULL;
	size_t size = 0;

	ck_assert_msg(f != NULL, "%s: run the tests at the top of the tree", path);
	while (getline(&line, &size, f) != -1) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, heading, SAME) == 0) {
			ours = strcmp(line, heading) == 0;
			sending = false;
			found |= ours;
		} else if (strstr(line, "->") != NULL) {
			sending = strncmp(line, sender, strlen(sender)) == 0;
		} else if (ours && sending) {
			append_line(&out, line);
		}
	}
	free(line);
	fclose(f);
	ck_assert_msg(found, "%s: no section %s", path, heading);
	ck_assert(!out.failed);
	return (out);
}
