/* root.c: finding the root and the working directory, and entering them by descriptor. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/openat2.h>

#include "helper.h"

#define DIRECTORY   (O_PATH | O_DIRECTORY | O_CLOEXEC)
#define MAX_RETRIES 100 /* openat2 says EAGAIN while something in the path is renamed */

/* The same directory by device and inode: names prove nothing. */
static bool
same(int a, int b)
{
	struct stat sa, sb;

	return (fstat(a, &sa) == 0 && fstat(b, &sb) == 0 && sa.st_dev == sb.st_dev &&
		sa.st_ino == sb.st_ino);
}

/* The directory of the policy's `roots` that `fd` is, opened by the policy's own name for it. */
static int
permitted(const struct policy *p, int fd)
{
	size_t i;
	int dir;

	for (i = 0; i < p->nroots; i++) {
		if ((dir = open(p->roots[i], DIRECTORY)) == -1)
			continue;
		if (same(dir, fd))
			return (dir);
		close(dir);
	}
	return (-1);
}

static int
open_permitted(const char *path, const char *shown, const struct policy *p)
{
	int fd, dir;

	if ((fd = open(path, DIRECTORY)) == -1)
		fail(LAUNCHER_BAD_ROOT, errno, "root %s", shown);
	if ((dir = permitted(p, fd)) == -1)
		fail(LAUNCHER_REFUSED, 0, "root %s: %s is not one of `roots` in tool_launcher.conf",
		    shown, path);
	close(fd);
	return (dir);
}

void
root_check(const struct launch *l, const struct policy *p)
{
	close(open_permitted(l->root, l->root, p));
}

static int
open_root(const char *root, const struct policy *p)
{
	char parent[PATH_MAX];
	const char *slash = strrchr(root, '/'), *name;
	size_t len;
	int dir, fd;

	if (*root != '/' || strlen(root) >= sizeof(parent))
		fail(LAUNCHER_BAD_ROOT, 0, "root %.64s: not an absolute path, or too long", root);
	name = slash + 1;
	if (*name == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		fail(LAUNCHER_BAD_ROOT, 0, "root %s: its last part is not a name", root);
	len = slash == root ? 1 : (size_t)(slash - root);
	memcpy(parent, root, len);
	parent[len] = '\0';

	dir = open_permitted(parent, root, p);
	if ((fd = openat(dir, name, DIRECTORY | O_NOFOLLOW)) == -1)
		fail(LAUNCHER_BAD_ROOT, errno, "root %s", root);
	close(dir);
	return (fd);
}

/* Never leaves the root on its way: not by `..`, an absolute link, or what /proc has for links. */
static int
open_below(int root, const char *path)
{
	struct open_how how = {
	    .flags = DIRECTORY, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
	const char *below = path + strspn(path, "/");
	int tries, fd = -1;

	if (*below == '\0')
		below = ".";
	for (tries = 0; fd == -1 && tries < MAX_RETRIES; tries++) {
		fd = (int)syscall(SYS_openat2, root, below, &how, sizeof(how));
		if (fd == -1 && errno != EAGAIN)
			break;
	}
	if (fd == -1)
		fail(errno == EXDEV ? LAUNCHER_OUTSIDE : LAUNCHER_NO_CHDIR, errno,
		    "working directory %s%s", path, errno == EXDEV ? " leads out of the root" : "");
	return (fd);
}

void
root_open(struct launch *l, const struct policy *p)
{
	if (!l->testing)
		l->root_fd = open_root(l->root, p);
	else if ((l->root_fd = open(l->root, DIRECTORY)) == -1)
		fail(LAUNCHER_BAD_ROOT, errno, "root %s", l->root);

	if (l->where != NULL)
		l->where_fd = open_below(l->root_fd, l->where);
	else if ((l->where_fd = open(".", DIRECTORY)) == -1)
		fail(LAUNCHER_NO_DIRECTORY, errno, "current directory");
}

void
root_enter(const struct launch *l)
{
	char path[PATH_MAX];

	if (!l->testing && (fchdir(l->root_fd) == -1 || chroot(".") == -1))
		fail(LAUNCHER_NO_CHROOT, errno, "chroot to %s", l->root);
	if (fchdir(l->where_fd) == -1)
		fail(LAUNCHER_NO_CHDIR, errno, "working directory %s", l->where ? l->where : ".");
	if (l->testing)
		return;
	/* The kernel knows whether the root can be reached from here; libc's getcwd hides it. */
	if (syscall(SYS_getcwd, path, sizeof(path)) == -1)
		fail(LAUNCHER_NO_DIRECTORY, errno, "working directory");
	if (path[0] != '/')
		fail(LAUNCHER_OUTSIDE, 0, "the working directory is outside the root %s", l->root);
}
