/* What sudo says: its refusal to the letter, its prompt however it is cut, and nothing
 * that a command could say instead. */
#include "base/secret.h"
#include "base/str.h"

#include "ops/sudo.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define REFUSAL "sudo: a password is required\n"

static void refusals(void **state)
{
	static const struct {
		const char *out, *err;
		int exit_code;
		bool refused;
	} rows[] = {
		{"", REFUSAL, 1, true},
		{"", REFUSAL, 0, false},
		{"", REFUSAL, 2, false},
		{"x", REFUSAL, 1, false},
		{"", "x" REFUSAL, 1, false},
		{"", REFUSAL "x", 1, false},
		{"", REFUSAL REFUSAL, 1, false},
		{"", "sudo: a password is required", 1, false},
		{"", "sudo: a terminal is required\n", 1, false},
		{"", "", 1, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct sudo sudo;

		sudo_begin(&sudo, NULL);
		if (*rows[i].out)
			sudo_hears(&sudo, false, untrusted_str(rows[i].out));
		for (const char *p = rows[i].err; *p; p++)
			assert_int_equal(sudo_hears(&sudo, true, untrusted_make(p, 1)),
				SUDO_NOTHING);
		assert_int_equal(sudo_refused(&sudo, rows[i].exit_code), rows[i].refused);
	}
}

/* The prompt, behind any lecture, in pieces of any size. */
static void prompts(void **state)
{
	char prompt[SUDO_PROMPT], text[4000];

	(void)state;
	sudo_prompt(prompt);
	for (size_t lecture = 0; lecture < 3000; lecture += 97)
		for (size_t part = 1; part < 400; part += 13) {
			struct sudo sudo;
			size_t n, typed = 0;

			memset(text, '[', lecture);
			strcpy(text + lecture, prompt);
			n = lecture + strlen(prompt);
			sudo_begin(&sudo, prompt);
			for (size_t at = 0; at < n; at += part)
				typed +=
					sudo_hears(&sudo, true,
						untrusted_make(text + at,
							n - at < part ? n - at : part)) ==
					SUDO_PASSWORD;
			assert_int_equal(typed, 1);
			assert_false(sudo.wrong);
			assert_int_equal(sudo_hears(&sudo, true, untrusted_str(prompt)),
				SUDO_NOTHING);
			assert_true(sudo.wrong);
			assert_false(sudo_refused(&sudo, 1));
		}
}

/* What is no prompt of sudo's gets nothing; behind the first output nothing does. */
static void no_prompts(void **state)
{
	char prompt[SUDO_PROMPT], other[SUDO_PROMPT];
	struct sudo sudo;

	(void)state;
	sudo_prompt(prompt);
	sudo_prompt(other);
	assert_string_not_equal(prompt, other);
	sudo_begin(&sudo, prompt);
	assert_int_equal(sudo_hears(&sudo, true, untrusted_str(other)), SUDO_NOTHING);
	assert_int_equal(
		sudo_hears(&sudo, true, untrusted_str("Password: ")), SUDO_NOTHING);
	assert_int_equal(sudo_hears(&sudo, false, untrusted_str(prompt)), SUDO_NO_INPUT);
	assert_int_equal(sudo_hears(&sudo, true, untrusted_str(prompt)), SUDO_NOTHING);
	assert_false(sudo.typed);
	sudo_begin(&sudo, NULL);
	assert_int_equal(sudo_hears(&sudo, true, untrusted_str(prompt)), SUDO_NOTHING);
}

static void argvs(void **state)
{
	static const char *const good[] = {
		"sudo", "-n", "-u", "root", "--", "id", "-n", NULL};
	static const char *const others[][3] = {
		{"sudo", "-u", NULL}, {"id", "-n", NULL}, {"sudo", NULL, NULL}};
	const char *out[12];
	struct sudo sudo;

	(void)state;
	sudo_begin(&sudo, "P");
	assert_true(sudo_argv(&sudo, good, out));
	for (size_t i = 0; i < 10; i++) {
		static const char *const want[] = {
			"sudo", "-k", "-S", "-p", "P", "-u", "root", "--", "id", "-n"};

		assert_string_equal(out[i], want[i]);
	}
	assert_null(out[10]);
	for (size_t i = 0; i < 3; i++)
		assert_false(sudo_argv(&sudo, others[i], out));
}

static void put(void *ctx, const void *bytes, size_t n)
{
	str_add(ctx, bytes, n);
}

static void typing(void **state)
{
	struct secret *secret = secret_new("a b", 3);
	struct str out;

	(void)state;
	str_init(&out, 100);
	sudo_type(secret, put, &out);
	assert_string_equal(str_text(&out), "a b\n");
	str_release(&out);
	secret_free(secret);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refusals),
		cmocka_unit_test(prompts),
		cmocka_unit_test(no_prompts),
		cmocka_unit_test(argvs),
		cmocka_unit_test(typing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
