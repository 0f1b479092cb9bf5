/*
 * mounts.c: assembles the tool's root in our own mount namespace, by descriptors, and forgets the
 * host's. The namespace's own root is a tmpfs of ours, the tool's a directory in it: the kernel
 * makes no user namespaces for who is chrooted, and so no capabilities to mount with.
 */
#include <linux/mount.h>
#include <linux/openat2.h>

#include "helper.h"

#ifndef MNT_DETACH
#define MNT_DETACH 2
#endif
#define HARMLESS (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV)

/* What a mount is made of: a file system of its own, with one option; or a copy of the host's. */
static const struct {
	const char *type, *key, *value;
	unsigned int attr;
} kinds[] = {
    [RO] = {NULL, NULL, NULL, MOUNT_ATTR_RDONLY | HARMLESS},
    [RW] = {NULL, NULL, NULL, HARMLESS},
    [ROOT] = {NULL, NULL, NULL, 0},
    [NODE] = {NULL, NULL, NULL, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC},
    [TMPFS] = {"tmpfs", "mode", "1777", HARMLESS},
    [PROC] = {"proc", NULL, NULL, HARMLESS | MOUNT_ATTR_NOEXEC},
    [PTS] = {"devpts", "ptmxmode", "0666", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC},
    [DEV] = {"tmpfs", "mode", "0755", HARMLESS},
};

static const struct mount devices[] = {
    {NODE, "/dev/null", "/dev/null", 0},
    {NODE, "/dev/zero", "/dev/zero", 0},
    {NODE, "/dev/full", "/dev/full", 0},
    {NODE, "/dev/random", "/dev/random", 0},
    {NODE, "/dev/urandom", "/dev/urandom", 0},
    {NODE, "/dev/tty", "/dev/tty", 0},
    {PTS, NULL, "/dev/pts", 0},
    {TMPFS, NULL, "/dev/shm", 0},
    {LINK, "pts/ptmx", "/dev/ptmx", 0},
    {LINK, "/proc/self/fd", "/dev/fd", 0},
    {LINK, "/proc/self/fd/0", "/dev/stdin", 0},
    {LINK, "/proc/self/fd/1", "/dev/stdout", 0},
    {LINK, "/proc/self/fd/2", "/dev/stderr", 0},
};

static int
change(int fd, unsigned int flags, const struct mount_attr *attr)
{
	return (
	    (int)syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH | flags, attr, sizeof(*attr)));
}

static int
attach(int fd, int at, const char *path)
{
	return ((int)syscall(SYS_move_mount, fd, "", at, path,
	    MOVE_MOUNT_F_EMPTY_PATH | (*path == '\0' ? MOVE_MOUNT_T_EMPTY_PATH : 0)));
}

/* Attached to nothing yet. -1 with errno. */
static int
make_mount(const struct mount *m)
{
	const struct mount_attr attr = {.attr_set = kinds[m->kind].attr};
	const char *type = kinds[m->kind].type, *key = kinds[m->kind].key;
	int fs, fd;

	if (type == NULL) {
		fd = (int)syscall(SYS_open_tree, AT_FDCWD, m->from,
		    OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
	} else {
		if ((fs = (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC)) == -1 ||
		    (key != NULL && syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, key,
					kinds[m->kind].value, 0) == -1) ||
		    (m->from != NULL &&
			syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, "size", m->from, 0) == -1) ||
		    syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == -1)
			return (-1);
		fd = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, 0);
		close(fs);
	}
	return (fd == -1 || change(fd, AT_RECURSIVE, &attr) == -1 ? -1 : fd);
}

/*
 * The place of a mount, or its link, below `dir`: no step follows a link or leads back. What is
 * missing is made if that is asked, the last step as a file or directory. -1 with errno.
 */
static int
walk(int dir, const struct mount *m, bool make, bool is_file)
{
	static const struct open_how how = {
	    .flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS};
	char path[PATH_MAX], *rest = path, *name;
	bool last;
	int up;

	snprintf(path, sizeof(path), "%s", m->to);
	for (dir = dup(dir); dir != -1 && (name = strsep(&rest, "/")) != NULL; close(up)) {
		last = rest == NULL || rest[strspn(rest, "/")] == '\0';
		up = dir;
		if (*name == '\0')
			dir = dup(up);
		else if (m->kind == LINK && last)
			dir = symlinkat(m->from, up, name) == -1 ? -1 : dup(up);
		else {
			if (make && is_file && last)
				mknodat(up, name, S_IFREG | 0644, 0);
			else if (make)
				mkdirat(up, name, 0755);
			dir = (int)syscall(SYS_openat2, up, name, &how, sizeof(how));
		}
	}
	return (dir);
}

int
mounts_detach(int root)
{
	static const struct mount here = {.kind = ROOT, .from = "."};
	int fd = fchdir(root) == -1 ? -1 : make_mount(&here);

	if (fd == -1)
		fail(LAUNCHER_NO_MOUNT, errno, "root");
	return (fd);
}

void
mounts_seal_input(void)
{
	char path[PATH_MAX] = "";
	struct mount file = {.kind = RO, .from = path};
	struct stat before, after;
	int fd;

	if (fstat(0, &before) == -1 || !S_ISREG(before.st_mode))
		return;
	if (readlink("/proc/self/fd/0", path, sizeof(path) - 1) == -1 ||
	    (fd = make_mount(&file)) == -1)
		fail(LAUNCHER_NO_MOUNT, errno, "standard input %s", path);
	if (fstat(fd, &after) == -1 || after.st_dev != before.st_dev ||
	    after.st_ino != before.st_ino)
		fail(LAUNCHER_NO_MOUNT, 0, "standard input is another file by now");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1 || dup2(fd, 0) == -1)
		fail(LAUNCHER_NO_MOUNT, errno, "standard input");
}

/* False if its place is missing: a volatile root gets what it has a place for. */
static bool
put(int root, const struct mount *m, const struct block *b, bool make)
{
	struct stat st = {0};
	int fd = -1, place;

	if (m->kind != LINK && ((fd = make_mount(m)) == -1 || fstat(fd, &st) == -1))
		fail(LAUNCHER_NO_MOUNT, errno, POLICY_FILE ":%d: %s%s%s", m->line,
		    kinds[m->kind].type == NULL ? m->from : m->to,
		    m->kind == TMPFS && m->from != NULL ? ": size " : "",
		    m->kind == TMPFS && m->from != NULL ? m->from : "");
	place = walk(root, m, make, !S_ISDIR(st.st_mode));
	if (place == -1 && errno == ENOENT && b->base == NULL)
		return (false);
	if (place == -1 || (m->kind != LINK && attach(fd, place, "") == -1))
		fail(LAUNCHER_NO_MOUNT, errno, POLICY_FILE ":%d: %s in the root", m->line, m->to);
	close(place);
	close(fd);
	return (true);
}

int
mounts_assemble(const struct launch *l)
{
	const struct mount_attr isolated = {.propagation = MS_PRIVATE};
	const struct mount_attr sealed = {.attr_set = MOUNT_ATTR_RDONLY};
	const struct block *b = &l->block;
	const struct mount empty = {.kind = DEV}, *m;
	const struct mount base = {.kind = RO, .from = b->base};
	struct mount device;
	bool make = b->base != NULL && *b->base != '/';
	int tree, root, fd = -1;
	size_t i;

	/* First, so that nothing of the following is seen outside. */
	if (syscall(SYS_mount_setattr, AT_FDCWD, "/", AT_RECURSIVE, &isolated, sizeof(isolated)) ==
	    -1)
		fail(LAUNCHER_NO_MOUNT, errno, "/ (not a mount point?)");
	if (b->base == NULL)
		fd = mounts_detach(l->root_fd);
	else if (!make && (fd = make_mount(&base)) == -1)
		fail(LAUNCHER_NO_MOUNT, errno, POLICY_FILE ":%d: base %s", b->line, b->base);
	if ((tree = make_mount(&empty)) == -1 || mkdirat(tree, "root", 0755) == -1 ||
	    attach(tree, AT_FDCWD, "/") == -1)
		fail(LAUNCHER_NO_MOUNT, errno, "root %s", l->root);
	if ((fd != -1 && attach(fd, tree, "root") == -1) ||
	    (root = openat(tree, "root", O_PATH | O_DIRECTORY | O_CLOEXEC)) == -1)
		fail(LAUNCHER_NO_MOUNT, errno, POLICY_FILE ":%d: base %s", b->line,
		    b->base != NULL ? b->base : l->root);
	for (m = b->mounts; m < b->mounts + b->nmounts; m++) {
		if (!put(root, m, b, make) || m->kind != DEV)
			continue;
		for (i = 0; i < sizeof(devices) / sizeof(*devices); i++) {
			device = devices[i];
			device.line = m->line;
			put(root, &device, b, true);
		}
		if (change(walk(root, m, false, false), 0, &sealed) == -1)
			fail(LAUNCHER_NO_MOUNT, errno, POLICY_FILE ":%d: /dev", m->line);
	}
	if (change(tree, 0, &sealed) == -1 || fchdir(tree) == -1 ||
	    syscall(SYS_pivot_root, ".", ".") == -1 || syscall(SYS_umount2, ".", MNT_DETACH) == -1)
		fail(LAUNCHER_NO_MOUNT, errno, "cannot leave the host's file system");
	return (root);
}
