/* The poll engine: asks what each source's state machine wants asked, reads the
 * answers (large ones in a task), and decides when to ask again. Hides transfers,
 * back-off, rate limits, latencies and what counts as a change of status.
 *
 * Main only, but for `take` of a large answer: that runs on a pool thread with the
 * source's state and one batch, and until it is done the state is not touched. */
#include "connect/poll.h"

#include "base/alloc.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "io/loop.h"
#include "io/task.h"
#include "labels.h"
#include "request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LARGE_BODY = 1 << 20 };

enum {
	FIRST_IDS = 64,
	AHEAD_MS = 60000, /* clocks may differ by that */
	ASK_ARENA_BYTES = 4 << 20,
	CONF_ARENA_BYTES = 16 << 20,
	BATCH_ARENA_BYTES = 256 << 20,
	KEEP_ARENA_BYTES = 256 << 10, /* kept between batches */
	TASK_BYTES = 64 << 10,        /* larger bodies are read in a task */
	LATENCIES = 64,
	MIN_LATENCIES = 8,
	MAX_FAILING = 16,
	MAX_ASKS_PER_S = 20,
	BACKOFF_FIRST_MS = 1000,
	BACKOFF_LAST_MS = 60000,
	PROBE_MS =
		5000, /* of survival mode: after so long, one ask of what it leaves out */
	FINAL_MS = 60000, /* after an answer that will not change by itself */
	FORGET_MS = 90000,
	STAGGER_MS =
		900, /* ticks of all consoles fall together; what they ask does not */
	ORIGIN_TEXT = 120,
	/* Clocks: what is less is the second that a Date header is exact to, and the way
	 * of the answer; what is more is no clock. */
	AHEAD_LEAST_MS = 2500,
	AHEAD_TOLD_MS = 30000,
	MOVED_TEXT = 2048,
};
#define AHEAD_MOST_MS (DAY_MS)

enum stage {
	FREE,
	LOOKING, /* whether another oogway has the answer */
	ASKING,
	ANSWERED,
	READING,
};

struct slot {
	struct poll_source *source;
	enum stage stage;
	uint64_t order;
	struct arena arena; /* of the ask */
	struct http_request request;
	char key[HASH_TEXT]; /* of the question, for others */
	struct http_transfer *transfer;
	struct http_body body;
	char type[HTTP_HEADER_TEXT], etag[HTTP_HEADER_TEXT], modified[HTTP_HEADER_TEXT];
	char moved[MOVED_TEXT];
	struct answer answer;
	int64_t holds_ms;
	int64_t retry_after_s;
	struct err err;
};

struct poll_source {
	struct task task;
	struct poll *poll;
	int index;
	bool orphan; /* freed by its task's end */
	struct poll_options options;
	struct source_conf conf; /* its texts are in conf_arena */
	struct arena conf_arena;
	char origin[ORIGIN_TEXT];
	void *state;
	uint32_t hurry;
	struct source_watch watches[SOURCE_MAX_WATCHES];
	char details[SOURCE_MAX_DETAILS][SOURCE_ID];
	char opened[SOURCE_ID];
	uint32_t last_watch;
	struct arena batch_arena;
	struct slot slots[POLL_PARALLEL];
	struct slot *reading;
	uint64_t order;
	struct batch batch;
	struct alert_pack pack;
	struct loop_timer *again; /* while a batch is delivered bit by bit */
	size_t taken;
	bool working; /* the task has it */
	bool take_ok, worked;
	struct err take_err;
	int64_t wait_until, blocked_until;
	int64_t asked_at;
	int64_t budget_s;
	int budget_used;
	int fails;
	bool limited, settled, paused;
	struct {
		int id;
		int64_t at;
	} failing[MAX_FAILING]; /* asks whose last answer was bad */
	int failing_count;
	int first_ids[FIRST_IDS]; /* asks that were answered before it settled */
	int first_count;
	int64_t begun_at;
	bool listed; /* a list of its alerts came to its end */
	int warning_id;
	int64_t ahead_ms; /* of the server's clock */
	int32_t latencies[LATENCIES];
	size_t latency_count;
	struct poll_status status;
	uint64_t shown; /* hash of what was last reported */
};

struct poll {
	struct loop *loop;
	struct task_pool *pool;
	struct http *http;
	struct poll_events events;
	struct poll_share share;
	struct poll_source *sources[POLL_MAX_SOURCES];
	int count;
	struct source_window window;
	struct loop_timer *stagger;
	int64_t stagger_ms, last_tick;
};

static void pump(struct poll_source *source, int64_t now);
static void read_answers(struct poll_source *source);

/* --- what is shown --- */

static uint64_t hash_add(uint64_t hash, const void *p, size_t n)
{
	return (hash ^ hash_keyed(p, n)) * UINT64_C(0x100000001b3);
}

static uint64_t status_hash(const struct poll_status *s)
{
	int64_t numbers[] = {s->state, s->failing_since, s->next_try_at, s->survival,
		s->partial, s->shared, s->error.kind, s->last_ok_at != 0};
	uint64_t hash = hash_add(0, numbers, sizeof numbers);

	hash = hash_add(hash, s->error.text, strlen(s->error.text));
	return hash_add(hash, s->warning, strlen(s->warning));
}

static void report(struct poll_source *source)
{
	struct poll *poll = source->poll;
	uint64_t hash = status_hash(&source->status);

	if (hash == source->shown)
		return;
	source->shown = hash;
	if (poll->events.status)
		poll->events.status(poll->events.ctx, source->index);
}

static int compare_ms(const void *a, const void *b)
{
	int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

	return x < y ? -1 : x > y;
}

/* Survival ends early when the newest answers are all quick again. */
static bool quick_again(const struct poll_source *source)
{
	for (size_t i = 1; i <= MIN_LATENCIES; i++)
		if (source->latencies[(source->latency_count - i) % LATENCIES] >
			POLL_SLOW_MS / 2)
			return false;
	return true;
}

static void note_latency(struct poll_source *source, int64_t ms)
{
	struct poll_status *s = &source->status;
	int32_t sorted[LATENCIES];
	size_t n;

	source->latencies[source->latency_count++ % LATENCIES] =
		(int32_t)(ms > INT32_MAX ? INT32_MAX : ms);
	s->latency_ms = ms;
	n = source->latency_count < LATENCIES ? source->latency_count : LATENCIES;
	memcpy(sorted, source->latencies, n * sizeof *sorted);
	qsort(sorted, n, sizeof *sorted, compare_ms);
	s->p50_ms = sorted[(n - 1) / 2];
	s->p95_ms = sorted[(n * 95 + 99) / 100 - 1];
	if (n < MIN_LATENCIES)
		return;
	s->survival = s->p95_ms > POLL_SLOW_MS && !quick_again(source);
}

/* --- success and failure --- */

static void failing_add(struct poll_source *source, int id, int64_t now)
{
	int i = 0;

	while (i < source->failing_count && source->failing[i].id != id)
		i++;
	if (i == MAX_FAILING)
		return;
	if (i == source->failing_count)
		source->failing_count++;
	source->failing[i].id = id;
	source->failing[i].at = now;
}

/* An ask that is not made any more cannot succeed: its failure is forgotten. */
static void failing_remove(struct poll_source *source, int id, int64_t now)
{
	int kept = 0;

	for (int i = 0; i < source->failing_count; i++)
		if (source->failing[i].id != id &&
			now - source->failing[i].at < FORGET_MS)
			source->failing[kept++] = source->failing[i];
	source->failing_count = kept;
}

/* Exponential, with full jitter. */
static int64_t backoff_ms(int fails)
{
	int64_t most = BACKOFF_FIRST_MS;

	for (int i = 1; i < fails && most < BACKOFF_LAST_MS; i++)
		most *= 2;
	if (most > BACKOFF_LAST_MS)
		most = BACKOFF_LAST_MS;
	return (int64_t)(random_u64() % (uint64_t)most) + 1;
}

static void block_limited(struct poll_source *source, const struct slot *slot)
{
	char within[TIME_TEXT], words[sizeof slot->err.text];
	int64_t wait = slot->retry_after_s * SECOND_MS;

	if (slot->retry_after_s < 0)
		wait = 5 * SECOND_MS + backoff_ms(source->fails);
	source->limited = true;
	source->blocked_until = slot->answer.now + wait + (int64_t)(random_u64() % 500);
	str_copy(words, sizeof words, source->status.error.text);
	err_set(&source->status.error, ERR_LIMIT, "%s: next try in %s", words,
		duration_text(wait < 1000 ? 1000 : wait, within));
}

/* How long the source is left alone after a failure. */
static void block(struct poll_source *source, const struct slot *slot)
{
	int status = slot->answer.status;
	int64_t now = slot->answer.now;

	source->limited = false;
	if (source->fails < 30)
		source->fails++;
	if (status == 429 || (status == 503 && slot->retry_after_s > 0))
		block_limited(source, slot);
	else if (!status || status == 408 || status == 425 || status >= 500)
		source->blocked_until = now + backoff_ms(source->fails);
	else
		source->blocked_until = now + FINAL_MS - (int64_t)(random_u64() % 10000);
}

static void note_failure(struct poll_source *source, const struct slot *slot)
{
	struct poll_status *s = &source->status;
	int status = slot->answer.status;

	s->failures++;
	s->state = POLL_FAILING;
	if (!s->failing_since)
		s->failing_since = slot->answer.now;
	s->error = source->take_err;
	s->error_status = status;
	if (status < 200 || status >= 300)
		block(source, slot);
	s->next_try_at = source->blocked_until > slot->answer.now ? source->blocked_until
								  : slot->answer.now;
	failing_add(source, slot->answer.id, slot->answer.now);
	source->settled = true;
}

static void note_warning(struct poll_source *source, int id)
{
	struct poll_status *s = &source->status;
	const struct batch *batch = &source->batch;

	if (untrusted_empty(batch->warning) && !batch->cut) {
		if (source->warning_id == id) {
			s->warning[0] = '\0';
			s->partial = false;
		}
		return;
	}
	source->warning_id = id;
	s->partial = batch->partial || batch->cut;
	if (untrusted_empty(batch->warning))
		str_copy(s->warning, sizeof s->warning,
			"more came than fits: what is shown is not all");
	else
		text_line(batch->warning, s->warning, sizeof s->warning);
}

static bool was_answered(const struct poll_source *source, int id)
{
	for (int i = 0; i < source->first_count; i++)
		if (source->first_ids[i] == id)
			return true;
	return false;
}

static void note_success(struct poll_source *source, const struct slot *slot)
{
	struct poll_status *s = &source->status;

	if (!source->settled && source->first_count < FIRST_IDS &&
		!was_answered(source, slot->answer.id))
		source->first_ids[source->first_count++] = slot->answer.id;
	source->listed |= source->batch.alerts_snapshot;

	if (slot->answer.status) {
		source->fails = 0;
		source->limited = false;
		source->blocked_until = 0;
	}
	if (!s->limit_remaining && slot->retry_after_s > 0) {
		source->limited = true;
		source->blocked_until =
			slot->answer.now + slot->retry_after_s * SECOND_MS;
	}
	failing_remove(source, slot->answer.id, slot->answer.now);
	note_warning(source, slot->answer.id);
	if (source->failing_count || !slot->answer.status)
		return;
	s->state = source->paused ? POLL_PAUSED : POLL_OK;
	if (s->failing_since || !s->ok_since)
		s->ok_since = slot->answer.now;
	s->failing_since = 0;
	s->next_try_at = 0;
	s->error = (struct err){0};
	if (source->settled)
		s->last_ok_at = slot->answer.now;
}

/* --- reading answers --- */

static void source_free(struct poll_source *source)
{
	if (source->options.kind->stop)
		source->options.kind->stop(source->state);
	loop_timer_free(source->again);
	for (int i = 0; i < POLL_PARALLEL; i++) {
		http_body_free(&source->slots[i].body);
		arena_release(&source->slots[i].arena);
	}
	arena_release(&source->conf_arena);
	alert_pack_release(&source->pack);
	arena_release(&source->batch_arena);
	for (int i = 0; i < SOURCE_MAX_WATCHES; i++)
		mem_free((void *)(uintptr_t)source->watches[i].expr);
	mem_free(source->state);
	mem_free(source);
}

/* An alert that begins later than now has the clock of another. */
static void warn_ahead(struct batch *batch, int64_t now)
{
	size_t n = 0;
	char text[120];

	for (size_t i = 0; i < batch->alert_count; i++)
		n += batch->alerts[i].started_at - now > AHEAD_MS;
	if (!n)
		return;
	snprintf(text, sizeof text,
		"%zu alert%s in the future: a clock is ahead of this host's", n,
		n == 1 ? " begins" : "s begin");
	batch_warn(batch, text);
}

/* What is to happen there happens by the server's clock. */
static void keep_time(struct batch *batch, int64_t ahead_ms)
{
	char text[120], much[TIME_TEXT];

	for (size_t i = 0; i < batch->alert_count; i++)
		if (batch->alerts[i].next_at)
			batch->alerts[i].next_at -= ahead_ms;
	if (ahead_ms < AHEAD_TOLD_MS && ahead_ms > -AHEAD_TOLD_MS)
		return;
	snprintf(text, sizeof text,
		"its clock is %s %s this host's: ages are wrong by it",
		duration_text(ahead_ms < 0 ? -ahead_ms : ahead_ms, much),
		ahead_ms < 0 ? "behind" : "ahead of");
	batch_warn(batch, text);
}

static void take_work(struct task *task)
{
	struct poll_source *source = (struct poll_source *)task;
	struct slot *slot = source->reading;

	bool large = untrusted_size(slot->answer.body) > LARGE_BODY;

	source->worked = true;
	source->take_err = (struct err){0};
	source->take_ok = source->options.kind->take(
		source->state, &slot->answer, &source->batch, &source->take_err);
	http_body_free(&slot->body);
	if (source->take_ok && source->batch.alert_count) {
		keep_time(&source->batch, slot->answer.ahead_ms);
		warn_ahead(&source->batch, slot->answer.now);
		alert_pack_make(&source->pack, &source->batch, source->options.number,
			source->conf.name);
		source->batch.pack = &source->pack;
	}
	/* The tree of a large answer is many times its text, and gone now. */
	if (large)
		mem_trim();
}

static void name_failure(struct poll_source *source, struct slot *slot)
{
	struct err *err = &source->take_err;

	if (source->take_ok)
		return;
	if (!slot->answer.status)
		*err = slot->err;
	else if (!err->kind && slot->answer.status >= 200 && slot->answer.status < 300)
		err_set(err, ERR_INPUT, "%s gave an answer that cannot be read",
			source->origin);
	else if (!err->kind)
		answer_refused(&slot->answer, UNTRUSTED_NONE, err);
}

/* The answer to a watch that nobody looks at any more is dropped. */
static bool wanted(const struct poll_source *source, const struct batch *batch)
{
	bool found = !batch->watch;

	for (int i = 0; i < SOURCE_MAX_WATCHES; i++)
		found = found || source->watches[i].number == batch->watch;
	return found;
}

/* Giving back tens of megabytes takes milliseconds: not on main. */
struct scrap {
	struct task task;
	struct arena arena;
};

static void scrap_work(struct task *task)
{
	arena_release(&((struct scrap *)task)->arena);
	mem_trim();
}

static void scrap_done(struct task *task)
{
	struct scrap *scrap = (struct scrap *)task;

	arena_release(&scrap->arena);
	mem_free(scrap);
}

static void scrap_arena(struct poll *poll, struct arena *arena)
{
	struct scrap *scrap;

	if (arena->used_bytes < LARGE_BODY) {
		if (arena->used_bytes > KEEP_ARENA_BYTES)
			arena_release(arena);
		else
			arena_reset(arena);
		return;
	}
	scrap = mem_new(1, sizeof *scrap);
	scrap->arena = *arena;
	scrap->task = (struct task){
		.work = scrap_work, .done = scrap_done, .class = TASK_BACKGROUND};
	arena_init(arena, scrap->arena.max_bytes);
	task_submit(poll->pool, &scrap->task);
}

/* Hands over what a turn has time for; the rest follows. */
static void deliver_on(void *ctx)
{
	struct poll_source *source = ctx;
	struct slot *slot = source->reading;
	struct poll *poll = source->poll;

	if (source->take_ok && poll->events.batch && wanted(source, &source->batch) &&
		!poll->events.batch(poll->events.ctx, source->index, &source->batch,
			&source->taken)) {
		loop_timer_start(source->again, 0);
		return;
	}
	alert_pack_release(&source->pack);
	scrap_arena(poll, &source->batch_arena);
	slot->stage = FREE;
	source->reading = NULL;
	pump(source, time_now_ms());
	report(source);
	read_answers(source);
}

static void deliver(struct poll_source *source)
{
	struct slot *slot = source->reading;

	slot->answer.body = UNTRUSTED_NONE;
	name_failure(source, slot);
	if (source->take_ok)
		note_success(source, slot);
	else
		note_failure(source, slot);
	source->taken = 0;
	deliver_on(source);
}

static void take_done(struct task *task)
{
	struct poll_source *source = (struct poll_source *)task;

	source->working = false;
	if (source->orphan || !source->worked) {
		source->reading = NULL;
		if (source->orphan)
			source_free(source);
		return;
	}
	deliver(source);
}

static struct slot *oldest_answer(struct poll_source *source)
{
	struct slot *oldest = NULL;

	for (int i = 0; i < POLL_PARALLEL; i++) {
		struct slot *slot = &source->slots[i];

		if (slot->stage == ANSWERED && (!oldest || slot->order < oldest->order))
			oldest = slot;
	}
	return oldest;
}

static void read_answers(struct poll_source *source)
{
	struct slot *slot = source->reading ? NULL : oldest_answer(source);

	if (!slot)
		return;
	slot->stage = READING;
	source->reading = slot;
	source->worked = false;
	slot->answer.body = http_body_view(&slot->body);
	batch_init(&source->batch, &source->batch_arena);
	if (untrusted_size(slot->answer.body) >= TASK_BYTES ||
		(source->options.kind->site && slot->answer.status)) {
		source->working = true;
		task_submit(source->poll->pool, &source->task);
		return;
	}
	take_work(&source->task);
	deliver(source);
}

/* The Date header tells a whole second of when the answer was made, somewhere on its way:
 * one that took long tells too little. What is known stays until it is clearly something
 * else. */
static int64_t clock_ahead(
	struct poll_source *source, const struct http_reply *reply, int64_t now)
{
	int64_t ahead = reply->server_date + SECOND_MS / 2 -
			(now - (int64_t)reply->elapsed_ms / 2);

	if (!reply->server_date || reply->elapsed_ms > AHEAD_LEAST_MS ||
		ahead > AHEAD_MOST_MS || ahead < -AHEAD_MOST_MS)
		return source->ahead_ms;
	if (ahead < AHEAD_LEAST_MS && ahead > -AHEAD_LEAST_MS)
		ahead = 0;
	if (ahead - source->ahead_ms > AHEAD_LEAST_MS ||
		source->ahead_ms - ahead > AHEAD_LEAST_MS || !ahead)
		source->ahead_ms = ahead;
	return source->ahead_ms;
}

static void on_answer(void *ctx, const struct http_reply *reply, const struct err *err)
{
	struct slot *slot = ctx;
	struct poll_source *source = slot->source;
	struct poll_status *s = &source->status;
	struct answer *answer = &slot->answer;

	if (err && err->kind == ERR_CANCELLED) {
		slot->transfer = NULL;
		slot->stage = FREE;
		return;
	}
	*answer = (struct answer){
		.id = answer->id, .origin = source->origin, .now = time_now_ms()};
	slot->retry_after_s = -1;
	if (reply) {
		answer->status = reply->status;
		answer->ahead_ms = clock_ahead(source, reply, answer->now);
		slot->retry_after_s = reply->retry_after_s;
		text_line(reply->type, slot->type, sizeof slot->type);
		answer->type = untrusted_str(slot->type);
		answer->etag = untrusted_str(
			text_line(reply->etag, slot->etag, sizeof slot->etag));
		answer->modified = untrusted_str(text_line(
			reply->modified, slot->modified, sizeof slot->modified));
		answer->moved = untrusted_str(
			text_line(reply->moved, slot->moved, sizeof slot->moved));
		slot->body = http_take_body(slot->transfer);
		if (reply->limit_remaining >= 0)
			s->limit_remaining = reply->limit_remaining;
		if (reply->limit_total >= 0)
			s->limit_total = reply->limit_total;
		if (reply->limit_total > 0 && reply->limit_remaining >= 0) {
			answer->limit_left = reply->limit_remaining;
			answer->limit_total = reply->limit_total;
			answer->limit_reset_s = reply->retry_after_s;
		}
		s->answers++;
		note_latency(source, reply->elapsed_ms > slot->holds_ms
					     ? reply->elapsed_ms - slot->holds_ms
					     : 0);
	} else {
		answer->failure = err->kind;
		slot->err = *err;
		answer->failed = slot->err.text;
		if (err->kind == ERR_TIMEOUT)
			note_latency(source, source->conf.timeout_ms);
	}
	slot->transfer = NULL;
	slot->stage = ANSWERED;
	s->shared = false;
	if (answer->status == 200 && source->poll->share.keep &&
		!source->options.kind->site && !source->options.kind->logs) {
		answer->body = http_body_view(&slot->body);
		source->poll->share.keep(source->poll->share.ctx, slot->key, answer);
	}
	read_answers(source);
}

/* --- asking --- */

static void send_ask(struct slot *slot)
{
	slot->stage = ASKING;
	slot->transfer =
		http_start(slot->source->poll->http, &slot->request, on_answer, slot);
}

/* It is as old as it is: ages and what is stale follow from when it came. */
static void on_shared(void *ctx, const struct answer *answer)
{
	struct slot *slot = ctx;

	if (!answer) {
		send_ask(slot);
		return;
	}
	slot->answer = (struct answer){.id = slot->answer.id,
		.status = answer->status,
		.origin = slot->source->origin,
		.now = answer->now,
		.ahead_ms = slot->source->ahead_ms};
	text_line(answer->type, slot->type, sizeof slot->type);
	slot->answer.type = untrusted_str(slot->type);
	slot->retry_after_s = -1;
	slot->body = http_body_copy(answer->body);
	slot->stage = ANSWERED;
	slot->source->status.shared = true;
	read_answers(slot->source);
}

/* The same for all who ask the same of the same, with the same name. */
static void name_question(struct slot *slot)
{
	const struct source_conf *conf = &slot->source->conf;
	const struct http_request *r = &slot->request;
	const char *const parts[] = {conf->name, r->method, r->url, r->unix_socket,
		r->user, conf->org, conf->from};
	struct str text;

	str_init(&text, ASK_ARENA_BYTES);
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		str_printf(&text, "%s\n", parts[i] ? parts[i] : "");
	for (const char *const *h = r->headers; h && *h; h++)
		str_printf(&text, "%s\n", *h);
	if (r->body)
		str_add(&text, r->body, r->body_n);
	hash_lasting(str_text(&text), text.n, slot->key);
	str_release(&text);
}

static bool start_ask(
	struct poll_source *source, struct slot *slot, const struct ask *ask)
{
	const struct poll_share *share = &source->poll->share;
	int64_t now = time_now_ms();

	if (!request_make(&slot->request, &source->options, ask, &slot->arena))
		return false;
	source->asked_at = now;
	slot->order = source->order++;
	slot->answer.id = ask->id;
	slot->holds_ms = ask->holds_ms;
	slot->stage = LOOKING;
	if (share->find)
		name_question(slot);
	/* What it says of its age would be lost on the way; lines are nobody else's. */
	if (source->options.kind->site || source->options.kind->logs || !share->find ||
		!share->find(share->ctx, slot->key, now - 2 * source->conf.every_ms,
			on_shared, slot))
		send_ask(slot);
	return true;
}

static struct slot *free_slot(struct poll_source *source, int *open)
{
	struct slot *found = NULL;

	*open = 0;
	for (int i = 0; i < POLL_PARALLEL; i++) {
		if (source->slots[i].stage != FREE)
			++*open;
		else if (!found)
			found = &source->slots[i];
	}
	return found;
}

static bool budget_left(struct poll_source *source, int64_t now)
{
	if (source->budget_s != now / SECOND_MS) {
		source->budget_s = now / SECOND_MS;
		source->budget_used = 0;
	}
	return source->budget_used < MAX_ASKS_PER_S;
}

/* One ask at a time while a source is slow or failing. */
static int parallel(const struct poll_source *source)
{
	return source->fails || source->status.survival ? 1 : POLL_PARALLEL;
}

/* Whoever asks nothing at all while its server is slow would never see it quick again. */
static bool spares(const struct poll_source *source, int64_t now)
{
	return source->status.survival && now - source->asked_at < PROBE_MS;
}

static void pump(struct poll_source *source, int64_t now)
{
	struct source_window window = source->poll->window;
	struct slot *slot;
	struct ask ask;
	int open;

	window.least = spares(source, now);
	window.hurry = source->hurry;
	window.watches = source->watches;
	window.details = (const char(*)[SOURCE_ID])source->details;
	window.opened = source->opened;
	while (!source->reading && !source->paused && now >= source->blocked_until &&
		(slot = free_slot(source, &open)) && open < parallel(source) &&
		budget_left(source, now)) {
		arena_reset(&slot->arena);
		ask = (struct ask){0};
		if (!source->options.kind->next(
			    source->state, now, &window, &slot->arena, &ask))
			break;
		if (ask.kind == ASK_WAIT) {
			source->wait_until = ask.until;
			if (!open)
				source->settled = true;
			break;
		}
		/* A server that takes longer than the interval never lets it rest: all
		 * is told when a question comes round again, which is not the next page
		 * of a list. */
		if (!source->begun_at)
			source->begun_at = now;
		if (!open && was_answered(source, ask.id) &&
			now - source->begun_at > 2 * source->conf.every_ms &&
			(source->listed || !source->options.kind->alerts))
			source->settled = true;
		source->budget_used++;
		if (!start_ask(source, slot, &ask))
			break;
	}
	if (source->settled && source->status.state == POLL_OK &&
		!source->status.last_ok_at)
		source->status.last_ok_at = now;
}

static bool due(const struct poll_source *source, int64_t now)
{
	return !source->paused && now >= source->wait_until &&
	       now >= source->blocked_until;
}

static void pump_due(void *ctx)
{
	struct poll *poll = ctx;
	int64_t now = time_now_ms();

	for (int i = 0; i < poll->count; i++) {
		struct poll_source *source = poll->sources[i];

		if (source && due(source, now)) {
			pump(source, now);
			report(source);
		}
	}
}

void poll_tick(struct poll *poll, int64_t now)
{
	bool any = false;

	if (!poll)
		return;
	for (int i = 0; i < poll->count; i++) {
		struct poll_source *source = poll->sources[i];

		if (!source)
			continue;
		if (now < poll->last_tick - 2 * SECOND_MS)
			source->wait_until = source->blocked_until = source->asked_at = 0;
		any = any || due(source, now + poll->stagger_ms);
	}
	poll->last_tick = now;
	if (any && !loop_timer_active(poll->stagger))
		loop_timer_start(poll->stagger, poll->stagger_ms);
}

/* --- life --- */

struct poll *poll_new(struct loop *loop, struct task_pool *pool, struct http *http,
	const struct poll_events *events)
{
	struct poll *poll = mem_new(1, sizeof *poll);

	poll->loop = loop;
	poll->pool = pool;
	poll->http = http;
	poll->events = *events;
	poll->stagger = loop_timer(loop, pump_due, poll);
	poll->stagger_ms = (int64_t)(random_u64() % STAGGER_MS);
	return poll;
}

void poll_set_share(struct poll *poll, const struct poll_share *share)
{
	poll->share = *share;
}

void poll_remove(struct poll *poll, int number)
{
	struct poll_source *source = poll->sources[number];

	poll->sources[number] = NULL;
	while (poll->count && !poll->sources[poll->count - 1])
		poll->count--;
	for (int k = 0; k < POLL_PARALLEL; k++) {
		if (source->slots[k].stage == ASKING)
			http_cancel(source->slots[k].transfer);
		else if (source->slots[k].stage == LOOKING)
			poll->share.drop(poll->share.ctx, &source->slots[k]);
	}
	if (source->working) {
		source->orphan = true;
		task_cancel(&source->task);
	} else {
		source_free(source);
	}
}

void poll_free(struct poll *poll)
{
	if (!poll)
		return;
	for (int i = poll->count; i-- > 0;)
		if (poll->sources[i])
			poll_remove(poll, i);
	loop_timer_free(poll->stagger);
	mem_free(poll);
}

static int free_number(const struct poll *poll)
{
	int i = 0;

	while (i < POLL_MAX_SOURCES && poll->sources[i])
		i++;
	return i;
}

static bool options_check(
	const struct poll *poll, const struct source_conf *conf, struct err *err)
{
	if (free_number(poll) == POLL_MAX_SOURCES)
		return err_set(err, ERR_LIMIT, "more than %d sources", POLL_MAX_SOURCES);
	if (!conf->url || !*conf->url)
		return err_set(err, ERR_USAGE, "source %s has no url", conf->name);
	if (conf->every_ms < SECOND_MS || conf->timeout_ms < 1)
		return err_set(err, ERR_USAGE,
			"source %s: every must be 1s or more, timeout more than 0",
			conf->name);
	return true;
}

static const char *keep_text(struct arena *arena, const char *text)
{
	return text ? arena_strndup(arena, text, strlen(text)) : NULL;
}

/* An answer may still be read on another thread when the caller's texts are gone. */
static bool keep_conf(
	struct poll_source *source, const struct source_conf *from, struct err *err)
{
	struct arena *arena = &source->conf_arena;
	struct poll_options *o = &source->options;
	struct source_query *queries;
	struct source_objective *slos;

	arena_init(arena, CONF_ARENA_BYTES);
	queries = arena_alloc(arena, (from->query_count + 1) * sizeof *queries);
	for (size_t i = 0; queries && i < from->query_count; i++) {
		queries[i] = from->queries[i];
		queries[i].name = keep_text(arena, from->queries[i].name);
		queries[i].expr = keep_text(arena, from->queries[i].expr);
	}
	slos = arena_alloc(arena, (from->objective_count + 1) * sizeof *slos);
	for (size_t i = 0; slos && i < from->objective_count; i++) {
		slos[i] = from->objectives[i];
		slos[i].name = keep_text(arena, slos[i].name);
		slos[i].part = keep_text(arena, slos[i].part);
		slos[i].total = keep_text(arena, slos[i].total);
	}
	source->conf = *from;
	source->conf.name = keep_text(arena, from->name);
	source->conf.url = keep_text(arena, from->url);
	source->conf.from = keep_text(arena, from->from);
	source->conf.org = keep_text(arena, from->org);
	source->conf.region = keep_text(arena, from->region);
	source->conf.site = keep_text(arena, from->site);
	source->conf.filter = keep_text(arena, from->filter);
	source->conf.receiver = keep_text(arena, from->receiver);
	source->conf.query = keep_text(arena, from->query);
	source->conf.services = keep_text(arena, from->services);
	source->conf.teams = keep_text(arena, from->teams);
	source->conf.urgencies = keep_text(arena, from->urgencies);
	source->conf.queries = queries;
	source->conf.objectives = slos;
	o->conf = source->conf;
	o->user = keep_text(arena, o->user);
	o->unix_socket = keep_text(arena, o->unix_socket);
	o->tls.ca_file = keep_text(arena, o->tls.ca_file);
	o->tls.cert_file = keep_text(arena, o->tls.cert_file);
	o->tls.key_file = keep_text(arena, o->tls.key_file);
	return !arena->full ||
	       err_set(err, ERR_LIMIT, "source %s: its queries are too long", from->name);
}

int poll_add(struct poll *poll, const struct poll_options *options, struct err *err)
{
	struct poll_source *source;

	if (!options_check(poll, &options->conf, err))
		return -1;
	source = mem_new(1, sizeof *source);
	source->poll = poll;
	source->options = *options;
	source->state = mem_new(1, options->kind->state_size);
	if (!keep_conf(source, &options->conf, err)) {
		arena_release(&source->conf_arena);
		mem_free(source->state);
		mem_free(source);
		return -1;
	}
	if (!source->conf.seed)
		source->conf.seed = random_u64();
	if (!options->kind->start(source->state, &source->conf, err)) {
		arena_release(&source->conf_arena);
		mem_free(source->state);
		mem_free(source);
		return -1;
	}
	source->index = free_number(poll);
	source->again = loop_timer(poll->loop, deliver_on, source);
	source->task.work = take_work;
	source->task.done = take_done;
	source->task.class = TASK_INTERACTIVE;
	source->status.limit_remaining = source->status.limit_total = -1;
	source->warning_id = -1;
	arena_init(&source->batch_arena, BATCH_ARENA_BYTES);
	for (int i = 0; i < POLL_PARALLEL; i++) {
		source->slots[i].source = source;
		arena_init(&source->slots[i].arena, ASK_ARENA_BYTES);
	}
	request_origin(&source->options, source->origin, sizeof source->origin);
	source->shown = status_hash(&source->status);
	poll->sources[source->index] = source;
	if (source->index == poll->count)
		poll->count++;
	pump(source, time_now_ms());
	return source->index;
}

static struct poll_source *find(const struct poll *poll, int source)
{
	return source >= 0 && source < poll->count ? poll->sources[source] : NULL;
}

const struct poll_options *poll_options(const struct poll *poll, int source)
{
	struct poll_source *found = find(poll, source);

	return found ? &found->options : NULL;
}

const struct poll_status *poll_status(const struct poll *poll, int source)
{
	struct poll_source *found = find(poll, source);

	return found ? &found->status : NULL;
}

void poll_set_window(struct poll *poll, const struct source_window *window)
{
	int64_t now = time_now_ms();

	poll->window = *window;
	for (int i = 0; i < poll->count; i++) {
		if (!poll->sources[i])
			continue;
		poll->sources[i]->wait_until = 0;
		pump(poll->sources[i], now);
	}
}

uint32_t poll_watch(struct poll *poll, int source, const char *expr, bool urgent)
{
	struct poll_source *found = find(poll, source);

	if (!found || !found->options.kind->watches)
		return 0;
	for (int i = 0; i < SOURCE_MAX_WATCHES; i++) {
		struct source_watch *watch = &found->watches[i];

		if (watch->number)
			continue;
		*watch = (struct source_watch){
			++found->last_watch, mem_strdup(expr), urgent};
		found->wait_until = 0;
		pump(found, time_now_ms());
		return watch->number;
	}
	return 0;
}

void poll_set_details(
	struct poll *poll, int source, const char (*ids)[SOURCE_ID], size_t count)
{
	struct poll_source *found = find(poll, source);
	char details[SOURCE_MAX_DETAILS][SOURCE_ID] = {{0}};

	if (!found || !found->options.kind->details)
		return;
	for (size_t i = 0; i < count && i < SOURCE_MAX_DETAILS; i++)
		str_copy(details[i], SOURCE_ID, ids[i]);
	if (!memcmp(details, found->details, sizeof details))
		return;
	memcpy(found->details, details, sizeof details);
	found->wait_until = 0;
}

void poll_set_opened(struct poll *poll, int source, const char *id)
{
	struct poll_source *found = find(poll, source);
	int64_t now = time_now_ms();

	if (!found || !found->options.kind->opens || !strcmp(found->opened, id ? id : ""))
		return;
	str_copy(found->opened, sizeof found->opened, id ? id : "");
	found->wait_until = 0;
	pump(found, now);
}

void poll_unwatch(struct poll *poll, int source, uint32_t watch)
{
	struct poll_source *found = find(poll, source);

	for (int i = 0; found && watch && i < SOURCE_MAX_WATCHES; i++)
		if (found->watches[i].number == watch) {
			mem_free((void *)(uintptr_t)found->watches[i].expr);
			found->watches[i] = (struct source_watch){0};
		}
}

void poll_hurry(struct poll *poll, int source)
{
	struct poll_source *found = find(poll, source);

	int64_t now = time_now_ms();

	if (!found || (found->limited && now < found->blocked_until))
		return;
	found->hurry++;
	found->blocked_until = found->wait_until = 0;
	pump(found, now);
}

void poll_pause(struct poll *poll, int source, bool paused)
{
	struct poll_source *found = find(poll, source);

	if (!found || found->paused == paused)
		return;
	found->paused = paused;
	found->status.state = paused ? POLL_PAUSED : POLL_STARTING;
	if (!paused) {
		found->wait_until = 0;
		pump(found, time_now_ms());
	}
	report(found);
}

bool poll_settled(const struct poll *poll)
{
	for (int i = 0; i < poll->count; i++)
		if (poll->sources[i] && !poll->sources[i]->settled &&
			!poll->sources[i]->paused)
			return false;
	return true;
}
