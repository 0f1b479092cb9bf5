#include <bsd/stdlib.h>
#include <bsd/string.h>
#include <errno.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/record.h"
#include "platform.h"

#define BLANKS		   " \t\r"
#define MAX_HOSTS	   1000
#define EVALUATOR	   "Evaluator"
#define NEGLIGIBLE	   "NegligibleExternalLoadPerCPU"
#define DEFAULT_NEGLIGIBLE 0.75

static const char *const pattern_names[PLATFORM_PATTERNS] = {
    [PLATFORM_SYSNAME] = "sysname",
    [PLATFORM_RELEASE] = "release",
    [PLATFORM_VERSION] = "version",
    [PLATFORM_MACHINE] = "machine",
};
static const char *const minimum_names[PLATFORM_MINIMA] = {
    [PLATFORM_CPUS] = "cpus",
    [PLATFORM_CPU_MHZ] = "cpuMHz",
    [PLATFORM_MEM_KB] = "memKB",
};

/* ---- reading ------------------------------------------------------------------------------ */

/* Returns -1. */
static int
refuse(const struct config_value *v, const char *must, char *why, size_t size)
{
	snprintf(why, size, "%s:%d: [%s]%s = %s: %s", v->file, v->line, v->section, v->name,
	    v->value, must);
	return (-1);
}

/* A value of the section; an empty one is the same as none. */
static const struct config_value *
get(const struct config *config, const char *section, const char *name)
{
	const struct config_value *v = config_get(config, section, name);

	return (v == NULL || *v->value == '\0' ? NULL : v);
}

static int
read_minimum(struct platform *p, const struct config *config, int i, char *why, size_t size)
{
	const struct config_value *v = get(config, p->name, minimum_names[i]);
	const char *wrong;
	char must[64];

	if ((p->minima[i] = v) == NULL)
		return (0);
	p->least[i] = (int)strtonum(v->value, 0, INT_MAX, &wrong);
	if (wrong == NULL)
		return (0);
	snprintf(must, sizeof(must), "must be a number from 0 to %d", INT_MAX);
	return (refuse(v, must, why, size));
}

static int
read_negligible(struct platform *p, const struct config *config, char *why, size_t size)
{
	const struct config_value *v = get(config, EVALUATOR, NEGLIGIBLE);
	char *end;

	p->negligible = DEFAULT_NEGLIGIBLE;
	if (v == NULL)
		return (0);
	p->negligible = strtod(v->value, &end);
	if (v->value[strspn(v->value, "0123456789.")] == '\0' && *end == '\0')
		return (0);
	return (refuse(v, "must be a number, such as 0.75", why, size));
}

static int
add_host(
    struct platform *p, const char *word, const struct defaults *defaults, char *why, size_t size)
{
	struct endpoint *hosts;

	if (p->n_hosts == MAX_HOSTS) {
		snprintf(why, size, "%s: too many hosts: at most %d", word, MAX_HOSTS);
		return (-1);
	}
	hosts = reallocarray(p->hosts, p->n_hosts + 1, sizeof(*hosts));
	if (hosts == NULL) {
		strlcpy(why, strerror(errno), size);
		return (-1);
	}
	p->hosts = hosts;
	if (endpoint_parse(&hosts[p->n_hosts], word) == -1) {
		snprintf(why, size, "%s: must be HOST, HOST:PORT or [ADDRESS]:PORT", word);
		return (-1);
	}
	return (defaults_port(defaults, &hosts[p->n_hosts++], why, size));
}

static int
read_hosts(struct platform *p, const struct config_value *hosts, const struct defaults *defaults,
    char *why, size_t size)
{
	char must[512], *copy, *word, *rest;
	int rc = 0;

	if ((copy = strdup(hosts->value)) == NULL) {
		strlcpy(why, strerror(errno), size);
		return (-1);
	}
	word = strtok_r(copy, BLANKS, &rest);
	for (; word != NULL && rc == 0; word = strtok_r(NULL, BLANKS, &rest))
		rc = add_host(p, word, defaults, must, sizeof(must));
	free(copy);
	/* The list may be a long one. */
	if (rc == -1)
		snprintf(
		    why, size, "%s:%d: [%s]hosts: %s", hosts->file, hosts->line, p->name, must);
	return (rc);
}

static int
read_area(struct platform *p, const struct config *config, char *why, size_t size)
{
	const struct config_value *v = get(config, p->name, "area");

	if (v == NULL)
		return (0);
	if (!record_area_ok(v->value))
		return (refuse(v, "must be letters, digits, `.`, `_` and `-`", why, size));
	p->where = v;
	p->area = v->value;
	return (0);
}

/* Any value in the section; NULL: it is not there. */
static const struct config_value *
find_section(const struct config *config, const char *name)
{
	const struct config_value *v;
	size_t i;

	for (i = 0; (v = config_at(config, i)) != NULL; i++)
		if (strcmp(v->section, name) == 0)
			break;
	return (v);
}

static int
read_section(struct platform *p, const struct config *config, const char *path,
    const struct defaults *defaults, char *why, size_t size)
{
	const struct config_value *any = find_section(config, p->name);
	const struct config_value *hosts = get(config, p->name, "hosts");
	int i;

	if (any == NULL) {
		snprintf(why, size,
		    "%s: no section [%s]: write one, with hosts = HOST ..., or name another "
		    "platform",
		    path, p->name);
		return (-1);
	}
	if (read_area(p, config, why, size) == -1)
		return (-1);
	if (hosts != NULL)
		p->where = hosts;
	if (p->where == NULL) {
		snprintf(why, size,
		    "%s:%d: [%s]: no hosts: add a line hosts = HOST ..., or area = AREA", any->file,
		    any->line, p->name);
		return (-1);
	}
	for (i = 0; i < PLATFORM_PATTERNS; i++)
		p->patterns[i] = get(config, p->name, pattern_names[i]);
	for (i = 0; i < PLATFORM_MINIMA; i++)
		if (read_minimum(p, config, i, why, size) == -1)
			return (-1);
	if (read_negligible(p, config, why, size) == -1)
		return (-1);
	return (hosts == NULL ? 0 : read_hosts(p, hosts, defaults, why, size));
}

int
platform_read(struct platform *p, const struct config *config, const char *path, const char *name,
    const struct defaults *defaults, char *why, size_t size)
{
	*p = (struct platform){.name = name};
	if (read_section(p, config, path, defaults, why, size) == 0)
		return (0);
	platform_free(p);
	return (-1);
}

void
platform_free(struct platform *p)
{
	free(p->hosts);
	p->hosts = NULL;
	p->n_hosts = 0;
}

/* ---- the order of the hosts --------------------------------------------------------------- */

/* FNV-1a: names of hosts differ in few bits, often at their end, and each bit must count. */
static uint32_t
hash(const char *name)
{
	uint32_t h = 2166136261U;

	for (; *name != '\0'; name++)
		h = (h ^ (uint8_t)*name) * 16777619U;
	return (h);
}

static void
reverse(struct endpoint *hosts, size_t n)
{
	struct endpoint swap;
	size_t i;

	for (i = 0; i < n / 2; i++) {
		swap = hosts[i];
		hosts[i] = hosts[n - 1 - i];
		hosts[n - 1 - i] = swap;
	}
}

void
platform_rotate(struct platform *p, const char *own_name)
{
	struct endpoint *hosts = p->hosts;
	size_t n = p->n_hosts, first;

	if (n > 0 && strcmp(hosts[0].host, "localhost") == 0) {
		strlcpy(hosts[0].host, own_name, sizeof(hosts[0].host));
		hosts++;
		n--;
	}
	if (n == 0)
		return;
	first = hash(own_name) % n;
	reverse(hosts, first);
	reverse(hosts + first, n - first);
	reverse(hosts, n);
}

/* ---- matching ----------------------------------------------------------------------------- */

bool
platform_matches(const struct platform *p, const struct runtool_info *info, char *why, size_t size)
{
	const char *const texts[PLATFORM_PATTERNS] = {
	    [PLATFORM_SYSNAME] = info->sysname,
	    [PLATFORM_RELEASE] = info->release,
	    [PLATFORM_VERSION] = info->version,
	    [PLATFORM_MACHINE] = info->machine,
	};
	const int numbers[PLATFORM_MINIMA] = {
	    [PLATFORM_CPUS] = info->cpus,
	    [PLATFORM_CPU_MHZ] = info->cpu_mhz,
	    [PLATFORM_MEM_KB] = info->mem_kb,
	};
	const struct config_value *v;
	int i;

	for (i = 0; i < PLATFORM_PATTERNS; i++) {
		v = p->patterns[i];
		if (v == NULL || fnmatch(v->value, texts[i], 0) == 0)
			continue;
		snprintf(why, size, "its %s is %s, and %s:%d wants %s", v->name, texts[i], v->file,
		    v->line, v->value);
		return (false);
	}
	for (i = 0; i < PLATFORM_MINIMA; i++) {
		v = p->minima[i];
		if (v == NULL || numbers[i] >= p->least[i])
			continue;
		snprintf(why, size, "its %s is %d, and %s:%d wants at least %d", v->name,
		    numbers[i], v->file, v->line, p->least[i]);
		return (false);
	}
	return (true);
}
