/*
 * fleet.h: servers that share a directory, and what is in it. Every function here ends the test when it
 * cannot do what it says.
 */
#ifndef FLEET_TESTS_H
#define FLEET_TESTS_H

#include "harness.h"
#include "lib/records.h"

/* The area of all of them, and the times that they are given, in seconds. */
#define FLEET_AREA  "tests"
#define FLEET_TOUCH 1
#define FLEET_STALE 3

/* A new directory, which the servers may write. */
const char *fleet_directory(void);

/*
 * A server in the foreground, to be started by server_start(): version 5, 127.0.0.1. `lines` are further ones
 * of [Run_Tool_Fleet], and may begin other sections.
 */
struct server fleet_server(const char *dir, const char *lines);

/* The text of its vesta.cfg; it does for clients, too. */
const char *fleet_config(enum mode, const char *dir, const char *lines);

/* Starts one, and waits until it is registered. */
void fleet_start(struct server *, const char *dir, const char *lines);

/* The line `start_command = ...` that starts another one with the same configuration, detached. */
const char *fleet_start_command(const char *dir);
size_t fleet_started(const char *dir);		/* how often it was run */
const char *fleet_started_log(const char *dir); /* of all that it started */

/* The records of the area, newest first, until the next call; and those of one process, or NULL. */
const struct records *fleet_records(const char *dir);
size_t fleet_count(const char *dir);
const struct record *fleet_record(const char *dir, pid_t);
const char *fleet_path(const char *dir, const struct record *);

/*
 * Records that the tests write: of a server that knows nothing of it, as if it had started in this second;
 * and of one that never was, at a port of this host. Nothing touches them but fleet_touch().
 */
struct record fleet_forged(const struct server *, int64_t started);
struct record fleet_invented(int port, int64_t started);
void fleet_write(const char *dir, const struct record *);
void fleet_touch(const char *dir, const struct record *);

/* Makes a file, for what waits for it. What a file says. */
void fleet_make(const char *path);
const char *fleet_text(const char *path);

/* How often words are in a text. Whether a server logged them; how often. */
int fleet_times(const char *text, const char *words);
bool fleet_says(const struct server *, const char *words);
int fleet_says_times(const struct server *, const char *words);

/* It must end by itself, within 30 s, with exit status 0, these words in its log, and no record. */
void fleet_leaves(struct server *, const char *dir, const char *words);

/* Ends it by SIGTERM, and it must leave; by SIGKILL, and its record stays. */
void fleet_stop(struct server *, const char *dir);
void fleet_kill(struct server *);

/*
 * Ends what was started by command. Nothing may be left then: no process of the installation, and no file in
 * the directory, hidden ones neither.
 */
void fleet_end(const char *dir);

/*
 * Lines of a shell script, which runs as script() in script.h does. Its programs know the fleet.
 */
const char *fleet_script(const char *dir, const char *lines, const char *text);

#endif
