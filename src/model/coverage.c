/* What is here of a source's history, in words. One place says it, so that a count on
 * the screen and one in a report cannot disagree. Any thread. */
#include "model/coverage.h"

#include "base/time.h"

#include <stdio.h>

static bool overlap(struct span a, struct span b)
{
	return a.from_at < b.until_at && b.from_at < a.until_at;
}

enum coverage_state coverage_of(
	const struct coverage *coverage, struct span window, int64_t late_ms)
{
	struct span began = coverage->began;

	if (!began.until_at)
		return COVERAGE_NONE;
	/* Before the first incident there was none. */
	if (coverage->oldest && began.from_at <= coverage->wanted_at &&
		window.from_at < began.from_at)
		window.from_at = began.from_at;
	if (window.from_at < began.from_at ||
		window.until_at > began.until_at + late_ms ||
		overlap(coverage->lacking, window))
		return COVERAGE_PARTIAL;
	return COVERAGE_COMPLETE;
}

struct span coverage_known(const struct coverage *coverage)
{
	struct span known = coverage->began, entries = coverage->entries;

	if (coverage->oldest && known.from_at <= coverage->wanted_at)
		known.from_at = INT64_MIN;
	if (!coverage->no_entries && entries.from_at > coverage->wanted_at &&
		entries.from_at > known.from_at)
		known.from_at = entries.from_at;
	if (!coverage->no_entries && entries.until_at < known.until_at)
		known.until_at = entries.until_at;
	/* Behind what is lacking it is whole again. */
	if (coverage->lacking.until_at && overlap(coverage->lacking, known))
		known.from_at = coverage->lacking.until_at;
	return known.from_at < known.until_at ? known : (struct span){0, 0};
}

bool coverage_longer(const struct coverage *known, const struct coverage *now)
{
	return known->wanted_at == now->wanted_at && known->oldest == now->oldest &&
	       known->no_entries == now->no_entries &&
	       known->began.from_at == now->began.from_at &&
	       known->entries.from_at == now->entries.from_at &&
	       known->lacking.from_at == now->lacking.from_at &&
	       known->lacking.until_at == now->lacking.until_at &&
	       known->began.until_at <= now->began.until_at;
}

const char *coverage_words(const struct coverage *coverage, struct span window,
	int64_t late_ms, char out[COVERAGE_TEXT])
{
	const struct span *began = &coverage->began, *lacking = &coverage->lacking;
	char from[TIME_TEXT], until[TIME_TEXT];
	int64_t now = window.until_at;

	switch (coverage_of(coverage, window, late_ms)) {
	case COVERAGE_NONE:
		snprintf(out, COVERAGE_TEXT, "partial: its history was not read yet");
		break;
	case COVERAGE_COMPLETE:
		snprintf(out, COVERAGE_TEXT, "complete");
		break;
	default:
		if (overlap(*lacking, window))
			snprintf(out, COVERAGE_TEXT,
				"partial: between %s and %s the source did not give all",
				time_stamp(lacking->from_at, now, from),
				time_stamp(lacking->until_at, now, until));
		else if (window.from_at < began->from_at)
			snprintf(out, COVERAGE_TEXT, "partial: read back to %s%s",
				time_stamp(began->from_at, now, from),
				began->from_at > coverage->wanted_at ? " so far" : "");
		else
			snprintf(out, COVERAGE_TEXT, "partial: read up to %s",
				time_stamp(began->until_at, now, until));
	}
	return out;
}

int coverage_percent(const struct coverage *coverage)
{
	int64_t all = coverage->began.until_at - coverage->wanted_at;
	int64_t done = coverage->began.until_at - coverage->began.from_at;

	if (!coverage->began.until_at || !coverage->wanted_at)
		return 0;
	if (done >= all)
		return 100;
	return (int)(done * 100 / all);
}

void coverage_lacks(struct coverage *coverage, struct span span)
{
	struct span *lacking = &coverage->lacking;

	if (!lacking->until_at)
		*lacking = span;
	if (span.from_at < lacking->from_at)
		lacking->from_at = span.from_at;
	if (span.until_at > lacking->until_at)
		lacking->until_at = span.until_at;
}
