/* An alert or incident, whatever it came from: one model, one row.
 *
 * A draft is what a source's answer says (borrowed texts); alert_new() packs it in
 * one block, so that 100,000 of them stay small. */
#ifndef MODEL_ALERT_H
#define MODEL_ALERT_H

#include "base/untrusted.h"
#include "model/severity.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum alert_state {
	ALERT_FIRING,       /* nobody has taken it */
	ALERT_ACKNOWLEDGED, /* somebody has, see acked_at and the text ACKED_BY */
	ALERT_SILENCED,     /* muted by a silence, an inhibition or a snooze */
	ALERT_RESOLVED,
	ALERT_STATE_COUNT,
};

/* Texts of an alert; any may be empty. */
enum alert_text {
	ALERT_ID,          /* upstream id or fingerprint: identity within its source */
	ALERT_TITLE,       /* alertname, or the incident's title */
	ALERT_SUMMARY,     /* one sentence */
	ALERT_SERVICE,     /* what it is about: service, job or instance */
	ALERT_GROUP,       /* key of the upstream group; an incident's own key */
	ALERT_PAGE_KEYS,   /* keys of the incidents it opens, blanks between */
	ALERT_ACKED_BY,    /* who acknowledged, or which silence */
	ALERT_ASSIGNED,    /* who is paged */
	ALERT_NEXT,        /* what happens by itself, see next_at */
	ALERT_LINK,        /* page for humans */
	ALERT_RUNBOOK,     /* runbook_url */
	ALERT_SOURCE_EXPR, /* generatorURL */
	ALERT_TEXT_COUNT,
};

enum { ALERT_MAX_PAIRS = 200, ALERT_MAX_BYTES = 60000 };

struct pair {
	struct untrusted name, value;
};

struct alert_draft {
	enum severity severity;
	enum alert_state state;
	bool pages; /* acknowledging it here stops a page */
	int64_t started_at, updated_at, ended_at, acked_at;
	int64_t next_at; /* next automatic event upstream (escalation, ack expiry) */
	uint32_t number; /* human number of an incident, 0 without */
	struct untrusted texts[ALERT_TEXT_COUNT];
	const struct pair *labels;
	size_t label_count;
	const struct pair *annotations;
	size_t annotation_count;
};

struct alert {
	uint64_t key; /* hash of its source's name and its id: identity in the program */
	/* The sum of the hashes of its labels: what several sources tell of one thing has
	 * the same, but for the labels that one adds to all. 0: no label alertname. */
	uint64_t labels_hash;
	struct alert *twin; /* the next in its table's list of such */
	uint64_t joined;    /* the problem it was found to belong to; 0: by its labels */
	int64_t started_at, updated_at, ended_at, acked_at, next_at;
	uint32_t number;
	uint32_t generation; /* of the snapshot it was last seen in */
	int16_t source;      /* its number, the same for as long as the program runs */
	uint8_t severity, state;
	bool pages : 1;
	bool twinned : 1; /* it has a twin, or had one */
	bool counted : 1; /* in the totals, as that severity: it speaks for its twins */
	bool over : 1;    /* its source lists it no more */
	bool echo : 1;    /* it pages nobody, and another tells of the same */
	bool crowded : 1; /* too many alike: it stands alone */
	uint8_t counted_as : 3;
	uint8_t label_count, annotation_count;
	uint16_t texts; /* a bit for each that is not empty */
	uint16_t size;
	unsigned char bytes[]; /* where those are, then all texts; see alert.c */
};

/* Texts beyond ALERT_MAX_BYTES in all are cut, longest first; pairs beyond
 * ALERT_MAX_PAIRS are dropped. */
struct alert *alert_new(
	const struct alert_draft *draft, int source, const char *source_name);
void alert_free(struct alert *alert);
/* A copy with one text replaced. */
struct alert *alert_with(
	const struct alert *alert, enum alert_text which, struct untrusted text);
uint64_t alert_key(const char *source_name, struct untrusted id);
struct untrusted alert_text(const struct alert *alert, enum alert_text which);
/* Its title for somebody who reads: "(no name)" when it has none. */
struct untrusted alert_name(const struct alert *alert);
/* "Ben Okafor" and "(Payments)" of "escalates to Ben Okafor (Payments)". */
void alert_next_parts(
	const struct alert *alert, struct untrusted *who, struct untrusted *where);
/* What happens next is that its snooze ends: true, and who snoozed it, or empty. */
bool alert_snoozed(const struct alert *alert, struct untrusted *by);
/* i < label_count (or annotation_count). */
struct pair alert_label(const struct alert *alert, size_t i);
struct pair alert_annotation(const struct alert *alert, size_t i);
/* Empty when there is none. */
struct untrusted alert_label_value(const struct alert *alert, const char *name);
const char *alert_state_name(enum alert_state state);
/* Same content but for generation: nothing to redraw. */
bool alert_same(const struct alert *a, const struct alert *b);

#endif
