/* Reading and watching the rc. One task at a time either looks at the files or reads
 * them; main never touches one. Hides how editors write: a file that is gone for a
 * moment, empty, or still growing is not read; a reading during which a file changed
 * does not count. Main thread, but for what the task does. */
#include "rc_watch.h"

#include "base/alloc.h"
#include "base/crypto.h"
#include "io/loop.h"
#include "io/task.h"

#include <string.h>

enum {
	LOOK_MS = 3000,
	AGAIN_MS = 1000, /* while something has changed */
	GONE_MS = 5000,  /* an editor's rename takes less */
	EMPTY_MS = 7000, /* and so does writing anew what was cut to nothing */
};

struct seen {
	char *path;
	struct conf_stamp was, is;
};

struct job {
	struct task task;
	struct rc_watch *watch; /* NULL: nobody waits for it any more */
	int64_t begun_at;
	bool reads;
	/* looking */
	struct seen *files;
	size_t count;
	/* reading */
	struct rc_options options;
	struct rc *rc;
};

struct rc_watch {
	struct app *app;
	struct rc_options options;
	char *file, *profile;
	struct job *job; /* running */
	bool wanted;     /* a reading, when the job has ended */
	bool starting;   /* rc_watch_first() waits */
	bool told_late, told_gone;
	struct rc *first;
	int64_t looked_at;
	uint64_t pending; /* what the files look like that are not read yet */
	int64_t changed_since, gone_since; /* 0: not so */
};

struct rc_watch *rc_watch_new(struct app *app, const struct rc_options *options)
{
	struct rc_watch *watch = mem_new(1, sizeof *watch);

	watch->app = app;
	watch->options = *options;
	watch->file = options->file ? mem_strdup(options->file) : NULL;
	watch->profile = mem_strdup(options->profile ? options->profile : "");
	return watch;
}

static void job_free(struct job *job)
{
	for (size_t i = 0; i < job->count; i++)
		mem_free(job->files[i].path);
	mem_free(job->files);
	mem_free((void *)(uintptr_t)job->options.file);
	mem_free((void *)(uintptr_t)job->options.profile);
	rc_free(job->rc);
	mem_free(job);
}

void rc_watch_free(struct rc_watch *watch)
{
	if (!watch)
		return;
	if (watch->job) {
		watch->job->watch = NULL;
		task_cancel(&watch->job->task);
	}
	mem_free(watch->file);
	mem_free(watch->profile);
	mem_free(watch);
}

/* --- the task --- */

static void work(struct task *task)
{
	struct job *job = (struct job *)task;

	for (size_t i = 0; i < job->count && !task_cancelled(task); i++)
		conf_stamp(job->files[i].path, &job->files[i].is);
	if (job->reads)
		job->rc = rc_read(&job->options);
}

static void done(struct task *task);

static void start(struct rc_watch *watch, struct job *job)
{
	job->task = (struct task){.work = work, .done = done, .class = TASK_INTERACTIVE};
	job->watch = watch;
	job->begun_at = watch->app->now;
	watch->job = job;
	watch->told_late = false;
	task_submit(watch->app->pool, &job->task);
}

static void start_reading(struct rc_watch *watch)
{
	struct job *job = mem_new(1, sizeof *job);

	watch->wanted = false;
	job->reads = true;
	job->options = watch->options;
	job->options.file = watch->file ? mem_strdup(watch->file) : NULL;
	job->options.profile = *watch->profile ? mem_strdup(watch->profile) : NULL;
	start(watch, job);
}

static void start_looking(struct rc_watch *watch)
{
	const struct conf *conf = &watch->app->rc->conf;
	struct job *job = mem_new(1, sizeof *job);

	job->files = mem_new(conf->file_count, sizeof *job->files);
	for (size_t i = 0; i < conf->file_count; i++)
		/* What `layout save` wrote is known already. */
		if (*conf->files[i].name == '/' &&
			strcmp(conf->files[i].name, watch->app->rc->layouts_path))
			job->files[job->count++] =
				(struct seen){.path = mem_strdup(conf->files[i].name),
					.was = conf->files[i].stamp};
	watch->looked_at = watch->app->now;
	start(watch, job);
}

/* --- what was seen --- */

static bool there(const struct conf_stamp *stamp)
{
	return stamp->inode != 0;
}

static const struct seen *first_gone(const struct job *job)
{
	for (size_t i = 0; i < job->count; i++)
		if (there(&job->files[i].was) && !there(&job->files[i].is))
			return &job->files[i];
	return NULL;
}

static void files_gone(struct rc_watch *watch, const struct seen *gone)
{
	int64_t now = watch->app->now;

	watch->changed_since = 0;
	if (!watch->gone_since)
		watch->gone_since = now;
	if (watch->told_gone || now - watch->gone_since < GONE_MS)
		return;
	watch->told_gone = true;
	app_notice(watch->app, true,
		"%s is gone: its lines stay in force until it is back or :reload",
		gone->path);
}

/* A file that the rc, which is another one now, may well not include any more. */
static bool left_out(
	const struct rc_watch *watch, const struct job *job, const struct seen *gone)
{
	const char *rc = watch->app->rc->path;

	if (!watch->gone_since || watch->app->now - watch->gone_since < GONE_MS ||
		!strcmp(gone->path, rc))
		return false;
	for (size_t i = 0; i < job->count; i++)
		if (!strcmp(job->files[i].path, rc))
			return !conf_stamp_same(&job->files[i].was, &job->files[i].is);
	return false;
}

static void looked(struct rc_watch *watch, const struct job *job)
{
	int64_t now = watch->app->now;
	const struct seen *gone = first_gone(job);
	bool changed = false, emptied = false;
	uint64_t sum = 0;

	if (gone && !left_out(watch, job, gone)) {
		files_gone(watch, gone);
		return;
	}
	if (!gone)
		watch->gone_since = 0;
	for (size_t i = 0; i < job->count; i++) {
		const struct seen *s = &job->files[i];

		changed = changed || !conf_stamp_same(&s->was, &s->is);
		emptied = emptied || (s->was.bytes && !s->is.bytes);
		sum = sum * 31 + hash_keyed(&s->is, sizeof s->is);
	}
	if (!changed && watch->told_gone)
		app_notice(watch->app, false, "the rc's files are back as they were");
	if (!changed)
		watch->told_gone = false;
	if (!changed) {
		watch->changed_since = 0;
	} else if (!watch->changed_since || sum != watch->pending) {
		watch->changed_since = now;
		watch->pending = sum;
	} else if (!emptied || now - watch->changed_since >= EMPTY_MS) {
		watch->wanted = true;
	}
}

static void have_read(struct rc_watch *watch, struct job *job)
{
	struct rc *rc = job->rc;

	watch->changed_since = 0;
	if (rc->conf.torn && !watch->starting) {
		watch->wanted = true;
		return;
	}
	job->rc = NULL;
	watch->told_gone = false;
	if (watch->starting)
		watch->first = rc;
	else
		app_take_rc(watch->app, rc);
}

static void done(struct task *task)
{
	struct job *job = (struct job *)task;
	struct rc_watch *watch = job->watch;

	if (watch) {
		watch->job = NULL;
		if (job->rc)
			have_read(watch, job);
		else if (!watch->wanted)
			looked(watch, job);
		if (watch->starting)
			loop_stop(watch->app->loop);
		else if (watch->wanted && !(job->rc && job->rc->conf.torn))
			start_reading(watch);
	}
	job_free(job);
}

/* --- from outside --- */

void rc_watch_read(struct rc_watch *watch, const char *profile)
{
	if (profile) {
		mem_free(watch->profile);
		watch->profile = mem_strdup(profile);
	}
	watch->wanted = true;
	if (!watch->job)
		start_reading(watch);
	else if (!watch->job->reads)
		task_cancel(&watch->job->task);
}

static void tell_late(struct rc_watch *watch, int64_t now)
{
	if (watch->told_late || now - watch->job->begun_at < RC_LATE_MS)
		return;
	watch->told_late = true;
	app_notice(watch->app, true,
		"%s does not answer (a dead file server?): the configuration stays as it "
		"is",
		watch->app->rc->path);
}

void rc_watch_tick(struct rc_watch *watch, int64_t now)
{
	int64_t wait = watch->changed_since ? AGAIN_MS : LOOK_MS;

	if (watch->job)
		tell_late(watch, now);
	else if (watch->wanted)
		start_reading(watch);
	else if (now - watch->looked_at >= wait || now < watch->looked_at)
		start_looking(watch);
}

bool rc_watch_busy(const struct rc_watch *watch)
{
	return watch->job != NULL;
}

static void waited(void *ctx)
{
	struct rc_watch *watch = ctx;

	loop_stop(watch->app->loop);
}

struct rc *rc_watch_first(struct rc_watch *watch)
{
	struct loop_timer *timer = loop_timer(watch->app->loop, waited, watch);
	struct rc_options options = watch->options;
	struct rc *rc;

	watch->starting = true;
	start_reading(watch);
	loop_timer_start(timer, RC_START_MS);
	loop_run(watch->app->loop);
	loop_timer_free(timer);
	watch->starting = false;
	if (watch->first)
		return watch->first;
	options.shipped_only = true;
	rc = rc_read(&options);
	rc->unread = true;
	conf_complain(&rc->conf, (struct conf_place){rc->path, 0, 0},
		"did not answer within 2s (a dead file server?): the defaults are used "
		"until it does");
	return rc;
}
