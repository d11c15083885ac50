/* One thing, told by many, counts once: alerts of several servers, the pages they opened,
 * and anomalies of what an alert's rule looks at. What is said to it goes to the page. */
#include "app/alerts.h"
#include "app/anomalies.h"
#include "app/dossier.h"
#include "app/charts.h"
#include "app/metrics.h"
#include "app/action_plan.h"
#include "app/joins.h"
#include "app/problems.h"
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

enum { PROM = 1, AM, AM_B, PD, MOST = 10 };

static struct loop *loop;
static struct app *app;
static struct arena arena;
static char rc[64];

static int setup(void **state)
{
	struct app_options options = {.no_host = true};
	int fd;

	strcpy(rc, "/tmp/oogway-problems-XXXXXX");
	fd = mkstemp(rc);
	assert_true(fd >= 0);
	dprintf(fd, "source prom prometheus url=http://prom:9090\n"
		    "source am alertmanager url=http://am:9093\n"
		    "source am-b alertmanager url=http://am-b:9093\n"
		    "source pd pagerduty url=http://pd:8080\n"
		    "query p99 source=prom warn=300 -- 1000 * latency_p99\n");
	close(fd);
	options.rc = (struct rc_options){.file = rc, .no_system = true};
	loop = loop_new();
	app = app_new(loop, &options);
	arena_init(&arena, 1 << 20);
	(void)state;
	return 0;
}

static int tear_down(void **state)
{
	app_free(app);
	loop_free(loop);
	arena_release(&arena);
	unlink(rc);
	(void)state;
	return 0;
}

struct row {
	const char *name, *service, *cluster; /* cluster: "" none */
	enum alert_state state;
};

static void give(int source, const struct row *rows, size_t n)
{
	static struct pair labels[MOST][3];
	static char ids[MOST][80];
	struct batch batch;

	batch_init(&batch, &arena);
	for (size_t i = 0; i < n; i++) {
		struct alert_draft *draft = batch_add_alert(&batch);

		labels[i][0] = (struct pair){
			untrusted_str("alertname"), untrusted_str(rows[i].name)};
		labels[i][1] = (struct pair){
			untrusted_str("service"), untrusted_str(rows[i].service)};
		labels[i][2] = (struct pair){
			untrusted_str("cluster"), untrusted_str(rows[i].cluster)};
		snprintf(ids[i], sizeof ids[i], "%s %s", rows[i].name, rows[i].service);
		draft->texts[ALERT_ID] = untrusted_str(ids[i]);
		draft->texts[ALERT_TITLE] = untrusted_str(rows[i].name);
		draft->labels = labels[i];
		draft->label_count = *rows[i].cluster ? 3 : 2;
		draft->severity = SEVERITY_CRITICAL;
		draft->state = rows[i].state;
		draft->started_at = app->now;
	}
	batch.alerts_snapshot = true;
	alerts_apply(app->alerts, source, &batch);
}

static size_t list(struct problem *out)
{
	size_t total, n = problems_list(app, out, MOST, &total);

	assert_int_equal(n, total);
	return n;
}

static void told_by_three(void **state)
{
	const struct row rows[] = {
		{"Down", "a", "", ALERT_FIRING}, {"Down", "b", "", ALERT_FIRING}};
	struct problem p[MOST];
	char text[80];

	(void)state;
	give(PROM, rows, 2);
	assert_int_equal(list(p), 2);
	give(AM_B, rows, 2);
	give(AM, rows, 1);
	assert_int_equal(alerts_count(app->alerts), 5);
	assert_int_equal(list(p), 2);
	assert_int_equal(problems_counts(app).open[SEVERITY_CRITICAL], 2);
	for (size_t i = 0; i < 2; i++) {
		bool a = untrusted_is(alert_label_value(p[i].alert, "service"), "a");

		assert_int_equal(p[i].alerts, a ? 3 : 2);
		assert_int_equal(p[i].alert->source, a ? AM : AM_B);
		problem_sources(app, &p[i], true, text, sizeof text);
		assert_string_equal(text, a ? "am +2" : "am-b +1");
		if (!a) {
			problem_sources(app, &p[i], false, text, sizeof text);
			assert_string_equal(text, "am-b, prom");
		}
	}
	/* One of them falls silent about it: the others go on. */
	give(AM, NULL, 0);
	assert_int_equal(list(p), 2);
	give(AM_B, NULL, 0);
	assert_int_equal(list(p), 2);
	assert_int_equal(p[0].alerts, 1);
	give(PROM, NULL, 0);
	assert_int_equal(list(p), 0);
}

static void with_added_labels(void **state)
{
	const struct row plain[] = {{"Down", "a", "", ALERT_FIRING},
		{"Down", "b", "", ALERT_FIRING}, {"Full", "a", "", ALERT_FIRING}};
	const struct row sent[] = {{"Down", "a", "eu", ALERT_FIRING},
		{"Down", "b", "eu", ALERT_FIRING}, {"Other", "a", "eu", ALERT_FIRING}};
	struct problem p[MOST];

	(void)state;
	give(PROM, plain, 3);
	give(AM, sent, 3);
	assert_int_equal(list(p), 4);
	/* One that comes only now is known at once. */
	give(AM_B, &(struct row){"Full", "a", "eu", ALERT_FIRING}, 1);
	assert_int_equal(list(p), 4);
	assert_int_equal(problems_counts(app).open[SEVERITY_CRITICAL], 4);
}

/* Prometheus does not know of silences; what another one sends on still counts. */
static void silenced_by_one(void **state)
{
	const struct row firing = {"Down", "a", "", ALERT_FIRING};
	const struct row silenced = {"Down", "a", "", ALERT_SILENCED};
	struct problem p[MOST];

	(void)state;
	give(PROM, &firing, 1);
	give(AM, &silenced, 1);
	assert_int_equal(list(p), 0);
	assert_int_equal(alerts_counts(app->alerts).silenced, 1);
	assert_int_equal(alerts_counts(app->alerts).firing[SEVERITY_CRITICAL], 0);
	give(AM_B, &firing, 1);
	assert_int_equal(list(p), 1);
	assert_int_equal(p[0].alert->source, AM_B);
}

static void fresh(void *ctx, const struct series *series, struct point point)
{
	(void)ctx;
	anomalies_feed(app->anomalies, series, point);
}

static void give_latency(const char *labels, double value)
{
	struct batch batch;
	struct point point;

	for (int i = 0; i < 8; i++) {
		struct batch_series *s;

		app->now += 15 * SECOND_MS;
		point = (struct point){app->now, value};
		arena_reset(&arena);
		batch_init(&batch, &arena);
		s = batch_add_series(&batch);
		s->query = 0;
		s->labels = untrusted_str(labels);
		s->points = &point;
		s->count = 1;
		size_t taken = 0;

		assert_true(
			metrics_apply(app->metrics, PROM, &batch, &taken, fresh, NULL));
	}
	problems_join(app);
}

static void give_rule(void)
{
	struct batch batch;
	struct batch_rule *rule;

	batch_init(&batch, &arena);
	rule = batch_add_rule(&batch);
	rule->name = untrusted_str("Slow");
	rule->expr = untrusted_str("latency_p99 > 0.3");
	batch.rules_snapshot = true;
	charts_apply(app->charts, PROM, &batch);
}

static void anomaly_of_an_alert(void **state)
{
	const struct row slow = {"Slow", "checkout", "", ALERT_FIRING};
	struct problem p[MOST];

	(void)state;
	give_rule();
	give_latency("{service=\"checkout\"}", 400);
	give_latency("{service=\"cart\"}", 500);
	assert_int_equal(list(p), 2);
	/* The rule looks at the same metric; only one series is that of the alert. */
	give(PROM, &slow, 1);
	problems_join(app);
	assert_int_equal(list(p), 2);
	assert_non_null(p[0].alert);
	assert_int_equal(p[0].anomalies, 1);
	assert_string_equal(p[0].anomaly->name, "p99 checkout");
	assert_string_equal(p[1].anomaly->name, "p99 cart");
	assert_int_equal(problems_counts(app).open[SEVERITY_CRITICAL], 1);
	assert_int_equal(problems_counts(app).open[SEVERITY_WARNING], 1);
	/* Without the alert it stands for itself again. */
	give(PROM, NULL, 0);
	assert_int_equal(list(p), 2);
	assert_null(p[0].alert);
	assert_int_equal(problems_counts(app).open[SEVERITY_WARNING], 2);
}

/* --- pages --- */

struct page {
	const char *id, *title, *service, *key;
	enum alert_state state;
};

static void give_pages(const struct page *pages, size_t n)
{
	struct batch batch;

	batch_init(&batch, &arena);
	for (size_t i = 0; i < n; i++) {
		struct alert_draft *draft = batch_add_alert(&batch);

		draft->texts[ALERT_ID] = untrusted_str(pages[i].id);
		draft->texts[ALERT_TITLE] = untrusted_str(pages[i].title);
		draft->texts[ALERT_SERVICE] = untrusted_str(pages[i].service);
		draft->texts[ALERT_GROUP] = untrusted_str(pages[i].key);
		draft->severity = SEVERITY_HIGH;
		draft->state = pages[i].state;
		draft->started_at = app->now + SECOND_MS;
		draft->pages = true;
	}
	batch.alerts_snapshot = true;
	alerts_apply(app->alerts, PD, &batch);
	problems_join(app);
}

/* An Alertmanager's alert that opens incidents of this key. */
static void give_paging(
	int source, const char *name, const char *service, const char *key)
{
	static struct pair labels[2];
	struct batch batch;
	struct alert_draft *draft;

	batch_init(&batch, &arena);
	draft = batch_add_alert(&batch);
	labels[0] = (struct pair){untrusted_str("alertname"), untrusted_str(name)};
	labels[1] = (struct pair){untrusted_str("service"), untrusted_str(service)};
	*draft = (struct alert_draft){.severity = SEVERITY_CRITICAL,
		.started_at = app->now,
		.labels = labels,
		.label_count = 2};
	draft->texts[ALERT_ID] = untrusted_str(name);
	draft->texts[ALERT_TITLE] = untrusted_str(name);
	draft->texts[ALERT_SERVICE] = untrusted_str(service);
	draft->texts[ALERT_SUMMARY] = untrusted_str("too many of 17");
	draft->texts[ALERT_PAGE_KEYS] = untrusted_str(key);
	alerts_apply(app->alerts, source, &batch);
	problems_join(app);
}

static void give_detail(const char *id, const char *name, const char *service)
{
	const struct pair labels[] = {
		{untrusted_str("alertname"), untrusted_str(name ? name : "")},
		{untrusted_str("service"), untrusted_str(service ? service : "")}};
	struct batch batch;
	struct batch_detail *detail;

	batch_init(&batch, &arena);
	detail = batch_add_detail(&batch);
	detail->id = untrusted_str(id);
	detail->labels = labels;
	detail->label_count = name ? 2 : 0;
	joins_details(app->joins, PD, &batch);
	problems_join(app);
}

static const struct alert *called(const char *id)
{
	const struct alert *alert = alerts_named(app->alerts, id);

	assert_non_null(alert);
	return alert;
}

static bool is_echo(int source)
{
	size_t n = alerts_count(app->alerts), echoes = 0, all = 0;

	for (size_t i = 0; i < n; i++) {
		const struct alert *alert = alerts_at(app->alerts, i);

		all += alert->source == source;
		echoes += alert->source == source && alert->echo;
	}
	assert_int_equal(all, 1);
	return echoes == 1;
}

/* Fired once, told by four: the page is counted, else the source that is named first. */
static void counted_once(void **state)
{
	const struct row twin = {"Down", "a", "", ALERT_FIRING};
	const struct page page = {"Q1", "errors", "shop", "k2", ALERT_FIRING};

	(void)state;
	give(AM_B, &twin, 1);
	problems_join(app);
	assert_false(is_echo(AM_B));
	give_paging(AM, "Down", "a", "k1 k2");
	assert_false(is_echo(AM));
	assert_true(is_echo(AM_B));
	give(PROM, &twin, 1);
	problems_join(app);
	assert_false(is_echo(PROM));
	assert_true(is_echo(AM));
	give_pages(&page, 1);
	assert_true(is_echo(PROM) && is_echo(AM) && is_echo(AM_B));
	assert_false(is_echo(PD));
	/* Told anew it is still that; when it fires anew it is not yet. */
	give(PROM, &twin, 1);
	assert_true(is_echo(PROM));
	app->now += MINUTE_MS;
	give(PROM, &twin, 1);
	assert_false(is_echo(PROM));
	problems_join(app);
	assert_true(is_echo(PROM));
}

static void page_by_key(void **state)
{
	const struct page page = {"Q1", "errors", "shop", "k2", ALERT_FIRING};
	const struct row twin = {"Down", "a", "", ALERT_FIRING};
	struct problem p[MOST];
	char text[80];

	(void)state;
	give(PROM, &twin, 1);
	give_paging(AM, "Down", "a", "k1 k2");
	assert_int_equal(list(p), 1);
	give_pages(&page, 1);
	/* The page speaks; it is as severe as the worst. */
	assert_int_equal(list(p), 1);
	assert_int_equal(p[0].alert->source, PD);
	assert_int_equal(p[0].alerts, 3);
	assert_int_equal(p[0].severity, SEVERITY_CRITICAL);
	assert_false(p[0].guessed);
	assert_int_equal(problems_counts(app).open[SEVERITY_CRITICAL], 1);
	assert_int_equal(problems_counts(app).open[SEVERITY_HIGH], 0);
	problem_sources(app, &p[0], true, text, sizeof text);
	assert_string_equal(text, "pd +2");
	/* Whoever opens one of the others looks at the incident that it opened. */
	for (const struct alert *a = NULL; (a = alerts_twin(app->alerts, p[0].alert, a));)
		assert_ptr_equal(dossier_page(app, a), p[0].alert);
	/* It comes again: it is the same still. */
	give_paging(AM, "Down", "a", "k1 k2");
	assert_int_equal(list(p), 1);
	/* Acknowledged there is acknowledged. */
	give_pages(&(struct page){"Q1", "errors", "shop", "k2", ALERT_ACKNOWLEDGED}, 1);
	assert_int_equal(list(p), 1);
	assert_true(p[0].acknowledged);
	assert_int_equal(problems_counts(app).acknowledged, 1);
	assert_int_equal(problems_counts(app).open[SEVERITY_CRITICAL], 0);
	/* Another key is another problem; and over is over. */
	give_pages(&(struct page){"Q2", "errors", "shop", "k3", ALERT_FIRING}, 1);
	assert_int_equal(list(p), 2);
	give_pages(NULL, 0);
	assert_int_equal(list(p), 1);
	assert_int_equal(p[0].alert->source, AM);
}

/* The alert ends first, the page after it: nothing is counted that is not there. */
static void alert_before_page(void **state)
{
	const enum alert_state states[] = {ALERT_FIRING, ALERT_ACKNOWLEDGED};
	struct problem p[MOST];

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const struct page page = {"Q1", "errors", "shop", "k2", states[i]};

		give_paging(AM, "Errors", "shop", "k1 k2");
		give_pages(&page, 1);
		assert_int_equal(list(p), 1);
		give(AM, NULL, 0);
		problems_join(app);
		assert_int_equal(list(p), 1);
		give_pages(NULL, 0);
		assert_int_equal(list(p), 0);
		assert_int_equal(problems_counts(app).acknowledged, 0);
	}
}

static void page_by_labels(void **state)
{
	const struct page page = {"Q1", "errors", "shop", "", ALERT_FIRING};
	const struct row rows[] = {
		{"Down", "a", "", ALERT_FIRING}, {"Down", "b", "", ALERT_FIRING}};
	struct problem p[MOST];

	(void)state;
	give(AM, rows, 2);
	give_pages(&page, 1);
	assert_int_equal(list(p), 3);
	/* One label is too little, another value too much. */
	give_detail("Q1", "Down", "c");
	assert_int_equal(list(p), 3);
	give_detail("Q1", "Down", "b");
	assert_int_equal(list(p), 2);
	assert_true(untrusted_is(
		alert_label_value(p[0].alert->pages ? p[1].alert : p[0].alert, "service"),
		"a"));
}

static void page_guessed(void **state)
{
	static const struct {
		const char *title, *service;
		bool joined;
	} rows[] = {
		{"[FIRING:1] Down a", "a", true},
		{"too many of 17", "a", true},
		{"too many of 99", "a", true},
		{"[FIRING:1] Down a", "b", false},
		{"Downhill a", "a", false},
		{"too few of 17", "a", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char id[8];
		struct page page = {id, rows[i].title, rows[i].service, "", ALERT_FIRING};
		struct problem p[MOST];

		snprintf(id, sizeof id, "Q%zu", i);
		give_paging(AM, "Down", "a", "");
		give_pages(&page, 1);
		give_detail(id, NULL, NULL);
		assert_int_equal(list(p), rows[i].joined ? 1 : 2);
		assert_int_equal(p[0].guessed, rows[i].joined);
		if (rows[i].joined) {
			char text[80];

			problem_sources(app, &p[0], true, text, sizeof text);
			assert_string_equal(text, "pd +1?");
			problem_sources(app, &p[0], false, text, sizeof text);
			assert_string_equal(text, "pd, am guessed");
		}
	}
}

static void by_hand(void **state)
{
	const struct page pages[] = {{"Q1", "errors", "shop", "k1", ALERT_FIRING},
		{"Q2", "orders", "shop", "k2", ALERT_FIRING}};
	struct problem p[MOST];
	struct err err = {0};
	uint64_t both[2];

	(void)state;
	give_paging(AM, "Down", "a", "k1");
	give_pages(pages, 2);
	assert_int_equal(list(p), 2);
	both[0] = called("Q1")->key;
	both[1] = called("Q2")->key;
	assert_false(problem_join(app, both, 1, &err));
	assert_true(problem_join(app, both, 2, &err));
	assert_int_equal(list(p), 1);
	assert_int_equal(p[0].alerts, 3);
	/* One of them alone again; its alert goes with the other one's page. */
	assert_true(problem_split(app, called("Q2")->key, &err));
	assert_int_equal(list(p), 2);
	assert_true(problem_split(app, called("Down")->key, &err));
	assert_int_equal(list(p), 3);
	assert_false(problem_split(app, called("Down")->key, &err));
	/* It holds when all of it comes anew. */
	give_pages(pages, 2);
	assert_int_equal(list(p), 3);
}

static void said_to_the_page(void **state)
{
	static const struct {
		enum action_verb verb;
		const char *source, *target;
	} rows[] = {
		{ACTION_ACKNOWLEDGE, "pd", "Q1"},
		{ACTION_SNOOZE, "pd", "Q1"},
		{ACTION_RESOLVE, "pd", "Q1"},
		{ACTION_SILENCE, "am", "Down"},
	};
	const struct page page = {"Q1", "errors", "shop", "k1", ALERT_FIRING};
	uint64_t both[2];

	(void)state;
	sources_start(app->sources);
	give_paging(AM, "Down", "a", "k1");
	give_pages(&page, 1);
	both[0] = called("Down")->key;
	both[1] = called("Q1")->key;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (size_t k = 0; k < 3; k++) {
			const struct wish wish = {.verb = rows[i].verb,
				.origin = "key",
				.targets = both + k % 2,
				.count = k == 2 ? 2 : 1,
				.until_at = app->now + HOUR_MS};
			struct plan plan;
			struct err err = {0};

			assert_true(plan_make(&plan, app, &wish, &err));
			assert_int_equal(plan.count, 1);
			assert_true(untrusted_is(plan.rows->source, rows[i].source));
			assert_true(untrusted_is(
				plan.rows->action.texts[ACTION_TARGET], rows[i].target));
			assert_null(strstr(plan.text, "left out"));
			plan_release(&plan);
		}
}

/* One incident of very many alerts: as many as may be are one problem, the others stand
 * alone, and it stays so. */
static void page_of_many(void **state)
{
	enum { MANY = 66, TOGETHER = 63 };
	const struct page page = {"Q1", "errors", "shop", "k1", ALERT_FIRING};
	struct problem p[MOST];

	(void)state;
	for (int i = 0; i < MANY; i++) {
		char name[16];

		snprintf(name, sizeof name, "Down%d", i);
		give_paging(AM, name, "a", "k1");
	}
	give_pages(&page, 1);
	assert_int_equal(list(p), 1 + MANY + 1 - TOGETHER);
	assert_int_equal(problem_of(app, called("Q1")).alerts, TOGETHER);
	app->changes = 0;
	problems_join(app);
	give_pages(&page, 1);
	assert_int_equal(app->changes & CHANGED_ALERTS, 0);
	assert_int_equal(list(p), 1 + MANY + 1 - TOGETHER);
	give_pages(NULL, 0);
	assert_int_equal(alerts_counts(app->alerts).firing[SEVERITY_CRITICAL], MANY);
	assert_int_equal(alerts_counts(app->alerts).firing[SEVERITY_HIGH], 0);
}

/* Nobody is paged: it is kept here for all that tell of it. */
static void said_to_nobody(void **state)
{
	const struct row row = {"Down", "a", "", ALERT_FIRING};
	uint64_t keys[2];
	struct err err = {0};
	struct plan plan;
	struct wish wish = {
		.verb = ACTION_ACKNOWLEDGE, .origin = "key", .targets = keys, .count = 2};

	(void)state;
	sources_start(app->sources);
	give(PROM, &row, 1);
	give(AM, &row, 1);
	keys[0] = alert_key("prom", untrusted_str("Down a"));
	keys[1] = alert_key("am", untrusted_str("Down a"));
	assert_true(plan_make(&plan, app, &wish, &err));
	assert_int_equal(plan.count, 2);
	assert_int_equal(plan.same, 1);
	assert_true(plan.here[0] && plan.here[1]);
	assert_null(strstr(plan.text, "left out"));
	plan_release(&plan);
}

/* Two incidents of one problem are both taken on. */
static void said_to_both_pages(void **state)
{
	const struct page pages[] = {{"Q1", "errors", "shop", "k1", ALERT_FIRING},
		{"Q2", "orders", "shop", "k2", ALERT_FIRING}};
	struct err err = {0};
	struct plan plan;
	uint64_t key;
	const struct wish wish = {
		.verb = ACTION_ACKNOWLEDGE, .origin = "key", .targets = &key, .count = 1};

	(void)state;
	sources_start(app->sources);
	give_paging(AM, "Down", "a", "k1 k2");
	give_pages(pages, 2);
	key = called("Down")->key;
	assert_true(plan_make(&plan, app, &wish, &err));
	assert_int_equal(plan.count, 2);
	for (size_t i = 0; i < 2; i++) {
		assert_true(untrusted_is(plan.rows[i].source, "pd"));
		assert_false(plan.here[i]);
	}
	plan_release(&plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(counted_once, setup, tear_down),
		cmocka_unit_test_setup_teardown(page_by_key, setup, tear_down),
		cmocka_unit_test_setup_teardown(alert_before_page, setup, tear_down),
		cmocka_unit_test_setup_teardown(page_by_labels, setup, tear_down),
		cmocka_unit_test_setup_teardown(page_guessed, setup, tear_down),
		cmocka_unit_test_setup_teardown(by_hand, setup, tear_down),
		cmocka_unit_test_setup_teardown(said_to_the_page, setup, tear_down),
		cmocka_unit_test_setup_teardown(page_of_many, setup, tear_down),
		cmocka_unit_test_setup_teardown(said_to_nobody, setup, tear_down),
		cmocka_unit_test_setup_teardown(said_to_both_pages, setup, tear_down),
		cmocka_unit_test_setup_teardown(told_by_three, setup, tear_down),
		cmocka_unit_test_setup_teardown(with_added_labels, setup, tear_down),
		cmocka_unit_test_setup_teardown(silenced_by_one, setup, tear_down),
		cmocka_unit_test_setup_teardown(anomaly_of_an_alert, setup, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
