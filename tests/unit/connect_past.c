/* The past of an account that is read while it lives: whatever the server does (clamped
 * pages, caps, rows that move, duplicates, no totals, failures) and whenever the reader
 * is killed, the store ends with what the account holds: each incident once, with its
 * state, its first acknowledgement and its end. Many accounts, each from its own seed. */
#include "base/alloc.h"
#include "base/json.h"
#include "base/str.h"
#include "base/time.h"
#include "connect/source.h"
#include "store/past.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "store_place.h"
#include <cmocka.h>

enum { MAX_INCIDENTS = 6000, MAX_ENTRIES = 30000, MAX_ASKS = 40000 };

struct incident {
	int64_t created, acked, resolved; /* s */
	bool deleted, low;
	int service; /* of four; it belongs to team service % 2 */
};

struct entry {
	int64_t at;
	int incident;
	const char *type;
};

/* What goes wrong, one for each kind of misery. */
struct misery {
	const char *name;
	int clamp;     /* rows of a page at most; 0: as asked */
	int cap;       /* offset + limit beyond is refused */
	int live;      /* of 100 asks, those after which something happens */
	int deletes;   /* of 100 happenings, those that delete */
	int twice;     /* of 100 rows, those that come twice */
	int fails;     /* of 100 asks */
	int kills;     /* of 1000 asks */
	int lost;      /* of 100 pages, those that the store does not get */
	bool no_total; /* null */
	bool bursts;   /* hundreds within a second */
	bool no_entries;
};

static const struct misery miseries[] = {
	{"calm", 0, 10000, 0, 0, 0, 0, 0, 0, false, false, false},
	{"clamped", 37, 10000, 0, 0, 0, 0, 0, 0, false, false, false},
	{"one row a page", 1, 10000, 0, 0, 0, 0, 0, 0, true, false, false},
	{"cap", 0, 600, 0, 0, 0, 0, 0, 0, false, false, false},
	{"cap, no totals", 0, 600, 0, 0, 0, 0, 0, 0, true, false, false},
	{"alive", 0, 10000, 30, 0, 0, 0, 0, 0, false, false, false},
	{"moving", 60, 10000, 30, 60, 0, 0, 0, 0, true, false, false},
	{"moving, with totals", 60, 10000, 30, 60, 0, 0, 0, 0, false, false, false},
	{"twice", 0, 10000, 10, 0, 20, 0, 0, 0, true, false, false},
	{"failing", 0, 10000, 10, 0, 0, 20, 0, 0, false, false, false},
	{"killed", 0, 10000, 10, 0, 0, 0, 80, 0, false, false, false},
	{"store that refuses", 0, 10000, 10, 0, 0, 0, 0, 20, false, false, false},
	{"bursts", 0, 900, 5, 0, 0, 0, 0, 0, true, true, false},
	{"no logs in the plan", 0, 10000, 0, 0, 0, 0, 20, 0, false, false, true},
	{"all of it", 23, 900, 20, 20, 10, 5, 30, 5, true, true, false},
};

/* What is taken of the account; the log cannot be asked for by service or urgency. */
static const struct taken {
	const char *filter;
	unsigned services, teams, urgencies; /* bits of those that pass */
	unsigned left_out;
} takings[] = {
	{NULL, 15, 3, 3, 0},
	{"service=S1", 2, 3, 3, 0},
	{"service=S0,S2 urgency=high", 5, 3, 1, 0},
	{"team=T1", 15, 2, 3, 0},
	{"team=T0 urgency=low service=S1,S2", 6, 1, 2, 0},
	{"urgency=low", 15, 3, 2, FIELD_PEOPLE},
	{"service=S3", 8, 3, 3, FIELD_LOG},
};

struct world {
	const struct misery *m;
	const struct taken *taken;
	uint64_t seed;
	int64_t now; /* ms */
	struct incident incidents[MAX_INCIDENTS];
	int count;
	struct entry entries[MAX_ENTRIES];
	int entry_count;
	struct db *db;
	void *state;
	struct source_conf conf;
	struct coverage kept;
	int asks;
};

static struct world w;

static int chance(int n)
{
	w.seed = w.seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return n > 0 ? (int)((w.seed >> 33) % (uint64_t)n) : 0;
}

/* --- the account --- */

static void note(int64_t at, int incident, const char *type)
{
	assert_true(w.entry_count < MAX_ENTRIES);
	w.entries[w.entry_count++] = (struct entry){at, incident, type};
}

static void trigger(int64_t at)
{
	if (w.count == MAX_INCIDENTS)
		return;
	w.incidents[w.count] = (struct incident){
		.created = at, .low = chance(4) == 0, .service = chance(4)};
	note(at, w.count++, "trigger");
}

static void acknowledge(int i, int64_t at)
{
	if (w.incidents[i].acked || w.incidents[i].resolved)
		return;
	w.incidents[i].acked = at;
	note(at, i, "acknowledge");
}

static void resolve(int i, int64_t at)
{
	if (w.incidents[i].resolved)
		return;
	w.incidents[i].resolved = at;
	note(at, i, "resolve");
}

static int by_time(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static void populate(int count)
{
	static int64_t at[MAX_INCIDENTS];
	int64_t now = w.now / SECOND_MS;

	for (int i = 0; i < count; i++) {
		at[i] = now - 300 - chance(40 * 86400);
		if (w.m->bursts && i % 3)
			at[i] = at[i - 1] + (chance(40) == 0);
	}
	qsort(at, (size_t)count, sizeof *at, by_time);
	for (int i = 0; i < count; i++) {
		trigger(at[i]);
		if (chance(3))
			acknowledge(i, at[i] + chance(200));
		if (chance(20))
			resolve(i, at[i] + 200 + chance(90));
	}
}

static void happen(void)
{
	int64_t now = w.now / SECOND_MS;
	int i = chance(w.count), what = chance(100);

	if (what < w.m->deletes)
		w.incidents[i].deleted = true;
	else if (what % 3 == 0)
		trigger(now);
	else if (what % 3 == 1)
		resolve(i, now);
	else
		acknowledge(i, now);
}

/* --- its API --- */

struct query {
	bool entries, all, ascending, total, include;
	unsigned services, teams, urgencies;
	int64_t since, until;
	int limit, offset;
};

static int64_t moment(const char *path, const char *name)
{
	const char *at = strstr(path, name);
	char text[40];
	int64_t ms = 0;
	size_t n = 0;

	if (!at)
		return 0;
	for (at += strlen(name); *at && *at != '&' && n < sizeof text - 1; at++) {
		if (!strncmp(at, "%3A", 3)) {
			text[n++] = ':';
			at += 2;
		} else {
			text[n++] = *at;
		}
	}
	text[n] = '\0';
	assert_true(time_parse(text, &ms));
	return ms / SECOND_MS;
}

/* The values of a parameter as bits; none of them: all. */
static unsigned chosen(const char *path, const char *name, const char *const *values)
{
	unsigned bits = 0;

	for (; (path = strstr(path, name)); path++)
		for (int i = 0; values[i]; i++)
			if (!strncmp(path + strlen(name), values[i], strlen(values[i])))
				bits |= 1U << i;
	return bits ? bits : 15;
}

static bool is_taken(int i)
{
	const struct incident *in = &w.incidents[i];

	return w.taken->services >> in->service & 1 &&
	       w.taken->teams >> in->service % 2 & 1 && w.taken->urgencies >> in->low & 1;
}

static struct query parse(const char *path)
{
	static const char *const services[] = {"S0", "S1", "S2", "S3", NULL},
				 *const teams[] = {"T0", "T1", NULL},
				 *const urgencies[] = {"high", "low", NULL};
	const char *limit = strstr(path, "limit="), *offset = strstr(path, "offset=");
	struct query q = {.entries = !strncmp(path, "/log_entries?", 13),
		.all = strstr(path, "date_range=all") != NULL,
		.ascending = strstr(path, "%3Aasc") != NULL,
		.total = strstr(path, "total=true") != NULL,
		.include = strstr(path, "include%5B%5D=incidents") != NULL,
		.since = moment(path, "since="),
		.until = moment(path, "until=")};

	assert_non_null(limit);
	assert_non_null(offset);
	q.services = chosen(path, "service_ids%5B%5D=", services);
	q.teams = chosen(path, "team_ids%5B%5D=", teams);
	q.urgencies = chosen(path, "urgencies%5B%5D=", urgencies);
	assert_true(!q.entries || (q.services == 15 && q.urgencies == 15));
	q.limit = atoi(limit + 6);
	q.offset = atoi(offset + 7);
	assert_in_range(q.limit, 1, 100);
	if (!q.all) {
		assert_true(q.since && q.until && q.since < q.until);
		assert_true(q.until - q.since <= 31 * 86400);
	}
	return q;
}

static void put_moment(struct json_out *o, const char *name, int64_t s)
{
	json_put_time(o, name, s * SECOND_MS);
}

static void put_service(struct json_out *o, int i)
{
	char id[20];

	snprintf(id, sizeof id, "S%d", w.incidents[i].service);
	json_open(o, "service", '{');
	json_put_str(o, "id", id);
	json_shut(o, '}');
}

static void put_incident(struct json_out *o, const char *name, int i)
{
	const struct incident *in = &w.incidents[i];
	char id[20];

	snprintf(id, sizeof id, "Q%d", i);
	json_open(o, name, '{');
	json_put_str(o, "id", id);
	json_put_i64(o, "incident_number", i + 1);
	json_put_str(o, "title", "disk full");
	json_put_str(o, "urgency", in->low ? "low" : "high");
	put_service(o, i);
	if (in->resolved) {
		json_open(o, "last_status_change_by", '{');
		json_put_str(o, "type", "user_reference");
		json_put_str(o, "summary", "Ben");
		json_shut(o, '}');
	}
	json_put_str(o, "status",
		in->resolved ? "resolved"
		: in->acked  ? "acknowledged"
			     : "triggered");
	put_moment(o, "created_at", in->created);
	if (in->resolved)
		put_moment(o, "resolved_at", in->resolved);
	json_shut(o, '}');
}

static void put_entry(struct json_out *o, int e, bool include)
{
	const struct entry *entry = &w.entries[e];
	char id[20], type[40];

	snprintf(id, sizeof id, "R%d", e);
	snprintf(type, sizeof type, "%s_log_entry", entry->type);
	json_open(o, NULL, '{');
	json_put_str(o, "id", id);
	json_put_str(o, "type", type);
	put_moment(o, "created_at", entry->at);
	json_open(o, "agent", '{');
	json_put_str(o, "type", "user_reference");
	json_put_str(o, "summary", "Ana");
	json_shut(o, '}');
	json_put_str(o, "summary", "Ana did it");
	put_service(o, entry->incident);
	if (include) {
		put_incident(o, "incident", entry->incident);
	} else {
		snprintf(id, sizeof id, "Q%d", entry->incident);
		json_open(o, "incident", '{');
		json_put_str(o, "id", id);
		json_shut(o, '}');
	}
	json_shut(o, '}');
}

static bool listed(const struct query *q, int i)
{
	const struct incident *in = &w.incidents[q->entries ? w.entries[i].incident : i];
	int64_t at = q->entries ? w.entries[i].at : in->created;

	return !in->deleted && q->services >> in->service & 1 &&
	       q->teams >> in->service % 2 & 1 && q->urgencies >> in->low & 1 &&
	       (q->all || (at >= q->since && at < q->until));
}

static int compare_entries(const void *a, const void *b)
{
	const struct entry *x = &w.entries[*(const int *)a],
			   *y = &w.entries[*(const int *)b];

	if (x->at != y->at)
		return x->at < y->at ? 1 : -1;
	return *(const int *)a < *(const int *)b ? 1 : -1;
}

static int respond(const char *path, struct str *body)
{
	static int rows[MAX_ENTRIES];
	struct query q = parse(path);
	int limit = w.m->clamp && q.limit > w.m->clamp ? w.m->clamp : q.limit, n = 0;
	struct json_out o;

	if (q.entries && w.m->no_entries) {
		str_puts(body, "{\"error\":{\"message\":\"no\",\"code\":2012}}");
		return 402;
	}
	if (q.offset + q.limit > w.m->cap) {
		str_puts(body, "{\"error\":{\"message\":\"Arguments Caused Error\","
			       "\"errors\":[\"Offset+limit exceeds maximum\"]}}");
		return 400;
	}
	for (int i = (q.entries ? w.entry_count : w.count); i-- > 0;)
		if (listed(&q, i))
			rows[n++] = i;
	if (q.entries)
		qsort(rows, (size_t)n, sizeof *rows, compare_entries);
	json_begin(&o, body);
	json_open(&o, NULL, '{');
	json_open(&o, q.entries ? "log_entries" : "incidents", '[');
	for (int k = q.offset; k < n && k < q.offset + limit; k++)
		for (int again = chance(100) < w.m->twice ? 2 : 1; again; again--)
			if (q.entries)
				put_entry(&o, rows[k], q.include);
			else
				put_incident(&o, NULL, rows[q.ascending ? n - 1 - k : k]);
	json_shut(&o, ']');
	json_put_i64(&o, "limit", limit);
	json_put_i64(&o, "offset", q.offset);
	json_put_bool(&o, "more", q.offset + limit < n);
	if (q.total && !w.m->no_total)
		json_put_i64(&o, "total", n);
	json_shut(&o, '}');
	return 200;
}

/* --- the reader, and what keeps what it read --- */

static void reader_open(void)
{
	w.conf.coverage = &w.kept;
	w.state = mem_new(1, pagerduty_source.past->state_size);
	assert_true(pagerduty_source.past->start(w.state, &w.conf, NULL));
}

static void reader_close(void)
{
	pagerduty_source.past->stop(w.state);
	mem_free(w.state);
}

/* As app/history_pull.c does it: a page that is not kept begins the reading anew. */
static void keep(const struct batch *batch)
{
	struct past_page page = {.source = untrusted_str("pd"),
		.scope = untrusted_str(""),
		.pasts = batch->pasts,
		.past_count = batch->past_count,
		.entries = batch->entries,
		.entry_count = batch->entry_count,
		.coverage = batch->coverage};
	struct err err;

	assert_true(db_begin(w.db, &err));
	assert_true(past_put(w.db, &page, &err));
	if (chance(100) < w.m->lost) {
		db_rollback(w.db);
		reader_close();
		reader_open();
		return;
	}
	assert_true(db_commit(w.db, &err));
	if (batch->coverage)
		w.kept = *batch->coverage;
}

static void one_ask(void)
{
	struct source_window window = {0};
	struct arena arena, batch_arena;
	struct answer answer = {.origin = "pd"};
	struct ask ask = {0};
	struct batch batch;
	struct err err = {0};
	struct str body;
	bool ok;

	arena_init(&arena, 1 << 20);
	arena_init(&batch_arena, 64 << 20);
	batch_init(&batch, &batch_arena);
	str_init(&body, 16 << 20);
	assert_true(pagerduty_source.past->next(w.state, w.now, &window, &arena, &ask));
	if (ask.kind == ASK_WAIT) {
		assert_true(ask.until > w.now);
		w.now = ask.until;
	} else {
		w.asks++;
		w.now += 20 + chance(100);
		answer.id = ask.id;
		answer.now = w.now;
		answer.status = chance(100) < w.m->fails ? 500 : respond(ask.path, &body);
		answer.body = untrusted_make(body.p, body.n);
		ok = pagerduty_source.past->take(w.state, &answer, &batch, &err);
		assert_true(ok || answer.status == 500);
		if (ok)
			keep(&batch);
	}
	str_release(&body);
	arena_release(&batch_arena);
	arena_release(&arena);
}

static bool without_log(void)
{
	return w.m->no_entries || w.taken->left_out & FIELD_LOG;
}

static bool read_all(void)
{
	return w.kept.began.until_at && w.kept.wanted_at &&
	       w.kept.began.from_at <= w.kept.wanted_at &&
	       (without_log() || w.kept.entries.from_at <= w.kept.began.from_at);
}

static void live_through(void)
{
	int64_t quiet_at;

	while (!read_all() && w.asks < MAX_ASKS) {
		one_ask();
		if (chance(100) < w.m->live)
			happen();
		if (chance(1000) < w.m->kills) {
			reader_close();
			reader_open();
		}
	}
	assert_true(w.asks < MAX_ASKS);
	quiet_at = w.now;
	while (w.kept.began.until_at < quiet_at + 30 * SECOND_MS && w.asks < MAX_ASKS)
		one_ask();
}

/* --- the truth --- */

static const struct past_row *row_of(const struct past_rows *rows, int i)
{
	for (size_t k = 0; k < rows->count; k++)
		if (rows->rows[k].number == (uint32_t)i + 1)
			return &rows->rows[k];
	return NULL;
}

static void check_one(const struct past_rows *rows, int i)
{
	const struct incident *in = &w.incidents[i];
	const struct past_row *row = row_of(rows, i);

	if (!row)
		fail_msg("%s: incident %d is missing", w.m->name, i);
	assert_int_equal(row->incident.started_at, in->created * SECOND_MS);
	assert_int_equal(row->incident.ended_at, in->resolved * SECOND_MS);
	assert_int_equal(row->incident.state == ALERT_RESOLVED, in->resolved != 0);
	assert_int_equal(row->urgency, in->low ? URGENCY_LOW : URGENCY_HIGH);
	if (w.taken->left_out & FIELD_PEOPLE && !untrusted_empty(row->resolved_by))
		assert_true(untrusted_is(row->resolved_by, "somebody"));
	else if (in->resolved)
		assert_true(untrusted_is(row->resolved_by, "Ben"));
	if (!without_log())
		assert_int_equal(row->taken_at, in->acked * SECOND_MS);
}

/* The log of what is not taken is not here, and nobody's name where people are not. */
static void check_log(struct arena *arena, int i)
{
	struct past_entries log;
	char id[20];
	struct err err;

	snprintf(id, sizeof id, "Q%d", i);
	assert_true(past_log(
		w.db, arena, untrusted_str("pd"), untrusted_str(id), &log, &err));
	if (!is_taken(i) || without_log())
		assert_int_equal(log.count, 0);
	for (size_t k = 0; w.taken->left_out & FIELD_PEOPLE && k < log.count; k++) {
		assert_true(untrusted_is(log.rows[k].who, "somebody"));
		assert_true(untrusted_empty(log.rows[k].text));
	}
}

static void check_truth(void)
{
	struct arena page;
	size_t wanted = 0;
	struct span all = {1, w.now + DAY_MS};
	struct past_rows rows;
	struct arena arena;
	struct err err;

	arena_init(&arena, 256 << 20);
	assert_true(past_list(w.db, &arena, all, PAST_MAX_LIST, &rows, &err));
	assert_int_equal(rows.total, rows.count);
	for (int i = 0; i < w.count; i++) {
		wanted += is_taken(i) && !w.incidents[i].deleted;
		if (is_taken(i) && !w.incidents[i].deleted)
			check_one(&rows, i);
		else if (!is_taken(i))
			assert_null(row_of(&rows, i));
	}
	/* What was deleted upstream may have been read before. */
	assert_true(rows.count >= wanted && (w.m->deletes || rows.count == wanted));
	for (int i = 0; i < w.count; i += 7) {
		arena_init(&page, 4 << 20);
		check_log(&page, i);
		arena_release(&page);
	}
	for (size_t i = 1; i < rows.count; i++)
		assert_true(rows.rows[i].number != rows.rows[i - 1].number);
	assert_true(rows.count <= (size_t)w.count);
	assert_int_equal(w.kept.lacking.until_at, 0);
	assert_int_equal(coverage_of(&w.kept, (struct span){1, w.now}, 40 * SECOND_MS),
		COVERAGE_COMPLETE);
	assert_int_equal(w.kept.no_entries, without_log());
	arena_release(&arena);
}

static void live_begin(const struct misery *m, const struct taken *taken, uint64_t seed)
{
	struct store_config config;
	struct err err = {0};

	memset(&w, 0, sizeof w);
	w.m = m;
	w.taken = taken;
	w.seed = seed;
	w.now = INT64_C(1700000000000);
	w.conf = (struct source_conf){.name = "pd",
		.url = "http://pd",
		.every_ms = 5000,
		.timeout_ms = 4000,
		.filter = taken->filter,
		.left_out = taken->left_out,
		.since_at = 1};
	folder_make();
	config = config_here();
	w.db = store_open_here(&config, NULL, &err);
	assert_non_null(w.db);
}

static void live_end(void)
{
	reader_close();
	db_close(w.db);
	folder_remove();
}

static void test_truth(void **unused)
{
	(void)unused;
	for (size_t i = 0; i < sizeof miseries / sizeof *miseries; i++)
		for (uint64_t seed = 1; seed <= 3; seed++) {
			live_begin(&miseries[i], &takings[0], seed * 7919 + i);
			populate(miseries[i].clamp == 1 ? 300 : 200 + chance(1500));
			reader_open();
			live_through();
			check_truth();
			live_end();
		}
}

/* Whatever is chosen: here is what the account holds of it, no more and no less. */
static void test_filtered(void **unused)
{
	(void)unused;
	for (size_t k = 1; k < sizeof takings / sizeof *takings; k++)
		for (size_t i = 0; i < sizeof miseries / sizeof *miseries; i++) {
			live_begin(&miseries[i], &takings[k], 31 * k + i);
			populate(150 + chance(350));
			reader_open();
			live_through();
			check_truth();
			live_end();
		}
}

/* What cannot be had is said, and only of the time where it is so. */
static void test_lacking(void **unused)
{
	static const struct misery m = {.name = "too many in a second", .cap = 300};
	struct span all, before, after;
	int64_t at;

	(void)unused;
	live_begin(&m, &takings[0], 1);
	populate(100);
	at = w.now / SECOND_MS - 100;
	for (int i = 0; i < 400; i++)
		trigger(at);
	all = (struct span){1, w.now};
	before = (struct span){1, at * SECOND_MS};
	after = (struct span){(at + 1) * SECOND_MS, w.now};
	reader_open();
	live_through();
	assert_int_equal(w.kept.lacking.from_at, at * SECOND_MS);
	assert_int_equal(w.kept.lacking.until_at, (at + 1) * SECOND_MS);
	assert_int_equal(coverage_of(&w.kept, all, 0), COVERAGE_PARTIAL);
	assert_int_equal(coverage_of(&w.kept, before, 0), COVERAGE_COMPLETE);
	assert_int_equal(coverage_of(&w.kept, after, 0), COVERAGE_COMPLETE);
	live_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_truth),
		cmocka_unit_test(test_filtered),
		cmocka_unit_test(test_lacking),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
