/* Completion of a command line from the tables: nothing is known here that help or the
 * man page does not print. A word of a command's `args` in capitals names a kind of
 * word below; one in small letters is itself. Pure over app. Main thread. */
#include "app/complete.h"

#include "action_plan.h"
#include "app/alerts.h"
#include "app/handoff.h"
#include "app/keyseq.h"
#include "app/problems.h"
#include "app/rotas.h"
#include "app/runbooks.h"
#include "app/setting.h"
#include "app/sources.h"
#include "app/trends.h"
#include "base/str.h"
#include "base/text.h"
#include "embedded.h"
#include "model/alert.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORD_MAX = 64 };

struct search {
	const struct app *app;
	const struct completion_place *place;
	const char *typed; /* the beginning of the word */
	const char *line;  /* all words before it, for what depends on one */
	struct completion *out;
};

static void offer_end(struct search *s, const char *word, size_t n, const char *end)
{
	struct completion *out = s->out;
	char text[COMPLETION_BYTES];

	if (n + strlen(end) >= sizeof text || strncmp(word, s->typed, strlen(s->typed)) ||
		n < strlen(s->typed) || !n)
		return;
	snprintf(text, sizeof text, "%.*s%s", (int)n, word, end);
	for (size_t i = 0; i < out->count; i++)
		if (!strcmp(out->words[i], text))
			return;
	if (out->count == COMPLETION_WORDS)
		return;
	out->notes[out->count][0] = '\0';
	str_copy(out->words[out->count++], COMPLETION_BYTES, text);
}

static void offer(struct search *s, const char *word)
{
	/* A word that has to be quoted cannot be completed letter by letter. */
	if (!strpbrk(word, " \"\\#"))
		offer_end(s, word, strlen(word), " ");
}

/* "a|b|c", "a b c" */
static void offer_each(struct search *s, const char *words)
{
	while (*words) {
		size_t n = strcspn(words, "| ");

		offer_end(s, words, n, " ");
		words += n + (words[n] != '\0');
	}
}

static void offer_shipped(struct search *s, const char *folder)
{
	for (const struct embedded *e = embedded_files; e->name; e++) {
		const char *base = strchr(e->name, '/');

		if (base && !strncmp(e->name, folder, (size_t)(base - e->name)))
			offer_end(s, base + 1, strlen(base + 1) - strlen(".rc"), " ");
	}
}

/* --- kinds of words --- */

static void panes(struct search *s)
{
	for (const char *const *name = s->place->panes; *name; name++)
		offer(s, *name);
}

static void columns(struct search *s)
{
	const struct listing *l = s->place->listing;

	for (size_t i = 0; l && i < l->column_count; i++)
		if (!(l->columns[i].flags & COLUMN_SPARK))
			offer(s, l->columns[i].name);
}

static void source_names(struct search *s)
{
	for (size_t i = 0; i < sources_count(s->app->sources); i++)
		offer(s, sources_at(s->app->sources, i)->name);
}

static void kinds_of_source(struct search *s)
{
	for (size_t i = 0; source_kinds[i]; i++)
		offer(s, source_kinds[i]->name);
}

/* Of a source line, and what is chosen of it. */
static void source_keys(struct search *s)
{
	for (size_t i = 0; rc_keys[i].verb; i++)
		if (!strcmp(rc_keys[i].verb, "source"))
			offer_end(s, rc_keys[i].name, strlen(rc_keys[i].name), "=");
	for (size_t i = 0; source_choices[i]; i++)
		offer_end(s, source_choices[i], strlen(source_choices[i]), "=");
}

static void nouns(struct search *s)
{
	for (size_t i = 0; listings[i]; i++)
		offer(s, listings[i]->noun);
}

static void profiles(struct search *s)
{
	for (size_t i = 0; i < s->app->rc->conf.profile_count; i++)
		offer(s, s->app->rc->conf.profiles[i]);
}

static void layouts(struct search *s)
{
	for (size_t i = 0; i < s->app->rc->layout_count; i++)
		offer(s, s->app->rc->layouts[i].name);
}

static void runbooks(struct search *s)
{
	for (size_t i = 0; i < runbooks_count(s->app->runbooks); i++) {
		char name[WORD_MAX];

		runbook_name(runbooks_at(s->app->runbooks, i), name, sizeof name);
		offer(s, name);
	}
}

static void durations(struct search *s)
{
	offer_each(s, "5m 15m 30m 1h 3h 6h 12h 1d 2d 7d 28d");
}

static void moments(struct search *s)
{
	offer_each(s, "now -15m -1h -6h -1d -7d");
}

static void settings(struct search *s)
{
	for (size_t i = 0; i < s->app->rc->settings.count; i++) {
		const char *name = s->app->rc->settings.rows[i].name;

		offer_end(s, name, strlen(name), " = ");
	}
}

/* Of the setting that stands before the "=": what it can be, or what it is. */
static void values(struct search *s)
{
	const struct settings *all = &s->app->rc->settings;
	char name[WORD_MAX];
	int i;

	snprintf(name, sizeof name, "%.*s", (int)strcspn(s->line + 4, " "), s->line + 4);
	i = settings_find(all, name);
	if (i < 0)
		return;
	if (i == SET_THEME)
		offer_shipped(s, "themes");
	if (i == SET_KEYMAP)
		offer_shipped(s, "keymaps");
	if (i == SET_LAYOUT) {
		offer(s, "auto");
		layouts(s);
	}
	if (i == SET_ALERTS_GROUP)
		offer_each(s, "none name service severity source upstream cluster "
			      "namespace name,service name,severity");
	if (all->rows[i].type == SETTING_BOOL)
		offer_each(s, "on off");
	if (all->rows[i].type == SETTING_ENUM)
		offer_each(s, all->rows[i].choices);
	offer(s, settings_text(all, i));
	offer(s, all->rows[i].initial);
}

static void equals(struct search *s)
{
	offer(s, "=");
}

static void contexts(struct search *s)
{
	for (size_t i = 0; keyseq_contexts[i].name; i++)
		offer(s, keyseq_contexts[i].name);
}

static void keys(struct search *s)
{
	for (size_t i = 0; keyseq_named(i); i++) {
		char text[WORD_MAX];

		snprintf(text, sizeof text, "<%s>", keyseq_named(i));
		offer(s, text);
	}
}

static void roles(struct search *s)
{
	for (size_t i = 0; role_rows[i].name; i++)
		offer(s, role_rows[i].name);
}

static void colors(struct search *s)
{
	for (size_t i = 0; rc_color_names[i]; i++)
		offer(s, rc_color_names[i]);
}

static void attributes(struct search *s)
{
	for (size_t i = 0; rc_attributes[i]; i++)
		offer(s, rc_attributes[i]);
}

static void parts(struct search *s)
{
	for (int i = 0; i < HANDOFF_PARTS; i++)
		offer(s, handoff_parts[i].name);
}

static void trends_part_names(struct search *s)
{
	for (int i = 0; i < TRENDS_PART_COUNT; i++)
		offer(s, trends_part_rows[i].name);
}

static void schedules(struct search *s)
{
	for (size_t i = 0; i < s->app->rc->handoff_count; i++)
		offer(s, s->app->rc->handoffs[i].name);
}

/* Who is on call in a schedule, now or later. */
static void on_call_addresses(struct search *s, const struct rota_row *row)
{
	char mail[COMPLETION_BYTES];

	for (size_t i = 0; i < row->rota.count; i++) {
		const struct person *person =
			rotas_known(s->app->rotas, row->source, row->rota.shifts[i].user);

		if (person && text_to_mailbox(person->mail, mail, sizeof mail))
			offer(s, mail);
	}
}

/* The rota: whom the rc names, then whom the schedules do. */
static void addresses(struct search *s)
{
	for (size_t i = 0; i < s->app->rc->handoff_count; i++)
		for (size_t k = 0; k < s->app->rc->handoffs[i].to_count; k++)
			offer(s, s->app->rc->handoffs[i].to[k]);
	for (size_t i = 0; i < rotas_count(s->app->rotas); i++)
		on_call_addresses(s, rotas_at(s->app->rotas, i));
}

/* Of the pager. */
static void rotas(struct search *s)
{
	char name[80];

	for (size_t i = 0; i < rotas_count(s->app->rotas); i++)
		offer(s, text_line(rotas_at(s->app->rotas, i)->rota.name, name,
				 sizeof name));
}

/* "@ben" of ben@example.org; who has no mail by the id. */
static void users(struct search *s)
{
	for (size_t i = 0; i < sources_count(s->app->sources); i++) {
		const struct person *people;
		size_t n = rotas_people(
			s->app->rotas, sources_at(s->app->sources, i)->number, &people);

		for (size_t k = 0; k < n; k++) {
			ptrdiff_t at = untrusted_find(people[k].mail, "@");
			char name[80] = "@";

			text_line(at > 0 ? untrusted_slice(people[k].mail, 0, (size_t)at)
					 : people[k].id,
				name + 1, sizeof name - 1);
			/* "be" is as good as "@be". */
			offer(s, at > 0 && (!*s->typed || *s->typed == '@') ? name
									    : name + 1);
		}
	}
}

/* Those that incidents have. */
static void priorities(struct search *s)
{
	const struct alerts *alerts = s->app->alerts;

	for (size_t i = 0; i < alerts_count(alerts); i++) {
		const struct alert *alert = alerts_at(alerts, i);

		for (size_t k = 0; alert->pages && k < alert->label_count; k++) {
			struct pair label = alert_label(alert, k);
			char name[80];

			if (untrusted_is(label.name, "priority"))
				offer(s, text_line(label.value, name, sizeof name));
		}
	}
}

/* The page of what is selected. */
static const struct alert *page_of(const struct app *app, uint64_t target)
{
	const struct alert *alert = alerts_find(app->alerts, target);

	return alert ? problem_pages(app, alert, NULL) : NULL;
}

/* Their numbers, with their titles; the id of one that has none. */
static void incidents(struct search *s)
{
	const struct alerts *alerts = s->app->alerts;
	/* What is selected is merged into another of its own source. */
	const struct alert *from =
		str_starts(s->line, "merge ") ? page_of(s->app, s->place->target) : NULL;

	for (size_t i = 0; i < alerts_count(alerts); i++) {
		const struct alert *alert = alerts_at(alerts, i);
		char name[80];
		size_t before;

		if (from && (alert->source != from->source || alert->key == from->key ||
				    alert->state == ALERT_RESOLVED))
			continue;
		if (alert->number)
			snprintf(name, sizeof name, "%lld", (long long)alert->number);
		else
			text_line(alert_text(alert, ALERT_ID), name, sizeof name);
		before = s->out->count;
		if (alert->pages)
			offer(s, name);
		if (s->out->count > before)
			text_line(alert_name(alert), s->out->notes[before],
				COMPLETION_NOTE);
	}
}

/* Of a name with blanks, what is still to be typed of it behind its words so far. */
static void offer_rest(struct search *s, const char *begun, const char *name)
{
	size_t n = strlen(begun) - strlen(s->typed);

	if (strlen(name) > n && !strncmp(name, begun, n))
		offer_end(s, name + n, strlen(name + n), "");
}

/* Whom else one asks for help: policies; at Opsgenie and Jira, which have none that can
 * be asked, teams. "@ben, Payments on" has begun to name "Payments on call". */
static void policies(struct search *s)
{
	const struct app *app = s->app;
	const struct alert *from = page_of(app, s->place->target);
	const char *comma = strrchr(s->line, ','), *begun = comma ? comma + 1 : s->typed;
	char name[80];

	begun += strspn(begun, " ");
	for (size_t i = 0; i < oncalls_count(app->alerts); i++) {
		const struct oncall_row *row = oncalls_at(app->alerts, i);

		if ((!from || row->source == from->source) &&
			!plan_apart(app, row->source, ACTION_RESPONDERS))
			offer_rest(s, begun, text_line(row->policy, name, sizeof name));
	}
	for (size_t i = 0; i < alerts_count(app->alerts); i++) {
		const struct alert *alert = alerts_at(app->alerts, i);
		struct untrusted label = alert_label_value(alert, "policy");

		if (!alert->pages || (from && alert->source != from->source))
			continue;
		if (untrusted_empty(label))
			label = alert_label_value(alert, "team");
		offer_rest(s, begun, text_line(label, name, sizeof name));
	}
}

static void levels(struct search *s)
{
	offer_each(s, "2 3 4 5");
}

static void pane_numbers(struct search *s)
{
	offer_each(s, "1 2 3 4 5 6 7 8 9");
}

static const struct {
	const char *kind;
	void (*add)(struct search *s);
} kinds[] = {
	{"PANE", panes},
	{"PANE[:WEIGHT]", panes},
	{"COLUMN", columns},
	{"SOURCE", source_names},
	{"KIND", kinds_of_source},
	{"KEY=VALUE", source_keys},
	{"NOUN", nouns},
	{"PROFILE", profiles},
	{"LAYOUT", layouts},
	{"RUNBOOK", runbooks},
	{"DURATION", durations},
	{"MOMENT", moments},
	{"SETTING", settings},
	{"VALUE", values},
	{"=", equals},
	{"CONTEXT", contexts},
	{"KEYS", keys},
	{"ROLE", roles},
	{"COLOR", colors},
	{"ATTRIBUTE", attributes},
	{"PANE-NUMBER", pane_numbers},
	{"PART", parts},
	{"TRENDS-PART", trends_part_names},
	{"SCHEDULE", schedules},
	{"EMAIL", addresses},
	{"ROTA", rotas},
	{"USER", users},
	{"POLICY", policies},
	{"PRIORITY", priorities},
	{"INCIDENT", incidents},
	{"LEVEL", levels},
};

/* What lines of the rc language hold; the last kind goes on. */
static const struct {
	const char *verb, *args;
} verbs[] = {
	{"set", "SETTING = VALUE"},
	{"bind", "CONTEXT KEYS COMMAND-LINE"},
	{"unbind", "CONTEXT KEYS"},
	{"color", "ROLE COLOR COLOR ATTRIBUTE…"},
	{"alias", "NAME COMMAND-LINE"},
	{"layout", "NAME PANE…"},
};

/* --- the line --- */

static void names(struct search *s, const char *line, size_t from)
{
	const struct command *c;

	for (size_t i = 0; (c = commands_at(s->place->commands, i)); i++)
		if (str_starts(c->name, line))
			offer_end(s, c->name + from, strcspn(c->name + from, " "), " ");
	if (from)
		return;
	for (size_t i = 0; i < s->app->rc->alias_count; i++)
		offer(s, s->app->rc->aliases[i].name);
	for (size_t i = 0; rc_verbs[i].name; i++)
		if (rc_is_live(rc_verbs[i].name))
			offer(s, rc_verbs[i].name);
}

/* The n-th word of "[PANE] NAME…", without its brackets; the one with "…" goes on. */
static bool nth_kind(const char *args, size_t n, char out[WORD_MAX])
{
	for (;;) {
		size_t length = strcspn(args, " "), skip = *args == '[';
		size_t more = strlen("…");
		bool on = length > more && !strncmp(args + length - more, "…", more);

		if (!length)
			return false;
		if (!n || on || !strncmp(args, "COMMAND-LINE", length)) {
			length -= on ? more : 0;
			length -= skip + (skip && args[length - 1] == ']');
			snprintf(out, WORD_MAX, "%.*s", (int)length, args + skip);
			return true;
		}
		n--;
		args += length + (args[length] == ' ');
	}
}

static size_t word_count(const char *from, const char *to)
{
	size_t n = 0;

	for (bool in = false; from < to; from++) {
		n += *from != ' ' && !in;
		in = *from != ' ';
	}
	return n;
}

static void complete_part(struct search *s, const char *line, size_t from);

static void argument(struct search *s, const char *args, const char *rest,
	const char *line, size_t from)
{
	size_t n = word_count(rest, line + from);
	char kind[WORD_MAX];

	if (!nth_kind(args, n, kind))
		return;
	if (!strcmp(kind, "COMMAND-LINE")) {
		/* What is bound is a line of its own, behind the words before it. */
		for (size_t skip = word_count(args, strstr(args, kind)); skip--;) {
			rest += strspn(rest, " ");
			rest += strcspn(rest, " ");
		}
		rest += strspn(rest, " ");
		complete_part(s, rest, (size_t)(line + from - rest));
		return;
	}
	/* "COLUMN|reverse": each of them may stand there. */
	for (char *rest_of = kind, *each; (each = strsep(&rest_of, "|"));) {
		for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
			if (!strcmp(kinds[i].kind, each))
				kinds[i].add(s);
		if (*each >= 'a' && *each <= 'z')
			offer(s, each);
	}
}

static void complete_part(struct search *s, const char *line, size_t from)
{
	char before[COMMAND_LINE_MAX];
	const struct command *c;
	const char *rest;
	void *ctx;

	s->line = line;
	names(s, line, from);
	if (!from)
		return;
	snprintf(before, sizeof before, "%.*s", (int)from, line);
	c = commands_find(s->place->commands, before, &ctx, &rest);
	if (c) {
		argument(s, c->args, line + (rest - before), line, from);
		return;
	}
	for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
		size_t n = strlen(verbs[i].verb);

		if (!strncmp(line, verbs[i].verb, n) && line[n] == ' ')
			argument(s, verbs[i].args, line + n, line, from);
	}
}

void complete_line(const struct app *app, const struct completion_place *place,
	const char *line, struct completion *out)
{
	struct search s = {.app = app, .place = place, .out = out};
	const char *blank;
	size_t lead = strspn(line, " ");

	blank = strrchr(line + lead, ' ');
	out->count = 0;
	out->from = blank ? (size_t)(blank + 1 - line) : lead;
	s.typed = line + out->from;
	complete_part(&s, line + lead, out->from - lead);
}

size_t completion_common(const struct completion *completion)
{
	size_t n = completion->count ? strlen(completion->words[0]) : 0;

	for (size_t i = 1; i < completion->count; i++)
		while (strncmp(completion->words[0], completion->words[i], n))
			n--;
	return n;
}
