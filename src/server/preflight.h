/*
 * preflight.h: whether this server can run tools here: each fault found now is none at 3 o'clock.
 */
#ifndef PREFLIGHT_H
#define PREFLIGHT_H

#include "settings.h"

/* The user it runs as; the helper, its privilege and policy; the volatile root. fatal if not. */
void preflight_user(const struct settings *);
void preflight_tools(const struct settings *);

#endif
