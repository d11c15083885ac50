/* The past in the app: read in pages, counted, kept up, merged and split by hand and
 * remembered; and when it is complete. */
#include "app/history.h"
#include "app/listing.h"
#include "app/similar.h"
#include "app/trends.h"
#include "base/str.h"
#include "base/time.h"
#include "io/loop.h"
#include "store/past.h"
#include "store/watch.h"

#include <setjmp.h>
#include <stdarg.h>

#include "store_place.h"
#include <cmocka.h>

enum { LIMIT_MS = 20000, INCIDENTS = 1300 };

static struct loop *loop;
static struct app *app;
static struct loop_timer *poll_timer;
static bool (*wanted)(void);
static int64_t wait_until, now_at;

static int set_up(void **unused)
{
	(void)unused;
	setenv("TZ", "UTC", 1);
	folder_make();
	setenv("HOME", folder, 1);
	setenv("XDG_CONFIG_HOME", folder, 1);
	*strstr(file, "/oogway/oogway.db") = '\0';
	setenv("XDG_STATE_HOME", file, 1);
	snprintf(file, sizeof file, "%s/state/oogway/oogway.db", folder);
	unsetenv("XDG_RUNTIME_DIR");
	now_at = test_now = time_now_ms();
	return 0;
}

static int tear_down(void **unused)
{
	(void)unused;
	folder_remove();
	return 0;
}

static struct db *open_store(void)
{
	struct store_config config = config_here();
	struct err err = {0};
	struct db *db = store_open_here(&config, NULL, &err);

	assert_non_null(db);
	return db;
}

static void put(struct db *db, const char *title, const char *service, int64_t at, int i)
{
	char id[20];
	struct err err;
	struct incident_row row = {.source = untrusted_str("pd"),
		.title = untrusted_str(title),
		.service = untrusted_str(service),
		.severity = SEVERITY_HIGH,
		.state = ALERT_RESOLVED,
		.pages = true,
		.started_at = at,
		.ended_at = at + 10 * MINUTE_MS,
		.acked_at = i % 2 ? at + MINUTE_MS : 0};

	snprintf(id, sizeof id, "P%d", i);
	row.upstream_id = untrusted_str(id);
	assert_true(incident_put(db, &row, 1, &err));
}

/* Two problems in turn, one an hour, the newest half an hour ago. */
static void make_past(void)
{
	struct db *db = open_store();
	struct err err;

	assert_true(db_begin(db, &err));
	for (int i = 0; i < INCIDENTS; i++) {
		char title[80];

		snprintf(title, sizeof title,
			i % 3 ? "Disk %d %% full" : "Errors on web-%d", i % 90);
		put(db, title, i % 3 ? "db" : "web",
			now_at - i * HOUR_MS - 30 * MINUTE_MS, i);
	}
	assert_true(db_commit(db, &err));
	db_close(db);
}

static void look_again(void *ctx)
{
	(void)ctx;
	app->now = time_now_ms();
	trends_tick(app->trends, app->now);
	if ((!history_busy(app->history) && wanted()) || time_mono_ms() > wait_until)
		loop_stop(loop);
	else
		loop_timer_start(poll_timer, 2);
}

static void wait_for(bool (*what)(void))
{
	wanted = what;
	wait_until = time_mono_ms() + LIMIT_MS;
	loop_timer_start(poll_timer, 0);
	loop_run(loop);
	assert_true(time_mono_ms() <= wait_until);
}

/* The slow count: incidents from the midnight 27 days ago. */
static size_t expected(void)
{
	int64_t from = now_at / DAY_MS * DAY_MS - 27 * DAY_MS;
	size_t n = 0;

	for (int i = 0; i < INCIDENTS; i++)
		n += now_at - i * HOUR_MS - 30 * MINUTE_MS >= from;
	return n;
}

static size_t expected_before(void)
{
	int64_t from = now_at / DAY_MS * DAY_MS - 55 * DAY_MS;
	size_t n = 0;

	for (int i = 0; i < INCIDENTS; i++)
		n += now_at - i * HOUR_MS - 30 * MINUTE_MS >= from &&
		     now_at - i * HOUR_MS - 30 * MINUTE_MS < now_at - 28 * DAY_MS;
	return n;
}

static bool all_read(void)
{
	const struct trends_view *v = trends_view(app->trends);

	return v && v->sum.count >= expected();
}

static bool one_more(void)
{
	return trends_view(app->trends)->sum.count == expected() + 1;
}

static bool grouped_in_one(void)
{
	return trends_view(app->trends)->row_count == 1;
}

static bool grouped_in_two(void)
{
	return trends_view(app->trends)->row_count == 2;
}

static bool by_weekday(void)
{
	return trends_view(app->trends)->by == TREND_BY_WEEKDAY;
}

static void begin(void)
{
	struct app_options options = {.rc.no_system = true, .no_host = true};

	loop = loop_new();
	app = app_new(loop, &options);
	app->live = true;
	poll_timer = loop_timer(loop, look_again, NULL);
	history_start(app->history);
	trends_watch(app->trends, true);
}

static void end(void)
{
	trends_watch(app->trends, false);
	loop_timer_free(poll_timer);
	app_free(app);
	loop_free(loop);
}

static void test_counts(void **unused)
{
	const struct trends_view *v;
	size_t sum = 0;

	(void)unused;
	make_past();
	begin();
	wait_for(all_read);
	v = trends_view(app->trends);
	assert_int_equal(trends_known(app->trends), INCIDENTS);
	assert_int_equal(v->sum.count, expected());
	assert_int_equal(v->row_count, 2);
	assert_int_equal(v->day_count, 28);
	for (size_t i = 0; i < v->day_count; i++)
		sum += v->days[i];
	assert_int_equal(sum, expected());
	assert_int_equal(v->rows[0].group.sum.count + v->rows[1].group.sum.count, sum);
	assert_true(v->sum.end_median == 10 * MINUTE_MS);
	assert_true(v->sum.ack_p90 == MINUTE_MS);
	assert_int_equal(v->before, expected_before());
	/* The incidents behind a bar are as many as the bar says. */
	for (size_t i = 0; i < v->row_count; i++) {
		trends_drill(app->trends, v->rows[i].id);
		assert_int_equal(trends_count(app->trends), v->rows[i].group.sum.count);
		for (size_t k = 1; k < trends_count(app->trends); k++)
			assert_true(trends_at(app->trends, k)->started_at <
				    trends_at(app->trends, k - 1)->started_at);
	}
	trends_drill(app->trends, 0);
	assert_int_equal(trends_count(app->trends), expected());
	trends_show(app->trends, TREND_BY_WEEKDAY, 28);
	wait_for(by_weekday);
	v = trends_view(app->trends);
	assert_int_equal(v->row_count, 7);
	assert_true(untrusted_is(v->rows[0].name, "Monday"));
	trends_drill(app->trends, v->rows[2].id);
	assert_int_equal(trends_count(app->trends), v->rows[2].group.sum.count);
	end();
}

/* What another oogway writes is seen, and an end that comes later too. */
static void test_kept_up(void **unused)
{
	struct db *db;
	struct err err;
	char why[80];

	(void)unused;
	make_past();
	begin();
	wait_for(all_read);
	db = open_store();
	test_now = time_now_ms();
	assert_true(db_begin(db, &err));
	put(db, "Disk 3 % full", "db", now_at - 20 * MINUTE_MS, 5000);
	assert_true(db_commit(db, &err));
	wait_for(one_more);
	assert_int_equal(trends_view(app->trends)->row_count, 2);
	trends_explain(app->trends, &trends_view(app->trends)->rows[0], why, sizeof why);
	assert_true(str_starts(why, "same template, same service, "));
	assert_true(str_ends(why, " times in 4 weeks"));
	end();
	db_close(db);
}

static void test_by_hand(void **unused)
{
	uint64_t ids[2], split;
	struct err err = {0};

	(void)unused;
	make_past();
	begin();
	wait_for(all_read);
	for (int i = 0; i < 2; i++)
		ids[i] = trends_view(app->trends)->rows[i].id;
	assert_false(trends_merge(app->trends, ids, 1, &err));
	assert_true(trends_merge(app->trends, ids, 2, &err));
	wait_for(grouped_in_one);
	assert_int_equal(trends_view(app->trends)->rows[0].reasons, CLUSTER_BY_HAND);
	end();
	/* Remembered. */
	begin();
	wait_for(all_read);
	assert_int_equal(trends_view(app->trends)->row_count, 1);
	trends_drill(app->trends, trends_view(app->trends)->rows[0].id);
	split = trends_at(app->trends, 0)->id;
	assert_true(trends_split(app->trends, &split, 1, &err));
	wait_for(grouped_in_two);
	/* One template of one service cannot be split. */
	assert_false(trends_split(app->trends, &split, 1, &err));
	assert_false(trends_split(app->trends, &split, 0, &err));
	end();
	begin();
	wait_for(all_read);
	assert_int_equal(trends_view(app->trends)->row_count, 2);
	end();
}

static void watched(int64_t from, int64_t until)
{
	struct watch_span span = {untrusted_str("pd"), from, until};
	struct db *db = open_store();
	struct err err;

	assert_true(db_begin(db, &err));
	assert_true(watch_put(db, &span, &err));
	assert_true(db_commit(db, &err));
	db_close(db);
}

/* The pager's own history was read; oldest: there is nothing before. */
static void import(int64_t from, int64_t until, bool oldest)
{
	const struct coverage coverage = {.wanted_at = from,
		.oldest = oldest,
		.began = {from, until},
		.entries = {from, until}};
	const struct past_page page = {
		.source = untrusted_str("pd"), .coverage = &coverage};
	struct db *db = open_store();
	struct err err;

	assert_true(db_begin(db, &err));
	assert_true(past_put(db, &page, &err));
	assert_true(db_commit(db, &err));
	db_close(db);
}

static void imported(int64_t from, int64_t until)
{
	import(from, until, false);
}

static void imported_all(int64_t from, int64_t until)
{
	import(from, until, true);
}

/* Says of the span, with a pager in the rc and without a console. */
static bool complete_here(char *out, size_t size)
{
	static const char rc[] =
		"source pd pagerduty url=http://127.0.0.1:9 token-env=T\n";
	struct app_options options = {.rc.no_system = true, .no_host = true};
	struct err err = {0};
	char path[400];
	bool whole;
	FILE *f;

	snprintf(path, sizeof path, "%s/rc", folder);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(rc, f);
	fclose(f);
	setenv("T", "t", 1);
	options.rc.file = path;
	loop = loop_new();
	app = app_new(loop, &options);
	app->now = now_at;
	assert_true(trends_read_here(app->trends, &err));
	assert_int_equal(trends_view(app->trends)->sum.count, expected());
	whole = trends_complete(
		app, trends_view(app->trends), trends_view(app->trends)->from, out, size);
	assert_int_equal(whole, trend_listing.complete(app, out, size));
	app_free(app);
	loop_free(loop);
	return whole;
}

static void test_complete(void **unused)
{
	char text[120];

	(void)unused;
	make_past();
	assert_false(complete_here(text, sizeof text));
	assert_string_equal(text, "partial: not watched");
	watched(now_at - 20 * DAY_MS, now_at - MINUTE_MS);
	assert_false(complete_here(text, sizeof text));
	assert_true(str_starts(text, "partial: known since "));
	/* A hole of four minutes is none, one of an hour is. */
	watched(now_at - 40 * DAY_MS, now_at - 20 * DAY_MS - 60 * MINUTE_MS);
	assert_false(complete_here(text, sizeof text));
	watched(now_at - 21 * DAY_MS, now_at - 20 * DAY_MS - 4 * MINUTE_MS);
	assert_true(complete_here(text, sizeof text));
	assert_string_equal(text, "complete");
}

static void test_imported(void **unused)
{
	char text[120];

	(void)unused;
	make_past();
	imported(now_at - 40 * DAY_MS, now_at - 2 * DAY_MS);
	assert_false(complete_here(text, sizeof text));
	assert_string_equal(text, "partial: not watched");
	watched(now_at - 2 * DAY_MS, now_at - MINUTE_MS);
	assert_true(complete_here(text, sizeof text));
	imported_all(now_at - 20 * DAY_MS, now_at);
	assert_true(complete_here(text, sizeof text));
	imported(now_at - 20 * DAY_MS, now_at);
	assert_false(complete_here(text, sizeof text));
	assert_true(str_starts(text, "partial: known since "));
}

static void test_like(void **unused)
{
	struct trends_like like[5];

	(void)unused;
	make_past();
	begin();
	wait_for(all_read);
	assert_int_equal(trends_like(app->trends, untrusted_str("Disk 99 % full"),
				 untrusted_str("db"), like, 5),
		5);
	for (int i = 0; i < 5; i++) {
		assert_true(like[i].score == 1);
		assert_true(untrusted_is(like[i].incident->service, "db"));
		if (i)
			assert_true(like[i].incident->started_at <
				    like[i - 1].incident->started_at);
	}
	assert_int_equal(trends_like(app->trends, untrusted_str("Something else"),
				 untrusted_str("db"), like, 5),
		0);
	end();
}

/* What was done to P1: two notes, one of them told twice, and a role. */
static void put_log(void)
{
	static const struct {
		const char *id, *text;
		enum entry_kind kind;
	} rows[] = {
		{"R1", "Escalated to Ben", ENTRY_ESCALATE},
		{"note/N1", "restarted it", ENTRY_NOTE},
		{"R2", "restarted it", ENTRY_NOTE},
		{"R3", "Note added by Ana", ENTRY_NOTE},
		{"note/N2", "Role commander: Ana", ENTRY_NOTE},
		{"note/N3", "disk was full", ENTRY_NOTE},
	};
	struct db *db = open_store();
	struct err err;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct batch_entry entry = {.id = untrusted_str(rows[i].id),
			.incident = untrusted_str("P1"),
			.who = untrusted_str("Ana"),
			.text = untrusted_str(rows[i].text),
			.kind = rows[i].kind,
			.at = now_at - HOUR_MS + (int64_t)i};
		const struct past_page page = {.source = untrusted_str("pd"),
			.entries = &entry,
			.entry_count = 1};

		assert_true(past_put(db, &page, &err));
	}
	db_close(db);
}

static bool found(void)
{
	similar_tick(app->similar, app->now);
	return similar_of(app->similar, 7) != NULL;
}

/* On an incident's page: what is like it, but for itself, why, and what was done. */
static void test_similar(void **unused)
{
	const struct similar_list *list;
	struct str words;
	char count[60];
	size_t n = 0;

	(void)unused;
	make_past();
	put_log();
	begin();
	similar_show(app->similar, 7, untrusted_str("P2"),
		untrusted_str("Disk 99 % full"), untrusted_str("db"));
	wait_for(found);
	wait_for(all_read);
	list = similar_of(app->similar, 7);
	assert_null(similar_of(app->similar, 8));
	assert_int_equal(list->count, SIMILAR_MOST);
	assert_true(list->ones[0].same);
	assert_true(untrusted_is(list->ones[0].upstream_id, "P1"));
	assert_int_equal(list->ones[0].note_count, 2);
	assert_true(untrusted_is(list->ones[0].notes[0], "restarted it"));
	assert_true(untrusted_is(list->ones[0].notes[1], "disk was full"));
	for (size_t i = 0; i < list->count; i++)
		assert_false(untrusted_is(list->ones[i].upstream_id, "P2"));
	str_init(&words, 400);
	similar_words(&list->ones[0], &words);
	assert_string_equal(str_text(&words), "acknowledged after 1m, escalated 1 time, "
					      "over after 10m");
	str_release(&words);
	/* All of them in four weeks, counted slowly; nobody watched: it says so. */
	for (int i = 0; i < INCIDENTS; i++)
		n += i % 3 && i * HOUR_MS + 30 * MINUTE_MS <= SIMILAR_DAYS * DAY_MS;
	similar_show(app->similar, 0, UNTRUSTED_NONE, UNTRUSTED_NONE, UNTRUSTED_NONE);
	similar_show(app->similar, 7, untrusted_str("P2"),
		untrusted_str("Disk 99 % full"), untrusted_str("db"));
	wait_for(found);
	list = similar_of(app->similar, 7);
	snprintf(count, sizeof count, "same template, same service, %zu times in 4 weeks",
		n);
	assert_true(str_starts(list->why, count));
	assert_true(str_ends(list->why, "; partial: not watched"));
	similar_show(app->similar, 7, UNTRUSTED_NONE, UNTRUSTED_NONE, UNTRUSTED_NONE);
	assert_null(similar_of(app->similar, 7));
	end();
}

/* No store yet, and one without incidents. */
static bool any_view(void)
{
	return trends_view(app->trends) != NULL;
}

static void test_nothing(void **unused)
{
	struct app_options options = {.rc.no_system = true, .no_host = true};
	struct err err = {0};

	(void)unused;
	loop = loop_new();
	app = app_new(loop, &options);
	assert_false(trends_read_here(app->trends, &err));
	assert_non_null(strstr(err.text, "is made when the console first runs"));
	assert_int_equal(trend_listing.count(app), 0);
	assert_int_equal(past_listing.count(app), 0);
	app_free(app);
	loop_free(loop);
	begin();
	wait_for(any_view);
	assert_int_equal(trends_view(app->trends)->sum.count, 0);
	assert_string_equal(trends_state(app->trends), "No incidents in this span.");
	end();
}

/* The parts of the pane: a text in, a text or a sentence out. */
static const struct {
	const char *text, *how, *part, *then; /* then: NULL, it is refused */
} changes[] = {
	{"cards,bars,list", "toggle", "bars", "cards,list"},
	{"cards,list", "toggle", "bars", "cards,list,bars"},
	{"cards,list", "on", "cards", "cards,list"},
	{"cards,list", "off", "bars", "cards,list"},
	{"cards,bars,list", "up", "bars", "bars,cards,list"},
	{"cards,bars,list", "down", "cards", "bars,cards,list"},
	{"cards,bars,list", "up", "cards", NULL},
	{"cards,bars,list", "down", "list", NULL},
	{"cards,list", "up", "heat", NULL},
	{"cards,list", "off", "list", NULL},
	{"cards,list", "on", "clouds", NULL},
	{"cards,list", "twist", "cards", NULL},
	/* What somebody wrote: unknown, twice, without the list. */
	{"heat heat, clouds,,times", "up", "times", "times,heat,list"},
	{"", "on", "shares", "list,shares"},
};

static void test_parts(void **unused)
{
	enum trends_part parts[TRENDS_PART_COUNT];

	(void)unused;
	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
		char text[200];
		struct err err = {0};
		bool ok;

		snprintf(text, sizeof text, "%s", changes[i].text);
		ok = trends_part_change(
			text, sizeof text, changes[i].how, changes[i].part, &err);
		assert_int_equal(ok, changes[i].then != NULL);
		assert_string_equal(text, ok ? changes[i].then : changes[i].text);
		assert_int_equal(ok, !err.text[0]);
	}
	assert_int_equal(trends_parts("nonsense", parts), 1);
	assert_int_equal(parts[0], TRENDS_LIST);
}

#define ROW(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(test_counts),
		ROW(test_kept_up),
		ROW(test_by_hand),
		ROW(test_complete),
		ROW(test_imported),
		ROW(test_like),
		ROW(test_similar),
		ROW(test_nothing),
		cmocka_unit_test(test_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
