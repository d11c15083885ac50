/* Any answers to what the two kinds that act ask: the first bytes choose kind, verb and
 * count, then each answer is a status and a line. Nothing counts as done without a
 * success of the server's, every conversation ends, and no text has control bytes. */
#include "base/alloc.h"
#include "connect/act.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 3, ASKS_MOST = 60, NOW = 1700000000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void make(struct action *action, enum action_verb verb, uint8_t with, size_t i)
{
	static const char *const targets[MOST] = {"Q1", "Q2", "a/b ?%\n\"'"};

	*action = (struct action){.verb = verb,
		.attempts = with & 1,
		.until_at = (NOW + (with & 2 ? 60 : -60)) * 1000LL};
	memcpy(action->id, "01a1fc5a-0ad0-7f69-8df0-3b80c04116e0", ID_TEXT - 1);
	action->texts[ACTION_TARGET] = untrusted_str(targets[i]);
	action->texts[ACTION_BODY] = untrusted_str("look\r\nX: y");
	action->texts[ACTION_WHOM] = untrusted_str(with & 4 ? "3" : "");
	action->texts[ACTION_BY] = untrusted_str("me\x1b[31m");
	action->texts[ACTION_MATCHERS] =
		untrusted_str(with & 8 ? "[{\"name\":\"a\",\"value\":\"b\"}]" : "[");
	if (verb == ACTION_OVERRIDE || verb == ACTION_END_OVERRIDE)
		action->texts[ACTION_FACTS] = untrusted_str(
			with & 8 ? "{\"from\":\"2023-11-14T22:13:00Z\"}"
			: with & 16
				? "{\"from\":\"2023-11-14T22:13:00Z\",\"by_shifts\":true,"
				  "\"rotation_id\":\"R1\",\"displaced\":\"PA\"}"
				: "{");
}

static void check_ask(const struct ask *ask)
{
	for (const char *c = ask->path; *c; c++)
		if ((unsigned char)*c <= ' ' || *c == '"')
			abort();
	for (size_t i = 0; ask->headers && ask->headers[i]; i++)
		if (strpbrk(ask->headers[i], "\r\n"))
			abort();
}

static void check_results(const struct action_result *results, size_t count, bool success)
{
	for (size_t i = 0; i < count; i++) {
		if (results[i].outcome == ACTION_CONFIRMED && !success)
			abort();
		for (const char *c = results[i].text; *c; c++)
			if ((unsigned char)*c < ' ')
				abort();
		if (strpbrk(results[i].upstream_id, "/ \"\n"))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const int statuses[] = {200, 200, 201, 0, 400, 404, 429, 503};
	const struct source_conf conf = {
		.name = "f", .url = "http://f", .from = "a@b\r\nX: y"};
	struct action_result results[MOST] = {{0}};
	struct action actions[MOST];
	struct untrusted rest, line;
	struct arena arena;
	const struct action_kind *kind;
	enum action_verb verb;
	size_t count, asked = 0;
	bool success = false;
	struct ask ask;
	void *state;

	if (n < 3)
		return 0;
	kind = data[0] & 1 ? &alertmanager_actions : &pagerduty_actions;
	verb = (enum action_verb)(data[1] % ACTION_VERB_COUNT);
	if (!(kind->verbs & 1U << verb))
		return 0;
	count = kind->bulk & 1U << verb ? 1 + data[0] / 2U % MOST : 1;
	for (size_t i = 0; i < count; i++)
		make(&actions[i], verb, data[2], i);
	rest = untrusted_make(data + 3, n - 3);
	arena_init(&arena, 4 << 20);
	state = mem_new(1, kind->state_size);
	kind->start(state, &conf, actions, count, results);
	while (kind->next(state, NOW * 1000LL, &arena, &ask)) {
		struct answer answer = {.id = ask.id, .origin = "f", .now = NOW * 1000LL};

		if (++asked > ASKS_MOST)
			abort();
		check_ask(&ask);
		if (untrusted_line(&rest, &line) && untrusted_hash(line)) {
			answer.status = statuses[untrusted_hash(line) % 8];
			answer.body = line;
		}
		/* An override that is not there any more has ended. */
		success |= answer.status / 100 == 2 ||
			   (verb == ACTION_END_OVERRIDE && answer.status == 404);
		kind->take(state, &answer);
		check_results(results, count, success);
	}
	if (kind->stop)
		kind->stop(state);
	mem_free(state);
	arena_release(&arena);
	return 0;
}
