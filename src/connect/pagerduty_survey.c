/* How much there is to import from PagerDuty, before any of it is: the services and teams
 * that are chosen by name become ids, and the incidents of each are counted over the span
 * that history is to cover, in windows that the API allows. Asks for totals, never for
 * rows. A state machine without I/O; any thread, one at a time. */
#include "pagerduty.h"

#include "base/text.h"
#include "base/time.h"
#include "pager.h"

#include <string.h>

enum {
	MOST_THINGS = 1000,
	MOST_EACH = 12, /* services that are counted one by one without being chosen */
	MOST_EACH_ASKS = 100,
	ASKS_PER_S = 14, /* of 960 a minute */
	MAX_BODY = 16 << 20,
	PATH_BYTES = 8 << 10,
	SHOWN = 400,
	NEWEST_PAGES = 10, /* of pagerduty_past.c, as the figures below */
	ENTRIES_EACH = 4,
	FIRST_WINDOWS = 6,
};

#define WINDOW_MS (30 * DAY_MS)

enum what { WHAT_SERVICES, WHAT_TEAMS, WHAT_COUNT };

struct thing {
	struct untrusted id, name;
};

struct things {
	struct thing list[MOST_THINGS];
	size_t count;
	bool whole, absent;
};

struct survey {
	const struct source_conf *conf;
	struct arena arena;
	bool open, done;
	enum what what;
	int64_t offset, now, from_at;
	struct things services, teams;
	size_t target; /* of the list below */
	struct batch_count targets[MOST_THINGS + 2];
	size_t target_count;
	/* Whose log is read: it cannot be asked for by service or urgency. 0: of what is
	 * counted. */
	size_t log_target;
	int64_t second;
	int asked;
};

/* --- asking --- */

static bool chosen_services(const struct survey *s)
{
	return s->conf->services && *s->conf->services;
}

static const struct thing *find(const struct things *things, struct untrusted word)
{
	for (size_t i = 0; i < things->count; i++)
		if (untrusted_eq(things->list[i].id, word) ||
			untrusted_eq(things->list[i].name, word))
			return &things->list[i];
	return NULL;
}

static void add_teams(const struct survey *s, struct str *path)
{
	struct untrusted rest = untrusted_str(s->conf->teams), word;

	while (untrusted_word(&rest, ",", &word)) {
		const struct thing *team = find(&s->teams, untrusted_trim(word));

		if (!team)
			continue;
		str_puts(path, "&team_ids%5B%5D=");
		text_add_url(path, team->id);
	}
}

static void add_time(struct str *path, const char *name, int64_t at)
{
	char text[TIME_TEXT];

	time_rfc3339(at, text);
	text[strlen("2026-11-21T14:32:01")] = '\0';
	str_printf(path, "&%s=", name);
	text_add_url(path, untrusted_str(text));
	str_putc(path, 'Z');
}

static void path_count(const struct survey *s, struct str *path)
{
	const struct batch_count *t = &s->targets[s->target];
	int64_t until_at = s->from_at + WINDOW_MS;
	struct untrusted rest = untrusted_str(s->conf->urgencies), word;

	str_puts(path, "/incidents?time_zone=UTC&limit=1&offset=0&total=true");
	if (!s->from_at) {
		str_puts(path, "&date_range=all");
	} else {
		add_time(path, "since", s->from_at);
		add_time(path, "until", until_at < s->now ? until_at : s->now);
	}
	add_teams(s, path);
	if (s->log_target && s->target == s->log_target) {
		pagerduty_add_filter(path, s->conf->filter, "team=");
		return;
	}
	if (!untrusted_empty(t->id)) {
		str_puts(path, "&service_ids%5B%5D=");
		text_add_url(path, t->id);
	}
	while (untrusted_word(&rest, ",", &word)) {
		str_puts(path, "&urgencies%5B%5D=");
		text_add_url(path, untrusted_trim(word));
	}
	pagerduty_add_filter(path, s->conf->filter, NULL);
}

static bool next(void *state, int64_t now, const struct source_window *window,
	struct arena *arena, struct ask *out)
{
	struct survey *s = state;
	struct str path;

	(void)window;
	if (s->open)
		return false;
	if (s->second != now / SECOND_MS) {
		s->second = now / SECOND_MS;
		s->asked = 0;
	}
	if (!s->now)
		s->now = now - now % SECOND_MS + SECOND_MS;
	*out = (struct ask){.kind = ASK_WAIT, .until = (s->second + 1) * SECOND_MS};
	if (s->done)
		out->until = now + HOUR_MS;
	if (s->done || s->asked == ASKS_PER_S)
		return true;
	s->asked++;
	str_init(&path, PATH_BYTES);
	if (s->what == WHAT_COUNT)
		path_count(s, &path);
	else
		str_printf(&path, "/%s?limit=%d&offset=%lld",
			s->what == WHAT_SERVICES ? "services" : "teams", PAGER_LIMIT,
			(long long)s->offset);
	*out = (struct ask){.kind = ASK_HTTP,
		.id = (int)s->what,
		.method = "GET",
		.path = arena_strdup(arena, str_text(&path)),
		.headers = pagerduty_headers,
		.max_bytes = MAX_BODY};
	str_release(&path);
	s->open = out->path != NULL;
	return s->open;
}

/* --- what is to be counted --- */

/* "no service is called x; there are cart, search and 12 more" */
static bool no_such(const struct things *things, const char *what, struct untrusted word,
	struct err *err)
{
	enum { LISTED = 8 };
	struct str list;
	char shown[80];

	str_init(&list, SHOWN / 2);
	for (size_t i = 0; i < things->count && i < LISTED; i++) {
		str_puts(&list, i ? ", " : "; there are ");
		text_add_line(&list, things->list[i].name, 30);
	}
	if (things->count > LISTED)
		str_printf(&list, " and %zu more", things->count - LISTED);
	err_set(err, ERR_USAGE, "no %s is called %s%s", what,
		text_line(word, shown, sizeof shown),
		things->absent ? ", and this key may not list them" : str_text(&list));
	str_release(&list);
	return false;
}

static struct batch_count *add_target(struct survey *s, const struct thing *thing)
{
	struct batch_count *t = &s->targets[s->target_count++];

	*t = (struct batch_count){.kind = COUNT_ALL};
	if (thing)
		*t = (struct batch_count){
			.kind = COUNT_SERVICE, .id = thing->id, .name = thing->name};
	return t;
}

static size_t windows(const struct survey *s)
{
	return s->conf->since_at ? (size_t)((s->now - s->conf->since_at) / WINDOW_MS + 1)
				 : 1;
}

/* Named twice it is one still. */
static bool is_target(const struct survey *s, const struct thing *thing)
{
	for (size_t i = 0; i < s->target_count; i++)
		if (untrusted_eq(s->targets[i].id, thing->id))
			return true;
	return false;
}

static bool choose_targets(struct survey *s, struct err *err)
{
	struct untrusted rest = untrusted_str(s->conf->services), word;
	const struct thing *thing;

	while (untrusted_word(&rest, ",", &word)) {
		thing = find(&s->services, untrusted_trim(word));
		if (!thing)
			return no_such(
				&s->services, "service", untrusted_trim(word), err);
		if (s->target_count < MOST_THINGS && !is_target(s, thing))
			add_target(s, thing);
	}
	rest = untrusted_str(s->conf->teams);
	while (untrusted_word(&rest, ",", &word))
		if (!find(&s->teams, untrusted_trim(word)))
			return no_such(&s->teams, "team", untrusted_trim(word), err);
	if (!s->target_count && !s->conf->filter && s->services.count <= MOST_EACH &&
		s->services.count * windows(s) <= MOST_EACH_ASKS)
		for (size_t i = 0; i < s->services.count; i++)
			add_target(s, &s->services.list[i]);
	if (!chosen_services(s))
		add_target(s, NULL);
	if (!(s->conf->left_out & FIELD_LOG) &&
		(chosen_services(s) || s->conf->filter || s->conf->urgencies)) {
		s->log_target = s->target_count;
		add_target(s, NULL);
	}
	s->what = WHAT_COUNT;
	s->from_at = s->conf->since_at;
	return true;
}

/* --- answers --- */

static bool read_things(
	struct survey *s, struct things *things, struct json page, const char *member)
{
	struct json list = json_get(page, member);
	int64_t limit = 0;

	for (struct json e = json_first(list); json_item(e); e = json_next(e)) {
		struct untrusted id = json_text(json_get(e, "id")),
				 name = json_text(json_get(e, "name"));

		if (untrusted_empty(name))
			name = json_text(json_get(e, "summary"));
		if (!untrusted_empty(id) && things->count < MOST_THINGS)
			things->list[things->count++] =
				(struct thing){untrusted_copy(&s->arena, id),
					untrusted_copy(&s->arena, name)};
	}
	if (!json_i64(json_get(page, "limit"), &limit) || limit < 1 ||
		limit > PAGER_LIMIT)
		limit = PAGER_LIMIT;
	s->offset += limit;
	return !json_bool(json_get(page, "more"), false) || !json_count(list) ||
	       things->count == MOST_THINGS || s->offset + PAGER_LIMIT > PAGER_REACH;
}

static bool next_list(struct survey *s, struct err *err)
{
	s->offset = 0;
	if (s->what == WHAT_SERVICES && s->conf->teams && *s->conf->teams) {
		s->what = WHAT_TEAMS;
		return true;
	}
	return choose_targets(s, err);
}

static void read_count(struct survey *s, struct json page)
{
	struct batch_count *t = &s->targets[s->target];
	int64_t total = -1;

	if (!json_i64(json_get(page, "total"), &total) || total < 0)
		t->unknown = true;
	else
		t->incidents += total;
	if (s->from_at && s->from_at + WINDOW_MS < s->now) {
		s->from_at += WINDOW_MS;
		return;
	}
	s->from_at = s->conf->since_at;
	s->target++;
	s->done = s->target == s->target_count;
}

/* An incident is of one service: what is chosen together is the sum. */
static void add_up(struct survey *s)
{
	struct batch_count *all = add_target(s, NULL);

	for (size_t i = 0; i + 1 < s->target_count; i++) {
		if (s->log_target && i == s->log_target)
			continue;
		all->incidents += s->targets[i].incidents;
		all->unknown |= s->targets[i].unknown;
	}
}

/* What pagerduty_past.c will ask for: the newest, whenever they began, then windows; and
 * the log. */
static int64_t asks_for(const struct survey *s, int64_t incidents)
{
	int64_t pages = incidents / (PAGER_LIMIT - 1), logged = incidents;
	int64_t spans = FIRST_WINDOWS + (int64_t)windows(s);
	int64_t asks = NEWEST_PAGES + spans + pages;

	if (s->log_target)
		logged = s->targets[s->log_target].incidents;
	if (s->conf->left_out & FIELD_LOG)
		return asks;
	return asks + spans + ENTRIES_EACH * logged / (PAGER_LIMIT - 1);
}

static void give(const struct survey *s, struct batch *batch)
{
	struct untrusted rest = untrusted_str(s->conf->teams), word;

	for (size_t i = 0; i < s->target_count; i++) {
		struct batch_count *row;

		if (s->log_target && i == s->log_target)
			continue;
		row = batch_add_count(batch);
		if (!row)
			return;
		*row = s->targets[i];
		if (row->kind == COUNT_ALL)
			row->asks = asks_for(s, row->incidents);
	}
	while (untrusted_word(&rest, ",", &word)) {
		const struct thing *team = find(&s->teams, untrusted_trim(word));
		struct batch_count *row = batch_add_count(batch);

		if (!row)
			return;
		*row = (struct batch_count){
			.kind = COUNT_TEAM, .id = team->id, .name = team->name};
	}
}

static bool absent(int status)
{
	return status == 402 || status == 403 || status == 404;
}

static bool read_answer(struct survey *s, const struct answer *answer,
	struct batch *batch, struct err *err)
{
	static const char *const members[] = {"services", "teams", "incidents"};
	struct things *things = s->what == WHAT_TEAMS ? &s->teams : &s->services;
	struct json_doc doc;
	bool last = false;

	if (s->what != WHAT_COUNT && absent(answer->status)) {
		things->absent = true;
		return next_list(s, err);
	}
	if (answer->status != 200)
		return pagerduty_refused(answer, err);
	if (!pagerduty_open(answer, members[s->what], &doc, err))
		return false;
	if (s->what == WHAT_COUNT)
		read_count(s, json_root(&doc));
	else
		last = read_things(s, things, json_root(&doc), members[s->what]);
	json_release(&doc);
	if (last && !next_list(s, err))
		return false;
	if (s->done && chosen_services(s))
		add_up(s);
	if (s->done)
		give(s, batch);
	return true;
}

static bool take(
	void *state, const struct answer *answer, struct batch *batch, struct err *err)
{
	struct survey *s = state;
	bool ok;

	s->open = false;
	ok = read_answer(s, answer, batch, err);
	/* It is asked once: what was refused is the end of it. */
	s->done = s->done || !ok;
	return ok;
}

/* --- life --- */

static bool start(void *state, const struct source_conf *conf, struct err *err)
{
	struct survey *s = state;

	(void)err;
	s->conf = conf;
	arena_init(&s->arena, PAGER_MAX_BYTES);
	return true;
}

static void stop(void *state)
{
	arena_release(&((struct survey *)state)->arena);
}

const struct source_kind pagerduty_survey = {
	.name = "pagerduty survey",
	.help = "PagerDuty: how many incidents there are",
	.secret_header = "Authorization: Token token=",
	.state_size = sizeof(struct survey),
	.start = start,
	.stop = stop,
	.next = next,
	.take = take,
};
