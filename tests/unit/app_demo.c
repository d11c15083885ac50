/* The demo: the same seed and start give the same story, alerts are whole, nothing of
 * the story lies outside of its three minutes, and the world is calm again behind it. */
#include "app/alerts.h"
#include "app/anomalies.h"
#include "app/demo.h"
#include "app/logs.h"
#include "app/metrics.h"
#include "app/sources.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "io/loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>

enum { STORY_TEXT = 64 << 20 };

static const struct demo_story story = {.seed = DEMO_SEED,
	.begin = INT64_C(1795000000000),
	.start = INT64_C(1795000000000),
	.round = 1};

/* --- the story --- */

static void print_line(void *ctx, const struct logline *line)
{
	str_printf(ctx, "line %lld %s ", (long long)line->at, level_name(line->level));
	text_add_line(ctx, line->host, 40);
	text_add_line(ctx, line->unit, 40);
	text_add_line(ctx, line->text, 200);
	str_putc(ctx, '\n');
}

static void print_second(const struct demo_story *s, int second, struct str *out)
{
	for (enum demo_feed feed = DEMO_PROM; feed < DEMO_FEEDS; feed++) {
		struct arena arena;
		struct batch batch;
		struct err err = {0};

		arena_init(&arena, 1 << 20);
		batch_init(&batch, &arena);
		if (demo_answer(s, feed, second, &batch, &err))
			batch_print(&batch, out);
		else
			str_printf(out, "error %s\n", err.text);
		assert_false(batch.cut);
		arena_release(&arena);
	}
	demo_lines(s, second, print_line, out);
}

static void print_story(const struct demo_story *s, struct str *out)
{
	str_init(out, STORY_TEXT);
	for (int second = 0; second <= DEMO_SECONDS; second++)
		print_second(s, second, out);
	assert_false(out->cut);
}

static void same_seed_same_batches(void **state)
{
	struct demo_story other = story;
	struct str a, b, c;

	(void)state;
	print_story(&story, &a);
	print_story(&story, &b);
	other.seed++;
	print_story(&other, &c);
	assert_true(a.n > 100000);
	assert_string_equal(str_text(&a), str_text(&b));
	assert_string_not_equal(str_text(&a), str_text(&c));
	str_release(&a);
	str_release(&b);
	str_release(&c);
}

static void check_alert(const struct alert_draft *a, int64_t now)
{
	static const enum alert_text needed[] = {
		ALERT_ID, ALERT_TITLE, ALERT_SUMMARY, ALERT_SERVICE};

	for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
		assert_false(untrusted_empty(a->texts[needed[i]]));
	assert_true(a->severity <= SEVERITY_WARNING);
	assert_true(a->started_at > 0 && a->started_at <= now);
	assert_true(a->acked_at <= now && a->ended_at <= now);
	assert_true((a->state == ALERT_RESOLVED) == (a->ended_at > 0));
	if (a->state == ALERT_ACKNOWLEDGED) {
		assert_true(a->acked_at >= a->started_at);
		assert_false(untrusted_empty(a->texts[ALERT_ACKED_BY]));
	}
	assert_true(!a->next_at || a->next_at > now);
	assert_true((a->next_at > 0) == !untrusted_empty(a->texts[ALERT_NEXT]) ||
		    a->state == ALERT_RESOLVED);
	assert_true(a->pages == !untrusted_empty(a->texts[ALERT_LINK]));
	assert_true(a->label_count >= 2 && a->annotation_count == 1);
	for (size_t i = 0; i < a->label_count; i++)
		assert_false(untrusted_empty(a->labels[i].value));
}

static void alerts_are_whole(void **state)
{
	size_t most = 0;

	(void)state;
	for (int second = 0; second <= DEMO_SECONDS; second++) {
		size_t n = 0;

		for (enum demo_feed feed = DEMO_AM; feed <= DEMO_PD; feed++) {
			struct arena arena;
			struct batch batch;

			arena_init(&arena, 1 << 20);
			batch_init(&batch, &arena);
			assert_true(demo_answer(&story, feed, second, &batch, NULL));
			assert_true(batch.alerts_snapshot);
			for (size_t i = 0; i < batch.alert_count; i++)
				check_alert(&batch.alerts[i],
					story.start + second * SECOND_MS);
			n += batch.alert_count;
			arena_release(&arena);
		}
		most = n > most ? n : most;
	}
	assert_true(most >= 5);
}

/* Alerts, changes and values are those of the beginning before and behind the story. */
static void nothing_outside(void **state)
{
	static const int seconds[] = {0, DEMO_SECONDS, DEMO_SECONDS + 3600};

	(void)state;
	for (size_t i = 0; i < sizeof seconds / sizeof seconds[0]; i++) {
		struct arena arena;
		struct batch batch;
		int64_t now = story.start + seconds[i] * SECOND_MS;

		arena_init(&arena, 1 << 20);
		batch_init(&batch, &arena);
		for (enum demo_feed feed = DEMO_PROM; feed < DEMO_FEEDS; feed++)
			assert_true(demo_answer(&story, feed, seconds[i], &batch, NULL));
		assert_int_equal(batch.alert_count, 2);
		for (size_t k = 0; k < batch.alert_count; k++)
			assert_true(batch.alerts[k].started_at < story.begin);
		for (size_t k = 0; k < batch.change_count; k++)
			assert_true(batch.changes[k].at <=
				    story.start + DEMO_SECONDS * SECOND_MS);
		for (size_t k = 0; k < batch.series_count; k++) {
			assert_int_equal(batch.series[k].points[0].at, now);
			if (batch.series[k].query == 0)
				assert_true(batch.series[k].points[0].value < 0.003);
		}
		arena_release(&arena);
	}
}

/* --- the player --- */

struct world {
	struct loop *loop;
	struct app *app;
	struct demo *demo;
};

static void open_world(struct world *w, bool teaches)
{
	const struct app_options options = {.demo = true, .rc = {.looks_only = true}};

	w->loop = loop_new();
	w->app = app_new(w->loop, &options);
	w->app->now = story.begin;
	w->demo = demo_new(
		w->app, &(struct demo_options){.seed = DEMO_SEED, .teaches = teaches});
}

static void close_world(struct world *w)
{
	demo_free(w->demo);
	app_free(w->app);
	loop_free(w->loop);
}

static void go_to(struct world *w, int second)
{
	while (w->app->now < story.begin + second * SECOND_MS) {
		w->app->now += SECOND_MS;
		demo_step(w->demo, w->app->now);
	}
}

static size_t firing(const struct world *w, enum severity severity)
{
	return alerts_counts(w->app->alerts).firing[severity];
}

static void plays_to_its_end(void **state)
{
	struct world w;
	char why[256];
	size_t lines;

	(void)state;
	open_world(&w, false);
	assert_string_equal(w.app->rc->profile, "DEMO");
	assert_null(w.app->host_reader);
	assert_int_equal(alerts_count(w.app->alerts), 2);
	assert_int_equal(anomalies_count(w.app->anomalies), 0);
	assert_string_equal(anomalies_learning(w.app->anomalies), "");
	assert_true(logs_count(w.app->logs) > 60);
	for (size_t i = 0; i < metrics_count(w.app->metrics); i++) {
		const struct series *s = metrics_at(w.app->metrics, i);

		assert_false(series_stale(w.app, s));
		assert_true(
			series_span(s, story.begin - HOUR_MS, story.begin).count > 200);
		assert_int_equal(
			limits_judge(s->limits, series_value(w.app, s)), SEVERITY_OK);
	}
	go_to(&w, DEMO_WORST_S);
	assert_int_equal(firing(&w, SEVERITY_CRITICAL), 2);
	assert_true(anomalies_open(w.app->anomalies) > 0);
	assert_int_equal(alerts_quiet(w.app->alerts, why, sizeof why), QUIET_NO);
	assert_int_equal(
		source_health(sources_row(w.app->sources, DEMO_LOKI), w.app->now),
		HEALTH_BAD);
	lines = logs_count(w.app->logs);
	go_to(&w, 105);
	/* What was held back has come. */
	assert_true(logs_count(w.app->logs) > lines + 5);
	assert_int_equal(
		source_health(sources_row(w.app->sources, DEMO_LOKI), w.app->now),
		HEALTH_OK);
	/* Colleagues have taken both pages. */
	assert_int_equal(firing(&w, SEVERITY_CRITICAL), 0);
	assert_int_equal(alerts_counts(w.app->alerts).acknowledged, 3);
	go_to(&w, DEMO_SECONDS);
	assert_int_equal(firing(&w, SEVERITY_CRITICAL), 0);
	assert_int_equal(alerts_count(w.app->alerts), 2);
	assert_int_equal(changes_count(w.app->alerts), 4);
	for (size_t i = 1; i < logs_count(w.app->logs); i++)
		assert_true(
			logs_at(w.app->logs, i)->at >= logs_at(w.app->logs, i - 1)->at);
	/* Nothing is found behind the end. */
	assert_int_equal(anomalies_open(w.app->anomalies), 0);
	assert_int_equal(anomalies_count(w.app->anomalies), 2);
	go_to(&w, DEMO_SECONDS + 15 * 60);
	assert_int_equal(anomalies_count(w.app->anomalies), 2);
	for (size_t i = 0; i < sources_count(w.app->sources); i++)
		assert_string_equal(sources_row(w.app->sources, i)->kind, "demo");
	close_world(&w);
}

/* Detectors think in minutes of the clock: whenever the story begins in one, they
 * find the same two, and nothing behind the end. */
static void same_in_every_minute(void **state)
{
	(void)state;
	for (int64_t late = 0; late < MINUTE_MS; late += 13 * SECOND_MS) {
		struct world w;

		w.loop = loop_new();
		w.app = app_new(w.loop,
			&(struct app_options){.demo = true, .rc = {.looks_only = true}});
		w.app->now = story.begin + late;
		w.demo = demo_new(w.app, &(struct demo_options){.seed = DEMO_SEED});
		go_to(&w, DEMO_SECONDS + 300);
		assert_int_equal(anomalies_count(w.app->anomalies), 2);
		assert_int_equal(anomalies_open(w.app->anomalies), 0);
		close_world(&w);
	}
}

static void starts_later(void **state)
{
	struct world w;

	(void)state;
	w.loop = loop_new();
	w.app = app_new(
		w.loop, &(struct app_options){.demo = true, .rc = {.looks_only = true}});
	w.demo = demo_new(
		w.app, &(struct demo_options){.seed = DEMO_SEED, .at_s = DEMO_WORST_S});
	assert_int_equal(firing(&w, SEVERITY_CRITICAL), 2);
	close_world(&w);
}

static void plays_again(void **state)
{
	struct world w;
	struct commands commands = {0};
	struct run_options options = {0};
	struct err err = {0};

	(void)state;
	open_world(&w, false);
	commands_add(&commands, demo_commands, w.demo);
	assert_int_equal(
		command_run(w.app, &commands, "demo", &options, &err), STATUS_USAGE);
	go_to(&w, DEMO_SECONDS + 60);
	assert_int_equal(
		command_run(w.app, &commands, "demo", &options, &err), STATUS_DONE);
	go_to(&w, DEMO_SECONDS + 60 + DEMO_WORST_S);
	assert_int_equal(firing(&w, SEVERITY_CRITICAL), 2);
	/* The deploy of each round is another one. */
	assert_int_equal(changes_count(w.app->alerts), 5);
	go_to(&w, 2 * DEMO_SECONDS + 60);
	assert_int_equal(alerts_count(w.app->alerts), 2);
	close_world(&w);
}

/* --- the lesson --- */

static enum status does_nothing(struct call *call, struct err *err)
{
	(void)call;
	(void)err;
	return STATUS_DONE;
}

static enum status fails(struct call *call, struct err *err)
{
	(void)call;
	err_set(err, ERR_MISSING, "no");
	return STATUS_FAILED;
}

static const struct command some_commands[] = {
	{"down", "", "", 0, 0, 1, does_nothing},
	{"open", "", "", 0, 0, 0, does_nothing},
	{"runbook", "", "", 0, 0, 0, fails},
	{"pane", "N", "", 0, 1, 1, does_nothing},
	{"back", "", "", 0, 0, 0, does_nothing},
	{0},
};

static void lesson_follows(void **state)
{
	struct world w;
	struct commands commands = {0};
	struct run_options options = {0};
	struct err err;
	const struct hint *hint;

	(void)state;
	open_world(&w, true);
	commands_add(&commands, some_commands, NULL);
	commands.ran = demo_ran;
	commands.ran_ctx = w.demo;
	hint = w.app->hint;
	assert_string_equal(hint->title, "1/10");
	assert_string_equal(hint->commands[0], "down");
	assert_false(hint->done);
	/* Another command teaches nothing. */
	command_run(w.app, &commands, "back", &options, &err);
	assert_false(w.app->hint->done);
	command_run(w.app, &commands, "down 3", &options, &err);
	assert_true(w.app->hint->done);
	go_to(&w, 2);
	assert_string_equal(w.app->hint->title, "2/10");
	assert_false(w.app->hint->done);
	command_run(w.app, &commands, "open", &options, &err);
	assert_true(w.app->hint->done);
	/* Done at once, and the next is there; what failed was not done. */
	command_run(w.app, &commands, "runbook", &options, &err);
	go_to(&w, 4);
	assert_string_equal(w.app->hint->title, "3/10");
	assert_false(w.app->hint->done);
	/* Nobody does it: it goes by itself. */
	go_to(&w, 24);
	assert_string_equal(w.app->hint->title, "4/10");
	command_run(w.app, &commands, "back", &options, &err);
	command_run(w.app, &commands, "pane 2", &options, &err);
	assert_string_equal(w.app->hint->title, "5/10");
	assert_false(w.app->hint->done);
	command_run(w.app, &commands, "pane 3", &options, &err);
	assert_true(w.app->hint->done);
	go_to(&w, DEMO_SECONDS);
	assert_string_equal(w.app->hint->title, "The end");
	assert_string_equal(w.app->hint->commands[0], "quit");
	go_to(&w, DEMO_SECONDS + 60);
	assert_string_equal(w.app->hint->title, "The end");
	close_world(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_seed_same_batches),
		cmocka_unit_test(alerts_are_whole),
		cmocka_unit_test(nothing_outside),
		cmocka_unit_test(plays_to_its_end),
		cmocka_unit_test(same_in_every_minute),
		cmocka_unit_test(starts_later),
		cmocka_unit_test(plays_again),
		cmocka_unit_test(lesson_follows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
