/* daemon.h: leaving the terminal, and the pid file. */
#ifndef DAEMON_H
#define DAEMON_H

#include <stdbool.h>

/*
 * Takes the pid file (NULL: none), or fatal: another server holds it, or it cannot be written.
 * Before daemon_detach(), so that the reason reaches the terminal.
 */
void daemon_lock(const char *pidfile);

/*
 * Goes on in a child process, without a terminal; returns in the child only. The parent stays until
 * daemon_ready(), and exits 0; or 1 when the child ends before. Before any thread is started.
 */
void daemon_detach(void);

/* The server is ready: writes the pid file and, if detached, closes stdin, stdout and stderr. */
void daemon_ready(void);

#endif
