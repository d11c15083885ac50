/* The conversation that reads PagerDuty's schedules, ask by ask: pages, both kinds of
 * schedules, what a plan lacks, answers that are bad, and how fast it asks. */
#include "base/alloc.h"
#include "base/str.h"
#include "base/time.h"
#include "connect/source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct source_kind *kind;
static struct source_conf conf;
static struct source_window window;
static struct arena asks_arena, arena;
static struct batch batch;
static struct ask asked;
static struct err err;
static void *state;
static int64_t now;

static void begin(const char *filter)
{
	kind = pagerduty_source.rota;
	conf = (struct source_conf){.name = "pd",
		.url = "http://pd",
		.from = "ana@lab.example",
		.filter = filter,
		.every_ms = 5000,
		.timeout_ms = 4000,
		.seed = 1};
	window = (struct source_window){0};
	now = INT64_C(1700000000000);
	arena_init(&asks_arena, 1 << 20);
	arena_init(&arena, 16 << 20);
	state = mem_new(1, kind->state_size);
	assert_true(kind->start(state, &conf, &err));
}

static void end(void)
{
	kind->stop(state);
	mem_free(state);
	arena_release(&arena);
	arena_release(&asks_arena);
}

/* The next ask; false: it waits. */
static bool next_ask(void)
{
	asked = (struct ask){0};
	assert_true(kind->next(state, now, &window, &asks_arena, &asked));
	return asked.kind == ASK_HTTP;
}

static void asks(const char *start)
{
	if (!next_ask())
		fail_msg("it waits instead of asking %s", start);
	if (strncmp(asked.path, start, strlen(start)))
		fail_msg("it asks %s, not %s", asked.path, start);
	assert_string_equal(asked.method, "GET");
}

static bool answers(int status, const char *body)
{
	const struct answer answer = {.id = asked.id,
		.status = status,
		.failure = status ? ERR_NONE : ERR_NET,
		.origin = "pd:443",
		.now = now,
		.body = untrusted_str(body)};

	arena_reset(&arena);
	batch_init(&batch, &arena);
	err = (struct err){0};
	now += 300;
	return kind->take(state, &answer, &batch, &err);
}

static void who_and_people(void)
{
	asks("/users/me");
	assert_true(answers(400, "{\"error\":{\"message\":\"no user\"}}"));
	/* The server's own limit counts, not the one that was asked for. */
	asks("/users?limit=100&offset=0");
	assert_true(answers(200,
		"{\"users\":[{\"id\":\"PANA\",\"name\":\"Ana\",\"email\":"
		"\"ana@lab.example\"}],\"limit\":1,\"offset\":0,\"more\":true}"));
	asks("/users?limit=100&offset=1");
	assert_true(
		answers(200, "{\"users\":[{\"id\":\"PBEN\",\"name\":\"Ben\",\"email\":"
			     "null}],\"limit\":1,\"more\":false}"));
}

static void lists(void)
{
	asks("/schedules?limit=100&offset=0");
	assert_true(answers(200,
		"{\"schedules\":[{\"id\":\"PS1\",\"name\":\"One\",\"time_zone\":"
		"\"Europe/Berlin\"}],\"limit\":1,\"more\":true}"));
	asks("/schedules?limit=100&offset=1");
	assert_true(answers(200, "{\"schedules\":[{\"id\":\"PS2\",\"name\":\"Two\"},"
				 "{\"id\":\"PS1\",\"name\":\"One again\"},{\"name\":"
				 "\"none\"},7],\"limit\":1,\"more\":false}"));
	asks("/v3/schedules?limit=100&offset=0");
	assert_true(
		answers(200, "{\"schedules\":[{\"id\":\"PS3\",\"summary\":\"Three\"}],"
			     "\"limit\":100,\"more\":false}"));
}

static const char one[] =
	"{\"schedule\":{\"id\":\"PS1\",\"final_schedule\":{\"rendered_schedule_entries\":"
	"["
	"{\"start\":\"2023-11-15T08:00:00+01:00\",\"end\":\"2023-11-16T08:00:00+01:00\","
	"\"user\":{\"id\":\"PBEN\",\"summary\":\"Ben\"}},"
	"{\"start\":\"2023-11-14T08:00:00+01:00\",\"end\":\"2023-11-15T08:00:00+01:00\","
	"\"user\":{\"id\":\"PEVE\",\"summary\":\"Eve\"}},"
	"{\"start\":\"2023-11-15T08:00:00Z\",\"end\":\"2023-11-15T08:00:00Z\"},"
	"{\"start\":7,\"end\":null,\"user\":[]},null]}}}";
static const char three[] =
	"{\"schedule\":{\"time_zone\":\"UTC\",\"final_schedule\":{"
	"\"computed_shift_assignments\":["
	"{\"start_time\":\"2023-11-14T00:00:00Z\",\"end_time\":\"2023-11-15T00:00:00Z\","
	"\"member\":{\"type\":\"user_member\",\"user_id\":\"PBEN\"},\"source\":{\"type\":"
	"\"schedule_rotation\",\"rotation_id\":\"R1\"}},"
	"{\"start_time\":\"2023-11-14T06:00:00Z\",\"end_time\":\"2023-11-14T07:00:00Z\","
	"\"member\":{\"type\":\"user_member\",\"user_id\":\"PANA\"},\"source\":{\"type\":"
	"\"custom_shift_override\",\"shift_id\":\"C1\",\"override_id\":\"O1\"}},"
	"{\"start_time\":\"2023-11-15T00:00:00Z\",\"end_time\":\"2023-11-16T00:00:00Z\","
	"\"member\":{\"type\":\"empty_member\"},\"source\":{\"type\":"
	"\"schedule_rotation\",\"rotation_id\":\"R1\"}}]}}}";

static void test_round(void **unused)
{
	const struct rota *rota;

	(void)unused;
	begin("team=PT1 service=PX");
	who_and_people();
	asks("/schedules?limit=100&offset=0&team_ids%5B%5D=PT1");
	assert_null(strstr(asked.path, "PX"));
	answers(200,
		"{\"schedules\":[{\"id\":\"PS1\",\"name\":\"One\"}],\"more\":false}");
	asks("/v3/schedules?limit=100&offset=0&team_ids%5B%5D=PT1");
	answers(200, "{\"schedules\":[{\"id\":\"PS3\",\"summary\":\"Three\"}]}");
	asks("/schedules/PS1?time_zone=UTC&overflow=true&since=2023-11-14T21%3A00%3A00Z"
	     "&until=2023-12-19T");
	assert_true(answers(200, one));
	assert_false(batch.rotas_snapshot);
	now += 1000;
	asks("/v3/schedules/PS3?time_zone=UTC&overflow=true&since=");
	assert_non_null(strstr(asked.path, "&include%5B%5D=final_schedule"));
	assert_true(answers(200, three));
	assert_true(batch.rotas_snapshot);
	assert_false(batch.rotas_absent || batch.partial);
	assert_true(untrusted_is(batch.me, "PANA"));
	assert_int_equal(batch.rota_count, 2);
	rota = batch.rotas;
	assert_int_equal(rota->count, 2);
	assert_false(rota->by_shifts);
	assert_true(untrusted_is(rota->shifts[0].user, "PEVE"));
	assert_int_equal(rota->shifts[0].span.until_at, rota->shifts[1].span.from_at);
	rota++;
	assert_true(rota->by_shifts);
	assert_true(untrusted_is(rota->name, "Three"));
	assert_int_equal(rota->count, 3);
	assert_true(untrusted_is(rota->shifts[0].slot, "R1") && !rota->shifts[0].over);
	assert_true(untrusted_is(rota->shifts[1].slot, "C1") && rota->shifts[1].over &&
		    rota->shifts[1].custom);
	assert_true(untrusted_empty(rota->shifts[2].user));
	/* Ana and Ben of the directory, then who is named by a schedule: each once. */
	assert_int_equal(batch.person_count, 4);
	assert_true(untrusted_is(batch.people[0].mail, "ana@lab.example"));
	assert_true(untrusted_empty(batch.people[1].mail));
	/* Nothing more for a while, and then the schedules alone. */
	assert_false(next_ask());
	assert_true(asked.until > now);
	now = asked.until;
	while (!next_ask())
		now = asked.until > now ? asked.until : now + 1000;
	assert_non_null(strstr(asked.path, "/schedules?limit"));
	end();
}

static void test_pages(void **unused)
{
	(void)unused;
	begin(NULL);
	who_and_people();
	lists();
	now += 1000;
	asks("/schedules/PS1?");
	assert_true(answers(200, one));
	/* Gone meanwhile: not listed. */
	asks("/schedules/PS2?");
	assert_true(answers(404, "{}"));
	asks("/v3/schedules/PS3?");
	/* May not be read: not listed either, and said. */
	assert_true(answers(403, "{}"));
	assert_true(batch.rotas_snapshot && batch.partial);
	assert_int_equal(batch.rota_count, 1);
	assert_true(untrusted_is(batch.rotas->name, "One"));
	assert_true(untrusted_is(batch.rotas->zone, "Europe/Berlin"));
	assert_true(untrusted_is(batch.warning, "1 of 3 schedules may not be read"));
	end();
}

/* What had no answer is asked again, the round goes on; not for ever. */
static void test_bad_answers(void **unused)
{
	static const int bad[] = {429, 503, 0, 500};

	(void)unused;
	begin(NULL);
	who_and_people();
	lists();
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		now += 1000;
		asks("/schedules/PS1?");
		assert_false(answers(bad[i], ""));
	}
	now += 1000;
	asks("/schedules/PS1?");
	assert_true(answers(200, one));
	asks("/schedules/PS2?");
	assert_true(answers(200, one));
	/* Half of an answer is none, and ends the round: nothing is given out. */
	now += 1000;
	asks("/v3/schedules/PS3?");
	assert_false(answers(200, "{\"schedule\":{\"final"));
	assert_false(batch.rotas_snapshot);
	assert_int_not_equal(err.kind, ERR_NONE);
	now += 120000;
	asks("/schedules?limit=100&offset=0");
	for (int i = 0; i < 6; i++) {
		assert_false(answers(503, ""));
		now += 120000;
		asks("/schedules?limit=100&offset=0");
	}
	/* A key that is refused is said at once. */
	assert_false(answers(401, "{\"error\":{\"message\":\"Unauthorized\"}}"));
	assert_int_equal(err.kind, ERR_AUTH);
	end();
}

static void test_absent(void **unused)
{
	(void)unused;
	begin(NULL);
	asks("/users/me");
	assert_true(answers(200, "{\"user\":{\"id\":\"PME\"}}"));
	asks("/users?");
	assert_true(answers(403, "{}"));
	asks("/schedules?");
	assert_true(answers(402, "{\"error\":{\"message\":\"Account does not\"}}"));
	asks("/v3/schedules?");
	assert_true(answers(403, "{}"));
	assert_true(batch.rotas_snapshot && batch.rotas_absent);
	assert_true(untrusted_is(batch.me, "PME"));
	assert_int_equal(batch.rota_count, 0);
	/* Looked for again, but not soon. */
	now += 30 * MINUTE_MS;
	assert_false(next_ask());
	now += 31 * MINUTE_MS;
	assert_true(next_ask());
	end();
}

/* v3 alone, or v2 alone, is not absent. */
static void test_one_kind(void **unused)
{
	(void)unused;
	begin(NULL);
	who_and_people();
	asks("/schedules?");
	assert_true(answers(403, "{}"));
	asks("/v3/schedules?");
	assert_true(answers(200, "{\"schedules\":[{\"id\":\"PS3\"}]}"));
	now += 1000;
	asks("/v3/schedules/PS3?");
	assert_true(answers(200, three));
	assert_true(batch.rotas_snapshot && !batch.rotas_absent);
	assert_int_equal(batch.rota_count, 1);
	end();
}

/* Shift-based schedules are new: what goes wrong with them costs the others nothing. */
static void test_shifts_fail(void **unused)
{
	static const int bad[] = {400, 406, 500};

	(void)unused;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		begin(NULL);
		who_and_people();
		asks("/schedules?");
		assert_true(
			answers(200, "{\"schedules\":[{\"id\":\"PS1\",\"name\":\"One\"},"
				     "{\"id\":\"PS2\",\"name\":\"Two\"}]}"));
		for (int k = 0; k < (bad[i] == 500 ? 6 : 1); k++) {
			now += 60000;
			asks("/v3/schedules?");
			assert_int_equal(answers(bad[i], "{}"), bad[i] != 500);
		}
		now += 60000;
		asks("/schedules/PS1?");
		assert_true(answers(400, "{}"));
		asks("/schedules/PS2?");
		assert_true(answers(200, one));
		assert_true(batch.rotas_snapshot && batch.partial);
		assert_int_equal(batch.rota_count, 1);
		assert_true(
			untrusted_find(batch.warning,
				bad[i] == 500 ? "shift-based" : "1 of 2 schedules") == 0);
		end();
	}
}

static void add_many(struct str *body, int from, int count, bool more)
{
	str_reset(body);
	str_puts(body, "{\"schedules\":[");
	for (int i = from; i < from + count; i++)
		str_printf(body, "%s{\"id\":\"P%d\",\"name\":\"n\"}", i > from ? "," : "",
			i);
	str_printf(body, "],\"limit\":100,\"more\":%s}", more ? "true" : "false");
}

/* 250 schedules: a hundred are read, that is said, and never more than a few a second. */
static void test_many(void **unused)
{
	struct str body;
	int64_t second = 0;
	int in_second = 0, asked_for = 0;

	(void)unused;
	str_init(&body, 1 << 20);
	begin(NULL);
	who_and_people();
	for (int page = 0; page < 3; page++) {
		now += 1000;
		asks("/schedules?");
		add_many(&body, page * 100, page < 2 ? 100 : 50, page < 2);
		assert_true(answers(200, str_text(&body)));
	}
	asks("/v3/schedules?");
	assert_true(answers(200, "{\"schedules\":[]}"));
	while (!batch.rotas_snapshot) {
		if (!next_ask()) {
			assert_true(asked.until > now && asked.until <= now + 1000);
			now = asked.until;
			continue;
		}
		if (now / 1000 != second)
			in_second = 0;
		second = now / 1000;
		assert_true(++in_second <= 5);
		asked_for++;
		assert_true(answers(200, one));
		now -= 299; /* a server that is close */
	}
	assert_int_equal(asked_for, 100);
	assert_int_equal(batch.rota_count, 100);
	assert_true(batch.partial);
	assert_true(untrusted_find(batch.warning, "100 of 250 schedules are read") == 0);
	/* A thousand mentions of two people are two. */
	assert_int_equal(batch.person_count, 4);
	str_release(&body);
	end();
}

/* Something was changed while a round was under way: another one follows at once. */
static void test_hurry(void **unused)
{
	(void)unused;
	begin(NULL);
	who_and_people();
	asks("/schedules?");
	assert_true(answers(200, "{\"schedules\":[{\"id\":\"PS1\",\"name\":\"One\"}]}"));
	window.hurry++;
	asks("/v3/schedules?");
	assert_true(answers(404, "{}"));
	now += 1000;
	asks("/schedules/PS1?");
	/* Only one ask at a time. */
	assert_false(kind->next(state, now, &window, &asks_arena, &asked));
	assert_true(answers(200, one));
	assert_true(batch.rotas_snapshot);
	now += 1000;
	asks("/schedules?");
	end();
}

/* More entries than are kept: what is not kept is not known, and so no gap. */
static void test_long(void **unused)
{
	struct str body;
	struct span gap;

	(void)unused;
	str_init(&body, 4 << 20);
	str_puts(&body,
		"{\"schedule\":{\"final_schedule\":{\"rendered_schedule_entries\":[");
	for (int i = 0; i < 2000; i++) {
		char from[TIME_TEXT], until[TIME_TEXT];
		int64_t at = INT64_C(1699992000000) + i * 15 * MINUTE_MS;

		str_printf(&body,
			"%s{\"start\":\"%s\",\"end\":\"%s\",\"user\":{\"id\":\"PU%d\"}}",
			i ? "," : "", time_rfc3339(at, from),
			time_rfc3339(at + 15 * MINUTE_MS, until), i % 3);
	}
	str_puts(&body, "]}}}");
	begin(NULL);
	who_and_people();
	asks("/schedules?");
	assert_true(answers(200, "{\"schedules\":[{\"id\":\"PS1\",\"name\":\"One\"}]}"));
	asks("/v3/schedules?");
	assert_true(answers(404, "{}"));
	now += 1000;
	asks("/schedules/PS1?");
	assert_true(answers(200, str_text(&body)));
	assert_int_equal(batch.rotas->count, ROTA_MAX_SHIFTS);
	assert_int_equal(
		rota_gaps(batch.rotas, (struct span){now, INT64_MAX / 2}, &gap, 1), 0);
	str_release(&body);
	end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round),
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_bad_answers),
		cmocka_unit_test(test_absent),
		cmocka_unit_test(test_one_kind),
		cmocka_unit_test(test_shifts_fail),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_hurry),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
