/* `oogway detect [NOW_DAYS PAST_DAYS HOURS]`: asks every query of the rc for a window and
 * for the same window days before, adds up the answers of each class, and prints what
 * differs (analysis/compare.h). Hides how long windows are split and what could not be
 * asked; the credential goes the way of all questions. Main thread, for a shell: it waits
 * for the servers. */
#include "cmd.h"

#include "analysis/compare.h"
#include "app/sources.h"
#include "base/alloc.h"
#include "base/json.h"
#include "base/map.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "connect/query.h"
#include "credential.h"
#include "io/loop.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	GRID_POINTS = 240, /* of a window, about */
	PART_POINTS = 5000,
	MOST_BYTES = 64 << 20,
	/* of one part */   /* of one question */
	THINGS_MOST = 5000, /* of one query */
	KEY_BYTES = 512,
	HOURS_MOST = 24 * 31,
	DAYS_MOST = 3650,
};

#define WEEK_MS (7 * DAY_MS)

enum { NOW, THEN, WINDOWS };

/* One thing of a query: labels without code and flags. NULL: no point of that class. */
struct thing {
	char *key;
	double *values[CLASS_COUNT_][WINDOWS];
};

struct finding {
	const struct rc_query *query;
	char *key;
	enum compare_class class;
	struct compare_verdict verdict;
	int64_t at;
};

struct comparison {
	struct call *call;
	const char *preset; /* of all queries, or NULL: each has its own */
	int64_t from[WINDOWS], span;
	int64_t step, ask; /* of the grid; of what is asked, a part of that */
	size_t points;
	/* the query that is being asked */
	const struct rc_query *query;
	struct thing *things;
	size_t thing_count, thing_cap;
	struct map by_key;
	bool *known[WINDOWS]; /* the query had any point then */
	bool answered, cut;
	struct err failed;
	struct credential credential;
	enum { FETCHING, FETCHED } fetched;
	/* all of them */
	struct finding *findings;
	size_t finding_count, finding_cap;
	size_t asked, lost, compared;
};

/* --- words --- */

static bool take_words(struct comparison *c, struct err *err)
{
	struct call *call = c->call;
	int64_t numbers[3] = {0, 7, 1};
	const int64_t most[3] = {DAYS_MOST, DAYS_MOST, HOURS_MOST};
	size_t n = 0;

	for (size_t i = 0; i < call->argc; i++) {
		const char *word = call->argv[i];

		if (str_starts(word, "preset=")) {
			c->preset = word + strlen("preset=");
			if (!rc_preset_known(call->app->rc, c->preset))
				return err_set(err, ERR_USAGE, "no preset is called %s",
					c->preset);
			continue;
		}
		if (n == 3 || !untrusted_to_i64(untrusted_str(word), &numbers[n]) ||
			numbers[n] < (n ? 1 : 0) || numbers[n] > most[n])
			return err_set(err, ERR_USAGE, "expected: detect %s",
				call->command->args);
		n++;
	}
	if (n && n != 3)
		return err_set(
			err, ERR_USAGE, "all three or none: NOW_DAYS PAST_DAYS HOURS");
	c->span = numbers[2] * HOUR_MS;
	c->ask = c->span > WEEK_MS ? 5 * MINUTE_MS : MINUTE_MS;
	c->step = c->span / GRID_POINTS;
	c->step = c->step < c->ask ? c->ask : c->step - c->step % c->ask;
	c->points = (size_t)(c->span / c->step);
	c->from[NOW] = compare_then(time_now_ms(), (int)numbers[0]) - c->span;
	c->from[NOW] -= c->from[NOW] % MINUTE_MS;
	c->from[THEN] = compare_then(c->from[NOW], (int)numbers[1]);
	return true;
}

/* --- answers --- */

static struct thing *thing_of(struct comparison *c, const char *key)
{
	void *place = map_get(&c->by_key, key, strlen(key));
	struct thing *thing;

	if (place)
		return &c->things[(size_t)(uintptr_t)place - 1];
	if (c->thing_count == THINGS_MOST) {
		c->cut = true;
		return NULL;
	}
	MEM_ROOM(c->things, c->thing_count, c->thing_cap);
	thing = &c->things[c->thing_count++];
	*thing = (struct thing){.key = mem_strdup(key)};
	map_put(&c->by_key, key, strlen(key), (void *)(uintptr_t)c->thing_count);
	return thing;
}

static double *row_of(
	struct comparison *c, struct thing *thing, enum compare_class class, int window)
{
	double **row = &thing->values[class][window];

	if (*row)
		return *row;
	*row = mem_new(c->points, sizeof **row);
	for (size_t i = 0; i < c->points; i++)
		(*row)[i] = NAN;
	return *row;
}

static void add_point(double *row, size_t i, double value)
{
	row[i] = isnan(row[i]) ? value : row[i] + value;
}

/* What lies in one step of the grid becomes its mean. Of answers, a time without a point
 * is one without answers; of other values it is a gap. */
static void take_series(struct comparison *c, const struct batch_series *s, int window)
{
	enum compare_class class;
	char key[KEY_BYTES];
	bool coded = compare_labels(s->labels, &class, key, sizeof key);
	struct thing *thing = thing_of(c, key);
	double *row = thing ? row_of(c, thing, class, window) : NULL;
	double *all = thing && coded ? row_of(c, thing, CLASS_TRAFFIC, window) : NULL;

	for (size_t k = 0; row && k < s->count;) {
		int64_t i = (s->points[k].at - c->from[window]) / c->step, n = 0;
		double sum = 0;

		for (; k < s->count && (s->points[k].at - c->from[window]) / c->step == i;
			k++)
			if (isfinite(s->points[k].value)) {
				sum += s->points[k].value;
				n++;
			}
		if (i < 0 || i >= (int64_t)c->points || !n)
			continue;
		sum /= (double)(coded ? c->step / c->ask : n);
		c->known[window][i] = true;
		add_point(row, (size_t)i, sum);
		if (all)
			add_point(all, (size_t)i, sum);
	}
}

struct part {
	struct comparison *c;
	int window;
};

static void on_answer(void *ctx, const struct batch *batch, const struct err *err)
{
	struct part *part = ctx;
	struct comparison *c = part->c;
	char words[200];

	if (err)
		c->failed = *err;
	for (size_t i = 0; batch && i < batch->series_count; i++)
		take_series(c, &batch->series[i], part->window);
	if (batch && !untrusted_empty(batch->warning))
		str_printf(c->call->told, "%s: %s\n", c->query->name,
			text_line(batch->warning, words, sizeof words));
	c->cut = c->cut || (batch && batch->cut);
	c->answered = true;
	loop_stop(c->call->app->loop);
}

/* --- asking --- */

static void fetched(void *ctx, const struct err *err)
{
	struct comparison *c = ctx;

	c->fetched = FETCHED;
	if (err)
		c->failed = *err;
	loop_stop(c->call->app->loop);
}

static bool credential_here(
	struct comparison *c, const struct rc_source *source, struct err *err)
{
	const struct credential_place place = {
		source->token_file, source->token_env, source->token_command};

	c->credential = (struct credential){.done = fetched, .ctx = c};
	c->fetched = FETCHING;
	if (credential_fetch(&c->credential, c->call->app->loop, &place, err))
		return true;
	if (err->kind)
		return false;
	while (c->fetched == FETCHING)
		loop_run(c->call->app->loop);
	*err = c->failed;
	return !err->kind;
}

static size_t steps_of_part(const struct comparison *c)
{
	return (size_t)(PART_POINTS * c->ask / c->step);
}

/* Of the grid from `first` on, as much as a server gives at once. */
static bool ask_part(struct comparison *c, const struct poll_options *options, int window,
	size_t first, struct err *err)
{
	size_t last = first + steps_of_part(c);
	struct part part = {c, window};
	const struct query_ask ask = {.expr = c->query->expr,
		.timeout_ms = options->conf.timeout_ms > 30 * SECOND_MS
				      ? options->conf.timeout_ms
				      : 30 * SECOND_MS,
		.from = c->from[window] + (int64_t)first * c->step,
		.at = c->from[window] +
		      (int64_t)(last < c->points ? last : c->points) * c->step - c->ask,
		.step_ms = c->ask,
		.most_bytes = MOST_BYTES};

	c->answered = false;
	c->failed = (struct err){0};
	if (!query_start(c->call->app->http, options, &ask, on_answer, &part, err))
		return false;
	while (!c->answered)
		loop_run(c->call->app->loop);
	*err = c->failed;
	return !err->kind;
}

static bool ask_query(
	struct comparison *c, const struct rc_source *source, struct err *err)
{
	struct poll_options options;
	bool ok;

	if (!query_asks(source->kind))
		return err_set(err, ERR_INPUT, "%s answers no queries", source->name);
	if (!credential_here(c, source, err))
		return false;
	options = source_options(source, c->credential.secret);
	ok = true;
	for (int w = 0; ok && w < WINDOWS; w++)
		for (size_t first = 0; ok && first < c->points; first += steps_of_part(c))
			ok = ask_part(c, &options, w, first, err);
	credential_release(&c->credential);
	return ok;
}

/* --- verdicts --- */

static bool any_known(const struct comparison *c, int window)
{
	for (size_t i = 0; i < c->points; i++)
		if (c->known[window][i])
			return true;
	return false;
}

/* Where the query was answered, what had no point had no answers. */
static void fill_zeros(const struct comparison *c, struct thing *thing)
{
	for (int class = 0; class < CLASS_VALUE; class ++)
		for (int w = 0; w < WINDOWS; w++) {
			double *row = thing->values[class][w];

			for (size_t i = 0; row && i < c->points; i++)
				if (isnan(row[i]) && c->known[w][i])
					row[i] = 0;
		}
}

static void judge(
	struct comparison *c, const struct thing *thing, enum compare_class class)
{
	const char *name = c->preset ? c->preset : c->query->preset;
	const struct rc_preset *preset = rc_preset_find(c->call->app->rc, name, class);
	bool counts = class < CLASS_TRAFFIC;
	const struct compare_pair pair = {.now = thing->values[class][NOW],
		.then = thing->values[class][THEN],
		.traffic_now = counts ? thing->values[CLASS_TRAFFIC][NOW] : NULL,
		.traffic_then = counts ? thing->values[CLASS_TRAFFIC][THEN] : NULL,
		.n = c->points,
		.weight = c->query->unit == UNIT_PER_S ? (double)c->step / 1000
						       : (double)(c->step / c->ask)};
	struct finding found = {.query = c->query, .class = class};

	if (!pair.now && !pair.then)
		return;
	if (!preset)
		preset = rc_preset_find(c->call->app->rc, "standard", class);
	if (!preset)
		return;
	c->compared++;
	compare_judge(&pair, class, &preset->rule, &found.verdict);
	if (found.verdict.what == COMPARE_SAME || found.verdict.what == COMPARE_UNKNOWN)
		return;
	found.key = mem_strdup(thing->key);
	found.at = c->from[NOW] + (int64_t)found.verdict.since * c->step;
	MEM_ROOM(c->findings, c->finding_count, c->finding_cap);
	c->findings[c->finding_count++] = found;
}

/* A service that came or went is said once, not for each class of its answers; of one
 * that came, errors are told besides. */
static enum compare_what judge_traffic(struct comparison *c, const struct thing *thing)
{
	size_t before = c->finding_count;

	judge(c, thing, CLASS_TRAFFIC);
	return c->finding_count > before ? c->findings[before].verdict.what
					 : COMPARE_SAME;
}

static void judge_thing(struct comparison *c, struct thing *thing)
{
	enum compare_what all;

	fill_zeros(c, thing);
	judge(c, thing, CLASS_VALUE);
	all = judge_traffic(c, thing);
	for (int i = 0; i < CLASS_TRAFFIC && all != COMPARE_GONE; i++) {
		enum compare_class class = (enum compare_class)i;

		if (all != COMPARE_NEW || compare_is_error(class))
			judge(c, thing, class);
	}
}

static void judge_query(struct comparison *c)
{
	for (size_t i = 0; i < c->thing_count; i++)
		judge_thing(c, &c->things[i]);
}

static void begin_query(struct comparison *c, const struct rc_query *query)
{
	c->query = query;
	c->cut = false;
	map_init(&c->by_key);
	for (int w = 0; w < WINDOWS; w++)
		c->known[w] = mem_new(c->points, sizeof *c->known[w]);
}

static void end_query(struct comparison *c)
{
	for (size_t i = 0; i < c->thing_count; i++) {
		for (int class = 0; class < CLASS_COUNT_; class ++)
			for (int w = 0; w < WINDOWS; w++)
				mem_free(c->things[i].values[class][w]);
		mem_free(c->things[i].key);
	}
	mem_free(c->things);
	c->things = NULL;
	c->thing_count = c->thing_cap = 0;
	map_release(&c->by_key);
	for (int w = 0; w < WINDOWS; w++)
		mem_free(c->known[w]);
}

static const struct rc_source *source_named(const struct rc *rc, const char *name)
{
	for (size_t i = 0; i < rc->source_count; i++)
		if (!strcmp(rc->sources[i].name, name))
			return &rc->sources[i];
	return NULL;
}

static void compare_query(struct comparison *c, const struct rc_query *query)
{
	const struct rc_source *source = source_named(c->call->app->rc, query->source);
	struct str *told = c->call->told;
	struct err err = {0};

	begin_query(c, query);
	c->asked++;
	if (!source)
		err_set(&err, ERR_MISSING, "no source is called %s", query->source);
	if (!source || !ask_query(c, source, &err)) {
		str_printf(told, "%s: not compared: %s\n", query->name, err.text);
		c->lost++;
	} else if (!any_known(c, NOW) && !any_known(c, THEN)) {
		str_printf(told, "%s: no data in either window\n", query->name);
	} else if (!any_known(c, THEN)) {
		str_printf(told, "%s: not compared: no data of then\n", query->name);
		c->lost++;
	} else {
		judge_query(c);
	}
	if (c->cut) {
		str_printf(told, "%s: more series than are compared: the first %zu are\n",
			query->name, c->thing_count);
		c->lost++;
	}
	end_query(c);
}

/* --- what is printed --- */

static int worst_first(const void *a, const void *b)
{
	const struct finding *x = a, *y = b;

	if (x->verdict.severity != y->verdict.severity)
		return x->verdict.severity < y->verdict.severity ? -1 : 1;
	return x->at != y->at ? (x->at < y->at ? -1 : 1) : strcmp(x->key, y->key);
}

static void put_window(
	const struct comparison *c, struct json_out *o, const char *name, int window)
{
	json_open(o, name, '{');
	json_put_time(o, "from", c->from[window]);
	json_put_time(o, "to", c->from[window] + c->span);
	json_shut(o, '}');
}

static void print_json(const struct comparison *c, struct str *out)
{
	struct json_out o;

	json_begin(&o, out);
	json_open(&o, NULL, '{');
	json_put_str(&o, "schema", "oogway.compare/1");
	put_window(c, &o, "window", NOW);
	put_window(c, &o, "past", THEN);
	json_put_i64(&o, "step_ms", c->step);
	json_put_bool(&o, "complete", !c->lost && c->compared);
	json_shut(&o, '}');
	str_putc(out, '\n');
	for (size_t i = 0; i < c->finding_count; i++) {
		const struct finding *f = &c->findings[i];
		char words[COMPARE_SENTENCE];

		json_begin(&o, out);
		json_open(&o, NULL, '{');
		json_put_str(&o, "query", f->query->name);
		json_put_str(&o, "source", f->query->source);
		json_put_str(&o, "labels", f->key);
		json_put_str(&o, "class", compare_class_name(f->class));
		json_put_str(&o, "what", compare_what_name(f->verdict.what));
		json_put_str(&o, "severity", severity_name(f->verdict.severity));
		json_put_time(&o, "start", f->at);
		json_put_double(&o, "now", f->verdict.now);
		json_put_double(&o, "then", f->verdict.then);
		json_put_double(&o, "share_now", f->verdict.share_now);
		json_put_double(&o, "share_then", f->verdict.share_then);
		json_put_double(&o, "percent", f->verdict.percent);
		json_put_str(&o, "sentence",
			compare_sentence(&f->verdict, f->class, f->query->unit, words));
		json_shut(&o, '}');
		str_putc(out, '\n');
	}
}

static void print_text(const struct comparison *c, struct str *out)
{
	for (size_t i = 0; i < c->finding_count; i++) {
		const struct finding *f = &c->findings[i];
		char start[TIME_TEXT], words[COMPARE_SENTENCE];

		time_rfc3339(f->at, start);
		str_printf(out, "%.19sZ  %-8s %-8s ", start,
			severity_name(f->verdict.severity),
			compare_what_name(f->verdict.what));
		if (f->class != CLASS_VALUE)
			str_printf(out, "%s ", compare_class_name(f->class));
		str_printf(out, "%s%s: %s\n", f->query->name, f->key,
			compare_sentence(&f->verdict, f->class, f->query->unit, words));
	}
}

static void tell(const struct comparison *c)
{
	char now[TIME_TEXT], then[TIME_TEXT], span[TIME_TEXT], step[TIME_TEXT];

	time_rfc3339(c->from[NOW], now);
	time_rfc3339(c->from[THEN], then);
	str_printf(c->call->told,
		"%s from %.16sZ against %.16sZ, a point every %s: %zu compared, %zu %s\n",
		duration_text(c->span, span), now, then, duration_text(c->step, step),
		c->compared, c->finding_count,
		c->finding_count == 1 ? "anomaly" : "anomalies");
}

/* That nothing was found where nothing was compared is no good news. */
static enum status outcome(const struct comparison *c, struct err *err)
{
	if (c->lost)
		err_set(err, ERR_MISSING,
			"%zu of %zu queries could not be compared whole", c->lost,
			c->asked);
	else if (!c->compared)
		err_set(err, ERR_MISSING, "nothing was compared: no query has data");
	else
		return STATUS_DONE;
	return c->lost == c->asked ? STATUS_FAILED : STATUS_PARTIAL;
}

enum status cmd_compare(struct call *call, struct err *err)
{
	struct comparison c = {.call = call};
	const struct rc *rc = call->app->rc;

	if (!take_words(&c, err))
		return STATUS_USAGE;
	if (!rc->query_count) {
		err_set(err, ERR_MISSING,
			"the rc has no query: `pack NAME source=NAME` brings some, "
			"`oogway pack list` names them");
		return STATUS_FAILED;
	}
	for (size_t i = 0; i < rc->query_count; i++)
		compare_query(&c, &rc->queries[i]);
	if (c.finding_count)
		qsort(c.findings, c.finding_count, sizeof *c.findings, worst_first);
	if (call->json)
		print_json(&c, call->out);
	else
		print_text(&c, call->out);
	tell(&c);
	for (size_t i = 0; i < c.finding_count; i++)
		mem_free(c.findings[i].key);
	mem_free(c.findings);
	return outcome(&c, err);
}
