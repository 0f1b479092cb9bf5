#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "screen.h"

/* The child must not assert: each assertion writes to a file of the parent. */
static _Noreturn void
child(const struct program *p, pid_t parent)
{
	gid_t gid = (gid_t)p->uid;
	char *const *argv;

	close_range(3, ~0U, 0);
	if (geteuid() == 0 && (setgroups(0, NULL) == -1 || setresgid(gid, gid, gid) == -1 ||
				  setresuid(p->uid, p->uid, p->uid) == -1))
		_exit(PROGRAM_NOT_RUN);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1 || getppid() != parent)
		_exit(PROGRAM_NOT_RUN);
	memcpy(&argv, &p->argv, sizeof(argv));
	execv(argv[0], argv);
	_exit(PROGRAM_NOT_RUN);
}

void
screen_start(struct screen *s, const struct server *server, const char *text)
{
	struct program p =
	    script(server, harness_text("TERM=vt100; export TERM; set -m\n%s", text));
	struct winsize size = {.ws_row = SCREEN_ROWS, .ws_col = SCREEN_COLUMNS};
	pid_t parent = getpid();

	s->len = s->seen = 0;
	s->status = 0;
	if ((s->pid = forkpty(&s->fd, NULL, NULL, &size)) == 0)
		child(&p, parent);
	ck_assert_msg(s->pid != -1, "forkpty: %s", strerror(errno));
	ck_assert_int_eq(fcntl(s->fd, F_SETFD, FD_CLOEXEC), 0);
}

/* Reads what comes within `ms`. False at the end: nobody has the terminal any more. */
static bool
look(struct screen *s, int ms)
{
	struct pollfd pfd = {.fd = s->fd, .events = POLLIN};
	ssize_t n;

	if (poll(&pfd, 1, ms) != 1)
		return (true);
	ck_assert_uint_lt(s->len, sizeof(s->text) - 1);
	n = read(s->fd, s->text + s->len, sizeof(s->text) - 1 - s->len);
	if (n > 0)
		s->len += (size_t)n;
	s->text[s->len] = '\0';
	return (n > 0);
}

void
screen_type(struct screen *s, const char *keys)
{
	ck_assert_int_eq(write(s->fd, keys, strlen(keys)), (ssize_t)strlen(keys));
}

void
screen_await(struct screen *s, const char *text)
{
	int64_t end = harness_now() + 1000L * HARNESS_PATIENCE;
	const char *at;
	bool open = true;

	s->text[s->len] = '\0';
	while ((at = strstr(s->text + s->seen, text)) == NULL) {
		ck_assert_msg(open && harness_now() < end, "'%s' is not shown: '%s'", text,
		    s->text + s->seen);
		open = look(s, 100);
	}
	s->seen = (size_t)(at - s->text) + strlen(text);
}

bool
screen_echoes(const struct screen *s)
{
	struct termios modes;

	ck_assert_int_eq(tcgetattr(s->fd, &modes), 0);
	return ((modes.c_lflag & ECHO) != 0);
}

void
screen_await_echo(const struct screen *s, bool echoes)
{
	ck_assert_soon(screen_echoes(s) == echoes);
}

void
screen_resize(const struct screen *s, int rows, int columns)
{
	struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)columns};

	ck_assert_int_eq(ioctl(s->fd, TIOCSWINSZ, &size), 0);
}

static void
reap(struct screen *s)
{
	int64_t end = harness_now() + 1000L * HARNESS_PATIENCE;
	pid_t pid;

	while ((pid = waitpid(s->pid, &s->status, WNOHANG)) == 0) {
		ck_assert_msg(harness_now() < end, "the shell goes on: '%s'", s->text + s->seen);
		/* It waits until what it wrote is read. */
		if (s->fd == -1 || !look(s, 10))
			harness_pause();
	}
	ck_assert_int_eq(pid, s->pid);
	s->pid = 0;
}

int
screen_end(struct screen *s)
{
	reap(s);
	close(s->fd);
	return (WIFEXITED(s->status) ? WEXITSTATUS(s->status) : 128 + WTERMSIG(s->status));
}

void
screen_close(struct screen *s)
{
	close(s->fd);
	s->fd = -1;
	reap(s);
}
