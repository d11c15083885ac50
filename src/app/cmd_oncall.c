/* Commands of the pager itself: take it, give it, swap shifts. The words of each say how
 * long, to whom, in which schedule; what is left out is taken from the selected row, or
 * where only one can be meant. Main thread. */
#include "cmd.h"

#include "app/actions.h"
#include "app/alerts.h"
#include "app/rotas.h"
#include "base/str.h"
#include "base/time.h"

#include <stdio.h>
#include <string.h>

enum { WORDS_TEXT = 200 };

/* Whole seconds are what a pager keeps. */
static bool until(const char *text, int64_t now, int64_t *out, struct err *err)
{
	if (!cmd_until(text, now, out, err))
		return false;
	*out -= *out % SECOND_MS;
	return *out > now || err_set(err, ERR_USAGE, "that moment has passed");
}

static const char *words_from(const struct call *call, size_t from, char out[WORDS_TEXT])
{
	struct str text;

	str_init(&text, WORDS_TEXT - 1);
	for (size_t i = from; i < call->argc; i++)
		str_printf(&text, "%s%s", i > from ? " " : "", call->argv[i]);
	str_copy(out, WORDS_TEXT, str_text(&text));
	str_release(&text);
	return out;
}

const struct rota_row *oncall_schedule(
	const struct call *call, size_t from, struct err *err)
{
	const struct rotas *rotas = call->app->rotas;
	const struct rota_row *row = NULL;
	char words[WORDS_TEXT];

	if (call->argc > from)
		return rotas_named(rotas, words_from(call, from, words), err);
	if (call->target)
		row = rotas_find(rotas, call->target);
	/* One that is open shift by shift. */
	if (!row && call->target && rotas_shown(rotas))
		for (size_t i = 0; i < rota_parts_count(rotas); i++)
			if (rota_parts_at(rotas, i)->id == call->target)
				row = rotas_shown(rotas);
	return row ? row : rotas_named(rotas, NULL, err);
}

/* What is given is mine: without a word, the one schedule in which I am on call. */
static const struct rota_row *my_schedule(
	const struct call *call, size_t from, struct err *err)
{
	const struct rotas *rotas = call->app->rotas;
	const struct rota_row *found = NULL;
	size_t n = 0;

	if (call->argc > from || (call->target && rotas_find(rotas, call->target)))
		return oncall_schedule(call, from, err);
	for (size_t i = 0; i < rotas_count(rotas); i++) {
		const struct rota_row *row = rotas_at(rotas, i);
		struct untrusted me = rotas_me(rotas, row->source);

		if (untrusted_empty(me) ||
			rota_until(&row->rota, me, call->app->now) <= call->app->now)
			continue;
		found = row;
		n++;
	}
	return n == 1 ? found : oncall_schedule(call, from, err);
}

static int64_t now_of(const struct call *call)
{
	return call->app->now - call->app->now % SECOND_MS;
}

enum status cmd_take(struct call *call, struct err *err)
{
	struct override_wish wish = {
		.kind = OVERRIDE_TAKE, .origin = call->origin, .whom = "me"};

	if (!until(call->argv[0], call->app->now, &wish.span.until_at, err))
		return STATUS_USAGE;
	wish.row = oncall_schedule(call, 1, err);
	if (!wish.row)
		return STATUS_FAILED;
	wish.span.from_at = now_of(call);
	return actions_override(call->app->actions, &wish, err);
}

/* give @bob until 18:00 [SCHEDULE], give @bob 2h [SCHEDULE] */
enum status cmd_give(struct call *call, struct err *err)
{
	struct override_wish wish = {
		.kind = OVERRIDE_GIVE, .origin = call->origin, .whom = call->argv[0]};
	size_t at = call->argc > 1 && !strcmp(call->argv[1], "until") ? 2 : 1;

	if (call->argc <= at) {
		err_set(err, ERR_USAGE, "until when: give %s until 18:00, or give %s 2h",
			call->argv[0], call->argv[0]);
		return STATUS_USAGE;
	}
	if (!until(call->argv[at], call->app->now, &wish.span.until_at, err))
		return STATUS_USAGE;
	wish.row = my_schedule(call, at + 1, err);
	if (!wish.row)
		return STATUS_FAILED;
	wish.span.from_at = now_of(call);
	return actions_override(call->app->actions, &wish, err);
}

enum status cmd_oncall_end(struct call *call, struct err *err)
{
	const struct rota_row *row = oncall_schedule(call, 0, err);

	return row ? actions_end_overrides(call->app->actions, row, call->origin, err)
		   : STATUS_FAILED;
}

enum status cmd_swap(struct call *call, struct err *err)
{
	struct override_wish wish = {.kind = OVERRIDE_SWAP,
		.origin = call->origin,
		.whom = call->argv[0],
		.span = {.from_at = now_of(call)}};

	wish.row = my_schedule(call, 1, err);
	return wish.row ? actions_override(call->app->actions, &wish, err)
			: STATUS_FAILED;
}
