/* links.h: links to runtool under the names of other programs, which run those. */
#ifndef LINKS_H
#define LINKS_H

#define LINKS_GUARD "RUNTOOL_LINK" /* the links whose runs are under way, as make/gcc */

/* The command that a program of this name (an argv[0]) runs; NULL: it is runtool itself. */
const char *links_command(const char *argv0);

/*
 * Makes such links in `dir`, which is made if it is not there, with these names, NULL-terminated.
 * Only links to a runtool are replaced. 0; or -1, which it has told: nothing was changed, unless a
 * system call failed on the way.
 */
int links_make(const char *dir, char *const *names);

/*
 * The variable, NAME=VALUE, that a link must add to the environment of its command: by it, the same
 * link knows itself when that run leads to it again. The caller frees it. NULL with errno: ELOOP if
 * that has happened just now, or ENOMEM.
 */
char *links_guard(const char *command);

/* The path of the link that was started, for people. */
const char *links_path(void);

/*
 * A copy of a PATH without the entries where this command is runtool again: the directory of the
 * link that was started, and those with another link to the same file; "" if none is left. The
 * caller frees it. NULL without memory.
 */
char *links_skip(const char *path, const char *command);

#endif
