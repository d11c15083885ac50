/* Alerts packed and read back, severities from others' words, batches at their limits. */
#include "base/alloc.h"
#include "base/str.h"
#include "model/alert.h"
#include "model/batch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct pair pair(const char *name, const char *value)
{
	return (struct pair){untrusted_str(name), untrusted_str(value)};
}

static void packed_and_read_back(void **state)
{
	struct pair labels[] = {pair("a", "1"), pair("", "x"), pair("b", "")};
	struct pair notes[] = {pair("summary", "it \xff broke")};
	struct alert_draft draft = {
		.severity = SEVERITY_HIGH,
		.state = ALERT_ACKNOWLEDGED,
		.pages = true,
		.started_at = 1,
		.number = 7,
		.labels = labels,
		.label_count = 3,
		.annotations = notes,
		.annotation_count = 1,
	};
	struct alert *alert, *again;
	char texts[ALERT_TEXT_COUNT][8];

	(void)state;
	for (int i = 0; i < ALERT_TEXT_COUNT; i++) {
		memcpy(texts[i], "text  ", 7);
		texts[i][5] = (char)('a' + i);
		if (i % 3) /* and every third is empty */
			draft.texts[i] = untrusted_str(texts[i]);
	}
	alert = alert_new(&draft, 5, "am");
	for (int i = 0; i < ALERT_TEXT_COUNT; i++)
		assert_true(untrusted_is(
			alert_text(alert, (enum alert_text)i), i % 3 ? texts[i] : ""));
	assert_int_equal(alert->label_count, 3);
	for (size_t i = 0; i < 3; i++) {
		assert_true(untrusted_eq(alert_label(alert, i).name, labels[i].name));
		assert_true(untrusted_eq(alert_label(alert, i).value, labels[i].value));
	}
	assert_true(untrusted_eq(alert_annotation(alert, 0).value, notes[0].value));
	assert_true(untrusted_is(alert_label_value(alert, "a"), "1"));
	assert_true(untrusted_is(alert_label_value(alert, ""), "x"));
	assert_true(untrusted_empty(alert_label_value(alert, "summary")));
	assert_true(alert->key == alert_key("am", UNTRUSTED_NONE));
	assert_true(alert_key("am", untrusted_str("x")) !=
		    alert_key("pd", untrusted_str("x")));
	assert_true(alert_key("x", untrusted_str("am")) !=
		    alert_key("am", untrusted_str("x")));
	assert_int_equal(alert->number, 7);
	again = alert_new(&draft, 5, "am");
	again->generation = 9;
	assert_true(alert_same(alert, again));
	alert_free(again);
	notes[0].value = untrusted_str("it \xfe broke");
	again = alert_new(&draft, 5, "am");
	assert_false(alert_same(alert, again));
	alert_free(again);
	alert_free(alert);
	alert_free(NULL);
}

/* What is said twice is held once, and read back wherever it stands. */
static void shared_texts(void **state)
{
	const char *same = "the same forty bytes, and not once more.";
	struct pair labels[] = {pair("alertname", same), pair("b", same)};
	struct alert_draft draft = {.labels = labels, .label_count = 2};
	struct alert *one, *two;

	(void)state;
	draft.texts[ALERT_SUMMARY] = untrusted_str("a summary");
	one = alert_new(&draft, 0, "am");
	draft.texts[ALERT_TITLE] = draft.texts[ALERT_SERVICE] = untrusted_str(same);
	draft.texts[ALERT_GROUP] = untrusted_str("a summary");
	two = alert_new(&draft, 0, "am");
	/* Each of the three more takes its place, two bytes, and nothing else. */
	assert_int_equal(two->size, one->size + 3 * 2);
	assert_true(untrusted_is(alert_text(two, ALERT_TITLE), same));
	assert_true(untrusted_is(alert_text(two, ALERT_SERVICE), same));
	assert_true(untrusted_is(alert_text(two, ALERT_GROUP), "a summary"));
	assert_true(untrusted_is(alert_label(two, 1).value, same));
	assert_false(alert_same(one, two));
	alert_free(one);
	alert_free(two);
}

/* Lengths around those that take one byte, names that take one, and names that only
 * look like them. */
static void lengths(void **state)
{
	static const size_t sizes[] = {0, 1, 227, 228, 229, 255, 256, 257, 999, 1000};
	char text[1001];
	struct pair labels[] = {pair("alertname", ""), pair("runbook_url", ""),
		pair("alertnam", ""), pair("", "")};

	(void)state;
	memset(text, 0xf5, sizeof text);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct alert_draft draft = {.labels = labels, .label_count = 4};
		struct alert *alert;

		for (size_t k = 0; k < 4; k++)
			labels[k].value = untrusted_make(text, sizes[i] + k % 2);
		labels[0].value = untrusted_make(text, sizes[i]);
		if (sizes[i] == 1000)
			labels[1].value = labels[3].value = labels[0].value;
		draft.texts[ALERT_TITLE] = labels[0].value;
		alert = alert_new(&draft, 0, "am");
		for (size_t k = 0; k < 4; k++) {
			struct pair got = alert_label(alert, k);

			assert_true(untrusted_eq(got.name, labels[k].name));
			assert_true(untrusted_eq(got.value, labels[k].value));
		}
		assert_true(untrusted_eq(
			alert_text(alert, ALERT_TITLE), draft.texts[ALERT_TITLE]));
		assert_true(untrusted_eq(
			alert_label_value(alert, "runbook_url"), labels[1].value));
		alert_free(alert);
	}
}

/* The largest draft there can be: everything fits in its block, nothing is misread. */
static void at_the_limits(void **state)
{
	enum { BIG = 200000, PAIRS = 1000 };
	char *big = mem_new(BIG, 1);
	struct pair *pairs = mem_new(PAIRS, sizeof *pairs);
	struct alert_draft draft = {0};
	struct alert *alert;

	(void)state;
	memset(big, 'x', BIG);
	for (int i = 0; i < ALERT_TEXT_COUNT; i++)
		draft.texts[i] = untrusted_make(big, BIG);
	for (size_t size = 0; size < 2000; size += 333) {
		for (size_t i = 0; i < PAIRS; i++)
			pairs[i] = (struct pair){
				untrusted_make(big, size), untrusted_make(big, size / 2)};
		draft.labels = draft.annotations = pairs;
		draft.label_count = draft.annotation_count = PAIRS;
		alert = alert_new(&draft, 0, "am");
		assert_true(alert->size <= ALERT_MAX_BYTES + 1);
		assert_true(alert->label_count <= ALERT_MAX_PAIRS);
		for (int i = 0; i < ALERT_TEXT_COUNT; i++)
			assert_true(untrusted_starts(
				alert_text(alert, (enum alert_text)i), "xxxxxxxxxx"));
		for (size_t i = 0; i < alert->label_count; i++)
			assert_int_equal(untrusted_size(alert_label(alert, i).value),
				size / 2 < 1000 ? size / 2 : 1000);
		for (size_t i = 0; i < alert->annotation_count; i++)
			assert_int_equal(untrusted_size(alert_annotation(alert, i).name),
				size < 1000 ? size : 1000);
		alert_free(alert);
	}
	mem_free(big);
	mem_free(pairs);
}

static void severities(void **state)
{
	static const struct {
		const char *word;
		enum severity want;
	} rows[] = {
		{"critical", SEVERITY_CRITICAL},
		{"CRITICAL", SEVERITY_CRITICAL},
		{"page", SEVERITY_CRITICAL},
		{"P1", SEVERITY_CRITICAL},
		{"sev2", SEVERITY_HIGH},
		{"error", SEVERITY_HIGH},
		{"Warning", SEVERITY_WARNING},
		{"P3", SEVERITY_WARNING},
		{"none", SEVERITY_INFO},
		{"ok", SEVERITY_OK},
		{"", SEVERITY_WARNING},
		{"p", SEVERITY_WARNING},
		{"p11", SEVERITY_WARNING},
		{"critical ", SEVERITY_WARNING},
		{"wat", SEVERITY_WARNING},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_int_equal(
			severity_parse(untrusted_str(rows[i].word), SEVERITY_WARNING),
			rows[i].want);
	for (int i = 0; i < SEVERITY_COUNT; i++)
		assert_int_equal(
			severity_parse(untrusted_str(severity_name((enum severity)i)),
				SEVERITY_COUNT),
			i);
	assert_int_equal(severity_letter(SEVERITY_OK), 'O');
	assert_string_equal(alert_state_name(ALERT_RESOLVED), "resolved");
}

static void batch_says_when_it_is_cut(void **state)
{
	struct arena arena;
	struct batch batch;
	size_t n = 0;

	(void)state;
	arena_init(&arena, 64 << 20);
	batch_init(&batch, &arena);
	while (batch_add_change(&batch))
		n++;
	assert_int_equal(n, BATCH_MAX_ITEMS);
	assert_int_equal(batch.change_count, BATCH_MAX_ITEMS);
	assert_true(batch.cut);
	arena_release(&arena);
	/* A small arena ends it sooner, and what is there stays. */
	arena_init(&arena, 20000);
	batch_init(&batch, &arena);
	for (n = 0;; n++) {
		struct batch_silence *s = batch_add_silence(&batch);

		if (!s)
			break;
		assert_true(untrusted_empty(s->id) && !s->starts_at);
		s->starts_at = (int64_t)n;
	}
	assert_true(batch.cut && n > 16 && batch.silence_count == n);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(batch.silences[i].starts_at, i);
	arena_release(&arena);
}

static void batch_printed(void **state)
{
	static const struct point points[] = {{1000, 0.5}, {2000, 1e6}};
	struct pair label = pair("job", "a\"b\033");
	struct arena arena;
	struct batch batch;
	struct alert_draft *alert;
	struct batch_series *series;
	struct str out;

	(void)state;
	arena_init(&arena, 1 << 20);
	str_init(&out, 1 << 16);
	batch_init(&batch, &arena);
	series = batch_add_series(&batch);
	series->labels = untrusted_str("{a=\"b\"}");
	series->points = points;
	series->count = 2;
	alert = batch_add_alert(&batch);
	alert->severity = SEVERITY_HIGH;
	alert->texts[ALERT_ID] = untrusted_str("P1");
	alert->labels = &label;
	alert->label_count = 1;
	batch.warning = untrusted_str("late\n");
	batch_print(&batch, &out);
	assert_string_equal(str_text(&out),
		"series query=0 labels=\"{a=\\\"b\\\"}\" 1000:0.5 2000:1000000\n"
		"alert high firing pages=0 started=0 acked=0 next=0 number=0 id=\"P1\"\n"
		"  label \"job\" value=\"a\\\"b\\u001b\"\n"
		"snapshot alerts=0 silences=0 rules=0 oncalls=0 cut=0 partial=0 "
		"warning=\"late\\n\"\n");
	str_release(&out);
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(packed_and_read_back),
		cmocka_unit_test(shared_texts),
		cmocka_unit_test(lengths),
		cmocka_unit_test(at_the_limits),
		cmocka_unit_test(severities),
		cmocka_unit_test(batch_says_when_it_is_cut),
		cmocka_unit_test(batch_printed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
