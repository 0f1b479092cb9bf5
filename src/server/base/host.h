/* host.h: what this host is like. */
#ifndef HOST_H
#define HOST_H

#include "settings.h"

/* Fills in sysname, release, version, machine, cpus, cpu_mhz and mem_kb where they are not set. */
void host_describe(struct settings *);

/* The load average of the last minute; 0 where the system does not say. */
float host_load(void);

#endif
