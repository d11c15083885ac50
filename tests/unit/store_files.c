/* What opening makes of the file it finds: new, ours, newer, older, damaged, locked,
 * another program's, not writable, on a network. */
#include "store/keep.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "store/schema.h"
#include "store_place.h"
#include <cmocka.h>

static struct err err;
static struct store_report report;

static int set_up(void **unused)
{
	(void)unused;
	folder_make();
	err = (struct err){0};
	return 0;
}

static int tear_down(void **unused)
{
	(void)unused;
	folder_remove();
	return 0;
}

static struct db *open_here(void)
{
	struct store_config config = config_here();

	return store_open_here(&config, &report, &err);
}

static bool put(struct db *db, const char *key)
{
	return db_begin(db, &err) && keep_put(db, key, key, strlen(key), &err) &&
	       db_commit(db, &err);
}

static bool has(struct db *db, const char *key)
{
	struct arena arena;
	struct keep_item item;
	bool found;

	arena_init(&arena, 1 << 20);
	found = keep_get(db, &arena, key, &item, &err) && item.bytes;
	arena_release(&arena);
	return found;
}

/* A store that was used and closed. */
static void make_used(void)
{
	struct db *db = open_here();

	assert_non_null(db);
	assert_int_equal(report.state, STORE_READY);
	assert_true(put(db, "before"));
	db_close(db);
}

static void run_raw(const char *sql)
{
	struct db_principal who = {"local", "local"};
	struct db *db = db_open(&db_sqlite,
		&(struct db_place){.path = file, .mode = DB_WRITE}, &who, &err);

	assert_non_null(db);
	assert_true(db_run(db, sql, NULL, 0, &err));
	db_close(db);
}

static int mode_of(const char *suffix)
{
	char path[600];
	struct stat st;

	snprintf(path, sizeof path, "%s%s", file, suffix);
	return stat(path, &st) ? -1 : (int)(st.st_mode & 07777);
}

static int64_t number(struct db *db, const char *sql)
{
	struct db_rows rows;
	int64_t value = -1;

	if (db_query(db, &rows, sql, NULL, 0, &err) && db_next(&rows, &err))
		value = row_i64(&rows, 0);
	assert_true(db_rows_free(&rows));
	return value;
}

static void test_new(void **unused)
{
	const struct {
		const char *sql;
		int64_t value;
	} rows[] = {
		{"PRAGMA synchronous", 1},
		{"PRAGMA foreign_keys", 1},
		{"PRAGMA temp_store", 2},
		{"PRAGMA mmap_size", 0},
		{"PRAGMA trusted_schema", 0},
		{"PRAGMA user_version", schema_newest()},
		{"PRAGMA application_id", 0x6f6f6777},
	};
	mode_t old = umask(0);
	struct db_rows mode;
	struct db *db;

	(void)unused;
	db = open_here();
	assert_non_null(db);
	assert_true(put(db, "a"));
	assert_int_equal(mode_of(""), 0600);
	assert_int_equal(mode_of("-wal"), 0600);
	assert_int_equal(mode_of("-shm"), 0600);
	assert_int_equal(mode_of("/.."), -1);
	*strrchr(file, '/') = 0;
	assert_int_equal(mode_of(""), 0700);
	file[strlen(file)] = '/';
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct db_rows r;

		assert_true(db_query(db, &r, rows[i].sql, NULL, 0, &err));
		if (db_next(&r, &err))
			assert_int_equal(row_i64(&r, 0), rows[i].value);
		db_rows_free(&r);
	}
	assert_true(db_query(db, &mode, "PRAGMA journal_mode", NULL, 0, &err));
	assert_true(db_next(&mode, &err));
	assert_true(untrusted_is(row_text(&mode, 0), "wal"));
	db_rows_free(&mode);
	db_close(db);
	umask(old);
}

/* A file whose mode was loosened is closed again. */
static void test_mode(void **unused)
{
	struct db *db;

	(void)unused;
	make_used();
	chmod(file, 0644);
	db = open_here();
	assert_int_equal(mode_of(""), 0600);
	db_close(db);
}

static void test_newer(void **unused)
{
	struct db *db;
	char knows[40];

	(void)unused;
	make_used();
	run_raw("PRAGMA user_version = 99");
	db = open_here();
	assert_non_null(db);
	assert_int_equal(report.state, STORE_READ_ONLY);
	assert_int_equal(report.version, 99);
	assert_non_null(strstr(report.text, "schema 99"));
	snprintf(knows, sizeof knows, "knows %d", schema_newest());
	assert_non_null(strstr(report.text, knows));
	assert_true(has(db, "before"));
	assert_false(put(db, "after"));
	db_rollback(db);
	db_close(db);
	assert_int_equal(files_with("corrupt"), 0);
}

/* An upgrade leaves a copy, once. Version 0 with our id stands for an older schema. */
static void test_older(void **unused)
{
	static const char *const none[] = {NULL};

	(void)unused;
	make_used();
	for (int round = 0; round < 2; round++) {
		struct db *db = open_here();

		drop_tables_but(db, none);
		db_close(db);
		run_raw("PRAGMA user_version = -1");
		db = open_here();
		assert_non_null(db);
		assert_int_equal(report.state, STORE_READY);
		assert_int_equal(number(db, "PRAGMA user_version"), schema_newest());
		assert_true(put(db, "after"));
		db_close(db);
		assert_int_equal(files_with(".before-"), 1);
		assert_int_equal(mode_of(".before-0"), 0600);
	}
}

static void overwrite(off_t at, size_t n)
{
	int fd = open(file, O_WRONLY);

	assert_true(fd >= 0);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(pwrite(fd, "\xa5", 1, at + (off_t)i), 1);
	close(fd);
}

static void cut_in_half(void)
{
	struct stat st;

	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(truncate(file, st.st_size / 2), 0);
}

static void garbage(void)
{
	overwrite(0, 20000);
}

static void bad_schema(void)
{
	overwrite(100, 3900);
}

static void short_text(void)
{
	int fd = open(file, O_WRONLY | O_TRUNC);

	assert_int_equal(write(fd, "set theme = dark\n", 17), 17);
	close(fd);
}

static void test_damaged(void **unused)
{
	static void (*const damages[])(void) = {
		cut_in_half, garbage, bad_schema, short_text};

	(void)unused;
	for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
		struct db *db;

		make_used();
		damages[i]();
		db = open_here();
		assert_non_null(db);
		assert_int_equal(report.state, STORE_READY);
		assert_non_null(strstr(report.text, "oogway.db.corrupt-2026"));
		assert_false(has(db, "before"));
		assert_true(put(db, "after"));
		db_close(db);
		assert_int_equal(files_with("corrupt"), i + 1);
	}
}

/* Damage inside is not looked for at every start; once met, the next start checks. */
static void test_damaged_inside(void **unused)
{
	struct store_config config = config_here();
	struct console c;
	struct db *db;
	int64_t root;

	(void)unused;
	make_used();
	/* The schema itself must stay: damage there is met when it is opened. */
	db = open_here();
	root = number(db, "SELECT rootpage FROM sqlite_master WHERE name = 'keep'");
	db_close(db);
	overwrite((off_t)(root - 1) * 4096, 4096);
	console_open(&c, &config);
	keep_put_later(c.store, "a", "a", 1, then_done(&c));
	assert_true(console_wait(&c, 1));
	assert_int_equal(c.err.kind, ERR_INPUT);
	console_close(&c);
	db = open_here();
	assert_int_equal(report.state, STORE_READY);
	assert_non_null(strstr(report.text, "corrupt"));
	assert_true(put(db, "after"));
	db_close(db);
	make_used();
	assert_int_equal(*report.text, 0);
}

static void test_other_program(void **unused)
{
	struct db *db;

	(void)unused;
	make_used();
	run_raw("PRAGMA application_id = 99");
	db = open_here();
	assert_int_equal(report.state, STORE_MEMORY);
	assert_non_null(strstr(report.text, "another program"));
	assert_true(put(db, "x"));
	db_close(db);
	assert_int_equal(files_with("corrupt"), 0);
}

static void test_locked(void **unused)
{
	struct db_principal who = {"local", "local"};
	struct store_config config = config_here();
	struct console c;
	struct db *other;

	(void)unused;
	make_used();
	other = db_open(&db_sqlite, &(struct db_place){.path = file, .mode = DB_WRITE},
		&who, &err);
	assert_true(db_run(other, "PRAGMA locking_mode = EXCLUSIVE", NULL, 0, &err));
	assert_true(put(other, "theirs"));
	assert_null(open_here());
	assert_int_equal(err.kind, ERR_BUSY);
	assert_non_null(strstr(err.text, "locked"));
	console_open(&c, &config);
	keep_put_later(c.store, "mine", "a", 1, then_done(&c));
	while (c.last.state != STORE_WAITING)
		loop_timer_start(c.limit, 50), loop_run(c.loop);
	assert_int_equal(c.done, 0);
	assert_non_null(strstr(c.last.text, "locked"));
	db_close(other);
	assert_true(console_wait(&c, 1));
	assert_int_equal(c.err.kind, ERR_NONE);
	assert_int_equal(c.last.state, STORE_READY);
	console_close(&c);
}

/* The write lock is held by another for longer than anybody waits. */
static void test_locked_later(void **unused)
{
	struct db_principal who = {"local", "local"};
	struct store_config config = config_here();
	struct console c;
	struct db *other;

	(void)unused;
	make_used();
	console_open(&c, &config);
	keep_put_later(c.store, "first", "a", 1, then_done(&c));
	assert_true(console_wait(&c, 1));
	other = db_open(&db_sqlite, &(struct db_place){.path = file, .mode = DB_WRITE},
		&who, &err);
	assert_true(db_begin(other, &err));
	keep_put_later(c.store, "second", "a", 1, then_done(&c));
	keep_put_later(c.store, "third", "a", 1, then_done(&c));
	while (c.last.state != STORE_WAITING)
		loop_timer_start(c.limit, 50), loop_run(c.loop);
	assert_int_equal(c.done, 1);
	db_close(other);
	assert_true(console_wait(&c, 3));
	assert_int_equal(c.err.kind, ERR_NONE);
	assert_int_equal(c.last.state, STORE_READY);
	console_close(&c);
	other = open_here();
	assert_true(has(other, "second") && has(other, "third"));
	db_close(other);
}

static int64_t on_nfs(const char *path)
{
	return strstr(path, "/state/") ? 0x6969 : 0;
}

static void test_network(void **unused)
{
	struct store_config config = config_here();
	char local[600];
	struct db *db;

	(void)unused;
	config.fs_type = on_nfs;
	db = store_open_here(&config, &report, &err);
	assert_int_equal(report.state, STORE_MEMORY);
	assert_non_null(strstr(report.text, "NFS"));
	db_close(db);
	make_used();
	db = store_open_here(&config, &report, &err);
	assert_int_equal(report.state, STORE_READ_ONLY);
	assert_non_null(strstr(report.text, "NFS"));
	assert_true(has(db, "before"));
	assert_false(put(db, "x"));
	db_rollback(db);
	db_close(db);
	snprintf(local, sizeof local, "%s/local/oogway.db", folder);
	config.local_path = local;
	db = store_open_here(&config, &report, &err);
	assert_int_equal(report.state, STORE_READY);
	assert_non_null(strstr(report.text, "local"));
	assert_string_equal(report.path, local);
	assert_true(put(db, "x"));
	db_close(db);
}

/* --- in a child, with fewer rights or less room --- */

static int in_child(int (*run)(void))
{
	int status = 0;
	pid_t pid = fork();

	if (!pid)
		_exit(run());
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 100;
}

static int drop_rights(void)
{
	return !geteuid() && (setgid(65534) || setuid(65534));
}

static int open_unwritable(void)
{
	struct db *db;

	if (drop_rights())
		return 1;
	db = open_here();
	if (!db || report.state != STORE_MEMORY)
		return 2;
	if (!strstr(report.text, "nothing will be kept"))
		return 3;
	if (!put(db, "x") || !has(db, "x"))
		return 4;
	db_close(db);
	return 0;
}

static void test_unwritable(void **unused)
{
	char path[600];

	(void)unused;
	chmod(folder, 0555); /* the folder cannot be made */
	assert_int_equal(in_child(open_unwritable), 0);
	chmod(folder, 0755);
	make_used();
	snprintf(path, sizeof path, "%s/state", folder);
	chmod(path, 0755);
	snprintf(path, sizeof path, "%s/state/oogway", folder);
	chmod(path, 0555); /* the file cannot be made, or not opened */
	assert_int_equal(in_child(open_unwritable), 0);
	chmod(file, 0444); /* readable, not writable */
	assert_int_equal(in_child(open_unwritable), 0);
	chmod(path, 0700);
}

static int open_no_room(void)
{
	struct rlimit limit = {0, 0};
	struct db *db;

	signal(SIGXFSZ, SIG_IGN);
	setrlimit(RLIMIT_FSIZE, &limit);
	db = open_here();
	if (!db || report.state != STORE_MEMORY)
		return 2;
	if (!put(db, "x") || !has(db, "x"))
		return 3;
	db_close(db);
	return 0;
}

/* The disk fills up while the console runs, then has room again. */
static int run_out_of_room(void)
{
	struct store_config config = config_here();
	struct rlimit limit = {700000, RLIM_INFINITY};
	static char big[100000];
	struct console c;
	bool failed = false;

	signal(SIGXFSZ, SIG_IGN);
	console_open(&c, &config);
	keep_put_later(c.store, "a", "a", 1, then_done(&c));
	if (!console_wait(&c, 1) || c.err.kind)
		return 1;
	setrlimit(RLIMIT_FSIZE, &limit);
	for (int i = 0; i < 8 && !failed; i++) {
		char key[20];

		snprintf(key, sizeof key, "big%d", i);
		keep_put_later(c.store, key, big, sizeof big, then_done(&c));
		if (!console_wait(&c, i + 2))
			return 2;
		failed = c.err.kind == ERR_IO;
	}
	if (!failed || c.last.state != STORE_FAILING)
		return 3;
	limit.rlim_cur = RLIM_INFINITY;
	setrlimit(RLIMIT_FSIZE, &limit);
	c.done = 0;
	keep_put_later(c.store, "last", "a", 1, then_done(&c));
	if (!console_wait(&c, 1) || c.err.kind || c.last.state != STORE_READY)
		return 4;
	console_close(&c);
	return 0;
}

static void test_no_room(void **unused)
{
	struct db *db;

	(void)unused;
	assert_int_equal(in_child(open_no_room), 0);
	assert_int_equal(in_child(run_out_of_room), 0);
	db = open_here();
	assert_int_equal(report.state, STORE_READY);
	assert_true(store_check(db, &err));
	assert_true(has(db, "a") && has(db, "last") && has(db, "big0"));
	db_close(db);
}

static void test_odd_names(void **unused)
{
	static const char *const names[] = {
		"a?b#c%20.db", "space in it", "file:x", "caf\xc3\xa9"};

	(void)unused;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct stat st;

		snprintf(file, sizeof file, "%s/%s", folder, names[i]);
		make_used();
		assert_int_equal(stat(file, &st), 0);
	}
	snprintf(file, sizeof file, "%s", folder); /* a folder is no file */
	db_close(open_here());
	assert_int_equal(report.state, STORE_MEMORY);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(new),
		TEST(mode),
		TEST(newer),
		TEST(older),
		TEST(damaged),
		TEST(damaged_inside),
		TEST(other_program),
		TEST(locked),
		TEST(locked_later),
		TEST(network),
		TEST(unwritable),
		TEST(no_room),
		TEST(odd_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
