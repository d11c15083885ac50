/* The gate: one pass is one deed on its way through. It holds a copy of all that will be
 * written down, so that what is recorded is what was asked about. Hides the order of the
 * steps, which is the point of it. Main thread. */
#include "ops/gate.h"

#include "base/alloc.h"
#include "base/arena.h"
#include "base/log.h"
#include "approval.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	PASS_BYTES = 1 << 20,
	WHY_TEXT = 240,
	APPROVAL_TEXT = 200,
	WORD_TEXT = 200,
	AT_ONCE = 32, /* records in one turn: about 1 ms */
};

struct gate_pass {
	const struct gate_door *door;
	struct gate_deed deed;
	struct arena arena;
	char decision[POLICY_DECISION];
	char bound[SHA256_DIGITS + 1]; /* "": no approval is needed */
	bool asks_approval;            /* yes asks for one, and does nothing */
	char approval[APPROVAL_TEXT];
	size_t count, written, answered; /* of several records */
	struct err failed;               /* the first that could not be written */
};

static void copy_text(struct arena *arena, const char **text)
{
	*text = *text ? arena_strdup(arena, *text) : NULL;
}

static void copy_hosts(struct arena *arena, struct gate_deed *deed)
{
	const char **hosts = arena_alloc(arena, (deed->host_count + 1) * sizeof *hosts);

	for (size_t i = 0; hosts && i < deed->host_count; i++)
		hosts[i] = arena_strdup(arena, deed->hosts[i]);
	deed->hosts = hosts;
	copy_text(arena, &deed->book);
}

static struct policy_deed deed_for_policy(const struct gate_deed *deed)
{
	return (struct policy_deed){
		deed->record.class, deed->book, deed->hosts, deed->host_count};
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

/* Its intent stands there, so that this must too. */
static void not_done(const struct gate_pass *pass, uint64_t seq, const char *why)
{
	const struct audit_record record = {.event = pass->deed.record.event,
		.class = pass->deed.record.class,
		.result = untrusted_str("not done"),
		.error = untrusted_str(why)};

	gate_outcome(pass->door, seq, &record);
}

/* It is done although it cannot be recorded, and that is remembered. */
bool gate_goes_on(const struct gate_door *door, const struct err *why)
{
	struct policy policy;

	door->policy(door->ctx, &policy);
	if (!door->gap || !policy.best_effort)
		return false;
	if (!door->gap->count++)
		door->gap->since_at = time_now_ms();
	log_add(LOG_ERROR, "audit: done without a record: %s", why->text);
	return true;
}

/* It can be recorded again: how much was not. */
static void tell_gap(const struct gate_door *door)
{
	char since[TIME_TEXT];
	const struct audit_pair pairs[] = {
		{.name = "count",
			.number = door->gap ? (double)door->gap->count : 0,
			.is_number = true},
		{.name = "since",
			.value = untrusted_str(time_rfc3339(
				door->gap ? door->gap->since_at : 0, since))},
	};
	const struct audit_record record = {.event = "gate.unrecorded",
		.result = untrusted_str("done without a record, as best-effort says"),
		.extra = pairs,
		.extra_count = 2};

	if (!door->gap || !door->gap->count)
		return;
	*door->gap = (struct gate_gap){0};
	gate_note(door, &record);
}

static void committed(void *ctx, uint64_t seq, const struct err *err)
{
	struct gate_pass *pass = ctx;
	const struct gate_deed deed = pass->deed;
	char text[WHY_TEXT];
	struct err why;

	if (!err)
		tell_gap(pass->door);
	if (err && !gate_goes_on(pass->door, err)) {
		why = *err;
		err_prefix(&why, "nothing was done, as it cannot be recorded: ");
		log_add(LOG_ERROR, "audit: %s", why.text);
		/* It is there, only its copies are not. */
		if (seq)
			not_done(pass, seq, why.text);
		deed.refused(deed.ctx, &why);
	} else if (!gate_still(pass, text, sizeof text)) {
		err_set(&why, ERR_REFUSED, "%s", text);
		not_done(pass, seq, text);
		deed.refused(deed.ctx, &why);
	} else {
		deed.act(deed.ctx, seq);
	}
	pass_free(pass);
}

static struct untrusted approval_of(const struct gate_pass *pass)
{
	const struct gate_deed *deed = &pass->deed;

	if (deed->standing)
		return untrusted_str(deed->standing);
	if (*pass->approval)
		return untrusted_str(pass->approval);
	if (!deed->question && !deed->asked)
		return UNTRUSTED_NONE;
	return untrusted_str(
		deed->word ? "asked, and confirmed by its name" : "asked and confirmed");
}

/* --- several records --- */

/* All are on the disk, or one is not: then none is acted upon. */
static void all_committed(struct gate_pass *pass)
{
	const struct gate_deed deed = pass->deed;
	struct err why = pass->failed;

	if (why.kind)
		deed.refused(deed.ctx, &why);
	else
		deed.act(deed.ctx, 0);
	pass_free(pass);
}

static void one_committed(void *ctx, uint64_t seq, const struct err *err)
{
	struct gate_pass *pass = ctx;
	size_t i = pass->answered++;

	if (err && !pass->failed.kind && !gate_goes_on(pass->door, err))
		pass->failed = *err;
	/* With err too when it is there: then its outcome names it. */
	if (seq)
		pass->deed.intended(pass->deed.ctx, i, seq);
	if (!pass->failed.kind && pass->written < pass->count)
		pass->deed.write(pass->deed.ctx, pass->written++, pass);
	if (pass->answered == pass->written)
		all_committed(pass);
}

void gate_write(struct gate_pass *pass, const struct audit_record *record)
{
	struct audit_record intent = *record;

	intent.kind = AUDIT_INTENT;
	intent.decision = pass->decision;
	intent.approval = approval_of(pass);
	audit_write(
		pass->door->audit(pass->door->ctx, NULL), &intent, one_committed, pass);
}

static void commit_several(struct gate_pass *pass)
{
	size_t first;

	pass->count = pass->deed.begin(pass->deed.ctx);
	first = pass->count < AT_ONCE ? pass->count : AT_ONCE;
	/* Their callbacks come later: none of them ends the pass before all are out. */
	while (pass->written < first)
		pass->deed.write(pass->deed.ctx, pass->written++, pass);
}

static void commit(struct gate_pass *pass)
{
	struct err err = {0};
	struct audit *audit = pass->door->audit(pass->door->ctx, &err);
	struct audit_record *record = &pass->deed.record;

	if (!audit && !pass->deed.begin && gate_goes_on(pass->door, &err)) {
		const struct gate_deed deed = pass->deed;

		deed.act(deed.ctx, 0);
		pass_free(pass);
		return;
	}
	if (!audit) {
		err_prefix(&err, "nothing was done, as it cannot be recorded: ");
		refuse(pass, &err);
		return;
	}
	if (pass->deed.begin) {
		commit_several(pass);
		return;
	}
	record->kind = AUDIT_INTENT;
	record->decision = pass->decision;
	record->approval = approval_of(pass);
	audit_write(audit, record, committed, pass);
}

/* --- approvals --- */

struct approvals *gate_approvals_new(int64_t delay_ms, int64_t valid_ms)
{
	struct approvals *approvals = mem_new(1, sizeof *approvals);

	gate_approvals_set(approvals, delay_ms, valid_ms);
	return approvals;
}

void gate_approvals_set(struct approvals *approvals, int64_t delay_ms, int64_t valid_ms)
{
	approvals->delay_ms = delay_ms;
	approvals->valid_ms = valid_ms;
}

void gate_approvals_free(struct approvals *approvals)
{
	mem_free(approvals);
}

static void bind_text(struct digest *digest, struct untrusted text)
{
	char hash[SHA256_DIGITS + 1];

	sha256_text(&text, 1, hash);
	digest_add(digest, hash, sizeof hash);
}

/* Of all that would be written down, and where, and who. */
static void bind_deed(const struct gate_deed *deed, char out[SHA256_DIGITS + 1])
{
	const struct audit_record *r = &deed->record;
	const uid_t uid = getuid();
	struct digest *digest = digest_new();

	bind_text(digest, untrusted_str(r->event));
	bind_text(digest, untrusted_str(r->profile));
	bind_text(digest, untrusted_str(r->source));
	bind_text(digest, untrusted_str(deed->book));
	bind_text(digest, r->id);
	bind_text(digest, r->target);
	digest_add(digest, &uid, sizeof uid);
	digest_add(digest, &r->class, sizeof r->class);
	digest_add(digest, &r->arg_count, sizeof r->arg_count);
	for (size_t i = 0; i < r->arg_count; i++)
		bind_text(digest, r->args[i]);
	digest_add(digest, &deed->host_count, sizeof deed->host_count);
	for (size_t i = 0; i < deed->host_count; i++)
		bind_text(digest, untrusted_str(deed->hosts[i]));
	for (size_t i = 0; i < r->extra_count; i++) {
		bind_text(digest, untrusted_str(r->extra[i].name));
		bind_text(digest, r->extra[i].value);
	}
	digest_end(digest, out);
}

/* Nothing is done yet: what it waits for is said, and stands in the audit. */
static void ask_approval(struct gate_pass *pass)
{
	struct approvals *approvals = pass->door->approvals;
	const struct gate_deed deed = pass->deed;
	struct audit_record record = deed.record;
	char code[APPROVAL_CODE], delay[TIME_TEXT], valid[TIME_TEXT];
	struct err err;

	approval_ask(approvals, pass->bound, time_mono_ms());
	approval_code(pass->bound, code);
	err_set(&err, ERR_BUSY,
		"approval %s is asked for: in %s it can be done, within %s, by asking "
		"again and typing %s",
		code, duration_text(approvals->delay_ms, delay),
		duration_text(approvals->valid_ms, valid), code);
	record.decision = "asked for an approval";
	record.approval = untrusted_str(pass->bound);
	gate_note(pass->door, &record);
	deed.refused(deed.ctx, &err);
	pass_free(pass);
}

/* False: it is void by now, and the pass is gone. */
static bool use_approval(struct gate_pass *pass)
{
	struct approvals *approvals = pass->door->approvals;
	struct err err = {0};
	int64_t left;

	if (approval_look(approvals, pass->bound, time_mono_ms(), &left) !=
		APPROVAL_READY) {
		err_set(&err, ERR_REFUSED,
			"the approval is void by now: nothing was "
			"done");
		refuse(pass, &err);
		return false;
	}
	approval_drop(approvals, pass->bound);
	return true;
}

/* By its code; what cannot be brought back also by its name, which a code that is copied
 * says nothing of. */
static void approve_by(struct gate_pass *pass, const char *code, struct str *text)
{
	const char *name = pass->deed.word;
	char word[WORD_TEXT];

	snprintf(word, sizeof word, "%s%s%s", name ? name : "", name ? " " : "", code);
	str_printf(
		text, "typing %s approves this, as it stands here.", name ? word : "it");
	pass->deed.word = arena_strdup(&pass->arena, word);
}

/* What the approval adds to the question. False with a sentence: it is not ready, or
 * there can be none. */
static bool add_approval(struct gate_pass *pass, struct err *err)
{
	struct approvals *approvals = pass->door->approvals;
	char code[APPROVAL_CODE], time[TIME_TEXT];
	const char *question = pass->deed.question ? pass->deed.question : "";
	enum approval_state state;
	struct str text;
	int64_t left;

	if (!approvals)
		return err_set(err, ERR_REFUSED,
			"it needs an approval, and none can be had here: nothing was "
			"done");
	bind_deed(&pass->deed, pass->bound);
	state = approval_look(approvals, pass->bound, time_mono_ms(), &left);
	approval_code(pass->bound, code);
	if (state == APPROVAL_EARLY)
		return err_set(err, ERR_BUSY,
			"its approval %s is ready in %s: then again, and type %s", code,
			duration_text(left, time), code);
	pass->asks_approval = state == APPROVAL_NONE;
	str_init(&text, strlen(question) + 2000);
	str_puts(&text, question);
	/* What asks by itself is shown here all the same. */
	if (!*question && pass->deed.record.arg_count)
		text_add_line(&text, pass->deed.record.args[0], 300);
	if (pass->asks_approval) {
		str_printf(&text,
			"\nIt needs an approval: yes asks for it, and does nothing. %s "
			"later it can be done.",
			duration_text(approvals->delay_ms, time));
		pass->deed.word = NULL;
	} else {
		str_printf(&text,
			"\nApproval %s was asked for and holds for %s more: ", code,
			duration_text(left, time));
		snprintf(pass->approval, sizeof pass->approval,
			"alone: %s, asked for and typed%s %s later", code,
			pass->deed.word ? " behind its name" : "",
			duration_text(
				approvals->delay_ms + approvals->valid_ms - left, time));
	}
	if (!pass->asks_approval)
		approve_by(pass, code, &text);
	pass->deed.question = arena_strdup(&pass->arena, str_text(&text));
	str_release(&text);
	return true;
}

void gate_answer(struct gate_pass *pass, bool yes)
{
	const struct policy_deed deed = deed_for_policy(&pass->deed);
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
	if (!policy_allows(&policy, &deed, pass->decision, &err)) {
		refuse(pass, &err);
		return;
	}
	if (!*pass->bound && !pass->deed.lifts && policy_approves(&policy, &deed)) {
		err_set(&err, ERR_REFUSED, "it needs an approval by now: ask again");
		refuse(pass, &err);
		return;
	}
	if (pass->asks_approval)
		ask_approval(pass);
	else if (!*pass->bound || use_approval(pass))
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
	copy_hosts(&pass->arena, &pass->deed);
	if (pass->deed.standing)
		pass->deed.question = NULL;
	copy_text(&pass->arena, &pass->deed.question);
	copy_text(&pass->arena, &pass->deed.word);
	copy_text(&pass->arena, &pass->deed.standing);
	return pass;
}

/* It was refused before anybody was asked; the pass is gone. */
static bool not_opened(
	struct gate_pass *pass, const char *decision, const struct err *why)
{
	record_refusal(pass->door, pass->deed.record, decision, why);
	pass_free(pass);
	return false;
}

/* What nobody is asked about. Broken glass lifts no approval of it. */
static bool may_stand(struct policy *policy, const struct policy_deed *deed,
	char decision[POLICY_DECISION], struct err *err)
{
	policy->breakglass = false;
	if (deed->class == AUDIT_READ && !policy_approves(policy, deed))
		return true;
	snprintf(decision, POLICY_DECISION, "refused: not by itself");
	return deed->class != AUDIT_READ
		       ? err_set(err, ERR_REFUSED,
				 "class %s is not done by itself: nothing was done",
				 audit_class_name(deed->class))
		       : err_set(err, ERR_REFUSED,
				 "it needs an approval, so it is not done by itself: "
				 "nothing was done");
}

bool gate_open(
	const struct gate_door *door, const struct gate_deed *deed, struct err *err)
{
	const struct policy_deed looked_at = deed_for_policy(deed);
	char decision[POLICY_DECISION];
	struct gate_pass *pass;
	struct policy policy;

	door->policy(door->ctx, &policy);
	if (!policy_allows(&policy, &looked_at, decision, err) ||
		(deed->standing && !may_stand(&policy, &looked_at, decision, err))) {
		record_refusal(door, deed->record, decision, err);
		return false;
	}
	pass = pass_new(door, deed);
	str_copy(pass->decision, sizeof pass->decision, decision);
	if (!deed->lifts && policy_approves(&policy, &looked_at) &&
		!add_approval(pass, err))
		return not_opened(pass, "waits for an approval", err);
	if (policy.breakglass)
		str_copy(pass->approval, sizeof pass->approval,
			"asked and confirmed, behind broken glass");
	if (pass->arena.full) {
		pass_free(pass);
		return err_set(err, ERR_LIMIT,
			"more than can be recorded: nothing was "
			"done");
	}
	if (!pass->deed.question) {
		commit(pass);
		return true;
	}
	return door->ask(door->ctx, &pass->deed, pass, err) ||
	       not_opened(pass, "nobody to ask", err);
}

void gate_outcome(
	const struct gate_door *door, uint64_t seq, const struct audit_record *record)
{
	struct audit_record outcome = *record;
	struct err err = {0};
	struct audit *audit = door->audit(door->ctx, &err);

	/* Of what has no intent it is a note. */
	outcome.kind = seq ? AUDIT_OUTCOME : AUDIT_NOTE;
	outcome.ref = seq;
	if (audit)
		audit_write(audit, &outcome, NULL, NULL);
	else
		log_add(LOG_ERROR, "an outcome is not in the audit: %s", err.text);
}
