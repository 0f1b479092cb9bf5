/* host.h: what this host is like. */
#ifndef HOST_H
#define HOST_H

#include <sys/utsname.h>

struct host {
	struct utsname names;
	int cpus, cpu_mhz, mem_kb; /* 0: the system does not say */
};

/* 0, or -1 with errno. */
int host_look(struct host *);

/* The load average of the last minute; 0 where the system does not say. */
float host_load(void);

#endif
