/* What people call a choice (services, teams, urgencies) in the filter of each kind. What
 * a kind has not is said, with what it takes instead. Any thread. */
#include "connect/source.h"

#include "base/text.h"

#include <string.h>

const char *const source_choices[CHOOSE_COUNT + 1] = {
	"services", "teams", "urgencies", NULL};

struct choice_row {
	const struct source_kind *kind;
	enum source_choice choice;
	const char *word;  /* in front of each value, or of the list of them */
	bool list;         /* word=A,B; else (word A OR word B) */
	const char *allow; /* the values there are, or NULL: any */
};

static const struct choice_row rows[] = {
	{&pagerduty_source, CHOOSE_SERVICES, "service=", true, NULL},
	{&pagerduty_source, CHOOSE_TEAMS, "team=", true, NULL},
	{&pagerduty_source, CHOOSE_URGENCIES, "urgency=", true, "high,low"},
	{&opsgenie_source, CHOOSE_TEAMS, "teams:", false, NULL},
	{&opsgenie_source, CHOOSE_URGENCIES, "priority:", false, "P1,P2,P3,P4,P5"},
	{&opsgenie_source, CHOOSE_SERVICES, "tag:service:", false, NULL},
	{&jsm_source, CHOOSE_TEAMS, "teams:", false, NULL},
	{&jsm_source, CHOOSE_URGENCIES, "priority:", false, "P1,P2,P3,P4,P5"},
	{&jsm_source, CHOOSE_SERVICES, "tag:service:", false, NULL},
};

static bool allowed(const char *list, struct untrusted value)
{
	struct untrusted rest = untrusted_str(list), one;

	while (list && untrusted_word(&rest, ",", &one))
		if (untrusted_eq(one, value))
			return true;
	return !list;
}

/* In quotes it is one value, whatever is in it but a quote. */
static bool add_value(const struct choice_row *row, struct untrusted value, bool first,
	struct str *filter, struct err *err)
{
	char shown[80];

	text_line(value, shown, sizeof shown);
	if (!allowed(row->allow, value))
		return err_set(err, ERR_USAGE, "%s of %s are %s, not %s",
			source_choices[row->choice], row->kind->name, row->allow, shown);
	if (untrusted_find(value, row->list ? " " : "\"") >= 0)
		return err_set(
			err, ERR_USAGE, "%s cannot stand in a filter: its id can", shown);
	if (row->list)
		str_printf(filter, "%s%s", first ? row->word : ",", shown);
	else if (str_ends(row->word, "service:"))
		str_printf(filter, "%stag:\"service:%s\"", first ? "(" : " OR ", shown);
	else
		str_printf(filter, "%s%s\"%s\"", first ? "(" : " OR ", row->word, shown);
	return true;
}

static bool no_choice(
	const struct source_kind *kind, enum source_choice choice, struct err *err)
{
	if (kind == &alertmanager_source)
		return err_set(err, ERR_USAGE,
			"alertmanager has no %s: filter=MATCHER,… and receiver=REGEX say "
			"what is taken",
			source_choices[choice]);
	return err_set(
		err, ERR_USAGE, "%s has no %s", kind->name, source_choices[choice]);
}

bool source_choose(const struct source_kind *kind, enum source_choice choice,
	const char *values, struct str *filter, struct err *err)
{
	struct untrusted rest = untrusted_str(values), value;
	const struct choice_row *row = NULL;
	bool first = true;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (rows[i].kind == kind && rows[i].choice == choice)
			row = &rows[i];
	if (!row)
		return no_choice(kind, choice, err);
	while (untrusted_word(&rest, ",", &value)) {
		value = untrusted_trim(value);
		if (first && filter->n)
			str_puts(filter, row->list ? " " : " AND ");
		if (!add_value(row, value, first, filter, err))
			return false;
		first = false;
	}
	if (first)
		return err_set(
			err, ERR_USAGE, "%s= needs a name", source_choices[choice]);
	if (!row->list)
		str_putc(filter, ')');
	return true;
}
