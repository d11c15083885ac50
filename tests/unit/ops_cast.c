/* Recordings of terminals: lines that are asciicast v2, no character split wherever the
 * pieces are cut; and the filter, which lets everything through but the clipboard. */
#include "base/alloc.h"
#include "base/str.h"
#include "io/file.h"
#include "io/loop.h"
#include "io/task.h"
#include "ops/cast.h"
#include "ops/recording.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* --- the filter --- */

static void filtered(const char *text, size_t n, size_t piece, struct str *out)
{
	struct cast_filter filter = {0};

	str_init(out, 1 << 16);
	for (size_t i = 0; i < n; i += piece)
		cast_filter(&filter,
			untrusted_make(text + i, n - i < piece ? n - i : piece), out);
}

static void filters(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{"plain\r\n\tä€😀", "plain\r\n\tä€😀"},
		{"\033[31mred\033[0m", "\033[31mred\033[0m"},
		{"\033]0;title\007x", "\033]0;title\007x"},
		{"\033]00;t\007x", "\033]0;t\007x"},
		{"\033]8;;http://a\033\\l", "\033]8;;http://a\033\\l"},
		{"\033]5;x\007", "\033]5;x\007"},
		{"\033]520;x\007y", "\033]520;x\007y"},
		{"\033c\0337\302\240\302\251", "\033c\0337\302\240\302\251"},
		{"\033Pq#0\033\\x", "\033Pq#0\033\\x"},
		/* CAN stands where something was left out. */
		{"\033]52;c;QUJD\007x", "\030x"},
		{"\033]52\007x", "\030x"},
		{"a\033]52;c;QUJD\033\\x", "a\030x"},
		{"a\033]52;c;QUJD\302\234x", "a\030x"},
		{"a\302\235"
		 "52;c;QUJD\007x",
			"a\030x"},
		{"a\033]000000000000000000052;c;QUJD\007x", "a\030x"},
		{"a\033]5\0012;c;QUJD\007x", "a\030x"},
		{"a\033\033]52;c;QUJD\007x", "a\033\030x"},
		{"a\033[\033]52;c;QUJD\007x", "a\033[\030x"},
		{"a\033\005]52;c;QUJD\007x", "a\005\030x"},
		{"\033]52;c;QUJD\033[31mx", "\030\033[31mx"},
		{"\033Ptmux;\033\033]52;c;QUJD\007\033\\x", "\030x"},
		{"\033P\033]52;c;QUJD\007\033\\x", "\033P\030\033\\x"},
		{"\033]5\033]52;x\007"
		 "2;c;QQ\007",
			"\033]5\030"
			"2;c;QQ\007"},
		{"\033\033]52;x\007]52;c;QQ\007", "\033\030]52;c;QQ\007"},
		{"\302\033]52;x\007\235"
		 "52;c;QQ",
			"\302\030\235"
			"52;c;QQ"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		for (size_t piece = 1; piece < 9; piece++) {
			struct str out;

			filtered(rows[i].in, strlen(rows[i].in), piece, &out);
			if (strcmp(str_text(&out), rows[i].out))
				fail_msg("row %zu by %zu: %s", i, piece, str_text(&out));
			str_release(&out);
		}
}

/* Whatever stands around it, the clipboard is not written to. */
static void never_the_clipboard(void **state)
{
	static const char parts[][8] = {"\033", "]", "5", "2", ";", "0", "\302\235", "P",
		"tmux;", "\007", "\\", "c;QQ", "\302", "\001", "[", "\030"};
	uint64_t seed = 1;

	(void)state;
	for (int round = 0; round < 20000; round++) {
		char text[200] = "";
		struct str out;

		for (int i = 0; i < 16; i++) {
			seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
			strcat(text, parts[seed >> 60]);
		}
		filtered(text, strlen(text), 3, &out);
		assert_null(strstr(str_text(&out), "\033]52;"));
		assert_null(strstr(str_text(&out), "\302\235"
						   "52;"));
		str_release(&out);
	}
}

/* --- the file --- */

static struct loop *loop;

static void written(void *ctx)
{
	(void)ctx;
}

static void ended(void *ctx)
{
	(void)ctx;
	loop_stop(loop);
}

static void recorded(void **state)
{
	static const char text[] =
		"a\"b\\ \033[31m\303\244\342\202\254\360\237\230\200\377z";
	char folder[] = "/tmp/oogway-cast-XXXXXX", path[64], hash[SHA256_DIGITS + 1];
	char own[SHA256_DIGITS + 1];
	struct task_pool *pool;
	struct untrusted rest, line;
	struct cast *cast;
	static const char seen[] =
		"a\"b\\ \033[31m\303\244\342\202\254\360\237\230\200\357\277\275z";
	struct recording read;
	struct str file;
	struct err err;
	int resizes = 0;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/x.cast", folder);
	loop = loop_new();
	pool = task_pool_new(loop);
	cast = cast_new(&(struct cast_how){.pool = pool,
		.path = path,
		.title = "web \"1\"",
		.term = "xterm",
		.columns = 80,
		.rows = 24,
		.written = written});
	for (size_t i = 0; i < sizeof text - 1; i++)
		cast_output(cast, untrusted_make(text + i, 1));
	cast_resize(cast, 100, 30);
	cast_output(cast, untrusted_make("\342\202", 2));
	cast_end(cast, ended);
	loop_run(loop);
	assert_null(cast_error(cast));
	cast_hash(cast, hash);
	assert_int_equal(cast_bytes(cast), sizeof text + 1);
	str_init(&file, 1 << 16);
	assert_true(file_read(path, &file, &err));
	rest = untrusted_make(file.p, file.n);
	sha256_text(&rest, 1, own);
	assert_string_equal(hash, own);
	/* It reads back as what it was, no character split. */
	assert_true(recording_read(&read, rest, &err));
	assert_true(read.timed);
	assert_int_equal(read.columns, 80);
	assert_int_equal(strncmp(str_text(&read.text), seen, strlen(seen)), 0);
	for (size_t k = 0; k < read.count; k++)
		resizes += read.events[k].resize && read.events[k].columns == 100 &&
			   read.events[k].rows == 30;
	assert_int_equal(resizes, 1);
	while (untrusted_line(&rest, &line))
		assert_true(untrusted_find(line, "\357\277\275\357\277\275\357") < 0);
	recording_release(&read);
	str_release(&file);
	cast_free(cast);
	task_pool_free(pool);
	loop_free(loop);
	unlink(path);
	rmdir(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(filters),
		cmocka_unit_test(never_the_clipboard),
		cmocka_unit_test(recorded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
