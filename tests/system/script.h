/* script.h: runtool in scripts for the shell, and what must come of them. */
#ifndef SCRIPT_H
#define SCRIPT_H

#include "harness.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* Exit statuses that are not the tool's; beyond the last the number of a signal. */
enum {
	STATUS_TIME_LIMIT = 124,
	STATUS_TROUBLE,
	STATUS_NOT_EXECUTABLE,
	STATUS_NOT_FOUND,
	STATUS_SIGNAL
};

/* A server of this version of the interface; its tools dump no core. */
void script_server(struct server *, const char *version, const char *settings);

/*
 * Ready to be started: a script that finds runtool in PATH, the server in RUNTOOL_SERVER, and a
 * directory for files in $tmp.
 */
struct program script(const struct server *, const char *text);

/* Runs one. */
struct shown {
	int status;
	const char *out, *err;
};
struct shown script_run(const struct server *, const char *text);

/*
 * Starts runtool with these options and, as its tool, a shell with this command, which says `ready`.
 * The tag is in its command line.
 */
struct program script_tool(
    const struct server *, const char *options, const char *command, const char *tag);
#define SCRIPT_LINGER "echo ready; exec sleep 60"

/* Takes a slot of the server; gives it back. */
struct program script_occupy(const struct server *);
void script_leave(struct program *);

/* Tools that ran there, by its log, where a run comes once its client has been told. */
int script_ran_on(const struct server *);

/*
 * Runs one that is to show the result of a run as JSON on stdout: it must have been on this server of
 * 127.0.0.1. On a busy host that may be late to answer, and be passed over: then the script is run again. What
 * it said on stderr.
 */
const char *script_goes_to(const struct server *, const char *text);

/* A script, and what must come of it; NULL: anything. */
struct promise {
	const char *script;
	int status;
	const char *out, *err;
};
void script_keeps(const struct server *, const struct promise *);

/* All of an array, by a server of this version. */
void script_keep(const char *version, const struct promise *, size_t n);
#define SCRIPT_KEEP(version, promises) script_keep((version), (promises), LENGTH(promises))

#endif
