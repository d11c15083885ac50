/* How numbers of each unit are written: never wider than nine columns. */
#include "base/unit.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void written(void **state)
{
	static const struct {
		enum unit unit;
		double value;
		const char *text;
	} rows[] = {
		{UNIT_NONE, 0, "0"},
		{UNIT_NONE, 42, "42"},
		{UNIT_NONE, 1234, "1.2k"},
		{UNIT_NONE, -1234, "-1.2k"},
		{UNIT_NONE, 999.6, "1k"},
		{UNIT_NONE, NAN, "-"},
		{UNIT_NONE, INFINITY, "+inf"},
		{UNIT_NONE, -INFINITY, "-inf"},
		{UNIT_PERCENT, 93, "93 %"},
		{UNIT_PERCENT, 9.25, "9.2 %"},
		{UNIT_PERCENT, 0, "0 %"},
		{UNIT_RATIO, 0.5, "50 %"},
		{UNIT_BYTES, 1023, "1 KiB"},
		{UNIT_BYTES, 61.0 * 1024 * 1024, "61 MiB"},
		{UNIT_BYTES_PER_S, 3.4 * 1024 * 1024 * 1024, "3.4 GiB/s"},
		{UNIT_SECONDS, 0.842, "842 ms"},
		{UNIT_SECONDS, 1, "1 s"},
		{UNIT_SECONDS, 200, "3.3 min"},
		{UNIT_SECONDS, 0, "0 s"},
		{UNIT_PER_S, 1500, "1.5k/s"},
		{UNIT_CELSIUS, 61.4, "61 C"},
		{UNIT_BYTES_PER_S, 1023590, "1 MiB/s"},
		{UNIT_BYTES_PER_S, 1e-4, "1.0e-04"},
		{UNIT_SECONDS, 1e300, "1.0e+300"},
		{UNIT_RATIO, -1e300, "-1.0e+302"},
		{UNIT_BYTES, 1e22, "1.0e+22"},
	};
	char text[UNIT_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_string_equal(
			unit_text(rows[i].unit, rows[i].value, text), rows[i].text);
}

/* Every size a metric may have, and the smallest steps around each power. */
static void narrow_enough(void **state)
{
	static const double bases[] = {10, 1024, 60, 3600, 86400, 2};
	char text[UNIT_TEXT];

	(void)state;
	for (int unit = 0; unit < UNIT_COUNT_; unit++)
		for (size_t b = 0; b < sizeof bases / sizeof bases[0]; b++)
			for (int power = -40; power <= 60; power++)
				for (int k = -4; k <= 4; k++) {
					double v = pow(bases[b], power) * (1 + k * 4e-4) *
						   (k < 0 ? -1 : 1);

					unit_text((enum unit)unit, v, text);
					if (strlen(text) > 9)
						fail_msg("%s %g: \"%s\"\n",
							unit_name((enum unit)unit), v,
							text);
				}
}

static void names(void **state)
{
	enum unit unit = UNIT_BYTES;

	(void)state;
	for (int i = 0; i < UNIT_COUNT_; i++) {
		assert_true(unit_parse(unit_name((enum unit)i), &unit));
		assert_int_equal(unit, i);
	}
	assert_false(unit_parse("Bytes", &unit));
	assert_false(unit_parse("", &unit));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(written),
		cmocka_unit_test(narrow_enough),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
