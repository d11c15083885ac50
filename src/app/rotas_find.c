/* People and schedules by what somebody typed, and what is said of them. What fits
 * several is refused with all that it could be: nobody is paged by a guess. Main
 * thread. */
#include "rotas_parts.h"

#include "app/sources.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"

#include <stdio.h>
#include <string.h>

enum { NAMED_MOST = 6, NAME_TEXT = 80 };

static bool same(struct untrusted text, const char *wanted)
{
	return untrusted_size(text) == strlen(wanted) &&
	       untrusted_find_nocase(text, wanted) == 0;
}

/* One of its words begins so. */
static bool word_begins(struct untrusted text, const char *wanted)
{
	struct untrusted word;

	while (untrusted_word(&text, " .-_@", &word))
		if (untrusted_find_nocase(word, wanted) == 0)
			return true;
	return false;
}

static struct untrusted local_part(struct untrusted mail)
{
	ptrdiff_t at = untrusted_find(mail, "@");

	return at > 0 ? untrusted_slice(mail, 0, (size_t)at) : UNTRUSTED_NONE;
}

/* How well it fits, 0 the best; RANKS: not at all. */
enum { RANKS = 4 };

static int person_rank(const struct person *p, const char *wanted)
{
	if (untrusted_is(p->id, wanted) || same(p->mail, wanted))
		return 0;
	if (same(p->name, wanted))
		return 1;
	return word_begins(p->name, wanted) || word_begins(local_part(p->mail), wanted)
		       ? 2
		       : RANKS;
}

static int rota_rank(const struct rota *rota, const char *wanted)
{
	if (untrusted_is(rota->id, wanted))
		return 0;
	if (same(rota->name, wanted))
		return 1;
	if (untrusted_find_nocase(rota->name, wanted) == 0)
		return 2;
	return untrusted_find_nocase(rota->name, wanted) > 0 ? 3 : RANKS;
}

static void list_more(struct str *out, size_t n)
{
	if (n > NAMED_MOST)
		str_printf(out, " and %zu more", n - NAMED_MOST);
}

static void refuse_people(const struct rota_group *g, const char *wanted, int rank,
	size_t n, struct err *err)
{
	char name[NAME_TEXT], mail[NAME_TEXT], id[NAME_TEXT];
	size_t listed = 0;
	struct str out;

	str_init(&out, sizeof err->text);
	for (size_t i = 0; i < g->person_count && listed < NAMED_MOST; i++) {
		const struct person *p = &g->people[i];

		if (person_rank(p, wanted) != rank)
			continue;
		text_line(p->mail, mail, sizeof mail);
		str_printf(&out, "%s%s (%s)", listed++ ? ", " : "",
			text_line(p->name, name, sizeof name),
			*mail ? mail : text_line(p->id, id, sizeof id));
	}
	list_more(&out, n);
	err_set(err, ERR_USAGE, "%.40s could be %s: nobody is paged by a guess", wanted,
		str_text(&out));
	str_release(&out);
}

const struct person *rotas_person(
	const struct rotas *rotas, int source, const char *wanted, struct err *err)
{
	const struct rota_group *g = &rotas->groups[source];
	const struct person *found = NULL;
	int best = RANKS;
	size_t n = 0;

	wanted += *wanted == '@';
	if (!strcmp(wanted, "me") || !strcmp(wanted, "you")) {
		found = rota_group_person(g, g->me);
		if (untrusted_empty(g->me) || !found)
			err_set(err, ERR_MISSING,
				"%s does not say who you are: set from=MAIL in its line",
				sources_row(rotas->app->sources, source)->name);
		return untrusted_empty(g->me) ? NULL : found;
	}
	for (size_t i = 0; *wanted && i < g->person_count; i++) {
		int rank = person_rank(&g->people[i], wanted);

		if (rank < best) {
			best = rank;
			n = 0;
		}
		if (rank == best && rank < RANKS && !n++)
			found = &g->people[i];
	}
	if (n == 1)
		return found;
	if (n)
		refuse_people(g, wanted, best, n, err);
	else
		err_set(err, ERR_MISSING, "%s knows nobody called %.60s",
			sources_row(rotas->app->sources, source)->name, wanted);
	return NULL;
}

size_t rotas_people(const struct rotas *rotas, int source, const struct person **people)
{
	*people = rotas->groups[source].people;
	return rotas->groups[source].person_count;
}

static void refuse_rotas(const struct rotas *rotas, const char *wanted, int rank,
	size_t n, struct err *err)
{
	char name[NAME_TEXT];
	size_t listed = 0;
	struct str out;

	str_init(&out, sizeof err->text);
	for (size_t i = 0; i < rotas->row_count && listed < NAMED_MOST; i++)
		if (!wanted || rota_rank(&rotas->rows[i].rota, wanted) == rank)
			str_printf(&out, "%s%s", listed++ ? ", " : "",
				text_line(rotas->rows[i].rota.name, name, sizeof name));
	list_more(&out, n);
	if (wanted)
		err_set(err, ERR_USAGE, "%.40s could be %s", wanted, str_text(&out));
	else
		err_set(err, ERR_USAGE, "say which schedule: %s", str_text(&out));
	str_release(&out);
}

const struct rota_row *rotas_named(
	const struct rotas *rotas, const char *wanted, struct err *err)
{
	const struct rota_row *found = NULL;
	char why[ROTAS_WORDS];
	int best = RANKS;
	size_t n = 0;

	for (size_t i = 0; i < rotas->row_count; i++) {
		int rank = wanted ? rota_rank(&rotas->rows[i].rota, wanted) : 0;

		if (rank < best) {
			best = rank;
			n = 0;
		}
		if (rank == best && rank < RANKS && !n++)
			found = &rotas->rows[i];
	}
	if (n == 1)
		return found;
	if (n)
		refuse_rotas(rotas, wanted, best, n, err);
	else if (rotas->row_count)
		err_set(err, ERR_MISSING, "no schedule is called %.60s", wanted);
	else if (!rotas_words(rotas, why, sizeof why))
		err_set(err, ERR_MISSING, "no schedule is known: %s", why);
	else
		err_set(err, ERR_MISSING, "no source has schedules");
	return NULL;
}

const struct rota_row *rotas_of(
	const struct rotas *rotas, struct untrusted source, struct untrusted schedule)
{
	for (size_t i = 0; i < rotas->row_count; i++) {
		const struct rota_row *row = &rotas->rows[i];

		if (untrusted_eq(row->rota.id, schedule) &&
			untrusted_is(source,
				sources_row(rotas->app->sources, row->source)->name))
			return row;
	}
	return NULL;
}

struct untrusted rotas_me(const struct rotas *rotas, int source)
{
	return rotas->groups[source].me;
}

bool rotas_mine(const struct rotas *rotas, int64_t *until)
{
	int64_t now = rotas->app->now;
	bool mine = false;

	for (size_t i = 0; i < rotas->row_count; i++) {
		const struct rota_row *row = &rotas->rows[i];
		struct untrusted me = rotas_me(rotas, row->source);
		int64_t end = untrusted_empty(me) || now >= row->rota.window.until_at
				      ? now
				      : rota_until(&row->rota, me, now);

		if (end > now && (!mine || end < *until))
			*until = end;
		mine = mine || end > now;
	}
	return mine;
}

const struct person *rotas_known(
	const struct rotas *rotas, int source, struct untrusted user)
{
	return rota_group_person(&rotas->groups[source], user);
}

const char *rotas_who(const struct rotas *rotas, int source, struct untrusted user,
	char *out, size_t size)
{
	const struct rota_group *g = &rotas->groups[source];
	const struct person *person = rota_group_person(g, user);

	if (!untrusted_empty(g->me) && untrusted_eq(user, g->me))
		str_copy(out, size, "you");
	else
		text_line(person && !untrusted_empty(person->name) ? person->name : user,
			out, size);
	return out;
}

bool rotas_words(const struct rotas *rotas, char *out, size_t size)
{
	const struct sources *sources = rotas->app->sources;
	int64_t now = rotas->app->now;
	char age[TIME_TEXT];

	*out = '\0';
	for (size_t i = 1; i < sources_count(sources) && !*out; i++) {
		const struct source_row *row = sources_at(sources, i);
		const struct rota_group *g = &rotas->groups[row->number];
		bool old = g->read_at && now - g->read_at > ROTAS_OLD_MS;

		if (!row->has_rota)
			continue;
		if (g->absent)
			snprintf(out, size,
				"%s: schedules are not in its plan, or may not be read",
				row->name);
		else if (*g->error && !g->read_at)
			snprintf(out, size, "%s: %s", row->name, g->error);
		else if (!g->read_at)
			snprintf(out, size, "%s: schedules are not read yet", row->name);
		else if (!g->live || old)
			snprintf(out, size, "%s: as read %s ago%s%s", row->name,
				duration_text(now - g->read_at, age),
				*g->error ? "; " : "", g->error);
		else if (*g->partial)
			snprintf(out, size, "%s: %s", row->name, g->partial);
	}
	return !*out;
}

/* --- words --- */

const char *rota_moment(int64_t at, int64_t now, char out[ROTA_TIME])
{
	char clock[TIME_TEXT], day[TIME_TEXT], today[TIME_TEXT];

	time_clock(at, clock);
	time_day(at, day);
	time_day(now, today);
	if (!strcmp(day, today) && at - now < DAY_MS && now - at < DAY_MS)
		snprintf(out, ROTA_TIME, "%s", clock);
	else if (at > now && at - now < 6 * DAY_MS)
		snprintf(out, ROTA_TIME, "%.3s %s", day, clock);
	else
		snprintf(out, ROTA_TIME, "%s %s", day, clock);
	return out;
}

const char *rota_length(int64_t ms, char out[ROTA_TIME])
{
	long long minutes = (ms + MINUTE_MS / 2) / MINUTE_MS;

	if (!minutes)
		snprintf(out, ROTA_TIME, "<1m");
	else if (minutes >= 24 * 60 && minutes % (24 * 60) == 0)
		snprintf(out, ROTA_TIME, "%lldd", minutes / (24 * 60));
	else if (minutes % 60 == 0)
		snprintf(out, ROTA_TIME, "%lldh", minutes / 60);
	else if (minutes < 60)
		snprintf(out, ROTA_TIME, "%lldm", minutes);
	else
		snprintf(out, ROTA_TIME, "%lldh%02lldm", minutes / 60, minutes % 60);
	return out;
}

const char *rota_span_words(struct span span, int64_t now, char out[ROTA_SPAN])
{
	char from[ROTA_TIME], until[ROTA_TIME], from_day[TIME_TEXT], day[TIME_TEXT];
	char length[ROTA_TIME], zone[TIME_TEXT];

	rota_moment(span.from_at, now, from);
	rota_moment(span.until_at, now, until);
	time_day(span.from_at, from_day);
	time_day(span.until_at, day);
	/* The day is said once. */
	if (!strcmp(from_day, day) && span.until_at - span.from_at < DAY_MS)
		time_clock(span.until_at, until);
	snprintf(out, ROTA_SPAN, "%s to %s %s (%s)", from, until,
		time_zone(span.until_at, zone),
		rota_length(span.until_at - span.from_at, length));
	return out;
}
