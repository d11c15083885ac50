/* Trends computed: a copy of the facts goes to a task, what comes of it gets its names
 * here and becomes the view. Also what is asked of the view: is it complete, which
 * incidents are behind a bar, what is like a title. Main thread, but for the work. */
#include "trends_parts.h"

#include "app/setting.h"
#include "base/alloc.h"
#include "base/time.h"
#include "model/severity.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ZONE_BACK_DAYS = TRENDS_HISTORY_DAYS + 40 };

const char *const trend_by_names[TREND_BY_COUNT] = {
	"problem", "service", "urgency", "day", "hour", "weekday", "cell"};

struct compute {
	struct task task;
	struct trends *trends;
	struct trend_fact *facts;
	size_t count;
	struct zone zone;
	struct trend_hours hours;
	struct trends_view *view;
	struct trend_group *groups;
	size_t group_count;
	struct trend_top tops[TREND_BY_URGENCY + 1][TRENDS_TOP];
	struct cluster *clusters; /* as they are now: the order may change meanwhile */
	size_t cluster_count;
	int64_t now;
};

struct trend_hours trends_hours(const struct app *app)
{
	/* Monday is bit 0. */
	static const unsigned days[] = {0x1f, 0x3f, 0x4f, 0x7f};

	return (struct trend_hours){
		.sleep_from = (int)app_setting(app, SET_HOURS_SLEEP_FROM),
		.sleep_to = (int)app_setting(app, SET_HOURS_SLEEP_TO),
		.work_from = (int)app_setting(app, SET_HOURS_WORK_FROM),
		.work_to = (int)app_setting(app, SET_HOURS_WORK_TO),
		.work_days = days[app_setting(app, SET_HOURS_DAYS)],
	};
}

void trends_view_free(struct trends_view *view)
{
	if (!view)
		return;
	mem_free(view->rows);
	mem_free(view);
}

/* --- on any thread --- */

static int by_start(const void *a, const void *b)
{
	int64_t x = ((const struct trend_fact *)a)->started_at;
	int64_t y = ((const struct trend_fact *)b)->started_at;

	return x < y ? -1 : x > y;
}

/* The span before: the same days of the wall clock, as many earlier. */
static void compute_before(const struct trend_input *in, struct trends_view *v)
{
	int64_t days = (int64_t)v->day_count;
	int64_t from = zone_shift(in->zone, v->from, -days);
	int64_t to = zone_shift(in->zone, v->to, -days);

	v->before = trend_count(in, from, to);
	trend_interruptions(in, from, to, v->interruptions_before);
}

/* What somebody was called for, and beside it what nobody was. */
static void count_pages(const struct trend_input *in, struct trends_view *v)
{
	size_t end = trend_first(in, v->to);

	for (size_t i = trend_first(in, v->from); i < end; i++) {
		v->pages += (in->facts[i].flags & TREND_PAGES) != 0;
		v->low += in->facts[i].urgency == PAST_LOW;
	}
}

static void compute_tops(struct compute *c, const struct trend_input *in)
{
	struct trends_view *v = c->view;
	uint32_t hours[TRENDS_TOP][24];

	for (int by = 0; by <= TREND_BY_URGENCY; by++) {
		v->top_counts[by] = trend_top(
			in, v->from, v->to, (enum trend_by)by, c->tops[by], TRENDS_TOP);
		for (size_t i = 0; i < v->top_counts[by]; i++) {
			v->tops[by][i].count = c->tops[by][i].count;
			v->tops[by][i].share =
				(double)c->tops[by][i].count / (double)v->sum.count;
		}
	}
	trend_hours_of(in, v->from, v->to, c->tops[TREND_BY_PROBLEM],
		v->top_counts[TREND_BY_PROBLEM], hours);
	for (size_t i = 0; i < v->top_counts[TREND_BY_PROBLEM]; i++)
		memcpy(v->tops[TREND_BY_PROBLEM][i].hours, hours[i], sizeof hours[i]);
}

static void work(struct task *task)
{
	struct compute *c = (struct compute *)task;
	struct trends_view *v = c->view;
	struct trend_input in = {c->facts, c->count, &c->zone, c->hours};

	for (size_t i = 1; i < c->count; i++)
		if (c->facts[i].started_at < c->facts[i - 1].started_at) {
			qsort(c->facts, c->count, sizeof *c->facts, by_start);
			break;
		}
	v->cards[0] = trend_today(&in, c->now);
	v->cards[1] = trend_week(&in, c->now);
	v->cards[2] = trend_month(&in, c->now);
	v->sum = trend_sum(&in, v->from, v->to);
	count_pages(&in, v);
	trend_interruptions(&in, v->from, v->to, v->interruptions);
	trend_heat(&in, v->from, v->to, SIZE_MAX, v->heat);
	v->first_day = zone_day(&c->zone, v->from);
	v->day_count = trend_days(
		&in, v->from, v->to, SIZE_MAX, v->days, sizeof v->days / sizeof *v->days);
	compute_before(&in, v);
	c->group_count = trend_groups(&in, v->from, v->to, v->by, &c->groups);
	compute_tops(c, &in);
}

/* --- names --- */

static uint64_t mix(uint64_t id, uint64_t by)
{
	id = (id + by + 1) * UINT64_C(0x9e3779b97f4a7c15);
	return id ^ id >> 29;
}

static void name_when(const struct compute *c, struct trends_row *row)
{
	static const char *const weekdays[] = {"Monday", "Tuesday", "Wednesday",
		"Thursday", "Friday", "Saturday", "Sunday"};
	uint32_t key = row->group.key;
	int64_t day = c->view->first_day + key;
	char text[TIME_TEXT];

	if (c->view->by == TREND_BY_DAY)
		snprintf(row->own, sizeof row->own, "%s",
			time_day(zone_day_start(&c->zone, day), text));
	else if (c->view->by == TREND_BY_HOUR)
		snprintf(row->own, sizeof row->own, "%02u:00 to %02u:00", key,
			(key + 1) % 24);
	else if (c->view->by == TREND_BY_WEEKDAY)
		snprintf(row->own, sizeof row->own, "%s", weekdays[key % 7]);
	else
		snprintf(row->own, sizeof row->own, "%s %02u:00 to %02u:00",
			weekdays[key / 24 % 7], key % 24, (key + 1) % 24);
	row->id = mix(
		c->view->by == TREND_BY_DAY ? (uint64_t)day : key, (uint64_t)c->view->by);
	row->name = untrusted_str(row->own);
}

static void name_row(const struct trends *trends, const struct compute *c,
	enum trend_by by, struct trends_row *row)
{
	uint32_t key = row->group.key;

	switch (by) {
	case TREND_BY_PROBLEM: {
		const struct cluster *cluster = &c->clusters[key];
		const struct cluster_cell *cell =
			clusters_cell(trends->clusters, cluster->cell);

		row->id = cluster->id;
		row->name = cell->text;
		row->service = cell->service;
		row->reasons = cluster->reasons;
		row->cells = cluster->cells;
		break;
	}
	case TREND_BY_SERVICE:
		row->name = trends->services[key];
		if (untrusted_empty(row->name))
			row->name = untrusted_str("(no service)");
		row->id = mix(untrusted_hash(row->name), TREND_BY_SERVICE);
		break;
	case TREND_BY_URGENCY:
		if (key < 2)
			snprintf(row->own, sizeof row->own, "%s urgency",
				key ? "low" : "high");
		else
			snprintf(row->own, sizeof row->own, "%s alerts",
				severity_name((enum severity)(key - 2)));
		row->name = untrusted_str(row->own);
		row->id = mix(key, TREND_BY_URGENCY);
		break;
	default:
		name_when(c, row);
	}
}

static void take_groups(const struct trends *trends, struct compute *c)
{
	struct trends_view *v = c->view;

	v->rows = mem_new(c->group_count + 1, sizeof *v->rows);
	v->row_count = c->group_count;
	for (size_t i = 0; i < c->group_count; i++) {
		struct trends_row *row = &v->rows[i];

		row->group = c->groups[i];
		row->share = v->sum.count
				     ? (double)row->group.sum.count / (double)v->sum.count
				     : 0;
		name_row(trends, c, v->by, row);
	}
}

static void name_tops(const struct trends *trends, struct compute *c)
{
	for (int by = 0; by <= TREND_BY_URGENCY; by++)
		for (size_t i = 0; i < c->view->top_counts[by]; i++) {
			struct trends_top *top = &c->view->tops[by][i];
			struct trends_row row = {.group.key = c->tops[by][i].key};

			name_row(trends, c, (enum trend_by)by, &row);
			top->name = row.name;
			if (!row.own[0])
				continue;
			memcpy(top->own, row.own, sizeof top->own);
			top->name = untrusted_str(top->own);
		}
}

static void release(struct compute *c)
{
	mem_free(c->facts);
	mem_free(c->groups);
	mem_free(c->clusters);
	mem_free(c);
}

static void done(struct task *task)
{
	struct compute *c = (struct compute *)task;
	struct trends *trends = c->trends;

	trends->computing = NULL;
	if (trends->ended || task_cancelled(task)) {
		trends_view_free(c->view);
		release(c);
		return;
	}
	take_groups(trends, c);
	name_tops(trends, c);
	c->view->whole_from = trends->whole_from;
	trends_view_free(trends->view);
	trends->view = c->view;
	release(c);
	trends_drill_again(trends);
	app_changed(trends->app, CHANGED_TRENDS);
	if (trends->stale)
		trends_compute(trends, false);
}

/* --- a snapshot --- */

static void copy_facts(const struct trends *trends, struct compute *c)
{
	c->facts = mem_new(trends->count + 1, sizeof *c->facts);
	/* They came newest first. */
	for (size_t i = trends->count; i-- > 0;) {
		const struct past_incident *p = &trends->rows[i];

		if (p->flags & TREND_ECHO)
			continue;
		c->facts[c->count++] = (struct trend_fact){
			.started_at = p->started_at,
			.acked_at = p->taken_at,
			.ended_at = p->ended_at,
			.problem = (uint32_t)clusters_of(trends->clusters, p->cell),
			.service = p->service_index,
			.urgency = p->urgency,
			.flags = p->flags,
		};
	}
	c->cluster_count = clusters_count(trends->clusters);
	c->clusters = mem_new(c->cluster_count + 1, sizeof *c->clusters);
	for (size_t i = 0; i < c->cluster_count; i++)
		c->clusters[i] = *clusters_at(trends->clusters, i);
}

void trends_compute(struct trends *trends, bool here)
{
	struct compute *c;
	int64_t now = trends->app->now;

	if (trends->computing)
		return;
	trends->stale = false;
	trends->computed_at = now;
	clusters_settle(trends->clusters);
	c = mem_new(1, sizeof *c);
	c->trends = trends;
	c->now = now;
	c->hours = trends_hours(trends->app);
	zone_read(&c->zone, now - ZONE_BACK_DAYS * DAY_MS, now + 2 * DAY_MS,
		time_offset_ms);
	c->view = mem_new(1, sizeof *c->view);
	c->view->by = trends->by;
	c->view->to = now;
	c->view->from =
		zone_day_start(&c->zone, zone_day(&c->zone, now) - trends->days + 1);
	copy_facts(trends, c);
	c->task = (struct task){.work = work, .done = done, .class = TASK_INTERACTIVE};
	trends->computing = c;
	if (here) {
		work(&c->task);
		done(&c->task);
	} else {
		task_submit(trends->app->pool, &c->task);
	}
}

/* --- what is asked of it --- */

const struct trends_view *trends_view(const struct trends *trends)
{
	return trends->view;
}

const struct trends_row *trends_find(const struct trends *trends, uint64_t id)
{
	for (size_t i = 0; trends->view && i < trends->view->row_count; i++)
		if (trends->view->rows[i].id == id)
			return &trends->view->rows[i];
	return NULL;
}

void trends_show(struct trends *trends, enum trend_by by, int days)
{
	days = days < 1 ? 1 : days > TRENDS_MAX_DAYS ? TRENDS_MAX_DAYS : days;
	if (by == trends->by && days == trends->days)
		return;
	trends->by = by;
	trends->days = days;
	trends->stale = true;
	if (trends->begun && trends->app->store)
		trends_compute(trends, false);
}

enum trend_by trends_by(const struct trends *trends)
{
	return trends->by;
}

int trends_days(const struct trends *trends)
{
	return trends->days;
}

bool trends_complete(const struct app *app, const struct trends_view *v, int64_t from,
	char *out, size_t size)
{
	char when[TIME_TEXT];
	bool whole = v->whole_from <= from;

	if (whole)
		snprintf(out, size, "complete");
	else if (v->whole_from == INT64_MAX)
		snprintf(out, size, "partial: not watched");
	else
		snprintf(out, size, "partial: known since %s",
			time_stamp(v->whole_from, app->now, when));
	return whole;
}

static const char *explain(
	unsigned reasons, size_t count, int days, char *out, size_t size)
{
	const char *why = "same template, same service";

	if (reasons & CLUSTER_BY_HAND)
		why = "put together by hand";
	else if (reasons & CLUSTER_BY_RENAME)
		why = "renamed, same service";
	else if (reasons & CLUSTER_BY_NAME)
		why = "same template but for a name, same service";
	snprintf(out, size,
		days % 7 ? "%s, %zu time%s in %d day%s" : "%s, %zu time%s in %d week%s",
		why, count, count == 1 ? "" : "s", days % 7 ? days : days / 7,
		(days % 7 ? days : days / 7) == 1 ? "" : "s");
	return out;
}

const char *trends_explain(
	const struct trends *trends, const struct trends_row *row, char *out, size_t size)
{
	return explain(row->reasons, row->group.sum.count, trends->days, out, size);
}

const char *trends_why(const struct trends *trends, struct untrusted title,
	struct untrusted service, int days, char *out, size_t size)
{
	int64_t from = trends->app->now - days * DAY_MS;
	size_t cluster, n = 0;
	uint32_t cell;
	char whole[80];

	*out = '\0';
	if (!clusters_find(trends->clusters, title, service, &cell))
		return out;
	cluster = clusters_of(trends->clusters, cell);
	for (size_t i = 0; i < trends->count; i++)
		n += trends->rows[i].started_at >= from &&
		     clusters_of(trends->clusters, trends->rows[i].cell) == cluster;
	if (!n)
		return out;
	explain(clusters_at(trends->clusters, cluster)->reasons, n, days, out, size);
	if (trends->view &&
		!trends_complete(trends->app, trends->view, from, whole, sizeof whole))
		snprintf(out + strlen(out), size - strlen(out), "; %s", whole);
	return out;
}

/* --- the incidents behind a bar --- */

static bool in_drill(const struct trends *trends, const struct trend_input *in,
	const struct past_incident *p)
{
	const struct drill *d = &trends->drill;
	struct trend_fact fact = {.started_at = p->started_at,
		.service = p->service_index,
		.urgency = p->urgency};

	if (p->started_at < d->from || p->started_at >= d->to)
		return false;
	if (!d->row.id)
		return true;
	if (d->by == TREND_BY_PROBLEM)
		return clusters_of(trends->clusters, p->cell) ==
		       clusters_of(trends->clusters, d->cell);
	return trend_key(in, &fact, d->from, d->by) == d->row.group.key;
}

static int by_newest(const void *a, const void *b, void *ctx)
{
	const struct past_incident *rows = ctx;
	const struct past_incident *x = &rows[*(const size_t *)a];
	const struct past_incident *y = &rows[*(const size_t *)b];

	if (x->started_at != y->started_at)
		return x->started_at < y->started_at ? 1 : -1;
	return x->id < y->id ? -1 : x->id > y->id;
}

void trends_drill_again(struct trends *trends)
{
	struct drill *d = &trends->drill;
	struct zone *zone;
	struct trend_input in = {0};
	bool sorted = true;

	if (!d->on)
		return;
	if (trends->view)
		d->to = trends->view->to > d->to ? trends->view->to : d->to;
	zone = mem_new(1, sizeof *zone);
	zone_read(zone, d->from - 2 * DAY_MS, d->to + 2 * DAY_MS, time_offset_ms);
	in.zone = zone;
	clusters_settle(trends->clusters);
	d->count = 0;
	for (size_t i = 0; i < trends->count; i++) {
		if (trends->rows[i].flags & TREND_ECHO ||
			!in_drill(trends, &in, &trends->rows[i]))
			continue;
		MEM_ROOM(d->indices, d->count, d->cap);
		sorted &=
			!d->count || trends->rows[d->indices[d->count - 1]].started_at >=
					     trends->rows[i].started_at;
		d->indices[d->count++] = i;
	}
	if (!sorted)
		qsort_r(d->indices, d->count, sizeof *d->indices, by_newest,
			trends->rows);
	mem_free(zone);
}

void trends_drill(struct trends *trends, uint64_t id)
{
	const struct trends_row *row = id ? trends_find(trends, id) : NULL;
	struct drill *d = &trends->drill;

	if (!trends->view || (id && !row))
		return;
	d->on = true;
	d->row = row ? *row : (struct trends_row){.name = untrusted_str("all")};
	if (row && row->own[0])
		d->row.name = untrusted_str(d->row.own);
	d->by = trends->view->by;
	d->from = trends->view->from;
	d->to = trends->view->to;
	if (row && d->by == TREND_BY_PROBLEM)
		for (size_t i = 0; i < clusters_count(trends->clusters); i++)
			if (clusters_at(trends->clusters, i)->id == id)
				d->cell = clusters_at(trends->clusters, i)->cell;
	trends_drill_again(trends);
}

const struct trends_row *trends_drilled(const struct trends *trends)
{
	const struct trends_row *now;

	if (!trends->drill.on)
		return NULL;
	now = trends_find(trends, trends->drill.row.id);
	return now ? now : &trends->drill.row;
}

void trends_strip(const struct trends *trends, uint32_t out[24])
{
	memset(out, 0, 24 * sizeof *out);
	for (size_t i = 0; i < trends_count(trends); i++)
		out[time_hour_of_week(trends_at(trends, i)->started_at) % 24]++;
}

size_t trends_count(const struct trends *trends)
{
	return trends->drill.on ? trends->drill.count : 0;
}

const struct past_incident *trends_at(const struct trends *trends, size_t i)
{
	return &trends->rows[trends->drill.indices[i]];
}

const struct past_incident *trends_incident(const struct trends *trends, uint64_t id)
{
	uintptr_t known = (uintptr_t)map_get(&trends->by_id, &id, sizeof id);

	return known ? &trends->rows[known - 1] : NULL;
}

/* --- like a title --- */

static bool better(const struct trends_like *a, const struct trends_like *b)
{
	if (a->score != b->score)
		return a->score > b->score;
	return a->incident->started_at > b->incident->started_at;
}

size_t trends_like(const struct trends *trends, struct untrusted title,
	struct untrusted service, struct trends_like *out, size_t max)
{
	struct cluster_near near[8];
	size_t cells = clusters_near(trends->clusters, title, service, near, 8), n = 0;

	for (size_t i = 0; i < trends->count && cells; i++) {
		const struct past_incident *p = &trends->rows[i];
		struct trends_like one = {p, 0};
		size_t at;

		for (size_t k = 0; k < cells; k++) {
			bool same = near[k].score == 1 &&
				    clusters_of(trends->clusters, near[k].cell) ==
					    clusters_of(trends->clusters, p->cell);

			if ((same || near[k].cell == p->cell) && !one.score)
				one.score = same ? 1 : near[k].score;
		}
		for (at = n; at && one.score && better(&one, &out[at - 1]);)
			at--;
		if (!one.score || at == max)
			continue;
		n += n < max;
		memmove(out + at + 1, out + at, (n - at - 1) * sizeof *out);
		out[at] = one;
	}
	return n;
}
