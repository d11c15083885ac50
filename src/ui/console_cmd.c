/* The commands of the console: what keys are bound to. Each changes the state of the
 * console and marks what must be drawn; none draws. Main thread, always through
 * command_run(). */
#include "state.h"

#include "app/actions.h"
#include "app/alerts.h"
#include "app/anomalies.h"
#include "app/dossier.h"
#include "app/incidents.h"
#include "app/runbook_match.h"
#include "app/replay.h"
#include "app/runbooks.h"
#include "app/audits.h"
#include "app/runs.h"
#include "app/setting.h"
#include "app/sources.h"
#include "app/triggers.h"
#include "base/json.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "handoff_pane.h"
#include "replay_text.h"
#include "runbook_pane.h"
#include "screen.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SUSPEND_WARN_MS = 5000 };

static enum status act(struct call *call, enum pane_act which)
{
	struct console *console = call->ctx;
	struct pane *pane = console_pane(console);
	int64_t times = call->argc ? strtol(call->argv[0], NULL, 10) : 1;

	if (times < 1 || times > 10000)
		times = 1;
	for (int64_t i = 0; i < times; i++) {
		if (pane->class->act &&
			pane->class->act(pane->state, console->app, which))
			pane->dirty = true;
	}
	return STATUS_DONE;
}

#define ACT(function, which)                                                             \
	static enum status function(struct call *call, struct err *err)                  \
	{                                                                                \
		(void)err;                                                               \
		return act(call, which);                                                 \
	}

ACT(cmd_down, ACT_DOWN)
ACT(cmd_up, ACT_UP)
ACT(cmd_page_down, ACT_PAGE_DOWN)
ACT(cmd_page_up, ACT_PAGE_UP)
ACT(cmd_first, ACT_FIRST)
ACT(cmd_last, ACT_LAST)
ACT(cmd_mark, ACT_MARK)
ACT(cmd_mark_range, ACT_MARK_RANGE)
ACT(cmd_unmark, ACT_UNMARK)

static enum status find(struct call *call, enum pane_act which, struct err *err)
{
	struct console *console = call->ctx;
	struct pane *pane = console_pane(console);

	if (pane->class->act && pane->class->act(pane->state, console->app, which)) {
		pane->dirty = true;
		return STATUS_DONE;
	}
	err_set(err, ERR_MISSING, "nothing else matches; / sets what to look for");
	return STATUS_FAILED;
}

static enum status cmd_next_match(struct call *call, struct err *err)
{
	return find(call, ACT_NEXT, err);
}

static enum status cmd_previous_match(struct call *call, struct err *err)
{
	return find(call, ACT_PREVIOUS, err);
}

/* --- going in and out --- */

static struct jump here(struct console *console)
{
	struct pane *pane = console_pane(console);

	return (struct jump){pane->class, pane->id};
}

static void remember(struct console *console, struct jump jump)
{
	if (console->back_count == JUMPS_MAX) {
		memmove(console->back, console->back + 1,
			(JUMPS_MAX - 1) * sizeof *console->back);
		console->back_count--;
	}
	console->back[console->back_count++] = jump;
	console->forward_count = 0;
}

static int base_index(const struct pane_class *class)
{
	for (int i = 0; i < PANE_NUMBERED; i++)
		if (pane_classes[i] == class)
			return i;
	return -1;
}

/* Where it cannot go, everything stays as it is. */
static bool go(struct console *console, const struct pane_class *class, uint64_t id,
	struct err *err)
{
	int base = base_index(class);

	if (base >= 0)
		console_focus(console, base);
	else if (!console_push(console, class, id))
		return err_set(err, ERR_LIMIT, "that is deep enough: Esc goes back");
	return true;
}

static enum status visit(struct console *console, const struct pane_class *class,
	uint64_t id, struct err *err)
{
	struct jump from = here(console);

	if (!go(console, class, id, err))
		return STATUS_FAILED;
	remember(console, from);
	return STATUS_DONE;
}

/* Enter on an event puts it in the middle of the window; near to now, or still on, it
 * is in sight as it is. */
static void look_at_moment(struct console *console)
{
	struct pane *pane = console_pane(console);
	struct list *list = pane->class->list ? pane->class->list(pane->state) : NULL;
	struct window window = console->app->window;
	struct cell cell = {0};
	const void *row = list ? list_row(list, console->app) : NULL;

	if (!row)
		return;
	if (list->listing == &anomaly_listing) {
		const struct anomaly_row *a = row;

		if (!a->end_at)
			return;
		window.to = (a->start_at + a->end_at) / 2 + window.span_ms / 2;
	} else if (!strcmp(list->listing->columns[0].name, "at")) {
		list->listing->columns[0].cell(console->app, row, &cell);
		window.to = (int64_t)cell.number + window.span_ms / 2;
	} else {
		return;
	}
	app_set_window(console->app, window);
}

static struct list *focused_list(struct console *console)
{
	struct pane *pane = console_pane(console);

	return pane->class->list ? pane->class->list(pane->state) : NULL;
}

/* Enter on a group shows its rows, or hides them again. */
static bool toggle_group(struct console *console)
{
	struct list *list = focused_list(console);

	if (!list || !list_group(list))
		return false;
	console_pane(console)->dirty = true;
	return list_fold(list, console->app, false) ||
	       list_fold(list, console->app, true);
}

static bool fold_all(struct call *call, bool fold)
{
	struct console *console = call->ctx;
	struct list *list = focused_list(console);

	if (!call->argc || strcmp(call->argv[0], "all"))
		return false;
	if (list)
		list_fold_all(list, console->app, fold);
	console_pane(console)->dirty = true;
	return true;
}

/* The changes, or the log, of the time that a root cause is about. */
static void look_at_finding(
	struct console *console, const struct pane *pane, const struct pane_link *link)
{
	struct window window = console->app->window;
	int64_t at = 0;

	if ((pane->class == &findings_pane || pane->class == &suspect_pane) &&
		(!strcmp(link->class, "changes") || !strcmp(link->class, "logs")))
		at = findings_moment(pane->state, console->app);
	if (!at || (at > window_from(console->app) && at <= window_to(console->app)))
		return;
	window.to = at + window.span_ms / 2;
	app_set_window(console->app, window);
}

static enum status cmd_open(struct call *call, struct err *err)
{
	struct console *console = call->ctx;
	struct pane *pane = console_pane(console);
	struct pane_link link = {0};
	char line[COMMAND_LINE_MAX];
	bool ask;

	if (pane->class == &help_pane) {
		const char *command = help_command(pane);

		if (!command)
			return STATUS_DONE;
		str_copy(line, sizeof line, command);
		console_pop(console);
		console_run(console, line);
		return STATUS_DONE;
	}
	if (pane->class == &options_pane) {
		if (!options_command(pane, line, sizeof line, &ask))
			return STATUS_DONE;
		if (!ask) {
			console_run(console, line);
			pane->pending |= CHANGED_CONFIG;
			return STATUS_DONE;
		}
		console_bring_up(console);
		console->mode = MODE_COMMAND;
		edit_set(&console->edit, line);
		return STATUS_DONE;
	}
	if (toggle_group(console))
		return STATUS_DONE;
	look_at_moment(console);
	if (pane->class->link)
		link = pane->class->link(pane->state, console->app);
	if (link.class)
		look_at_finding(console, pane, &link);
	return link.class ? visit(console, pane_class_find(link.class), link.id, err)
			  : STATUS_DONE;
}

static enum status cmd_back(struct call *call, struct err *err)
{
	struct console *console = call->ctx;
	struct pane *pane = console_pane(console);
	struct list *list = pane->class->list ? pane->class->list(pane->state) : NULL;

	(void)err;
	/* Esc undoes one thing at a time: marks, filter, then the view. */
	if (list && (list->marks.count || list->range_from)) {
		list_unmark(list);
	} else if (list && list->filter) {
		list_set_filter(list, console->app, "", NULL);
	} else if (console->depth) {
		console_pop(console);
	} else if (console->hidden) {
		console_focus(console, console->layout.boxes[0].pane);
	} else if (console->zoomed) {
		console->zoomed = false;
		console->layout_dirty = true;
	}
	pane = console_pane(console);
	pane->dirty = true;
	return STATUS_DONE;
}

/* In and out as with a tree: what cannot be unfolded is opened, what cannot be folded
 * is left. */
static enum status cmd_unfold(struct call *call, struct err *err)
{
	struct console *console = call->ctx;
	struct list *list = focused_list(console);

	if (fold_all(call, false))
		return STATUS_DONE;
	if (!list || !list_group(list))
		return cmd_open(call, err);
	list_fold(list, console->app, false);
	console_pane(console)->dirty = true;
	return STATUS_DONE;
}

static enum status cmd_fold(struct call *call, struct err *err)
{
	struct console *console = call->ctx;
	struct list *list = focused_list(console);

	if (fold_all(call, true))
		return STATUS_DONE;
	if (!list || !list_fold(list, console->app, true))
		return cmd_back(call, err);
	console_pane(console)->dirty = true;
	return STATUS_DONE;
}

static enum status cmd_close(struct call *call, struct err *err)
{
	struct console *console = call->ctx;

	if (console->depth || console->zoomed || console->hidden)
		return cmd_back(call, err);
	console_notice(console, false, "Q quits oogway");
	return STATUS_DONE;
}

static enum status cmd_quit(struct call *call, struct err *err)
{
	size_t waiting, held;
	char why[160];

	if (step_warns(call->ctx, "end it and oogway", err))
		return STATUS_REFUSED;
	actions_open(call->app->actions, &waiting, &held);
	waiting += held;
	snprintf(why, sizeof why,
		"%zu action%s in the outbox, to go on when oogway runs again: oogway "
		"action list",
		waiting, waiting == 1 ? " waits" : "s wait");
	console_quit(call->ctx, waiting ? why : NULL);
	return STATUS_DONE;
}

static enum status cmd_pane(struct call *call, struct err *err)
{
	int64_t number = 0;

	untrusted_to_i64(untrusted_str(call->argv[0]), &number);
	if (number < 1 || number > PANE_NUMBERED) {
		err_set(err, ERR_USAGE, "panes go from 1 to %d", PANE_NUMBERED);
		return STATUS_USAGE;
	}
	console_focus(call->ctx, (int)number - 1);
	return STATUS_DONE;
}

/* Tab goes through what is on the screen. */
static enum status step_pane(struct call *call, int by)
{
	struct console *console = call->ctx;
	const struct layout *layout = &console->layout;
	int n = (int)layout->count, at = 0;

	if (layout->single || !n) {
		console_focus(
			console, (console->focus + by + PANE_NUMBERED) % PANE_NUMBERED);
		return STATUS_DONE;
	}
	for (int i = 0; i < n; i++)
		if (layout->boxes[i].pane == console->focus)
			at = i;
	console_focus(console, layout->boxes[(at + by + n) % n].pane);
	return STATUS_DONE;
}

static enum status cmd_next_pane(struct call *call, struct err *err)
{
	(void)err;
	return step_pane(call, 1);
}

static enum status cmd_previous_pane(struct call *call, struct err *err)
{
	(void)err;
	return step_pane(call, -1);
}

/* `:alerts /fred` opens a view filtered. */
static enum status cmd_view(struct call *call, struct err *err)
{
	struct console *console = call->ctx;
	const struct pane_class *class = pane_class_find(call->command->name);
	struct pane *pane;
	const char *filter = call->rest;

	if (visit(console, class, 0, err))
		return STATUS_FAILED;
	pane = console_pane(console);
	if (*filter == '/')
		filter++;
	if (*filter && pane->class->list &&
		!list_set_filter(
			pane->class->list(pane->state), console->app, filter, err))
		return STATUS_USAGE;
	return STATUS_DONE;
}

static enum status cmd_findings(struct call *call, struct err *err)
{
	struct console *console = call->ctx;
	const struct app *app = console->app;
	uint64_t id = call->target ? call->target
				   : console_target(console, console_pane(console));

	if (!alerts_find(app->alerts, id) && !incidents_find(app->incidents, id)) {
		err_set(err, ERR_USAGE,
			"a root cause is that of an alert or an incident: select one");
		return STATUS_USAGE;
	}
	return visit(console, &findings_pane, id, err);
}

static enum status cmd_history(struct console *console, struct jump *from, size_t *from_n,
	struct jump *to, size_t *to_n)
{
	struct pane *pane = console_pane(console);

	if (!*from_n)
		return STATUS_DONE;
	if (*to_n < JUMPS_MAX)
		to[(*to_n)++] = (struct jump){pane->class, pane->id};
	(*from_n)--;
	while (console->depth)
		console_pop(console);
	go(console, from[*from_n].class, from[*from_n].id, NULL);
	return STATUS_DONE;
}

static enum status cmd_history_back(struct call *call, struct err *err)
{
	struct console *c = call->ctx;

	(void)err;
	return cmd_history(c, c->back, &c->back_count, c->forward, &c->forward_count);
}

static enum status cmd_history_forward(struct call *call, struct err *err)
{
	struct console *c = call->ctx;

	(void)err;
	return cmd_history(c, c->forward, &c->forward_count, c->back, &c->back_count);
}

static enum status cmd_zoom(struct call *call, struct err *err)
{
	struct console *console = call->ctx;

	(void)err;
	if (!console->depth && console->hidden) {
		/* Shown alone because the grid has no place for it: back to the grid. */
		console->zoomed = false;
		console_focus(console, console->layout.boxes[0].pane);
	} else if (!console->depth) {
		console->zoomed = !console->zoomed;
	}
	console->layout_dirty = true;
	return STATUS_DONE;
}

/* --- prompts --- */

static enum status cmd_prompt(struct call *call, struct err *err)
{
	struct console *console = call->ctx;

	(void)err;
	console_bring_up(console);
	console->mode = MODE_COMMAND;
	edit_set(&console->edit, call->rest);
	history_reset(&console->commands_typed);
	return STATUS_DONE;
}

static enum status cmd_menu(struct call *call, struct err *err)
{
	return console_menu(call->ctx, call->argv[0], err) ? STATUS_DONE : STATUS_USAGE;
}

static enum status cmd_filter(struct call *call, struct err *err)
{
	struct console *console = call->ctx;
	struct pane *pane = console_pane(console);
	bool anew = pane->class == &overview_pane;
	struct list *list;

	/* What the overview shows is looked for among the alerts, all of them. */
	if (anew) {
		if (visit(console, &alerts_pane, 0, err))
			return STATUS_FAILED;
		pane = console_pane(console);
	}
	list = pane->class->list ? pane->class->list(pane->state) : NULL;
	if (!list && *call->rest) {
		err_set(err, ERR_USAGE, "nothing to filter in %s", pane->class->title);
		return STATUS_USAGE;
	}
	pane->dirty = true;
	if (*call->rest)
		return list_set_filter(list, console->app, call->rest, err)
			       ? STATUS_DONE
			       : STATUS_USAGE;
	/* Where there is nothing to filter the prompt is there too: it takes the words,
	 * which else would be keys that act. */
	str_copy(console->filter_before, sizeof console->filter_before,
		list && list->filter ? list->filter_text : "");
	console_bring_up(console);
	console->mode = MODE_FILTER;
	edit_set(&console->edit, anew ? "" : console->filter_before);
	history_reset(&console->filters_typed);
	return STATUS_DONE;
}

static enum status cmd_sort(struct call *call, struct err *err)
{
	struct console *console = call->ctx;
	struct pane *pane = console_pane(console);
	struct list *list = pane->class->list ? pane->class->list(pane->state) : NULL;
	const char *column = call->argc ? call->argv[0] : NULL;

	if (!list) {
		err_set(err, ERR_USAGE, "nothing to sort in %s", pane->class->title);
		return STATUS_USAGE;
	}
	if (column && !strcmp(column, "reverse")) {
		if (list->sort_column < 0) {
			err_set(err, ERR_USAGE, "sorted by no column yet");
			return STATUS_USAGE;
		}
		column = list->listing->columns[list->sort_column].name;
	}
	pane->dirty = true;
	return list_sort(list, console->app, column, err) ? STATUS_DONE : STATUS_USAGE;
}

/* --- copying and the rest --- */

static enum status cmd_copy(struct call *call, struct err *err)
{
	struct console *console = call->ctx;

	str_reset(&console->register_);
	copy_rows(console, &console->register_,
		call->argc && !strcmp(call->argv[0], "pane"));
	return copy_text(console, "copied", err) ? STATUS_DONE : STATUS_FAILED;
}

/* What is about an alert is, on a group, about its first. */
static const struct alert *alert_here(struct call *call)
{
	struct console *console = call->ctx;
	struct list *list = focused_list(console);

	if (list && list->listing == &alert_listing && list_group(list))
		return list_first_row(list, console->app);
	return alerts_find(console->app->alerts, call->target);
}

static enum status cmd_link(struct call *call, struct err *err)
{
	struct console *console = call->ctx;
	const struct alert *alert = alert_here(call);
	char link[2048];

	if (!alert || !text_to_link(alert_text(alert, ALERT_LINK), link, sizeof link)) {
		err_set(err, ERR_MISSING, "no link here");
		return STATUS_FAILED;
	}
	str_reset(&console->register_);
	str_puts(&console->register_, link);
	return copy_text(console, link, err) ? STATUS_DONE : STATUS_FAILED;
}

/* Where those who respond talk: the link, else the number; or the one that is named. */
static enum status cmd_bridge(struct call *call, struct err *err)
{
	struct console *console = call->ctx;
	const struct alert *alert = alert_here(call);

	if (call->argc && strcmp(call->argv[0], "number") != 0 &&
		strcmp(call->argv[0], "link") != 0) {
		err_set(err, ERR_USAGE, "bridge takes number or link");
		return STATUS_USAGE;
	}
	if (alert)
		alert = dossier_page(console->app, alert);
	return bridge_copy(console, alert ? alert->key : call->target,
		       call->argc ? call->argv[0] : "", err)
		       ? STATUS_DONE
		       : STATUS_FAILED;
}

/* What was searched for before does not matter to who names it. */
static const struct runbook_row *from_its_top(
	struct app *app, const struct runbook_row *row)
{
	if (row)
		runbooks_known(app->runbooks, row->id)->section = 0;
	return row;
}

/* By its name, or by its number among the matches of the alert. */
static const struct runbook_row *runbook_asked(
	struct app *app, const struct alert *alert, const char *word)
{
	struct runbook_matches all;
	int64_t number;

	if (!alert || !untrusted_to_i64(untrusted_str(word), &number))
		return from_its_top(app, runbooks_named(app->runbooks, word));
	runbook_matches(app, alert, &all);
	return number >= 1 && number <= (int64_t)all.count ? all.list[number - 1].row
							   : NULL;
}

static enum status cmd_audit_replay(struct call *call, struct err *err)
{
	struct console *console = call->ctx;
	const struct audit_row *row = NULL;
	int64_t seq = 0;

	if (call->argc)
		untrusted_to_i64(untrusted_str(call->argv[0]), &seq);
	if (call->out)
		return replay_print(call, seq, err);
	if (!call->argc && console_pane(console)->class == &audit_pane)
		row = audit_listing.find(console->app, call->target);
	if (row)
		seq = (int64_t)row->seq;
	if (seq <= 0) {
		err_set(err, ERR_USAGE,
			"expected: audit replay SEQ, or a record that is selected");
		return STATUS_USAGE;
	}
	if (!replay_open(console->app->replay, (uint64_t)seq, err))
		return STATUS_FAILED;
	return visit(console, &replay_pane, (uint64_t)seq, err);
}

/* Of one that is over: only its title is known. */
static const struct runbook_row *runbook_of_past(
	struct app *app, const struct past_row *past, const char *word)
{
	const struct runbook_row *row = word ? runbooks_named(app->runbooks, word) : NULL;
	struct runbook_matches all;
	int64_t number = 1;

	if (row || (word && !untrusted_to_i64(untrusted_str(word), &number)))
		return row;
	runbook_matches_past(app, incident_id(past), past->incident.title, &all);
	if (!word && all.none)
		return NULL;
	return number >= 1 && number <= (int64_t)all.count ? all.list[number - 1].row
							   : NULL;
}

/* What is asked for by name from an alert is remembered for alerts like it. */
static enum status cmd_runbook(struct call *call, struct err *err)
{
	struct console *console = call->ctx;
	struct app *app = console->app;
	const struct alert *alert = alert_here(call);
	const struct past_row *past =
		alert ? NULL : incidents_find(app->incidents, call->target);
	const struct runbook_row *row = NULL;

	if (past)
		row = runbook_of_past(app, past, call->argc ? call->argv[0] : NULL);
	else if (call->argc)
		row = runbook_asked(app, alert, call->argv[0]);
	else if (alert)
		row = runbook_best(app, alert);
	if (!row) {
		err_set(err, ERR_MISSING, "%s; %s",
			call->argc ? "no runbook has that name"
			: alert    ? "no runbook is about this alert"
			: past     ? "no runbook is about this incident for sure"
				   : "select an alert first",
			(alert || past) && !call->argc
				? ":runbook 1 opens the nearest on its page"
				: ":runbooks lists them all");
		return STATUS_FAILED;
	}
	if (!runs_open(app->runs, row->id, alert ? alert->key : 0, err))
		return STATUS_FAILED;
	if (alert && call->argc)
		runbook_choose(app, alert, row);
	return visit(console, &runbook_pane, row->id, err);
}

/* The Nth, the newest first; of the alert that is selected without a number. */
static const struct proposal *proposal_asked(struct call *call, struct err *err)
{
	const struct triggers *triggers = call->app->triggers;
	const struct alert *alert = alert_here(call);
	const struct proposal *p = NULL;
	int64_t n = 1;

	if (call->argc &&
		(!untrusted_to_i64(untrusted_str(call->argv[0]), &n) || n < 1)) {
		err_set(err, ERR_USAGE, "which one is a number, not %.40s",
			call->argv[0]);
		return NULL;
	}
	if (!call->argc && alert)
		p = proposal_for(triggers, alert);
	if (!p)
		p = proposals_at(triggers, (size_t)n - 1);
	if (!p)
		err_set(err, ERR_MISSING, "no trigger proposes a runbook now");
	return p;
}

/* Its alert's page lies below it. */
static enum status cmd_proposal(struct call *call, struct err *err)
{
	struct console *console = call->ctx;
	struct app *app = console->app;
	const struct proposal *p = proposal_asked(call, err);
	const struct runbook_row *row =
		p ? runbooks_named(app->runbooks, p->runbook) : NULL;
	uint64_t alert = p ? p->alert : 0;

	if (p && !row)
		err_set(err, ERR_MISSING, "no runbook is called %.100s any more",
			p->runbook);
	if (!row || !runs_open(app->runs, row->id, alert, err))
		return STATUS_FAILED;
	if (alert &&
		(console_pane(console)->class != &alert_pane ||
			console_pane(console)->id != alert) &&
		visit(console, &alert_pane, alert, err) != STATUS_DONE)
		return STATUS_FAILED;
	return visit(console, &runbook_pane, row->id, err);
}

static enum status cmd_proposal_dismiss(struct call *call, struct err *err)
{
	const struct proposal *p = proposal_asked(call, err);
	char name[TRIGGER_BOOK];

	if (!p)
		return STATUS_FAILED;
	str_copy(name, sizeof name, p->runbook);
	if (!proposal_dismiss(call->app->triggers, p->firing, call->origin, err))
		return STATUS_FAILED;
	app_notice(call->app, false, "%s is not proposed any more", name);
	return STATUS_DONE;
}

/* --- one incident by its name --- */

/* One of those it is assigned to is me; where nobody is named, whoever is on call. */
static bool is_mine(const struct app *app, const struct alert *alert)
{
	struct untrusted rest = alert_text(alert, ALERT_ASSIGNED), name;
	bool on_call = false, named = false;

	while (untrusted_split(&rest, ",", &name)) {
		named |= !untrusted_empty(untrusted_trim(name));
		for (size_t i = 0; i < oncalls_count(app->alerts); i++) {
			const struct oncall_row *o = oncalls_at(app->alerts, i);

			if (o->me && untrusted_eq(o->who, untrusted_trim(name)))
				return true;
		}
	}
	for (size_t i = 0; i < oncalls_count(app->alerts); i++)
		on_call |= oncalls_at(app->alerts, i)->me;
	return on_call && !named;
}

/* My page that nobody has taken, when it is the only one: only in the first minute, so
 * that nothing opens by itself under somebody's eyes. */
static const struct alert *only_page(const struct app *app)
{
	struct alert_counts counts = alerts_counts(app->alerts);
	const struct alert *found = NULL;
	size_t pages = counts.pages;

	/* What is still being merged may hold another one. */
	if (app->now - app->started_at > MINUTE_MS || !alerts_settled(app->alerts))
		return NULL;
	for (size_t i = 0; pages && i < alerts_count(app->alerts); i++) {
		const struct alert *a = alerts_at(app->alerts, i);

		if (a->state != ALERT_FIRING || !a->pages)
			continue;
		pages--;
		if (!is_mine(app, a))
			continue;
		if (found)
			return NULL;
		found = a;
	}
	return found;
}

/* All have answered, and none has it. */
static void give_up(struct console *console)
{
	char text[NOTICE_TEXT];

	snprintf(text, sizeof text,
		"%.120s is not open: closed, or of a source that is not configured",
		console->wanted);
	console_notice(console, true, text);
	console->wanted[0] = '\0';
}

void console_seek(struct console *console)
{
	const struct app *app = console->app;
	const struct alert *found = NULL;

	/* A page must not slip under a line that is being typed and will act on it. */
	if (console->mode != MODE_NORMAL)
		return;
	if (console->wanted[0])
		found = alerts_named(app->alerts, console->wanted);
	if (!console->wanted[0] && !console->typed && !console->depth)
		found = only_page(app);
	if (console->wanted[0] && !found && sources_settled(app->sources) &&
		alerts_settled(app->alerts) && alerts_counts(app->alerts).complete)
		give_up(console);
	if (!found)
		return;
	/* "looking for …" is over. */
	if (console->wanted[0])
		console->notice[0] = '\0';
	console->wanted[0] = '\0';
	console->bars_dirty = console->typed = true;
	console_push(console, &alert_pane, found->key);
}

static enum status cmd_incident(struct call *call, struct err *err)
{
	struct console *console = call->ctx;
	char text[NOTICE_TEXT];

	(void)err;
	str_copy(console->wanted, sizeof console->wanted, call->argv[0]);
	console_seek(console);
	if (console->wanted[0]) {
		snprintf(text, sizeof text, "looking for %.150s: no source has it yet",
			console->wanted);
		console_notice(console, false, text);
	}
	return STATUS_DONE;
}

static enum status cmd_bare(struct call *call, struct err *err)
{
	(void)err;
	copy_bare(call->ctx);
	return STATUS_DONE;
}

static enum status cmd_pause(struct call *call, struct err *err)
{
	struct console *console = call->ctx;

	(void)err;
	console->paused = !console->paused;
	console->paused_at = console->app->now;
	return STATUS_DONE;
}

static enum status cmd_redraw(struct call *call, struct err *err)
{
	struct console *console = call->ctx;

	screen_repaint();
	console->layout_dirty = true;
	(void)err;
	return STATUS_DONE;
}

static enum status cmd_suspend(struct call *call, struct err *err)
{
	struct console *console = call->ctx;
	size_t waiting, held;

	if (step_warns(console, "stop oogway, not the step,", err))
		return STATUS_REFUSED;
	actions_open(console->app->actions, &waiting, &held);
	if (waiting && console->app->now - console->suspend_warned_at > SUSPEND_WARN_MS) {
		console->suspend_warned_at = console->app->now;
		err_set(err, ERR_BUSY,
			"%zu action%s on the way, which would stand still too: once more "
			"to stop oogway all the same",
			waiting, waiting == 1 ? " is" : "s are");
		return STATUS_REFUSED;
	}
	screen_suspend();
	screen_resize();
	console->layout_dirty = true;
	return STATUS_DONE;
}

static enum status cmd_shell(struct call *call, struct err *err)
{
	(void)err;
	((struct console *)call->ctx)->wants_shell = true;
	return STATUS_DONE;
}

static enum status cmd_reload(struct call *call, struct err *err)
{
	(void)err;
	app_reload(call->app);
	return STATUS_DONE;
}

static enum status cmd_version(struct call *call, struct err *err)
{
	struct console *console = call->ctx;
	char text[NOTICE_TEXT], trip[TIME_TEXT] = "not measured";

	(void)err;
	if (screen_round_trip_ms() >= 0)
		duration_text(screen_round_trip_ms(), trip);
	snprintf(text, sizeof text, "oogway %s; %dx%d, %d colours, %s, round trip %s. %s",
		VERSION, screen_cols(), screen_rows(), screen_colors(),
		screen_graphics() == GRAPHICS_UTF8 ? "UTF-8" : "ASCII", trip,
		screen_remark());
	console_notice(console, false, text);
	return STATUS_DONE;
}

#define C COMMAND_CONSOLE
#define VIEW(name, help)                                                                 \
	{                                                                                \
		name, "[/FILTER]", help, C, 0, SIZE_MAX, cmd_view                        \
	}

const struct command console_commands[] = {
	VIEW("overview", "what needs you now"),
	VIEW("alerts", "alerts and incidents of all sources"),
	VIEW("metrics", "all series"),
	VIEW("anomalies", "what the detectors found"),
	VIEW("logs", "log lines of this host and of sources"),
	VIEW("runbooks", "all runbooks"),
	VIEW("sources", "where data comes from, and how that goes"),
	VIEW("events", "what oogway itself did"),
	VIEW("processes", "the busiest and largest processes of this host"),
	VIEW("silences", "silences, soonest end first"),
	VIEW("triggers", "what puts runbooks forward by itself, and what came of it"),
	VIEW("slos", "objectives: budgets left, burn rates, and when they end"),
	VIEW("actions", "what was done upstream, what waits, and why"),
	{"handoff", "", "the handoff: its parts, and the mail as it would be sent", C, 0,
		0, cmd_view},
	{"handoff part", "on|off|toggle|up|down [PART]",
		"switch a part of the handoff, or move it",
		C | COMMAND_ACTS | COMMAND_NO_ROW, 1, 2, cmd_handoff_part},
	{"handoff edit", "[PART]", "write to a part, in $EDITOR",
		C | COMMAND_ACTS | COMMAND_NO_ROW, 0, 1, cmd_handoff_edit},
	{"handoff preview", "text|markdown|html",
		"write it to a file; html is opened in a browser", C, 1, 1,
		cmd_handoff_preview},
	VIEW("trends", "what the past adds up to: counts, bars, problems"),
	VIEW("past", "incidents of the past, newest first"),
	VIEW("audit", "what was done from here, by whom, and what came of it"),
	VIEW("remote", "hosts of the newest run on other machines, as they come back"),
	VIEW("followed", "lines of a file that is followed on other machines"),
	VIEW("changes", "deploys and other changes"),
	{"findings", "", "the root cause of this incident, and what it rests on", C, 0, 0,
		cmd_findings},
	VIEW("incidents",
		"the incidents of the past that paged, as their source tells them"),
	VIEW("oncall", "who is on call now and next, and what has no cover"),
	VIEW("help", "all keys that work here; Enter runs one"),
	VIEW("options", "all settings; Enter changes one"),
	{"open", "", "go into what is selected", C, 0, 0, cmd_open},
	{"back", "", "back: marks, filter, view", C, 0, 0, cmd_back},
	{"unfold", "[all]", "show the rows of a group, or of all; else open", C, 0, 1,
		cmd_unfold},
	{"fold", "[all]", "hide the rows of a group, or of all; else back", C, 0, 1,
		cmd_fold},
	{"close", "", "close this view", C, 0, 0, cmd_close},
	{"quit", "", "end oogway", C, 0, 0, cmd_quit},
	{"pane", "PANE-NUMBER", "go to pane N", C, 1, 1, cmd_pane},
	{"next-pane", "", "the next pane on the screen", C, 0, 0, cmd_next_pane},
	{"previous-pane", "", "the pane before", C, 0, 0, cmd_previous_pane},
	{"history-back", "", "where you were before", C, 0, 0, cmd_history_back},
	{"history-forward", "", "and forward again", C, 0, 0, cmd_history_forward},
	{"zoom", "", "one pane, or all of them", C, 0, 0, cmd_zoom},
	{"layout wider", "", "this pane wider", C, 0, 0, cmd_layout},
	{"layout narrower", "", "this pane narrower", C, 0, 0, cmd_layout},
	{"layout taller", "", "this pane's row taller", C, 0, 0, cmd_layout},
	{"layout shorter", "", "this pane's row shorter", C, 0, 0, cmd_layout},
	{"layout left", "", "this pane to the left", C, 0, 0, cmd_layout},
	{"layout right", "", "this pane to the right", C, 0, 0, cmd_layout},
	{"layout up", "", "this pane a row up", C, 0, 0, cmd_layout},
	{"layout down", "", "this pane a row down", C, 0, 0, cmd_layout},
	{"layout hide", "[PANE]", "take a pane out of the grid", C, 0, 1, cmd_layout},
	{"layout show", "[PANE]", "put a pane into the grid", C, 0, 1, cmd_layout},
	{"layout save", "LAYOUT", "keep the layout under a name, and use it", C, 1, 1,
		cmd_layout_save},
	{"layout reset", "", "the layout as the settings have it", C, 0, 0,
		cmd_layout_reset},
	{"down", "[N]", "down", C, 0, 1, cmd_down},
	{"up", "[N]", "up", C, 0, 1, cmd_up},
	{"page-down", "", "a page down", C, 0, 0, cmd_page_down},
	{"page-up", "", "a page up", C, 0, 0, cmd_page_up},
	{"first", "", "to the first row", C, 0, 0, cmd_first},
	{"last", "", "to the last row; logs follow from there", C, 0, 0, cmd_last},
	{"next-match", "", "the next row that matches", C, 0, 0, cmd_next_match},
	{"previous-match", "", "the row before that matches", C, 0, 0,
		cmd_previous_match},
	{"mark", "", "mark the row, go down", C, 0, 0, cmd_mark},
	{"mark-range", "", "begin a range, or mark up to here", C, 0, 0, cmd_mark_range},
	{"unmark", "", "remove all marks", C, 0, 0, cmd_unmark},
	{"prompt", "[TEXT]", "type a command", C, 0, SIZE_MAX, cmd_prompt},
	{"menu", "CONTEXT", "list the keys of CONTEXT and wait for one", C, 1, 1,
		cmd_menu},
	{"filter", "[FILTER]",
		"show only rows that match: REGEX, !REGEX, -f FUZZY, -l NAME=VALUE", C, 0,
		SIZE_MAX, cmd_filter},
	{"sort", "[COLUMN|reverse]",
		"sort by the next column, by COLUMN, or the other way", C, 0, 1,
		cmd_sort},
	{"copy", "[pane]", "copy the row, the marked rows, or the pane", C, 0, 1,
		cmd_copy},
	{"link", "", "copy the link of an alert", C, 0, 0, cmd_link},
	{"bridge", "[link|number]", "copy the conference bridge of an incident", C, 0, 1,
		cmd_bridge},
	{"runbook", "[RUNBOOK|N]",
		"the runbook that is about this alert, its Nth, or the named one", C, 0,
		1, cmd_runbook},
	{"proposal", "[N]",
		"the runbook that a trigger proposes, for the alert that it is for", C, 0,
		1, cmd_proposal},
	{"proposal dismiss", "[N]", "nobody wants what a trigger proposes",
		C | COMMAND_ACTS | COMMAND_NO_ROW, 0, 1, cmd_proposal_dismiss},
	{"audit replay", "[SEQ]",
		"play what a record of the audit, or the selected one, recorded",
		COMMAND_SCRIPT | COMMAND_ROWS, 0, 1, cmd_audit_replay},
	{"step run", "", "run the selected step; it asks first", C, 0, 0, cmd_step_run},
	{"step edit", "[COMMAND]",
		"run another command once in place of the selected step; it asks first",
		C, 0, SIZE_MAX, cmd_step_edit},
	{"step stop", "", "stop the step that runs", C, 0, 0, cmd_step_stop},
	{"step dry", "", "show below each step of this runbook what it would do", C, 0, 0,
		cmd_step_dry},
	{"step rollback", "",
		"behind a step that went wrong: take the steps back, the newest first", C,
		0, 0, cmd_step_rollback},
	{"step skip", "", "the selected step is not needed", C, 0, 0, cmd_step_skip},
	{"step set", "NAME=VALUE", "give a variable of the runbook its value", C, 1,
		SIZE_MAX, cmd_step_set},
	{"step copy", "", "copy the selected step's command", C, 0, 0, cmd_step_copy},
	{"incident", "ID", "open an incident by its id, number or link", C, 1, 1,
		cmd_incident},
	{"bare", "", "print the pane for the terminal's own selection", C, 0, 0,
		cmd_bare},
	{"pause", "", "freeze the screen, or go on", C, 0, 0, cmd_pause},
	{"redraw", "", "draw everything anew", C, 0, 0, cmd_redraw},
	{"suspend", "", "stop oogway; fg brings it back", C, 0, 0, cmd_suspend},
	{"shell", "", "a shell on this machine; its exit comes back here",
		C | COMMAND_ACTS | COMMAND_NO_ROW, 0, 0, cmd_shell},
	{"reload", "", "read the rc anew", C, 0, 0, cmd_reload},
	{"version", "", "version and terminal", C, 0, 0, cmd_version},
	{0},
};
