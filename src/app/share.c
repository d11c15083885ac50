/* Of several oogways on one store the first leads: it holds a lock beside the store. The
 * others hold another lock together, so that the leader sees that somebody follows; then
 * it puts its answers into the store, where the followers look before they ask. What is
 * not there, or too old, they ask themselves. When the leader ends, however it ends, the
 * kernel gives its lock to the next one within a second. A console that is alone takes
 * two locks and writes nothing. Hides locks and rows. Main thread. */
#include "share.h"

#include "app/app.h"
#include "app/rc.h"
#include "base/alloc.h"
#include "base/log.h"
#include "base/str.h"
#include "base/time.h"
#include "connect/poll.h"
#include "io/lock.h"
#include "store/answer.h"

#include <stdio.h>

enum { KEEP_MS = 2 * MINUTE_MS, LOOK_MS = 2 * SECOND_MS };

/* An answer that is being looked for. */
struct lookup {
	struct lookup *next, **link;
	void (*found)(void *asked, const struct answer *answer);
	void *asked; /* NULL: dropped */
};

struct share {
	struct app *app;
	struct poll_share hooks;
	int lead, follow; /* the files; -1: not open */
	bool opened;
	bool leads, follows;
	bool followed; /* somebody does */
	int64_t looked_at, trimmed_at;
	struct lookup *lookups;
};

static void key_of(const struct share *share, const char *key, char out[ANSWER_MAX_KEY])
{
	/* The same name and URL may be asked with another secret in another profile. */
	snprintf(out, ANSWER_MAX_KEY, "%.64s/%s", share->app->rc->profile, key);
}

static void unlink_lookup(struct lookup *lookup)
{
	*lookup->link = lookup->next;
	if (lookup->next)
		lookup->next->link = lookup->link;
	mem_free(lookup);
}

static void got_answer(void *ctx, const struct answer_row *row, const struct err *err)
{
	struct lookup *lookup = ctx;
	struct answer answer = {
		.status = 200, .type = row->type, .body = row->body, .now = row->came_at};
	void (*found)(void *asked, const struct answer *answer) = lookup->found;
	void *asked = lookup->asked;

	unlink_lookup(lookup);
	if (asked)
		found(asked, !err && row->came_at ? &answer : NULL);
}

static bool find(void *ctx, const char *key, int64_t since_at,
	void (*found)(void *asked, const struct answer *answer), void *asked)
{
	struct share *share = ctx;
	char name[ANSWER_MAX_KEY];
	struct lookup *lookup;

	if (!share->follows || share->leads)
		return false;
	lookup = mem_new(1, sizeof *lookup);
	lookup->found = found;
	lookup->asked = asked;
	lookup->next = share->lookups;
	lookup->link = &share->lookups;
	if (lookup->next)
		lookup->next->link = &lookup->next;
	share->lookups = lookup;
	key_of(share, key, name);
	answer_find_later(
		share->app->store, untrusted_str(name), since_at, got_answer, lookup);
	return true;
}

static void drop(void *ctx, void *asked)
{
	struct share *share = ctx;

	for (struct lookup *l = share->lookups; l; l = l->next)
		if (l->asked == asked)
			l->asked = NULL;
}

static void keep(void *ctx, const char *key, const struct answer *answer)
{
	struct share *share = ctx;
	char name[ANSWER_MAX_KEY];
	struct answer_row row = {
		.came_at = answer->now, .type = answer->type, .body = answer->body};

	if (!share->leads || !share->followed ||
		untrusted_size(answer->body) > ANSWER_MAX_BYTES)
		return;
	key_of(share, key, name);
	row.key = untrusted_str(name);
	answer_put_later(share->app->store, &row, (struct store_then){0});
}

static bool open_locks(struct share *share)
{
	const struct store_report *report = store_report(share->app->store);
	char path[STORE_PATH + 16];

	if (share->opened)
		return true;
	if (report->state != STORE_READY || !*report->path)
		return false;
	snprintf(path, sizeof path, "%s.lead", report->path);
	share->lead = lock_open(path);
	snprintf(path, sizeof path, "%s.follow", report->path);
	share->follow = lock_open(path);
	return share->opened = true;
}

static void begin_leading(struct share *share)
{
	if (share->follows) {
		lock_drop(share->follow);
		share->follows = false;
		log_add(LOG_INFO, "the oogway that asked the servers has ended: this one "
				  "asks them now");
	}
	share->leads = true;
}

static void begin_following(struct share *share)
{
	share->follows = lock_take(share->follow, false);
	if (share->follows)
		log_add(LOG_INFO, "another oogway on this store asks the servers: this "
				  "one reads what they answer");
}

/* Whoever follows has the other lock, so that it cannot be had alone. */
static void look_for_followers(struct share *share, int64_t now)
{
	share->looked_at = now;
	share->followed = share->follow >= 0 && !lock_take(share->follow, true);
	if (!share->followed)
		lock_drop(share->follow);
}

void share_tick(struct share *share, int64_t now)
{
	if (!share->app->live || share->app->demo || !share->app->store ||
		!open_locks(share))
		return;
	if (!share->leads && lock_take(share->lead, true))
		begin_leading(share);
	if (!share->leads && !share->follows)
		begin_following(share);
	if (!share->leads)
		return;
	if (now - share->looked_at >= LOOK_MS || now < share->looked_at)
		look_for_followers(share, now);
	if (share->followed && now - share->trimmed_at >= KEEP_MS) {
		share->trimmed_at = now;
		answer_trim_later(
			share->app->store, now - KEEP_MS, (struct store_then){0});
	}
}

const struct poll_share *share_hooks(const struct share *share)
{
	return &share->hooks;
}

struct share *share_new(struct app *app)
{
	struct share *share = mem_new(1, sizeof *share);

	share->app = app;
	share->lead = share->follow = -1;
	share->hooks = (struct poll_share){
		.find = find, .drop = drop, .keep = keep, .ctx = share};
	return share;
}

void share_free(struct share *share)
{
	if (!share)
		return;
	while (share->lookups)
		unlink_lookup(share->lookups);
	lock_close(&share->lead);
	lock_close(&share->follow);
	mem_free(share);
}
