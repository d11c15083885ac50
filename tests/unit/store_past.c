/* Incidents of the past in pages, who acted on them, what belongs together by hand, and
 * when a source was watched. */
#include "base/str.h"
#include "base/time.h"
#include "store/hand.h"
#include "store/incident.h"
#include "store/outbox.h"
#include "store/past.h"
#include "store/watch.h"

#include <setjmp.h>
#include <stdarg.h>

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

static void put_many(int count)
{
	assert_true(db_begin(db, &err));
	for (int i = 0; i < count; i++) {
		char id[20];
		struct incident_row row = {
			.source = u("pd"), .title = u("t"), .severity = SEVERITY_HIGH};

		snprintf(id, sizeof id, "P%d", i);
		row.upstream_id = u(id);
		/* Three at a time begin together. */
		row.started_at = 1000 + i / 3 * 10;
		test_now += i % 7 == 0;
		assert_true(incident_put(db, &row, 1, &err));
	}
	assert_true(db_commit(db, &err));
}

/* Every row comes once, whatever the size of a page. */
static void test_pages(void **unused)
{
	enum { COUNT = 100 };
	static const size_t limits[] = {1, 2, 3, 7, 99, 100, 101};

	(void)unused;
	put_many(COUNT);
	for (size_t k = 0; k < sizeof limits / sizeof *limits; k++) {
		struct incident_cursor back = incident_cursor_at(INT64_MAX - 1);
		struct incident_cursor on = incident_cursor_at(0);
		struct incident_rows page;
		int64_t last = INT64_MAX;
		size_t n = 0, since = 0;

		do {
			arena_reset(&arena);
			assert_true(incident_span(
				db, &arena, 1000, &back, limits[k], &page, &err));
			for (size_t i = 0; i < page.count; i++, n++) {
				assert_true(page.rows[i].started_at <= last);
				last = page.rows[i].started_at;
			}
		} while (page.count == limits[k]);
		assert_int_equal(n, COUNT);
		do {
			arena_reset(&arena);
			assert_true(
				incident_since(db, &arena, &on, limits[k], &page, &err));
			since += page.count;
		} while (page.count == limits[k]);
		assert_int_equal(since, COUNT);
	}
}

static void test_span(void **unused)
{
	struct incident_cursor cursor = incident_cursor_at(1200);
	struct incident_cursor since = incident_cursor_at(test_now + 5);
	struct incident_rows page;
	size_t n = 0;

	(void)unused;
	put_many(100);
	/* [1100, 1200) */
	assert_true(incident_span(db, &arena, 1100, &cursor, 500, &page, &err));
	assert_int_equal(page.count, 30);
	assert_true(incident_count(db, 1100, 500, &n, &err));
	assert_int_equal(n, 70);
	assert_true(incident_count(db, 1100, 7, &n, &err));
	assert_int_equal(n, 7);
	assert_true(incident_since(db, &arena, &since, 500, &page, &err));
	assert_int_equal(page.count, 100 - 4 * 7);
	assert_false(incident_span(db, &arena, 0, &cursor, 0, &page, &err));
	assert_false(incident_span(
		db, &arena, 0, &cursor, INCIDENT_MAX_LIST + 1, &page, &err));
}

static struct incident_row only(void)
{
	struct incident_cursor cursor = incident_cursor_at(INT64_MAX - 1);
	struct incident_rows page;

	assert_true(incident_span(db, &arena, 0, &cursor, 10, &page, &err));
	assert_int_equal(page.count, 1);
	return page.rows[0];
}

/* What a pager forgets when an incident ends stays: who took it, and when first. */
static void test_who_acted(void **unused)
{
	struct incident_row row = {.source = u("pd"),
		.upstream_id = u("P1"),
		.title = u("t"),
		.state = ALERT_FIRING,
		.pages = true,
		.started_at = 1000,
		.urgency = URGENCY_HIGH,
		.number = 7,
		.priority = u("P2")};
	struct incident_row got;

	(void)unused;
	assert_true(incident_put(db, &row, 1, &err));
	got = only();
	assert_int_equal(got.acted, 0);
	assert_int_equal(got.taken_at, 0);
	row.state = ALERT_ACKNOWLEDGED;
	row.acked_at = 1500;
	row.acked_by = u("Ana");
	assert_true(incident_put(db, &row, 1, &err));
	row.acked_at = 1900;
	row.acked_by = u("Ben");
	assert_true(incident_put(db, &row, 1, &err));
	row = (struct incident_row){.source = u("pd"),
		.upstream_id = u("P1"),
		.title = u("t"),
		.state = ALERT_RESOLVED,
		.pages = true,
		.started_at = 1000,
		.ended_at = 3000};
	assert_true(incident_put(db, &row, 1, &err));
	got = only();
	assert_int_equal(got.taken_at, 1500);
	assert_int_equal(got.acked_at, 0);
	assert_true(untrusted_is(got.acked_by, "Ben"));
	assert_int_equal(got.urgency, URGENCY_HIGH);
	assert_int_equal(got.number, 7);
	assert_true(untrusted_is(got.priority, "P2"));
	assert_int_equal(got.acted, INCIDENT_ACTED);
	row.resolved_by = u("Ana");
	assert_true(incident_put(db, &row, 1, &err));
	assert_int_equal(only().acted, INCIDENT_ACTED | INCIDENT_BY_HAND);
	/* An import of older words brings the earlier moment. */
	row.acked_at = 1200;
	row.resolved_by = UNTRUSTED_NONE;
	assert_true(incident_put(db, &row, 1, &err));
	got = only();
	assert_int_equal(got.taken_at, 1200);
	assert_true(untrusted_is(got.resolved_by, "Ana"));
}

/* The end is the source's to tell, not the time at which it was missed; who took it first
 * is what was seen when the source has only the last one. */
static void test_told(void **unused)
{
	struct incident_row seen = {.source = u("pd"),
		.upstream_id = u("P1"),
		.title = u("t"),
		.state = ALERT_ACKNOWLEDGED,
		.pages = true,
		.started_at = 1000,
		.acked_at = 1500,
		.acked_by = u("Ana")};
	struct batch_past told = {.alert = {.state = ALERT_RESOLVED,
					  .pages = true,
					  .started_at = 1000,
					  .acked_at = 1900,
					  .ended_at = 3000}};
	const struct past_page page = {
		.source = u("pd"), .pasts = &told, .past_count = 1};
	struct incident_row got;

	(void)unused;
	told.alert.texts[ALERT_ID] = u("P1");
	told.alert.texts[ALERT_TITLE] = u("t");
	told.alert.texts[ALERT_ACKED_BY] = u("Ben");
	assert_true(incident_put(db, &seen, 1, &err));
	assert_true(past_put(db, &page, &err));
	seen.state = ALERT_RESOLVED;
	seen.acked_at = 0;
	seen.ended_at = 3400;
	seen.ended_after_at = 2000;
	assert_true(incident_put(db, &seen, 1, &err));
	got = only();
	assert_int_equal(got.ended_at, 3000);
	assert_int_equal(got.ended_after_at, 0);
	assert_int_equal(got.taken_at, 1500);
	assert_true(untrusted_is(got.acked_by, "Ana"));
	/* It is open again, and ends again, seen only. */
	seen.state = ALERT_FIRING;
	seen.ended_at = seen.ended_after_at = 0;
	assert_true(incident_put(db, &seen, 1, &err));
	assert_int_equal(only().ended_at, 0);
	seen.ended_at = 5000;
	assert_true(incident_put(db, &seen, 1, &err));
	assert_int_equal(only().ended_at, 5000);
}

static void put_entries(const struct batch_entry *entries, size_t n, const char *notes_of)
{
	const struct past_page page = {.source = u("pd"),
		.entries = entries,
		.entry_count = n,
		.notes_of = u(notes_of)};

	assert_true(past_put(db, &page, &err));
}

/* What is told again replaces what was told; notes that are gone upstream go here. */
static void test_entries(void **unused)
{
	struct batch_entry one = {.id = u("R1"),
		.incident = u("P1"),
		.kind = ENTRY_ACK,
		.at = 1000,
		.who = u("Ana"),
		.text = u("old")};
	struct batch_entry notes[2] = {one, one}, bridge = one;
	struct past_entries log;

	(void)unused;
	notes[0].kind = notes[1].kind = ENTRY_NOTE;
	notes[0].id = u("note/N1");
	notes[1].id = u("note/N2");
	bridge.kind = ENTRY_BRIDGE;
	bridge.id = u("bridge/P1");
	put_entries(&one, 1, "");
	put_entries(notes, 2, "P1");
	put_entries(&bridge, 1, "");
	one.text = bridge.text = u("new");
	put_entries(&one, 1, "");
	put_entries(&bridge, 1, "");
	assert_true(past_log(db, &arena, u("pd"), u("P1"), &log, &err));
	assert_int_equal(log.count, 4);
	for (size_t i = 0; i < log.count; i++)
		if (untrusted_is(log.rows[i].id, "R1") ||
			untrusted_is(log.rows[i].id, "bridge/P1"))
			assert_true(untrusted_is(log.rows[i].text, "new"));
	/* Those of another incident, or of the log itself, stay. */
	notes[1].incident = u("P2");
	notes[1].id = u("note/N3");
	put_entries(&notes[1], 1, "P2");
	notes[0].id = u("R2");
	put_entries(notes, 1, "");
	put_entries(NULL, 0, "P1");
	assert_true(past_log(db, &arena, u("pd"), u("P1"), &log, &err));
	assert_int_equal(log.count, 3);
	assert_true(past_log(db, &arena, u("pd"), u("P2"), &log, &err));
	assert_int_equal(log.count, 1);
}

static void act(enum action_verb verb, const char *target, enum outbox_state state)
{
	struct outbox_row row = {.profile = u(""), .source = u("pd")};

	id_new(++test_now, row.action.id);
	row.action.verb = verb;
	row.action.texts[ACTION_TARGET] = u(target);
	assert_true(outbox_add(db, &row, 1, &err));
	assert_true(db_run(db, "UPDATE outbox SET state = $1 WHERE id = $2",
		DB_ARGS(bind_i64(state), bind_text(row.action.id)), &err));
}

/* What was done through oogway and confirmed counts; what failed does not. */
static void test_outbox_acted(void **unused)
{
	struct incident_row row = {.source = u("pd"),
		.upstream_id = u("P1"),
		.started_at = test_now - 1000,
		.title = u("t")};

	(void)unused;
	assert_true(incident_put(db, &row, 1, &err));
	act(ACTION_RESOLVE, "P2", OUTBOX_CONFIRMED);
	act(ACTION_RESOLVE, "P1", OUTBOX_FAILED);
	act(ACTION_NOTE, "P1", OUTBOX_WAITING);
	assert_int_equal(only().acted, 0);
	act(ACTION_NOTE, "P1", OUTBOX_CONFIRMED);
	assert_int_equal(only().acted, INCIDENT_ACTED);
	act(ACTION_RESOLVE, "P1", OUTBOX_CONFIRMED);
	assert_int_equal(only().acted, INCIDENT_ACTED | INCIDENT_BY_HAND);
	/* The same alert when it fired long ago is another incident. */
	row.started_at = test_now - 10 * DAY_MS;
	row.ended_at = test_now - 9 * DAY_MS;
	assert_true(incident_put(db, &row, 1, &err));
	{
		struct incident_cursor cursor = incident_cursor_at(test_now - DAY_MS);
		struct incident_rows page;

		assert_true(incident_span(db, &arena, 0, &cursor, 10, &page, &err));
		assert_int_equal(page.count, 1);
		assert_int_equal(page.rows[0].acted, 0);
	}
}

/* What was open at a moment tells who took it and who ended it. */
static void test_open_then(void **unused)
{
	struct incident_row row = {.source = u("pd"),
		.upstream_id = u("P1"),
		.title = u("t"),
		.started_at = test_now - DAY_MS,
		.acked_at = test_now - DAY_MS + 1000,
		.ended_at = test_now + 300,
		.acked_by = u("Ben"),
		.resolved_by = u("Ana Ruiz")};
	struct incident_rows page;
	int64_t taken = row.acked_at;

	(void)unused;
	assert_true(incident_put(db, &row, 1, &err));
	row.upstream_id = u("P2");
	row.acked_at = 0;
	row.acked_by = row.resolved_by = UNTRUSTED_NONE;
	assert_true(incident_put(db, &row, 1, &err));
	test_now += 900;
	act(ACTION_RESOLVE, "P2", OUTBOX_CONFIRMED);
	assert_true(incident_at(db, &arena, test_now - HOUR_MS, 10, &page, &err));
	assert_int_equal(page.count, 2);
	for (size_t i = 0; i < 2; i++) {
		const struct incident_row *r = &page.rows[i];
		bool first = untrusted_is(r->upstream_id, "P1");

		assert_int_equal(r->acted, INCIDENT_ACTED | INCIDENT_BY_HAND);
		assert_int_equal(r->taken_at, first ? taken : 0);
		assert_true(untrusted_is(r->resolved_by, first ? "Ana Ruiz" : ""));
		assert_true(untrusted_is(r->acked_by, first ? "Ben" : ""));
	}
}

/* Once another tells of the same it stays so, whatever its source says later. */
static void test_echo(void **unused)
{
	struct incident_row row = {.source = u("am"),
		.upstream_id = u("a1"),
		.title = u("t"),
		.started_at = test_now};

	(void)unused;
	assert_true(incident_put(db, &row, 1, &err));
	assert_false(only().echo);
	row.echo = true;
	assert_true(incident_put(db, &row, 1, &err));
	assert_true(only().echo);
	row.echo = false;
	row.title = u("another");
	assert_true(incident_put(db, &row, 1, &err));
	assert_true(only().echo && untrusted_is(only().title, "another"));
}

static void test_hand(void **unused)
{
	const struct hand_row rows[] = {{u("disk"), u("web"), 5}, {u("disk"), u("db"), 5},
		{u("'; DROP TABLE hand; --"), u(""), 6}};
	const struct hand_row again = {u("disk"), u("web"), 9};
	struct hand_rows out;

	(void)unused;
	assert_true(hand_put(db, rows, 3, &err));
	test_now++;
	assert_true(hand_put(db, &again, 1, &err));
	assert_true(hand_list(db, &arena, &out, &err));
	assert_int_equal(out.count, 3);
	assert_true(untrusted_is(out.rows[2].service, "web"));
	assert_int_equal(out.rows[2].label, 9);
	assert_false(hand_put(db, rows, HAND_MAX_LIST + 1, &err));
}

static void test_watch(void **unused)
{
	const struct watch_span rows[] = {{u("pd"), 100, 200}, {u("am"), 50, 400},
		{u("pd"), 300, 500}, {u("pd"), 10, 20}};
	struct watch_spans out;

	(void)unused;
	for (size_t i = 0; i < 4; i++)
		assert_true(watch_put(db, &rows[i], &err));
	assert_true(watch_list(db, &arena, 150, &out, &err));
	assert_int_equal(out.count, 3);
	assert_true(untrusted_is(out.spans[0].source, "am"));
	assert_int_equal(out.spans[1].from_at, 100);
	assert_int_equal(out.spans[2].from_at, 300);
}

/* A store of the version before: what was acknowledged then counts as taken. */
static void test_upgrade(void **unused)
{
	struct incident_row row = {.source = u("pd"),
		.upstream_id = u("P1"),
		.title = u("t"),
		.started_at = 1000,
		.acked_at = 1400};
	static const char *const then[] = {"keep", "series", "chunk", "baseline",
		"incident", "change", "lease", "outbox", "ack", "watch", NULL};
	static const char *const back[] = {"DROP INDEX incident_updated",
		"ALTER TABLE incident DROP COLUMN link",
		"ALTER TABLE incident DROP COLUMN told",
		"ALTER TABLE incident DROP COLUMN taken_at",
		"ALTER TABLE incident DROP COLUMN urgency",
		"ALTER TABLE incident DROP COLUMN number",
		"ALTER TABLE incident DROP COLUMN priority",
		"ALTER TABLE incident DROP COLUMN acked_by",
		"ALTER TABLE incident DROP COLUMN resolved_by",
		"ALTER TABLE incident DROP COLUMN echo", "PRAGMA user_version = 3"};
	struct store_config config = config_here();

	(void)unused;
	assert_true(incident_put(db, &row, 1, &err));
	drop_tables_but(db, then);
	for (size_t i = 0; i < sizeof back / sizeof *back; i++)
		assert_true(db_run(db, back[i], NULL, 0, &err));
	db_close(db);
	db = store_open_here(&config, NULL, &err);
	assert_non_null(db);
	assert_int_equal(only().taken_at, 1400);
}

#define ROW(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(test_pages),
		ROW(test_span),
		ROW(test_who_acted),
		ROW(test_told),
		ROW(test_entries),
		ROW(test_outbox_acted),
		ROW(test_open_then),
		ROW(test_echo),
		ROW(test_hand),
		ROW(test_watch),
		ROW(test_upgrade),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
