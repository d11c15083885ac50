/* Loki as a source of log lines: those of the window, the newest first, page by page; and
 * behind the present, asked for again every few seconds. Before a window is read its size
 * is asked for, and of one that is too much only the newest part is read. What the server
 * does not take in one question (lines, length) is asked in smaller ones.
 *
 * The tail over a WebSocket is not used: libcurl 7.88 has WebSockets only when it was
 * built with an experiment that Debian leaves out.
 *
 * A state machine without I/O; any thread, one at a time. */
#include "connect/source.h"

#include "base/json.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "base/unit.h"
#include "job.h"
#include "labels.h"
#include "loki.h"

#include <stdio.h>
#include <string.h>

enum {
	PAGE = 1000,
	WINDOW_LINES = 5000, /* of one window, at most */
	FOLLOW_PAGES = 4,    /* of one turn; what is more is left out */
	MAX_BODY = 64 << 20,
	STATS_MAX_BODY = 64 << 10,
	MAX_PATH = 24 << 10,
	MAX_ORG = 256,
	MAX_TRIES = 12,
	SELECTOR = 4096,
};
#define NS_PER_MS  INT64_C(1000000)
#define TIME_MOST  (INT64_MAX / NS_PER_MS)
#define AHEAD_MS   (10 * MINUTE_MS) /* clocks of others, as far as Loki takes them */
#define OVERLAP_MS (5 * SECOND_MS)  /* lines come late by as much */
#define LEAST_MS   (10 * SECOND_MS)
#define BYTES_MOST (8.0 * 1024 * 1024 * 1024) /* of one window, by its stats */

enum step { SIZE, BACK, FOLLOW, REST };

struct loki {
	const struct source_conf *conf;
	char selector[SELECTOR];
	char org[MAX_ORG + 20];
	const char *headers[3];
	struct job job;
	enum step step;
	uint32_t hurry;
	int64_t window_from, window_to; /* as looked at; to 0: live */
	bool begun;                     /* there is a window */
	uint32_t window, asked;         /* its number, and that of the open ask */
	int64_t begun_at;
	int64_t from, to; /* ns; what is still to be read, or followed */
	int64_t ask_from, ask_to;
	int64_t span_ms; /* longest in one question; 0: as long as it is */
	size_t page;     /* lines in one */
	size_t lines;    /* of this window */
	int tries, turn;
	bool anew;     /* nothing of this window came yet */
	bool no_stats; /* the server has none */
	bool left_out; /* lines of one moment */
	bool narrowed; /* not all of the window is read */
	char why[160]; /* … because */
	struct loki_seen seen;
};

/* --- asking --- */

static int64_t ns_of(int64_t ms)
{
	return (ms < 0 ? 0 : ms > TIME_MOST ? TIME_MOST : ms) * NS_PER_MS;
}

static void window_begin(struct loki *loki, const struct source_window *w, int64_t now)
{
	/* Who only tries a source looks at no window. */
	int64_t from = w->from ? w->from : (w->to ? w->to : now) - HOUR_MS;

	loki->begun = true;
	loki->begun_at = now;
	loki->window++;
	loki->window_from = w->from;
	loki->window_to = w->to;
	loki->from = ns_of(from);
	loki->to = ns_of(w->to ? w->to + 1 : now + AHEAD_MS);
	loki->page = PAGE;
	loki->span_ms = 0;
	loki->lines = 0;
	loki->tries = 0;
	loki->anew = true;
	loki->narrowed = loki->left_out = false;
	loki->step = loki->no_stats ? BACK : SIZE;
	memset(&loki->seen, 0, sizeof loki->seen);
	job_hurry(&loki->job);
}

/* A live window that only moved on is not another one. */
static void window_note(struct loki *loki, const struct source_window *w, int64_t now)
{
	bool same = w->to == loki->window_to &&
		    (w->to ? w->from == loki->window_from : w->from >= loki->window_from);

	if (!loki->begun || !same)
		window_begin(loki, w, now);
}

static bool ask_at(struct loki *loki, struct arena *arena, struct ask *out)
{
	struct str path;
	bool size = loki->step == SIZE, forward = loki->step == FOLLOW;

	str_init(&path, MAX_PATH);
	str_printf(&path, "/loki/api/v1/%s?start=%lld&end=%lld&query=",
		size ? "index/stats" : "query_range", (long long)loki->ask_from,
		(long long)loki->ask_to);
	text_add_url(&path, untrusted_str(size ? loki->selector : loki->conf->query));
	if (!size)
		str_printf(&path, "&limit=%zu&direction=%s",
			loki->step == REST ? 1 : loki->page,
			forward ? "forward" : "backward");
	*out = (struct ask){.kind = ASK_HTTP,
		.id = (int)loki->step,
		.method = "GET",
		.path = path.cut ? NULL : arena_strdup(arena, str_text(&path)),
		.headers = loki->headers,
		.max_bytes = size ? STATS_MAX_BODY : MAX_BODY};
	str_release(&path);
	loki->asked = loki->window;
	return out->path != NULL;
}

/* The span of the next question. */
static void choose_span(struct loki *loki, int64_t now)
{
	int64_t span = loki->span_ms * NS_PER_MS;

	if (loki->step == FOLLOW)
		loki->to = ns_of(now + AHEAD_MS);
	loki->ask_from = loki->from;
	loki->ask_to = loki->to;
	if (loki->step == REST) {
		/* Somebody looks at the past: that the server is there is asked for. */
		loki->ask_to = ns_of(loki->window_to);
		loki->ask_from = loki->ask_to - MINUTE_MS * NS_PER_MS;
	} else if (span && loki->step == BACK && loki->to - loki->from > span) {
		loki->ask_from = loki->to - span;
	} else if (span && loki->step == FOLLOW && loki->to - loki->from > span) {
		loki->ask_to = loki->from + span;
	}
	if (loki->ask_from < 0)
		loki->ask_from = 0;
}

static bool next(void *state, int64_t now, const struct source_window *window,
	struct arena *arena, struct ask *out)
{
	struct loki *loki = state;

	window_note(loki, window, now);
	if (window->hurry != loki->hurry) {
		loki->hurry = window->hurry;
		job_hurry(&loki->job);
	}
	if (loki->job.open || window->least || !job_due(&loki->job, now)) {
		*out = (struct ask){.kind = ASK_WAIT,
			.until = job_until(&loki->job, now + loki->conf->every_ms)};
		return !loki->job.open;
	}
	job_ask(&loki->job, now);
	choose_span(loki, now);
	return ask_at(loki, arena, out);
}

/* --- reading --- */

static void tell_window(struct loki *loki, struct batch *batch, bool whole)
{
	struct batch_lines_of *of = arena_alloc(batch->arena, sizeof *of);

	if (!of) {
		batch->cut = true;
		return;
	}
	of->anew = loki->anew;
	of->whole = whole;
	of->from = (loki->step == BACK ? loki->to : loki->from) / NS_PER_MS;
	batch->lines_of = of;
	loki->anew = false;
}

/* From then on what has come since the window was begun. */
static void window_end(struct loki *loki)
{
	loki->turn = 0;
	loki->step = loki->window_to ? REST : FOLLOW;
	if (loki->step == FOLLOW)
		loki->from = ns_of(loki->begun_at - OVERLAP_MS);
	loki->tries = 0;
}

/* So much that only the newest part is read; false: not even ten seconds are little. */
static bool narrow(struct loki *loki, double bytes, struct batch *batch, struct err *err)
{
	int64_t whole = (loki->to - loki->from) / NS_PER_MS, part;
	char size[UNIT_TEXT], most[UNIT_TEXT], span[TIME_TEXT], all[TIME_TEXT];

	unit_text(UNIT_BYTES, bytes, size);
	unit_text(UNIT_BYTES, BYTES_MOST, most);
	if (bytes <= BYTES_MOST)
		return true;
	part = (int64_t)((double)whole * (BYTES_MOST / bytes));
	if (part < LEAST_MS)
		return err_set(err, ERR_LIMIT,
			"this window is %s of lines, %s at most are read: name fewer "
			"streams in query",
			size, most);
	loki->from = loki->to - part * NS_PER_MS;
	loki->narrowed = true;
	snprintf(loki->why, sizeof loki->why,
		"reads the newest %s of %s: all of it is %s of lines",
		duration_text(part, span), duration_text(whole, all), size);
	batch_warn(batch, loki->why);
	batch->partial = true;
	return true;
}

static bool take_size(struct loki *loki, const struct answer *answer, struct batch *batch,
	struct err *err)
{
	struct json_doc doc;
	double bytes = 0;
	bool ok;

	if (!json_read(&doc, answer->body, STATS_MAX_BODY, err))
		return err_prefix(err, "%s: ", answer->origin);
	ok = json_is_object(json_root(&doc));
	json_number(json_get(json_root(&doc), "bytes"), &bytes);
	json_release(&doc);
	if (!ok)
		return err_set(err, ERR_INPUT, "%s: JSON, but not of Loki: check url",
			answer->origin);
	if (!narrow(loki, bytes, batch, err))
		return false;
	loki->step = BACK;
	job_hurry(&loki->job);
	return true;
}

/* Where the next page of the past ends; true: there is one. */
static bool page_back(
	struct loki *loki, const struct loki_page *page, struct batch *batch)
{
	bool full = page->rows >= loki->page;
	bool stuck = full && page->oldest + 1 >= loki->ask_to;

	/* More lines of one nanosecond than a page has. */
	loki->left_out |= stuck;
	if (loki->left_out) {
		batch_warn(batch,
			"more lines came at one moment than the server gives at "
			"once: some are left out");
		batch->partial = true;
	}
	if (full)
		loki->to = stuck ? page->oldest : page->oldest + 1;
	else
		loki->to = loki->ask_from;
	return loki->to > loki->from && loki->lines < WINDOW_LINES;
}

static void take_back(
	struct loki *loki, const struct loki_page *page, struct batch *batch)
{
	bool more;

	loki->lines += page->fresh;
	more = page_back(loki, page, batch);
	tell_window(loki, batch,
		!more && loki->to <= loki->from && !loki->narrowed && !loki->left_out);
	if (!more)
		window_end(loki);
	job_hurry(&loki->job);
}

/* Lines may come late, and clocks of others may be ahead. */
static void take_follow(struct loki *loki, const struct answer *answer,
	const struct loki_page *page, struct batch *batch)
{
	int64_t late = ns_of(answer->now - OVERLAP_MS);
	bool full = page->rows >= loki->page, cut = loki->ask_to < loki->to;

	if (!full && !cut) {
		loki->turn = 0;
		if (loki->from < late)
			loki->from = late;
		return;
	}
	if (full)
		loki->from = page->fresh ? page->newest : page->newest + 1;
	else
		loki->from = loki->ask_to;
	if (++loki->turn >= FOLLOW_PAGES && full) {
		loki->turn = 0;
		loki->from = late;
		batch_warn(batch, "lines come faster than they are read: some are left "
				  "out; name fewer streams in query");
		batch->partial = true;
		return;
	}
	if (loki->from > ns_of(answer->now))
		loki->from = ns_of(answer->now);
	else
		job_hurry(&loki->job);
}

static bool take_page(struct loki *loki, const struct answer *answer, struct batch *batch,
	struct err *err)
{
	struct loki_page page = {.from = loki->ask_from, .to = loki->ask_to};
	struct json_doc doc;
	bool ok;

	if (!json_read(&doc, answer->body, MAX_BODY, err))
		return err_prefix(err, "%s: ", answer->origin);
	if (loki->step == REST) {
		json_release(&doc);
		return true;
	}
	ok = loki_read_page(json_root(&doc), &loki->seen, &page, batch, err);
	json_release(&doc);
	if (!ok)
		return err_prefix(err, "%s: ", answer->origin);
	if (page.strange)
		batch_warn(batch, "some lines had no time, or one that was not asked "
				  "for: they are left out");
	if (loki->step == BACK)
		take_back(loki, &page, batch);
	else
		take_follow(loki, answer, &page, batch);
	return true;
}

/* Smaller questions, if that may help; true: it is asked again at once. */
static bool adjust(struct loki *loki, enum loki_refusal what, int64_t number)
{
	int64_t span = (loki->ask_to - loki->ask_from) / NS_PER_MS;

	if (loki->step == SIZE) {
		/* Nobody knows how much it is; its pages are limited anyway. */
		loki->step = BACK;
		return true;
	}
	if (++loki->tries > MAX_TRIES)
		return false;
	if (what == LOKI_FEWER && loki->page > 1) {
		loki->page = number > 0 && (size_t)number < loki->page ? (size_t)number
								       : loki->page / 2;
		return true;
	}
	if (what != LOKI_SHORTER || span <= LEAST_MS)
		return false;
	loki->span_ms = number > 0 && number < span ? number : span / 2;
	return true;
}

static bool take_refusal(
	struct loki *loki, const struct answer *answer, bool *again, struct err *err)
{
	enum loki_refusal what = LOKI_REFUSED;
	int64_t number = 0;

	if (answer->status)
		what = loki_refused(answer, &number, err);
	else if (answer->failure == ERR_LIMIT)
		what = LOKI_FEWER;
	/* An older server does not know how much there is. */
	if (loki->step == SIZE && (answer->status == 404 || answer->status == 501)) {
		loki->no_stats = true;
		loki->step = BACK;
		*again = true;
	} else if (loki->step == SIZE && answer->status >= 500 && loki->tries++) {
		loki->step = BACK;
		*again = true;
	} else {
		*again = what != LOKI_REFUSED && adjust(loki, what, number);
	}
	if (!*again)
		return false;
	*err = (struct err){0};
	return true;
}

static bool take(
	void *state, const struct answer *answer, struct batch *batch, struct err *err)
{
	struct loki *loki = state;
	struct err ignored = {0};
	bool ok, again = false;

	if (!err)
		err = &ignored;
	/* Somebody looks elsewhere by now. */
	if (loki->asked != loki->window && answer->status) {
		job_done(&loki->job, answer, true);
		job_hurry(&loki->job);
		return true;
	}
	if (answer->status != 200) {
		ok = take_refusal(loki, answer, &again, err);
		job_done(&loki->job, answer, ok);
		if (again)
			job_hurry(&loki->job);
		return ok;
	}
	job_done(&loki->job, answer, true);
	ok = loki->step == SIZE ? take_size(loki, answer, batch, err)
				: take_page(loki, answer, batch, err);
	if (!ok) {
		loki->job.open = true;
		job_done(&loki->job, answer, false);
	}
	return ok;
}

/* --- life --- */

/* The part of a query that chooses streams: up to the } that ends it. */
static bool take_selector(const char *query, char *out, size_t size)
{
	char quote = 0;
	size_t n = 0;

	for (const char *p = query; *p && n + 1 < size; p++) {
		out[n++] = *p;
		if (quote && *p == '\\' && quote == '"' && p[1] && n + 1 < size)
			out[n++] = *++p;
		else if (quote)
			quote = *p == quote ? 0 : quote;
		else if (*p == '"' || *p == '`')
			quote = *p;
		else if (*p == '}') {
			out[n] = '\0';
			return true;
		}
	}
	return false;
}

static bool start(void *state, const struct source_conf *conf, struct err *err)
{
	struct loki *loki = state;
	const char *query = conf->query;

	loki->conf = conf;
	if (!query || *query != '{' ||
		!take_selector(query, loki->selector, sizeof loki->selector))
		return err_set(err, ERR_USAGE,
			"source %s: query says which lines, and begins with the labels "
			"of their streams: query={app=\"shop\"}",
			conf->name);
	if (conf->org && (strlen(conf->org) >= MAX_ORG || strpbrk(conf->org, "\r\n")))
		return err_set(err, ERR_USAGE, "source %s: org is too long", conf->name);
	loki->headers[0] = "X-Loki-Response-Encoding-Flags: categorize-labels";
	if (conf->org) {
		snprintf(loki->org, sizeof loki->org, "X-Scope-OrgID: %s", conf->org);
		loki->headers[1] = loki->org;
	}
	job_init(&loki->job, conf->every_ms, conf->seed);
	return true;
}

const struct source_kind loki_source = {
	.name = "loki",
	.help = "Loki: log lines of the window, and those that come",
	.logs = true,
	.secret_header = "Authorization: Bearer ",
	.state_size = sizeof(struct loki),
	.start = start,
	.next = next,
	.take = take,
};
