/* A realistic week in the shape of a handoff: all ten parts, every kind of block. For the
 * tests of the forms, and for looking at them. */
#ifndef TESTS_UNIT_REPORT_EXAMPLE_H
#define TESTS_UNIT_REPORT_EXAMPLE_H

#include "report/document.h"

#include <math.h>

/* Fontconfig, which cairo asks for a font, keeps some memory that nobody points to. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libfontconfig";
}

#define URL_OF(path) untrusted_str("https://console.example/" path)

static void example_header(struct document *d)
{
	document_facts(d);
	document_fact(d, "Schedule");
	document_say(d, DOC_STRONG, "Payments primary");
	document_fact(d, "Outgoing");
	document_say(d, DOC_PLAIN, "Ana Ruiz ");
	document_say(d, DOC_DIM, "ana@lab.example");
	document_fact(d, "Incoming");
	document_say(d, DOC_PLAIN, "Ben Okafor ");
	document_say(d, DOC_DIM, "ben@lab.example");
	document_fact(d, "Shift");
	document_say(d, DOC_PLAIN,
		"Mon 16 Nov 09:00 to Mon 23 Nov 09:00 CET (08:00 UTC), 168 h");
	document_fact(d, "Data");
	document_say(d, DOC_GOOD, "complete");
	document_say(d, DOC_PLAIN, " as of 08:58: PagerDuty, Alertmanager (2 peers)");
}

static void example_summary(struct document *d)
{
	static const char *const days[] = {
		"Mon 16", "Tue 17", "Wed 18", "Thu 19", "Fri 20", "Sat 21", "Sun 22"};
	static const double pages[] = {4, 11, 3, 2, 5, 1, 2};

	document_heading(d, 2, "Summary");
	document_list(d);
	document_item(d, DOC_NUMBER);
	document_link(d, URL_OF("pages?week=47"), untrusted_str("28 pages"));
	document_say(d, DOC_PLAIN, ", 9 more than last week; the 4-week median is 21.");
	document_item(d, DOC_NUMBER);
	document_say(d, DOC_PLAIN, "3 h 40 min interrupted: ");
	document_say(d, DOC_BAD, "50 min asleep");
	document_say(d, DOC_PLAIN, ", 1 h 10 min off hours, 1 h 40 min at work.");
	document_item(d, DOC_NUMBER);
	document_say(d, DOC_PLAIN, "Checkout has ");
	document_say(d, DOC_WARN, "38 %% of its error budget");
	document_say(d, DOC_PLAIN, " left for the month.");
	document_figure(d, &(struct figure){.kind = FIGURE_BARS,
				   .title = "Pages per day",
				   .unit = "pages",
				   .labels = days,
				   .values = pages,
				   .count = 7,
				   .limit = 8});
}

static void example_open(struct document *d)
{
	static const struct document_column columns[] = {
		{"Incident", false}, {"Owner", false}, {"Next action", false}};

	document_heading(d, 2, "Needs you now");
	document_callout(d, DOC_BAD, "2 incidents are open.");
	document_say(d, DOC_PLAIN, "The acknowledgement of the first ends at 09:30.");
	document_table(d, columns, 3);
	document_row(d);
	document_cell(d);
	document_link(d, URL_OF("i/Q1ABC"),
		untrusted_str("ReplicationLag on db-7: 340 s behind"));
	document_cell(d);
	document_say(d, DOC_PLAIN, "Ana, acked 07:41");
	document_cell(d);
	document_say(d, DOC_PLAIN, "Page storage if lag > 5 min after 20:00. ");
	document_link(d, URL_OF("runbooks/replication"), untrusted_str("Runbook"));
	document_row(d);
	document_cell(d);
	document_link(d, URL_OF("i/Q2DEF"),
		untrusted_str("CertExpiresSoon: api.shop.example in 6 days"));
	document_cell(d);
	document_say(d, DOC_PLAIN, "Ben, snoozed");
	document_cell(d);
	document_say(d, DOC_PLAIN, "Comes back Tue 10:00: renew before then.");
	document_paragraph(d);
	document_say(d, DOC_DIM, "No silence expires in your shift. No gap in coverage.");
}

static void example_watch(struct document *d)
{
	static const double lag[] = {12, 14, 11, 13, 30, 80, 120, 90, 45, 30, 24, NAN,
		NAN, 25, 40, 110, 220, 340};

	document_heading(d, 2, "Watch");
	document_list(d);
	document_item(d, DOC_BULLET);
	document_say(d, DOC_PLAIN, "HighCPU on cart-3 flaps: 14 times since Friday.");
	document_item(d, DOC_BULLET);
	document_say(d, DOC_PLAIN, "Temporary: ");
	document_say(d, DOC_CODE, "worker_connections 8192");
	document_say(d, DOC_PLAIN, " by hand on lb-1, Ana, remove by Wed 25 Nov.");
	document_figure(d, &(struct figure){.kind = FIGURE_LINE,
				   .title = "Replication lag of db-7, 24 h",
				   .unit = "s",
				   .values = lag,
				   .count = 18,
				   .limit = 300});
}

static void example_happened(struct document *d)
{
	document_heading(d, 2, "What happened");
	document_heading(d, 3, "");
	document_link(d, URL_OF("i/Q0XYZ"),
		untrusted_str("HighErrorRate: checkout answers 12 % with HTTP 5xx"));
	document_timeline(d);
	document_event(d, "Tue 03:12", URL_OF("graph?g=errors"));
	document_say(d, DOC_PLAIN, "Paged: errors at 12 %%, limit 5 %%");
	document_event(d, "Tue 03:15", UNTRUSTED_NONE);
	document_say(d, DOC_PLAIN, "Ana acknowledged ");
	document_say(d, DOC_DIM, "(TTA 3 min)");
	document_event(d, "Tue 03:31", URL_OF("audit/812"));
	document_say(d, DOC_CODE, "kubectl rollout undo deploy/checkout");
	document_event(d, "Tue 03:36", UNTRUSTED_NONE);
	document_say(d, DOC_GOOD, "Resolved");
	document_say(d, DOC_DIM, " (TTR 24 min)");
	document_paragraph(d);
	document_say(d, DOC_PLAIN, "Cause: ");
	document_blank(d, "root cause of the checkout errors");
	document_code(d, untrusted_str("pool exhausted: 64 of 64 in use\n"
				       "  at pool.c:118 wait_for_slot()\n"));
}

static void example_noise(struct document *d)
{
	static const struct document_column columns[] = {{"Alert", false},
		{"Count", true}, {"Share", true}, {"Auto-resolved", true},
		{"Proposal", false}};
	static const struct {
		const char *name, *count, *share, *alone, *proposal;
	} rows[] = {
		{"QueueBacklog mail", "11", "39 %", "100 %", "raise for: to 10 min"},
		{"HighCPU cart-*", "6", "21 %", "83 %", "merge into one alert"},
		{"DiskFillingUp log-2", "3", "11 %", "0 %", "write a runbook"},
	};

	document_heading(d, 2, "Noise");
	document_table(d, columns, 5);
	for (size_t i = 0; i < 3; i++) {
		document_row(d);
		document_cell(d);
		document_text(d, DOC_PLAIN, untrusted_str(rows[i].name));
		document_cell(d);
		document_link(d, URL_OF("clusters?a=1"), untrusted_str(rows[i].count));
		document_cell(d);
		document_say(d, DOC_PLAIN, "%s", rows[i].share);
		document_cell(d);
		document_say(d, DOC_PLAIN, "%s", rows[i].alone);
		document_cell(d);
		document_say(d, DOC_PLAIN, "%s", rows[i].proposal);
	}
}

static void example_rest(struct document *d)
{
	document_heading(d, 2, "Changes");
	document_timeline(d);
	document_event(d, "Tue 02:50", URL_OF("deploys/881"));
	document_say(d, DOC_PLAIN, "Deploy checkout 2.14.0, ");
	document_say(d, DOC_WARN, "22 min before the page");
	example_noise(d);
	document_heading(d, 2, "Toil and gaps");
	document_paragraph(d);
	document_say(d, DOC_PLAIN, "Every alert that paged has a runbook.");
	document_heading(d, 2, "Follow-ups");
	document_list(d);
	document_item(d, DOC_OPEN);
	document_say(d, DOC_PLAIN, "Bound the checkout pool. Ana, due Fri 27 Nov");
	document_item(d, DOC_DONE);
	document_say(d, DOC_PLAIN, "Runbook for ReplicationLag. Ben");
	document_heading(d, 2, "Sign-off");
	document_facts(d);
	document_fact(d, "Outgoing");
	document_say(d, DOC_PLAIN, "sent Mon 23 Nov 08:58 CET");
	document_fact(d, "Incoming");
	document_blank(d, "accepted by, at");
	document_footer(d);
	document_say(
		d, DOC_PLAIN, "Written by oogway from its own store; no model was used.");
	document_footer(d);
	document_say(d, DOC_PLAIN, "Accept with :accept 7F3K, or answer this mail.");
}

static void example(struct document *d)
{
	document_init(d,
		untrusted_str("On-call handoff: Payments primary, 16 to 23 November"),
		1 << 20);
	example_header(d);
	example_summary(d);
	example_open(d);
	example_watch(d);
	example_happened(d);
	example_rest(d);
}

#endif
