/* A handoff out of facts: what it says of an empty shift and of a full one, what hostile
 * titles become in each form, and the draft that people make of it. */
#include "app/handoff_facts.h"
#include "base/time.h"
#include "report/document.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const int64_t monday = INT64_C(1794816000000); /* 2026-11-16T08:00Z */
static struct handoff_facts f;
static struct str forms[3];

static int64_t no_offset(int64_t at)
{
	(void)at;
	return 0;
}

static int set_up(void **unused)
{
	struct err err;

	(void)unused;
	f = (struct handoff_facts){.handoff = {.name = "primary", .zone = "UTC"},
		.profile = "",
		.actor = "ada@here",
		.code = "c0dec0de",
		.now = monday + 7 * DAY_MS + HOUR_MS,
		.to_at = monday + 7 * DAY_MS,
		.shift = {monday, monday + 7 * DAY_MS},
		.pages = true};
	arena_init(&f.arena, 64 << 20);
	zone_read(&f.handoff.plan.zone, monday - 60 * DAY_MS, monday + 60 * DAY_MS,
		no_offset);
	assert_true(shift_parse(&f.handoff.plan, "Mon 08:00", &err));
	handoff_draft_init(&f.draft);
	for (int i = 0; i < 3; i++)
		str_init(&forms[i], 1 << 20);
	return 0;
}

static int tear_down(void **unused)
{
	(void)unused;
	arena_release(&f.arena);
	for (int i = 0; i < 3; i++)
		str_release(&forms[i]);
	return 0;
}

static void compose(void)
{
	struct document d;

	handoff_count(&f);
	handoff_document(&f, &d);
	for (int i = 0; i < 3; i++)
		str_reset(&forms[i]);
	document_to_plain(&d, &(struct document_plain){.columns = 200}, &forms[0]);
	document_to_markdown(&d, &forms[1]);
	document_to_html(&d, &(struct document_html){0}, &forms[2]);
	document_release(&d);
}

static void says(const char *words)
{
	if (!strstr(str_text(&forms[0]), words))
		fail_msg("\"%s\" is not in\n%s", words, str_text(&forms[0]));
}

static void test_empty(void **unused)
{
	static struct handoff_source pd = {.name = "pd", .scope = ""};

	(void)unused;
	f.sources = &pd;
	f.source_count = 1;
	f.complete = true;
	compose();
	says("complete: pd");
	says("Nothing paged in this shift; 0 in the same span a week before, 0 is the "
	     "median of four weeks.");
	says("No open incidents.");
	says("No silence ends in your shift.");
	says("Nothing came three times, no anomaly is open.");
	says("No change was reported in this shift.");
	says("Nothing came, so nothing was noise.");
	says("No follow-up is open.");
	says("accept with :handoff accept c0dec0de");
	/* What counts as open and needs nobody is in a line, and is no row. */
	f.open = (struct handoff_open[]){{.title = untrusted_str("Nightly batch late"),
		.service = untrusted_str("batch"),
		.severity = SEVERITY_INFO,
		.since_at = monday + HOUR_MS,
		.pages = true,
		.minor = true}};
	f.open_count = 1;
	compose();
	says("Nothing that is open needs you now.");
	says("Open too, and asks for nothing now (info): Nightly batch late");
	assert_null(strstr(str_text(&forms[0]), "No open incidents."));
	assert_null(strstr(str_text(&forms[0]), "Severity"));
	f.open_count = 0;
	f.changes_from = monday + 5 * DAY_MS + HOUR_MS;
	compose();
	says("complete: pd; changes only since Sat 21 Nov 09:00");
	says("No change was reported since Sat 21 Nov 09:00; what changed before was not "
	     "read.");
	f.call_count = 3;
	f.calls = (struct handoff_call[]){{.who = untrusted_str("Ana Ruiz"), .level = 1},
		{.who = untrusted_str("712020:cb7f"), .level = 1, .nameless = true},
		{.who = untrusted_str("Ana Ruiz"), .level = 1}};
	f.now = monday + 6 * DAY_MS;
	compose();
	says("Outgoing  Ana Ruiz and 1 whose name is not known\n");
	says("Incoming  whoever accepts below; it goes to the whole rota");
	/* Who is on call now had nothing to do with a shift that has ended. */
	f.now = monday + 7 * DAY_MS + HOUR_MS;
	compose();
	says("Outgoing  not known: the schedules were not read back to its end\n");
	f.outgoing =
		(struct untrusted[]){untrusted_str("Ben Okafor"), untrusted_str("Eli")};
	f.outgoing_count = 2;
	f.incoming = (struct untrusted[]){untrusted_str("Ana Ruiz")};
	f.incoming_count = 1;
	compose();
	says("Outgoing  Ben Okafor, Eli\n");
	says("Incoming  Ana Ruiz, by the schedule; it goes to the whole rota");
	f.outgoing_count = f.incoming_count = 0;
	f.call_count = 0;
	f.complete = false;
	compose();
	says("None known to be open; the data is partial.");
	says("The counts are partial.");
	/* Not known is not nothing. */
	f.gaps[0] = (struct handoff_gap){"pd", monday, monday + 7 * DAY_MS};
	f.gap_count = 1;
	compose();
	says("What paged in this shift is not known: nobody read pd's incidents from Mon "
	     "16 Nov 08:00 to Mon 23 Nov 08:00;");
	assert_null(strstr(str_text(&forms[0]), "Nothing paged"));
	assert_null(strstr(str_text(&forms[0]), "nothing was noise"));
	/* Marks touch words, and never each other. */
	f.gaps[1] = f.gaps[0];
	f.gap_count = 2;
	compose();
	assert_null(strstr(str_text(&forms[1]), "****"));
	assert_non_null(strstr(str_text(&forms[1]), "pd; **nobody watched pd from"));
}

/* Newest first, as the store gives them. */
static void incidents(const char *const *titles, size_t count, int64_t first)
{
	f.incidents = arena_alloc(&f.arena, count * sizeof *f.incidents);
	f.incident_count = f.in_shift = count;
	for (size_t i = 0; i < count; i++) {
		int64_t began = first - (int64_t)i * HOUR_MS;

		f.incidents[i] =
			(struct handoff_incident){.title = untrusted_str(titles[i]),
				.service = untrusted_str("checkout"),
				.started_at = began,
				.taken_at = began + 4 * MINUTE_MS,
				.ended_at = began + 20 * MINUTE_MS,
				.pages = true};
	}
}

static void test_counts(void **unused)
{
	const char *titles[] = {"Queue backlog", "Queue backlog", "Queue backlog",
		"Disk full on db-1", "Queue backlog"};

	(void)unused;
	incidents(titles, 5, monday + 3 * DAY_MS);
	/* The last two began before the shift: a week and less. */
	f.in_shift = 3;
	f.incidents[3].started_at = monday - HOUR_MS;
	f.incidents[4].started_at = monday - 6 * DAY_MS;
	f.carried = &f.incidents[3];
	f.carried_count = 1;
	f.incidents[1].acted = true;
	compose();
	says("3 pages; 2 in the same span a week before");
	says("TTA 4 min (median of 3; 90 % within 4 min), TTR 20 min (median of 3;");
	says("3 resolved by themselves, 2 that nobody acted on.");
	says("Open at the start of the shift");
	says("1; they belong to the shift they began in and are not counted here.");
	assert_int_equal(f.problem_count, 1);
	assert_int_equal(f.problems[0].group.sum.count, 3);
	assert_int_equal(f.problems[0].weeks, 1);
	/* Nobody is called for what is of low urgency. */
	f.incidents[0].pages = false;
	f.incidents[0].low = true;
	compose();
	says("2 pages; 2 in the same span a week before");
	says("1 of low urgency besides.");
	/* What nobody acknowledged and nothing ended has no times. */
	f.incidents[1].ended_at = f.incidents[2].ended_at = 0;
	compose();
	says("TTA 4 min (median of 2; 90 % within 4 min), no TTR yet;");
}

static void test_hostile(void **unused)
{
	static char huge[4000];
	const char *titles[] = {"<script>alert(1)</script>", "| a | b |", "=cmd|calc",
		"a\r\nBcc: evil@evil.example", "\x1b[31mred\x07", "# heading", huge,
		"[x](javascript:alert(1))"};

	(void)unused;
	memset(huge, 'x', sizeof huge - 1);
	incidents(titles, sizeof titles / sizeof *titles, monday + 3 * DAY_MS);
	f.incidents[0].service = f.incidents[1].who = untrusted_str("\"><img src=x>");
	compose();
	for (int i = 0; i < 3; i++)
		for (const char *p = str_text(&forms[i]); *p; p++)
			assert_true((unsigned char)*p >= ' ' || *p == '\n');
	assert_null(strstr(str_text(&forms[2]), "<script>"));
	assert_null(strstr(str_text(&forms[2]), "<img src=x"));
	assert_null(strstr(str_text(&forms[2]), "href=\"javascript"));
	assert_null(strstr(str_text(&forms[1]), "| a | b |"));
	says("a^M Bcc: evil@evil.example");
}

static void test_draft(void **unused)
{
	struct handoff_draft back;
	struct str text;

	(void)unused;
	f.draft.off[HANDOFF_NOISE] = true;
	f.draft.order[1] = HANDOFF_WATCH;
	f.draft.order[3] = HANDOFF_SUMMARY;
	snprintf(f.draft.words[HANDOFF_NEEDS], HANDOFF_WORDS,
		"Look at <b>db-7</b>.\n- page storage at 20:00\n- \x1b]0;x\x07\n");
	snprintf(f.draft.to[0], HANDOFF_ADDRESS, "eve@lab.example");
	snprintf(f.draft.to[1], HANDOFF_ADDRESS, "not an address");
	f.draft.to_count = 2;
	str_init(&text, SHIFT_MAX_DRAFT);
	assert_true(handoff_draft_write(&f.draft, &text));
	handoff_draft_read(&back, str_text(&text), text.n);
	assert_true(back.off[HANDOFF_NOISE] && !back.off[HANDOFF_TOIL]);
	assert_int_equal(back.order[1], HANDOFF_WATCH);
	assert_int_equal(back.to_count, 1);
	f.draft = back;
	compose();
	says("Look at <b>db-7</b>.");
	says("page storage at 20:00");
	assert_null(strstr(str_text(&forms[0]), "Noise"));
	assert_true(strstr(str_text(&forms[0]), "\nWatch\n") <
		    strstr(str_text(&forms[0]), "\nIn three lines\n"));
	/* What others wrote there gives what can be read. */
	handoff_draft_read(&back,
		"{\"parts\":[{\"part\":\"toil\",\"off\":true},7,"
		"{\"part\":\"toil\"},{\"part\":\"x\"}],\"to\":[1]}",
		78);
	assert_true(back.off[HANDOFF_TOIL]);
	assert_int_equal(back.order[0], HANDOFF_HEADER);
	assert_int_equal(back.order[1], HANDOFF_TOIL);
	for (int part = 0; part < HANDOFF_PARTS; part++) {
		int times = 0;

		for (int i = 0; i < HANDOFF_PARTS; i++)
			times += (int)back.order[i] == part;
		assert_int_equal(times, 1);
	}
	handoff_draft_read(&back, "nonsense", 8);
	assert_int_equal(back.order[9], HANDOFF_SIGNOFF);
	str_release(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_empty, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_counts, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_hostile, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_draft, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
