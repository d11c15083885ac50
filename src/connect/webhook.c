/* Notices to where people read them: a Slack incoming webhook, and any server that takes
 * a signed JSON document. Up to 250 notices that are due together are one message.
 *
 * Neither service can be asked what it holds. A message whose answer was lost is sent
 * again and says so: the document with the same ids and a higher attempt, the Slack text
 * in words. State machines without I/O. */
#include "connect/act.h"

#include "base/json.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"

#include <string.h>

enum {
	MOST = 250,
	NAMED = 5, /* lines of a Slack text; above it a count */
	ANSWER_MAX = 64 << 10,
	BODY_MAX = 2 << 20,
	FACTS_MAX = 64 << 10,
	WORDS_MAX = 100,
};

struct notice_act {
	const struct action *actions;
	struct action_result *results;
	size_t count;
	bool over;
};

static const char *const headers[] = {"Content-Type: application/json", NULL};

static void start(void *state, const struct source_conf *conf,
	const struct action *actions, size_t count, struct action_result *results)
{
	struct notice_act *n = state;

	(void)conf;
	n->actions = actions;
	n->results = results;
	n->count = count;
}

/* How often one of them was sent before. */
static int attempts(const struct notice_act *n)
{
	int most = 0;

	for (size_t i = 0; i < n->count; i++)
		most = n->actions[i].attempts > most ? n->actions[i].attempts : most;
	return most;
}

static bool ask(struct notice_act *n, const struct str *body, struct arena *arena,
	struct ask *out)
{
	n->over = true;
	*out = (struct ask){.kind = ASK_HTTP,
		.method = "POST",
		.path = "",
		.headers = headers,
		.body = arena_strdup(arena, str_text(body)),
		.body_n = body->n,
		.max_bytes = ANSWER_MAX};
	return out->body && !body->cut;
}

/* --- any server --- */

/* What is known of it, copied member by member: the document stays valid whatever the
 * row holds. */
static void put_notice(struct json_out *o, const struct action *a)
{
	struct json_doc facts = {NULL};
	size_t n;
	const char *text = text_raw(a->texts[ACTION_FACTS], &n);

	json_open(o, NULL, '{');
	json_put_str(o, "id", a->id);
	json_put_text(o, "target", a->texts[ACTION_TARGET]);
	json_put_text(o, "title", a->texts[ACTION_TITLE]);
	json_put_text(o, "summary", a->texts[ACTION_BODY]);
	if (n && json_parse(&facts, text, n, FACTS_MAX, NULL))
		for (struct json f = json_first(json_root(&facts)); json_item(f);
			f = json_next(f))
			json_put_pair(o, json_name(f), json_text(f));
	json_release(&facts);
	json_shut(o, '}');
}

static bool webhook_next(void *state, int64_t now, struct arena *arena, struct ask *out)
{
	struct notice_act *n = state;
	struct json_out o;
	struct str body;
	bool ok;

	if (n->over)
		return false;
	str_init(&body, BODY_MAX);
	json_begin(&o, &body);
	json_open(&o, NULL, '{');
	json_put_i64(&o, "version", 1);
	json_put_str(&o, "id", n->actions->id);
	json_put_i64(&o, "attempt", attempts(n) + 1);
	json_put_time(&o, "sent_at", now);
	json_put_text(&o, "from", n->actions->texts[ACTION_BY]);
	json_put_i64(&o, "count", (int64_t)n->count);
	json_open(&o, "notices", '[');
	for (size_t i = 0; i < n->count; i++)
		put_notice(&o, &n->actions[i]);
	json_shut(&o, ']');
	json_shut(&o, '}');
	ok = ask(n, &body, arena, out);
	str_release(&body);
	return ok;
}

/* --- Slack --- */

static void add_clean(struct str *out, struct untrusted u, size_t columns)
{
	struct str line;

	str_init(&line, 4 * columns + 16);
	text_add_line(&line, u, columns);
	text_add_slack(out, untrusted_make(line.p, line.n));
	str_release(&line);
}

static bool slack_next(void *state, int64_t now, struct arena *arena, struct ask *out)
{
	struct notice_act *n = state;
	size_t shown = n->count <= NAMED ? n->count : NAMED - 2;
	struct json_out o;
	struct str text, body;
	bool ok;

	(void)now;
	if (n->over)
		return false;
	str_init(&text, BODY_MAX / 4);
	if (n->count > 1)
		str_printf(&text, "*%zu notices*\n", n->count);
	for (size_t i = 0; i < shown; i++) {
		const struct action *a = &n->actions[i];

		str_puts(&text, i ? "\n" : "");
		add_clean(&text, a->texts[ACTION_TITLE], 200);
		str_puts(&text, untrusted_empty(a->texts[ACTION_BODY]) ? "" : "  ");
		add_clean(&text, a->texts[ACTION_BODY], 400);
	}
	if (shown < n->count)
		str_printf(&text, "\nand %zu more", n->count - shown);
	if (attempts(n))
		str_puts(&text, "\n(sent again: an earlier one may have arrived)");
	str_init(&body, BODY_MAX);
	json_begin(&o, &body);
	json_open(&o, NULL, '{');
	json_put_text(&o, "text", untrusted_make(text.p, text.n));
	json_shut(&o, '}');
	ok = ask(n, &body, arena, out);
	str_release(&body);
	str_release(&text);
	return ok;
}

/* --- both --- */

/* One answer is about all of them. */
static void take(void *state, const struct answer *answer)
{
	struct notice_act *n = state;
	struct str words;

	str_init(&words, 4 * WORDS_MAX);
	text_add_line(&words, answer->body, WORDS_MAX);
	for (size_t i = 0; i < n->count; i++) {
		if (answer->status >= 200 && answer->status <= 299)
			n->results[i].outcome = ACTION_CONFIRMED;
		else
			action_refused(
				answer, untrusted_make(words.p, words.n), &n->results[i]);
	}
	str_release(&words);
}

static const struct action_kind webhook_actions = {
	.verbs = 1 << ACTION_NOTIFY,
	.bulk = 1 << ACTION_NOTIFY,
	.most = MOST,
	.state_size = sizeof(struct notice_act),
	.start = start,
	.next = webhook_next,
	.take = take,
};

static const struct action_kind slack_actions = {
	.verbs = 1 << ACTION_NOTIFY,
	.bulk = 1 << ACTION_NOTIFY,
	.most = MOST,
	.state_size = sizeof(struct notice_act),
	.start = start,
	.next = slack_next,
	.take = take,
};

const struct source_kind webhook_notifier = {
	.name = "webhook",
	.help = "a signed JSON document by POST",
	.actions = &webhook_actions,
	.secret_use = SECRET_SIGNS,
};

const struct source_kind slack_notifier = {
	.name = "slack",
	.help = "a Slack incoming webhook",
	.actions = &slack_actions,
	.secret_use = SECRET_PATH,
};
