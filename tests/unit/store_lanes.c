/* The lanes: order, batches, failures that stay alone, what waits at the end. */
#include "base/time.h"
#include "store/baseline.h"
#include "store/change.h"
#include "store/incident.h"
#include "store/keep.h"
#include "store/lease.h"
#include "store/points.h"

#include <setjmp.h>
#include <stdarg.h>

#include "store_place.h"
#include <cmocka.h>

static struct console c;
static struct err err;

static int set_up(void **unused)
{
	struct store_config config;

	(void)unused;
	folder_make();
	config = config_here();
	console_open(&c, &config);
	return 0;
}

static int tear_down(void **unused)
{
	(void)unused;
	folder_remove();
	return 0;
}

static int64_t count_kept(void)
{
	struct store_config config = config_here();
	struct db *db = store_open_here(&config, NULL, &err);
	struct db_rows rows;
	int64_t count = -1;

	assert_non_null(db);
	if (db_query(db, &rows, "SELECT count(*) FROM keep", NULL, 0, &err) &&
		db_next(&rows, &err))
		count = row_i64(&rows, 0);
	db_rows_free(&rows);
	assert_true(store_check(db, &err));
	db_close(db);
	return count;
}

/* --- order --- */

struct order {
	struct store_job job;
	int number;
};

static int expected, began;

static bool run_order(struct store_job *job, struct db *db, struct err *e)
{
	char key[20];

	snprintf(key, sizeof key, "%d", ((struct order *)job)->number);
	return keep_put(db, key, "x", 1, e);
}

static void end_order(struct store_job *job, const struct err *e)
{
	assert_null(e);
	assert_int_equal(((struct order *)job)->number, expected++);
	c.done++;
	if (c.done == 2000)
		loop_stop(c.loop);
}

static void test_order(void **unused)
{
	int64_t start;

	(void)unused;
	expected = 0;
	for (int i = 0; i < 2000; i++) {
		struct order *o = store_job_new(sizeof *o);

		o->job.run = run_order;
		o->job.end = end_order;
		o->number = i;
		store_write(c.store, &o->job);
	}
	assert_int_equal(store_pending(c.store), 2000);
	start = time_mono_ms();
	assert_true(console_wait(&c, 2000));
	print_message("2000 writes in %d ms\n", (int)(time_mono_ms() - start));
	assert_int_equal(store_pending(c.store), 0);
	assert_int_equal(c.last.state, STORE_READY);
	console_close(&c);
	assert_int_equal(count_kept(), 2000);
}

/* --- one that fails --- */

static bool run_bad(struct store_job *job, struct db *db, struct err *e)
{
	(void)job;
	return keep_put(db, "half", "x", 1, e) &&
	       db_run(db, "INSERT INTO nowhere VALUES (1)", NULL, 0, e);
}

static void test_failure_alone(void **unused)
{
	struct store_job *bad = store_job_new(sizeof *bad);

	(void)unused;
	bad->run = run_bad;
	bad->then = then_done(&c);
	keep_put_later(c.store, "one", "x", 1, (struct store_then){0});
	store_write(c.store, bad);
	keep_put_later(c.store, "two", "x", 1, (struct store_then){0});
	assert_true(console_wait(&c, 1));
	assert_int_equal(c.err.kind, ERR_USAGE);
	console_close(&c);
	assert_int_equal(count_kept(), 2);
}

static void test_too_large(void **unused)
{
	static char big[KEEP_MAX_BYTES + 1];

	(void)unused;
	keep_put_later(c.store, "big", big, sizeof big, then_done(&c));
	assert_true(console_wait(&c, 1));
	assert_int_equal(c.err.kind, ERR_LIMIT);
	console_close(&c);
}

static void test_too_many(void **unused)
{
	(void)unused;
	began = STORE_MAX_PENDING + 10;
	for (int i = 0; i < began; i++)
		keep_put_later(c.store, "k", "x", 1, then_done(&c));
	assert_int_equal(c.done, 0);
	assert_true(console_wait(&c, 10));
	assert_int_equal(c.err.kind, ERR_LIMIT);
	assert_true(console_wait(&c, began));
	assert_int_equal(c.err.kind, ERR_NONE);
	console_close(&c);
}

/* --- reading --- */

static struct untrusted u(const char *text)
{
	return untrusted_str(text);
}

static void got_item(void *ctx, const struct keep_item *item, const struct err *e)
{
	assert_null(e);
	assert_int_equal(item->n, 3);
	assert_memory_equal(item->bytes, "abc", 3);
	on_done(ctx, e);
}

static void read_back(void *ctx, const struct err *e)
{
	assert_null(e);
	keep_get_later(c.store, "k", got_item, ctx);
}

static void got_list(void *ctx, const struct keep_list *list, const struct err *e)
{
	assert_null(e);
	assert_int_equal(list->count, 1);
	on_done(ctx, e);
}

static void test_read(void **unused)
{
	char bytes[] = "abc";

	(void)unused;
	keep_put_later(c.store, "k", bytes, 3, (struct store_then){read_back, &c});
	memset(bytes, 0, sizeof bytes);
	assert_true(console_wait(&c, 1));
	keep_find_later(c.store, "", got_list, &c);
	assert_true(console_wait(&c, 2));
	keep_delete_later(c.store, "k", then_done(&c));
	assert_true(console_wait(&c, 3));
	store_check_later(c.store, then_done(&c));
	assert_true(console_wait(&c, 4));
	assert_int_equal(c.err.kind, ERR_NONE);
	console_close(&c);
}

static void got_incidents(
	void *ctx, const struct incident_rows *rows, const struct err *e)
{
	assert_null(e);
	assert_int_equal(rows->count, 1);
	assert_true(untrusted_is(rows->rows[0].title, "down"));
	on_done(ctx, e);
}

static void got_changes(void *ctx, const struct change_rows *rows, const struct err *e)
{
	assert_null(e);
	assert_int_equal(rows->count, 1);
	on_done(ctx, e);
}

static void got_baselines(
	void *ctx, const struct baseline_rows *rows, const struct err *e)
{
	assert_null(e);
	assert_int_equal(rows->count, 1);
	on_done(ctx, e);
}

static void got_lease(void *ctx, const struct lease *lease, const struct err *e)
{
	assert_null(e);
	assert_true(lease->mine);
	on_done(ctx, e);
}

static void got_points(void *ctx, const struct points_span *span, const struct err *e)
{
	assert_null(e);
	assert_int_equal(span->count, 1);
	assert_int_equal(span->series[0].count, 2);
	on_done(ctx, e);
}

/* The thin half of every entity: inputs are copied, answers come. */
static void test_all_later(void **unused)
{
	struct incident_row incident = {
		.source = u("pd"), .title = u("down"), .pages = true, .ended_at = 5};
	struct change_row change = {.source = u("gh"), .upstream_id = u("1"), .at = 10};
	struct baseline_row baseline = {u("host/cpu"), 1, "abc", 3, 0};
	struct lease_claim claim = {"poller", "me", 1000};
	int64_t at = test_now - HOUR_MS;
	struct point points[] = {{at, 1}, {at + 1000, 2}};
	struct points_add add = {u("host/cpu"), points, 2};
	struct untrusted key = u("host/cpu");
	struct points_query query = {POINTS_RAW, at, at + 5000, 100, &key, 1};
	int n = 0;

	(void)unused;
	incident_put_later(c.store, &incident, 1, then_done(&c));
	change_put_later(c.store, &change, 1, then_done(&c));
	baseline_put_later(c.store, &baseline, 1, then_done(&c));
	points_append_later(c.store, &add, 1, then_done(&c));
	memset(points, 0, sizeof points);
	assert_true(console_wait(&c, n += 4));
	lease_take_later(c.store, &claim, got_lease, &c);
	points_roll_up_later(c.store, then_done(&c));
	incident_newest_later(c.store, 10, got_incidents, &c);
	incident_last_page_later(c.store, got_incidents, &c);
	change_span_later(c.store, (struct change_query){0, 100}, got_changes, &c);
	baseline_load_later(c.store, 1, got_baselines, &c);
	points_load_later(c.store, &query, got_points, &c);
	assert_true(console_wait(&c, n += 7));
	assert_int_equal(c.err.kind, ERR_NONE);
	lease_release_later(c.store, &claim, then_done(&c));
	change_trim_later(c.store, 0, then_done(&c));
	baseline_trim_later(c.store, 0, then_done(&c));
	points_trim_later(
		c.store, (struct points_retention){DAY_MS, DAY_MS}, then_done(&c));
	assert_true(console_wait(&c, n += 4));
	assert_int_equal(c.err.kind, ERR_NONE);
	console_close(&c);
}

/* --- the end --- */

/* Leaving at once: everything that was put is there. */
static void test_leave_at_once(void **unused)
{
	(void)unused;
	for (int i = 0; i < 1000; i++) {
		char key[20];

		snprintf(key, sizeof key, "%d", i);
		keep_put_later(c.store, key, "x", 1, then_done(&c));
	}
	console_close(&c);
	assert_int_equal(c.done, 1000);
	assert_int_equal(count_kept(), 1000);
	assert_int_equal(files_with("-wal"), 0);
}

static void test_leave_locked(void **unused)
{
	struct db_principal who = {"local", "local"};
	struct db *other;

	(void)unused;
	keep_put_later(c.store, "a", "x", 1, then_done(&c));
	assert_true(console_wait(&c, 1));
	other = db_open(&db_sqlite, &(struct db_place){.path = file, .mode = DB_WRITE},
		&who, &err);
	assert_true(db_begin(other, &err));
	keep_put_later(c.store, "b", "x", 1, then_done(&c));
	console_close(&c);
	assert_int_equal(c.done, 2);
	assert_int_equal(c.err.kind, ERR_BUSY);
	db_close(other);
}

/* In memory there is one connection; reads still come back, in order with writes. */
static void test_memory(void **unused)
{
	struct store_config config = config_here();

	(void)unused;
	console_close(&c);
	config.path = "/proc/nothing/oogway.db";
	console_open(&c, &config);
	keep_put_later(c.store, "k", "abc", 3, then_done(&c));
	keep_get_later(c.store, "k", got_item, &c);
	assert_true(console_wait(&c, 2));
	assert_int_equal(store_report(c.store)->state, STORE_MEMORY);
	assert_non_null(strstr(c.last.text, "nothing will be kept"));
	keep_get_later(c.store, "k", got_item, &c);
	assert_true(console_wait(&c, 3));
	console_close(&c);
}

static void got_nothing(void *ctx, const struct keep_item *item, const struct err *e)
{
	assert_null(e);
	assert_null(item->bytes);
	on_done(ctx, e);
}

static void test_read_only(void **unused)
{
	struct store_config config = config_here();
	struct db_principal who = {"local", "local"};
	struct db *db;

	(void)unused;
	console_close(&c);
	db = db_open(&db_sqlite, &(struct db_place){.path = file, .mode = DB_WRITE}, &who,
		&err);
	assert_true(db_run(db, "PRAGMA user_version = 90", NULL, 0, &err));
	db_close(db);
	console_open(&c, &config);
	keep_get_later(c.store, "k", got_nothing, &c);
	assert_true(console_wait(&c, 1));
	keep_put_later(c.store, "k", "abc", 3, then_done(&c));
	assert_true(console_wait(&c, 2));
	assert_int_equal(c.err.kind, ERR_REFUSED);
	assert_non_null(strstr(c.err.text, "schema 90"));
	console_close(&c);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(order),
		TEST(failure_alone),
		TEST(too_large),
		TEST(too_many),
		TEST(read),
		TEST(all_later),
		TEST(leave_at_once),
		TEST(leave_locked),
		TEST(memory),
		TEST(read_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
