/* Columns and JSON of objectives: the budget as a bar, how fast it burns over each
 * pair of windows, the state in words and when the budget ends. Hides what a
 * bar of ten cells shows of a budget that is nearly gone. Main thread. */
#include "app/listing.h"
#include "app/slos.h"
#include "base/time.h"

#include <math.h>
#include <stdio.h>

enum { BAR_CELLS = 10 };

static const struct slo_row *of(const void *row)
{
	return row;
}

static enum role level_role(const struct slo_row *row)
{
	static const enum role roles[] = {[SLO_UNKNOWN] = ROLE_DIM,
		[SLO_FINE] = ROLE_OK,
		[SLO_SPENT] = ROLE_WARNING,
		[SLO_TICKET] = ROLE_WARNING,
		[SLO_PAGE] = ROLE_CRITICAL};

	return roles[row->level];
}

static void slo_state_cell(const struct app *app, const void *row, struct cell *out)
{
	(void)app;
	cell_print(out, "%s", slo_level_names[of(row)->level]);
	out->role = level_role(of(row));
	out->number = of(row)->level;
	out->is_number = true;
}

static void slo_name(const struct app *app, const void *row, struct cell *out)
{
	(void)app;
	cell_text(out, untrusted_str(of(row)->rc->name));
	out->role = ROLE_STRONG;
}

static void slo_target(const struct app *app, const void *row, struct cell *out)
{
	char target[SLO_TEXT], window[TIME_TEXT];

	(void)app;
	cell_print(out, "%.20s %s", slo_target_text(of(row)->rc, target),
		duration_text(of(row)->rc->window_ms, window));
	out->role = ROLE_DIM;
}

static void slo_bar(const struct app *app, const void *row, struct cell *out)
{
	const struct slo_state *s = &of(row)->state;
	int full = slo_left_cells(of(row), BAR_CELLS);

	(void)app;
	out->is_number = true;
	out->number = s->at && s->known ? s->left : -INFINITY;
	if (!s->at || !s->known)
		return;
	cell_print(out, "%.*s%.*s", full, "##########", BAR_CELLS - full, "..........");
	out->role = s->left <= 0     ? ROLE_CRITICAL
		    : s->left < 0.25 ? ROLE_WARNING
				     : ROLE_OK;
}

static void slo_left(const struct app *app, const void *row, struct cell *out)
{
	char text[SLO_TEXT];

	(void)app;
	cell_print(out, "%s", slo_left_text(of(row), text));
	out->is_number = true;
	out->number = of(row)->state.known ? of(row)->state.left : -INFINITY;
}

static void burn_cell(const struct slo_row *row, size_t rule, struct cell *out)
{
	const struct slo_rule_state *s = &row->state.rules[rule];
	bool known = row->state.at && s->verdict <= SLO_BURNS;
	char text[SLO_TEXT];

	out->is_number = true;
	out->number = known ? s->burn : -1;
	cell_print(out, "%s", known ? slo_burn_text(s->burn, text) : "-");
	out->role = !known ? ROLE_DIM
		    : row->tracks[rule].fires
			    ? (rule < SLO_PAGES ? ROLE_CRITICAL : ROLE_WARNING)
			    : ROLE_TEXT;
}

static void slo_hour(const struct app *app, const void *row, struct cell *out)
{
	(void)app;
	burn_cell(of(row), 0, out);
}

static void slo_six(const struct app *app, const void *row, struct cell *out)
{
	(void)app;
	burn_cell(of(row), 1, out);
}

static void slo_day(const struct app *app, const void *row, struct cell *out)
{
	(void)app;
	burn_cell(of(row), 2, out);
}

static void slo_three(const struct app *app, const void *row, struct cell *out)
{
	(void)app;
	burn_cell(of(row), 3, out);
}

static void slo_end(const struct app *app, const void *row, struct cell *out)
{
	char text[SLO_TEXT];

	cell_print(out, "%s", slo_end_text(of(row), app->now, text));
	out->is_number = true;
	out->number = of(row)->state.ends_at ? (double)of(row)->state.ends_at : INFINITY;
	out->role = of(row)->state.ends_at ? ROLE_WARNING : ROLE_DIM;
}

static void slo_says(const struct app *app, const void *row, struct cell *out)
{
	slo_words(app, of(row), out->own, sizeof out->own);
	cell_text(out, untrusted_str(out->own));
	out->role = of(row)->level == SLO_FINE ? ROLE_TEXT : level_role(of(row));
}

static const struct column slo_columns[] = {
	{"state", "State", 7, 0, COLUMN_DESC, slo_state_cell},
	{"name", "SLO", 8, 0, COLUMN_WANT(20), slo_name},
	{"target", "Target", 10, 5, 0, slo_target},
	{"budget", "Budget", BAR_CELLS, 3, 0, slo_bar},
	{"left", "Left", 6, 0, COLUMN_RIGHT, slo_left},
	{"1h", "1h", 6, 2, COLUMN_RIGHT | COLUMN_DESC, slo_hour},
	{"6h", "6h", 6, 4, COLUMN_RIGHT | COLUMN_DESC, slo_six},
	{"1d", "1d", 6, 6, COLUMN_RIGHT | COLUMN_DESC, slo_day},
	{"3d", "3d", 6, 7, COLUMN_RIGHT | COLUMN_DESC, slo_three},
	{"ends", "Ends", 8, 3, COLUMN_WANT(14), slo_end},
	{"says", "Says", 14, 1, COLUMN_FLEX | COLUMN_WANT(60), slo_says},
};

static size_t slo_rows(const struct app *app)
{
	return slos_count(app->slos);
}

static const void *slo_at(const struct app *app, size_t i)
{
	return slos_at(app->slos, i);
}

static uint64_t slo_id(const void *row)
{
	return of(row)->id;
}

static const void *slo_find(const struct app *app, uint64_t id)
{
	return slos_find(app->slos, id);
}

static void put_number(struct json_out *o, const char *name, double value, bool known)
{
	if (known && isfinite(value))
		json_put_double(o, name, value);
	else
		json_put_double(o, name, NAN);
}

static void put_rule(struct json_out *o, const struct slo_row *row, size_t rule)
{
	static const char *const verdicts[] = {[SLO_CALM] = "calm",
		[SLO_BURNS] = "burns",
		[SLO_NO_DATA] = "no data",
		[SLO_FEW] = "too few"};
	const struct slo_rule_state *s = &row->state.rules[rule];
	bool judged = row->state.at != 0, known = judged && s->verdict <= SLO_BURNS;
	char text[TIME_TEXT];

	json_open(o, NULL, '{');
	json_put_str(o, "long", duration_text(slo_rules[rule].long_ms, text));
	json_put_str(o, "short", duration_text(slo_rules[rule].short_ms, text));
	json_put_double(o, "limit", slo_rules[rule].burn);
	json_put_str(o, "severity", rule < SLO_PAGES ? "page" : "ticket");
	json_put_str(o, "verdict", judged ? verdicts[s->verdict] : "no data");
	put_number(o, "burn_long", s->burn, known);
	put_number(o, "burn_short", s->burn_lately, known);
	json_put_double(o, "events", judged ? s->over.total : 0);
	json_put_double(o, "bad", judged ? s->over.bad : 0);
	json_put_bool(o, "fires", row->tracks[rule].fires);
	json_put_time(o, "since", row->tracks[rule].fires ? row->tracks[rule].since : 0);
	json_shut(o, '}');
}

static void slo_json(const struct app *app, const void *r, struct json_out *o)
{
	const struct slo_row *row = r;
	const struct slo_state *s = &row->state;
	char text[400];

	json_put_str(o, "name", row->rc->name);
	json_put_str(o, "source", row->rc->source);
	json_put_str(o, "state", slo_level_names[row->level]);
	json_put_str(o, "says", slo_words(app, row, text, sizeof text));
	json_put_double(o, "target", row->rc->target * 100);
	json_put_i64(o, "window_ms", row->rc->window_ms);
	put_number(o, "budget_left", s->left, s->at && s->known);
	json_put_double(o, "events", s->at ? s->budget.total : 0);
	json_put_double(o, "bad", s->at ? s->budget.bad : 0);
	json_put_i64(o, "covered_ms", s->at ? s->budget.covered_ms : 0);
	put_number(o, "burn", s->rate, s->at != 0);
	json_put_time(o, "ends_at", s->ends_at);
	json_put_time(o, "judged_at", s->at);
	json_put_time(o, "since", row->since);
	json_put_bool(o, "silenced", row->silenced[row->level == SLO_TICKET]);
	json_open(o, "rules", '[');
	for (size_t rule = 0; rule < SLO_RULES; rule++)
		put_rule(o, row, rule);
	json_shut(o, ']');
	json_put_str(o, row->rc->bad ? "bad_query" : "good_query", row->rc->part);
	json_put_str(o, "total_query", row->rc->total);
}

/* An objective that nothing can be said of because its server is not heard. */
static bool slo_complete(const struct app *app, char *why, size_t size)
{
	for (size_t i = 0; i < slos_count(app->slos); i++) {
		const struct slo_row *row = slos_at(app->slos, i);

		if (!*row->error && row->state.at)
			continue;
		snprintf(why, size, "slo %.60s: %.160s", row->rc->name,
			*row->error ? row->error : "its source has not answered");
		return false;
	}
	return true;
}

const struct listing slo_listing = {
	.noun = "slo",
	.schema = "oogway.slo/1",
	.columns = slo_columns,
	.column_count = sizeof slo_columns / sizeof slo_columns[0],
	.changes = CHANGED_SLOS | CHANGED_CONFIG | CHANGED_CLOCK,
	.count = slo_rows,
	.row = slo_at,
	.id = slo_id,
	.find = slo_find,
	.json = slo_json,
	.complete = slo_complete,
};
