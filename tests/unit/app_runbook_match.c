/* Which runbook an alert gets, and why: what was chosen, what its runbook_url or a front
 * matter names, what the search finds, and none. */
#include "app/alerts.h"
#include "app/app.h"
#include "app/runbook_match.h"
#include "app/runbook_versions.h"
#include "base/str.h"
#include "io/loop.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static struct loop *loop;
static struct app *app;
static char folder[64], rc[80];
static char kept[64]; /* what is kept of a docs site */

static const struct {
	const char *file, *text;
} books[] = {
	{"disk-full.md", "---\ntitle: Our own disks\nmatches: [DiskFull]\n---\n# Our own "
			 "disks\n\nA file system is full.\n"},
	{"queue.md", "# The queue of parcels grows\n\nParcels wait for their courier.\n"},
	{"web.md", "---\ntitle: Web errors\nmatches: [HighErrorRate]\nlabels: "
		   "{service=~\"web.*\"}\n---\nRequests fail.\n"},
	{"api.md", "---\ntitle: API errors\nmatches: [HighErrorRate]\nlabels: "
		   "{service=\"api\"}\n---\nRequests fail.\n"},
	{"team.md",
		"---\ntitle: All of team red\nlabels: {team=\"red\", tier!=\"test\"}\n"
		"---\nCall them.\n"},
	{"broken.md",
		"---\ntitle: Broken\nmatches: [Broken]\nlabels: {team=\"red\n---\nx\n"},
};

static void stop_when_read(void *ctx)
{
	(void)ctx;
	if (runbooks_settled(app->runbooks))
		loop_stop(loop);
}

static const char *const below[] = {"a", "a/b", "a/b/deep-one.md", "a/README.md",
	"CHANGELOG.md", ".git", ".git/not.md", "2024-01-01.md"};

static void keep_page(void)
{
	static const char *const parts[] = {"oogway", "oogway/docs", "oogway/docs/wiki"};
	char path[120];
	FILE *f;

	strcpy(kept, "/tmp/oogway-match-XXXXXX");
	assert_non_null(mkdtemp(kept));
	setenv("XDG_STATE_HOME", kept, 1);
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		snprintf(path, sizeof path, "%s/%s", kept, parts[i]);
		mkdir(path, 0700);
	}
	snprintf(path, sizeof path, "%s/oogway/docs/wiki/a.page", kept);
	f = fopen(path, "w");
	fputs("oogway page 1\nurl: http://127.0.0.1:9/rb/handbook.html\n"
	      "title: Handbook of the plant\nchanged: 1\n\n"
	      "# Handbook of the plant\n\n## Turbine vibrates\n\n### Steps\n\n"
	      "Shed the load.\n\n```sh\nrm -rf /\n```\n\n## Pump leaks\n\nClose it.\n",
		f);
	fclose(f);
}

static int setup(void **state)
{
	struct app_options options = {.no_host = true};
	char path[120];
	FILE *f;

	(void)state;
	strcpy(folder, "/tmp/oogway-match-XXXXXX");
	assert_non_null(mkdtemp(folder));
	for (size_t i = 0; i < sizeof books / sizeof *books; i++) {
		snprintf(path, sizeof path, "%s/%s", folder, books[i].file);
		f = fopen(path, "w");
		fputs(books[i].text, f);
		fclose(f);
	}
	/* A checkout: folders in folders, what is about it, and what is not looked at. */
	for (size_t i = 0; i < sizeof below / sizeof *below; i++) {
		snprintf(path, sizeof path, "%s/%s", folder, below[i]);
		if (str_ends(path, ".md"))
			fclose(fopen(path, "w"));
		else
			mkdir(path, 0700);
	}
	keep_page();
	snprintf(rc, sizeof rc, "%s/rc", folder);
	f = fopen(rc, "w");
	fprintf(f, "set store = %s/x.db\nset log.files = %s/rc\nset runbooks = auto,%s\n",
		folder, folder, folder);
	fputs("source wiki docs url=http://127.0.0.1:9/rb/ every=1h\n", f);
	fclose(f);
	options.rc = (struct rc_options){.file = rc, .no_system = true};
	loop = loop_new();
	app = app_new(loop, &options);
	app->live = true;
	app_start(app);
	loop_on_turn(loop, stop_when_read, &app);
	alarm(20);
	runbooks_load_indexed(app->runbooks);
	loop_run(loop);
	alarm(0);
	loop_off(loop, &app);
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *walk)
{
	(void)st;
	(void)flag;
	(void)walk;
	return remove(path);
}

static const char *const rest[] = {"rc", "x.db", "x.db-wal", "x.db-shm"};

static int tear_down(void **state)
{
	char path[120];

	(void)state;
	app_free(app);
	loop_free(loop);
	for (size_t i = 0; i < sizeof books / sizeof *books; i++) {
		snprintf(path, sizeof path, "%s/%s", folder, books[i].file);
		unlink(path);
	}

	for (size_t i = 0; i < 4; i++) {
		snprintf(path, sizeof path, "%s/%s", folder, rest[i]);
		unlink(path);
	}
	for (size_t i = sizeof below / sizeof *below; i-- > 0;) {
		snprintf(path, sizeof path, "%s/%s", folder, below[i]);
		remove(path);
	}
	rmdir(folder);
	nftw(kept, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	return 0;
}

static struct alert *make(const char *name, const char *summary, const char *url,
	const char *label, const char *value)
{
	struct pair pair = {untrusted_str(label), untrusted_str(value)};
	struct alert_draft draft = {.labels = &pair, .label_count = *label ? 1 : 0};

	draft.texts[ALERT_ID] = draft.texts[ALERT_TITLE] = untrusted_str(name);
	draft.texts[ALERT_SUMMARY] = untrusted_str(summary);
	draft.texts[ALERT_RUNBOOK] = untrusted_str(url);
	return alert_new(&draft, 0, "test");
}

static void test_first(void **state)
{
	static const struct {
		const char *name, *summary, *url, *label, *value;
		const char *first; /* "": none is about it */
		enum match_kind kind;
	} rows[] = {
		/* Front matter; ours stands in for the built-in one of its name. */
		{"DiskFull", "", "", "", "", "disk-full", MATCH_NAMED},
		{"HighErrorRate", "", "", "service", "web-1", "web", MATCH_NAMED},
		{"HighErrorRate", "", "", "service", "api", "api", MATCH_NAMED},
		{"Whatever", "", "", "team", "red", "team", MATCH_NAMED},
		/* The url goes before, however it is written. */
		{"DiskFull", "", "https://books.example/x/QUEUE.html#steps", "", "",
			"queue", MATCH_URL},
		{"Other", "", "https://books.example/runbooks/disk_full/", "", "",
			"disk-full", MATCH_URL},
		{"DiskFull", "", "https://wiki.example/page?id=17", "", "", "disk-full",
			MATCH_NAMED},
		/* Words. */
		{"Backlog", "The queue of parcels grows.", "", "", "", "queue",
			MATCH_FOUND},
		{"RedisDatabaseMemory", "Redis memory is nearly used up.", "", "", "",
			"redis-memory", MATCH_FOUND},
		{"Coffee", "The machine on floor three is dirty.", "", "", "", "",
			MATCH_FOUND},
		{"", "", "", "", "", "", MATCH_FOUND},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct alert *a = make(rows[i].name, rows[i].summary, rows[i].url,
			rows[i].label, rows[i].value);
		struct runbook_matches all;
		char name[256] = "";

		runbook_matches(app, a, &all);
		assert_int_equal(all.none, !*rows[i].first);
		if (!all.none)
			runbook_name(all.list[0].row, name, sizeof name);
		if (strcmp(name, rows[i].first) != 0)
			fail_msg("%s: %s, not %s", rows[i].name, name, rows[i].first);
		if (*name)
			assert_int_equal(all.list[0].kind, rows[i].kind);
		if (*name)
			assert_ptr_equal(runbook_best(app, a), all.list[0].row);
		else
			assert_null(runbook_best(app, a));
		for (size_t k = 0; k < all.count; k++) {
			assert_true(*all.list[k].why);
			/* What cannot be read whole names nothing. */
			assert_true(
				all.list[k].kind == MATCH_FOUND ||
				strcmp(runbook_name(all.list[k].row, name, sizeof name),
					"broken") != 0);
		}
		alert_free(a);
	}
}

static void test_choice(void **state)
{
	struct alert *a = make("DiskFull", "", "", "", ""), *b;
	const struct runbook_row *queue = runbooks_named(app->runbooks, "queue");
	const struct runbook_row *disk = runbooks_named(app->runbooks, "disk-full");
	struct runbook_matches all;

	(void)state;
	assert_ptr_equal(runbook_best(app, a), disk);
	runbook_choose(app, a, queue);
	runbook_matches(app, a, &all);
	assert_ptr_equal(all.list[0].row, queue);
	assert_int_equal(all.list[0].kind, MATCH_CHOSEN);
	assert_ptr_equal(all.list[1].row, disk);
	/* Of that name only. */
	b = make("DiskFullSoon", "A file system is full.", "", "", "");
	runbook_matches(app, b, &all);
	assert_int_not_equal(all.list[0].kind, MATCH_CHOSEN);
	/* Back to what comes first anyway: nothing is remembered. */
	runbook_choose(app, a, disk);
	runbook_matches(app, a, &all);
	assert_ptr_equal(all.list[0].row, disk);
	assert_int_equal(all.list[0].kind, MATCH_NAMED);
	alert_free(a);
	alert_free(b);
}

static void test_search(void **state)
{
	struct runbook_found found[5];
	char name[256];

	(void)state;
	assert_int_equal(
		runbook_search(app, untrusted_str("parcels cour"), found, 5) > 0, 1);
	assert_string_equal(runbook_name(found[0].row, name, sizeof name), "queue");
	assert_string_equal(found[0].why, "title: parcels; text: courier");
	assert_int_equal(runbook_search(app, untrusted_str("xyzzy"), found, 5), 0);
	assert_int_equal(runbook_search(app, untrusted_str(""), found, 5), 0);
	assert_int_equal(runbook_search(app, untrusted_str("disk"), found, 2), 2);
}

static void test_title(void **state)
{
	(void)state;
	/* Without front matter the heading is the title. */
	assert_true(untrusted_is(runbooks_named(app->runbooks, "queue")->title,
		"The queue of parcels grows"));
	assert_false(runbooks_named(app->runbooks, "disk-full")->built_in);
	assert_true(runbooks_named(app->runbooks, "high-cpu")->built_in);
	assert_non_null(runbooks_named(app->runbooks, "deep-one"));
	assert_non_null(runbooks_named(app->runbooks, "2024-01-01"));
	assert_null(runbooks_named(app->runbooks, "README"));
	assert_null(runbooks_named(app->runbooks, "CHANGELOG"));
	assert_null(runbooks_named(app->runbooks, "not"));
}

/* A page is found by its address, which may name a section of it, by its name and by the
 * words of a section; it has no steps, and no trust makes it run. */
static void test_page(void **state)
{
	static const struct {
		const char *summary, *url;
		int line;
	} rows[] = {
		{"", "http://127.0.0.1:9/rb/handbook.html", 0},
		{"", "http://127.0.0.1:9/rb/handbook.html#pump-leaks", 13},
		{"", "http://127.0.0.1:9/rb/handbook.html#nowhere", 0},
		{"", "https://other.example/Handbook", 0},
		{"Turbine vibrates.", "", 3},
	};
	const struct runbook_row *page = runbooks_named(app->runbooks, "wiki:handbook");
	struct runbook_row *known;
	struct err err;

	(void)state;
	assert_non_null(page);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct alert *a = make("Plant", rows[i].summary, rows[i].url, "", "");
		struct runbook_matches all;

		known = runbooks_known(app->runbooks, page->id);
		known->section = 0;
		runbook_matches(app, a, &all);
		assert_true(all.count > 0 && !all.none);
		assert_ptr_equal(all.list[0].row, page);
		if (page->section != rows[i].line)
			fail_msg("%s%s: line %d, not %d", rows[i].summary, rows[i].url,
				page->section, rows[i].line);
		alert_free(a);
	}
	assert_int_equal(page->book.step_count, 0);
	assert_false(runbook_is_file(page, &err));
	assert_int_equal(err.kind, ERR_REFUSED);
	assert_true(runbook_trust(app, page, true, &err));
	assert_true(page->trusted);
	assert_false(runbook_is_trusted(page));
	assert_false(runbook_may_run(page, &err));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_first, setup, tear_down),
		cmocka_unit_test_setup_teardown(test_choice, setup, tear_down),
		cmocka_unit_test_setup_teardown(test_search, setup, tear_down),
		cmocka_unit_test_setup_teardown(test_title, setup, tear_down),
		cmocka_unit_test_setup_teardown(test_page, setup, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
