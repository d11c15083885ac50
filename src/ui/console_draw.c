/* One frame: the bar above, the panes that changed, the bar below. ncurses sends only
 * what differs, so drawing a row that is the same costs no byte. Nothing here changes
 * what is shown, only how. Main thread. */
#include "state.h"

#include "app/history.h"
#include "app/actions.h"
#include "app/alerts.h"
#include "app/anomalies.h"
#include "app/audits.h"
#include "app/host.h"
#include "app/incidents.h"
#include "app/remote.h"
#include "app/rotas.h"
#include "app/problems.h"
#include "app/runs.h"
#include "app/sources.h"
#include "base/conf.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "screen.h"

#include <stdio.h>
#include <string.h>

/* --- the bar above --- */

enum { CRUMB_TEXT = 160, CRUMB_GAP = 3 };

static int crumb(
	const struct canvas *c, int col, enum role role, const char *text, bool first)
{
	if (!first)
		col += canvas_printf(
			c, 0, col, ROLE_BAR, " %s ", canvas_glyph(GLYPH_CRUMB));
	return col + canvas_put(c, 0, col, role, text);
}

/* The profile, then 0 the pane below, then those of the stack. */
static const char *crumb_words(
	struct console *console, size_t level, char words[CRUMB_TEXT])
{
	struct pane *pane = level ? &console->stack[level - 1] : NULL;

	if (!pane)
		return console_single(console) ? console->base[console->focus].class->name
					       : "overview";
	/* What a page shows; of a list they are figures, its name says more. */
	words[0] = '\0';
	if (pane->class->words && !pane->class->list)
		pane->class->words(pane->state, console->app, words, CRUMB_TEXT);
	return *words ? words : pane->class->name;
}

/* Where the room is too small those between the profile and the last are left out, and
 * the last is cut. */
static int draw_crumbs(struct console *console, const struct canvas *c)
{
	const char *profile = console->app->rc->profile;
	char words[CRUMB_TEXT];
	int col = 1, width = 1;
	size_t from = 0;

	profile = *profile ? profile : console->app->host;
	width += text_width(untrusted_str(profile), c->cols);
	for (size_t i = 0; i <= console->depth; i++)
		width += CRUMB_GAP +
			 text_width(untrusted_str(crumb_words(console, i, words)),
				 CRUMB_TEXT);
	if (width > c->cols)
		from = console->depth;
	col = crumb(c, col, ROLE_PROFILE, profile, true);
	for (size_t i = from; i <= console->depth; i++)
		col = crumb(c, col, ROLE_BAR, crumb_words(console, i, words), false);
	return col;
}

/* Pieces of the right half, the most needed last (nearest to the edge). */
struct piece {
	enum role role;
	char text[120];
};

static size_t count_pieces(struct console *console, struct piece *out)
{
	static const enum role roles[] = {ROLE_CRITICAL, ROLE_HIGH, ROLE_WARNING};
	const struct app *app = console->app;
	struct problem_counts counts = problems_counts(app);
	bool wide = screen_cols() >= 100;
	const char *deaf;
	char clock[TIME_TEXT];
	int64_t since;
	size_t n = 0;

	for (int s = 0; s <= SEVERITY_WARNING; s++) {
		if (!counts.open[s])
			continue;
		out[n].role = roles[s];
		if (wide)
			snprintf(out[n++].text, sizeof out->text, "%zu %s",
				counts.open[s], severity_name((enum severity)s));
		else
			snprintf(out[n++].text, sizeof out->text, "%c%zu",
				severity_letter((enum severity)s), counts.open[s]);
	}
	deaf = alerts_deaf(app->alerts, &since);
	if (deaf) {
		out[n].role = ROLE_ALARM;
		snprintf(out[n++].text, sizeof out->text,
			wide ? "UNKNOWN since %s: %.24s" : "UNKNOWN",
			time_clock(since, clock), deaf);
	} else if (app->rc->conf.errors_total) {
		out[n].role = ROLE_WARNING;
		snprintf(out[n++].text, sizeof out->text, "rc: %zu error%s",
			app->rc->conf.errors_total,
			app->rc->conf.errors_total == 1 ? "" : "s");
	} else if (!counts.complete) {
		out[n].role = ROLE_WARNING;
		snprintf(out[n++].text, sizeof out->text, "partial");
	}
	return n;
}

/* Mine before the first of all. */
static const struct oncall_row *called(const struct app *app)
{
	const struct oncall_row *first = NULL;

	for (size_t i = 0; i < oncalls_count(app->alerts); i++) {
		const struct oncall_row *o = oncalls_at(app->alerts, i);

		if (o->level == 1 && o->me)
			return o;
		if (o->level == 1 && !first)
			first = o;
	}
	return first;
}

/* Until the source has told its list, what is known of its schedules speaks. */
static bool who_is_called(const struct app *app, char *who, size_t size, int64_t *until)
{
	const struct oncall_row *row = called(app);

	if (row) {
		text_line(row->me ? untrusted_str("you") : row->who, who, size);
		*until = row->ends_at;
		return true;
	}
	str_copy(who, size, "you");
	return rotas_mine(app->rotas, until);
}

static size_t state_pieces(struct console *console, struct piece *out)
{
	const struct app *app = console->app;
	char a[TIME_TEXT], b[TIME_TEXT];
	size_t n = 0, waiting, held;
	int64_t until, glass;
	char who[40];

	if (app->past || app->window.to) {
		out[n].role = app->past ? ROLE_ALARM : ROLE_WARNING;
		snprintf(out[n++].text, sizeof out->text, "%s to %s",
			app->past ? "PAST" : "back",
			time_stamp(app->window.to, app->now, a));
	}
	if (app->window.span_ms != app->window_set) {
		out[n].role = ROLE_STRONG;
		snprintf(out[n++].text, sizeof out->text, "window %s",
			duration_text(app->window.span_ms, a));
	}
	if (console->paused) {
		out[n].role = ROLE_ALARM;
		snprintf(out[n++].text, sizeof out->text, "PAUSED %s",
			time_clock(console->paused_at, a));
	}
	if (history_trouble(app->history)) {
		out[n].role = ROLE_WARNING;
		snprintf(out[n++].text, sizeof out->text, "%s",
			history_trouble(app->history));
	}
	if (runs_unrecorded(app->runs)) {
		out[n].role = ROLE_ALARM;
		snprintf(out[n++].text, sizeof out->text, "NOT RECORDED: %zu",
			runs_unrecorded(app->runs));
	}
	if (breakglass_words(app->breakglass, &glass)) {
		out[n].role = ROLE_ALARM;
		snprintf(out[n++].text, sizeof out->text, "BREAK-GLASS %s",
			duration_text(glass - app->now, a));
	}
	if (app->readonly) {
		out[n].role = ROLE_STRONG;
		snprintf(out[n++].text, sizeof out->text, "read-only");
	}
	if (screen_cols() >= 100 && who_is_called(app, who, sizeof who, &until)) {
		out[n].role = ROLE_BAR;
		snprintf(out[n++].text, sizeof out->text, "on call: %s%s%s", who,
			until ? " to " : "",
			until ? time_stamp(until, until + HOUR_MS * 30, b) : "");
	}
	actions_open(app->actions, &waiting, &held);
	if (waiting || held) {
		out[n].role = held ? ROLE_ALARM : ROLE_WARNING;
		snprintf(out[n++].text, sizeof out->text,
			held ? "%zu action%s to decide" : "%zu action%s waiting",
			held ? held : waiting, (held ? held : waiting) == 1 ? "" : "s");
	}
	out[n].role = ROLE_BAR;
	snprintf(out[n++].text, sizeof out->text, "%s %s", time_clock(app->now, a),
		time_zone(app->now, b));
	return n;
}

/* What fits beside the path, the worst first: a narrow bar keeps the alarm and the
 * critical count, not the clock. */
static void choose_pieces(const struct piece *pieces, size_t n, int room, bool *kept)
{
	static const enum role order[] = {ROLE_ALARM, ROLE_CRITICAL, ROLE_HIGH,
		ROLE_WARNING, ROLE_STRONG, ROLE_BAR};

	for (size_t r = 0; r < sizeof order / sizeof order[0]; r++) {
		for (size_t i = n; i-- > 0;) {
			int width = text_width(untrusted_str(pieces[i].text), 120) + 2;

			if (pieces[i].role != order[r] || width > room)
				continue;
			kept[i] = true;
			room -= width;
		}
	}
}

/* Of the bar: the path may not cover what one has to know, nor lose its own end. */
static int crumbs_room(const struct piece *pieces, size_t n, int cols)
{
	int room = cols - 2, least = cols / 2 + 6;

	for (size_t i = 0; i < n; i++)
		if (pieces[i].role != ROLE_BAR)
			room -= text_width(untrusted_str(pieces[i].text), 120) + 2;
	return room > least ? room : least;
}

static void draw_top(struct console *console)
{
	enum { MOST = 20 };
	struct canvas screen = canvas_screen(),
		      bar = canvas_part(&screen, 0, 0, 1, screen.cols), path;
	struct piece pieces[MOST];
	bool kept[MOST] = {false};
	size_t n = count_pieces(console, pieces);
	int left, right = bar.cols - 1;

	n += state_pieces(console, pieces + n);
	canvas_blank(&bar, 0, 0, bar.cols, ROLE_BAR);
	path = canvas_part(&bar, 0, 0, 1, crumbs_room(pieces, n, bar.cols));
	left = draw_crumbs(console, &path);
	choose_pieces(pieces, n, right - left, kept);
	while (n--) {
		int width = text_width(untrusted_str(pieces[n].text), 120);

		if (!kept[n])
			continue;
		canvas_text(&bar, 0, right - width, width, pieces[n].role,
			untrusted_str(pieces[n].text));
		right -= width + 2;
	}
}

/* --- the bar below --- */

static const struct {
	const char *command, *word;
} hints[] = {
	{"help", "help"},
	{"handoff part toggle", "on/off"},
	{"handoff edit", "write"},
	{"prompt handoff to ", "to"},
	{"handoff preview html", "preview"},
	{"handoff send", "send"},
	{"handoff accept", "accept"},
	{"trend by", "by"},
	{"trend days", "days"},
	{"trend merge", "merge"},
	{"menu parts", "parts"},
	{"trend split", "split"},
	{"prompt", "command"},
	{"filter", "filter"},
	{"open", "open"},
	{"back", "back"},
	{"menu take", "take"},
	{"prompt give @", "give"},
	{"prompt swap @", "swap"},
	{"ack", "ack"},
	{"menu snooze", "snooze"},
	{"menu incident", "more"},
	{"runbook", "runbook"},
	{"step stop", "stop"},
	{"remote stop", "stop"},
	{"step run", "run step"},
	{"next-match", "next step"},
	{"prompt step set ", "value"},
	{"earlier", "earlier"},
	{"zoom-out", "longer"},
	{"zoom-in", "shorter"},
	{"now", "now"},
	{"copy", "copy"},
	{"zoom", "zoom"},
	{"pause", "pause"},
	{"sort", "sort"},
	{"options", "options"},
	{"quit", "quit"},
};

/* Only keys that do something here and now. */
static bool useful(struct console *console, const char *command)
{
	struct pane *pane = console_pane(console);
	bool chart = pane->class == &chart_pane;
	struct pane_link link = {0};
	const struct run *run;

	if (!strcmp(command, "open")) {
		if (pane->class->link)
			link = pane->class->link(pane->state, console->app);
		return link.class || pane->class == &help_pane ||
		       pane->class == &options_pane || pane->class == &changes_pane ||
		       (pane->class->list && list_group(pane->class->list(pane->state)));
	}
	if (!strcmp(command, "menu take") || str_starts(command, "prompt give") ||
		str_starts(command, "prompt swap"))
		return rotas_count(console->app->rotas) && !console->app->readonly &&
		       !console->app->window.to && !console->app->demo;
	if (str_starts(command, "handoff ") || str_starts(command, "prompt handoff "))
		return pane->class == &handoff_pane;
	if (str_starts(command, "trend ") || !strcmp(command, "menu parts"))
		return pane->class == &trends_pane || pane->class == &past_pane;
	if (!strcmp(command, "ack") || !strncmp(command, "menu ", 5))
		return alerts_count(console->app->alerts) && !console->app->readonly &&
		       !console->app->past &&
		       (pane->class == &alerts_pane || pane->class == &alert_pane ||
			       pane->class == &overview_pane);
	if (!strcmp(command, "filter") || !strcmp(command, "sort"))
		return pane->class->list != NULL;
	if (!strcmp(command, "back"))
		return console->depth || console->zoomed || console->hidden;
	if (!strcmp(command, "zoom"))
		return !console->depth && !console->layout.single;
	if (!strcmp(command, "runbook"))
		return pane->class == &alert_pane;
	if (!strcmp(command, "now"))
		return console->app->window.to && !console->app->past;
	if (!strcmp(command, "step stop"))
		return pane->class == &runbook_pane && runs_busy(console->app->runs);
	if (!strcmp(command, "remote stop"))
		return (pane->class == &remote_pane || pane->class == &remotehost_pane ||
			       pane->class == &followed_pane) &&
		       remote_busy(console->app->remote);
	if (strstr(command, "step ") || !strcmp(command, "next-match")) {
		run = pane->class == &runbook_pane
			      ? runs_find(console->app->runs, pane->id)
			      : NULL;
		return run && run_book(run)->step_count;
	}
	if (!strcmp(command, "earlier") || !strncmp(command, "zoom-", 5))
		return chart;
	return true;
}

static int draw_hints(struct console *console, const struct canvas *bar, int room)
{
	const char *const *contexts = console_contexts(console);
	int col = 1;

	for (size_t i = 0; i < sizeof hints / sizeof hints[0]; i++) {
		const struct binding *b =
			keymap_for(&console->keymap, contexts, hints[i].command);
		char keys[64];
		int width;

		if (!b || !useful(console, hints[i].command))
			continue;
		binding_keys(b, keys);
		width = text_width(untrusted_str(keys), 64) + 1 +
			(int)strlen(hints[i].word);
		if (col + width > room)
			break;
		col += canvas_put(bar, 0, col, ROLE_KEY, keys) + 1;
		col += canvas_put(bar, 0, col, ROLE_BAR, hints[i].word) + 2;
	}
	return col;
}

/* "prom + am + pd !": letters and shapes; the sentence is in the sources pane. */
static int health_width(const struct source_row *row, enum source_health health)
{
	bool stale = health == HEALTH_BAD && row->status.last_ok_at;

	return (int)strlen(row->name) + (stale ? 8 : 2);
}

/* As its mark says it. */
static enum source_health health_of(const struct app *app, const struct source_row *row)
{
	enum source_health health = source_health(row, app->now);

	return health == HEALTH_OK && source_warns(row) ? HEALTH_STALE : health;
}

/* Those that fit: what is wrong before what is well. */
static void choose_health(const struct app *app, int room, bool *kept)
{
	for (int well = 0; well < 2; well++) {
		for (size_t i = sources_count(app->sources); i-- > 0;) {
			const struct source_row *row = sources_at(app->sources, i);
			enum source_health health = health_of(app, row);
			int width = health_width(row, health) + 1;

			if ((health == HEALTH_OK) != well)
				continue;
			if (width > room)
				return;
			kept[i] = true;
			room -= width;
		}
	}
}

static int draw_health(struct console *console, const struct canvas *bar)
{
	static const struct {
		enum glyph glyph;
		enum role role;
	} looks[] = {
		[HEALTH_OK] = {GLYPH_OK, ROLE_OK},
		[HEALTH_WAITING] = {GLYPH_WAIT, ROLE_DIM},
		[HEALTH_STALE] = {GLYPH_BAD, ROLE_WARNING},
		[HEALTH_BAD] = {GLYPH_BAD, ROLE_CRITICAL},
	};
	const struct app *app = console->app;
	bool kept[RC_MAX_SOURCES + 1] = {false};
	int col = bar->cols - 1;

	choose_health(app, bar->cols / 2, kept);
	for (size_t i = sources_count(app->sources); i-- > 0;) {
		const struct source_row *row = sources_at(app->sources, i);
		enum source_health health = health_of(app, row);
		int name = (int)strlen(row->name);

		if (!kept[i])
			continue;
		col -= health_width(row, health);
		canvas_printf(bar, 0, col, ROLE_BAR, "%s ", row->name);
		canvas_put(bar, 0, col + name + 1, looks[health].role,
			canvas_glyph(looks[health].glyph));
		if (health == HEALTH_BAD && row->status.last_ok_at)
			canvas_put(bar, 0, col + name + 2, ROLE_CRITICAL, " stale");
		col--;
	}
	return col;
}

static void draw_prompt(struct console *console, const struct canvas *screen)
{
	struct canvas line = canvas_part(screen, screen->rows - 1, 0, 1, screen->cols);
	bool command = console->mode == MODE_COMMAND;
	int col;

	if (command && screen->rows > 3) {
		struct canvas above =
			canvas_part(screen, screen->rows - 2, 0, 1, screen->cols);

		complete_draw(console, &above);
	}
	canvas_blank(&line, 0, 0, line.cols, ROLE_QUESTION);
	canvas_put(&line, 0, 0, ROLE_KEY, command ? ":" : "/");
	col = edit_draw(&console->edit, &line, 0, 1);
	screen_cursor(line.y, line.x + col, true);
}

static void draw_bottom(struct console *console)
{
	struct canvas screen = canvas_screen();
	struct canvas bar = canvas_part(&screen, screen.rows - 1, 0, 1, screen.cols);
	int right;

	if (console_waits(console)) {
		console_wait_draw(console);
		return;
	}
	if (console->mode != MODE_NORMAL) {
		draw_prompt(console, &screen);
		return;
	}
	canvas_blank(&bar, 0, 0, bar.cols, ROLE_BAR);
	if (console->notice[0]) {
		canvas_put(&bar, 0, 1, console->notice_bad ? ROLE_WARNING : ROLE_STRONG,
			console->notice);
		return;
	}
	right = draw_health(console, &bar);
	draw_hints(console, &bar, right - 1);
}

/* --- what is taught --- */

bool console_teaches(const struct console *console)
{
	return console->app->hint && screen_rows() >= 10;
}

/* Rows below the panes. */
static int foot(const struct console *console)
{
	return (screen_rows() > 1) + console_teaches(console);
}

/* "3/10  r opens its runbook": the keys are those that are bound now. */
static void draw_hint(struct console *console)
{
	const struct hint *hint = console->app->hint;
	struct canvas screen = canvas_screen();
	struct canvas line = canvas_part(&screen, screen.rows - 2, 0, 1, screen.cols);
	enum role role = hint->done ? ROLE_DIM : ROLE_STRONG;
	int col = 1;

	canvas_blank(&line, 0, 0, line.cols, ROLE_TEXT);
	if (hint->done)
		col += canvas_put(&line, 0, col, ROLE_OK, canvas_glyph(GLYPH_OK)) + 1;
	if (hint->title[0])
		col += canvas_put(&line, 0, col, ROLE_DIM, hint->title) + 2;
	for (int i = 0; i < 2 && hint->commands[i]; i++) {
		const struct binding *b = keymap_for(
			&console->keymap, console_contexts(console), hint->commands[i]);
		char keys[64], typed[64];

		snprintf(typed, sizeof typed, ":%s", hint->commands[i]);
		if (i)
			col += canvas_put(&line, 0, col, ROLE_DIM, "or ");
		col += canvas_put(&line, 0, col, hint->done ? ROLE_DIM : ROLE_KEY,
			b ? binding_keys(b, keys) : typed);
		col++;
	}
	canvas_text(&line, 0, col, line.cols - col - 1, role, untrusted_str(hint->text));
}

/* --- panes --- */

/* Nothing moves by itself while somebody types, or has paused. */
static bool frozen(const struct console *console)
{
	return console->mode != MODE_NORMAL || console->paused;
}

static void refresh_pane(struct console *console, struct pane *pane)
{
	if (frozen(console) || !(pane->pending & pane->class->changes))
		return;
	if (pane->class->reload)
		pane->class->reload(pane->state, console->app, pane->pending);
	pane->pending = 0;
	pane->dirty = true;
}

static void draw_framed(struct console *console, struct pane *pane, struct canvas c,
	bool focus, int digit)
{
	struct canvas inner = canvas_part(&c, 1, 2, c.rows - 2, c.cols - 4);
	char title[120], below[200] = "";

	if (digit)
		snprintf(title, sizeof title, "%d %s", digit, pane->class->title);
	else
		snprintf(title, sizeof title, "%s", pane->class->title);
	pane->class->draw(pane->state, console->app, &inner, focus);
	if (pane->class->words && c.rows > 3)
		pane->class->words(pane->state, console->app, below, sizeof below);
	canvas_frame(&c, focus, title, below);
	canvas_blank_rows(&(struct canvas){c.y + 1, c.x + 1, c.rows - 2, 1, ROLE_COUNT},
		0, c.rows - 2);
	canvas_blank_rows(
		&(struct canvas){c.y + 1, c.x + c.cols - 2, c.rows - 2, 1, ROLE_COUNT}, 0,
		c.rows - 2);
	pane->dirty = false;
}

/* Tabs of the single layout: every pane's digit, the names that fit. */
static void draw_tabs(struct console *console, const struct canvas *c)
{
	/* Digits with a blank between them, and what is left for the name of this one;
	 * where not even these fit, no blanks. */
	int gap = c->cols >= 64 ? 2 : c->cols >= 2 * PANE_NUMBERED ? 1 : 0;
	int room = c->cols - 1 - PANE_NUMBERED * (1 + gap), col = gap ? 1 : 0;

	canvas_blank(c, 0, 0, c->cols, ROLE_TEXT);
	for (int i = 0; i < PANE_NUMBERED; i++) {
		bool here = i == console->focus;
		const char *name = pane_classes[i]->name;
		char text[40];

		if ((here && room > (int)strlen(name)) || c->cols >= 100)
			snprintf(text, sizeof text, "%d %s", i + 1, name);
		else if (c->cols >= 64)
			snprintf(text, sizeof text, "%d %.4s", i + 1, name);
		else
			snprintf(text, sizeof text, "%d", i + 1);
		col += canvas_put(c, 0, col, here ? ROLE_FOCUS : ROLE_DIM, text) + gap;
	}
}

static void draw_single(struct console *console)
{
	struct canvas screen = canvas_screen();
	struct pane *pane = console_pane(console);
	int top = screen.rows > 2, bottom = foot(console);
	struct canvas body =
		canvas_part(&screen, top, 0, screen.rows - top - bottom, screen.cols);
	int digit = console->depth ? 0 : console->focus + 1;

	refresh_pane(console, pane);
	if (!pane->dirty)
		return;
	if (!console->depth && console->layout.single && body.rows > 3) {
		struct canvas tabs = canvas_part(&body, 0, 0, 1, body.cols);

		draw_tabs(console, &tabs);
		body = canvas_part(&body, 1, 0, body.rows - 1, body.cols);
	}
	if (screen.cols >= LAYOUT_NARROW_COLS && body.rows > 6) {
		draw_framed(console, pane, body, true, digit);
		return;
	}
	pane->class->draw(pane->state, console->app, &body, true);
	pane->dirty = false;
}

static void draw_grid(struct console *console)
{
	struct canvas screen = canvas_screen();

	for (size_t i = 0; i < console->layout.count; i++) {
		const struct layout_box *box = &console->layout.boxes[i];
		struct pane *pane = &console->base[box->pane];

		refresh_pane(console, pane);
		if (pane->dirty)
			draw_framed(console, pane,
				canvas_part(&screen, 1 + box->row, box->col, box->rows,
					box->cols),
				box->pane == console->focus, box->pane + 1);
	}
}

static bool shows(struct console *console, const struct pane_class *class)
{
	if (console_single(console))
		return console_pane(console)->class == class;
	for (size_t i = 0; i < console->layout.count; i++)
		if (pane_classes[console->layout.boxes[i].pane] == class)
			return true;
	return false;
}

int console_grid_rows(const struct console *console)
{
	return screen_rows() - 1 - foot(console);
}

static void make_layout(struct console *console)
{
	struct err err = {0};
	bool seen = false;

	/* One at fault is an error of the rc, and told as such. */
	if (!layout_make(&console->layout, layout_text(console),
		    console_grid_rows(console), screen_cols(), &err))
		layout_make(&console->layout,
			layout_built_in(console_grid_rows(console), screen_cols(),
				sources_page(console->app->sources)),
			console_grid_rows(console), screen_cols(), &err);
	for (size_t i = 0; i < console->layout.count; i++)
		seen |= console->layout.boxes[i].pane == console->focus;
	/* A pane that the grid does not show is shown alone. */
	console->hidden = !console->layout.single && !seen;
	host_reader_watch_procs(
		console->app->host_reader, shows(console, &processes_pane));
	incidents_watch(console->app->incidents, shows(console, &incidents_pane));
	screen_erase();
	console_dirty(console);
	console->layout_dirty = false;
	console->hint_shown = console_teaches(console);
}

void console_bring_up(struct console *console)
{
	if (!screen_is_open())
		return;
	if (console->layout_dirty)
		make_layout(console);
	if (console_single(console))
		refresh_pane(console, console_pane(console));
	for (size_t i = 0; !console_single(console) && i < console->layout.count; i++)
		refresh_pane(console, &console->base[console->layout.boxes[i].pane]);
}

void console_draw(struct console *console)
{
	if (!screen_is_open())
		return;
	if (console->layout_dirty)
		make_layout(console);
	/* A runbook's steps may have been run elsewhere, or before a crash. */
	audits_watch(console->app->audits,
		console_pane(console)->class == &audit_pane ||
			console_pane(console)->class == &runbook_pane ||
			console_pane(console)->class == &alert_pane);
	if (console_single(console))
		draw_single(console);
	else
		draw_grid(console);
	if (console->bars_dirty || console->input_pending) {
		if (screen_rows() > 2)
			draw_top(console);
		if (console_teaches(console))
			draw_hint(console);
		draw_bottom(console);
	}
	if (console->mode == MODE_NORMAL)
		screen_cursor(screen_rows() - 1, screen_cols() - 1, false);
	console->bars_dirty = console->input_pending = false;
	screen_flush();
}
