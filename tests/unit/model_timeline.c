/* One timeline out of several tellings: what is one is one line, what is not stays two.
 * And who responds, read out of a log. */
#include "base/time.h"
#include "model/response.h"
#include "model/timeline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define AT(seconds) (INT64_C(1795000000000) + (seconds)*SECOND_MS)

static struct untrusted u(const char *text)
{
	return untrusted_str(text);
}

static struct batch_entry entry(enum entry_kind kind, int seconds, const char *text)
{
	return (struct batch_entry){
		.kind = kind, .at = AT(seconds), .text = u(text), .who = u("Ana")};
}

static struct timeline_line did(enum entry_kind kind, int from, int done)
{
	return (struct timeline_line){.at = AT(done),
		.from_at = AT(from),
		.from = TIMELINE_HERE,
		.kind = kind,
		.words = "did",
		.who = u("ana@here")};
}

/* What an action of ours leaves upstream, and whether it is taken for it. */
static void test_one_line(void **unused)
{
	static const struct {
		enum entry_kind did, told;
		int at; /* of the entry; the action was wished for at 100, done at 105 */
		size_t lines;
	} rows[] = {
		{ENTRY_ACK, ENTRY_ACK, 104, 1},
		/* Clocks differ, answers are late. */
		{ENTRY_ACK, ENTRY_ACK, 20, 1},
		{ENTRY_ACK, ENTRY_ACK, 224, 1},
		{ENTRY_ACK, ENTRY_ACK, -21, 2},
		{ENTRY_ACK, ENTRY_ACK, 226, 2},
		{ENTRY_ACK, ENTRY_RESOLVE, 104, 2},
		{ENTRY_RESOLVE, ENTRY_RESOLVE, 105, 1},
		{ENTRY_SNOOZE, ENTRY_SNOOZE, 105, 1},
		{ENTRY_ASSIGN, ENTRY_ASSIGN, 105, 1},
		/* Leaves nothing there. */
		{ENTRY_OTHER, ENTRY_OTHER, 105, 2},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct batch_entry told = entry(rows[i].told, rows[i].at, "told");
		struct timeline_line act = did(rows[i].did, 100, 105);
		struct timeline t;

		timeline_init(&t);
		timeline_add(&t, &act);
		timeline_add_log(&t, &told, 1);
		timeline_settle(&t);
		assert_int_equal(t.count, rows[i].lines);
		for (size_t k = 0; t.count == 1 && k < 1; k++) {
			assert_true(t.lines[0].ours);
			assert_true(untrusted_is(t.lines[0].by, "ana@here"));
			assert_true(untrusted_is(t.lines[0].text, "told"));
		}
		timeline_release(&t);
	}
}

/* What failed or waits is a line of its own, and takes nobody else's entry. */
static void test_bad(void **unused)
{
	struct batch_entry told = entry(ENTRY_ACK, 104, "Acknowledged by Ben");
	struct timeline_line act = did(ENTRY_ACK, 100, 105);
	struct timeline t;

	(void)unused;
	act.bad = true;
	timeline_init(&t);
	timeline_add(&t, &act);
	timeline_add_log(&t, &told, 1);
	timeline_settle(&t);
	assert_int_equal(t.count, 2);
	assert_false(t.lines[0].ours);
	timeline_release(&t);
}

/* Two people acknowledged within a minute: one of the entries is ours, the nearer. */
static void test_nearest(void **unused)
{
	const struct batch_entry told[] = {
		entry(ENTRY_ACK, 60, "first"), entry(ENTRY_ACK, 104, "second")};
	struct timeline_line act = did(ENTRY_ACK, 100, 105);
	struct timeline t;

	(void)unused;
	timeline_init(&t);
	timeline_add_log(&t, told, 2);
	timeline_add(&t, &act);
	timeline_settle(&t);
	assert_int_equal(t.count, 2);
	assert_false(t.lines[0].ours);
	assert_true(t.lines[1].ours);
	timeline_release(&t);
	/* Two of ours take one each. */
	timeline_init(&t);
	timeline_add_log(&t, told, 2);
	timeline_add(&t, &act);
	act.at = AT(61);
	act.from_at = AT(58);
	timeline_add(&t, &act);
	timeline_settle(&t);
	assert_int_equal(t.count, 2);
	assert_true(t.lines[0].ours && t.lines[1].ours);
	timeline_release(&t);
}

/* A note is in the notes and in the log, and is ours by its marker, however late. */
static void test_notes(void **unused)
{
	static const char *const ids[] = {"note/N1", "R1", "note/N2", "R2", "note/N3",
		"R3", "R4", "note/N4", "note/N5"};
	struct batch_entry told[] = {
		entry(ENTRY_NOTE, 900, "look here (oogway 3b80c04116e0)"),
		entry(ENTRY_NOTE, 901, "Note added by Ana"),
		entry(ENTRY_NOTE, 902, "look here"),
		/* The log has the words too. */
		entry(ENTRY_NOTE, 1000, "rolled back"),
		entry(ENTRY_NOTE, 1000, "rolled back"),
		/* Only the log tells it. */
		entry(ENTRY_NOTE, 1060, "rolled back"),
		/* Said twice is said twice. */
		entry(ENTRY_NOTE, 2000, "again"),
		entry(ENTRY_NOTE, 2000, "again"),
		entry(ENTRY_NOTE, 2000, "again"),
	};
	struct timeline_line note = did(ENTRY_NOTE, 100, 105);
	struct timeline t;

	(void)unused;
	strcpy(note.marker, "3b80c04116e0");
	for (size_t i = 0; i < 9; i++)
		told[i].id = u(ids[i]);
	timeline_init(&t);
	timeline_add(&t, &note);
	timeline_add_log(&t, told, 9);
	timeline_settle(&t);
	assert_int_equal(t.count, 6);
	assert_true(t.lines[0].ours);
	assert_true(untrusted_is(timeline_text(&t.lines[0]), "look here"));
	assert_false(t.lines[1].ours);
	assert_string_equal(timeline_kind(&t.lines[0]), "note");
	timeline_release(&t);
}

/* One request asks several people. */
static void test_responders(void **unused)
{
	struct batch_entry told[] = {entry(ENTRY_RESPONDER, 104, "pending"),
		entry(ENTRY_RESPONDER, 104, "pending"),
		entry(ENTRY_RESPONDER, 110, "joined")};
	struct timeline_line act = did(ENTRY_RESPONDER, 100, 105);
	struct timeline t;

	(void)unused;
	told[0].who = told[2].who = u("Ben");
	told[1].who = u("Chen");
	timeline_init(&t);
	timeline_add(&t, &act);
	timeline_add_log(&t, told, 3);
	timeline_settle(&t);
	assert_int_equal(t.count, 3);
	assert_true(t.lines[0].ours && t.lines[1].ours);
	/* That he came is his own doing. */
	assert_false(t.lines[2].ours);
	assert_string_equal(t.lines[2].more, "joined");
	timeline_release(&t);
}

/* In order whatever way they came, the same each time; of too many the newest. */
static void test_order(void **unused)
{
	struct timeline t, again;

	(void)unused;
	timeline_init(&t);
	timeline_init(&again);
	for (int i = 0; i < TIMELINE_MOST + 50; i++) {
		int back = TIMELINE_MOST + 49 - i;
		static const char *const words[] = {"a", "b", "c", "d", "e", "f", "g"};
		struct batch_entry e = entry(ENTRY_OTHER, i / 3, words[i % 7]);
		struct batch_entry b = entry(ENTRY_OTHER, back / 3, words[back % 7]);

		timeline_add_log(&t, &e, 1);
		timeline_add_log(&again, &b, 1);
	}
	timeline_settle(&t);
	timeline_settle(&again);
	assert_int_equal(t.count, TIMELINE_MOST);
	assert_int_equal(t.left_out, 50);
	for (size_t i = 0; i < t.count; i++) {
		assert_true(!i || t.lines[i - 1].at <= t.lines[i].at);
		assert_int_equal(t.lines[i].at, again.lines[i].at);
		assert_true(untrusted_eq(t.lines[i].text, again.lines[i].text));
	}
	timeline_release(&t);
	timeline_release(&again);
}

/* What has no time is no event, and a bridge is none either. */
static void test_left_out(void **unused)
{
	struct batch_entry told[] = {entry(ENTRY_OTHER, 0, "x"),
		entry(ENTRY_BRIDGE, 5, "+1 415\nhttps://meet")};
	struct timeline t;

	(void)unused;
	told[0].at = 0;
	timeline_init(&t);
	timeline_add_log(&t, told, 2);
	timeline_settle(&t);
	assert_int_equal(t.count, 0);
	timeline_release(&t);
}

static void test_roles(void **unused)
{
	static const struct {
		const char *notes[4]; /* oldest first */
		const char *commander, *scribe;
	} rows[] = {
		{{"Role commander: Ada Lovelace"}, "Ada Lovelace", ""},
		{{"role Commander: ada@x (oogway 3b80c04116e0)"}, "ada@x", ""},
		{{"Role commander: Ada", "Role scribe: Grace", "Role commander: Ben"},
			"Ben", "Grace"},
		{{"Role commander: Ada", "Role commander: nobody (oogway 3b80c04116e0)"},
			"", ""},
		{{"Role commander: Ada", "Role commander:"}, "", ""},
		{{"Role commander: Ada\nRole scribe: Ben"}, "Ada", ""},
		{{"I think Role commander: Ada", "Commander: Ben"}, "", ""},
		{{""}, "", ""},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct batch_entry log[4];
		struct response r;
		size_t n = 0;

		/* They come in any order: the newest counts. */
		for (size_t k = 4; k-- > 0;)
			if (rows[i].notes[k])
				log[n++] = entry(ENTRY_NOTE, (int)k, rows[i].notes[k]);
		response_read(&r, log, n);
		assert_true(untrusted_is(r.roles[RESPONSE_COMMANDER], rows[i].commander));
		assert_true(untrusted_is(r.roles[RESPONSE_SCRIBE], rows[i].scribe));
	}
	{
		/* The log tells of a note that is gone. */
		struct batch_entry log[] = {entry(ENTRY_NOTE, 5, "Role commander: Ada"),
			entry(ENTRY_NOTE, 6, "Role scribe: Ben")};
		struct response r;

		log[0].id = u("R1");
		log[1].id = u("note/N2");
		response_read(&r, log, 2);
		assert_true(untrusted_empty(r.roles[RESPONSE_COMMANDER]));
		assert_true(untrusted_is(r.roles[RESPONSE_SCRIBE], "Ben"));
	}
	assert_int_equal(response_role_find("scribe"), RESPONSE_SCRIBE);
	assert_int_equal(response_role_find("king"), RESPONSE_ROLES);
}

static void test_response(void **unused)
{
	struct batch_entry log[RESPONDERS_MOST + 10];
	char names[RESPONDERS_MOST + 10][20];
	struct response r;

	(void)unused;
	log[0] = entry(ENTRY_RESPONDER, 5, "joined");
	log[1] = entry(ENTRY_RESPONDER, 5, "pending");
	log[2] = entry(ENTRY_RESPONDER, 3, "pending");
	log[2].who = u("Ben");
	log[3] = entry(ENTRY_BRIDGE, 1, "+1 415-555-1212,,,,1234#\nhttps://meet/x");
	response_read(&r, log, 4);
	assert_int_equal(r.responder_count, 2);
	assert_int_equal(r.responders[0].state, RESPONDER_JOINED);
	assert_int_equal(r.responders[1].state, RESPONDER_PENDING);
	assert_true(untrusted_is(r.number, "+1 415-555-1212,,,,1234#"));
	assert_true(untrusted_is(r.link, "https://meet/x"));
	log[3].text = u("\nhttps://only");
	/* Asked again, he has not answered yet. */
	log[2] = entry(ENTRY_RESPONDER, 9, "pending");
	log[1].text = u("whatever");
	log[1].who = u("Ben");
	response_read(&r, log, 4);
	assert_true(untrusted_empty(r.number));
	assert_true(untrusted_is(r.link, "https://only"));
	assert_int_equal(r.responders[0].state, RESPONDER_PENDING);
	assert_int_equal(r.responders[1].state, RESPONDER_CANCELLED);
	for (int i = 0; i < RESPONDERS_MOST + 10; i++) {
		snprintf(names[i], sizeof names[i], "n%d", i);
		log[i] = entry(ENTRY_RESPONDER, i, "joined");
		log[i].who = u(names[i]);
	}
	response_read(&r, log, RESPONDERS_MOST + 10);
	assert_int_equal(r.responder_count, RESPONDERS_MOST);
	assert_true(r.responders_cut);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_line),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_nearest),
		cmocka_unit_test(test_notes),
		cmocka_unit_test(test_responders),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_left_out),
		cmocka_unit_test(test_roles),
		cmocka_unit_test(test_response),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
