/* Schedules in the app: who is found by what somebody typed, what follows for the header,
 * what a question says of an override, and what the store gives back. No server answers:
 * the source is fed by hand. */
#include "app/action_plan.h"

#include "app/actions.h"
#include "app/alerts.h"
#include "app/history.h"
#include "app/listing.h"
#include "app/rotas.h"
#include "app/sources.h"
#include "base/text.h"
#include "base/time.h"
#include "io/loop.h"
#include "model/batch.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { PD = 1, LIMIT_MS = 60000, SHIFTS = 16 };

static char folder[200], rc[300];
static struct loop *loop;
static struct app *app;
static struct arena arena;
static struct loop_timer *timer;
static struct question asked;
static char asked_text[4000];
static bool (*awaited)(void);
static int64_t wait_until, t0;
static struct err err;

static bool ask(void *ctx, const struct question *question, struct err *why)
{
	(void)ctx;
	(void)why;
	asked = *question;
	snprintf(asked_text, sizeof asked_text, "%s", question->text);
	return true;
}

static void answer(bool yes)
{
	const struct question question = asked;

	assert_non_null(question.answer);
	asked = (struct question){0};
	question.answer(question.ctx, yes);
}

static bool holds(char why[200])
{
	*why = '\0';
	return asked.still(asked.ctx, why, 200);
}

static void look(void *ctx)
{
	(void)ctx;
	rotas_tick(app->rotas, app->now);
	actions_tick(app->actions, app->now);
	if (awaited() || time_mono_ms() > wait_until)
		loop_stop(loop);
	else
		loop_timer_start(timer, 2);
}

static void wait_for(bool (*what)(void))
{
	awaited = what;
	wait_until = time_mono_ms() + LIMIT_MS;
	loop_timer_start(timer, 0);
	loop_run(loop);
	assert_true(what());
}

static bool begun(void)
{
	return app->store && !history_busy(app->history) && actions_begun(app->actions) &&
	       acks_known(app->acks);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void begin(void)
{
	struct app_options options = {
		.no_host = true, .rc = {.file = rc, .no_system = true}};

	loop = loop_new();
	app = app_new(loop, &options);
	app->live = true;
	app->front.ask = ask;
	timer = loop_timer(loop, look, NULL);
	arena_init(&arena, 16 << 20);
	t0 = app->now = app->now - app->now % MINUTE_MS + MINUTE_MS;
	sources_start(app->sources);
	history_start(app->history);
	wait_for(begun);
}

static void end(void)
{
	if (asked.answer)
		answer(false);
	loop_timer_free(timer);
	app_free(app);
	loop_free(loop);
	arena_release(&arena);
}

static int set_up(void **unused)
{
	FILE *f;

	(void)unused;
	setenv("TZ", "UTC", 1);
	tzset();
	strcpy(folder, "/tmp/oogway-rotas-XXXXXX");
	assert_non_null(mkdtemp(folder));
	setenv("HOME", folder, 1);
	setenv("XDG_STATE_HOME", folder, 1);
	setenv("XDG_CONFIG_HOME", folder, 1);
	setenv("OOGWAY_TEST_TOKEN", "0123456789", 1);
	unsetenv("XDG_RUNTIME_DIR");
	snprintf(rc, sizeof rc, "%s/rc", folder);
	f = fopen(rc, "w");
	assert_non_null(f);
	fputs("source pd pagerduty url=http://127.0.0.1:1 "
	      "token-env=OOGWAY_TEST_TOKEN\n",
		f);
	fclose(f);
	begin();
	return 0;
}

static int tear_down(void **unused)
{
	(void)unused;
	end();
	nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return 0;
}

/* --- what the source tells --- */

struct turn {
	double from, until; /* hours from t0 */
	const char *user, *slot;
};

static void add_schedule(struct batch *batch, const char *id, const char *name,
	const struct turn *turns, size_t n)
{
	struct rota *rota = batch_add_rota(batch);

	*rota = (struct rota){.id = untrusted_str(id),
		.name = untrusted_str(name),
		.zone = untrusted_str("Europe/Berlin"),
		.window = {t0 - HOUR_MS, t0 + 35 * DAY_MS},
		.shifts = arena_alloc(&arena, (n + 1) * sizeof *rota->shifts)};
	for (size_t i = 0; i < n; i++) {
		rota->by_shifts = turns[i].slot != NULL;
		rota->shifts[rota->count++] = (struct rota_shift){
			.span = {t0 + (int64_t)(turns[i].from * HOUR_MS),
				t0 + (int64_t)(turns[i].until * HOUR_MS)},
			.user = untrusted_str(turns[i].user),
			.slot = untrusted_str(turns[i].slot)};
	}
}

static const struct turn payments[] = {{-1, 8, "PANA", NULL}, {8, 16, "PBEN", NULL},
	{20, 24, "PLI", NULL}, {24, 800, "PBEN", NULL}};
static const struct turn orders[] = {{-1, 800, "PBEN", NULL}};
static const struct turn data[] = {
	{-1, 6, "PBEN", "R1"}, {2, 4, "PLI", "R2"}, {7, 800, "PLI", "R1"}};

static void tell_with(const struct turn *first, size_t n)
{
	static const char *const people[][3] = {
		{"PANA", "Ana Ruiz", "ana@lab.example"},
		{"PBEN", "Ben Okafor", "ben@lab.example"},
		{"PLI", "Ben Li", NULL},
		{"PESC", "Eve\x1b[2J", NULL},
	};
	struct batch batch;

	batch_init(&batch, &arena);
	add_schedule(&batch, "PS1", "Payments primary", first, n);
	add_schedule(&batch, "PS2", "Orders primary", orders, 1);
	add_schedule(&batch, "PS3", "Data", data, 3);
	for (size_t i = 0; i < sizeof people / sizeof *people; i++)
		*batch_add_person(&batch) = (struct person){untrusted_str(people[i][0]),
			untrusted_str(people[i][1]), untrusted_str(people[i][2])};
	batch.me = untrusted_str("PANA");
	batch.rotas_snapshot = true;
	rotas_apply(app->rotas, PD, &batch);
}

static void tell(void)
{
	tell_with(payments, sizeof payments / sizeof *payments);
}

static const struct rota_row *row(const char *name)
{
	const struct rota_row *found = rotas_named(app->rotas, name, &err);

	if (!found)
		fail_msg("%s: %s", name, err.text);
	return found;
}

/* --- */

static void test_people(void **unused)
{
	static const struct {
		const char *wanted, *id, *refused;
	} rows[] = {
		{"@ana", "PANA", NULL},
		{"ana", "PANA", NULL},
		{"ANA RUIZ", "PANA", NULL},
		{"ruiz", "PANA", NULL},
		{"me", "PANA", NULL},
		{"@me", "PANA", NULL},
		{"ben@lab.example", "PBEN", NULL},
		{"Ben Li", "PLI", NULL},
		{"li", "PLI", NULL},
		{"PLI", "PLI", NULL},
		{"okaf", "PBEN", NULL},
		/* Not even where it is the whole of one's address: it may be meant. */
		{"@ben", NULL,
			"ben could be Ben Okafor (ben@lab.example), Ben Li (PLI): nobody "
			"is "
			"paged by a guess"},
		{"b", NULL, "could be"},
		/* Within a word is not its begin. */
		{"kafor", NULL, "pd knows nobody called kafor"},
		{"", NULL, "pd knows nobody called"},
		{"@", NULL, "pd knows nobody called"},
		{"pana", NULL, "pd knows nobody called pana"},
	};

	(void)unused;
	tell();
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct person *p =
			rotas_person(app->rotas, PD, rows[i].wanted, &err);

		if (!p != !rows[i].id || (p && !untrusted_is(p->id, rows[i].id)))
			fail_msg("%s: %s", rows[i].wanted, p ? "found" : err.text);
		if (!p && !strstr(err.text, rows[i].refused))
			fail_msg("%s: %s", rows[i].wanted, err.text);
	}
	/* What somebody is called does not move the cursor. */
	assert_null(strchr(rotas_who(app->rotas, PD, untrusted_str("PESC"), asked_text,
				   sizeof asked_text),
		'\x1b'));
	assert_string_equal(rotas_who(app->rotas, PD, untrusted_str("PANA"), asked_text,
				    sizeof asked_text),
		"you");
	assert_string_equal(rotas_who(app->rotas, PD, untrusted_str("PNEW"), asked_text,
				    sizeof asked_text),
		"PNEW");
}

static void test_schedules(void **unused)
{
	(void)unused;
	assert_null(rotas_named(app->rotas, "x", &err));
	assert_non_null(strstr(err.text, "no schedule is known: pd: "));
	tell();
	assert_true(untrusted_is(row("pay")->rota.id, "PS1"));
	assert_true(untrusted_is(row("PS2")->rota.id, "PS2"));
	assert_true(untrusted_is(row("data")->rota.id, "PS3"));
	assert_null(rotas_named(app->rotas, "primary", &err));
	assert_string_equal(
		err.text, "primary could be Orders primary, Payments primary");
	assert_null(rotas_named(app->rotas, NULL, &err));
	assert_string_equal(
		err.text, "say which schedule: Data, Orders primary, Payments primary");
	assert_null(rotas_named(app->rotas, "nothing", &err));
}

static const struct oncall_row *called(void)
{
	assert_int_equal(oncalls_count(app->alerts), 1);
	return oncalls_at(app->alerts, 0);
}

/* The source's own list is asked seldom; who is on call follows from the schedule, also
 * when nothing answers any more. */
static void test_follows(void **unused)
{
	struct batch batch;
	struct batch_oncall *o;

	(void)unused;
	batch_init(&batch, &arena);
	o = batch_add_oncall(&batch);
	*o = (struct batch_oncall){.who = untrusted_str("Ana Ruiz"),
		.user = untrusted_str("PANA"),
		.schedule = untrusted_str("PS1"),
		.level = 1,
		.ends_at = t0 + 2 * HOUR_MS};
	batch.oncalls_snapshot = true;
	alerts_apply(app->alerts, PD, &batch);
	assert_int_equal(called()->ends_at, t0 + 2 * HOUR_MS);
	tell();
	assert_true(called()->me);
	assert_int_equal(called()->ends_at, t0 + 8 * HOUR_MS);
	app->now = t0 + 9 * HOUR_MS;
	rotas_tick(app->rotas, app->now);
	assert_true(untrusted_is(called()->who, "Ben Okafor"));
	assert_false(called()->me);
	assert_int_equal(called()->ends_at, t0 + 16 * HOUR_MS);
	app->now = t0 + 17 * HOUR_MS;
	rotas_tick(app->rotas, app->now);
	assert_true(untrusted_is(called()->who, "nobody"));
	assert_int_equal(called()->ends_at, t0 + 20 * HOUR_MS);
	/* Behind what is known it says nothing new. */
	app->now = t0 + 50 * DAY_MS;
	rotas_tick(app->rotas, app->now);
	assert_true(untrusted_is(called()->who, "nobody"));
	/* What the source itself said since counts, until it ends. */
	app->now = t0 + HOUR_MS;
	o->who = untrusted_str("Ben Li");
	o->user = untrusted_str("PLI");
	alerts_apply(app->alerts, PD, &batch);
	assert_true(untrusted_is(called()->who, "Ben Li"));
	app->now = t0 + 2 * HOUR_MS;
	rotas_tick(app->rotas, app->now);
	assert_true(untrusted_is(called()->who, "Ana Ruiz"));
	rotas_forget(app->rotas, PD);
	assert_int_equal(rotas_count(app->rotas), 0);
}

static enum status override(enum override_kind kind, const char *name, const char *whom,
	double from, double hours)
{
	struct override_wish wish = {.kind = kind,
		.row = row(name),
		.whom = whom,
		.origin = "key",
		.span = {t0 + (int64_t)(from * HOUR_MS),
			t0 + (int64_t)((from + hours) * HOUR_MS)}};

	if (asked.answer)
		answer(false);
	*asked_text = '\0';
	err = (struct err){0};
	return actions_override(app->actions, &wish, &err);
}

static void says(const char *part)
{
	if (!strstr(asked_text, part))
		fail_msg("no \"%s\" in: %s%s", part, asked_text, err.text);
}

static void test_question(void **unused)
{
	(void)unused;
	tell();
	assert_int_equal(override(OVERRIDE_TAKE, "orders", "me", 0, 1), STATUS_PENDING);
	says("take the pager of Orders primary at pd: you ");
	says(" (1h) instead of Ben Okafor; no gap before or after; makes 1 override "
	     "(schedules v2)?");
	/* A gap is closed, and said to have been there. */
	override(OVERRIDE_GIVE, "payments", "Ben Li", 15, 3);
	says("Ben Li ");
	says("instead of Ben Okafor to ");
	says(", then NOBODY; no cover before: ");
	says("(2h), none is left");
	/* Shift-based: only shifts are taken over, the gap stays. */
	override(OVERRIDE_GIVE, "data", "ana", 5, 2);
	says("STILL NO COVER after: ");
	says("makes 1 override (schedules v3)");
	override(OVERRIDE_GIVE, "data", "ana", 1, 2);
	says("instead of Ben Okafor and Ben Li; on call then: you;");
	says("several at once before: ");
	says("makes 2 overrides");
	override(OVERRIDE_SWAP, "payments", "okafor", 0, 0);
	says("swap shifts of Payments primary at pd: Ben Okafor ");
	says(" (8h) instead of you; and you ");
	says(" (8h) instead of Ben Okafor; no gap before or after; makes 2 overrides");
}

static void test_refused(void **unused)
{
	static const struct {
		enum override_kind kind;
		const char *name, *whom;
		double from, hours;
		const char *why;
	} rows[] = {
		{OVERRIDE_TAKE, "payments", "me", 0, 4,
			"you are on call in Payments primary all that time"},
		{OVERRIDE_GIVE, "orders", "okafor", 0, 4,
			"Ben Okafor is on call in Orders primary all that time"},
		{OVERRIDE_GIVE, "orders", "@ben", 0, 4, "could be Ben Okafor"},
		{OVERRIDE_TAKE, "orders", "me", 0, 36 * 24, "is known only until"},
		{OVERRIDE_GIVE, "data", "ana", 6, 1, "Data has no shift in that time"},
		{OVERRIDE_SWAP, "orders", "okafor", 0, 0, "you have no shift in Orders"},
		{OVERRIDE_SWAP, "payments", "eve", 0, 0, "has no shift in Payments"},
		{OVERRIDE_SWAP, "payments", "me", 0, 0, "a swap is with somebody else"},
	};

	(void)unused;
	tell();
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_int_equal(override(rows[i].kind, rows[i].name, rows[i].whom,
					 rows[i].from, rows[i].hours),
			STATUS_FAILED);
		if (!strstr(err.text, rows[i].why))
			fail_msg("%s, not %s", err.text, rows[i].why);
	}
	assert_null(asked.answer);
	app->readonly = true;
	assert_int_equal(override(OVERRIDE_TAKE, "orders", "me", 0, 1), STATUS_REFUSED);
	assert_non_null(strstr(err.text, "read-only"));
	app->readonly = false;
	app->window.to = t0 - HOUR_MS;
	assert_int_equal(override(OVERRIDE_TAKE, "orders", "me", 0, 1), STATUS_REFUSED);
	assert_non_null(strstr(err.text, "looking at the past"));
	app->window.to = 0;
}

/* The question stands while the world goes on. */
static void test_still(void **unused)
{
	static const struct turn others[] = {
		{-1, 3, "PBEN", NULL}, {3, 800, "PLI", NULL}};
	char why[200], profile[] = "other";
	const char *before = app->rc->profile;

	(void)unused;
	tell();
	assert_int_equal(
		override(OVERRIDE_GIVE, "payments", "Ben Li", 1, 1), STATUS_PENDING);
	assert_true(holds(why));
	/* Read again, and it is as it was; or changed where it does not matter. */
	tell();
	assert_true(holds(why));
	tell_with(payments, 2);
	assert_true(holds(why));
	tell_with(others, 2);
	assert_false(holds(why));
	assert_string_equal(why,
		"Payments primary has changed meanwhile: Ben Okafor is on call at its "
		"begin: nothing was done");
	/* What was told to have changed stays so: it is asked anew. */
	answer(false);
	tell();
	assert_int_equal(
		override(OVERRIDE_GIVE, "payments", "Ben Li", 1, 1), STATUS_PENDING);
	assert_true(holds(why));
	app->rc->profile = profile;
	assert_false(holds(why));
	assert_non_null(strstr(why, "the profile is other now"));
	app->rc->profile = before;
}

static bool waits_now(void)
{
	return actions_count(app->actions) == 1;
}

static void test_outbox(void **unused)
{
	const struct outbox_row *made;

	(void)unused;
	tell();
	override(OVERRIDE_TAKE, "orders", "me", 0, 1);
	answer(true);
	wait_for(waits_now);
	made = actions_at(app->actions, 0);
	assert_int_equal(made->action.verb, ACTION_OVERRIDE);
	assert_true(untrusted_is(made->action.texts[ACTION_TARGET], "PS2"));
	assert_true(untrusted_is(made->action.texts[ACTION_WHOM], "PANA"));
	assert_int_equal(made->action.until_at, t0 + HOUR_MS);
	assert_true(untrusted_find(made->action.texts[ACTION_FACTS], "\"from\"") >= 0);
	assert_int_equal(actions_end_overrides(app->actions, row("orders"), "key", &err),
		STATUS_FAILED);
	assert_non_null(strstr(err.text, "no override was made from here"));
}

/* What waited is sent only when the schedule was read since and is as it was; what has
 * changed is held for somebody to say. */
static void test_waited(void **unused)
{
	static const struct turn others[] = {{-1, 800, "PESC", NULL}},
				 taken[] = {{-1, 800, "PANA", NULL}};
	struct outbox_row row_then;
	char why[200];

	(void)unused;
	tell();
	override(OVERRIDE_TAKE, "payments", "me", 9, 1);
	answer(true);
	wait_for(waits_now);
	row_then = *actions_at(app->actions, 0);
	row_then.created_at = app->now + 1;
	/* Young: what was asked about still counts. */
	assert_false(row_unread(app, &row_then));
	assert_true(row_wanted(app, NULL, &row_then, why, sizeof why));
	/* An hour without a network. */
	app->now += HOUR_MS;
	assert_true(row_unread(app, &row_then));
	tell();
	assert_false(row_unread(app, &row_then));
	assert_true(row_wanted(app, NULL, &row_then, why, sizeof why));
	tell_with(others, 1);
	assert_false(row_unread(app, &row_then));
	assert_false(row_wanted(app, NULL, &row_then, why, sizeof why));
	assert_non_null(strstr(why, "Payments primary has changed meanwhile: Eve"));
	/* It may be what an earlier try has made of it. */
	tell_with(taken, 1);
	assert_false(row_wanted(app, NULL, &row_then, why, sizeof why));
	row_then.action.attempts = 1;
	assert_true(row_wanted(app, NULL, &row_then, why, sizeof why));
	/* Somebody has said "try it again". */
	tell_with(others, 1);
	row_then.expected_state = -1;
	assert_true(row_wanted(app, NULL, &row_then, why, sizeof why));
	row_then.expected_state = 0;
	row_then.action.texts[ACTION_TARGET] = untrusted_str("PGONE");
	assert_false(row_wanted(app, NULL, &row_then, why, sizeof why));
	assert_string_equal(why, "its schedule is not there any more");
}

static bool written(void)
{
	static int quiet;

	/* All are written within a few turns, and the store has them. */
	quiet++;
	return quiet > 50 && !history_busy(app->history);
}

static bool kept(void)
{
	return rotas_count(app->rotas) > 0;
}

static void print_json(char out[4000])
{
	struct str text;

	str_init(&text, 4000);
	for (size_t i = 0; i < rotas_count(app->rotas); i++) {
		struct json_out o;

		json_begin(&o, &text);
		json_open(&o, NULL, '{');
		oncall_listing.json(app, rotas_at(app->rotas, i), &o);
		json_shut(&o, '}');
	}
	snprintf(out, 4000, "%s", str_text(&text));
	str_release(&text);
}

/* Without a network there is what was read last, said to be old. */
static void test_kept(void **unused)
{
	static char before[4000], after[4000], words[ROTAS_WORDS];
	int64_t then;

	(void)unused;
	tell();
	assert_true(rotas_words(app->rotas, words, sizeof words));
	print_json(before);
	wait_for(written);
	then = t0;
	end();
	begin();
	wait_for(kept);
	app->now = then;
	print_json(after);
	assert_string_equal(after, before);
	assert_true(rotas_at(app->rotas, 0)->kept);
	app->now = then + 2 * HOUR_MS;
	assert_false(rotas_words(app->rotas, words, sizeof words));
	assert_non_null(strstr(words, "pd: as read 2h ago"));
	t0 = then;
	override(OVERRIDE_TAKE, "orders", "me", 2, 1);
	says("as the schedule was 2h ago?");
	/* What the source says replaces it. */
	tell_with(payments, 1);
	assert_true(rotas_words(app->rotas, words, sizeof words));
	assert_false(rotas_at(app->rotas, 0)->kept);
}

/* Shift by shift: touching ones of one person are one, gaps stand between. */
static void test_parts(void **unused)
{
	static const struct {
		double from, until;
		const char *who;
	} expected[] = {{-1, 8, "PANA"}, {8, 16, "PBEN"}, {16, 20, ""}, {20, 24, "PLI"},
		{24, 800, "PBEN"}, {800, 840, ""}};
	const size_t n = sizeof expected / sizeof *expected;

	(void)unused;
	tell();
	rotas_show(app->rotas, row("payments")->id);
	assert_int_equal(rota_parts_count(app->rotas), n);
	for (size_t i = 0; i < n; i++) {
		const struct rota_part *part = rota_parts_at(app->rotas, i);

		assert_int_equal(
			part->span.from_at, t0 + (int64_t)(expected[i].from * HOUR_MS));
		assert_int_equal(
			part->span.until_at, t0 + (int64_t)(expected[i].until * HOUR_MS));
		assert_int_equal(part->count, *expected[i].who != '\0');
		if (part->count)
			assert_true(untrusted_is(*part->users, expected[i].who));
	}
	rotas_show(app->rotas, row("data")->id);
	assert_int_equal(rota_parts_at(app->rotas, 1)->count, 2);
	rotas_forget(app->rotas, PD);
	assert_int_equal(rota_parts_count(app->rotas), 0);
}

static void test_words(void **unused)
{
	char out[ROTA_SPAN], length[ROTA_TIME];
	int64_t now, from;

	(void)unused;
	assert_true(time_parse("2026-11-30T14:00:00Z", &now));
	assert_true(time_parse("2026-11-30T18:00:00Z", &from));
	assert_string_equal(
		rota_span_words((struct span){from, from + 90 * MINUTE_MS}, now, out),
		"18:00 to 19:30 UTC (1h30m)");
	assert_string_equal(
		rota_span_words((struct span){from, from + 12 * HOUR_MS}, now, out),
		"18:00 to Tue 06:00 UTC (12h)");
	from += 9 * DAY_MS;
	assert_string_equal(
		rota_span_words((struct span){from, from + HOUR_MS}, now, out),
		"Wed Dec 09 18:00 to 19:00 UTC (1h)");
	assert_string_equal(rota_length(7 * DAY_MS, length), "7d");
	assert_string_equal(rota_length(167 * HOUR_MS, length), "167h");
	assert_string_equal(rota_length(59 * MINUTE_MS, length), "59m");
	assert_string_equal(rota_length(20 * SECOND_MS, length), "<1m");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_people, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_schedules, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_follows, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_question, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_still, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_outbox, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_waited, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_kept, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_parts, set_up, tear_down),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
