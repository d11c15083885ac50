/* Incident history: one row for each time that something fired. The functions over
 * struct db run where it is (a lane, or a one-shot command); the _later ones on main.
 * Hides the SQL and what a row looks like. */
#include "store/incident.h"

#include "base/text.h"
#include "store/outbox.h"

/* What is not said leaves what is known. */
#define KNOWN(column, none)                                                              \
	column " = CASE WHEN excluded." column " = " none " THEN incident." column       \
	       " ELSE excluded." column " END, "
#define NEWS(column, none)                                                               \
	"OR (excluded." column " <> " none " AND incident." column                       \
	" <> excluded." column ") "

/* The WHERE keeps rows that say the same from being written again at every poll. */
static const char sql_put[] =
	"INSERT INTO incident (id, team_id, created_by, created_at, updated_at, "
	"revision, "
	"source, upstream_id, started_at, acked_at, ended_at, severity, state, pages, "
	"title, service, summary, ended_after_at, taken_at, urgency, number, priority, "
	"acked_by, resolved_by, echo) "
	"VALUES ($1, $2, $3, $4, $4, 1, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, "
	"$15, $16, $8, $17, $18, $19, $20, $21, $22) "
	"ON CONFLICT (team_id, source, upstream_id, started_at) DO UPDATE SET "
	"acked_at = excluded.acked_at, ended_at = CASE WHEN incident.told = 1 AND "
	"excluded.ended_at > 0 THEN incident.ended_at ELSE excluded.ended_at END, "
	"told = CASE WHEN excluded.ended_at > 0 THEN incident.told ELSE 0 END, "
	"severity = excluded.severity, state = excluded.state, pages = excluded.pages, "
	"title = excluded.title, service = excluded.service, summary = excluded.summary, "
	"ended_after_at = CASE WHEN incident.told = 1 AND excluded.ended_at > 0 THEN 0 "
	"ELSE excluded.ended_after_at END, "
	"echo = CASE WHEN excluded.echo = 1 THEN 1 ELSE incident.echo END, "
	"taken_at = CASE WHEN incident.taken_at = 0 OR (excluded.taken_at > 0 AND "
	"excluded.taken_at < incident.taken_at) THEN excluded.taken_at ELSE "
	"incident.taken_at END, " KNOWN("urgency", "0") KNOWN("number", "0")
		KNOWN("priority", "''") KNOWN("acked_by", "''") KNOWN("resolved_by",
			"''") "updated_at = excluded.updated_at, revision = "
			      "incident.revision + 1 "
			      "WHERE incident.acked_at <> excluded.acked_at "
			      "OR excluded.echo > incident.echo "
			      "OR (incident.ended_at <> excluded.ended_at "
			      "AND (incident.told = 0 OR excluded.ended_at = 0)) "
			      "OR incident.severity <> excluded.severity OR "
			      "incident.state <> excluded.state "
			      "OR incident.pages <> excluded.pages OR incident.title <> "
			      "excluded.title "
			      "OR incident.service <> excluded.service OR "
			      "incident.summary <> excluded.summary " NEWS("urgency", "0")
				      NEWS("number", "0") NEWS("priority", "''")
					      NEWS("acked_by", "''")
						      NEWS("resolved_by", "''");

#define COLUMNS                                                                          \
	"source, upstream_id, title, service, summary, severity, state, pages, "         \
	"started_at, acked_at, ended_at, ended_after_at, number "

static const char sql_newest[] =
	"SELECT " COLUMNS
	"FROM incident WHERE team_id = $1 ORDER BY started_at DESC LIMIT $2";

static const char sql_last_page[] =
	"SELECT " COLUMNS
	"FROM incident WHERE team_id = $1 AND pages = 1 AND ended_at > 0 "
	"ORDER BY ended_at DESC LIMIT $2";

/* When it was last seen: when its source last was, or when its row was written. */
static const char sql_open[] =
	"SELECT source, upstream_id, title, service, summary, severity, state, pages, "
	"started_at, acked_at, ended_at, CASE WHEN updated_at > "
	"(SELECT coalesce(max(until_at), 0) FROM watch WHERE "
	"watch.team_id = incident.team_id AND watch.source = incident.source) "
	"THEN updated_at ELSE "
	"(SELECT max(until_at) FROM watch WHERE "
	"watch.team_id = incident.team_id AND watch.source = incident.source) END, "
	"number FROM incident WHERE team_id = $1 AND source = $3 AND ended_at = 0 "
	"ORDER BY started_at DESC LIMIT $2";

/* What was done through oogway is in the outbox. A source's clock is not ours, and may
 * tell whole seconds only. */
#define PAST_COLUMNS                                                                     \
	COLUMNS                                                                          \
	", id, updated_at, taken_at, urgency, priority, acked_by, resolved_by, "         \
	"(SELECT coalesce(max(CASE WHEN outbox.verb = 'resolve' THEN 3 ELSE 1 END), 0) " \
	"FROM outbox WHERE outbox.team_id = incident.team_id AND "                       \
	"outbox.source = incident.source AND outbox.target = incident.upstream_id AND "  \
	"outbox.state = $3 AND outbox.created_at >= incident.started_at AND "            \
	"(incident.ended_at = 0 OR outbox.created_at <= incident.ended_at + 5000)), "    \
	"echo "

static const char sql_span[] =
	"SELECT " PAST_COLUMNS "FROM incident WHERE team_id = $1 AND started_at >= $6 "
	"AND started_at <= $4 AND (started_at < $4 OR id < $5) "
	"ORDER BY started_at DESC, id DESC LIMIT $2";

static const char sql_since[] =
	"SELECT " PAST_COLUMNS "FROM incident WHERE team_id = $1 AND updated_at >= $4 "
	"AND (updated_at > $4 OR id > $5) ORDER BY updated_at, id LIMIT $2";

static const char sql_at[] =
	"SELECT " PAST_COLUMNS "FROM incident WHERE team_id = $1 AND started_at <= $4 "
	"AND (ended_at = 0 OR ended_at > $4) ORDER BY started_at DESC LIMIT $2";

static const char sql_named[] =
	"SELECT " COLUMNS "FROM incident WHERE team_id = $1 AND upstream_id = $3 "
	"ORDER BY started_at DESC LIMIT $2";

static struct db_value cut(struct untrusted text)
{
	return bind_untrusted(untrusted_slice(text, 0, INCIDENT_MAX_TEXT));
}

static bool put_one(struct db *db, const struct incident_row *row, struct err *err)
{
	char id[ID_TEXT];
	int64_t now = db->now();

	return db_run(db, sql_put,
		DB_ARGS(DB_OWN(db, id, now), cut(row->source), cut(row->upstream_id),
			bind_i64(row->started_at), bind_i64(row->acked_at),
			bind_i64(row->ended_at), bind_i64(row->severity),
			bind_i64(row->state), bind_i64(row->pages), cut(row->title),
			cut(row->service), cut(row->summary),
			bind_i64(row->ended_after_at), bind_i64(row->urgency),
			bind_i64(row->number), cut(row->priority), cut(row->acked_by),
			cut(row->resolved_by), bind_i64(row->echo)),
		err);
}

bool incident_put(
	struct db *db, const struct incident_row *rows, size_t count, struct err *err)
{
	if (count > INCIDENT_MAX_LIST)
		return err_set(err, ERR_LIMIT, "%zu incidents at once, the limit is %d",
			count, INCIDENT_MAX_LIST);
	for (size_t i = 0; i < count; i++)
		if (!put_one(db, &rows[i], err))
			return false;
	return true;
}

/* A value that no version of ours wrote gives the first of the scale. */
static int within(int64_t value, int count)
{
	return value >= 0 && value < count ? (int)value : 0;
}

static uint32_t number_of(int64_t value)
{
	return value > 0 && value <= UINT32_MAX ? (uint32_t)value : 0;
}

static void read_one(
	const struct db_rows *rows, struct arena *arena, struct incident_row *out)
{
	*out = (struct incident_row){
		.source = untrusted_copy(arena, row_text(rows, 0)),
		.upstream_id = untrusted_copy(arena, row_text(rows, 1)),
		.title = untrusted_copy(arena, row_text(rows, 2)),
		.service = untrusted_copy(arena, row_text(rows, 3)),
		.summary = untrusted_copy(arena, row_text(rows, 4)),
		.severity = (enum severity)within(row_i64(rows, 5), SEVERITY_COUNT),
		.state = (enum alert_state)within(row_i64(rows, 6), ALERT_STATE_COUNT),
		.pages = row_i64(rows, 7) == 1,
		.started_at = row_i64(rows, 8),
		.acked_at = row_i64(rows, 9),
		.ended_at = row_i64(rows, 10),
		.ended_after_at = row_i64(rows, 11),
		.number = number_of(row_i64(rows, 12)),
	};
}

struct question {
	const char *sql; /* $1 the team, $2 the limit */
	size_t limit;
	const struct db_value *more; /* $3, or NULL */
};

static bool read_rows(struct db *db, struct arena *arena, const struct question *q,
	struct incident_rows *out, struct err *err)
{
	struct db_value values[3] = {
		bind_text(db->who.team), bind_i64((int64_t)q->limit)};
	size_t limit = q->limit;
	struct incident_rows list = {0};
	struct db_rows rows;

	if (!limit || limit > INCIDENT_MAX_LIST)
		return err_set(err, ERR_LIMIT, "1 to %d incidents can be read at once",
			INCIDENT_MAX_LIST);
	if (q->more)
		values[2] = *q->more;
	list.rows = arena_alloc(arena, limit * sizeof *list.rows);
	if (db_query(db, &rows, q->sql, values, q->more ? 3 : 2, err))
		while (!arena->full && list.count < limit && db_next(&rows, err))
			read_one(&rows, arena, &list.rows[list.count++]);
	if (!db_rows_free(&rows))
		return false;
	if (arena->full)
		return err_set(err, ERR_LIMIT, "the incidents do not fit in memory");
	*out = list;
	return true;
}

bool incident_newest(struct db *db, struct arena *arena, size_t limit,
	struct incident_rows *out, struct err *err)
{
	return read_rows(
		db, arena, &(struct question){sql_newest, limit, NULL}, out, err);
}

bool incident_last_page(
	struct db *db, struct arena *arena, struct incident_rows *out, struct err *err)
{
	return read_rows(db, arena, &(struct question){sql_last_page, 1, NULL}, out, err);
}

bool incident_open(struct db *db, struct arena *arena, struct untrusted source,
	struct incident_rows *out, struct err *err)
{
	struct db_value value = cut(source);
	struct question q = {sql_open, INCIDENT_MAX_LIST, &value};

	return read_rows(db, arena, &q, out, err);
}

static void read_past(
	const struct db_rows *rows, struct arena *arena, struct incident_row *out)
{
	read_one(rows, arena, out);
	out->id = untrusted_copy(arena, row_text(rows, 13));
	out->updated_at = row_i64(rows, 14);
	out->taken_at = row_i64(rows, 15);
	out->urgency = (enum urgency)within(row_i64(rows, 16), URGENCY_COUNT);
	out->priority = untrusted_copy(arena, row_text(rows, 17));
	out->acked_by = untrusted_copy(arena, row_text(rows, 18));
	out->resolved_by = untrusted_copy(arena, row_text(rows, 19));
	out->acted = (unsigned)within(row_i64(rows, 20), 4);
	out->echo = row_i64(rows, 21) == 1;
	if (out->taken_at || !untrusted_empty(out->acked_by))
		out->acted |= INCIDENT_ACTED;
	if (!untrusted_empty(out->resolved_by))
		out->acted |= INCIDENT_ACTED | INCIDENT_BY_HAND;
}

struct incident_cursor incident_cursor_at(int64_t at)
{
	return (struct incident_cursor){.at = at};
}

/* values: from $4 on. */
static bool read_page(struct db *db, struct arena *arena, const char *sql,
	const struct db_value values[3], size_t limit, struct incident_rows *out,
	struct err *err)
{
	const struct db_value all[] = {bind_text(db->who.team), bind_i64((int64_t)limit),
		bind_i64(OUTBOX_CONFIRMED), values[0], values[1], values[2]};
	struct incident_rows list = {0};
	struct db_rows rows;

	if (!limit || limit > INCIDENT_MAX_LIST)
		return err_set(err, ERR_LIMIT, "1 to %d incidents can be read at once",
			INCIDENT_MAX_LIST);
	list.rows = arena_alloc(arena, limit * sizeof *list.rows);
	if (db_query(db, &rows, sql, all,
		    sql == sql_span ? 6
		    : sql == sql_at ? 4
				    : 5,
		    err))
		while (!arena->full && list.count < limit && db_next(&rows, err))
			read_past(&rows, arena, &list.rows[list.count++]);
	if (!db_rows_free(&rows))
		return false;
	if (arena->full)
		return err_set(err, ERR_LIMIT, "the incidents do not fit in memory");
	*out = list;
	return true;
}

bool incident_at(struct db *db, struct arena *arena, int64_t at, size_t limit,
	struct incident_rows *out, struct err *err)
{
	const struct db_value values[] = {bind_i64(at), bind_null(), bind_null()};

	return read_page(db, arena, sql_at, values, limit, out, err);
}

static void stand_behind(
	struct incident_cursor *cursor, const struct incident_rows *rows, bool by_update)
{
	const struct incident_row *last;

	if (!rows->count)
		return;
	last = &rows->rows[rows->count - 1];
	cursor->at = by_update ? last->updated_at : last->started_at;
	if (!text_to_id(last->id, cursor->id, sizeof cursor->id))
		cursor->id[0] = '\0';
}

bool incident_span(struct db *db, struct arena *arena, int64_t from_at,
	struct incident_cursor *cursor, size_t limit, struct incident_rows *out,
	struct err *err)
{
	const struct db_value values[] = {
		bind_i64(cursor->at), bind_text(cursor->id), bind_i64(from_at)};

	if (!read_page(db, arena, sql_span, values, limit, out, err))
		return false;
	stand_behind(cursor, out, false);
	return true;
}

static const char sql_count_source[] =
	"SELECT count(*) FROM incident WHERE team_id = $1 AND source = $2";

static const char sql_count[] =
	"SELECT count(*) FROM (SELECT 1 FROM incident WHERE team_id = $1 AND "
	"started_at >= $3 LIMIT $2) AS some";

bool incident_count_source(
	struct db *db, struct untrusted source, size_t *out, struct err *err)
{
	struct db_rows rows;
	size_t n = 0;

	if (db_query(db, &rows, sql_count_source,
		    DB_ARGS(bind_text(db->who.team), cut(source)), err) &&
		db_next(&rows, err))
		n = (size_t)row_i64(&rows, 0);
	if (!db_rows_free(&rows))
		return false;
	*out = n;
	return true;
}

bool incident_count(
	struct db *db, int64_t from_at, size_t most, size_t *out, struct err *err)
{
	struct db_rows rows;
	size_t n = 0;

	if (db_query(db, &rows, sql_count,
		    DB_ARGS(bind_text(db->who.team), bind_i64((int64_t)most),
			    bind_i64(from_at)),
		    err) &&
		db_next(&rows, err))
		n = (size_t)row_i64(&rows, 0);
	if (!db_rows_free(&rows))
		return false;
	*out = n;
	return true;
}

bool incident_since(struct db *db, struct arena *arena, struct incident_cursor *cursor,
	size_t limit, struct incident_rows *out, struct err *err)
{
	const struct db_value values[] = {
		bind_i64(cursor->at), bind_text(cursor->id), bind_null()};

	if (!read_page(db, arena, sql_since, values, limit, out, err))
		return false;
	stand_behind(cursor, out, true);
	return true;
}

bool incident_named(struct db *db, struct arena *arena, struct untrusted upstream_id,
	struct incident_rows *out, struct err *err)
{
	struct db_value value = cut(upstream_id);
	struct question q = {sql_named, 1, &value};

	return read_rows(db, arena, &q, out, err);
}

/* --- later --- */

struct incident_job {
	struct store_job job;
	struct incident_row *in;
	size_t count; /* of in, or the limit */
	struct untrusted source;
	struct incident_rows out;
	incident_got *got;
	void *ctx;
};

static bool run_put(struct store_job *job, struct db *db, struct err *err)
{
	struct incident_job *i = (struct incident_job *)job;

	return incident_put(db, i->in, i->count, err);
}

void incident_put_later(struct store *store, const struct incident_row *rows,
	size_t count, struct store_then then)
{
	struct incident_job *job = store_job_new(sizeof *job);

	job->job.run = run_put;
	job->job.then = then;
	job->in = store_job_copy(&job->job, rows, count * sizeof *rows);
	job->count = count;
	for (size_t i = 0; job->in && i < count; i++) {
		struct incident_row *row = &job->in[i];

		row->source = store_job_text(&job->job, row->source);
		row->upstream_id = store_job_text(&job->job, row->upstream_id);
		row->title = store_job_text(&job->job, row->title);
		row->service = store_job_text(&job->job, row->service);
		row->summary = store_job_text(&job->job, row->summary);
		row->priority = store_job_text(&job->job, row->priority);
		row->acked_by = store_job_text(&job->job, row->acked_by);
		row->resolved_by = store_job_text(&job->job, row->resolved_by);
	}
	store_write(store, &job->job);
}

static bool run_newest(struct store_job *job, struct db *db, struct err *err)
{
	struct incident_job *i = (struct incident_job *)job;

	return incident_newest(db, &job->arena, i->count, &i->out, err);
}

static bool run_last_page(struct store_job *job, struct db *db, struct err *err)
{
	struct incident_job *i = (struct incident_job *)job;

	return incident_last_page(db, &job->arena, &i->out, err);
}

static bool run_open(struct store_job *job, struct db *db, struct err *err)
{
	struct incident_job *i = (struct incident_job *)job;

	return incident_open(db, &job->arena, i->source, &i->out, err);
}

static void end_read(struct store_job *job, const struct err *err)
{
	struct incident_job *i = (struct incident_job *)job;

	i->got(i->ctx, &i->out, err);
}

static void read_later(
	struct store *store, struct incident_job *job, incident_got *got, void *ctx)
{
	job->job.end = end_read;
	job->got = got;
	job->ctx = ctx;
	store_read(store, &job->job);
}

void incident_newest_later(
	struct store *store, size_t limit, incident_got *got, void *ctx)
{
	struct incident_job *job = store_job_new(sizeof *job);

	job->job.run = run_newest;
	job->count = limit;
	read_later(store, job, got, ctx);
}

void incident_last_page_later(struct store *store, incident_got *got, void *ctx)
{
	struct incident_job *job = store_job_new(sizeof *job);

	job->job.run = run_last_page;
	read_later(store, job, got, ctx);
}

void incident_open_later(
	struct store *store, struct untrusted source, incident_got *got, void *ctx)
{
	struct incident_job *job = store_job_new(sizeof *job);

	job->job.run = run_open;
	job->source = store_job_text(&job->job, source);
	read_later(store, job, got, ctx);
}
