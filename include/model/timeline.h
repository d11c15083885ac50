/* One timeline of an incident, from all that tell of it: the log and notes upstream, its
 * alerts, what was done from here, changes and anomalies around it. Sorted; what two tell
 * of one thing is one line. Texts are borrowed. Any thread. */
#ifndef MODEL_TIMELINE_H
#define MODEL_TIMELINE_H

#include "model/action.h"
#include "model/batch.h"

enum {
	TIMELINE_MOST = 3000, /* lines; of more the oldest are left out */
	/* As far apart clocks and answers may be, and it is still the same deed. */
	TIMELINE_SAME_MS = 120 * 1000,
};

enum timeline_from {
	TIMELINE_LOG,  /* the source's own log */
	TIMELINE_HERE, /* done by a console of ours */
	TIMELINE_ALERT,
	TIMELINE_CHANGE,
	TIMELINE_ANOMALY,
	TIMELINE_COMMAND, /* a step of a runbook */
};

struct timeline_line {
	int64_t at;      /* UTC ms; lines without are left out */
	int64_t from_at; /* TIMELINE_HERE: when it was wished for; at: when it was done */
	enum timeline_from from;
	enum entry_kind kind; /* of what is done here: what its source's log calls it */
	struct untrusted text, who, link;
	const char *words;          /* ours, before the text; or NULL */
	const char *more;           /* ours, behind it: how it stands; or NULL */
	const char *data;           /* the command that shows it; or NULL */
	char marker[ACTION_MARKER]; /* of a note made here: its text has it; or "" */
	bool noted;                 /* of the notes, not of the log that tells of them */
	bool bad;                   /* it did not work, or not yet */
	/* After settling: it was done from here. */
	bool ours;
	struct untrusted by; /* … by whom; of a bad one: why */
};

struct timeline {
	struct timeline_line *lines;
	size_t count, cap;
	size_t left_out; /* the oldest, of too many */
	bool settled;
};

void timeline_init(struct timeline *timeline);
void timeline_release(struct timeline *timeline);
void timeline_add(struct timeline *timeline, const struct timeline_line *line);
/* All of a log but for what is no event (ENTRY_BRIDGE). */
void timeline_add_log(
	struct timeline *timeline, const struct batch_entry *entries, size_t count);
/* Sorts, oldest first, and makes one line of what is one. After the last add. */
void timeline_settle(struct timeline *timeline);

/* "ack", "note": what a line is about, at most eight letters. */
const char *timeline_kind(const struct timeline_line *line);
/* Without the marker at its end. */
struct untrusted timeline_text(const struct timeline_line *line);

#endif
