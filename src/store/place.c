/* Where the store lies and in what condition it is found: folder and modes, network
 * file systems, damage, older and newer versions, disks that cannot be written.
 *
 * Whatever is found, the console gets something to work with: the file, the file
 * read-only, or memory, and a sentence that says which and why. Nothing is ever
 * deleted: a damaged file is moved aside with its -wal and -shm, an upgrade leaves a
 * copy behind. Runs in the opening task, or on the thread of a one-shot command. */
#include "place.h"

#include "base/log.h"
#include "base/str.h"
#include "base/text.h"
#include "base/time.h"
#include "io/file.h"
#include "schema.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	APPLICATION_ID = 0x6f6f6777, /* "oogw" */
	BUSY_OPEN_MS = 250,
	BUSY_MS = 1000,
	SHOWN = 160,
	ATTEMPTS = 3,
};

enum found {
	FOUND_NEW,
	FOUND_OURS,
	FOUND_OTHER, /* a database of another program */
	FOUND_DAMAGED,
	FOUND_BUSY,
	FOUND_USELESS, /* the system says no */
};

/* One opening. */
struct opening {
	const struct store_config *config;
	struct db_principal who;
	char path[STORE_PATH - 64];
	char shown[SHOWN];
	bool frozen;
	ino_t inode;
	struct place *out;
};

static const char *const beside[] = {"", "-wal", "-shm"};

static struct db *open_db(
	const struct opening *o, enum db_mode mode, int busy_ms, struct err *err)
{
	struct db_place place = {.path = o->path, .mode = mode, .busy_ms = busy_ms};
	struct db *db = db_open(&db_sqlite, &place, &o->who, err);

	if (db && o->config->now)
		db->now = o->config->now;
	return db;
}

static bool read_number(struct db *db, const char *sql, int64_t *out, struct err *err)
{
	struct db_rows rows;

	if (db_query(db, &rows, sql, NULL, 0, err) && db_next(&rows, err))
		*out = row_i64(&rows, 0);
	return db_rows_free(&rows);
}

static void __attribute__((format(printf, 3, 4)))
say(struct opening *o, enum store_state state, const char *fmt, ...)
{
	struct store_report *report = &o->out->report;
	struct err text;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text.text, sizeof text.text, fmt, ap);
	va_end(ap);
	report->state = state;
	/* What was found first is said first. */
	if (*report->text)
		err_prefix(&text, "%s ", report->text);
	str_copy(report->text, sizeof report->text, text.text);
}

static bool use_memory(struct opening *o, const char *why)
{
	struct err err = {0};
	struct db *db = open_db(o, DB_MEMORY, 0, &err);

	if (db && db_begin(db, &err) && schema_apply(db, 0, &err) &&
		db_commit(db, &err)) {
		o->out->writer = db;
		o->out->report.version = schema_newest();
		say(o, STORE_MEMORY, "%s: nothing will be kept.", why);
	} else { /* every job will be refused with this */
		db_close(db);
		say(o, STORE_READ_ONLY, "%s, and memory cannot be used either: %s.", why,
			err.text);
	}
	*o->out->report.path = 0;
	return true;
}

/* --- the folder --- */

static bool make_folder(char *folder)
{
	for (char *p = folder + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = 0;
		if (mkdir(folder, 0700) && errno != EEXIST && errno != EROFS &&
			errno != EACCES)
			return false;
		*p = '/';
	}
	return !mkdir(folder, 0700) || errno == EEXIST;
}

static void folder_of(const char *path, char out[STORE_PATH])
{
	const char *slash = strrchr(path, '/');
	size_t n = slash ? (size_t)(slash - path) : 0;

	if (!slash)
		str_copy(out, STORE_PATH, ".");
	else
		snprintf(out, STORE_PATH, "%.*s", n ? (int)n : 1, path);
}

static const char *network_name(const struct opening *o, const char *folder)
{
	return file_network(o->config->fs_type ? o->config->fs_type(folder)
					       : file_system_type(folder));
}

static bool set_path(struct opening *o, const char *path)
{
	char folder[STORE_PATH];

	text_line(untrusted_str(path), o->shown, sizeof o->shown);
	if (!str_copy(o->path, sizeof o->path, path))
		return false;
	folder_of(path, folder);
	return make_folder(folder);
}

/* False: this place cannot be used, errno says why. */
static bool choose_path(struct opening *o)
{
	char folder[STORE_PATH];
	const char *network;

	if (!set_path(o, o->config->path))
		return false;
	folder_of(o->path, folder);
	network = network_name(o, folder);
	if (!network)
		return true;
	if (o->config->local_path) {
		say(o, STORE_READY,
			"%s is on a network file system (%s), where it could "
			"be damaged: the local %s is used instead.",
			o->shown, network, o->config->local_path);
		return set_path(o, o->config->local_path);
	}
	say(o, STORE_READ_ONLY,
		"%s is on a network file system (%s), where writing could "
		"damage it; set a local path for the store.",
		o->shown, network);
	o->frozen = true;
	return true;
}

/* --- the file --- */

/* -wal and -shm get the mode of the file. It is never opened here: closing it would
 * drop the locks that SQLite holds for this process. */
static bool make_file(struct opening *o)
{
	struct stat st;
	int fd = open(o->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd >= 0)
		close(fd);
	else if (errno != EEXIST)
		return false;
	if (stat(o->path, &st))
		return false;
	o->inode = st.st_ino;
	if (!S_ISREG(st.st_mode)) {
		errno = EINVAL;
		return false;
	}
	return !(st.st_mode & 077) || !chmod(o->path, 0600);
}

static bool exists(const char *path)
{
	struct stat st;

	return !lstat(path, &st);
}

void place_suspect(const char *path)
{
	char mark[STORE_PATH];
	int fd;

	snprintf(mark, sizeof mark, "%s.suspect", path);
	fd = open(mark, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd >= 0)
		close(fd);
}

/* A name that is not taken: …corrupt-20261121T143201Z, …-2, … */
static bool corrupt_name(const struct opening *o, char *out, size_t size)
{
	int64_t now = o->config->now ? o->config->now() : time_now_ms();
	time_t seconds = (time_t)(now / SECOND_MS);
	char stamp[TIME_TEXT];
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", &tm);
	for (int i = 1; i < 100; i++) {
		int n = i == 1 ? snprintf(out, size, "%s.corrupt-%s", o->path, stamp)
			       : snprintf(out, size, "%s.corrupt-%s-%d", o->path, stamp,
					 i);

		if (n > 0 && (size_t)n < size && !exists(out))
			return true;
	}
	errno = EEXIST;
	return false;
}

/* Another process may have moved it aside and begun a new one since we looked. */
static bool move_aside(struct opening *o, const struct err *why)
{
	char to[STORE_PATH], from_name[STORE_PATH + 8], to_name[STORE_PATH + 8];
	char shown[SHOWN];
	struct stat st;

	if (stat(o->path, &st) || st.st_ino != o->inode)
		return true;
	if (!corrupt_name(o, to, sizeof to))
		return false;
	for (size_t i = 0; i < sizeof beside / sizeof *beside; i++) {
		snprintf(from_name, sizeof from_name, "%s%s", o->path, beside[i]);
		snprintf(to_name, sizeof to_name, "%s%s", to, beside[i]);
		if (rename(from_name, to_name) && errno != ENOENT)
			return false;
	}
	text_line(untrusted_str(strrchr(to, '/') ? strrchr(to, '/') + 1 : to), shown,
		sizeof shown);
	say(o, STORE_READY,
		"The store was damaged and is kept as %s; a new one is begun.", shown);
	log_add(LOG_WARN, "store: %s; moved to %s", why->text, shown);
	return true;
}

/* Reads every page when an earlier run met damage, else only what SQLite reads to
 * open: header, size and schema. */
static bool check_suspect(struct opening *o, struct db *db, struct err *err)
{
	char mark[STORE_PATH];

	snprintf(mark, sizeof mark, "%s.suspect", o->path);
	if (!exists(mark))
		return true;
	unlink(mark);
	return store_check(db, err);
}

static enum found found_by(const struct err *err)
{
	if (err->kind == ERR_BUSY)
		return FOUND_BUSY;
	return err->kind == ERR_INPUT ? FOUND_DAMAGED : FOUND_USELESS;
}

static enum found look(
	struct opening *o, struct db *db, int64_t *version, struct err *err)
{
	int64_t application = 0, objects = 0;

	if (!read_number(db, "PRAGMA application_id", &application, err) ||
		!read_number(db, "PRAGMA user_version", version, err) ||
		!read_number(db, "SELECT count(*) FROM sqlite_schema", &objects, err))
		return found_by(err);
	if (!application && !*version && !objects)
		return FOUND_NEW;
	if (application != APPLICATION_ID)
		return FOUND_OTHER;
	return check_suspect(o, db, err) ? FOUND_OURS : found_by(err);
}

/* --- versions --- */

static bool sync_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool done = fd >= 0 && !fsync(fd);

	if (fd >= 0)
		close(fd);
	return done;
}

/* A copy of the store as it is before migration `next`, made once. */
static bool copy_before(struct opening *o, struct db *db, int next, struct err *err)
{
	char to[STORE_PATH], part[STORE_PATH];
	int fd;

	snprintf(to, sizeof to, "%s.before-%d", o->path, next);
	snprintf(part, sizeof part, "%s.before-%d.part", o->path, next);
	if (exists(to))
		return true;
	unlink(part);
	fd = open(part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_set(
			err, ERR_IO, "cannot make a copy of it (%s)", strerror(errno));
	close(fd);
	if (!db_run(db, "VACUUM INTO $1", DB_ARGS(bind_text(part)), err)) {
		unlink(part);
		return false;
	}
	if (!sync_file(part) || rename(part, to)) {
		unlink(part);
		return err_set(
			err, ERR_IO, "cannot make a copy of it (%s)", strerror(errno));
	}
	return true;
}

/* Pragmas take no values; both numbers are ours. */
static bool set_version(struct db *db, struct err *err)
{
	char sql[64];

	snprintf(sql, sizeof sql, "PRAGMA application_id = %d", APPLICATION_ID);
	if (!db_run(db, sql, NULL, 0, err))
		return false;
	snprintf(sql, sizeof sql, "PRAGMA user_version = %d", schema_newest());
	return db_run(db, sql, NULL, 0, err);
}

static bool upgrade(struct opening *o, struct db *db, int64_t version, struct err *err)
{
	if (version && !copy_before(o, db, (int)version + 1, err))
		return false;
	if (!db_begin(db, err))
		return false;
	/* Another process may have been quicker. */
	if (read_number(db, "PRAGMA user_version", &version, err) &&
		(version >= schema_newest() ||
			(schema_apply(db, (int)version, err) && set_version(db, err))) &&
		db_commit(db, err))
		return true;
	db_rollback(db);
	return false;
}

/* --- ways of using it --- */

static bool use_reader(struct opening *o, enum db_mode mode, int64_t version)
{
	struct err err = {0};
	char why[SHOWN + 300];

	o->out->reader = open_db(o, mode, BUSY_MS, &err);
	if (!o->out->reader) {
		snprintf(why, sizeof why, "Reading failed: %s", err.text);
		return use_memory(o, why);
	}
	o->out->report.state = STORE_READ_ONLY;
	o->out->report.version = (int)version;
	return true;
}

static bool use_newer(struct opening *o, int64_t version)
{
	say(o, STORE_READ_ONLY,
		"The store was written by a newer oogway (schema %lld; this "
		"one knows %d): it is opened read-only and nothing will be kept.",
		(long long)version, schema_newest());
	return use_reader(o, DB_READ, version);
}

static bool use_frozen(struct opening *o)
{
	struct err err = {0};
	int64_t version = 0;
	struct db *db;
	enum found found;

	if (!exists(o->path))
		return use_memory(o, "There is no store there yet");
	db = open_db(o, DB_FROZEN, 0, &err);
	found = db ? look(o, db, &version, &err) : found_by(&err);
	db_close(db);
	if (found != FOUND_OURS || version < schema_newest())
		return use_memory(o, "What is there cannot be read by this version");
	return use_reader(o, DB_FROZEN, version);
}

static bool keep_writer(
	struct opening *o, struct db *db, bool with_reader, struct err *err)
{
	struct place *out = o->out;

	if (with_reader) {
		out->reader = open_db(o, DB_READ, BUSY_MS, err);
		if (!out->reader)
			return false;
	}
	out->writer = db;
	out->report.state = STORE_READY;
	out->report.version = schema_newest();
	return true;
}

/* WAL once it is known to be ours; where WAL cannot be had (no shared memory), SQLite
 * stays with its journal, which is slower but right. */
static bool use_file(struct opening *o, struct db *db, int64_t version, bool with_reader,
	struct err *err)
{
	if (!db_run(db, "PRAGMA journal_mode = WAL", NULL, 0, err))
		return false;
	if (version < schema_newest() && !upgrade(o, db, version, err))
		return false;
	return keep_writer(o, db, with_reader, err);
}

/* One look at the file. Sets *again when it was moved aside. */
static bool attempt(struct opening *o, bool with_reader, bool *again, struct err *err)
{
	char why[SHOWN + 300];
	int64_t version = 0;
	enum found found;
	struct db *db;

	if (!make_file(o)) {
		snprintf(why, sizeof why, "The store %s cannot be written (%s)", o->shown,
			strerror(errno));
		return use_memory(o, why);
	}
	db = open_db(o, DB_WRITE, BUSY_OPEN_MS, err);
	found = db ? look(o, db, &version, err) : found_by(err);
	if (found == FOUND_OURS && version > schema_newest()) {
		db_close(db);
		return use_newer(o, version);
	}
	if (found <= FOUND_OURS) {
		if (use_file(o, db, version, with_reader, err))
			return true;
		found = found_by(err);
	}
	db_close(db);
	if (found == FOUND_BUSY)
		return false;
	if (found == FOUND_DAMAGED && move_aside(o, err)) {
		*again = true;
		return true;
	}
	if (found == FOUND_OTHER)
		snprintf(
			why, sizeof why, "%s is a database of another program", o->shown);
	else
		snprintf(why, sizeof why, "The store cannot be used: %s", err->text);
	return use_memory(o, why);
}

bool place_open(const struct store_config *config, bool with_reader, struct place *out,
	struct err *err)
{
	struct opening o = {.config = config, .out = out};
	bool again = true;

	*out = (struct place){.report = {.state = STORE_OPENING}};
	str_copy(o.who.team, DB_WHO, config->team ? config->team : "local");
	str_copy(o.who.user, DB_WHO, config->user ? config->user : "local");
	if (!choose_path(&o)) {
		char why[SHOWN + 300];

		snprintf(why, sizeof why, "The folder of %s cannot be made (%s)", o.shown,
			strerror(errno));
		return use_memory(&o, why);
	}
	str_copy(out->report.path, sizeof out->report.path, o.path);
	if (o.frozen)
		return use_frozen(&o);
	for (int i = 0; again && i < ATTEMPTS; i++) {
		again = false;
		if (!attempt(&o, with_reader, &again, err))
			return false;
	}
	return !again || use_memory(&o, "The store is damaged again and again");
}
