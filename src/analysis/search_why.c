/* The reason of a hit in the words of the query: which of them stand in the title, which
 * in a heading or the text, and which the document says by another name. */
#include "search_parts.h"

#include "base/str.h"

#include <string.h>

enum { NAMED_MOST = 6 };

/* Where a word is looked for, best place first. */
static const struct {
	const char *name;
	unsigned in;
} places[] = {{"title", 1 << FIELD_TITLE}, {"keyword", 1 << FIELD_ALSO},
	{"heading", 1 << FIELD_HEADING}, {"text", 1 << FIELD_LEAD | 1 << FIELD_TEXT},
	{"code", 1 << FIELD_CODE}};

enum { PLACES = sizeof places / sizeof *places };

/* The best place that has the word itself, or else what it may have been meant to be,
 * which is then what is shown. */
static size_t place_of(const struct search *s, const struct query *q,
	const struct doc *doc, size_t at, const char **shown)
{
	const struct entry *e = search_entry(doc, q->words[at].term);
	size_t best = PLACES;

	*shown = q->words[at].shown;
	for (size_t p = 0; e && p < PLACES; p++)
		if (e->in & places[p].in)
			return p;
	for (size_t i = 0; i < q->more_count; i++) {
		if (q->more[i].word != at || !(e = search_entry(doc, q->more[i].term)))
			continue;
		for (size_t p = 0; p < best; p++)
			if (e->in & places[p].in) {
				best = p;
				*shown = s->words[q->more[i].term].shown;
			}
	}
	return best;
}

static void begin(struct str *out, const char *place, size_t named)
{
	if (named)
		str_puts(out, ", ");
	else
		str_printf(out, "%s%s: ", out->n ? "; " : "", place);
}

static size_t put_place(const struct search *s, const struct query *q,
	const struct doc *doc, size_t place, struct str *out)
{
	const char *last = NULL;
	size_t named = 0;

	for (size_t i = 0; i < q->word_count && named < NAMED_MOST; i++) {
		const char *shown;

		if (q->words[i].flags & (TERM_WHOLE | TERM_FILLER | TERM_DIGITS) ||
			place_of(s, q, doc, i, &shown) != place ||
			(last && !strcmp(last, shown)))
			continue;
		last = shown;
		begin(out, places[place].name, named++);
		str_puts(out, shown);
	}
	return named;
}

/* The first word of the document's title or lead that names what `word` does. */
static const char *other_name(
	const struct search *s, const struct doc *doc, const struct query_word *word)
{
	for (uint32_t i = 0; i < doc->entry_count; i++) {
		const struct word *here = &s->words[doc->entries[i].term];

		if (doc->entries[i].in & (1 << FIELD_TITLE | 1 << FIELD_LEAD) &&
			groups_meet(&here->same, &word->parts))
			return here->shown;
	}
	return NULL;
}

static void put_others(const struct search *s, const struct query *q,
	const struct doc *doc, struct str *out)
{
	size_t named = 0;

	for (size_t i = 0; i < q->word_count && named < NAMED_MOST / 2; i++) {
		const char *other, *shown;

		if (q->words[i].flags & (TERM_WHOLE | TERM_FILLER) ||
			place_of(s, q, doc, i, &shown) != PLACES)
			continue;
		other = other_name(s, doc, &q->words[i]);
		if (!other)
			continue;
		begin(out, "same", named++);
		str_printf(out, "%s is %s", q->words[i].shown, other);
	}
}

void search_why(const struct search *s, struct untrusted text, enum search_mode mode,
	uint32_t number, struct str *out)
{
	struct query query;

	if (number >= s->doc_count)
		return;
	query_read(s, text, mode, &query);
	for (size_t p = 0; p < PLACES; p++)
		put_place(s, &query, &s->docs[number], p, out);
	put_others(s, &query, &s->docs[number], out);
}
