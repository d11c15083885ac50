/* The state of the console, shared by the files console*.c and nobody else. */
#ifndef UI_STATE_H
#define UI_STATE_H

#include "canvas.h"
#include "edit.h"
#include "keymap.h"
#include "layout.h"
#include "pane.h"

#include "app/command.h"
#include "app/complete.h"
#include "ui/console.h"

enum {
	STACK_MAX = 16,
	NOTICE_TEXT = 240,
	QUESTION_TEXT = 2400,
	REGISTER_MAX = 1 << 20,
	JUMPS_MAX = 32
};

/* A pane that is open: class, state, and what it has not seen yet. */
struct pane {
	const struct pane_class *class;
	void *state;
	uint64_t id;
	uint32_t pending;
	bool dirty;
};

enum mode {
	MODE_NORMAL,
	MODE_COMMAND, /* ':' */
	MODE_FILTER,  /* '/' */
	MODE_ASK,     /* a question: y or n */
	MODE_MENU,    /* keys of one context, listed */
	MODE_BARE,    /* the terminal is lent: any key returns */
	MODE_LENT,    /* to another program, which reads all keys, until it ends */
};

/* A place to go back to: which pane, which row. */
struct jump {
	const struct pane_class *class;
	uint64_t id;
};

struct console {
	struct app *app;
	struct commands *commands;
	struct keymap keymap;
	struct pane base[PANE_NUMBERED];
	struct pane stack[STACK_MAX]; /* drill-down above the base */
	size_t depth;
	int focus;           /* index in base */
	bool zoomed, hidden; /* hidden: the grid does not show the focused pane */
	struct layout layout;
	char arranged[LAYOUT_TEXT]; /* the layout as changed here, "" when it is not */
	char arranged_on[80];       /* the setting it was changed under */
	struct loop_watch *input;
	struct loop_timer *resize, *work, *escape;
	int64_t resize_since;
	enum mode mode;
	struct edit edit;
	struct completion *completion; /* of the command line; NULL: none was asked for */
	size_t completion_at;          /* which word stands there; count: none yet */
	struct preview *preview;       /* what a command line shows already, or NULL */
	struct edit_history commands_typed, filters_typed;
	char filter_before[256];
	int chord[KEYSEQ_MAX];
	size_t chord_count;
	struct question question; /* MODE_ASK */
	char question_text[QUESTION_TEXT];
	int question_top;   /* its first line that is shown */
	bool question_seen; /* to its end */
	char question_word[QUESTION_WORD], typed_word[QUESTION_WORD];
	char typed_secret[512]; /* wiped when it is told */
	size_t typed_n;
	char question_choices[QUESTION_WORD * 2];
	int64_t asked_at;   /* monotonic: keys typed before are not an answer */
	const char *origin; /* of the line that runs; NULL: a key */
	char menu[40];      /* MODE_MENU: its context */
	int64_t suspend_warned_at, run_warned_at;
	const char *run_warned_of;
	struct terminal_session session; /* who has the terminal, or is to have it */
	struct str session_out;          /* what it has not taken yet */
	struct loop_watch *session_watch;
	bool session_wanted, session_lent, session_tilde, session_line_start;
	int64_t remote_shown_at; /* when the run began that was brought up last */
	char notice[NOTICE_TEXT];
	bool notice_bad;
	int64_t notice_until; /* UTC ms */
	bool paused;
	int64_t paused_at;
	bool restored; /* how it was left last time is known */
	bool pasting, paste_refused;
	bool layout_dirty, bars_dirty, input_pending, hint_shown;
	struct jump back[JUMPS_MAX], forward[JUMPS_MAX];
	size_t back_count, forward_count;
	struct proc *copying; /* tmux taking the register, or NULL */
	struct proc *lent;    /* MODE_LENT: who has the terminal; see lend.h */
	void (*lent_ended)(void *ctx, int exit_code, const struct err *why);
	void *lent_ctx;
	bool wants_shell;
	char wants_edit[4096]; /* a runbook's file; "" for none */
	struct paper *paper;   /* what it shall edit, when the terminal is quiet */
	bool closing;          /* nobody looks any more */
	struct proc *asking_tmux;
	int passthrough;      /* tmux lets strings through: 1, -1 not; 0: not asked */
	char alarm[1000];     /* the last notice for the terminal */
	struct str register_; /* what `copy` took last */
	uint64_t bridge_of;   /* an incident whose bridge is being read, or 0 */
	char bridge_which[8];
	char wanted[200]; /* id, number or link of an incident to open, "" for none */
	bool typed;       /* the user has pressed a key */
	char parting[200];
	int silent_reads;
};

/* --- console.c --- */
struct pane *console_pane(struct console *console);
/* Contexts of the focused pane, innermost first. */
const char *const *console_contexts(struct console *console);
/* Of the pane below the topmost one. */
const char *const *console_contexts_below(struct console *console);
void console_dirty(struct console *console);
/* What has changed since the last turn reaches panes, keymap and theme. */
void console_take_changes(struct console *console);
bool console_single(const struct console *console);
/* False when the stack is full: nothing has changed then. */
bool console_push(struct console *console, const struct pane_class *class, uint64_t id);
void console_pop(struct console *console);
/* What more is asked of servers is about the page that is shown. */
void console_read_shown(struct console *console);
void console_focus(struct console *console, int pane);
void console_notice(struct console *console, bool bad, const char *text);
void console_apply_config(struct console *console);
void console_quit(struct console *console, const char *why);
/* A run on other machines that has just begun comes up, unless somebody types. */
void console_show_remote(struct console *console);
/* Opens the incident that is wanted as soon as a source has it. */
void console_seek(struct console *console);

/* --- console_kept.c --- */
/* How the console was left last time; and this time, at most once a minute. */
void console_kept_restore(struct console *console);
void console_kept_save(struct console *console);

/* --- console_draw.c --- */
/* Rows and columns of the grid. */
int console_grid_rows(const struct console *console);
void console_draw(struct console *console);
/* What will be seen behind a prompt, a menu or a question is as it is now: called
 * before the mode changes, after which nothing moves. */
void console_bring_up(struct console *console);
/* A line of its own above the bar below is there for what is taught. */
bool console_teaches(const struct console *console);

/* --- console_keys.c --- */
void console_input(void *console, int events);
void console_escape(void *console);
/* Leaves the prompt. */
/* What a pane that is no list is about; 0: nothing. */
uint64_t console_target(const struct console *console, const struct pane *pane);
/* What is typed at / filters what is looked at. */
void console_live_filter(struct console *console);
void console_end_prompt(struct console *console, bool keep);

/* --- console_ask.c --- */
/* For struct front: opens the question, false when one is open. */
bool console_ask(void *console, const struct question *question, struct err *err);
/* The open question is answered with no. */
void console_ask_end(struct console *console);
/* Shows the keys of a context and waits for one of them. */
bool console_menu(struct console *console, const char *context, struct err *err);
/* A question or a menu is open: it takes all keys. */
bool console_waits(const struct console *console);
void console_wait_key(struct console *console, int code);
void console_wait_draw(struct console *console);

/* --- console_cmd.c --- */
/* The table console_commands. */

/* --- console_complete.c --- */
/* Tab: first what all words share, then one after the other; by: 1 or -1. */
void complete_step(struct console *console, int by);
/* The line has changed otherwise. */
void complete_drop(struct console *console);
/* The words that fit, or what the command does. */
void complete_draw(struct console *console, const struct canvas *c);

/* --- console_preview.c --- */
/* Shows what the line typed so far would show, as far as that asks nobody anything:
 * another pane, a filter, a sorting, colours, a window. */
void preview_show(struct console *console);
/* Something else is on the screen for it. */
bool preview_shown(const struct console *console);
/* All is as it was before. */
void preview_undo(struct console *console);

/* --- console_layout.c --- */
/* The text of the layout that is shown. */
const char *layout_text(struct console *console);
enum status cmd_layout(struct call *call, struct err *err);
enum status cmd_layout_save(struct call *call, struct err *err);
enum status cmd_layout_reset(struct call *call, struct err *err);

/* --- alarm.c --- */
/* For struct front. */
void console_alarm(void *console, enum notify_kind kind, const char *words);

/* --- copy.c --- */
/* Puts the register where `set clipboard` says; false with *err. */
bool copy_text(struct console *console, const char *what, struct err *err);
/* Copies the bridge of an incident: its "link", its "number", or "": what there is. What
 * is not read yet is read first, and copied by bridge_follow(). */
bool bridge_copy(
	struct console *console, uint64_t key, const char *which, struct err *err);
void bridge_follow(struct console *console);
/* Text of the selected or marked rows, or of the whole pane, into out. */
void copy_rows(struct console *console, struct str *out, bool all);
void copy_bare(struct console *console);
void copy_bare_end(struct console *console);
/* The same at the end of the program: the screen does not come back. */
void copy_bare_leave(struct console *console);

/* --- help.c --- */
/* The binding or setting lists look at this console. */
void help_look_at(struct console *console);
/* The command line of the selected binding. */
const char *help_command(const struct pane *pane);
/* A setting's next value as a command line, or a prompt to be completed. */
bool options_command(const struct pane *pane, char *out, size_t size, bool *complete);

#endif
