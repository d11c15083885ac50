/* Medians, robust scale and the P² estimator, against known answers. */
#include "analysis/robust.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void near(double got, double want, double by)
{
	if (!(fabs(got - want) <= by))
		print_error("%.12g instead of %.12g\n", got, want);
	assert_true(fabs(got - want) <= by);
}

static void medians(void **state)
{
	static const struct {
		float values[6];
		size_t n;
		float median;
	} rows[] = {
		{{0}, 0, 0},
		{{4}, 1, 4},
		{{9, 1}, 2, 1},
		{{3, 1, 2}, 3, 2},
		{{4, 4, 4, 4}, 4, 4},
		{{-1, 5, -3, 8, 8, 0}, 6, 0},
		{{1, 2, 3, 4, 5, 1e30f}, 6, 3},
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		near(robust_median(rows[i].values, rows[i].n), rows[i].median, 0);
}

static void scales(void **state)
{
	static const float even[] = {-1, 1, -1, 1, -100}, rare[] = {0, 0, 0, 0, 0, 6};

	(void)state;
	near(robust_scale(even, 5), 1.4826, 1e-6);
	near(robust_scale(rare, 6), 1.2533, 1e-6);
	near(robust_scale(rare, 5), 0, 0);
	near(robust_scale(rare, 0), 0, 0);
}

/* The worked example of the paper, table I: the median of 20 observations. */
static void paper(void **state)
{
	static const double values[] = {0.02, 0.15, 0.74, 3.39, 0.83, 22.37, 10.15, 15.43,
		38.62, 15.92, 34.60, 10.28, 1.47, 0.40, 0.05, 11.39, 0.27, 0.42, 0.09,
		11.37};
	struct quantile q = {0};

	(void)state;
	for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
		quantile_add(&q, 0.5, values[i]);
	near(quantile_value(&q), 4.44, 0.005);
}

static void uniform(void **state)
{
	struct quantile q = {0}, same = {0};
	uint32_t seed = 1;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		seed = seed * 1664525 + 1013904223;
		quantile_add(&q, 0.99, (double)(seed >> 8) / (1 << 24));
		quantile_add(&same, 0.99, 5);
	}
	near(quantile_value(&q), 0.99, 0.005);
	near(quantile_value(&same), 5, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(medians),
		cmocka_unit_test(scales),
		cmocka_unit_test(paper),
		cmocka_unit_test(uniform),
	};

	return cmocka_run_group_tests_name("analysis_robust", tests, NULL, NULL);
}
