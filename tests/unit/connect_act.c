/* The conversations of actions, ask by ask: what is sent, and what each answer makes of
 * each action. */
#include "base/alloc.h"
#include "base/json.h"
#include "base/str.h"
#include "base/text.h"
#include "connect/act.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { NOW = 1700000000, MOST = 4 };

static const struct action_kind *kind;
static const struct source_conf conf = {
	.name = "s", .url = "http://s", .from = "ana@lab.example"};
static struct action actions[MOST];
static struct action_result results[MOST];
static struct arena arena;
static void *state;
static struct ask asked;

static void begin(const struct action_kind *k, enum action_verb verb, size_t count)
{
	kind = k;
	arena_init(&arena, 4 << 20);
	memset(results, 0, sizeof results);
	for (size_t i = 0; i < count; i++) {
		static const char *const targets[MOST] = {"Q1", "Q2", "Q3", "Q4"};
		struct action *a = &actions[i];

		*a = (struct action){.verb = verb, .until_at = (NOW + 60) * 1000LL};
		snprintf(
			a->id, sizeof a->id, "01a1fc5a-0ad0-7f69-8df0-3b80c04116e%zu", i);
		a->texts[ACTION_TARGET] = untrusted_str(targets[i]);
		a->texts[ACTION_BODY] = untrusted_str("look \"here\"\nplease");
		a->texts[ACTION_WHOM] = untrusted_str("3");
		a->texts[ACTION_BY] = untrusted_str("ana@here");
		a->texts[ACTION_MATCHERS] = untrusted_str(
			"[{\"name\":\"a\",\"value\":\"b\\\"c\",\"isRegex\":false}]");
	}
	state = mem_new(1, k->state_size);
}

static void start(size_t count)
{
	kind->start(state, &conf, actions, count, results);
}

/* The next ask must be this one; NULL: there is none. */
static void asks(const char *method, const char *path)
{
	bool more = kind->next(state, NOW * 1000LL, &arena, &asked);

	if (!method) {
		assert_false(more);
		return;
	}
	assert_true(more);
	assert_string_equal(asked.method, method);
	assert_string_equal(asked.path, path);
}

static void answers(int status, const char *body)
{
	const struct answer answer = {.id = asked.id,
		.status = status,
		.failure = status ? ERR_NONE : ERR_NET,
		.origin = "s:1",
		.now = NOW * 1000LL,
		.body = untrusted_str(body)};

	kind->take(state, &answer);
}

static void end(void)
{
	if (kind->stop)
		kind->stop(state);
	mem_free(state);
	arena_release(&arena);
}

static bool sent(const char *part)
{
	return asked.body && strstr(asked.body, part);
}

/* --- PagerDuty --- */

static void test_ack(void **unused)
{
	(void)unused;
	begin(&pagerduty_actions, ACTION_ACKNOWLEDGE, 3);
	start(3);
	asks("PUT", "/incidents");
	assert_true(sent("\"status\":\"acknowledged\""));
	assert_true(sent("Q1") && sent("Q2") && sent("Q3"));
	assert_string_equal(asked.headers[2], "From: ana@lab.example");
	answers(200, "{\"incidents\":[{\"id\":\"Q1\",\"status\":\"acknowledged\"},"
		     "{\"id\":\"Q2\",\"status\":\"resolved\"}]}");
	asks(NULL, NULL);
	assert_int_equal(results[0].outcome, ACTION_CONFIRMED);
	assert_int_equal(results[1].outcome, ACTION_FAILED);
	assert_string_equal(results[1].text, "the incident is resolved");
	/* The answer does not name it: nobody knows. */
	assert_int_equal(results[2].outcome, ACTION_UNKNOWN);
	end();
}

static void test_one_bad(void **unused)
{
	(void)unused;
	begin(&pagerduty_actions, ACTION_RESOLVE, 3);
	start(3);
	asks("PUT", "/incidents");
	answers(400, "{\"error\":{\"message\":\"Invalid\",\"errors\":[\"Q2 is gone\"]}}");
	asks("PUT", "/incidents");
	assert_true(sent("Q1") && !sent("Q2"));
	answers(200, "{\"incidents\":[{\"id\":\"Q1\",\"status\":\"resolved\"}]}");
	asks("PUT", "/incidents");
	assert_true(sent("Q2") && !sent("Q3"));
	answers(404, "{\"error\":{\"message\":\"Not Found\",\"errors\":{\"incident\":"
		     "[\"is gone\"]}}}");
	asks("PUT", "/incidents");
	assert_true(sent("Q3"));
	answers(503, "<html>");
	asks(NULL, NULL);
	assert_int_equal(results[0].outcome, ACTION_CONFIRMED);
	assert_int_equal(results[1].outcome, ACTION_FAILED);
	assert_non_null(strstr(results[1].text, "Not Found"));
	assert_int_equal(results[2].outcome, ACTION_AGAIN);
	end();
}

static void test_outcomes(void **unused)
{
	static const struct {
		int status;
		enum action_outcome outcome;
	} rows[] = {
		{0, ACTION_AGAIN},
		{401, ACTION_FAILED},
		{402, ACTION_FAILED},
		{404, ACTION_FAILED},
		{408, ACTION_AGAIN},
		{413, ACTION_FAILED},
		{429, ACTION_AGAIN},
		{500, ACTION_AGAIN},
		{503, ACTION_AGAIN},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		begin(&pagerduty_actions, ACTION_SNOOZE, 1);
		start(1);
		asks("POST", "/incidents/Q1/snooze");
		assert_true(sent("\"duration\":60"));
		answers(rows[i].status, "{\"error\":{\"message\":\"no\"}}");
		asks(NULL, NULL);
		assert_int_equal(results[0].outcome, rows[i].outcome);
		end();
	}
}

static void test_note_once(void **unused)
{
	(void)unused;
	begin(&pagerduty_actions, ACTION_NOTE, 1);
	start(1);
	asks("POST", "/incidents/Q1/notes");
	assert_true(sent("look \\\"here\\\" please (oogway 3b80c04116e0)"));
	answers(0, "");
	asks(NULL, NULL);
	assert_int_equal(results[0].outcome, ACTION_AGAIN);
	end();
	/* The second try looks first, and finds it. */
	begin(&pagerduty_actions, ACTION_NOTE, 1);
	actions[0].attempts = 1;
	start(1);
	asks("GET", "/incidents/Q1/notes");
	answers(200, "{\"notes\":[{\"content\":\"x\"},{\"content\":\"look (oogway "
		     "3b80c04116e0)\"}]}");
	asks(NULL, NULL);
	assert_int_equal(results[0].outcome, ACTION_CONFIRMED);
	end();
	/* Or does not find it, and writes it. */
	begin(&pagerduty_actions, ACTION_NOTE, 1);
	actions[0].attempts = 1;
	start(1);
	asks("GET", "/incidents/Q1/notes");
	answers(200, "{\"notes\":[]}");
	asks("POST", "/incidents/Q1/notes");
	answers(200, "{\"note\":{\"id\":\"N\"}}");
	asks(NULL, NULL);
	assert_int_equal(results[0].outcome, ACTION_CONFIRMED);
	end();
}

static void test_other_verbs(void **unused)
{
	static const struct {
		enum action_verb verb;
		const char *method, *path, *part;
	} rows[] = {
		{ACTION_UNACKNOWLEDGE, "PUT", "/incidents", "\"status\":\"triggered\""},
		{ACTION_ESCALATE, "PUT", "/incidents", "\"escalation_level\":3"},
		{ACTION_REASSIGN, "PUT", "/incidents",
			"\"assignments\":[{\"assignee\":{\"type\":\"user_reference\","
			"\"id\":\"3\"}}]"},
		{ACTION_MERGE, "PUT", "/incidents/3/merge",
			"\"source_incidents\":[{\"type\":\"incident_reference\","
			"\"id\":\"Q1\"}]"},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		begin(&pagerduty_actions, rows[i].verb, 1);
		assert_true(kind->verbs & 1U << rows[i].verb);
		start(1);
		asks(rows[i].method, rows[i].path);
		assert_true(sent(rows[i].part));
		answers(200,
			"{\"incident\":{\"id\":\"Q1\"},\"incidents\":[{\"id\":\"Q1\","
			"\"status\":\"triggered\"}]}");
		asks(NULL, NULL);
		assert_int_equal(results[0].outcome, ACTION_CONFIRMED);
		end();
	}
}

static const char priorities[] = "{\"priorities\":[{\"id\":\"PPRI1\",\"name\":\"P1\"},"
				 "{\"id\":\"3\",\"name\":\"Sev-2\"}]}";

/* A priority is an id there: its name is looked up first, and one that is none is
 * refused with those there are. */
static void test_priority(void **unused)
{
	(void)unused;
	begin(&pagerduty_actions, ACTION_PRIORITY, 3);
	actions[0].texts[ACTION_WHOM] = untrusted_str("sev-2");
	actions[1].texts[ACTION_WHOM] = untrusted_str("P9");
	actions[2].texts[ACTION_WHOM] = untrusted_str("PPRI1");
	start(3);
	asks("GET", "/priorities?limit=100");
	answers(200, priorities);
	asks("PUT", "/incidents");
	assert_true(sent("\"priority\":{\"type\":\"priority_reference\",\"id\":\"3\"}"));
	assert_true(
		sent("\"priority\":{\"type\":\"priority_reference\",\"id\":\"PPRI1\"}"));
	assert_false(sent("\"id\":\"Q2\""));
	/* One by one: what was refused is not asked for. */
	answers(400, "{}");
	asks("PUT", "/incidents");
	assert_true(sent("\"id\":\"Q1\""));
	answers(200, "{\"incidents\":[{\"id\":\"Q1\",\"priority\":{\"id\":\"3\"}}]}");
	asks("PUT", "/incidents");
	assert_true(sent("\"id\":\"Q3\""));
	answers(200, "{\"incidents\":[{\"id\":\"Q3\",\"priority\":{\"id\":\"PPRI1\"}}]}");
	asks(NULL, NULL);
	assert_int_equal(results[0].outcome, ACTION_CONFIRMED);
	assert_int_equal(results[1].outcome, ACTION_FAILED);
	assert_string_equal(results[1].text, "no priority is called P9 there: P1, Sev-2");
	assert_int_equal(results[2].outcome, ACTION_CONFIRMED);
	end();
	begin(&pagerduty_actions, ACTION_PRIORITY, 1);
	actions[0].texts[ACTION_WHOM] = untrusted_str("P");
	start(1);
	asks("GET", "/priorities?limit=100");
	answers(200, "{\"priorities\":[]}");
	asks(NULL, NULL);
	assert_int_equal(results[0].outcome, ACTION_FAILED);
	end();
}

static void test_hostile_id(void **unused)
{
	(void)unused;
	begin(&pagerduty_actions, ACTION_SNOOZE, 1);
	actions[0].texts[ACTION_TARGET] = untrusted_str("../users/x?y=\r\nz");
	start(1);
	asks("POST", "/incidents/..%2Fusers%2Fx%3Fy%3D%0D%0Az/snooze");
	answers(200, "not json");
	asks(NULL, NULL);
	assert_int_equal(results[0].outcome, ACTION_UNKNOWN);
	end();
}

/* --- Alertmanager --- */

static void test_silence(void **unused)
{
	(void)unused;
	begin(&alertmanager_actions, ACTION_SILENCE, 1);
	start(1);
	asks("POST", "/api/v2/silences");
	assert_true(sent("{\"name\":\"a\",\"value\":\"b\\\"c\",\"isRegex\":false,"
			 "\"isEqual\":true}"));
	assert_true(sent("\"createdBy\":\"ana@here\""));
	assert_true(sent("(oogway 3b80c04116e0)"));
	assert_true(sent("\"endsAt\":\"2023-11-14T22:14:20.000Z\""));
	answers(200, "{\"silenceID\":\"1e66a67e-248b\"}");
	asks(NULL, NULL);
	assert_int_equal(results[0].outcome, ACTION_CONFIRMED);
	assert_string_equal(results[0].upstream_id, "1e66a67e-248b");
	end();
}

static void test_silence_once(void **unused)
{
	(void)unused;
	begin(&alertmanager_actions, ACTION_SILENCE, 1);
	actions[0].attempts = 2;
	start(1);
	asks("GET", "/api/v2/silences");
	answers(200, "[{\"id\":\"s1\",\"comment\":\"x\"},{\"id\":\"s2\",\"comment\":\"x "
		     "(oogway 3b80c04116e0)\"}]");
	asks(NULL, NULL);
	assert_int_equal(results[0].outcome, ACTION_CONFIRMED);
	assert_string_equal(results[0].upstream_id, "s2");
	end();
}

static void test_late(void **unused)
{
	(void)unused;
	begin(&alertmanager_actions, ACTION_SILENCE, 1);
	actions[0].until_at = NOW * 1000LL;
	start(1);
	asks(NULL, NULL);
	assert_int_equal(results[0].outcome, ACTION_FAILED);
	end();
}

static void test_extend(void **unused)
{
	(void)unused;
	begin(&alertmanager_actions, ACTION_EXTEND, 1);
	start(1);
	asks("GET", "/api/v2/silence/Q1");
	answers(200, "{\"id\":\"Q1\",\"matchers\":[{\"name\":\"n\",\"value\":\"v.*\","
		     "\"isRegex\":true,\"isEqual\":false}],\"startsAt\":"
		     "\"2023-11-14T22:00:00.123456789Z\",\"createdBy\":\"bo\","
		     "\"comment\":\"c\",\"status\":{\"state\":\"active\"}}");
	asks("POST", "/api/v2/silences");
	assert_true(sent("\"id\":\"Q1\""));
	assert_true(sent("\"isRegex\":true,\"isEqual\":false"));
	assert_true(sent("2023-11-14T22:00:00.123456789Z"));
	assert_true(sent("\"createdBy\":\"bo\""));
	answers(200, "{\"silenceID\":\"Q9\"}");
	asks(NULL, NULL);
	assert_string_equal(results[0].upstream_id, "Q9");
	end();
	begin(&alertmanager_actions, ACTION_EXTEND, 1);
	start(1);
	asks("GET", "/api/v2/silence/Q1");
	answers(200, "{\"id\":\"Q1\",\"status\":{\"state\":\"expired\"}}");
	asks(NULL, NULL);
	assert_int_equal(results[0].outcome, ACTION_FAILED);
	end();
}

static void test_expire(void **unused)
{
	(void)unused;
	begin(&alertmanager_actions, ACTION_EXPIRE, 1);
	start(1);
	asks("DELETE", "/api/v2/silence/Q1");
	answers(404, "\"silence not found\"");
	asks(NULL, NULL);
	assert_int_equal(results[0].outcome, ACTION_FAILED);
	assert_non_null(strstr(results[0].text, "silence not found"));
	end();
}

/* A change of nothing would be answered like a success. */
static void test_to_nobody(void **unused)
{
	static const enum action_verb verbs[] = {
		ACTION_ESCALATE, ACTION_REASSIGN, ACTION_PRIORITY, ACTION_MERGE};

	(void)unused;
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
		begin(&pagerduty_actions, verbs[i], 1);
		actions[0].texts[ACTION_WHOM] = verbs[i] == ACTION_ESCALATE
							? untrusted_str("soon")
							: UNTRUSTED_NONE;
		start(1);
		asks(NULL, NULL);
		assert_int_equal(results[0].outcome, ACTION_FAILED);
		end();
	}
}

static enum action_outcome answered(enum action_verb verb, const char *body)
{
	begin(&pagerduty_actions, verb, 1);
	start(1);
	if (verb == ACTION_PRIORITY) {
		asks("GET", "/priorities?limit=100");
		answers(200, priorities);
	}
	asks("PUT", "/incidents");
	answers(200, body);
	asks(NULL, NULL);
	end();
	return results[0].outcome;
}

/* It is done when the incident is as was asked, not when the request was taken. */
static void test_as_asked(void **unused)
{
	(void)unused;
	assert_int_equal(answered(ACTION_REASSIGN,
				 "{\"incidents\":[{\"id\":\"Q1\","
				 "\"assignments\":[{\"assignee\":{\"id\":\"9\"}}]}]}"),
		ACTION_FAILED);
	assert_int_equal(answered(ACTION_REASSIGN,
				 "{\"incidents\":[{\"id\":\"Q1\","
				 "\"assignments\":[{\"assignee\":{\"id\":\"3\"}}]}]}"),
		ACTION_CONFIRMED);
	assert_int_equal(answered(ACTION_PRIORITY, "{\"incidents\":[{\"id\":\"Q1\","
						   "\"priority\":{\"id\":\"9\"}}]}"),
		ACTION_FAILED);
	assert_int_equal(answered(ACTION_PRIORITY, "{\"incidents\":[{\"id\":\"Q1\","
						   "\"priority\":{\"id\":\"3\"}}]}"),
		ACTION_CONFIRMED);
}

/* --- PagerDuty's responders and status updates --- */

static const char users[] =
	"{\"users\":[{\"id\":\"PANA001\",\"name\":\"Ana Ruiz\",\"email\":"
	"\"ana@lab.example\"},{\"id\":\"PBEN001\",\"name\":\"Ben Okafor\",\"email\":"
	"\"ben@lab.example\"},{\"id\":\"PBEN002\",\"name\":\"Benita Ruiz\",\"email\":"
	"\"benita@lab.example\"}],\"more\":false}";
static const char policies[] =
	"{\"escalation_policies\":[{\"id\":\"PPOL001\",\"name\":\"Payments\"}],"
	"\"more\":false}";

static void call(const char *whom, int attempts)
{
	begin(&pagerduty_actions, ACTION_RESPONDERS, 1);
	actions[0].texts[ACTION_WHOM] = untrusted_str(whom);
	actions[0].attempts = attempts;
	start(1);
}

static void test_responders(void **unused)
{
	(void)unused;
	call("@ben, Payments", 0);
	asks("GET", "/users?limit=100&query=ana%40lab.example");
	answers(200, users);
	asks("GET", "/users?limit=100&query=ben");
	answers(200, users);
	asks("GET", "/escalation_policies?limit=100&query=Payments");
	answers(200, policies);
	asks("POST", "/incidents/Q1/responder_requests");
	assert_true(sent("\"requester_id\":\"PANA001\""));
	assert_true(sent("{\"responder_request_target\":{\"id\":\"PBEN001\",\"type\":"
			 "\"user_reference\"}}"));
	assert_true(sent("\"id\":\"PPOL001\",\"type\":\"escalation_policy_reference\""));
	assert_true(sent("(oogway 3b80c04116e0)"));
	answers(200, "{\"responder_request\":{\"id\":\"R\"}}");
	asks(NULL, NULL);
	assert_int_equal(results[0].outcome, ACTION_CONFIRMED);
	assert_string_equal(results[0].text, "Ben Okafor, Payments");
	end();
}

/* Who is meant must be certain: else nobody is woken. */
static void test_whom(void **unused)
{
	static const struct {
		const char *whom, *id, *says; /* id NULL: refused */
	} rows[] = {
		{"@ben", "PBEN001", NULL},
		{"@BEN", "PBEN001", NULL},
		{"@ben@lab.example", "PBEN001", NULL},
		{"@okafor", "PBEN001", NULL},
		{"@benita", "PBEN002", NULL},
		{"@PQ12345", "PQ12345", NULL},
		{"@ruiz", NULL, "Ana Ruiz, Benita Ruiz"},
		{"@zoe", NULL, "no user is called zoe"},
		{"Nothing", NULL, "no escalation policy is called Nothing"},
		{"@", NULL, "does not say whom"},
		{"", NULL, "does not say whom"},
		{" , ", NULL, "does not say whom"},
		{"a,b,c,d,e,f,g,h,i", NULL, "at most 8"},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char id[40];

		call(rows[i].whom, 0);
		while (kind->next(state, NOW * 1000LL, &arena, &asked) &&
			!strcmp(asked.method, "GET"))
			answers(200, strstr(asked.path, "policies") ? policies : users);
		if (!rows[i].id) {
			assert_int_equal(results[0].outcome, ACTION_FAILED);
			assert_non_null(strstr(results[0].text, rows[i].says));
			end();
			continue;
		}
		assert_int_equal(results[0].outcome, ACTION_UNKNOWN);
		snprintf(id, sizeof id, "\"id\":\"%s\"", rows[i].id);
		assert_true(sent(id));
		end();
	}
}

/* The second try looks first. */
static void test_responders_once(void **unused)
{
	static const char found[] =
		"{\"incident\":{\"responder_requests\":[{\"message\":\"x\"},{\"message\":"
		"\"come (oogway 3b80c04116e0)\"}]}}";

	(void)unused;
	call("@PQ12345", 1);
	asks("GET", "/incidents/Q1");
	answers(200, found);
	asks(NULL, NULL);
	assert_int_equal(results[0].outcome, ACTION_CONFIRMED);
	end();
	call("@PQ12345", 1);
	asks("GET", "/incidents/Q1");
	answers(200, "{\"incident\":{\"responder_requests\":[]}}");
	asks("GET", "/users?limit=100&query=ana%40lab.example");
	answers(200, users);
	asks("POST", "/incidents/Q1/responder_requests");
	answers(0, "");
	asks(NULL, NULL);
	assert_int_equal(results[0].outcome, ACTION_AGAIN);
	end();
	/* Without an answer to the look nothing is made. */
	call("@PQ12345", 2);
	asks("GET", "/incidents/Q1");
	answers(503, "");
	asks(NULL, NULL);
	assert_int_equal(results[0].outcome, ACTION_AGAIN);
	end();
	/* The plan has no such thing. */
	call("@PQ12345", 0);
	asks("GET", "/users?limit=100&query=ana%40lab.example");
	answers(200, users);
	asks("POST", "/incidents/Q1/responder_requests");
	answers(402, "{\"error\":{\"message\":\"Required abilities are unavailable\"}}");
	asks(NULL, NULL);
	assert_int_equal(results[0].outcome, ACTION_FAILED);
	assert_non_null(strstr(results[0].text, "Required abilities"));
	end();
}

#define STATUS_ENTRY(at, message)                                                        \
	"{\"log_entries\":[{\"type\":\"annotate_log_entry\",\"created_at\":"             \
	"\"2027-01-01T00:00:00Z\",\"summary\":\"look \\\"here\\\" please\"},"            \
	"{\"type\":\"status_update_log_entry\",\"created_at\":\"" at                     \
	"\",\"message\":\"" message "\"}]}"
#define STATUS_THERE                                                                     \
	STATUS_ENTRY("2027-01-01T00:00:00Z", "look \\\"here\\\" please (next)")
#define STATUS_BEFORE                                                                    \
	STATUS_ENTRY("2023-01-01T00:00:00Z", "look \\\"here\\\" please (next)")
#define STATUS_OTHER STATUS_ENTRY("2027-01-01T00:00:00Z", "look there please")

/* What is not known to have failed is looked for in the log, and sent again only when
 * somebody has said so. */
static void test_status(void **unused)
{
	static const struct {
		int attempts;
		const char *earlier;
		bool sends;
		int status;
		const char *body;
		int log_status;
		const char *log; /* NULL: it is not looked at */
		enum action_outcome outcome;
		const char *leaves;
	} rows[] = {
		{0, "", true, 200, "{\"status_update\":{\"id\":\"S\"}}", 0, NULL,
			ACTION_CONFIRMED, ""},
		{0, "", true, 429, "{}", 0, NULL, ACTION_AGAIN, "try-0"},
		{1, "try-0", true, 429, "{}", 0, NULL, ACTION_AGAIN, "try-1"},
		{0, "", true, 403, "{}", 0, NULL, ACTION_FAILED, ""},
		{0, "", true, 0, "", 200, STATUS_THERE, ACTION_CONFIRMED, ""},
		{0, "", true, 0, "", 200, STATUS_BEFORE, ACTION_UNSURE, "try-0"},
		{0, "", true, 503, "", 200, STATUS_OTHER, ACTION_UNSURE, "try-0"},
		{0, "", true, 200, "{\"status_up", 200, "{}", ACTION_UNSURE, "try-0"},
		{0, "", true, 200, "{}", 200, STATUS_THERE, ACTION_CONFIRMED, ""},
		{0, "", true, 0, "", 403, "{}", ACTION_UNSURE, "try-0"},
		/* Then nothing is known yet, and it is looked for with the next try. */
		{0, "", true, 0, "", 0, "", ACTION_AGAIN, ""},
		/* Killed while it was sent. */
		{1, "", false, 0, "", 200, STATUS_THERE, ACTION_CONFIRMED, ""},
		{2, "try-0", false, 0, "", 200, "{}", ACTION_UNSURE, "try-2"},
		/* Then somebody said to try again. */
		{3, "try-2", true, 200, "{\"status_update\":{}}", 0, NULL,
			ACTION_CONFIRMED, ""},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		int64_t now = NOW * 1000LL;
		int looks = 0;

		begin(&pagerduty_actions, ACTION_STATUS, 1);
		actions[0].attempts = rows[i].attempts;
		actions[0].earlier = untrusted_str(rows[i].earlier);
		start(1);
		if (rows[i].sends) {
			asks("POST", "/incidents/Q1/status_updates");
			assert_string_equal(asked.headers[2], "From: ana@lab.example");
			assert_true(sent("{\"message\":\"look \\\"here\\\" please (next "
					 "update by "));
			answers(rows[i].status, rows[i].body);
		}
		while (kind->next(state, now, &arena, &asked)) {
			if (asked.kind == ASK_WAIT) {
				assert_in_range(asked.until, now + 1, now + 5000);
				now = asked.until;
				continue;
			}
			assert_non_null(rows[i].log);
			assert_string_equal(asked.method, "GET");
			assert_string_equal(asked.path,
				"/incidents/Q1/log_entries?time_zone=UTC&limit=100");
			answers(rows[i].log_status, rows[i].log);
			assert_true(++looks <= 3);
		}
		assert_int_equal(looks > 0, rows[i].log != NULL);
		assert_int_equal(results[0].outcome, rows[i].outcome);
		assert_string_equal(results[0].upstream_id, rows[i].leaves);
		end();
	}
}

/* --- notices --- */

static void test_webhook(void **unused)
{
	(void)unused;
	begin(webhook_notifier.actions, ACTION_NOTIFY, 2);
	actions[0].texts[ACTION_FACTS] =
		untrusted_str("{\"event\":\"alert\",\"link\":\"http://x/\\\"\"}");
	actions[1].texts[ACTION_FACTS] = untrusted_str("not json \"");
	actions[1].attempts = 1;
	start(2);
	asks("POST", "");
	assert_true(sent("\"count\":2") && sent("\"attempt\":2"));
	assert_true(sent("\"link\":\"http://x/\\\"\""));
	assert_true(sent("\"target\":\"Q2\""));
	answers(204, "");
	asks(NULL, NULL);
	assert_int_equal(results[0].outcome, ACTION_CONFIRMED);
	assert_int_equal(results[1].outcome, ACTION_CONFIRMED);
	end();
}

static void test_slack(void **unused)
{
	static const struct {
		int status;
		enum action_outcome outcome;
	} rows[] = {{200, ACTION_CONFIRMED}, {404, ACTION_FAILED}, {410, ACTION_FAILED},
		{429, ACTION_AGAIN}, {500, ACTION_AGAIN}, {0, ACTION_AGAIN}};

	(void)unused;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		begin(slack_notifier.actions, ACTION_NOTIFY, 1);
		actions[0].texts[ACTION_TITLE] = untrusted_str("<!channel> & \"x\"\n*b*");
		start(1);
		asks("POST", "");
		assert_true(sent("&lt;!channel&gt; &amp; \\\"x\\\" *b*"));
		assert_false(sent("again"));
		answers(rows[i].status, "no_service");
		asks(NULL, NULL);
		assert_int_equal(results[0].outcome, rows[i].outcome);
		end();
	}
	begin(slack_notifier.actions, ACTION_NOTIFY, 4);
	actions[0].attempts = 2;
	start(4);
	asks("POST", "");
	assert_true(sent("*4 notices*") && sent("(sent again: an earlier one may"));
	end();
}

/* --- overrides --- */

static void override(const char *facts, int attempts)
{
	begin(&pagerduty_actions, ACTION_OVERRIDE, 1);
	actions->until_at = (NOW + 3600) * 1000LL;
	actions->attempts = attempts;
	actions->texts[ACTION_WHOM] = untrusted_str("PUSER");
	actions->texts[ACTION_FACTS] = untrusted_str(facts);
	start(1);
}

static const char v2_facts[] = "{\"from\":\"2023-11-14T22:13:20Z\"}";
static const char v3_facts[] =
	"{\"from\":\"2023-11-14T22:13:20Z\",\"by_shifts\":true,\"rotation_id\":\"R1\","
	"\"displaced\":\"POLD\"}";
static const char custom_facts[] = "{\"from\":\"2023-11-14T22:13:20Z\",\"by_shifts\":"
				   "true,\"custom_shift_id\":\"C1\","
				   "\"displaced\":\"POLD\"}";

static void test_override(void **unused)
{
	static const struct {
		const char *facts, *path, *part, *answer;
		int status;
		enum action_outcome outcome;
		const char *said;
	} rows[] = {
		{v2_facts, "/schedules/Q1/overrides",
			"\"start\":\"2023-11-14T22:13:20.000Z\",\"end\":\"2023-11-14T23:"
			"13:"
			"20.000Z\",\"user\":{\"id\":\"PUSER\",\"type\":\"user_"
			"reference\"}",
			"[{\"status\":201,\"override\":{\"id\":\"O1\"}}]", 201,
			ACTION_CONFIRMED, "O1"},
		/* The lot is taken, this one is not. */
		{v2_facts, "/schedules/Q1/overrides", "\"overrides\":[{",
			"[{\"status\":400,\"errors\":[\"Override must end after its "
			"start\"],"
			"\"override\":{}}]",
			201, ACTION_FAILED, "Override must end after its start"},
		{v2_facts, "/schedules/Q1/overrides", "",
			"{\"override\":{\"id\":\"O2\"}}", 201, ACTION_CONFIRMED, "O2"},
		{v2_facts, "/schedules/Q1/overrides", "", "[]", 201, ACTION_UNKNOWN, ""},
		{v2_facts, "/schedules/Q1/overrides", "", "[{\"status\":201,\"over", 201,
			ACTION_UNKNOWN, ""},
		{v2_facts, "/schedules/Q1/overrides", "",
			"{\"error\":{\"message\":\"Not Found\"}}", 404, ACTION_FAILED,
			NULL},
		{v2_facts, "/schedules/Q1/overrides", "", "", 503, ACTION_AGAIN, NULL},
		{v2_facts, "/schedules/Q1/overrides", "", "", 429, ACTION_AGAIN, NULL},
		{v2_facts, "/schedules/Q1/overrides", "", "", 0, ACTION_AGAIN, NULL},
		{v3_facts, "/v3/schedules/Q1/overrides",
			"{\"type\":\"override_shift\",\"rotation_id\":\"R1\",\"start_"
			"time\":"
			"\"2023-11-14T22:13:20.000Z\",\"end_time\":\"2023-11-14T23:13:20."
			"000Z\","
			"\"overridden_member\":{\"type\":\"user_member\",\"user_id\":"
			"\"POLD\"},"
			"\"overriding_member\":{\"type\":\"user_member\",\"user_id\":"
			"\"PUSER\"}}",
			"{\"overrides\":[{\"id\":\"O3\"}]}", 201, ACTION_CONFIRMED, "O3"},
		{custom_facts, "/v3/schedules/Q1/overrides", "\"custom_shift_id\":\"C1\"",
			"{\"overrides\":[{\"id\":\"O4\"}]}", 201, ACTION_CONFIRMED, "O4"},
		/* v3 says what is wrong by field. */
		{v3_facts, "/v3/schedules/Q1/overrides", "",
			"{\"error\":{\"message\":\"Invalid Request\",\"code\":2001,"
			"\"errors\":{\"overrides.end_time\":[\"is past\"]}}}",
			400, ACTION_FAILED, "overrides.end_time is past"},
	};

	(void)unused;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		override(rows[i].facts, 0);
		asks("POST", rows[i].path);
		if (!sent(rows[i].part))
			fail_msg("%zu: %s", i, asked.body);
		answers(rows[i].status, rows[i].answer);
		asks(NULL, NULL);
		assert_int_equal(results->outcome, rows[i].outcome);
		if (rows[i].outcome == ACTION_CONFIRMED)
			assert_string_equal(results->upstream_id, rows[i].said);
		else if (rows[i].said && !strstr(results->text, rows[i].said))
			fail_msg("%zu: %s", i, results->text);
		end();
	}
}

/* Nobody knows what came of the try before: it is looked for first. */
static void test_override_again(void **unused)
{
	static const struct {
		const char *start, *end, *user;
		bool is_it;
	} rows[] = {
		{"2023-11-14T22:13:20Z", "2023-11-14T23:13:20Z", "PUSER", true},
		{"2023-11-14T23:13:20+01:00", "2023-11-15T00:13:20+01:00", "PUSER", true},
		{"2023-11-14T22:13:20Z", "2023-11-14T23:13:20Z", "PEVE", false},
		{"2023-11-14T22:13:20Z", "2023-11-14T23:13:00Z", "PUSER", false},
		/* Before ours, and after now: another one. */
		{"2023-11-14T22:00:00Z", "2023-11-14T23:13:20Z", "PUSER", false},
		{"2023-11-14T22:30:00Z", "2023-11-14T23:13:20Z", "PUSER", false},
	};
	char body[400];

	(void)unused;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		override(v2_facts, 1);
		asks("GET",
			"/schedules/Q1/overrides?overflow=true"
			"&since=2023-11-14T21%3A13%3A20Z&until=2023-11-15T00%3A13%3A20Z");
		snprintf(body, sizeof body,
			"{\"overrides\":[{\"id\":\"O9\",\"start\":\"%s\",\"end\":\"%s\","
			"\"user\":{\"id\":\"%s\"}}]}",
			rows[i].start, rows[i].end, rows[i].user);
		answers(200, body);
		if (rows[i].is_it) {
			asks(NULL, NULL);
			assert_int_equal(results->outcome, ACTION_CONFIRMED);
			assert_string_equal(results->upstream_id, "O9");
		} else {
			asks("POST", "/schedules/Q1/overrides");
		}
		end();
	}
	/* A page more; the same of another slot is another one. */
	override(v3_facts, 2);
	asks("GET", "/v3/schedules/Q1/overrides?overflow=true"
		    "&since=2023-11-14T21%3A13%3A20Z&until=2023-11-15T00%3A13%3A20Z"
		    "&limit=100&offset=0");
	answers(200,
		"{\"overrides\":[{\"id\":\"O1\",\"rotation_id\":\"R2\",\"start_time\":"
		"\"2023-11-14T22:13:20Z\",\"end_time\":\"2023-11-14T23:13:20Z\","
		"\"overriding_member\":{\"user_id\":\"PUSER\"}}],\"more\":true}");
	asks("GET", "/v3/schedules/Q1/overrides?overflow=true"
		    "&since=2023-11-14T21%3A13%3A20Z&until=2023-11-15T00%3A13%3A20Z"
		    "&limit=100&offset=100");
	answers(200,
		"{\"overrides\":[{\"id\":\"O2\",\"rotation_id\":\"R1\",\"start_time\":"
		"\"2023-11-14T22:13:20Z\",\"end_time\":\"2023-11-14T23:13:20Z\","
		"\"overriding_member\":{\"user_id\":\"PUSER\"}}],\"more\":false}");
	asks(NULL, NULL);
	assert_string_equal(results->upstream_id, "O2");
	end();
	/* Where it cannot be looked for, it is not made. */
	override(v2_facts, 1);
	assert_true(kind->next(state, NOW * 1000LL, &arena, &asked));
	answers(503, "");
	asks(NULL, NULL);
	assert_int_equal(results->outcome, ACTION_AGAIN);
	end();
	override(v2_facts, 1);
	assert_true(kind->next(state, NOW * 1000LL, &arena, &asked));
	answers(200, "{\"overrides\":7}");
	asks(NULL, NULL);
	assert_int_equal(results->outcome, ACTION_UNKNOWN);
	end();
}

static void test_override_too_late(void **unused)
{
	(void)unused;
	override("nonsense", 0);
	asks(NULL, NULL);
	assert_int_equal(results->outcome, ACTION_FAILED);
	end();
	/* What had to be made by an id that is none is not made at all. */
	override("{\"from\":\"2023-11-14T22:13:20Z\",\"by_shifts\":true,\"rotation_id\":"
		 "\"a/../b\",\"displaced\":\"P\"}",
		0);
	asks(NULL, NULL);
	assert_int_equal(results->outcome, ACTION_FAILED);
	end();
	/* Late, and there is time left: it begins now. */
	override("{\"from\":\"2023-11-14T20:00:00Z\"}", 0);
	asks("POST", "/schedules/Q1/overrides");
	assert_true(sent("\"start\":\"2023-11-14T22:13:20.000Z\""));
	end();
	override("{\"from\":\"2023-11-14T22:13:00Z\"}", 0);
	asks("POST", "/schedules/Q1/overrides");
	assert_true(sent("\"start\":\"2023-11-14T22:13:00.000Z\""));
	end();
	override(v2_facts, 0);
	actions->until_at = NOW * 1000LL;
	asks(NULL, NULL);
	assert_int_equal(results->outcome, ACTION_FAILED);
	assert_string_equal(results->text, "its end has passed meanwhile");
	end();
}

static void test_override_end(void **unused)
{
	static const struct {
		int status;
		enum action_outcome outcome;
	} rows[] = {{204, ACTION_CONFIRMED}, {200, ACTION_CONFIRMED},
		{404, ACTION_CONFIRMED}, {400, ACTION_FAILED}, {403, ACTION_FAILED},
		{500, ACTION_AGAIN}, {0, ACTION_AGAIN}};

	(void)unused;
	for (size_t i = 0; i < 2 * sizeof rows / sizeof *rows; i++) {
		bool v3 = i % 2;

		begin(&pagerduty_actions, ACTION_END_OVERRIDE, 1);
		actions->texts[ACTION_WHOM] = untrusted_str("O1/..");
		actions->texts[ACTION_FACTS] = untrusted_str(v3 ? v3_facts : v2_facts);
		start(1);
		asks("DELETE", v3 ? "/v3/schedules/Q1/overrides/O1%2F.."
				  : "/schedules/Q1/overrides/O1%2F..");
		assert_null(asked.body);
		answers(rows[i / 2].status, "");
		asks(NULL, NULL);
		assert_int_equal(results->outcome, rows[i / 2].outcome);
		end();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ack),
		cmocka_unit_test(test_one_bad),
		cmocka_unit_test(test_override),
		cmocka_unit_test(test_override_again),
		cmocka_unit_test(test_override_too_late),
		cmocka_unit_test(test_override_end),
		cmocka_unit_test(test_outcomes),
		cmocka_unit_test(test_note_once),
		cmocka_unit_test(test_other_verbs),
		cmocka_unit_test(test_priority),
		cmocka_unit_test(test_hostile_id),
		cmocka_unit_test(test_silence),
		cmocka_unit_test(test_silence_once),
		cmocka_unit_test(test_late),
		cmocka_unit_test(test_extend),
		cmocka_unit_test(test_expire),
		cmocka_unit_test(test_to_nobody),
		cmocka_unit_test(test_as_asked),
		cmocka_unit_test(test_responders),
		cmocka_unit_test(test_whom),
		cmocka_unit_test(test_responders_once),
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_webhook),
		cmocka_unit_test(test_slack),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
