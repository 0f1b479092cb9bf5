/* fault.h: system calls that fail, as they do on a bad day. */
#ifndef FAULT_H
#define FAULT_H

/* From now on, for the rest of the process, this system call (SYS_...) fails with this errno. */
void fault_always(long syscall, int error);

/*
 * The same, also for its children: epoll_ctl(2) has no watch for descriptors from this one on. Needs
 * CAP_SYS_ADMIN or PR_SET_NO_NEW_PRIVS, with which no program is setuid. 0, or -1 with errno.
 */
int fault_no_watch(int from);

#endif
