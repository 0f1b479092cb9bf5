/*
 * mounts.c: assembles the tool's root in our own mount namespace, by descriptors, and leaves the
 * host's file systems. The namespace's own root is a tmpfs; the tool is chrooted to a directory in
 * it. The kernel gives a chrooted process no user namespace, and so no capability to mount with.
 */
#include <linux/mount.h>
#include <linux/openat2.h>

#include "helper.h"

#ifndef MNT_DETACH
#define MNT_DETACH 2
#endif
#define HARMLESS (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV)

/* What a mount is made of: a new file system with one option, or (no type) a copy of the host's. */
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
    [PASSWD] = {NULL, NULL, NULL, MOUNT_ATTR_RDONLY | HARMLESS},
    [GROUP] = {NULL, NULL, NULL, MOUNT_ATTR_RDONLY | HARMLESS},
};

static const struct mount devices[] = {
    {NODE, "/dev/null", "/dev/null", 0, false},
    {NODE, "/dev/zero", "/dev/zero", 0, false},
    {NODE, "/dev/full", "/dev/full", 0, false},
    {NODE, "/dev/random", "/dev/random", 0, false},
    {NODE, "/dev/urandom", "/dev/urandom", 0, false},
    {NODE, "/dev/tty", "/dev/tty", 0, false},
    {PTS, NULL, "/dev/pts", 0, false},
    {TMPFS, NULL, "/dev/shm", 0, false},
    {LINK, "pts/ptmx", "/dev/ptmx", 0, false},
    {LINK, "/proc/self/fd", "/dev/fd", 0, false},
    {LINK, "/proc/self/fd/0", "/dev/stdin", 0, false},
    {LINK, "/proc/self/fd/1", "/dev/stdout", 0, false},
    {LINK, "/proc/self/fd/2", "/dev/stderr", 0, false},
};

static int
restrict_mount(int fd, unsigned int flags, unsigned int attr)
{
	const struct mount_attr set = {.attr_set = attr};

	return ((int)syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH | flags, &set, sizeof(set)));
}

static int
attach(int fd, int at, const char *path)
{
	return ((int)syscall(
	    SYS_move_mount, fd, "", at, path, MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH));
}

static int
configure(int fs, unsigned int command, const char *key, const char *value)
{
	return ((int)syscall(SYS_fsconfig, fs, command, key, value, 0));
}

/*
 * A mount that is attached to nothing yet, or -1 with errno. What it copies is looked up below
 * `dir`, if it is not absolute.
 */
static int
make_mount(int dir, enum mount_kind kind, const char *from)
{
	const char *type = kinds[kind].type, *key = kinds[kind].key;
	int fs, fd;

	if (type == NULL) {
		fd = (int)syscall(
		    SYS_open_tree, dir, from, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
	} else {
		fs = (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC);
		if (fs == -1 ||
		    (key != NULL &&
			configure(fs, FSCONFIG_SET_STRING, key, kinds[kind].value) == -1) ||
		    (from != NULL && configure(fs, FSCONFIG_SET_STRING, "size", from) == -1) ||
		    configure(fs, FSCONFIG_CMD_CREATE, NULL, NULL) == -1)
			return (-1);
		fd = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, 0);
		close(fs);
	}
	return (fd == -1 || restrict_mount(fd, AT_RECURSIVE, kinds[kind].attr) == -1 ? -1 : fd);
}

/*
 * Opens the place of a mount below `dir`, or makes its link there. No step follows a link or leads
 * out of `dir`. `make`: missing directories are made, and a missing last step (`is_file`: a file),
 * where that can be written. -1 with errno.
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
	dir = dup(dir);
	while (dir != -1 && (name = strsep(&rest, "/")) != NULL) {
		if (*name == '\0')
			continue;
		last = rest == NULL || rest[strspn(rest, "/")] == '\0';
		up = dir;
		if (m->kind == LINK && last)
			return (symlinkat(m->from, up, name) == -1 ? -1 : up);
		if (make && is_file && last)
			mknodat(up, name, S_IFREG | 0644, 0);
		else if (make)
			mkdirat(up, name, 0755);
		dir = (int)syscall(SYS_openat2, up, name, &how, sizeof(how));
		close(up);
	}
	return (dir);
}

int
mounts_detach(int root)
{
	int fd = fchdir(root) == -1 ? -1 : make_mount(AT_FDCWD, ROOT, ".");

	need(fd != -1, NO_MOUNT, "root");
	return (fd);
}

/* A mount of the file that is standard input, found again by the name that the host has for it. */
static int
mount_input(enum mount_kind kind)
{
	char path[PATH_MAX] = "";
	struct stat before, after;
	int fd = -1;

	need(fstat(0, &before) == 0 && readlink("/proc/self/fd/0", path, sizeof(path) - 1) != -1 &&
		 (fd = make_mount(AT_FDCWD, kind, path)) != -1 && fstat(fd, &after) == 0,
	    NO_MOUNT, "standard input %s", path);
	must(after.st_dev == before.st_dev && after.st_ino == before.st_ino, NO_MOUNT,
	    "standard input is another file by now");
	return (fd);
}

void
mounts_seal_input(void)
{
	char path[64];
	struct stat st;
	int fd;

	if (fstat(0, &st) == -1 || !S_ISREG(st.st_mode))
		return;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", mount_input(RO));
	need((fd = open(path, O_RDONLY | O_CLOEXEC)) != -1 && dup2(fd, 0) != -1, NO_MOUNT,
	    "standard input");
}

/* The tool's terminal gets a name in the root, by which it can be found. */
static void
put_console(int root)
{
	static const struct mount console = {NODE, NULL, "/dev/console", 0, false};
	int fd, place;

	must(isatty(0), NO_MOUNT, "descriptor 0 is no terminal");
	fd = mount_input(NODE);
	need((place = walk(root, &console, true, true)) != -1 && attach(fd, place, "") == 0,
	    NO_MOUNT, "%s in the root", console.to);
	close(place);
	close(fd);
}

/*
 * The names of the ids that the tool has: a file beside the root, which the tool sees by a mount
 * only. Others look like root's or nobody's.
 */
static int
make_names(int tree, const struct mount *m)
{
	unsigned int uid = getuid(), gid = getgid();
	const char *name = strrchr(m->to, '/') + 1;
	int fd = openat(tree, name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);

	if (fd == -1 ||
	    (m->kind == PASSWD
		    ? dprintf(fd,
			  "root:x:0:0:root:/:/bin/sh\n%s:x:%u:%u::/:/bin/sh\n"
			  "nobody:x:65534:65534:nobody:/:/bin/sh\n",
			  m->from, uid, gid)
		    : dprintf(fd, "root:x:0:\n%s:x:%u:\nnogroup:x:65534:\n", m->from, gid)) < 0)
		return (-1);
	close(fd);
	return (make_mount(tree, m->kind, name));
}

/* False if the root goes without: a volatile one that has no place for it, or it may be missing. */
static bool
put(int tree, int root, const struct mount *m, const struct block *b, bool make)
{
	const char *size = m->kind == TMPFS ? m->from : NULL, *what = m->to;
	struct stat st = {0};
	int fd = -1, place;

	if (m->kind == PASSWD || m->kind == GROUP) {
		fd = make_names(tree, m);
	} else if (m->kind != LINK) {
		fd = make_mount(AT_FDCWD, m->kind, m->from);
		what = kinds[m->kind].type == NULL ? m->from : m->to;
	}
	if (fd == -1 && errno == ENOENT && m->may_miss)
		return (false);
	need(m->kind == LINK || (fd != -1 && fstat(fd, &st) == 0), NO_MOUNT,
	    POLICY_FILE ":%d: %s%s%s", m->line, what, size != NULL ? ": size " : "",
	    size != NULL ? size : "");
	place = walk(root, m, make, !S_ISDIR(st.st_mode));
	if (place == -1 && errno == ENOENT && b->base == NULL)
		return (false);
	need(place != -1 && (m->kind == LINK || attach(fd, place, "") == 0), NO_MOUNT,
	    POLICY_FILE ":%d: %s in the root", m->line, m->to);
	close(place);
	close(fd);
	return (true);
}

int
mounts_assemble(const struct launch *l)
{
	const struct mount_attr isolated = {.propagation = MS_PRIVATE};
	const struct block *b = l->block;
	const char *base = b->base != NULL ? b->base : l->root;
	bool make = b->base != NULL && *b->base != '/';
	struct mount device;
	const struct mount *m;
	int tree, root, fd = -1;
	size_t i;

	/* First, so that nothing of what follows is seen outside. */
	need(syscall(SYS_mount_setattr, AT_FDCWD, "/", AT_RECURSIVE, &isolated, sizeof(isolated)) ==
		 0,
	    NO_MOUNT, "/ (not a mount point?)");
	if (!make)
		fd =
		    b->base == NULL ? mounts_detach(l->root_fd) : make_mount(AT_FDCWD, RO, b->base);
	need(make || fd != -1, NO_MOUNT, POLICY_FILE ":%d: base %s", b->line, base);
	need((tree = make_mount(AT_FDCWD, DEV, NULL)) != -1 && mkdirat(tree, "root", 0755) == 0 &&
		 attach(tree, AT_FDCWD, "/") == 0,
	    NO_MOUNT, "root %s", l->root);
	need((make || attach(fd, tree, "root") == 0) &&
		 (root = openat(tree, "root", O_PATH | O_DIRECTORY | O_CLOEXEC)) != -1,
	    NO_MOUNT, POLICY_FILE ":%d: base %s", b->line, base);
	for (m = b->mounts; m < b->mounts + b->nmounts; m++) {
		if (!put(tree, root, m, b, b->base != NULL) || m->kind != DEV)
			continue;
		for (i = 0; i < sizeof(devices) / sizeof(*devices); i++) {
			device = devices[i];
			device.line = m->line;
			put(tree, root, &device, b, true);
		}
		if (l->tty)
			put_console(root);
		need(restrict_mount(walk(root, m, false, false), 0, MOUNT_ATTR_RDONLY) == 0,
		    NO_MOUNT, POLICY_FILE ":%d: /dev", m->line);
	}
	need(restrict_mount(tree, 0, MOUNT_ATTR_RDONLY) == 0 && fchdir(tree) == 0 &&
		 syscall(SYS_pivot_root, ".", ".") == 0 &&
		 syscall(SYS_umount2, ".", MNT_DETACH) == 0,
	    NO_MOUNT, "cannot leave the host's file system");
	return (root);
}
