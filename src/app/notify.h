/* Telling somebody who does not look: what is new, open and bad enough goes to the
 * places that the rc names, once for each problem and once more when it gets worse.
 * What was there when oogway began is known already. */
#ifndef SRC_APP_NOTIFY_H
#define SRC_APP_NOTIFY_H

#include "app/app.h"
#include "model/severity.h"

struct notify;
struct poll_options;

enum {
	NOTIFY_SETTLE_MS = 2000, /* what else tells of it, and what comes with it */
	NOTIFY_BURST = 3,        /* notices at once, then one in every REFILL */
	NOTIFY_REFILL_MS = 30000,
	NOTIFY_FORGET_MS = 300000, /* gone for so long, it is another problem */
};

struct notify *notify_new(struct app *app);
/* Begins with the secrets of the rc's lines; nothing in a command's life. */
void notify_start(struct notify *notify);
/* Before the task pool and the HTTP client are freed. */
void notify_free(struct notify *notify);
/* The rc is another one now: a new line knows what is open. */
void notify_reload(struct notify *notify, const struct rc *old);
void notify_tick(struct notify *notify, int64_t now);

/* Something that is told once, to every line that hears of its severity. The texts are
 * clean lines; target and event name it for ever, with since. */
struct notice {
	enum severity severity;
	const char *event;  /* "alert", "worse"; others: see expiry.c */
	const char *target; /* "am/5d41…": source and id */
	const char *title, *summary, *service, *link, *sources;
	int64_t since;
	bool urgent; /* in quiet hours too, and from here, whoever else tells */
};
void notify_say(struct notify *notify, const struct notice *notice);

/* --- for app/actions: where rows of ACTION_NOTIFY go --- */

/* What the outbox calls the place of that number, below RC_MAX_NOTIFIES; NULL: it is
 * none, or not ready. */
const char *notify_place(const struct notify *notify, int number);
const struct poll_options *notify_options(const struct notify *notify, int number);

#endif
