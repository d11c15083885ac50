/* From rows of the outbox to a mail server: rows of one shift are claimed together, its
 * mail is read back from the store as it was written before anything was sent, the
 * secret is fetched, and what became of each recipient is written to its own row. A
 * connection that broke behind the last byte makes rows wait and go out again, with the
 * Message-ID they had. Hides libcurl's queue and the secret. Main thread. */
#include "handoff_send.h"

#include "action_plan.h"
#include "base/alloc.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/secret.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "io/mail.h"
#include "io/proc.h"
#include "ops/redact.h"
#include "store/shift.h"

#include <stdio.h>
#include <string.h>

enum {
	ABANDONED_MS = 22000, /* as actions.c: longer than any lease */
	MAIL_MS = 60000,
	COMMAND_MS = 30000,
	FIRST_MS = 5000,
	MOST_MS = 15 * 60 * 1000,
	TRIES_MOST = 40, /* about nine hours */
	BATCH_BYTES = 1 << 20,
};

struct handoff_sender {
	struct app *app;
	struct mail *mail;
	struct proc *command; /* prints the secret */
	bool busy, ended;
	char owner[ID_TEXT], schedule[64];
	struct arena arena;
	struct outbox_row *rows;
	size_t count;
	struct str message;
	struct secret *secret;
	struct err why; /* of the secret */
};

const char *handoff_source(const char *schedule, char out[HANDOFF_SOURCE])
{
	snprintf(out, HANDOFF_SOURCE, "handoff %.63s", schedule);
	return out;
}

struct handoff_sender *handoff_sender_new(struct app *app)
{
	struct handoff_sender *s = mem_new(1, sizeof *s);

	s->app = app;
	s->mail = mail_new(app->pool);
	arena_init(&s->arena, BATCH_BYTES);
	str_init(&s->message, SHIFT_MAX_MESSAGE);
	return s;
}

void handoff_sender_end(struct handoff_sender *s)
{
	if (s->ended)
		return;
	s->ended = true;
	proc_kill(s->command);
	s->command = NULL;
	mail_free(s->mail);
	s->mail = NULL;
}

void handoff_sender_free(struct handoff_sender *s)
{
	if (!s)
		return;
	handoff_sender_end(s);
	secret_free(s->secret);
	str_release(&s->message);
	arena_release(&s->arena);
	mem_free(s);
}

static const struct rc_handoff *handoff_of(const struct handoff_sender *s)
{
	const struct rc *rc = s->app->rc;

	for (size_t i = 0; i < rc->handoff_count; i++)
		if (!strcmp(rc->handoffs[i].name, s->schedule))
			return &rc->handoffs[i];
	return NULL;
}

static void finish(struct handoff_sender *s)
{
	secret_free(s->secret);
	s->secret = NULL;
	s->why = (struct err){0};
	str_reset(&s->message);
	arena_reset(&s->arena);
	s->count = 0;
	s->busy = false;
}

static void settled(void *ctx, const struct err *err)
{
	struct handoff_sender *s = ctx;

	if (err)
		log_add(LOG_WARN, "outbox: %s", err->text);
	if (!s->ended)
		actions_look(s->app->actions);
}

static int64_t next_try(const struct handoff_sender *s, const struct outbox_row *row)
{
	int64_t ms = FIRST_MS;

	for (int i = 0; i < row->action.attempts && ms < MOST_MS; i++)
		ms *= 2;
	if (ms > MOST_MS)
		ms = MOST_MS;
	return s->app->now + ms / 2 + (int64_t)(random_u64() % (uint64_t)(ms / 2));
}

static void write_back(struct handoff_sender *s)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->rows[i].state != OUTBOX_WAITING)
			action_audit_outcome(s->app, &s->rows[i],
				outbox_state_names[s->rows[i].state], s->rows[i].error);
	outbox_settle_later(s->app->store, s->owner, s->rows, s->count,
		(struct store_then){settled, s});
	finish(s);
}

static void say(struct handoff_sender *s, struct outbox_row *row, const char *words)
{
	row->error = untrusted_copy(&s->arena, untrusted_str(words));
}

/* The same for all of them. */
static void give_up(struct handoff_sender *s, enum outbox_state state, const char *why)
{
	for (size_t i = 0; i < s->count; i++) {
		s->rows[i].state = state;
		s->rows[i].next_at =
			state == OUTBOX_WAITING ? next_try(s, &s->rows[i]) : 0;
		say(s, &s->rows[i], why);
	}
	write_back(s);
}

static void take_fate(struct handoff_sender *s, struct outbox_row *row,
	const struct mail_outcome *outcome, const struct err *err)
{
	const char *words = outcome->text[0] ? outcome->text : err ? err->text : "";
	char text[400];

	snprintf(text, sizeof text, "%s%s",
		outcome->fate == MAIL_UNSURE
			? "it may be there; it is sent again under the same "
			  "Message-ID: "
			: "",
		words);
	row->next_at = 0;
	row->error = UNTRUSTED_NONE;
	if (outcome->fate == MAIL_SENT) {
		row->state = OUTBOX_CONFIRMED;
		row->result = untrusted_copy(&s->arena, untrusted_str(words));
		return;
	}
	row->state = outcome->fate == MAIL_REFUSED || row->action.attempts >= TRIES_MOST
			     ? OUTBOX_FAILED
			     : OUTBOX_WAITING;
	if (row->state == OUTBOX_WAITING)
		row->next_at = next_try(s, row);
	say(s, row, text);
}

static void on_reply(void *ctx, const struct mail_reply *reply)
{
	struct handoff_sender *s = ctx;

	if (s->ended)
		return;
	for (size_t i = 0; i < s->count && i < reply->count; i++)
		take_fate(s, &s->rows[i], &reply->outcomes[i], reply->err);
	write_back(s);
}

static void send_now(struct handoff_sender *s)
{
	const struct rc_handoff *h = handoff_of(s);
	const char *to[RC_MAX_PEOPLE * 2];
	struct mail_request request = {.to = to,
		.message = str_text(&s->message),
		.message_n = s->message.n,
		.timeout_ms = MAIL_MS};

	if (!h || !h->host || !h->from) {
		give_up(s, OUTBOX_WAITING, "the rc has no such handoff with a server");
		return;
	}
	for (size_t i = 0; i < s->count; i++) {
		char address[256];

		text_to_mailbox(
			s->rows[i].action.texts[ACTION_TARGET], address, sizeof address);
		to[request.to_count++] = arena_strdup(&s->arena, address);
	}
	request.server = (struct mail_server){.host = h->host,
		.port = h->port,
		.tls = h->tls,
		.auth = h->auth,
		.user = h->user,
		.secret = s->secret,
		.ca_file = h->ca_file};
	request.from = h->from;
	mail_send(s->mail, &request, on_reply, s);
}

/* --- the secret --- */

static void command_line(void *ctx, struct untrusted line)
{
	struct handoff_sender *s = ctx;
	size_t n;
	const char *raw = text_raw(line, &n);

	if (s->secret || !n)
		return;
	if (n > SECRET_MAX_BYTES || memchr(raw, '\0', n))
		err_set(&s->why, ERR_AUTH, "password-command printed no password");
	else
		s->secret = secret_new(raw, n);
	redact_know(s->secret);
}

static void command_end(void *ctx, int exit_code, const struct err *why)
{
	struct handoff_sender *s = ctx;
	char text[300];

	s->command = NULL;
	if (!why && !exit_code && s->secret && !s->why.kind) {
		send_now(s);
		return;
	}
	snprintf(text, sizeof text, "password-command: %s",
		why           ? why->text
		: s->why.kind ? s->why.text
		: exit_code   ? "it failed"
			      : "it must print the password");
	give_up(s, OUTBOX_WAITING, text);
}

static bool start_command(
	struct handoff_sender *s, const struct rc_handoff *h, struct err *err)
{
	struct conf_line words;
	char text[CONF_MAX_LINE];
	const char *argv[CONF_MAX_WORDS + 1];

	if (!conf_split(h->password_command, &words, text, sizeof text, err))
		return false;
	if (!words.count)
		return err_set(err, ERR_INPUT, "password-command is empty");
	for (size_t i = 0; i < words.count; i++)
		argv[i] = words.words[i].text;
	argv[words.count] = NULL;
	s->command = proc_start(s->app->loop,
		&(struct proc_options){.argv = argv,
			.line = command_line,
			.end = command_end,
			.ctx = s,
			.timeout_ms = COMMAND_MS,
			.secret = true},
		err);
	return s->command != NULL;
}

static void fetch_secret(struct handoff_sender *s)
{
	const struct rc_handoff *h = handoff_of(s);
	struct err err = {0};

	if (h && h->user && h->password_command && !h->password_file &&
		!h->password_env) {
		if (!start_command(s, h, &err))
			give_up(s, OUTBOX_WAITING, err.text);
		return;
	}
	if (h && h->password_file)
		s->secret = secret_from_file(h->password_file, &err);
	else if (h && h->password_env)
		s->secret = secret_from_env(h->password_env, &err);
	redact_know(s->secret);
	if (h && h->user && !s->secret)
		give_up(s, OUTBOX_WAITING, err.text);
	else
		send_now(s);
}

/* --- claiming --- */

static void got_message(void *ctx, const struct shift_row *row, const struct err *err)
{
	struct handoff_sender *s = ctx;

	if (s->ended)
		return;
	if (err) {
		give_up(s, OUTBOX_WAITING, err->text);
		return;
	}
	if (!row->message_n) {
		give_up(s, OUTBOX_FAILED, "its mail is not in the store");
		return;
	}
	str_add(&s->message, row->message, row->message_n);
	fetch_secret(s);
}

/* Of another shift than the first, or to nobody: not now, or never. */
static void put_back(struct handoff_sender *s, struct outbox_row *row, bool never)
{
	row->state = never ? OUTBOX_FAILED : OUTBOX_WAITING;
	row->next_at = 0;
	if (never)
		row->error = untrusted_str("it is not a mail address");
	outbox_settle_later(s->app->store, s->owner, row, 1, (struct store_then){0});
}

static void got_claim(void *ctx, const struct outbox_rows *rows, const struct err *err)
{
	struct handoff_sender *s = ctx;
	struct shift_key key = {s->app->rc->profile, s->schedule, 0, 0};
	char address[256];

	if (s->ended)
		return;
	if (err || !rows->count) {
		if (err)
			log_add(LOG_WARN, "outbox: %s", err->text);
		finish(s);
		return;
	}
	s->rows = arena_alloc(&s->arena, rows->count * sizeof *s->rows);
	untrusted_to_i64(rows->rows[0].action.texts[ACTION_BODY], &key.from_at);
	for (size_t i = 0; i < rows->count; i++) {
		struct outbox_row row = rows->rows[i];
		bool mailbox = text_to_mailbox(
			row.action.texts[ACTION_TARGET], address, sizeof address);

		row.profile = row.undoes = row.error = row.result = UNTRUSTED_NONE;
		if (!mailbox || s->count == RC_MAX_PEOPLE * 2 ||
			!untrusted_eq(row.action.texts[ACTION_BODY],
				rows->rows[0].action.texts[ACTION_BODY])) {
			put_back(s, &row, !mailbox);
			continue;
		}
		for (int t = 0; t < ACTION_TEXT_COUNT; t++)
			row.action.texts[t] = UNTRUSTED_NONE;
		row.action.texts[ACTION_TARGET] =
			untrusted_copy(&s->arena, untrusted_str(address));
		row.action.texts[ACTION_TITLE] = row.action.texts[ACTION_TARGET];
		row.source = untrusted_copy(&s->arena, row.source);
		s->rows[s->count++] = row;
	}
	if (!s->count) {
		finish(s);
		return;
	}
	shift_get_later(s->app->store, &key, got_message, s);
}

/* A row of this schedule that may go out. */
static bool due(const struct handoff_sender *s, const char *source)
{
	const struct app *app = s->app;

	for (size_t i = 0; i < actions_count(app->actions); i++) {
		const struct outbox_row *row = actions_at(app->actions, i);

		if (!untrusted_is(row->source, source) ||
			!untrusted_is(row->profile, app->rc->profile))
			continue;
		if ((row->state == OUTBOX_WAITING && row->next_at <= app->now) ||
			(row->state == OUTBOX_SENDING &&
				app->now - row->sent_at > ABANDONED_MS))
			return true;
	}
	return false;
}

void handoff_sender_due(struct handoff_sender *s, const char *owner)
{
	const struct rc *rc = s->app->rc;
	char source[HANDOFF_SOURCE];

	for (size_t i = 0; i < rc->handoff_count && !s->busy && !s->ended; i++) {
		struct outbox_claim claim = {.profile = rc->profile,
			.source = handoff_source(rc->handoffs[i].name, source),
			.owner = s->owner,
			.now = s->app->now,
			.abandoned_before = s->app->now - ABANDONED_MS,
			.limit = RC_MAX_PEOPLE * 2};

		if (!due(s, source))
			continue;
		s->busy = true;
		str_copy(s->owner, sizeof s->owner, owner);
		str_copy(s->schedule, sizeof s->schedule, rc->handoffs[i].name);
		outbox_claim_later(s->app->store, &claim, got_claim, s);
	}
}
