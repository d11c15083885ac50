/* SQLite: one connection to one file. The only file that knows <sqlite3.h>.
 *
 * Hides prepared statements (kept while the connection lives, found by their text),
 * the binding of $1 … $n by name, and the codes behind our errors. A connection has
 * no mutex of its own: the lanes see to it that one thread at a time uses it. */
#include "store/db.h"

#include "base/alloc.h"
#include "base/str.h"
#include "base/text.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

enum {
	STATEMENTS = 24, /* kept prepared, about 3 KiB each */
	URI_MAX = 3 * 4096 + 32,
	SHOWN = 200,
};

struct statement {
	sqlite3_stmt *handle; /* NULL: free */
	bool open;
	uint64_t used; /* by age the oldest goes first */
};

struct sqlite {
	sqlite3 *handle;
	struct statement statements[STATEMENTS];
	uint64_t uses;
	char name[SHOWN]; /* the path, as errors show it */
};

/* What a result means; "the store PATH " stands before the words. */
static const struct meaning {
	int code;
	enum err_kind kind;
	const char *words;
} meanings[] = {
	{SQLITE_BUSY, ERR_BUSY, "is locked by another program"},
	{SQLITE_LOCKED, ERR_BUSY, "is locked by another program"},
	{SQLITE_FULL, ERR_IO, "cannot grow: the disk is full"},
	{SQLITE_IOERR, ERR_IO, "cannot be read or written"},
	{SQLITE_READONLY, ERR_IO, "cannot be written"},
	{SQLITE_CANTOPEN, ERR_IO, "cannot be opened"},
	{SQLITE_PERM, ERR_IO, "cannot be opened"},
	{SQLITE_AUTH, ERR_IO, "cannot be opened"},
	{SQLITE_NOLFS, ERR_IO, "is too large for its disk"},
	{SQLITE_PROTOCOL, ERR_BUSY, "is locked by another program"},
	{SQLITE_CORRUPT, ERR_INPUT, "is damaged"},
	{SQLITE_NOTADB, ERR_INPUT, "is not a database"},
	{SQLITE_TOOBIG, ERR_LIMIT, "takes no value that large"},
	{SQLITE_NOMEM, ERR_LIMIT, "found no memory"},
	{SQLITE_INTERRUPT, ERR_CANCELLED, "was interrupted"},
};

/* One value each, so a list; journal_mode is for who knows that the file is ours. */
static const char *const pragmas[] = {
	"PRAGMA trusted_schema = OFF",
	"PRAGMA cell_size_check = ON",
	"PRAGMA foreign_keys = ON",
	"PRAGMA synchronous = NORMAL",
	"PRAGMA temp_store = MEMORY",
	"PRAGMA mmap_size = 0",
	"PRAGMA cache_size = -384",
	"PRAGMA journal_size_limit = 4194304",
};

static bool fail(struct sqlite *s, int code, const char *sql, struct err *err)
{
	char said[SHOWN], where[SHOWN];

	/* What it says when the files beside the store find no room. */
	if ((code & 0xff) == SQLITE_IOERR && s->handle &&
		sqlite3_system_errno(s->handle) == ENOSPC)
		code = SQLITE_FULL;
	text_line(untrusted_str(
			  s->handle ? sqlite3_errmsg(s->handle) : sqlite3_errstr(code)),
		said, sizeof said);
	for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
		if (meanings[i].code == (code & 0xff))
			return err_set(err, meanings[i].kind, "the store %s %s (%s)",
				s->name, meanings[i].words, said);
	text_line(untrusted_str(sql), where, 60);
	return err_set(err, ERR_USAGE, "the store %s refused a statement (%s): %s",
		s->name, said, where);
}

static bool add_uri(struct str *uri, const char *path)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789/-_.~";

	str_puts(uri, "file:");
	for (; *path; path++) {
		if (strchr(plain, *path))
			str_putc(uri, *path);
		else
			str_printf(uri, "%%%02X", (unsigned)(unsigned char)*path);
	}
	return !uri->cut;
}

static int open_handle(struct sqlite *s, const struct db_place *place)
{
	static const int flags[] = {
		[DB_WRITE] = SQLITE_OPEN_READWRITE,
		[DB_READ] = SQLITE_OPEN_READONLY,
		[DB_FROZEN] = SQLITE_OPEN_READONLY,
		[DB_MEMORY] = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
	};
	struct str uri;
	bool fits = true;
	int code;

	str_init(&uri, URI_MAX);
	if (place->mode == DB_MEMORY)
		str_puts(&uri, ":memory:");
	else
		fits = add_uri(&uri, place->path);
	if (place->mode == DB_FROZEN)
		str_puts(&uri, "?immutable=1");
	code = fits && !uri.cut
		       ? sqlite3_open_v2(str_text(&uri), &s->handle,
				 flags[place->mode] | SQLITE_OPEN_URI |
					 SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
				 NULL)
		       : SQLITE_CANTOPEN;
	str_release(&uri);
	return code;
}

static bool sqlite_open(struct db *db, const struct db_place *place, struct err *err)
{
	struct sqlite *s = db->state;
	int code;

	text_line(untrusted_str(place->mode == DB_MEMORY ? "in memory" : place->path),
		s->name, sizeof s->name);
	code = open_handle(s, place);
	if (code != SQLITE_OK)
		return fail(s, code, "", err);
	/* Opened for writing but only readable: SQLite falls back silently. */
	if (place->mode == DB_WRITE && sqlite3_db_readonly(s->handle, "main"))
		return err_set(err, ERR_IO, "the store %s cannot be written", s->name);
	sqlite3_busy_timeout(s->handle, place->busy_ms);
	sqlite3_limit(s->handle, SQLITE_LIMIT_LENGTH, DB_MAX_VALUE);
	sqlite3_db_config(s->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)NULL);
	sqlite3_db_config(s->handle, SQLITE_DBCONFIG_DQS_DML, 0, (int *)NULL);
	sqlite3_db_config(s->handle, SQLITE_DBCONFIG_DQS_DDL, 0, (int *)NULL);
	for (size_t i = 0; i < sizeof pragmas / sizeof *pragmas; i++) {
		code = sqlite3_exec(s->handle, pragmas[i], NULL, NULL, NULL);
		if (code != SQLITE_OK)
			return fail(s, code, pragmas[i], err);
	}
	return true;
}

static void sqlite_close(struct db *db)
{
	struct sqlite *s = db->state;

	for (size_t i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(s->statements[i].handle);
	sqlite3_close_v2(s->handle);
}

/* NULL when every kept statement is in use: the new one is then not kept. */
static struct statement *find_room(struct sqlite *s)
{
	struct statement *oldest = NULL;

	for (size_t i = 0; i < STATEMENTS; i++) {
		struct statement *st = &s->statements[i];

		if (!st->open && (!oldest || st->used < oldest->used))
			oldest = st;
	}
	return oldest;
}

static int prepare(struct sqlite *s, const char *sql, sqlite3_stmt **out)
{
	struct statement *room;
	const char *rest;
	int code;

	for (size_t i = 0; i < STATEMENTS; i++) {
		struct statement *st = &s->statements[i];

		if (st->handle && !st->open && !strcmp(sqlite3_sql(st->handle), sql)) {
			st->open = true;
			st->used = ++s->uses;
			*out = st->handle;
			return SQLITE_OK;
		}
	}
	code = sqlite3_prepare_v3(
		s->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, out, &rest);
	if (code != SQLITE_OK || !*out || *rest) {
		sqlite3_finalize(*out);
		*out = NULL;
		return code == SQLITE_OK ? SQLITE_MISUSE : code;
	}
	room = find_room(s);
	if (room) {
		sqlite3_finalize(room->handle);
		*room = (struct statement){*out, true, ++s->uses};
	}
	return SQLITE_OK;
}

static int bind_one(sqlite3_stmt *st, int index, const struct db_value *value)
{
	const void *p;
	size_t n;

	switch (value->kind) {
	case DB_I64:
		return sqlite3_bind_int64(st, index, value->i64);
	case DB_DOUBLE:
		return sqlite3_bind_double(st, index, value->number);
	case DB_TEXT:
		return sqlite3_bind_text64(st, index, value->text, strlen(value->text),
			SQLITE_TRANSIENT, SQLITE_UTF8);
	case DB_UNTRUSTED:
		p = text_raw(value->untrusted, &n);
		return sqlite3_bind_text64(
			st, index, n ? p : "", n, SQLITE_TRANSIENT, SQLITE_UTF8);
	case DB_BLOB:
		return sqlite3_bind_blob64(st, index, value->blob.n ? value->blob.p : "",
			value->blob.n, SQLITE_TRANSIENT);
	case DB_NULL:
		break;
	}
	return sqlite3_bind_null(st, index);
}

static void sqlite_rows_free(struct db_rows *rows)
{
	struct sqlite *s = rows->db->state;
	sqlite3_stmt *st = rows->statement_;

	sqlite3_reset(st);
	sqlite3_clear_bindings(st);
	for (size_t i = 0; i < STATEMENTS; i++)
		if (s->statements[i].handle == st) {
			s->statements[i].open = false;
			return;
		}
	sqlite3_finalize(st);
}

static bool sqlite_run(struct db_rows *rows, const char *sql, const struct db_value *args,
	size_t n, struct err *err)
{
	struct sqlite *s = rows->db->state;
	sqlite3_stmt *st = NULL;
	int code = prepare(s, sql, &st);

	if (code != SQLITE_OK)
		return fail(s, code, sql, err);
	rows->statement_ = st;
	rows->columns = sqlite3_column_count(st);
	if (sqlite3_bind_parameter_count(st) != (int)n || rows->columns > DB_MAX_COLUMNS)
		return err_set(err, ERR_USAGE, "wrong number of values for: %s", sql);
	for (size_t i = 0; i < n; i++) {
		char name[24];
		int index;

		snprintf(name, sizeof name, "$%zu", i + 1);
		index = sqlite3_bind_parameter_index(st, name);
		code = index ? bind_one(st, index, &args[i]) : SQLITE_RANGE;
		if (code != SQLITE_OK)
			return fail(s, code, sql, err);
	}
	return true;
}

static struct db_value read_one(sqlite3_stmt *st, int column)
{
	const void *p;

	switch (sqlite3_column_type(st, column)) {
	case SQLITE_INTEGER:
		return bind_i64(sqlite3_column_int64(st, column));
	case SQLITE_FLOAT:
		return bind_double(sqlite3_column_double(st, column));
	case SQLITE_TEXT:
		p = sqlite3_column_text(st, column);
		return bind_untrusted(
			untrusted_make(p, (size_t)sqlite3_column_bytes(st, column)));
	case SQLITE_BLOB:
		p = sqlite3_column_blob(st, column);
		return bind_blob(p, (size_t)sqlite3_column_bytes(st, column));
	default:
		return bind_null();
	}
}

static bool sqlite_next(struct db_rows *rows, struct err *err)
{
	struct sqlite *s = rows->db->state;
	sqlite3_stmt *st = rows->statement_;
	int code = sqlite3_step(st);

	if (code != SQLITE_ROW) {
		rows->failed = code != SQLITE_DONE;
		if (rows->failed)
			fail(s, code, sqlite3_sql(st), err);
		return false;
	}
	for (int i = 0; i < rows->columns; i++)
		rows->values[i] = read_one(st, i);
	return true;
}

static bool sqlite_begin(struct db *db, const struct db_principal *who, struct err *err)
{
	bool writes = db->mode == DB_WRITE || db->mode == DB_MEMORY;

	(void)who; /* one user owns the file; rows carry the principal by value */
	return db_run(db, writes ? "BEGIN IMMEDIATE" : "BEGIN", NULL, 0, err);
}

static bool sqlite_commit(struct db *db, struct err *err)
{
	return db_run(db, "COMMIT", NULL, 0, err);
}

static void sqlite_rollback(struct db *db)
{
	struct sqlite *s = db->state;

	/* Some failures have rolled back already. */
	if (!sqlite3_get_autocommit(s->handle))
		db_run(db, "ROLLBACK", NULL, 0, NULL);
}

const struct db_class db_sqlite = {
	.state_size = sizeof(struct sqlite),
	.open = sqlite_open,
	.close = sqlite_close,
	.begin = sqlite_begin,
	.commit = sqlite_commit,
	.rollback = sqlite_rollback,
	.run = sqlite_run,
	.next = sqlite_next,
	.rows_free = sqlite_rows_free,
};
