/* PromQL as Grafana keeps it: on several lines, with comments, and with variables in
 * five notations. Here it becomes one line without any of them. In a label's matcher a
 * variable widens to any value when the dashboard let one choose from the server's, and
 * is what was chosen otherwise; elsewhere only one value can stand. Pure, any thread. */
#include "import_grafana.h"

#include "base/alloc.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

enum {
	MAX_VARS = 100,
	MAX_VALUES = 50,
	EXPR_MAX_BYTES = 16 << 10,
	FORMAT_MAX_BYTES = 100
};

struct var {
	struct untrusted name;
	struct json values;     /* a text or a list of them; nothing: any */
	struct untrusted regex; /* a pattern for all of them, or empty */
	bool used;
};

struct import_vars {
	struct var list[MAX_VARS];
	size_t count;
	unsigned builtins;        /* bit of each builtin that was used */
	struct untrusted missing; /* a variable that nobody defines */
};

/* What Grafana computes from the screen. */
static const struct {
	const char *name, *value;
} builtins[] = {
	{"__rate_interval", "5m"},
	{"__interval", "5m"},
	{"__range", "1h"},
	{"__interval_ms", "300000"},
	{"__rate_interval_ms", "300000"},
	{"__range_s", "3600"},
	{"__range_ms", "3600000"},
};

enum { BUILTINS = sizeof builtins / sizeof builtins[0] };

/* --- variables --- */

static bool means_all(struct json j)
{
	struct json e = json_is_array(j) ? json_first(j) : j;

	return untrusted_is(json_text(e), "$__all") || untrusted_is(json_text(e), "All");
}

static struct json chosen(struct json var)
{
	struct json value = json_get(var, "current.value");
	struct untrusted type = json_text(json_get(var, "type"));

	if (untrusted_is(type, "constant") || untrusted_is(type, "textbox"))
		return json_ok(value) ? value : json_get(var, "query");
	if (json_ok(value) && json_count(value) + !json_is_array(value))
		return value;
	return json_get(json_first(json_get(var, "options")), "value");
}

static void add_var(struct import_vars *vars, struct json var)
{
	struct untrusted type = json_text(json_get(var, "type"));
	struct var *v = &vars->list[vars->count];

	if (vars->count == MAX_VARS || untrusted_is(type, "datasource") ||
		untrusted_is(type, "adhoc"))
		return;
	vars->count++;
	v->name = json_text(json_get(var, "name"));
	v->values = chosen(var);
	if (means_all(v->values)) {
		v->regex = json_text(json_get(var, "allValue"));
		v->values = (struct json){0};
	} else if (untrusted_is(type, "query")) {
		/* One of the server's values was chosen; here all are looked at. In
		 * places where only one can stand it stays. */
		v->regex = untrusted_str(".+");
	}
}

struct import_vars *import_vars_new(struct json templating)
{
	struct import_vars *vars = mem_new(1, sizeof *vars);

	for (struct json e = json_first(json_get(templating, "list")); json_item(e);
		e = json_next(e))
		add_var(vars, e);
	return vars;
}

void import_vars_free(struct import_vars *vars)
{
	mem_free(vars);
}

static struct var *find_var(struct import_vars *vars, struct untrusted name)
{
	for (size_t i = 0; i < vars->count; i++)
		if (untrusted_eq(vars->list[i].name, name))
			return &vars->list[i];
	return NULL;
}

static const char *find_builtin(struct import_vars *vars, struct untrusted name)
{
	for (unsigned i = 0; i < BUILTINS; i++)
		if (untrusted_is(name, builtins[i].name)) {
			vars->builtins |= 1u << i;
			return builtins[i].value;
		}
	return untrusted_starts(name, "__auto_interval_") ? "5m" : NULL;
}

/* One value that can stand anywhere. */
static struct untrusted only_value(const struct var *v)
{
	struct json first = json_is_array(v->values) ? json_first(v->values) : v->values;

	if (json_is_array(v->values) && json_count(v->values) != 1)
		return UNTRUSTED_NONE;
	return json_text(first);
}

/* Whether nothing was chosen, or shall not count. */
static bool is_any(const struct var *v)
{
	return !v || !untrusted_empty(v->regex) ||
	       (!json_is_text(v->values) && !json_count(v->values));
}

/* Whether a matcher needs a pattern for it. */
static bool is_pattern(const struct var *v)
{
	return !v || !untrusted_empty(v->regex) || untrusted_empty(only_value(v));
}

void import_vars_tell(const struct import_vars *vars, struct import *im)
{
	for (size_t i = 0; i < vars->count; i++) {
		const struct var *v = &vars->list[i];
		struct untrusted value = only_value(v);
		const char *name = import_title(im, v->name);

		if (!v->used)
			continue;
		if (!is_pattern(v))
			import_note(
				im, "$%s is taken as %s", name, import_title(im, value));
		else if (untrusted_empty(value))
			import_note(im, "$%s is taken as all its values", name);
		else
			import_note(im, "$%s is taken as all its values, not only %s",
				name, import_title(im, value));
	}
	for (unsigned i = 0; i < BUILTINS; i++)
		if (vars->builtins & 1u << i)
			import_note(im, "$%s is taken as %s", builtins[i].name,
				builtins[i].value);
	if (!untrusted_empty(vars->missing))
		import_note(im, "$%s is not defined in the dashboard: any value",
			import_title(im, vars->missing));
}

/* --- the text --- */

struct scan {
	const char *p, *end;
	struct import_vars *vars;
	struct str *out;
	struct err *err;
	int braces;
	size_t op_at; /* in out, of the matcher's operator */
	char op[3];   /* "" when none stands before what comes */
};

static bool word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_';
}

/* $name, ${name}, ${name:format}, ${name.field}, [[name]], [[name:format]] at p: its
 * length, 0 when there is none. */
static size_t variable_at(const char *p, const char *end, struct untrusted *name)
{
	const char *from = p, *close = NULL;

	if (p < end && *p == '$')
		from = p + (p + 1 < end && p[1] == '{' ? 2 : 1);
	else if (end - p > 2 && p[0] == '[' && p[1] == '[')
		from = p + 2;
	if (from == p)
		return 0;
	close = from;
	while (close < end && word_char(*close))
		close++;
	if (close == from)
		return 0;
	*name = untrusted_make(from, (size_t)(close - from));
	if (from == p + 1)
		return (size_t)(close - p);
	if (end - close > FORMAT_MAX_BYTES)
		end = close + FORMAT_MAX_BYTES;
	while (close < end && *close != ']' && *close != '}')
		close++;
	if (*p == '$')
		return close < end && *close == '}' ? (size_t)(close + 1 - p) : 0;
	return end - close > 1 && close[0] == ']' && close[1] == ']'
		       ? (size_t)(close + 2 - p)
		       : 0;
}

static bool refuse(struct scan *s, struct untrusted name, const char *what)
{
	char text[80];

	return err_set(
		s->err, ERR_INPUT, "$%s %s", text_line(name, text, sizeof text), what);
}

/* Outside of a text: one value, as it is. */
static bool put_bare(struct scan *s, struct untrusted name)
{
	const char *builtin = find_builtin(s->vars, name);
	struct var *v = find_var(s->vars, name);
	struct untrusted value = v ? only_value(v) : UNTRUSTED_NONE;
	const char *raw;
	size_t n;

	if (builtin)
		return str_puts(s->out, builtin);
	if (!v)
		return refuse(s, name, "is not defined in the dashboard");
	if (untrusted_starts(value, "$__auto"))
		value = untrusted_str("5m");
	if (untrusted_empty(value))
		return refuse(s, name, "stands where only one value can");
	v->used = true;
	raw = text_raw(value, &n);
	return str_add(s->out, raw, n);
}

/* One character in a text with that quote. */
static bool put_char(struct scan *s, char c, char quote)
{
	if ((unsigned char)c < 0x20 || (quote == '`' && c == '`'))
		return err_set(
			s->err, ERR_INPUT, "a variable's value cannot stand in a text");
	if (quote != '`' && (c == quote || c == '\\'))
		str_putc(s->out, '\\');
	return str_putc(s->out, c);
}

/* … so that a pattern holds exactly that character. */
static bool put_literal(struct scan *s, char c, char quote)
{
	if (c && strchr(".+*?()|{}$[", c))
		return str_printf(s->out, "[%c]", c);
	if (c == '^' || c == '\\')
		return put_char(s, '\\', quote) && put_char(s, c, quote);
	return put_char(s, c, quote);
}

static bool put_value(struct scan *s, struct untrusted value, bool pattern, char quote)
{
	size_t n;
	const char *raw = text_raw(value, &n);

	for (size_t i = 0; i < n; i++)
		if (!(pattern ? put_literal : put_char)(s, raw[i], quote))
			return false;
	return true;
}

static bool put_list(struct scan *s, struct json values, char quote)
{
	size_t n = 0;

	str_putc(s->out, '(');
	for (struct json e = json_first(values); json_item(e) && n < MAX_VALUES;
		e = json_next(e)) {
		if (n++)
			str_putc(s->out, '|');
		if (!put_value(s, json_text(e), true, quote))
			return false;
	}
	return str_putc(s->out, ')');
}

/* A variable inside of a text; a matcher's is a pattern when any part of it is. */
static bool put_quoted(struct scan *s, struct untrusted name, bool pattern, char quote)
{
	const char *builtin = find_builtin(s->vars, name), *raw;
	struct var *v = find_var(s->vars, name);
	size_t n;

	if (builtin)
		return str_puts(s->out, builtin);
	if (v)
		v->used = true;
	else if (untrusted_starts(name, "__"))
		return refuse(s, name, "has no value here");
	else
		s->vars->missing = name;
	if (v && !is_pattern(v))
		return put_value(s, only_value(v), pattern, quote);
	if (!pattern)
		return v && !untrusted_empty(only_value(v))
			       ? put_value(s, only_value(v), false, quote)
			       : refuse(s, name, "stands where only one value can");
	if (!v || (untrusted_empty(v->regex) && !json_is_array(v->values)))
		return str_puts(s->out, ".+");
	if (untrusted_empty(v->regex))
		return put_list(s, v->values, quote);
	raw = text_raw(v->regex, &n);
	for (size_t i = 0; i < n; i++)
		if (!put_char(s, raw[i], quote))
			return false;
	return true;
}

struct quoted {
	const char *from, *to; /* between the quotes */
	char quote;
	bool variables; /* holds one */
	bool pattern;   /* holds one that only a pattern can say */
	bool any;       /* holds one that can be anything */
};

/* "$1" is a group of label_replace, and no variable. */
static bool is_group(struct untrusted name)
{
	int64_t number;

	return untrusted_to_i64(name, &number);
}

static bool find_quoted(struct scan *s, struct quoted *q)
{
	struct untrusted name;

	q->quote = *s->p;
	q->from = q->to = s->p + 1;
	q->variables = q->pattern = q->any = false;
	while (q->to < s->end && *q->to != q->quote) {
		size_t n = variable_at(q->to, s->end, &name);

		if (n && !is_group(name) && !untrusted_starts(name, "__")) {
			q->variables = true;
			q->pattern |= is_pattern(find_var(s->vars, name));
			q->any |= q->pattern && is_any(find_var(s->vars, name));
		} else if (n && !is_group(name)) {
			q->variables = true;
		}
		q->to += n                                                         ? n
			 : *q->to == '\\' && q->quote != '`' && q->to + 1 < s->end ? 2
										   : 1;
	}
	return q->to < s->end ||
	       err_set(s->err, ERR_INPUT, "a text in it has no closing %c", q->quote);
}

/* What stands between the quotes. escape: its own characters are no pattern yet. */
static bool put_inside(struct scan *s, const struct quoted *q, bool pattern, bool escape)
{
	struct untrusted name;

	for (const char *p = q->from; p < q->to;) {
		size_t n = variable_at(p, q->to, &name);

		if (n && !is_group(name)) {
			if (!put_quoted(s, name, pattern, q->quote))
				return false;
			p += n;
			continue;
		}
		if (escape && *p == '\\')
			return err_set(s->err, ERR_INPUT,
				"a matcher mixes escapes and variables");
		if (!escape)
			str_putc(s->out, *p);
		else if (!put_literal(s, *p, q->quote))
			return false;
		p++;
	}
	return true;
}

static bool put_matcher(struct scan *s, const struct quoted *q)
{
	bool was_pattern = s->op[1] == '~', negative = s->op[0] == '!';
	bool pattern = was_pattern || q->pattern;
	struct untrusted name;

	if (negative && q->any) {
		/* "None of any value" would be nothing: it shall not narrow at all. */
		for (const char *p = q->from; p < q->to; p++)
			if (variable_at(p, q->to, &name) && find_var(s->vars, name))
				find_var(s->vars, name)->used = true;
		s->out->n = s->op_at;
		return str_printf(s->out, "=~%c.*%c", q->quote, q->quote);
	}
	s->out->n = s->op_at;
	str_printf(s->out, "%s%c", pattern ? (negative ? "!~" : "=~") : s->op, q->quote);
	return put_inside(s, q, pattern, pattern && !was_pattern) &&
	       str_putc(s->out, q->quote);
}

static bool take_quoted(struct scan *s)
{
	struct quoted q;
	bool ok;

	if (!find_quoted(s, &q))
		return false;
	if (!q.variables) {
		ok = str_add(s->out, q.from - 1, (size_t)(q.to - q.from) + 2);
	} else if (s->braces && *s->op) {
		ok = put_matcher(s, &q);
	} else {
		str_putc(s->out, q.quote);
		ok = put_inside(s, &q, false, false) && str_putc(s->out, q.quote);
	}
	s->op[0] = '\0';
	s->p = q.to + 1;
	return ok;
}

static void take_operator(struct scan *s)
{
	size_t n = s->end - s->p > 1 && strchr("=~", s->p[1]) && s->p[1] ? 2 : 1;

	snprintf(s->op, sizeof s->op, "%.*s", (int)n, s->p);
	s->op_at = s->out->n;
	str_add(s->out, s->p, n);
	s->p += n;
}

static void skip_blanks(struct scan *s)
{
	while (s->p < s->end && strchr(" \t\r\n", *s->p) && *s->p)
		s->p++;
	if (s->out->n && s->out->p[s->out->n - 1] != ' ')
		str_putc(s->out, ' ');
}

static bool take_next(struct scan *s)
{
	struct untrusted name;
	char c = *s->p;
	size_t n = variable_at(s->p, s->end, &name);

	if (n) {
		s->op[0] = '\0';
		s->p += n;
		return put_bare(s, name);
	}
	if (c == '"' || c == '\'' || c == '`')
		return take_quoted(s);
	if (c == '#') {
		while (s->p < s->end && *s->p != '\n')
			s->p++;
		return true;
	}
	if (c && strchr(" \t\r\n", c)) {
		skip_blanks(s);
		return true;
	}
	if (s->braces && (c == '=' || c == '!')) {
		take_operator(s);
		return true;
	}
	s->op[0] = '\0';
	s->braces += (c == '{') - (c == '}' && s->braces);
	s->p++;
	return str_putc(s->out, c);
}

static bool presentable(const struct str *out, struct err *err)
{
	struct untrusted u = untrusted_make(str_text(out), out->n);
	struct str shown;
	bool same;

	str_init(&shown, 4 * EXPR_MAX_BYTES);
	text_add_line(&shown, u, SIZE_MAX);
	same = untrusted_is(u, str_text(&shown));
	str_release(&shown);
	if (!out->n)
		return err_set(err, ERR_INPUT, "it is empty");
	if (out->cut)
		return err_set(
			err, ERR_LIMIT, "it is longer than %d bytes", EXPR_MAX_BYTES);
	return same ||
	       err_set(err, ERR_INPUT, "it holds characters that cannot be shown");
}

bool import_expr(
	struct import_vars *vars, struct untrusted expr, struct str *out, struct err *err)
{
	size_t n;
	const char *raw = text_raw(expr, &n);
	struct scan s = {.p = raw, .end = raw + n, .vars = vars, .out = out, .err = err};

	str_init(out, EXPR_MAX_BYTES);
	while (s.p < s.end && !out->cut)
		if (!take_next(&s) && !out->cut)
			return false;
	while (out->n && out->p[out->n - 1] == ' ')
		out->p[--out->n] = '\0';
	return presentable(out, err);
}

void import_expr_title(struct untrusted title, struct str *out)
{
	size_t n, k;
	const char *p = text_raw(title, &n), *end = p + n, *from = p;
	struct untrusted name;

	while (p < end) {
		k = variable_at(p, end, &name);
		if (k) {
			text_add_line(
				out, untrusted_make(from, (size_t)(p - from)), SIZE_MAX);
			text_add_line(out, name, SIZE_MAX);
			from = p + k;
		}
		p += k ? k : 1;
	}
	text_add_line(out, untrusted_make(from, (size_t)(end - from)), SIZE_MAX);
}
