/* An alert packed in one block: fixed part, two bytes for the place of each text that
 * is not empty, then length-prefixed texts (one byte, or two of a long one), labels and
 * annotations first. A text that says the same as one of them, or as another, is not
 * stored again. Main thread; alert_new may run anywhere. */
#include "model/alert.h"

#include "base/alloc.h"
#include "base/text.h"

#include <stddef.h>
#include <string.h>

enum { TEXT_MAX = 4000, PAIR_MAX = 1000 };

_Static_assert(ALERT_TEXT_COUNT <= 16, "a bit for each text");

static struct untrusted cut(struct untrusted text, size_t max)
{
	return untrusted_slice(text, 0, max);
}

/* Names that nearly every alert has: one byte each. The order is nobody's business, as
 * nothing packed outlives the process. */
static const char *const frequent[] = {"alertname", "instance", "job", "severity",
	"service", "namespace", "pod", "cluster", "team", "summary", "description",
	"runbook_url"};

enum {
	NAMES = sizeof frequent / sizeof *frequent,
	LONG_FROM = 228, /* a length from here on takes two bytes */
	NAMED_FROM = LONG_FROM + (TEXT_MAX >> 8) + 1, /* this byte and up: a name */
};

_Static_assert(NAMED_FROM + NAMES <= 256, "the first byte says which it is");

static size_t put(unsigned char *bytes, size_t at, struct untrusted text)
{
	size_t n;
	const void *raw = text_raw(text, &n);

	if (n >= LONG_FROM)
		bytes[at++] = (unsigned char)(LONG_FROM + (n >> 8));
	bytes[at++] = (unsigned char)(n & 0xff);
	memcpy(bytes + at, raw, n);
	return at + n;
}

static size_t put_name(unsigned char *bytes, size_t at, struct untrusted name)
{
	for (size_t i = 0; i < NAMES; i++) {
		if (!untrusted_is(name, frequent[i]))
			continue;
		bytes[at] = (unsigned char)(NAMED_FROM + i);
		return at + 1;
	}
	return put(bytes, at, name);
}

/* *at moves behind it. */
static struct untrusted get(const unsigned char *bytes, size_t *at)
{
	size_t n = bytes[(*at)++], from;

	if (n >= NAMED_FROM)
		return untrusted_str(frequent[n - NAMED_FROM]);
	if (n >= LONG_FROM)
		n = (n - LONG_FROM) << 8 | bytes[(*at)++];
	from = *at;
	*at += n;
	return untrusted_make(bytes + from, n);
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

/* The bytes while they are put together, and where the texts are that can be shared:
 * values of pairs and what was put before. A title is often a label, a summary an
 * annotation. */
struct packing {
	size_t size, known_count;
	uint16_t known[2 * ALERT_MAX_PAIRS + ALERT_TEXT_COUNT];
	unsigned char bytes[ALERT_MAX_BYTES + 2 * ALERT_TEXT_COUNT];
};

static uint16_t put_known(struct packing *p, struct untrusted text)
{
	uint16_t at = (uint16_t)p->size;

	p->known[p->known_count++] = at;
	p->size = put(p->bytes, p->size, text);
	return at;
}

static uint16_t put_shared(struct packing *p, struct untrusted text)
{
	for (size_t i = 0; i < p->known_count; i++) {
		size_t at = p->known[i];

		if (untrusted_eq(get(p->bytes, &at), text))
			return p->known[i];
	}
	return put_known(p, text);
}

static void put_pairs(struct packing *p, const struct pair *pairs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		p->size = put_name(p->bytes, p->size, cut(pairs[i].name, PAIR_MAX));
		put_known(p, cut(pairs[i].value, PAIR_MAX));
	}
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

static uint16_t texts_of(const struct alert_draft *draft)
{
	unsigned texts = 0;

	for (int i = 0; i < ALERT_TEXT_COUNT; i++)
		texts |= (unsigned)!untrusted_empty(draft->texts[i]) << i;
	return (uint16_t)texts;
}

/* Behind the places of as many texts as there are bits. */
static size_t pairs_at(unsigned texts)
{
	return sizeof(uint16_t) * (size_t)__builtin_popcount(texts);
}

/* How many bytes the texts take at most. */
static size_t texts_size(const struct alert_draft *draft)
{
	size_t size = 0;

	for (int i = 0; i < ALERT_TEXT_COUNT; i++)
		if (!untrusted_empty(draft->texts[i]))
			size += 2 + untrusted_size(cut(draft->texts[i], TEXT_MAX));
	return size;
}

struct alert *alert_new(
	const struct alert_draft *draft, int source, const char *source_name)
{
	size_t size = texts_size(draft);
	size_t labels = fit_pairs(draft->labels, draft->label_count, &size);
	size_t annotations =
		fit_pairs(draft->annotations, draft->annotation_count, &size);
	uint16_t texts = texts_of(draft), at;
	unsigned char *place;
	struct alert *alert;
	struct packing p;

	p.size = pairs_at(texts);
	p.known_count = 0;
	put_pairs(&p, draft->labels, labels);
	put_pairs(&p, draft->annotations, annotations);
	place = p.bytes;
	for (int i = 0; i < ALERT_TEXT_COUNT; i++) {
		if (untrusted_empty(draft->texts[i]))
			continue;
		at = put_shared(&p, cut(draft->texts[i], TEXT_MAX));
		memcpy(place, &at, sizeof at);
		place += sizeof at;
	}
	/* The bytes begin in the padding of the fixed part. */
	size = offsetof(struct alert, bytes) + p.size;
	alert = mem_new(1, size > sizeof *alert ? size : sizeof *alert);
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
		.texts = texts,
		.size = (uint16_t)p.size,
	};
	memcpy(alert->bytes, p.bytes, p.size);
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
	copy->echo = alert->echo;
	copy->generation = alert->generation;
	return copy;
}

void alert_free(struct alert *alert)
{
	mem_free(alert);
}

struct untrusted alert_text(const struct alert *alert, enum alert_text which)
{
	unsigned before = alert->texts & ((1u << which) - 1);
	uint16_t place;
	size_t at;

	if (!(alert->texts >> which & 1))
		return UNTRUSTED_NONE;
	memcpy(&place, alert->bytes + pairs_at(before), sizeof place);
	at = place;
	return get(alert->bytes, &at);
}

struct untrusted alert_name(const struct alert *alert)
{
	struct untrusted title = alert_text(alert, ALERT_TITLE);

	return untrusted_empty(title) ? untrusted_str("(no name)") : title;
}

void alert_next_parts(
	const struct alert *alert, struct untrusted *who, struct untrusted *where)
{
	static const char to[] = "escalates to ";
	struct untrusted next = alert_text(alert, ALERT_NEXT);
	ptrdiff_t at;

	if (untrusted_starts(next, to))
		next = untrusted_slice(next, sizeof to - 1, SIZE_MAX);
	at = untrusted_find(next, " (");
	*who = at < 0 ? next : untrusted_slice(next, 0, (size_t)at);
	*where =
		at < 0 ? UNTRUSTED_NONE : untrusted_slice(next, (size_t)at + 1, SIZE_MAX);
}

bool alert_snoozed(const struct alert *alert, struct untrusted *by)
{
	static const char from[] = "snooze by ", to[] = " ends";
	struct untrusted next = alert_text(alert, ALERT_NEXT);
	size_t n = untrusted_size(next), around = sizeof from + sizeof to - 2;

	*by = UNTRUSTED_NONE;
	if (untrusted_starts(next, from) && n > around)
		*by = untrusted_slice(next, sizeof from - 1, n - around);
	return untrusted_starts(next, "snooze ");
}

static struct pair pair_at(const struct alert *alert, size_t i)
{
	size_t at = pairs_at(alert->texts);
	struct pair pair = {UNTRUSTED_NONE, UNTRUSTED_NONE};

	for (size_t k = 0; k <= i; k++) {
		pair.name = get(alert->bytes, &at);
		pair.value = get(alert->bytes, &at);
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
	size_t at = pairs_at(alert->texts);

	for (size_t k = 0; k < alert->label_count; k++) {
		struct untrusted word = get(alert->bytes, &at);
		struct untrusted value = get(alert->bytes, &at);

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
	       a->label_count == b->label_count && a->texts == b->texts &&
	       !memcmp(a->bytes, b->bytes, a->size);
}
