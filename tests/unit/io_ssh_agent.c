/* Which requests reach an agent, and which of its keys are seen: "AAEC" is the key 0 1 2,
 * "AwQ=" is 3 4. */
#include "io/ssh_agent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define BYTES(text) text, sizeof(text) - 1
#define KEY_A       "\0\0\0\3\0\1\2"
#define KEY_B       "\0\0\0\2\3\4"

static void requests(void **state)
{
	static const struct {
		const char *p;
		size_t n;
		enum agent_verdict verdict;
	} rows[] = {
		{BYTES("\x0b"), AGENT_LISTS},
		{BYTES("\x0bx"), AGENT_REFUSE},
		{BYTES("\x0d" KEY_A "\0\0\0\1x\0\0\0\0"), AGENT_PASS},
		{BYTES("\x0d" KEY_B "\0\0\0\1x\0\0\0\0"), AGENT_REFUSE},
		{BYTES("\x0d\0\0\0\0\0\0\0\1x"), AGENT_REFUSE},
		{BYTES("\x0d\0\0\0\4\0\1\2"), AGENT_REFUSE},
		{BYTES("\x0d\xff\xff\xff\xff\0\1\2"), AGENT_REFUSE},
		{BYTES("\x0d"), AGENT_REFUSE},
		{BYTES("\x13"), AGENT_REFUSE},       /* remove all */
		{BYTES("\x11" KEY_A), AGENT_REFUSE}, /* add one */
		{BYTES("\x1b"), AGENT_REFUSE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_int_equal(
			agent_request(rows[i].p, rows[i].n, "\nAAEC\n"), rows[i].verdict);
}

static void lists(void **state)
{
	static const struct {
		const char *p;
		size_t n;
		const char *listed, *want;
		size_t want_n;
	} rows[] = {
		{BYTES("\x0c\0\0\0\2" KEY_A "\0\0\0\1a" KEY_B "\0\0\0\0"), "\nAAEC\n",
			BYTES("\0\0\0\x11\x0c\0\0\0\1" KEY_A "\0\0\0\1a")},
		{BYTES("\x0c\0\0\0\2" KEY_A "\0\0\0\1a" KEY_B "\0\0\0\0"), "\nx\nAwQ=\n",
			BYTES("\0\0\0\x0f\x0c\0\0\0\1" KEY_B "\0\0\0\0")},
		{BYTES("\x0c\0\0\0\1" KEY_A "\0\0\0\1a"), "\nAAE\n",
			BYTES("\0\0\0\5\x0c\0\0\0\0")},
		{BYTES("\x0c\0\0\0\0"), "\nAAEC\n", BYTES("\0\0\0\5\x0c\0\0\0\0")},
		{BYTES("\x0c\0\0\0\2" KEY_A "\0\0\0\1a"), "\nAAEC\n",
			BYTES("\0\0\0\1\5")},
		{BYTES("\x0c\xff\xff\xff\xff"), "\nAAEC\n", BYTES("\0\0\0\1\5")},
		{BYTES("\x0c\0\0\0\1\0\0\0\x7f\0"), "\nAAEC\n", BYTES("\0\0\0\1\5")},
		{BYTES("\x0c\0\0\0\1" KEY_A "\xff\xff\xff\xff"), "\nAAEC\n",
			BYTES("\0\0\0\1\5")},
		{BYTES("\5"), "\nAAEC\n", BYTES("\0\0\0\1\5")},
		{BYTES("\x0c"), "\nAAEC\n", BYTES("\0\0\0\1\5")},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct str out;

		str_init(&out, 1000);
		agent_list(rows[i].p, rows[i].n, rows[i].listed, &out);
		assert_int_equal(out.n, rows[i].want_n);
		assert_memory_equal(out.p, rows[i].want, out.n);
		str_release(&out);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests),
		cmocka_unit_test(lists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
