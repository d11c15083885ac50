/* What all detectors share: default settings, the sentence of a verdict, and states as
 * bytes. Saved bytes come back from a database, so they carry a checksum and every
 * class checks its own indices before a state is used. Any thread. */
#include "analysis/detector.h"

#include "base/time.h"

#include <stdio.h>
#include <string.h>

enum { MAGIC = 0x4f4f4454 };

/* In front of a saved state. Numbers are of this machine's order: another one's magic
 * does not match. */
struct saved {
	uint32_t magic, version;
	uint64_t class, size, sum;
};

_Static_assert(sizeof(struct saved) == DETECTOR_HEADER, "the header has no holes");

/* Smallest change worth a word. Percentages move by some points all the time; other
 * units have no natural size, so there the part of the level decides. */
static const double min_changes[UNIT_COUNT_] = {
	[UNIT_PERCENT] = 5,
	[UNIT_RATIO] = 0.005,
	[UNIT_BYTES] = 1 << 20,
	[UNIT_BYTES_PER_S] = 10 << 10,
	[UNIT_SECONDS] = 0.002,
	[UNIT_CELSIUS] = 5,
};

void detector_config_init(struct detector_config *config, enum unit unit,
	struct limits limits, int64_t interval_ms)
{
	*config = (struct detector_config){
		.limits = limits,
		.unit = unit,
		.interval_ms = interval_ms,
		.confirm_points = 3,
		.confirm_ms = 10 * MINUTE_MS,
		.clear_ratio = 0.95,
		.direction = DIRECTION_BOTH,
		.sensitivity = 7,
		.min_change = min_changes[unit],
		.min_change_ratio = 0.1,
	};
}

const char *reason_name(enum detector_reason reason)
{
	static const char *const names[REASON_COUNT] = {
		[REASON_NORMAL] = "normal",
		[REASON_LEARNING] = "learning",
		[REASON_IGNORED] = "ignored",
		[REASON_OVER_LIMIT] = "over-limit",
		[REASON_UNDER_LIMIT] = "under-limit",
		[REASON_ABOVE_USUAL] = "above-usual",
		[REASON_BELOW_USUAL] = "below-usual",
		[REASON_HIGHEST] = "highest",
		[REASON_LOWEST] = "lowest",
		[REASON_LEVEL_UP] = "level-up",
		[REASON_LEVEL_DOWN] = "level-down",
		[REASON_DRIFT_UP] = "drift-up",
		[REASON_DRIFT_DOWN] = "drift-down",
		[REASON_RESTLESS] = "restless",
		[REASON_FLAT] = "flat",
	};

	return names[reason];
}

void detector_start(const struct detector_class *class, void *state)
{
	memset(state, 0, class->state_size);
	if (class->start)
		class->start(state);
}

struct verdict detector_feed(const struct detector_class *class, void *state,
	const struct detector_config *config, struct point point)
{
	return class->feed(state, config, point);
}

/* FNV-1a, the same in every process (hash_keyed() is not). */
static uint64_t checksum(const void *p, size_t n)
{
	const unsigned char *s = p;
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < n; i++)
		h = (h ^ s[i]) * UINT64_C(0x100000001b3);
	return h;
}

static struct saved header_of(const struct detector_class *class, const void *state)
{
	return (struct saved){
		.magic = MAGIC,
		.version = class->version,
		.class = checksum(class->name, strlen(class->name)),
		.size = class->state_size,
		.sum = checksum(state, class->state_size),
	};
}

size_t detector_save(
	const struct detector_class *class, const void *state, void *out, size_t size)
{
	struct saved header = header_of(class, state);

	if (size < DETECTOR_HEADER + class->state_size)
		return 0;
	memcpy(out, &header, DETECTOR_HEADER);
	memcpy((char *)out + DETECTOR_HEADER, state, class->state_size);
	return DETECTOR_HEADER + class->state_size;
}

bool detector_restore(const struct detector_class *class, void *state, const void *bytes,
	size_t n, struct err *err)
{
	const char *from = (const char *)bytes + DETECTOR_HEADER;
	int64_t copy[DETECTOR_MAX_STATE / sizeof(int64_t)];
	struct saved header, wanted;

	if (n != DETECTOR_HEADER + class->state_size)
		return err_set(err, ERR_INPUT,
			"The saved %s baseline has another size: it is learnt anew",
			class->name);
	memcpy(&header, bytes, DETECTOR_HEADER);
	memcpy(copy, from, class->state_size);
	wanted = header_of(class, copy);
	if (header.magic != wanted.magic || header.version != wanted.version ||
		header.class != wanted.class || header.size != wanted.size)
		return err_set(err, ERR_INPUT,
			"The saved %s baseline is of another version or machine: it is "
			"learnt anew",
			class->name);
	if (header.sum != wanted.sum || (class->check && !class->check(copy)))
		return err_set(err, ERR_INPUT,
			"The saved %s baseline is damaged: it is learnt anew",
			class->name);
	memcpy(state, copy, class->state_size);
	return true;
}

const char *verdict_learning(const struct verdict *v, char out[DETECTOR_SENTENCE])
{
	static const char *const means[] = {
		[BASIS_RECENT] = "compared with the last hours",
		[BASIS_DAY] = "compared with the same hour of other days",
		[BASIS_WEEK] = "compared with the same hour of other weeks",
		[BASIS_LIMITS] = "thresholds only",
	};

	out[0] = '\0';
	if (v->learning)
		snprintf(out, DETECTOR_SENTENCE,
			"seasonal baseline: %d of 7 days learnt; %s", v->days_learnt,
			means[v->reason == REASON_LEARNING ? BASIS_LIMITS : v->basis]);
	return out;
}

/* What was never so before says what it was until then. */
static void news_sentence(
	const struct verdict *v, enum unit unit, char out[DETECTOR_SENTENCE])
{
	static const char *const forms[REASON_COUNT] = {
		[REASON_HIGHEST] = "%s, never above %s before",
		[REASON_LOWEST] = "%s, never below %s before",
		[REASON_LEVEL_UP] = "a new level of %s, never above %s before",
		[REASON_LEVEL_DOWN] = "a new level of %s, never below %s before",
		[REASON_DRIFT_UP] =
			"%s off what is usual at this time, at most %s before",
		[REASON_DRIFT_DOWN] =
			"%s off what is usual at this time, at most %s before",
		[REASON_RESTLESS] = "varies by %s, at most by %s before",
	};
	char now[UNIT_TEXT], before[UNIT_TEXT];

	unit_text(unit, v->measured, now);
	unit_text(unit, v->before, before);
	if (v->reason == REASON_FLAT)
		snprintf(out, DETECTOR_SENTENCE,
			"has stood still for %.0f points, never so long before",
			v->measured);
	else if (forms[v->reason])
		snprintf(out, DETECTOR_SENTENCE, forms[v->reason], now, before);
}

const char *verdict_sentence(
	const struct verdict *v, enum unit unit, char out[DETECTOR_SENTENCE])
{
	static const char *const bases[] = {
		[BASIS_RECENT] = "lately",
		[BASIS_DAY] = "at this hour of the day",
		[BASIS_WEEK] = "at this hour of the week",
		[BASIS_LIMITS] = "",
	};
	char value[UNIT_TEXT], low[UNIT_TEXT], high[UNIT_TEXT];

	out[0] = '\0';
	unit_text(unit, v->value, value);
	unit_text(unit, v->low, low);
	unit_text(unit, v->high, high);
	switch (v->reason) {
	case REASON_LEARNING:
		verdict_learning(v, out);
		break;
	case REASON_OVER_LIMIT:
		snprintf(out, DETECTOR_SENTENCE, "%s, over the limit of %s", value, high);
		break;
	case REASON_UNDER_LIMIT:
		snprintf(out, DETECTOR_SENTENCE, "%s, under the limit of %s", value, low);
		break;
	case REASON_ABOVE_USUAL:
	case REASON_BELOW_USUAL:
		if (v->learning)
			snprintf(out, DETECTOR_SENTENCE,
				"%s, %s to %s %s (%d of 7 days learnt)", value, low, high,
				bases[v->basis], v->days_learnt);
		else
			snprintf(out, DETECTOR_SENTENCE, "%s, usually %s to %s %s", value,
				low, high, bases[v->basis]);
		break;
	default:
		news_sentence(v, unit, out);
		break;
	case REASON_NORMAL:
	case REASON_IGNORED:
	case REASON_COUNT:
		break;
	}
	return out;
}
