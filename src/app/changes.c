/* What changed, from this host: `git for-each-ref` of checkouts (an argv, no shell, hooks
 * and monitors off), the files of folders, read by a task, and what other consoles and
 * scripts put into the store. Each is looked at once a minute. Main thread. */
#include "changes.h"

#include "app/alerts.h"
#include "app/history.h"
#include "app/sources.h"
#include "base/alloc.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/text.h"
#include "base/time.h"
#include "connect/change_json.h"
#include "io/file.h"
#include "io/proc.h"
#include "io/task.h"

#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum {
	EVERY_MS = 60 * 1000,
	STORE_EVERY_MS = 15 * 1000,
	GIT_MS = 20 * 1000,
	MAX_FILES = 500,
	MAX_TAGS = 200,
	ARENA_BYTES = 8 << 20,
};

#define BACK_MS  (30 * DAY_MS)
#define STORE_MS DAY_MS

/* A line of the rc while it is followed. */
struct feed {
	struct changes *changes;
	const struct rc_changes *rc;
	struct proc *git;
	struct reading *reading;
	int64_t due_at;
	bool read, told; /* once; why it cannot be */
	char why[300];   /* not all of it can, as told */
	size_t tags;
};

struct changes {
	struct app *app;
	struct feed *feeds;
	size_t feed_count;
	int64_t store_due_at;
};

/* A folder while a task reads it. */
struct reading {
	struct task task;
	struct feed *feed; /* NULL: nobody waits for it any more */
	char folder[4096], name[64], service[128];
	int64_t now;
	struct arena arena;
	struct batch batch;
	size_t bad;
	struct err err;
};

struct changes *changes_new(struct app *app)
{
	struct changes *changes = mem_new(1, sizeof *changes);

	changes->app = app;
	return changes;
}

static void forget(struct changes *changes)
{
	for (size_t i = 0; i < changes->feed_count; i++) {
		proc_kill(changes->feeds[i].git);
		if (changes->feeds[i].reading)
			changes->feeds[i].reading->feed = NULL;
	}
	mem_free(changes->feeds);
	changes->feeds = NULL;
	changes->feed_count = 0;
}

void changes_free(struct changes *changes)
{
	if (!changes)
		return;
	forget(changes);
	mem_free(changes);
}

const char *changes_why(const struct changes *changes, size_t i)
{
	return i < changes->feed_count && changes->feeds[i].told ? changes->feeds[i].why
								 : NULL;
}

static void tell(struct feed *feed, const char *why)
{
	feed->read = true;
	text_line(untrusted_str(why), feed->why, sizeof feed->why);
	if (!feed->told)
		log_add(LOG_WARN, "changes %s: %s", feed->rc->name, feed->why);
	feed->told = true;
}

/* --- a git checkout --- */

/* "hash TAB seconds TAB tag TAB subject" */
static void git_line(void *ctx, struct untrusted line)
{
	struct feed *feed = ctx;
	struct app *app = feed->changes->app;
	struct untrusted rest = line, word[3];
	struct batch_change *change;
	struct arena arena;
	struct batch batch;
	char id[160], hash[80], words[400], tag[120], subject[240];
	int64_t at;

	for (int i = 0; i < 3; i++)
		if (!untrusted_split(&rest, "\t", &word[i]))
			return;
	if (!untrusted_to_i64(word[1], &at) || at < 1 || at > INT64_MAX / SECOND_MS ||
		at * SECOND_MS < app->now - BACK_MS || feed->tags++ >= MAX_TAGS)
		return;
	arena_init(&arena, 1 << 16);
	batch_init(&batch, &arena);
	change = batch_add_change(&batch);
	text_line(word[0], hash, sizeof hash);
	text_line(word[2], tag, sizeof tag);
	text_line(rest, subject, sizeof subject);
	snprintf(id, sizeof id, "%s/%s", feed->rc->name, hash);
	snprintf(words, sizeof words, "tag %s%s%s", tag, *subject ? ": " : "", subject);
	change->id = untrusted_str(id);
	change->at = at * SECOND_MS;
	change->summary = untrusted_str(words);
	change->service =
		untrusted_str(feed->rc->service ? feed->rc->service : feed->rc->name);
	alerts_apply(app->alerts, SOURCE_HOST, &batch);
	arena_release(&arena);
}

static void git_end(void *ctx, int exit_code, const struct err *why)
{
	struct feed *feed = ctx;
	char words[80];

	feed->git = NULL;
	feed->read = true;
	snprintf(words, sizeof words, "git ended with %d: is it a checkout of yours?",
		exit_code);
	if (why)
		tell(feed, why->text);
	else if (exit_code)
		tell(feed, words);
	else
		feed->told = false;
}

static void read_git(struct feed *feed)
{
	const char *argv[] = {"git", "--no-pager", "--no-optional-locks", "-c",
		"core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-C",
		feed->rc->git, "for-each-ref", "--sort=-creatordate", "--count=200",
		"--format=%(objectname)%09%(creatordate:unix)%09%(refname:short)%09"
		"%(contents:subject)",
		"refs/tags", NULL};
	struct err err = {0};

	feed->tags = 0;
	feed->git = proc_start(feed->changes->app->loop,
		&(struct proc_options){.argv = argv,
			.line = git_line,
			.end = git_end,
			.ctx = feed,
			.timeout_ms = GIT_MS},
		&err);
	if (!feed->git)
		tell(feed, err.text);
}

/* --- a folder --- */

static void read_file(struct reading *reading, const char *path)
{
	const char *slash = strrchr(path, '/');
	struct change_origin origin = {.prefix = reading->name,
		.name = untrusted_str(slash ? slash + 1 : path),
		.service = untrusted_str(
			*reading->service ? reading->service : reading->name)};
	struct stat st;
	struct str text;
	struct err err = {0};

	/* A link may lead out of the folder, a pipe would be waited for. */
	if (lstat(path, &st) || !S_ISREG(st.st_mode))
		return;
	origin.at = (int64_t)st.st_mtime * SECOND_MS;
	if (origin.at < reading->now - BACK_MS)
		return;
	str_init(&text, CHANGE_JSON_MAX);
	if (!file_read(path, &text, &err) ||
		!change_json_read(
			untrusted_make(text.p, text.n), &origin, &reading->batch, &err)) {
		if (!reading->bad++)
			err_set(&reading->err, ERR_INPUT, "%s: %s", path, err.text);
	}
	str_release(&text);
}

static void read_folder(struct task *task)
{
	struct reading *reading = (struct reading *)task;
	char pattern[4200];
	glob_t found = {0};
	struct stat st;

	/* What globs is the folder's name as the user wrote it. */
	snprintf(pattern, sizeof pattern, "%s/*.json", reading->folder);
	if (stat(reading->folder, &st))
		err_set(&reading->err, ERR_IO, "%s: %s", reading->folder,
			strerror(errno));
	else if (!glob(pattern, 0, NULL, &found))
		for (size_t i = found.gl_pathc > MAX_FILES ? found.gl_pathc - MAX_FILES
							   : 0;
			i < found.gl_pathc && !task_cancelled(task); i++)
			read_file(reading, found.gl_pathv[i]);
	globfree(&found);
}

static void have_read(struct task *task)
{
	struct reading *reading = (struct reading *)task;
	struct feed *feed = reading->feed;

	if (feed) {
		feed->reading = NULL;
		feed->read = true;
		alerts_apply(feed->changes->app->alerts, SOURCE_HOST, &reading->batch);
		if (reading->err.kind)
			tell(feed, reading->err.text);
		else
			feed->told = false;
	}
	arena_release(&reading->arena);
	mem_free(reading);
}

static void begin_folder(struct feed *feed)
{
	struct reading *reading = mem_new(1, sizeof *reading);

	reading->task = (struct task){
		.work = read_folder, .done = have_read, .class = TASK_BACKGROUND};
	reading->feed = feed;
	reading->now = feed->changes->app->now;
	str_copy(reading->folder, sizeof reading->folder, feed->rc->folder);
	str_copy(reading->name, sizeof reading->name, feed->rc->name);
	str_copy(reading->service, sizeof reading->service,
		feed->rc->service ? feed->rc->service : "");
	arena_init(&reading->arena, ARENA_BYTES);
	batch_init(&reading->batch, &reading->arena);
	feed->reading = reading;
	task_submit(feed->changes->app->pool, &reading->task);
}

/* --- life --- */

void changes_start(struct changes *changes)
{
	const struct rc *rc = changes->app->rc;

	forget(changes);
	changes->feeds = mem_new(rc->changes_count + 1, sizeof *changes->feeds);
	for (size_t i = 0; i < rc->changes_count; i++)
		changes->feeds[changes->feed_count++] =
			(struct feed){.changes = changes, .rc = &rc->changes[i]};
	changes_tick(changes, changes->app->now);
}

void changes_tick(struct changes *changes, int64_t now)
{
	struct app *app = changes->app;

	for (size_t i = 0; i < changes->feed_count; i++) {
		struct feed *feed = &changes->feeds[i];

		if (feed->git || feed->reading ||
			(now < feed->due_at && feed->due_at - now <= EVERY_MS))
			continue;
		feed->due_at = now + EVERY_MS;
		if (feed->rc->git)
			read_git(feed);
		else
			begin_folder(feed);
	}
	if (now < changes->store_due_at && changes->store_due_at - now <= STORE_EVERY_MS)
		return;
	changes->store_due_at = now + STORE_EVERY_MS;
	history_changes_others(app->history, now - STORE_MS, now + HOUR_MS);
}

bool changes_settled(const struct changes *changes)
{
	for (size_t i = 0; i < changes->feed_count; i++)
		if (!changes->feeds[i].read)
			return false;
	return true;
}

bool changes_say(
	struct changes *changes, const char *text, const char *service, struct err *err)
{
	struct app *app = changes->app;
	struct batch_change *change;
	char id[ID_TEXT + 8];
	struct arena arena;
	struct batch batch;
	bool ok = true;

	arena_init(&arena, 1 << 16);
	batch_init(&batch, &arena);
	change = batch_add_change(&batch);
	str_copy(id, sizeof id, "said/");
	id_new(app->now, id + strlen(id));
	*change = (struct batch_change){.id = untrusted_str(id),
		.summary = untrusted_str(text),
		.service = untrusted_str(service ? service : ""),
		.at = app->now};
	if (app->live)
		alerts_apply(app->alerts, SOURCE_HOST, &batch);
	else
		ok = history_change_here(app, change, err);
	arena_release(&arena);
	return ok;
}
