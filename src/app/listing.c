/* Listings: the list of all of them, and the few
 * ways to fill a cell. Pure, on main. */
#include "app/listing.h"

#include "base/time.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const struct listing *const listings[] = {&alert_listing, &incident_listing,
	&metric_listing, &source_listing, &log_listing, &event_listing, &anomaly_listing,
	&runbook_listing, &silence_listing, &change_listing, &process_listing,
	&action_listing, &audit_listing, &trend_listing, &past_listing,
	&incidents_listing, &oncall_listing, &shift_listing, &remote_listing,
	&tail_listing, &trigger_listing, &slo_listing, NULL};

const struct listing *listing_find(const char *noun)
{
	for (size_t i = 0; listings[i]; i++)
		if (!strcmp(listings[i]->noun, noun))
			return listings[i];
	return NULL;
}

void cell_print(struct cell *cell, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(cell->own, sizeof cell->own, fmt, ap);
	va_end(ap);
	cell->text = untrusted_str(cell->own);
}

void cell_text(struct cell *cell, struct untrusted text)
{
	cell->text = text;
}

void cell_age(struct cell *cell, int64_t since, int64_t now)
{
	int64_t ms = now - since;
	char age[TIME_TEXT];

	cell->is_number = true;
	cell->number = since ? (double)ms : 0;
	duration_text(ms < 0 ? -ms : ms, age);
	if (!since)
		cell->text = UNTRUSTED_NONE;
	else if (ms < MINUTE_MS && ms > -MINUTE_MS)
		/* Still at rest: seconds are not counted on the screen. The clock of
		 * another host may be a little ahead of ours. */
		cell_print(cell, "<1m");
	else if (ms > 0)
		cell_print(cell, "%s", age);
	else if (!cell->room || cell->room >= (int)strlen(age) + 3)
		cell_print(cell, "in %s", age);
	else
		cell_print(cell, "+%s", age);
}

void cell_old(struct cell *cell, int64_t last_at, int64_t now)
{
	cell_age(cell, last_at, now);
	cell->role = ROLE_WARNING;
}
