#include <errno.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <linux/capability.h>
#include <bsd/string.h>

#include "launcher.h"
#include "paths.h"
#include "lib/log.h"
#include "server/runs/launch.h"
#include "preflight.h"

void
preflight_user(const struct settings *s)
{
	const struct passwd *pw;
	char name[256];

	if (s->runtool_user == NULL || *s->runtool_user == '\0') {
		if (geteuid() == 0)
			fatal("refusing to run as root: start it as vruntool, or the user that "
			      "[Repository]runtool_user names");
		return;
	}
	if (strlcpy(name, s->runtool_user, sizeof(name)) >= sizeof(name))
		fatal("[Repository]runtool_user: too long");
	name[strcspn(name, "@")] = '\0';
	if ((pw = getpwnam(name)) == NULL)
		fatal("[Repository]runtool_user = %s: there is no user %s", s->runtool_user, name);
	if (pw->pw_uid == 0)
		fatal("[Repository]runtool_user = %s: refusing to run as root", s->runtool_user);
	if (pw->pw_uid != geteuid() || pw->pw_uid != getuid())
		fatal("wrong user: running as uid %u, but [Repository]runtool_user = %s is uid %u",
		    geteuid(), s->runtool_user, pw->pw_uid);
}

static void
check_privilege(const struct settings *s)
{
	static const struct {
		int number;
		const char *name;
		unsigned int isolate; /* needed for one of these; 0: always */
	} needed[] = {
	    {CAP_SETUID, "CAP_SETUID", 0},
	    {CAP_SETGID, "CAP_SETGID", 0},
	    {CAP_SYS_CHROOT, "CAP_SYS_CHROOT", 0},
	    {CAP_SYS_ADMIN, "CAP_SYS_ADMIN", ~0U},
	    {CAP_NET_ADMIN, "CAP_NET_ADMIN", ISOLATE_NET},
	};
	struct statvfs fs;
	struct stat st;
	size_t i;

	if (stat(s->helper, &st) == -1 || statvfs(s->helper, &fs) == -1)
		fatal("%s: %s", s->helper, strerror(errno));
	if ((st.st_mode & S_ISUID) == 0 || st.st_uid != 0)
		fatal("%s is not setuid root: run make install as root (or say "
		      "helper_switches = -u: tools get user namespaces, nobody needs privilege)",
		    s->helper);
	if ((fs.f_flag & ST_NOSUID) != 0)
		fatal("%s is on a file system mounted nosuid: it must be setuid root", s->helper);
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
		fatal("no_new_privs is set (NoNewPrivileges= in the unit, or a directive that "
		      "implies "
		      "it): the kernel ignores that %s is setuid",
		    s->helper);
	for (i = 0; i < sizeof(needed) / sizeof(*needed); i++)
		if ((needed[i].isolate == 0 || (needed[i].isolate & s->isolate) != 0) &&
		    prctl(PR_CAPBSET_READ, needed[i].number, 0, 0, 0) != 1)
			fatal("%s is not in the bounding set: %s cannot work%s", needed[i].name,
			    s->helper, needed[i].isolate != 0 ? " (or say isolate = none)" : "");
}

/* A site may still name the launcher of the original server. */
static void
check_helper(const struct settings *s)
{
	if (access(s->helper, X_OK) == -1) {
		if (s->helper_place == NULL)
			fatal("%s: %s", s->helper, strerror(errno));
		fatal("%s: [Run_Tool]helper = %s: %s", s->helper_place, s->helper, strerror(errno));
	}
	if (launch_is_ours(s))
		return;
	if (s->helper_place == NULL)
		fatal("%s is not this server's launcher: run make install", s->helper);
	fatal("%s: [Run_Tool]helper = %s: not this server's launcher (the original server's?): "
	      "leave that out, or name " LIBEXECDIR "/tool_launcher",
	    s->helper_place, s->helper);
}

static void
check_volatile_root(const struct settings *s)
{
	struct stat st;

	if (*s->volatile_root == '\0')
		fatal("[Run_Tool]VolatileRootName is not set: name the directory that holds the "
		      "roots");
	if (*s->volatile_root != '/')
		fatal(
		    "[Run_Tool]VolatileRootName = %s: must be an absolute path", s->volatile_root);
	if (stat(s->volatile_root, &st) == -1)
		fatal("[Run_Tool]VolatileRootName = %s: %s", s->volatile_root, strerror(errno));
	if (S_ISDIR(st.st_mode) && access(s->volatile_root, X_OK) == -1)
		fatal("[Run_Tool]VolatileRootName = %s: %s", s->volatile_root, strerror(errno));
	if (!S_ISDIR(st.st_mode))
		fatal("[Run_Tool]VolatileRootName = %s: not a directory", s->volatile_root);
	if (s->volatile_root_inode != 0 && st.st_ino != (ino_t)s->volatile_root_inode)
		fatal("[Run_Tool]VolatileRootName = %s: inode %llu, not %d: the repository is not "
		      "mounted there (volatile_root_inode)",
		    s->volatile_root, (unsigned long long)st.st_ino, s->volatile_root_inode);
}

void
preflight_tools(const struct settings *s, char why[LAUNCHER_MAX_WORDS])
{
	check_helper(s);
	if (s->testing && s->isolate != ISOLATE_NONE)
		fatal("isolate = none must go with -t in helper_switches");
	if (s->testing && s->rootless)
		fatal("helper_switches: -t and -u exclude each other");
	if (!s->testing && !s->rootless)
		check_privilege(s);
	check_volatile_root(s);
	if (launch_check(s, why, LAUNCHER_MAX_WORDS) == -1)
		fatal("%s", *why == '\0' ? "the launcher does not answer" : why);
}

void
preflight_warn(char *why)
{
	char *line;

	while ((line = strsep(&why, "\n")) != NULL)
		if (*line != '\0')
			log_warn("%s", line);
}

void
preflight_roots(const struct settings *s)
{
	char why[LAUNCHER_MAX_WORDS];

	if (access(s->helper, X_OK) == -1)
		log_warn("the roots are not checked: %s: %s", s->helper, strerror(errno));
	else if (launch_check(s, why, sizeof(why)) != 0)
		preflight_warn(why);
}

void
preflight_fleet(const struct fleet_config *c)
{
	struct stat st;

	if (c->dir == NULL)
		return;
	if (stat(c->dir, &st) == -1)
		fatal("[" FLEET_CONFIG_SECTION
		      "]dir = %s: %s: make it, for all servers and clients "
		      "of the fleet",
		    c->dir, strerror(errno));
	if (!S_ISDIR(st.st_mode))
		fatal("[" FLEET_CONFIG_SECTION "]dir = %s: not a directory", c->dir);
	if (access(c->dir, R_OK | W_OK | X_OK) == -1)
		fatal("[" FLEET_CONFIG_SECTION
		      "]dir = %s: %s: servers must be able to read and write it",
		    c->dir, strerror(errno));
}
