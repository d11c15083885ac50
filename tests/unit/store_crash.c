/* Killed while writing, and two processes at once: what was committed is there. */
#include "store/keep.h"
#include "store/lease.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

#include "store_place.h"
#include <cmocka.h>

enum {
	KILLS = 50 /* KILLS of the environment says otherwise */,
	WRITERS = 2,
	EACH = 400
};

static struct err err;

static int set_up(void **unused)
{
	(void)unused;
	folder_make();
	return 0;
}

static int tear_down(void **unused)
{
	(void)unused;
	folder_remove();
	return 0;
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

/* --- kill -9 --- */

struct writing {
	struct console console;
	volatile int64_t *committed; /* shared with the parent: the last callback */
	int64_t next;
};

static void write_next(struct writing *w);

struct count_job {
	struct store_job job;
	struct writing *w;
	int64_t number;
};

/* One transaction of two rows that must be there both or not at all. */
static bool run_count(struct store_job *job, struct db *db, struct err *e)
{
	static char body[3000];
	struct count_job *n = (struct count_job *)job;
	char key[40];

	snprintf(key, sizeof key, "a%08lld", (long long)n->number);
	if (!keep_put(db, key, body, sizeof body, e))
		return false;
	*key = 'b';
	return keep_put(db, key, body, 1, e);
}

static void end_count(struct store_job *job, const struct err *e)
{
	struct count_job *n = (struct count_job *)job;

	if (e)
		_exit(9);
	*n->w->committed = n->number;
	write_next(n->w);
}

static void write_next(struct writing *w)
{
	struct count_job *n = store_job_new(sizeof *n);

	n->job.run = run_count;
	n->job.end = end_count;
	n->w = w;
	n->number = ++w->next;
	store_write(w->console.store, &n->job);
}

static void write_for_ever(volatile int64_t *committed)
{
	struct store_config config = config_here();
	struct writing w = {.committed = committed, .next = *committed};

	console_open(&w.console, &config);
	for (int i = 0; i < 20; i++)
		write_next(&w);
	loop_run(w.console.loop);
}

/* Returns how many there are: those whose callback did not come count too. */
static int64_t check_after(int64_t committed)
{
	struct store_config config = config_here();
	struct store_report report;
	struct db *db = store_open_here(&config, &report, &err);
	int64_t count;

	assert_non_null(db);
	assert_int_equal(report.state, STORE_READY);
	assert_string_equal(report.text, "");
	assert_true(store_check(db, &err));
	assert_true(
		number(db, "SELECT count(*) FROM keep WHERE key LIKE 'a%'") >= committed);
	assert_int_equal(number(db, "SELECT count(*) FROM keep WHERE key LIKE 'a%'"),
		number(db, "SELECT count(*) FROM keep WHERE key LIKE 'b%'"));
	/* Without a hole up to the last. */
	assert_int_equal(number(db, "SELECT count(*) FROM keep WHERE key LIKE 'a%'"),
		number(db, "SELECT coalesce(max(CAST(substr(key, 2) AS BIGINT)), 0) "
			   "FROM keep"));
	count = number(db, "SELECT count(*) FROM keep WHERE key LIKE 'a%'");
	db_close(db);
	return count;
}

static void test_kill(void **unused)
{
	int64_t *committed = mmap(
		NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	const char *said = getenv("KILLS");
	int status, kills = said && atoi(said) > 0 ? atoi(said) : KILLS;

	(void)unused;
	srand(7);
	for (int i = 0; i < kills; i++) {
		struct timespec pause = {0, 1000000 * (rand() % 60)};
		pid_t pid = fork();

		if (!pid) {
			write_for_ever(committed);
			_exit(8);
		}
		nanosleep(&pause, NULL);
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		assert_true(WIFSIGNALED(status));
		*committed = check_after(*committed);
	}
	print_message("%d kills, %lld transactions\n", kills, (long long)*committed);
	assert_true(*committed > kills * 20);
	munmap(committed, 4096);
}

/* --- two processes --- */

static int write_many(int writer)
{
	struct store_config config = config_here();
	struct console c;

	console_open(&c, &config);
	for (int i = 0; i < EACH; i++) {
		char key[40];

		snprintf(key, sizeof key, "w%d %d", writer, i);
		keep_put_later(c.store, key, "x", 1, then_done(&c));
		keep_put_later(c.store, "both", key, strlen(key), then_done(&c));
		if (!console_wait(&c, (i + 1) * 2) || c.err.kind)
			return 1;
	}
	console_close(&c);
	return c.last.state != STORE_READY;
}

static void test_two(void **unused)
{
	struct store_config config = config_here();
	pid_t pids[WRITERS];
	struct db *db;

	(void)unused;
	for (int i = 0; i < WRITERS; i++) {
		pids[i] = fork();
		if (!pids[i])
			_exit(write_many(i));
	}
	for (int i = 0; i < WRITERS; i++) {
		int status = 0;

		waitpid(pids[i], &status, 0);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
	}
	db = store_open_here(&config, NULL, &err);
	assert_true(store_check(db, &err));
	assert_int_equal(number(db, "SELECT count(*) FROM keep"), WRITERS * EACH + 1);
	assert_int_equal(number(db, "SELECT revision FROM keep WHERE key = 'both'"),
		WRITERS * EACH);
	db_close(db);
}

/* Two processes ask for the lease all the time; they never hold it both. */
static int hold_lease(int writer, volatile int *holder)
{
	struct store_config config = config_here();
	struct lease_claim claim = {"poller", writer ? "one" : "two", 60000};
	struct db *db = store_open_here(&config, NULL, &err);
	struct lease lease;

	for (int i = 0; db && i < EACH; i++) {
		if (!lease_take(db, &claim, &lease, &err))
			return 2;
		if (!lease.mine)
			continue;
		if (__sync_lock_test_and_set(holder, 1))
			return 3;
		__sync_lock_release(holder);
		if (!lease_release(db, &claim, &err))
			return 4;
	}
	db_close(db);
	return db ? 0 : 1;
}

static void test_lease_race(void **unused)
{
	int *holder = mmap(
		NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid_t pids[WRITERS];

	(void)unused;
	for (int i = 0; i < WRITERS; i++) {
		pids[i] = fork();
		if (!pids[i])
			_exit(hold_lease(i, holder));
	}
	for (int i = 0; i < WRITERS; i++) {
		int status = 0;

		waitpid(pids[i], &status, 0);
		assert_int_equal(WEXITSTATUS(status), 0);
	}
	munmap(holder, 4096);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(kill),
		TEST(two),
		TEST(lease_race),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
