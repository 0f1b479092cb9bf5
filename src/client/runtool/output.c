#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmdline.h"
#include "output.h"
#include "runtool.h"
#include "signals.h"
#include "status.h"

void
output_prepare(void)
{
	int fd, null;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) != -1)
			continue;
		null = open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
		if (null != fd)
			err(EXIT_TROUBLE, "/dev/null");
	}
	signal(SIGPIPE, SIG_IGN);
}

bool
output_is_one(void)
{
	struct stat out, err;

	return (fstat(STDOUT_FILENO, &out) == 0 && fstat(STDERR_FILENO, &err) == 0 &&
		out.st_dev == err.st_dev && out.st_ino == err.st_ino && out.st_rdev == err.st_rdev);
}

/* Waits after a write that failed. 0: try again; -1: do not. */
static int
await(int fd)
{
	struct pollfd pfd = {.fd = fd, .events = POLLOUT};

	if (errno == EAGAIN && poll(&pfd, 1, -1) >= 0)
		return (0);
	/* While a write blocks, the run takes no signals: only hanging up can end the tool then. */
	return (errno == EINTR && !signals_end_writes() ? 0 : -1);
}

/* The number of a tool's stream is that of our descriptor for it. */
int
output_write(void *arg, int stream, const void *data, size_t len)
{
	struct output *output = arg;
	const uint8_t *p = data;
	ssize_t n;

	while (len > 0) {
		if ((n = write(stream, p, len)) >= 0) {
			p += n;
			len -= (size_t)n;
			continue;
		}
		if (errno == EPIPE)
			return (RUNTOOL_CLOSE_STREAM);
		if (await(stream) == -1) {
			*output = (struct output){.stream = stream, .error = errno};
			return (-1);
		}
	}
	return (0);
}
