/* Which rule an alert is of: by name, labels and source; through Alertmanager, whose
 * labels are more, and a pager, which has a title only. */
#include "app/alerts.h"
#include "app/charts.h"
#include "app/sources.h"
#include "base/str.h"
#include "io/loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { PROM = 1, VM, AM, PD };

struct world {
	struct loop *loop;
	struct app *app;
	struct arena arena;
	char rc[64];
};

static const char *const warning_words[] = {"severity", "warning", NULL};
static const char *const critical_words[] = {"severity", "critical", NULL};
static const char *const team_words[] = {"team", "{{ $labels.team }}", NULL};
static const char *const full_words[] = {"alertname", "Full", "host", "a", "severity",
	"critical", "cluster", "added", NULL};
static const char *const errors_words[] = {
	"alertname", "Errors", "service", "s", "team", "t", NULL};
static struct pair warning[1], critical[1], team[1], full[4], errors[3];

static void pairs(struct pair *out, const char *const *words)
{
	for (; *words; words += 2)
		*out++ = (struct pair){untrusted_str(words[0]), untrusted_str(words[1])};
}

static void fill_pairs(void)
{
	pairs(warning, warning_words);
	pairs(critical, critical_words);
	pairs(team, team_words);
	pairs(full, full_words);
	pairs(errors, errors_words);
}

static int setup(void **state)
{
	static struct world world;
	struct app_options options = {.no_host = true};
	int fd;

	strcpy(world.rc, "/tmp/oogway-rules-XXXXXX");
	fd = mkstemp(world.rc);
	assert_true(fd >= 0);
	fill_pairs();
	dprintf(fd, "source prom prometheus url=http://prom:9090\n"
		    "source vm victoriametrics url=http://vm:8428/select/0/prometheus\n"
		    "source am alertmanager url=http://am:9093\n"
		    "source pd pagerduty url=http://pd from=me@x\n");
	close(fd);
	options.rc.file = world.rc;
	world.loop = loop_new();
	world.app = app_new(world.loop, &options);
	arena_init(&world.arena, 1 << 20);
	*state = &world;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	app_free(w->app);
	loop_free(w->loop);
	arena_release(&w->arena);
	unlink(w->rc);
	return 0;
}

static void give_rule(
	struct batch *batch, const char *name, const char *expr, const struct pair *label)
{
	struct batch_rule *rule = batch_add_rule(batch);

	rule->name = untrusted_str(name);
	rule->expr = untrusted_str(expr);
	rule->labels = label;
	rule->label_count = label != NULL;
	batch->rules_snapshot = true;
}

static void give_alert(struct world *w, int source, const struct pair *labels, size_t n,
	const char *title, const char *summary, const char *generator)
{
	struct batch batch;
	struct alert_draft *draft;

	batch_init(&batch, &w->arena);
	draft = batch_add_alert(&batch);
	draft->labels = labels;
	draft->label_count = n;
	draft->texts[ALERT_ID] = untrusted_str(title);
	draft->texts[ALERT_TITLE] = untrusted_str(title);
	draft->texts[ALERT_SUMMARY] = untrusted_str(summary);
	draft->texts[ALERT_SOURCE_EXPR] = untrusted_str(generator);
	batch.alerts_snapshot = true;
	alerts_apply(w->app->alerts, source, &batch);
}

static void give_rules(struct world *w)
{
	struct batch batch;

	batch_init(&batch, &w->arena);
	give_rule(&batch, "Full", "used > 80", warning);
	give_rule(&batch, "Full", "used > 90", critical);
	give_rule(&batch, "Errors", "sum by (service) (errors) > 5", team);
	charts_apply(w->app->charts, PROM, &batch);
	batch_init(&batch, &w->arena);
	give_rule(&batch, "Errors", "errors_vm > 5", team);
	charts_apply(w->app->charts, VM, &batch);
}

static const struct alert_chart *show(struct world *w, int source, const char *id)
{
	uint64_t key =
		alert_key(sources_row(w->app->sources, source)->name, untrusted_str(id));

	assert_non_null(alerts_find(w->app->alerts, key));
	charts_show(w->app->charts, NULL, 0);
	charts_show(w->app->charts, &key, 1);
	return charts_find(w->app->charts, key);
}

static void matched(struct world *w, int from, const char *id, int source,
	double constant, const char *asked)
{
	const struct alert_chart *chart = show(w, from, id);

	if (chart->source < 0)
		fail_msg("%s: %s", id, chart->why);
	assert_int_equal(chart->source, source);
	assert_true(chart->op == PROMEXPR_GT && chart->constant == constant);
	assert_string_equal(chart->asked, asked);
}

static void test_rules(void **state)
{
	struct world *w = *state;

	give_alert(w, AM, full, 4, "Full", "", "");
	assert_string_equal(show(w, AM, "Full")->why, "prom: no answer yet");
	give_rules(w);
	/* Of two with that name the one whose label it has; not listed at prom: the
	 * label that was added on the way must not narrow the question. */
	matched(w, AM, "Full", PROM, 90, "used");
	give_alert(w, PROM, full, 3, "Full", "a is 91% full", "used > 90");
	matched(w, PROM, "Full", PROM, 90, "used{host=\"a\"}");
	matched(w, AM, "Full", PROM, 90, "used{host=\"a\"}");
	/* The server that the link names. */
	give_alert(w, AM, errors, 3, "Errors", "", "http://vm:8428/graph?g0.expr=x");
	matched(w, AM, "Errors", VM, 5, "errors_vm");
	give_alert(w, AM, errors, 3, "Errors", "", "http://elsewhere/graph");
	matched(w, AM, "Errors", PROM, 5, "sum by (service) (errors)");
	/* A pager: a word of the title, or the summary with other figures. */
	give_alert(w, PD, NULL, 0, "[FIRING:1] Full (a critical)", "", "");
	matched(w, PD, "[FIRING:1] Full (a critical)", PROM, 90, "used{host=\"a\"}");
	give_alert(w, PD, NULL, 0, "a is 93% full", "", "");
	matched(w, PD, "a is 93% full", PROM, 90, "used{host=\"a\"}");
	give_alert(w, PD, NULL, 0, "b is 93% full", "", "");
	assert_string_equal(
		show(w, PD, "b is 93% full")->why, "no rule of that name in prom, vm");
}

static void add_series(struct world *w, struct batch *batch, const char *labels,
	double value, bool history)
{
	struct batch_series *series = batch_add_series(batch);
	struct point *points = arena_alloc(&w->arena, 2 * sizeof *points);

	points[0] = (struct point){w->app->now - 2000, value};
	points[1] = (struct point){w->app->now - 1000, value};
	series->labels = untrusted_str(labels);
	series->points = points + !history;
	series->count = 1 + history;
	series->history = history;
	series->query = -1;
}

/* Not started sources give no watches: the chart says so, draws nothing, and ends with
 * its page; answers for nobody change nothing. */
static void test_charts(void **state)
{
	struct world *w = *state;
	uint64_t gone = 77;
	const struct alert_chart *chart = show(w, PROM, "Full");
	struct batch batch;
	size_t taken = 0;

	assert_string_equal(chart->why, "prom cannot be asked now");
	assert_true(untrusted_is(chart->expr, "used"));
	batch_init(&batch, &w->arena);
	batch.watch = 5;
	add_series(w, &batch, "{host=\"a\"}", 91, true);
	assert_true(charts_take(w->app->charts, PROM, &batch, &taken));
	assert_null(chart->series);
	charts_show(w->app->charts, &gone, 1);
	assert_string_equal(charts_find(w->app->charts, gone)->why, "");
	charts_forget(w->app->charts, PROM, true);
	charts_settle(w->app->charts);
	charts_show(w->app->charts, NULL, 0);
	assert_null(charts_find(w->app->charts, gone));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_charts),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
