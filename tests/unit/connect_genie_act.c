/* Actions of the genie service, ask by ask: accepted is not done, what is open is asked
 * for first next time, and nothing takes effect twice. */
#include "base/alloc.h"
#include "base/str.h"
#include "connect/act.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { MOST = 3 };

static const int64_t start_at = INT64_C(1700000000000);
static const struct action_kind *kind;
static struct source_conf conf;
static struct action actions[MOST];
static struct action_result results[MOST];
static struct arena arena;
static void *state;
static struct ask asked;
static int64_t now;

static void begin(const struct action_kind *k, enum action_verb verb, size_t count)
{
	static const char *const targets[MOST] = {"a-1", "a/2", "a-3"};

	kind = k;
	now = start_at;
	conf = (struct source_conf){.name = "g", .url = "https://g", .org = "c1"};
	arena_init(&arena, 4 << 20);
	memset(results, 0, sizeof results);
	for (size_t i = 0; i < count; i++) {
		struct action *a = &actions[i];

		*a = (struct action){.verb = verb, .until_at = now + 3600000};
		snprintf(
			a->id, sizeof a->id, "01a1fc5a-0ad0-7f69-8df0-3b80c04116e%zu", i);
		a->texts[ACTION_TARGET] = untrusted_str(targets[i]);
		a->texts[ACTION_BODY] = untrusted_str("look \"here\"\nplease");
		a->texts[ACTION_WHOM] = untrusted_str("ben@lab.example");
		a->texts[ACTION_BY] = untrusted_str("ana@here");
	}
	state = mem_new(1, k->state_size);
}

static void start(size_t count)
{
	kind->start(state, &conf, actions, count, results);
}

static void end(void)
{
	if (kind->stop)
		kind->stop(state);
	mem_free(state);
	arena_release(&arena);
}

/* The next ask; pauses are slept through. False at the end. */
static bool step(void)
{
	for (int i = 0; i < 100; i++) {
		asked = (struct ask){0};
		if (!kind->next(state, now, &arena, &asked))
			return false;
		if (asked.kind == ASK_HTTP)
			return true;
		assert_true(asked.until > now);
		assert_true(asked.until <= now + 2000);
		now = asked.until;
	}
	fail_msg("it waits for ever");
	return false;
}

static void asks(const char *method, const char *path)
{
	bool more = step();

	if (!method) {
		assert_false(more);
		return;
	}
	assert_true(more);
	assert_string_equal(asked.path, path);
	assert_string_equal(asked.method, method);
}

static void answers(int status, const char *body)
{
	const struct answer answer = {.id = asked.id,
		.status = status,
		.failure = status ? ERR_NONE : ERR_NET,
		.origin = "g:1",
		.now = now,
		.body = untrusted_str(body)};

	kind->take(state, &answer);
}

static bool sent(const char *part)
{
	return asked.body && strstr(asked.body, part);
}

#define ACCEPTED "{\"result\":\"Request will be processed\",\"requestId\":\"r-1\"}"
#define UNKNOWN  "{\"message\":\"Request not found\"}"
#define PENDING  "{\"data\":{\"isSuccess\":false,\"status\":\"Pending\"}}"
#define DONE     "{\"data\":{\"isSuccess\":true,\"processedAt\":\"2023-11-14T22:00:00\"}}"
#define FAILED                                                                           \
	"{\"data\":{\"isSuccess\":false,\"status\":\"Alert does not exist\","            \
	"\"processedAt\":\"2023-11-14T22:00:00Z\"}}"
#define DONE_FLAT "{\"isSuccess\":true,\"status\":\"Alert acknowledged\"}"

static const char request_path[] = "/v2/alerts/requests/r-1";

static void test_confirmed_late(void **unused)
{
	(void)unused;
	begin(&opsgenie_actions, ACTION_ACKNOWLEDGE, 1);
	start(1);
	asks("POST", "/v2/alerts/a-1/acknowledge");
	assert_true(sent("\"user\":\"ana@here\""));
	assert_string_equal(asked.headers[0], "Content-Type: application/json");
	answers(202, ACCEPTED);
	assert_int_equal(results[0].outcome, ACTION_UNKNOWN);
	/* Told at once: it is kept before anybody dies. */
	assert_string_equal(results[0].upstream_id, "r-1");
	asks("GET", request_path);
	assert_true(now > start_at);
	answers(404, UNKNOWN);
	asks("GET", request_path);
	answers(200, PENDING);
	asks("GET", request_path);
	answers(503, "<html>");
	asks("GET", request_path);
	answers(0, "");
	assert_int_equal(results[0].outcome, ACTION_UNKNOWN);
	asks("GET", request_path);
	answers(200, DONE);
	asks(NULL, NULL);
	assert_int_equal(results[0].outcome, ACTION_CONFIRMED);
	assert_string_equal(results[0].upstream_id, "");
	end();
}

static void test_failed_late(void **unused)
{
	(void)unused;
	begin(&opsgenie_actions, ACTION_RESOLVE, 1);
	start(1);
	asks("POST", "/v2/alerts/a-1/close");
	answers(202, ACCEPTED);
	asks("GET", request_path);
	answers(200, FAILED);
	asks(NULL, NULL);
	assert_int_equal(results[0].outcome, ACTION_FAILED);
	assert_string_equal(results[0].text, "Alert does not exist");
	end();
}

/* Some time, then it is told as what it is, with the id to ask for. */
static void never_processed(enum action_verb verb)
{
	int polls = 0;

	begin(&opsgenie_actions, verb, 1);
	start(1);
	assert_true(step());
	answers(202, ACCEPTED);
	while (step()) {
		assert_string_equal(asked.path, request_path);
		answers(404, UNKNOWN);
		polls++;
	}
	assert_true(polls >= 9 && polls <= 25);
	assert_true(now - start_at >= 23000 && now - start_at <= 27500);
	assert_int_equal(results[0].outcome, ACTION_AGAIN);
	assert_string_equal(results[0].text, "accepted, not confirmed yet");
	assert_string_equal(results[0].upstream_id, "r-1");
	end();
}

static void test_never_processed(void **unused)
{
	(void)unused;
	never_processed(ACTION_ACKNOWLEDGE);
	never_processed(ACTION_NOTE);
}

static void test_earlier_request(void **unused)
{
	(void)unused;
	/* It was done meanwhile: nothing is written. */
	begin(&opsgenie_actions, ACTION_ESCALATE, 1);
	actions[0].attempts = 1;
	actions[0].earlier = untrusted_str("r-1");
	start(1);
	asks("GET", request_path);
	answers(200, DONE);
	asks(NULL, NULL);
	assert_int_equal(results[0].outcome, ACTION_CONFIRMED);
	end();
	/* Still unknown: waiting goes on, nothing is written, the id is kept. */
	begin(&opsgenie_actions, ACTION_ESCALATE, 1);
	actions[0].attempts = 2;
	actions[0].earlier = untrusted_str("r-1");
	start(1);
	while (step()) {
		assert_string_equal(asked.path, request_path);
		answers(404, UNKNOWN);
	}
	assert_int_equal(results[0].outcome, ACTION_AGAIN);
	assert_string_equal(results[0].upstream_id, "r-1");
	end();
	/* No answer to the question: the id is kept. */
	begin(&opsgenie_actions, ACTION_ESCALATE, 1);
	actions[0].attempts = 2;
	actions[0].earlier = untrusted_str("r-1");
	start(1);
	asks("GET", request_path);
	answers(0, "");
	asks(NULL, NULL);
	assert_int_equal(results[0].outcome, ACTION_AGAIN);
	assert_string_equal(results[0].upstream_id, "r-1");
	end();
	/* Lost for good: what may be doubled is not sent again, a state is. */
	begin(&opsgenie_actions, ACTION_NOTE, 1);
	actions[0].attempts = 9;
	actions[0].earlier = untrusted_str("r-1");
	start(1);
	asks("GET", request_path);
	answers(404, UNKNOWN);
	while (step()) {
		assert_string_equal(asked.method, "GET");
		assert_string_equal(
			asked.path, "/v2/alerts/a-1/notes?limit=100&order=desc");
		answers(200, "{\"data\":[]}");
	}
	assert_int_equal(results[0].outcome, ACTION_FAILED);
	end();
	begin(&opsgenie_actions, ACTION_ACKNOWLEDGE, 1);
	actions[0].attempts = 9;
	actions[0].earlier = untrusted_str("r-1");
	start(1);
	asks("GET", request_path);
	answers(404, UNKNOWN);
	asks("GET", "/v2/alerts/a-1");
	answers(200, "{\"data\":{\"status\":\"open\",\"acknowledged\":false}}");
	asks("POST", "/v2/alerts/a-1/acknowledge");
	end();
}

static void test_lost_answer(void **unused)
{
	static const struct {
		enum action_verb verb;
		const char *whom, *as_wished, *not_yet;
	} rows[] = {
		{ACTION_ACKNOWLEDGE, "", "\"acknowledged\":true",
			"\"acknowledged\":false"},
		{ACTION_UNACKNOWLEDGE, "", "\"acknowledged\":false",
			"\"acknowledged\":true"},
		{ACTION_RESOLVE, "", "\"status\":\"closed\"", "\"x\":1"},
		{ACTION_SNOOZE, "",
			"\"snoozed\":true,\"snoozedUntil\":\"2023-11-14T23:13:20Z\"",
			"\"snoozed\":true,\"snoozedUntil\":\"2023-11-14T22:30:00Z\""},
		{ACTION_REASSIGN, "ben@lab.example", "\"owner\":\"ben@lab.example\"",
			"\"owner\":\"ana@lab.example\""},
		{ACTION_PRIORITY, "p2", "\"priority\":\"P2\"", "\"priority\":\"P3\""},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (int done = 0; done < 2; done++) {
			char body[200];

			begin(&opsgenie_actions, rows[i].verb, 1);
			actions[0].attempts = 1;
			actions[0].texts[ACTION_WHOM] = untrusted_str(rows[i].whom);
			start(1);
			asks("GET", "/v2/alerts/a-1");
			snprintf(body, sizeof body, "{\"data\":{%s%s}}",
				done ? rows[i].as_wished : rows[i].not_yet,
				strstr(rows[i].as_wished, "closed") && done
					? ""
					: ",\"status\":\"open\"");
			answers(200, body);
			if (done)
				assert_int_equal(results[0].outcome, ACTION_CONFIRMED);
			assert_int_equal(step(), !done);
			end();
		}
}

/* Notes and escalations are looked for by their marker, patiently, over pages. */
static void test_marker(void **unused)
{
	struct str page;

	(void)unused;
	begin(&jsm_actions, ACTION_NOTE, 1);
	actions[0].attempts = 1;
	start(1);
	asks("GET", "/jsm/ops/api/c1/v1/alerts/a-1/notes?size=100");
	str_init(&page, 1 << 16);
	str_puts(&page, "{\"values\":[");
	for (int i = 0; i < 100; i++)
		str_printf(&page, "%s{\"id\":\"n%d\",\"note\":\"x\"}", i ? "," : "", i);
	str_puts(&page, "]}");
	answers(200, str_text(&page));
	str_release(&page);
	asks("GET", "/jsm/ops/api/c1/v1/alerts/a-1/notes?size=100&after=n99");
	answers(200, "{\"values\":[]}");
	/* Not there yet: it may be on its way. */
	asks("GET", "/jsm/ops/api/c1/v1/alerts/a-1/notes?size=100");
	answers(200, "{\"values\":[{\"note\":\"look (oogway 3b80c04116e0)\"}]}");
	asks(NULL, NULL);
	assert_int_equal(results[0].outcome, ACTION_CONFIRMED);
	end();
	begin(&jsm_actions, ACTION_ESCALATE, 1);
	actions[0].attempts = 1;
	start(1);
	while (step() && !strcmp(asked.method, "GET"))
		answers(200, "{\"values\":[]}");
	assert_true(now - start_at >= 4000);
	assert_string_equal(asked.path, "/jsm/ops/api/c1/v1/alerts/a-1/escalate");
	assert_true(sent("\"escalationId\":\"ben@lab.example\""));
	assert_true(sent("(oogway 3b80c04116e0)"));
	end();
}

static void test_bodies(void **unused)
{
	static const struct {
		const struct action_kind *kind;
		enum action_verb verb;
		const char *whom, *method, *path, *part;
	} rows[] = {
		{&opsgenie_actions, ACTION_UNACKNOWLEDGE, "", "POST",
			"/v2/alerts/a-1/unacknowledge", "\"source\":\"oogway\""},
		{&opsgenie_actions, ACTION_SNOOZE, "", "POST", "/v2/alerts/a-1/snooze",
			"\"endTime\":\"2023-11-14T23:13:20.000Z\""},
		{&opsgenie_actions, ACTION_NOTE, "", "POST", "/v2/alerts/a-1/notes",
			"\"note\":\"look \\\"here\\\" please (oogway 3b80c04116e0)\""},
		{&opsgenie_actions, ACTION_ESCALATE, "Ops", "POST",
			"/v2/alerts/a-1/escalate",
			"\"escalation\":{\"type\":\"escalation\",\"name\":\"Ops\"}"},
		{&opsgenie_actions, ACTION_REASSIGN,
			"4513b7ea-3b91-438f-b7e4-e3e54af9147c", "POST",
			"/v2/alerts/a-1/assign",
			"\"owner\":{\"type\":\"user\",\"id\":\"4513b7ea-"},
		{&opsgenie_actions, ACTION_REASSIGN, "ben@lab.example", "POST",
			"/v2/alerts/a-1/assign", "\"username\":\"ben@lab.example\""},
		{&opsgenie_actions, ACTION_PRIORITY, "p1", "PUT",
			"/v2/alerts/a-1/priority", "{\"priority\":\"P1\"}"},
		{&opsgenie_actions, ACTION_RESPONDERS, "@ben@lab.example", "POST",
			"/v2/alerts/a-1/responders",
			"\"note\":\"look \\\"here\\\" please (oogway 3b80c04116e0)\","
			"\"responder\":{\"type\":\"user\","
			"\"username\":\"ben@lab.example\"}"},
		{&opsgenie_actions, ACTION_RESPONDERS, "Payments", "POST",
			"/v2/alerts/a-1/responders",
			"\"responder\":{\"type\":\"team\",\"name\":\"Payments\"}"},
		{&jsm_actions, ACTION_RESPONDERS, "@712020:x", "POST",
			"/jsm/ops/api/c1/v1/alerts/a-1/responders",
			"{\"type\":\"user\",\"id\":\"712020:x\"}"},
		{&jsm_actions, ACTION_PRIORITY, "P5", "PATCH",
			"/jsm/ops/api/c1/v1/alerts/a-1/priority",
			"{\"priority\":\"P5\"}"},
		{&jsm_actions, ACTION_REASSIGN, "712020:x", "POST",
			"/jsm/ops/api/c1/v1/alerts/a-1/assign",
			"{\"accountId\":\"712020:x\"}"},
		{&jsm_actions, ACTION_ACKNOWLEDGE, "", "POST",
			"/jsm/ops/api/c1/v1/alerts/a-1/acknowledge", "{}"},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		bool jsm = rows[i].kind == &jsm_actions;

		begin(rows[i].kind, rows[i].verb, 1);
		actions[0].texts[ACTION_WHOM] = untrusted_str(rows[i].whom);
		start(1);
		asks(rows[i].method, rows[i].path);
		if (!sent(rows[i].part))
			print_error("row %zu: %s\n", i, asked.body);
		assert_true(sent(rows[i].part));
		answers(202, ACCEPTED);
		assert_true(step());
		answers(200, jsm ? DONE_FLAT : DONE);
		asks(NULL, NULL);
		assert_int_equal(results[0].outcome, ACTION_CONFIRMED);
		end();
	}
}

#define TEAMS                                                                            \
	"{\"platformTeams\":[{\"teamId\":\"t1\",\"teamName\":\"Platform\"},"             \
	"{\"teamId\":\"t2\",\"teamName\":\"Payments\"}]}"

/* Jira wants a team's id; a name that is none asks nobody, and the others are asked. */
static void test_teams(void **unused)
{
	(void)unused;
	begin(&jsm_actions, ACTION_RESPONDERS, 3);
	actions[0].texts[ACTION_WHOM] = untrusted_str("payments");
	actions[1].texts[ACTION_WHOM] = untrusted_str("Paiments");
	actions[2].texts[ACTION_WHOM] = untrusted_str("@712020:x");
	start(3);
	asks("GET", "/jsm/ops/api/c1/v1/teams");
	answers(200, TEAMS);
	assert_int_equal(results[1].outcome, ACTION_FAILED);
	assert_non_null(strstr(results[1].text, "no team is called Paiments there"));
	assert_non_null(strstr(results[1].text, "2 teams: Platform, Payments"));
	asks("POST", "/jsm/ops/api/c1/v1/alerts/a-1/responders");
	assert_true(sent("{\"type\":\"team\",\"id\":\"t2\"}"));
	answers(202, ACCEPTED);
	asks("POST", "/jsm/ops/api/c1/v1/alerts/a-3/responders");
	answers(404, "{\"message\":\"no such alert\"}");
	asks("GET", "/jsm/ops/api/c1/v1/alerts/requests/r-1");
	answers(200, DONE_FLAT);
	asks(NULL, NULL);
	assert_int_equal(results[0].outcome, ACTION_CONFIRMED);
	assert_int_equal(results[2].outcome, ACTION_FAILED);
	end();
	/* Without the list nobody is asked by a guess; without the network, later. */
	begin(&jsm_actions, ACTION_RESPONDERS, 1);
	actions[0].texts[ACTION_WHOM] = untrusted_str("Payments");
	start(1);
	asks("GET", "/jsm/ops/api/c1/v1/teams");
	answers(503, "");
	asks(NULL, NULL);
	assert_int_equal(results[0].outcome, ACTION_AGAIN);
	end();
}

/* Nobody knows whether the try before has reached the server. */
static void test_responder_again(void **unused)
{
	(void)unused;
	begin(&jsm_actions, ACTION_RESPONDERS, 1);
	actions[0].attempts = 1;
	actions[0].texts[ACTION_WHOM] = untrusted_str("@712020:x");
	start(1);
	asks("GET", "/jsm/ops/api/c1/v1/alerts/a-1");
	answers(200, "{\"status\":\"open\",\"responders\":[{\"type\":\"user\",\"id\":"
		     "\"712020:x\"}]}");
	asks(NULL, NULL);
	assert_int_equal(results[0].outcome, ACTION_CONFIRMED);
	end();
	begin(&jsm_actions, ACTION_RESPONDERS, 1);
	actions[0].attempts = 1;
	actions[0].texts[ACTION_WHOM] = untrusted_str("Payments");
	start(1);
	asks("GET", "/jsm/ops/api/c1/v1/teams");
	answers(200, TEAMS);
	asks("GET", "/jsm/ops/api/c1/v1/alerts/a-1");
	answers(200, "{\"status\":\"open\",\"responders\":[{\"type\":\"team\",\"id\":"
		     "\"t1\"}]}");
	asks("POST", "/jsm/ops/api/c1/v1/alerts/a-1/responders");
	end();
	/* Opsgenie's has a note with our marker. */
	begin(&opsgenie_actions, ACTION_RESPONDERS, 1);
	actions[0].attempts = 1;
	start(1);
	asks("GET", "/v2/alerts/a-1/notes?limit=100&order=desc");
	answers(200, "{\"data\":[{\"note\":\"help (oogway 3b80c04116e0)\","
		     "\"offset\":\"1\"}]}");
	asks(NULL, NULL);
	assert_int_equal(results[0].outcome, ACTION_CONFIRMED);
	end();
}

static void test_senseless(void **unused)
{
	static const struct {
		enum action_verb verb;
		const char *whom, *words;
	} rows[] = {
		{ACTION_ESCALATE, "2", "name the escalation"},
		{ACTION_PRIORITY, "high", "P1 to P5"},
		{ACTION_PRIORITY, "P6", "P1 to P5"},
		{ACTION_SNOOZE, "", "its end has passed"},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		begin(&opsgenie_actions, rows[i].verb, 1);
		actions[0].until_at = now;
		actions[0].texts[ACTION_WHOM] = untrusted_str(rows[i].whom);
		start(1);
		asks(NULL, NULL);
		assert_int_equal(results[0].outcome, ACTION_FAILED);
		assert_non_null(strstr(results[0].text, rows[i].words));
		end();
	}
}

static void test_many(void **unused)
{
	(void)unused;
	begin(&jsm_actions, ACTION_ACKNOWLEDGE, 3);
	conf.org = NULL;
	conf.site = "lab.atlassian.net";
	start(3);
	asks("GET", "/_edge/tenant_info");
	assert_string_equal(asked.base, "https://lab.atlassian.net");
	answers(200, "{\"cloudId\":\"c9\"}");
	asks("POST", "/jsm/ops/api/c9/v1/alerts/a-1/acknowledge");
	assert_null(asked.base);
	answers(202, "{\"requestId\":\"r1\"}");
	asks("POST", "/jsm/ops/api/c9/v1/alerts/a%2F2/acknowledge");
	answers(404, "{\"message\":\"no such alert\"}");
	asks("POST", "/jsm/ops/api/c9/v1/alerts/a-3/acknowledge");
	answers(202, "{\"requestId\":\"r3\"}");
	asks("GET", "/jsm/ops/api/c9/v1/alerts/requests/r1");
	answers(404, UNKNOWN);
	asks("GET", "/jsm/ops/api/c9/v1/alerts/requests/r3");
	answers(200, DONE_FLAT);
	asks("GET", "/jsm/ops/api/c9/v1/alerts/requests/r1");
	answers(200, DONE_FLAT);
	asks(NULL, NULL);
	assert_int_equal(results[0].outcome, ACTION_CONFIRMED);
	assert_int_equal(results[1].outcome, ACTION_FAILED);
	assert_non_null(strstr(results[1].text, "no such alert"));
	assert_int_equal(results[2].outcome, ACTION_CONFIRMED);
	end();
	/* Throttled half-way: the rest waits, what was accepted is followed. */
	begin(&opsgenie_actions, ACTION_RESOLVE, 3);
	start(3);
	asks("POST", "/v2/alerts/a-1/close");
	answers(202, ACCEPTED);
	asks("POST", "/v2/alerts/a%2F2/close");
	answers(429, "{\"message\":\"too many\"}");
	asks("GET", request_path);
	answers(200, DONE);
	asks(NULL, NULL);
	assert_int_equal(results[0].outcome, ACTION_CONFIRMED);
	assert_int_equal(results[1].outcome, ACTION_AGAIN);
	assert_int_equal(results[2].outcome, ACTION_AGAIN);
	end();
}

static void test_hostile(void **unused)
{
	static const char *const bodies[] = {"", "not json", "[]", "{}",
		"{\"requestId\":5}", "{\"requestId\":\"../../x?y\\r\\nz\"}",
		"{\"requestId\":\"\"}"};

	(void)unused;
	/* Accepted, but nobody knows as what: it is looked for next time. */
	for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
		begin(&opsgenie_actions, ACTION_NOTE, 1);
		actions[0].texts[ACTION_TARGET] = untrusted_str("../x?y=\r\nz");
		start(1);
		asks("POST", "/v2/alerts/..%2Fx%3Fy%3D%0D%0Az/notes");
		answers(202, bodies[i]);
		asks(NULL, NULL);
		assert_int_equal(results[0].outcome, ACTION_UNKNOWN);
		end();
	}
	begin(&jsm_actions, ACTION_NOTE, 1);
	conf.org = NULL;
	conf.site = "lab.atlassian.net";
	start(1);
	asks("GET", "/_edge/tenant_info");
	answers(200, "{\"cloudId\":\"../..\"}");
	asks(NULL, NULL);
	assert_int_equal(results[0].outcome, ACTION_AGAIN);
	assert_non_null(strstr(results[0].text, "cloud id"));
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_confirmed_late),
		cmocka_unit_test(test_failed_late),
		cmocka_unit_test(test_never_processed),
		cmocka_unit_test(test_earlier_request),
		cmocka_unit_test(test_lost_answer),
		cmocka_unit_test(test_marker),
		cmocka_unit_test(test_bodies),
		cmocka_unit_test(test_teams),
		cmocka_unit_test(test_responder_again),
		cmocka_unit_test(test_senseless),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
