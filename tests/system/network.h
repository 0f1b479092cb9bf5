/*
 * network.h: networks of the tests' own, with hosts that are network namespaces of this one. Every function
 * but the first ends the test when it cannot do what it says.
 */
#ifndef NETWORK_H
#define NETWORK_H

#include "harness.h"

/* Adds a test that needs all this. */
void network_add(TCase *, const TTest *);

/* Makes a host with a loopback interface, and enters it. A descriptor. */
int network_host(void);
void network_enter(int host);

/* A line for the shell, which must succeed; in another host than this one. */
void network_command(const char *);
void network_command_at(int host, const char *);

/*
 * Makes a switch, enters it as NETWORK_SWITCH, and plugs hosts in, which are numbered from 1; each has two
 * addresses. To unplug one takes it off the switch, which the host does not get to know.
 */
#define NETWORK_HOSTS		 4
#define NETWORK_BLOCK		 "10.98.0.0/24"
#define NETWORK_SWITCH		 "10.98.0.254"
#define NETWORK_ADDRESS(n)	 harness_text("10.98.0.%d", (n))
#define NETWORK_OTHER_ADDRESS(n) harness_text("10.98.0.%d", (n) + 100)
void network_make(int hosts);
void network_unplug(int n);
void network_plug(int n);

/* A `prepare` for struct program and struct server: it runs on host number network_target. */
extern int network_target;
void network_go(void);

#endif
