/* Sending a notice where its line of the rc says: to the desktop, to this terminal, to
 * a command, or as rows of the outbox to Slack or a webhook. Several are one: a storm is
 * a sentence. Main thread. */
#include "notify_send.h"

#include "action_plan.h"
#include "app/actions.h"
#include "base/alloc.h"
#include "base/json.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "connect/act.h"
#include "io/desktop.h"
#include "io/proc.h"

#include <stdio.h>
#include <string.h>

enum {
	COMMAND_MS = 30000,
	REMOTE_MS = 15000,
	FACTS_MAX = 8192,
	TITLE_MAX = 200,
	SUMMARY_MAX = 600,
	NAMED = 3,
};

/* --- one sentence of many --- */

struct said {
	char title[TITLE_MAX], summary[SUMMARY_MAX], count[16];
	const struct notice *worst;
};

static void say_many(struct said *said, const struct notice *notices, size_t count)
{
	size_t of[SEVERITY_COUNT] = {0};
	struct str title, summary;

	str_init(&title, sizeof said->title - 1);
	str_init(&summary, sizeof said->summary - 1);
	str_printf(&title, "%zu alerts:", count);
	for (size_t i = 0; i < count; i++) {
		of[notices[i].severity]++;
		if (i < NAMED)
			str_printf(&summary, "%s%s", i ? "; " : "", notices[i].title);
	}
	for (int s = 0; s < SEVERITY_COUNT; s++)
		if (of[s])
			str_printf(&title, "%s %zu %s",
				str_text(&title)[title.n - 1] == ':' ? "" : ",", of[s],
				severity_name((enum severity)s));
	if (count > NAMED)
		str_printf(&summary, "; and %zu more", count - NAMED);
	str_copy(said->title, sizeof said->title, str_text(&title));
	str_copy(said->summary, sizeof said->summary, str_text(&summary));
	str_release(&title);
	str_release(&summary);
}

static void say(struct said *said, const struct notice *notices, size_t count)
{
	said->worst = notices;
	for (size_t i = 1; i < count; i++)
		if (notices[i].severity < said->worst->severity)
			said->worst = &notices[i];
	snprintf(said->count, sizeof said->count, "%zu", count);
	if (count > 1) {
		say_many(said, notices, count);
		return;
	}
	str_copy(said->title, sizeof said->title, notices->title);
	str_copy(said->summary, sizeof said->summary, notices->summary);
}

/* --- a command --- */

static void command_line(void *ctx, struct untrusted line)
{
	(void)ctx;
	(void)line;
}

static void command_end(void *ctx, int exit_code, const struct err *why)
{
	struct sender *s = ctx;

	s->command = NULL;
	if (why)
		app_notice(s->app, true, "notify %s: %s", s->rule->name, why->text);
	else if (exit_code)
		app_notice(s->app, true, "notify %s: its command ended with %d",
			s->rule->name, exit_code);
}

/* What stands for a word of the command; NULL: the word itself. A value never looks like
 * an option. */
static const char *fact(const struct said *said, const char *word)
{
	const struct {
		const char *word, *value;
	} facts[] = {
		{"{title}", said->title},
		{"{summary}", said->summary},
		{"{severity}", severity_name(said->worst->severity)},
		{"{service}", said->worst->service},
		{"{link}", said->worst->link},
		{"{count}", said->count},
	};

	for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
		if (!strcmp(word, facts[i].word))
			return facts[i].value;
	return NULL;
}

static void run_command(struct sender *s, const struct said *said)
{
	struct conf_line words;
	char text[CONF_MAX_LINE];
	const char *argv[CONF_MAX_WORDS + 1];
	struct str kept[CONF_MAX_WORDS];
	struct err err = {0};

	if (!conf_split(s->rule->command, &words, text, sizeof text, &err) ||
		!words.count) {
		app_notice(s->app, true, "notify %s: %s", s->rule->name,
			words.count ? err.text : "no command");
		return;
	}
	for (size_t i = 0; i < words.count; i++) {
		const char *value = fact(said, words.words[i].text);

		str_init(&kept[i], CONF_MAX_LINE);
		if (value && *value == '-')
			str_putc(&kept[i], ' ');
		str_puts(&kept[i], value ? value : words.words[i].text);
		argv[i] = str_text(&kept[i]);
	}
	argv[words.count] = NULL;
	s->command = proc_start(s->app->loop,
		&(struct proc_options){.argv = argv,
			.line = command_line,
			.end = command_end,
			.ctx = s,
			.timeout_ms = COMMAND_MS},
		&err);
	if (!s->command)
		app_notice(s->app, true, "notify %s: %s", s->rule->name, err.text);
	for (size_t i = 0; i < words.count; i++)
		str_release(&kept[i]);
}

/* --- through the outbox --- */

static void facts_of(const struct notice *n, struct str *out)
{
	char since[TIME_TEXT];
	struct json_out o;

	json_begin(&o, out);
	json_open(&o, NULL, '{');
	json_put_str(&o, "event", n->event);
	json_put_str(&o, "severity", severity_name(n->severity));
	json_put_str(&o, "service", n->service);
	json_put_str(&o, "since", time_rfc3339(n->since, since));
	json_put_str(&o, "link", n->link);
	json_put_str(&o, "sources", n->sources);
	json_shut(&o, '}');
}

/* The same notice has the same id wherever and whenever it is made, so that it is in the
 * outbox once: a UUIDv7 of when the problem began and a hash of what is told. */
static void id_of(const struct sender *s, const struct notice *n, char out[ID_TEXT])
{
	char hash[HASH_TEXT];
	struct str text;

	str_init(&text, 4096);
	str_printf(&text, "%s\n%s\n%s\n%s\n%d\n%lld", s->app->rc->profile, s->name,
		n->event, n->target, n->severity, (long long)n->since);
	hash_lasting(str_text(&text), text.n, hash);
	str_release(&text);
	snprintf(out, ID_TEXT, "%08x-%04x-7%.3s-8%.3s-%.12s",
		(unsigned)((uint64_t)n->since >> 16), (unsigned)(n->since & 0xffff), hash,
		hash + 3, hash + 6);
}

static int64_t due_at(struct sender *s, int64_t now)
{
	if (s->tokens > 0) {
		s->tokens--;
		return now;
	}
	return s->refilled_at + NOTIFY_REFILL_MS;
}

static void enqueue(struct sender *s, const struct notice *notices, size_t count)
{
	struct outbox_row *rows = mem_new(count, sizeof *rows);
	struct str *facts = mem_new(count, sizeof *facts);
	char actor[PLAN_ACTOR];
	int64_t due = due_at(s, s->app->now);

	plan_actor(s->app, actor);
	for (size_t i = 0; i < count; i++) {
		struct action *a = &rows[i].action;

		str_init(&facts[i], FACTS_MAX);
		facts_of(&notices[i], &facts[i]);
		id_of(s, &notices[i], a->id);
		a->verb = ACTION_NOTIFY;
		a->texts[ACTION_TARGET] = untrusted_str(notices[i].target);
		a->texts[ACTION_TITLE] = untrusted_str(notices[i].title);
		a->texts[ACTION_BODY] = untrusted_str(notices[i].summary);
		a->texts[ACTION_BY] = untrusted_str(actor);
		if (!facts[i].cut)
			a->texts[ACTION_FACTS] = untrusted_str(str_text(&facts[i]));
		rows[i].profile = untrusted_str(s->app->rc->profile);
		rows[i].source = untrusted_str(s->name);
		rows[i].expected_state = -1;
		rows[i].created_at = s->app->now;
		rows[i].next_at = due;
	}
	actions_notify(s->app->actions, rows, count);
	for (size_t i = 0; i < count; i++)
		str_release(&facts[i]);
	mem_free(facts);
	mem_free(rows);
}

/* --- the life of one --- */

bool sender_remote(const struct sender *s)
{
	return s->rule->kind == NOTIFY_SLACK || s->rule->kind == NOTIFY_WEBHOOK;
}

static void fetched(void *ctx, const struct err *err)
{
	struct sender *s = ctx;

	s->ready = !err;
	s->options.secret = s->credential.secret;
	if (err)
		app_notice(s->app, true, "notify %s: %s", s->rule->name, err->text);
}

void sender_begin(struct sender *s)
{
	const struct rc_notify *rule = s->rule;
	const struct credential_place place = {
		rule->token_file, rule->token_env, rule->token_command};
	struct err err = {0};

	s->tokens = NOTIFY_BURST;
	s->refilled_at = s->app->now;
	snprintf(s->name, sizeof s->name, "notify %.70s", rule->name);
	if (!sender_remote(s))
		return;
	s->options = (struct poll_options){
		.conf = {.name = rule->name, .url = rule->url, .timeout_ms = REMOTE_MS},
		.kind = rule->kind == NOTIFY_SLACK ? &slack_notifier : &webhook_notifier,
		.tls = {rule->ca_file, NULL, NULL}};
	s->credential.done = fetched;
	s->credential.ctx = s;
	if (credential_fetch(&s->credential, s->app->loop, &place, &err))
		fetched(s, NULL);
	else if (err.kind)
		fetched(s, &err);
}

void sender_end(struct sender *s)
{
	proc_kill(s->command);
	credential_release(&s->credential);
	*s = (struct sender){.app = s->app, .desktop = s->desktop};
}

bool sender_free(struct sender *s, int64_t now)
{
	while (s->tokens < NOTIFY_BURST && now - s->refilled_at >= NOTIFY_REFILL_MS) {
		s->tokens++;
		s->refilled_at += NOTIFY_REFILL_MS;
	}
	if (s->tokens == NOTIFY_BURST)
		s->refilled_at = now;
	return sender_remote(s) || (s->tokens > 0 && !s->command);
}

bool sender_quiet(const struct sender *s, int64_t now)
{
	int minute = time_minute_of_day(now), from = s->rule->quiet_from,
	    to = s->rule->quiet_to;

	return from <= to ? minute >= from && minute < to : minute >= from || minute < to;
}

void sender_tell(struct sender *s, const struct notice *notices, size_t count)
{
	const struct front *front = &s->app->front;
	char words[TITLE_MAX + SUMMARY_MAX + 4];
	struct said said;

	if (sender_remote(s)) {
		enqueue(s, notices, count);
		return;
	}
	s->tokens--;
	say(&said, notices, count);
	snprintf(words, sizeof words, "%s%s%s", said.title, *said.summary ? ": " : "",
		said.summary);
	if (s->rule->kind == NOTIFY_DESKTOP)
		desktop_show(s->desktop, untrusted_str(said.title),
			untrusted_str(said.summary),
			said.worst->severity == SEVERITY_CRITICAL);
	else if (s->rule->kind == NOTIFY_COMMAND)
		run_command(s, &said);
	else if (front->alarm)
		front->alarm(front->ctx, s->rule->kind, words);
}
