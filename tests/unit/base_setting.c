/* Typed settings: every type, its range, places, final, defaults, description. */
#include "base/setting.h"
#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { MOUSE, ROWS, EVERY, KEEP, NAME, ORDER, FREE, COUNT };

static const struct setting_row rows[COUNT] = {
	{"mouse", SETTING_BOOL, "on", "use the mouse", NULL, 0, 0},
	{"rows", SETTING_INT, "10", "rows shown", NULL, 1, 100},
	{"every", SETTING_DURATION, "5s", "between polls", NULL, 1000, 3600000},
	{"keep", SETTING_SIZE, "64MiB", "kept", NULL, 1 << 20, INT64_C(1) << 40},
	{"name", SETTING_TEXT, "", "a name", NULL, 0, 0},
	{"order", SETTING_ENUM, "time", "order", "time|name|severity", 0, 0},
	{"free", SETTING_INT, "-3", "any number", NULL, 0, 0},
};

static void values(void **state)
{
	static const struct {
		const char *name, *value;
		int64_t number;
		const char *why; /* NULL: taken */
	} sets[] = {
		{"mouse", "off", 0, NULL},
		{"mouse", "yes", 1, NULL},
		{"mouse", "false", 0, NULL},
		{"mouse", "maybe", 0, "mouse is on or off, not maybe"},
		{"mouse", "", 0, "mouse is on or off, not "},
		{"mouse", "ON", 0, "mouse is on or off, not ON"},
		{"rows", "1", 1, NULL},
		{"rows", "100", 100, NULL},
		{"rows", "0", 0, "rows goes from 1 to 100, not 0"},
		{"rows", "101", 0, "rows goes from 1 to 100, not 101"},
		{"rows", "ten", 0, "rows is a whole number, not ten"},
		{"rows", "1.5", 0, "rows is a whole number, not 1.5"},
		{"rows", "", 0, "rows is a whole number, not "},
		{"rows", "99999999999999999999", 0,
			"rows is a whole number, not 99999999999999999999"},
		{"every", "1m", 60000, NULL},
		{"every", "1h", 3600000, NULL},
		{"every", "1s500ms", 1500, NULL},
		{"every", "999ms", 0, "every goes from 1s to 1h, not 999ms"},
		{"every", "2h", 0, "every goes from 1s to 1h, not 2h"},
		{"every", "5", 0, "every is a duration such as 5s or 2m, not 5"},
		{"keep", "1MiB", 1 << 20, NULL},
		{"keep", "1048576B", 1 << 20, NULL},
		{"keep", "1024GiB", INT64_C(1) << 40, NULL},
		{"keep", "1025GiB", 0,
			"keep goes from 1048576 to 1099511627776, not 1025GiB"},
		{"keep", "9999999999GiB", 0,
			"keep is a size such as 64MiB, not 9999999999GiB"},
		{"keep", "64", 0, "keep is a size such as 64MiB, not 64"},
		{"keep", "64MB", 0, "keep is a size such as 64MiB, not 64MB"},
		{"keep", "-1MiB", 0, "keep is a size such as 64MiB, not -1MiB"},
		{"name", "any thing \"at\" all", 0, NULL},
		{"name", "", 0, NULL},
		{"order", "severity", 2, NULL},
		{"order", "time", 0, NULL},
		{"order", "tim", 0, "order is one of time|name|severity, not tim"},
		{"order", "time|name", 0,
			"order is one of time|name|severity, not time|name"},
		{"order", "", 0, "order is one of time|name|severity, not "},
		{"free", "-9223372036854775808", INT64_MIN, NULL},
		{"oder", "time", 0, "no setting is called oder; did you mean order?"},
		{"zzzzzz", "1", 0, "no setting is called zzzzzz"},
		{"mouse", "\033[2J", 0, "mouse is on or off, not ^[[2J"},
	};
	struct settings s;
	struct conf_place place = {"rc", 7, 3};

	(void)state;
	settings_init(&s, rows, COUNT);
	for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
		struct err err = {0};
		int at = settings_find(&s, sets[i].name);
		int64_t before = at >= 0 ? settings_number(&s, at) : 0;
		bool ok =
			settings_set(&s, sets[i].name, sets[i].value, false, place, &err);

		if (ok != !sets[i].why)
			fail_msg("%s %s: %s", sets[i].name, sets[i].value, err.text);
		if (ok) {
			assert_true(settings_number(&s, at) == sets[i].number);
			assert_string_equal(settings_text(&s, at), sets[i].value);
			assert_int_equal(s.values[at].place.line, 7);
		} else {
			assert_string_equal(err.text, sets[i].why);
			assert_true(at < 0 || settings_number(&s, at) == before);
		}
	}
	/* From its own text. */
	assert_true(
		settings_set(&s, "order", settings_text(&s, ORDER), false, place, NULL));
	settings_release(&s);
}

static void defaults_and_final(void **state)
{
	struct settings s;
	struct err err;
	struct str text;

	(void)state;
	str_init(&text, 400);
	settings_init(&s, rows, COUNT);
	assert_int_equal(settings_number(&s, MOUSE), 1);
	assert_int_equal(settings_number(&s, KEEP), 64 << 20);
	assert_int_equal(settings_number(&s, FREE), -3);
	assert_int_equal(settings_find(&s, "none"), -1);
	settings_describe(&s, ROWS, &text);
	assert_string_equal(str_text(&text), "set rows = 10   # default");
	assert_true(settings_set(&s, "rows", "20", true,
		(struct conf_place){"/etc/oogway.rc", 12, 1}, &err));
	str_reset(&text);
	settings_describe(&s, ROWS, &text);
	assert_string_equal(
		str_text(&text), "set rows = 20   # /etc/oogway.rc:12, final");
	assert_false(settings_set(
		&s, "rows", "30", false, (struct conf_place){"rc", 1, 1}, &err));
	assert_string_equal(err.text, "rows is final, set at /etc/oogway.rc:12");
	assert_int_equal(err.kind, ERR_REFUSED);
	assert_int_equal(settings_number(&s, ROWS), 20);
	assert_true(settings_set(
		&s, "name", "a b", false, (struct conf_place){"rc", 2, 1}, &err));
	str_reset(&text);
	settings_describe(&s, NAME, &text);
	assert_string_equal(str_text(&text), "set name = \"a b\"   # rc:2");
	settings_reset(&s);
	assert_int_equal(settings_number(&s, ROWS), 10);
	assert_true(settings_set(
		&s, "rows", "30", false, (struct conf_place){"rc", 1, 1}, &err));
	settings_release(&s);
	settings_release(&s);
	str_release(&text);
}

static void bad_default_aborts(void **state)
{
	static const struct setting_row bad[] = {
		{"rows", SETTING_INT, "1000", "too many", NULL, 1, 100},
	};
	int status;
	pid_t child = fork();

	(void)state;
	if (!child) {
		struct settings s;

		signal(SIGABRT, SIG_DFL);
		fclose(stderr);
		settings_init(&s, bad, 1);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values),
		cmocka_unit_test(defaults_and_final),
		cmocka_unit_test(bad_default_aborts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
