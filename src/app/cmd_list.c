/* `NOUN list` for every noun: aligned text, or JSON lines behind a header. Hides how
 * wide columns become; what the columns are is the listing's. Prints only through
 * base/text.h, so that a terminal is safe. Main thread. */
#include "cmd.h"

#include "app/history.h"
#include "app/incidents.h"
#include "app/rotas.h"
#include "app/listing.h"
#include "app/sources.h"
#include "base/alloc.h"
#include "base/json.h"
#include "base/text.h"
#include "base/time.h"

#include <stdio.h>
#include <string.h>

enum { TEXT_COLUMNS = 60 };

/* Rows that come out of the store, when it could not be read. */
static bool store_heard(
	const struct app *app, const struct listing *l, char *why, size_t size)
{
	bool stored = l->changes & (CHANGED_PAST | CHANGED_TRENDS) ||
		      !strcmp(l->noun, "change");

	if (!stored || !history_trouble(app->history))
		return true;
	str_copy(why, size, history_remark(app->history));
	return false;
}

/* What nobody keeps: of the past it is not known. */
static bool kept(const struct app *app, const struct listing *l, char *why, size_t size)
{
	static const char *const lost[] = {
		"anomaly", "silence", "process", "event", "oncall", "shift"};

	for (size_t i = 0; app_then(app) && i < sizeof lost / sizeof *lost; i++)
		if (!strcmp(lost[i], l->noun)) {
			snprintf(why, size, "what %s rows there were then is not kept",
				l->noun);
			return false;
		}
	return true;
}

/* Of what is not kept there are no rows of then, and those of now are not asked for. */
static size_t rows_of(const struct app *app, const struct listing *l)
{
	char why[80];

	return kept(app, l, why, sizeof why) ? l->count(app) : 0;
}

static void print_header(
	const struct app *app, const struct listing *l, bool complete, struct str *out)
{
	int64_t from = window_from(app), to = window_to(app);
	struct json_out o;
	char scope[400];

	if (l->window)
		l->window(app, &from, &to);
	json_begin(&o, out);
	json_open(&o, NULL, '{');
	json_put_str(&o, "schema", l->schema);
	json_open(&o, "window", '{');
	json_put_time(&o, "from", from);
	json_put_time(&o, "to", to);
	json_shut(&o, '}');
	json_put_bool(&o, "complete", complete);
	/* Counts of what sources tell leave out what is not taken of them. */
	if (l->changes & (CHANGED_ALERTS | CHANGED_PAST | CHANGED_TRENDS) &&
		*sources_scope(app->sources, scope, sizeof scope))
		json_put_str(&o, "scope", scope);
	if (app_then(app))
		json_put_bool(&o, "past", true);
	json_shut(&o, '}');
	str_putc(out, '\n');
}

static void print_json(const struct app *app, const struct listing *l,
	const struct filter *filter, struct str *out)
{
	size_t n = rows_of(app, l);

	for (size_t i = 0; i < n; i++) {
		const void *row = l->row(app, i);
		struct json_out o;

		if (filter && !filter_match(filter, app, l, row))
			continue;
		json_begin(&o, out);
		json_open(&o, NULL, '{');
		l->json(app, row, &o);
		json_shut(&o, '}');
		str_putc(out, '\n');
	}
}

static void cell_line(const struct app *app, const struct listing *l, size_t column,
	const void *row, struct str *out)
{
	struct cell cell = {0};

	str_reset(out);
	l->columns[column].cell(app, row, &cell);
	if (!cell.spark)
		text_add_line(out, cell.text, TEXT_COLUMNS);
}

static void measure(const struct app *app, const struct listing *l,
	const struct filter *filter, int *widths)
{
	struct str text;
	size_t n = rows_of(app, l);

	str_init(&text, 4096);
	for (size_t c = 0; c < l->column_count; c++)
		widths[c] = (int)strlen(l->columns[c].title);
	for (size_t i = 0; i < n; i++) {
		const void *row = l->row(app, i);

		if (filter && !filter_match(filter, app, l, row))
			continue;
		for (size_t c = 0; c < l->column_count; c++) {
			int width;

			cell_line(app, l, c, row, &text);
			width = text_width(
				untrusted_str(str_text(&text)), TEXT_COLUMNS + 1);
			if (width > widths[c])
				widths[c] = width;
		}
	}
	str_release(&text);
}

static void pad(struct str *out, int n)
{
	while (n-- > 0)
		str_putc(out, ' ');
}

/* No blanks behind the last column: a line ends where its text ends. */
static void put_column(struct str *out, const struct column *column, const char *text,
	int width, bool last)
{
	int used = text_width(untrusted_str(text), 4096);

	if (column->flags & COLUMN_RIGHT)
		pad(out, width - used);
	str_puts(out, text);
	if (!last && !(column->flags & COLUMN_RIGHT))
		pad(out, width - used);
	if (!last)
		str_puts(out, "  ");
}

static void print_text(const struct app *app, const struct listing *l,
	const struct filter *filter, struct str *out)
{
	int widths[16] = {0};
	bool shown[16];
	struct str text;
	size_t n = rows_of(app, l);

	str_init(&text, 4096);
	measure(app, l, filter, widths);
	for (size_t c = 0; c < l->column_count; c++)
		shown[c] = !(l->columns[c].flags & COLUMN_SPARK) &&
			   (!l->says || l->says(app, c));
	for (size_t i = 0; i <= n; i++) {
		const void *row = i ? l->row(app, i - 1) : NULL;

		if (row && filter && !filter_match(filter, app, l, row))
			continue;
		for (size_t c = 0; c < l->column_count; c++) {
			if (!shown[c])
				continue;
			if (row)
				cell_line(app, l, c, row, &text);
			put_column(out, &l->columns[c],
				row ? str_text(&text) : l->columns[c].title, widths[c],
				c + 1 == l->column_count);
		}
		str_putc(out, '\n');
	}
	str_release(&text);
}

/* "-s 7d" in front of the filter: what the store has of the past. */
static bool take_since(struct call *call, const char **filter, struct err *err)
{
	struct app *app = call->app;
	int64_t to = window_to(app), ms = 0, from;

	if (call->argc < 2)
		return err_set(err, ERR_USAGE, "-s takes 7d, a date or all");
	if (duration_parse(call->argv[1], &ms))
		from = to - ms;
	else if (!strcmp(call->argv[1], "all"))
		from = 1;
	else if (!time_parse_moment(call->argv[1], app->now, &from) &&
		 !time_parse(call->argv[1], &from))
		return err_set(err, ERR_USAGE, "-s takes 7d, a date or all, not %s",
			call->argv[1]);
	for (int word = 0; word < 2; word++) {
		*filter += strspn(*filter, " ");
		*filter += strcspn(*filter, " ");
	}
	*filter += strspn(*filter, " ");
	app->window = (struct window){.span_ms = to - from, .to = app->window.to};
	return incidents_read(app->incidents, (struct span){from, to + 1}, err);
}

/* The listing as it is, and whether it is whole. */
static enum status print_listing(struct call *call, const struct listing *l,
	const struct filter *filter, struct err *err)
{
	bool complete =
		kept(call->app, l, err->text, sizeof err->text) &&
		store_heard(call->app, l, err->text, sizeof err->text) &&
		(!l->complete || l->complete(call->app, err->text, sizeof err->text));
	char when[TIME_TEXT], words[300];

	/* What an rc line should have asked is not here; the script was told. */
	if (complete && !rc_whole(call->app->rc, words, sizeof words))
		complete = false;
	if (app_then(call->app) && !call->json)
		str_printf(call->out, "PAST  as of %s\n",
			time_rfc3339(window_to(call->app), when));
	if (call->json) {
		print_header(call->app, l, complete, call->out);
		print_json(call->app, l, filter, call->out);
	} else {
		print_text(call->app, l, filter, call->out);
	}
	if (l == &incidents_listing && complete && !call->json) {
		incidents_words(call->app->incidents, words, sizeof words);
		str_printf(call->told, "%s\n", words);
	}
	if (complete)
		return STATUS_DONE;
	err->kind = ERR_TIMEOUT;
	return STATUS_PARTIAL;
}

enum status cmd_oncall_show(struct call *call, struct err *err)
{
	const struct rota_row *row = oncall_schedule(call, 0, err);
	char name[80], zone[60];

	if (!row)
		return STATUS_FAILED;
	rotas_show(call->app->rotas, row->id);
	if (!call->json)
		str_printf(call->told, "%s, made in %s\n",
			text_line(row->rota.name, name, sizeof name),
			text_line(row->rota.zone, zone, sizeof zone));
	return print_listing(call, &shift_listing, NULL, err);
}

enum status cmd_list(struct call *call, struct err *err)
{
	const char *filter_text = call->rest;
	char noun[32];
	const struct listing *l;
	struct filter *filter = NULL;
	enum status status;

	snprintf(noun, sizeof noun, "%.*s", (int)strcspn(call->command->name, " "),
		call->command->name);
	l = listing_find(noun);
	if (!call->out) {
		err_set(err, ERR_USAGE,
			"%s list prints lines for scripts; here :help tells the views",
			noun);
		return STATUS_USAGE;
	}
	if (l == &incident_listing && call->argc && !strcmp(call->argv[0], "-s")) {
		l = &incidents_listing;
		if (!take_since(call, &filter_text, err))
			return err->kind == ERR_USAGE ? STATUS_USAGE : STATUS_FAILED;
	}
	if (*filter_text && !(filter = filter_new(filter_text, err)))
		return STATUS_USAGE;
	status = print_listing(call, l, filter, err);
	filter_free(filter);
	return status;
}
