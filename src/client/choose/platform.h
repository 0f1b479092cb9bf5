/*
 * platform.h: a section [PLATFORM] of vesta.cfg: which servers there are, and what they must be
 * like.
 */
#ifndef PLATFORM_H
#define PLATFORM_H

#include "defaults.h"
#include "lib/config.h"
#include "lib/endpoint.h"
#include "runtool.h"

enum { PLATFORM_SYSNAME, PLATFORM_RELEASE, PLATFORM_VERSION, PLATFORM_MACHINE, PLATFORM_PATTERNS };
enum { PLATFORM_CPUS, PLATFORM_CPU_MHZ, PLATFORM_MEM_KB, PLATFORM_MINIMA };

struct platform {
	const char *name;					/* NULL: no section, only an area */
	const struct config_value *patterns[PLATFORM_PATTERNS]; /* NULL: any */
	const struct config_value *minima[PLATFORM_MINIMA]; /* where `least` is set; NULL: any */
	int least[PLATFORM_MINIMA];
	double negligible;		  /* load average for each processor */
	const struct config_value *where; /* where hosts or area are set; NULL: in no section */
	struct endpoint *hosts;		  /* with their ports; freed by platform_free() */
	size_t n_hosts;
	const char *area; /* NULL: none; set if there are no hosts */
};

/*
 * Reads the section. The configuration must outlive the platform; `path` is its file. 0, or -1 with
 * the reason in `why`: there is no such section, it has neither hosts nor area, or a value is
 * wrong.
 */
int platform_read(struct platform *, const struct config *, const char *path, const char *name,
    const struct defaults *, char *why, size_t size);
void platform_free(struct platform *);

/*
 * Puts the hosts in this host's order: rotated by a hash of its name. But a first host called
 * localhost stays first, and gets this name.
 */
void platform_rotate(struct platform *, const char *own_name);

/* Whether a host is what the platform asks for; if not, `why` says why. */
bool platform_matches(const struct platform *, const struct runtool_info *, char *why, size_t size);

#endif
