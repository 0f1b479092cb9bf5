#include <errno.h>
#include <fnmatch.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "environment.h"

#define MUST	     "must be NAME, NAME=VALUE, PATTERN, !NAME or !PATTERN"
#define ONE	     "has blanks: say -e for each name or pattern"
#define BLANKS	     " \t\n"
#define MAX_NAME     4096 /* of those that a pattern is compared with */
#define FIRST_SIZE   32
#define SPECIALS     "*?["
#define JOBS	     "--jobserver-"
#define JOBS_BY_PATH "=fifo:"

static bool
is_pattern(const char *word)
{
	return (strpbrk(word, SPECIALS) != NULL);
}

static bool
has_name(const char *variable, const char *name, size_t len)
{
	return (strncmp(variable, name, len) == 0 && variable[len] == '=');
}

static bool
matches(const char *variable, const char *pattern)
{
	char name[MAX_NAME];
	size_t len = strcspn(variable, "=");

	if (len >= sizeof(name))
		return (false);
	memcpy(name, variable, len);
	name[len] = '\0';
	return (fnmatch(pattern, name, 0) == 0);
}

static void
remove_at(struct environment *env, size_t i)
{
	memmove(&env->list[i], &env->list[i + 1], (env->n - i) * sizeof(*env->list));
	env->n--;
}

/* The last value of a name counts. */
static void
remove_name(struct environment *env, const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < env->n; i++)
		if (has_name(env->list[i], name, len))
			break;
	if (i < env->n)
		remove_at(env, i);
}

static int
add(struct environment *env, const char *variable, const char **why)
{
	size_t size = env->size == 0 ? FIRST_SIZE : 2 * env->size;
	const char **list;

	remove_name(env, variable, strcspn(variable, "="));
	/* One place is for the NULL. */
	if (env->n + 1 >= env->size) {
		if ((list = reallocarray(env->list, size, sizeof(*list))) == NULL) {
			*why = strerror(errno);
			return (-1);
		}
		env->list = list;
		env->size = size;
	}
	env->list[env->n++] = variable;
	env->list[env->n] = NULL;
	return (0);
}

/* ---- by pattern --------------------------------------------------------------------------- */

/* The jobserver of make -j is a pair of descriptors, which stay here. */
static bool
names_descriptors(const char *variable)
{
	const char *jobs = strstr(variable, JOBS);
	const char *equals = jobs == NULL ? NULL : strchr(jobs, '=');

	return (equals != NULL && strncmp(equals, JOBS_BY_PATH, strlen(JOBS_BY_PATH)) != 0);
}

/* Whether a variable travels only if it is named, at least by how it begins. */
static bool
stays(const char *variable, const char *pattern)
{
	static const char *const jobs[] = {"MAKEFLAGS", "MFLAGS", "CARGO_MAKEFLAGS"};
	static const char loader[] = "LD_";
	size_t i;

	/* For programs and libraries that are here. */
	if (strncmp(variable, loader, sizeof(loader) - 1) == 0)
		return (strncmp(pattern, loader, sizeof(loader) - 1) != 0);
	for (i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++)
		if (has_name(variable, jobs[i], strlen(jobs[i])))
			return (names_descriptors(variable));
	return (false);
}

static int
add_matching(struct environment *env, const char *pattern, const char **why)
{
	char **own;

	for (own = environ; *own != NULL; own++)
		if (**own != '=' && strchr(*own, '=') != NULL && matches(*own, pattern) &&
		    !stays(*own, pattern) && add(env, *own, why) == -1)
			return (-1);
	return (0);
}

static void
remove_matching(struct environment *env, const char *pattern)
{
	size_t i = 0;

	while (i < env->n) {
		if (matches(env->list[i], pattern))
			remove_at(env, i);
		else
			i++;
	}
}

/* ---- words -------------------------------------------------------------------------------- */

static int
add_own(struct environment *env, const char *name, const char **why)
{
	size_t len = strlen(name);
	char **own;

	for (own = environ; *own != NULL; own++)
		if (has_name(*own, name, len))
			return (add(env, *own, why));
	remove_name(env, name, len);
	return (0);
}

int
environment_take(struct environment *env, const char *word, const char **why)
{
	const char *equals = strchr(word, '=');
	bool out = *word == '!';

	*why = MUST;
	if (*word == '\0' || equals == word || (out && (equals != NULL || word[1] == '\0')))
		return (-1);
	if (equals != NULL)
		return (add(env, word, why));
	/* A list, as in RUNTOOL_ENV. There is no variable of that name, and nothing would be said. */
	if (word[strcspn(word, BLANKS)] != '\0') {
		*why = ONE;
		return (-1);
	}
	if (!out)
		return (is_pattern(word) ? add_matching(env, word, why) : add_own(env, word, why));
	remove_matching(env, word + 1);
	return (0);
}

void
environment_withdraw(struct environment *env, const char *variable)
{
	size_t i;

	for (i = 0; i < env->n; i++)
		if (env->list[i] == variable)
			break;
	if (i < env->n)
		remove_at(env, i);
}

void
environment_free(struct environment *env)
{
	free(env->list);
	*env = (struct environment){0};
}
