/* helper.h: tool_launcher's steps, in the order in which main() takes them. libc only. */
#ifndef HELPER_H
#define HELPER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "launcher.h"

/* What the command line asks for. Descriptors are -1 where not given, strings NULL. */
struct launch {
	bool testing;	     /* -t: no privilege, no policy, no chroot */
	bool check;	     /* -check: go as far as is possible without a tool */
	bool pid_space;	     /* -isolate pid */
	const char *isolate; /* -isolate */
	int err;	     /* -err: words for the one who asked */
	int dbg;	     /* -dbg */
	int life;	     /* -life: the server; makes us stay as the tool's supervisor */
	rlim_t nofile;	     /* -nofile: a soft limit of the tool; 0: as it is */
	rlim_t stack;	     /* -stack: the same */
	const char *root;    /* -root */
	const char *where;   /* -wd: below the root; NULL: the current directory */
	char **env;	     /* NULL-terminated */
	char **argv;	     /* NULL-terminated, at least the tool */

	int root_fd; /* the opened root, and the working directory in it */
	int where_fd;
};

/* args.c: fills *l from the command line, or fails. */
void args_parse(struct launch *l, int argc, char **argv);

/* policy.c: tool_launcher.conf. */
#define POLICY_MAX_ROOTS  64
#define POLICY_MAX_GROUPS 64
struct policy {
	uid_t caller;
	bool has_caller;
	gid_t groups[POLICY_MAX_GROUPS];
	size_t ngroups;
	const char *roots[POLICY_MAX_ROOTS];
	size_t nroots;
};
void policy_read(struct policy *);

/* privilege.c: who we are. All of them fail rather than return with more than they should. */
void privilege_become_caller(const struct policy *, bool need_admin); /* keeps what is needed */
void privilege_drop(void);					      /* for good, and proven */

/* root.c: the directories, opened with the caller's rights, and the way into them. */
void root_open(struct launch *, const struct policy *);
void root_check(const struct launch *, const struct policy *); /* root is one of `roots` itself */
void root_enter(const struct launch *);

/* tool.c: the last steps, of the tool's own process. `keeper` is its parent; 0: nobody stays. */
_Noreturn void tool_exec(const struct launch *, pid_t keeper);

/* supervise.c: starts the tool and stays with it until all of its tree is gone. */
_Noreturn void supervise(const struct launch *);
void supervise_check(const struct launch *); /* that the asked isolation works here */

/* descendants.c: signals all processes below this one, found in /proc, which is opened before. */
extern int descendants_proc;
void descendants_open(void);
void descendants_signal(int sig);

/*
 * report.c: messages to -life, words to -err. fail() ends the process with both, and with the
 * status as its exit status; `error` is an errno, or 0 where it says nothing.
 */
extern pid_t report_supervisor; /* as in struct launcher_message */
void report_to(int err, int life);
void report(enum launcher_kind, int value);
int fail_status(void); /* of a child that shared our memory; 0: it did not fail */
_Noreturn void fail(enum launcher_status, int error, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
