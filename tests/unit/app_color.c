/* Contrast of themes: what --check-config tells, and that every shipped one is fine. */
#include "app/color.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct rc *read_text(const char *text)
{
	char path[] = "/tmp/oogway-color-XXXXXX";
	int fd = mkstemp(path);
	struct rc *rc;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	rc = rc_read(&(struct rc_options){.file = path, .no_system = true});
	unlink(path);
	assert_int_equal(rc->conf.errors_total, 0);
	return rc;
}

static void ratios(void **state)
{
	static const struct {
		const char *line;
		double ratio;
	} rows[] = {
		{"color text #ffffff #000000", 21.0},
		{"color text #000000 #ffffff", 21.0},
		{"color text #767676 #ffffff", 4.54},
		{"color text white black", 16.67},
		{"color text 16 231", 21.0},
		{"color text 244 244", 1.0},
		{"color text #777777 #000000 reverse", 4.69},
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct rc *rc = read_text(rows[i].line);
		struct contrast roles[ROLE_COUNT];

		color_contrast(rc, roles);
		assert_true(roles[ROLE_TEXT].ratio > rows[i].ratio - 0.02 &&
			    roles[ROLE_TEXT].ratio < rows[i].ratio + 0.02);
		assert_int_equal(roles[ROLE_TEXT].color->place.line, 1);
		rc_free(rc);
	}
	(void)state;
}

static void shipped(void **state)
{
	static const struct {
		const char *name;
		bool light;
		double least;
	} rows[] = {
		{"dark", false, 4.5},
		{"light", true, 4.5},
		{"cb-dark", false, 4.5},
		{"cb-light", true, 4.5},
		{"mono", false, 4.5},
		{"high-contrast", false, 7.0},
	};

	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		char text[64];
		struct contrast roles[ROLE_COUNT];
		struct rc *rc;

		snprintf(text, sizeof text, "set theme = %s\n", rows[i].name);
		rc = read_text(text);
		color_contrast(rc, roles);
		for (int r = 0; r < ROLE_COUNT; r++) {
			assert_non_null(roles[r].color);
			if (roles[r].ratio < rows[i].least)
				fail_msg("%s: %s: %.2f", rows[i].name, role_rows[r].name,
					roles[r].ratio);
			assert_int_equal(roles[r].light, rows[i].light);
		}
		rc_free(rc);
	}
	(void)state;
}

/* The user's line lies over the theme's. */
static void own_line(void **state)
{
	struct rc *rc = read_text("set theme = dark\n\ncolor dim 236 default\n");
	struct contrast roles[ROLE_COUNT];

	color_contrast(rc, roles);
	assert_true(roles[ROLE_DIM].ratio < 2);
	assert_int_equal(roles[ROLE_DIM].color->place.line, 3);
	rc_free(rc);
	(void)state;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ratios),
		cmocka_unit_test(shipped),
		cmocka_unit_test(own_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
