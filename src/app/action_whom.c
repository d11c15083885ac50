/* Whom or what a wish names, as the source that it goes to calls it: a person by name or
 * mail, an incident by its number or link. What fits several is refused with all that it
 * could be, and what is none is refused before anything is asked or sent. Names of
 * priorities are the source's to know (connect/). Reads the state. Main thread. */
#include "action_plan.h"

#include "app/alerts.h"
#include "app/rotas.h"
#include "app/sources.h"
#include "base/str.h"
#include "base/text.h"
#include "model/alert.h"

#include <stdio.h>
#include <string.h>

/* An id of theirs, as it is copied from a link: who is in no schedule has one too. */
static bool is_id(const char *word)
{
	size_t n = strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");

	return n >= 7 && !word[n] && strcspn(word, "0123456789") < n;
}

static bool person(const struct app *app, int source, const char *wanted,
	struct plan_whom *out, struct err *err)
{
	const struct person *person;
	const struct person *people;
	char why[ROTAS_WORDS], name[80], mail[80];

	if (!sources_row(app->sources, source)->has_rota)
		return true;
	person = rotas_person(app->rotas, source, wanted, err);
	if (!person && is_id(wanted))
		return true;
	if (!person) {
		if (!rotas_people(app->rotas, source, &people) &&
			!rotas_words(app->rotas, why, sizeof why))
			err_set(err, ERR_MISSING, "who %.60s is cannot be said: %s",
				wanted, why);
		return false;
	}
	/* Opsgenie's people are their addresses. */
	if (!text_to_id(person->id, out->found, sizeof out->found) &&
		!text_to_mailbox(person->id, out->found, sizeof out->found))
		return err_set(err, ERR_INPUT, "%.60s has no id there", wanted);
	out->id = out->found;
	text_line(person->name, name, sizeof name);
	text_line(person->mail, mail, sizeof mail);
	snprintf(out->words, sizeof out->words, "%s%s%s%s", name, *mail ? " (" : "", mail,
		*mail ? ")" : "");
	return true;
}

static bool incident(const struct app *app, const struct alert *alert, const char *wanted,
	struct plan_whom *out, struct err *err)
{
	const struct alert *into = alerts_named_at(app->alerts, alert->source, wanted);
	const char *source = sources_row(app->sources, alert->source)->name;
	char name[160];

	if (!into && is_id(wanted))
		return true;
	if (!into)
		return err_set(err, ERR_MISSING, "%s has no open incident %.60s", source,
			wanted);
	if (into == alert)
		return err_set(
			err, ERR_USAGE, "%.60s cannot be merged into itself", wanted);
	if (!text_to_id(alert_text(into, ALERT_ID), out->found, sizeof out->found))
		return err_set(err, ERR_INPUT, "%.60s has no id there", wanted);
	out->id = out->found;
	plan_name(into, name, sizeof name);
	if (into->number)
		snprintf(out->words, sizeof out->words, "#%lld %s",
			(long long)into->number, name);
	else
		str_copy(out->words, sizeof out->words, name);
	return true;
}

/* One of those that are asked to respond: a person by their id, a team by its name. */
static bool responder(const struct app *app, int source, const char *wanted,
	struct plan_whom *out, struct err *err)
{
	char id[sizeof out->found];

	if (*wanted != '@')
		return true;
	if (!person(app, source, wanted + 1, out, err))
		return false;
	str_copy(id, sizeof id, out->id == wanted ? wanted + 1 : out->id);
	snprintf(out->found, sizeof out->found, "@%.*s", (int)sizeof out->found - 2, id);
	out->id = out->found;
	return true;
}

bool plan_apart(const struct app *app, int source, enum action_verb verb)
{
	const struct action_kind *kind = sources_actions(app->sources, source);

	return kind && kind->apart & 1U << verb;
}

bool plan_find_whom(const struct app *app, const struct alert *alert,
	enum action_verb verb, const char *wanted, struct plan_whom *out, struct err *err)
{
	*out = (struct plan_whom){0};
	if (!wanted)
		return true;
	out->id = wanted;
	str_copy(out->words, sizeof out->words, wanted);
	if (verb == ACTION_REASSIGN)
		return person(app, alert->source, wanted, out, err);
	if (verb == ACTION_MERGE)
		return incident(app, alert, wanted, out, err);
	if (plan_apart(app, alert->source, verb))
		return responder(app, alert->source, wanted, out, err);
	return true;
}
