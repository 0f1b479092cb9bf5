/*
 * several.h: has a server run the command: the best of several, and another one if that one is
 * lost; or the one that is named. Waits for one if that is wanted.
 */
#ifndef SEVERAL_H
#define SEVERAL_H

#include "attempt.h"

/*
 * Takes a server of cmd->platform or cmd->area. cmd->server says which; it is empty if none could
 * be asked.
 */
void several_run(struct cmdline *, struct attempt_result *);

/* Takes cmd->server. */
void several_run_on_one(struct cmdline *, struct attempt_result *);

#endif
