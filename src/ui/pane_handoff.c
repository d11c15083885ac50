/* The composer of a handoff: its parts, which can be switched and moved, above the mail
 * as it would be sent. The text is what app/handoff.h composed last; foreign words in it
 * go through the canvas like all others. Main thread. */
#include "app/handoff.h"
#include "app/setting.h"
#include "base/text.h"
#include "base/time.h"
#include "handoff_pane.h"

#include <stdio.h>
#include <string.h>

struct handoff_state {
	struct handoffs *handoffs;
	int selected; /* index in the draft's order */
	size_t top, height, rows;
	bool follow; /* the text begins at the selected part */
};

static void open_handoff(void *state, const struct app *app, uint64_t id)
{
	struct handoff_state *s = state;

	(void)id;
	s->handoffs = app->handoffs;
	handoffs_watch(s->handoffs, true);
}

static void close_handoff(void *state)
{
	handoffs_watch(((struct handoff_state *)state)->handoffs, false);
}

enum handoff_part handoff_pane_part(const struct pane *pane)
{
	const struct handoff_state *s = pane->state;
	const struct handoff_view *view =
		pane->class == &handoff_pane ? handoffs_view(s->handoffs) : NULL;

	return view ? view->draft.order[s->selected] : HANDOFF_PARTS;
}

void handoff_pane_follow(struct pane *pane, enum handoff_part part)
{
	struct handoff_state *s = pane->state;
	const struct handoff_view *view = handoffs_view(s->handoffs);

	for (int i = 0; view && i < HANDOFF_PARTS; i++)
		if (view->draft.order[i] == part)
			s->selected = i;
}

/* The line that is the part's heading. */
static size_t line_of(const struct handoff_view *view, enum handoff_part part)
{
	struct untrusted rest = untrusted_str(str_text(&view->forms[HANDOFF_TEXT])), line;
	const char *title = handoff_parts[part].title;

	for (size_t i = 0; *title && untrusted_line(&rest, &line); i++)
		if (untrusted_is(line, title))
			return i;
	return 0;
}

static int draw_state(const struct handoff_view *v, const struct app *app,
	const struct canvas *c, int row)
{
	char when[TIME_TEXT];
	int col = canvas_printf(c, row, 0, ROLE_STRONG, "%s", v->subject);

	canvas_blank(c, row, col, c->cols, ROLE_TEXT);
	row++;
	canvas_blank(c, row, 0, c->cols, ROLE_TEXT);
	col = canvas_printf(c, row, 0, v->complete ? ROLE_OK : ROLE_WARNING, "%s",
		v->complete ? "complete" : "partial");
	col += canvas_printf(c, row, col, ROLE_DIM, "  to %zu  %zu follow-up%s  ",
		v->recipients, v->followups, v->followups == 1 ? "" : "s");
	if (v->accepted_at)
		canvas_printf(c, row, col, ROLE_OK, "accepted by %s %s", v->accepted_by,
			time_stamp(v->accepted_at, app->now, when));
	else if (v->sent_at)
		canvas_printf(c, row, col, ROLE_OK, "sent by %s %s", v->sent_by,
			time_stamp(v->sent_at, app->now, when));
	else
		canvas_printf(c, row, col, ROLE_DIM, "%s",
			v->shift.to_at > app->now ? "draft of the running shift"
						  : "not sent");
	return row + 1;
}

static int draw_parts(const struct handoff_state *s, const struct handoff_view *v,
	const struct canvas *c, bool focus)
{
	int row = 3, col = 0, width = 18;

	canvas_blank_rows(c, 2, 4 + (HANDOFF_PARTS * width - 1) / (c->cols + 1));
	for (int i = 0; i < HANDOFF_PARTS; i++) {
		enum handoff_part part = v->draft.order[i];

		if (col + width > c->cols && col) {
			col = 0;
			row++;
			canvas_blank(c, row, 0, c->cols, ROLE_TEXT);
		}
		canvas_printf(c, row, col,
			i == s->selected && focus ? ROLE_SELECTED
			: v->draft.off[part]      ? ROLE_DIM
						  : ROLE_TEXT,
			"[%c] %s%s", v->draft.off[part] ? ' ' : 'x',
			handoff_parts[part].name, *v->draft.words[part] ? " +" : "");
		col += width;
	}
	canvas_blank(c, row + 1, 0, c->cols, ROLE_TEXT);
	return row + 2;
}

static void draw_text(struct handoff_state *s, const struct handoff_view *v,
	const struct canvas *c, int from)
{
	struct untrusted rest = untrusted_str(str_text(&v->forms[HANDOFF_TEXT])), line;
	size_t at = 0;
	int row = from;

	s->rows = c->rows > from ? (size_t)(c->rows - from) : 1;
	if (s->follow)
		s->top = line_of(v, v->draft.order[s->selected]);
	while (untrusted_line(&rest, &line)) {
		if (at++ < s->top || row >= c->rows)
			continue;
		canvas_blank(c, row, 0, c->cols, ROLE_TEXT);
		canvas_text(c, row, 0, c->cols, ROLE_TEXT, line);
		row++;
	}
	s->height = at;
	canvas_blank_rows(c, row, c->rows);
}

static void draw(void *state, const struct app *app, const struct canvas *c, bool focus)
{
	struct handoff_state *s = state;
	const struct handoff_view *v = handoffs_view(app->handoffs);
	int row;

	if (!v) {
		pane_empty(c, handoffs_words(app->handoffs));
		return;
	}
	draw_state(v, app, c, 0);
	canvas_blank(c, 2, 0, c->cols, ROLE_TEXT);
	row = draw_parts(s, v, c, focus);
	draw_text(s, v, c, row);
}

static void scroll(struct handoff_state *s, long by)
{
	long most = s->height > s->rows ? (long)(s->height - s->rows) : 0;
	long top = (long)s->top + by;

	s->follow = false;
	s->top = (size_t)(top < 0 ? 0 : top > most ? most : top);
}

static bool act(void *state, const struct app *app, enum pane_act act)
{
	struct handoff_state *s = state;
	long page = s->rows > 2 ? (long)s->rows - 2 : 1;

	(void)app;
	switch (act) {
	case ACT_DOWN:
		s->selected += s->selected < HANDOFF_PARTS - 1;
		s->follow = true;
		return true;
	case ACT_UP:
		s->selected -= s->selected > 0;
		s->follow = true;
		return true;
	case ACT_FIRST:
		s->selected = 0;
		s->follow = true;
		return true;
	case ACT_LAST:
		s->selected = HANDOFF_PARTS - 1;
		s->follow = true;
		return true;
	case ACT_PAGE_DOWN:
		scroll(s, page);
		return true;
	case ACT_PAGE_UP:
		scroll(s, -page);
		return true;
	default:
		return false;
	}
}

static void text(void *state, const struct app *app, bool all, struct str *out)
{
	const struct handoff_view *v = handoffs_view(app->handoffs);

	(void)state;
	(void)all;
	if (v)
		str_puts(out, str_text(&v->forms[HANDOFF_TEXT]));
}

static void words(void *state, const struct app *app, char *out, size_t size)
{
	const struct handoff_view *v = handoffs_view(app->handoffs);

	(void)state;
	snprintf(out, size, "handoff%s%s%s%s", v ? " " : "", v ? v->name : "",
		v ? "  " : "", v ? v->complete ? "complete" : "partial" : "");
}

const struct pane_class handoff_pane = {
	.name = "handoff",
	.title = "Handoff",
	.changes = CHANGED_HANDOFF | CHANGED_CLOCK,
	.state_size = sizeof(struct handoff_state),
	.open = open_handoff,
	.close = close_handoff,
	.draw = draw,
	.act = act,
	.text = text,
	.words = words,
};
