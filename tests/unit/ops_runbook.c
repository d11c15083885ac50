/* Runbooks taken apart: front matter, steps, faults; and what is hostile in them. */
#include "ops/runbook.h"

#include "base/alloc.h"
#include "base/str.h"
#include "base/text.h"
#include "ops/run.h"

#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void is(struct untrusted text, const char *expected)
{
	char shown[300];

	if (!untrusted_is(text, expected))
		fail_msg("\"%s\", expected \"%s\"", text_line(text, shown, sizeof shown),
			expected);
}

static void whole(void **state)
{
	static const char text[] = "---\n"
				   "title: Disk is full\n"
				   "matches: [DiskFull, HostOutOfDiskSpace]\n"
				   "owner: on-call\n"
				   "risk: destroy\n"
				   "keywords: [disk, \"no space\"]\n"
				   "vars:\n"
				   "  - host: {from: instance, type: host}\n"
				   "  - level: {choices: [low, high], default: \"low\"}\n"
				   "  - token: {secret: true}\n"
				   "  - plain\n"
				   "other: [1, 2]\n"
				   "---\n"
				   "# Heading\n"
				   "text\n"
				   "### 1. Look\n"
				   "```sh host risk=read timeout=30s\n"
				   "df -h\n"
				   "```\n"
				   "```yaml\n"
				   "a: b\n"
				   "```\n"
				   "### 2. Act\n"
				   "~~~~bash risk=destroy\n"
				   "```sh\n"
				   "rm x\n"
				   "~~~\n"
				   "~~~~\n"
				   "  ```wait\n"
				   "  5s\n"
				   "  ```\n";
	struct runbook book;

	(void)state;
	runbook_parse(&book, untrusted_str(text));
	is(book.title, "Disk is full");
	is(book.matches, "DiskFull, HostOutOfDiskSpace");
	is(book.risk, "destroy");
	assert_int_equal(book.body_line, 14);
	assert_int_equal(book.fault_count, 0);
	assert_int_equal(book.var_count, 4);
	assert_int_equal(book.vars[0].type, VAR_HOST);
	is(book.vars[0].from, "instance");
	is(book.vars[1].choices, "low, high");
	is(book.vars[1].fallback, "low");
	assert_true(book.vars[2].secret);
	assert_string_equal(book.vars[3].name, "plain");
	assert_int_equal(book.step_count, 3);
	assert_int_equal(book.steps[0].kind, STEP_HOST);
	assert_int_equal(book.steps[0].risk, AUDIT_READ);
	assert_int_equal(book.steps[0].timeout_ms, 30000);
	assert_int_equal(book.steps[0].line, 17);
	is(book.steps[0].title, "1. Look");
	is(book.steps[0].text, "df -h\n");
	/* A fence is ended by one that is as long, and of its kind. */
	assert_true(book.steps[1].bash);
	is(book.steps[1].text, "```sh\nrm x\n~~~\n");
	assert_int_equal(book.steps[2].kind, STEP_WAIT);
	runbook_release(&book);
}

static const struct row {
	const char *text, *fault; /* part of the first fault; NULL: none */
	int line;
	size_t steps, vars;
	bool broken; /* the first step */
} rows[] = {
	{"", NULL, 0, 0, 0, false},
	{"no front matter\n```sh\nls\n```\n", NULL, 0, 1, 0, false},
	{"---\ntitle: x\n", "has no end", 1, 0, 0, false},
	{"---\ntitle: x\n```sh\nls\n```\n", "has no end", 1, 1, 0, false},
	{"```sh\nls\n", "has no end", 1, 0, 0, false},
	{"\n\n```sh hots\nls\n```\n", "not hots", 3, 1, 0, true},
	{"```sh risk=low\nls\n```\n", "not risk=low", 1, 1, 0, true},
	{"```sh timeout=2d\nls\n```\n", "1s to 24h", 1, 1, 0, true},
	{"```sh timeout=\nls\n```\n", "1s to 24h", 1, 1, 0, true},
	{"```sh\n\n  \n```\n", "the step is empty", 1, 1, 0, true},
	{"```kubectl host\nkubectl get pods\n```\n", "not host", 1, 1, 0, true},
	{"```\nls\n```\n```text\nx\n```\n```shell\nx\n```\n", NULL, 0, 0, 0, false},
	{"`````\n```sh\nls\n```\n`````\n", NULL, 0, 0, 0, false},
	{"a ```sh b``` in a line\n", NULL, 0, 0, 0, false},
	{"---\nvars:\n  - 1x: {type: int}\n---\n", "a-z, 0-9 and _", 3, 0, 0, false},
	{"---\nvars:\n  - a__b\n---\n", "a-z, 0-9 and _", 3, 0, 0, false},
	{"---\nvars:\n  - PATH\n---\n", "a-z, 0-9 and _", 3, 0, 0, false},
	{"---\nvars:\n  - x: {type: number}\n---\n", "not number", 3, 0, 1, false},
	{"---\nvars:\n  - x: {form: instance}\n---\n", "has no form", 3, 0, 1, false},
	{"---\nvars:\n  - x\n  - x\n---\n", "there twice", 4, 0, 1, false},
	{"---\nvars:\n  - x: {default: \"a, b\"}\n---\n", NULL, 0, 0, 1, false},
	{"---\nvars:\n  - x: {{{[[[\n---\n", "expected key: value", 3, 0, 1, false},
};

static void faults(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct row *r = &rows[i];
		struct runbook book;

		runbook_parse(&book, untrusted_str(r->text));
		if (book.step_count != r->steps || book.var_count != r->vars ||
			(book.fault_count != 0) != (r->fault != NULL))
			fail_msg("row %zu: %zu steps, %zu vars, %zu faults (%s)", i,
				book.step_count, book.var_count, book.fault_count,
				book.fault_count ? book.faults[0].text : "");
		if (r->fault && (!strstr(book.faults[0].text, r->fault) ||
					book.faults[0].line != r->line))
			fail_msg("row %zu: line %d: %s", i, book.faults[0].line,
				book.faults[0].text);
		if (r->steps)
			assert_int_equal(book.steps[0].broken, r->broken);
		runbook_release(&book);
	}
}

/* Limits hold, and a step that is cut is no step. */
static void large(void **state)
{
	struct runbook book;
	struct str text;

	(void)state;
	str_init(&text, 2 << 20);
	for (int i = 0; i < 400; i++)
		str_puts(&text, "```sh\nls\n```\n");
	runbook_parse(&book, untrusted_make(text.p, text.n));
	assert_int_equal(book.step_count, RUNBOOK_MAX_STEPS);
	assert_int_equal(book.fault_count, RUNBOOK_MAX_FAULTS);
	runbook_release(&book);

	str_reset(&text);
	str_puts(&text, "```sh\nls\n```\n```sh\nrm -rf /tmp/x");
	while (text.n < RUNBOOK_MAX_BYTES)
		str_puts(&text, " y");
	str_puts(&text, "\n```\n");
	runbook_parse(&book, untrusted_make(text.p, text.n));
	assert_int_equal(book.step_count, 1);
	assert_true(book.fault_count >= 2);
	runbook_release(&book);

	str_reset(&text);
	str_puts(&text, "```sh\n");
	while (text.n < RUNBOOK_BLOCK_BYTES + 10)
		str_puts(&text, "true\n");
	str_puts(&text, "```\n");
	runbook_parse(&book, untrusted_make(text.p, text.n));
	assert_true(book.steps[0].broken);
	assert_true(untrusted_empty(book.steps[0].text));
	runbook_release(&book);
	str_release(&text);
}

/* The starter set: no faults, each step can be understood, none is empty. */
static void starters(void **state)
{
	glob_t found = {0};
	size_t steps = 0;

	(void)state;
	assert_int_equal(glob("runbooks/*.md", 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		static char text[RUNBOOK_MAX_BYTES];
		FILE *f = fopen(found.gl_pathv[i], "re");
		struct runbook book;
		struct err err = {0};
		size_t n;

		if (strstr(found.gl_pathv[i], "README")) {
			fclose(f);
			continue;
		}
		n = fread(text, 1, sizeof text, f);
		fclose(f);
		runbook_parse(&book, untrusted_make(text, n));
		if (book.fault_count)
			fail_msg("%s:%d: %s", found.gl_pathv[i], book.faults[0].line,
				book.faults[0].text);
		assert_true(book.step_count > 3);
		for (size_t k = 0; k < book.step_count; k++)
			if (!run_check(NULL, &book, k, &err))
				fail_msg("%s:%d: %s", found.gl_pathv[i],
					book.steps[k].line, err.text);
		steps += book.step_count;
		runbook_release(&book);
	}
	assert_true(steps > 200);
	globfree(&found);
}

/* What is only read has no steps, whatever stands in it. */
static void prose(void **state)
{
	static const char text[] = "---\nvars: [x]\n---\n# A\n\n```sh\nrm -rf /\n```\n";
	struct runbook book;

	(void)state;
	runbook_prose(&book, untrusted_str(text));
	is(book.body, text);
	assert_int_equal(book.step_count, 0);
	assert_int_equal(book.var_count, 0);
	assert_int_equal(book.fault_count, 0);
	runbook_release(&book);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole),
		cmocka_unit_test(faults),
		cmocka_unit_test(large),
		cmocka_unit_test(starters),
		cmocka_unit_test(prose),
	};

	return cmocka_run_group_tests_name("ops/runbook", tests, NULL, NULL);
}
