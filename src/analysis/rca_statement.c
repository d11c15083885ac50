/* Rankers over log lines. What a program does is the order of its log statements: within
 * one span, the span's begin, then its lines. Where the statement that used to follow no
 * longer does, the fault lies between the two (Yu et al., Nezha, ESEC/FSE 2023, look at
 * such pairs over whole traces). A way that ends in an error, or ends, is held against
 * the best quarter of the past, since the same error an hour ago does not make it normal;
 * any other way against its worst quarter, since ways also differ by what is asked for.
 * Bounds of the ratios (Wilson 1927) keep few calls from saying much. */
#include "analysis/rca.h"

#include "rca_parts.h"

#include "analysis/template.h"
#include "base/alloc.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "model/intern.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	STATEMENTS = 200000,
	END = 0, /* of the span */
	BUCKETS = 4096,
	LEAST_BEFORE = 3, /* calls */
	LEAST_NOW = 3,
	STATEMENT_WORDS = 6,
	WAYS = 16, /* that are looked at behind one statement */
};

/* One step of one call. */
struct step {
	uint32_t node, from, next;
	int32_t bucket; /* whole minutes from the alert; -1 is the last before it */
};

struct ways {
	struct intern names;
	enum level *levels; /* worst of each statement */
	struct step *steps;
	size_t count, cap, level_cap;
};

static uint32_t statement_id(struct ways *w, struct untrusted name, enum level level)
{
	uint32_t id = intern_id(&w->names, name);

	if (id == INTERN_NONE)
		return id;
	while (id >= w->level_cap) {
		size_t cap = w->level_cap ? 2 * w->level_cap : 64;

		w->levels = mem_resize(w->levels, cap, sizeof *w->levels);
		memset(w->levels + w->level_cap, 0,
			(cap - w->level_cap) * sizeof *w->levels);
		w->level_cap = cap;
	}
	if (level > w->levels[id])
		w->levels[id] = level;
	return id;
}

/* A statement without its place in the code: its level and its first words, up to what
 * varies. A list that is printed makes a template longer or shorter, not another
 * statement. */
static void statement_words(
	const struct template *t, enum level level, char *out, size_t size)
{
	size_t words = 0;
	struct untrusted rest = untrusted_str(t->text), word;
	struct str name;

	str_init(&name, size);
	if (level >= LEVEL_WARN)
		str_puts(&name, level_name(level));
	while (words < STATEMENT_WORDS && untrusted_word(&rest, " ", &word)) {
		if (untrusted_starts(word, "<") && words < 2)
			continue;
		if (untrusted_starts(word, "<"))
			break;
		if (name.n)
			str_putc(&name, ' ');
		text_add_line(&name, word, 60);
		words++;
	}
	str_copy(out, size, name.n ? str_text(&name) : t->text);
	str_release(&name);
}

static uint32_t line_statement(
	const struct rca_work *w, struct ways *ways, const struct capture_line *line)
{
	struct template t;
	char name[INTERN_BYTES];

	if (line->source != CAPTURE_NONE)
		return statement_id(ways, capture_word(w->c, line->source), line->level);
	template_read(&t, line->text, UNTRUSTED_NONE);
	statement_words(&t, line->level, name, sizeof name);
	return statement_id(ways, untrusted_str(name), line->level);
}

static uint32_t span_statement(
	const struct rca_work *w, struct ways *ways, const struct capture_span *span)
{
	char name[INTERN_BYTES];
	size_t n;
	struct untrusted op = capture_word(w->c, span->operation);

	text_line(untrusted_slice(op, 0, 400), name, sizeof name - 8);
	n = strlen(name);
	memcpy(name + n, " start", 7);
	return statement_id(ways, untrusted_str(name), LEVEL_NONE);
}

static void add_step(struct ways *ways, struct step step)
{
	MEM_ROOM(ways->steps, ways->count, ways->cap);
	ways->steps[ways->count++] = step;
}

static int by_span(const void *a, const void *b)
{
	const struct capture_line *x = *(const struct capture_line *const *)a,
				  *y = *(const struct capture_line *const *)b;

	if (x->trace != y->trace)
		return x->trace < y->trace ? -1 : 1;
	if (x->span != y->span)
		return x->span < y->span ? -1 : 1;
	/* Settled lines are in order. */
	return (x > y) - (x < y);
}

static int32_t bucket_of(const struct rca_work *w, int64_t at_us)
{
	int64_t ms = at_us / 1000 - w->at;
	int64_t k = ms >= 0 ? ms / MINUTE_MS : -((-ms + MINUTE_MS - 1) / MINUTE_MS);

	return (int32_t)(k < -BUCKETS ? -BUCKETS : k > BUCKETS ? BUCKETS : k);
}

/* The steps of the lines [from, end) of one span; span may be NULL. */
static void walk(const struct rca_work *w, struct ways *ways,
	const struct capture_line **lines, size_t n, const struct capture_span *span)
{
	struct step step = {
		.node = span ? span->node : lines[0]->node, .from = INTERN_NONE};
	int64_t at = span ? span->at_us : lines[0]->at_us;

	step.bucket = bucket_of(w, at);
	if (at / 1000 > w->to)
		return;
	if (span)
		step.from = span_statement(w, ways, span);
	for (size_t i = 0; i <= n; i++) {
		step.next = i < n ? line_statement(w, ways, lines[i]) : END;
		if (step.from != INTERN_NONE && step.next != INTERN_NONE)
			add_step(ways, step);
		step.from = step.next;
	}
}

static void collect(const struct rca_work *w, struct ways *ways)
{
	const struct capture *c = w->c;
	const struct capture_line **lines = mem_new(c->line_count + 1, sizeof *lines);
	size_t n = 0, end, span = 0;

	for (size_t i = 0; i < c->line_count; i++)
		if (c->lines[i].trace)
			lines[n++] = &c->lines[i];
	if (n)
		qsort(lines, n, sizeof *lines, by_span);
	for (size_t i = 0; i < n; i = end) {
		uint64_t trace = lines[i]->trace, id = lines[i]->span;

		for (end = i;
			end < n && lines[end]->trace == trace && lines[end]->span == id;)
			end++;
		/* Spans without a line have a way too: it ends at once. */
		for (; span < c->span_count &&
			(c->spans[span].trace < trace || (c->spans[span].trace == trace &&
								 c->spans[span].id < id));
			span++)
			walk(w, ways, NULL, 0, &c->spans[span]);
		if (span < c->span_count && c->spans[span].trace == trace &&
			c->spans[span].id == id)
			walk(w, ways, lines + i, end - i, &c->spans[span++]);
		else
			walk(w, ways, lines + i, end - i, NULL);
	}
	for (; span < c->span_count; span++)
		walk(w, ways, NULL, 0, &c->spans[span]);
	mem_free(lines);
}

static int by_step(const void *a, const void *b)
{
	const struct step *x = a, *y = b;

	if (x->node != y->node)
		return x->node < y->node ? -1 : 1;
	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	if (x->bucket != y->bucket)
		return x->bucket < y->bucket ? -1 : 1;
	return (x->next > y->next) - (x->next < y->next);
}

/* So much of the calls that certainly goes another way is as bad as can be: bounds keep a
 * few dozen calls from reaching 1. */
#define FULL_GAP 0.8

/* --- one statement and what follows it --- */

struct fork {
	const struct step *steps;
	size_t count;
	double *ratios; /* scratch, one for each bucket */
};

struct lost {
	double gap;
	uint32_t node, from, next, instead;
	double was, is, calls_before, calls_now;
	int32_t bucket;
};

/* Calls of the fork in [low, high), and how many of them went on to `next`. */
static double tally(
	const struct fork *f, uint32_t next, int32_t low, int32_t high, double *hits)
{
	double n = 0;

	*hits = 0;
	for (size_t i = 0; i < f->count; i++)
		if (f->steps[i].bucket >= low && f->steps[i].bucket < high) {
			n++;
			*hits += f->steps[i].next == next;
		}
	return n;
}

/* The ratio of each minute before `cut`; how many minutes. */
static size_t minutes(const struct fork *f, uint32_t next, int32_t cut)
{
	size_t n = 0, end;

	for (size_t i = 0; i < f->count && f->steps[i].bucket < cut; i = end) {
		double hits = 0;

		for (end = i;
			end < f->count && f->steps[end].bucket == f->steps[i].bucket;
			end++)
			hits += f->steps[end].next == next;
		f->ratios[n++] = hits / (double)(end - i);
	}
	return n;
}

static bool is_among(const uint32_t *list, size_t n, uint32_t wanted)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == wanted)
			return true;
	return false;
}

/* What most calls do now in place of `next`, of the newest few ways. */
static uint32_t instead_of(const struct fork *f, uint32_t next, int32_t cut)
{
	uint32_t best = INTERN_NONE, tried[WAYS];
	double most = 0;
	size_t n = 0;

	for (size_t i = f->count; i > 0 && f->steps[i - 1].bucket >= cut && n < WAYS;
		i--) {
		uint32_t other = f->steps[i - 1].next;
		double hits;

		if (other == next || is_among(tried, n, other))
			continue;
		tried[n++] = other;
		tally(f, other, cut, INT32_MAX, &hits);
		if (hits > most) {
			most = hits;
			best = other;
		}
	}
	return best;
}

static bool is_error(const struct ways *ways, uint32_t statement)
{
	return statement != END && ways->levels[statement] >= LEVEL_ERROR;
}

/* Of the last few calls: what was lost and came back is over. */
static double lately(const struct fork *f, uint32_t next)
{
	for (int k = 0; k < RCA_LENGTHS; k++) {
		double hits, n = tally(f, next, -(1 << k), INT32_MAX, &hits);

		if (n >= LEAST_NOW)
			return hits / n;
	}
	return 1;
}

static void try_cut(const struct ways *ways, const struct fork *f, uint32_t next,
	int32_t cut, struct lost *best)
{
	struct lost l = {.node = f->steps[0].node,
		.from = f->steps[0].from,
		.next = next,
		.bucket = cut};
	double hits_before, hits, share;
	size_t n;
	bool bad;

	l.calls_before = tally(f, next, INT32_MIN, cut, &hits_before);
	l.calls_now = tally(f, next, cut, INT32_MAX, &hits);
	if (l.calls_before < LEAST_BEFORE || l.calls_now < LEAST_NOW ||
		!(hits_before > 0))
		return;
	n = minutes(f, next, cut);
	l.instead = instead_of(f, next, cut);
	bad = l.instead == END || (l.instead != INTERN_NONE && is_error(ways, l.instead));
	l.was = rca_quantile(f->ratios, n, bad ? 0.75 : 0.25);
	l.is = fmax(hits / l.calls_now, lately(f, next));
	share = bad ? fmin(fmax(hits_before, l.calls_before / 4), l.calls_before)
		    : l.calls_before;
	l.gap = rca_ratio_low(l.was * share, share) -
		rca_ratio_high(l.is * l.calls_now, l.calls_now);
	if (l.gap > best->gap)
		*best = l;
}

static void try_fork(const struct ways *ways, const struct fork *f, struct lost *best)
{
	uint32_t seen[WAYS];
	size_t n = 0;

	for (size_t i = 0; i < f->count && n < WAYS; i++) {
		uint32_t next = f->steps[i].next;

		if (is_among(seen, n, next))
			continue;
		seen[n++] = next;
		/* An error that no longer comes, and an end that no longer is one, are
		 * no loss. */
		if (next == END || is_error(ways, next))
			continue;
		for (int l = 0; l < RCA_LENGTHS; l++)
			try_cut(ways, f, next, -(1 << l), best);
	}
}

static void name_of(const struct ways *ways, uint32_t statement, char *out, size_t size)
{
	if (statement == END || statement == INTERN_NONE)
		snprintf(out, size, "nothing more");
	else
		text_line(intern_at(&ways->names, statement), out, size);
}

static void say_lost(struct rca_work *w, const struct ways *ways, const struct lost *l)
{
	struct rca_evidence e = {.share = fmin(l->gap / FULL_GAP, 1),
		.at = w->at + (int64_t)l->bucket * MINUTE_MS,
		.value = l->is,
		.expected = l->was};
	char from[96], next[96], instead[80];

	name_of(ways, l->from, from, sizeof from);
	name_of(ways, l->next, next, sizeof next);
	name_of(ways, l->instead, instead, sizeof instead);
	snprintf(e.query, sizeof e.query, "%s_%s", from, next);
	snprintf(e.sentence, sizeof e.sentence,
		"%s is followed by %s in %.0f %% of %.0f calls, was %.0f %%; now by %s%s",
		from, next, 100 * l->is, l->calls_now, 100 * l->was, instead,
		l->instead != INTERN_NONE && is_error(ways, l->instead) ? " (error)"
									: "");
	rca_say(w, l->node, &e);
	rca_symptom(w, l->node, e.share, e.at);
}

static void rank_statement(struct rca_work *w)
{
	struct ways ways = {0};
	struct lost best = {0};
	double *ratios;
	size_t end;

	intern_init(&ways.names, STATEMENTS);
	statement_id(&ways, untrusted_str("\x01 end"), LEVEL_NONE);
	collect(w, &ways);
	ratios = mem_new(ways.count + 1, sizeof *ratios);
	if (ways.count)
		qsort(ways.steps, ways.count, sizeof *ways.steps, by_step);
	for (size_t i = 0; i < ways.count; i = end) {
		struct fork f = {ways.steps + i, 0, ratios};

		for (end = i; end < ways.count &&
			      ways.steps[end].node == ways.steps[i].node &&
			      ways.steps[end].from == ways.steps[i].from;)
			end++;
		f.count = end - i;
		try_fork(&ways, &f, &best);
		if (end == ways.count || ways.steps[end].node != ways.steps[i].node) {
			if (best.gap > 0)
				say_lost(w, &ways, &best);
			best = (struct lost){0};
		}
	}
	mem_free(ratios);
	mem_free(ways.steps);
	mem_free(ways.levels);
	intern_release(&ways.names);
}

const struct ranker rca_statement = {"statement",
	"a log statement is no longer followed by the one that used to follow",
	rank_statement};

/* --- words --- */

struct heard {
	uint32_t node, statement;
	double before, now;
	int64_t first;
	const struct capture_line *line;
};

static int by_heard(const void *a, const void *b)
{
	const struct heard *x = a, *y = b;

	if (x->node != y->node)
		return x->node < y->node ? -1 : 1;
	return (x->statement > y->statement) - (x->statement < y->statement);
}

static void say_heard(struct rca_work *w, const struct heard *h, bool new)
{
	struct rca_evidence e = {.share = new ? 0.3 : 0.15,
		.at = h->first,
		.value = h->now,
		.expected = h->before};
	char text[160];

	text_line(h->line->text, text, sizeof text);
	snprintf(e.sentence, sizeof e.sentence, "%s \"%.150s\", %.0f times a minute%s",
		new ? "logs for the first time" : "logs more often", text, h->now,
		new ? "" : " more");
	rca_say(w, h->node, &e);
}

/* Errors and worse in the last two minutes before the alert against all before, a
 * minute; what was never logged before is said louder. */
static void rank_words(struct rca_work *w)
{
	struct ways ways = {0};
	struct heard *heard = mem_new(w->c->line_count + 1, sizeof *heard), *sum;
	int64_t cut = w->at - 2 * MINUTE_MS, first = INT64_MAX;
	double span_before, span_now = fmax((double)(w->to - cut) / MINUTE_MS, 1);
	size_t n = 0, end;

	intern_init(&ways.names, STATEMENTS);
	statement_id(&ways, untrusted_str("\x01 end"), LEVEL_NONE);
	for (size_t i = 0; i < w->c->line_count; i++) {
		const struct capture_line *l = &w->c->lines[i];
		int64_t at = l->at_us / 1000;

		if (at < first)
			first = at;
		if (l->level < LEVEL_ERROR || at > w->to)
			continue;
		heard[n++] = (struct heard){
			l->node, line_statement(w, &ways, l), at < cut, at >= cut, at, l};
	}
	span_before = first < cut ? fmax((double)(cut - first) / MINUTE_MS, 1) : 0;
	if (n)
		qsort(heard, n, sizeof *heard, by_heard);
	for (size_t i = 0; i < n && span_before > 0; i = end) {
		sum = &heard[i];
		for (end = i + 1; end < n && !by_heard(&heard[i], &heard[end]); end++) {
			sum->before += heard[end].before;
			sum->now += heard[end].now;
			if (heard[end].now > 0 && sum->first < cut)
				sum->first = heard[end].first;
		}
		if (sum->now < 2)
			continue;
		/* Poisson: three standard deviations over what was usual. */
		if (sum->now > 3 * sqrt(sum->before / span_before * span_now + 1) +
				       sum->before / span_before * span_now)
			say_heard(w, sum, !(sum->before > 0));
	}
	mem_free(heard);
	mem_free(ways.levels);
	intern_release(&ways.names);
}

const struct ranker rca_words = {
	"words", "errors that it logs for the first time, or far more often", rank_words};
