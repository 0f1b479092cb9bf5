/*
 * several.h: has the best of several servers run the command, and another one if that one is lost.
 */
#ifndef SEVERAL_H
#define SEVERAL_H

#include "attempt.h"

/*
 * Takes a server of cmd->platform or cmd->area. cmd->server says which; it is empty if none could
 * be asked.
 */
void several_run(struct cmdline *, struct attempt_result *);

#endif
