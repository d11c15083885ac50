/* The line language: words, every error with its place, blocks, includes, hints. */
#include "base/alloc.h"
#include "base/conf.h"
#include "base/str.h"
#include "base/time.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/base_conf.XXXXXX";

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int drop_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

static const char *in_folder(const char *name)
{
	static char path[128];

	snprintf(path, sizeof path, "%s/%s", folder, name);
	return path;
}

static void put_file(const char *name, const char *text)
{
	FILE *f = fopen(in_folder(name), "we");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	fclose(f);
}

/* --- splitting: what a line holds, printed as <word>…, quoted ones as "word" --- */

static void print_line(const struct conf_line *line, struct str *out)
{
	for (size_t i = 0; i < line->count; i++) {
		const struct conf_word *w = &line->words[i];

		str_printf(out, w->quoted ? "%d\"%s\"" : "%d<%s>", w->column, w->text);
	}
	if (line->rest)
		str_printf(out, "%d--%s", line->rest_column, line->rest);
}

static void accepted_lines(void **state)
{
	static const struct {
		const char *line, *want;
	} rows[] = {
		{"", ""},
		{"   \t ", ""},
		{"# comment", ""},
		{"#ff8800", ""},
		{"  #ff8800", ""},
		{"set a 1", "1<set>5<a>7<1>"},
		{"\tset\ta", "2<set>6<a>"},
		{"color a #ff8800", "1<color>7<a>9<#ff8800>"},
		{"set a 1 # why", "1<set>5<a>7<1>"},
		{"set a 1 #", "1<set>5<a>7<1>"},
		{"set a#b c#", "1<set>5<a#b>9<c#>"},
		{"set \"a b\" c", "1<set>5\"a b\"11<c>"},
		{"set \"\"", "1<set>5\"\""},
		{"set \"a \\\"b\\\" \\\\ \\n\"", "1<set>5\"a \"b\" \\ \\n\""},
		{"set \"# no comment\"", "1<set>5\"# no comment\""},
		{"set a\"b", "1<set>5<a\"b>"},
		{"set a\\b", "1<set>5<a\\b>"},
		{"bind a b -- run this # and that  ",
			"1<bind>6<a>8<b>13--run this # and that"},
		{"bind a --", "1<bind>6<a>10--"},
		{"bind a --   ", "1<bind>6<a>13--"},
		{"bind a -- \"x\\\"", "1<bind>6<a>11--\"x\\\""},
		{"bind \"--\" --x ---", "1<bind>6\"--\"11<--x>15<--->"},
		{"-- x", "4--x"},
		{"a=\"b c\"", "1<a=b c>"},
		{"s a-b.c_1=\"b \\\"c\\\" \\\\\" d", "1<s>3<a-b.c_1=b \"c\" \\>24<d>"},
		{"a=\"\" # b", "1<a=>"},
		{"a=\"b c", "1<a=\"b>6<c>"},
		{"a=\"b\"c", "1<a=\"b\"c>"},
		{"{a=\"b c\"}", "1<{a=\"b>7<c\"}>"},
		{"\xc3\xa9 \xff\x1b", "1<\xc3\xa9>4<\xff\x1b>"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct conf_line line;
		struct err err = {0};
		char words[CONF_MAX_LINE];
		struct str s;

		str_init(&s, 400);
		if (!conf_split(rows[i].line, &line, words, sizeof words, &err))
			fail_msg("%s: %s", rows[i].line, err.text);
		print_line(&line, &s);
		assert_string_equal(str_text(&s), rows[i].want);
		str_release(&s);
	}
}

static void refused_splits(void **state)
{
	static const struct {
		const char *line;
		size_t size;
		const char *why;
	} rows[] = {
		{"set \"a", 100, "5: expected a closing \""},
		{"set \"a\\\"", 100, "5: expected a closing \""},
		{"\"", 100, "1: expected a closing \""},
		{"set \"a\"b", 100, "8: expected a blank after the closing \""},
		{"\"a\"#", 100, "4: expected a blank after the closing \""},
		{"abcdef", 4, "1: line too long"},
		{"a b c", 4, "5: line too long"},
		{"a -- bcdefg", 8, "6: line too long"},
		{"a", 0, "1: line too long"},
	};
	char many[3 * CONF_MAX_WORDS + 10] = "", words[1000];
	struct conf_line line;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		/* Exactly so large, so that writing too far is seen. */
		char *space = mem_new(rows[i].size, 1);

		assert_false(conf_split(rows[i].line, &line, space, rows[i].size, &err));
		assert_string_equal(err.text, rows[i].why);
		mem_free(space);
	}
	for (int i = 0; i < CONF_MAX_WORDS; i++)
		memcpy(many + 2 * i, "w ", 3);
	assert_true(conf_split(many, &line, words, sizeof words, &err));
	assert_int_equal(line.count, CONF_MAX_WORDS);
	strcat(many, "w");
	assert_false(conf_split(many, &line, words, sizeof words, &err));
	assert_string_equal(err.text, "129: more than 64 words");
}

/* --- reading: a recorder of the lines that ran --- */

static bool run_set(struct conf *conf, const struct conf_line *line, struct err *err)
{
	struct str *out = conf->ctx;

	if (!strcmp(line->words[1].text, "bad"))
		return err_set(err, ERR_INPUT, "bad is not a setting");
	if (!strcmp(line->words[1].text, "there"))
		return err_set(err, ERR_INPUT, "%d: not there", line->words[2].column);
	str_printf(out, "%d:%s;", line->place.line, line->words[1].text);
	return true;
}

static bool run_bind(struct conf *conf, const struct conf_line *line, struct err *err)
{
	static const char *const keys[] = {"pane", "when", NULL};

	if (!conf_check_keys(line, 2, keys, err))
		return false;
	str_printf(conf->ctx, "%s/%s/%s;", line->words[1].text,
		conf_value(line, 1, "pane") ? conf_value(line, 1, "pane") : "-",
		line->rest ? line->rest : "-");
	return true;
}

static const struct conf_verb verbs[] = {
	{"set", 1, 2, "set NAME [VALUE]", run_set, NULL},
	{"bind", 1, 0, "bind KEY [pane=P] [-- COMMAND]", run_bind, NULL},
	{0},
};

static const char *look(void *ctx, const char *name)
{
	(void)ctx;
	if (!strcmp(name, "host"))
		return "alpha";
	if (!strcmp(name, "columns"))
		return "80";
	if (!strcmp(name, "off"))
		return "off";
	if (!strcmp(name, "zero"))
		return "0";
	if (!strcmp(name, "empty"))
		return "";
	return NULL;
}

/* All that ran, then all errors as "file:line:column: text\n". */
static void record(struct conf *conf, struct str *out)
{
	for (size_t i = 0; i < conf->error_count; i++) {
		const struct conf_error *e = &conf->errors[i];

		str_printf(out, "%s:%d:%d: %s\n", e->place.file, e->place.line,
			e->place.column, e->text);
	}
}

static void read_bytes(const char *text, size_t n, const char *want)
{
	struct str s;
	struct conf conf = {.verbs = verbs, .ctx = &s, .lookup = look, .profile = "work"};
	char *copy = mem_dup(text, n);
	bool ok;

	str_init(&s, 1 << 20);
	ok = conf_read_text(&conf, "rc", copy, n);
	assert_int_equal(ok, !conf.errors_total);
	record(&conf, &s);
	assert_string_equal(str_text(&s), want);
	conf_release(&conf);
	str_release(&s);
	mem_free(copy);
}

static void refused_lines(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{"sett a", "rc:1:1: unknown word sett; did you mean set?\n"},
		{"\n\n  bnid x", "rc:3:3: unknown word bnid; did you mean bind?\n"},
		{"frobnicate", "rc:1:1: unknown word frobnicate\n"},
		{"set", "rc:1:1: expected: set NAME [VALUE]\n"},
		{"set a b c", "rc:1:1: expected: set NAME [VALUE]\n"},
		{"set bad", "rc:1:1: bad is not a setting\n"},
		{"  set there now", "rc:1:13: not there\n"},
		{"set \"a", "rc:1:5: expected a closing \"\n"},
		{"set \"a\"b", "rc:1:8: expected a blank after the closing \"\n"},
		{"bind k paen=x", "rc:1:8: unknown key paen; did you mean pane?\n"},
		{"bind k pane=x zzzzz=1",
			"rc:1:15: unknown key zzzzz; it is one of pane, when\n"},
		{"bind k pane", "rc:1:8: expected key=value, not pane\n"},
		{"-- x", "rc:1:1: expected a word before --\n"},
		{"else", "rc:1:1: else without an if\n"},
		{"end", "rc:1:1: end without an if or profile\n"},
		{"if host\nset a", "2:a;rc:1:1: no end for the if here\n"},
		{"profile x\n", "rc:1:1: no end for the profile here\n"},
		{"if host\nelse\nelse\nend", "rc:3:1: else without an if\n"},
		{"profile work\nelse\nend", "rc:2:1: else without an if\n"},
		{"if\nend", "rc:1:1: expected: if NAME, if !NAME, or if NAME OPERATOR "
			    "WORD\n"},
		{"if host ==\nend", "rc:1:1: expected: if NAME, if !NAME, or if NAME "
				    "OPERATOR WORD\n"},
		{"if !host == alpha\nset a\nend", "rc:1:1: expected: if NAME, if !NAME, "
						  "or if NAME OPERATOR WORD\n"},
		{"if host = alpha\nset a\nend",
			"rc:1:9: expected ==, !=, <, <=, > or >=, not =\n"},
		{"if nobody\nset a\nend", "rc:1:4: nothing is called nobody here; see "
					  "`if` in oogway.rc(5)\n"},
		{"profile\nset a\nend", "rc:1:1: expected: profile NAME\n"},
		{"profile a b\nset a\nend", "rc:1:1: expected: profile NAME\n"},
		{"include", "rc:1:1: expected: include [-q] FILE\n"},
		{"include -q", "rc:1:1: expected: include [-q] FILE\n"},
		{"include a b", "rc:1:1: expected: include [-q] FILE\n"},
		{"include x",
			"rc:1:9: a relative file needs an including file; give a full "
			"path\n"},
		{"include /no/such", "rc:1:9: cannot read /no/such: No such file or "
				     "directory\n"},
		{"include -q /", "rc:1:12: cannot read /: Is a directory\n"},
		{"\033[2J\xff", "rc:1:1: unknown word ^[[2J<FF>\n"},
		{"set a \\\n  b \\\n c d\nsett",
			"rc:1:1: expected: set NAME [VALUE]\nrc:4:1: unknown word sett; "
			"did you "
			"mean set?\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		read_bytes(rows[i].text, strlen(rows[i].text), rows[i].want);
}

static void lines_and_blocks(void **state)
{
	static const struct {
		const char *text, *want;
	} rows[] = {
		{"", ""},
		{"set a", "1:a;"},
		{"set a\nset b\n", "1:a;2:b;"},
		{"set a\r\nset b\r\n", "1:a;2:b;"},
		{"set \\\na\nset b", "1:a;3:b;"},
		{"set \\\r\na\r\nset b", "1:a;3:b;"},
		{"set a\\", "1:a\\;"},
		{"# note \\\nset a\nset b", "3:b;"},
		{"if host\nset a\nelse\nset b\nend\nset c", "2:a;6:c;"},
		{"if !host\nset a\nelse\nset b\nend", "4:b;"},
		{"if off\nset a\nend\nif zero\nset b\nend\nif empty\nset c\nend", ""},
		{"if env.NONE\nset a\nelse\nset b\nend", "4:b;"},
		{"if host == alpha\nset a\nend", "2:a;"},
		{"if host != alpha\nset a\nelse\nset b\nend", "4:b;"},
		{"if host < beta\nset a\nend", "2:a;"},
		{"if columns >= 100\nset a\nelse\nset b\nend", "4:b;"},
		{"if columns > 9\nset a\nend", "2:a;"},
		{"if columns == 80.0\nset a\nend", "2:a;"},
		{"if columns <= nan\nset a\nend", "2:a;"}, /* compared as words */
		{"profile work\nset a\nend\nprofile home\nset b\nend", "2:a;"},
		{"if host\nif off\nset a\nelse\nset b\nend\nset c\nelse\nset d\nend",
			"5:b;7:c;"},
		{"if off\nif host\nset a\nelse\nset b\nend\nelse\nset c\nend", "8:c;"},
		{"if off\nnonsense\nif nobody\nend\ninclude /no/such\nend", ""},
		{"profile work\nif host\nset a\nend\nend\n", "3:a;"},
		{"bind k -- if x", "k/-/if x;"},
		{"bind k pane=p pane=q", "k/p/-;"},
		{"bind k \"pane=a b\" --", "k/a b/;"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		read_bytes(rows[i].text, strlen(rows[i].text), rows[i].want);
}

static void nul_bytes(void **state)
{
	static const struct {
		const char *text;
		size_t n;
		const char *want;
	} rows[] = {
		{"set a\0b\nset c", 13, "2:c;rc:1:1: a NUL byte in the line\n"},
		{"\0", 1, "rc:1:1: a NUL byte in the line\n"},
		/* No part of a joined line runs. */
		{"set a \\\n\0\nset c", 15, "3:c;rc:1:1: a NUL byte in the line\n"},
		{"set a \\\n\0 \\\nb\nset c", 19, "4:c;rc:1:1: a NUL byte in the line\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		read_bytes(rows[i].text, rows[i].n, rows[i].want);
}

static void deep_blocks(void **state)
{
	struct str text;

	(void)state;
	str_init(&text, 10000);
	for (int i = 0; i < CONF_MAX_DEPTH; i++)
		str_puts(&text, "if host\n");
	str_puts(&text, "set in\n");
	for (int i = 0; i < CONF_MAX_DEPTH; i++)
		str_puts(&text, "end\n");
	read_bytes(text.p, text.n, "9:in;");
	/* One more: nothing inside it runs, its end is its own. */
	str_reset(&text);
	for (int i = 0; i < CONF_MAX_DEPTH; i++)
		str_puts(&text, "if host\n");
	str_puts(&text,
		"if off\nset bad\nif off\nelse\nset bad\nend\nelse\nset bad\nend\n"
		"set in\n");
	for (int i = 0; i < CONF_MAX_DEPTH; i++)
		str_puts(&text, "end\n");
	str_puts(&text, "set out\n");
	read_bytes(text.p, text.n,
		"18:in;27:out;rc:9:1: blocks nested deeper than 8\n"
		"rc:11:1: blocks nested deeper than 8\n");
	str_release(&text);
}

static void huge_texts(void **state)
{
	static const char *const units[] = {"x\n", "profile a%d\nend\n", "\"\n",
		"if off\n", "set a\n", "x", "\\\n", "include x\n", "set a \\\n", "\n"};

	(void)state;
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
		struct str text, s;
		struct conf conf = {.verbs = verbs, .ctx = &s, .lookup = look};
		int64_t start;
		int k = 0;

		str_init(&s, 100);
		str_init(&text, 1 << 20);
		while (!text.cut)
			str_printf(&text, units[i], k++);
		start = time_mono_ms();
		conf_read_text(&conf, "rc", text.p, text.n);
		assert_true(conf.error_count <= CONF_MAX_ERRORS);
		assert_true(conf.profile_count <= CONF_MAX_PROFILES);
		if (time_mono_ms() - start > 4000)
			fail_msg("%s: %d ms", units[i], (int)(time_mono_ms() - start));
		conf_release(&conf);
		str_release(&text);
		str_release(&s);
	}
	/* A line just long enough, and one byte more. */
	for (size_t n = CONF_MAX_LINE; n <= CONF_MAX_LINE + 1; n++) {
		char *line = mem_new(n + 1, 1);

		memset(line, ' ', n);
		memcpy(line, "set", 3);
		line[n - 1] = 'z';
		read_bytes(line, n,
			n == CONF_MAX_LINE ? "1:z;"
					   : "rc:1:1: a line longer than 8192 bytes\n");
		mem_free(line);
	}
}

static void read_named(const char *name, const char *want)
{
	struct str s, path;
	struct conf conf = {.verbs = verbs, .ctx = &s, .lookup = look};

	str_init(&s, 1 << 20);
	str_init(&path, 200);
	str_puts(&path, in_folder(name));
	conf_read_file(&conf, str_text(&path), false);
	for (size_t i = 0; i < conf.error_count; i++)
		str_printf(&s, "%s:%d:%d: %s\n",
			strrchr(conf.errors[i].place.file, '/') + 1,
			conf.errors[i].place.line, conf.errors[i].place.column,
			conf.errors[i].text);
	assert_true(str_starts(str_text(&s), want));
	conf_release(&conf);
	str_release(&path);
	str_release(&s);
}

/* Each of nine files includes the next eight times. */
static void put_bomb(void)
{
	for (char name[] = "0", line[] = "include 1\n"; name[0] <= '8'; name[0]++) {
		char text[8 * sizeof line] = "";

		for (size_t i = 0; i < 8; i++)
			strcat(text, line);
		put_file(name, text);
		line[8]++;
	}
}

static void includes(void **state)
{
	char home[200];

	(void)state;
	snprintf(home, sizeof home, "%s", folder);
	setenv("HOME", home, 1);
	put_file("a", "set a\ninclude b\ninclude -q none\nset a2\n");
	put_file("b", "set b\nsett\ninclude c\n");
	put_file("c", "set c\n");
	put_file("self", "set s\ninclude self\n");
	put_file("loop", "set l\ninclude ./back\n");
	put_file("back", "include -q loop\nset b\n");
	put_bomb();
	put_file("home", "include ~/c\n");
	put_file("open", "include unclosed\nset after\n");
	put_file("unclosed", "if host\n");
	read_named("a", "1:a;1:b;1:c;4:a2;b:2:1: unknown word sett; did you mean set?\n");
	read_named("self", "1:s;self:2:9: self is being read already: left out\n");
	read_named("loop", "1:l;2:b;back:1:12: loop is being read already: left out\n");
	read_named("home", "1:c;");
	/* A block ends with its file. */
	read_named("open", "2:after;unclosed:1:1: no end for the if here\n");
	read_named("none", "none:0:0: cannot read it: No such file or directory\n");
	read_named("", ":0:0: cannot read it: Is a directory\n");
	alarm(20);
	read_named("0", "7:1:9: includes nested deeper than 8 (8)\n");
	alarm(0);
	for (size_t i = 0; i < 8; i++)
		unlink(in_folder(((const char *const[]){
			"a", "b", "c", "self", "loop", "back", "home", "open"})[i]));
	for (char name[] = "0"; name[0] <= '8'; name[0]++)
		unlink(in_folder(name));
	unlink(in_folder("unclosed"));
}

static void large_file(void **state)
{
	struct str text;

	(void)state;
	str_init(&text, CONF_MAX_BYTES + 100);
	while (text.n < CONF_MAX_BYTES + 10)
		str_puts(&text, "# 3456789\n");
	str_puts(&text, "set never\n");
	put_file("large", text.p);
	read_named("large", "large:0:0: larger than 1024 KiB; the rest was not read\n");
	unlink(in_folder("large"));
	str_release(&text);
}

static void nearest_names(void **state)
{
	static const char *const names[] = {"acknowledge", "snooze", "quit", "é", NULL};
	static const struct {
		const char *word, *want;
	} rows[] = {
		{"acknowlege", "; did you mean acknowledge?"},
		{"snoze", "; did you mean snooze?"},
		{"quit", "; did you mean quit?"},
		{"q", ""},
		{"", ""},
		{"zzzzzzz", ""},
		{"a word of more than one hundred and twenty bytes that is like none of "
		 "the "
		 "names there are, so that no hint is better than any hint",
			""},
	};
	char out[80];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_string_equal(conf_nearest(rows[i].word, names, sizeof *names, out),
			rows[i].want);
}

/* What is quoted comes back as one word, wherever it stands. */
static void quoting(void **state)
{
	static const struct {
		const char *word, *quoted;
	} rows[] = {
		{"plain", "plain"},
		{"", "\"\""},
		{"a b", "\"a b\""},
		{"a\tb", "\"a\tb\""},
		{"\"", "\"\\\"\""},
		{"a\"b", "a\"b"},
		{"a\\b", "a\\b"},
		{"a=\"b\"", "\"a=\\\"b\\\"\""},
		{"a=\"b", "\"a=\\\"b\""},
		{"a=b\"", "a=b\""},
		{"a\\", "\"a\\\\\""},
		{"a b\\", "\"a b\\\\\""},
		{"#", "\"#\""},
		{"#ff8800", "\"#ff8800\""},
		{"a#", "a#"},
		{"--", "\"--\""},
		{"--x", "--x"},
		{"a\r", "\"a\r\""},
		{"\\\"", "\\\""},
		{"\\ \"\\\\\"", "\"\\\\ \\\"\\\\\\\\\\\"\""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct str s, ran;
		struct conf conf = {.verbs = verbs, .ctx = &ran};
		struct str want;

		str_init(&s, 200);
		str_init(&ran, 200);
		str_init(&want, 200);
		conf_quote(&s, rows[i].word);
		assert_string_equal(str_text(&s), rows[i].quoted);
		str_reset(&s);
		str_puts(&s, "set ");
		conf_quote(&s, rows[i].word);
		str_puts(&s, "\nset ");
		conf_quote(&s, rows[i].word);
		str_puts(&s, " end\n");
		assert_true(conf_read_text(&conf, "rc", s.p, s.n));
		str_printf(&want, "1:%s;2:%s;", rows[i].word, rows[i].word);
		assert_string_equal(str_text(&ran), str_text(&want));
		conf_release(&conf);
		str_release(&s);
		str_release(&ran);
		str_release(&want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepted_lines),
		cmocka_unit_test(refused_splits),
		cmocka_unit_test(refused_lines),
		cmocka_unit_test(lines_and_blocks),
		cmocka_unit_test(nul_bytes),
		cmocka_unit_test(deep_blocks),
		cmocka_unit_test(huge_texts),
		cmocka_unit_test(includes),
		cmocka_unit_test(large_file),
		cmocka_unit_test(nearest_names),
		cmocka_unit_test(quoting),
	};

	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
