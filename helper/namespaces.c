/* namespaces.c: what a launch has for itself, but for processes: that takes a new one (supervise.c). */
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "helper.h"

#define REMEDY                                                                          \
	" (do the sysctls user.max_user_namespaces, kernel.unprivileged_userns_clone, " \
	"kernel.apparmor_restrict_unprivileged_userns permit it?)"

bool
namespaces_word(const char *word, unsigned int *isolate)
{
	static const struct {
		const char *word;
		unsigned int flag;
	} words[] = {{"none", 0}, {"pid", CLONE_NEWPID}, {"ipc", CLONE_NEWIPC},
	    {"uts", CLONE_NEWUTS}, {"net", CLONE_NEWNET}};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (strcmp(word, words[i].word) == 0) {
			*isolate |= words[i].flag;
			return (true);
		}
	}
	return (false);
}

static void
write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd == -1 || write(fd, text, strlen(text)) == -1)
		fail(LAUNCHER_NO_ISOLATION, errno, "cannot set up a user namespace: %s" REMEDY,
		    path);
	close(fd);
}

/* In it we have every capability, over nothing but what we make ourselves; and are who we were. */
void
namespaces_user(uid_t uid, gid_t gid)
{
	char text[64];

	if (unshare(CLONE_NEWUSER) == -1)
		fail(LAUNCHER_NO_ISOLATION, errno, "cannot make a user namespace" REMEDY);
	write_file("/proc/self/setgroups", "deny");
	snprintf(text, sizeof(text), "%u %u 1", uid, uid);
	write_file("/proc/self/uid_map", text);
	snprintf(text, sizeof(text), "%u %u 1", gid, gid);
	write_file("/proc/self/gid_map", text);
}

void
namespaces_make(const struct launch *l)
{
	struct ifreq loopback = {.ifr_name = "lo", .ifr_flags = IFF_UP};
	int flags = (int)l->isolate, fd;

	if (!l->check)
		flags &= ~CLONE_NEWPID;
	if ((l->isolate & (CLONE_NEWPID | CLONE_NEWNET)) != 0 && l->life == -1 && !l->check)
		fail(LAUNCHER_NO_ISOLATION, 0, "a PID or network namespace needs -life");
	if (flags != 0 && unshare(flags) == -1)
		fail(LAUNCHER_NO_ISOLATION, errno,
		    "cannot make namespaces (`isolate` in vesta.cfg, tool_launcher.conf)");
	if (l->block.hostname != NULL &&
	    sethostname(l->block.hostname, strlen(l->block.hostname)) == -1)
		fail(LAUNCHER_NO_ISOLATION, errno, "hostname %s", l->block.hostname);
	if ((flags & CLONE_NEWNET) == 0)
		return;
	if ((fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) == -1 ||
	    ioctl(fd, SIOCSIFFLAGS, &loopback) == -1)
		fail(LAUNCHER_NO_ISOLATION, errno, "loopback interface");
	close(fd);
}
