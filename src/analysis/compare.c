/* Now against then: is a window different enough from the same window days before?
 * Counts of answers are compared as shares of the traffic, so that three times as many
 * requests are no anomaly, and half of them are one of their own. Pure; any thread. */
#include "analysis/compare.h"

#include "base/text.h"
#include "base/time.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { GRAVE = 3 }; /* times the limit: high instead of warning */

static const char *const class_names[CLASS_COUNT_] = {
	"1xx", "2xx", "3xx", "4xx", "5xx", "0DC", "other", "traffic", "value"};

const char *compare_class_name(enum compare_class class)
{
	return class_names[class];
}

int compare_class_parse(const char *word)
{
	for (int i = 0; i < CLASS_COUNT_; i++)
		if (!strcmp(word, class_names[i]))
			return i;
	return -1;
}

const char *compare_what_name(enum compare_what what)
{
	static const char *const names[] = {
		"same", "more", "less", "new", "gone", "collapse", "unknown"};

	return names[what];
}

/* --- labels --- */

static bool has_flag(struct untrusted flags, const char *flag)
{
	struct untrusted word;

	while (untrusted_word(&flags, ", ", &word))
		if (untrusted_is(word, flag))
			return true;
	return false;
}

enum compare_class compare_class_of(struct untrusted code, struct untrusted flags)
{
	static const char *const first[] = {"1", "2", "3", "4", "5"};

	for (int i = 0; i < 5; i++)
		if (untrusted_starts(code, first[i]) && untrusted_size(code) == 3)
			return (enum compare_class)(CLASS_1XX + i);
	if (untrusted_starts(code, "0") &&
		(untrusted_empty(flags) || has_flag(flags, "DC")))
		return CLASS_0DC;
	return CLASS_OTHER;
}

/* Where NAME="VALUE" stands in printed labels. A quote inside a value is escaped, so that
 * NAME=" cannot be part of one. */
struct found {
	size_t from, n; /* without commas */
	struct untrusted value;
};

static bool find_label(struct untrusted labels, const char *name, struct found *out)
{
	size_t size = untrusted_size(labels);
	char sign[40];

	for (int i = 0; i < 2; i++) {
		ptrdiff_t at, end;

		snprintf(sign, sizeof sign, "%c%s=\"", i ? ',' : '{', name);
		at = untrusted_find(labels, sign);
		if (at < 0)
			continue;
		out->from = (size_t)at + 1;
		out->value = untrusted_slice(labels, (size_t)at + strlen(sign), size);
		end = untrusted_find(out->value, "\"");
		if (end < 0)
			return false;
		out->value = untrusted_slice(out->value, 0, (size_t)end);
		out->n = strlen(sign) + (size_t)end;
		return true;
	}
	return false;
}

/* With the comma behind it, or else the one before. */
static void remove_label(char *key, const char *name)
{
	struct found label;
	size_t to;

	if (!find_label(untrusted_str(key), name, &label))
		return;
	to = label.from + label.n;
	if (key[to] == ',')
		to++;
	else if (key[label.from - 1] == ',')
		label.from--;
	memmove(key + label.from, key + to, strlen(key + to) + 1);
}

bool compare_labels(
	struct untrusted labels, enum compare_class *class, char *key, size_t size)
{
	static const char *const codes[] = {
		"response_code", "status_code", "code", "status"};
	const size_t count = sizeof codes / sizeof *codes;
	struct found code, flags = {.value = UNTRUSTED_NONE};
	size_t i = 0;

	text_line(labels, key, size);
	*class = CLASS_VALUE;
	while (i < count && !find_label(labels, codes[i], &code))
		i++;
	if (i == count)
		return false;
	find_label(labels, "response_flags", &flags);
	*class = compare_class_of(code.value, flags.value);
	remove_label(key, codes[i]);
	remove_label(key, "response_flags");
	return true;
}

/* --- numbers --- */

struct sum {
	double total;
	size_t count;
};

static struct sum add_up(const double *values, size_t n)
{
	struct sum sum = {0, 0};

	for (size_t i = 0; values && i < n; i++)
		if (isfinite(values[i])) {
			sum.total += values[i];
			sum.count++;
		}
	return sum;
}

static double share(double part, double whole)
{
	return whole > 0 ? part / whole : NAN;
}

static double change(double now, double then)
{
	if (isnan(now) || isnan(then))
		return NAN;
	if (then == 0)
		return now == 0 ? 0 : now > 0 ? INFINITY : -INFINITY;
	return 100 * (now - then) / fabs(then);
}

/* Does the limit hold for one value? Its direction is that of the whole window. */
static bool beyond(const struct compare_rule *rule, double now, double then, bool up)
{
	double by = up ? now - then : then - now, percent = change(now, then);

	if (!isfinite(now) || by <= 0)
		return false;
	return (isnan(rule->difference) || by > rule->difference) &&
	       (isnan(rule->percent) || fabs(percent) > rule->percent);
}

/* So many points in a row that each are beyond; a gap ends nothing. */
static bool lasts(const struct compare_pair *p, const struct compare_rule *rule,
	double then, bool up, size_t *since)
{
	const double *part = p->traffic_now;
	int run = 0;

	for (size_t i = 0; p->now && i < p->n; i++) {
		double value = p->now[i];

		if (!isfinite(value))
			continue;
		if (part)
			value = part[i] > 0 ? value / part[i] : 0;
		if (!beyond(rule, value, then, up)) {
			run = 0;
			continue;
		}
		if (!run++)
			*since = i;
		if (run >= rule->points)
			return true;
	}
	*since = 0;
	return false;
}

static size_t first_point(const double *values, size_t n, bool above)
{
	for (size_t i = 0; values && i < n; i++)
		if (isfinite(values[i]) && (!above || values[i] > 0))
			return i;
	return 0;
}

/* The point behind the last one that had anything. */
static size_t last_point(const double *values, size_t n)
{
	while (values && n && !(isfinite(values[n - 1]) && values[n - 1] > 0))
		n--;
	return values ? n : 0;
}

bool compare_is_error(enum compare_class class)
{
	return class == CLASS_4XX || class == CLASS_5XX || class == CLASS_0DC;
}

static void say(struct compare_verdict *out, enum compare_what what, bool grave)
{
	out->what = what;
	out->severity = grave ? SEVERITY_HIGH : SEVERITY_WARNING;
}

static bool enough(const struct compare_rule *rule, double count)
{
	return isnan(rule->count) || count > rule->count;
}

/* --- counts of answers --- */

static void judge_traffic(const struct compare_pair *p, const struct compare_rule *rule,
	struct compare_verdict *out)
{
	struct sum then = add_up(p->then, p->n);
	double usual = then.count ? then.total / (double)then.count : 0;

	if (out->then <= 0 && out->now > 0 && enough(rule, out->now)) {
		say(out, COMPARE_NEW, false);
		out->since = first_point(p->now, p->n, true);
	} else if (out->now <= 0 && out->then > 0 && enough(rule, out->then)) {
		say(out, COMPARE_GONE, true);
		out->since = last_point(p->now, p->n);
	} else if (rule->sense & SENSE_DOWN && enough(rule, out->then) &&
		   beyond(rule, out->now, out->then, false) &&
		   lasts(p, rule, usual, false, &out->since)) {
		say(out, COMPARE_COLLAPSE, out->percent <= -80);
	} else if (rule->sense & SENSE_UP && enough(rule, out->now) &&
		   beyond(rule, out->now, out->then, true) &&
		   lasts(p, rule, usual, true, &out->since)) {
		say(out, COMPARE_MORE, false);
	}
}

/* Fewer errors are good news, and a class that only follows the traffic is none. */
static void judge_answers(const struct compare_pair *p, enum compare_class class,
	const struct compare_rule *rule, struct compare_verdict *out)
{
	if (rule->sense & SENSE_UP && out->now > 0 && enough(rule, out->now)) {
		if (out->then <= 0) {
			say(out, COMPARE_NEW, compare_is_error(class));
			out->since = first_point(p->now, p->n, true);
			return;
		}
		if (beyond(rule, out->share_now, out->share_then, true) &&
			lasts(p, rule, out->share_then, true, &out->since)) {
			say(out, COMPARE_MORE, out->percent > GRAVE * rule->percent);
			return;
		}
	}
	if (compare_is_error(class) || !(rule->sense & SENSE_DOWN) ||
		!enough(rule, out->then))
		return;
	/* Where all traffic is gone, that is said of the traffic. */
	if (out->share_then > 0 && beyond(rule, out->share_now, out->share_then, false) &&
		lasts(p, rule, out->share_then, false, &out->since))
		say(out, out->now > 0 ? COMPARE_LESS : COMPARE_GONE, false);
}

/* --- other values --- */

static void judge_value(const struct compare_pair *p, const struct compare_rule *rule,
	struct compare_verdict *out)
{
	bool up = out->now > out->then;

	if (isnan(out->then) || isnan(out->now)) {
		bool is_new = isnan(out->then);

		if (rule->follows)
			return;
		say(out, is_new ? COMPARE_NEW : COMPARE_GONE, false);
		out->since = is_new ? first_point(p->now, p->n, false) : 0;
		return;
	}
	if (!(rule->sense & (up ? SENSE_UP : SENSE_DOWN)) ||
		!beyond(rule, out->now, out->then, up) ||
		!lasts(p, rule, out->then, up, &out->since))
		return;
	say(out, up ? COMPARE_MORE : COMPARE_LESS,
		isnan(rule->difference)
			? fabs(out->percent) > GRAVE * rule->percent
			: fabs(out->now - out->then) > GRAVE * rule->difference);
}

void compare_judge(const struct compare_pair *pair, enum compare_class class,
	const struct compare_rule *rule, struct compare_verdict *out)
{
	struct sum now = add_up(pair->now, pair->n), then = add_up(pair->then, pair->n);
	bool counts = class != CLASS_VALUE;

	*out = (struct compare_verdict){
		.severity = SEVERITY_OK, .share_now = NAN, .share_then = NAN};
	if (counts) {
		out->now = now.total * pair->weight;
		out->then = then.total * pair->weight;
	} else {
		out->now = now.count ? now.total / (double)now.count : NAN;
		out->then = then.count ? then.total / (double)then.count : NAN;
	}
	if (counts && class != CLASS_TRAFFIC) {
		out->share_now =
			share(now.total, add_up(pair->traffic_now, pair->n).total);
		out->share_then =
			share(then.total, add_up(pair->traffic_then, pair->n).total);
		out->percent = change(out->share_now, out->share_then);
	} else {
		out->percent = change(out->now, out->then);
	}
	if (!now.count && !then.count)
		out->what = COMPARE_UNKNOWN;
	else if (class == CLASS_TRAFFIC)
		judge_traffic(pair, rule, out);
	else if (counts)
		judge_answers(pair, class, rule, out);
	else
		judge_value(pair, rule, out);
}

/* --- words --- */

const char *compare_sentence(const struct compare_verdict *v, enum compare_class class,
	enum unit unit, char out[COMPARE_SENTENCE])
{
	enum unit of = class == CLASS_VALUE ? unit : UNIT_NONE;
	char now[UNIT_TEXT], then[UNIT_TEXT], part_now[UNIT_TEXT], part_then[UNIT_TEXT];
	char by[40] = "";

	unit_text(of, v->now, now);
	unit_text(of, v->then, then);
	if (isfinite(v->percent) && v->percent != 0)
		snprintf(by, sizeof by, " (%+.0f %%)", v->percent);
	if (v->what == COMPARE_NEW)
		snprintf(out, COMPARE_SENTENCE, "%s, none then", now);
	else if (v->what == COMPARE_GONE)
		snprintf(out, COMPARE_SENTENCE, "none, %s then", then);
	else if (v->what == COMPARE_UNKNOWN)
		snprintf(out, COMPARE_SENTENCE, "no point in either window");
	else if (isfinite(v->share_now) && isfinite(v->share_then))
		snprintf(out, COMPARE_SENTENCE,
			"%s of all, %s then%s; %s in numbers, %s then",
			unit_text(UNIT_RATIO, v->share_now, part_now),
			unit_text(UNIT_RATIO, v->share_then, part_then), by, now, then);
	else
		snprintf(out, COMPARE_SENTENCE, "%s, %s then%s", now, then, by);
	return out;
}

int64_t compare_then(int64_t at, int days)
{
	int64_t then = at - days * DAY_MS;

	return then + time_offset_ms(at) - time_offset_ms(then);
}
