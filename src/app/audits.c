/* Joins the audit to the program: where it lies, when it is opened, and its newest
 * records as rows. Rows are read from the files, so that those of other consoles and of
 * scripts are among them. Main thread; reading is a task while the console runs. */
#include "app/audits.h"

#include "base/alloc.h"
#include "base/json.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "io/task.h"
#include "ops/verify.h"
#include "sinks.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { READ_EVERY_MS = 2000, READ_FIRST = 2000, TARGET_MAX = 400, TITLE_TEXT = 200 };

struct rows {
	struct audit_row **list;
	size_t count, cap;
};

/* Lives until its task is done, also when the audits are gone before. */
struct reading {
	struct task task;
	struct audits *audits; /* NULL: nobody waits for it */
	char folder[AUDIT_PATH], chain[ID_TEXT];
	uint64_t from;
	struct rows rows;
	struct err err;
	bool ok;
};

struct audits {
	struct app *app;
	struct audit *writer;
	struct rows rows;
	char chain[ID_TEXT]; /* that the rows are of */
	struct reading *reading;
	struct err err; /* of the last reading */
	int64_t next_at;
	bool watched, wanted, left_out;
	uint64_t version;
};

struct audits *audits_new(struct app *app)
{
	struct audits *audits = mem_new(1, sizeof *audits);

	audits->app = app;
	return audits;
}

static void free_row(struct audit_row *row)
{
	untrusted_free(row->target);
	untrusted_free(row->id);
	mem_free(row->recording);
	mem_free(row->title);
	mem_free(row);
}

static void forget(struct rows *rows)
{
	for (size_t i = 0; i < rows->count; i++)
		free_row(rows->list[i]);
	mem_free(rows->list);
	*rows = (struct rows){0};
}

void audits_end(struct audits *audits)
{
	if (audits->reading)
		audits->reading->audits = NULL;
	audits->reading = NULL;
}

void audits_free(struct audits *audits)
{
	if (!audits)
		return;
	audit_close(audits->writer);
	forget(&audits->rows);
	mem_free(audits);
}

bool audits_folder(const struct audits *audits, char out[AUDIT_PATH], struct err *err)
{
	if (audits->app->demo)
		return err_set(err, ERR_REFUSED, "the demo keeps no audit");
	return audit_folder(out, err);
}

bool audits_busy(const struct audits *audits)
{
	return (audits->writer && audit_pending(audits->writer)) ||
	       sinks_busy(audits->app->sinks);
}

struct audit *audits_writer(struct audits *audits, struct err *err)
{
	char folder[AUDIT_PATH];
	struct audit_config config = {
		.folder = folder, .written = sinks_written, .ctx = audits->app->sinks};

	if (!audits->writer && audits_folder(audits, folder, err))
		audits->writer = audit_open(audits->app->pool, &config, err);
	return audits->writer;
}

/* --- one row --- */

static void words(struct json j, char *out, size_t size)
{
	text_line(json_text(j), out, size);
}

static void put_target(struct audit_row *row, struct json audit)
{
	struct json args = json_get(audit, "args");
	struct str text;

	/* Of a runbook's step the command says more than the place. */
	if (!row->step && !untrusted_empty(json_text(json_get(audit, "target")))) {
		row->target =
			untrusted_keep(json_text(json_get(audit, "target")), TARGET_MAX);
		return;
	}
	str_init(&text, TARGET_MAX);
	for (struct json a = json_first(args); json_item(a); a = json_next(a)) {
		if (text.n)
			str_putc(&text, ' ');
		text_add_line(&text, json_text(a), TARGET_MAX);
	}
	if (row->step) {
		str_puts(&text, "  on ");
		text_add_line(&text, json_text(json_get(audit, "target")), TARGET_MAX);
	}
	row->target = untrusted_keep(untrusted_make(text.p, text.n), TARGET_MAX);
	str_release(&text);
}

static void put_step(struct audit_row *row, struct json extra)
{
	int64_t step = 0;
	char file[80], title[TITLE_TEXT];

	words(json_get(extra, "cast_file"), file, sizeof file);
	if (!*file)
		words(json_get(extra, "out_file"), file, sizeof file);
	/* Nothing but errors. */
	if (!*file)
		words(json_get(extra, "err_file"), file, sizeof file);
	row->recording = *file ? mem_strdup(file) : NULL;
	words(json_get(extra, "book"), row->book, sizeof row->book);
	words(json_get(extra, "book_sha256"), row->book_hash, sizeof row->book_hash);
	untrusted_to_i64(json_text(json_get(extra, "step")), &step);
	row->step = step > 0 && step < INT_MAX ? (int)step : 0;
	words(json_get(extra, "title"), title, sizeof title);
	row->title = *title ? mem_strdup(title) : NULL;
	words(json_get(extra, "state"), row->state, sizeof row->state);
}

static struct audit_row *row_new(struct json audit)
{
	struct audit_row *row = mem_new(1, sizeof *row);
	int64_t number = 0;

	json_i64(json_get(audit, "seq"), &number);
	row->seq = (uint64_t)number;
	number = 0;
	json_i64(json_get(audit, "ref"), &number);
	row->ref = (uint64_t)number;
	json_time(json_get(audit, "at"), &row->at);
	words(json_get(audit, "kind"), row->kind, sizeof row->kind);
	words(json_get(audit, "class"), row->class, sizeof row->class);
	words(json_get(audit, "event"), row->event, sizeof row->event);
	words(json_get(audit, "origin"), row->origin, sizeof row->origin);
	words(json_get(audit, "source"), row->source, sizeof row->source);
	words(json_get(audit, "actor.verified.user"), row->who, sizeof row->who);
	if (!*row->who && json_i64(json_get(audit, "actor.verified.uid"), &number))
		snprintf(row->who, sizeof row->who, "uid %lld", (long long)number);
	words(json_get(audit, "result"), row->result, sizeof row->result);
	row->failed = json_ok(json_get(audit, "error"));
	if (row->failed)
		words(json_get(audit, "error"), row->result, sizeof row->result);
	row->is_intent = !strcmp(row->kind, "intent");
	if (row->is_intent)
		str_copy(row->result, sizeof row->result, "unknown");
	row->id = untrusted_keep(json_text(json_get(audit, "id")), TARGET_MAX);
	put_step(row, json_get(audit, "extra"));
	put_target(row, audit);
	return row;
}

static bool take_line(void *ctx, const char *chain, struct untrusted line)
{
	struct reading *reading = ctx;
	struct rows *rows = &reading->rows;
	struct json_doc doc;
	size_t n;
	const void *bytes = text_raw(line, &n);

	if (strcmp(chain, reading->chain) || task_cancelled(&reading->task))
		return !task_cancelled(&reading->task);
	if (!json_parse(&doc, bytes, n, AUDIT_MAX_BYTES * 2, NULL))
		return true;
	MEM_ROOM(rows->list, rows->count, rows->cap);
	rows->list[rows->count++] = row_new(json_get(json_root(&doc), "audit"));
	json_release(&doc);
	return rows->count < AUDITS_MAX_ROWS;
}

static void read_work(struct task *task)
{
	struct reading *reading = (struct reading *)task;
	char chain[ID_TEXT] = "";
	uint64_t newest = audit_newest(reading->folder, chain), first = 1;

	if (strcmp(chain, reading->chain))
		reading->from = 0;
	memcpy(reading->chain, chain, sizeof chain);
	if (!reading->from) {
		if (newest > READ_FIRST)
			first = newest - READ_FIRST + 1;
		reading->from = first;
	}
	reading->ok = !*chain || audit_each(reading->folder, reading->from, take_line,
					 reading, &reading->err);
}

/* --- all rows --- */

const struct audit_row *audits_find(const struct audits *audits, uint64_t seq)
{
	size_t low = 0, high = audits->rows.count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (audits->rows.list[mid]->seq < seq)
			low = mid + 1;
		else
			high = mid;
	}
	return low < audits->rows.count && audits->rows.list[low]->seq == seq
		       ? audits->rows.list[low]
		       : NULL;
}

/* The intent now has an outcome. */
static void settle(struct audits *audits, const struct audit_row *outcome)
{
	struct audit_row *intent =
		outcome->ref && !strcmp(outcome->kind, "outcome")
			? (struct audit_row *)audits_find(audits, outcome->ref)
			: NULL;

	if (!intent || !intent->is_intent)
		return;
	intent->outcome = outcome->seq;
	intent->ended_at = outcome->at;
	intent->failed = outcome->failed;
	memcpy(intent->result, outcome->result, sizeof intent->result);
	memcpy(intent->state, outcome->state, sizeof intent->state);
}

static void drop_oldest(struct rows *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free_row(rows->list[i]);
	rows->count -= n;
	memmove(rows->list, rows->list + n, rows->count * sizeof rows->list[0]);
}

/* Rows with a number not above the last are a damaged file's: they stay out. */
static void take_rows(struct audits *audits, struct reading *reading)
{
	struct rows *rows = &audits->rows;

	if (strcmp(audits->chain, reading->chain))
		forget(rows);
	memcpy(audits->chain, reading->chain, sizeof audits->chain);
	audits->left_out |= !rows->count && reading->from > 1;
	for (size_t i = 0; i < reading->rows.count; i++) {
		struct audit_row *row = reading->rows.list[i];

		if (rows->count && row->seq <= rows->list[rows->count - 1]->seq) {
			free_row(row);
			continue;
		}
		MEM_ROOM(rows->list, rows->count, rows->cap);
		rows->list[rows->count++] = row;
		settle(audits, row);
	}
	reading->rows.count = 0;
	if (rows->count > AUDITS_MAX_ROWS) {
		audits->left_out = true;
		drop_oldest(rows, rows->count - AUDITS_MAX_ROWS + AUDITS_MAX_ROWS / 10);
	}
}

static void finish(struct audits *audits, struct reading *reading)
{
	size_t before = audits->rows.count, got = reading->rows.count;

	audits->err = reading->ok ? (struct err){0} : reading->err;
	take_rows(audits, reading);
	audits->version += got || before != audits->rows.count;
	if (got || before != audits->rows.count || !reading->ok)
		app_changed(audits->app, CHANGED_AUDIT);
}

static void free_reading(struct reading *reading)
{
	forget(&reading->rows);
	mem_free(reading);
}

static void read_done(struct task *task)
{
	struct reading *reading = (struct reading *)task;

	if (reading->audits) {
		reading->audits->reading = NULL;
		finish(reading->audits, reading);
	}
	free_reading(reading);
}

static struct reading *reading_new(struct audits *audits, struct err *err)
{
	struct reading *reading = mem_new(1, sizeof *reading);

	reading->audits = audits;
	reading->task = (struct task){
		.work = read_work, .done = read_done, .class = TASK_BACKGROUND};
	memcpy(reading->chain, audits->chain, sizeof reading->chain);
	if (audits->rows.count)
		reading->from = audits->rows.list[audits->rows.count - 1]->seq + 1;
	if (audits_folder(audits, reading->folder, err))
		return reading;
	free_reading(reading);
	return NULL;
}

void audits_watch(struct audits *audits, bool on)
{
	if (on && !audits->watched)
		audits->next_at = 0;
	audits->watched = on;
}

void audits_want(struct audits *audits)
{
	audits->wanted = true;
}

const char *audits_chain(const struct audits *audits)
{
	return audits->chain;
}

uint64_t audits_version(const struct audits *audits)
{
	return audits->version;
}

void audits_tick(struct audits *audits, int64_t now)
{
	if (audits->reading ||
		(!audits->wanted && (!audits->watched || now < audits->next_at)))
		return;
	audits->wanted = false;
	audits->next_at = now + READ_EVERY_MS;
	audits->reading = reading_new(audits, &audits->err);
	if (audits->reading)
		task_submit(audits->app->pool, &audits->reading->task);
}

bool audits_load(struct audits *audits, struct err *err)
{
	struct reading *reading = reading_new(audits, err);
	bool ok;

	if (!reading)
		return false;
	atomic_init(&reading->task.cancel_, false);
	read_work(&reading->task);
	ok = reading->ok;
	if (!ok && err)
		*err = reading->err;
	finish(audits, reading);
	free_reading(reading);
	return ok;
}

size_t audits_count(const struct audits *audits)
{
	return audits->rows.count;
}

const struct audit_row *audits_row(const struct audits *audits, size_t i)
{
	return i < audits->rows.count ? audits->rows.list[i] : NULL;
}

bool audits_complete(const struct audits *audits, char *why, size_t size)
{
	if (audits->err.kind)
		snprintf(why, size, "%s", audits->err.text);
	else if (audits->left_out)
		snprintf(why, size,
			"only the newest %zu records are listed; `oogway audit export` "
			"has all",
			audits->rows.count);
	else
		return true;
	return false;
}
