/* An alert packed in one block: fixed part, then length-prefixed texts (2 bytes,
 * little end first, then the bytes). Offset 0 means empty, so the first byte of the
 * block is a filler. Main thread; alert_new may run anywhere. */
#include "model/alert.h"

#include "base/alloc.h"
#include "base/text.h"

#include <string.h>

enum { TEXT_MAX = 4000, PAIR_MAX = 1000 };

static struct untrusted cut(struct untrusted text, size_t max)
{
	return untrusted_slice(text, 0, max);
}

static size_t put(unsigned char *bytes, size_t at, struct untrusted text)
{
	size_t n;
	const void *raw = text_raw(text, &n);

	bytes[at] = (unsigned char)(n & 0xff);
	bytes[at + 1] = (unsigned char)(n >> 8);
	memcpy(bytes + at + 2, raw, n);
	return at + 2 + n;
}

static struct untrusted get(const struct alert *alert, size_t at)
{
	size_t n = alert->bytes[at] | (size_t)alert->bytes[at + 1] << 8;

	return untrusted_make(alert->bytes + at + 2, n);
}

/* How many pairs fit when `*size` bytes are used already. */
static size_t fit_pairs(const struct pair *pairs, size_t count, size_t *size)
{
	size_t i;

	for (i = 0; i < count && i < ALERT_MAX_PAIRS; i++) {
		size_t n = 4 + untrusted_size(cut(pairs[i].name, PAIR_MAX)) +
			   untrusted_size(cut(pairs[i].value, PAIR_MAX));

		if (*size + n > ALERT_MAX_BYTES)
			break;
		*size += n;
	}
	return i;
}

static size_t put_pairs(
	unsigned char *bytes, size_t at, const struct pair *pairs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		at = put(bytes, at, cut(pairs[i].name, PAIR_MAX));
		at = put(bytes, at, cut(pairs[i].value, PAIR_MAX));
	}
	return at;
}

uint64_t alert_key(const char *source_name, struct untrusted id)
{
	return untrusted_hash(id) ^
	       untrusted_hash(untrusted_str(source_name)) * UINT64_C(0x9e3779b97f4a7c15);
}

/* Prometheus and its Alertmanagers know one alert by its labels. */
static uint64_t hash_labels(const struct pair *labels, size_t count)
{
	uint64_t sum = 0;
	bool named = false;

	for (size_t i = 0; i < count; i++) {
		uint64_t pair = untrusted_hash(labels[i].name);

		named |= untrusted_is(labels[i].name, "alertname");
		pair = (pair ^ untrusted_hash(labels[i].value) >> 7) *
		       UINT64_C(0x9e3779b97f4a7c15);
		sum += pair ^ pair >> 29;
	}
	return !named ? 0 : sum ? sum : 1;
}

struct alert *alert_new(
	const struct alert_draft *draft, int source, const char *source_name)
{
	size_t size = 1, labels, annotations, at = 1;
	struct alert *alert;

	for (int i = 0; i < ALERT_TEXT_COUNT; i++)
		if (!untrusted_empty(draft->texts[i]))
			size += 2 + untrusted_size(cut(draft->texts[i], TEXT_MAX));
	labels = fit_pairs(draft->labels, draft->label_count, &size);
	annotations = fit_pairs(draft->annotations, draft->annotation_count, &size);
	alert = mem_new(1, sizeof *alert + size);
	*alert = (struct alert){
		.key = alert_key(source_name, draft->texts[ALERT_ID]),
		.labels_hash = hash_labels(draft->labels, draft->label_count),
		.started_at = draft->started_at,
		.updated_at = draft->updated_at,
		.ended_at = draft->ended_at,
		.acked_at = draft->acked_at,
		.next_at = draft->next_at,
		.number = draft->number,
		.source = (int16_t)source,
		.severity = (uint8_t)draft->severity,
		.state = (uint8_t)draft->state,
		.pages = draft->pages,
		.label_count = (uint8_t)labels,
		.annotation_count = (uint8_t)annotations,
		.size = (uint16_t)size,
	};
	for (int i = 0; i < ALERT_TEXT_COUNT; i++) {
		if (untrusted_empty(draft->texts[i]))
			continue;
		alert->offsets[i] = (uint16_t)at;
		at = put(alert->bytes, at, cut(draft->texts[i], TEXT_MAX));
	}
	alert->pairs_at = (uint16_t)at;
	at = put_pairs(alert->bytes, at, draft->labels, labels);
	put_pairs(alert->bytes, at, draft->annotations, annotations);
	return alert;
}

struct alert *alert_with(
	const struct alert *alert, enum alert_text which, struct untrusted text)
{
	struct pair pairs[2 * ALERT_MAX_PAIRS];
	struct alert_draft draft = {.severity = (enum severity)alert->severity,
		.state = (enum alert_state)alert->state,
		.pages = alert->pages,
		.started_at = alert->started_at,
		.updated_at = alert->updated_at,
		.ended_at = alert->ended_at,
		.acked_at = alert->acked_at,
		.next_at = alert->next_at,
		.number = alert->number,
		.labels = pairs,
		.label_count = alert->label_count,
		.annotations = pairs + alert->label_count,
		.annotation_count = alert->annotation_count};
	struct alert *copy;

	for (int i = 0; i < ALERT_TEXT_COUNT; i++)
		draft.texts[i] = alert_text(alert, (enum alert_text)i);
	draft.texts[which] = text;
	for (size_t i = 0; i < draft.label_count + draft.annotation_count; i++)
		pairs[i] = alert_label(alert, i);
	copy = alert_new(&draft, alert->source, "");
	copy->key = alert->key;
	copy->joined = alert->joined;
	copy->generation = alert->generation;
	copy->index = alert->index;
	return copy;
}

void alert_free(struct alert *alert)
{
	mem_free(alert);
}

struct untrusted alert_text(const struct alert *alert, enum alert_text which)
{
	return alert->offsets[which] ? get(alert, alert->offsets[which]) : UNTRUSTED_NONE;
}

static struct pair pair_at(const struct alert *alert, size_t i)
{
	size_t at = alert->pairs_at;
	struct pair pair = {UNTRUSTED_NONE, UNTRUSTED_NONE};

	for (size_t k = 0; k <= i; k++) {
		pair.name = get(alert, at);
		at += 2 + untrusted_size(pair.name);
		pair.value = get(alert, at);
		at += 2 + untrusted_size(pair.value);
	}
	return pair;
}

struct pair alert_label(const struct alert *alert, size_t i)
{
	return pair_at(alert, i);
}

struct pair alert_annotation(const struct alert *alert, size_t i)
{
	return pair_at(alert, alert->label_count + i);
}

struct untrusted alert_label_value(const struct alert *alert, const char *name)
{
	size_t at = alert->pairs_at;

	for (size_t k = 0; k < alert->label_count; k++) {
		struct untrusted word = get(alert, at), value;

		at += 2 + untrusted_size(word);
		value = get(alert, at);
		at += 2 + untrusted_size(value);
		if (untrusted_is(word, name))
			return value;
	}
	return UNTRUSTED_NONE;
}

const char *alert_state_name(enum alert_state state)
{
	static const char *const names[ALERT_STATE_COUNT] = {
		"firing", "acknowledged", "silenced", "resolved"};

	return names[state];
}

bool alert_same(const struct alert *a, const struct alert *b)
{
	return a->key == b->key && a->started_at == b->started_at &&
	       a->ended_at == b->ended_at && a->acked_at == b->acked_at &&
	       a->next_at == b->next_at && a->number == b->number &&
	       a->severity == b->severity && a->state == b->state &&
	       a->pages == b->pages && a->size == b->size &&
	       a->label_count == b->label_count &&
	       !memcmp(a->offsets, b->offsets, sizeof a->offsets) &&
	       !memcmp(a->bytes, b->bytes, a->size);
}
