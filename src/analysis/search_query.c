/* A query taken apart: its words, those of its first sentence, what they name, the short
 * names its words begin like, its numbers; and, for somebody who types, what an
 * unfinished or mistyped word may be. */
#include "search_parts.h"

#include "terms.h"

#include "base/str.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

enum { PREFIXES = 24, LIKE = 3, LIKE_LEAST = 4 };

/* Of an unfinished word, and of one like a mistyped one. */
static const float prefix_weight = 0.8F, like_weight = 0.7F, like_from = 0.55F;

static struct query_word *find_word(struct query *q, const char *text, uint32_t term)
{
	for (size_t i = 0; i < q->word_count; i++)
		if (q->words[i].term == term &&
			(term != NO_TERM || !strcmp(q->words[i].text, text)))
			return &q->words[i];
	return NULL;
}

/* A name with digits is shown whole. */
static void show_word(
	struct query_word *word, struct untrusted text, const struct term *term)
{
	struct untrusted name = untrusted_slice(text, term->name_from, term->name_size);
	bool digits = false;

	text_line(name, word->shown, sizeof word->shown);
	for (size_t i = 0; word->shown[i]; i++) {
		digits |= word->shown[i] >= '0' && word->shown[i] <= '9';
		if (word->shown[i] >= 'A' && word->shown[i] <= 'Z')
			word->shown[i] = (char)(word->shown[i] + ('a' - 'A'));
	}
	if (!digits)
		memcpy(word->shown, word->text, sizeof word->shown);
}

static struct query_word *add_word(const struct search *s, struct query *q,
	const struct term *term, uint32_t number, bool first)
{
	struct query_word *word = find_word(q, term->word, number);

	if (word) {
		word->count++;
		word->first |= first;
		return NULL;
	}
	if (q->word_count == QUERY_WORDS)
		return NULL;
	word = &q->words[q->word_count++];
	*word = (struct query_word){.term = number,
		.count = 1,
		.first = first,
		.flags = number == NO_TERM ? (term->digits ? TERM_DIGITS : 0)
					   : s->words[number].flags,
		.idf = number == NO_TERM ? search_idf(s, 0) : s->words[number].idf};
	if (term->whole)
		word->flags |= TERM_WHOLE;
	memcpy(word->text, term->word, sizeof term->word);
	return word;
}

static uint32_t stemmed(const struct search *s, const struct term *term)
{
	char word[TERM_BYTES];

	memcpy(word, term->word, sizeof word);
	if (!term->whole)
		term_stem(word);
	return search_term(s, word);
}

/* True: some word is of the first sentence. */
static bool read_words(const struct search *s, struct query *q, struct untrusted text,
	char initials[QUERY_TERMS])
{
	size_t sentence = terms_sentence(text);
	struct terms terms;
	struct term term;
	bool any = false;

	terms_begin(&terms, text);
	while (terms_next(&terms, &term) && q->term_count < QUERY_TERMS) {
		uint32_t number = stemmed(s, &term);
		unsigned flags = number == NO_TERM ? 0 : s->words[number].flags;
		bool first = term.from < sentence;
		struct query_word *word;

		if (!term.whole) {
			initials[q->term_count] = term.word[0];
			q->terms[q->term_count++] = number;
		}
		if (flags & (TERM_STOP | TERM_SHORT) || strlen(term.word) < 2)
			continue;
		word = add_word(s, q, &term, number, first);
		if (word)
			show_word(word, text, &term);
		any |= first;
	}
	return any;
}

static void name_things(const struct search *s, struct query *q)
{
	struct groups parts[QUERY_TERMS] = {0};

	search_says(s, q->terms, q->term_count, &q->says, parts);
	for (size_t i = 0; i < q->term_count; i++) {
		struct query_word *word =
			q->terms[i] == NO_TERM ? NULL : find_word(q, "", q->terms[i]);

		if (word)
			groups_join(&word->parts, &parts[i]);
	}
}

static void add_pair(const struct search *s, struct query *q, uint32_t pair)
{
	size_t docs = search_pair_docs(s, pair);

	for (size_t i = 0; i < q->pair_count; i++)
		if (q->pairs[i] == pair)
			return;
	if (!docs)
		return;
	q->pair_idf[q->pair_count] = search_idf(s, docs);
	q->pairs[q->pair_count++] = pair;
}

static void pair_words(const struct search *s, struct query *q)
{
	uint32_t last = NO_TERM;

	for (size_t i = 0; i < q->term_count; i++) {
		uint32_t term = q->terms[i];

		if (term != NO_TERM && s->words[term].flags & (TERM_STOP | TERM_SHORT))
			continue;
		if (last != NO_TERM && term != NO_TERM)
			add_pair(s, q, search_pair(last, term));
		last = term;
	}
}

/* Three to five words in a row whose first letters are a word that some book has. */
static void add_short(const struct search *s, struct query *q, const char *name)
{
	enum { ROOM = sizeof q->short_names / sizeof *q->short_names };
	uint32_t term = search_term(s, name);

	if (term != NO_TERM && q->short_count < ROOM)
		q->short_names[q->short_count++] = term;
}

static void shorten(const struct search *s, struct query *q, const char *initials)
{
	enum { LEAST = 3, MOST = 5 };

	for (size_t n = LEAST; n <= MOST; n++)
		for (size_t i = 0; i + n <= q->term_count; i++) {
			char name[TERM_BYTES] = "";

			memcpy(name, initials + i, n);
			term_stem(name);
			add_short(s, q, name);
		}
	for (size_t i = 0; i + 1 < q->term_count; i++) {
		char name[2 * TERM_BYTES];

		if (q->terms[i] == NO_TERM || q->terms[i + 1] == NO_TERM)
			continue;
		snprintf(name, sizeof name, "%s%s", s->words[q->terms[i]].text,
			s->words[q->terms[i + 1]].text);
		add_short(s, q, name);
	}
}

static void read_numbers(struct query *q, struct untrusted text)
{
	struct terms terms;
	char number[24];

	terms_begin(&terms, text);
	while (q->number_count < DOC_NUMBERS &&
		terms_number(&terms, number, sizeof number))
		q->numbers[q->number_count++] = search_hash(number);
}

/* --- typing --- */

static void add_more(struct query *q, uint32_t term, float weight, size_t word)
{
	if (q->more_count < QUERY_MORE)
		q->more[q->more_count++] = (struct query_more){term, weight, word};
}

static void finish_word(const struct search *s, struct query *q, const char *begun)
{
	size_t n = strlen(begun), found = 0, at = 0;

	while (at < q->word_count && strcmp(q->words[at].text, begun) != 0)
		at++;
	if (at == q->word_count && at < QUERY_WORDS) {
		q->words[q->word_count++] =
			(struct query_word){.term = NO_TERM, .count = 1};
		str_copy(q->words[at].text, sizeof q->words[at].text, begun);
	}
	for (size_t i = 0; i < s->word_count && found < PREFIXES; i++) {
		const struct word *word = &s->words[i];

		if (!word->docs || (at < q->word_count && i == q->words[at].term) ||
			word->flags & (TERM_STOP | TERM_WHOLE) ||
			strncmp(word->text, begun, n) != 0)
			continue;
		add_more(q, (uint32_t)i, prefix_weight, at);
		found++;
	}
}

/* Three letters in a row from `at` on; what stands before the first is one. */
static uint32_t letters_at(const char *word, size_t at)
{
	uint32_t before = at ? (unsigned char)word[at - 1] : 0;

	return before << 16 | (uint32_t)(unsigned char)word[at] << 8 |
	       (unsigned char)word[at + 1];
}

/* The share of three-letter runs that two words have in common (Dice). */
static float alike(const char *a, const char *b)
{
	size_t n = strlen(a) - 1, m = strlen(b) - 1, both = 0;
	bool used[TERM_BYTES] = {0};

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < m; k++)
			if (!used[k] && letters_at(a, i) == letters_at(b, k)) {
				used[k] = true;
				both++;
				break;
			}
	return 2.0F * (float)both / (float)(n + m);
}

/* The bits of two words can say that they are not alike, and nothing else. */
static bool may_be_alike(uint64_t a, uint64_t b)
{
	int both = __builtin_popcountll(a & b);

	return 4 * both >= __builtin_popcountll(a);
}

static void correct_word(const struct search *s, struct query *q, size_t at)
{
	char stem[TERM_BYTES];
	uint64_t letters;
	struct query_more best[LIKE] = {0};

	memcpy(stem, q->words[at].text, sizeof stem);
	term_stem(stem);
	letters = search_letters(stem);
	for (size_t i = 0; i < s->word_count; i++) {
		const struct word *word = &s->words[i];
		float like;
		size_t k = LIKE - 1;

		if (!word->docs || word->flags & (TERM_STOP | TERM_WHOLE) ||
			strlen(word->text) < LIKE_LEAST ||
			!may_be_alike(letters, word->letters))
			continue;
		like = alike(stem, word->text);
		if (like < like_from || like <= best[k].weight)
			continue;
		for (; k > 0 && like > best[k - 1].weight; k--)
			best[k] = best[k - 1];
		best[k] = (struct query_more){(uint32_t)i, like, at};
	}
	for (size_t k = 0; k < LIKE; k++)
		if (best[k].weight > 0)
			add_more(q, best[k].term, best[k].weight * like_weight, at);
}

/* The last word, when nothing stands behind it: even one letter, or "al" of "alert". */
static bool unfinished(struct untrusted text, char out[TERM_BYTES])
{
	struct terms terms;
	struct term term;
	size_t end = 0;

	terms_begin(&terms, text);
	while (terms_next(&terms, &term))
		if (!term.whole) {
			memcpy(out, term.word, TERM_BYTES);
			end = term.from + term.size;
		}
	return end && end == untrusted_size(text);
}

static void read_typed(const struct search *s, struct query *q, struct untrusted text)
{
	char begun[TERM_BYTES];

	if (unfinished(text, begun))
		finish_word(s, q, begun);
	for (size_t i = 0; i < q->word_count; i++) {
		bool finished = q->more_count && !strcmp(q->words[i].text, begun);

		if (q->words[i].term == NO_TERM && !finished &&
			!(q->words[i].flags & (TERM_WHOLE | TERM_DIGITS)) &&
			strlen(q->words[i].text) >= LIKE_LEAST)
			correct_word(s, q, i);
	}
}

void query_read(const struct search *s, struct untrusted text, enum search_mode mode,
	struct query *q)
{
	char initials[QUERY_TERMS] = {0};

	*q = (struct query){.typing = mode == SEARCH_TYPING};
	text = untrusted_slice(text, 0, SEARCH_QUERY_BYTES);
	if (!read_words(s, q, text, initials))
		for (size_t i = 0; i < q->word_count; i++)
			q->words[i].first = true;
	name_things(s, q);
	pair_words(s, q);
	shorten(s, q, initials);
	read_numbers(q, text);
	if (q->typing)
		read_typed(s, q, text);
}
