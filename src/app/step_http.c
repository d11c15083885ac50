/* An http step: one GET or HEAD without any credential, and what must come of it. The
 * answer's head is shown, its body kept in the step's file. Hides what is encoded for a
 * URL and what is not. Main thread. */
#include "steps.h"

#include "base/alloc.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "io/http.h"

#include <stdio.h>
#include <string.h>

enum {
	URL_MOST = 4000,
	BODY_MOST = 1 << 20,
	CONTAINS_MOST = 8,
	TEXT_MOST = 200,
	ANSWER_MS = 30000,
};

/* What it says, taken apart. */
struct check {
	char method[8], url[URL_MOST];
	int64_t least, most; /* of the status */
	int64_t within_ms;   /* 0: no matter */
	struct {
		char text[TEXT_MOST];
		bool lacks;
	} contains[CONTAINS_MOST];
	size_t count;
};

struct checking {
	struct run *run;
	struct check check;
	struct http_transfer *transfer;
};

static bool take_url(struct check *c, struct untrusted line, struct err *err)
{
	struct untrusted word = UNTRUSTED_NONE, rest = line;
	char shown[80];

	untrusted_word(&rest, " \t", &word);
	str_copy(c->method, sizeof c->method, "GET");
	if (untrusted_is(word, "HEAD"))
		str_copy(c->method, sizeof c->method, "HEAD");
	if (untrusted_is(word, "GET") || untrusted_is(word, "HEAD"))
		line = untrusted_trim(rest);
	text_line(line, shown, sizeof shown);
	if (text_to_link(line, c->url, sizeof c->url) && untrusted_find(line, " ") < 0)
		return true;
	return err_set(err, ERR_INPUT,
		"an http step begins with GET or HEAD and a URL (http:// or https://), "
		"not %s: what changes something is a step with curl",
		shown);
}

static bool take_status(struct check *c, struct untrusted value)
{
	ptrdiff_t dots = untrusted_find(value, "..");
	struct untrusted most = value;

	if (dots >= 0) {
		most = untrusted_slice(value, (size_t)dots + 2, SIZE_MAX);
		value = untrusted_slice(value, 0, (size_t)dots);
	}
	return untrusted_to_i64(value, &c->least) && untrusted_to_i64(most, &c->most) &&
	       c->least >= 100 && c->most <= 599 && c->least <= c->most;
}

static bool take_contains(struct check *c, struct untrusted value, bool without)
{
	if (untrusted_empty(value) || untrusted_size(value) >= TEXT_MOST ||
		c->count == CONTAINS_MOST)
		return false;
	text_line(value, c->contains[c->count].text, TEXT_MOST);
	c->contains[c->count++].lacks = without;
	return true;
}

static bool take_line(struct check *c, struct untrusted line, struct err *err)
{
	struct untrusted rest = line, word, value;
	char text[80], time[40];

	untrusted_word(&rest, " \t", &word);
	value = untrusted_trim(rest);
	text_line(value, time, sizeof time);
	if ((untrusted_is(word, "expect") && take_status(c, value)) ||
		(untrusted_is(word, "contains") && take_contains(c, value, false)) ||
		(untrusted_is(word, "lacks") && take_contains(c, value, true)) ||
		(untrusted_is(word, "within") && duration_parse(time, &c->within_ms) &&
			c->within_ms > 0))
		return true;
	return err_set(err, ERR_INPUT,
		"below the URL stand expect STATUS (200, 200..299), contains TEXT, lacks "
		"TEXT and within TIME, not %s",
		text_line(line, text, sizeof text));
}

static bool read_check(struct check *c, struct untrusted text, struct err *err)
{
	struct untrusted rest = text, line;
	bool first = true;

	*c = (struct check){.least = 200, .most = 299};
	while (untrusted_line(&rest, &line)) {
		line = untrusted_trim(line);
		if (untrusted_empty(line))
			continue;
		if (first ? !take_url(c, line, err) : !take_line(c, line, err))
			return false;
		first = false;
	}
	return !first || take_url(c, UNTRUSTED_NONE, err);
}

/* Line by line, so that a value can be no line of its own; what goes into the URL is
 * encoded for it, what it is compared with is not. */
static bool fill(const struct planning *p, struct str *out, struct err *err)
{
	struct untrusted rest = untrusted_trim(p->step->text), line, filled;
	bool first = true;

	while (untrusted_line(&rest, &line)) {
		if (!planning_fill(p, line, first ? FILL_URL : FILL_TEXT, &filled, err))
			return false;
		if (!first)
			str_putc(out, '\n');
		text_add_line(out, filled, first ? URL_MOST : TEXT_MOST);
		first = false;
	}
	return !out->cut || err_set(err, ERR_LIMIT, "the step is too long");
}

static bool plan(const struct planning *p, struct err *err)
{
	struct untrusted text = UNTRUSTED_NONE;
	struct check check;
	struct str shown;
	bool ok;

	str_init(&shown, 2 * URL_MOST);
	ok = fill(p, &shown, err);
	if (ok)
		text = untrusted_copy(
			p->arena, untrusted_make(str_text(&shown), shown.n));
	str_release(&shown);
	if (!ok || !read_check(&check, text, err))
		return false;
	planning_words(p, text, AUDIT_READ);
	if (p->out->timeout_ms > ANSWER_MS)
		p->out->timeout_ms = ANSWER_MS;
	return true;
}

/* --- doing it --- */

static bool judge(const struct check *c, const struct http_reply *reply, struct err *err)
{
	if (reply->status < c->least || reply->status > c->most)
		return err_set(err, ERR_NET,
			c->least == c->most ? "it answered HTTP %d, not %lld"
					    : "it answered HTTP %d, not %lld to %lld",
			reply->status, (long long)c->least, (long long)c->most);
	for (size_t i = 0; i < c->count; i++)
		if ((untrusted_find(reply->body, c->contains[i].text) >= 0) ==
			c->contains[i].lacks)
			return err_set(err, ERR_NET, "the answer %s \"%s\"",
				c->contains[i].lacks ? "contains" : "does not contain",
				c->contains[i].text);
	if (c->within_ms && reply->elapsed_ms > c->within_ms)
		return err_set(err, ERR_NET, "it took %lld ms, not %lld",
			(long long)reply->elapsed_ms, (long long)c->within_ms);
	return true;
}

static void on_reply(void *ctx, const struct http_reply *reply, const struct err *err)
{
	struct checking *c = ctx;
	struct run *run = c->run;
	struct err why = {0};
	char head[120], result[40] = "no answer";

	if (!run) {
		mem_free(c);
		return;
	}
	*run_own(run) = NULL;
	if (reply) {
		char type[60];

		snprintf(result, sizeof result, "HTTP %d", reply->status);
		snprintf(head, sizeof head, "HTTP %d, %lld ms, %zu bytes %s\n",
			reply->status, (long long)reply->elapsed_ms,
			untrusted_size(reply->body),
			text_line(reply->type, type, sizeof type));
		run_prints(run, false, untrusted_str(head));
		run_prints(run, false, reply->body);
		judge(&c->check, reply, &why);
	} else {
		why = *err;
	}
	mem_free(c);
	run_over(run, why.kind ? 1 : 0, result, why.kind ? &why : NULL);
}

static void start(struct run *run, const struct run_plan *plan)
{
	struct checking *c = mem_new(1, sizeof *c);
	struct http_request request = {
		.timeout_ms = plan->timeout_ms, .max_bytes = BODY_MOST};
	struct err err = {0};

	c->run = run;
	if (!read_check(&c->check, steps_words(plan), &err)) {
		mem_free(c);
		run_over(run, 1, "not asked", &err);
		return;
	}
	request.method = c->check.method;
	request.url = c->check.url;
	*run_own(run) = c;
	c->transfer = http_start(steps_app(run)->http, &request, on_reply, c);
}

static void stop(struct run *run)
{
	struct checking *c = *run_own(run);

	if (c)
		http_cancel(c->transfer);
}

/* The transfer's callback frees it. */
static void drop(struct run *run)
{
	struct checking *c = *run_own(run);

	*run_own(run) = NULL;
	if (!c)
		return;
	c->run = NULL;
	http_cancel(c->transfer);
}

const struct step_kind step_http = {.name = "http",
	.begins = "ask for this URL",
	.event = "run.http",
	.plan = plan,
	.start = start,
	.stop = stop,
	.drop = drop};
