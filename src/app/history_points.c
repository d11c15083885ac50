/* This host's points on their way to the store and back. Out: once a minute, all that
 * is new, rounded as far as nobody can see it. Back: the window that is looked at and
 * what it is compared with, condensed in the task to the steps that a chart can show,
 * so that a week of sixty series costs main a few hundred KiB and no time. */
#include "history_parts.h"

#include "app/metrics.h"
#include "app/setting.h"
#include "app/sources.h"
#include "base/alloc.h"
#include "base/log.h"
#include "base/time.h"
#include "model/past.h"
#include "model/series.h"
#include "store/lease.h"
#include "store/points.h"

#include <math.h>
#include <string.h>

enum { RAW_MOST = 12000, LOAD_BYTES = 4 << 20, DIGITS = 4 };

/* --- rounding --- */

static double round_to(double value, double step_power, double way)
{
	double scaled = step_power >= 0 ? value * pow(10, step_power)
					: value / pow(10, -step_power);

	scaled = way < 0 ? floor(scaled) : way > 0 ? ceil(scaled) : round(scaled);
	return step_power >= 0 ? scaled / pow(10, step_power)
			       : scaled * pow(10, -step_power);
}

/* How a number looks: text, and colour. */
struct lens {
	enum unit unit;
	struct limits limits;
};

static bool looks_same(const struct lens *lens, double a, double b)
{
	char x[UNIT_TEXT], y[UNIT_TEXT];

	return limits_judge(lens->limits, a) == limits_judge(lens->limits, b) &&
	       !strcmp(unit_text(lens->unit, a, x), unit_text(lens->unit, b, y));
}

/* Decimals that matter: hundredths of what is a percentage or a temperature, four
 * digits of what may have any size. */
static double decimals(enum unit unit, double value)
{
	if (unit == UNIT_PERCENT || unit == UNIT_CELSIUS)
		return 2;
	if (unit == UNIT_RATIO)
		return DIGITS;
	return DIGITS - 1 - floor(log10(fabs(value)));
}

/* Where rounding would be seen, the neighbour on the same grid serves as well, so that
 * a chunk keeps one grid and stays small. */
static double rounded(const struct lens *lens, double value)
{
	double most;

	if (value == 0 || !isfinite(value))
		return value;
	most = decimals(lens->unit, value);
	for (double d = most; d < most + 4; d++)
		for (int way = 0; way < 3; way++) {
			double to = round_to(value, d, way == 2 ? -1 : way);

			if (looks_same(lens, value, to))
				return to;
		}
	return value;
}

/* --- out --- */

struct append_job {
	struct store_job job;
	struct history *history;
	struct lease_claim claim;
	struct lease lease;
	struct points_add *adds;
	struct point **points; /* the same, to be rounded */
	struct lens *lenses;
	size_t count;
	int64_t upto;
	bool rounded;
};

static bool run_append(struct store_job *job, struct db *db, struct err *err)
{
	struct append_job *a = (struct append_job *)job;

	if (!lease_take(db, &a->claim, &a->lease, err))
		return false;
	if (!a->lease.mine)
		return true;
	for (size_t i = 0; !a->rounded && i < a->count; i++)
		for (size_t k = 0; k < a->adds[i].count; k++)
			a->points[i][k].value =
				rounded(&a->lenses[i], a->points[i][k].value);
	a->rounded = true;
	return points_append(db, a->adds, a->count, err);
}

static void end_append(struct store_job *job, const struct err *err)
{
	struct append_job *a = (struct append_job *)job;
	struct history *history = a->history;

	history->appending = false;
	if (err) /* the store has told; the ring holds them for another try */
		return;
	history->mine = a->lease.mine;
	/* Whoever has the lease may die: then this one goes on from there. */
	history->kept_at = a->upto - (a->lease.mine ? 0 : LEASE_MS);
}

static void add_series(struct append_job *a, const struct series *series, int64_t after)
{
	size_t from = series_find(series, after + 1), n = series->count - from;
	struct point *points;

	if (!n)
		return;
	points = arena_alloc(&a->job.arena, n * sizeof *points);
	if (!points)
		return;
	for (size_t i = 0; i < n; i++)
		points[i] = series_at(series, from + i);
	if (points[n - 1].at > a->upto)
		a->upto = points[n - 1].at;
	a->points[a->count] = points;
	a->lenses[a->count] = (struct lens){series->unit, series->limits};
	a->adds[a->count++] =
		(struct points_add){store_job_text(&a->job, series->key), points, n};
}

void history_points_write(struct history *history)
{
	struct metrics *metrics = history->app->metrics;
	size_t n = metrics_count(metrics);
	struct append_job *a;

	history->appended_at = history->app->now;
	if (history->appending || !history_writes(history))
		return;
	a = store_job_new(sizeof *a);
	a->job.run = run_append;
	a->job.end = end_append;
	a->history = history;
	a->upto = history->kept_at;
	a->claim = (struct lease_claim){"poller", history->owner, LEASE_MS};
	a->adds = arena_alloc(&a->job.arena, n * sizeof *a->adds);
	a->points = arena_alloc(&a->job.arena, n * sizeof *a->points);
	a->lenses = arena_alloc(&a->job.arena, n * sizeof *a->lenses);
	for (size_t i = 0; a->lenses && i < n; i++) {
		const struct series *series = metrics_at(metrics, i);

		if (series->source == SOURCE_HOST && a->count < POINTS_MAX_SERIES)
			add_series(a, series, history->kept_at);
	}
	history->appending = true;
	store_write(history->app->store, &a->job);
}

/* --- back --- */

struct look_series {
	uint64_t id;
	struct untrusted key;
	struct past *past, *compared;
};

struct look_job {
	struct store_job job;
	struct history *history;
	struct look look;
	int64_t from, to, step_ms;
	bool raw; /* the span is short enough for every point */
	int64_t kept_at;
	struct look_series *series;
	size_t count;
};

struct filling {
	struct db *db;
	struct arena *arena;
	const struct look_job *look;
	struct untrusted key;
};

static bool load(const struct filling *f, enum points_tier tier, int64_t from, int64_t to,
	struct points_series *out, struct err *err)
{
	struct points_query query = {tier, from, to, POINTS_MAX_LOAD, &f->key, 1};
	struct points_span span = {0};

	*out = (struct points_series){0};
	if (from >= to)
		return true;
	if (!points_load(f->db, f->arena, &query, &span, err))
		return false;
	if (span.count)
		*out = span.series[0];
	return true;
}

/* Every point where that is asked for and kept, sums before those; or sums, and the
 * points that are not summed up yet. */
static bool fill(const struct filling *f, struct past *past, struct err *err)
{
	int64_t from = past->from_at, to = past_end(past), split = to;
	struct points_series raw = {0}, sums;

	if (f->look->raw) {
		if (!load(f, POINTS_RAW, from, to, &raw, err))
			return false;
		if (raw.count)
			split = raw.points[0].at - raw.points[0].at % POINTS_BUCKET_MS;
	}
	if (!load(f, POINTS_SUMS, from - POINTS_BUCKET_MS + 1, split, &sums, err))
		return false;
	if (!f->look->raw) {
		split = sums.count ? sums.sums[sums.count - 1].at + POINTS_BUCKET_MS
				   : from;
		if (!load(f, POINTS_RAW, split, to, &raw, err))
			return false;
	}
	for (size_t i = 0; i < sums.count; i++)
		past_add_sum(past, sums.sums[i].at, POINTS_BUCKET_MS,
			&(struct past_step){(float)sums.sums[i].low,
				(float)sums.sums[i].mean, (float)sums.sums[i].high});
	for (size_t i = 0; i < raw.count; i++)
		past_add(past, raw.points[i]);
	arena_reset(f->arena);
	return true;
}

static void drop_pasts(struct look_job *l)
{
	for (size_t i = 0; i < l->count; i++) {
		mem_free(l->series[i].past);
		mem_free(l->series[i].compared);
		l->series[i].past = l->series[i].compared = NULL;
	}
}

static bool run_look(struct store_job *job, struct db *db, struct err *err)
{
	struct look_job *l = (struct look_job *)job;
	/* What is compared with moves on, too, until it is asked for again. */
	int64_t ahead = l->look.to ? 0 : l->look.span_ms / 8, back = l->look.back_ms;
	struct arena arena;
	struct filling f = {db, &arena, l, UNTRUSTED_NONE};
	bool fine = true;

	drop_pasts(l);
	arena_init(&arena, LOAD_BYTES);
	for (size_t i = 0; fine && i < l->count; i++) {
		struct look_series *s = &l->series[i];

		f.key = s->key;
		s->past = past_new(l->from, l->to, l->step_ms);
		fine = fill(&f, s->past, err);
		if (!fine || !back)
			continue;
		s->compared = past_new(l->from - back, l->to - back + ahead, l->step_ms);
		fine = fill(&f, s->compared, err);
	}
	arena_release(&arena);
	return fine;
}

static bool empty(const struct past *past)
{
	for (uint32_t i = 0; i < past->count; i++)
		if (!isnan(past->steps[i].mean))
			return false;
	return true;
}

static void give(struct look_job *l, struct look_series *from, struct series *series)
{
	mem_free(series->past);
	mem_free(series->compared);
	series->past = from->past;
	series->compared = from->compared;
	from->past = from->compared = NULL;
	/* What came since the store was last written is in the ring. */
	if (series->past && !l->look.to) {
		series->past->live = true;
		for (size_t i = series_find(series, l->kept_at + 1); i < series->count;
			i++)
			past_add(series->past, series_at(series, i));
	} else if (series->past && empty(series->past)) {
		mem_free(series->past);
		series->past = NULL;
	}
	if (series->compared && empty(series->compared)) {
		mem_free(series->compared);
		series->compared = NULL;
	}
}

static void end_look(struct store_job *job, const struct err *err)
{
	struct look_job *l = (struct look_job *)job;
	struct history *history = l->history;

	history->looking = false;
	for (size_t i = 0; !err && !history->ended && i < l->count; i++) {
		struct series *series =
			metrics_find(history->app->metrics, l->series[i].id);

		if (series)
			give(l, &l->series[i], series);
	}
	drop_pasts(l);
	if (err) {
		log_add(LOG_WARN, "history of this host: %s", err->text);
		return;
	}
	if (history->ended)
		return;
	app_changed(history->app, CHANGED_METRICS | CHANGED_WINDOW);
	history_look(history); /* it may have moved meanwhile */
}

static size_t host_count(const struct metrics *metrics)
{
	size_t n = 0, all = metrics_count(metrics);

	/* They stand behind the others. */
	while (n < all && metrics_at(metrics, all - 1 - n)->source == SOURCE_HOST)
		n++;
	return n;
}

static void begin_look(struct history *history, const struct look *look)
{
	struct app *app = history->app;
	struct look_job *l = store_job_new(sizeof *l);
	int64_t interval = app_setting(app, SET_REFRESH);

	l->job.run = run_look;
	l->job.end = end_look;
	l->history = history;
	l->look = *look;
	l->kept_at = history->kept_at;
	l->to = window_to(app);
	l->from = l->to - look->span_ms;
	l->raw = look->span_ms / interval <= RAW_MOST;
	l->step_ms = l->raw ? 2 * interval : POINTS_BUCKET_MS;
	l->series = arena_alloc(&l->job.arena, look->series * sizeof *l->series);
	for (size_t i = 0; l->count < look->series; i++) {
		const struct series *series = metrics_at(app->metrics, i);

		if (series->source == SOURCE_HOST)
			l->series[l->count++] = (struct look_series){.id = series->id,
				.key = store_job_text(&l->job, series->key)};
	}
	history->look = *look;
	history->looking = true;
	store_read(app->store, &l->job);
}

void history_points_look(struct history *history)
{
	static const int64_t backs[] = {DAY_MS, 7 * DAY_MS, 0};
	const struct app *app = history->app;
	struct look old = history->look,
		    look = {.span_ms = app->window.span_ms,
			    .to = app->window.to,
			    .back_ms = backs[app_setting(app, SET_COMPARE)],
			    .series = host_count(app->metrics),
			    .at = app->now};
	bool same = old.span_ms == look.span_ms && old.to == look.to &&
		    old.back_ms == look.back_ms && old.series == look.series;
	/* Either way: the clock may be set back. */
	int64_t moved = look.at > old.at ? look.at - old.at : old.at - look.at;

	if (!history->opened || history->ended || history->looking || !look.series)
		return;
	if (same && (look.to || moved < look.span_ms / 10))
		return;
	begin_look(history, &look);
}

/* --- upkeep --- */

static void roll_and_trim(struct history *history, int64_t now)
{
	struct app *app = history->app;
	struct points_retention keep = {app_setting(app, SET_RETENTION_RAW),
		app_setting(app, SET_RETENTION_ROLLUP)};

	if (now - history->rolled_at >= ROLL_MS) {
		history->rolled_at = now;
		points_roll_up_later(app->store, (struct store_then){0});
	}
	if (now - history->trimmed_at < HOUR_MS)
		return;
	history->trimmed_at = now;
	/* Memory is not a place for days. */
	if (history->told == STORE_MEMORY && keep.raw_ms > 2 * HOUR_MS)
		keep.raw_ms = 2 * HOUR_MS;
	points_trim_later(app->store, keep, (struct store_then){0});
	history_trim(history, now - keep.sums_ms);
}

void history_points_tick(struct history *history, int64_t now)
{
	history_points_look(history);
	if (!history_writes(history))
		return;
	if (now - history->appended_at >= MINUTE_MS)
		history_points_write(history);
	if (history->mine)
		roll_and_trim(history, now);
}
