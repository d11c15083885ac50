/* The table of series: found by the hash of their key, listed in a steady order
 * (queries as in the rc, then this host). Hides identity: the same labels are the same
 * series across answers and restarts. Main thread. */
#include "app/metrics.h"

#include "app/sources.h"
#include "base/alloc.h"
#include "base/log.h"
#include "base/map.h"
#include "base/sort.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "io/loop.h"
#include "model/past.h"

#include <math.h>
#include <string.h>

enum {
	SERIES_MAX = 20000,
	STEP_SERIES = 8, /* between two looks at the clock */
	AT_ONCE = 500,   /* up to here sorting is not sliced */
};

/* Of a line of the rc. */
struct query_state {
	enum query_health health;
	char why[QUERY_WHY];
	bool rows;      /* it has given series */
	bool cut;       /* … more than its line keeps, which was said */
	size_t series;  /* so many */
	uint64_t alone; /* id of the row that stands for it meanwhile, 0: none */
};

struct metrics {
	struct app *app;
	struct map by_id;
	struct map names; /* hash of what is shown → the source that has it, or SEVERAL */
	struct series **list; /* the first `count` are in order and listed */
	size_t count, known, cap;
	struct series *host[HOST_MAX_METRICS]; /* in the reader's order */
	struct query_state *queries; /* in the order of the rc, as far as known */
	size_t query_count, query_cap;
	size_t alone; /* rows that stand for a query */
	struct sort sort;
	size_t sorting; /* how many are being sorted, 0: none */
	bool unsorted;  /* those that are listed may be in another order by now */
	struct loop_timer *later;
	bool full;
};

static void go_on(void *ctx);

struct metrics *metrics_new(struct app *app)
{
	struct metrics *metrics = mem_new(1, sizeof *metrics);

	metrics->app = app;
	metrics->later = loop_timer(app->loop, go_on, metrics);
	map_init(&metrics->by_id);
	map_init(&metrics->names);
	return metrics;
}

void metrics_free(struct metrics *metrics)
{
	if (!metrics)
		return;
	for (size_t i = 0; i < metrics->known; i++)
		series_free(metrics->list[i]);
	loop_timer_free(metrics->later);
	sort_release(&metrics->sort);
	mem_free(metrics->list);
	mem_free(metrics->queries);
	map_release(&metrics->by_id);
	map_release(&metrics->names);
	mem_free(metrics);
}

/* Queries in rc order, then the host; within a query by name. */
static int in_order(const void *ctx, const void *a, const void *b)
{
	const struct series *x = a, *y = b;
	bool host_x = x->source == SOURCE_HOST, host_y = y->source == SOURCE_HOST;

	(void)ctx;
	if (host_x != host_y)
		return host_x - host_y;
	if (x->order != y->order)
		return x->order < y->order ? -1 : 1;
	return untrusted_cmp_natural(x->name, y->name);
}

/* What is sorted is listed; what came since waits for the next time. */
static void show(struct metrics *metrics)
{
	void **sorted = sort_take(&metrics->sort);

	memcpy(metrics->list, sorted, metrics->sorting * sizeof *metrics->list);
	mem_free(sorted);
	metrics->count = metrics->sorting;
	metrics->sorting = 0;
	metrics->unsorted = false;
	app_changed(metrics->app, CHANGED_METRICS);
}

/* Puts new series in order, in slices when there are many. */
static void settle(struct metrics *metrics)
{
	int64_t until = loop_slice_end(metrics->app->loop);

	while (metrics->count < metrics->known || metrics->unsorted) {
		if (!metrics->sorting) {
			metrics->sorting = metrics->known;
			sort_begin(&metrics->sort, (void *const *)metrics->list,
				metrics->sorting, in_order, NULL);
		}
		if (!sort_step(&metrics->sort))
			show(metrics);
		else if (metrics->known > AT_ONCE && time_mono_us() > until) {
			loop_timer_start(metrics->later, 0);
			return;
		}
	}
}

static void go_on(void *ctx)
{
	settle(ctx);
}

/* --- names that several sources have --- */

#define SEVERAL ((void *)UINTPTR_MAX)

static void note_name(struct metrics *metrics, const struct series *series)
{
	uint64_t name = untrusted_hash(series->shown);
	void *one = (void *)(uintptr_t)(series->source + 1);
	void *was = map_get(&metrics->names, &name, sizeof name);

	if (!was)
		map_put(&metrics->names, &name, sizeof name, one);
	else if (was != one && was != SEVERAL)
		map_put(&metrics->names, &name, sizeof name, SEVERAL);
}

bool metrics_ambiguous(const struct metrics *metrics, const struct series *series)
{
	uint64_t name = untrusted_hash(series->shown);

	return map_get(&metrics->names, &name, sizeof name) == SEVERAL;
}

static struct series *get(
	struct metrics *metrics, const struct str *key, size_t name_from)
{
	struct untrusted whole = untrusted_make(key->p, key->n);
	uint64_t id = untrusted_hash(whole);
	struct series *series = map_get(&metrics->by_id, &id, sizeof id);

	if (series)
		return series;
	if (metrics->known == SERIES_MAX) {
		if (!metrics->full)
			app_notice(metrics->app, true,
				"more than %d series: the rest is not shown", SERIES_MAX);
		metrics->full = true;
		return NULL;
	}
	series = series_new(whole, name_from, SIZE_MAX);
	series->id = id;
	map_put(&metrics->by_id, &id, sizeof id, series);
	MEM_ROOM(metrics->list, metrics->known, metrics->cap);
	metrics->list[metrics->known++] = series;
	return series;
}

/* The line in the rc now that says what this one said, wherever it stands. */
static const struct rc_query *same_query(const struct rc *rc, const struct rc_query *old)
{
	for (size_t i = 0; i < rc->query_count; i++)
		if (!strcmp(rc->queries[i].source, old->source) &&
			!strcmp(rc->queries[i].name, old->name) &&
			!strcmp(rc->queries[i].expr, old->expr))
			return &rc->queries[i];
	return NULL;
}

static void retire(struct metrics *metrics, struct series *series)
{
	map_del(&metrics->by_id, &series->id, sizeof series->id);
	series_free(series);
}

/* Sources have been settled before: a number without a row is a source that is gone. */
static bool goes_on(struct metrics *metrics, const struct rc *old, struct series *series)
{
	const struct source_row *row = sources_row(metrics->app->sources, series->source);
	const struct rc *rc = metrics->app->rc;
	const struct rc_query *q;

	if (series->source == SOURCE_HOST || (row && !row->rc)) {
		series->interval_ms = row->every_ms;
		return true;
	}
	q = row && !row->fresh && series->order < old->query_count
		    ? same_query(rc, &old->queries[series->order])
		    : NULL;
	if (!q)
		return false;
	series->order = (uint32_t)(q - rc->queries);
	series->unit = q->unit;
	series->limits = q->limits;
	return true;
}

/* What is known of lines that are still there. */
static void reload_queries(struct metrics *metrics, const struct rc *old)
{
	const struct rc *rc = metrics->app->rc;
	struct query_state *list = mem_new(rc->query_count, sizeof *list);

	metrics->alone = 0;
	for (size_t i = 0; i < metrics->query_count; i++) {
		const struct rc_query *was = &old->queries[i], *is = same_query(rc, was);
		int source = sources_find(metrics->app->sources, was->source);

		if (!is || source < 0 ||
			sources_row(metrics->app->sources, source)->fresh)
			continue;
		list[is - rc->queries] = metrics->queries[i];
		list[is - rc->queries].cut = false;
		metrics->alone += metrics->queries[i].alone != 0;
	}
	mem_free(metrics->queries);
	metrics->queries = list;
	metrics->query_count = metrics->query_cap = rc->query_count;
}

void metrics_reload(struct metrics *metrics, const struct rc *old)
{
	size_t kept = 0, listed = 0;

	sort_release(&metrics->sort);
	metrics->sorting = 0;
	reload_queries(metrics, old);
	for (size_t i = 0; i < metrics->known; i++) {
		if (goes_on(metrics, old, metrics->list[i])) {
			metrics->list[kept++] = metrics->list[i];
			listed += i < metrics->count;
		} else {
			retire(metrics, metrics->list[i]);
		}
	}
	metrics->known = kept;
	metrics->count = listed;
	map_release(&metrics->names);
	map_init(&metrics->names);
	for (size_t i = 0; i < kept; i++)
		note_name(metrics, metrics->list[i]);
	metrics->unsorted = kept > 0;
	metrics->full = false;
	settle(metrics);
}

const struct rc_query *metrics_query(const struct metrics *metrics, int source, int query)
{
	const struct rc *rc = metrics->app->rc;
	const char *name = sources_row(metrics->app->sources, source)->name;

	for (size_t i = 0; i < rc->query_count; i++)
		if (!strcmp(rc->queries[i].source, name) && !query--)
			return &rc->queries[i];
	return NULL;
}

/* History of a window that the ring can hold goes into it; of one that lies back, or
 * is long, beside it, where new points do not push it out. */
static void take_history(
	const struct app *app, struct series *series, const struct batch_series *from)
{
	int64_t span = app->window.span_ms, step;
	int64_t interval = series->interval_ms > 0 ? series->interval_ms : SECOND_MS;
	size_t n = from->count;

	mem_free(series->past);
	series->past = NULL;
	if (!app->window.to && span / interval <= SERIES_MAX_POINTS) {
		series_merge(series, from->points, n);
		return;
	}
	if (!n)
		return;
	step = n > 1 ? (from->points[n - 1].at - from->points[0].at) / (int64_t)(n - 1)
		     : interval;
	series->past = past_new(window_from(app), window_to(app) + 1, step);
	for (size_t i = 0; i < n; i++)
		past_add(series->past, from->points[i]);
	series->past->live = !app->window.to;
}

static void take_points(const struct app *app, struct series *series,
	const struct batch_series *from, point_fn fresh, void *ctx)
{
	if (from->history) {
		take_history(app, series, from);
		return;
	}
	for (size_t i = 0; i < from->count; i++) {
		series_add(series, from->points[i]);
		fresh(ctx, series, from->points[i]);
	}
}

static struct query_state *state_of(struct metrics *metrics, const struct rc_query *q)
{
	size_t place = (size_t)(q - metrics->app->rc->queries);

	while (metrics->query_count <= place) {
		MEM_ROOM(metrics->queries, metrics->query_count, metrics->query_cap);
		metrics->queries[metrics->query_count++] = (struct query_state){0};
	}
	return &metrics->queries[place];
}

/* One more of a query that has as many as its line keeps: told once. */
static bool too_many(
	struct metrics *metrics, struct query_state *state, const struct rc_query *q)
{
	if (!q->most || state->series < q->most)
		return false;
	if (!state->cut)
		app_notice(metrics->app, true,
			"query %s: more than %zu series: the rest is left out (most=)",
			q->name, q->most);
	state->cut = true;
	return true;
}

/* The series of an answer, found or made. Those of one query come together. */
static struct series *series_of(struct metrics *metrics, int source, const char *where,
	const struct rc_query *q, struct untrusted labels)
{
	struct series *series;
	struct str key;
	size_t n, known = metrics->known;
	const void *raw = text_raw(labels, &n);
	struct query_state *state = state_of(metrics, q);
	uint64_t id;

	str_init(&key, 8192);
	str_puts(&key, where);
	str_putc(&key, '/');
	str_puts(&key, q->name);
	str_add(&key, raw, n);
	id = untrusted_hash(untrusted_make(key.p, key.n));
	series = map_get(&metrics->by_id, &id, sizeof id);
	if (!series && !too_many(metrics, state, q))
		series = get(metrics, &key, strlen(where) + 1);
	str_release(&key);
	if (!series)
		return NULL;
	series->source = source;
	series->order = (uint32_t)(q - metrics->app->rc->queries);
	series->unit = q->unit;
	series->limits = q->limits;
	if (metrics->known > known) {
		note_name(metrics, series);
		state->series++;
	}
	return series;
}

/* --- queries that give nothing --- */

static void take_out(struct metrics *metrics, struct series *series)
{
	size_t at = 0;

	while (metrics->list[at] != series)
		at++;
	sort_release(&metrics->sort);
	metrics->sorting = 0;
	memmove(metrics->list + at, metrics->list + at + 1,
		(--metrics->known - at) * sizeof *metrics->list);
	metrics->count -= at < metrics->count;
	retire(metrics, series);
	app_changed(metrics->app, CHANGED_METRICS);
}

/* A row that stood for a query goes when there are others, unless it is one of them. */
static void end_standing_in(struct metrics *metrics)
{
	for (size_t i = 0; metrics->alone && i < metrics->query_count; i++) {
		struct query_state *state = &metrics->queries[i];
		struct series *series;

		if (!state->alone || !state->rows)
			continue;
		series = metrics_find(metrics, state->alone);
		state->alone = 0;
		metrics->alone--;
		if (series && !series->count && !series->past)
			take_out(metrics, series);
	}
}

static enum query_health judge(const struct batch_query *told)
{
	if (!untrusted_empty(told->error))
		return QUERY_FAILED;
	if (told->series)
		return QUERY_FINE;
	return told->odd ? QUERY_ODD : QUERY_EMPTY;
}

static void take_query(struct metrics *metrics, const struct source_row *row,
	const struct batch_query *told)
{
	const struct rc_query *q = metrics_query(metrics, row->number, told->query);
	struct query_state *state = q ? state_of(metrics, q) : NULL;
	enum query_health health = judge(told);
	char why[QUERY_WHY] = "";
	struct series *series;

	if (!q)
		return;
	if (health == QUERY_FAILED)
		text_line(told->error, why, sizeof why);
	else if (health == QUERY_EMPTY)
		str_copy(why, sizeof why, "no data: the answer is empty");
	else if (health == QUERY_ODD)
		str_copy(why, sizeof why, "no data: its value is not a number");
	if (health != state->health || strcmp(why, state->why)) {
		state->health = health;
		str_copy(state->why, sizeof state->why, why);
		if (*why)
			log_add(LOG_WARN, "%s: query %s: %s", row->name, q->name, why);
		app_changed(metrics->app, CHANGED_METRICS | CHANGED_EVENTS);
	}
	if (health == QUERY_FINE || state->rows || state->alone)
		return;
	series = series_of(metrics, row->number, row->name, q, UNTRUSTED_NONE);
	if (!series)
		return;
	series->interval_ms = row->every_ms;
	state->alone = series->id;
	metrics->alone++;
}

enum query_health metrics_query_health(
	const struct metrics *metrics, size_t query, const char **why)
{
	const struct query_state *state =
		query < metrics->query_count ? &metrics->queries[query] : NULL;

	*why = state ? state->why : "";
	return state ? state->health : QUERY_UNASKED;
}

enum query_health series_health(
	const struct app *app, const struct series *series, const char **why)
{
	size_t place = series->source == SOURCE_HOST ? SIZE_MAX : (size_t)series->order;

	return metrics_query_health(app->metrics, place, why);
}

const char *series_now(
	const struct app *app, const struct series *series, char out[UNIT_TEXT])
{
	double value = series_value(app, series);
	const char *why;
	enum query_health health = series_health(app, series, &why);

	if (!isnan(value) || health <= QUERY_FINE)
		return unit_text(series->unit, value, out);
	str_copy(out, UNIT_TEXT, health == QUERY_FAILED ? "failed" : "no data");
	return out;
}

bool metrics_apply(struct metrics *metrics, int source, const struct batch *batch,
	size_t *taken, point_fn fresh, void *ctx)
{
	const struct source_row *row = sources_row(metrics->app->sources, source);
	int64_t until = loop_slice_end(metrics->app->loop);
	const struct rc_query *q = NULL;
	int last = -1;

	while (*taken < batch->series_count) {
		const struct batch_series *from = &batch->series[(*taken)++];
		struct series *series;

		if (from->query != last)
			q = metrics_query(metrics, source, from->query);
		last = from->query;
		if (!q)
			continue;
		series = series_of(metrics, source, row->name, q, from->labels);
		if (!series && metrics->full)
			break;
		if (!series)
			continue;
		state_of(metrics, q)->rows = true;
		series->interval_ms = row->every_ms;
		take_points(metrics->app, series, from, fresh, ctx);
		if (*taken % STEP_SERIES == 0 && time_mono_us() > until)
			return false;
	}
	for (size_t i = 0; i < batch->query_count; i++)
		take_query(metrics, row, &batch->queries[i]);
	end_standing_in(metrics);
	settle(metrics);
	if (batch->series_count)
		app_changed(metrics->app, CHANGED_METRICS);
	return true;
}

static struct series *host_series(
	struct metrics *metrics, size_t i, const struct host_metric *m)
{
	struct str key;
	struct series *series = i < HOST_MAX_METRICS ? metrics->host[i] : NULL;

	if (series && untrusted_is(series->name, m->name))
		return series;
	str_init(&key, 256);
	str_printf(&key, "host/%s", m->name);
	series = get(metrics, &key, 5);
	str_release(&key);
	if (!series)
		return NULL;
	series->source = SOURCE_HOST;
	series->order = (uint32_t)i;
	series->unit = m->unit;
	series->limits = (struct limits){m->warn, m->critical, m->below};
	series->interval_ms = sources_row(metrics->app->sources, SOURCE_HOST)->every_ms;
	note_name(metrics, series);
	if (i < HOST_MAX_METRICS)
		metrics->host[i] = series;
	return series;
}

void metrics_host(struct metrics *metrics, int64_t now, const struct host_metric *list,
	size_t n, point_fn fresh, void *ctx)
{
	for (size_t i = 0; i < n; i++) {
		struct series *series = host_series(metrics, i, &list[i]);
		struct point point = {now, list[i].value};

		if (!series || isnan(point.value))
			continue;
		series_add(series, point);
		fresh(ctx, series, point);
	}
	settle(metrics);
	app_changed(metrics->app, CHANGED_METRICS);
}

bool metrics_settled(const struct metrics *metrics)
{
	return metrics->count == metrics->known && !metrics->unsorted;
}

size_t metrics_count(const struct metrics *metrics)
{
	return metrics->count;
}

struct series *metrics_at(const struct metrics *metrics, size_t i)
{
	return metrics->list[i];
}

struct series *metrics_find(const struct metrics *metrics, uint64_t id)
{
	return map_get(&metrics->by_id, &id, sizeof id);
}

void series_label(const struct series *series, char *out, size_t size)
{
	text_line(series->shown, out, size);
}

double series_value(const struct app *app, const struct series *series)
{
	int64_t from = window_from(app);
	struct point p;

	if (!app->window.to)
		return series_last(series, &p) && p.at >= from ? p.value : NAN;
	return series_before(series, from, app->window.to);
}

struct series_span series_in_window(const struct app *app, const struct series *series)
{
	int64_t to = window_to(app);
	struct point last;

	if (!app->window.to && series_last(series, &last) && last.at > to)
		to = last.at;
	return series_span(series, window_from(app), to);
}

bool series_stale(const struct app *app, const struct series *series)
{
	int64_t allowed = 2 * series->interval_ms + SECOND_MS; /* as of a source */
	struct point last;

	if (app->window.to)
		return false;
	return !series_last(series, &last) || app->now - last.at > allowed;
}
