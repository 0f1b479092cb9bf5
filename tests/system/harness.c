#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/testing.h"
#include "harness.h"
#include "proc.h"

#define DEFAULT_USER   1879052222 /* far from every user that a system hands out */
#define START_MS       60000
#define STOP_SECONDS   30
#define END_SECONDS    30
#define MOMENT_SECONDS 30
#define PAUSE_NS       3000000

const char *const mode_names[MODES] = {"isolate=pid", "isolate=none", "isolate=pid ipc uts net",
    "named root", "rootless", "rootless named root", "testing mode"};

#define ROOTLESS "helper_switches = -u\n"

static const char *const mode_settings[MODES] = {"isolate = pid\n", "isolate = none\n",
    "isolate = pid ipc uts net\n", "isolate = none\n", ROOTLESS, (ROOTLESS "isolate = none\n"),
    "helper_switches = -t\nisolate = none\n"};

static const char *prefix;

/* Keeps what was allocated reachable, so that leak checkers are content. */
struct block {
	struct block *next;
	char data[];
};
static struct block *blocks;

char *
harness_alloc(size_t size)
{
	struct block *b = calloc(1, sizeof(*b) + size);

	if (b == NULL)
		abort(); /* also called outside of tests, where check cannot report */
	b->next = blocks;
	blocks = b;
	return (b->data);
}

char *
harness_text(const char *fmt, ...)
{
	va_list ap;
	char *s;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	s = harness_alloc((size_t)len + 1);
	va_start(ap, fmt);
	vsnprintf(s, (size_t)len + 1, fmt, ap);
	va_end(ap);
	return (s);
}

const char *
harness_letters(size_t len)
{
	return (memset(harness_alloc(len + 1), 'x', len));
}

/* Root of a container has no CAP_SYS_ADMIN: no namespaces, but setuid programs and chroot work. */
static bool
is_admin(void)
{
	return (geteuid() == 0 && prctl(PR_CAPBSET_READ, CAP_SYS_ADMIN, 0, 0, 0) == 1);
}

static bool
own_mounts(void)
{
	return (
	    unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
}

void
harness_own_mounts(void)
{
	if (own_mounts())
		return;
	fprintf(stderr, "a mount namespace of its own: %s\n", strerror(errno));
	_exit(PROGRAM_NOT_RUN);
}

/* In a process of its own. Asked for every test, so that the answers are kept. */
static bool
succeeds(void (*try)(void))
{
	int status = 1;
	pid_t pid = fork();

	if (pid == 0) {
		try();
		_exit(1);
	}
	return (pid != -1 && waitpid(pid, &status, 0) == pid && status == 0);
}

static void
try_mounts(void)
{
	_exit(own_mounts() ? 0 : 1);
}

/* In a plain chroot "/" is no mount point, and what is mounted there is seen outside. */
static bool
can_own_mounts(void)
{
	static int can = -1;

	if (can == -1)
		can = succeeds(try_mounts);
	return (can);
}

bool
harness_can_mount(void)
{
	return (can_own_mounts());
}

void
harness_add_mounts_loop(TCase *tc, const TTest *test, int start, int end)
{
	testing_add_if(tc, test, start, end, is_admin() && can_own_mounts(),
	    "root with CAP_SYS_ADMIN, and / to be a mount point");
}

void
harness_add_mounts(TCase *tc, const TTest *test)
{
	harness_add_mounts_loop(tc, test, 0, 1);
}

/* As the server's user: a system may forbid it, and a chroot does. Not by us: a sanitizer may have threads. */
static void
try_user_namespace(void)
{
	fclose(stderr);
	if (geteuid() == 0 && setuid(harness_user()) == -1)
		_exit(1);
	execlp("unshare", "unshare", "-Urmpf", "true", NULL);
}

static bool
can_make_user_namespace(void)
{
	static int can = -1;

	if (can == -1)
		can = succeeds(try_user_namespace);
	return (can);
}

enum mode
harness_mode(void)
{
	if (geteuid() != 0)
		return (can_make_user_namespace() ? MODE_ROOTLESS : MODE_TESTING);
	return (is_admin() ? MODE_PID : MODE_NONE);
}

bool
harness_can(enum mode mode)
{
	switch (mode) {
	case MODE_PID:
	case MODE_ALL:
		return (is_admin());
	case MODE_NONE:
		return (geteuid() == 0);
	case MODE_NAMED:
		return (is_admin() && can_own_mounts());
	case MODE_ROOTLESS:
	case MODE_ROOTLESS_NAMED:
		return (can_make_user_namespace());
	default:
		return (true);
	}
}

/* Of what runs in all modes, the hand that edits sees two: the strongest, and the one without privilege. */
static bool
at_this_level(enum mode mode)
{
	return (testing_level() > TESTING_QUICK || mode == harness_mode() || mode == MODE_ROOTLESS);
}

static void
add_modes(TCase *tc, const TTest *test, int times, bool (*wanted)(enum mode))
{
	static const char *const needs[MODES] = {"root with CAP_SYS_ADMIN", "root",
	    "root with CAP_SYS_ADMIN", "root with CAP_SYS_ADMIN, and / to be a mount point",
	    "user namespaces", "user namespaces", ""};
	int mode;

	for (mode = 0; mode < MODES; mode++)
		if (wanted((enum mode)mode) && at_this_level((enum mode)mode))
			testing_add_if(tc, test, mode * times, (mode + 1) * times,
			    harness_can((enum mode)mode), needs[mode]);
}

static bool
is_any(enum mode mode)
{
	return (mode < MODES);
}

static bool
has_root(enum mode mode)
{
	return (mode != MODE_TESTING);
}

static bool
is_isolated(enum mode mode)
{
	return (mode != MODE_TESTING && mode != MODE_NONE);
}

void
harness_add_modes(TCase *tc, const TTest *test, int times)
{
	add_modes(tc, test, times, is_any);
}

void
harness_add_roots(TCase *tc, const TTest *test, int times)
{
	add_modes(tc, test, times, has_root);
}

void
harness_add_isolated(TCase *tc, const TTest *test)
{
	add_modes(tc, test, 1, is_isolated);
}

void
harness_add_admin_loop(TCase *tc, const TTest *test, int start, int end)
{
	testing_add_if(tc, test, start, end, is_admin(), "root with CAP_SYS_ADMIN");
}

void
harness_add_admin(TCase *tc, const TTest *test)
{
	harness_add_admin_loop(tc, test, 0, 1);
}

void
harness_add_namespaces(TCase *tc, const TTest *test)
{
	testing_add_if(tc, test, 0, 1, can_own_mounts(),
	    "CAP_SYS_ADMIN (as a user: user namespaces), and / to be a mount point");
}

uid_t
harness_user(void)
{
	const char *s = getenv("RUNTOOL_UID");

	if (geteuid() != 0)
		return (geteuid());
	return (s != NULL ? (uid_t)strtoul(s, NULL, 10) : DEFAULT_USER);
}

bool
harness_is_root(uid_t uid)
{
	char text[16] = "";
	FILE *f;

	/* Where root has no number it is shown as somebody who has none. */
	if (uid != 0 && geteuid() != 0 &&
	    (f = fopen("/proc/sys/kernel/overflowuid", "re")) != NULL) {
		(void)!fgets(text, sizeof(text), f);
		fclose(f);
	}
	return (uid == 0 || (*text != '\0' && uid == strtoul(text, NULL, 10)));
}

uid_t
harness_stranger(void)
{
	return (harness_user() + 1);
}

const char *
harness_installed(const char *path)
{
	return (harness_text("%s/%s", prefix, path));
}

const char *
harness_in_root(const char *path)
{
	return (harness_text("%s/roots/00000001/%s", prefix, path));
}

const char *
harness_tool(enum mode mode, const char *name)
{
	return (mode == MODE_TESTING ? harness_in_root(harness_text("bin/%s", name))
				     : harness_text("/bin/%s", name));
}

uint32_t
harness_root(enum mode mode)
{
	return (mode == MODE_NAMED || mode == MODE_ROOTLESS_NAMED ? HARNESS_HANDLE : 1);
}

const char *
harness_unique(const char *what)
{
	static unsigned int n;

	/* Pids come again; not within the same millisecond. */
	return (harness_text("%s-%d-%lld-%u", what, (int)getpid(), (long long)harness_now(), n++));
}

const char *
harness_file(const char *text)
{
	const char *path = harness_installed(harness_text("work/%s", harness_unique("file")));
	FILE *f = fopen(path, "wxe");

	ck_assert_msg(f != NULL, "%s: %s", path, strerror(errno));
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(chmod(path, 0644), 0);
	return (path);
}

void
harness_remove_cores(void)
{
	glob_t cores;

	if (glob(harness_in_root(".WD/core*"), 0, NULL, &cores) != 0)
		return;
	for (size_t i = 0; i < cores.gl_pathc; i++)
		unlink(cores.gl_pathv[i]);
	globfree(&cores);
}

int64_t
harness_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000);
}

void
harness_pause(void)
{
	nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
}

size_t
harness_count(const char *text, const char *words)
{
	size_t n = 0;

	for (; (text = strstr(text, words)) != NULL; text++)
		n++;
	return (n);
}

void
harness_wait(int ms)
{
	int64_t end = harness_now() + ms;

	while (harness_now() < end)
		harness_pause();
}

static int
shell(const char *command)
{
	int status = system(command);

	if (status != 0)
		fprintf(stderr, "failed: %s\n", command);
	return (status == 0 ? 0 : -1);
}

/* As root: nobody else may change what it says, or what leads to it. */
static int
write_policy(void)
{
	const char *path = harness_installed("etc/tool_launcher.conf");
	const char *root = harness_installed("roots/00000001");
	FILE *f;

	if ((f = fopen(path, "we")) == NULL) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return (-1);
	}
	fprintf(f,
	    "caller %u\nroots %s/roots\n"
	    "root " HARNESS_NAMED "\nhandle %d\nbase %s\nrw %s/.WD as /.WD\nrw %s/tmp as /tmp\n"
	    "proc\ndev\n",
	    harness_user(), prefix, HARNESS_HANDLE, root, root, root);
	return (fclose(f) == 0 ? chmod(path, 0644) : -1);
}

/* The launcher becomes setuid only here, where nobody else comes to it. */
bool
harness_setup(void)
{
	const char *launcher;

	if ((prefix = getenv("RUNTOOL_PREFIX")) == NULL) {
		fprintf(stderr, "RUNTOOL_PREFIX is not set: use make check\n");
		return (false);
	}
	signal(SIGPIPE, SIG_IGN);
	launcher = harness_installed("libexec/runtool/tool_launcher");
	return (shell(harness_text("mkdir '%s/work' && install -m 755 '%s' '%s-plain'", prefix,
		    launcher, launcher)) == 0 &&
		(geteuid() != 0 || (chown(launcher, 0, (gid_t)harness_user()) == 0 &&
				       chmod(launcher, 04750) == 0)) &&
		write_policy() == 0);
}

void
harness_teardown(void)
{
	while (blocks != NULL) {
		struct block *b = blocks;

		blocks = b->next;
		free(b);
	}
}

/*
 * One that is not setuid, for user namespaces. In testing mode it may be one under a sanitizer,
 * where such a build installed it.
 */
static const char *
mode_helper(enum mode mode)
{
	const char *sanitized = harness_installed("libexec/runtool/tool_launcher-sanitized");

	if (mode == MODE_ROOTLESS || mode == MODE_ROOTLESS_NAMED)
		return (harness_text(
		    "helper = %s\n", harness_installed("libexec/runtool/tool_launcher-plain")));
	return (mode == MODE_TESTING && access(sanitized, X_OK) == 0
		    ? harness_text("helper = %s\n", sanitized)
		    : "");
}

const char *
server_config(enum mode mode, const char *settings)
{
	return (harness_text("[Run_Tool]\n"
			     "SRPC_port = 0\n"
			     "listen = 127.0.0.1\n"
			     "server_max_threads = 4\n"
			     "server_max_pending = 8\n"
			     "VolatileRootName = %s/roots\n"
			     "max_interface_version = 4\n"
			     "sync_after_tool = 0\n"
			     "kill_grace = 1\n"
			     "drain_timeout = 0\n"
			     "linger = 0\n"
			     "%s%s%s",
	    prefix, mode_settings[mode], mode_helper(mode), settings == NULL ? "" : settings));
}

const char *
server_switch(void)
{
	static const char *const switches[MODES] = {
	    [MODE_ROOTLESS] = "-u", [MODE_ROOTLESS_NAMED] = "-u", [MODE_TESTING] = "-t"};
	const char *s = switches[harness_mode()];

	return (s != NULL ? s : "");
}

/* The port that it logs, once the line is complete; 0 while it has not. */
static int
logged_port(const struct server *s)
{
	const char *line = strstr(server_log(s), "listening on "), *port;

	if (line == NULL || strchr(line, '\n') == NULL)
		return (0);
	port = strstr(line, " port ");
	ck_assert_ptr_nonnull(port);
	return ((int)strtol(port + strlen(" port "), NULL, 10));
}

void
server_start(struct server *s)
{
	const char *argv[32] = {harness_installed("sbin/RunToolServer"), "-f", "-c"};
	size_t n = 3;

	argv[n++] =
	    harness_file(s->config != NULL ? s->config : server_config(s->mode, s->settings));
	for (size_t i = 0; s->args != NULL && s->args[i] != NULL; i++) {
		ck_assert_uint_lt(n, 31);
		argv[n++] = s->args[i];
	}
	s->program = (struct program){
	    .argv = argv, .uid = harness_user(), .prepare = s->prepare, .pass = -1};
	program_start(&s->program);
	testing_show("the log of a server", s->program.err);
	s->program.argv = NULL;

	int64_t end = harness_now() + START_MS;
	while ((s->port = logged_port(s)) == 0) {
		ck_assert_msg(!program_wait(&s->program, 0), "the server ended: %s", server_log(s));
		ck_assert_msg(harness_now() < end, "the server does not listen: %s", server_log(s));
		harness_pause();
	}
}

void
server_start_mode(struct server *s, enum mode mode, const char *settings)
{
	*s = (struct server){.mode = mode, .settings = settings};
	server_start(s);
}

void
server_start_best(struct server *s, const char *settings)
{
	server_start_mode(s, harness_mode(), settings);
}

pid_t
server_pid(const struct server *s)
{
	return (s->program.pid);
}

const char *
server_log(const struct server *s)
{
	return (program_err(&s->program));
}

void
server_logs(const struct server *s, const char *words)
{
	int64_t end = harness_now() + 1000L * HARNESS_PATIENCE;

	while (strstr(server_log(s), words) == NULL) {
		ck_assert_msg(harness_now() < end, "'%s' is not logged: %s", words, server_log(s));
		harness_pause();
	}
}

static void
ends_within(struct server *s, int seconds, int status)
{
	ck_assert_msg(program_wait(&s->program, seconds), "the server runs on: %s", server_log(s));
	ck_assert_msg(WIFEXITED(s->program.status) && WEXITSTATUS(s->program.status) == status,
	    "the server ended with wait status %#x, not with exit status %d: %s",
	    (unsigned int)s->program.status, status, server_log(s));
	/* Another server may have ended a tool just now. */
	ck_assert_within(MOMENT_SECONDS, proc_below(harness_installed("libexec/")) == 0);
	ck_assert_within(MOMENT_SECONDS, proc_below(harness_installed("roots/")) == 0);
	program_free(&s->program);
}

bool
server_listens(const struct server *s)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)s->port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), rc, error;

	rc = connect(fd, (struct sockaddr *)&to, sizeof(to));
	error = errno;
	close(fd);
	return (rc == 0 || error != ECONNREFUSED);
}

void
server_stop(struct server *s)
{
	ck_assert_msg(!program_wait(&s->program, 0), "the server is gone: %s", server_log(s));
	ck_assert_int_eq(kill(server_pid(s), SIGTERM), 0);
	ends_within(s, STOP_SECONDS, 0);
}

void
server_ends(struct server *s, int status)
{
	ends_within(s, END_SECONDS, status);
}
