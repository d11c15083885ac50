/* The store, abstract at the statement: one struct db is one connection.
 *
 * SQL is written once, in the dialect that SQLite and PostgreSQL share, with $1 … $n:
 * BIGINT, DOUBLE PRECISION, TEXT and BYTEA columns, ON CONFLICT, RETURNING. Values are
 * bound, never printed into the text. A connection is used by one thread at a time;
 * everything here may wait for the disk, so main calls it only in one-shot commands. */
#ifndef STORE_DB_H
#define STORE_DB_H

#include "base/crypto.h"
#include "base/err.h"
#include "base/untrusted.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	DB_MAX_COLUMNS = 32,
	DB_MAX_ARGS = 32,
	DB_MAX_VALUE = 16 << 20, /* bytes of one text or blob */
	DB_WHO = 64,
};

enum db_kind { DB_NULL, DB_I64, DB_DOUBLE, DB_TEXT, DB_UNTRUSTED, DB_BLOB };

/* Texts of rows come back as DB_UNTRUSTED, never as DB_TEXT. */
struct db_value {
	enum db_kind kind;
	union {
		int64_t i64;
		double number;
		const char *text;
		struct untrusted untrusted;
		struct {
			const void *p;
			size_t n;
		} blob;
	};
};

/* For whom a transaction runs: the owner of new rows, the filter of read ones. */
struct db_principal {
	char team[DB_WHO], user[DB_WHO];
};

enum db_mode {
	DB_WRITE,  /* read and write, shared with other processes */
	DB_READ,   /* reads only; the file must exist */
	DB_FROZEN, /* reads only, no locks, no files beside it: network file systems */
	DB_MEMORY, /* private and gone at close */
};

struct db_place {
	const char *path; /* ignored by DB_MEMORY */
	enum db_mode mode;
	int busy_ms; /* wait for a lock of others, then ERR_BUSY */
};

struct db;

struct db_rows {
	struct db *db;
	void *statement_;
	struct db_value values[DB_MAX_COLUMNS]; /* of the current row */
	int columns;
	bool failed;
};

/* One kind of database. Errors: ERR_BUSY (locked, try again), ERR_IO (disk full,
 * unreadable, not writable), ERR_INPUT (the file is damaged or no database),
 * ERR_LIMIT (value too large), ERR_USAGE (a mistake of ours in the SQL). */
struct db_class {
	size_t state_size;
	bool (*open)(struct db *db, const struct db_place *place, struct err *err);
	void (*close)(struct db *db); /* also after a failed open */
	bool (*begin)(struct db *db, const struct db_principal *who, struct err *err);
	bool (*commit)(struct db *db, struct err *err);
	void (*rollback)(struct db *db);
	bool (*run)(struct db_rows *rows, const char *sql, const struct db_value *args,
		size_t n, struct err *err);
	/* Fills values; false at the end or with failed set. */
	bool (*next)(struct db_rows *rows, struct err *err);
	void (*rows_free)(struct db_rows *rows);
};

/* A file, or memory. Later: db_postgres. */
extern const struct db_class db_sqlite;

struct db {
	const struct db_class *class;
	void *state; /* the class's */
	enum db_mode mode;
	struct db_principal who;
	int64_t (*now)(void); /* time_now_ms, or the test's */
};

/* NULL with *err. `who` is copied; begin() uses it. */
struct db *db_open(const struct db_class *class, const struct db_place *place,
	const struct db_principal *who, struct err *err);
/* Rolls an open transaction back. NULL is accepted. */
void db_close(struct db *db);

/* Transactions do not nest. A writing connection takes the write lock at once, so
 * that no statement inside fails half-way on a lock. */
bool db_begin(struct db *db, struct err *err);
bool db_commit(struct db *db, struct err *err);
void db_rollback(struct db *db);

/* A statement whose rows nobody wants. */
bool db_run(struct db *db, const char *sql, const struct db_value *args, size_t n,
	struct err *err);
/* Opens rows; rows_free() them whatever happens, also after false. */
bool db_query(struct db *db, struct db_rows *rows, const char *sql,
	const struct db_value *args, size_t n, struct err *err);
bool db_next(struct db_rows *rows, struct err *err);
/* False when the rows ended with an error (which db_next has put in its err). */
bool db_rows_free(struct db_rows *rows);

/* Of the current row, valid until the next db_next(); a wrong type gives 0 or the
 * empty value. column counts from 0. */
int64_t row_i64(const struct db_rows *rows, int column);
double row_double(const struct db_rows *rows, int column);
struct untrusted row_text(const struct db_rows *rows, int column);
const void *row_blob(const struct db_rows *rows, int column, size_t *n);

struct db_value bind_i64(int64_t value);
struct db_value bind_double(double value);
/* Copied by db_run() and db_query(). */
struct db_value bind_text(const char *text);
struct db_value bind_untrusted(struct untrusted text);
struct db_value bind_blob(const void *p, size_t n);
struct db_value bind_null(void);

/* db_run(db, sql, DB_ARGS(bind_i64(1), bind_text("a")), err); without: NULL, 0 */
#define DB_ARGS(...)                                                                     \
	(const struct db_value[]){__VA_ARGS__},                                          \
		sizeof((const struct db_value[]){__VA_ARGS__}) / sizeof(struct db_value)

/* The four that open every INSERT, as $1 … $4: id, team_id, created_by, and the
 * time for created_at and updated_at. `id` is a char[ID_TEXT] of the caller's. */
#define DB_OWN(db, id, at)                                                               \
	bind_text(id_new((at), (id))), bind_text((db)->who.team),                        \
		bind_text((db)->who.user), bind_i64(at)

#endif
