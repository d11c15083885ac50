/* Alerts by identity and in the order of the list. A merge has three parts, each of
 * which can stop after any step: take what is listed now, sweep what is not, sort.
 * Short ones run through at once; long ones go on in slices of 3 ms. Main thread. */
#include "alert_table.h"
#include "twins.h"

#include "app/actions.h"
#include "app/history.h"
#include "app/sources.h"
#include "base/alloc.h"
#include "base/map.h"
#include "base/time.h"
#include "io/loop.h"

#include <stdlib.h>
#include <string.h>

enum {
	ALERTS_MAX = 200000,
	SLICE_US = 3000,
	STEPS = 64,     /* between two looks at the clock */
	AT_ONCE = 2000, /* a merge or a sort up to here is not sliced */
	RUN = 32,
};

struct merge {
	struct merge *next;
	struct alert **list;
	size_t count, at;
	int source;
	bool snapshot, sweeping;
	uint32_t generation;
	size_t sweep_at, kept;
};

struct sorting {
	struct alert **from, **to;
	size_t count, runs, width, at;
};

struct alert_table {
	struct app *app;
	struct map by_key;
	struct twins twins;
	struct alert **list;
	size_t count, cap;
	bool unsorted, counted;
	uint64_t counted_deaf; /* sources that did not answer when it was counted */
	uint32_t generation;
	struct merge *merges;
	struct sorting *sorting;
	struct loop_timer *later;
	struct alert_counts totals;
};

static void go_on(void *ctx);

struct alert_table *alert_table_new(struct app *app)
{
	struct alert_table *table = mem_new(1, sizeof *table);

	table->app = app;
	table->later = loop_timer(app->loop, go_on, table);
	map_init(&table->by_key);
	return table;
}

static void free_merge(struct merge *merge)
{
	for (size_t i = merge->at; i < merge->count; i++)
		alert_free(merge->list[i]);
	mem_free(merge->list);
	mem_free(merge);
}

static void free_sorting(struct alert_table *table)
{
	if (!table->sorting)
		return;
	mem_free(table->sorting->from);
	mem_free(table->sorting->to);
	mem_free(table->sorting);
	table->sorting = NULL;
}

void alert_table_free(struct alert_table *table)
{
	struct merge *next;

	if (!table)
		return;
	for (struct merge *m = table->merges; m; m = next) {
		next = m->next;
		free_merge(m);
	}
	free_sorting(table);
	for (size_t i = 0; i < table->count; i++)
		alert_free(table->list[i]);
	loop_timer_free(table->later);
	mem_free(table->list);
	map_release(&table->by_key);
	twins_release(&table->twins);
	mem_free(table);
}

/* --- order --- */

/* What needs somebody, what somebody has, what is worth knowing, what is quiet. */
static int rank(const struct alert *alert)
{
	switch ((enum alert_state)alert->state) {
	case ALERT_FIRING:
		return alert->severity <= SEVERITY_WARNING ? 0 : 2;
	case ALERT_ACKNOWLEDGED:
		return 1;
	default:
		return alert->state + 1;
	}
}

static int in_order(const void *a, const void *b)
{
	const struct alert *x = *(const struct alert *const *)a;
	const struct alert *y = *(const struct alert *const *)b;
	int order;

	if (rank(x) != rank(y))
		return rank(x) - rank(y);
	if (x->severity != y->severity)
		return x->severity - y->severity;
	if (x->started_at != y->started_at)
		return x->started_at > y->started_at ? -1 : 1;
	order = untrusted_cmp_natural(
		alert_text(x, ALERT_SERVICE), alert_text(y, ALERT_SERVICE));
	if (!order)
		order = untrusted_cmp_natural(
			alert_text(x, ALERT_TITLE), alert_text(y, ALERT_TITLE));
	if (order)
		return order;
	return x->key < y->key ? -1 : x->key > y->key;
}

static void sort_at_once(struct alert_table *table)
{
	qsort(table->list, table->count, sizeof(struct alert *), in_order);
	for (size_t i = 0; i < table->count; i++)
		table->list[i]->index = (uint32_t)i;
	table->unsorted = false;
}

static void sort_run(struct sorting *s)
{
	size_t end = s->runs + RUN < s->count ? s->runs + RUN : s->count;

	qsort(s->from + s->runs, end - s->runs, sizeof(struct alert *), in_order);
	s->runs = end;
}

static void merge_runs(struct sorting *s)
{
	size_t mid = s->at + s->width < s->count ? s->at + s->width : s->count;
	size_t end = mid + s->width < s->count ? mid + s->width : s->count;
	size_t i = s->at, j = mid;

	for (size_t k = s->at; k < end; k++) {
		bool left =
			j == end || (i < mid && in_order(&s->from[i], &s->from[j]) <= 0);

		s->to[k] = left ? s->from[i++] : s->from[j++];
	}
	s->at = end;
}

static void finish_sort(struct alert_table *table)
{
	struct sorting *s = table->sorting;

	memcpy(table->list, s->from, s->count * sizeof(struct alert *));
	for (size_t i = 0; i < table->count; i++)
		table->list[i]->index = (uint32_t)i;
	free_sorting(table);
	table->unsorted = false;
	app_changed(table->app, CHANGED_ALERTS);
}

static void step_sort(struct alert_table *table)
{
	struct sorting *s = table->sorting;

	if (!s) {
		s = table->sorting = mem_new(1, sizeof *s);
		s->count = table->count;
		s->from = mem_dup(table->list, s->count * sizeof(struct alert *));
		s->to = mem_new(s->count, sizeof(struct alert *));
		s->width = RUN;
	} else if (s->runs < s->count) {
		sort_run(s);
	} else if (s->width >= s->count) {
		finish_sort(table);
	} else if (s->at < s->count) {
		merge_runs(s);
	} else {
		struct alert **swap = s->from;

		s->from = s->to;
		s->to = swap;
		s->at = 0;
		s->width *= 2;
	}
}

/* --- merging --- */

static void changed(struct alert_table *table)
{
	table->unsorted = true;
	table->counted = false;
	app_changed(table->app, CHANGED_ALERTS);
}

static void put(struct alert_table *table, struct alert *alert, uint32_t generation)
{
	struct alert *old = map_get(&table->by_key, &alert->key, sizeof alert->key);

	if (old)
		alert->joined = old->joined;
	alert = acks_apply(table->app->acks, alert);
	alert->generation = generation;
	if (old && alert_same(old, alert)) {
		old->generation = generation;
		alert_free(alert);
		return;
	}
	if (!old && table->count == ALERTS_MAX) {
		alert_free(alert);
		return;
	}
	map_put(&table->by_key, &alert->key, sizeof alert->key, alert);
	if (old)
		twins_remove(&table->twins, old);
	twins_put(&table->twins, alert);
	if (old) {
		alert->index = old->index;
		table->list[alert->index] = alert;
		alert_free(old);
	} else {
		MEM_ROOM(table->list, table->count, table->cap);
		alert->index = (uint32_t)table->count;
		table->list[table->count++] = alert;
	}
	history_alert(table->app->history, alert->key);
	changed(table);
}

/* The last one takes the place of what is gone: no gap at any moment. */
static void take_out(struct alert_table *table, struct alert *alert)
{
	table->list[alert->index] = table->list[--table->count];
	table->list[alert->index]->index = alert->index;
	map_del(&table->by_key, &alert->key, sizeof alert->key);
	twins_remove(&table->twins, alert);
	changed(table);
}

static void drop(struct alert_table *table, struct alert *alert)
{
	take_out(table, alert);
	history_alert_over(table->app->history, alert);
}

static void step_merge(struct alert_table *table)
{
	struct merge *m = table->merges;

	if (!m->sweeping) {
		if (m->at < m->count) {
			put(table, m->list[m->at], m->generation);
			m->at++;
			return;
		}
		m->sweeping = true;
	}
	if (m->snapshot && m->sweep_at < table->count) {
		struct alert *alert = table->list[m->sweep_at];

		if (alert->source == m->source && alert->generation != m->generation)
			drop(table, alert);
		else
			m->sweep_at++;
		return;
	}
	table->merges = m->next;
	if (m->snapshot)
		history_snapshot(table->app->history, m->source);
	free_merge(m);
}

static bool long_list(const struct alert_table *table)
{
	return table->count > AT_ONCE;
}

/* Sorting waits until nothing more is to be merged: it sorts pointers that must live. */
static bool step(struct alert_table *table)
{
	if (table->merges)
		step_merge(table);
	else if (table->unsorted && long_list(table))
		step_sort(table);
	else
		return false;
	return true;
}

static void work(struct alert_table *table)
{
	int64_t until = time_mono_us() + SLICE_US;
	bool sliced =
		long_list(table) || (table->merges && table->merges->count > AT_ONCE);

	if (table->merges)
		free_sorting(table);
	for (int i = 1; step(table); i++) {
		/* A merge of long runs is a long step: look at the clock each time. */
		if (sliced && (i % STEPS == 0 || table->sorting) &&
			time_mono_us() > until) {
			loop_timer_start(table->later, 1);
			return;
		}
	}
}

static void go_on(void *ctx)
{
	work(ctx);
}

void alert_table_merge(struct alert_table *table, int source, struct alert **list,
	size_t count, bool snapshot)
{
	struct merge *m = mem_new(1, sizeof *m), **end = &table->merges;

	m->list = list;
	m->count = count;
	m->source = source;
	m->snapshot = snapshot;
	m->generation = ++table->generation;
	while (*end)
		end = &(*end)->next;
	*end = m;
	if (count > AT_ONCE) {
		map_reserve(&table->by_key, table->count + count);
		twins_reserve(&table->twins, count);
	}
	work(table);
}

void alert_table_put(struct alert_table *table, struct alert *alert)
{
	free_sorting(table);
	put(table, alert, table->generation);
	work(table);
}

void alert_table_forget(struct alert_table *table, int source)
{
	struct merge **at = &table->merges, *m;

	free_sorting(table);
	while ((m = *at)) {
		if (m->source != source) {
			m->sweep_at = 0; /* what it has passed may stand elsewhere now */
			at = &m->next;
			continue;
		}
		*at = m->next;
		free_merge(m);
	}
	for (size_t i = 0; i < table->count;) {
		struct alert *alert = table->list[i];

		if (alert->source != source) {
			i++;
			continue;
		}
		take_out(table, alert);
		alert_free(alert);
	}
	work(table);
}

void alert_table_remove(struct alert_table *table, uint64_t key)
{
	struct alert *alert = map_get(&table->by_key, &key, sizeof key);

	if (!alert)
		return;
	free_sorting(table);
	drop(table, alert);
	work(table);
}

/* --- looking --- */

bool alert_table_settled(const struct alert_table *table)
{
	return !table->merges && !(table->unsorted && long_list(table));
}

size_t alert_table_count(const struct alert_table *table)
{
	return table->count;
}

const struct alert *alert_table_at(const struct alert_table *table, size_t i)
{
	if (table->unsorted && !table->sorting && !long_list(table))
		sort_at_once((struct alert_table *)(uintptr_t)table);
	return table->list[i];
}

const struct alert *alert_table_find(const struct alert_table *table, uint64_t key)
{
	return map_get(&table->by_key, &key, sizeof key);
}

/* --- told by several sources --- */

static uint64_t deaf_sources(const struct alert_table *table)
{
	const struct app *app = table->app;
	uint64_t deaf = 0;

	for (size_t i = 1; i < sources_count(app->sources); i++)
		if (source_health(sources_at(app->sources, i), app->now) == HEALTH_BAD)
			deaf |= UINT64_C(1) << sources_at(app->sources, i)->number % 64;
	return deaf;
}

/* Who calls somebody knows what he said to it; who decides whether somebody is called
 * knows of silences; who only evaluates rules knows neither, and counts when the others
 * do not answer. */
static int authority(const struct alert_table *table, const struct alert *alert)
{
	size_t source = (size_t)alert->source;
	const struct sources *sources = table->app->sources;

	if (source_health(sources_row(sources, source), table->app->now) == HEALTH_BAD)
		return 3;
	return alert->pages ? 0 : 1 + sources_charts(sources, source);
}

static int by_authority(
	const struct alert_table *table, const struct alert *a, const struct alert *b)
{
	int order = authority(table, a) - authority(table, b);

	if (!order)
		order = rank(a) - rank(b);
	if (!order)
		order = a->severity - b->severity;
	if (!order)
		order = a->source - b->source;
	return order ? order : a->key < b->key ? -1 : a->key > b->key;
}

const struct alert *alert_table_twin(const struct alert_table *table,
	const struct alert *alert, const struct alert *after)
{
	return twins_next(&table->twins, alert, after);
}

uint64_t alert_table_identity(const struct alert_table *table, const struct alert *alert)
{
	return twins_identity(&table->twins, alert);
}

uint64_t alert_table_told(const struct alert_table *table, const struct alert *alert)
{
	return twins_told(&table->twins, alert);
}

void alert_table_join(struct alert_table *table, uint64_t key, uint64_t joined)
{
	struct alert *alert = map_get(&table->by_key, &key, sizeof key);

	if (!alert || alert->joined == joined)
		return;
	twins_remove(&table->twins, alert);
	alert->joined = joined;
	twins_put(&table->twins, alert);
	table->counted = false;
	app_changed(table->app, CHANGED_ALERTS);
}

bool alert_table_speaks(const struct alert_table *table, const struct alert *alert)
{
	const struct alert *twin = NULL;

	if (!alert->twinned)
		return true;
	while ((twin = twins_next(&table->twins, alert, twin)))
		if (twin != alert && by_authority(table, twin, alert) < 0)
			return false;
	return true;
}

enum severity alert_table_worst(
	const struct alert_table *table, const struct alert *alert)
{
	int worst = alert->severity;
	const struct alert *twin = NULL;

	while (alert->twinned && (twin = twins_next(&table->twins, alert, twin)))
		if (twin->state <= ALERT_ACKNOWLEDGED && twin->severity < worst)
			worst = twin->severity;
	return (enum severity)worst;
}

/* The only one of that source with all its labels and more. */
static const struct alert *sent_on(
	const struct alert *alert, const struct alert **list, size_t n)
{
	const struct alert *found = NULL;

	for (size_t i = 0; i < n; i++) {
		if (!twins_extended(alert, list[i]))
			continue;
		if (found && found->source == list[i]->source)
			return NULL;
		found = found ? found : list[i];
	}
	return found;
}

void alert_table_learn(struct alert_table *table)
{
	enum { LOOKED_AT = 1000, TRIED = 20 };
	const struct alert *heard[LOOKED_AT];
	size_t n = 0, tried = 0;
	const struct sources *sources = table->app->sources;

	if (!alert_table_settled(table))
		return;
	for (size_t i = 0; i < table->count && i < LOOKED_AT; i++)
		if (table->list[i]->labels_hash &&
			!sources_charts(sources, (size_t)table->list[i]->source))
			heard[n++] = table->list[i];
	for (size_t i = 0; n && i < table->count && i < LOOKED_AT && tried < TRIED; i++) {
		const struct alert *alert = table->list[i], *other;

		if (alert->twinned || !alert->labels_hash ||
			!sources_charts(sources, (size_t)alert->source))
			continue;
		tried++;
		other = sent_on(alert, heard, n);
		if (!other)
			continue;
		twins_learn(&table->twins, alert, other);
		changed(table);
		return;
	}
}

/* --- counting --- */

struct alert_counts alert_table_totals(const struct alert_table *table)
{
	struct alert_table *own = (struct alert_table *)(uintptr_t)table;
	uint64_t deaf = deaf_sources(table);

	if (table->counted && table->counted_deaf == deaf)
		return table->totals;
	own->totals = (struct alert_counts){0};
	for (size_t i = 0; i < table->count; i++) {
		const struct alert *alert = table->list[i];

		if (!alert_table_speaks(table, alert))
			continue;
		own->totals.total++;
		if (alert->state == ALERT_FIRING)
			own->totals.firing[alert_table_worst(table, alert)]++;
		else if (alert->state == ALERT_ACKNOWLEDGED)
			own->totals.acknowledged++;
		else if (alert->state == ALERT_SILENCED)
			own->totals.silenced++;
	}
	own->counted = true;
	own->counted_deaf = deaf;
	return own->totals;
}
