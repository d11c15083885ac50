/* An invented incident of three minutes, to learn oogway without a network: series,
 * alerts, a deploy, log lines and sources that go through the doors of real ones. The
 * same seed and start give the same answers. Main thread. */
#ifndef APP_DEMO_H
#define APP_DEMO_H

#include "app/app.h"
#include "app/command.h"
#include "io/host.h"
#include "model/batch.h"
#include "model/logline.h"

enum { DEMO_SECONDS = 180, DEMO_WORST_S = 82, DEMO_SEED = 84 };

/* What feeds the story; the numbers are those of the rows in app/sources.h. */
enum demo_feed { DEMO_HOST, DEMO_PROM, DEMO_AM, DEMO_PD, DEMO_LOKI, DEMO_FEEDS };

/* --- the player --- */
struct demo;

struct demo_options {
	uint64_t seed;
	int at_s;     /* where the story stands when it is shown first */
	bool stops;   /* at its end the loop stops; else it stays */
	bool teaches; /* with the lesson */
};

/* For an app with app->demo. Brings in the days and the hour before the story and what
 * happened up to at_s; goes on with the loop's tick. */
struct demo *demo_new(struct app *app, const struct demo_options *options);
void demo_free(struct demo *demo);
/* Up to `now`; for the tick, and tests. */
void demo_step(struct demo *demo, int64_t now);
/* A command was done: the lesson ticks it off. ctx is the demo. */
void demo_ran(void *ctx, const struct command *command, const char *rest);
extern const struct command demo_commands[];

/* --- the story, without state --- */
struct demo_story {
	uint64_t seed;
	int64_t begin; /* of the first round, UTC ms */
	int64_t start; /* of this round */
	int round;     /* from 1 */
};

/* A span of points: at from, from + step, …, up to and with to. */
struct demo_span {
	int64_t from, to, step_ms;
};

/* What a feed answers in that second of the round. False while it does not answer:
 * *err says what the story lets it say. */
bool demo_answer(const struct demo_story *story, enum demo_feed feed, int second,
	struct batch *out, struct err *err);
void demo_points(
	const struct demo_story *story, const struct demo_span *span, struct batch *out);
size_t demo_reading(
	const struct demo_story *story, int64_t at, struct host_metric *out, size_t max);
/* Calls take for each line of that second; before the story it is below 0. */
void demo_lines(const struct demo_story *story, int second,
	void (*take)(void *ctx, const struct logline *line), void *ctx);

#endif
