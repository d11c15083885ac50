#ifndef TERM_WORDS_H
#define TERM_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#define WORDS_MAX 64

struct words {
	char *word[WORDS_MAX]; /* ends with NULL, as argv does */
	int count;
	const char *rest; /* the line as written, without the directive's name */
};

/* Splits words->rest into `store`, which the words then point into. "a b" takes escapes
 * (\n \t \r \e \xHH \" \\ \$), 'a b' takes nothing; # begins a comment. With
 * `variables`, $NAME is replaced outside '…'. What does not fit is dropped. */
void words_split(struct words *words, char *store, size_t size, bool variables);

#endif
