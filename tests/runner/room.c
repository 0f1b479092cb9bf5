#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/capability.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/clean.h"
#include "room.h"

#define REPORT	   3
#define NO_ROOM	   125
#define FIRST_USER 1879052800 /* far from every user that a system hands out */
#define USERS	   16	      /* for a room */
#define ROOMS	   4096
#define MAX_OPEN   16

/* ---- what a room is made of ------------------------------------------------------------------- */

static bool
write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool written = fd != -1 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd != -1)
		close(fd);
	return (written);
}

/* The user stays who it is, and has all capabilities in there. */
static bool
own_users(void)
{
	char uids[64], gids[64];

	snprintf(uids, sizeof(uids), "%u %u 1", getuid(), getuid());
	snprintf(gids, sizeof(gids), "%u %u 1", getgid(), getgid());
	return (unshare(CLONE_NEWUSER) == 0 && write_file("/proc/self/setgroups", "deny") &&
		write_file("/proc/self/uid_map", uids) && write_file("/proc/self/gid_map", gids));
}

/* In a plain chroot / is no mount point, and what is mounted there would be seen outside. */
static bool
own_mounts(void)
{
	return (
	    unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
}

static bool
own_network(void)
{
	struct ifreq lo = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
	int fd;
	bool up;

	if (unshare(CLONE_NEWNET) == -1 ||
	    (fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) == -1)
		return (false);
	up = ioctl(fd, SIOCSIFFLAGS, &lo) == 0;
	close(fd);
	return (up);
}

/* Before the fork that makes its first process, which mounts /proc. */
static bool
own_pids(void)
{
	return (unshare(CLONE_NEWPID) == 0);
}

static bool
mount_proc(void)
{
	return (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) == 0);
}

/* They outlive the exec of somebody who is not root. */
static void
keep_capabilities(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &head, data) == -1)
		return;
	for (int i = 0; i < 2; i++)
		data[i].inheritable = data[i].permitted;
	if (syscall(SYS_capset, &head, data) == -1)
		return;
	for (unsigned long i = 0; i <= CAP_LAST_CAP; i++)
		prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, i, 0, 0);
}

static int
wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			return (NO_ROOM);
	return (WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

/* ---- trying ----------------------------------------------------------------------------------- */

static struct room_kind
find_out(void)
{
	struct room_kind kind = {.users = false};
	pid_t pid;

	if (geteuid() != 0 && !(kind.users = own_users()))
		return (kind);
	kind.mounts = own_mounts();
	kind.network = own_network();
	if (kind.mounts && own_pids() && (pid = fork()) != -1) {
		if (pid == 0)
			_exit(mount_proc() ? 0 : 1);
		kind.pids = wait_for(pid) == 0;
	}
	return (kind);
}

struct room_kind
room_try(void)
{
	struct room_kind kind = {.users = false};
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) == -1 || (pid = fork()) == -1)
		return (kind);
	if (pid == 0) {
		kind = find_out();
		_exit(write(fds[1], &kind, sizeof(kind)) == sizeof(kind) ? 0 : 1);
	}
	close(fds[1]);
	if (read(fds[0], &kind, sizeof(kind)) != sizeof(kind))
		kind = (struct room_kind){.users = false};
	close(fds[0]);
	wait_for(pid);
	return (kind);
}

/* ---- the keeper ------------------------------------------------------------------------------- */

static _Noreturn void
no_room(const char *what)
{
	fprintf(stderr, "no room for this suite: %s: %s\n", what, strerror(errno));
	_exit(NO_ROOM);
}

static void
need(bool done, const char *what)
{
	if (!done)
		no_room(what);
}

/* Without a namespace of theirs, processes are found by their parents: descendants come to us. */
static bool
end_children(void)
{
	DIR *d = opendir("/proc");
	struct dirent *e;
	bool any = false;

	while (d != NULL && (e = readdir(d)) != NULL) {
		char path[300], line[512];
		int pid = (int)strtol(e->d_name, NULL, 10), parent = 0;
		FILE *f;

		snprintf(path, sizeof(path), "/proc/%d/stat", pid);
		if (pid <= 0 || (f = fopen(path, "re")) == NULL)
			continue;
		if (fgets(line, sizeof(line), f) != NULL && strrchr(line, ')') != NULL)
			/* NOLINTNEXTLINE(cert-err34-c): the kernel writes it */
			sscanf(strrchr(line, ')'), ") %*c %d", &parent);
		fclose(f);
		if (parent == getpid()) {
			any = true;
			kill(pid, SIGKILL);
		}
	}
	if (d != NULL)
		closedir(d);
	return (any);
}

static _Noreturn void
leave(int status)
{
	while (end_children())
		while (waitpid(-1, NULL, 0) > 0)
			continue;
	_exit(status);
}

static void
run(char *const *argv, bool capabilities)
{
	if (capabilities)
		keep_capabilities();
	setenv("RUNTOOL_REPORT", "3", 1);
	execv(argv[0], argv);
	no_room(argv[0]);
}

static int
remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	return (ftw->level == 0 ? 0 : remove(path));
}

static void
empty(const char *directory)
{
	need(nftw(directory, remove_entry, MAX_OPEN, FTW_DEPTH | FTW_PHYS | FTW_MOUNT) == 0,
	    directory);
}

/* Its file system is empty at first, and goes with it; where it is not its own, we see to that. */
static void
furnish(const struct room *r)
{
	char tmp[4096];
	pid_t pid;

	if (r->kind.mounts)
		need(mount("tests", r->prefix, "tmpfs", 0, "mode=755") == 0, r->prefix);
	else
		empty(r->prefix);
	if (r->stage != NULL) {
		if ((pid = fork()) == 0) {
			execlp("cp", "cp", "-a", "-T", r->stage, r->prefix, NULL);
			no_room("cp");
		}
		need(pid != -1 && wait_for(pid) == 0, "copying the installation");
	}
	snprintf(tmp, sizeof(tmp), "%s/tmp", r->prefix);
	need(mkdir(tmp, 0755) == 0 && chmod(tmp, 01777) == 0 && setenv("TMPDIR", tmp, 1) == 0, tmp);
}

/* The parent of all in the room; process 1, where they have numbers of their own. */
static _Noreturn void
keep(const struct room *r, char *const *argv)
{
	int status, result = NO_ROOM;
	sigset_t ends;
	pid_t program, pid;

	need(!r->kind.pids || mount_proc(), "/proc");
	furnish(r);
	sigemptyset(&ends);
	sigaddset(&ends, SIGCHLD);
	sigaddset(&ends, SIGTERM);
	sigprocmask(SIG_BLOCK, &ends, NULL);
	if ((program = fork()) == 0) {
		sigprocmask(SIG_UNBLOCK, &ends, NULL);
		need(setsid() != -1, "a session");
		run(argv, r->kind.users && r->stage != NULL);
	}
	need(program != -1, "a process");
	for (bool over = false; !over;) {
		over = sigwaitinfo(&ends, NULL) == SIGTERM;
		while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
			if (pid == program) {
				result = WIFEXITED(status) ? WEXITSTATUS(status)
							   : 128 + WTERMSIG(status);
				over = true;
			}
	}
	if (!r->kind.pids)
		leave(result);
	_exit(result);
}

/* In the child. Between us and the keeper, where processes have numbers of their own, is one who waits. */
static _Noreturn void
enter(const struct room *r, char *const *argv, pid_t parent)
{
	pid_t keeper;

	dup2(r->log, 1);
	dup2(r->log, 2);
	dup2(r->report, REPORT);
	clean_process(REPORT);
	need(!r->kind.users || own_users(), "a user namespace");
	need(!r->kind.mounts || own_mounts(), "mounts");
	need(!r->kind.network || own_network(), "a network");
	need(unshare(CLONE_NEWIPC | CLONE_NEWUTS) == 0 || !r->kind.mounts, "names");
	need(!r->kind.pids || own_pids(), "processes");
	need(prctl(PR_SET_PDEATHSIG, r->kind.pids ? SIGKILL : SIGTERM) == 0 && getppid() == parent,
	    "a parent");
	if (!r->kind.pids) {
		prctl(PR_SET_CHILD_SUBREAPER, 1);
		keep(r, argv);
	}
	if ((keeper = fork()) == 0) {
		need(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0, "a parent");
		keep(r, argv);
	}
	need(keeper != -1, "a keeper");
	_exit(wait_for(keeper));
}

pid_t
room_start(const struct room *r, char *const *argv)
{
	pid_t parent = getpid(), pid = fork();
	char text[16];

	if (pid != 0)
		return (pid);
	if (r->uid != 0) {
		snprintf(text, sizeof(text), "%u", r->uid);
		setenv("RUNTOOL_UID", text, 1);
	}
	enter(r, argv, parent);
}

/* ---- users ------------------------------------------------------------------------------------ */

/* A name that one socket can have at a time: it is free again with the process that has it. */
uid_t
room_take_users(int *lock)
{
	const char *given = getenv("RUNTOOL_UID");
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	int len;

	/* In a room already: its own ones are there for us. */
	if (given != NULL) {
		*lock = -1;
		return ((uid_t)strtoul(given, NULL, 10));
	}
	if (geteuid() != 0 || (*lock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) == -1) {
		*lock = -1;
		return (0);
	}
	for (int i = 0; i < ROOMS; i++) {
		len = snprintf(sun.sun_path + 1, sizeof(sun.sun_path) - 1, "runtool-tests/%d", i);
		if (bind(*lock, (struct sockaddr *)&sun,
			(socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)len)) == 0)
			return (FIRST_USER + (uid_t)i * USERS);
	}
	close(*lock);
	*lock = -1;
	return (0);
}

void
room_give_back(int lock)
{
	if (lock != -1)
		close(lock);
}
