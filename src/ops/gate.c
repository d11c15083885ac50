/* The gate: one pass is one deed on its way through. It holds a copy of all that will be
 * written down, so that what is recorded is what was asked about. Hides the order of the
 * steps, which is the point of it. Main thread. */
#include "ops/gate.h"

#include "base/alloc.h"
#include "base/arena.h"
#include "base/log.h"
#include "base/str.h"

#include <stdio.h>
#include <string.h>

enum { PASS_BYTES = 1 << 20, WHY_TEXT = 240 };

struct gate_pass {
	const struct gate_door *door;
	struct gate_deed deed;
	struct arena arena;
	char decision[POLICY_DECISION];
};

static void copy_text(struct arena *arena, const char **text)
{
	*text = *text ? arena_strdup(arena, *text) : NULL;
}

static void copy_record(struct arena *arena, struct audit_record *r)
{
	struct untrusted *args = arena_alloc(arena, (r->arg_count + 1) * sizeof *args);
	struct audit_pair *extra =
		arena_alloc(arena, (r->extra_count + 1) * sizeof *extra);

	copy_text(arena, &r->event);
	copy_text(arena, &r->origin);
	copy_text(arena, &r->profile);
	copy_text(arena, &r->pager_user);
	copy_text(arena, &r->source);
	r->id = untrusted_copy(arena, r->id);
	r->target = untrusted_copy(arena, r->target);
	for (size_t i = 0; args && i < r->arg_count; i++)
		args[i] = untrusted_copy(arena, r->args[i]);
	for (size_t i = 0; extra && i < r->extra_count; i++) {
		extra[i] = r->extra[i];
		copy_text(arena, &extra[i].name);
		extra[i].value = untrusted_copy(arena, extra[i].value);
	}
	r->args = args;
	r->extra = extra;
}

static void pass_free(struct gate_pass *pass)
{
	arena_release(&pass->arena);
	mem_free(pass);
}

/* The demo leaves nothing behind. */
static void record_beside(
	const struct gate_door *door, const struct audit_record *record, const char *what)
{
	struct policy policy;
	struct err err = {0};
	struct audit *audit;

	door->policy(door->ctx, &policy);
	if (policy.demo)
		return;
	audit = door->audit(door->ctx, &err);
	if (audit)
		audit_write(audit, record, NULL, NULL);
	else
		log_add(LOG_WARN, "a %s is not in the audit: %s", what, err.text);
}

/* What was not done stands there as well. */
static void record_refusal(const struct gate_door *door, struct audit_record record,
	const char *decision, const struct err *why)
{
	record.kind = AUDIT_REFUSAL;
	record.decision = decision;
	record.error = untrusted_str(why->text);
	record_beside(door, &record, "refusal");
}

void gate_note(const struct gate_door *door, const struct audit_record *record)
{
	struct audit_record note = *record;

	note.kind = AUDIT_NOTE;
	record_beside(door, &note, "note");
}

void gate_refuse(const struct gate_door *door, const struct audit_record *record,
	const struct err *why)
{
	record_refusal(door, *record, "refused", why);
}

/* Tells that nothing was done; the pass is gone. */
static void refuse(struct gate_pass *pass, const struct err *why)
{
	const struct gate_deed deed = pass->deed;

	record_refusal(pass->door, pass->deed.record, pass->decision, why);
	deed.refused(deed.ctx, why);
	pass_free(pass);
}

bool gate_still(struct gate_pass *pass, char *why, size_t size)
{
	return !pass->deed.still || pass->deed.still(pass->deed.ctx, why, size);
}

static void committed(void *ctx, uint64_t seq, const struct err *err)
{
	struct gate_pass *pass = ctx;
	const struct gate_deed deed = pass->deed;
	char text[WHY_TEXT];
	struct err why;

	if (err) {
		why = *err;
		err_prefix(&why, "nothing was done, as it cannot be recorded: ");
		log_add(LOG_ERROR, "audit: %s", why.text);
		deed.refused(deed.ctx, &why);
	} else if (!gate_still(pass, text, sizeof text)) {
		struct audit_record record = {.event = deed.record.event,
			.class = deed.record.class,
			.result = untrusted_str("not done"),
			.error = untrusted_str(text)};

		err_set(&why, ERR_REFUSED, "%s", text);
		gate_outcome(pass->door, seq, &record);
		deed.refused(deed.ctx, &why);
	} else {
		deed.act(deed.ctx, seq);
	}
	pass_free(pass);
}

static void commit(struct gate_pass *pass)
{
	struct err err = {0};
	struct audit *audit = pass->door->audit(pass->door->ctx, &err);
	struct audit_record *record = &pass->deed.record;

	if (!audit) {
		err_prefix(&err, "nothing was done, as it cannot be recorded: ");
		refuse(pass, &err);
		return;
	}
	record->kind = AUDIT_INTENT;
	record->decision = pass->decision;
	if (pass->deed.question)
		record->approval =
			untrusted_str(pass->deed.word ? "asked, and confirmed by its name"
						      : "asked and confirmed");
	audit_write(audit, record, committed, pass);
}

void gate_answer(struct gate_pass *pass, bool yes)
{
	struct policy policy;
	char text[WHY_TEXT];
	struct err err = {0};

	/* Whoever asks looks at it as well, and then says no. */
	if (!gate_still(pass, text, sizeof text)) {
		err_set(&err, ERR_REFUSED, "%s", text);
		refuse(pass, &err);
		return;
	}
	if (!yes) {
		err_set(&err, ERR_CANCELLED, "answered with no");
		refuse(pass, &err);
		return;
	}
	/* It may have become read-only while the question stood there. */
	pass->door->policy(pass->door->ctx, &policy);
	if (!policy_allows(&policy, pass->deed.record.class, pass->decision, &err)) {
		refuse(pass, &err);
		return;
	}
	commit(pass);
}

static struct gate_pass *pass_new(
	const struct gate_door *door, const struct gate_deed *deed)
{
	struct gate_pass *pass = mem_new(1, sizeof *pass);

	arena_init(&pass->arena, PASS_BYTES);
	pass->door = door;
	pass->deed = *deed;
	copy_record(&pass->arena, &pass->deed.record);
	copy_text(&pass->arena, &pass->deed.question);
	copy_text(&pass->arena, &pass->deed.word);
	return pass;
}

bool gate_open(
	const struct gate_door *door, const struct gate_deed *deed, struct err *err)
{
	char decision[POLICY_DECISION];
	struct gate_pass *pass;
	struct policy policy;

	door->policy(door->ctx, &policy);
	if (!policy_allows(&policy, deed->record.class, decision, err)) {
		record_refusal(door, deed->record, decision, err);
		return false;
	}
	pass = pass_new(door, deed);
	str_copy(pass->decision, sizeof pass->decision, decision);
	if (pass->arena.full) {
		pass_free(pass);
		return err_set(err, ERR_LIMIT,
			"more than can be recorded: nothing was "
			"done");
	}
	if (!deed->question) {
		commit(pass);
		return true;
	}
	if (door->ask(door->ctx, &pass->deed, pass, err))
		return true;
	record_refusal(door, pass->deed.record, "nobody to ask", err);
	pass_free(pass);
	return false;
}

void gate_outcome(
	const struct gate_door *door, uint64_t seq, const struct audit_record *record)
{
	struct audit_record outcome = *record;
	struct err err = {0};
	struct audit *audit = door->audit(door->ctx, &err);

	outcome.kind = AUDIT_OUTCOME;
	outcome.ref = seq;
	if (audit)
		audit_write(audit, &outcome, NULL, NULL);
	else
		log_add(LOG_ERROR, "an outcome is not in the audit: %s", err.text);
}
