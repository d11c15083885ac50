/* What people choose becomes a filter of the kind, and a survey of PagerDuty counts what
 * that is: names become ids, spans are cut into windows, what is not told is not made
 * up. */
#include "base/alloc.h"
#include "base/str.h"
#include "base/time.h"
#include "connect/source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct {
	const struct source_kind *kind;
	const char *before; /* a filter that was given */
	enum source_choice choice;
	const char *values, *filter, *refused;
} rows[] = {
	{&pagerduty_source, "", CHOOSE_SERVICES, "P1,P2", "service=P1,P2", NULL},
	{&pagerduty_source, "team=T1", CHOOSE_URGENCIES, "high", "team=T1 urgency=high",
		NULL},
	{&pagerduty_source, "", CHOOSE_URGENCIES, "low,medium", NULL,
		"urgencies of pagerduty are high,low, not medium"},
	{&pagerduty_source, "", CHOOSE_SERVICES, "Checkout API", NULL,
		"Checkout API cannot stand in a filter: its id can"},
	{&pagerduty_source, "", CHOOSE_TEAMS, "", NULL, "teams= needs a name"},
	{&opsgenie_source, "", CHOOSE_TEAMS, "Ops EU,Ops",
		"(teams:\"Ops EU\" OR teams:\"Ops\")", NULL},
	{&opsgenie_source, "tag:prod", CHOOSE_URGENCIES, "P1",
		"tag:prod AND (priority:\"P1\")", NULL},
	{&jsm_source, "", CHOOSE_SERVICES, "cart", "(tag:\"service:cart\")", NULL},
	{&jsm_source, "", CHOOSE_TEAMS, "x\" OR status:closed", NULL,
		"cannot stand in a filter"},
	{&alertmanager_source, "", CHOOSE_SERVICES, "cart", NULL,
		"alertmanager has no services: filter=MATCHER,… and receiver=REGEX say"},
	{&prometheus_source, "", CHOOSE_TEAMS, "a", NULL, "prometheus has no teams"},
};

static void test_choose(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct err err = {0};
		struct str filter;
		bool ok;

		str_init(&filter, 400);
		str_puts(&filter, rows[i].before);
		ok = source_choose(
			rows[i].kind, rows[i].choice, rows[i].values, &filter, &err);
		assert_int_equal(ok, rows[i].filter != NULL);
		if (ok)
			assert_string_equal(str_text(&filter), rows[i].filter);
		else if (!strstr(err.text, rows[i].refused))
			fail_msg("%s: %s", rows[i].values, err.text);
		str_release(&filter);
	}
}

/* --- the survey --- */

#define NOW    INT64_C(1796000000000)
#define DAY(n) ((n)*DAY_MS)

struct talk {
	void *state;
	struct source_conf conf;
	int64_t now;
	int asks, counted;
	int status; /* of lists of services; 200 */
	bool no_total;
	struct err err;
	size_t count;
	struct batch_count counts[20];
	char ids[20][20];
};

static const char services[] = "{\"services\":[{\"id\":\"P1\",\"name\":\"cart\"},{\"id\":"
			       "\"P2\",\"name\":\"Checkout "
			       "API\"}],\"limit\":100,\"offset\":0,\"more\":false}";
static const char teams[] = "{\"teams\":[{\"id\":\"T1\",\"name\":\"ops\"}],\"limit\":100,"
			    "\"offset\":0,\"more\":false}";

/* Seven of the cart, five of all else, in each window. */
static void respond(struct talk *t, const char *path, struct str *body, int *status)
{
	int total = strstr(path, "service_ids%5B%5D=P1")   ? 7
		    : strstr(path, "service_ids%5B%5D=P2") ? 5
							   : 12;

	*status = 200;
	if (str_starts(path, "/services?")) {
		*status = t->status;
		str_puts(body, t->status == 200 ? services : "{\"error\":{}}");
	} else if (str_starts(path, "/teams?")) {
		str_puts(body, teams);
	} else {
		assert_true(str_starts(path, "/incidents?"));
		assert_non_null(strstr(path, "total=true"));
		assert_true(!t->conf.teams || strstr(path, "team_ids%5B%5D=T1"));
		/* But for those whose log is read. */
		if (t->conf.urgencies && strstr(path, "service_ids"))
			assert_non_null(strstr(path, "urgencies%5B%5D=high"));
		t->counted++;
		if (t->no_total)
			str_puts(body, "{\"incidents\":[],\"total\":null}");
		else
			str_printf(body, "{\"incidents\":[],\"total\":%d}", total);
	}
}

static bool one(struct talk *t)
{
	const struct source_kind *kind = pagerduty_source.survey;
	struct source_window window = {0};
	struct answer answer = {.origin = "pd"};
	struct arena arena, batch_arena;
	struct ask ask = {0};
	struct batch batch;
	struct str body;
	bool ok = true;

	arena_init(&arena, 1 << 20);
	arena_init(&batch_arena, 1 << 20);
	batch_init(&batch, &batch_arena);
	str_init(&body, 1 << 16);
	assert_true(kind->next(t->state, t->now, &window, &arena, &ask));
	if (ask.kind == ASK_WAIT) {
		ok = ask.until - t->now <= SECOND_MS;
		t->now = ask.until;
	} else {
		t->asks++;
		respond(t, ask.path, &body, &answer.status);
		answer.id = ask.id;
		answer.now = t->now;
		answer.body = untrusted_make(body.p, body.n);
		ok = kind->take(t->state, &answer, &batch, &t->err);
		for (size_t i = 0; i < batch.count_count; i++) {
			t->counts[t->count] = batch.counts[i];
			snprintf(t->ids[t->count], 20, "%.*s",
				(int)untrusted_size(batch.counts[i].id),
				untrusted_is(batch.counts[i].id, "P1")   ? "P1"
				: untrusted_is(batch.counts[i].id, "P2") ? "P2"
				: untrusted_is(batch.counts[i].id, "T1") ? "T1"
									 : "");
			t->count++;
		}
	}
	str_release(&body);
	arena_release(&batch_arena);
	arena_release(&arena);
	return ok && !t->count;
}

static void talk(struct talk *t)
{
	t->now = NOW;
	t->status = t->status ? t->status : 200;
	t->conf.name = "pd";
	t->conf.url = "http://pd";
	t->conf.every_ms = t->conf.timeout_ms = 5000;
	t->state = mem_new(1, pagerduty_source.survey->state_size);
	assert_true(pagerduty_source.survey->start(t->state, &t->conf, NULL));
	while (one(t))
		assert_true(t->asks < 500);
	pagerduty_source.survey->stop(t->state);
	mem_free(t->state);
}

static int64_t incidents_of(const struct talk *t, enum count_kind kind, const char *id)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->counts[i].kind == kind && !strcmp(t->ids[i], id))
			return t->counts[i].unknown ? -1 : t->counts[i].incidents;
	return -2;
}

static int64_t asks_of(const struct talk *t)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->counts[i].kind == COUNT_ALL)
			return t->counts[i].asks;
	return -1;
}

static void test_counts(void **unused)
{
	struct talk t = {.conf = {.since_at = NOW - DAY(75),
				 .services = "cart, Checkout API,P1",
				 .teams = "ops",
				 .urgencies = "high"}};
	struct talk less = {.conf = t.conf};

	(void)unused;
	talk(&t);
	assert_false(t.err.kind);
	/* Three windows each, and of all whose log is read; together they are the sum. */
	assert_int_equal(t.counted, 9);
	assert_int_equal(incidents_of(&t, COUNT_SERVICE, "P1"), 21);
	assert_int_equal(incidents_of(&t, COUNT_SERVICE, "P2"), 15);
	assert_int_equal(incidents_of(&t, COUNT_ALL, ""), 36);
	assert_int_equal(incidents_of(&t, COUNT_TEAM, "T1"), 0);
	assert_int_equal(t.count, 4);
	/* Without the log less is asked, and less is to be asked. */
	less.conf.left_out = FIELD_LOG;
	talk(&less);
	assert_int_equal(less.counted, 6);
	assert_int_equal(incidents_of(&less, COUNT_ALL, ""), 36);
	assert_true(asks_of(&t) > asks_of(&less) && asks_of(&less) > 0);
}

static void test_all(void **unused)
{
	struct talk t = {.conf = {.since_at = 0}}, null = {.no_total = true};
	struct talk closed = {.status = 403};

	(void)unused;
	/* Nothing chosen: each of the few services, and all; of all time one ask each. */
	talk(&t);
	assert_int_equal(t.counted, 3);
	assert_int_equal(incidents_of(&t, COUNT_SERVICE, "P1"), 7);
	assert_int_equal(incidents_of(&t, COUNT_ALL, ""), 12);
	/* What is not said is not known. */
	talk(&null);
	assert_int_equal(incidents_of(&null, COUNT_ALL, ""), -1);
	/* A key that may not list services counts all of them together. */
	talk(&closed);
	assert_false(closed.err.kind);
	assert_int_equal(closed.counted, 1);
	assert_int_equal(incidents_of(&closed, COUNT_ALL, ""), 12);
}

static void test_refused(void **unused)
{
	struct talk wrong = {.conf = {.services = "cart,kart"}};
	struct talk closed = {.status = 403, .conf = {.services = "cart"}};
	struct talk lost = {.status = 500};

	(void)unused;
	talk(&wrong);
	assert_string_equal(wrong.err.text,
		"no service is called kart; there are cart, Checkout API");
	assert_int_equal(wrong.counted, 0);
	talk(&closed);
	assert_string_equal(closed.err.text,
		"no service is called cart, and this key may not list them");
	talk(&lost);
	assert_true(lost.err.kind);
	assert_int_equal(lost.asks, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_choose),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
