/*
 * sizes.h: the structs of callers, who may know more or fewer members of them than this version.
 * Inside of the library they are whole.
 */
#ifndef SIZES_H
#define SIZES_H

#include "runtool.h"

/* A kind of struct, which begins with its size. */
struct sizes {
	const char *name;
	size_t whole; /* as this version knows it */
	size_t least; /* as the first version knew it */
};
extern const struct sizes sizes_error, sizes_info, sizes_ping, sizes_request, sizes_result,
    sizes_servers, sizes_stats;

/* Whether the size can be right. 0, or -1 with *err, which is whole. */
int sizes_check(const struct sizes *, const void *theirs, struct runtool_error *err);

/*
 * Takes what a caller asks for; members it does not know are 0. 0, or -1 with *err: the size, or it
 * asks for something that this version does not know.
 */
int sizes_take(const struct sizes *, void *ours, const void *theirs, struct runtool_error *err);

/* Gives a caller what the struct has room for. */
void sizes_give(const struct sizes *, const void *ours, void *theirs);

/* The same for an error, even one whose size is wrong. Returns -1. */
int sizes_fail(const struct runtool_error *ours, struct runtool_error *theirs);

#endif
