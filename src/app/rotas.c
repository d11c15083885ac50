/* The table of schedules. Each snapshot of a source replaces what was known of it; what
 * the store kept stands until the first one comes. From the newest of them, minute by
 * minute, follows who is said to be on call everywhere else. Hides the copies. Main
 * thread. */
#include "rotas_parts.h"

#include "app/alerts.h"
#include "app/sources.h"
#include "base/alloc.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "connect/poll.h"

#include <stdlib.h>
#include <string.h>

enum { GROUP_BYTES = 48 << 20 };

struct rotas *rotas_new(struct app *app)
{
	struct rotas *rotas = mem_new(1, sizeof *rotas);

	rotas->app = app;
	for (int i = 0; i < ROTA_SOURCES; i++) {
		arena_init(&rotas->groups[i].arena, GROUP_BYTES);
		map_init(&rotas->groups[i].by_id);
	}
	return rotas;
}

static void group_clear(struct rota_group *g)
{
	arena_release(&g->arena);
	map_release(&g->by_id);
	*g = (struct rota_group){0};
	arena_init(&g->arena, GROUP_BYTES);
	map_init(&g->by_id);
}

void rotas_end(struct rotas *rotas)
{
	rotas->ended = true;
}

void rotas_free(struct rotas *rotas)
{
	if (!rotas)
		return;
	for (int i = 0; i < ROTA_SOURCES; i++) {
		arena_release(&rotas->groups[i].arena);
		map_release(&rotas->groups[i].by_id);
	}
	mem_free(rotas->rows);
	mem_free(rotas->parts);
	mem_free(rotas);
}

/* --- what a source told --- */

static void copy_rota(struct arena *arena, const struct rota *from, struct rota *to)
{
	*to = *from;
	to->id = untrusted_copy(arena, from->id);
	to->name = untrusted_copy(arena, from->name);
	to->zone = untrusted_copy(arena, from->zone);
	to->shifts = arena_alloc(arena, (from->count + 1) * sizeof *to->shifts);
	to->count = to->shifts ? from->count : 0;
	for (size_t i = 0; i < to->count; i++) {
		to->shifts[i] = from->shifts[i];
		to->shifts[i].user = untrusted_copy(arena, from->shifts[i].user);
		to->shifts[i].slot = untrusted_copy(arena, from->shifts[i].slot);
	}
}

const struct person *rota_group_person(const struct rota_group *g, struct untrusted id)
{
	uint64_t hash = untrusted_hash(id);
	uintptr_t at = (uintptr_t)map_get(&g->by_id, &hash, sizeof hash);

	return at ? &g->people[at - 1] : NULL;
}

/* The first of an id counts. */
static void copy_person(struct rota_group *g, const struct person *from)
{
	uint64_t hash = untrusted_hash(from->id);

	if (rota_group_person(g, from->id))
		return;
	g->people[g->person_count++] =
		(struct person){untrusted_copy(&g->arena, from->id),
			untrusted_copy(&g->arena, from->name),
			untrusted_copy(&g->arena, from->mail)};
	map_put(&g->by_id, &hash, sizeof hash, (void *)(uintptr_t)g->person_count);
}

void rota_group_take(struct rota_group *g, const struct rota_told *told)
{
	struct arena *arena = &g->arena;
	size_t people =
		told->person_count < ROTA_PEOPLE ? told->person_count : ROTA_PEOPLE;

	arena_release(arena);
	arena->full = false;
	map_release(&g->by_id);
	map_init(&g->by_id);
	g->count = g->person_count = 0;
	g->rotas = arena_alloc(arena, (told->rota_count + 1) * sizeof *g->rotas);
	g->people = arena_alloc(arena, (people + 1) * sizeof *g->people);
	g->me = untrusted_copy(arena, told->me);
	g->read_at = told->read_at;
	for (size_t i = 0; g->people && i < people; i++)
		copy_person(g, &told->people[i]);
	/* Who may not read the list of people is still somebody. */
	if (g->people && !untrusted_empty(g->me) && g->person_count < people + 1)
		copy_person(
			g, &(struct person){g->me, untrusted_str("you"), UNTRUSTED_NONE});
	for (size_t i = 0; g->rotas && i < told->rota_count && i < ROTAS_MOST; i++)
		copy_rota(arena, &told->rotas[i], &g->rotas[g->count++]);
}

/* --- the table --- */

static int by_name(const void *a, const void *b)
{
	const struct rota_row *x = a, *y = b;
	int order;

	if (x->source != y->source)
		return x->source < y->source ? -1 : 1;
	order = untrusted_cmp_natural(x->rota.name, y->rota.name);
	return order ? order : untrusted_cmp(x->rota.id, y->rota.id);
}

static bool is_over(const struct rota *rota, int64_t at)
{
	for (size_t i = 0; i < rota->count && rota->shifts[i].span.from_at <= at; i++)
		if (rota->shifts[i].over && rota->shifts[i].span.until_at > at)
			return true;
	return false;
}

static bool same_people(const struct rota_part *a, const struct rota_part *b)
{
	if (a->count != b->count || a->over != b->over)
		return false;
	for (size_t i = 0; i < a->count && i < ROTAS_AT_ONCE; i++)
		if (!untrusted_eq(a->users[i], b->users[i]))
			return false;
	return true;
}

static void add_part(struct rotas *rotas, const struct rota_part *part)
{
	struct rota_part *last =
		rotas->part_count ? &rotas->parts[rotas->part_count - 1] : NULL;

	if (last && same_people(last, part)) {
		last->span.until_at = part->span.until_at;
		return;
	}
	MEM_ROOM(rotas->parts, rotas->part_count, rotas->part_cap);
	rotas->parts[rotas->part_count++] = *part;
}

static void make_parts(struct rotas *rotas)
{
	const struct rota_row *row = rotas_shown(rotas);
	int64_t at = rotas->app->now;

	rotas->part_count = 0;
	if (!row)
		return;
	if (at < row->rota.window.from_at)
		at = row->rota.window.from_at;
	while (at < row->rota.window.until_at) {
		struct rota_part part = {
			.source = row->source, .span = {at, rota_change(&row->rota, at)}};

		part.count = rota_at(&row->rota, at, part.users, ROTAS_AT_ONCE);
		part.over = is_over(&row->rota, at);
		at = part.span.until_at;
		/* The first one began before now. */
		part.id = (uint64_t)part.span.until_at | 1;
		add_part(rotas, &part);
	}
	if (rotas->part_count && rotas->parts->count == 1) {
		struct rota_part *first = rotas->parts;

		rota_stretch(
			&row->rota, *first->users, first->span.from_at, &first->span);
		first->span.until_at = rotas->part_count > 1
					       ? rotas->parts[1].span.from_at
					       : first->span.until_at;
	}
}

/* --- what follows --- */

/* Whoever the source's own list names, and is on call, stays; the place of others is
 * taken by those who are on call and nowhere named. */
static void follow_one(struct rotas *rotas, size_t at, const struct rota_row *row)
{
	struct alerts *alerts = rotas->app->alerts;
	const struct oncall_row *o = oncalls_at(alerts, at);
	struct untrusted users[ROTAS_AT_ONCE], user = UNTRUSTED_NONE;
	int64_t now = rotas->app->now;
	size_t n = rota_at(&row->rota, now, users, ROTAS_AT_ONCE);
	char name[ROTA_ID];
	struct span gap;

	if (now < row->rota.window.from_at || now >= row->rota.window.until_at)
		return;
	/* What was said later than the schedule was read counts, until it ends. */
	if (o->told_at > row->read_at && (!o->ends_at || now < o->ends_at))
		return;
	for (size_t i = 0; i < n && i < ROTAS_AT_ONCE; i++)
		if (untrusted_eq(users[i], o->user))
			user = users[i];
	if (untrusted_empty(user) && n)
		user = users[0];
	if (n) {
		const struct person *person =
			rota_group_person(&rotas->groups[row->source], user);

		text_line(person ? person->name : user, name, sizeof name);
		oncalls_follow(alerts, at, user, untrusted_str(name),
			rota_until(&row->rota, user, now),
			untrusted_eq(user, rotas_me(rotas, row->source)));
	} else if (rota_gaps(&row->rota, (struct span){now, row->rota.window.until_at},
			   &gap, 1)) {
		oncalls_follow(
			alerts, at, user, untrusted_str("nobody"), gap.until_at, false);
	}
}

void rotas_follow(struct rotas *rotas)
{
	struct alerts *alerts = rotas->app->alerts;

	for (size_t i = 0; i < oncalls_count(alerts); i++) {
		const struct oncall_row *o = oncalls_at(alerts, i);

		if (untrusted_empty(o->schedule))
			continue;
		for (size_t k = 0; k < rotas->row_count; k++)
			if (rotas->rows[k].source == o->source &&
				untrusted_eq(rotas->rows[k].rota.id, o->schedule)) {
				follow_one(rotas, i, &rotas->rows[k]);
				break;
			}
	}
}

void rotas_changed(struct rotas *rotas)
{
	const struct sources *sources = rotas->app->sources;

	rotas->row_count = 0;
	for (int s = 0; s < ROTA_SOURCES; s++) {
		const struct rota_group *g = &rotas->groups[s];

		for (size_t i = 0; i < g->count; i++) {
			MEM_ROOM(rotas->rows, rotas->row_count, rotas->row_cap);
			rotas->rows[rotas->row_count++] = (struct rota_row){
				.id = alert_key(
					sources_row(sources, s)->name, g->rotas[i].id),
				.source = s,
				.rota = g->rotas[i],
				.read_at = g->read_at,
				.kept = !g->live};
		}
	}
	if (rotas->row_count)
		qsort(rotas->rows, rotas->row_count, sizeof *rotas->rows, by_name);
	make_parts(rotas);
	rotas_follow(rotas);
	app_changed(rotas->app, CHANGED_ROTAS);
}

void rotas_begin(struct rotas *rotas)
{
	rotas_keep_read(rotas);
}

void rotas_apply(struct rotas *rotas, int source, const struct batch *batch)
{
	struct rota_group *g = &rotas->groups[source];
	const struct rota_told told = {.rotas = batch->rotas,
		.rota_count = batch->rota_count,
		.people = batch->people,
		.person_count = batch->person_count,
		.me = batch->me,
		.read_at = rotas->app->now};

	rotas_keep_drop(rotas, source, &told);
	rota_group_take(g, &told);
	g->live = true;
	g->absent = batch->rotas_absent;
	g->write_at = 0;
	g->writing = true;
	text_line(batch->partial ? batch->warning : UNTRUSTED_NONE, g->partial,
		sizeof g->partial);
	rotas_changed(rotas);
}

void rotas_status(struct rotas *rotas, int source, const struct poll_status *status)
{
	struct rota_group *g = &rotas->groups[source];

	str_copy(g->error, sizeof g->error,
		status->state == POLL_FAILING ? status->error.text : "");
	app_changed(rotas->app, CHANGED_ROTAS);
}

void rotas_forget(struct rotas *rotas, int source)
{
	group_clear(&rotas->groups[source]);
	rotas_changed(rotas);
}

void rotas_tick(struct rotas *rotas, int64_t now)
{
	rotas_keep_some(rotas);
	if (rotas->minute == now / MINUTE_MS)
		return;
	rotas->minute = now / MINUTE_MS;
	make_parts(rotas);
	rotas_follow(rotas);
	if (rotas->row_count)
		app_changed(rotas->app, CHANGED_ROTAS);
}

bool rotas_settled(const struct rotas *rotas)
{
	const struct sources *sources = rotas->app->sources;

	for (size_t i = 1; i < sources_count(sources); i++) {
		const struct source_row *row = sources_at(sources, i);
		const struct rota_group *g = &rotas->groups[row->number];

		if (row->reads_rota && !g->live && !*g->error)
			return false;
	}
	return !rotas->loading;
}

size_t rotas_count(const struct rotas *rotas)
{
	return rotas->row_count;
}

const struct rota_row *rotas_at(const struct rotas *rotas, size_t i)
{
	return &rotas->rows[i];
}

const struct rota_row *rotas_find(const struct rotas *rotas, uint64_t id)
{
	for (size_t i = 0; i < rotas->row_count; i++)
		if (rotas->rows[i].id == id)
			return &rotas->rows[i];
	return NULL;
}

int64_t rotas_read_at(const struct rotas *rotas, int source)
{
	return rotas->groups[source].live ? rotas->groups[source].read_at : 0;
}

void rotas_show(struct rotas *rotas, uint64_t id)
{
	rotas->shown = id;
	make_parts(rotas);
}

const struct rota_row *rotas_shown(const struct rotas *rotas)
{
	return rotas_find(rotas, rotas->shown);
}

size_t rota_parts_count(const struct rotas *rotas)
{
	return rotas->part_count;
}

const struct rota_part *rota_parts_at(const struct rotas *rotas, size_t i)
{
	return &rotas->parts[i];
}
