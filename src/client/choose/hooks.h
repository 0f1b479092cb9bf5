/* hooks.h: what choosing is handed by whom it is done for: how a server is asked, and who is told. */
#ifndef HOOKS_H
#define HOOKS_H

#include <stdint.h>

#include "runtool.h"

struct hooks {
	/*
	 * How a server is asked: the functions that runtool.h calls runtool_connect() and so on, or others
	 * that keep to their contracts. Called by several threads at a time.
	 */
	struct runtool *(*connect)(
	    const char *host, const char *port, int timeout_ms, struct runtool_error *err);
	int (*info)(struct runtool *, struct runtool_info *, struct runtool_error *err);
	void (*close)(struct runtool *);

	/*
	 * Who is told, with `arg`, by the thread that has something chosen. A remark is a line for people,
	 * without a newline: what is in the way, or what is done about it.
	 */
	void (*remark)(void *arg, const char *line);

	/*
	 * The same where a first server may have to be started in an area: how long it has been waited for,
	 * once a second or more often; that this is over, which may come unasked; and what start_command
	 * writes, in pieces as they come.
	 */
	void (*waiting)(void *arg, const char *area, int64_t seconds);
	void (*waited)(void *arg);
	void (*output)(void *arg, const void *data, size_t len);
	void *arg;
};

/* Makes a remark; where memory is short for it, none. */
void hooks_remark(const struct hooks *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
