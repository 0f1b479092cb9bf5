/* several.h: has the command run by the best of several servers; elsewhere, where that one is lost. */
#ifndef SEVERAL_H
#define SEVERAL_H

#include "attempt.h"

/* By one of cmd->platform or cmd->area; which one is then in cmd->server, empty where none could be asked. */
void several_run(struct cmdline *, struct outcome *);

#endif
