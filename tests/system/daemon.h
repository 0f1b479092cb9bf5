/* daemon.h: a server of the tests' own that has left them: it is nobody's child, and logs to syslog. */
#ifndef DAEMON_H
#define DAEMON_H

#include "harness.h"

/* It ends with this process, if daemon_stop() does not come before. */
struct daemon {
	struct server server; /* its port; and before the start its mode, settings and prepare */
	const char *pidfile;
	pid_t pid;
	pid_t guard;
	int leash; /* the guard acts when it is closed without a word */
};

/* Starts it, by what `server` says or in harness_mode(); ends it, and waits for that. */
void daemon_start_as(struct daemon *);
void daemon_start(struct daemon *);
void daemon_stop(struct daemon *);

/* A port that was free a moment ago: a daemon does not tell us which one it took. */
int daemon_free_port(void);

/* A directory in which the server may make its pid file; the number in one, 0 when there is none. */
const char *daemon_directory(void);
pid_t daemon_pid_in(const char *path);
bool daemon_runs(pid_t);

/*
 * Runs the command that starts a daemon with this vesta.cfg: its exit status, and what it said in *p, of
 * which only `prepare` is heeded.
 */
int daemon_command(struct program *p, const char *config, const char *pidfile);

#endif
