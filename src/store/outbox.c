/* The outbox, one row for each action. The functions over struct db run where it is (a
 * lane, or a one-shot command); the _later ones on main. Hides the SQL, what a row
 * looks like, and who may claim it. */
#include "store/outbox.h"

#include "base/text.h"

#include <string.h>

/* What was written that far ahead of now was written before the clock was set back. */
enum { SKEW_MS = 60000 };

const char *const outbox_state_names[OUTBOX_STATE_COUNT] = {
	[OUTBOX_WAITING] = "waiting",
	[OUTBOX_SENDING] = "sending",
	[OUTBOX_CONFIRMED] = "confirmed",
	[OUTBOX_FAILED] = "failed",
	[OUTBOX_HELD] = "held",
	[OUTBOX_CANCELLED] = "cancelled",
};

static const char sql_add[] =
	"INSERT INTO outbox (id, team_id, created_by, created_at, updated_at, revision, "
	"profile, source, verb, target, title, body, whom, matchers, actor, until_at, "
	"state, attempts, expected_state, expected_at, next_at, claimed_by, sent_at, "
	"done_at, error, result, undoes, audit_seq) "
	"VALUES ($1, $2, $3, $4, $4, 1, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, "
	"$15, $16, $17, $18, $19, '', 0, $20, '', '', $21, $22) "
	"ON CONFLICT (id) DO NOTHING";

#define COLUMNS                                                                          \
	"id, profile, source, verb, target, title, body, whom, matchers, actor, "        \
	"until_at, state, attempts, expected_state, expected_at, created_at, next_at, "  \
	"sent_at, done_at, error, result, undoes, audit_seq "

/* Whoever claimed it is gone. */
static const char sql_abandoned[] =
	"UPDATE outbox SET state = 0, next_at = 0, updated_at = $1, "
	"revision = revision + 1 "
	"WHERE team_id = $2 AND state = 1 AND claimed_by <> $3 "
	"AND (updated_at < $4 OR updated_at > $5) AND profile = $6 AND source = $7";

static const char sql_due[] =
	"SELECT " COLUMNS "FROM outbox AS o WHERE o.team_id = $1 AND o.state = 0 "
	"AND (o.next_at <= $2 OR o.next_at > $6) AND o.profile = $3 AND o.source = $4 "
	"AND NOT EXISTS (SELECT 1 FROM outbox AS e WHERE e.team_id = o.team_id "
	"AND e.source = o.source AND e.target = o.target AND e.profile = o.profile "
	"AND e.target <> '' AND e.state IN (0, 1) AND e.id < o.id) "
	"ORDER BY o.id LIMIT $5";

static const char sql_claim[] =
	"UPDATE outbox SET state = 1, claimed_by = $1, attempts = attempts + 1, "
	"sent_at = $2, updated_at = $2, revision = revision + 1 "
	"WHERE id = $3 AND state = 0";

static const char sql_settle[] =
	"UPDATE outbox SET state = $1, error = $2, result = $3, next_at = $4, "
	"done_at = $5, updated_at = $6, revision = revision + 1 "
	"WHERE id = $7 AND state = 1 AND claimed_by = $8";

static const char sql_cancel[] =
	"UPDATE outbox SET state = 5, done_at = $1, updated_at = $1, "
	"revision = revision + 1 WHERE id = $2 AND team_id = $3 AND state IN (0, 3, 4) "
	"RETURNING id";

static const char sql_retry[] =
	"UPDATE outbox SET state = 0, next_at = 0, done_at = 0, updated_at = $1, "
	"expected_state = -1, revision = revision + 1 "
	"WHERE id = $2 AND team_id = $3 AND state IN (0, 3, 4) RETURNING id";

static const char sql_list[] =
	"SELECT " COLUMNS "FROM outbox WHERE team_id = $1 "
	"ORDER BY CASE WHEN state IN (0, 1, 4) THEN 0 ELSE 1 END, id DESC LIMIT $2";

static const char sql_mark[] =
	"SELECT count(*), coalesce(max(updated_at), 0), coalesce(sum(revision), 0) "
	"FROM outbox WHERE team_id = $1";

static struct db_value cut(struct untrusted text)
{
	return bind_untrusted(untrusted_slice(text, 0, ACTION_MAX_TEXT));
}

static bool add_one(struct db *db, const struct outbox_row *row, struct err *err)
{
	const struct action *a = &row->action;
	int64_t now = db->now();
	int64_t done_at = row->state == OUTBOX_WAITING ? 0 : now;

	return db_run(db, sql_add,
		DB_ARGS(bind_text(a->id), bind_text(db->who.team),
			bind_text(db->who.user), bind_i64(now), cut(row->profile),
			cut(row->source), bind_text(action_verbs[a->verb].name),
			cut(a->texts[ACTION_TARGET]), cut(a->texts[ACTION_TITLE]),
			cut(a->texts[ACTION_BODY]), cut(a->texts[ACTION_WHOM]),
			bind_untrusted(a->texts[ACTION_MATCHERS]),
			cut(a->texts[ACTION_BY]), bind_i64(a->until_at),
			bind_i64(row->state), bind_i64(a->attempts),
			bind_i64(row->expected_state), bind_i64(row->expected_at),
			bind_i64(row->next_at), bind_i64(done_at), cut(row->undoes),
			bind_i64(row->audit_seq)),
		err);
}

bool outbox_add(
	struct db *db, const struct outbox_row *rows, size_t count, struct err *err)
{
	if (count > OUTBOX_MAX_LIST)
		return err_set(err, ERR_LIMIT, "%zu actions at once, the limit is %d",
			count, OUTBOX_MAX_LIST);
	for (size_t i = 0; i < count; i++)
		if (!add_one(db, &rows[i], err))
			return false;
	return true;
}

/* A value that no version of ours wrote gives "failed": it is not sent. */
static enum outbox_state state_of(int64_t value)
{
	return value >= 0 && value < OUTBOX_STATE_COUNT ? (enum outbox_state)value
							: OUTBOX_FAILED;
}

static void read_one(
	const struct db_rows *rows, struct arena *arena, struct outbox_row *out)
{
	struct action *a = &out->action;
	struct untrusted texts[10];

	for (int i = 0; i < 10; i++)
		texts[i] = untrusted_copy(arena, row_text(rows, i));
	*out = (struct outbox_row){.profile = texts[1],
		.source = texts[2],
		.state = state_of(row_i64(rows, 11)),
		.expected_state = (int)row_i64(rows, 13),
		.expected_at = row_i64(rows, 14),
		.created_at = row_i64(rows, 15),
		.next_at = row_i64(rows, 16),
		.sent_at = row_i64(rows, 17),
		.done_at = row_i64(rows, 18),
		.error = untrusted_copy(arena, row_text(rows, 19)),
		.result = untrusted_copy(arena, row_text(rows, 20)),
		.undoes = untrusted_copy(arena, row_text(rows, 21)),
		.audit_seq = row_i64(rows, 22)};
	if (!text_to_id(texts[0], a->id, sizeof a->id))
		out->state = OUTBOX_FAILED;
	a->verb = action_verb_find(texts[3]);
	if (a->verb == ACTION_VERB_COUNT) {
		a->verb = ACTION_NOTE;
		out->state = OUTBOX_FAILED;
	}
	a->attempts = (int)row_i64(rows, 12);
	a->until_at = row_i64(rows, 10);
	a->texts[ACTION_TARGET] = texts[4];
	a->texts[ACTION_TITLE] = texts[5];
	a->texts[ACTION_BODY] = texts[6];
	a->texts[ACTION_WHOM] = texts[7];
	a->texts[ACTION_MATCHERS] = texts[8];
	a->texts[ACTION_BY] = texts[9];
}

static bool read_rows(struct db_rows *rows, struct arena *arena, size_t limit,
	struct outbox_rows *out, struct err *err)
{
	struct outbox_rows list = {0};

	list.rows = arena_alloc(arena, limit * sizeof *list.rows);
	while (!arena->full && list.count < limit && db_next(rows, err))
		read_one(rows, arena, &list.rows[list.count++]);
	if (!db_rows_free(rows))
		return false;
	if (arena->full)
		return err_set(err, ERR_LIMIT, "the outbox does not fit in memory");
	*out = list;
	return true;
}

static bool check_limit(size_t limit, struct err *err)
{
	return (limit && limit <= OUTBOX_MAX_LIST) ||
	       err_set(err, ERR_LIMIT, "1 to %d actions can be read at once",
		       OUTBOX_MAX_LIST);
}

bool outbox_claim(struct db *db, const struct outbox_claim *claim, struct arena *arena,
	struct outbox_rows *out, struct err *err)
{
	struct outbox_rows list;
	struct db_rows rows;
	size_t kept = 0;
	enum action_verb verb = ACTION_VERB_COUNT;

	if (!check_limit(claim->limit, err) ||
		!db_run(db, sql_abandoned,
			DB_ARGS(bind_i64(claim->now), bind_text(db->who.team),
				bind_text(claim->owner),
				bind_i64(claim->abandoned_before),
				bind_i64(claim->now + SKEW_MS), bind_text(claim->profile),
				bind_text(claim->source)),
			err))
		return false;
	if (!db_query(db, &rows, sql_due,
		    DB_ARGS(bind_text(db->who.team), bind_i64(claim->now),
			    bind_text(claim->profile), bind_text(claim->source),
			    bind_i64((int64_t)claim->limit),
			    bind_i64(claim->now + OUTBOX_WAIT_MOST_MS)),
		    err)) {
		db_rows_free(&rows);
		return false;
	}
	if (!read_rows(&rows, arena, claim->limit, &list, err))
		return false;
	for (size_t i = 0; i < list.count; i++) {
		struct outbox_row *row = &list.rows[i];

		if (row->state == OUTBOX_WAITING && verb == ACTION_VERB_COUNT)
			verb = row->action.verb;
		if (row->state != OUTBOX_WAITING || row->action.verb != verb)
			continue;
		if (!db_run(db, sql_claim,
			    DB_ARGS(bind_text(claim->owner), bind_i64(claim->now),
				    bind_text(row->action.id)),
			    err))
			return false;
		row->state = OUTBOX_SENDING;
		list.rows[kept++] = *row;
	}
	list.count = kept;
	*out = list;
	return true;
}

bool outbox_settle(struct db *db, const char *owner, const struct outbox_row *rows,
	size_t count, struct err *err)
{
	for (size_t i = 0; i < count; i++) {
		const struct outbox_row *row = &rows[i];
		int64_t now = db->now();
		bool over = row->state != OUTBOX_WAITING && row->state != OUTBOX_SENDING;

		if (!db_run(db, sql_settle,
			    DB_ARGS(bind_i64(row->state), cut(row->error),
				    cut(row->result), bind_i64(row->next_at),
				    bind_i64(over ? now : 0), bind_i64(now),
				    bind_text(row->action.id), bind_text(owner)),
			    err))
			return false;
	}
	return true;
}

static bool change_one(
	struct db *db, const char *sql, const char *id, bool *changed, struct err *err)
{
	struct db_rows rows;

	*changed = false;
	if (db_query(db, &rows, sql,
		    DB_ARGS(bind_i64(db->now()), bind_text(id), bind_text(db->who.team)),
		    err))
		while (db_next(&rows, err))
			*changed = true;
	return db_rows_free(&rows);
}

bool outbox_cancel(struct db *db, const char *id, bool *changed, struct err *err)
{
	return change_one(db, sql_cancel, id, changed, err);
}

bool outbox_retry(struct db *db, const char *id, bool *changed, struct err *err)
{
	return change_one(db, sql_retry, id, changed, err);
}

bool outbox_list(struct db *db, struct arena *arena, size_t limit,
	struct outbox_rows *out, struct err *err)
{
	struct db_rows rows;

	if (!check_limit(limit, err))
		return false;
	if (!db_query(db, &rows, sql_list,
		    DB_ARGS(bind_text(db->who.team), bind_i64((int64_t)limit)), err)) {
		db_rows_free(&rows);
		return false;
	}
	return read_rows(&rows, arena, limit, out, err);
}

bool outbox_mark(struct db *db, uint64_t *out, struct err *err)
{
	struct db_rows rows;
	uint64_t mark = 0;

	if (db_query(db, &rows, sql_mark, DB_ARGS(bind_text(db->who.team)), err))
		while (db_next(&rows, err))
			mark = (uint64_t)row_i64(&rows, 0) * 1000003U +
			       (uint64_t)row_i64(&rows, 1) * 8191U +
			       (uint64_t)row_i64(&rows, 2);
	if (!db_rows_free(&rows))
		return false;
	*out = mark;
	return true;
}

/* --- later --- */

struct outbox_job {
	struct store_job job;
	struct outbox_row *in;
	size_t count; /* of in, or the limit */
	struct outbox_claim claim;
	const char *text; /* id, or the owner */
	struct outbox_rows out;
	outbox_got *got;
	outbox_marked *marked;
	uint64_t mark;
	void *ctx;
};

static bool run_add(struct store_job *job, struct db *db, struct err *err)
{
	struct outbox_job *o = (struct outbox_job *)job;

	return outbox_add(db, o->in, o->count, err);
}

static struct outbox_job *job_with(
	const struct outbox_row *rows, size_t count, struct store_then then)
{
	struct outbox_job *o = store_job_new(sizeof *o);

	o->job.then = then;
	o->in = store_job_copy(&o->job, rows, count * sizeof *rows);
	o->count = o->in ? count : 0;
	for (size_t i = 0; i < o->count; i++) {
		struct outbox_row *row = &o->in[i];
		struct untrusted *texts[] = {&row->profile, &row->source, &row->error,
			&row->result, &row->undoes};

		for (size_t t = 0; t < sizeof texts / sizeof *texts; t++)
			*texts[t] = store_job_text(&o->job, *texts[t]);
		for (int t = 0; t < ACTION_TEXT_COUNT; t++)
			row->action.texts[t] =
				store_job_text(&o->job, row->action.texts[t]);
	}
	return o;
}

void outbox_add_later(struct store *store, const struct outbox_row *rows, size_t count,
	struct store_then then)
{
	struct outbox_job *o = job_with(rows, count, then);

	o->job.run = run_add;
	store_write(store, &o->job);
}

static bool run_settle(struct store_job *job, struct db *db, struct err *err)
{
	struct outbox_job *o = (struct outbox_job *)job;

	return outbox_settle(db, o->text, o->in, o->count, err);
}

void outbox_settle_later(struct store *store, const char *owner,
	const struct outbox_row *rows, size_t count, struct store_then then)
{
	struct outbox_job *o = job_with(rows, count, then);

	o->job.run = run_settle;
	o->text = store_job_str(&o->job, owner);
	store_write(store, &o->job);
}

static bool run_claim(struct store_job *job, struct db *db, struct err *err)
{
	struct outbox_job *o = (struct outbox_job *)job;

	return outbox_claim(db, &o->claim, &job->arena, &o->out, err);
}

static void end_rows(struct store_job *job, const struct err *err)
{
	struct outbox_job *o = (struct outbox_job *)job;

	o->got(o->ctx, &o->out, err);
}

void outbox_claim_later(
	struct store *store, const struct outbox_claim *claim, outbox_got *got, void *ctx)
{
	struct outbox_job *o = store_job_new(sizeof *o);

	o->job.run = run_claim;
	o->job.end = end_rows;
	o->claim = *claim;
	o->claim.profile = store_job_str(&o->job, claim->profile);
	o->claim.source = store_job_str(&o->job, claim->source);
	o->claim.owner = store_job_str(&o->job, claim->owner);
	o->got = got;
	o->ctx = ctx;
	store_write(store, &o->job);
}

static bool run_cancel(struct store_job *job, struct db *db, struct err *err)
{
	struct outbox_job *o = (struct outbox_job *)job;
	bool changed;

	return outbox_cancel(db, o->text, &changed, err) &&
	       (changed || err_set(err, ERR_MISSING,
				   "it is no longer waiting: it was sent meanwhile"));
}

static bool run_retry(struct store_job *job, struct db *db, struct err *err)
{
	struct outbox_job *o = (struct outbox_job *)job;
	bool changed;

	return outbox_retry(db, o->text, &changed, err) &&
	       (changed || err_set(err, ERR_MISSING, "it is under way or done"));
}

void outbox_cancel_later(struct store *store, const char *id, struct store_then then)
{
	struct outbox_job *o = job_with(NULL, 0, then);

	o->job.run = run_cancel;
	o->text = store_job_str(&o->job, id);
	store_write(store, &o->job);
}

void outbox_retry_later(struct store *store, const char *id, struct store_then then)
{
	struct outbox_job *o = job_with(NULL, 0, then);

	o->job.run = run_retry;
	o->text = store_job_str(&o->job, id);
	store_write(store, &o->job);
}

static bool run_list(struct store_job *job, struct db *db, struct err *err)
{
	struct outbox_job *o = (struct outbox_job *)job;

	return outbox_list(db, &job->arena, o->count, &o->out, err);
}

void outbox_list_later(struct store *store, size_t limit, outbox_got *got, void *ctx)
{
	struct outbox_job *o = store_job_new(sizeof *o);

	o->job.run = run_list;
	o->job.end = end_rows;
	o->count = limit;
	o->got = got;
	o->ctx = ctx;
	store_read(store, &o->job);
}

static bool run_mark(struct store_job *job, struct db *db, struct err *err)
{
	return outbox_mark(db, &((struct outbox_job *)job)->mark, err);
}

static void end_mark(struct store_job *job, const struct err *err)
{
	struct outbox_job *o = (struct outbox_job *)job;

	o->marked(o->ctx, o->mark, err);
}

void outbox_mark_later(struct store *store, outbox_marked *got, void *ctx)
{
	struct outbox_job *o = store_job_new(sizeof *o);

	o->job.run = run_mark;
	o->job.end = end_mark;
	o->marked = got;
	o->ctx = ctx;
	store_read(store, &o->job);
}
