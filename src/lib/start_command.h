/* start_command.h: [Run_Tool_Fleet]start_command, by which servers and clients start a server. */
#ifndef START_COMMAND_H
#define START_COMMAND_H

#include <stddef.h>

/* What it may ask for. */
struct start_words {
	const char *area; /* %a */
	const char *host; /* %h: the host that starts it */
	const char
	    *config; /* %c: an absolute path, or NULL: there is no vesta.cfg, and %c is an error */
};

/*
 * `command` for /bin/sh -c: the words in their places, quoted for the shell if they are not plain, and
 * %% as %. The caller frees it; or NULL with the reason in `err`.
 */
char *start_command_expand(
    const char *command, const struct start_words *, char *err, size_t errsize);

#endif
