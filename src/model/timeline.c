/* Puts the lines of an incident in order and finds those that tell of one thing: an
 * action of ours and the entry it left in the source's log, a note and the log's own
 * line of it. Each entry is taken by one action only, the nearest. Pure; any thread. */
#include "model/timeline.h"

#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

enum { NOTE_SAME_MS = 2000, NOTE_LOOK = 1000 };

#define ASKED "was asked to join"

void timeline_init(struct timeline *timeline)
{
	*timeline = (struct timeline){0};
}

void timeline_release(struct timeline *timeline)
{
	mem_free(timeline->lines);
	*timeline = (struct timeline){0};
}

void timeline_add(struct timeline *timeline, const struct timeline_line *line)
{
	if (line->at <= 0)
		return;
	MEM_ROOM(timeline->lines, timeline->count, timeline->cap);
	timeline->lines[timeline->count++] = *line;
	timeline->settled = false;
}

static const char *responder_words(struct untrusted state)
{
	if (untrusted_is(state, "joined"))
		return "joined";
	if (untrusted_is(state, "declined"))
		return "declined to join";
	if (untrusted_is(state, "pending"))
		return ASKED;
	return "is not asked any more";
}

void timeline_add_log(
	struct timeline *timeline, const struct batch_entry *entries, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct batch_entry *e = &entries[i];
		struct timeline_line line = {.at = e->at,
			.from = e->kind == ENTRY_ALERT ? TIMELINE_ALERT : TIMELINE_LOG,
			.kind = e->kind,
			.noted = untrusted_starts(e->id, "note/"),
			.text = e->text,
			.who = e->who};

		if (e->kind == ENTRY_BRIDGE)
			continue;
		if (e->kind == ENTRY_RESPONDER) {
			line.text = e->who;
			line.more = responder_words(e->text);
		}
		timeline_add(timeline, &line);
	}
}

/* --- what is one --- */

static int64_t apart(int64_t a, int64_t b)
{
	return a < b ? b - a : a - b;
}

static bool is_bare(const struct timeline_line *line)
{
	return untrusted_starts(line->text, "Note added by ");
}

/* A note and the log's line of it: by one person, with the same words, or the log has
 * none of them. Two notes are two, whatever they say. */
static bool same_note(const struct timeline_line *a, const struct timeline_line *b)
{
	if (a->kind != ENTRY_NOTE || b->kind != ENTRY_NOTE || a->from != TIMELINE_LOG ||
		b->from != TIMELINE_LOG || apart(a->at, b->at) > NOTE_SAME_MS ||
		a->noted == b->noted || !untrusted_eq(a->who, b->who))
		return false;
	return untrusted_eq(a->text, b->text) || is_bare(a) || is_bare(b);
}

/* Each note takes one line of the log. */
static void join_notes(struct timeline *t, bool *gone)
{
	bool *joined = mem_new(t->count + 1, sizeof *joined);

	for (size_t i = 0; i < t->count; i++)
		for (size_t k = i + 1;
			k < t->count && t->lines[i].kind == ENTRY_NOTE && !gone[i] &&
			!joined[i] && t->lines[k].at - t->lines[i].at <= NOTE_SAME_MS;
			k++) {
			bool first = t->lines[i].noted;

			if (k > i + NOTE_LOOK)
				break;
			if (gone[k] || joined[k] ||
				!same_note(&t->lines[i], &t->lines[k]))
				continue;
			joined[first ? i : k] = true;
			gone[first ? k : i] = true;
		}
	mem_free(joined);
}

/* How far an entry is from what an action would have left; -1: it is another. */
static int64_t distance(
	const struct timeline_line *act, const struct timeline_line *entry)
{
	if (entry->from != TIMELINE_LOG || entry->ours || entry->kind != act->kind ||
		act->kind == ENTRY_OTHER)
		return -1;
	if (*act->marker)
		return untrusted_find(entry->text, act->marker) < 0 ? -1 : 0;
	if (entry->kind == ENTRY_RESPONDER &&
		(!entry->more || strcmp(entry->more, ASKED) != 0))
		return -1;
	if (entry->at < act->from_at - TIMELINE_SAME_MS ||
		entry->at > act->at + TIMELINE_SAME_MS)
		return -1;
	return apart(entry->at, act->at);
}

/* Whom one request asked are several lines upstream. */
static void take_others(struct timeline *t, size_t act, size_t taken)
{
	const struct timeline_line *a = &t->lines[act];

	for (size_t i = 0; a->kind == ENTRY_RESPONDER && i < t->count; i++) {
		struct timeline_line *line = &t->lines[i];

		if (i == taken || distance(a, line) < 0 ||
			apart(line->at, t->lines[taken].at) > NOTE_SAME_MS)
			continue;
		line->ours = true;
		line->by = a->who;
	}
}

static void join_act(struct timeline *t, size_t act, bool *gone)
{
	const struct timeline_line *a = &t->lines[act];
	size_t nearest = t->count;
	int64_t least = INT64_MAX;

	for (size_t i = 0; i < t->count; i++) {
		int64_t far = gone[i] ? -1 : distance(a, &t->lines[i]);

		if (far >= 0 && far < least) {
			least = far;
			nearest = i;
		}
	}
	if (nearest == t->count)
		return;
	t->lines[nearest].ours = true;
	t->lines[nearest].by = a->who;
	take_others(t, act, nearest);
	gone[act] = true;
}

static int is_asked(const struct timeline_line *line)
{
	return line->more && !strcmp(line->more, ASKED);
}

static int by_time(const void *a, const void *b)
{
	const struct timeline_line *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	if (x->from != y->from)
		return x->from < y->from ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	/* What is equal but for its words has an order too, always the same: whoever was
	 * asked and came in one second was asked first. */
	if (!untrusted_eq(x->text, y->text))
		return untrusted_cmp(x->text, y->text);
	return is_asked(y) - is_asked(x);
}

static void sort(struct timeline *t)
{
	bool sorted = true;

	for (size_t i = 1; i < t->count; i++)
		sorted &= by_time(&t->lines[i - 1], &t->lines[i]) <= 0;
	if (!sorted)
		qsort(t->lines, t->count, sizeof *t->lines, by_time);
}

void timeline_settle(struct timeline *t)
{
	bool *gone;
	size_t kept = 0;

	if (t->settled)
		return;
	t->settled = true;
	sort(t);
	gone = mem_new(t->count + 1, sizeof *gone);
	join_notes(t, gone);
	for (size_t i = 0; i < t->count; i++)
		if (t->lines[i].from == TIMELINE_HERE && !t->lines[i].bad && !gone[i])
			join_act(t, i, gone);
	for (size_t i = 0; i < t->count; i++)
		if (!gone[i])
			t->lines[kept++] = t->lines[i];
	t->count = kept;
	mem_free(gone);
	if (t->count <= TIMELINE_MOST)
		return;
	t->left_out = t->count - TIMELINE_MOST;
	memmove(t->lines, t->lines + t->left_out, TIMELINE_MOST * sizeof *t->lines);
	t->count = TIMELINE_MOST;
}

/* --- words --- */

const char *timeline_kind(const struct timeline_line *line)
{
	static const char *const kinds[ENTRY_KIND_COUNT] = {
		[ENTRY_OTHER] = "log",
		[ENTRY_TRIGGER] = "page",
		[ENTRY_ACK] = "ack",
		[ENTRY_UNACK] = "unack",
		[ENTRY_RESOLVE] = "over",
		[ENTRY_ESCALATE] = "escalate",
		[ENTRY_ASSIGN] = "assign",
		[ENTRY_SNOOZE] = "snooze",
		[ENTRY_NOTE] = "note",
		[ENTRY_NOTIFY] = "notified",
		[ENTRY_ALERT] = "alert",
		[ENTRY_RESPONDER] = "help",
		[ENTRY_BRIDGE] = "bridge",
	};

	if (line->from == TIMELINE_CHANGE)
		return "change";
	if (line->from == TIMELINE_ANOMALY)
		return "anomaly";
	if (line->from == TIMELINE_COMMAND)
		return "command";
	if (line->from == TIMELINE_HERE)
		return "we did";
	if (line->from == TIMELINE_ALERT && line->kind == ENTRY_TRIGGER)
		return "fired";
	return kinds[line->kind];
}

struct untrusted timeline_text(const struct timeline_line *line)
{
	struct untrusted rest = line->text;
	ptrdiff_t at = -1, next;
	size_t skipped = 0;

	if (line->kind != ENTRY_NOTE)
		return line->text;
	while ((next = untrusted_find(rest, " (oogway ")) >= 0) {
		at = (ptrdiff_t)skipped + next;
		skipped += (size_t)next + 1;
		rest = untrusted_slice(line->text, skipped, SIZE_MAX);
	}
	return at < 0 ? line->text : untrusted_slice(line->text, 0, (size_t)at);
}
