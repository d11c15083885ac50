/* Whose snooze it is that holds an incident back: its list does not say, its log does. It
 * is read once for each moment at which one ends, as many at a time as the service
 * leaves room for. Any thread, one at a time. */
#include "snooze.h"

#include "base/alloc.h"
#include "base/text.h"

#include <string.h>

enum {
	SNOOZES_MOST = 1000,
	SPAN_MS = 10000,
	PATH_MOST = 400,
	EVERY_MS = 15000, /* of the job, which is asked only when something is wanted */
};

void snoozes_init(
	struct snoozes *s, const struct snooze_log *log, void *ctx, uint64_t seed)
{
	*s = (struct snoozes){.log = log, .ctx = ctx};
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
	if (s->in_span >= s->log->in_span) {
		*until = now + SPAN_MS - now % SPAN_MS;
		return NULL;
	}
	if (!job_due(&s->job, now)) {
		*until = job_until(&s->job, *until);
		return NULL;
	}
	str_init(&path, PATH_MOST);
	s->log->path(s->ctx, s->list[i].id, &path);
	out = arena_strdup(arena, str_text(&path));
	str_release(&path);
	if (!out)
		return NULL;
	memcpy(s->asked, s->list[i].id, sizeof s->asked);
	job_ask(&s->job, now);
	s->in_span++;
	return out;
}

bool snoozes_take(struct snoozes *s, const struct answer *answer)
{
	struct snooze *one = find(s, s->asked);
	bool ok = answer->status && answer->status != 429 && answer->status < 500;
	bool all = true;

	s->asked[0] = '\0';
	job_done(&s->job, answer, ok);
	if (ok)
		s->job.due_at = 0;
	if (!ok || !one)
		return false;
	one->told = true;
	one->snoozed =
		answer->status == 200 && s->log->read(s->ctx, one, answer, one->who);
	s->news = s->news || one->snoozed;
	for (size_t i = 0; i < s->count; i++)
		all = all && s->list[i].told;
	if (!all || !s->news)
		return false;
	s->news = false;
	return true;
}
