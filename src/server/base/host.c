#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bsd/stdlib.h>

#include "host.h"

#define MAX_FREQUENCY "/sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq"

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

int
host_look(struct host *h)
{
	*h = (struct host){
	    .cpus = (int)sysconf(_SC_NPROCESSORS_ONLN), .cpu_mhz = cpu_mhz(), .mem_kb = mem_kb()};
	return (uname(&h->names));
}

float
host_load(void)
{
	double load;

	return (getloadavg(&load, 1) == 1 ? (float)load : 0);
}
