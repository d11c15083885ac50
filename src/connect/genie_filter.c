/* The teams that a filter names, in the search language of Opsgenie and Jira Service
 * Management: teams:"Payments", teams: Payments, teams:("A" OR "B"). The server answers
 * an unknown one with no alerts, which would look like peace. Any thread. */
#include "genie.h"

#include "base/text.h"

enum { TEAMS_LISTED = 6 };

/* The value at the start of *rest, which moves behind it; false: there is none. */
static bool take_value(struct untrusted *rest, struct untrusted *value)
{
	struct untrusted text = *rest;
	size_t n = untrusted_size(text), end = 0;
	bool quoted = untrusted_starts(text, "\"");
	ptrdiff_t at;

	if (quoted) {
		text = untrusted_slice(text, 1, SIZE_MAX);
		at = untrusted_find(text, "\"");
		end = at < 0 ? n - 1 : (size_t)at;
	} else {
		while (end < n && untrusted_find(untrusted_slice(text, end, 1), " ") &&
			untrusted_find(untrusted_slice(text, end, 1), "(") &&
			untrusted_find(untrusted_slice(text, end, 1), ")"))
			end++;
	}
	*value = untrusted_slice(text, 0, end);
	*rest = untrusted_slice(text, end + quoted, SIZE_MAX);
	return end > 0;
}

static bool same(struct untrusted a, struct untrusted b)
{
	char name[160];

	return untrusted_size(a) == untrusted_size(b) &&
	       untrusted_find_nocase(a, text_line(b, name, sizeof name)) == 0;
}

static bool known(const struct genie_face *face, struct json list, struct untrusted team)
{
	for (struct json t = json_first(list); json_item(t); t = json_next(t))
		if (same(json_text(json_get(t, face->jsm ? "teamName" : "name")), team) ||
			untrusted_eq(json_text(json_get(t, face->jsm ? "teamId" : "id")),
				team))
			return true;
	return false;
}

static bool is_word(struct untrusted value)
{
	return untrusted_is(value, "OR") || untrusted_is(value, "AND") ||
	       untrusted_is(value, "NOT");
}

/* One value, or several in brackets. */
static bool all_known(const struct genie_face *face, struct json list,
	struct untrusted *rest, struct untrusted *unknown)
{
	bool several;

	*rest = untrusted_trim(*rest);
	several = untrusted_starts(*rest, "(");
	if (several)
		*rest = untrusted_slice(*rest, 1, SIZE_MAX);
	do {
		struct untrusted value;

		*rest = untrusted_trim(*rest);
		if (!take_value(rest, &value))
			break;
		/* Part of a name cannot be checked. */
		if (!is_word(value) && untrusted_find(value, "*") < 0 &&
			!known(face, list, value)) {
			*unknown = value;
			return false;
		}
	} while (several);
	return true;
}

static bool is_at(struct untrusted text, size_t at, const char *one)
{
	return untrusted_is(untrusted_slice(text, at, 1), one);
}

bool genie_teams_known(const struct genie_face *face, const char *filter,
	struct json list, struct untrusted *unknown)
{
	static const char word[] = "teams";
	struct untrusted rest = untrusted_str(filter);
	bool quoted = false, begins = true;

	while (!untrusted_empty(rest)) {
		bool here = begins && !quoted && untrusted_starts(rest, word);

		begins = is_at(rest, 0, " ") || is_at(rest, 0, "(");
		quoted ^= is_at(rest, 0, "\"");
		rest = untrusted_slice(rest, here ? sizeof word - 1 : 1, SIZE_MAX);
		if (!here)
			continue;
		rest = untrusted_trim(rest);
		if (!is_at(rest, 0, ":"))
			continue;
		rest = untrusted_slice(rest, 1, SIZE_MAX);
		if (!all_known(face, list, &rest, unknown))
			return false;
	}
	return true;
}

void genie_teams_words(const struct genie_face *face, struct json list, struct str *out)
{
	size_t n = json_count(list), told = 0;

	str_printf(out, "%zu team%s", n, n == 1 ? "" : "s");
	for (struct json t = json_first(list); json_item(t) && told < TEAMS_LISTED;
		t = json_next(t)) {
		str_puts(out, told++ ? ", " : ": ");
		text_add_line(
			out, json_text(json_get(t, face->jsm ? "teamName" : "name")), 40);
	}
	if (n > told)
		str_puts(out, " …");
}
