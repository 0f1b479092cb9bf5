/* flood BYTES: writes so many to stdout, byte number i with the value i % 251. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define PERIOD 251

int
main(int argc, char **argv)
{
	static unsigned char block[PERIOD * 1024];
	long long left = argc > 1 ? strtoll(argv[1], NULL, 10) : 0;
	size_t at = 0, n;
	ssize_t done;

	for (size_t i = 0; i < sizeof(block); i++)
		block[i] = (unsigned char)(i % PERIOD);
	while (left > 0) {
		n = sizeof(block) - at;
		if ((long long)n > left)
			n = (size_t)left;
		if ((done = write(1, block + at, n)) == -1) {
			/* A reset is told once; the next write is the one that hurts. */
			if (errno == ECONNRESET)
				continue;
			return (errno);
		}
		at = (at + (size_t)done) % PERIOD;
		left -= done;
	}
	return (0);
}
