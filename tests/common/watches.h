/* watches.h: a process that has used up its epoll watches. */
#ifndef WATCHES_H
#define WATCHES_H

#include <stdbool.h>

/*
 * From now on descriptors from this one on find no watch (ENOSPC), also after an exec. False with errno:
 * it takes root, or PR_SET_NO_NEW_PRIVS, with which no setuid program has any effect.
 */
bool watches_end_at(int fd);

#endif
