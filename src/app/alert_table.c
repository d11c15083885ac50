/* Alerts by identity, and the order in which they are shown. Work has four parts, each
 * of which can stop after any step: take what is listed now, sweep what is not, sort,
 * and give back what is shown no more. Short ones run through at once; long ones go on
 * in slices. An alert that was replaced or dropped lives until the new order
 * is shown, as the old one still points to it. Main thread. */
#include "alert_table.h"
#include "twins.h"

#include "app/actions.h"
#include "app/history.h"
#include "app/sources.h"
#include "base/alloc.h"
#include "base/sort.h"
#include "base/time.h"
#include "io/loop.h"
#include "io/task.h"

#include <string.h>

enum {
	ALERTS_MAX = 200000,
	STEPS = 16,    /* between two looks at the clock */
	AT_ONCE = 500, /* a merge or a sort up to here is not sliced */
	SLOTS_MIN = 64,
	TRIM_FROM = 5000, /* alerts that came */
};

struct merge {
	struct merge *next;
	struct alert **list;
	size_t count, at;
	int source;
	bool snapshot, sweeping;
	uint32_t generation;
	size_t sweep_at;
};

/* Where an alert is, found by its key: 8 bytes each, as there may be very many. */
struct slot {
	uint32_t tag;   /* of the key: slots can move without a look at the alert */
	uint32_t place; /* in live, counted from 1; 0: free */
};

struct alerts_list {
	struct alert **items;
	size_t count, cap;
};

struct alert_table {
	struct app *app;
	alert_row_fn is_row;
	void *ctx;
	struct slot *slots;
	size_t slot_cap;
	struct twins twins;
	struct alerts_list live;  /* as merged, in no order */
	struct alerts_list shown; /* what was live when it was last sorted */
	struct alerts_list gone;  /* not live any more, maybe still shown */
	struct alerts_list spent; /* not shown any more either: to be given back */
	bool unsorted, sorting, uncounted, untwinned;
	size_t count_at, twin_at; /* live ones that come next, when it is so */
	uint64_t deaf;            /* sources that do not answer, for the counts */
	size_t untrimmed;
	uint32_t generation, version;
	struct merge *merges;
	struct sort sort;
	struct loop_timer *later;
	struct alert_counts counts;
	struct {
		size_t listed, open;
	} of[RC_MAX_SOURCES + 1];
};

static void go_on(void *ctx);

struct alert_table *alert_table_new(struct app *app, alert_row_fn is_row, void *ctx)
{
	struct alert_table *table = mem_new(1, sizeof *table);

	table->app = app;
	table->is_row = is_row;
	table->ctx = ctx;
	table->later = loop_timer(app->loop, go_on, table);
	return table;
}

static void free_merge(struct merge *merge)
{
	for (size_t i = merge->at; i < merge->count; i++)
		alert_free(merge->list[i]);
	mem_free(merge->list);
	mem_free(merge);
}

static void free_list(struct alerts_list *list, bool alerts)
{
	for (size_t i = 0; alerts && i < list->count; i++)
		alert_free(list->items[i]);
	mem_free(list->items);
	*list = (struct alerts_list){0};
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
	sort_release(&table->sort);
	free_list(&table->live, true);
	free_list(&table->gone, true);
	free_list(&table->spent, true);
	free_list(&table->shown, false);
	loop_timer_free(table->later);
	twins_release(&table->twins);
	mem_free(table->slots);
	mem_free(table);
}

static void append(struct alerts_list *list, struct alert *alert)
{
	MEM_ROOM(list->items, list->count, list->cap);
	list->items[list->count++] = alert;
}

/* --- by key: open addressing, the keys are hashes already --- */

static uint32_t tag_of(uint64_t key)
{
	return (uint32_t)(key ^ key >> 32);
}

static struct alert *slot_alert(const struct alert_table *table, const struct slot *slot)
{
	return table->live.items[slot->place - 1];
}

/* The slot of the key, or the free one where it belongs. */
static struct slot *find_slot(const struct alert_table *table, uint64_t key)
{
	size_t mask = table->slot_cap - 1, i = tag_of(key) & mask;

	while (table->slots[i].place &&
		(table->slots[i].tag != tag_of(key) ||
			slot_alert(table, &table->slots[i])->key != key))
		i = (i + 1) & mask;
	return &table->slots[i];
}

static void make_room(struct alert_table *table, size_t count)
{
	size_t cap = table->slot_cap ? table->slot_cap : SLOTS_MIN, old = table->slot_cap;
	struct slot *slots = table->slots;

	while (count * 8 >= cap * 7)
		cap *= 2;
	if (cap == old)
		return;
	table->slots = mem_new(cap, sizeof *table->slots);
	table->slot_cap = cap;
	for (size_t i = 0; i < old; i++) {
		size_t at = slots[i].tag & (cap - 1);

		if (!slots[i].place)
			continue;
		while (table->slots[at].place)
			at = (at + 1) & (cap - 1);
		table->slots[at] = slots[i];
	}
	mem_free(slots);
}

/* What was put behind it because it was there moves up. */
static void free_slot(struct alert_table *table, struct slot *slot)
{
	size_t mask = table->slot_cap - 1, i = (size_t)(slot - table->slots);

	for (size_t j = (i + 1) & mask; table->slots[j].place; j = (j + 1) & mask) {
		size_t home = table->slots[j].tag & mask;

		if (((j - home) & mask) >= ((j - i) & mask)) {
			table->slots[i] = table->slots[j];
			i = j;
		}
	}
	table->slots[i] = (struct slot){0};
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

static int in_order(const void *ctx, const void *a, const void *b)
{
	const struct alert *x = a, *y = b;
	int order;

	(void)ctx;
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

/* What is gone by now is not shown from here on. Mostly `spent` is empty. */
static void spend(struct alert_table *table)
{
	struct alerts_list swap = table->spent;

	if (table->spent.count) {
		for (size_t i = 0; i < table->gone.count; i++)
			append(&table->spent, table->gone.items[i]);
		table->gone.count = 0;
		return;
	}
	table->spent = table->gone;
	table->gone = swap;
}

static void show(struct alert_table *table)
{
	mem_free(table->shown.items);
	table->shown.count = table->shown.cap = table->live.count;
	table->shown.items = (struct alert **)sort_take(&table->sort);
	table->sorting = table->unsorted = false;
	table->version++;
	spend(table);
	app_changed(table->app, CHANGED_ALERTS);
}

static void step_sort(struct alert_table *table)
{
	if (!table->sorting)
		sort_begin(&table->sort, (void *const *)table->live.items,
			table->live.count, in_order, NULL);
	table->sorting = true;
	if (!sort_step(&table->sort))
		show(table);
}

static void stop_sort(struct alert_table *table)
{
	sort_release(&table->sort);
	table->sorting = false;
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
	const struct sources *sources = table->app->sources;

	if (source_health(sources_row(sources, alert->source), table->app->now) ==
		HEALTH_BAD)
		return 3;
	return alert->pages ? 0 : 1 + sources_charts(sources, alert->source);
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

/* What is shown may be known anew by now: it is no twin of itself. */
bool alert_table_speaks(const struct alert_table *table, const struct alert *alert)
{
	const struct alert *twin = NULL;

	if (!alert->twinned)
		return true;
	while ((twin = twins_next(&table->twins, alert, twin)))
		if (twin->key != alert->key && by_authority(table, twin, alert) < 0)
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

/* --- counting --- */

/* by is 1, or (size_t)-1 to take it off again. */
static void tally(struct alert_table *table, const struct alert *alert, size_t by)
{
	table->of[alert->source].listed += by;
	if (alert->state == ALERT_FIRING && alert->pages)
		table->counts.pages += by;
	if (alert->state == ALERT_FIRING || alert->state == ALERT_ACKNOWLEDGED)
		table->of[alert->source].open += by;
	table->unsorted = true;
}

static void add_count(struct alert_table *table, const struct alert *alert, size_t by)
{
	struct alert_counts *c = &table->counts;

	c->total += by;
	if (alert->state == ALERT_FIRING)
		c->firing[alert->counted_as] += by;
	else if (alert->state == ALERT_ACKNOWLEDGED)
		c->acknowledged += by;
	else if (alert->state == ALERT_SILENCED)
		c->silenced += by;
}

/* One that fires counts as its worst twin, which may be another by now. */
static void count(struct alert_table *table, struct alert *alert, bool counted)
{
	enum severity worst = counted ? alert_table_worst(table, alert) : SEVERITY_OK;

	if (alert->counted == counted && (!counted || alert->counted_as == worst))
		return;
	if (alert->counted)
		add_count(table, alert, (size_t)-1);
	alert->counted = counted;
	alert->counted_as = worst;
	if (counted)
		add_count(table, alert, 1);
}

/* Of an alert and its twins the one that speaks. */
static void count_twins(struct alert_table *table, const struct alert *alert)
{
	struct alert *twin = NULL;

	while ((twin = twins_next(&table->twins, alert, twin)))
		count(table, twin, alert_table_speaks(table, twin));
}

static void twin_in(struct alert_table *table, struct alert *alert)
{
	twins_put(&table->twins, alert);
	if (alert->twinned)
		count_twins(table, alert);
	else
		count(table, alert, true);
}

static void twin_out(struct alert_table *table, struct alert *alert)
{
	struct alert *twin = NULL;

	twins_remove(&table->twins, alert);
	count(table, alert, false);
	/* Who is in no list is a twin of itself: not counted again on its way out. */
	while (alert->twinned && (twin = twins_next(&table->twins, alert, twin)))
		if (twin != alert)
			count(table, twin, alert_table_speaks(table, twin));
}

/* Who speaks for twins has changed without an answer. */
static void begin_count(struct alert_table *table)
{
	table->uncounted = true;
	table->count_at = 0;
}

static void step_count(struct alert_table *table)
{
	if (table->count_at < table->live.count) {
		struct alert *alert = table->live.items[table->count_at++];

		if (alert->twinned)
			count(table, alert, alert_table_speaks(table, alert));
		return;
	}
	table->uncounted = false;
	app_changed(table->app, CHANGED_ALERTS);
}

/* All are put in their lists anew. Nothing is merged before that is done. */
static void step_twins(struct alert_table *table)
{
	if (table->twin_at < table->live.count) {
		twins_put(&table->twins, table->live.items[table->twin_at++]);
		return;
	}
	table->untwinned = false;
	begin_count(table);
}

static void finish_twins(struct alert_table *table)
{
	while (table->untwinned)
		step_twins(table);
}

/* --- merging --- */

static void put(struct alert_table *table, struct alert *alert, uint32_t generation)
{
	struct slot *slot;
	struct alert *old;

	alert = acks_apply(table->app->acks, alert);
	make_room(table, table->live.count + 1);
	slot = find_slot(table, alert->key);
	old = slot->place ? slot_alert(table, slot) : NULL;
	alert->generation = generation;
	alert->joined = old ? old->joined : 0;
	alert->echo = old && old->echo && old->started_at == alert->started_at;
	if (old && alert_same(old, alert)) {
		old->generation = generation;
		alert_free(alert);
		return;
	}
	if (!old && table->live.count == ALERTS_MAX) {
		alert_free(alert);
		return;
	}
	if (old)
		twin_out(table, old);
	if (old) {
		tally(table, old, (size_t)-1);
		append(&table->gone, old);
		table->live.items[slot->place - 1] = alert;
	} else {
		append(&table->live, alert);
		*slot = (struct slot){tag_of(alert->key), (uint32_t)table->live.count};
	}
	tally(table, alert, 1);
	twin_in(table, alert);
	history_alert(table->app->history, alert->key);
}

/* The last one takes the place of what is gone. What walks through all begins again. */
static struct alert *take_out(struct alert_table *table, struct slot *slot)
{
	size_t place = slot->place - 1, last = table->live.count - 1;
	struct alert *alert = table->live.items[place];

	if (place != last) {
		find_slot(table, table->live.items[last]->key)->place = slot->place;
		table->live.items[place] = table->live.items[last];
	}
	free_slot(table, slot);
	table->live.count--;
	table->count_at = 0;
	tally(table, alert, (size_t)-1);
	twin_out(table, alert);
	append(&table->gone, alert);
	return alert;
}

static void drop(struct alert_table *table, struct slot *slot)
{
	take_out(table, slot)->over = true;
}

static void step_merge(struct alert_table *table)
{
	struct merge *m = table->merges;

	if (!m->sweeping) {
		if (m->at < m->count) {
			struct alert *alert = m->list[m->at++];

			if (table->is_row(table->ctx, alert))
				put(table, alert, m->generation);
			else
				alert_free(alert);
			return;
		}
		m->sweeping = true;
	}
	if (m->snapshot && m->sweep_at < table->live.count) {
		const struct alert *alert = table->live.items[m->sweep_at];

		if (alert->source == m->source && alert->generation != m->generation)
			drop(table, find_slot(table, alert->key));
		else
			m->sweep_at++;
		return;
	}
	table->merges = m->next;
	if (m->snapshot)
		history_snapshot(table->app->history, m->source);
	table->untrimmed += m->count;
	free_merge(m);
}

static void let_go(struct alert_table *table, struct alert *alert)
{
	if (alert->over)
		history_alert_over(table->app->history, alert);
	else
		alert_free(alert);
}

static void step_spent(struct alert_table *table)
{
	let_go(table, table->spent.items[--table->spent.count]);
	if (!table->spent.count)
		free_list(&table->spent, false);
}

/* Sorting waits until nothing more is to be merged. */
static bool step(struct alert_table *table)
{
	if (table->spent.count)
		step_spent(table);
	else if (table->untwinned)
		step_twins(table);
	else if (table->merges)
		step_merge(table);
	else if (table->uncounted)
		step_count(table);
	else if (table->unsorted)
		step_sort(table);
	else
		return false;
	return true;
}

/* Most of a long answer says what is known already and was freed again: that memory
 * goes back to the system, which takes milliseconds and is not for main. */
static void trim_work(struct task *task)
{
	(void)task;
	mem_trim();
}

static void trim_done(struct task *task)
{
	mem_free(task);
}

static void trim(struct alert_table *table)
{
	struct task *task = mem_new(1, sizeof *task);

	*task = (struct task){
		.work = trim_work, .done = trim_done, .class = TASK_BACKGROUND};
	task_submit(table->app->pool, task);
	table->untrimmed = 0;
}

static bool is_long(const struct alert_table *table)
{
	return table->live.count > AT_ONCE || table->spent.count > AT_ONCE ||
	       (table->merges && table->merges->count > AT_ONCE);
}

static void work(struct alert_table *table)
{
	int64_t until = loop_slice_end(table->app->loop);

	for (int i = 1; step(table); i++) {
		if (i % STEPS == 0 && is_long(table) && time_mono_us() > until) {
			loop_timer_start(table->later, 0);
			return;
		}
	}
	if (table->untrimmed > TRIM_FROM)
		trim(table);
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
	if (count > AT_ONCE)
		twins_reserve(&table->twins, count);
	stop_sort(table);
	work(table);
}

void alert_table_put(struct alert_table *table, struct alert *alert)
{
	stop_sort(table);
	finish_twins(table);
	put(table, alert, table->generation);
	work(table);
}

/* Merges of others have passed places that are others now. */
static void sweep_again(struct alert_table *table)
{
	for (struct merge *m = table->merges; m; m = m->next)
		m->sweep_at = 0;
}

static void forget_merges(struct alert_table *table, int source)
{
	struct merge **at = &table->merges, *m;

	while ((m = *at)) {
		if (m->source != source) {
			at = &m->next;
			continue;
		}
		*at = m->next;
		free_merge(m);
	}
}

/* Those of other sources stay as they are; give_back: the list is their owner. */
static void forget_list(
	struct alert_table *table, struct alerts_list *list, int source, bool give_back)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++) {
		struct alert *alert = list->items[i];

		if (alert->source != source)
			list->items[kept++] = alert;
		else if (give_back)
			let_go(table, alert);
	}
	list->count = kept;
}

void alert_table_forget(struct alert_table *table, int source)
{
	stop_sort(table);
	finish_twins(table);
	forget_merges(table, source);
	sweep_again(table);
	for (size_t i = 0; i < table->live.count;) {
		const struct alert *alert = table->live.items[i];

		if (alert->source == source)
			take_out(table, find_slot(table, alert->key));
		else
			i++;
	}
	forget_list(table, &table->shown, source, false);
	forget_list(table, &table->gone, source, true);
	forget_list(table, &table->spent, source, true);
	table->version++;
	app_changed(table->app, CHANGED_ALERTS);
	work(table);
}

void alert_table_remove(struct alert_table *table, uint64_t key)
{
	if (!alert_table_find(table, key))
		return;
	stop_sort(table);
	finish_twins(table);
	sweep_again(table);
	drop(table, find_slot(table, key));
	work(table);
}

/* --- looking --- */

bool alert_table_settled(const struct alert_table *table)
{
	return !table->merges && !table->unsorted && !table->untwinned;
}

size_t alert_table_count(const struct alert_table *table)
{
	return table->shown.count;
}

const struct alert *alert_table_at(const struct alert_table *table, size_t i)
{
	return table->shown.items[i];
}

uint32_t alert_table_version(const struct alert_table *table)
{
	return table->version;
}

bool alert_table_before(const struct alert *alert, const struct alert *other)
{
	return in_order(NULL, alert, other) < 0;
}

bool alert_table_place(const struct alert_table *table, uint64_t key, size_t *at)
{
	const struct alert *alert = alert_table_find(table, key);
	size_t low = 0, high = table->shown.count;

	while (alert && low < high) {
		size_t middle = (low + high) / 2;
		int order = in_order(NULL, table->shown.items[middle], alert);

		if (!order) {
			*at = middle;
			return true;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

const struct alert *alert_table_find(const struct alert_table *table, uint64_t key)
{
	const struct slot *slot = table->slot_cap ? find_slot(table, key) : NULL;

	return slot && slot->place ? slot_alert(table, slot) : NULL;
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

void alert_table_echo(struct alert_table *table, uint64_t key)
{
	const struct slot *slot = table->slot_cap ? find_slot(table, key) : NULL;
	struct alert *alert = slot && slot->place ? slot_alert(table, slot) : NULL;

	if (alert)
		alert->echo = true;
}

void alert_table_join(struct alert_table *table, uint64_t key, uint64_t joined)
{
	const struct slot *slot = table->slot_cap ? find_slot(table, key) : NULL;
	struct alert *alert = slot && slot->place ? slot_alert(table, slot) : NULL;

	if (!alert || alert->joined == joined)
		return;
	finish_twins(table);
	twin_out(table, alert);
	alert->joined = joined;
	twin_in(table, alert);
	app_changed(table->app, CHANGED_ALERTS);
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
	for (size_t i = 0; i < table->shown.count && i < LOOKED_AT; i++)
		if (table->shown.items[i]->labels_hash &&
			!sources_charts(sources, table->shown.items[i]->source))
			heard[n++] = table->shown.items[i];
	for (size_t i = 0; n && i < table->shown.count && i < LOOKED_AT && tried < TRIED;
		i++) {
		const struct alert *alert = table->shown.items[i], *other;

		if (alert->twinned || !alert->labels_hash ||
			!sources_charts(sources, alert->source))
			continue;
		tried++;
		other = sent_on(alert, heard, n);
		if (!other)
			continue;
		twins_learn(&table->twins, alert, other);
		table->untwinned = true;
		table->twin_at = 0;
		work(table);
		return;
	}
}

struct alert_counts alert_table_counts(const struct alert_table *table)
{
	struct alert_table *own = (struct alert_table *)(uintptr_t)table;
	uint64_t deaf = deaf_sources(table);

	if (own->deaf != deaf) {
		own->deaf = deaf;
		begin_count(own);
	}
	while (own->uncounted && own->live.count <= AT_ONCE)
		step_count(own);
	if (own->uncounted && !loop_timer_active(own->later))
		loop_timer_start(own->later, 0);
	return table->counts;
}

size_t alert_table_of(const struct alert_table *table, int source)
{
	return table->of[source].listed;
}

size_t alert_table_open_of(const struct alert_table *table, int source)
{
	return table->of[source].open;
}
