/* The past of an Opsgenie that is read while it lives: short pages, a cap on how far they
 * reach, rows that move, failures, and a reader that is killed. In the end each alert is
 * there once, with its acknowledgement and its end, and no count claims more. Many
 * accounts, each from its own seed. */
#include "base/alloc.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "connect/source.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MAX_ALERTS = 4000, MAX_ASKS = 30000 };

#define NOW INT64_C(1700000000000)

struct truth {
	int64_t created, updated, acked, closed; /* ms; 0: not */
};

struct kept {
	bool here;
	int64_t acked, closed; /* of entries */
	bool resolved;
};

struct misery {
	const char *name;
	int clamp, cap, live, fails, kills; /* of 100, of 100, of 1000 */
	bool burst;
};

static const struct misery miseries[] = {
	{"calm", 100, 20000, 0, 0, 0, false},
	{"short pages", 13, 20000, 0, 0, 0, false},
	{"one row a page", 1, 20000, 0, 0, 0, false},
	{"cap", 100, 300, 0, 0, 0, false},
	{"alive", 60, 20000, 30, 0, 0, false},
	{"failing", 100, 20000, 10, 25, 0, false},
	{"killed", 100, 20000, 10, 0, 60, false},
	{"all of it", 40, 400, 20, 15, 30, false},
	{"a burst", 100, 300, 0, 0, 0, true},
};

static struct {
	struct truth alerts[MAX_ALERTS];
	struct kept kept[MAX_ALERTS];
	int count;
	int64_t now, changed_at;
	struct coverage coverage;
	uint64_t seed;
	const struct misery *m;
} a;

static int chance(int n)
{
	a.seed = a.seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (int)(a.seed >> 33) % n;
}

static void add_alert(int64_t at)
{
	struct truth *t;

	if (a.count == MAX_ALERTS)
		return;
	t = &a.alerts[a.count++];
	*t = (struct truth){.created = at, .updated = at};
	if (chance(10) < 6)
		t->acked = t->updated = at + 1000 + chance(600000);
	if (chance(10) < 9)
		t->closed = t->updated = t->updated + 1000 + chance(3600000);
	if (t->updated > a.now)
		*t = (struct truth){.created = at, .updated = at};
}

static void happen(void)
{
	int n = chance(3);

	a.now += chance(4000);
	a.changed_at = a.now;
	if (n == 0)
		add_alert(a.now);
	for (int i = 0; n && i < 20; i++) {
		struct truth *t = &a.alerts[chance(a.count)];

		if (t->closed)
			continue;
		if (n == 1 && !t->acked)
			t->acked = t->updated = a.now;
		else
			t->closed = t->updated = a.now;
		return;
	}
}

/* --- the server --- */

static bool number_behind(const char *path, const char *word, int64_t *out)
{
	const char *at = strstr(path, word);

	*out = at ? strtoll(at + strlen(word), NULL, 10) : 0;
	return at != NULL;
}

static bool matches(const struct truth *t, const char *path)
{
	int64_t from, until, changed, end;

	if (!number_behind(path, "createdAt%3E%3D", &from))
		return true;
	number_behind(path, "createdAt%3C", &until);
	if (t->created >= from && t->created < until)
		return true;
	if (!number_behind(path, "updatedAt%3E%3D", &changed))
		return false;
	number_behind(path, "updatedAt%3C", &end);
	return t->updated >= changed && t->updated < end;
}

static int newest_first(const void *x, const void *y)
{
	const struct truth *p = &a.alerts[*(const int *)x],
			   *q = &a.alerts[*(const int *)y];

	if (p->created != q->created)
		return p->created < q->created ? 1 : -1;
	return *(const int *)x < *(const int *)y ? 1 : -1;
}

static void put_alert(struct str *out, int i)
{
	const struct truth *t = &a.alerts[i];
	char created[TIME_TEXT], updated[TIME_TEXT];

	time_rfc3339(t->created, created);
	time_rfc3339(t->updated, updated);
	str_printf(out,
		"{\"id\":\"a%d\",\"status\":\"%s\",\"message\":\"m\",\"createdAt\":\"%"
		"s\","
		"\"updatedAt\":\"%s\",\"acknowledged\":%s,\"report\":{",
		i, t->closed ? "closed" : "open", created, updated,
		t->acked ? "true" : "false");
	if (t->acked)
		str_printf(out,
			"\"ackTime\":%" PRId64 ",\"acknowledgedBy\":\"ana@lab\"%s",
			t->acked - t->created, t->closed ? "," : "");
	if (t->closed)
		str_printf(out, "\"closeTime\":%" PRId64 ",\"closedBy\":\"%s\"",
			t->closed - t->created, i % 2 ? "ben@lab" : "System");
	str_puts(out, "}}");
}

/* Its status. */
static int serve(const char *path, struct str *out)
{
	static int order[MAX_ALERTS];
	bool oldest = strstr(path, "order=asc") != NULL;
	int64_t offset, limit;
	int n = 0;

	number_behind(path, "offset=", &offset);
	number_behind(path, "limit=", &limit);
	if (offset + limit > a.m->cap) {
		str_puts(
			out, "{\"message\":\"Sum of offset and limit should be lower\"}");
		return 422;
	}
	if (limit > a.m->clamp)
		limit = a.m->clamp;
	for (int i = 0; i < a.count; i++)
		if (matches(&a.alerts[i], path))
			order[n++] = i;
	qsort(order, (size_t)n, sizeof *order, newest_first);
	str_puts(out, "{\"data\":[");
	for (int i = (int)offset; i < n && i < offset + limit; i++) {
		if (i > offset)
			str_puts(out, ",");
		put_alert(out, order[oldest ? n - 1 - i : i]);
	}
	str_printf(out, "],\"paging\":{%s}}",
		offset + limit < n ? "\"next\":\"https://elsewhere/x\"" : "");
	return 200;
}

/* --- who keeps what is read --- */

static void keep(const struct batch *batch)
{
	for (size_t i = 0; i < batch->past_count; i++) {
		int64_t n = -1;
		struct kept *k;

		assert_true(untrusted_to_i64(
			untrusted_slice(batch->pasts[i].alert.texts[ALERT_ID], 1, 20),
			&n));
		assert_true(n >= 0 && n < a.count);
		k = &a.kept[n];
		k->here = true;
		k->resolved = batch->pasts[i].alert.state == ALERT_RESOLVED;
		if (k->resolved)
			assert_int_equal(
				!untrusted_empty(batch->pasts[i].resolved_by), n % 2);
	}
	for (size_t i = 0; i < batch->entry_count; i++) {
		const struct batch_entry *e = &batch->entries[i];
		int64_t n = -1;

		assert_true(untrusted_to_i64(untrusted_slice(e->incident, 1, 20), &n));
		if (e->kind == ENTRY_ACK)
			a.kept[n].acked = e->at;
		if (e->kind == ENTRY_RESOLVE)
			a.kept[n].closed = e->at;
	}
	if (batch->coverage)
		a.coverage = *batch->coverage;
}

/* What is said to be known is here, as it was when it was last looked at. */
static void check_known(void)
{
	struct span known = coverage_known(&a.coverage);

	for (int i = 0; i < a.count && known.until_at; i++)
		if (a.alerts[i].created >= known.from_at &&
			a.alerts[i].created < known.until_at &&
			a.alerts[i].created < a.now - 10 * MINUTE_MS && !a.kept[i].here)
			fail_msg("%s: a%d is said to be known", a.m->name, i);
}

static void read_until_whole(struct source_conf *conf)
{
	const struct source_kind *kind = opsgenie_source.past;
	struct source_window window = {0};
	void *state = NULL;
	int calm = 0, asks = 0;

	for (; asks < MAX_ASKS && calm < 3; asks++) {
		struct ask ask = {0};
		struct arena arena;
		struct answer answer;
		struct batch batch;
		struct err err;
		struct str body;

		arena_init(&arena, 64 << 20);
		if (!state) {
			conf->coverage = &a.coverage;
			state = mem_new(1, kind->state_size);
			assert_true(kind->start(state, conf, &err));
		}
		assert_true(kind->next(state, a.now, &window, &arena, &ask));
		if (ask.kind == ASK_WAIT) {
			/* A round was read behind the last that happened. */
			calm = a.coverage.began.until_at > a.changed_at + SECOND_MS &&
					       a.coverage.began.from_at <=
						       a.coverage.wanted_at
				       ? calm + 1
				       : 0;
			a.now = ask.until > a.now ? ask.until : a.now + 1000;
			arena_release(&arena);
			continue;
		}
		str_init(&body, 8 << 20);
		answer = (struct answer){.id = ask.id, .origin = "og", .now = a.now};
		answer.status = strstr(ask.path, "/teams") ? 403
				: chance(100) < a.m->fails ? 503
							   : serve(ask.path, &body);
		answer.body = untrusted_make(body.p, body.n);
		batch_init(&batch, &arena);
		if (kind->take(state, &answer, &batch, &err))
			keep(&batch);
		check_known();
		if (chance(100) < a.m->live && asks < 400)
			happen();
		a.now += 20;
		if (chance(1000) < a.m->kills) {
			kind->stop(state);
			mem_free(state);
			state = NULL;
		}
		str_release(&body);
		arena_release(&arena);
	}
	if (state) {
		kind->stop(state);
		mem_free(state);
	}
	if (asks == MAX_ASKS)
		fail_msg("%s: it does not end", a.m->name);
}

static void test_truth(void **unused)
{
	(void)unused;
	for (int seed = 0; seed < 3; seed++)
		for (size_t i = 0; i < sizeof miseries / sizeof *miseries; i++) {
			struct source_conf conf = {.name = "og",
				.url = "https://og",
				.every_ms = 15000,
				.timeout_ms = 4000,
				.since_at = NOW - 60 * DAY_MS,
				.seed = 1};

			memset(&a, 0, sizeof a);
			a.m = &miseries[i];
			a.now = NOW;
			a.seed = (uint64_t)seed * 77 + i + 1;
			for (int k = 0; k < (a.m->clamp == 1 ? 150 : 900); k++)
				add_alert(
					NOW - (int64_t)chance(70 * 24 * 3600) * 1000 - 1);
			for (int k = 0; a.m->burst && k < 700; k++)
				add_alert(NOW - 5 * DAY_MS + chance(900));
			read_until_whole(&conf);
			assert_int_equal(a.coverage.lacking.until_at != 0, a.m->burst);
			for (int k = 0; k < a.count; k++) {
				const struct truth *t = &a.alerts[k];

				if (t->created < conf.since_at || a.m->burst)
					continue;
				if (!a.kept[k].here || a.kept[k].acked != t->acked ||
					a.kept[k].closed != t->closed ||
					a.kept[k].resolved != (t->closed != 0))
					fail_msg("%s, seed %d: a%d is not as it was",
						a.m->name, seed, k);
			}
		}
}

/* What may be left out is: no log, nobody's name. */
static void test_fields(void **unused)
{
	static const char body[] = "{\"data\":[{\"id\":\"a1\",\"status\":\"closed\","
				   "\"owner\":\"ana@lab\",\"createdAt\":"
				   "\"2023-11-14T22:00:00Z\",\"acknowledged\":true,"
				   "\"report\":{\"ackTime\":60000,"
				   "\"acknowledgedBy\":\"ana@lab\",\"closeTime\":90000,"
				   "\"closedBy\":\"ben@lab\"}}]}";
	struct source_conf conf = {.name = "og",
		.url = "https://og",
		.every_ms = 15000,
		.left_out = FIELD_LOG | FIELD_PEOPLE,
		.since_at = NOW - DAY_MS};
	const struct source_kind *kind = opsgenie_source.past;
	struct source_window window = {0};
	void *state = mem_new(1, kind->state_size);
	struct arena arena;

	(void)unused;
	arena_init(&arena, 8 << 20);
	assert_true(kind->start(state, &conf, NULL));
	for (int i = 0; i < 2; i++) {
		struct answer answer = {
			.status = i ? 200 : 403, .origin = "og", .now = NOW};
		struct batch batch;
		struct ask ask = {0};
		struct err err;

		assert_true(kind->next(state, NOW, &window, &arena, &ask));
		answer.id = ask.id;
		answer.body = untrusted_str(body);
		batch_init(&batch, &arena);
		assert_true(kind->take(state, &answer, &batch, &err));
		if (!i)
			continue;
		assert_int_equal(batch.past_count, 1);
		assert_int_equal(batch.entry_count, 0);
		assert_true(untrusted_is(batch.pasts[0].resolved_by, "somebody"));
		assert_true(untrusted_is(
			batch.pasts[0].alert.texts[ALERT_ACKED_BY], "somebody"));
		assert_true(untrusted_empty(batch.pasts[0].alert.texts[ALERT_ASSIGNED]));
	}
	kind->stop(state);
	mem_free(state);
	arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_truth),
		cmocka_unit_test(test_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
