/*
 * namespaces.c: the namespaces of a launch, but for processes: that takes a new process (keeper.c).
 */
#include <net/if.h>

#include "helper.h"

#define REMEDY                                                                          \
	" (do the sysctls user.max_user_namespaces, kernel.unprivileged_userns_clone, " \
	"kernel.apparmor_restrict_unprivileged_userns permit it?)"

bool
namespaces_word(const char *word, unsigned int *isolate)
{
	static const struct word {
		const char *word;
		unsigned int flag;
	} words[] = {{"none", 0}, {"pid", CLONE_NEWPID}, {"ipc", CLONE_NEWIPC},
	    {"uts", CLONE_NEWUTS}, {"net", CLONE_NEWNET}, {NULL, 0}};
	const struct word *w = words;

	while (w->word != NULL && strcmp(word, w->word) != 0)
		w++;
	*isolate |= w->flag;
	return (w->word != NULL);
}

/* In it we keep our ids, and have every capability, but only over what we make ourselves. */
void
namespaces_user(uid_t uid, gid_t gid)
{
	static const char *const paths[] = {
	    "/proc/self/setgroups", "/proc/self/uid_map", "/proc/self/gid_map"};
	char text[3][64] = {"deny"};
	int i, fd;

	snprintf(text[1], sizeof(text[1]), "%u %u 1", uid, uid);
	snprintf(text[2], sizeof(text[2]), "%u %u 1", gid, gid);
	need(unshare(CLONE_NEWUSER) == 0, NO_ISOLATION, "cannot make a user namespace" REMEDY);
	for (i = 0; i < 3; i++) {
		fd = open(paths[i], O_WRONLY | O_CLOEXEC);
		need(fd != -1 && write(fd, text[i], strlen(text[i])) != -1, NO_ISOLATION,
		    "cannot set up a user namespace: %s" REMEDY, paths[i]);
		close(fd);
	}
}

void
namespaces_make(const struct launch *l)
{
	struct ifreq loopback = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	const char *name = l->block->hostname;
	unsigned int flags = l->isolate & (l->check ? ~0U : ~(unsigned int)CLONE_NEWPID);
	int fd;

	must((l->isolate & (CLONE_NEWPID | CLONE_NEWNET)) == 0 || l->life != -1 || l->check,
	    NO_ISOLATION, "a PID or network namespace needs -life");
	need(flags == 0 || unshare((int)flags) == 0, NO_ISOLATION,
	    "cannot make namespaces (`isolate` in vesta.cfg, tool_launcher.conf)");
	need(name == NULL || sethostname(name, strlen(name)) == 0, NO_ISOLATION, "hostname %s",
	    name);
	if ((flags & CLONE_NEWNET) == 0)
		return;
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	need(fd != -1 && ioctl(fd, SIOCSIFFLAGS, &loopback) == 0, NO_ISOLATION,
	    "loopback interface");
	close(fd);
}
