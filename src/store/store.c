/* The two lanes: queues of jobs on main, carried to the pool one batch at a time.
 *
 * A lane is a task. While it is out, the pool's thread owns its connection and its
 * batch; main owns the queue and everything else, so there is no lock. Jobs of a
 * transaction run each in a savepoint: one that fails takes nobody with it. Busy is
 * not an error here: the batch goes back to the head of the queue and is tried again
 * a second later. In memory there is one connection, so reads join the write lane. */
#include "store/store.h"

#include "base/alloc.h"
#include "base/log.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "io/loop.h"
#include "io/task.h"
#include "place.h"

#include <string.h>

enum { WRITE_BATCH = 256, OPEN_RETRY_MS = 200, HERE_MS = 3000 };

struct jobs {
	struct store_job *head, **end;
	size_t count;
};

struct lane {
	struct task task; /* first: the pool gives it back */
	struct store *store;
	struct db *db; /* NULL: read-only or not open */
	struct jobs queue, refused;
	size_t batch_max, pending;
	bool out;
	/* the task's while out */
	struct jobs left, finished;
	struct err trouble; /* of the last transaction; ERR_NONE when it went well */
	bool worked, damaged;
};

struct store {
	struct task task; /* first: opening */
	struct loop *loop;
	struct task_pool *pool;
	struct store_config config;
	struct store_report report;
	struct loop_timer *retry, *bounce;
	struct lane write, read;
	struct place place; /* the task's while opening */
	struct err trouble; /* of opening */
	bool placed;
	bool open, closing, one_lane;
};

/* --- lists --- */

static void jobs_init(struct jobs *jobs)
{
	*jobs = (struct jobs){.end = &jobs->head};
}

static void jobs_push(struct jobs *jobs, struct store_job *job)
{
	job->next_ = NULL;
	*jobs->end = job;
	jobs->end = &job->next_;
	jobs->count++;
}

static struct store_job *jobs_pop(struct jobs *jobs)
{
	struct store_job *job = jobs->head;

	if (!job)
		return NULL;
	jobs->head = job->next_;
	jobs->count--;
	if (!jobs->head)
		jobs->end = &jobs->head;
	job->next_ = NULL;
	return job;
}

static void jobs_move(struct jobs *to, struct jobs *from, size_t max)
{
	while (max-- && from->head)
		jobs_push(to, jobs_pop(from));
}

/* --- jobs --- */

void *store_job_new(size_t size)
{
	struct store_job *job = mem_new(1, size);

	arena_init(&job->arena, STORE_JOB_BYTES);
	return job;
}

struct untrusted store_job_text(struct store_job *job, struct untrusted text)
{
	return untrusted_empty(text) ? UNTRUSTED_NONE : untrusted_copy(&job->arena, text);
}

const char *store_job_str(struct store_job *job, const char *text)
{
	return arena_strdup(&job->arena, text);
}

void *store_job_copy(struct store_job *job, const void *p, size_t n)
{
	void *to = arena_alloc(&job->arena, n);

	if (to && n)
		memcpy(to, p, n);
	return to;
}

static void job_end(struct lane *lane, struct store_job *job)
{
	const struct err *err = job->ok_ ? NULL : &job->err_;

	lane->pending--;
	if (job->end)
		job->end(job, err);
	else if (job->then.done)
		job->then.done(job->then.ctx, err);
	else if (err)
		log_add(LOG_WARN, "store: %s", err->text);
	arena_release(&job->arena);
	mem_free(job);
}

/* --- in the task --- */

/* False: the whole transaction has failed, for the reason in *err. */
static bool run_job(struct lane *lane, struct store_job *job, struct err *err)
{
	struct db *db = lane->db;
	bool savepoint = lane->batch_max > 1;

	job->err_ = (struct err){0};
	if (job->arena.full) {
		job->ok_ = err_set(&job->err_, ERR_LIMIT,
			"too much for the store at once (limit %d MiB)",
			STORE_JOB_BYTES >> 20);
		return true;
	}
	if (savepoint && !db_run(db, "SAVEPOINT job", NULL, 0, err))
		return false;
	job->ok_ = job->run(job, db, &job->err_);
	if (!job->ok_ && (job->err_.kind == ERR_BUSY || job->err_.kind == ERR_IO)) {
		*err = job->err_;
		return false;
	}
	if (!job->ok_ && job->err_.kind == ERR_INPUT)
		lane->damaged = true;
	if (savepoint && !job->ok_ && !db_run(db, "ROLLBACK TO job", NULL, 0, err))
		return false;
	return !savepoint || db_run(db, "RELEASE job", NULL, 0, err);
}

/* Runs jobs off `left` into *done until the time is up; commits. */
static bool run_jobs(struct lane *lane, struct jobs *done, struct err *err)
{
	int64_t end = time_mono_us() + STORE_TRANSACTION_MS * 1000;
	bool fine = db_begin(lane->db, err);

	while (fine && lane->left.head && (!done->count || time_mono_us() < end)) {
		struct store_job *job = jobs_pop(&lane->left);

		jobs_push(done, job);
		fine = run_job(lane, job, err);
	}
	if (fine && db_commit(lane->db, err))
		return true;
	db_rollback(lane->db);
	return false;
}

/* False when the lane has to wait for others. */
static bool run_transaction(struct lane *lane)
{
	struct err err = {0};
	struct jobs done;

	jobs_init(&done);
	if (run_jobs(lane, &done, &err)) {
		lane->trouble = (struct err){0};
		jobs_move(&lane->finished, &done, SIZE_MAX);
		lane->worked = true;
		return true;
	}
	lane->trouble = err;
	if (err.kind == ERR_BUSY) {
		jobs_move(&done, &lane->left, SIZE_MAX);
		jobs_move(&lane->left, &done, SIZE_MAX);
		return false;
	}
	if (!done.count) /* begin itself failed */
		jobs_move(&done, &lane->left, SIZE_MAX);
	for (struct store_job *job = done.head; job; job = job->next_) {
		if (job->ok_ || !job->err_.kind)
			job->err_ = err;
		job->ok_ = false;
	}
	jobs_move(&lane->finished, &done, SIZE_MAX);
	return true;
}

static void refuse(
	struct jobs *jobs, struct jobs *to, enum err_kind kind, const char *why)
{
	struct store_job *job;

	while ((job = jobs_pop(jobs))) {
		job->ok_ = err_set(&job->err_, kind, "%s", why);
		jobs_push(to, job);
	}
}

static void lane_work(struct task *task)
{
	struct lane *lane = (struct lane *)task;

	if (!lane->db)
		return;
	while (lane->left.head && run_transaction(lane))
		;
}

/* --- on main --- */

static void report(struct store *store, enum store_state state, const char *text)
{
	struct store_report *r = &store->report;

	if (r->state == state && !strcmp(r->text, text))
		return;
	r->state = state;
	str_copy(r->text, sizeof r->text, text);
	if (store->config.report)
		store->config.report(store->config.ctx, r);
}

/* What the last transactions say about the disk. */
static void judge(struct store *store, struct lane *lane)
{
	enum store_state state = store->report.state;
	bool shaky = state == STORE_WAITING || state == STORE_FAILING;
	char text[sizeof lane->trouble.text];

	if (lane->damaged && *store->report.path) {
		place_suspect(store->report.path);
		log_add(LOG_ERROR, "store: damage found; the next start checks the file");
	}
	if (state != STORE_READY && !shaky)
		return;
	str_copy(text, sizeof text, lane->trouble.text);
	if (lane->trouble.kind == ERR_BUSY)
		report(store, STORE_WAITING, text);
	else if (lane->trouble.kind == ERR_IO && lane == &store->write)
		report(store, STORE_FAILING, text);
	else if (lane->worked && shaky &&
		 (lane == &store->write || state == STORE_WAITING))
		report(store, STORE_READY, "");
}

static void lane_start(struct lane *lane);

static void lane_done(struct task *task)
{
	struct lane *lane = (struct lane *)task;
	struct store *store = lane->store;
	struct jobs over;
	struct store_job *job;

	jobs_init(&over);
	if (!lane->db)
		refuse(&lane->left, &lane->finished, ERR_REFUSED,
			*store->report.text ? store->report.text : "the store is closed");
	jobs_move(&over, &lane->finished, SIZE_MAX);
	judge(store, lane);
	if (lane->left.head) { /* what waits goes first */
		jobs_move(&lane->left, &lane->queue, SIZE_MAX);
		jobs_move(&lane->queue, &lane->left, SIZE_MAX);
	}
	while ((job = jobs_pop(&over)))
		job_end(lane, job);
	lane->out = false;
	if (lane->trouble.kind != ERR_BUSY)
		lane_start(lane);
	else if (!store->closing)
		loop_timer_start(store->retry, STORE_RETRY_MS);
}

static void lane_start(struct lane *lane)
{
	struct store *store = lane->store;

	if (lane->out || !store->open || store->closing || !lane->queue.head)
		return;
	jobs_move(&lane->left, &lane->queue, lane->batch_max);
	lane->trouble = (struct err){0};
	lane->worked = lane->damaged = false;
	lane->out = true;
	task_submit(store->pool, &lane->task);
}

static void lane_push(struct lane *lane, struct store_job *job)
{
	lane->pending++;
	if (lane->queue.count >= STORE_MAX_PENDING) {
		job->ok_ = err_set(&job->err_, ERR_LIMIT,
			"the store is too far behind (%d jobs wait)", STORE_MAX_PENDING);
		jobs_push(&lane->refused, job);
		loop_timer_start(lane->store->bounce, 0);
		return;
	}
	jobs_push(&lane->queue, job);
	lane_start(lane);
}

void store_write(struct store *store, struct store_job *job)
{
	lane_push(&store->write, job);
}

void store_read(struct store *store, struct store_job *job)
{
	lane_push(store->one_lane ? &store->write : &store->read, job);
}

/* --- opening and closing --- */

static void open_work(struct task *task)
{
	struct store *store = (struct store *)task;

	store->trouble = (struct err){0};
	store->placed = place_open(&store->config, true, &store->place, &store->trouble);
}

static void open_done(struct task *task)
{
	struct store *store = (struct store *)task;
	struct place *place = &store->place;
	char text[sizeof place->report.text];

	if (!store->placed) {
		str_copy(text, sizeof text, store->trouble.text);
		report(store, STORE_WAITING, text);
		loop_timer_start(store->retry, OPEN_RETRY_MS);
		return;
	}
	store->write.db = place->writer;
	store->read.db = place->reader;
	store->one_lane = !place->reader;
	if (store->one_lane) {
		store->write.pending += store->read.pending;
		store->read.pending = 0;
		jobs_move(&store->write.queue, &store->read.queue, SIZE_MAX);
	}
	store->open = true;
	store->report = place->report;
	if (store->config.report)
		store->config.report(store->config.ctx, &store->report);
	lane_start(&store->write);
	lane_start(&store->read);
}

static void retry(void *ctx)
{
	struct store *store = ctx;

	if (!store->open) {
		task_submit(store->pool, &store->task);
		return;
	}
	lane_start(&store->write);
	lane_start(&store->read);
}

static void bounce(void *ctx)
{
	struct store *store = ctx;
	struct store_job *job;

	while ((job = jobs_pop(&store->write.refused)))
		job_end(&store->write, job);
	while ((job = jobs_pop(&store->read.refused)))
		job_end(&store->read, job);
}

static void lane_init(struct lane *lane, struct store *store, size_t batch_max)
{
	lane->task = (struct task){.work = lane_work, .done = lane_done};
	lane->task.class = TASK_INTERACTIVE;
	lane->store = store;
	lane->batch_max = batch_max;
	jobs_init(&lane->queue);
	jobs_init(&lane->refused);
	jobs_init(&lane->left);
	jobs_init(&lane->finished);
}

static void config_copy(struct store_config *to, const struct store_config *from)
{
	*to = *from;
	to->path = mem_strdup(from->path);
	to->local_path = from->local_path ? mem_strdup(from->local_path) : NULL;
	to->team = mem_strdup(from->team ? from->team : "local");
	to->user = mem_strdup(from->user ? from->user : "local");
}

static void config_release(struct store_config *config)
{
	mem_free((void *)(uintptr_t)config->path);
	mem_free((void *)(uintptr_t)config->local_path);
	mem_free((void *)(uintptr_t)config->team);
	mem_free((void *)(uintptr_t)config->user);
}

struct store *store_open(
	struct loop *loop, struct task_pool *pool, const struct store_config *config)
{
	struct store *store = mem_new(1, sizeof *store);

	random_u64(); /* its library gets ready on main; lanes make ids */
	store->task = (struct task){.work = open_work, .done = open_done};
	store->task.class = TASK_INTERACTIVE;
	store->loop = loop;
	store->pool = pool;
	config_copy(&store->config, config);
	store->report.state = STORE_OPENING;
	store->retry = loop_timer(loop, retry, store);
	store->bounce = loop_timer(loop, bounce, store);
	lane_init(&store->write, store, WRITE_BATCH);
	lane_init(&store->read, store, 1);
	task_submit(pool, &store->task);
	return store;
}

/* On this thread: nobody else runs any more. Callbacks may add jobs. */
static void drain(struct lane *lane)
{
	for (int round = 0; lane->queue.head && round < STORE_MAX_PENDING; round++) {
		jobs_move(&lane->left, &lane->queue, lane->batch_max);
		lane->trouble = (struct err){0};
		if (round && lane->store->report.state == STORE_WAITING)
			refuse(&lane->left, &lane->finished, ERR_BUSY,
				lane->store->report.text);
		else
			lane_work(&lane->task);
		lane_done(&lane->task);
	}
}

void store_close(struct store *store)
{
	if (!store)
		return;
	store->closing = true;
	loop_timer_stop(store->retry);
	drain(&store->write);
	drain(&store->read);
	bounce(store);
	db_close(store->read.db);
	db_close(store->write.db);
	loop_timer_free(store->retry);
	loop_timer_free(store->bounce);
	config_release(&store->config);
	mem_free(store);
}

const struct store_report *store_report(const struct store *store)
{
	return &store->report;
}

size_t store_pending(const struct store *store)
{
	return store->write.pending + store->read.pending;
}

struct db *store_open_here(
	const struct store_config *config, struct store_report *out, struct err *err)
{
	int64_t end = time_mono_ms() + HERE_MS;
	struct err local = {0};
	struct place place;

	/* Each attempt waits inside for the lock. */
	while (!place_open(config, false, &place, &local))
		if (time_mono_ms() >= end) {
			if (err)
				*err = local;
			return NULL;
		}
	if (out)
		*out = place.report;
	if (place.writer)
		return place.writer;
	if (!place.reader)
		err_set(err, ERR_IO, "%s", place.report.text);
	return place.reader;
}

/* --- checking --- */

bool store_check(struct db *db, struct err *err)
{
	struct db_rows rows;
	char said[200] = "";

	if (db_query(db, &rows, "PRAGMA quick_check(1)", NULL, 0, err) &&
		db_next(&rows, err) && !untrusted_is(row_text(&rows, 0), "ok"))
		text_line(row_text(&rows, 0), said, sizeof said);
	if (!db_rows_free(&rows))
		return false;
	return !*said || err_set(err, ERR_INPUT, "the store is damaged: %s", said);
}

static bool check_run(struct store_job *job, struct db *db, struct err *err)
{
	(void)job;
	return store_check(db, err);
}

void store_check_later(struct store *store, struct store_then then)
{
	struct store_job *job = store_job_new(sizeof *job);

	job->run = check_run;
	job->then = then;
	store_read(store, job);
}
