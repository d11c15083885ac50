/* Search: how names are split and stems cut, what comes first and why, when there is no
 * such book. The order is asserted on literals. */
#include "analysis/search.h"
#include "analysis/lexicon.h"
#include "analysis/search_parts.h"
#include "analysis/terms.h"
#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* --- words --- */

static void test_split(void **unused)
{
	static const struct {
		const char *text, *words;
	} rows[] = {
		{"KubePodCrashLooping", "kube pod crash looping =kubepodcrashlooping"},
		{"kube_pod_crash", "kube pod crash =kubepodcrash"},
		{"kube-pod crash", "kube pod crash"},
		{"APIErrors", "api errors =apierrors"},
		{"PVCs and VMs", "pvcs and vms"},
		{"HTTP5xx", "http 5 xx =http5xx"},
		{"k8s", "k 8 s =k8s"},
		{"vCPU", "v cpu =vcpu"},
		{"node_filesystem_avail_bytes{job=\"x\"}",
			"node filesystem avail bytes =nodefilesystemavailbytes job x"},
		{"__x__ _ __", "x"},
		{"größe.Über", "größe Über"},
		{"", ""},
		{" \t", ""},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct terms terms;
		struct term term;
		struct str got;

		str_init(&got, 1000);
		terms_begin(&terms, untrusted_str(rows[i].text));
		while (terms_next(&terms, &term))
			str_printf(&got, "%s%s", got.n ? " " : "", term.word);
		assert_string_equal(str_text(&got), rows[i].words);
		str_release(&got);
	}
}

static void test_long_word(void **unused)
{
	struct terms terms;
	struct term term;
	char text[400];

	(void)unused;
	/* Two bytes a letter, so that a cut by bytes would halve one. */
	for (size_t i = 0; i + 2 < sizeof text; i += 2)
		memcpy(text + i, "\xc3\xa4", 3);
	terms_begin(&terms, untrusted_str(text));
	assert_true(terms_next(&terms, &term));
	assert_int_equal(strlen(term.word) % 2, 0);
	assert_true(strlen(term.word) < TERM_BYTES);
	assert_false(terms_next(&terms, &term));
}

static void test_stems(void **unused)
{
	static const struct {
		const char *words[3];
	} rows[] = {
		{{"looping", "looped", "loops"}},
		{{"failing", "failed", "fails"}},
		{{"configuration", "configurations", "configurations"}},
		{{"expired", "expire", "expires"}},
		{{"queries", "query", "queries"}},
		{{"migrations", "migrating", "migration"}},
		{{"dropping", "dropped", "drops"}},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char stems[3][TERM_BYTES];

		for (int k = 0; k < 3; k++) {
			snprintf(stems[k], TERM_BYTES, "%s", rows[i].words[k]);
			term_stem(stems[k]);
		}
		assert_string_equal(stems[0], stems[1]);
		assert_string_equal(stems[1], stems[2]);
	}
}

static void test_numbers(void **unused)
{
	struct terms terms;
	char number[24], all[200] = "";

	(void)unused;
	terms_begin(&terms,
		untrusted_str(
			"85% for 5m, 24 hours, 10 minutes; > 0.5 and 90 % of 3 pods"));
	while (terms_number(&terms, number, sizeof number)) {
		strcat(all, number);
		strcat(all, " ");
	}
	assert_string_equal(all, "85 0.5 90 3 ");
	assert_int_equal(terms_sentence(untrusted_str("Disk is full. Now.")), 13);
	assert_int_equal(terms_sentence(untrusted_str("v1.2 is old")), 11);
	assert_int_equal(terms_sentence(untrusted_str("")), 0);
}

/* --- order --- */

static const char *const library[][2] = {
	{"crash", "# KubePodCrashLooping\n\nA pod's container ends and is started again, "
		  "over and over.\n\n## Diagnosis\n\n```sh\nkubectl logs "
		  "--previous\n```\n"},
	{"image",
		"# KubernetesImagePull\n\nA pod cannot start because its image cannot be "
		"fetched from the registry.\n"},
	{"oom", "# Out of memory\n\nThe kernel killed a process because no memory was "
		"left.\n\n## Find it\n\nRead the kernel's log.\n"},
	{"disk", "# Disk full\n\nA file system has less than 10 % free space left.\n\n## "
		 "What uses it\n\n```sh\ndu -x /\n```\n"},
	{"client",
		"# ClientCertificateExpiration\n\nThe client's certificate is about to "
		"expire.\n"},
	{"server",
		"# ServerCertificateExpiration\n\nThe server's certificate is about to "
		"expire.\n"},
	{"redis-memory", "# Redis memory\n\nRedis uses more memory than it may.\n"},
	{"redis-cpu", "# Redis CPU\n\nRedis uses a whole core.\n"},
	{"pleg", "# KubeletPlegDurationHigh\n\nRelisting takes too long on a node.\n"},
	{"lag", "# PostgresReplicationLag\n\nA standby is behind its primary.\n"},
};

enum { BOOKS = sizeof library / sizeof *library };

static struct search *read_library(const char *without)
{
	struct search *search = search_new();

	for (size_t i = 0; i < BOOKS; i++) {
		struct search_doc doc = {.text = untrusted_str(library[i][1])};

		if (without && !strcmp(library[i][0], without))
			doc = (struct search_doc){0};
		search_add(search, &doc);
	}
	search_settle(search);
	return search;
}

static const char *first(
	const struct search *search, const char *query, enum search_mode mode)
{
	struct search_answer answer;

	search_query(search, untrusted_str(query), mode, &answer);
	return answer.count ? library[answer.hits[0].doc][0] : "";
}

static void test_order(void **unused)
{
	static const struct {
		const char *query, *first;
	} rows[] = {
		{"Pod is crash looping. Pod api/web-1 is in waiting state.", "crash"},
		{"KubePodCrashLooping", "crash"},
		{"kube_pod_crash_looping", "crash"},
		{"Container image cannot be pulled.", "image"},
		/* By other words only. */
		{"Container was OOMKilled.", "oom"},
		{"oom", "oom"},
		{"filesystem almost out of space", "disk"},
		{"Filesystem on /var has only 3% available space left.", "disk"},
		{"x509 for the client expires in 7 days.", "client"},
		{"A server certificate expires soon.", "server"},
		{"Redis is using 95% of its memory.", "redis-memory"},
		{"Redis CPU usage is high.", "redis-cpu"},
		/* The first letters of what the title shortens. */
		{"Kubelet Pod Lifecycle Event Generator is slow.", "pleg"},
		{"pg replica lags behind by 300 s", "lag"},
	};
	struct search *search = read_library(NULL);

	(void)unused;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (strcmp(first(search, rows[i].query, SEARCH_ALERT), rows[i].first) !=
			0)
			fail_msg("%s: %s comes first, not %s", rows[i].query,
				first(search, rows[i].query, SEARCH_ALERT),
				rows[i].first);
	search_free(search);
}

static void test_typing(void **unused)
{
	static const struct {
		const char *typed, *first;
	} rows[] = {{"cras", "crash"}, {"certif", "client"}, {"redis c", "redis-cpu"},
		{"redis m", "redis-memory"}, {"replciation", "lag"},
		{"crashlopping", "crash"}, {"kubelet", "pleg"}, {"zzzz", ""}, {"", ""},
		{"   ", ""}};
	struct search *search = read_library(NULL);

	(void)unused;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (strcmp(first(search, rows[i].typed, SEARCH_TYPING), rows[i].first) !=
			0)
			fail_msg("%s: \"%s\" comes first, not \"%s\"", rows[i].typed,
				first(search, rows[i].typed, SEARCH_TYPING),
				rows[i].first);
	search_free(search);
}

static double sure(const char *query, const char *without)
{
	struct search *search = read_library(without);
	struct search_answer answer;

	search_query(search, untrusted_str(query), SEARCH_ALERT, &answer);
	search_free(search);
	return answer.sure;
}

static void test_absent(void **unused)
{
	static const struct {
		const char *query, *book;
	} rows[] = {
		{"Pod is crash looping. Pod api/web-1 restarted 5 times.", "crash"},
		{"The client certificate is about to expire.", "client"},
		{"Redis uses too much memory.", "redis-memory"},
		{"File system has less than 5% free space left.", "disk"},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		double with = sure(rows[i].query, NULL);
		double without = sure(rows[i].query, rows[i].book);

		if (with < search_sure_from || without >= search_sure_from)
			fail_msg("%s: %.2f, without the book %.2f", rows[i].query, with,
				without);
	}
	assert_true(sure("The coffee machine of floor three is dirty.", NULL) <
		    search_sure_from);
}

static void test_same_every_time(void **unused)
{
	struct search *a = read_library(NULL), *b = read_library(NULL);
	struct search_answer x, y;

	(void)unused;
	search_query(a, untrusted_str("certificate expires"), SEARCH_ALERT, &x);
	search_query(b, untrusted_str("certificate expires"), SEARCH_ALERT, &y);
	assert_int_equal(x.count, y.count);
	for (size_t i = 0; i < x.count; i++) {
		assert_int_equal(x.hits[i].doc, y.hits[i].doc);
		assert_true(x.hits[i].score == y.hits[i].score);
	}
	search_free(a);
	search_free(b);
}

static void test_why(void **unused)
{
	static const struct {
		const char *query;
		uint32_t doc;
		const char *why;
	} rows[] = {
		{"Pod is crash looping", 0, "title: pod, crash, looping"},
		{"kernel log of a memory leak", 2, "title: memory; text: kernel, log"},
		{"x509 problem", 4, "same: x509 is certificate"},
		{"crashlopping", 0, "title: crash"},
		{"du", 3, "code: du"},
		{"nothing of it", 3, ""},
		{"disk f", 3, "title: disk, full"},
	};
	struct search *search = read_library(NULL);

	(void)unused;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct str why;

		str_init(&why, 400);
		search_why(search, untrusted_str(rows[i].query), SEARCH_TYPING,
			rows[i].doc, &why);
		assert_string_equal(str_text(&why), rows[i].why);
		str_release(&why);
	}
	search_free(search);
}

static void test_also_and_title(void **unused)
{
	struct search *search = search_new();
	struct search_doc docs[] = {
		{.title = untrusted_str("One"),
			.text = untrusted_str("# Two\n\nthree\n")},
		{.text = untrusted_str("plain words"),
			.also = untrusted_str("HostClockSkew")},
	};
	struct search_answer answer;

	(void)unused;
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(search_add(search, &docs[i]), i);
	search_settle(search);
	search_query(search, untrusted_str("two"), SEARCH_ALERT, &answer);
	assert_int_equal(answer.count, 0);
	search_query(search, untrusted_str("HostClockSkew"), SEARCH_ALERT, &answer);
	assert_int_equal(answer.count, 1);
	assert_int_equal(answer.hits[0].doc, 1);
	search_free(search);
}

/* A document is there once, by the best of it and its parts. */
static void test_parts(void **unused)
{
	struct search *search = search_new();
	struct search_doc docs[] = {
		{.title = untrusted_str("Handbook"),
			.text = untrusted_str("# Handbook\n\n## Turbine vibrates\n\nShed "
					      "load.\n\n## Pump leaks\n\nClose it.\n")},
		{.title = untrusted_str("Pump of the cellar"),
			.text = untrusted_str("It is old.\n")},
		{.title = untrusted_str("Turbine vibrates"),
			.text = untrusted_str("Shed load.\n"),
			.part_of = 1},
		{.title = untrusted_str("Pump leaks"),
			.text = untrusted_str("Close it.\n"),
			.part_of = 1},
	};
	struct search_answer answer;

	(void)unused;
	for (size_t i = 0; i < 4; i++)
		search_add(search, &docs[i]);
	search_settle(search);
	search_query(search, untrusted_str("Turbine vibrates"), SEARCH_ALERT, &answer);
	assert_int_equal(answer.count, 1);
	assert_int_equal(answer.hits[0].doc, 0);
	assert_int_equal(answer.hits[0].part, 2);
	search_query(search, untrusted_str("pump leaks"), SEARCH_TYPING, &answer);
	assert_int_equal(answer.count, 2);
	assert_int_equal(answer.hits[0].doc, 0);
	assert_int_equal(answer.hits[0].part, 3);
	assert_int_equal(answer.hits[1].doc, 1);
	assert_int_equal(answer.hits[1].part, 1);
	search_free(search);
}

/* Of two words each is half of what is asked. */
static void test_few_words(void **unused)
{
	(void)unused;
	assert_true(sure("Redis memory", NULL) >= search_sure_from);
	assert_true(sure("Redis down", NULL) < search_sure_from);
	assert_true(sure("RedisDown: Redis down.", NULL) < search_sure_from);
	assert_true(sure("OOMKilled", NULL) >= search_sure_from);
}

static void test_empty(void **unused)
{
	struct search *search = search_new();
	struct search_answer answer;

	(void)unused;
	search_settle(search);
	search_query(search, untrusted_str("disk"), SEARCH_TYPING, &answer);
	assert_int_equal(answer.count, 0);
	search_free(search);
	search_free(NULL);
}

/* Rows of the lexicon are bits of a set. */
static void test_lexicon(void **unused)
{
	unsigned rows = 0;

	(void)unused;
	while (lexicon[rows].words)
		rows++;
	assert_true(rows <= GROUPS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_long_word),
		cmocka_unit_test(test_stems),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_typing),
		cmocka_unit_test(test_absent),
		cmocka_unit_test(test_parts),
		cmocka_unit_test(test_few_words),
		cmocka_unit_test(test_same_every_time),
		cmocka_unit_test(test_why),
		cmocka_unit_test(test_also_and_title),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_lexicon),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
