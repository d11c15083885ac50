/* Canonical JSON: the vectors of RFC 8785, and what the reader refuses. */
#include "base/alloc.h"
#include "base/canonical.h"
#include "base/crypto.h"
#include "base/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void numbers(void **state)
{
	/* Appendix B, and one where the nearest of its length does not read back. */
	static const struct {
		uint64_t bits;
		const char *text;
	} rows[] = {{0, "0"}, {UINT64_C(0x8000000000000000), "0"},
		{UINT64_C(0x0000000000000001), "5e-324"},
		{UINT64_C(0x8000000000000001), "-5e-324"},
		{UINT64_C(0x7fefffffffffffff), "1.7976931348623157e+308"},
		{UINT64_C(0xffefffffffffffff), "-1.7976931348623157e+308"},
		{UINT64_C(0x4340000000000000), "9007199254740992"},
		{UINT64_C(0xc340000000000000), "-9007199254740992"},
		{UINT64_C(0x4430000000000000), "295147905179352830000"},
		{UINT64_C(0x44b52d02c7e14af5), "9.999999999999997e+22"},
		{UINT64_C(0x44b52d02c7e14af6), "1e+23"},
		{UINT64_C(0x44b52d02c7e14af7), "1.0000000000000001e+23"},
		{UINT64_C(0x444b1ae4d6e2ef4e), "999999999999999700000"},
		{UINT64_C(0x444b1ae4d6e2ef4f), "999999999999999900000"},
		{UINT64_C(0x444b1ae4d6e2ef50), "1e+21"},
		{UINT64_C(0x3eb0c6f7a0b5ed8c), "9.999999999999997e-7"},
		{UINT64_C(0x3eb0c6f7a0b5ed8d), "0.000001"},
		{UINT64_C(0x41b3de4355555553), "333333333.3333332"},
		{UINT64_C(0x41b3de4355555554), "333333333.33333325"},
		{UINT64_C(0x41b3de4355555555), "333333333.3333333"},
		{UINT64_C(0x41b3de4355555556), "333333333.3333334"},
		{UINT64_C(0x41b3de4355555557), "333333333.33333343"},
		{UINT64_C(0xbecbf647612f3696), "-0.0000033333333333333333"},
		{UINT64_C(0x43143ff3c1cb0959), "1424953923781206.2"},
		{UINT64_C(0x3d30000000000000), "5.684341886080802e-14"}};
	struct str out;

	(void)state;
	str_init(&out, 1000);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		double d;

		memcpy(&d, &rows[i].bits, sizeof d);
		str_reset(&out);
		canonical_number(&out, d);
		assert_string_equal(str_text(&out), rows[i].text);
		assert_int_equal(
			canonical_read(untrusted_make(out.p, out.n), NULL), out.n);
	}
	str_release(&out);
}

/* Each finite double is written so that it reads back, and is read as written. */
static void numbers_come_back(void **state)
{
	uint64_t bits = 1;
	struct str out;
	double d;

	(void)state;
	str_init(&out, 1000);
	for (int i = 0; i < 20000; i++) {
		bits = bits * UINT64_C(6364136223846793005) +
		       UINT64_C(1442695040888963407);
		memcpy(&d, &bits, sizeof d);
		if (!((bits >> 52 & 0x7ff) != 0x7ff))
			continue;
		str_reset(&out);
		canonical_number(&out, d);
		assert_true(strtod(str_text(&out), NULL) == d);
		assert_int_equal(
			canonical_read(untrusted_make(out.p, out.n), NULL), out.n);
	}
	str_release(&out);
}

static void strings(void **state)
{
	static const struct {
		const char *text;
		size_t n;
		const char *out;
	} rows[] = {
		/* Section 3.2.2.2 */
		{"\xe2\x82\xac$\x0f\nA'B\"\\\\\"/", 14,
			"\"\xe2\x82\xac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\""},
		{"", 0, "\"\""},
		{"a\0b", 3, "\"a\\u0000b\""},
		{"\b\t\n\f\r\x1f\x7f", 7, "\"\\b\\t\\n\\f\\r\\u001f\x7f\""},
		{"\xc2\x9b\xe2\x80\xae", 5, "\"\xc2\x9b\xe2\x80\xae\""},
		{"a\xffz\xed\xa0\x80", 6,
			"\"a\xef\xbf\xbdz\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
		{"\xf0\x9f\x98\x80", 4, "\"\xf0\x9f\x98\x80\""},
	};
	struct str out;

	(void)state;
	str_init(&out, 1000);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		str_reset(&out);
		canonical_text(&out, untrusted_make(rows[i].text, rows[i].n));
		assert_string_equal(str_text(&out), rows[i].out);
		assert_int_equal(
			canonical_read(untrusted_make(out.p, out.n), NULL), out.n);
	}
	str_release(&out);
}

/* Section 3.2.3: by UTF-16 code units, so U+1F600 stands before U+FB33. */
static void order(void **state)
{
	static const char *const sorted[] = {"\r", "1", "\xc2\x80", "\xc3\xb6",
		"\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xef\xac\xb3"};

	(void)state;
	for (size_t i = 0; i < 7; i++)
		for (size_t k = 0; k < 7; k++) {
			int cmp = canonical_cmp(
				untrusted_str(sorted[i]), untrusted_str(sorted[k]));

			assert_int_equal((cmp > 0) - (cmp < 0), (i > k) - (i < k));
		}
	assert_true(canonical_cmp(untrusted_str("a"), untrusted_str("ab")) < 0);
}

static size_t read_text(const char *text)
{
	size_t n = strlen(text), used;
	char *copy = mem_dup(text, n);

	used = canonical_read(untrusted_make(copy, n), NULL);
	mem_free(copy);
	return used;
}

static void what_is_read(void **state)
{
	static const char *const good[] = {"{}", "[]", "null", "true", "false", "\"\"",
		"{\"a\":1,\"b\":[{},[],-1.5,\"x\"]}", "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]",
		"{\"\\r\":1,\"1\":2,\"\xc2\x80\":3,\"\xc3\xb6\":4,\"\xe2\x82\xac\":5,"
		"\"\xf0\x9f\x98\x80\":6,\"\xef\xac\xb3\":7}",
		"{\"\":0,\"\\n\":0,\" \":0,\"a\":0,\"a\\\\\":0,\"aa\":0}"};
	static const char *const bad[] = {"", " {}", "{\"a\": 1}", "[1, 2]", "[1,]", "{",
		"{\"b\":1,\"a\":2}", "{\"a\":1,\"a\":2}", "{\"a\":1,}", "{a:1}", "01",
		"-0", "-", "1.0", "1e2", "1E+23", "+1", ".5", "5.", "0.10", "1e400",
		"9007199254740993", "\"\\u0041\"", "\"\\u000A\"", "\"\\u000a\"",
		"\"\\/\"", "\"\\u001F\"", "\"\n\"", "\"\xff\"", "\"\xed\xa0\x80\"", "\"a",
		"\"\\", "\"\\u00", "nul", "tru",
		"{\"\xef\xac\xb3\":1,\"\xf0\x9f\x98\x80\":2}",
		"[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]"};

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
		if (read_text(good[i]) != strlen(good[i]))
			fail_msg("%s was refused", good[i]);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		if (*bad[i] && read_text(bad[i]) == strlen(bad[i]))
			fail_msg("%s was taken", bad[i]);
	assert_int_equal(read_text("{}x"), 2);
}

static void members(void **state)
{
	struct untrusted object = untrusted_str(
		"{\"a\":\"}\\\"]\",\"b\":{\"n\":[1,{}]},\"c\":12,\"d\":\"0f\"}");
	struct untrusted value;
	uint64_t n;
	char hex[3];

	(void)state;
	assert_true(canonical_member(object, "a", &value));
	assert_true(untrusted_is(value, "\"}\\\"]\""));
	assert_true(canonical_member(object, "b", &value));
	assert_true(untrusted_is(value, "{\"n\":[1,{}]}"));
	assert_int_equal(untrusted_offset(object, value), 16);
	assert_false(canonical_member(object, "n", &value));
	{
		struct untrusted b = UNTRUSTED_NONE, bb = UNTRUSTED_NONE,
				 d = UNTRUSTED_NONE;
		const struct canonical_want wants[] = {{"b", &b}, {"bb", &bb}, {"d", &d}};

		canonical_members(object, wants, 3);
		assert_true(untrusted_is(b, "{\"n\":[1,{}]}"));
		assert_true(untrusted_empty(bb));
		assert_true(untrusted_is(d, "\"0f\""));
	}
	assert_true(canonical_member(object, "c", &value));
	assert_true(canonical_count(value, &n) && n == 12);
	assert_true(canonical_member(object, "d", &value));
	assert_false(canonical_count(value, &n));
	assert_true(canonical_hex(value, 2, hex));
	assert_string_equal(hex, "0f");
	assert_false(canonical_hex(untrusted_str("\"0F\""), 2, hex));
	assert_false(canonical_hex(untrusted_str("\"0f1\""), 2, hex));
	assert_false(canonical_member(untrusted_str("[]"), "a", &value));
	assert_false(canonical_member(UNTRUSTED_NONE, "a", &value));
	assert_false(canonical_count(untrusted_str("9007199254740993"), &n));
	assert_false(canonical_count(untrusted_str("-1"), &n));
}

/* FIPS 180-2, and RFC 8032 section 7.1 tests 1 and 2. */
static void hashes_and_signatures(void **state)
{
	static const struct {
		const char *seed, *open, *text, *signature;
	} rows[] = {
		{"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
			"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511"
			"a",
			"",
			"e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
			"5"
			"fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100"
			"b"},
		{"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
			"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660"
			"c",
			"r",
			"92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
			"085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c0"
			"0"},
	};
	const struct untrusted abc[] = {untrusted_str("a"), untrusted_str("bc")};
	char hash[SHA256_DIGITS + 1], text[SIGNATURE_DIGITS + 1];
	struct err err;
	struct secret *short_seed = secret_new("00", 2);

	(void)state;
	assert_string_equal(sha256_text(abc, 2, hash),
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	for (size_t i = 0; i < 2; i++) {
		struct secret *seed = secret_new(rows[i].seed, strlen(rows[i].seed));
		struct signer *signer = signer_new(seed, &err);
		struct untrusted said = untrusted_str(rows[i].text);

		assert_non_null(signer);
		assert_string_equal(signer_public(signer), rows[i].open);
		signer_sign(signer, said, text);
		assert_string_equal(text, rows[i].signature);
		assert_true(signature_holds(rows[i].open, said, text));
		assert_false(signature_holds(rows[i].open, untrusted_str("x"), text));
		assert_false(signature_holds(rows[1 - i].open, said, text));
		assert_false(signature_holds("zz", said, text));
		assert_false(signature_holds(rows[i].open, said, "00"));
		signer_free(signer);
		secret_free(seed);
	}
	assert_null(signer_new(short_seed, &err));
	secret_free(short_seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		cmocka_unit_test(numbers_come_back),
		cmocka_unit_test(strings),
		cmocka_unit_test(order),
		cmocka_unit_test(what_is_read),
		cmocka_unit_test(members),
		cmocka_unit_test(hashes_and_signatures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
