/* clean.h: a process that has nothing of whoever started the tests. */
#ifndef CLEAN_H
#define CLEAN_H

/*
 * Default signals and none blocked, umask 022, no controlling terminal, /dev/null as stdin, no descriptor
 * beyond `keep` (2 or more; those below it are open afterwards), the usual limits as far as the hard ones
 * allow them, and an environment of PATH, TMPDIR, CI, and what belongs to the tests and to sanitizers.
 */
void clean_process(int keep);

/* Of these the limits. */
void clean_limits(void);

/*
 * For each forked process: no handler of libcheck's. They end the group, all of the test, when a signal
 * comes to a program that has been forked and not yet executed.
 */
void clean_handlers(void);

#endif
