/* Hosts in groups by what they have come to, and how one differs from another. */
#include "base/alloc.h"
#include "base/str.h"
#include "ops/fan_compare.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct fan_host host(enum fan_state state, int exit_code, const char *hash)
{
	struct fan_host h = {.state = state, .exit_code = exit_code, .group = -1};

	h.intent = state == FAN_UNREACHED || state == FAN_SKIPPED ? 0 : 7;
	snprintf(h.hashes[0], sizeof h.hashes[0], "%s", hash);
	return h;
}

static void groups(void **state)
{
	struct fan_host hosts[] = {
		host(FAN_SKIPPED, 0, ""),
		host(FAN_DONE, 0, "b"),
		host(FAN_DONE, 0, "a"),
		host(FAN_RUNNING, 0, ""),
		host(FAN_SKIPPED, 0, ""),
		host(FAN_DONE, 0, "a"),
		host(FAN_FAILED, 1, "a"),
		host(FAN_SKIPPED, 0, ""),
	};
	static const int wanted[] = {3, 1, 0, -1, 3, 0, 2, 3};
	struct fan_group *list;

	(void)state;
	assert_int_equal(fan_group_hosts(hosts, 8, &list), 4);
	for (size_t i = 0; i < 8; i++)
		assert_int_equal(hosts[i].group, wanted[i]);
	assert_int_equal(list[0].count, 2);
	assert_int_equal(list[0].first, 2);
	/* What was not begun stands last, however many they are. */
	assert_int_equal(list[3].count, 3);
	assert_false(list[3].begun);
	mem_free(list);
}

static void differ(const char *from, const char *to, const char *want)
{
	struct fan_host a = host(FAN_DONE, 0, "a"), b = host(FAN_DONE, 0, "b");
	struct str out;

	str_init(&a.shown[0], 1 << 16);
	str_init(&b.shown[0], 1 << 16);
	str_init(&out, 1 << 16);
	str_puts(&a.shown[0], from);
	str_puts(&b.shown[0], to);
	fan_differ(&a, &b, 0, &out);
	assert_string_equal(str_text(&out), want);
	str_release(&a.shown[0]);
	str_release(&b.shown[0]);
	str_release(&out);
}

static void differences(void **state)
{
	(void)state;
	differ("a\nb\nc\n", "a\nB\nc\n", " a\n-b\n+B\n c\n");
	differ("a\nb\nc\nd\ne\n", "a\nb\nc\nd\ne\nf\n", " e\n+f\n");
	differ("", "x\n", "+x\n");
	differ("x\n", "", "-x\n");
	differ("a\nb\n", "b\na\n", "-a\n b\n+a\n");
	differ("a\n\033[31mb\n", "a\n", " a\n-^[[31mb\n");
	differ("same\n", "same\n", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(groups),
		cmocka_unit_test(differences),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
