/* Objectives at work: counts that come are put into buckets and judged
 * (analysis/slo.h), what fires becomes an alert of this host, and what fired is known
 * after a restart. Hides which objective a series of an answer is of, and that
 * silences of the servers are looked through a few in each turn. Main thread. */
#include "app/slos.h"
#include "slos_parts.h"

#include "app/alerts.h"
#include "app/history.h"
#include "app/sources.h"
#include "base/alloc.h"
#include "base/log.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "model/batch.h"
#include "model/series.h"
#include "ops/matchers.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { SILENCES_A_TURN = 200, KEPT_WAIT_MS = 5000, KEPT_BYTES = 64 << 10 };

static const char kept_key[] = "console/slo";

struct slos {
	struct app *app;
	struct slo *list;
	size_t count;
	bool known; /* what the store has kept has come, or nothing was */
	bool restored;
	size_t silence_at; /* the next that is looked at */
	int64_t judged_at;
};

static void slo_init(struct slo *slo, const struct rc_slo *rc)
{
	*slo = (struct slo){
		.row = {.id = alert_key("slo", untrusted_str(rc->name)), .rc = rc}};
	slo->data = slo_data_new(rc->window_ms);
}

static void slo_release(struct slo *slo)
{
	slo_data_free(slo->data);
}

struct slos *slos_new(struct app *app)
{
	struct slos *slos = mem_new(1, sizeof *slos);

	slos->app = app;
	slos->count = app->rc->slo_count;
	slos->list = mem_new(slos->count, sizeof *slos->list);
	for (size_t i = 0; i < slos->count; i++)
		slo_init(&slos->list[i], &app->rc->slos[i]);
	return slos;
}

void slos_free(struct slos *slos)
{
	if (!slos)
		return;
	for (size_t i = 0; i < slos->count; i++)
		slo_release(&slos->list[i]);
	mem_free(slos->list);
	mem_free(slos);
}

size_t slos_count(const struct slos *slos)
{
	return slos->count;
}

const struct slo_row *slos_at(const struct slos *slos, size_t i)
{
	return &slos->list[i].row;
}

const struct slo_row *slos_find(const struct slos *slos, uint64_t id)
{
	for (size_t i = 0; i < slos->count; i++)
		if (slos->list[i].row.id == id)
			return &slos->list[i].row;
	return NULL;
}

static const struct slo_data *data_of(const struct slos *slos, const struct slo_row *row)
{
	for (size_t i = 0; i < slos->count; i++)
		if (&slos->list[i].row == row)
			return slos->list[i].data;
	return NULL;
}

/* --- what fired before a restart --- */

static void keep(struct slos *slos)
{
	struct str text;

	if (!slos->app->live || !slos->restored)
		return;
	str_init(&text, KEPT_BYTES);
	for (size_t i = 0; i < slos->count; i++)
		for (size_t rule = 0; rule < SLO_RULES; rule++) {
			const struct slo_track *t = &slos->list[i].row.tracks[rule];

			if (t->fires)
				str_printf(&text, "%zu %lld %lld %lld %s\n", rule,
					(long long)t->since, (long long)t->burnt_at,
					(long long)t->known_at,
					slos->list[i].row.rc->name);
		}
	history_keep(slos->app->history, kept_key, str_text(&text), text.n);
	str_release(&text);
}

static void restore_line(struct slos *slos, struct untrusted line)
{
	int64_t words[4];
	struct untrusted word;

	for (size_t i = 0; i < 4; i++)
		if (!untrusted_word(&line, " ", &word) ||
			!untrusted_to_i64(word, &words[i]))
			return;
	if (words[0] < 0 || words[0] >= SLO_RULES || words[1] > slos->app->now ||
		words[2] > slos->app->now || words[3] > slos->app->now)
		return;
	for (size_t i = 0; i < slos->count; i++) {
		struct slo_row *row = &slos->list[i].row;
		struct slo_track *t = &row->tracks[words[0]];

		if (!untrusted_is(untrusted_trim(line), row->rc->name))
			continue;
		if (t->fires && t->since <= words[1])
			continue;
		if (!t->fires)
			*t = (struct slo_track){true, words[1], words[2], words[3]};
		t->since = words[1];
		slo_publish(slos->app, &slos->list[i]);
	}
}

/* False: nobody knows yet what was kept. */
static bool restore(struct slos *slos, int64_t now)
{
	struct untrusted text, line;
	const void *bytes;
	size_t n;

	if (slos->restored || !slos->app->live)
		return true;
	bytes = history_kept(slos->app->history, kept_key, &n);
	if (!bytes)
		return slos->known || (now - slos->app->started_at > KEPT_WAIT_MS &&
					      !history_busy(slos->app->history));
	text = untrusted_make(bytes, n);
	while (untrusted_word(&text, "\n", &line))
		restore_line(slos, line);
	slos->restored = true;
	return true;
}

/* --- judging --- */

static void judge(struct slos *slos, struct slo *slo)
{
	struct slo_row *row = &slo->row;
	const struct slo_spec spec = {
		row->rc->target, row->rc->window_ms, row->rc->least};
	bool changed = false;

	slo_judge(&spec, slo->data, slos->app->now, &row->state);
	/* Good ones of which none was ever counted are a wrong name rather than a
	 * service that never did anything right. */
	if (!row->part_seen && !row->rc->bad) {
		row->state.known = false;
		row->state.ends_at = 0;
		for (size_t rule = 0; rule < SLO_RULES; rule++)
			row->state.rules[rule].verdict = SLO_NO_DATA;
	}
	for (size_t rule = 0; rule < SLO_RULES; rule++)
		changed |= slo_track_feed(&row->tracks[rule], rule,
			&row->state.rules[rule], slos->app->now);
	slo_publish(slos->app, slo);
	if (changed)
		keep(slos);
	app_changed(slos->app, CHANGED_SLOS);
}

static struct slo *slo_of(struct slos *slos, int source, size_t index)
{
	const char *name = sources_row(slos->app->sources, source)->name;

	for (size_t i = 0; i < slos->count; i++)
		if (!strcmp(slos->list[i].row.rc->source, name) && !index--)
			return &slos->list[i];
	return NULL;
}

static const struct batch_series *counts(const struct batch *batch, size_t query)
{
	for (size_t i = 0; i < batch->series_count; i++)
		if (batch->series[i].query == (int)query)
			return &batch->series[i];
	return NULL;
}

/* The part's value of that moment; a part that is not there is none of it. */
static double part_at(const struct batch_series *part, size_t *k, int64_t at)
{
	while (part && *k < part->count && part->points[*k].at < at)
		++*k;
	return part && *k < part->count && part->points[*k].at == at
		       ? part->points[*k].value
		       : 0;
}

static void fill(struct slo *slo, const struct batch *batch, size_t index)
{
	const struct batch_series *part = counts(batch, 2 * index),
				  *total = counts(batch, 2 * index + 1);
	size_t k = 0;

	slo->row.part_seen |= part != NULL;
	for (size_t i = 0; total && i < total->count; i++) {
		struct point point = total->points[i];
		double value = part_at(part, &k, point.at), bad = value;

		/* What is extrapolated at both ends differs a little. */
		if (!slo->row.rc->bad)
			bad = value < point.value ? point.value - value : 0;
		slo_data_put(slo->data, batch->bucket_ms, point.at, point.value, bad);
	}
	slo->row.answered |= total != NULL;
}

static void take_errors(struct slos *slos, int source, const struct batch *batch)
{
	for (size_t i = 0; i < batch->query_count; i++) {
		const struct batch_query *q = &batch->queries[i];
		struct slo *slo = slo_of(slos, source, (size_t)q->query / 2);

		if (!slo)
			continue;
		slo->heard = true;
		text_line(q->error, slo->row.error, sizeof slo->row.error);
	}
}

void slos_take(struct slos *slos, int source, const struct batch *batch)
{
	struct slo *slo;

	take_errors(slos, source, batch);
	for (size_t i = 0; (slo = slo_of(slos, source, i)); i++) {
		bool has = counts(batch, 2 * i + 1) != NULL;

		if (has)
			fill(slo, batch, i);
		if (has || slo->heard)
			judge(slos, slo);
	}
}

void slos_status(struct slos *slos, int source, const struct poll_status *status)
{
	struct slo *slo;

	for (size_t i = 0; (slo = slo_of(slos, source, i)); i++) {
		if (status->state == POLL_FAILING)
			text_line(untrusted_str(status->error.text), slo->row.error,
				sizeof slo->row.error);
		else if (slo->failing)
			slo->row.error[0] = '\0';
		slo->failing = status->state == POLL_FAILING;
	}
	app_changed(slos->app, CHANGED_SLOS);
}

/* --- silences --- */

static struct untrusted label_of(const void *ctx, const char *name)
{
	const struct alert *alert = ctx;

	return alert_label_value(alert, name);
}

static void try_silence(struct slos *slos, const struct silence_row *s)
{
	struct matchers matchers;

	if (s->active && matchers_read(&matchers, s->matchers, NULL)) {
		for (size_t i = 0; i < slos->count; i++)
			for (size_t what = 0; what < 2; what++) {
				struct slo *slo = &slos->list[i];
				const struct alert *alert =
					slo->keys[what] ? alerts_find(slos->app->alerts,
								  slo->keys[what])
							: NULL;

				if (alert && !*slo->found[what] &&
					matchers_hold(&matchers, label_of, alert))
					text_line(s->upstream_id, slo->found[what],
						sizeof slo->found[what]);
			}
		matchers_release(&matchers);
	}
}

/* All were looked at: what was found counts. */
static void settle_silences(struct slos *slos)
{
	slos->silence_at = 0;
	for (size_t i = 0; i < slos->count; i++) {
		struct slo *slo = &slos->list[i];
		bool changed = strcmp(slo->found[0], slo->silence[0]) ||
			       strcmp(slo->found[1], slo->silence[1]);

		memcpy(slo->silence, slo->found, sizeof slo->silence);
		memset(slo->found, 0, sizeof slo->found);
		if (changed)
			slo_publish(slos->app, slo);
	}
}

static void follow_silences(struct slos *slos)
{
	size_t count = silences_count(slos->app->alerts);
	bool any = false;

	for (size_t i = 0; i < slos->count; i++)
		any |= slos->list[i].keys[0] || slos->list[i].keys[1];
	if (!any)
		return;
	for (size_t n = 0; n < SILENCES_A_TURN && slos->silence_at < count; n++)
		try_silence(slos, silences_at(slos->app->alerts, slos->silence_at++));
	if (slos->silence_at >= count)
		settle_silences(slos);
}

/* What fires since is kept too. */
static bool adopt(struct slos *slos, int64_t now)
{
	if (!restore(slos, now))
		return false;
	if (slos->app->live && !slos->restored) {
		slos->restored = true;
		keep(slos);
	}
	return true;
}

void slos_begin(struct slos *slos)
{
	slos->known = true;
	adopt(slos, slos->app->now);
}

bool slos_settled(struct slos *slos)
{
	if (slos->app->live)
		return true;
	do {
		follow_silences(slos);
	} while (slos->silence_at);
	return true;
}

void slos_tick(struct slos *slos, int64_t now)
{
	bool ready = adopt(slos, now);

	if (!slos->count || app_then(slos->app))
		return;
	/* Silence from a server makes what is known older. */
	if (ready && now - slos->judged_at >= MINUTE_MS / 2) {
		slos->judged_at = now;
		for (size_t i = 0; i < slos->count; i++)
			if (slos->list[i].heard)
				judge(slos, &slos->list[i]);
		/* The store may not have been open when it began to fire. */
		keep(slos);
	}
	follow_silences(slos);
}

/* --- another rc --- */

static bool same(const struct rc_slo *a, const struct rc_slo *b)
{
	return !strcmp(a->name, b->name) && !strcmp(a->source, b->source) &&
	       !strcmp(a->part, b->part) && !strcmp(a->total, b->total) &&
	       a->bad == b->bad && a->window_ms == b->window_ms;
}

void slos_reload(struct slos *slos)
{
	const struct rc *rc = slos->app->rc;
	struct slo *old = slos->list;
	size_t count = slos->count;

	slos->count = rc->slo_count;
	slos->list = mem_new(slos->count, sizeof *slos->list);
	for (size_t i = 0; i < slos->count; i++) {
		size_t k = 0;

		while (k < count && !(old[k].data && same(old[k].row.rc, &rc->slos[i])))
			k++;
		if (k == count) {
			slo_init(&slos->list[i], &rc->slos[i]);
			continue;
		}
		slos->list[i] = old[k];
		slos->list[i].row.rc = &rc->slos[i];
		old[k].data = NULL;
	}
	for (size_t k = 0; k < count; k++)
		if (old[k].data) {
			slo_withdraw(slos->app, &old[k]);
			slo_release(&old[k]);
		}
	mem_free(old);
	for (size_t i = 0; i < slos->count; i++)
		if (slos->list[i].heard)
			judge(slos, &slos->list[i]);
}

/* --- curves --- */

static struct series *curve(const struct slos *slos, const struct slo_row *row, bool left)
{
	const struct slo_data *data = data_of(slos, row);
	struct series *series = series_new(untrusted_str(row->rc->name), 0, SIZE_MAX);
	double allowed = row->state.budget.total * (1 - row->rc->target), spent = 0;
	int64_t last = (row->state.at + SLO_LONG_MS - 1) / SLO_LONG_MS * SLO_LONG_MS;
	int64_t hours = row->rc->window_ms / SLO_LONG_MS;
	int64_t every = (hours + SERIES_MAX_POINTS - 1) / SERIES_MAX_POINTS;

	series->unit = UNIT_RATIO;
	series->interval_ms = SLO_LONG_MS * every;
	series->limits = (struct limits){NAN, left ? NAN : 1 - row->rc->target, false};
	for (int64_t k = hours - hours % every; data && k >= 0; k -= every) {
		double total = 0, bad = 0, t, b;
		int64_t end = last - k * SLO_LONG_MS;
		int64_t at = end < row->state.at ? end : row->state.at;

		for (int64_t j = 0; j < every; j++)
			if (slo_data_bucket(
				    data, SLO_LONG_MS, end - j * SLO_LONG_MS, &t, &b)) {
				total += t;
				bad += b;
			}
		spent += bad;
		if (left && allowed > 0)
			series_add(series, (struct point){at, 1 - spent / allowed});
		else if (!left && total > 0)
			series_add(series, (struct point){at, bad / total});
	}
	return series;
}

struct series *slo_ratio_series(const struct slos *slos, const struct slo_row *row)
{
	return curve(slos, row, false);
}

struct series *slo_budget_series(const struct slos *slos, const struct slo_row *row)
{
	return curve(slos, row, true);
}
