/* Writes the Markdown of a postmortem: timeline with the data behind each row,
 * responders, numbers, changes and actions from the store; all that is judgement is a
 * marked blank. Hides the job that reads, and the task's end that writes the file. Main
 * thread begins and ends it. */
#include "postmortem.h"

#include "app/alerts.h"
#include "app/audits.h"
#include "app/history.h"
#include "app/sources.h"
#include "base/alloc.h"
#include "base/text.h"
#include "base/time.h"
#include "deeds.h"
#include "io/file.h"
#include "postmortem_facts.h"

#include <stdio.h>
#include <string.h>

enum { FORM_MAX = 1 << 20 };

#define RECENT_MS (7 * DAY_MS)

struct writing {
	struct store_job job;
	struct app *app;
	struct postmortem_facts facts;
	struct str out;
	char path[4096];
};

/* What is known of it now, and nowhere kept: its page, and who is paged. */
static void take_alert(struct postmortem_facts *f, const struct alert *a)
{
	f->link = untrusted_copy(f->arena, alert_text(a, ALERT_LINK));
	f->assigned = untrusted_copy(f->arena, alert_text(a, ALERT_ASSIGNED));
	f->acked_by = untrusted_copy(f->arena, alert_text(a, ALERT_ACKED_BY));
}

/* What was run for it, and for all that tell of the same. */
static void take_steps(
	struct app *app, struct postmortem_facts *f, const struct alert *alert)
{
	const struct step_query query = {.from = app->now - RECENT_MS};

	/* In a script nobody has read the audit yet. */
	if (!app->live)
		audits_load(app->audits, &(struct err){0});
	deeds_add_recent(app, &query, f->arena, &f->recent);
	for (const struct alert *a = NULL; alert && f->whom_count < STEP_MAX_WHOM &&
					   (a = alerts_twin(app->alerts, alert, a));)
		f->whom[f->whom_count++] = (struct step_whom){
			untrusted_copy(f->arena,
				untrusted_str(
					sources_row(app->sources, a->source)->name)),
			untrusted_copy(f->arena, alert_text(a, ALERT_ID))};
}

static bool run(struct store_job *job, struct db *db, struct err *err)
{
	struct writing *w = (struct writing *)job;

	str_reset(&w->out);
	if (!postmortem_load(&w->facts, db, err))
		return false;
	postmortem_write(&w->facts, &w->out);
	/* The console's is a file: this is no thread that anybody waits for. */
	return !*w->path || file_replace(w->path, str_text(&w->out), w->out.n, err);
}

static void end(struct store_job *job, const struct err *err)
{
	struct writing *w = (struct writing *)job;

	if (err)
		app_notice(w->app, true, "postmortem: %s", err->text);
	else
		app_notice(w->app, false, "%s is written: fill in its blanks", w->path);
	str_release(&w->out);
}

/* One command may wait, and opens the store itself. */
static enum status print(
	struct app *app, struct writing *w, struct str *out, struct err *err)
{
	struct db *db = history_db(app, err);
	bool fine = db && postmortem_load(&w->facts, db, err);

	if (fine)
		postmortem_write(&w->facts, out);
	db_close(db);
	return fine ? STATUS_DONE : STATUS_FAILED;
}

enum status postmortem_begin(struct app *app, const char *id, uint64_t target,
	struct str *out, struct err *err)
{
	const struct alert *alert =
		id ? alerts_named(app->alerts, id) : alerts_find(app->alerts, target);
	struct writing *w;
	char name[80], folder[3000];
	enum status status;

	if (!id && !alert) {
		err_set(err, ERR_MISSING, "select an incident, or name one");
		return STATUS_FAILED;
	}
	if (!out && (!app->store || app->demo)) {
		err_set(err, ERR_REFUSED, "there is no store to read");
		return STATUS_REFUSED;
	}
	w = store_job_new(sizeof *w);
	w->app = app;
	w->facts = (struct postmortem_facts){.arena = &w->job.arena, .now = app->now};
	w->facts.id = alert ? untrusted_copy(&w->job.arena, alert_text(alert, ALERT_ID))
			    : store_job_text(&w->job, untrusted_str(id));
	if (alert)
		take_alert(&w->facts, alert);
	take_steps(app, &w->facts, alert);
	if (out) {
		status = print(app, w, out, err);
		arena_release(&w->job.arena);
		mem_free(w);
		return status;
	}
	if (!text_to_id(w->facts.id, name, sizeof name))
		str_copy(name, sizeof name, "incident");
	if (!file_state_folder(folder, sizeof folder, err)) {
		arena_release(&w->job.arena);
		mem_free(w);
		return STATUS_FAILED;
	}
	snprintf(w->path, sizeof w->path, "%s/postmortem-%s.md", folder, name);
	str_init(&w->out, FORM_MAX);
	w->job.run = run;
	w->job.end = end;
	store_read(app->store, &w->job);
	return STATUS_DONE;
}
