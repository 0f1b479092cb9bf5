/*
 * bind FILE PLACE: mounts one over the other. mount(8) does that for root only, also where somebody else has the
 * capability.
 */
#include <stdio.h>
#include <sys/mount.h>

int
main(int argc, char **argv)
{
	if (argc != 3 || mount(argv[1], argv[2], NULL, MS_BIND, NULL) == -1) {
		perror("bind");
		return (1);
	}
	return (0);
}
