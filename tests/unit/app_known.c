/* Since when a source is known: watched spans and what was read of its history, put
 * together; a hole ends it. */
#include "app/known.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { MIN = 60 * 1000, NOW = 1000 * MIN };

static const struct row {
	const char *what;
	struct span watched[3], began;
	const char *scope;
	bool oldest;
	int64_t until, since;
} rows[] = {
	{"nobody", {{0}}, {0}, "", false, NOW, INT64_MAX},
	{"watched to now", {{900 * MIN, NOW}}, {0}, "", false, NOW, 900 * MIN},
	{"a short hole", {{900 * MIN, NOW}, {500 * MIN, 896 * MIN}}, {0}, "", false, NOW,
		500 * MIN},
	{"a long hole", {{900 * MIN, NOW}, {500 * MIN, 894 * MIN}}, {0}, "", false, NOW,
		900 * MIN},
	{"closed long ago", {{500 * MIN, 900 * MIN}}, {0}, "", false, NOW, INT64_MAX},
	{"known then", {{500 * MIN, 900 * MIN}}, {0}, "", false, 800 * MIN, 500 * MIN},
	{"not yet then", {{900 * MIN, NOW}}, {0}, "", false, 800 * MIN, INT64_MAX},
	{"its history", {{0}}, {100 * MIN, NOW}, "", false, NOW, 100 * MIN},
	{"its history behind a hole filled", {{900 * MIN, NOW}, {500 * MIN, 600 * MIN}},
		{590 * MIN, 901 * MIN}, "", false, NOW, 500 * MIN},
	{"of another scope", {{900 * MIN, NOW}}, {100 * MIN, NOW}, "service=P1", false,
		NOW, 900 * MIN},
	{"all of it", {{0}}, {100 * MIN, NOW}, "", true, NOW, INT64_MIN},
};

static void test_since(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct row *row = &rows[i];
		struct watch_span spans[4] = {{untrusted_str("am"), 0, NOW}};
		struct past_coverage past = {.source = untrusted_str("og"),
			.scope = UNTRUSTED_NONE,
			.coverage = {.wanted_at = 100 * MIN,
				.oldest = row->oldest,
				.began = row->began,
				.entries = row->began}};
		struct past_coverages covered = {&past, row->began.until_at ? 1 : 0};

		for (size_t k = 0; k < 3; k++)
			spans[k + 1] = (struct watch_span){row->watched[k].until_at
								   ? untrusted_str("og")
								   : UNTRUSTED_NONE,
				row->watched[k].from_at, row->watched[k].until_at};
		if (known_since(&(struct watch_spans){spans, 4}, &covered,
			    &(struct known_source){"og", row->scope},
			    row->until) != row->since)
			fail_msg("%s", row->what);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_since)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
