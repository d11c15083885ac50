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
#include "base/text.h"
#include "base/time.h"
#include "io/file.h"
#include "ops/gate.h"
#include "ops/policy.h"
#include "model/alert.h"
#include "anchor.h"
#include "steps.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { CHOICES_TEXT = 400, ABOUT_TEXT = 120, NAME_TEXT = 256, FOLDER = 4096 };

#define RECALL_MS (12 * HOUR_MS)

struct entry {
	struct runs *runs;
	uint64_t runbook, alert;
	int64_t anchored_at; /* when the audit's end was last put on its incident */
	char about[ABOUT_TEXT];
	char name[NAME_TEXT], profile[NAME_TEXT], context[NAME_TEXT];
	struct run *run;
};

struct runs {
	struct app *app;
	const struct commands *commands;
	struct gate_door door, actions_door;
	struct gate_gap gap;
	struct entry *list[RUNS_MAX];
	size_t count;
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

struct runs *runs_new(struct app *app)
{
	struct runs *runs = mem_new(1, sizeof *runs);

	runs->app = app;
	runs->door = (struct gate_door){policy, audit, ask, runs,
		gate_approvals_new(app_setting(app, SET_RUN_APPROVE_AFTER),
			app_setting(app, SET_RUN_APPROVE_FOR)),
		&runs->gap};
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
	for (size_t i = 0; i < runs->count; i++)
		run_end(runs->list[i]->run);
}

static void entry_free(struct entry *entry)
{
	if (!entry)
		return;
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
	if (r->is_command)
		snprintf(end, sizeof end, ", exit %d", r->exit_code);
	app_notice(entry->runs->app, r->state != RUN_DONE, "%s step %zu: %s%s%s%s",
		entry->name, step + 1, state, end, *r->why ? ": " : "", r->why);
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
		if (runs->list[i]->runbook == runbook)
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
		return entry;
	}
	return NULL;
}

/* The oldest that is at rest makes way. */
static bool make_room(struct runs *runs)
{
	for (size_t i = 0; runs->count == RUNS_MAX && i < RUNS_MAX; i++) {
		if (run_active(runs->list[i]->run) >= 0)
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
	} else if (untrusted_starts(result, "exit ") &&
		   untrusted_to_i64(untrusted_slice(result, 5, SIZE_MAX), &code)) {
		known.is_command = true;
		known.exit_code = (int)code;
		known.state = code ? RUN_FAILED : RUN_DONE;
	} else if (untrusted_is(result, "done")) {
		known.state = RUN_DONE;
	} else if (!row->outcome) {
		known.state = RUN_UNKNOWN;
		str_copy(known.why, sizeof known.why,
			"it runs elsewhere, or oogway was killed meanwhile: look before "
			"it is run again");
	} else {
		known.state = RUN_FAILED;
		str_copy(known.why, sizeof known.why, row->result);
	}
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

bool runs_outcome(
	const struct runs *runs, struct str *out, enum status *status, struct err *err)
{
	bool any = false;

	*status = STATUS_DONE;
	for (size_t i = 0; i < runs->count; i++) {
		const struct run *run = runs->list[i]->run;

		for (size_t k = 0; k < run_book(run)->step_count; k++) {
			const struct run_result *r = run_result(run, k);

			if (r->state == RUN_NOT_YET)
				continue;
			any = true;
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
