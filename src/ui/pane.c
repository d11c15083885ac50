/* The table of panes, and what the plain list panes
 * share. A new pane is a line here and a file of its
 * own. Main thread. */
#include "pane.h"

#include "app/alerts.h"
#include "app/sources.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

const struct pane_class *const pane_classes[] = {&overview_pane, &alerts_pane,
	&metrics_pane, &anomalies_pane, &logs_pane, &runbooks_pane, &sources_pane,
	&events_pane, &processes_pane, &alert_pane, &chart_pane, &runbook_pane,
	&silences_pane, &changes_pane, &incidents_pane, &actions_pane, &audit_pane,
	&trends_pane, &past_pane, &handoff_pane, &oncall_pane, &shifts_pane, &help_pane,
	&options_pane, &text_pane, &event_pane, &source_pane, &remote_pane,
	&remotehost_pane, &followed_pane, &replay_pane, &triggers_pane, &findings_pane,
	&suspect_pane, &evidence_pane, &slos_pane, &slo_pane, NULL};

const struct pane_class *pane_class_find(const char *name)
{
	for (size_t i = 0; pane_classes[i]; i++)
		if (!strcmp(pane_classes[i]->name, name))
			return pane_classes[i];
	return NULL;
}

void list_pane_close(void *state)
{
	list_release(&((struct list_pane *)state)->list);
}

void list_pane_reload(void *state, const struct app *app, uint32_t bits)
{
	struct list_pane *pane = state;
	const struct listing *listing = pane->list.listing;

	/* How rows are grouped is a setting. */
	if (bits & (listing->changes | (listing->grouping ? CHANGED_CONFIG : 0)))
		list_reload(&pane->list, app);
}

void list_pane_draw(
	void *state, const struct app *app, const struct canvas *c, bool focus)
{
	struct list_pane *pane = state;

	list_draw(&pane->list, app, c, focus, c->rows > 4);
}

bool list_act(struct list *list, const struct app *app, enum pane_act act)
{
	int64_t page = list->page > 1 ? list->page - 1 : 1;

	switch (act) {
	case ACT_DOWN:
		list_move(list, app, 1);
		return true;
	case ACT_UP:
		list_move(list, app, -1);
		return true;
	case ACT_PAGE_DOWN:
		list_move(list, app, page);
		return true;
	case ACT_PAGE_UP:
		list_move(list, app, -page);
		return true;
	case ACT_FIRST:
		list_move_to(list, app, 0);
		return true;
	case ACT_LAST:
		list_move_to(list, app, SIZE_MAX);
		return true;
	case ACT_NEXT:
		return list_step(list, app, 1);
	case ACT_PREVIOUS:
		return list_step(list, app, -1);
	case ACT_MARK:
		list_mark(list, app);
		return true;
	case ACT_MARK_RANGE:
		list_mark_range(list, app);
		return true;
	case ACT_UNMARK:
		list_unmark(list);
		return true;
	default:
		return false;
	}
}

bool list_pane_act(void *state, const struct app *app, enum pane_act act)
{
	return list_act(&((struct list_pane *)state)->list, app, act);
}

struct list *list_pane_list(void *state)
{
	return &((struct list_pane *)state)->list;
}

void list_pane_words(void *state, const struct app *app, char *out, size_t size)
{
	list_words(&((struct list_pane *)state)->list, app, out, size);
}

void pane_complete(const struct app *app, char *out, size_t size)
{
	const char *now = app->window.to ? "  of now" : "";
	char gap[160], scope[200];

	sources_scope(app->sources, scope, sizeof scope);
	if (app->rc->conf.errors_total)
		snprintf(out, size, "  partial: %zu error%s in the rc%s%s%s",
			app->rc->conf.errors_total,
			app->rc->conf.errors_total == 1 ? "" : "s", *scope ? ", " : "",
			scope, now);
	else if (*sources_gap(app, GIVES_ALERTS, gap, sizeof gap))
		snprintf(out, size, "  partial: %s%s%s%s", gap, *scope ? ", " : "", scope,
			now);
	else
		snprintf(out, size, "  %s%s%s%s",
			alerts_counts(app->alerts).complete ? "complete" : "partial",
			*scope ? ", " : "", scope, now);
}

/* How much of a sentence stands on a line of so many columns: whole words, and all of it
 * when the first word alone is wider. */
static size_t line_bytes(const char *text, int cols)
{
	size_t fits = 0, n = 0;

	while (text[n]) {
		n += strspn(text + n, " ");
		n += strcspn(text + n, " ");
		if (fits && text_width(untrusted_make(text, n), 400) > cols)
			break;
		fits = n;
	}
	return fits;
}

void pane_empty(const struct canvas *c, const char *sentence)
{
	char part[400];
	int rows = 1, row;

	for (const char *at = sentence; *(at += line_bytes(at, c->cols)); rows++)
		continue;
	row = rows < c->rows ? (c->rows - rows + 1) / 2 : 0;
	canvas_blank_rows(c, 0, c->rows);
	for (const char *at = sentence; *at && row < c->rows; row++) {
		size_t n;
		int col;

		at += strspn(at, " ");
		n = line_bytes(at, c->cols);
		snprintf(part, sizeof part, "%.*s", (int)n, at);
		col = (c->cols - text_width(untrusted_str(part), 400)) / 2;
		canvas_put(c, row, col > 0 ? col : 0, ROLE_DIM, part);
		at += n;
	}
}
