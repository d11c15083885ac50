/* An incident of PagerDuty that is snoozed looks like one that is acknowledged: that its
 * acknowledgement ends may as well be the service's own limit. Its log tells: the entry
 * of a snooze names the moment that it moved. Any thread, one at a time. */
#include "base/json.h"
#include "base/text.h"
#include "pager.h"
#include "pagerduty.h"
#include "snooze.h"

enum { SAME_MS = 5000, IN_SPAN = 40 /* of 960 requests a minute a quarter at most */ };

static void path(void *ctx, const char *id, struct str *path)
{
	(void)ctx;
	str_printf(path, "/incidents/%s/log_entries?time_zone=UTC&limit=%d", id,
		PAGER_LIMIT);
}

static bool moved(struct json entry, int64_t until_at)
{
	struct json actions = json_get(entry, "changed_actions");
	int64_t at;

	for (struct json e = json_first(actions); json_item(e); e = json_next(e))
		if (untrusted_is(json_text(json_get(e, "type")), "unacknowledge") &&
			json_time(json_get(e, "at"), &at) && at > until_at - SAME_MS &&
			at < until_at + SAME_MS)
			return true;
	return false;
}

/* The newest that ends then. */
static bool read_log(const struct source_conf *conf, const struct snooze *one,
	struct json list, char who[SNOOZE_WHO])
{
	int64_t best = 0, at;

	for (struct json e = json_first(list); json_item(e); e = json_next(e)) {
		struct untrusted type = json_text(json_get(e, "type"));
		struct json agent = json_get(e, "agent");

		if (!untrusted_is(type, "snooze_log_entry") ||
			!json_time(json_get(e, "created_at"), &at) || at < best ||
			!moved(e, one->until_at))
			continue;
		best = at;
		text_line(conf->left_out & FIELD_PEOPLE
				  ? untrusted_str("somebody")
				  : json_text(json_get(agent, "summary")),
			who, SNOOZE_WHO);
	}
	return best > 0;
}

static bool read(void *ctx, const struct snooze *one, const struct answer *answer,
	char who[SNOOZE_WHO])
{
	struct json_doc doc;
	bool found;

	if (!pagerduty_open(answer, "log_entries", &doc, NULL))
		return false;
	found = read_log(ctx, one, json_get(json_root(&doc), "log_entries"), who);
	json_release(&doc);
	return found;
}

const struct snooze_log pagerduty_snooze_log = {
	.in_span = IN_SPAN, .path = path, .read = read};
