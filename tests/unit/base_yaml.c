/* YAML: what becomes of each kind of scalar and collection, and what is refused. */
#include "base/yaml.h"

#include "base/str.h"
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct {
	const char *text, *path, *value;
} rows[] = {
	{"a: b", "a", "b"},
	{"a: 'it''s'", "a", "it's"},
	{"a: \"x\\ty\\u00e9\"", "a", "x\ty\303\251"},
	{"a:\n  b:\n    c: 5m", "a.b.c", "5m"},
	{"{a: {b: [1, 2]}, c: d}", "c", "d"},
	{"a: |\n  one\n  two\n", "a", "one\ntwo\n"},
	{"a: >\n  one\n  two\n", "a", "one two\n"},
	{"a: &name b", "a", "b"},
	{"a: !!str 7", "a", "7"},
	{"# nothing\n---\na: \"true\"\n...\n", "a", "true"},
	{"\357\273\277a: bom", "a", "bom"},
	{"true: yes", "true", "yes"},
	{"? a\n: b", "a", "b"},
	{"a: 1\na: 2", "a", "1"},
	{"a: \"\\\"}, {\"", "a", "\"}, {"},
};

static void values(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct json_doc doc;
		struct err err = {0};
		struct json j;

		if (!yaml_parse(&doc, rows[i].text, strlen(rows[i].text), 1000, &err))
			fail_msg("%s: %s", rows[i].text, err.text);
		j = json_get(json_root(&doc), rows[i].path);
		if (!untrusted_is(json_text(j), rows[i].value))
			fail_msg("%s: not %s", rows[i].text, rows[i].value);
		json_release(&doc);
	}
}

static void kinds(void **state)
{
	static const char text[] = "[null, ~, true, FALSE, 7, '', 'null', [], {}]";
	struct json_doc doc;
	struct err err = {0};
	struct json e;

	(void)state;
	assert_true(yaml_parse(&doc, text, strlen(text), 1000, &err));
	e = json_first(json_root(&doc));
	assert_false(json_ok(e));
	e = json_next(e);
	assert_false(json_ok(e));
	e = json_next(e);
	assert_true(json_bool(e, false));
	e = json_next(e);
	assert_false(json_bool(e, true));
	e = json_next(e);
	assert_true(json_is_text(e));
	e = json_next(e);
	assert_true(json_is_text(e) && untrusted_empty(json_text(e)));
	e = json_next(e);
	assert_true(json_is_text(e));
	e = json_next(e);
	assert_true(json_is_array(e) && !json_count(e));
	e = json_next(e);
	assert_true(json_is_object(e));
	assert_false(json_item(json_next(e)));
	json_release(&doc);
}

static void refused(void **state)
{
	static const struct {
		const char *text, *why;
	} bad[] = {
		{"", "empty"},
		{"a: &x b\nc: *x", "alias"},
		{"<<: *x", "alias"},
		{"a: [", ", column "},
		{"a: b: c", ", column "},
		{"\ta: b", ", column "},
		{"a: \"\\e[31m", ", column "},
		{"[a]: b", "name of a member"},
		{"a\n---\nb", "more than one document"},
		{"a: \377", "line"},
		{"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "nested deeper"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct json_doc doc;
		struct err err = {0};

		assert_false(
			yaml_parse(&doc, bad[i].text, strlen(bad[i].text), 1000, &err));
		if (!strstr(err.text, bad[i].why))
			fail_msg("%s: %s", bad[i].text, err.text);
		assert_false(json_item(json_root(&doc)));
	}
}

static void too_large(void **state)
{
	struct json_doc doc;
	struct err err = {0};

	(void)state;
	assert_false(yaml_parse(&doc, "a: bbbbbbbb", 11, 10, &err));
	assert_int_equal(err.kind, ERR_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values),
		cmocka_unit_test(kinds),
		cmocka_unit_test(refused),
		cmocka_unit_test(too_large),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
