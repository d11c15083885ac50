/* The engine of actions on a real loop: pauses are kept, the end comes once and never
 * from within, what was never asked has failed, and a cancelled one is silent. */
#include "base/str.h"
#include "base/time.h"
#include "connect/act.h"
#include "connect/poll.h"
#include "http_faults.h"
#include "io/loop.h"
#include "io/task.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { PAUSE_MS = 150, ASKS = 2 };

struct script {
	int asks, pauses;
	int64_t until;
	struct action_result *results;
};

static struct script *last;
static int silent; /* the kind has nothing to ask */

static void start(void *state, const struct source_conf *conf,
	const struct action *actions, size_t count, struct action_result *results)
{
	(void)conf, (void)actions, (void)count;
	last = state;
	last->results = results;
}

static bool next(void *state, int64_t now, struct arena *arena, struct ask *out)
{
	struct script *s = state;

	(void)arena;
	if (silent || s->asks == ASKS)
		return false;
	if (s->pauses == s->asks) {
		if (!s->until)
			s->until = now + PAUSE_MS;
		if (now < s->until) {
			*out = (struct ask){.kind = ASK_WAIT, .until = s->until};
			return true;
		}
		s->until = 0;
		s->pauses++;
	}
	*out = (struct ask){
		.kind = ASK_HTTP, .method = "GET", .path = "/x", .max_bytes = 1 << 16};
	s->asks++;
	return true;
}

static void take(void *state, const struct answer *answer)
{
	struct script *s = state;

	str_copy(s->results->upstream_id, sizeof s->results->upstream_id, "r-1");
	if (s->asks == ASKS && answer->status == 200)
		s->results->outcome = ACTION_CONFIRMED;
}

static const struct action_kind script_actions = {
	.verbs = 1 << ACTION_NOTE,
	.most = 1,
	.state_size = sizeof(struct script),
	.start = start,
	.next = next,
	.take = take,
};
static const struct source_kind script_kind = {
	.name = "script", .actions = &script_actions};

struct world {
	struct loop *loop;
	struct task_pool *pool;
	struct http *http;
	struct loop_timer *end;
	struct faults faults;
	char url[80];
	struct poll_options options;
	int done, accepted;
	struct action_result result;
};

static void on_done(void *ctx, const struct action_result *results, size_t count)
{
	struct world *w = ctx;

	assert_int_equal(count, 1);
	w->done++;
	w->result = *results;
	loop_stop(w->loop);
}

static void on_accepted(void *ctx, size_t index, const char *request)
{
	struct world *w = ctx;

	assert_int_equal(index, 0);
	assert_string_equal(request, "r-1");
	assert_int_equal(w->done, 0);
	w->accepted++;
}

static void on_end(void *ctx)
{
	loop_stop(((struct world *)ctx)->loop);
}

static int setup(void **state)
{
	static struct world w;

	memset(&w, 0, sizeof w);
	w.faults = faults_start();
	w.loop = loop_new();
	w.pool = task_pool_new(w.loop);
	w.http = http_new(w.loop, w.pool);
	w.end = loop_timer(w.loop, on_end, &w);
	w.options = (struct poll_options){.kind = &script_kind,
		.conf = {.name = "s", .url = w.url, .timeout_ms = 3000}};
	silent = 0;
	*state = &w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	http_free(w->http);
	loop_timer_free(w->end);
	task_pool_free(w->pool);
	loop_free(w->loop);
	faults_stop(&w->faults);
	return 0;
}

static struct act *go(struct world *w, const char *mode)
{
	const struct action action = {.verb = ACTION_NOTE};
	const struct act_how how = {.loop = w->loop,
		.http = w->http,
		.options = &w->options,
		.done = on_done,
		.accepted = on_accepted,
		.ctx = w};
	struct act *act;

	snprintf(w->url, sizeof w->url, "http://127.0.0.1:%d/%s", w->faults.port, mode);
	act = act_start(&how, &action, 1);
	assert_non_null(act);
	assert_int_equal(w->done, 0);
	return act;
}

static void run(struct world *w, int64_t ms)
{
	loop_timer_start(w->end, ms);
	loop_run(w->loop);
}

static void test_pauses(void **state)
{
	struct world *w = *state;
	int64_t begin = time_mono_ms();

	go(w, "ok");
	run(w, 10000);
	assert_int_equal(w->done, 1);
	assert_int_equal(w->result.outcome, ACTION_CONFIRMED);
	assert_int_equal(w->accepted, 1);
	assert_true(time_mono_ms() - begin >= ASKS * PAUSE_MS - 20);
}

static void test_no_answer(void **state)
{
	struct world *w = *state;

	go(w, "nothing");
	run(w, 10000);
	assert_int_equal(w->done, 1);
	assert_int_equal(w->result.outcome, ACTION_AGAIN);
}

static void test_nothing_to_ask(void **state)
{
	struct world *w = *state;

	silent = 1;
	go(w, "ok");
	run(w, 10000);
	assert_int_equal(w->done, 1);
	assert_int_equal(w->result.outcome, ACTION_FAILED);
	assert_string_equal(w->result.text, "the source cannot do it");
}

/* In the first turn, in a pause, and with a request out. */
static void test_cancel(void **state)
{
	static const int64_t after_ms[] = {0, 30, 400};
	struct world *w = *state;

	for (size_t i = 0; i < sizeof after_ms / sizeof *after_ms; i++) {
		struct act *act = go(w, "hang");

		if (after_ms[i])
			run(w, after_ms[i]);
		act_cancel(act);
		run(w, 100);
		assert_int_equal(w->done, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_pauses, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_answer, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nothing_to_ask, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cancel, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
