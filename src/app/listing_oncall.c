/* Columns and JSON of schedules: who is on call now, who next, what has no cover; and of
 * one schedule's parts, shift by shift. Times are those of the user's zone, lengths are
 * hours as they pass. Main thread. */
#include "app/listing.h"
#include "app/rotas.h"
#include "app/sources.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"

#include <stdio.h>
#include <string.h>

enum { NAMES_TEXT = 90, NAME_TEXT = 60 };

static const struct rota_row *of(const void *row)
{
	return row;
}

static struct span ahead(const struct app *app)
{
	return (struct span){app->now, app->now + ROTAS_AHEAD_MS};
}

/* "you, Ben Okafor and 3 more" */
static size_t names(const struct app *app, int source, const struct untrusted *users,
	size_t n, char out[NAMES_TEXT])
{
	char name[NAME_TEXT];
	struct str text;

	str_init(&text, NAMES_TEXT - 1);
	for (size_t i = 0; i < n && i < ROTAS_AT_ONCE; i++)
		str_printf(&text, "%s%s", i ? ", " : "",
			rotas_who(app->rotas, source, users[i], name, sizeof name));
	if (n > ROTAS_AT_ONCE)
		str_printf(&text, " and %zu more", n - ROTAS_AT_ONCE);
	str_copy(out, NAMES_TEXT, n ? str_text(&text) : "nobody");
	str_release(&text);
	return n;
}

static size_t now_names(
	const struct app *app, const struct rota_row *r, char out[NAMES_TEXT])
{
	struct untrusted users[ROTAS_AT_ONCE];
	size_t n = rota_at(&r->rota, app->now, users, ROTAS_AT_ONCE);

	if (app->now >= r->rota.window.until_at) {
		str_copy(out, NAMES_TEXT, "not known");
		return 1;
	}
	return names(app, r->source, users, n, out);
}

/* Until the first of them leaves; with nobody until somebody comes. */
static int64_t now_until(const struct app *app, const struct rota_row *r)
{
	struct untrusted users[ROTAS_AT_ONCE];
	size_t n = rota_at(&r->rota, app->now, users, ROTAS_AT_ONCE);
	int64_t until = r->rota.window.until_at;
	struct span gap;

	if (!n)
		return rota_gaps(&r->rota,
			       (struct span){app->now, r->rota.window.until_at}, &gap, 1)
			       ? gap.until_at
			       : until;
	for (size_t i = 0; i < n && i < ROTAS_AT_ONCE; i++) {
		int64_t end = rota_until(&r->rota, users[i], app->now);

		until = end < until ? end : until;
	}
	return until;
}

static bool is_me(const struct app *app, const struct rota_row *r, int64_t at)
{
	struct untrusted users[ROTAS_AT_ONCE], me = rotas_me(app->rotas, r->source);
	size_t n = rota_at(&r->rota, at, users, ROTAS_AT_ONCE);

	for (size_t i = 0; i < n && i < ROTAS_AT_ONCE; i++)
		if (!untrusted_empty(me) && untrusted_eq(users[i], me))
			return true;
	return false;
}

static void name_cell(const struct app *app, const void *row, struct cell *out)
{
	(void)app;
	cell_text(out, of(row)->rota.name);
	out->role = ROLE_STRONG;
}

static void now_cell(const struct app *app, const void *row, struct cell *out)
{
	char text[NAMES_TEXT];
	size_t n = now_names(app, of(row), text);

	cell_print(out, "%s", text);
	out->role = !n                              ? ROLE_CRITICAL
		    : is_me(app, of(row), app->now) ? ROLE_OK
						    : ROLE_TEXT;
}

static void moment_cell(const struct app *app, int64_t at, struct cell *out)
{
	char text[ROTA_TIME];

	out->is_number = true;
	out->number = (double)at;
	cell_print(out, "%s", rota_moment(at, app->now, text));
}

/* Without its weekday where a date is said: the column is narrow. */
static void short_cell(const struct app *app, int64_t at, struct cell *out)
{
	char text[ROTA_TIME];
	size_t n;

	moment_cell(app, at, out);
	n = strlen(rota_moment(at, app->now, text));
	cell_print(out, "%s", n > strlen("Dec 07 01:00") ? text + strlen("Mon ") : text);
}

static void until_cell(const struct app *app, const void *row, struct cell *out)
{
	int64_t until = now_until(app, of(row));

	out->role = ROLE_DIM;
	/* It goes on behind what is known. */
	if (until < of(row)->rota.window.until_at)
		short_cell(app, until, out);
}

static void next_cell(const struct app *app, const void *row, struct cell *out)
{
	struct untrusted user;
	struct span span;
	char name[NAME_TEXT];

	if (rota_next(&of(row)->rota, app->now, &user, &span))
		cell_print(out, "%s",
			rotas_who(app->rotas, of(row)->source, user, name, sizeof name));
}

static void from_cell(const struct app *app, const void *row, struct cell *out)
{
	struct untrusted user;
	struct span span;

	out->role = ROLE_DIM;
	if (rota_next(&of(row)->rota, app->now, &user, &span))
		short_cell(app, span.from_at, out);
}

/* "Dec 05 02:00 for 4h, 2 more" */
static void gaps_cell(const struct app *app, const void *row, struct cell *out)
{
	struct span gap;
	size_t n = rota_gaps(&of(row)->rota, ahead(app), &gap, 1);
	char length[ROTA_TIME], text[ROTA_TIME];
	struct cell from = {0};

	out->is_number = true;
	out->number = (double)n;
	out->role = n ? ROLE_WARNING : ROLE_DIM;
	if (!n) {
		cell_print(out, "none in %lldd", (long long)(ROTAS_AHEAD_MS / DAY_MS));
		return;
	}
	short_cell(app, gap.from_at, &from);
	rota_length(gap.until_at - gap.from_at, length);
	snprintf(text, sizeof text, ", %zu more", n - 1);
	cell_print(out, "%s for %s%s", from.own, length, n > 1 ? text : "");
}

static void source_cell(const struct app *app, const void *row, struct cell *out)
{
	cell_text(out, untrusted_str(sources_row(app->sources, of(row)->source)->name));
	out->role = ROLE_DIM;
}

static const struct column columns[] = {
	{"name", "Schedule", 14, 0, COLUMN_WANT(24), name_cell},
	{"now", "Now", 10, 0, COLUMN_WANT(20), now_cell},
	{"until", "Until", 12, 1, 0, until_cell},
	{"next", "Next", 10, 3, COLUMN_WANT(20), next_cell},
	{"from", "From", 12, 4, 0, from_cell},
	{"gaps", "No cover", 12, 2, COLUMN_FLEX | COLUMN_DESC, gaps_cell},
	{"source", "Source", 6, 7, 0, source_cell},
};

static size_t rows(const struct app *app)
{
	return rotas_count(app->rotas);
}

static const void *row_at(const struct app *app, size_t i)
{
	return rotas_at(app->rotas, i);
}

static uint64_t id_of(const void *row)
{
	return of(row)->id;
}

static const void *find(const struct app *app, uint64_t id)
{
	return rotas_find(app->rotas, id);
}

static void put_person(const struct app *app, const struct rota_row *r,
	struct untrusted user, struct json_out *o)
{
	struct untrusted me = rotas_me(app->rotas, r->source);
	const struct person *person = rotas_known(app->rotas, r->source, user);

	json_put_text(o, "id", user);
	json_put_text(o, "name", person ? person->name : UNTRUSTED_NONE);
	json_put_text(o, "email", person ? person->mail : UNTRUSTED_NONE);
	json_put_bool(o, "me", !untrusted_empty(me) && untrusted_eq(me, user));
}

static size_t put_spans(const struct app *app, const struct rota_row *r, const char *name,
	struct json_out *o,
	size_t (*spans)(const struct rota *rota, struct span window, struct span *out,
		size_t most))
{
	struct span list[ROTAS_GAPS];
	size_t n = spans(&r->rota, ahead(app), list, ROTAS_GAPS);

	json_open(o, name, '[');
	for (size_t i = 0; i < n && i < ROTAS_GAPS; i++) {
		json_open(o, NULL, '{');
		json_put_time(o, "from", list[i].from_at);
		json_put_time(o, "to", list[i].until_at);
		json_shut(o, '}');
	}
	json_shut(o, ']');
	return n;
}

static void json(const struct app *app, const void *row, struct json_out *o)
{
	const struct rota_row *r = row;
	struct untrusted users[ROTAS_AT_ONCE], next;
	size_t n = rota_at(&r->rota, app->now, users, ROTAS_AT_ONCE);
	struct span span;

	json_put_text(o, "id", r->rota.id);
	json_put_text(o, "schedule", r->rota.name);
	json_put_text(o, "time_zone", r->rota.zone);
	json_put_str(o, "source", sources_row(app->sources, r->source)->name);
	json_open(o, "now", '[');
	for (size_t i = 0; i < n && i < ROTAS_AT_ONCE; i++) {
		json_open(o, NULL, '{');
		put_person(app, r, users[i], o);
		json_put_time(o, "until", rota_until(&r->rota, users[i], app->now));
		json_shut(o, '}');
	}
	json_shut(o, ']');
	if (rota_next(&r->rota, app->now, &next, &span)) {
		json_open(o, "next", '{');
		put_person(app, r, next, o);
		json_put_time(o, "from", span.from_at);
		json_put_time(o, "until", span.until_at);
		json_shut(o, '}');
	}
	/* The lists have at most ROTAS_GAPS. */
	json_put_i64(o, "gap_count", (int64_t)put_spans(app, r, "gaps", o, rota_gaps));
	json_put_i64(o, "overlap_count",
		(int64_t)put_spans(app, r, "overlaps", o, rota_overlaps));
	json_put_time(o, "known_until", r->rota.window.until_at);
	json_put_time(o, "read_at", r->read_at);
}

static bool complete(const struct app *app, char *why, size_t size)
{
	return rotas_words(app->rotas, why, size);
}

/* What is listed lies ahead. */
static void window(const struct app *app, int64_t *from, int64_t *to)
{
	*from = app->now;
	*to = app->now + ROTAS_AHEAD_MS;
}

const struct listing oncall_listing = {
	.noun = "oncall",
	.schema = "oogway.oncall/1",
	.columns = columns,
	.column_count = sizeof columns / sizeof columns[0],
	.changes = CHANGED_ROTAS,
	.count = rows,
	.row = row_at,
	.id = id_of,
	.find = find,
	.json = json,
	.complete = complete,
	.window = window,
};

/* --- the parts of one --- */

static const struct rota_part *part_of(const void *row)
{
	return row;
}

static void part_from_cell(const struct app *app, const void *row, struct cell *out)
{
	short_cell(app, part_of(row)->span.from_at, out);
	out->role = part_of(row)->span.from_at <= app->now ? ROLE_STRONG : ROLE_TEXT;
}

static void part_to_cell(const struct app *app, const void *row, struct cell *out)
{
	short_cell(app, part_of(row)->span.until_at, out);
}

static void zone_cell(const struct app *app, const void *row, struct cell *out)
{
	char text[TIME_TEXT];

	(void)app;
	cell_print(out, "%s", time_zone(part_of(row)->span.until_at, text));
	out->role = ROLE_DIM;
}

static void length_cell(const struct app *app, const void *row, struct cell *out)
{
	const struct span *span = &part_of(row)->span;
	char text[ROTA_TIME];

	(void)app;
	out->is_number = true;
	out->number = (double)(span->until_at - span->from_at);
	cell_print(out, "%s", rota_length(span->until_at - span->from_at, text));
	out->role = ROLE_DIM;
}

static void who_cell(const struct app *app, const void *row, struct cell *out)
{
	const struct rota_part *p = row;
	char text[NAMES_TEXT];

	names(app, p->source, p->users, p->count, text);
	cell_print(out, "%s", text);
	out->role = p->count ? ROLE_STRONG : ROLE_CRITICAL;
}

static void how_cell(const struct app *app, const void *row, struct cell *out)
{
	const struct rota_part *p = row;

	(void)app;
	if (!p->count)
		cell_print(out, "no cover");
	else if (p->count > 1)
		cell_print(out, "%zu at once%s", p->count, p->over ? ", override" : "");
	else if (p->over)
		cell_print(out, "override");
	out->role = p->count ? ROLE_DIM : ROLE_CRITICAL;
}

static const struct column part_columns[] = {
	{"from", "From", 12, 0, 0, part_from_cell},
	{"to", "To", 12, 0, 0, part_to_cell},
	{"zone", "", 5, 4, 0, zone_cell},
	{"length", "Length", 7, 2, COLUMN_RIGHT | COLUMN_DESC, length_cell},
	{"who", "On call", 12, 0, COLUMN_FLEX, who_cell},
	{"how", "", 10, 1, COLUMN_WANT(20), how_cell},
};

static size_t part_rows(const struct app *app)
{
	return rota_parts_count(app->rotas);
}

static const void *part_at(const struct app *app, size_t i)
{
	return rota_parts_at(app->rotas, i);
}

static uint64_t part_id(const void *row)
{
	return part_of(row)->id;
}

static const void *part_find(const struct app *app, uint64_t id)
{
	for (size_t i = 0; i < rota_parts_count(app->rotas); i++)
		if (rota_parts_at(app->rotas, i)->id == id)
			return rota_parts_at(app->rotas, i);
	return NULL;
}

static void part_json(const struct app *app, const void *row, struct json_out *o)
{
	const struct rota_part *p = row;
	const struct rota_row *r = rotas_shown(app->rotas);

	json_put_time(o, "from", p->span.from_at);
	json_put_time(o, "to", p->span.until_at);
	json_put_bool(o, "override", p->over);
	json_open(o, "on_call", '[');
	for (size_t i = 0; r && i < p->count && i < ROTAS_AT_ONCE; i++) {
		json_open(o, NULL, '{');
		put_person(app, r, p->users[i], o);
		json_shut(o, '}');
	}
	json_shut(o, ']');
}

static void part_window(const struct app *app, int64_t *from, int64_t *to)
{
	const struct rota_row *r = rotas_shown(app->rotas);

	*from = app->now;
	*to = r ? r->rota.window.until_at : app->now;
}

const struct listing shift_listing = {
	.noun = "shift",
	.schema = "oogway.shift/1",
	.columns = part_columns,
	.column_count = sizeof part_columns / sizeof part_columns[0],
	.changes = CHANGED_ROTAS,
	.count = part_rows,
	.row = part_at,
	.id = part_id,
	.find = part_find,
	.json = part_json,
	.complete = complete,
	.window = part_window,
};
