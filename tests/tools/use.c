/* use MS KB: burns so much processor time in user mode, and touches so much memory. */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

static long long
burnt_us(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (u.ru_utime.tv_sec * 1000000LL + u.ru_utime.tv_usec);
}

int
main(int argc, char **argv)
{
	long long us = argc > 1 ? strtoll(argv[1], NULL, 10) * 1000 : 0;
	size_t size = argc > 2 ? strtoul(argv[2], NULL, 10) * 1024 : 0;
	volatile unsigned long n = 0;
	static char *memory;

	if ((memory = malloc(size + 1)) == NULL)
		return (1);
	memset(memory, (int)us | 1, size + 1);
	while (burnt_us() < us)
		for (int i = 0; i < 100000; i++)
			n = n + 1;
	return (memory[size] == 0);
}
