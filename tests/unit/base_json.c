/* JSON: what parses, accessors on every wrong shape, and the writer read back. */
#include "base/alloc.h"
#include "base/json.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* From a heap copy without a NUL behind it, so that reading too far is seen. */
static bool parse(struct json_doc *doc, const char *text, struct err *err)
{
	size_t n = strlen(text);
	char *copy = mem_dup(text, n);
	bool ok = json_parse(doc, copy, n, 1 << 20, err);

	mem_free(copy);
	return ok;
}

/* A NUL ends no text and makes no name another's. */
static void nuls(void **state)
{
	static const struct {
		const char *text;
		size_t n;
		const char *name, *value;
	} rows[] = {
#define ROW(text, name, value) {text, sizeof text - 1, name, value}
		ROW("{\"a\":\"x\\u0000y\"}", "a", "x\xef\xbf\xbdy"),
		ROW("{\"a\":\"x\0y\"}", "a", "x\xef\xbf\xbdy"),
		ROW("{\"a\":\"\\u0000\"}", "a", "\xef\xbf\xbd"),
		ROW("{\"a\\u0000b\":\"x\"}",
			"a\xef\xbf\xbd"
			"b",
			"x"),
		ROW("{\"a\\u0000\":\"x\",\"a\":\"y\"}", "a", "y"),
		ROW("{\"a\":\"\\\\u0000\"}", "a", "\\u0000"),
		ROW("{\"a\":\"\\u0000\\\\\\\"\\u0000\"}", "a",
			"\xef\xbf\xbd\\\"\xef\xbf\xbd"),
		ROW("{\"\0\":1,\"a\":\"\\u00000\"}\0\0", "a",
			"\xef\xbf\xbd"
			"0"),
#undef ROW
	};
	struct json_doc doc;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char *copy = mem_dup(rows[i].text, rows[i].n);
		struct untrusted text;

		assert_true(json_parse(&doc, copy, rows[i].n, 1 << 20, &err));
		mem_free(copy);
		text = json_text(json_get(json_root(&doc), rows[i].name));
		assert_true(untrusted_eq(text, untrusted_str(rows[i].value)));
		json_release(&doc);
	}
	assert_false(json_parse(&doc, "\"\\\0\"", 4, 1 << 20, &err));
	assert_false(json_parse(&doc, "\"\0\\\0\0\0\"", 7, 1 << 20, &err));
	assert_false(json_parse(&doc, "\"\\u0000", 7, 1 << 20, &err));
}

static void what_parses(void **state)
{
	static const char *const good[] = {"{}", "[]", "null", "true", "1", "\"a\"",
		" {\"a\":[1,2,{\"b\":null}]}\n\r\t ", "-1.5e-3", "[[[[[[]]]]]]",
		"\"\\u00e9\\ud83d\\ude00\"", "{\"a\":1,\"a\":2}", "\"[[[[{{{{\""};
	static const struct {
		const char *text, *why;
	} bad[] = {
		{"", "expected JSON, got an empty body (byte 0 of 0)"},
		{"   ", "expected JSON, got an empty body"},
		{"<html>", "expected JSON, got an HTML or XML page"},
		{" <?xml", "expected JSON, got an HTML or XML page"},
		{"{\"a\":", "expected JSON, got cut or damaged JSON"},
		{"[1,2", "expected JSON, got cut or damaged JSON"},
		{"[1,]", "expected JSON, got cut or damaged JSON"},
		{"upstream error", "expected JSON, got something else"},
		{"{} {}", "JSON followed by something else at byte 2"},
		{"1 x", "JSON followed by something else at byte 1"},
		{"\"abc", "expected JSON, got something else"},
		{"\"\\ud83d\"", "expected JSON, got something else"},
		{"{\"a\" 1}", "expected JSON, got cut or damaged JSON"},
		{"{a:1}", "expected JSON, got cut or damaged JSON"},
		{"nul", "expected JSON, got something else"},
		{"-", "expected JSON, got something else"},
		{"\"\\", "expected JSON, got something else"},
		{"\"\\u12", "expected JSON, got something else"},
		{"\"\\ud83d\\u", "expected JSON, got something else"},
	};
	struct json_doc doc;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		if (!parse(&doc, good[i], &err))
			fail_msg("%s: %s", good[i], err.text);
		json_release(&doc);
		json_release(&doc);
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		if (parse(&doc, bad[i].text, &err))
			fail_msg("%s was taken for JSON", bad[i].text);
		if (!str_starts(err.text, bad[i].why))
			fail_msg("%s: %s", bad[i].text, err.text);
		assert_int_equal(err.kind, ERR_INPUT);
		assert_false(json_item(json_root(&doc)));
		json_release(&doc);
	}
}

static void limits(void **state)
{
	struct json_doc doc;
	struct err err;
	char deep[400], *big = mem_new(2000001, 1);
	int64_t start;

	(void)state;
	for (int depth = 60; depth <= 70; depth++) {
		memset(deep, '[', (size_t)depth);
		memset(deep + depth, ']', (size_t)depth);
		deep[2 * depth] = '\0';
		assert_int_equal(parse(&doc, deep, &err), depth <= 64);
		json_release(&doc);
	}
	assert_string_equal(err.text, "JSON nested deeper than 64");
	assert_false(json_parse(&doc, "[1]", 3, 2, &err));
	assert_int_equal(err.kind, ERR_LIMIT);
	assert_true(json_parse(&doc, "[1]", 3, 3, &err));
	json_release(&doc);
	assert_false(json_parse(&doc, NULL, 0, 10, &err));
	/* Two megabytes of brackets end at the 65th. */
	memset(big, '[', 2000000);
	start = time_mono_ms();
	assert_false(json_parse(&doc, big, 2000000, 4 << 20, &err));
	assert_true(time_mono_ms() - start < 1000);
	/* A number of a megabyte. */
	memset(big, '9', 1000000);
	start = time_mono_ms();
	if (json_parse(&doc, big, 1000000, 4 << 20, &err))
		json_release(&doc);
	assert_true(time_mono_ms() - start < 1000);
	mem_free(big);
}

static const char shapes[] =
	"{\"null\":null,\"t\":true,\"f\":false,\"n\":42,\"neg\":-1.5,\"big\":1e300,"
	"\"text\":\"abc\",\"num\":\" 17 "
	"\",\"real\":\"0.25\",\"nan\":\"NaN\",\"empty\":\"\","
	"\"list\":[1,\"b\",null,{\"x\":1}],\"none\":[],"
	"\"object\":{\"a\":{\"b\":{\"c\":\"deep\"}},\"a.b\":\"dotted\",\"\":\"unnamed\"},"
	"\"when\":\"2026-11-21T14:32:01Z\",\"zero\":\"0001-01-01T00:00:00Z\","
	"\"2^53\":9007199254740992,\"2^53+\":9007199254740994,\"N\":1}";

/* What each accessor says about each member; -1 where it must refuse. */
static void accessors_are_total(void **state)
{
	static const struct {
		const char *path;
		bool item, ok;
		const char *text;
		bool number;
		double d;
		bool whole;
		int64_t i;
		size_t count;
	} rows[] = {
		{"null", true, false, "", false, 0, false, 0, 0},
		{"t", true, true, "", false, 0, false, 0, 0},
		{"n", true, true, "", true, 42, true, 42, 0},
		{"N", true, true, "", true, 1, true, 1, 0},
		{"neg", true, true, "", true, -1.5, true, -1, 0},
		{"big", true, true, "", true, 1e300, false, 0, 0},
		{"2^53", true, true, "", true, 9007199254740992.0, true, 9007199254740992,
			0},
		{"2^53+", true, true, "", true, 9007199254740994.0, false, 0, 0},
		{"text", true, true, "abc", false, 0, false, 0, 0},
		{"num", true, true, " 17 ", true, 17, true, 17, 0},
		{"real", true, true, "0.25", true, 0.25, false, 0, 0},
		{"empty", true, true, "", false, 0, false, 0, 0},
		{"list", true, true, "", false, 0, false, 0, 4},
		{"none", true, true, "", false, 0, false, 0, 0},
		{"object", true, true, "", false, 0, false, 0, 3},
		{"object.a.b.c", true, true, "deep", false, 0, false, 0, 0},
		{"object.", true, true, "unnamed", false, 0, false, 0, 0},
		{"object.a.x.c", false, false, "", false, 0, false, 0, 0},
		{"missing", false, false, "", false, 0, false, 0, 0},
		{"", false, false, "", false, 0, false, 0, 0},
		{".", false, false, "", false, 0, false, 0, 0},
		{"list.0", false, false, "", false, 0, false, 0, 0},
		{"text.x", false, false, "", false, 0, false, 0, 0},
		{"TEXT", false, false, "", false, 0, false, 0, 0},
		{"a-name-of-more-than-eighty-bytes-is-not-one-that-any-of-our-services-"
		 "has-so-it-is-missing",
			false, false, "", false, 0, false, 0, 0},
	};
	struct json_doc doc;
	struct err err;
	struct json root;

	(void)state;
	assert_true(parse(&doc, shapes, &err));
	root = json_root(&doc);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct json j = json_get(root, rows[i].path);
		double d = -99;
		int64_t n = -99;

		assert_int_equal(json_item(j), rows[i].item);
		assert_int_equal(json_ok(j), rows[i].ok);
		assert_true(untrusted_is(json_text(j), rows[i].text));
		assert_int_equal(json_number(j, &d), rows[i].number);
		assert_true(d == (rows[i].number ? rows[i].d : -99));
		assert_int_equal(json_i64(j, &n), rows[i].whole);
		assert_true(n == (rows[i].whole ? rows[i].i : -99));
		assert_int_equal(json_count(j), rows[i].count);
		assert_int_equal(json_item(json_first(j)), rows[i].count > 0);
		assert_int_equal(json_bool(j, false), !strcmp(rows[i].path, "t"));
		assert_true(json_bool(j, true));
		json_is_object(j);
		json_is_array(j);
		json_next(j);
		json_name(j);
	}
	json_release(&doc);
}

static void walking_and_times(void **state)
{
	struct json_doc doc;
	struct err err;
	struct json list;
	int64_t at = -1;
	double d;
	int i = 0;

	(void)state;
	assert_true(parse(&doc, shapes, &err));
	list = json_get(json_root(&doc), "list");
	assert_true(json_is_array(list) && !json_is_object(list) && !json_is_text(list));
	for (struct json e = json_first(list); json_item(e); e = json_next(e), i++) {
		assert_int_equal(json_ok(e), i != 2);
		assert_int_equal(json_is_text(e), i == 1);
		assert_int_equal(json_is_object(e), i == 3);
		assert_true(untrusted_empty(json_name(e)));
	}
	assert_int_equal(i, 4);
	assert_true(untrusted_is(json_name(json_first(json_root(&doc))), "null"));
	assert_true(json_time(json_get(json_root(&doc), "when"), &at));
	assert_int_equal(at, 1795271521000);
	assert_false(json_time(json_get(json_root(&doc), "zero"), &at));
	assert_false(json_time(json_get(json_root(&doc), "n"), &at));
	assert_false(json_time(json_get(json_root(&doc), "missing"), &at));
	assert_int_equal(at, 1795271521000);
	assert_true(json_number(json_get(json_root(&doc), "nan"), &d) && isnan(d));
	assert_false(json_bool(json_get(json_root(&doc), "f"), true));
	json_release(&doc);
}

static void written(void **state)
{
	struct str s;
	struct json_out o;
	struct json_doc doc;
	struct err err;

	(void)state;
	str_init(&s, 4096);
	json_begin(&o, &s);
	json_open(&o, NULL, '{');
	json_put_str(&o, "text", "a\"b\\c\n\033\xff");
	json_put_str(&o, "null text", NULL);
	json_put_i64(&o, "low", INT64_MIN);
	json_put_bool(&o, "yes", true);
	json_put_time(&o, "at", 1795271521250);
	json_put_time(&o, "never", 0);
	json_open(&o, "list", '[');
	json_put_i64(&o, NULL, 1);
	json_put_double(&o, NULL, NAN);
	json_put_double(&o, NULL, -INFINITY);
	json_open(&o, NULL, '[');
	json_shut(&o, ']');
	json_open(&o, NULL, '{');
	json_shut(&o, '}');
	json_shut(&o, ']');
	json_put_pair(&o, untrusted_str("\"key\""), untrusted_str("\t"));
	json_shut(&o, '}');
	assert_string_equal(str_text(&s),
		"{\"text\":\"a\\\"b\\\\c\\n\\u001b\xef\xbf\xbd\",\"null text\":\"\","
		"\"low\":-9223372036854775808,\"yes\":true,"
		"\"at\":\"2026-11-21T14:32:01.250Z\",\"never\":null,"
		"\"list\":[1,null,null,[],{}],\"\\\"key\\\"\":\"\\t\"}");
	assert_true(json_parse(&doc, s.p, s.n, s.n, &err));
	assert_int_equal(json_count(json_root(&doc)), 8);
	json_release(&doc);
	str_release(&s);
}

static void doubles_come_back(void **state)
{
	static const struct {
		double value;
		const char *text;
	} rows[] = {
		{0, "0"},
		{0.1, "0.1"},
		{1.5, "1.5"},
		{-2, "-2"},
		{1795271521.25, "1795271521.25"},
		{12345678901234, "12345678901234"},
		{1e300, "1e+300"},
		{1.0 / 3, "0.33333333333333331"},
		{5e-324, "4.94065645841247e-324"},
	};
	uint64_t seed = 5;
	struct str s;
	struct json_out o;

	(void)state;
	str_init(&s, 100);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		str_reset(&s);
		json_begin(&o, &s);
		json_put_double(&o, NULL, rows[i].value);
		assert_string_equal(str_text(&s), rows[i].text);
	}
	for (int i = 0; i < 20000; i++) {
		double value, back;

		seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
		memcpy(&value, &seed, sizeof value);
		str_reset(&s);
		json_begin(&o, &s);
		json_put_double(&o, NULL, value);
		if (!isfinite(value)) {
			assert_string_equal(str_text(&s), "null");
			continue;
		}
		assert_true(untrusted_to_double(untrusted_str(s.p), &back));
		assert_true(back == value);
	}
	str_release(&s);
}

/* A value is printed as it was, or not at all. */
static void printed(void **state)
{
	static const char text[] = "{\"a\":[1,2.5,null,true],\"b\":{\"c\":\"\\u0007x\"}}";
	struct json_doc doc, again;
	struct str out, small;

	(void)state;
	str_init(&out, 4096);
	str_init(&small, 8);
	assert_true(json_read(&doc, untrusted_str(text), 4096, NULL));
	assert_true(json_print(json_root(&doc), &out));
	assert_string_equal(str_text(&out), text);
	assert_false(json_print(json_root(&doc), &small));
	assert_string_equal(str_text(&small), "");
	assert_false(json_print(json_get(json_root(&doc), "none"), &out));
	assert_string_equal(str_text(&out), text);
	str_reset(&out);
	assert_true(json_pretty(json_root(&doc), &out));
	assert_non_null(strchr(str_text(&out), '\n'));
	assert_true(json_read(&again, untrusted_str(str_text(&out)), 4096, NULL));
	str_reset(&out);
	assert_true(json_print(json_root(&again), &out));
	assert_string_equal(str_text(&out), text);
	json_release(&again);
	json_release(&doc);
	str_release(&out);
	str_release(&small);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_parses),
		cmocka_unit_test(nuls),
		cmocka_unit_test(limits),
		cmocka_unit_test(accessors_are_total),
		cmocka_unit_test(walking_and_times),
		cmocka_unit_test(written),
		cmocka_unit_test(printed),
		cmocka_unit_test(doubles_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
