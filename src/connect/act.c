/* Carries out actions: asks what the kind wants asked, one ask after the other, and
 * hands on what came of each action. Hides the transfer and what a kind that stops
 * half-way means (its actions have no known outcome). Main only. */
#include "connect/act.h"

#include "base/alloc.h"
#include "base/str.h"
#include "base/time.h"
#include "io/http.h"
#include "request.h"

#include <string.h>

enum { ACT_ARENA_BYTES = 8 << 20, ORIGIN_TEXT = 120 };

struct act {
	struct http *http;
	const struct poll_options *options;
	const struct action_kind *kind;
	void *state;
	struct action *actions;
	struct action_result *results;
	size_t count;
	struct arena texts, asks;
	struct answer answer;
	char origin[ORIGIN_TEXT];
	struct http_transfer *transfer;
	void (*done)(void *ctx, const struct action_result *results, size_t count);
	void *ctx;
};

static void act_free(struct act *act)
{
	if (act->kind->stop)
		act->kind->stop(act->state);
	arena_release(&act->texts);
	arena_release(&act->asks);
	mem_free(act->state);
	mem_free(act->actions);
	mem_free(act->results);
	mem_free(act);
}

static bool ask_next(struct act *act);

static void finish(struct act *act)
{
	for (size_t i = 0; i < act->count; i++) {
		struct action_result *r = &act->results[i];

		if (r->outcome)
			continue;
		r->outcome = ACTION_AGAIN;
		if (!*r->text)
			str_copy(r->text, sizeof r->text,
				"the answer does not say what came of it");
	}
	act->done(act->ctx, act->results, act->count);
	act_free(act);
}

static void on_answer(void *ctx, const struct http_reply *reply, const struct err *err)
{
	struct act *act = ctx;

	act->transfer = NULL;
	if (err && err->kind == ERR_CANCELLED)
		return;
	act->answer = (struct answer){
		.id = act->answer.id, .origin = act->origin, .now = time_now_ms()};
	if (reply) {
		act->answer.status = reply->status;
		act->answer.body = reply->body;
		act->answer.type = reply->type;
	} else {
		act->answer.failure = err->kind;
	}
	act->kind->take(act->state, &act->answer);
	for (size_t i = 0; i < act->count; i++) {
		struct action_result *r = &act->results[i];

		if (r->outcome != ACTION_AGAIN)
			continue;
		if (reply && reply->retry_after_s >= 0)
			r->retry_after_s = reply->retry_after_s;
		if (!reply)
			str_copy(r->text, sizeof r->text, err->text);
	}
	if (!ask_next(act))
		finish(act);
}

static bool ask_next(struct act *act)
{
	struct http_request request;
	struct ask ask = {0};

	arena_reset(&act->asks);
	if (!act->kind->next(act->state, time_now_ms(), &act->asks, &ask) ||
		!request_make(&request, act->options, &ask, &act->asks))
		return false;
	act->answer.id = ask.id;
	act->transfer = http_start(act->http, &request, on_answer, act);
	return true;
}

struct act *act_start(struct http *http, const struct poll_options *options,
	const struct action *actions, size_t count,
	void (*done)(void *ctx, const struct action_result *results, size_t count),
	void *ctx)
{
	struct act *act = mem_new(1, sizeof *act);

	act->http = http;
	act->options = options;
	act->kind = options->kind->actions;
	act->count = count;
	act->done = done;
	act->ctx = ctx;
	arena_init(&act->texts, ACT_ARENA_BYTES);
	arena_init(&act->asks, ACT_ARENA_BYTES);
	act->actions = mem_dup(actions, count * sizeof *actions);
	act->results = mem_new(count, sizeof *act->results);
	for (size_t i = 0; i < count; i++) {
		act->results[i].retry_after_s = -1;
		for (int t = 0; t < ACTION_TEXT_COUNT; t++)
			act->actions[i].texts[t] =
				untrusted_copy(&act->texts, actions[i].texts[t]);
	}
	request_origin(options, act->origin, sizeof act->origin);
	act->state = mem_new(1, act->kind->state_size);
	act->kind->start(act->state, &options->conf, act->actions, count, act->results);
	if (ask_next(act))
		return act;
	act_free(act);
	return NULL;
}

void act_cancel(struct act *act)
{
	if (!act)
		return;
	if (act->transfer)
		http_cancel(act->transfer);
	act_free(act);
}

void action_refused(
	const struct answer *answer, struct untrusted words, struct action_result *result)
{
	int status = answer->status;
	struct err err = {0};

	if (!status) {
		result->outcome = ACTION_AGAIN;
		return;
	}
	answer_refused(answer, words, &err);
	str_copy(result->text, sizeof result->text, err.text);
	result->outcome = status == 408 || status == 425 || status == 429 || status >= 500
				  ? ACTION_AGAIN
				  : ACTION_FAILED;
}
