/* The ranking: a first pass over all documents, then features of the best, summed with
 * fixed weights. Those were set by hand, by what the whole of a labelled collection
 * showed (tests/bench/runbooks.c); those of `sure` by logistic regression on one half of
 * it, and where `sure` begins on all of it. Threads: the index is only read. */
#include "search_parts.h"

#include "base/alloc.h"

#include <math.h>
#include <string.h>

enum { NEXT = 5, UNKNOWN_MOST = 3, FEW_WORDS = 2 };

static const float saturation = 2; /* k1 of BM25 */

/* What is seen in one candidate. */
enum feature {
	SEEN_WORDS,     /* BM25F, as a share of what the query could reach */
	SEEN_TITLE,     /* the share of the title that the query says */
	SEEN_PAIRS,     /* neighbours in the query that are neighbours here */
	SEEN_THINGS,    /* things that both name, by whatever words */
	SEEN_TITLED,    /* the same, by the title alone */
	SEEN_SENTENCE,  /* the share of the first sentence that its lead says */
	SEEN_TEXT,      /* the share of it that the document says at all */
	SEEN_LACK,      /* the weightiest word of it that its lead lacks */
	SEEN_WHOLE,     /* it lacks no weighty word */
	SEEN_RIVAL,     /* the title names a sister of what the query names */
	SEEN_RIVAL_LED, /* and what stands below it does not name the query's */
	SEEN_NUMBER,    /* a number of its lead is the query's */
	SEEN_NUMBERS,   /* all of them are others */
	SEEN_STATE,     /* the title says how it fares, and so does the query */
	SEEN_UNSAID,    /* words of the title that the query does not say, to 3 */
	SEEN_SCORE,     /* the sum */
	SEEN_LEAD,      /* how far it is above the mean of the next five */
	FEATURES,
};

static const float rank_weights[FEATURES] = {
	[SEEN_WORDS] = 1,
	[SEEN_TITLE] = 1,
	[SEEN_PAIRS] = 0.3F,
	[SEEN_THINGS] = 0.3F,
	[SEEN_TITLED] = 0.3F,
	[SEEN_SENTENCE] = 0.3F,
	[SEEN_RIVAL] = -0.15F,
	[SEEN_RIVAL_LED] = -0.15F,
	[SEEN_NUMBER] = 0.1F,
	[SEEN_NUMBERS] = -0.1F,
	[SEEN_STATE] = 0.2F,
	[SEEN_UNSAID] = -0.05F,
};

static const float sure_weights[FEATURES] = {
	[SEEN_LEAD] = 1.39F,
	[SEEN_PAIRS] = 0.37F,
	[SEEN_SENTENCE] = 0.24F,
	[SEEN_LACK] = -0.27F,
	[SEEN_WHOLE] = 0.77F,
	[SEEN_TEXT] = 2.91F,
	[SEEN_RIVAL] = -2.06F,
	[SEEN_RIVAL_LED] = -0.8F,
	[SEEN_UNSAID] = -0.82F,
	[SEEN_NUMBER] = 1.58F,
};
static const float sure_bias = -3.62F;

const double search_sure_from = 0.5;

struct candidate {
	uint32_t doc;
	float first; /* of the first pass */
	float seen[FEATURES];
};

/* --- the first pass --- */

struct pass {
	const struct search *search;
	const struct query *query;
	float *words; /* of each document */
	float *said;  /* of each word of the vocabulary: how much the query says it */
	float most;   /* that SEEN_WORDS could be */
	float said_weight;
};

static void add_postings(
	const struct search *s, float *scores, uint32_t term, float weight)
{
	const struct word *word = &s->words[term];

	for (uint32_t i = 0; i < word->docs; i++) {
		float tf = word->postings[i].weight;

		scores[word->postings[i].doc] +=
			weight * word->idf * tf * (saturation + 1) / (tf + saturation);
	}
}

static void score_words(struct pass *p)
{
	const struct query *q = p->query;

	for (size_t i = 0; i < q->word_count; i++) {
		const struct query_word *word = &q->words[i];

		if (!(word->flags & TERM_WHOLE))
			p->most += (float)word->count * word->idf;
		if (word->term != NO_TERM)
			add_postings(p->search, p->words, word->term, (float)word->count);
	}
	for (size_t i = 0; i < q->more_count; i++)
		add_postings(p->search, p->words, q->more[i].term, q->more[i].weight);
	if (p->most <= 0)
		p->most = 1;
}

static void say_words(struct pass *p)
{
	const struct query *q = p->query;

	for (size_t i = 0; i < q->more_count; i++)
		if (p->said[q->more[i].term] < q->more[i].weight)
			p->said[q->more[i].term] = q->more[i].weight;
	for (size_t i = 0; i < q->short_count; i++)
		p->said[q->short_names[i]] = 1;
	for (size_t i = 0; i < q->word_count; i++)
		if (q->words[i].term != NO_TERM)
			p->said[q->words[i].term] = 1;
}

static bool joined_said(const struct pass *p, const struct doc *doc, size_t i)
{
	uint32_t joined = doc->title_joined[i];

	return joined != NO_TERM && p->said[joined] >= 1;
}

/* How much the query says a word of a title: 1 for the word itself. */
static float title_word(const struct pass *p, const struct doc *doc, size_t i)
{
	float said = p->said[doc->title[i]];

	if (said > 0)
		return said;
	if (joined_said(p, doc, i) || (i && joined_said(p, doc, i - 1)))
		return 1;
	return groups_meet(&doc->title_parts[i], &p->query->says) ? 0.6F : 0;
}

static float title_share(const struct pass *p, const struct doc *doc)
{
	float all = 0, said = 0;

	for (size_t i = 0; i < doc->title_count; i++) {
		float idf = p->search->words[doc->title[i]].idf;

		all += idf;
		said += idf * title_word(p, doc, i);
	}
	return all > 0 ? said / all : 0;
}

static float groups_weight(const struct search *s, const struct groups *set)
{
	float sum = 0;

	for (unsigned w = 0; w < GROUP_WORDS; w++)
		for (uint64_t bits = set->bits[w]; bits; bits &= bits - 1)
			sum += s->group_idf[w * 64 + (unsigned)__builtin_ctzll(bits)];
	return sum;
}

static float things_share(const struct pass *p, const struct groups *of)
{
	struct groups both = groups_both(&p->query->says, of);

	return p->said_weight > 0 ? groups_weight(p->search, &both) / p->said_weight : 0;
}

/* Keeps the best of the first pass in order. */
static void keep_best(struct candidate *best, size_t *count, const struct candidate *c)
{
	size_t at = *count;

	if (at == SEARCH_MAX_HITS) {
		if (c->first <= best[at - 1].first)
			return;
		at--;
	} else {
		++*count;
	}
	for (; at && best[at - 1].first < c->first; at--)
		best[at] = best[at - 1];
	best[at] = *c;
}

static size_t first_pass(struct pass *p, struct candidate *best)
{
	const struct search *s = p->search;
	size_t count = 0;

	score_words(p);
	say_words(p);
	p->said_weight = groups_weight(s, &p->query->says);
	for (size_t d = 0; d < s->doc_count; d++) {
		struct candidate c = {.doc = (uint32_t)d};

		c.seen[SEEN_WORDS] = p->words[d] / p->most;
		c.seen[SEEN_TITLE] = title_share(p, &s->docs[d]);
		c.seen[SEEN_THINGS] = things_share(p, &s->docs[d].lead_says);
		c.first = c.seen[SEEN_WORDS] + 0.7F * c.seen[SEEN_TITLE] +
			  0.3F * c.seen[SEEN_THINGS];
		if (c.first > 0)
			keep_best(best, &count, &c);
	}
	return count;
}

/* --- the second --- */

/* Of a word in an alert; rare ones are bounded, fillers and numbers weigh little. */
static float weight_of(unsigned flags, float idf)
{
	float bounded = idf < 5 ? idf : 5;

	return flags & (TERM_FILLER | TERM_DIGITS) ? 0.15F * bounded : bounded;
}

static bool is_in(const struct doc *doc, uint32_t term, unsigned in)
{
	const struct entry *e = search_entry(doc, term);

	return e && e->in & in;
}

enum {
	IN_LEAD = 1 << FIELD_TITLE | 1 << FIELD_ALSO | 1 << FIELD_LEAD,
	IN_ANY = (1 << FIELDS) - 1
};

/* The share of the first sentence that a part of the document says; a word that it says
 * otherwise counts `other`. */
static float sentence_share(const struct query *q, const struct doc *doc, unsigned in,
	float other, float *lacks)
{
	const struct groups *says = in == IN_LEAD ? &doc->lead_says : &doc->says;
	float all = 0, said = 0;

	*lacks = 0;
	for (size_t i = 0; i < q->word_count; i++) {
		const struct query_word *word = &q->words[i];
		float weight = weight_of(word->flags, word->idf), part;

		if (!word->first || word->flags & TERM_WHOLE)
			continue;
		part = is_in(doc, word->term, in)        ? 1
		       : groups_meet(&word->parts, says) ? other
							 : 0;
		all += weight;
		said += weight * part;
		if (weight * (1 - part) > *lacks)
			*lacks = weight * (1 - part);
	}
	*lacks /= 5;
	return all > 0 ? said / all : 0;
}

static float pair_share(const struct query *q, const struct doc *doc)
{
	float all = 0, here = 0;

	for (size_t i = 0; i < q->pair_count; i++) {
		all += q->pair_idf[i];
		if (search_has_pair(doc, q->pairs[i]))
			here += q->pair_idf[i];
	}
	return all > 0 ? here / all : 0;
}

static bool in_title(const struct doc *doc, uint32_t term)
{
	for (size_t i = 0; i < doc->title_count; i++)
		if (doc->title[i] == term)
			return true;
	return false;
}

/* Two of a family, and no two names of one thing. */
static bool are_rivals(const struct search *s, uint32_t a, uint32_t b)
{
	const struct word *x = &s->words[a], *y = &s->words[b];

	return (x->rivals & y->rivals || search_slot(s, a, b)) &&
	       !groups_meet(&x->same, &y->same);
}

/* The title names `term`, which the query does not; does the query name another of its
 * family, which the title, or all of the lead, does not? */
static void see_rival(
	const struct pass *p, struct candidate *c, const struct doc *doc, uint32_t term)
{
	const struct query *q = p->query;

	for (size_t i = 0; i < q->word_count; i++) {
		uint32_t other = q->words[i].term;

		if (other == NO_TERM || q->words[i].flags & TERM_WHOLE ||
			in_title(doc, other) || !are_rivals(p->search, term, other))
			continue;
		c->seen[SEEN_RIVAL] = 1;
		if (!is_in(doc, other, IN_LEAD))
			c->seen[SEEN_RIVAL_LED] = 1;
	}
}

static void see_title(const struct pass *p, struct candidate *c, const struct doc *doc)
{
	const struct search *s = p->search;
	float unsaid = 0;

	for (size_t i = 0; i < doc->title_count; i++) {
		uint32_t term = doc->title[i];
		bool product = !i && search_is_prefix(s, doc);

		if (title_word(p, doc, i) >= 1)
			continue;
		see_rival(p, c, doc, term);
		if (title_word(p, doc, i) <= 0 && !(s->words[term].flags & TERM_FILLER) &&
			!product)
			unsaid++;
	}
	c->seen[SEEN_UNSAID] = unsaid < UNKNOWN_MOST ? unsaid : UNKNOWN_MOST;
}

static void see_numbers(const struct query *q, struct candidate *c, const struct doc *doc)
{
	for (size_t i = 0; i < q->number_count; i++)
		for (size_t k = 0; k < doc->number_count; k++)
			if (q->numbers[i] == doc->numbers[k])
				c->seen[SEEN_NUMBER] = 1;
	if (q->number_count && doc->number_count && c->seen[SEEN_NUMBER] == 0)
		c->seen[SEEN_NUMBERS] = 1;
}

static float see_state(const struct pass *p, const struct doc *doc)
{
	const struct groups *states = &p->search->states;
	struct groups title = groups_both(&doc->title_says, states);
	struct groups query = groups_both(&p->query->says, states);

	if (groups_empty(&title) || groups_empty(&query))
		return 0.7F;
	return groups_meet(&title, &query) ? 1 : 0;
}

static void look_closely(const struct pass *p, struct candidate *c)
{
	const struct doc *doc = &p->search->docs[c->doc];
	float unused;

	c->seen[SEEN_PAIRS] = pair_share(p->query, doc);
	c->seen[SEEN_TITLED] = things_share(p, &doc->title_says);
	c->seen[SEEN_SENTENCE] =
		sentence_share(p->query, doc, IN_LEAD, 0.5F, &c->seen[SEEN_LACK]);
	c->seen[SEEN_WHOLE] = c->seen[SEEN_LACK] < 0.2F;
	c->seen[SEEN_TEXT] = sentence_share(p->query, doc, IN_ANY, 0.3F, &unused);
	see_numbers(p->query, c, doc);
	c->seen[SEEN_STATE] = see_state(p, doc);
	see_title(p, c, doc);
	for (int f = 0; f < SEEN_SCORE; f++)
		c->seen[SEEN_SCORE] += rank_weights[f] * c->seen[f];
}

/* Equal ones stay in the order in which they were added. */
static void sort_candidates(struct candidate *all, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		struct candidate c = all[i];
		size_t at = i;

		for (; at &&
			(all[at - 1].seen[SEEN_SCORE] < c.seen[SEEN_SCORE] ||
				(all[at - 1].seen[SEEN_SCORE] == c.seen[SEEN_SCORE] &&
					all[at - 1].doc > c.doc));
			at--)
			all[at] = all[at - 1];
		all[at] = c;
	}
}

/* Of a document and its parts the best one stays. */
static size_t keep_best_parts(const struct search *s, struct candidate *all, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		size_t k = 0;

		while (k < kept && s->docs[all[k].doc].whole != s->docs[all[i].doc].whole)
			k++;
		if (k == kept)
			all[kept++] = all[i];
	}
	return kept;
}

static bool same_title(const struct doc *a, const struct doc *b)
{
	return a->title_count == b->title_count &&
	       !memcmp(a->title, b->title, a->title_count * sizeof *a->title);
}

/* Copies of one book are no rivals of each other. */
static void see_lead(const struct search *s, struct candidate *all, size_t count)
{
	float sum = 0;
	size_t others = 0;

	for (size_t i = 1; i < count && others < NEXT; i++) {
		if (same_title(&s->docs[all[0].doc], &s->docs[all[i].doc]))
			continue;
		sum += all[i].seen[SEEN_SCORE];
		others++;
	}
	all[0].seen[SEEN_LEAD] =
		all[0].seen[SEEN_SCORE] - (others ? sum / (float)others : 0);
}

/* Of few words each says what it is about: a book that lacks one of them, by that word
 * and by any other name, is a neighbour. "Redis down" is not about its memory. */
static bool lacks_of_few(const struct query *q, const struct doc *doc)
{
	size_t count = 0, lacks = 0;

	for (size_t i = 0; i < q->word_count; i++) {
		const struct query_word *word = &q->words[i];

		if (word->flags & (TERM_WHOLE | TERM_FILLER | TERM_DIGITS))
			continue;
		count++;
		lacks += !is_in(doc, word->term, IN_LEAD) &&
			 !groups_meet(&word->parts, &doc->lead_says);
	}
	return lacks && count <= FEW_WORDS;
}

static double how_sure(
	const struct query *q, const struct doc *doc, const struct candidate *c)
{
	double sum = sure_bias;

	if (lacks_of_few(q, doc))
		return 0;

	for (int f = 0; f < FEATURES; f++)
		sum += sure_weights[f] * c->seen[f];
	return 1 / (1 + exp(-sum));
}

void search_query(const struct search *s, struct untrusted text, enum search_mode mode,
	struct search_answer *out)
{
	struct candidate best[SEARCH_MAX_HITS];
	struct query query;
	struct pass pass = {.search = s, .query = &query};

	*out = (struct search_answer){0};
	if (!s->doc_count)
		return;
	query_read(s, text, mode, &query);
	if (!query.word_count && !query.more_count)
		return;
	pass.words = mem_new(s->doc_count, sizeof *pass.words);
	pass.said = mem_new(s->word_count, sizeof *pass.said);
	out->count = first_pass(&pass, best);
	for (size_t i = 0; i < out->count; i++)
		look_closely(&pass, &best[i]);
	mem_free(pass.words);
	mem_free(pass.said);
	sort_candidates(best, out->count);
	out->count = keep_best_parts(s, best, out->count);
	if (!out->count)
		return;
	see_lead(s, best, out->count);
	out->sure = how_sure(&query, &s->docs[best[0].doc], &best[0]);
	for (size_t i = 0; i < out->count; i++)
		out->hits[i] = (struct search_hit){s->docs[best[i].doc].whole,
			best[i].doc, best[i].seen[SEEN_SCORE]};
}
