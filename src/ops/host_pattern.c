/* Patterns of hosts worked out from left to right into a list of names. What is no name,
 * or would be more than anybody can have meant, is an error and never a shorter list, as
 * the list is what a command will be run on. Pure. */
#include "ops/inventory.h"

#include "base/alloc.h"
#include "base/glob.h"
#include "base/map.h"
#include "base/str.h"

#include <stdio.h>
#include <string.h>

/* --- names --- */

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool host_name_good(const char *name)
{
	const char *at = strchr(name, '@'), *host = at ? at + 1 : name;

	if (!*host || strlen(name) >= INVENTORY_NAME || at == name)
		return false;
	if (*name == '-' || *name == '.' || *host == '-' || *host == '.' ||
		(*host == ':' && host[1] != ':'))
		return false;
	for (const char *p = name; *p; p++)
		if (!is_alnum(*p) && !strchr("._-", *p) && p != at &&
			!(p >= host && *p == ':') &&
			!((*p == '[' || *p == ']' || *p == ':') && *host == '['))
			return false;
	return true;
}

void host_list_release(struct host_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		mem_free(list->names[i]);
	mem_free(list->names);
	*list = (struct host_list){0};
}

/* --- sets --- */

struct set {
	struct host_list list;
	struct map map; /* name → itself */
};

static void set_init(struct set *set)
{
	*set = (struct set){0};
	map_init(&set->map);
}

static void set_release(struct set *set)
{
	map_release(&set->map);
	host_list_release(&set->list);
}

static bool set_has(const struct set *set, const char *name)
{
	return map_get(&set->map, name, strlen(name)) != NULL;
}

static bool set_add(struct set *set, const char *name, struct err *err)
{
	char *own;

	if (set_has(set, name))
		return true;
	if (set->list.count == INVENTORY_MAX_HOSTS)
		return err_set(err, ERR_LIMIT, "these are more than %d hosts",
			INVENTORY_MAX_HOSTS);
	own = mem_strdup(name);
	MEM_ROOM(set->list.names, set->list.count, set->list.cap);
	set->list.names[set->list.count++] = own;
	map_put(&set->map, own, strlen(own), own);
	return true;
}

/* Keeps those that are in `other`, or those that are not. */
static void set_filter(struct set *set, const struct set *other, bool keep)
{
	size_t n = 0;

	for (size_t i = 0; i < set->list.count; i++) {
		char *name = set->list.names[i];

		if (set_has(other, name) == keep) {
			set->list.names[n++] = name;
			continue;
		}
		map_del(&set->map, name, strlen(name));
		mem_free(name);
	}
	set->list.count = n;
}

/* --- terms --- */

struct working {
	const struct host_groups *groups;
	int depth;
};

static bool add_pattern(
	struct working *w, const char *pattern, struct set *out, struct err *err);

static bool add_group(
	struct working *w, const char *name, struct set *out, struct err *err)
{
	const char *pattern = w->groups->find(w->groups->ctx, name);
	bool ok;

	if (!pattern)
		return err_set(err, ERR_MISSING,
			"there is no group @%.60s: `hosts %.60s = …` in the rc makes one",
			name, name);
	if (w->depth == INVENTORY_GROUP_DEPTH)
		return err_set(err, ERR_INPUT, "the group @%.60s is in itself", name);
	w->depth++;
	ok = add_pattern(w, pattern, out, err);
	w->depth--;
	return ok;
}

static bool add_matching(
	struct working *w, const char *glob, struct set *out, struct err *err)
{
	size_t before = out->list.count, known = 0;
	const char *name;

	for (size_t i = 0; (name = w->groups->name(w->groups->ctx, i)); i++) {
		if (!host_name_good(name))
			continue;
		known++;
		if (glob_match(glob, name) && !set_add(out, name, err))
			return false;
	}
	return out->list.count > before ||
	       err_set(err, ERR_MISSING,
		       "none of the %zu hosts that are known matches %.80s", known, glob);
}

static bool expand(struct working *w, const char *term, struct set *out, struct err *err);

/* `head` + one of a range + what follows. */
static bool add_one(struct working *w, const char *head, size_t head_n, long number,
	int width, const char *tail, struct set *out, struct err *err)
{
	char term[INVENTORY_NAME];

	if (snprintf(term, sizeof term, "%.*s%0*ld%s", (int)head_n, head, width, number,
		    tail) >= (int)sizeof term)
		return err_set(
			err, ERR_LIMIT, "a name is longer than %d", INVENTORY_NAME - 1);
	return expand(w, term, out, err);
}

static const char *read_number(const char *p, long *out, int *width)
{
	const char *from = p;

	for (*out = 0; *p >= '0' && *p <= '9' && p - from < 7; p++)
		*out = *out * 10 + (*p - '0');
	*width = (int)(p - from);
	return p;
}

/* "01-20" or "7", comma-separated, up to the bracket. */
static bool add_range(struct working *w, const char *term, const char *open,
	struct set *out, struct err *err)
{
	const char *close = strchr(open, ']'), *p = open + 1;

	while (close && p < close) {
		long from, to;
		int width, other;

		p = read_number(p, &from, &width);
		to = from;
		if (*p == '-') {
			p = read_number(p + 1, &to, &other);
			if (!other)
				width = 0;
		}
		if (!width || to < from || (*p != ',' && p != close) ||
			to - from > INVENTORY_MAX_HOSTS)
			break;
		for (long i = from; i <= to; i++)
			if (!add_one(w, term, (size_t)(open - term), i, width, close + 1,
				    out, err))
				return false;
		if (p == close)
			return true;
		p++;
	}
	return err_set(err, ERR_INPUT,
		"%.80s: a range is [01-20] or [1,3,7-9], of at most %d", term,
		INVENTORY_MAX_HOSTS);
}

static bool expand(struct working *w, const char *term, struct set *out, struct err *err)
{
	const char *open = strchr(term, '[');
	const char *at = strchr(term, '@');

	/* [::1] is an address. */
	if (open && open != term && !(at && open == at + 1))
		return add_range(w, term, open, out, err);
	if (!host_name_good(term))
		return err_set(err, ERR_INPUT,
			"%.80s is no host: letters, digits, '.', '_' and '-', and "
			"perhaps "
			"USER@ and :PORT",
			term);
	return set_add(out, term, err);
}

static bool add_term(
	struct working *w, const char *term, struct set *out, struct err *err)
{
	if (*term == '@')
		return add_group(w, term + 1, out, err);
	if (strpbrk(term, "*?"))
		return add_matching(w, term, out, err);
	return expand(w, term, out, err);
}

/* --- the whole --- */

/* The next term without its signs; commas in brackets belong to it. */
static bool next_term(const char **rest, char term[INVENTORY_NAME], bool *both,
	bool *without, struct err *err)
{
	const char *p = *rest;
	size_t n = 0;
	bool inside = false;

	*both = *without = false;
	for (; *p && strchr(" \t\r\n,&!", *p); p++) {
		*both |= *p == '&';
		*without |= *p == '!';
	}
	while (*p && (inside || !strchr(" \t\r\n,&!", *p))) {
		inside = *p == '[' || (inside && *p != ']');
		if (n == INVENTORY_NAME - 1)
			return err_set(err, ERR_LIMIT, "a name is longer than %d",
				INVENTORY_NAME - 1);
		term[n++] = *p++;
	}
	term[n] = '\0';
	*rest = p;
	return n || !(*both || *without) ||
	       err_set(err, ERR_INPUT, "behind & and ! stands a host");
}

static bool add_pattern(
	struct working *w, const char *pattern, struct set *out, struct err *err)
{
	char term[INVENTORY_NAME];
	struct set sum;
	bool ok = true, both, without;

	set_init(&sum);
	while (ok && (ok = next_term(&pattern, term, &both, &without, err)) && *term) {
		struct set part;

		if (!both && !without) {
			ok = add_term(w, term, &sum, err);
			continue;
		}
		set_init(&part);
		ok = add_term(w, term, &part, err);
		if (ok)
			set_filter(&sum, &part, !without);
		set_release(&part);
	}
	for (size_t i = 0; ok && i < sum.list.count; i++)
		ok = set_add(out, sum.list.names[i], err);
	set_release(&sum);
	return ok;
}

bool hosts_of(const struct host_groups *groups, const char *pattern,
	struct host_list *out, struct err *err)
{
	struct working w = {groups, 0};
	struct set set;
	bool ok;

	set_init(&set);
	ok = add_pattern(&w, pattern, &set, err);
	if (ok && !set.list.count)
		ok = err_set(err, ERR_MISSING, "%.80s names no host", pattern);
	if (ok) {
		*out = set.list;
		set.list = (struct host_list){0};
	}
	set_release(&set);
	return ok;
}
