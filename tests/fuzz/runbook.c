/* A runbook from any text: it can be taken apart, its steps looked at, and whatever
 * a value holds, a command has as many words, and a script the same text. */
#include "ops/run.h"
#include "ops/values.h"
#include "ops/words.h"

#include "app/steps.h"
#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
	if (!holds)
		abort();
}

static bool value(void *ctx, struct untrusted name, bool shell, struct untrusted *out,
	struct err *err)
{
	(void)name;
	*out = *(const struct untrusted *)ctx;
	return !shell || words_plain(*out, "") || err_set(err, ERR_REFUSED, "no");
}

static bool ours(void *ctx, struct untrusted name)
{
	(void)ctx;
	(void)name;
	return true;
}

static void commands(struct untrusted block, struct untrusted hostile)
{
	struct untrusted tame = untrusted_str("v");
	const struct words_values a = {value, ours, &tame}, b = {value, ours, &hostile};
	struct words *words = mem_new(1, sizeof *words);
	const char *const *one, *const *two;
	struct untrusted shown;
	struct arena arena;
	size_t n, k;
	struct err err = {0};

	arena_init(&arena, 4 << 20);
	if (!words_read(words, &arena, block, &err)) {
		check(err.text[0] != '\0');
	} else if (words_argv(words, &a, "/bin/sh", &arena, &one, &n, &err)) {
		struct judgement judgement;

		check(n > 0 && !one[n]);
		policy_judge(one, n, &judgement);
		check(judgement.class != AUDIT_UNCLASSED);
		check(!words->shell || judgement.class == AUDIT_SHELL);
		if (words_argv(words, &b, "/bin/sh", &arena, &two, &k, &err)) {
			check(n == k);
			/* The script is the same text. */
			check(!words->shell || !strcmp(one[2], two[2]));
			words_show(words, &b, &arena, &shown, &err);
		}
	}
	arena_release(&arena);
	mem_free(words);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *nul = size ? memchr(data, 0, size) : NULL;
	size_t n = nul ? (size_t)(nul - data) : size;
	struct untrusted text = untrusted_make(data, n);
	struct untrusted hostile = untrusted_make(data + n, size - n);
	struct runbook book;
	struct err err = {0};

	if (untrusted_size(hostile))
		hostile = untrusted_slice(hostile, 1, SIZE_MAX);
	if (nul && memchr(nul + 1, 0, size - n - 1))
		return 0;
	runbook_parse(&book, text);
	for (size_t i = 0; i < book.fault_count; i++)
		check(book.faults[i].line > 0 && book.faults[i].text[0]);
	for (size_t i = 0; i < book.step_count; i++) {
		check(book.steps[i].line > 0 && book.steps[i].timeout_ms > 0);
		check(run_check(app_step_kinds, &book, i, &err) || err.text[0]);
		commands(book.steps[i].text, hostile);
	}
	runbook_release(&book);
	commands(text, hostile);
	return 0;
}
