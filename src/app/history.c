/* The life of the history: where the store lies, what it reports, what is done each
 * second and at the end, and how the console was left. Points, baselines, incidents
 * and changes have their own files. */
#include "history_parts.h"
#include "joins.h"

#include "app/actions.h"
#include "app/rotas.h"
#include "app/setting.h"
#include "app/slos.h"
#include "app/triggers.h"
#include "base/alloc.h"
#include "base/log.h"
#include "base/str.h"
#include "base/text.h"
#include "base/unit.h"
#include "io/file.h"
#include "store/ack.h"
#include "store/join.h"
#include "store/raw.h"
#include "store/baseline.h"
#include "store/db.h"
#include "store/keep.h"
#include "store/lease.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { FIRST_TRIM_MS = 2 * 60 * 1000 };

static const char kept_prefix[] = "console/";

struct kept {
	void *bytes;
	size_t n;
	bool dirty;
};

struct history *history_new(struct app *app)
{
	struct history *history = mem_new(1, sizeof *history);

	history->app = app;
	history->told = STORE_OPENING;
	map_init(&history->kept);
	return history;
}

/* --- where it lies --- */

struct store_paths {
	char path[STORE_PATH], local[STORE_PATH];
};

static bool store_paths(const struct app *app, struct store_paths *out, struct err *err)
{
	const char *set = settings_text(&app->rc->settings, SET_STORE);
	const char *home = getenv("HOME"), *run = getenv("XDG_RUNTIME_DIR");
	char folder[STORE_PATH - 16];

	*out->local = 0;
	if (!strcmp(set, "auto")) {
		if (!file_state_folder(folder, sizeof folder, err))
			return false;
		snprintf(out->path, sizeof out->path, "%s/oogway.db", folder);
		/* Local and the user's own, though gone after a restart of the host. */
		if (run && *run == '/')
			snprintf(out->local, sizeof out->local, "%s/oogway/oogway.db",
				run);
		return true;
	}
	if (*set != '/' && !str_starts(set, "~/"))
		return err_set(err, ERR_USAGE,
			"store is a file from / or ~/ on, not %.200s: nothing will be "
			"kept",
			set);
	if (str_starts(set, "~/") && home)
		snprintf(out->path, sizeof out->path, "%s%s", home, set + 1);
	else
		str_copy(out->path, sizeof out->path, set);
	return true;
}

static struct store_config config_of(const struct store_paths *paths)
{
	return (struct store_config){
		.path = paths->path, .local_path = *paths->local ? paths->local : NULL};
}

/* --- what it reports --- */

static void got_kept(void *ctx, const struct keep_list *list, const struct err *err)
{
	struct history *history = ctx;

	if (err || history->ended)
		return;
	for (size_t i = 0; i < list->count; i++) {
		const struct keep_item *item = &list->items[i];
		char key[KEEP_MAX_KEY + 1];
		struct kept *kept;

		text_line(item->key, key, sizeof key);
		if (map_get(&history->kept, key, strlen(key)))
			continue;
		kept = mem_new(1, sizeof *kept);
		kept->bytes = mem_dup(item->bytes, item->n);
		kept->n = item->n;
		map_put(&history->kept, key, strlen(key), kept);
	}
	slos_begin(history->app->slos);
	app_changed(history->app, CHANGED_KEPT);
}

static void got_lease(void *ctx, const struct lease *lease, const struct err *err)
{
	struct history *history = ctx;

	if (err || history->ended)
		return;
	history->mine = lease->mine;
	if (!lease->mine)
		log_add(LOG_INFO, "another oogway writes the history of this host");
}

static void begin(struct history *history)
{
	const struct lease_claim claim = {"poller", history->owner, LEASE_MS};
	int64_t now = history->app->now;

	history->opened = true;
	history->appended_at = history->states_at = history->kept_saved_at = now;
	history->rolled_at = now - ROLL_MS + MINUTE_MS;
	history->trimmed_at = now - HOUR_MS + FIRST_TRIM_MS;
	if (history->app->live)
		keep_find_later(history->app->store, kept_prefix, got_kept, history);
	if (app_then(history->app))
		history_past_begin(history);
	else
		history_alerts_begin(history);
	history_changes_others(history, now - DAY_MS, now + HOUR_MS);
	acks_begin(history->app->acks);
	joins_begin(history->app->joins);
	rotas_begin(history->app->rotas);
	triggers_begin(history->app->triggers);
	actions_begin(history->app->actions);
	history_states_tick(history, now);
	history_points_look(history);
	history_pull_tick(history, now);
	if (history_writes(history))
		lease_take_later(history->app->store, &claim, got_lease, history);
}

static void on_report(void *ctx, const struct store_report *report)
{
	struct history *history = ctx;
	enum store_state before = history->told;

	history->told = report->state;
	str_copy(history->remark, sizeof history->remark, report->text);
	history->writable = history->app->live && report->state != STORE_READ_ONLY;
	if (history->ended)
		return;
	app_changed(history->app, CHANGED_SOURCES);
	if (*report->text)
		app_notice(
			history->app, report->state != STORE_READY, "%s", report->text);
	else if (report->state == STORE_READY && before != STORE_OPENING)
		app_notice(history->app, false, "The store can be written again.");
	if (report->state != STORE_WAITING && !history->opened && history->app->store)
		begin(history);
}

const char *history_remark(const struct history *history)
{
	return history->remark;
}

const char *history_trouble(const struct history *history)
{
	static const char *const words[] = {[STORE_WAITING] = "store locked",
		[STORE_READ_ONLY] = "store read-only",
		[STORE_MEMORY] = "nothing is kept",
		[STORE_FAILING] = "nothing is kept"};

	return words[history->app->store ? history->told : history->here];
}

static struct db *open_here(
	const struct app *app, const struct store_config *config, struct err *err)
{
	struct store_report report = {.text = ""};
	struct db *db = store_open_here(config, &report, err);

	app->history->here = report.state;
	if (db && *report.text)
		str_copy(app->history->remark, sizeof app->history->remark, report.text);
	return db;
}

bool history_writes(const struct history *history)
{
	return history->opened && history->writable && !history->ended &&
	       history->told != STORE_WAITING;
}

bool history_pulls(const struct history *history)
{
	return history_writes(history) ||
	       (history->app->wants_past && history->opened && !history->ended &&
		       history->told == STORE_READY);
}

bool history_keeps(const struct history *history)
{
	return history_writes(history);
}

bool history_leads(const struct history *history)
{
	return history_writes(history) && history->mine;
}

bool history_wants(const struct history *history)
{
	return history->app->store && history->app->live && !history->ended &&
	       (!history->opened || history->writable);
}

void history_start(struct history *history)
{
	struct app *app = history->app;
	struct store_paths paths;
	struct store_config config;
	struct err err = {0};
	struct stat st;

	if (app->store)
		return;
	if (!store_paths(app, &paths, &err)) {
		app_notice(app, true, "%s", err.text);
		return;
	}
	/* One command that only looks reads what there is and makes nothing. */
	if (!app->live && !app->acts && stat(paths.path, &st))
		return;
	id_new(app->now, history->owner);
	config = config_of(&paths);
	config.report = on_report;
	config.ctx = history;
	app->store = store_open(app->loop, app->pool, &config);
}

static bool keeps(enum store_state state)
{
	return state == STORE_OPENING || state == STORE_READY;
}

/* To be written to, it must be one that keeps what it is given. */
struct db *history_open_here(const struct app *app, bool make, struct err *err)
{
	struct db *db;
	struct store_paths paths;
	struct store_config config;
	struct stat st;

	if (!store_paths(app, &paths, err))
		return NULL;
	if (!make && stat(paths.path, &st)) {
		err_set(err, ERR_MISSING,
			"%s is not there: the console makes it when it first runs",
			paths.path);
		return NULL;
	}
	config = config_of(&paths);
	db = open_here(app, &config, err);
	if (!db || !make || keeps(app->history->here))
		return db;
	db_close(db);
	err_set(err, ERR_IO, "%s Nothing was kept.", app->history->remark);
	return NULL;
}

/* --- how the console was left --- */

const void *history_kept(const struct history *history, const char *key, size_t *n)
{
	const struct kept *kept = map_get(&history->kept, key, strlen(key));

	*n = kept ? kept->n : 0;
	return kept ? kept->bytes : NULL;
}

void history_keep(struct history *history, const char *key, const void *bytes, size_t n)
{
	struct kept *kept = map_get(&history->kept, key, strlen(key));

	if (history->ended || !history->app->store || n > KEEP_MAX_BYTES)
		return;
	if (kept && kept->n == n && !memcmp(kept->bytes, bytes, n))
		return;
	if (!kept) {
		kept = mem_new(1, sizeof *kept);
		map_put(&history->kept, key, strlen(key), kept);
	}
	mem_free(kept->bytes);
	kept->bytes = mem_dup(bytes, n);
	kept->n = n;
	kept->dirty = true;
}

static void write_kept(struct history *history)
{
	const char *key;
	void *value;

	history->kept_saved_at = history->app->now;
	if (!history_writes(history))
		return;
	for (size_t at = 0; map_each(&history->kept, &at, &key, &value);) {
		struct kept *kept = value;

		if (kept->dirty)
			keep_put_later(history->app->store, key, kept->bytes, kept->n,
				(struct store_then){0});
		kept->dirty = false;
	}
}

/* --- each second, and the end --- */

void history_tick(struct history *history, int64_t now)
{
	if (!history->opened || history->ended)
		return;
	history_points_tick(history, now);
	history_states_tick(history, now);
	history_alerts_tick(history);
	history_changes_write(history);
	history_raws_write(history);
	history_seen_tick(history, now);
	history_pull_tick(history, now);
	if (now - history->kept_saved_at >= MINUTE_MS)
		write_kept(history);
}

void history_look(struct history *history)
{
	history_points_look(history);
}

void history_trim(struct history *history, int64_t before_at)
{
	ack_trim_later(history->app->store, before_at);
	join_trim_later(history->app->store, before_at);
	raw_trim_later(history->app->store, before_at);
	firing_trim_later(history->app->store, before_at);
	baseline_trim_later(history->app->store, before_at, (struct store_then){0});
	history_changes_trim(history, before_at);
}

void history_flush(struct history *history)
{
	if (!history->opened || history->ended)
		return;
	history_alerts_write(history);
	history_changes_write(history);
	history_raws_write(history);
	history_seen_write(history);
	history_points_write(history);
	history->look = (struct look){0};
}

void history_end(struct history *history)
{
	const struct lease_claim claim = {"poller", history->owner, LEASE_MS};

	if (history->ended || !history->opened) {
		history->ended = true;
		return;
	}
	/* One more try, also while another process holds the lock. */
	if (history->told == STORE_WAITING)
		history->told = STORE_READY;
	write_kept(history);
	history_flush(history);
	history_states_write(history);
	history_pull_end(history);
	if (history_writes(history))
		lease_release_later(history->app->store, &claim, (struct store_then){0});
	history->ended = true;
}

void history_free(struct history *history)
{
	void *value;

	if (!history)
		return;
	store_close(history->app->store);
	history->app->store = NULL;
	for (size_t at = 0; map_each(&history->kept, &at, NULL, &value);) {
		struct kept *kept = value;

		mem_free(kept->bytes);
		mem_free(kept);
	}
	map_release(&history->kept);
	history_alerts_forget(history);
	history_changes_forget(history);
	history_raws_forget(history);
	mem_free(history);
}

bool history_busy(const struct history *history)
{
	const struct app *app = history->app;

	return app->store && (!history->opened || store_pending(app->store));
}

/* --- doctor --- */

static const char *size_words(const char *path, char out[UNIT_TEXT])
{
	struct stat st;

	return unit_text(UNIT_BYTES, stat(path, &st) ? NAN : (double)st.st_size, out);
}

static bool say(
	const struct store_report *report, const char *sound, char *out, size_t size)
{
	char bytes[UNIT_TEXT], why[300], newest[120];
	size_t aside;
	int n;

	if (*report->text) {
		snprintf(out, size, "store: %s", report->text);
		return report->state == STORE_READY;
	}
	if (report->state == STORE_OPENING) {
		snprintf(out, size, "store: is being opened");
		return true;
	}
	if (*report->path && !history_room(report->path, why, sizeof why)) {
		snprintf(
			out, size, "store: %s takes nothing more: %s", report->path, why);
		return false;
	}
	n = snprintf(out, size, "store: %s, %s, schema %d%s", report->path,
		size_words(report->path, bytes), report->version, sound);
	aside = *report->path ? history_aside(report->path, newest, sizeof newest) : 0;
	if (aside && n > 0 && (size_t)n < size)
		snprintf(out + n, size - (size_t)n,
			"; %zu damaged one%s beside it, the newest %s", aside,
			aside == 1 ? " is" : "s are", newest);
	return true;
}

struct db *history_db(struct app *app, struct err *err)
{
	struct store_paths paths;
	struct store_config config;
	struct stat st;

	if (!store_paths(app, &paths, err))
		return NULL;
	if (stat(paths.path, &st)) {
		err_set(err, ERR_MISSING,
			"there is no past: %s is made when the console "
			"first runs",
			paths.path);
		return NULL;
	}
	config = config_of(&paths);
	return open_here(app, &config, err);
}

bool history_check(struct app *app, char *out, size_t size)
{
	struct store_report report;
	struct store_paths paths;
	struct store_config config;
	struct err err = {0};
	struct stat st;
	struct db *db;
	bool fine;

	if (app->store && app->live)
		return say(store_report(app->store), "", out, size);
	if (!store_paths(app, &paths, &err)) {
		snprintf(out, size, "store: %s", err.text);
		return false;
	}
	if (stat(paths.path, &st)) {
		char why[300];

		if (history_room(paths.path, why, sizeof why)) {
			snprintf(out, size,
				"store: %s is made when the console first runs",
				paths.path);
			return true;
		}
		snprintf(out, size, "store: %s cannot be made: %s", paths.path, why);
		return false;
	}
	config = config_of(&paths);
	db = store_open_here(&config, &report, &err);
	fine = db && store_check(db, &err);
	db_close(db);
	if (fine)
		return say(&report, ", sound", out, size);
	snprintf(out, size, "store: %s", err.text);
	return false;
}
