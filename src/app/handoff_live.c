/* What is open now, and who is on call now and next, for a handoff: copied on main, a
 * few hundred rows at most, so that the rest can be composed elsewhere. Hides from where
 * each is taken. */
#include "handoff_facts.h"

#include "app/actions.h"
#include "app/alerts.h"
#include "app/anomalies.h"
#include "app/audits.h"
#include "app/problems.h"
#include "app/rotas.h"
#include "app/runbook_match.h"
#include "app/sources.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "deeds.h"

#include <stdio.h>

enum { TEXT_MOST = 300 };

static struct untrusted keep(struct handoff_facts *f, struct untrusted text)
{
	return untrusted_copy(&f->arena, untrusted_slice(text, 0, TEXT_MOST));
}

static void add_problem(
	const struct app *app, struct handoff_facts *f, const struct problem *p)
{
	struct handoff_open *to = &f->open[f->open_count++];
	const struct alert *a = p->alert;
	const struct runbook_row *book;
	struct untrusted by;
	char name[256];

	*to = (struct handoff_open){
		.severity = p->severity, .acked = p->acknowledged, .since_at = p->since};
	if (!a) {
		to->anomaly = true;
		to->title = keep(f, untrusted_str(p->anomaly->name));
		to->service = keep(f, untrusted_str(p->anomaly->reason));
		return;
	}
	to->title = keep(f, alert_text(a, ALERT_TITLE));
	to->service = keep(f, alert_text(a, ALERT_SERVICE));
	to->link = keep(f, alert_text(a, ALERT_LINK));
	to->owner =
		keep(f, alert_text(a, p->acknowledged ? ALERT_ACKED_BY : ALERT_ASSIGNED));
	to->next = keep(f, alert_text(a, ALERT_NEXT));
	to->next_at = a->next_at;
	to->until_at = actions_snoozed(app->actions, a);
	if (to->until_at && alert_snoozed(a, &by) && !untrusted_empty(by))
		to->owner = keep(f, by);
	if (to->until_at)
		to->next = untrusted_str("snooze ends");
	to->pages = a->pages;
	book = runbook_best(app, a);
	if (book)
		to->runbook =
			keep(f, untrusted_str(runbook_name(book, name, sizeof name)));
	else
		to->runbook = keep(f, alert_text(a, ALERT_RUNBOOK));
}

/* Pages that are open and no problem: they count as open all the same. */
static void add_minor(const struct app *app, struct handoff_facts *f)
{
	size_t i = alerts_first_acknowledged(app->alerts);

	for (; i < alerts_count(app->alerts) && f->open_count < HANDOFF_MAX_LIVE; i++) {
		const struct alert *a = alerts_at(app->alerts, i);

		if (a->state > ALERT_ACKNOWLEDGED)
			break;
		if (a->state != ALERT_FIRING || a->severity <= SEVERITY_WARNING ||
			!a->pages || !alerts_speaks(app->alerts, a))
			continue;
		f->open[f->open_count++] = (struct handoff_open){
			.title = keep(f, alert_text(a, ALERT_TITLE)),
			.service = keep(f, alert_text(a, ALERT_SERVICE)),
			.link = keep(f, alert_text(a, ALERT_LINK)),
			.severity = (enum severity)a->severity,
			.since_at = a->started_at,
			.pages = true,
			.minor = true};
	}
}

/* Snoozed and silenced: they come back. */
static void add_quiet(const struct app *app, struct handoff_facts *f)
{
	for (size_t i = 0; i < alerts_count(app->alerts); i++) {
		const struct alert *a = alerts_at(app->alerts, i);

		if (f->open_count == HANDOFF_MAX_LIVE)
			return;
		if (a->state != ALERT_SILENCED || !alerts_speaks(app->alerts, a))
			continue;
		f->open[f->open_count++] = (struct handoff_open){
			.title = keep(f, alert_text(a, ALERT_TITLE)),
			.service = keep(f, alert_text(a, ALERT_SERVICE)),
			.link = keep(f, alert_text(a, ALERT_LINK)),
			.owner = keep(f, alert_text(a, ALERT_ACKED_BY)),
			.severity = (enum severity)a->severity,
			.since_at = a->started_at,
			.until_at = a->next_at,
			.pages = a->pages,
			.quiet = true};
	}
}

static void add_sources(const struct app *app, struct handoff_facts *f)
{
	f->sources = arena_alloc(&f->arena, HANDOFF_MAX_SOURCES * sizeof *f->sources);
	for (size_t i = 1; i < sources_count(app->sources); i++) {
		const struct source_row *row = sources_at(app->sources, i);
		char words[200];

		if (!row->pages || f->source_count == HANDOFF_MAX_SOURCES)
			continue;
		source_words(row, f->now, words, sizeof words);
		f->sources[f->source_count++] = (struct handoff_source){
			.name = arena_strdup(&f->arena, row->name),
			.scope = arena_strdup(&f->arena, row->rc ? row->rc->scope : ""),
			.changes_ms = row->changes_ms,
			.trouble = source_health(row, f->now) == HEALTH_OK
					   ? NULL
					   : arena_strdup(&f->arena, words)};
	}
}

/* By the id, else by the address: one source names people, another has only that. */
static const struct person *person_of(const struct app *app, const struct oncall_row *o)
{
	const struct person *known = rotas_known(app->rotas, o->source, o->user);

	if (known && !untrusted_empty(known->name))
		return known;
	for (size_t s = 1; s < sources_count(app->sources); s++) {
		const struct person *people;
		size_t n = rotas_people(
			app->rotas, sources_at(app->sources, s)->number, &people);

		for (size_t i = 0; i < n; i++)
			if (!untrusted_empty(people[i].mail) &&
				!untrusted_empty(people[i].name) &&
				untrusted_eq(people[i].mail, o->who))
				return &people[i];
	}
	return NULL;
}

static void add_calls(const struct app *app, struct handoff_facts *f)
{
	for (size_t i = 0;
		i < oncalls_count(app->alerts) && f->call_count < HANDOFF_MAX_LIVE; i++) {
		const struct oncall_row *o = oncalls_at(app->alerts, i);
		const struct person *person = person_of(app, o);

		f->calls[f->call_count++] = (struct handoff_call){
			.who = keep(f, person ? person->name : o->who),
			.nameless = !person && !untrusted_empty(o->user) &&
				    untrusted_eq(o->who, o->user),
			.policy = keep(f, o->policy),
			.ends_at = o->ends_at,
			.level = o->level,
			.me = o->me};
	}
	for (size_t i = 0;
		i < silences_count(app->alerts) && f->silence_count < HANDOFF_MAX_LIVE;
		i++) {
		const struct silence_row *s = silences_at(app->alerts, i);

		if (s->active)
			f->silences[f->silence_count++] =
				(struct handoff_silence){.matchers = keep(f, s->matchers),
					.comment = keep(f, s->comment),
					.author = keep(f, s->author),
					.ends_at = s->ends_at};
	}
}

static bool named(const struct untrusted *names, size_t count, struct untrusted name)
{
	for (size_t i = 0; i < count; i++)
		if (untrusted_eq(names[i], name))
			return true;
	return false;
}

/* In the schedules that page first, as they were read lately: who is on call then. */
static size_t add_turn(const struct app *app, struct handoff_facts *f, int64_t at,
	struct untrusted *names)
{
	size_t count = 0;

	for (size_t i = 0; i < oncalls_count(app->alerts); i++) {
		const struct oncall_row *o = oncalls_at(app->alerts, i);
		const struct rota_row *row = rotas_of(app->rotas,
			untrusted_str(sources_row(app->sources, o->source)->name),
			o->schedule);
		struct untrusted users[ROTAS_AT_ONCE];
		size_t n = row && o->level == 1 && f->now - row->read_at < DAY_MS &&
					   row->rota.window.from_at <= at
				   ? rota_at(&row->rota, at, users, ROTAS_AT_ONCE)
				   : 0;

		for (size_t k = 0; k < n && k < ROTAS_AT_ONCE; k++) {
			const struct person *person =
				rotas_known(app->rotas, row->source, users[k]);
			struct untrusted name = person ? person->name : users[k];

			if (count < HANDOFF_MAX_LIVE && !named(names, count, name))
				names[count++] = keep(f, name);
		}
	}
	return count;
}

void handoff_live(const struct app *app, struct handoff_facts *f)
{
	struct problem *problems =
		arena_alloc(&f->arena, HANDOFF_MAX_LIVE * sizeof *problems);
	size_t n, total, books = runbooks_count(app->runbooks);

	f->open = arena_alloc(&f->arena, HANDOFF_MAX_LIVE * sizeof *f->open);
	f->calls = arena_alloc(&f->arena, HANDOFF_MAX_LIVE * sizeof *f->calls);
	f->incoming = arena_alloc(&f->arena, HANDOFF_MAX_LIVE * sizeof *f->incoming);
	f->outgoing = arena_alloc(&f->arena, HANDOFF_MAX_LIVE * sizeof *f->outgoing);
	f->silences = arena_alloc(&f->arena, HANDOFF_MAX_LIVE * sizeof *f->silences);
	f->matches = arena_alloc(&f->arena, (books + 1) * sizeof *f->matches);
	if (f->arena.full)
		return;
	n = problems_list(app, problems, HANDOFF_MAX_LIVE, &total);
	for (size_t i = 0; i < n; i++)
		add_problem(app, f, &problems[i]);
	f->open_more = total - n;
	add_minor(app, f);
	add_quiet(app, f);
	add_sources(app, f);
	add_calls(app, f);
	f->incoming_count = add_turn(app, f, f->shift.to_at, f->incoming);
	if (f->shift.to_at <= f->now)
		f->outgoing_count =
			add_turn(app, f, f->shift.to_at - SECOND_MS, f->outgoing);
	/* In a script nobody has read the audit yet. */
	if (!app->live)
		audits_load(app->audits, &(struct err){0});
	deeds_add_recent(app,
		&(struct step_query){.from = f->shift.from_at, .until = f->to_at},
		&f->arena, &f->recent);
	for (size_t i = 0; i < books; i++)
		f->matches[f->match_count++] = untrusted_copy(
			&f->arena, runbooks_at(app->runbooks, i)->book.matches);
}
