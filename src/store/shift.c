/* Shifts and follow-ups, one row each. The functions over struct db run where it is (a
 * lane, or a one-shot command); the _later ones on main. Hides the SQL, and that a mail
 * and its rows of the outbox are written in one transaction. */
#include "store/shift.h"

#include "base/text.h"
#include "base/time.h"

#include <string.h>

static const char sql_get[] =
	"SELECT draft, subject, code, sent_at, sent_by, accepted_at, accepted_by, "
	"CASE WHEN $5 = 1 THEN message ELSE '' END FROM shift WHERE team_id = $1 "
	"AND profile = $2 AND schedule = $3 AND from_at = $4";

static const char sql_make[] =
	"INSERT INTO shift (id, team_id, created_by, created_at, updated_at, revision, "
	"profile, schedule, from_at, to_at, draft, subject, message, code, sent_at, "
	"sent_by, accepted_at, accepted_by) VALUES ($1, $2, $3, $4, $4, 1, $5, $6, $7, "
	"$8, $9, '', $9, '', 0, '', 0, '') "
	"ON CONFLICT (team_id, profile, schedule, from_at) DO NOTHING";

#define WHERE "WHERE team_id = $1 AND profile = $2 AND schedule = $3 AND from_at = $4"

static const char sql_draft[] = "UPDATE shift SET draft = $5, updated_at = $6, "
				"revision = revision + 1 " WHERE;

static const char sql_send[] =
	"UPDATE shift SET subject = $5, message = $6, code = $7, sent_by = $8, "
	"sent_at = $9, updated_at = $9, revision = revision + 1 " WHERE;

static const char sql_accept[] =
	"UPDATE shift SET accepted_at = $5, accepted_by = $6, code = $7, "
	"updated_at = $5, revision = revision + 1 " WHERE;

static const char sql_add[] =
	"INSERT INTO followup (id, team_id, created_by, created_at, updated_at, "
	"revision, schedule, words, owner, due_at, closed_at, closed_by) "
	"VALUES ($1, $2, $3, $4, $4, 1, $5, $6, $7, $8, 0, '')";

static const char sql_close[] =
	"UPDATE followup SET closed_at = $1, closed_by = $2, updated_at = $1, "
	"revision = revision + 1 WHERE team_id = $3 AND schedule = $4 "
	"AND closed_at = 0 AND substr(id, length(id) - length($5) + 1) = $5 "
	"RETURNING id";

static const char sql_list[] =
	"SELECT id, words, owner, created_at, due_at, closed_at, closed_by "
	"FROM followup WHERE team_id = $1 AND schedule = $2 "
	"AND (closed_at = 0 OR closed_at >= $3) "
	"ORDER BY CASE WHEN closed_at = 0 THEN 0 ELSE 1 END, id LIMIT $4";

static const void *blob(
	const struct db_rows *rows, int column, struct arena *arena, size_t *n)
{
	const void *p = row_blob(rows, column, n);
	void *copy = arena_alloc(arena, *n + 1);

	if (copy && *n)
		memcpy(copy, p, *n);
	return copy;
}

bool shift_get(struct db *db, struct arena *arena, const struct shift_key *key,
	bool message, struct shift_row *out, struct err *err)
{
	struct shift_row row = {0};
	struct db_rows rows;

	if (db_query(db, &rows, sql_get,
		    DB_ARGS(bind_text(db->who.team), bind_text(key->profile),
			    bind_text(key->schedule), bind_i64(key->from_at),
			    bind_i64(message)),
		    err) &&
		db_next(&rows, err)) {
		row.known = true;
		row.draft = blob(&rows, 0, arena, &row.draft_n);
		row.subject = untrusted_copy(arena, row_text(&rows, 1));
		row.code = untrusted_copy(arena, row_text(&rows, 2));
		row.sent_at = row_i64(&rows, 3);
		row.sent_by = untrusted_copy(arena, row_text(&rows, 4));
		row.accepted_at = row_i64(&rows, 5);
		row.accepted_by = untrusted_copy(arena, row_text(&rows, 6));
		if (message)
			row.message = blob(&rows, 7, arena, &row.message_n);
	}
	if (!db_rows_free(&rows))
		return false;
	if (arena->full)
		return err_set(err, ERR_LIMIT, "the handoff does not fit in memory");
	*out = row;
	return true;
}

static bool make(struct db *db, const struct shift_key *key, struct err *err)
{
	char id[ID_TEXT];

	return db_run(db, sql_make,
		DB_ARGS(DB_OWN(db, id, db->now()), bind_text(key->profile),
			bind_text(key->schedule), bind_i64(key->from_at),
			bind_i64(key->to_at), bind_blob("", 0)),
		err);
}

#define OF(db, key)                                                                      \
	bind_text((db)->who.team), bind_text((key)->profile),                            \
		bind_text((key)->schedule), bind_i64((key)->from_at)

bool shift_put_draft(struct db *db, const struct shift_key *key, const void *bytes,
	size_t n, struct err *err)
{
	if (n > SHIFT_MAX_DRAFT)
		return err_set(err, ERR_LIMIT, "the draft is larger than %d KiB",
			SHIFT_MAX_DRAFT >> 10);
	return make(db, key, err) &&
	       db_run(db, sql_draft,
		       DB_ARGS(OF(db, key), bind_blob(bytes, n), bind_i64(db->now())),
		       err);
}

/* Who did it first, and when. */
static bool done_before(
	const char *what, struct untrusted who, int64_t at, struct err *err)
{
	char name[80], when[TIME_TEXT];

	return err_set(err, ERR_REFUSED, "it was %s by %s at %s", what,
		text_line(who, name, sizeof name), time_rfc3339(at, when));
}

static bool look(struct db *db, const struct shift_key *key, struct arena *arena,
	struct shift_row *row, struct err *err)
{
	return make(db, key, err) && shift_get(db, arena, key, false, row, err);
}

bool shift_send(struct db *db, const struct shift_key *key, const struct shift_mail *mail,
	struct err *err)
{
	struct arena arena;
	struct shift_row row;
	bool fine;

	if (mail->message_n > SHIFT_MAX_MESSAGE)
		return err_set(err, ERR_LIMIT, "the mail is larger than %d MiB",
			SHIFT_MAX_MESSAGE >> 20);
	arena_init(&arena, 1 << 20);
	fine = look(db, key, &arena, &row, err);
	if (fine && row.sent_at && !mail->again)
		fine = done_before("sent", row.sent_by, row.sent_at, err);
	fine = fine &&
	       db_run(db, sql_send,
		       DB_ARGS(OF(db, key), bind_text(mail->subject),
			       bind_blob(mail->message, mail->message_n),
			       bind_text(mail->code), bind_text(mail->by),
			       bind_i64(db->now())),
		       err) &&
	       outbox_add(db, mail->rows, mail->count, err);
	arena_release(&arena);
	return fine;
}

bool shift_accept(struct db *db, const struct shift_key *key, const char *code,
	const char *by, struct err *err)
{
	struct arena arena;
	struct shift_row row;
	bool fine;

	arena_init(&arena, 1 << 20);
	fine = look(db, key, &arena, &row, err);
	if (fine && row.accepted_at)
		fine = done_before("accepted", row.accepted_by, row.accepted_at, err);
	fine = fine && db_run(db, sql_accept,
			       DB_ARGS(OF(db, key), bind_i64(db->now()), bind_text(by),
				       bind_text(code)),
			       err);
	arena_release(&arena);
	return fine;
}

/* --- follow-ups --- */

static struct db_value cut(struct untrusted text)
{
	return bind_untrusted(untrusted_slice(text, 0, FOLLOWUP_MAX_TEXT));
}

bool followup_add(struct db *db, const char *schedule, const struct followup_row *row,
	struct err *err)
{
	char id[ID_TEXT];

	return db_run(db, sql_add,
		DB_ARGS(DB_OWN(db, id, db->now()), bind_text(schedule), cut(row->words),
			cut(row->owner), bind_i64(row->due_at)),
		err);
}

bool followup_close(struct db *db, const char *schedule, const char *tail, const char *by,
	struct err *err)
{
	struct db_rows rows;
	int closed = 0;

	if (strlen(tail) < 4)
		return err_set(err, ERR_USAGE, "a follow-up's id has at least 4 letters");
	if (db_query(db, &rows, sql_close,
		    DB_ARGS(bind_i64(db->now()), bind_text(by), bind_text(db->who.team),
			    bind_text(schedule), bind_text(tail)),
		    err))
		while (db_next(&rows, err))
			closed++;
	if (!db_rows_free(&rows))
		return false;
	if (!closed)
		return err_set(
			err, ERR_MISSING, "no open follow-up is called %.40s", tail);
	return closed == 1 ||
	       err_set(err, ERR_USAGE, "%d follow-ups end in %.40s: say more of it",
		       closed, tail);
}

static void read_one(
	const struct db_rows *rows, struct arena *arena, struct followup_row *out)
{
	*out = (struct followup_row){.words = untrusted_copy(arena, row_text(rows, 1)),
		.owner = untrusted_copy(arena, row_text(rows, 2)),
		.created_at = row_i64(rows, 3),
		.due_at = row_i64(rows, 4),
		.closed_at = row_i64(rows, 5),
		.closed_by = untrusted_copy(arena, row_text(rows, 6))};
	text_to_id(row_text(rows, 0), out->id, sizeof out->id);
}

bool followup_list(struct db *db, struct arena *arena, const char *schedule,
	int64_t closed_after, struct followup_rows *out, struct err *err)
{
	struct followup_rows list = {
		arena_alloc(arena, FOLLOWUP_MAX_LIST * sizeof *list.rows), 0};
	struct db_rows rows;

	if (db_query(db, &rows, sql_list,
		    DB_ARGS(bind_text(db->who.team), bind_text(schedule),
			    bind_i64(closed_after), bind_i64(FOLLOWUP_MAX_LIST)),
		    err))
		while (!arena->full && list.count < FOLLOWUP_MAX_LIST &&
			db_next(&rows, err))
			read_one(&rows, arena, &list.rows[list.count++]);
	if (!db_rows_free(&rows))
		return false;
	if (arena->full)
		return err_set(err, ERR_LIMIT, "the follow-ups do not fit in memory");
	*out = list;
	return true;
}

/* --- later --- */

struct shift_job {
	struct store_job job;
	struct shift_key key;
	struct shift_mail mail;
	struct outbox_row *rows;
	struct followup_row followup;
	const char *text, *by;
	const void *bytes;
	size_t n;
	struct shift_row row;
	void (*got)(void *ctx, const struct shift_row *row, const struct err *err);
	void *ctx;
};

static struct shift_job *job_new(const struct shift_key *key, struct store_then then,
	bool (*run)(struct store_job *job, struct db *db, struct err *err))
{
	struct shift_job *s = store_job_new(sizeof *s);

	s->job.run = run;
	s->job.then = then;
	s->key = *key;
	s->key.profile = store_job_str(&s->job, key->profile ? key->profile : "");
	s->key.schedule = store_job_str(&s->job, key->schedule);
	return s;
}

static bool run_draft(struct store_job *job, struct db *db, struct err *err)
{
	struct shift_job *s = (struct shift_job *)job;

	return shift_put_draft(db, &s->key, s->bytes, s->n, err);
}

void shift_put_draft_later(struct store *store, const struct shift_key *key,
	const void *bytes, size_t n, struct store_then then)
{
	struct shift_job *s = job_new(key, then, run_draft);

	s->bytes = store_job_copy(&s->job, bytes, n);
	s->n = n;
	store_write(store, &s->job);
}

static bool run_send(struct store_job *job, struct db *db, struct err *err)
{
	struct shift_job *s = (struct shift_job *)job;

	return shift_send(db, &s->key, &s->mail, err);
}

void shift_send_later(struct store *store, const struct shift_key *key,
	const struct shift_mail *mail, struct store_then then)
{
	struct shift_job *s = job_new(key, then, run_send);

	s->mail = *mail;
	s->mail.subject = store_job_str(&s->job, mail->subject);
	s->mail.code = store_job_str(&s->job, mail->code);
	s->mail.by = store_job_str(&s->job, mail->by);
	s->mail.message = store_job_copy(&s->job, mail->message, mail->message_n);
	s->rows = store_job_copy(&s->job, mail->rows, mail->count * sizeof *mail->rows);
	for (size_t i = 0; s->rows && i < mail->count; i++) {
		struct outbox_row *row = &s->rows[i];

		row->profile = store_job_text(&s->job, row->profile);
		row->source = store_job_text(&s->job, row->source);
		for (int t = 0; t < ACTION_TEXT_COUNT; t++)
			row->action.texts[t] =
				store_job_text(&s->job, row->action.texts[t]);
	}
	s->mail.rows = s->rows;
	store_write(store, &s->job);
}

static bool run_accept(struct store_job *job, struct db *db, struct err *err)
{
	struct shift_job *s = (struct shift_job *)job;

	return shift_accept(db, &s->key, s->text, s->by, err);
}

void shift_accept_later(struct store *store, const struct shift_key *key,
	const char *code, const char *by, struct store_then then)
{
	struct shift_job *s = job_new(key, then, run_accept);

	s->text = store_job_str(&s->job, code);
	s->by = store_job_str(&s->job, by);
	store_write(store, &s->job);
}

static bool run_get(struct store_job *job, struct db *db, struct err *err)
{
	struct shift_job *s = (struct shift_job *)job;

	return shift_get(db, &job->arena, &s->key, true, &s->row, err);
}

static void end_get(struct store_job *job, const struct err *err)
{
	struct shift_job *s = (struct shift_job *)job;

	s->got(s->ctx, &s->row, err);
}

void shift_get_later(struct store *store, const struct shift_key *key,
	void (*got)(void *ctx, const struct shift_row *row, const struct err *err),
	void *ctx)
{
	struct shift_job *s = job_new(key, (struct store_then){0}, run_get);

	s->job.end = end_get;
	s->got = got;
	s->ctx = ctx;
	store_read(store, &s->job);
}

static bool run_add(struct store_job *job, struct db *db, struct err *err)
{
	struct shift_job *s = (struct shift_job *)job;

	return followup_add(db, s->key.schedule, &s->followup, err);
}

void followup_add_later(struct store *store, const char *schedule,
	const struct followup_row *row, struct store_then then)
{
	const struct shift_key key = {.schedule = schedule};
	struct shift_job *s = job_new(&key, then, run_add);

	s->followup = *row;
	s->followup.words = store_job_text(&s->job, row->words);
	s->followup.owner = store_job_text(&s->job, row->owner);
	store_write(store, &s->job);
}

static bool run_close(struct store_job *job, struct db *db, struct err *err)
{
	struct shift_job *s = (struct shift_job *)job;

	return followup_close(db, s->key.schedule, s->text, s->by, err);
}

void followup_close_later(struct store *store, const char *schedule, const char *tail,
	const char *by, struct store_then then)
{
	const struct shift_key key = {.schedule = schedule};
	struct shift_job *s = job_new(&key, then, run_close);

	s->text = store_job_str(&s->job, tail);
	s->by = store_job_str(&s->job, by);
	store_write(store, &s->job);
}
