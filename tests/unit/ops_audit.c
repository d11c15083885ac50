/* Writing the audit: callbacks and their order, segments, two processes on one chain,
 * kill -9, what cannot be written, what was found changed, and what a record holds. */
#include "base/json.h"
#include "base/text.h"
#include "base/time.h"
#include "io/loop.h"
#include "io/task.h"
#include "ops/redact.h"
#include "ops_place.h"

#include <errno.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

static struct verdict expect_good(void)
{
	struct verdict v = judge();

	if (v.bad)
		fail_msg("record %llu %s", (unsigned long long)v.bad, v.why);
	return v;
}

/* --- through the loop --- */

enum { MANY = 500 };

struct told {
	struct loop *loop;
	int count;
	uint64_t last;
	struct err err;
	bool returned;
};

static void on_told(void *ctx, uint64_t seq, const struct err *e)
{
	struct told *told = ctx;

	assert_true(told->returned);
	if (e)
		told->err = *e;
	else
		assert_true(seq > told->last);
	told->last = e ? told->last : seq;
	if (++told->count == MANY)
		loop_stop(told->loop);
}

static void callbacks(void **state)
{
	struct audit_config config = {.folder = folder, .segment_bytes = 100000};
	struct audit_record record = {.kind = AUDIT_INTENT, .event = "incident.note"};
	struct told told = {.loop = loop_new()};
	struct task_pool *pool = task_pool_new(told.loop);
	struct audit *audit = audit_open(pool, &config, &err);
	struct verdict v;

	(void)state;
	for (int i = 0; i < MANY; i++) {
		told.returned = false;
		audit_write(audit, &record, on_told, &told);
		told.returned = true;
	}
	assert_int_equal(audit_pending(audit), MANY);
	assert_false(audit_write_here(audit, &record, NULL, &err));
	assert_int_equal(err.kind, ERR_BUSY);
	loop_run(told.loop);
	assert_int_equal(told.err.kind, 0);
	assert_int_equal(audit_pending(audit), 0);
	audit_write(audit, &record, NULL, NULL);
	task_pool_free(pool);
	audit_close(audit);
	loop_free(told.loop);
	v = expect_good();
	assert_int_equal(v.open_intents, MANY + 1);
	assert_true(v.count > MANY + 1 + MANY / 100);
}

/* --- what a record holds --- */

static struct json_doc last_record(void)
{
	size_t n, starts[400], count;
	char *text = load("000001.jsonl", &n);
	struct json_doc doc;

	count = find_lines(text, n, starts);
	assert_true(json_parse(&doc, text + starts[count - 1],
		starts[count] - starts[count - 1], 1 << 20, &err));
	mem_free(text);
	return doc;
}

static void expect(struct json_doc *doc, const char *path, const char *value)
{
	struct untrusted text = json_text(json_get(json_root(doc), path));

	char shown[200];

	if (!untrusted_is(text, value))
		fail_msg("%s is %s", path, text_line(text, shown, sizeof shown));
}

static void members(void **state)
{
	const struct untrusted args[] = {untrusted_str("curl"), untrusted_str("--token"),
		untrusted_str("hunter2"), untrusted_str("https://a:pw@h/"),
		untrusted_str("a\x1b]52;c\xff")};
	const struct audit_pair extra[] = {
		{.name = "sha256", .value = untrusted_str("00ff")},
		{.name = "bytes_out", .number = 12.5, .is_number = true}};
	struct audit_record record = {.kind = AUDIT_REFUSAL,
		.event = "remote.run",
		.class = AUDIT_DESTROY,
		.origin = "key a",
		.profile = "prod",
		.pager_user = "me@example.org",
		.source = "pd",
		.id = untrusted_str("PABC"),
		.target = untrusted_str("web1"),
		.args = args,
		.arg_count = 5,
		.decision = "deny by rc:12",
		.approval = untrusted_str("bob"),
		.error = untrusted_str("Authorization: Basic Zm9v"),
		.ref = 7,
		.extra = extra,
		.extra_count = 2};
	struct audit *audit = open_here(0);
	struct json_doc doc;
	int64_t number;

	(void)state;
	assert_true(audit_write_here(audit, &record, NULL, &err));
	doc = last_record();
	expect(&doc, "audit.kind", "refusal");
	expect(&doc, "audit.class", "destroy");
	expect(&doc, "audit.event", "remote.run");
	expect(&doc, "audit.origin", "key a");
	expect(&doc, "audit.profile", "prod");
	expect(&doc, "audit.actor.claimed.pager_user", "me@example.org");
	expect(&doc, "audit.source", "pd");
	expect(&doc, "audit.id", "PABC");
	expect(&doc, "audit.target", "web1");
	expect(&doc, "audit.decision", "deny by rc:12");
	expect(&doc, "audit.approval", "bob");
	expect(&doc, "audit.error", "Authorization:" REDACTED);
	expect(&doc, "audit.extra.sha256", "00ff");
	expect(&doc, "audit.at", "2026-11-18T11:06:40.000Z");
	assert_true(json_i64(json_get(json_root(&doc), "audit.ref"), &number));
	assert_int_equal(number, 7);
	assert_true(
		json_i64(json_get(json_root(&doc), "audit.actor.verified.uid"), &number));
	assert_int_equal(number, getuid());
	{
		static const char *const want[] = {"curl", "--token", REDACTED,
			"https://a:" REDACTED "@h/", "a\x1b]52;c\xef\xbf\xbd"};
		struct json a = json_first(json_get(json_root(&doc), "audit.args"));

		for (int i = 0; i < 5; i++, a = json_next(a))
			assert_true(untrusted_is(json_text(a), want[i]));
	}
	json_release(&doc);
	audit_close(audit);
	expect_good();
}

static void refused_records(void **state)
{
	static char big[AUDIT_MAX_BYTES + 1];
	const struct audit_pair twice[] = {{.name = "a"}, {.name = "a"}};
	const struct audit_pair named[] = {{.name = "A b"}};
	struct audit *audit = open_here(0);
	struct audit_record rows[] = {{.event = NULL}, {.event = "a b"},
		{.event = "audit.gap"}, {.event = "x", .extra = twice, .extra_count = 2},
		{.event = "x", .extra = named, .extra_count = 1},
		{.event = "x", .arg_count = AUDIT_MAX_ARGS + 1},
		{.event = "x", .target = untrusted_make(big, sizeof big)}};

	(void)state;
	memset(big, 'x', sizeof big);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		err = (struct err){0};
		assert_false(audit_write_here(audit, &rows[i], NULL, &err));
		assert_true(err.kind == ERR_USAGE || err.kind == ERR_LIMIT);
	}
	audit_close(audit);
	assert_int_equal(access(folder, F_OK), -1);
}

static void redaction(void **state)
{
	static const struct {
		const char *text, *out;
	} rows[] = {
		{"", ""},
		{"p99 250 ms, 503 at 91 %, host web-1.example.org", NULL},
		{"018c2f7e-7d5a-7c3e-9d2b-0123456789ab", NULL},
		{"tokens: many, a secretary, password reset",
			"tokens: many, a secretary, "
			"password reset"},
		{"PGPASSWORD=x1 psql", "PGPASSWORD=" REDACTED " psql"},
		{"--password=hunter2", "--password=" REDACTED},
		{"{\"token\":\"abc def\",\"a\":1}", "{\"token\":" REDACTED "\",\"a\":1}"},
		{"api_key: abc", "api_key: " REDACTED},
		{"https://u:p@h/x?token=1&b=2",
			"https://u:" REDACTED "@h/x?token=" REDACTED "&b=2"},
		{"https://host:8080/a@b", NULL},
		{"Authorization: Bearer abcdefgh\nnext",
			"Authorization:" REDACTED "\nnext"},
		{"see Bearer abcdefgh12", "see Bearer " REDACTED},
		{"AKIAABCDEFGHIJKLMNOP", "AKIA" REDACTED},
		{"ghp_abcdefghijklmnopqrstu", "ghp_" REDACTED},
		{"xoxb-123456789012-abc", "xoxb-" REDACTED},
		{"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc", "eyJ" REDACTED},
		{"-----BEGIN RSA PRIVATE KEY-----\nabc\n", "-----BEGIN" REDACTED},
	};
	struct str out;

	(void)state;
	str_init(&out, 4096);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		str_reset(&out);
		redact_text(&out, untrusted_str(rows[i].text));
		assert_string_equal(
			str_text(&out), rows[i].out ? rows[i].out : rows[i].text);
	}
	str_release(&out);
}

/* --- segments and processes --- */

static void segments(void **state)
{
	struct audit *audit;
	struct verdict v;
	char path[512];

	(void)state;
	for (int i = 0; i < 6; i++) {
		audit = open_here(3000);
		for (int k = 0; k < 40; k++)
			write_one(audit, AUDIT_NOTE, 0);
		audit_close(audit);
	}
	v = expect_good();
	assert_true(v.count > 6 * 40 + 6);
	file_path("000010.jsonl", path);
	assert_int_equal(access(path, F_OK), 0);
	file_path("000003.jsonl", path);
	assert_int_equal(unlink(path), 0);
	v = judge();
	assert_true(v.bad > 0);
	assert_non_null(strstr(v.why, "000003.jsonl is gone"));
}

enum { WRITERS = 3, EACH_WRITES = 120 };

static void processes(void **state)
{
	pid_t pids[WRITERS];
	struct verdict v;
	int status;

	(void)state;
	for (int i = 0; i < WRITERS; i++) {
		pids[i] = fork();
		if (!pids[i]) {
			struct audit *audit = open_here(20000);

			for (int k = 0; k < EACH_WRITES; k++)
				write_one(audit, AUDIT_OUTCOME,
					write_one(audit, AUDIT_INTENT, 0));
			audit_close(audit);
			_exit(0);
		}
	}
	for (int i = 0; i < WRITERS; i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
	v = expect_good();
	assert_int_equal(v.open_intents, 0);
	assert_int_equal(v.note_count, 0);
	assert_true(v.count >= 2 * WRITERS * EACH_WRITES);
}

enum { KILLS = 40 };

/* What was told to be on the disk is there, whatever moment it was killed in. */
static void killed(void **state)
{
	volatile uint64_t *told = mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned seed = (unsigned)time(NULL);
	struct verdict v;

	(void)state;
	srand(seed);
	for (int i = 0; i < KILLS; i++) {
		struct timespec pause = {.tv_nsec = 2000000 + random() % 20000000};
		pid_t pid = fork();

		if (!pid) {
			struct audit *audit = open_here(8000);

			for (;;)
				*told = write_one(audit, AUDIT_INTENT, 0);
		}
		nanosleep(&pause, NULL);
		kill(pid, SIGKILL);
		assert_int_equal(waitpid(pid, NULL, 0), pid);
		if (!*told)
			continue;
		v = expect_good();
		if (v.count < *told)
			fail_msg("seed %u: %llu of %llu", seed,
				(unsigned long long)v.count, (unsigned long long)*told);
	}
	assert_true(*told > 0);
	munmap((void *)told, sizeof *told);
}

/* --- a torn line --- */

static void torn_line(void **state)
{
	struct audit *audit = open_here(0);
	char path[512], *text;
	struct verdict v;
	size_t n;

	(void)state;
	write_one(audit, AUDIT_NOTE, 0);
	audit_close(audit);
	text = load("000001.jsonl", &n);
	/* The beginning of a next line, as a crash leaves it. */
	store("000001.jsonl", text, n);
	file_path("000001.jsonl", path);
	{
		FILE *f = fopen(path, "a");

		fwrite(text, 1, 100, f);
		fclose(f);
	}
	v = expect_good();
	assert_int_equal(v.note_count, 1);
	assert_non_null(strstr(v.notes[0], "100 bytes"));
	audit = open_here(0);
	write_one(audit, AUDIT_NOTE, 0);
	write_one(audit, AUDIT_NOTE, 0);
	audit_close(audit);
	v = expect_good();
	assert_int_equal(v.count, 3 + 1 + 2 + 1); /* the gap is told once */
	assert_int_equal(v.note_count, 1);
	mem_free(text);
	{
		char name[64];
		char *kept;
		size_t kept_n;

		snprintf(name, sizeof name, "000001-%zu.torn", n);
		kept = load(name, &kept_n);
		assert_int_equal(kept_n, 100);
		mem_free(kept);
	}
}

/* A crash in the middle of setting aside: it is told by the next. */
static void torn_untold(void **state)
{
	struct audit *audit = open_here(0);
	struct verdict v;

	(void)state;
	write_one(audit, AUDIT_NOTE, 0);
	audit_close(audit);
	store("000001-77.part", "abc", 3);
	audit = open_here(0);
	write_one(audit, AUDIT_NOTE, 0);
	audit_close(audit);
	v = expect_good();
	assert_int_equal(v.note_count, 1);
	assert_int_equal(v.count, 3 + 1 + 1 + 1);
}

/* --- somebody's hand between two runs --- */

static void changed_between(void **state)
{
	static const char *const why[] = {"cut off", "damaged", "signed end", "cut off"};

	(void)state;
	for (int i = 0; i < 4; i++) {
		struct audit *audit = open_here(0);
		size_t n, starts[400], count;
		struct verdict v;
		char *text, path[512];

		for (int k = 0; k < 5; k++)
			write_one(audit, AUDIT_NOTE, 0);
		if (i != 3) {
			audit_close(audit);
			audit = NULL;
		}
		text = load("000001.jsonl", &n);
		count = find_lines(text, n, starts);
		file_path("head", path);
		if (i == 0 || i == 3)
			store("000001.jsonl", text, starts[count - 2]);
		else if (i == 1)
			text[starts[2] + 200] ^= 1, store("000001.jsonl", text, n);
		else
			unlink(path);
		mem_free(text);
		/* The console goes on, and says so for ever. */
		if (!audit)
			audit = open_here(0);
		write_one(audit, AUDIT_NOTE, 0);
		audit_close(audit);
		v = judge();
		if (!v.bad || (i != 1 && !strstr(v.why, why[i])))
			fail_msg("%d: record %llu %s", i, (unsigned long long)v.bad,
				v.why);
		if (i == 1)
			assert_int_equal(v.bad, 3);
		remove_folder(NULL);
		make_folder(NULL);
	}
}

/* --- what cannot be written --- */

static void expect_refused(struct audit_config *config, const char *words)
{
	struct audit *audit = audit_open(NULL, config, &err);
	struct audit_record record = {.kind = AUDIT_INTENT, .event = "x"};

	assert_non_null(audit);
	if (audit_write_here(audit, &record, NULL, &err))
		fail_msg("it was written, though %s", words);
	if (!strstr(err.text, words))
		fail_msg("%s", err.text);
	audit_close(audit);
}

static int64_t is_nfs(const char *path)
{
	(void)path;
	return 0x6969;
}

static void no_place(void **state)
{
	struct audit_config config = {.folder = "relative"};
	char path[512];

	(void)state;
	assert_null(audit_open(NULL, &config, &err));
	config.folder = "/proc/nowhere/audit";
	expect_refused(&config, "nothing is done");
	config = (struct audit_config){.folder = folder, .fs_type = is_nfs};
	expect_refused(&config, "network file system (NFS)");
	config.fs_type = NULL;
	assert_int_equal(chmod(folder, 0755), 0);
	expect_refused(&config, "open to others");
	assert_int_equal(chmod(folder, 0700), 0);
	audit_close(open_here(0));
	{
		struct audit *audit = open_here(0);

		write_one(audit, AUDIT_NOTE, 0);
		audit_close(audit);
	}
	file_path("key", path);
	assert_int_equal(chmod(path, 0644), 0);
	expect_refused(&config, "chmod 600");
}

/* The file may not grow: as a full disk, in the middle of a line. */
static void disk_full(void **state)
{
	struct rlimit old, small;
	struct audit *audit = open_here(0);
	struct audit_record record = {.kind = AUDIT_INTENT, .event = "x"};
	struct verdict v;

	(void)state;
	write_one(audit, AUDIT_NOTE, 0);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	small = old;
	small.rlim_cur = 2000;
	setrlimit(RLIMIT_FSIZE, &small);
	assert_false(audit_write_here(audit, &record, NULL, &err) &&
		     audit_write_here(audit, &record, NULL, &err) &&
		     audit_write_here(audit, &record, NULL, &err));
	assert_non_null(strstr(err.text, "cannot be written"));
	setrlimit(RLIMIT_FSIZE, &old);
	v = expect_good(); /* taken back: no half line */
	assert_int_equal(v.note_count, 0);
	write_one(audit, AUDIT_NOTE, 0);
	audit_close(audit);
	v = expect_good();
	assert_int_equal(v.note_count, 0);
}

/* From the first byte on: no chain is left behind that was never begun. */
static void full_from_the_start(void **state)
{
	struct audit_config config = {.folder = folder};
	char chains[4][ID_TEXT];
	struct rlimit old, none;

	(void)state;
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	none = old;
	none.rlim_cur = 10;
	setrlimit(RLIMIT_FSIZE, &none);
	expect_refused(&config, "nothing is done without it");
	expect_refused(&config, "nothing is done without it");
	setrlimit(RLIMIT_FSIZE, &old);
	assert_int_equal(verify_chains(folder, chains, 4), 0);
}

static void held_lock(void **state)
{
	struct audit *audit = open_here(0);
	struct audit_record record = {.kind = AUDIT_INTENT, .event = "x"};
	char path[512];
	int fd;

	(void)state;
	write_one(audit, AUDIT_NOTE, 0);
	file_path(".", path);
	fd = open(path, O_RDONLY | O_DIRECTORY);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	assert_false(audit_write_here(audit, &record, NULL, &err));
	assert_int_equal(err.kind, ERR_BUSY);
	close(fd);
	write_one(audit, AUDIT_NOTE, 0);
	audit_close(audit);
	expect_good();
}

static void modes(void **state)
{
	struct audit *audit = open_here(0);
	static const char *const names[] = {"000001.jsonl", "head", "key"};
	struct stat st;
	char path[512];

	(void)state;
	write_one(audit, AUDIT_NOTE, 0);
	audit_close(audit);
	for (int i = 0; i < 3; i++) {
		file_path(names[i], path);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
	}
	file_path(".", path);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
}

int main(void)
{
#define EACH(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)
	const struct CMUnitTest tests[] = {
		EACH(callbacks),
		EACH(members),
		EACH(refused_records),
		cmocka_unit_test(redaction),
		EACH(segments),
		EACH(processes),
		EACH(killed),
		EACH(torn_line),
		EACH(torn_untold),
		EACH(changed_between),
		EACH(no_place),
		EACH(disk_full),
		EACH(full_from_the_start),
		EACH(held_lock),
		EACH(modes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
