/* Panes: one const class each. A pane looks at app and draws into a canvas; it acts
 * on what the keymap tells it and reads nothing from the terminal itself. To add one:
 * one file pane_NAME.c, one line in pane_classes, one screen test. Main thread. */
#ifndef UI_PANE_H
#define UI_PANE_H

#include "canvas.h"
#include "list.h"

#include "app/app.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Movements and the like, that every pane may understand. */
enum pane_act {
	ACT_DOWN,
	ACT_UP,
	ACT_LEFT,
	ACT_RIGHT,
	ACT_PAGE_DOWN,
	ACT_PAGE_UP,
	ACT_FIRST,
	ACT_LAST,
	ACT_NEXT, /* next match */
	ACT_PREVIOUS,
	ACT_MARK,
	ACT_MARK_RANGE,
	ACT_UNMARK,
};

/* Where Enter leads: another pane class on the stack, about one thing. */
struct pane_link {
	const char *class; /* "alert", "chart", "runbook"; NULL: nowhere */
	uint64_t id;
};

struct pane_class {
	const char *name; /* also the keymap's context, and a command that opens it */
	const char *title;
	uint32_t changes; /* bits that make it reload and draw */
	size_t state_size;
	void (*open)(void *state, const struct app *app, uint64_t id);
	void (*close)(void *state);
	/* The bits changed; NULL: drawing is enough. */
	void (*reload)(void *state, const struct app *app, uint32_t bits);
	/* The inner rectangle, without a frame. */
	void (*draw)(
		void *state, const struct app *app, const struct canvas *c, bool focus);
	/* False when it does not know the act. */
	bool (*act)(void *state, const struct app *app, enum pane_act act);
	/* What Enter opens; NULL: nothing. */
	struct pane_link (*link)(void *state, const struct app *app);
	/* Its list, for filter, sort, marks and copy; NULL: it has none. */
	struct list *(*list)(void *state);
	/* What copying gives where there is no list: all, or what is selected; NULL: its
	 * words. */
	void (*text)(void *state, const struct app *app, bool all, struct str *out);
	/* Words below the frame and in the breadcrumb; NULL: none. */
	void (*words)(void *state, const struct app *app, char *out, size_t size);
};

/* The numbered panes in the order of their digits, then those of the stack; the
 * first pane_numbered_count of them have digits. */
extern const struct pane_class *const pane_classes[]; /* NULL-ended */
enum { PANE_NUMBERED = 9 };
const struct pane_class *pane_class_find(const char *name);

extern const struct pane_class overview_pane, metrics_pane, alerts_pane, anomalies_pane,
	runbooks_pane, logs_pane, sources_pane, events_pane, alert_pane, chart_pane,
	runbook_pane, silences_pane, triggers_pane, changes_pane, processes_pane,
	help_pane, options_pane, text_pane, actions_pane, audit_pane, trends_pane,
	past_pane, handoff_pane, incidents_pane, oncall_pane, shifts_pane, event_pane,
	slos_pane, slo_pane, source_pane, remote_pane, remotehost_pane, followed_pane,
	replay_pane, findings_pane, suspect_pane, evidence_pane;

/* When another row took the overview's selection by itself: monotonic ms, 0 never. */
int64_t overview_moved_at(const void *state);

/* --- for panes that are a list and nothing more --- */
struct list_pane {
	struct list list;
};
void list_pane_close(void *state);
void list_pane_reload(void *state, const struct app *app, uint32_t bits);
void list_pane_draw(
	void *state, const struct app *app, const struct canvas *c, bool focus);
bool list_pane_act(void *state, const struct app *app, enum pane_act act);
struct list *list_pane_list(void *state);
void list_pane_words(void *state, const struct app *app, char *out, size_t size);
/* Moves, marks and searches; false when the act is another. */
bool list_act(struct list *list, const struct app *app, enum pane_act act);
/* Behind the count of what needs somebody: "  complete", "  partial: am stale since …".
 */
void pane_complete(const struct app *app, char *out, size_t size);
/* The moment that a root cause, or a suspect of it, is about; 0: none is shown. */
int64_t findings_moment(const void *state, const struct app *app);
/* A sentence in the middle of an empty pane. */
void pane_empty(const struct canvas *c, const char *sentence);

#endif
