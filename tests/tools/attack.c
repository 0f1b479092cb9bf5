/*
 * attack THEME [ARG...]: what a hostile tool would try, each attempt in a process of its own. It says
 * `NAME allowed` or `NAME ERRNO` for each, and at last `attacked`.
 *
 * escape FILE: to open this file of the host, from within a root. mounts. namespaces. privileges.
 * peek [PID]: into this process, else the parent. touch PID...: to change these processes.
 * write DIR: to change DIR, and `file` in it. stdin: to change the file that it reads.
 * devices PATH...: to open them. terminals: to have one, and to type into others'. take FILE NAME: to
 * open this file of the host by a directory that another process passes on. That one runs `attack pass
 * NAME`, in another root: it says `passes`, and waits on an abstract socket of that name for takers.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/mount.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define UP		 "../../../../../../../../../../../../../../../.."
#define MANY_LEVELS	 64
#define MAX_DESCRIPTORS	 1024
#define MAX_TERMINALS	 64
#define LIFETIME	 60 /* seconds */
#define SMALLEST_HANDLE	 8
#define DETACH		 2 /* sys/mount.h does not go together with linux/mount.h everywhere */
#define BIND		 4096
#define REMOUNT		 32
#define MOVE		 8192
#define RECURSIVE	 16384
#define SHARED		 (1 << 20)
#define PIDFD_NAMESPACES (CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS)
#define CHAR_NULL	 0x103
#define BLOCK_SDA	 0x800

static char **args; /* of the theme */
static pid_t parent;

union arg {
	long n;
	const void *p;
};

struct attempt {
	const char *theme, *name;
	int (*try)(const struct attempt *); /* 0 if it was allowed, or -1 with errno */
	long number;			    /* of a system call, and what it gets */
	union arg args[6];
};

static int
make_call(const struct attempt *a)
{
	const union arg *arg = a->args;

	return (syscall(a->number, arg[0].n, arg[1].n, arg[2].n, arg[3].n, arg[4].n, arg[5].n) == -1
		    ? -1
		    : 0);
}

static int
closed(int fd)
{
	return (fd == -1 ? -1 : close(fd));
}

/* ---- escape ---- */

/* The host's file, if `dir` is the host's root, or anywhere outside of ours. */
static int
reach(int dir)
{
	char path[4096];
	int fd;

	if ((fd = openat(dir, args[0] + 1, O_RDONLY)) == -1) {
		snprintf(path, sizeof(path), UP "%s", args[0]);
		fd = openat(dir, path, O_RDONLY);
	}
	return (closed(fd));
}

static void
climb(void)
{
	for (int i = 0; i < MANY_LEVELS; i++)
		(void)!chdir("..");
}

static int
by_dotdot(const struct attempt *a)
{
	(void)a;
	climb();
	return (reach(AT_FDCWD));
}

static int
chroot_below(void)
{
	char name[] = "jailXXXXXX";

	return (mkdtemp(name) == NULL ? -1 : chroot(name));
}

static int
by_chroot(const struct attempt *a)
{
	(void)a;
	if (chroot_below() == -1)
		return (-1);
	climb();
	return (chroot(".") == -1 ? -1 : reach(AT_FDCWD));
}

static int
by_fchdir(const struct attempt *a)
{
	int root = open("/", O_RDONLY | O_DIRECTORY);

	(void)a;
	if (chroot_below() == -1 || fchdir(root) == -1)
		return (-1);
	climb();
	return (reach(AT_FDCWD));
}

/* Whether it works for a number that is the name of an entry of this directory. */
static int
each(const char *path, int (*try)(const char *, const char *), const char *what)
{
	DIR *d = opendir(path);
	int saved = d == NULL ? errno : ENOENT;
	struct dirent *e;
	char name[4096];

	while (d != NULL && (e = readdir(d)) != NULL) {
		snprintf(name, sizeof(name), "%s/%s", path, e->d_name);
		if (e->d_name[0] < '0' || e->d_name[0] > '9')
			continue;
		if (try(name, what) == 0)
			return (0);
		saved = errno;
	}
	if (d != NULL)
		closedir(d);
	errno = saved;
	return (-1);
}

static int
through(const char *dir, const char *what)
{
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, what);
	fd = open(path, O_PATH | O_DIRECTORY);
	return (fd == -1 ? -1 : reach(fd));
}

static int
through_each(const char *process, const char *what)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", process, what);
	return (each(path, through, ""));
}

static int
by_link(const struct attempt *a)
{
	return (each("/proc", through, a->args[0].p));
}

static int
by_its_descriptor(const struct attempt *a)
{
	return (each("/proc", through_each, a->args[0].p));
}

static int
by_handle(const struct attempt *a)
{
	union {
		struct file_handle head;
		char space[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} h = {.head = {.handle_bytes = MAX_HANDLE_SZ}};
	int mount, root = open("/", O_RDONLY | O_DIRECTORY);

	(void)a;
	/* A file system without handles: the host's may have them. */
	if (name_to_handle_at(AT_FDCWD, "/", &h.head, &mount, 0) == -1) {
		h.head.handle_bytes = SMALLEST_HANDLE;
		h.head.handle_type = 1;
	}
	return (closed(open_by_handle_at(root, &h.head, O_RDONLY | O_DIRECTORY)));
}

static int
by_descriptor(const struct attempt *a)
{
	(void)a;
	for (int fd = 0; fd < MAX_DESCRIPTORS; fd++)
		if (fcntl(fd, F_GETFD) != -1 && (fd > 2 || reach(fd) == 0))
			return (0);
	errno = EBADF;
	return (-1);
}

/* A socket, and an address that is no file and so the same in all roots. */
static int
abstract(struct sockaddr_un *sun, const char *name)
{
	*sun = (struct sockaddr_un){.sun_family = AF_UNIX};
	snprintf(sun->sun_path + 1, sizeof(sun->sun_path) - 1, "%s", name);
	return (socket(AF_UNIX, SOCK_STREAM, 0));
}

union control {
	struct cmsghdr head;
	char space[CMSG_SPACE(sizeof(int))];
};

static int
by_gift(const struct attempt *a)
{
	union control control = {.head = {.cmsg_len = 0}};
	char byte;
	struct iovec data = {&byte, 1};
	struct msghdr m = {.msg_iov = &data,
	    .msg_iovlen = 1,
	    .msg_control = &control,
	    .msg_controllen = sizeof(control)};
	struct sockaddr_un sun;
	int fd = abstract(&sun, args[1]), dir;

	(void)a;
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == -1 || recvmsg(fd, &m, 0) != 1 ||
	    CMSG_FIRSTHDR(&m) == NULL)
		return (-1);
	memcpy(&dir, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(dir));
	return (reach(dir));
}

static int
pass(const char *name)
{
	union control control = {.head = {.cmsg_len = CMSG_LEN(sizeof(int)),
				     .cmsg_level = SOL_SOCKET,
				     .cmsg_type = SCM_RIGHTS}};
	char byte = 0;
	struct iovec data = {&byte, 1};
	struct msghdr m = {.msg_iov = &data,
	    .msg_iovlen = 1,
	    .msg_control = &control,
	    .msg_controllen = sizeof(control)};
	struct sockaddr_un sun;
	int fd = abstract(&sun, name), dir = open("/", O_RDONLY | O_DIRECTORY);

	memcpy(CMSG_DATA(&control.head), &dir, sizeof(dir));
	alarm(LIFETIME);
	if (bind(fd, (struct sockaddr *)&sun, sizeof(sun)) == 0 && listen(fd, 5) == 0 &&
	    write(1, "passes\n", 7) == 7)
		while (sendmsg(accept(fd, NULL, NULL), &m, 0) == 1)
			continue;
	close(dir);
	return (1);
}

/* ---- mounts, namespaces ---- */

static int
pivot(const struct attempt *a)
{
	(void)!syscall(SYS_mount, "none", "/tmp", "tmpfs", 0L, NULL);
	return (make_call(a));
}

static int
move_tree(const struct attempt *a)
{
	int tree = (int)syscall(SYS_open_tree, AT_FDCWD, "/tmp", 0);

	(void)a;
	return ((int)syscall(SYS_move_mount, tree, "", AT_FDCWD, "/proc", MOVE_MOUNT_F_EMPTY_PATH));
}

static int
start_in_user_namespace(const struct attempt *a)
{
	long pid = syscall(a->number, a->args[0].n, a->args[1].n, 0L, 0L, 0L, 0L);

	if (pid == 0)
		_exit(0);
	return (pid == -1 ? -1 : 0);
}

static int
enter(const char *process, const char *kind)
{
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/ns/%s", process, kind);
	return ((fd = open(path, O_RDONLY)) == -1 ? -1 : setns(fd, 0));
}

static int
enter_any(const struct attempt *a)
{
	return (each("/proc", enter, a->args[0].p));
}

static int
enter_parents(const struct attempt *a)
{
	return (setns((int)syscall(SYS_pidfd_open, parent, 0), (int)a->args[0].n));
}

/* ---- privileges ---- */

static int
on_device(const struct attempt *a)
{
	char name[32];

	snprintf(name, sizeof(name), "device%d", getpid());
	if (mknod(name, (mode_t)a->args[0].n | 0666, (dev_t)a->args[1].n) == -1)
		return (-1);
	return (unlink(name));
}

static int
own_file(void)
{
	return (open(".", O_RDWR | O_TMPFILE, 0755));
}

static int
give_away(const struct attempt *a)
{
	(void)a;
	return (fchown(own_file(), 0, 0));
}

static int
empower(const struct attempt *a)
{
	struct vfs_cap_data caps = {.magic_etc = VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE,
	    .data = {{.permitted = 1U << CAP_SYS_CHROOT}}};

	(void)a;
	return (
	    (int)syscall(SYS_fsetxattr, own_file(), "security.capability", &caps, sizeof(caps), 0));
}

/* ---- peek ---- */

static pid_t
victim(void)
{
	return (args[0] != NULL ? (pid_t)strtol(args[0], NULL, 10) : parent);
}

static int
trace(const struct attempt *a)
{
	(void)a;
	return (ptrace(PTRACE_SEIZE, victim(), NULL, NULL) == -1 ? -1 : 0);
}

/* EFAULT: nothing is there, but it may look. */
static int
memory(const struct attempt *a)
{
	char byte = 0;
	struct iovec here = {&byte, 1}, there = {&byte, 1};

	if (syscall(a->number, victim(), &here, 1, &there, 1, 0) != -1 || errno == EFAULT)
		return (0);
	return (-1);
}

static int
take_descriptor(const struct attempt *a)
{
	int pidfd = (int)syscall(SYS_pidfd_open, victim(), 0), fd;

	(void)a;
	for (fd = 0; pidfd != -1 && fd < 10; fd++)
		if (closed((int)syscall(SYS_pidfd_getfd, pidfd, fd, 0)) == 0)
			return (0);
	return (-1);
}

static int
join(const struct attempt *a)
{
	return (setns((int)syscall(SYS_pidfd_open, victim(), 0), (int)a->args[0].n));
}

static int
open_its(const struct attempt *a)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", victim(), a->name);
	return (closed(open(path, O_RDONLY)));
}

/* ---- touch ---- */

/* Allowed if it is for one of the processes. EFAULT: see above. */
static int
each_pid(const struct attempt *a)
{
	struct attempt one = *a;
	int saved = ESRCH;

	for (char **arg = args; *arg != NULL; arg++) {
		one.args[0].n = strtol(*arg, NULL, 10);
		if (make_call(&one) == 0 || errno == EFAULT)
			return (0);
		saved = errno;
	}
	errno = saved;
	return (-1);
}

/* ---- write, stdin, devices ---- */

static int
in_dir(const struct attempt *a)
{
	return (chdir(args[0]) == -1 ? -1 : make_call(a));
}

/* By a descriptor that is there for reading; the kernel looks at the file's mode anew. */
static int
reopen(const struct attempt *a)
{
	int fd;

	/* In place of stdin, if there is a name. */
	if (a->args[0].p != NULL) {
		if (chdir(args[0]) == -1 || (fd = open(a->args[0].p, O_RDONLY)) == -1)
			return (-1);
		dup2(fd, 0);
		close(fd);
	}
	return (closed(open("/proc/self/fd/0", O_WRONLY)));
}

static int
open_devices(const struct attempt *a)
{
	(void)a;
	for (char **arg = args; *arg != NULL; arg++)
		if (closed(open(*arg, O_RDONLY)) == 0)
			return (0);
	return (-1);
}

/* ---- terminals ---- */

static int
type_into(int fd)
{
	return (fd == -1 ? -1 : ioctl(fd, TIOCSTI, "x"));
}

static int
type_into_own(const struct attempt *a)
{
	return (type_into(open(a->args[0].p, O_RDWR)));
}

static int
type_into_descriptors(const struct attempt *a)
{
	(void)a;
	return (type_into(0) == 0 || type_into(1) == 0 ? 0 : type_into(2));
}

static int
type_into_others(const struct attempt *a)
{
	char path[64];

	for (int i = 0; i < MAX_TERMINALS; i++) {
		snprintf(path, sizeof(path), "%s%d", (const char *)a->args[0].p, i);
		if (type_into(open(path, O_RDWR | O_NOCTTY)) == 0)
			return (0);
	}
	return (-1);
}

/* Another session's, for a new session. */
static int
steal(const struct attempt *a)
{
	(void)a;
	return (setsid() == -1 ? -1 : ioctl(0, TIOCSCTTY, 1));
}

/* ---- all attempts ---- */

static const struct __user_cap_header_struct cap_version = {.version = _LINUX_CAPABILITY_VERSION_3};
static const struct __user_cap_data_struct cap_chroot[2] = {
    {.effective = 1U << CAP_SYS_CHROOT, .permitted = 1U << CAP_SYS_CHROOT}};
static const gid_t group_root[] = {0};
static const struct mount_attr writable = {.attr_clr = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID};
static const uint64_t user_and_pid[11] = {CLONE_NEWUSER | CLONE_NEWPID, 0, 0, 0, SIGCHLD};
static const unsigned long all_processors[16] = {~0UL};
static struct rlimit limit;
static const struct iovec nowhere = {&limit, 1};

#define N(x)             \
	{                \
		.n = (x) \
	}
#define P(x)             \
	{                \
		.p = (x) \
	}
#define CALL(theme, name, ...)                      \
	{                                           \
		theme, name, make_call, __VA_ARGS__ \
	}
#define UNSHARE(name, flags) CALL("namespaces", name, SYS_unshare, {N(flags)})
#define SETNS(kind)                                        \
	{                                                  \
		"namespaces", "setns-" kind, enter_any, 0, \
		{                                          \
			P(kind)                            \
		}                                          \
	}
#define PEEK(file)                         \
	{                                  \
		"peek", file, open_its, 0, \
		{                          \
			P(NULL)            \
		}                          \
	}
#define WRITE(name, ...)                           \
	{                                          \
		"write", name, in_dir, __VA_ARGS__ \
	}
#define CWD N(AT_FDCWD)

/* In an order in which all of them work, for who may. */
/* clang-format off */
static const struct attempt attempts[] = {
    {"escape", "dotdot", by_dotdot, 0, {P(NULL)}},
    {"escape", "chroot", by_chroot, 0, {P(NULL)}},
    {"escape", "fchdir", by_fchdir, 0, {P(NULL)}},
    {"escape", "proc-root", by_link, 0, {P("root")}},
    {"escape", "proc-cwd", by_link, 0, {P("cwd")}},
    {"escape", "proc-fd", by_its_descriptor, 0, {P("fd")}},
    {"escape", "handle", by_handle, 0, {P(NULL)}},
    {"escape", "descriptors", by_descriptor, 0, {P(NULL)}},

    {"take", "gift", by_gift, 0, {P(NULL)}},

    CALL("mounts", "tmpfs", SYS_mount, {P("none"), P("/tmp"), P("tmpfs"), N(0), P(NULL)}),
    CALL("mounts", "proc", SYS_mount, {P("none"), P("/tmp"), P("proc"), N(0), P(NULL)}),
    CALL("mounts", "bind", SYS_mount, {P("/"), P("/tmp"), P(NULL), N(BIND | RECURSIVE)}),
    CALL("mounts", "remount", SYS_mount, {P(NULL), P("/"), P(NULL), N(REMOUNT | BIND)}),
    CALL("mounts", "fsopen", SYS_fsopen, {P("tmpfs"), N(0)}),
    CALL("mounts", "fspick", SYS_fspick, {CWD, P("/"), N(0)}),
    CALL("mounts", "open_tree", SYS_open_tree, {CWD, P("/"), N(OPEN_TREE_CLONE)}),
    CALL("mounts", "mount_setattr", SYS_mount_setattr,
	{CWD, P("/"), N(0), P(&writable), N(sizeof(writable))}),
    CALL("mounts", "move", SYS_mount, {P("/proc"), P("/tmp"), P(NULL), N(MOVE)}),
    {"mounts", "move_mount", move_tree, 0, {P(NULL)}},
    CALL("mounts", "umount", SYS_umount2, {P("/proc"), N(DETACH)}),
    {"mounts", "pivot_root", pivot, SYS_pivot_root, {P("/tmp"), P("/tmp")}},
    CALL("mounts", "share", SYS_mount, {P(NULL), P("/"), P(NULL), N(RECURSIVE | SHARED)}),
    CALL("mounts", "umount-root", SYS_umount2, {P("/"), N(DETACH)}),

    UNSHARE("user", CLONE_NEWUSER),
    UNSHARE("user+mnt", CLONE_NEWUSER | CLONE_NEWNS),
    UNSHARE("mnt", CLONE_NEWNS),
    UNSHARE("pid", CLONE_NEWPID),
    UNSHARE("net", CLONE_NEWNET),
    UNSHARE("ipc", CLONE_NEWIPC),
    UNSHARE("uts", CLONE_NEWUTS),
    UNSHARE("cgroup", CLONE_NEWCGROUP),
    {"namespaces", "clone-user", start_in_user_namespace, SYS_clone,
	{N(CLONE_NEWUSER | SIGCHLD), P(NULL)}},
    {"namespaces", "clone3-user", start_in_user_namespace, SYS_clone3,
	{P(user_and_pid), N(sizeof(user_and_pid))}},
    SETNS("mnt"),
    SETNS("pid"),
    SETNS("net"),
    SETNS("ipc"),
    SETNS("uts"),
    SETNS("cgroup"),
    {"namespaces", "setns-pidfd", enter_parents, 0, {N(PIDFD_NAMESPACES)}},

    CALL("privileges", "setuid", SYS_setresuid, {N(0), N(0), N(0)}),
    CALL("privileges", "setgid", SYS_setresgid, {N(0), N(0), N(0)}),
    CALL("privileges", "setgroups", SYS_setgroups, {N(1), P(group_root)}),
    CALL("privileges", "capset", SYS_capset, {P(&cap_version), P(cap_chroot)}),
    CALL("privileges", "securebits", SYS_prctl, {N(PR_SET_SECUREBITS), N(1 << 4)}),
    CALL("privileges", "chroot", SYS_chroot, {P("/")}),
    CALL("privileges", "sethostname", SYS_sethostname, {P("taken"), N(5)}),
    {"privileges", "mknod-char", on_device, 0, {N(S_IFCHR), N(CHAR_NULL)}},
    {"privileges", "mknod-block", on_device, 0, {N(S_IFBLK), N(BLOCK_SDA)}},
    {"privileges", "chown", give_away, 0, {P(NULL)}},
    {"privileges", "setcap", empower, 0, {P(NULL)}},

    {"peek", "ptrace", trace, 0, {P(NULL)}},
    {"peek", "process_vm_readv", memory, SYS_process_vm_readv, {P(NULL)}},
    {"peek", "process_vm_writev", memory, SYS_process_vm_writev, {P(NULL)}},
    {"peek", "pidfd_getfd", take_descriptor, 0, {P(NULL)}},
    {"peek", "setns", join, 0, {N(CLONE_NEWNS)}},
    PEEK("mem"),
    PEEK("environ"),
    PEEK("maps"),
    PEEK("root/"),
    PEEK("cwd/"),
    PEEK("fd"),
    PEEK("ns/mnt"),

    {"touch", "kill", each_pid, SYS_kill, {N(0), N(SIGCONT)}},
    {"touch", "process_vm_readv", each_pid, SYS_process_vm_readv,
	{N(0), P(&nowhere), N(1), P(&nowhere), N(1)}},
    {"touch", "pidfd_open", each_pid, SYS_pidfd_open, {N(0), N(0)}},
    {"touch", "prlimit", each_pid, SYS_prlimit64, {N(0), N(RLIMIT_CORE), P(NULL), P(&limit)}},
    {"touch", "sched_setaffinity", each_pid, SYS_sched_setaffinity,
	{N(0), N(sizeof(all_processors)), P(all_processors)}},

    WRITE("create", SYS_openat, {CWD, P("created"), N(O_WRONLY | O_CREAT), N(0644)}),
    WRITE("tmpfile", SYS_openat, {CWD, P("."), N(O_WRONLY | O_TMPFILE), N(0644)}),
    WRITE("mkdir", SYS_mkdirat, {CWD, P("directory"), N(0755)}),
    WRITE("mkfifo", SYS_mknodat, {CWD, P("fifo"), N(S_IFIFO | 0644), N(0)}),
    WRITE("symlink", SYS_symlinkat, {P("/"), CWD, P("symlink")}),
    WRITE("link", SYS_linkat, {CWD, P("file"), CWD, P("link"), N(0)}),
    WRITE("open", SYS_openat, {CWD, P("file"), N(O_WRONLY)}),
    {"write", "reopen", reopen, 0, {P("file")}},
    WRITE("truncate", SYS_truncate, {P("file"), N(0)}),
    WRITE("chmod", SYS_fchmodat, {CWD, P("file"), N(0666)}),
    WRITE("chmod-dir", SYS_fchmodat, {CWD, P("."), N(0777)}),
    WRITE("utimes", SYS_utimensat, {CWD, P("file"), P(NULL), N(0)}),
    WRITE("setxattr", SYS_setxattr, {P("file"), P("user.attack"), P("x"), N(1), N(0)}),
    WRITE("rename", SYS_renameat2, {CWD, P("file"), CWD, P("renamed"), N(0)}),
    WRITE("unlink", SYS_unlinkat, {CWD, P("renamed"), N(0)}),

    CALL("stdin", "write", SYS_write, {N(0), P("x"), N(1)}),
    CALL("stdin", "truncate", SYS_ftruncate, {N(0), N(0)}),
    {"stdin", "reopen", reopen, 0, {P(NULL)}},

    {"devices", "open", open_devices, 0, {P(NULL)}},

    CALL("terminals", "open", SYS_openat, {CWD, P("/dev/tty"), N(O_RDWR)}),
    {"terminals", "type", type_into_own, 0, {P("/dev/tty")}},
    {"terminals", "type-descriptors", type_into_descriptors, 0, {P(NULL)}},
    {"terminals", "type-others", type_into_others, 0, {P("/dev/pts/")}},
    {"terminals", "steal", steal, 0, {P(NULL)}},
};
/* clang-format on */

static void
attack(const struct attempt *a)
{
	const char *error;
	int status;
	pid_t pid;

	fflush(stdout);
	if ((pid = fork()) == 0) {
		alarm(LIFETIME);
		errno = 0;
		error = a->try(a) == 0 ? "allowed" : strerrorname_np(errno);
		printf("%s %s\n", a->name, error != NULL ? error : "?");
		fflush(stdout);
		_exit(0);
	}
	if (pid == -1 || waitpid(pid, &status, 0) != pid || status != 0)
		printf("%s died\n", a->name);
}

int
main(int argc, char **argv)
{
	if (argc < 2)
		return (2);
	if (argc == 3 && strcmp(argv[1], "pass") == 0)
		return (pass(argv[2]));
	args = argv + 2;
	parent = getppid();
	for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++)
		if (strcmp(attempts[i].theme, argv[1]) == 0)
			attack(&attempts[i]);
	printf("attacked\n");
	return (0);
}
