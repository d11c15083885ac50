/* Templates of titles: what is masked, what is split, what is alike. */
#include "analysis/template.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct template read_one(const char *title, const char *service)
{
	struct template t;

	template_read(&t, untrusted_str(title), untrusted_str(service));
	return t;
}

static void test_masks(void **unused)
{
	static const struct {
		const char *title, *text;
	} rows[] = {
		{"Disk 93 % full on node-17", "Disk <n> % full on <host>"},
		{"CPU at 93% for 5m", "CPU at <%> for <time>"},
		{"no answer from 10.0.3.17:9100", "no answer from <ip>"},
		{"no answer from fe80::1:2", "no answer from <ip>"},
		{"request 9f86d081884c7d65 failed", "request <id> failed"},
		{"pod payments/api-7d9f8-x2x restarts", "pod <host> restarts"},
		{"volume /var/lib/data is full", "volume <name> is full"},
		{"certificate of api.example.org ends", "certificate of <host> ends"},
		{"Down since 2026-11-21T10:00:00Z", "Down since <time>"},
		{"HighErrorRate instance=\"web-1\"", "HighErrorRate instance <name>"},
		{"[FIRING:3] HighErrorRate (web-1)", "HighErrorRate <host>"},
		{"HTTP5xx and p99", "HTTP5xx and p99"},
		{"can't reach the pager", "can't reach the pager"},
		{"", ""},
		{"12 34", "<n> <n>"},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_string_equal(read_one(rows[i].title, "").text, rows[i].text);
	assert_string_equal(read_one("payments-api: errors", "Payments-API").text,
		"<service> errors");
}

static void test_same(void **unused)
{
	static const struct {
		const char *a, *b;
		bool same;
	} rows[] = {
		{"HighErrorRate", "high_error_rate", true},
		{"HighErrorRate", "High error rate", true},
		{"KubeAPIDown", "kube api down", true},
		{"Disk 93 % full", "Disk 4.5 % full", true},
		{"id 9f86d081884c7d65", "id 41663563012d", true},
		{"on web-1, web-2, web-3", "on web-1", true},
		{"latency on checkout", "latency on payments", true},
		{"HTTP5xx", "HTTP4xx", false},
		{"Latency p99 high", "Latency p95 high", false},
		{"NodeFilesystemAlmostOutOfSpace", "NodeFilesystemAlmostOutOfFiles",
			false},
		{"Node17Down", "Node18Down", true},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if ((read_one(rows[i].a, "").key == read_one(rows[i].b, "").key) !=
			rows[i].same)
			fail_msg("%s and %s", rows[i].a, rows[i].b);
}

static void test_service(void **unused)
{
	(void)unused;
	assert_true(template_service(untrusted_str("node-17")) ==
		    template_service(untrusted_str("Node-4")));
	assert_true(template_service(untrusted_str("orders")) !=
		    template_service(untrusted_str("orders-db")));
}

/* A long title is cut between two characters. */
static void test_cut(void **unused)
{
	static char title[3 * 200 + 1];
	struct template t;

	(void)unused;
	for (int i = 0; i < 200; i++)
		memcpy(title + 3 * i, "\xe2\x82\xac", 3);
	t = read_one(title, "");
	assert_int_equal(strlen(t.text) % 3, 0);
	assert_true(strlen(t.text) > TEMPLATE_TEXT - 4);
}

static double likeness(const char *a, const char *b)
{
	struct template x = read_one(a, ""), y = read_one(b, "");
	double there = template_similarity(&x, &y), back = template_similarity(&y, &x);

	assert_true(there == back);
	return there;
}

static void test_similarity(void **unused)
{
	(void)unused;
	assert_true(likeness("HighErrorRate", "HighErrorRate") == 1);
	assert_true(likeness("HighErrorRate", "CertificateExpires") == 0);
	assert_true(likeness("KubePodCrashLooping", "KubernetesPodCrashLoop") == 1);
	assert_true(likeness("PodCrashLooping", "KubePodNotReady") == 1.0 / 3.5);
	assert_true(likeness("", "") == 1);
	assert_true(likeness("", "x") == 0);
}

/* Hostile titles: any bytes, any length; what is looked at is bounded. */
static void test_hostile(void **unused)
{
	static char big[1 << 20];
	static const char *const fill[] = {"a", "A", "a ", "\"", "(", "9:", "\xff", "=",
		"aA", "\x1b[31m", "-", "1.", "%", "\xe2\x82\xac "};

	(void)unused;
	for (size_t i = 0; i < sizeof fill / sizeof *fill; i++) {
		struct template t;
		size_t n = strlen(fill[i]);

		for (size_t k = 0; k + n < sizeof big; k += n)
			memcpy(big + k, fill[i], n);
		template_read(&t, untrusted_make(big, sizeof big),
			untrusted_make(big, sizeof big));
		assert_true(t.count <= TEMPLATE_TOKENS);
		assert_true(strlen(t.text) < TEMPLATE_TEXT);
		assert_true(template_similarity(&t, &t) <= 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_masks),
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_service),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_similarity),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
