/* Times and durations: what is read and written again stays the same moment, and no
 * number is too far away to be printed. */
#include "base/time.h"
#include "base/untrusted.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static void printed(int64_t at)
{
	char text[TIME_TEXT];
	int64_t back;

	check(time_parse(time_rfc3339(at, text), &back) && (back == at || !back));
	check(strlen(text) == 24);
	check(strlen(time_clock(at, text)) < TIME_TEXT);
	check(strlen(time_clock_s(at, text)) < TIME_TEXT);
	check(strlen(time_stamp(at, 1795271521250, text)) < TIME_TEXT);
	check(strlen(time_zone(at, text)) < TIME_TEXT);
	check(time_hour_of_week(at) >= 0 && time_hour_of_week(at) < 168);
	check(strlen(duration_text(at, text)) < TIME_TEXT && text[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int64_t now = 1795271521250;
	char text[80], out[TIME_TEXT];
	int64_t at, again;

	if (size >= sizeof text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (size >= sizeof at) {
		memcpy(&at, data, sizeof at);
		printed(at);
	}
	if (time_parse(text, &at)) {
		printed(at);
		if (size < 64) /* the longest number or time that is looked at */
			check(untrusted_to_time(untrusted_str(text), &again) &&
				again == at);
		/* Zones reach a day beyond the years that have four digits. */
		if (at > -62167219200000 && at < 253402300800000)
			check(time_parse(time_rfc3339(at, out), &again) && again == at);
	}
	if (duration_parse(text, &at)) {
		check(at >= 0 && at <= INT64_C(1000) * 365 * DAY_MS);
		check(duration_parse(duration_text(at, out), &again) && again <= at);
	}
	if (time_parse_moment(text, now, &at) && strchr(text, ':') == text + 2)
		check(at <= now && at > now - 2 * DAY_MS);
	return 0;
}
