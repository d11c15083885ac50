/* The incident that is looked at at PagerDuty: all of its log, over pages that are short
 * and move meanwhile; what the plan lacks is left out; what fails is asked
 * again and disturbs nothing else; what did not change is not told again. */
#include "base/alloc.h"
#include "base/str.h"
#include "base/text.h"
#include "connect/source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW INT64_C(1700000000000)

enum { TOLD_MOST = 6000 };

/* The server. */
static struct {
	int entries;       /* of the log; number N is the newest */
	int limit;         /* the server's own maximum */
	int shift;         /* so many come behind each page */
	int status[4];     /* of facts, notes, log, alerts; 0: 200 */
	const char *facts; /* NULL: none of note */
	const char *notes;
	int asks[4], other, changes;
} server;

/* What was told, by the number at the end of an entry's id. */
static struct {
	int times[TOLD_MOST];
	size_t entries, rounds, changes;
	bool notes;
	char lacks[200], texts[4000];
} told;

static void *state;
static int64_t now;
static const char *opened;
static const struct source_conf conf = {
	.name = "pd", .url = "http://pd", .every_ms = 5000, .timeout_ms = 4000};

static int set_up(void **unused)
{
	(void)unused;
	memset(&server, 0, sizeof server);
	memset(&told, 0, sizeof told);
	server.limit = 100;
	server.entries = 3;
	now = NOW;
	opened = "Q1";
	state = mem_new(1, pagerduty_source.state_size);
	assert_true(pagerduty_source.start(state, &conf, NULL));
	return 0;
}

static int tear_down(void **unused)
{
	(void)unused;
	pagerduty_source.stop(state);
	mem_free(state);
	return 0;
}

static void log_page(int offset, struct str *out)
{
	str_puts(out, "{\"log_entries\":[");
	for (int i = 0; i < server.limit && server.entries - offset - i > 0; i++)
		str_printf(out,
			"%s{\"id\":\"R%d\",\"type\":\"notify_log_entry\",\"summary\":"
			"\"s\","
			"\"created_at\":\"2023-11-14T22:13:20Z\",\"incident\":{\"id\":"
			"\"Q1\"},\"agent\":{\"type\":\"user_reference\",\"summary\":"
			"\"A\"}}",
			i ? "," : "", server.entries - offset - i);
	str_printf(out, "],\"limit\":%d,\"offset\":%d,\"more\":%s,\"total\":null}",
		server.limit, offset,
		server.entries - offset > server.limit ? "true" : "false");
	server.entries += server.shift;
}

static int part_of(const char *path)
{
	if (strncmp(path, "/incidents/Q", 12) != 0)
		return -1;
	return strstr(path, "/notes")         ? 1
	       : strstr(path, "/log_entries") ? 2
	       : strstr(path, "/alerts")      ? 3
					      : 0;
}

static int answer_body(int part, const char *path, struct str *out)
{
	const char *offset = strstr(path, "&offset=");

	if (part < 0 && strstr(path, "since=2023-11-01")) {
		assert_non_null(strstr(path, "since=2023-11-01T04%3A00%3A00Z&"
					     "until=2023-11-01T10%3A10%3A00Z"));
		server.changes++;
		str_puts(out, "{\"change_events\":[{\"id\":\"C1\",\"summary\":\"deploy\","
			      "\"timestamp\":\"2023-11-01T09:00:00Z\"}],\"more\":false}");
		return 200;
	}
	if (part < 0) {
		server.other++;
		str_puts(out, "{}");
		return 404;
	}
	server.asks[part]++;
	if (part == 0)
		str_puts(out, server.facts
				      ? server.facts
				      : "{\"incident\":{\"id\":\"Q1\",\"created_at\":"
					"\"2023-11-14T22:13:20Z\"}}");
	else if (part == 1)
		str_puts(out, server.notes ? server.notes : "{\"notes\":[]}");
	else if (part == 2)
		log_page(offset ? atoi(offset + 8) : 0, out);
	else
		str_puts(out,
			"{\"alerts\":[{\"id\":\"A1\",\"summary\":\"cpu\","
			"\"created_at\":\"2023-11-14T22:13:20Z\"}],\"more\":false}");
	if (server.status[part])
		str_reset(out);
	return server.status[part] ? server.status[part] : 200;
}

static void hear(const struct batch *batch)
{
	struct str out;

	for (size_t i = 0; i < batch->change_count; i++)
		told.changes += untrusted_is(batch->changes[i].id, "C1");
	for (size_t i = 0; i < batch->entry_count; i++) {
		struct untrusted id = batch->entries[i].id;
		int64_t number;

		told.entries++;
		if (untrusted_starts(id, "R") &&
			untrusted_to_i64(untrusted_slice(id, 1, SIZE_MAX), &number))
			told.times[number]++;
	}
	str_init(&out, 1 << 20);
	batch_print(batch, &out);
	if (batch->entry_count < 20)
		str_copy(told.texts, sizeof told.texts, str_text(&out));
	str_release(&out);
	if (!batch->opened)
		return;
	told.notes |= batch->opened->notes;
	told.rounds += batch->opened->ended;
	if (batch->opened->ended)
		text_line(batch->opened->lacks, told.lacks, sizeof told.lacks);
}

static void take(int id, int status, const char *body)
{
	struct answer answer = {.id = id,
		.status = status,
		.origin = "pd",
		.now = now,
		.body = untrusted_str(body)};
	struct arena arena;
	struct batch batch;
	struct err err;

	arena_init(&arena, 64 << 20);
	batch_init(&batch, &arena);
	pagerduty_source.take(state, &answer, &batch, &err);
	hear(&batch);
	arena_release(&arena);
}

/* One ask, and its answer. False: nothing is asked now. */
static bool turn(void)
{
	struct source_window window = {.opened = opened};
	struct arena arena;
	struct ask ask = {0};
	bool asked;

	arena_init(&arena, 1 << 20);
	asked = pagerduty_source.next(state, now, &window, &arena, &ask) &&
		ask.kind == ASK_HTTP;
	if (asked) {
		struct str body;
		int status;

		str_init(&body, 16 << 20);
		status = answer_body(part_of(ask.path), ask.path, &body);
		take(ask.id, status, str_text(&body));
		str_release(&body);
	}
	arena_release(&arena);
	return asked;
}

static void run(int rounds)
{
	size_t wanted = told.rounds + (size_t)rounds;

	for (int i = 0; i < 400 && told.rounds < wanted; i++)
		if (!turn())
			now += 1000;
	assert_int_equal(told.rounds, wanted);
}

/* Each entry of the log once, whatever the server's pages are like. */
static void test_pages(void **unused)
{
	static const struct {
		int entries, limit, shift;
	} rows[] = {
		{0, 100, 0},
		{1, 100, 0},
		{100, 100, 0},
		{101, 100, 0},
		{750, 100, 0},
		{60, 25, 0},
		{90, 7, 0},
		/* New ones push the others on. */
		{350, 100, 3},
		{350, 100, 30},
		{90, 10, 1},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		set_up(unused);
		server.entries = rows[i].entries;
		server.limit = rows[i].limit;
		server.shift = rows[i].shift;
		run(1);
		server.shift = 0;
		run(1);
		for (int k = 1; k <= server.entries; k++)
			assert_int_equal(told.times[k], 1);
		assert_string_equal(told.lacks, "");
		if (i + 1 < sizeof rows / sizeof *rows)
			tear_down(unused);
	}
}

/* A later round reads until it meets what it knows. */
static void test_again(void **unused)
{
	(void)unused;
	server.entries = 500;
	run(1);
	assert_int_equal(server.asks[2], 5);
	server.entries += 150;
	run(1);
	assert_int_equal(server.asks[2], 7);
	run(1);
	assert_int_equal(server.asks[2], 8);
	for (int k = 1; k <= 650; k++)
		assert_int_equal(told.times[k], 1);
	/* The alert was told once, too. */
	assert_int_equal(told.entries, 651);
}

static void test_bounded(void **unused)
{
	(void)unused;
	server.entries = 5000;
	run(1);
	assert_int_equal(server.asks[2], 20);
	assert_int_equal(told.times[5000], 1);
	assert_int_equal(told.times[3001], 1);
	assert_int_equal(told.times[3000], 0);
	assert_string_equal(told.lacks, "only the newest of its log and alerts");
}

/* What the plan, or the key, does not give is left out, and the rest is whole. */
static void test_absent(void **unused)
{
	static const int statuses[] = {402, 403, 404};

	for (size_t i = 0; i < 3; i++)
		for (int part = 1; part < 4; part++) {
			set_up(unused);
			server.status[part] = statuses[i];
			run(3);
			assert_string_equal(told.lacks, "");
			/* It is not asked for again and again. */
			assert_int_equal(server.asks[part], 1);
			assert_int_equal(told.times[1], part == 2 ? 0 : 1);
			now += 3700 * 1000;
			server.status[part] = 0;
			run(1);
			assert_int_equal(server.asks[part], 2);
			if (i < 2 || part < 3)
				tear_down(unused);
		}
}

/* The present does not tell of changes around one of long ago: they are read once. */
static void test_changes(void **unused)
{
	(void)unused;
	server.facts = "{\"incident\":{\"id\":\"Q1\",\"created_at\":"
		       "\"2023-11-01T10:00:00Z\"}}";
	run(3);
	assert_int_equal(server.changes, 1);
	assert_int_equal(told.changes, 1);
	assert_string_equal(told.lacks, "");
	server.facts = NULL;
}

/* A part that fails ends the round with a sentence, and is asked again after a while. */
static void test_faults(void **unused)
{
	static const struct {
		int part, status;
		const char *says;
	} rows[] = {
		{0, 404, "the server has no such incident"},
		{1, 500, "500"},
		{2, 503, "503"},
		{2, 429, "429"},
		{3, 401, "401"},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		set_up(unused);
		server.status[rows[i].part] = rows[i].status;
		run(1);
		assert_non_null(strstr(told.lacks, rows[i].says));
		server.status[rows[i].part] = 0;
		run(1);
		assert_string_equal(told.lacks, "");
		for (int k = 1; k <= server.entries; k++)
			assert_int_equal(told.times[k], 1);
		if (i + 1 < sizeof rows / sizeof *rows)
			tear_down(unused);
	}
}

static void test_unreadable(void **unused)
{
	static const char *const bodies[] = {
		"{\"notes\":[{\"id\":\"N\"", "<html>", "[]", "{\"notes\":7}", "null"};

	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
		set_up(unused);
		server.notes = bodies[i];
		run(1);
		if (strcmp(bodies[i], "{\"notes\":7}") != 0)
			assert_string_not_equal(told.lacks, "");
		assert_false(told.notes);
		server.notes = NULL;
		run(1);
		assert_string_equal(told.lacks, "");
		if (i + 1 < sizeof bodies / sizeof *bodies)
			tear_down(unused);
	}
}

/* While it is asked for, another is opened: its answer is for nobody. */
static void test_other(void **unused)
{
	struct source_window window = {.opened = "Q1"};
	struct arena arena;
	struct ask ask = {0};

	(void)unused;
	arena_init(&arena, 1 << 20);
	for (int i = 0; i < 20; i++) {
		assert_true(pagerduty_source.next(state, now, &window, &arena, &ask));
		if (ask.kind == ASK_HTTP && part_of(ask.path) == 0)
			break;
		if (ask.kind == ASK_HTTP)
			take(ask.id, 404, "{}");
		else
			now += 1000;
	}
	opened = "Q2";
	assert_false(turn() && server.asks[0]);
	take(ask.id, 200,
		"{\"incident\":{\"id\":\"Q1\",\"created_at\":\"2023-11-14T22:13:20Z\","
		"\"conference_bridge\":{\"conference_url\":\"https://q1\"}}}");
	assert_int_equal(told.entries, 0);
	run(1);
	arena_release(&arena);
}

static void test_notes(void **unused)
{
	static const char two[] =
		"{\"notes\":[{\"id\":\"N1\",\"content\":\"a\\u001b[31m\",\"created_at\":"
		"\"2023-11-14T22:13:20Z\",\"user\":{\"type\":\"user_reference\","
		"\"summary\":\"Ana\"}},{\"id\":\"N2\",\"content\":\"b\",\"created_at\":"
		"\"2023-11-14T22:13:21Z\",\"user\":{\"type\":\"bot_user_reference\","
		"\"summary\":\"Bot\"}},{\"id\":\"N3\",\"content\":\"no time\"}]}";

	(void)unused;
	server.entries = 0;
	server.status[3] = 402;
	server.notes = two;
	run(1);
	assert_true(told.notes);
	assert_int_equal(told.entries, 2);
	/* Unchanged, they are not told again. */
	told.notes = false;
	run(1);
	assert_false(told.notes);
	assert_int_equal(told.entries, 2);
	/* One is gone, and nobody wrote another: told, for the other has to go. */
	server.notes = "{\"notes\":[{\"id\":\"N2\",\"content\":\"b\",\"created_at\":"
		       "\"2023-11-14T22:13:21Z\"}]}";
	run(1);
	assert_true(told.notes);
	assert_int_equal(told.entries, 3);
	told.notes = false;
	server.notes = "{\"notes\":[]}";
	run(1);
	assert_true(told.notes);
}

static void test_response(void **unused)
{
	(void)unused;
	server.entries = 0;
	server.status[1] = server.status[3] = 402;
	server.facts =
		"{\"incident\":{\"id\":\"Q1\",\"created_at\":\"2023-11-14T22:13:20Z\","
		"\"conference_bridge\":{\"conference_number\":\"+1 415\","
		"\"conference_url\":\"https://m\"},\"incidents_responders\":[{\"state\":"
		"\"joined\",\"user\":{\"id\":\"PU\",\"summary\":\"Ben\"},"
		"\"requested_at\":\"2023-11-14T22:14:00Z\",\"updated_at\":"
		"\"2023-11-14T22:15:00Z\"},{\"state\":\"odd\",\"user\":{\"id\":\"PX\"},"
		"\"requested_at\":\"2023-11-14T22:14:00Z\"},{\"state\":\"joined\"}]}}";
	run(1);
	assert_int_equal(told.entries, 4);
	run(1);
	assert_int_equal(told.entries, 4);
	server.facts =
		"{\"incident\":{\"id\":\"Q1\",\"created_at\":\"2023-11-14T22:13:20Z\","
		"\"incidents_responders\":[{\"state\":\"declined\",\"user\":{\"id\":"
		"\"PU\",\"summary\":\"Ben\"},\"requested_at\":\"2023-11-14T22:14:00Z\","
		"\"updated_at\":\"2023-11-14T22:16:00Z\"}]}}";
	run(1);
	assert_int_equal(told.entries, 6);
}

/* Nobody looks: nothing is asked. */
static void test_closed(void **unused)
{
	(void)unused;
	opened = "";
	for (int i = 0; i < 50; i++)
		if (!turn())
			now += 1000;
	opened = NULL;
	for (int i = 0; i < 50; i++)
		if (!turn())
			now += 1000;
	for (int part = 0; part < 4; part++)
		assert_int_equal(server.asks[part], 0);
}

#define ROW(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_pages, tear_down),
		ROW(test_again),
		ROW(test_bounded),
		cmocka_unit_test_teardown(test_absent, tear_down),
		ROW(test_changes),
		cmocka_unit_test_teardown(test_faults, tear_down),
		cmocka_unit_test_teardown(test_unreadable, tear_down),
		ROW(test_other),
		ROW(test_notes),
		ROW(test_response),
		ROW(test_closed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
