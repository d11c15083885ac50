/* A connection, whatever database is behind it: the wrappers over struct db_class and
 * the values that go in and out. Hides only which class it is. Any thread, one at a
 * time for each connection. */
#include "store/db.h"

#include "base/alloc.h"
#include "base/time.h"

struct db *db_open(const struct db_class *class, const struct db_place *place,
	const struct db_principal *who, struct err *err)
{
	struct db *db = mem_new(1, sizeof *db);

	db->class = class;
	db->state = mem_new(1, class->state_size);
	db->mode = place->mode;
	db->who = *who;
	db->now = time_now_ms;
	if (!class->open(db, place, err)) {
		db_close(db);
		return NULL;
	}
	return db;
}

void db_close(struct db *db)
{
	if (!db)
		return;
	db->class->close(db);
	mem_free(db->state);
	mem_free(db);
}

bool db_begin(struct db *db, struct err *err)
{
	return db->class->begin(db, &db->who, err);
}

bool db_commit(struct db *db, struct err *err)
{
	return db->class->commit(db, err);
}

void db_rollback(struct db *db)
{
	db->class->rollback(db);
}

bool db_query(struct db *db, struct db_rows *rows, const char *sql,
	const struct db_value *args, size_t n, struct err *err)
{
	*rows = (struct db_rows){.db = db};
	if (n > DB_MAX_ARGS || !db->class->run(rows, sql, args, n, err)) {
		rows->failed = true;
		return n > DB_MAX_ARGS
			       ? err_set(err, ERR_USAGE, "too many values for: %s", sql)
			       : false;
	}
	return true;
}

bool db_next(struct db_rows *rows, struct err *err)
{
	return !rows->failed && rows->db->class->next(rows, err);
}

bool db_rows_free(struct db_rows *rows)
{
	if (rows->statement_)
		rows->db->class->rows_free(rows);
	rows->statement_ = NULL;
	return !rows->failed;
}

bool db_run(struct db *db, const char *sql, const struct db_value *args, size_t n,
	struct err *err)
{
	struct db_rows rows;

	if (db_query(db, &rows, sql, args, n, err))
		while (db_next(&rows, err))
			;
	return db_rows_free(&rows);
}

static const struct db_value *at(const struct db_rows *rows, int column)
{
	static const struct db_value none;

	return column >= 0 && column < rows->columns ? &rows->values[column] : &none;
}

int64_t row_i64(const struct db_rows *rows, int column)
{
	const struct db_value *value = at(rows, column);

	return value->kind == DB_I64 ? value->i64 : 0;
}

double row_double(const struct db_rows *rows, int column)
{
	const struct db_value *value = at(rows, column);

	if (value->kind == DB_I64)
		return (double)value->i64;
	return value->kind == DB_DOUBLE ? value->number : 0;
}

struct untrusted row_text(const struct db_rows *rows, int column)
{
	const struct db_value *value = at(rows, column);

	return value->kind == DB_UNTRUSTED ? value->untrusted : UNTRUSTED_NONE;
}

const void *row_blob(const struct db_rows *rows, int column, size_t *n)
{
	const struct db_value *value = at(rows, column);

	*n = value->kind == DB_BLOB ? value->blob.n : 0;
	return value->kind == DB_BLOB ? value->blob.p : NULL;
}

struct db_value bind_i64(int64_t value)
{
	return (struct db_value){.kind = DB_I64, .i64 = value};
}

struct db_value bind_double(double value)
{
	return (struct db_value){.kind = DB_DOUBLE, .number = value};
}

struct db_value bind_text(const char *text)
{
	return (struct db_value){.kind = text ? DB_TEXT : DB_NULL, .text = text};
}

struct db_value bind_untrusted(struct untrusted text)
{
	return (struct db_value){.kind = DB_UNTRUSTED, .untrusted = text};
}

struct db_value bind_blob(const void *p, size_t n)
{
	return (struct db_value){.kind = DB_BLOB, .blob = {p, n}};
}

struct db_value bind_null(void)
{
	return (struct db_value){.kind = DB_NULL};
}
