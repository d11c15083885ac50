/* The tree of a PromQL expression, shared by the parser (promexpr_parse.c) and those
 * who walk it (promexpr.c). */
#ifndef SRC_MODEL_PROMEXPR_H
#define SRC_MODEL_PROMEXPR_H

#include "base/arena.h"
#include "base/untrusted.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NODE_MAX_ARGS = 8, NODE_MAX_SELECTORS = 400 };

enum node_kind {
	NODE_NUMBER,
	NODE_STRING,
	NODE_SELECTOR,
	NODE_CALL,
	NODE_AGGREGATION,
	NODE_BINARY,
	NODE_NEGATION,
	NODE_PAREN,
};

enum node_op {
	OP_OR,
	OP_AND,
	OP_UNLESS,
	OP_EQ,
	OP_NE,
	OP_LT,
	OP_LE,
	OP_GT,
	OP_GE,
	OP_ADD,
	OP_SUB,
	OP_MUL,
	OP_DIV,
	OP_MOD,
	OP_POW,
	OP_ATAN2,
	OP_COUNT,
};

struct span {
	size_t from, to; /* bytes of the text */
};

/* A list of label names in parentheses; n 0 is an empty list. */
struct names {
	bool given;
	struct span inside;
};

struct node {
	enum node_kind kind;
	struct span span;
	struct span name; /* of a metric, function or aggregation */
	double number;    /* NODE_NUMBER */
	struct node *args[NODE_MAX_ARGS];
	size_t count;          /* of args; a binary has 2 */
	enum node_op op;       /* NODE_BINARY */
	struct names on;       /* on (…), or by (…) */
	struct names ignoring; /* ignoring (…), or without (…) */
	bool group_left, group_right;
	struct names include; /* group_left (…) */
	size_t open;          /* NODE_SELECTOR: offset behind its '{', 0 without braces */
	bool matchers;        /* there is one between the braces already */
	uint64_t add;         /* bits of the labels to be added */
};

struct tree {
	struct arena *arena;
	const char *text;
	size_t n;
	struct node *root;
	struct node *selectors[NODE_MAX_SELECTORS]; /* in the order of the text */
	size_t selector_count;
};

/* false: it is not an expression, too long or too deep. Borrows the text. */
bool tree_parse(struct tree *tree, struct arena *arena, struct untrusted text);
bool span_is(const struct tree *tree, struct span span, const char *word);
bool span_is_nocase(const struct tree *tree, struct span span, const char *word);
/* Whether the list holds the name. */
bool names_hold(
	const struct tree *tree, const struct names *names, struct untrusted name);

#endif
