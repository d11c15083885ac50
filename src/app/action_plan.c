/* Works out what a wish means: where each target's action goes (its own source, an
 * Alertmanager for a silence, or nowhere but here), and the question that says so.
 * Reads the state, changes nothing. Main thread. */
#include "action_plan.h"

#include "app/alerts.h"
#include "app/problems.h"
#include "app/sources.h"
#include "base/alloc.h"
#include "base/json.h"
#include "base/str.h"
#include "base/text.h"
#include "ops/redact.h"
#include "base/time.h"
#include "model/alert.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	PLAN_BYTES = 64 << 20,
	MATCHERS_MAX = 64 << 10,
	NAMED = 8, /* listed in full; above it the count and the first few */
	NAME_TEXT = 90,
	STALE_MS = 30000, /* what waited longer is looked at again before it is sent */
};

const char *plan_actor(const struct app *app, char out[PLAN_ACTOR])
{
	const struct passwd *me = getpwuid(getuid());
	char name[40];

	text_line(untrusted_str(me ? me->pw_name : "someone"), name, sizeof name);
	snprintf(out, PLAN_ACTOR, "%s@%.39s", name, app->host);
	return out;
}

const char *plan_name(const struct alert *alert, char *out, size_t size)
{
	char title[NAME_TEXT], service[40];
	struct untrusted about = alert_text(alert, ALERT_SERVICE);

	text_line(alert_name(alert), title, sizeof title);
	text_line(about, service, sizeof service);
	if (untrusted_empty(about) || untrusted_eq(about, alert_text(alert, ALERT_TITLE)))
		snprintf(out, size, "%s", title);
	else
		snprintf(out, size, "%s (%s)", title, service);
	return out;
}

/* --- where it goes --- */

bool plan_can(const struct app *app, int source, enum action_verb verb)
{
	const struct action_kind *kind = sources_actions(app->sources, source);

	return kind && kind->verbs & 1U << verb;
}

/* Silences of alerts that no source of theirs can silence go to an Alertmanager. */
static int silencer(const struct app *app, int own)
{
	if (plan_can(app, own, ACTION_SILENCE))
		return own;
	for (size_t i = 1; i < sources_count(app->sources); i++) {
		int number = sources_at(app->sources, i)->number;

		if (plan_can(app, number, ACTION_SILENCE))
			return number;
	}
	return 0;
}

static struct untrusted keep(struct plan *plan, struct untrusted text)
{
	return untrusted_copy(&plan->arena, text);
}

/* What is sent to others holds no secret that is known for one. */
static struct untrusted keep_clean(struct plan *plan, const char *text)
{
	struct untrusted kept;
	struct str clean;

	str_init(&clean, 64 << 10);
	redact_text(&clean, untrusted_str(text));
	kept = keep(plan, untrusted_make(clean.p, clean.n));
	str_release(&clean);
	return kept;
}

/* Every label must be the same: it mutes this alert and no other. */
static struct untrusted matchers_of(struct plan *plan, const struct alert *alert)
{
	struct untrusted kept;
	struct json_out o;
	struct str text;

	str_init(&text, MATCHERS_MAX);
	json_begin(&o, &text);
	json_open(&o, NULL, '[');
	for (size_t i = 0; i < alert->label_count; i++) {
		struct pair label = alert_label(alert, i);

		json_open(&o, NULL, '{');
		json_put_text(&o, "name", label.name);
		json_put_text(&o, "value", label.value);
		json_put_bool(&o, "isRegex", false);
		json_put_bool(&o, "isEqual", true);
		json_shut(&o, '}');
	}
	json_shut(&o, ']');
	kept = text.cut ? UNTRUSTED_NONE : keep(plan, untrusted_str(str_text(&text)));
	str_release(&text);
	return kept;
}

/* What is said of a problem is said to its page, if that takes it; a silence goes where
 * the labels are. */
static const struct alert *addressed(
	const struct app *app, const struct alert *alert, enum action_verb verb)
{
	const struct alert *other = NULL;

	if (verb == ACTION_SNOOZE && problem_pages(app, alert, NULL) == NULL)
		verb = ACTION_SILENCE;
	if (verb != ACTION_SILENCE) {
		while (!alert->pages && (other = problem_pages(app, alert, other)))
			if (plan_can(app, other->source, verb))
				return other;
		return alert;
	}
	while (!plan_can(app, alert->source, verb) &&
		(other = alerts_twin(app->alerts, alert, other)))
		if (plan_can(app, other->source, verb) && other->state != ALERT_RESOLVED)
			return other;
	return alert;
}

/* Several rows of one problem were marked. */
static bool planned(const struct plan *plan, uint64_t key)
{
	for (size_t i = 0; i < plan->count; i++)
		if (plan->keys[i] == key)
			return true;
	return false;
}

struct outbox_row *plan_add(struct plan *plan, uint64_t key, int source)
{
	struct outbox_row *row;
	char actor[PLAN_ACTOR];

	if (plan->count == plan->cap) {
		plan->cap = plan->cap ? plan->cap * 2 : 4;
		plan->rows = mem_resize(plan->rows, plan->cap, sizeof *plan->rows);
		plan->keys = mem_resize(plan->keys, plan->cap, sizeof *plan->keys);
		plan->here = mem_resize(plan->here, plan->cap, sizeof *plan->here);
		plan->problems =
			mem_resize(plan->problems, plan->cap, sizeof *plan->problems);
	}
	plan->here[plan->count] = false;
	plan->problems[plan->count] = key;
	row = &plan->rows[plan->count];
	*row = (struct outbox_row){.action = {.verb = plan->verb},
		.profile = keep(plan, untrusted_str(plan->app->rc->profile)),
		.source = keep(plan,
			untrusted_str(sources_row(plan->app->sources, source)->name)),
		.created_at = plan->app->now};
	id_new(actions_stamp(plan->app->actions), row->action.id);
	row->action.texts[ACTION_BY] =
		keep(plan, untrusted_str(plan_actor(plan->app, actor)));
	plan->keys[plan->count++] = key;
	return row;
}

static struct untrusted call_for_help(struct plan *plan, const char *name)
{
	struct untrusted kept;
	struct str text;

	str_init(&text, ACTION_MAX_TEXT);
	str_printf(&text, "Please help with %s", name);
	kept = keep(plan, untrusted_str(str_text(&text)));
	str_release(&text);
	return kept;
}

static bool plan_alert(struct plan *plan, const struct alert *alert,
	const struct wish *wish, struct err *err)
{
	const struct app *app = plan->app;
	int own = alert->source, to = own;
	enum action_verb verb = wish->verb;
	bool here = false;
	struct outbox_row *row;
	struct plan_whom whom;
	char name[160];

	plan_name(alert, name, sizeof name);
	if (alert->state == ALERT_RESOLVED)
		return err_set(err, ERR_MISSING, "%s has ended", name);
	if (verb == ACTION_SNOOZE && !plan_can(app, own, verb))
		verb = ACTION_SILENCE;
	if (verb == ACTION_SILENCE) {
		to = silencer(app, own);
		if (!to)
			return err_set(err, ERR_MISSING,
				"%s cannot be silenced: no source is an Alertmanager",
				name);
	} else if (!plan_can(app, own, verb)) {
		here = verb == ACTION_ACKNOWLEDGE || verb == ACTION_UNACKNOWLEDGE;
		if (!here)
			return err_set(err, ERR_REFUSED,
				"%s comes from %s, a %s: one "
				"cannot %s there",
				name, sources_row(app->sources, own)->name,
				sources_row(app->sources, own)->kind,
				verb == ACTION_RESPONDERS || verb == ACTION_STATUS
					? action_verbs[verb].words
					: action_verbs[verb].name);
	}
	if (verb == ACTION_ACKNOWLEDGE && alert->state == ALERT_ACKNOWLEDGED)
		return err_set(err, ERR_BUSY, "%s is acknowledged already", name);
	if (verb == ACTION_UNACKNOWLEDGE && alert->state != ALERT_ACKNOWLEDGED)
		return err_set(err, ERR_MISSING, "%s is not acknowledged", name);
	if (!plan_find_whom(app, alert, verb, wish->whom, &whom, err))
		return false;
	row = plan_add(plan, alert->key, to);
	plan->here[plan->count - 1] = here;
	row->action.verb = verb;
	row->action.until_at = wish->until_at;
	row->action.texts[ACTION_TARGET] = keep(plan, alert_text(alert, ALERT_ID));
	row->action.texts[ACTION_TITLE] = keep(plan, untrusted_str(name));
	row->action.texts[ACTION_BODY] = keep_clean(plan, wish->body);
	if (verb == ACTION_RESPONDERS && !wish->body)
		row->action.texts[ACTION_BODY] = call_for_help(plan, name);
	row->action.texts[ACTION_WHOM] = keep(plan, untrusted_str(whom.id));
	if (plan->count == 1)
		str_copy(plan->whom, sizeof plan->whom, whom.words);
	if (verb == ACTION_SILENCE)
		row->action.texts[ACTION_MATCHERS] = matchers_of(plan, alert);
	else if (whom.id == whom.found)
		row->action.texts[ACTION_FACTS] = keep(plan, untrusted_str(whom.words));
	row->expected_state = alert->state;
	row->expected_at = alert->started_at;
	return true;
}

enum { APART_MOST = 8, APART_NAME = 80 };

/* "@ada @grace, Payments on call": the names in it; APART_MOST + 1: too many. */
static size_t names_apart(const char *whom, char names[APART_MOST][APART_NAME])
{
	struct untrusted rest = untrusted_str(whom), piece, word;
	size_t n = 0;

	while (untrusted_split(&rest, ",", &piece)) {
		bool people = untrusted_starts(untrusted_trim(piece), "@");

		while (people ? untrusted_word(&piece, " \t", &word)
			      : !untrusted_empty(word = untrusted_trim(piece))) {
			if (n == APART_MOST)
				return APART_MOST + 1;
			text_line(word, names[n++], APART_NAME);
			if (!people)
				break;
		}
	}
	return n;
}

/* Each of several is asked by an action of its own; when one is not known, none is. */
static bool plan_each(struct plan *plan, const struct alert *alert,
	const struct wish *wish, struct err *err)
{
	char names[APART_MOST][APART_NAME];
	size_t n = names_apart(wish->whom, names), before = plan->count;
	struct wish one = *wish;
	struct plan_whom whom;
	struct str words;
	bool fine = n && n <= APART_MOST;

	if (!fine)
		return err_set(err, ERR_USAGE,
			n ? "at most %d can be asked at once" : "who is to be asked?",
			APART_MOST);
	str_init(&words, sizeof plan->whom - 1);
	for (size_t i = 0; fine && i < n; i++) {
		fine = plan_find_whom(plan->app, alert, wish->verb, names[i], &whom, err);
		str_printf(&words, "%s%s", i ? ", " : "", whom.words);
	}
	for (size_t i = 0; fine && i < n; i++) {
		one.whom = names[i];
		fine = plan_alert(plan, alert, &one, err);
		if (fine)
			plan->problems[plan->count - 1] = plan->keys[before];
	}
	if (fine && !before)
		str_copy(plan->whom, sizeof plan->whom, str_text(&words));
	str_release(&words);
	return fine;
}

/* One of its cluster was told already, and tells it the others. */
static bool cluster_told(const struct plan *plan, int source)
{
	const struct sources *sources = plan->app->sources;
	uint64_t cluster = sources_row(sources, source)->cluster;

	for (size_t i = plan->count; i-- > 0;) {
		const struct alert *alert = alerts_find(plan->app->alerts, plan->keys[i]);

		if (plan->problems[i] != plan->problems[plan->count - 1] || !alert)
			break;
		if (alert->source == source ||
			(cluster &&
				sources_row(sources, alert->source)->cluster == cluster))
			return true;
	}
	return false;
}

/* Each Alertmanager notifies by itself: what one of them mutes the others go on with,
 * if they are not of one cluster. */
static void plan_peers(
	struct plan *plan, const struct alert *alert, const struct wish *wish)
{
	const struct app *app = plan->app;
	uint64_t problem = plan->problems[plan->count - 1];
	bool silenced = alert->state == ALERT_SILENCED;
	struct err ignored = {0};

	if (!plan_can(app, alert->source, ACTION_SILENCE))
		return;
	for (const struct alert *t = NULL; (t = alerts_twin(app->alerts, alert, t));)
		if (t->state != ALERT_RESOLVED &&
			(t->state == ALERT_SILENCED) == silenced &&
			plan_can(app, t->source, ACTION_SILENCE) &&
			!planned(plan, t->key) && !cluster_told(plan, t->source) &&
			plan->count < OUTBOX_MAX_LIST &&
			plan_alert(plan, t, wish, &ignored))
			plan->problems[plan->count - 1] = problem;
}

/* To acknowledge is to take on the problem, whoever else tells of it: others that take
 * it are told too, and what is kept here is kept for all. */
static void plan_twins(
	struct plan *plan, const struct alert *alert, const struct wish *wish, bool here)
{
	uint64_t problem = plan->problems[plan->count - 1];
	int state = wish->verb == ACTION_ACKNOWLEDGE     ? ALERT_FIRING
		    : wish->verb == ACTION_UNACKNOWLEDGE ? ALERT_ACKNOWLEDGED
							 : ALERT_STATE_COUNT;
	const struct app *app = plan->app;
	struct err ignored = {0};

	for (const struct alert *t = NULL; (t = alerts_twin(app->alerts, alert, t));)
		if (t->key != alert->key && t->state == state &&
			(here || plan_can(app, t->source, wish->verb)) &&
			!planned(plan, t->key) && plan->count < OUTBOX_MAX_LIST &&
			plan_alert(plan, t, wish, &ignored))
			plan->problems[plan->count - 1] = problem;
}

static bool plan_problem(struct plan *plan, const struct alert *alert,
	const struct wish *wish, struct err *err)
{
	alert = addressed(plan->app, alert, wish->verb);
	if (planned(plan, alert->key)) {
		plan->same++;
		return true;
	}
	if (wish->whom && plan_apart(plan->app, alert->source, wish->verb))
		return plan_each(plan, alert, wish, err);
	if (!plan_alert(plan, alert, wish, err))
		return false;
	if (plan->rows[plan->count - 1].action.verb == ACTION_SILENCE)
		plan_peers(plan, alert, wish);
	else
		plan_twins(plan, alert, wish, plan->here[plan->count - 1]);
	return true;
}

static bool plan_silence(
	struct plan *plan, uint64_t id, const struct wish *wish, struct err *err)
{
	const struct alerts *alerts = plan->app->alerts;

	for (size_t i = 0; i < silences_count(alerts); i++) {
		const struct silence_row *s = silences_at(alerts, i);
		struct outbox_row *row;

		if (s->id != id)
			continue;
		row = plan_add(plan, id, s->source);
		row->action.until_at =
			wish->by_ms ? s->ends_at + wish->by_ms : wish->until_at;
		row->action.texts[ACTION_TARGET] = keep(plan, s->upstream_id);
		row->action.texts[ACTION_TITLE] = keep(plan, s->matchers);
		row->expected_state = -1;
		return true;
	}
	return err_set(err, ERR_MISSING, "that silence has ended");
}

/* --- the question --- */

static bool silenced_too(const struct alert *by, const struct alert *other)
{
	for (size_t i = 0; i < by->label_count; i++) {
		struct pair label = alert_label(by, i);
		bool found = false;

		for (size_t k = 0; k < other->label_count && !found; k++) {
			struct pair its = alert_label(other, k);

			found = untrusted_eq(its.name, label.name) &&
				untrusted_eq(its.value, label.value);
		}
		if (!found)
			return false;
	}
	return by->label_count > 0;
}

static bool mutes(const struct plan *plan, const struct alert *alert)
{
	for (size_t k = 0; k < plan->count; k++) {
		const struct alert *by = alerts_find(plan->app->alerts, plan->keys[k]);

		if (by && plan->rows[k].action.verb == ACTION_SILENCE &&
			silenced_too(by, alert))
			return true;
	}
	return false;
}

/* Alerts there are now that the planned silences would mute; one that several sources
 * tell of counts once. */
static size_t muted(const struct plan *plan)
{
	const struct alerts *alerts = plan->app->alerts;
	size_t n = 0;

	for (size_t i = 0; i < alerts_count(alerts); i++) {
		const struct alert *twin = NULL;

		if (!alerts_speaks(alerts, alerts_at(alerts, i)))
			continue;
		while ((twin = alerts_twin(alerts, alerts_at(alerts, i), twin)))
			if (mutes(plan, twin))
				break;
		n += twin != NULL;
	}
	return n;
}

static bool one_source(const struct plan *plan)
{
	for (size_t i = 1; i < plan->count; i++)
		if (!untrusted_eq(plan->rows[i].source, plan->rows->source))
			return false;
	return true;
}

/* The same is done to one problem, at each of several sources. */
static bool one_problem(const struct plan *plan)
{
	for (size_t i = 1; i < plan->count; i++)
		if (plan->problems[i] != plan->problems[0] ||
			plan->rows[i].action.verb != plan->rows->action.verb)
			return false;
	return true;
}

/* "am and am-b" */
static void name_sources(const struct plan *plan, struct str *out)
{
	char source[60];

	for (size_t i = 0; i < plan->count; i++)
		str_printf(out, "%s%s",
			!i                    ? ""
			: i + 1 < plan->count ? ", "
					      : " and ",
			text_line(plan->rows[i].source, source, sizeof source));
}

static void name_targets(const struct plan *plan, struct str *out)
{
	size_t shown = plan->count <= NAMED ? plan->count : 3;
	bool one = one_source(plan);
	char title[NAME_TEXT], source[60];

	if (!one && plan->count <= NAMED && one_problem(plan)) {
		str_puts(out, " at ");
		name_sources(plan, out);
		str_printf(out, ": %s",
			text_line(plan->rows->action.texts[ACTION_TITLE], title,
				sizeof title));
		return;
	}
	if (one)
		str_printf(out, " at %s",
			text_line(plan->rows->source, source, sizeof source));
	for (size_t i = 0; i < shown; i++) {
		const struct outbox_row *row = &plan->rows[i];
		enum action_verb verb = row->action.verb;

		/* Several are asked to join the same. */
		if (i && plan->keys[i] == plan->keys[i - 1])
			continue;

		str_printf(out, "%s%s%s%s", i ? "; " : ": ",
			verb != plan->rows->action.verb ? action_verbs[verb].words : "",
			verb != plan->rows->action.verb ? " " : "",
			text_line(row->action.texts[ACTION_TITLE], title, sizeof title));
		if (!one)
			str_printf(out, " at %s",
				text_line(row->source, source, sizeof source));
	}
	if (shown < plan->count)
		str_printf(out, "; and %zu more", plan->count - shown);
}

static void compose(struct plan *plan, const struct wish *wish, size_t left_out,
	const struct err *why)
{
	const struct action_verb_row *verb = &action_verbs[plan->rows->action.verb];
	const struct app *app = plan->app;
	char moment[TIME_TEXT], zone[TIME_TEXT], left[TIME_TEXT];
	int64_t level;
	struct str out;

	str_init(&out, sizeof plan->text);
	if (*app->rc->profile)
		str_printf(&out, "%s: ", app->rc->profile);
	str_puts(&out, verb->words);
	if ((plan->count > 1 && !one_problem(plan)) || str_ends(verb->words, " to") ||
		str_ends(verb->words, " of"))
		str_printf(&out, " %zu", one_problem(plan) ? 1 : plan->count);
	name_targets(plan, &out);
	if (wish->by_ms && plan->count > 1)
		str_printf(&out, "; each by %s", duration_text(wish->by_ms, left));
	else if (plan->rows->action.until_at)
		str_printf(&out, "; %s %s %s, %s from now",
			plan->verb == ACTION_STATUS ? "next update by" : "until",
			time_stamp(plan->rows->action.until_at, app->now, moment),
			time_zone(plan->rows->action.until_at, zone),
			duration_text(plan->rows->action.until_at - app->now, left));
	if (wish->whom)
		str_printf(&out, "; %s: %s",
			plan->verb == ACTION_ESCALATE &&
					untrusted_to_i64(
						untrusted_str(wish->whom), &level)
				? "to level"
				: "to",
			plan->whom);
	if (wish->body)
		str_printf(&out, "; \"%s\"", wish->body);
	if (plan->rows->action.verb == ACTION_SILENCE && plan->count <= NAMED) {
		size_t n = muted(plan);

		str_printf(&out, "; matches %zu alert%s now", n, n == 1 ? "" : "s");
	}
	if (left_out)
		str_printf(&out, "; %zu left out: %s", left_out, why->text);
	str_puts(&out, "?");
	str_copy(plan->text, sizeof plan->text, str_text(&out));
	str_release(&out);
}

/* One that `u` takes back needs no question; many at once always do, also when only
 * one of them is left. */
static bool asks(const struct plan *plan, size_t wished)
{
	return wished > 1 || !action_verbs[plan->verb].undoable ||
	       plan->rows->action.verb == ACTION_SILENCE;
}

bool plan_make(
	struct plan *plan, struct app *app, const struct wish *wish, struct err *err)
{
	struct err last = {0};
	size_t left_out = 0;

	*plan = (struct plan){.app = app, .verb = wish->verb, .origin = wish->origin};
	arena_init(&plan->arena, PLAN_BYTES);
	if (!wish->count)
		return err_set(err, ERR_USAGE, "nothing is selected to %s",
			action_verbs[wish->verb].name);
	if (wish->count > ACTIONS_MAX_TARGETS)
		return err_set(err, ERR_LIMIT, "%zu at once, the limit is %d",
			wish->count, ACTIONS_MAX_TARGETS);
	if (wish->until_at && wish->until_at <= app->now)
		return err_set(err, ERR_USAGE, "that moment has passed");
	for (size_t i = 0; i < wish->count; i++) {
		const struct alert *alert = alerts_find(app->alerts, wish->targets[i]);
		bool silence = wish->verb == ACTION_EXTEND || wish->verb == ACTION_EXPIRE;

		if (planned(plan, wish->targets[i]))
			plan->same++;
		else if (silence)
			left_out += !plan_silence(plan, wish->targets[i], wish, &last);
		else if (alert)
			left_out += !plan_problem(plan, alert, wish, &last);
		else
			left_out += !err_set(&last, ERR_MISSING,
				"this is no alert, or it has ended meanwhile");
	}
	if (!plan->count) {
		*err = last;
		return false;
	}
	plan->asks = asks(plan, wish->count - plan->same);
	compose(plan, wish, left_out, &last);
	return true;
}

void plan_undo_init(struct plan *plan, struct app *app)
{
	*plan = (struct plan){.app = app, .verb = ACTION_EXPIRE, .asks = true};
	arena_init(&plan->arena, PLAN_BYTES);
}

bool plan_undo_silence(struct plan *plan, uint64_t key, const char *silence,
	const char *title, struct err *err)
{
	const struct app *app = plan->app;
	const struct alert *alert = alerts_find(app->alerts, key);
	int to = silencer(app, alert ? alert->source : SOURCE_HOST);
	struct outbox_row *row;

	if (!to || !*silence)
		return err_set(
			err, ERR_MISSING, "the silence of %s is not known yet", title);
	row = plan_add(plan, key, to);
	row->expected_state = -1;
	row->action.texts[ACTION_TARGET] = keep(plan, untrusted_str(silence));
	row->action.texts[ACTION_TITLE] = keep(plan, untrusted_str(title));
	return true;
}

void plan_undo_words(struct plan *plan)
{
	const struct wish wish = {.verb = ACTION_EXPIRE, .count = plan->count};

	compose(plan, &wish, 0, NULL);
}

void plan_release(struct plan *plan)
{
	arena_release(&plan->arena);
	mem_free(plan->rows);
	mem_free(plan->keys);
	mem_free(plan->here);
	mem_free(plan->problems);
}

static bool row_holds(const struct plan *plan, size_t i, char *why, size_t size)
{
	const struct outbox_row *row = &plan->rows[i];
	const struct alert *alert = alerts_find(plan->app->alerts, plan->keys[i]);
	const char *profile = plan->app->rc->profile;
	char title[NAME_TEXT];

	if (!untrusted_is(row->profile, profile)) {
		snprintf(why, size, "the profile is %s now", *profile ? profile : "none");
		return false;
	}
	if (row->action.verb == ACTION_OVERRIDE)
		return override_still(plan->app, row, why, size) != OVERRIDE_CHANGED;
	if (row->expected_state < 0 || (alert && alert->state == row->expected_state &&
					       alert->started_at == row->expected_at))
		return true;
	snprintf(why, size, "%s is %s now",
		text_line(row->action.texts[ACTION_TITLE], title, sizeof title),
		alert ? alert_state_name((enum alert_state)alert->state) : "over");
	return false;
}

bool plan_holds(struct plan *plan, char *why, size_t size)
{
	size_t kept = 0, left;

	for (size_t i = 0; i < plan->count; i++) {
		if (!row_holds(plan, i, why, size))
			continue;
		plan->rows[kept] = plan->rows[i];
		plan->keys[kept] = plan->keys[i];
		if (plan->problems)
			plan->problems[kept] = plan->problems[i];
		plan->here[kept++] = plan->here[i];
	}
	left = plan->count - kept;
	if (!kept) {
		str_copy(why + strlen(why), size - strlen(why), ": nothing was done");
		return false;
	}
	plan->count = kept;
	if (left)
		app_notice(plan->app, true, "%zu left out: %s", left, why);
	return true;
}

/* --- before it is sent --- */

/* What it was to become may be what an earlier try has made of it. */
static bool as_aimed(enum action_verb verb, const struct alert *alert)
{
	switch (verb) {
	case ACTION_ACKNOWLEDGE:
	case ACTION_SNOOZE:
		return alert && alert->state == ALERT_ACKNOWLEDGED;
	case ACTION_UNACKNOWLEDGE:
		return alert && alert->state == ALERT_FIRING;
	case ACTION_RESOLVE:
		return !alert || alert->state == ALERT_RESOLVED;
	default:
		return false;
	}
}

/* It is as another action from here, wished for before and done since, has made it. */
static bool ours(const struct actions *actions, const struct outbox_row *row,
	const struct alert *alert)
{
	for (size_t i = 0; i < actions_count(actions); i++) {
		const struct outbox_row *other = actions_at(actions, i);

		if (other->state == OUTBOX_CONFIRMED &&
			strcmp(other->action.id, row->action.id) < 0 &&
			other->done_at >= row->created_at &&
			untrusted_eq(other->source, row->source) &&
			untrusted_eq(other->action.texts[ACTION_TARGET],
				row->action.texts[ACTION_TARGET]) &&
			as_aimed(other->action.verb, alert))
			return true;
	}
	return false;
}

bool row_wanted(const struct app *app, const struct source_row *source,
	const struct outbox_row *row, char *why, size_t size)
{
	uint64_t key = alert_key_named(row->source, row->action.texts[ACTION_TARGET]);
	const struct alert *alert;
	char who[60];

	if (row->expected_state < 0 || row->action.verb == ACTION_NOTE ||
		row->action.verb == ACTION_SILENCE)
		return true;
	if (app->now >= row->created_at && app->now - row->created_at < STALE_MS &&
		(!source || source->status.ok_since < row->created_at))
		return true;
	if (row->action.verb == ACTION_OVERRIDE)
		return override_still(app, row, why, size) != OVERRIDE_CHANGED;
	alert = alerts_find(app->alerts, key);
	if (row->action.attempts && as_aimed(row->action.verb, alert))
		return true;
	if (alert && alert->state == row->expected_state &&
		alert->started_at == row->expected_at)
		return true;
	if (ours(app->actions, row, alert))
		return true;
	text_line(alert ? alert_text(alert, ALERT_ACKED_BY) : UNTRUSTED_NONE, who,
		sizeof who);
	snprintf(why, size, "it is %s meanwhile%s%s",
		alert ? alert_state_name((enum alert_state)alert->state) : "over",
		*who ? ", by " : "", who);
	return false;
}

bool row_unread(const struct app *app, const struct outbox_row *row)
{
	int64_t age = app->now - row->created_at;
	char why[120];

	/* The store's clock is a little ahead of the loop's. */
	return row->action.verb == ACTION_OVERRIDE && row->expected_state >= 0 &&
	       (age >= STALE_MS || age < -STALE_MS) &&
	       override_still(app, row, why, sizeof why) == OVERRIDE_UNREAD;
}
