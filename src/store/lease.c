/* Leases, one row for each name. The functions over struct db run where it is; the
 * _later ones on main. Processes that share a store share a clock (one host). */
#include "store/lease.h"

#include "base/str.h"
#include "base/text.h"

static const char sql_take[] =
	"INSERT INTO lease (id, team_id, created_by, created_at, updated_at, revision, "
	"name, owner, until_at) VALUES ($1, $2, $3, $4, $4, 1, $5, $6, $7) "
	"ON CONFLICT (team_id, name) DO UPDATE SET owner = excluded.owner, "
	"until_at = excluded.until_at, updated_at = excluded.updated_at, "
	"revision = lease.revision + 1 "
	"WHERE lease.owner = excluded.owner OR lease.until_at <= excluded.updated_at "
	"OR lease.until_at > excluded.until_at + 60000 " /* the clock was set back */
	"RETURNING owner, until_at";

static const char sql_holder[] =
	"SELECT owner, until_at FROM lease WHERE team_id = $1 AND name = $2";

static const char sql_release[] =
	"UPDATE lease SET until_at = 0, updated_at = $4, revision = revision + 1 "
	"WHERE team_id = $1 AND name = $2 AND owner = $3";

/* *found: there was a row. */
static bool read_lease(
	struct db_rows *rows, struct lease *out, bool *found, struct err *err)
{
	*found = db_next(rows, err);
	if (*found) {
		text_line(row_text(rows, 0), out->owner, sizeof out->owner);
		out->until_at = row_i64(rows, 1);
		while (db_next(rows, err)) /* to the end: the row is written then */
			;
	}
	return db_rows_free(rows);
}

bool lease_take(struct db *db, const struct lease_claim *claim, struct lease *out,
	struct err *err)
{
	struct lease lease = {0};
	struct db_rows rows;
	char id[ID_TEXT];
	int64_t now = db->now();

	db_query(db, &rows, sql_take,
		DB_ARGS(DB_OWN(db, id, now), bind_text(claim->name),
			bind_text(claim->owner), bind_i64(now + claim->ttl_ms)),
		err);
	if (!read_lease(&rows, &lease, &lease.mine, err))
		return false;
	if (!lease.mine) {
		bool found;

		db_query(db, &rows, sql_holder,
			DB_ARGS(bind_text(db->who.team), bind_text(claim->name)), err);
		if (!read_lease(&rows, &lease, &found, err))
			return false;
	}
	*out = lease;
	return true;
}

bool lease_release(struct db *db, const struct lease_claim *claim, struct err *err)
{
	return db_run(db, sql_release,
		DB_ARGS(bind_text(db->who.team), bind_text(claim->name),
			bind_text(claim->owner), bind_i64(db->now())),
		err);
}

/* --- later --- */

struct lease_job {
	struct store_job job;
	struct lease_claim claim;
	struct lease lease;
	void (*got)(void *ctx, const struct lease *lease, const struct err *err);
	void *ctx;
};

static struct lease_job *new_job(const struct lease_claim *claim,
	bool (*run)(struct store_job *job, struct db *db, struct err *err))
{
	struct lease_job *l = store_job_new(sizeof *l);

	l->job.run = run;
	l->claim = (struct lease_claim){store_job_str(&l->job, claim->name),
		store_job_str(&l->job, claim->owner), claim->ttl_ms};
	return l;
}

static bool run_take(struct store_job *job, struct db *db, struct err *err)
{
	struct lease_job *l = (struct lease_job *)job;

	return lease_take(db, &l->claim, &l->lease, err);
}

static void end_take(struct store_job *job, const struct err *err)
{
	struct lease_job *l = (struct lease_job *)job;

	l->got(l->ctx, &l->lease, err);
}

void lease_take_later(struct store *store, const struct lease_claim *claim,
	void (*got)(void *ctx, const struct lease *lease, const struct err *err),
	void *ctx)
{
	struct lease_job *l = new_job(claim, run_take);

	l->job.end = end_take;
	l->got = got;
	l->ctx = ctx;
	store_write(store, &l->job);
}

static bool run_release(struct store_job *job, struct db *db, struct err *err)
{
	return lease_release(db, &((struct lease_job *)job)->claim, err);
}

void lease_release_later(
	struct store *store, const struct lease_claim *claim, struct store_then then)
{
	struct lease_job *l = new_job(claim, run_release);

	l->job.then = then;
	store_write(store, &l->job);
}
