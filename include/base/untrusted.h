/* Bytes that others wrote: network, logs, children, hosts, files, rows read back.
 *
 * A struct untrusted is a borrowed view. It cannot be passed to %s or addstr; only
 * base/ looks at its bytes (a lint holds that). The work below stays inside the
 * type; the ways out are in base/text.h. */
#ifndef BASE_UNTRUSTED_H
#define BASE_UNTRUSTED_H

#include "base/crypto.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

struct untrusted {
	const unsigned char *bytes_;
	size_t n_;
};

#define UNTRUSTED_NONE ((struct untrusted){0})

struct untrusted untrusted_make(const void *bytes, size_t n);
/* From a NUL-terminated text; NULL gives the empty one. */
struct untrusted untrusted_str(const char *text);
/* A copy that lives as long as the arena; empty when the arena is full. */
struct untrusted untrusted_copy(struct arena *arena, struct untrusted u);
/* A heap copy of at most max bytes, cut at a character; free with untrusted_free. */
struct untrusted untrusted_keep(struct untrusted u, size_t max);
void untrusted_free(struct untrusted u);

size_t untrusted_size(struct untrusted u);
bool untrusted_empty(struct untrusted u);
bool untrusted_is(struct untrusted u, const char *literal);
bool untrusted_eq(struct untrusted a, struct untrusted b);
/* Byte order; in the second, runs of digits compare as numbers (a2 before a10, and
 * a01 equal to a1). */
int untrusted_cmp(struct untrusted a, struct untrusted b);
int untrusted_cmp_natural(struct untrusted a, struct untrusted b);
/* hash_keyed() and hash_lasting() of base/crypto.h. */
uint64_t untrusted_hash(struct untrusted u);
void untrusted_hash_lasting(struct untrusted u, char out[HASH_TEXT]);
bool untrusted_starts(struct untrusted u, const char *literal);
/* Offset of the literal, or -1; the second ignores ASCII case. */
ptrdiff_t untrusted_find(struct untrusted u, const char *literal);
ptrdiff_t untrusted_find_nocase(struct untrusted u, const char *literal);
/* Out of range is clamped, never an error. */
struct untrusted untrusted_slice(struct untrusted u, size_t from, size_t n);
/* Where a slice of it begins. */
size_t untrusted_offset(struct untrusted u, struct untrusted slice);
struct untrusted untrusted_trim(struct untrusted u);
/* Takes the next piece up to a byte of `separators` off *rest. False at the end.
 * Empty pieces are given, so "a,,b" is three. */
bool untrusted_split(
	struct untrusted *rest, const char *separators, struct untrusted *piece);
/* Next run of bytes that are not in `blanks`; empty ones are skipped. */
bool untrusted_word(struct untrusted *rest, const char *blanks, struct untrusted *word);
/* Next line without its newline (LF or CRLF). */
bool untrusted_line(struct untrusted *rest, struct untrusted *line);
/* Score of a fuzzy (subsequence) match, higher is better; -1 for none. */
int untrusted_fuzzy(struct untrusted u, const char *needle);

/* The whole text must be the number (surrounding blanks allowed). */
bool untrusted_to_i64(struct untrusted u, int64_t *out);
/* Accepts NaN, Inf, +Inf, -Inf as Prometheus writes them; decimal only. */
bool untrusted_to_double(struct untrusted u, double *out);
/* RFC 3339, to UTC milliseconds. */
bool untrusted_to_time(struct untrusted u, int64_t *out_ms);

#endif
