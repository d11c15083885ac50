/* Columns and JSON of sources, log lines, oogway's own events and runbooks. Words
 * about a source's health come from app/sources.h, so that every place says the same.
 * Main thread. */
#include "app/listing.h"
#include "app/logs.h"
#include "analysis/search.h"
#include "app/runbook_match.h"
#include "app/sources.h"
#include "base/log.h"
#include "base/time.h"

#include <stdio.h>
#include <string.h>

static void source_mark(const struct app *app, const void *row, struct cell *out)
{
	static const struct {
		char mark;
		enum role role;
	} marks[] = {
		[HEALTH_OK] = {'+', ROLE_OK},
		[HEALTH_WAITING] = {'.', ROLE_DIM},
		[HEALTH_STALE] = {'!', ROLE_WARNING},
		[HEALTH_BAD] = {'x', ROLE_CRITICAL},
	};
	enum source_health health = source_health(row, app->now);

	if (health == HEALTH_OK && source_warns(row))
		health = HEALTH_STALE;
	cell_print(out, "%c", marks[health].mark);
	out->role = marks[health].role;
	out->is_number = true;
	out->number = health;
}

static void source_name(const struct app *app, const void *row, struct cell *out)
{
	(void)app;
	cell_text(out, untrusted_str(((const struct source_row *)row)->name));
	out->role = ROLE_STRONG;
}

static void source_kind_cell(const struct app *app, const void *row, struct cell *out)
{
	(void)app;
	cell_text(out, untrusted_str(((const struct source_row *)row)->kind));
	out->role = ROLE_DIM;
}

static void source_latency(const struct app *app, const void *row, struct cell *out)
{
	const struct source_row *s = row;
	char text[TIME_TEXT];

	(void)app;
	out->is_number = true;
	out->number = (double)s->status.latency_ms;
	/* Rounded to three classes of size, so that a resting screen is still. */
	if (s->status.answers && s->poll >= 0) {
		if (s->status.p95_ms < 100)
			cell_print(out, "<100ms");
		else
			cell_print(out, "%s", duration_text(s->status.p95_ms, text));
	}
	out->role = s->status.survival ? ROLE_WARNING : ROLE_DIM;
}

static void source_budget(const struct app *app, const void *row, struct cell *out)
{
	const struct source_row *s = row;

	(void)app;
	if (s->status.limit_total > 0)
		cell_print(out, "%lld%%",
			(long long)(s->status.limit_remaining * 100 /
				    s->status.limit_total));
	out->role = ROLE_DIM;
}

static void source_state(const struct app *app, const void *row, struct cell *out)
{
	enum source_health health = source_health(row, app->now);

	char past[COVERAGE_TEXT];
	size_t n;

	source_words(row, app->now, out->own, sizeof out->own);
	n = strlen(out->own);
	if (health == HEALTH_OK && *sources_past_words(row, app->now, past))
		snprintf(out->own + n, sizeof out->own - n, "; %s", past);
	out->text = untrusted_str(out->own);
	out->role = health == HEALTH_BAD     ? ROLE_CRITICAL
		    : health == HEALTH_STALE ? ROLE_WARNING
					     : ROLE_TEXT;
}

static void source_where(const struct app *app, const void *row, struct cell *out)
{
	(void)app;
	cell_text(out, untrusted_str(((const struct source_row *)row)->where));
	out->role = ROLE_DIM;
}

static void source_scope_cell(const struct app *app, const void *row, struct cell *out)
{
	const struct rc_source *rc = ((const struct source_row *)row)->rc;

	(void)app;
	cell_text(out, untrusted_str(rc ? rc->scope : ""));
	out->role = ROLE_DIM;
}

static const struct column source_columns[] = {
	{"health", "", 1, 0, 0, source_mark},
	{"name", "Source", 8, 0, COLUMN_WANT(20), source_name},
	{"kind", "Kind", 15, 4, 0, source_kind_cell},
	{"state", "State", 16, 0, COLUMN_FLEX | COLUMN_WANT(90), source_state},
	{"p95", "p95", 6, 5, COLUMN_RIGHT | COLUMN_DESC, source_latency},
	{"budget", "Left", 5, 6, COLUMN_RIGHT, source_budget},
	{"where", "Where", 20, 7, COLUMN_FLEX, source_where},
	{"only", "Only", 12, 8, COLUMN_FLEX, source_scope_cell},
};

static size_t source_rows(const struct app *app)
{
	return sources_count(app->sources);
}

static const void *source_row_at(const struct app *app, size_t i)
{
	return sources_at(app->sources, i);
}

static uint64_t source_id(const void *row)
{
	return untrusted_hash(untrusted_str(((const struct source_row *)row)->name));
}

static const void *source_find(const struct app *app, uint64_t id)
{
	for (size_t i = 0; i < sources_count(app->sources); i++)
		if (source_id(sources_at(app->sources, i)) == id)
			return sources_at(app->sources, i);
	return NULL;
}

static void source_json(const struct app *app, const void *row, struct json_out *o)
{
	static const char *const words[] = {
		[HEALTH_OK] = "ok",
		[HEALTH_WAITING] = "waiting",
		[HEALTH_STALE] = "stale",
		[HEALTH_BAD] = "failing",
	};
	const struct source_row *s = row;
	char text[512], past[COVERAGE_TEXT];

	json_put_str(o, "name", s->name);
	json_put_str(o, "kind", s->kind);
	json_put_str(o, "where", s->where);
	json_put_str(o, "state", words[source_health(s, app->now)]);
	json_put_str(o, "detail", source_words(s, app->now, text, sizeof text));
	json_put_str(o, "past", sources_past_words(s, app->now, past));
	json_put_str(o, "only", s->rc ? s->rc->scope : "");
	json_put_time(o, "last_ok_at", s->status.last_ok_at);
	json_put_time(o, "failing_since", s->status.failing_since);
	json_put_i64(o, "latency_ms", s->status.latency_ms);
	json_put_i64(o, "p95_ms", s->status.p95_ms);
	json_put_i64(o, "answers", (int64_t)s->status.answers);
	json_put_i64(o, "failures", (int64_t)s->status.failures);
	if (s->rc && s->rc->kind->service && s->rc->kind->service->ends_at)
		json_put_time(o, "ends_at", s->rc->kind->service->ends_at);
}

static bool source_complete(const struct app *app, char *why, size_t size)
{
	for (size_t i = 0; i < sources_count(app->sources); i++) {
		const struct source_row *row = sources_at(app->sources, i);

		if (source_health(row, app->now) != HEALTH_OK) {
			source_words(row, app->now, why, size);
			return false;
		}
	}
	return true;
}

const struct listing source_listing = {
	.noun = "source",
	.schema = "oogway.source/1",
	.columns = source_columns,
	.column_count = sizeof source_columns / sizeof source_columns[0],
	.changes = CHANGED_SOURCES,
	.count = source_rows,
	.row = source_row_at,
	.id = source_id,
	.find = source_find,
	.json = source_json,
	.complete = source_complete,
};

/* --- log lines --- */

static const enum role level_roles[] = {
	ROLE_TEXT, ROLE_DIM, ROLE_TEXT, ROLE_WARNING, ROLE_HIGH, ROLE_CRITICAL};

static void log_when(const struct app *app, const void *row, struct cell *out)
{
	const struct log_row *l = row;
	char text[TIME_TEXT];

	out->is_number = true;
	out->number = (double)l->at;
	cell_print(out, "%s", time_stamp(l->at, app->now, text));
	out->role = ROLE_DIM;
}

static void log_level(const struct app *app, const void *row, struct cell *out)
{
	const struct log_row *l = row;

	(void)app;
	cell_print(out, "%s", level_name(l->level));
	out->is_number = true;
	out->number = l->level;
	out->role = level_roles[l->level];
}

static void log_unit(const struct app *app, const void *row, struct cell *out)
{
	(void)app;
	cell_text(out, ((const struct log_row *)row)->unit);
	out->role = ROLE_DIM;
}

static void log_text(const struct app *app, const void *row, struct cell *out)
{
	const struct log_row *l = row;

	(void)app;
	cell_text(out, l->text);
	out->said = level_said(l->text, l->level);
	out->role = l->level >= LEVEL_WARN ? level_roles[l->level] : ROLE_TEXT;
}

static const struct column log_columns[] = {
	{"at", "Time", 12, 1, 0, log_when},
	{"level", "Level", 5, 3, COLUMN_DESC, log_level},
	{"unit", "From", 14, 4, 0, log_unit},
	{"text", "Text", 20, 0, COLUMN_FLEX, log_text},
};

/* Lines at or before `at`; the ring is in order of arrival, near enough to time. */
static size_t lines_until(const struct app *app, int64_t at)
{
	size_t low = 0, high = logs_count(app->logs);

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (logs_at(app->logs, middle)->at <= at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Live: all that is held. Looking back: what lies in the window. */
static size_t log_rows(const struct app *app)
{
	if (!app->window.to)
		return logs_count(app->logs);
	return lines_until(app, window_to(app)) - lines_until(app, window_from(app) - 1);
}

static const void *log_row_at(const struct app *app, size_t i)
{
	if (app->window.to)
		i += lines_until(app, window_from(app) - 1);
	return logs_at(app->logs, i);
}

/* Of the past only what the host's logs still hold, and sources gave, is there. */
static bool log_complete(const struct app *app, char *why, size_t size)
{
	bool asked = logs_asked(app->logs);
	int64_t since = logs_since(app->logs);
	char oldest[TIME_TEXT];

	if (*logs_trouble(app->logs, why, size) || *logs_lack(app->logs, why, size))
		return false;
	if (!app->window.to)
		return true;
	/* A host without logs of its own lacks none. */
	if (!since && asked)
		return true;
	if (!since) {
		snprintf(why, size, "no log lines of then are held");
		return false;
	}
	if (since <= window_from(app))
		return true;
	snprintf(why, size, "no log lines%s before %s are held",
		asked ? " of this host" : "", time_stamp(since, app->now, oldest));
	return false;
}

static uint64_t log_id(const void *row)
{
	return ((const struct log_row *)row)->seq;
}

static const void *log_find(const struct app *app, uint64_t id)
{
	return logs_find(app->logs, id);
}

static void log_json(const struct app *app, const void *row, struct json_out *o)
{
	const struct log_row *l = row;
	struct untrusted rest = l->labels, line;

	json_put_time(o, "at", l->at);
	json_put_str(o, "level", level_name(l->level));
	json_put_text(o, "host", l->host);
	json_put_text(o, "unit", l->unit);
	json_put_text(o, "text", l->text);
	if (l->source == SOURCE_HOST)
		return;
	json_put_str(o, "source", sources_row(app->sources, l->source)->name);
	json_open(o, "labels", '{');
	while (untrusted_line(&rest, &line)) {
		struct untrusted name = UNTRUSTED_NONE;

		untrusted_split(&line, "=", &name);
		json_put_pair(o, name, line);
	}
	json_shut(o, '}');
}

/* A label of a source's line, else what a column says. */
static struct untrusted log_label(const void *row, const char *name)
{
	const struct log_row *l = row;
	struct untrusted rest = l->labels, line, label;

	while (untrusted_line(&rest, &line))
		if (untrusted_split(&line, "=", &label) && untrusted_is(label, name))
			return line;
	if (!strcmp(name, "level"))
		return untrusted_str(level_name(l->level));
	if (!strcmp(name, "host"))
		return l->host;
	if (!strcmp(name, "unit"))
		return l->unit;
	return !strcmp(name, "text") ? l->text : UNTRUSTED_NONE;
}

/* What the files still had may be older than what the console looks at. */
static void log_window(const struct app *app, int64_t *from, int64_t *to)
{
	size_t n = log_rows(app);

	(void)to;
	for (size_t i = 0; i < n; i++) {
		const struct log_row *row = log_row_at(app, i);

		if (row->at && row->at < *from)
			*from = row->at;
	}
}

const struct listing log_listing = {
	.noun = "log",
	.schema = "oogway.log/1",
	.columns = log_columns,
	.column_count = sizeof log_columns / sizeof log_columns[0],
	.changes = CHANGED_LOGS | CHANGED_WINDOW,
	.count = log_rows,
	.row = log_row_at,
	.id = log_id,
	.find = log_find,
	.json = log_json,
	.label = log_label,
	.complete = log_complete,
	.window = log_window,
};

/* --- oogway's own events --- */

static const enum role event_roles[] = {ROLE_DIM, ROLE_TEXT, ROLE_WARNING, ROLE_HIGH};

static void event_when(const struct app *app, const void *row, struct cell *out)
{
	const struct log_entry *e = row;
	char text[TIME_TEXT];

	out->is_number = true;
	out->number = (double)e->at;
	cell_print(out, "%s", time_stamp(e->at, app->now, text));
	out->role = ROLE_DIM;
}

static void event_level(const struct app *app, const void *row, struct cell *out)
{
	const struct log_entry *e = row;

	(void)app;
	cell_print(out, "%s", log_level_name(e->level));
	out->role = event_roles[e->level];
}

static void event_text(const struct app *app, const void *row, struct cell *out)
{
	const struct log_entry *e = row;

	(void)app;
	cell_text(out, untrusted_str(e->text));
	out->role = event_roles[e->level];
}

static const struct column event_columns[] = {
	{"at", "Time", 8, 0, 0, event_when},
	{"level", "Level", 5, 2, 0, event_level},
	{"text", "Event", 20, 0, COLUMN_FLEX, event_text},
};

static size_t event_rows(const struct app *app)
{
	uint64_t newest = log_newest();

	(void)app;
	return newest < LOG_RING ? (size_t)newest : LOG_RING;
}

/* The row is valid until the next call: the ring may move on below it. */
static const void *event_row(const struct app *app, size_t i)
{
	static struct log_entry entry;
	uint64_t newest = log_newest();

	if (!log_get(newest - event_rows(app) + 1 + i, &entry))
		entry = (struct log_entry){.text = ""};
	return &entry;
}

static uint64_t event_id(const void *row)
{
	return ((const struct log_entry *)row)->seq;
}

static const void *event_find(const struct app *app, uint64_t id)
{
	static struct log_entry entry;

	(void)app;
	return log_get(id, &entry) ? &entry : NULL;
}

static void event_json(const struct app *app, const void *row, struct json_out *o)
{
	const struct log_entry *e = row;

	(void)app;
	json_put_time(o, "at", e->at);
	json_put_str(o, "level", log_level_name(e->level));
	json_put_str(o, "text", e->text);
}

const struct listing event_listing = {
	.noun = "event",
	.schema = "oogway.event/1",
	.columns = event_columns,
	.column_count = sizeof event_columns / sizeof event_columns[0],
	.changes = CHANGED_EVENTS,
	.count = event_rows,
	.row = event_row,
	.id = event_id,
	.find = event_find,
	.json = event_json,
};

/* --- runbooks --- */

static void runbook_title(const struct app *app, const void *row, struct cell *out)
{
	(void)app;
	cell_text(out, ((const struct runbook_row *)row)->title);
	out->role = ROLE_STRONG;
}

static void runbook_names(const struct app *app, const void *row, struct cell *out)
{
	const struct runbook_row *r = row;

	(void)app;
	if (r->page)
		cell_print(out, "page of %s", r->page->site);
	else
		cell_text(out, r->book.matches);
	out->role = ROLE_DIM;
}

static void runbook_risk(const struct app *app, const void *row, struct cell *out)
{
	const struct runbook_row *r = row;

	(void)app;
	cell_text(out, r->book.risk);
	out->role = untrusted_is(r->book.risk, "read")      ? ROLE_OK
		    : untrusted_is(r->book.risk, "destroy") ? ROLE_CRITICAL
							    : ROLE_WARNING;
}

static void runbook_steps(const struct app *app, const void *row, struct cell *out)
{
	const struct runbook_row *r = row;

	(void)app;
	if (!r->page)
		cell_print(out, "%zu", r->book.step_count);
	out->is_number = true;
	out->number = (double)r->book.step_count;
}

/* i-th trigger that names it; NULL behind the last. */
static const struct rc_trigger *trigger_of(
	const struct app *app, const struct runbook_row *row, size_t i)
{
	for (size_t k = 0; k < app->rc->trigger_count; k++)
		if (runbooks_named(app->runbooks, app->rc->triggers[k].runbook) == row &&
			!i--)
			return &app->rc->triggers[k];
	return NULL;
}

static void runbook_triggers(const struct app *app, const void *row, struct cell *out)
{
	const struct rc_trigger *first = trigger_of(app, row, 0);
	size_t more = 0;

	while (first && trigger_of(app, row, more + 1))
		more++;
	if (more)
		cell_print(out, "%s and %zu more", first->name, more);
	else if (first)
		cell_print(out, "%s", first->name);
	out->role = ROLE_DIM;
}

enum { TRIGGER_COLUMN = 4 };

static bool runbook_says(const struct app *app, size_t column)
{
	return column != TRIGGER_COLUMN || app->rc->trigger_count;
}

static const struct column runbook_columns[] = {
	{"title", "Runbook", 22, 0, COLUMN_FLEX, runbook_title},
	{"risk", "Risk", 7, 2, 0, runbook_risk},
	{"steps", "Steps", 5, 3, COLUMN_RIGHT | COLUMN_DESC, runbook_steps},
	{"matches", "Matches", 20, 5, COLUMN_FLEX, runbook_names},
	{"trigger", "Trigger", 10, 6, 0, runbook_triggers},
};

static size_t runbook_rows(const struct app *app)
{
	return runbooks_count(app->runbooks);
}

static const void *runbook_row_at(const struct app *app, size_t i)
{
	return runbooks_at(app->runbooks, i);
}

static uint64_t runbook_id(const void *row)
{
	return ((const struct runbook_row *)row)->id;
}

static const void *runbook_find(const struct app *app, uint64_t id)
{
	return runbooks_find(app->runbooks, id);
}

static void runbook_json(const struct app *app, const void *row, struct json_out *o)
{
	const struct runbook_row *r = row;
	struct untrusted rest = r->book.matches, name;
	char file[256];

	json_put_str(o, "name", runbook_name(r, file, sizeof file));
	json_put_text(o, "title", r->title);
	json_put_str(o, "path", r->path);
	json_put_text(o, "risk", r->book.risk);
	json_put_text(o, "owner", r->book.owner);
	json_open(o, "matches", '[');
	while (untrusted_word(&rest, ", \t", &name))
		json_put_text(o, NULL, name);
	json_shut(o, ']');
	json_put_i64(o, "steps", (int64_t)r->book.step_count);
	json_put_bool(o, "built_in", r->built_in);
	json_put_str(o, "site", r->page ? r->page->site : "");
	json_put_time(o, "changed_at", r->page ? r->page->changed_at : 0);
	json_put_time(o, "gone_at", r->page ? r->page->gone_at : 0);
	json_put_bool(o, "changed", r->changed);
	json_put_bool(o, "trusted", r->trusted);
	json_open(o, "triggers", '[');
	for (size_t i = 0; trigger_of(app, r, i); i++)
		json_put_str(o, NULL, trigger_of(app, r, i)->name);
	json_shut(o, ']');
}

static size_t runbook_ranked(
	const struct app *app, const char *words, uint64_t *ids, size_t max)
{
	struct runbook_found found[SEARCH_MAX_HITS];
	size_t n = runbook_search(app, untrusted_str(words), found,
		max < SEARCH_MAX_HITS ? max : SEARCH_MAX_HITS);

	for (size_t i = 0; i < n; i++)
		ids[i] = found[i].row->id;
	return n;
}

static void runbook_why(
	const struct app *app, const char *words, const void *row, char *out, size_t size)
{
	runbook_found_why(app, untrusted_str(words), row, out, size);
}

static const struct ranking runbook_ranking = {runbook_ranked, runbook_why};

const struct listing runbook_listing = {
	.noun = "runbook",
	.schema = "oogway.runbook/1",
	.columns = runbook_columns,
	.column_count = sizeof runbook_columns / sizeof runbook_columns[0],
	.changes = CHANGED_RUNBOOKS,
	.count = runbook_rows,
	.row = runbook_row_at,
	.id = runbook_id,
	.find = runbook_find,
	.json = runbook_json,
	.says = runbook_says,
	.ranking = &runbook_ranking,
};
