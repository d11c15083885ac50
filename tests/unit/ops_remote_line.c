/* The line for the far shell: which words stand as they are, and that nothing of the
 * others does. What real shells make of it is tests/live/ssh_shells.sh. */
#include "base/str.h"
#include "ops/remote_line.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SCRIPT                                                                           \
	"exec /bin/sh -c 'for a do shift; b=$(printf %b/ \"$a\"); set -- \"$@\" "        \
	"\"${b%/}\"; done; exec \"$@\"' sh"

static void lines(void **state)
{
	static const struct {
		const char *argv[5], *line;
	} rows[] = {
		{{"uptime"}, "exec uptime"},
		{{"ls", "-l", "/var/log", "a.b,c:d@e+f=g_h"},
			"exec ls -l /var/log a.b,c:d@e+f=g_h"},
		{{"ls", ""}, SCRIPT " 'ls' ''"},
		{{"ls", "a b"}, SCRIPT " 'ls' 'a\\0040b'"},
		{{"ls", "'; x #"}, SCRIPT " 'ls' '\\0047\\0073\\0040x\\0040\\0043'"},
		{{"ls", "\\"}, SCRIPT " 'ls' '\\0134'"},
		{{"ls", "!"}, SCRIPT " 'ls' '\\0041'"},
		{{"ls", "\n"}, SCRIPT " 'ls' '\\0012'"},
		{{"ls", "\xff"}, SCRIPT " 'ls' '\\0377'"},
		{{"ls", "=ls"}, SCRIPT " 'ls' '\\0075ls'"},
		{{"A=b", "ls"}, SCRIPT " 'A\\0075b' 'ls'"},
		{{"-c", "ls"}, SCRIPT " '-c' 'ls'"},
		{{"noglob", "ls"}, SCRIPT " 'noglob' 'ls'"},
		{{"ls", "~", "%1"}, SCRIPT " 'ls' '\\0176' '\\00451'"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct str out;
		struct err err;

		str_init(&out, 4096);
		assert_true(remote_line_add(&out, rows[i].argv, &err));
		assert_string_equal(str_text(&out), rows[i].line);
		str_release(&out);
	}
}

static void refused(void **state)
{
	static char large[REMOTE_LINE_BYTES];
	const char *none[] = {NULL}, *empty[] = {"", "a", NULL};
	const char *much[] = {"ls", large, NULL};
	struct str out;
	struct err err;

	(void)state;
	memset(large, 'a', sizeof large - 1);
	str_init(&out, 1 << 20);
	assert_false(remote_line_add(&out, none, &err));
	assert_false(remote_line_add(&out, empty, &err));
	assert_false(remote_line_add(&out, much, &err));
	assert_int_equal(err.kind, ERR_LIMIT);
	str_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
