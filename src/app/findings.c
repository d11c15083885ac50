/* Which incidents are looked into, when, and what came of it. Hides the queue (one at a
 * time, at most so many an hour), the second look when there is something of the time
 * behind the alert, and the store: a list of what is kept, and one text for each. */
#include "app/findings.h"

#include "app/alerts.h"
#include "app/history.h"
#include "app/incidents.h"
#include "app/problems.h"
#include "app/setting.h"
#include "app/sources.h"
#include "base/alloc.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/text.h"
#include "base/time.h"
#include "connect/query.h"
#include "findings_script.h"
#include "store/keep.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	ROWS = 200,     /* kept, here and in the store */
	LOOKED_AT = 20, /* of the worst problems */
	EVERY_MS = 2000,
	AN_HOUR = 30, /* at most, by itself */
	INDEX_BYTES = 32 << 10,
	NAME_TEXT = 160,
};

/* When there is something to see of what came after the alert. */
#define AGAIN_MS      (5 * MINUTE_MS)
#define NEW_MS        (2 * HOUR_MS)
#define READ_AGAIN_MS (10 * SECOND_MS)

#define STORE_INDEX  "findings"
#define STORE_PREFIX "finding/"

struct row {
	struct findings *findings;
	uint32_t serial;
	uint64_t key;         /* this process' own */
	char name[HASH_TEXT]; /* in the store */
	struct collect_wish wish;
	enum found_state state;
	struct finding *finding;
	int64_t made_at; /* 0: never */
	int64_t tried_at, read_at;
	bool again;   /* it has been looked into for the second time */
	bool reading; /* from the store */
	bool unread;  /* the store has it, and nobody has wanted it */
	char why[200];
};

struct findings {
	struct app *app;
	struct row *rows[ROWS];
	size_t count;
	uint32_t serials;
	bool index_asked, index_there, ended;
	struct collect *running;
	struct row *run;
	int64_t due_at, hour_at;
	int in_hour;
	/* of a script */
	struct findings_script script;
	int64_t at;
	bool asked, over;
	struct str printed;
	enum status status;
	struct err err;
};

struct findings *findings_new(struct app *app)
{
	struct findings *f = mem_new(1, sizeof *f);

	f->app = app;
	str_init(&f->printed, 16 << 20);
	return f;
}

void findings_end(struct findings *f)
{
	f->ended = true;
	collect_stop(f->running);
	f->running = NULL;
}

static void row_free(struct row *row)
{
	finding_free(row->finding);
	mem_free(row);
}

void findings_free(struct findings *f)
{
	if (!f)
		return;
	for (size_t i = 0; i < f->count; i++)
		row_free(f->rows[i]);
	str_release(&f->printed);
	mem_free(f);
}

/* --- the store --- */

static bool keeps(const struct findings *f)
{
	return f->app->store && f->app->live && !f->ended;
}

static struct row *row_named(struct findings *f, const char *name)
{
	for (size_t i = 0; i < f->count; i++)
		if (!strcmp(f->rows[i]->name, name))
			return f->rows[i];
	return NULL;
}

static void write_index(struct findings *f)
{
	struct str text;

	if (!keeps(f))
		return;
	str_init(&text, INDEX_BYTES);
	for (size_t i = 0; i < f->count; i++)
		if (f->rows[i]->made_at)
			str_printf(&text, "%s %" PRId64 "\n", f->rows[i]->name,
				f->rows[i]->made_at);
	keep_put_later(
		f->app->store, STORE_INDEX, text.p, text.n, (struct store_then){0});
	str_release(&text);
}

/* The oldest that nothing is done with goes, from the store too. */
static bool make_room(struct findings *f)
{
	struct row *oldest = NULL;
	char key[80];
	size_t at = 0;

	if (f->count < ROWS)
		return true;
	for (size_t i = 0; i < f->count; i++) {
		struct row *row = f->rows[i];

		if (row->reading || row == f->run ||
			(oldest && oldest->made_at <= row->made_at))
			continue;
		oldest = row;
		at = i;
	}
	if (!oldest)
		return false;
	snprintf(key, sizeof key, STORE_PREFIX "%s", oldest->name);
	if (oldest->made_at && keeps(f))
		keep_delete_later(f->app->store, key, (struct store_then){0});
	row_free(oldest);
	f->rows[at] = f->rows[--f->count];
	return true;
}

static struct row *row_new(struct findings *f, const char *name)
{
	struct row *row;

	if (!make_room(f))
		return NULL;
	row = mem_new(1, sizeof *row);
	row->findings = f;
	row->serial = ++f->serials;
	str_copy(row->name, sizeof row->name, name);
	f->rows[f->count++] = row;
	return row;
}

static void got_index(void *ctx, const struct keep_item *item, const struct err *err)
{
	struct findings *f = ctx;
	struct untrusted rest, line, name;

	if (f->ended)
		return;
	f->index_there = true;
	if (err || !item->bytes)
		return;
	rest = untrusted_make(item->bytes, item->n);
	while (untrusted_line(&rest, &line)) {
		char id[HASH_TEXT];
		int64_t made_at;
		struct row *row;

		if (!untrusted_word(&line, " ", &name) ||
			!text_to_id(name, id, sizeof id) ||
			!untrusted_to_i64(untrusted_trim(line), &made_at) || made_at <= 0)
			continue;
		row = row_named(f, id);
		if (!row)
			row = row_new(f, id);
		if (!row || row->made_at)
			continue;
		row->made_at = made_at;
		row->unread = true;
	}
	app_changed(f->app, CHANGED_FINDINGS);
}

static void got_row(void *ctx, const struct keep_item *item, const struct err *err)
{
	struct row *row = ctx;
	struct findings *f = row->findings;
	struct err why = {0};

	row->reading = false;
	if (f->ended)
		return;
	if (!err && item->bytes && !row->finding)
		row->finding = finding_read(untrusted_make(item->bytes, item->n), &why);
	if (row->finding && row->state == FOUND_NOTHING) {
		row->state = FOUND_READY;
		row->made_at = row->finding->made_at;
		app_changed(f->app, CHANGED_FINDINGS);
	} else if (!row->finding) {
		row->made_at = 0;
	}
}

static void read_row(struct findings *f, struct row *row)
{
	char key[80];

	if (!row->unread || !f->app->store || f->ended)
		return;
	row->unread = false;
	row->reading = true;
	row->read_at = f->app->now;
	snprintf(key, sizeof key, STORE_PREFIX "%s", row->name);
	keep_get_later(f->app->store, key, got_row, row);
}

static void write_row(struct findings *f, const struct row *row, const struct str *json)
{
	char key[80];

	if (!keeps(f) || f->app->readonly || json->n > KEEP_MAX_BYTES)
		return;
	snprintf(key, sizeof key, STORE_PREFIX "%s", row->name);
	keep_put_later(f->app->store, key, json->p, json->n, (struct store_then){0});
	write_index(f);
}

/* --- who it is about --- */

struct subject {
	struct untrusted source, id, title, service;
	int64_t started_at;
};

static bool subject_of(const struct app *app, uint64_t key, struct subject *out)
{
	const struct alert *alert = alerts_find(app->alerts, key);
	const struct past_row *past = alert ? NULL : incidents_find(app->incidents, key);

	if (alert) {
		*out = (struct subject){
			untrusted_str(sources_row(app->sources, alert->source)->name),
			alert_text(alert, ALERT_ID), alert_name(alert),
			alert_text(alert, ALERT_SERVICE), alert->started_at};
		return true;
	}
	if (!past)
		return false;
	*out = (struct subject){past->incident.source, past->incident.upstream_id,
		past->incident.title, past->incident.service, past->incident.started_at};
	return true;
}

/* The same tomorrow and for another console: an alert that fires again is another. */
static void name_of(const struct subject *s, char out[HASH_TEXT])
{
	struct str text;

	str_init(&text, 4096);
	text_add_line(&text, s->source, 200);
	str_putc(&text, '\n');
	text_add_line(&text, s->id, 2000);
	str_printf(&text, "\n%" PRId64, s->started_at / MINUTE_MS);
	hash_lasting(text.p, text.n, out);
	str_release(&text);
}

static struct row *find_one(struct findings *f, uint64_t key)
{
	struct subject subject;
	char name[HASH_TEXT];

	if (!subject_of(f->app, key, &subject))
		return NULL;
	name_of(&subject, name);
	return row_named(f, name);
}

/* Any that tells of the same. */
static struct row *find(struct findings *f, uint64_t key)
{
	const struct alert *alert = alerts_find(f->app->alerts, key);
	struct row *row = find_one(f, key);

	for (const struct alert *twin = NULL;
		!row && alert && (twin = alerts_twin(f->app->alerts, alert, twin));)
		row = find_one(f, twin->key);
	return row;
}

static struct row *make(struct findings *f, uint64_t key)
{
	struct row *row = find(f, key);
	struct subject s;
	char name[HASH_TEXT], title[NAME_TEXT], service[NAME_TEXT];

	if (!subject_of(f->app, key, &s))
		return NULL;
	if (!row) {
		name_of(&s, name);
		row = row_new(f, name);
	}
	if (!row)
		return NULL;
	row->key = key;
	row->wish = (struct collect_wish){
		.at = s.started_at, .window_ms = app_setting(f->app, SET_RCA_WINDOW)};
	snprintf(row->wish.about, sizeof row->wish.about, "%s: %s",
		text_line(s.service, service, sizeof service),
		text_line(s.title, title, sizeof title));
	return row;
}

static struct found found_of(const struct row *row)
{
	struct found found = {
		.state = row->state, .serial = row->serial, .finding = row->finding};

	str_copy(found.why, sizeof found.why, row->why);
	return found;
}

struct found findings_of(struct findings *f, uint64_t key)
{
	struct row *row = find(f, key);

	/* Another console may have looked. */
	if (!row && keeps(f) && !f->app->demo)
		row = make(f, key);
	if (!row)
		return (struct found){.state = FOUND_NOTHING};
	if (!row->finding && row->state == FOUND_NOTHING &&
		f->app->now - row->read_at > READ_AGAIN_MS)
		row->unread = true;
	read_row(f, row);
	return found_of(row);
}

struct found findings_numbered(const struct findings *f, uint32_t serial)
{
	for (size_t i = 0; i < f->count; i++)
		if (f->rows[i]->serial == serial)
			return found_of(f->rows[i]);
	return (struct found){.state = FOUND_NOTHING};
}

bool findings_look(struct findings *f, uint64_t key, struct err *err)
{
	struct row *row;

	if (f->app->demo || app_then(f->app) || f->app->past)
		return err_set(err, ERR_REFUSED,
			"nothing is asked here: this is not the present");
	row = make(f, key);
	if (!row)
		return err_set(err, ERR_MISSING, "that incident is not there any more");
	if (row->state != FOUND_LOOKING)
		row->state = FOUND_WAITING;
	f->due_at = 0;
	app_changed(f->app, CHANGED_FINDINGS);
	return true;
}

/* --- looking --- */

static void note_found(const struct row *row)
{
	const struct finding_part *where = &row->finding->parts[RCA_WHERE];
	char sentence[NAME_TEXT];

	log_add(LOG_INFO, "root cause of %s: %s, %s", row->wish.about,
		rca_grade_name(where->grade),
		text_line(where->sentence, sentence, sizeof sentence));
}

static void told(void *ctx, struct collect_result *result, const struct err *err)
{
	struct findings *f = ctx;
	struct row *row = f->run;

	f->running = NULL;
	f->run = NULL;
	if (!result) {
		row->state = FOUND_FAILED;
		str_copy(row->why, sizeof row->why, err->text);
		log_add(LOG_WARN, "root cause: %s", err->text);
	} else {
		finding_free(row->finding);
		row->finding = result->finding;
		result->finding = NULL;
		row->state = FOUND_READY;
		row->made_at = time_now_ms();
		row->again |= row->made_at - row->wish.at >= AGAIN_MS;
		row->unread = false;
		note_found(row);
		write_row(f, row, result->json);
	}
	app_changed(f->app, CHANGED_FINDINGS);
}

static void begin(struct findings *f, struct row *row)
{
	row->state = FOUND_LOOKING;
	row->tried_at = time_now_ms();
	row->why[0] = '\0';
	f->run = row;
	f->running =
		collect_start(f->app, &row->wish, &(struct collect_end){told, f, false});
	app_changed(f->app, CHANGED_FINDINGS);
}

static bool may(struct findings *f, int64_t now)
{
	if (now - f->hour_at > HOUR_MS) {
		f->hour_at = now;
		f->in_hour = 0;
	}
	return f->in_hour < AN_HOUR;
}

static bool can_ask(const struct app *app)
{
	for (size_t i = 0; i < sources_count(app->sources); i++) {
		const struct source_row *row = sources_at(app->sources, i);

		if (row->rc && row->rc->kind && query_asks(row->rc->kind))
			return true;
	}
	return false;
}

/* New ones, and those that have something of the time behind the alert by now. */
static void choose(struct findings *f, int64_t now)
{
	struct problem problems[LOOKED_AT];
	size_t total, n = problems_list(f->app, problems, LOOKED_AT, &total);

	for (size_t i = 0; i < n && may(f, now); i++) {
		const struct problem *p = &problems[i];
		struct row *row;

		if (!p->alert || p->severity > SEVERITY_HIGH ||
			p->alert->state == ALERT_RESOLVED || now - p->since > NEW_MS)
			continue;
		row = find(f, p->alert->key);
		if (row && (row->state == FOUND_WAITING || row->reading ||
				   row->state == FOUND_LOOKING))
			continue;
		if (row && row->state == FOUND_FAILED && now - row->tried_at < AGAIN_MS)
			continue;
		if (row && row->made_at &&
			(row->again || now - row->wish.at < AGAIN_MS || !row->wish.at))
			continue;
		row = make(f, p->alert->key);
		if (!row)
			continue;
		row->state = FOUND_WAITING;
		row->wish.spare = true;
		f->in_hour++;
	}
}

/* One of the consoles that share a store looks for all; what the store has need not be
 * looked for. */
static bool leads(const struct findings *f)
{
	return !f->app->store || (f->index_there && history_leads(f->app->history));
}

void findings_tick(struct findings *f, int64_t now)
{
	if (f->ended || f->asked || !f->app->live || f->app->demo || app_then(f->app))
		return;
	if (!f->index_asked && f->app->store) {
		f->index_asked = true;
		keep_get_later(f->app->store, STORE_INDEX, got_index, f);
	}
	if (now < f->due_at || f->running)
		return;
	f->due_at = now + EVERY_MS;
	if (app_setting(f->app, SET_RCA_AUTO) && can_ask(f->app) && !f->app->past &&
		leads(f))
		choose(f, now);
	for (size_t i = 0; i < f->count && !f->running; i++)
		if (f->rows[i]->state == FOUND_WAITING)
			begin(f, f->rows[i]);
}

/* --- a script's --- */

static void print_script(struct findings *f, const struct collect_result *result)
{
	struct finding_facts facts = {
		.capture = result->capture, .rca = result->rca, .made_at = time_now_ms()};

	if (f->script.json) {
		finding_write(&facts, &f->printed);
		str_putc(&f->printed, '\n');
	} else {
		rca_print(&f->printed, result->capture, result->rca, f->script.shares);
	}
}

static void script_told(void *ctx, struct collect_result *result, const struct err *err)
{
	struct findings *f = ctx;

	f->running = NULL;
	f->over = true;
	f->status = STATUS_DONE;
	if (!result) {
		f->err = *err;
		f->status = STATUS_FAILED;
		return;
	}
	print_script(f, result);
	if (result->partial) {
		f->status = STATUS_PARTIAL;
		err_set(&f->err, ERR_TIMEOUT,
			"not every source answered: Missing says which");
	}
}

void findings_set_at(struct findings *f, int64_t at)
{
	f->at = at;
}

int64_t findings_at(const struct findings *f)
{
	return f->at;
}

void findings_script(struct findings *f, const struct findings_script *script)
{
	f->script = *script;
	f->asked = true;
	f->running = collect_start(
		f->app, &script->wish, &(struct collect_end){script_told, f, true});
}

bool findings_busy(const struct findings *f)
{
	return f->asked && !f->over;
}

bool findings_outcome(
	struct findings *f, struct str *out, enum status *status, struct err *err)
{
	if (!f->asked)
		return false;
	if (!f->over) {
		*status = STATUS_FAILED;
		err_set(err, ERR_TIMEOUT, "the sources did not answer in time");
		return true;
	}
	str_add(out, str_text(&f->printed), f->printed.n);
	*status = f->status;
	if (f->err.kind)
		*err = f->err;
	return true;
}
