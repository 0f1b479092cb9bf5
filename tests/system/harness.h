/*
 * harness.h: servers of the tests' own. Every function here ends the test when it cannot do what
 * it says, and every wait is bounded.
 */
#ifndef HARNESS_H
#define HARNESS_H

#include "common/testing.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "program.h"

/*
 * How tools are kept: in a volatile root, in a PID namespace, with a keeper only, or with all that can
 * be isolated; in a named root; without privilege, in user namespaces, in either; in no root at all.
 */
enum mode {
	MODE_PID,
	MODE_NONE,
	MODE_ALL,
	MODE_NAMED,
	MODE_ROOTLESS,
	MODE_ROOTLESS_NAMED,
	MODE_TESTING,
	MODES
};
extern const char *const mode_names[MODES];
bool harness_can(enum mode); /* here, as this user */
bool harness_can_mount(
    void); /* in a mount namespace of its own; also in a user namespace that it has */

/* The strongest mode that this run can use: without root the rootless one, or if need be testing mode. */
enum mode harness_mode(void);

/*
 * Add tests: `times` times for each mode, for each with a root; once for each with a PID namespace,
 * skipping those that cannot be used here; one that needs the privilege to make namespaces (which a
 * container's root lacks); one that needs IPv6.
 */
void harness_add_modes(TCase *, const TTest *, int times);
void harness_add_roots(TCase *, const TTest *, int times);
void harness_add_isolated(TCase *, const TTest *);
void harness_add_admin(TCase *, const TTest *);
void harness_add_admin_loop(TCase *, const TTest *, int start, int end);
void harness_add_mounts(TCase *, const TTest *); /* mounts in a namespace of its own */
void harness_add_mounts_loop(TCase *, const TTest *, int start, int end);
void harness_add_namespaces(
    TCase *, const TTest *); /* made by the test; in a user namespace, too */

/*
 * Of the installation in $RUNTOOL_PREFIX, with root 1: makes the policy, the launchers and a work directory. The
 * policy has a named root (HARNESS_NAMED, or index HARNESS_HANDLE) that looks like root 1, is read-only but
 * for .WD and tmp, and has proc and dev.
 */
#define HARNESS_NAMED  "tests"
#define HARNESS_HANDLE 17
bool harness_setup(void);
void harness_teardown(void);

/* In a child that is about to execute: its mounts are its own from here on, or it ends. */
void harness_own_mounts(void);

/* Who runs the server, and somebody whom it does not know. */
uid_t harness_user(void);
uid_t harness_stranger(void);
bool harness_is_root(uid_t); /* whether root is it, as a user namespace shows it */

/* Strings that live until the test ends. */
char *harness_alloc(size_t);
const char *harness_letters(size_t len);
char *harness_text(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* $RUNTOOL_PREFIX/PATH; PATH in the directory of root 1, seen from outside; a program in it, as a
 * request in this mode names it; a name for what a test makes, unlike all others. */
const char *harness_installed(const char *path);
const char *harness_in_root(const char *path);
const char *harness_tool(enum mode, const char *name);
uint32_t harness_root(enum mode); /* the index that stands for root 1 in this mode */
const char *harness_unique(const char *what);

/* What tools dumped in the working directory of root 1. */
void harness_remove_cores(void);

/* A new file in the work directory, mode 0644, with this text; its path. */
const char *harness_file(const char *text);

int64_t harness_now(void); /* milliseconds, monotonic */
void harness_pause(void);  /* a few of them, in a loop that awaits something */
void harness_wait(int ms); /* so many, for what gives no sign */

/* Fails when the condition does not hold within so many seconds. */
#define ck_assert_within(seconds, condition)                                                     \
	do {                                                                                     \
		int64_t end_ = harness_now() + INT64_C(1000) * (seconds);                        \
		while (!(condition)) {                                                           \
			ck_assert_msg(                                                           \
			    harness_now() < end_, "not within %d s: %s", (seconds), #condition); \
			harness_pause();                                                         \
		}                                                                                \
	} while (0)

/*
 * Fails when the condition does not hold soon. The limit ends what hangs, also on a busy machine; it measures
 * nothing.
 */
#define HARNESS_PATIENCE	  30 /* seconds */
#define ck_assert_soon(condition) ck_assert_within(HARNESS_PATIENCE, condition)

size_t harness_count(const char *text, const char *words); /* how often they are in it */

/* Fails with both strings when the first does not contain the second. */
#define ck_assert_contains(whole, part) \
	ck_assert_msg(strstr((whole), (part)) != NULL, "'%s' not in: %s", (part), (whole))

struct server {
	/* What to start. */
	enum mode mode;
	const char *settings;	 /* further lines for [Run_Tool], or NULL */
	const char *config;	 /* the whole vesta.cfg instead, or NULL */
	const char *const *args; /* further arguments, or NULL */
	void (*prepare)(void);	 /* as in struct program */
	/* What runs. */
	struct program program;
	int port;
};

/*
 * The text of a vesta.cfg for a server in this mode; loopback only, any port, 4 tools, 8 pending.
 */
const char *server_config(enum mode, const char *settings);

/* What helper_switches has to begin with in harness_mode(), or "". */
const char *server_switch(void);

/* Starts it in the foreground and waits until it listens. */
void server_start(struct server *);
void server_start_mode(struct server *, enum mode, const char *settings);
void server_start_best(struct server *, const char *settings); /* in harness_mode() */

/* The pid and what it has logged. */
pid_t server_pid(const struct server *);
const char *server_log(const struct server *);

/* Fails when it does not log these words soon: what it has done for a client it may log afterwards. */
void server_logs(const struct server *, const char *words);

/* Whether it still takes connections. */
bool server_listens(const struct server *);

/* Sends SIGTERM; the server must end within 30 s with status 0 and no process left behind. */
void server_stop(struct server *);

/* It must end by itself (within 30 s) with this exit status. */
void server_ends(struct server *, int status);

#endif
