/* Commands about handoffs and follow-ups, for the console and for scripts: which shift,
 * print, send, accept, whom it goes to, what stays to be done; and the postmortem of an
 * incident. Each is a few lines over app/handoff.h. Main thread. */
#include "cmd.h"

#include "app/handoff.h"
#include "base/text.h"
#include "base/time.h"
#include "postmortem.h"

#include <stdlib.h>
#include <string.h>

/* "previous" and a schedule's name, in any order. */
struct chosen {
	const char *name;
	int back;
};

static void choose(struct chosen *chosen, const char *word)
{
	if (!strcmp(word, "previous"))
		chosen->back = 1;
	else
		chosen->name = word;
}

static bool take(struct call *call, const struct chosen *chosen, struct err *err)
{
	return (!chosen->name && !chosen->back) ||
	       handoffs_choose(call->app->handoffs, chosen->name, chosen->back, err);
}

static int form_of(const char *word)
{
	int form = 0;

	while (form < HANDOFF_FORMS && strcmp(handoff_forms[form], word) != 0)
		form++;
	return form;
}

enum status cmd_handoff_print(struct call *call, struct err *err)
{
	struct chosen chosen = {0};
	int form = HANDOFF_TEXT;

	if (!call->out) {
		err_set(err, ERR_USAGE, ":handoff shows it here; this is for scripts");
		return STATUS_USAGE;
	}
	for (size_t i = 0; i < call->argc; i++) {
		int named = form_of(call->argv[i]);

		if (named < HANDOFF_FORMS)
			form = named;
		else
			choose(&chosen, call->argv[i]);
	}
	if (!take(call, &chosen, err))
		return STATUS_USAGE;
	return handoffs_print(call->app->handoffs, (enum handoff_form)form, err);
}

enum status cmd_handoff_send(struct call *call, struct err *err)
{
	struct chosen chosen = {0};
	bool again = false;

	for (size_t i = 0; i < call->argc; i++) {
		if (!strcmp(call->argv[i], "again"))
			again = true;
		else
			choose(&chosen, call->argv[i]);
	}
	if (!take(call, &chosen, err))
		return STATUS_USAGE;
	return handoffs_send(call->app->handoffs, again, err);
}

enum status cmd_handoff_accept(struct call *call, struct err *err)
{
	const char *code = call->argc ? call->argv[0] : NULL;
	enum status status = handoffs_accept(call->app->handoffs, code, err);

	if (status != STATUS_PENDING)
		return status;
	return handoffs_note(call->app->handoffs, code, call->origin, err);
}

enum status cmd_handoff_shift(struct call *call, struct err *err)
{
	int64_t back = 0;

	if (!strcmp(call->argv[0], "previous"))
		back = 1;
	else if (strcmp(call->argv[0], "running") != 0 &&
		 !untrusted_to_i64(untrusted_str(call->argv[0]), &back)) {
		if (handoffs_choose(call->app->handoffs, call->argv[0], 0, err))
			return STATUS_DONE;
		return STATUS_USAGE;
	}
	return handoffs_choose(call->app->handoffs, NULL, (int)back, err) ? STATUS_DONE
									  : STATUS_USAGE;
}

/* The draft that is shown, to be changed. */
static const struct handoff_draft *draft_of(const struct call *call, struct err *err)
{
	const struct handoff_view *view = handoffs_view(call->app->handoffs);

	if (view)
		return &view->draft;
	err_set(err, ERR_BUSY, "%s", handoffs_words(call->app->handoffs));
	return NULL;
}

static bool add_address(struct handoff_draft *draft, const char *word, struct err *err)
{
	char address[HANDOFF_ADDRESS];

	if (!text_to_mailbox(untrusted_str(word), address, sizeof address))
		return err_set(err, ERR_USAGE, "%.80s is not a mail address", word);
	for (size_t i = 0; i < draft->to_count; i++)
		if (!strcmp(draft->to[i], address))
			return true;
	if (draft->to_count == HANDOFF_TO)
		return err_set(err, ERR_LIMIT, "at most %d more addresses", HANDOFF_TO);
	str_copy(draft->to[draft->to_count++], HANDOFF_ADDRESS, address);
	return true;
}

static bool drop_address(struct handoff_draft *draft, const char *word, struct err *err)
{
	for (size_t i = 0; i < draft->to_count; i++) {
		if (strcmp(draft->to[i], word) != 0)
			continue;
		draft->to_count--;
		memmove(draft->to[i], draft->to[i + 1],
			(draft->to_count - i) * sizeof *draft->to);
		return true;
	}
	return err_set(err, ERR_MISSING,
		"%.80s was not added here; those of the rc are changed there", word);
}

/* Adds addresses; one behind a '-' is taken out again. */
enum status cmd_handoff_to(struct call *call, struct err *err)
{
	const struct handoff_draft *old = draft_of(call, err);
	struct handoff_draft draft;

	if (!old)
		return STATUS_FAILED;
	draft = *old;
	for (size_t i = 0; i < call->argc; i++) {
		const char *word = call->argv[i];

		if (!(*word == '-' ? drop_address(&draft, word + 1, err)
				   : add_address(&draft, word, err)))
			return STATUS_USAGE;
	}
	return handoffs_change(call->app->handoffs, &draft, err) ? STATUS_DONE
								 : STATUS_FAILED;
}

/* "-o OWNER" and "-d MOMENT or DURATION" before the words. */
enum status cmd_followup_add(struct call *call, struct err *err)
{
	const char *owner = "";
	int64_t due_at = 0, in;
	struct str words;
	size_t i = 0;
	bool fine;

	for (; i + 1 < call->argc && call->argv[i][0] == '-'; i += 2) {
		if (!strcmp(call->argv[i], "-o")) {
			owner = call->argv[i + 1];
		} else if (strcmp(call->argv[i], "-d") != 0) {
			err_set(err, ERR_USAGE, "expected: followup add %s",
				call->command->args);
			return STATUS_USAGE;
		} else if (duration_parse(call->argv[i + 1], &in)) {
			due_at = call->app->now + in;
		} else if (!time_parse_moment(
				   call->argv[i + 1], call->app->now, &due_at)) {
			err_set(err, ERR_USAGE, "due in 3d, or on 2026-11-27, not %.40s",
				call->argv[i + 1]);
			return STATUS_USAGE;
		}
	}
	str_init(&words, 2000);
	for (; i < call->argc; i++)
		str_printf(&words, "%s%s", words.n ? " " : "", call->argv[i]);
	fine = words.n ? handoffs_followup_add(call->app->handoffs, str_text(&words),
				 owner, due_at, err)
		       : err_set(err, ERR_USAGE, "a follow-up needs words");
	str_release(&words);
	return fine ? STATUS_PENDING : STATUS_FAILED;
}

enum status cmd_followup_close(struct call *call, struct err *err)
{
	return handoffs_followup_close(call->app->handoffs, call->argv[0], err)
		       ? STATUS_PENDING
		       : STATUS_FAILED;
}

enum status cmd_postmortem(struct call *call, struct err *err)
{
	return postmortem_begin(call->app, call->argc ? call->argv[0] : NULL,
		call->target, call->out, err);
}
