/* attack.h: hostile tools (tests/tools/attack.c) in roots of all kinds, and what came of it. */
#ifndef ATTACK_H
#define ATTACK_H

#include "harness.h"
#include "helper.h"

/* Whether it is a named root's mode, or a rootless one. */
bool attack_is_named(enum mode);
bool attack_is_rootless(enum mode);

/*
 * The arguments, NULL-terminated, for a launch of this command into root 1 as it is in this mode, or
 * into another volatile root if `root` is not NULL; with this directory, or /tmp.
 */
void attack_args(const char **argv, size_t max, enum mode, const char *root, const char *directory,
    const char *const *command);

/*
 * Launches it, by the installed policy or helper_policy; `prepare` (or NULL) as in struct program,
 * if there is no helper_policy. It must exit with 0: what it printed.
 */
const char *attack_run(
    enum mode, const char *root, void (*prepare)(void), const char *const *command);
#define COMMAND(...)	  ((const char *const[]){__VA_ARGS__, NULL})
#define ATTACK(mode, ...) attack_run((mode), NULL, NULL, COMMAND("/bin/attack", __VA_ARGS__))

/*
 * A policy like the installed one, with these lines in both of its blocks; the named root has a /tmp
 * of root 1 or, where they say `tmpfs /tmp`, that.
 */
void attack_policy(const char *lines);

/* Every attempt was refused, with one of these errnos; or was allowed, but for these attempts. */
void attack_refused(const char *out, const char *errnos);
void attack_allowed(const char *out, const char *except);

/*
 * What `attack` prints as root in root 1, with /proc, with mounts and a hostname of its own, and
 * with / as its descriptor 3; outside of all roots.
 */
const char *attack_by_root(const char *const *command);
const char *attack_outside(const char *const *command);

/* Add tests that put a policy, once for each mode with a root; and those that need to be root themselves. */
void attack_add_modes(TCase *, const TTest *, enum mode first, enum mode end);
void attack_add_modes_by_root(TCase *, const TTest *, enum mode first, enum mode end);

#endif
