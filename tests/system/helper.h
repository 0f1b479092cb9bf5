/*
 * helper.h: tool_launcher, called as its contract has it (see include/launcher.h), without a server.
 * Every function here ends the test when it cannot do what it says.
 */
#ifndef HELPER_H
#define HELPER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "harness.h"
#include "launcher.h"
#include "program.h"

#define HELPER_MAX_ARGS 48

/* One call, with -err 3, by the caller that the policy names, in .WD of root 1. */
struct call {
	struct program program;
	const char *argv[HELPER_MAX_ARGS]; /* [0]: NULL for the installed setuid launcher */
	const char *words;		   /* what came on -err */
};
struct call helper_by_user(void);

/* Runs it with these arguments: its exit status, 128 + the signal that ended it. */
int helper_call(struct call *, const char *const *args);
#define CALL(c, ...) helper_call((c), (const char *const[]){__VA_ARGS__, NULL})

/* Words for a failed assertion. */
const char *helper_what(const struct call *);

#define STATUS(c, wanted, ...)                                                                 \
	do {                                                                                   \
		int status_ = CALL((c), __VA_ARGS__);                                          \
		ck_assert_msg(status_ == (wanted), "status %d, not %d; %s", status_, (wanted), \
		    helper_what(c));                                                           \
		program_free(&(c)->program);                                                   \
	} while (0)

/* Neither the status of the tool, which is 42, nor a crash, and with words. */
#define REFUSED(c, ...)                                                                     \
	do {                                                                                \
		int status_ = CALL((c), __VA_ARGS__, "-cmd", "/bin/sh", "-c", "exit 42");   \
		ck_assert_msg(status_ > 0 && status_ <= LAUNCHER_NO_MOUNT, "status %d; %s", \
		    status_, helper_what(c));                                               \
		ck_assert_str_ne((c)->words, "");                                           \
		program_free(&(c)->program);                                                \
	} while (0)

/* The directory of root 1; the path of the launcher, setuid or not. */
const char *helper_root(void);
const char *helper_setuid(void);
const char *helper_plain(void);

/*
 * Another policy than the installed one, in a mount namespace of the helper's own: a file, or a
 * directory in place of etc. A `prepare` for struct program puts what helper_policy names.
 */
extern const char *helper_policy;
extern void (*helper_prepare)(void); /* what else to do there, or NULL */
void helper_put_policy(void);
struct call helper_under_policy(const char *path);

/* The text of one: the caller, and where roots may be. The same with more lines, in a file. */
const char *helper_usual_policy(void);
const char *helper_policy_file(const char *lines);

/*
 * A launch with -life 3 and -err 2, as the server does it, by the setuid launcher or by the plain
 * one with -u; as the installed policy says or, if that is not NULL, helper_policy.
 */
enum helper_kind { HELPER_SETUID, HELPER_ROOTLESS, HELPER_KINDS };
struct launch {
	/* What to start, beside -err and -life. */
	enum helper_kind kind;
	struct program program;
	const char *argv[HELPER_MAX_ARGS];
	/* What came of it. */
	int life;     /* the server's end */
	pid_t keeper; /* another child of ours; 0: there is none */
	struct launcher_message last;
};
struct launch helper_launch(enum helper_kind);
void helper_start(struct launch *, const char *const *args);
#define START(l, ...) helper_start((l), (const char *const[]){__VA_ARGS__, NULL})

/* The next message, but for PIPE in .last, within a minute; false at the end of the file. */
bool helper_message(struct launch *);

/* Sends an order: 0, or a signal for the tree. */
void helper_order(const struct launch *, int order);

/*
 * Waits for the end of everything; what it wrote can still be read, until program_free(). The
 * tool's wait status, or -1: then last.value is a launcher_status.
 */
int helper_finish(struct launch *);

/* From start to end: what the tool printed, which must exit with this status. */
const char *helper_output(struct launch *, int status, const char *const *args);
#define OUTPUT(l, status, ...) \
	helper_output((l), (status), (const char *const[]){__VA_ARGS__, NULL})

/* From start to end: the launcher must fail with this status; its words. */
const char *helper_failure(struct launch *, int status, const char *const *args);
#define FAILURE(l, status, ...) \
	helper_failure((l), (status), (const char *const[]){__VA_ARGS__, NULL})

/*
 * A named root of its own, `box`: root 1's /usr on a tmpfs, and these lines of its block. The line
 * of the policy on which they begin is HELPER_BOX_LINE.
 */
#define HELPER_BOX_LINE 9
void helper_box(const char *lines);

/* What a shell script prints there, which must exit with 0; the words of a launch that fails. */
const char *helper_in_box(enum helper_kind, const char *script);
const char *helper_no_box(enum helper_kind, int status);

/*
 * In a child, or a test, that needs limits of its own: a user namespace that knows the server's user
 * (and root, if we are); a text into a file. Or it ends.
 */
void helper_own_user_namespace(void);
void helper_write(const char *path, const char *text);

/*
 * Add tests: once for each kind that can be used here, as _i; for the rootless kind only. The same for those that
 * need root besides, for other users' files, or devices.
 */
void helper_add_kinds(TCase *, const TTest *);
void helper_add_rootless(TCase *, const TTest *, int start, int end);
void helper_add_kinds_by_root(TCase *, const TTest *);
void helper_add_rootless_by_root(TCase *, const TTest *, int start, int end);

#endif
