/* Fixed limits: rows of values, one letter of what is said after each. */
#include "analysis/anomaly.h"
#include "analysis/detector.h"
#include "base/time.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct row {
	const char *what;
	struct limits limits;
	double values[12];
	const char *said; /* . fine, W warning, C critical */
};

static const struct row rows[] = {
	{"constant", {80, 90, false}, {50, 50, 50, 50, 50, 50}, "......"},
	{"one blip", {80, 90, false}, {50, 95, 50, 95, 95, 50}, "......"},
	{"three in a row", {80, 90, false}, {85, 85, 85, 85}, "..WW"},
	{"three critical", {80, 90, false}, {85, 95, 95, 95}, "..WC"},
	{"mixed is the milder", {80, 90, false}, {95, 85, 95, 85}, "..WW"},
	{"dances on the limit", {80, 90, false}, {81, 81, 81, 79, 79, 79, 81, 79},
		"..WWWWWW"},
	{"clears well inside", {80, 90, false}, {81, 81, 81, 70, 70, 70, 70}, "..WWW.."},
	{"low is bad", {10, 5, true}, {9, 9, 4, 4, 4, 12, 12, 12}, "..WWCCC."},
	{"no warning limit", {NAN, 90, false}, {85, 91, 91, 91}, "...C"},
	{"no critical limit", {80, NAN, false}, {99, 99, 99}, "..W"},
	{"no limit at all", {NAN, NAN, false}, {1e9, 1e9, 1e9}, "..."},
	{"exactly on it", {80, 90, false}, {80, 80, 80}, "..W"},
};

static void all_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct row *row = &rows[i];
		struct detector_config config;
		int64_t memory[4];
		char said[16] = "";

		detector_config_init(&config, UNIT_PERCENT, row->limits, MINUTE_MS);
		detector_start(&detector_threshold, memory);
		for (size_t k = 0; k < strlen(row->said); k++) {
			struct verdict v = detector_feed(&detector_threshold, memory,
				&config,
				(struct point){1000 + (int64_t)k, row->values[k]});

			assert_true(v.score >= 0 && v.score <= 1);
			assert_false(v.learning);
			said[k] = !v.anomalous                      ? '.'
				  : v.severity == SEVERITY_CRITICAL ? 'C'
								    : 'W';
		}
		if (strcmp(said, row->said))
			print_error("%s: %s instead of %s\n", row->what, said, row->said);
		assert_string_equal(said, row->said);
	}
}

static void sentences(void **state)
{
	struct limits limits = {80, 90, false};
	struct detector_config config;
	struct verdict v = {0};
	int64_t memory[4];
	char text[DETECTOR_SENTENCE];

	(void)state;
	detector_config_init(&config, UNIT_PERCENT, limits, MINUTE_MS);
	detector_start(&detector_threshold, memory);
	for (int k = 0; k < 3; k++)
		v = detector_feed(&detector_threshold, memory, &config,
			(struct point){1000 + k, 85});
	assert_string_equal(
		verdict_sentence(&v, UNIT_PERCENT, text), "85 %, over the limit of 80 %");
	assert_int_equal(v.since, 1000);
	/* Again the same moment, and something that is not a number: no effect. */
	v = detector_feed(&detector_threshold, memory, &config, (struct point){1002, 10});
	assert_int_equal(v.reason, REASON_IGNORED);
	v = detector_feed(
		&detector_threshold, memory, &config, (struct point){1003, NAN});
	assert_int_equal(v.reason, REASON_IGNORED);
	assert_string_equal(verdict_sentence(&v, UNIT_PERCENT, text), "");
}

/* What is said of an anomaly is its worst value, by the limit of its severity, also when
 * it begins beyond all limits or grows worse there. */
static void the_worst_is_said(void **state)
{
	static const struct {
		struct limits limits;
		double values[8];
		int count;
		const char *first, *last;
		double worst;
		enum severity severity;
	} jumps[] = {
		{{40, 80, false}, {10, 60, 82, 84, 97, 90}, 6,
			"84 %, over the limit of 40 %", "97 %, over the limit of 80 %",
			97, SEVERITY_CRITICAL},
		{{40, 80, false}, {60, 60, 99, 85, 84}, 5, "99 %, over the limit of 40 %",
			"99 %, over the limit of 80 %", 99, SEVERITY_CRITICAL},
		{{40, 80, false}, {90, 91, 92, 93, 70, 60}, 6,
			"92 %, over the limit of 80 %", "93 %, over the limit of 80 %",
			93, SEVERITY_CRITICAL},
		{{40, 80, false}, {50, 50, 50, 60, 55}, 5, "50 %, over the limit of 40 %",
			"60 %, over the limit of 40 %", 60, SEVERITY_WARNING},
		{{40, NAN, false}, {50, 50, 50, 60, 55}, 5,
			"50 %, over the limit of 40 %", "60 %, over the limit of 40 %",
			60, SEVERITY_WARNING},
		{{20, 10, true}, {15, 4, 4, 3, 5}, 5, "4.0 %, under the limit of 20 %",
			"3.0 %, under the limit of 10 %", 3, SEVERITY_CRITICAL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof jumps / sizeof *jumps; i++) {
		struct anomaly_track track = {0};
		struct detector_config config;
		int64_t memory[4];

		detector_config_init(&config, UNIT_PERCENT, jumps[i].limits, MINUTE_MS);
		detector_start(&detector_threshold, memory);
		for (int k = 0; k < jumps[i].count; k++) {
			struct verdict v = detector_feed(&detector_threshold, memory,
				&config, (struct point){1000 + k, jumps[i].values[k]});

			if (anomaly_feed(&track, &v, 1000 + k, UNIT_PERCENT) ==
				ANOMALY_BEGAN)
				assert_string_equal(track.now.sentence, jumps[i].first);
		}
		assert_string_equal(track.now.sentence, jumps[i].last);
		assert_true(track.now.value == jumps[i].worst);
		assert_int_equal(track.now.severity, jumps[i].severity);
		assert_true(jumps[i].values[track.now.peak_at - 1000] == jumps[i].worst);
	}
}

/* A limit that people change works at once; the state is the same. */
static void changed_limit(void **state)
{
	struct detector_config config;
	struct verdict v = {0};
	int64_t memory[4];

	(void)state;
	detector_config_init(
		&config, UNIT_PERCENT, (struct limits){80, 90, false}, MINUTE_MS);
	detector_start(&detector_threshold, memory);
	for (int k = 0; k < 9; k++) {
		v = detector_feed(&detector_threshold, memory, &config,
			(struct point){1000 + k, 70});
		config.limits.warn = 60;
		assert_int_equal(v.anomalous, k >= 3);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_rows),
		cmocka_unit_test(sentences),
		cmocka_unit_test(the_worst_is_said),
		cmocka_unit_test(changed_limit),
	};

	return cmocka_run_group_tests_name("analysis_threshold", tests, NULL, NULL);
}
