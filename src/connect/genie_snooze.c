/* Who snoozed an alert of Opsgenie or Jira: their list tells until when, the alert's log
 * whose it is. Any thread, one at a time. */
#include "genie.h"

#include "base/text.h"
#include "base/time.h"

enum { IN_SPAN = 10, PAGE = 100 };

static void path(void *ctx, const char *id, struct str *path)
{
	const struct genie_view *v = ctx;

	genie_root(v->face, v->cloud, path);
	str_puts(path, "/alerts/");
	text_add_url(path, untrusted_str(id));
	str_printf(path, "/logs?%s=%d%s", v->face->limit, PAGE,
		v->face->jsm ? "" : "&order=desc");
}

/* The newest line of a snooze: it is snoozed now, so by that one. */
static bool read(void *ctx, const struct snooze *one, const struct answer *answer,
	char who[SNOOZE_WHO])
{
	const struct genie_view *v = ctx;
	const char *moment = v->face->jsm ? "logTime" : "createdAt";
	struct json_doc doc;
	int64_t best = 0, at;
	struct json list;

	(void)one;
	if (!genie_open(answer, v->face->rows, &doc, NULL))
		return false;
	list = json_get(json_root(&doc), v->face->rows);
	for (struct json e = json_first(list); json_item(e); e = json_next(e)) {
		if (genie_log_kind(json_text(json_get(e, "log"))) != ENTRY_SNOOZE ||
			!json_time(json_get(e, moment), &at) || at < best)
			continue;
		best = at;
		text_line(v->conf->left_out & FIELD_PEOPLE
				  ? untrusted_str("somebody")
				  : json_text(json_get(e, "owner")),
			who, SNOOZE_WHO);
	}
	json_release(&doc);
	return best && *who;
}

const struct snooze_log genie_snooze_log = {
	.in_span = IN_SPAN, .path = path, .read = read};
