/*
 * background.h: a run in a thread of its own. What it has to say and the tool's output wait for the
 * caller's thread, which is told by a descriptor.
 */
#ifndef BACKGROUND_H
#define BACKGROUND_H

#include "runtool.h"

struct background;

/* Ends a run, and waits for the end of its thread; NULL is allowed. */
void background_close(struct background *);

#endif
