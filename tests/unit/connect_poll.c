/* The engine with real sources on a server that misbehaves: each failure is one
 * sentence in the status, nothing else stops, and waiting is as the server asked. */
#include "base/str.h"
#include "base/time.h"
#include "connect/poll.h"
#include "http_faults.h"
#include "io/loop.h"
#include "io/task.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* Only what never answers is waited for in vain; all else may take as long as a busy
 * machine needs for it. */
enum { MOST = 40, HANG_TIMEOUT_MS = 1500, TIMEOUT_MS = 60000, PATIENCE_MS = 90000 };

struct world {
	struct loop *loop;
	struct task_pool *pool;
	struct http *http;
	struct poll *poll;
	struct loop_timer *end;
	struct faults faults;
	char urls[MOST][80];
	int batches[MOST], statuses[MOST];
};

static bool on_batch(void *ctx, int source, const struct batch *batch, size_t *taken)
{
	struct world *w = ctx;

	(void)batch;
	(void)taken;
	w->batches[source]++;
	return true;
}

static void on_status(void *ctx, int source)
{
	struct world *w = ctx;

	w->statuses[source]++;
}

static void on_end(void *ctx)
{
	loop_stop(((struct world *)ctx)->loop);
}

static int setup(void **state)
{
	struct poll_events events = {on_batch, on_status, NULL};
	static struct world world;
	struct world *w = &world;

	memset(w, 0, sizeof *w);
	events.ctx = w;
	w->faults = faults_start();
	w->loop = loop_new();
	w->pool = task_pool_new(w->loop);
	w->http = http_new(w->loop, w->pool);
	w->poll = poll_new(w->loop, w->pool, w->http, &events);
	w->end = loop_timer(w->loop, on_end, w);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	poll_free(w->poll);
	http_free(w->http);
	loop_timer_free(w->end);
	task_pool_free(w->pool);
	loop_free(w->loop);
	faults_stop(&w->faults);
	return 0;
}

static int add(struct world *w, int index, const char *kind, const char *mode)
{
	struct poll_options o = {.kind = source_kind_find(kind),
		.conf = {.name = mode,
			.every_ms = 1000,
			.timeout_ms =
				strcmp(mode, "hang") ? TIMEOUT_MS : HANG_TIMEOUT_MS}};
	struct str url;

	str_init(&url, sizeof w->urls[0] - 1);
	if (strcmp(mode, "closed"))
		str_printf(&url, "http://127.0.0.1:%d/%s", w->faults.port, mode);
	else
		str_puts(&url, "http://127.0.0.1:1");
	str_copy(w->urls[index], sizeof w->urls[index], str_text(&url));
	str_release(&url);
	o.conf.url = w->urls[index];
	return poll_add(w->poll, &o, NULL);
}

static void run_ms(struct world *w, int64_t ms)
{
	loop_timer_start(w->end, ms);
	loop_run(w->loop);
}

/* Looks now and then; what does not come is left to the assertion behind it. */
#define RUN_UNTIL(w, there)                                                              \
	for (int64_t end_ = time_mono_ms() + PATIENCE_MS;                                \
		!(there) && time_mono_ms() < end_;)                                      \
	run_ms(w, 10)

static const struct {
	const char *mode;
	const char *words;
} rows[] = {
	{"closed", "connection refused by 127.0.0.1:1: is it running?"},
	{"hang", "no answer from"},
	{"cut", "cut short: 6 of 900 bytes"},
	{"half", "cut short"},
	{"nothing", "without an answer"},
	{"garbage", "does not speak HTTP"},
	{"elsewhere", "redirects to another place, http://other.example:81/x"},
	{"circle", "circle"},
	{"401", "refuses the credential (HTTP 401); check the secret"},
	{"403", "(HTTP 403)"},
	{"404", "knows nothing at this url (HTTP 404): nope; check the path in url"},
	{"429", "limits the rate (HTTP 429): next try in 37s"},
	{"429-bare", "limits the rate (HTTP 429): next try in"},
	{"500", "failed (HTTP 500)"},
	{"html", "an HTML or XML page"},
	{"words", "too many ^[]0;x^Ghere"},
	{"gzip", "the compressed answer"},
	{"headers", "more than 64 KiB of headers"},
};

static void check_rows(struct world *w, const char *kind)
{
	const size_t n = sizeof rows / sizeof *rows;
	int64_t began = time_mono_ms();
	int good = add(w, MOST - 1, "alertmanager", "ok");

	for (size_t i = 0; i < n; i++)
		assert_int_equal(add(w, (int)i, kind, rows[i].mode), (int)i + 1);
	RUN_UNTIL(w, poll_settled(w->poll));
	assert_true(poll_settled(w->poll));
	for (size_t i = 0; i < n; i++) {
		const struct poll_status *s = poll_status(w->poll, (int)i + 1);

		if (!strstr(s->error.text, rows[i].words))
			print_error("%s %s: %s\n", kind, rows[i].mode, s->error.text);
		assert_non_null(strstr(s->error.text, rows[i].words));
		assert_int_equal(s->state, POLL_FAILING);
		assert_true(s->failing_since > 0 && s->next_try_at > 0);
		assert_int_equal(s->last_ok_at, 0);
	}
	assert_int_equal(poll_status(w->poll, good)->state, POLL_OK);
	/* Its next round may come at once; a busy machine has time for more. */
	assert_in_range(w->batches[good], 2, 6 + 2 * (time_mono_ms() - began) / 600);
}

static void test_alertmanager(void **state)
{
	check_rows(*state, "alertmanager");
}

static void test_pagerduty(void **state)
{
	check_rows(*state, "pagerduty");
}

static void test_prometheus(void **state)
{
	check_rows(*state, "prometheus");
}

static void test_waits(void **state)
{
	struct world *w = *state;
	int64_t began = time_now_ms(), now;
	int limited = add(w, 0, "alertmanager", "429");
	int refused = add(w, 1, "alertmanager", "401");
	int closed = add(w, 2, "alertmanager", "closed");
	const struct poll_status *s;

	RUN_UNTIL(w, poll_settled(w->poll));
	now = time_now_ms();
	s = poll_status(w->poll, limited);
	assert_true(s->next_try_at >= began + 37000 && s->next_try_at <= now + 37500);
	poll_hurry(w->poll, limited);
	run_ms(w, 100);
	assert_true(s->failures <= 2);
	s = poll_status(w->poll, refused);
	assert_true(s->next_try_at >= began + 50000 && s->next_try_at <= now + 60000);
	poll_hurry(w->poll, refused);
	RUN_UNTIL(w, s->failures >= 2);
	assert_true(s->failures >= 2);
	s = poll_status(w->poll, closed);
	assert_true(s->next_try_at >= began && s->next_try_at <= now + 4000);
	for (int i = 0; i < 50; i++) {
		poll_tick(w->poll, now + i * 1000);
		run_ms(w, 10);
	}
	assert_true(s->failures < 40);
}

static void test_rounds(void **state)
{
	struct world *w = *state;
	int ok = add(w, 0, "alertmanager", "ok"), many = 0;
	int64_t began = time_mono_ms();

	RUN_UNTIL(w, w->batches[ok] >= 2 && w->statuses[ok] >= 2);
	assert_in_range(w->batches[ok], 2, 6 + 2 * (time_mono_ms() - began) / 600);
	/* Told when it first answers, and when its first round is full. */
	assert_int_equal(w->statuses[ok], 2);
	began = time_mono_ms();
	while (time_mono_ms() - began < 4000 || w->batches[ok] < 6) {
		poll_tick(w->poll, time_now_ms());
		run_ms(w, 100);
		assert_true(time_mono_ms() - began < PATIENCE_MS);
	}
	many = w->batches[ok];
	/* Two a round, of 1 s less what a tick may be late; one comes at once. */
	assert_in_range(many, 6, 4 + 2 * (time_mono_ms() - began) / 600);
	assert_int_equal(w->statuses[ok], 2);
	poll_pause(w->poll, ok, true);
	/* What was asked already still comes. */
	run_ms(w, 500);
	many = w->batches[ok];
	for (int i = 0; i < 15; i++) {
		poll_tick(w->poll, time_now_ms());
		run_ms(w, 100);
	}
	assert_in_range(w->batches[ok], many, many + 1);
	assert_int_equal(poll_status(w->poll, ok)->state, POLL_PAUSED);
	many = w->batches[ok];
	poll_pause(w->poll, ok, false);
	RUN_UNTIL(w, w->batches[ok] > many && poll_status(w->poll, ok)->state == POLL_OK);
	assert_true(w->batches[ok] > many);
	assert_int_equal(poll_status(w->poll, ok)->state, POLL_OK);
}

static int batches(const struct world *w)
{
	int n = 0;

	for (int i = 0; i < MOST; i++)
		n += w->batches[i];
	return n;
}

/* Bodies that a task reads: they come in order, and more asks wait for it. */
static void test_large(void **state)
{
	struct world *w = *state;
	int64_t end = time_mono_ms() + PATIENCE_MS;

	for (int i = 0; i < 6; i++)
		add(w, i, "alertmanager", i % 2 ? "ok" : "large");
	RUN_UNTIL(w, poll_settled(w->poll));
	for (int i = 0; (i < 20 || batches(w) <= 30) && time_mono_ms() < end; i++) {
		for (int k = 0; k < 6; k++)
			poll_hurry(w->poll, k);
		run_ms(w, 50);
	}
	for (int i = 0; i < 6; i++) {
		RUN_UNTIL(w, w->batches[i] >= 2);
		assert_int_equal(poll_status(w->poll, i)->state, POLL_OK);
		assert_true(w->batches[i] >= 2);
	}
	assert_true(batches(w) > 30);
	for (int k = 0; k < 6; k++)
		poll_hurry(w->poll, k);
	run_ms(w, 3); /* and is freed while it reads */
}

static void test_refused_conf(void **state)
{
	struct world *w = *state;
	struct poll_options o = {.kind = &pagerduty_source,
		.conf = {.name = "x",
			.url = "http://x",
			.every_ms = 1000,
			.timeout_ms = 1000,
			.filter = "what=ever"}};
	struct err err;

	assert_int_equal(poll_add(w->poll, &o, &err), -1);
	assert_non_null(strstr(err.text, "filter word what=ever"));
	o.conf.filter = NULL;
	o.conf.every_ms = 10;
	assert_int_equal(poll_add(w->poll, &o, &err), -1);
	o.conf.url = "";
	assert_int_equal(poll_add(w->poll, &o, &err), -1);
}

/* What leaves all out in survival mode, like a reader of the past. */
struct shy {
	int asked, spared;
	bool open;
};
static struct shy *shy; /* the one there is */

static bool shy_start(void *state, const struct source_conf *conf, struct err *err)
{
	(void)conf;
	(void)err;
	shy = state;
	return true;
}

static bool shy_next(void *state, int64_t now, const struct source_window *window,
	struct arena *arena, struct ask *out)
{
	struct shy *s = state;

	(void)arena;
	if (s->open)
		return false;
	if (window->least) {
		s->spared++;
		*out = (struct ask){.kind = ASK_WAIT, .until = now + 100};
		return true;
	}
	s->asked++;
	s->open = true;
	*out = (struct ask){.method = "GET", .path = "/", .max_bytes = 1 << 20};
	return true;
}

static bool shy_take(
	void *state, const struct answer *answer, struct batch *batch, struct err *err)
{
	(void)batch;
	(void)err;
	((struct shy *)state)->open = false;
	return answer->status == 200;
}

static void test_slow(void **state)
{
	static const struct source_kind kind = {.name = "shy",
		.state_size = sizeof(struct shy),
		.start = shy_start,
		.next = shy_next,
		.take = shy_take};
	struct world *w = *state;
	struct poll_options o = {.kind = &kind,
		.conf = {.name = "shy", .every_ms = 1000, .timeout_ms = TIMEOUT_MS}};
	char url[80];
	const struct poll_status *s;
	int64_t asked_at;
	int asked;

	snprintf(url, sizeof url, "http://127.0.0.1:%d/slow", w->faults.port);
	o.conf.url = url;
	s = poll_status(w->poll, poll_add(w->poll, &o, NULL));
	for (int i = 0; i < 900 && !s->survival; i++) {
		poll_tick(w->poll, time_now_ms());
		run_ms(w, 100);
	}
	assert_true(s->survival);
	asked = shy->asked;
	asked_at = time_mono_ms();
	/* It is left alone, and asked again all the same. */
	while (shy->asked == asked && time_mono_ms() - asked_at < PATIENCE_MS) {
		poll_tick(w->poll, time_now_ms());
		run_ms(w, 100);
	}
	assert_true(shy->spared > 0);
	assert_true(shy->asked > asked);
}

/* Freed in the middle of everything. */
static void test_free_early(void **state)
{
	struct world *w = *state;

	for (int i = 0; i < 10; i++)
		add(w, i, "alertmanager", i % 2 ? "hang" : "long");
	run_ms(w, 30);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_alertmanager, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pagerduty, setup, teardown),
		cmocka_unit_test_setup_teardown(test_prometheus, setup, teardown),
		cmocka_unit_test_setup_teardown(test_waits, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rounds, setup, teardown),
		cmocka_unit_test_setup_teardown(test_large, setup, teardown),
		cmocka_unit_test_setup_teardown(test_slow, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused_conf, setup, teardown),
		cmocka_unit_test_setup_teardown(test_free_early, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
