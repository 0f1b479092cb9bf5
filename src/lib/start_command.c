#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <bsd/string.h>

#include "buf.h"
#include "start_command.h"

/* Characters that are never special to the shell. */
#define PLAIN "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@+:,./-"

static void
put(struct buf *out, const char *text)
{
	buf_append(out, text, strlen(text));
}

static void
put_word(struct buf *out, const char *word)
{
	if (*word != '\0' && word[strspn(word, PLAIN)] == '\0') {
		put(out, word);
		return;
	}
	put(out, "'");
	for (; *word != '\0'; word++) {
		if (*word == '\'')
			put(out, "'\\''");
		else
			buf_append(out, word, 1);
	}
	put(out, "'");
}

/* 0, or -1 with the reason. */
static int
put_place(struct buf *out, char place, const struct start_words *words, char *err, size_t errsize)
{
	switch (place) {
	case 'a':
		put_word(out, words->area);
		return (0);
	case 'h':
		put_word(out, words->host);
		return (0);
	case 'c':
		if (words->config == NULL) {
			strlcpy(err, "%c: there is no vesta.cfg", errsize);
			return (-1);
		}
		put_word(out, words->config);
		return (0);
	case '%':
		put(out, "%");
		return (0);
	default:
		snprintf(
		    err, errsize, "%%%.1s: must be %%a, %%h, %%c or %%%%", (char[]){place, '\0'});
		return (-1);
	}
}

char *
start_command_expand(
    const char *command, const struct start_words *words, char *err, size_t errsize)
{
	struct buf out = {0};

	for (; *command != '\0'; command++) {
		if (*command != '%')
			buf_append(&out, command, 1);
		else if (put_place(&out, *++command, words, err, errsize) == -1)
			goto fail;
	}
	buf_append(&out, "", 1);
	if (out.failed) {
		strlcpy(err, strerror(ENOMEM), errsize);
		goto fail;
	}
	return ((char *)out.data);
fail:
	buf_free(&out);
	return (NULL);
}
