/* Root cause on small worlds made by hand: who is named, how sure, and that odd input
 * never makes it sure. Times are in minutes from the alert. */
#include "analysis/rca.h"
#include "base/time.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define AT INT64_C(1700000000000)

static struct untrusted u(const char *text)
{
	return untrusted_str(text);
}

/* One point a minute from `from` on; `before` until `since`, then `after`; a little
 * noise that is the same in every run. */
struct wave {
	const char *node, *metric;
	double before, after;
	int since, from, to;
};

static void add_wave(struct capture *c, const struct wave *w)
{
	for (int m = w->from; m <= w->to; m++) {
		double noise = 1 + 0.02 * ((m * 7919 + 13) % 11 - 5) / 5.0;
		struct point p = {AT + m * MINUTE_MS,
			(m >= w->since ? w->after : w->before) * noise};

		capture_add_point(c, u(w->node), u(w->metric), p);
	}
}

static void add_step(struct capture *c, const char *node, const char *metric,
	double before, double after)
{
	struct wave w = {node, metric, before, after, -3, -60, 3};

	add_wave(c, &w);
}

static struct rca *run(struct capture *c)
{
	struct rca_options options = {.at = AT};

	capture_settle(c);
	return rca_run(c, &options);
}

static bool top_is(const struct capture *c, const struct rca *rca, const char *node)
{
	return rca->count &&
	       untrusted_is(graph_name(&c->graph, rca->suspects[0].node), node);
}

static bool notes(const struct rca *rca, enum rca_part_id id, const char *text)
{
	for (size_t i = 0; i < rca->parts[id].count; i++)
		if (strstr(rca->parts[id].notes[i], text))
			return true;
	return false;
}

static void chain(struct capture *c)
{
	capture_add_edge(c, u("web"), u("api"));
	capture_add_edge(c, u("api"), u("db"));
	capture_add_edge(c, u("api"), u("cache"));
}

static void test_deepest(void **unused)
{
	struct capture c;
	struct rca *rca;

	(void)unused;
	capture_init(&c);
	chain(&c);
	add_step(&c, "web", "latency p95", 0.2, 2.2);
	add_step(&c, "api", "latency p95", 0.1, 2.1);
	add_step(&c, "db", "latency p95", 0.02, 2.0);
	add_step(&c, "cache", "latency p95", 0.01, 0.01);
	rca = run(&c);
	assert_true(top_is(&c, rca, "db"));
	assert_true(rca->parts[RCA_WHERE].grade >= RCA_WEAK);
	/* Metrics alone never tell a cause for sure. */
	assert_true(rca->parts[RCA_WHERE].grade < RCA_STRONG);
	assert_non_null(strstr(rca->parts[RCA_FELT].sentence, "web"));
	assert_non_null(strstr(rca->parts[RCA_FELT].sentence, "api"));
	assert_null(strstr(rca->parts[RCA_FELT].sentence, "cache"));
	assert_true(rca->parts[RCA_TRIGGER].grade == RCA_UNKNOWN);
	assert_true(notes(rca, RCA_MISSING, "no traces"));
	/* Every sentence has its evidence. */
	for (size_t i = 0; i < rca->suspects[0].count; i++) {
		const struct rca_evidence *e = &rca->suspects[0].evidence[i];

		assert_non_null(e->ranker);
		assert_true(*e->sentence && e->sentence[strlen(e->sentence) - 1] != '.');
		if (!strcmp(e->ranker, "change")) {
			assert_string_equal(e->query, "latency p95");
			assert_true(e->value > 1.9 && e->expected < 0.03 && e->at);
		}
	}
	rca_free(rca);
	capture_release(&c);
}

/* The order in which things come makes no difference to what is said. */
static void test_order(void **unused)
{
	struct capture c[2];
	struct rca *rca[2];

	(void)unused;
	for (int i = 0; i < 2; i++) {
		capture_init(&c[i]);
		graph_node(&c[i].graph, u("web"));
		graph_node(&c[i].graph, u("db"));
	}
	add_step(&c[0], "web", "latency", 0.2, 2);
	add_step(&c[0], "db", "latency", 0.02, 2);
	capture_add_edge(&c[0], u("web"), u("db"));
	for (int m = 3; m >= -60; m--) {
		struct wave w = {"db", "latency", 0.02, 2, -3, m, m};

		add_wave(&c[1], &w);
		add_wave(&c[1], &w);
		w = (struct wave){"web", "latency", 0.2, 2, -3, m, m};
		add_wave(&c[1], &w);
		capture_add_edge(&c[1], u("web"), u("db"));
	}
	for (int i = 0; i < 2; i++)
		rca[i] = run(&c[i]);
	assert_int_equal(rca[0]->count, rca[1]->count);
	for (size_t i = 0; i < rca[0]->count; i++) {
		assert_int_equal(rca[0]->suspects[i].node, rca[1]->suspects[i].node);
		assert_true(fabs(rca[0]->suspects[i].score - rca[1]->suspects[i].score) <
			    1e-12);
	}
	for (int i = 0; i < 2; i++) {
		rca_free(rca[i]);
		capture_release(&c[i]);
	}
}

/* --- input that makes nobody a culprit --- */

static void nothing(struct capture *c)
{
	(void)c;
}

static void quiet(struct capture *c)
{
	chain(c);
	add_step(c, "web", "latency", 0.2, 0.2);
	add_step(c, "db", "latency", 0.02, 0.02);
}

static void one_point(struct capture *c)
{
	struct wave w = {"db", "latency", 0.02, 9, 0, 0, 0};

	add_wave(c, &w);
}

static void no_history(struct capture *c)
{
	struct wave w = {"db", "latency", 0.02, 9, 0, 0, 20};

	add_wave(c, &w);
}

static void constant(struct capture *c)
{
	for (int m = -60; m < 3; m++)
		capture_add_point(
			c, u("a"), u("errors"), (struct point){AT + m * MINUTE_MS, 0});
}

static void not_numbers(struct capture *c)
{
	for (int m = -60; m < 3; m++)
		capture_add_point(c, u("a"), u("errors"),
			(struct point){AT + m * MINUTE_MS, m % 2 ? NAN : INFINITY});
}

static void the_future(struct capture *c)
{
	struct wave w = {"db", "latency", 0.02, 9, 600, 500, 700};

	add_wave(c, &w);
}

static void better(struct capture *c)
{
	add_step(c, "db", "latency", 2, 0.02);
	add_step(c, "db", "errors", 50, 1);
	add_step(c, "db", "availability", 80, 99);
}

/* A spike an hour ago is over. */
static void long_ago(struct capture *c)
{
	struct wave a = {"db", "latency", 0.02, 9, 0, -60, -41};
	struct wave b = {"db", "latency", 9, 9, 0, -40, -36};
	struct wave d = {"db", "latency", 0.02, 9, 99, -35, 3};

	add_wave(c, &a);
	add_wave(c, &b);
	add_wave(c, &d);
}

static void test_unknown(void **unused)
{
	static const struct {
		const char *name;
		void (*make)(struct capture *c);
	} rows[] = {{"nothing", nothing}, {"quiet", quiet}, {"one point", one_point},
		{"no history", no_history}, {"constant", constant},
		{"not numbers", not_numbers}, {"the future", the_future},
		{"better", better}, {"long ago", long_ago}};

	(void)unused;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct capture c;
		struct rca *rca;

		capture_init(&c);
		rows[i].make(&c);
		rca = run(&c);
		if (rca->parts[RCA_WHERE].grade != RCA_UNKNOWN)
			print_message(
				"%s: %s\n", rows[i].name, rca->parts[RCA_WHERE].sentence);
		assert_int_equal(rca->parts[RCA_WHERE].grade, RCA_UNKNOWN);
		assert_int_equal(rca->parts[RCA_TRIGGER].grade, RCA_UNKNOWN);
		assert_true(*rca->parts[RCA_WHERE].sentence);
		rca_free(rca);
		capture_release(&c);
	}
}

/* --- input that is odd, with a culprit in it --- */

static void cycle(struct capture *c)
{
	capture_add_edge(c, u("db"), u("api"));
	capture_add_edge(c, u("api"), u("web"));
	chain(c);
}

static void no_edges(struct capture *c)
{
	(void)c;
}

static void strangers(struct capture *c)
{
	chain(c);
	capture_add_edge(c, u("nobody"), u("no one"));
	capture_add_edge(c, u("db"), u("never seen"));
}

static void gaps(struct capture *c)
{
	chain(c);
	for (int m = -50; m < -30; m++)
		capture_add_point(c, u("cache"), u("latency"),
			(struct point){AT + m * MINUTE_MS, 0.01});
}

static void huge(struct capture *c)
{
	chain(c);
	add_step(c, "cache", "bytes", -1e9, 1e9 + 1);
	add_step(c, "cache", "latency", -5, -5);
}

/* The cache's clock is eight hours off. */
static void skewed(struct capture *c)
{
	struct wave w = {"cache", "latency", 0.01, 9, -480, -540, -470};

	chain(c);
	add_wave(c, &w);
}

static void test_odd(void **unused)
{
	static const struct {
		void (*make)(struct capture *c);
		const char *missing;
	} rows[] = {{chain, "no traces"}, {cycle, "no traces"},
		{no_edges, "no call graph"}, {strangers, "without any data"},
		{gaps, "none"}, {huge, "no changes"}, {skewed, "wrong clock"}};

	(void)unused;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct capture c;
		struct rca *rca;

		capture_init(&c);
		rows[i].make(&c);
		add_step(&c, "web", "latency", 0.5, 0.8);
		add_step(&c, "db", "latency", 0.02, 2);
		add_step(&c, "db", "errors", 1, 90);
		rca = run(&c);
		if (!top_is(&c, rca, "db"))
			print_message("row %zu: %s\n", i, rca->parts[RCA_WHERE].sentence);
		assert_true(top_is(&c, rca, "db"));
		if (strcmp(rows[i].missing, "none") != 0)
			assert_true(notes(rca, RCA_MISSING, rows[i].missing));
		rca_free(rca);
		capture_release(&c);
	}
}

/* --- single rankers --- */

static void test_ratio_of_few(void **unused)
{
	static const struct {
		double requests;
		bool found;
	} rows[] = {{3, false}, {2000, true}};

	(void)unused;
	for (size_t i = 0; i < 2; i++) {
		struct capture c;
		struct rca *rca;
		bool found = false;

		capture_init(&c);
		for (int m = -60; m < 3; m++) {
			int64_t at = AT + m * MINUTE_MS;

			capture_add_point(&c, u("a"), u("requests"),
				(struct point){at, rows[i].requests});
			capture_add_point(&c, u("a"), u("availability"),
				(struct point){at, m >= -2 ? 97 : 100});
		}
		rca = run(&c);
		for (size_t k = 0; rca->count && k < rca->suspects[0].count; k++)
			found |= !strcmp(rca->suspects[0].evidence[k].query,
					 "availability") &&
				 rca->suspects[0].evidence[k].share > 0.3;
		assert_int_equal(found, rows[i].found);
		rca_free(rca);
		capture_release(&c);
	}
}

static void test_saturation(void **unused)
{
	struct capture c;
	struct rca *rca;

	(void)unused;
	capture_init(&c);
	chain(&c);
	add_step(&c, "api", "latency", 0.1, 0.9);
	add_step(&c, "db", "CpuUsageRate(%)", 5, 97);
	add_step(&c, "cache", "CpuUsageRate(%)", 95, 97); /* as ever */
	rca = run(&c);
	assert_true(top_is(&c, rca, "db"));
	assert_string_equal(rca->suspects[0].detail, "CpuUsageRate(%)");
	assert_string_equal(rca->suspects[0].evidence[0].ranker, "saturation");
	assert_true(rca->parts[RCA_WHERE].grade >= RCA_LIKELY);
	for (size_t i = 0; i < rca->count; i++)
		assert_false(untrusted_is(
			graph_name(&c.graph, rca->suspects[i].node), "cache"));
	rca_free(rca);
	capture_release(&c);
}

static void test_trigger(void **unused)
{
	static const struct {
		const char *node;
		int minute;
		enum rca_grade least, most;
	} rows[] = {
		{"db", -5, RCA_WEAK, RCA_STRONG},
		{"db", -500, RCA_UNKNOWN, RCA_UNKNOWN},  /* long before */
		{"db", 30, RCA_UNKNOWN, RCA_UNKNOWN},    /* afterwards */
		{"cache", -5, RCA_UNKNOWN, RCA_UNKNOWN}, /* of something else */
		{"web", -5, RCA_UNKNOWN, RCA_UNKNOWN},   /* of a victim */
	};

	(void)unused;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct capture c;
		struct rca *rca;

		capture_init(&c);
		chain(&c);
		add_step(&c, "web", "latency", 0.2, 2.2);
		add_step(&c, "api", "latency", 0.1, 2.1);
		add_step(&c, "db", "latency", 0.02, 2.0);
		capture_add_change(&c, u(rows[i].node),
			(struct capture_change){AT + rows[i].minute * MINUTE_MS, 0,
				u("rollout"), u("r84")});
		rca = run(&c);
		assert_true(top_is(&c, rca, "db"));
		assert_true(rca->parts[RCA_TRIGGER].grade >= rows[i].least);
		assert_true(rca->parts[RCA_TRIGGER].grade <= rows[i].most);
		if (rows[i].least)
			assert_non_null(strstr(rca->parts[RCA_TRIGGER].sentence, "r84"));
		rca_free(rca);
		capture_release(&c);
	}
}

/* One call of "api": its span, one to "db" below it, and what both log. */
static void add_call(struct capture *c, int second, bool bad, bool seen)
{
	char id[32];
	int64_t at = (AT + second * SECOND_MS) * 1000;
	uint64_t trace;

	snprintf(id, sizeof id, "trace %d", second);
	trace = capture_id(u(id));
	capture_add_span(c, u("api"), u("GET /"),
		(struct capture_span){
			.trace = trace, .id = 1, .at_us = at, .took_us = 90000});
	capture_add_span(c, u("api"), u("query"),
		(struct capture_span){.trace = trace,
			.id = 2,
			.parent = 1,
			.at_us = at + 10,
			.took_us = 80000});
	if (seen)
		capture_add_span(c, u("db"), u("select"),
			(struct capture_span){.trace = trace,
				.id = 3,
				.parent = 2,
				.at_us = at + 20,
				.took_us = 70000});
	capture_add_line(c, u("api"), u("Api#10"),
		(struct capture_line){.at_us = at + 1,
			.trace = trace,
			.span = 1,
			.level = LEVEL_INFO,
			.text = u("begin")});
	capture_add_line(c, u("api"), bad ? u("Api#99") : u("Api#20"),
		(struct capture_line){.at_us = at + 90,
			.trace = trace,
			.span = 1,
			.level = bad ? LEVEL_ERROR : LEVEL_INFO,
			.text = u("end")});
}

static void test_statement(void **unused)
{
	struct capture c;
	struct rca *rca;
	const struct rca_evidence *e;

	(void)unused;
	capture_init(&c);
	for (int s = -3600; s < 60; s += 15)
		add_call(&c, s, s > -180, true);
	rca = run(&c);
	assert_true(top_is(&c, rca, "api"));
	assert_string_equal(rca->suspects[0].detail, "Api#10_Api#20");
	e = &rca->suspects[0].evidence[0];
	assert_string_equal(e->ranker, "statement");
	assert_true(e->value < 0.01 && e->expected > 0.99);
	assert_non_null(strstr(e->sentence, "Api#99 (error)"));
	assert_int_equal(rca->parts[RCA_WHERE].grade, RCA_STRONG);
	rca_free(rca);
	capture_release(&c);
}

/* Without places in the code: words, not the values behind, tell statements apart. */
static void test_words_alone(void **unused)
{
	struct capture c;
	struct rca *rca;

	(void)unused;
	capture_init(&c);
	for (int s = -3600; s < 60; s += 10) {
		int64_t at = (AT + s * SECOND_MS) * 1000;
		char id[32], text[2][120];

		snprintf(id, sizeof id, "%d", s);
		snprintf(text[0], sizeof text[0], "asked for order %d%s", s + 5000,
			s % 30 ? "" : ", 12, 13, 14");
		snprintf(text[1], sizeof text[1],
			s > -180 ? "order could not be found" : "found order %d of ann",
			s + 5000);
		for (int k = 0; k < 2; k++)
			capture_add_line(&c, u("a"), UNTRUSTED_NONE,
				(struct capture_line){.at_us = at + k,
					.trace = capture_id(u(id)),
					.span = 1,
					.level = k && s > -180 ? LEVEL_ERROR : LEVEL_INFO,
					.text = u(text[k])});
	}
	rca = run(&c);
	assert_true(top_is(&c, rca, "a"));
	assert_string_equal(rca->suspects[0].detail, "asked for_found order");
	rca_free(rca);
	capture_release(&c);
}

/* It failed for a while, an hour ago, and does what it did before. */
static void test_recovered(void **unused)
{
	struct capture c;
	struct rca *rca;

	(void)unused;
	capture_init(&c);
	for (int s = -3600; s < 60; s += 15)
		add_call(&c, s, s > -840 && s < -300, true);
	rca = run(&c);
	assert_int_equal(rca->parts[RCA_WHERE].grade, RCA_UNKNOWN);
	rca_free(rca);
	capture_release(&c);
}

/* What "api" calls has no spans at all, though the like elsewhere leads to some. */
static void test_dark(void **unused)
{
	struct capture c;
	struct rca *rca;

	(void)unused;
	capture_init(&c);
	for (int s = -3600; s < 60; s += 15)
		add_call(&c, s, s > -180, s % 60);
	rca = run(&c);
	assert_int_equal(rca->parts[RCA_WHERE].grade, RCA_UNKNOWN);
	assert_non_null(strstr(rca->parts[RCA_WHERE].sentence, "api fails"));
	rca_free(rca);
	capture_release(&c);
}

/* The way that calls take depends on what is asked for; it is no fault. */
static void test_mix(void **unused)
{
	struct capture c;
	struct rca *rca;

	(void)unused;
	capture_init(&c);
	for (int s = -3600; s < 60; s += 5) {
		int64_t at = (AT + s * SECOND_MS) * 1000;
		char id[32];

		snprintf(id, sizeof id, "%d", s);
		for (int k = 0; k < 2; k++)
			capture_add_line(&c, u("a"),
				!k                               ? u("A#1")
				: (s * 37 + s / 60 * 11) % 5 < 2 ? u("A#2")
								 : u("A#3"),
				(struct capture_line){.at_us = at + k,
					.trace = capture_id(u(id)),
					.span = 1,
					.level = LEVEL_INFO});
	}
	rca = run(&c);
	assert_int_equal(rca->parts[RCA_WHERE].grade, RCA_UNKNOWN);
	rca_free(rca);
	capture_release(&c);
}

static void test_own_time(void **unused)
{
	struct capture c;
	struct rca *rca;

	(void)unused;
	capture_init(&c);
	for (int s = -3600; s < 60; s += 10) {
		int64_t at = (AT + s * SECOND_MS) * 1000;
		int64_t slow = s > -180 ? 900000 : 0;
		char id[32];
		uint64_t trace;

		snprintf(id, sizeof id, "%d", s);
		trace = capture_id(u(id));
		capture_add_span(&c, u("web"), u("GET /"),
			(struct capture_span){.trace = trace,
				.id = 1,
				.at_us = at,
				.took_us = 60000 + slow});
		capture_add_span(&c, u("api"), u("list"),
			(struct capture_span){.trace = trace,
				.id = 2,
				.parent = 1,
				.at_us = at,
				.took_us = 50000 + slow});
		capture_add_span(&c, u("db"), u("select"),
			(struct capture_span){.trace = trace,
				.id = 3,
				.parent = 2,
				.at_us = at,
				.took_us = 5000});
	}
	rca = run(&c);
	assert_true(top_is(&c, rca, "api"));
	assert_string_equal(rca->suspects[0].detail, "list");
	assert_true(rca->suspects[0].evidence[0].value > 900);
	rca_free(rca);
	capture_release(&c);
}

/* A call from one node to another, with a client's span in between. */
static void add_hop(struct capture *c, const char *caller, const char *callee, int second,
	int64_t way_us)
{
	int64_t at = (AT + second * SECOND_MS) * 1000;
	char id[80];
	uint64_t trace;

	snprintf(id, sizeof id, "%s %s %d", caller, callee, second);
	trace = capture_id(u(id));
	capture_add_span(c, u(caller), u("GET /"),
		(struct capture_span){
			.trace = trace, .id = 1, .at_us = at, .took_us = 9000 + way_us});
	capture_add_span(c, u(caller), u("HTTP GET"),
		(struct capture_span){.trace = trace,
			.id = 2,
			.parent = 1,
			.at_us = at,
			.took_us = 7000 + way_us});
	capture_add_span(c, u(callee), u("list"),
		(struct capture_span){.trace = trace,
			.id = 3,
			.parent = 2,
			.at_us = at,
			.took_us = 5000});
}

/* The network of one node is slow: of the ways that end there, in both directions. */
static void test_ways(void **unused)
{
	static const char *const slow[] = {"web", "api", "db"};

	(void)unused;
	for (size_t i = 0; i < 3; i++) {
		struct capture c;
		struct rca *rca;
		static const char *const hops[][2] = {{"edge", "web"}, {"mobile", "web"},
			{"web", "api"}, {"web", "user"}, {"user", "db"}, {"api", "db"},
			{"api", "cache"}};

		capture_init(&c);
		for (int s = -3600; s < 60; s += 20)
			for (size_t k = 0; k < sizeof hops / sizeof *hops; k++) {
				bool bad =
					s > -180 && (!strcmp(hops[k][0], slow[i]) ||
							    !strcmp(hops[k][1], slow[i]));

				add_hop(&c, hops[k][0], hops[k][1], s, bad ? 200000 : 0);
			}
		rca = run(&c);
		assert_true(top_is(&c, rca, slow[i]));
		assert_string_equal(rca->suspects[0].evidence[0].ranker, "latency");
		assert_non_null(strstr(rca->suspects[0].evidence[0].sentence, "ways"));
		assert_true(rca->parts[RCA_WHERE].grade >= RCA_WEAK);
		rca_free(rca);
		capture_release(&c);
	}
}

static void test_rankers(void **unused)
{
	const char *help;
	size_t n = 0;

	(void)unused;
	while (rca_ranker(n, &help)) {
		assert_true(*help && help[strlen(help) - 1] != '.');
		n++;
	}
	assert_true(n >= 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_deepest),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_odd),
		cmocka_unit_test(test_ratio_of_few),
		cmocka_unit_test(test_saturation),
		cmocka_unit_test(test_trigger),
		cmocka_unit_test(test_statement),
		cmocka_unit_test(test_words_alone),
		cmocka_unit_test(test_recovered),
		cmocka_unit_test(test_dark),
		cmocka_unit_test(test_mix),
		cmocka_unit_test(test_own_time),
		cmocka_unit_test(test_ways),
		cmocka_unit_test(test_rankers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
