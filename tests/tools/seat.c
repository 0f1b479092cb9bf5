/*
 * seat [-l] TERMINAL PROGRAM [ARG...]: runs PROGRAM as a shell would that somebody has in this
 * terminal: as a job of its own, with the terminal as stdin; until it and all that it leaves to us has
 * ended. -l: in place of the shell, as the leader of the session.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	int fd, status, ended = 1;
	bool leads = argc > 1 && strcmp(argv[1], "-l") == 0;
	pid_t job = -1, pid;

	argc -= leads;
	argv += leads;
	if (leads && (job = fork()) > 0)
		goto wait;
	if (argc < 3 || setsid() == -1 || (fd = open(argv[1], O_RDWR)) == -1 || dup2(fd, 0) == -1 ||
	    ioctl(0, TIOCSCTTY, 0) == -1)
		return (125);
	close(fd);
	if (leads) {
		execv(argv[2], argv + 2);
		_exit(126);
	}
	signal(SIGTTOU, SIG_IGN);
	if ((job = fork()) == 0) {
		setpgid(0, 0);
		tcsetpgrp(0, getpid());
		signal(SIGTTOU, SIG_DFL);
		execv(argv[2], argv + 2);
		_exit(126);
	}
wait:
	while ((pid = wait(&status)) != -1 || errno == EINTR)
		if (pid == job)
			ended = WIFEXITED(status) ? WEXITSTATUS(status) : 124;
	return (ended);
}
