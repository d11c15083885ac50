/* The ways out of struct untrusted, one for each destination.
 *
 * Shown forms: C0 as ^X, C1 and other invisible or direction-changing characters
 * as <U+009B>, bytes that are not UTF-8 as <9B>. Nothing is dropped silently. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include "base/untrusted.h"

#include <stdbool.h>
#include <stddef.h>

struct str;

enum {
	TEXT_CLUSTER_BYTES = 32, /* longest cluster handed to a cell */
	TEXT_MAX_MARKS = 3,      /* combining marks kept in one cell */
};

/* One thing to draw: printable UTF-8, 1 or 2 columns wide. */
struct text_cluster {
	char utf8[TEXT_CLUSTER_BYTES];
	unsigned char n;     /* bytes in utf8, NUL follows */
	unsigned char width; /* columns: 1 or 2 */
	bool shown;          /* stands for a byte that is not drawn as itself */
};

/* Takes the next cluster off *rest; false at the end. Escapes for one hidden
 * character come as several clusters of width 1. `state` starts zeroed. */
struct text_state {
	char pending[16];
	unsigned char at, n;
};
bool text_next(
	struct untrusted *rest, struct text_state *state, struct text_cluster *out);

/* Columns that the whole text takes on the screen, at most `limit`. */
int text_width(struct untrusted u, int limit);

/* One line of printable UTF-8; newline and tab become a blank; cut with "…" when
 * `size` is too small. Returns out. */
const char *text_line(struct untrusted u, char *out, size_t size);
/* The same, appended; at most max_columns wide, the "…" included. A full str ends
 * it between two characters. */
void text_add_line(struct str *out, struct untrusted u, size_t max_columns);
/* A JSON string with its quotes; invalid UTF-8 becomes U+FFFD. */
void text_add_json(struct str *out, struct untrusted u);
/* Percent-encoded for one path segment or query value; "." and ".." too. */
void text_add_url(struct str *out, struct untrusted u);
/* Letters, digits, '-', '_', '.' and ':' only, 1 to size-1 of them, and neither "."
 * nor "..", else false. */
bool text_to_id(struct untrusted u, char *out, size_t size);
/* A label value quoted for PromQL: "…" with \\, \" and \n escaped. */
void text_add_promql(struct str *out, struct untrusted u);
/* For HTML, between tags and inside a quoted attribute. */
void text_add_html(struct str *out, struct untrusted u);
/* For the text of a Slack message: nothing in it becomes a link, a mention or a tag. */
void text_add_slack(struct str *out, struct untrusted u);
/* For CommonMark and GitHub's tables: draws itself wherever it stands in a line, at
 * the start of one and in a cell too. No web address in it becomes a link; GitHub makes
 * one of a mail address whatever stands before it. */
void text_add_markdown(struct str *out, struct untrusted u);
/* In ASCII: quotes, dashes and dots as their plain sisters, the rest as <U+00E9>. */
void text_add_ascii(struct str *out, struct untrusted u);
/* The value of a mail header (RFC 5322, 2047), at most max_columns of it; `used` bytes
 * of the line are taken already. Lines are folded with CRLF and a blank, none is longer
 * than 76. A phrase is the name before an address. */
enum text_header { TEXT_HEADER_WORDS, TEXT_HEADER_PHRASE };
void text_add_header(struct str *out, struct untrusted u, enum text_header kind,
	size_t used, size_t max_columns);
/* name@domain of RFC 5321 in ASCII, without quotes or comments, else false. */
bool text_to_mailbox(struct untrusted u, char *out, size_t size);
/* A spreadsheet would run it when the cell is pasted: write a ' before it. */
bool text_is_formula(struct untrusted u);
/* http:// or https:// with printable ASCII only, else false. */
bool text_to_link(struct untrusted u, char *out, size_t size);

/* The bytes themselves, for binding (SQL), hashing and writing to a pipe.
 * Who may call this is listed in tests/lint/raw.txt. */
const void *text_raw(struct untrusted u, size_t *n);

#endif
