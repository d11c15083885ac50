/* Commands about the past: its bars and incidents as lines, its numbers in one page,
 * what the bars are, and which belong together. From the console they act on what is
 * selected or marked, from a script on the ids that it names. Nothing of it leaves this
 * host. Main thread. */
#include "cmd.h"

#include "app/layouts.h"
#include "app/setting.h"
#include "app/sources.h"
#include "app/trends.h"
#include "base/alloc.h"
#include "base/json.h"
#include "base/text.h"
#include "base/time.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { IDS_MAX = 200, BAR_COLUMNS = 40 };

static bool parse_by(const char *word, enum trend_by *out, struct err *err)
{
	for (int i = 0; i < TREND_BY_COUNT; i++)
		if (!strcmp(word, trend_by_names[i])) {
			*out = (enum trend_by)i;
			return true;
		}
	return err_set(err, ERR_USAGE,
		"by problem, service, urgency, day, hour, weekday or cell, not %s", word);
}

static bool parse_days(const char *word, int *out, struct err *err)
{
	int64_t days;

	if (!untrusted_to_i64(untrusted_str(word), &days) || days < 1 ||
		days > TRENDS_MAX_DAYS)
		return err_set(
			err, ERR_USAGE, "1 to %d days, not %s", TRENDS_MAX_DAYS, word);
	*out = (int)days;
	return true;
}

static void skip_word(struct call *call)
{
	call->argv++;
	call->argc--;
	call->rest += strcspn(call->rest, " ");
	call->rest += strspn(call->rest, " ");
}

/* Takes -b WHAT and -d DAYS off the front of the words. */
static bool take_options(struct call *call, struct err *err)
{
	enum trend_by by = trends_by(call->app->trends);
	int days = trends_days(call->app->trends);

	while (call->argc >= 2) {
		if (!strcmp(call->argv[0], "-b")) {
			if (!parse_by(call->argv[1], &by, err))
				return false;
		} else if (!strcmp(call->argv[0], "-d")) {
			if (!parse_days(call->argv[1], &days, err))
				return false;
		} else {
			break;
		}
		skip_word(call);
		skip_word(call);
	}
	trends_show(call->app->trends, by, days);
	return true;
}

enum status cmd_trend_list(struct call *call, struct err *err)
{
	if (call->out && !take_options(call, err))
		return STATUS_USAGE;
	if (call->out && !trends_read_here(call->app->trends, err))
		return STATUS_FAILED;
	trends_drill(call->app->trends, 0);
	return cmd_list(call, err);
}

/* --- the numbers --- */

static const char *const card_names[TRENDS_CARDS] = {"today", "week", "month"};

static void show_sum(const struct trends_view *v, struct str *out)
{
	const struct trend_sum *s = &v->sum;
	char a[TIME_TEXT], b[TIME_TEXT];

	if (s->acked)
		str_printf(out, "MTTA     median %s, p90 %s, of %zu\n",
			duration_text((int64_t)s->ack_median, a),
			duration_text((int64_t)s->ack_p90, b), s->acked);
	if (s->ended)
		str_printf(out, "MTTR     median %s, p90 %s, of %zu\n",
			duration_text((int64_t)s->end_median, a),
			duration_text((int64_t)s->end_p90, b), s->ended);
	if (s->ended)
		str_printf(out,
			"ended    %zu: %.0f %% by themselves, %.0f %% never acted "
			"on\n",
			s->ended, 100 * (double)s->auto_resolved / (double)s->ended,
			100 * (double)s->never_acted / (double)s->ended);
	str_printf(out, "open     %zu\n", s->open);
	str_printf(out,
		"pages    %zu, and %zu of low urgency; %zu interruptions: %zu asleep, "
		"%zu off-hours, %zu at work; "
		"before %zu, %zu, %zu\n",
		v->pages, v->low,
		v->interruptions[0] + v->interruptions[1] + v->interruptions[2],
		v->interruptions[TREND_ASLEEP], v->interruptions[TREND_OFF],
		v->interruptions[TREND_WORK], v->interruptions_before[TREND_ASLEEP],
		v->interruptions_before[TREND_OFF], v->interruptions_before[TREND_WORK]);
}

static void show_days(const struct trends_view *v, struct str *out)
{
	uint32_t most = 1;

	for (size_t i = 0; i < v->day_count; i++)
		most = v->days[i] > most ? v->days[i] : most;
	for (size_t i = 0; i < v->day_count; i++) {
		char day[TIME_TEXT];
		int bar = (int)((uint64_t)v->days[i] * BAR_COLUMNS / most);

		/* A day is named by its noon, which is on it in every zone. */
		str_printf(out, "%s %5u ",
			time_day((v->first_day + (int64_t)i) * DAY_MS + DAY_MS / 2 -
					 time_offset_ms(v->to),
				day),
			v->days[i]);
		while (bar-- > 0)
			str_putc(out, '#');
		str_putc(out, '\n');
	}
}

static void show_text(const struct app *app, const struct trends_view *v, struct str *out)
{
	char from[TIME_TEXT], to[TIME_TEXT], whole[80], scope[400];

	for (int i = 0; i < TRENDS_CARDS; i++) {
		const struct trend_card *card = &v->cards[i];

		trends_complete(app, v, card->from, whole, sizeof whole);
		str_printf(out, "%-8s %zu since %s, %s; the one before %zu",
			card_names[i], card->count,
			time_stamp(card->from, app->now, from), whole, card->before);
		if (!isnan(card->median))
			str_printf(out, ", 4-week median %g", card->median);
		str_putc(out, '\n');
	}
	trends_complete(app, v, v->from, whole, sizeof whole);
	str_printf(out, "span     %zu from %s to %s, %s; before %zu\n", v->sum.count,
		time_stamp(v->from, app->now, from), time_stamp(v->to, app->now, to),
		whole, v->before);
	if (*sources_scope(app->sources, scope, sizeof scope))
		str_printf(out, "scope    %s\n", scope);
	show_sum(v, out);
	show_days(v, out);
}

static void show_card(
	const struct app *app, const struct trends_view *v, int i, struct json_out *o)
{
	const struct trend_card *card = &v->cards[i];
	char whole[80];

	json_open(o, card_names[i], '{');
	json_put_time(o, "from", card->from);
	json_put_time(o, "to", card->to);
	json_put_bool(
		o, "complete", trends_complete(app, v, card->from, whole, sizeof whole));
	json_put_i64(o, "count", (int64_t)card->count);
	json_put_i64(o, "before", (int64_t)card->before);
	json_put_bool(o, "before_complete",
		trends_complete(app, v, card->before_from, whole, sizeof whole));
	json_put_double(o, "median_of_4_weeks", card->median);
	json_shut(o, '}');
}

static void show_numbers(
	const char *name, const uint32_t *values, size_t n, struct json_out *o)
{
	json_open(o, name, '[');
	for (size_t i = 0; i < n; i++)
		json_put_i64(o, NULL, values[i]);
	json_shut(o, ']');
}

static void show_interruptions(
	const char *name, const size_t of[TREND_TIMES], struct json_out *o)
{
	json_open(o, name, '{');
	json_put_i64(o, "asleep", (int64_t)of[TREND_ASLEEP]);
	json_put_i64(o, "off_hours", (int64_t)of[TREND_OFF]);
	json_put_i64(o, "at_work", (int64_t)of[TREND_WORK]);
	json_shut(o, '}');
}

static void show_json(const struct app *app, const struct trends_view *v, struct str *out)
{
	char whole[80], scope[400];
	struct json_out o;

	json_begin(&o, out);
	json_open(&o, NULL, '{');
	json_put_str(&o, "schema", "oogway.trends/1");
	json_open(&o, "window", '{');
	json_put_time(&o, "from", v->from);
	json_put_time(&o, "to", v->to);
	json_shut(&o, '}');
	json_put_bool(
		&o, "complete", trends_complete(app, v, v->from, whole, sizeof whole));
	json_put_str(&o, "scope", sources_scope(app->sources, scope, sizeof scope));
	json_put_time(&o, "known_since", v->whole_from == INT64_MAX ? 0 : v->whole_from);
	for (int i = 0; i < TRENDS_CARDS; i++)
		show_card(app, v, i, &o);
	json_put_i64(&o, "count", (int64_t)v->sum.count);
	json_put_i64(&o, "pages", (int64_t)v->pages);
	json_put_i64(&o, "low_urgency", (int64_t)v->low);
	json_put_i64(&o, "before", (int64_t)v->before);
	json_put_i64(&o, "open", (int64_t)v->sum.open);
	json_put_i64(&o, "ended", (int64_t)v->sum.ended);
	json_put_i64(&o, "auto_resolved", (int64_t)v->sum.auto_resolved);
	json_put_i64(&o, "never_acted", (int64_t)v->sum.never_acted);
	json_put_double(&o, "mtta_median_ms", v->sum.ack_median);
	json_put_double(&o, "mtta_p90_ms", v->sum.ack_p90);
	json_put_double(&o, "mttr_median_ms", v->sum.end_median);
	json_put_double(&o, "mttr_p90_ms", v->sum.end_p90);
	show_interruptions("interruptions", v->interruptions, &o);
	show_interruptions("interruptions_before", v->interruptions_before, &o);
	show_numbers("days", v->days, v->day_count, &o);
	show_numbers("hours_of_week", v->heat, 168, &o);
	json_shut(&o, '}');
	str_putc(out, '\n');
}

enum status cmd_trend_show(struct call *call, struct err *err)
{
	const struct app *app = call->app;
	const struct trends_view *v;
	char why[80];

	if (!call->out) {
		err_set(err, ERR_USAGE, "trend show prints for scripts; here :trends");
		return STATUS_USAGE;
	}
	if (!take_options(call, err))
		return STATUS_USAGE;
	if (!trends_read_here(app->trends, err))
		return STATUS_FAILED;
	v = trends_view(app->trends);
	if (call->json)
		show_json(app, v, call->out);
	else
		show_text(app, v, call->out);
	if (trends_complete(app, v, v->from, why, sizeof why))
		return STATUS_DONE;
	err_set(err, ERR_TIMEOUT, "%s", why);
	return STATUS_PARTIAL;
}

/* --- what is shown --- */

enum status cmd_trend_by(struct call *call, struct err *err)
{
	struct trends *trends = call->app->trends;
	enum trend_by by = (enum trend_by)((trends_by(trends) + 1) % TREND_BY_COUNT);

	if (call->argc && !parse_by(call->argv[0], &by, err))
		return STATUS_USAGE;
	trends_show(trends, by, trends_days(trends));
	app_notice(call->app, false, "by %s", trend_by_names[by]);
	return STATUS_DONE;
}

enum status cmd_trend_days(struct call *call, struct err *err)
{
	struct trends *trends = call->app->trends;
	int days = trends_days(trends);

	days = days < 7 ? 7 : days < 28 ? 28 : days < 91 ? 91 : 1;
	if (call->argc && !parse_days(call->argv[0], &days, err))
		return STATUS_USAGE;
	trends_show(trends, trends_by(trends), days);
	app_notice(call->app, false, "the last %d day%s", days, days == 1 ? "" : "s");
	return STATUS_DONE;
}

enum status cmd_trend_part(struct call *call, struct err *err)
{
	char text[200];

	str_copy(text, sizeof text,
		settings_text(&call->app->rc->settings, SET_TRENDS_PARTS));
	if (!trends_part_change(text, sizeof text, call->argv[0], call->argv[1], err))
		return STATUS_USAGE;
	return layouts_keep(call->app, SET_TRENDS_PARTS, text, err) ? STATUS_DONE
								    : STATUS_FAILED;
}

/* --- which belong together --- */

/* Ids as JSON has them, 16 hex digits. */
static bool named_ids(const struct call *call, uint64_t *out, struct err *err)
{
	for (size_t i = 0; i < call->argc; i++) {
		char *end;

		out[i] = strtoull(call->argv[i], &end, 16);
		if (*end || strlen(call->argv[i]) != 16)
			return err_set(err, ERR_USAGE,
				"an id is 16 hex digits, as --json prints it, not %s",
				call->argv[i]);
	}
	return true;
}

static enum status regroup(struct call *call,
	bool (*how)(
		struct trends *trends, const uint64_t *ids, size_t n, struct err *err),
	const char *done, struct err *err)
{
	struct trends *trends = call->app->trends;
	const uint64_t *ids = call->targets;
	size_t n = call->argc ? call->argc : call->target_count;
	uint64_t named[IDS_MAX];

	if (call->argc > IDS_MAX) {
		err_set(err, ERR_LIMIT, "at most %d at once", IDS_MAX);
		return STATUS_USAGE;
	}
	if (call->argc) {
		if (!named_ids(call, named, err))
			return STATUS_USAGE;
		ids = named;
	}
	if (call->out && !trends_read_here(trends, err))
		return STATUS_FAILED;
	if (!how(trends, ids, n, err))
		return STATUS_FAILED;
	app_notice(call->app, false, "%s", done);
	return STATUS_DONE;
}

enum status cmd_trend_merge(struct call *call, struct err *err)
{
	return regroup(call, trends_merge, "one problem now; this is remembered", err);
}

enum status cmd_trend_split(struct call *call, struct err *err)
{
	return regroup(
		call, trends_split, "a problem of its own now; this is remembered", err);
}
