/* The handoff of a shift: composed from the store and what is open, looked at and
 * changed as a running draft, sent by mail through the outbox, accepted by whoever comes
 * next. Main thread. */
#ifndef APP_HANDOFF_H
#define APP_HANDOFF_H

#include "app/app.h"
#include "app/command.h"
#include "base/str.h"
#include "model/shift.h"

struct handoffs;

enum handoff_part {
	HANDOFF_HEADER, /* always there, always first */
	HANDOFF_SUMMARY,
	HANDOFF_NEEDS,
	HANDOFF_WATCH,
	HANDOFF_HAPPENED,
	HANDOFF_CHANGES,
	HANDOFF_NOISE,
	HANDOFF_TOIL,
	HANDOFF_FOLLOWUPS,
	HANDOFF_SIGNOFF,
	HANDOFF_PARTS,
};

enum {
	HANDOFF_WORDS = 8000, /* bytes that a person writes to one part */
	HANDOFF_CODE = 9,
	HANDOFF_TO = 50,
	HANDOFF_ADDRESS = 256,
};

enum handoff_form { HANDOFF_TEXT, HANDOFF_MARKDOWN, HANDOFF_HTML, HANDOFF_FORMS };

/* name: a word for commands; title: its heading. */
extern const struct handoff_part_row {
	const char *name, *title;
} handoff_parts[HANDOFF_PARTS];
extern const char *const handoff_forms[HANDOFF_FORMS];
enum handoff_part handoff_part_find(const char *name); /* HANDOFF_PARTS: none */

/* What people make of a shift's handoff. */
struct handoff_draft {
	enum handoff_part order[HANDOFF_PARTS];
	bool off[HANDOFF_PARTS];
	char words[HANDOFF_PARTS][HANDOFF_WORDS]; /* stand before what is composed */
	char to[HANDOFF_TO][HANDOFF_ADDRESS];     /* besides those of the rc */
	size_t to_count;
};

/* The last one composed. Borrowed until the next turn of the loop. */
struct handoff_view {
	char name[64], subject[200], code[HANDOFF_CODE];
	struct shift shift;
	int64_t composed_at, took_us;
	bool complete;
	int64_t sent_at, accepted_at;
	char sent_by[80], accepted_by[80];
	struct handoff_draft draft;
	size_t recipients, followups; /* open ones */
	struct str forms[HANDOFF_FORMS];
};

struct handoffs *handoffs_new(struct app *app);
void handoffs_free(struct handoffs *handoffs);
/* Before the loop's tasks are waited for: nobody is told any more. */
void handoffs_end(struct handoffs *handoffs);
void handoffs_tick(struct handoffs *handoffs, int64_t now);
/* The rc is another one now. */
void handoffs_reload(struct handoffs *handoffs);

/* A pane shows it: composed anew while it is looked at. Also those of a const app. */
void handoffs_watch(struct handoffs *handoffs, bool on);
/* NULL until the first is composed; then words say why. */
const struct handoff_view *handoffs_view(const struct handoffs *handoffs);
const char *handoffs_words(const struct handoffs *handoffs);
/* What is under way for a script; and what came of it. */
bool handoffs_busy(const struct handoffs *handoffs);
enum status handoffs_outcome(
	const struct handoffs *handoffs, struct str *out, struct err *err);

/* Which schedule (NULL: stays, the first of the rc) and which shift: 0 the running one,
 * 1 the one before, … False when the rc has none of that name. */
bool handoffs_choose(
	struct handoffs *handoffs, const char *name, int back, struct err *err);
/* Since when incidents are counted in the shift of a schedule that ended last, and in
 * those it is compared with; 0: the rc has no schedule. */
int64_t handoffs_since(const struct handoffs *handoffs);
/* For a script: composes and prints it in a form. */
enum status handoffs_print(
	struct handoffs *handoffs, enum handoff_form form, struct err *err);
/* A script is going to send with these words: whether that is refused, as it was sent
 * before, is looked up first, before any source is waited for. look_first() is called
 * until the store is open. */
void handoffs_expect_send(struct handoffs *handoffs, const char *words);
void handoffs_look_first(struct handoffs *handoffs);
bool handoffs_refused(const struct handoffs *handoffs);
/* Asks, then keeps the mail and puts it in the outbox. again: also what was sent. */
enum status handoffs_send(struct handoffs *handoffs, bool again, struct err *err);
/* code: NULL, the shift that is shown, or of this store's newest that ended. */
enum status handoffs_accept(struct handoffs *handoffs, const char *code, struct err *err);
/* Behind it: wishes for a note of that on an open incident at the pager, where whoever
 * had the shift, in a store of their own, reads it. Asks. */
enum status handoffs_note(
	struct handoffs *handoffs, const char *code, const char *origin, struct err *err);
/* Notes that a source tells of: one that says "handoff accept CODE" accepts. */
struct batch;
void handoffs_heard(struct handoffs *handoffs, const struct batch *batch);
/* A changed draft of the shift that is shown is kept, and composed anew. False also when
 * the shift has become another since. */
bool handoffs_change(
	struct handoffs *handoffs, const struct handoff_draft *draft, struct err *err);
bool handoffs_followup_add(struct handoffs *handoffs, const char *words,
	const char *owner, int64_t due_at, struct err *err);
bool handoffs_followup_close(
	struct handoffs *handoffs, const char *tail, struct err *err);
/* From actions: mails that are due are claimed and sent. owner: who claims. */
void handoffs_send_due(struct handoffs *handoffs, const char *owner);

#endif
