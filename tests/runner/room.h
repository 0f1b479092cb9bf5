/*
 * room.h: where a part of a suite runs: processes, mounts, a network, names and a user of its own, as far as
 * this host and user can have them.
 */
#ifndef ROOM_H
#define ROOM_H

#include <stdbool.h>
#include <sys/types.h>

/* What can be had. */
struct room_kind {
	bool users;   /* not root: a user namespace, in which this user has all capabilities */
	bool mounts;  /* so also a file system at the prefix */
	bool pids;    /* all processes end with the room */
	bool network; /* a loopback interface */
};

/* Tries it out, in a process that ends. */
struct room_kind room_try(void);

struct room {
	struct room_kind kind;
	const char
	    *stage; /* what is copied to the prefix, or NULL: the program needs no installation */
	const char
	    *prefix; /* a directory that exists; without mounts nobody else may use it meanwhile */
	uid_t uid;   /* as root: of this room's servers, with 15 more; nobody else's meanwhile */
	int log, report; /* descriptors: stdout and stderr; descriptor 3, $RUNTOOL_REPORT */
};

/*
 * Starts a program there, from a clean process (see common/clean.h), in the current directory. Its keeper:
 * a child of this process that ends as the program does (128 + the signal that ended it), or with 125 and
 * words in the log when there is no room; with SIGTERM, or this process, it ends, and so do all in the room.
 */
pid_t room_start(const struct room *, char *const *argv);

/* As root, 16 users that no other room on this host has: the first of them, until room_give_back(). */
uid_t room_take_users(int *lock);
void room_give_back(int lock);

#endif
