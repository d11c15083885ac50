/* The parser of PromQL: a tokenizer and recursive descent by precedence, total over
 * any bytes. Hides the words that MetricsQL adds (default, if, keep_metric_names, limit,
 * 10Mi) and where Prometheus allows modifiers. Any thread. */
#include "promexpr.h"

#include "base/text.h"
#include "model/promexpr.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum token_kind {
	TOKEN_END,
	TOKEN_BAD,
	TOKEN_NAME,
	TOKEN_NUMBER,
	TOKEN_STRING,
	TOKEN_SIGN, /* one or two bytes */
};

struct parser {
	struct tree *tree;
	size_t at; /* behind the token */
	enum token_kind kind;
	struct span token;
	double number;
	int depth, operators;
	bool bad;
};

enum { MAX_OPERATORS = 1000 }; /* a chain of them is as deep as it is long */

bool span_is(const struct tree *tree, struct span span, const char *word)
{
	size_t n = strlen(word);

	return span.to - span.from == n && !memcmp(tree->text + span.from, word, n);
}

bool span_is_nocase(const struct tree *tree, struct span span, const char *word)
{
	size_t n = strlen(word);

	return span.to - span.from == n && !strncasecmp(tree->text + span.from, word, n);
}

bool names_hold(const struct tree *tree, const struct names *names, struct untrusted name)
{
	size_t n, from = names->inside.from;
	const char *wanted = text_raw(name, &n), *text = tree->text;

	while (names->given && from < names->inside.to) {
		size_t to = from;

		while (to < names->inside.to && !strchr(" \t\r\n,\"'`", text[to]))
			to++;
		if (to - from == n && !memcmp(text + from, wanted, n))
			return true;
		from = to + 1;
	}
	return false;
}

/* --- tokens --- */

static unsigned char byte_at(const struct parser *p, size_t at)
{
	return at < p->tree->n ? (unsigned char)p->tree->text[at] : 0;
}

static bool in_name(unsigned char c)
{
	return isalnum(c) || c == '_' || c == ':' || c == '.' || c >= 0x80;
}

static void skip_blanks(struct parser *p)
{
	for (;;) {
		unsigned char c = byte_at(p, p->at);

		if (c == '#')
			while (p->at < p->tree->n && byte_at(p, p->at) != '\n')
				p->at++;
		else if (c == ' ' || c == '\t' || c == '\n' || c == '\r')
			p->at++;
		else
			return;
	}
}

static bool scan_string(struct parser *p, unsigned char quote)
{
	for (p->at++; p->at < p->tree->n; p->at++) {
		unsigned char c = byte_at(p, p->at);

		if (c == '\\' && quote != '`') {
			p->at++;
		} else if (c == quote) {
			p->at++;
			return true;
		}
	}
	p->at = p->tree->n;
	return false;
}

/* What stands behind a number: a time, or a size as MetricsQL writes it. */
static bool unit_factor(const char *text, size_t n, double *factor)
{
	static const struct {
		const char *word;
		double factor;
	} units[] = {{"ms", 1e-3}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400},
		{"w", 604800}, {"y", 31536000}, {"K", 1e3}, {"KB", 1e3}, {"k", 1e3},
		{"M", 1e6}, {"MB", 1e6}, {"G", 1e9}, {"GB", 1e9}, {"T", 1e12},
		{"TB", 1e12}, {"Ki", 1024}, {"KiB", 1024}, {"Mi", 1048576},
		{"MiB", 1048576}, {"Gi", 1073741824}, {"GiB", 1073741824},
		{"Ti", 1099511627776}, {"TiB", 1099511627776}};

	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
		if (strlen(units[i].word) == n && !memcmp(units[i].word, text, n)) {
			*factor = units[i].factor;
			return true;
		}
	return false;
}

static size_t scan_digits(struct parser *p)
{
	size_t from = p->at;

	while (isdigit(byte_at(p, p->at)) || byte_at(p, p->at) == '_')
		p->at++;
	return p->at - from;
}

static double read_decimal(const struct parser *p, size_t from, size_t to)
{
	char digits[64];
	size_t n = 0;

	for (; from < to && n < sizeof digits - 1; from++)
		if (byte_at(p, from) != '_')
			digits[n++] = (char)byte_at(p, from);
	digits[n] = '\0';
	return strtod(digits, NULL);
}

static bool scan_hex(struct parser *p)
{
	p->number = 0;
	for (p->at += 2; isxdigit(byte_at(p, p->at)); p->at++) {
		unsigned char c = byte_at(p, p->at);

		p->number = p->number * 16 + (isdigit(c) ? c - '0' : (c | 32) - 'a' + 10);
	}
	return true;
}

/* One number with its exponent, or with the unit behind it. */
static bool scan_piece(struct parser *p, double *out)
{
	size_t from = p->at, mark;
	double factor = 1;

	scan_digits(p);
	if (byte_at(p, p->at) == '.') {
		p->at++;
		scan_digits(p);
	}
	mark = p->at;
	if ((byte_at(p, p->at) | 32) == 'e') {
		p->at++;
		if (byte_at(p, p->at) == '+' || byte_at(p, p->at) == '-')
			p->at++;
		if (!scan_digits(p))
			p->at = mark;
	}
	*out = read_decimal(p, from, p->at);
	mark = p->at;
	while (isalpha(byte_at(p, p->at)))
		p->at++;
	if (p->at > mark && !unit_factor(p->tree->text + mark, p->at - mark, &factor))
		return false;
	*out *= factor;
	return true;
}

static bool scan_number(struct parser *p)
{
	double piece;

	p->number = 0;
	if (byte_at(p, p->at) == '0' && (byte_at(p, p->at + 1) | 32) == 'x')
		return scan_hex(p);
	do {
		if (!scan_piece(p, &piece))
			return false;
		p->number += piece;
	} while (isdigit(byte_at(p, p->at)));
	return true;
}

static bool starts_number(const struct parser *p, unsigned char c)
{
	return isdigit(c) || (c == '.' && isdigit(byte_at(p, p->at + 1)));
}

static enum token_kind scan(struct parser *p)
{
	unsigned char c = byte_at(p, p->at), then = byte_at(p, p->at + 1);

	if (p->at >= p->tree->n)
		return TOKEN_END;
	if (starts_number(p, c))
		return scan_number(p) ? TOKEN_NUMBER : TOKEN_BAD;
	if (in_name(c)) {
		while (in_name(byte_at(p, p->at)))
			p->at++;
		return TOKEN_NAME;
	}
	if (c == '"' || c == '\'' || c == '`')
		return scan_string(p, c) ? TOKEN_STRING : TOKEN_BAD;
	p->at++;
	if ((strchr("=!<>", c) && c && then == '=') ||
		((c == '=' || c == '!') && then == '~'))
		p->at++;
	return c && strchr("=!<>+-*/%^(){}[],@", c) ? TOKEN_SIGN : TOKEN_BAD;
}

static void advance(struct parser *p)
{
	skip_blanks(p);
	p->token.from = p->at;
	p->kind = p->bad ? TOKEN_BAD : scan(p);
	p->token.to = p->at;
	if (p->kind == TOKEN_BAD)
		p->bad = true;
}

static bool is_sign(const struct parser *p, const char *sign)
{
	return p->kind == TOKEN_SIGN && span_is(p->tree, p->token, sign);
}

static bool is_word(const struct parser *p, const char *word)
{
	return p->kind == TOKEN_NAME && span_is_nocase(p->tree, p->token, word);
}

static bool eat_sign(struct parser *p, const char *sign)
{
	if (!is_sign(p, sign))
		return false;
	advance(p);
	return true;
}

static bool eat_word(struct parser *p, const char *word)
{
	if (!is_word(p, word))
		return false;
	advance(p);
	return true;
}

static struct node *fail(struct parser *p)
{
	p->bad = true;
	p->kind = TOKEN_BAD;
	return NULL;
}

static struct node *node_new(struct parser *p, enum node_kind kind, size_t from)
{
	struct node *node = arena_alloc(p->tree->arena, sizeof *node);

	if (!node)
		return fail(p);
	node->kind = kind;
	node->span = (struct span){from, p->token.from};
	return node;
}

/* Ends the node behind the last token that was eaten. */
static struct node *node_end(struct parser *p, struct node *node)
{
	size_t to = p->token.from;

	if (!node || p->bad)
		return NULL;
	while (to > node->span.from && strchr(" \t\r\n", p->tree->text[to - 1]))
		to--;
	node->span.to = to;
	return node;
}

/* --- grammar --- */

static struct node *parse_binary(struct parser *p, int least);

/* (a, b): only its extent is kept. */
static bool parse_names(struct parser *p, struct names *names)
{
	if (!is_sign(p, "("))
		return false;
	names->given = true;
	names->inside.from = p->token.to;
	advance(p);
	while (!is_sign(p, ")")) {
		if (p->kind != TOKEN_NAME && p->kind != TOKEN_STRING &&
			!is_sign(p, ",") && !is_sign(p, "*"))
			return fail(p) != NULL;
		advance(p);
	}
	names->inside.to = p->token.from;
	advance(p);
	return true;
}

/* Whatever stands in the brackets, up to the closing one. */
static void parse_brackets(struct parser *p)
{
	while (!p->bad && !is_sign(p, "]")) {
		if (p->kind == TOKEN_END)
			fail(p);
		advance(p);
	}
	advance(p);
}

static void parse_at(struct parser *p)
{
	eat_sign(p, "-");
	if (p->kind == TOKEN_NUMBER) {
		advance(p);
	} else if (eat_word(p, "start") || eat_word(p, "end")) {
		if (!eat_sign(p, "(") || !eat_sign(p, ")"))
			fail(p);
	} else {
		fail(p);
	}
}

/* [5m], [1h:30s], offset 1d, @ end(), keep_metric_names. */
static struct node *parse_behind(struct parser *p, struct node *node)
{
	while (node && !p->bad) {
		if (eat_sign(p, "[")) {
			parse_brackets(p);
		} else if (eat_word(p, "offset")) {
			eat_sign(p, "-");
			if (p->kind != TOKEN_NUMBER)
				return fail(p);
			advance(p);
		} else if (eat_sign(p, "@")) {
			parse_at(p);
		} else if (!eat_word(p, "keep_metric_names")) {
			break;
		}
		node = node_end(p, node);
	}
	return node;
}

static struct node *parse_matchers(struct parser *p, struct node *node)
{
	node->open = p->token.to;
	advance(p);
	while (!p->bad && !is_sign(p, "}")) {
		if (p->kind != TOKEN_NAME && p->kind != TOKEN_STRING)
			return fail(p);
		node->matchers = true;
		advance(p);
		if (is_sign(p, "=") || is_sign(p, "!=") || is_sign(p, "=~") ||
			is_sign(p, "!~")) {
			advance(p);
			if (p->kind != TOKEN_STRING)
				return fail(p);
			advance(p);
		}
		/* MetricsQL joins whole sets with `or`: what is added would belong to
		 * the last one only. */
		if (is_word(p, "or"))
			return fail(p);
		if (!eat_sign(p, ",") && !is_sign(p, "}"))
			return fail(p);
	}
	advance(p);
	return node;
}

static struct node *parse_selector(struct parser *p, struct span name)
{
	struct tree *tree = p->tree;
	struct node *node = node_new(p, NODE_SELECTOR, name.from);

	if (!node || tree->selector_count == NODE_MAX_SELECTORS)
		return fail(p);
	node->name = name;
	tree->selectors[tree->selector_count++] = node;
	if (is_sign(p, "{"))
		node = parse_matchers(p, node);
	return node_end(p, node);
}

static bool parse_args(struct parser *p, struct node *node)
{
	if (!eat_sign(p, "("))
		return fail(p) != NULL;
	while (!p->bad && !is_sign(p, ")")) {
		struct node *arg = parse_binary(p, 0);

		if (!arg || node->count == NODE_MAX_ARGS)
			return fail(p) != NULL;
		node->args[node->count++] = arg;
		if (!eat_sign(p, ",") && !is_sign(p, ")"))
			return fail(p) != NULL;
	}
	advance(p);
	return !p->bad;
}

static void parse_clause(struct parser *p, struct node *node)
{
	if (eat_word(p, "by")) {
		if (!parse_names(p, &node->on))
			fail(p);
	} else if (eat_word(p, "without")) {
		if (!parse_names(p, &node->ignoring))
			fail(p);
	}
}

static struct node *parse_aggregation(struct parser *p, struct span name)
{
	struct node *node = node_new(p, NODE_AGGREGATION, name.from);

	if (!node)
		return NULL;
	node->name = name;
	parse_clause(p, node);
	if (!parse_args(p, node))
		return NULL;
	if (!node->on.given && !node->ignoring.given)
		parse_clause(p, node);
	if (eat_word(p, "limit")) {
		if (p->kind != TOKEN_NUMBER)
			return fail(p);
		advance(p);
	}
	return node_end(p, node);
}

static bool is_aggregation(const struct parser *p, struct span name)
{
	static const char *const names[] = {"sum", "min", "max", "avg", "count", "group",
		"stddev", "stdvar", "topk", "bottomk", "quantile", "count_values",
		"limitk", "limit_ratio", "any", "median", "mode", "distinct", "sum2",
		"geomean", "quantiles"};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if (span_is_nocase(p->tree, name, names[i]))
			return is_sign(p, "(") || is_word(p, "by") ||
			       is_word(p, "without");
	return false;
}

static struct node *parse_number(struct parser *p, double number, size_t from)
{
	struct node *node = node_new(p, NODE_NUMBER, from);

	if (node)
		node->number = number;
	return node_end(p, node);
}

static struct node *parse_name(struct parser *p)
{
	struct span name = p->token;
	struct node *node;

	advance(p);
	if (is_aggregation(p, name))
		return parse_aggregation(p, name);
	if (is_sign(p, "(")) {
		node = node_new(p, NODE_CALL, name.from);
		if (!node || !parse_args(p, node))
			return NULL;
		node->name = name;
		return node_end(p, node);
	}
	if (!is_sign(p, "{") && span_is_nocase(p->tree, name, "inf"))
		return parse_number(p, INFINITY, name.from);
	if (!is_sign(p, "{") && span_is_nocase(p->tree, name, "nan"))
		return parse_number(p, NAN, name.from);
	return parse_selector(p, name);
}

static struct node *parse_paren(struct parser *p)
{
	struct node *node = node_new(p, NODE_PAREN, p->token.from);

	if (!node || !parse_args(p, node))
		return NULL;
	if (node->count != 1)
		return fail(p);
	return node_end(p, node);
}

static struct node *parse_primary(struct parser *p)
{
	struct span token = p->token;
	double number = p->number;

	switch (p->kind) {
	case TOKEN_NUMBER:
		advance(p);
		return parse_number(p, number, token.from);
	case TOKEN_STRING:
		advance(p);
		return node_end(p, node_new(p, NODE_STRING, token.from));
	case TOKEN_NAME:
		return parse_behind(p, parse_name(p));
	case TOKEN_SIGN:
		if (is_sign(p, "("))
			return parse_behind(p, parse_paren(p));
		if (is_sign(p, "{"))
			return parse_behind(p,
				parse_selector(p, (struct span){token.from, token.from}));
		return fail(p);
	default:
		return fail(p);
	}
}

/* Each operator's word and how tight it binds. */
static const struct {
	const char *sign;
	int rank;
	enum node_op op;
} operators[] = {{"default", 1, OP_OR}, {"if", 1, OP_AND}, {"ifnot", 1, OP_UNLESS},
	{"or", 2, OP_OR}, {"and", 3, OP_AND}, {"unless", 3, OP_UNLESS}, {"==", 4, OP_EQ},
	{"!=", 4, OP_NE}, {"<", 4, OP_LT}, {"<=", 4, OP_LE}, {">", 4, OP_GT},
	{">=", 4, OP_GE}, {"+", 5, OP_ADD}, {"-", 5, OP_SUB}, {"*", 6, OP_MUL},
	{"/", 6, OP_DIV}, {"%", 6, OP_MOD}, {"atan2", 6, OP_ATAN2}, {"^", 7, OP_POW}};

enum { RANK_POW = 7 };

static int find_operator(const struct parser *p)
{
	for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++)
		if (is_sign(p, operators[i].sign) || is_word(p, operators[i].sign))
			return (int)i;
	return -1;
}

/* bool, on (…), ignoring (…), group_left (…) behind an operator. */
static void parse_matching(struct parser *p, struct node *node)
{
	eat_word(p, "bool");
	if (eat_word(p, "on")) {
		if (!parse_names(p, &node->on))
			fail(p);
	} else if (eat_word(p, "ignoring")) {
		if (!parse_names(p, &node->ignoring))
			fail(p);
	}
	node->group_left = eat_word(p, "group_left");
	node->group_right = !node->group_left && eat_word(p, "group_right");
	if ((node->group_left || node->group_right) && is_sign(p, "("))
		parse_names(p, &node->include);
	eat_word(p, "bool");
}

static struct node *parse_unary(struct parser *p)
{
	size_t from = p->token.from;
	bool minus = is_sign(p, "-");
	struct node *node;

	if (!minus && !is_sign(p, "+"))
		return parse_primary(p);
	advance(p);
	node = node_new(p, minus ? NODE_NEGATION : NODE_PAREN, from);
	if (!node)
		return NULL;
	/* A sign binds looser than a power. */
	node->args[0] = parse_binary(p, RANK_POW);
	node->count = 1;
	return node->args[0] ? node_end(p, node) : fail(p);
}

static struct node *parse_operator(struct parser *p, struct node *left, int i)
{
	struct node *node = node_new(p, NODE_BINARY, left->span.from);
	int rank = operators[i].rank;

	if (!node || ++p->operators > MAX_OPERATORS)
		return fail(p);
	advance(p);
	node->op = operators[i].op;
	parse_matching(p, node);
	node->args[0] = left;
	node->args[1] = parse_binary(p, rank == RANK_POW ? rank : rank + 1);
	node->count = 2;
	return node->args[1] ? node_end(p, node) : fail(p);
}

static struct node *parse_binary(struct parser *p, int least)
{
	struct node *left;
	int i;

	if (++p->depth > PROMEXPR_MAX_DEPTH)
		return fail(p);
	left = parse_unary(p);
	while (left && !p->bad && (i = find_operator(p)) >= 0 &&
		operators[i].rank >= least)
		left = parse_operator(p, left, i);
	p->depth--;
	return p->bad ? NULL : left;
}

bool tree_parse(struct tree *tree, struct arena *arena, struct untrusted text)
{
	struct parser p = {.tree = tree};

	*tree = (struct tree){.arena = arena};
	tree->text = text_raw(text, &tree->n);
	if (!tree->n || tree->n > PROMEXPR_MAX_BYTES)
		return false;
	advance(&p);
	tree->root = parse_binary(&p, 0);
	return tree->root && !p.bad && p.kind == TOKEN_END;
}
