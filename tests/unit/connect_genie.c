/* Opsgenie and Jira Service Management as a source, ask by ask: every page once with one
 * query, the site asked without a credential, ids that become names, schedules one by
 * one, and what a key of the wrong region is told. */
#include "base/alloc.h"
#include "base/str.h"
#include "base/text.h"
#include "connect/source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const struct source_kind *kind;
static struct source_conf conf;
static struct arena asks, texts;
static struct batch batch;
static void *state;
static struct ask asked;
static struct err err;
static int64_t now;

static void begin(const struct source_kind *k, const struct source_conf *c)
{
	kind = k;
	conf = *c;
	conf.name = "g";
	conf.url = conf.url ? conf.url : "https://it";
	conf.every_ms = 5000;
	conf.timeout_ms = 4000;
	conf.seed = 1;
	now = INT64_C(1700000000000);
	arena_init(&asks, 4 << 20);
	arena_init(&texts, 64 << 20);
	state = mem_new(1, k->state_size);
	assert_true(k->start(state, &conf, &err));
}

static void end(void)
{
	kind->stop(state);
	mem_free(state);
	arena_release(&asks);
	arena_release(&texts);
}

/* The next ask; NULL when it wants to wait. */
static const char *next_path(void)
{
	static const struct source_window window = {0};

	asked = (struct ask){0};
	arena_reset(&asks);
	assert_true(kind->next(state, now, &window, &asks, &asked));
	return asked.kind == ASK_WAIT ? NULL : asked.path;
}

static bool answers(int status, const char *body)
{
	struct answer answer = {.id = asked.id,
		.status = status,
		.origin = "it",
		.now = now,
		.body = untrusted_str(body)};

	arena_reset(&texts);
	batch_init(&batch, &texts);
	err = (struct err){0};
	return kind->take(state, &answer, &batch, &err);
}

/* Answers what is asked with "not for you" until a path with this part comes. */
static void until(const char *part)
{
	for (int i = 0; i < 12; i++) {
		const char *path = next_path();

		assert_non_null(path);
		if (strstr(path, part))
			return;
		answers(404, "{}");
	}
	fail_msg("%s is not asked for", part);
}

/* --- pages --- */

struct account {
	int open[21000];
	int count, limit, close_after;
};

static void page(const struct account *a, const char *path, bool jsm, struct str *out)
{
	const char *at = strstr(path, "&offset=");
	int offset = at ? atoi(at + 8) : 0;
	bool more = offset + a->limit < a->count;

	str_printf(out, "{\"%s\":[", jsm ? "values" : "data");
	for (int i = offset; i < a->count && i < offset + a->limit; i++)
		str_printf(out,
			"%s{\"id\":\"a%d\",\"tinyId\":\"%d\",\"status\":\"open\"}",
			i > offset ? "," : "", a->open[i], a->open[i]);
	/* A link that leads elsewhere and doubles the query: not to be followed. */
	str_printf(out, "],\"%s\":{\"next\":%s}}", jsm ? "links" : "paging",
		more ? "\"https://evil.example/v2/alerts?offset=9&offset=9&limit=1\""
		     : "null");
}

static int count_of(const char *text, const char *part)
{
	int n = 0;

	for (; (text = strstr(text, part)); text += strlen(part))
		n++;
	return n;
}

static void read_pages(const struct source_kind *k, int count, int limit, int close_after,
	size_t *alerts, int *pages, bool *whole)
{
	static struct account a;
	bool jsm = k == &jsm_source, over = false;
	int rounds = 0;

	begin(k, &(struct source_conf){.org = "c1", .filter = "priority:P1"});
	a = (struct account){.count = count, .limit = limit, .close_after = close_after};
	for (int i = 0; i < count; i++)
		a.open[i] = count - i;
	*pages = 0;
	while (!over && rounds++ < 1000) {
		struct str body;

		until("/alerts?");
		assert_int_equal(count_of(asked.path, "offset="), 1);
		assert_int_equal(count_of(asked.path, jsm ? "size=" : "limit="), 1);
		assert_int_equal(count_of(asked.path, "query="), 1);
		assert_non_null(strstr(
			asked.path, "query=status%3Aopen%20AND%20%28priority%3AP1%29&"));
		assert_null(asked.base);
		++*pages;
		str_init(&body, 1 << 20);
		page(&a, asked.path, jsm, &body);
		assert_true(answers(200, str_text(&body)));
		str_release(&body);
		if (*pages == a.close_after) {
			memmove(a.open, a.open + 3,
				(size_t)(a.count - 3) * sizeof *a.open);
			a.count -= 3;
		}
		over = batch.alerts_snapshot || batch.partial;
	}
	assert_true(over);
	*alerts = batch.alert_count;
	*whole = batch.alerts_snapshot;
	end();
}

static void test_pages(void **unused)
{
	static const struct {
		int count, limit, close_after;
		size_t alerts;
		int pages;
		bool whole;
	} rows[] = {
		{0, 100, 0, 0, 1, true},
		{100, 100, 0, 100, 1, true},
		{101, 100, 0, 101, 2, true},
		{230, 25, 0, 230, 10, true},
		{500, 100, 2, 497, 9, true},
		{19000, 100, 0, 19000, 192, true},
		{21000, 100, 0, 19999, 202, false},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (int jsm = 0; jsm < 2; jsm++) {
			size_t alerts;
			int pages;
			bool whole;

			read_pages(jsm ? &jsm_source : &opsgenie_source, rows[i].count,
				rows[i].limit, rows[i].close_after, &alerts, &pages,
				&whole);
			if (pages > rows[i].pages)
				print_error("row %zu: %d pages\n", i, pages);
			assert_int_equal(whole, rows[i].whole);
			assert_true(pages <= rows[i].pages);
			if (whole)
				assert_int_equal(alerts, rows[i].alerts);
			else
				assert_true(alerts > 19000 && alerts < 21000);
		}
}

/* --- the site --- */

static void test_tenant(void **unused)
{
	(void)unused;
	begin(&jsm_source, &(struct source_conf){.site = "lab.atlassian.net"});
	assert_string_equal(next_path(), "/_edge/tenant_info");
	assert_string_equal(asked.base, "https://lab.atlassian.net");
	/* Nothing else is asked before it is known. */
	assert_null(next_path());
	assert_false(answers(404, "x"));
	assert_non_null(strstr(err.text, "lab.atlassian.net does not tell its cloud id"));
	now += 61000;
	assert_string_equal(next_path(), "/_edge/tenant_info");
	assert_true(answers(200, "{\"cloudId\":\"c-1\"}"));
	until("/jsm/ops/api/c-1/v1/alerts?");
	assert_null(asked.base);
	end();
}

static void test_place(void **unused)
{
	struct source_conf none = {.name = "j", .url = "https://it", .every_ms = 1000},
			   bad = {.name = "j",
				   .url = "https://it",
				   .org = "a/b",
				   .every_ms = 1000};

	(void)unused;
	state = mem_new(1, jsm_source.state_size);
	assert_false(jsm_source.start(state, &none, &err));
	assert_non_null(strstr(err.text, "needs site=NAME.atlassian.net"));
	assert_false(jsm_source.start(state, &bad, &err));
	assert_non_null(strstr(err.text, "not a cloud id"));
	mem_free(state);
}

static void test_names(void **unused)
{
	static const char alerts[] =
		"{\"values\":[{\"id\":\"a\",\"status\":\"open\",\"acknowledged\":true,"
		"\"owner\":\"712020:x\",\"responders\":[{\"type\":\"team\",\"id\":"
		"\"t1\"}]}],"
		"\"links\":{}}";
	char text[80];
	struct str printed;

	(void)unused;
	begin(&jsm_source, &(struct source_conf){.org = "c1"});
	until("/v1/alerts?");
	assert_true(answers(200, alerts));
	assert_string_equal(next_path(),
		"/ex/jira/c1/rest/api/3/user/bulk?maxResults=50&accountId=712020%3Ax");
	assert_true(answers(200, "{\"values\":[{\"accountId\":\"712020:x\","
				 "\"displayName\":\"Ana Ruiz\"}]}"));
	/* At once, with the name. */
	until("/v1/alerts?");
	assert_true(answers(200, alerts));
	str_init(&printed, 4096);
	batch_print(&batch, &printed);
	assert_non_null(strstr(str_text(&printed), "acked_by=\"Ana Ruiz\""));
	assert_non_null(strstr(str_text(&printed), "assigned=\"Ana Ruiz\""));
	str_release(&printed);
	/* It is not asked for again. */
	for (const char *path; (path = next_path());) {
		snprintf(text, sizeof text, "%s", path);
		assert_null(strstr(text, "/user/bulk"));
		if (strstr(text, "/teams"))
			assert_true(answers(200, "{\"platformTeams\":[{\"teamId\":\"t1\","
						 "\"teamName\":\"Core\"}]}"));
		else
			answers(404, "{}");
	}
	now += 5000;
	until("/v1/alerts?");
	assert_true(answers(200, alerts));
	str_init(&printed, 4096);
	batch_print(&batch, &printed);
	assert_non_null(strstr(str_text(&printed), "label \"team\" value=\"Core\""));
	assert_non_null(strstr(str_text(&printed), "acked_by=\"Ana Ruiz\""));
	str_release(&printed);
	end();
}

/* A site where users may not be read: ids stay, and nothing fails. */
static void test_no_names(void **unused)
{
	(void)unused;
	begin(&jsm_source, &(struct source_conf){.org = "c1"});
	until("/v1/alerts?");
	assert_true(answers(200, "{\"values\":[{\"id\":\"a\",\"owner\":\"712020:x\"}],"
				 "\"links\":{}}"));
	until("/user/bulk");
	assert_true(answers(403, "{}"));
	end();
}

/* What the alert's page shows: the log says again what the course says, pages go on by
 * the server's own places, and notes are all of them only when one page has them all. */
static void test_opened(void **unused)
{
	static const struct source_window window = {.opened = "a1"};
	static const struct {
		const char *path, *body;
		size_t entries;
		bool notes, ended;
	} rows[] = {
		{"/v2/alerts/a1",
			"{\"data\":{\"id\":\"a1\",\"status\":\"open\",\"createdAt\":"
			"\"2023-11-14T22:00:00Z\",\"report\":{\"ackTime\":60000,"
			"\"acknowledgedBy\":\"ana@lab\"}}}",
			2, false, false},
		{"/v2/alerts/a1/notes?limit=100&order=asc",
			"{\"data\":[{\"note\":\"n\",\"owner\":\"ben@lab\",\"createdAt\":"
			"\"2023-11-14T22:02:00Z\",\"offset\":\"n_1\"},{\"note\":7}]}",
			1, true, false},
		{"/v2/alerts/a1/logs?limit=100&order=asc",
			"{\"data\":[{\"log\":\"Alert created via API\",\"createdAt\":"
			"\"2023-11-14T22:00:00Z\",\"offset\":\"l_1\"},"
			"{\"log\":\"Alert acknowledged via web\",\"createdAt\":"
			"\"2023-11-14T22:01:01Z\",\"offset\":\"l_2\"},"
			"{\"log\":\"Added note "
			"[n]\",\"createdAt\":\"2023-11-14T22:02:00Z\","
			"\"offset\":\"l_3\"}],\"paging\":{\"next\":\"http://evil/\"}}",
			0, false, false},
		{"/v2/alerts/a1/logs?limit=100&order=asc&direction=next&offset=l_3",
			"{\"data\":[{\"log\":\"Alert "
			"unacknowledged\",\"owner\":\"ben@lab\","
			"\"createdAt\":\"2023-11-14T22:09:00Z\",\"offset\":\"l_4\"}]}",
			1, false, true},
	};

	(void)unused;
	begin(&opsgenie_source, &(struct source_conf){0});
	for (int i = 0; i < 12; i++) {
		asked = (struct ask){0};
		arena_reset(&asks);
		assert_true(kind->next(state, now, &window, &asks, &asked));
		if (asked.kind == ASK_WAIT || !strncmp(asked.path, "/v2/alerts/", 11))
			break;
		answers(404, "{}");
	}
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_int_equal(asked.kind, ASK_HTTP);
		assert_string_equal(asked.path, rows[i].path);
		assert_true(answers(200, rows[i].body));
		assert_int_equal(batch.entry_count, rows[i].entries);
		assert_int_equal(batch.opened && batch.opened->notes, rows[i].notes);
		assert_int_equal(batch.opened && batch.opened->ended, rows[i].ended);
		if (i == 3)
			assert_int_equal(batch.entries[0].kind, ENTRY_UNACK);
		asked = (struct ask){0};
		arena_reset(&asks);
		assert_true(kind->next(state, now, &window, &asks, &asked));
	}
	end();
}

static const char two_teams[] = "{\"data\":[{\"id\":\"t1\",\"name\":\"Platform\"},{"
				"\"id\":\"t2\",\"name\":\"Pay EU\"}]}";

/* An unknown team is said, and never looks like peace. */
static void test_teams(void **unused)
{
	static const struct {
		const char *filter, *unknown; /* NULL: all are known */
	} rows[] = {
		{"(teams:\"Platform\")", NULL},
		{"(teams:\"platform\" OR teams:\"Pay EU\")", NULL},
		{"teams:(Platform OR \"Pay EU\")", NULL},
		{"teams : t2", NULL},
		{"teams:Plat*", NULL},
		{"tag:teams AND message:\"my teams: none\"", NULL},
		{"priority:P1", NULL},
		{"(teams:\"Platfrm\")", "Platfrm"},
		{"priority:P1 AND (teams:\"Pay EU\" OR teams:\"Pay\")", "Pay"},
		{"teams:(Platform OR \"Pay US\")", "Pay US"},
		{"NOT teams: Ops", "Ops"},
		{"teams:\"", NULL},
		{"teams:", NULL},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char wanted[80];
		const char *path;

		begin(&opsgenie_source, &(struct source_conf){.filter = rows[i].filter});
		path = next_path();
		/* Only who names teams has them looked for first. */
		assert_non_null(strstr(
			path, strstr(rows[i].filter, "teams") ? "/teams" : "/alerts?"));
		if (!strstr(path, "/teams")) {
			end();
			continue;
		}
		if (answers(200, two_teams) != !rows[i].unknown)
			fail_msg("row %zu: %s", i, err.text);
		path = next_path();
		if (!rows[i].unknown) {
			assert_non_null(strstr(path, "/alerts?"));
			end();
			continue;
		}
		snprintf(wanted, sizeof wanted, "no team is called %s there",
			rows[i].unknown);
		assert_non_null(strstr(err.text, wanted));
		assert_non_null(strstr(err.text, "2 teams: Platform, Pay EU"));
		/* Nothing else is asked until it is there. */
		assert_null(path);
		now += 61000;
		until("/teams");
		assert_true(
			answers(200, "{\"data\":[{\"name\":\"Platfrm\"},{\"name\":"
				     "\"Pay\"},{\"name\":\"Pay EU\"},{\"name\":\"Ops\"},"
				     "{\"name\":\"Pay US\"},{\"name\":\"Platform\"}]}"));
		assert_non_null(strstr(next_path(), "/alerts?"));
		end();
	}
	/* Who may not read teams, or not all of them, is not told that one is missing. */
	begin(&opsgenie_source, &(struct source_conf){.filter = "teams:\"X\""});
	until("/teams");
	assert_true(answers(403, "{}"));
	assert_non_null(strstr(next_path(), "/alerts?"));
	end();
	begin(&jsm_source, &(struct source_conf){.org = "c1", .filter = "teams:\"X\""});
	until("/teams");
	assert_true(answers(200, "{\"platformTeams\":[],\"links\":{\"next\":\"u\"}}"));
	assert_non_null(strstr(next_path(), "/alerts?"));
	end();
}

static void test_schedules(void **unused)
{
	(void)unused;
	begin(&jsm_source, &(struct source_conf){.org = "c1"});
	until("/myself");
	assert_true(answers(200, "{\"accountId\":\"u1\"}"));
	until("/schedules?size=100&offset=0");
	assert_true(answers(200, "{\"values\":[{\"id\":\"s/1\",\"name\":\"One\"},"
				 "{\"id\":\"off\",\"name\":\"Off\",\"enabled\":false}],"
				 "\"links\":{\"next\":\"x\"}}"));
	assert_false(batch.oncalls_snapshot);
	until("/schedules?size=100&offset=2");
	assert_true(answers(200, "{\"values\":[{\"id\":\"s2\",\"name\":\"Two\"},"
				 "{\"id\":\"s3\",\"name\":\"Gone\"}],\"links\":{}}"));
	assert_false(batch.oncalls_snapshot);
	until("/schedules/s%2F1/on-calls?flat=true");
	assert_true(answers(200, "{\"onCallUsers\":[\"u1\",\"u2\"]}"));
	assert_false(batch.oncalls_snapshot);
	until("/schedules/s2/on-calls?flat=true");
	assert_true(answers(200, "{\"onCallUsers\":[]}"));
	until("/schedules/s3/on-calls?flat=true");
	/* One that went away meanwhile spoils no other. */
	assert_true(answers(404, "{}"));
	assert_true(batch.oncalls_snapshot);
	assert_int_equal(batch.oncall_count, 2);
	assert_true(batch.oncalls[0].me);
	assert_false(batch.oncalls[1].me);
	assert_true(untrusted_is(batch.oncalls[1].policy, "One"));
	end();
}

static void test_my_shift(void **unused)
{
	(void)unused;
	begin(&opsgenie_source, &(struct source_conf){.from = "ana@lab.example"});
	until("/v2/schedules/on-calls?flat=true");
	assert_true(answers(200,
		"{\"data\":[{\"_parent\":{\"name\":\"P\"},\"onCallRecipients\":"
		"[\"ben@lab.example\",\"ana@lab.example\"]}]}"));
	assert_true(batch.oncalls_snapshot);
	assert_false(batch.oncalls[0].me);
	assert_true(batch.oncalls[1].me);
	end();
}

/* --- regions --- */

static void test_region_hint(void **unused)
{
	(void)unused;
	begin(&opsgenie_source, &(struct source_conf){.url = "https://api.opsgenie.com"});
	until("/v2/alerts?");
	assert_false(answers(401, "{\"message\":\"Could not authenticate\"}"));
	assert_non_null(strstr(err.text, "an account in the EU needs region=eu"));
	end();
	begin(&opsgenie_source,
		&(struct source_conf){
			.url = "https://api.eu.opsgenie.com", .region = "eu"});
	until("/v2/alerts?");
	assert_false(answers(401, "{\"message\":\"Could not authenticate\"}"));
	assert_null(strstr(err.text, "region"));
	now += 120000;
	until("/v2/alerts?");
	assert_true(answers(200, "{\"data\":[{\"id\":\"a\"}],\"paging\":{}}"));
	assert_true(untrusted_is(batch.alerts->texts[ALERT_LINK],
		"https://app.eu.opsgenie.com/alert/detail/a/details"));
	end();
}

/* --- whose snooze it is --- */

#define DOZES(id)                                                                        \
	"{\"id\":\"" id "\",\"status\":\"open\",\"snoozed\":true,"                       \
	"\"snoozedUntil\":\"2023-11-14T23:13:20Z\"}"
#define LINE(at, when, log, who)                                                         \
	"{\"" at "\":\"2023-11-14T22:0" when ":00Z\",\"log\":\"" log                     \
	"\",\"owner\":\"" who "\"}"

static void alerts_of(const char *list, const char *rows)
{
	char body[600];

	now += 60000;
	until("/alerts?query=");
	snprintf(body, sizeof body, "{\"%s\":[%s]}", list, rows);
	assert_true(answers(200, body));
}

static void reads_of(size_t i, const char *by, const char *next)
{
	char text[80];

	assert_int_equal(batch.alerts[i].state, ALERT_SILENCED);
	assert_string_equal(
		text_line(batch.alerts[i].texts[ALERT_ACKED_BY], text, sizeof text), by);
	assert_string_equal(
		text_line(batch.alerts[i].texts[ALERT_NEXT], text, sizeof text), next);
}

static void test_snoozes(void **unused)
{
	static const struct source_conf og = {.from = "me@x"};
	static const struct source_conf jsm = {.org = "c1"};

	(void)unused;
	begin(&opsgenie_source, &og);
	alerts_of("data", DOZES("a1") "," DOZES("a2"));
	reads_of(0, "a snooze", "snooze ends");
	until("/v2/alerts/a1/logs?limit=100&order=desc");
	answers(200, "{\"data\":[" LINE("createdAt", "5", "Snoozed until later",
			     "ben@x") "," LINE("createdAt", "7", "Snoozed until later",
			     "chi@x") "," LINE("createdAt", "9", "Added note [snooze it]",
			     "dee@x") "]}");
	/* What its log does not tell, or may not be read, is not asked for again. */
	until("/v2/alerts/a2/logs?");
	answers(403, "{}");
	alerts_of("data", DOZES("a1") "," DOZES("a2"));
	reads_of(0, "a snooze by chi@x", "snooze by chi@x ends");
	reads_of(1, "a snooze", "snooze ends");
	for (const char *path; (path = next_path());) {
		assert_null(strstr(path, "/logs"));
		answers(404, "{}");
	}
	end();

	begin(&jsm_source, &jsm);
	alerts_of("values", DOZES("j1"));
	until("/v1/alerts/j1/logs?size=100");
	answers(200, "{\"values\":[" LINE("logTime", "5", "snoozed", "712020:x") "]}");
	alerts_of("values", DOZES("j1"));
	reads_of(0, "a snooze by 712020:x", "snooze by 712020:x ends");
	until("user/bulk");
	answers(200, "{\"values\":[{\"accountId\":\"712020:x\",\"displayName\":\"Chi "
		     "Tran\"}]}");
	alerts_of("values", DOZES("j1"));
	reads_of(0, "a snooze by Chi Tran", "snooze by Chi Tran ends");
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_tenant),
		cmocka_unit_test(test_place),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_no_names),
		cmocka_unit_test(test_opened),
		cmocka_unit_test(test_teams),
		cmocka_unit_test(test_schedules),
		cmocka_unit_test(test_my_shift),
		cmocka_unit_test(test_region_hint),
		cmocka_unit_test(test_snoozes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
