/* PagerDuty's pages while incidents come and go between them: the list given out is
 * whole, without duplicates, or says that it is not. */
#include "base/alloc.h"
#include "base/str.h"
#include "connect/source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The account: incident numbers, newest first. */
struct account {
	int open[20000];
	int count;
	int limit;         /* the server's own maximum */
	int resolve_after; /* this many asks: the newest three resolve */
	bool restless;     /* after each ask */
	int asks;
	void *state;
	struct source_conf conf;
	int64_t now;
};

static void account_open(struct account *a, int count)
{
	memset(a, 0, sizeof *a);
	a->count = count;
	a->limit = 100;
	a->now = INT64_C(1700000000000);
	for (int i = 0; i < count; i++)
		a->open[i] = count - i;
	a->conf = (struct source_conf){
		.name = "pd", .url = "http://pd", .every_ms = 5000, .timeout_ms = 4000};
	a->state = mem_new(1, pagerduty_source.state_size);
	assert_true(pagerduty_source.start(a->state, &a->conf, NULL));
}

static void account_close(struct account *a)
{
	pagerduty_source.stop(a->state);
	mem_free(a->state);
}

static void resolve_newest(struct account *a, int n)
{
	memmove(a->open, a->open + n, (size_t)(a->count - n) * sizeof *a->open);
	a->count -= n;
}

static void page(const struct account *a, int offset, struct str *out)
{
	str_puts(out, "{\"incidents\":[");
	for (int i = offset; i < a->count && i < offset + a->limit; i++)
		str_printf(out,
			"%s{\"id\":\"Q%d\",\"incident_number\":%d,\"title\":\"t\"}",
			i > offset ? "," : "", a->open[i], a->open[i]);
	str_printf(out, "],\"limit\":%d,\"offset\":%d,\"more\":%s,\"total\":null}",
		a->limit, offset, offset + a->limit < a->count ? "true" : "false");
}

struct seen_batch {
	size_t alerts;
	bool snapshot, partial;
	int batches;
};

static void take(
	struct account *a, int id, int status, const char *body, struct seen_batch *seen)
{
	struct answer answer = {.id = id,
		.status = status,
		.origin = "pd",
		.now = a->now,
		.body = untrusted_str(body)};
	struct arena arena;
	struct batch batch;
	struct err err;

	arena_init(&arena, 64 << 20);
	batch_init(&batch, &arena);
	assert_true(pagerduty_source.take(a->state, &answer, &batch, &err));
	if (batch.alerts_snapshot || batch.partial) {
		seen->alerts = batch.alert_count;
		seen->snapshot = batch.alerts_snapshot;
		seen->partial = batch.partial;
		seen->batches++;
	}
	arena_release(&arena);
}

static struct seen_batch read_all(struct account *a)
{
	struct source_window window = {0};
	struct seen_batch seen = {0};
	struct arena arena;

	arena_init(&arena, 1 << 20);
	for (int i = 0; i < 2000 && !seen.batches; i++) {
		struct ask ask = {0};
		const char *offset;
		struct str body;

		arena_reset(&arena);
		assert_true(
			pagerduty_source.next(a->state, a->now, &window, &arena, &ask));
		assert_int_equal(ask.kind, ASK_HTTP);
		str_init(&body, 16 << 20);
		offset = strstr(ask.path, "/incidents?") ? strstr(ask.path, "&offset=")
							 : NULL;
		if (offset) {
			a->asks++;
			page(a, atoi(offset + 8), &body);
			take(a, ask.id, 200, str_text(&body), &seen);
			if (a->restless || a->asks == a->resolve_after)
				resolve_newest(a, 3);
		} else {
			take(a, ask.id, 404, "{}", &seen);
		}
		str_release(&body);
	}
	arena_release(&arena);
	return seen;
}

static void test_pages(void **state)
{
	static const struct {
		int count, limit, resolve_after;
		size_t alerts;
		bool snapshot;
		int asks;
	} rows[] = {
		{0, 100, 0, 0, true, 1},
		{1, 100, 0, 1, true, 1},
		{100, 100, 0, 100, true, 1},
		{101, 100, 0, 101, true, 2},
		{230, 100, 0, 230, true, 3},
		{230, 25, 0, 230, true, 10},
		{230, 1, 0, 230, true, 230},
		{9900, 100, 0, 9900, true, 100},
		{15000, 100, 0, 10000, false, 101},
		{500, 100, 4, 497, true, 11},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		static struct account a;
		struct seen_batch seen;

		account_open(&a, rows[i].count);
		a.limit = rows[i].limit;
		a.resolve_after = rows[i].resolve_after;
		seen = read_all(&a);
		if (seen.alerts != rows[i].alerts || a.asks > rows[i].asks)
			print_error(
				"row %zu: %zu alerts, %d asks\n", i, seen.alerts, a.asks);
		assert_int_equal(seen.alerts, rows[i].alerts);
		assert_int_equal(seen.snapshot, rows[i].snapshot);
		assert_int_equal(seen.partial, !rows[i].snapshot);
		assert_true(a.asks <= rows[i].asks);
		account_close(&a);
	}
}

/* Rows that move before every page: it ends, and says that it is not whole. */
static void test_never_still(void **state)
{
	static struct account a;
	struct seen_batch seen;

	(void)state;
	account_open(&a, 600);
	a.restless = true;
	seen = read_all(&a);
	assert_true(seen.partial);
	assert_false(seen.snapshot);
	assert_true(a.asks < 40);
	account_close(&a);
}

/* What the plan lacks is asked for once, not again and again. */
static void test_absent(void **state)
{
	static struct account a;
	struct source_window window = {0};
	struct seen_batch seen = {0};
	struct arena arena;
	int asks = 0;

	(void)state;
	account_open(&a, 3);
	arena_init(&arena, 1 << 20);
	for (int second = 0; second < 1800; second++, a.now += 1000) {
		struct ask ask = {0};

		while (pagerduty_source.next(a.state, a.now, &window, &arena, &ask) &&
			ask.kind == ASK_HTTP && asks < 2000) {
			if (strstr(ask.path, "/incidents?"))
				take(&a, ask.id, 200, "{\"incidents\":[]}", &seen);
			else if (++asks)
				take(&a, ask.id, 403, "{}", &seen);
			arena_reset(&arena);
			ask = (struct ask){0};
		}
	}
	/* Who I am, who is on call, changes. */
	assert_int_equal(asks, 3);
	arena_release(&arena);
	account_close(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_never_still),
		cmocka_unit_test(test_absent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
