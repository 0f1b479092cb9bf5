/*
 * look.c: with -look, the tool's process says on its standard output what the tool would find, in
 * place of becoming it: everything before that is done as for a tool.
 */
#include <link.h>
#include <stdarg.h>
#include <sys/statvfs.h>

#include "helper.h"

static int found; /* LAUNCHER_LOOK_* */

/* A line, and behind what is wrong one more, indented: the remedy. */
static void say(int wrong, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void
say(int wrong, const char *fmt, ...)
{
	va_list ap;

	found |= wrong;
	dprintf(STDOUT_FILENO, wrong == 0 ? "ok: " : "wrong: ");
	va_start(ap, fmt);
	vdprintf(STDOUT_FILENO, fmt, ap);
	va_end(ap);
}

/* The root as people call it. */
static const char *
root_name(const struct launch *l)
{
	return (l->block->name != NULL && *l->block->name != '\0' ? l->block->name : l->root);
}

/* ---- the working directory ------------------------------------------------------------------ */

/* The line of the block that makes this path of the root, or what it is below; NULL: none does. */
static const struct mount *
line_for(const struct block *b, const char *path)
{
	const struct mount *m, *best = NULL;

	/* A later one is on top of those before. */
	for (m = b->mounts; m < b->mounts + b->nmounts; m++)
		if (policy_below(m->to, path) != NULL)
			best = m;
	return (best);
}

#define IN_BLOCK "in `root %s`, " POLICY_FILE ":%d on the server's host\n"

#define SAY_MISSING(words, ...)                                                           \
	say(LAUNCHER_LOOK_NO_DIRECTORY, "%s is not in root %s" words, path, root_name(l), \
	    ##__VA_ARGS__)

static void
say_missing(const struct launch *l, const char *path)
{
	const struct block *b = l->block;
	const struct mount *m = line_for(b, path);
	const char *rest = m == NULL ? "" : policy_below(m->to, path);

	if (b->base == NULL)
		SAY_MISSING("\n  that directory of the server's host has to have it\n");
	else if (m == NULL)
		SAY_MISSING(": its block has no line for it\n  say `rw %s`, or a directory above "
			    "it, " IN_BLOCK,
		    path, b->name, b->line);
	else if (m->kind == LINK)
		SAY_MISSING(": line %d links %s to %s\n"
			    "  that has to lead to a directory of the root\n",
		    m->line, m->to, m->from);
	else if (m->kind == RO || m->kind == RW)
		SAY_MISSING(": line %d shows %s there, and that has no such directory\n"
			    "  the server's host has to have %s%s%s\n",
		    m->line, m->from, m->from, *rest == '\0' ? "" : "/", rest);
	else
		SAY_MISSING(": line %d makes %s, empty\n  say `rw %s` behind that, " IN_BLOCK,
		    m->line, m->to, path, b->name, b->line);
}

#define SAY_UNWRITABLE(words, ...)                                                       \
	say(LAUNCHER_LOOK_READ_ONLY, "%s is not writable for %s: " words, path, l->user, \
	    ##__VA_ARGS__)

static void
say_unwritable(const struct launch *l, const char *path)
{
	char real[PATH_MAX];
	const struct mount *m =
	    line_for(l->block, getcwd(real, sizeof(real)) == NULL ? path : real);
	struct statvfs fs = {0};
	struct stat st = {0};

	stat(".", &st);
	statvfs(".", &fs);
	if ((fs.f_flag & ST_RDONLY) == 0)
		SAY_UNWRITABLE(
		    "uid %u gid %u mode %04o\n"
		    "  on the server's host, let uid %u write there: setfacl -m u:%u:rwx\n",
		    st.st_uid, st.st_gid, st.st_mode & 07777, getuid(), getuid());
	else if (m == NULL)
		SAY_UNWRITABLE("root %s is read-only there\n  say `rw %s` " IN_BLOCK, root_name(l),
		    path, root_name(l), l->block->line);
	else
		SAY_UNWRITABLE(
		    "line %d shows %s read-only\n  say `rw` in the place of `ro` in " POLICY_FILE
		    ":%d on the server's host\n",
		    m->line, m->from == NULL ? m->to : m->from, m->line);
}

static void
look_at_directory(const struct launch *l)
{
	const char *below = l->where == NULL ? "" : l->where + strspn(l->where, "/");
	char path[PATH_MAX];

	if (l->where == NULL && getcwd(path, sizeof(path)) == NULL)
		snprintf(path, sizeof(path), ".");
	if (l->where != NULL)
		snprintf(path, sizeof(path), "/%s", strcmp(below, ".") == 0 ? "" : below);
	if (l->where_error == ENOENT || l->where_error == ENOTDIR)
		say_missing(l, path);
	else if (l->where_error == EXDEV)
		say(LAUNCHER_LOOK_NO_DIRECTORY,
		    "%s leads out of root %s\n"
		    "  it must not, by .. or an absolute link\n",
		    path, root_name(l));
	else if (l->where_error != 0)
		say(LAUNCHER_LOOK_NO_DIRECTORY,
		    "%s cannot be entered by %s: %s\n"
		    "  on the server's host, let uid %u into it and all above it\n",
		    path, l->user, strerror(l->where_error), getuid());
	else if (access(".", W_OK | X_OK) == -1)
		say_unwritable(l, path);
	else
		say(0, "%s is in root %s, and writable for %s\n", path, root_name(l), l->user);
}

/* ---- the command ---------------------------------------------------------------------------- */

/* Puts the program that a program needs to be executed into `text`: "" if it needs none. */
static void
find_interpreter(int fd, char text[PATH_MAX])
{
	char head[PATH_MAX] = "";
	ssize_t n = pread(fd, head, sizeof(head) - 1, 0);
	ElfW(Phdr) segment;
	ElfW(Ehdr) elf;
	int i;

	*text = '\0';
	if (n > 2 && strncmp(head, "#!", 2) == 0) {
		head[strcspn(head, "\n")] = '\0';
		n = (ssize_t)strspn(head + 2, " \t") + 2;
		snprintf(text, PATH_MAX, "%.*s", (int)strcspn(head + n, " \t"), head + n);
	}
	if (n < (ssize_t)sizeof(elf))
		return;
	memcpy(&elf, head, sizeof(elf));
	if (memcmp(elf.e_ident, ELFMAG, SELFMAG) != 0 || elf.e_phentsize != sizeof(segment))
		return;
	for (i = 0; i < elf.e_phnum; i++)
		if (pread(fd, &segment, sizeof(segment),
			(off_t)elf.e_phoff + i * (off_t)sizeof(segment)) == sizeof(segment) &&
		    segment.p_type == PT_INTERP && segment.p_filesz < PATH_MAX &&
		    pread(fd, text, segment.p_filesz, (off_t)segment.p_offset) > 0)
			text[segment.p_filesz] = '\0';
}

void
look_at_command(const struct launch *l, const char *file)
{
	char interpreter[PATH_MAX];
	struct stat st;
	int fd;

	if (access(file, X_OK) == -1 || stat(file, &st) == -1)
		return;
	if (!S_ISREG(st.st_mode)) {
		errno = EACCES;
		return;
	}
	/* One that cannot be read can be executed all the same. */
	if ((fd = open(file, O_RDONLY | O_CLOEXEC)) != -1) {
		find_interpreter(fd, interpreter);
		close(fd);
		if (*interpreter != '\0' && access(interpreter, X_OK) == -1) {
			say(LAUNCHER_LOOK_NO_COMMAND,
			    "%s is %s, which needs %s: %s\n"
			    "  the root has to have that as well\n",
			    l->argv[0], file, interpreter, strerror(errno));
			_exit(found);
		}
	}
	say(0, "%s is %s in root %s\n", l->argv[0], file, root_name(l));
	_exit(found);
}

void
look_in_vain(const struct launch *l, int error, const char *how, const char *place)
{
	say(LAUNCHER_LOOK_NO_COMMAND, "%s cannot be executed in root %s: %s%s%s\n%s", l->argv[0],
	    root_name(l), strerror(error), how, place,
	    error != ENOENT ? ""
	    : *how == '\0'
		? "  the root has to have it\n"
		: "  the root has to have it, and its environment a PATH that leads to it\n");
	_exit(found);
}

void
look(const struct launch *l)
{
	if (!l->look)
		return;
	look_at_directory(l);
	if (*l->argv[0] == '\0')
		_exit(found);
}
