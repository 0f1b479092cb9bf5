/* privilege.c: from root to the caller with the capabilities that are needed, and from there to nothing. */
#include <linux/capability.h>

#include "helper.h"

/*
 * The kernel's own calls, here and below: a libc's change the ids of all threads that it knows of,
 * with locks in memory that the tool's process shares with its supervisor.
 */
static void
set_capabilities(unsigned int low)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{.effective = low, .permitted = low}};

	if (syscall(SYS_capset, &head, data) == -1)
		fail(LAUNCHER_KEPT_PRIVILEGE, errno, "capset (not setuid root? nosuid mount?)");
}

static void
set_ids(uid_t uid, gid_t gid)
{
	if (syscall(SYS_setresgid, gid, gid, gid) == -1 ||
	    syscall(SYS_setresuid, uid, uid, uid) == -1)
		fail(LAUNCHER_KEPT_PRIVILEGE, errno, "cannot become uid %u gid %u", uid, gid);
}

/*
 * All three user and group ids are the caller's from here on: a repository over NFS with root
 * squash or FUSE without allow_other opens for nobody else, and no file opens that the caller
 * cannot open.
 */
void
privilege_become_caller(const struct policy *p, const struct launch *l)
{
	uid_t uid = getuid();
	gid_t gid = getgid();

	if (uid == 0 || uid != p->caller)
		fail(LAUNCHER_REFUSED, 0,
		    "uid %u may not call this: `caller` in tool_launcher.conf names uid %u", uid,
		    p->caller);
	if (l->rootless && (geteuid() != uid || getegid() != gid))
		fail(LAUNCHER_REFUSED, 0, "-u is not for a setuid launcher (see helper_switches)");
	if (!l->rootless && geteuid() != 0)
		fail(LAUNCHER_NO_CHROOT, 0,
		    "not setuid root (nosuid mount? no_new_privs? or helper_switches = -u)");
	if (l->rootless) {
		namespaces_user(uid, gid);
	} else {
		if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == -1 ||
		    syscall(SYS_setgroups, p->ngroups, p->groups) == -1)
			fail(LAUNCHER_KEPT_PRIVILEGE, errno, "setgroups");
		set_ids(uid, gid);
	}
	set_capabilities(1U << CAP_SYS_CHROOT | (l->isolate != 0 ? 1U << CAP_SYS_ADMIN : 0) |
			 (l->isolate & CLONE_NEWNET ? 1U << CAP_NET_ADMIN : 0));
}

void
privilege_drop(void)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2], none[2] = {{0}};
	uid_t uid = getuid(), r, e, s;
	gid_t gid = getgid(), rg, eg, sg;

	set_ids(uid, gid);
	set_capabilities(0);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		fail(LAUNCHER_KEPT_PRIVILEGE, errno, "no_new_privs");

	memset(data, 0xff, sizeof(data));
	if (getresuid(&r, &e, &s) == -1 || getresgid(&rg, &eg, &sg) == -1 ||
	    syscall(SYS_capget, &head, data) == -1)
		fail(LAUNCHER_KEPT_PRIVILEGE, errno, "cannot tell what privileges are left");
	if (r != uid || e != uid || s != uid || rg != gid || eg != gid || sg != gid ||
	    memcmp(data, none, sizeof(data)) != 0 || prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		fail(LAUNCHER_KEPT_PRIVILEGE, 0, "privileges are left");
	if (uid != 0 &&
	    (syscall(SYS_setresuid, -1, 0, -1) != -1 || syscall(SYS_setgroups, 0, NULL) != -1))
		fail(LAUNCHER_KEPT_PRIVILEGE, 0, "root could be had again");
}
