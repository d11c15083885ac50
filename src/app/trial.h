/* A source that is tried before it is one: its credential is fetched, what is chosen of
 * it is looked up and counted, and it is asked once as it would be from then on. Main
 * thread. */
#ifndef SRC_APP_TRIAL_H
#define SRC_APP_TRIAL_H

#include "app/app.h"
#include "connect/poll.h"

struct trial;

enum { TRIAL_NAME = 80, TRIAL_MOST_COUNTS = 1001 };

struct trial_count {
	enum count_kind kind;
	char id[TRIAL_NAME], name[TRIAL_NAME];
	int64_t incidents, asks;
	size_t open;
	bool unknown;
};

/* What came of it. */
struct trial_found {
	const struct rc_source *line;
	struct trial_count *counts; /* of what is chosen; none where there is no past */
	size_t count;
	size_t alerts, silenced, silences, rules, lines;
	int64_t latency_ms;
	bool partial;
	char warning[160];
	const char *filter; /* with names become ids, or NULL */
};

/* Where services, teams and urgencies are chosen by words; each NULL or a list. */
struct trial_choices {
	const char *words[CHOOSE_COUNT];
};

struct trial_end {
	/* Once, with an error or what was found; the trial may be freed in it. */
	void (*told)(void *ctx, const struct trial_found *found, const struct err *err);
	void *ctx;
};

/* The line and the choices live as long as the trial. Never NULL. */
struct trial *trial_new(struct app *app, const struct rc_source *line,
	const struct trial_choices *choices, struct trial_end end);
void trial_free(struct trial *trial);

#endif
