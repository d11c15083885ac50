/* One source at a time is added or taken out: the words become a line, the line is tried,
 * what was found is told in numbers, somebody says yes, the file is written by a task and
 * the rc read anew. Hides which of these steps it is at. Main thread. */
#include "app/enrol.h"

#include "app/history.h"
#include "app/sources.h"
#include "base/alloc.h"
#include "base/log.h"
#include "base/text.h"
#include "base/time.h"
#include "enrol_line.h"
#include "io/file.h"
#include "io/task.h"
#include "store/incident.h"
#include "store/store.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { TOLD_BYTES = 64 << 10, LISTED = 5, FILE_BYTES = CONF_MAX_BYTES, NUMBER = 32 };

struct enrol {
	struct app *app;
	bool busy, ended, keep, script;
	struct enrol_line line;
	struct trial *trial;
	struct str numbers, question;
	const char *filter; /* as it is to be kept; the trial's */
	char removing[64];
	int line_at;
	enum status status;
	struct err why;
	struct str told; /* of a script */
};

/* Writing the file. */
struct filing {
	struct task task;
	struct enrol *enrol;
	char path[4096], name[64], profile[128];
	struct str line, filter;
	bool adds;
	int at;
	struct err err;
};

struct enrol *enrol_new(struct app *app)
{
	struct enrol *e = mem_new(1, sizeof *e);

	e->app = app;
	str_init(&e->told, TOLD_BYTES);
	str_init(&e->numbers, TOLD_BYTES);
	str_init(&e->question, TOLD_BYTES);
	return e;
}

static void forget(struct enrol *e)
{
	trial_free(e->trial);
	e->trial = NULL;
	e->filter = NULL;
	enrol_line_release(&e->line);
	e->busy = false;
}

void enrol_end(struct enrol *e)
{
	e->ended = true;
	forget(e);
}

void enrol_free(struct enrol *e)
{
	if (!e)
		return;
	forget(e);
	str_release(&e->told);
	str_release(&e->numbers);
	str_release(&e->question);
	mem_free(e);
}

bool enrol_busy(const struct enrol *e)
{
	return e->busy;
}

enum status enrol_outcome(const struct enrol *e, struct str *out, struct err *err)
{
	str_puts(out, str_text(&e->told));
	if (e->why.kind)
		*err = e->why;
	return e->status;
}

static void __attribute__((format(printf, 3, 4)))
tell(struct enrol *e, bool bad, const char *fmt, ...)
{
	char text[600];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (!e->script)
		app_notice(e->app, bad, "%s", text);
	else if (!bad)
		str_printf(&e->told, "%s\n", text);
}

static void give_up(struct enrol *e, enum status status, const struct err *err)
{
	e->status = status;
	e->why = *err;
	tell(e, true, "%s", err->text);
	forget(e);
}

/* --- the file --- */

/* The line is still the one that was meant. */
static bool is_line(const char *text, int at, const char *name)
{
	char begins[80];

	for (int i = 1; i < at && text; i++)
		text = strchr(text, '\n') ? strchr(text, '\n') + 1 : NULL;
	snprintf(begins, sizeof begins, "source %s ", name);
	return text && str_starts(text, begins);
}

static void write_file(struct task *task)
{
	struct filing *f = (struct filing *)task;
	struct str text, anew;
	bool ok = true;

	str_init(&text, FILE_BYTES);
	str_init(&anew, FILE_BYTES);
	if (!access(f->path, F_OK))
		ok = file_read(f->path, &text, &f->err);
	if (ok && f->adds)
		enrol_file_add(&anew, str_text(&text), f->profile, str_text(&f->line),
			f->filter.n ? str_text(&f->filter) : NULL);
	else if (ok && !is_line(str_text(&text), f->at, f->name))
		ok = err_set(&f->err, ERR_BUSY,
			"%s was changed meanwhile: nothing was done; try again", f->path);
	else if (ok)
		enrol_file_remove(&anew, str_text(&text), f->at);
	if (ok && anew.cut)
		ok = err_set(&f->err, ERR_LIMIT, "%s would get too large", f->path);
	if (ok)
		file_replace(f->path, str_text(&anew), anew.n, &f->err);
	str_release(&text);
	str_release(&anew);
}

static void filed(struct task *task)
{
	struct filing *f = (struct filing *)task;
	struct enrol *e = f->enrol;

	if (!e->ended && f->err.kind) {
		give_up(e, STATUS_FAILED, &f->err);
	} else if (!e->ended) {
		tell(e, false,
			f->adds ? "source %s is kept in %s" : "source %s is out of %s",
			f->name, f->path);
		forget(e);
		if (e->app->live)
			app_reload(e->app);
	}
	str_release(&f->line);
	str_release(&f->filter);
	mem_free(f);
}

static void file_line(struct enrol *e, const char *name, bool adds)
{
	const struct rc *rc = e->app->rc;
	struct filing *f = mem_new(1, sizeof *f);

	f->task = (struct task){
		.work = write_file, .done = filed, .class = TASK_INTERACTIVE};
	f->enrol = e;
	f->adds = adds;
	f->at = e->line_at;
	str_copy(f->path, sizeof f->path, rc->sources_path);
	str_copy(f->name, sizeof f->name, name);
	str_copy(f->profile, sizeof f->profile, rc->profile);
	str_init(&f->line, CONF_MAX_LINE);
	str_init(&f->filter, CONF_MAX_LINE);
	if (adds)
		str_puts(&f->line, str_text(&e->line.text));
	if (e->filter)
		str_puts(&f->filter, e->filter);
	task_submit(e->app->pool, &f->task);
}

/* --- numbers --- */

/* "1,204" */
static const char *number(int64_t n, char out[NUMBER])
{
	char digits[NUMBER];
	int length = snprintf(digits, sizeof digits, "%lld", (long long)n), at = 0;

	for (int i = 0; i < length; i++) {
		if (i && (length - i) % 3 == 0)
			out[at++] = ',';
		out[at++] = digits[i];
	}
	out[at] = '\0';
	return out;
}

static const char *since_words(
	const struct enrol *e, const struct rc_source *line, char out[TIME_TEXT + 8])
{
	int64_t at = line->since_ms ? e->app->now - line->since_ms : line->since_at;
	char day[TIME_TEXT];

	if (!at)
		return "of all time";
	snprintf(out, TIME_TEXT + 8, "since %.10s", time_rfc3339(at, day));
	return out;
}

static void say_count(
	struct enrol *e, const struct trial_found *f, const struct trial_count *c)
{
	char n[NUMBER], open[NUMBER], asks[NUMBER], since[TIME_TEXT + 8];

	if (c->kind == COUNT_ALL)
		str_puts(&e->numbers, "together");
	else
		str_printf(&e->numbers, "service %s", c->name);
	if (c->unknown)
		str_puts(&e->numbers, ": it does not say how many incidents");
	else
		str_printf(&e->numbers, ": %s incident%s %s", number(c->incidents, n),
			c->incidents == 1 ? "" : "s", since_words(e, f->line, since));
	str_printf(&e->numbers, ", %s open", number((int64_t)c->open, open));
	if (c->kind == COUNT_ALL)
		str_printf(&e->numbers, "; to read them takes about %s request%s",
			number(c->asks, asks), c->asks == 1 ? "" : "s");
	str_putc(&e->numbers, '\n');
}

static void say_counts(struct enrol *e, const struct trial_found *f)
{
	size_t services = 0, listed = 0;

	for (size_t i = 0; i < f->count; i++) {
		services += f->counts[i].kind == COUNT_SERVICE;
		if (f->counts[i].kind == COUNT_ALL)
			say_count(e, f, &f->counts[i]);
	}
	for (size_t i = 0; i < f->count; i++) {
		if (f->counts[i].kind == COUNT_SERVICE &&
			(e->script || listed++ < LISTED))
			say_count(e, f, &f->counts[i]);
	}
	if (services > LISTED && !e->script)
		str_printf(&e->numbers, "and %zu more services\n", services - LISTED);
}

/* What is there now, of a source that cannot tell its past. */
static void say_present(struct enrol *e, const struct trial_found *f)
{
	char n[NUMBER];

	if (f->line->kind->site) {
		str_printf(&e->numbers,
			"its first page is there; at most %zu are read, while a console "
			"runs\n",
			f->line->pages);
		return;
	}
	if (f->line->kind->logs) {
		str_printf(&e->numbers,
			"%s line%s of the last hour; nothing of them is kept\n",
			number((int64_t)f->lines, n), f->lines == 1 ? "" : "s");
		return;
	}
	str_printf(&e->numbers, "%s alert%s now", number((int64_t)f->alerts, n),
		f->alerts == 1 ? "" : "s");
	if (f->silenced)
		str_printf(&e->numbers, ", %zu of them silenced", f->silenced);
	if (f->silences)
		str_printf(&e->numbers, ", %zu silence%s", f->silences,
			f->silences == 1 ? "" : "s");
	if (f->rules)
		str_printf(&e->numbers, ", %zu alerting rule%s", f->rules,
			f->rules == 1 ? "" : "s");
	str_puts(&e->numbers,
		f->line->no_past
			? "\nits past is not read (since=none): kept is what it tells "
			  "from now on\n"
		: f->line->kind->past
			? "\nits past is read behind that, as far back as since= says\n"
			: "\nit does not tell its past: kept is what it tells from now "
			  "on\n");
}

static void say_found(struct enrol *e, const struct trial_found *f)
{
	const struct rc_source *line = f->line;
	char words[200];

	str_printf(&e->numbers, "%s: %s at %s answers in %lld ms\n", line->name,
		line->kind->name,
		text_line(untrusted_str(line->url), words, sizeof words),
		(long long)f->latency_ms);
	if (f->filter || line->receiver)
		str_printf(&e->numbers, "only %s%s%s\n", f->filter ? f->filter : "",
			line->receiver ? " receiver=" : "",
			line->receiver ? line->receiver : "");
	if (f->warning[0])
		str_printf(
			&e->numbers, "%s%s\n", f->partial ? "partial: " : "", f->warning);
	if (f->count)
		say_counts(e, f);
	else
		say_present(e, f);
	if (f->count && line->left_out)
		str_printf(&e->numbers, "without%s%s\n",
			line->left_out & FIELD_LOG ? " the logs (no times to acknowledge)"
						   : "",
			line->left_out & FIELD_PEOPLE ? " the names of people" : "");
}

/* --- adding --- */

static bool still_free(void *ctx, char *why, size_t size)
{
	struct enrol *e = ctx;
	const char *name = e->line.rc->sources[0].name;

	if (sources_find(e->app->sources, name) < 0)
		return true;
	snprintf(why, size, "there is a source %s meanwhile", name);
	return false;
}

static void add_answer(void *ctx, bool yes)
{
	struct enrol *e = ctx;

	if (e->ended)
		return;
	if (yes)
		file_line(e, e->line.rc->sources[0].name, true);
	else
		forget(e);
}

static void ask_to(struct enrol *e, const struct question *question)
{
	struct app *app = e->app;
	struct err err = {0};

	if (app->front.ask && app->front.ask(app->front.ctx, question, &err))
		return;
	if (!err.kind)
		err_set(&err, ERR_REFUSED, "there is nobody to ask: nothing was done");
	give_up(e, STATUS_REFUSED, &err);
}

/* In one line on the screen, and line by line among the events. */
static void say_tried(struct enrol *e)
{
	struct untrusted rest = untrusted_str(str_text(&e->numbers)), line;
	char words[LOG_TEXT];
	struct str all;

	str_init(&all, TOLD_BYTES);
	while (untrusted_line(&rest, &line)) {
		log_add(LOG_INFO, "%s", text_line(line, words, sizeof words));
		str_printf(&all, "%s%s", all.n ? "; " : "", words);
	}
	app_notice(e->app, false, "%s", str_text(&all));
	str_release(&all);
}

static void tried(void *ctx, const struct trial_found *found, const struct err *err)
{
	struct enrol *e = ctx;
	const struct rc_source *line = found->line;
	struct err why;

	if (err) {
		err_set(&why, err->kind, "%s: %s%s", line->name, err->text,
			e->keep ? "; it was not added" : "");
		give_up(e, STATUS_FAILED, &why);
		return;
	}
	e->filter = found->filter;
	str_reset(&e->numbers);
	say_found(e, found);
	if (e->script)
		str_puts(&e->told, str_text(&e->numbers));
	if (!e->keep) {
		if (!e->script)
			say_tried(e);
		forget(e);
		return;
	}
	str_reset(&e->question);
	/* First what is asked: on a small screen the end may not fit. */
	str_printf(&e->question, "Add source %s to %s?", line->name,
		e->app->rc->sources_path);
	if (!e->script)
		str_printf(&e->question, "\n%s", str_text(&e->numbers));
	ask_to(e, &(struct question){.text = str_text(&e->question),
			  .still = still_free,
			  .answer = add_answer,
			  .ctx = e});
}

static enum status may_begin(struct enrol *e, const struct call *call, struct err *err)
{
	if (e->busy) {
		err_set(err, ERR_BUSY, "another source is being tried: wait for it");
		return STATUS_FAILED;
	}
	if (call->app->demo || !*call->app->rc->sources_path) {
		err_set(err, ERR_REFUSED, "the demo leaves no file behind");
		return STATUS_REFUSED;
	}
	if (call->app->past) {
		err_set(err, ERR_REFUSED, "sources are those of now: leave --at out");
		return STATUS_REFUSED;
	}
	e->script = call->out != NULL;
	e->status = STATUS_DONE;
	e->why = (struct err){0};
	return STATUS_DONE;
}

enum status enrol_add(
	struct enrol *e, const struct call *call, bool keep, struct err *err)
{
	enum status status = may_begin(e, call, err);

	if (status)
		return status;
	if (!enrol_line_read(&e->line, call->app, call->argc, call->argv, err)) {
		enrol_line_release(&e->line);
		return err->kind == ERR_REFUSED ? STATUS_REFUSED : STATUS_USAGE;
	}
	e->busy = true;
	e->keep = keep;
	e->trial = trial_new(call->app, &e->line.rc->sources[0], &e->line.choices,
		(struct trial_end){tried, e});
	if (!e->script)
		app_notice(call->app, false, "%s: asking %s", call->argv[0],
			e->line.rc->sources[0].url);
	return STATUS_PENDING;
}

/* --- taking out --- */

struct count_job {
	struct store_job job;
	struct enrol *enrol;
	struct untrusted name;
	size_t count;
};

static bool still_there(void *ctx, char *why, size_t size)
{
	struct enrol *e = ctx;

	if (sources_find(e->app->sources, e->removing) >= 0)
		return true;
	snprintf(why, size, "source %s is gone already", e->removing);
	return false;
}

static void remove_answer(void *ctx, bool yes)
{
	struct enrol *e = ctx;

	if (e->ended)
		return;
	if (yes)
		file_line(e, e->removing, false);
	else
		forget(e);
}

static void ask_removal(struct enrol *e, size_t incidents)
{
	char n[NUMBER];

	str_reset(&e->question);
	str_printf(&e->question, "Take source %s out of %s?", e->removing,
		e->app->rc->sources_path);
	str_reset(&e->numbers);
	if (incidents)
		str_printf(&e->numbers,
			"%s incident%s of it stay%s in the store, with %s log: trends "
			"and "
			"handoffs of the past go on counting %s\n",
			number((int64_t)incidents, n), incidents == 1 ? "" : "s",
			incidents == 1 ? "s" : "", incidents == 1 ? "its" : "their",
			incidents == 1 ? "it" : "them");
	else
		str_puts(&e->numbers, "the store holds no incident of it\n");
	if (e->script)
		str_puts(&e->told, str_text(&e->numbers));
	else
		str_printf(&e->question, "\n%s", str_text(&e->numbers));
	ask_to(e, &(struct question){.text = str_text(&e->question),
			  .still = still_there,
			  .answer = remove_answer,
			  .ctx = e});
}

static bool run_count(struct store_job *job, struct db *db, struct err *err)
{
	struct count_job *c = (struct count_job *)job;

	return incident_count_source(db, c->name, &c->count, err);
}

static void end_count(struct store_job *job, const struct err *err)
{
	struct count_job *c = (struct count_job *)job;

	if (c->enrol->ended)
		return;
	if (err)
		give_up(c->enrol, STATUS_FAILED, err);
	else
		ask_removal(c->enrol, c->count);
}

/* A script has no store under way: it opens it for this. Without one nothing is in it. */
static void count_here(struct enrol *e)
{
	struct err err = {0};
	struct db *db = history_db(e->app, &err);
	size_t count = 0;

	if (!db && err.kind == ERR_MISSING)
		ask_removal(e, 0);
	else if (!db ||
		 !incident_count_source(db, untrusted_str(e->removing), &count, &err))
		give_up(e, STATUS_FAILED, &err);
	else
		ask_removal(e, count);
	db_close(db);
}

static bool find_line(struct enrol *e, const char *name, struct err *err)
{
	const struct rc *rc = e->app->rc;

	for (size_t i = 0; i < rc->source_count; i++) {
		const struct rc_source *s = &rc->sources[i];

		if (strcmp(s->name, name) != 0)
			continue;
		if (strcmp(s->place.file, rc->sources_path) != 0)
			return err_set(err, ERR_REFUSED,
				"source %s is in %s:%d, which is yours: take that line "
				"out and it is gone",
				name, s->place.file, s->place.line);
		str_copy(e->removing, sizeof e->removing, name);
		e->line_at = s->place.line;
		return true;
	}
	return err_set(err, ERR_MISSING, "no source is called %.60s", name);
}

enum status enrol_remove(struct enrol *e, const struct call *call, struct err *err)
{
	enum status status = may_begin(e, call, err);
	struct count_job *job;

	if (status)
		return status;
	if (!find_line(e, call->argv[0], err))
		return err->kind == ERR_REFUSED ? STATUS_REFUSED : STATUS_FAILED;
	e->busy = true;
	if (e->script || !e->app->store) {
		count_here(e);
		return STATUS_PENDING;
	}
	job = store_job_new(sizeof *job);
	job->job.run = run_count;
	job->job.end = end_count;
	job->enrol = e;
	job->name = store_job_text(&job->job, untrusted_str(e->removing));
	store_read(e->app->store, &job->job);
	return STATUS_PENDING;
}

/* --- what is typed --- */

bool enrol_tells_secret(const char *line)
{
	struct conf_line words;
	char text[CONF_MAX_LINE + CONF_MAX_WORDS];

	line += strspn(line, " ");
	if (!str_starts(line, "source ") ||
		!conf_split(line, &words, text, sizeof text, NULL))
		return false;
	for (size_t i = 0; i < words.count; i++)
		if (!enrol_word_check(words.words[i].text, NULL))
			return true;
	return false;
}
