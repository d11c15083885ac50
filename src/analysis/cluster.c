/* Clustering of titles: cells by hash, two rules that join them, and what people said
 * about them. A title that was seen before costs one look-up; a new template is
 * compared with those of its service, at most so many that one more title stays far
 * below a millisecond. Joined cells are trees of parents (union-find), made anew when
 * a reason to be together has gone. */
#include "analysis/cluster.h"

#include "base/alloc.h"
#include "base/map.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	COMPARED = 256, /* cells of a service that a new one is compared with */
	RIVALS = 8,     /* cells that one cell may take over from */
	LEAST_WORDS = 3,
	TEXT_MAX = 400,
};

static const double alike_from = 0.5;

/* Two cells of one service with words in common; joined: one took over from the
 * other. */
struct rivals {
	uint32_t a, b;
	bool joined;
};

struct cell {
	struct cluster_cell shown;
	struct template *template;
	struct service *service;
	uint32_t parent;
	uint32_t rivals[RIVALS]; /* indices of pairs */
	uint8_t rival_count;
};

struct service {
	uint32_t *cells;
	size_t count, cap;
};

/* A template of a service with one word taken out. */
struct slot {
	uint32_t cells[CLUSTER_NAMES];
	size_t count;
};

struct edge {
	uint32_t a, b;
};

struct clusters {
	struct cell *cells;
	size_t count, cap;
	struct map by_id, services, slots;
	struct rivals *pairs;
	size_t pair_count, pair_cap;
	struct edge *names; /* cells that differ in a name only */
	size_t name_count, name_cap;
	struct cluster *list;
	uint32_t *place; /* cell to list */
	size_t list_count, place_cap;
	bool torn;  /* a reason has gone: parents must be made anew */
	bool stale; /* the list must be made anew */
	struct template read;
};

struct clusters *clusters_new(void)
{
	struct clusters *c = mem_new(1, sizeof *c);

	map_init(&c->by_id);
	map_init(&c->services);
	map_init(&c->slots);
	return c;
}

static void free_values(struct map *map)
{
	void *value;

	for (size_t at = 0; map_each(map, &at, NULL, &value);)
		mem_free(value);
	map_release(map);
}

void clusters_free(struct clusters *c)
{
	void *value;

	if (!c)
		return;
	for (size_t i = 0; i < c->count; i++) {
		mem_free(c->cells[i].template);
		untrusted_free(c->cells[i].shown.title);
		untrusted_free(c->cells[i].shown.service);
	}
	for (size_t at = 0; map_each(&c->services, &at, NULL, &value);)
		mem_free(((struct service *)value)->cells);
	map_release(&c->by_id);
	free_values(&c->services);
	free_values(&c->slots);
	mem_free(c->cells);
	mem_free(c->pairs);
	mem_free(c->names);
	mem_free(c->list);
	mem_free(c->place);
	mem_free(c);
}

/* --- trees --- */

static uint32_t root_of(struct clusters *c, uint32_t i)
{
	while (c->cells[i].parent != i) {
		c->cells[i].parent = c->cells[c->cells[i].parent].parent;
		i = c->cells[i].parent;
	}
	return i;
}

/* Roots carry the label of their tree. Trees with different labels stay apart. */
static void join(struct clusters *c, uint32_t a, uint32_t b)
{
	struct cell *x, *y;

	a = root_of(c, a);
	b = root_of(c, b);
	x = &c->cells[a];
	y = &c->cells[b];
	if (a == b)
		return;
	/* Whoever is labelled is above; else the lower index. */
	if (!x->shown.label == !y->shown.label ? a > b : !x->shown.label) {
		join(c, b, a);
		return;
	}
	if (y->shown.label && x->shown.label != y->shown.label)
		return;
	y->parent = a;
	c->stale = true;
}

/* --- one cell took over from another --- */

static bool took_over(const struct clusters *c, uint32_t i, uint32_t k)
{
	const struct cluster_cell *a = &c->cells[i].shown, *b = &c->cells[k].shown;
	double n, m;

	if (!a->count || !b->count)
		return false;
	if (a->last_at >= b->first_at && b->last_at >= a->first_at)
		return false;
	n = (double)a->count;
	m = (double)b->count;
	/* Two of the (n + m over n) ways to line them up keep them apart. */
	return lgamma(n + m + 1) - lgamma(n + 1) - lgamma(m + 1) - log(2) >=
	       log(CLUSTER_CHANCE);
}

static void look_at_rivals(struct clusters *c, uint32_t i)
{
	const struct cell *cell = &c->cells[i];

	for (size_t k = 0; k < cell->rival_count; k++) {
		struct rivals *pair = &c->pairs[cell->rivals[k]];
		bool now = took_over(c, pair->a, pair->b);

		if (now == pair->joined)
			continue;
		pair->joined = now;
		if (now)
			join(c, pair->a, pair->b);
		else
			c->torn = true;
	}
}

static void make_rivals(struct clusters *c, uint32_t i, uint32_t k)
{
	struct cell *a = &c->cells[i], *b = &c->cells[k];

	if (a->rival_count == RIVALS || b->rival_count == RIVALS ||
		template_similarity(a->template, b->template) < alike_from)
		return;
	MEM_ROOM(c->pairs, c->pair_count, c->pair_cap);
	c->pairs[c->pair_count] = (struct rivals){i, k, false};
	a->rivals[a->rival_count++] = b->rivals[b->rival_count++] =
		(uint32_t)c->pair_count++;
}

/* --- a word that is a name --- */

static void join_names(struct clusters *c, uint32_t a, uint32_t b)
{
	MEM_ROOM(c->names, c->name_count, c->name_cap);
	c->names[c->name_count++] = (struct edge){a, b};
	join(c, a, b);
}

static void note_slot(struct clusters *c, uint32_t i, size_t token)
{
	const struct template *t = c->cells[i].template;
	uint64_t key[TEMPLATE_TOKENS + 1];
	struct slot *slot;

	for (size_t k = 0; k < t->count; k++)
		key[k] = k == token ? 0 : t->tokens[k].hash;
	key[t->count] = (uint64_t)(uintptr_t)c->cells[i].service;
	slot = map_get(&c->slots, key, (t->count + 1) * sizeof *key);
	if (!slot) {
		slot = mem_new(1, sizeof *slot);
		map_put(&c->slots, key, (t->count + 1) * sizeof *key, slot);
	}
	if (slot->count < CLUSTER_NAMES)
		slot->cells[slot->count] = i;
	slot->count++;
	if (slot->count < CLUSTER_NAMES)
		return;
	if (slot->count == CLUSTER_NAMES)
		for (size_t k = 1; k < CLUSTER_NAMES; k++)
			join_names(c, slot->cells[0], slot->cells[k]);
	else
		join_names(c, slot->cells[0], i);
}

static void look_at_words(struct clusters *c, uint32_t i)
{
	const struct template *t = c->cells[i].template;
	size_t words = 0;

	for (size_t k = 0; k < t->count; k++)
		words += t->tokens[k].kind == TOKEN_WORD;
	for (size_t k = 0; words > LEAST_WORDS && k < t->count; k++)
		if (t->tokens[k].slot)
			note_slot(c, i, k);
}

/* --- cells --- */

static bool earlier(const struct cluster_cell *a, const struct cluster_cell *b)
{
	if (!a->count || !b->count)
		return a->count > b->count;
	return a->first_at != b->first_at ? a->first_at < b->first_at : a->id < b->id;
}

static bool speaks_louder(const struct cluster_cell *a, const struct cluster_cell *b)
{
	return a->count != b->count ? a->count > b->count : a->id < b->id;
}

/* The first and the loudest of a cluster after one of its cells has changed. */
static void weigh(struct clusters *c, struct cluster *in, uint32_t i)
{
	const struct cluster_cell *cell = &c->cells[i].shown;

	if (speaks_louder(cell, &c->cells[in->cell].shown))
		in->cell = i;
	if (earlier(cell, &c->cells[in->first].shown))
		in->first = i;
	in->id = c->cells[in->first].shown.id;
}

static void room_for_lists(struct clusters *c)
{
	if (c->place_cap >= c->count)
		return;
	c->place_cap = c->cap;
	c->place = mem_resize(c->place, c->place_cap, sizeof *c->place);
	c->list = mem_resize(c->list, c->place_cap, sizeof *c->list);
}

static struct service *service_of(struct clusters *c, uint64_t key)
{
	struct service *service = map_get(&c->services, &key, sizeof key);

	if (!service) {
		service = mem_new(1, sizeof *service);
		map_put(&c->services, &key, sizeof key, service);
	}
	return service;
}

static uint64_t cell_id(uint64_t template_key, uint64_t service_key)
{
	uint64_t id = template_key ^ (service_key * UINT64_C(0x9e3779b97f4a7c15));

	id ^= id >> 32;
	return id ? id : 1;
}

static uint32_t make_cell(struct clusters *c, uint64_t id, uint64_t service_key,
	struct untrusted title, struct untrusted service)
{
	uint32_t i = (uint32_t)c->count;
	struct service *s = service_of(c, service_key);
	struct cell *cell;

	MEM_ROOM(c->cells, c->count, c->cap);
	cell = &c->cells[c->count++];
	*cell = (struct cell){.service = s, .parent = i};
	cell->template = mem_dup(&c->read, sizeof c->read);
	cell->shown = (struct cluster_cell){.id = id,
		.title = untrusted_keep(title, TEXT_MAX),
		.service = untrusted_keep(service, TEXT_MAX)};
	map_put(&c->by_id, &id, sizeof id, (void *)(uintptr_t)(i + 1));
	for (size_t k = 0; k < s->count && k < COMPARED; k++)
		make_rivals(c, i, s->cells[s->count - 1 - k]);
	MEM_ROOM(s->cells, s->count, s->cap);
	s->cells[s->count++] = i;
	look_at_words(c, i);
	if (c->stale)
		return i;
	/* Alone: a cluster of its own. */
	room_for_lists(c);
	c->place[i] = (uint32_t)c->list_count++;
	c->list[c->place[i]] =
		(struct cluster){.id = id, .cells = 1, .cell = i, .first = i};
	return i;
}

static uint32_t cell_of(
	struct clusters *c, struct untrusted title, struct untrusted service)
{
	uint64_t service_key = template_service(service), id;
	void *known;

	template_read(&c->read, title, service);
	id = cell_id(c->read.key, service_key);
	known = map_get(&c->by_id, &id, sizeof id);
	if (!known && c->count >= CLUSTER_CELLS) {
		c->read.key = service_key = 0;
		id = cell_id(0, 0);
		known = map_get(&c->by_id, &id, sizeof id);
	}
	if (known)
		return (uint32_t)((uintptr_t)known - 1);
	return make_cell(c, id, service_key, title, service);
}

bool clusters_find(const struct clusters *c, struct untrusted title,
	struct untrusted service, uint32_t *cell)
{
	struct template read;
	uint64_t id;
	void *known;

	template_read(&read, title, service);
	id = cell_id(read.key, template_service(service));
	known = map_get(&c->by_id, &id, sizeof id);
	if (known)
		*cell = (uint32_t)((uintptr_t)known - 1);
	return known != NULL;
}

uint32_t clusters_add(
	struct clusters *c, struct untrusted title, struct untrusted service, int64_t at)
{
	uint32_t i = cell_of(c, title, service);
	struct cluster_cell *cell = &c->cells[i].shown;

	if (!cell->count || at < cell->first_at)
		cell->first_at = at;
	if (!cell->count || at > cell->last_at)
		cell->last_at = at;
	cell->count++;
	look_at_rivals(c, i);
	if (!c->stale && !c->torn) {
		c->list[c->place[i]].count++;
		weigh(c, &c->list[c->place[i]], i);
	}
	return i;
}

uint32_t clusters_label(struct clusters *c, struct untrusted title,
	struct untrusted service, uint64_t label)
{
	uint32_t i = cell_of(c, title, service);

	if (c->cells[i].shown.label != label)
		c->torn = true;
	c->cells[i].shown.label = label;
	return i;
}

/* --- clusters --- */

/* What people said first, so that nothing else comes before it. */
static void join_labels(struct clusters *c)
{
	struct map heads;

	map_init(&heads);
	for (size_t i = 0; i < c->count; i++) {
		uint64_t label = c->cells[i].shown.label;
		void *head;

		if (!label)
			continue;
		head = map_get(&heads, &label, sizeof label);
		if (head)
			join(c, (uint32_t)((uintptr_t)head - 1), (uint32_t)i);
		else
			map_put(&heads, &label, sizeof label, (void *)(uintptr_t)(i + 1));
	}
	map_release(&heads);
}

static void join_anew(struct clusters *c)
{
	for (size_t i = 0; i < c->count; i++)
		c->cells[i].parent = (uint32_t)i;
	join_labels(c);
	for (size_t i = 0; i < c->name_count; i++)
		join(c, c->names[i].a, c->names[i].b);
	for (size_t i = 0; i < c->pair_count; i++) {
		struct rivals *pair = &c->pairs[i];

		pair->joined = took_over(c, pair->a, pair->b);
		if (pair->joined)
			join(c, pair->a, pair->b);
	}
	c->torn = false;
	c->stale = true;
}

static void add_to(struct clusters *c, struct cluster *into, uint32_t i)
{
	const struct cluster_cell *cell = &c->cells[i].shown;

	if (!into->cells)
		into->cell = into->first = i;
	weigh(c, into, i);
	into->cells++;
	into->count += cell->count;
	if (cell->label)
		into->reasons |= CLUSTER_BY_HAND;
}

static void note_reasons(struct clusters *c)
{
	for (size_t i = 0; i < c->name_count; i++)
		if (c->place[c->names[i].a] == c->place[c->names[i].b])
			c->list[c->place[c->names[i].a]].reasons |= CLUSTER_BY_NAME;
	for (size_t i = 0; i < c->pair_count; i++)
		if (c->pairs[i].joined &&
			c->place[c->pairs[i].a] == c->place[c->pairs[i].b])
			c->list[c->place[c->pairs[i].a]].reasons |= CLUSTER_BY_RENAME;
}

void clusters_settle(struct clusters *c)
{
	if (c->torn)
		join_anew(c);
	if (!c->stale)
		return;
	room_for_lists(c);
	c->list_count = 0;
	for (uint32_t i = 0; i < c->count; i++)
		if (root_of(c, i) == i) {
			c->place[i] = (uint32_t)c->list_count;
			c->list[c->list_count++] = (struct cluster){0};
		}
	for (uint32_t i = 0; i < c->count; i++) {
		c->place[i] = c->place[root_of(c, i)];
		add_to(c, &c->list[c->place[i]], i);
	}
	note_reasons(c);
	c->stale = false;
}

size_t clusters_count(const struct clusters *c)
{
	return c->list_count;
}

const struct cluster *clusters_at(const struct clusters *c, size_t i)
{
	return &c->list[i];
}

size_t clusters_of(const struct clusters *c, uint32_t cell)
{
	return c->place[cell];
}

size_t clusters_cells(const struct clusters *c)
{
	return c->count;
}

const struct cluster_cell *clusters_cell(const struct clusters *c, uint32_t cell)
{
	struct cluster_cell *shown = &c->cells[cell].shown;

	shown->text = untrusted_str(c->cells[cell].template->text);
	return shown;
}

/* --- what is like a title --- */

static void put_near(
	struct cluster_near *out, size_t *n, size_t max, struct cluster_near one)
{
	size_t at = *n;

	while (at && out[at - 1].score < one.score)
		at--;
	if (at == max)
		return;
	if (*n < max)
		++*n;
	memmove(out + at + 1, out + at, (*n - at - 1) * sizeof *out);
	out[at] = one;
}

size_t clusters_near(const struct clusters *c, struct untrusted title,
	struct untrusted service, struct cluster_near *out, size_t max)
{
	uint64_t key = template_service(service);
	const struct service *own = map_get(&c->services, &key, sizeof key);
	struct template read;
	size_t n = 0;

	template_read(&read, title, service);
	for (size_t i = 0; max && i < c->count; i++) {
		const struct cell *cell = &c->cells[i];
		double score = read.key == cell->template->key
				       ? 1
				       : template_similarity(&read, cell->template);

		if (cell->service != own)
			score *= 0.75;
		if (cell->shown.count && score >= alike_from)
			put_near(out, &n, max, (struct cluster_near){(uint32_t)i, score});
	}
	return n;
}
