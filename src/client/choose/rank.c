#include "rank.h"

static enum rank_room
room(const struct rank_server *s)
{
	if (!s->usable || s->max_tools <= 0)
		return (RANK_FULL);
	if (s->in_flight < s->max_tools)
		return (RANK_START);
	return (s->in_flight - s->max_tools < s->max_pending ? RANK_QUEUE : RANK_FULL);
}

static double
load_per_cpu(const struct rank_server *s)
{
	return (s->load / (s->cpus > 0 ? s->cpus : 1));
}

static bool
is_idle(const struct rank_server *s, double negligible)
{
	return (room(s) == RANK_START && s->in_flight == 0 && load_per_cpu(s) < negligible);
}

/* The share of its slots that is taken. */
static double
share_taken(const struct rank_server *s)
{
	return ((double)s->in_flight / s->max_tools);
}

static double
load(const struct rank_server *s)
{
	double average = load_per_cpu(s), taken = share_taken(s);

	return (average > taken ? average : taken);
}

static int
compare_numbers(double a, double b)
{
	return ((a > b) - (a < b));
}

/* Negative: `a` is better. Neither is full. */
typedef int compare_fn(const struct rank_server *a, const struct rank_server *b);

static int
compare_room(const struct rank_server *a, const struct rank_server *b)
{
	return ((int)room(b) - (int)room(a));
}

static int
compare_load(const struct rank_server *a, const struct rank_server *b)
{
	int diff = compare_room(a, b);

	if (diff == 0)
		diff = compare_numbers(load(a), load(b));
	/* If the load average is larger, and hides what they run. */
	if (diff == 0)
		diff = compare_numbers(share_taken(a), share_taken(b));
	return (diff);
}

static int
compare_requests(const struct rank_server *a, const struct rank_server *b)
{
	int diff = compare_room(a, b);

	if (diff == 0)
		diff = (int)a->loaded - (int)b->loaded;
	if (diff == 0)
		diff = compare_numbers(a->in_flight, b->in_flight);
	return (diff);
}

static enum rank_room
find_best(const struct rank_server *servers, size_t n, compare_fn *compare,
    uint32_t (*below)(uint32_t), size_t *best)
{
	uint32_t equals = 0;
	size_t i;
	int diff;

	for (i = 0; i < n; i++) {
		if (room(&servers[i]) == RANK_FULL)
			continue;
		diff = equals == 0 ? -1 : compare(&servers[i], &servers[*best]);
		if (diff <= 0)
			equals = diff < 0 ? 1 : equals + 1;
		if (diff < 0 || (diff == 0 && below(equals) == 0))
			*best = i;
	}
	return (equals == 0 ? RANK_FULL : room(&servers[*best]));
}

enum rank_room
rank_platform(const struct rank_server *servers, size_t n, double negligible,
    uint32_t (*below)(uint32_t), size_t *best)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (is_idle(&servers[i], negligible)) {
			*best = i;
			return (RANK_START);
		}
	}
	return (find_best(servers, n, compare_load, below, best));
}

enum rank_room
rank_area(const struct rank_server *servers, size_t n, uint32_t (*below)(uint32_t), size_t *best)
{
	return (find_best(servers, n, compare_requests, below, best));
}

int
rank_fewest(const struct rank_server *servers, size_t n)
{
	int fewest = -1;
	size_t i;

	for (i = 0; i < n; i++)
		if (servers[i].usable && (fewest == -1 || servers[i].in_flight < fewest))
			fewest = servers[i].in_flight;
	return (fewest);
}
