#include <fcntl.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inherit.h"

/* Not those of processes, descriptors and locked memory: a server's user has them for all tools. */
static const int resources[RUNTOOL_LIMITS] = {
    [RUNTOOL_LIMIT_CORE] = RLIMIT_CORE,
    [RUNTOOL_LIMIT_CPU] = RLIMIT_CPU,
    [RUNTOOL_LIMIT_DATA] = RLIMIT_DATA,
    [RUNTOOL_LIMIT_FSIZE] = RLIMIT_FSIZE,
    [RUNTOOL_LIMIT_STACK] = RLIMIT_STACK,
    [RUNTOOL_LIMIT_AS] = RLIMIT_AS,
};

/* A descriptor that was closed is open for the wrong direction, and one that is so is no better. */
static unsigned int
closed_descriptors(void)
{
	static const unsigned int bits[] = {
	    RUNTOOL_CLOSED_STDIN, RUNTOOL_CLOSED_STDOUT, RUNTOOL_CLOSED_STDERR};
	unsigned int closed = 0;
	int fd, flags;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		flags = fcntl(fd, F_GETFL);
		if (flags != -1 &&
		    (flags & O_ACCMODE) == (fd == STDIN_FILENO ? O_WRONLY : O_RDONLY))
			closed |= bits[fd];
	}
	return (closed);
}

void
inherit(struct runtool_request *request)
{
	struct rlimit r;
	mode_t mask;
	size_t i;

	/* It can only be asked for by setting it. */
	mask = umask(0);
	umask(mask);
	request->umask = (struct runtool_number){.given = true, .n = mask};
	for (i = 0; i < RUNTOOL_LIMITS; i++)
		if (getrlimit(resources[i], &r) == 0 && r.rlim_cur != RLIM_INFINITY)
			request->limits[i] =
			    (struct runtool_number){.given = true, .n = r.rlim_cur};
	request->closed = closed_descriptors();
}
