/* What an alerting rule compares, from the tree of its expression: which comparison
 * counts, what its constant is, what the numbers measure, and which selectors may be
 * narrowed to the labels of one alert. Hides PromQL's rules of label propagation: they
 * are in carries_*() and nowhere else. Any thread. */
#include "model/promexpr.h"
#include "promexpr.h"

#include "base/str.h"
#include "base/text.h"

#include <math.h>
#include <string.h>

enum { MAX_LABELS = 64, MAX_NARROWED = 256 << 10 };

static bool named(
	const struct tree *tree, const struct node *node, const char *const *list)
{
	for (; *list; list++)
		if (span_is_nocase(tree, node->name, *list))
			return true;
	return false;
}

static bool is_call(const struct tree *tree, const struct node *node, const char *name)
{
	return node->kind == NODE_CALL && span_is(tree, node->name, name);
}

/* --- constants --- */

static double arithmetic(enum node_op op, double a, double b)
{
	switch (op) {
	case OP_ADD:
		return a + b;
	case OP_SUB:
		return a - b;
	case OP_MUL:
		return a * b;
	case OP_DIV:
		return a / b;
	case OP_MOD:
		return fmod(a, b);
	case OP_POW:
		return pow(a, b);
	default:
		return NAN;
	}
}

/* NAN when it is not a number that is known without the server. */
static double fold(const struct tree *tree, const struct node *node)
{
	switch (node->kind) {
	case NODE_NUMBER:
		return node->number;
	case NODE_NEGATION:
		return -fold(tree, node->args[0]);
	case NODE_PAREN:
		return fold(tree, node->args[0]);
	case NODE_BINARY:
		return arithmetic(
			node->op, fold(tree, node->args[0]), fold(tree, node->args[1]));
	case NODE_CALL:
		if (node->count == 1 &&
			(is_call(tree, node, "vector") || is_call(tree, node, "scalar")))
			return fold(tree, node->args[0]);
		return NAN;
	default:
		return NAN;
	}
}

/* --- the comparison --- */

struct found {
	const struct node *value;
	enum promexpr_op op;
	double constant;
	bool absent, whole; /* whole: the value is the expression itself */
};

static struct found find(const struct tree *tree, const struct node *node);

static struct found nothing(const struct node *node)
{
	return (struct found){node, PROMEXPR_NONE, NAN, false, true};
}

static size_t selectors_in(const struct tree *tree, struct span span)
{
	size_t n = 0;

	for (size_t i = 0; i < tree->selector_count; i++)
		n += tree->selectors[i]->span.from >= span.from &&
		     tree->selectors[i]->span.to <= span.to;
	return n;
}

static struct found find_comparison(const struct tree *tree, const struct node *node)
{
	static const enum promexpr_op plain[] = {[OP_EQ] = PROMEXPR_EQ,
		[OP_NE] = PROMEXPR_NE,
		[OP_LT] = PROMEXPR_LT,
		[OP_LE] = PROMEXPR_LE,
		[OP_GT] = PROMEXPR_GT,
		[OP_GE] = PROMEXPR_GE};
	static const enum promexpr_op turned[] = {[OP_EQ] = PROMEXPR_EQ,
		[OP_NE] = PROMEXPR_NE,
		[OP_LT] = PROMEXPR_GT,
		[OP_LE] = PROMEXPR_GE,
		[OP_GT] = PROMEXPR_LT,
		[OP_GE] = PROMEXPR_LE};
	double left = fold(tree, node->args[0]), right = fold(tree, node->args[1]);

	if (isnan(left) && !isnan(right))
		return (struct found){
			node->args[0], plain[node->op], right, false, false};
	if (!isnan(left) && isnan(right))
		return (struct found){
			node->args[1], turned[node->op], left, false, false};
	return (struct found){node->args[0], PROMEXPR_NONE, NAN, false, false};
}

/* A side that looks at the clock only ("and hour() > 8") is no curve. */
static bool counts(const struct tree *tree, const struct found *found)
{
	return !isnan(found->constant) && selectors_in(tree, found->value->span);
}

static struct found find_set(const struct tree *tree, const struct node *node)
{
	struct found a = find(tree, node->args[0]), b;

	if (counts(tree, &a))
		return a;
	b = find(tree, node->args[1]);
	if (node->op != OP_UNLESS && counts(tree, &b))
		return b;
	return a;
}

/* A product with an info metric only adds labels. */
static struct found find_product(const struct tree *tree, const struct node *node)
{
	struct found side = find(tree, node->args[node->group_right ? 1 : 0]);

	if (node->op == OP_MUL && (node->group_left || node->group_right) &&
		counts(tree, &side))
		return side;
	return nothing(node);
}

static struct found find_call(const struct tree *tree, const struct node *node)
{
	static const char *const through[] = {"label_replace", "label_join", "sort",
		"sort_desc", "sort_by_label", "label_set", "label_del", NULL};
	struct found inner;

	if (!node->count)
		return nothing(node);
	if (is_call(tree, node, "absent")) {
		inner = find(tree, node->args[0]);
		return (struct found){inner.value, PROMEXPR_NONE, NAN, true, false};
	}
	if (is_call(tree, node, "absent_over_time"))
		return (struct found){node, PROMEXPR_NONE, NAN, true, true};
	inner = find(tree, node->args[0]);
	return named(tree, node, through) && !inner.whole ? inner : nothing(node);
}

static struct found find(const struct tree *tree, const struct node *node)
{
	switch (node->kind) {
	case NODE_PAREN:
		return find(tree, node->args[0]);
	case NODE_CALL:
		return find_call(tree, node);
	case NODE_BINARY:
		if (node->op <= OP_UNLESS)
			return find_set(tree, node);
		if (node->op <= OP_GE)
			return find_comparison(tree, node);
		return find_product(tree, node);
	default:
		return nothing(node);
	}
}

/* --- what the numbers measure --- */

static bool name_has(const struct tree *tree, struct span name, const char *part)
{
	return untrusted_find(untrusted_make(tree->text + name.from, name.to - name.from),
		       part) >= 0;
}

static bool name_ends(const struct tree *tree, struct span name, const char *end)
{
	size_t n = strlen(end);

	return name.to - name.from >= n && !memcmp(tree->text + name.to - n, end, n);
}

static enum unit unit_of_name(const struct tree *tree, struct span name)
{
	static const char *const tails[] = {"_total", "_bucket", "_sum", NULL};
	static const struct {
		const char *end;
		enum unit unit;
	} ends[] = {{"_bytes", UNIT_BYTES}, {"_seconds", UNIT_SECONDS},
		{"_ratio", UNIT_RATIO}, {"_percent", UNIT_PERCENT},
		{"_celsius", UNIT_CELSIUS}};

	for (const char *const *tail = tails; *tail; tail++)
		if (name_ends(tree, name, *tail))
			name.to -= strlen(*tail);
	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
		if (name_ends(tree, name, ends[i].end))
			return ends[i].unit;
	return name_has(tree, name, ":ratio") || name_has(tree, name, "_ratio_") ||
			       name_has(tree, name, ":error_ratio")
		       ? UNIT_RATIO
		       : UNIT_NONE;
}

static enum unit unit_of(const struct tree *tree, const struct node *node);

static enum unit per_second(enum unit unit)
{
	switch (unit) {
	case UNIT_NONE:
		return UNIT_PER_S;
	case UNIT_BYTES:
		return UNIT_BYTES_PER_S;
	case UNIT_SECONDS:
		return UNIT_RATIO; /* seconds of each second */
	default:
		return UNIT_NONE;
	}
}

static enum unit unit_of_quotient(enum unit a, enum unit b)
{
	if (a == b)
		return a == UNIT_NONE ? UNIT_NONE : UNIT_RATIO;
	if (b != UNIT_PER_S)
		return UNIT_NONE;
	/* A sum's rate by a count's rate is a mean. */
	return a == UNIT_RATIO         ? UNIT_SECONDS
	       : a == UNIT_BYTES_PER_S ? UNIT_BYTES
				       : UNIT_NONE;
}

static enum unit unit_of_product(enum unit unit, double factor)
{
	if (factor == 100)
		return unit == UNIT_RATIO ? UNIT_PERCENT : UNIT_NONE;
	return factor == 1 ? unit : UNIT_NONE;
}

static enum unit unit_of_binary(const struct tree *tree, const struct node *node)
{
	double x = fold(tree, node->args[0]), y = fold(tree, node->args[1]);
	enum unit a = unit_of(tree, node->args[0]), b = unit_of(tree, node->args[1]);

	switch (node->op) {
	case OP_SUB:
		/* A moment less a moment. */
		if (is_call(tree, node->args[0], "time") ||
			is_call(tree, node->args[1], "time"))
			return UNIT_SECONDS;
		return !isnan(x) ? b : !isnan(y) || a == b ? a : UNIT_NONE;
	case OP_ADD:
		return !isnan(x) ? b : !isnan(y) || a == b ? a : UNIT_NONE;
	case OP_MUL:
		return !isnan(x) ? unit_of_product(b, x) : unit_of_product(a, y);
	case OP_DIV:
		return isnan(y) ? unit_of_quotient(a, b) : y == 1 ? a : UNIT_NONE;
	default:
		return node->op <= OP_GE ? a : UNIT_NONE;
	}
}

static enum unit unit_of_call(const struct tree *tree, const struct node *node)
{
	static const char *const rates[] = {"rate", "irate", "deriv", NULL};
	static const char *const numbers[] = {"count_over_time", "changes", "resets",
		"count", "count_values", "group", "stdvar", "absent", "hour", "minute",
		"day_of_week", "day_of_month", "month", "sgn", "ln", "log2", "log10",
		"exp", "sqrt", NULL};
	static const char *const second[] = {
		"topk", "bottomk", "quantile", "quantile_over_time", NULL};

	if (is_call(tree, node, "time") || is_call(tree, node, "timestamp"))
		return UNIT_SECONDS;
	if (!node->count || named(tree, node, numbers))
		return UNIT_NONE;
	if (is_call(tree, node, "histogram_quantile")) {
		struct span span = node->span;

		for (size_t i = 0; i < tree->selector_count; i++)
			if (tree->selectors[i]->span.from >= span.from &&
				tree->selectors[i]->span.to <= span.to)
				return unit_of_name(tree, tree->selectors[i]->name);
		return UNIT_NONE;
	}
	if (named(tree, node, second) && node->count > 1)
		return unit_of(tree, node->args[1]);
	if (named(tree, node, rates))
		return per_second(unit_of(tree, node->args[0]));
	return unit_of(tree, node->args[0]);
}

static enum unit unit_of(const struct tree *tree, const struct node *node)
{
	switch (node->kind) {
	case NODE_SELECTOR:
		return unit_of_name(tree, node->name);
	case NODE_NEGATION:
	case NODE_PAREN:
		return unit_of(tree, node->args[0]);
	case NODE_BINARY:
		return unit_of_binary(tree, node);
	case NODE_CALL:
	case NODE_AGGREGATION:
		return unit_of_call(tree, node);
	default:
		return UNIT_NONE;
	}
}

/* --- the result --- */

static void set_limit(struct promexpr *out)
{
	double c = out->constant;

	switch (out->op) {
	case PROMEXPR_GT:
		out->limit = nextafter(c, INFINITY);
		return;
	case PROMEXPR_LT:
		out->below = true;
		out->limit = nextafter(c, -INFINITY);
		return;
	case PROMEXPR_LE:
		out->below = true;
		out->limit = c;
		return;
	case PROMEXPR_EQ:
		out->below = c <= 0;
		out->limit = c;
		return;
	case PROMEXPR_NE:
		out->below = c > 0;
		out->limit = nextafter(c, out->below ? -INFINITY : INFINITY);
		return;
	default:
		out->limit = c;
	}
}

static struct untrusted value_text(
	const struct tree *tree, const struct found *found, struct arena *arena)
{
	const struct node *node = found->value;
	struct untrusted text;
	struct str out;

	if (found->absent && found->whole) {
		/* A range cannot be drawn: its last value can. */
		struct span range = node->args[0]->span;

		str_init(&out, PROMEXPR_MAX_BYTES + 40);
		str_puts(&out, "last_over_time(");
		str_add(&out, tree->text + range.from, range.to - range.from);
		str_puts(&out, ")");
		text = untrusted_copy(arena, untrusted_make(out.p, out.n));
		str_release(&out);
		return text;
	}
	while (node->kind == NODE_PAREN && tree->text[node->span.from] == '(' &&
		tree->text[node->span.to - 1] == ')')
		node = node->args[0];
	return untrusted_copy(arena, untrusted_make(tree->text + node->span.from,
					     node->span.to - node->span.from));
}

bool promexpr_split(struct untrusted expr, struct arena *arena, struct promexpr *out)
{
	struct tree tree;
	struct found found;

	*out = (struct promexpr){.constant = NAN, .limit = NAN};
	if (!tree_parse(&tree, arena, expr)) {
		out->value = untrusted_copy(arena, expr);
		return false;
	}
	found = find(&tree, tree.root);
	out->value = value_text(&tree, &found, arena);
	out->absent = found.absent;
	out->unit = unit_of(&tree, found.value);
	out->selectors = selectors_in(&tree, found.value->span);
	out->op = found.op;
	out->constant = found.constant;
	set_limit(out);
	return true;
}

uint64_t promexpr_measures(struct untrusted expr, struct arena *arena)
{
	enum { MOST = 16 };
	uint64_t seen[MOST], sum = 0;
	size_t n = 0;
	struct tree tree;

	if (!tree_parse(&tree, arena, expr))
		return 0;
	for (size_t i = 0; i < tree.selector_count; i++) {
		struct span name = tree.selectors[i]->name;
		uint64_t hash = untrusted_hash(
			untrusted_make(tree.text + name.from, name.to - name.from));
		size_t k = 0;

		while (k < n && seen[k] != hash)
			k++;
		if (name.to == name.from || (k == n && n == MOST))
			return 0;
		if (k < n)
			continue;
		seen[n++] = hash;
		sum += hash * UINT64_C(0x9e3779b97f4a7c15);
	}
	return sum;
}

const char *promexpr_op_text(enum promexpr_op op)
{
	static const char *const texts[] = {"", ">", ">=", "<", "<=", "==", "!="};

	return texts[op];
}

/* --- narrowing --- */

static void carry(struct tree *tree, struct node *node, struct untrusted label, int bit);

static bool keeps_labels(const struct tree *tree, const struct node *node)
{
	static const char *const keep[] = {"rate", "irate", "increase", "delta", "idelta",
		"deriv", "predict_linear", "changes", "resets", "avg_over_time",
		"min_over_time", "max_over_time", "sum_over_time", "count_over_time",
		"quantile_over_time", "stddev_over_time", "stdvar_over_time",
		"last_over_time", "first_over_time", "present_over_time", "mad_over_time",
		"double_exponential_smoothing", "holt_winters", "abs", "ceil", "floor",
		"round", "clamp", "clamp_min", "clamp_max", "ln", "log2", "log10", "exp",
		"sqrt", "sgn", "timestamp", "hour", "minute", "month", "day_of_week",
		"day_of_month", "day_of_year", "days_in_month", "year", "sort",
		"sort_desc", "histogram_quantile", "histogram_avg", "histogram_count",
		"histogram_sum", "histogram_fraction", NULL};

	return named(tree, node, keep);
}

/* label_replace(v, "to", …) and label_join(v, "to", …) keep all labels but one. */
static bool makes_label(
	const struct tree *tree, const struct node *node, struct untrusted label)
{
	const struct node *to = node->count > 1 ? node->args[1] : NULL;
	struct names made = {.given = true};

	if (!to || to->kind != NODE_STRING)
		return true;
	made.inside = to->span;
	return names_hold(tree, &made, label);
}

static void carry_call(
	struct tree *tree, struct node *node, struct untrusted label, int bit)
{
	static const char *const replace[] = {"label_replace", "label_join", NULL};

	if (named(tree, node, replace)) {
		if (!makes_label(tree, node, label))
			carry(tree, node->args[0], label, bit);
		return;
	}
	if (keeps_labels(tree, node))
		for (size_t i = 0; i < node->count; i++)
			carry(tree, node->args[i], label, bit);
}

static void carry_aggregation(
	struct tree *tree, struct node *node, struct untrusted label, int bit)
{
	static const char *const each[] = {"sum", "min", "max", "avg", "count", "group",
		"stddev", "stdvar", "quantile", NULL};
	bool kept = names_hold(tree, &node->on, label) ||
		    (node->ignoring.given && !names_hold(tree, &node->ignoring, label));

	if (kept && named(tree, node, each))
		for (size_t i = 0; i < node->count; i++)
			carry(tree, node->args[i], label, bit);
}

/* Which sides of an operator have the label whenever the result has it. */
static void carry_binary(
	struct tree *tree, struct node *node, struct untrusted label, int bit)
{
	bool set = node->op <= OP_UNLESS;
	bool matched = node->on.given ? names_hold(tree, &node->on, label)
				      : !names_hold(tree, &node->ignoring, label);
	bool included = names_hold(tree, &node->include, label);
	bool left = matched, right = matched;

	if (node->op == OP_OR && !matched)
		return;
	if (set && !matched)
		left = true;
	if (!set && !matched && node->group_left)
		*(included ? &right : &left) = true;
	if (!set && !matched && node->group_right)
		*(included ? &left : &right) = true;
	if (left)
		carry(tree, node->args[0], label, bit);
	if (right)
		carry(tree, node->args[1], label, bit);
}

static void carry(struct tree *tree, struct node *node, struct untrusted label, int bit)
{
	switch (node->kind) {
	case NODE_SELECTOR:
		node->add |= UINT64_C(1) << bit;
		return;
	case NODE_NEGATION:
	case NODE_PAREN:
		carry(tree, node->args[0], label, bit);
		return;
	case NODE_CALL:
		carry_call(tree, node, label, bit);
		return;
	case NODE_AGGREGATION:
		carry_aggregation(tree, node, label, bit);
		return;
	case NODE_BINARY:
		carry_binary(tree, node, label, bit);
		return;
	default:
		return;
	}
}

/* Names that need no quotes; others are left to the filter. */
static bool plain_name(struct untrusted name)
{
	size_t n;
	const unsigned char *p = text_raw(name, &n);

	for (size_t i = 0; i < n; i++)
		if (p[i] != '_' && !((p[i] | 32) >= 'a' && (p[i] | 32) <= 'z') &&
			!(i && p[i] >= '0' && p[i] <= '9'))
			return false;
	return n > 0;
}

/* In front of those that are there: behind them could be a comma or a comment. */
static void put_matchers(
	struct str *out, const struct node *selector, const struct pair *labels)
{
	bool first = true;

	for (int bit = 0; bit < MAX_LABELS; bit++) {
		size_t n;
		const void *name;

		if (!(selector->add >> bit & 1))
			continue;
		name = text_raw(labels[bit].name, &n);
		str_puts(out, first ? "" : ",");
		first = false;
		str_add(out, name, n);
		str_putc(out, '=');
		text_add_promql(out, labels[bit].value);
	}
	str_puts(out, selector->matchers ? "," : "");
}

static struct untrusted rewrite(
	const struct tree *tree, const struct pair *labels, struct arena *arena)
{
	struct untrusted text;
	struct str out;
	size_t at = 0;

	str_init(&out, MAX_NARROWED);
	for (size_t i = 0; i < tree->selector_count; i++) {
		const struct node *s = tree->selectors[i];
		size_t to = s->open ? s->open : s->name.to;

		if (!s->add)
			continue;
		str_add(&out, tree->text + at, to - at);
		str_puts(&out, s->open ? "" : "{");
		put_matchers(&out, s, labels);
		str_puts(&out, s->open ? "" : "}");
		at = to;
	}
	str_add(&out, tree->text + at, tree->n - at);
	text = out.cut ? UNTRUSTED_NONE
		       : untrusted_copy(arena, untrusted_make(out.p, out.n));
	str_release(&out);
	return text;
}

struct untrusted promexpr_narrow(struct untrusted expr, const struct pair *labels,
	size_t count, struct arena *arena)
{
	struct untrusted narrowed;
	struct tree tree;

	if (!tree_parse(&tree, arena, expr))
		return expr;
	for (size_t i = 0; i < count && i < MAX_LABELS; i++)
		if (plain_name(labels[i].name) && !untrusted_empty(labels[i].value))
			carry(&tree, tree.root, labels[i].name, (int)i);
	narrowed = rewrite(&tree, labels, arena);
	return untrusted_empty(narrowed) ? expr : narrowed;
}
