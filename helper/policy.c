/*
 * policy.c: tool_launcher.conf, and the two system files that give names numbers. There is no NSS
 * here: it would load code and read environment variables. What is allocated is never freed.
 */
#include "helper.h"

#define BLANKS " \t\r\n"
#define ID_MAX 4294967294UL /* (uid_t)-1 means "unchanged" to the system calls */
#define MANY   MAX_ENTRIES

static int line; /* the one that is being read */
#define expect(holds, words, ...) \
	must(holds, REFUSED, POLICY_FILE ":%d: " words, line, ##__VA_ARGS__)

/*
 * Opens a file that only root can have put there or changed: every step of its path is checked.
 * Without privilege (-u) a forged file gains nothing: it may be the caller's own, and its path is
 * not checked.
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
		need(lstat(part, &st) == 0, REFUSED, "%s", part);
		must((st.st_uid == 0 || (rootless && st.st_uid == getuid())) &&
			 !S_ISLNK(st.st_mode) && (st.st_mode & (S_IWGRP | S_IWOTH)) == 0,
		    REFUSED, "%s must belong to root%s, be writable by nobody else, be no link",
		    part, rootless ? " or to you" : "");
		if (*end == '\0')
			break;
	}
	need((f = fopen(path, "re")) != NULL, REFUSED, "%s", path);
	return (f);
}

/*
 * In a line of such a file whose field number `where` (0: the name, 2: the id) is `key`, the id that
 * is field `what`. False if there is none.
 */
static bool
look_up(const char *file, int where, const char *key, int what, unsigned long *id)
{
	char *text = NULL, *rest, *fields[4];
	size_t size = 0;
	FILE *f;
	int i;

	for (f = open_trusted(file, false); getline(&text, &size, f) != -1;) {
		for (i = 0, rest = text; i < 4; i++)
			fields[i] = strsep(&rest, ":");
		if (fields[where] != NULL && strcmp(fields[where], key) == 0 &&
		    fields[what] != NULL && args_number(fields[what], ID_MAX, id))
			return (true);
	}
	return (false);
}

/* The id that `name` is, as a number, or has. */
static unsigned int
id_of(const char *name, const char *file)
{
	unsigned long id;

	if (!args_number(name, ID_MAX, &id) && !look_up(file, 0, name, 2, &id))
		fail(LAUNCHER_REFUSED, 0,
		    POLICY_FILE ":%d: %s is not in %s: use a name there or a number", line, name,
		    file);
	return ((unsigned int)id);
}

gid_t
policy_group(const struct policy *p)
{
	unsigned long gid = p->caller;
	char uid[16];

	snprintf(uid, sizeof(uid), "%u", p->caller);
	(void)look_up("/etc/passwd", 2, uid, 3, &gid);
	return ((gid_t)gid);
}

const char *
policy_below(const char *dir, const char *path)
{
	size_t n;

	for (;; dir += n, path += n) {
		while (*dir == '/' || (*dir == '.' && (dir[1] == '/' || dir[1] == '\0')))
			dir++;
		while (*path == '/' || (*path == '.' && (path[1] == '/' || path[1] == '\0')))
			path++;
		if ((n = strcspn(dir, "/")) == 0)
			return (path);
		if (n != strcspn(path, "/") || strncmp(dir, path, n) != 0)
			return (NULL);
	}
}

static const char *
absolute(const char *path)
{
	expect(path != NULL && *path == '/' && path[1] != '\0' && strlen(path) < PATH_MAX,
	    "%.64s: must be an absolute path, and not /", path == NULL ? "" : path);
	return (path);
}

/* Whether a mount at `place` hides what is at the place of an earlier one. A link hides nothing. */
static bool
hides(enum mount_kind kind, const char *place, const struct mount *earlier)
{
	const char *rest = kind == LINK ? NULL : policy_below(place, earlier->to);

	/* That a link cannot be a place is for mounts.c to say. */
	return (rest != NULL && (*rest != '\0' || earlier->kind != LINK));
}

/* The index of one more entry. */
static size_t
next(size_t *n)
{
	expect(*n < MAX_ENTRIES, "more than %d of a kind", MAX_ENTRIES);
	return ((*n)++);
}

/*
 * What keywords mean. Each function takes what it needs of the words `w` behind its keyword (the
 * first may be missing), and returns how many it took.
 */
struct keyword;
typedef int take(const struct keyword *, char **w, struct policy *);
static take take_caller, take_group, take_root, begin_block, take_text, take_isolation, take_number,
    take_directory, take_bind, take_try, take_tmpfs, take_link, take_fixed, take_users;

/* Where a word may stand: before all blocks, in any block, in a named root's block. */
enum scope { FIRST, BLOCK, NAMED, ANYWHERE };

static const struct keyword {
	const char *name;
	enum scope scope;
	int min, max; /* words behind it */
	take *take;
	size_t which; /* for a text its field, for a number its index, for a mount its kind */
	unsigned int isolate; /* what it needs */
} keywords[] = {
    {"caller", FIRST, 1, 1, take_caller, 0, 0},
    {"groups", FIRST, 1, MANY, take_group, 0, 0},
    {"roots", FIRST, 1, MANY, take_root, 0, 0},
    {"volatile", ANYWHERE, 0, 0, begin_block, 0, 0},
    {"root", ANYWHERE, 1, 1, begin_block, 0, CLONE_NEWNS},
    {"base", NAMED, 1, 1, take_text, offsetof(struct block, base), 0},
    {"hostname", NAMED, 1, 1, take_text, offsetof(struct block, hostname), CLONE_NEWUTS},
    {"handle", NAMED, 1, 1, take_number, HANDLE, 0},
    {"directory", BLOCK, 1, 1, take_directory, 0, 0},
    {"ro", NAMED, 1, MANY, take_bind, RO, 0},
    {"rw", NAMED, 1, MANY, take_bind, RW, 0},
    {"ro-try", NAMED, 1, MANY, take_try, RO, 0},
    {"rw-try", NAMED, 1, MANY, take_try, RW, 0},
    {"users", NAMED, 0, 0, take_users, 0, 0},
    {"symlink", NAMED, 2, 2, take_link, LINK, 0},
    {"tmpfs", BLOCK, 1, 2, take_tmpfs, TMPFS, CLONE_NEWNS},
    {"proc", BLOCK, 0, 0, take_fixed, PROC, CLONE_NEWNS | CLONE_NEWPID}, /* never the host's */
    {"dev", BLOCK, 0, 0, take_fixed, DEV, CLONE_NEWNS},
    {"isolate", BLOCK, 1, MANY, take_isolation, 0, 0},
    {"nofile", BLOCK, 1, 1, take_number, RLIMIT_NOFILE, 0},
    {"nproc", BLOCK, 1, 1, take_number, RLIMIT_NPROC, 0},
    {"as", BLOCK, 1, 1, take_number, RLIMIT_AS, 0},
    {"fsize", BLOCK, 1, 1, take_number, RLIMIT_FSIZE, 0},
    {"cpu", BLOCK, 1, 1, take_number, RLIMIT_CPU, 0},
    {"core", BLOCK, 1, 1, take_number, RLIMIT_CORE, 0},
    {"stack", BLOCK, 1, 1, take_number, RLIMIT_STACK, 0},
    {NULL, ANYWHERE, 0, 0, NULL, 0, 0},
};

/* ---- before all blocks ------------------------------------------------------------------------ */

static int
take_caller(const struct keyword *k, char **w, struct policy *p)
{
	unsigned long id;

	(void)k;
	expect(!p->has_caller, "one caller only");
	p->caller = id_of(*w, "/etc/passwd");
	p->user = args_number(*w, ID_MAX, &id) ? "tool" : *w;
	expect(p->caller != 0, "the caller must not be root");
	p->has_caller = true;
	return (1);
}

static int
take_group(const struct keyword *k, char **w, struct policy *p)
{
	(void)k;
	p->groups[next(&p->ngroups)] = id_of(*w, "/etc/group");
	return (1);
}

static int
take_root(const struct keyword *k, char **w, struct policy *p)
{
	(void)k;
	p->roots[next(&p->nroots)] = absolute(*w);
	return (1);
}

/* ---- in a block: the last that has begun ------------------------------------------------------ */

static struct block *
block_of(struct policy *p)
{
	return (&p->blocks[p->nblocks]);
}

static int
begin_block(const struct keyword *k, char **w, struct policy *p)
{
	struct block *b = &p->blocks[next(&p->nblocks) + 1];

	(void)k;
	b->name = *w == NULL ? "" : *w;
	b->line = line;
	memset(b->numbers, 0xff, sizeof(b->numbers));
	return (1);
}

static int
take_text(const struct keyword *k, char **w, struct policy *p)
{
	*(const char **)(void *)((char *)block_of(p) + k->which) = *w;
	return (1);
}

static int
take_isolation(const struct keyword *k, char **w, struct policy *p)
{
	(void)k;
	block_of(p)->has_isolate = true;
	expect(namespaces_word(*w, &block_of(p)->isolate), "%s: must be none, pid, ipc, uts or net",
	    *w);
	return (1);
}

static int
take_number(const struct keyword *k, char **w, struct policy *p)
{
	expect(args_number(*w, k->which == HANDLE ? UINT_MAX : ULONG_MAX - 1,
		   &block_of(p)->numbers[k->which]),
	    "%s: not a number (K, M or G may follow), or too large", *w);
	return (1);
}

static int
take_directory(const struct keyword *k, char **w, struct policy *p)
{
	(void)k;
	expect(strcmp(*w, "here") == 0, "%s: must be here", *w);
	block_of(p)->here = true;
	return (1);
}

static void
add_mount(size_t kind, struct policy *p, const char *from, const char *to)
{
	struct block *b = block_of(p);
	struct mount m = {
	    .kind = (enum mount_kind)kind, .line = line, .from = from, .to = absolute(to)};
	const struct mount *e;

	for (e = b->mounts; e < b->mounts + b->nmounts; e++)
		expect(!hides(m.kind, m.to, e), "%s hides %s of line %d: put it before that", m.to,
		    e->to, e->line);
	b->mounts[next(&b->nmounts)] = m;
}

/* PATH, or PATH as PLACE. */
static int
take_bind(const struct keyword *k, char **w, struct policy *p)
{
	bool as = w[1] != NULL && strcmp(w[1], "as") == 0 && w[2] != NULL;

	add_mount(k->which, p, absolute(*w), w[as ? 2 : 0]);
	return (as ? 3 : 1);
}

/* The same, and PATH may be missing. */
static int
take_try(const struct keyword *k, char **w, struct policy *p)
{
	int taken = take_bind(k, w, p);
	struct block *b = block_of(p);

	b->mounts[b->nmounts - 1].may_miss = true;
	return (taken);
}

/* PLACE, or PLACE SIZE. */
static int
take_tmpfs(const struct keyword *k, char **w, struct policy *p)
{
	add_mount(k->which, p, w[1], w[0]);
	return (2);
}

/* TARGET PLACE */
static int
take_link(const struct keyword *k, char **w, struct policy *p)
{
	add_mount(k->which, p, w[0], w[1]);
	return (2);
}

static int
take_fixed(const struct keyword *k, char **w, struct policy *p)
{
	(void)w;
	add_mount(k->which, p, NULL, k->which == PROC ? "/proc" : "/dev");
	return (1);
}

static int
take_users(const struct keyword *k, char **w, struct policy *p)
{
	(void)k;
	(void)w;
	add_mount(PASSWD, p, p->user, "/etc/passwd");
	add_mount(GROUP, p, p->user, "/etc/group");
	return (1);
}

/* ---- the file --------------------------------------------------------------------------------- */

static void
take_line(char *text, struct policy *p)
{
	const char *block = p->blocks[p->nblocks].name;
	const struct keyword *k = keywords;
	char *words[MANY + 2] = {NULL};
	int n = 0, i = 0;

	text[strcspn(text, "#")] = '\0';
	while (n < MANY + 2 && (words[n] = strtok_r(text, BLANKS, &text)) != NULL)
		n++;
	if (n-- == 0)
		return;
	while (k->name != NULL && strcmp(k->name, words[0]) != 0)
		k++;
	expect(k->name != NULL, "unknown word %s", words[0]);
	expect(n >= k->min && n <= k->max, "%s takes at least %d and at most %d words (and no =)",
	    k->name, k->min, k->max);
	expect(k->scope != FIRST || block == NULL, "%s must not stand in a block", k->name);
	expect(k->scope != BLOCK || block != NULL, "%s must not stand outside of a block", k->name);
	expect(k->scope != NAMED || (block != NULL && *block != '\0'),
	    "%s must not stand outside of a block `root NAME`", k->name);
	do
		i += k->take(k, words + 1 + i, p);
	while (i < n);
	block_of(p)->isolate |= k->isolate;
}

/*
 * Chooses the launch's block: the one of that name; for a path, the one with the number that is its
 * last step as `handle`, else the block `volatile`.
 */
static void
choose(const struct policy *p, struct launch *l)
{
	const char *slash = l->root == NULL ? NULL : strrchr(l->root, '/');
	const char *name = slash == NULL ? l->root : slash + 1;
	const struct block *b, *other;
	char handle[32];

	for (b = p->blocks + 1; b <= p->blocks + p->nblocks; b++) {
		line = b->line;
		for (other = p->blocks + 1; other < b; other++)
			expect(strcmp(b->name, other->name) != 0 &&
				   (b->numbers[HANDLE] == ULONG_MAX ||
				       b->numbers[HANDLE] != other->numbers[HANDLE]),
			    "the name or handle of the block in line %d again", other->line);
		if (*b->name == '\0') {
			l->block = l->block->base == NULL ? b : l->block;
			continue;
		}
		expect(b->base != NULL && (*b->base == '/' || strcmp(b->base, "tmpfs") == 0) &&
			   strchr(b->name, '/') == NULL,
		    "root %s: needs a name without / and `base tmpfs` or `base /DIRECTORY`",
		    b->name);
		snprintf(handle, sizeof(handle), "%08lx", b->numbers[HANDLE]);
		if (name != NULL && (slash == NULL || b->numbers[HANDLE] != ULONG_MAX) &&
		    strcmp(name, slash == NULL ? b->name : handle) == 0)
			l->block = b;
	}
}

void
policy_use(struct launch *l, const struct block *b)
{
	l->block = b;
	/* Without privilege over the host's mount namespace the launcher needs one of its own. */
	l->isolate = l->asked | b->isolate | (l->rootless ? CLONE_NEWNS : 0);
	if (b->base != NULL && !b->has_isolate)
		l->isolate |= CLONE_NEWPID | CLONE_NEWIPC;
}

void
policy_read(struct policy *p, struct launch *l)
{
	FILE *f = open_trusted(POLICY_FILE, l->rootless);
	char *text = NULL;
	size_t size = 0;

	/* No line is freed: the policy points to its words. */
	for (line = 1; getline(&text, &size, f) != -1; line++, text = NULL, size = 0)
		take_line(text, p);
	/* Not ferror(3): a getline(3) without memory need not be an error of the file. */
	need(feof(f), REFUSED, POLICY_FILE);
	choose(p, l);
	must(p->has_caller, REFUSED, POLICY_FILE ": no line `caller USER`");
	policy_use(l, l->block);
	l->user = p->user;
	if (l->block->here && l->own != NULL)
		l->where = l->own;
}
