/* Shifts and follow-ups over a database: a mail and its rows are kept together or not at
 * all, a shift is sent and accepted once, follow-ups stay until they are closed. */
#include "store/shift.h"

#include <setjmp.h>
#include <stdarg.h>

#include "store_place.h"
#include <cmocka.h>

static struct db *db;
static struct arena arena;
static struct err err;
static const struct shift_key key = {"prod", "primary", 1000, 2000};

static int set_up(void **unused)
{
	struct store_config config;

	(void)unused;
	folder_make();
	config = config_here();
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

static bool send_to(const char *address, bool again)
{
	struct outbox_row row = {.action = {.verb = ACTION_MAIL},
		.profile = untrusted_str("prod"),
		.source = untrusted_str("handoff primary")};
	struct shift_mail mail = {.subject = "s",
		.code = "c0de",
		.by = "ada",
		.message = "bytes\0more",
		.message_n = 10,
		.rows = &row,
		.count = 1,
		.again = again};
	bool fine;

	id_new(++test_now, row.action.id);
	row.action.texts[ACTION_TARGET] = untrusted_str(address);
	assert_true(db_begin(db, &err));
	fine = shift_send(db, &key, &mail, &err);
	if (fine)
		assert_true(db_commit(db, &err));
	else
		db_rollback(db);
	return fine;
}

static size_t waiting(void)
{
	struct outbox_rows rows;

	assert_true(outbox_list(db, &arena, 100, &rows, &err));
	return rows.count;
}

static void test_send(void **unused)
{
	struct shift_row row;

	(void)unused;
	assert_true(shift_get(db, &arena, &key, true, &row, &err));
	assert_false(row.known);
	assert_true(shift_put_draft(db, &key, "draft", 5, &err));
	assert_true(send_to("ana@lab.example", false));
	assert_int_equal(waiting(), 1);
	assert_false(send_to("ben@lab.example", false));
	assert_non_null(strstr(err.text, "it was sent by ada at 2026-"));
	assert_int_equal(waiting(), 1);
	assert_true(send_to("ben@lab.example", true));
	assert_int_equal(waiting(), 2);
	assert_true(shift_get(db, &arena, &key, true, &row, &err));
	assert_true(row.known && row.sent_at == test_now);
	assert_int_equal(row.message_n, 10);
	assert_memory_equal(row.message, "bytes\0more", 10);
	assert_int_equal(row.draft_n, 5);
	assert_true(untrusted_is(row.code, "c0de"));
}

static void test_accept(void **unused)
{
	struct shift_row row;

	(void)unused;
	assert_true(shift_accept(db, &key, "c0de", "ben", &err));
	assert_false(shift_accept(db, &key, "c0de", "eve", &err));
	assert_non_null(strstr(err.text, "accepted by ben"));
	assert_true(shift_get(db, &arena, &key, false, &row, &err));
	assert_true(untrusted_is(row.accepted_by, "ben") && row.accepted_at == test_now);
}

static void test_followups(void **unused)
{
	struct followup_row row = {.words = untrusted_str("'; DROP TABLE followup; --"),
		.owner = untrusted_str("Ana"),
		.due_at = 77};
	struct followup_rows list;
	char tail[7];

	(void)unused;
	assert_true(followup_add(db, "primary", &row, &err));
	test_now++;
	row.words = untrusted_str("second");
	assert_true(followup_add(db, "primary", &row, &err));
	assert_true(followup_list(db, &arena, "other", 0, &list, &err));
	assert_int_equal(list.count, 0);
	assert_true(followup_list(db, &arena, "primary", 0, &list, &err));
	assert_int_equal(list.count, 2);
	assert_true(untrusted_is(list.rows[0].words, "'; DROP TABLE followup; --"));
	memcpy(tail, list.rows[0].id + strlen(list.rows[0].id) - 6, 7);
	assert_false(followup_close(db, "primary", "abc", "ben", &err));
	assert_false(followup_close(db, "other", tail, "ben", &err));
	assert_true(followup_close(db, "primary", tail, "ben", &err));
	assert_false(followup_close(db, "primary", tail, "ben", &err));
	assert_true(followup_list(db, &arena, "primary", test_now, &list, &err));
	assert_int_equal(list.count, 2);
	assert_true(untrusted_is(list.rows[0].words, "second"));
	assert_true(untrusted_is(list.rows[1].closed_by, "ben"));
	assert_true(followup_list(db, &arena, "primary", test_now + 1, &list, &err));
	assert_int_equal(list.count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_send, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_accept, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_followups, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
