/* Since when all incidents of a source are known, from the spans in which it was watched
 * and what was read of its history, put together as far as they reach. Pure; any
 * thread. */
#include "known.h"

struct span known_past(
	const struct past_coverages *covered, const struct known_source *source)
{
	for (size_t i = 0; covered && i < covered->count; i++)
		if (untrusted_is(covered->rows[i].source, source->name) &&
			untrusted_is(covered->rows[i].scope, source->scope))
			return coverage_known(&covered->rows[i].coverage);
	return (struct span){0, 0};
}

/* A span that reaches from `since` further back, or up to the end. */
static int64_t reaching(int64_t since, struct span span, int64_t until_at)
{
	int64_t until = since == INT64_MAX ? until_at : since;

	return since != INT64_MIN && span.until_at >= until - KNOWN_HOLE_MS &&
			       span.from_at < since && span.from_at < until_at
		       ? span.from_at
		       : since;
}

int64_t known_since(const struct watch_spans *watched,
	const struct past_coverages *covered, const struct known_source *source,
	int64_t until_at)
{
	struct span known = known_past(covered, source);
	int64_t since = INT64_MAX, before;

	do {
		before = since;
		since = reaching(since, known, until_at);
		for (size_t i = watched->count; i-- > 0;) {
			const struct watch_span *w = &watched->spans[i];

			if (untrusted_is(w->source, source->name))
				since = reaching(since,
					(struct span){w->from_at, w->until_at}, until_at);
		}
	} while (since != before);
	return since;
}
