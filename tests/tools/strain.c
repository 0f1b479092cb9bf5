/*
 * strain fill FILE: writes until that fails; `BYTES ERRNO`. strain bomb [TAG]: all of its processes fork
 * until that fails, and only the first one ends then; `N ERRNO`.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAX_FORKS 2000	   /* where nothing else stops it */
#define MAX_BYTES 67108864 /* the same */
#define LIFETIME  60	   /* seconds */

static int
fill(const char *path)
{
	static char block[4096];
	int fd = open(path, O_WRONLY | O_CREAT, 0644);
	long long total = 0;
	ssize_t n = 0;

	while (total < MAX_BYTES && (n = write(fd, block, sizeof(block))) > 0)
		total += n;
	printf("%lld %s\n", total, n > 0 ? "allowed" : strerrorname_np(errno));
	return (0);
}

struct seen {
	int n, error;
};

static void
fork_for_ever(volatile struct seen *seen)
{
	alarm(LIFETIME);
	while (seen->error == 0 && __atomic_fetch_add(&seen->n, 1, __ATOMIC_SEQ_CST) < MAX_FORKS) {
		switch (fork()) {
		case -1:
			__atomic_fetch_sub(&seen->n, 1, __ATOMIC_SEQ_CST);
			seen->error = errno;
			break;
		case 0:
			setsid();
			signal(SIGTERM, SIG_IGN);
			alarm(LIFETIME);
			break;
		default:
			break;
		}
	}
}

static int
bomb(void)
{
	volatile struct seen *seen =
	    mmap(NULL, sizeof(*seen), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t self = getpid();

	fork_for_ever(seen);
	while (getpid() != self)
		pause();
	printf("%d %s\n", seen->n, seen->error == 0 ? "allowed" : strerrorname_np(seen->error));
	return (0);
}

int
main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "fill") == 0)
		return (fill(argv[2]));
	if (argc >= 2 && strcmp(argv[1], "bomb") == 0)
		return (bomb());
	return (2);
}
