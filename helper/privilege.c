/* privilege.c: from root to the caller with the capabilities that are needed, then to none. */
#include <linux/capability.h>

#include "helper.h"

static const struct __user_cap_header_struct version3 = {.version = _LINUX_CAPABILITY_VERSION_3};

/*
 * Raw system calls, here and below: libc's wrappers change the ids of all its threads, under locks
 * in memory that the tool's process shares with its keeper.
 */
static void
set_capabilities(unsigned int low)
{
	struct __user_cap_header_struct head = version3;
	struct __user_cap_data_struct data[2] = {{.effective = low, .permitted = low}};

	need(syscall(SYS_capset, &head, data) == 0, KEPT_PRIVILEGE,
	    "capset (not setuid root? nosuid mount?)");
}

static void
set_ids(uid_t uid, gid_t gid)
{
	need(syscall(SYS_setresgid, gid, gid, gid) == 0 &&
		 syscall(SYS_setresuid, uid, uid, uid) == 0,
	    KEPT_PRIVILEGE, "cannot become uid %u gid %u", uid, gid);
}

/*
 * From here on all three user and group ids are the caller's. So no file opens that the caller
 * cannot open, and those open that refuse everybody else: NFS with root squash, FUSE without
 * allow_other.
 */
void
privilege_become_caller(const struct policy *p, const struct launch *l)
{
	uid_t uid = getuid();
	gid_t gid = getgid();

	/* Root may ask what the caller could do. */
	if (uid == 0 && l->check && !l->rootless) {
		uid = p->caller;
		gid = policy_group(p);
	}
	must(uid != 0 && uid == p->caller, REFUSED,
	    "uid %u may not call this: `caller` in tool_launcher.conf names uid %u", uid,
	    p->caller);
	if (l->rootless) {
		must(geteuid() == uid && getegid() == gid, REFUSED,
		    "-u is not for a setuid launcher (see helper_switches)");
		namespaces_user(uid, gid);
	} else {
		must(geteuid() == 0, NO_CHROOT,
		    "not setuid root (nosuid mount? no_new_privs? or helper_switches = -u)");
		need(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0 &&
			 syscall(SYS_setgroups, p->ngroups, p->groups) == 0,
		    KEPT_PRIVILEGE, "setgroups");
		set_ids(uid, gid);
	}
	set_capabilities(1U << CAP_SYS_CHROOT | (l->isolate != 0 ? 1U << CAP_SYS_ADMIN : 0) |
			 (l->isolate & CLONE_NEWNET ? 1U << CAP_NET_ADMIN : 0));
}

void
privilege_drop(void)
{
	struct __user_cap_header_struct head = version3;
	struct __user_cap_data_struct data[2], none[2] = {{0}};
	uid_t uid = getuid(), r, e, s;
	gid_t gid = getgid(), rg, eg, sg;

	set_ids(uid, gid);
	set_capabilities(0);
	need(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, KEPT_PRIVILEGE, "no_new_privs");

	memset(data, 0xff, sizeof(data));
	need(getresuid(&r, &e, &s) == 0 && getresgid(&rg, &eg, &sg) == 0 &&
		 syscall(SYS_capget, &head, data) == 0,
	    KEPT_PRIVILEGE, "cannot tell what privileges are left");
	must(r == uid && e == uid && s == uid && rg == gid && eg == gid && sg == gid &&
		 memcmp(data, none, sizeof(data)) == 0 &&
		 prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1,
	    KEPT_PRIVILEGE, "privileges are left");
	must(uid == 0 ||
		 (syscall(SYS_setresuid, -1, 0, -1) == -1 && syscall(SYS_setgroups, 0, NULL) == -1),
	    KEPT_PRIVILEGE, "root could be had again");
}
