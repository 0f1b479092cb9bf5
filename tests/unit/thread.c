#include "common/testing.h"
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>

#include "thread.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char first[1024]; /* "": nothing broke */

void
thread_broke(const char *file, int line, const char *fmt, ...)
{
	char words[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(words, sizeof(words), fmt, ap);
	va_end(ap);
	fprintf(stderr, "%s:%d: in a thread: %s\n", file, line, words);
	pthread_mutex_lock(&lock);
	if (first[0] == '\0')
		snprintf(first, sizeof(first), "%s:%d: %s", file, line, words);
	pthread_mutex_unlock(&lock);
	pthread_exit(NULL);
}

void
thread_verify(void)
{
	char words[sizeof(first)];

	pthread_mutex_lock(&lock);
	memcpy(words, first, sizeof(words));
	pthread_mutex_unlock(&lock);
	if (words[0] != '\0')
		ck_abort_msg("in a thread: %s", words);
}
