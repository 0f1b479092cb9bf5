/*
 * show WHAT [...]: what a tool finds. args, env: one a line, in brackets; lengths: of all arguments
 * together; state: `name value` lines.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAX_FD 4096

static void
show_list(char *const *list)
{
	for (; *list != NULL; list++)
		printf("[%s]\n", *list);
}

static void
show_lengths(char *const *list)
{
	size_t total = 0, n = 0;

	for (; *list != NULL; list++, n++)
		total += strlen(*list);
	printf("%zu %zu\n", n, total);
}

static void
show_descriptors(void)
{
	int fd, flags;
	struct stat st;

	printf("descriptors");
	for (fd = 0; fd < MAX_FD; fd++)
		if ((flags = fcntl(fd, F_GETFL)) != -1)
			printf(" %d%s", fd, (flags & O_NONBLOCK) != 0 ? "(nonblocking)" : "");
	printf("\nsockets");
	for (fd = 0; fd < MAX_FD; fd++)
		if (fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode))
			printf(" %d", fd);
	printf("\n");
}

static void
show_signals(void)
{
	struct sigaction sa;
	sigset_t mask;
	int sig;

	sigprocmask(SIG_BLOCK, NULL, &mask);
	printf("blocked");
	for (sig = 1; sig < NSIG; sig++)
		if (sigismember(&mask, sig) == 1)
			printf(" %d", sig);
	printf("\nignored");
	for (sig = 1; sig < NSIG; sig++)
		if (sigaction(sig, NULL, &sa) == 0 && sa.sa_handler != SIG_DFL)
			printf(" %d", sig);
	printf("\n");
}

static void
show_privilege(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct caps[2] = {{0}};
	uid_t uid[3] = {0};
	gid_t gid[3] = {0}, groups[64];
	int i, n;

	getresuid(&uid[0], &uid[1], &uid[2]);
	getresgid(&gid[0], &gid[1], &gid[2]);
	printf("uids %u %u %u\ngids %u %u %u\n", uid[0], uid[1], uid[2], gid[0], gid[1], gid[2]);
	printf("groups");
	n = getgroups(64, groups);
	for (i = 0; i < n; i++)
		printf(" %u", groups[i]);
	syscall(SYS_capget, &header, caps);
	printf("\neffective %x%08x\npermitted %x%08x\ninheritable %x%08x\n", caps[1].effective,
	    caps[0].effective, caps[1].permitted, caps[0].permitted, caps[1].inheritable,
	    caps[0].inheritable);
	printf("no_new_privs %d\n", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
}

static void
show_limit(const char *name, int resource)
{
	struct rlimit rl;

	getrlimit(resource, &rl);
	printf("%s %lld %lld\n", name, (long long)rl.rlim_cur, (long long)rl.rlim_max);
}

static void
show_places(void)
{
	char cwd[4096];
	struct stat st;

	printf("cwd %s\n", getcwd(cwd, sizeof(cwd)) != NULL ? cwd : strerror(errno));
	if (stat("/", &st) == 0)
		printf("root %llu %llu\n", (unsigned long long)st.st_dev,
		    (unsigned long long)st.st_ino);
}

static void
show_state(void)
{
	mode_t mask = umask(0);
	int terminal;
	int tty;

	show_descriptors();
	show_signals();
	show_privilege();
	show_places();
	if ((terminal = open("/dev/tty", O_RDWR)) != -1)
		close(terminal);
	printf("umask %03o\n", (unsigned int)mask);
	tty = open("/dev/tty", O_RDWR);
	printf("terminal %s\n", tty == -1 ? "none" : "has one");
	if (tty != -1)
		close(tty);
	printf("session %d %d\n", getsid(0) == getsid(getppid()), getpgid(0) == getpid());
	show_limit("nofile", RLIMIT_NOFILE);
	show_limit("stack", RLIMIT_STACK);
	show_limit("core", RLIMIT_CORE);
}

int
main(int argc, char **argv)
{
	if (argc < 2)
		return (2);
	if (strcmp(argv[1], "args") == 0)
		show_list(argv + 2);
	else if (strcmp(argv[1], "env") == 0)
		show_list(environ);
	else if (strcmp(argv[1], "lengths") == 0)
		show_lengths(argv + 2);
	else
		show_state();
	return (0);
}
