/* fault.h: system calls that fail, as they do on a bad day. */
#ifndef FAULT_H
#define FAULT_H

/* From now on, for the rest of the test's process, this system call (SYS_...) fails with this errno. */
void fault_always(long syscall, int error);

#endif
