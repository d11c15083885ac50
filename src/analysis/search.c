/* The index: documents taken apart into words by field, and what is counted over all of
 * them once they are there. Hides how Markdown is cut into fields and how phrases of the
 * lexicon are found. The query's side is search_query.c, the ranking search_rank.c. */
#include "search_parts.h"

#include "lexicon.h"
#include "terms.h"

#include "base/alloc.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_BYTES = 1 << 30, SLOT_WORDS = 24, COUNT_MAX = 60000 };

/* How much a word counts by where it stands, and how much the field's length does. */
static const struct {
	double weight, length;
} fields[FIELDS] = {[FIELD_TITLE] = {3, 0.5},
	[FIELD_ALSO] = {3, 0},
	[FIELD_HEADING] = {0.5, 0.5},
	[FIELD_LEAD] = {2, 0.5},
	[FIELD_TEXT] = {1, 0.75},
	[FIELD_CODE] = {0.3, 0.75}};

/* --- words --- */

uint32_t search_hash(const char *text)
{
	uint32_t h = 2166136261u;

	for (; *text; text++)
		h = (h ^ (unsigned char)*text) * 16777619u;
	return h ^ (h >> 15);
}

uint32_t search_pair(uint32_t a, uint32_t b)
{
	uint64_t h = ((uint64_t)a << 32 | b) * UINT64_C(0x9e3779b97f4a7c15);

	return (uint32_t)(h >> 32);
}

/* One bit for each three letters in a row; what stands before the first is one too. */
uint64_t search_letters(const char *word)
{
	uint64_t bits = 0;
	uint32_t last = 0;

	for (size_t i = 0; word[i]; i++) {
		last = (last << 8 | (unsigned char)word[i]) & 0xffffff;
		if (i)
			bits |= UINT64_C(1) << (last * 2654435769u >> 26);
	}
	return bits;
}

uint32_t search_term(const struct search *search, const char *word)
{
	uintptr_t found = (uintptr_t)map_get(&search->terms, word, strlen(word));

	return found ? (uint32_t)(found - 1) : NO_TERM;
}

static uint32_t intern(struct search *s, const struct term *term)
{
	char word[TERM_BYTES];
	uint32_t found;

	memcpy(word, term->word, sizeof word);
	if (!term->whole)
		term_stem(word);
	found = search_term(s, word);
	if (found != NO_TERM)
		return found;
	MEM_ROOM(s->words, s->word_count, s->word_cap);
	s->words[s->word_count] = (struct word){.text = arena_strdup(&s->arena, word),
		.shown = arena_strdup(&s->arena, term->word)};
	if (s->arena.full)
		return NO_TERM;
	s->words[s->word_count].flags = (uint8_t)((term->digits ? TERM_DIGITS : 0) |
						  (term->whole ? TERM_WHOLE : 0) |
						  (strlen(word) < 2 ? TERM_SHORT : 0));
	s->words[s->word_count].letters = search_letters(word);
	map_put(&s->terms, word, strlen(word), (void *)(uintptr_t)(s->word_count + 1));
	return (uint32_t)s->word_count++;
}

/* --- the lexicon --- */

static void read_phrase(
	struct search *s, struct untrusted text, unsigned row, unsigned family)
{
	enum lexicon_kind kind = lexicon[row].kind;
	struct phrase phrase = {.group = (uint8_t)row};
	struct terms terms;
	struct term term;

	terms_begin(&terms, text);
	while (terms_next(&terms, &term) && phrase.count < PHRASE_TERMS)
		if (!term.whole)
			phrase.terms[phrase.count++] = intern(s, &term);
	if (!phrase.count)
		return;
	if (kind == LEXICON_STOP)
		s->words[phrase.terms[0]].flags |= TERM_STOP;
	if (kind == LEXICON_FILLER)
		s->words[phrase.terms[0]].flags |= TERM_FILLER;
	if (kind == LEXICON_RIVALS)
		s->words[phrase.terms[0]].rivals |= UINT64_C(1) << family;
	if (kind != LEXICON_SAME && kind != LEXICON_STATE)
		return;
	if (phrase.count == 1 && kind == LEXICON_SAME)
		groups_add(&s->words[phrase.terms[0]].same, row);
	MEM_ROOM(s->phrases, s->phrase_count, s->phrase_cap);
	s->phrases[s->phrase_count++] = phrase;
}

static int by_first_term(const void *a, const void *b)
{
	const struct phrase *x = a, *y = b;

	return (x->terms[0] > y->terms[0]) - (x->terms[0] < y->terms[0]);
}

static void read_lexicon(struct search *s)
{
	unsigned family = 0;

	for (unsigned row = 0; lexicon[row].words && row < GROUPS; row++) {
		struct untrusted rest = untrusted_str(lexicon[row].words), one;

		if (lexicon[row].kind == LEXICON_STATE)
			groups_add(&s->states, row);
		while (untrusted_word(&rest, " ", &one))
			read_phrase(s, one, row, family);
		family += lexicon[row].kind == LEXICON_RIVALS && family < 63;
	}
	qsort(s->phrases, s->phrase_count, sizeof *s->phrases, by_first_term);
	for (size_t i = 0; i < s->phrase_count; i++) {
		struct word *word = &s->words[s->phrases[i].terms[0]];

		if (!word->phrases++)
			word->phrase = (uint32_t)i;
	}
}

static bool is_phrase(const struct phrase *phrase, const uint32_t *terms, size_t count)
{
	return phrase->count <= count &&
	       !memcmp(phrase->terms, terms, phrase->count * sizeof *terms);
}

void search_says(const struct search *s, const uint32_t *terms, size_t count,
	struct groups *out, struct groups *parts)
{
	for (size_t i = 0; i < count; i++) {
		const struct word *word;

		if (terms[i] >= s->word_count)
			continue;
		word = &s->words[terms[i]];
		for (uint32_t k = word->phrase; k < word->phrase + word->phrases; k++) {
			const struct phrase *phrase = &s->phrases[k];

			if (!is_phrase(phrase, terms + i, count - i))
				continue;
			groups_add(out, phrase->group);
			for (size_t j = 0; parts && j < phrase->count; j++)
				groups_add(&parts[i + j], phrase->group);
		}
	}
}

struct search *search_new(void)
{
	struct search *search = mem_new(1, sizeof *search);

	arena_init(&search->arena, ARENA_BYTES);
	map_init(&search->terms);
	read_lexicon(search);
	return search;
}

void search_free(struct search *search)
{
	if (!search)
		return;
	for (size_t i = 0; i < search->doc_count; i++) {
		mem_free(search->docs[i].entries);
		mem_free(search->docs[i].pairs);
	}
	map_release(&search->terms);
	arena_release(&search->arena);
	mem_free(search->words);
	mem_free(search->phrases);
	mem_free(search->docs);
	mem_free(search->postings);
	mem_free(search->pairs);
	mem_free(search->slots);
	mem_free(search);
}

/* --- one document --- */

struct list {
	uint32_t *items;
	size_t count, cap;
};

/* A document while it is read: the terms of each field in order. */
struct reading {
	struct search *search;
	struct list fields[FIELDS];
	struct doc doc;
	int headings; /* below the title */
	bool titled, code;
};

static void push(struct list *list, uint32_t item)
{
	MEM_ROOM(list->items, list->count, list->cap);
	list->items[list->count++] = item;
}

static void read_text(struct reading *r, enum field field, struct untrusted text)
{
	struct terms terms;
	struct term term;

	terms_begin(&terms, text);
	while (terms_next(&terms, &term)) {
		uint32_t number = intern(r->search, &term);

		if (number != NO_TERM)
			push(&r->fields[field], number);
	}
}

static void read_numbers(struct reading *r, struct untrusted text)
{
	struct doc *doc = &r->doc;
	struct terms terms;
	char number[24];

	terms_begin(&terms, text);
	while (doc->number_count < DOC_NUMBERS &&
		terms_number(&terms, number, sizeof number))
		doc->numbers[doc->number_count++] = search_hash(number);
}

static void read_line(struct reading *r, struct untrusted line)
{
	struct untrusted body = untrusted_trim(line);
	enum field field = r->headings < 2 ? FIELD_LEAD : FIELD_TEXT;

	if (untrusted_starts(body, "```") || untrusted_starts(body, "~~~")) {
		r->code = !r->code;
		return;
	}
	if (r->code) {
		read_text(r, FIELD_CODE, line);
		return;
	}
	if (untrusted_starts(line, "#")) {
		if (r->titled) {
			r->headings++;
			read_text(r, FIELD_HEADING, line);
			return;
		}
		r->titled = true;
		read_text(r, FIELD_TITLE, line);
		return;
	}
	read_text(r, field, line);
	if (field == FIELD_LEAD)
		read_numbers(r, line);
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static int by_term(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return (x->term > y->term) - (x->term < y->term);
}

static bool counts(const struct search *s, uint32_t term)
{
	return !(s->words[term].flags & (TERM_STOP | TERM_SHORT));
}

/* What is said by a word or phrase that spans no two fields. */
static void find_said(struct reading *r)
{
	struct search *s = r->search;
	struct groups parts[TITLE_TERMS] = {0};
	struct list words = {0};
	struct doc *doc = &r->doc;
	uint32_t title[TITLE_TERMS];
	size_t count = 0;

	for (int f = 0; f < FIELDS; f++) {
		struct groups *says = f == FIELD_TITLE  ? &doc->title_says
				      : f == FIELD_LEAD ? &doc->lead_says
							: &doc->says;

		words.count = 0;
		for (size_t i = 0; i < r->fields[f].count; i++)
			if (!(s->words[r->fields[f].items[i]].flags & TERM_WHOLE))
				push(&words, r->fields[f].items[i]);
		search_says(s, words.items, words.count, says, NULL);
		for (size_t i = 0; !f && i < words.count && count < TITLE_TERMS; i++)
			title[count++] = words.items[i];
	}
	groups_join(&doc->lead_says, &doc->title_says);
	groups_join(&doc->says, &doc->lead_says);
	search_says(s, title, count, &doc->title_says, parts);
	for (size_t i = 0; i < count; i++) {
		size_t k = 0;

		while (k < doc->title_count && doc->title[k] != title[i])
			k++;
		if (!counts(s, title[i]))
			continue;
		if (k == doc->title_count)
			doc->title[doc->title_count++] = title[i];
		groups_join(&doc->title_parts[k], &parts[i]);
	}
	mem_free(words.items);
}

static void find_pairs(struct reading *r)
{
	static const enum field where[] = {FIELD_TITLE, FIELD_LEAD};
	struct list pairs = {0};
	size_t kept = 0;

	for (size_t w = 0; w < 2; w++) {
		const struct list *field = &r->fields[where[w]];
		uint32_t last = NO_TERM;

		for (size_t i = 0; i < field->count; i++) {
			uint32_t term = field->items[i];

			if (!counts(r->search, term) ||
				r->search->words[term].flags & TERM_WHOLE)
				continue;
			if (last != NO_TERM)
				push(&pairs, search_pair(last, term));
			last = term;
		}
	}
	if (pairs.count)
		qsort(pairs.items, pairs.count, sizeof *pairs.items, by_number);
	for (size_t i = 0; i < pairs.count; i++)
		if (!i || pairs.items[i] != pairs.items[i - 1])
			pairs.items[kept++] = pairs.items[i];
	r->doc.pairs = pairs.items;
	r->doc.pair_count = (uint32_t)kept;
}

static void find_entries(struct reading *r)
{
	struct entry *all;
	size_t count = 0, kept = 0;

	for (int f = 0; f < FIELDS; f++)
		count += r->fields[f].count;
	all = mem_new(count + 1, sizeof *all);
	count = 0;
	for (int f = 0; f < FIELDS; f++)
		for (size_t i = 0; i < r->fields[f].count; i++) {
			struct entry e = {
				.term = r->fields[f].items[i], .in = (uint8_t)(1 << f)};

			if (!counts(r->search, e.term))
				continue;
			e.counts[f] = 1;
			r->doc.lengths[f]++;
			all[count++] = e;
		}
	qsort(all, count, sizeof *all, by_term);
	for (size_t i = 0; i < count; i++) {
		struct entry *to = kept ? &all[kept - 1] : NULL;

		if (!to || to->term != all[i].term) {
			all[kept++] = all[i];
			continue;
		}
		to->in |= all[i].in;
		for (int f = 0; f < FIELDS; f++)
			if (to->counts[f] < COUNT_MAX)
				to->counts[f] =
					(uint16_t)(to->counts[f] + all[i].counts[f]);
	}
	r->doc.entries = mem_resize(all, kept + 1, sizeof *all);
	r->doc.entry_count = (uint32_t)kept;
}

uint32_t search_add(struct search *s, const struct search_doc *from)
{
	struct reading r = {.search = s};
	struct untrusted rest = untrusted_slice(from->text, 0, SEARCH_DOC_BYTES), line;

	if (s->doc_count == SEARCH_MAX_DOCS)
		return UINT32_MAX;
	r.titled = !untrusted_empty(from->title);
	read_text(&r, FIELD_TITLE, from->title);
	while (untrusted_line(&rest, &line)) {
		/* Its own first heading says the same once more. */
		if (r.titled && !untrusted_empty(from->title) && !r.headings &&
			untrusted_starts(line, "# "))
			continue;
		read_line(&r, line);
	}
	find_said(&r);
	find_pairs(&r);
	read_text(&r, FIELD_ALSO, untrusted_slice(from->also, 0, SEARCH_DOC_BYTES));
	find_entries(&r);
	for (int f = 0; f < FIELDS; f++)
		mem_free(r.fields[f].items);
	MEM_ROOM(s->docs, s->doc_count, s->doc_cap);
	r.doc.whole = from->part_of ? from->part_of - 1 : (uint32_t)s->doc_count;
	s->docs[s->doc_count] = r.doc;
	return (uint32_t)s->doc_count++;
}

/* --- all of them --- */

float search_idf(const struct search *s, size_t docs)
{
	double n = (double)s->doc_count, with = (double)docs;

	return (float)log(1 + (n - with + 0.5) / (with + 0.5));
}

static void count_words(struct search *s)
{
	double totals[FIELDS] = {0};

	for (size_t d = 0; d < s->doc_count; d++) {
		for (int f = 0; f < FIELDS; f++)
			totals[f] += s->docs[d].lengths[f];
		for (uint32_t i = 0; i < s->docs[d].entry_count; i++)
			s->words[s->docs[d].entries[i].term].docs++;
		if (s->docs[d].title_count)
			s->words[s->docs[d].title[0]].first++;
	}
	for (int f = 0; f < FIELDS; f++)
		s->average[f] = totals[f] > 0 ? totals[f] / (double)s->doc_count : 1;
	for (size_t i = 0; i < s->word_count; i++)
		s->words[i].idf = search_idf(s, s->words[i].docs);
}

static float entry_weight(
	const struct search *s, const struct doc *doc, const struct entry *e)
{
	double sum = 0;

	for (int f = 0; f < FIELDS; f++) {
		double length = doc->lengths[f] / s->average[f];

		sum += fields[f].weight * e->counts[f] /
		       (1 - fields[f].length + fields[f].length * length);
	}
	return (float)sum;
}

static void post_words(struct search *s)
{
	size_t total = 0;

	for (size_t i = 0; i < s->word_count; i++)
		total += s->words[i].docs;
	s->postings = mem_new(total + 1, sizeof *s->postings);
	total = 0;
	for (size_t i = 0; i < s->word_count; i++) {
		s->words[i].postings = s->postings + total;
		total += s->words[i].docs;
		s->words[i].docs = 0;
	}
	for (size_t d = 0; d < s->doc_count; d++)
		for (uint32_t i = 0; i < s->docs[d].entry_count; i++) {
			const struct entry *e = &s->docs[d].entries[i];
			struct word *word = &s->words[e->term];

			word->postings[word->docs++] = (struct posting){
				(uint32_t)d, entry_weight(s, &s->docs[d], e)};
		}
}

static void count_said(struct search *s)
{
	size_t docs[GROUPS] = {0};

	for (size_t d = 0; d < s->doc_count; d++) {
		s->pair_count += s->docs[d].pair_count;
		for (unsigned g = 0; g < GROUPS; g++)
			docs[g] += s->docs[d].lead_says.bits[g / 64] >> (g % 64) & 1;
	}
	for (unsigned g = 0; g < GROUPS; g++)
		s->group_idf[g] = docs[g] ? search_idf(s, docs[g]) : 0;
	s->pairs = mem_new(s->pair_count + 1, sizeof *s->pairs);
	s->pair_count = 0;
	for (size_t d = 0; d < s->doc_count; d++) {
		if (s->docs[d].pair_count)
			memcpy(s->pairs + s->pair_count, s->docs[d].pairs,
				s->docs[d].pair_count * sizeof *s->pairs);
		s->pair_count += s->docs[d].pair_count;
	}
	if (s->pair_count)
		qsort(s->pairs, s->pair_count, sizeof *s->pairs, by_number);
}

/* A title with one word left out. */
struct frame {
	uint64_t hash;
	uint32_t term;
};

static int by_frame(const void *a, const void *b)
{
	const struct frame *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return (x->term > y->term) - (x->term < y->term);
}

static uint64_t frame_hash(const struct doc *doc, size_t without)
{
	uint64_t h = 14695981039346656037u;

	for (size_t i = 0; i < doc->title_count; i++)
		h = (h ^ (i == without ? NO_TERM : doc->title[i])) *
		    UINT64_C(0x100000001b3);
	return h ^ (h >> 31);
}

static uint64_t slot_key(uint32_t a, uint32_t b)
{
	return a < b ? (uint64_t)a << 32 | b : (uint64_t)b << 32 | a;
}

static int by_slot(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* KubeletClientCertificateExpiration beside KubeletServerCertificateExpiration: client
 * and server are two things. */
static void find_slots(struct search *s)
{
	struct frame *frames;
	size_t count = 0, cap = 0, n = 0;

	for (size_t d = 0; d < s->doc_count; d++)
		n += s->docs[d].title_count > 2 ? s->docs[d].title_count : 0;
	frames = mem_new(n + 1, sizeof *frames);
	n = 0;
	for (size_t d = 0; d < s->doc_count; d++)
		for (size_t i = 0;
			s->docs[d].title_count > 2 && i < s->docs[d].title_count; i++)
			frames[n++] = (struct frame){
				frame_hash(&s->docs[d], i), s->docs[d].title[i]};
	qsort(frames, n, sizeof *frames, by_frame);
	for (size_t i = 0; i < n; i++)
		for (size_t j = i + 1;
			j < n && j < i + SLOT_WORDS && frames[j].hash == frames[i].hash;
			j++) {
			if (frames[i].term == frames[j].term)
				continue;
			MEM_ROOM(s->slots, count, cap);
			s->slots[count++] = slot_key(frames[i].term, frames[j].term);
		}
	if (count)
		qsort(s->slots, count, sizeof *s->slots, by_slot);
	s->slot_count = count;
	mem_free(frames);
}

/* "mis scheduled" is "misscheduled". */
static void join_titles(struct search *s)
{
	for (size_t d = 0; d < s->doc_count; d++) {
		struct doc *doc = &s->docs[d];

		for (size_t i = 0; i < doc->title_count; i++) {
			char word[2 * TERM_BYTES];

			doc->title_joined[i] = NO_TERM;
			if (i + 1 == doc->title_count)
				continue;
			snprintf(word, sizeof word, "%s%s", s->words[doc->title[i]].text,
				s->words[doc->title[i + 1]].text);
			doc->title_joined[i] = search_term(s, word);
		}
	}
}

bool search_slot(const struct search *s, uint32_t a, uint32_t b)
{
	uint64_t key = slot_key(a, b);

	return s->slot_count &&
	       bsearch(&key, s->slots, s->slot_count, sizeof key, by_slot) != NULL;
}

void search_settle(struct search *s)
{
	count_words(s);
	post_words(s);
	count_said(s);
	find_slots(s);
	join_titles(s);
}

size_t search_count(const struct search *s)
{
	return s->doc_count;
}

const struct entry *search_entry(const struct doc *doc, uint32_t term)
{
	struct entry key = {.term = term};

	if (term == NO_TERM)
		return NULL;
	return bsearch(&key, doc->entries, doc->entry_count, sizeof key, by_term);
}

bool search_is_prefix(const struct search *s, const struct doc *doc)
{
	enum { TITLES = 5 };

	return doc->title_count && s->words[doc->title[0]].first >= TITLES;
}

static size_t first_of(const uint32_t *pairs, size_t count, uint32_t pair)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (pairs[middle] < pair)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

size_t search_pair_docs(const struct search *s, uint32_t pair)
{
	size_t at = first_of(s->pairs, s->pair_count, pair), n = 0;

	while (at + n < s->pair_count && s->pairs[at + n] == pair)
		n++;
	return n;
}

bool search_has_pair(const struct doc *doc, uint32_t pair)
{
	size_t at = first_of(doc->pairs, doc->pair_count, pair);

	return at < doc->pair_count && doc->pairs[at] == pair;
}
