/* Batches: growing arrays in an arena, and their printed form, which recorded answers
 * are tested against. A full array is said, never silent. Any thread, one at a time
 * for one batch. */
#include "model/batch.h"

#include "base/alloc.h"
#include "base/str.h"
#include "base/text.h"

#include <string.h>

void batch_init(struct batch *batch, struct arena *arena)
{
	*batch = (struct batch){.arena = arena};
}

/* Grows by doubling inside the arena; the old copy is left to it. */
static void *add(struct batch *batch, void **items, size_t *count, size_t *cap,
	size_t size, size_t max)
{
	void *item;

	if (*count == *cap) {
		size_t more = *cap ? *cap * 2 : 16;
		void *bigger;

		if (more > max)
			more = max;
		bigger = *count < more ? arena_alloc(batch->arena, more * size) : NULL;
		if (!bigger) {
			batch->cut = true;
			return NULL;
		}
		if (*count)
			memcpy(bigger, *items, *count * size);
		*items = bigger;
		*cap = more;
	}
	item = (char *)*items + (*count)++ * size;
	memset(item, 0, size);
	return item;
}

#define ADD(items, count, cap, max)                                                      \
	add(batch, (void **)&batch->items, &batch->count, &batch->cap,                   \
		sizeof *batch->items, max)

struct batch_series *batch_add_series(struct batch *batch)
{
	return ADD(series, series_count, series_cap, BATCH_MAX_SERIES);
}

struct batch_query *batch_add_query(struct batch *batch)
{
	return ADD(queries, query_count, query_cap, BATCH_MAX_ITEMS);
}

struct alert_draft *batch_add_alert(struct batch *batch)
{
	return ADD(alerts, alert_count, alert_cap, BATCH_MAX_ALERTS);
}

struct batch_line *batch_add_line(struct batch *batch)
{
	return ADD(lines, line_count, line_cap, BATCH_MAX_ITEMS);
}

struct batch_silence *batch_add_silence(struct batch *batch)
{
	return ADD(silences, silence_count, silence_cap, BATCH_MAX_ITEMS);
}

struct batch_rule *batch_add_rule(struct batch *batch)
{
	return ADD(rules, rule_count, rule_cap, BATCH_MAX_ITEMS);
}

struct batch_change *batch_add_change(struct batch *batch)
{
	return ADD(changes, change_count, change_cap, BATCH_MAX_ITEMS);
}

struct batch_oncall *batch_add_oncall(struct batch *batch)
{
	return ADD(oncalls, oncall_count, oncall_cap, BATCH_MAX_ITEMS);
}

struct batch_raw *batch_add_raw(struct batch *batch)
{
	return ADD(raws, raw_count, raw_cap, BATCH_MAX_ITEMS);
}

struct batch_count *batch_add_count(struct batch *batch)
{
	return ADD(counts, count_count, count_cap, BATCH_MAX_ITEMS);
}

struct batch_page *batch_add_page(struct batch *batch)
{
	return ADD(pages, page_count, page_cap, BATCH_MAX_ITEMS);
}

struct batch_past *batch_add_past(struct batch *batch)
{
	return ADD(pasts, past_count, past_cap, BATCH_MAX_ITEMS);
}

struct batch_entry *batch_add_entry(struct batch *batch)
{
	return ADD(entries, entry_count, entry_cap, BATCH_MAX_ITEMS);
}

struct batch_detail *batch_add_detail(struct batch *batch)
{
	return ADD(details, detail_count, detail_cap, BATCH_MAX_ITEMS);
}

struct rota *batch_add_rota(struct batch *batch)
{
	return ADD(rotas, rota_count, rota_cap, BATCH_MAX_ITEMS);
}

struct person *batch_add_person(struct batch *batch)
{
	return ADD(people, person_count, person_cap, BATCH_MAX_ITEMS);
}

void alert_pack_make(struct alert_pack *pack, const struct batch *batch, int source,
	const char *source_name)
{
	pack->count = batch->alert_count;
	pack->list = mem_new(pack->count, sizeof *pack->list);
	for (size_t i = 0; i < pack->count; i++)
		pack->list[i] = alert_new(&batch->alerts[i], source, source_name);
}

void alert_pack_release(struct alert_pack *pack)
{
	for (size_t i = 0; pack->list && i < pack->count; i++)
		alert_free(pack->list[i]);
	mem_free(pack->list);
	*pack = (struct alert_pack){0};
}

static void word(struct str *out, const char *name, struct untrusted text)
{
	if (untrusted_empty(text))
		return;
	str_printf(out, " %s=", name);
	text_add_json(out, text);
}

static void print_pairs(
	struct str *out, const char *what, const struct pair *pairs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		str_printf(out, "  %s ", what);
		text_add_json(out, pairs[i].name);
		word(out, "value", pairs[i].value);
		str_putc(out, '\n');
	}
}

static void print_alert(const struct alert_draft *a, struct str *out)
{
	static const char *const names[ALERT_TEXT_COUNT] = {"id", "title", "summary",
		"service", "group", "page_keys", "acked_by", "assigned", "next", "link",
		"runbook", "expr"};

	str_printf(out,
		"alert %s %s pages=%d started=%lld acked=%lld next=%lld number=%u",
		severity_name(a->severity), alert_state_name(a->state), a->pages,
		(long long)a->started_at, (long long)a->acked_at, (long long)a->next_at,
		(unsigned)a->number);
	for (int i = 0; i < ALERT_TEXT_COUNT; i++)
		word(out, names[i], a->texts[i]);
	str_putc(out, '\n');
	print_pairs(out, "label", a->labels, a->label_count);
	print_pairs(out, "annotation", a->annotations, a->annotation_count);
}

static void print_lines(const struct batch *batch, struct str *out)
{
	if (batch->lines_of)
		str_printf(out, "lines%s%s from=%lld\n",
			batch->lines_of->anew ? " anew" : "",
			batch->lines_of->whole ? " whole" : "",
			(long long)batch->lines_of->from);
	for (size_t i = 0; i < batch->line_count; i++) {
		const struct batch_line *l = &batch->lines[i];

		str_printf(out, "line at=%lld ns=%lld level=%s", (long long)l->line.at,
			(long long)l->at_ns, level_name(l->line.level));
		word(out, "host", l->line.host);
		word(out, "unit", l->line.unit);
		word(out, "text", l->line.text);
		word(out, "labels", l->labels);
		str_putc(out, '\n');
	}
}

static void print_rest(const struct batch *batch, struct str *out)
{
	for (size_t i = 0; i < batch->silence_count; i++) {
		const struct batch_silence *s = &batch->silences[i];

		str_printf(out, "silence active=%d %lld..%lld", s->active,
			(long long)s->starts_at, (long long)s->ends_at);
		word(out, "id", s->id);
		word(out, "matchers", s->matchers);
		word(out, "author", s->author);
		word(out, "comment", s->comment);
		str_putc(out, '\n');
	}
	for (size_t i = 0; i < batch->rule_count; i++) {
		const struct batch_rule *r = &batch->rules[i];

		str_printf(out, "rule for=%g", r->for_s);
		word(out, "name", r->name);
		word(out, "expr", r->expr);
		word(out, "state", r->state);
		word(out, "health", r->health);
		word(out, "error", r->last_error);
		str_putc(out, '\n');
		print_pairs(out, "label", r->labels, r->label_count);
	}
	print_lines(batch, out);
	for (size_t i = 0; i < batch->change_count; i++) {
		const struct batch_change *c = &batch->changes[i];

		str_printf(out, "change at=%lld", (long long)c->at);
		word(out, "id", c->id);
		word(out, "service", c->service);
		word(out, "summary", c->summary);
		word(out, "link", c->link);
		str_putc(out, '\n');
	}
	for (size_t i = 0; i < batch->oncall_count; i++) {
		const struct batch_oncall *o = &batch->oncalls[i];

		str_printf(out, "oncall level=%d me=%d ends=%lld", o->level, o->me,
			(long long)o->ends_at);
		word(out, "who", o->who);
		word(out, "policy", o->policy);
		word(out, "user", o->user);
		word(out, "schedule", o->schedule);
		str_putc(out, '\n');
	}
}

static void print_past(const struct batch *batch, struct str *out)
{
	const struct coverage *c = batch->coverage;

	for (size_t i = 0; i < batch->past_count; i++) {
		const struct batch_past *past = &batch->pasts[i];

		str_printf(out, "past urgency=%d ended=%lld", past->urgency,
			(long long)past->alert.ended_at);
		word(out, "priority", past->priority);
		word(out, "by", past->resolved_by);
		str_putc(out, ' ');
		print_alert(&past->alert, out);
	}
	for (size_t i = 0; i < batch->entry_count; i++) {
		const struct batch_entry *e = &batch->entries[i];

		str_printf(out, "entry kind=%d at=%lld by_hand=%d", e->kind,
			(long long)e->at, e->by_hand);
		word(out, "id", e->id);
		word(out, "incident", e->incident);
		word(out, "who", e->who);
		word(out, "text", e->text);
		str_putc(out, '\n');
	}
	if (c)
		str_printf(out,
			"coverage wanted=%lld began=%lld..%lld entries=%lld..%lld "
			"lacking=%lld..%lld%s\n",
			(long long)c->wanted_at, (long long)c->began.from_at,
			(long long)c->began.until_at, (long long)c->entries.from_at,
			(long long)c->entries.until_at, (long long)c->lacking.from_at,
			(long long)c->lacking.until_at,
			c->no_entries ? " no entries" : "");
}

static void print_opened(const struct batch *batch, struct str *out)
{
	const struct batch_opened *o = batch->opened;

	if (!o)
		return;
	str_printf(out, "opened notes=%d ended=%d", o->notes, o->ended);
	word(out, "incident", o->incident);
	word(out, "lacks", o->lacks);
	str_putc(out, '\n');
}

static void print_pages(const struct batch *batch, struct str *out)
{
	static const char *const news[] = {
		[PAGE_READ] = "read", [PAGE_SAME] = "same", [PAGE_GONE] = "gone"};

	for (size_t i = 0; i < batch->page_count; i++) {
		const struct batch_page *page = &batch->pages[i];

		str_printf(out, "page %s", news[page->news]);
		word(out, "url", page->url);
		word(out, "title", page->title);
		word(out, "etag", page->etag);
		word(out, "modified", page->modified);
		word(out, "links", page->links);
		word(out, "text", page->text);
		str_putc(out, '\n');
	}
}

static void print_details(const struct batch *batch, struct str *out)
{
	for (size_t i = 0; i < batch->detail_count; i++) {
		const struct batch_detail *d = &batch->details[i];

		str_puts(out, "detail");
		word(out, "id", d->id);
		word(out, "link", d->link);
		str_putc(out, '\n');
		print_pairs(out, "label", d->labels, d->label_count);
	}
}

static void print_rotas(const struct batch *batch, struct str *out)
{
	for (size_t i = 0; i < batch->rota_count; i++) {
		const struct rota *rota = &batch->rotas[i];

		str_printf(out, "rota by_shifts=%d window=%lld..%lld", rota->by_shifts,
			(long long)rota->window.from_at,
			(long long)rota->window.until_at);
		word(out, "id", rota->id);
		word(out, "name", rota->name);
		word(out, "zone", rota->zone);
		str_putc(out, '\n');
		for (size_t k = 0; k < rota->count; k++) {
			const struct rota_shift *shift = &rota->shifts[k];

			str_printf(out, "  shift %lld..%lld custom=%d over=%d",
				(long long)shift->span.from_at,
				(long long)shift->span.until_at, shift->custom,
				shift->over);
			word(out, "user", shift->user);
			word(out, "slot", shift->slot);
			str_putc(out, '\n');
		}
	}
	for (size_t i = 0; i < batch->person_count; i++) {
		str_puts(out, "person");
		word(out, "id", batch->people[i].id);
		word(out, "name", batch->people[i].name);
		word(out, "mail", batch->people[i].mail);
		str_putc(out, '\n');
	}
	if (batch->rotas_snapshot) {
		str_printf(out, "rotas absent=%d", batch->rotas_absent);
		word(out, "me", batch->me);
		str_putc(out, '\n');
	}
}

void batch_print(const struct batch *batch, struct str *out)
{
	if (batch->watch)
		str_printf(out, "watch %u", (unsigned)batch->watch);
	if (batch->watch)
		word(out, "error", batch->watch_error);
	if (batch->watch)
		str_putc(out, '\n');
	for (size_t i = 0; i < batch->series_count; i++) {
		const struct batch_series *s = &batch->series[i];

		str_printf(
			out, "series query=%d%s", s->query, s->history ? " history" : "");
		word(out, "labels", s->labels);
		for (size_t k = 0; k < s->count; k++)
			str_printf(out, " %lld:%.12g", (long long)s->points[k].at,
				s->points[k].value);
		str_putc(out, '\n');
	}
	for (size_t i = 0; i < batch->query_count; i++) {
		const struct batch_query *q = &batch->queries[i];

		str_printf(
			out, "query %d series=%zu odd=%zu", q->query, q->series, q->odd);
		word(out, "error", q->error);
		str_putc(out, '\n');
	}
	for (size_t i = 0; i < batch->alert_count; i++)
		print_alert(&batch->alerts[i], out);
	print_rest(batch, out);
	print_past(batch, out);
	print_details(batch, out);
	print_opened(batch, out);
	print_rotas(batch, out);
	print_pages(batch, out);
	str_printf(out,
		"snapshot alerts=%d silences=%d rules=%d oncalls=%d cut=%d partial=%d",
		batch->alerts_snapshot, batch->silences_snapshot, batch->rules_snapshot,
		batch->oncalls_snapshot, batch->cut, batch->partial);
	word(out, "warning", batch->warning);
	str_putc(out, '\n');
}
