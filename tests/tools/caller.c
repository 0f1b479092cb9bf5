/*
 * caller HOW PROGRAM [ARG...]: a user who does not start a setuid program as he should: `traced` by
 * himself; with `no-new-privs`; in a user and mount namespace, where `FILE OVER` comes first, with
 * FILE in the place of OVER: `namespace`. Its exit status; 100 and more if that cannot be done.
 */
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static int
trace(char **argv)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0)
			execv(argv[0], argv);
		_exit(100);
	}
	while (waitpid(pid, &status, 0) == pid) {
		if (WIFEXITED(status))
			return (WEXITSTATUS(status));
		if (!WIFSTOPPED(status) || ptrace(PTRACE_CONT, pid, NULL, NULL) == -1)
			return (101);
	}
	return (102);
}

static int
put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY);

	return (fd == -1 || write(fd, text, strlen(text)) == -1 ? -1 : close(fd));
}

static int
hide(char **argv)
{
	char users[32], groups[32];

	snprintf(users, sizeof(users), "%u %u 1", getuid(), getuid());
	snprintf(groups, sizeof(groups), "%u %u 1", getgid(), getgid());
	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) == -1 ||
	    put("/proc/self/setgroups", "deny") == -1 || put("/proc/self/uid_map", users) == -1 ||
	    put("/proc/self/gid_map", groups) == -1 ||
	    mount(argv[0], argv[1], NULL, MS_BIND, NULL) == -1)
		return (103);
	execv(argv[2], argv + 2);
	return (104);
}

int
main(int argc, char **argv)
{
	if (argc > 2 && strcmp(argv[1], "traced") == 0)
		return (trace(argv + 2));
	if (argc > 4 && strcmp(argv[1], "namespace") == 0)
		return (hide(argv + 2));
	if (argc > 2 && strcmp(argv[1], "no-new-privs") == 0 &&
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
		execv(argv[2], argv + 2);
	return (105);
}
