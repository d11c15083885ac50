/* Points, asked for on main: jobs for the lanes over store/points.h. Main.
 * Hides how inputs are copied and results handed back. */
#include "store/points.h"

#include "base/log.h"

struct points_job {
	struct store_job job;
	struct store *store;
	struct points_add *adds;
	size_t count;
	struct points_query query;
	struct points_retention retention;
	struct points_span out;
	bool more;
	void (*got)(void *ctx, const struct points_span *span, const struct err *err);
	void *ctx;
};

static bool run_append(struct store_job *job, struct db *db, struct err *err)
{
	struct points_job *p = (struct points_job *)job;

	return points_append(db, p->adds, p->count, err);
}

void points_append_later(struct store *store, const struct points_add *adds, size_t count,
	struct store_then then)
{
	struct points_job *p = store_job_new(sizeof *p);

	p->job.run = run_append;
	p->job.then = then;
	p->adds = store_job_copy(&p->job, adds, count * sizeof *adds);
	p->count = count;
	for (size_t i = 0; p->adds && i < count; i++) {
		struct points_add *add = &p->adds[i];

		add->key = store_job_text(&p->job, add->key);
		add->points = store_job_copy(
			&p->job, add->points, add->count * sizeof *add->points);
	}
	store_write(store, &p->job);
}

static bool run_load(struct store_job *job, struct db *db, struct err *err)
{
	struct points_job *p = (struct points_job *)job;

	return points_load(db, &job->arena, &p->query, &p->out, err);
}

static void end_load(struct store_job *job, const struct err *err)
{
	struct points_job *p = (struct points_job *)job;

	p->got(p->ctx, &p->out, err);
}

void points_load_later(struct store *store, const struct points_query *query,
	void (*got)(void *ctx, const struct points_span *span, const struct err *err),
	void *ctx)
{
	struct points_job *p = store_job_new(sizeof *p);
	struct untrusted *keys =
		store_job_copy(&p->job, query->keys, query->key_count * sizeof *keys);

	p->job.run = run_load;
	p->job.end = end_load;
	p->query = *query;
	p->query.keys = keys;
	for (size_t i = 0; keys && i < query->key_count; i++)
		keys[i] = store_job_text(&p->job, keys[i]);
	p->got = got;
	p->ctx = ctx;
	store_read(store, &p->job);
}

static bool run_roll(struct store_job *job, struct db *db, struct err *err)
{
	return points_roll_up(db, &((struct points_job *)job)->more, err);
}

static void end_roll(struct store_job *job, const struct err *err)
{
	struct points_job *p = (struct points_job *)job;

	if (!err && p->more)
		points_roll_up_later(p->store, job->then);
	else if (job->then.done)
		job->then.done(job->then.ctx, err);
	else if (err)
		log_add(LOG_WARN, "store: %s", err->text);
}

void points_roll_up_later(struct store *store, struct store_then then)
{
	struct points_job *p = store_job_new(sizeof *p);

	p->job.run = run_roll;
	p->job.end = end_roll;
	p->job.then = then;
	p->store = store;
	store_write(store, &p->job);
}

static bool run_trim(struct store_job *job, struct db *db, struct err *err)
{
	return points_trim(db, ((struct points_job *)job)->retention, err);
}

void points_trim_later(
	struct store *store, struct points_retention retention, struct store_then then)
{
	struct points_job *p = store_job_new(sizeof *p);

	p->job.run = run_trim;
	p->job.then = then;
	p->retention = retention;
	store_write(store, &p->job);
}
