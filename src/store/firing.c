/* Firings of triggers. A claim looks, counts and writes in one transaction, which holds
 * the write lock from its beginning, so that two processes never both get it. The
 * functions over struct db run where it is; the _later ones on main. Hides the SQL. */
#include "store/firing.h"

#include "base/str.h"
#include "base/text.h"
#include "base/time.h"

#include <stdio.h>

enum { FIRING_MAX_TEXT = 1000 };

const char *const firing_state_names[FIRING_STATE_COUNT] = {
	[FIRING_PROPOSED] = "proposed",
	[FIRING_RUNNING] = "running",
	[FIRING_RAN] = "ran",
	[FIRING_STOPPED] = "stopped",
	[FIRING_HELD] = "held",
	[FIRING_ANSWERED] = "answered",
	[FIRING_SAME] = "same",
};

static const char sql_find[] =
	"SELECT CASE WHEN head = '' THEN id ELSE head END, state FROM firing "
	"WHERE team_id = $1 AND profile = $2 AND name = $3 AND source = $4 "
	"AND upstream_id = $5 AND started_at >= $6 AND started_at <= $7 "
	"ORDER BY created_at DESC LIMIT 1";

static const char sql_count[] =
	"SELECT COUNT(*) FROM firing WHERE team_id = $1 AND profile = $2 AND name = $3 "
	"AND created_at > $4 AND runs = $5 AND state <> $6 AND state <> $7";

static const char sql_insert[] =
	"INSERT INTO firing (id, team_id, created_by, created_at, updated_at, revision, "
	"profile, name, runbook, source, upstream_id, started_at, runs, state, why, "
	"head) VALUES ($1, $2, $3, $4, $4, 1, $5, $6, $7, $8, $9, $10, $11, $12, $13, "
	"$14) ON CONFLICT (team_id, profile, name, source, upstream_id, started_at) "
	"DO NOTHING";

static const char sql_set[] = "UPDATE firing SET state = $3, why = $4, updated_at = $5, "
			      "revision = revision + 1 WHERE team_id = $1 AND id = $2";

static const char sql_list[] =
	"SELECT id, name, runbook, source, upstream_id, why, started_at, created_at, "
	"state FROM firing WHERE team_id = $1 AND profile = $2 AND created_at >= $3 "
	"AND state <> $4 ORDER BY created_at DESC, id DESC LIMIT $5";

static const char sql_trim[] = "DELETE FROM firing WHERE team_id = $1 AND updated_at < "
			       "$2";

static struct db_value cut(struct untrusted text)
{
	return bind_untrusted(untrusted_slice(text, 0, FIRING_MAX_TEXT));
}

/* --- a claim --- */

static bool find(struct db *db, const struct firing_wish *wish,
	const struct firing_member *m, struct firing *out, bool *found, struct err *err)
{
	struct db_rows rows;

	db_query(db, &rows, sql_find,
		DB_ARGS(bind_text(db->who.team), bind_text(wish->profile),
			bind_text(wish->trigger), cut(m->source), cut(m->upstream_id),
			bind_i64(m->started_at - wish->again_ms),
			bind_i64(m->started_at + wish->again_ms)),
		err);
	*found = db_next(&rows, err);
	if (*found) {
		text_line(row_text(&rows, 0), out->id, sizeof out->id);
		out->state = (enum firing_state)row_i64(&rows, 1);
	}
	return db_rows_free(&rows);
}

static bool count(struct db *db, const struct firing_wish *wish, bool runs, size_t *out,
	struct err *err)
{
	struct db_rows rows;

	db_query(db, &rows, sql_count,
		DB_ARGS(bind_text(db->who.team), bind_text(wish->profile),
			bind_text(wish->trigger), bind_i64(db->now() - HOUR_MS),
			bind_i64(runs), bind_i64(FIRING_HELD), bind_i64(FIRING_SAME)),
		err);
	*out = db_next(&rows, err) ? (size_t)row_i64(&rows, 0) : 0;
	return db_rows_free(&rows);
}

/* head: of which row it is another member, or "". */
static bool insert(struct db *db, const struct firing_wish *wish,
	const struct firing_member *m, const struct firing *firing, const char *head,
	struct err *err)
{
	int64_t now = db->now();
	char id[ID_TEXT];

	if (*head)
		id_new(now, id);
	else
		str_copy(id, sizeof id, firing->id);
	return db_run(db, sql_insert,
		DB_ARGS(bind_text(id), bind_text(db->who.team), bind_text(db->who.user),
			bind_i64(now), bind_text(wish->profile), bind_text(wish->trigger),
			bind_text(wish->runbook), cut(m->source), cut(m->upstream_id),
			bind_i64(m->started_at),
			bind_i64(firing->state == FIRING_RUNNING),
			bind_i64(*head ? FIRING_SAME : firing->state),
			bind_text(wish->why && firing->state != FIRING_RUNNING ? wish->why
									       : ""),
			bind_text(head)),
		err);
}

bool firing_claim(struct db *db, const struct firing_wish *wish, struct firing *out,
	struct err *err)
{
	struct firing firing = {.state = FIRING_PROPOSED};
	bool found = false;
	size_t runs, proposals;

	for (size_t i = 0; i < wish->count && !found; i++)
		if (!find(db, wish, &wish->members[i], &firing, &found, err))
			return false;
	if (!found) {
		if (!count(db, wish, true, &runs, err) ||
			!count(db, wish, false, &proposals, err))
			return false;
		firing.mine = true;
		id_new(db->now(), firing.id);
		if (wish->runs && runs < wish->most)
			firing.state = FIRING_RUNNING;
		else if (proposals >= wish->most)
			firing.state = FIRING_HELD;
	}
	for (size_t i = 0; i < wish->count; i++)
		if (!insert(db, wish, &wish->members[i], &firing,
			    firing.mine && !i ? "" : firing.id, err))
			return false;
	*out = firing;
	return true;
}

bool firing_set(struct db *db, const char *id, enum firing_state state, const char *why,
	struct err *err)
{
	return db_run(db, sql_set,
		DB_ARGS(bind_text(db->who.team), bind_text(id), bind_i64(state),
			bind_text(why), bind_i64(db->now())),
		err);
}

bool firing_list(struct db *db, struct arena *arena, const char *profile, int64_t since,
	struct firing_rows *out, struct err *err)
{
	struct firing_rows list = {
		.rows = arena_alloc(arena, FIRING_MAX_LIST * sizeof *list.rows)};
	struct db_rows rows;

	db_query(db, &rows, sql_list,
		DB_ARGS(bind_text(db->who.team), bind_text(profile), bind_i64(since),
			bind_i64(FIRING_SAME), bind_i64(FIRING_MAX_LIST)),
		err);
	while (list.rows && !arena->full && db_next(&rows, err)) {
		struct firing_row *r = &list.rows[list.count++];
		int64_t state = row_i64(&rows, 8);
		struct untrusted *const texts[] = {&r->id, &r->trigger, &r->runbook,
			&r->source, &r->upstream_id, &r->why};

		for (int i = 0; i < (int)(sizeof texts / sizeof *texts); i++)
			*texts[i] = untrusted_copy(arena, row_text(&rows, i));
		r->started_at = row_i64(&rows, 6);
		r->created_at = row_i64(&rows, 7);
		r->state = state < 0 || state >= FIRING_STATE_COUNT
				   ? FIRING_ANSWERED
				   : (enum firing_state)state;
	}
	if (!db_rows_free(&rows))
		return false;
	if (!list.rows || arena->full)
		return err_set(err, ERR_LIMIT, "what triggers did is too much to list");
	*out = list;
	return true;
}

bool firing_trim(struct db *db, int64_t before_at, struct err *err)
{
	return db_run(
		db, sql_trim, DB_ARGS(bind_text(db->who.team), bind_i64(before_at)), err);
}

/* --- later --- */

struct firing_job {
	struct store_job job;
	struct firing_wish wish;
	struct firing_member *members;
	struct firing firing;
	const char *id, *why, *profile;
	enum firing_state state;
	int64_t at;
	struct firing_rows rows;
	void (*claimed)(void *ctx, const struct firing *firing, const struct err *err);
	void (*listed)(void *ctx, const struct firing_rows *rows, const struct err *err);
	void *ctx;
};

static bool run_claim(struct store_job *job, struct db *db, struct err *err)
{
	struct firing_job *j = (struct firing_job *)job;

	return firing_claim(db, &j->wish, &j->firing, err);
}

static void end_claim(struct store_job *job, const struct err *err)
{
	struct firing_job *j = (struct firing_job *)job;

	j->claimed(j->ctx, &j->firing, err);
}

void firing_claim_later(struct store *store, const struct firing_wish *wish,
	void (*got)(void *ctx, const struct firing *firing, const struct err *err),
	void *ctx)
{
	struct firing_job *j = store_job_new(sizeof *j);

	j->job.run = run_claim;
	j->job.end = end_claim;
	j->claimed = got;
	j->ctx = ctx;
	j->wish = *wish;
	j->wish.profile = store_job_str(&j->job, wish->profile);
	j->wish.trigger = store_job_str(&j->job, wish->trigger);
	j->wish.runbook = store_job_str(&j->job, wish->runbook);
	j->wish.why = wish->why ? store_job_str(&j->job, wish->why) : NULL;
	j->members = store_job_copy(
		&j->job, wish->members, wish->count * sizeof *wish->members);
	j->wish.members = j->members;
	j->wish.count = j->members ? wish->count : 0;
	for (size_t i = 0; i < j->wish.count; i++) {
		j->members[i].source = store_job_text(&j->job, j->members[i].source);
		j->members[i].upstream_id =
			store_job_text(&j->job, j->members[i].upstream_id);
	}
	store_write(store, &j->job);
}

static bool run_set(struct store_job *job, struct db *db, struct err *err)
{
	struct firing_job *j = (struct firing_job *)job;

	return firing_set(db, j->id, j->state, j->why, err);
}

void firing_set_later(struct store *store, const char *id, enum firing_state state,
	const char *why, struct store_then then)
{
	struct firing_job *j = store_job_new(sizeof *j);

	j->job.run = run_set;
	j->job.then = then;
	j->id = store_job_str(&j->job, id);
	j->why = store_job_str(&j->job, why);
	j->state = state;
	store_write(store, &j->job);
}

static bool run_list(struct store_job *job, struct db *db, struct err *err)
{
	struct firing_job *j = (struct firing_job *)job;

	return firing_list(db, &job->arena, j->profile, j->at, &j->rows, err);
}

static void end_list(struct store_job *job, const struct err *err)
{
	struct firing_job *j = (struct firing_job *)job;

	j->listed(j->ctx, &j->rows, err);
}

void firing_list_later(struct store *store, const char *profile, int64_t since,
	void (*got)(void *ctx, const struct firing_rows *rows, const struct err *err),
	void *ctx)
{
	struct firing_job *j = store_job_new(sizeof *j);

	j->job.run = run_list;
	j->job.end = end_list;
	j->profile = store_job_str(&j->job, profile);
	j->at = since;
	j->listed = got;
	j->ctx = ctx;
	store_read(store, &j->job);
}

static bool run_trim(struct store_job *job, struct db *db, struct err *err)
{
	return firing_trim(db, ((struct firing_job *)job)->at, err);
}

void firing_trim_later(struct store *store, int64_t before_at)
{
	struct firing_job *j = store_job_new(sizeof *j);

	j->job.run = run_trim;
	j->at = before_at;
	store_write(store, &j->job);
}
