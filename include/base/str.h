/* Growable text with a maximum at birth. */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>

/* p is NUL-terminated once anything was added; NULL before. When max would be
 * passed, the whole characters that fit are kept, `cut` is set and nothing more is
 * added until str_reset(): check it before use where a cut text would be wrong
 * (SQL, JSON, URLs). */
struct str {
	char *p;
	size_t n;
	size_t cap;
	size_t max;
	bool cut;
	bool wipes; /* set it before anything is added: a secret's bytes are wiped
		     * wherever the text leaves them */
};

void str_init(struct str *s, size_t max);
void str_release(struct str *s);
/* Empties it, keeps the memory. */
void str_reset(struct str *s);
bool str_add(struct str *s, const void *p, size_t n);
bool str_puts(struct str *s, const char *text);
bool str_putc(struct str *s, char c);
bool str_printf(struct str *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Gives the text away; the str is empty afterwards. Never NULL; mem_free() it. */
char *str_take(struct str *s);
/* "" when nothing was added. */
const char *str_text(const struct str *s);

/* Copies what fits, always ends with NUL, never splits a UTF-8 sequence.
 * Returns false if it was cut. */
bool str_copy(char *to, size_t size, const char *from);
bool str_starts(const char *text, const char *prefix);
bool str_ends(const char *text, const char *suffix);

/* Edit distance with a cap, for "nearest name" hints. */
int str_distance(const char *a, const char *b);

#endif
