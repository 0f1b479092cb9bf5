/*
 * naive ROOT TOOL [ARG...]: a launcher as it must not be: looks at the name of a root, does something else for
 * a moment, and then uses the name.
 */
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	struct stat st;

	if (argc < 3 || lstat(argv[1], &st) == -1 || !S_ISDIR(st.st_mode))
		return (3);
	nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	if (chroot(argv[1]) == -1 || chdir("/") == -1)
		return (8);
	execv(argv[2], argv + 2);
	return (9);
}
