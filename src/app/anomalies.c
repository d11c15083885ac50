/* The detectors at work: each series with limits or enough life gets its own states;
 * verdicts become anomalies that begin, grow and end. Main thread; a point costs
 * about a microsecond. */
#include "app/anomalies.h"

#include "analysis/anomaly.h"
#include "analysis/detector.h"
#include "app/metrics.h"
#include "app/setting.h"
#include "app/sources.h"
#include "base/alloc.h"
#include "base/log.h"
#include "base/map.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { WATCHES_MAX = 4000, LEARN_DAYS = 7, SPACING_MS = 60000 };

/* One watched series. */
struct watch {
	uint64_t series;
	struct detector_config config;
	struct anomaly_track limits_track, usual_track;
	uint64_t limits_row, usual_row; /* ids of their rows while open, 0 */
	int64_t last_minute;
	double sum; /* of the points of this spacing: the baseline gets their mean */
	int points;
	struct verdict last;
	void *threshold; /* states */
	void *usual;
	bool asked, unsaved; /* see anomalies_unasked(), anomalies_learnt() */
};

struct anomalies {
	struct app *app;
	struct map watches;       /* by series id */
	struct anomaly_row *rows; /* newest first */
	size_t count;
	uint64_t next_id;
	size_t unasked;
	int days_learnt;
	int64_t hold_ms; /* 0: what suits the series */
	char learning[120];
};

struct anomalies *anomalies_new(struct app *app)
{
	struct anomalies *anomalies = mem_new(1, sizeof *anomalies);

	anomalies->app = app;
	anomalies->rows = mem_new(ANOMALIES_MAX, sizeof *anomalies->rows);
	map_init(&anomalies->watches);
	return anomalies;
}

void anomalies_hold(struct anomalies *anomalies, int64_t hold_ms)
{
	anomalies->hold_ms = hold_ms;
}

void anomalies_free(struct anomalies *anomalies)
{
	void *value;

	if (!anomalies)
		return;
	for (size_t at = 0; map_each(&anomalies->watches, &at, NULL, &value);) {
		struct watch *w = value;

		mem_free(w->threshold);
		mem_free(w->usual);
		mem_free(w);
	}
	map_release(&anomalies->watches);
	mem_free(anomalies->rows);
	mem_free(anomalies);
}

static struct watch *watch_of(struct anomalies *anomalies, const struct series *series)
{
	struct watch *w = map_get(&anomalies->watches, &series->id, sizeof series->id);

	if (w || anomalies->watches.count >= WATCHES_MAX)
		return w;
	w = mem_new(1, sizeof *w);
	w->series = series->id;
	w->threshold = mem_new(1, detector_threshold.state_size);
	detector_start(&detector_threshold, w->threshold);
	detector_config_init(
		&w->config, series->unit, series->limits, series->interval_ms);
	w->config.confirm_points = (int)app_setting(anomalies->app, SET_ANOMALY_POINTS);
	map_put(&anomalies->watches, &series->id, sizeof series->id, w);
	anomalies->unasked++;
	return w;
}

/* --- rows --- */

static struct anomaly_row *row_by_id(struct anomalies *anomalies, uint64_t id)
{
	for (size_t i = 0; id && i < anomalies->count; i++)
		if (anomalies->rows[i].id == id)
			return &anomalies->rows[i];
	return NULL;
}

/* The oldest that is over makes room; open ones stay. */
static struct anomaly_row *add_row(struct anomalies *anomalies)
{
	size_t n = anomalies->count;

	if (n == ANOMALIES_MAX) {
		for (n--; n > 0 && !anomalies->rows[n].end_at;)
			n--;
	} else {
		anomalies->count++;
	}
	memmove(anomalies->rows + 1, anomalies->rows, n * sizeof *anomalies->rows);
	anomalies->rows[0] = (struct anomaly_row){.id = ++anomalies->next_id};
	return &anomalies->rows[0];
}

/* True when it is called otherwise now. */
static bool name_row(
	const struct app *app, struct anomaly_row *row, const struct series *series)
{
	char before[sizeof row->name];
	int n = 0;

	memcpy(before, row->name, sizeof before);
	if (metrics_ambiguous(app->metrics, series))
		n = snprintf(row->name, sizeof row->name,
			"%.60s: ", sources_row(app->sources, series->source)->name);
	row->bare = (uint8_t)n;
	series_label(series, row->name + n, sizeof row->name - (size_t)n);
	return strcmp(before, row->name);
}

static void fill_row(const struct app *app, struct anomaly_row *row,
	const struct anomaly *from, const struct series *series)
{
	row->series = series->id;
	row->start_at = from->start;
	row->value = from->value;
	row->expected = from->expected;
	row->low = from->low;
	row->high = from->high;
	row->score = from->score;
	row->severity = from->severity;
	row->unit = series->unit;
	name_row(app, row, series);
	str_copy(row->reason, sizeof row->reason, from->sentence);
}

static int64_t hold_of(const struct anomalies *anomalies, int64_t interval_ms)
{
	return anomalies->hold_ms ? anomalies->hold_ms : anomaly_hold_ms(interval_ms);
}

/* It leaves what needs somebody when it is calm; what comes again within the hold-off
 * is the same anomaly going on. */
static void settle(struct anomalies *anomalies, struct anomaly_track *track,
	uint64_t *row_id, int64_t interval_ms, int64_t at)
{
	struct anomaly_row *row = row_by_id(anomalies, *row_id);
	int64_t hold_ms = hold_of(anomalies, interval_ms);
	int64_t calm_ms = anomaly_calm_ms(interval_ms);

	if (row && !row->end_at &&
		at - track->now.end > (calm_ms < hold_ms ? calm_ms : hold_ms)) {
		row->end_at = track->now.end;
		log_add(LOG_INFO, "anomaly over: %s", row->name);
		app_changed(anomalies->app, CHANGED_ANOMALIES | CHANGED_EVENTS);
	}
	/* Its row may have made room for others. */
	if (*row_id && !row)
		track->open = false;
	if (anomaly_over(track, at, hold_ms) || !track->open)
		*row_id = 0;
}

static void follow(struct anomalies *anomalies, struct anomaly_track *track,
	uint64_t *row_id, const struct verdict *verdict, const struct series *series,
	int64_t at)
{
	struct anomaly_row *row;
	bool again;

	settle(anomalies, track, row_id, series->interval_ms, at);
	if (!verdict)
		return;
	row = row_by_id(anomalies, *row_id);
	again = row && row->end_at && verdict->anomalous;
	switch (anomaly_feed(track, verdict, at, series->unit)) {
	case ANOMALY_BEGAN:
		row = add_row(anomalies);
		*row_id = row->id;
		fill_row(anomalies->app, row, &track->now, series);
		log_add(LOG_WARN, "anomaly: %s: %s", row->name, row->reason);
		break;
	case ANOMALY_WORSE:
		if (!row)
			return;
		fill_row(anomalies->app, row, &track->now, series);
		break;
	default:
		if (!again)
			return;
	}
	if (again) {
		row->end_at = 0;
		log_add(LOG_WARN, "anomaly again: %s: %s", row->name, row->reason);
	}
	app_changed(anomalies->app, CHANGED_ANOMALIES | CHANGED_EVENTS);
}

/* While its source does not answer, the last that it said counts; what the rc no longer
 * asks for says nothing. */
static bool fell_silent(const struct anomalies *anomalies, const struct series *series)
{
	const struct app *app = anomalies->app;

	return !series || source_health(sources_row(app->sources, series->source),
				  app->now) == HEALTH_OK;
}

void anomalies_tick(struct anomalies *anomalies, int64_t now)
{
	for (size_t i = 0; i < anomalies->count; i++) {
		struct anomaly_row *row = &anomalies->rows[i];
		struct watch *w =
			map_get(&anomalies->watches, &row->series, sizeof row->series);
		const struct series *series =
			metrics_find(anomalies->app->metrics, row->series);
		bool limit = w && w->limits_row == row->id;
		struct anomaly_track *track;

		if (series && name_row(anomalies->app, row, series))
			app_changed(anomalies->app, CHANGED_ANOMALIES);
		if (row->end_at || !w || !fell_silent(anomalies, series))
			continue;
		track = limit ? &w->limits_track : &w->usual_track;
		if (now - track->now.end <= hold_of(anomalies, w->config.interval_ms))
			continue;
		settle(anomalies, track, limit ? &w->limits_row : &w->usual_row,
			w->config.interval_ms, now);
	}
}

/* --- points --- */

static void tell_learning(struct anomalies *anomalies, int days, bool learning)
{
	char before[sizeof anomalies->learning];

	memcpy(before, anomalies->learning, sizeof before);
	if (days < anomalies->days_learnt)
		return;
	anomalies->days_learnt = days;
	anomalies->learning[0] = '\0';
	if (learning)
		snprintf(anomalies->learning, sizeof anomalies->learning,
			"Baseline: %d of %d days learnt; until then limits and the last "
			"hours count.",
			days, LEARN_DAYS);
	if (strcmp(before, anomalies->learning))
		app_changed(anomalies->app, CHANGED_ANOMALIES);
}

void anomalies_anew(struct anomalies *anomalies)
{
	tell_learning(anomalies, 0, true);
}

/* The baseline learns the mean of each minute: what lasts a second is no season, and
 * a minute of readings weighs as one. */
static bool minute_point(struct watch *w, struct point point, struct point *out)
{
	int64_t minute = point.at / SPACING_MS;
	bool full = w->points && minute != w->last_minute;

	if (full) {
		out->at = w->last_minute * SPACING_MS;
		out->value = w->sum / w->points;
		w->sum = 0;
		w->points = 0;
	}
	w->last_minute = minute;
	w->sum += point.value;
	w->points++;
	return full;
}

void anomalies_feed(
	struct anomalies *anomalies, const struct series *series, struct point point)
{
	struct watch *w = watch_of(anomalies, series);
	struct detector_config config;
	struct verdict verdict;
	struct point minute;

	if (!w)
		return;
	w->config.limits = series->limits;
	if (!isnan(series->limits.warn) || !isnan(series->limits.critical)) {
		verdict = detector_feed(
			&detector_threshold, w->threshold, &w->config, point);
		follow(anomalies, &w->limits_track, &w->limits_row,
			verdict.anomalous ? &verdict : NULL, series, point.at);
	}
	if (!minute_point(w, point, &minute))
		return;
	if (!w->usual) {
		w->usual = mem_new(1, detector_fused.state_size);
		detector_start(&detector_fused, w->usual);
	}
	config = w->config;
	config.interval_ms =
		series->interval_ms > SPACING_MS ? series->interval_ms : SPACING_MS;
	w->last = detector_feed(&detector_fused, w->usual, &config, minute);
	w->unsaved = true;
	tell_learning(anomalies, w->last.days_learnt, w->last.learning);
	/* A limit that is passed says it already. */
	follow(anomalies, &w->usual_track, &w->usual_row,
		w->last.anomalous && !w->limits_track.open ? &w->last : NULL, series,
		minute.at);
}

/* --- saved states --- */

size_t anomalies_unasked(struct anomalies *anomalies, uint64_t *series, size_t max)
{
	size_t n = 0;
	void *value;

	if (!anomalies->unasked)
		return 0;
	for (size_t at = 0;
		n < max && map_each(&anomalies->watches, &at, NULL, &value);) {
		struct watch *w = value;

		if (w->asked)
			continue;
		w->asked = true;
		series[n++] = w->series;
	}
	anomalies->unasked -= n;
	return n;
}

size_t anomalies_learnt(
	struct anomalies *anomalies, size_t *at, uint64_t *series, size_t max)
{
	size_t n = 0;
	void *value;

	while (n < max && map_each(&anomalies->watches, at, NULL, &value)) {
		struct watch *w = value;

		if (!w->unsaved)
			continue;
		w->unsaved = false;
		series[n++] = w->series;
	}
	return n;
}

const void *anomalies_state(const struct anomalies *anomalies, uint64_t series)
{
	const struct watch *w = map_get(&anomalies->watches, &series, sizeof series);

	return w ? w->usual : NULL;
}

bool anomalies_restore(struct anomalies *anomalies, uint64_t series, const void *bytes,
	size_t n, struct err *err)
{
	struct watch *w = map_get(&anomalies->watches, &series, sizeof series);
	void *state;

	if (!w)
		return true;
	state = mem_new(1, detector_fused.state_size);
	if (!detector_restore(&detector_fused, state, bytes, n, err)) {
		mem_free(state);
		return false;
	}
	mem_free(w->usual);
	w->usual = state;
	return true;
}

size_t anomalies_count(const struct anomalies *anomalies)
{
	return anomalies->count;
}

const struct anomaly_row *anomalies_at(const struct anomalies *anomalies, size_t i)
{
	return &anomalies->rows[i];
}

void anomalies_join(struct anomalies *anomalies, size_t i, uint64_t alert)
{
	if (anomalies->rows[i].alert == alert)
		return;
	anomalies->rows[i].alert = alert;
	app_changed(anomalies->app, CHANGED_ANOMALIES);
}

size_t anomalies_open(const struct anomalies *anomalies)
{
	size_t n = 0;

	for (size_t i = 0; i < anomalies->count; i++)
		n += !anomalies->rows[i].end_at;
	return n;
}

const char *anomalies_learning(const struct anomalies *anomalies)
{
	return anomalies->learning;
}

bool anomalies_band(const struct anomalies *anomalies, uint64_t series, double *expected,
	double *low, double *high)
{
	const struct watch *w = map_get(&anomalies->watches, &series, sizeof series);

	if (!w || !w->usual || isnan(w->last.low) || w->last.low >= w->last.high)
		return false;
	*expected = w->last.expected;
	*low = w->last.low;
	*high = w->last.high;
	return true;
}
