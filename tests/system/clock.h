/* clock.h: programs whose clock is off, or fast, by libfaketime. */
#ifndef CLOCK_TESTS_H
#define CLOCK_TESTS_H

#include "harness.h"

/* Adds a test that needs this; no sanitizer gets along with it, and none finds anything there. */
void clock_add(TCase *, const TTest *, void (*add)(TCase *, const TTest *));

/*
 * A `prepare` for struct program and struct server: "+1000d" sets the time of day that far off, and leaves
 * the time since the start and those of files alone; "+0 x10" makes all clocks ten times as fast.
 */
extern const char *clock_setting;
void clock_set(void);

#endif
