/* Long answers: what is shown meanwhile is whole and in order, what is counted is what
 * came, and in the end the list is the answer. */
#include "app/alerts.h"
#include "app/problems.h"
#include "io/loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { AM = 1, MANY = 20000, NEEDS = 50 };

struct world {
	struct loop *loop;
	struct app *app;
	struct loop_timer *timer;
	char rc[64];
	size_t shown; /* rows while the answer is being merged */
	int turns;
};

static int setup(void **state)
{
	static struct world world;
	struct app_options options = {.no_host = true};
	int fd;

	strcpy(world.rc, "/tmp/oogway-alerts-XXXXXX");
	fd = mkstemp(world.rc);
	assert_true(fd >= 0);
	dprintf(fd, "source am alertmanager url=http://am:9093\n"
		    "heartbeat dog alert=Watchdog every=1h\n");
	close(fd);
	options.rc = (struct rc_options){.file = world.rc, .no_system = true};
	world.loop = loop_new();
	world.app = app_new(world.loop, &options);
	*state = &world;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	loop_timer_free(w->timer);
	app_free(w->app);
	loop_free(w->loop);
	unlink(w->rc);
	return 0;
}

/* From the i-th on; one in five of the kind that `round` changes. */
static void give(struct world *w, size_t from, size_t to, int round)
{
	struct arena arena;
	struct batch batch;

	arena_init(&arena, 64 << 20);
	batch_init(&batch, &arena);
	for (size_t i = from; i < to; i++) {
		struct alert_draft *draft = batch_add_alert(&batch);
		char id[24];

		snprintf(id, sizeof id, "%zu", i * 7919);
		draft->texts[ALERT_ID] = untrusted_copy(&arena, untrusted_str(id));
		draft->texts[ALERT_TITLE] =
			untrusted_str(i == from ? "Watchdog" : "HostDown");
		draft->texts[ALERT_SERVICE] = draft->texts[ALERT_ID];
		draft->severity = (enum severity)(i % 4);
		draft->state = round && i % 5 == 0 ? ALERT_ACKNOWLEDGED : ALERT_FIRING;
		draft->pages = i % 2;
		draft->started_at = (int64_t)(1 + i % 100);
	}
	batch.alerts_snapshot = true;
	alerts_apply(w->app->alerts, AM, &batch);
	arena_release(&arena);
}

/* Counts of what is shown, by walking. */
static struct alert_counts walk(const struct alerts *alerts)
{
	struct alert_counts counts = {.total = alerts_count(alerts)};

	for (size_t i = 0; i < counts.total; i++) {
		const struct alert *a = alerts_at(alerts, i);

		counts.firing[a->severity] += a->state == ALERT_FIRING;
		counts.acknowledged += a->state == ALERT_ACKNOWLEDGED;
	}
	return counts;
}

static void in_order(const struct world *w)
{
	const struct alerts *alerts = w->app->alerts;
	struct alert_counts counts = walk(alerts), merged = alerts_counts(alerts);
	struct problem problems[NEEDS];
	size_t total, at, n = problems_list(w->app, problems, NEEDS, &total);
	size_t urgent = counts.firing[0] + counts.firing[1] + counts.firing[2] +
			counts.acknowledged;

	assert_int_equal(n, urgent < NEEDS ? urgent : NEEDS);
	for (size_t i = 0; i < n; i++)
		assert_ptr_equal(problems[i].alert, alerts_at(alerts, i));
	if (alerts_settled(alerts)) {
		assert_int_equal(merged.total, counts.total);
		assert_int_equal(merged.acknowledged, counts.acknowledged);
		assert_memory_equal(merged.firing, counts.firing, sizeof counts.firing);
		assert_int_equal(total, urgent);
	}
	at = urgent - counts.acknowledged;
	for (size_t i = 0; i < alerts_count(alerts); i++) {
		const struct alert *a = alerts_at(alerts, i);
		bool loud = a->state == ALERT_FIRING && a->severity <= SEVERITY_WARNING;

		assert_int_equal(i < at, loud);
		if (i > 0 && i < at)
			assert_true(alerts_at(alerts, i - 1)->severity <= a->severity);
		if (i >= at && i < at + counts.acknowledged)
			assert_int_equal(a->state, ALERT_ACKNOWLEDGED);
	}
}

static void look(void *ctx)
{
	struct world *w = ctx;

	in_order(w);
	w->turns++;
	if (alerts_settled(w->app->alerts)) {
		loop_stop(w->loop);
		return;
	}
	assert_int_equal(alerts_count(w->app->alerts), w->shown);
	loop_timer_start(w->timer, 1);
}

static void settle(struct world *w)
{
	w->turns = 0;
	if (!w->timer)
		w->timer = loop_timer(w->loop, look, w);
	loop_timer_start(w->timer, 0);
	loop_run(w->loop);
}

static void check_rows(const struct world *w, size_t from, size_t to)
{
	const struct alerts *alerts = w->app->alerts;

	/* The first is the heartbeat, and no row. */
	assert_int_equal(alerts_count(alerts), to - from - 1);
	assert_int_equal(alerts_of(alerts, AM), to - from - 1);
	for (size_t i = from; i < to; i++) {
		char id[24];
		uint64_t key;
		size_t at;

		snprintf(id, sizeof id, "%zu", i * 7919);
		key = alert_key("am", untrusted_str(id));
		assert_int_equal(alerts_place(alerts, key, &at), i != from);
		if (i == from)
			assert_null(alerts_find(alerts, key));
		else
			assert_ptr_equal(alerts_at(alerts, at), alerts_find(alerts, key));
	}
}

static void shown_whole(void **state)
{
	struct world *w = *state;
	size_t pages = 0;

	w->shown = 0;
	give(w, 0, MANY, 0);
	/* Merged or not, it is no quiet moment. */
	assert_true(alerts_counts(w->app->alerts).total > 0);
	settle(w);
	assert_true(w->turns > 1);
	check_rows(w, 0, MANY);
	w->shown = alerts_count(w->app->alerts);
	/* A quarter goes, as much comes, one in five changes; and once more at once. */
	give(w, MANY / 4, MANY + MANY / 4, 1);
	give(w, MANY / 4, MANY + MANY / 4, 1);
	settle(w);
	assert_true(w->turns > 1);
	check_rows(w, MANY / 4, MANY + MANY / 4);
	for (size_t i = 0; i < alerts_count(w->app->alerts); i++) {
		const struct alert *a = alerts_at(w->app->alerts, i);

		pages += a->pages && a->state == ALERT_FIRING;
	}
	assert_int_equal(alerts_counts(w->app->alerts).pages, pages);
	w->shown = alerts_count(w->app->alerts);
	give(w, 0, 1, 0);
	settle(w);
	assert_int_equal(alerts_count(w->app->alerts), 0);
	assert_int_equal(alerts_counts(w->app->alerts).total, 0);
	assert_int_equal(alerts_counts(w->app->alerts).pages, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(shown_whole, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
