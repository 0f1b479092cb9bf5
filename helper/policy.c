/*
 * policy.c: tool_launcher.conf, and the two system files that give names numbers. There is no NSS
 * here: it would load code and read environment variables. What is allocated is never freed.
 */
#include <stdlib.h>

#include "helper.h"

#define BLANKS	   " \t\r\n"
#define ID_MAX	   4294967294UL /* (uid_t)-1 means "unchanged" to the system calls */
#define MANY	   MAX_ENTRIES
#define WRONG(...) fail(LAUNCHER_REFUSED, 0, POLICY_FILE ":%d: " __VA_ARGS__)

enum what {
	CALLER,
	GROUPS,
	ROOTS,
	BEGIN,
	BASE,
	HOSTNAME,
	ISOLATE,
	NUMBER,
	BIND,
	PLACE,
	FIXED,
	SYMLINK
};

static const struct keyword {
	const char *name;
	enum {
		FIRST,
		BLOCK,
		NAMED,
		ANYWHERE
	} scope;      /* before all blocks; in each; in a named root's */
	int min, max; /* words behind it */
	enum what what;
	int which;	      /* kind of a mount; number of a block */
	unsigned int isolate; /* what it needs */
} keywords[] = {
    {"caller", FIRST, 1, 1, CALLER, 0, 0},
    {"groups", FIRST, 1, MANY, GROUPS, 0, 0},
    {"roots", FIRST, 1, MANY, ROOTS, 0, 0},
    {"volatile", ANYWHERE, 0, 0, BEGIN, 0, 0},
    {"root", ANYWHERE, 1, 1, BEGIN, 0, CLONE_NEWNS},
    {"base", NAMED, 1, 1, BASE, 0, 0},
    {"ro", NAMED, 1, MANY, BIND, RO, 0},
    {"rw", NAMED, 1, MANY, BIND, RW, 0},
    {"symlink", NAMED, 2, 2, SYMLINK, LINK, 0},
    {"tmpfs", BLOCK, 1, 2, PLACE, TMPFS, CLONE_NEWNS},
    {"proc", BLOCK, 0, 0, FIXED, PROC, CLONE_NEWNS | CLONE_NEWPID}, /* never the host's */
    {"dev", BLOCK, 0, 0, FIXED, DEV, CLONE_NEWNS},
    {"hostname", NAMED, 1, 1, HOSTNAME, 0, CLONE_NEWUTS},
    {"isolate", BLOCK, 1, MANY, ISOLATE, 0, 0},
    {"handle", NAMED, 1, 1, NUMBER, HANDLE, 0},
    {"nofile", BLOCK, 1, 1, NUMBER, RLIMIT_NOFILE, 0},
    {"nproc", BLOCK, 1, 1, NUMBER, RLIMIT_NPROC, 0},
    {"as", BLOCK, 1, 1, NUMBER, RLIMIT_AS, 0},
    {"fsize", BLOCK, 1, 1, NUMBER, RLIMIT_FSIZE, 0},
    {"cpu", BLOCK, 1, 1, NUMBER, RLIMIT_CPU, 0},
    {"core", BLOCK, 1, 1, NUMBER, RLIMIT_CORE, 0},
    {NULL, ANYWHERE, 0, 0, CALLER, 0, 0},
};

static int line; /* that is being read */

/*
 * Opens a file that nobody but root can have put or changed there: every step of its path counts.
 * Without privilege (-u) there is nothing to be gained by it, and the file may be the caller's own.
 */
static FILE *
open_trusted(const char *path, bool rootless)
{
	const char *end = rootless ? path + strlen(path) : path;
	char part[PATH_MAX];
	struct stat st;
	FILE *f;

	for (;; end = strchrnul(end + 1, '/')) {
		snprintf(part, sizeof(part), "%.*s", end == path ? 1 : (int)(end - path), path);
		if (lstat(part, &st) == -1)
			fail(LAUNCHER_REFUSED, errno, "%s", part);
		if ((st.st_uid != 0 && !(rootless && st.st_uid == getuid())) ||
		    S_ISLNK(st.st_mode) || (st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
			fail(LAUNCHER_REFUSED, 0,
			    "%s must belong to root%s, be writable by nobody else, be no link",
			    part, rootless ? " or to you" : "");
		if (*end == '\0')
			break;
	}
	if ((f = fopen(path, "re")) == NULL)
		fail(LAUNCHER_REFUSED, errno, "%s", path);
	return (f);
}

/* A number, or the third field of the line that begins with the name. */
static unsigned int
id_of(const char *name, const char *file)
{
	char *text = NULL, *rest;
	unsigned long id;
	size_t size = 0;
	FILE *f;

	if (args_number(name, ID_MAX, &id))
		return ((unsigned int)id);
	f = open_trusted(file, false);
	while (getline(&text, &size, f) != -1) {
		rest = text;
		if (strcmp(strsep(&rest, ":"), name) == 0 && strsep(&rest, ":") != NULL &&
		    rest != NULL && args_number(strsep(&rest, ":"), ID_MAX, &id))
			return ((unsigned int)id);
	}
	WRONG("%s is not in %s: use a name there or a number", line, name, file);
}

static const char *
absolute(const char *path)
{
	if (path == NULL || *path != '/' || path[1] == '\0' || strlen(path) >= PATH_MAX)
		WRONG("%.64s: must be an absolute path, and not /", line, path == NULL ? "" : path);
	return (path);
}

/* The index of one more entry. */
static size_t
next(size_t *n)
{
	if (*n == MAX_ENTRIES)
		WRONG("more than %d of a kind", line, MAX_ENTRIES);
	return ((*n)++);
}

static void
add_mount(struct block *b, const struct keyword *k, const char *from, const char *to)
{
	b->mounts[next(&b->nmounts)] =
	    (struct mount){(enum mount_kind)k->which, from, absolute(to), line};
}

/* A block is the launch's by its name, or, of a path, by the number that it takes from a directory. */
static void
end_block(struct launch *l, const struct block *b)
{
	static struct block known[MAX_ENTRIES];
	static size_t nknown;
	const char *slash = l->root == NULL ? NULL : strrchr(l->root, '/');
	const char *name = slash == NULL ? l->root : slash + 1;
	char handle[32] = "";
	size_t i;

	if (b->name == NULL)
		return;
	for (i = 0; i < nknown; i++)
		if (strcmp(b->name, known[i].name) == 0 ||
		    (b->numbers[HANDLE] != ULONG_MAX &&
			b->numbers[HANDLE] == known[i].numbers[HANDLE]))
			WRONG("the name or handle of the block in line %d again", b->line,
			    known[i].line);
	known[next(&nknown)] = *b;
	if (b->numbers[HANDLE] != ULONG_MAX)
		snprintf(handle, sizeof(handle), "%08lx", b->numbers[HANDLE]);
	if (*b->name == '\0') {
		if (l->block.base == NULL)
			l->block = *b;
		return;
	}
	if (b->base == NULL || (*b->base != '/' && strcmp(b->base, "tmpfs") != 0) ||
	    strchr(b->name, '/') != NULL)
		WRONG("root %s: needs a name without / and `base tmpfs` or `base /DIRECTORY`",
		    b->line, b->name);
	if (name != NULL && *name != '\0' && strcmp(name, slash == NULL ? b->name : handle) == 0)
		l->block = *b;
}

/* What the keyword says, by the first of the words `w`, or several: how many. */
static int
take(const struct keyword *k, char **w, struct policy *p, struct launch *l, struct block *b)
{
	const char *word = *w == NULL ? "" : *w;
	bool as = k->what == BIND && w[1] != NULL && strcmp(w[1], "as") == 0 && w[2] != NULL;

	if (k->what != BEGIN)
		b->isolate |= k->isolate;
	switch (k->what) {
	case CALLER:
		if (p->has_caller)
			WRONG("one caller only", line);
		p->caller = id_of(word, "/etc/passwd");
		if (p->caller == 0)
			WRONG("the caller must not be root", line);
		p->has_caller = true;
		break;
	case GROUPS:
		p->groups[next(&p->ngroups)] = id_of(word, "/etc/group");
		break;
	case ROOTS:
		p->roots[next(&p->nroots)] = absolute(word);
		break;
	case BEGIN:
		end_block(l, b);
		*b = (struct block){.name = word, .isolate = k->isolate, .line = line};
		memset(b->numbers, 0xff, sizeof(b->numbers));
		break;
	case BASE:
		b->base = word;
		break;
	case HOSTNAME:
		b->hostname = word;
		break;
	case ISOLATE:
		b->has_isolate = true;
		if (!namespaces_word(word, &b->isolate))
			WRONG("%s: must be none, pid, ipc, uts or net", line, word);
		break;
	case NUMBER:
		if (!args_number(
			word, k->which == HANDLE ? UINT_MAX : ULONG_MAX - 1, &b->numbers[k->which]))
			WRONG("%s: not a number (K, M or G may follow), or too large", line, word);
		break;
	case BIND:
		add_mount(b, k, absolute(word), w[as ? 2 : 0]);
		break;
	case PLACE:
		add_mount(b, k, w[1], w[0]);
		return (2);
	case FIXED:
		add_mount(b, k, NULL, k->which == PROC ? "/proc" : "/dev");
		break;
	case SYMLINK:
		add_mount(b, k, w[0], w[1]);
		return (2);
	}
	return (as ? 3 : 1);
}

static void
take_line(char *text, struct policy *p, struct launch *l, struct block *b)
{
	char *words[MANY + 2] = {NULL};
	const struct keyword *k = keywords;
	int n = 0, i = 0;

	text[strcspn(text, "#")] = '\0';
	while (n < MANY + 2 && (words[n] = strtok_r(text, BLANKS, &text)) != NULL)
		n++;
	if (n-- == 0)
		return;
	while (k->name != NULL && strcmp(k->name, words[0]) != 0)
		k++;
	if (k->name == NULL)
		WRONG("unknown word %s", line, words[0]);
	if (n < k->min || n > k->max)
		WRONG("%s takes at least %d and at most %d words (and no =)", line, k->name, k->min,
		    k->max);
	if ((k->scope == FIRST && b->name != NULL) || (k->scope == BLOCK && b->name == NULL) ||
	    (k->scope == NAMED && (b->name == NULL || *b->name == '\0')))
		WRONG("%s must not stand %s", line, k->name,
		    k->scope == FIRST	? "in a block"
		    : k->scope == BLOCK ? "outside of a block"
					: "outside of a block `root NAME`");
	do
		i += take(k, words + 1 + i, p, l, b);
	while (i < n);
}

void
policy_read(struct policy *p, struct launch *l)
{
	FILE *f = open_trusted(POLICY_FILE, l->rootless);
	static struct block block;
	char *text = NULL;
	size_t size = 0;

	/* Each line keeps its memory: its words are used. */
	for (line = 1; getline(&text, &size, f) != -1; line++, text = NULL, size = 0)
		take_line(text, p, l, &block);
	end_block(l, &block);
	/* Not ferror(3): a getline(3) without memory need not be an error of the file. */
	if (!feof(f))
		fail(LAUNCHER_REFUSED, errno, POLICY_FILE);
	if (!p->has_caller)
		fail(LAUNCHER_REFUSED, 0, POLICY_FILE ": no line `caller USER`");
	/* Who has no privilege over the host's mount namespace needs one of his own. */
	l->isolate |= l->block.isolate | (l->rootless ? CLONE_NEWNS : 0);
	if (l->block.base != NULL && !l->block.has_isolate)
		l->isolate |= CLONE_NEWPID | CLONE_NEWIPC;
}
