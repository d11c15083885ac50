/* The entities over a database in memory: what is put comes back. */
#include "base/str.h"
#include "base/time.h"
#include "store/baseline.h"
#include "store/change.h"
#include "store/firing.h"
#include "store/incident.h"
#include "store/keep.h"
#include "store/lease.h"
#include "store/points.h"
#include "store/raw.h"
#include "store/step.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include "store_place.h"
#include <cmocka.h>

static struct db *db;
static struct arena arena;
static struct err err;

static struct untrusted u(const char *text)
{
	return untrusted_str(text);
}

static int set_up(void **unused)
{
	struct store_config config;

	(void)unused;
	folder_make();
	config = config_here();
	test_now = INT64_C(1795000000000);
	db = store_open_here(&config, NULL, &err);
	arena_init(&arena, 64 << 20);
	return !db;
}

static int tear_down(void **unused)
{
	(void)unused;
	arena_release(&arena);
	db_close(db);
	folder_remove();
	return 0;
}

static void test_keep(void **unused)
{
	static const struct {
		const char *key, *bytes;
		size_t n;
	} rows[] = {
		{"layout/main", "a\0b", 3},
		{"layout/side", "", 0},
		{"history", "first", 5},
		{"history", "second", 6},
		{"'; DROP TABLE keep; --", "x", 1},
	};
	struct keep_item item;
	struct keep_list list;

	(void)unused;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_true(keep_put(db, rows[i].key, rows[i].bytes, rows[i].n, &err));
		assert_true(keep_get(db, &arena, rows[i].key, &item, &err));
		assert_int_equal(item.n, rows[i].n);
		assert_memory_equal(item.bytes, rows[i].bytes, rows[i].n);
		assert_int_equal(item.updated_at, test_now);
	}
	assert_true(keep_find(db, &arena, "layout/", &list, &err));
	assert_int_equal(list.count, 2);
	assert_true(untrusted_is(list.items[1].key, "layout/side"));
	assert_true(keep_find(db, &arena, "", &list, &err));
	assert_int_equal(list.count, 4);
	assert_true(keep_delete(db, "history", &err));
	assert_true(keep_get(db, &arena, "history", &item, &err));
	assert_null(item.bytes);
	assert_false(keep_put(db, "big", rows, KEEP_MAX_BYTES + 1, &err));
	assert_int_equal(err.kind, ERR_LIMIT);
}

/* Users of one store do not see each other's. */
static void test_keep_users(void **unused)
{
	struct keep_item item;

	(void)unused;
	assert_true(keep_put(db, "k", "mine", 4, &err));
	str_copy(db->who.user, DB_WHO, "other");
	assert_true(keep_get(db, &arena, "k", &item, &err));
	assert_null(item.bytes);
	assert_true(keep_put(db, "k", "theirs", 6, &err));
	str_copy(db->who.user, DB_WHO, "local");
	assert_true(keep_get(db, &arena, "k", &item, &err));
	assert_int_equal(item.n, 4);
}

static int64_t number(const char *sql)
{
	struct db_rows rows;
	int64_t value = -1;

	if (db_query(db, &rows, sql, NULL, 0, &err) && db_next(&rows, &err))
		value = row_i64(&rows, 0);
	assert_true(db_rows_free(&rows));
	return value;
}

static void test_incident(void **unused)
{
	struct incident_row rows[] = {
		{.source = u("pd"),
			.upstream_id = u("P1"),
			.title = u("db \x1b[31mdown"),
			.service = u("orders"),
			.summary = u("s"),
			.severity = SEVERITY_CRITICAL,
			.state = ALERT_FIRING,
			.pages = true,
			.started_at = 1000,
			.acked_at = 0,
			.ended_at = 0},
		{.source = u("am"),
			.upstream_id = u("f1"),
			.title = u("disk"),
			.service = u(""),
			.summary = u(""),
			.severity = SEVERITY_WARNING,
			.state = ALERT_RESOLVED,
			.pages = false,
			.started_at = 2000,
			.acked_at = 0,
			.ended_at = 9000},
		{.source = u("am"),
			.upstream_id = u("f1"),
			.title = u("disk"),
			.service = u(""),
			.summary = u(""),
			.severity = SEVERITY_WARNING,
			.state = ALERT_FIRING,
			.pages = false,
			.started_at = 3000,
			.acked_at = 0,
			.ended_at = 0},
	};
	struct incident_rows out;

	(void)unused;
	assert_true(incident_last_page(db, &arena, &out, &err));
	assert_int_equal(out.count, 0);
	assert_true(incident_put(db, rows, 3, &err));
	assert_true(incident_put(db, rows, 3, &err));
	assert_int_equal(number("SELECT sum(revision) FROM incident"), 3);
	rows[0].state = ALERT_RESOLVED;
	rows[0].acked_at = 1500;
	rows[0].ended_at = 5000;
	assert_true(incident_put(db, rows, 3, &err));
	assert_int_equal(number("SELECT sum(revision) FROM incident"), 4);
	assert_true(incident_newest(db, &arena, 2, &out, &err));
	assert_int_equal(out.count, 2);
	assert_int_equal(out.rows[0].started_at, 3000);
	assert_true(incident_last_page(db, &arena, &out, &err));
	assert_int_equal(out.count, 1);
	assert_true(untrusted_eq(out.rows[0].title, rows[0].title));
	assert_true(out.rows[0].pages && out.rows[0].state == ALERT_RESOLVED);
	assert_int_equal(out.rows[0].severity, SEVERITY_CRITICAL);
	assert_int_equal(out.rows[0].acked_at, 1500);
	assert_false(incident_newest(db, &arena, 0, &out, &err));
}

static void test_change(void **unused)
{
	const struct change_row rows[] = {
		{u("gh"), u("1"), u("api"), u("v1"), u("https://x/1"), 1000},
		{u("gh"), u("2"), u("api"), u("v2"), u("https://x/2"), 2000},
		{u("gh"), u("2"), u("api"), u("v2 again"), u(""), 2500},
	};
	struct change_rows out;

	(void)unused;
	assert_true(change_put(db, rows, 3, &err));
	assert_true(change_span(db, &arena, (struct change_query){0, 5000}, &out, &err));
	assert_int_equal(out.count, 2);
	assert_true(untrusted_is(out.rows[0].summary, "v2 again"));
	assert_true(
		change_span(db, &arena, (struct change_query){1000, 2500}, &out, &err));
	assert_int_equal(out.count, 1);
	assert_true(change_trim(db, 2000, &err));
	assert_true(change_span(db, &arena, (struct change_query){0, 5000}, &out, &err));
	assert_int_equal(out.count, 1);
}

/* The last word on each stays; what is too long is refused and spoils nothing. */
static void test_raw(void **unused)
{
	static char big[RAW_MAX_BYTES + 2];
	struct raw_row rows[] = {{u("pd"), u("P1"), u("{\"a\":1}"), 0},
		{u("og"), u("P1"), u("{\"b\":2}"), 0}};
	struct raw_row found = {.source = u("pd"), .upstream_id = u("P1")};

	(void)unused;
	assert_true(raw_put(db, rows, 2, &err));
	assert_true(raw_find(db, &arena, &found, &err));
	assert_true(untrusted_is(found.body, "{\"a\":1}") && found.told_at == test_now);
	test_now += 1000;
	rows[0].body = u("{\"a\":3}");
	assert_true(raw_put(db, rows, 1, &err));
	assert_true(raw_find(db, &arena, &found, &err));
	assert_true(untrusted_is(found.body, "{\"a\":3}") && found.told_at == test_now);
	memset(big, 'x', sizeof big - 1);
	rows[0].body = u(big);
	assert_false(raw_put(db, rows, 1, &err));
	assert_int_equal(err.kind, ERR_LIMIT);
	assert_true(raw_trim(db, test_now, &err));
	found = (struct raw_row){.source = u("og"), .upstream_id = u("P1")};
	assert_true(raw_find(db, &arena, &found, &err));
	assert_true(!found.told_at && untrusted_empty(found.body));
	found.source = u("pd");
	assert_true(raw_find(db, &arena, &found, &err));
	assert_true(untrusted_is(found.body, "{\"a\":3}"));
}

static void test_baseline(void **unused)
{
	const struct baseline_row rows[] = {
		{u("ewma host/cpu"), 2, "abc", 3, 0},
		{u("ewma host/memory"), 2, "", 0, 0},
		{u("ewma old"), 1, "x", 1, 0},
	};
	struct baseline_rows out;

	(void)unused;
	assert_true(baseline_put(db, rows, 3, &err));
	assert_true(baseline_put(db, rows, 1, &err));
	assert_true(baseline_load(db, &arena, 2, &out, &err));
	assert_int_equal(out.count, 2);
	assert_memory_equal(out.rows[0].bytes, "abc", 3);
	assert_false(out.cut);
	assert_true(baseline_load(db, &arena, 3, &out, &err));
	assert_int_equal(out.count, 0);
	assert_true(baseline_trim(db, test_now + 1, &err));
	assert_true(baseline_load(db, &arena, 2, &out, &err));
	assert_int_equal(out.count, 0);
}

static void test_lease(void **unused)
{
	static const struct {
		const char *owner;
		int64_t later_ms;
		bool release, mine;
	} rows[] = {
		{"a", 0, false, true},
		{"b", 0, false, false},
		{"a", 9000, false, true},
		{"b", 9000, false, false},
		{"b", 1000, false, true}, /* a's has lapsed, to the ms */
		{"a", 0, false, false},
		{"a", 0, true, false}, /* not a's to release */
		{"b", 0, true, false},
		{"a", 0, false, true},
	};
	struct lease lease;

	(void)unused;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct lease_claim claim = {"poller", rows[i].owner, 10000};

		test_now += rows[i].later_ms;
		if (rows[i].release) {
			assert_true(lease_release(db, &claim, &err));
			continue;
		}
		assert_true(lease_take(db, &claim, &lease, &err));
		assert_int_equal(lease.mine, rows[i].mine);
		assert_true(lease.mine == !strcmp(lease.owner, rows[i].owner));
	}
}

static void append(const char *key, int64_t from_at, size_t n, double first)
{
	struct point *points = calloc(n, sizeof *points);
	struct points_add add = {u(key), points, n};

	for (size_t i = 0; i < n; i++)
		points[i] =
			(struct point){from_at + (int64_t)i * 1000, first + (double)i};
	assert_true(points_append(db, &add, 1, &err));
	free(points);
}

static void test_points(void **unused)
{
	int64_t from = test_now - test_now % DAY_MS;
	struct untrusted keys[] = {u("host/memory"), u("missing"), u("host/cpu")};
	struct points_query query = {POINTS_RAW, from, from + DAY_MS, 20000, NULL, 0};
	struct points_span span;

	(void)unused;
	append("host/cpu", from, 4000, 0); /* three chunks */
	append("host/cpu", from + 4000000, 10, 4000);
	append("host/cpu", from + 100000, 2, -5); /* replaces */
	append("host/memory", from, 1, 7);
	assert_true(points_load(db, &arena, &query, &span, &err));
	assert_int_equal(span.count, 2);
	assert_true(untrusted_is(span.series[0].key, "host/cpu"));
	assert_int_equal(span.series[0].count, 4010);
	for (size_t i = 0; i < 4010; i++) {
		assert_int_equal(span.series[0].points[i].at, from + (int64_t)i * 1000);
		assert_true(span.series[0].points[i].value ==
			    (i == 100          ? -5
				    : i == 101 ? -4
					       : (double)i));
	}
	query.max_points = 3;
	query.to_at = from + 2000000;
	query.keys = keys;
	query.key_count = 3;
	assert_true(points_load(db, &arena, &query, &span, &err));
	assert_int_equal(span.count, 2);
	assert_true(untrusted_is(span.series[1].key, "host/cpu"));
	assert_int_equal(span.series[1].count, 3);
	assert_int_equal(span.series[1].points[2].at, from + 1999000);
	query.max_points = 0;
	assert_false(points_load(db, &arena, &query, &span, &err));
}

static void roll_all(void)
{
	bool more = true;

	for (int i = 0; more && i < 1000; i++)
		assert_true(points_roll_up(db, &more, &err));
	assert_false(more);
}

static void test_sums(void **unused)
{
	int64_t from = test_now - test_now % DAY_MS;
	struct points_query query = {
		POINTS_SUMS, from, from + 3 * DAY_MS, 20000, NULL, 0};
	struct points_span span;

	(void)unused;
	append("host/cpu", from, 100000, 0); /* 27.8 hours: catches up in steps */
	append("host/cpu", from + 2 * DAY_MS, 10, 5);
	test_now = from + 2 * DAY_MS + HOUR_MS;
	roll_all();
	assert_true(points_load(db, &arena, &query, &span, &err));
	assert_int_equal(span.count, 1);
	assert_int_equal(span.series[0].count, 334 + 1); /* the last of 100 points */
	for (size_t i = 0; i < 333; i++) {
		const struct points_sum *sum = &span.series[0].sums[i];

		assert_int_equal(sum->at, from + (int64_t)i * POINTS_BUCKET_MS);
		assert_true(sum->low == (double)i * 300);
		assert_true(sum->high == (double)i * 300 + 299);
		assert_true(fabs(sum->mean - ((double)i * 300 + 149.5)) < 0.01);
	}
	assert_true(
		points_trim(db, (struct points_retention){HOUR_MS, 56 * DAY_MS}, &err));
	assert_int_equal(number("SELECT count(*) FROM chunk WHERE tier = 0"), 1);
	assert_int_equal(number("SELECT count(*) FROM chunk WHERE tier = 1"), 3);
	test_now += 100 * DAY_MS;
	assert_true(
		points_trim(db, (struct points_retention){HOUR_MS, 56 * DAY_MS}, &err));
	assert_int_equal(number("SELECT count(*) FROM chunk"), 0);
	assert_int_equal(number("SELECT count(*) FROM series"), 0);
}

/* A damaged blob costs its points, nothing else. */
static void test_damaged_points(void **unused)
{
	int64_t from = test_now - test_now % DAY_MS;
	struct points_query query = {POINTS_RAW, from, from + DAY_MS, 20000, NULL, 0};
	struct points_span span;

	(void)unused;
	append("host/cpu", from, 3600, 0);
	assert_true(db_run(db, "UPDATE chunk SET body = $1 WHERE from_at = $2",
		DB_ARGS(bind_blob("\1\1\0\2junk", 8), bind_i64(from)), &err));
	assert_true(points_load(db, &arena, &query, &span, &err));
	assert_int_equal(span.series[0].count, 1800);
	append("host/cpu", from + 500, 1, 1);
	assert_true(points_load(db, &arena, &query, &span, &err));
	assert_int_equal(span.series[0].count, 1801);
	test_now = from + DAY_MS;
	roll_all();
}

static void test_statements(void **unused)
{
	struct db_rows rows;
	size_t n;

	(void)unused;
	assert_true(db_query(db, &rows, "SELECT $2, $1, $3, $4, $5",
		DB_ARGS(bind_i64(INT64_MIN), bind_double(0.5), bind_null(),
			bind_untrusted(untrusted_make("a\0b", 3)), bind_blob("\0\1", 2)),
		&err));
	assert_true(db_next(&rows, &err));
	assert_true(row_double(&rows, 0) == 0.5);
	assert_true(row_i64(&rows, 1) == INT64_MIN);
	assert_true(untrusted_empty(row_text(&rows, 2)));
	assert_int_equal(untrusted_size(row_text(&rows, 3)), 3);
	assert_non_null(row_blob(&rows, 4, &n));
	assert_int_equal(n, 2);
	assert_int_equal(row_i64(&rows, 9), 0);
	assert_false(db_next(&rows, &err));
	assert_true(db_rows_free(&rows));
	assert_false(db_run(db, "SELECT $1", NULL, 0, &err));
	assert_int_equal(err.kind, ERR_USAGE);
	assert_false(db_run(db, "SELECT 1; DROP TABLE keep", NULL, 0, &err));
	assert_false(db_run(db, "SELEC", NULL, 0, &err));
	assert_int_equal(err.kind, ERR_USAGE);
	assert_false(db_run(db, "SELECT \"no column\"", NULL, 0, &err));
	/* A rollback takes everything back. */
	assert_true(db_begin(db, &err));
	assert_true(keep_put(db, "gone", "x", 1, &err));
	db_rollback(db);
	assert_int_equal(number("SELECT count(*) FROM keep"), 0);
	assert_true(store_check(db, &err));
}

/* --- triggers --- */

static struct firing_wish wish_for(
	const struct firing_member *members, size_t count, bool runs)
{
	return (struct firing_wish){.profile = "prod",
		.trigger = "disk",
		.runbook = "disk-full",
		.members = members,
		.count = count,
		.runs = runs,
		.why = "why",
		.most = 2,
		.again_ms = 300000};
}

static void test_firing(void **unused)
{
	const struct firing_member one[] = {{u("am"), u("f00"), test_now - 5000},
		{u("pd"), u("Q1"), test_now - 1000}};
	const struct firing_member twin = {u("pd"), u("Q1"), test_now - 1000};
	const struct firing_member third = {u("prom"), u("x"), test_now - 4000};
	struct firing_member both[] = {twin, third};
	struct firing_wish wish = wish_for(one, 2, true);
	struct firing firing, again;
	struct firing_rows list;

	(void)unused;
	assert_true(firing_claim(db, &wish, &firing, &err));
	assert_true(firing.mine);
	assert_int_equal(firing.state, FIRING_RUNNING);
	/* Whoever comes next, by whichever member, does not get it. */
	assert_true(firing_claim(db, &wish, &again, &err));
	assert_false(again.mine);
	assert_string_equal(again.id, firing.id);
	wish = wish_for(both, 2, true);
	assert_true(firing_claim(db, &wish, &again, &err));
	assert_false(again.mine);
	assert_string_equal(again.id, firing.id);
	/* The third tells of the same from now on. */
	wish = wish_for(&third, 1, true);
	assert_true(firing_claim(db, &wish, &again, &err));
	assert_false(again.mine);
	/* Another profile, another trigger, are others. */
	wish = wish_for(one, 2, false);
	wish.profile = "test";
	assert_true(firing_claim(db, &wish, &again, &err));
	assert_true(again.mine);
	assert_int_equal(again.state, FIRING_PROPOSED);
	assert_true(firing_set(db, firing.id, FIRING_RAN, "2 steps done", &err));
	assert_true(firing_list(db, &arena, "prod", test_now - 1000, &list, &err));
	assert_int_equal(list.count, 1);
	assert_true(untrusted_is(list.rows[0].id, firing.id));
	assert_true(untrusted_is(list.rows[0].trigger, "disk"));
	assert_true(untrusted_is(list.rows[0].runbook, "disk-full"));
	assert_true(untrusted_is(list.rows[0].source, "am"));
	assert_true(untrusted_is(list.rows[0].upstream_id, "f00"));
	assert_true(untrusted_is(list.rows[0].why, "2 steps done"));
	assert_int_equal(list.rows[0].state, FIRING_RAN);
	assert_int_equal(list.rows[0].started_at, test_now - 5000);
	assert_true(firing_trim(db, test_now + 1, &err));
	assert_true(firing_list(db, &arena, "prod", 0, &list, &err));
	assert_int_equal(list.count, 0);
}

/* Over the limit a run is proposed, and a proposal held; an hour later it goes on. */
static void test_firing_storm(void **unused)
{
	static const enum firing_state want[] = {FIRING_RUNNING, FIRING_RUNNING,
		FIRING_PROPOSED, FIRING_PROPOSED, FIRING_HELD, FIRING_HELD};
	struct firing firing;

	(void)unused;
	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		char id[20];
		struct firing_member m = {u("am"), UNTRUSTED_NONE, test_now};
		struct firing_wish wish = wish_for(&m, 1, true);

		snprintf(id, sizeof id, "alert%zu", i);
		m.upstream_id = u(id);
		assert_true(firing_claim(db, &wish, &firing, &err));
		assert_true(firing.mine);
		assert_int_equal(firing.state, want[i]);
		/* Once for ever. */
		assert_true(firing_claim(db, &wish, &firing, &err));
		assert_false(firing.mine);
		test_now += 1000;
	}
	test_now += HOUR_MS;
	{
		const struct firing_member late = {u("am"), u("late"), test_now};
		const struct firing_member back = {u("am"), u("alert5"), test_now};
		struct firing_wish wish = wish_for(&late, 1, true);

		assert_true(firing_claim(db, &wish, &firing, &err));
		assert_int_equal(firing.state, FIRING_RUNNING);
		/* The same alert, fired anew after long. */
		wish = wish_for(&back, 1, false);
		assert_true(firing_claim(db, &wish, &firing, &err));
		assert_true(firing.mine);
	}
}

/* Each time of a schedule is one, also a minute apart. */
static void test_firing_times(void **unused)
{
	struct firing firing;

	(void)unused;
	for (int i = 0; i < 3; i++) {
		const struct firing_member m = {
			.started_at = INT64_C(1795000020000) + i * MINUTE_MS};
		struct firing_wish wish = wish_for(&m, 1, true);

		wish.again_ms = 0;
		wish.most = 100;
		assert_true(firing_claim(db, &wish, &firing, &err));
		assert_true(firing.mine);
		assert_true(firing_claim(db, &wish, &firing, &err));
		assert_false(firing.mine);
	}
}

static void test_step(void **unused)
{
	struct step_row rows[] = {
		{.chain = u("c1"),
			.seq = 7,
			.at = test_now,
			.source = u("am"),
			.upstream_id = u("f00"),
			.event = u("run.local"),
			.runbook = u("disk"),
			.title = u("Look'; DROP TABLE step; --"),
			.class = u("read"),
			.who = u("ada"),
			.origin = u("trigger t"),
			.place = u("web-1"),
			.step = 2},
		{.chain = u("c1"),
			.seq = 9,
			.at = test_now + 1000,
			.source = u("am"),
			.upstream_id = u("other"),
			.runbook = u("disk"),
			.step = 1},
		{.chain = u("c2"),
			.seq = 7,
			.at = test_now + 2000,
			.source = u("pd"),
			.upstream_id = u("Q1"),
			.runbook = u("disk"),
			.step = 1},
	};
	const struct step_whom alert = {u("am"), u("f00")}, page = {u("pd"), u("Q1")};
	const struct step_whom both[] = {alert, page};
	struct step_query query = {&alert, 1, test_now - 1000, 0};
	struct step_rows list;

	(void)unused;
	assert_true(step_put(db, rows, 3, &err));
	assert_true(step_of(db, &arena, &query, &list, &err));
	assert_int_equal(list.count, 1);
	assert_true(untrusted_is(list.rows[0].title, "Look'; DROP TABLE step; --"));
	assert_true(untrusted_is(list.rows[0].origin, "trigger t"));
	assert_int_equal(list.rows[0].step, 2);
	assert_int_equal(list.rows[0].ended_at, 0);
	/* Its outcome comes; what stands there stays. */
	rows[0].ended_at = test_now + 500;
	rows[0].result = u("done");
	rows[0].title = u("another");
	assert_true(step_put(db, rows, 1, &err));
	assert_true(step_of(db, &arena, &query, &list, &err));
	assert_int_equal(list.count, 1);
	assert_true(untrusted_is(list.rows[0].result, "done"));
	assert_true(untrusted_is(list.rows[0].title, "Look'; DROP TABLE step; --"));
	/* Its alert paged: the page has it as well, once. */
	assert_true(step_page(db, &alert, test_now - 1, &page, &err));
	query.whom = &page;
	assert_true(step_of(db, &arena, &query, &list, &err));
	assert_int_equal(list.count, 2);
	query.whom = both;
	query.count = 2;
	assert_true(step_of(db, &arena, &query, &list, &err));
	assert_int_equal(list.count, 2);
	/* An episode before, and what came behind its end, are not of it. */
	query = (struct step_query){&alert, 1, test_now + 1, 0};
	assert_true(step_of(db, &arena, &query, &list, &err));
	assert_int_equal(list.count, 0);
	query = (struct step_query){&page, 1, 0, test_now + 1};
	assert_true(step_of(db, &arena, &query, &list, &err));
	assert_int_equal(list.count, 1);
	assert_true(step_span(db, &arena, test_now, test_now + 2000, &list, &err));
	assert_int_equal(list.count, 2);
	assert_int_equal(list.rows[1].seq, 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_statements, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_keep, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_firing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_firing_storm, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_firing_times, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_step, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_keep_users, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_incident, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_change, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_raw, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_baseline, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_lease, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_points, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_sums, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_damaged_points, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
