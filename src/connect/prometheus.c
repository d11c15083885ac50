/* Prometheus as a source. All `query` lines are evaluated in few requests: up to 20
 * expressions are joined with `or`, each marked with the label oogway_query, by which
 * the answer is taken apart. When a joined question is refused, its expressions are
 * asked alone; the guilty ones are named in a warning and left out for a while, the
 * others are joined again. History of a new window is asked in the same way. Watches
 * (charts somebody looks at) are asked alone: over the window, then for now. Alerts are
 * those that fire in /rules; pending ones show in the state of their rule only.
 *
 * A state machine without I/O; any thread, one at a time. */
#include "prom.h"

#include "base/alloc.h"
#include "base/str.h"
#include "base/text.h"
#include "labels.h"

#include <stdlib.h>
#include <string.h>

enum {
	RULES_EVERY_MS = 15000,
	RULES_MISSING_MS = 600000,
	BAD_RETRY_MS = 300000,
	CLOCK_SKEW_MS = 60000,
	MAX_FORM = 256 << 10,
	WATCH_MOST_MS = 60000,
	WATCH_SLOW = 4, /* times the interval while the server is slow */
};

enum ask_class {
	NOW_GROUP,
	NOW_ALONE,
	RANGE_GROUP,
	RANGE_ALONE,
	RULES,
	WATCH_NOW,
	WATCH_RANGE,
	CLASS_BITS = 3,
};

static int ask_id(enum ask_class class, size_t index)
{
	return (int)(index << CLASS_BITS | class);
}

/* --- groups --- */

static bool joins(const struct prom_query *q, size_t group)
{
	return q->group == (int)group && !q->bad && !q->loose && !q->suspect;
}

static size_t group_members(const struct prom *prom, size_t group)
{
	size_t n = 0;

	for (size_t i = 0; i < prom->query_count; i++)
		n += joins(&prom->queries[i], group);
	return n;
}

static void groups_assign(struct prom *prom)
{
	size_t in_group = 0, bytes = 0;

	for (size_t i = 0; i < prom->query_count; i++) {
		size_t n = strlen(prom->conf->queries[i].expr);

		if (!prom->group_count || in_group == PROM_PER_GROUP ||
			(in_group && bytes + n > PROM_GROUP_BYTES)) {
			prom->group_count++;
			in_group = bytes = 0;
		}
		in_group++;
		bytes += n;
		prom->queries[i].group = (int)prom->group_count - 1;
	}
}

/* Too slow together: the second half becomes a group of its own. */
static void group_split(struct prom *prom, size_t group)
{
	size_t half = group_members(prom, group) / 2, seen = 0;

	if (!half || prom->group_count == prom->query_count)
		return;
	for (size_t i = 0; i < prom->query_count; i++)
		if (joins(&prom->queries[i], group) && seen++ >= half)
			prom->queries[i].group = (int)prom->group_count;
	prom->group_count++;
}

/* Its members are asked alone, to find the guilty one. Refused again although each is
 * right alone, they stay apart for a while. */
static void group_refused(struct prom *prom, size_t group, int64_t now)
{
	struct prom_group *g = &prom->groups[group];

	for (size_t i = 0; i < prom->query_count; i++) {
		struct prom_query *q = &prom->queries[i];

		if (!joins(q, group))
			continue;
		q->pending = true;
		q->suspect = !g->refused;
		q->loose = g->refused;
		q->retry_at = now + BAD_RETRY_MS;
	}
	g->refused = !g->refused;
}

static bool group_ready(const struct prom *prom, size_t group)
{
	for (size_t i = 0; i < prom->query_count; i++)
		if (prom->queries[i].group == (int)group && prom->queries[i].suspect)
			return false;
	return group_members(prom, group) > 0;
}

/* --- what to ask --- */

static void round_begin(struct prom *prom, int64_t now)
{
	job_ask(&prom->round, now);
	prom->in_round = true;
	prom->round_failed = false;
	for (size_t i = 0; i < prom->query_count; i++) {
		struct prom_query *q = &prom->queries[i];

		q->loose = q->loose && now < q->retry_at;
		q->pending = q->suspect || q->loose || (q->bad && now >= q->retry_at);
	}
	for (size_t i = 0; i < prom->group_count; i++)
		prom->groups[i].pending = group_ready(prom, i);
}

static bool round_busy(const struct prom *prom)
{
	for (size_t i = 0; i < prom->group_count; i++)
		if (prom->groups[i].pending || prom->groups[i].open)
			return true;
	for (size_t i = 0; i < prom->query_count; i++)
		if (prom->queries[i].pending || prom->queries[i].open)
			return true;
	return false;
}

static void history_reset(struct prom *prom)
{
	prom->window_count++;
	for (size_t i = 0; i < prom->query_count; i++)
		prom->queries[i].history = HISTORY_GROUP;
}

/* A live window that only moved on is not another one: new points came with rounds. */
static void window_note(struct prom *prom, const struct source_window *w, int64_t now)
{
	const struct source_window *old = &prom->window;
	int64_t to = w->to ? w->to : now, least;

	if (w->step_ms <= 0 ||
		(w->step_ms == old->step_ms && w->to == old->to &&
			(w->to ? w->from == old->from : w->from >= old->from)))
		return;
	prom->window = *w;
	prom->window.watches = NULL;
	least = (to - w->from) / PROM_MAX_POINTS + 1;
	prom->history_step = w->step_ms > least ? w->step_ms : least;
	prom->history_span = to - w->from;
	prom->history_from = w->from - w->from % prom->history_step;
	prom->history_to = to - to % prom->history_step;
	history_reset(prom);
}

static void form_add(struct str *form, const char *name, const char *value)
{
	str_printf(form, "%s%s=", form->n ? "&" : "", name);
	text_add_url(form, untrusted_str(value));
}

static void form_add_time(struct str *form, const char *name, int64_t ms)
{
	str_printf(form, "&%s=%lld.%03d", name, (long long)(ms / 1000), (int)(ms % 1000));
}

/* A newline ends a comment at the end of an expression. */
void prom_join(struct str *joined, const char *expr, size_t index)
{
	str_printf(joined, "%slabel_replace(%s\n, \"oogway_query\", \"%zu\", \"\", \"\")",
		joined->n ? " or " : "", expr, index);
}

static struct prom_range history_range(const struct prom *prom, bool range)
{
	return (struct prom_range){
		prom->history_from, prom->history_to, range ? prom->history_step : 0};
}

bool prom_ask(struct prom *prom, struct arena *arena, const char *expr,
	struct prom_range range, struct ask *out)
{
	struct str form;
	bool whole;

	str_init(&form, MAX_FORM);
	form_add(&form, "query", expr);
	if (range.step) {
		form_add_time(&form, "start", range.from);
		form_add_time(&form, "end", range.to);
		form_add_time(&form, "step", range.step);
		str_puts(&form, prom->nocache ? "&nocache=1" : "");
	}
	str_printf(&form, "&timeout=%lldms", (long long)prom->conf->timeout_ms);
	whole = !form.cut;
	out->kind = ASK_HTTP;
	out->method = "POST";
	out->headers = prom->headers;
	out->body = arena_strndup(arena, str_text(&form), form.n);
	out->body_n = form.n;
	out->max_bytes = PROM_MAX_BODY;
	str_reset(&form);
	str_printf(&form, "%s%s", prom->prefix, range.step ? "/query_range" : "/query");
	out->path = arena_strdup(arena, str_text(&form));
	str_release(&form);
	return whole && out->path && out->body;
}

static bool ask_group(
	struct prom *prom, struct arena *arena, size_t group, bool range, struct ask *out)
{
	struct str joined;
	bool ok;

	str_init(&joined, MAX_FORM);
	for (size_t i = 0; i < prom->query_count; i++) {
		struct prom_query *q = &prom->queries[i];
		bool asked = joins(q, group) && (!range || q->history == HISTORY_GROUP);

		if (asked)
			prom_join(&joined, prom->conf->queries[i].expr, i);
		if (!range && q->group == (int)group)
			q->joined = asked;
	}
	ok = !joined.cut &&
	     prom_ask(prom, arena, str_text(&joined), history_range(prom, range), out);
	str_release(&joined);
	out->id = ask_id(range ? RANGE_GROUP : NOW_GROUP, group);
	return ok;
}

static bool ask_alone(
	struct prom *prom, struct arena *arena, size_t i, bool range, struct ask *out)
{
	out->id = ask_id(range ? RANGE_ALONE : NOW_ALONE, i);
	return prom_ask(prom, arena, prom->conf->queries[i].expr,
		history_range(prom, range), out);
}

static bool next_now(struct prom *prom, struct arena *arena, struct ask *out)
{
	for (size_t i = 0; i < prom->group_count; i++)
		if (prom->groups[i].pending && !prom->groups[i].open &&
			group_ready(prom, i)) {
			prom->groups[i].pending = false;
			prom->groups[i].open = true;
			return ask_group(prom, arena, i, false, out);
		}
	for (size_t i = 0; i < prom->query_count; i++)
		if (prom->queries[i].pending && !prom->queries[i].open) {
			prom->queries[i].open = true;
			return ask_alone(prom, arena, i, false, out);
		}
	return false;
}

static bool next_history(struct prom *prom, struct arena *arena, struct ask *out)
{
	for (size_t i = 0; i < prom->query_count; i++) {
		struct prom_query *q = &prom->queries[i];
		size_t group = (size_t)q->group;
		struct prom_group *g = &prom->groups[group];

		if (q->bad)
			q->history = HISTORY_NONE;
		if (q->loose && q->history == HISTORY_GROUP)
			q->history = HISTORY_ALONE;
		if (q->history == HISTORY_GROUP && joins(q, group) && !g->history_open) {
			g->history_open = true;
			g->history_window = prom->window_count;
			return ask_group(prom, arena, group, true, out);
		}
		if (q->history == HISTORY_ALONE && !q->history_open) {
			q->history_open = true;
			q->history_window = prom->window_count;
			return ask_alone(prom, arena, i, true, out);
		}
	}
	return false;
}

static bool next_rules(
	struct prom *prom, struct arena *arena, int64_t now, struct ask *out)
{
	struct str path;

	if (!job_due(&prom->rules, now))
		return false;
	job_ask(&prom->rules, now);
	str_init(&path, 200);
	str_printf(&path, "%s/rules?type=alert", prom->prefix);
	out->kind = ASK_HTTP;
	out->id = ask_id(RULES, 0);
	out->method = "GET";
	out->path = arena_strdup(arena, str_text(&path));
	out->headers = prom->headers + 1;
	out->max_bytes = PROM_MAX_BODY;
	str_release(&path);
	return out->path != NULL;
}

/* --- watches --- */

static const struct source_watch *watch_find(
	const struct source_window *window, uint32_t number)
{
	for (size_t i = 0; window->watches && number && i < SOURCE_MAX_WATCHES; i++)
		if (window->watches[i].number == number)
			return &window->watches[i];
	return NULL;
}

/* A point for each third of a step keeps a window's worth of them; never rarer than
 * once a minute, so that the end of the curve is now. */
static int64_t watch_every(const struct prom *prom, const struct source_window *window)
{
	int64_t every = prom->history_step / 3;

	if (every > WATCH_MOST_MS)
		every = WATCH_MOST_MS;
	if (every < prom->conf->every_ms)
		every = prom->conf->every_ms;
	return window->least ? every * WATCH_SLOW : every;
}

/* Gives each watch of the window a place of its own, for as long as it is there. */
static void watches_follow(struct prom *prom, const struct source_window *window)
{
	for (size_t i = 0; i < SOURCE_MAX_WATCHES; i++)
		if (!prom->watches[i].open &&
			!watch_find(window, prom->watches[i].number))
			prom->watches[i].number = 0;
	for (size_t i = 0; window->watches && i < SOURCE_MAX_WATCHES; i++) {
		uint32_t number = window->watches[i].number;
		size_t place = SOURCE_MAX_WATCHES, k = 0;

		for (; k < SOURCE_MAX_WATCHES && prom->watches[k].number != number; k++)
			if (!prom->watches[k].number)
				place = k;
		if (!number || k < SOURCE_MAX_WATCHES || place == SOURCE_MAX_WATCHES)
			continue;
		prom->watches[place] = (struct prom_watch){.number = number};
		job_init(&prom->watches[place].job, prom->conf->every_ms,
			prom->conf->seed + number);
	}
}

static bool ask_watch(struct prom *prom, struct arena *arena, size_t place,
	const char *expr, int64_t now, struct ask *out)
{
	struct prom_watch *w = &prom->watches[place];
	struct prom_range range = {0};
	int64_t to = prom->window.to ? prom->window.to : now;

	if (!w->ranged) {
		range.step = prom->history_step;
		range.to = to - to % range.step;
		range.from = range.to - prom->history_span;
		range.from -= range.from % range.step;
		w->window = prom->window_count;
	}
	w->open = true;
	out->id = ask_id(w->ranged ? WATCH_NOW : WATCH_RANGE, place);
	return prom_ask(prom, arena, expr, range, out);
}

static bool next_watch(struct prom *prom, struct arena *arena, int64_t now,
	const struct source_window *window, struct ask *out)
{
	watches_follow(prom, window);
	for (size_t i = 0; prom->window.step_ms && i < SOURCE_MAX_WATCHES; i++) {
		struct prom_watch *w = &prom->watches[i];
		const struct source_watch *wanted = watch_find(window, w->number);

		if (!wanted || w->open || (window->least && !wanted->urgent))
			continue;
		if (w->ranged && w->window != prom->window_count) {
			w->ranged = false;
			job_hurry(&w->job);
		}
		if (!job_due(&w->job, now) || (w->ranged && prom->window.to))
			continue;
		w->job.every_ms = watch_every(prom, window);
		job_ask(&w->job, now);
		return ask_watch(prom, arena, i, wanted->expr, now, out);
	}
	return false;
}

static int64_t watch_until(
	const struct prom *prom, const struct source_window *window, int64_t until)
{
	for (size_t i = 0; i < SOURCE_MAX_WATCHES; i++) {
		const struct prom_watch *w = &prom->watches[i];

		if (watch_find(window, w->number) && !(w->ranged && prom->window.to))
			until = job_until(&w->job, until);
	}
	return until;
}

static int64_t rules_every(const struct source_conf *conf)
{
	return conf->every_ms > RULES_EVERY_MS ? conf->every_ms : RULES_EVERY_MS;
}

/* A slow server is not asked to compute what nobody is paged for: its rules, as they
 * stand, say instead that it lives. One that has none goes on. */
static bool spares(struct prom *prom, const struct source_window *window, int64_t now)
{
	bool spares = window->least && !prom->rules_missing;
	struct job *rules = &prom->rules;

	rules->every_ms = spares ? prom->conf->every_ms : rules_every(prom->conf);
	if (spares && !rules->put_off_ms && !rules->fails &&
		rules->due_at > now + rules->every_ms)
		rules->due_at = now + rules->every_ms;
	return spares;
}

bool prom_next(void *state, int64_t now, const struct source_window *window,
	struct arena *arena, struct ask *out)
{
	struct prom *prom = state;
	bool spared = spares(prom, window, now);

	if (window->hurry != prom->hurry) {
		prom->hurry = window->hurry;
		job_hurry(&prom->round);
		job_hurry(&prom->rules);
	}
	window_note(prom, window, now);
	if (prom->query_count && !spared && job_due(&prom->round, now))
		round_begin(prom, now);
	if (next_now(prom, arena, out) || next_rules(prom, arena, now, out) ||
		next_watch(prom, arena, now, window, out) ||
		(!window->least && next_history(prom, arena, out)))
		return true;
	out->kind = ASK_WAIT;
	out->until = job_until(&prom->rules, now + prom->conf->every_ms);
	if (!spared)
		out->until = job_until(&prom->round, out->until);
	out->until = watch_until(prom, window, out->until);
	return true;
}

/* --- answers --- */

static void warn_bad(const struct prom *prom, struct batch *batch)
{
	const struct prom_query *first = NULL;
	size_t count = 0, index = 0;
	struct str out;

	for (size_t i = 0; i < prom->query_count; i++)
		if (prom->queries[i].bad && !count++) {
			first = &prom->queries[i];
			index = i;
		}
	if (!first)
		return;
	str_init(&out, 300);
	str_printf(&out, "query %s: %s", prom->conf->queries[index].name, first->error);
	if (count > 1)
		str_printf(&out, " (and %zu more)", count - 1);
	batch_warn(batch, str_text(&out));
	str_release(&out);
}

static void warn_skew(const struct answer *answer, struct batch *batch)
{
	int64_t ahead;

	if (!batch->series_count)
		return;
	ahead = batch->series[0].points[0].at - answer->now;
	if (ahead > CLOCK_SKEW_MS)
		batch_warn(batch, "its clock is ahead of this host's: times are wrong");
	else if (ahead < -10 * CLOCK_SKEW_MS)
		batch_warn(batch, "its clock is far behind this host's: times are wrong");
}

/* The round ends with its last answer; a long pause before it left a gap to fill. */
static void round_check(struct prom *prom, const struct answer *answer, bool failed)
{
	prom->round_failed = prom->round_failed || failed;
	if (failed) {
		for (size_t i = 0; i < prom->group_count; i++)
			prom->groups[i].pending = false;
		for (size_t i = 0; i < prom->query_count; i++)
			prom->queries[i].pending = false;
	}
	if (!prom->in_round || round_busy(prom))
		return;
	prom->in_round = false;
	job_done(&prom->round, answer, !prom->round_failed);
	if (prom->round_failed)
		return;
	if (prom->round_ok_at && prom->window.step_ms && !prom->window.to &&
		answer->now - prom->round_ok_at > 3 * prom->conf->every_ms + 10000) {
		prom->history_to = answer->now - answer->now % prom->history_step;
		history_reset(prom);
	}
	prom->round_ok_at = answer->now;
}

bool prom_refuses(int status)
{
	return status == 400 || status == 413 || status == 414 || status == 422;
}

/* Series of one answer; *refused: the server, or we, cannot make sense of the
 * question. */
static bool read_series(struct prom *prom, const struct answer *answer,
	struct prom_reading *reading, struct batch *batch, struct err *err, bool *refused,
	char words[PROM_ERROR_TEXT])
{
	bool timed_out;

	*refused = false;
	reading->query_count = prom->query_count;
	words[0] = '\0';
	if (answer->status == 200 && prom_read_series(answer, reading, batch, err))
		return true;
	if (answer->status == 200) {
		*refused = err->kind == ERR_REFUSED;
		text_line(untrusted_str(err->text), words, PROM_ERROR_TEXT);
		return false;
	}
	prom_read_error(answer, words, &timed_out, err);
	*refused = prom_refuses(answer->status);
	if (!*words)
		text_line(untrusted_str(err->text), words, PROM_ERROR_TEXT);
	return false;
}

/* Of each query that the answer is about; its series are counted as they are read. */
static void tell_query(struct batch *batch, size_t index)
{
	struct batch_query *told = batch_add_query(batch);

	if (told)
		told->query = (int)index;
}

static bool take_group(struct prom *prom, const struct answer *answer, size_t group,
	struct batch *batch, struct err *err)
{
	struct prom_reading reading = {.query = -1};
	struct prom_group *g = &prom->groups[group];
	char words[PROM_ERROR_TEXT];
	bool refused, ok;

	g->open = false;
	for (size_t i = 0; i < prom->query_count; i++)
		if (prom->queries[i].joined && prom->queries[i].group == (int)group)
			tell_query(batch, i);
	ok = read_series(prom, answer, &reading, batch, err, &refused, words);
	if (!ok || batch->cut)
		batch->query_count = 0;
	if (ok) {
		g->refused = false;
		warn_skew(answer, batch);
	} else if (refused) {
		group_refused(prom, group, answer->now);
		ok = true;
	} else if (answer->failure == ERR_TIMEOUT || answer->failure == ERR_LIMIT ||
		   answer->status == 503 || answer->status == 504) {
		group_split(prom, group);
	}
	round_check(prom, answer, !ok);
	if (ok)
		warn_bad(prom, batch);
	return ok;
}

static bool take_alone(struct prom *prom, const struct answer *answer, size_t index,
	struct batch *batch, struct err *err)
{
	struct prom_reading reading = {.query = (int)index};
	struct prom_query *q = &prom->queries[index];
	bool refused, ok, was_bad = q->bad;

	q->open = q->pending = false;
	tell_query(batch, index);
	ok = read_series(prom, answer, &reading, batch, err, &refused, q->error);
	if ((!ok && !refused) || batch->cut)
		batch->query_count = 0;
	else if (!ok && batch->query_count)
		batch->queries[0].error = batch_keep_str(batch, q->error);
	q->suspect = q->suspect && !ok && !refused;
	if (ok) {
		q->bad = false;
		if (reading.loose) {
			q->loose = true;
			q->retry_at = INT64_MAX;
		}
		if (was_bad && prom->window.step_ms)
			q->history = HISTORY_ALONE;
	} else if (refused) {
		q->bad = true;
		q->history = HISTORY_NONE;
		q->retry_at = answer->now + BAD_RETRY_MS;
		ok = true;
	}
	round_check(prom, answer, !ok);
	if (ok)
		warn_bad(prom, batch);
	return ok;
}

/* Something that history can do without: it is asked in smaller parts, then left. */
static bool history_hopeless(const struct answer *answer, bool refused)
{
	return refused || answer->failure == ERR_LIMIT ||
	       answer->failure == ERR_TIMEOUT || (answer->status == 200);
}

static bool take_history_group(struct prom *prom, const struct answer *answer,
	size_t group, struct batch *batch, struct err *err)
{
	struct prom_reading reading = {.query = -1, .history = true};
	struct prom_group *g = &prom->groups[group];
	enum prom_history then = HISTORY_NONE;
	char words[PROM_ERROR_TEXT];
	bool refused, ok;

	g->history_open = false;
	ok = read_series(prom, answer, &reading, batch, err, &refused, words);
	if (!ok && !history_hopeless(answer, refused))
		return false;
	if (!ok)
		then = HISTORY_ALONE;
	for (size_t i = 0; i < prom->query_count; i++)
		if (joins(&prom->queries[i], group) &&
			prom->queries[i].history == HISTORY_GROUP &&
			g->history_window == prom->window_count)
			prom->queries[i].history = then;
	warn_bad(prom, batch);
	return true;
}

static bool take_history_alone(struct prom *prom, const struct answer *answer,
	size_t index, struct batch *batch, struct err *err)
{
	struct prom_reading reading = {.query = (int)index, .history = true};
	struct prom_query *q = &prom->queries[index];
	char words[PROM_ERROR_TEXT];
	struct str out;
	bool refused, ok;

	q->history_open = false;
	ok = read_series(prom, answer, &reading, batch, err, &refused, words);
	if (!ok && !history_hopeless(answer, refused))
		return false;
	if (q->history_window == prom->window_count)
		q->history = HISTORY_NONE;
	if (!ok) {
		str_init(&out, 300);
		str_printf(&out, "no history of query %s: %s",
			prom->conf->queries[index].name,
			answer->failure == ERR_TIMEOUT ? "too slow"
			: answer->failure == ERR_LIMIT ? "too large"
						       : words);
		batch_warn(batch, str_text(&out));
		str_release(&out);
	}
	warn_bad(prom, batch);
	return true;
}

/* What the server says to one watch concerns who looks at it only: it is no trouble of
 * the source. No answer at all is. */
static bool take_watch(struct prom *prom, const struct answer *answer, size_t place,
	bool range, struct batch *batch, struct err *err)
{
	struct prom_reading reading = {.query = 0, .history = range};
	struct prom_watch *w = &prom->watches[place];
	char words[PROM_ERROR_TEXT];
	bool refused, ok;

	w->open = false;
	ok = read_series(prom, answer, &reading, batch, err, &refused, words);
	job_done(&w->job, answer, ok);
	if (!ok && !history_hopeless(answer, refused))
		return false;
	w->ranged = ok && (w->ranged || w->window == prom->window_count);
	if (ok && !w->ranged)
		job_hurry(&w->job);
	batch->watch = w->number;
	for (size_t i = 0; i < batch->series_count; i++)
		batch->series[i].query = -1;
	if (!ok)
		batch->watch_error =
			batch_keep_str(batch, answer->failure == ERR_TIMEOUT ? "too slow"
					      : answer->failure == ERR_LIMIT ? "too large"
									     : words);
	else if (batch->cut)
		batch->watch_error = batch_keep_str(batch, "more series than fit");
	batch->warning = UNTRUSTED_NONE;
	batch->cut = false;
	return true;
}

static bool rules_absent(int status)
{
	return status == 400 || status == 404 || status == 405 || status == 501;
}

static bool take_rules(struct prom *prom, const struct answer *answer,
	struct batch *batch, struct err *err)
{
	char words[PROM_ERROR_TEXT];
	bool timed_out, ok;

	prom->rules_missing = prom->query_count && rules_absent(answer->status);
	if (prom->rules_missing)
		ok = true;
	else if (answer->status == 200)
		ok = prom_read_rules(answer, batch, err);
	else
		ok = prom_read_error(answer, words, &timed_out, err);
	job_done(&prom->rules, answer, ok);
	if (prom->rules_missing)
		job_put_off(&prom->rules, answer->now, RULES_MISSING_MS);
	return ok;
}

bool prom_take(
	void *state, const struct answer *answer, struct batch *batch, struct err *err)
{
	struct prom *prom = state;
	size_t index = (size_t)answer->id >> CLASS_BITS;

	switch (answer->id & ((1 << CLASS_BITS) - 1)) {
	case NOW_GROUP:
		return take_group(prom, answer, index, batch, err);
	case NOW_ALONE:
		return take_alone(prom, answer, index, batch, err);
	case RANGE_GROUP:
		return take_history_group(prom, answer, index, batch, err);
	case RANGE_ALONE:
		return take_history_alone(prom, answer, index, batch, err);
	case WATCH_NOW:
	case WATCH_RANGE:
		return take_watch(prom, answer, index,
			(answer->id & ((1 << CLASS_BITS) - 1)) == WATCH_RANGE, batch,
			err);
	default:
		return take_rules(prom, answer, batch, err);
	}
}

/* --- life --- */

static bool queries_check(const struct source_conf *conf, struct err *err)
{
	if (conf->query_count > PROM_MAX_QUERIES)
		return err_set(err, ERR_LIMIT, "source %s has %zu queries, more than %d",
			conf->name, conf->query_count, PROM_MAX_QUERIES);
	for (size_t i = 0; i < conf->query_count; i++)
		if (strlen(conf->queries[i].expr) > PROM_GROUP_BYTES)
			return err_set(err, ERR_LIMIT, "query %s is longer than %d KiB",
				conf->queries[i].name, PROM_GROUP_BYTES >> 10);
	return true;
}

static bool headers_build(struct prom *prom, struct err *err)
{
	const char *org = prom->conf->org;
	struct str line;

	prom->headers[0] = "Content-Type: application/x-www-form-urlencoded";
	if (!org || !*org)
		return true;
	str_init(&line, sizeof prom->url_org - 1);
	str_printf(&line, "X-Scope-OrgID: %s", org);
	str_copy(prom->url_org, sizeof prom->url_org, str_text(&line));
	prom->headers[1] = prom->url_org;
	if (line.cut)
		err_set(err, ERR_USAGE, "source %s: org is too long", prom->conf->name);
	str_release(&line);
	return strlen(org) + 16 < sizeof prom->url_org;
}

bool prom_start(void *state, const struct source_conf *conf, struct err *err)
{
	struct prom *prom = state;

	prom->conf = conf;
	if (!queries_check(conf, err) || !headers_build(prom, err))
		return false;
	prom->prefix = str_ends(conf->url, "/api/v1") ? "" : "/api/v1";
	prom->query_count = conf->query_count;
	prom->queries = mem_new(conf->query_count + 1, sizeof *prom->queries);
	prom->groups = mem_new(conf->query_count + 1, sizeof *prom->groups);
	groups_assign(prom);
	job_init(&prom->round, conf->every_ms, conf->seed);
	job_init(&prom->rules, rules_every(conf), conf->seed + 1);
	return true;
}

void prom_stop(void *state)
{
	struct prom *prom = state;

	mem_free(prom->queries);
	mem_free(prom->groups);
}

const struct source_kind prometheus_source = {
	.name = "prometheus",
	.help = "Prometheus: query lines, alerting rules and their alerts",
	.alerts = true,
	.watches = true,
	.slo = &prometheus_slo,
	.secret_header = "Authorization: Bearer ",
	.state_size = sizeof(struct prom),
	.start = prom_start,
	.stop = prom_stop,
	.next = prom_next,
	.take = prom_take,
};
