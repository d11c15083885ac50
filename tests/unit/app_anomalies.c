/* When an anomaly leaves what needs somebody, and when it comes again. */
#include "app/anomalies.h"
#include "app/sources.h"
#include "base/time.h"
#include "io/loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { STEP_MS = 15 * SECOND_MS };

static struct loop *loop;
static struct app *app;
static struct series *series;

static int setup(void **state)
{
	struct app_options options = {
		.no_host = true, .rc = {.looks_only = true, .no_system = true}};

	loop = loop_new();
	app = app_new(loop, &options);
	series = series_new(untrusted_str("host/errors"), 5, SIZE_MAX);
	series->id = 1;
	series->interval_ms = STEP_MS;
	series->limits = (struct limits){5, 10, false};
	(void)state;
	return 0;
}

static int tear_down(void **state)
{
	series_free(series);
	app_free(app);
	loop_free(loop);
	(void)state;
	return 0;
}

static void feed(double value, int64_t for_ms)
{
	for (int64_t i = 0; i < for_ms; i += STEP_MS) {
		app->now += STEP_MS;
		anomalies_feed(app->anomalies, series, (struct point){app->now, value});
		anomalies_tick(app->anomalies, app->now);
	}
}

static void over_when_calm(void **state)
{
	int64_t end;

	(void)state;
	feed(1, MINUTE_MS);
	assert_int_equal(anomalies_count(app->anomalies), 0);
	feed(7, 2 * MINUTE_MS);
	assert_int_equal(anomalies_open(app->anomalies), 1);
	end = app->now;
	/* Good again, for less than anybody would call over. */
	feed(1, MINUTE_MS);
	assert_int_equal(anomalies_open(app->anomalies), 1);
	feed(1, 2 * MINUTE_MS);
	assert_int_equal(anomalies_open(app->anomalies), 0);
	assert_in_range(anomalies_at(app->anomalies, 0)->end_at, end, end + MINUTE_MS);
}

static void comes_again(void **state)
{
	int64_t start;
	uint64_t id;

	(void)state;
	feed(7, 2 * MINUTE_MS);
	start = anomalies_at(app->anomalies, 0)->start_at;
	id = anomalies_at(app->anomalies, 0)->id;
	feed(1, 4 * MINUTE_MS);
	assert_int_equal(anomalies_open(app->anomalies), 0);
	/* Within the hold-off it is the same, and worse. */
	feed(12, 2 * MINUTE_MS);
	assert_int_equal(anomalies_count(app->anomalies), 1);
	assert_int_equal(anomalies_open(app->anomalies), 1);
	assert_true(anomalies_at(app->anomalies, 0)->id == id);
	assert_true(anomalies_at(app->anomalies, 0)->start_at == start);
	assert_int_equal(anomalies_at(app->anomalies, 0)->severity, SEVERITY_CRITICAL);
	/* Behind it another one. */
	feed(1, 15 * MINUTE_MS);
	feed(7, 2 * MINUTE_MS);
	assert_int_equal(anomalies_count(app->anomalies), 2);
	assert_true(anomalies_at(app->anomalies, 0)->id != id);
	assert_int_equal(anomalies_open(app->anomalies), 1);
}

static void ends_without_points(void **state)
{
	(void)state;
	feed(7, 2 * MINUTE_MS);
	app->now += 9 * MINUTE_MS;
	anomalies_tick(app->anomalies, app->now);
	assert_int_equal(anomalies_open(app->anomalies), 1);
	app->now += 2 * MINUTE_MS;
	anomalies_tick(app->anomalies, app->now);
	assert_int_equal(anomalies_open(app->anomalies), 0);
}

enum { SERIES = 40, SHARE = 8 };

/* States are saved a few at a time while all of them go on learning: a round comes to
 * each of them once, then ends. */
static void saved_in_rounds(void **state)
{
	struct series *many[SERIES];
	bool told[SERIES + 1] = {false};
	uint64_t ids[SHARE];
	size_t from = 0, all = 0, n;

	(void)state;
	for (size_t i = 0; i < SERIES; i++) {
		many[i] = series_new(untrusted_str("host/one"), 8, SIZE_MAX);
		many[i]->id = i + 1;
		many[i]->interval_ms = STEP_MS;
	}
	do {
		/* It learns by whole minutes. */
		for (int k = 0; k < 3; k++) {
			app->now += MINUTE_MS;
			for (size_t i = 0; i < SERIES; i++)
				anomalies_feed(app->anomalies, many[i],
					(struct point){app->now, (double)i});
		}
		n = anomalies_learnt(app->anomalies, &from, ids, SHARE);
		for (size_t i = 0; i < n; i++) {
			assert_in_range(ids[i], 1, SERIES);
			assert_false(told[ids[i]]);
			told[ids[i]] = true;
		}
		all += n;
	} while (n);
	assert_int_equal(all, SERIES);
	for (size_t i = 0; i < SERIES; i++)
		series_free(many[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(over_when_calm, setup, tear_down),
		cmocka_unit_test_setup_teardown(comes_again, setup, tear_down),
		cmocka_unit_test_setup_teardown(ends_without_points, setup, tear_down),
		cmocka_unit_test_setup_teardown(saved_in_rounds, setup, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
