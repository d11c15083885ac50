/* Units and limits of Grafana's panels. A unit that is another measure of one of ours
 * comes with the factor; limits are told from the colours of steps: red is critical,
 * orange and yellow warn. Pure, any thread. */
#include "import_grafana.h"

#include "base/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MAX_STEPS = 16 };

enum look { LOOK_GOOD, LOOK_WARN, LOOK_BAD };

struct step {
	double from; /* -INFINITY: the base */
	enum look look;
};

static const struct import_unit units[] = {
	{"percent", UNIT_PERCENT, 1, 1},
	{"percentunit", UNIT_RATIO, 1, 1},
	{"bytes", UNIT_BYTES, 1, 1},
	{"decbytes", UNIT_BYTES, 1, 1},
	{"kbytes", UNIT_BYTES, 1024, 1},
	{"deckbytes", UNIT_BYTES, 1000, 1},
	{"mbytes", UNIT_BYTES, 1048576, 1},
	{"decmbytes", UNIT_BYTES, 1e6, 1},
	{"gbytes", UNIT_BYTES, 1073741824, 1},
	{"decgbytes", UNIT_BYTES, 1e9, 1},
	{"bits", UNIT_BYTES, 1, 8},
	{"decbits", UNIT_BYTES, 1, 8},
	{"Bps", UNIT_BYTES_PER_S, 1, 1},
	{"binBps", UNIT_BYTES_PER_S, 1, 1},
	{"bps", UNIT_BYTES_PER_S, 1, 8},
	{"binbps", UNIT_BYTES_PER_S, 1, 8},
	{"KBs", UNIT_BYTES_PER_S, 1000, 1},
	{"KiBs", UNIT_BYTES_PER_S, 1024, 1},
	{"MBs", UNIT_BYTES_PER_S, 1e6, 1},
	{"MiBs", UNIT_BYTES_PER_S, 1048576, 1},
	{"GBs", UNIT_BYTES_PER_S, 1e9, 1},
	{"GiBs", UNIT_BYTES_PER_S, 1073741824, 1},
	{"Kbits", UNIT_BYTES_PER_S, 125, 1},
	{"Mbits", UNIT_BYTES_PER_S, 125000, 1},
	{"Gbits", UNIT_BYTES_PER_S, 125e6, 1},
	{"s", UNIT_SECONDS, 1, 1},
	{"dtdurations", UNIT_SECONDS, 1, 1},
	{"clocks", UNIT_SECONDS, 1, 1},
	{"ms", UNIT_SECONDS, 1, 1000},
	{"dtdurationms", UNIT_SECONDS, 1, 1000},
	{"clockms", UNIT_SECONDS, 1, 1000},
	{"\302\265s", UNIT_SECONDS, 1, 1e6},
	{"ns", UNIT_SECONDS, 1, 1e9},
	{"m", UNIT_SECONDS, 60, 1},
	{"h", UNIT_SECONDS, 3600, 1},
	{"d", UNIT_SECONDS, 86400, 1},
	{"ops", UNIT_PER_S, 1, 1},
	{"reqps", UNIT_PER_S, 1, 1},
	{"rps", UNIT_PER_S, 1, 1},
	{"wps", UNIT_PER_S, 1, 1},
	{"iops", UNIT_PER_S, 1, 1},
	{"eps", UNIT_PER_S, 1, 1},
	{"cps", UNIT_PER_S, 1, 1},
	{"pps", UNIT_PER_S, 1, 1},
	{"mps", UNIT_PER_S, 1, 1},
	{"opm", UNIT_PER_S, 1, 60},
	{"reqpm", UNIT_PER_S, 1, 60},
	{"rpm", UNIT_PER_S, 1, 60},
	{"wpm", UNIT_PER_S, 1, 60},
	{"cpm", UNIT_PER_S, 1, 60},
	{"celsius", UNIT_CELSIUS, 1, 1},
	{"none", UNIT_NONE, 1, 1},
	{"short", UNIT_NONE, 1, 1},
	{"", UNIT_NONE, 1, 1},
	{0},
};

const struct import_unit *import_unit_find(struct untrusted name)
{
	for (const struct import_unit *u = units; u->grafana; u++)
		if (untrusted_is(name, u->grafana))
			return u;
	return NULL;
}

/* Red, orange or another colour of 0 to 255 parts. */
static enum look look_of(const int rgb[3])
{
	int r = rgb[0], g = rgb[1], b = rgb[2];

	if (r < 120 || r < b * 3 / 2 || r < g)
		return LOOK_GOOD;
	return g * 5 < r * 2 ? LOOK_BAD : LOOK_WARN;
}

/* "#F2495C", or "rgba(245, 54, 54, 0.9)" */
static bool colour_parts(const char *text, int rgb[3])
{
	unsigned r, g, b;

	if (sscanf(text, "#%2x%2x%2x", &r, &g, &b) != 3 &&
		sscanf(text, "rgb(%3u,%3u,%3u", &r, &g, &b) != 3 &&
		sscanf(text, "rgba(%3u,%3u,%3u", &r, &g, &b) != 3)
		return false;
	rgb[0] = (int)(r & 255);
	rgb[1] = (int)(g & 255);
	rgb[2] = (int)(b & 255);
	return true;
}

static enum look colour_look(struct untrusted colour)
{
	char text[40];
	int rgb[3];

	text_line(colour, text, sizeof text);
	if (colour_parts(text, rgb))
		return look_of(rgb);
	if (strstr(text, "red"))
		return LOOK_BAD;
	return strstr(text, "orange") || strstr(text, "yellow") ? LOOK_WARN : LOOK_GOOD;
}

/* A limit lies just below the first good value where low is bad: ours hold for the
 * value itself, Grafana's steps begin at theirs. */
static double just_below(double value, int steps)
{
	double part = value != 0 ? fabs(value) * 1e-3 : 1e-3;

	return value - part * steps;
}

/* Steps rise; the first says which side is bad. */
static bool from_steps(const struct step *steps, size_t n, struct limits *limits)
{
	*limits = (struct limits){.warn = NAN, .critical = NAN};
	if (!n)
		return false;
	for (size_t i = 1; i < n; i++) {
		const struct step *s = &steps[i];

		if (steps[0].look == LOOK_GOOD) {
			if (s->look == LOOK_WARN && isnan(limits->warn))
				limits->warn = s->from;
			if (s->look == LOOK_BAD && isnan(limits->critical))
				limits->critical = s->from;
			continue;
		}
		if (s->look != LOOK_BAD && isnan(limits->critical))
			limits->critical = just_below(s->from, 2);
		if (s->look == LOOK_GOOD && isnan(limits->warn))
			limits->warn = just_below(s->from, 1);
	}
	/* One warning limit alone always means: bad when high. */
	if (steps[0].look == LOOK_WARN ||
		(steps[0].look == LOOK_BAD && isnan(limits->warn)))
		return false;
	/* Both high, and the critical one first: the milder says nothing more. */
	if (steps[0].look == LOOK_GOOD && limits->critical <= limits->warn)
		limits->warn = NAN;
	return !isnan(limits->warn) || !isnan(limits->critical);
}

/* What Grafana gives every new panel: nobody chose it. */
static bool nobodys(const struct step *steps, size_t n, const struct import_unit *unit)
{
	return n == 2 && steps[0].look == LOOK_GOOD && steps[1].look == LOOK_BAD &&
	       steps[1].from == 80 && unit->unit != UNIT_PERCENT;
}

static size_t read_steps(struct json list, struct step steps[MAX_STEPS])
{
	size_t n = 0;

	for (struct json e = json_first(list); json_item(e) && n < MAX_STEPS;
		e = json_next(e)) {
		struct step *s = &steps[n++];

		if (!json_number(json_get(e, "value"), &s->from))
			s->from = -INFINITY;
		s->look = colour_look(json_text(json_get(e, "color")));
	}
	return n;
}

/* Percents of min and max. */
static bool scale_steps(struct json defaults, const struct import_unit *unit,
	struct step *steps, size_t n)
{
	double low = 0, high = unit->unit == UNIT_RATIO ? 1 : 100;
	bool known = json_number(json_get(defaults, "min"), &low) &
		     json_number(json_get(defaults, "max"), &high);

	if (!known && unit->unit != UNIT_PERCENT && unit->unit != UNIT_RATIO)
		return false;
	for (size_t i = 1; i < n; i++)
		steps[i].from = low + steps[i].from * (high - low) / 100;
	return true;
}

/* Whether the panel draws them at all: graphs must be told to. */
static bool shows_steps(struct json panel, struct json defaults)
{
	struct json style = json_get(defaults, "custom.thresholdsStyle.mode");
	struct untrusted type = json_text(json_get(panel, "type"));

	if (json_is_text(style))
		return !untrusted_is(json_text(style), "off");
	return untrusted_is(type, "stat") || untrusted_is(type, "gauge") ||
	       untrusted_is(type, "bargauge");
}

/* The graph panel of old: [{"value": 80, "op": "gt", "colorMode": "critical"}]. */
static bool from_graph(struct json list, struct limits *limits)
{
	bool below = false, any = false;

	*limits = (struct limits){.warn = NAN, .critical = NAN};
	for (struct json e = json_first(list); json_item(e); e = json_next(e)) {
		struct untrusted mode = json_text(json_get(e, "colorMode"));
		double value;

		if (!json_number(json_get(e, "value"), &value))
			continue;
		below = untrusted_is(json_text(json_get(e, "op")), "lt");
		any = true;
		if (untrusted_is(mode, "critical"))
			limits->critical = value;
		else if (untrusted_is(mode, "warning"))
			limits->warn = value;
	}
	if (below) {
		if (isnan(limits->warn))
			limits->warn = limits->critical;
		limits->warn = just_below(limits->warn, 1);
		limits->critical = just_below(limits->critical, 2);
		if (!(limits->critical < limits->warn))
			return false;
	}
	return any && (!isnan(limits->warn) || !isnan(limits->critical));
}

/* The single number of old: "70,90" and three colours. */
static bool from_text(struct json panel, struct limits *limits)
{
	struct untrusted rest = json_text(json_get(panel, "thresholds")), piece;
	struct json colour = json_first(json_get(panel, "colors"));
	struct step steps[MAX_STEPS];
	size_t n = 0;

	for (; json_item(colour) && n < 4; colour = json_next(colour), n++) {
		steps[n] = (struct step){-INFINITY, colour_look(json_text(colour))};
		if (n && (!untrusted_split(&rest, ",", &piece) ||
				 !untrusted_to_double(piece, &steps[n].from)))
			break;
	}
	return from_steps(steps, n, limits);
}

static double in_unit(double value, const struct import_unit *unit)
{
	return value * unit->times / unit->by;
}

bool import_limits(struct json panel, const struct import_unit *unit,
	struct limits *limits, const char **why)
{
	struct json defaults = json_get(panel, "fieldConfig.defaults");
	struct json list = json_get(defaults, "thresholds.steps");
	struct json old = json_get(panel, "thresholds");
	struct step steps[MAX_STEPS];
	size_t n = read_steps(list, steps);
	bool ok = false;

	*why = NULL;
	*limits = (struct limits){.warn = NAN, .critical = NAN};
	if (json_is_array(old)) {
		ok = from_graph(old, limits);
	} else if (json_is_text(old)) {
		ok = from_text(panel, limits);
	} else if (n > 1 && shows_steps(panel, defaults) && !nobodys(steps, n, unit)) {
		bool relative = untrusted_is(
			json_text(json_get(defaults, "thresholds.mode")), "percentage");

		if (relative && !scale_steps(defaults, unit, steps, n))
			*why = "its thresholds are percents of a range it does not name";
		else if (!(ok = from_steps(steps, n, limits)) &&
			 steps[0].look != LOOK_GOOD)
			*why = "its thresholds cannot be said as warn= and critical=";
	}
	limits->warn = ok ? in_unit(limits->warn, unit) : NAN;
	limits->critical = ok ? in_unit(limits->critical, unit) : NAN;
	return ok;
}
