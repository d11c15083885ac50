/* Alerts of one kind as one row: what they share is said by `set alerts.group`, what
 * they add up to is counted here and written in the columns of a single alert, so that
 * both read alike. Main thread. */
#include "app/alerts.h"
#include "app/listing.h"
#include "app/setting.h"
#include "app/sources.h"
#include "base/map.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

enum { MOST_WORDS = 8, WORD_BYTES = 64, TAKEN = SEVERITY_COUNT };

static const char *chosen(const struct app *app)
{
	return settings_text(&app->rc->settings, SET_ALERTS_GROUP);
}

static bool wanted(const struct app *app)
{
	return strcmp(chosen(app), "none") && *chosen(app);
}

static struct untrusted value_of(
	const struct app *app, const struct alert *alert, const char *word)
{
	if (!strcmp(word, "name"))
		return alert_text(alert, ALERT_TITLE);
	if (!strcmp(word, "source"))
		return untrusted_str(sources_row(app->sources, alert->source)->name);
	return alert_listing.label(alert, word);
}

static bool fold(uint64_t *hash, struct untrusted value)
{
	uint64_t both[2] = {*hash, untrusted_hash(value)};

	*hash = untrusted_hash(untrusted_make(both, sizeof both));
	return !untrusted_empty(value);
}

/* What has no group of its source's own is of these labels' one, which are those that
 * Alertmanagers are most often told to group by. */
static bool fold_upstream(const struct alert *alert, uint64_t *hash)
{
	static const char *const names[] = {"alertname", "cluster", "service", "job"};
	bool any = false;

	if (!untrusted_empty(alert_text(alert, ALERT_GROUP)))
		return fold(hash, alert_text(alert, ALERT_GROUP));
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		any |= fold(hash, alert_listing.label(alert, names[i]));
	return any;
}

/* An alert that has none of the values stands alone: nothing says that it belongs. */
static uint64_t key(const struct app *app, const void *row)
{
	const char *text = chosen(app);
	uint64_t hash = 0;
	bool any = false;

	for (int i = 0; i < MOST_WORDS && *text; i++) {
		size_t n = strcspn(text, ",");
		char word[WORD_BYTES];

		snprintf(word, sizeof word, "%.*s", (int)n, text);
		if (!strcmp(word, "upstream"))
			any |= fold_upstream(row, &hash);
		else
			any |= fold(&hash, value_of(app, row, word));
		text += n + (text[n] == ',');
	}
	/* An id of an alert is a hash too; 0 means alone. */
	return any ? hash | 1 : 0;
}

static bool differs(const struct alert *a, const struct alert *b, enum alert_text which)
{
	return untrusted_cmp(alert_text(a, which), alert_text(b, which)) != 0;
}

/* The worst that nobody has taken, else the worst. */
static uint8_t weight(const struct alert *alert)
{
	return (uint8_t)(alert->severity + (alert->state == ALERT_FIRING ? 0 : TAKEN));
}

static void add(const struct app *app, struct row_group *group, const void *row)
{
	const struct alert *alert = row,
			   *first = group->count ? alerts_find(app->alerts, group->first)
						 : alert;

	if (!group->count++) {
		group->first = alert->key;
		group->oldest_at = alert->started_at;
		group->worst = SEVERITY_OK + TAKEN;
	}
	if (alert->started_at < group->oldest_at)
		group->oldest_at = alert->started_at;
	if (weight(alert) < group->worst)
		group->worst = weight(alert);
	group->open += alert->state == ALERT_FIRING;
	group->taken += alert->state == ALERT_ACKNOWLEDGED;
	group->quiet += alert->state > ALERT_ACKNOWLEDGED;
	if (!first || first == alert)
		return;
	group->mixed |= (unsigned)differs(alert, first, ALERT_SERVICE)
			<< ALERT_COLUMN_SERVICE;
	group->mixed |= (unsigned)differs(alert, first, ALERT_TITLE)
			<< ALERT_COLUMN_TITLE;
	group->mixed |= (unsigned)differs(alert, first, ALERT_SUMMARY)
			<< ALERT_COLUMN_SUMMARY;
	group->mixed |= (unsigned)(alert->source != first->source) << ALERT_COLUMN_SOURCE;
}

/* "4 firing, 3 ack": parts that are none are left out. */
static void state_words(const struct row_group *group, struct cell *out)
{
	const struct {
		uint32_t n;
		const char *word;
	} parts[] = {
		{group->open, "firing"},
		{group->taken, "ack"},
		{group->quiet, "quiet"},
	};
	char text[80] = "";
	size_t used = 0;

	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
		if (parts[i].n)
			used += (size_t)snprintf(text + used, sizeof text - used,
				"%s%u %s", used ? ", " : "", parts[i].n, parts[i].word);
	cell_print(out, "%s", text);
	out->role = group->open ? ROLE_TEXT : group->taken ? ROLE_OK : ROLE_DIM;
}

/* What all share is written as one of them writes it; what differs is said so. */
static void cell(const struct app *app, const struct row_group *group, size_t column,
	struct cell *out)
{
	const struct alert *first = alerts_find(app->alerts, group->first);
	enum severity worst = (enum severity)(group->worst % TAKEN);
	char title[80];

	if (!first)
		return;
	alert_listing.columns[column].cell(app, first, out);
	switch (column) {
	case ALERT_COLUMN_SEVERITY:
		cell_print(out, "%c %c", severity_letter(worst), severity_mark(worst));
		out->role = group->open ? (enum role)(ROLE_CRITICAL + worst) : ROLE_DIM;
		break;
	case ALERT_COLUMN_TITLE:
		text_line(alert_name(first), title, sizeof title);
		cell_print(out, "%u x %s", group->count,
			group->mixed & 1u << column ? "several alerts" : title);
		break;
	case ALERT_COLUMN_AGE:
		cell_age(out, group->oldest_at, app->now);
		break;
	case ALERT_COLUMN_STATE:
		state_words(group, out);
		break;
	default:
		if (group->mixed & 1u << column)
			cell_print(out, "%s",
				column == ALERT_COLUMN_SUMMARY ? "" : "several");
		if (group->mixed & 1u << column)
			out->role = ROLE_DIM;
	}
}

const struct grouping alert_grouping = {wanted, key, add, cell};
