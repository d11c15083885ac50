/* A runbook as a page: Markdown drawn for reading, code told apart. Also the pages of
 * one log line and of one event in full. Everything shown is foreign text and goes
 * through the canvas. Main thread. */
#include "app/listing.h"
#include "app/logs.h"
#include "app/runbooks.h"
#include "base/log.h"
#include "base/text.h"
#include "base/time.h"
#include "pages.h"
#include "pane.h"

#include <stdio.h>
#include <string.h>

struct runbook_view {
	uint64_t id;
	struct page page;
	char title[96];
	bool flows; /* a paragraph or an item: a plain line goes on with it */
};

/* Inline marks of one line: `code`, **strong**, [text](link). */
static void inline_text(struct page *p, enum role base, struct untrusted text)
{
	while (!untrusted_empty(text)) {
		ptrdiff_t code = untrusted_find(text, "`");
		ptrdiff_t strong = untrusted_find(text, "**");
		bool is_code = code >= 0 && (strong < 0 || code < strong);
		ptrdiff_t at = is_code ? code : strong, end;
		size_t n = is_code ? 1 : 2;
		struct untrusted rest;

		if (at < 0) {
			page_add(p, base, text);
			return;
		}
		rest = untrusted_slice(text, (size_t)at + n, SIZE_MAX);
		end = untrusted_find(rest, is_code ? "`" : "**");
		if (end < 0) {
			page_add(p, base, text);
			return;
		}
		page_add(p, base, untrusted_slice(text, 0, (size_t)at));
		page_add(p, is_code ? ROLE_CODE : ROLE_STRONG,
			untrusted_slice(rest, 0, (size_t)end));
		text = untrusted_slice(rest, (size_t)end + n, SIZE_MAX);
	}
}

static int heading_level(struct untrusted line)
{
	static const char *const marks[] = {"# ", "## ", "### ", "#### "};

	for (int i = 0; i < 4; i++)
		if (untrusted_starts(line, marks[i]))
			return i + 1;
	return 0;
}

/* "|---|:-:|" below the head of a table. */
static bool is_rule(struct untrusted row)
{
	size_t n = untrusted_size(row);
	struct untrusted cell = untrusted_trim(untrusted_slice(row, 1, n));

	return untrusted_starts(cell, "-") || untrusted_starts(cell, ":-");
}

static void table_row(struct page *p, struct untrusted line, bool fresh)
{
	struct untrusted rest = untrusted_trim(line), cell;
	bool first = true;

	if (!fresh && is_rule(rest)) {
		struct page_line *head = &p->lines[p->count - 1];

		for (size_t i = 0; i < head->count; i++)
			head->spans[i].role = ROLE_HEADER;
		return;
	}
	rest = untrusted_slice(rest, 1, SIZE_MAX);
	page_row(p, fresh);
	while (untrusted_split(&rest, "|", &cell)) {
		cell = untrusted_trim(cell);
		if (untrusted_empty(cell) && untrusted_empty(rest))
			break;
		if (!first)
			page_next_cell(p);
		inline_text(p, first ? ROLE_STRONG : ROLE_TEXT, cell);
		first = false;
	}
}

static void text_row(struct runbook_view *v, struct untrusted line)
{
	static const char *const bullets[] = {"- ", "* ", "+ "};
	struct page *p = &v->page;
	struct untrusted body = untrusted_trim(line);
	size_t indent = untrusted_size(line) - untrusted_size(body);
	int level = heading_level(line);

	if (level) {
		v->flows = false;
		page_line(p, 0, false);
		inline_text(p, level < 3 ? ROLE_HEADER : ROLE_STRONG,
			untrusted_slice(line, (size_t)level + 1, SIZE_MAX));
		return;
	}
	for (int i = 0; i < 3; i++) {
		if (!untrusted_starts(body, bullets[i]))
			continue;
		page_line(p, (int)(indent > 8 ? 8 : indent) + 4, false);
		page_printf(p, ROLE_DIM, "  %*s%s ", (int)(indent > 8 ? 8 : indent), "",
			canvas_glyph(GLYPH_BULLET));
		inline_text(p, ROLE_TEXT, untrusted_slice(body, 2, SIZE_MAX));
		v->flows = true;
		return;
	}
	if (v->flows && !untrusted_empty(body))
		page_puts(p, ROLE_TEXT, " ");
	else
		page_line(p, 0, false);
	v->flows = !untrusted_empty(body);
	inline_text(p, ROLE_TEXT, body);
}

static void fill(struct runbook_view *v, const struct runbook_row *row)
{
	struct untrusted rest = row->body, line;
	bool fence = false, table = false;

	page_clear(&v->page);
	v->flows = false;
	page_line(&v->page, 0, false);
	page_printf(&v->page, ROLE_DIM, "%d steps, worst risk ", row->steps);
	page_add(&v->page, untrusted_is(row->risk, "read") ? ROLE_OK : ROLE_WARNING,
		row->risk);
	page_printf(&v->page, ROLE_DIM, "   %s", row->path);
	while (untrusted_line(&rest, &line)) {
		if (untrusted_starts(untrusted_trim(line), "```")) {
			fence = !fence;
			v->flows = false;
			page_line(&v->page, 0, true);
			if (fence) {
				page_puts(&v->page, ROLE_DIM, "    ");
				page_add(&v->page, ROLE_DIM,
					untrusted_slice(
						untrusted_trim(line), 3, SIZE_MAX));
			}
		} else if (fence) {
			page_line(&v->page, 4, true);
			page_puts(&v->page, ROLE_CODE, "    ");
			page_add(&v->page, ROLE_CODE, line);
		} else if (untrusted_starts(untrusted_trim(line), "|")) {
			v->flows = false;
			table_row(&v->page, line, !table);
			table = true;
			continue;
		} else {
			text_row(v, line);
		}
		table = false;
	}
}

static void open_runbook(void *state, const struct app *app, uint64_t id)
{
	struct runbook_view *v = state;
	const struct runbook_row *row = runbooks_find(app->runbooks, id);

	v->id = id;
	page_init(&v->page);
	if (!row)
		return;
	text_line(row->title, v->title, sizeof v->title);
	fill(v, row);
}

static void reload(void *state, const struct app *app, uint32_t bits)
{
	struct runbook_view *v = state;
	const struct runbook_row *row = runbooks_find(app->runbooks, v->id);

	(void)bits;
	page_clear(&v->page);
	if (row)
		fill(v, row);
}

static void close_page(void *state)
{
	page_release(&((struct runbook_view *)state)->page);
}

static void draw_page(
	void *state, const struct app *app, const struct canvas *c, bool focus)
{
	(void)app;
	(void)focus;
	page_draw(&((struct runbook_view *)state)->page, c);
}

/* The page borrows from the runbook, which may have been read anew while the screen
 * was frozen: filled anew for each drawing. */
static void draw(void *state, const struct app *app, const struct canvas *c, bool focus)
{
	reload(state, app, 0);
	draw_page(state, app, c, focus);
}

static bool act(void *state, const struct app *app, enum pane_act act)
{
	(void)app;
	return page_act(&((struct runbook_view *)state)->page, act);
}

static void words(void *state, const struct app *app, char *out, size_t size)
{
	(void)app;
	snprintf(out, size, "%s", ((struct runbook_view *)state)->title);
}

const struct pane_class runbook_pane = {
	.name = "runbook",
	.title = "Runbook",
	.changes = CHANGED_RUNBOOKS,
	.state_size = sizeof(struct runbook_view),
	.open = open_runbook,
	.close = close_page,
	.reload = reload,
	.draw = draw,
	.act = act,
	.words = words,
};

/* --- one log line --- */

static void open_text(void *state, const struct app *app, uint64_t id)
{
	struct runbook_view *v = state;
	const struct log_row *row = logs_find(app->logs, id);
	struct page *p = &v->page;
	char when[TIME_TEXT];

	page_init(p);
	snprintf(v->title, sizeof v->title, "log line");
	if (!row)
		return;
	page_line(p, 0, false);
	page_puts(p, ROLE_DIM, time_rfc3339(row->at, when));
	page_printf(p, ROLE_DIM, "  %s  ", level_name(row->level));
	page_add(p, ROLE_DIM, untrusted_copy(&p->arena, row->host));
	page_puts(p, ROLE_DIM, "  ");
	page_add(p, ROLE_STRONG, untrusted_copy(&p->arena, row->unit));
	page_line(p, 0, false);
	page_line(p, 0, false);
	page_add(p, ROLE_TEXT, untrusted_copy(&p->arena, row->text));
}

const struct pane_class text_pane = {
	.name = "text",
	.title = "Log line",
	.state_size = sizeof(struct runbook_view),
	.open = open_text,
	.close = close_page,
	.draw = draw_page,
	.act = act,
	.words = words,
};

/* --- one event --- */

static void open_event(void *state, const struct app *app, uint64_t id)
{
	struct runbook_view *v = state;
	const struct log_entry *entry = event_listing.find(app, id);
	struct page *p = &v->page;
	char when[TIME_TEXT];

	page_init(p);
	snprintf(v->title, sizeof v->title, "event");
	if (!entry)
		return;
	page_line(p, 0, false);
	page_puts(p, ROLE_DIM, time_rfc3339(entry->at, when));
	page_printf(p, ROLE_DIM, "  %s", log_level_name(entry->level));
	page_line(p, 0, false);
	page_line(p, 0, false);
	page_puts(p, ROLE_TEXT, entry->text);
}

const struct pane_class event_pane = {
	.name = "event",
	.title = "Event",
	.state_size = sizeof(struct runbook_view),
	.open = open_event,
	.close = close_page,
	.draw = draw_page,
	.act = act,
	.words = words,
};
