/* Pages and alerts that are one thing. An alert says, by its labels, what it is (see
 * alerts_told()); an incident claims such a thing, for one of these reasons, the first
 * that holds:
 *   hand    somebody said so, or said that it is not
 *   key     the alert's server opens incidents of this key
 *   labels  an alert of these labels opened the incident
 *   guess   same service, same time, and a title that fits; and nothing else does
 * All is found anew from the first alerts of the list whenever they change, so that
 * the order in which things came does not matter. Main thread. */
#include "joins.h"

#include "app/alerts.h"
#include "app/history.h"
#include "app/problems.h"
#include "app/sources.h"
#include "base/alloc.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/map.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "store/join.h"

#include <stdlib.h>
#include <string.h>

enum {
	LOOKED_AT = 20000, /* alerts; in a storm the rest stays as it came */
	INCIDENTS = 2000,
	PAIRS = 64,
	SETS = 16, /* alerts that an incident names */
	DETAILS = 4000,
	GUESSED_EARLY_MS = 60 * 1000, /* a page comes after its alert; clocks differ */
	GUESSED_LATE_MS = 10 * 60 * 1000,
	GUESSES = 300,  /* at once */
	WORD_LEAST = 4, /* letters of a name that a title must hold */
};

/* Labels as their hashes: nothing foreign is kept. */
struct label_set {
	uint64_t names[PAIRS], values[PAIRS], link;
	size_t count;
};

struct detail {
	struct label_set *sets;
	size_t count;
};

/* What was said by hand of an alert, and through it of all with its labels. */
struct said {
	char problem[ID_TEXT]; /* "": it stands alone */
};

struct incident {
	const struct alert *alert;
	size_t lead; /* of those that claim the same: the first */
	const struct said *said;
	bool claims, guessed;
};

struct joins {
	struct app *app;
	struct map details; /* by the incident's key */
	struct map said;    /* by the alert's key */
	struct map guessed; /* incidents whose claim is a guess */
	bool dirty;
	size_t wanted;
};

/* One run. */
struct run {
	struct joins *joins;
	struct incident *incidents;
	size_t count;
	const struct alert **alerts; /* that page nobody */
	size_t alert_count;
	struct map claims; /* what alerts say they are → 1 + incident */
	struct map said;   /* … → struct said */
};

struct joins *joins_new(struct app *app)
{
	struct joins *joins = mem_new(1, sizeof *joins);

	joins->app = app;
	joins->dirty = true;
	map_init(&joins->details);
	map_init(&joins->said);
	map_init(&joins->guessed);
	return joins;
}

static void free_detail(struct detail *detail)
{
	mem_free(detail->sets);
	mem_free(detail);
}

void joins_free(struct joins *joins)
{
	void *value;

	if (!joins)
		return;
	for (size_t at = 0; map_each(&joins->details, &at, NULL, &value);)
		free_detail(value);
	for (size_t at = 0; map_each(&joins->said, &at, NULL, &value);)
		mem_free(value);
	map_release(&joins->details);
	map_release(&joins->said);
	map_release(&joins->guessed);
	mem_free(joins);
}

/* --- what incidents say --- */

static void add_set(struct detail *detail, const struct batch_detail *from)
{
	struct label_set *set;

	if (detail->count == SETS || !(from->label_count + untrusted_size(from->link)))
		return;
	detail->sets = mem_resize(detail->sets, detail->count + 1, sizeof *detail->sets);
	set = &detail->sets[detail->count++];
	*set = (struct label_set){
		.link = untrusted_empty(from->link) ? 0 : untrusted_hash(from->link)};
	for (size_t i = 0; i < from->label_count && i < PAIRS; i++) {
		set->names[i] = untrusted_hash(from->labels[i].name);
		set->values[i] = untrusted_hash(from->labels[i].value);
		set->count++;
	}
}

void joins_details(struct joins *joins, int source, const struct batch *batch)
{
	const char *name = sources_row(joins->app->sources, source)->name;

	for (size_t i = 0; i < batch->detail_count; i++) {
		uint64_t key = alert_key(name, batch->details[i].id);
		struct detail *detail = map_get(&joins->details, &key, sizeof key);

		if (!detail && joins->details.count >= DETAILS)
			continue;
		if (!detail) {
			detail = mem_new(1, sizeof *detail);
			map_put(&joins->details, &key, sizeof key, detail);
		}
		add_set(detail, &batch->details[i]);
		joins->dirty = true;
	}
	if (joins->dirty && batch->detail_count)
		app_changed(joins->app, CHANGED_ALERTS);
}

static const struct detail *detail_of(const struct joins *joins, uint64_t key)
{
	return map_get(&joins->details, &key, sizeof key);
}

/* --- claims --- */

static size_t claimed_by(const struct run *run, uint64_t told)
{
	return (size_t)(uintptr_t)map_get(&run->claims, &told, sizeof told);
}

static void claim(struct run *run, uint64_t told, size_t incident)
{
	size_t had = claimed_by(run, told);

	run->incidents[incident].claims = true;
	if (had) {
		/* Two incidents of one alert are one problem. */
		size_t lead = run->incidents[had - 1].lead;

		if (run->incidents[incident].lead == incident)
			run->incidents[incident].lead = lead;
		return;
	}
	map_put(&run->claims, &told, sizeof told, (void *)(uintptr_t)(incident + 1));
}

static uint64_t told(const struct run *run, const struct alert *alert)
{
	return alerts_told(run->joins->app->alerts, alert);
}

/* Who stands alone by hand neither claims nor is claimed. */
static const struct said *said_of(const struct run *run, const struct alert *alert)
{
	uint64_t thing = told(run, alert);

	return map_get(&run->said, &thing, sizeof thing);
}

static bool alone(const struct said *said)
{
	return said && !said->problem[0];
}

static void by_keys(struct run *run)
{
	struct map keys;

	map_init(&keys);
	for (size_t i = 0; i < run->count; i++) {
		uint64_t key =
			untrusted_hash(alert_text(run->incidents[i].alert, ALERT_GROUP));

		if (!alone(run->incidents[i].said) && !map_get(&keys, &key, sizeof key))
			map_put(&keys, &key, sizeof key, (void *)(uintptr_t)(i + 1));
	}
	for (size_t i = 0; i < run->alert_count; i++) {
		struct untrusted rest = alert_text(run->alerts[i], ALERT_PAGE_KEYS), word;

		while (untrusted_word(&rest, " ", &word)) {
			uint64_t key = untrusted_hash(word);
			size_t found =
				(size_t)(uintptr_t)map_get(&keys, &key, sizeof key);

			if (found)
				claim(run, told(run, run->alerts[i]), found - 1);
		}
	}
	map_release(&keys);
}

/* All labels that both have are the same: two at least, or one and the same rule. */
static bool fits(const struct label_set *set, const struct alert *alert)
{
	struct untrusted link = alert_text(alert, ALERT_SOURCE_EXPR);
	bool rule = set->link && untrusted_hash(link) == set->link, named = rule;
	size_t same = 0;

	if (set->link && !rule && untrusted_starts(link, "http"))
		return false;
	for (size_t i = 0; i < alert->label_count; i++) {
		struct pair label = alert_label(alert, i);
		uint64_t name = untrusted_hash(label.name);

		for (size_t k = 0; k < set->count; k++) {
			if (set->names[k] != name)
				continue;
			if (set->values[k] != untrusted_hash(label.value))
				return false;
			named |= untrusted_is(label.name, "alertname");
			same++;
			break;
		}
	}
	return named && (same > 1 || (rule && same));
}

/* The one thing whose alerts fit; 0: none, or several. */
static uint64_t thing_of(const struct run *run, const struct label_set *set)
{
	uint64_t found = 0;

	for (size_t i = 0; i < run->alert_count; i++) {
		uint64_t thing;

		if (!fits(set, run->alerts[i]))
			continue;
		thing = told(run, run->alerts[i]);
		if (found && found != thing)
			return 0;
		found = thing;
	}
	return found;
}

static void by_labels(struct run *run)
{
	for (size_t i = 0; i < run->count; i++) {
		const struct detail *detail =
			detail_of(run->joins, run->incidents[i].alert->key);

		if (!detail || run->incidents[i].claims || alone(run->incidents[i].said))
			continue;
		for (size_t k = 0; k < detail->count; k++) {
			uint64_t thing = thing_of(run, &detail->sets[k]);

			if (thing)
				claim(run, thing, i);
		}
	}
}

/* --- guesses --- */

/* The same but for numbers. */
static bool same_template(struct untrusted a, struct untrusted b)
{
	static const char separators[] = "0123456789.,";
	struct untrusted x, y;
	bool more;

	if (untrusted_empty(a) || untrusted_empty(b))
		return false;
	do {
		more = untrusted_word(&a, separators, &x);
		if (more != untrusted_word(&b, separators, &y))
			return false;
		if (more && !untrusted_eq(x, y))
			return false;
	} while (more);
	return true;
}

/* exactly: numbers count too, and a name in it is not enough. */
static bool title_fits(
	const struct alert *incident, const struct alert *alert, bool exactly)
{
	struct untrusted title = alert_text(incident, ALERT_TITLE);
	struct untrusted name = alert_text(alert, ALERT_TITLE), rest = title, word;

	if (exactly)
		return untrusted_eq(title, alert_text(alert, ALERT_SUMMARY));
	if (same_template(title, alert_text(alert, ALERT_SUMMARY)) ||
		same_template(title, name))
		return true;
	while (untrusted_size(name) >= WORD_LEAST &&
		untrusted_word(&rest, " \t:,;[](){}\"'", &word))
		if (untrusted_eq(word, name))
			return true;
	return false;
}

static bool service_fits(const struct alert *incident, const struct alert *alert)
{
	static const char *const names[] = {"service", "job", "app", "instance"};
	struct untrusted service = alert_text(incident, ALERT_SERVICE);

	if (untrusted_empty(service))
		return false;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (untrusted_eq(alert_label_value(alert, names[i]), service))
			return true;
	return untrusted_eq(alert_text(alert, ALERT_SERVICE), service);
}

static bool guess_fits(
	const struct alert *incident, const struct alert *alert, bool exactly)
{
	int64_t later = incident->started_at - alert->started_at;

	return later >= -GUESSED_EARLY_MS && later <= GUESSED_LATE_MS &&
	       alert->state != ALERT_RESOLVED && service_fits(incident, alert) &&
	       title_fits(incident, alert, exactly);
}

/* Once it is known that it says nothing of itself. */
static bool may_guess(const struct run *run, const struct incident *incident)
{
	const struct alert *alert = incident->alert;

	return !incident->claims && !alone(incident->said) &&
	       (detail_of(run->joins, alert->key) ||
		       !sources_detailed(run->joins->app->sources, alert->source));
}

/* The one thing that it looks like and nobody claims; 0: none, or several. */
static uint64_t likely(const struct run *run, const struct alert *incident, bool exactly)
{
	uint64_t found = 0;

	for (size_t i = 0; i < run->alert_count; i++) {
		uint64_t thing;

		if (!guess_fits(incident, run->alerts[i], exactly))
			continue;
		thing = told(run, run->alerts[i]);
		if (thing == found || claimed_by(run, thing))
			continue;
		if (found)
			return 0;
		found = thing;
	}
	return found;
}

static void guess(struct run *run, bool exactly)
{
	for (size_t i = 0, guessed = 0; i < run->count && guessed < GUESSES; i++) {
		struct incident *incident = &run->incidents[i];
		uint64_t found;

		if (!may_guess(run, incident))
			continue;
		guessed++;
		found = likely(run, incident->alert, exactly);
		if (!found)
			continue;
		claim(run, found, i);
		incident->guessed = true;
	}
}

/* --- what follows --- */

static uint64_t of_problem(const struct said *said)
{
	return untrusted_hash(untrusted_str(said->problem));
}

static uint64_t joined_to(const struct run *run, size_t incident)
{
	const struct incident *lead = &run->incidents[run->incidents[incident].lead];

	if (lead->said)
		return alone(lead->said) ? 0 : of_problem(lead->said);
	return lead->alert->key;
}

static void put_all(struct run *run)
{
	struct alerts *alerts = run->joins->app->alerts;

	map_release(&run->joins->guessed);
	map_init(&run->joins->guessed);
	for (size_t i = 0; i < run->count; i++) {
		const struct incident *incident = &run->incidents[i];
		uint64_t key = incident->alert->key;

		if (incident->said)
			alerts_join(alerts, key,
				alone(incident->said) ? 0 : of_problem(incident->said));
		else
			alerts_join(
				alerts, key, incident->claims ? joined_to(run, i) : 0);
		if (incident->guessed)
			map_put(&run->joins->guessed, &key, sizeof key, run->joins);
	}
	for (size_t i = 0; i < run->alert_count; i++) {
		const struct alert *alert = run->alerts[i];
		const struct said *said = said_of(run, alert);
		size_t incident = claimed_by(run, told(run, alert));

		alerts_join(alerts, alert->key,
			alone(said) ? 0
			: said      ? of_problem(said)
			: incident  ? joined_to(run, incident - 1)
				    : 0);
	}
}

/* Incidents of which more must be known: a few at a time. Of none when there is nothing
 * that they could be joined with. */
static void want_details(struct run *run)
{
	const struct sources *sources = run->joins->app->sources;

	run->joins->wanted = 0;
	for (size_t s = 1; s < sources_count(sources); s++) {
		int number = sources_at(sources, s)->number;
		char ids[SOURCE_MAX_DETAILS][SOURCE_ID];
		size_t n = 0;

		if (!sources_detailed(sources, number))
			continue;
		for (size_t i = 0;
			run->alert_count && i < run->count && n < SOURCE_MAX_DETAILS;
			i++) {
			const struct incident *incident = &run->incidents[i];
			const struct alert *alert = incident->alert;

			if (alert->source == number && !incident->claims &&
				!incident->said && !detail_of(run->joins, alert->key) &&
				run->joins->details.count < DETAILS &&
				text_to_id(
					alert_text(alert, ALERT_ID), ids[n], SOURCE_ID))
				n++;
		}
		run->joins->wanted += n;
		sources_set_details(run->joins->app->sources, number,
			(const char(*)[SOURCE_ID])ids, n);
	}
}

/* Those that are over are forgotten. */
static void forget_details(struct joins *joins)
{
	const char *key;
	void *value;
	uint64_t gone[64];
	size_t n = 0;

	for (size_t at = 0; n < 64 && map_each(&joins->details, &at, &key, &value);) {
		memcpy(&gone[n], key, sizeof gone[n]);
		n += !alerts_find(joins->app->alerts, gone[n]);
	}
	while (n-- > 0)
		free_detail(map_del(&joins->details, &gone[n], sizeof gone[n]));
}

static void collect(struct run *run)
{
	struct joins *joins = run->joins;
	const struct alerts *alerts = joins->app->alerts;
	size_t n = alerts_count(alerts);
	const char *key;
	void *value;

	for (size_t at = 0; map_each(&joins->said, &at, &key, &value);) {
		const struct alert *alert;
		uint64_t id, thing;

		memcpy(&id, key, sizeof id);
		alert = alerts_find(alerts, id);
		thing = alert ? alerts_told(alerts, alert) : 0;
		if (alert)
			map_put(&run->said, &thing, sizeof thing, value);
	}
	if (n > LOOKED_AT)
		n = LOOKED_AT;
	run->alerts = mem_new(n, sizeof *run->alerts);
	run->incidents = mem_new(INCIDENTS, sizeof *run->incidents);
	for (size_t i = 0; i < n; i++) {
		const struct alert *alert = alerts_at(alerts, i);

		if (!alert->pages)
			run->alerts[run->alert_count++] = alert;
		else if (run->count < INCIDENTS && alert->state != ALERT_RESOLVED) {
			run->incidents[run->count] = (struct incident){
				alert, run->count, said_of(run, alert), false, false};
			run->count++;
		}
	}
}

static bool any_pages(const struct joins *joins)
{
	const struct sources *sources = joins->app->sources;

	for (size_t i = 1; i < sources_count(sources); i++)
		if (sources_at(sources, i)->pages)
			return true;
	return joins->said.count > 0;
}

/* A page tells of it, or one whose source is named before: always the same one, so that
 * one of them is left. */
static bool is_echo(const struct alerts *alerts, const struct alert *alert)
{
	const struct alert *twin = NULL;

	while ((twin = alerts_twin(alerts, alert, twin)))
		if (twin != alert && (twin->pages || twin->source < alert->source ||
					     (twin->source == alert->source &&
						     twin->key < alert->key)))
			return true;
	return false;
}

static void mark_echoes(const struct joins *joins)
{
	struct alerts *alerts = joins->app->alerts;
	size_t n = alerts_count(alerts);

	for (size_t i = 0; i < n && i < LOOKED_AT; i++) {
		const struct alert *alert = alerts_at(alerts, i);

		if (alert->pages || alert->echo || !alert->twinned ||
			!is_echo(alerts, alert))
			continue;
		alerts_echo(alerts, alert->key);
		history_alert(joins->app->history, alert->key);
	}
}

void joins_run(struct joins *joins)
{
	struct run run = {.joins = joins};

	joins->dirty |= (joins->app->changes & CHANGED_ALERTS) != 0;
	if (!joins->dirty || !alerts_settled(joins->app->alerts))
		return;
	if (!any_pages(joins)) {
		joins->dirty = false;
		mark_echoes(joins);
		return;
	}
	joins->dirty = false;
	forget_details(joins);
	map_init(&run.claims);
	map_init(&run.said);
	collect(&run);
	by_keys(&run);
	by_labels(&run);
	guess(&run, true);
	guess(&run, false);
	want_details(&run);
	put_all(&run);
	mark_echoes(joins);
	map_release(&run.claims);
	map_release(&run.said);
	mem_free(run.alerts);
	mem_free(run.incidents);
}

bool joins_settled(const struct joins *joins)
{
	return !joins->wanted;
}

bool problem_guessed(const struct app *app, const struct alert *alert)
{
	for (const struct alert *twin = NULL;
		(twin = alerts_twin(app->alerts, alert, twin));)
		if (map_get(&app->joins->guessed, &twin->key, sizeof twin->key))
			return true;
	return false;
}

/* --- by hand --- */

static void told_store(void *ctx, const struct err *err)
{
	struct joins *joins = ctx;

	if (err)
		app_notice(joins->app, true, "so for now, but not kept: %s", err->text);
}

static void say(struct joins *joins, const struct alert *alert, const char *problem)
{
	const struct store_then then = {told_store, joins};
	struct said *said = map_get(&joins->said, &alert->key, sizeof alert->key);
	const struct join_row row = {
		.source = untrusted_str(
			sources_row(joins->app->sources, alert->source)->name),
		.upstream_id = alert_text(alert, ALERT_ID),
		.problem = untrusted_str(problem)};

	if (!said) {
		said = mem_new(1, sizeof *said);
		map_put(&joins->said, &alert->key, sizeof alert->key, said);
	}
	str_copy(said->problem, sizeof said->problem, problem);
	if (joins->app->store)
		join_put_later(joins->app->store, &row, 1, then);
	joins->dirty = true;
	app_changed(joins->app, CHANGED_ALERTS);
}

bool problem_split(struct app *app, uint64_t key, struct err *err)
{
	const struct alert *alert = alerts_find(app->alerts, key);
	size_t n = 0;

	if (!alert)
		return err_set(err, ERR_MISSING, "it has ended meanwhile");
	for (const struct alert *twin = NULL;
		(twin = alerts_twin(app->alerts, alert, twin));)
		n += alerts_told(app->alerts, twin) != alerts_told(app->alerts, alert);
	if (!n)
		return err_set(err, ERR_MISSING,
			"nothing to split: all that tell of it have the same labels");
	say(app->joins, alert, "");
	problems_join(app);
	return true;
}

bool problem_join(struct app *app, const uint64_t *keys, size_t count, struct err *err)
{
	char problem[ID_TEXT];
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		n += alerts_find(app->alerts, keys[i]) != NULL;
	if (n < 2)
		return err_set(err, ERR_USAGE,
			"joining takes two: mark them with Space, or name the other one");
	id_new(app->now, problem);
	for (size_t i = 0; i < count; i++) {
		const struct alert *alert = alerts_find(app->alerts, keys[i]);

		if (alert)
			say(app->joins, alert, problem);
	}
	problems_join(app);
	return true;
}

static void got(void *ctx, const struct join_rows *rows, const struct err *err)
{
	struct joins *joins = ctx;

	if (err) {
		log_add(LOG_WARN, "what was joined by hand: %s", err->text);
		return;
	}
	for (size_t i = 0; i < rows->count; i++) {
		const struct join_row *row = &rows->rows[i];
		uint64_t key = alert_key_named(row->source, row->upstream_id);
		struct said *said;

		if (map_get(&joins->said, &key, sizeof key))
			continue;
		said = mem_new(1, sizeof *said);
		text_line(row->problem, said->problem, sizeof said->problem);
		map_put(&joins->said, &key, sizeof key, said);
	}
	joins->dirty = true;
	app_changed(joins->app, CHANGED_ALERTS);
}

void joins_begin(struct joins *joins)
{
	join_list_later(joins->app->store, got, joins);
}
