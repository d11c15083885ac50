/* A Grafana dashboard: each query of a panel that asks a Prometheus becomes a query line,
 * named as the panel is. Hides the shapes dashboards had over the years: bare or behind
 * "dashboard", rows that hold panels or stand before them, library panels kept elsewhere.
 * Main thread. */
#include "import_grafana.h"

#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MAX_DEPTH = 4, MAX_PANELS = 2000, MAX_ELEMENTS = 1000, NAME_BYTES = 512 };

struct reader {
	struct import *im;
	struct import_vars *vars;
	struct json library; /* "__elements" of an export */
	const char *row;     /* title of the row the panel is in, or "" */
	size_t panels;
};

struct panel {
	struct json j;
	const char *title;
	const struct import_unit *unit;
	struct limits limits;
	size_t targets; /* with an expression */
};

/* The object that has the panels. */
static struct json dashboard_of(struct json root)
{
	if (json_is_object(json_get(root, "dashboard")))
		return json_get(root, "dashboard");
	if (json_is_object(json_get(root, "spec")) &&
		untrusted_starts(json_text(json_get(root, "apiVersion")),
			"dashboard.grafana.app/"))
		return json_get(root, "spec");
	return root;
}

static bool is_grafana(struct json root)
{
	struct json d = dashboard_of(root);

	return json_is_array(json_get(d, "panels")) ||
	       json_is_array(json_get(d, "rows")) ||
	       json_is_object(json_get(d, "elements"));
}

/* --- where a query goes --- */

/* NULL when it may be a Prometheus, else what it is. */
static const char *other_datasource(struct import *im, struct json j)
{
	struct untrusted type = json_text(json_get(j, "type")), name = json_text(j);

	if (json_is_object(j)) {
		if (untrusted_empty(type) || untrusted_is(type, "prometheus") ||
			untrusted_is(type, "datasource") ||
			untrusted_is(type, "victoriametrics-metrics-datasource") ||
			untrusted_is(type, "grafana-amazonprometheus-datasource"))
			return NULL;
		return import_title(im, type);
	}
	if (untrusted_find_nocase(name, "loki") >= 0 ||
		untrusted_find_nocase(name, "tempo") >= 0 ||
		untrusted_find_nocase(name, "graphite") >= 0 ||
		untrusted_find_nocase(name, "influx") >= 0)
		return import_title(im, name);
	return NULL;
}

/* --- names --- */

/* "-" between two labels is no name. */
static bool says_something(const char *text)
{
	for (; *text; text++)
		if ((*text & 0x80) || (*text >= '0' && *text <= '9') ||
			((*text | 32) >= 'a' && (*text | 32) <= 'z'))
			return true;
	return false;
}

/* The fixed words of a legend, without {{labels}}. */
static void legend_words(struct untrusted legend, struct str *out)
{
	struct str text, kept;
	struct untrusted rest;
	ptrdiff_t open, shut;

	str_init(&text, NAME_BYTES);
	str_init(&kept, NAME_BYTES);
	import_expr_title(legend, &text);
	rest = untrusted_make(str_text(&text), text.n);
	while ((open = untrusted_find(rest, "{{")) >= 0) {
		text_add_line(&kept, untrusted_slice(rest, 0, (size_t)open), SIZE_MAX);
		rest = untrusted_slice(rest, (size_t)open, SIZE_MAX);
		shut = untrusted_find(rest, "}}");
		rest = shut < 0 ? UNTRUSTED_NONE
				: untrusted_slice(rest, (size_t)shut + 2, SIZE_MAX);
	}
	text_add_line(&kept, rest, SIZE_MAX);
	rest = untrusted_trim(untrusted_make(str_text(&kept), kept.n));
	if (says_something(str_text(&kept)) && !untrusted_is(rest, "__auto"))
		text_add_line(out, rest, SIZE_MAX);
	str_release(&text);
	str_release(&kept);
}

static const char *query_name(
	struct reader *r, const struct panel *panel, struct json target)
{
	struct str name;
	const char *kept;

	str_init(&name, NAME_BYTES);
	str_puts(&name, panel->title);
	if (panel->targets > 1) {
		size_t n = name.n + 1;

		str_puts(&name, " ");
		legend_words(json_text(json_get(target, "legendFormat")), &name);
		if (name.n == n)
			text_add_line(&name, json_text(json_get(target, "refId")), 8);
	}
	kept = import_title(r->im, untrusted_make(str_text(&name), name.n));
	str_release(&name);
	return kept;
}

static const char *panel_title(struct reader *r, struct json j)
{
	struct str title;
	const char *kept;
	int64_t id = 0;

	str_init(&title, NAME_BYTES);
	import_expr_title(json_text(json_get(j, "title")), &title);
	json_i64(json_get(j, "id"), &id);
	kept = import_title(r->im, untrusted_make(str_text(&title), title.n));
	if (!*kept) {
		str_reset(&title);
		str_printf(&title, "panel %lld", (long long)id);
		kept = import_title(r->im, untrusted_str(str_text(&title)));
	}
	str_release(&title);
	return kept;
}

/* --- panels --- */

/* In our unit: (EXPR) * 1024, (EXPR) / 1000. */
static void convert(
	const struct import_unit *unit, const struct str *expr, struct str *out)
{
	if (unit->times == unit->by) {
		str_puts(out, str_text(expr));
		return;
	}
	str_printf(out, "(%s)", str_text(expr));
	if (unit->times != 1)
		str_printf(out, " * %.10g", unit->times);
	if (unit->by != 1)
		str_printf(out, " / %.10g", unit->by);
}

static void read_target(struct reader *r, const struct panel *panel, struct json target)
{
	struct import_item query = {.unit = panel->unit->unit, .limits = panel->limits};
	struct json own = json_get(target, "datasource");
	const char *other = other_datasource(
		r->im, json_ok(own) ? own : json_get(panel->j, "datasource"));
	struct err err = {0};
	struct str expr, value;

	query.name = query_name(r, panel, target);
	if (other) {
		import_lost(r->im, "%s: asks %s, not a Prometheus", query.name, other);
		return;
	}
	if (untrusted_is(json_text(json_get(target, "format")), "heatmap")) {
		import_lost(r->im, "%s: a heatmap, a series for each bucket", query.name);
		return;
	}
	str_init(&value, CONF_MAX_LINE);
	if (import_expr(r->vars, json_text(json_get(target, "expr")), &expr, &err)) {
		convert(panel->unit, &expr, &value);
		query.value = str_text(&value);
		import_add_query(r->im, &query, r->row);
	} else {
		import_lost(r->im, "%s: %s", query.name, err.text);
	}
	str_release(&expr);
	str_release(&value);
}

static void find_unit(struct reader *r, struct panel *panel)
{
	struct json unit = json_get(panel->j, "fieldConfig.defaults.unit");
	const char *why;

	if (!json_is_text(unit))
		unit = json_get(panel->j, "format");
	if (!json_is_text(unit))
		unit = json_get(json_first(json_get(panel->j, "yaxes")), "format");
	panel->unit = import_unit_find(json_text(unit));
	if (!panel->unit) {
		import_note(r->im, "the unit %s is not known here",
			import_title(r->im, json_text(unit)));
		panel->unit = import_unit_find(UNTRUSTED_NONE);
	}
	if (!import_limits(panel->j, panel->unit, &panel->limits, &why) && why)
		import_note(r->im, "%s: %s", panel->title, why);
}

static bool is_asked(struct json target)
{
	return !json_bool(json_get(target, "hide"), false) &&
	       !untrusted_empty(untrusted_trim(json_text(json_get(target, "expr"))));
}

/* Targets of other kinds (SQL, Graphite, mathematics on the others). */
static bool is_foreign(struct json target)
{
	return !json_bool(json_get(target, "hide"), false) &&
	       !json_ok(json_get(target, "expr")) &&
	       (json_ok(json_get(target, "rawSql")) ||
		       json_ok(json_get(target, "query")) ||
		       json_ok(json_get(target, "target")) ||
		       json_ok(json_get(target, "expression")) ||
		       json_ok(json_get(target, "metricName")));
}

static void read_panel(struct reader *r, struct json j)
{
	struct panel panel = {.j = j, .title = panel_title(r, j)};
	struct json targets = json_get(j, "targets");

	for (struct json e = json_first(targets); json_item(e); e = json_next(e)) {
		panel.targets += is_asked(e);
		if (is_foreign(e))
			import_lost(r->im, "%s: a query that is not PromQL", panel.title);
	}
	if (!panel.targets)
		return;
	find_unit(r, &panel);
	for (struct json e = json_first(targets); json_item(e); e = json_next(e))
		if (is_asked(e))
			read_target(r, &panel, e);
}

/* A library panel's own definition, when the file has it. */
static struct json library_panel(struct reader *r, struct json j)
{
	struct json lib = json_get(j, "libraryPanel"), model = json_get(lib, "model");
	int n = 0;

	if (json_is_object(model))
		return model;
	for (struct json e = json_first(r->library); json_item(e) && n++ < MAX_ELEMENTS;
		e = json_next(e))
		if (untrusted_eq(json_text(json_get(e, "uid")),
			    json_text(json_get(lib, "uid"))))
			return json_get(e, "model");
	return (struct json){0};
}

static void read_panels(struct reader *r, struct json list, int depth);

static void begin_row(struct reader *r, struct json j)
{
	bool titled = !untrusted_empty(untrusted_trim(json_text(json_get(j, "title"))));

	r->row = titled ? panel_title(r, j) : "";
}

static void read_one(struct reader *r, struct json j, int depth)
{
	struct json inner = json_get(j, "panels");

	if (r->panels++ == MAX_PANELS)
		import_lost(r->im, "more than %d panels", MAX_PANELS);
	if (r->panels > MAX_PANELS)
		return;
	if (untrusted_is(json_text(json_get(j, "type")), "row"))
		begin_row(r, j);
	if (json_is_object(json_get(j, "libraryPanel")) &&
		!json_is_array(json_get(j, "targets"))) {
		struct json model = library_panel(r, j);

		if (json_is_object(model))
			read_panel(r, model);
		else
			import_lost(r->im,
				"%s: a library panel, whose queries are not in the file",
				import_title(r->im,
					json_text(json_get(j, "libraryPanel.name"))));
		return;
	}
	read_panel(r, j);
	if (json_is_array(inner) && depth < MAX_DEPTH)
		read_panels(r, inner, depth + 1);
	else if (json_is_array(inner))
		import_lost(r->im, "rows within rows within rows");
}

static void read_panels(struct reader *r, struct json list, int depth)
{
	for (struct json e = json_first(list); json_item(e); e = json_next(e))
		read_one(r, e, depth);
}

static bool has_source(const struct import *im)
{
	for (int k = 0; k < 2 && im->known[k]; k++)
		for (size_t i = 0; i < im->known[k]->source_count; i++)
			if (!strcmp(im->known[k]->sources[i].name, im->source))
				return true;
	return false;
}

static void read_grafana(struct import *im, struct json root)
{
	struct json d = dashboard_of(root);
	struct reader r = {.im = im, .row = "", .library = json_get(root, "__elements")};
	size_t before = im->queries;

	if (json_is_object(json_get(d, "elements"))) {
		import_lost(im, "a dashboard of schema 2: export it as classic JSON");
		return;
	}
	r.vars = import_vars_new(json_get(d, "templating"));
	import_comment(im, "Dashboard \"%s\".",
		import_title(im, json_text(json_get(d, "title"))));
	read_panels(&r, json_get(d, "panels"), 0);
	for (struct json e = json_first(json_get(d, "rows")); json_item(e);
		e = json_next(e)) {
		begin_row(&r, e);
		read_panels(&r, json_get(e, "panels"), 0);
	}
	import_vars_tell(r.vars, im);
	import_vars_free(r.vars);
	if (im->queries == before)
		import_lost(im, "no query in it could be taken over");
	else if (!has_source(im))
		import_lost(im,
			"the queries ask source %s, which the rc does not have: add "
			"`source %s prometheus url=http://HOST:9090`",
			im->source, im->source);
}

const struct import_format grafana_format = {
	.name = "Grafana dashboard",
	.is = is_grafana,
	.read = read_grafana,
};
