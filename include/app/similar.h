/* Incidents of the past that are like one, why they are, and what was done then. Found
 * by the clusters of app/trends; what was done is what the store has of their logs. In
 * the console for the incident that is looked at. Main thread. */
#ifndef APP_SIMILAR_H
#define APP_SIMILAR_H

#include "app/app.h"
#include "base/arena.h"
#include "base/untrusted.h"

enum { SIMILAR_MOST = 5, SIMILAR_NOTES = 3, SIMILAR_WHY = 180, SIMILAR_DAYS = 28 };

struct similar_one {
	struct untrusted title, service, source, upstream_id, who;
	int64_t started_at, taken_at, ended_at; /* 0: not known */
	uint32_t number;
	bool same;                             /* the same problem, not only alike */
	struct untrusted notes[SIMILAR_NOTES]; /* the last ones, oldest first */
	size_t note_count, escalations;
};

struct similar_list {
	char why[SIMILAR_WHY]; /* "same template, same service, 11 times in 4 weeks" */
	struct similar_one ones[SIMILAR_MOST]; /* newest of the same first, then alike */
	size_t count;
	struct arena arena;
};

struct similar;
struct similar *similar_new(struct app *app);
void similar_free(struct similar *similar);
/* What is looked at; an empty title: nothing is. */
void similar_show(struct similar *similar, uint64_t key, struct untrusted id,
	struct untrusted title, struct untrusted service);
void similar_tick(struct similar *similar, int64_t now);
/* NULL: not known (yet). Borrowed until the next turn of the loop. */
const struct similar_list *similar_of(const struct similar *similar, uint64_t key);

/* For one command: here and now; release it also when it fails. */
bool similar_read(struct app *app, struct untrusted id, struct untrusted title,
	struct untrusted service, struct similar_list *out, struct err *err);
void similar_release(struct similar_list *list);

struct str;
/* "acknowledged by Ada after 3m, over after 24m; 2 notes": one line. */
void similar_words(const struct similar_one *one, struct str *out);

#endif
