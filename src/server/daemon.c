#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <bsd/libutil.h>

#include "lib/log.h"
#include "daemon.h"

/* One for the process: it leaves its terminal once. */
static struct pidfh *pidfile;
static int ready_fd = -1; /* the parent waits at its other end */

static void
unlock(void)
{
	pidfile_remove(pidfile);
}

void
daemon_lock(const char *path)
{
	pid_t other = 0;

	if (path == NULL)
		return;
	/* The server leaves its directory, and removes the file at its end. */
	if (*path != '/')
		fatal("-p %s: must be an absolute path", path);
	if ((pidfile = pidfile_open(path, 0644, &other)) == NULL) {
		if (errno == EEXIST)
			fatal("%s: the server runs already, as pid %d", path, other);
		fatal("%s: %s", path, strerror(errno));
	}
	/* Also if the start fails later. */
	atexit(unlock);
	(void)at_quick_exit(unlock);
	/* libbsd leaves it open to children. */
	fcntl(pidfile_fileno(pidfile), F_SETFD, FD_CLOEXEC);
}

void
daemon_detach(void)
{
	int fds[2];
	char ok;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) == -1 || (pid = fork()) == -1)
		fatal("cannot detach: %s", strerror(errno));
	if (pid != 0) {
		close(fds[1]);
		_exit(read(fds[0], &ok, 1) == 1 ? 0 : 1);
	}
	close(fds[0]);
	ready_fd = fds[1];
	setsid();
	if (chdir("/") == -1)
		fatal("/: %s", strerror(errno));
}

static void
leave_terminal(void)
{
	int null, fd;

	if ((null = open("/dev/null", O_RDWR | O_CLOEXEC)) == -1)
		fatal("/dev/null: %s", strerror(errno));
	for (fd = 0; fd <= 2; fd++)
		dup2(null, fd);
	close(null);
	(void)!write(ready_fd, "", 1);
	close(ready_fd);
	ready_fd = -1;
}

void
daemon_ready(void)
{
	if (pidfile != NULL && pidfile_write(pidfile) == -1)
		fatal("pid file: %s", strerror(errno));
	if (ready_fd != -1)
		leave_terminal();
}
