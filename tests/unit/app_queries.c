/* What became of each query of the rc, and the row that stands for one without data. */
#include "app/anomalies.h"
#include "app/listing.h"
#include "app/metrics.h"
#include "app/sources.h"
#include "base/time.h"
#include "io/loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { PROM = 1 };

static struct loop *loop;
static struct app *app;
static char file[64];
static int asked = PROM; /* whose answers are told */

static int setup(void **state)
{
	struct app_options options = {.no_host = true};
	int fd;

	(void)state;
	asked = PROM;
	strcpy(file, "/tmp/oogway-queries-XXXXXX");
	fd = mkstemp(file);
	assert_true(fd >= 0);
	dprintf(fd, "source prom prometheus url=http://prom:9090\n"
		    "query a source=prom -- a\nquery b source=prom -- b\n"
		    "query c source=prom most=1 -- c\n");
	close(fd);
	options.rc = (struct rc_options){.file = file, .no_system = true};
	loop = loop_new();
	app = app_new(loop, &options);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	app_free(app);
	loop_free(loop);
	unlink(file);
	return 0;
}

static void ignore(void *ctx, const struct series *series, struct point point)
{
	(void)ctx;
	(void)series;
	(void)point;
}

/* One answer about a query: its series by their labels, or why it has none. */
static void tell(int query, const char *const *labels, size_t odd, const char *error)
{
	struct point point = {app->now - 1000, 7};
	struct batch_query *told;
	struct arena arena;
	struct batch batch;
	size_t taken = 0;

	arena_init(&arena, 1 << 20);
	batch_init(&batch, &arena);
	told = batch_add_query(&batch);
	*told = (struct batch_query){
		.query = query, .odd = odd, .error = untrusted_str(error)};
	for (; *labels; labels++) {
		struct batch_series *series = batch_add_series(&batch);

		series->query = query;
		series->labels = untrusted_str(*labels);
		series->points = &point;
		series->count = 1;
		told->series++;
	}
	assert_true(metrics_apply(app->metrics, asked, &batch, &taken, ignore, NULL));
	arena_release(&arena);
}

static const char *const none[] = {NULL}, *const plain[] = {"", NULL},
			 *const two[] = {"{h=\"x\"}", "{h=\"y\"}", NULL};

/* "a no data, b x 7" */
static const char *rows(void)
{
	static char out[300];
	size_t n = 0;

	out[0] = '\0';
	for (size_t i = 0; i < metrics_count(app->metrics); i++) {
		const struct series *series = metrics_at(app->metrics, i);
		char name[60], now[UNIT_TEXT];

		series_label(series, name, sizeof name);
		n += (size_t)snprintf(out + n, sizeof out - n, "%s%s %s", n ? ", " : "",
			name, series_now(app, series, now));
	}
	return out;
}

static bool whole(char why[300])
{
	struct poll_status fine = {.state = POLL_OK, .last_ok_at = app->now};
	struct source_row row = {
		.name = "host", .kind = "host", .every_ms = 1000, .status = fine};

	/* The sources are well: what is left are the queries. */
	sources_add_fed(app->sources, &row);
	sources_feed(app->sources, SOURCE_HOST, &fine);
	sources_feed(app->sources, PROM, &fine);
	return metric_listing.complete(app, why, 300);
}

static void a_row_stands_for_a_query(void **state)
{
	char why[300];
	const char *said;

	(void)state;
	assert_string_equal(rows(), "");
	tell(0, none, 0, "");
	assert_string_equal(rows(), "a no data");
	tell(0, none, 0, "");
	tell(1, none, 2, "");
	assert_string_equal(rows(), "a no data, b no data");
	assert_int_equal(metrics_query_health(app->metrics, 1, &said), QUERY_ODD);
	assert_string_equal(said, "no data: its value is not a number");
	assert_true(whole(why));
	tell(1, none, 0, "parse \x1b[31m error");
	assert_string_equal(rows(), "a no data, b failed");
	assert_int_equal(
		series_health(app, metrics_at(app->metrics, 1), &said), QUERY_FAILED);
	assert_string_equal(said, "parse ^[[31m error");
	assert_false(whole(why));
	assert_string_equal(why, "prom: query b: parse ^[[31m error");
	/* A number without labels takes the very row; labels take its place. */
	tell(1, plain, 0, "");
	assert_string_equal(rows(), "a no data, b 7");
	tell(0, two, 0, "");
	assert_string_equal(rows(), "a x 7, a y 7, b 7");
	assert_int_equal(metrics_query_health(app->metrics, 0, &said), QUERY_FINE);
	assert_string_equal(said, "");
	/* What was there keeps its rows, and its last value. */
	tell(0, none, 0, "");
	assert_string_equal(rows(), "a x 7, a y 7, b 7");
	assert_int_equal(
		series_health(app, metrics_at(app->metrics, 0), &said), QUERY_EMPTY);
	app->now += 2 * app->window.span_ms;
	assert_string_equal(rows(), "a x no data, a y no data, b -");
}

static bool read_anew(const char *lines)
{
	FILE *f = fopen(file, "w");
	struct rc *rc;

	assert_non_null(f);
	fputs(lines, f);
	fclose(f);
	rc = rc_read(&(struct rc_options){.file = file, .no_system = true});
	app_take_rc(app, rc);
	return !rc->conf.errors_total;
}

/* Lines that stay keep what is known of them, wherever they go. */
static void a_reload_keeps_what_is_known(void **state)
{
	const char *said;

	(void)state;
	tell(0, none, 0, "");
	tell(1, none, 0, "wrong");
	assert_true(read_anew("source prom prometheus url=http://prom:9090\n"
			      "query c source=prom -- c\n"
			      "query b source=prom -- b\n"));
	assert_string_equal(rows(), "b failed");
	assert_int_equal(metrics_query_health(app->metrics, 0, &said), QUERY_UNASKED);
	assert_int_equal(metrics_query_health(app->metrics, 1, &said), QUERY_FAILED);
	assert_string_equal(said, "wrong");
	tell(1, two, 0, "");
	assert_string_equal(rows(), "b x 7, b y 7");
	/* Another server: nothing is known. */
	assert_true(read_anew("source prom prometheus url=http://other:9090\n"
			      "query b source=prom -- b\n"));
	assert_string_equal(rows(), "");
	assert_int_equal(metrics_query_health(app->metrics, 0, &said), QUERY_UNASKED);
	tell(0, none, 0, "");
	assert_string_equal(rows(), "b no data");
}

static void exceed(const struct series *series)
{
	for (int i = 0; i < 3; i++) {
		app->now += MINUTE_MS;
		anomalies_feed(app->anomalies, series, (struct point){app->now, 9});
	}
}

/* Of two metrics with one name the source is said, from when there are two. */
static void the_source_of_a_name(void **state)
{
	const struct anomaly_row *row;
	struct json_out json;
	struct str out;

	(void)state;
	str_init(&out, 2000);
	assert_true(read_anew("source prom prometheus url=http://prom:9090\n"
			      "source vm victoriametrics url=http://vm:8428\n"
			      "query cpu source=prom warn=8 -- a\n"
			      "query cpu source=vm warn=8 -- a\n"
			      "query load source=vm warn=8 -- b\n"));
	asked = sources_find(app->sources, "prom");
	tell(0, two, 0, "");
	exceed(metrics_at(app->metrics, 0));
	row = anomalies_at(app->anomalies, 0);
	assert_string_equal(row->name, "cpu x");
	asked = sources_find(app->sources, "vm");
	tell(0, two, 0, "");
	tell(1, two, 0, "");
	assert_true(metrics_ambiguous(app->metrics, metrics_at(app->metrics, 2)));
	assert_false(metrics_ambiguous(app->metrics, metrics_at(app->metrics, 4)));
	anomalies_tick(app->anomalies, app->now);
	exceed(metrics_at(app->metrics, 2));
	exceed(metrics_at(app->metrics, 4));
	assert_int_equal(anomalies_count(app->anomalies), 3);
	assert_string_equal(anomalies_at(app->anomalies, 0)->name, "load x");
	assert_string_equal(anomalies_at(app->anomalies, 1)->name, "vm: cpu x");
	assert_string_equal(anomalies_at(app->anomalies, 2)->name, "prom: cpu x");
	/* A script has a member for it. */
	json_begin(&json, &out);
	json_open(&json, NULL, '{');
	anomaly_listing.json(app, anomalies_at(app->anomalies, 1), &json);
	json_shut(&json, '}');
	assert_non_null(strstr(str_text(&out), "{\"name\":\"cpu x\",\"source\":\"vm\","));
	str_release(&out);
	/* One of them is no longer asked for. */
	assert_true(read_anew("source prom prometheus url=http://prom:9090\n"
			      "query cpu source=prom warn=8 -- a\n"));
	anomalies_tick(app->anomalies, app->now);
	assert_string_equal(anomalies_at(app->anomalies, 2)->name, "cpu x");
}

static void no_more_than_its_line_keeps(void **state)
{
	static const char *const other[] = {"{h=\"y\"}", NULL};

	(void)state;
	tell(2, two, 0, "");
	assert_string_equal(rows(), "c x 7");
	tell(2, other, 0, "");
	assert_string_equal(rows(), "c x 7");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			no_more_than_its_line_keeps, setup, tear_down),
		cmocka_unit_test_setup_teardown(
			a_row_stands_for_a_query, setup, tear_down),
		cmocka_unit_test_setup_teardown(
			a_reload_keeps_what_is_known, setup, tear_down),
		cmocka_unit_test_setup_teardown(the_source_of_a_name, setup, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
