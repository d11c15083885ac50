/* Templates of titles: what a title says once its numbers, ids, hosts, percentages,
 * hex strings, addresses, times and quoted values are masked, and names such as
 * HighErrorRate or high_error_rate are split into their words. Pure: a title always
 * gives the same template, whatever came before. Any thread. */
#ifndef ANALYSIS_TEMPLATE_H
#define ANALYSIS_TEMPLATE_H

#include "base/untrusted.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	TEMPLATE_TOKENS = 24, /* what is behind them is not looked at */
	TEMPLATE_BYTES = 400, /* of the title */
	TEMPLATE_WORD = 40,   /* longer words are cut */
	TEMPLATE_TEXT = 240,
};

enum token_kind {
	TOKEN_WORD,
	TOKEN_NUMBER, /* 93, 1.5k, 12/24 */
	TOKEN_PERCENT,
	TOKEN_TIME, /* 5m, 14:32, 2026-11-21 */
	TOKEN_ADDRESS,
	TOKEN_HEX,     /* also UUIDs */
	TOKEN_HOST,    /* letters with digits, or with dots */
	TOKEN_NAME,    /* a path, a quoted text, a value behind '=', what follows "on" */
	TOKEN_SERVICE, /* the name of the incident's own service */
	TOKEN_KIND_COUNT,
};

struct token {
	uint64_t hash; /* of a word; one for all masks */
	uint8_t kind;
	uint8_t at, size; /* a word in the template's words */
	/* Could stand for a name: a whole word, and not of the title's own name. */
	bool slot;
	bool aside; /* within parentheses */
};

struct template
{
	uint64_t key; /* of all tokens */
	size_t count;
	struct token tokens[TEMPLATE_TOKENS];
	char words[256];          /* lower case, without blanks between */
	char text[TEMPLATE_TEXT]; /* the title with its masks, as it came: foreign text */
};

/* service may be empty. */
void template_read(
	struct template *out, struct untrusted title, struct untrusted service);
/* The same for a service's name: "node-17" and "node-18" are one service. */
uint64_t template_service(struct untrusted service);
/* How much two have in common, 0 to 1: twice their common words by the words of both
 * (the Dice coefficient); a word also counts as the other's when the shorter, of three
 * letters or more, begins the longer. What stands in parentheses counts a quarter. */
double template_similarity(const struct template *a, const struct template *b);

#endif
