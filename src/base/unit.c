/* How numbers are written: never wider than nine columns, with their unit unless
 * they are too large or too small for one. Pure, any thread. */
#include "base/unit.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { WIDEST = 9 };

static const char *const names[UNIT_COUNT_] = {
	[UNIT_NONE] = "none",
	[UNIT_PERCENT] = "percent",
	[UNIT_RATIO] = "ratio",
	[UNIT_BYTES] = "bytes",
	[UNIT_BYTES_PER_S] = "bytes/s",
	[UNIT_SECONDS] = "seconds",
	[UNIT_PER_S] = "per-second",
	[UNIT_CELSIUS] = "celsius",
};

const char *unit_name(enum unit unit)
{
	return names[unit];
}

bool unit_parse(const char *word, enum unit *out)
{
	for (int i = 0; i < UNIT_COUNT_; i++) {
		if (!strcmp(word, names[i])) {
			*out = (enum unit)i;
			return true;
		}
	}
	return false;
}

/* Three significant digits, no exponent: 0.04, 7.2, 94, 842. */
static int digits(double value)
{
	double size = fabs(value);

	if (size == 0 || size >= 99.95 || fabs(size - round(size)) < 0.005)
		return 0;
	return size >= 9.995 ? 1 : 2;
}

static void scaled(double value, double base, const char *const *prefixes,
	const char *suffix, char out[UNIT_TEXT])
{
	int i = 0;

	while (fabs(value) >= 999.5 && prefixes[i + 1]) {
		value /= base;
		i++;
	}
	if (fabs(value) < 9.95 && fabs(value) >= 0.05 &&
		fabs(value - round(value)) >= 0.05)
		snprintf(out, UNIT_TEXT, "%.1f%s%s", value, prefixes[i], suffix);
	else if (fabs(value) < 0.05 && value != 0 && i == 0)
		snprintf(out, UNIT_TEXT, "%.2g%s%s", value, prefixes[i], suffix);
	else
		snprintf(out, UNIT_TEXT, "%.0f%s%s", value, prefixes[i], suffix);
}

static void seconds(double value, char out[UNIT_TEXT])
{
	double size = fabs(value);

	if (size >= 2 * 86400)
		snprintf(out, UNIT_TEXT, "%.0f d", value / 86400);
	else if (size >= 2 * 3600)
		snprintf(out, UNIT_TEXT, "%.1f h", value / 3600);
	else if (size >= 120)
		snprintf(out, UNIT_TEXT, "%.1f min", value / 60);
	else if (size >= 1 || value == 0)
		snprintf(out, UNIT_TEXT, "%.*f s", digits(value), value);
	else if (size >= 1e-3)
		snprintf(out, UNIT_TEXT, "%.*f ms", size < 0.01 ? 1 : 0, value * 1e3);
	else
		snprintf(out, UNIT_TEXT, "%.0f us", value * 1e6);
}

const char *unit_text(enum unit unit, double value, char out[UNIT_TEXT])
{
	static const char *const si[] = {"", "k", "M", "G", "T", "P", NULL};
	static const char *const binary[] = {
		" B", " KiB", " MiB", " GiB", " TiB", " PiB", NULL};

	if (isnan(value)) {
		snprintf(out, UNIT_TEXT, "-");
		return out;
	}
	if (isinf(value)) {
		snprintf(out, UNIT_TEXT, value > 0 ? "+inf" : "-inf");
		return out;
	}
	switch (unit) {
	case UNIT_RATIO:
		value *= 100;
		/* fallthrough */
	case UNIT_PERCENT:
		snprintf(out, UNIT_TEXT, "%.*f %%",
			fabs(value) < 10 && value != 0 ? 1 : 0, value);
		break;
	case UNIT_BYTES:
		scaled(value, 1024, binary, "", out);
		break;
	case UNIT_BYTES_PER_S:
		scaled(value, 1024, binary, "/s", out);
		break;
	case UNIT_SECONDS:
		seconds(value, out);
		break;
	case UNIT_PER_S:
		scaled(value, 1000, si, "/s", out);
		break;
	case UNIT_CELSIUS:
		snprintf(out, UNIT_TEXT, "%.0f C", value);
		break;
	default:
		scaled(value, 1000, si, "", out);
	}
	if (strlen(out) > WIDEST)
		snprintf(out, UNIT_TEXT, "%.1e", value);
	return out;
}
