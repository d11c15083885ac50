/* Memory and text that grows: alloc, arena, str and err, at their limits. */
#include "base/alloc.h"
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "base/untrusted.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void alloc_zeroes_and_copies(void **state)
{
	unsigned char *p = mem_new(100, 7);
	char *text = mem_strdup("abc");
	int *list = NULL;
	size_t count = 0, cap = 0;

	(void)state;
	for (int i = 0; i < 700; i++)
		assert_int_equal(p[i], 0);
	assert_string_equal(text, "abc");
	for (int i = 0; i < 1000; i++) {
		MEM_ROOM(list, count, cap);
		list[count++] = i;
	}
	for (int i = 0; i < 1000; i++)
		assert_int_equal(list[i], i);
	assert_true(cap >= count && cap < 2 * count);
	mem_free(p);
	mem_free(text);
	mem_free(list);
	mem_free(NULL);
	p = mem_new(0, 0);
	assert_non_null(p);
	p = mem_resize(p, 0, 8);
	assert_non_null(p);
	mem_free(p);
	p = mem_dup("", 0);
	assert_non_null(p);
	mem_free(p);
}

static void say_restored(void)
{
	if (write(STDOUT_FILENO, "restored\n", 9) != 9)
		_exit(3);
}

/* A child runs out; the hook must have run before it was aborted. */
static void exhausted_runs_the_hook(void **state)
{
	static size_t huge = SIZE_MAX / 2;
	int out[2], status;
	char text[32] = "";
	pid_t child;

	(void)state;
	assert_int_equal(pipe(out), 0);
	child = fork();
	if (!child) {
		dup2(out[1], STDOUT_FILENO);
		signal(SIGABRT, SIG_DFL);
		mem_on_exhausted(say_restored);
		mem_resize(NULL, huge, 4);
		_exit(0);
	}
	close(out[1]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	assert_int_equal(read(out[0], text, sizeof text - 1), 9);
	assert_string_equal(text, "restored\n");
	close(out[0]);
}

static void arena_aligns_and_zeroes(void **state)
{
	struct arena arena;

	(void)state;
	arena_init(&arena, 1 << 20);
	for (size_t size = 0; size < 600; size += 7) {
		unsigned char *p = arena_alloc(&arena, size);

		assert_non_null(p);
		assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
		for (size_t i = 0; i < size; i++)
			assert_int_equal(p[i], 0);
		memset(p, 0xff, size);
	}
	arena_reset(&arena);
	assert_int_equal(arena.used_bytes, 0);
	for (int i = 0; i < 200; i++) {
		unsigned char *p = arena_alloc(&arena, 33);

		for (int k = 0; k < 33; k++)
			assert_int_equal(p[k], 0);
		memset(p, 0xff, 33);
	}
	assert_string_equal(arena_strdup(&arena, "text"), "text");
	assert_string_equal(arena_strndup(&arena, "text", 2), "te");
	assert_string_equal(arena_strndup(&arena, NULL, 0), "");
	arena_release(&arena);
	arena_release(&arena);
}

static void arena_limit_holds(void **state)
{
	struct arena arena;
	size_t n = 0;

	(void)state;
	arena_init(&arena, 10000);
	assert_null(arena_alloc(&arena, 10001));
	assert_true(arena.full);
	assert_null(arena_alloc(&arena, SIZE_MAX));
	assert_null(arena_strndup(&arena, "x", SIZE_MAX));
	arena_reset(&arena);
	assert_false(arena.full);
	assert_non_null(arena_alloc(&arena, 10000));
	assert_null(arena_alloc(&arena, 1));
	/* Also for many that are small, or nothing. */
	for (size_t size = 0; size < 2; size++) {
		arena_reset(&arena);
		for (n = 0; n < 100000 && arena_alloc(&arena, size); n++)
			;
		assert_in_range(n, 600, 640);
		assert_true(arena.full);
	}
	arena_release(&arena);
	assert_false(arena.full);
	arena_init(&arena, SIZE_MAX);
	assert_null(arena_alloc(&arena, SIZE_MAX - 3));
	arena_release(&arena);
}

static void arena_drops_a_huge_block(void **state)
{
	struct arena arena;

	(void)state;
	arena_init(&arena, 64 << 20);
	assert_non_null(arena_alloc(&arena, 32 << 20));
	arena_reset(&arena);
	assert_null(arena.head);
	assert_non_null(arena_alloc(&arena, 10));
	arena_release(&arena);
}

static void str_grows(void **state)
{
	struct str s;
	char big[1000], *taken;

	(void)state;
	str_init(&s, 1 << 16);
	assert_string_equal(str_text(&s), "");
	memset(big, 'b', sizeof big - 1);
	big[sizeof big - 1] = '\0';
	assert_true(str_puts(&s, "a"));
	assert_true(str_printf(&s, "%d-%s", 12, big));
	assert_true(str_putc(&s, 'z'));
	assert_int_equal(s.n, 1 + 3 + 999 + 1);
	assert_true(str_starts(str_text(&s), "a12-b"));
	assert_true(str_ends(str_text(&s), "bz"));
	str_reset(&s);
	assert_string_equal(str_text(&s), "");
	str_add(&s, "x\0y", 3);
	assert_int_equal(s.n, 3);
	taken = str_take(&s);
	assert_memory_equal(taken, "x\0y", 4);
	mem_free(taken);
	taken = str_take(&s);
	assert_string_equal(taken, "");
	mem_free(taken);
	str_release(&s);
}

static void str_is_cut_between_characters(void **state)
{
	static const struct {
		size_t max;
		const char *add, *kept;
	} rows[] = {
		{0, "a", ""},
		{1, "ab", "a"},
		{2, "ab", "ab"},
		{3, "aé", "aé"},
		{2, "aé", "a"},
		{3, "a€b", "a"},
		{4, "a€b", "a€"},
		{4, "a😀", "a"},
		{3, "\x80\x80\x80\x80\x80\x80", "\x80\x80\x80"},
		{1, "é", ""},
		{3, "ab\x80\x80\x80", "ab\x80"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct str s;

		str_init(&s, rows[i].max);
		assert_int_equal(
			str_puts(&s, rows[i].add), strlen(rows[i].add) <= rows[i].max);
		assert_int_equal(s.cut, strlen(rows[i].add) > rows[i].max);
		assert_string_equal(str_text(&s), rows[i].kept);
		/* What comes behind a cut must not close the gap. */
		if (s.cut) {
			assert_false(str_putc(&s, 'q'));
			assert_false(str_printf(&s, "%s", ""));
			assert_string_equal(str_text(&s), rows[i].kept);
			str_reset(&s);
			assert_false(s.cut);
		}
		str_release(&s);
	}
}

static void copies_are_cut_between_characters(void **state)
{
	static const struct {
		size_t size;
		const char *from, *to;
		bool fits;
	} rows[] = {
		{4, "abc", "abc", true},
		{3, "abc", "ab", false},
		{1, "abc", "", false},
		{1, "", "", true},
		{3, "aé", "a", false},
		{4, "aé", "aé", true},
		{5, "😀😀", "😀", false},
		{4, "😀", "", false},
		{4, "\xbf\xbf\xbf\xbf\xbf\xbf", "\xbf\xbf\xbf", false},
	};
	char to[16];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		memset(to, '!', sizeof to);
		assert_int_equal(str_copy(to, rows[i].size, rows[i].from), rows[i].fits);
		assert_string_equal(to, rows[i].to);
		assert_int_equal(to[rows[i].size], '!');
	}
	to[0] = 'x';
	assert_false(str_copy(to, 0, "a"));
	assert_int_equal(to[0], 'x');
}

static void distances(void **state)
{
	static const struct {
		const char *a, *b;
		int d;
	} rows[] = {
		{"", "", 0},
		{"a", "", 1},
		{"", "abc", 3},
		{"kitten", "sitting", 3},
		{"flaw", "lawn", 2},
		{"same", "same", 0},
		{"bind", "bnid", 2},
		{"aaaaaaaaaabbbbbbbbbbccccccccccddddddddddx", "a", 40},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(str_distance(rows[i].a, rows[i].b), rows[i].d);
		assert_int_equal(str_distance(rows[i].b, rows[i].a), rows[i].d);
	}
	assert_false(str_starts("ab", "abc"));
	assert_true(str_starts("ab", ""));
	assert_false(str_ends("bc", "abc"));
	assert_true(str_ends("abc", ""));
}

static void errors_are_one_clean_line(void **state)
{
	static const struct {
		const char *word, *text;
	} rows[] = {
		{"plain", "cannot open plain: no"},
		{"a\033[2Jb", "cannot open a^[[2Jb: no"},
		{"a\nb\tc", "cannot open a b c: no"},
		{"\xc2\x9b", "cannot open <U+009B>: no"},
		{"\xff", "cannot open <FF>: no"},
		{"\xe2\x80\xae", "cannot open <U+202E>: no"},
	};
	char huge[2000];
	struct err err = {0};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_false(
			err_set(&err, ERR_IO, "cannot open %s: %s", rows[i].word, "no"));
		assert_string_equal(err.text, rows[i].text);
		assert_int_equal(err.kind, ERR_IO);
	}
	/* A sentence about itself, and one that is a prefix of itself. */
	err_set(&err, ERR_NET, "%s", "first");
	err_set(&err, ERR_NET, "[%s]", err.text);
	assert_string_equal(err.text, "[first]");
	assert_false(err_prefix(&err, "%s: \033", "where"));
	assert_string_equal(err.text, "where: ^[[first]");
	assert_int_equal(err.kind, ERR_NET);
	/* é is two bytes: a cut anywhere must not halve one. */
	for (size_t i = 0; i + 2 < sizeof huge; i += 2)
		memcpy(huge + i, "é", 3);
	for (int shift = 0; shift < 3; shift++) {
		err_set(&err, ERR_IO, "%.*s%s", shift, "xxx", huge);
		assert_true(strlen(err.text) < sizeof err.text);
		assert_true(strlen(err.text) > sizeof err.text - 6);
		assert_true(str_ends(err.text, "é…"));
		err_prefix(&err, "%s", "p");
		assert_true(str_ends(err.text, "…"));
	}
	err_prefix(&err, "%s", huge);
	assert_true(str_ends(err.text, "é…"));
	assert_false(err_set(NULL, ERR_IO, "%s", "x"));
	assert_false(err_prefix(NULL, "%s", "x"));
	for (int kind = ERR_NONE; kind <= ERR_CANCELLED; kind++)
		assert_non_null(err_kind_name((enum err_kind)kind));
	assert_string_equal(err_kind_name(ERR_TIMEOUT), "timeout");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(alloc_zeroes_and_copies),
		cmocka_unit_test(exhausted_runs_the_hook),
		cmocka_unit_test(arena_aligns_and_zeroes),
		cmocka_unit_test(arena_limit_holds),
		cmocka_unit_test(arena_drops_a_huge_block),
		cmocka_unit_test(str_grows),
		cmocka_unit_test(str_is_cut_between_characters),
		cmocka_unit_test(copies_are_cut_between_characters),
		cmocka_unit_test(distances),
		cmocka_unit_test(errors_are_one_clean_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
