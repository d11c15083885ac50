/* What an incident of PagerDuty does next by itself. Whom it is given to: by the levels
 * of its policy, who is on call on them, and to whom it is assigned. Whether the end of
 * its acknowledgement is that of a snooze: by its log. */
#include "base/alloc.h"
#include "base/str.h"
#include "base/text.h"
#include "connect/source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NOW INT64_C(1700000000000) /* 2023-11-14T22:13:20Z */

#define RULE  "{\"escalation_delay_in_minutes\":30}"
#define TWO   "[" RULE "," RULE "]"
#define THREE "[" RULE "," RULE "," RULE "]"
#define POLICY(r, l)                                                                     \
	"{\"id\":\"P1\",\"summary\":\"Payments\",\"escalation_rules\":" r                \
	",\"num_loops\":" l "}"
#define BARE "{\"id\":\"P1\",\"summary\":\"Payments\"}"
#define ON(p, level, id, name, end)                                                      \
	"{\"escalation_policy\":" p ",\"escalation_level\":" level                       \
	",\"user\":{\"id\":\"" id "\",\"summary\":\"" name "\"},\"end\":" end "}"
#define OTHER                                                                            \
	"{\"escalation_policy\":{\"id\":\"P2\",\"summary\":\"Else\"},\"escalation_"      \
	"level\":2,"                                                                     \
	"\"user\":{\"id\":\"UX\",\"summary\":\"Xenia\"},\"end\":null}"
#define TO(id)   "{\"assignee\":{\"id\":\"" id "\"}}"
#define ESCALATE "[{\"type\":\"escalate\",\"at\":\"2023-11-14T22:40:00Z\"}]"

struct talk {
	size_t raws; /* that were given with the last answer */
	char raw[1000];
	void *state;
	struct source_conf conf;
	int64_t now;
};

/* Asks until `path` is asked for, answers it, and gives what is read of the first alert;
 * everything else is not there. */
static bool say(struct talk *t, const char *path, const char *body, char next[200])
{
	struct source_window window = {0};
	struct arena arena;
	bool met = false;

	arena_init(&arena, 8 << 20);
	for (int i = 0; i < 12 && !met; i++) {
		struct ask ask = {0};
		struct answer answer;
		struct batch batch;
		struct err err;

		assert_true(
			pagerduty_source.next(t->state, t->now, &window, &arena, &ask));
		if (ask.kind != ASK_HTTP)
			break;
		met = strncmp(ask.path, path, strlen(path)) == 0;
		if (met && !strcmp(path, "/oncalls"))
			assert_non_null(
				strstr(ask.path, "include%5B%5D=escalation_policies"));
		answer = (struct answer){.id = ask.id,
			.status = met ? 200 : 404,
			.origin = "pd",
			.now = t->now,
			.body = untrusted_str(met ? body : "{}")};
		batch_init(&batch, &arena);
		pagerduty_source.take(t->state, &answer, &batch, &err);
		t->raws = met ? batch.raw_count : t->raws;
		if (met && batch.raw_count)
			text_line(batch.raws[0].json, t->raw, sizeof t->raw);
		if (met && batch.alert_count) {
			struct str text;

			str_init(&text, 4000);
			batch_print(&batch, &text);
			next[0] = '\0';
			if (strstr(str_text(&text), " next=\""))
				str_copy(next, 200,
					strstr(str_text(&text), " next=\"") + 7);
			next[strcspn(next, "\"")] = '\0';
			str_release(&text);
		}
	}
	arena_release(&arena);
	return met;
}

static void talk_open(struct talk *t)
{
	*t = (struct talk){.conf = {.name = "pd",
				   .url = "http://pd",
				   .every_ms = 15000,
				   .timeout_ms = 4000},
		.now = NOW};
	t->state = mem_new(1, pagerduty_source.state_size);
	assert_true(pagerduty_source.start(t->state, &t->conf, NULL));
}

static void talk_close(struct talk *t)
{
	pagerduty_source.stop(t->state);
	mem_free(t->state);
}

static const char *incident(struct str *out, const char *assigned, const char *pending)
{
	str_reset(out);
	str_printf(out,
		"{\"incidents\":[{\"id\":\"Q1\",\"status\":\"triggered\",\"title\":\"t\","
		"\"created_at\":\"2023-11-14T22:10:00Z\","
		"\"escalation_policy\":{\"id\":\"P1\",\"summary\":\"Payments\"},"
		"\"assignments\":[%s],\"pending_actions\":%s}],\"more\":false}",
		assigned, pending);
	return str_text(out);
}

static const struct {
	const char *oncalls, *assigned, *pending, *next;
} rows[] = {
	/* The next level, whoever else is on call elsewhere. */
	{ON(POLICY(TWO, "0"), "1", "UA", "Ana", "null") "," OTHER "," ON(
		 POLICY(TWO, "0"), "2", "UB", "Ben", "null"),
		TO("UA"), ESCALATE, "escalates to Ben (Payments)"},
	/* Pages come in any order; a level has several, one of them twice. */
	{ON(POLICY(TWO, "0"), "2", "UC", "Cleo", "null") "," ON(
		 POLICY(TWO, "0"), "1", "UA", "Ana", "null") "," ON(POLICY(TWO, "0"), "2",
		 "UB", "Ben", "null") "," ON(POLICY(TWO, "0"), "2", "UB", "Ben", "null"),
		TO("UA"), ESCALATE, "escalates to Ben, Cleo (Payments)"},
	/* Nobody is on call there. */
	{ON(POLICY(THREE, "0"), "1", "UA", "Ana", "null") "," ON(
		 POLICY(THREE, "0"), "3", "UC", "Cleo", "null"),
		TO("UA"), ESCALATE, "escalates to nobody (level 2 of Payments is empty)"},
	/* The last level, without and with another round. */
	{ON(POLICY(TWO, "0"), "1", "UA", "Ana", "null") "," ON(
		 POLICY(TWO, "0"), "2", "UB", "Ben", "null"),
		TO("UB"), ESCALATE,
		"escalates to nobody (level 2 of Payments is the last)"},
	{ON(POLICY(TWO, "2"), "1", "UA", "Ana", "null") "," ON(
		 POLICY(TWO, "2"), "2", "UB", "Ben", "null"),
		TO("UB"), ESCALATE, "escalates to Ana (level 1 of Payments again)"},
	{ON(POLICY(TWO, "2"), "1", "UA", "Ana", "null") "," ON(
		 POLICY(TWO, "2"), "2", "UB", "Ben", "null"),
		TO("UB"), "[{\"type\":\"escalate\",\"at\":\"2023-11-15T01:10:00Z\"}]",
		"escalates to Ana (level 1 of Payments again, if a round is left)"},
	{ON(POLICY(TWO, "1"), "2", "UB", "Ben", "null"), TO("UB"), ESCALATE,
		"escalates to nobody (level 1 of Payments is empty)"},
	/* Who is on two levels leaves two ways; together they tell the level. */
	{ON(POLICY(THREE, "0"), "1", "UA", "Ana", "null") "," ON(POLICY(THREE, "0"), "2",
		 "UA", "Ana",
		 "null") "," ON(POLICY(THREE, "0"), "3", "UC", "Cleo", "null"),
		TO("UA"), ESCALATE, "escalates to Ana or Cleo (Payments)"},
	{ON(POLICY(THREE, "0"), "1", "UA", "Ana", "null") "," ON(POLICY(THREE, "0"), "2",
		 "UA", "Ana", "null") "," ON(POLICY(THREE, "0"), "2", "UB", "Ben",
		 "null") "," ON(POLICY(THREE, "0"), "3", "UC", "Cleo", "null"),
		TO("UB") "," TO("UA"), ESCALATE, "escalates to Cleo (Payments)"},
	/* The shift of who is next ends before. */
	{ON(POLICY(TWO, "0"), "1", "UA", "Ana", "null") "," ON(
		 POLICY(TWO, "0"), "2", "UB", "Ben", "\"2023-11-14T22:30:00Z\""),
		TO("UA"), ESCALATE, "escalates to Ben or who follows (Payments)"},
	/* Who has it is on no level: nobody can say who is next. */
	{ON(POLICY(TWO, "0"), "1", "UA", "Ana", "null") "," ON(
		 POLICY(TWO, "0"), "2", "UB", "Ben", "null"),
		TO("UZ"), ESCALATE, "escalates (Payments)"},
	{ON(POLICY(TWO, "0"), "1", "UA", "Ana", "null"), "", ESCALATE,
		"escalates (Payments)"},
	/* A server that does not include policies. */
	{ON(BARE, "1", "UA", "Ana", "null") "," ON(BARE, "2", "UB", "Ben", "null"),
		TO("UA"), ESCALATE, "escalates to Ben (Payments)"},
	{ON(BARE, "1", "UA", "Ana", "null"), TO("UA"), ESCALATE, "escalates (Payments)"},
	/* What is wrong is left out. */
	{"7,null,{\"escalation_level\":1e300}," ON(
		 POLICY("{\"a\":7}", "-4"), "-1", "UA", "Ana", "null"),
		TO("UA"), ESCALATE, "escalates (Payments)"},
	/* The earliest counts; nothing is said too. */
	{ON(POLICY(TWO, "0"), "1", "UA", "Ana", "null"), TO("UA"),
		"[{\"type\":\"escalate\",\"at\":\"2023-11-14T22:40:00Z\"},"
		"{\"type\":\"resolve\",\"at\":\"2023-11-14T22:39:00Z\"}]",
		"resolves itself"},
	{ON(POLICY(TWO, "0"), "1", "UA", "Ana", "null"), TO("UA"), "[]",
		"nothing by itself"},
	{ON(POLICY(TWO, "0"), "1", "UA", "Ana", "null"), TO("UA"), "null", ""},
};

static void test_next(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char next[200] = "";
		struct str oncalls, open;
		struct talk t;

		str_init(&oncalls, 1 << 16);
		str_init(&open, 1 << 16);
		str_printf(
			&oncalls, "{\"oncalls\":[%s],\"more\":false}", rows[i].oncalls);
		talk_open(&t);
		/* First there is only the policy; what is known later is said at once. */
		incident(&open, rows[i].assigned, rows[i].pending);
		assert_true(say(&t, "/incidents?", str_text(&open), next));
		if (!strcmp(rows[i].pending, ESCALATE))
			assert_string_equal(next, "escalates (Payments)");
		assert_true(say(&t, "/oncalls", str_text(&oncalls), next));
		t.now += 1;
		assert_true(say(&t, "/incidents?", str_text(&open), next));
		if (strcmp(next, rows[i].next))
			fail_msg("row %zu: \"%s\", not \"%s\"", i, next, rows[i].next);
		talk_close(&t);
		str_release(&oncalls);
		str_release(&open);
	}
}

/* A reading that is not whole does not say that a level is empty, and what it lacks is
 * as it was only until the next one. */
static void test_pages(void **state)
{
	char next[200] = "", page[4000];
	struct str open;
	struct talk t;

	(void)state;
	str_init(&open, 1 << 16);
	incident(&open, TO("UA"), ESCALATE);
	talk_open(&t);
	assert_true(say(&t, "/incidents?", str_text(&open), next));
	strcpy(page, "{\"oncalls\":[" ON(POLICY(TWO, "0"), "1", "UA", "Ana",
			     "null") "],\"more\":true,\"limit\":1}");
	assert_true(say(&t, "/oncalls", page, next));
	/* Between two pages the names are not known yet. */
	t.now += 15000;
	assert_true(say(&t, "/incidents?", str_text(&open), next));
	assert_string_equal(next, "escalates (Payments)");
	strcpy(page, "{\"oncalls\":[" ON(POLICY(TWO, "0"), "2", "UB", "Ben",
			     "null") "],\"more\":false,\"limit\":1}");
	assert_true(say(&t, "/oncalls", page, next));
	assert_true(say(&t, "/incidents?", str_text(&open), next));
	assert_string_equal(next, "escalates to Ben (Payments)");
	talk_close(&t);
	str_release(&open);
}

#define UNACK(at) "[{\"type\":\"unacknowledge\",\"at\":\"" at "\"}]"
#define ENDS      "2023-11-15T02:13:20Z"
#define LOG       "/incidents/Q1/log_entries"
#define SNOOZE(at, by, until)                                                            \
	"{\"type\":\"snooze_log_entry\",\"created_at\":\"" at                            \
	"\",\"agent\":{\"summary\":\"" by "\"},\"changed_actions\":" UNACK(until) "}"

static const char *acked(struct str *out, const char *pending)
{
	str_reset(out);
	str_printf(out,
		"{\"incidents\":[{\"id\":\"Q1\",\"status\":\"acknowledged\",\"title\":"
		"\"t\","
		"\"created_at\":\"2023-11-14T22:10:00Z\",\"acknowledgements\":[{\"at\":"
		"\"2023-11-14T22:11:00Z\",\"acknowledger\":{\"summary\":\"Ana\"}}],"
		"\"pending_actions\":%s}],\"more\":false}",
		pending);
	return str_text(out);
}

static const struct {
	const char *log, *next;
} logs[] = {
	{SNOOZE("2023-11-14T22:12:00Z", "Fay", ENDS), "snooze by Fay ends"},
	/* The newest of them; one that was overtaken does not count. */
	{SNOOZE("2023-11-14T22:12:00Z", "Fay", ENDS) "," SNOOZE("2023-11-14T22:13:00Z",
		 "Ben", ENDS) "," SNOOZE("2023-11-14T22:11:30Z", "Ana", ENDS),
		"snooze by Ben ends"},
	{SNOOZE("2023-11-14T22:13:00Z", "Fay", "2023-11-14T23:00:00Z"),
		"acknowledgement ends"},
	{"{\"type\":\"acknowledge_log_entry\",\"created_at\":\"2023-11-14T22:11:00Z\"}",
		"acknowledgement ends"},
	/* What is wrong says nothing. */
	{"7,null,{\"type\":\"snooze_log_entry\"},{\"type\":\"snooze_log_entry\","
	 "\"created_at\":\"2023-11-14T22:12:00Z\",\"changed_actions\":[{\"type\":"
	 "\"resolve\","
	 "\"at\":\"" ENDS "\"},8]}",
		"acknowledgement ends"},
	{"", "acknowledgement ends"},
};

static void test_snoozed(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof logs / sizeof *logs; i++) {
		char next[200] = "";
		struct str open, log;
		struct talk t;

		str_init(&open, 1 << 16);
		str_init(&log, 1 << 16);
		str_printf(&log, "{\"log_entries\":[%s],\"more\":false}", logs[i].log);
		talk_open(&t);
		acked(&open, UNACK(ENDS));
		assert_true(say(&t, "/incidents?", str_text(&open), next));
		assert_string_equal(next, "acknowledgement ends");
		assert_true(say(&t, LOG, str_text(&log), next));
		t.now += 15000;
		assert_true(say(&t, "/incidents?", str_text(&open), next));
		if (strcmp(next, logs[i].next))
			fail_msg("row %zu: \"%s\", not \"%s\"", i, next, logs[i].next);
		/* It is asked about once, and again when the moment has moved. */
		assert_false(say(&t, LOG, str_text(&log), next));
		t.now += 15000;
		acked(&open, UNACK("2023-11-15T04:00:00Z"));
		assert_true(say(&t, "/incidents?", str_text(&open), next));
		assert_string_equal(next, "acknowledgement ends");
		assert_true(say(&t, LOG, str_text(&log), next));
		/* Over, and not asked about any more. */
		t.now += 15000;
		acked(&open, "[]");
		assert_true(say(&t, "/incidents?", str_text(&open), next));
		assert_string_equal(next, "");
		assert_false(say(&t, LOG, str_text(&log), next));
		talk_close(&t);
		str_release(&open);
		str_release(&log);
	}
}

/* A log that cannot be read now is read later; what was found is shown at once. */
static void test_later(void **state)
{
	struct source_window window = {0};
	char next[200] = "";
	struct arena arena;
	struct str open;
	struct talk t;
	int asked = 0;

	(void)state;
	arena_init(&arena, 1 << 20);
	str_init(&open, 1 << 16);
	acked(&open, UNACK(ENDS));
	talk_open(&t);
	assert_true(say(&t, "/incidents?", str_text(&open), next));
	for (int i = 0; i < 20; i++) {
		struct answer answer = {.status = 503, .origin = "pd", .now = t.now};
		struct batch batch;
		struct ask ask = {0};
		struct err err;

		assert_true(pagerduty_source.next(t.state, t.now, &window, &arena, &ask));
		if (ask.kind != ASK_HTTP)
			break;
		answer.id = ask.id;
		if (strncmp(ask.path, LOG, strlen(LOG)) != 0)
			answer.status = 404;
		else
			asked++;
		batch_init(&batch, &arena);
		/* The present does not depend on it. */
		assert_true(pagerduty_source.take(t.state, &answer, &batch, &err));
	}
	assert_int_equal(asked, 1);
	t.now += 5000;
	assert_true(say(&t, LOG,
		"{\"log_entries\":[" SNOOZE("2023-11-14T22:12:00Z", "Fay", ENDS) "]}",
		next));
	assert_true(say(&t, "/incidents?", str_text(&open), next));
	assert_string_equal(next, "snooze by Fay ends");
	talk_close(&t);
	str_release(&open);
	arena_release(&arena);
}

/* All that is told of an incident is given on, once for each change of it. */
static void test_raw(void **state)
{
	static const char told[] = "{\"id\":\"Q1\",\"status\":\"triggered\",\"updated_"
				   "at\":\"2023-11-14T22:1%d:00Z\","
				   "\"odd\":{\"field\":[1,{\"x\":\"y\"}]}}";
	char one[400], page[600], next[200];
	struct talk t;

	(void)state;
	talk_open(&t);
	for (int i = 0; i < 4; i++) {
		snprintf(one, sizeof one, told, i / 2);
		snprintf(page, sizeof page, "{\"incidents\":[%s],\"more\":false}", one);
		assert_true(say(&t, "/incidents?", page, next));
		assert_int_equal(t.raws, i % 2 ? 0 : 1);
		assert_string_equal(t.raw, one);
		t.now += 15000;
	}
	/* What was lost with a reading that did not end is told again. */
	snprintf(page, sizeof page,
		"{\"incidents\":[%s,{\"id\":\"Q2\",\"updated_at\":\"t\"}],\"more\":true,"
		"\"limit\":2}",
		one);
	assert_true(say(&t, "/incidents?", page, next));
	assert_true(say(&t, "/incidents?", "no JSON", next));
	t.now += 60000;
	snprintf(page, sizeof page,
		"{\"incidents\":[%s,{\"id\":\"Q2\",\"updated_at\":\"t\"}],\"more\":"
		"false}",
		one);
	assert_true(say(&t, "/incidents?", page, next));
	assert_int_equal(t.raws, 2);
	talk_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_raw),
		cmocka_unit_test(test_snoozed),
		cmocka_unit_test(test_later),
		cmocka_unit_test(test_next),
		cmocka_unit_test(test_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
