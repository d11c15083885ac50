/* From the tables of the story to what sources answer: batches, readings, log lines.
 * Pure: the seed and the start in, the same answers out. Hides how curves, noise and
 * times of day are made. Main thread. */
#include "demo_script.h"

#include "base/time.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* --- noise --- */

/* splitmix64 (Steele, Lea, Flood 2014): a number for each question. */
static uint64_t mix(uint64_t x)
{
	x += UINT64_C(0x9e3779b97f4a7c15);
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

/* -1 to 1 */
static double noise(uint64_t seed, uint64_t which, int64_t at)
{
	return (double)(mix(mix(seed ^ which << 32) ^ (uint64_t)at) >> 11) * 0x1p-52 - 1;
}

static double smooth(double part)
{
	return part * part * (3 - 2 * part);
}

/* Mostly a slow wave, some of it new each time; at >= 0. */
static double waver(uint64_t seed, uint64_t which, int64_t at)
{
	enum { WAVE = 120000 };
	int64_t k = at / WAVE;
	double a = noise(seed, which, k), b = noise(seed, which, k + 1);

	return 0.85 * (a + (b - a) * smooth((double)(at % WAVE) / WAVE)) +
	       0.15 * noise(seed, which + 1, at);
}

/* --- curves --- */

static double factor_at(const struct demo_key *keys, double second)
{
	int i = 0;

	if (keys[0].factor == 0 || second <= keys[0].second)
		return 1;
	while (i + 1 < DEMO_CURVE && keys[i + 1].factor != 0) {
		const struct demo_key *a = &keys[i], *b = &keys[i + 1];

		i++;
		if (second >= b->second)
			continue;
		return a->factor +
		       (b->factor - a->factor) *
			       smooth((second - a->second) / (b->second - a->second));
	}
	return keys[i].factor;
}

/* The story begins at the busiest time of day, whenever it is played: so it looks the
 * same each time. */
static double value_at(const struct demo_story *story, const struct demo_curve *curve,
	uint64_t which, int64_t at)
{
	int64_t since = at - story->begin;
	double day = 2 * M_PI * (double)since / DAY_MS;
	double value = curve->base * (1 - curve->swing * (1 - cos(day)));

	value += curve->per_hour * (double)since / HOUR_MS;
	value *= factor_at(curve->keys, (double)(at - story->start) / SECOND_MS);
	value *= 1 + curve->noise * waver(story->seed, which * 2, since + 30 * DAY_MS);
	return value > 0 ? value : 0;
}

void demo_points(
	const struct demo_story *story, const struct demo_span *span, struct batch *out)
{
	size_t n = (size_t)((span->to - span->from) / span->step_ms) + 1;
	int query = -1;

	for (size_t i = 0; i < demo_series_count; i++) {
		const struct demo_series *s = &demo_series[i];
		struct batch_series *to = batch_add_series(out);
		struct point *points = arena_alloc(out->arena, n * sizeof *points);

		query += !i || strcmp(s->curve.name, s[-1].curve.name);
		if (!to || !points)
			return;
		for (size_t k = 0; k < n; k++) {
			int64_t at = span->from + (int64_t)k * span->step_ms;

			points[k] = (struct point){at, value_at(story, &s->curve, i, at)};
		}
		*to = (struct batch_series){.query = query,
			.labels = untrusted_str(s->labels),
			.points = points,
			.count = n};
	}
}

size_t demo_reading(
	const struct demo_story *story, int64_t at, struct host_metric *out, size_t max)
{
	size_t n = demo_metric_count < max ? demo_metric_count : max;

	for (size_t i = 0; i < n; i++) {
		const struct demo_metric *m = &demo_metrics[i];

		out[i] = (struct host_metric){.unit = m->unit,
			.value = value_at(story, &m->curve, 100 + i, at),
			.warn = m->warn,
			.critical = m->critical};
		snprintf(out[i].name, sizeof out[i].name, "%s", m->curve.name);
	}
	return n;
}

/* --- alerts --- */

static int64_t moment(const struct demo_story *story, int second)
{
	return story->start + second * SECOND_MS;
}

/* What stays began once, what comes with the story begins in each round. */
static int64_t moment_of(
	const struct demo_story *story, const struct demo_alert *a, int second)
{
	return (a->stays ? story->begin : story->start) + second * SECOND_MS;
}

static struct untrusted print(struct batch *out, const char *format, const char *a, int b)
{
	char text[120];

	snprintf(text, sizeof text, format, a, b);
	return untrusted_copy(out->arena, untrusted_str(text));
}

static void add_pairs(
	struct alert_draft *draft, const struct demo_alert *a, struct batch *out)
{
	struct pair *pairs = arena_alloc(out->arena, (DEMO_LABELS + 1) * sizeof *pairs);
	size_t n = 0;

	if (!pairs)
		return;
	for (; n < DEMO_LABELS && a->labels[n][0]; n++)
		pairs[n] = (struct pair){
			untrusted_str(a->labels[n][0]), untrusted_str(a->labels[n][1])};
	pairs[n] = (struct pair){untrusted_str("value"), untrusted_str(a->value)};
	draft->labels = pairs;
	draft->label_count = n;
	draft->annotations = pairs + n;
	draft->annotation_count = 1;
}

static void add_people(struct alert_draft *draft, const struct demo_story *story,
	const struct demo_alert *a, int second)
{
	bool later = second >= a->escalated;
	int next_at = later ? a->later_next_at : a->next_at;
	const char *next = later ? a->later_next : a->next;

	if (later)
		draft->severity = a->worse;
	draft->texts[ALERT_ASSIGNED] = untrusted_str(
		later && a->later_assigned ? a->later_assigned : a->assigned);
	if (second >= a->acked) {
		draft->state = ALERT_ACKNOWLEDGED;
		draft->acked_at = moment_of(story, a, a->acked);
		draft->texts[ALERT_ACKED_BY] = untrusted_str(a->acked_by);
	} else if (next && second < next_at) {
		draft->next_at = moment(story, next_at);
		draft->texts[ALERT_NEXT] = untrusted_str(next);
	}
}

static void add_alert(const struct demo_story *story, const struct demo_alert *a,
	int second, struct batch *out)
{
	struct alert_draft *draft = batch_add_alert(out);

	if (!draft)
		return;
	draft->severity = a->severity;
	draft->pages = a->pages;
	draft->started_at = draft->updated_at = moment_of(story, a, a->began);
	add_people(draft, story, a, second);
	if (second >= a->resolved) {
		draft->state = ALERT_RESOLVED;
		draft->ended_at = moment(story, a->resolved);
		draft->next_at = 0;
	}
	draft->texts[ALERT_ID] = print(out, "%s-%d", a->id, a->stays ? 1 : story->round);
	draft->texts[ALERT_TITLE] = untrusted_str(a->title);
	draft->texts[ALERT_SUMMARY] = untrusted_str(a->summary);
	draft->texts[ALERT_SERVICE] = untrusted_str(a->service);
	if (a->pages)
		draft->texts[ALERT_LINK] =
			print(out, "https://pager.example.com/incidents/%s-%d", a->id,
				a->stays ? 1 : story->round);
	add_pairs(draft, a, out);
}

static void add_alerts(const struct demo_story *story, enum demo_feed feed, int second,
	struct batch *out)
{
	out->alerts_snapshot = true;
	for (size_t i = 0; i < demo_alert_count; i++) {
		const struct demo_alert *a = &demo_alerts[i];

		if (a->feed == feed && second >= a->began && second < a->gone)
			add_alert(story, a, second, out);
	}
}

/* --- silences, changes, people --- */

static void add_silence(const struct demo_story *story, struct batch *out)
{
	struct batch_silence *s = batch_add_silence(out);

	out->silences_snapshot = true;
	if (s)
		*s = (struct batch_silence){.id = untrusted_str("deploy-freeze"),
			.comment = untrusted_str("deploy freeze of the reports database"),
			.author = untrusted_str("asha"),
			.matchers = untrusted_str("{instance=\"reports-db-1\"}"),
			.starts_at = story->begin - 2 * HOUR_MS,
			.ends_at = story->begin + 12 * MINUTE_MS,
			.active = true};
}

static void add_changes(const struct demo_story *story, int second, struct batch *out)
{
	for (size_t i = 0; i < demo_change_count; i++) {
		const struct demo_change *from = &demo_changes[i];
		bool stays = from->second < 0;
		struct batch_change *c;

		if (from->second > second || !(c = batch_add_change(out)))
			continue;
		c->id = print(out, "%s-%d", from->id, stays ? 1 : story->round);
		c->at = (stays ? story->begin : story->start) + from->second * SECOND_MS;
		c->service = untrusted_str(from->service);
		c->summary = untrusted_str(from->summary);
	}
}

/* Next Monday, 09:00 of the local zone. */
static int64_t end_of_shift(int64_t at)
{
	int64_t step = 15 * MINUTE_MS;

	at = (at / step + 1) * step;
	for (int i = 0; i < 7 * 24 * 4 && time_hour_of_week(at) != 9; i++)
		at += step;
	return at;
}

static void add_calls(const struct demo_story *story, struct batch *out)
{
	int64_t ends_at = end_of_shift(story->begin);

	out->oncalls_snapshot = true;
	for (size_t i = 0; i < demo_call_count; i++) {
		struct batch_oncall *o = batch_add_oncall(out);

		if (o)
			*o = (struct batch_oncall){
				.who = untrusted_str(demo_calls[i].who),
				.policy = untrusted_str("payments"),
				.level = demo_calls[i].level,
				.ends_at = ends_at,
				.me = demo_calls[i].me};
	}
}

enum { SHIFTS = 5 };

/* A week each, from Monday to Monday. */
static void add_rota(const struct demo_story *story, struct batch *out)
{
	struct rota *rota = batch_add_rota(out);
	struct rota_shift *shifts = arena_alloc(out->arena, SHIFTS * sizeof *shifts);
	int64_t at = end_of_shift(story->begin), from = at - 7 * DAY_MS;

	if (!rota || !shifts)
		return;
	for (size_t i = 0; i < SHIFTS; i++) {
		shifts[i] = (struct rota_shift){.span = {from, at},
			.user = untrusted_str(demo_calls[i % demo_call_count].who)};
		from = at;
		at = end_of_shift(at + 6 * DAY_MS);
	}
	*rota = (struct rota){.id = untrusted_str("payments"),
		.name = untrusted_str("Payments primary"),
		.zone = untrusted_str("Europe/Berlin"),
		.shifts = shifts,
		.count = SHIFTS,
		.window = {shifts->span.from_at, from}};
	for (size_t i = 0; i < demo_call_count; i++) {
		struct person *person = batch_add_person(out);

		if (person)
			person->id = person->name = untrusted_str(demo_calls[i].who);
	}
	out->me = untrusted_str(demo_calls->who);
	out->rotas_snapshot = true;
}

bool demo_answer(const struct demo_story *story, enum demo_feed feed, int second,
	struct batch *out, struct err *err)
{
	const struct demo_source *s = &demo_sources[feed];
	int64_t at = moment(story, second);

	if (second >= s->down_from && second < s->down_to)
		return err_set(err, ERR_NET, "%s", s->why);
	if (feed == DEMO_PROM)
		demo_points(story, &(struct demo_span){at, at, SECOND_MS}, out);
	if (feed == DEMO_AM || feed == DEMO_PD)
		add_alerts(story, feed, second, out);
	if (feed == DEMO_AM && at < story->begin + 12 * MINUTE_MS)
		add_silence(story, out);
	else if (feed == DEMO_AM)
		out->silences_snapshot = true;
	if (feed == DEMO_PD) {
		add_changes(story, second, out);
		add_calls(story, out);
		add_rota(story, out);
	}
	return true;
}

/* --- log lines --- */

/* Each * becomes four digits. */
static void fill_text(const struct demo_story *story, uint64_t which, char *out,
	size_t size, const char *text)
{
	size_t n = 0;

	for (; *text && n + 5 < size; text++) {
		if (*text != '*') {
			out[n++] = *text;
			continue;
		}
		n += (size_t)snprintf(out + n, size - n, "%u",
			(unsigned)(1000 + mix(story->seed ^ which ^ n) % 9000));
	}
	out[n] = '\0';
}

void demo_lines(const struct demo_story *story, int second,
	void (*take)(void *ctx, const struct logline *line), void *ctx)
{
	for (size_t i = 0; i < demo_log_count; i++) {
		const struct demo_line *l = &demo_log[i];
		int since = second - l->second;
		char host[32], unit[32], text[160];

		if (since < 0 || (since && (!l->every || second > l->until)) ||
			(l->every && since % l->every))
			continue;
		fill_text(story, (uint64_t)second << 16, unit, sizeof unit, l->unit);
		fill_text(story, (uint64_t)second << 16 | i, text, sizeof text, l->text);
		snprintf(host, sizeof host, "%s", l->host);
		/* Not all of them come at the beginning of a second. */
		take(ctx, &(struct logline){
				  .at = moment(story, second) +
					(int64_t)(mix(story->seed ^ (uint64_t)second) %
						  900),
				  .level = l->level,
				  .host = untrusted_str(host),
				  .unit = untrusted_str(unit),
				  .text = untrusted_str(text)});
	}
}
