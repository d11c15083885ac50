/* The life of handoffs: which shift is looked at, when it is composed anew, what becomes
 * of a mail that is wished for, who accepts. Composing is a job of the store's reading
 * lane; what it returns replaces the view. Hides the jobs. Main thread. */
#include "app/handoff.h"

#include "action_plan.h"
#include "app/actions.h"
#include "app/alerts.h"
#include "app/sources.h"
#include "base/alloc.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/text.h"
#include "base/time.h"
#include "handoff_facts.h"
#include "handoff_send.h"
#include "report/message.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
	COLUMNS = 76,
	FORM_MAX = 2 << 20,
	HTML_MAX = 98 << 10, /* Gmail shows 102 KB */
	ANEW_MS = 20000,
	WRITTEN_MS = 3000,      /* what was read is in the store by then */
	SETTLE_MS = 10000,      /* after a shift's end, before it is sent by itself */
	LATE_MS = 12 * 3600000, /* a console that comes later does not send it */
	AGAIN_MS = 5 * 60 * 1000,
	SHIFTS_BACK = 10,
	RECIPIENTS = RC_MAX_PEOPLE + HANDOFF_TO,
	QUESTION = 2000,
};

enum purpose { TO_LOOK, TO_PRINT, TO_SEND, TO_SEND_BY_ITSELF };

struct compose_job {
	struct store_job job;
	struct handoffs *owner;
	struct handoff_facts *facts;
	struct handoff_view *view;
	enum purpose purpose;
	unsigned changes; /* as they were when it began */
	bool again;
	const char *to[RECIPIENTS]; /* in the arena of the facts */
	struct str message;
};

#define HEARD "handoff accept "
enum { HEARD_MOST = 16, NOTE_LOOK = 2000 };

struct handoffs {
	struct app *app;
	uint64_t heard[HEARD_MOST]; /* codes of notes that were read */
	size_t heard_at;
	struct handoff_sender *sender;
	struct handoff_view *view;
	char name[64], words[240];
	int back;
	bool watched, composing, anew, ended;
	unsigned changes; /* of the draft, by hand */
	int64_t asked_at;
	int64_t again_at;
	size_t answered; /* sources, and their pasts, when it was last looked */
	size_t writing;  /* jobs whose outcome a script waits for */
	enum handoff_form form;
	bool expected, looked; /* a script's: was it sent before? */
	struct err refused;    /* … then so */
	struct str told;
	struct err why;
	enum status status;
	/* By itself: the last shift of each schedule that was looked at for that. */
	int64_t sent_from[RC_MAX_HANDOFFS], tried_at[RC_MAX_HANDOFFS];
};

struct handoffs *handoffs_new(struct app *app)
{
	struct handoffs *h = mem_new(1, sizeof *h);

	h->app = app;
	h->sender = handoff_sender_new(app);
	str_init(&h->told, 64 << 20);
	handoffs_reload(h);
	return h;
}

static void view_free(struct handoff_view *view)
{
	if (!view)
		return;
	for (int i = 0; i < HANDOFF_FORMS; i++)
		str_release(&view->forms[i]);
	mem_free(view);
}

void handoffs_end(struct handoffs *h)
{
	h->ended = true;
	handoff_sender_end(h->sender);
}

void handoffs_free(struct handoffs *h)
{
	if (!h)
		return;
	handoff_sender_free(h->sender);
	view_free(h->view);
	str_release(&h->told);
	mem_free(h);
}

static const struct rc_handoff *line_of(const struct handoffs *h)
{
	const struct rc *rc = h->app->rc;

	for (size_t i = 0; i < rc->handoff_count; i++)
		if (!strcmp(rc->handoffs[i].name, h->name))
			return &rc->handoffs[i];
	return NULL;
}

void handoffs_reload(struct handoffs *h)
{
	const struct rc *rc = h->app->rc;

	if (!line_of(h) && rc->handoff_count)
		str_copy(h->name, sizeof h->name, rc->handoffs[0].name);
	memset(h->sent_from, 0, sizeof h->sent_from);
	memset(h->tried_at, 0, sizeof h->tried_at);
	h->anew = true;
}

const struct handoff_view *handoffs_view(const struct handoffs *h)
{
	return h->view;
}

const char *handoffs_words(const struct handoffs *h)
{
	if (!h->app->rc->handoff_count)
		return "No schedule: add `handoff NAME \"at=Mon 09:00\"` to the rc";
	return *h->words ? h->words : "The handoff is being composed.";
}

bool handoffs_busy(const struct handoffs *h)
{
	return h->writing > 0;
}

enum status handoffs_outcome(const struct handoffs *h, struct str *out, struct err *err)
{
	str_puts(out, str_text(&h->told));
	if (h->why.kind)
		*err = h->why;
	return h->status;
}

static void tell(struct handoffs *h, bool bad, const char *text)
{
	if (h->app->live)
		app_notice(h->app, bad, "%s", text);
	else
		str_printf(&h->told, "%s\n", text);
}

static void fail(struct handoffs *h, enum status status, const struct err *err)
{
	h->status = status;
	h->why = *err;
	if (h->app->live)
		app_notice(h->app, true, "handoff: %s", err->text);
}

/* --- composing --- */

/* The same in every store: whoever has the mail and the schedule knows it. */
static void code_of(const char *schedule, int64_t from_at, char out[HANDOFF_CODE])
{
	char text[160], hash[HASH_TEXT];

	snprintf(text, sizeof text, "oogway handoff %s %lld", schedule,
		(long long)from_at);
	hash_lasting(text, strlen(text), hash);
	str_copy(out, HANDOFF_CODE, hash);
}

static const char *keep(struct handoff_facts *f, const char *text)
{
	return text ? arena_strdup(&f->arena, text) : NULL;
}

/* The line may be gone with its rc before the job ends. */
static void copy_line(struct handoff_facts *f, const struct rc_handoff *line)
{
	f->handoff = *line;
	f->handoff.name = keep(f, line->name);
	f->handoff.zone = keep(f, line->zone);
	f->handoff.from = keep(f, line->from);
	f->handoff.host = keep(f, line->host);
	for (size_t i = 0; i < line->to_count; i++)
		f->handoff.to[i] = keep(f, line->to[i]);
}

static struct shift shift_back(const struct rc_handoff *line, int64_t now, int back)
{
	struct shift shift = shift_at(&line->plan, now);

	while (back-- > 0)
		shift = shift_at(&line->plan, shift.from_at - 1);
	return shift;
}

static struct handoff_facts *facts_new(
	struct handoffs *h, const struct rc_handoff *line, int back)
{
	struct handoff_facts *f = mem_new(1, sizeof *f);
	char actor[PLAN_ACTOR];

	arena_init(&f->arena, HANDOFF_BYTES);
	copy_line(f, line);
	f->profile = keep(f, h->app->rc->profile);
	f->actor = keep(f, plan_actor(h->app, actor));
	f->now = h->app->now;
	f->shift = shift_back(line, f->now, back);
	f->to_at = f->shift.to_at < f->now ? f->shift.to_at : f->now;
	code_of(line->name, f->shift.from_at, f->code);
	handoff_live(h->app, f);
	return f;
}

static void facts_free(struct handoff_facts *f)
{
	arena_release(&f->arena);
	mem_free(f);
}

/* Those of the rc, then those of the draft; each once. */
static size_t recipients(const struct handoff_facts *f, const char **out)
{
	size_t n = 0;

	for (size_t i = 0; i < f->handoff.to_count; i++)
		out[n++] = f->handoff.to[i];
	for (size_t i = 0; i < f->draft.to_count; i++) {
		bool there = false;

		for (size_t k = 0; k < n; k++)
			there |= !strcasecmp(out[k], f->draft.to[i]);
		if (!there)
			out[n++] = f->draft.to[i];
	}
	return n;
}

static void fill_view(struct compose_job *j, struct document *d)
{
	const struct handoff_facts *f = j->facts;
	struct handoff_view *v = j->view;

	str_copy(v->name, sizeof v->name, f->handoff.name);
	handoff_subject(f, v->subject, sizeof v->subject);
	str_copy(v->code, sizeof v->code, f->code);
	v->shift = f->shift;
	v->composed_at = f->now;
	v->complete = f->complete;
	v->sent_at = f->row.sent_at;
	v->accepted_at = f->row.accepted_at;
	text_line(f->row.sent_by, v->sent_by, sizeof v->sent_by);
	text_line(f->row.accepted_by, v->accepted_by, sizeof v->accepted_by);
	v->draft = f->draft;
	for (size_t i = 0; i < f->followups.count; i++)
		v->followups += !f->followups.rows[i].closed_at;
	v->recipients = recipients(f, j->to);
	str_init(&v->forms[HANDOFF_TEXT], FORM_MAX);
	str_init(&v->forms[HANDOFF_MARKDOWN], FORM_MAX);
	str_init(&v->forms[HANDOFF_HTML], HTML_MAX);
	document_to_plain(
		d, &(struct document_plain){.columns = COLUMNS}, &v->forms[HANDOFF_TEXT]);
	document_to_markdown(d, &v->forms[HANDOFF_MARKDOWN]);
	document_to_html(d, &(struct document_html){0}, &v->forms[HANDOFF_HTML]);
}

/* The mail's identity: one for a schedule and a shift, wherever it is composed. */
static bool write_mail(struct compose_job *j, const struct document *d, struct err *err)
{
	const struct handoff_facts *f = j->facts;
	const char *domain = f->handoff.from ? strchr(f->handoff.from, '@') : NULL;
	struct message_address to[RECIPIENTS];
	char id[MESSAGE_MAX_ID], thread[MESSAGE_MAX_ID];
	const char *references[] = {thread, NULL};
	struct message_body body;
	bool fine;

	if (!domain || !j->view->recipients)
		return err_set(err, ERR_USAGE,
			"handoff %s has nobody to %s: set from and to in its line",
			f->handoff.name, domain ? "be sent to" : "send it");
	snprintf(id, sizeof id, "handoff.%s.%lld%s", f->handoff.name,
		(long long)(f->shift.from_at / 1000), domain);
	snprintf(thread, sizeof thread, "handoff.%s%s", f->handoff.name, domain);
	for (size_t i = 0; i < j->view->recipients; i++)
		to[i] = (struct message_address){UNTRUSTED_NONE, j->to[i]};
	message_body_init(&body, d, COLUMNS, domain + 1);
	fine = message_write(
		&(struct message){.from = {untrusted_str("oogway"), f->handoff.from},
			.to = to,
			.to_count = j->view->recipients,
			.subject = untrusted_str(j->view->subject),
			.id = id,
			.references = references,
			.date = f->now,
			.text = str_text(&body.text),
			.html = str_text(&body.html),
			.files = body.files,
			.file_count = body.file_count},
		&j->message, err);
	message_body_release(&body);
	return fine;
}

static bool compose(struct compose_job *j, struct db *db, struct err *err)
{
	int64_t began = time_mono_us();
	struct document d;
	bool fine;

	view_free(j->view);
	str_reset(&j->message);
	j->view = mem_new(1, sizeof *j->view);
	if (!handoff_load(j->facts, db, err))
		return false;
	handoff_document(j->facts, &d);
	fill_view(j, &d);
	fine = j->purpose < TO_SEND || write_mail(j, &d, err);
	document_release(&d);
	j->view->took_us = time_mono_us() - began;
	return fine;
}

static bool run_compose(struct store_job *job, struct db *db, struct err *err)
{
	return compose((struct compose_job *)job, db, err);
}

static void wish(struct compose_job *j);

static bool same_shift(const struct handoff_view *a, const struct handoff_view *b)
{
	return !strcmp(a->name, b->name) && a->shift.from_at == b->shift.from_at;
}

static void composed(struct compose_job *j, const struct err *err)
{
	struct handoffs *h = j->owner;

	if (j->purpose == TO_LOOK)
		h->composing = false;
	else
		h->writing--;
	if (h->ended)
		return;
	if (err) {
		str_copy(h->words, sizeof h->words, err->text);
		if (j->purpose != TO_LOOK)
			fail(h, STATUS_FAILED, err);
		/* What was to go by itself is tried again later. */
		if (j->purpose == TO_SEND_BY_ITSELF)
			memset(h->sent_from, 0, sizeof h->sent_from);
	} else if (j->purpose == TO_PRINT) {
		str_puts(&h->told, str_text(&j->view->forms[h->form]));
		if (!j->view->complete)
			h->status = STATUS_PARTIAL;
	} else if (j->purpose >= TO_SEND) {
		wish(j);
	} else {
		/* What was changed since it began is newer than what it has read. */
		if (h->view && j->changes != h->changes && same_shift(h->view, j->view)) {
			j->view->draft = h->view->draft;
			h->anew = true;
		}
		view_free(h->view);
		h->view = j->view;
		j->view = NULL;
	}
	app_changed(h->app, CHANGED_HANDOFF);
}

static void end_compose(struct store_job *job, const struct err *err)
{
	struct compose_job *j = (struct compose_job *)job;

	composed(j, err);
	view_free(j->view);
	str_release(&j->message);
	facts_free(j->facts);
}

static void begin_compose(struct handoffs *h, const struct rc_handoff *line, int back,
	enum purpose purpose, bool again)
{
	struct compose_job *j = store_job_new(sizeof *j);
	struct err err = {0};

	j->job.run = run_compose;
	j->job.end = end_compose;
	j->owner = h;
	j->purpose = purpose;
	/* A change on its way to the store is not seen by what reads there now. */
	j->changes = h->writing ? h->changes - 1 : h->changes;
	j->again = again;
	j->facts = facts_new(h, line, back);
	str_init(&j->message, SHIFT_MAX_MESSAGE);
	if (purpose == TO_LOOK)
		h->composing = true;
	else
		h->writing++;
	h->asked_at = h->app->now;
	if (h->app->store) {
		store_read(h->app->store, &j->job);
		return;
	}
	/* Nothing is kept, and nothing is to be read: only one command or the demo. */
	end_compose(&j->job, compose(j, NULL, &err) ? NULL : &err);
	arena_release(&j->job.arena);
	mem_free(j);
}

static void look(struct handoffs *h)
{
	const struct rc_handoff *line = line_of(h);

	h->anew = h->composing;
	if (!h->composing && line)
		begin_compose(h, line, h->back, TO_LOOK, false);
}

void handoffs_watch(struct handoffs *h, bool on)
{
	h->watched = on;
	h->anew = on;
	if (on && !h->ended)
		look(h);
}

/* --- sending --- */

static bool may_send(const struct app *app, struct err *err)
{
	if (app->readonly || app->past || app->demo)
		return err_set(err, ERR_REFUSED, "oogway is %s: nothing was sent",
			app->demo       ? "playing its demo"
			: app->readonly ? "read-only"
					: "looking at the past");
	/* While it is being opened, what is written waits for it. */
	if (!app->store)
		return err_set(err, ERR_BUSY,
			"the store is not open: nothing was sent; try again");
	return true;
}

struct mail_wish {
	struct handoffs *owner;
	struct shift_key key;
	char schedule[64], subject[200], code[HANDOFF_CODE], question[QUESTION];
	struct str message;
	char (*to)[HANDOFF_ADDRESS];
	size_t count;
	bool again, asked;
};

static void wish_free(struct mail_wish *w)
{
	str_release(&w->message);
	mem_free(w->to);
	mem_free(w);
}

static void drop_wish(void *ctx)
{
	wish_free(ctx);
}

/* The mail and its rows are written together, before any of it is sent. */
static void put_mail(struct plan *plan, struct store_then then)
{
	struct mail_wish *w = plan->put_ctx;
	char actor[PLAN_ACTOR];
	const struct shift_mail mail = {.subject = w->subject,
		.code = w->code,
		.by = plan_actor(plan->app, actor),
		.message = str_text(&w->message),
		.message_n = w->message.n,
		.rows = plan->rows,
		.count = plan->count,
		.again = w->again};

	w->key.profile = plan->app->rc->profile;
	w->key.schedule = w->schedule;
	shift_send_later(plan->app->store, &w->key, &mail, then);
	w->owner->anew = true;
}

/* One row for each recipient. */
static void fill_rows(struct plan *plan, const struct mail_wish *w)
{
	char source[HANDOFF_SOURCE], actor[PLAN_ACTOR], from[24];
	struct untrusted texts[4];

	snprintf(from, sizeof from, "%lld", (long long)w->key.from_at);
	texts[0] = untrusted_str(handoff_source(w->schedule, source));
	texts[1] = untrusted_str(plan_actor(plan->app, actor));
	texts[2] = untrusted_str(plan->app->rc->profile);
	texts[3] = untrusted_str(from);
	for (size_t i = 0; i < 4; i++)
		texts[i] = untrusted_copy(&plan->arena, texts[i]);
	for (size_t i = 0; i < plan->count; i++) {
		struct outbox_row *row = &plan->rows[i];
		struct untrusted to =
			untrusted_copy(&plan->arena, untrusted_str(w->to[i]));

		*row = (struct outbox_row){.action = {.verb = ACTION_MAIL},
			.source = texts[0],
			.profile = texts[2],
			.expected_state = -1,
			.created_at = plan->app->now};
		id_new(plan->app->now, row->action.id);
		row->action.texts[ACTION_TARGET] = to;
		row->action.texts[ACTION_WHOM] = to;
		row->action.texts[ACTION_TITLE] = to;
		row->action.texts[ACTION_BODY] = texts[3];
		row->action.texts[ACTION_BY] = texts[1];
	}
}

/* Takes the wish. */
static void commit(struct mail_wish *w)
{
	struct plan *plan = mem_new(1, sizeof *plan);

	*plan = (struct plan){.app = w->owner->app,
		.verb = ACTION_MAIL,
		.count = w->count,
		.asks = w->asked,
		.origin = w->asked ? w->owner->app->live ? "key" : "script" : "rc",
		.put = put_mail,
		.drop = drop_wish,
		.put_ctx = w};
	arena_init(&plan->arena, 1 << 20);
	plan->rows = mem_new(w->count, sizeof *plan->rows);
	plan->keys = mem_new(w->count, sizeof *plan->keys);
	plan->here = mem_new(w->count, sizeof *plan->here);
	fill_rows(plan, w);
	plan_commit(plan);
}

static void answered(void *ctx, bool yes)
{
	struct mail_wish *w = ctx;

	if (yes)
		commit(w);
	else
		wish_free(w);
}

static void ask(struct compose_job *j, struct mail_wish *w)
{
	const struct handoff_view *v = j->view;
	const struct front *front = &w->owner->app->front;
	struct question question = {.text = w->question, .answer = answered, .ctx = w};
	struct err err = {0};
	struct str text;

	str_init(&text, sizeof w->question - 1);
	str_printf(&text, "%ssend \"%s\" (%s%s) by %s to %zu: ",
		v->sent_at ? "once more, under the same Message-ID: " : "", v->subject,
		v->complete ? "complete" : "partial",
		v->shift.to_at > v->composed_at ? ", the shift is still running" : "",
		j->facts->handoff.host, w->count);
	for (size_t i = 0; i < w->count; i++)
		str_printf(&text, "%s%s", i ? ", " : "", w->to[i]);
	str_puts(&text, "?");
	str_copy(w->question, sizeof w->question, str_text(&text));
	str_release(&text);
	if (front->ask && front->ask(front->ctx, &question, &err))
		return;
	if (!err.kind)
		err_set(&err, ERR_REFUSED, "there is nobody to ask: %s", w->question);
	fail(w->owner, STATUS_REFUSED, &err);
	wish_free(w);
}

static void sent_before(
	const struct handoffs *h, const char *by, int64_t at, struct err *err)
{
	char when[TIME_TEXT];

	err_set(err, ERR_REFUSED,
		"it was sent by %s at %s; `handoff send again` sends it once more", by,
		time_stamp(at, h->app->now, when));
}

static void wish(struct compose_job *j)
{
	struct handoffs *h = j->owner;
	const struct handoff_view *v = j->view;
	struct mail_wish *w;
	struct err err;

	if (v->sent_at && !j->again) {
		if (j->purpose == TO_SEND_BY_ITSELF)
			return;
		sent_before(h, v->sent_by, v->sent_at, &err);
		fail(h, STATUS_REFUSED, &err);
		return;
	}
	if (!j->facts->handoff.host) {
		err_set(&err, ERR_USAGE, "handoff %s has no smtp=HOST in its line",
			v->name);
		fail(h, STATUS_USAGE, &err);
		return;
	}
	w = mem_new(1, sizeof *w);
	*w = (struct mail_wish){.owner = h,
		.key = {.from_at = v->shift.from_at, .to_at = v->shift.to_at},
		.message = j->message,
		.count = v->recipients,
		.again = j->again,
		.asked = j->purpose == TO_SEND};
	str_init(&j->message, 1);
	str_copy(w->schedule, sizeof w->schedule, v->name);
	str_copy(w->subject, sizeof w->subject, v->subject);
	str_copy(w->code, sizeof w->code, v->code);
	w->to = mem_new(w->count, sizeof *w->to);
	for (size_t i = 0; i < w->count; i++)
		str_copy(w->to[i], sizeof w->to[i], j->to[i]);
	if (j->purpose == TO_SEND)
		ask(j, w);
	else
		answered(w, true);
}

/* For who has chosen none: the one whose end is nearest. */
static int nearest(const struct handoffs *h, const struct rc_handoff *line)
{
	struct shift shift = shift_at(&line->plan, h->app->now);

	if (h->app->live)
		return h->back;
	return h->app->now - shift.from_at < shift.to_at - h->app->now ? 1 : 0;
}

void handoffs_expect_send(struct handoffs *h, const char *words)
{
	struct untrusted rest = untrusted_str(words), word;
	char name[64];

	h->expected = true;
	while (untrusted_word(&rest, " \"'", &word)) {
		text_line(word, name, sizeof name);
		if (untrusted_is(word, "again"))
			h->expected = false;
		else if (untrusted_is(word, "previous"))
			h->back = 1;
		else if (!handoffs_choose(h, name, h->back, NULL))
			h->expected = false;
	}
}

static void got_first(void *ctx, const struct shift_row *row, const struct err *err)
{
	struct handoffs *h = ctx;
	char by[80];

	if (!h->ended && !err && row->known && row->sent_at)
		sent_before(h, text_line(row->sent_by, by, sizeof by), row->sent_at,
			&h->refused);
}

void handoffs_look_first(struct handoffs *h)
{
	const struct rc_handoff *line = line_of(h);
	struct shift_key key = {.profile = h->app->rc->profile};
	struct shift shift;

	if (!h->expected || h->looked || !line || !h->app->store)
		return;
	h->looked = true;
	shift = shift_back(line, h->app->now, h->back ? h->back : nearest(h, line));
	key.schedule = line->name;
	key.from_at = shift.from_at;
	key.to_at = shift.to_at;
	shift_get_later(h->app->store, &key, got_first, h);
}

bool handoffs_refused(const struct handoffs *h)
{
	return h->refused.kind != ERR_NONE;
}

enum status handoffs_send(struct handoffs *h, bool again, struct err *err)
{
	const struct rc_handoff *line = line_of(h);

	if (!again && handoffs_refused(h)) {
		*err = h->refused;
		return STATUS_REFUSED;
	}
	if (!may_send(h->app, err))
		return STATUS_REFUSED;
	if (!line) {
		err_set(err, ERR_MISSING, "%s", handoffs_words(h));
		return STATUS_FAILED;
	}
	begin_compose(h, line, h->back ? h->back : nearest(h, line), TO_SEND, again);
	return STATUS_PENDING;
}

enum status handoffs_print(struct handoffs *h, enum handoff_form form, struct err *err)
{
	const struct rc_handoff *line = line_of(h);

	if (!line) {
		err_set(err, ERR_MISSING, "%s", handoffs_words(h));
		return STATUS_FAILED;
	}
	h->form = form;
	begin_compose(h, line, h->back, TO_PRINT, false);
	return STATUS_PENDING;
}

int64_t handoffs_since(const struct handoffs *h)
{
	const struct rc *rc = h->app->rc;
	int64_t since = 0;

	for (size_t i = 0; i < rc->handoff_count; i++) {
		const struct rc_handoff *line = &rc->handoffs[i];
		int64_t from = zone_shift(&line->plan.zone,
			shift_back(line, h->app->now, 1).from_at, -7 * HANDOFF_WEEKS);

		if (!since || from < since)
			since = from;
	}
	return since;
}

static void send_what_ended(struct handoffs *h)
{
	const struct rc *rc = h->app->rc;
	struct err err;

	if (!h->app->live || !may_send(h->app, &err))
		return;
	for (size_t i = 0; i < rc->handoff_count; i++) {
		const struct rc_handoff *line = &rc->handoffs[i];
		int64_t ended = shift_at(&line->plan, h->app->now).from_at;
		int64_t ago = h->app->now - ended;

		if (!line->sends || ago < SETTLE_MS || ago > LATE_MS ||
			h->sent_from[i] == ended ||
			h->app->now - h->tried_at[i] < AGAIN_MS || !app_settled(h->app))
			continue;
		h->tried_at[i] = h->app->now;
		h->sent_from[i] = ended;
		begin_compose(h, line, 1, TO_SEND_BY_ITSELF, false);
	}
}

void handoffs_send_due(struct handoffs *h, const char *owner)
{
	handoff_sender_due(h->sender, owner);
}

/* What a source says first changes most of what was composed without it: how much of
 * its past is read, too. */
static bool first_answers(struct handoffs *h)
{
	const struct sources *sources = h->app->sources;
	size_t n = 0;

	for (size_t i = 1; i < sources_count(sources); i++) {
		const struct source_row *row = sources_at(sources, i);

		if (row->pages)
			n += (row->status.last_ok_at > 0) +
			     (row->coverage.began.until_at > 0);
	}
	if (n == h->answered)
		return false;
	h->answered = n;
	return true;
}

void handoffs_tick(struct handoffs *h, int64_t now)
{
	if (h->ended)
		return;
	if (h->watched && first_answers(h)) {
		h->anew = true;
		h->again_at = now + WRITTEN_MS;
	}
	if (h->again_at && now >= h->again_at) {
		h->anew = true;
		h->again_at = 0;
	}
	if (h->watched && (h->anew || now - h->asked_at >= ANEW_MS))
		look(h);
	send_what_ended(h);
}

/* --- what people do to it --- */

static void written(void *ctx, const struct err *err)
{
	struct handoffs *h = ctx;

	h->writing--;
	if (h->ended)
		return;
	if (err)
		fail(h, err->kind == ERR_REFUSED ? STATUS_REFUSED : STATUS_FAILED, err);
	h->anew = true;
}

bool handoffs_choose(struct handoffs *h, const char *name, int back, struct err *err)
{
	const struct rc *rc = h->app->rc;
	bool found = !name;

	for (size_t i = 0; name && i < rc->handoff_count; i++)
		found |= !strcmp(rc->handoffs[i].name, name);
	if (!found)
		return err_set(
			err, ERR_MISSING, "no handoff of the rc is called %.60s", name);
	if (name)
		str_copy(h->name, sizeof h->name, name);
	h->back = back < 0 ? 0 : back > SHIFTS_BACK ? SHIFTS_BACK : back;
	if (h->watched)
		look(h);
	return true;
}

static void accepted(void *ctx, const struct err *err)
{
	struct handoffs *h = ctx;

	written(ctx, err);
	if (!h->ended && !err)
		tell(h, false, "accepted");
}

/* Of the shifts of the last weeks, the one the code is for. */
static bool find_code(const struct handoffs *h, const char *code, struct shift_key *key)
{
	const struct rc *rc = h->app->rc;
	char own[HANDOFF_CODE];

	for (size_t i = 0; i < rc->handoff_count; i++)
		for (int back = 0; back <= SHIFTS_BACK; back++) {
			struct shift shift =
				shift_back(&rc->handoffs[i], h->app->now, back);

			code_of(rc->handoffs[i].name, shift.from_at, own);
			if (strcasecmp(own, code) != 0)
				continue;
			key->schedule = rc->handoffs[i].name;
			key->from_at = shift.from_at;
			key->to_at = shift.to_at;
			return true;
		}
	return false;
}

/* Without a code the one that is looked at, or the last that ended. */
static bool find_shift(const struct handoffs *h, const char *code, struct shift_key *key,
	struct err *err)
{
	const struct rc_handoff *line = line_of(h);
	struct shift shift;

	key->profile = h->app->rc->profile;
	if (!line || (code && !find_code(h, code, key)))
		return err_set(err, ERR_MISSING,
			line ? "no shift of the last ones has the code %.20s"
			     : "the rc has no handoff for %.20s",
			code ? code : "this");
	if (code)
		return true;
	shift = shift_back(line, h->app->now, h->back ? h->back : 1);
	key->schedule = line->name;
	key->from_at = shift.from_at;
	key->to_at = shift.to_at;
	return true;
}

enum status handoffs_accept(struct handoffs *h, const char *code, struct err *err)
{
	struct shift_key key = {0};
	char own[HANDOFF_CODE], actor[PLAN_ACTOR];

	if (!may_send(h->app, err))
		return STATUS_REFUSED;
	if (!find_shift(h, code, &key, err))
		return STATUS_FAILED;
	code_of(key.schedule, key.from_at, own);
	h->writing++;
	shift_accept_later(h->app->store, &key, own, plan_actor(h->app, actor),
		(struct store_then){accepted, h});
	return STATUS_PENDING;
}

/* The worst one that a note can be left on. */
static const struct alert *noted_on(const struct app *app)
{
	for (size_t i = 0; i < alerts_count(app->alerts) && i < NOTE_LOOK; i++) {
		const struct alert *a = alerts_at(app->alerts, i);

		if (a->pages && a->state != ALERT_RESOLVED &&
			plan_can(app, a->source, ACTION_NOTE))
			return a;
	}
	return NULL;
}

enum status handoffs_note(
	struct handoffs *h, const char *code, const char *origin, struct err *err)
{
	const struct alert *on = noted_on(h->app);
	char own[HANDOFF_CODE], body[200];
	struct shift_key key = {0};
	struct wish wish = {
		.verb = ACTION_NOTE, .count = 1, .body = body, .origin = origin};

	if (!find_shift(h, code, &key, err))
		return STATUS_FAILED;
	if (!on) {
		tell(h, false,
			"accepted here; nothing is open at a pager to note it on: answer "
			"the mail");
		return STATUS_PENDING;
	}
	code_of(key.schedule, key.from_at, own);
	snprintf(body, sizeof body, HEARD "%s: the shift of %s is taken over", own,
		key.schedule);
	wish.targets = &on->key;
	return actions_wish(h->app->actions, &wish, err);
}

static void heard(void *ctx, const struct err *err)
{
	struct handoffs *h = ctx;

	/* That it was accepted before is no news. */
	if (h->ended || err)
		return;
	app_notice(h->app, false, "The handoff was accepted by a note on the pager.");
	h->anew = true;
}

/* Once for each code: a note comes again with each reading of its incident. */
static bool heard_before(struct handoffs *h, uint64_t code)
{
	for (size_t i = 0; i < HEARD_MOST; i++)
		if (h->heard[i] == code)
			return true;
	h->heard[h->heard_at++ % HEARD_MOST] = code;
	return false;
}

static void hear(struct handoffs *h, const struct batch_entry *e)
{
	ptrdiff_t at = untrusted_find_nocase(e->text, HEARD);
	struct untrusted rest, word;
	struct shift_key key = {.profile = h->app->rc->profile};
	char code[HANDOFF_CODE], who[80], by[120];

	if (at < 0)
		return;
	rest = untrusted_slice(e->text, (size_t)at + sizeof HEARD - 1, SIZE_MAX);
	if (!untrusted_word(&rest, " \t\n:.,;()", &word) ||
		!text_to_id(word, code, sizeof code) || !find_code(h, code, &key) ||
		heard_before(h, untrusted_hash(word)))
		return;
	snprintf(by, sizeof by, "%s, by a note on the pager",
		text_line(e->who, who, sizeof who));
	code_of(key.schedule, key.from_at, code);
	shift_accept_later(h->app->store, &key, code, by, (struct store_then){heard, h});
}

void handoffs_heard(struct handoffs *h, const struct batch *batch)
{
	if (!h || h->ended || !h->app->store || app_then(h->app) || h->app->demo)
		return;
	for (size_t i = 0; i < batch->entry_count; i++)
		if (batch->entries[i].kind == ENTRY_NOTE && batch->entries[i].by_hand)
			hear(h, &batch->entries[i]);
}

static void changed(void *ctx, const struct err *err)
{
	struct handoffs *h = ctx;

	written(ctx, err);
	if (!h->ended && h->watched)
		look(h);
}

bool handoffs_change(
	struct handoffs *h, const struct handoff_draft *draft, struct err *err)
{
	const struct rc_handoff *line = line_of(h);
	struct shift_key key = {.profile = h->app->rc->profile};
	struct shift shift;
	struct str text;

	if (!may_send(h->app, err) || !line)
		return line ? false : err_set(err, ERR_MISSING, "%s", handoffs_words(h));
	shift = shift_back(line, h->app->now, h->back);
	/* The draft is that of the shift that is shown. */
	if (h->view && (strcmp(h->view->name, line->name) ||
			       h->view->shift.from_at != shift.from_at))
		return err_set(err, ERR_BUSY,
			"another shift is being composed: nothing was changed; try "
			"again");
	key.schedule = line->name;
	key.from_at = shift.from_at;
	key.to_at = shift.to_at;
	str_init(&text, SHIFT_MAX_DRAFT);
	if (!handoff_draft_write(draft, &text)) {
		str_release(&text);
		return err_set(err, ERR_LIMIT, "too many words for one handoff");
	}
	if (h->view)
		h->view->draft = *draft;
	h->changes++;
	h->writing++;
	shift_put_draft_later(h->app->store, &key, str_text(&text), text.n,
		(struct store_then){changed, h});
	str_release(&text);
	app_changed(h->app, CHANGED_HANDOFF);
	return true;
}

bool handoffs_followup_add(struct handoffs *h, const char *words, const char *owner,
	int64_t due_at, struct err *err)
{
	struct followup_row row = {.words = untrusted_str(words),
		.owner = untrusted_str(owner),
		.due_at = due_at};
	const struct rc_handoff *line = line_of(h);

	if (!may_send(h->app, err) || !line)
		return line ? false : err_set(err, ERR_MISSING, "%s", handoffs_words(h));
	h->writing++;
	followup_add_later(
		h->app->store, line->name, &row, (struct store_then){changed, h});
	return true;
}

bool handoffs_followup_close(struct handoffs *h, const char *tail, struct err *err)
{
	const struct rc_handoff *line = line_of(h);
	char actor[PLAN_ACTOR];

	if (!may_send(h->app, err) || !line)
		return line ? false : err_set(err, ERR_MISSING, "%s", handoffs_words(h));
	h->writing++;
	followup_close_later(h->app->store, line->name, tail, plan_actor(h->app, actor),
		(struct store_then){changed, h});
	return true;
}
