/* A report as a tree of blocks, and its three forms: plain text, Markdown, HTML for a
 * mail. The composer says what is there; the forms decide how it looks.
 *
 * A builder appends: open a block, then say what stands in it. All words, our own and
 * foreign ones, become one printable line each (text_line) on their way in, and every
 * form escapes them once more for itself, so no title can break a table, a tag or a
 * terminal. Times are words too: the composer knows the zone of the reader.
 *
 *	document_heading(d, 2, "Needs you now");
 *	document_table(d, columns, 3);
 *	document_row(d);
 *	document_cell(d);
 *	document_link(d, incident_url, incident_title);
 *	document_cell(d);
 *	document_say(d, DOC_STRONG, "%d min", minutes);
 */
#ifndef REPORT_DOCUMENT_H
#define REPORT_DOCUMENT_H

#include "base/arena.h"
#include "base/str.h"
#include "base/untrusted.h"
#include "report/figure.h"

#include <stdbool.h>
#include <stddef.h>

enum {
	DOCUMENT_MAX_TEXT = 1000, /* bytes of one run of words; longer ones end with … */
	DOCUMENT_MAX_LINK = 2000, /* longer addresses are left out, the words stay */
	DOCUMENT_MAX_LINES = 400, /* of code */
	DOCUMENT_MAX_ROWS =
		1000, /* of one table, list or timeline; the rest is counted */
	DOCUMENT_MAX_COLUMNS = 8, /* of a table */
	DOCUMENT_MAX_FIGURES = 16,
};

enum document_style {
	DOC_PLAIN,
	DOC_STRONG,
	DOC_DIM,
	DOC_CODE,
	DOC_GOOD,
	DOC_WARN,
	DOC_BAD,
	DOC_BLANK, /* a person has to fill it */
};

enum document_mark { DOC_BULLET, DOC_NUMBER, DOC_OPEN, DOC_DONE };

enum document_kind {
	DOC_HEADING,
	DOC_PARAGRAPH,
	DOC_FACTS,
	DOC_TABLE,
	DOC_LIST,
	DOC_TIMELINE,
	DOC_LINES, /* code */
	DOC_FIGURE,
	DOC_CALLOUT,
	DOC_FOOTER,
};

struct document_span {
	struct document_span *next;
	enum document_style style;
	const char *text;
	const char *link; /* or NULL */
	bool foreign;
};

struct document_text {
	struct document_span *first, *last;
};

struct document_column {
	const char *title;
	bool right; /* numbers */
};

struct document_cell {
	struct document_cell *next;
	struct document_text text;
};

/* Facts: key, value. Lists: one cell. Timeline: time, words. Code: one line. */
struct document_row {
	struct document_row *next;
	enum document_mark mark;
	struct document_cell *first, *last;
	size_t cells;
};

struct document_block {
	struct document_block *next;
	enum document_kind kind;
	enum document_style tone; /* of a callout */
	int level;                /* of a heading, 2 or 3 */
	struct document_text text;
	struct document_column columns[DOCUMENT_MAX_COLUMNS];
	size_t column_count;
	struct document_row *first, *last;
	size_t rows, more; /* more: rows that were not kept */
	struct figure figure;
	int figure_index; /* 1, 2, … in the document */
};

struct document {
	struct arena arena;
	const char *title;
	struct document_block *first, *last;
	struct document_text *at; /* where words go now */
	int figures;
	bool full; /* something did not fit: every form says so at its end */
};

/* --- building --- */

/* max_bytes: of the whole tree. */
void document_init(struct document *d, struct untrusted title, size_t max_bytes);
void document_release(struct document *d);

/* words: our own, may be ""; more may be said behind them. */
void document_heading(struct document *d, int level, const char *words);
void document_paragraph(struct document *d);
void document_callout(struct document *d, enum document_style tone, const char *title);
void document_footer(struct document *d);
void document_facts(struct document *d);
void document_fact(struct document *d, const char *key);
/* column titles must outlive the document. */
void document_table(
	struct document *d, const struct document_column *columns, size_t count);
void document_row(struct document *d);
void document_cell(struct document *d);
void document_list(struct document *d);
void document_item(struct document *d, enum document_mark mark);
void document_timeline(struct document *d);
/* The link leads to the data behind the row; the empty one is none. */
void document_event(struct document *d, const char *time, struct untrusted link);
void document_code(struct document *d, struct untrusted text);
/* Copies all of it; values that are not finite, or beyond FIGURE_MOST, are not there. */
void document_figure(struct document *d, const struct figure *figure);

/* Words at the place that was opened last. */
void document_say(struct document *d, enum document_style style, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void document_text(struct document *d, enum document_style style, struct untrusted text);
/* http:// and https:// only; else the words stand alone. */
void document_link(struct document *d, struct untrusted url, struct untrusted words);
/* "to be filled by a human": what belongs here. */
void document_blank(struct document *d, const char *what);

/* --- forms ---
 *
 * Each appends to `out`. When the text would not fit into out->max it ends behind the
 * last whole block, well formed, with a sentence that says so; then they return false.
 * out->max must be at least DOCUMENT_LEAST more than what out holds. */
enum { DOCUMENT_LEAST = 8192 };

struct document_plain {
	int columns; /* 72 to 78 for a mail; held within 40 to 200 */
	bool ascii;
};
/* Lines end with \n; addresses stand at the end, numbered. */
bool document_to_plain(
	const struct document *d, const struct document_plain *how, struct str *out);

bool document_to_markdown(const struct document *d, struct str *out);

struct document_html {
	/* Figures as <img src="cid:figure-N@domain">, else as tables of bars. */
	const char *cid_domain;
};
/* A whole page: tables and inline styles as Outlook needs them, colours for the dark,
 * no script, nothing remote. Gmail shows 102 KB of it: keep mails below. */
bool document_to_html(
	const struct document *d, const struct document_html *how, struct str *out);

#endif
