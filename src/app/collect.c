/* One collection: for each source that answers queries its credential, then which metrics
 * it has, then its questions, two at a time; beside it the store's changes. Bodies are
 * kept as they came. When all is there, a task reads them into a capture, runs the
 * rankers and writes the finding: main only moves bytes. Hides what happens when a source
 * goes, fails or is slow: that becomes something missed, and the others count. */
#include "collect.h"

#include "app/alerts.h"
#include "app/logs.h"
#include "app/setting.h"
#include "app/sources.h"
#include "base/alloc.h"
#include "base/map.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "connect/folder.h"
#include "collect_changes.h"
#include "connect/signals.h"
#include "credential.h"
#include "io/file.h"
#include "io/loop.h"
#include "io/task.h"

#include <stdio.h>
#include <string.h>

enum {
	SOURCES_MOST = 8,
	PARALLEL = 2,
	ANSWER_MS = 30000,
	BEFORE_TIMES = 4, /* so many windows before the alert are learnt from */
	TEXT_BYTES = 16 << 20,
	GRAPH_BYTES = 16 << 20,
	ALL_BYTES = 128 << 20, /* of answers, while they wait to be read */
	NAME_TEXT = 64,
	MATCH_BYTES = 2048,
};

/* What is normal is learnt of two hours, if the window asks for no more. */
#define BEFORE_LEAST_MS (2 * HOUR_MS)

struct collect_source;

struct slot {
	struct collect_source *of;
	struct query *query;
	size_t item;
};

struct collect_answer {
	struct query_body body;
	bool came;
};

struct collect_source {
	struct collect *collect;
	char name[NAME_TEXT];
	struct credential credential;
	struct source_query *queries; /* texts in the collection's arena */
	size_t query_count;
	struct signals *signals;
	struct query *probe;
	struct slot slots[PARALLEL];
	struct collect_answer *answers;
	size_t next, open;
	bool over;
	char failed[CAPTURE_TEXT]; /* why nothing came of it, or not all; "" */
};

struct collect {
	struct task task; /* first */
	struct app *app;
	struct collect_wish wish;
	struct collect_end end;
	int64_t from, to, step_ms, made_at;
	struct collect_source sources[SOURCES_MOST];
	size_t source_count;
	struct arena texts;
	struct capture_change *changes; /* source's name as kind until they are read */
	struct untrusted *change_nodes;
	size_t change_count, change_cap, change_node_cap;
	struct map change_ids; /* by moment and text */
	size_t bytes;          /* of all answers */
	struct capture_line *lines;
	struct untrusted *line_units;
	size_t line_count;
	const char *graph; /* a file, or NULL */
	const char *match; /* matchers, or NULL */
	bool changes_over, working, stopped;
	char changes_failed[CAPTURE_TEXT], match_failed[CAPTURE_TEXT];
	struct loop_timer *later;
	struct err err;
	/* the task's */
	struct capture capture;
	struct rca *rca;
	struct str json;
	struct finding *finding;
};

static void source_stop(struct collect_source *s)
{
	query_cancel(s->probe);
	s->probe = NULL;
	for (size_t k = 0; k < PARALLEL; k++) {
		query_cancel(s->slots[k].query);
		s->slots[k].query = NULL;
	}
	credential_release(&s->credential);
}

static void release_capture(struct collect *c)
{
	rca_free(c->rca);
	c->rca = NULL;
	capture_release(&c->capture);
}

static void collect_free(struct collect *c)
{
	for (size_t i = 0; i < c->source_count; i++) {
		struct collect_source *s = &c->sources[i];

		source_stop(s);
		for (size_t k = 0; s->answers && k < signals_count(s->signals); k++)
			http_body_free(&s->answers[k].body.body);
		mem_free(s->answers);
		signals_free(s->signals);
	}
	loop_timer_free(c->later);
	arena_release(&c->texts);
	map_release(&c->change_ids);
	mem_free(c->changes);
	mem_free(c->change_nodes);
	mem_free(c->lines);
	mem_free(c->line_units);
	if (c->rca)
		release_capture(c);
	str_release(&c->json);
	finding_free(c->finding);
	mem_free(c);
}

void collect_stop(struct collect *collect)
{
	if (!collect)
		return;
	collect->stopped = true;
	if (collect->working) {
		task_cancel(&collect->task);
		return;
	}
	for (size_t i = 0; i < collect->source_count; i++)
		source_stop(&collect->sources[i]);
	loop_timer_stop(collect->later);
	/* Else what the store still brings finds it stopped. */
	if (collect->changes_over)
		collect_free(collect);
}

/* --- in the task --- */

static void read_graph(struct collect *c)
{
	struct folder_read read = {0};
	struct str text;
	struct err err = {0};
	char sentence[CAPTURE_TEXT];

	str_init(&text, GRAPH_BYTES);
	if (!file_read(c->graph, &text, &err) ||
		!folder_parse(FOLDER_GRAPH, untrusted_make(text.p, text.n), &c->capture,
			&read, &err)) {
		snprintf(sentence, sizeof sentence, "rca.graph: %.200s", err.text);
		capture_miss(&c->capture, sentence);
	}
	str_release(&text);
}

static void read_source(
	struct collect *c, struct collect_source *s, struct signals_reader *reader)
{
	char sentence[CAPTURE_TEXT];

	for (size_t i = 0; s->answers && i < signals_count(s->signals); i++) {
		struct err err = {0};

		bool read = !s->answers[i].came ||
			    signals_read(reader, s->signals, i, s->name,
				    &s->answers[i].body, &err);

		http_body_free(&s->answers[i].body.body);
		s->answers[i].body.body = (struct http_body){0};
		if (read)
			continue;
		snprintf(sentence, sizeof sentence, "%s, %.60s: %.120s", s->name,
			signals_name(s->signals, i), err.text);
		capture_miss(&c->capture, sentence);
	}
	if (*s->failed)
		capture_miss(&c->capture, s->failed);
	if (!*s->failed && !signals_count(s->signals)) {
		snprintf(sentence, sizeof sentence,
			"%s has none of the metrics that are known, and no `query` line",
			s->name);
		capture_miss(&c->capture, sentence);
	}
}

/* Two may tell of the same deploy: the one with its service first. */
static void read_changes(struct collect *c, const struct signals_reader *reader)
{
	for (size_t i = 0; i < c->change_count; i++)
		capture_add_change(&c->capture, signals_node(reader, c->change_nodes[i]),
			c->changes[i]);
}

/* "orders.log" is what orders writes. Lines of what nothing else is known of are not
 * about this: sshd is no suspect. */
static void read_lines(struct collect *c, const struct signals_reader *reader)
{
	for (size_t i = 0; i < c->line_count; i++) {
		struct untrusted unit = c->line_units[i];
		size_t n = untrusted_size(unit);

		if (n > 4 && untrusted_is(untrusted_slice(unit, n - 4, 4), ".log"))
			unit = untrusted_slice(unit, 0, n - 4);
		unit = signals_node(reader, unit);
		if (graph_find(&c->capture.graph, unit) != GRAPH_NONE)
			capture_add_line(&c->capture, unit, UNTRUSTED_NONE, c->lines[i]);
	}
}

static void find_alerted(struct collect *c)
{
	struct untrusted node = signals_named(&c->capture, c->wish.about);

	if (!*c->wish.about)
		return;
	c->capture.alerted = graph_find(&c->capture.graph, node);
	if (c->capture.alerted == GRAPH_NONE)
		capture_miss(&c->capture,
			"the alert, or the words about it, name nothing that is known "
			"here");
}

static void work(struct task *task)
{
	struct collect *c = (struct collect *)task;
	struct rca_options options = {c->wish.at, c->wish.window_ms};
	struct finding_facts facts = {
		.capture = &c->capture, .made_at = c->made_at, .drawn = true};
	struct signals_reader *reader;

	capture_init(&c->capture);
	reader = signals_reader_new(&c->capture);
	if (c->graph)
		read_graph(c);
	for (size_t i = 0; i < c->source_count && !task_cancelled(task); i++)
		read_source(c, &c->sources[i], reader);
	read_changes(c, reader);
	read_lines(c, reader);
	if (*c->changes_failed)
		capture_miss(&c->capture, c->changes_failed);
	if (*c->match_failed)
		capture_miss(&c->capture, c->match_failed);
	find_alerted(c);
	signals_reader_free(reader);
	capture_settle(&c->capture);
	c->rca = rca_run(&c->capture, &options);
	facts.rca = c->rca;
	finding_write(&facts, &c->json);
	c->finding = finding_read(untrusted_make(c->json.p, c->json.n), &c->err);
	if (!c->end.whole)
		release_capture(c);
}

static void done(struct task *task)
{
	struct collect *c = (struct collect *)task;
	struct collect_result result = {
		c->rca ? &c->capture : NULL, c->rca, &c->json, c->finding, false};

	if (!c->stopped && !c->finding) {
		if (!c->err.kind)
			err_set(&c->err, ERR_CANCELLED,
				"stopped before it was thought about");
		c->end.told(c->end.ctx, NULL, &c->err);
	} else if (!c->stopped) {
		for (size_t i = 0; i < c->source_count; i++)
			result.partial |= *c->sources[i].failed != 0;
		c->end.told(c->end.ctx, &result, NULL);
		c->finding = result.finding;
	}
	collect_free(c);
}

/* --- what there is here --- */

static void copy_lines(struct collect *c)
{
	struct logs *logs = c->app->logs;
	size_t count = logs ? logs_count(logs) : 0;

	c->lines = mem_new(count + 1, sizeof *c->lines);
	c->line_units = mem_new(count + 1, sizeof *c->line_units);
	for (size_t i = 0; i < count; i++) {
		const struct log_row *row = logs_at(logs, i);

		if (row->at < c->from || row->at > c->to)
			continue;
		c->line_units[c->line_count] = untrusted_copy(&c->texts, row->unit);
		c->lines[c->line_count++] = (struct capture_line){.at_us = row->at * 1000,
			.level = row->level,
			.text = untrusted_copy(
				&c->texts, untrusted_slice(row->text, 0, CAPTURE_TEXT))};
	}
}

static void add_change(
	struct collect *c, int64_t at, struct untrusted service, struct untrusted summary)
{
	/* The console's table and the store tell of the same. */
	uint64_t id = untrusted_hash(summary) ^ (uint64_t)at;

	if (at < c->from || at > c->to)
		return;
	if (map_put(&c->change_ids, &id, sizeof id, c))
		return;
	MEM_ROOM(c->change_nodes, c->change_count, c->change_node_cap);
	c->change_nodes[c->change_count] = untrusted_copy(&c->texts, service);
	MEM_ROOM(c->changes, c->change_count, c->change_cap);
	c->changes[c->change_count++] = (struct capture_change){.at = at,
		.kind = untrusted_str("change"),
		.text = untrusted_copy(
			&c->texts, untrusted_slice(summary, 0, CAPTURE_TEXT))};
}

static void table_changes(struct collect *c)
{
	const struct alerts *alerts = c->app->alerts;

	for (size_t i = 0; i < changes_count(alerts); i++) {
		const struct change_row *row = changes_at(alerts, i);

		add_change(c, row->at, row->service, row->summary);
	}
}

static void proceed(struct collect *c)
{
	if (c->working || c->stopped || !c->changes_over)
		return;
	for (size_t i = 0; i < c->source_count; i++)
		if (!c->sources[i].over)
			return;
	c->working = true;
	copy_lines(c);
	c->task = (struct task){.work = work, .done = done, .class = TASK_INTERACTIVE};
	task_submit(c->app->pool, &c->task);
}

/* --- one source --- */

static void fail(struct collect_source *s, const char *why)
{
	if (!*s->failed)
		snprintf(s->failed, sizeof s->failed, "%s: %.180s", s->name, why);
}

static void ask_on(struct collect_source *s);

static void source_over(struct collect_source *s)
{
	s->over = true;
	proceed(s->collect);
}

static void on_answer(void *ctx, struct query_body *body, const struct err *err)
{
	struct slot *slot = ctx;
	struct collect_source *s = slot->of;

	slot->query = NULL;
	s->open--;
	if (body) {
		s->answers[slot->item].body = *body;
		s->answers[slot->item].came = true;
		s->collect->bytes += body->body.used;
	}
	if (s->collect->bytes > ALL_BYTES) {
		fail(s, "its answers are too large together: a longer rca.step, or a "
			"shorter window, makes them smaller");
		s->next = signals_count(s->signals);
	} else if (!body) {
		fail(s, err->text);
		/* One that does not answer at all is not asked forty times more. */
		s->next = signals_count(s->signals);
	}
	ask_on(s);
}

/* As the rc has it now; false when it is gone. */
static bool options_of(struct collect_source *s, struct poll_options *out)
{
	const struct sources *sources = s->collect->app->sources;
	int number = sources_find(sources, s->name);
	const struct source_row *row = number < 0 ? NULL : sources_row(sources, number);

	if (!row || !row->rc || !row->rc->kind || !query_asks(row->rc->kind)) {
		fail(s, "it is not in the rc any more");
		return false;
	}
	*out = source_options(row->rc, s->credential.secret);
	return true;
}

static void ask_on(struct collect_source *s)
{
	struct poll_options options;
	struct err err = {0};

	for (size_t k = 0; k < PARALLEL && s->next < signals_count(s->signals); k++) {
		struct slot *slot = &s->slots[k];
		struct query_ask ask = signals_at(s->signals, s->next);

		if (slot->query || !options_of(s, &options))
			continue;
		*slot = (struct slot){.of = s, .item = s->next++};
		slot->query = query_fetch(
			s->collect->app->http, &options, &ask, on_answer, slot, &err);
		if (slot->query)
			s->open++;
		else
			fail(s, err.text);
	}
	if (!s->open)
		source_over(s);
}

static void on_probe(void *ctx, const struct batch *batch, const struct err *err)
{
	struct collect_source *s = ctx;

	s->probe = NULL;
	if (!batch) {
		fail(s, err->text);
		source_over(s);
		return;
	}
	signals_found(s->signals, batch);
	s->answers = mem_new(signals_count(s->signals) + 1, sizeof *s->answers);
	ask_on(s);
}

static void fetched(void *ctx, const struct err *err)
{
	struct collect_source *s = ctx;
	struct poll_options options;
	struct query_ask ask = signals_probe(s->signals);
	struct err why = {0};

	if (err)
		fail(s, err->text);
	else if (options_of(s, &options))
		s->probe = query_start(
			s->collect->app->http, &options, &ask, on_probe, s, &why);
	if (why.kind)
		fail(s, why.text);
	if (!s->probe)
		source_over(s);
}

/* --- beginning --- */

static const char *keep(struct collect *c, const char *text)
{
	return text ? arena_strdup(&c->texts, text) : NULL;
}

static void copy_queries(struct collect *c, struct collect_source *s)
{
	const struct rc *rc = c->app->rc;

	s->queries = arena_alloc(&c->texts, (rc->query_count + 1) * sizeof *s->queries);
	for (size_t i = 0; s->queries && i < rc->query_count; i++)
		if (!strcmp(rc->queries[i].source, s->name))
			s->queries[s->query_count++] = (struct source_query){
				.name = keep(c, rc->queries[i].name),
				.expr = keep(c, rc->queries[i].expr)};
}

static void add_source(struct collect *c, const struct source_row *row)
{
	struct collect_source *s = &c->sources[c->source_count++];
	struct signals_conf conf = {.from = c->from,
		.to = c->to,
		.step_ms = c->step_ms,
		.match = c->match,
		.timeout_ms = ANSWER_MS};

	s->collect = c;
	str_copy(s->name, sizeof s->name, row->name);
	copy_queries(c, s);
	conf.queries = s->queries;
	conf.query_count = s->query_count;
	s->signals = signals_new(&conf);
	s->credential.done = fetched;
	s->credential.ctx = s;
}

static void begin_source(struct collect_source *s)
{
	const struct sources *sources = s->collect->app->sources;
	int number = sources_find(sources, s->name);
	const struct source_row *row = number < 0 ? NULL : sources_row(sources, number);
	struct credential_place place = {0};
	struct err err = {0};

	if (row && row->status.survival && s->collect->wish.spare) {
		fail(s, "it is slow, and is spared; f asks it all the same");
		source_over(s);
		return;
	}
	if (row && row->rc)
		place = (struct credential_place){
			row->rc->token_file, row->rc->token_env, row->rc->token_command};
	if (credential_fetch(&s->credential, s->collect->app->loop, &place, &err))
		fetched(s, NULL);
	else if (err.kind)
		fetched(s, &err);
}

static void on_change(
	void *ctx, int64_t at, struct untrusted service, struct untrusted summary)
{
	struct collect *c = ctx;

	if (!c->stopped)
		add_change(c, at, service, summary);
}

static void on_changes(void *ctx, const struct err *err)
{
	struct collect *c = ctx;

	c->changes_over = true;
	if (c->stopped) {
		collect_free(c);
		return;
	}
	if (err)
		snprintf(c->changes_failed, sizeof c->changes_failed,
			"changes of the store: %.180s", err->text);
	proceed(c);
}

static void begin(void *ctx)
{
	struct collect *c = ctx;

	if (!c->source_count) {
		err_set(&c->err, ERR_MISSING,
			"no source of the rc answers queries (prometheus, "
			"victoriametrics)");
		c->end.told(c->end.ctx, NULL, &c->err);
		collect_free(c);
		return;
	}
	table_changes(c);
	c->changes_over = !c->app->store;
	if (c->app->store)
		collect_changes_later(c->app->store, c->from, c->to,
			&(struct collect_changes){on_change, on_changes, c});
	for (size_t i = 0; i < c->source_count; i++)
		begin_source(&c->sources[i]);
}

/* "namespace=shop" as PromQL wants it; also !=, =~ and !~. */
static bool add_matcher(struct str *out, const char *piece, size_t n)
{
	size_t name = strcspn(piece, "=!"), op;

	if (!name || name >= n)
		return false;
	op = strspn(piece + name, "=!~");
	if (op > 2 || (op == 1 && piece[name] != '=') || name + op >= n)
		return false;
	str_puts(out, out->n ? "," : "");
	str_add(out, piece, name + op);
	text_add_promql(out, untrusted_make(piece + name + op, n - name - op));
	return true;
}

static const char *make_match(struct collect *c, const char *text)
{
	const char *made = NULL;
	struct str out;
	size_t n;

	str_init(&out, MATCH_BYTES);
	for (; *text; text += n + (text[n] == ',')) {
		n = strcspn(text, ",");
		if (add_matcher(&out, text, n))
			continue;
		str_copy(c->match_failed, sizeof c->match_failed,
			"rca.match is no list of NAME=VALUE: all was asked for");
		break;
	}
	if (!*c->match_failed && out.n && !out.cut)
		made = keep(c, str_text(&out));
	str_release(&out);
	return made;
}

static void set_span(struct collect *c)
{
	int64_t now = time_now_ms(), before = BEFORE_TIMES * c->wish.window_ms;

	if (before < BEFORE_LEAST_MS)
		before = BEFORE_LEAST_MS;
	c->made_at = now;
	c->step_ms = app_setting(c->app, SET_RCA_STEP);
	c->from = c->wish.at - before;
	c->to = c->wish.at + c->wish.window_ms;
	if (c->to > now)
		c->to = now;
	if (c->to < c->from + MINUTE_MS)
		c->to = c->from + MINUTE_MS;
}

struct collect *collect_start(
	struct app *app, const struct collect_wish *wish, const struct collect_end *end)
{
	struct collect *c = mem_new(1, sizeof *c);
	const char *graph = settings_text(&app->rc->settings, SET_RCA_GRAPH);
	const char *match = settings_text(&app->rc->settings, SET_RCA_MATCH);

	c->app = app;
	c->wish = *wish;
	c->end = *end;
	arena_init(&c->texts, TEXT_BYTES);
	str_init(&c->json, 4 << 20);
	map_init(&c->change_ids);
	set_span(c);
	if (strcmp(graph, "none"))
		c->graph = keep(c, graph);
	if (strcmp(match, "none"))
		c->match = make_match(c, match);
	for (size_t i = 0; i < sources_count(app->sources); i++) {
		const struct source_row *row = sources_at(app->sources, i);

		if (row->rc && row->rc->kind && query_asks(row->rc->kind) &&
			c->source_count < SOURCES_MOST)
			add_source(c, row);
	}
	c->changes_over = true;
	/* told() comes when this has returned. */
	c->later = loop_timer(app->loop, begin, c);
	loop_timer_start(c->later, 0);
	return c;
}
