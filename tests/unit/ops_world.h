/* For the tests of the gate and of steps: a world with one door, whose questions the test
 * answers, and a run in it. */
#ifndef TESTS_UNIT_OPS_WORLD_H
#define TESTS_UNIT_OPS_WORLD_H

#include "base/json.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "io/loop.h"
#include "io/task.h"
#include "ops/gate.h"
#include "ops/run.h"
#include "ops_place.h"

/* A world with one door. */
struct world {
	struct loop *loop;
	struct task_pool *pool;
	struct audit *audit;
	struct policy policy;
	bool no_audit, no_ask, waits; /* waits: the test answers */
	bool yes;
	struct gate_pass *pass;
	char asked[2400], word[64];
	int asks;
	/* deeds */
	bool changed;
	int acts, refusals, ends;
	uint64_t seq;
	struct err why;
	char last_line[4000]; /* of the audit, when act() came */
	/* runs */
	bool changed_book, elsewhere;
	struct run *run;
	struct loop_timer *timer;
};

static inline void policy(void *ctx, struct policy *out)
{
	*out = ((struct world *)ctx)->policy;
}

static inline struct audit *audit(void *ctx, struct err *e)
{
	struct world *w = ctx;

	if (w->no_audit)
		err_set(e, ERR_IO, "the disk is full");
	return w->no_audit ? NULL : w->audit;
}

static inline bool ask(
	void *ctx, const struct gate_deed *deed, struct gate_pass *pass, struct err *e)
{
	struct world *w = ctx;

	w->asks++;
	snprintf(w->asked, sizeof w->asked, "%s", deed->question);
	snprintf(w->word, sizeof w->word, "%s", deed->word ? deed->word : "");
	if (w->no_ask)
		return err_set(e, ERR_REFUSED, "there is nobody to ask");
	w->pass = pass;
	if (!w->waits)
		gate_answer(pass, w->yes);
	return true;
}

static struct gate_door door;
static struct gate_gap gap;

static inline void open_world(struct world *w)
{
	struct audit_config config = {.folder = folder};

	*w = (struct world){.policy = {.most = AUDIT_SHELL}, .yes = true};
	w->loop = loop_new();
	w->pool = task_pool_new(w->loop);
	w->audit = audit_open(w->pool, &config, &err);
	assert_non_null(w->audit);
	gap = (struct gate_gap){0};
	door = (struct gate_door){policy, audit, ask, w, NULL, &gap};
}

static inline void close_world(struct world *w)
{
	if (w->run)
		run_end(w->run);
	task_pool_free(w->pool);
	run_free(w->run);
	audit_close(w->audit);
	loop_free(w->loop);
}

/* All records, without the audit's own, as JSON lines. */
static inline size_t records(char lines[64][4000])
{
	size_t n, starts[400], count, out = 0;
	char *text = load("000001.jsonl", &n);

	count = find_lines(text, n, starts);
	for (size_t i = 0; i < count && out < 64; i++) {
		snprintf(lines[out], 4000, "%.*s", (int)(starts[i + 1] - starts[i] - 1),
			text + starts[i]);
		out += !strstr(lines[out], "\"event\":\"audit.");
	}
	mem_free(text);
	return out;
}

static char lines[64][4000];

static inline void has(const char *line, const char *part)
{
	if (!strstr(line, part))
		fail_msg("%s is not in %s", part, line);
}

static inline void written(void *ctx)
{
	struct world *w = ctx;

	if (audit_pending(w->audit))
		loop_timer_start(w->timer, 5);
	else
		loop_stop(w->loop);
}

static inline void flush(struct world *w)
{
	w->timer = loop_timer(w->loop, written, w);
	do {
		loop_timer_start(w->timer, 1);
		loop_run(w->loop);
	} while (audit_pending(w->audit));
	loop_timer_free(w->timer);
}

static inline bool is_here(void *ctx, struct untrusted host)
{
	return !((struct world *)ctx)->elsewhere &&
	       (untrusted_is(host, "web-1") || untrusted_is(host, "localhost"));
}

static inline void user(void *ctx, char *out, size_t size)
{
	(void)ctx;
	snprintf(out, size, "ada");
}

static inline bool book_still(void *ctx, char *why, size_t size)
{
	snprintf(why, size, "the runbook has changed");
	return !((struct world *)ctx)->changed_book;
}

static inline void run_changed(void *ctx)
{
	struct world *w = ctx;

	if (w->run && run_active(w->run) < 0)
		loop_stop(w->loop);
}

static inline void run_ended(void *ctx, size_t step)
{
	struct world *w = ctx;

	assert_true(run_result(w->run, step)->state >= RUN_DONE);
	w->ends++;
}

static char files[300];
static bool foreign; /* the run is about an alert */
static const struct step_kind *const *kinds;
static bool (*ask_words)(void *ctx, struct run *run, const char *text,
	struct untrusted choices, struct err *err);

static inline void begin(struct world *w, const char *text)
{
	struct run_how how = {.loop = w->loop,
		.pool = w->pool,
		.door = &door,
		.folder = files,
		.name = "book",
		.profile = "prod",
		.host = "web-1",
		.kube_context = "",
		.own_host = !foreign,
		.kinds = kinds,
		.is_here = is_here,
		.ask = ask_words,
		.user = user,
		.still = book_still,
		.changed = run_changed,
		.ended = run_ended,
		.ctx = w};

	snprintf(files, sizeof files, "%.*s/runs", (int)(strrchr(folder, '/') - folder),
		folder);
	w->run = run_new(&how, untrusted_str(text));
}

/* Runs a step to its end. */
static inline const struct run_result *go(struct world *w, size_t step)
{
	if (!run_start(w->run, step, "key", &err))
		fail_msg("%s", err.text);
	while (run_active(w->run) >= 0)
		loop_run(w->loop);
	return run_result(w->run, step);
}

#endif
