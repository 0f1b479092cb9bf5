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

static int
open_as(const char *path, int flags)
{
	struct open_how how = {.flags = (unsigned int)flags, .resolve = RESOLVE_NO_MAGICLINKS};

	return ((int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how)));
}

int
input_open(const char *path, char *why, size_t size)
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
	if ((fd = open_as(path, O_PATH | O_CLOEXEC)) != -1 && (bad = judge(fd)) != NULL)
		goto fail;
	if (fd != -1)
		close(fd);
	if ((fd = open_as(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)) == -1) {
		strlcpy(why, strerror(errno), size);
		return (-1);
	}
	bad = judge(fd);
	/* It might have been a FIFO by then. The tool's does block. */
	if (bad == NULL && fcntl(fd, F_SETFL, 0) == -1)
		bad = strerror(errno);
	if (bad == NULL)
		return (fd);
fail:
	strlcpy(why, bad, size);
	close(fd);
	return (-1);
}
