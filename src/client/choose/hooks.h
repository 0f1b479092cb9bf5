/* hooks.h: what choosing is given by its user: how to ask a server, and whom to tell. */
#ifndef HOOKS_H
#define HOOKS_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

#include "runtool.h"

struct hooks {
	/*
	 * How to ask a server: runtool_connect() and so on of runtool.h, or functions with the same
	 * contracts, but that info() may be what connects. Several threads call them at a time.
	 */
	struct runtool *(*connect)(
	    const char *host, const char *port, int timeout_ms, struct runtool_error *err);
	int (*info)(struct runtool *, struct runtool_info *, struct runtool_error *err);
	void (*close)(struct runtool *);

	/*
	 * How to wait, with `arg`: until `fd` (-1: none) can be read, or `ms` are over (-1: for
	 * ever; 0: not at all). False: there is no use in choosing any more, now and from then on.
	 * NULL: poll(2), and always true.
	 */
	bool (*wait)(void *arg, int fd, int ms);

	/*
	 * Whom to tell, with `arg`; called in the thread that has something chosen. A remark is a
	 * line for people, without a newline: what is in the way, or is done about it.
	 */
	void (*remark)(void *arg, const char *line);

	/*
	 * While the first server of an area is awaited, or any server (`area` is NULL): waiting(),
	 * once a second or more often, with the time so far; waited() when that is over, perhaps
	 * also without a wait; output() with what start_command writes, in pieces as they come.
	 */
	void (*waiting)(void *arg, const char *area, int64_t seconds);
	void (*waited)(void *arg);
	void (*output)(void *arg, const void *data, size_t len);
	void *arg;
};

/* Makes a remark; none if memory is short. */
void hooks_remark(const struct hooks *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void hooks_vremark(const struct hooks *, const char *fmt, va_list)
    __attribute__((format(printf, 2, 0)));

/* Waits as above; and whether there is no use in choosing any more. */
bool hooks_wait(const struct hooks *, int fd, int ms);
bool hooks_over(const struct hooks *);

#endif
