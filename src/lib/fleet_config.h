/*
 * fleet_config.h: [Run_Tool_Fleet] of vesta.cfg: what servers and clients of a fleet have in
 * common.
 */
#ifndef FLEET_CONFIG_H
#define FLEET_CONFIG_H

#include "setting.h"

#define FLEET_CONFIG_SECTION "Run_Tool_Fleet"

/* Times are in seconds. */
struct fleet_config {
	char *dir;	     /* where servers register; NULL: there is no fleet */
	char *area;	     /* the name of servers that can stand in for one another */
	char *advertise;     /* the host's name or address for the others; NULL: its own name */
	char *start_command; /* starts another server; NULL: nothing does */
	int max_servers;
	int start_interval;	 /* between two attempts to start one, at least */
	double start_load_limit; /* load average for each processor, above which none is started */
	int max_processes;	 /* servers on a host, above which none is started */
	bool one_host;		 /* servers leave that are not on the host of the first */
	int loaded_at;		 /* more requests in flight than that, and a server is loaded */
	int idle_timeout;	 /* without requests, until a server leaves; 0: it stays */
	int stale_after;	 /* untouched, until the record of a silent server is removed */
	int touch_interval;
	int ping_tries, ping_timeout;
	int wait_load, wait_tries; /* clients wait while all servers have more in flight */
};

extern const struct setting_table fleet_config_table;

/*
 * Takes the values from `config` (NULL: all defaults). 0, or -1 with the reason in `err`: a wrong
 * value, or a name that is not known. fleet_config_free() in any case.
 */
int fleet_config_load(
    struct fleet_config *, const struct config *config, bool in_cwd, char *err, size_t errsize);
void fleet_config_free(struct fleet_config *);

/* The two steps of that, for a caller who overrides some values in between: see setting.h. */
int fleet_config_read(struct fleet_config *, const struct config *, bool in_cwd,
    void (*skipped)(const struct config_value *), char *err, size_t errsize);
int fleet_config_check(const struct fleet_config *, char *err, size_t errsize);

#endif
