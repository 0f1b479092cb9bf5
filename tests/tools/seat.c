/*
 * seat TERMINAL PROGRAM [ARG...]: runs PROGRAM as a shell would that somebody has in this terminal:
 * as a job of its own, with the terminal as stdin; until it and all that it leaves to us has ended.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	int fd, status, ended = 1;
	pid_t job, pid;

	if (argc < 3 || setsid() == -1 || (fd = open(argv[1], O_RDWR)) == -1 || dup2(fd, 0) == -1 ||
	    ioctl(0, TIOCSCTTY, 0) == -1)
		return (125);
	close(fd);
	signal(SIGTTOU, SIG_IGN);
	if ((job = fork()) == 0) {
		setpgid(0, 0);
		tcsetpgrp(0, getpid());
		signal(SIGTTOU, SIG_DFL);
		execv(argv[2], argv + 2);
		_exit(126);
	}
	while ((pid = wait(&status)) != -1 || errno == EINTR)
		if (pid == job)
			ended = WIFEXITED(status) ? WEXITSTATUS(status) : 124;
	return (ended);
}
