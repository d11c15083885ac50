/* Schedules in the store: one small document for each, and a list of them with the people
 * for each source, written when they have changed, a few a second. They are read when
 * the store opens, in a job, so that who is on call can be seen without a network. Hides
 * the documents. Main thread, but for the reading. */
#include "rotas_parts.h"

#include "app/sources.h"
#include "base/alloc.h"
#include "base/crypto.h"
#include "base/json.h"
#include "base/log.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "store/keep.h"

#include <stdio.h>
#include <string.h>

enum {
	AT_ONCE = 8,
	DOCUMENT_MAX = KEEP_MAX_BYTES - 1024,
	PEOPLE_BYTES = 200 << 10, /* of the list: who does not fit is asked for again */
	OVER = 1,
	CUSTOM = 2,
};

static void key_of(const struct rotas *rotas, int source, struct untrusted schedule,
	char out[KEEP_MAX_KEY])
{
	char id[ROTA_ID] = "";

	if (!untrusted_empty(schedule) && !text_to_id(schedule, id, sizeof id))
		str_copy(id, sizeof id, "?");
	snprintf(out, KEEP_MAX_KEY, "rota/%.50s/%.50s%s%s", rotas->app->rc->profile,
		sources_row(rotas->app->sources, source)->name, *id ? "/" : "", id);
}

/* --- writing --- */

static void put_shift(const struct rota_shift *shift, struct json_out *o)
{
	json_open(o, NULL, '[');
	json_put_i64(o, NULL, shift->span.from_at);
	json_put_i64(o, NULL, shift->span.until_at);
	json_put_text(o, NULL, shift->user);
	json_put_text(o, NULL, shift->slot);
	json_put_i64(o, NULL, (shift->over ? OVER : 0) | (shift->custom ? CUSTOM : 0));
	json_shut(o, ']');
}

static void print_rota(const struct rota *rota, struct str *out)
{
	struct json_out o;

	json_begin(&o, out);
	json_open(&o, NULL, '{');
	json_put_text(&o, "id", rota->id);
	json_put_text(&o, "name", rota->name);
	json_put_text(&o, "zone", rota->zone);
	json_put_bool(&o, "by_shifts", rota->by_shifts);
	json_put_i64(&o, "from", rota->window.from_at);
	json_put_i64(&o, "until", rota->window.until_at);
	json_open(&o, "shifts", '[');
	for (size_t i = 0; i < rota->count; i++)
		put_shift(&rota->shifts[i], &o);
	json_shut(&o, ']');
	json_shut(&o, '}');
}

static void print_list(const struct rota_group *g, struct str *out)
{
	struct json_out o;

	json_begin(&o, out);
	json_open(&o, NULL, '{');
	json_put_i64(&o, "read_at", g->read_at);
	json_put_text(&o, "me", g->me);
	json_open(&o, "schedules", '[');
	for (size_t i = 0; i < g->count; i++)
		json_put_text(&o, NULL, g->rotas[i].id);
	json_shut(&o, ']');
	json_open(&o, "people", '[');
	for (size_t i = 0; i < g->person_count && out->n < PEOPLE_BYTES; i++) {
		json_open(&o, NULL, '[');
		json_put_text(&o, NULL, untrusted_slice(g->people[i].id, 0, ROTA_ID));
		json_put_text(&o, NULL, untrusted_slice(g->people[i].name, 0, 200));
		json_put_text(&o, NULL, untrusted_slice(g->people[i].mail, 0, 200));
		json_shut(&o, ']');
	}
	json_shut(&o, ']');
	json_shut(&o, '}');
}

static bool writes(const struct app *app)
{
	return app->live && app->store && !app->demo && !app->past &&
	       store_report(app->store)->state != STORE_READ_ONLY;
}

/* Schedules are names: where people are left out nothing of them is kept. */
static bool names_people(const struct app *app, int source)
{
	const struct source_row *row = sources_row(app->sources, source);

	return !row || !row->rc || !(row->rc->left_out & FIELD_PEOPLE);
}

static void write_next(struct rotas *rotas, int source)
{
	struct rota_group *g = &rotas->groups[source];
	bool last = g->write_at >= g->count;
	char key[KEEP_MAX_KEY];
	struct str text;
	uint64_t hash;

	str_init(&text, DOCUMENT_MAX);
	key_of(rotas, source, last ? UNTRUSTED_NONE : g->rotas[g->write_at].id, key);
	if (last)
		print_list(g, &text);
	else
		print_rota(&g->rotas[g->write_at], &text);
	hash = hash_keyed(str_text(&text), text.n);
	if (!text.cut && hash != g->written[last ? ROTAS_MOST : g->write_at]) {
		keep_put_later(rotas->app->store, key, str_text(&text), text.n,
			(struct store_then){0});
		g->written[last ? ROTAS_MOST : g->write_at] = hash;
	}
	str_release(&text);
	g->write_at++;
	g->writing = !last;
}

void rotas_keep_some(struct rotas *rotas)
{
	if (!writes(rotas->app))
		return;
	for (int s = 0; s < ROTA_SOURCES; s++) {
		struct rota_group *g = &rotas->groups[s];

		g->writing = g->writing && names_people(rotas->app, s);
		for (int i = 0; i < AT_ONCE && g->writing; i++)
			write_next(rotas, s);
	}
}

void rotas_keep_drop(struct rotas *rotas, int source, const struct rota_told *told)
{
	const struct rota_group *g = &rotas->groups[source];
	char key[KEEP_MAX_KEY];

	for (size_t i = 0; writes(rotas->app) && i < g->count; i++) {
		size_t k = 0;

		while (k < told->rota_count &&
			!untrusted_eq(told->rotas[k].id, g->rotas[i].id))
			k++;
		if (k < told->rota_count)
			continue;
		key_of(rotas, source, g->rotas[i].id, key);
		keep_delete_later(rotas->app->store, key, (struct store_then){0});
	}
}

/* --- reading --- */

struct kept_source {
	int source;
	const char *prefix; /* its key, too */
	struct rota_told told;
};

struct read_job {
	struct store_job job;
	struct rotas *rotas;
	struct kept_source *sources;
	size_t count;
};

/* The names of members that lists have instead. */
static struct json at(struct json list, int n)
{
	struct json e = json_first(list);

	while (n-- > 0 && json_item(e))
		e = json_next(e);
	return e;
}

static struct untrusted keep(struct arena *arena, struct json text)
{
	return untrusted_copy(arena, json_text(text));
}

static void read_shift(struct json e, struct arena *arena, struct rota_shift *out)
{
	int64_t flags = 0;

	json_i64(at(e, 0), &out->span.from_at);
	json_i64(at(e, 1), &out->span.until_at);
	out->user = keep(arena, at(e, 2));
	out->slot = keep(arena, at(e, 3));
	json_i64(at(e, 4), &flags);
	out->over = flags & OVER;
	out->custom = flags & CUSTOM;
}

static void read_rota(struct json root, struct arena *arena, struct rota *out)
{
	struct json list = json_get(root, "shifts");
	size_t n = json_count(list);

	*out = (struct rota){.id = keep(arena, json_get(root, "id")),
		.name = keep(arena, json_get(root, "name")),
		.zone = keep(arena, json_get(root, "zone")),
		.by_shifts = json_bool(json_get(root, "by_shifts"), false)};
	json_i64(json_get(root, "from"), &out->window.from_at);
	json_i64(json_get(root, "until"), &out->window.until_at);
	if (n > ROTA_MAX_SHIFTS)
		n = ROTA_MAX_SHIFTS;
	out->shifts = arena_alloc(arena, (n + 1) * sizeof *out->shifts);
	for (struct json e = json_first(list);
		out->shifts && json_item(e) && out->count < n; e = json_next(e))
		read_shift(e, arena, &out->shifts[out->count++]);
	if (out->shifts)
		rota_sort(out);
}

static bool parse(const struct keep_item *item, struct json_doc *doc)
{
	return item->bytes && item->n &&
	       json_parse(doc, item->bytes, item->n, KEEP_MAX_BYTES, NULL);
}

static void read_people(struct json list, struct arena *arena, struct rota_told *told)
{
	size_t n = json_count(list);
	struct person *people = arena_alloc(arena, (n + 1) * sizeof *people);

	for (struct json e = json_first(list);
		people && json_item(e) && told->person_count < n; e = json_next(e))
		people[told->person_count++] = (struct person){keep(arena, at(e, 0)),
			keep(arena, at(e, 1)), keep(arena, at(e, 2))};
	told->people = people;
}

static bool read_rotas(struct read_job *j, struct kept_source *kept, struct json ids,
	struct db *db, struct err *err)
{
	struct arena *arena = &j->job.arena;
	struct rota *rotas = arena_alloc(arena, (ROTAS_MOST + 1) * sizeof *rotas);

	kept->told.rotas = rotas;
	for (struct json e = json_first(ids);
		rotas && json_item(e) && kept->told.rota_count < ROTAS_MOST;
		e = json_next(e)) {
		char key[KEEP_MAX_KEY], id[ROTA_ID];
		struct json_doc doc;
		struct keep_item item;

		if (!text_to_id(json_text(e), id, sizeof id))
			continue;
		snprintf(key, sizeof key, "%.110s/%s", kept->prefix, id);
		if (!keep_get(db, arena, key, &item, err))
			return false;
		if (!parse(&item, &doc))
			continue;
		read_rota(json_root(&doc), arena, &rotas[kept->told.rota_count++]);
		json_release(&doc);
	}
	return true;
}

static bool read_source(
	struct read_job *j, struct kept_source *kept, struct db *db, struct err *err)
{
	struct arena *arena = &j->job.arena;
	struct keep_item item;
	struct json_doc doc;
	struct json root;
	bool fine;

	kept->told = (struct rota_told){0};
	if (!keep_get(db, arena, kept->prefix, &item, err))
		return false;
	if (!parse(&item, &doc))
		return true;
	root = json_root(&doc);
	json_i64(json_get(root, "read_at"), &kept->told.read_at);
	kept->told.me = keep(arena, json_get(root, "me"));
	read_people(json_get(root, "people"), arena, &kept->told);
	fine = read_rotas(j, kept, json_get(root, "schedules"), db, err);
	json_release(&doc);
	return fine;
}

static bool run_read(struct store_job *job, struct db *db, struct err *err)
{
	struct read_job *j = (struct read_job *)job;

	for (size_t i = 0; i < j->count; i++)
		if (!read_source(j, &j->sources[i], db, err))
			return false;
	return true;
}

/* Another rc may have come meanwhile: then it is read again. */
static void end_read(struct store_job *job, const struct err *err)
{
	struct read_job *j = (struct read_job *)job;
	struct rotas *rotas = j->rotas;
	bool taken = false;

	rotas->loading = false;
	if (rotas->ended)
		return;
	if (err)
		log_add(LOG_WARN, "schedules out of the store: %s", err->text);
	for (size_t i = 0; !err && !rotas->load_again && i < j->count; i++) {
		struct rota_group *g = &rotas->groups[j->sources[i].source];

		if (g->live || !j->sources[i].told.read_at)
			continue;
		rota_group_take(g, &j->sources[i].told);
		taken = true;
	}
	if (taken)
		rotas_changed(rotas);
	if (rotas->load_again)
		rotas_keep_read(rotas);
}

void rotas_keep_read(struct rotas *rotas)
{
	const struct app *app = rotas->app;
	struct read_job *j;

	rotas->load_again = rotas->loading;
	if (rotas->loading || !app->store || app_then(app))
		return;
	rotas->loading = true;
	j = store_job_new(sizeof *j);
	j->job.run = run_read;
	j->job.end = end_read;
	j->rotas = rotas;
	j->sources = arena_alloc(&j->job.arena, ROTA_SOURCES * sizeof *j->sources);
	for (size_t i = 1; j->sources && i < sources_count(app->sources); i++) {
		const struct source_row *row = sources_at(app->sources, i);
		char key[KEEP_MAX_KEY];

		if (!row->has_rota)
			continue;
		key_of(rotas, row->number, UNTRUSTED_NONE, key);
		j->sources[j->count++] = (struct kept_source){
			.source = row->number, .prefix = store_job_str(&j->job, key)};
	}
	store_read(app->store, &j->job);
}
