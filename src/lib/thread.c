#include <signal.h>

#include "thread.h"

int
thread_start(pthread_t *thread, size_t stack, void *(*run)(void *arg), void *arg)
{
	pthread_t detached;
	pthread_attr_t attr;
	sigset_t all, old;
	int error;

	pthread_attr_init(&attr);
	if (stack != 0)
		pthread_attr_setstacksize(&attr, stack);
	if (thread == NULL)
		pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	error = pthread_create(thread == NULL ? &detached : thread, &attr, run, arg);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attr);
	return (error);
}
