/* thread.h: starting threads to which no signal comes: those are for the threads that were there before. */
#ifndef THREAD_H
#define THREAD_H

#include <pthread.h>
#include <stddef.h>

/*
 * Starts run(arg) in a thread with a stack of that many bytes (0: the usual size), which is to be
 * joined; or which nobody joins, if `thread` is NULL. 0, or an errno.
 */
int thread_start(pthread_t *thread, size_t stack, void *(*run)(void *arg), void *arg);

#endif
