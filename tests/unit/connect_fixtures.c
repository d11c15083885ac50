/* Recorded answers of each kind, and bad variants of them, read by `take` and compared
 * with the printed batch or the sentence beside them.
 *
 *   tests/fixtures/connect/NAME.in    "KIND PATH STATUS" on the first line, then the
 *                                     body; PATH: a part of the path asked for
 *   tests/fixtures/connect/NAME.out   what is expected; written when UPDATE=1 is set */
#include "base/alloc.h"
#include "base/str.h"
#include "connect/source.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char folder[] = "tests/fixtures/connect";
static const int64_t now = INT64_C(1700000100000);

static const struct source_query queries[] = {
	{.name = "up", .expr = "up"},
	{.name = "load", .expr = "node_load1"},
	{.name = "errors", .expr = "rate(errors[1m])"},
};

static bool read_file(const char *path, struct str *out)
{
	char block[4096];
	size_t n;
	FILE *f = fopen(path, "rb");

	if (!f)
		return false;
	while ((n = fread(block, 1, sizeof block, f)) > 0)
		str_add(out, block, n);
	fclose(f);
	return true;
}

/* What has to be known, or not, before others are asked for: who I am before anybody's
 * shifts, the schedules before who is on call in each, and how alerts are routed. */
static const struct {
	const char *part;
	int status;
	const char *body;
} before[] = {
	{"/index/stats", 200, "{\"streams\":2,\"bytes\":4096}"},
	{"/users/me", 404, ""},
	{"/myself", 404, ""},
	{"/api/v2/status", 404, ""},
	{"/incidents/Q1?", 200,
		"{\"incident\":{\"id\":\"Q1\",\"created_at\":\"2023-11-14T22:00:00Z\"}}"},
	{"/incidents/Q1/notes", 402, ""},
	{"/incidents/Q1/log_entries", 402, ""},
	{"/schedules?size", 200,
		"{\"values\":[{\"id\":\"s1\",\"name\":\"Primary\",\"enabled\":true}]}"},
};

static void answer_before(
	const struct source_kind *kind, void *state, int id, const char *path)
{
	struct answer answer = {.id = id, .now = now};
	struct arena arena;
	struct batch batch;

	arena_init(&arena, 1 << 20);
	batch_init(&batch, &arena);
	for (size_t i = 0; i < sizeof before / sizeof *before; i++)
		if (strstr(path, before[i].part)) {
			answer.status = before[i].status;
			answer.body = untrusted_str(before[i].body);
			assert_true(kind->take(state, &answer, &batch, NULL));
		}
	arena_release(&arena);
}

/* Asks until the wanted path comes; its id. */
static int find_ask(const struct source_kind *kind, void *state, const char *part)
{
	struct source_window window = {
		.from = now - 3600000, .to = now, .step_ms = 60000, .opened = "Q1"};
	struct arena arena;
	struct ask ask;
	int id = -1;

	arena_init(&arena, 1 << 20);
	for (int i = 0; i < 16 && id < 0; i++) {
		ask = (struct ask){0};
		if (!kind->next(state, now, &window, &arena, &ask) ||
			ask.kind == ASK_WAIT)
			break;
		if (strstr(ask.path, part))
			id = ask.id;
		else
			answer_before(kind, state, ask.id, ask.path);
	}
	arena_release(&arena);
	return id;
}

static const char *base = "http://it:9090";

static void take(const char *kind_name, const char *path, int status,
	struct untrusted body, struct str *out)
{
	const struct source_kind *kind = source_kind_find(kind_name);
	struct source_conf conf = {.name = "it",
		.url = base,
		.site = "lab.atlassian.net",
		.org = strstr(path, "tenant_info") ? NULL : "cloud-1",
		.query = "{app=\"shop\"} |= \"x\"",
		.queries = queries,
		.query_count = 3,
		.every_ms = 5000,
		.timeout_ms = 4000,
		.seed = 1};
	struct answer answer = {.status = status, .origin = "it:9090", .now = now};
	struct err err = {0};
	struct arena arena;
	struct batch batch;
	void *state;

	assert_non_null(kind);
	state = mem_new(1, kind->state_size);
	assert_true(kind->start(state, &conf, &err));
	answer.id = find_ask(kind, state, path);
	assert_true(answer.id >= 0);
	answer.body = body;
	arena_init(&arena, 64 << 20);
	batch_init(&batch, &arena);
	if (kind->take(state, &answer, &batch, &err))
		batch_print(&batch, out);
	else
		str_printf(out, "%s: %s\n", err_kind_name(err.kind), err.text);
	arena_release(&arena);
	if (kind->stop)
		kind->stop(state);
	mem_free(state);
}

static void check(const char *name)
{
	char path[400], kind[40], part[80];
	struct str in, expected, got;
	const char *body;
	int status;
	FILE *f;

	str_init(&in, 16 << 20);
	str_init(&expected, 16 << 20);
	str_init(&got, 16 << 20);
	snprintf(path, sizeof path, "%s/%s", folder, name);
	assert_true(read_file(path, &in));
	assert_int_equal(sscanf(str_text(&in), "%39s %79s %d", kind, part, &status), 3);
	body = strchr(str_text(&in), '\n') + 1;
	base = strstr(name, "grafana") ? "http://it:3000/api/alertmanager/grafana"
				       : "http://it:9090";
	take(kind, part, status, untrusted_make(body, in.n - (size_t)(body - in.p)),
		&got);
	strcpy(path + strlen(path) - 3, ".out");
	if (getenv("UPDATE") && (f = fopen(path, "wb"))) {
		fwrite(str_text(&got), 1, got.n, f);
		fclose(f);
	}
	assert_true(read_file(path, &expected));
	if (strcmp(str_text(&expected), str_text(&got)))
		print_error("%s:\n%s", name, str_text(&got));
	assert_string_equal(str_text(&expected), str_text(&got));
	str_release(&in);
	str_release(&expected);
	str_release(&got);
}

static void test_fixtures(void **state)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	int count = 0;

	(void)state;
	assert_non_null(dir);
	while ((entry = readdir(dir)))
		if (str_ends(entry->d_name, ".in")) {
			check(entry->d_name);
			count++;
		}
	closedir(dir);
	assert_true(count > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_fixtures)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
