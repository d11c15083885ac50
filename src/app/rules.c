/* Rules are kept as the newest snapshot of each source, in one arena a source. Hides how
 * an alert finds its rule: alerts of Prometheus say their name, those of Alertmanager
 * carry labels that were added on the way, incidents of a pager only a title. Main
 * thread. */
#include "rules.h"

#include "app/alerts.h"
#include "app/sources.h"
#include "base/alloc.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "model/promexpr.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

enum {
	RULES_BYTES = 32 << 20,
	SCRATCH_BYTES = 8 << 20,
	NAME_TEXT = 256,
	MEASURED_AT_ONCE = 50,
	STEP_ALERTS = 32,
};

struct source_rules {
	struct arena arena;
	struct rule *list;
	size_t count;
	uint64_t hash;
	bool read; /* a snapshot has come */
};

struct rules {
	struct app *app;
	struct source_rules of[RC_MAX_SOURCES + 1];
	struct arena scratch; /* of one expression */
};

struct rules *rules_new(struct app *app)
{
	struct rules *rules = mem_new(1, sizeof *rules);

	rules->app = app;
	for (int i = 0; i <= RC_MAX_SOURCES; i++)
		arena_init(&rules->of[i].arena, RULES_BYTES);
	arena_init(&rules->scratch, SCRATCH_BYTES);
	return rules;
}

void rules_free(struct rules *rules)
{
	if (!rules)
		return;
	for (int i = 0; i <= RC_MAX_SOURCES; i++)
		arena_release(&rules->of[i].arena);
	arena_release(&rules->scratch);
	mem_free(rules);
}

/* --- keeping --- */

static uint64_t hash_text(uint64_t hash, struct untrusted text)
{
	return (hash ^ untrusted_hash(text)) * UINT64_C(0x100000001b3);
}

/* States change often, rules seldom. */
static uint64_t hash_rules(const struct batch *batch)
{
	uint64_t hash = batch->rule_count + 1;

	for (size_t i = 0; i < batch->rule_count; i++) {
		const struct batch_rule *r = &batch->rules[i];

		hash = hash_text(hash_text(hash, r->name), r->expr);
		for (size_t k = 0; k < r->label_count; k++)
			hash = hash_text(
				hash_text(hash, r->labels[k].name), r->labels[k].value);
	}
	return hash;
}

static void keep_labels(
	struct arena *arena, struct rule *rule, const struct batch_rule *from)
{
	struct pair *labels =
		arena_alloc(arena, (from->label_count + 1) * sizeof *labels);

	rule->labels = labels;
	for (size_t i = 0; labels && i < from->label_count; i++)
		labels[rule->label_count++] =
			(struct pair){untrusted_copy(arena, from->labels[i].name),
				untrusted_copy(arena, from->labels[i].value)};
}

bool rules_apply(struct rules *rules, int source, const struct batch *batch)
{
	struct source_rules *of = &rules->of[source];
	uint64_t hash = hash_rules(batch);

	if (of->read && of->hash == hash)
		return false;
	arena_reset(&of->arena);
	of->count = 0;
	of->list = arena_alloc(&of->arena, (batch->rule_count + 1) * sizeof *of->list);
	for (size_t i = 0; of->list && i < batch->rule_count; i++) {
		struct rule *rule = &of->list[of->count];

		rule->name = untrusted_copy(&of->arena, batch->rules[i].name);
		rule->expr = untrusted_copy(&of->arena, batch->rules[i].expr);
		keep_labels(&of->arena, rule, &batch->rules[i]);
		of->count += !untrusted_empty(rule->expr);
	}
	of->hash = hash;
	of->read = true;
	return true;
}

void rules_forget(struct rules *rules, int source)
{
	struct source_rules *of = &rules->of[source];

	arena_release(&of->arena);
	*of = (struct source_rules){.arena = of->arena};
}

size_t rules_count(const struct rules *rules, int source)
{
	return rules->of[source].count;
}

bool rule_sets(const struct rule *rule, struct untrusted label)
{
	if (untrusted_is(label, "alertname") || untrusted_is(label, "alertgroup"))
		return true;
	for (size_t i = 0; i < rule->label_count; i++)
		if (untrusted_eq(rule->labels[i].name, label))
			return true;
	return false;
}

/* A quote inside a value has a backslash before it, so that the marks below stand at the
 * begin of a label only. */
int printed_label(struct untrusted printed, const struct pair *label)
{
	char name[NAME_TEXT];
	struct str mark, value;
	ptrdiff_t at = -1;
	int result = 0;

	if (!text_to_id(label->name, name, sizeof name))
		return 0;
	str_init(&mark, NAME_TEXT + 8);
	str_init(&value, ALERT_MAX_BYTES * 4);
	for (const char *before = "{,"; *before && at < 0; before++) {
		str_reset(&mark);
		str_printf(&mark, "%c%s=\"", *before, name);
		at = untrusted_find(printed, str_text(&mark));
	}
	if (at >= 0) {
		text_add_promql(&value, label->value);
		result = untrusted_starts(untrusted_slice(printed,
						  (size_t)at + mark.n - 1, SIZE_MAX),
				 str_text(&value))
				 ? 1
				 : -1;
	}
	str_release(&mark);
	str_release(&value);
	return result;
}

/* --- what rules look at --- */

static void measure(struct rules *rules, struct rule *rule)
{
	struct promexpr split;

	arena_reset(&rules->scratch);
	promexpr_split(rule->expr, &rules->scratch, &split);
	rule->measures = promexpr_measures(split.value, &rules->scratch);
	rule->measured = true;
}

size_t rules_measuring(
	struct rules *rules, uint64_t measures, struct untrusted *names, size_t max)
{
	int budget = MEASURED_AT_ONCE;
	size_t n = 0;

	for (int s = 1; measures && s <= RC_MAX_SOURCES; s++) {
		struct source_rules *of = &rules->of[s];

		for (size_t i = 0; i < of->count && n < max; i++) {
			struct rule *rule = &of->list[i];

			if (!rule->measured && budget-- > 0)
				measure(rules, rule);
			if (rule->measured && rule->measures == measures)
				names[n++] = rule->name;
		}
	}
	return n;
}

/* --- which rule --- */

static struct untrusted value_of(const struct alert *alert, struct untrusted label)
{
	for (size_t i = 0; i < alert->label_count; i++) {
		struct pair pair = alert_label(alert, i);

		if (untrusted_eq(pair.name, label))
			return pair.value;
	}
	return UNTRUSTED_NONE;
}

/* How well the labels a rule sets are those of the alert; -1: it is another's. */
static int rule_score(const struct rule *rule, const struct alert *alert)
{
	int score = 0;

	for (size_t i = 0; i < rule->label_count; i++) {
		struct untrusted value = value_of(alert, rule->labels[i].name);

		if (untrusted_find(rule->labels[i].value, "{{") >= 0 ||
			untrusted_empty(value))
			continue;
		if (!untrusted_eq(value, rule->labels[i].value))
			return -1;
		score++;
	}
	if (untrusted_eq(rule->expr, alert_text(alert, ALERT_SOURCE_EXPR)))
		score += ALERT_MAX_PAIRS + 1;
	return score;
}

/* "host:port" of the source is that of the generatorURL. */
static bool generated_at(const struct rules *rules, int source, const struct alert *alert)
{
	const char *where = sources_row(rules->app->sources, source)->where;
	const char *host = where ? strstr(where, "://") : NULL;
	char wanted[NAME_TEXT];

	if (!host)
		return false;
	host += 3;
	snprintf(wanted, sizeof wanted, "://%.*s/", (int)strcspn(host, "/"), host);
	return untrusted_find(alert_text(alert, ALERT_SOURCE_EXPR), wanted) >= 0;
}

static int source_score(const struct rules *rules, int source, const struct alert *alert)
{
	if (alert->source == source)
		return 2;
	return generated_at(rules, source, alert);
}

static bool match_name(const struct rules *rules, const struct alert *alert,
	struct untrusted name, struct rule_match *out)
{
	int best = -1;

	for (size_t k = 1; k < sources_count(rules->app->sources); k++) {
		int s = sources_at(rules->app->sources, k)->number;
		const struct source_rules *of = &rules->of[s];
		int preferred = source_score(rules, s, alert) * 1000;

		for (size_t i = 0; i < of->count; i++) {
			int score;

			if (!untrusted_eq(of->list[i].name, name))
				continue;
			score = rule_score(&of->list[i], alert);
			if (score < 0 || score + preferred <= best)
				continue;
			best = score + preferred;
			out->source = s;
			out->rule = &of->list[i];
		}
	}
	return best >= 0;
}

/* "[FIRING:2] HighErrorRate payments-api (critical)" has the name in it. */
static bool match_title(
	const struct rules *rules, const struct alert *alert, struct rule_match *out)
{
	struct untrusted rest = alert_text(alert, ALERT_TITLE), word;

	if (match_name(rules, alert, rest, out))
		return true;
	while (untrusted_word(&rest, " \t\n[](),;:\"'|", &word))
		if (match_name(rules, alert, word, out))
			return true;
	return false;
}

/* Figures change while an alert fires ("16.6%", "1m 31s"); addresses do not. */
static bool is_figure(struct untrusted word)
{
	bool digit = false;

	for (const char *d = "0123456789"; *d && !digit; d++) {
		const char first[] = {*d, '\0'};

		digit = untrusted_starts(word, first);
	}
	return digit && untrusted_size(word) < 10 && untrusted_find(word, ":") < 0;
}

static bool next_word(struct untrusted *rest, struct untrusted *word)
{
	do {
		if (!untrusted_word(rest, " \t\r\n", word))
			return false;
	} while (is_figure(*word));
	return true;
}

/* The same words, whatever the figures among them; 0 when there are none. */
static int words_alike(struct untrusted a, struct untrusted b)
{
	struct untrusted x, y;
	int n = 0;

	if (untrusted_eq(a, b))
		return untrusted_empty(a) ? 0 : INT_MAX;
	for (;; n++) {
		bool more = next_word(&a, &x);

		if (more != next_word(&b, &y))
			return 0;
		if (!more)
			return n;
		if (!untrusted_eq(x, y))
			return 0;
	}
}

/* --- which of its alerts --- */

/* How many of the labels are the alert's own; -1 when one is not. */
static int same_labels(const struct alert *instance, const struct alert *alert)
{
	for (size_t i = 0; i < instance->label_count; i++) {
		struct pair pair = alert_label(instance, i);

		if (!untrusted_eq(value_of(alert, pair.name), pair.value))
			return -1;
	}
	return instance->label_count;
}

/* How many of the values stand in the title. */
static int values_in_title(const struct alert *instance, const struct alert *alert)
{
	struct untrusted title = alert_text(alert, ALERT_TITLE);
	int n = words_alike(alert_text(instance, ALERT_SUMMARY), title) > 1
			? ALERT_MAX_PAIRS + 1
			: 0;

	for (size_t i = 0; i < instance->label_count; i++) {
		char value[NAME_TEXT];

		text_line(alert_label(instance, i).value, value, sizeof value);
		n += *value && untrusted_find(title, value) >= 0;
	}
	return n;
}

/* How well `other` is the alert as the rule's own source lists it; 0: it is not. */
static int instance_score(const struct rule_search *search, const struct alert *other)
{
	const struct alert *alert = search->alert;
	const struct rule_match *match = &search->match;

	if (other->source != match->source ||
		!untrusted_eq(alert_label_value(other, "alertname"), match->rule->name))
		return 0;
	return untrusted_empty(alert_label_value(alert, "alertname"))
		       ? values_in_title(other, alert)
		       : same_labels(other, alert);
}

/* A pager often shows the summary only: the alert of those words is the same one. One
 * word in common is none. */
static int words_score(const struct rules *rules, const struct rule_search *search,
	const struct alert *other)
{
	int alike;

	if (!rules_count(rules, other->source))
		return 0;
	alike = words_alike(
		alert_text(other, ALERT_SUMMARY), alert_text(search->alert, ALERT_TITLE));
	return alike > 1 ? alike : 0;
}

/* false: the time is over. */
static bool look_through(
	const struct rules *rules, struct rule_search *search, int64_t until)
{
	const struct alerts *alerts = rules->app->alerts;

	while (search->at < alerts_count(alerts)) {
		const struct alert *other = alerts_at(alerts, search->at++);
		int score = search->by_words ? words_score(rules, search, other)
					     : instance_score(search, other);

		if (score > search->best) {
			search->best = score;
			search->best_alert = other;
		}
		if (search->at % STEP_ALERTS == 0 && time_mono_us() > until)
			return false;
	}
	return true;
}

static void say_why(const struct rules *rules, char *why, size_t size)
{
	const struct sources *sources = rules->app->sources;
	char names[NAME_TEXT] = "";
	size_t able = 0;

	for (size_t i = 1; i < sources_count(sources); i++) {
		const struct source_row *row = sources_at(sources, i);

		if (!sources_charts(sources, row->number))
			continue;
		able++;
		if (!rules->of[row->number].read) {
			char words[512];

			snprintf(why, size, "%s: %s", row->name,
				source_words(row, rules->app->now, words, sizeof words));
			return;
		}
		snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s",
			*names ? ", " : "", row->name);
	}
	if (able)
		snprintf(why, size, "no rule of that name in %s", names);
	else
		snprintf(why, size, "no Prometheus or VictoriaMetrics to ask");
}

/* Sources that have both: rules, and alerts whose summary may be the title. */
static bool words_known(const struct rules *rules)
{
	for (size_t s = 1; s < sources_count(rules->app->sources); s++)
		if (rules_count(rules, (int)s) && alerts_of(rules->app->alerts, (int)s))
			return true;
	return false;
}

/* The first look, at the rules only. true: there is nothing to look through. */
static bool search_begin(
	const struct rules *rules, const struct alert *alert, struct rule_search *search)
{
	struct untrusted name = alert_label_value(alert, "alertname");
	bool named = !untrusted_empty(name);
	struct rule_match *match = &search->match;

	*search = (struct rule_search){.alert = alert,
		.version = alerts_version(rules->app->alerts),
		.match = {.source = -1}};
	if (named ? match_name(rules, alert, name, match)
		  : match_title(rules, alert, match)) {
		if (alert->source == match->source)
			search->best_alert = alert;
		return search->best_alert ||
		       !alerts_of(rules->app->alerts, match->source);
	}
	search->by_words = !named && !untrusted_empty(alert_text(alert, ALERT_TITLE)) &&
			   words_known(rules);
	return !search->by_words;
}

/* The server's own alert knows which of several rules it is of. */
static bool search_end(const struct rules *rules, struct rule_search *search)
{
	const struct alert *found = search->best_alert;
	struct rule_match *match = &search->match;

	if (search->by_words) {
		if (!found || !match_name(rules, found,
				      alert_label_value(found, "alertname"), match))
			return false;
		found = match->source == found->source ? found : NULL;
	}
	if (!match->rule)
		return false;
	match->instance = found;
	if (found && found != search->alert)
		match_name(rules, found, match->rule->name, match);
	return true;
}

enum rules_found rules_search(const struct rules *rules, const struct alert *alert,
	struct rule_search *search, int64_t until, char *why, size_t size)
{
	bool over = false;

	if (search->alert != alert ||
		search->version != alerts_version(rules->app->alerts))
		over = search_begin(rules, alert, search);
	if (!over && !look_through(rules, search, until))
		return RULES_SEARCHING;
	if (search_end(rules, search))
		return RULES_FOUND;
	say_why(rules, why, size);
	return RULES_NONE;
}
