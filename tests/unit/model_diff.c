/* Differences by lines: what is told, and that it always leads from one text to the
 * other. */
#include "model/diff.h"
#include "base/str.h"
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void put(struct str *out, const struct diff *d)
{
	static const char marks[] = {' ', '-', '+'};
	char line[200];

	for (size_t i = 0; i < d->count; i++) {
		char text[100];

		snprintf(line, sizeof line, "%s%c%s\n", d->lines[i].gap ? "~" : "",
			marks[d->lines[i].kind],
			text_line(d->lines[i].text, text, sizeof text));
		str_puts(out, line);
	}
}

static void test_rows(void **state)
{
	static const struct {
		const char *before, *now;
		size_t around;
		const char *diff;
	} rows[] = {
		{"a\nb\nc\n", "a\nb\nc\n", 3, ""},
		{"", "", 3, ""},
		{"", "a\n", 3, "+a\n"},
		{"a\n", "", 3, "-a\n"},
		{"a\nb\nc\n", "a\nx\nc\n", 1, " a\n-b\n+x\n c\n"},
		{"a\nb\nc\n", "a\nx\nc\n", 0, "~-b\n+x\n"},
		{"a\nb\n", "b\na\n", 3, "-a\n b\n+a\n"},
		{"1\n2\n3\n4\n5\n6\n7\n", "1\n2\n3\n4\n5\n6\n7\n8\n", 1, "~ 7\n+8\n"},
		{"a\n2\n3\n4\n5\nb\n", "x\n2\n3\n4\n5\ny\n", 1,
			"-a\n+x\n 2\n~ 5\n-b\n+y\n"},
		{"a\r\n", "a\n", 1, ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct diff d;
		struct str got;

		str_init(&got, 4000);
		diff_make(&d, untrusted_str(rows[i].before), untrusted_str(rows[i].now),
			rows[i].around);
		put(&got, &d);
		assert_string_equal(str_text(&got), rows[i].diff);
		diff_release(&d);
		str_release(&got);
	}
}

/* Old lines give the text before, new ones the text now; never more than needed. */
static void test_leads(void **state)
{
	uint32_t seed = 7;

	(void)state;
	for (int round = 0; round < 300; round++) {
		char text[2][200] = {"", ""}, back[2][200] = {"", ""};
		size_t lines[2];
		struct diff d;
		char one[4];

		for (int t = 0; t < 2; t++) {
			lines[t] = (seed = seed * 1103515245 + 12345) >> 16 & 15;
			for (size_t i = 0; i < lines[t]; i++) {
				seed = seed * 1103515245 + 12345;
				snprintf(text[t] + 2 * i, 3, "%c\n",
					'a' + (seed >> 16 & 3));
			}
		}
		diff_make(&d, untrusted_str(text[0]), untrusted_str(text[1]), 100);
		for (size_t i = 0; i < d.count; i++)
			for (int t = 0; t < 2; t++)
				if (d.lines[i].kind != (t ? DIFF_OLD : DIFF_NEW))
					snprintf(back[t] + strlen(back[t]), 3, "%s\n",
						text_line(d.lines[i].text, one,
							sizeof one));
		if (d.count) {
			assert_string_equal(back[0], text[0]);
			assert_string_equal(back[1], text[1]);
		} else {
			assert_string_equal(text[0], text[1]);
		}
		assert_true(d.removed <= lines[0] && d.added <= lines[1]);
		assert_int_equal(
			(int)d.added - (int)d.removed, (int)lines[1] - (int)lines[0]);
		diff_release(&d);
	}
}

static void test_large(void **state)
{
	struct str before, now;
	struct diff d;

	(void)state;
	str_init(&before, 1 << 20);
	str_init(&now, 1 << 20);
	for (int i = 0; i < 5000; i++) {
		str_printf(&before, "old %d\n", i);
		str_printf(&now, "new %d\n", i);
	}
	diff_make(
		&d, untrusted_make(before.p, before.n), untrusted_make(now.p, now.n), 3);
	assert_int_equal(d.removed, 5000);
	assert_int_equal(d.added, 5000);
	diff_release(&d);
	str_release(&before);
	str_release(&now);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_leads),
		cmocka_unit_test(test_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
