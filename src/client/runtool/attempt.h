/* attempt.h: has the command run by one server. */
#ifndef ATTEMPT_H
#define ATTEMPT_H

#include "report.h"

/* By cmd->server. False where it was not run, and another server may run it. */
bool attempt(struct cmdline *, struct outcome *);

#endif
