#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <bsd/string.h>

#include "input.h"

#define MAX_TRIES 100 /* while something is being renamed */

/* File systems whose "regular files" are the kernel's, or a process's memory: not for clients. */
static const long kernel_file_systems[] = {
    PROC_SUPER_MAGIC, SYSFS_MAGIC, DEBUGFS_MAGIC, TRACEFS_MAGIC, SECURITYFS_MAGIC, SELINUX_MAGIC,
    SMACK_MAGIC, CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC, RDTGROUP_SUPER_MAGIC, BPF_FS_MAGIC,
    PSTOREFS_MAGIC, EFIVARFS_MAGIC, NSFS_MAGIC, BINFMTFS_MAGIC, DEVPTS_SUPER_MAGIC, DEVMEM_MAGIC,
    /* Those that linux/magic.h does not have: */
    0x62656570, /* configfs */
    0x6e667364, /* nfsd */
    0x67596969, /* rpc_pipefs */
    0x19800202, /* mqueue */
    0xabba1974, /* xenfs */
    0x65735543, /* fusectl */
};

static const char *
judge(int fd)
{
	struct statfs fs;
	struct stat st;
	size_t i;

	if (fstat(fd, &st) == -1 || fstatfs(fd, &fs) == -1)
		return (strerror(errno));
	if (S_ISDIR(st.st_mode))
		return (strerror(EISDIR));
	if (!S_ISREG(st.st_mode))
		return ("not a regular file");
	for (i = 0; i < sizeof(kernel_file_systems) / sizeof(*kernel_file_systems); i++)
		if ((long)fs.f_type == kernel_file_systems[i])
			return ("a file of a kernel file system");
	return (NULL);
}

static const char *
words_for(int error)
{
	return (error == EXDEV ? "not below one of stdin_dirs" : strerror(error));
}

static int
open_at(int dir, const char *path, int flags, unsigned int resolve)
{
	struct open_how how = {
	    .flags = (unsigned int)flags | O_CLOEXEC, .resolve = resolve | RESOLVE_NO_MAGICLINKS};
	int fd, tries = 0;

	do
		fd = (int)syscall(SYS_openat2, dir, path, &how, sizeof(how));
	while (fd == -1 && errno == EAGAIN && ++tries < MAX_TRIES);
	return (fd);
}

/* The part of `path` behind `dir`, as they are spelt. NULL if there is none, or it is elsewhere. */
static const char *
rest_of(const char *path, const char *dir)
{
	while (*dir != '\0') {
		if (*path != *dir)
			return (NULL);
		/* Several slashes are one. */
		path += *path == '/' ? strspn(path, "/") : 1;
		dir += *dir == '/' ? strspn(dir, "/") : 1;
	}
	if (path[-1] != '/' && *path != '/')
		return (NULL);
	path += strspn(path, "/");
	return (*path == '\0' ? NULL : path);
}

static int
open_below(const char *dir, const char *rest, int flags)
{
	int fd, at, saved;

	if ((at = open_at(AT_FDCWD, dir, O_PATH | O_DIRECTORY, 0)) == -1)
		return (-1);
	fd = open_at(at, rest, flags, RESOLVE_BENEATH);
	saved = errno;
	close(at);
	errno = saved;
	return (fd);
}

/* A descriptor, or -1 with errno, which is EXDEV where stdin_dirs do not permit it. */
static int
open_permitted(const struct settings *s, const char *path, int flags)
{
	const char *rest;
	int fd = -1, error = EXDEV;
	size_t i;

	if (s->nstdin_dirs == 0)
		return (open_at(AT_FDCWD, path, flags, 0));
	for (i = 0; i < s->nstdin_dirs && fd == -1; i++) {
		if ((rest = rest_of(path, s->stdin_dirs[i])) == NULL)
			continue;
		if ((fd = open_below(s->stdin_dirs[i], rest, flags)) == -1 && errno != EXDEV)
			error = errno;
	}
	errno = error;
	return (fd);
}

int
input_open(const struct settings *s, const char *path, char *why, size_t size)
{
	const char *bad;
	int fd;

	if (*path == '\0') {
		if ((fd = open("/dev/null", O_RDONLY | O_CLOEXEC)) == -1)
			strlcpy(why, strerror(errno), size);
		return (fd);
	}
	if (*path != '/') {
		strlcpy(why, "not a full path name", size);
		return (-1);
	}
	/* Looked at before it is opened: opening alone does something to a FIFO or a device. */
	if ((fd = open_permitted(s, path, O_PATH)) != -1 && (bad = judge(fd)) != NULL)
		goto fail;
	if (fd != -1)
		close(fd);
	if ((fd = open_permitted(s, path, O_RDONLY | O_NOCTTY | O_NONBLOCK)) == -1) {
		strlcpy(why, words_for(errno), size);
		return (-1);
	}
	bad = judge(fd);
	/* O_NONBLOCK was there in case it had become a FIFO; tools expect reads that block. */
	if (bad == NULL && fcntl(fd, F_SETFL, 0) == -1)
		bad = strerror(errno);
	if (bad == NULL)
		return (fd);
fail:
	strlcpy(why, bad, size);
	close(fd);
	return (-1);
}
