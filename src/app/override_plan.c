/* Works out what taking, giving and swapping the pager means: which overrides a schedule
 * needs, whom they displace, and who is on call before and after, gaps and overlaps
 * included. All of it is in the question. Reads the state, changes nothing. Main
 * thread. */
#include "action_plan.h"

#include "app/rotas.h"
#include "app/sources.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"

#include <stdio.h>
#include <string.h>

enum {
	OVERRIDES = 20, /* of one wish */
	PARTS_NAMED = 4,
	FACTS_MAX = 1024,
	NAME_TEXT = 60,
	PLAN_BYTES = 8 << 20,
};

/* A span that somebody gets, and the overrides it takes. */
struct half {
	struct span span;
	const struct person *who;
	struct untrusted instead; /* of whom, where it need not be all; or empty */
	struct rota_override overrides[OVERRIDES];
	size_t count;
};

struct work {
	struct plan *plan;
	const struct rota_row *row;
	struct half halves[2];
	size_t count;
	struct rota after; /* the schedule with all of them */
};

static struct untrusted keep(struct plan *plan, struct untrusted text)
{
	return untrusted_copy(&plan->arena, text);
}

static const char *who(const struct work *w, struct untrusted user, char out[NAME_TEXT])
{
	return rotas_who(w->plan->app->rotas, w->row->source, user, out, NAME_TEXT);
}

/* --- what it takes --- */

static bool check_half(struct work *w, struct half *half, struct err *err)
{
	const struct rota *rota = &w->row->rota;
	char name[NAME_TEXT], schedule[NAME_TEXT], moment[ROTA_TIME];
	const struct rota_override wanted = {
		.span = half->span, .user = half->who->id, .displaced = half->instead};
	int64_t now = w->plan->app->now;

	text_line(rota->name, schedule, sizeof schedule);
	if (half->span.until_at > rota->window.until_at)
		return err_set(err, ERR_LIMIT,
			"%s is known only until %s: an override cannot be shown "
			"before it is made",
			schedule, rota_moment(rota->window.until_at, now, moment));
	if (rota_until(rota, half->who->id, half->span.from_at) >= half->span.until_at) {
		who(w, half->who->id, name);
		return err_set(err, ERR_USAGE, "%s %s on call in %s all that time", name,
			strcmp(name, "you") ? "is" : "are", schedule);
	}
	half->count = rota_overrides(rota, &wanted, half->overrides, OVERRIDES);
	if (half->count > OVERRIDES)
		return err_set(err, ERR_LIMIT,
			"%s has %zu shifts in that time; at most %d are taken over at "
			"once",
			schedule, half->count, OVERRIDES);
	return half->count || err_set(err, ERR_MISSING,
				      "%s has no shift in that time, and a shift-based "
				      "schedule gives only shifts away",
				      schedule);
}

static bool lay_over(struct work *w, struct err *err)
{
	w->after = w->row->rota;
	for (size_t h = 0; h < w->count; h++) {
		if (!check_half(w, &w->halves[h], err))
			return false;
		for (size_t i = 0; i < w->halves[h].count; i++)
			if (!rota_with(&w->after, &w->halves[h].overrides[i],
				    &w->plan->arena, &w->after))
				return err_set(err, ERR_LIMIT,
					"the schedule has too many shifts");
	}
	return true;
}

static struct span from_now(struct span span, int64_t from)
{
	if (span.from_at < from)
		span.from_at = from;
	return span;
}

/* My running or next shift against theirs. */
static bool swap_halves(struct work *w, const struct override_wish *wish, struct err *err)
{
	const struct rota *rota = &w->row->rota;
	const struct person *me =
		rotas_person(w->plan->app->rotas, w->row->source, "me", err);
	const struct person *other;
	char schedule[NAME_TEXT], name[NAME_TEXT];
	struct span mine, theirs;

	if (!me)
		return false;
	other = rotas_person(w->plan->app->rotas, w->row->source, wish->whom, err);
	if (!other)
		return false;
	text_line(rota->name, schedule, sizeof schedule);
	if (other == me)
		return err_set(err, ERR_USAGE, "a swap is with somebody else");
	if (!rota_stretch(rota, me->id, wish->span.from_at, &mine))
		return err_set(err, ERR_MISSING,
			"you have no shift in %s up to where it "
			"is known",
			schedule);
	if (!rota_stretch(rota, other->id, wish->span.from_at, &theirs))
		return err_set(err, ERR_MISSING,
			"%s has no shift in %s up to where it is known",
			who(w, other->id, name), schedule);
	mine = from_now(mine, wish->span.from_at);
	theirs = from_now(theirs, wish->span.from_at);
	if (mine.from_at < theirs.until_at && theirs.from_at < mine.until_at)
		return err_set(err, ERR_USAGE,
			"you and %s are on call in %s at the same time: there is nothing "
			"to swap",
			who(w, other->id, name), schedule);
	w->halves[0] = (struct half){.span = mine, .who = other, .instead = me->id};
	w->halves[1] = (struct half){.span = theirs, .who = me, .instead = other->id};
	w->count = 2;
	return true;
}

/* What is given is mine, as far as I have it then. */
static struct untrusted giver(const struct work *w, struct span span)
{
	struct untrusted me = rotas_me(w->plan->app->rotas, w->row->source);
	struct span mine;

	return rota_stretch(&w->row->rota, me, span.from_at, &mine) &&
			       mine.from_at < span.until_at
		       ? me
		       : UNTRUSTED_NONE;
}

static bool halves(struct work *w, const struct override_wish *wish, struct err *err)
{
	struct half *half = w->halves;

	if (wish->kind == OVERRIDE_SWAP)
		return swap_halves(w, wish, err);
	half->span = wish->span;
	half->who = rotas_person(w->plan->app->rotas, w->row->source, wish->whom, err);
	if (wish->kind == OVERRIDE_GIVE)
		half->instead = giver(w, wish->span);
	w->count = 1;
	return half->who != NULL;
}

/* --- the rows --- */

/* False: an id is not one that a path or a document could hold. */
static bool add_facts(struct work *w, const struct rota_override *over, struct action *a)
{
	struct override_facts facts = {.from_at = over->span.from_at,
		.by_shifts = w->row->rota.by_shifts,
		.custom = over->custom};
	struct str text;

	if (facts.by_shifts && (!text_to_id(over->slot, facts.slot, sizeof facts.slot) ||
				       !text_to_id(over->displaced, facts.displaced,
					       sizeof facts.displaced)))
		return false;
	str_init(&text, FACTS_MAX);
	override_facts_print(&facts, &text);
	a->texts[ACTION_FACTS] = keep(w->plan, untrusted_str(str_text(&text)));
	str_release(&text);
	return true;
}

static bool add_override(
	struct work *w, const struct half *half, size_t i, struct err *err)
{
	const struct rota_override *over = &half->overrides[i];
	const struct rota *rota = &w->row->rota;
	struct outbox_row *row = plan_add(w->plan, w->row->id, w->row->source);
	char name[NAME_TEXT], schedule[NAME_TEXT], span[ROTA_SPAN];
	struct str title;

	row->action.until_at = over->span.until_at;
	row->action.texts[ACTION_TARGET] = keep(w->plan, rota->id);
	row->action.texts[ACTION_WHOM] = keep(w->plan, over->user);
	str_init(&title, 300);
	str_printf(&title, "%s: %s, %s", text_line(rota->name, schedule, sizeof schedule),
		text_line(half->who->name, name, sizeof name),
		rota_span_words(over->span, w->plan->app->now, span));
	row->action.texts[ACTION_TITLE] = keep(w->plan, untrusted_str(str_text(&title)));
	str_release(&title);
	row->expected_state = 0;
	row->expected_at = (int64_t)(rota_shape(rota, over->span) >> 1);
	return add_facts(w, over, &row->action) ||
	       err_set(err, ERR_INPUT, "%s has ids that are none", schedule);
}

/* --- the question --- */

static bool same_people(const struct rota *rota, int64_t at, int64_t next)
{
	struct untrusted a[ROTAS_AT_ONCE], b[ROTAS_AT_ONCE];
	size_t n = rota_at(rota, at, a, ROTAS_AT_ONCE), same = 0;

	if (rota_at(rota, next, b, ROTAS_AT_ONCE) != n || n > ROTAS_AT_ONCE)
		return false;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < n; k++)
			same += untrusted_eq(a[i], b[k]);
	return same == n;
}

/* "Ben Okafor to 17:00, then nobody to 18:00": who is on call in a span. */
static void tell_cover(
	const struct work *w, const struct rota *rota, struct span span, struct str *out)
{
	int64_t at = span.from_at, now = w->plan->app->now;
	size_t told = 0;

	while (at < span.until_at) {
		struct untrusted users[ROTAS_AT_ONCE];
		size_t n = rota_at(rota, at, users, ROTAS_AT_ONCE);
		int64_t next = rota_change(rota, at);
		char name[NAME_TEXT], moment[ROTA_TIME];

		while (next < span.until_at && same_people(rota, at, next))
			next = rota_change(rota, next);

		if (told++ == PARTS_NAMED) {
			str_puts(out, ", and so on");
			return;
		}
		str_puts(out, told > 1 ? ", then " : "");
		for (size_t i = 0; i < n && i < ROTAS_AT_ONCE; i++)
			str_printf(out, "%s%s", i ? " and " : "", who(w, users[i], name));
		if (!n)
			str_puts(out, "NOBODY");
		if (next < span.until_at)
			str_printf(out, " to %s", rota_moment(next, now, moment));
		at = next;
	}
}

static void tell_spans(const struct work *w, const char *what, const struct span *spans,
	size_t n, struct str *out)
{
	char words[ROTA_SPAN];

	if (!n)
		return;
	str_printf(
		out, "; %s %s", what, rota_span_words(*spans, w->plan->app->now, words));
	if (n > 1)
		str_printf(out, " and %zu more time%s", n - 1, n == 2 ? "" : "s");
}

/* Of a shift-based schedule others may stay on call beside: each once. */
static void tell_displaced(const struct work *w, const struct half *half, struct str *out)
{
	char name[NAME_TEXT];
	size_t told = 0;

	for (size_t i = 0; i < half->count; i++) {
		size_t k = 0;

		while (k < i && !untrusted_eq(half->overrides[k].displaced,
					half->overrides[i].displaced))
			k++;
		if (k == i)
			str_printf(out, "%s%s", told++ ? " and " : "",
				who(w, half->overrides[i].displaced, name));
	}
	str_puts(out, "; on call then: ");
	tell_cover(w, &w->after, half->span, out);
}

/* "Ben Okafor 14:00 to 15:00 UTC (1h) instead of you" */
static void tell_half(const struct work *w, const struct half *half, struct str *out)
{
	char name[NAME_TEXT], words[ROTA_SPAN];

	str_printf(out, "%s %s instead of ", who(w, half->who->id, name),
		rota_span_words(half->span, w->plan->app->now, words));
	if (w->row->rota.by_shifts)
		tell_displaced(w, half, out);
	else
		tell_cover(w, &w->row->rota, half->span, out);
}

/* Coverage in the half, before and after; true when there is nothing to fear. */
static bool tell_coverage(const struct work *w, const struct half *half, struct str *out)
{
	struct span before, after, both_before, both_after;
	size_t gaps_before = rota_gaps(&w->row->rota, half->span, &before, 1);
	size_t gaps_after = rota_gaps(&w->after, half->span, &after, 1);
	size_t overlaps_before =
		rota_overlaps(&w->row->rota, half->span, &both_before, 1);
	size_t overlaps_after = rota_overlaps(&w->after, half->span, &both_after, 1);

	tell_spans(w, "no cover before:", &before, gaps_before, out);
	if (gaps_before && !gaps_after)
		str_puts(out, ", none is left");
	tell_spans(w, "STILL NO COVER after:", &after, gaps_after, out);
	tell_spans(w, "several at once before:", &both_before, overlaps_before, out);
	tell_spans(w, "several at once after:", &both_after, overlaps_after, out);
	return !gaps_before && !gaps_after;
}

static void compose(struct work *w, const struct override_wish *wish)
{
	static const char *const begins[] = {[OVERRIDE_TAKE] = "take the pager of",
		[OVERRIDE_GIVE] = "give the pager of",
		[OVERRIDE_SWAP] = "swap shifts of"};
	const struct app *app = w->plan->app;
	char schedule[NAME_TEXT], age[TIME_TEXT];
	bool covered = true;
	struct str out;

	str_init(&out, sizeof w->plan->text);
	str_printf(&out, "%s%s%s %s at %s: ", app->rc->profile,
		*app->rc->profile ? ": " : "", begins[wish->kind],
		text_line(w->row->rota.name, schedule, sizeof schedule),
		sources_row(app->sources, w->row->source)->name);
	for (size_t h = 0; h < w->count; h++) {
		str_puts(&out, h ? "; and " : "");
		tell_half(w, &w->halves[h], &out);
	}
	for (size_t h = 0; h < w->count; h++)
		covered &= tell_coverage(w, &w->halves[h], &out);
	if (covered)
		str_puts(&out, "; no gap before or after");
	str_printf(&out, "; makes %zu override%s", w->plan->count,
		w->plan->count == 1 ? "" : "s");
	if (sources_row(app->sources, w->row->source)->rc->kind == &pagerduty_source)
		str_printf(&out, " (schedules %s)", w->row->rota.by_shifts ? "v3" : "v2");
	if (w->row->kept || app->now - w->row->read_at > ROTAS_OLD_MS)
		str_printf(&out, "; as the schedule was %s ago",
			duration_text(app->now - w->row->read_at, age));
	str_puts(&out, "?");
	str_copy(w->plan->text, sizeof w->plan->text, str_text(&out));
	str_release(&out);
}

bool plan_override(struct plan *plan, struct app *app, const struct override_wish *wish,
	struct err *err)
{
	struct work w = {.plan = plan, .row = wish->row};

	*plan = (struct plan){.app = app,
		.verb = ACTION_OVERRIDE,
		.origin = wish->origin,
		.asks = true};
	arena_init(&plan->arena, PLAN_BYTES);
	if (!plan_can(app, w.row->source, ACTION_OVERRIDE))
		return err_set(err, ERR_REFUSED,
			"%s cannot be told who is on call: it is a %s, or not asked now",
			sources_row(app->sources, w.row->source)->name,
			sources_row(app->sources, w.row->source)->kind);
	if (!halves(&w, wish, err) || !lay_over(&w, err))
		return false;
	for (size_t h = 0; h < w.count; h++)
		for (size_t i = 0; i < w.halves[h].count; i++)
			if (!add_override(&w, &w.halves[h], i, err))
				return false;
	compose(&w, wish);
	return true;
}

/* --- taking it back --- */

void plan_end_init(struct plan *plan, struct app *app)
{
	*plan = (struct plan){.app = app, .verb = ACTION_END_OVERRIDE, .asks = true};
	arena_init(&plan->arena, PLAN_BYTES);
}

bool plan_end_override(
	struct plan *plan, uint64_t key, const struct outbox_row *made, struct err *err)
{
	char source[60], title[200];
	struct outbox_row *row;
	int number;

	text_line(made->source, source, sizeof source);
	text_line(made->action.texts[ACTION_TITLE], title, sizeof title);
	number = sources_find(plan->app->sources, source);
	if (number < 0 || untrusted_empty(made->result))
		return err_set(err, ERR_MISSING,
			"the override of %s is not known: end it at %s", title, source);
	if (made->action.until_at <= plan->app->now)
		return err_set(err, ERR_MISSING, "the override of %s has ended", title);
	row = plan_add(plan, key, number);
	row->expected_state = -1;
	row->action.texts[ACTION_TARGET] = keep(plan, made->action.texts[ACTION_TARGET]);
	row->action.texts[ACTION_TITLE] = keep(plan, made->action.texts[ACTION_TITLE]);
	row->action.texts[ACTION_FACTS] = keep(plan, made->action.texts[ACTION_FACTS]);
	row->action.texts[ACTION_WHOM] = keep(plan, made->result);
	row->undoes = keep(plan, untrusted_str(made->action.id));
	return true;
}

void plan_end_words(struct plan *plan)
{
	const struct app *app = plan->app;
	char title[200], source[60];
	struct str out;

	str_init(&out, sizeof plan->text);
	if (*app->rc->profile)
		str_printf(&out, "%s: ", app->rc->profile);
	str_printf(&out, "end the override%s at %s: ", plan->count == 1 ? "" : "s",
		text_line(plan->rows->source, source, sizeof source));
	for (size_t i = 0; i < plan->count; i++)
		str_printf(&out, "%s%s", i ? "; " : "",
			text_line(plan->rows[i].action.texts[ACTION_TITLE], title,
				sizeof title));
	str_puts(&out, "; whom the schedule names is on call again, at once where it has "
		       "begun?");
	str_copy(plan->text, sizeof plan->text, str_text(&out));
	str_release(&out);
}

/* Something ends it already, or has. */
static bool ends(const struct actions *actions, const struct outbox_row *made)
{
	for (size_t i = 0; i < actions_count(actions); i++) {
		const struct outbox_row *row = actions_at(actions, i);

		if (row->action.verb == ACTION_END_OVERRIDE &&
			row->state != OUTBOX_FAILED && row->state != OUTBOX_CANCELLED &&
			untrusted_eq(row->source, made->source) &&
			untrusted_eq(row->action.texts[ACTION_WHOM], made->result))
			return true;
	}
	return false;
}

bool plan_end_overrides(
	struct plan *plan, struct app *app, const struct rota_row *row, struct err *err)
{
	struct err last = {0};

	plan_end_init(plan, app);
	for (size_t i = 0; i < actions_count(app->actions); i++) {
		const struct outbox_row *made = actions_at(app->actions, i);

		if (made->action.verb == ACTION_OVERRIDE &&
			made->state == OUTBOX_CONFIRMED &&
			made->action.until_at > app->now &&
			untrusted_is(made->profile, app->rc->profile) &&
			rotas_of(app->rotas, made->source,
				made->action.texts[ACTION_TARGET]) == row &&
			!ends(app->actions, made))
			plan_end_override(plan, row->id, made, &last);
	}
	if (!plan->count && !last.kind)
		err_set(&last, ERR_MISSING,
			"no override was made from here that has not ended");
	if (!plan->count) {
		*err = last;
		return false;
	}
	plan_end_words(plan);
	return true;
}

/* --- is it still so --- */

static int64_t read_at(const struct app *app, const struct outbox_row *row)
{
	char source[60];
	int number =
		sources_find(app->sources, text_line(row->source, source, sizeof source));

	return number < 0 ? 0 : rotas_read_at(app->rotas, number);
}

enum override_now override_still(
	const struct app *app, const struct outbox_row *row, char *why, size_t size)
{
	const struct rota_row *rota =
		rotas_of(app->rotas, row->source, row->action.texts[ACTION_TARGET]);
	struct untrusted whom = row->action.texts[ACTION_WHOM], users[2];
	char name[NAME_TEXT], schedule[NAME_TEXT];
	struct override_facts facts;
	struct span span;

	if (row->action.verb != ACTION_OVERRIDE)
		return OVERRIDE_WANTED;
	if (!override_facts_read(row->action.texts[ACTION_FACTS], &facts)) {
		snprintf(why, size, "what it was to be cannot be read");
		return OVERRIDE_CHANGED;
	}
	span = (struct span){facts.from_at, row->action.until_at};
	if (read_at(app, row) < row->created_at)
		return OVERRIDE_UNREAD;
	if (!rota) {
		snprintf(why, size, "its schedule is not there any more");
		return OVERRIDE_CHANGED;
	}
	if ((int64_t)(rota_shape(&rota->rota, span) >> 1) == row->expected_at)
		return OVERRIDE_WANTED;
	/* Perhaps what an earlier try has made of it. */
	if (row->action.attempts &&
		rota_until(&rota->rota, whom, span.from_at) >= span.until_at)
		return OVERRIDE_WANTED;
	rotas_who(app->rotas, rota->source,
		rota_at(&rota->rota, span.from_at, users, 2) ? *users : UNTRUSTED_NONE,
		name, sizeof name);
	snprintf(why, size, "%s has changed meanwhile: %s is on call at its begin",
		text_line(rota->rota.name, schedule, sizeof schedule),
		*name ? name : "nobody");
	return OVERRIDE_CHANGED;
}
