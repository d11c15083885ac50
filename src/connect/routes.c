/* Alertmanager's routing, done again: the tree from its configuration, the walk of an
 * alert down the tree (dispatch.Route.Match), and the key of the group it ends in
 * (route.Key() and ":" and its group labels, each printed as Go prints them; PagerDuty
 * gets the SHA-256 of that as its dedup key). What was read of the server has names
 * that it printed itself: matchers one an item, label names as they are.
 *
 * Pure; any thread, one at a time. */
#include "routes.h"

#include "base/alloc.h"
#include "base/regex.h"
#include "base/str.h"
#include "base/text.h"
#include "base/utf8.h"
#include "base/yaml.h"

#include <stdlib.h>
#include <string.h>

enum {
	MAX_BYTES = 16 << 20,
	MAX_ROUTES = 5000,
	MAX_MATCHERS = 100, /* of one route */
	MAX_GROUP_BY = 100,
	MAX_PATTERN = 1000,
	MAX_KEY = 64 << 10,
	MAX_DEPTH = 30,
};

/* In the order in which equal ones are sorted. */
enum op { OP_EQUAL, OP_NOT_EQUAL, OP_REGEX, OP_NOT_REGEX };

static const char *const op_texts[] = {"=", "!=", "=~", "!~"};

struct matcher {
	struct untrusted name, value;
	enum op op;
	struct regex *regex;
};

struct route {
	struct route *children, *next;
	struct matcher *matchers;
	size_t matcher_count, matcher_cap;
	const struct untrusted *group_by;
	size_t group_by_count;
	struct untrusted receiver;
	const char *key;
	bool group_all, goes_on, pages;
};

struct routes {
	struct arena arena;
	struct route *root;
	size_t count;
};

struct reading {
	struct routes *routes;
	struct json receivers;
	struct err *err;
};

/* --- as Go prints it --- */

/* Of blanks only the plain one is printed as it is. */
static bool wide_blank(uint32_t cp)
{
	return cp == 0xa0 || cp == 0x1680 || (cp >= 0x2000 && cp <= 0x200a) ||
	       cp == 0x202f || cp == 0x205f || cp == 0x3000;
}

/* strconv.Quote */
static void add_quoted(struct str *out, struct untrusted text)
{
	static const char letters[] = "abtnvfr"; /* from \a, 7, on */
	size_t n, used;
	const unsigned char *p = text_raw(text, &n);
	uint32_t cp;

	str_putc(out, '"');
	for (size_t i = 0; i < n; i += used) {
		used = utf8_decode(p + i, n - i, &cp);
		if (!used) {
			str_printf(out, "\\x%02x", p[i]);
			used = 1;
		} else if (cp == '"' || cp == '\\') {
			str_printf(out, "\\%c", (int)cp);
		} else if (cp >= 7 && cp <= 13) {
			str_printf(out, "\\%c", letters[cp - 7]);
		} else if (cp < ' ' || cp == 0x7f) {
			str_printf(out, "\\x%02x", (unsigned)cp);
		} else if (cp == ' ' || (utf8_printable(cp) && !wide_blank(cp))) {
			str_add(out, p + i, used);
		} else {
			str_printf(
				out, cp < 0x10000 ? "\\u%04x" : "\\U%08x", (unsigned)cp);
		}
	}
	str_putc(out, '"');
}

static void add_raw(struct str *out, struct untrusted text)
{
	size_t n;
	const void *p = text_raw(text, &n);

	str_add(out, p, n);
}

static int by_name(const void *a, const void *b)
{
	const struct matcher *x = a, *y = b;
	int order = untrusted_cmp(x->name, y->name);

	if (!order)
		order = untrusted_cmp(x->value, y->value);
	return order ? order : (int)x->op - (int)y->op;
}

static const char *print_key(
	struct reading *r, const struct route *parent, const struct route *route)
{
	const char *kept;
	struct str out;

	str_init(&out, MAX_KEY);
	if (parent)
		str_printf(&out, "%s/", parent->key);
	str_putc(&out, '{');
	for (size_t i = 0; i < route->matcher_count; i++) {
		const struct matcher *m = &route->matchers[i];

		if (i)
			str_putc(&out, ',');
		add_raw(&out, m->name);
		str_puts(&out, op_texts[m->op]);
		add_quoted(&out, m->value);
	}
	str_putc(&out, '}');
	kept = out.cut ? NULL : arena_strdup(&r->routes->arena, str_text(&out));
	str_release(&out);
	if (!kept)
		err_set(r->err, ERR_LIMIT, "routes: a key is too long");
	return kept;
}

/* --- matchers --- */

/* A word in quotes, or up to a byte of `ends`; false when the quote does not end. */
static bool take_word(struct reading *r, struct untrusted *rest, const char *ends,
	struct untrusted *out)
{
	size_t n, i = 0;
	const char *p;
	struct str word;

	*rest = untrusted_trim(*rest);
	p = text_raw(*rest, &n);
	if (!n || *p != '"') {
		while (i < n && !strchr(ends, p[i]))
			i++;
		*out = untrusted_trim(untrusted_slice(*rest, 0, i));
		*rest = untrusted_slice(*rest, i, SIZE_MAX);
		return true;
	}
	str_init(&word, MAX_KEY);
	for (i = 1; i < n && p[i] != '"'; i++) {
		char c = p[i];

		if (c == '\\' && i + 1 < n)
			c = p[++i] == 'n' ? '\n' : p[i] == 't' ? '\t' : p[i];
		str_putc(&word, c);
	}
	*out = untrusted_copy(&r->routes->arena, untrusted_make(word.p, word.n));
	str_release(&word);
	*rest = untrusted_trim(untrusted_slice(*rest, i + 1, SIZE_MAX));
	return i < n;
}

static bool take_op(struct untrusted *rest, enum op *out)
{
	*rest = untrusted_trim(*rest);
	for (int op = OP_NOT_REGEX; op >= OP_EQUAL; op--)
		if (untrusted_starts(*rest, op_texts[op])) {
			*out = (enum op)op;
			*rest = untrusted_slice(*rest, strlen(op_texts[op]), SIZE_MAX);
			return true;
		}
	return false;
}

static bool unreadable(struct reading *r, struct untrusted what)
{
	char shown[80];

	return err_set(r->err, ERR_INPUT, "routes: cannot read the matcher %s",
		text_line(what, shown, sizeof shown));
}

static bool compile(struct reading *r, struct matcher *m)
{
	struct str pattern;
	bool fits;

	if (m->op != OP_REGEX && m->op != OP_NOT_REGEX)
		return true;
	str_init(&pattern, MAX_PATTERN);
	str_puts(&pattern, "(?-i)\\A(?:");
	add_raw(&pattern, m->value);
	str_puts(&pattern, ")\\z");
	fits = !pattern.cut;
	m->regex = fits ? regex_new(str_text(&pattern), r->err) : NULL;
	str_release(&pattern);
	return m->regex || unreadable(r, m->value);
}

static bool add_matcher(struct reading *r, struct route *route, const struct matcher *m)
{
	if (route->matcher_count == MAX_MATCHERS || untrusted_empty(m->name))
		return unreadable(r, m->name);
	MEM_ROOM(route->matchers, route->matcher_count, route->matcher_cap);
	route->matchers[route->matcher_count++] = *m;
	return compile(r, &route->matchers[route->matcher_count - 1]);
}

/* `a="b"`, also several with commas between them and braces around. */
static bool read_matchers(struct reading *r, struct route *route, struct untrusted text)
{
	struct untrusted rest = untrusted_trim(text);

	if (untrusted_starts(rest, "{"))
		rest = untrusted_slice(rest, 1, SIZE_MAX);
	while (!untrusted_empty(rest) && !untrusted_starts(rest, "}")) {
		struct matcher m = {.op = OP_EQUAL};

		if (!take_word(r, &rest, "=!", &m.name) || !take_op(&rest, &m.op) ||
			!take_word(r, &rest, ",}", &m.value) ||
			!add_matcher(r, route, &m))
			return unreadable(r, text);
		rest = untrusted_trim(rest);
		if (untrusted_starts(rest, ","))
			rest = untrusted_trim(untrusted_slice(rest, 1, SIZE_MAX));
	}
	return true;
}

/* match and match_re; of the latter the program prints what it made of it. */
static bool read_legacy(
	struct reading *r, struct route *route, struct json map, enum op op)
{
	for (struct json e = json_first(map); json_item(e); e = json_next(e)) {
		struct matcher m = {json_name(e), json_text(e), op, NULL};
		struct str anchored;

		str_init(&anchored, MAX_PATTERN);
		if (op == OP_REGEX) {
			str_puts(&anchored, "^(?:");
			add_raw(&anchored, m.value);
			str_puts(&anchored, ")$");
			m.value = untrusted_make(anchored.p, anchored.n);
		}
		m.value = untrusted_copy(&r->routes->arena, m.value);
		m.name = untrusted_copy(&r->routes->arena, m.name);
		str_release(&anchored);
		if (!add_matcher(r, route, &m))
			return false;
	}
	return true;
}

static bool read_all_matchers(struct reading *r, struct route *route, struct json from)
{
	struct json list = json_get(from, "matchers");

	if (!read_legacy(r, route, json_get(from, "match"), OP_EQUAL) ||
		!read_legacy(r, route, json_get(from, "match_re"), OP_REGEX))
		return false;
	if (json_is_text(list) &&
		!read_matchers(
			r, route, untrusted_copy(&r->routes->arena, json_text(list))))
		return false;
	for (struct json e = json_first(list); json_item(e); e = json_next(e))
		if (!read_matchers(
			    r, route, untrusted_copy(&r->routes->arena, json_text(e))))
			return false;
	if (route->matcher_count)
		qsort(route->matchers, route->matcher_count, sizeof *route->matchers,
			by_name);
	return true;
}

/* --- routes --- */

static bool read_group_by(struct reading *r, const struct route *parent,
	struct route *route, struct json from)
{
	struct json list = json_get(from, "group_by");
	size_t n = json_count(list);
	struct untrusted *names;

	if (!json_is_array(list)) {
		route->group_by = parent ? parent->group_by : NULL;
		route->group_by_count = parent ? parent->group_by_count : 0;
		route->group_all = parent && parent->group_all;
		return true;
	}
	if (n > MAX_GROUP_BY)
		return err_set(r->err, ERR_LIMIT, "routes: group_by is too long");
	names = arena_alloc(&r->routes->arena, (n + 1) * sizeof *names);
	for (struct json e = json_first(list); names && json_item(e); e = json_next(e)) {
		if (untrusted_is(json_text(e), "..."))
			route->group_all = true;
		names[route->group_by_count++] =
			untrusted_copy(&r->routes->arena, json_text(e));
	}
	route->group_by = names;
	return names != NULL;
}

static bool pages(const struct reading *r, struct untrusted receiver)
{
	for (struct json e = json_first(r->receivers); json_item(e); e = json_next(e))
		if (untrusted_eq(json_text(json_get(e, "name")), receiver))
			return json_count(json_get(e, "pagerduty_configs")) > 0;
	return false;
}

static bool too_many(struct reading *r)
{
	return err_set(r->err, ERR_LIMIT, "routes: too many");
}

/* Put in its place first: what was read of it is freed with the tree. */
static bool read_route(struct reading *r, struct route **place,
	const struct route *parent, struct json from, int depth)
{
	struct route *route = arena_alloc(&r->routes->arena, sizeof *route), **next;
	struct json routes = json_get(from, "routes");

	if (!route || depth > MAX_DEPTH || ++r->routes->count > MAX_ROUTES)
		return too_many(r);
	*place = route;
	route->receiver =
		untrusted_copy(&r->routes->arena, json_text(json_get(from, "receiver")));
	if (untrusted_empty(route->receiver) && parent)
		route->receiver = parent->receiver;
	route->pages = pages(r, route->receiver);
	route->goes_on = json_bool(json_get(from, "continue"), false);
	if (!read_all_matchers(r, route, from) || !read_group_by(r, parent, route, from))
		return false;
	route->key = print_key(r, parent, route);
	if (!route->key)
		return false;
	next = &route->children;
	for (struct json e = json_first(routes); json_item(e); e = json_next(e)) {
		if (!read_route(r, next, route, e, depth + 1))
			return false;
		next = &(*next)->next;
	}
	return true;
}

static void free_route(struct route *route)
{
	for (struct route *child = route->children; child; child = child->next)
		free_route(child);
	for (size_t i = 0; i < route->matcher_count; i++)
		regex_free(route->matchers[i].regex);
	mem_free(route->matchers);
}

void routes_free(struct routes *routes)
{
	if (!routes)
		return;
	if (routes->root)
		free_route(routes->root);
	arena_release(&routes->arena);
	mem_free(routes);
}

struct routes *routes_new(struct untrusted config, struct err *err)
{
	struct reading r = {.routes = mem_new(1, sizeof *r.routes), .err = err};
	struct json_doc doc;
	struct json root;
	size_t n;
	const char *text = text_raw(config, &n);
	bool ok;

	arena_init(&r.routes->arena, MAX_BYTES);
	if (!yaml_parse(&doc, text ? text : "", n, ROUTES_MAX_CONFIG, err)) {
		routes_free(r.routes);
		return NULL;
	}
	root = json_get(json_root(&doc), "route");
	r.receivers = json_get(json_root(&doc), "receivers");
	ok = json_is_object(root) ? read_route(&r, &r.routes->root, NULL, root, 1)
				  : err_set(err, ERR_INPUT, "routes: there is no route");
	/* A text that did not fit is empty, and would match what it should not. */
	if (ok && r.routes->arena.full)
		ok = too_many(&r);
	json_release(&doc);
	if (ok)
		return r.routes;
	routes_free(r.routes);
	return NULL;
}

/* --- an alert on its way --- */

struct walk {
	const struct pair *labels;
	size_t count;
	void (*end)(struct walk *walk, const struct route *route);
	struct str *printed;
	char (*keys)[SHA256_DIGITS + 1];
	size_t key_count;
};

static struct untrusted value_of(const struct walk *walk, struct untrusted name)
{
	for (size_t i = 0; i < walk->count; i++)
		if (untrusted_eq(walk->labels[i].name, name))
			return walk->labels[i].value;
	return UNTRUSTED_NONE;
}

/* A label that is missing is an empty one. */
static bool matches(const struct walk *walk, const struct route *route)
{
	for (size_t i = 0; i < route->matcher_count; i++) {
		const struct matcher *m = &route->matchers[i];
		struct untrusted value = value_of(walk, m->name);
		bool same = m->regex ? regex_match(m->regex, value, 0, NULL, NULL)
				     : untrusted_eq(value, m->value);

		if (same != (m->op == OP_EQUAL || m->op == OP_REGEX))
			return false;
	}
	return true;
}

static bool go_down(struct walk *walk, const struct route *route)
{
	bool below = false;

	if (!matches(walk, route))
		return false;
	for (const struct route *r = route->children; r; r = r->next) {
		bool taken = go_down(walk, r);

		below |= taken;
		if (taken && !r->goes_on)
			break;
	}
	if (!below)
		walk->end(walk, route);
	return true;
}

static bool groups_by(const struct route *route, struct untrusted name)
{
	for (size_t i = 0; i < route->group_by_count; i++)
		if (untrusted_eq(route->group_by[i], name))
			return true;
	return route->group_all;
}

static int by_label(const void *a, const void *b)
{
	return untrusted_cmp(
		((const struct pair *)a)->name, ((const struct pair *)b)->name);
}

static void print_group(
	const struct walk *walk, const struct route *route, struct str *out)
{
	struct pair sorted[ALERT_MAX_PAIRS];
	size_t n = 0;

	for (size_t i = 0; i < walk->count && n < ALERT_MAX_PAIRS; i++)
		if (groups_by(route, walk->labels[i].name))
			sorted[n++] = walk->labels[i];
	if (n)
		qsort(sorted, n, sizeof *sorted, by_label);
	str_printf(out, "%s:{", route->key);
	for (size_t i = 0; i < n; i++) {
		if (i)
			str_puts(out, ", ");
		add_raw(out, sorted[i].name);
		str_putc(out, '=');
		add_quoted(out, sorted[i].value);
	}
	str_putc(out, '}');
}

static void keep_key(struct walk *walk, const struct route *route)
{
	struct untrusted whole;
	struct str out;

	if (!route->pages || walk->key_count == ROUTES_MAX_KEYS)
		return;
	str_init(&out, MAX_KEY);
	print_group(walk, route, &out);
	whole = untrusted_make(out.p, out.n);
	if (!out.cut)
		sha256_text(&whole, 1, walk->keys[walk->key_count++]);
	str_release(&out);
}

static void print_line(struct walk *walk, const struct route *route)
{
	print_group(walk, route, walk->printed);
	str_putc(walk->printed, '\n');
}

size_t routes_keys(const struct routes *routes, const struct pair *labels, size_t count,
	char out[ROUTES_MAX_KEYS][SHA256_DIGITS + 1])
{
	struct walk walk = {
		.labels = labels, .count = count, .end = keep_key, .keys = out};

	go_down(&walk, routes->root);
	return walk.key_count;
}

void routes_print(const struct routes *routes, const struct pair *labels, size_t count,
	struct str *out)
{
	struct walk walk = {
		.labels = labels, .count = count, .end = print_line, .printed = out};

	go_down(&walk, routes->root);
}
