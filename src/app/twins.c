/* A hash table whose lists go through the alerts themselves: nothing is allocated for
 * one. An alert and its twins stand in the same list, among others by chance. Hides that
 * the hash of an alert depends on who tells of it, and that app/joins.c may have found
 * more than labels say. Main thread. */
#include "twins.h"

#include "base/alloc.h"

enum { LEAST = 64 };

void twins_release(struct twins *twins)
{
	mem_free(twins->lists);
	*twins = (struct twins){0};
}

uint64_t twins_told(const struct twins *twins, const struct alert *alert)
{
	return alert->labels_hash ? alert->labels_hash + twins->added[alert->source]
				  : alert->key;
}

static uint64_t hash_of(const struct twins *twins, const struct alert *alert)
{
	return alert->joined ? alert->joined : twins_told(twins, alert);
}

/* The others have no labels to go by, and nobody joined them. */
static bool listed(const struct alert *alert)
{
	return alert->joined || alert->labels_hash;
}

static struct alert **list_of(const struct twins *twins, const struct alert *alert)
{
	return &twins->lists[hash_of(twins, alert) & (twins->cap - 1)];
}

static void insert(struct twins *twins, struct alert *alert)
{
	struct alert **list = list_of(twins, alert);
	uint64_t hash = hash_of(twins, alert);

	for (struct alert *twin = *list; twin; twin = twin->twin)
		if (hash_of(twins, twin) == hash)
			twin->twinned = alert->twinned = true;
	alert->twin = *list;
	*list = alert;
}

static void make_lists(struct twins *twins, size_t cap)
{
	struct alert **old = twins->lists;
	size_t old_cap = twins->cap;

	twins->cap = cap;
	twins->lists = mem_new(cap, sizeof *twins->lists);
	for (size_t i = 0; i < old_cap; i++) {
		struct alert *next;

		for (struct alert *alert = old[i]; alert; alert = next) {
			next = alert->twin;
			insert(twins, alert);
		}
	}
	mem_free(old);
}

void twins_reserve(struct twins *twins, size_t count)
{
	size_t cap = twins->cap ? twins->cap : LEAST;

	while (cap < count)
		cap *= 2;
	if (cap > twins->cap)
		make_lists(twins, cap);
}

void twins_put(struct twins *twins, struct alert *alert)
{
	if (!listed(alert))
		return;
	/* Growing goes through all of them: seldom. */
	if (++twins->count > twins->cap * 2)
		twins_reserve(twins, twins->count);
	insert(twins, alert);
}

void twins_remove(struct twins *twins, struct alert *alert)
{
	struct alert **at;

	if (!listed(alert))
		return;
	at = list_of(twins, alert);
	while (*at != alert)
		at = &(*at)->twin;
	*at = alert->twin;
	twins->count--;
}

const struct alert *twins_next(
	const struct twins *twins, const struct alert *alert, const struct alert *after)
{
	const struct alert *next;

	if (!listed(alert))
		return after ? NULL : alert;
	next = after ? after->twin : *list_of(twins, alert);
	while (next && hash_of(twins, next) != hash_of(twins, alert))
		next = next->twin;
	return next;
}

uint64_t twins_identity(const struct twins *twins, const struct alert *alert)
{
	return hash_of(twins, alert);
}

static bool has_label(const struct alert *alert, struct pair label)
{
	for (size_t i = 0; i < alert->label_count; i++) {
		struct pair own = alert_label(alert, i);

		if (untrusted_eq(own.name, label.name))
			return untrusted_eq(own.value, label.value);
	}
	return false;
}

bool twins_extended(const struct alert *alert, const struct alert *sent_on)
{
	if (!alert->labels_hash || sent_on->label_count <= alert->label_count)
		return false;
	for (size_t i = 0; i < alert->label_count; i++)
		if (!has_label(sent_on, alert_label(alert, i)))
			return false;
	return true;
}

void twins_learn(
	struct twins *twins, const struct alert *alert, const struct alert *sent_on)
{
	twins->added[alert->source] = sent_on->labels_hash - alert->labels_hash;
	make_lists(twins, twins->cap);
}
