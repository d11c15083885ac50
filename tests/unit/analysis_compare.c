/* Now against then: rows of two windows and what is said of them. */
#include "analysis/compare.h"
#include "base/time.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

enum { POINTS = 6 };

struct row {
	const char *what;
	enum compare_class class;
	struct compare_rule rule;
	double now[POINTS], then[POINTS];
	double traffic_now, traffic_then; /* of each point; 0: none */
	enum compare_what says;
	enum severity severity;
	size_t since;
};

#define FIVE                                                                             \
	{                                                                                \
		50, 40, NAN, 2, SENSE_BOTH, false                                        \
	}
#define TWO                                                                              \
	{                                                                                \
		5000, 50, NAN, 2, SENSE_BOTH, false                                      \
	}
#define ALL                                                                              \
	{                                                                                \
		1000, 50, NAN, 2, SENSE_DOWN, false                                      \
	}
#define UP10                                                                             \
	{                                                                                \
		NAN, NAN, 10, 2, SENSE_UP, false                                         \
	}
#define HALF                                                                             \
	{                                                                                \
		NAN, 50, NAN, 3, SENSE_BOTH, false                                       \
	}
#define ANY                                                                              \
	{                                                                                \
		NAN, NAN, 0.5, 2, SENSE_BOTH, false                                      \
	}
#define ALONG                                                                            \
	{                                                                                \
		NAN, 50, NAN, 3, SENSE_UP, true                                          \
	}
#define EACH(v)                                                                          \
	{                                                                                \
		v, v, v, v, v, v                                                         \
	}

static const struct row rows[] = {
	{"0 to 20,000", CLASS_5XX, FIVE, {0, 0, 5000, 5000, 5000, 5000}, EACH(0), 10000,
		10000, COMPARE_NEW, SEVERITY_HIGH, 2},
	{"traffic x3, share halved", CLASS_5XX, FIVE, EACH(150), EACH(100), 30000, 10000,
		COMPARE_SAME, SEVERITY_OK, 0},
	{"traffic x3, 2xx with it", CLASS_2XX, TWO, EACH(29850), EACH(9900), 30000, 10000,
		COMPARE_SAME, SEVERITY_OK, 0},
	{"traffic x3", CLASS_TRAFFIC, ALL, EACH(30000), EACH(10000), 0, 0, COMPARE_SAME,
		SEVERITY_OK, 0},
	{"same traffic, errors doubled", CLASS_5XX, FIVE, EACH(200), EACH(100), 10000,
		10000, COMPARE_MORE, SEVERITY_WARNING, 0},
	{"and five times", CLASS_5XX, FIVE, EACH(500), EACH(100), 10000, 10000,
		COMPARE_MORE, SEVERITY_HIGH, 0},
	{"a third of the traffic, as many errors", CLASS_5XX, FIVE, EACH(100), EACH(100),
		3000, 10000, COMPARE_MORE, SEVERITY_HIGH, 0},
	{"fewer errors", CLASS_5XX, FIVE, EACH(1), EACH(100), 10000, 10000, COMPARE_SAME,
		SEVERITY_OK, 0},
	{"too few to matter", CLASS_5XX, FIVE, EACH(8), EACH(0), 10000, 10000,
		COMPARE_SAME, SEVERITY_OK, 0},
	{"one point only", CLASS_5XX, FIVE, {1, 1, 900, 1, 1, 1}, EACH(1), 10000, 10000,
		COMPARE_SAME, SEVERITY_OK, 0},
	{"two in a row", CLASS_5XX, FIVE, {1, 1, 900, 900, 1, 1}, EACH(1), 10000, 10000,
		COMPARE_MORE, SEVERITY_HIGH, 2},
	{"a new service", CLASS_TRAFFIC, ALL, EACH(9000), EACH(NAN), 0, 0, COMPARE_NEW,
		SEVERITY_WARNING, 0},
	{"a service is gone", CLASS_TRAFFIC, ALL, {9000, 9000, 0, 0, 0, 0}, EACH(9000), 0,
		0, COMPARE_COLLAPSE, SEVERITY_WARNING, 2},
	{"all of it", CLASS_TRAFFIC, ALL, EACH(NAN), EACH(9000), 0, 0, COMPARE_GONE,
		SEVERITY_HIGH, 0},
	{"a collapse", CLASS_TRAFFIC, ALL, EACH(1000), EACH(9000), 0, 0, COMPARE_COLLAPSE,
		SEVERITY_HIGH, 0},
	{"of little", CLASS_TRAFFIC, ALL, EACH(1), EACH(9), 0, 0, COMPARE_SAME,
		SEVERITY_OK, 0},
	{"success turns into something else", CLASS_2XX, TWO, EACH(2000), EACH(9900),
		10000, 10000, COMPARE_LESS, SEVERITY_WARNING, 0},
	{"5 to 99 points", CLASS_VALUE, UP10, EACH(99), EACH(5), 0, 0, COMPARE_MORE,
		SEVERITY_HIGH, 0},
	{"9 points more", CLASS_VALUE, UP10, EACH(14), EACH(5), 0, 0, COMPARE_SAME,
		SEVERITY_OK, 0},
	{"less is no matter there", CLASS_VALUE, UP10, EACH(5), EACH(99), 0, 0,
		COMPARE_SAME, SEVERITY_OK, 0},
	{"from zero", CLASS_VALUE, HALF, EACH(3), EACH(0), 0, 0, COMPARE_MORE,
		SEVERITY_HIGH, 0},
	{"negative, nearer to zero", CLASS_VALUE, HALF, EACH(-4), EACH(-10), 0, 0,
		COMPARE_MORE, SEVERITY_WARNING, 0},
	{"negative, further from it", CLASS_VALUE, HALF, EACH(-30), EACH(-10), 0, 0,
		COMPARE_LESS, SEVERITY_HIGH, 0},
	{"constant", CLASS_VALUE, HALF, EACH(7), EACH(7), 0, 0, COMPARE_SAME, SEVERITY_OK,
		0},
	{"both zero", CLASS_VALUE, HALF, EACH(0), EACH(0), 0, 0, COMPARE_SAME,
		SEVERITY_OK, 0},
	{"gaps between", CLASS_VALUE, HALF, {NAN, 20, NAN, 20, NAN, 20}, EACH(10), 0, 0,
		COMPARE_MORE, SEVERITY_WARNING, 1},
	{"infinite ones are no points", CLASS_VALUE, HALF,
		{INFINITY, 10, 10, -INFINITY, 10, 10}, EACH(10), 0, 0, COMPARE_SAME,
		SEVERITY_OK, 0},
	{"no point at all", CLASS_VALUE, HALF, EACH(NAN), EACH(NAN), 0, 0,
		COMPARE_UNKNOWN, SEVERITY_OK, 0},
	{"a replica more", CLASS_VALUE, ANY, EACH(4), EACH(3), 0, 0, COMPARE_MORE,
		SEVERITY_WARNING, 0},
	{"a replica less", CLASS_VALUE, ANY, EACH(2), EACH(3), 0, 0, COMPARE_LESS,
		SEVERITY_WARNING, 0},
	{"a new node", CLASS_VALUE, UP10, EACH(2), EACH(NAN), 0, 0, COMPARE_NEW,
		SEVERITY_WARNING, 0},
	{"what comes with others", CLASS_VALUE, ALONG, EACH(2), EACH(NAN), 0, 0,
		COMPARE_SAME, SEVERITY_OK, 0},
	{"a node is gone", CLASS_VALUE, UP10, EACH(NAN), EACH(2), 0, 0, COMPARE_GONE,
		SEVERITY_WARNING, 0},
};

static void all_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct row *r = &rows[i];
		double now[POINTS], then[POINTS];
		struct compare_pair pair = {
			.now = r->now, .then = r->then, .n = POINTS, .weight = 1};
		struct compare_verdict v;

		for (int k = 0; k < POINTS; k++) {
			now[k] = r->traffic_now;
			then[k] = r->traffic_then;
		}
		if (r->traffic_now > 0) {
			pair.traffic_now = now;
			pair.traffic_then = then;
		}
		compare_judge(&pair, r->class, &r->rule, &v);
		if (v.what != r->says || v.severity != r->severity || v.since != r->since)
			print_error("%s: %s, %s, from %zu\n", r->what,
				compare_what_name(v.what), severity_name(v.severity),
				v.since);
		assert_int_equal(v.what, r->says);
		assert_int_equal(v.severity, r->severity);
		assert_int_equal(v.since, r->since);
	}
}

static void labels(void **state)
{
	static const struct {
		const char *labels, *key;
		bool coded;
		enum compare_class class;
	} sets[] = {
		{"{code=\"503\"}", "{}", true, CLASS_5XX},
		{"{app=\"a\",response_code=\"0\",response_flags=\"DC\",z=\"1\"}",
			"{app=\"a\",z=\"1\"}", true, CLASS_0DC},
		{"{response_code=\"0\",response_flags=\"UF\"}", "{}", true, CLASS_OTHER},
		{"{response_code=\"0\",response_flags=\"UF,DC\"}", "{}", true, CLASS_0DC},
		{"{response_code=\"0\"}", "{}", true, CLASS_0DC},
		{"{status_code=\"200\",svc=\"b\"}", "{svc=\"b\"}", true, CLASS_2XX},
		{"{a=\"x,code=\\\"500\\\"\"}", "{a=\"x,code=\\\"500\\\"\"}", false,
			CLASS_VALUE},
		{"{status=\"weird\"}", "{}", true, CLASS_OTHER},
		{"{status=\"5000\"}", "{}", true, CLASS_OTHER},
		{"", "", false, CLASS_VALUE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
		enum compare_class class;
		char key[100];
		bool coded = compare_labels(
			untrusted_str(sets[i].labels), &class, key, sizeof key);

		assert_string_equal(key, sets[i].key);
		assert_int_equal(coded, sets[i].coded);
		assert_int_equal(class, sets[i].class);
	}
}

static void sentences(void **state)
{
	struct compare_verdict v = {
		COMPARE_NEW, SEVERITY_HIGH, 20000, 0, 0.5, 0, INFINITY, 0};
	char text[COMPARE_SENTENCE];

	(void)state;
	compare_sentence(&v, CLASS_5XX, UNIT_PER_S, text);
	assert_string_equal(text, "20k, none then");
	v = (struct compare_verdict){
		COMPARE_MORE, SEVERITY_HIGH, 99, 5, NAN, NAN, 1880, 0};
	compare_sentence(&v, CLASS_VALUE, UNIT_PERCENT, text);
	assert_string_equal(text, "99 %, 5.0 % then (+1880 %)");
}

/* The clock of a wall in Berlin, over the night of 25 October 2026: 25 hours long. */
static void summer_ends(void **state)
{
	int64_t at, then;

	(void)state;
	setenv("TZ", "Europe/Berlin", 1);
	tzset();
	assert_true(time_parse("2026-10-28T09:00:00Z", &at));
	assert_true(time_parse("2026-10-21T08:00:00Z", &then));
	assert_true(compare_then(at, 7) == then);
	assert_true(time_parse("2026-10-14T08:00:00Z", &at));
	assert_true(compare_then(then, 7) == at);
	setenv("TZ", "UTC", 1);
	tzset();
	assert_true(compare_then(at, 1) == at - DAY_MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_rows),
		cmocka_unit_test(labels),
		cmocka_unit_test(sentences),
		cmocka_unit_test(summer_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
