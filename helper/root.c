/* root.c: finding a volatile root, and entering the tool's root by its descriptor. */
#include <linux/openat2.h>

#include "helper.h"

#define DIRECTORY   (O_PATH | O_DIRECTORY | O_CLOEXEC)
#define MAX_RETRIES 100 /* openat2 says EAGAIN while something in the path is renamed */

/*
 * The directory of the policy's `roots` that `path` is, opened by the policy's own name for it, and
 * compared by device and inode: names prove nothing.
 */
static int
open_permitted(const char *path, const struct policy *p)
{
	struct stat wanted, st;
	size_t i;
	int fd;

	if (stat(path, &wanted) == -1)
		fail(LAUNCHER_BAD_ROOT, errno, "root: %s", path);
	for (i = 0; i < p->nroots; i++) {
		fd = open(p->roots[i], DIRECTORY);
		if (fd == -1 && errno != ENOENT && errno != ENOTDIR && errno != EACCES)
			fail(LAUNCHER_BAD_ROOT, errno, "root: %s", p->roots[i]);
		if (fd == -1)
			continue;
		if (fstat(fd, &st) == 0 && st.st_dev == wanted.st_dev && st.st_ino == wanted.st_ino)
			return (fd);
		close(fd);
	}
	fail(LAUNCHER_REFUSED, 0, "root: %s is not one of `roots` in tool_launcher.conf", path);
}

/* Its last step follows no link: what happens to the name meanwhile does not matter. */
static int
open_volatile(const char *root, const struct policy *p)
{
	const char *slash = strrchr(root, '/');
	char parent[PATH_MAX];
	int dir, fd;

	if (slash == NULL)
		fail(LAUNCHER_BAD_ROOT, 0, "root %.64s: not a path, nor in tool_launcher.conf",
		    root);
	if (*root != '/' || strlen(root) >= sizeof(parent) ||
	    slash[1 + strspn(slash + 1, ".")] == '\0')
		fail(LAUNCHER_BAD_ROOT, 0, "root %.64s: not absolute, too long, or without a name",
		    root);
	snprintf(parent, sizeof(parent), "%.*s", (int)(slash + 1 - root), root);
	dir = open_permitted(parent, p);
	if ((fd = openat(dir, slash + 1, DIRECTORY | O_NOFOLLOW)) == -1)
		fail(LAUNCHER_BAD_ROOT, errno,
		    "root %s (nor is it a `handle` in tool_launcher.conf)", root);
	close(dir);
	return (fd);
}

void
root_open(struct launch *l, const struct policy *p)
{
	/* Nothing to look for, or to be assembled. */
	if (l->root == NULL || l->block.base != NULL)
		return;
	if (l->check && !l->testing && strchr(l->root, '/') != NULL)
		close(open_permitted(l->root, p));
	else if (!l->testing)
		l->root_fd = open_volatile(l->root, p);
	else if ((l->root_fd = open(l->root, DIRECTORY)) == -1)
		fail(LAUNCHER_BAD_ROOT, errno, "root %s", l->root);
}

/* Never leaves the root on its way: not by `..`, an absolute link, or what /proc has for links. */
static int
open_below(int root, const char *path)
{
	struct open_how how = {
	    .flags = DIRECTORY, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
	const char *below = path + strspn(path, "/");
	int tries, fd = -1;

	for (tries = 0; fd == -1 && (tries == 0 || errno == EAGAIN) && tries < MAX_RETRIES; tries++)
		fd = (int)syscall(
		    SYS_openat2, root, *below == '\0' ? "." : below, &how, sizeof(how));
	if (fd == -1)
		fail(errno == EXDEV ? LAUNCHER_OUTSIDE : LAUNCHER_NO_CHDIR,
		    errno == EXDEV ? 0 : errno, "working directory %s%s", path,
		    errno == EXDEV ? " leads out of the root (by .. or an absolute link)" : "");
	return (fd);
}

void
root_enter(struct launch *l)
{
	char path[PATH_MAX];
	int where;

	if (l->isolate != 0 && l->where == NULL)
		fail(LAUNCHER_OUTSIDE, 0, "root %s is a mount of its own: it needs -wd", l->root);
	if (l->isolate != 0)
		mounts_seal_input();
	if ((l->isolate & CLONE_NEWNS) != 0)
		l->root_fd = mounts_assemble(l);
	else if (l->isolate != 0)
		l->root_fd = mounts_detach(l->root_fd);
	where = l->where == NULL ? open(".", DIRECTORY) : open_below(l->root_fd, l->where);
	if (where == -1)
		fail(LAUNCHER_NO_DIRECTORY, errno, "current directory");
	if (!l->testing && (fchdir(l->root_fd) == -1 || chroot(".") == -1))
		fail(LAUNCHER_NO_CHROOT, errno, "chroot to %s", l->root);
	if (fchdir(where) == -1)
		fail(LAUNCHER_NO_CHDIR, errno, "working directory %s", l->where ? l->where : ".");
	close(where);
	/* The kernel knows whether the root can be reached from here; libc's getcwd hides it. */
	if (!l->testing && syscall(SYS_getcwd, path, sizeof(path)) == -1)
		fail(LAUNCHER_NO_DIRECTORY, errno, "working directory");
	if (!l->testing && path[0] != '/')
		fail(LAUNCHER_OUTSIDE, 0, "the working directory is outside the root %s", l->root);
}
