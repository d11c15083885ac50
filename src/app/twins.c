/* A hash table whose lists go through the alerts themselves: nothing is allocated for
 * one. An alert and its twins stand in the same list, among others by chance. Hides that
 * the hash of an alert depends on who tells of it, and that app/joins.c may have found
 * more than labels say. Main thread. */
#include "twins.h"

#include "base/alloc.h"

#include <string.h>

/* Growing goes through all of them, so they grow far once they are many. */
enum { LEAST = 64, MANY = 8192, MOST = 1 << 16, TWINS_MAX = RC_MAX_SOURCES };

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

/* The others have no labels to go by, and nobody joined them; or were too many. */
static bool listed(const struct alert *alert)
{
	return !alert->crowded && (alert->joined || alert->labels_hash);
}

static struct alert **list_of(const struct twins *twins, const struct alert *alert)
{
	return &twins->lists[hash_of(twins, alert) & (twins->cap - 1)];
}

static void insert(struct twins *twins, struct alert *alert)
{
	struct alert **list = list_of(twins, alert);
	uint64_t hash = hash_of(twins, alert);
	size_t alike = 0;

	for (struct alert *twin = *list; twin && alike < TWINS_MAX; twin = twin->twin) {
		if (hash_of(twins, twin) != hash)
			continue;
		twin->twinned = alert->twinned = true;
		alike++;
	}
	if (alike == TWINS_MAX) {
		alert->crowded = true;
		alert->twinned = false;
		return;
	}
	alert->twin = *list;
	*list = alert;
	twins->count++;
}

static void make_lists(struct twins *twins, size_t cap)
{
	struct alert **old = twins->lists;
	size_t old_cap = twins->cap;

	twins->cap = cap;
	twins->count = 0;
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

	while (cap < count && cap < MANY)
		cap *= 2;
	if (cap < count)
		cap = MOST;
	if (cap > twins->cap)
		make_lists(twins, cap);
}

void twins_put(struct twins *twins, struct alert *alert)
{
	alert->crowded = false;
	if (!listed(alert))
		return;
	twins_reserve(twins, twins->count + 1);
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

struct alert *twins_next(
	const struct twins *twins, const struct alert *alert, const struct alert *after)
{
	struct alert *next;

	if (!listed(alert))
		return after ? NULL : (struct alert *)(uintptr_t)alert;
	next = after ? after->twin : *list_of(twins, alert);
	while (next && hash_of(twins, next) != hash_of(twins, alert))
		next = next->twin;
	return next;
}

uint64_t twins_identity(const struct twins *twins, const struct alert *alert)
{
	return listed(alert) ? hash_of(twins, alert) : alert->key;
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
	twins->count = 0;
	memset(twins->lists, 0, twins->cap * sizeof *twins->lists);
}
