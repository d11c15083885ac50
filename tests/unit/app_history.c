/* One instance of the app writes, the next one reads: points, baselines, incidents, how
 * the console was left; and a store that cannot be used costs the history only. */
#include "analysis/detector.h"
#include "app/alerts.h"
#include "app/anomalies.h"
#include "app/history.h"
#include "app/host.h"
#include "app/metrics.h"
#include "app/overview.h"
#include "app/sources.h"
#include "base/log.h"
#include "base/time.h"
#include "io/loop.h"
#include "store/points.h"

#include <ftw.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { POINTS = 600, STEP_MS = 2000, LIMIT_MS = 20000 };

static char folder[200], file[300];
static struct loop *loop;
static struct app *app;
static struct loop_timer *poll_timer;
static int64_t wait_until;

/* --- one life of the app --- */

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static int set_up(void **unused)
{
	const char *tmp = getenv("TMPDIR");

	(void)unused;
	snprintf(folder, sizeof folder, "%s/history-XXXXXX", tmp ? tmp : "/tmp");
	assert_non_null(mkdtemp(folder));
	setenv("HOME", folder, 1);
	setenv("XDG_STATE_HOME", folder, 1);
	setenv("XDG_CONFIG_HOME", folder, 1);
	unsetenv("XDG_RUNTIME_DIR");
	snprintf(file, sizeof file, "%s/oogway/oogway.db", folder);
	return 0;
}

static int tear_down(void **unused)
{
	(void)unused;
	nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return 0;
}

static void look_again(void *ctx)
{
	(void)ctx;
	if (!history_busy(app->history) || time_mono_ms() > wait_until)
		loop_stop(loop);
	else
		loop_timer_start(poll_timer, 2);
}

static void settle(void)
{
	wait_until = time_mono_ms() + LIMIT_MS;
	loop_timer_start(poll_timer, 0);
	loop_run(loop);
	assert_true(time_mono_ms() <= wait_until);
}

static void begin_with(const char *line)
{
	struct app_options options = {
		.rc.no_system = true, .host_root = "tests/fixtures/host/server"};
	struct err err;

	loop = loop_new();
	app = app_new(loop, &options);
	app->live = true;
	if (line)
		assert_true(rc_line(app->rc, line, &err));
	poll_timer = loop_timer(loop, look_again, NULL);
	host_reader_read(app->host_reader, app->now);
	app_start(app);
	loop_off(loop, app); /* its second would set the clock that a test has moved */
	settle();
}

static void begin(void)
{
	begin_with(NULL);
}

static void end(void)
{
	loop_timer_free(poll_timer);
	app_free(app);
	loop_free(loop);
}

static bool logged(const char *words)
{
	for (uint64_t i = log_newest(); i > 0; i--) {
		struct log_entry entry;

		if (log_get(i, &entry) && strstr(entry.text, words))
			return true;
	}
	return false;
}

/* --- points --- */

static struct series *tested;

static void fresh(void *ctx, const struct series *series, struct point point)
{
	(void)ctx;
	anomalies_feed(app->anomalies, series, point);
	tested = metrics_find(app->metrics, series->id);
}

static void reading(int64_t at, double value)
{
	struct host_metric metric = {.name = "test one",
		.unit = UNIT_PERCENT,
		.value = value,
		.warn = 70,
		.critical = 90};

	metrics_host(app->metrics, at, &metric, 1, fresh, NULL);
}

static double value_at(int i)
{
	return 50 + 49 * sin(i / 20.0) + 0.123456789 * (i % 7);
}

/* 20 minutes that end some minutes ago. */
static int64_t feed(void)
{
	int64_t start = app->now - (POINTS + 150) * STEP_MS;

	for (int i = 0; i < POINTS; i++)
		reading(start + i * (int64_t)STEP_MS, value_at(i));
	return start;
}

static void test_points(void **unused)
{
	double out[60];
	int64_t start;
	int full = 0;

	(void)unused;
	begin();
	start = feed();
	end();
	begin();
	reading(app->now, 1);
	history_tick(app->history, app->now);
	settle();
	assert_non_null(tested->past);
	assert_true(tested->past->live);
	series_buckets(tested, window_from(app), window_to(app), out, 60);
	for (int i = 0; i < 60; i++)
		full += !isnan(out[i]);
	assert_in_range(full, 20, 23);
	/* Back in time, closer. */
	app_set_window(
		app, (struct window){5 * MINUTE_MS, start + 5 * MINUTE_MS - STEP_MS});
	settle();
	assert_false(tested->past->live);
	for (int i = 0; i < 60; i += 7) {
		struct series_span span = series_span(
			tested, start + i * STEP_MS, start + i * STEP_MS + STEP_MS - 1);
		double a = value_at(i), b = value_at(i + 1), c = value_at(i - 1);

		assert_true(span.count > 0);
		assert_true(span.high >= fmin(a, fmin(b, c)) - 0.02);
		assert_true(span.low <= fmax(a, fmax(b, c)) + 0.02);
	}
	assert_float_equal(series_value(app, tested),
		value_at((int)(5 * MINUTE_MS / STEP_MS) - 1), 1.5);
	end();
}

static struct db *open_file(void)
{
	struct store_config config = {.path = file};
	struct err err = {0};
	struct db *db = store_open_here(&config, NULL, &err);

	assert_non_null(db);
	return db;
}

static int64_t number(const char *sql)
{
	struct db *db = open_file();
	struct db_rows rows;
	struct err err;
	int64_t n = -1;

	if (db_query(db, &rows, sql, NULL, 0, &err) && db_next(&rows, &err))
		n = row_i64(&rows, 0);
	db_rows_free(&rows);
	db_close(db);
	return n;
}

/* What is kept looks like what came, in text and colour, and is small. */
static void test_rounding(void **unused)
{
	struct limits limits = {70, 90, false};
	struct untrusted key = untrusted_str("host/test one");
	struct points_query query = {
		POINTS_RAW, 0, INT64_MAX / 2, POINTS_MAX_LOAD, &key, 1};
	struct points_span span;
	struct arena arena;
	struct err err;
	struct db *db;
	double bytes;

	(void)unused;
	begin();
	feed();
	end();
	db = open_file();
	arena_init(&arena, 4 << 20);
	assert_true(points_load(db, &arena, &query, &span, &err));
	assert_int_equal(span.count, 1);
	assert_int_equal(span.series[0].count, POINTS);
	for (int i = 0; i < POINTS; i++) {
		double kept = span.series[0].points[i].value;
		char a[UNIT_TEXT], b[UNIT_TEXT];

		assert_string_equal(unit_text(UNIT_PERCENT, kept, a),
			unit_text(UNIT_PERCENT, value_at(i), b));
		assert_int_equal(
			limits_judge(limits, kept), limits_judge(limits, value_at(i)));
	}
	arena_release(&arena);
	db_close(db);
	bytes = (double)number("SELECT sum(length(body)) FROM chunk WHERE tier = 0 AND "
			       "series_id = (SELECT id FROM series WHERE key = "
			       "'host/test one')");
	print_message("%.2f bytes a point\n", bytes / POINTS);
	assert_true(bytes / POINTS < 2.5);
}

/* A long window is made of sums and of the points that are not summed up yet. */
static void test_sums(void **unused)
{
	struct err err;
	struct db *db;
	bool more = true;
	double out[48];
	int full = 0;

	(void)unused;
	begin();
	for (int64_t at = app->now - 20 * HOUR_MS; at < app->now - HOUR_MS;
		at += 2 * MINUTE_MS)
		reading(at, 30);
	end();
	db = open_file();
	while (more) {
		assert_true(db_begin(db, &err));
		assert_true(points_roll_up(db, &more, &err));
		assert_true(db_commit(db, &err));
	}
	db_close(db);
	begin();
	reading(app->now, 30);
	app_set_window(app, (struct window){DAY_MS, 0});
	settle();
	series_buckets(tested, window_from(app), window_to(app), out, 48);
	for (int i = 0; i < 48; i++)
		full += out[i] == 30;
	assert_in_range(full, 39, 41);
	assert_float_equal(
		series_span(tested, window_from(app), window_to(app)).mean, 30, 1e-3);
	/* Yesterday, to compare with, is there for the hour that is looked at. */
	app_set_window(app, (struct window){HOUR_MS, app->now + 12 * HOUR_MS});
	app->now += 12 * HOUR_MS;
	reading(app->now, 30);
	app_set_window(app, (struct window){HOUR_MS, 0});
	settle();
	assert_non_null(tested->compared);
	assert_true(
		series_span(tested, window_from(app) - DAY_MS, window_to(app) - DAY_MS)
			.count > 0);
	end();
}

/* What a killed process leaves behind. */
static void test_killed(void **unused)
{
	pid_t child;
	int status;

	(void)unused;
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		begin();
		feed();
		history_flush(app->history);
		settle();
		kill(getpid(), SIGKILL);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(number("SELECT count(*) FROM series WHERE key = "
				"'host/test one'"),
		1);
	begin();
	reading(app->now, 1);
	history_tick(app->history, app->now);
	settle();
	assert_true(series_span(tested, window_from(app), window_to(app)).count > 10);
	end();
}

/* --- baselines --- */

static unsigned char learnt[DETECTOR_MAX_STATE];

static void learn(void)
{
	begin();
	for (int i = 0; i < 180; i++)
		reading(app->now - (180 - i) * MINUTE_MS, value_at(i));
	memcpy(learnt, anomalies_state(app->anomalies, tested->id),
		detector_fused.state_size);
	end();
}

static void test_states(void **unused)
{
	(void)unused;
	learn();
	begin();
	reading(app->now, 1);
	history_tick(app->history, app->now);
	settle();
	assert_non_null(anomalies_state(app->anomalies, tested->id));
	assert_memory_equal(learnt, anomalies_state(app->anomalies, tested->id),
		detector_fused.state_size);
	end();
}

static void test_damaged_states(void **unused)
{
	struct err err;
	struct db *db;

	(void)unused;
	learn();
	db = open_file();
	assert_true(db_begin(db, &err));
	assert_true(db_run(db, "UPDATE baseline SET body = $1",
		DB_ARGS(bind_blob("rubbish", 7)), &err));
	assert_true(db_commit(db, &err));
	db_close(db);
	begin();
	reading(app->now, 1);
	history_tick(app->history, app->now);
	settle();
	assert_null(anomalies_state(app->anomalies, tested->id));
	assert_true(logged("learnt anew"));
	end();
}

/* --- incidents and changes --- */

static void apply_page(bool open)
{
	struct batch batch = {.alerts_snapshot = true};
	struct batch_change change = {.id = untrusted_str("deploy-1"),
		.summary = untrusted_str("web 4.2"),
		.at = 1000};
	struct alert_draft draft = {.severity = SEVERITY_CRITICAL,
		.state = ALERT_FIRING,
		.pages = true,
		.started_at = app->now - HOUR_MS};

	draft.texts[ALERT_ID] = untrusted_str("P1");
	draft.texts[ALERT_TITLE] = untrusted_str("database is down");
	batch.alerts = &draft;
	batch.alert_count = open;
	batch.changes = &change;
	batch.change_count = 1;
	alerts_apply(app->alerts, 0, &batch);
}

/* A snapshot of a source with one alert, or none; more: what it listed before stays. */
static void page_of(const char *name, const char *id, int64_t started_at, bool more)
{
	struct arena arena;
	struct batch batch;
	struct alert_draft *draft;

	arena_init(&arena, 1 << 20);
	batch_init(&batch, &arena);
	if (id) {
		draft = batch_add_alert(&batch);
		draft->severity = SEVERITY_CRITICAL;
		draft->pages = true;
		draft->started_at = started_at;
		draft->texts[ALERT_ID] = draft->texts[ALERT_TITLE] = untrusted_str(id);
	}
	batch.alerts_snapshot = !more;
	alerts_apply(app->alerts, sources_find(app->sources, name), &batch);
	arena_release(&arena);
	history_tick(app->history, app->now);
}

static void add_pagers(void)
{
	static const char *const names[] = {"pd", "am"};

	for (size_t i = 0; i < 2; i++)
		sources_add_fed(app->sources, &(struct source_row){.name = names[i],
						      .kind = "pager",
						      .pages = true,
						      .every_ms = HOUR_MS});
}

/* The sentence of a quiet console: its sources have just answered. */
static const char *overview_quiet(char text[300])
{
	for (size_t i = 1; i < sources_count(app->sources); i++)
		sources_feed(app->sources, sources_at(app->sources, i)->number,
			&(struct poll_status){.state = POLL_OK, .last_ok_at = app->now});
	return overview_headline(app, text, 300);
}

static void test_incidents(void **unused)
{
	int64_t after;

	(void)unused;
	begin();
	assert_int_equal(history_last_page(app->history, &after), 0);
	apply_page(true);
	history_tick(app->history, app->now);
	settle();
	end();
	assert_int_equal(number("SELECT count(*) FROM incident WHERE ended_at = 0"), 1);
	assert_int_equal(number("SELECT count(*) FROM change"), 1);
	begin();
	assert_int_equal(history_last_page(app->history, &after), 0);
	apply_page(true);
	apply_page(false);
	assert_int_equal(history_last_page(app->history, &after), app->now);
	end();
	begin();
	assert_true(history_last_page(app->history, &after) > time_now_ms() - MINUTE_MS);
	end();
}

/* One that ended while oogway was off: closed between when it was last seen and the
 * first look after that. */
static void test_ended_unseen(void **unused)
{
	char text[300];
	int64_t began = time_now_ms() - HOUR_MS, seen, back, after;

	(void)unused;
	begin();
	add_pagers();
	page_of("pd", "P1", began, true);
	page_of("pd", "P2", began, true);
	page_of("pd", "P1", began, false); /* P2 is gone: watched */
	page_of("am", "A1", began, true);
	settle();
	app->now += 10 * MINUTE_MS;
	page_of("pd", "P1", began, false);
	page_of("am", "A1", began, false);
	seen = app->now;
	end();
	assert_int_equal(number("SELECT count(*) FROM incident WHERE ended_at = 0"), 2);
	begin();
	add_pagers();
	app->now = back = seen + 5 * HOUR_MS;
	page_of("pd", NULL, 0, false);
	settle();
	history_tick(app->history, app->now);
	settle();
	/* What of the other source is still open is not known yet. */
	assert_int_equal(number("SELECT count(*) FROM incident WHERE ended_at = 0"), 1);
	assert_true(history_last_page(app->history, &after) == back);
	assert_true(after == seen);
	assert_non_null(strstr(overview_quiet(text), "while nobody watched"));
	end();
	assert_true(
		number("SELECT ended_at FROM incident WHERE upstream_id = 'P1'") == back);
	assert_true(number("SELECT ended_after_at FROM incident WHERE "
			   "upstream_id = 'P1'") == seen);
	assert_int_equal(number("SELECT ended_after_at FROM incident WHERE "
				"upstream_id = 'P2'"),
		0);
	begin();
	assert_true(history_last_page(app->history, &after) == back && after == seen);
	end();
}

/* --- how the console was left --- */

static void test_kept(void **unused)
{
	size_t n;

	(void)unused;
	begin();
	assert_null(history_kept(app->history, "console/panes", &n));
	history_keep(app->history, "console/panes", "focus logs\n", 11);
	end();
	begin();
	assert_true(app_take_changes(app) & CHANGED_KEPT);
	assert_memory_equal(
		history_kept(app->history, "console/panes", &n), "focus logs\n", 11);
	assert_int_equal(n, 11);
	end();
}

/* --- stores that cannot be used --- */

static void look_alive(void)
{
	reading(app->now, 5);
	history_tick(app->history, app->now);
	app_set_window(app, (struct window){DAY_MS, 0});
	settle();
	assert_float_equal(series_value(app, tested), 5, 0);
}

static void test_no_folder(void **unused)
{
	char line[400];

	(void)unused;
	snprintf(line, sizeof line, "set store = %s/plain/oogway.db", folder);
	snprintf(file, sizeof file, "%s/plain", folder);
	fclose(fopen(file, "w"));
	begin_with(line);
	assert_true(logged("nothing will be kept"));
	look_alive();
	end();
}

static void test_read_only(void **unused)
{
	char line[400];

	(void)unused;
	if (!geteuid())
		skip();
	snprintf(file, sizeof file, "%s/locked", folder);
	assert_int_equal(mkdir(file, 0500), 0);
	snprintf(line, sizeof line, "set store = %s/locked/oogway.db", folder);
	begin_with(line);
	assert_true(logged("cannot be written"));
	look_alive();
	end();
}

static void test_corrupt(void **unused)
{
	FILE *f;

	(void)unused;
	begin();
	end();
	f = fopen(file, "r+");
	assert_non_null(f);
	for (int i = 0; i < 4096; i++)
		fputc('x', f);
	fclose(f);
	begin();
	look_alive();
	assert_string_equal(store_report(app->store)->path, file);
	assert_int_equal(store_report(app->store)->state, STORE_READY);
	end();
}

/* --- the end --- */

static void test_locked(void **unused)
{
	struct err err;
	struct db *db;
	int64_t start;

	(void)unused;
	begin();
	feed();
	db = open_file();
	assert_true(db_begin(db, &err));
	start = time_mono_ms();
	end();
	print_message("the end while locked: %d ms\n", (int)(time_mono_ms() - start));
	assert_true(time_mono_ms() - start < 5000);
	db_rollback(db);
	db_close(db);
}

static void test_check(void **unused)
{
	char out[400];

	(void)unused;
	begin();
	assert_true(history_check(app, out, sizeof out));
	assert_non_null(strstr(out, "oogway.db"));
	end();
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(test_points),
		TEST(test_rounding),
		TEST(test_sums),
		TEST(test_killed),
		TEST(test_states),
		TEST(test_damaged_states),
		TEST(test_incidents),
		TEST(test_ended_unseen),
		TEST(test_kept),
		TEST(test_no_folder),
		TEST(test_read_only),
		TEST(test_corrupt),
		TEST(test_locked),
		TEST(test_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
