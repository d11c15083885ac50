/* Carries out actions: asks what the kind wants asked, one ask after the other, pauses
 * where it wants a pause, and hands on what came of each action. Hides the transfer,
 * the timer, and what a kind that stops half-way means (its actions have no known
 * outcome). Main only. */
#include "connect/act.h"

#include "base/alloc.h"
#include "base/str.h"
#include "base/time.h"
#include "io/http.h"
#include "io/loop.h"
#include "request.h"

#include <string.h>

enum { ACT_ARENA_BYTES = 8 << 20, ORIGIN_TEXT = 120, PAUSE_MOST_MS = 30000 };

struct act {
	struct act_how how;
	const struct action_kind *kind;
	void *state;
	struct action *actions;
	struct action_result *results;
	size_t count;
	struct arena texts, asks;
	struct answer answer;
	char origin[ORIGIN_TEXT];
	struct http_transfer *transfer;
	struct loop_timer *pause;
	bool asked; /* at least once */
	bool *told; /* beside results: it was accepted */
};

static void act_free(struct act *act)
{
	if (act->kind->stop)
		act->kind->stop(act->state);
	loop_timer_free(act->pause);
	arena_release(&act->texts);
	arena_release(&act->asks);
	mem_free(act->state);
	mem_free(act->actions);
	mem_free(act->results);
	mem_free(act->told);
	mem_free(act);
}

static void finish(struct act *act)
{
	for (size_t i = 0; i < act->count; i++) {
		struct action_result *r = &act->results[i];

		if (r->outcome)
			continue;
		r->outcome = act->asked ? ACTION_AGAIN : ACTION_FAILED;
		if (!*r->text)
			str_copy(r->text, sizeof r->text,
				act->asked ? "the answer does not say what came of it"
					   : "the source cannot do it");
	}
	act->how.done(act->how.ctx, act->results, act->count);
	act_free(act);
}

static void go_on(void *ctx);

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

		if (!r->outcome && *r->upstream_id && !act->told[i]) {
			act->told[i] = true;
			if (act->how.accepted)
				act->how.accepted(act->how.ctx, i, r->upstream_id);
		}
		if (r->outcome != ACTION_AGAIN)
			continue;
		if (reply && reply->retry_after_s >= 0)
			r->retry_after_s = reply->retry_after_s;
		if (!reply)
			str_copy(r->text, sizeof r->text, err->text);
	}
	go_on(act);
}

/* The next ask, the next pause, or the end. Never from within act_start(). */
static void go_on(void *ctx)
{
	struct act *act = ctx;
	int64_t now = time_now_ms();
	struct http_request request;
	struct ask ask = {0};

	arena_reset(&act->asks);
	if (!act->kind->next(act->state, now, &act->asks, &ask)) {
		finish(act);
		return;
	}
	if (ask.kind == ASK_WAIT) {
		int64_t pause = ask.until > now ? ask.until - now : 0;

		loop_timer_start(
			act->pause, pause < PAUSE_MOST_MS ? pause : PAUSE_MOST_MS);
		return;
	}
	if (!request_make(&request, act->how.options, &ask, &act->asks)) {
		finish(act);
		return;
	}
	act->asked = true;
	act->answer.id = ask.id;
	act->transfer = http_start(act->how.http, &request, on_answer, act);
}

struct act *act_start(
	const struct act_how *how, const struct action *actions, size_t count)
{
	struct act *act = mem_new(1, sizeof *act);

	act->how = *how;
	act->kind = how->options->kind->actions;
	act->count = count;
	arena_init(&act->texts, ACT_ARENA_BYTES);
	arena_init(&act->asks, ACT_ARENA_BYTES);
	act->actions = mem_dup(actions, count * sizeof *actions);
	act->results = mem_new(count, sizeof *act->results);
	act->told = mem_new(count, sizeof *act->told);
	for (size_t i = 0; i < count; i++) {
		struct action *a = &act->actions[i];

		act->results[i].retry_after_s = -1;
		a->earlier = untrusted_copy(&act->texts, a->earlier);
		for (int t = 0; t < ACTION_TEXT_COUNT; t++)
			a->texts[t] = untrusted_copy(&act->texts, a->texts[t]);
	}
	request_origin(how->options, act->origin, sizeof act->origin);
	act->state = mem_new(1, act->kind->state_size);
	act->kind->start(
		act->state, &how->options->conf, act->actions, count, act->results);
	act->pause = loop_timer(how->loop, go_on, act);
	loop_timer_start(act->pause, 0);
	return act;
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
