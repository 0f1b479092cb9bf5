/* start_command.h: [Run_Tool_Fleet]start_command, by which servers and clients start a server. */
#ifndef START_COMMAND_H
#define START_COMMAND_H

#include <stddef.h>

/* What its places stand for. */
struct start_words {
	const char *area;   /* %a */
	const char *host;   /* %h: the host that starts it */
	const char *config; /* %c: an absolute path; NULL: %c is an error */
};

/*
 * The command for /bin/sh -c: the words in their places, quoted if need be, and %% as %. The caller
 * frees it. Or NULL with the reason in `err`.
 */
char *start_command_expand(
    const char *command, const struct start_words *, char *err, size_t errsize);

#endif
