/* privilege.c: from root to the caller with two capabilities, and from there to nothing. */
#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/capability.h>

#include "helper.h"

/*
 * The kernel's own calls: a libc's change the ids of all threads that it knows of, with locks in
 * memory that the tool's process shares with its supervisor.
 */
#ifdef SYS_setresuid32
#define SETRESUID SYS_setresuid32
#define SETRESGID SYS_setresgid32
#define SETGROUPS SYS_setgroups32
#else
#define SETRESUID SYS_setresuid
#define SETRESGID SYS_setresgid
#define SETGROUPS SYS_setgroups
#endif

#define CAP_WORDS _LINUX_CAPABILITY_U32S_3

static void
set_capabilities(unsigned int low)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[CAP_WORDS] = {{.effective = low, .permitted = low}};

	if (syscall(SYS_capset, &head, data) == -1)
		fail(LAUNCHER_KEPT_PRIVILEGE, errno, "capset (not setuid root? nosuid mount?)");
}

/*
 * All three user and group ids are the caller's from here on: a repository over NFS with root
 * squash or FUSE without allow_other opens for nobody else, and no file opens that the caller
 * cannot open.
 */
void
privilege_become_caller(const struct policy *p, bool need_admin)
{
	uid_t uid = getuid();
	gid_t gid = getgid();
	unsigned int keep = 1U << CAP_SYS_CHROOT;

	if (uid == 0 || uid != p->caller)
		fail(LAUNCHER_REFUSED, 0,
		    "uid %u may not call this: `caller` in tool_launcher.conf names uid %u", uid,
		    p->caller);
	if (geteuid() != 0)
		fail(LAUNCHER_NO_CHROOT, 0, "not setuid root (nosuid mount? no_new_privs?)");
	if (need_admin)
		keep |= 1U << CAP_SYS_ADMIN;
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == -1 ||
	    syscall(SETGROUPS, p->ngroups, p->groups) == -1 ||
	    syscall(SETRESGID, gid, gid, gid) == -1 || syscall(SETRESUID, uid, uid, uid) == -1)
		fail(LAUNCHER_KEPT_PRIVILEGE, errno, "cannot become uid %u gid %u", uid, gid);
	set_capabilities(keep);
}

static void
prove_dropped(uid_t uid, gid_t gid)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[CAP_WORDS], none[CAP_WORDS];
	uid_t r, e, s;
	gid_t rg, eg, sg;

	memset(none, 0, sizeof(none));
	memset(data, 0xff, sizeof(data));
	if (getresuid(&r, &e, &s) == -1 || getresgid(&rg, &eg, &sg) == -1 ||
	    syscall(SYS_capget, &head, data) == -1)
		fail(LAUNCHER_KEPT_PRIVILEGE, errno, "cannot tell what privileges are left");
	if (r != uid || e != uid || s != uid || rg != gid || eg != gid || sg != gid ||
	    memcmp(data, none, sizeof(data)) != 0 || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		fail(LAUNCHER_KEPT_PRIVILEGE, 0, "privileges are left");
	if (uid != 0 && (syscall(SETRESUID, -1, 0, -1) != -1 || syscall(SETGROUPS, 0, NULL) != -1))
		fail(LAUNCHER_KEPT_PRIVILEGE, 0, "root could be had again");
}

void
privilege_drop(void)
{
	uid_t uid = getuid();
	gid_t gid = getgid();

	if (syscall(SETRESGID, gid, gid, gid) == -1 || syscall(SETRESUID, uid, uid, uid) == -1)
		fail(LAUNCHER_KEPT_PRIVILEGE, errno, "cannot become uid %u gid %u", uid, gid);
	set_capabilities(0);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		fail(LAUNCHER_KEPT_PRIVILEGE, errno, "no_new_privs");
	prove_dropped(uid, gid);
}
