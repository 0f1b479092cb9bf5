#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <bsd/stdlib.h>

#include "host.h"
#include "lib/log.h"

#define MAX_FREQUENCY "/sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq"

static void
fill(char **field, const char *value)
{
	if (*field == NULL && (*field = strdup(value)) == NULL)
		fatal("memory: %s", strerror(errno));
}

/* The processor's highest frequency; where the kernel does not scale it, the present one. */
static int
cpu_mhz(void)
{
	char line[256];
	double mhz = 0;
	FILE *f;

	if ((f = fopen(MAX_FREQUENCY, "re")) != NULL) {
		if (fgets(line, sizeof(line), f) != NULL)
			mhz = strtod(line, NULL) / 1000;
		fclose(f);
	}
	if (mhz == 0 && (f = fopen("/proc/cpuinfo", "re")) != NULL) {
		while (mhz == 0 && fgets(line, sizeof(line), f) != NULL)
			if (strncmp(line, "cpu MHz", 7) == 0 && strchr(line, ':') != NULL)
				mhz = strtod(strchr(line, ':') + 1, NULL);
		fclose(f);
	}
	return ((int)(mhz + 0.5));
}

static int
mem_kb(void)
{
	long long kb = (long long)sysconf(_SC_PHYS_PAGES) * (sysconf(_SC_PAGESIZE) / 1024);

	return (kb > INT_MAX ? INT_MAX : (int)kb);
}

void
host_describe(struct settings *s)
{
	struct utsname u;

	if (uname(&u) == -1)
		fatal("uname: %s", strerror(errno));
	fill(&s->sysname, u.sysname);
	fill(&s->release, u.release);
	fill(&s->version, u.version);
	fill(&s->machine, u.machine);
	if (s->cpus == 0)
		s->cpus = (int)sysconf(_SC_NPROCESSORS_ONLN);
	if (s->cpu_mhz == 0)
		s->cpu_mhz = cpu_mhz();
	if (s->mem_kb == 0)
		s->mem_kb = mem_kb();
}

float
host_load(void)
{
	double load;

	return (getloadavg(&load, 1) == 1 ? (float)load : 0);
}
