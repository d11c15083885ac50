/* Routes of an Alertmanager: which groups labels end in, and what their keys are. */
#include "connect/routes.h"

#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { MOST = 8 };

static const char tree[] = "route:\n"
			   "  receiver: all\n"
			   "  group_by: [service, alertname]\n"
			   "  routes:\n"
			   "  - matchers: ['severity=\"none\"']\n"
			   "    receiver: mail\n"
			   "  - matchers: ['team=~\"pay.*|Core\"', 'region!=\"eu\"']\n"
			   "    receiver: pager\n"
			   "    continue: true\n"
			   "    routes:\n"
			   "    - match: {env: dev}\n"
			   "      group_by: ['...']\n"
			   "  - match_re: {team: 'pay.*'}\n"
			   "    group_by: [region]\n"
			   "  - matchers: ['{quote=\"a\\\"b\\\\c\",  zone !~ \"x|y\"}']\n"
			   "    receiver: pager\n"
			   "  - matchers: ['b=1,a=~\"[a-z]+\"']\n"
			   "    group_by: [missing]\n"
			   "receivers:\n"
			   "- name: all\n"
			   "- name: mail\n"
			   "  email_configs: [{to: x}]\n"
			   "- name: pager\n"
			   "  pagerduty_configs: [{routing_key: <secret>}]\n";

static const struct {
	const char *labels; /* "name=value name=value" */
	const char *keys;
} rows[] = {
	{"alertname=Down service=a job=x", "{}:{alertname=\"Down\", service=\"a\"}\n"},
	{"severity=none alertname=Watchdog",
		"{}/{severity=\"none\"}:{alertname=\"Watchdog\"}\n"},
	/* Both, since the first goes on. */
	{"team=pay-eu region=us alertname=A",
		"{}/{region!=\"eu\",team=~\"pay.*|Core\"}:{alertname=\"A\"}\n"
		"{}/{team=~\"^(?:pay.*)$\"}:{region=\"us\"}\n"},
	/* A label that is missing is not "eu". */
	{"team=Core", "{}/{region!=\"eu\",team=~\"pay.*|Core\"}:{}\n"},
	/* Anchored on both sides, and no other case. */
	{"team=Corex", "{}:{}\n"},
	{"team=core", "{}:{}\n"},
	{"team=xpay", "{}:{}\n"},
	{"team=pay region=eu", "{}/{team=~\"^(?:pay.*)$\"}:{region=\"eu\"}\n"},
	/* Deeper, by all labels; and the next one beside it. */
	{"team=Core env=dev z=1 b=2",
		"{}/{region!=\"eu\",team=~\"pay.*|Core\"}/{env=\"dev\"}:"
		"{b=\"2\", env=\"dev\", team=\"Core\", z=\"1\"}\n"},
	{"quote=a\"b\\c zone=z", "{}/{quote=\"a\\\"b\\\\c\",zone!~\"x|y\"}:{}\n"},
	{"quote=a\"b\\c zone=x", "{}:{}\n"},
	{"b=1 a=abc", "{}/{a=~\"[a-z]+\",b=\"1\"}:{}\n"},
	{"alertname=a\tb\303\251\302\240", "{}:{alertname=\"a\\tb\303\251\\u00a0\"}\n"},
	{"alertname=\377\001", "{}:{alertname=\"\\xff\\x01\"}\n"},
};

static size_t labels_of(const char *text, struct pair out[MOST])
{
	struct untrusted rest = untrusted_str(text), word;
	size_t n = 0;

	while (n < MOST && untrusted_word(&rest, " ", &word)) {
		ptrdiff_t at = untrusted_find(word, "=");

		out[n++] = (struct pair){untrusted_slice(word, 0, (size_t)at),
			untrusted_slice(word, (size_t)at + 1, SIZE_MAX)};
	}
	return n;
}

static void groups(void **state)
{
	struct err err = {0};
	struct routes *routes = routes_new(untrusted_str(tree), &err);

	(void)state;
	assert_string_equal(err.text, "");
	assert_non_null(routes);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct pair labels[MOST];
		size_t n = labels_of(rows[i].labels, labels);
		struct str out;

		str_init(&out, 4096);
		routes_print(routes, labels, n, &out);
		assert_string_equal(str_text(&out), rows[i].keys);
		str_release(&out);
	}
	routes_free(routes);
}

/* Of `{}/{region!="eu",team=~"pay.*|Core"}:{alertname="A"}`. */
static void hashes(void **state)
{
	struct routes *routes = routes_new(untrusted_str(tree), NULL);
	char keys[ROUTES_MAX_KEYS][SHA256_DIGITS + 1];
	struct pair labels[MOST];
	size_t n = labels_of("team=pay-eu region=us alertname=A", labels);

	(void)state;
	/* The second group's receiver is no pager. */
	assert_int_equal(routes_keys(routes, labels, n, keys), 1);
	assert_string_equal(keys[0],
		"2b58488ac28e7ee6b168e7c4eac4c5f28ccd0cc5b805d394df30ab88e4767c05");
	n = labels_of("alertname=A", labels);
	assert_int_equal(routes_keys(routes, labels, n, keys), 0);
	routes_free(routes);
}

static void refused(void **state)
{
	static const char *const bad[] = {
		"",
		"a: [",
		"receivers: []",
		"route: 1",
		"route: {routes: [{matchers: ['team']}]}",
		"route: {routes: [{matchers: ['=\"x\"']}]}",
		"route: {routes: [{matchers: ['a=\"x']}]}",
		"route: {routes: [{matchers: ['a=~\"(\"']}]}",
		"route: {routes: [{match_re: {a: '['}}]}",
		"route: {routes: [{routes: [{matchers: ['a=~\"x\"', 'b=~\"(\"']}]}]}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct err err = {0};

		assert_null(routes_new(untrusted_str(bad[i]), &err));
		assert_true(err.text[0] != '\0');
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(groups),
		cmocka_unit_test(hashes), cmocka_unit_test(refused)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
