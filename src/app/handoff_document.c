/* A handoff as a document, part by part: each says what it knows, and that there is
 * nothing where there is nothing. Every number is one of the facts; nothing is worked
 * out here but words. No model, no clock. Any thread. */
#include "breakglass.h"
#include "handoff_facts.h"

#include "base/text.h"
#include "base/time.h"
#include "report/document.h"
#include "report/figure.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
	HAPPENED_MOST = 40,
	CHANGES_MOST = 40,
	NOISE_MOST = 10,
	OPEN_MOST = 30,
	MINOR_MOST = 5,
	FLAPS = 3,
	TIMES_REPEATED = 3,
	WHEN = 48,
};

struct compose {
	const struct handoff_facts *f;
	struct document *d;
};

const char *handoff_when(const struct handoff_facts *f, int64_t at, char *out)
{
	time_t seconds = (time_t)(zone_local(&f->handoff.plan.zone, at) / 1000);
	struct tm tm;

	if (!gmtime_r(&seconds, &tm) || !strftime(out, WHEN, "%a %-d %b %H:%M", &tm))
		out[0] = '\0';
	return out;
}

static const char *plural(size_t n, const char *one, const char *many)
{
	return n == 1 ? one : many;
}

static const char *unit_of(const struct handoff_facts *f, size_t n)
{
	return f->pages ? plural(n, "page", "pages") : plural(n, "alert", "alerts");
}

/* "12 min", "1 h 24 min", "40 s" */
static const char *span(double ms, char *out, size_t size)
{
	int64_t s = isnan(ms) ? -1 : (int64_t)(ms / 1000), m = s / 60;

	if (s < 0)
		snprintf(out, size, "-");
	else if (s < 60)
		snprintf(out, size, "%lld s", (long long)s);
	else if (m < 60)
		snprintf(out, size, "%lld min", (long long)m);
	else if (m < 48 * 60)
		snprintf(out, size, "%lld h %lld min", (long long)(m / 60),
			(long long)(m % 60));
	else
		snprintf(out, size, "%lld d %lld h", (long long)(m / 1440),
			(long long)(m / 60 % 24));
	return out;
}

static bool running(const struct handoff_facts *f)
{
	return f->now < f->shift.to_at;
}

const char *handoff_subject(const struct handoff_facts *f, char *out, size_t size)
{
	char from[WHEN], to[WHEN];

	snprintf(out, size, "On-call handoff: %s, %s to %s", f->handoff.name,
		handoff_when(f, f->shift.from_at, from),
		handoff_when(f, f->shift.to_at, to));
	return out;
}

/* --- 1 header --- */

static void names(struct compose *c, const struct untrusted *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		document_say(c->d, DOC_PLAIN, i ? ", " : "");
		document_text(c->d, DOC_PLAIN, list[i]);
	}
}

/* Of a shift that still runs: who is on call now. */
static void on_call_now(struct compose *c)
{
	const struct handoff_facts *f = c->f;
	size_t nameless = 0;
	bool any = false;

	for (size_t i = 0; i < f->call_count; i++) {
		const struct handoff_call *call = &f->calls[i];
		bool named = false;

		for (size_t k = 0; k < i; k++)
			named |= f->calls[k].level <= 1 &&
				 untrusted_eq(f->calls[k].who, call->who);
		if (call->level > 1 || named)
			continue;
		if (call->nameless) {
			nameless++;
			continue;
		}
		if (any)
			document_say(c->d, DOC_PLAIN, ", ");
		document_text(c->d, DOC_PLAIN, call->who);
		any = true;
	}
	if (nameless)
		document_say(c->d, DOC_PLAIN, "%s%zu whose %s not known",
			any ? " and " : "", nameless,
			plural(nameless, "name is", "names are"));
	else if (!any)
		document_say(c->d, DOC_PLAIN, "%s", f->actor);
}

static void outgoing(struct compose *c)
{
	const struct handoff_facts *f = c->f;

	if (f->shift.to_at > f->now)
		on_call_now(c);
	else if (f->outgoing_count)
		names(c, f->outgoing, f->outgoing_count);
	else
		document_say(c->d, DOC_PLAIN,
			"not known: the schedules were not read back to its end");
}

static void incoming(struct compose *c)
{
	const struct handoff_facts *f = c->f;

	names(c, f->incoming, f->incoming_count);
	document_say(c->d, DOC_PLAIN, "%s; it goes to the whole rota",
		f->incoming_count ? ", by the schedule" : "whoever accepts below");
}

static void completeness(struct compose *c)
{
	const struct handoff_facts *f = c->f;
	char a[WHEN], b[WHEN];

	document_say(c->d, f->complete ? DOC_GOOD : DOC_WARN, "%s",
		f->complete ? "complete" : "partial");
	if (!f->source_count)
		document_say(c->d, DOC_PLAIN, ": no source that pages is configured");
	for (size_t i = 0; i < f->source_count; i++) {
		const struct handoff_source *s = &f->sources[i];

		document_say(c->d, DOC_PLAIN, "%s%s%s%s", i ? "; " : ": ", s->name,
			s->trouble ? " " : "", s->trouble ? s->trouble : "");
		if (s->scope && *s->scope)
			document_say(c->d, DOC_PLAIN, " (only %s)", s->scope);
	}
	for (size_t i = 0; i < f->gap_count; i++)
		document_say(c->d, DOC_WARN, "; nobody watched %s from %s to %s",
			f->gaps[i].source, handoff_when(f, f->gaps[i].from_at, a),
			handoff_when(f, f->gaps[i].to_at, b));
	if (f->gaps_more)
		document_say(c->d, DOC_WARN, "; and %zu more such times", f->gaps_more);
	if (f->cut)
		document_say(c->d, DOC_WARN,
			"; only the newest %d incidents of five weeks are counted",
			HANDOFF_MAX_INCIDENTS);
	if (f->changes_more)
		document_say(c->d, DOC_WARN, "; more changes than can be listed");
	if (f->changes_from)
		document_say(c->d, DOC_WARN, "; changes only since %s",
			handoff_when(f, f->changes_from, a));
}

/* Before all else: approvals were lifted in this shift. */
static void broken_glass(struct compose *c)
{
	const struct handoff_facts *f = c->f;
	char when[WHEN];

	for (size_t i = 0; i < f->change_count; i++) {
		const struct handoff_change *change = &f->changes[i];

		if (!untrusted_is(change->service, BREAKGLASS_SERVICE))
			continue;
		document_fact(c->d, "Break-glass");
		document_say(c->d, DOC_BAD, "%s: ", handoff_when(f, change->at, when));
		document_text(c->d, DOC_BAD, change->summary);
	}
}

static void header(struct compose *c)
{
	const struct handoff_facts *f = c->f;
	char a[WHEN], b[WHEN], from[TIME_TEXT], to[TIME_TEXT];
	long hours = (long)((f->shift.to_at - f->shift.from_at) / HOUR_MS);

	document_facts(c->d);
	broken_glass(c);
	document_fact(c->d, "Schedule");
	document_say(c->d, DOC_STRONG, "%s", f->handoff.name);
	document_fact(c->d, "Shift");
	document_say(c->d, DOC_PLAIN, "%s to %s, %ld hours",
		handoff_when(f, f->shift.from_at, a), handoff_when(f, f->shift.to_at, b),
		hours);
	document_fact(c->d, "Zone");
	document_say(c->d, DOC_PLAIN, "%s; in UTC %.16sZ to %.16sZ",
		f->handoff.zone ? f->handoff.zone : "of this host",
		time_rfc3339(f->shift.from_at, from), time_rfc3339(f->shift.to_at, to));
	document_fact(c->d, "Outgoing");
	outgoing(c);
	document_fact(c->d, "Incoming");
	incoming(c);
	document_fact(c->d, "As of");
	document_say(c->d, DOC_PLAIN, "%s%s", handoff_when(f, f->now, a),
		running(f) ? ", the shift is still running" : "");
	document_fact(c->d, "Data");
	completeness(c);
	document_fact(c->d, "Store");
	document_say(c->d, DOC_PLAIN,
		"solo: who comes next has another store; accept with the code below");
}

/* --- 2 summary --- */

/* Nothing is known of it, and not known is not nothing. False: it was watched. */
static bool unwatched(struct compose *c)
{
	const struct handoff_facts *f = c->f;
	char from[WHEN], to[WHEN];

	if (!f->gap_count)
		return false;
	document_say(c->d, DOC_WARN,
		"not known: nobody read %s's incidents from %s to %s", f->gaps[0].source,
		handoff_when(f, f->gaps[0].from_at, from),
		handoff_when(f, f->gaps[0].to_at, to));
	if (f->gap_count + f->gaps_more > 1)
		document_say(c->d, DOC_WARN, ", and at %zu more time%s",
			f->gap_count + f->gaps_more - 1,
			f->gap_count + f->gaps_more == 2 ? "" : "s");
	return true;
}

enum { TIMES = 140 };

static const char *times(
	const char *name, size_t of, double median, double p90, char out[TIMES])
{
	char middle[40], most[40];

	if (!of)
		snprintf(out, TIMES, "no %s yet", name);
	else
		snprintf(out, TIMES, "%s %s (median of %zu; 90 %% within %s)", name,
			span(median, middle, sizeof middle), of,
			span(p90, most, sizeof most));
	return out;
}

static void summary(struct compose *c)
{
	const struct handoff_facts *f = c->f;
	const struct trend_sum *s = &f->sum;
	size_t asleep = f->interruptions[TREND_ASLEEP], off = f->interruptions[TREND_OFF],
	       work = f->interruptions[TREND_WORK];
	char acks[TIMES], ends[TIMES];

	document_list(c->d);
	document_item(c->d, DOC_BULLET);
	if (!s->count && f->gap_count) {
		document_say(c->d, DOC_STRONG, "What %s in this shift is ",
			f->pages ? "paged" : "alerted");
		unwatched(c);
	} else if (!s->count) {
		document_say(c->d, DOC_STRONG, "Nothing %s in this shift",
			f->pages ? "paged" : "alerted");
	} else {
		document_say(c->d, DOC_STRONG, "%zu %s", s->count, unit_of(f, s->count));
	}
	document_say(c->d, DOC_PLAIN,
		"; %zu in the same span a week before, %.10g is the median of four "
		"weeks.%s",
		f->before_count, f->median,
		f->complete ? "" : " The counts are partial.");
	if (f->low)
		document_say(c->d, DOC_PLAIN, " %zu of low urgency besides.", f->low);
	document_item(c->d, DOC_BULLET);
	document_say(c->d, DOC_PLAIN,
		"%zu %s: %zu asleep, %zu off hours, %zu at work; %zu of these %s still "
		"open.",
		asleep + off + work,
		plural(asleep + off + work, "interruption", "interruptions"), asleep, off,
		work, s->open, unit_of(f, 2));
	document_item(c->d, DOC_BULLET);
	if (!s->acked && !s->ended)
		document_say(c->d, DOC_PLAIN,
			"Nothing was acknowledged, nothing was resolved.");
	else
		document_say(c->d, DOC_PLAIN,
			"%s, %s; %zu resolved by themselves, %zu that nobody acted on.",
			times("TTA", s->acked, s->ack_median, s->ack_p90, acks),
			times("TTR", s->ended, s->end_median, s->end_p90, ends),
			s->auto_resolved, s->never_acted);
}

/* --- 3 needs you now --- */

static void open_row(struct compose *c, const struct handoff_open *o)
{
	struct document *d = c->d;
	char when[WHEN];

	document_row(d);
	document_cell(d);
	document_say(d, o->severity <= SEVERITY_HIGH ? DOC_BAD : DOC_WARN, "%s",
		severity_name(o->severity));
	document_cell(d);
	document_link(d, o->link, o->title);
	if (!untrusted_empty(o->service)) {
		document_say(d, DOC_PLAIN, " ");
		document_text(d, DOC_DIM, o->service);
	}
	document_cell(d);
	document_say(d, DOC_PLAIN, "%s", handoff_when(c->f, o->since_at, when));
	document_cell(d);
	document_say(d, DOC_PLAIN, "%s",
		o->quiet      ? "quiet "
		: o->until_at ? "snoozed "
		: o->acked    ? "acknowledged "
			      : "open ");
	document_text(d, DOC_PLAIN, o->owner);
	document_cell(d);
	if (o->quiet && o->until_at)
		document_say(d, DOC_PLAIN, "comes back %s",
			handoff_when(c->f, o->until_at, when));
	else if (!untrusted_empty(o->runbook)) {
		document_say(d, DOC_PLAIN, "runbook ");
		document_text(d, DOC_CODE, o->runbook);
	} else {
		document_blank(d, "next action, and when");
	}
	if (!untrusted_empty(o->next) && o->next_at) {
		document_say(d, DOC_PLAIN, "; next: ");
		document_text(d, DOC_PLAIN, o->next);
		document_say(d, DOC_PLAIN, ", %s", handoff_when(c->f, o->next_at, when));
	}
}

/* What counts as open and is in no row. */
static void minor(struct compose *c)
{
	const struct handoff_facts *f = c->f;
	size_t told = 0, more = 0;
	char when[WHEN];

	for (size_t i = 0; i < f->open_count; i++) {
		const struct handoff_open *o = &f->open[i];

		if (!o->minor)
			continue;
		if (told == MINOR_MOST) {
			more++;
			continue;
		}
		told++;
		document_item(c->d, DOC_BULLET);
		document_say(c->d, DOC_PLAIN, "Open too, and asks for nothing now (%s): ",
			severity_name(o->severity));
		document_link(c->d, o->link, o->title);
		document_say(c->d, DOC_PLAIN, " ");
		document_text(c->d, DOC_DIM, o->service);
		document_say(c->d, DOC_PLAIN, ", since %s.",
			handoff_when(f, o->since_at, when));
	}
	if (more) {
		document_item(c->d, DOC_BULLET);
		document_say(c->d, DOC_PLAIN, "And %zu more of such.", more);
	}
}

static void coming(struct compose *c)
{
	const struct handoff_facts *f = c->f;
	struct shift next = shift_at(&f->handoff.plan, f->shift.to_at);
	size_t ending = 0;
	char when[WHEN];

	document_list(c->d);
	minor(c);
	for (size_t i = 0; i < f->silence_count; i++) {
		const struct handoff_silence *s = &f->silences[i];

		if (s->ends_at >= next.to_at)
			continue;
		ending++;
		document_item(c->d, DOC_BULLET);
		document_say(c->d, DOC_PLAIN, "Silence ");
		document_text(c->d, DOC_CODE, s->matchers);
		document_say(
			c->d, DOC_PLAIN, " ends %s: ", handoff_when(f, s->ends_at, when));
		document_text(c->d, DOC_PLAIN, s->comment);
	}
	if (!ending) {
		document_item(c->d, DOC_BULLET);
		document_say(c->d, DOC_DIM, "No silence ends in your shift.");
	}
	for (size_t i = 0; i < f->call_count; i++) {
		const struct handoff_call *call = &f->calls[i];

		if (!call->ends_at || call->ends_at <= f->shift.to_at ||
			call->ends_at >= next.to_at)
			continue;
		document_item(c->d, DOC_BULLET);
		document_text(c->d, DOC_PLAIN, call->who);
		document_say(c->d, DOC_PLAIN, " is on call only until %s: ",
			handoff_when(f, call->ends_at, when));
		document_text(c->d, DOC_PLAIN, call->policy);
	}
}

static bool listed(const struct handoff_open *o)
{
	return !o->anomaly && !o->minor;
}

static size_t count_minor(const struct handoff_facts *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->open_count; i++)
		n += f->open[i].minor;
	return n;
}

static void needs(struct compose *c)
{
	static const struct document_column columns[] = {{"Severity", false},
		{"What", false}, {"Since", false}, {"State", false}, {"Next", false}};
	const struct handoff_facts *f = c->f;
	size_t shown = 0, all = 0;

	for (size_t i = 0; i < f->open_count; i++)
		all += listed(&f->open[i]);
	if (!all && count_minor(f)) {
		document_paragraph(c->d);
		document_say(c->d, DOC_GOOD, "Nothing that is open needs you now.");
	} else if (!all) {
		document_paragraph(c->d);
		document_say(c->d, f->complete ? DOC_GOOD : DOC_WARN, "%s",
			f->complete ? "No open incidents."
				    : "None known to be open; the data is partial.");
	} else {
		document_table(c->d, columns, 5);
	}
	for (size_t i = 0; i < f->open_count && shown < OPEN_MOST; i++)
		if (listed(&f->open[i])) {
			open_row(c, &f->open[i]);
			shown++;
		}
	if (all > shown || f->open_more) {
		document_paragraph(c->d);
		document_say(c->d, DOC_PLAIN, "And %zu more that are open.",
			all - shown + f->open_more);
	}
	coming(c);
}

/* --- 4 watch --- */

static void watch(struct compose *c)
{
	const struct handoff_facts *f = c->f;
	size_t said = 0;
	char when[WHEN];

	document_list(c->d);
	for (size_t i = 0; i < f->problem_count; i++) {
		const struct handoff_problem *p = &f->problems[i];

		if (p->group.sum.count < FLAPS || p->group.last_at < f->to_at - DAY_MS ||
			said == NOISE_MOST)
			continue;
		said++;
		document_item(c->d, DOC_BULLET);
		document_text(c->d, DOC_PLAIN, p->title);
		document_say(c->d, DOC_PLAIN, " ");
		document_text(c->d, DOC_DIM, p->service);
		document_say(c->d, DOC_PLAIN, " came %zu times, last %s.",
			p->group.sum.count, handoff_when(f, p->group.last_at, when));
	}
	for (size_t i = 0; i < f->open_count; i++) {
		const struct handoff_open *o = &f->open[i];

		if (!o->anomaly || said == 2 * NOISE_MOST)
			continue;
		said++;
		document_item(c->d, DOC_BULLET);
		document_say(c->d, DOC_PLAIN, "Not paged: ");
		document_text(c->d, DOC_PLAIN, o->title);
		document_say(c->d, DOC_PLAIN, ", ");
		document_text(c->d, DOC_PLAIN, o->service);
		document_say(
			c->d, DOC_DIM, " since %s", handoff_when(f, o->since_at, when));
	}
	if (!said) {
		document_item(c->d, DOC_BULLET);
		document_say(
			c->d, DOC_DIM, "Nothing came three times, no anomaly is open.");
	}
}

/* --- 5 what happened --- */

static void incident_row(struct compose *c, const struct handoff_incident *in)
{
	struct document *d = c->d;
	char when[WHEN], text[40];

	document_row(d);
	document_cell(d);
	document_say(d, DOC_PLAIN, "%s", handoff_when(c->f, in->started_at, when));
	document_cell(d);
	if (in->number)
		document_say(d, DOC_DIM, "#%u ", in->number);
	document_text(d, DOC_PLAIN, in->title);
	document_say(d, DOC_PLAIN, " ");
	document_text(d, DOC_DIM, in->service);
	document_cell(d);
	document_say(d, DOC_PLAIN, "%s",
		span(in->taken_at ? (double)(in->taken_at - in->started_at) : NAN, text,
			sizeof text));
	document_cell(d);
	document_say(d, DOC_PLAIN, "%s%s", in->ended_after_at ? "at most " : "",
		in->ended_at
			? span((double)(in->ended_at - in->started_at), text, sizeof text)
			: "open");
	document_cell(d);
	if (!untrusted_empty(in->who))
		document_text(d, DOC_PLAIN, in->who);
	else
		document_say(d, DOC_DIM, "%s",
			!in->ended_at ? ""
			: in->acted   ? "by hand"
				      : "by itself");
}

static void incidents(
	struct compose *c, const struct handoff_incident *list, size_t count)
{
	static const struct document_column columns[] = {{"Began", false},
		{"What", false}, {"TTA", true}, {"TTR", true}, {"By", false}};
	size_t shown = 0, all = 0;

	for (size_t i = 0; i < count; i++)
		all += handoff_counted(c->f, &list[i]);
	if (all)
		document_table(c->d, columns, 5);
	for (size_t i = 0; i < count && shown < HAPPENED_MOST; i++)
		if (handoff_counted(c->f, &list[i])) {
			incident_row(c, &list[i]);
			shown++;
		}
	if (all > shown) {
		document_paragraph(c->d);
		document_say(c->d, DOC_PLAIN, "And %zu more, which ", all - shown);
		document_say(c->d, DOC_CODE, "Noise");
		document_say(c->d, DOC_PLAIN, " counts too.");
	}
}

static void deed_event(struct compose *c, const struct handoff_deed *deed)
{
	struct document *d = c->d;
	char when[WHEN];

	document_event(d, handoff_when(c->f, deed->at, when), UNTRUSTED_NONE);
	document_text(d, DOC_CODE, deed->runbook);
	if (!untrusted_empty(deed->about)) {
		document_say(d, DOC_PLAIN, " for ");
		document_text(d, DOC_PLAIN, deed->about);
	}
	document_say(d, DOC_PLAIN, deed->steps ? ", by " : ", proposed by ");
	document_text(d, DOC_STRONG, deed->who);
	if (!deed->steps && !untrusted_empty(deed->why)) {
		document_say(d, DOC_PLAIN, ": ");
		document_text(d, DOC_PLAIN, deed->why);
	}
	if (!deed->steps)
		return;
	document_say(d, DOC_PLAIN, ": %zu %s", deed->steps,
		plural(deed->steps, "step", "steps"));
	if (deed->bad)
		document_say(d, DOC_BAD, ", %zu not done or not known", deed->bad);
	else
		document_say(d, DOC_GOOD, ", done");
}

/* What was done by the book, by hand and by itself, and what is only proposed. */
static void runbooks(struct compose *c)
{
	const struct handoff_facts *f = c->f;
	size_t from = f->deed_count > HAPPENED_MOST ? f->deed_count - HAPPENED_MOST : 0;

	if (!f->deed_count)
		return;
	document_heading(c->d, 3, "Runbooks");
	document_timeline(c->d);
	for (size_t i = from; i < f->deed_count; i++)
		deed_event(c, &f->deeds[i]);
	if (!from)
		return;
	document_paragraph(c->d);
	document_say(c->d, DOC_PLAIN, "And %zu before these.", from);
}

static void happened(struct compose *c)
{
	const struct handoff_facts *f = c->f;
	size_t carried = 0;

	if (!f->sum.count) {
		document_paragraph(c->d);
		if (!f->gap_count)
			document_say(c->d, DOC_PLAIN, "Nothing %s.",
				f->pages ? "paged" : "alerted");
		else
			document_say(c->d, DOC_PLAIN, "What %s is ",
				f->pages ? "paged" : "alerted");
		unwatched(c);
	}
	incidents(c, f->incidents, f->in_shift);
	runbooks(c);
	for (size_t i = 0; i < f->carried_count; i++)
		carried += handoff_counted(f, &f->carried[i]);
	if (!carried)
		return;
	document_heading(c->d, 3, "Open at the start of the shift");
	document_paragraph(c->d);
	document_say(c->d, DOC_DIM,
		"%zu; they belong to the shift they began in and are not counted here.",
		carried);
	incidents(c, f->carried, f->carried_count);
}

/* --- 6 changes --- */

static void change_event(struct compose *c, const struct handoff_change *ch)
{
	char when[WHEN], text[40];

	document_event(c->d, handoff_when(c->f, ch->at, when), ch->link);
	document_text(c->d, DOC_PLAIN, ch->summary);
	document_say(c->d, DOC_PLAIN, " ");
	document_text(c->d, DOC_DIM, ch->service);
	if (ch->before_ms >= 0)
		document_say(c->d, DOC_WARN, " %s before a %s",
			span((double)ch->before_ms, text, sizeof text), unit_of(c->f, 1));
}

/* Those that something followed first. */
static void changes(struct compose *c)
{
	const struct handoff_facts *f = c->f;
	size_t shown = 0;
	char when[WHEN];

	document_paragraph(c->d);
	if (f->change_count)
		document_say(c->d, DOC_PLAIN, "%zu %s", f->change_count,
			plural(f->change_count, "change", "changes"));
	else
		document_say(c->d, DOC_PLAIN, "No change was reported");
	if (f->changes_from)
		document_say(c->d, DOC_WARN,
			" since %s; what changed before was not read.",
			handoff_when(f, f->changes_from, when));
	else
		document_say(
			c->d, DOC_PLAIN, "%s", f->change_count ? "." : " in this shift.");
	if (!f->change_count)
		return;
	document_timeline(c->d);
	for (int after = 1; after >= 0; after--)
		for (size_t i = 0; i < f->change_count && shown < CHANGES_MOST; i++)
			if ((f->changes[i].before_ms >= 0) == after) {
				change_event(c, &f->changes[i]);
				shown++;
			}
	if (shown < f->change_count) {
		document_paragraph(c->d);
		document_say(c->d, DOC_PLAIN, "And %zu more.", f->change_count - shown);
	}
}

/* --- 7 noise --- */

static int percent(size_t n, size_t of)
{
	return of ? (int)((100 * n + of / 2) / of) : 0;
}

static const char *proposal(const struct handoff_problem *p, char *out, size_t size)
{
	const struct trend_sum *s = &p->group.sum;
	char text[40];

	if (s->ended && s->count >= 3 && percent(s->never_acted, s->ended) >= 80)
		snprintf(out, size, "nobody acts on it: delete it, or do not page");
	else if (s->ended && s->count >= 3 && percent(s->auto_resolved, s->ended) >= 80 &&
		 s->end_median < 15 * MINUTE_MS)
		snprintf(out, size, "tune: over after %s by itself, wait longer",
			span(s->end_median, text, sizeof text));
	else if (p->templates > 1 && s->count >= 3)
		snprintf(out, size, "merge: %zu alerts that come together", p->templates);
	else if (!p->runbook)
		snprintf(out, size, "write a runbook");
	else
		snprintf(out, size, "keep");
	return out;
}

static void noise_row(struct compose *c, const struct handoff_problem *p)
{
	const struct trend_sum *s = &p->group.sum;
	struct document *d = c->d;
	char text[120];

	document_row(d);
	document_cell(d);
	document_text(d, DOC_PLAIN, p->title);
	document_say(d, DOC_PLAIN, " ");
	document_text(d, DOC_DIM, p->service);
	document_cell(d);
	document_say(d, DOC_PLAIN, "%zu", s->count);
	document_cell(d);
	document_say(d, DOC_PLAIN, "%d %%", percent(s->count, c->f->sum.count));
	document_cell(d);
	document_say(d, DOC_PLAIN, "%zu", p->weeks);
	document_cell(d);
	document_say(d, DOC_PLAIN, "%d %%", percent(s->auto_resolved, s->ended));
	document_cell(d);
	document_say(d, DOC_PLAIN, "%d %%", percent(s->never_acted, s->ended));
	document_cell(d);
	document_say(d, DOC_PLAIN, "%s", proposal(p, text, sizeof text));
}

static void noise(struct compose *c)
{
	static const struct document_column columns[] = {{"Problem", false},
		{"Count", true}, {"Share", true}, {"4 weeks", true}, {"By itself", true},
		{"Unacted", true}, {"Proposal", false}};
	const struct handoff_facts *f = c->f;
	double days[sizeof f->days / sizeof *f->days];
	char labels[sizeof f->days / sizeof *f->days][8];
	const char *names[sizeof f->days / sizeof *f->days];

	if (!f->problem_count) {
		document_paragraph(c->d);
		if (f->gap_count)
			document_say(c->d, DOC_PLAIN, "What came is ");
		if (!unwatched(c))
			document_say(
				c->d, DOC_PLAIN, "Nothing came, so nothing was noise.");
		return;
	}
	document_table(c->d, columns, 7);
	for (size_t i = 0; i < f->problem_count && i < NOISE_MOST; i++)
		noise_row(c, &f->problems[i]);
	if (f->problem_count > NOISE_MOST) {
		document_paragraph(c->d);
		document_say(c->d, DOC_PLAIN, "And %zu more problems.",
			f->problem_count - NOISE_MOST);
	}
	for (size_t i = 0; i < f->day_count; i++) {
		time_t seconds = (time_t)((f->first_day + (int64_t)i) * 86400);
		struct tm tm;

		days[i] = f->days[i];
		gmtime_r(&seconds, &tm);
		strftime(labels[i], sizeof labels[i], "%a %-d", &tm);
		names[i] = labels[i];
	}
	document_figure(c->d, &(struct figure){.kind = FIGURE_BARS,
				      .title = f->pages ? "Pages a day" : "Alerts a day",
				      .unit = f->pages ? "pages" : "alerts",
				      .labels = names,
				      .values = days,
				      .count = f->day_count,
				      .limit = NAN});
}

/* --- 8 toil and gaps --- */

static size_t acts_like(const struct handoff_facts *f, const struct handoff_act *act)
{
	size_t n = 0;

	for (size_t i = 0; i < f->act_count; i++)
		n += !strcmp(f->acts[i].verb, act->verb) &&
		     untrusted_eq(f->acts[i].title, act->title);
	return n;
}

static bool first_of_kind(const struct handoff_facts *f, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (!strcmp(f->acts[i].verb, f->acts[at].verb) &&
			untrusted_eq(f->acts[i].title, f->acts[at].title))
			return false;
	return true;
}

static void toil(struct compose *c)
{
	const struct handoff_facts *f = c->f;
	size_t without = 0, listed = 0;

	for (size_t i = 0; i < f->problem_count; i++)
		without += !f->problems[i].runbook;
	document_list(c->d);
	document_item(c->d, DOC_BULLET);
	if (!without)
		document_say(c->d, DOC_PLAIN, "%s",
			f->problem_count ? "Everything that came has a runbook."
					 : "Nothing came that would need a runbook.");
	else
		document_say(c->d, DOC_PLAIN,
			"%zu of %zu problems have no runbook:", without,
			f->problem_count);
	for (size_t i = 0; i < f->problem_count && listed < NOISE_MOST; i++) {
		if (f->problems[i].runbook)
			continue;
		document_say(c->d, DOC_PLAIN, listed++ ? ", " : " ");
		document_text(c->d, DOC_PLAIN, f->problems[i].title);
		if (untrusted_empty(f->problems[i].service))
			continue;
		document_say(c->d, DOC_PLAIN, " (");
		document_text(c->d, DOC_PLAIN, f->problems[i].service);
		document_say(c->d, DOC_PLAIN, ")");
	}
	if (listed < without)
		document_say(c->d, DOC_PLAIN, " and %zu more", without - listed);
	document_item(c->d, DOC_BULLET);
	document_say(c->d, DOC_PLAIN, "%zu %s done from this oogway.", f->act_count,
		plural(f->act_count, "action was", "actions were"));
	listed = 0;
	for (size_t i = 0; i < f->act_count && listed < NOISE_MOST; i++) {
		size_t n = acts_like(f, &f->acts[i]);

		if (n < TIMES_REPEATED || !first_of_kind(f, i))
			continue;
		listed++;
		document_item(c->d, DOC_BULLET);
		document_say(c->d, DOC_PLAIN, "%s, %zu times: ", f->acts[i].verb, n);
		document_text(c->d, DOC_PLAIN, f->acts[i].title);
	}
}

/* --- 9 follow-ups, 10 sign-off --- */

static void followups(struct compose *c)
{
	const struct handoff_facts *f = c->f;
	char when[WHEN];

	if (!f->followups.count) {
		document_paragraph(c->d);
		document_say(c->d, DOC_PLAIN, "No follow-up is open.");
		return;
	}
	document_list(c->d);
	for (size_t i = 0; i < f->followups.count; i++) {
		const struct followup_row *row = &f->followups.rows[i];

		document_item(c->d, row->closed_at ? DOC_DONE : DOC_OPEN);
		document_text(c->d, DOC_PLAIN, row->words);
		if (!untrusted_empty(row->owner)) {
			document_say(c->d, DOC_PLAIN, ", ");
			document_text(c->d, DOC_STRONG, row->owner);
		}
		if (row->due_at)
			document_say(c->d,
				!row->closed_at && row->due_at < f->now ? DOC_BAD
									: DOC_PLAIN,
				", due %s", handoff_when(f, row->due_at, when));
		if (row->closed_at) {
			document_say(c->d, DOC_DIM, "; closed by ");
			document_text(c->d, DOC_DIM, row->closed_by);
		} else if (row->created_at < f->shift.from_at) {
			document_say(c->d, DOC_DIM, "; carried over since %s",
				handoff_when(f, row->created_at, when));
		}
		document_say(c->d, DOC_DIM, " (%s)", row->id + strlen(row->id) - 6);
	}
}

static void signoff(struct compose *c)
{
	const struct handoff_facts *f = c->f;
	char when[WHEN];

	document_facts(c->d);
	document_fact(c->d, "Outgoing");
	document_say(c->d, DOC_PLAIN, "%s, %s", f->actor, handoff_when(f, f->now, when));
	document_fact(c->d, "Shift before");
	if (f->before.accepted_at) {
		document_say(c->d, DOC_GOOD, "accepted %s by ",
			handoff_when(f, f->before.accepted_at, when));
		document_text(c->d, DOC_PLAIN, f->before.accepted_by);
	} else {
		document_say(c->d, DOC_DIM, "not accepted here");
	}
	document_fact(c->d, "Incoming");
	if (f->row.accepted_at) {
		document_say(c->d, DOC_GOOD, "accepted %s by ",
			handoff_when(f, f->row.accepted_at, when));
		document_text(c->d, DOC_PLAIN, f->row.accepted_by);
	} else {
		document_say(c->d, DOC_PLAIN, "accept with ");
		document_say(c->d, DOC_CODE, ":handoff accept %s", f->code);
		document_say(c->d, DOC_PLAIN,
			" in your oogway, with these words in a note on an incident at "
			"the pager, or answer this mail");
	}
}

static void (*const composers[HANDOFF_PARTS])(struct compose *c) = {
	[HANDOFF_HEADER] = header,
	[HANDOFF_SUMMARY] = summary,
	[HANDOFF_NEEDS] = needs,
	[HANDOFF_WATCH] = watch,
	[HANDOFF_HAPPENED] = happened,
	[HANDOFF_CHANGES] = changes,
	[HANDOFF_NOISE] = noise,
	[HANDOFF_TOIL] = toil,
	[HANDOFF_FOLLOWUPS] = followups,
	[HANDOFF_SIGNOFF] = signoff,
};

/* A person's own: a line that begins with "- " is an item, others are paragraphs. */
static void own_words(struct compose *c, const char *words)
{
	struct untrusted rest = untrusted_str(words), line;
	bool list = false;

	while (untrusted_line(&rest, &line)) {
		bool item = untrusted_starts(line, "- ");

		if (untrusted_empty(untrusted_trim(line))) {
			list = false;
			continue;
		}
		if (item && !list)
			document_list(c->d);
		list = item;
		if (item)
			document_item(c->d, DOC_BULLET);
		else
			document_paragraph(c->d);
		document_text(c->d, DOC_PLAIN,
			item ? untrusted_slice(line, 2, SIZE_MAX) : line);
	}
}

void handoff_document(const struct handoff_facts *f, struct document *d)
{
	struct compose c = {f, d};
	char subject[200];

	document_init(
		d, untrusted_str(handoff_subject(f, subject, sizeof subject)), 4 << 20);
	for (int i = 0; i < HANDOFF_PARTS; i++) {
		enum handoff_part part = f->draft.order[i];

		if (f->draft.off[part])
			continue;
		if (part != HANDOFF_HEADER)
			document_heading(d, 2, handoff_parts[part].title);
		own_words(&c, f->draft.words[part]);
		composers[part](&c);
	}
	document_footer(d);
	document_say(
		d, DOC_DIM, "Composed by oogway from its own store, without any model.");
}
