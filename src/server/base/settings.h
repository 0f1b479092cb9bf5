/*
 * settings.h: what the administrator may tune: [Run_Tool] and [Run_Tool_Fleet] of vesta.cfg,
 * [Repository]runtool_user and -o. The tables in settings.c and fleet_config.c hold every name with
 * its type, bounds and default.
 */
#ifndef SETTINGS_H
#define SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "lib/addr.h"
#include "lib/fleet_config.h"

#define SETTINGS_MAX_SWITCHES 32 /* words in helper_switches */

/* What a tool has for itself: a bit each, and the words for them in the same order. */
enum isolation {
	ISOLATE_NONE = 0,
	ISOLATE_PID = 1,
	ISOLATE_IPC = 2,
	ISOLATE_UTS = 4,
	ISOLATE_NET = 8
};
#define SETTINGS_ISOLATIONS 4
extern const char *const settings_isolations[SETTINGS_ISOLATIONS];

/* Zero-initialised, filled once at start, const from then on. */
struct settings {
	int port; /* 0: any free one */
	int max_threads;
	int max_pending;
	char *helper;
	char *helper_place; /* what names it: `FILE:LINE`, `-o`; NULL: nothing, it is the default */
	char *helper_switches;
	bool testing;	   /* helper_switches has -t */
	bool rootless;	   /* helper_switches has -u */
	bool helper_debug; /* helper_switches has -d */
	char *volatile_root;
	int volatile_root_inode; /* 0: not checked */
	char *sysname, *release, *version, *machine;
	int cpus, cpu_mhz, mem_kb;
	int sync_after_tool; /* times */
	bool has_core_limit;
	long long core_limit;		 /* bytes; negative: the maximum */
	unsigned int isolate;		 /* enum isolation */
	int kill_grace;			 /* seconds */
	int linger;			 /* seconds */
	int drain_timeout;		 /* seconds */
	struct sockaddr_storage *listen; /* port 0 */
	size_t nlisten;			 /* 0: all addresses */
	struct addr_block *allow;
	size_t nallow;	     /* 0: loopback and this host's own addresses */
	char **stdin_dirs;   /* absolute */
	size_t nstdin_dirs;  /* 0: anywhere */
	int relay_timeout;   /* seconds */
	bool relay_any;	     /* relay_hosts = any */
	int request_timeout; /* seconds */
	int max_request_bytes;
	int max_connections, max_connections_per_host; /* 0: as descriptors allow */
	int max_version;
	int info_read_timeout; /* for clients only; here so that it is a known name */
	char *runtool_user;    /* NULL: any user but root */
	struct fleet_config fleet;
};

/*
 * Reads the values from `config` (may be NULL: none) and `overrides` (NAME=VALUE, as from -o), and
 * fills in the defaults. `in_cwd`: the file was merely found in the current directory, and nothing
 * that runs a command is taken from it. Warnings are logged. 0, or -1 with the reason in `err`.
 */
int settings_load(struct settings *, const struct config *config, bool in_cwd,
    const char *const *overrides, size_t noverrides, char *err, size_t errsize);
void settings_free(struct settings *);

/* What is in force, one `[Section]name = value` a line. */
void settings_print(const struct settings *, FILE *);

#endif
