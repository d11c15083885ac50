/* Label matchers: what holds, and what is no matcher. */
#include "ops/matchers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* job="node-1", team="Red", note="a\"b\\", and nothing else. */
static struct untrusted value(const void *ctx, const char *name)
{
	(void)ctx;
	return untrusted_str(!strcmp(name, "job")    ? "node-1"
			     : !strcmp(name, "team") ? "Red"
			     : !strcmp(name, "note") ? "a\"b\\"
						     : "");
}

static void test_hold(void **state)
{
	static const struct {
		const char *text;
		bool holds;
	} rows[] = {
		{"{job=\"node-1\"}", true},
		{"job=\"node-1\"", true},
		{" { job = \"node-1\" , team = \"Red\" } ", true},
		{"{job=\"node-1\",}", true},
		{"{job=\"node\"}", false},
		{"{job=~\"node\"}", false},
		{"{job=~\"node.*\"}", true},
		{"{job=~\"x|node-1\"}", true},
		{"{job=~\"x|node\"}", false},
		{"{team=~\"red\"}", false},
		{"{team=~\"Red\"}", true},
		{"{job!~\"node.*\"}", false},
		{"{job!=\"x\"}", true},
		{"{gone=\"\"}", true},
		{"{gone!=\"\"}", false},
		{"{note=\"a\\\"b\\\\\"}", true},
		{"{job=\"node-1\", team=\"blue\"}", false},
		{"{}", false},
		{"", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct matchers m;
		struct err err;

		if (!matchers_read(&m, untrusted_str(rows[i].text), &err))
			fail_msg("%s: %s", rows[i].text, err.text);
		if (matchers_hold(&m, value, NULL) != rows[i].holds)
			fail_msg("%s", rows[i].text);
		matchers_release(&m);
	}
}

static void test_bad(void **state)
{
	static const char *const rows[] = {"{", "{job}", "{job=node}", "{job=\"x}",
		"{job=\"x\" team=\"y\"}", "{=\"x\"}", "{job=~\"(\"}", "{jo b=\"x\"}",
		"{job=\"x\\", "x", "{job=\"x\"}}", "{job==\"x\"}"};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct matchers m;
		struct err err = {0};

		if (matchers_read(&m, untrusted_str(rows[i]), &err))
			fail_msg("%s was read", rows[i]);
		assert_true(*err.text);
		assert_int_equal(m.count, 0);
		assert_false(matchers_hold(&m, value, NULL));
		matchers_release(&m);
	}
}

static void test_many(void **state)
{
	char text[2000] = "{";
	struct matchers m;
	struct err err;

	(void)state;
	for (int i = 0; i < MATCHERS_MAX + 1; i++)
		strcat(text, i ? ",a=\"\"" : "a=\"\"");
	strcat(text, "}");
	assert_false(matchers_read(&m, untrusted_str(text), &err));
	assert_int_equal(err.kind, ERR_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hold),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
