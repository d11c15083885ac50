/* The outbox and the acknowledgements over a database: what waits is claimed once, in
 * order, and settled only by who claimed it. */
#include "base/str.h"
#include "base/text.h"
#include "store/ack.h"
#include "store/lease.h"
#include "store/outbox.h"

#include <setjmp.h>
#include <stdarg.h>

#include "store_place.h"
#include <cmocka.h>

static struct db *db;
static struct arena arena;
static struct err err;

static struct untrusted u(const char *text)
{
	return untrusted_str(text);
}

static int set_up(void **unused)
{
	struct store_config config;

	(void)unused;
	folder_make();
	config = config_here();
	test_now = INT64_C(1795000000000);
	db = store_open_here(&config, NULL, &err);
	arena_init(&arena, 64 << 20);
	return !db;
}

static int tear_down(void **unused)
{
	(void)unused;
	arena_release(&arena);
	db_close(db);
	folder_remove();
	return 0;
}

static struct outbox_row row_of(enum action_verb verb, const char *target)
{
	struct outbox_row row = {.action = {.verb = verb},
		.profile = u("prod"),
		.source = u("pd"),
		.expected_state = 1,
		.expected_at = 77,
		.audit_seq = 9};

	id_new(++test_now, row.action.id);
	row.action.texts[ACTION_TARGET] = u(target);
	row.action.texts[ACTION_TITLE] = u("t\x1b[31m'; DROP TABLE outbox; --");
	row.action.texts[ACTION_BODY] = u("body");
	row.action.texts[ACTION_WHOM] = u("2");
	row.action.texts[ACTION_MATCHERS] = u("[]");
	row.action.texts[ACTION_BY] = u("ada@here");
	row.action.until_at = 123;
	return row;
}

static struct outbox_claim claim_by(const char *owner)
{
	return (struct outbox_claim){.profile = "prod",
		.source = "pd",
		.owner = owner,
		.now = test_now,
		.abandoned_before = test_now - 60000,
		.limit = 100};
}

static size_t claimed(const char *owner, struct outbox_rows *out)
{
	const struct outbox_claim claim = claim_by(owner);

	assert_true(outbox_claim(db, &claim, &arena, out, &err));
	return out->count;
}

static void settle(const char *owner, struct outbox_row row, enum outbox_state state)
{
	row.state = state;
	row.error = u("why");
	row.result = u("made");
	assert_true(outbox_settle(db, owner, &row, 1, &err));
}

static enum outbox_state state_of(const char *id)
{
	struct outbox_rows list;

	assert_true(outbox_list(db, &arena, OUTBOX_MAX_LIST, &list, &err));
	for (size_t i = 0; i < list.count; i++)
		if (!strcmp(list.rows[i].action.id, id))
			return list.rows[i].state;
	fail_msg("%s is not in the list", id);
	return OUTBOX_STATE_COUNT;
}

static void test_round(void **unused)
{
	struct outbox_row row = row_of(ACTION_SNOOZE, "Q1");
	struct outbox_rows got;
	const struct outbox_row *r;

	(void)unused;
	assert_true(outbox_add(db, &row, 1, &err));
	assert_int_equal(claimed("me", &got), 1);
	r = &got.rows[0];
	assert_string_equal(r->action.id, row.action.id);
	assert_int_equal(r->action.verb, ACTION_SNOOZE);
	assert_int_equal(r->action.attempts, 0);
	assert_int_equal(r->action.until_at, 123);
	assert_int_equal(r->expected_state, 1);
	assert_int_equal(r->expected_at, 77);
	assert_int_equal(r->audit_seq, 9);
	for (int t = 0; t < ACTION_TEXT_COUNT; t++)
		assert_true(untrusted_eq(r->action.texts[t], row.action.texts[t]));
	/* It is out: nobody gets it again, and only its claimer can settle it. */
	assert_int_equal(claimed("me", &got), 0);
	assert_int_equal(claimed("other", &got), 0);
	settle("other", row, OUTBOX_FAILED);
	assert_int_equal(state_of(row.action.id), OUTBOX_SENDING);
	settle("me", row, OUTBOX_CONFIRMED);
	assert_int_equal(state_of(row.action.id), OUTBOX_CONFIRMED);
	settle("me", row, OUTBOX_WAITING);
	assert_int_equal(state_of(row.action.id), OUTBOX_CONFIRMED);
}

static void test_order(void **unused)
{
	struct outbox_row rows[] = {row_of(ACTION_ACKNOWLEDGE, "Q1"),
		row_of(ACTION_ACKNOWLEDGE, "Q2"), row_of(ACTION_RESOLVE, "Q1"),
		row_of(ACTION_ACKNOWLEDGE, "Q3")};
	struct outbox_rows got;

	(void)unused;
	rows[3].next_at = test_now + 5000;
	assert_true(outbox_add(db, rows, 4, &err));
	/* The resolve waits for the acknowledgement of the same incident. */
	assert_int_equal(claimed("me", &got), 2);
	assert_string_equal(got.rows[0].action.id, rows[0].action.id);
	assert_string_equal(got.rows[1].action.id, rows[1].action.id);
	assert_int_equal(claimed("me", &got), 0);
	settle("me", rows[1], OUTBOX_CONFIRMED);
	assert_int_equal(claimed("me", &got), 0);
	settle("me", rows[0], OUTBOX_FAILED);
	assert_int_equal(claimed("me", &got), 1);
	assert_int_equal(got.rows[0].action.verb, ACTION_RESOLVE);
	test_now += 6000;
	assert_int_equal(claimed("me", &got), 1);
	assert_string_equal(got.rows[0].action.id, rows[3].action.id);
}

static void test_scope(void **unused)
{
	struct outbox_row rows[] = {row_of(ACTION_NOTE, "Q1"), row_of(ACTION_NOTE, "Q2")};
	struct outbox_rows got;

	(void)unused;
	rows[0].profile = u("staging");
	rows[1].source = u("other");
	assert_true(outbox_add(db, rows, 2, &err));
	assert_int_equal(claimed("me", &got), 0);
}

static void test_abandoned(void **unused)
{
	struct outbox_row row = row_of(ACTION_NOTE, "Q1");
	struct outbox_rows got;

	(void)unused;
	assert_true(outbox_add(db, &row, 1, &err));
	assert_int_equal(claimed("dead", &got), 1);
	test_now += 30000;
	assert_int_equal(claimed("me", &got), 0);
	test_now += 40000;
	assert_int_equal(claimed("me", &got), 1);
	/* It may have taken effect: whoever sends it must look first. */
	assert_int_equal(got.rows[0].action.attempts, 1);
	settle("dead", row, OUTBOX_FAILED);
	assert_int_equal(state_of(row.action.id), OUTBOX_SENDING);
}

static void test_by_hand(void **unused)
{
	struct outbox_row row = row_of(ACTION_RESOLVE, "Q1");
	struct outbox_rows got;
	bool changed;

	(void)unused;
	assert_true(outbox_add(db, &row, 1, &err));
	claimed("me", &got);
	assert_true(outbox_cancel(db, row.action.id, &changed, &err));
	assert_false(changed);
	settle("me", row, OUTBOX_HELD);
	assert_true(outbox_retry(db, row.action.id, &changed, &err));
	assert_true(changed);
	assert_int_equal(claimed("me", &got), 1);
	assert_int_equal(got.rows[0].expected_state, -1);
	settle("me", row, OUTBOX_WAITING);
	assert_true(outbox_cancel(db, row.action.id, &changed, &err));
	assert_true(changed);
	assert_int_equal(claimed("me", &got), 0);
	assert_int_equal(state_of(row.action.id), OUTBOX_CANCELLED);
	assert_true(outbox_retry(db, "nothing", &changed, &err));
	assert_false(changed);
}

static void test_list(void **unused)
{
	struct outbox_row rows[] = {row_of(ACTION_NOTE, "Q1"),
		row_of(ACTION_ACKNOWLEDGE, "Q2"), row_of(ACTION_NOTE, "Q3")};
	struct outbox_rows list;
	uint64_t before, mark;
	bool changed;

	(void)unused;
	rows[1].state = OUTBOX_CONFIRMED;
	rows[2].state = OUTBOX_CONFIRMED;
	assert_true(outbox_mark(db, &before, &err));
	assert_true(outbox_add(db, rows, 3, &err));
	assert_true(outbox_mark(db, &mark, &err));
	assert_true(mark != before);
	assert_true(outbox_mark(db, &before, &err));
	assert_true(mark == before);
	assert_true(outbox_list(db, &arena, 2, &list, &err));
	assert_int_equal(list.count, 2);
	assert_string_equal(list.rows[0].action.id, rows[0].action.id);
	assert_string_equal(list.rows[1].action.id, rows[2].action.id);
	assert_true(outbox_cancel(db, rows[0].action.id, &changed, &err) && changed);
	assert_true(outbox_mark(db, &mark, &err));
	assert_true(mark != before);
	assert_false(outbox_list(db, &arena, 0, &list, &err));
	assert_false(outbox_add(db, rows, OUTBOX_MAX_LIST + 1, &err));
}

static void test_marker(void **unused)
{
	struct action a = {.id = "01a1fc5a-0ad0-7f69-8df0-3b80c04116e6"};
	char marker[ACTION_MARKER];

	(void)unused;
	assert_string_equal(action_marker(&a, marker), "3b80c04116e6");
	for (int v = 0; v < ACTION_VERB_COUNT; v++)
		assert_int_equal(action_verb_find(u(action_verbs[v].name)), v);
	assert_int_equal(action_verb_find(u("destroy")), ACTION_VERB_COUNT);
}

static void test_acks(void **unused)
{
	struct ack_row rows[] = {
		{u("prom"), u("a1"), u("ada"), 5, 1, 100},
		{u("prom"), u("a2"), u("ben"), 6, 2, 200},
	};
	struct ack_rows list;

	(void)unused;
	assert_true(ack_put(db, rows, 2, &err));
	rows[0].acked_at = 300;
	assert_true(ack_put(db, rows, 1, &err));
	assert_true(ack_list(db, &arena, &list, &err));
	assert_int_equal(list.count, 2);
	assert_true(untrusted_is(list.rows[0].acked_by, "ada"));
	assert_int_equal(list.rows[0].acked_at, 300);
	assert_int_equal(list.rows[1].shape, 2);
	assert_true(ack_remove(db, rows, 1, &err));
	assert_true(ack_trim(db, 150, &err));
	assert_true(ack_list(db, &arena, &list, &err));
	assert_int_equal(list.count, 1);
	assert_true(ack_trim(db, 250, &err));
	assert_true(ack_list(db, &arena, &list, &err));
	assert_int_equal(list.count, 0);
}

/* What another profile's oogway has claimed is its own, however long it takes. */
static void test_abandoned_elsewhere(void **unused)
{
	struct outbox_row row = row_of(ACTION_NOTE, "Q1");
	struct outbox_rows got;
	struct outbox_claim other = claim_by("b");

	(void)unused;
	assert_true(outbox_add(db, &row, 1, &err));
	assert_int_equal(claimed("a", &got), 1);
	test_now += 100000;
	other = claim_by("b");
	other.profile = "lab";
	assert_true(outbox_claim(db, &other, &arena, &got, &err));
	assert_int_equal(state_of(row.action.id), OUTBOX_SENDING);
	other.profile = "prod";
	other.source = "pd2";
	assert_true(outbox_claim(db, &other, &arena, &got, &err));
	assert_int_equal(state_of(row.action.id), OUTBOX_SENDING);
	assert_int_equal(claimed("b", &got), 1);
}

/* A row of another version holds up no other. */
static void test_unknown_verb(void **unused)
{
	struct outbox_row rows[2] = {row_of(ACTION_ACKNOWLEDGE, "Q1")};
	struct outbox_rows got;

	(void)unused;
	rows[1] = row_of(ACTION_RESOLVE, "Q2");
	assert_true(outbox_add(db, rows, 2, &err));
	assert_true(db_run(db, "UPDATE outbox SET verb = 'teleport' WHERE id = $1",
		DB_ARGS(bind_text(rows[0].action.id)), &err));
	assert_int_equal(claimed("a", &got), 1);
	assert_string_equal(got.rows[0].action.id, rows[1].action.id);
}

/* A clock that was a year ahead: what was written then still goes on. */
static void test_clock_set_back(void **unused)
{
	struct outbox_row rows[2] = {
		row_of(ACTION_NOTE, "Q1"), row_of(ACTION_NOTE, "Q2")};
	struct outbox_rows got;
	int64_t year = INT64_C(365) * 86400000;

	(void)unused;
	test_now += year;
	assert_true(outbox_add(db, rows, 1, &err));
	assert_int_equal(claimed("a", &got), 1);
	rows[0].next_at = test_now + 5000;
	settle("a", rows[0], OUTBOX_WAITING);
	test_now -= year;
	assert_int_equal(claimed("a", &got), 1);
	settle("a", rows[0], OUTBOX_CONFIRMED);
	/* Claimed then, by one that is gone. */
	test_now += year;
	assert_true(outbox_add(db, rows + 1, 1, &err));
	assert_int_equal(claimed("gone", &got), 1);
	test_now -= year;
	assert_int_equal(claimed("b", &got), 1);
}

static void test_lease_set_back(void **unused)
{
	struct lease_claim claim = {"actions prod", "gone", 20000};
	struct lease lease;

	(void)unused;
	test_now += 86400000;
	assert_true(lease_take(db, &claim, &lease, &err));
	test_now -= 86400000;
	claim.owner = "b";
	assert_true(lease_take(db, &claim, &lease, &err));
	assert_true(lease.mine);
	/* One that is a moment ahead is only younger. */
	test_now -= 1000;
	claim.owner = "c";
	assert_true(lease_take(db, &claim, &lease, &err));
	assert_false(lease.mine);
}

#define ROW(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROW(test_round),
		ROW(test_order),
		ROW(test_scope),
		ROW(test_abandoned),
		ROW(test_by_hand),
		ROW(test_list),
		ROW(test_marker),
		ROW(test_acks),
		ROW(test_abandoned_elsewhere),
		ROW(test_unknown_verb),
		ROW(test_clock_set_back),
		ROW(test_lease_set_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
