/* Counts of objectives, asked of a server that speaks Prometheus' API: a conversation of
 * its own, so that rounds of queries and it never wait for each other. Once a minute one
 * question for up to ten objectives: what the last minutes had, in buckets of five
 * minutes. What was before is asked once for each, and again when a gap has come: three
 * days in buckets of five minutes, and the objective's window in hours. Times are whole
 * minutes of the clock, so that many consoles ask the same and share one answer.
 *
 * Hides which of several joined questions was refused. A state machine without I/O; any
 * thread, one at a time. */
#include "prom.h"

#include "base/alloc.h"
#include "base/text.h"
#include "labels.h"

#include <string.h>

enum {
	MINUTE = 60000,
	PER_ASK = 10,      /* objectives in one question */
	AGAIN_MS = 900000, /* what was refused */
	LATE_MS = 600000,  /* buckets so old are read again: samples come late */
	CATCH_UP_MS = 3600000,
	EXPR_BYTES = 64 << 10,
};

#define FINE_MS    INT64_C(300000)
#define LONG_MS    INT64_C(3600000)
#define FINE_SPAN  (3 * INT64_C(86400000) + LONG_MS)
#define HORIZON_MS (2 * LONG_MS) /* hours are asked only so far before now */

enum ask_class { LIVE, FINE, LONG, CLASS_BITS = 2 };

struct objective {
	struct job past[2]; /* FINE - 1, LONG - 1: asked once */
	bool wants[2];      /* … and still to be asked */
	bool asked, open;   /* in the round that goes on, and its answer is awaited */
	bool alone;         /* its group was refused */
	int64_t retry_at;   /* it was refused alone */
	int64_t ok_at;      /* end of the last live answer */
	size_t group;       /* first of those that were asked with it */
};

struct prom_slo {
	struct prom prom;
	struct objective *list;
	size_t count;
	struct job live;
	bool in_round, failed;
	int64_t round_to, round_from;
	uint32_t hurry;
};

/* --- questions --- */

static const char *width_words(int64_t width)
{
	return width == LONG_MS ? "1h" : "5m";
}

/* $window replaced; that is the whole language. */
static void put_expr(struct str *out, const char *text, const char *window)
{
	const char *at;

	while ((at = strstr(text, "$window"))) {
		str_printf(out, "%.*s%s", (int)(at - text), text, window);
		text = at + strlen("$window");
	}
	str_puts(out, text);
}

static void join(struct prom_slo *s, struct str *joined, size_t i, int64_t width)
{
	const struct source_objective *o = &s->prom.conf->objectives[i];
	const char *window = width_words(width);
	struct str expr;

	str_init(&expr, EXPR_BYTES);
	put_expr(&expr, o->part, window);
	prom_join(joined, str_text(&expr), 2 * i);
	str_reset(&expr);
	put_expr(&expr, o->total, window);
	prom_join(joined, str_text(&expr), 2 * i + 1);
	joined->cut |= expr.cut;
	str_release(&expr);
}

static int64_t floor_to(int64_t t, int64_t step)
{
	return t - t % step;
}

static bool is_member(const struct prom_slo *s, size_t i, size_t group)
{
	return s->list[i].open && s->list[i].group == group;
}

/* Those that wait, up to PER_ASK and never one that must stand alone with another. */
static size_t gather(struct prom_slo *s, struct str *joined)
{
	size_t n = 0, first = s->count;

	for (size_t i = 0; i < s->count && n < PER_ASK; i++) {
		struct objective *o = &s->list[i];

		if (!o->asked || o->open || (n && o->alone))
			continue;
		if (n && joined->n > PROM_GROUP_BYTES)
			break;
		first = n ? first : i;
		o->open = true;
		o->group = first;
		join(s, joined, i, FINE_MS);
		n++;
		if (o->alone)
			break;
	}
	return n ? first : s->count;
}

static bool next_live(struct prom_slo *s, struct arena *arena, struct ask *out)
{
	struct prom_range range = {s->round_from, s->round_to, MINUTE};
	struct str joined;
	size_t group;
	bool ok;

	str_init(&joined, EXPR_BYTES * 2);
	group = gather(s, &joined);
	ok = group < s->count && !joined.cut &&
	     prom_ask(&s->prom, arena, str_text(&joined), range, out);
	str_release(&joined);
	out->id = (int)(group << CLASS_BITS | LIVE);
	return ok;
}

/* From the last one that went well on, and ten minutes before it; where that is too long
 * ago, what lies between is asked like all that was before. */
static void round_begin(struct prom_slo *s, int64_t now)
{
	int64_t from = now;

	job_ask(&s->live, now);
	s->in_round = true;
	s->failed = false;
	s->round_to = floor_to(now, MINUTE);
	for (size_t i = 0; i < s->count; i++) {
		struct objective *o = &s->list[i];

		o->asked = now >= o->retry_at;
		if (!o->asked)
			continue;
		if (now - o->ok_at > CATCH_UP_MS)
			o->wants[0] = o->wants[1] = true;
		else if (o->ok_at < from)
			from = o->ok_at;
	}
	s->round_from = floor_to(from - LATE_MS, FINE_MS);
}

static bool next_past(
	struct prom_slo *s, struct arena *arena, int64_t now, struct ask *out)
{
	for (size_t k = 0; k < 2 * s->count; k++) {
		size_t i = k % s->count, which = k / s->count;
		struct objective *o = &s->list[i];
		int64_t width = which ? LONG_MS : FINE_MS;
		struct prom_range range = {.to = floor_to(now, width), .step = width};
		struct str joined;
		bool ok;

		if (!o->wants[which] || now < o->retry_at ||
			!job_due(&o->past[which], now))
			continue;
		range.from = range.to -
			     (which ? s->prom.conf->objectives[i].window_ms + HORIZON_MS
				    : FINE_SPAN);
		job_ask(&o->past[which], now);
		str_init(&joined, EXPR_BYTES * 2);
		join(s, &joined, i, width);
		ok = !joined.cut &&
		     prom_ask(&s->prom, arena, str_text(&joined), range, out);
		str_release(&joined);
		out->id = (int)(i << CLASS_BITS | (which ? LONG : FINE));
		return ok;
	}
	return false;
}

static int64_t wait_until(const struct prom_slo *s, int64_t now, bool least)
{
	int64_t until = job_until(&s->live, now + MINUTE);

	for (size_t i = 0; i < s->count && !least; i++)
		for (int which = 0; which < 2; which++)
			if (s->list[i].wants[which] && now >= s->list[i].retry_at)
				until = job_until(&s->list[i].past[which], until);
	return until;
}

static bool next(void *state, int64_t now, const struct source_window *window,
	struct arena *arena, struct ask *out)
{
	struct prom_slo *s = state;

	if (window->hurry != s->hurry) {
		s->hurry = window->hurry;
		job_hurry(&s->live);
	}
	if (s->count && !s->in_round && job_due(&s->live, now))
		round_begin(s, now);
	if (s->in_round && next_live(s, arena, out))
		return true;
	/* A slow server is asked for what alerts need, and no more. */
	if (!window->least && next_past(s, arena, now, out))
		return true;
	*out = (struct ask){.kind = ASK_WAIT, .until = wait_until(s, now, window->least)};
	return true;
}

/* --- answers --- */

static void tell(struct batch *batch, size_t i, const char *error)
{
	struct batch_query *told = batch_add_query(batch);

	if (!told)
		return;
	told->query = (int)(2 * i);
	if (error)
		told->error = batch_keep_str(batch, error);
}

/* True: *batch has what it says. */
static bool read(struct prom_slo *s, const struct answer *answer, struct batch *batch,
	struct err *err, bool *refused, char words[PROM_ERROR_TEXT])
{
	struct prom_reading reading = {
		.query = -1, .query_count = 2 * s->count, .history = true};
	bool timed_out;

	*refused = false;
	words[0] = '\0';
	if (answer->status == 200 && prom_read_series(answer, &reading, batch, err))
		return true;
	if (answer->status == 200) {
		*refused = err->kind == ERR_REFUSED;
	} else {
		prom_read_error(answer, words, &timed_out, err);
		*refused = prom_refuses(answer->status);
	}
	if (!*words)
		text_line(untrusted_str(err->text), words, PROM_ERROR_TEXT);
	return false;
}

static void round_check(struct prom_slo *s, const struct answer *answer)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->list[i].asked)
			return;
	s->in_round = false;
	job_done(&s->live, answer, !s->failed);
}

static bool take_live(struct prom_slo *s, const struct answer *answer, size_t group,
	struct batch *batch, struct err *err)
{
	char words[PROM_ERROR_TEXT];
	size_t members = 0;
	bool refused, ok = read(s, answer, batch, err, &refused, words);

	for (size_t i = 0; i < s->count; i++)
		members += is_member(s, i, group);
	for (size_t i = 0; i < s->count; i++) {
		struct objective *o = &s->list[i];

		if (!is_member(s, i, group))
			continue;
		o->open = false;
		/* Refused together, each is asked alone in the same round. */
		o->asked = refused && members > 1;
		o->alone = o->alone || o->asked;
		if (ok) {
			o->ok_at = s->round_to;
			tell(batch, i, NULL);
		} else if (refused && members == 1) {
			o->retry_at = answer->now + AGAIN_MS;
			tell(batch, i, words);
		}
	}
	s->failed = s->failed || (!ok && !refused);
	if (s->failed)
		for (size_t i = 0; i < s->count; i++)
			s->list[i].asked = s->list[i].open;
	round_check(s, answer);
	return ok || refused;
}

/* What it can do without: too much for the server, or for us. */
static bool take_past(struct prom_slo *s, const struct answer *answer, size_t i,
	bool hours, struct batch *batch, struct err *err)
{
	struct objective *o = &s->list[i];
	char words[PROM_ERROR_TEXT];
	struct str out;
	bool refused, ok = read(s, answer, batch, err, &refused, words);

	job_done(&o->past[hours], answer, ok);
	if (ok) {
		o->wants[hours] = false;
		return true;
	}
	if (!refused && answer->failure != ERR_TIMEOUT && answer->failure != ERR_LIMIT &&
		answer->status != 503 && answer->status != 504)
		return false;
	job_put_off(&o->past[hours], answer->now, AGAIN_MS);
	str_init(&out, 300);
	str_printf(&out, "no past of objective %s: %s", s->prom.conf->objectives[i].name,
		*words ? words : "too slow");
	batch_warn(batch, str_text(&out));
	str_release(&out);
	return true;
}

static bool take(
	void *state, const struct answer *answer, struct batch *batch, struct err *err)
{
	struct prom_slo *s = state;
	size_t i = (size_t)answer->id >> CLASS_BITS;
	int class = answer->id & ((1 << CLASS_BITS) - 1);

	batch->bucket_ms = class == LONG ? LONG_MS : FINE_MS;
	if (class == LIVE)
		return take_live(s, answer, i, batch, err);
	return take_past(s, answer, i, class == LONG, batch, err);
}

/* --- life --- */

static bool start(void *state, const struct source_conf *conf, struct err *err)
{
	struct prom_slo *s = state;

	if (!prom_start(&s->prom, conf, err))
		return false;
	s->count = conf->objective_count;
	s->list = mem_new(s->count + 1, sizeof *s->list);
	job_init(&s->live, MINUTE, conf->seed + 2);
	for (size_t i = 0; i < s->count; i++)
		for (int which = 0; which < 2; which++)
			job_init(&s->list[i].past[which], MINUTE, conf->seed + 3 + i);
	return true;
}

static bool start_nocache(void *state, const struct source_conf *conf, struct err *err)
{
	((struct prom_slo *)state)->prom.nocache = true;
	return start(state, conf, err);
}

static void stop(void *state)
{
	struct prom_slo *s = state;

	prom_stop(&s->prom);
	mem_free(s->list);
}

const struct source_kind prometheus_slo = {
	.name = "prometheus",
	.help = "counts of its objectives",
	.secret_header = "Authorization: Bearer ",
	.state_size = sizeof(struct prom_slo),
	.start = start,
	.stop = stop,
	.next = next,
	.take = take,
};

const struct source_kind victoriametrics_slo = {
	.name = "victoriametrics",
	.help = "counts of its objectives",
	.secret_header = "Authorization: Bearer ",
	.state_size = sizeof(struct prom_slo),
	.start = start_nocache,
	.stop = stop,
	.next = next,
	.take = take,
};
