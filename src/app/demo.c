/* The player of the demo: brings in what was before, then the story second by second
 * with the loop's tick, through the doors that real answers take (pipeline, logs,
 * sources). Writes nothing, asks nobody. Main thread. */
#include "demo_lesson.h"
#include "demo_script.h"
#include "pipeline.h"

#include "app/anomalies.h"
#include "app/logs.h"
#include "app/metrics.h"
#include "app/sources.h"
#include "base/alloc.h"
#include "base/str.h"
#include "base/time.h"
#include "io/loop.h"

#include <string.h>

enum {
	ARENA_MAX = 16 << 20,
	/* Long enough for what was before, short enough for three minutes to be seen. */
	LOOK_MS = 15 * 60 * 1000,
	LOG_BEFORE_S = 3600,
	/* A laptop that slept gets the newest of what it missed. */
	CATCH_UP_S = 600,
};

struct demo {
	struct app *app;
	struct demo_options options;
	struct demo_story story;
	int done;              /* last second that was played */
	int feeds[DEMO_FEEDS]; /* numbers of the rows */
	struct poll_status status[DEMO_FEEDS];
	int held_from; /* first second whose log lines are held back */
	struct arena arena;
	struct lesson lesson;
};

/* --- what was before --- */

static void add_queries(struct app *app)
{
	struct str line;

	str_init(&line, CONF_MAX_LINE);
	for (size_t i = 0; i < demo_series_count; i++) {
		const struct demo_series *s = &demo_series[i];

		if (i && !strcmp(s->curve.name, s[-1].curve.name))
			continue;
		str_reset(&line);
		str_puts(&line, "query ");
		conf_quote(&line, s->curve.name);
		str_printf(&line, " source=%s %s -- %s", demo_sources[DEMO_PROM].name,
			s->options, s->expr);
		rc_line(app->rc, str_text(&line), NULL);
	}
	str_release(&line);
}

static void add_sources(struct demo *demo)
{
	for (int i = 0; i < DEMO_FEEDS; i++) {
		const struct demo_source *from = &demo_sources[i];
		struct source_row row = {.name = from->name,
			.kind = "demo",
			.where = from->where,
			.pages = from->pages,
			.every_ms = from->every_s * SECOND_MS};

		demo->feeds[i] = sources_add_fed(demo->app->sources, &row);
		demo->status[i].limit_remaining = demo->status[i].limit_total = -1;
	}
}

/* The demo's answers are short, and its time does not wait. */
static void bring(struct demo *demo, int feed, const struct batch *batch)
{
	size_t taken = 0;

	while (!pipeline_answer(demo->app, demo->feeds[feed], batch, &taken))
		;
}

static void bring_points(struct demo *demo, struct demo_span span)
{
	struct batch batch;

	arena_reset(&demo->arena);
	batch_init(&batch, &demo->arena);
	demo_points(&demo->story, &span, &batch);
	bring(demo, DEMO_PROM, &batch);
}

static void bring_reading(struct demo *demo, int64_t at)
{
	struct host_metric list[HOST_MAX_METRICS];
	size_t n = demo_reading(&demo->story, at, list, HOST_MAX_METRICS);

	pipeline_reading(demo->app, at, list, n);
}

static void bring_line(void *ctx, const struct logline *line)
{
	logs_add(((struct demo *)ctx)->app->logs, line);
}

/* Nine days that the detectors have watched, so that they know what is usual; the nearer
 * the finer, all in all what a series holds. */
static const struct {
	int64_t from_ms, to_ms, step_ms;
} past[] = {
	{9 * DAY_MS, 25 * HOUR_MS, 20 * MINUTE_MS},
	{25 * HOUR_MS, HOUR_MS, 5 * MINUTE_MS},
	{HOUR_MS, 20 * MINUTE_MS, 20 * SECOND_MS},
	{20 * MINUTE_MS, 0, 5 * SECOND_MS},
};

static void bring_past(struct demo *demo)
{
	int64_t begin = demo->story.begin;

	for (size_t i = 0; i < sizeof past / sizeof past[0]; i++) {
		struct demo_span span = {begin - past[i].from_ms,
			begin - past[i].to_ms - past[i].step_ms, past[i].step_ms};

		bring_points(demo, span);
		for (int64_t at = span.from; at <= span.to; at += span.step_ms)
			bring_reading(demo, at);
	}
	for (int second = -LOG_BEFORE_S; second < 0; second++)
		demo_lines(&demo->story, second, bring_line, demo);
}

/* --- second by second --- */

static void tell_status(
	struct demo *demo, enum demo_feed feed, int64_t at, const struct err *why)
{
	struct poll_status *status = &demo->status[feed];

	if (why->kind) {
		status->state = POLL_FAILING;
		status->error = *why;
		status->failures++;
		if (!status->failing_since)
			status->failing_since = at;
		status->next_try_at = at + demo_sources[feed].every_s * SECOND_MS;
	} else {
		status->state = POLL_OK;
		status->last_ok_at = at;
		status->failing_since = status->next_try_at = 0;
		status->answers++;
	}
	status->latency_ms = status->p95_ms = 18 + 9 * (int)feed;
	sources_feed(demo->app->sources, demo->feeds[feed], status);
}

static void ask(struct demo *demo, enum demo_feed feed, int second)
{
	int64_t at = demo->story.start + second * SECOND_MS;
	struct batch batch;
	struct err err = {0};

	if (feed == DEMO_HOST) {
		bring_reading(demo, at);
		return;
	}
	arena_reset(&demo->arena);
	batch_init(&batch, &demo->arena);
	if (demo_answer(&demo->story, feed, second, &batch, &err))
		bring(demo, feed, &batch);
	tell_status(demo, feed, at, &err);
}

/* Lines are held back while their source is down, and come late. */
static void bring_lines(struct demo *demo, int second)
{
	const struct demo_source *s = &demo_sources[DEMO_LOKI];

	if (second >= s->down_from && second < s->down_to)
		return;
	for (; demo->held_from <= second; demo->held_from++)
		demo_lines(&demo->story, demo->held_from, bring_line, demo);
}

static void end(struct demo *demo)
{
	app_notice(demo->app, false,
		"the demo is over: all incidents of the story are resolved");
	if (demo->options.teaches)
		lesson_end(&demo->lesson);
	if (demo->options.stops)
		loop_stop(demo->app->loop);
}

static void play(struct demo *demo, int second)
{
	for (enum demo_feed feed = 0; feed < DEMO_FEEDS; feed++) {
		const struct demo_source *s = &demo_sources[feed];

		if (second % s->every_s == s->phase % s->every_s || !second)
			ask(demo, feed, second);
	}
	bring_lines(demo, second);
	if (second == DEMO_SECONDS)
		end(demo);
}

void demo_step(struct demo *demo, int64_t now)
{
	int second = (int)((now - demo->story.start) / SECOND_MS);

	if (second - demo->done > CATCH_UP_S && demo->done >= DEMO_SECONDS)
		demo->done = second - CATCH_UP_S;
	while (demo->done < second)
		play(demo, ++demo->done);
	if (demo->options.teaches)
		lesson_tick(&demo->lesson, now);
}

static void tick(void *ctx, int64_t now)
{
	demo_step(ctx, now);
}

static void begin_round(struct demo *demo, int64_t start)
{
	demo->story.start = start;
	demo->story.round++;
	demo->done = -1;
	demo->held_from = 0;
	if (demo->options.teaches)
		lesson_begin(&demo->lesson, demo->app, start);
}

struct demo *demo_new(struct app *app, const struct demo_options *options)
{
	struct demo *demo = mem_new(1, sizeof *demo);
	int64_t now = app->now;

	demo->app = app;
	demo->options = *options;
	demo->story.seed = options->seed;
	demo->story.begin = now - options->at_s * SECOND_MS;
	arena_init(&demo->arena, ARENA_MAX);
	app->rc->profile = "DEMO";
	app->window.span_ms = app->window_set = LOOK_MS;
	/* A season's anomaly takes minutes to be sure: it would come behind the end. */
	rc_line(app->rc, "set anomaly.points = 5", NULL);
	anomalies_hold(app->anomalies, 15 * SECOND_MS);
	add_queries(app);
	add_sources(demo);
	demo->story.start = demo->story.begin;
	bring_past(demo);
	begin_round(demo, demo->story.begin);
	for (int i = 0; i <= options->at_s; i++) {
		app->now = demo->story.begin + i * SECOND_MS;
		demo_step(demo, app->now);
	}
	app->now = now;
	loop_on_tick(app->loop, tick, demo);
	return demo;
}

void demo_free(struct demo *demo)
{
	if (!demo)
		return;
	demo->app->hint = NULL;
	arena_release(&demo->arena);
	mem_free(demo);
}

void demo_ran(void *ctx, const struct command *command, const char *rest)
{
	struct demo *demo = ctx;

	if (demo->options.teaches)
		lesson_ran(&demo->lesson, command, rest);
}

static enum status cmd_demo(struct call *call, struct err *err)
{
	struct demo *demo = call->ctx;

	if (demo->done < DEMO_SECONDS) {
		err_set(err, ERR_USAGE, "the demo is still on, for %d s",
			DEMO_SECONDS - demo->done);
		return STATUS_USAGE;
	}
	begin_round(demo, call->app->now);
	demo_step(demo, call->app->now);
	return STATUS_DONE;
}

const struct command demo_commands[] = {
	{"demo", "", "play the demo again", 0, 0, 0, cmd_demo},
	{0},
};
