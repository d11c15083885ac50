/* Joins runs to the program: their values from an alert, the gate's question through the
 * front, policy from the settings, files below the state folder. Hides which run belongs
 * to which runbook, and when one makes way for another. Main thread. */
#include "app/runs.h"

#include "app/alerts.h"
#include "app/audits.h"
#include "app/runbook_versions.h"
#include "app/remote.h"
#include "app/runbooks.h"
#include "app/setting.h"
#include "app/sources.h"
#include "base/alloc.h"
#include "base/json.h"
#include "base/text.h"
#include "base/time.h"
#include "io/file.h"
#include "io/loop.h"
#include "ops/gate.h"
#include "ops/policy.h"
#include "ops/redact.h"
#include "model/alert.h"
#include "anchor.h"
#include "deeds.h"
#include "steps.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	CHOICES_TEXT = 400,
	ABOUT_TEXT = 120,
	NAME_TEXT = 256,
	FOLDER = 4096,
	ORIGIN_TEXT = 80,
	AGAIN_MS = 250,
};

#define RECALL_MS (12 * HOUR_MS)

struct entry {
	struct runs *runs;
	uint64_t runbook, alert;
	int64_t anchored_at; /* when the audit's end was last put on its incident */
	char about[ABOUT_TEXT];
	char name[NAME_TEXT], profile[NAME_TEXT], context[NAME_TEXT];
	struct run *run;
	bool aside;              /* nobody has opened it */
	struct runs_aside watch; /* ended NULL: nobody waits */
};

/* A step that waits for the ssh configuration. */
struct waiting {
	struct run *run; /* NULL: none */
	size_t step;
	struct untrusted edited; /* owned */
	char origin[ORIGIN_TEXT];
};

struct runs {
	struct app *app;
	const struct commands *commands;
	struct gate_door door, actions_door;
	struct gate_gap gap;
	struct run *typing; /* whose password somebody types */
	char typing_text[400];
	struct loop_timer *again; /* asks for it while another question is open */
	struct entry *list[RUNS_MAX];
	size_t count;
	struct waiting waiting;
};

/* --- the gate --- */

static void policy(void *ctx, struct policy *out)
{
	static const enum audit_class classes[] = {
		AUDIT_UNCLASSED, AUDIT_READ, AUDIT_CHANGE, AUDIT_DESTROY, AUDIT_SHELL};
	const struct runs *runs = ctx;
	const struct app *app = runs->app;
	int64_t until;

	gate_approvals_set(runs->door.approvals, app_setting(app, SET_RUN_APPROVE_AFTER),
		app_setting(app, SET_RUN_APPROVE_FOR));
	*out = (struct policy){.demo = app->demo,
		.readonly = app->readonly,
		.broken = app->rc->policy_broken,
		.past = app->past || app->window.to,
		.most = classes[app_setting(app, SET_RUN_ALLOW)],
		.approve = classes[app_setting(app, SET_RUN_APPROVE)],
		.breakglass = breakglass_words(app->breakglass, &until) != NULL,
		.best_effort = app_setting(app, SET_AUDIT) == 1,
		.rules = app->rc->policies,
		.rule_count = app->rc->policy_count,
		.minute = time_minute_of_day(app->now),
		.in_group = remote_in_group,
		.group_ctx = runs->app};
}

/* Of what is done upstream: run.allow and run.approve are about commands. */
static void actions_policy(void *ctx, struct policy *out)
{
	policy(ctx, out);
	out->most = AUDIT_SHELL;
	out->approve = AUDIT_UNCLASSED;
}

static struct audit *audit(void *ctx, struct err *err)
{
	return audits_writer(((struct runs *)ctx)->app->audits, err);
}

static bool still_asked(void *ctx, char *why, size_t size)
{
	return gate_still(ctx, why, size);
}

static void answered(void *ctx, bool yes)
{
	gate_answer(ctx, yes);
}

static bool ask(
	void *ctx, const struct gate_deed *deed, struct gate_pass *pass, struct err *err)
{
	const struct front *front = &((struct runs *)ctx)->app->front;
	const struct question question = {.text = deed->question,
		.word = deed->word,
		.still = still_asked,
		.answer = answered,
		.ctx = pass};

	if (!front->ask)
		return err_set(
			err, ERR_REFUSED, "there is nobody to ask: %s", deed->question);
	return front->ask(front->ctx, &question, err);
}

static void put_question(void *ctx);

struct runs *runs_new(struct app *app)
{
	struct runs *runs = mem_new(1, sizeof *runs);

	runs->app = app;
	runs->door = (struct gate_door){policy, audit, ask, runs,
		gate_approvals_new(app_setting(app, SET_RUN_APPROVE_AFTER),
			app_setting(app, SET_RUN_APPROVE_FOR)),
		&runs->gap};
	runs->again = loop_timer(app->loop, put_question, runs);
	runs->actions_door = runs->door;
	runs->actions_door.policy = actions_policy;
	return runs;
}

void runs_set_commands(struct runs *runs, const struct commands *commands)
{
	runs->commands = commands;
}

size_t runs_unrecorded(const struct runs *runs)
{
	return runs->gap.count;
}

const struct gate_door *runs_door(const struct runs *runs)
{
	return &runs->door;
}

const struct gate_door *runs_actions_door(const struct runs *runs)
{
	return &runs->actions_door;
}

const struct commands *runs_commands(const struct runs *runs)
{
	return runs->commands;
}

uint64_t runs_alert_at(const void *ctx)
{
	return ((const struct entry *)ctx)->alert;
}

void runs_end(struct runs *runs)
{
	runs_drop_waiting(runs);
	for (size_t i = 0; i < runs->count; i++)
		run_end(runs->list[i]->run);
}

static void entry_free(struct entry *entry)
{
	if (!entry)
		return;
	if (entry->runs->waiting.run == entry->run)
		runs_drop_waiting(entry->runs);
	if (entry->runs->typing == entry->run)
		entry->runs->typing = NULL;
	run_free(entry->run);
	mem_free(entry);
}

void runs_free(struct runs *runs)
{
	if (!runs)
		return;
	for (size_t i = 0; i < runs->count; i++)
		entry_free(runs->list[i]);
	gate_approvals_free(runs->door.approvals);
	loop_timer_free(runs->again);
	mem_free(runs);
}

/* --- one run --- */

/* Names only: an address of one of its interfaces may be another machine's behind NAT. */
static bool is_here(void *ctx, struct untrusted host)
{
	static const char *const names[] = {
		"localhost", "localhost.localdomain", "127.0.0.1", "::1"};
	const struct entry *entry = ctx;
	const char *own = entry->runs->app->host;
	char brief[NAME_TEXT];

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (untrusted_is(host, names[i]))
			return true;
	snprintf(brief, sizeof brief, "%.*s", (int)strcspn(own, "."), own);
	return untrusted_is(host, own) || untrusted_is(host, brief);
}

static void user(void *ctx, char *out, size_t size)
{
	const struct passwd *me = getpwuid(getuid());

	(void)ctx;
	if (me)
		text_line(untrusted_str(me->pw_name), out, size);
	else
		snprintf(out, size, "uid %u", (unsigned)getuid());
}

static bool still(void *ctx, char *why, size_t size)
{
	const struct entry *entry = ctx;
	const struct app *app = entry->runs->app;
	const struct runbook_row *row = runbooks_find(app->runbooks, entry->runbook);

	if (!row || !untrusted_eq(row->book.text, run_book(entry->run)->text)) {
		snprintf(why, size,
			"the runbook has changed since it was opened: look "
			"again");
		return false;
	}
	if (strcmp(app->rc->profile, entry->profile)) {
		snprintf(why, size, "the profile has changed since it was opened");
		return false;
	}
	if (strcmp(settings_text(&app->rc->settings, SET_KUBE_CONTEXT), entry->context)) {
		snprintf(why, size, "kube.context has changed since it was opened");
		return false;
	}
	if (run_is_alone(entry->run) && !runbook_is_trusted(row)) {
		snprintf(why, size, "the runbook is not trusted any more");
		return false;
	}
	return true;
}

static void changed(void *ctx)
{
	app_changed(((struct entry *)ctx)->runs->app, CHANGED_RUNS | CHANGED_AUDIT);
}

/* Whoever has left the view hears of it. */
static void ended(void *ctx, size_t step)
{
	const struct entry *entry = ctx;
	const struct run_result *r = run_result(entry->run, step);
	const char *state = run_state_names[r->state];
	char end[40] = "";

	runbook_ran(entry->runs->app, entry->runbook, run_book(entry->run)->text);
	deeds_soon(entry->runs->app->deeds);
	if (r->is_command)
		snprintf(end, sizeof end, ", exit %d", r->exit_code);
	/* Of what runs by itself the whole is told, not each step. */
	if (entry->watch.ended)
		entry->watch.ended(entry->watch.ctx, entry->run);
	else
		app_notice(entry->runs->app, r->state != RUN_DONE,
			"%s step %zu: %s%s%s%s", entry->name, step + 1, state, end,
			*r->why ? ": " : "", r->why);
	anchor_put(entry->runs->app, entry->alert, &((struct entry *)ctx)->anchored_at);
}

static void take_alert(struct entry *entry, const struct alert *alert)
{
	char source[NAME_TEXT];

	for (size_t i = 0; i < alert->label_count; i++) {
		struct pair pair = alert_label(alert, i);

		run_label(entry->run, pair.name, pair.value);
	}
	str_copy(source, sizeof source,
		sources_row(entry->runs->app->sources, alert->source)->name);
	run_incident(entry->run, source, alert_text(alert, ALERT_ID));
	text_line(alert_text(alert, ALERT_TITLE), entry->about, sizeof entry->about);
}

/* --- answers --- */

static void answered_words(void *ctx, const char *words)
{
	run_answer(ctx, words);
}

static void not_answered(void *ctx, bool yes)
{
	(void)yes;
	run_answer(ctx, NULL);
}

static bool ask_words(void *ctx, struct run *run, const char *text,
	struct untrusted choices, struct err *err)
{
	const struct front *front = &((struct entry *)ctx)->runs->app->front;
	char list[CHOICES_TEXT];
	const struct question question = {.text = text,
		.choices = text_line(choices, list, sizeof list),
		.reply = answered_words,
		.answer = not_answered,
		.ctx = run};

	if (!front->ask)
		return err_set(err, ERR_REFUSED, "there is nobody to ask: %s", text);
	return front->ask(front->ctx, &question, err);
}

/* --- sudo's password --- */

static void password_typed(void *ctx, const struct secret *secret)
{
	struct runs *runs = ctx;
	struct run *run = runs->typing;

	runs->typing = NULL;
	/* Should a host say it again, it is not kept. */
	if (secret)
		redact_know(secret);
	if (run)
		run_password(run, secret);
}

static void password_not_typed(void *ctx, bool yes)
{
	(void)yes;
	password_typed(ctx, NULL);
}

static void put_question(void *ctx)
{
	struct runs *runs = ctx;
	const struct front *front = &runs->app->front;
	const struct question question = {.text = runs->typing_text,
		.answer = password_not_typed,
		.typed = password_typed,
		.waits = true,
		.ctx = runs};
	struct err err = {0};

	if (!runs->typing || front->ask(front->ctx, &question, &err))
		return;
	if (err.kind == ERR_BUSY)
		loop_timer_start(runs->again, AGAIN_MS);
	else
		password_typed(runs, NULL);
}

/* A script's --yes was given for what is to be run, and is no password. */
static bool ask_password(void *ctx, struct run *run, const char *text, struct err *err)
{
	struct runs *runs = ((struct entry *)ctx)->runs;

	if (!runs->app->live || !runs->app->front.ask || runs->typing ||
		run_is_alone(run))
		return err_set(err, ERR_REFUSED, "there is nobody to type it");
	runs->typing = run;
	str_copy(runs->typing_text, sizeof runs->typing_text, text);
	loop_timer_start(runs->again, 0);
	return true;
}

static struct entry *entry_new(struct runs *runs, const struct runbook_row *row,
	const struct alert *alert, struct err *err)
{
	struct app *app = runs->app;
	const char *context = settings_text(&app->rc->settings, SET_KUBE_CONTEXT);
	char folder[FOLDER - 8], files[FOLDER];
	struct entry *entry;
	struct run_how how;

	if (app->demo)
		*folder = '\0';
	else if (!file_state_folder(folder, sizeof folder, err))
		return NULL;
	snprintf(files, sizeof files, "%s/runs", folder);
	entry = mem_new(1, sizeof *entry);
	entry->runs = runs;
	entry->runbook = row->id;
	entry->alert = alert ? alert->key : 0;
	str_copy(entry->profile, sizeof entry->profile, app->rc->profile);
	str_copy(entry->context, sizeof entry->context, context);
	how = (struct run_how){.loop = app->loop,
		.pool = app->pool,
		.door = &runs->door,
		.folder = files,
		.name = runbook_name(row, entry->name, sizeof entry->name),
		.profile = app->rc->profile,
		.host = app->host,
		.kube_context = strcmp(context, "none") ? context : "",
		.own_host = !alert,
		.prose = row->page != NULL,
		.kinds = app_step_kinds,
		.app = app,
		.is_here = is_here,
		.ask = ask_words,
		.password = ask_password,
		.user = user,
		.still = still,
		.changed = changed,
		.ended = ended,
		.ctx = entry};
	entry->run = run_new(&how, row->book.text);
	/* So that it is there when a step wants it. */
	if (app->live && !app->demo)
		remote_inventory(app->remote, &(struct err){0});
	if (alert)
		take_alert(entry, alert);
	return entry;
}

/* The newest of a runbook is the one that is looked at; those before it are kept for the
 * timelines of their alerts. */
static struct entry *find(const struct runs *runs, uint64_t runbook)
{
	for (size_t i = runs->count; i-- > 0;)
		if (runs->list[i]->runbook == runbook && !runs->list[i]->aside)
			return runs->list[i];
	return NULL;
}

/* One for this alert that can go on; it becomes the newest. */
static struct entry *take_up(struct runs *runs, uint64_t runbook, uint64_t alert)
{
	for (size_t i = runs->count; i-- > 0;) {
		struct entry *entry = runs->list[i];
		char why[200];

		if (entry->runbook != runbook || entry->alert != alert ||
			!still(entry, why, sizeof why))
			continue;
		memmove(runs->list + i, runs->list + i + 1,
			(runs->count - i - 1) * sizeof *runs->list);
		runs->list[runs->count - 1] = entry;
		entry->aside = false;
		return entry;
	}
	return NULL;
}

/* The oldest that is at rest makes way; one that nobody looks at before all others. */
static bool make_room(struct runs *runs)
{
	for (size_t n = 0; runs->count == RUNS_MAX && n < 2 * RUNS_MAX; n++) {
		size_t i = n % RUNS_MAX;
		const struct entry *entry = runs->list[i];

		if (run_active(entry->run) >= 0 || entry->watch.ended ||
			(n < RUNS_MAX && !entry->aside))
			continue;
		entry_free(runs->list[i]);
		runs->count--;
		memmove(runs->list + i, runs->list + i + 1,
			(runs->count - i) * sizeof *runs->list);
	}
	return runs->count < RUNS_MAX;
}

struct run *runs_open(
	struct runs *runs, uint64_t runbook, uint64_t alert, struct err *err)
{
	const struct app *app = runs->app;
	const struct runbook_row *row = runbooks_find(app->runbooks, runbook);
	struct entry *entry = find(runs, runbook);

	if (!row) {
		err_set(err, ERR_MISSING, "the runbook is not there any more");
		return NULL;
	}
	if (entry && run_active(entry->run) >= 0)
		return entry->run;
	if (entry && !alert)
		alert = entry->alert;
	entry = take_up(runs, runbook, alert);
	if (entry)
		return entry->run;
	if (!make_room(runs)) {
		err_set(err, ERR_LIMIT, "%d runbooks are being run", RUNS_MAX);
		return NULL;
	}
	entry = entry_new(runs, row, alerts_find(app->alerts, alert), err);
	if (!entry)
		return NULL;
	runs->list[runs->count++] = entry;
	return entry->run;
}

/* A step of it was begun since then. */
static bool begun(const struct run *run, int64_t since)
{
	if (run_active(run) >= 0)
		return true;
	for (size_t i = 0; i < run_book(run)->step_count; i++)
		if (run_result(run, i)->started_at &&
			run_result(run, i)->started_at >= since)
			return true;
	return false;
}

struct run *runs_open_aside(struct runs *runs, uint64_t runbook, uint64_t alert,
	const struct runs_aside *aside, struct err *err)
{
	const struct app *app = runs->app;
	const struct runbook_row *row = runbooks_find(app->runbooks, runbook);
	const struct alert *about = alerts_find(app->alerts, alert);
	struct entry *entry;

	if (!row) {
		err_set(err, ERR_MISSING, "the runbook is not there any more");
		return NULL;
	}
	/* Since it began this time: the alert may have been there before. */
	if (about && runs_touched(runs, runbook, alert, about->started_at)) {
		err_set(err, ERR_BUSY, "it is being worked through already");
		return NULL;
	}
	if (!make_room(runs)) {
		err_set(err, ERR_LIMIT, "%d runbooks are being run", RUNS_MAX);
		return NULL;
	}
	entry = entry_new(runs, row, about, err);
	if (!entry)
		return NULL;
	entry->aside = true;
	entry->watch = *aside;
	runs->list[runs->count++] = entry;
	return entry->run;
}

void runs_close_aside(struct runs *runs, const struct run *run)
{
	for (size_t i = 0; i < runs->count; i++) {
		struct entry *entry = runs->list[i];

		if (entry->run != run || !entry->aside || begun(run, 0))
			continue;
		runs->count--;
		memmove(runs->list + i, runs->list + i + 1,
			(runs->count - i) * sizeof *runs->list);
		entry_free(entry);
		return;
	}
}

bool runs_touched(
	const struct runs *runs, uint64_t runbook, uint64_t alert, int64_t since)
{
	for (size_t i = 0; i < runs->count; i++) {
		const struct entry *entry = runs->list[i];

		if (entry->runbook == runbook && entry->alert == alert && !entry->aside &&
			begun(entry->run, since))
			return true;
	}
	return false;
}

void runs_leave(struct runs *runs, const struct run *run)
{
	for (size_t i = 0; i < runs->count; i++)
		if (runs->list[i]->run == run)
			runs->list[i]->watch = (struct runs_aside){0};
}

/* --- beginning a step --- */

static bool begin(struct run *run, size_t step, struct untrusted edited,
	const char *origin, struct err *err)
{
	return untrusted_empty(edited) ? run_start(run, step, origin, err)
				       : run_start_edited(run, step, edited, origin, err);
}

bool runs_start(struct runs *runs, struct run *run, size_t step, struct untrusted edited,
	const char *origin, struct err *err)
{
	struct waiting *w = &runs->waiting;

	runs_drop_waiting(runs);
	if (begin(run, step, edited, origin, err))
		return true;
	if (err->kind != ERR_BUSY || run_active(run) >= 0 || !runs->app->live)
		return false;
	*w = (struct waiting){.run = run,
		.step = step,
		.edited = untrusted_keep(edited, RUNBOOK_BLOCK_BYTES)};
	str_copy(w->origin, sizeof w->origin, origin);
	app_notice(runs->app, false, "%s; then step %zu is asked about", err->text,
		step + 1);
	*err = (struct err){0};
	return true;
}

void runs_go_on(struct runs *runs)
{
	struct waiting w = runs->waiting;
	struct err err = {0};

	if (!w.run)
		return;
	runs->waiting = (struct waiting){0};
	if (!begin(w.run, w.step, w.edited, w.origin, &err))
		app_notice(runs->app, true, "%s", err.text);
	untrusted_free(w.edited);
}

bool runs_drop_waiting(struct runs *runs)
{
	bool any = runs->waiting.run != NULL;

	untrusted_free(runs->waiting.edited);
	runs->waiting = (struct waiting){0};
	return any;
}

struct run *runs_find(const struct runs *runs, uint64_t runbook)
{
	const struct entry *entry = find(runs, runbook);

	return entry ? entry->run : NULL;
}

const char *runs_about(const struct runs *runs, uint64_t runbook)
{
	const struct entry *entry = find(runs, runbook);

	return entry ? entry->about : "";
}

const struct run *runs_for(const struct runs *runs, uint64_t alert, size_t i)
{
	for (size_t k = 0; k < runs->count; k++)
		if (runs->list[k]->alert == alert && !i--)
			return runs->list[k]->run;
	return NULL;
}

/* --- what others did, and what was done before a crash --- */

static bool about(const struct entry *entry, const struct audit_row *row)
{
	struct untrusted id;
	const char *source = run_about(entry->run, &id);

	bool counts = row->is_intent || !strcmp(row->event, "run.skip");

	return counts && row->step && !strcmp(row->book, entry->name) &&
	       !strcmp(row->book_hash, run_hash(entry->run)) &&
	       !strcmp(row->source, source) && untrusted_eq(row->id, id) &&
	       entry->runs->app->now - row->at < RECALL_MS;
}

static void recall(struct entry *entry, const struct audit_row *row)
{
	struct run_result known = {.intent = row->seq, .started_at = row->at};
	struct untrusted result = untrusted_str(row->result);
	int64_t code = 0;

	if (!row->is_intent) {
		known.state = RUN_SKIPPED;
		known.started_at = 0;
	} else {
		known.state = deed_state_of(row);
		known.is_command =
			untrusted_starts(result, "exit ") &&
			untrusted_to_i64(untrusted_slice(result, 5, SIZE_MAX), &code);
		known.exit_code = (int)code;
	}
	if (known.state == RUN_UNKNOWN)
		str_copy(known.why, sizeof known.why,
			"it runs elsewhere, or oogway was killed meanwhile: look before "
			"it is run again");
	else if (known.state != RUN_DONE && row->is_intent && !known.is_command)
		str_copy(known.why, sizeof known.why, row->result);
	run_recall(entry->run, (size_t)row->step - 1, &known);
}

void runs_recall(struct runs *runs)
{
	const struct audits *audits = runs->app->audits;

	for (size_t i = 0; i < audits_count(audits); i++) {
		const struct audit_row *row = audits_row(audits, i);

		for (size_t k = 0; row->step && k < runs->count; k++)
			if (about(runs->list[k], row))
				recall(runs->list[k], row);
	}
}

/* --- all of them --- */

const char *runs_running(const struct runs *runs, char *out, size_t size)
{
	for (size_t i = 0; i < runs->count; i++) {
		const struct run *run = runs->list[i]->run;
		int step = run_active(run);

		if (step < 0)
			continue;
		snprintf(out, size, "%s step %d", runs->list[i]->name, step + 1);
		return out;
	}
	return NULL;
}

bool runs_busy(const struct runs *runs)
{
	for (size_t i = 0; i < runs->count; i++)
		if (run_active(runs->list[i]->run) >= 0)
			return true;
	return false;
}

void runs_stop(struct runs *runs)
{
	runs_drop_waiting(runs);
	for (size_t i = 0; i < runs->count; i++)
		run_stop(runs->list[i]->run);
}

/* A terminal gets lines that are safe to print, a file or a pipe the bytes. */
static void put_output(const struct run_result *r, struct str *out)
{
	struct untrusted rest = untrusted_make(r->shown.p, r->shown.n), line;

	if (!isatty(STDOUT_FILENO)) {
		str_add(out, r->shown.p ? r->shown.p : "", r->shown.n);
		return;
	}
	while (untrusted_line(&rest, &line)) {
		text_add_line(out, line, 4000);
		str_putc(out, '\n');
	}
}

void runs_json_header(const struct run *run, const char *name, bool dry, struct str *out)
{
	bool complete = true;
	struct json_out o;

	for (size_t i = 0; i < run_book(run)->step_count; i++)
		complete &= !run_result(run, i)->dropped;
	json_begin(&o, out);
	json_open(&o, NULL, '{');
	json_put_str(&o, "schema", "oogway.runbook-run/1");
	json_put_str(&o, "runbook", name);
	json_put_str(&o, "sha256", run_hash(run));
	json_put_bool(&o, "dry_run", dry);
	json_put_bool(&o, "complete", complete);
	json_shut(&o, '}');
	str_putc(out, '\n');
}

static void put_json(const struct run *run, size_t step, struct str *out)
{
	const struct runbook_step *s = &run_book(run)->steps[step];
	const struct run_result *r = run_result(run, step);
	struct json_out o;

	json_begin(&o, out);
	json_open(&o, NULL, '{');
	json_put_i64(&o, "step", (int64_t)step + 1);
	json_put_text(&o, "title", s->title);
	json_put_str(&o, "kind", step_kind_name(s->kind));
	json_put_str(&o, "state", run_state_names[r->state]);
	if (r->is_command && r->ended_at)
		json_put_i64(&o, "exit", r->exit_code);
	json_put_str(&o, "why", r->why);
	json_put_time(&o, "started_at", r->started_at);
	json_put_time(&o, "ended_at", r->ended_at);
	json_put_i64(&o, "audit", (int64_t)r->intent);
	json_put_i64(&o, "out_bytes", (int64_t)r->out_bytes);
	json_put_i64(&o, "err_bytes", (int64_t)r->err_bytes);
	json_put_str(&o, "out_file", r->out_file);
	json_put_str(&o, "err_file", r->err_file);
	json_put_text(&o, "output", untrusted_make(r->shown.p, r->shown.n));
	json_shut(&o, '}');
	str_putc(out, '\n');
}

static bool any_result(const struct run *run)
{
	for (size_t k = 0; k < run_book(run)->step_count; k++)
		if (run_result(run, k)->state != RUN_NOT_YET)
			return true;
	return false;
}

bool runs_outcome(const struct runs *runs, bool json, struct str *out,
	enum status *status, struct err *err)
{
	bool any = false;

	*status = STATUS_DONE;
	for (size_t i = 0; i < runs->count; i++) {
		const struct run *run = runs->list[i]->run;

		if (json && any_result(run))
			runs_json_header(run, runs->list[i]->name, false, out);
		for (size_t k = 0; k < run_book(run)->step_count; k++) {
			const struct run_result *r = run_result(run, k);

			if (r->state == RUN_NOT_YET)
				continue;
			any = true;
			if (json)
				put_json(run, k, out);
			else
				put_output(r, out);
			if (r->state == RUN_DONE)
				continue;
			*status =
				r->state == RUN_REFUSED ? STATUS_REFUSED : STATUS_FAILED;
			if (*r->why)
				err_set(err, ERR_IO, "%s step %zu: %s",
					runs->list[i]->name, k + 1, r->why);
			else
				err_set(err, ERR_IO, "%s step %zu: %s, exit %d",
					runs->list[i]->name, k + 1,
					run_state_names[r->state], r->exit_code);
		}
	}
	return any;
}
