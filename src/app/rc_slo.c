/* `slo` lines of the rc: what share of which events shall be good, over how long.
 * Hides what oogway makes of a counter or of a histogram: PromQL in which $window
 * stands for the width of a bucket. Any thread. */
#include "rc_parts.h"

#include "base/alloc.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"

#include "analysis/slo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXPR_MOST = 2000, LEAST = 100 };

static bool take_target(const struct conf_line *line, struct rc_slo *slo, struct err *err)
{
	const char *word = conf_value(line, 2, "target");
	char *end;

	if (!word)
		return err_set(err, ERR_INPUT, "slo %s needs target=99.9", slo->name);
	slo->target = strtod(word, &end) / 100;
	if (*end == '%')
		end++;
	if (end == word || *end || !(slo->target > 0 && slo->target <= 1))
		return err_set(err, ERR_INPUT,
			"target is a percentage of good events, as 99.9, not %.40s",
			word);
	if (slo->target == 1)
		return err_set(err, ERR_INPUT,
			"a target of 100 %% leaves no budget: the first bad event spends "
			"it; take 99.9 or 99.99");
	return true;
}

static bool take_least(const struct conf_line *line, struct rc_slo *slo, struct err *err)
{
	const char *word = conf_value(line, 2, "least");
	int64_t n = LEAST;

	if (word && (!untrusted_to_i64(untrusted_str(word), &n) || n < 0 || n > 1000000))
		return err_set(err, ERR_INPUT,
			"least is a number of events, 0 to 1000000, not %.40s", word);
	slo->least = (double)n;
	return true;
}

/* A counter's name and labels become the increase of all of them; what has $window in it
 * is taken as it is. */
static bool take_expr(struct rc *rc, const char *key, const char *text, const char **out,
	struct err *err)
{
	struct str expr;

	if (!text || !*text || strlen(text) > EXPR_MOST)
		return err_set(
			err, ERR_INPUT, "%s is PromQL of 1 to %d bytes", key, EXPR_MOST);
	str_init(&expr, EXPR_MOST + 100);
	if (strstr(text, "$window"))
		str_puts(&expr, text);
	else
		str_printf(&expr, "sum(increase(%s[$window]))", text);
	*out = rc_keep(rc, str_text(&expr));
	str_release(&expr);
	return true;
}

/* "{job=\"api\"}" and another label: "{job=\"api\",le=…}". */
static void with_label(struct str *out, const char *selector, const char *label)
{
	size_t n = strlen(selector);

	if (n && selector[n - 1] == '}') {
		bool bare = n > 1 && selector[n - 2] == '{';

		str_printf(out, "%.*s%s%s}", (int)(n - 1), selector,
			bare || (n > 1 && selector[n - 2] == ',') ? "" : ",", label);
	} else {
		str_printf(out, "%s{%s}", selector, label);
	}
}

/* Servers write a bound as "1", "1.0" or "0.25": all of them are meant. */
static void bound_label(char *out, size_t size, int64_t under_ms)
{
	int64_t whole = under_ms / 1000, rest = under_ms % 1000;
	char digits[8];
	size_t n = 3;

	snprintf(digits, sizeof digits, "%03d", (int)rest);
	while (n && digits[n - 1] == '0')
		digits[--n] = '\0';
	if (n)
		snprintf(out, size, "le=~\"%lld[.]%s0*\"", (long long)whole, digits);
	else
		snprintf(out, size, "le=~\"%lld([.]0*)?\"", (long long)whole);
}

static bool take_histogram(
	struct rc *rc, const struct conf_line *line, struct rc_slo *slo, struct err *err)
{
	const char *histogram = conf_value(line, 2, "histogram");
	char bound[60];
	struct str text;
	bool ok;

	if (!rc_take_duration(line, "under", 1, HOUR_MS, &slo->under_ms, err))
		return false;
	if (!slo->under_ms)
		return err_set(err, ERR_INPUT,
			"slo %s needs under=300ms: a bound that the histogram has",
			slo->name);
	if (strlen(histogram) > EXPR_MOST || strpbrk(histogram, "[]()"))
		return err_set(err, ERR_INPUT,
			"histogram is the name of its buckets and their labels, as "
			"http_duration_seconds_bucket{job=\"api\"}");
	bound_label(bound, sizeof bound, slo->under_ms);
	str_init(&text, EXPR_MOST + 100);
	with_label(&text, histogram, bound);
	ok = take_expr(rc, "histogram", str_text(&text), &slo->part, err);
	str_reset(&text);
	with_label(&text, histogram, "le=\"+Inf\"");
	ok = ok && take_expr(rc, "histogram", str_text(&text), &slo->total, err);
	str_release(&text);
	return ok;
}

static bool take_counts(
	struct rc *rc, const struct conf_line *line, struct rc_slo *slo, struct err *err)
{
	const char *good = conf_value(line, 2, "good"), *bad = conf_value(line, 2, "bad"),
		   *histogram = conf_value(line, 2, "histogram"),
		   *total = conf_value(line, 2, "total");

	if (!!good + !!bad + !!histogram != 1)
		return err_set(err, ERR_INPUT,
			"slo %s needs good= or bad= with total=, or histogram= with "
			"under=",
			slo->name);
	if (histogram ? !!total : !total || conf_value(line, 2, "under"))
		return err_set(err, ERR_INPUT, "%s",
			histogram ? "total is of good= and bad=, not of histogram="
			: total   ? "under is of histogram="
				  : "good= and bad= need total=");
	if (histogram)
		return take_histogram(rc, line, slo, err);
	slo->bad = bad != NULL;
	return take_expr(rc, bad ? "bad" : "good", bad ? bad : good, &slo->part, err) &&
	       take_expr(rc, "total", total, &slo->total, err);
}

bool rc_run_slo(struct conf *conf, const struct conf_line *line, struct err *err)
{
	struct rc *rc = conf->ctx;
	const char *source = conf_value(line, 2, "source");
	struct rc_slo slo = {.place = line->place, .window_ms = 30 * DAY_MS};

	if (!rc_check_name(line->words[1].text, err) ||
		!rc_check_keys(line, 2, "slo", err))
		return false;
	slo.name = rc_keep(rc, line->words[1].text);
	if (!source)
		return err_set(err, ERR_INPUT, "slo %s needs source=NAME", slo.name);
	if (!take_target(line, &slo, err) || !take_least(line, &slo, err) ||
		!rc_take_duration(
			line, "window", SLO_LEAST_MS, SLO_MOST_MS, &slo.window_ms, err) ||
		!take_counts(rc, line, &slo, err))
		return false;
	slo.source = rc_keep(rc, source);
	slo.service = rc_keep(rc, conf_value(line, 2, "service"));
	slo.runbook = rc_keep(rc, conf_value(line, 2, "runbook"));
	for (size_t i = 0; i < rc->slo_count; i++)
		if (!strcmp(rc->slos[i].name, slo.name))
			return err_set(err, ERR_INPUT,
				"there is an slo %s already (line %d)", slo.name,
				rc->slos[i].place.line);
	if (rc->slo_count == RC_MAX_SLOS)
		return err_set(err, ERR_LIMIT, "more than %d slo lines", RC_MAX_SLOS);
	MEM_ROOM(rc->slos, rc->slo_count, rc->slo_cap);
	rc->slos[rc->slo_count++] = slo;
	return true;
}
