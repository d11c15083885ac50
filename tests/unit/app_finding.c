/* Findings written and read back; foreign ones; what would prove them. */
#include "app/finding.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define AT INT64_C(1700000000000)

static void fill(struct capture *capture)
{
	capture_init(capture);
	for (int m = -90; m <= 5; m++) {
		double busy = m >= -4 ? 900 : 30 + m * 7919 % 5;

		capture_add_point(capture, untrusted_str("db"),
			untrusted_str("latency p95 (ms)"),
			(struct point){AT + m * INT64_C(60000), busy});
		capture_add_point(capture, untrusted_str("web"),
			untrusted_str("latency p95 (ms)"),
			(struct point){AT + m * INT64_C(60000), busy + 20});
	}
	capture_add_edge(capture, untrusted_str("web"), untrusted_str("db"));
	capture_asked(capture, untrusted_str("db"), untrusted_str("latency p95 (ms)"),
		"up{node=\"db\"}");
	capture_add_change(capture, untrusted_str("db"),
		(struct capture_change){.at = AT - 300000,
			.kind = untrusted_str("change"),
			.text = untrusted_str("r84 \x1b[31m")});
	capture_miss(capture, "loki: away");
	capture_miss(capture, "loki: away");
	capture_settle(capture);
}

static void test_back(void **unused)
{
	struct rca_options options = {AT, 0};
	struct finding_facts facts = {.made_at = AT + 5, .drawn = true};
	const struct finding_evidence *e = NULL;
	struct capture capture;
	struct finding *f;
	struct err err = {0};
	struct str text;
	char step[FINDING_STEP];
	size_t steps = 0;

	(void)unused;
	fill(&capture);
	assert_int_equal(capture.missing_count, 1);
	facts.capture = &capture;
	facts.rca = rca_run(&capture, &options);
	str_init(&text, 1 << 20);
	finding_write(&facts, &text);
	f = finding_read(untrusted_make(text.p, text.n), &err);
	assert_non_null(f);
	assert_int_equal(f->at, AT);
	assert_int_equal(f->made_at, AT + 5);
	assert_int_equal(f->parts[RCA_WHERE].grade, facts.rca->parts[RCA_WHERE].grade);
	assert_true(untrusted_is(f->parts[RCA_WHERE].sentence, "db"));
	assert_true(untrusted_is(f->suspects[0].node, "db"));
	assert_int_equal(f->count, facts.rca->count);
	assert_int_equal(f->change_count, 1);
	for (size_t i = 0; i < f->suspects[0].count; i++)
		if (untrusted_is(f->suspects[0].evidence[i].ranker, "change"))
			e = &f->suspects[0].evidence[i];
	assert_non_null(e);
	assert_true(untrusted_is(e->expr, "up{node=\"db\"}"));
	assert_true(e->value > 800 && e->expected < 40);
	/* Two windows before, one behind: as far as there is something. */
	assert_int_equal(e->point_count, 66);
	assert_int_equal(e->points[65].at, AT + 300000);
	while (finding_step(f, steps, step))
		steps++;
	assert_true(steps >= 2 && steps <= FINDING_STEPS);
	assert_true(finding_step(f, 0, step));
	assert_non_null(strstr(step, "change of db back"));
	finding_free(f);
	str_release(&text);
	rca_free((struct rca *)facts.rca);
	capture_release(&capture);
}

/* One too large to be kept loses its curves, not its words. */
static void test_large(void **unused)
{
	struct finding_facts facts = {.made_at = AT, .drawn = true};
	struct capture capture;
	struct rca *rca = calloc(1, sizeof *rca);
	struct finding *f;
	struct err err = {0};
	struct str text;

	(void)unused;
	fill(&capture);
	rca->at = AT;
	rca->window_ms = RCA_WINDOW_MS;
	rca->count = RCA_SUSPECTS;
	for (size_t i = 0; i < RCA_SUSPECTS; i++) {
		struct rca_suspect *s = &rca->suspects[i];

		s->score = 1;
		s->detail = "";
		s->count = RCA_EVIDENCE;
		for (size_t k = 0; k < RCA_EVIDENCE; k++) {
			s->evidence[k] =
				(struct rca_evidence){.ranker = "change", .share = 0.1};
			strcpy(s->evidence[k].query, "latency p95 (ms)");
			memset(s->evidence[k].sentence, 'x', 200);
		}
	}
	facts.capture = &capture;
	facts.rca = rca;
	str_init(&text, 4 << 20);
	finding_write(&facts, &text);
	f = finding_read(untrusted_make(text.p, text.n), &err);
	assert_non_null(f);
	assert_int_equal(f->count, RCA_SUSPECTS);
	assert_int_equal(f->suspects[0].evidence[0].point_count, 0);
	finding_free(f);
	str_release(&text);
	free(rca);
	capture_release(&capture);
}

static void test_foreign(void **unused)
{
	static const struct {
		const char *text;
		bool ok;
	} rows[] = {
		{"", false},
		{"[]", false},
		{"{\"schema\":\"oogway.rca/2\"}", false},
		{"{\"schema\":\"oogway.rca/1\"}", true},
		{"{\"schema\":\"oogway.rca/"
		 "1\",\"suspects\":7,\"changes\":{},\"where\":[]}",
			true},
		{"{\"schema\":\"oogway.rca/1\",\"suspects\":[{\"score\":\"x\","
		 "\"evidence\":[{\"points\":[[1],[2,3],[1,1],[3,null],\"\"]}]}]}",
			true},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct err err = {0};
		struct finding *f = finding_read(untrusted_str(rows[i].text), &err);
		char step[FINDING_STEP];

		assert_int_equal(f != NULL, rows[i].ok);
		assert_int_equal(err.text[0] != '\0', !rows[i].ok);
		if (f) {
			assert_int_equal(f->window_ms, RCA_WINDOW_MS);
			finding_step(f, 0, step);
		}
		/* A curve goes forward only. */
		if (f && f->count)
			assert_int_equal(f->suspects[0].evidence[0].point_count, 1);
		finding_free(f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_back),
		cmocka_unit_test(test_large),
		cmocka_unit_test(test_foreign),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
