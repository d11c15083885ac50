/* Kinds of steps that need nothing but ops: what is asked and answered, waiting until
 * something is so, names for what a step gives, conditions, rollbacks, skips. */
#include "ops_world.h"

static const char *answer_now; /* to an ask; NULL: none */
static char asked_words[400], asked_choices[100];

static bool answers(void *ctx, struct run *run, const char *text,
	struct untrusted choices, struct err *e)
{
	(void)ctx;
	(void)e;
	snprintf(asked_words, sizeof asked_words, "%s", text);
	text_line(choices, asked_choices, sizeof asked_choices);
	run_answer(run, answer_now);
	return true;
}

static void begin_asking(struct world *w, const char *text)
{
	ask_words = answers;
	begin(w, text);
	ask_words = NULL;
}

static void asks(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	begin_asking(&w, "```ask as=mode choose=canary,all\nHow many of ${step.2}?\n```\n"
			 "```sh\necho web\n```\n"
			 "```sh\necho ${mode}\n```\n"
			 "```ask as=ticket type\nWhich ticket?\n```\n"
			 "```ask as=x\nNo way to answer?\n```\n");
	assert_false(run_start(w.run, 0, "key", &err));
	has(err.text, "step.2 has no value");
	assert_false(run_start(w.run, 2, "key", &err));
	has(err.text, "mode has no value: step 1 gives it one");
	go(&w, 1);
	answer_now = "canary";
	assert_int_equal(go(&w, 0)->state, RUN_DONE);
	/* One question, not two. */
	assert_int_equal(w.asks, 1);
	assert_string_equal(asked_words, "How many of web?");
	assert_string_equal(asked_choices, "canary,all");
	assert_string_equal(str_text(&go(&w, 2)->shown), "canary\n");
	answer_now = "none of them";
	assert_int_equal(go(&w, 0)->state, RUN_FAILED);
	has(run_result(w.run, 0)->why, "is none of canary,all");
	/* What failed gave nothing. */
	assert_false(run_start(w.run, 2, "key", &err));
	answer_now = NULL;
	assert_int_equal(go(&w, 3)->state, RUN_FAILED);
	has(run_result(w.run, 3)->why, "not answered");
	/* Ahead, as scripts do. */
	assert_true(
		run_set(w.run, untrusted_str("ticket"), untrusted_str("OPS 7"), &err));
	assert_int_equal(go(&w, 3)->state, RUN_DONE);
	assert_string_equal(str_text(&run_result(w.run, 3)->shown), "OPS 7");
	assert_false(run_start(w.run, 4, "key", &err));
	has(err.text, "choose=A,B or type");
	close_world(&w);
}

static void nobody_answers(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	begin(&w, "```ask as=mode choose=a,b\nWhich?\n```\n");
	assert_int_equal(go(&w, 0)->state, RUN_FAILED);
	has(run_result(w.run, 0)->why, "nobody to ask: --var mode=VALUE");
	flush(&w);
	assert_int_equal(records(lines), 2);
	has(lines[0], "\"event\":\"run.ask\"");
	has(lines[1], "\"result\":\"not answered\"");
	close_world(&w);
}

/* A wait until a command is done: it is looked at again and again, and each look is
 * what was asked about. */
static void waits_until(void **state)
{
	char text[600], mark[300];
	struct world w;

	(void)state;
	open_world(&w);
	snprintf(mark, sizeof mark, "%.*s/mark", (int)(strrchr(folder, '/') - folder),
		folder);
	snprintf(text, sizeof text,
		"```wait every=100ms timeout=20s\nuntil sh test -s %s\n```\n"
		"```wait every=100ms timeout=350ms\nuntil sh false\n```\n"
		"```wait every=100ms\nuntil ask so?\n```\n"
		"```sh\nsh -c 'sleep 0.4; echo x >>%s' &\n```\n"
		"```wait every=100ms timeout=1h\nuntil sh false\n```\n",
		mark, mark);
	begin(&w, text);
	go(&w, 3);
	assert_int_equal(go(&w, 0)->state, RUN_DONE);
	has(w.asked, "wait as ada on web-1 (this machine)?\n  until this is so, looked "
		     "at every 100ms:\n  test -s");
	assert_int_equal(go(&w, 1)->state, RUN_FAILED);
	has(run_result(w.run, 1)->why, "it did not become so in time");
	assert_false(run_start(w.run, 2, "key", &err));
	has(err.text, "a wait is until http, promql, sh or kubectl");
	close_world(&w);
	remove(mark);
}

static struct loop_timer *timer;

static void stop_it(void *ctx)
{
	if (!run_stop(((struct world *)ctx)->run))
		loop_timer_start(timer, 20);
}

/* Stopped between two looks and within one. */
static void wait_stopped(void **state)
{
	struct world w;

	(void)state;
	for (int i = 0; i < 2; i++) {
		open_world(&w);
		begin(&w, i ? "```wait every=1h timeout=2h\nuntil sh sleep 60\n```\n"
			    : "```wait every=1h timeout=2h\nuntil sh false\n```\n");
		timer = loop_timer(w.loop, stop_it, &w);
		loop_timer_start(timer, 150);
		assert_int_equal(go(&w, 0)->state, RUN_STOPPED);
		loop_timer_free(timer);
		close_world(&w);
	}
	/* oogway ends meanwhile. */
	for (int i = 0; i < 2; i++) {
		open_world(&w);
		begin(&w, i ? "```wait every=1h timeout=2h\nuntil sh sleep 60\n```\n"
			    : "```wait every=1h timeout=2h\nuntil sh false\n```\n");
		assert_true(run_start(w.run, 0, "key", &err));
		while (run_result(w.run, 0)->state != RUN_RUNNING)
			flush(&w);
		close_world(&w);
	}
}

static void conditions(void **state)
{
	static const struct {
		const char *mode;
		bool needed, other;
	} rows[] = {{"full", true, false}, {"half", false, true}};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char text[300];
		struct world w;

		open_world(&w);
		snprintf(text, sizeof text,
			"```sh as=mode\necho %s\n```\n"
			"```sh if=mode=full\necho yes\n```\n"
			"```sh if=mode!=full\necho no\n```\n"
			"```sh if=step.2.state=failed\ntrue\n```\n",
			rows[i].mode);
		begin(&w, text);
		/* Not known yet: neither needless nor run. */
		assert_false(run_needless(w.run, 1, &err));
		has(err.text, "mode has no value: step 1");
		assert_false(run_start(w.run, 1, "key", &err));
		assert_int_equal(run_next(w.run), 0);
		go(&w, 0);
		assert_int_equal(run_needless(w.run, 1, &err), !rows[i].needed);
		assert_int_equal(run_needless(w.run, 2, &err), !rows[i].other);
		assert_int_equal(run_next(w.run), rows[i].needed ? 1 : 2);
		if (!rows[i].needed) {
			assert_false(run_start(w.run, 1, "key", &err));
			has(err.text, "not needed, as it is for mode=full only");
		} else {
			go(&w, 1);
			assert_true(run_needless(w.run, 3, &err));
			assert_int_equal(run_next(w.run), -1);
		}
		close_world(&w);
	}
}

/* Behind a failure, the newest first; what was not begun is not taken back. */
static void rollbacks(void **state)
{
	struct world w;
	size_t failed;

	(void)state;
	open_world(&w);
	begin(&w, "```sh\ntrue\n```\n```sh rollback\necho undo 1\n```\n"
		  "```sh\ntrue\n```\n```sh rollback\necho undo 3\n```\n"
		  "```sh\nfalse\n```\n```sh rollback\necho undo 5\n```\n"
		  "```sh\ntrue\n```\n```sh rollback\necho undo 7\n```\n");
	assert_int_equal(w.run != NULL, 1);
	assert_int_equal(run_rollback(w.run, &failed), -1);
	go(&w, 0);
	assert_int_equal(run_next(w.run), 2);
	go(&w, 2);
	assert_int_equal(run_rollback(w.run, &failed), -1);
	assert_int_equal(go(&w, 4)->state, RUN_FAILED);
	assert_int_equal(run_next(w.run), 4);
	assert_int_equal(run_rollback(w.run, &failed), 5);
	assert_int_equal(failed, 4);
	go(&w, 5);
	assert_int_equal(run_rollback(w.run, &failed), 3);
	go(&w, 3);
	assert_int_equal(run_rollback(w.run, &failed), 1);
	go(&w, 1);
	assert_int_equal(run_rollback(w.run, &failed), -1);
	close_world(&w);
}

static void skips(void **state)
{
	struct run_result known = {.state = RUN_SKIPPED, .intent = 7};
	struct world w;

	(void)state;
	open_world(&w);
	begin(&w, "```sh\ntrue\n```\n```sh\ntrue\n```\n");
	assert_true(run_skip(w.run, 0, "key X", &err));
	assert_int_equal(run_next(w.run), 1);
	flush(&w);
	assert_int_equal(records(lines), 1);
	has(lines[0], "\"event\":\"run.skip\"");
	has(lines[0], "\"kind\":\"note\"");
	has(lines[0], "\"step\":\"1\"");
	run_recall(w.run, 1, &known);
	assert_int_equal(run_next(w.run), -1);
	assert_false(run_skip(w.run, 9, "key X", &err));
	close_world(&w);
}

/* As somebody else: through sudo, which asks for no password; judged by what is run. */
static void as_somebody(void **state)
{
	struct run_plan plan;
	struct world w;

	(void)state;
	open_world(&w);
	begin(&w,
		"```sh become=postgres\ndf -h\n```\n```sh become=root\nid | cat\n```\n");
	assert_true(run_plan(w.run, 0, &plan, &err));
	assert_int_equal(plan.class, AUDIT_READ);
	assert_int_equal(plan.argc, 7);
	assert_string_equal(plan.argv[0], "sudo");
	assert_string_equal(plan.argv[1], "-n");
	assert_string_equal(plan.argv[3], "postgres");
	assert_string_equal(plan.argv[5], "df");
	assert_true(plan.sudo);
	w.yes = false;
	assert_true(run_start(w.run, 0, "key", &err));
	has(w.asked, "run as postgres on web-1 (this machine)?\n  df -h");
	assert_true(run_plan(w.run, 1, &plan, &err));
	assert_int_equal(plan.class, AUDIT_SHELL);
	assert_string_equal(plan.argv[5], "/bin/sh");
	close_world(&w);
}

static const struct {
	const char *text, *fault; /* NULL: none */
} infos[] = {
	{"```sh as=a\nx\n```\n```sh as=a\nx\n```\n", "a has a value already"},
	{"---\nvars:\n  - a\n---\n```sh as=a\nx\n```\n", "a has a value already"},
	{"```sh as=A\nx\n```\n", "as=NAME is a-z, 0-9 and _, not as=A"},
	{"```sh if=a\nx\n```\n", "if=NAME=VALUE or if=NAME!=VALUE, not if=a"},
	{"```sh if==\nx\n```\n", "if=NAME=VALUE"},
	{"```sh rollback\nx\n```\n", "no step before it to take back"},
	{"```sh\nx\n```\n```sh rollback=2\nx\n```\n", "no step before it to take back"},
	{"```sh\nx\n```\n```sh rollback=1\nx\n```\n", NULL},
	{"```sh rollback=no\nx\n```\n", "rollback, or rollback=STEP"},
	{"```sh become=-u\nx\n```\n", "become=USER is an account's name"},
	{"```sh become=0\nx\n```\n", "become=USER is an account's name"},
	{"```ask become=root\nx\n```\n", "not become=root"},
	{"```wait every=1ms\n1s\n```\n", "every= is a duration from 100ms on"},
	{"```ask choose=a as=x\nx\n```\n", "choose=A,B has two answers at least"},
	{"```promql expect=many\nup\n```\n", "expect= is some, none or any"},
	{"```promql expect=none source=prom\nup\n```\n", NULL},
	{"```http\nhttps://x/\n```\n```oogway\nalerts\n```\n", NULL},
	{"```sh host=@web risk=read if=a=b become=www-data as=c\nid\n```\n", NULL},
};

static void info_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof infos / sizeof infos[0]; i++) {
		struct runbook book;

		runbook_parse(&book, untrusted_str(infos[i].text));
		if ((book.fault_count != 0) != (infos[i].fault != NULL) ||
			(infos[i].fault && !strstr(book.faults[0].text, infos[i].fault)))
			fail_msg("row %zu: %s", i,
				book.fault_count ? book.faults[0].text : "no fault");
		runbook_release(&book);
	}
}

/* Each command of a script for itself; what it points to now is said. */
static void pins(void **state)
{
	static const struct {
		const char *block;
		bool pinned;
	} rows[] = {
		{"kubectl --context a get pods | wc -l", true},
		{"kubectl --context a get pods; kubectl delete pod x", false},
		{"df -h; psql -c 'select 1'", false},
		{"psql -h db-1 -c 'select 1' | cat", true},
		{"helm --kube-context=a list", true},
		{"helm list", false},
		{"aws --profile a s3 ls", true},
		{"aws s3 ls", false},
		{"gcloud --configuration=a projects list", true},
		{"gcloud projects list", false},
		{"terraform -chdir=/srv/x plan", true},
		{"terraform plan", false},
		{"sudo -u x psql -c 'select 1'", false},
	};
	struct run_plan plan;
	struct world w;

	(void)state;
	setenv("AWS_PROFILE", "prod-eu", 1);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char text[200];

		open_world(&w);
		snprintf(text, sizeof text, "```sh\n%s\n```\n", rows[i].block);
		begin(&w, text);
		if (run_plan(w.run, 0, &plan, &err) != rows[i].pinned)
			fail_msg("%s: %s", rows[i].block,
				rows[i].pinned ? err.text : "let through");
		if (strstr(rows[i].block, "aws s3"))
			has(err.text, "(now prod-eu)");
		close_world(&w);
		remove_folder(NULL);
		make_folder(NULL);
	}
	unsetenv("AWS_PROFILE");
}

#define TEST(function)                                                                   \
	cmocka_unit_test_setup_teardown(function, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(asks),
		TEST(nobody_answers),
		TEST(waits_until),
		TEST(wait_stopped),
		TEST(conditions),
		TEST(rollbacks),
		TEST(skips),
		TEST(as_somebody),
		TEST(info_words),
		TEST(pins),
	};

	return cmocka_run_group_tests_name("ops/steps", tests, NULL, NULL);
}
