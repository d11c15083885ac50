/* The words of a text, for searching: names are split as people write them
 * (KubePodCrashLooping, kube_pod_crash_looping and "kube pod crash looping" are the same
 * four words), letters are lower case, digits stand alone. Any thread. */
#ifndef ANALYSIS_TERMS_H
#define ANALYSIS_TERMS_H

#include "base/untrusted.h"

#include <stdbool.h>
#include <stddef.h>

enum { TERM_BYTES = 40 }; /* with its NUL; longer ones are cut */

struct term {
	char word[TERM_BYTES];
	size_t from, size;           /* where it stands in the text, in bytes */
	size_t name_from, name_size; /* of the name it is a word of */
	bool digits;
	bool whole; /* a name of several words, which came just before: "=kubepod" */
};

struct terms {
	const char *text;
	size_t n, at;
	size_t name_at, name_end; /* the run of letters, digits and '_' it is in */
	size_t parts;             /* of that name so far */
};

/* The text is borrowed. */
void terms_begin(struct terms *terms, struct untrusted text);
bool terms_next(struct terms *terms, struct term *out);
/* Cuts what English adds at the end: pods, looping, crashed, expiration. In place. */
void term_stem(char word[TERM_BYTES]);
/* Where the first sentence ends; the whole text when it has no end. */
size_t terms_sentence(struct untrusted text);

/* The next number that is a count or a percentage; durations (5m, 24 hours) are passed
 * over. False: no more. */
bool terms_number(struct terms *terms, char *out, size_t size);

#endif
