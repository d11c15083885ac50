/* Reading label matchers and asking them. What cannot be read whole is no matcher at
 * all, so that a slip never widens what a runbook is for. Hides the regular
 * expressions. */
#include "ops/matchers.h"

#include "base/regex.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *text;
	enum matcher_op op;
} ops[] = {{"=~", MATCHER_FITS}, {"!~", MATCHER_FITS_NOT}, {"!=", MATCHER_IS_NOT},
	{"=", MATCHER_IS}};

/* The name before the operator. */
static bool read_name(struct untrusted *rest, struct matcher *m)
{
	size_t n = 0;
	struct untrusted name;

	while (n < untrusted_size(*rest)) {
		struct untrusted c = untrusted_slice(*rest, n, 1);

		if (untrusted_is(c, "=") || untrusted_is(c, "!"))
			break;
		n++;
	}
	name = untrusted_trim(untrusted_slice(*rest, 0, n));
	*rest = untrusted_slice(*rest, n, SIZE_MAX);
	return text_to_id(name, m->name, sizeof m->name);
}

static bool read_op(struct untrusted *rest, struct matcher *m)
{
	for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
		if (untrusted_starts(*rest, ops[i].text)) {
			m->op = ops[i].op;
			*rest = untrusted_trim(
				untrusted_slice(*rest, strlen(ops[i].text), SIZE_MAX));
			return true;
		}
	return false;
}

/* In quotes, \" and \\ as they are in Prometheus; a value of one line fits. */
static bool read_value(struct untrusted *rest, struct matcher *m)
{
	char one[8];
	size_t at = 1, used = 0;

	if (!untrusted_starts(*rest, "\""))
		return false;
	for (;; at++) {
		struct untrusted c = untrusted_slice(*rest, at, 1);

		if (untrusted_empty(c))
			return false;
		if (untrusted_is(c, "\""))
			break;
		if (untrusted_is(c, "\\"))
			c = untrusted_slice(*rest, ++at, 1);
		text_line(c, one, sizeof one);
		if (strlen(one) != 1 || used + 1 >= sizeof m->value)
			return false;
		m->value[used++] = *one;
	}
	m->value[used] = '\0';
	*rest = untrusted_trim(untrusted_slice(*rest, at + 1, SIZE_MAX));
	return true;
}

static bool compile(struct matcher *m, struct err *err)
{
	char pattern[MATCHER_VALUE + 16];

	if (m->op != MATCHER_FITS && m->op != MATCHER_FITS_NOT)
		return true;
	snprintf(pattern, sizeof pattern, "^(?-i:%s)$", m->value);
	m->regex = regex_new(pattern, err);
	return m->regex != NULL;
}

static bool read_all(struct matchers *out, struct untrusted rest, struct err *err)
{
	while (!untrusted_empty(rest)) {
		struct matcher *m = &out->list[out->count];

		if (out->count == MATCHERS_MAX)
			return err_set(err, ERR_LIMIT, "more than %d label matchers",
				MATCHERS_MAX);
		if (!read_name(&rest, m) || !read_op(&rest, m) || !read_value(&rest, m))
			return err_set(err, ERR_INPUT,
				"label matchers look like {job=\"node\", "
				"instance=~\"web-.*\"}");
		out->count++;
		if (!compile(m, err))
			return err_prefix(err, "%s: ", m->name);
		if (untrusted_empty(rest))
			break;
		if (!untrusted_starts(rest, ","))
			return err_set(err, ERR_INPUT,
				"a comma is missing behind the label %s", m->name);
		rest = untrusted_trim(untrusted_slice(rest, 1, SIZE_MAX));
	}
	return true;
}

bool matchers_read(struct matchers *out, struct untrusted text, struct err *err)
{
	struct untrusted rest = untrusted_trim(text);
	size_t n = untrusted_size(rest);

	*out = (struct matchers){0};
	if (untrusted_starts(rest, "{")) {
		if (!untrusted_is(untrusted_slice(rest, n - 1, 1), "}") || n < 2)
			return err_set(
				err, ERR_INPUT, "the brace of the labels has no end");
		rest = untrusted_trim(untrusted_slice(rest, 1, n - 2));
	}
	if (read_all(out, rest, err))
		return true;
	matchers_release(out);
	return false;
}

void matchers_release(struct matchers *matchers)
{
	for (size_t i = 0; i < matchers->count; i++)
		regex_free(matchers->list[i].regex);
	*matchers = (struct matchers){0};
}

static bool holds(const struct matcher *m, struct untrusted value)
{
	switch (m->op) {
	case MATCHER_IS:
		return untrusted_is(value, m->value);
	case MATCHER_IS_NOT:
		return !untrusted_is(value, m->value);
	case MATCHER_FITS:
		return regex_match(m->regex, value, 0, NULL, NULL);
	case MATCHER_FITS_NOT:
		return !regex_match(m->regex, value, 0, NULL, NULL);
	}
	return false;
}

bool matchers_hold(const struct matchers *matchers,
	struct untrusted (*value)(const void *ctx, const char *name), const void *ctx)
{
	for (size_t i = 0; i < matchers->count; i++)
		if (!holds(&matchers->list[i], value(ctx, matchers->list[i].name)))
			return false;
	return matchers->count > 0;
}
