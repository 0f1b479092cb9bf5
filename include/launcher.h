/*
 * launcher.h: the contract between RunToolServer and tool_launcher(8). Both compile it; nothing
 * here needs more than libc.
 */
#ifndef LAUNCHER_H
#define LAUNCHER_H

#include <stdint.h>

/*
 * Exit statuses of a launcher that did not launch its tool. With -life the same number comes in a
 * message. 1 to 12 are the original's. LAUNCHER_BAD_BLOCK comes from -check only, with a line on -err
 * for each such block; the rest is good.
 */
#define LAUNCHER_STATUSES(X)                                                    \
	X(LAUNCHER_MISSING_SWITCH, 1, "a switch is missing")                    \
	X(LAUNCHER_BAD_DESCRIPTOR, 2, "bad file descriptor")                    \
	X(LAUNCHER_BAD_ROOT, 3, "bad root directory")                           \
	X(LAUNCHER_NO_COMMAND, 4, "no command")                                 \
	X(LAUNCHER_KEPT_PRIVILEGE, 5, "privileges could not be given up")       \
	X(LAUNCHER_CLOSE_ON_EXEC, 6, "close-on-exec could not be set")          \
	X(LAUNCHER_UNKNOWN_SWITCH, 7, "unknown switch")                         \
	X(LAUNCHER_NO_CHROOT, 8, "chroot failed")                               \
	X(LAUNCHER_NO_EXEC, 9, "the tool could not be executed")                \
	X(LAUNCHER_NO_DIRECTORY, 10, "the working directory could not be read") \
	X(LAUNCHER_OUTSIDE, 11, "the working directory is outside the root")    \
	X(LAUNCHER_NO_CHDIR, 12, "chdir after chroot failed")                   \
	X(LAUNCHER_REFUSED, 13, "refused by tool_launcher.conf")                \
	X(LAUNCHER_NO_ISOLATION, 14, "the tool could not be isolated")          \
	X(LAUNCHER_NO_PROCESS, 15, "no process for the tool")                   \
	X(LAUNCHER_NO_MOUNT, 16, "the root could not be assembled")             \
	X(LAUNCHER_BAD_BLOCK, 17, "a block's roots could not be assembled")     \
	X(LAUNCHER_NO_OWN, 18, "the client's own directory is not in the root")

#define LAUNCHER_ENUM(name, number, text) name = (number),
enum launcher_status { LAUNCHER_STATUSES(LAUNCHER_ENUM) };
#undef LAUNCHER_ENUM

/* With -look the exit status of the tool's process is the sum of these, which are wrong. */
enum { LAUNCHER_LOOK_NO_DIRECTORY = 1, LAUNCHER_LOOK_READ_ONLY = 2, LAUNCHER_LOOK_NO_COMMAND = 4 };

/* The words on -err are at most so many bytes: they always fit into a pipe. */
#define LAUNCHER_MAX_WORDS 4096

/*
 * -life FD is one end of a SOCK_SEQPACKET pair.
 *
 * The server sends single bytes. Each is a signal for the tool's whole tree. SIGKILL, or the end of
 * file, ends the tree at once.
 *
 * The launcher's side sends messages:
 * - FAILED: there was no tool. An enum launcher_status; in `error` the errno behind it, if any. The
 *   words are on -err.
 * - ENDED: a wait(2) status, and what the tool used, with those of its descendants that were waited
 *   for: processor time, and the largest resident set among them. With -linger it may come later
 *   than the tool's own end: so many microseconds.
 * - HELD: only with -hold, before the tool starts and after ENDED. It waits for a 0 each time. 1:
 *   the root is in a mount namespace, and can be entered by /proc/PID/root; 0: it is not.
 * - PIPE: before the tool starts, where it has a network of its own, or can open its output by name
 *   (/dev/stdout), for each output that is a socket: the tool's descriptor, which is a pipe now. With
 *   it come two descriptors: the pipe's other end, and the socket.
 *
 * `keeper` is the pid of the tool's keeper, if the keeper is another child of the server than the
 * launcher, else 0. The end of file says that all but the exits is done.
 */
enum launcher_kind {
	LAUNCHER_FAILED = 1,
	LAUNCHER_ENDED = 2,
	LAUNCHER_HELD = 3,
	LAUNCHER_PIPE = 4
};

struct launcher_message {
	int32_t kind;
	int32_t value;
	int32_t keeper;
	int32_t error;
	int64_t user_us, system_us, max_rss_kb, linger_us;
};

#endif
