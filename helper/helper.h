/* helper.h: tool_launcher's steps, in the order in which main() takes them. libc only. */
#ifndef HELPER_H
#define HELPER_H

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "launcher.h"
#include "paths.h"

#define POLICY_FILE SYSCONFDIR "/tool_launcher.conf"
#define MAX_ENTRIES 64 /* of each: groups, directories of roots, blocks, mounts of a root */
#define HANDLE	    RLIM_NLIMITS /* the last of a block's numbers */

/*
 * A mount of a root. `from`: a path of the host, a link's target, a tmpfs's size (may be NULL), or
 * the name of the tool's user.
 */
enum mount_kind { RO, RW, ROOT, NODE, TMPFS, PROC, PTS, DEV, LINK, PASSWD, GROUP };
struct mount {
	enum mount_kind kind;
	const char *from, *to;
	int line;      /* of tool_launcher.conf */
	bool may_miss; /* then the root goes without */
};

/* What tool_launcher.conf says about the tool's root. */
struct block {
	const char *name;	     /* NULL: nothing; "": volatile; else a named root's */
	const char *base, *hostname; /* NULL: not given */
	int line;		     /* of its beginning */
	bool has_isolate, here;	     /* here: the client's own directory is the working directory */
	unsigned int isolate;	     /* CLONE_NEW* */
	struct mount mounts[MAX_ENTRIES];
	size_t nmounts;
	unsigned long numbers[HANDLE + 1]; /* limits by RLIMIT_*, and the handle; ULONG_MAX: none */
};

/*
 * Who may call, where volatile roots may be, and the blocks. blocks[0] is the one that says
 * nothing.
 */
struct policy {
	bool has_caller;
	uid_t caller;
	const char *user; /* its name, if it was given by that; else another one */
	gid_t groups[MAX_ENTRIES];
	const char *roots[MAX_ENTRIES];
	struct block blocks[MAX_ENTRIES + 1];
	size_t ngroups, nroots, nblocks;
};

/* What the command line asks for, and the block of its root. What is not given is -1 or NULL. */
struct launch {
	bool testing, rootless, check, hold; /* -t, -u, -check, -hold */
	bool tty;	    /* -tty: descriptor 0 is the tool's controlling terminal */
	bool look;	    /* -look: say what the tool would find, execute nothing */
	bool path_only;	    /* -path: a tool without a slash is not one of the working directory */
	unsigned int asked; /* CLONE_NEW*: -isolate */
	unsigned int isolate; /* the same, and what the block adds */
	int err, dbg, life;
	rlim_t nofile, stack;	    /* soft limits of the tool; 0: as they are */
	rlim_t lower[RLIM_NLIMITS]; /* what the soft limits are at most; RLIM_INFINITY: no matter */
	rlim_t linger;		    /* seconds to wait for output of what the tool leaves running */
	mode_t mask;		    /* the tool's umask */
	const char *root;	    /* a path, or the name of a block */
	const char *where;	    /* -wd: below the root; NULL: the current directory */
	const char *own;	    /* -own: the same, where the block has `directory here` */
	int where_error;	    /* with -look: why it cannot be entered */
	const char *user;	    /* the tool's, for people */
	char **env, **argv;	    /* NULL-terminated; argv has at least the tool */
	const struct block *block;
	int root_fd; /* the root, once it is opened or assembled */
};

/* args.c: the command line. The number is decimal, or 0x and hexadecimal, and at most `max`. */
void args_parse(struct launch *, int argc, char **argv);
bool args_number(const char *, unsigned long max, unsigned long *);

/*
 * policy.c: tool_launcher.conf, and in it the block for the root. policy_use() takes another block.
 * policy_group(): the caller's group in /etc/passwd. policy_below() is what an
 * absolute path has behind a directory: "" if they are the same, NULL if it is not there. Only the
 * texts are compared; repeated slashes and steps `.` do not count.
 */
void policy_read(struct policy *, struct launch *);
void policy_use(struct launch *, const struct block *);
gid_t policy_group(const struct policy *);
const char *policy_below(const char *dir, const char *path);

/*
 * privilege.c: becomes the caller, keeping the capabilities that are needed; then drops those too.
 */
void privilege_become_caller(const struct policy *, const struct launch *);
void privilege_drop(void);

/*
 * namespaces.c: all but the PID namespace, which needs a new process. namespaces_word() adds the
 * CLONE_NEW* of a word; false: there is no such word.
 */
bool namespaces_word(const char *, unsigned int *);
void namespaces_user(uid_t, gid_t);
void namespaces_make(const struct launch *);

/* root.c: opens a volatile root, with the caller's rights; enters the tool's root. */
void root_open(struct launch *, const struct policy *);
void root_enter(struct launch *);

/*
 * mounts.c: the tool's root, as a descriptor of a mount. mounts_detach(): a volatile one, attached
 * to nothing, so that `..` ends at it. mounts_assemble(): one that is put together, and all that is
 * left in our mount namespace; with -tty its /dev/console is the terminal. mounts_seal_input()
 * makes standard input a read-only mount: else a tool could open /proc/self/fd/0 for writing.
 */
int mounts_detach(int root);
int mounts_assemble(const struct launch *);
void mounts_seal_input(void);

/* check.c: for -check. Says what is wrong with each block. */
_Noreturn void check(const struct policy *, struct launch *);

/* keeper.c: starts the tool and stays until its whole tree is gone. */
_Noreturn void keeper_start(struct launch *);

/*
 * keep.c: what the keeper does meanwhile. keep_begin() comes before the tool's process, and keep()
 * behind it: that returns the tool's wait status when all is over.
 */
struct kept {
	int processes; /* the host's /proc; -1: not needed in a PID namespace */
	int watched;   /* what /proc tells of our descriptor 1; -1: without -linger */
};
void keep_begin(const struct kept *);
int keep(const struct launch *, pid_t tool);

/*
 * tool.c: the last steps, in the tool's own process. `keeper` is its parent; 0: there is no keeper.
 */
_Noreturn void tool_exec(const struct launch *, pid_t keeper);

/*
 * look.c: with -look, in the tool's own process. look() says what is to be said of the working
 * directory. Then the tool is looked up as ever: look_at_command() comes back, with errno, if this
 * file could not be executed, and look_in_vain() is for when none could be.
 */
void look(const struct launch *);
void look_at_command(const struct launch *, const char *file);
_Noreturn void look_in_vain(const struct launch *, int error, const char *how, const char *place);

/*
 * report.c: messages to -life, words to -err. A step that fails sends both and exits with the
 * status. need() adds the words for errno.
 */
extern struct reporter {
	int err, life;
	pid_t keeper;	     /* as in struct launcher_message */
	volatile int failed; /* the status of a child that shared our memory */
	int error;	     /* the errno behind it */
	struct rusage used;  /* by the tool and its descendants */
	int64_t linger_us;   /* as in struct launcher_message */
} reporter;
void report(enum launcher_kind, int value);
_Noreturn void fail(enum launcher_status, int error, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
#define must(holds, status, ...) ((holds) ? (void)0 : fail(LAUNCHER_##status, 0, __VA_ARGS__))
#define need(holds, status, ...) ((holds) ? (void)0 : fail(LAUNCHER_##status, errno, __VA_ARGS__))

#endif
