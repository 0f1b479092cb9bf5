/* root.c: opens a volatile root, and enters the tool's root by its descriptor. */
#include <linux/openat2.h>

#include "helper.h"

#define DIRECTORY   (O_PATH | O_DIRECTORY | O_CLOEXEC)
#define MAX_RETRIES 100 /* openat2 says EAGAIN while something in the path is renamed */

/*
 * Opens the directory of `roots` that `path` leads to, by the name that the policy has for it. If
 * the policy has the very path, no other is touched: one on a dead file system would hang us. Else
 * it may be a link: they are compared by device and inode, since names prove nothing.
 */
static int
open_permitted(const char *path, const struct policy *p)
{
	struct stat wanted, st;
	const char *rest;
	size_t i;
	int fd;

	for (i = 0; i < p->nroots && *path == '/'; i++) {
		rest = policy_below(p->roots[i], path);
		if (rest == NULL || *rest != '\0')
			continue;
		need((fd = open(p->roots[i], DIRECTORY)) != -1, BAD_ROOT, "root: %s", path);
		return (fd);
	}
	need(stat(path, &wanted) == 0, BAD_ROOT, "root: %s", path);
	for (i = 0; i < p->nroots; i++) {
		fd = open(p->roots[i], DIRECTORY);
		need(fd != -1 || errno == ENOENT || errno == ENOTDIR || errno == EACCES, BAD_ROOT,
		    "root: %s", p->roots[i]);
		if (fd != -1 && fstat(fd, &st) == 0 && st.st_dev == wanted.st_dev &&
		    st.st_ino == wanted.st_ino)
			return (fd);
		if (fd != -1)
			close(fd);
	}
	fail(LAUNCHER_REFUSED, 0, "root: %s is not one of `roots` in tool_launcher.conf", path);
}

/* There is no such block: says which there are. */
static _Noreturn void
no_such_root(const char *name, const struct policy *p)
{
	char known[2048] = "";
	size_t i, len = 0;

	for (i = 1; i <= p->nblocks && len < sizeof(known); i++)
		if (*p->blocks[i].name != '\0')
			len += (size_t)snprintf(known + len, sizeof(known) - len, "%s%s",
			    len == 0 ? "" : ", ", p->blocks[i].name);
	fail(LAUNCHER_BAD_ROOT, 0, "no such root: %.64s (known: %s)", name,
	    len == 0 ? "none, tool_launcher.conf has no line `root NAME`" : known);
}

/* A named root is assembled later. -check names a directory of `roots` itself, not a root in it. */
void
root_open(struct launch *l, const struct policy *p)
{
	const char *slash = l->root == NULL ? NULL : strrchr(l->root, '/');
	char parent[PATH_MAX];
	int dir;

	if (l->root == NULL || l->block->base != NULL)
		return;
	if (l->testing) {
		need((l->root_fd = open(l->root, DIRECTORY)) != -1, BAD_ROOT, "root %s", l->root);
		return;
	}
	if (slash == NULL)
		no_such_root(l->root, p);
	if (l->check) {
		close(open_permitted(l->root, p));
		return;
	}
	must(*l->root == '/' && strlen(l->root) < sizeof(parent) &&
		 slash[1 + strspn(slash + 1, ".")] != '\0',
	    BAD_ROOT, "root %.64s: not absolute, too long, or without a name", l->root);
	snprintf(parent, sizeof(parent), "%.*s", (int)(slash + 1 - l->root), l->root);
	dir = open_permitted(parent, p);
	/* This step follows no link, so it does not matter what happens to the name meanwhile. */
	need((l->root_fd = openat(dir, slash + 1, DIRECTORY | O_NOFOLLOW)) != -1, BAD_ROOT,
	    "root %s (nor is it a `handle` in tool_launcher.conf)", l->root);
	close(dir);
}

/*
 * No step leaves the root: neither `..`, nor an absolute link, nor a magic link of /proc. -1 with
 * errno.
 */
static int
open_below(int root, const char *path)
{
	struct open_how how = {
	    .flags = DIRECTORY, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
	const char *below = path + strspn(path, "/");
	int tries = 0, fd;

	do
		fd = (int)syscall(
		    SYS_openat2, root, *below == '\0' ? "." : below, &how, sizeof(how));
	while (fd == -1 && errno == EAGAIN && ++tries < MAX_RETRIES);
	return (fd);
}

void
root_enter(struct launch *l)
{
	char path[PATH_MAX] = "/";
	int where;

	must(l->isolate == 0 || l->where != NULL, OUTSIDE,
	    "root %s is a mount of its own: it needs -wd", l->root);
	if (l->isolate != 0)
		mounts_seal_input();
	if ((l->isolate & CLONE_NEWNS) != 0)
		l->root_fd = mounts_assemble(l);
	else if (l->isolate != 0)
		l->root_fd = mounts_detach(l->root_fd);
	where = l->where == NULL ? open(".", DIRECTORY) : open_below(l->root_fd, l->where);
	need(where != -1 || l->where != NULL, NO_DIRECTORY, "current directory");
	if (where == -1 && l->look) {
		l->where_error = errno;
		where = open_below(l->root_fd, ".");
	}
	must(where != -1 || errno != EXDEV, OUTSIDE,
	    "working directory %s leads out of the root (by .. or an absolute link)", l->where);
	need(where != -1 || l->where == l->own, NO_CHDIR, "working directory %s", l->where);
	need(where != -1, NO_OWN,
	    "working directory %s, the client's own, since the root has `directory here`",
	    l->where);
	need(l->testing || (fchdir(l->root_fd) == 0 && chroot(".") == 0), NO_CHROOT, "chroot to %s",
	    l->root);
	need(fchdir(where) == 0, NO_CHDIR, "working directory %s", l->where ? l->where : ".");
	close(where);
	/* The kernel's getcwd tells whether we are below the root; libc's would hide it. */
	need(l->testing || syscall(SYS_getcwd, path, sizeof(path)) != -1, NO_DIRECTORY,
	    "working directory");
	must(path[0] == '/', OUTSIDE, "the working directory is outside the root %s", l->root);
}
