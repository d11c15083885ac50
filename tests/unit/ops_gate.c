/* The gate: nothing is done before its intent is on the disk, nothing without an audit,
 * and what is refused is written too. And steps that run through it: what they print is
 * kept with its hash, they end in time, and are compared with what was asked about. */
#include "ops_world.h"

#include <signal.h>
#include <sys/resource.h>

/* --- the gate alone --- */

static bool as_asked(void *ctx, char *why, size_t size)
{
	const struct world *w = ctx;

	snprintf(why, size, "it has changed");
	return !w->changed;
}

static void act(void *ctx, uint64_t seq)
{
	struct world *w = ctx;
	struct audit_record record = {
		.event = "run.local", .result = untrusted_str("exit 0")};
	size_t n = records(lines);

	/* What a reader of the files sees at this moment. */
	w->acts++;
	w->seq = seq;
	if (n)
		snprintf(w->last_line, sizeof w->last_line, "%s", lines[n - 1]);
	gate_outcome(&door, seq, &record);
	loop_stop(w->loop);
}

static void refused(void *ctx, const struct err *why)
{
	struct world *w = ctx;

	w->refusals++;
	w->why = *why;
	loop_stop(w->loop);
}

static const char *about = "here", *standing, *typed;
static enum audit_class class_of = AUDIT_READ;

static void loop_over(void *ctx)
{
	loop_stop(((struct world *)ctx)->loop);
}

static bool open_deed(struct world *w)
{
	const struct untrusted args[] = {untrusted_str("df"), untrusted_str("-h")};
	const struct gate_deed deed = {.record = {.event = "run.local",
					       .class = class_of,
					       .origin = "key",
					       .target = untrusted_str(about),
					       .args = args,
					       .arg_count = 2},
		.question = "run df?",
		.word = typed,
		.standing = standing,
		.still = as_asked,
		.act = act,
		.refused = refused,
		.ctx = w};

	err = (struct err){0};
	return gate_open(&door, &deed, &err);
}

static void intent_first(void **state)
{
	struct world w;
	size_t n;

	(void)state;
	open_world(&w);
	assert_true(open_deed(&w));
	assert_int_equal(w.acts, 0);
	loop_run(w.loop);
	assert_int_equal(w.acts, 1);
	assert_int_equal(w.asks, 1);
	has(w.last_line, "\"kind\":\"intent\"");
	has(w.last_line, "\"args\":[\"df\",\"-h\"]");
	has(w.last_line, "\"approval\":\"asked and confirmed\"");
	has(w.last_line, "\"decision\":\"allowed: run.allow lets shell pass\"");
	flush(&w);
	n = records(lines);
	assert_int_equal(n, 2);
	has(lines[1], "\"kind\":\"outcome\"");
	close_world(&w);
	judge();
}

/* Each row: nothing was done, the sentence, and what stands in the audit. */
static void not_done(void **state)
{
	static const struct {
		const char *name, *sentence, *record;
		bool asks;
	} rows[] = {
		{"no", "answered with no", "refusal", true},
		{"readonly", "read-only", "refusal", false},
		{"past", "looking at the past", "refusal", false},
		{"class", "more than `set run.allow` lets pass", "refusal", false},
		{"demo", "playing its demo", NULL, false},
		{"nobody", "nobody to ask", "refusal", true},
		{"changed", "it has changed", "refusal", true},
		{"audit", "cannot be recorded: the disk is full", NULL, true},
		{"later", "read-only", "refusal", true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *name = rows[i].name;
		struct world w;
		bool opened;
		size_t n = 0;

		open_world(&w);
		w.yes = strcmp(name, "no") != 0;
		w.policy.readonly = !strcmp(name, "readonly");
		w.policy.past = !strcmp(name, "past");
		w.policy.demo = !strcmp(name, "demo");
		if (!strcmp(name, "class"))
			w.policy.most = AUDIT_UNCLASSED;
		w.no_ask = !strcmp(name, "nobody");
		w.changed = !strcmp(name, "changed");
		w.no_audit = !strcmp(name, "audit");
		w.waits = !strcmp(name, "later");
		opened = open_deed(&w);
		if (w.waits) {
			w.policy.readonly = true;
			gate_answer(w.pass, true);
		}
		assert_int_equal(w.asks, rows[i].asks);
		assert_int_equal(w.acts, 0);
		assert_int_equal(w.refusals, opened);
		if (!strstr(opened ? w.why.text : err.text, rows[i].sentence))
			fail_msg("%s: %s", name, opened ? w.why.text : err.text);
		flush(&w);
		if (rows[i].record) {
			n = records(lines);
			assert_int_equal(n, 1);
			has(lines[0], "\"kind\":\"refusal\"");
			has(lines[0], "\"args\":[\"df\",\"-h\"]");
		}
		close_world(&w);
		remove_folder(NULL);
		make_folder(NULL);
	}
}

/* It changes while the intent is being written: it is not done, and that is said. */
static void changed_behind_intent(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	assert_true(open_deed(&w));
	w.changed = true;
	loop_run(w.loop);
	assert_int_equal(w.acts, 0);
	assert_int_equal(w.refusals, 1);
	flush(&w);
	assert_int_equal(records(lines), 2);
	has(lines[0], "\"kind\":\"intent\"");
	has(lines[1], "\"result\":\"not done\"");
	close_world(&w);
}

/* A disk that is full: no act. */
static void full_disk(void **state)
{
	struct rlimit before, none = {0, RLIM_INFINITY};
	struct world w;

	(void)state;
	open_world(&w);
	assert_true(open_deed(&w));
	loop_run(w.loop);
	getrlimit(RLIMIT_FSIZE, &before);
	signal(SIGXFSZ, SIG_IGN);
	none.rlim_max = before.rlim_max;
	setrlimit(RLIMIT_FSIZE, &none);
	assert_true(open_deed(&w));
	loop_run(w.loop);
	setrlimit(RLIMIT_FSIZE, &before);
	assert_int_equal(w.acts, 1);
	assert_int_equal(w.refusals, 1);
	has(w.why.text, "nothing was done, as it cannot be recorded");
	close_world(&w);
}

/* The disk gets full in the middle: the command is ended, what is there has its hash, and
 * the audit says why. */
static void full_in_the_middle(void **state)
{
	struct rlimit before, some = {100000, RLIM_INFINITY};
	const struct run_result *r;
	struct stat st;
	struct world w;
	size_t n;

	(void)state;
	open_world(&w);
	begin(&w, "```sh\nseq 1 100000000\n```\n");
	getrlimit(RLIMIT_FSIZE, &before);
	signal(SIGXFSZ, SIG_IGN);
	some.rlim_max = before.rlim_max;
	setrlimit(RLIMIT_FSIZE, &some);
	r = go(&w, 0);
	setrlimit(RLIMIT_FSIZE, &before);
	assert_int_equal(r->state, RUN_FAILED);
	has(r->why, "ended, as it cannot be recorded");
	assert_int_equal(stat(r->out_file, &st), 0);
	assert_true(st.st_size > 0 && st.st_size <= 100000);
	flush(&w);
	n = records(lines);
	assert_int_equal(n, 2);
	has(lines[1], "\"error\":\"ended, as it cannot be recorded: cannot write");
	close_world(&w);
	judge();
}

/* best-effort: it is done all the same, and later a record says how often. */
static void best_effort(void **state)
{
	struct rlimit before, none = {0, RLIM_INFINITY};
	struct world w;
	size_t n;

	(void)state;
	open_world(&w);
	assert_true(open_deed(&w));
	while (w.acts < 1)
		loop_run(w.loop);
	flush(&w);
	w.policy.best_effort = true;
	getrlimit(RLIMIT_FSIZE, &before);
	signal(SIGXFSZ, SIG_IGN);
	none.rlim_max = before.rlim_max;
	setrlimit(RLIMIT_FSIZE, &none);
	for (int i = 2; i < 4; i++) {
		assert_true(open_deed(&w));
		while (w.acts < i)
			loop_run(w.loop);
	}
	flush(&w);
	setrlimit(RLIMIT_FSIZE, &before);
	assert_int_equal(gap.count, 2);
	assert_int_equal(w.refusals, 0);
	assert_true(open_deed(&w));
	while (w.acts < 4)
		loop_run(w.loop);
	flush(&w);
	assert_int_equal(gap.count, 0);
	n = records(lines);
	has(lines[n - 2], "\"event\":\"gate.unrecorded\"");
	has(lines[n - 2], "\"count\":2");
	/* Where the file of what is printed cannot be made, too. */
	begin(&w, "```sh\necho a; exit 3\n```\n");
	fclose(fopen(files, "we"));
	assert_int_equal(go(&w, 0)->state, RUN_FAILED);
	assert_int_equal(run_result(w.run, 0)->exit_code, 3);
	assert_string_equal(run_result(w.run, 0)->why, "");
	flush(&w);
	n = records(lines);
	has(lines[n - 1], "\"out_gap\":\"");
	close_world(&w);
	judge();
}

/* --- approvals --- */

static void pause_ms(struct world *w, int ms)
{
	int64_t until = time_mono_ms() + ms;

	while (time_mono_ms() < until) {
		w->timer = loop_timer(w->loop, loop_over, w);
		loop_timer_start(w->timer, 20);
		loop_run(w->loop);
		loop_timer_free(w->timer);
	}
}

/* Asked for, not before the delay, once, and only for just this. */
static void approvals(void **state)
{
	struct world w;
	char code[8];

	(void)state;
	open_world(&w);
	w.policy.approve = AUDIT_READ;
	assert_false(open_deed(&w));
	has(err.text, "none can be had here");
	door.approvals = gate_approvals_new(300, 60000);
	assert_true(open_deed(&w));
	has(w.asked, "It needs an approval: yes asks for it, and does nothing.");
	assert_string_equal(w.word, "");
	assert_int_equal(w.acts, 0);
	assert_int_equal(w.refusals, 1);
	has(w.why.text, "is asked for: in 300ms");
	snprintf(code, sizeof code, "%.6s", strstr(w.why.text, "approval ") + 9);
	assert_false(open_deed(&w));
	has(err.text, code);
	has(err.text, "is ready in");
	pause_ms(&w, 320);
	/* Another deed needs its own. */
	about = "elsewhere";
	assert_true(open_deed(&w));
	has(w.asked, "It needs an approval");
	about = "here";
	w.yes = false;
	assert_true(open_deed(&w));
	assert_string_equal(w.word, code);
	has(w.asked, "typing it approves this");
	assert_int_equal(w.acts, 0);
	w.yes = true;
	assert_true(open_deed(&w));
	while (w.acts < 1)
		loop_run(w.loop);
	has(w.last_line, "\"approval\":\"alone: ");
	/* Once. */
	assert_true(open_deed(&w));
	has(w.asked, "It needs an approval");
	assert_int_equal(w.acts, 1);
	/* Broken glass lifts it, and nothing else, and says so. */
	w.policy.breakglass = true;
	assert_true(open_deed(&w));
	while (w.acts < 2)
		loop_run(w.loop);
	has(w.last_line, "behind broken glass");
	w.policy.readonly = true;
	assert_false(open_deed(&w));
	flush(&w);
	gate_approvals_free(door.approvals);
	close_world(&w);
	judge();
}

/* What destroys is approved by its name too, not by a code alone. */
static void approval_by_name(void **state)
{
	static const char name[] = "@db";
	struct world w;
	char wanted[80];

	(void)state;
	open_world(&w);
	w.policy.approve = AUDIT_READ;
	door.approvals = gate_approvals_new(10, 60000);
	typed = name;
	assert_true(open_deed(&w));
	assert_string_equal(w.word, "");
	has(w.asked, "It needs an approval");
	pause_ms(&w, 20);
	assert_true(open_deed(&w));
	assert_int_equal(strncmp(w.word, "@db ", 4), 0);
	assert_int_equal(strlen(w.word), 4 + 6);
	snprintf(wanted, sizeof wanted, "typing %s approves this", w.word);
	has(w.asked, wanted);
	while (w.acts < 1)
		loop_run(w.loop);
	has(w.last_line, "typed behind its name");
	typed = NULL;
	flush(&w);
	gate_approvals_free(door.approvals);
	close_world(&w);
	judge();
}

/* Nobody is asked: only what is read, never what needs an approval, whatever glass is
 * broken. */
static void standing_deeds(void **state)
{
	static const struct {
		enum audit_class class, most, approve;
		bool breakglass, readonly;
		const char *refused; /* NULL: it is done */
	} rows[] = {
		{AUDIT_READ, AUDIT_SHELL, AUDIT_UNCLASSED, false, false, NULL},
		{AUDIT_READ, AUDIT_READ, AUDIT_CHANGE, false, false, NULL},
		{AUDIT_READ, AUDIT_SHELL, AUDIT_UNCLASSED, true, false, NULL},
		{AUDIT_CHANGE, AUDIT_SHELL, AUDIT_UNCLASSED, false, false,
			"class change is not done by itself"},
		{AUDIT_SHELL, AUDIT_SHELL, AUDIT_UNCLASSED, true, false,
			"class shell is not done by itself"},
		{AUDIT_READ, AUDIT_SHELL, AUDIT_READ, false, false,
			"it needs an approval, so it is not done by itself"},
		{AUDIT_READ, AUDIT_SHELL, AUDIT_READ, true, false,
			"it needs an approval, so it is not done by itself"},
		{AUDIT_READ, AUDIT_SHELL, AUDIT_UNCLASSED, false, true, "read-only"},
		{AUDIT_READ, AUDIT_UNCLASSED, AUDIT_UNCLASSED, false, false, "run.allow"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct world w;
		bool opened;

		open_world(&w);
		door.approvals = gate_approvals_new(10, 60000);
		w.policy.most = rows[i].most;
		w.policy.approve = rows[i].approve;
		w.policy.breakglass = rows[i].breakglass;
		w.policy.readonly = rows[i].readonly;
		standing = "nobody was asked: trigger disk";
		class_of = rows[i].class;
		opened = open_deed(&w);
		assert_int_equal(opened, rows[i].refused == NULL);
		if (opened) {
			while (w.acts < 1)
				loop_run(w.loop);
			has(w.last_line,
				"\"approval\":\"nobody was asked: trigger disk\"");
		} else {
			has(err.text, rows[i].refused);
			flush(&w);
			assert_true(records(lines) > 0);
			has(lines[records(lines) - 1], "\"kind\":\"refusal\"");
		}
		assert_int_equal(w.asks, 0);
		assert_int_equal(w.acts, opened);
		standing = NULL;
		class_of = AUDIT_READ;
		flush(&w);
		gate_approvals_free(door.approvals);
		close_world(&w);
		judge();
	}
}

/* What changes while the question stands makes it void. */
static void approval_void(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	w.policy.approve = AUDIT_READ;
	door.approvals = gate_approvals_new(10, 150);
	assert_true(open_deed(&w));
	pause_ms(&w, 20);
	w.waits = true;
	assert_true(open_deed(&w));
	assert_true(*w.word);
	pause_ms(&w, 200);
	gate_answer(w.pass, true);
	assert_int_equal(w.acts, 0);
	has(w.why.text, "the approval is void by now");
	/* One is needed only since it was asked. */
	w.policy.approve = AUDIT_UNCLASSED;
	assert_true(open_deed(&w));
	w.policy.approve = AUDIT_READ;
	gate_answer(w.pass, true);
	assert_int_equal(w.acts, 0);
	has(w.why.text, "needs an approval by now");
	flush(&w);
	gate_approvals_free(door.approvals);
	close_world(&w);
}

/* --- steps --- */

static void file_is(const char *path, const char *expected, size_t n)
{
	static char text[4 << 20];
	struct stat st;
	FILE *f = fopen(path, "re");

	assert_non_null(f);
	assert_int_equal(fstat(fileno(f), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(fread(text, 1, sizeof text, f), n);
	assert_memory_equal(text, expected, n);
	fclose(f);
}

static void a_step(void **state)
{
	struct untrusted said = untrusted_str("out\n");
	char hash[SHA256_DIGITS + 1];
	const struct run_result *r;
	struct world w;

	(void)state;
	open_world(&w);
	begin(&w, "### 1. Say\n```sh risk=read\necho out; echo err >&2; exit 3\n```\n");
	r = go(&w, 0);
	has(w.asked, "prod: run as ada on web-1 (this machine)?\n  echo out; echo err "
		     ">&2; exit 3\n");
	has(w.asked, "Class shell (several commands), written as read.");
	assert_int_equal(r->state, RUN_FAILED);
	assert_int_equal(r->exit_code, 3);
	assert_int_equal(w.ends, 1);
	assert_int_equal(r->out_bytes, 4);
	assert_int_equal(r->err_bytes, 4);
	file_is(r->out_file, "out\n", 4);
	file_is(r->err_file, "err\n", 4);
	flush(&w);
	assert_int_equal(records(lines), 2);
	has(lines[0], "\"class\":\"shell\"");
	has(lines[0], "\"book\":\"book\"");
	has(lines[0], "\"profile\":\"prod\"");
	has(lines[0],
		"[\"/bin/sh\",\"-uc\",\"echo out; echo err >&2; exit 3\\n\",\"sh\"]");
	has(lines[1], "\"result\":\"exit 3\"");
	has(lines[1], sha256_text(&said, 1, hash));
	close_world(&w);
}

/* Values, and what one step printed in the next one. */
static void captured(void **state)
{
	const struct run_result *r;
	struct world w;

	(void)state;
	open_world(&w);
	begin(&w, "```sh\nprintf '%s\\n' ' a; b '\n```\n"
		  "```sh\nprintf '[%s]' ${step.1} ${alert.evil}\n```\n"
		  "```sh\necho ${step.1} | cat\n```\n"
		  "```sh\necho ${step.9}\n```\n");
	run_label(w.run, untrusted_str("evil"), untrusted_str("; rm -rf / $(id)"));
	assert_false(run_start(w.run, 1, "key", &err));
	has(err.text, "step.1 has no value");
	assert_int_equal(go(&w, 0)->state, RUN_DONE);
	r = go(&w, 1);
	assert_string_equal(str_text(&r->shown), "[a; b][; rm -rf / $(id)]");
	/* No: the last time's output is still there. */
	w.yes = false;
	assert_true(run_start(w.run, 0, "key", &err));
	assert_int_equal(run_result(w.run, 0)->state, RUN_DONE);
	assert_string_equal(str_text(&run_result(w.run, 0)->shown), " a; b \n");
	w.yes = true;
	assert_string_equal(str_text(&go(&w, 1)->shown), "[a; b][; rm -rf / $(id)]");
	assert_false(run_start(w.run, 2, "key", &err));
	has(err.text, "a shell would run it");
	assert_false(run_start(w.run, 3, "key", &err));
	assert_false(run_start(w.run, 4, "key", &err));
	close_world(&w);
}

/* What would be done is not what was asked about: not done. */
static void bound(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	begin(&w, "---\nvars:\n  - host: {type: host}\n---\n"
		  "```sh\necho a\n```\n```sh host\ntrue\n```\n");
	w.waits = true;
	assert_true(run_start(w.run, 0, "key", &err));
	assert_int_equal(run_result(w.run, 0)->state, RUN_ASKING);
	/* One at a time, and no value changes under a question. */
	assert_false(run_start(w.run, 1, "key", &err));
	assert_false(run_set(w.run, untrusted_str("x"), untrusted_str("y"), &err));
	w.changed_book = true;
	gate_answer(w.pass, true);
	assert_int_equal(run_result(w.run, 0)->state, RUN_REFUSED);
	has(run_result(w.run, 0)->why, "the runbook has changed");
	w.changed_book = false;
	assert_true(run_start(w.run, 1, "key", &err));
	w.elsewhere = true;
	gate_answer(w.pass, true);
	assert_int_equal(run_result(w.run, 1)->state, RUN_REFUSED);
	assert_true(run_active(w.run) < 0);
	assert_true(run_start(w.run, 0, "key", &err));
	gate_answer(w.pass, false);
	assert_int_equal(run_result(w.run, 0)->state, RUN_NOT_YET);
	close_world(&w);
}

/* Another command once, judged anew; the written class stays the least. */
static void edited(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	begin(&w, "```sh risk=change\necho a\n```\n```sh hots\ntrue\n```\n");
	assert_true(run_start_edited(w.run, 0, untrusted_str("echo ${alert.x} b"), "key",
			    &err) == false);
	has(err.text, "no label");
	assert_true(run_start_edited(w.run, 0, untrusted_str("echo b"), "key", &err));
	has(w.asked, "  echo b\n");
	has(w.asked, "Edited. Class change, as written.");
	while (run_active(w.run) >= 0)
		loop_run(w.loop);
	assert_string_equal(str_text(&run_result(w.run, 0)->shown), "b\n");
	assert_string_equal(str_text(&go(&w, 0)->shown), "a\n");
	assert_true(!strstr(w.asked, "Edited"));
	assert_true(
		run_start_edited(w.run, 0, untrusted_str("rm -f /none"), "key", &err));
	assert_string_equal(w.word, "web-1");
	while (run_active(w.run) >= 0)
		loop_run(w.loop);
	/* A broken step is not mended so. */
	assert_false(run_start_edited(w.run, 1, untrusted_str("true"), "key", &err));
	flush(&w);
	assert_int_equal(records(lines), 6);
	has(lines[0], "\"edited\":\"yes\"");
	assert_null(strstr(lines[2], "edited"));
	close_world(&w);
}

/* What the audit knows: the newer intent counts, and what was seen here is not undone. */
static void recalled(void **state)
{
	static const struct {
		uint64_t intent;
		enum run_state known, expected;
	} rows[] = {
		{5, RUN_UNKNOWN, RUN_UNKNOWN},
		{4, RUN_DONE, RUN_UNKNOWN},  /* older */
		{5, RUN_FAILED, RUN_FAILED}, /* its outcome has come */
		{5, RUN_UNKNOWN, RUN_FAILED},
		{9, RUN_DONE, RUN_DONE},
	};
	struct run_result late = {.intent = 1, .state = RUN_FAILED};
	struct world w;

	(void)state;
	open_world(&w);
	begin(&w, "```sh\ntrue\n```\n```sh\ntrue\n```\n");
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct run_result known = {
			.intent = rows[i].intent, .state = rows[i].known};

		run_recall(w.run, 0, &known);
		assert_int_equal(run_result(w.run, 0)->state, rows[i].expected);
	}
	assert_int_equal(run_next(w.run), 1);
	assert_int_equal(go(&w, 1)->state, RUN_DONE);
	run_recall(w.run, 1, &late);
	assert_int_equal(run_result(w.run, 1)->state, RUN_DONE);
	run_recall(w.run, 7, &late);
	close_world(&w);
}

static void in_time(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	begin(&w, "```sh timeout=200ms\nsleep 60\n```\n"
		  "```sh timeout=200ms\nsh -c 'trap \"\" TERM; sleep 60' & wait\n```\n"
		  "```wait\n50ms\n```\n```ask\nIs it so?\n```\n```wait\nlong\n```\n");
	assert_int_equal(go(&w, 0)->state, RUN_STOPPED);
	has(run_result(w.run, 0)->why, "did not end in time");
	assert_int_equal(go(&w, 1)->state, RUN_STOPPED);
	assert_int_equal(go(&w, 2)->state, RUN_DONE);
	assert_int_equal(go(&w, 3)->state, RUN_DONE);
	has(w.asked, "confirm as ada on web-1 (this machine)?\n  Is it so?\n");
	assert_false(run_start(w.run, 4, "key", &err));
	has(err.text, "a wait is a duration");
	assert_int_equal(run_next(w.run), 0);
	close_world(&w);
}

static void stop_it(void *ctx)
{
	struct world *w = ctx;

	if (run_stop(w->run))
		return;
	loop_timer_start(w->timer, 5);
}

static void stopped(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	begin(&w, "```sh\nsleep 60\n```\n```wait\n1h\n```\n");
	for (size_t i = 0; i < 2; i++) {
		w.timer = loop_timer(w.loop, stop_it, &w);
		loop_timer_start(w.timer, 5);
		assert_int_equal(go(&w, i)->state, RUN_STOPPED);
		loop_timer_free(w.timer);
	}
	assert_false(run_stop(w.run));
	flush(&w);
	assert_int_equal(records(lines), 4);
	has(lines[1], "\"result\":\"stopped, exit 143\"");
	close_world(&w);
}

/* More than is kept in memory: all of it in the file, the end of it to be seen. */
static void much(void **state)
{
	const struct run_result *r;
	struct stat st;
	struct world w;

	(void)state;
	open_world(&w);
	begin(&w, "```sh\nseq 1 3000000\n```\n```sh\nhead -c 100000 /dev/zero\n```\n");
	r = go(&w, 0);
	assert_int_equal(r->state, RUN_DONE);
	assert_int_equal(stat(r->out_file, &st), 0);
	assert_int_equal(st.st_size, 22888896);
	assert_int_equal(r->out_bytes, st.st_size);
	assert_true(r->dropped);
	assert_true(r->shown.n <= RUN_SHOWN_BYTES);
	assert_string_equal(str_text(&r->shown) + r->shown.n - 16, "2999999\n3000000\n");
	assert_int_equal(go(&w, 1)->out_bytes, 100000);
	close_world(&w);
}

/* What cannot be recorded does not go on. */
static void no_room(void **state)
{
	char path[320];
	struct world w;
	FILE *f;

	(void)state;
	open_world(&w);
	begin(&w, "```sh\nwhile echo x; do :; "
		  "done\n```\n```sh\nno-such-program-here\n```\n");
	snprintf(path, sizeof path, "%s", files);
	/* A file where the folder should be. */
	f = fopen(path, "we");
	assert_non_null(f);
	fclose(f);
	assert_int_equal(go(&w, 0)->state, RUN_FAILED);
	has(run_result(w.run, 0)->why, "ended, as it cannot be recorded");
	assert_int_equal(go(&w, 1)->state, RUN_FAILED);
	has(run_result(w.run, 1)->why, "cannot run no-such-program-here");
	flush(&w);
	assert_int_equal(records(lines), 4);
	has(lines[3], "\"result\":\"not run\"");
	close_world(&w);
}

static void pinned(void **state)
{
	static const struct {
		const char *block, *sentence;
	} rows[] = {
		{"```kubectl\nkubectl get pods\n```\n", "kubectl without --context"},
		{"```sh\nkubectl get pods\n```\n", "kubectl without --context"},
		{"```sh\nsudo /usr/bin/kubectl get pods\n```\n", "kubectl without"},
		{"```sh\nkubectl get pods | wc -l\n```\n", "kubectl without --context"},
		{"```sh\nhelm list\n```\n", "helm without --kube-context"},
		{"```sh\naws s3 ls\n```\n", "aws without --profile"},
		{"```kubectl\nls\n```\n", "begins with kubectl"},
		{"```sql\nSELECT 1;\n```\n", "are not run from here yet"},
		{"```promql\nup\n```\n", "are not run from here yet"},
	};
	struct run_plan plan;
	struct world w;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		open_world(&w);
		begin(&w, rows[i].block);
		assert_false(run_plan(w.run, 0, &plan, &err));
		has(err.text, rows[i].sentence);
		close_world(&w);
	}
	open_world(&w);
	begin(&w, "```kubectl\nkubectl --context=a get pods\n```\n");
	assert_true(run_plan(w.run, 0, &plan, &err));
	assert_int_equal(plan.class, AUDIT_READ);
	assert_int_equal(plan.argc, 4);
	close_world(&w);
	open_world(&w);
	begin(&w, "```sh\nsudo -n df\n```\n```sh\nx=1; sudo -u db df | cat\n```\n"
		  "```sh\npseudo df\n```\n");
	for (size_t i = 0; i < 3; i++) {
		assert_true(run_plan(w.run, i, &plan, &err));
		assert_int_equal(plan.sudo, i < 2);
	}
	close_world(&w);
	/* What cannot be brought back is confirmed by the machine's name. */
	for (int i = 0; i < 3; i++) {
		static const char *const blocks[] = {"```sh\nrm -f /none\n```\n",
			"```sh risk=destroy\ntrue\n```\n",
			"```sh risk=destroy\ntrue | true\n```\n"};

		open_world(&w);
		begin(&w, blocks[i]);
		assert_int_equal(go(&w, 0)->state, RUN_DONE);
		assert_string_equal(w.word, "web-1");
		close_world(&w);
	}
}

static void other_host(void **state)
{
	struct world w;

	(void)state;
	open_world(&w);
	begin(&w, "---\nvars:\n  - host: {from: instance, type: host}\n---\n"
		  "```sh host\ntrue\n```\n");
	assert_int_equal(go(&w, 0)->state, RUN_DONE);
	run_label(w.run, untrusted_str("instance"), untrusted_str("db-9:9100"));
	assert_false(run_start(w.run, 0, "key", &err));
	assert_string_equal(w.word, "");
	has(err.text, "this step runs on db-9, and nothing here reaches other machines");
	assert_int_equal(w.asks, 1);
	close_world(&w);
	/* Of an alert, localhost is whoever looked; typed, it is this machine. */
	open_world(&w);
	foreign = true;
	begin(&w, "---\nvars:\n  - host: {from: instance, type: host}\n---\n"
		  "```sh host\ntrue\n```\n");
	foreign = false;
	assert_false(run_start(w.run, 0, "key", &err));
	has(err.text, "host has no value");
	run_label(w.run, untrusted_str("instance"), untrusted_str("localhost:9100"));
	assert_false(run_start(w.run, 0, "key", &err));
	has(err.text, "localhost in an alert is the machine that looked");
	assert_true(
		run_set(w.run, untrusted_str("host"), untrusted_str("localhost"), &err));
	assert_int_equal(go(&w, 0)->state, RUN_DONE);
	close_world(&w);
}

/* oogway ends while a step runs: the child is gone, and that is written down. */
static void the_end(void **state)
{
	struct world w;
	size_t n;

	(void)state;
	open_world(&w);
	begin(&w, "```sh\nsleep 60\n```\n");
	assert_true(run_start(w.run, 0, "key", &err));
	while (run_result(w.run, 0)->state != RUN_RUNNING)
		flush(&w);
	close_world(&w);
	n = records(lines);
	assert_int_equal(n, 2);
	has(lines[1], "\"error\":\"oogway ended while it ran\"");
	judge();
}

#define TEST(function)                                                                   \
	cmocka_unit_test_setup_teardown(function, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(intent_first),
		TEST(not_done),
		TEST(changed_behind_intent),
		TEST(full_disk),
		TEST(full_in_the_middle),
		TEST(best_effort),
		TEST(approvals),
		TEST(approval_void),
		TEST(approval_by_name),
		TEST(standing_deeds),
		TEST(a_step),
		TEST(captured),
		TEST(bound),
		TEST(edited),
		TEST(recalled),
		TEST(in_time),
		TEST(stopped),
		TEST(much),
		TEST(no_room),
		TEST(pinned),
		TEST(other_host),
		TEST(the_end),
	};

	return cmocka_run_group_tests_name("ops/gate", tests, NULL, NULL);
}
