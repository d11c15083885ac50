/* Files of other programs in tests/fixtures/import: what `source import` makes of each
 * (.in) is the printed text (.out; UPDATE=1 writes it), the rc reads each line without
 * an error and means by it what was imported, and no secret is in it. */
#include "app/import.h"

#include "base/alloc.h"
#include "base/text.h"
#include "io/file.h"

#include <dirent.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const char folder[] = "tests/fixtures/import";
static const int64_t now = INT64_C(1795271521250);

/* The rc that holds only that text. */
static struct rc *rc_with(const char *text)
{
	char path[] = "/tmp/oogway-import-XXXXXX";
	int fd = mkstemp(path);
	size_t n = strlen(text);
	struct rc *rc;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, n), (ssize_t)n);
	close(fd);
	rc = rc_read(&(struct rc_options){.file = path, .no_system = true});
	unlink(path);
	for (size_t i = 0; i < rc->conf.error_count; i++)
		print_error("%d: %s\n", rc->conf.errors[i].place.line,
			rc->conf.errors[i].text);
	assert_int_equal(rc->conf.errors_total, 0);
	return rc;
}

static bool same_number(double a, double b)
{
	return (isnan(a) && isnan(b)) || fabs(a - b) <= 1e-9 * fabs(a);
}

/* The queries ask a source that the rc has; the note asks to add it where it has not. */
static struct rc *rc_with_source(const char *name, const char *text)
{
	struct rc *rc;
	struct str all;

	str_init(&all, 1 << 20);
	str_puts(&all, text);
	str_printf(&all, "source %s prometheus url=http://HOST:9090\n", name);
	rc = rc_with(str_text(&all));
	str_release(&all);
	return rc;
}

static void comes_back(const struct import *im, const char *text)
{
	struct rc *rc = rc_with_source(im->source, text);
	size_t sources = 0, queries = 0;

	for (size_t i = 0; i < im->item_count; i++) {
		const struct import_item *item = &im->items[i];

		if (item->kind == IMPORT_SOURCE) {
			const struct rc_source *s = &rc->sources[sources++];

			assert_string_equal(s->name, item->name);
			assert_string_equal(s->kind->name, item->of);
			assert_memory_equal(s->url, item->value, strlen(s->url));
		} else if (item->kind == IMPORT_QUERY) {
			const struct rc_query *q = &rc->queries[queries++];

			assert_string_equal(q->name, item->name);
			assert_string_equal(q->source, item->of);
			assert_string_equal(q->expr, item->value);
			assert_int_equal(q->unit, item->unit);
			assert_true(same_number(q->limits.warn, item->limits.warn));
			assert_true(
				same_number(q->limits.critical, item->limits.critical));
		}
	}
	assert_int_equal(sources + 1, rc->source_count);
	assert_int_equal(queries, rc->query_count);
	assert_int_equal(sources, im->sources);
	assert_int_equal(queries, im->queries);
	rc_free(rc);
}

static void no_control(const char *text)
{
	for (; *text; text++)
		assert_true(*text == '\n' || (unsigned char)*text >= 0x20);
}

static void import_text(const char *path, const struct rc *rc, struct str *out)
{
	struct import im;
	struct err err = {0};
	struct str in;

	str_init(&in, IMPORT_MAX_BYTES);
	assert_true(file_read(path, &in, &err));
	import_init(&im, rc, NULL, NULL);
	if (import_read(&im, "FILE", &in, &err))
		import_print(&im, now, out);
	else
		str_printf(out, "# %s: %s\n", err_kind_name(err.kind), err.text);
	comes_back(&im, str_text(out));
	for (size_t i = 0; i < im.note_count; i++)
		str_printf(
			out, "%s %s\n", im.notes[i].lost ? "#!" : "#-", im.notes[i].text);
	no_control(str_text(out));
	assert_null(strstr(str_text(out), "not-to-be-copied"));
	assert_null(strstr(str_text(out), "hunter2"));
	import_release(&im);
	str_release(&in);
}

static void check(const char *name)
{
	char path[400];
	struct str expected, got;
	struct err err = {0};
	FILE *f;

	str_init(&expected, 1 << 20);
	str_init(&got, 1 << 20);
	snprintf(path, sizeof path, "%s/%s", folder, name);
	import_text(path, NULL, &got);
	strcpy(path + strlen(path) - 3, ".out");
	if (getenv("UPDATE") && (f = fopen(path, "wb"))) {
		fwrite(str_text(&got), 1, got.n, f);
		fclose(f);
	}
	assert_true(file_read(path, &expected, &err));
	if (strcmp(str_text(&expected), str_text(&got)))
		print_error("%s:\n%s", name, str_text(&got));
	assert_string_equal(str_text(&expected), str_text(&got));
	str_release(&expected);
	str_release(&got);
}

static void fixtures(void **state)
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
	assert_true(count > 15);
}

static void read_text(struct import *im, const char *file, const char *text)
{
	struct err err = {0};
	struct str in;

	str_init(&in, IMPORT_MAX_BYTES);
	str_puts(&in, text);
	if (!import_read(im, file, &in, &err))
		fail_msg("%s", err.text);
	str_release(&in);
}

/* What the rc has is not said twice, and what is new gets a name of its own. */
static void known(void **state)
{
	struct rc *rc = rc_with("source p prometheus url=http://p\n"
				"source am alertmanager url=http://elsewhere\n"
				"query Errors source=p -- something else\n"
				"query disk source=p -- 100 - up\n");
	struct import im;

	(void)state;
	import_init(&im, rc, NULL, NULL);
	read_text(&im, "FILE",
		"{\"rows\": [{\"title\": \"Requests\", \"panels\": ["
		"{\"title\": \"Errors\", \"targets\": [{\"expr\": \"new\"}]},"
		"{\"title\": \"Other\", \"targets\": [{\"expr\": \"100 - up\"}]}]}]}");
	assert_int_equal(im.queries, 1);
	assert_string_equal(im.items[1].name, "Requests: Errors");
	assert_string_equal(im.items[1].of, "p");
	assert_int_equal(im.lost, 0);
	read_text(&im, "OTHER", "alertmanager.url: http://new");
	assert_string_equal(im.items[im.item_count - 1].name, "am-2");
	read_text(&im, "AGAIN", "alertmanager.url: http://new/");
	read_text(&im, "THIRD", "alertmanager.url: http://elsewhere/");
	assert_int_equal(im.sources, 1);
	import_release(&im);
	rc_free(rc);
}

/* As many as an rc may have, all of one title, and no more. */
static void too_many(void **state)
{
	struct import im;
	struct str text, out;

	(void)state;
	str_init(&text, 1 << 20);
	str_init(&out, 1 << 20);
	str_puts(&text, "{\"panels\": [0");
	for (int i = 0; i < RC_MAX_QUERIES + 100; i++)
		str_printf(&text,
			", {\"title\": \"t\", \"targets\": [{\"expr\": \"m%d\"}]}", i);
	str_puts(&text, "]}");
	import_init(&im, NULL, NULL, NULL);
	read_text(&im, "FILE", str_text(&text));
	assert_int_equal(im.queries, RC_MAX_QUERIES);
	assert_true(im.lost >= 100);
	import_print(&im, now, &out);
	comes_back(&im, str_text(&out));
	import_release(&im);
	str_release(&text);
	str_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fixtures),
		cmocka_unit_test(known),
		cmocka_unit_test(too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
