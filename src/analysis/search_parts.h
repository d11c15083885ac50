/* What the files of the search share: the index, and a query taken apart. */
#ifndef ANALYSIS_SEARCH_PARTS_H
#define ANALYSIS_SEARCH_PARTS_H

#include "analysis/search.h"
#include "base/arena.h"
#include "base/map.h"

enum {
	GROUP_WORDS = 4,
	GROUPS = GROUP_WORDS * 64, /* rows of the lexicon */
	PHRASE_TERMS = 4,
	TITLE_TERMS = 16, /* of a title; the rest is text */
	DOC_NUMBERS = 16,
	QUERY_TERMS = 400, /* with those that say nothing */
	QUERY_WORDS = 96,
	NO_TERM = UINT32_MAX,
};

enum field {
	FIELD_TITLE,
	FIELD_ALSO,
	FIELD_HEADING,
	FIELD_LEAD,
	FIELD_TEXT,
	FIELD_CODE,
	FIELDS,
};

/* A set of rows of the lexicon. */
struct groups {
	uint64_t bits[GROUP_WORDS];
};

enum { TERM_STOP = 1, TERM_FILLER = 2, TERM_DIGITS = 4, TERM_WHOLE = 8, TERM_SHORT = 16 };

struct posting {
	uint32_t doc;
	float weight;
};

/* A word of the vocabulary. */
struct word {
	const char *text;  /* its stem */
	const char *shown; /* as it was first met, lower case */
	uint8_t flags;
	uint32_t docs; /* that hold it */
	float idf;
	uint32_t phrase, phrases; /* of the lexicon, that begin with it */
	uint64_t rivals;          /* families it is of */
	struct groups same;       /* things it names by itself */
	uint64_t letters;         /* its trigrams, as bits of their hashes */
	struct posting *postings;
	uint32_t first; /* of its titles, how many begin with it */
};

struct phrase {
	uint32_t terms[PHRASE_TERMS];
	uint8_t count;
	uint8_t group;
};

/* What a document holds of one word. */
struct entry {
	uint32_t term;
	uint8_t in; /* bit of each field */
	uint16_t counts[FIELDS];
};

struct doc {
	uint32_t whole;        /* that it is a part of; or its own number */
	struct entry *entries; /* by term */
	uint32_t entry_count;
	uint32_t lengths[FIELDS];
	uint32_t title[TITLE_TERMS];
	uint32_t title_joined[TITLE_TERMS]; /* with the next, as one word that is known */
	struct groups
		title_parts[TITLE_TERMS]; /* things that a word of it helps to name */
	uint8_t title_count;
	uint8_t number_count;
	uint32_t numbers[DOC_NUMBERS]; /* hashes, of its lead */
	uint32_t *pairs; /* hashes of neighbours in title and lead, sorted */
	uint32_t pair_count;
	struct groups title_says, lead_says, says;
};

struct search {
	struct arena arena;
	struct map terms; /* word → number + 1 */
	struct word *words;
	size_t word_count, word_cap;
	struct phrase *phrases;
	size_t phrase_count, phrase_cap;
	struct groups states; /* rows that say how something fares */
	float group_idf[GROUPS];
	struct doc *docs;
	size_t doc_count, doc_cap;
	struct posting *postings;
	uint32_t *pairs; /* of all documents, sorted: how many hold one */
	size_t pair_count;
	/* Words that stand in for each other in titles that are else the same. */
	uint64_t *slots;
	size_t slot_count;
	double average[FIELDS];
};

/* A word of the query; term is NO_TERM when no document has it. */
struct query_word {
	char text[48];  /* as it was written, lower case */
	char shown[48]; /* the same, or a name with digits that it is of: x509 */
	uint32_t term;
	uint8_t flags;
	float idf;
	unsigned count;
	bool first;          /* of the first sentence */
	struct groups parts; /* things it helps to name */
};

/* What else counts as one of its words. */
struct query_more {
	uint32_t term;
	float weight; /* below 1 */
	size_t word;  /* the query's word it stands for */
};

enum { QUERY_MORE = 64 };

struct query {
	uint32_t terms[QUERY_TERMS]; /* in order, all of them; NO_TERM: not known */
	size_t term_count;
	struct query_word words[QUERY_WORDS];
	size_t word_count;
	struct query_more more[QUERY_MORE];
	size_t more_count;
	/* pleg for "pod lifecycle event generator", filesystem for "file system" */
	uint32_t short_names[64];
	size_t short_count;
	uint32_t pairs[QUERY_TERMS]; /* each once; such as no document has are left out */
	float pair_idf[QUERY_TERMS];
	size_t pair_count;
	uint32_t numbers[DOC_NUMBERS];
	size_t number_count;
	struct groups says;
	bool typing;
};

/* --- sets --- */

static inline void groups_add(struct groups *set, unsigned group)
{
	set->bits[group / 64] |= UINT64_C(1) << (group % 64);
}

static inline bool groups_meet(const struct groups *a, const struct groups *b)
{
	uint64_t both = 0;

	for (int i = 0; i < GROUP_WORDS; i++)
		both |= a->bits[i] & b->bits[i];
	return both != 0;
}

static inline struct groups groups_both(const struct groups *a, const struct groups *b)
{
	struct groups both;

	for (int i = 0; i < GROUP_WORDS; i++)
		both.bits[i] = a->bits[i] & b->bits[i];
	return both;
}

static inline void groups_join(struct groups *to, const struct groups *from)
{
	for (int i = 0; i < GROUP_WORDS; i++)
		to->bits[i] |= from->bits[i];
}

static inline bool groups_empty(const struct groups *set)
{
	return !(set->bits[0] | set->bits[1] | set->bits[2] | set->bits[3]);
}

/* --- shared --- */

/* The number of a stemmed word, or NO_TERM. */
uint32_t search_term(const struct search *search, const char *word);
/* The things that terms[0..count) name; parts, when not NULL, gets for each term those
 * it helps to name. */
void search_says(const struct search *search, const uint32_t *terms, size_t count,
	struct groups *out, struct groups *parts);
uint32_t search_pair(uint32_t a, uint32_t b);
uint32_t search_hash(const char *text);
float search_idf(const struct search *search, size_t docs);
/* How many documents have it. */
size_t search_pair_docs(const struct search *search, uint32_t pair);
bool search_has_pair(const struct doc *doc, uint32_t pair);
/* Its title begins as many do: with a product, not with what it is about. */
bool search_is_prefix(const struct search *search, const struct doc *doc);
/* NULL: it is not in there. */
const struct entry *search_entry(const struct doc *doc, uint32_t term);
bool search_slot(const struct search *search, uint32_t a, uint32_t b);
uint64_t search_letters(const char *word);

void query_read(const struct search *search, struct untrusted text, enum search_mode mode,
	struct query *out);

#endif
