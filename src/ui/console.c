/* The console's life: opening, what changed, what is focused, quitting. Drawing, keys
 * and commands have their own files (console_draw.c, console_keys.c, console_cmd.c);
 * state.h is shared by these and nobody else. Main thread. */
#include "state.h"

#include "app/charts.h"
#include "app/dossier.h"
#include "model/alert.h"
#include "app/similar.h"
#include "app/incidents.h"
#include "app/remote.h"
#include "app/alerts.h"
#include "app/host.h"
#include "app/setting.h"
#include "base/alloc.h"
#include "base/log.h"
#include "base/str.h"
#include "base/time.h"
#include "chart.h"
#include "handoff_pane.h"
#include "io/loop.h"
#include "io/proc.h"
#include "keys.h"
#include "lend.h"
#include "screen.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	NOTICE_MS = 8000,
	NOTICE_LEAST_MS = 4000,
	RESIZE_MS = 60,
	RESIZE_MOST_MS = 400,
	MOVED_MS = 1000,
};

struct pane *console_pane(struct console *console)
{
	return console->depth ? &console->stack[console->depth - 1]
			      : &console->base[console->focus];
}

bool console_single(const struct console *console)
{
	return console->depth || console->zoomed || console->hidden ||
	       console->layout.single;
}

static const char *const *contexts_of(const struct pane *pane)
{
	static const char *contexts[KEYMAP_CONTEXTS + 1];
	size_t n = 0;

	contexts[n++] =
		keyseq_context(pane->class->name, NULL) ? pane->class->name : "detail";
	if (pane->class->list)
		contexts[n++] = "list";
	else if (pane->class == &runbook_pane)
		contexts[n++] = "detail";
	contexts[n++] = "global";
	contexts[n] = NULL;
	return contexts;
}

const char *const *console_contexts(struct console *console)
{
	return contexts_of(console_pane(console));
}

const char *const *console_contexts_below(struct console *console)
{
	return contexts_of(console->depth > 1 ? &console->stack[console->depth - 2]
					      : &console->base[console->focus]);
}

void console_dirty(struct console *console)
{
	for (int i = 0; i < PANE_NUMBERED; i++)
		console->base[i].dirty = true;
	for (size_t i = 0; i < console->depth; i++)
		console->stack[i].dirty = true;
	console->bars_dirty = true;
}

static void open_pane(struct pane *pane, const struct pane_class *class,
	const struct app *app, uint64_t id)
{
	*pane = (struct pane){.class = class, .id = id, .dirty = true};
	pane->state = mem_new(1, class->state_size);
	class->open(pane->state, app, id);
}

static void close_pane(struct pane *pane)
{
	if (pane->class && pane->class->close)
		pane->class->close(pane->state);
	mem_free(pane->state);
	*pane = (struct pane){0};
}

static void show_similar(struct app *app, uint64_t key)
{
	const struct alert *alert = key ? alerts_find(app->alerts, key) : NULL;
	const struct past_row *row = key ? incidents_find(app->incidents, key) : NULL;
	const struct untrusted none = UNTRUSTED_NONE;

	if (alert)
		alert = dossier_page(app, alert);
	if (alert)
		similar_show(app->similar, alert->key, alert_text(alert, ALERT_ID),
			alert_text(alert, ALERT_TITLE), alert_text(alert, ALERT_SERVICE));
	else if (row)
		similar_show(app->similar, key, row->incident.upstream_id,
			row->incident.title, row->incident.service);
	else
		similar_show(app->similar, 0, none, none, none);
}

/* The charts of the alert pages that are open are asked for, those of others not. */
void console_read_shown(struct console *console)
{
	uint64_t alerts[STACK_MAX] = {0};
	size_t n = 0;

	for (size_t i = 0; i < console->depth; i++)
		if (console->stack[i].class == &alert_pane)
			alerts[n++] = console->stack[i].id;
	charts_show(console->app->charts, alerts, n);
	dossier_show(console->app->dossier, n ? alerts[n - 1] : 0);
	show_similar(console->app, n ? alerts[n - 1] : 0);
}

bool console_push(struct console *console, const struct pane_class *class, uint64_t id)
{
	if (console->depth == STACK_MAX)
		return false;
	open_pane(&console->stack[console->depth++], class, console->app, id);
	console->layout_dirty = true;
	console_read_shown(console);
	return true;
}

void console_pop(struct console *console)
{
	if (console->depth)
		close_pane(&console->stack[--console->depth]);
	console->layout_dirty = true;
	console_read_shown(console);
}

void console_focus(struct console *console, int pane)
{
	struct pane *hidden;

	while (console->depth)
		console_pop(console);
	if (pane < 0 || pane >= PANE_NUMBERED)
		return;
	console->focus = pane;
	console->layout_dirty = true;
	/* What was hidden does not know what came; the next key may act on it. */
	hidden = &console->base[pane];
	if (hidden->pending && hidden->class->reload && !console->paused) {
		hidden->class->reload(hidden->state, console->app, hidden->pending);
		hidden->pending = 0;
	}
}

/* What went wrong stays long enough to be read: what goes well meanwhile, of something
 * begun earlier, stands in the events. A key takes it away, so that the next command's
 * own word is seen. */
void console_notice(struct console *console, bool bad, const char *text)
{
	int64_t left = console->notice_until - time_now_ms();

	if (!bad && console->notice[0] && console->notice_bad &&
		left > NOTICE_MS - NOTICE_LEAST_MS && left <= NOTICE_MS)
		return;
	str_copy(console->notice, sizeof console->notice, text);
	console->notice_bad = bad;
	console->notice_until = time_now_ms() + NOTICE_MS;
	console->bars_dirty = true;
}

static void front_edit(void *ctx, const char *path)
{
	struct console *console = ctx;

	str_copy(console->wants_edit, sizeof console->wants_edit, path);
}

static void front_notice(void *ctx, bool bad, const char *text)
{
	console_notice(ctx, bad, text);
}

void console_check_rc(const struct commands *commands, struct rc *rc)
{
	commands_check_rc(commands, rc);
	for (size_t i = 0; i < rc->layout_count; i++) {
		struct layout layout;
		struct err err;
		char text[400];

		if (layout_make(&layout, rc->layouts[i].text, 48, 160, &err))
			continue;
		snprintf(text, sizeof text, "layout %.60s: %.300s", rc->layouts[i].name,
			err.text);
		conf_complain(&rc->conf, rc->layouts[i].place, text);
	}
	conf_sort_errors(&rc->conf);
}

static void front_check(void *ctx, struct rc *rc)
{
	const struct console *console = ctx;

	console_check_rc(console->commands, rc);
}

void console_quit(struct console *console, const char *why)
{
	if (why)
		str_copy(console->parting, sizeof console->parting, why);
	loop_stop(console->app->loop);
}

/* The overview has no list; what Enter would open is what is meant. */
uint64_t console_target(const struct console *console, const struct pane *pane)
{
	struct pane_link link;

	if (pane->class != &overview_pane)
		return pane->id;
	link = pane->class->link(pane->state, console->app);
	return link.class && !strcmp(link.class, "alert") ? link.id : pane->id;
}

static size_t pane_targets(void *ctx, uint64_t **ids)
{
	struct console *console = ctx;
	struct pane *pane = console_pane(console);
	struct list *list = pane->class->list ? pane->class->list(pane->state) : NULL;
	uint64_t one;

	/* Who acts while a range is open means the range. */
	if (list && list->range_from)
		list_mark_range(list, console->app);
	if (list)
		return list_targets(list, console->app, ids);
	one = console_target(console, pane);
	*ids = one ? mem_dup(&one, sizeof one) : NULL;
	return one != 0;
}

void console_run(struct console *console, const char *line)
{
	struct err err = {0};
	struct pane *pane = console_pane(console);
	struct list *list = pane->class->list ? pane->class->list(pane->state) : NULL;
	int64_t moved_at = list ? list->lost_at
			   : pane->class == &overview_pane
				   ? overview_moved_at(pane->state)
				   : 0;
	struct run_options options = {.origin = console->origin ? console->origin : "key",
		.target = list ? list->selected : console_target(console, pane),
		.find_targets = pane_targets,
		.targets_ctx = console,
		.moved = moved_at && time_mono_ms() - moved_at < MOVED_MS};
	enum status status;

	status = command_run(console->app, console->commands, line, &options, &err);
	if (status != STATUS_DONE && err.text[0])
		console_notice(console, true, err.text);
	/* The next key may be here already, and the keymap borrows from the rc. */
	if (console->app->changes & CHANGED_CONFIG)
		console_take_changes(console);
	console->bars_dirty = true;
}

static void read_options(const struct console *console, struct screen_options *out)
{
	const struct app *app = console->app;

	*out = (struct screen_options){
		.mouse = app_setting(app, SET_MOUSE),
		.sync_output = app_setting(app, SET_SYNC_OUTPUT),
		.frame_ack = (enum frame_ack)app_setting(app, SET_FRAME_ACK),
		.ascii = app_setting(app, SET_LINE_GRAPHICS) == 2,
	};
}

static void set_chart_style(const struct app *app)
{
	static const enum chart_style styles[] = {
		CHART_BRAILLE, CHART_BRAILLE, CHART_BLOCK, CHART_ASCII};
	const char *term = getenv("TERM");
	int64_t chosen = app_setting(app, SET_CHARTS);

	/* The Linux console's fonts have blocks but no braille. */
	if (!chosen && term && !strcmp(term, "linux"))
		chosen = 2;
	chart_set_style(styles[chosen]);
}

void console_apply_config(struct console *console)
{
	struct screen_options options;

	preview_undo(console);
	read_options(console, &options);
	screen_apply(&options);
	set_chart_style(console->app);
	keymap_build(&console->keymap, console->app->rc);
	canvas_theme(console->app->rc->colors, console->app->rc->color_count);
	console->layout_dirty = true;
}

void console_show_remote(struct console *console)
{
	const struct fan *fan = remote_fan(console->app->remote, 0);
	const struct pane_class *class;

	if (!fan || fan_started_at(fan) == console->remote_shown_at ||
		console->mode != MODE_NORMAL)
		return;
	console->remote_shown_at = fan_started_at(fan);
	class = remote_follows(console->app->remote) ? &followed_pane : &remote_pane;
	if (console_pane(console)->class != class)
		console_push(console, class, 0);
}

/* --- what the loop calls --- */

void console_take_changes(struct console *console)
{
	uint32_t bits = app_take_changes(console->app);

	if (!bits)
		return;
	for (int i = 0; i < PANE_NUMBERED; i++)
		console->base[i].pending |= bits;
	for (size_t i = 0; i < console->depth; i++)
		console->stack[i].pending |= bits;
	if (bits & CHANGED_CONFIG)
		console_apply_config(console);
	if (bits & CHANGED_KEPT)
		console_kept_restore(console);
	if (bits & CHANGED_CLOCK && console->restored)
		console_kept_save(console);
	if (bits & (CHANGED_ALERTS | CHANGED_SOURCES))
		console_seek(console);
	/* By words that could not be looked for while they were typed. */
	if (bits & CHANGED_RUNBOOKS && console->mode == MODE_FILTER)
		console_live_filter(console);
	if (bits & CHANGED_REMOTE)
		console_show_remote(console);
	if (bits & CHANGED_HINT && console_teaches(console) != console->hint_shown)
		console->layout_dirty = true;
	if (bits &
		(CHANGED_ALERTS | CHANGED_SOURCES | CHANGED_ANOMALIES | CHANGED_CLOCK |
			CHANGED_WINDOW | CHANGED_CONFIG | CHANGED_HINT | CHANGED_ROTAS))
		console->bars_dirty = true;
}

static struct list *list_at_work(struct pane *pane)
{
	struct list *list = pane->class->list ? pane->class->list(pane->state) : NULL;

	return list && list->job ? list : NULL;
}

/* A pane whose list is not yet in order: the one that is looked at goes first. */
static struct pane *pane_at_work(struct console *console)
{
	if (list_at_work(console_pane(console)))
		return console_pane(console);
	for (int i = 0; i < PANE_NUMBERED; i++)
		if (list_at_work(&console->base[i]))
			return &console->base[i];
	return NULL;
}

/* Lists that still filter, sort or group go on in the next turn. */
static void work(void *ctx)
{
	struct console *console = ctx;
	struct pane *pane = pane_at_work(console);

	if (pane && !list_work(list_at_work(pane), console->app))
		pane->dirty = true;
	if (pane_at_work(console))
		loop_timer_start(console->work, 0);
}

static void end_of_turn(void *ctx)
{
	struct console *console = ctx;

	if (console->mode == MODE_BARE || console->mode == MODE_LENT)
		return;
	console_take_changes(console);
	/* While an answer to the last frame is awaited the model goes on; the newest
	 * state is drawn when it comes. */
	if (!screen_ready())
		return;
	handoff_edit_begin(console);
	if (console->bridge_of)
		bridge_follow(console);
	if (console->wants_shell && console->mode == MODE_NORMAL)
		lend_shell(console);
	if (*console->wants_edit && console->mode == MODE_NORMAL)
		lend_editor(console);
	if (console->session_wanted && console->mode == MODE_NORMAL)
		lend_session(console);
	if (console->mode == MODE_LENT)
		return;
	console_draw(console);
	if (pane_at_work(console) && !loop_timer_active(console->work))
		loop_timer_start(console->work, 0);
}

static void tick(void *ctx, int64_t now)
{
	struct console *console = ctx;

	screen_tick();
	if (console->notice[0] && now > console->notice_until) {
		console->notice[0] = '\0';
		console->bars_dirty = true;
	}
}

static void resized(void *ctx)
{
	struct console *console = ctx;

	console->resize_since = 0;
	lend_session_resized(console);
	if (console->mode != MODE_LENT && screen_resize())
		console->layout_dirty = true;
}

static void on_winch(void *ctx)
{
	struct console *console = ctx;
	int64_t now = time_mono_ms();

	if (!console->resize_since)
		console->resize_since = now;
	if (now - console->resize_since < RESIZE_MOST_MS)
		loop_timer_start(console->resize, RESIZE_MS);
}

static void on_end(void *ctx)
{
	console_quit(ctx, NULL);
}

/* Typed in the editor that has the terminal, it is the editor's. */
static void on_typed(void *ctx)
{
	if (((struct console *)ctx)->mode != MODE_LENT)
		on_end(ctx);
}

static void on_stop(void *ctx)
{
	struct console *console = ctx;

	if (console->mode == MODE_LENT)
		return;
	if (console->mode == MODE_BARE)
		copy_bare_end(console);
	screen_suspend();
	screen_resize();
	console->layout_dirty = true;
}

static void on_cont(void *ctx)
{
	struct console *console = ctx;

	if (console->mode == MODE_LENT)
		return;
	screen_repaint();
	console_dirty(console);
}

/* Before ncurses is opened: it leaves a signal alone that somebody has taken. SIGTSTP
 * of its own it ignores while it draws, and that one would be lost. */
static void listen_signals(struct console *console)
{
	static const int ends[] = {SIGTERM, SIGHUP}, typed[] = {SIGINT, SIGQUIT};
	struct loop *loop = console->app->loop;

	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
		loop_on_signal(loop, ends[i], on_end, console);
	for (size_t i = 0; i < sizeof typed / sizeof typed[0]; i++)
		loop_on_signal(loop, typed[i], on_typed, console);
	loop_on_signal(loop, SIGWINCH, on_winch, console);
	loop_on_signal(loop, SIGTSTP, on_stop, console);
	loop_on_signal(loop, SIGCONT, on_cont, console);
}

static void listen(struct console *console)
{
	struct loop *loop = console->app->loop;

	console->resize = loop_timer(loop, resized, console);
	console->work = loop_timer(loop, work, console);
	console->escape = loop_timer(loop, console_escape, console);
	console->input =
		loop_watch(loop, STDIN_FILENO, LOOP_READ, console_input, console);
	loop_on_tick(loop, tick, console);
	loop_on_turn(loop, end_of_turn, console);
}

static void tell_rc(struct console *console)
{
	const struct rc *rc = console->app->rc;
	size_t errors = rc->conf.errors_total;
	char text[NOTICE_TEXT];

	if (rc->no_profile)
		snprintf(text, sizeof text, "no profile is called %.60s: none is chosen",
			rc->no_profile);
	else
		snprintf(text, sizeof text,
			"%zu error%s in the rc: `oogway doctor` or pane 8 lists them",
			errors, errors == 1 ? "" : "s");
	if (errors)
		console_notice(console, true, text);
}

struct console *console_open(struct app *app, struct commands *commands, struct err *err)
{
	struct console *console = mem_new(1, sizeof *console);
	struct screen_options options;

	console->app = app;
	console->commands = commands;
	str_init(&console->register_, REGISTER_MAX);
	read_options(console, &options);
	listen_signals(console);
	if (!screen_open(&options, err)) {
		loop_off(app->loop, console);
		mem_free(console);
		return NULL;
	}
	listen(console);
	keys_init();
	commands_add(commands, console_commands, console);
	console_check_rc(commands, app->rc);
	console_apply_config(console);
	help_look_at(console);
	for (int i = 0; i < PANE_NUMBERED; i++)
		open_pane(&console->base[i], pane_classes[i], app, 0);
	app->front = (struct front){.ask = console_ask,
		.lend = console_lend,
		.put = console_put,
		.take_back = console_take_back,
		.size = console_size,
		.notice = front_notice,
		.edit = front_edit,
		.alarm = console_alarm,
		.check = front_check,
		.ctx = console};
	if (screen_remark()[0])
		console_notice(console, true, screen_remark());
	else
		tell_rc(console);
	console_take_changes(console);
	console_draw(console);
	return console;
}

void console_close(struct console *console)
{
	if (!console)
		return;
	console->closing = true;
	if (console->mode == MODE_BARE)
		copy_bare_leave(console);
	proc_kill(console->lent);
	console_take_back(console);
	lend_end(console);
	handoff_edit_drop(console);
	console_ask_end(console);
	complete_drop(console);
	preview_undo(console);
	screen_close();
	loop_off(console->app->loop, console);
	if (console->restored)
		console_kept_save(console);
	while (console->depth)
		console_pop(console);
	for (int i = 0; i < PANE_NUMBERED; i++)
		close_pane(&console->base[i]);
	loop_watch_free(console->input);
	loop_timer_free(console->resize);
	loop_timer_free(console->work);
	loop_timer_free(console->escape);
	keymap_release(&console->keymap);
	history_release(&console->commands_typed);
	history_release(&console->filters_typed);
	proc_kill(console->copying);
	proc_kill(console->asking_tmux);
	str_release(&console->register_);
	console->app->front = (struct front){0};
	mem_free(console);
}

const char *console_parting(const struct console *console)
{
	return console->parting[0] ? console->parting : NULL;
}
