/* Text search over runbooks: ranked, explained, and able to say that there is none.
 *
 * A first pass over all documents: BM25F (Robertson, Zaragoza: "The Probabilistic
 * Relevance Framework", 2009, 3.6) over title, headings, what stands below the first of
 * them, text and code, the share of a title that the query says, and things named by
 * other words. The best are then ranked by a sum of few features with fixed weights; how
 * sure the first one is comes of a logistic function of the same. The same documents and
 * query always give the same answer. Only the query's text counts. Any thread, one at a
 * time; nothing is borrowed after a call. */
#ifndef ANALYSIS_SEARCH_H
#define ANALYSIS_SEARCH_H

#include "base/untrusted.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct str;

enum {
	SEARCH_MAX_DOCS = 50000, /* more are not taken */
	SEARCH_DOC_BYTES = 256 << 10,
	SEARCH_QUERY_BYTES = 2000,
	SEARCH_MAX_HITS = 64,
};

struct search_doc {
	struct untrusted title; /* empty: the text's first heading */
	struct untrusted also;  /* other names of it: keywords, alert names */
	struct untrusted text;  /* Markdown */
	/* It is a part of the document with that number, less 1; 0: it is whole. An
	 * answer holds a document once, by the best of it and its parts. */
	uint32_t part_of;
};

struct search_hit {
	uint32_t doc;  /* the number that search_add() gave */
	uint32_t part; /* the same, or of the part that answers best */
	double score;  /* only comparable within one answer */
};

struct search_answer {
	struct search_hit hits[SEARCH_MAX_HITS]; /* best first */
	size_t count;
	/* The first hit is what the query is about: 0 to 1. Meant for the words of an
	 * alert; of two or three words it says less, and 0 when the hit lacks one. */
	double sure;
};

enum search_mode {
	SEARCH_ALERT,  /* whole sentences of an alert */
	SEARCH_TYPING, /* the last word may be unfinished; others may be mistyped */
};

/* Below it `sure` means that there is no such document; set on a labelled
 * collection (tests/bench/runbooks.c) so that few right answers are lost. */
extern const double search_sure_from;

struct search *search_new(void);
void search_free(struct search *search);
/* Its number, from 0 in order; UINT32_MAX: there are too many. Text over
 * SEARCH_DOC_BYTES is cut. */
uint32_t search_add(struct search *search, const struct search_doc *doc);
/* After all were added, before the first query. */
void search_settle(struct search *search);
size_t search_count(const struct search *search);
void search_query(const struct search *search, struct untrusted query,
	enum search_mode mode, struct search_answer *out);
/* Why a document answers the query: "title: pod, crash looping; text: waiting; oom is
 * memory". Words of the query: foreign text. Empty when nothing of it is in there. */
void search_why(const struct search *search, struct untrusted query,
	enum search_mode mode, uint32_t doc, struct str *out);

#endif
