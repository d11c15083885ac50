/* An incident of PagerDuty that is snoozed looks like one that is acknowledged: that its
 * acknowledgement ends may as well be the service's own limit. Its log tells: the entry
 * of a snooze names the moment that it moved. It is read once for each such moment. Any
 * thread, one at a time. */
#include "pagerduty_snooze.h"

#include "base/alloc.h"
#include "base/json.h"
#include "base/text.h"
#include "pager.h"
#include "pagerduty.h"

#include <string.h>

enum {
	SNOOZES_MOST = 1000,
	SPAN_MS = 10000,
	IN_SPAN = 40, /* of 960 requests a minute a quarter at most */
	SAME_MS = 5000,
	EVERY_MS = 15000, /* of the job, which is asked only when something is wanted */
};

void snoozes_init(struct snoozes *s, uint64_t seed)
{
	*s = (struct snoozes){0};
	job_init(&s->job, EVERY_MS, seed);
}

void snoozes_release(struct snoozes *s)
{
	mem_free(s->list);
	s->list = NULL;
	s->count = s->cap = 0;
}

static struct snooze *find(struct snoozes *s, const char *id)
{
	for (size_t i = 0; i < s->count; i++)
		if (!strcmp(s->list[i].id, id))
			return &s->list[i];
	return NULL;
}

const struct snooze *snoozes_of(struct snoozes *s, struct untrusted id, int64_t until_at)
{
	char name[SOURCE_ID];
	struct snooze *one;

	if (!text_to_id(id, name, sizeof name))
		return NULL;
	one = find(s, name);
	if (!one && s->count == SNOOZES_MOST)
		return NULL;
	if (!one) {
		MEM_ROOM(s->list, s->count, s->cap);
		one = &s->list[s->count++];
		*one = (struct snooze){.until_at = until_at};
		memcpy(one->id, name, sizeof name);
	}
	if (one->until_at != until_at) {
		one->until_at = until_at;
		one->told = one->snoozed = false;
	}
	one->met = true;
	return one->snoozed ? one : NULL;
}

void snoozes_settle(struct snoozes *s)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->count; i++)
		if (s->list[i].met) {
			s->list[kept] = s->list[i];
			s->list[kept++].met = false;
		}
	s->count = kept;
}

const char *snoozes_next(
	struct snoozes *s, int64_t now, struct arena *arena, int64_t *until)
{
	struct str path;
	const char *out = NULL;
	size_t i = 0;

	while (i < s->count && s->list[i].told)
		i++;
	if (i == s->count || *s->asked)
		return NULL;
	if (s->span != now / SPAN_MS) {
		s->span = now / SPAN_MS;
		s->in_span = 0;
	}
	if (s->in_span == IN_SPAN) {
		*until = now + SPAN_MS - now % SPAN_MS;
		return NULL;
	}
	if (!job_due(&s->job, now)) {
		*until = job_until(&s->job, *until);
		return NULL;
	}
	str_init(&path, 200);
	str_printf(&path, "/incidents/%s/log_entries?time_zone=UTC&limit=%d",
		s->list[i].id, PAGER_LIMIT);
	out = arena_strdup(arena, str_text(&path));
	str_release(&path);
	if (!out)
		return NULL;
	memcpy(s->asked, s->list[i].id, sizeof s->asked);
	job_ask(&s->job, now);
	s->in_span++;
	return out;
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
static void read_log(struct snooze *one, struct json list, unsigned left_out)
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
		one->snoozed = true;
		text_line(left_out & FIELD_PEOPLE ? untrusted_str("somebody")
						  : json_text(json_get(agent, "summary")),
			one->who, sizeof one->who);
	}
}

bool snoozes_take(struct snoozes *s, const struct answer *answer, unsigned left_out)
{
	struct snooze *one = find(s, s->asked);
	struct json_doc doc = {NULL};
	bool ok = answer->status && answer->status != 429 && answer->status < 500;
	bool all = true;

	s->asked[0] = '\0';
	job_done(&s->job, answer, ok);
	if (ok)
		s->job.due_at = 0;
	if (!ok || !one)
		return false;
	one->told = true;
	if (answer->status == 200 && pagerduty_open(answer, "log_entries", &doc, NULL)) {
		read_log(one, json_get(json_root(&doc), "log_entries"), left_out);
		json_release(&doc);
	}
	s->news = s->news || one->snoozed;
	for (size_t i = 0; i < s->count; i++)
		all = all && s->list[i].told;
	if (!all || !s->news)
		return false;
	s->news = false;
	return true;
}
